//! A picture with its takeaway, its summary and its data.

use crate::charts::{AnyPicture, Picture, Style, Theme};
use crate::platform::{canvas, page};
use crate::ui::busy;
use crate::ui::dynamic::{dynamic, effect, text};
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

    /// The table itself; a long one has no rows until it is `open`.
    fn view(&self, open: bool) -> AnyView {
        let head = self.columns.iter().map(|name| view! { <th scope="col">{name.clone()}</th> }).collect_view();
        let rows = if open || self.rows.len() <= EAGER_ROWS { self.rows.as_slice() } else { &[] };
        let rows = rows.iter().map(|row| {
            let mut cells = row.iter().cloned();
            let name = cells.next();
            let cells = cells.map(|cell| view! { <td>{cell}</td> }).collect_view();
            view! { <tr><th scope="row">{name}</th>{cells}</tr> }
        });
        let rows = rows.collect_view();
        view! { <table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table> }.into_any()
    }
}

/// All that a figure shows of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureData {
    /// The takeaway.
    pub title: String,
    /// The picture in words.
    pub summary: String,
    /// What is drawn.
    pub picture: AnyPicture,
    /// The data.
    pub table: Table,
}

/// A plotters picture on a canvas, sharp on every screen; its takeaway as heading, a summary in words, its data as a
/// table.
#[component]
pub fn Figure(
    /// Id of the figure.
    id: &'static str,
    /// Height in CSS pixels.
    height: f64,
    /// What it shows; nothing before there is a first result.
    data: Signal<Option<FigureData>>,
) -> impl IntoView {
    let dark = expect_context::<State>().dark;
    let canvas: NodeRef<Canvas> = NodeRef::new();
    let frame: NodeRef<Div> = NodeRef::new();
    let width = RwSignal::new(0.0);
    let open = RwSignal::new(false);
    let data = Memo::new(move |_| data.get());
    let of = move |read: fn(&FigureData) -> String| {
        text(move || data.with(|data| data.as_ref().map(read)).unwrap_or_default())
    };

    effect(move || {
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
    effect(move || {
        data.track();
        dark.track();
        width.track();
        let Some(element) = canvas.get() else { return };
        if scheduled.replace(true) {
            return;
        }
        let (scheduled, busy) = (scheduled.clone(), busy::begin());
        page::next_frame(move || {
            scheduled.set(false);
            if let (Some(Some(data)), Some(width)) = (data.try_get_untracked(), width.try_get_untracked())
                && width > 0.0
                && let Some((area, scale)) = canvas::prepare(&element, width, height)
            {
                let theme = if dark.get_untracked() { &Theme::DARK } else { &Theme::LIGHT };
                // A backend that fails leaves the picture blank; its numbers stand in the summary and the table.
                _ = data.picture.draw(&area, &Style::new(theme, scale));
            }
            drop(busy);
        });
    });

    let table = dynamic(move || {
        let open = open.get();
        data.with(|data| data.as_ref().map(|data| data.table.view(open))).into_any()
    });
    view! {
        <figure class="figure" id=id>
            <h2 class="figure__title">{of(|data| data.title.clone())}</h2>
            <p class="figure__summary">{of(|data| data.summary.clone())}</p>
            <div class="figure__frame" node_ref=frame style=format!("height:{height}px")>
                <canvas
                    class="figure__canvas"
                    node_ref=canvas
                    role="img"
                    aria-label=of(|data| format!("{}. {}", data.title, data.summary))
                ></canvas>
            </div>
            <details class="figure__data" on:toggle=move |_| open.set(true)>
                <summary>"Show as table"</summary>
                <div
                    class="table-scroll"
                    tabindex="0"
                    role="region"
                    aria-label=of(|data| format!("Data: {}", data.title))
                >
                    {table}
                </div>
            </details>
        </figure>
    }
}
