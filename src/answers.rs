//! A report in one sentence: the takeaway that stands over each picture, and the answers of the start page.

use crate::formats::anatomy::{self, Outcome};
use crate::memory::{self, Verdict};
use crate::quantize;
use crate::scaling;
use crate::scenario::memory::{Size, Task};
use crate::scenario::number;
use crate::scenario::{self, FormatsScenario, MemoryScenario, QuantizeScenario};
use crate::units::{short_count, shortest, significant};

/// [`memory()`] of the default question, which the start page shows without asking; a test keeps it true.
pub const DEFAULT_MEMORY: &str = "Training Llama 3.1 8B takes 193 GB: 2.24 × one A100 80GB SXM4";

/// [`scaling()`] of the default question.
pub const DEFAULT_SCALING: &str = "5.76 × 10²³ FLOP go furthest with 72.2B parameters and 1.33T tokens";

/// [`quantize()`] of the default question.
pub const DEFAULT_QUANTIZE: &str = "INT8 takes 25 % of the memory and keeps 39.8 dB of signal over its error";

/// [`formats`] of the default question.
pub const DEFAULT_FORMATS: &str = "pi is 3.1415927 in FP32, 3.140625 in BF16, 3.140625 in FP16 and 3 in INT8";

/// What the Weights lab answers while no file is open.
pub const DEFAULT_WEIGHTS: &str =
    "Open a checkpoint of any size: every tensor in every format, and nothing leaves your computer";

/// The model as it is called in a sentence: its name, or its size.
#[must_use]
pub fn model_name(size: &Size) -> String {
    match size {
        Size::Model(model) => model.name.to_owned(),
        Size::Config(fields) => match fields.iter().find(|field| field.0 == "model_type") {
            Some((_, model_type)) => format!("your {model_type} model"),
            None => "your model".to_owned(),
        },
        Size::Params(params) => format!("a model of {params} parameters"),
    }
}

/// `Training Llama 3.1 8B takes 193 GB: 2.24 × one A100 80GB SXM4`
#[must_use]
pub fn memory(scenario: &MemoryScenario, report: &memory::Report) -> String {
    let doing = match scenario.task {
        Task::Run => "Running",
        Task::Train => "Training",
        Task::Lora => "LoRA of",
        Task::Qlora => "QLoRA of",
    };
    let total = report.total().show(scenario.units);
    let gpu = report.input.gpu.name;
    let each =
        if report.gpus > 1 { format!(" on each of {} GPUs", short_count(report.gpus as f64)) } else { String::new() };
    let share = match report.verdict() {
        Verdict::Over => format!("{} × one {gpu}", times(report.total() / report.room())),
        Verdict::Tight => format!("it only just fits one {gpu}"),
        Verdict::Fits => format!("it fits one {gpu}"),
    };
    format!("{doing} {} takes {total}{each}: {share}", model_name(&scenario.size))
}

/// `pi is 3.1415927 in FP32, 3.140625 in BF16, 3.140625 in FP16 and 3 in INT8`
#[must_use]
pub fn formats(scenario: &FormatsScenario, report: &scenario::formats::Report) -> String {
    let in_each: Vec<String> = scenario
        .rows()
        .iter()
        .zip(&report.formats)
        .map(|(row, anatomy)| match anatomy.kind {
            Outcome::NoCode => format!("nothing in {}", row.name),
            // In as few digits as tell it apart it might read like the number itself.
            _ if anatomy.error_abs > 0.0 && number::parse(&anatomy::shown(row, anatomy.value)) == Some(report.x) => {
                format!("{} in {}", shortest(anatomy.value), row.name)
            }
            _ => format!("{} in {}", anatomy::shown(row, anatomy.value), row.name),
        })
        .collect();
    let (last, others) = match in_each.split_last() {
        Some((last, others)) if !others.is_empty() => (last.clone(), format!("{} and ", others.join(", "))),
        Some((last, _)) => (last.clone(), String::new()),
        None => return String::new(),
    };
    let x: String = scenario.x.trim().chars().take(24).collect();
    format!("{x} is {others}{last}")
}

/// `5.76 × 10²³ FLOP go furthest with 72.2B parameters and 1.33T tokens`
#[must_use]
pub fn scaling(run: &scaling::Solution) -> String {
    let (compute, params, tokens) = (run.compute, run.params, run.tokens);
    if run.optimal {
        format!("{compute} go furthest with {params} parameters and {tokens}")
    } else {
        format!("{compute} train a model of {params} parameters on {tokens}")
    }
}

/// `INT8 takes 25 % of the memory and keeps 40.3 dB of signal over its error`
#[must_use]
pub fn quantize(scenario: &QuantizeScenario, report: &quantize::Report) -> String {
    let share = 100.0 * report.bytes_after as f64 / report.bytes_before as f64;
    let name = scenario.format.name;
    if report.is_all_overflow() {
        return format!("Every number overflows {name}: there is nothing to measure");
    }
    match report.sqnr_db {
        Some(db) => {
            format!(
                "{name} takes {} % of the memory and keeps {db:.1} dB of signal over its error",
                significant(share, 3)
            )
        }
        None if report.mse == 0.0 => {
            format!("{name} takes {} % of the memory and keeps these values exactly", significant(share, 3))
        }
        None => format!("{name} takes {} % of the memory and keeps nothing of these values", significant(share, 3)),
    }
}

/// Two or three digits of a factor: `2.24`, `12.5`, `1 234`.
#[must_use]
pub fn times(factor: f64) -> String {
    if factor < 1e4 { significant(factor, 3) } else { short_count(factor) }
}
