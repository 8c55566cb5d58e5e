//! One of many: a native select.

use leptos::prelude::*;

/// Options under a common heading.
pub struct OptionGroup {
    /// The heading; empty for none.
    pub label: &'static str,
    /// (id, label) of each option.
    pub options: Vec<(&'static str, String)>,
}

/// A native select. `set` gets the id of the option chosen.
#[component]
pub fn Select(
    /// Id of the control.
    id: &'static str,
    /// What is chosen.
    label: &'static str,
    /// The options.
    groups: Vec<OptionGroup>,
    /// The id of the present option.
    #[prop(into)]
    value: Signal<&'static str>,
    /// Called with the id of the option chosen.
    set: impl Fn(&str) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let groups = groups
        .into_iter()
        .map(|group| {
            let options = group
                .options
                .into_iter()
                .map(|(option, text)| {
                    view! { <option value=option selected=move || value.get() == option>{text}</option> }
                })
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
                prop:value=move || value.get()
                on:change=move |event| set(&event_target_value(&event))
            >
                {groups}
            </select>
        </div>
    }
}
