//! The story: a step at a time, each question with its guess, and the picture of the lab that answers it. What stands around the
//! picture is text ([`crate::learn::html`]); here is where it goes, and what pressing it does.

use crate::charts::{Sheet, Surface};
use crate::labs::{Lab, Part};
use crate::learn;
use crate::learn::html::{self, Story};
use crate::platform::{canvas, page};
use crate::scenario::{Room, Route};
use crate::ui::components::{EmbedBuilder, Figure};
use crate::ui::dynamic::{dynamic, effect, memo_text, text};
use crate::ui::labs::frame::focus_when_shown;
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_figure, shown_part};
use leptos::prelude::*;
use std::cell::Cell;

/// The story.
#[component]
pub fn Learn() -> impl IntoView {
    let state = expect_context::<State>();
    effect(move || state.ask_learn());
    effect(move || state.tell_learn());
    let first = Cell::new(true);
    let at = memo_text(text(move || Route::Learn(state.learn_at()).write()));
    effect(move || {
        at.with(|_| ());
        // A step that is gone to is read from its beginning.
        if !first.replace(false) {
            page::scroll_to_top();
            page::focus("main");
        }
    });
    let act = Callback::new(move |action: String| act(state, &action));
    let enter = move |event: leptos::ev::KeyboardEvent| {
        if page::is_enter_in(&event, html::GUESS) {
            guess(state, page::put_into(html::GUESS), false);
        }
    };
    let picture = memo_text(text(move || state.learn_picture()));
    let picture = dynamic(move || picture.with(|picture| show(state, picture)));
    view! {
        <div class="story" on:keydown=enter>
            <Markup class="story__part" html=part(state, html::before)/>
            {picture}
            <Markup class="story__part" html=part(state, html::after) act/>
            <Markup class="story__part" html=part(state, html::next) act/>
            <Markup class="story__part" html=part(state, html::foot) act/>
            {(!state.view.embed).then(|| view! { <EmbedBuilder/> })}
        </div>
    }
}

/// What stands around the picture.
fn part(state: State, write: fn(&Story) -> String) -> Signal<String> {
    text(move || write(&state.story()))
}

/// The picture of a lab, or of the Formats lab its cards; nothing before there is a guess.
fn show(state: State, picture: &str) -> AnyView {
    let shown = state.learn_shown;
    let Some(shows) = untrack(|| state.learn_shows()).filter(|_| !picture.is_empty()) else { return ().into_any() };
    if shows.lab == Lab::Formats {
        let press = Callback::new(move |change: String| state.learn_press(&change));
        return view! { <Markup class="number-cards" html=shown_part(shown, Part::Cards) act=press/> }.into_any();
    }
    let data = shown_figure(shown, shows.figure);
    // Not what was answered before, while this is.
    let data = Signal::derive(move || if state.learn_is_shown() { data.get() } else { None });
    let height = if shows.lab == Lab::Memory { 150.0 } else { 320.0 };
    view! { <Figure id="story-picture" height data/> }.into_any()
}

/// Takes what was guessed, or says why it is none.
fn guess(state: State, typed: String, is_skipped: bool) {
    match untrack(|| state.take_guess(typed, is_skipped)) {
        Ok(place) => focus_when_shown(&format!("told-{place}")),
        Err(why) => page::tell(html::PROBLEM, &why),
    }
}

fn act(state: State, action: &str) {
    match action {
        "show" => guess(state, page::put_into(html::GUESS), false),
        "skip" => guess(state, String::new(), true),
        "anew" => state.ask_anew(),
        "print" => page::print(),
        "copy" | "png" => untrack(|| take_along(state, action == "copy")),
        _ => {
            if let Some(place) = action.strip_prefix("change:").and_then(|place| place.parse().ok()) {
                untrack(|| state.learn_change(place));
            }
        }
    }
}

/// Takes the cheat sheet along.
fn take_along(state: State, as_text: bool) {
    let tell = |told: &str| page::tell(html::TOLD, told);
    let lines = state.learning.with(|learning| learning.sheet());
    let link = format!("{}#{}", page::base_url(), state.route_to(Room::Learn).write());
    if as_text {
        return page::copy(learn::markdown(&lines, &link), move |copied| {
            tell(if copied { "Markdown copied." } else { "The browser refused the clipboard here." });
        });
    }
    let (picture, summary) = (learn::picture(&lines), learn::words(&lines));
    let sheet = Sheet { title: html::TITLE, picture: &picture, summary: &summary, link: &link };
    let (width, height) = sheet.size();
    let url = canvas::png((2 * width as u32, 2 * height as u32), |area| {
        let area: &dyn Surface = area;
        // A drawing on a canvas that fails stays blank.
        _ = sheet.draw(area, 2.0);
    });
    match url {
        Some(url) => page::offer("bitbudget-cheat-sheet.png", &url),
        None => tell("The browser gave no picture."),
    }
}
