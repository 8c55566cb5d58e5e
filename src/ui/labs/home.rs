//! The start page: what the labs answer, with their present answers.
//!
//! `index.html` holds the page's words, and the default answers, so that the reader sees them before the program arrives; an
//! end-to-end test keeps the two the same, word for word.

use crate::scenario::Room;
use crate::ui::components::RoomLink;
use crate::ui::dynamic::{effect, text};
use crate::ui::state::State;
use leptos::prelude::*;

/// The start page.
#[component]
pub fn Home() -> impl IntoView {
    let state = expect_context::<State>();
    effect(move || state.ask_answers());
    let answer = |room| text(move || state.answer(room));
    view! {
        <section class="cards" aria-label="Labs">
            <article class="card">
                <h2 class="card__question">"Does it fit in memory?"</h2>
                <p class="card__answer" data-answer="memory">{answer(Room::Memory)}</p>
                <p class="card__link"><RoomLink room=Room::Memory text="Open the Memory lab"/></p>
            </article>
            <article class="card">
                <h2 class="card__question">"How large should it be?"</h2>
                <p class="card__answer" data-answer="scaling">{answer(Room::Scaling)}</p>
                <p class="card__link"><RoomLink room=Room::Scaling text="Open the Scaling lab"/></p>
            </article>
            <article class="card">
                <h2 class="card__question">"What becomes of a number?"</h2>
                <p class="card__answer" data-answer="formats">{answer(Room::Formats)}</p>
                <p class="card__link"><RoomLink room=Room::Formats text="Open the Formats lab"/></p>
            </article>
            <article class="card">
                <h2 class="card__question">"What does lower precision do?"</h2>
                <p class="card__answer" data-answer="quantize">{answer(Room::Quantize)}</p>
                <p class="card__link"><RoomLink room=Room::Quantize text="Open the Quantize lab"/></p>
            </article>
            <article class="card">
                <h2 class="card__question">"What does it do to my own model?"</h2>
                <p class="card__answer" data-answer="weights">{answer(Room::Weights)}</p>
                <p class="card__link"><RoomLink room=Room::Weights text="Open the Weights lab"/></p>
            </article>
        </section>
    }
}
