//! The three models: what a layer is taken to keep.

use super::LayerShape;
use crate::source::{Source, in_engine};

/// One tensor that is kept for each token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// What it is.
    pub name: &'static str,
    /// Elements per token.
    pub elements: f64,
    /// How wide they are.
    pub width: Width,
    /// How they are divided.
    pub split: Split,
    /// Whether it is as long as s × s, which selective recomputation drops.
    pub quadratic: bool,
}

/// How wide an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// What the passes compute in.
    Compute,
    /// 4 bytes, whatever they compute in.
    Fp32,
    /// 1 byte: a dropout mask.
    Mask,
}

/// How tensor parallelism divides an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// By heads or by the MLP's width: among all GPUs.
    Tensor,
    /// By heads of keys and values, of which no GPU has less than one.
    KvHeads,
    /// By tokens, with sequence parallelism; otherwise every GPU has all of it.
    Sequence,
}

/// What is taken to be kept; see [`ACTIVATION_MODELS`].
#[derive(Clone, Copy, Debug)]
pub struct ActivationModel {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// The formula for its block, per layer.
    pub formula: &'static str,
    /// How attention is computed.
    pub attention: Attention,
    /// Whether norms and activations are those of transformers, each an operation of its own.
    pub unfused: bool,
    /// Bytes of the logits per token and entry of the vocabulary when the passes compute in 16 bits: FP32 for the loss, and
    /// where the head's own output stays beside it, 2 more.
    pub logits_bytes: f64,
    /// Where it stands.
    pub source: Source,
}

impl PartialEq for ActivationModel {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// How attention is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Probabilities in the computing format, kept.
    Kept,
    /// In tiles, nothing of s × s is kept.
    Flash,
    /// In tiles, and the log of each row's sum is counted.
    Sdpa,
    /// As `Kept`, with the softmax in FP32 beside them.
    Eager,
}

/// The row with this id.
#[must_use]
pub fn activation_model(id: &str) -> Option<&'static ActivationModel> {
    ACTIVATION_MODELS.iter().find(|row| row.id == id)
}

/// The three models; transformers has two implementations of attention.
///
/// Adding one: a row, and what it keeps that the others do not in [`ActivationModel::terms`].
///
/// ```text
/// ActivationModel {
///     id: "fused",                       // kebab-case, permanent
///     name: "fused kernels",
///     formula: "sbh(12 + 4k/a + 8I/h)",
///     attention: Attention::Flash,
///     unfused: false,
///     logits_bytes: 4.0,
///     source: Source::in_engine("…", "https://…", "2026-11"),
/// },
/// ```
pub static ACTIVATION_MODELS: &[ActivationModel] = &[
    ActivationModel {
        id: "korthikanti",
        name: "Korthikanti et al.",
        formula: in_engine("sbh(34 + 5as/h)"),
        attention: Attention::Kept,
        unfused: false,
        logits_bytes: 4.0,
        source: Source::in_engine(
            "Korthikanti et al. 2022, Reducing Activation Recomputation in Large Transformer Models, §4",
            "https://arxiv.org/abs/2205.05198",
            "2026-11",
        ),
    },
    ActivationModel {
        id: "fused",
        name: "fused kernels",
        formula: in_engine("sbh(12 + 4k/a + 8I/h)"),
        attention: Attention::Flash,
        unfused: false,
        logits_bytes: 4.0,
        source: Source::in_engine(
            "Fujii et al. 2024, Accelerating Large Language Model Training with 4D Parallelism and Memory Consumption Estimator",
            "https://arxiv.org/abs/2411.06465",
            "2026-11",
        ),
    },
    ActivationModel {
        id: "transformers-sdpa",
        name: "transformers as shipped, sdpa",
        formula: in_engine("sbh(24 + 8I/h + 4a/h + 8/h)"),
        attention: Attention::Sdpa,
        unfused: true,
        logits_bytes: 6.0,
        source: TRANSFORMERS,
    },
    ActivationModel {
        id: "transformers-eager",
        name: "transformers as shipped, eager",
        formula: in_engine("sbh(24 + 8I/h + 8/h + 6as/h)"),
        attention: Attention::Eager,
        unfused: true,
        logits_bytes: 6.0,
        source: TRANSFORMERS,
    },
];

const TRANSFORMERS: Source = Source::in_engine(
    "transformers 4.57.6, modeling_llama.py: tensors saved for the backward pass, counted with saved_tensors_hooks",
    "https://github.com/huggingface/transformers/blob/v4.57.6/src/transformers/models/llama/modeling_llama.py",
    "2026-11",
);

