//! The Formats lab: one number, taken apart. What it shows is made by the engine ([`crate::labs::formats`]); here are its
//! controls, and where each part goes.

use crate::charts::Lanes;
use crate::labs::Part;
use crate::platform::page;
use crate::scenario::formats::typed_near;
use crate::scenario::number;
use crate::ui::components::{CsvActions, Figure, Grab, ReportActions, resort};
use crate::ui::dynamic::{condition, dynamic, effect, memo_text, text, when};
use crate::ui::form::{Controls, engine_form, engine_setter};
use crate::ui::labs::frame::{acting, figure, lab};
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_figure, shown_part};
use crate::units::significant;
use leptos::prelude::*;

/// One part of what the lab shows.
fn part(state: State, part: Part) -> Signal<String> {
    shown_part(state.formats_shown, part)
}

/// The Formats lab.
#[component]
pub fn FormatsLab() -> impl IntoView {
    let state = expect_context::<State>();
    let (entered, shown) = (state.formats, state.formats_shown);
    effect(move || state.ask_formats());
    let waits = condition(move || shown.with(|shown| !shown.view.is_answer() && shown.problem.is_empty()));
    let change = engine_setter(entered);
    let see = vec![
        when(move || waits.get(), || view! { <p class="waiting">"Taking the number apart…"</p> }.into_any()),
        view! { <h2 class="takeaway" id="formats-takeaway">{part(state, Part::Takeaway)}</h2> }.into_any(),
        view! { <Markup id="formats-cards" class="number-cards" html=part(state, Part::Cards) act=change/> }.into_any(),
        lanes_figure("formats-range", 0, false),
        lanes_figure("formats-line", 1, true),
        view! { <Controls html=part(state, Part::ZoomForm) entered shown/> }.into_any(),
        view! { <Drag/> }.into_any(),
        view! { <Codes/> }.into_any(),
        figure(shown, "formats-steps", 2, 260.0),
        figure(shown, "formats-relative", 3, 260.0),
        view! { <Block/> }.into_any(),
        view! { <Listing/> }.into_any(),
        view! { <ReportActions/> }.into_any(),
    ];
    lab(
        "Formats: what becomes of a number?",
        vec![engine_form(entered, shown), acting(shown, Part::Ends, change)],
        see,
        shown,
    )
}

/// How many formats stand side by side if nobody has chosen any.
const USUAL_LANES: usize = 4;

/// A figure of lanes, as high as there are formats; the number can be dragged along that of its neighbours.
fn lanes_figure(id: &'static str, place: usize, moves: bool) -> AnyView {
    let state = expect_context::<State>();
    // Known before the engine answers, so that nothing moves then.
    let lanes = move || {
        let lanes = |(_, formats): &(String, String)| formats.split(',').count();
        state.formats.with(|entered| entered.keys.iter().find(|key| key.0 == "formats").map_or(USUAL_LANES, lanes))
    };
    let told = memo_text(text(move || lanes().to_string()));
    // The line stays where it is as long as the number is held.
    let drag = Callback::new(move |grab: Option<Grab>| {
        state.formats_window.set(grab.map(|grab| grab.ends));
        if let Some(grab) = grab {
            state.put(state.formats, &[("x".to_owned(), typed_near(grab.value, grab.step))]);
        }
    });
    dynamic(move || {
        told.with(|_| ());
        let (height, data) = (Lanes::height(untrack(lanes)), shown_figure(state.formats_shown, place));
        if moves {
            view! { <Figure id height data drag/> }.into_any()
        } else {
            view! { <Figure id height data/> }.into_any()
        }
    })
}

/// Moves the number over every size, keeping its sign.
#[component]
fn Drag() -> impl IntoView {
    const LOW: f64 = -9.0;
    const HIGH: f64 = 6.0;
    let state = expect_context::<State>();
    let x = move || state.formats_shown.with(|shown| shown.view.x);
    let place = move || {
        let size = x().abs();
        if size > 0.0 && size.is_finite() { libm::log10(size).clamp(LOW, HIGH) } else { LOW }
    };
    let drag = move |event| {
        let Some(log) = number::parse(&event_target_value(&event)) else { return };
        let sign = if untrack(x) < 0.0 { "-" } else { "" };
        let typed = format!("{sign}{}", significant(libm::pow(10.0, log), 4));
        state.put(state.formats, &[("x".to_owned(), typed)]);
    };
    if state.view.hides("x") || state.view.locks("x") {
        return ().into_any();
    }
    view! {
        <div class="field">
            <label class="field__label" for="formats-drag">"Drag the number from 10⁻⁹ to 10⁶"</label>
            <input
                type="range"
                class="slider"
                id="formats-drag"
                min=LOW
                max=HIGH
                step="0.01"
                prop:value=place
                aria-valuetext=text(move || number::format(x()))
                on:input=drag
            />
        </div>
    }
    .into_any()
}

/// Every code of a small format: one tab stop, and arrows move within it.
#[component]
fn Codes() -> impl IntoView {
    let state = expect_context::<State>();
    let change = engine_setter(state.formats);
    let title = part(state, Part::CodesTitle);
    let moved = move |event: leptos::ev::KeyboardEvent| {
        let codes =
            state.formats_shown.with_untracked(|shown| shown.view.part(Part::Codes).matches("<button").count() as i64);
        let step = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => -1,
            "ArrowDown" => codes.min(16),
            "ArrowUp" => -codes.min(16),
            _ => return,
        };
        let here = page::focused_id().and_then(|id| id.strip_prefix("code-")?.parse::<i64>().ok());
        if let Some(next) = here.map(|here| here + step).filter(|next| (0..codes).contains(next)) {
            event.prevent_default();
            page::focus(&format!("code-{next}"));
        }
    };
    view! {
        <section class="codes" aria-label=title on:keydown=moved>
            <h2 class="figure__title">{title}</h2>
            <p class="figure__summary">
                "In the order of the codes, sixteen to a line. Colours tell zero, subnormal, normal and what is no number; the framed one is stored now. Press one to look at it."
            </p>
            <Markup id="formats-grid" html=part(state, Part::Codes) act=change/>
        </section>
    }
}

/// A block of numbers that share a scale.
#[component]
fn Block() -> impl IntoView {
    let state = expect_context::<State>();
    // The bytes of the number that is pointed at.
    let point = Callback::new(move |number: String| page::mark("formats-bytes", "data-of", &number, "byte--on"));
    view! {
        <section class="block" aria-label="A block">
            <h2 class="figure__title">"A block of numbers that share a scale"</h2>
            <p class="figure__summary">{part(state, Part::BlockNote)}</p>
            <Controls html=part(state, Part::BlockForm) entered=state.formats shown=state.formats_shown/>
            <p class="formula" id="formats-block-size">{part(state, Part::BlockSize)}</p>
            <Markup id="formats-bytes" html=part(state, Part::BlockBytes)/>
            <Markup html=part(state, Part::BlockRows) point/>
        </section>
    }
}

/// The table of all formats, made when it is opened.
#[component]
fn Listing() -> impl IntoView {
    let state = expect_context::<State>();
    let order = state.formats_order;
    let open = move |_| order.update(|order| *order = Some(order.take().unwrap_or_default()));
    view! {
        <details class="figure__data" id="formats-all" on:toggle=open>
            <summary>"All formats with their facts"</summary>
            <CsvActions csv=part(state, Part::Csv) name="bitbudget-formats.csv"/>
            <Markup html=part(state, Part::Listing) act=resort(order)/>
        </details>
    }
}
