//! The Scaling lab: how large should it be? What it shows is made by the engine ([`crate::labs::scaling`]).

use crate::labs::Part;
use crate::scenario::memory::MAX_PASTED;
use crate::ui::components::{CopyActions, CsvActions, Paste, Progress, ReportActions};
use crate::ui::dynamic::{effect, text, when};
use crate::ui::form::{engine_form, engine_setter};
use crate::ui::labs::frame::{acting, figure, figure_if_any, lab, problem, stack, takeaway};
use crate::ui::state::{State, shown_part, shows};
use leptos::prelude::*;

/// The Scaling lab.
#[component]
pub fn ScalingLab() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.scaling_shown;
    effect(move || state.ask_scaling());
    let keeps_last = shows(shown);
    let change = engine_setter(state.scaling);
    let results = when(
        move || keeps_last.get(),
        move || {
            let copies = view! {
                <CopyActions texts=vec![
                    ("Markdown", shown_part(shown, Part::Markdown)),
                    ("Python", shown_part(shown, Part::Python)),
                ]/>
            };
            let csv = view! { <CsvActions csv=shown_part(shown, Part::Csv) name="bitbudget-laws.csv"/> };
            vec![
                acting(shown, Part::Listing, change),
                figure_if_any(shown, "scaling-isoflop", 0, 300.0),
                figure_if_any(shown, "scaling-fixed-model", 1, 260.0),
                figure_if_any(shown, "scaling-fixed-data", 2, 260.0),
                figure_if_any(shown, "scaling-contours", 3, 340.0),
                figure_if_any(shown, "scaling-ratios", 4, 380.0),
                figure_if_any(shown, "scaling-frontier", 5, 420.0),
                figure_if_any(shown, "scaling-lifetime", 6, 280.0),
                figure_if_any(shown, "scaling-passes", 7, 260.0),
                acting(shown, Part::Figures, change),
                view! { <OwnRuns/> }.into_any(),
                copies.into_any(),
                csv.into_any(),
            ]
            .into_any()
        },
    );
    let see = vec![
        problem(shown),
        takeaway(shown),
        stack(shown, Part::Cards),
        results,
        view! { <ReportActions/> }.into_any(),
    ];
    lab("Scaling: how large should it be?", vec![engine_form(state.scaling, shown)], see, shown)
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
            let takeaway = shown_part(shown, Part::Takeaway);
            vec![
                view! { <h3 class="takeaway" id="scaling-fit-takeaway">{takeaway}</h3> }.into_any(),
                acting(shown, Part::Cards, engine_setter(state.scaling)),
                acting(shown, Part::Listing, choose),
                figure(shown, "scaling-fit-points", 1, 260.0),
                figure(shown, "scaling-fit-residuals", 0, 260.0),
            ]
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
