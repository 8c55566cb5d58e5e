//! The Quantize lab: what lower precision does to a tensor.

use super::{FigureData, Form, Html, Part, Question, Table, View};
use crate::charts::{AnyPicture, BinSeries, BinStyle, Histogram, Role};
use crate::formats::{BF16, FORMATS, FP16, FP32, Family, Format, INT8, Integer, Kind, table};
use crate::quantize::report::{Counts, Report};
use crate::quantize::{Error, Quantizer, Scheme};
use crate::scenario::QuantizeScenario;
use crate::scenario::quantize::{Data, SEED, SIZES, STD, read_values};
use crate::units::{Bytes, scientific, significant};
use crate::weights::{Distribution, TensorSource};
use crate::{answers, json};
use serde::Serialize;

/// The formats that have a button of their own.
static COMMON: [&Format; 6] = [&BF16, &FP16, &table::E4M3FN, &table::E5M2, &INT8, &table::INT4];

/// The lab's controls.
#[must_use]
pub fn controls(asked: &QuantizeScenario) -> String {
    let formats = Family::ALL.map(|family| {
        let of = FORMATS.iter().filter(|format| format.is_elementwise() && format.family == family);
        (family.name(), of.map(|format| (format.id, format.name)).collect())
    });
    let samples = Distribution::ALL.map(|distribution| (distribution.id(), distribution.name()));
    let mut form = Form::new("quantize");
    form.choice("format", "From FP32 to", &COMMON.map(|format| (format.id, format.name)));
    form.menu("all-formats", "format", "or another format", &formats);
    if asked.has_scale() {
        form.choice("scheme", "Codes", &[("symmetric", "Symmetric"), ("affine", "Affine")]);
        form.choice("scale", "One scale for", &[("tensor", "The tensor"), ("row", "Each row")]);
    }
    form.menu("data", "data", "Tensor", &[("", samples.into_iter().chain([("values", "Your own numbers")]).collect())]);
    if asked.data == Data::Values {
        form.area("values", "Your numbers");
    } else {
        form.choice("n", "Size", &SIZES.map(|(id, name, ..)| (id, name)));
        form.more("more", "More", |form| {
            form.number("std", "Standard deviation", "", &STD, None);
            form.number("seed", "Seed", "", &SEED, None);
        });
    }
    form.finish()
}

/// What is to be done for an answer.
#[derive(Clone, Debug)]
pub struct Task {
    asked: QuantizeScenario,
    /// The tensor.
    pub tensor: TensorSource,
    /// What is done to it.
    pub quantizer: Quantizer,
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The figures.
    pub report: Report,
    /// `gpu` or `cpu`.
    pub backend: &'static str,
    /// The backend with its device, for people.
    pub backend_name: String,
    /// Both passes, with upload and read-back; without drawing the sample and hashing the codes.
    pub elapsed_ms: f64,
    /// Why another backend than the fastest did it, if so.
    pub backend_note: Option<String>,
}

impl Task {
    /// What a question asks for.
    #[must_use]
    pub fn new(question: &Question) -> Self {
        let asked = QuantizeScenario::from_keys(&question.keys);
        let tensor = match asked.sample() {
            Some(sample) => TensorSource::Sample(sample),
            // What cannot be read never becomes a scenario.
            None => TensorSource::Values(read_values(&asked.values).unwrap_or_default()),
        };
        Self { quantizer: asked.quantizer(), asked, tensor }
    }

    /// The view of what came of it.
    #[must_use]
    pub fn view(&self, question: &Question, outcome: Result<&Outcome, Error>) -> View {
        let mut view = View::of(question);
        view.set(Part::Sources, super::sources([FP32.source, self.asked.format.source]));
        match outcome {
            Ok(outcome) => {
                let report = &outcome.report;
                view.set(Part::Takeaway, answers::quantize(&self.asked, report));
                view.set(Part::Report, outcome.to_json());
                view.set(Part::Figures, figures(outcome));
                view.set(Part::Notes, explain(&self.asked, report));
                view.figures = vec![values_figure(&self.asked, report), errors_figure(report)];
            }
            Err(error) => view.set(Part::Problem, problem(error)),
        }
        view
    }
}

