//! The Memory lab: does it fit? What it shows is made by the engine ([`crate::labs::memory`]).

use crate::labs::Part;
use crate::labs::memory::controls;
use crate::scenario::memory::KEYS;
use crate::ui::components::{Figure, Problem, ReportActions, Understand};
use crate::ui::dynamic::{effect, text, when};
use crate::ui::form::{form, setter};
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
    let change = setter(state.memory, KEYS);
    let figures = when(
        move || keeps_last.get(),
        move || view! { <Figure id="memory-chart" height=150.0 data=shown_figure(shown, 0)/> }.into_any(),
    );
    view! {
        <div class="lab">
            <section class="lab__choose" aria-label="Choose">
                <h1 class="lab__name">"Memory: does it fit?"</h1>
                {form(state.memory, KEYS, controls)}
            </section>
            <section class="lab__see" aria-label="See">
                <Problem problem keeps_last/>
                <Markup html=shown_part(shown, Part::Cards)/>
                {figures}
                <Markup html=shown_part(shown, Part::Listing) act=change/>
                <ReportActions/>
            </section>
            <Understand shown/>
        </div>
    }
}
