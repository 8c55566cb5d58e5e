//! How values, errors and magnitudes are spread.

use super::Outcome;
use super::numbers::counted;
use crate::answers;
use crate::charts::{
    AnyPicture, Axis, BinSeries, BinStyle, Histogram, LineChart, Mark, Reference, Role, Series, Shape, TickFormat,
    ValueMark,
};
use crate::formats::anatomy::{Scaling, figure, values_between};
use crate::formats::{Facts, Kind};
use crate::labs::{FigureData, Table};
use crate::quantize::Range;
use crate::quantize::report::{Counts, Report};
use crate::scenario::QuantizeScenario;
use crate::units::significant;

/// More levels than these are a band to the eye.
const MOST_LEVELS: usize = 600;

/// Values before and after, on one axis.
pub fn values(asked: &QuantizeScenario, report: &Report) -> FigureData {
    let name = asked.format.name;
    let series = |label: &str, counts: &Counts, role, style| BinSeries {
        label: label.to_owned(),
        counts: counts.counts.clone(),
        role,
        style,
    };
    let levels = levels(asked, report);
    let ticks = if levels.is_empty() { "" } else { " Ticks at the foot are the values that the format has." };
    FigureData {
        title: answers::quantize(asked, report),
        summary: format!(
            "How often each value occurs among {} from {} to {}, in FP32 and in {name}. 256 bins.{ticks}",
            counted(report.n, "number"),
            figure(report.min),
            figure(report.max),
        ),
        picture: AnyPicture::Histogram(Histogram {
            lo: report.reference.lo,
            hi: report.reference.hi,
            series: vec![
                series("FP32", &report.reference, Role::Reference, BinStyle::Filled),
                series(name, &report.quantized, Role::Quantized, BinStyle::Outline),
            ],
            x_label: "Value".to_owned(),
            y_label: "Numbers in a bin".to_owned(),
            log_counts: asked.log_counts,
            marks: clips(asked, report),
            levels,
            cursor: None,
        }),
        table: counts_table("Value", &[("FP32", &report.reference), (name, &report.quantized)]),
    }
}