impl Outcome {
    /// The page's JSON report: the figures, then where and how fast they were made.
    fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Flat<'a> {
            #[serde(flatten)]
            report: &'a Report,
            backend: &'a str,
            backend_name: &'a str,
            elapsed_ms: f64,
        }
        let Self { report, backend, backend_name, elapsed_ms, .. } = self;
        json::write(&Flat { report, backend, backend_name, elapsed_ms: *elapsed_ms })
    }
}

fn problem(error: Error) -> String {
    match error {
        Error::Empty => {
            "The tensor has no values, so there is nothing to quantize. Choose a sample or type some numbers."
                .to_owned()
        }
        Error::NothingFinite { n, nan, infinite } => format!(
            "None of the {n} values is finite ({nan} NaN, {infinite} infinite): a scale needs at least one finite number. Add one."
        ),
        other => super::sentence(&other.to_string()),
    }
}

/// The backend, and the figures as a table.
fn figures(outcome: &Outcome) -> String {
    let note = outcome
        .backend_note
        .as_ref()
        .map_or_else(String::new, |note| format!(" The numbers are the same on every backend. Not the GPU: {note}."));
    let mut html = Html::default();
    html.open("p", &[("class", "backend"), ("id", "quantize-backend")]);
    html.element("span", &[("class", "chip")], &outcome.backend_name);
    html.text(&format!(" {} ms", significant(outcome.elapsed_ms, 3))).text(&note).close("p");
    html.open("div", &[("class", "table-scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Figures")]);
    html.open("table", &[("class", "numbers"), ("id", "quantize-numbers")]).element("caption", &[], "Figures");
    html.open("tbody", &[]);
    for (name, value) in numbers(outcome) {
        html.row(&[name.to_owned(), value]);
    }
    html.close("tbody").close("table").close("div").finish()
}

fn numbers(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let report = &outcome.report;
    let mut rows = vec![
        ("Memory before", Bytes(report.bytes_before as f64).to_string()),
        ("Memory after, scales included", Bytes(report.bytes_after as f64).to_string()),
        ("Bits per weight", significant(report.bits_per_weight, 5)),
    ];
    match (report.scale, report.scale_min, report.scale_max) {
        (Some(scale), ..) => rows.push(("Scale", figure(scale))),
        (None, Some(min), Some(max)) => {
            rows.push(("Scales of the rows", format!("{} to {}", figure(min), figure(max))))
        }
        _ => {}
    }
    if let Some(zero_point) = report.zero_point {
        rows.push(("Zero point", zero_point.to_string()));
    }
    let share = |n: u64| {
        if n == 0 {
            return "0".to_owned();
        }
        format!("{} ({} %)", count(n), significant(100.0 * n as f64 / report.n as f64, 3))
    };
    rows.extend([
        ("MSE", figure(report.mse)),
        ("RMSE", figure(report.rmse)),
        ("Mean absolute error", figure(report.mae)),
        ("Largest error", figure(report.max_abs_error)),
        ("Bias", figure(report.bias)),
        ("SQNR", report.sqnr_db.map_or_else(|| "no error".to_owned(), |db| format!("{db:.2} dB"))),
        ("Cosine", report.cosine.map_or_else(|| "not defined".to_owned(), |cosine| format!("{cosine:.6}"))),
        ("Clipped", share(report.clipped)),
        ("Flushed to zero", share(report.flushed)),
        ("NaN or infinite in the input", share(report.nonfinite)),
        ("Subnormal in the input", share(report.subnormal)),
    ]);
    if report.overflowed > 0 {
        rows.push(("Turned into infinity (left out of the errors)", share(report.overflowed)));
    }
    rows
}

/// How the scale came from the range, with the numbers put in.
fn scale_formula(scheme: Scheme, integer: Integer, report: &Report) -> String {
    let (_, all) = Integer { signed: false, ..integer }.full_range();
    let (least, most) = integer.restricted_range();
    let half = most - integer.middle();
    match (scheme, report.scale) {
        (Scheme::Symmetric, Some(scale)) => {
            let value = match integer.middle() {
                0 => "code".to_owned(),
                middle => format!("(code − {middle})"),
            };
            format!(
                "scale = max |x| / {half} = {} / {half} = {}; code = rint(x / scale), from {least} to {most}; value = {value} × scale",
                figure(report.max.abs().max(report.min.abs())),
                figure(scale)
            )
            .replace("from -", "from −")
        }
        (Scheme::Affine, Some(scale)) => format!(
            "scale = (max − min) / {all} = ({} − {}) / {all} = {}; zero point = {}; value = (code − zero point) × scale",
            figure(report.max.max(0.0)),
            figure(report.min.min(0.0)),
            figure(scale),
            report.zero_point.unwrap_or_default(),
        ),
        (Scheme::Symmetric, None) => format!("scale of a row = max |x| of the row / {half}; code = rint(x / scale)"),
        (Scheme::Affine, None) => format!("scale of a row = (max − min of the row) / {all}, zero included"),
    }
}

