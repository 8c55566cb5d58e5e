//! Parts of the page that are long and uniform, as text: tables, grids of codes, rows of buttons.
//!
//! Leptos makes code for each type of element in a view, and a listener for each button. A table of 256 codes is neither
//! worth the one nor the other: it is written as HTML ([`crate::labs::html`]), and one listener of its container finds out what was
//! pressed.

use crate::labs::FOLDED;
use crate::platform::page;
use crate::ui::dynamic::{effect, memo_text};
use leptos::html::Div;
use leptos::prelude::*;

/// A container of markup, made anew whenever the markup changes; the focus stays where it was.
#[component]
pub fn Markup(
    /// Id of the container; empty for none.
    #[prop(default = "")]
    id: &'static str,
    /// Its class.
    #[prop(default = "")]
    class: &'static str,
    /// What is in it.
    html: Signal<String>,
    /// Called with the action of what is pressed.
    #[prop(optional)]
    act: Option<Callback<String>>,
    /// Called with the action of what is pointed at or focused; with nothing when that ends.
    #[prop(optional)]
    point: Option<Callback<String>>,
) -> impl IntoView {
    let container: NodeRef<Div> = NodeRef::new();
    let html = memo_text(html);
    effect(move || {
        if let Some(container) = container.get() {
            html.with(|html| page::set_markup(&container, html, FOLDED));
        }
    });
    let pressed = move |event: leptos::ev::MouseEvent| {
        if let (Some(act), Some(action)) = (act, page::action_of(&event)) {
            act.run(action);
        }
    };
    let pointed = move |event: leptos::ev::Event| {
        if let Some(point) = point {
            point.run(page::action_of(&event).unwrap_or_default());
        }
    };
    let (over, focus) = (pointed, pointed);
    view! {
        <div
            id=(!id.is_empty()).then_some(id)
            class=class
            node_ref=container
            on:click=pressed
            on:mouseover=move |event| over(event.into())
            on:focusin=move |event| focus(event.into())
        ></div>
    }
}
