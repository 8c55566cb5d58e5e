//! One of many: a native select.

use leptos::prelude::*;

/// Options under a common heading.
#[derive(Clone, Debug)]
pub struct OptionGroup {
    /// The heading; empty for none.
    pub label: &'static str,
    /// (id, label) of each option.
    pub options: Vec<(&'static str, String)>,
}

/// A native select.
#[component]
pub fn Select(
    /// Id of the control.
    id: &'static str,
    /// What is chosen.
    label: &'static str,
    /// The options.
    groups: Vec<OptionGroup>,
    /// The id of the present option.
    value: Signal<&'static str>,
    /// Called with the id of the option chosen.
    set: Callback<String>,
) -> impl IntoView {
    let now = value.get_untracked();
    let groups = groups
        .into_iter()
        .map(|group| {
            let options = group
                .options
                .into_iter()
                // `selected` says which is chosen at first: the property of the select is set before it has options.
                .map(|(option, text)| view! { <option value=option selected=option == now>{text}</option> })
                .collect_view();
            if group.label.is_empty() {
                options.into_any()
            } else {
                view! { <optgroup label=group.label>{options}</optgroup> }.into_any()
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            <select
                class="select"
                id=id
                prop:value=value
                on:change=move |event| set.run(event_target_value(&event))
            >
                {groups}
            </select>
        </div>
    }
}
