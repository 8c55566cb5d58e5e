//! The Scaling lab: how large should it be? What it shows is made by the engine ([`crate::labs::scaling`]).

use crate::labs::Part;
use crate::labs::scaling::controls;
use crate::scenario::scaling::KEYS;
use crate::ui::components::{Figure, Problem, ReportActions, Understand};
use crate::ui::dynamic::{effect, text, when};
use crate::ui::form::form;
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_figure, shown_part, shows};
use leptos::prelude::*;

/// The Scaling lab.
#[component]
pub fn ScalingLab() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.scaling_shown;
    effect(move || state.ask_scaling());
    let problem = text(move || shown.with(|shown| shown.problem.clone()));
    let keeps_last = shows(shown);
    let figures = when(
        move || keeps_last.get(),
        move || {
            view! {
                <Figure id="scaling-isoflop" height=300.0 data=shown_figure(shown, 0)/>
                <Figure id="scaling-fixed-model" height=260.0 data=shown_figure(shown, 1)/>
                <Figure id="scaling-fixed-data" height=260.0 data=shown_figure(shown, 2)/>
                <Figure id="scaling-frontier" height=360.0 data=shown_figure(shown, 3)/>
            }
            .into_any()
        },
    );
    view! {
        <div class="lab">
            <section class="lab__choose" aria-label="Choose">
                <h1 class="lab__name">"Scaling: how large should it be?"</h1>
                {form(state.scaling, KEYS, controls)}
            </section>
            <section class="lab__see" aria-label="See">
                <Problem problem keeps_last/>
                <h2 class="takeaway">{shown_part(shown, Part::Takeaway)}</h2>
                <Markup html=shown_part(shown, Part::Listing)/>
                {figures}
                <ReportActions/>
            </section>
            <Understand shown/>
        </div>
    }
}
