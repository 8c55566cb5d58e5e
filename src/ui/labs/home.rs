//! The start page: what the labs answer, with their present answers.
//!
//! `index.html` holds the page's words, and the default answers, so that the reader sees them before the program arrives. They
//! are taken from there: no word of them is in the program.

use crate::labs::Html;
use crate::platform::page;
use crate::scenario::Room;
use crate::ui::dynamic::{effect, text};
use crate::ui::markup::Markup;
use crate::ui::state::State;
use leptos::prelude::*;
use std::cell::RefCell;

thread_local! {
    static CARDS: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the cards of `index.html`, before anything takes their place.
pub fn keep_cards() {
    CARDS.set(page::markup_of(".cards"));
}

/// The start page.
#[component]
pub fn Home() -> impl IntoView {
    let state = expect_context::<State>();
    effect(move || state.ask_answers());
    let html = text(move || {
        let mut cards = CARDS.with_borrow(String::clone);
        for room in Room::ALL {
            let place = format!("data-answer=\"{}\">", room.path().trim_start_matches('/'));
            if let Some((before, after)) = cards.split_once(&place)
                && let Some((_, after)) = after.split_once('<')
            {
                let (answer, link) = (escaped(&state.answer(room)), escaped(&state.route_to(room).write()));
                cards = format!("{before}{place}{answer}<{after}");
                cards = cards.replace(&format!("href=\"#{}?v=1\"", room.path()), &format!("href=\"#{link}\""));
            }
        }
        cards
    });
    view! { <Markup class="cards" html/> }
}

fn escaped(text: &str) -> String {
    Html::default().text(text).finish()
}
