//! What a training step keeps for every parameter besides the optimizer's state.
//!
//! | recipe | weights | gradients | master | Adam | total |
//! |---|---|---|---|---|---|
//! | FP32 | 4 | 4 | – | 8 | 16 |
//! | mixed precision | 2 | 2 | 4 | 8 | 16 |
//! | mixed precision, autocast | 4 + 2 | 4 | – | 8 | 18 |
//! | mixed precision, FP32 main gradients | 2 | 4 | 4 | 8 | 18 |
//! | pure BF16 | 2 | 2 | – | 4 | 8 |
//! | FP8 mixed precision | 1 | 4 | 4 | 4 | 13 |
//!
//! Gradient accumulation adds no buffer: micro-batches are added up in the gradients, which then stay from the first
//! micro-batch to the step.

use super::optimizers::{FP32_STATE, Optimizer, States};
use crate::source::Source;
use std::ops::RangeInclusive;

/// The copies that one way of training keeps, in bytes per parameter; see [`RECIPES`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// What the way of training is called.
    pub name: &'static str,
    /// The weights that the forward and backward passes use, with every copy of them that is kept between steps.
    pub weight_bytes: f64,
    /// The gradients, in the format in which micro-batches are added up.
    pub gradient_bytes: f64,
    /// Whether gradients have a buffer of their own from the start. Otherwise each comes into being in the backward pass and
    /// is freed after the step, so that with one micro-batch there are none while the forward pass runs.
    pub gradient_buffer: bool,
    /// The FP32 copy that updates are added to; 0 where the weights that are passed through take them themselves.
    pub master_bytes: f64,
    /// An element of the optimizer's state, for optimizers whose states have no width of their own.
    pub state_bytes: f64,
    /// An element of the activations: what the passes compute in.
    pub activation_bytes: f64,
    /// Where the figures stand.
    pub source: Source,
}

impl Recipe {
    /// Everything in FP32: 4 + 4.
    pub const FP32: Self = Self {
        id: "fp32",
        name: "FP32",
        weight_bytes: 4.0,
        gradient_bytes: 4.0,
        gradient_buffer: false,
        master_bytes: 0.0,
        state_bytes: 4.0,
        activation_bytes: 4.0,
        source: ANATOMY,
    };

    /// Mixed precision: 16-bit weights and gradients, and an FP32 master copy: 2 + 2 + 4.
    ///
    /// Some trainers keep gradients in FP32 instead (Megatron-LM: 2 + 4 + 4), which is two bytes more.
    pub const MIXED: Self = Self {
        id: "mixed",
        name: "mixed precision",
        weight_bytes: 2.0,
        gradient_bytes: 2.0,
        gradient_buffer: false,
        master_bytes: 4.0,
        state_bytes: 4.0,
        activation_bytes: 2.0,
        source: Source::in_engine(
            "Rajbhandari et al. 2020, ZeRO, §3.1: mixed-precision Adam, K = 12",
            "https://arxiv.org/abs/1910.02054",
            "2026-11",
        ),
    };

    /// Bytes per parameter with this optimizer: weights + gradients + master copy + state. Where the state depends on the
    /// shape, it is the nominal one.
    #[must_use]
    pub fn bytes_per_param(&self, optimizer: &Optimizer) -> f64 {
        let state = match optimizer.states {
            States::Fixed(_) | States::Blockwise { .. } => optimizer.state_bytes_per_param(),
            _ => optimizer.state_bytes_per_param() * self.state_bytes / FP32_STATE,
        };
        self.weight_bytes + self.gradient_bytes + self.master_bytes + state
    }
}

/// The row with this id.
#[must_use]
pub fn recipe(id: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|row| row.id == id)
}

/// The way of training that goes with a format of weights, or why there is none, as a clause that can follow a colon.
pub fn recipe_of(format: &str) -> Result<&'static Recipe, &'static str> {
    match format {
        "fp32" => Ok(&RECIPES[0]),
        "bf16" | "fp16" => Ok(&RECIPES[1]),
        "e4m3fn" | "e5m2" => recipe("fp8").ok_or("there is no such way of training"),
        "int8" | "uint8" => {
            Err("a weight rounded to one of 256 integers cannot take the small steps that training makes, so \
            models are trained in FP32, BF16 or FP16 and quantized to INT8 afterwards")
        }
        _ => {
            Err("weights are trained in FP32, 16 bits or FP8, and quantized afterwards; QLoRA trains adapters beside \
            weights of four bits")
        }
    }
}

const ANATOMY: Source = Source::in_engine(
    "Hugging Face transformers, Model training anatomy",
    "https://huggingface.co/docs/transformers/model_memory_anatomy",
    "2026-11",
);

