//! The Memory lab: does it fit? What it shows is made by the engine ([`crate::labs::memory`]).

use crate::charts::Bars;
use crate::labs::Part;
use crate::labs::memory::controls;
use crate::platform::page;
use crate::scenario::memory::{KEYS, MAX_PASTED};
use crate::ui::components::{CopyActions, Figure, Problem, ReportActions, Understand, resort};
use crate::ui::dynamic::{condition, effect, text, when};
use crate::ui::form::{form, setter};
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_figure, shown_part, shows};
use crate::units::Bytes;
use leptos::prelude::*;

/// The Memory lab.
#[component]
pub fn MemoryLab() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.memory_shown;
    effect(move || state.ask_memory());
    let problem = text(move || shown.with(|shown| shown.problem.clone()));
    let keeps_last = shows(shown);
    let change = setter(state.memory, KEYS);
    let order = state.memory_order;
    let open = move |_| order.update(|order| *order = Some(order.take().unwrap_or_default()));
    // A figure that the present question has none of is not there at all.
    let figure = move |id: &'static str, place: usize, height: f64| {
        let data = shown_figure(shown, place);
        let there = condition(move || data.with(Option::is_some));
        when(move || there.get(), move || view! { <Figure id height data/> }.into_any())
    };
    let results = when(
        move || keeps_last.get(),
        move || {
            view! {
                {figure("memory-chart", 0, 150.0)}
                <Markup html=shown_part(shown, Part::Changes) act=change/>
                {figure("memory-beside", 6, Bars::height(4))}
                <Markup html=shown_part(shown, Part::BlockNote) act=change/>
                {figure("memory-moments", 1, Bars::height(3))}
                {figure("memory-context-chart", 2, 240.0)}
                {figure("memory-batch-chart", 3, 240.0)}
                {figure("memory-gpus-chart", 5, 240.0)}
                {figure("memory-ways", 4, Bars::height(5))}
                <Markup html=shown_part(shown, Part::Figures)/>
                <details class="figure__data" id="memory-every-gpu" on:toggle=open>
                    <summary>"On every GPU"</summary>
                    <Markup html=shown_part(shown, Part::Codes) act=resort(order)/>
                </details>
                <CopyActions texts=vec![
                    ("Markdown", shown_part(shown, Part::Markdown)),
                    ("Python", shown_part(shown, Part::Python)),
                ]/>
            }
            .into_any()
        },
    );
    // Without an answer yet there is still what would have one.
    let offers = when(
        move || !keeps_last.get(),
        move || view! { <Markup html=shown_part(shown, Part::Changes) act=change/> }.into_any(),
    );
    view! {
        <div class="lab">
            <section class="lab__choose" aria-label="Choose">
                <h1 class="lab__name">"Memory: does it fit?"</h1>
                {form(state.memory, KEYS, controls)}
                <Paste/>
            </section>
            <section class="lab__see" aria-label="See">
                <Problem problem keeps_last/>
                <Markup html=shown_part(shown, Part::Cards)/>
                <Markup html=shown_part(shown, Part::Inspector)/>
                {offers}
                {results}
                <ReportActions/>
            </section>
            <Understand shown/>
        </div>
    }
}

/// What is pasted or dropped: a `config.json`, or what PyTorch said when memory ran out. The engine says what it means.
#[component]
fn Paste() -> impl IntoView {
    let state = expect_context::<State>();
    let pasted = state.memory_pasted;
    let shown = state.memory_shown;
    let set = setter(state.memory, KEYS);
    let refused = RwSignal::new(String::new());
    let told = text(
        move || if refused.with(String::is_empty) { shown_part(shown, Part::Pasted).get() } else { refused.get() },
    );
    // What was understood becomes the inputs, once.
    effect(move || {
        let change = shown_part(shown, Part::Change).get();
        if !change.is_empty() && !pasted.with_untracked(String::is_empty) {
            set.run(change);
            pasted.set(String::new());
        }
    });
    let take = move |text: Result<String, f64>| match text {
        Ok(text) if text.len() <= MAX_PASTED => {
            refused.set(String::new());
            pasted.set(text);
        }
        Ok(text) => refused.set(too_long(text.len() as f64)),
        Err(bytes) => refused.set(too_long(bytes)),
    };
    let typed = move |event| take(Ok(event_target_value(&event)));
    let dropped = move |event: leptos::ev::DragEvent| page::dropped_text(&event, MAX_PASTED, take);
    view! {
        <details class="more" id="memory-paste">
            <summary>"Paste a config.json, an error or a measurement"</summary>
            <div class="field">
                <label class="field__label" for="memory-pasted">"Paste the text, or drop the file here; it stays in this page"</label>
                <textarea
                    class="text-area"
                    id="memory-pasted"
                    rows="4"
                    spellcheck="false"
                    aria-describedby="memory-pasted-problem"
                    prop:value=pasted
                    on:input=typed
                    on:dragover=move |event| event.prevent_default()
                    on:drop=dropped
                ></textarea>
                <p class="field__problem" id="memory-pasted-problem" role="alert">{told}</p>
            </div>
        </details>
    }
}

fn too_long(bytes: f64) -> String {
    format!(
        "This is {}; a config.json or an error message has a few thousand bytes, and at most 1 MiB is read.",
        Bytes(bytes)
    )
}
