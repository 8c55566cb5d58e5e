//! A picture with its takeaway, its summary and its data.

use crate::charts::{Picture, Sheet, Style, Surface, Svg, Theme};
use crate::labs::{FigureData, Html, export};
use crate::platform::page::Timer;
use crate::platform::{canvas, page};
use crate::ui::busy;
use crate::ui::dynamic::{effect, text};
use crate::ui::markup::Markup;
use crate::ui::state::State;
use leptos::html::{Canvas, Div};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Changes that come closer than this have their pictures drawn where they are seen; the others follow after it.
const PAUSE_MS: i32 = 150;

/// An arrow key moves the cursor by this.
const STEP_PX: f64 = 6.0;

/// The data, telling only when they change.
fn memo(data: Signal<Option<FigureData>>) -> Memo<Option<FigureData>> {
    Memo::new(move |_| data.get())
}

/// A value that is pointed at while it is dragged along a picture's axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grab {
    /// The value.
    pub value: f64,
    /// The values at the ends of the axis.
    pub ends: (f64, f64),
    /// What the value changes by from one pixel to the next.
    pub step: f64,
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
    /// Called with what is pointed at while the reader drags along the picture, and with nothing when that ends.
    #[prop(optional)]
    drag: Option<Callback<Option<Grab>>>,
    /// Called with the column and row of a cell that is pressed.
    #[prop(optional)]
    press: Option<Callback<(u32, u32)>>,
) -> impl IntoView {
    let state = expect_context::<State>();
    if state.view.hides(id) {
        return ().into_any();
    }
    let dark = state.dark;
    let canvas: NodeRef<Canvas> = NodeRef::new();
    let frame: NodeRef<Div> = NodeRef::new();
    let width = RwSignal::new(0.0);
    let open = RwSignal::new(false);
    let data = memo(data);
    let of = move |read: fn(&FigureData) -> String| {
        text(move || data.with(|data| data.as_ref().map(read)).unwrap_or_default())
    };

    let is_in_view = RwSignal::new(true);
    // The picture is under way until the browser has said how wide it is.
    let waits = StoredValue::new_local(Some(busy::begin()));
    effect(move || {
        let Some(frame) = frame.get() else { return };
        page::observe_view(&frame, move |now| _ = is_in_view.try_set(now));
        page::observe_size(&frame, move |now, _| {
            let done = waits.try_update_value(Option::take);
            // The component may be gone by the time the browser tells.
            if width.try_get_untracked().is_some_and(|width| width != now) {
                width.try_set(now);
            }
            // Effects run after this turn; what is drawn for that is under way before the next frame.
            if let Some(done) = done.flatten() {
                page::next_frame(move || drop(done));
            }
        });
    });
    // Curves are read where the reader points; pictures that share a quantity are pointed at together.
    let own = RwSignal::new(None);
    let shared = move || data.with(|data| data.as_ref()?.picture.curves()?.readings.shared);
    let pointed = Memo::new(move |_| match shared() {
        Some(power) => state.pointed.get().map(|value| power.at(value)),
        None => own.get(),
    });
    let point = move |x: Option<f64>| {
        state.pointing.set(id);
        match untrack(shared) {
            Some(power) => state.pointed.set(x.map(|x| power.inverse(x))),
            None => own.set(x),
        }
    };
    let live = text(move || if state.pointing.get() == id { "polite" } else { "off" }.to_owned());
    let reading = text(move || {
        let read = |x| data.with(|data| Some(data.as_ref()?.picture.curves()?.reading(x)));
        pointed.get().and_then(read).unwrap_or_default()
    });
    let is_read = text(move || {
        let has_curves = data.with(|data| data.as_ref().is_some_and(|data| data.picture.curves().is_some()));
        if has_curves { "0" } else { "-1" }.to_owned()
    });
    let step = move |event: leptos::ev::KeyboardEvent| {
        let pixels = match event.key().as_str() {
            "ArrowLeft" => -STEP_PX,
            "ArrowRight" => STEP_PX,
            "Home" => f64::MIN,
            "End" => f64::MAX,
            "Escape" => return point(None),
            _ => return,
        };
        let size = (width.get_untracked(), height);
        let beside = |x| data.with_untracked(|data| data.as_ref()?.picture.curves()?.x_beside(x, pixels, size));
        if let Some(x) = beside(pointed.get_untracked()) {
            event.prevent_default();
            point(Some(x));
        }
    };

    // All changes of one turn are one drawing, in the next frame; what is out of sight is drawn once the changes pause.
    let scheduled = Rc::new(Cell::new(false));
    let later: Rc<RefCell<Option<Timer>>> = Rc::default();
    effect(move || {
        data.track();
        dark.track();
        width.track();
        pointed.track();
        let Some(element) = canvas.get() else { return };
        if scheduled.replace(true) {
            return;
        }
        let (scheduled, later, busy) = (scheduled.clone(), later.clone(), busy::begin());
        let draw = move || {
            if let (Some(Some(data)), Some(width)) = (data.try_get_untracked(), width.try_get_untracked())
                && width > 0.0
                && let Some((area, scale)) = canvas::prepare(&element, width, height)
            {
                let theme = if dark.get_untracked() { &Theme::DARK } else { &Theme::LIGHT };
                // A backend that fails leaves the picture blank; its numbers stand in the summary and the table.
                _ = data.picture.pointed_at(pointed.get_untracked()).draw(&area, &Style::new(theme, scale));
            }
            drop(busy);
        };
        page::next_frame(move || {
            scheduled.set(false);
            later.take();
            if is_in_view.try_get_untracked().unwrap_or_default() {
                draw();
            } else {
                later.replace(Timer::after_ms(PAUSE_MS, draw));
            }
        });
    });

    let held = Cell::new(false);
    let dragged = move |event: leptos::ev::PointerEvent| {
        let size = (width.get_untracked(), height);
        let at = || data.with_untracked(|data| data.as_ref()?.picture.value_at(page::place_in(&event).0, size));
        let Some(drag) = drag else {
            let is_out = matches!(event.type_().as_str(), "pointerleave" | "pointercancel");
            return point(at().filter(|_| !is_out).map(|(value, _)| value));
        };
        match event.type_().as_str() {
            "pointerdown" => {
                held.set(event.button() == 0 && page::capture_pointer(&event));
                event.prevent_default();
            }
            "pointermove" => {}
            _ if held.replace(false) => return drag.run(None),
            _ => return,
        }
        if held.get()
            && let Some((value, ends)) = at()
        {
            drag.run(Some(Grab { value, ends, step: (ends.1 - ends.0) / size.0 }));
        }
    };
    let pressed = move |event: leptos::ev::MouseEvent| {
        let at = page::place_in(&event);
        let size = (width.get_untracked(), height);
        let cell = || data.with_untracked(|data| data.as_ref()?.picture.cell_at(at, size));
        if let Some(press) = press
            && let Some((col, row)) = cell()
        {
            press.run((col as u32, row as u32));
        }
    };
    let dragged = Rc::new(dragged);
    let (down, up, cancel, leave) = (dragged.clone(), dragged.clone(), dragged.clone(), dragged.clone());
    // Nobody sees a table that is folded away, and a lab has many.
    let table = text(move || {
        let is_open = open.get();
        data.with(|data| data.as_ref().filter(|_| is_open).map(|data| data.table.html()).unwrap_or_default())
    });
    // A sandboxed frame lets nothing be downloaded, and does not say so.
    let takes_along = !state.view.embed;
    let told = RwSignal::new("");
    let buttons = text(move || {
        let mut html = Html::default();
        for kind in ["SVG", "PNG", "CSV"].into_iter().filter(|_| takes_along) {
            html.button("button", kind, kind);
        }
        html.finish()
    });
    let take = Callback::new(move |kind: String| {
        data.with_untracked(|data| {
            let done = data.as_ref().is_some_and(|data| take_along(id, &kind, data, &untrack(|| state.link())));
            told.set(if done { "" } else { "The browser gave no picture." });
        });
    });
    view! {
        <figure class="figure" id=id>
            <h2 class="figure__title">{of(|data| data.title.clone())}</h2>
            <p class="figure__summary">{of(|data| data.summary.clone())}</p>
            <div class="figure__frame" node_ref=frame style=format!("height:{height}px")>
                <canvas
                    class=if drag.is_some() { "figure__canvas figure__canvas--drag" } else { "figure__canvas" }
                    node_ref=canvas
                    on:click=pressed
                    on:pointerdown=move |event| down(event)
                    on:pointermove=move |event| dragged(event)
                    on:pointerup=move |event| up(event)
                    on:pointercancel=move |event| cancel(event)
                    on:pointerleave=move |event| leave(event)
                    on:keydown=step
                    tabindex=is_read
                    role="img"
                    aria-label=of(|data| format!("{}. {}", data.title, data.summary))
                ></canvas>
            </div>
            <p class="figure__reading" aria-live=live>{reading}</p>
            <details class="figure__data" on:toggle=move |_| open.set(true)>
                <summary>{if takes_along { "Table and downloads" } else { "Show as table" }}</summary>
                <Markup class="offers" html=buttons act=take/>
                <span class="actions__told" role="status">{told}</span>
                <div
                    class="table-scroll"
                    tabindex="0"
                    role="region"
                    aria-label=of(|data| format!("Data: {}", data.title))
                >
                    <Markup html=table/>
                </div>
            </details>
        </figure>
    }
    .into_any()
}

/// Offers a figure as a file of this kind; says whether that worked.
fn take_along(id: &str, kind: &str, data: &FigureData, link: &str) -> bool {
    let name = format!("bitbudget-{id}.{}", kind.to_ascii_lowercase());
    let FigureData { title, summary, picture, .. } = data;
    let sheet = Sheet { title, summary, picture, link };
    let (width, height) = sheet.size();
    let size = (2 * width as u32, 2 * height as u32);
    // A drawing on text cannot fail, and one on a canvas that does stays blank.
    let draw = |surface: &dyn Surface| _ = sheet.draw(surface, 2.0);
    match kind {
        "CSV" => page::download(&name, "text/csv", export::csv(data, link).as_bytes()),
        "SVG" => {
            let svg = Svg::new(size);
            draw(&svg);
            page::download(&name, "image/svg+xml", svg.finish(2, title, summary).as_bytes());
        }
        _ => match canvas::png(size, |area| draw(area)) {
            Some(url) => page::offer(&name, &url),
            None => return false,
        },
    }
    true
}
