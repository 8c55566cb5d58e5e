//! The Memory lab: does it fit?

use super::{gpu_menu, model_words};
use crate::answers;
use crate::catalog::{self, MODELS};
use crate::charts::{Capacity, Part, Role, StackedBar, TickFormat};
use crate::memory::{self, Alteration, Change, PRECISIONS, PartKind, Report, Verdict, changes};
use crate::scenario::MemoryScenario;
use crate::scenario::memory::{ACTIVATIONS, CUSTOM_PARAMS, PARAMS, Size};
use crate::ui::components::{Choice, Figure, NumberField, OptionGroup, Problem, ReportActions, Select, Sources, Table};
use crate::ui::state::State;
use crate::units::{ByteUnits, Params, significant};
use leptos::prelude::*;

/// The Memory lab.
#[component]
pub fn MemoryLab() -> impl IntoView {
    let state = expect_context::<State>();
    let answer = state.memory_answer;
    let good = move || answer.with(|answer| answer.good.clone());
    let title =
        Signal::derive(move || good().map_or_else(String::new, |(asked, report)| answers::memory(&asked, &report)));
    let picture = Signal::derive(move || good().map(|(asked, report)| bar(&asked, &report)));
    let table = Signal::derive(move || good().map_or_else(Table::default, |(asked, report)| table(&asked, &report)));
    let summary = Signal::derive(move || good().map_or_else(String::new, |(asked, report)| summary(&asked, &report)));
    let problem = Signal::derive(move || answer.with(|answer| answer.problem.clone()));
    let keeps_last = Signal::derive(move || answer.with(|answer| answer.good.is_some()));
    let sources = Signal::derive(move || {
        let mut sources: Vec<_> =
            good().iter().flat_map(|(_, report)| report.parts.iter().map(|part| part.source)).collect();
        if let Size::Model(model) = state.memory.get().size {
            sources.push(model.source);
        }
        sources.push(state.memory.get().gpu.source);
        sources
    });
    view! {
        <div class="lab">
            <section class="lab__choose" aria-label="Choose">
                <h1 class="lab__name">"Memory: does it fit?"</h1>
                <Controls/>
            </section>
            <section class="lab__see" aria-label="See">
                <Problem problem keeps_last/>
                <VerdictBar/>
                <Figure id="memory-chart" title summary picture height=190.0 table/>
                <Changes/>
                <ReportActions/>
            </section>
            <section class="lab__understand" aria-label="Understand">
                <h2 class="lab__heading">"Why this number"</h2>
                <ul class="sums">
                    {move || good().map(|(asked, report)| sums(&asked, &report))}
                </ul>
                <p class="note">
                    "The cheat sheet’s sum: 4 bytes for a parameter in FP32, and in training 4 for its gradient, 8 for Adam’s two states, and up to 8 for activations and temporaries: 12 to 20 bytes more, 16 to 24 GB per billion parameters."
                </p>
                <details class="more">
                    <summary>"Assumptions"</summary>
                    <ul>
                        {move || {
                            good()
                                .map(|(_, report)| {
                                    report.assumptions.iter().map(|text| view! { <li>{*text}</li> }).collect_view()
                                })
                        }}
                    </ul>
                </details>
                <Sources sources/>
            </section>
        </div>
    }
}

