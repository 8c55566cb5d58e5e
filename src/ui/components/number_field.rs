//! A number: typed, or moved by a slider beside the field.

use crate::scenario::number::{self, Bounds};
use leptos::prelude::*;

/// A text field for a number, with a sentence beside it while its text is none; the last good number stays in force.
#[component]
pub fn NumberField(
    /// Id of the control.
    id: &'static str,
    /// What the number is.
    label: &'static str,
    /// Its unit, written after the field.
    #[prop(default = "")]
    unit: &'static str,
    /// What it may be.
    bounds: Bounds,
    /// Steps of a slider above the field, if it has one.
    #[prop(optional)]
    slider_step: Option<f64>,
    /// The number in force.
    #[prop(into)]
    value: Signal<f64>,
    /// Called with each good number typed.
    set: impl Fn(f64) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let text = RwSignal::new(number::show_in_field(value.get_untracked()));
    let problem = RwSignal::new(None::<String>);
    // The number also changes from outside (a link, the slider); what the reader is typing is left alone.
    Effect::new(move |_| {
        let value = value.get();
        if text.with_untracked(|text| bounds.read(text)) != Ok(value) {
            text.set(number::show_in_field(value));
            problem.set(None);
        }
    });
    let typed = move |event| {
        let typed = event_target_value(&event);
        match bounds.read(&typed) {
            Ok(number) => {
                problem.set(None);
                text.set(typed);
                set(number);
            }
            Err(sentence) => {
                text.set(typed);
                problem.set(Some(sentence));
            }
        }
    };
    let slider = slider_step.map(|step| {
        view! {
            <input
                type="range"
                class="slider"
                id=format!("{id}-slider")
                aria-label=label
                min=bounds.min
                max=bounds.max
                step=step
                prop:value=move || value.get()
                aria-valuetext=move || format!("{} {unit}", number::format(value.get()))
                on:input=move |event| {
                    if let Ok(number) = bounds.read(&event_target_value(&event)) {
                        set(number);
                    }
                }
            />
        }
    });
    let problem_id = format!("{id}-problem");
    let describes = problem_id.clone();
    view! {
        <div class="field">
            <label class="field__label" for=id>{label}</label>
            {slider}
            <div class="number-field">
                <input
                    type="text"
                    class="number-field__input"
                    id=id
                    inputmode="decimal"
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || text.get()
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    aria-describedby=move || problem.with(Option::is_some).then(|| describes.clone())
                    on:input=typed
                />
                {(!unit.is_empty()).then(|| view! { <span class="number-field__unit">{unit}</span> })}
            </div>
            <p class="field__problem" id=problem_id role="alert">{move || problem.get()}</p>
        </div>
    }
}
