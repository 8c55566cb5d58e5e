//! A lab's form ([`crate::labs::form`]): the engine makes it and reads what is typed; here it is filled with what is in force.

use crate::labs::{FOLDED, Pairs};
use crate::platform::controls::{self, Control};
use crate::platform::page;
use crate::scenario::number;
use crate::scenario::permalink::split_query;
use crate::ui::dynamic::{effect, memo_text, text};
use crate::ui::state::{Entered, Shown, State};
use leptos::html::Div;
use leptos::prelude::*;

/// The form of a lab.
pub fn engine_form(entered: RwSignal<Entered>, shown: RwSignal<Shown>) -> AnyView {
    let html = text(move || shown.with(|shown| shown.view.inputs.form.clone()));
    view! { <Controls html entered shown/> }.into_any()
}

/// Makes a change that the engine offers, where only it knows the keys.
pub fn engine_setter(entered: RwSignal<Entered>) -> Callback<String> {
    let state = expect_context::<State>();
    Callback::new(move |change: String| state.put(entered, &split_query(&change)))
}

/// Controls of a lab, and buttons among them that make a change.
#[component]
pub fn Controls(
    /// What they are.
    html: Signal<String>,
    /// What is entered into them.
    entered: RwSignal<Entered>,
    /// What the engine has read of that.
    shown: RwSignal<Shown>,
) -> impl IntoView {
    let view = expect_context::<State>().view;
    let container: NodeRef<Div> = NodeRef::new();
    let html = memo_text(html);
    let of = |pairs: &Pairs, name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone());
    // What is put into a control is its value until the engine has read it: a menu that went back meanwhile would say so in
    // the second of its two events, and undo what was chosen.
    let value = move |name: &str| {
        let value = shown.with(|shown| of(&shown.view.inputs.values, name));
        entered.with_untracked(|entered| of(&entered.changes, name)).or(value).unwrap_or_default()
    };
    effect(move || {
        if let Some(container) = container.get() {
            html.with(|html| page::set_markup(&container, html, FOLDED));
        }
    });
    effect(move || {
        html.track();
        let Some(container) = container.get() else { return };
        for control in controls::within(&container) {
            if view.hides(&control.key) {
                control.hide();
            }
            if view.locks(&control.key) {
                control.lock();
            }
            let problem = shown.with(|shown| of(&shown.view.inputs.problems, &control.key)).unwrap_or_default();
            fill(&control, &value(&control.key), &problem);
        }
    });
    let change = move |event: leptos::ev::Event| {
        let Some(control) = controls::of(&event) else { return };
        let is_shown = shown.with_untracked(|shown| {
            let settled = shown.settled.as_ref();
            settled.is_some_and(|settled| entered.with_untracked(|entered| settled.keys == entered.keys))
        });
        // A field that is left says once more what it has said: that is no new question.
        let typed = control.value();
        if !is_shown || !means(&control, &typed, &untrack(|| value(&control.key))) {
            entered.update(|entered| entered.put(&control.key, &typed));
        }
        control.tell("");
    };
    let set = engine_setter(entered);
    let pressed = move |event: leptos::ev::MouseEvent| {
        if let Some(action) = page::action_of(&event) {
            set.run(action);
        }
    };
    // What drives a browser may choose from a menu without the first of the two events.
    view! { <div class="form" node_ref=container on:click=pressed on:input=change on:change=change></div> }
}

/// Whether two texts mean the same to a control: a number may be written in many ways.
fn means(control: &Control, text: &str, other: &str) -> bool {
    match (number::parse(text), number::parse(other)) {
        (Some(number), Some(other)) if control.is_number() => number == other,
        _ => text == other,
    }
}

/// Brings a control to the value in force, and says what is wrong with that. What the reader is typing is left alone if it means
/// that, or nothing yet.
fn fill(control: &Control, value: &str, problem: &str) {
    if !problem.is_empty() {
        if control.value() != value {
            control.set(value);
        }
        return control.tell(problem);
    }
    if !control.is_text() {
        return control.set(value);
    }
    if means(control, &control.value(), value) {
        if control.is_wrong() {
            control.tell("");
        }
        return;
    }
    // Half a number is no number yet, and lines are put in order once the reader has left them.
    let is_typing = control.has_focus() && (control.is_wrong() || control.is_area());
    if !is_typing {
        let shown = if control.is_number() { number::parse(value).map(number::show_in_field) } else { None };
        control.set(&shown.unwrap_or_else(|| value.to_owned()));
    }
}
