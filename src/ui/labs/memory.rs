//! The Memory lab: does it fit? What it shows is made by the engine ([`crate::labs::memory`]).

use crate::charts::Bars;
use crate::labs::Part;
use crate::scenario::memory::MAX_PASTED;
use crate::ui::components::{CopyActions, Figure, Paste, Problem, ReportActions, Understand, resort};
use crate::ui::dynamic::{condition, effect, text, when};
use crate::ui::form::{engine_form, engine_setter};
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_figure, shown_part, shows};
use leptos::prelude::*;

/// The Memory lab.
#[component]
pub fn MemoryLab() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.memory_shown;
    effect(move || state.ask_memory());
    let problem = text(move || shown.with(|shown| shown.problem.clone()));
    let keeps_last = shows(shown);
    let change = engine_setter(state.memory);
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
                {engine_form(state.memory, shown)}
                <Pasted/>
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
fn Pasted() -> impl IntoView {
    let state = expect_context::<State>();
    let pasted = state.memory_pasted;
    let shown = state.memory_shown;
    let set = engine_setter(state.memory);
    // What was understood becomes the inputs, once.
    effect(move || {
        let change = shown_part(shown, Part::Change).get();
        if !change.is_empty() && !pasted.with_untracked(String::is_empty) {
            set.run(change);
            pasted.set(String::new());
        }
    });
    view! {
        <details class="more" id="memory-paste">
            <summary>"Paste a config.json, an error or a measurement"</summary>
            <Paste
                id="memory-pasted"
                label="Paste the text, or drop the file here; it stays in this page"
                usual="a config.json or an error message has a few thousand bytes"
                most=MAX_PASTED
                pasted
                problem=shown_part(shown, Part::Pasted)
            />
        </details>
    }
}
