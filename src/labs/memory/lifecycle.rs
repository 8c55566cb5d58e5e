//! One model from use to training: what each way of having it takes, and when it is the right one.

use super::pictures::{capacity, pieces};
use super::words::count;
use crate::answers;
use crate::charts::bars::{Bars, Row};
use crate::charts::{AnyPicture, TickFormat};
use crate::labs::{FigureData, Table};
use crate::memory::inverse::gpus_needed;
use crate::memory::{Report, estimate};
use crate::scaling::budget::gpu_hours;
use crate::scenario::MemoryScenario;
use crate::scenario::memory::{Activations, Task};
use crate::scenario::permalink::split_query;
use crate::units::{Flop, short_count, significant};

/// The part of a GPU's peak that training reaches: 0.3 to 0.5 where it runs well.
const UTILISATION: f64 = 0.4;
/// Hoffmann et al. 2022: about so many tokens for each parameter, from scratch.
const TOKENS_PER_PARAM: f64 = 20.0;

/// A way of having a model.
struct Way {
    name: &'static str,
    task: Task,
    /// FLOP for each parameter that a token goes through and each token; 0 where nothing is trained.
    flop: f64,
    from_scratch: bool,
    when: &'static str,
}

const WAYS: [Way; 5] = [
    Way {
        name: "Run it",
        task: Task::Run,
        flop: 0.0,
        from_scratch: false,
        when: "Always first: a pre-trained model, with a better prompt, may do already.",
    },
    Way {
        name: "QLoRA",
        task: Task::Qlora,
        // Forward 2, gradients of activations 2; none of the frozen weights.
        flop: 4.0,
        from_scratch: false,
        when: "It should learn a style or a task, and there is one small GPU.",
    },
    Way {
        name: "LoRA",
        task: Task::Lora,
        flop: 4.0,
        from_scratch: false,
        when: "The same, with memory for the weights in 16 bits: faster, and nothing is rounded.",
    },
    Way {
        name: "Fine-tune all of it",
        task: Task::Train,
        flop: 6.0,
        from_scratch: false,
        when: "Much data of one's own, and adapters have been tried and fall short.",
    },
    Way {
        name: "Train from scratch",
        task: Task::Train,
        flop: 6.0,
        from_scratch: true,
        when: "Only if the data are extremely specific: their words and structure are in no pre-trained model.",
    },
];

/// Each way with its report; ways that have none are left out.
fn reports(asked: &MemoryScenario) -> Vec<(&'static Way, Report)> {
    let one_gpu = MemoryScenario {
        data: 1,
        tensor: 1,
        pipeline: 1,
        expert: 1,
        zero: 0,
        offload: false,
        recipe: None,
        precision: "bf16",
        activations: Activations::Model(asked.activation_model()),
        ..asked.clone()
    };
    let report = |way: &'static Way| {
        let input = MemoryScenario { task: way.task, ..one_gpu.clone() }.input().ok()?;
        Some((way, estimate(&input).ok()?))
    };
    WAYS.iter().filter_map(report).collect()
}

/// The ways side by side; nothing of a model of which only the size is known.
pub fn figure(asked: &MemoryScenario) -> Option<FigureData> {
    if !asked.has_architecture() {
        return None;
    }
    let reports = reports(asked);
    let (_, first) = reports.first()?;
    let mut table =
        Table::new(["Way", "Memory of a GPU", "GPUs needed", "Tokens", "GPU-hours", "Cost", "When it is right"]);
    let mut rows = Vec::new();
    for (way, report) in &reports {
        let tokens = if way.from_scratch { TOKENS_PER_PARAM * report.params.get() } else { asked.tokens };
        let active = report.of_params.map_or(report.params, |of| of.0);
        let hours = asked
            .gpu
            .training_peak()
            .map(|(peak, _)| gpu_hours(Flop(way.flop * active.get() * tokens), peak, UTILISATION));
        let hours = hours.filter(|_| way.flop > 0.0);
        let dash = || "–".to_owned();
        let cost = hours.filter(|_| asked.price > 0.0).map(|hours| short_count(hours * asked.price));
        table.push([
            way.name.to_owned(),
            report.total().show(asked.units),
            gpus_needed(report).map_or_else(dash, count),
            if way.flop > 0.0 { short_count(tokens) } else { dash() },
            hours.map_or_else(dash, |hours| if hours < 1000.0 { significant(hours, 2) } else { short_count(hours) }),
            cost.unwrap_or_else(dash),
            way.when.to_owned(),
        ]);
        rows.push(Row {
            label: way.name.to_owned(),
            parts: pieces(asked, &report.parts),
            total_text: report.total().show(asked.units),
            capacity: None,
            emphasis: way.task == asked.task && !way.from_scratch,
        });
    }
    let price = if asked.price > 0.0 {
        format!("at your price of {} for a GPU-hour", significant(asked.price, 4))
    } else {
        "without a price of yours there is no cost".to_owned()
    };
    Some(FigureData {
        title: "From using it to training it: each way on one GPU".to_owned(),
        summary: format!(
            "16-bit, {} tokens at a time. Hours are 4 (adapters) or 6 FLOP for each parameter and token at {} % of the peak, \
             for {} tokens of your own, or 20 for each parameter from scratch; {price}. The table says when each is right.",
            short_count(f64::from(asked.context) * f64::from(asked.batch)),
            significant(100.0 * UTILISATION, 2),
            short_count(asked.tokens),
        ),
        picture: AnyPicture::Bars(Bars {
            rows,
            capacity: Some(capacity(asked, first)),
            format: TickFormat::Bytes(asked.units),
        }),
        table,
    })
}

