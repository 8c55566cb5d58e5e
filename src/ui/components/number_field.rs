//! A number: typed, or moved by a slider beside the field.

use crate::scenario::number::{self, Bounds};
use crate::ui::dynamic::{effect, text};
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;

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
    value: Signal<f64>,
    /// Called with each good number typed.
    set: Callback<f64>,
) -> impl IntoView {
    let typed = RwSignal::new(number::show_in_field(value.get_untracked()));
    let problem = RwSignal::new(String::new());
    // The number also changes from outside (a link, the slider); what the reader is typing is left alone.
    // The effect of one key may run after the next: a number that this field set itself is no change from outside.
    let own = Rc::new(Cell::new(f64::NAN));
    let own_of_effect = own.clone();
    effect(move || {
        let value = value.get();
        if own_of_effect.replace(f64::NAN) == value {
            return;
        }
        if typed.with_untracked(|text| bounds.read(text)) != Ok(value) {
            typed.set(number::show_in_field(value));
            problem.set(String::new());
        }
    });
    let change = move |event| {
        let text = event_target_value(&event);
        let read = bounds.read(&text);
        typed.set(text);
        match read {
            Ok(number) => {
                problem.set(String::new());
                own.set(number);
                set.run(number);
            }
            Err(sentence) => problem.set(sentence),
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
                aria-valuetext=text(move || format!("{} {unit}", number::format(value.get())))
                on:input=move |event| {
                    if let Ok(number) = bounds.read(&event_target_value(&event)) {
                        set.run(number);
                    }
                }
            />
        }
    });
    let problem_id = format!("{id}-problem");
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
                    prop:value=typed
                    aria-invalid=text(move || (!problem.with(String::is_empty)).to_string())
                    aria-describedby=problem_id.clone()
                    on:input=change
                />
                <span class="number-field__unit">{unit}</span>
            </div>
            <p class="field__problem" id=problem_id role="alert">{problem}</p>
        </div>
    }
}
