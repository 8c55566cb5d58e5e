//! A lab's form ([`crate::labs::form`]): it is filled from the scenario, and what is typed goes there through the rows of
//! the link's keys.

use crate::platform::controls::{self, Control};
use crate::platform::page;
use crate::scenario::permalink::split_query;
use crate::scenario::{Key, number};
use crate::ui::dynamic::{effect, memo_text, text};
use leptos::html::Div;
use leptos::prelude::*;
use std::sync::Arc;

/// The text of a key now.
type Write = Arc<dyn Fn(&str) -> String + Send + Sync>;
/// Takes what was typed for a key, or says what is wrong with it.
type Read = Arc<dyn Fn(&str, &str) -> Result<(), String> + Send + Sync>;

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
    view! { <Controls html=text(move || scenario.with(make)) write=Arc::new(write) read=Arc::new(read)/> }.into_any()
}

/// Makes a change that the engine offers: `key=value`, or several of them with `&` between, encoded as in a link.
pub fn setter<S>(scenario: RwSignal<S>, keys: &'static [Key<S>]) -> Callback<String>
where
    S: Clone + PartialEq + Send + Sync + 'static,
{
    Callback::new(move |change: String| {
        let mut changed = scenario.get_untracked();
        for (name, value) in split_query(&change) {
            if let Some(key) = keys.iter().find(|key| key.name == name) {
                // A change that the engine has made is one that the key takes.
                _ = (key.read)(&mut changed, &value);
            }
        }
        scenario.set(changed);
    })
}

#[component]
fn Controls(html: Signal<String>, write: Write, read: Read) -> impl IntoView {
    let container: NodeRef<Div> = NodeRef::new();
    let html = memo_text(html);
    effect(move || {
        if let Some(container) = container.get() {
            html.with(|html| page::set_markup(&container, html));
        }
    });
    effect(move || {
        html.track();
        let Some(container) = container.get() else { return };
        for control in controls::within(&container) {
            fill(&control, &write(&control.key));
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

/// Brings a control to the value in force. What the reader is typing is left alone if it means that, or nothing yet.
fn fill(control: &Control, value: &str) {
    if !control.is_text() {
        control.set(value);
        return;
    }
    let means_it = match (number::parse(&control.value()), number::parse(value)) {
        (Some(typed), Some(value)) => typed == value,
        _ => control.value() == value,
    };
    if means_it {
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
