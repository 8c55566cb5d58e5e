//! The Quantize lab: what does lower precision do to a tensor?

use crate::answers;
use crate::charts::{AnyPicture, BinSeries, BinStyle, Histogram, Role};
use crate::compute::job::Outcome;
use crate::compute::protocol::Stage;
use crate::formats::{self, FORMATS, Family, Format, Integer, Kind};
use crate::labs::{FigureData, Html, Table};
use crate::quantize::report::{Counts, Report};
use crate::quantize::{Granularity, Scheme};
use crate::scenario::QuantizeScenario;
use crate::scenario::quantize::{Data, SEED, SIZES, STD, read_values};
use crate::ui::components::{
    Button, Choice, Figure, NumberField, OptionGroup, Problem, ReportActions, Select, Sources, figure_data, source_list,
};
use crate::ui::dynamic::{change, condition, dynamic, effect, field, text, when};
use crate::ui::markup::Markup;
use crate::ui::state::State;
use crate::units::{Bytes, scientific, significant};
use crate::weights::Distribution;
use leptos::prelude::*;

/// The Quantize lab.
#[component]
pub fn QuantizeLab() -> impl IntoView {
    let state = expect_context::<State>();
    effect(move || state.run_job());
    let good = Memo::new(move |_| state.job.with(|job| job.good.clone()));
    let problem = text(move || state.job.with(|job| job.problem.clone()));
    let keeps_last = condition(move || good.with(Option::is_some));
    let sources = dynamic(move || {
        source_list(vec![formats::FP32.source, state.quantize.with(|scenario| scenario.format.source)])
    });
    let results = dynamic(move || {
        if keeps_last.get() {
            view! { <Results good/> }.into_any()
        } else {
            view! { <p class="waiting">"Quantizing…"</p> }.into_any()
        }
    });
    let explained = dynamic(move || {
        good.with(|good| good.as_ref().map(|(asked, outcome)| explain(asked, &outcome.report))).into_any()
    });
    view! {
        <div class="lab">
            <section class="lab__choose" aria-label="Choose">
                <h1 class="lab__name">"Quantize: what does lower precision do?"</h1>
                <Controls/>
            </section>
            <section class="lab__see" aria-label="See">
                <Problem problem keeps_last/>
                <Progress/>
                {results}
                <ReportActions/>
            </section>
            <section class="lab__understand" aria-label="Understand">
                <h2 class="lab__heading">"Why this number"</h2>
                {explained}
                <details class="more">
                    <summary>"What the figures mean"</summary>
                    <ul>
                        <li>"With x a number and q what it became, the error is e = q − x."</li>
                        <li>"RMSE = √(mean of e²): the typical error. Bias = mean of e."</li>
                        <li>"SQNR = 10·log₁₀(Σx² / Σe²) in dB: 6 dB more is half the error. It is not accuracy: models bear some errors better than others."</li>
                        <li>"Cosine: 1 means that the tensor still points the same way."</li>
                        <li>"Clipped: numbers beyond the format’s range. Flushed: numbers other than zero that became zero."</li>
                    </ul>
                </details>
                <Sources list=sources/>
            </section>
        </div>
    }
}

/// The formats that have a button of their own.
static COMMON: [&Format; 6] = [
    &formats::BF16,
    &formats::FP16,
    &formats::table::E4M3FN,
    &formats::table::E5M2,
    &formats::INT8,
    &formats::table::INT4,
];