impl ActivationModel {
    /// What one layer keeps of each token, with so many sequences of so many tokens.
    #[must_use]
    pub fn terms(&self, shape: &LayerShape, sequences: u64, tokens: u64, dropout: bool) -> Vec<Term> {
        let mut terms = Vec::with_capacity(24);
        let mut keep = |name, elements, width, split| {
            if elements > 0.0 {
                terms.push(Term { name, elements, width, split, quadratic: false });
            }
        };
        let (h, heads, times, shipped) = (shape.hidden, shape.heads as f64, shape.attentions, shape.shipped);
        // transformers repeats keys and values for all heads. A single head of them is only viewed, but where eager
        // attention makes one batch of sequences and heads, it needs a copy of that view.
        let viewed = shape.kv_heads == 1 && (self.attention != Attention::Eager || sequences == 1);
        let repeated = self.unfused && !viewed;
        let kv_heads = if repeated { heads } else { shape.kv_heads as f64 };
        let kv_split = if repeated { Split::Tensor } else { Split::KvHeads };
        let (queries, keys) = (heads * shape.key_dim, kv_heads * shape.key_dim);
        let norm_output = if shipped.fp32_norm_output { Width::Fp32 } else { Width::Compute };

        if self.unfused && !shape.layer_norm {
            keep("norm inputs in FP32", shape.norms * h, Width::Fp32, Split::Sequence);
            if shipped.norm_input {
                keep("norm inputs", shape.norms * h, Width::Compute, Split::Sequence);
            }
            keep("normalized", shape.norms * h, norm_output, Split::Sequence);
            keep("norms' reciprocal roots", shape.norms, Width::Fp32, Split::Sequence);
        } else {
            let norms = if self.unfused && shipped.shared_norm_input { 1.0 } else { shape.norms };
            keep("norm inputs", norms * h, Width::Compute, Split::Sequence);
        }
        // A block with one norm has attention and MLP side by side, on the same input.
        let inputs = shape.norms.clamp(1.0, 2.0) - 1.0;
        keep("attention's input", times * h, Width::Compute, Split::Sequence);
        if self.unfused && shape.head_norms > 0.0 {
            let width = (heads + shape.kv_heads as f64) * shape.key_dim;
            keep("head norms' inputs in FP32", width, Width::Fp32, Split::Tensor);
            keep("head norms' outputs", width, norm_output, Split::Tensor);
            keep("head norms' reciprocal roots", shape.head_norms, Width::Fp32, Split::Tensor);
        }
        keep("latent vectors", shape.latent, Width::Compute, Split::Sequence);
        if self.unfused {
            keep("latent norms' inputs in FP32", shape.latent, Width::Fp32, Split::Sequence);
            keep("latent norms' outputs", shape.latent, norm_output, Split::Sequence);
            keep("expanded keys beside the values", heads * shape.expanded, Width::Compute, Split::Tensor);
        }
        keep("queries", times * queries, Width::Compute, Split::Tensor);
        keep("keys", times * keys, Width::Compute, kv_split);
        if self.unfused && shipped.queries_again {
            keep("queries and keys before rotation or in FP32", queries + keys, Width::Compute, Split::Tensor);
        }
        keep("values", times * kv_heads * shape.value_dim, Width::Compute, kv_split);
        keep("attention's output", times * heads * shape.value_dim, Width::Compute, Split::Tensor);
        if self.attention == Attention::Sdpa {
            let copied = if shipped.output_copied { heads * shape.value_dim } else { 0.0 };
            keep("attention's output by token", times * copied, Width::Compute, Split::Tensor);
            keep("logarithms of sums", times * heads, Width::Fp32, Split::Tensor);
        }
        if dropout {
            keep("dropout masks", (times + 1.0) * h, Width::Mask, Split::Sequence);
        }
        keep(
            if shape.chosen_experts > 0.0 { "router's input" } else { "MLP's input" },
            inputs * h,
            Width::Compute,
            Split::Sequence,
        );
        if shape.chosen_experts > 0.0 {
            // Measured of transformers: three tensors as wide as the input for each expert that is chosen.
            let copies = if self.unfused { 3.0 } else { 2.0 };
            keep("router's probabilities", shape.experts, Width::Fp32, Split::Sequence);
            if self.unfused {
                // For each expert that is chosen 26 bytes: its number, where in its batch the token is, and its weight.
                keep("router's choice", 6.5 * shape.chosen_experts, Width::Fp32, Split::Sequence);
            }
            keep("experts' inputs and outputs", copies * shape.chosen_experts * h, Width::Compute, Split::Sequence);
        }
        let fused = if shape.gated { 4.0 } else { 2.0 };
        let tensors = if self.unfused { shipped.mlp_tensors.unwrap_or(fused) } else { fused };
        keep("MLP", tensors * shape.mlp, Width::Compute, Split::Tensor);
        terms.extend(self.quadratic_terms(shape, tokens, dropout));
        terms
    }

    /// What is as long as s × s.
    fn quadratic_terms(&self, shape: &LayerShape, tokens: u64, dropout: bool) -> Vec<Term> {
        let elements = shape.attentions * shape.heads as f64 * tokens as f64;
        let square = |name, width| Term { name, elements, width, split: Split::Tensor, quadratic: true };
        let mut terms = Vec::new();
        if matches!(self.attention, Attention::Flash | Attention::Sdpa) {
            return terms;
        }
        if self.attention == Attention::Eager && shape.shipped.softcap {
            terms.push(square("capped logits", Width::Compute));
        }
        if self.attention == Attention::Eager && shape.shipped.fp32_softmax {
            terms.push(square("softmax in FP32", Width::Fp32));
        }
        terms.push(square("probabilities", Width::Compute));
        if dropout {
            terms.push(square("attention's dropout mask", Width::Mask));
            terms.push(square("probabilities after dropout", Width::Compute));
        }
        terms
    }

    /// Bytes of the logits per token and entry of the vocabulary, with elements of `compute_bytes`. An FP32 head needs no
    /// second copy.
    #[must_use]
    pub fn logits_bytes_per_entry(&self, compute_bytes: f64) -> f64 {
        if compute_bytes >= 4.0 { 4.0 } else { self.logits_bytes }
    }
}