/// What the format can represent within the range of the values, where that is the same for all of them.
fn levels(asked: &QuantizeScenario, report: &Report) -> Vec<f64> {
    let format = asked.format;
    let scaling = match format.kind {
        Kind::Float(_) | Kind::Codebook(_) if !asked.has_scale() => Scaling::default(),
        Kind::Integer(_) | Kind::Codebook(_) => match report.scale {
            Some(scale) => Scaling { scale, ..Scaling::default() },
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    if let Some((min, max, zero)) = codes(asked, report) {
        if (max - min) as usize > MOST_LEVELS {
            return Vec::new();
        }
        return (min..=max).map(|code| f64::from(code - zero) * scaling.scale).collect();
    }
    values_between(format, scaling, report.reference.lo, report.reference.hi, MOST_LEVELS).unwrap_or_default()
}

/// Where values are clipped: the largest that the codes of the one scale stand for.
fn clips(asked: &QuantizeScenario, report: &Report) -> Vec<ValueMark> {
    // Without a clipped number the ends are those of the range, but for rounding.
    let (Some(scale), true) = (report.scale, asked.has_scale() && report.clipped > 0) else { return Vec::new() };
    let ends = match codes(asked, report) {
        Some((min, max, zero)) => [min - zero, max - zero].map(|steps| f64::from(steps) * scale),
        None => {
            let max = Facts::of(asked.format).max.unwrap_or(1.0) * scale;
            [-max, max]
        }
    };
    let mark = |at: f64| ValueMark { at, label: "clip".to_owned() };
    let within = |at: &f64| *at > report.min && *at < report.max;
    ends.into_iter().filter(within).map(mark).collect()
}

/// The smallest and the largest code that the rule uses, and that of zero, of whole numbers with one scale.
fn codes(asked: &QuantizeScenario, report: &Report) -> Option<(i32, i32, i32)> {
    let Kind::Integer(integer) = asked.format.kind else { return None };
    let quantizer = asked.quantizer();
    let range = Range { min: report.min as f32, max: report.max as f32 };
    let grid = (quantizer.rule.grid)(integer, quantizer.scheme, range);
    Some((grid.min_code, grid.max_code, report.zero_point?))
}

/// What clipping gains and costs: decibels by the part of the range that is left.
pub fn clip(asked: &QuantizeScenario, outcome: &Outcome) -> FigureData {
    let curve = &outcome.clip_curve;
    let mut table = Table::new(["Part of the range", "SQNR in dB"]);
    for (part, db) in curve {
        table.push([significant(*part, 3), significant(*db, 4)]);
    }
    let best = curve.iter().copied().reduce(|best, point| if point.1 > best.1 { point } else { best });
    let whole = curve.last().map_or(0.0, |point| point.1);
    let title = match best {
        None => "This format takes no scale from the range of the tensor".to_owned(),
        Some((1.0, _)) => "Clipping gains nothing here: the whole range is best".to_owned(),
        Some((part, db)) => format!(
            "Clipping to {} % of the range gains {} dB",
            significant(100.0 * part, 2),
            significant(db - whole, 2)
        ),
    };
    let mut chart = LineChart {
        x: Axis::log10("Part of the range that is not clipped", TickFormat::Plain),
        y: Axis::linear("SQNR in dB", TickFormat::Plain),
        series: vec![Series { label: String::new(), points: curve.clone(), role: Role::Quantized, dashed: false }],
        ..LineChart::default()
    };
    if let Some((x, y)) = best {
        let label = "best".to_owned();
        chart.marks.push(Mark { x, y, label, shape: Shape::Dot, role: Role::Accent, emphasis: true });
    }
    if asked.clips_by_hand() && !curve.is_empty() {
        chart.references.push(Reference::Vertical { at: asked.clip, label: "clip".to_owned() });
    }
    FigureData {
        title,
        summary: "A smaller range clips the largest numbers and gives all others finer steps. Drag in this picture, or in that of the values, to clip by hand. Measured on up to 65\u{202f}536 of the numbers.".to_owned(),
        picture: AnyPicture::LineChart(chart),
        table,
    }
}

/// Errors, on a scale of their own.
pub fn errors(asked: &QuantizeScenario, report: &Report) -> FigureData {
    let mark = |at: f64, label: &str| ValueMark { at, label: label.to_owned() };
    let marks = if report.rmse > 0.0 {
        vec![mark(-report.rmse, "−RMSE"), mark(report.bias, "mean"), mark(report.rmse, "RMSE")]
    } else {
        Vec::new()
    };
    FigureData {
        title: if report.is_all_overflow() {
            "No number is left whose error could be measured".to_owned()
        } else {
            format!("The error is typically {} and at most {}", figure(report.rmse), figure(report.max_abs_error))
        },
        summary: format!(
            "How often each error, quantized minus FP32, occurs: from {} to {}, on a scale of its own. Press a bin to look at its largest error.",
            figure(report.error.lo),
            figure(report.error.hi),
        ),
        picture: AnyPicture::Histogram(Histogram {
            lo: report.error.lo,
            hi: report.error.hi,
            series: vec![BinSeries {
                label: "Error".to_owned(),
                counts: report.error.counts.clone(),
                role: Role::Error,
                style: BinStyle::Filled,
            }],
            x_label: "Error, quantized − FP32".to_owned(),
            y_label: "Numbers in a bin".to_owned(),
            log_counts: asked.log_counts,
            marks,
            levels: Vec::new(),
            cursor: None,
        }),
        table: counts_table("Error", &[("Numbers", &report.error)]),
    }
}

/// Magnitudes in powers of two, with the ends of the format's range.
pub fn exponents(asked: &QuantizeScenario, report: &Report) -> FigureData {
    let counts = &report.exponents.counts;
    let lowest = report.exponents.lo as i32;
    // Zeros and infinities stand outside.
    let inner = 1..counts.len().saturating_sub(1);
    let first = inner.clone().find(|&i| counts[i] > 0).unwrap_or(150);
    let last = inner.clone().rfind(|&i| counts[i] > 0).unwrap_or(150);
    let (from, to) = (first.saturating_sub(2).max(1), (last + 3).min(counts.len()));
    let exponent = |i: usize| f64::from(lowest + i as i32);
    let mut marks = Vec::new();
    if let (Kind::Float(float), false) = (asked.format.kind, asked.has_scale()) {
        let mut mark = |value: Option<f64>, label: &str| {
            if let Some(value) = value {
                marks.push(ValueMark { at: libm::log2(value), label: label.to_owned() });
            }
        };
        mark(float.min_subnormal(), "smallest");
        mark(float.min_normal(), "smallest normal");
        mark(Some(float.max()), "largest");
    }
    let title = match report.zone_shares {
        Some([subnormal, _, overflow]) if subnormal + overflow > 0.0 => {
            let percent = |share: f64| significant(100.0 * share, 3);
            format!(
                "{} % of the numbers lie below the normal range of {} and {} % beyond it",
                percent(subnormal),
                asked.format.name,
                percent(overflow)
            )
        }
        Some(_) => format!("All numbers lie in the normal range of {}", asked.format.name),
        None => "How large the numbers are, in powers of two".to_owned(),
    };
    let mut table = Table::new(["Exponent", "Numbers"]);
    for (i, n) in (from..to).zip(&counts[from..to]) {
        table.push([(lowest + i as i32).to_string().replace('-', "−"), n.to_string()]);
    }
    FigureData {
        title,
        summary: "The magnitudes of the FP32 numbers, a bin for each power of two; zeros are left out. A float keeps all its digits within its normal range, fewer below it, and nothing beyond its largest value. Where there is a scale, it moves the range to the numbers.".to_owned(),
        picture: AnyPicture::Histogram(Histogram {
            lo: exponent(from),
            hi: exponent(to),
            series: vec![BinSeries {
                label: "Numbers".to_owned(),
                counts: counts[from..to].to_vec(),
                role: Role::Reference,
                style: BinStyle::Filled,
            }],
            x_label: "log₂ |x|".to_owned(),
            y_label: "Numbers in a bin".to_owned(),
            log_counts: asked.log_counts,
            marks,
            levels: Vec::new(),
            cursor: None,
        }),
        table,
    }
}

fn counts_table(quantity: &str, series: &[(&str, &Counts)]) -> Table {
    let mut table = Table { columns: vec![format!("{quantity} from"), "to".to_owned()], rows: Vec::new() };
    table.columns.extend(series.iter().map(|(name, _)| (*name).to_owned()));
    let Some((_, first)) = series.first() else { return table };
    let bins = first.counts.len();
    let step = (first.hi - first.lo) / bins as f64;
    for bin in 0..bins {
        let (from, to) = (first.lo + step * bin as f64, first.lo + step * (bin + 1) as f64);
        let mut row = vec![figure(from), figure(to)];
        row.extend(series.iter().map(|(_, counts)| counts.counts[bin].to_string()));
        table.rows.push(row);
    }
    table
}
