//! The Weights lab: the reader's own files. What it shows is made by the engine ([`crate::labs::weights`]).

use crate::labs::{File, Part};
use crate::platform::files::Files;
use crate::platform::page;
use crate::ui::app::write_address;
use crate::ui::components::{Button, Problem, Progress, ReportActions, Rows, Survey, Understand};
use crate::ui::dynamic::{condition, effect, text, when};
use crate::ui::form::{engine_form, engine_setter};
use crate::ui::labs::frame::{acting, figure_if_any, stack, takeaway, zones};
use crate::ui::markup::Markup;
use crate::ui::state::{State, shown_part};
use leptos::prelude::*;

/// The Weights lab.
#[component]
pub fn WeightsLab() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.weights_shown;
    effect(move || state.ask_weights());
    let problem = text(move || shown.with(|shown| shown.problem.clone()));
    let change = engine_setter(state.weights);
    let has_files = condition(move || shown.with(|shown| shown.has_files()));
    let results = when(
        move || has_files.get(),
        move || {
            let figures = shown_part(shown, Part::Figures);
            vec![
                view! { <Markup class="stack" html=figures act=change/> }.into_any(),
                figure_if_any(shown, "weights-layers", 0, 300.0),
                figure_if_any(shown, "weights-histogram", 1, 260.0),
                view! { <Tensors/> }.into_any(),
                view! { <TakeAlong/> }.into_any(),
                view! { <ReportActions/> }.into_any(),
            ]
            .into_any()
        },
    );
    let choose = vec![acting(shown, Part::Changes, change), engine_form(state.weights, shown)];
    let see = vec![
        view! { <Problem problem keeps_last=has_files/> }.into_any(),
        takeaway(shown),
        view! { <Survey/> }.into_any(),
        stack(shown, Part::Cards),
        results,
    ];
    let over = RwSignal::new(false);
    let hover = move |is_over| {
        if over.get_untracked() != is_over {
            over.set(is_over);
        }
    };
    view! {
        <div
            class="lab lab--files"
            class:lab--over=over
            on:dragover=move |event| {
                event.prevent_default();
                hover(true);
            }
            on:dragleave=move |_| hover(false)
            on:drop=move |event| {
                hover(false);
                let files = Files::dropped(&event);
                if Files::are_for(&event, "weights-others") && !files.is_empty() {
                    state.compare_files(files);
                } else {
                    state.open_files(files);
                }
            }
        >
            <Drop has_files/>
            {zones("Weights: what does lower precision do to your own files?", choose, see)}
            <Understand shown/>
        </div>
    }
}

/// Where files are chosen; they may be dropped anywhere in the lab.
#[component]
fn Drop(
    /// Whether there are files already.
    has_files: Memo<bool>,
) -> impl IntoView {
    let state = expect_context::<State>();
    let close = Callback::new(move |()| state.turn_to_files(Files::default()));
    let alone = Callback::new(move |()| state.compare_files(Files::default()));
    let example = Callback::new(move |()| {
        state.ask_weights_file(File::Example, |state, name, content| state.open_files(Files::made(name, content)));
    });
    let label = text(move || {
        let label =
            if has_files.get() { "Open other files" } else { "Drop a checkpoint anywhere here, or choose its files" };
        label.to_owned()
    });
    let closed = when(
        move || !has_files.get(),
        move || {
            view! {
                <p class="note">
                    "Nothing of a file leaves this computer. Without one: "
                    <Button id="weights-example" press=example>"Try a made-up model of 1M parameters"</Button>
                </p>
            }
            .into_any()
        },
    );
    let opened = when(
        move || has_files.get(),
        move || {
            view! {
                <Button id="weights-close" press=close>"Close files"</Button>
                <label for="weights-others">"Compare with other files"</label>
                <input
                    type="file"
                    multiple=true
                    id="weights-others"
                    on:change=move |event| state.compare_files(Files::chosen(&event))
                />
                {when(
                    move || state.weights_compared.get(),
                    move || view! { <Button id="weights-alone" press=alone>"Stop comparing"</Button> }.into_any(),
                )}
            }
            .into_any()
        },
    );
    view! {
        <section class="drop" class:drop--empty=move || !has_files.get() aria-label="Files">
            <label class="drop__label" for="weights-files">{label}</label>
            <input
                type="file"
                multiple=true
                id="weights-files"
                on:change=move |event| state.open_files(Files::chosen(&event))
            />
            {closed}
            {opened}
        </section>
    }
}

/// Every tensor.
#[component]
fn Tensors() -> impl IntoView {
    let state = expect_context::<State>();
    effect(move || state.ask_tensors());
    // What is pressed opens a tensor in the Quantize lab, or puts the table in another order.
    let act = Callback::new(move |action: String| {
        if action.starts_with("tensor:") {
            write_address(state);
            state.open_tensor(&action);
        } else {
            state.weights_order.set(Some(action));
        }
    });
    view! {
        <div class="field">
            <label class="field__label" for="weights-filter">"Tensors with this in their name"</label>
            <input
                type="search"
                class="number-field__input"
                id="weights-filter"
                autocomplete="off"
                spellcheck="false"
                prop:value=state.weights_filter
                on:input=move |event| state.weights_filter.set(event_target_value(&event))
            />
        </div>
        <Rows
            id="weights-tensors"
            label="Tensors"
            html=shown_part(state.tensors_shown, Part::Listing)
            rows=state.weights_rows
            act
        />
    }
}

/// What can be taken along as a file. A sandboxed frame lets nothing be downloaded, and does not say so.
#[component]
fn TakeAlong() -> impl IntoView {
    let state = expect_context::<State>();
    if state.view.embed {
        return ().into_any();
    }
    let told = RwSignal::new("");
    let act = Callback::new(move |action: String| {
        let file = match action.as_str() {
            "csv" => File::Csv,
            "json" => File::Report,
            _ => File::Copy,
        };
        let is_free = state.ask_weights_file(file, |_, name, content| page::download_blob(name, content));
        told.set(if is_free { "" } else { "Still computing: try again in a moment." });
    });
    let making = state.file_shown;
    let problem = text(move || making.with(|making| making.problem.clone()));
    view! {
        <Markup id="weights-files-made" class="stack" html=shown_part(state.weights_shown, Part::Save) act/>
        <Progress shown=making bar="weights-progress" stop="weights-cancel"/>
        <span class="actions__told" role="status">{told} {problem}</span>
    }
    .into_any()
}
