//! A place to paste a text or to drop a file.

use crate::platform::page;
use crate::ui::dynamic::text;
use crate::units::Bytes;
use leptos::prelude::*;

/// A text of several lines; what is larger than `most` bytes is refused.
#[component]
pub fn Paste(
    /// Id of the text area.
    id: &'static str,
    /// What is wanted.
    label: &'static str,
    /// What such a text is, in the sentence about one that is too long.
    usual: &'static str,
    /// The most bytes.
    most: usize,
    /// The text.
    pasted: RwSignal<String>,
    /// What is wrong with it; empty if nothing is.
    problem: Signal<String>,
) -> impl IntoView {
    let refused = RwSignal::new(String::new());
    let told = text(move || if refused.with(String::is_empty) { problem.get() } else { refused.get() });
    let too_long = move |bytes: f64| {
        refused.set(format!("This is {}; {usual}, and at most {} is read.", Bytes(bytes), Bytes(most as f64)));
    };
    let take = move |text: Result<String, f64>| match text {
        Ok(text) if text.len() <= most => {
            refused.set(String::new());
            pasted.set(text);
        }
        Ok(text) => too_long(text.len() as f64),
        Err(bytes) => too_long(bytes),
    };
    let typed = move |event| take(Ok(event_target_value(&event)));
    let dropped = move |event: leptos::ev::DragEvent| page::dropped_text(&event, most, take);
    let told_id = format!("{id}-problem");
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <textarea
                class="text-area"
                id=id
                rows="4"
                spellcheck="false"
                aria-describedby=told_id.clone()
                prop:value=pasted
                on:input=typed
                on:dragover=move |event| event.prevent_default()
                on:drop=dropped
            ></textarea>
            <p class="field__problem" id=told_id role="alert">{told}</p>
        </div>
    }
}
