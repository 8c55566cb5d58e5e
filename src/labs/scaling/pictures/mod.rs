//! The Scaling lab's pictures: pure functions from an answer to figures.
//!
//! [`all`] makes those of an answer, in the lab's order; [`residuals`] and [`fit_points`] are of a fit to the reader's runs.
//! Where x follows from N at the compute of the run, a picture says how ([`Readings::shared`]), and the page points at the
//! same model in all of them at once.
//!
//! Curves are sampled by [`curves`](crate::scaling::curves). What an axis cannot show, such as the optimum of a law with
//! extreme constants, is left out. Don't read a loss off a law that has none of its own without the summary: it says whose
//! the loss is.

mod band;
mod contours;
mod fit;
mod frontier;
mod life;
mod one_fixed;
mod passes;
mod ratio;
#[cfg(test)]
mod tests;
mod valleys;

pub use fit::{fit_points, residuals};

use super::super::FigureData;
use crate::charts::{Axis, LineChart, Mark, Power, Readings, Role, Series, Shape, TickFormat};
use crate::scaling::optimum::Allocation;
use crate::scaling::{Law, MAX_PARAMS, MAX_TOKENS, Parametric, Report, Solution, flop_of};
use crate::scenario::ScalingScenario;
use crate::units::{Flop, Params, Tokens};

/// Points of a curve: about one every 4 px of the widest figure.
const POINTS: usize = 161;
/// Rows of a curve's table: one of so many points.
const TABLE_STEP: usize = 10;
/// Curves run so many times below and above the answer.
const SPAN: f64 = 100.0;
const LOSS: &str = "Loss, nats per token";

/// Every figure of an answer; one that does not apply has no title.
#[must_use]
pub fn all(asked: &ScalingScenario, report: &Report) -> Vec<FigureData> {
    let run = &report.run;
    vec![
        valleys::fixed_compute(report),
        one_fixed::fixed_model(run),
        one_fixed::fixed_data(run),
        contours::equal_loss(run),
        ratio::tokens_per_param(report),
        frontier::famous(report),
        life::over_its_life(asked, report).unwrap_or_default(),
        passes::over_the_text(asked, report).unwrap_or_default(),
    ]
}

/// Whether a picture can show a value.
fn is_shown(value: f64) -> bool {
    value.is_finite() && value.abs() < 1e300
}

/// From `SPAN` times below the least of `values` to `SPAN` times above the most, but from one to `limit`.
fn around(values: [f64; 2], limit: f64) -> (f64, f64) {
    let shown = values.into_iter().filter(|value| (1.0..=limit).contains(value));
    let (low, high) = shown.fold((limit, 1.0), |(low, high), value| (f64::min(low, value), f64::max(high, value)));
    ((low / SPAN).max(1.0), high * SPAN)
}

/// The sizes that pictures of a run show: around its own and around the optimum's.
fn sizes(run: &Solution) -> (Params, Params) {
    let (low, high) = around([run.params.get(), best(run).params.get()], MAX_PARAMS.get());
    (Params(low), Params(high))
}

/// The tokens that they show.
fn lengths(run: &Solution) -> (Tokens, Tokens) {
    let (low, high) = around([run.tokens.get(), best(run).tokens.get()], MAX_TOKENS.get());
    (Tokens(low), Tokens(high))
}

/// The constants that the loss of a run is from.
fn constants(run: &Solution) -> Parametric {
    run.law.loss_law().1
}

/// The bottom of the valley: the run of the least loss for this compute.
fn best(run: &Solution) -> Allocation {
    constants(run).optimal(run.compute)
}

/// C/6, which N and D multiply to.
fn product(run: &Solution) -> f64 {
    run.compute / flop_of(Params(1.0), Tokens(1.0))
}

fn power(factor: f64, power: f64) -> Power {
    Power { factor, power }
}

/// x is N itself.
const SIZE: Power = Power { factor: 1.0, power: 1.0 };

/// How a quantity follows from compute on the frontier of any law, which is a power of it.
fn on_frontier(law: &Law, quantity: fn(Allocation) -> f64) -> Power {
    let (near, far) = (Flop(1e18), Flop(1e24));
    let [low, high] = [near, far].map(|compute| quantity(law.optimal(compute)));
    let exponent = libm::log(high / low) / libm::log(far / near);
    power(low / libm::pow(near.get(), exponent), exponent)
}

/// What is read off beside the curves.
fn readings<const N: usize>(shared: Option<Power>, also: [(&str, Power, TickFormat); N]) -> Readings {
    Readings { shared, also: also.map(|(name, power, format)| (name.to_owned(), power, format)).to_vec() }
}

/// A curve through those points that can be shown.
fn series(label: impl Into<String>, points: impl IntoIterator<Item = (f64, f64)>, role: Role) -> Series {
    let points = points.into_iter().filter(|point| is_shown(point.0) && is_shown(point.1)).collect();
    Series { label: label.into(), points, role, dashed: false }
}

fn dashed(series: Series) -> Series {
    Series { dashed: true, ..series }
}

/// The point that a picture is about.
fn mark(x: f64, y: f64, label: impl Into<String>) -> Mark {
    Mark { x, y, label: label.into(), shape: Shape::Dot, role: Role::Accent, emphasis: true }
}

/// A point to compare with.
fn other(x: f64, y: f64, label: impl Into<String>) -> Mark {
    Mark { shape: Shape::Diamond, role: Role::Other, emphasis: false, ..mark(x, y, label) }
}

/// Places for a curve's name: those of its points that lie at these shares of them.
fn names<'a>(label: &'a str, points: &'a [(f64, f64)], shares: &'a [f64]) -> impl Iterator<Item = Mark> + 'a {
    let last = points.len().saturating_sub(1) as f64;
    shares.iter().filter_map(move |share| points.get((share * last).round() as usize)).map(move |point| Mark {
        shape: Shape::Name,
        role: Role::Other,
        emphasis: false,
        ..mark(point.0, point.1, label)
    })
}

fn size_axis((low, high): (Params, Params)) -> Axis {
    Axis::log10("Parameters", TickFormat::ShortCount).over(low.get(), high.get())
}

fn length_axis((low, high): (Tokens, Tokens)) -> Axis {
    Axis::log10("Tokens", TickFormat::ShortCount).over(low.get(), high.get())
}

fn compute_axis((low, high): (Flop, Flop)) -> Axis {
    Axis::log10("Training compute, FLOP", TickFormat::PowerOfTen).over(low.get(), high.get())
}

/// From `low` to `high`; around the data where there is nothing between the two.
fn loss_axis(low: f64, high: f64) -> Axis {
    let axis = Axis::linear(LOSS, TickFormat::Plain);
    if low < high { axis.over(low, high) } else { axis }
}

/// The name of a law as it fits into a picture: `Besiroglu 2024`.
fn short_name(law: &Law) -> String {
    law.name.replace(" et al.", "").replace(" 2022, Approach ", " A").replace(',', "")
}

/// Whose the losses are, where they are not the law's own.
fn lender(run: &Solution) -> String {
    if run.loss_law.id == run.law.id {
        return String::new();
    }
    format!(" {} has no loss of its own: the losses are those of {}.", run.law.name, run.loss_law.name)
}

/// The chart without what points cannot be shown.
fn chart(chart: LineChart) -> crate::charts::AnyPicture {
    let marks = chart.marks.into_iter().filter(|mark| is_shown(mark.x) && is_shown(mark.y)).collect();
    crate::charts::AnyPicture::LineChart(LineChart { marks, ..chart })
}
