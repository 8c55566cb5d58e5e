//! A table to take along.

use crate::platform::page;
use crate::ui::components::Button;
use crate::ui::state::State;
use leptos::prelude::*;

/// Copy or download comma-separated values. A sandboxed frame lets nothing be downloaded, and does not say so: in an
/// embedded page they are only copied.
#[component]
pub fn CsvActions(
    /// The values.
    csv: Signal<String>,
    /// The file's name.
    name: &'static str,
) -> impl IntoView {
    let state = expect_context::<State>();
    let told = RwSignal::new("");
    let copy = Callback::new(move |()| {
        page::copy(csv.get_untracked(), move |copied| {
            told.try_set(if copied { "CSV copied." } else { "The browser refused the clipboard here." });
        });
    });
    let download = Callback::new(move |()| page::download(name, "text/csv", csv.get_untracked().as_bytes()));
    let download = (!state.view.embed).then(|| view! { <Button press=download>"Download CSV"</Button> });
    view! {
        <div class="actions">
            <Button press=copy>"Copy CSV"</Button>
            {download}
            <span class="actions__told" role="status">{told}</span>
        </div>
    }
}

/// Copy texts, each by a button with its name.
#[component]
pub fn CopyActions(
    /// Name and text of each.
    texts: Vec<(&'static str, Signal<String>)>,
) -> impl IntoView {
    let told = RwSignal::new(String::new());
    let buttons = texts.into_iter().map(|(name, text)| {
        let copy = Callback::new(move |()| {
            page::copy(text.get_untracked(), move |copied| {
                told.try_set(if copied {
                    format!("{name} copied.")
                } else {
                    "The browser refused the clipboard here.".to_owned()
                });
            });
        });
        view! { <Button press=copy>{format!("Copy {name}")}</Button> }
    });
    let buttons = buttons.collect_view();
    view! {
        <div class="actions">
            {buttons}
            <span class="actions__told" role="status">{told}</span>
        </div>
    }
}

/// What a press on a column's heading does to the order of a table: once ascending, and once more descending.
pub fn resort(order: RwSignal<Option<String>>) -> Callback<String> {
    Callback::new(move |column: String| {
        order.update(|order| {
            *order = Some(if order.as_ref() == Some(&column) { format!("-{column}") } else { column });
        });
    })
}
