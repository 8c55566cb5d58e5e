//! The figures of merit, and why they are what they are.

use super::Outcome;
use crate::formats::anatomy::figure;
use crate::formats::{Integer, Kind, Layout, Rounding};
use crate::labs::Html;
use crate::quantize::report::Report;
use crate::quantize::{GRID_RULES, Granularity, RangeMethod, Scheme};
use crate::scenario::QuantizeScenario;
use crate::scenario::quantize::RANGES;
use crate::units::{Bytes, significant};

/// The backend, and the figures as a table.
pub fn figures(outcome: &Outcome) -> String {
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
        ("Times smaller", significant(report.bytes_before as f64 / report.bytes_after as f64, 4)),
        ("Bits per weight", significant(report.bits_per_weight, 5)),
    ];
    if let Some(scale) = report.scale {
        rows.push(("Scale of the tensor", figure(scale)));
    }
    match (report.scale_min, report.scale_max) {
        (Some(min), Some(max)) if report.scales > 1 => {
            rows.push(("Scales", format!("{}, from {} to {}", count(report.scales), figure(min), figure(max))));
        }
        _ => {}
    }
    if let Some(zero_point) = report.zero_point {
        rows.push(("Zero point", zero_point.to_string().replace('-', "−")));
    }
    if report.kept_columns > 0 {
        rows.push(("Columns kept in FP16", count(report.kept_columns)));
    }
    if report.padded > 0 {
        rows.push(("Zeros that fill up the last blocks", count(report.padded)));
    }
    let share = |n: u64| {
        if n == 0 {
            return "0".to_owned();
        }
        format!("{} ({} %)", count(n), significant(100.0 * n as f64 / report.n as f64, 3))
    };
    let percent = |share: f64| format!("{} %", significant(100.0 * share, 4));
    rows.extend([
        (
            "SQNR",
            report.sqnr_db.map_or_else(
                || if report.is_all_overflow() { "not defined" } else { "no error" }.to_owned(),
                |db| format!("{db:.2} dB"),
            ),
        ),
        ("Relative error", report.relative_error.map_or_else(|| "not defined".to_owned(), percent)),
        ("Output error", report.output_error.map_or_else(|| "not defined".to_owned(), percent)),
        ("RMSE", figure(report.rmse)),
        ("MSE", figure(report.mse)),
        ("Mean absolute error", figure(report.mae)),
        ("Half of the errors are below", figure(report.abs_error_p50)),
        ("99 % of the errors are below", figure(report.abs_error_p99)),
        ("99.9 % of the errors are below", figure(report.abs_error_p999)),
        ("Largest error", figure(report.max_abs_error)),
        ("Bias", figure(report.bias)),
        ("Cosine", report.cosine.map_or_else(|| "not defined".to_owned(), |cosine| format!("{cosine:.6}"))),
        ("Clipped", share(report.clipped)),
        ("Flushed to zero", share(report.flushed)),
    ]);
    if let (Some(used), Some(entropy)) = (report.used_codes, report.code_entropy) {
        rows.push(("Different codes", count(used)));
        rows.push(("Entropy of the codes", format!("{} bits", significant(entropy, 4))));
    }
    rows.extend([
        ("NaN or infinite in the input", share(report.nonfinite)),
        ("Subnormal in the input", share(report.subnormal)),
    ]);
    if report.overflowed > 0 {
        rows.push(("Turned into infinity (left out of the errors)", share(report.overflowed)));
    }
    rows
}

/// What has a scale of its own.
fn of_what(asked: &QuantizeScenario) -> &'static str {
    match asked.quantizer().granularity {
        Granularity::Tensor => "the tensor",
        Granularity::Row => "a row",
        Granularity::Column => "a column",
        Granularity::Group(_) => "a group of neighbours",
    }
}

