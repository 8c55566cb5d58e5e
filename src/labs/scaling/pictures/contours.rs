//! Lines of equal loss over parameters and tokens, with the frontier that joins their cheapest points.

use super::{
    SIZE, best, chart, constants, dashed, lender, length_axis, lengths, mark, names, power, product, readings, series,
    size_axis, sizes,
};
use crate::charts::{LineChart, Mark, Role, Series, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::optimum::Allocation;
use crate::scaling::{Solution, curves};
use crate::units::{Flop, Nats, short_count, significant};

/// Lines are those of the optimum for so many powers of ten less compute to so many more: on these axes, evenly apart.
const POWERS: std::ops::RangeInclusive<i32> = -3..=3;
/// Points of a line, which has two straight arms and a bend.
const POINTS: usize = 61;
/// Where a line's name may stand, from the largest model on.
const NAMES: [f64; 6] = [0.1, 0.2, 0.3, 0.9, 0.8, 0.45];
/// Times of the least compute from which on a run is not called cheapest.
const WASTED: f64 = 1.001;
/// Rows of a line in the table.
const ROWS: usize = 5;

/// A line of equal loss.
struct Line {
    /// Its loss.
    label: String,
    curve: Vec<Allocation>,
}

/// The plane of all runs.
pub fn equal_loss(run: &Solution) -> FigureData {
    let lines = lines(run);
    let (sizes, lengths) = (sizes(run), lengths(run));
    let drawn = lines.iter().enumerate().map(|(i, line)| {
        let shade = 60 + 140 * i / lines.len();
        series("", points(&line.curve), Role::Ramp(shade as u8))
    });
    let drawn = drawn.chain([same_compute(run), frontier(run)]).collect();
    let picture = LineChart {
        x: size_axis(sizes),
        y: length_axis(lengths),
        series: drawn,
        marks: marks(run, &lines),
        references: vec![],
        cursor: None,
        readings: readings(
            Some(SIZE),
            [("tokens per parameter at your compute", power(product(run), -2.0), TickFormat::Plain)],
        ),
    };
    FigureData { title: title(run), summary: summary(run), picture: chart(picture), table: table(&lines) }
}

fn title(run: &Solution) -> String {
    let loss = format!("A loss of {:.3}", run.loss.get());
    match constants(run).compute_for_loss(run.loss) {
        Some(least) if run.compute / least > WASTED => {
            format!("{loss} takes {} your way, and at least {least}", run.compute)
        }
        _ => format!("{loss} takes at least {}: {} parameters on {}", run.compute, run.params, run.tokens),
    }
}

fn summary(run: &Solution) -> String {
    format!(
        "Every point is a run: its parameters, and the tokens that it is trained on. Along a curve all runs reach the same loss, \
         which is written on it. The dashed line joins the runs that take {}; the frontier, those that the law holds to be the \
         best of their compute.{}",
        run.compute,
        lender(run),
    )
}

fn lines(run: &Solution) -> Vec<Line> {
    let levels = levels(run);
    let losses: Vec<Nats> = levels.iter().map(|level| level.0).collect();
    let made = curves::contours(run.law, sizes(run), lengths(run), &losses, POINTS);
    let lines = made.into_iter().zip(levels).map(|(line, (_, label))| Line { label, curve: line.curve });
    lines.filter(|line| !line.curve.is_empty()).collect()
}

/// Losses in as few digits as tell them apart.
fn levels(run: &Solution) -> Vec<(Nats, String)> {
    let law = constants(run);
    let exact: Vec<f64> =
        POWERS.map(|power| law.optimal_loss(Flop(run.compute.get() * libm::exp10(power.into()))).get()).collect();
    let rounded = |decimals: usize| {
        let unit = libm::exp10(decimals as f64);
        exact.iter().map(|loss| ((loss * unit).round() / unit, decimals)).collect::<Vec<_>>()
    };
    let differ = |losses: &Vec<(f64, usize)>| losses.windows(2).all(|pair| pair[0].0 > pair[1].0);
    let told_apart = (2..=12).map(rounded).find(differ).unwrap_or_default();
    told_apart.into_iter().map(|(loss, decimals)| (Nats(loss), format!("{loss:.decimals$}"))).collect()
}

fn points(curve: &[Allocation]) -> Vec<(f64, f64)> {
    curve.iter().map(|at| (at.params.get(), at.tokens.get())).collect()
}

/// The runs of this compute: straight on logarithmic axes, so its ends are enough.
fn same_compute(run: &Solution) -> Series {
    let (least, most) = sizes(run);
    let ends = [least, most].map(|n| (n.get(), Allocation::of_params(n, run.compute).tokens.get()));
    dashed(series(run.compute.to_string(), ends, Role::Reference))
}

/// The optima of all budgets, straight too.
fn frontier(run: &Solution) -> Series {
    let (sizes, lengths) = (sizes(run), lengths(run));
    let corner = |params, tokens| Allocation { params, tokens }.flop();
    let range = (corner(sizes.0, lengths.0), corner(sizes.1, lengths.1));
    let optima: Vec<Allocation> = curves::frontier(run.law, range, 2).into_iter().map(|point| point.1).collect();
    series("frontier", points(&optima), Role::Accent)
}

fn marks(run: &Solution, lines: &[Line]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for line in lines {
        marks.extend(names(&line.label, &points(&line.curve), &NAMES));
    }
    marks.push(mark(run.params.get(), run.tokens.get(), format!("your run: {:.3}", run.loss.get())));
    if !run.optimal {
        let best = best(run);
        let loss = constants(run).optimal_loss(run.compute).get();
        marks.push(super::other(best.params.get(), best.tokens.get(), format!("best: {loss:.3}")));
    }
    marks
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new([super::LOSS, "Parameters", "Tokens", "Tokens per parameter", "Compute, FLOP"]);
    for line in lines {
        for at in line.curve.iter().step_by((POINTS - 1) / (ROWS - 1)) {
            table.push([
                line.label.clone(),
                at.params.to_string(),
                short_count(at.tokens.get()),
                significant(at.tokens_per_param(), 3),
                crate::units::scientific(at.flop().get()),
            ]);
        }
    }
    table
}
