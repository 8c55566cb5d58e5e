//! The answer: parts, their total, and how it compares with the GPU.

use super::cache::CacheReport;
use super::recipe::ComponentWeights;
use super::speed::{Decode, Prefill};
use super::{Input, Task};
use crate::source::Source;
use crate::units::{Bytes, Params};
use serde::Serialize;

/// What a share of the memory is for. The order is the order in the stacked bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// The weights that the passes use, adapters included.
    Weights,
    /// One gradient for every weight that is trained.
    Gradients,
    /// The optimizer's state, and the FP32 master copy where there is one.
    Optimizer,
    /// Activations and temporaries.
    Activations,
    /// Logits, and what the loss makes of them.
    Logits,
    /// Key and value of every token.
    KvCache,
    /// What passes between GPUs, and what is only there while it is used.
    Buffers,
    /// What the GPU needs before it holds anything.
    Overhead,
}

impl PartKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Weights,
        Self::Gradients,
        Self::Optimizer,
        Self::Activations,
        Self::Logits,
        Self::KvCache,
        Self::Buffers,
        Self::Overhead,
    ];

    /// The name to show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Gradients => "gradients",
            Self::Optimizer => "optimizer",
            Self::Activations => "activations and temporaries",
            Self::Logits => "logits",
            Self::KvCache => "KV cache",
            Self::Buffers => "buffers",
            Self::Overhead => "runtime overhead",
        }
    }
}

/// One share of the memory of a GPU.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What it is for.
    pub kind: PartKind,
    /// What it is called, where the kind has several.
    pub name: &'static str,
    /// How much it is.
    pub bytes: Bytes,
    /// The product that it comes of, with the numbers put in, without the result.
    pub formula: String,
    /// Where the formula stands.
    pub source: Source,
}

/// A moment of a training step.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// When.
    pub name: &'static str,
    /// What there is then.
    pub parts: Vec<Part>,
}

impl Moment {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Bytes {
        self.parts.iter().map(|part| part.bytes).sum()
    }
}

/// How the total compares with one GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It fits, with more than a tenth to spare.
    Fits,
    /// It fits, but a tenth or less is left for what this sum leaves out.
    Tight,
    /// It is larger than one GPU.
    Over,
}

/// The memory that one [`Input`] needs. It serializes as [`Numbers`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Numbers")]
pub struct Report {
    /// What was asked.
    pub input: Input,
    /// Parameters of the model.
    pub params: Params,
    /// Of these, what one token goes through, and what embeds the input; nothing if only the number is known.
    pub of_params: Option<(Params, Params)>,
    /// Parameters that are trained.
    pub trained: Params,
    /// The shares of the most loaded GPU at its peak, in the order of the stacked bar.
    pub parts: Vec<Part>,
    /// The moments of a training step, if that is what it is.
    pub moments: Vec<Moment>,
    /// GPUs that the plan spreads the model over.
    pub gpus: u64,
    /// The weights by component.
    pub weights: Vec<ComponentWeights>,
    /// The KV cache, where there is one.
    pub cache: Option<CacheReport>,
    /// How fast it can be.
    pub speed: (Option<Decode>, Option<Prefill>),
    /// What the computer's own memory holds for each GPU.
    pub cpu: Bytes,
    /// What the sum takes for granted, as sentences.
    pub assumptions: Vec<String>,
}

impl Report {
    /// The bytes of one kind of part: 0 where the task does not need it.
    #[must_use]
    pub fn bytes(&self, kind: PartKind) -> Bytes {
        of_kind(&self.parts, kind)
    }

    /// The most bytes of one kind at any moment. Not all of them are there at the peak.
    #[must_use]
    pub fn most(&self, kind: PartKind) -> Bytes {
        let moments = self.moments.iter().map(|moment| of_kind(&moment.parts, kind).get());
        Bytes(moments.fold(self.bytes(kind).get(), f64::max))
    }

    /// What the most loaded GPU needs.
    #[must_use]
    pub fn total(&self) -> Bytes {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// What all GPUs of the plan need, each as much as the most loaded one.
    #[must_use]
    pub fn total_of_all(&self) -> Bytes {
        self.total() * self.gpus as f64
    }

    /// Bytes per parameter, all parts together.
    #[must_use]
    pub fn bytes_per_param(&self) -> f64 {
        self.total().get() / self.params.get()
    }

    /// How many times the FP32 weights (4 bytes per parameter) the total is: the cheat sheet's "4 to 6 times".
    #[must_use]
    pub fn times_fp32_weights(&self) -> f64 {
        self.bytes_per_param() / 4.0
    }

    /// What one GPU holds.
    #[must_use]
    pub fn gpu_bytes(&self) -> Bytes {
        self.input.gpu.memory()
    }

    /// What one GPU holds without what is to be left free.
    #[must_use]
    pub fn room(&self) -> Bytes {
        self.gpu_bytes() * (1.0 - self.input.reserve)
    }

    /// How the total compares with one GPU.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let used = self.total() / self.room();
        if used > 1.0 {
            Verdict::Over
        } else if used >= 0.9 && self.input.reserve == 0.0 {
            Verdict::Tight
        } else {
            Verdict::Fits
        }
    }

