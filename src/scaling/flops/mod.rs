//! The FLOP of training, counted from an architecture, beside the rule C = 6·N·D.
//!
//! The product of a matrix of r rows and c columns with a vector is 2·r·c FLOP. So one token costs, in a forward pass over
//! sequences of S tokens of which it attends to K on average,
//!
//! ```text
//! projections   2 · entries of attention's matrices
//! scores        2 · a · d · K     a layer          QKᵀ, heads of queries a, width of a key's head d
//! values        2 · a · v · K     a layer          AV, width of a value's head v
//! MLP           2 · entries of its matrices        of experts, those that the token goes through
//! router        2 · h · experts   a layer
//! head          2 · h · V
//! embedding     0                                  a row is looked up
//! ```
//!
//! The backward pass is twice that, and recomputing all activations is a forward pass more: 3 or 4 times the forward pass.
//! What shapes a model has is known to [`transformer`](crate::transformer), so GQA, gated MLPs, experts, latent attention and
//! windows are counted for every family there. [`peers`] has the formulas of papers and tools, which see less.
//!
//! Norms, activations, softmax, rotary positions and biases are left out, as everybody leaves them out: they are below 1 % of
//! the products. Don't use it for encoders and encoder-decoders, whose tokens do not all go through all layers.

pub mod peers;

use crate::transformer::{Architecture, Cache, Component, Side, Stack};
use crate::units::{Flop, Params};

/// Forward passes that a backward pass costs.
const BACKWARD: f64 = 2.0;

/// Which keys each token attends to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Attended {
    /// All S of its sequence, those after it too, which are computed and masked: what papers count.
    #[default]
    Full,
    /// Those up to itself, (S + 1)/2 on average: what a kernel that skips masked blocks computes.
    Causal,
}

/// Why there is no count.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A sequence without tokens.
    #[error("the sequence length is 0: a sequence has at least one token")]
    NoSequence,
    /// Not a decoder alone.
    #[error(
        "`{model_type}` has an encoder: FLOP per token are counted for decoders, where every token goes through every layer"
    )]
    NotADecoder {
        /// Of which family it is.
        model_type: &'static str,
    },
}

/// FLOP of one token in a forward pass, by what they are spent on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forward {
    /// Products with attention's matrices.
    pub projections: Flop,
    /// Queries with keys, QKᵀ.
    pub scores: Flop,
    /// Probabilities with values, AV.
    pub values: Flop,
    /// Products with the matrices of the MLP; of experts, the chosen and the shared ones.
    pub mlp: Flop,
    /// Choosing the experts.
    pub router: Flop,
    /// From the embedding to the width of the model: 0 but in OPT-350M, which projects.
    pub embedding: Flop,
    /// Logits of the whole vocabulary.
    pub head: Flop,
}

impl Forward {
    /// Counts an architecture on sequences of `sequence` tokens.
    ///
    /// # Errors
    /// When `sequence` is 0, or the model has an encoder.
    pub fn of(architecture: &Architecture, sequence: u64, attended: Attended) -> Result<Self, Error> {
        if sequence == 0 {
            return Err(Error::NoSequence);
        }
        if architecture.layers(Side::Encoder) > 0 {
            return Err(Error::NotADecoder { model_type: architecture.family.model_type });
        }
        let attention = |head_dim: fn(&Stack) -> u64| {
            let of_stack = |stack: &Stack| {
                let width = (stack.heads * head_dim(stack)) as f64;
                2.0 * stack.layers as f64 * width * keys(stack.cache, sequence, attended)
            };
            Flop(architecture.stacks.iter().map(of_stack).sum())
        };
        let table = table_entries(architecture);
        let embedding = products(architecture, &[Component::TokenEmbedding]) - table;
        let tied_head = if architecture.tied { table } else { Flop(0.0) };
        Ok(Self {
            projections: products(architecture, &[Component::Attention]),
            scores: attention(|stack| stack.key_dim),
            values: attention(|stack| stack.value_dim),
            mlp: products(architecture, &[Component::Mlp, Component::Experts, Component::SharedExperts]),
            router: products(architecture, &[Component::Router]),
            embedding,
            head: products(architecture, &[Component::Head]) + tied_head,
        })
    }

