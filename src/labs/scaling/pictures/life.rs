//! What a model of the same loss costs in training and service, by its size; without service, what over-training costs.

use super::{
    POINTS, SIZE, TABLE_STEP, chart, constants, is_shown, lender, mark, other, power, readings, series, size_axis,
};
use crate::answers::times;
use crate::charts::{Axis, LineChart, Mark, Reference, Role, Series, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::beyond::overtraining::{critical_size, overhead};
use crate::scaling::beyond::together::{Lifetime, Outcome};
use crate::scaling::optimum::{Allocation, Parametric};
use crate::scaling::{Report, curves};
use crate::scenario::ScalingScenario;
use crate::units::{Params, scientific, short_count, significant};

/// Air above the run and the largest model, in times of their cost: towards small models the curve may leave the picture.
const AIR: f64 = 1.1;
/// Sizes that are shown, in times of the cheapest and the run.
const SIZES: f64 = 12.0;
/// Parts of the cost that are shown: down to so little of the least.
const LEAST_PART: f64 = 0.01;
/// Shares of the optimal size that are shown, from just above the critical one.
const LARGEST_SHARE: f64 = 3.0;
const NEAR_CRITICAL: f64 = 1.02;
/// Percent of overhead that are shown, unless the run has more.
const OVERHEADS: f64 = 200.0;
/// The overhead from which on it is what the picture is about.
const WASTED: f64 = 0.001;

/// The cost of all sizes that reach the loss of the run, if that says anything.
pub fn over_its_life(asked: &ScalingScenario, report: &Report) -> Option<FigureData> {
    if asked.serves() { in_service(&asked.lifetime(), report) } else { in_training(report) }
}

/// `None` if the loss is out of reach for a model that is used so much.
fn in_service(life: &Lifetime, report: &Report) -> Option<FigureData> {
    let run = report.run.allocation();
    let best = life.for_loss(report.repeated_loss_nats).ok()?;
    let runs = same_loss(life, report, &best);
    let (smallest, largest) = (runs.first()?, runs.last()?);
    let left = [run.params, best.at.params].map(Params::get).into_iter().fold(smallest.params.get(), f64::min);
    let spent = life.costs.lifetime(run, life.demand);
    let least = best.training + best.serving;
    let line = |label: &str, cost: &dyn Fn(&Allocation) -> f64, role: Role| -> Series {
        series(label, runs.iter().map(|at| (at.params.get(), cost(at))), role)
    };
    let saved = 100.0 * (1.0 - least / spent);
    let (n, demand) = (best.at.params, life.demand.total());
    let picture = LineChart {
        x: size_axis((Params(left), largest.params)),
        y: Axis::log10("FLOP over its life", TickFormat::PowerOfTen)
            .over(lowest(life, &runs, least), AIR * spent.max(life.costs.lifetime(*largest, life.demand))),
        series: vec![
            line("training", &|at| life.costs.training(*at), Role::Activations),
            line("serving", &|at| life.costs.serving(at.params, life.demand), Role::Gradients),
            line("both", &|at| life.costs.lifetime(*at, life.demand), Role::Accent),
        ],
        marks: vec![mark(run.params.get(), spent, "your run"), other(n.get(), least, format!("cheapest: {n}"))],
        references: vec![],
        cursor: None,
        readings: readings(Some(SIZE), []),
    };
    let title = if saved < 0.05 {
        format!("Your run is as cheap over its life as any of its loss: {}", run.params)
    } else {
        format!("{n} parameters would be cheapest over its life: {} % less than your run", significant(saved, 2))
    };
    Some(FigureData {
        title,
        summary: format!(
            "The FLOP of all models that reach a loss of {:.3}, by their size, with {demand} read and written in service. A \
             smaller model takes longer to train to that loss and less to use. The cheapest has {n} parameters and {} of \
             training: {} FLOP in all, against {} of your run.{}",
            report.repeated_loss_nats.get(),
            best.at.tokens,
            scientific(least),
            scientific(spent),
            lender(&report.run),
        ),
        picture: chart(picture),
        table: costs(life, &runs),
    })
}

fn same_loss(life: &Lifetime, report: &Report, best: &Outcome) -> Vec<Allocation> {
    let (a, b) = (report.run.params.get(), best.at.params.get());
    let sizes = (Params((a.min(b) / SIZES).max(1.0)), Params(a.max(b) * SIZES));
    curves::same_loss(&life.law, life.unique, report.repeated_loss_nats, sizes, POINTS)
}

/// The least of what is drawn, but not so little that nothing else is seen.
fn lowest(life: &Lifetime, runs: &[Allocation], least: f64) -> f64 {
    let parts = runs.iter().flat_map(|at| [life.costs.training(*at), life.costs.serving(at.params, life.demand)]);
    parts.fold(least, f64::min).max(least * LEAST_PART)
}

fn costs(life: &Lifetime, runs: &[Allocation]) -> Table {
    let mut table = Table::new(["Parameters", "Tokens", "Training, FLOP", "Serving, FLOP", "Both, FLOP"]);
    for at in runs.iter().step_by(TABLE_STEP) {
        table.push([
            at.params.to_string(),
            short_count(at.tokens.get()),
            scientific(life.costs.training(*at)),
            scientific(life.costs.serving(at.params, life.demand)),
            scientific(life.costs.lifetime(*at, life.demand)),
        ]);
    }
    table
}

/// `None` if the law has no optimum of this loss.
fn in_training(report: &Report) -> Option<FigureData> {
    let run = &report.run;
    let law = constants(run);
    let optimal = law.optimal(law.compute_for_loss(run.loss)?).params;
    let share = run.params / optimal;
    let critical = critical_size(&law);
    if ![optimal.get(), share, critical].into_iter().all(|value| is_shown(value) && value > 0.0) {
        return None;
    }
    let percent = |share: f64| overhead(&law, share).ok().map(|more| 100.0 * more);
    let points = shares(critical, share).filter_map(|share| Some((share, percent(share)?)));
    let top = report.overhead.map_or(OVERHEADS, |more| OVERHEADS.max(130.0 * more));
    let picture = LineChart {
        x: Axis::log10("Size, in times of the optimal", TickFormat::Plain),
        y: Axis::linear("More compute for the same loss, %", TickFormat::Plain).over(-0.06 * top, top),
        series: vec![series("", points, Role::Accent)],
        marks: report.overhead.map(|more| at_run(share, 100.0 * more)).into_iter().collect(),
        references: vec![Reference::Vertical {
            at: critical,
            label: format!("critical size: {} ×", significant(critical, 2)),
        }],
        cursor: None,
        readings: readings(
            Some(power(1.0 / optimal.get(), 1.0)),
            [("parameters", power(optimal.get(), 1.0), TickFormat::ShortCount)],
        ),
    };
    Some(FigureData {
        title: title(report, &law, share),
        summary: format!(
            "The compute beyond the least that a smaller or larger model takes to reach a loss of {:.3}, by its size as a \
             multiple of the {optimal} parameters of the compute-optimal one. A model a little smaller than optimal costs next \
             to nothing, and is cheaper to use; towards the critical size, {} parameters, the cost grows without end. By the \
             exponents of {}.",
            run.loss.get(),
            optimal * critical,
            run.loss_law.name,
        ),
        picture: chart(picture),
        table: overheads(&law, optimal, critical, share),
    })
}

fn title(report: &Report, law: &Parametric, share: f64) -> String {
    match report.overhead {
        Some(more) if more > WASTED => format!(
            "Your run has {} × the optimal size and takes {} % more compute",
            significant(share, 3),
            significant(100.0 * more, 3)
        ),
        _ => format!(
            "{}; below {} % no amount of data is enough",
            half_size(law),
            significant(100.0 * critical_size(law), 3)
        ),
    }
}

/// What half the optimal size costs, in words.
fn half_size(law: &Parametric) -> String {
    match overhead(law, 0.5) {
        Ok(more) => format!("Half the optimal size costs {} % more compute", significant(100.0 * more, 3)),
        Err(_) => "Half the optimal size is too small".to_owned(),
    }
}

/// Even steps from just above the critical size to beyond the run.
fn shares(critical: f64, run: f64) -> impl Iterator<Item = f64> {
    let (low, high) = (critical * NEAR_CRITICAL, LARGEST_SHARE.max(2.0 * run));
    let step = libm::log(high / low) / (POINTS - 1) as f64;
    (0..POINTS).map(move |i| low * libm::exp(step * i as f64))
}

fn at_run(share: f64, percent: f64) -> Mark {
    mark(share, percent, format!("your run: {} ×", times(share)))
}

fn overheads(law: &Parametric, optimal: Params, critical: f64, run: f64) -> Table {
    let mut table = Table::new(["Times the optimal size", "Parameters", "More compute, %"]);
    for share in shares(critical, run).step_by(TABLE_STEP) {
        let more = overhead(law, share).map_or_else(|_| "–".to_owned(), |more| significant(100.0 * more, 3));
        table.push([significant(share, 3), (optimal * share).to_string(), more]);
    }
    table
}