/// Other settings beside this one; nothing without any.
pub fn beside(asked: &MemoryScenario, report: &Report) -> Option<FigureData> {
    if asked.beside.is_empty() {
        return None;
    }
    let mut table = Table::new(["Setting", "Memory of a GPU", "Bytes", "GPU", "GPUs", "Fits"]);
    let mut rows = Vec::new();
    let mut add = |asked: &MemoryScenario, report: &Report, emphasis| {
        let total = report.total();
        table.push([
            name(asked),
            total.show(asked.units),
            format!("{:.0}", total.get()),
            report.input.gpu.name.to_owned(),
            count(report.gpus),
            if report.fits() { "yes" } else { "no" }.to_owned(),
        ]);
        rows.push(Row {
            label: name(asked),
            parts: pieces(asked, &report.parts),
            total_text: total.show(asked.units),
            capacity: Some(report.room().get()),
            emphasis,
        });
    };
    add(asked, report, true);
    for other in &asked.beside {
        let other = MemoryScenario { units: asked.units, ..MemoryScenario::from_keys(&split_query(other)) };
        if let Ok(report) = super::report(&other) {
            add(&other, &report, false);
        }
    }
    Some(FigureData {
        title: "This setting beside the others".to_owned(),
        summary: "What the most loaded GPU needs with each, against what its GPU has.".to_owned(),
        picture: AnyPicture::Bars(Bars { rows, capacity: None, format: TickFormat::Bytes(asked.units) }),
        table,
    })
}

/// A setting in a few words.
fn name(asked: &MemoryScenario) -> String {
    let task = Task::ALL.iter().find(|row| row.0 == asked.task).map_or("", |row| row.2);
    let format = match asked.task {
        Task::Qlora => "NF4",
        _ => crate::memory::recipe(asked.precision).map_or(asked.precision, |row| row.name),
    };
    format!("{task}: {}, {format}, {}", answers::model_name(&asked.size), asked.gpu.name)
}

/// The moments of a training step side by side; nothing of what has none.
pub fn moments(asked: &MemoryScenario, report: &Report) -> Option<FigureData> {
    let peak = report.peak()?;
    let mut table = Table::new(["Moment", "Part", "Memory", "Bytes"]);
    let mut rows = Vec::new();
    for moment in &report.moments {
        for part in &moment.parts {
            let bytes = format!("{:.0}", part.bytes.get());
            table.push([moment.name.to_owned(), part.name.to_owned(), part.bytes.show(asked.units), bytes]);
        }
        rows.push(Row {
            label: super::words::capital(moment.name),
            parts: pieces(asked, &moment.parts),
            total_text: moment.total().show(asked.units),
            capacity: None,
            emphasis: moment.name == peak.name,
        });
    }
    Some(FigureData {
        title: format!("The peak is at the {}", peak.name),
        summary: "What there is at three moments of a training step. A sum of all that is ever there would be too much: \
                  activations are gone when the optimizer steps, and gradients are not there yet when the forward pass ends."
            .to_owned(),
        picture: AnyPicture::Bars(Bars { rows, capacity: Some(capacity(asked, report)), format: TickFormat::Bytes(asked.units) }),
        table,
    })
}
