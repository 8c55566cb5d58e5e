//! The memory of a training step, as phases: what is there all the time, and the largest of what comes and goes.
//!
//! A sum of everything that is ever allocated is no peak: activations are gone when the optimizer steps, and gradients are
//! not yet there when the forward pass ends. So per GPU
//!
//! `peak = persistent + max(end of forward, backward, optimizer step)`
//!
//! | | persistent | end of forward | backward | optimizer step |
//! |---|---|---|---|---|
//! | weights, master copy, state | yes | | | |
//! | gradients | with a buffer of their own, or several micro-batches | | they grow | all |
//! | activations | | all | they shrink | |
//! | the layer that is recomputed | | | yes | |
//! | logits and loss | | yes | | |
//! | gathered layers (ZeRO 3), a dequantized matrix (QLoRA) | | yes | yes | |
//! | buckets | | | of gradients | of weights |
//! | temporaries of the step | | | | yes |
//!
//! In the backward pass gradients grow in proportion as activations shrink, so its peak is at one of its ends, and the larger
//! is taken. Everything is worked out for each stage of a pipeline, and the report is of the most loaded GPU.
//!
//! Bytes are f64 by design: the largest numbers that are let in are 10⁹, at most eight of them are multiplied, and 10⁷² is far
//! from 10³⁰⁸. Below 2⁵³ bytes (9 PB) whole numbers are exact.
//!
//! Not for: the GPU's own overhead, gradients of activations within a layer, and what an allocator loses to fragments.

mod stage;

use super::activations::{ActivationModel, Activations, Recompute};
use super::adapters::{Lora, qlora_bytes};
use super::optimizers::Optimizer;
use super::sharding::{Parallel, ZeroLibrary};
use super::training::{PlanError, Recipe};
use crate::source::Source;
use crate::transformer::{Architecture, Tensors};
use crate::units::{Bytes, Params};

/// How a model is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingPlan {
    /// Which copies are kept.
    pub recipe: &'static Recipe,
    /// What keeps state.
    pub optimizer: &'static Optimizer,
    /// What is trained.
    pub tuning: Tuning,
    /// Sequences of a micro-batch on each data-parallel GPU, b.
    pub batch: u64,
    /// Tokens of a sequence, s.
    pub tokens: u64,
    /// Micro-batches of a step: gradient accumulation, and what fills a pipeline.
    pub micro_batches: u64,
    /// What is taken to be kept for the backward pass.
    pub activations: &'static ActivationModel,
    /// What of it is recomputed.
    pub recompute: Recompute,
    /// Whether there is dropout.
    pub dropout: bool,
    /// How the loss is computed.
    pub logits: Logits,
    /// How the optimizer steps.
    pub step: Step,
    /// How it is spread over GPUs.
    pub parallel: Parallel,
}

/// What is trained.
#[derive(Clone, Debug, PartialEq)]
pub enum Tuning {
    /// Every parameter.
    Full,
    /// Adapters beside a frozen model.
    Lora(Lora),
    /// Adapters beside a frozen model whose linear layers are NF4.
    Qlora(Lora),
}

/// How the loss is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logits {
    /// From the logits of all tokens at once.
    Whole,
    /// From so many tokens at a time.
    Chunked(u64),
}

/// How the optimizer goes through the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// In one kernel or one tensor after the other, without large temporaries.
    Fused,
    /// Over all tensors at once, with one FP32 temporary as large as the parameters: PyTorch's `foreach`, its default on CUDA.
    Foreach,
}

/// A moment of a training step at which memory may be at its peak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// All activations and the logits are there.
    EndOfForward,
    /// Activations go and gradients come.
    Backward,
    /// All gradients are there, and no activations.
    OptimizerStep,
}

impl Moment {
    /// The name to show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndOfForward => "end of forward",
            Self::Backward => "backward",
            Self::OptimizerStep => "optimizer step",
        }
    }
}