/// How the scale came from the range, with the numbers put in where there is one scale by the usual rule.
fn scale_formula(asked: &QuantizeScenario, integer: Integer, report: &Report) -> String {
    let quantizer = asked.quantizer();
    // Too small a range, or none, has a scale that no formula of it says.
    let is_usual = report.scale.is_none_or(|scale| scale > f64::from(f32::MIN_POSITIVE))
        && report.min < report.max
        && report.kept_columns == 0
        && quantizer.rule == &GRID_RULES[0]
        && quantizer.range == RangeMethod::Full
        && !quantizer.power_of_two_scale
        && quantizer.rounding == Rounding::NearestEven;
    let (_, all) = Integer { signed: false, ..integer }.full_range();
    let (least, most) = integer.restricted_range();
    let half = most - integer.middle();
    let of = of_what(asked);
    match (quantizer.scheme, report.scale) {
        (Scheme::Symmetric, Some(scale)) if is_usual => {
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
        (Scheme::Affine, Some(scale)) if is_usual => format!(
            "scale = (max − min) / {all} = ({} − {}) / {all} = {}; zero point = {}; codes from 0 to {all}; value = (code − zero point) × scale",
            figure(report.max.max(0.0)),
            if report.min < 0.0 { format!("({})", figure(report.min)) } else { "0".to_owned() },
            figure(scale),
            report.zero_point.unwrap_or_default().to_string().replace('-', "−"),
        ),
        (Scheme::Symmetric, _) if is_usual => {
            format!("scale of {of} = max |x| of it / {half}; code = rint(x / scale); value = code × scale")
        }
        (Scheme::Affine, _) if is_usual => {
            format!("scale of {of} = (max − min of it) / {all}, zero included; value = (code − zero point) × scale")
        }
        (_, scale) => {
            let scale = scale.map_or_else(String::new, |scale| format!(" = {}", figure(scale)));
            let zero =
                report.zero_point.map_or_else(String::new, |zero| format!(", zero point = {zero}").replace('-', "−"));
            let range = match quantizer.range {
                RangeMethod::Full if report.kept_columns > 0 => "the range of the columns that are not kept".to_owned(),
                RangeMethod::Full => "its range".to_owned(),
                _ => format!("this of its range: {}", RANGES[asked.range].1.to_lowercase()),
            };
            format!("scale of {of}{scale}{zero}, from {range}, by {}", quantizer.rule.name)
        }
    }
}

/// What becomes of a number, in a line.
fn formula(asked: &QuantizeScenario, report: &Report) -> String {
    let name = asked.format.name;
    match asked.format.kind {
        Kind::Integer(integer) => scale_formula(asked, integer, report),
        Kind::Float(_) | Kind::Exponent(_) if asked.has_scale() => format!(
            "scale of {} = max |x| of it / largest {name}; value = the nearest {name} to x / scale, times scale",
            of_what(asked)
        ),
        Kind::Float(_) | Kind::Exponent(_) => format!(
            "{name}: one of the two values of the format around a number. A float has no scale; its steps grow with the number."
        ),
        Kind::Codebook(_) => format!(
            "scale of {} = max |x| of it; value = the nearest of the list to x / scale, times scale",
            of_what(asked)
        ),
        Kind::Block(block) => {
            let scale = match block.layout {
                Layout::Mx(_) => {
                    "a power of two from max |x| of the block; value = the nearest element to x / scale, times scale"
                }
                Layout::Nvfp4 { .. } => "an E4M3 number, max |x| of the block / 6; value = the nearest E2M1 × scale",
                Layout::Bnb { .. } => "max |x| of the block; value = the nearest of the list × scale",
                Layout::Ggml { .. } => "chosen by ggml’s search; see the Formats lab for a block, byte by byte",
            };
            format!("{} numbers share a scale, {scale}. {} bytes a block.", block.size, block.bytes)
        }
    }
}

/// Why this is the answer: what was computed, with the numbers put in.
pub fn explain(asked: &QuantizeScenario, report: &Report) -> String {
    let memory = format!(
        "{}: {} in FP32, {} in {}",
        counted(report.n, "number"),
        Bytes(report.bytes_before as f64),
        Bytes(report.bytes_after as f64),
        asked.format.name
    );
    let mut html = Html::default();
    let mut line = |class: &str, text: &str| _ = html.element("p", &[("class", class)], text);
    line(
        "note",
        "Quantization maps FP32 numbers to a space of lower precision, by scale factors taken from the range of the numbers.",
    );
    line("formula", &formula(asked, report));
    line("formula", &memory);
    line("note", asked.format.note);
    if asked.is_integer() {
        line("note", asked.quantizer().rule.note);
    }
    if asked.keeps_outliers {
        let kept = if report.kept_columns == 0 {
            "No column has a number beyond 6 times the root mean square, or all have: none is kept in FP16.".to_owned()
        } else {
            format!(
                "{} with a number beyond 6 times the root mean square {} kept in FP16, as LLM.int8() keeps those of activations; the scales are of the others.",
                counted(report.kept_columns, "column"),
                if report.kept_columns == 1 { "is" } else { "are" }
            )
        };
        line("note", &kept);
    }
    if report.padded > 0 {
        line("note", "A row that its blocks do not divide is filled up with zeros, as the libraries do.");
    }
    if let Some(size) = asked.rotation().filter(|size| *size as u64 > report.cols) {
        line("note", &format!("A row of {} has no {size} neighbours: nothing was turned.", report.cols));
    } else if asked.rotation().is_some() {
        line(
            "note",
            "The rows were turned by a Hadamard matrix before: outliers are spread over their neighbours. Turned back, the error is as large as it is here.",
        );
    }
    line("note", "Not here: GPTQ, AWQ and HQQ, which choose codes by what they do to a layer’s output.");
    html.open("details", &[("class", "more"), ("id", "quantize-meanings")]);
    html.element("summary", &[], "What the figures mean").open("ul", &[]);
    for meaning in MEANINGS {
        html.element("li", &[], meaning);
    }
    html.close("ul").close("details").finish()
}

/// What the figures mean.
const MEANINGS: [&str; 7] = [
    "With x a number and q what it became, the error is e = q − x.",
    "RMSE = √(mean of e²): the typical error. Bias = mean of e.",
    "SQNR = 10·log₁₀(Σx² / Σe²) in dB: 6 dB more is half the error. It is not accuracy: models bear some errors better than others.",
    "Relative error = ‖Q − X‖ / ‖X‖. Output error = ‖(Q − X)·a‖ / ‖X·a‖: how far a layer’s output moves, for a normal activation a.",
    "Cosine: 1 means that the tensor still points the same way.",
    "Clipped: numbers beyond the format’s range. Flushed: numbers other than zero that became zero.",
    "Entropy of the codes = −Σ p·log₂ p over the shares p of the codes that occur: what a perfect compressor would leave.",
];

/// So many of something, whose plural ends in s: `1 number`, `65 536 numbers`.
pub fn counted(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

/// A whole number with thin spaces between thousands.
pub fn count(n: u64) -> String {
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
