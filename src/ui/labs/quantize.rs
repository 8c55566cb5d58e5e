//! The Quantize lab: what does lower precision do to a tensor?

use crate::labs::{File, Html, Part};
use crate::platform::page;
use crate::scenario::number;
use crate::scenario::quantize::{CLIP, PART};
use crate::ui::components::{Button, CsvActions, Figure, Grab, Progress, ReportActions, resort};
use crate::ui::dynamic::{condition, dynamic, effect, text, when};
use crate::ui::form::{engine_form, engine_setter};
use crate::ui::labs::frame::{acting, figure, lab, part, problem};
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_figure, shown_part, shows};
use leptos::prelude::*;

/// The Quantize lab.
#[component]
pub fn QuantizeLab() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.quantize_shown;
    effect(move || state.ask_quantize());
    let keeps_last = shows(shown);
    let curve = shown_figure(shown, 3);
    let has_curve = condition(move || curve.with(Option::is_some));
    // What is dragged along the values is the largest that is not clipped; along the curve, the part of the range. As many digits
    // as a pointer can tell.
    let clip = move |part: f64| {
        if has_curve.get_untracked() {
            let part = number::format((part.clamp(CLIP.min, CLIP.max) * 1000.0).round() / 1000.0);
            let changes = [("range", PART.to_owned()), ("clip", part)].map(|(name, text)| (name.to_owned(), text));
            state.put(state.quantize, &changes);
        }
    };
    let drag_value = Callback::new(move |grab: Option<Grab>| {
        if let Some(Grab { value, ends, .. }) = grab {
            clip(value.abs() / ends.0.abs().max(ends.1.abs()));
        }
    });
    let drag_part = Callback::new(move |grab: Option<Grab>| {
        if let Some(grab) = grab {
            clip(grab.value);
        }
    });
    // The largest error of a bin, from close by.
    let press_error = Callback::new(move |(bin, _)| {
        state.quantize_closer.set(Some(format!("error {bin}@{}", shown_part(shown, Part::Window).get_untracked())));
        page::open_details("quantize-closer");
    });
    let results = dynamic(move || {
        if keeps_last.get() {
            let (values, errors) = (shown_figure(shown, 0), shown_figure(shown, 1));
            let curve = when(
                move || has_curve.get(),
                move || view! { <Figure id="quantize-clip-chart" height=180.0 data=curve drag=drag_part/> }.into_any(),
            );
            vec![
                view! { <Figure id="quantize-values-chart" height=300.0 data=values drag=drag_value/> }.into_any(),
                curve,
                view! { <Figure id="quantize-errors-chart" height=220.0 data=errors press=press_error/> }.into_any(),
                figure(shown, "quantize-exponents-chart", 2, 220.0),
                part(shown, Part::Figures),
                view! { <Closer/> }.into_any(),
                view! { <Compare/> }.into_any(),
                view! { <Files/> }.into_any(),
            ]
            .into_any()
        } else {
            view! { <p class="waiting">"Quantizing…"</p> }.into_any()
        }
    });
    let is_of_file = move || state.quantize_tensor.with(Option::is_some);
    let back = Callback::new(move |()| {
        page::focus("main");
        state.quantize_tensor.set(None);
    });
    let tensor = when(is_of_file, move || {
        view! {
            <p class="note" id="quantize-of-file">
                "Tensor "<strong>{shown_part(shown, Part::TensorName)}</strong>" of your files "
                <Button id="quantize-sample" press=back>"Back to a sample"</Button>
            </p>
        }
        .into_any()
    });
    let preview = shown_part(shown, Part::Preview);
    let see = vec![
        problem(shown),
        view! { <Progress shown bar="quantize-progress" stop="quantize-cancel"/> }.into_any(),
        view! { <p class="note" id="quantize-preview">{preview}</p> }.into_any(),
        results,
        view! { <ReportActions/> }.into_any(),
    ];
    let choose = vec![tensor, engine_form(state.quantize, shown)];
    lab("Quantize: what does lower precision do?", choose, see, shown)
}

/// The tensor from above, and one of its numbers: made when it is opened.
#[component]
fn Closer() -> impl IntoView {
    let state = expect_context::<State>();
    let (shown, closer) = (state.quantize_shown, state.quantize_closer);
    let open = move |_| {
        if closer.get_untracked().is_none() {
            closer.set(Some(String::new()));
        }
    };
    let window = shown_part(shown, Part::Window);
    let press = Callback::new(move |(col, row)| {
        closer.set(Some(format!("cell {col},{row}@{}", window.get_untracked())));
    });
    let act = Callback::new(move |place| closer.set(Some(place)));
    let cells = move |id: &'static str, place| {
        view! { <Figure id height=300.0 data=shown_figure(shown, place) press/> }.into_any()
    };
    let figures = when(
        move || closer.with(Option::is_some),
        move || {
            let inspector = shown_part(shown, Part::Inspector);
            vec![
                view! { <Markup id="quantize-inspector" html=inspector act/> }.into_any(),
                cells("quantize-reference-cells", 4),
                cells("quantize-quantized-cells", 5),
                cells("quantize-error-cells", 6),
                figure(shown, "quantize-joint", 7, 300.0),
            ]
            .into_any()
        },
    );
    view! {
        <details class="figure__data" id="quantize-closer" on:toggle=open>
            <summary>"A closer look: where in the tensor, and at single numbers"</summary>
            {figures}
        </details>
    }
}

/// What can be taken along as a file. A sandboxed frame lets nothing be downloaded, and does not say so.
#[component]
fn Files() -> impl IntoView {
    let state = expect_context::<State>();
    if state.view.embed {
        return ().into_any();
    }
    let told = RwSignal::new("");
    let buttons = text(|| {
        let mut html = Html::default();
        for (i, (_, name)) in File::ALL.into_iter().enumerate() {
            html.button("button", &i.to_string(), name);
        }
        html.finish()
    });
    let act = Callback::new(move |place: String| {
        let file = place.parse().ok().and_then(|place: usize| File::ALL.get(place));
        if let Some((file, _)) = file {
            told.set(if state.ask_file(*file) { "" } else { "Still computing: try again in a moment." });
        }
    });
    view! {
        <details class="figure__data" id="quantize-files">
            <summary>"Take it along"</summary>
            <Markup class="offers" html=buttons act/>
            <span class="actions__told" role="status">{told}</span>
        </details>
    }
    .into_any()
}

/// All formats beside each other, and what would help the chosen one: made when it is opened.
#[component]
fn Compare() -> impl IntoView {
    let state = expect_context::<State>();
    let (shown, order) = (state.compare_shown, state.compare_order);
    effect(move || state.ask_compare());
    let open = move |_| order.update(|order| *order = Some(order.take().unwrap_or_default()));
    let change = engine_setter(state.quantize);
    let problem = text(move || shown.with(|shown| shown.problem.clone()));
    let is_there = shows(shown);
    let results = when(
        move || is_there.get(),
        move || {
            let csv = shown_part(shown, Part::Csv);
            vec![
                acting(shown, Part::Cards, change),
                figure(shown, "quantize-front", 0, 360.0),
                acting(shown, Part::Listing, resort(order)),
                view! { <CsvActions csv name="bitbudget-comparison.csv"/> }.into_any(),
            ]
            .into_any()
        },
    );
    view! {
        <details class="figure__data" id="quantize-compare" on:toggle=open>
            <summary>"Compare all formats, and what would help this one"</summary>
            <Progress shown bar="compare-progress" stop="compare-cancel"/>
            <p class="problem">{problem}</p>
            {results}
        </details>
    }
}
