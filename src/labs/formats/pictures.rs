//! Range, values and steps of the chosen formats.

use super::rows;
use crate::charts::{AnyPicture, Axis, Bar, Lane, Lanes, LineChart, Role, Series, TickFormat};
use crate::formats::anatomy::{Outcome, Scaling, figure, shown, values_between};
use crate::formats::{Facts, Format, Kind};
use crate::labs::{FigureData, Table};
use crate::scenario::FormatsScenario;
use crate::scenario::formats::Report;

/// The smallest value, where full precision begins, and the largest.
fn zones(row: &Format, scaling: Scaling) -> (Option<f64>, Option<f64>, Option<f64>) {
    let (facts, scale) = (Facts::of(row), scaling.scale);
    match row.kind {
        // Whole numbers have one step everywhere, as subnormals do.
        Kind::Integer(integer) => {
            let (min, max) = if scaling.restricted { integer.restricted_range() } else { integer.full_range() };
            let steps = (max - scaling.zero_point).abs().max((min - scaling.zero_point).abs());
            (Some(scale), None, Some(f64::from(steps) * scale))
        }
        Kind::Codebook(codebook) => {
            let sizes = codebook.values.iter().map(|x| x.abs()).filter(|x| *x > 0.0);
            (None, Some(f64::from(sizes.fold(f32::INFINITY, f32::min)) * scale), facts.max.map(|max| max * scale))
        }
        _ => (facts.min_subnormal, facts.min_normal, facts.max),
    }
}

/// Where each format has values, on one logarithmic axis.
pub fn range(asked: &FormatsScenario, report: &Report) -> FigureData {
    let mut table = Table::new(["Format", "Smallest subnormal", "Smallest normal", "Largest"]);
    let mut lanes = Vec::new();
    let mut beyond = Vec::new();
    for (row, anatomy) in rows(asked, report) {
        let (subnormal, normal, max) = zones(&row, asked.scaling);
        let show = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), figure);
        table.push([row.name.to_owned(), show(subnormal), show(normal), show(max)]);
        let mut bars = Vec::new();
        let end = max.unwrap_or(1.0);
        if let Some(from) = subnormal {
            let label = if matches!(row.kind, Kind::Integer(_)) { "even steps" } else { "subnormal" };
            bars.push(Bar { from, to: normal.unwrap_or(end), label: label.to_owned(), faint: true });
        }
        if let Some(from) = normal {
            bars.push(Bar { from, to: end, label: "full precision".to_owned(), faint: false });
        }
        if matches!(anatomy.kind, Outcome::Overflowed | Outcome::Saturated) {
            beyond.push(row.name);
        }
        lanes.push(Lane { label: row.name.to_owned(), bars, ..Lane::default() });
    }
    let size = report.x.abs();
    let x: String = asked.x.trim().chars().take(16).collect();
    let mark = (size.is_finite() && size > 0.0).then(|| (size, if x.is_empty() { "x".to_owned() } else { x.clone() }));
    let title = match beyond.as_slice() {
        _ if !size.is_finite() => "Where each format has numbers".to_owned(),
        [] => format!("{x} is within the range of every format here"),
        names => format!("{x} is beyond {}", names.join(" and ")),
    };
    FigureData {
        title,
        summary: "The magnitudes that each format reaches, on one logarithmic axis. In the pale part, below the smallest normal number, steps no longer shrink and digits are lost; left of it everything becomes zero, right of the bar it overflows.".to_owned(),
        picture: AnyPicture::Lanes(Lanes { x: Axis::log10("Magnitude", TickFormat::PowerOfTen), lanes, mark }),
        table,
    }
}

/// The most ticks of a lane; more are a bar.
const MOST_TICKS: usize = 160;

/// The window of the number line.
fn window(asked: &FormatsScenario, x: f64) -> (f64, f64) {
    let centre = if x.is_finite() { x } else { 0.0 };
    let half = if centre == 0.0 { 1.0 } else { centre.abs() } * libm::exp2(asked.zoom);
    (centre - half, centre + half)
}