/// What memory is for while a model is trained. The order is the order in a stacked bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Share {
    /// Weights of what is trained.
    Weights,
    /// Weights that stay as they are.
    FrozenWeights,
    /// Gradients.
    Gradients,
    /// FP32 copies that updates are added to.
    MasterWeights,
    /// The optimizer's state.
    OptimizerState,
    /// Activations that layers keep.
    Activations,
    /// The layer that is being recomputed.
    RecomputedLayer,
    /// Activations outside of the layers.
    OutsideLayers,
    /// Logits and loss.
    Logits,
    /// Weights that ZeRO 3 has gathered, and their gradients.
    Gathered,
    /// The matrix that QLoRA has dequantized.
    Dequantized,
    /// Buckets that are sent or received.
    Buckets,
    /// Temporaries of the optimizer's step.
    StepTemporaries,
}

impl Share {
    /// The name to show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::FrozenWeights => "frozen weights",
            Self::Gradients => "gradients",
            Self::MasterWeights => "master weights",
            Self::OptimizerState => "optimizer state",
            Self::Activations => "activations",
            Self::RecomputedLayer => "the layer that is recomputed",
            Self::OutsideLayers => "activations outside of the layers",
            Self::Logits => "logits and loss",
            Self::Gathered => "gathered layers",
            Self::Dequantized => "dequantized matrix",
            Self::Buckets => "communication buckets",
            Self::StepTemporaries => "temporaries of the step",
        }
    }
}

/// One share of a GPU's memory.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingPart {
    /// What it is for.
    pub share: Share,
    /// How much it is.
    pub bytes: Bytes,
    /// The formula with the numbers put in.
    pub formula: String,
    /// Where the formula stands.
    pub source: Source,
}

/// What is there at one moment, the persistent parts first.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// When.
    pub moment: Moment,
    /// What there is; parts of zero bytes are left out.
    pub parts: Vec<TrainingPart>,
}

impl Phase {
    /// All parts together.
    #[must_use]
    pub fn total(&self) -> Bytes {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// One share, 0 if there is nothing of it at this moment.
    #[must_use]
    pub fn bytes(&self, share: Share) -> Bytes {
        self.parts.iter().filter(|part| part.share == share).map(|part| part.bytes).sum()
    }
}

/// What a training takes on its most loaded GPU.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingReport {
    /// Parts that are there all the time; each phase begins with them.
    pub persistent: Vec<TrainingPart>,
    /// The three moments, in their order.
    pub phases: Vec<Phase>,
    /// The stage of the pipeline that the most loaded GPU is on, from 0.
    pub stage: u64,
    /// GPUs in all.
    pub gpus: u64,
    /// Parameters of the model, without adapters.
    pub params: Params,
    /// Parameters that are trained.
    pub trained: Params,
    /// What the same GPU keeps in the CPU's memory.
    pub cpu_bytes: Bytes,
    /// What is taken for granted, as sentences.
    pub assumptions: Vec<String>,
}

impl TrainingReport {
    /// The phase that needs the most; of equals the first.
    #[must_use]
    pub fn peak(&self) -> &Phase {
        let mut peak = &self.phases[0];
        for phase in &self.phases[1..] {
            if phase.total() > peak.total() {
                peak = phase;
            }
        }
        peak
    }

    /// What the most loaded GPU needs at its peak.
    #[must_use]
    pub fn per_gpu(&self) -> Bytes {
        self.peak().total()
    }

    /// What is there all the time.
    #[must_use]
    pub fn persistent_bytes(&self) -> Bytes {
        self.persistent.iter().map(|part| part.bytes).sum()
    }
}

/// The most that batch and micro-batches may be; more is a typing error.
pub const MAX_BATCH: u64 = 1_000_000;
/// The most tokens of a sequence.
pub const MAX_TOKENS: u64 = 1_000_000_000;

/// Tensors that are kept with so many bytes per parameter.
struct Frozen {
    tensors: Tensors,
    bytes: f64,
}

/// The model as the plan has it.
struct Model<'a> {
    architecture: &'a Architecture,
    plan: &'a TrainingPlan,
    trained: Vec<Tensors>,
    frozen: Vec<Frozen>,
}