#[component]
fn Controls() -> impl IntoView {
    let scenario = expect_context::<State>().memory;
    let models = vec![
        OptionGroup { label: "", options: vec![("custom", "Your own number of parameters".to_owned())] },
        OptionGroup {
            label: "Models",
            options: MODELS.iter().map(|model| (model.id, format!("{} ({})", model.name, model.params))).collect(),
        },
    ];
    let model_id = Signal::derive(move || match scenario.get().size {
        Size::Model(model) => model.id,
        Size::Params(_) => "custom",
    });
    let is_custom = Memo::new(move |_| matches!(scenario.get().size, Size::Params(_)));
    let is_training = Memo::new(move |_| scenario.get().train);
    view! {
        <Choice
            id="memory-task"
            label="Task"
            options=vec![("run", "Run"), ("train", "Train")]
            value=Signal::derive(move || if scenario.get().train { "train" } else { "run" })
            set=move |task| scenario.update(|scenario| scenario.train = task == "train")
        />
        <Select
            id="memory-model"
            label="Model"
            groups=models
            value=model_id
            set=move |id| {
                scenario
                    .update(|scenario| {
                        scenario.size = catalog::model(id).map_or(Size::Params(CUSTOM_PARAMS), Size::Model);
                    });
            }
        />
        <Show when=move || is_custom.get()>
            <NumberField
                id="memory-params"
                label="Parameters"
                bounds=PARAMS
                value=Signal::derive(move || scenario.get().size.params().get())
                set=move |params| scenario.update(|scenario| scenario.size = Size::Params(Params(params)))
            />
        </Show>
        <Choice
            id="memory-precision"
            label="Precision"
            options=PRECISIONS.iter().map(|precision| (precision.id, precision.name)).collect()
            value=Signal::derive(move || scenario.get().precision.id)
            set=move |id| {
                if let Some(precision) = memory::precision(id) {
                    scenario.update(|scenario| scenario.precision = precision);
                }
            }
        />
        <Show when=move || is_training.get()>
            <NumberField
                id="memory-activations"
                label="Activations and temporaries"
                unit="bytes per parameter"
                bounds=ACTIVATIONS
                slider_step=0.5
                value=Signal::derive(move || scenario.get().activations)
                set=move |bytes| scenario.update(|scenario| scenario.activations = bytes)
            />
        </Show>
        <Select
            id="memory-gpu"
            label="GPU"
            groups=gpu_menu()
            value=Signal::derive(move || scenario.get().gpu.id)
            set=move |id| {
                if let Some(gpu) = catalog::gpu(id) {
                    scenario.update(|scenario| scenario.gpu = gpu);
                }
            }
        />
        <details class="more">
            <summary>"More"</summary>
            <Choice
                id="memory-units"
                label="Units"
                options=vec![("gb", "GB (10⁹ bytes)"), ("gib", "GiB (2³⁰ bytes)")]
                value=Signal::derive(move || if scenario.get().units == ByteUnits::Binary { "gib" } else { "gb" })
                set=move |units| {
                    let units = if units == "gib" { ByteUnits::Binary } else { ByteUnits::Decimal };
                    scenario.update(|scenario| scenario.units = units);
                }
            />
        </details>
    }
}

/// The verdict, by icon, word and place; colour comes third.
#[component]
fn VerdictBar() -> impl IntoView {
    let answer = expect_context::<State>().memory_answer;
    move || {
        answer.with(|answer| {
            let (asked, report) = answer.good.as_ref()?;
            let (class, icon, word) = match report.verdict() {
                Verdict::Fits => ("verdict verdict--fits", "✓", "Fits"),
                Verdict::Tight => ("verdict verdict--tight", "!", "Tight"),
                Verdict::Over => ("verdict verdict--over", "✕", "Does not fit"),
            };
            let share = format!("{} of {}", report.total().show(asked.units), report.gpu_bytes().show(asked.units));
            let needs = match report.gpus_needed() {
                1 => String::new(),
                n => format!("needs {} such GPUs", crate::units::short_count(n as f64)),
            };
            Some(view! {
                <p class=class id="memory-verdict" role="status">
                    <span class="verdict__icon" aria-hidden="true">{icon}</span>
                    <strong class="verdict__word">{word}</strong>
                    <span>{share}</span>
                    <span>{needs}</span>
                </p>
            })
        })
    }
}

