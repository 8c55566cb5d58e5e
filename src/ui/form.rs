//! A lab's form ([`crate::labs::form`]): it is filled from the scenario, and what is typed goes there through the rows of
//! the link's keys.

use crate::labs::{FOLDED, Pairs};
use crate::platform::controls::{self, Control};
use crate::platform::page;
use crate::scenario::permalink::split_query;
use crate::scenario::{Key, number};
use crate::ui::dynamic::{effect, memo_text, text};
use crate::ui::state::{Entered, Shown};
use leptos::html::Div;
use leptos::prelude::*;
use std::sync::Arc;

/// The text of a key now.
type Write = Arc<dyn Fn(&str) -> String + Send + Sync>;
/// Takes what was typed for a key, or says what is wrong with it.
type Read = Arc<dyn Fn(&str, &str) -> Result<(), String> + Send + Sync>;

/// What is wrong with the text that a key's control holds; empty if nothing is known to be.
type Told = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// The form that `make` writes for a scenario.
pub fn form<S>(scenario: RwSignal<S>, keys: &'static [Key<S>], make: fn(&S) -> String) -> AnyView
where
    S: Clone + PartialEq + Send + Sync + 'static,
{
    let row = move |name: &str| keys.iter().find(move |row| row.name == name);
    let write =
        move |name: &str| scenario.with(|scenario| row(name).map(|row| (row.write)(scenario)).unwrap_or_default());
    let read = move |name: &str, text: &str| {
        let Some(row) = row(name) else { return Ok(()) };
        let mut changed = scenario.get_untracked();
        (row.read)(&mut changed, text).map_err(|rejection| rejection.sentence(text))?;
        if scenario.with_untracked(|scenario| *scenario != changed) {
            scenario.set(changed);
        }
        Ok(())
    };
    let html = text(move || scenario.with(make));
    // What is refused never gets into the scenario: it is told at once.
    let (write, read, problem) = (Arc::new(write), Arc::new(read), Arc::new(|_: &str| String::new()));
    view! { <Controls html write read problem/> }.into_any()
}

/// The form that the engine makes for a lab whose keys only it knows.
pub fn engine_form(entered: RwSignal<Entered>, shown: RwSignal<Shown>) -> AnyView {
    let of = |pairs: &Pairs, name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.clone());
    // What is put into a control is its value until the engine has read it: a menu that went back meanwhile would say so in
    // the second of its two events, and undo what was chosen.
    let write = move |name: &str| {
        let value = shown.with(|shown| of(&shown.view.inputs.values, name));
        entered.with_untracked(|entered| of(&entered.changes, name)).or(value).unwrap_or_default()
    };
    let problem = move |name: &str| shown.with(|shown| of(&shown.view.inputs.problems, name)).unwrap_or_default();
    let read = move |name: &str, text: &str| {
        let is_shown = shown.with_untracked(|shown| {
            let settled = shown.settled.as_ref();
            settled.is_some_and(|settled| entered.with_untracked(|entered| settled.keys == entered.keys))
        });
        // A field that is left says once more what it has said: that is no new question.
        if !is_shown || !means(text, &untrack(|| write(name))) {
            entered.update(|entered| entered.put(name, text));
        }
        Ok(())
    };
    let html = text(move || shown.with(|shown| shown.view.inputs.form.clone()));
    let (write, read, problem) = (Arc::new(write), Arc::new(read), Arc::new(problem));
    view! { <Controls html write read problem/> }.into_any()
}

/// Makes a change that the engine offers, where only it knows the keys.
pub fn engine_setter(entered: RwSignal<Entered>) -> Callback<String> {
    Callback::new(move |change: String| {
        entered.update(|entered| split_query(&change).iter().for_each(|(name, value)| entered.put(name, value)));
    })
}

#[component]
fn Controls(html: Signal<String>, write: Write, read: Read, problem: Told) -> impl IntoView {
    let container: NodeRef<Div> = NodeRef::new();
    let html = memo_text(html);
    effect(move || {
        if let Some(container) = container.get() {
            html.with(|html| page::set_markup(&container, html, FOLDED));
        }
    });
    effect(move || {
        html.track();
        let Some(container) = container.get() else { return };
        for control in controls::within(&container) {
            let problem = problem(&control.key);
            if problem.is_empty() {
                fill(&control, &write(&control.key));
            } else {
                control.tell(&problem);
            }
        }
    });
    let change = Arc::new(move |event: leptos::ev::Event| {
        let Some(control) = controls::of(&event) else { return };
        let problem = read(&control.key, &control.value()).err();
        control.tell(problem.as_deref().unwrap_or_default());
    });
    // What drives a browser may choose from a menu without the first of the two events.
    let input = change.clone();
    view! {
        <div
            class="form"
            node_ref=container
            on:input=move |event| input(event)
            on:change=move |event| change(event)
        ></div>
    }
}

/// Whether two texts are the same number, or the same.
fn means(text: &str, other: &str) -> bool {
    match (number::parse(text), number::parse(other)) {
        (Some(number), Some(other)) => number == other,
        _ => text == other,
    }
}

/// Brings a control to the value in force. What the reader is typing is left alone if it means that, or nothing yet.
fn fill(control: &Control, value: &str) {
    if !control.is_text() {
        control.set(value);
        return;
    }
    if means(&control.value(), value) {
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
