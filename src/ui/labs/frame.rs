//! What all labs are made of, each of one type: Leptos makes code for every tree of elements that it has not seen yet
//! ([`crate::ui::dynamic`]).

use crate::labs::Part;
use crate::learn::{self, html};
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
    let mut all = vec![predict(state, shown)];
    all.extend(see);
    let class = text(move || if state.waits_for_guess() { "lab lab--predict" } else { "lab" }.to_owned());
    view! { <div class=class>{zones(name, choose, all)} {understand}</div> }.into_any()
}

/// What is guessed before the answer is shown, where the link asks for that.
fn predict(state: State, shown: RwSignal<Shown>) -> AnyView {
    let lab = move || shown.with(|shown| shown.settled.as_ref().map(|settled| settled.lab));
    let Some(ask) = learn::predict(state.room.get_untracked()).filter(|_| state.view.predict) else {
        return ().into_any();
    };
    let ask = StoredValue::new(ask);
    effect(move || {
        // What was guessed is held against the answer that it was a guess at.
        if lab().is_some() {
            ask.with_value(|ask| state.tell_predicted(shown, ask));
        }
    });
    let html = text(move || {
        let guessed = state.predicted();
        ask.with_value(|ask| {
            html::predicted(ask, guessed.is_some(), guessed.as_ref().and_then(|guessed| guessed.2.as_ref()))
        })
    });
    let take = move |typed: String| {
        let predicted = (state.room.get_untracked(), typed, None);
        state.learning.update(|learning| learning.predicted.push(predicted));
        let marking = busy::begin();
        page::next_frame(move || {
            page::focus(html::PREDICTED);
            drop(marking);
        });
    };
    let guess = move || {
        let typed = page::put_into(html::GUESS);
        match ask.with_value(|ask| ask.check(&typed)) {
            Ok(()) => take(typed),
            Err(why) => page::tell(html::PROBLEM, &why),
        }
    };
    let act = Callback::new(move |action: String| if action == "skip" { take(String::new()) } else { guess() });
    let enter = move |event: leptos::ev::KeyboardEvent| {
        if page::is_enter_in(&event, html::GUESS) {
            guess();
        }
    };
    view! { <div class="predict" on:keydown=enter><Markup html act/></div> }.into_any()
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
