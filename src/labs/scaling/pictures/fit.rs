//! A fit to the reader's runs: how far they are from the law, and where they are on it.

use super::{LOSS, chart, compute_axis, is_shown, other, readings, series};
use crate::charts::{Axis, LineChart, Mark, Reference, Role, Shape, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::fit::{FitReport, Residual};
use crate::units::{Flop, scientific, short_count, significant};

/// The most runs that are drawn; of more, evenly many are left out.
const MOST_POINTS: usize = 800;
/// Points of the curve of optima.
const POINTS: usize = 61;
/// Air on both sides, in times of compute.
const AIR: f64 = 2.0;

/// How far each run is from the law, against its compute.
#[must_use]
pub fn residuals(report: &FitReport) -> FigureData {
    let spread = report.fit.rmse_log;
    let level = |at: f64, label: String| Reference::Horizontal { at, label };
    let largest =
        report.residuals.iter().map(|residual| residual.log.abs()).filter(|log| is_shown(*log)).fold(spread, f64::max);
    let picture = LineChart {
        x: compute_axis(budgets(report)),
        y: Axis::linear("ln(loss) − ln(law)", TickFormat::Plain).over(-1.15 * largest, 1.15 * largest),
        series: vec![],
        marks: shown(report).map(|residual| point(residual, residual.log)).collect(),
        references: vec![
            level(0.0, "the law".to_owned()),
            level(spread, format!("+{}", significant(spread, 2))),
            level(-spread, format!("−{}", significant(spread, 2))),
        ],
        cursor: None,
        readings: readings(None, []),
    };
    FigureData {
        title: format!("Your runs scatter by {} % about the law", significant(100.0 * spread, 2)),
        summary: format!(
            "How far each of {} runs lies above or below the fitted law, as ln of the ratio of the two losses, against its \
             compute. The dotted lines are the root mean square, ±{}. Points without a pattern are noise; a bow or a slope says \
             that the law does not have the form of these runs.{}",
            report.residuals.len(),
            significant(spread, 2),
            left_out(report),
        ),
        picture: chart(picture),
        table: table(report),
    }
}

/// The loss of each run against its compute, above the curve of the optimal runs of the law.
#[must_use]
pub fn fit_points(report: &FitReport) -> FigureData {
    let law = report.fit.constants;
    let (low, high) = budgets(report);
    let step = libm::log(high / low) / (POINTS - 1) as f64;
    let optima = (0..POINTS).map(|i| {
        let compute = low * libm::exp(step * i as f64);
        (compute.get(), law.optimal_loss(compute).get())
    });
    let picture = LineChart {
        x: compute_axis((low, high)),
        y: Axis::log10(LOSS, TickFormat::Plain),
        series: vec![series("optimal runs", optima, Role::Accent)],
        marks: shown(report).map(|residual| point(residual, loss(report, residual))).collect(),
        references: vec![],
        cursor: None,
        readings: readings(None, []),
    };
    FigureData {
        title: format!(
            "Your law: E {}, α {}, β {} from {} runs",
            significant(law.e, 4),
            significant(law.alpha, 3),
            significant(law.beta, 3),
            report.fit.runs
        ),
        summary: format!(
            "The loss of each run against its compute, 6·N·D, and the least loss that the fitted law gives that compute. Runs \
             lie above the curve by as much as their split of compute is not the law’s, and scatter by {} %.{}",
            significant(100.0 * report.fit.rmse_log, 2),
            left_out(report),
        ),
        picture: chart(picture),
        table: table(report),
    }
}

fn budgets(report: &FitReport) -> (Flop, Flop) {
    let flops = report.residuals.iter().map(|residual| residual.at.flop().get());
    let (low, high) = flops.fold((f64::MAX, 0.0), |(low, high), flop| (f64::min(low, flop), f64::max(high, flop)));
    (Flop(low / AIR), Flop(high * AIR))
}

fn shown(report: &FitReport) -> impl Iterator<Item = &Residual> {
    report.residuals.iter().step_by(report.residuals.len().div_ceil(MOST_POINTS).max(1))
}

fn left_out(report: &FitReport) -> String {
    let (all, drawn) = (report.residuals.len(), shown(report).count());
    if drawn < all { format!(" {drawn} of the {all} runs are drawn.") } else { String::new() }
}

fn point(residual: &Residual, y: f64) -> Mark {
    Mark { shape: Shape::Dot, ..other(residual.at.flop().get(), y, "") }
}

/// The loss that a run reached, as the law and the distance from it say.
fn loss(report: &FitReport, residual: &Residual) -> f64 {
    report.fit.constants.loss(residual.at).get() * libm::exp(residual.log)
}

fn table(report: &FitReport) -> Table {
    let mut table = Table::new(["Parameters", "Tokens", "Compute, FLOP", LOSS, "By the law", "ln of the ratio"]);
    for residual in &report.residuals {
        table.push([
            residual.at.params.to_string(),
            short_count(residual.at.tokens.get()),
            scientific(residual.at.flop().get()),
            format!("{:.4}", loss(report, residual)),
            format!("{:.4}", report.fit.constants.loss(residual.at).get()),
            format!("{:.4}", residual.log),
        ]);
    }
    table
}
