//! A picture with its takeaway, its summary and its data.

use crate::charts::{Picture, Style, Theme};
use crate::platform::{canvas, page};
use crate::ui::busy;
use crate::ui::state::State;
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;

/// Rows above this many are only made when the reader opens the table.
const EAGER_ROWS: usize = 64;

/// The data of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// Headings, with units.
    pub columns: Vec<String>,
    /// Cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings and no rows yet.
    pub fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self { columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }
}

/// A plotters picture on a canvas, sharp on every screen; its takeaway as heading, a summary in words, its data as a
/// table.
#[component]
pub fn Figure<P: Picture + Clone + PartialEq + Send + Sync + 'static>(
    /// Id of the figure.
    id: &'static str,
    /// The takeaway.
    #[prop(into)]
    title: Signal<String>,
    /// The picture in words.
    #[prop(into)]
    summary: Signal<String>,
    /// What is drawn.
    picture: Signal<Option<P>>,
    /// Height in CSS pixels.
    height: f64,
    /// The data.
    #[prop(into)]
    table: Signal<Table>,
) -> impl IntoView {
    let dark = expect_context::<State>().dark;
    let canvas: NodeRef<Canvas> = NodeRef::new();
    let frame: NodeRef<Div> = NodeRef::new();
    let width = RwSignal::new(0.0);
    let open = RwSignal::new(false);

    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        page::observe_size(&frame, move |now, _| {
            // The component may be gone by the time the browser tells.
            if width.try_get_untracked().is_some_and(|width| width != now) {
                width.try_set(now);
            }
        });
    });
    // All changes of one turn are one drawing, in the next frame.
    let scheduled = Rc::new(Cell::new(false));
    Effect::new(move |_| {
        _ = (picture.track(), dark.track(), width.track());
        let Some(element) = canvas.get() else { return };
        if scheduled.replace(true) {
            return;
        }
        let (scheduled, busy) = (scheduled.clone(), busy::begin());
        page::next_frame(move || {
            scheduled.set(false);
            if let (Some(Some(picture)), Some(width)) = (picture.try_get_untracked(), width.try_get_untracked())
                && width > 0.0
                && let Some((area, scale)) = canvas::prepare(&element, width, height)
            {
                let theme = if dark.get_untracked() { &Theme::DARK } else { &Theme::LIGHT };
                // A backend that fails leaves the picture blank; its numbers stand in the summary and the table.
                _ = picture.draw(&area, &Style::new(theme, scale));
            }
            drop(busy);
        });
    });

    let rows = move || {
        table.with(|table| {
            if table.rows.len() > EAGER_ROWS && !open.get() {
                return Vec::new();
            }
            table
                .rows
                .iter()
                .map(|row| {
                    let mut cells = row.iter().cloned();
                    let head = cells.next();
                    view! {
                        <tr>
                            <th scope="row">{head}</th>
                            {cells.map(|cell| view! { <td>{cell}</td> }).collect_view()}
                        </tr>
                    }
                })
                .collect_view()
        })
    };
    let columns = move || {
        table
            .with(|table| table.columns.iter().map(|name| view! { <th scope="col">{name.clone()}</th> }).collect_view())
    };
    view! {
        <figure class="figure" id=id>
            <h3 class="figure__title">{move || title.get()}</h3>
            <p class="figure__summary">{move || summary.get()}</p>
            <div class="figure__frame" node_ref=frame style=format!("height:{height}px")>
                <canvas
                    class="figure__canvas"
                    node_ref=canvas
                    role="img"
                    aria-label=move || format!("{}. {}", title.get(), summary.get())
                ></canvas>
            </div>
            <details class="figure__data" on:toggle=move |_| open.set(true)>
                <summary>"Show as table"</summary>
                <div class="table-scroll" tabindex="0" role="region" aria-label=move || format!("Data: {}", title.get())>
                    <table>
                        <thead>
                            <tr>{columns}</tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </details>
        </figure>
    }
}
