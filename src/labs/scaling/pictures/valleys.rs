//! Loss against size with the compute fixed: a valley for each budget.

use super::{
    LOSS, POINTS, SIZE, TABLE_STEP, best, chart, constants, dashed, lender, loss_axis, mark, names, other, power,
    product, readings, series, size_axis, sizes,
};
use crate::charts::{LineChart, Mark, Reference, Role, Series, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::{Report, Solution, curves};
use crate::units::{Flop, Params, scientific, short_count, significant};

/// Other budgets as multiples of the run's, with the shade of each.
const OTHERS: [(f64, Role); 4] =
    [(0.01, Role::Ramp(40)), (0.1, Role::Ramp(90)), (10.0, Role::Ramp(140)), (100.0, Role::Ramp(190))];
/// Where the name of a valley may stand, from the left.
const NAMES: [f64; 9] = [0.85, 0.9, 0.75, 0.65, 0.6, 0.55, 0.2, 0.3, 0.4];
/// The heights of a valley's sides that are shown, as a share of how far the deepest lies below the shallowest.
const SIDES: f64 = 0.7;
/// Points of the line through the bottoms.
const BOTTOMS: usize = 41;

/// The valley of the run's budget among those of others.
pub fn fixed_compute(report: &Report) -> FigureData {
    let run = &report.run;
    let band = report.band_80.map(|bands| bands.params);
    let upright = |at: Params, label: &str| Reference::Vertical { at: at.get(), label: label.to_owned() };
    let own = series(run.compute.to_string(), valley(run, run.compute), Role::Accent);
    let mut marks = marks(run);
    let others = OTHERS.map(|(factor, role)| {
        let compute = run.compute * factor;
        let points = valley(run, compute);
        marks.extend(names(&scientific(compute.get()), &points, &NAMES));
        dashed(series("", points, role))
    });
    let picture = LineChart {
        x: size_axis(sizes(run)),
        y: heights(run),
        series: others.into_iter().chain([bottoms(run), own]).collect(),
        marks,
        references: band.iter().flat_map(|band| [upright(band.p10, ""), upright(band.p90, "80 %")]).collect(),
        cursor: None,
        readings: readings(
            Some(SIZE),
            [
                ("tokens", power(product(run), -1.0), TickFormat::ShortCount),
                ("tokens per parameter", power(product(run), -2.0), TickFormat::Plain),
                ("FLOP", power(run.compute.get(), 0.0), TickFormat::PowerOfTen),
            ],
        ),
    };
    FigureData { title: title(run), summary: summary(report), picture: chart(picture), table: table(run) }
}

fn is_at_the_bottom(run: &Solution) -> bool {
    run.optimal && run.law.id == run.loss_law.id
}

fn title(run: &Solution) -> String {
    if is_at_the_bottom(run) {
        return format!("Fixed compute: the valley is at {} parameters", run.params);
    }
    let above = run.loss - constants(run).optimal_loss(run.compute);
    format!(
        "Fixed compute: {} parameters lie {} nats above the valley at {}",
        run.params,
        significant(above.get().max(0.0), 2),
        best(run).params,
    )
}

fn summary(report: &Report) -> String {
    let run = &report.run;
    let band = report.band_80.map_or_else(String::new, |bands| {
        format!(
            " The upright lines bound the middle 80 % of the sizes that the runs behind the law allow, {} to {}.",
            bands.params.p10, bands.params.p90
        )
    });
    format!(
        "Loss against model size with {} to spend: a smaller model sees more data than it can use, a larger one too little. \
         The solid curve is your budget; the dashed ones are a hundredth, a tenth, ten and a hundred times of it, and the \
         grey line joins their lowest points.{band}{}",
        run.compute,
        lender(run),
    )
}

/// From just below the deepest valley up the sides of the shallowest, and to the run.
fn heights(run: &Solution) -> crate::charts::Axis {
    let bottom = |factor: f64| constants(run).optimal_loss(run.compute * factor).get();
    let (low, high) = (bottom(100.0), bottom(0.01));
    let depth = high - low;
    loss_axis(low - 0.06 * depth, (high + SIDES * depth).max(run.loss.get() + 0.1 * depth))
}

fn valley(run: &Solution, compute: Flop) -> Vec<(f64, f64)> {
    let curve = curves::isoflop(run.law, compute, sizes(run), POINTS).curve;
    curve.iter().map(|(n, loss)| (n.get(), loss.get())).collect()
}

/// The line through the lowest points.
fn bottoms(run: &Solution) -> Series {
    let law = constants(run);
    let points = (0..BOTTOMS).map(|step| {
        let compute = Flop(run.compute.get() * libm::exp10(6.0 * step as f64 / (BOTTOMS - 1) as f64 - 3.0));
        (law.optimal(compute).params.get(), law.optimal_loss(compute).get())
    });
    series("lowest", points, Role::Reference)
}

fn marks(run: &Solution) -> Vec<Mark> {
    let (n, loss) = (run.params, run.loss.get());
    let mut marks = vec![mark(n.get(), loss, format!("{n}: {loss:.3}"))];
    if !is_at_the_bottom(run) {
        let (lowest, loss) = (best(run).params, constants(run).optimal_loss(run.compute).get());
        marks.push(other(lowest.get(), loss, format!("{lowest}: {loss:.3}")));
    }
    marks
}

fn table(run: &Solution) -> Table {
    let mut table = Table::new(["Parameters", "Tokens", "Tokens per parameter", LOSS]);
    for (n, loss) in curves::isoflop(run.law, run.compute, sizes(run), POINTS).curve.iter().step_by(TABLE_STEP) {
        let tokens = product(run) / n.get();
        table.push([
            n.to_string(),
            short_count(tokens),
            significant(tokens / n.get(), 3),
            format!("{:.4}", loss.get()),
        ]);
    }
    table
}
