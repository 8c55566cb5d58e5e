//! The Memory lab: does it fit?

use super::model_words;
use crate::answers;
use crate::charts::{AnyPicture, Capacity, Part, Role, StackedBar, TickFormat};
use crate::labs::memory::controls;
use crate::labs::{FigureData, Table};
use crate::memory::{Alteration, Change, PartKind, Report, Verdict, changes};
use crate::scenario::MemoryScenario;
use crate::scenario::memory::{KEYS, Size};
use crate::source::Source;
use crate::ui::components::{Button, Figure, Problem, ReportActions, Sources, figure_data, source_list};
use crate::ui::dynamic::{condition, dynamic, text, when};
use crate::ui::form::form;
use crate::ui::state::State;
use crate::units::{ByteUnits, short_count, significant};
use leptos::prelude::*;

/// The Memory lab.
#[component]
pub fn MemoryLab() -> impl IntoView {
    let state = expect_context::<State>();
    let answer = state.memory_answer;
    let data =
        figure_data(move || answer.with(|answer| answer.good.as_ref().map(|(asked, report)| figure(asked, report))));
    let problem = text(move || answer.with(|answer| answer.problem.clone()));
    let keeps_last = condition(move || answer.with(|answer| answer.good.is_some()));
    let sources = dynamic(move || {
        let mut sources: Vec<Source> = answer.with(|answer| match &answer.good {
            Some((_, report)) => report.parts.iter().map(|part| part.source).collect(),
            None => Vec::new(),
        });
        state.memory.with(|scenario| {
            if let Size::Model(model) = scenario.size {
                sources.push(model.source);
            }
            sources.push(scenario.gpu.source);
        });
        source_list(sources)
    });
    let sums = dynamic(move || {
        answer.with(|answer| answer.good.as_ref().map(|(asked, report)| sums(asked, report))).into_any()
    });
    let assumptions = dynamic(move || {
        let texts = answer.with(|answer| answer.good.as_ref().map(|(_, report)| report.assumptions.clone()));
        texts.unwrap_or_default().into_iter().map(|text| view! { <li>{text}</li> }).collect_view().into_any()
    });
    view! {
        <div class="lab">
            <section class="lab__choose" aria-label="Choose">
                <h1 class="lab__name">"Memory: does it fit?"</h1>
                {form(state.memory, KEYS, controls)}
            </section>
            <section class="lab__see" aria-label="See">
                <Problem problem keeps_last/>
                {dynamic(move || answer.with(|answer| answer.good.as_ref().map(|(asked, report)| verdict(asked, report))).into_any())}
                {when(move || keeps_last.get(), move || view! { <Figure id="memory-chart" height=150.0 data/> }.into_any())}
                <Changes/>
                <ReportActions/>
            </section>
            <section class="lab__understand" aria-label="Understand">
                <h2 class="lab__heading">"Why this number"</h2>
                <ul class="sums">{sums}</ul>
                <p class="note">
                    "The cheat sheet’s sum: 4 bytes for a parameter in FP32, and in training 4 for its gradient, 8 for Adam’s two states, and up to 8 for activations and temporaries: 12 to 20 bytes more, 16 to 24 GB per billion parameters."
                </p>
                <details class="more">
                    <summary>"Assumptions"</summary>
                    <ul>{assumptions}</ul>
                </details>
                <Sources list=sources/>
            </section>
        </div>
    }
}

/// The verdict, by icon, word and place; colour comes third.
fn verdict(asked: &MemoryScenario, report: &Report) -> AnyView {
    let (class, icon, word) = match report.verdict() {
        Verdict::Fits => ("verdict verdict--fits", "✓", "Fits"),
        Verdict::Tight => ("verdict verdict--tight", "!", "Tight"),
        Verdict::Over => ("verdict verdict--over", "✕", "Does not fit"),
    };
    let share = format!("{} of {}", report.total().show(asked.units), report.gpu_bytes().show(asked.units));
    let needs = match report.gpus_needed() {
        1 => String::new(),
        n => format!("needs {} such GPUs", short_count(n as f64)),
    };
    view! {
        <p class=class id="memory-verdict" role="status">
            <span class="verdict__icon" aria-hidden="true">{icon}</span>
            <strong class="verdict__word">{word}</strong>
            <span>{share}</span>
            <span>{needs}</span>
        </p>
    }
    .into_any()
}

/// The smallest changes that fit, each a button that makes it.
#[component]
fn Changes() -> impl IntoView {
    let scenario = expect_context::<State>().memory;
    dynamic(move || {
        let asked = scenario.get();
        let mut found = changes(&asked.input());
        found.retain(|change| change.fits);
        if found.is_empty() {
            return ().into_any();
        }
        let items = found.into_iter().map(|change| {
            let text = describe(&change, asked.units);
            let inner = view! {
                <span aria-hidden="true">"✓ "</span>
                {text}
            };
            if matches!(change.alteration, Alteration::Gpus(_)) {
                return view! { <li class="change">{inner}</li> }.into_any();
            }
            let press = Callback::new(move |()| scenario.update(|scenario| apply(scenario, &change)));
            view! { <li><Button press>{inner}</Button></li> }.into_any()
        });
        let items = items.collect_view();
        view! {
            <div class="changes">
                <h2 class="changes__title">"Smallest change that fits"</h2>
                <ul class="changes__list" id="memory-changes">{items}</ul>
            </div>
        }
        .into_any()
    })
}

fn apply(scenario: &mut MemoryScenario, change: &Change) {
    match change.alteration {
        Alteration::Activations { bytes_per_param } => scenario.activations = bytes_per_param,
        Alteration::Precision(precision) => scenario.precision = precision,
        Alteration::Gpu(gpu) => scenario.gpu = gpu,
        Alteration::RunInstead => scenario.train = false,
        // The page asks about one GPU; how many are needed is an answer, not an input.
        Alteration::Gpus(_) => {}
    }
}

fn describe(change: &Change, units: ByteUnits) -> String {
    let total = change.total.show(units);
    match change.alteration {
        Alteration::Activations { bytes_per_param } => {
            format!("Smaller batch: {} B of activations → {total}", significant(bytes_per_param, 2))
        }
        Alteration::Precision(precision) => format!("{} weights → {total}", precision.name),
        Alteration::Gpu(gpu) => format!("{}: {}", gpu.name, gpu.memory().show(units)),
        Alteration::Gpus(n) => format!("{} × {}", short_count(n as f64), change.input.gpu.name),
        Alteration::RunInstead => format!("Run it instead of training → {total}"),
    }
}

fn role(kind: PartKind) -> Role {
    match kind {
        PartKind::Weights => Role::Weights,
        PartKind::Gradients => Role::Gradients,
        PartKind::Optimizer => Role::Optimizer,
        PartKind::Activations => Role::Activations,
    }
}

fn figure(asked: &MemoryScenario, report: &Report) -> FigureData {
    FigureData {
        title: answers::memory(asked, report),
        summary: summary(asked, report),
        picture: AnyPicture::StackedBar(bar(asked, report)),
        table: table(asked, report),
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

fn sums(asked: &MemoryScenario, report: &Report) -> AnyView {
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
    rows.collect_view().into_any()
}
