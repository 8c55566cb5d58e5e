//! The Quantize lab: what does lower precision do to a tensor?

use crate::compute::protocol::Stage;
use crate::formats::{self, FORMATS, Family, Format};
use crate::labs::Part;
use crate::quantize::{Granularity, Scheme};
use crate::scenario::QuantizeScenario;
use crate::scenario::quantize::{Data, SEED, SIZES, STD, read_values};
use crate::ui::components::{Button, Choice, Figure, NumberField, OptionGroup, Problem, ReportActions, Select};
use crate::ui::dynamic::{change, condition, dynamic, effect, field, text, when};
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_figure, shown_part};
use crate::weights::Distribution;
use leptos::prelude::*;

/// The Quantize lab.
#[component]
pub fn QuantizeLab() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.quantize_shown;
    effect(move || state.ask_quantize());
    let keeps_last = condition(move || shown.with(|shown| shown.view.is_answer()));
    let results = dynamic(move || {
        if keeps_last.get() {
            view! {
                <Figure id="quantize-values-chart" height=300.0 data=shown_figure(shown, 0)/>
                <Figure id="quantize-errors-chart" height=220.0 data=shown_figure(shown, 1)/>
                <Markup html=shown_part(shown, Part::Figures)/>
            }
            .into_any()
        } else {
            view! { <p class="waiting">"Quantizing…"</p> }.into_any()
        }
    });
    let problem = text(move || shown.with(|shown| shown.problem.clone()));
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
                <Markup html=shown_part(shown, Part::Notes)/>
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
                <details class="more">
                    <summary>"Sources"</summary>
                    <Markup html=shown_part(shown, Part::Sources)/>
                </details>
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
    let progress = move || state.quantize_shown.with(|shown| shown.progress);
    let cancel = Callback::new(move |()| state.cancel());
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