#[component]
fn Controls() -> impl IntoView {
    let scenario = expect_context::<State>().quantize;
    let samples = Distribution::ALL.map(|distribution| (distribution.id(), distribution.name().to_owned()));
    let data = OptionGroup {
        label: "",
        options: samples.into_iter().chain([("values", "Your own numbers".to_owned())]).collect(),
    };
    let scales = move || {
        view! {
            <Choice
                id="quantize-scheme"
                label="Codes"
                options=vec![("symmetric", "Symmetric"), ("affine", "Affine")]
                value=field(scenario, |scenario| if scenario.scheme == Scheme::Affine { "affine" } else { "symmetric" })
                set=change(
                    scenario,
                    |scenario, id| scenario.scheme = if id == "affine" { Scheme::Affine } else { Scheme::Symmetric },
                )
            />
            <Choice
                id="quantize-scale"
                label="One scale for"
                options=vec![("tensor", "The tensor"), ("row", "Each row")]
                value=field(
                    scenario,
                    |scenario| if scenario.granularity == Granularity::Row { "row" } else { "tensor" },
                )
                set=change(
                    scenario,
                    |scenario, id| {
                        scenario.granularity = if id == "row" { Granularity::Row } else { Granularity::Tensor };
                    },
                )
            />
        }
        .into_any()
    };
    let sample = move || {
        view! {
            <Choice
                id="quantize-n"
                label="Size"
                options=SIZES.map(|(id, name, ..)| (id, name)).to_vec()
                value=field(scenario, |scenario| SIZES[scenario.size].0)
                set=change(
                    scenario,
                    |scenario, id| {
                        scenario.size = SIZES.iter().position(|size| size.0 == id).unwrap_or_default();
                    },
                )
            />
            <details class="more">
                <summary>"More"</summary>
                <NumberField
                    id="quantize-std"
                    label="Standard deviation"
                    bounds=STD
                    value=field(scenario, |scenario| scenario.std)
                    set=change(scenario, |scenario, std| scenario.std = std)
                />
                <NumberField
                    id="quantize-seed"
                    label="Seed"
                    bounds=SEED
                    value=field(scenario, |scenario| scenario.seed as f64)
                    set=change(scenario, |scenario, seed: f64| scenario.seed = seed as u64)
                />
            </details>
        }
        .into_any()
    };
    let of = |family: Family| OptionGroup {
        label: family.name(),
        options: FORMATS
            .iter()
            .filter(|format| format.is_elementwise() && format.family == family)
            .map(|format| (format.id, format.name.to_owned()))
            .collect(),
    };
    let others = Family::ALL.into_iter().map(of).filter(|group| !group.options.is_empty()).collect();
    let own = condition(move || scenario.with(|scenario| scenario.data == Data::Values));
    let numbers = dynamic(move || if own.get() { view! { <OwnValues/> }.into_any() } else { sample() });
    view! {
        <Choice
            id="quantize-format"
            label="From FP32 to"
            options=COMMON.map(|format| (format.id, format.name)).to_vec()
            value=field(scenario, |scenario| scenario.format.id)
            set=change(scenario, |scenario, id| scenario.format = formats::format(id).unwrap_or(scenario.format))
        />
        <Select
            id="quantize-all-formats"
            label="or another format"
            groups=others
            value=field(scenario, |scenario| scenario.format.id)
            set=change(scenario, |scenario, id: String| scenario.format = formats::format(&id).unwrap_or(scenario.format))
        />
        {when(move || scenario.with(QuantizeScenario::has_scale), scales)}
        <Select
            id="quantize-data"
            label="Tensor"
            groups=vec![data]
            value=field(scenario, |scenario| scenario.data.id())
            set=change(scenario, |scenario, id: String| scenario.data = Data::from_id(&id).unwrap_or(scenario.data))
        />
        {numbers}
    }
}

#[component]
fn OwnValues() -> impl IntoView {
    let scenario = expect_context::<State>().quantize;
    let typed = RwSignal::new(scenario.with_untracked(|scenario| scenario.values.clone()));
    let problem = RwSignal::new(String::new());
    effect(move || {
        let values = scenario.with(|scenario| scenario.values.clone());
        if problem.with_untracked(String::is_empty) {
            typed.set(values);
        }
    });
    let change = move |event| {
        let text = event_target_value(&event);
        typed.set(text.clone());
        match read_values(&text) {
            Ok(_) => {
                problem.set(String::new());
                scenario.update(|scenario| scenario.values = text);
            }
            Err(sentence) => problem.set(sentence),
        }
    };
    view! {
        <div class="field">
            <label class="field__label" for="quantize-values">"Your numbers"</label>
            <textarea
                class="text-area"
                id="quantize-values"
                rows="4"
                spellcheck="false"
                prop:value=typed
                aria-invalid=text(move || (!problem.with(String::is_empty)).to_string())
                aria-describedby="quantize-values-problem"
                on:input=change
            ></textarea>
            <p class="field__problem" id="quantize-values-problem" role="alert">{problem}</p>
        </div>
    }
}

#[component]
fn Progress() -> impl IntoView {
    let state = expect_context::<State>();
    let progress = move || state.job.with(|job| job.progress);
    let cancel = Callback::new(move |()| state.cancel_job());
    let stage = text(move || match progress() {
        Some((Stage::Drawing, _)) => "Drawing the sample".to_owned(),
        _ => "Quantizing".to_owned(),
    });
    let line = move || {
        view! {
            <label class="progress-line__label" for="quantize-progress">{stage}</label>
            <progress
                id="quantize-progress"
                max="1"
                prop:value=move || progress().map_or(0.0, |(_, share)| share)
            ></progress>
            <Button id="quantize-cancel" press=cancel>"Cancel"</Button>
        }
        .into_any()
    };
    // A job of a few milliseconds ends before it first tells how far it is, and shows no line.
    let shown = when(move || progress().is_some_and(|(_, share)| share > 0.0), line);
    view! { <div class="progress-line" aria-live="polite">{shown}</div> }
}

type Good = Memo<Option<(QuantizeScenario, Outcome)>>;

#[component]
fn Results(good: Good) -> impl IntoView {
    let data = move |make: fn(&QuantizeScenario, &Report) -> FigureData| {
        figure_data(move || good.with(|good| good.as_ref().map(|(asked, outcome)| make(asked, &outcome.report))))
    };
    let figures =
        text(move || good.with(|good| good.as_ref().map(|(_, outcome)| figures(outcome)).unwrap_or_default()));
    view! {
        <Figure id="quantize-values-chart" height=300.0 data=data(values_figure)/>
        <Figure id="quantize-errors-chart" height=220.0 data=data(errors_figure)/>
        <Markup html=figures/>
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

fn explain(asked: &QuantizeScenario, report: &Report) -> AnyView {
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
    view! {
        <p class="note">"Quantization maps FP32 numbers to a space of lower precision, by scale factors taken from the range of the numbers."</p>
        <p class="formula">{formula}</p>
        <p class="formula">{memory}</p>
        <p class="note">{asked.format.note}</p>
    }
    .into_any()
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

fn errors_figure(_: &QuantizeScenario, report: &Report) -> FigureData {
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
