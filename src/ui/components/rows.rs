//! A long table of which only the rows in view are there.
//!
//! The engine writes it, with the height that it would have with all rows and those of the question where they stand; here is only
//! what scrolls. Its rows are all of one height, so how far it is scrolled says which are in view.

use crate::platform::page;
use crate::ui::markup::Markup;
use leptos::prelude::*;

/// The height of a row in CSS pixels; the engine and the style sheet count with it too.
const ROW_HEIGHT: f64 = 32.0;
/// Rows are asked for so many at a time, and as many above and below those in view.
const STEP: u32 = 20;

/// The table, in an element that scrolls and can be focused, so that arrows, Page, Home and End move it.
#[component]
pub fn Rows(
    /// Id of what scrolls.
    id: &'static str,
    /// What it is called.
    label: &'static str,
    /// The table.
    html: Signal<String>,
    /// The first row that is wanted, and behind the last.
    rows: RwSignal<(u32, u32)>,
    /// Called with the action of what is pressed.
    act: Callback<String>,
) -> impl IntoView {
    // A browser tells of scrolling once a frame.
    let scrolled = move |event: leptos::ev::Event| {
        let Some((top, height)) = page::scrolled(&event) else { return };
        let first = (top / ROW_HEIGHT) as u32 / STEP * STEP;
        let wanted = (first.saturating_sub(STEP), first + (height / ROW_HEIGHT) as u32 + 2 * STEP);
        if rows.get_untracked() != wanted {
            rows.set(wanted);
        }
    };
    view! {
        <div class="rows-scroll" id=id tabindex="0" role="region" aria-label=label on:scroll=scrolled>
            <Markup html act/>
        </div>
    }
}
