//! How papers and tools count the FLOP of training: a row of [`CONVENTIONS`] for each.
//!
//! All of them describe a dense GPT by its [`Shape`]: L layers of width d, h heads of width k (w = h·k), an MLP of width f in
//! two matrices, V entries in the vocabulary, S tokens in a sequence. None knows of grouped keys and values, gated MLPs or
//! windows, which is why they differ from [`Forward`](super::Forward) for a model of today. Take them to reproduce what was
//! published, not to plan a run.

use super::{BACKWARD, passes};
use crate::source::Source;
use crate::transformer::{Architecture, Component, Side};
use crate::units::{Flop, Params};

/// What the formulas know of a model. The numbers are counts; as `f64`, because products of five of them exceed a `u64`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Layers, L.
    pub layers: f64,
    /// Width of the residual stream, d.
    pub hidden: f64,
    /// Heads of attention, h.
    pub heads: f64,
    /// Width of a head, k.
    pub head_dim: f64,
    /// Width of the MLP, f.
    pub ffn: f64,
    /// Entries of the vocabulary, V.
    pub vocab: f64,
}

impl Shape {
    /// The shape of an architecture; `None` where it has an encoder, its layers differ in more than what they attend to, or
    /// heads of keys and values are not equally wide.
    #[must_use]
    pub fn of(architecture: &Architecture) -> Option<Self> {
        let first = architecture.stacks.first()?;
        let alike = architecture.stacks.iter().all(|stack| {
            stack.side == Side::Decoder
                && stack.key_dim == stack.value_dim
                && (stack.heads, stack.key_dim, stack.mlp) == (first.heads, first.key_dim, first.mlp)
        });
        alike.then(|| Self {
            layers: architecture.layers(Side::Decoder) as f64,
            hidden: architecture.hidden as f64,
            heads: first.heads as f64,
            head_dim: first.key_dim as f64,
            ffn: first.mlp as f64,
            vocab: architecture.vocab as f64,
        })
    }

    /// Width of all heads together, w.
    fn attention(&self) -> f64 {
        self.heads * self.head_dim
    }

    /// Parameters of a model of Hoffmann et al. 2022, Table A9, in full:
    ///
    /// ```text
    /// L·[3(dw + w) + (dw + 2w) + (wd + d) + (df + f) + (fd + d) + 4d] + 2d + V·d
    /// ```
    ///
    /// The term dw + 2w is the relative positions of Transformer-XL. It is w = h·k that makes the table come out, within
    /// 0.66 % for its 50 models; with d in its place, as in nanoGPT, the error is up to 7.4 %.
    #[must_use]
    pub fn hoffmann_params(&self) -> Params {
        let (d, w, f) = (self.hidden, self.attention(), self.ffn);
        let queries_keys_values = 3.0 * (d * w + w);
        let positions = d * w + 2.0 * w;
        let output = w * d + d;
        let mlp = (d * f + f) + (f * d + d);
        let norms = 4.0 * d;
        Params(self.layers * (queries_keys_values + positions + output + mlp + norms) + 2.0 * d + self.vocab * d)
    }

    /// Parameters of GPT-2 without its learnt positions, V·d + L·(12·d² + 13·d) + 2·d, or without any bias, in norms too,
    /// V·d + L·(12·d² + 2·d) + d: `gpt_params` and `params` of nanoGPT. The MLP is 4·d wide.
    #[must_use]
    pub fn gpt_params(&self, bias: bool) -> Params {
        let d = self.hidden;
        let (in_layer, last_norm) = if bias { (13.0, 2.0) } else { (2.0, 1.0) };
        Params(self.vocab * d + self.layers * (12.0 * d * d + in_layer * d) + last_norm * d)
    }

    /// Training FLOP per token as in Hoffmann et al. 2022, Appendix F: three forward passes of
    ///
    /// ```text
    /// L · (6·d·w + 2·S·w + 3·h·S + 2·S·w + 2·w·d + 4·d·f)
    /// ```
    ///
    /// of which 3·h·S is the softmax; with `head`, 2·d·V for the logits, and with `embedding` as much for the embedding.
    #[must_use]
    pub fn appendix_f(&self, sequence: f64, head: bool, embedding: bool) -> Flop {
        let (d, w, f) = (self.hidden, self.attention(), self.ffn);
        let projections = 6.0 * d * w + 2.0 * w * d;
        let attention = 4.0 * sequence * w + 3.0 * self.heads * sequence;
        let layers = self.layers * (projections + attention + 4.0 * d * f);
        let vocabularies = f64::from(u8::from(head)) + f64::from(u8::from(embedding));
        Flop((1.0 + BACKWARD) * (layers + vocabularies * 2.0 * d * self.vocab))
    }

    /// Training FLOP per token as `calc_transformer_flops.py` of EleutherAI's cookbook counts them, for an MLP of
    /// `mlp_matrices` matrices. The vocabulary is counted once, forward: 2·V·d.
    #[must_use]
    pub fn cookbook(&self, sequence: f64, mlp_matrices: f64, recompute: bool) -> Cookbook {
        let d = self.hidden;
        let factor = passes(recompute) * self.layers;
        Cookbook {
            attention: Flop(factor * (8.0 * d * d + 4.0 * sequence * d)),
            mlp: Flop(factor * 2.0 * mlp_matrices * d * self.ffn),
            vocabulary: Flop(2.0 * self.vocab * d),
        }
    }
}

/// Training FLOP per token by the parts that EleutherAI's cookbook prints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cookbook {
    /// Projections, scores and values.
    pub attention: Flop,
    /// The MLP.
    pub mlp: Flop,
    /// The vocabulary.
    pub vocabulary: Flop,
}

