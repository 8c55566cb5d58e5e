//! The Quantize lab: what does lower precision do to a tensor?

use crate::compute::protocol::Stage;
use crate::labs::Part;
use crate::labs::quantize::controls;
use crate::scenario::quantize::KEYS;
use crate::ui::components::{Button, Figure, Problem, ReportActions};
use crate::ui::dynamic::{condition, dynamic, effect, text, when};
use crate::ui::form::form;
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_figure, shown_part};
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
                {form(state.quantize, KEYS, controls::view)}
                <Figure id="quantize-errors-chart" height=220.0 data=shown_figure(shown, 1)/>
                <Figure id="quantize-exponents-chart" height=220.0 data=shown_figure(shown, 2)/>
                <Markup html=shown_part(shown, Part::Figures)/>
                <Closer/>
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
                {form(state.quantize, KEYS, controls::controls)}
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

/// The tensor from above, and one of its numbers: made when it is opened.
#[component]
fn Closer() -> impl IntoView {
    let state = expect_context::<State>();
    let (shown, closer) = (state.quantize_shown, state.quantize_closer);
    const WORST: (u32, u32) = (u32::MAX, u32::MAX);
    let open = move |_| {
        if closer.get_untracked().is_none() {
            closer.set(Some(WORST));
        }
    };
    let press = Callback::new(move |cell| closer.set(Some(cell)));
    let act = Callback::new(move |action: String| {
        let cell = action.split_once(',').and_then(|(col, row)| Some((col.parse().ok()?, row.parse().ok()?)));
        closer.set(Some(cell.unwrap_or(WORST)));
    });
    let cells = move |id: &'static str, place| {
        view! { <Figure id height=300.0 data=shown_figure(shown, place) press/> }.into_any()
    };
    let figures = when(
        move || closer.with(Option::is_some),
        move || {
            view! {
                <Markup id="quantize-inspector" html=shown_part(shown, Part::Inspector) act/>
                {cells("quantize-reference-cells", 3)}
                {cells("quantize-quantized-cells", 4)}
                {cells("quantize-error-cells", 5)}
                <Figure id="quantize-joint" height=300.0 data=shown_figure(shown, 6)/>
            }
            .into_any()
        },
    );
    view! {
        <details class="figure__data" id="quantize-closer" on:toggle=open>
            <summary>"A closer look: where in the tensor, and number by number"</summary>
            {figures}
        </details>
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
