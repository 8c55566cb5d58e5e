//! A line of text that means something, with a sentence beside it while it does not.

use crate::ui::dynamic::text;
use leptos::prelude::*;

/// A text field. What is typed becomes the scenario at once; `problem` says why it has no answer.
#[component]
pub fn TextField(
    /// Id of the control.
    id: &'static str,
    /// What the text is.
    label: &'static str,
    /// How it can be written.
    #[prop(into)]
    hint: Signal<String>,
    /// Why the text means nothing; empty if it does.
    problem: Signal<String>,
    /// The text in force.
    value: Signal<String>,
    /// Called with what is typed.
    set: Callback<String>,
) -> impl IntoView {
    let (hint_id, problem_id) = (format!("{id}-hint"), format!("{id}-problem"));
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <input
                type="text"
                class="number-field__input"
                id=id
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                prop:value=value
                aria-invalid=text(move || (!problem.with(String::is_empty)).to_string())
                aria-describedby=format!("{hint_id} {problem_id}")
                on:input=move |event| set.run(event_target_value(&event))
            />
            <p class="field__hint" id=hint_id>{hint}</p>
            <p class="field__problem" id=problem_id role="alert">{problem}</p>
        </div>
    }
}