impl Cookbook {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Flop {
        self.attention + self.mlp + self.vocabulary
    }
}

/// The rule of thumb, 6·N per token.
#[must_use]
pub fn rule(params: Params) -> Flop {
    Flop(6.0 * params.get())
}

/// A model, as a [`Convention`] sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Its shape.
    pub shape: Shape,
    /// N, without learnt positions; of a mixture of experts the active ones.
    pub params: Params,
    /// Tokens of a sequence, S.
    pub sequence: f64,
}

impl Model {
    /// An architecture on sequences of `sequence` tokens; `None` where it has no [`Shape`].
    #[must_use]
    pub fn of(architecture: &Architecture, sequence: u64) -> Option<Self> {
        let positions = architecture.params_of(Component::PositionEmbedding);
        let params = Params((architecture.params_active(true, true) - positions) as f64);
        Shape::of(architecture).map(|shape| Self { shape, params, sequence: sequence as f64 })
    }
}

/// One way to count; see [`CONVENTIONS`] for how to add one.
#[derive(Clone, Copy)]
pub struct Convention {
    /// Permanent key.
    pub id: &'static str,
    /// Who counts so.
    pub name: &'static str,
    /// Training FLOP per token, as a formula.
    pub formula: &'static str,
    /// The same, worked out.
    pub per_token: fn(&Model) -> Flop,
    /// Where it is written.
    pub source: Source,
}

const HOFFMANN: Source = Source::in_engine(
    "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, Appendix F",
    "https://arxiv.org/abs/2203.15556",
    "2026-11",
);

/// Every convention, the rule first.
///
/// Adding one: a row, and a case with a number that its authors printed in `tests/golden/scaling.json`.
///
/// ```text
/// Convention {
///     id: "palm",
///     name: "PaLM, nanoGPT",
///     formula: "6·N + 12·L·w·S",
///     per_token: |model| rule(model.params) + Flop(12.0 * …),
///     source: Source::in_engine("Chowdhery et al. 2022, PaLM, Appendix B", "https://arxiv.org/abs/2204.02311", "2026-11"),
/// },
/// ```
pub static CONVENTIONS: &[Convention] = &[
    Convention {
        id: "6n",
        name: "the rule",
        formula: "6·N",
        per_token: |model| rule(model.params),
        source: Source::in_engine(
            "Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1",
            "https://arxiv.org/abs/2001.08361",
            "2026-11",
        ),
    },
    Convention {
        id: "kaplan",
        name: "Kaplan et al. 2020",
        formula: "6·N of N = 12·L·d², without embeddings",
        per_token: |model| rule(Params(12.0 * model.shape.layers * model.shape.hidden * model.shape.hidden)),
        source: Source::in_engine(
            "Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1",
            "https://arxiv.org/abs/2001.08361",
            "2026-11",
        ),
    },
    Convention {
        id: "palm",
        name: "PaLM, nanoGPT",
        formula: "6·N + 12·L·w·S",
        per_token: |model| {
            rule(model.params) + Flop(12.0 * model.shape.layers * model.shape.attention() * model.sequence)
        },
        source: Source::in_engine(
            "Chowdhery et al. 2022, PaLM, Appendix B",
            "https://arxiv.org/abs/2204.02311",
            "2026-11",
        ),
    },
    Convention {
        id: "porian",
        name: "Porian et al. 2024, causal",
        formula: "6·N + 6·L·d·S",
        per_token: |model| rule(model.params) + Flop(6.0 * model.shape.layers * model.shape.hidden * model.sequence),
        source: Source::in_engine(
            "Porian et al. 2024, Resolving Discrepancies in Compute-Optimal Scaling of Language Models",
            "https://arxiv.org/abs/2406.19146",
            "2026-11",
        ),
    },
    Convention {
        id: "deepseek",
        name: "DeepSeek LLM, M",
        formula: "72·L·d² + 12·L·d·S",
        per_token: |model| {
            let (layers, d) = (model.shape.layers, model.shape.hidden);
            Flop(72.0 * layers * d * d + 12.0 * layers * d * model.sequence)
        },
        source: Source::in_engine(
            "DeepSeek-AI 2024, DeepSeek LLM, section 3",
            "https://arxiv.org/abs/2401.02954",
            "2026-11",
        ),
    },
    Convention {
        id: "hoffmann-layers",
        name: "Hoffmann et al. 2022, layers only",
        formula: "3·L·(8·d·w + 4·S·w + 3·h·S + 4·d·f)",
        per_token: |model| model.shape.appendix_f(model.sequence, false, false),
        source: HOFFMANN,
    },
    Convention {
        id: "hoffmann-logits",
        name: "Hoffmann et al. 2022, layers and logits",
        formula: "3·L·(8·d·w + 4·S·w + 3·h·S + 4·d·f) + 6·d·V",
        per_token: |model| model.shape.appendix_f(model.sequence, true, false),
        source: HOFFMANN,
    },
    Convention {
        id: "hoffmann-printed",
        name: "Hoffmann et al. 2022, as printed",
        formula: "3·L·(8·d·w + 4·S·w + 3·h·S + 4·d·f) + 12·d·V",
        per_token: |model| model.shape.appendix_f(model.sequence, true, true),
        source: HOFFMANN,
    },
    Convention {
        id: "cookbook",
        name: "EleutherAI cookbook",
        formula: "3·L·(8·d² + 4·d·S + 4·d·f) + 2·d·V",
        per_token: |model| model.shape.cookbook(model.sequence, 2.0, false).total(),
        source: Source::in_engine(
            "EleutherAI cookbook, calc_transformer_flops.py (827ee3b)",
            "https://github.com/EleutherAI/cookbook",
            "2026-11",
        ),
    },
];
