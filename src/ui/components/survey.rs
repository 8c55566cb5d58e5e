//! How far the crew is with the reader's files, and the buttons that start, pause and end it.

use crate::labs::{Part, Pass};
use crate::platform::page;
use crate::ui::components::Button;
use crate::ui::crew;
use crate::ui::dynamic::{text, when};
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_part};
use leptos::prelude::*;

/// The crew's line, while files are open.
#[component]
pub fn Survey() -> impl IntoView {
    let state = expect_context::<State>();
    let survey = state.survey;
    let phase = move || survey.with(|survey| survey.is_paused);
    // A button that goes leaves the focus to the line.
    let act = move |run: fn(State)| {
        Callback::new(move |()| {
            page::focus("survey");
            run(state);
        })
    };
    let idle = move || {
        view! {
            <Button id="survey-start" press=act(|state| state.weights_pass.set(Some(Pass::Measure)))>"Measure all tensors"</Button>
            <Button id="survey-read" press=act(|state| state.weights_pass.set(Some(Pass::Read)))>"Read only, to see how fast"</Button>
        }
        .into_any()
    };
    let running =
        move || view! { <Button id="survey-pause" press=act(|_| crew::pause(true))>"Pause"</Button> }.into_any();
    let paused =
        move || view! { <Button id="survey-resume" press=act(|_| crew::pause(false))>"Go on"</Button> }.into_any();
    let busy = move || {
        view! {
            <progress
                id="survey-progress"
                max="1"
                aria-label="Read"
                prop:value=move || survey.with(|survey| survey.share)
            ></progress>
            <Button id="survey-cancel" press=act(|_| crew::end("Cancelled. What was measured stays."))>"Cancel"</Button>
        }
        .into_any()
    };
    let line = text(move || survey.with(|survey| survey.line.clone()));
    let told = text(move || survey.with(|survey| survey.told.clone()));
    let make = move || {
        view! {
            <div class="progress-line" id="survey" tabindex="-1">
                {when(move || phase().is_none(), idle)}
                {when(move || phase().is_some(), busy)}
                {when(move || phase() == Some(false), running)}
                {when(move || phase() == Some(true), paused)}
            </div>
            <p class="note" id="survey-line">{line}</p>
            <p class="note" id="survey-told" role="status">{told}</p>
            <p class="note" id="survey-opened">{shown_part(state.weights_shown, Part::Opened)}</p>
            <Markup id="survey-failures" html=shown_part(state.weights_shown, Part::Failures)/>
        }
        .into_any()
    };
    when(move || state.weights_shown.with(|shown| !shown.view.part(Part::Opened).is_empty()), make)
}