/// The values themselves, around the number, or between the ends of a line that is `held` while the number is dragged.
pub fn number_line(asked: &FormatsScenario, report: &Report, held: Option<(f64, f64)>) -> FigureData {
    let (low, high) = held.filter(|(low, high)| low < high).unwrap_or_else(|| window(asked, report.x));
    let mut table = Table::new(["Format", "Values from", "to", "How many", "Stored"]);
    let mut lanes = Vec::new();
    let mut fewest: Option<(usize, &str)> = None;
    for (row, anatomy) in rows(asked, report) {
        let values = values_between(&row, asked.scaling, low, high, MOST_TICKS);
        let chosen = Some(anatomy.value).filter(|value| (low..=high).contains(value));
        let count =
            values.as_ref().map_or_else(|| format!("more than {MOST_TICKS}"), |values| values.len().to_string());
        table.push([row.name.to_owned(), figure(low), figure(high), count, shown(&row, anatomy.value)]);
        let label = format!("{}: {}", row.name, shown(&row, anatomy.value));
        lanes.push(match values {
            Some(ticks) => {
                if fewest.is_none_or(|(n, _)| ticks.len() < n) {
                    fewest = Some((ticks.len(), row.name));
                }
                Lane { label, ticks, chosen, ..Lane::default() }
            }
            None => {
                let bar = Bar { from: low, to: high, label: "too close to tell apart".to_owned(), faint: true };
                Lane { label, bars: vec![bar], chosen, ..Lane::default() }
            }
        });
    }
    let title = match fewest {
        Some((0, name)) => format!("{name} has no value here at all"),
        Some((1, name)) => format!("{name} has one value here"),
        Some((n, name)) => format!("{name} has {n} values here"),
        None => "The formats have more values here than can be drawn".to_owned(),
    };
    FigureData {
        title,
        summary: format!(
            "Every value that each format has between {} and {}. The line is the number, the dot what is stored for it; drag in the picture to move the number.",
            figure(low),
            figure(high)
        ),
        picture: AnyPicture::Lanes(Lanes {
            x: Axis::linear("Value", TickFormat::Plain).over(low, high),
            lanes,
            mark: report.x.is_finite().then(|| (report.x, "x".to_owned())),
        }),
        table,
    }
}

/// The step of a format at each power of two that it reaches, over a span that all formats share.
fn steps_of(row: &Format, scaling: Scaling, exponents: (i32, i32)) -> Vec<(f64, f64)> {
    let (subnormal, normal, max) = zones(row, scaling);
    let (Some(low), Some(high)) = (subnormal.or(normal), max) else { return Vec::new() };
    let step = |x: f64| match row.kind {
        Kind::Float(float) => float.spacing(x),
        Kind::Exponent(_) => x,
        Kind::Integer(_) => scaling.scale,
        _ => f64::NAN,
    };
    (exponents.0..=exponents.1)
        .map(|exponent| libm::exp2(exponent.into()))
        // Just above a power of two, where the step is the largest part of the number.
        .filter(|x| (low..=high).contains(x))
        .map(|x| (x, step(x)))
        .filter(|(_, step)| step.is_finite())
        .collect()
}

/// Powers of two that are looked at: what FP32 reaches is cut to where 8- and 16-bit formats differ.
const EXPONENTS: (i32, i32) = (-44, 44);

fn series(asked: &FormatsScenario, relative: bool) -> (Vec<Series>, Table) {
    let mut table = Table::new(["Format", "Magnitude", if relative { "Step, part of the number" } else { "Step" }]);
    let series = asked
        .rows()
        .iter()
        .enumerate()
        .map(|(i, row)| {
            let points = steps_of(row, asked.scaling, EXPONENTS);
            let points: Vec<(f64, f64)> =
                points.into_iter().map(|(x, step)| (x, if relative { step / x } else { step })).collect();
            for (x, step) in points.iter().step_by(8) {
                table.push([row.name.to_owned(), figure(*x), figure(*step)]);
            }
            let role =
                [Role::Weights, Role::Error, Role::Activations, Role::Optimizer, Role::Gradients, Role::Other][i % 6];
            Series { label: row.name.to_owned(), points, role, dashed: i % 2 == 1 }
        })
        .collect();
    (series, table)
}

/// The distance between neighbours over the size of the number.
pub fn steps(asked: &FormatsScenario) -> FigureData {
    let (series, table) = series(asked, false);
    FigureData {
        title: "Steps of a float grow with the number; those of an integer do not".to_owned(),
        summary: "The distance between neighbouring values at each magnitude, both logarithmic.".to_owned(),
        picture: AnyPicture::LineChart(LineChart {
            x: Axis::log10("Magnitude", TickFormat::PowerOfTen),
            y: Axis::log10("Step", TickFormat::PowerOfTen),
            series,
            ..LineChart::default()
        }),
        table,
    }
}

/// The same as a part of the number.
pub fn relative_steps(asked: &FormatsScenario) -> FigureData {
    let (series, table) = series(asked, true);
    FigureData {
        title: "As a part of the number a float’s step is the same until subnormals begin".to_owned(),
        summary: "The distance between neighbouring values divided by the number: the lower, the more digits. It rises to the left where a format runs out of exponents.".to_owned(),
        picture: AnyPicture::LineChart(LineChart {
            x: Axis::log10("Magnitude", TickFormat::PowerOfTen),
            y: Axis::log10("Step / magnitude", TickFormat::PowerOfTen),
            series,
            ..LineChart::default()
        }),
        table,
    }
}
