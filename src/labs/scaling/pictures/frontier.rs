//! Famous training runs against the compute-optimal frontier.

use super::{band, chart, compute_axis, dashed, mark, on_frontier, readings, series, short_name};
use crate::catalog::{FAMOUS, FamousModel};
use crate::charts::{Axis, LineChart, Mark, Role, Series, Shape, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::laws::default_law;
use crate::scaling::{LESSON_LAW, Law, Report, Solution, curves, law};
use crate::units::{Flop, scientific, short_count, significant};

/// Runs that most readers know: the first to get room for their names.
const BEST_KNOWN: [&str; 4] = ["gpt-3-175b", "chinchilla-70b", "llama-3.1-405b", "deepseek-v3"];
/// Air on both sides, in times of compute.
const AIR: f64 = 3.0;

/// Model size against training compute.
pub fn famous(report: &Report) -> FigureData {
    let run = &report.run;
    let range = budgets(run);
    let own = &run.law;
    let mut series: Vec<Series> = Vec::new();
    for other in [law(LESSON_LAW), Some(default_law())].into_iter().flatten().filter(|other| other.id != own.id) {
        series.push(dashed(line(&other, range, Role::Reference)));
    }
    if band::is_of(own) {
        series.extend(band::edges(|bands| [bands.params.p10.get(), bands.params.p90.get()]));
    }
    series.push(line(own, range, Role::Accent));
    let picture = LineChart {
        x: compute_axis(range),
        y: heights(run),
        series,
        marks: marks(run),
        references: vec![],
        cursor: None,
        readings: readings(None, [("tokens", on_frontier(own, |at| at.tokens.get()), TickFormat::ShortCount)]),
    };
    FigureData { title: title(), summary: summary(run), picture: chart(picture), table: table() }
}

fn title() -> String {
    let small = FAMOUS.iter().filter(|model| model.tokens_per_param() > 20.0).count();
    format!("{small} of {} famous models saw more than 20 tokens per parameter", FAMOUS.len())
}

fn summary(run: &Solution) -> String {
    let unverified = FAMOUS.iter().filter(|model| !model.verified).count();
    format!(
        "Model size against training compute, 6·N·D. Above the line of {}, a model is larger than the law would have it for its \
         compute; below, it is smaller and was trained for longer, which makes it cheaper to use. Diamonds are mixtures of \
         experts, at their active parameters; {unverified} of {} runs, the grey squares, rest on one source.",
        run.law.name,
        FAMOUS.len(),
    )
}

fn budgets(run: &Solution) -> (Flop, Flop) {
    let flops = FAMOUS.iter().map(|model| model.flop().get()).chain([run.compute.get()]);
    let (low, high) = flops.fold((f64::MAX, 0.0f64), |(low, high), flop| (low.min(flop), high.max(flop)));
    (Flop(low / AIR), Flop(high * AIR))
}

/// From below the smallest model to above the largest: lines may leave the picture.
fn heights(run: &Solution) -> Axis {
    let sizes = FAMOUS.iter().map(|model| model.active_params.get()).chain([run.params.get()]);
    let (low, high) = sizes.fold((f64::MAX, 0.0f64), |(low, high), size| (low.min(size), high.max(size)));
    Axis::log10("Parameters", TickFormat::ShortCount).over(low / AIR, high * AIR)
}

/// A frontier is straight on logarithmic axes, so its ends are enough.
fn line(law: &Law, range: (Flop, Flop), role: Role) -> Series {
    let points = curves::frontier(*law, range, 2);
    series(short_name(law), points.iter().map(|(compute, at)| (compute.get(), at.params.get())), role)
}

/// The reader's run, the best known, then those of two sources, then the others: in this order names get room.
fn marks(run: &Solution) -> Vec<Mark> {
    let is_known = |model: &FamousModel| BEST_KNOWN.contains(&model.id);
    let mut marks = vec![mark(run.compute.get(), run.params.get(), "your run")];
    marks.extend(FAMOUS.iter().filter(|model| is_known(model)).map(|model| Mark { emphasis: true, ..point(model) }));
    for verified in [true, false] {
        let rest = FAMOUS.iter().filter(|model| model.verified == verified && !is_known(model));
        marks.extend(rest.map(point));
    }
    marks
}

fn point(model: &FamousModel) -> Mark {
    let shape = match (model.verified, model.is_mixture_of_experts()) {
        (false, _) => Shape::Square,
        (true, true) => Shape::Diamond,
        (true, false) => Shape::Dot,
    };
    Mark {
        x: model.flop().get(),
        y: model.active_params.get(),
        label: model.name.to_owned(),
        shape,
        role: if model.verified { Role::Other } else { Role::Ramp(0) },
        emphasis: false,
    }
}

fn table() -> Table {
    let mut table = Table::new([
        "Model",
        "Year",
        "Parameters (active)",
        "Tokens",
        "Tokens per parameter",
        "Compute, FLOP",
        "Verified",
    ]);
    for model in FAMOUS {
        table.push([
            model.name.to_owned(),
            model.year.to_string(),
            model.active_params.to_string(),
            short_count(model.tokens.get()),
            significant(model.tokens_per_param(), 3),
            scientific(model.flop().get()),
            if model.verified { "yes" } else { "one source" }.to_owned(),
        ]);
    }
    table
}
