//! One of a few: native radio buttons, drawn as a row of segments.

use leptos::prelude::*;

/// A group of radio buttons.
#[component]
pub fn Choice(
    /// Id of the group; its buttons are `id-option`.
    id: &'static str,
    /// The question.
    label: &'static str,
    /// (id, label) of each answer.
    options: Vec<(&'static str, &'static str)>,
    /// The id of the present answer.
    value: Signal<&'static str>,
    /// Called with the id of the answer chosen.
    set: Callback<&'static str>,
) -> impl IntoView {
    let buttons = options
        .into_iter()
        .map(|(option, text)| {
            let button = format!("{id}-{option}");
            view! {
                <input
                    type="radio"
                    class="choice__input"
                    id=button.clone()
                    name=id
                    value=option
                    prop:checked=move || value.get() == option
                    on:change=move |_| set.run(option)
                />
                <label class="choice__label" for=button>{text}</label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field choice" id=id>
            <legend class="field__label">{label}</legend>
            <div class="choice__row">{buttons}</div>
        </fieldset>
    }
}
