//! What a pass of inference needs beside weights and cache: activations and logits.
//!
//! Nothing is kept for a backward pass, so memory is used again from layer to layer, and the peak is the largest moment of
//! one pass, not a sum. With n tokens in the pass, B bytes an activation and t GPUs a layer's two moments and the head's are
//!
//! ```text
//! attention  n · B · (2h + (2·a·d + k·(d + d′) + a·d′) / t)     stream, its norm; q before and after rotation, k, v, output
//! MLP        n · B · (2h + 3I / t)                              gate, up and their product; 2I where it is not gated
//! head       n · B · h + logits                                 logits = rows · V · bytes of a logit
//! ```
//!
//! I of experts is the width that one token goes through, which is what fused kernels hold. Attention is fused
//! (FlashAttention, `sdpa`), so nothing of size s² is held; eager attention adds `b · a · s² · 8` bytes. For llama.cpp the
//! head's moment is exactly what it logs for Llama 3 8B, 258.50 MiB: 512 · 4 · 4096 + 512 · 4 · 128 256 bytes.

use super::cache::{Use, decodes};
use super::engines::{Engine, Logits, Pass};
use super::speed::Rate;
use crate::source::Source;
use crate::transformer::{Architecture, Side, Stack};
use crate::units::Bytes;

/// Where the moments were read.
pub static ACTIVATION_SOURCE: Source = Source::in_engine(
    "transformers 4.57.6, modeling_llama.py: LlamaAttention, LlamaMLP; ik_llama.cpp pull request 1560: the worst-case graph",
    "https://github.com/huggingface/transformers/blob/v4.57.6/src/transformers/models/llama/modeling_llama.py",
    "2026-11",
);

/// The logits of `batch` sequences of `tokens` each: `b · s · V · bytes`.
#[must_use]
pub fn logits_bytes(batch: u64, tokens: u64, vocab: u64, bytes_per_logit: f64) -> Bytes {
    Bytes(batch as f64 * tokens as f64 * vocab as f64 * bytes_per_logit)
}

/// The moments of one pass of the prefill, of which the largest is the peak.
#[derive(Clone, Debug, PartialEq)]
pub struct PrefillPeak {
    /// Tokens in the pass.
    pub tokens: f64,
    /// The most that an attention holds, with the stream.
    pub attention: Bytes,
    /// The most that an MLP holds, with the stream.
    pub mlp: Bytes,
    /// What the head holds, its logits included.
    pub head: Bytes,
    /// The logits alone.
    pub logits: Bytes,
    /// What the figures take for granted, as sentences.
    pub assumptions: Vec<String>,
}

impl PrefillPeak {
    /// The largest moment.
    #[must_use]
    pub fn peak(&self) -> Bytes {
        Bytes(self.attention.get().max(self.mlp.get()).max(self.head.get()))
    }

    /// What the peak has beside the logits, so that this and [`PrefillPeak::logits`] add up to it.
    #[must_use]
    pub fn activations(&self) -> Bytes {
        self.peak() - self.logits
    }
}

/// The peak of a prefill on the most loaded of `tensor_parallel` GPUs.
///
/// A pass has all tokens of all sequences, or as many as the engine reserves for ([`Pass`]). An encoder reads its own
/// tokens whole. Where matrices are multiplied in FP32, activations and logits are FP32 too.
#[must_use]
pub fn prefill_peak(
    model: &Architecture,
    usage: &Use,
    engine: &Engine,
    rate: Rate,
    tensor_parallel: u64,
) -> PrefillPeak {
    let gpus = tensor_parallel.max(1) as f64;
    let width = if rate == Rate::Fp32 { 4.0 } else { engine.activation_bytes };
    // Of the copies of a logit, one is as wide as an activation.
    let logit_bytes = engine.logit_bytes + width - engine.activation_bytes;
    let hidden = model.hidden as f64;
    let all = |tokens: u64| usage.batch as f64 * tokens as f64;
    let pass = match engine.pass {
        Pass::Whole => all(usage.tokens),
        Pass::Reserved(tokens) => tokens as f64,
    };
    let generates = decodes(model);
    let tokens_of = |stack: &Stack| match stack.side {
        Side::Encoder if generates => all(usage.encoder_tokens),
        Side::Encoder => all(usage.tokens),
        Side::Decoder => pass,
    };
    let largest = |held: &dyn Fn(&Stack) -> f64| {
        let moments = model.stacks.iter().map(|stack| tokens_of(stack) * width * (2.0 * hidden + held(stack) / gpus));
        Bytes(moments.fold(0.0, f64::max))
    };
    let attention = largest(&|stack| {
        let (q, v) = (stack.heads as f64 * stack.key_dim as f64, stack.heads as f64 * stack.value_dim as f64);
        2.0 * q + stack.kv_heads as f64 * (stack.key_dim as f64 + stack.value_dim as f64) + v
    });
    let mlp = largest(&|stack| stack.mlp as f64 * if stack.gated { 3.0 } else { 2.0 });
    let rows = match engine.logits {
        _ if !generates => 0.0,
        Logits::LastOfEachSequence => usage.batch as f64,
        Logits::WholePass => pass,
    };
    let logits = Bytes(rows * model.vocab as f64 * logit_bytes);
    let tokens = if generates { pass } else { all(usage.tokens) };
    let mut assumptions = vec![
        "Memory is used again from layer to layer, so the peak is the largest moment of one pass.".to_owned(),
        "Attention is fused: nothing grows with the square of the length.".to_owned(),
    ];
    if let Pass::Reserved(tokens) = engine.pass {
        let name = engine.name;
        assumptions.push(format!("{name} reserves a pass of {tokens} tokens when it starts, whatever is asked later."));
    }
    PrefillPeak { tokens, attention, mlp, head: Bytes(tokens * width * hidden) + logits, logits, assumptions }
}
