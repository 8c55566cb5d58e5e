//! The cheapest change that fits.

use super::activations::Recompute;
use super::adapters::{Lora, target_preset};
use super::cache::{CACHE_FORMATS, CacheFormat};
use super::inverse::{gpus_needed, max_batch, max_context, smallest_gpu};
use super::phases::{Logits, TrainingPlan, Tuning};
use super::recipe::{self, Recipe};
use super::report::{PartKind, Report};
use super::training::{self, ACTIVATION_BYTES_PER_PARAM};
use super::{Input, Model, Optimizer, Running, Task, estimate, optimizer};
use crate::catalog::Gpu;
use crate::units::Bytes;

/// One thing done differently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Alteration {
    /// By the cheat sheet: a smaller batch or shorter texts, so that activations take at most this many bytes per parameter,
    /// rounded down to half bytes.
    Activations(f64),
    /// Shorter sequences.
    Context(u64),
    /// Fewer sequences.
    Batch(u64),
    /// The loss in pieces.
    Chunked,
    /// Activations are computed again.
    Recompute(Recompute),
    /// A narrower KV cache.
    Cache(&'static CacheFormat),
    /// An optimizer that remembers less.
    Optimizer(&'static Optimizer),
    /// Another format for the weights; in training, that with the way of training that goes with it.
    Weights(&'static str, &'static str),
    /// Adapters beside frozen weights.
    Lora,
    /// Adapters beside frozen weights of four bits.
    Qlora,
    /// Another GPU.
    Gpu(&'static Gpu),
    /// More of the same GPU: sharing matrices to run, sharing all that copies keep to train, evenly by the cheat sheet.
    Gpus(u64),
    /// Run the model as it is instead of training it.
    RunInstead,
}

impl Alteration {
    /// How much it takes away from what was wanted, or costs; the order of [`changes`].
    const fn rank(self) -> u8 {
        match self {
            Self::Activations(_) => 0,
            Self::Chunked => 1,
            Self::Recompute(_) => 2,
            Self::Cache(_) => 3,
            Self::Batch(_) => 4,
            Self::Optimizer(_) => 5,
            Self::Weights(..) => 6,
            Self::Context(_) => 7,
            Self::Lora => 8,
            Self::Qlora => 9,
            Self::Gpu(_) => 10,
            Self::Gpus(_) => 11,
            Self::RunInstead => 12,
        }
    }
}

/// A suggestion: what to do differently, and what comes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is done differently.
    pub alteration: Alteration,
    /// What the most loaded GPU then needs; by the cheat sheet on several GPUs, what they need together.
    pub total: Bytes,
    /// How much less that is on each GPU.
    pub saves: Bytes,
    /// Whether it then fits.
    pub fits: bool,
}

/// What could be changed about an input that does not fit, or that has no answer because its format is not trained.
///
/// Changes that fit come first, and then the one that takes the least from what was wanted. Changes that would not need
/// less are left out. The list is empty if the input fits as it is, and if its numbers are out of range.
#[must_use]
pub fn changes(input: &Input) -> Vec<Change> {
    let Ok(now) = estimate(input) else { return Vec::new() };
    if now.fits() {
        return Vec::new();
    }
    let mut found: Vec<Change> = Vec::new();
    let mut consider = |alteration: Alteration, changed: Option<Input>| {
        let Some(Ok(report)) = changed.as_ref().map(estimate) else { return };
        if report.total() < now.total() {
            let saves = now.total() - report.total();
            found.push(Change { alteration, total: report.total(), saves, fits: report.fits() });
        }
    };
    let with = |task: Task| Some(Input { task, ..input.clone() });
    match &input.task {
        Task::Run(running) => {
            for id in ["bf16", "int8-linear", "q8_0", "nf4-dq", "q4_k_m"] {
                consider_weights(input, id, &mut consider);
            }
            for cache_format in CACHE_FORMATS.iter().filter(|row| running.engine.cache_formats.contains(&row.id)) {
                let task = Task::Run(Running { cache_format, ..*running });
                consider(Alteration::Cache(cache_format), with(task));
            }
        }
        Task::TrainBySheet { recipe, optimizer, .. } => {
            if let Some(bytes) = fewer_activations(&now) {
                let task = Task::TrainBySheet { recipe, optimizer, activation_bytes_per_param: bytes };
                consider(Alteration::Activations(bytes), with(task));
            }
        }
        Task::Train(plan) => {
            for (alteration, plan) in cheaper_plans(plan, &input.model) {
                consider(alteration, with(Task::Train(Box::new(plan))));
            }
        }
    }
    let tokens = max_context(input).map(|tokens| if tokens >= 1024 { tokens / 1024 * 1024 } else { tokens });
    if let Some(tokens) = tokens {
        consider(Alteration::Context(tokens), input.with_context(tokens));
    }
    if let Some(batch) = max_batch(input) {
        consider(Alteration::Batch(batch), input.with_batch(batch));
    }
    if let Some(gpu) = smallest_gpu(input) {
        found.push(Change { alteration: Alteration::Gpu(gpu), total: now.total(), saves: Bytes(0.0), fits: true });
    }
    if let Some(gpus) = gpus_needed(&now) {
        let spread = input.with_gpus(gpus).and_then(|input| estimate(&input).ok());
        let total = spread.map_or(now.total(), |report| report.total());
        found.push(Change { alteration: Alteration::Gpus(gpus), total, saves: now.total() - total, fits: true });
    }
    in_order(found)
}

fn consider_weights(input: &Input, id: &'static str, consider: &mut impl FnMut(Alteration, Option<Input>)) {
    if let Some(weights) = recipe::recipe(id).filter(|weights: &Recipe| weights.id != input.weights.id) {
        consider(Alteration::Weights(weights.id, weights.name), Some(Input { weights, ..input.clone() }));
    }
}

/// Plans that train the same with less, or less of it.
fn cheaper_plans(plan: &TrainingPlan, model: &Model) -> Vec<(Alteration, TrainingPlan)> {
    let mut plans = Vec::new();
    let mut add = |alteration, plan| plans.push((alteration, plan));
    if plan.logits == Logits::Whole {
        add(Alteration::Chunked, TrainingPlan { logits: Logits::Chunked(1024), ..plan.clone() });
    }
    for recompute in [Recompute::Selective, Recompute::Full] {
        if plan.recompute != recompute && plan.recompute != Recompute::Full {
            add(Alteration::Recompute(recompute), TrainingPlan { recompute, ..plan.clone() });
        }
    }
    for id in ["adam-8bit", "adafactor"] {
        if let Some(optimizer) = optimizer(id).filter(|row| row.id != plan.optimizer.id) {
            add(Alteration::Optimizer(optimizer), TrainingPlan { optimizer, ..plan.clone() });
        }
    }
    if plan.recipe.id == "fp32"
        && let Some(recipe) = training::recipe("mixed")
    {
        add(Alteration::Weights("bf16", recipe.name), TrainingPlan { recipe, ..plan.clone() });
    }
    if let (Tuning::Full, Model::Known(architecture)) = (&plan.tuning, model) {
        let targets = target_preset("all-linear").map(|row| row.targets(architecture)).unwrap_or_default();
        let lora = Lora { rank: 16, targets };
        let recipe = training::recipe("mixed").unwrap_or(plan.recipe);
        add(Alteration::Lora, TrainingPlan { recipe, tuning: Tuning::Lora(lora.clone()), ..plan.clone() });
        add(Alteration::Qlora, TrainingPlan { recipe, tuning: Tuning::Qlora(lora), ..plan.clone() });
    } else if let Tuning::Lora(lora) = &plan.tuning {
        add(Alteration::Qlora, TrainingPlan { tuning: Tuning::Qlora(lora.clone()), ..plan.clone() });
    }
    plans
}

/// What fits first, then what takes the least away.
fn in_order(found: Vec<Change>) -> Vec<Change> {
    let mut ordered: Vec<Change> = Vec::with_capacity(found.len());
    for change in found {
        let key = |change: &Change| (!change.fits, change.alteration.rank());
        ordered.insert(ordered.partition_point(|other| key(other) <= key(&change)), change);
    }
    ordered
}

/// By the cheat sheet, the most activations that fit beside the other parts, if fewer would do.
fn fewer_activations(now: &Report) -> Option<f64> {
    const STEP: f64 = 0.5;
    let fixed = now.total() - now.bytes(PartKind::Activations);
    let room = (now.room() - fixed).get() / now.params.get();
    let bytes_per_param = (room / STEP).floor() * STEP;
    ACTIVATION_BYTES_PER_PARAM.contains(&bytes_per_param).then_some(bytes_per_param)
}

/// The same question, but to run the model: offered to those who wanted to train it.
#[must_use]
pub fn run_instead(input: &Input, running: Running) -> Option<Change> {
    let changed = Input { task: Task::Run(running), ..input.clone() };
    let report = estimate(&changed).ok()?;
    let saves = estimate(input).map_or(Bytes(0.0), |now| now.total() - report.total());
    Some(Change { alteration: Alteration::RunInstead, total: report.total(), saves, fits: report.fits() })
}