fn values_figure(asked: &QuantizeScenario, report: &Report) -> FigureData {
    FigureData {
        title: answers::quantize(asked, report),
        summary: format!(
            "How often each value occurs among {} numbers from {} to {}, in FP32 and in {}. 256 bins.",
            count(report.n),
            figure(report.min),
            figure(report.max),
            asked.format.name,
        ),
        picture: AnyPicture::Histogram(value_histogram(asked, report)),
        table: counts_table("Value", &[("FP32", &report.reference), (asked.format.name, &report.quantized)]),
    }
}

fn errors_figure(report: &Report) -> FigureData {
    FigureData {
        title: format!("The error is typically {} and at most {}", figure(report.rmse), figure(report.max_abs_error)),
        summary: format!(
            "How often each error, quantized minus FP32, occurs: from {} to {}, on a scale of its own.",
            figure(report.error.lo),
            figure(report.error.hi),
        ),
        picture: AnyPicture::Histogram(error_histogram(report)),
        table: counts_table("Error", &[("Numbers", &report.error)]),
    }
}

fn value_histogram(asked: &QuantizeScenario, report: &Report) -> Histogram {
    Histogram {
        lo: report.reference.lo,
        hi: report.reference.hi,
        series: vec![
            BinSeries {
                label: "FP32".to_owned(),
                counts: report.reference.counts.clone(),
                role: Role::Reference,
                style: BinStyle::Filled,
            },
            BinSeries {
                label: asked.format.name.to_owned(),
                counts: report.quantized.counts.clone(),
                role: Role::Quantized,
                style: BinStyle::Outline,
            },
        ],
        x_label: "Value".to_owned(),
        y_label: "Numbers in a bin".to_owned(),
        log_counts: false,
        marks: vec![],
        levels: vec![],
        cursor: None,
    }
}

fn error_histogram(report: &Report) -> Histogram {
    Histogram {
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
        log_counts: false,
        marks: vec![],
        levels: vec![],
        cursor: None,
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

/// Three or four digits, with a power of ten where plain decimals would be long.
fn figure(value: f64) -> String {
    let size = value.abs();
    let text = if size != 0.0 && !(1e-3..1e6).contains(&size) { scientific(value) } else { significant(value, 4) };
    text.replace('-', "−")
}

/// A whole number with thin spaces between thousands.
fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// Why this is the answer: what was computed, with the numbers put in.
fn explain(asked: &QuantizeScenario, report: &Report) -> String {
    let formula = match asked.format.kind {
        Kind::Integer(integer) => scale_formula(asked.scheme, integer, report),
        _ => format!(
            "{}: the nearest of the format’s own values, ties to even. A float has no scale; its steps grow with the number.",
            asked.format.name
        ),
    };
    let memory = format!(
        "{} numbers: {} in FP32, {} in {}",
        count(report.n),
        Bytes(report.bytes_before as f64),
        Bytes(report.bytes_after as f64),
        asked.format.name
    );
    let mut html = Html::default();
    html.element("p", &[("class", "note")], "Quantization maps FP32 numbers to a space of lower precision, by scale factors taken from the range of the numbers.");
    html.element("p", &[("class", "formula")], &formula);
    html.element("p", &[("class", "formula")], &memory);
    html.element("p", &[("class", "note")], asked.format.note);
    html.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::form;
    use crate::scenario::quantize::KEYS;

    #[test]
    fn every_control_sets_a_key_and_every_option_is_one() {
        for (format, data) in [(&INT8, Data::Values), (&FP16, Data::Sample(Distribution::Normal))] {
            let asked = QuantizeScenario { format, data, ..QuantizeScenario::default() };
            form::check(&controls(&asked), KEYS, &asked);
        }
    }
}