impl Model<'_> {
    fn activations(&self) -> Activations {
        let plan = self.plan;
        Activations {
            model: plan.activations,
            recompute: plan.recompute,
            dropout: plan.dropout,
            compute_bytes: plan.recipe.activation_bytes,
            tensor: plan.parallel.tensor,
            sequence: plan.parallel.sequence,
            batch: plan.batch,
            tokens: plan.tokens,
        }
    }
}

/// Works out what a training takes.
///
/// # Errors
/// A sentence that names the field and the reason, when a number is out of range, GPUs cannot share the model as they should,
/// or an adapter has no matrix to stand beside.
pub fn train(architecture: &Architecture, plan: &TrainingPlan) -> Result<TrainingReport, PlanError> {
    PlanError::unless_within("batch", plan.batch, 1, MAX_BATCH)?;
    PlanError::unless_within("tokens", plan.tokens, 1, MAX_TOKENS)?;
    PlanError::unless_within("micro_batches", plan.micro_batches, 1, MAX_BATCH)?;
    if let Logits::Chunked(tokens) = plan.logits {
        PlanError::unless_within("logits", tokens, 1, MAX_TOKENS)?;
    }
    if architecture.stacks.is_empty() {
        return Err(PlanError::new("model", "it has no layers"));
    }
    plan.parallel.check(architecture)?;

    let whole = architecture.tensors.iter().copied();
    let (trained, frozen): (Vec<Tensors>, Vec<Frozen>) = match &plan.tuning {
        Tuning::Full => (whole.collect(), Vec::new()),
        Tuning::Lora(lora) => {
            let bytes = plan.recipe.weight_bytes;
            (lora.tensors(architecture)?, whole.map(|tensors| Frozen { tensors, bytes }).collect())
        }
        Tuning::Qlora(lora) => {
            let quantized = |tensors: Tensors| Frozen { bytes: qlora_bytes(&tensors), tensors };
            (lora.tensors(architecture)?, whole.map(quantized).collect())
        }
    };
    let trained_params: u128 = trained.iter().map(Tensors::params).sum();
    let model = Model { architecture, plan, trained, frozen };

    let mut heaviest: Option<stage::Load> = None;
    for stage in 0..plan.parallel.pipeline {
        let load = stage::load(&model, stage);
        if heaviest.as_ref().is_none_or(|found| load.peak() > found.peak()) {
            heaviest = Some(load);
        }
    }
    let Some(load) = heaviest else { return Err(PlanError::new("pipeline", "it has no stages")) };
    Ok(TrainingReport {
        persistent: load.persistent,
        phases: load.phases,
        stage: load.stage,
        gpus: plan.parallel.gpus(),
        params: Params(architecture.params() as f64),
        trained: Params(trained_params as f64),
        cpu_bytes: load.cpu_bytes,
        assumptions: assumptions(architecture, plan),
    })
}

fn assumptions(architecture: &Architecture, plan: &TrainingPlan) -> Vec<String> {
    let mut found = vec![
        "The GPU's own overhead, gradients of activations within a layer and fragments of the allocator come on top."
            .to_owned(),
        "It is a step after the first: the optimizer's state is there already.".to_owned(),
    ];
    if architecture.context.is_some_and(|context| plan.tokens > context) {
        found.push(format!(
            "{} tokens are more than the {} that the model's config allows for.",
            plan.tokens,
            architecture.context.unwrap_or_default()
        ));
    }
    if plan.recipe.activation_bytes < 4.0 {
        found.push("Activations are counted in 16 bits, also where matrix products run in FP8.".to_owned());
    }
    if matches!(plan.tuning, Tuning::Lora(_) | Tuning::Qlora(_)) {
        found.push(
            "Activations are as many as in full fine-tuning: gradients of adapters pass through every layer."
                .to_owned(),
        );
    }
    if plan.parallel.library == ZeroLibrary::Formula && plan.parallel.zero == super::sharding::Zero::Full {
        found.push("ZeRO's formula alone: the layers that are gathered and the buckets come on top.".to_owned());
    }
    if plan.parallel.expert > 1 || architecture.stacks.len() > 1 {
        found.push("Routers are balanced, and layers of one kind follow each other.".to_owned());
    }
    found
}

#[cfg(test)]
mod tests;
