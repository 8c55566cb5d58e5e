//! What stands around a result: why there is none, how to take it along, where it comes from.

use crate::platform::page;
use crate::scenario::Room;
use crate::source::Source;
use crate::ui::state::State;
use leptos::prelude::*;

/// Why the present question has no answer. The last answer stays below it.
#[component]
pub fn Problem(
    /// The sentence, if there is one.
    #[prop(into)]
    problem: Signal<Option<String>>,
    /// Whether an older answer stays in view.
    #[prop(into)]
    keeps_last: Signal<bool>,
) -> impl IntoView {
    view! {
        <div class="problem" role="alert" class:problem--shown=move || problem.with(Option::is_some)>
            {move || {
                problem
                    .get()
                    .map(|sentence| {
                        view! {
                            <p>
                                <strong>{sentence}</strong>
                                {keeps_last.get().then_some(" Below is the last result.")}
                            </p>
                        }
                    })
            }}
        </div>
    }
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
                "The browser refused the clipboard. Copy the address from the address bar instead.".to_owned()
            });
        });
    };
    let link = move || format!("{}#{}", page::base_url(), state.route().write());
    let copy_json = move |_| match state.report() {
        Some(Ok(report)) => copy("JSON", serde_json::to_string_pretty(&report).unwrap_or_default()),
        Some(Err(why)) => told.set(why),
        None => told.set("Still computing: try again in a moment.".to_owned()),
    };
    view! {
        <div class="actions">
            {if state.view.embed {
                view! { <a class="button" href=link target="_blank" rel="noopener">"Open full page ↗"</a> }.into_any()
            } else {
                view! {
                    <button type="button" class="button" id="copy-link" on:click=move |_| copy("Link", untrack(link))>
                        "Copy link"
                    </button>
                }
                    .into_any()
            }}
            <button type="button" class="button" id="copy-json" on:click=copy_json>"Copy JSON"</button>
            <span class="actions__told" role="status">{move || told.get()}</span>
        </div>
    }
}

/// Where the numbers come from, each source once.
#[component]
pub fn Sources(
    /// The sources.
    #[prop(into)]
    sources: Signal<Vec<Source>>,
) -> impl IntoView {
    let items = move || {
        let mut seen = Vec::new();
        for source in sources.get() {
            if !seen.contains(&source) {
                seen.push(source);
            }
        }
        seen.into_iter()
            .map(|source| {
                view! {
                    <li>
                        <a href=source.url rel="noopener noreferrer" target="_blank">{source.title}</a>
                        {format!(" (as of {})", source.as_of)}
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <details class="more">
            <summary>"Sources"</summary>
            <ul class="sources">{items}</ul>
        </details>
    }
}

/// A link to another room that carries its present inputs.
#[component]
pub fn RoomLink(
    /// Where it leads.
    room: Room,
    /// Its text.
    children: Children,
) -> impl IntoView {
    let state = expect_context::<State>();
    view! {
        <a
            href=move || format!("#{}", state.route_to(room).write())
            aria-current=move || (state.room.get() == room).then_some("page")
        >
            {children()}
        </a>
    }
}
