//! What all labs are made of, each of one type: Leptos makes code for every tree of elements that it has not seen yet
//! ([`crate::ui::dynamic`]).

use crate::labs::Part;
use crate::learn::html;
use crate::platform::page;
use crate::ui::busy;
use crate::ui::components::{Figure, Problem, Understand};
use crate::ui::dynamic::{condition, effect, text, when};
use crate::ui::markup::Markup;
use crate::ui::state::{Shown, State, shown_figure, shown_part, shows};
use leptos::prelude::*;

/// A lab in its three zones, the last of which says why its answer is what it is.
#[inline(never)]
pub fn lab(name: &'static str, choose: Vec<AnyView>, see: Vec<AnyView>, shown: RwSignal<Shown>) -> AnyView {
    let state = expect_context::<State>();
    let understand = view! { <Understand shown/> }.into_any();
    let mut all = vec![predict(state)];
    all.extend(see);
    let class = text(move || if state.waits_for_guess() { "lab lab--predict" } else { "lab" }.to_owned());
    view! { <div class=class>{zones(name, choose, all)} {understand}</div> }.into_any()
}

/// What is guessed before the answer is shown, where the link asks for that.
fn predict(state: State) -> AnyView {
    if !state.view.predict {
        return ().into_any();
    }
    effect(move || state.tell_predicted());
    let html = text(move || match state.predicted() {
        Some(predicted) => html::predicted(&predicted.ask, true, predicted.told.as_ref()),
        None => state.prediction().map(|ask| html::predicted(&ask, false, None)).unwrap_or_default(),
    });
    let guess = move |is_skipped| {
        let typed = if is_skipped { String::new() } else { page::put_into(html::GUESS) };
        match untrack(|| state.predict(typed, is_skipped)) {
            Ok(()) => focus_when_shown(html::PREDICTED),
            Err(why) => page::tell(html::PROBLEM, &why),
        }
    };
    let act = Callback::new(move |action: String| guess(action == "skip"));
    let enter = move |event: leptos::ev::KeyboardEvent| {
        if page::is_enter_in(&event, html::GUESS) {
            guess(false);
        }
    };
    view! { <div class="predict" on:keydown=enter><Markup html act/></div> }.into_any()
}

/// Focuses what this turn brings about.
pub fn focus_when_shown(id: &str) {
    let (id, coming) = (id.to_owned(), busy::begin());
    page::next_frame(move || {
        page::focus(&id);
        drop(coming);
    });
}

/// The first two zones.
#[inline(never)]
pub fn zones(name: &'static str, choose: Vec<AnyView>, see: Vec<AnyView>) -> AnyView {
    view! {
        <section class="lab__choose" aria-label="Choose">
            <h1 class="lab__name">{name}</h1>
            {choose}
        </section>
        <section class="lab__see" aria-label="See">
            {see}
        </section>
    }
    .into_any()
}

/// A part of what a lab shows.
#[inline(never)]
pub fn part(shown: RwSignal<Shown>, part: Part) -> AnyView {
    view! { <Markup html=shown_part(shown, part)/> }.into_any()
}

/// A part in which buttons make changes.
#[inline(never)]
pub fn acting(shown: RwSignal<Shown>, part: Part, act: Callback<String>) -> AnyView {
    view! { <Markup html=shown_part(shown, part) act/> }.into_any()
}

/// A part of several pieces, one below the other.
#[inline(never)]
pub fn stack(shown: RwSignal<Shown>, part: Part) -> AnyView {
    view! { <Markup class="stack" html=shown_part(shown, part)/> }.into_any()
}

/// The answer in one sentence.
#[inline(never)]
pub fn takeaway(shown: RwSignal<Shown>) -> AnyView {
    view! { <h2 class="takeaway">{shown_part(shown, Part::Takeaway)}</h2> }.into_any()
}

/// One of the pictures of what a lab shows.
#[inline(never)]
pub fn figure(shown: RwSignal<Shown>, id: &'static str, place: usize, height: f64) -> AnyView {
    view! { <Figure id height data=shown_figure(shown, place)/> }.into_any()
}

/// The same, where the present question may have none: then it is not there at all.
#[inline(never)]
pub fn figure_if_any(shown: RwSignal<Shown>, id: &'static str, place: usize, height: f64) -> AnyView {
    let data = shown_figure(shown, place);
    let there = condition(move || data.with(Option::is_some));
    when(move || there.get(), move || figure(shown, id, place, height))
}

/// Why the present question has no answer.
#[inline(never)]
pub fn problem(shown: RwSignal<Shown>) -> AnyView {
    let problem = text(move || shown.with(|shown| shown.problem.clone()));
    view! { <Problem problem keeps_last=shows(shown)/> }.into_any()
}
