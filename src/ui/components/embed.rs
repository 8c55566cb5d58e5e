//! What puts the present room into somebody else's page: made by the engine ([`crate::labs::embed`]) when it is opened.

use crate::labs::Part;
use crate::platform::page;
use crate::ui::dynamic::effect;
use crate::ui::form::engine_form;
use crate::ui::markup::Markup;
use crate::ui::state::{Shown, State, shown_part};
use leptos::prelude::*;

/// What is ticked, the frame as it will be, and what is written for it.
#[component]
pub fn EmbedBuilder() -> impl IntoView {
    let state = expect_context::<State>();
    let (shown, size) = (state.embed_shown, state.embed_size);
    // What was written for another room is nothing to begin with, and nobody sees what is folded.
    size.set(None);
    shown.set(Shown::default());
    effect(move || state.ask_embed());
    let open = move |event: leptos::ev::Event| {
        let is_open = page::is_open(&event);
        size.set(is_open.then(String::new));
        if !is_open {
            shown.set(Shown::default());
        }
    };
    let choose = Callback::new(move |place| size.set(Some(place)));
    let told = RwSignal::new("");
    let copy = Callback::new(move |id: String| {
        page::copy(page::text_of(&id), move |copied| {
            told.try_set(if copied { "Copied." } else { "The browser refused the clipboard here: select the text." });
        });
    });
    view! {
        <details class="figure__data" id="embed" on:toggle=open>
            <summary>"Embed this in a course page, a slide or a notebook"</summary>
            <Markup html=shown_part(shown, Part::Codes) act=choose/>
            {engine_form(state.embed, shown)}
            <Markup id="embed-snippets" html=shown_part(shown, Part::Cards) act=copy/>
            <span class="actions__told" role="status">{told}</span>
            <Markup id="embed-preview" html=shown_part(shown, Part::Inspector)/>
        </details>
    }
}
