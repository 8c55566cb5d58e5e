//! The Scaling lab: how large should it be? What it shows is made by the engine ([`crate::labs::scaling`]).

use crate::labs::Part;
use crate::scenario::memory::MAX_PASTED;
use crate::ui::components::{CopyActions, CsvActions, Figure, Paste, Problem, Progress, ReportActions, Understand};
use crate::ui::dynamic::{condition, effect, text, when};
use crate::ui::form::{engine_form, engine_setter};
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
    let change = engine_setter(state.scaling);
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
                <Markup html=shown_part(shown, Part::Listing) act=change/>
                {figure("scaling-isoflop", 0, 300.0)}
                {figure("scaling-fixed-model", 1, 260.0)}
                {figure("scaling-fixed-data", 2, 260.0)}
                {figure("scaling-contours", 3, 340.0)}
                {figure("scaling-ratios", 4, 380.0)}
                {figure("scaling-frontier", 5, 420.0)}
                {figure("scaling-lifetime", 6, 280.0)}
                {figure("scaling-passes", 7, 260.0)}
                <Markup html=shown_part(shown, Part::Figures) act=change/>
                <OwnRuns/>
                <CopyActions texts=vec![
                    ("Markdown", shown_part(shown, Part::Markdown)),
                    ("Python", shown_part(shown, Part::Python)),
                ]/>
                <CsvActions csv=shown_part(shown, Part::Csv) name="bitbudget-laws.csv"/>
            }
            .into_any()
        },
    );
    view! {
        <div class="lab">
            <section class="lab__choose" aria-label="Choose">
                <h1 class="lab__name">"Scaling: how large should it be?"</h1>
                {engine_form(state.scaling, shown)}
            </section>
            <section class="lab__see" aria-label="See">
                <Problem problem keeps_last/>
                <h2 class="takeaway">{shown_part(shown, Part::Takeaway)}</h2>
                <Markup class="stack" html=shown_part(shown, Part::Cards)/>
                {results}
                <ReportActions/>
            </section>
            <Understand shown/>
        </div>
    }
}

/// The reader's own runs, and the law that is fitted to them.
#[component]
fn OwnRuns() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.fit_shown;
    effect(move || state.ask_fit());
    let is_there = shows(shown);
    let choose = Callback::new(move |loss| state.fit_loss.set(Some(loss)));
    let results = when(
        move || is_there.get(),
        move || {
            view! {
                <h3 class="takeaway" id="scaling-fit-takeaway">{shown_part(shown, Part::Takeaway)}</h3>
                <Markup html=shown_part(shown, Part::Cards) act=engine_setter(state.scaling)/>
                <Markup html=shown_part(shown, Part::Listing) act=choose/>
                <Figure id="scaling-fit-points" height=260.0 data=shown_figure(shown, 1)/>
                <Figure id="scaling-fit-residuals" height=260.0 data=shown_figure(shown, 0)/>
            }
            .into_any()
        },
    );
    view! {
        <details class="figure__data" id="scaling-fit">
            <summary>"Fit your own runs"</summary>
            <Paste
                id="scaling-runs"
                label="Paste parameters, tokens and loss as CSV with a line for each run, or drop a file; it stays in this page"
                usual="ten thousand runs have less than a million bytes"
                most=MAX_PASTED
                pasted=state.fit_runs
                problem=text(move || shown.with(|shown| shown.problem.clone()))
            />
            <Progress shown bar="fit-progress" stop="fit-cancel"/>
            {results}
        </details>
    }
}