/// The smallest changes that fit, each a button that makes it.
#[component]
fn Changes() -> impl IntoView {
    let state = expect_context::<State>();
    let scenario = state.memory;
    let found = Memo::new(move |_| changes(&scenario.get().input()));
    let apply = move |change: Change| {
        scenario.update(|scenario| match change.alteration {
            Alteration::Activations { bytes_per_param } => scenario.activations = bytes_per_param,
            Alteration::Precision(precision) => scenario.precision = precision,
            Alteration::Gpu(gpu) => scenario.gpu = gpu,
            Alteration::RunInstead => scenario.train = false,
            _ => {}
        });
    };
    let describe = move |change: &Change| {
        let total = change.total.show(scenario.get_untracked().units);
        match change.alteration {
            Alteration::Activations { bytes_per_param } => {
                format!("Smaller batch: {} B of activations → {total}", significant(bytes_per_param, 2))
            }
            Alteration::Precision(precision) => format!("{} weights → {total}", precision.name),
            Alteration::Gpu(gpu) => format!("{} ({})", gpu.name, gpu.memory().show(scenario.get_untracked().units)),
            Alteration::Gpus(n) => format!("{} × {}", crate::units::short_count(n as f64), change.input.gpu.name),
            Alteration::RunInstead => format!("Run it instead of training → {total}"),
        }
    };
    let list = move || {
        let found = found.get();
        (!found.is_empty()).then(|| {
            let items = found
                .into_iter()
                .map(|change| {
                    let text = describe(&change);
                    let (mark, word) = if change.fits { ("✓ ", "fits") } else { ("", "still too large") };
                    let inner = view! {
                        <span aria-hidden="true">{mark}</span>
                        {text}
                        <span class="change__word">{format!(" ({word})")}</span>
                    };
                    if matches!(change.alteration, Alteration::Gpus(_)) {
                        view! { <li class="change">{inner}</li> }.into_any()
                    } else {
                        view! {
                            <li>
                                <button type="button" class="button change" on:click=move |_| apply(change.clone())>
                                    {inner}
                                </button>
                            </li>
                        }
                        .into_any()
                    }
                })
                .collect_view();
            view! {
                <div class="changes">
                    <h3 class="changes__title">"Smallest change that fits"</h3>
                    <ul class="changes__list" id="memory-changes">{items}</ul>
                </div>
            }
        })
    };
    view! { {list} }
}

fn role(kind: PartKind) -> Role {
    match kind {
        PartKind::Weights => Role::Weights,
        PartKind::Gradients => Role::Gradients,
        PartKind::Optimizer => Role::Optimizer,
        PartKind::Activations => Role::Activations,
    }
}

fn bar(asked: &MemoryScenario, report: &Report) -> StackedBar {
    StackedBar {
        parts: report
            .parts
            .iter()
            .map(|part| Part {
                label: part.kind.name().to_owned(),
                value: part.bytes.get(),
                value_text: part.bytes.show(asked.units),
                role: role(part.kind),
            })
            .collect(),
        capacity: Some(Capacity {
            value: report.gpu_bytes().get(),
            label: format!("{}: {}", report.input.gpu.name, report.gpu_bytes().show(asked.units)),
        }),
        format: TickFormat::Bytes(asked.units),
    }
}

fn table(asked: &MemoryScenario, report: &Report) -> Table {
    let unit = if asked.units == ByteUnits::Binary { "Memory (binary units)" } else { "Memory" };
    let mut table = Table::new(["Part", "Bytes per parameter", unit, "Bytes"]);
    for part in &report.parts {
        table.push([
            part.kind.name().to_owned(),
            significant(part.bytes_per_param, 3),
            part.bytes.show(asked.units),
            format!("{:.0}", part.bytes.get()),
        ]);
    }
    let total = report.total();
    table.push([
        "Total".to_owned(),
        significant(report.bytes_per_param(), 3),
        total.show(asked.units),
        format!("{:.0}", total.get()),
    ]);
    let gpu = report.gpu_bytes();
    table.push([report.input.gpu.name.to_owned(), "–".to_owned(), gpu.show(asked.units), format!("{:.0}", gpu.get())]);
    table
}

fn summary(asked: &MemoryScenario, report: &Report) -> String {
    let parts: Vec<String> = report
        .parts
        .iter()
        .map(|part| format!("{} {}", part.kind.name().to_ascii_lowercase(), part.bytes.show(asked.units)))
        .collect();
    format!(
        "{} in {}: {}. That is {} bytes a parameter, {} × its FP32 weights.",
        capital(&model_words(asked)),
        report.input.precision.name,
        parts.join(", "),
        significant(report.bytes_per_param(), 3),
        answers::times(report.times_fp32_weights()),
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn sums(asked: &MemoryScenario, report: &Report) -> impl IntoView + use<> {
    let params = report.input.params;
    let row = |name: &'static str, product: String| {
        view! {
            <li class="sum">
                <span class="sum__name">{name}</span>
                <span class="sum__formula">{product}</span>
            </li>
        }
    };
    let mut rows: Vec<_> = report
        .parts
        .iter()
        .map(|part| row(part.kind.name(), answers::product(params, part.bytes_per_param, part.bytes, asked.units)))
        .collect();
    rows.push(row("Total", answers::product(params, report.bytes_per_param(), report.total(), asked.units)));
    rows.collect_view()
}
