//! What stands around a result: why there is none, how to take it along, where it comes from.

use crate::labs::Part;
use crate::platform::{host, page};
use crate::scenario::Room;
use crate::ui::app::write_address;
use crate::ui::components::{Button, EmbedBuilder};
use crate::ui::dynamic::{self, dynamic, text};
use crate::ui::markup::Markup;
use crate::ui::state::{Shown, State, shown_part};
use leptos::prelude::*;

/// Why the present question has no answer. The last answer stays below it.
#[component]
pub fn Problem(
    /// The sentence; empty if there is none.
    problem: Signal<String>,
    /// Whether an older answer stays in view.
    keeps_last: Memo<bool>,
) -> impl IntoView {
    let shown = dynamic(move || {
        let sentence = problem.get();
        if sentence.is_empty() {
            return ().into_any();
        }
        let more = if keeps_last.get() { " Below is the last result." } else { "" };
        view! { <p class="problem"><strong>{sentence}</strong>{more}</p> }.into_any()
    });
    view! { <div role="alert" id="problem">{shown}</div> }
}

/// Copy the link, copy the report.
#[component]
pub fn ReportActions() -> impl IntoView {
    let state = expect_context::<State>();
    let told = RwSignal::new(String::new());
    let copy = move |what: &'static str, text: String| {
        page::copy(text, move |copied| {
            told.try_set(if copied {
                format!("{what} copied.")
            } else {
                "The browser refused the clipboard here. Open the full page to copy.".to_owned()
            });
        });
    };
    let link = move || state.link();
    let copy_json = Callback::new(move |()| match state.report() {
        Some(Ok(report)) => copy("JSON", host::indented(&report)),
        Some(Err(why)) => told.set(why),
        None => told.set("Still computing: try again in a moment.".to_owned()),
    });
    let copy_link = Callback::new(move |()| copy("Link", untrack(link)));
    let link = if state.view.embed {
        view! { <a class="button" href=text(link) target="_blank" rel="noopener">"Open full page ↗"</a> }.into_any()
    } else {
        view! { <Button id="copy-link" press=copy_link>"Copy link"</Button> }.into_any()
    };
    view! {
        <div class="actions">
            {link}
            <Button id="copy-json" press=copy_json>"Copy JSON"</Button>
            <span class="actions__told" role="status">{told}</span>
        </div>
        {(!state.view.embed).then(|| view! { <EmbedBuilder/> })}
    }
}

/// Why the answer is what it is, and where its numbers come from.
#[component]
pub fn Understand(
    /// What the lab shows.
    shown: RwSignal<Shown>,
) -> impl IntoView {
    view! {
        <section class="lab__understand" aria-label="Understand">
            <h2 class="lab__heading">"Why this number"</h2>
            <Markup html=shown_part(shown, Part::Notes)/>
            <details class="more">
                <summary>"Sources"</summary>
                <Markup html=shown_part(shown, Part::Sources)/>
            </details>
        </section>
    }
}

/// A link to another room that carries its present inputs.
#[component]
pub fn RoomLink(
    /// Where it leads.
    room: Room,
    /// Its text.
    text: &'static str,
) -> impl IntoView {
    let state = expect_context::<State>();
    view! {
        <a
            href=dynamic::text(move || format!("#{}", state.route_to(room).write()))
            on:click=move |_| write_address(state)
            aria-current=dynamic::text(move || if state.room.get() == room { "page" } else { "false" }.to_owned())
        >
            {text}
        </a>
    }
}
