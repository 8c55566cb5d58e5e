//! The Memory lab: does it fit? What it shows is made by the engine ([`crate::labs::memory`]).

use crate::charts::Bars;
use crate::labs::Part;
use crate::scenario::memory::MAX_PASTED;
use crate::ui::components::{CopyActions, Paste, ReportActions, resort};
use crate::ui::dynamic::{effect, when};
use crate::ui::form::{engine_form, engine_setter};
use crate::ui::labs::frame::{acting, figure_if_any, lab, part, problem};
use crate::ui::state::{State, shown_part, shows};
use leptos::prelude::*;

/// The Memory lab.
#[component]
pub fn MemoryLab() -> impl IntoView {
    let state = expect_context::<State>();
    let shown = state.memory_shown;
    effect(move || state.ask_memory());
    let keeps_last = shows(shown);
    let change = engine_setter(state.memory);
    let order = state.memory_order;
    let open = move |_| order.update(|order| *order = Some(order.take().unwrap_or_default()));
    let results = when(
        move || keeps_last.get(),
        move || {
            let every_gpu = view! {
                <details class="figure__data" id="memory-every-gpu" on:toggle=open>
                    <summary>"On every GPU"</summary>
                    {acting(shown, Part::Codes, resort(order))}
                </details>
            };
            let copies = view! {
                <CopyActions texts=vec![
                    ("Markdown", shown_part(shown, Part::Markdown)),
                    ("Python", shown_part(shown, Part::Python)),
                ]/>
            };
            vec![
                figure_if_any(shown, "memory-chart", 0, 150.0),
                acting(shown, Part::Changes, change),
                figure_if_any(shown, "memory-beside", 6, Bars::height(4)),
                acting(shown, Part::BlockNote, change),
                figure_if_any(shown, "memory-moments", 1, Bars::height(3)),
                figure_if_any(shown, "memory-context-chart", 2, 240.0),
                figure_if_any(shown, "memory-batch-chart", 3, 240.0),
                figure_if_any(shown, "memory-gpus-chart", 5, 240.0),
                figure_if_any(shown, "memory-ways", 4, Bars::height(5)),
                part(shown, Part::Figures),
                every_gpu.into_any(),
                copies.into_any(),
            ]
            .into_any()
        },
    );
    // Without an answer yet there is still what would have one.
    let offers = when(move || !keeps_last.get(), move || acting(shown, Part::Changes, change));
    let choose = vec![engine_form(state.memory, shown), view! { <Pasted/> }.into_any()];
    let see = vec![
        problem(shown),
        part(shown, Part::Cards),
        part(shown, Part::Inspector),
        offers,
        results,
        view! { <ReportActions/> }.into_any(),
    ];
    lab("Memory: does it fit?", choose, see, shown)
}

/// What is pasted or dropped: a `config.json`, or what PyTorch said when memory ran out. The engine says what it means.
#[component]
fn Pasted() -> impl IntoView {
    let state = expect_context::<State>();
    let pasted = state.memory_pasted;
    let shown = state.memory_shown;
    let set = engine_setter(state.memory);
    // What was understood becomes the inputs, once.
    effect(move || {
        let change = shown_part(shown, Part::Change).get();
        if !change.is_empty() && !pasted.with_untracked(String::is_empty) {
            set.run(change);
            pasted.set(String::new());
        }
    });
    view! {
        <details class="more" id="memory-paste">
            <summary>"Paste a config.json, an error or a measurement"</summary>
            <Paste
                id="memory-pasted"
                label="Paste the text, or drop the file here; it stays in this page"
                usual="a config.json or an error message has a few thousand bytes"
                most=MAX_PASTED
                pasted
                problem=shown_part(shown, Part::Pasted)
            />
        </details>
    }
}
