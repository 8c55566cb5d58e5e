//! How far a job of the engine is, and the button that ends it.

use crate::compute::protocol::Stage;
use crate::platform::page;
use crate::ui::components::Button;
use crate::ui::dynamic::{text, when};
use crate::ui::state::{Shown, State};
use leptos::prelude::*;

/// A bar while something is under way.
#[component]
pub fn Progress(
    /// What is under way.
    shown: RwSignal<Shown>,
    /// Id of the bar.
    bar: &'static str,
    /// Id of the button that ends it.
    stop: &'static str,
) -> impl IntoView {
    let state = expect_context::<State>();
    let progress = move || state.working.get().filter(|(on, ..)| *on == shown).map(|(_, stage, share)| (stage, share));
    let line_id = format!("{bar}-line");
    let place = line_id.clone();
    // The button goes: whoever pressed it by key stays where it was.
    let cancel = Callback::new(move |()| {
        page::focus(&place);
        state.cancel(shown);
    });
    let stage = text(move || match progress() {
        Some((Stage::Drawing, _)) => "Drawing the sample".to_owned(),
        Some((Stage::Reading, _)) => "Reading the tensor".to_owned(),
        Some((Stage::Writing, _)) => "Writing the copy".to_owned(),
        Some((Stage::Comparing, _)) => "Comparing".to_owned(),
        Some((Stage::Fitting, _)) => "Fitting resamples".to_owned(),
        _ => "Quantizing".to_owned(),
    });
    let line = move || {
        view! {
            <label class="progress-line__label" for=bar>{stage}</label>
            <progress
                id=bar
                max="1"
                prop:value=move || progress().map_or(0.0, |(_, share)| share)
            ></progress>
            <Button id=stop press=cancel>"Cancel"</Button>
        }
        .into_any()
    };
    // A job of a few milliseconds ends before it first tells how far it is, and shows no line.
    let shown = when(move || progress().is_some_and(|(_, share)| share > 0.0), line);
    view! { <div class="progress-line" id=line_id tabindex="-1" aria-live="polite">{shown}</div> }
}
