//! Tokens per parameter against compute: what each law says, and how far one fit alone leaves it open.

use super::{band, chart, compute_axis, dashed, mark, names, on_frontier, other, readings, series, short_name};
use crate::charts::{Axis, LineChart, Mark, Reference, Role, Series, Shape, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::optimum::Allocation;
use crate::scaling::{LAWS, LESSON_LAW, Law, Report, Solution, curves};
use crate::units::{Flop, significant};

/// Budgets that are shown: from the small runs of papers to beyond the largest of today.
const BUDGETS: (f64, f64) = (1e18, 1e27);
/// Tokens per parameter that are shown. The law of Kaplan et al. falls below.
const RATIOS: (f64, f64) = (4.0, 250.0);
/// The rule of thumb.
const RULE: f64 = 20.0;
/// Points of a line, which is straight on these axes: enough for places of its name.
const POINTS: usize = 19;
/// Where a line's name may stand, from the left.
const NAMES: [f64; 8] = [0.85, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25, 0.15];
/// Budgets of the table, as powers of ten.
const ROWS: [f64; 6] = [18.0, 20.0, 22.0, 24.0, 26.0, 27.0];

/// One line for each law.
pub fn tokens_per_param(report: &Report) -> FigureData {
    let run = &report.run;
    let range = budgets(run);
    let (low, high) = (run.tokens_per_param / 3.0, run.tokens_per_param * 3.0);
    let others = others(&run.law).map(|law| dashed(series("", line(law, range), Role::Reference)));
    let own = series(short_name(&run.law), line(&run.law, range), Role::Accent);
    let picture = LineChart {
        x: compute_axis(range),
        y: Axis::log10("Tokens per parameter", TickFormat::Plain).over(RATIOS.0.min(low), RATIOS.1.max(high)),
        series: others.chain(edges()).chain([own]).collect(),
        marks: marks(report, range),
        references: vec![Reference::Horizontal { at: RULE, label: "20 tokens per parameter".to_owned() }],
        cursor: None,
        readings: readings(
            None,
            [
                ("parameters", on_frontier(&run.law, |at| at.params.get()), TickFormat::ShortCount),
                ("tokens", on_frontier(&run.law, |at| at.tokens.get()), TickFormat::ShortCount),
            ],
        ),
    };
    FigureData { title: title(report), summary: summary(run), picture: chart(picture), table: table(run) }
}

fn title(report: &Report) -> String {
    let run = &report.run;
    let own = significant(run.tokens_per_param, 3);
    if let Some(bands) = report.band_80 {
        let [from, to] = [bands.tokens_per_param.p10, bands.tokens_per_param.p90].map(|ratio| significant(ratio, 2));
        return format!("{own} tokens per parameter at this budget: 80 % of the fits say {from} to {to}");
    }
    if run.optimal {
        let answers = report.all_laws.iter().map(|answer| answer.tokens.get() / answer.params.get());
        let (least, most) =
            answers.fold((f64::MAX, 0.0), |(low, high), ratio| (f64::min(low, ratio), f64::max(high, ratio)));
        let [least, most] = [least, most].map(|ratio| significant(ratio, 3));
        return format!("{own} tokens per parameter by this law; all laws say {least} to {most}");
    }
    let law = significant(run.law.optimal(run.compute).tokens_per_param(), 3);
    format!("Your run has {own} tokens per parameter; {} has {law} at its compute", run.law.name)
}

fn summary(run: &Solution) -> String {
    format!(
        "How many tokens each law gives a parameter, by training compute; {} is the solid line. Between the two dashed lines \
         marked 80 % lie four in five of the fits to resamples of the runs behind the law of Besiroglu et al. The level line \
         is the rule of 20, which Muennighoff et al. and Approach 1 of Hoffmann et al. almost share; the law of Kaplan et al. \
         falls below one.",
        run.law.name,
    )
}

fn budgets(run: &Solution) -> (Flop, Flop) {
    let compute = run.compute.get();
    (Flop(BUDGETS.0.min(compute / 10.0)), Flop(BUDGETS.1.max(compute * 10.0)))
}

/// The laws beside the run's, but for the rule, which is a level line.
fn others(own: &Law) -> impl Iterator<Item = &'static Law> {
    let id = own.id;
    LAWS.iter().filter(move |law| law.id != id && law.id != LESSON_LAW)
}

fn line(law: &Law, range: (Flop, Flop)) -> Vec<(f64, f64)> {
    let ratio = |(compute, at): (Flop, Allocation)| (compute.get(), at.tokens_per_param());
    curves::frontier(*law, range, POINTS).into_iter().map(ratio).collect()
}

fn edges() -> [Series; 2] {
    band::edges(|bands| [bands.tokens_per_param.p10, bands.tokens_per_param.p90])
}

fn marks(report: &Report, range: (Flop, Flop)) -> Vec<Mark> {
    let (run, compute) = (&report.run, report.run.compute.get());
    let mut marks = vec![mark(compute, run.tokens_per_param, significant(run.tokens_per_param, 3))];
    if let Some(bands) = report.band_80 {
        let ends = [bands.tokens_per_param.p10, bands.tokens_per_param.p90];
        let end =
            |ratio| Mark { shape: Shape::Triangle, role: Role::Accent, ..other(compute, ratio, significant(ratio, 2)) };
        marks.extend(ends.map(end));
    }
    for law in others(&run.law) {
        marks.extend(names(&short_name(law), &line(law, range), &NAMES));
    }
    marks
}

fn table(run: &Solution) -> Table {
    let mut table = Table { columns: vec!["Law".to_owned()], rows: Vec::new() };
    table.columns.extend(ROWS.map(|power| Flop(libm::exp10(power)).to_string()));
    let own = std::iter::once(&run.law).filter(|own| LAWS.iter().all(|law| law.id != own.id));
    for law in LAWS.iter().map(|law| if law.id == run.law.id { &run.law } else { law }).chain(own) {
        let ratios = ROWS.map(|power| significant(law.optimal(Flop(libm::exp10(power))).tokens_per_param(), 3));
        table.rows.push(std::iter::once(law.name.to_owned()).chain(ratios).collect());
    }
    table
}