    /// Every term with its name, in the order a token meets them.
    #[must_use]
    pub const fn terms(&self) -> [(&'static str, Flop); 7] {
        [
            ("embedding", self.embedding),
            ("attention projections", self.projections),
            ("attention scores, QKᵀ", self.scores),
            ("attention values, AV", self.values),
            ("MLP", self.mlp),
            ("router", self.router),
            ("output head", self.head),
        ]
    }

    /// The whole forward pass.
    #[must_use]
    pub fn total(&self) -> Flop {
        self.terms().into_iter().map(|(_, flop)| flop).sum()
    }

    /// Training on one token: the forward pass, the backward pass and, with `recompute`, the forward pass once more.
    #[must_use]
    pub fn training(&self, recompute: bool) -> Flop {
        self.total() * passes(recompute)
    }
}

/// What a training step costs, in forward passes.
const fn passes(recompute: bool) -> f64 {
    if recompute { 2.0 + BACKWARD } else { 1.0 + BACKWARD }
}

/// 2 FLOP for each entry of these components' matrices that one token is multiplied with.
fn products(architecture: &Architecture, components: &[Component]) -> Flop {
    let matrices =
        architecture.tensors.iter().filter(|tensors| tensors.cols > 1 && components.contains(&tensors.component));
    let entries: u128 = matrices.map(|tensors| tensors.each() * u128::from(tensors.active)).sum();
    Flop(2.0 * entries as f64)
}

/// What it would cost to multiply with the table of embeddings, which a tied head does. It is the first of its component.
fn table_entries(architecture: &Architecture) -> Flop {
    let table = architecture.tensors.iter().find(|tensors| tensors.component == Component::TokenEmbedding);
    Flop(2.0 * table.map_or(0, |tensors| if tensors.cols > 1 { tensors.each() } else { 0 }) as f64)
}

/// How many keys a token attends to in a layer, on average over the sequence.
fn keys(cache: Cache, sequence: u64, attended: Attended) -> f64 {
    let window = match cache {
        Cache::Window(window) => window.min(sequence),
        _ => sequence,
    };
    let (sequence, window) = (sequence as f64, window as f64);
    match attended {
        Attended::Full => window,
        // The first tokens of the window attend to 1, 2, …, W keys, and each that follows to W.
        Attended::Causal => window * (sequence - (window - 1.0) / 2.0) / sequence,
    }
}

/// Which parameters are N.
///
/// Papers differ, and so do the answers of their laws: Kaplan et al. leave embeddings out, Hoffmann et al. do not, and of a
/// mixture of experts only the active ones work on a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Count {
    /// Every parameter, a tied tensor once.
    #[default]
    Total,
    /// Without the embeddings of tokens and positions and without the output head.
    NonEmbedding,
    /// Those that one token goes through, with embedding and head.
    Active,
}

impl Count {
    /// Every way to count, with its id and its name.
    pub const ALL: [(Self, &str, &str); 3] = [
        (Self::Total, "total", "all parameters"),
        (Self::NonEmbedding, "non-embedding", "without embeddings and output head"),
        (Self::Active, "active", "active for one token"),
    ];

    /// N of an architecture.
    #[must_use]
    pub fn params(self, architecture: &Architecture) -> Params {
        let count = match self {
            Self::Total => architecture.params(),
            Self::NonEmbedding => {
                architecture.params() - architecture.params_embedding() - architecture.params_of(Component::Head)
            }
            Self::Active => architecture.params_active(true, true),
        };
        Params(count as f64)
    }
}

/// How many times the 6·N of the rule this many FLOP per token are.
#[must_use]
pub fn over_rule(per_token: Flop, params: Params) -> f64 {
    per_token.get() / peers::rule(params).get()
}

#[cfg(test)]
mod tests;