/// Every way of training on offer.
///
/// Adding one: a whole row. Totals per parameter follow from it and the optimizer's row.
///
/// ```text
/// Recipe {
///     id: "pure-bf16",           // kebab-case, permanent
///     name: "pure BF16",
///     weight_bytes: 2.0,
///     gradient_bytes: 2.0,
///     gradient_buffer: false,    // gradients come and go
///     master_bytes: 0.0,         // updates go to the weights themselves
///     state_bytes: 2.0,          // torch.optim makes states like the weights
///     activation_bytes: 2.0,
///     source: Source::in_engine("…", "https://…", "2026-11"),
/// },
/// ```
pub static RECIPES: &[Recipe] = &[
    Recipe::FP32,
    Recipe::MIXED,
    // Autocast: FP32 weights and gradients, and a 16-bit copy of the weights in autocast's cache.
    Recipe {
        id: "autocast",
        name: "mixed precision, autocast",
        weight_bytes: 6.0,
        gradient_bytes: 4.0,
        gradient_buffer: false,
        master_bytes: 0.0,
        state_bytes: 4.0,
        activation_bytes: 2.0,
        source: ANATOMY,
    },
    // 18 bytes with Adam; with its distributed optimizer 6 + 12/N, which is this row under ZeRO stage 1.
    Recipe {
        id: "megatron",
        name: "mixed precision, FP32 main gradients",
        weight_bytes: 2.0,
        gradient_bytes: 4.0,
        gradient_buffer: true,
        master_bytes: 4.0,
        state_bytes: 4.0,
        activation_bytes: 2.0,
        source: Source::in_engine(
            "NVIDIA Megatron-LM, theoretical_memory_usage.py: 18 bytes per parameter, or 6 + 12/N",
            "https://github.com/NVIDIA/Megatron-LM/blob/main/megatron/training/theoretical_memory_usage.py",
            "2026-11",
        ),
    },
    // Small updates are lost in 8 bits of mantissa, unless rounding is stochastic; the memory is the same.
    Recipe {
        id: "pure-bf16",
        name: "pure BF16",
        weight_bytes: 2.0,
        gradient_bytes: 2.0,
        gradient_buffer: false,
        master_bytes: 0.0,
        state_bytes: 2.0,
        activation_bytes: 2.0,
        source: Source::in_engine(
            "PyTorch 2.6, torch.optim.AdamW on BF16 parameters: states have the parameters' format",
            "https://docs.pytorch.org/docs/stable/optim.html",
            "2026-11",
        ),
    },
    // DeepSeek-V3's own: FP8 weights for the matrix products, FP32 gradients and master copy, BF16 moments. Activations are
    // counted 16 bits wide, although it keeps the inputs of its matrix products in FP8: the figure is an upper bound.
    Recipe {
        id: "fp8",
        name: "FP8 mixed precision",
        weight_bytes: 1.0,
        gradient_bytes: 4.0,
        gradient_buffer: true,
        master_bytes: 4.0,
        state_bytes: 2.0,
        activation_bytes: 2.0,
        source: Source::in_engine(
            "DeepSeek-AI 2024, DeepSeek-V3, §3.3.3: BF16 moments, FP32 master weights and gradients",
            "https://arxiv.org/abs/2412.19437",
            "2026-11",
        ),
    },
];

/// How many bytes per parameter the slider for activations and temporaries spans.
///
/// 8 is the cheat sheet's figure. It stands for one batch size and length: activations grow with tokens, not with
/// parameters.
pub const ACTIVATION_BYTES_PER_PARAM: RangeInclusive<f64> = 0.0..=8.0;

/// Where the activations' figure stands.
pub static ACTIVATION_SOURCE: Source = Source::in_engine(
    "DeepLearning.AI, Generative AI with Large Language Models, course notes: about 8 bytes, high end",
    "https://www.deeplearning.ai/courses/generative-ai-with-llms/",
    "2026-11",
);

/// Why a plan of a training has no answer: which of its fields, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct PlanError {
    /// The field, under the name that a reader knows it by.
    pub field: &'static str,
    /// What is wrong, as a sentence without its full stop.
    pub reason: String,
}

impl PlanError {
    pub(super) fn new(field: &'static str, reason: impl Into<String>) -> Self {
        Self { field, reason: reason.into() }
    }

    /// Refuses a number that is not from `least` to `most`.
    pub(super) fn unless_within(field: &'static str, value: u64, least: u64, most: u64) -> Result<(), Self> {
        if (least..=most).contains(&value) {
            Ok(())
        } else {
            Err(Self::new(field, format!("{value} is not between {least} and {most}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::optimizer;

    #[test]
    fn the_table_at_the_head_holds_with_adam() {
        let adam = optimizer("adam").unwrap();
        let totals: Vec<_> = RECIPES.iter().map(|row| (row.id, row.bytes_per_param(adam))).collect();
        assert_eq!(
            totals,
            [
                ("fp32", 16.0),
                ("mixed", 16.0),
                ("autocast", 18.0),
                ("megatron", 18.0),
                ("pure-bf16", 8.0),
                ("fp8", 13.0)
            ]
        );
    }

    #[test]
    fn states_with_a_width_of_their_own_do_not_follow_the_weights() {
        let pure = recipe("pure-bf16").unwrap();
        assert_eq!(pure.bytes_per_param(optimizer("adam-bf16").unwrap()), 8.0);
        assert_eq!(pure.bytes_per_param(optimizer("adam-8bit").unwrap()), 6.031_25);
    }
}
