//! What a training step keeps for every parameter besides the optimizer's state.

use crate::source::Source;
use std::ops::RangeInclusive;

/// The copies that one way of training keeps, in bytes per parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// What the way of training is called.
    pub name: &'static str,
    /// The weights that the forward and backward passes use.
    pub weight_bytes: f64,
    /// The gradients.
    pub gradient_bytes: f64,
    /// The FP32 copy that updates are added to; 0 where the weights are FP32 themselves.
    pub master_bytes: f64,
    /// Where the figures stand.
    pub source: Source,
}

impl Recipe {
    /// Everything in FP32: 4 + 4.
    pub const FP32: Self = Self {
        name: "FP32",
        weight_bytes: 4.0,
        gradient_bytes: 4.0,
        master_bytes: 0.0,
        source: Source {
            title: "Hugging Face transformers, Model training anatomy",
            url: "https://huggingface.co/docs/transformers/model_memory_anatomy",
            as_of: "2026-11",
        },
    };

    /// Mixed precision: 16-bit weights and gradients, and an FP32 master copy: 2 + 2 + 4.
    ///
    /// Some trainers keep gradients in FP32 instead (Megatron-LM: 2 + 4 + 4), which is two bytes more.
    pub const MIXED: Self = Self {
        name: "mixed precision",
        weight_bytes: 2.0,
        gradient_bytes: 2.0,
        master_bytes: 4.0,
        source: Source {
            title: "Rajbhandari et al. 2020, ZeRO, §3.1: mixed-precision Adam, K = 12",
            url: "https://arxiv.org/abs/1910.02054",
            as_of: "2026-11",
        },
    };
}

/// How many bytes per parameter the slider for activations and temporaries spans.
///
/// 8 is the cheat sheet's figure. It stands for one batch size and length: activations grow with tokens, not with
/// parameters.
pub const ACTIVATION_BYTES_PER_PARAM: RangeInclusive<f64> = 0.0..=8.0;

/// Where the activations' figure stands.
pub static ACTIVATION_SOURCE: Source = Source {
    title: "DeepLearning.AI, Generative AI with Large Language Models, course notes: about 8 bytes, high end",
    url: "https://www.deeplearning.ai/courses/generative-ai-with-llms/",
    as_of: "2026-11",
};