    /// Whether each GPU of the plan is large enough.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.verdict() != Verdict::Over
    }

    /// How many such GPUs hold the total if every part is split evenly among them.
    #[must_use]
    pub fn gpus_if_split_evenly(&self) -> u64 {
        let (total, gpu) = (self.total_of_all().get(), self.room().get());
        let gpus = (total / gpu).ceil();
        // The quotient is rounded: a total one byte over a whole number of GPUs may divide evenly.
        let gpus = if gpus * gpu < total { gpus + 1.0 } else { gpus };
        gpus.max(1.0) as u64
    }

    /// The moment at which a training needs the most.
    #[must_use]
    pub fn peak(&self) -> Option<&Moment> {
        // Of equals the first.
        self.moments
            .iter()
            .rev()
            .max_by(|a, b| a.total().get().partial_cmp(&b.total().get()).unwrap_or(std::cmp::Ordering::Equal))
    }
}

fn of_kind(parts: &[Part], kind: PartKind) -> Bytes {
    // A sum of nothing is −0, which would stand in a report.
    Bytes(
        parts.iter().filter(|part| part.kind == kind).map(|part| part.bytes.get()).fold(0.0, |sum, bytes| sum + bytes),
    )
}

/// A [`Report`] as plain numbers: what the page exports.
///
/// Parts of a training are given at the moment at which each is largest: gradients, which come when activations go, are not a
/// part of a peak at the end of the forward pass. So they may add up to more than `per_gpu_bytes`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Numbers {
    /// Parameters of the model.
    pub params_total: Params,
    /// Parameters that one token goes through, embeddings included; null where only the number is known.
    pub params_active: Option<Params>,
    /// Parameters that embed the input.
    pub params_embedding: Option<Params>,
    /// Parameters that are trained: 0 to run the model.
    pub params_trained: Params,
    /// Weights of the most loaded GPU, in bytes.
    pub weights_bytes: Bytes,
    /// What one more token of one sequence adds to the cache, in bytes; null where there is none.
    pub kv_bytes_per_token: Option<Bytes>,
    /// The KV cache, in bytes.
    pub kv_bytes: Bytes,
    /// Activations and temporaries, in bytes.
    pub activations_bytes: Bytes,
    /// Logits and loss, in bytes.
    pub logits_bytes: Bytes,
    /// Gradients, in bytes.
    pub gradients_bytes: Bytes,
    /// Optimizer state and master copy, in bytes.
    pub optimizer_bytes: Bytes,
    /// What passes between GPUs and what is only there while it is used, in bytes.
    pub buffers_bytes: Bytes,
    /// What the GPU needs before it holds anything, in bytes.
    pub overhead_bytes: Bytes,
    /// All GPUs of the plan together, in bytes.
    pub total_bytes: Bytes,
    /// The most loaded GPU, in bytes.
    pub per_gpu_bytes: Bytes,
    /// When a training needs that; null otherwise.
    pub peak_phase: Option<&'static str>,
    /// GPUs of the plan.
    pub gpus: u64,
    /// What one GPU holds, in bytes.
    pub gpu_bytes: Bytes,
    /// Whether each GPU of the plan is large enough.
    pub fits: bool,
    /// The fewest such GPUs that hold it; null if no number does.
    pub gpus_needed: Option<u64>,
    /// The longest sequences that fit; null where the length does not matter or not even one token fits.
    pub max_context: Option<u64>,
    /// The most sequences that fit; null likewise.
    pub max_batch: Option<u64>,
    /// The most tokens of all sequences in a second, bound by memory and arithmetic; null where none are made.
    pub decode_tokens_per_second: Option<f64>,
    /// The least seconds to the first token.
    pub prefill_seconds: Option<f64>,
}

impl From<&Report> for Numbers {
    fn from(report: &Report) -> Self {
        use super::inverse::{gpus_needed, max_batch, max_context};
        let of = |kind| report.most(kind);
        Self {
            params_total: report.params,
            params_active: report.of_params.map(|of| of.0),
            params_embedding: report.of_params.map(|of| of.1),
            params_trained: report.trained,
            weights_bytes: of(PartKind::Weights),
            kv_bytes_per_token: report.cache.as_ref().map(|cache| cache.bytes_per_token),
            kv_bytes: of(PartKind::KvCache),
            activations_bytes: of(PartKind::Activations),
            logits_bytes: of(PartKind::Logits),
            gradients_bytes: of(PartKind::Gradients),
            optimizer_bytes: of(PartKind::Optimizer),
            buffers_bytes: of(PartKind::Buffers),
            overhead_bytes: of(PartKind::Overhead),
            total_bytes: report.total_of_all(),
            per_gpu_bytes: report.total(),
            peak_phase: report.peak().map(|moment| moment.name),
            gpus: report.gpus,
            gpu_bytes: report.gpu_bytes(),
            fits: report.fits(),
            gpus_needed: gpus_needed(report),
            max_context: max_context(&report.input),
            max_batch: max_batch(&report.input),
            decode_tokens_per_second: report.speed.0.as_ref().map(|decode| decode.tokens_per_second.get()),
            prefill_seconds: report.speed.1.as_ref().map(|prefill| prefill.time.get()),
        }
    }
}

impl From<Report> for Numbers {
    fn from(report: Report) -> Self {
        Self::from(&report)
    }
}

impl Task {
    /// Whether anything is trained.
    #[must_use]
    pub const fn trains(&self) -> bool {
        !matches!(self, Self::Run(_))
    }
}
