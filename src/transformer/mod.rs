//! A transformer's architecture, and what follows from it alone: its parameters, tensor by tensor.
//!
//! An [`Architecture`] is made of a [`Config`], the fields of a `config.json`, by its [`Family`] (a row of [`FAMILIES`], one
//! for each `model_type`). It is a list of [`Tensors`] and of [`Stack`]s of layers. Counts, adapters, recipes of formats,
//! caches, activations and the share of each GPU are all sums over these two lists, so a family is written once and
//! everything that stands on it is right together.
//!
//! Counts are [`u128`]: a field of a config is at most [`config::MAX_FIELD`] and there are at most a few thousand entries,
//! so no product of four fields and no sum of them overflows.

pub mod config;
mod families;
#[cfg(test)]
mod tests;

pub use config::{Config, Error, Value};
pub use families::{FAMILIES, Family, family};

/// What a model is built of.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    /// The `model_type`.
    pub family: &'static Family,
    /// Width of the residual stream, h.
    pub hidden: u64,
    /// Entries of the vocabulary, V.
    pub vocab: u64,
    /// The most tokens that the config allows for; `None` where nothing in the model bounds it.
    pub context: Option<u64>,
    /// Whether the output head is the input embedding, and so no tensor of its own.
    pub tied: bool,
    /// Layers that are alike, in the order of the first of each kind: where kinds alternate, a stack's layers are not neighbours.
    pub stacks: Vec<Stack>,
    /// Every tensor that is trained. A tied head is not listed.
    pub tensors: Vec<Tensors>,
    /// Fields that the config leaves out, and the class default that was taken for each.
    pub defaults_used: Vec<(&'static str, String)>,
}

/// Layers that are alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stack {
    /// How many.
    pub layers: u64,
    /// Which side they are on.
    pub side: Side,
    /// Heads of the queries, a.
    pub heads: u64,
    /// Heads of keys and values, k.
    pub kv_heads: u64,
    /// Width of a query's or key's head, d.
    pub key_dim: u64,
    /// Width of a value's head; as `key_dim` but in MLA.
    pub value_dim: u64,
    /// What is kept of each token for those that follow.
    pub cache: Cache,
    /// Width of the MLP that one token goes through, I; of experts the chosen and the shared ones together.
    pub mlp: u64,
    /// Whether the MLP is gated (three matrices) or not (two).
    pub gated: bool,
}

/// Which side of an encoder-decoder a layer is on. A model of one side has its layers in `Decoder`, or in `Encoder` if each
/// token sees those that follow it (BERT).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Sees the whole input at once; nothing of it is cached.
    Encoder,
    /// Sees what came before.
    Decoder,
}

/// What a layer keeps of each token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cache {
    /// Nothing: an encoder.
    None,
    /// Key and value of every token.
    Full,
    /// Key and value of the last so many tokens.
    Window(u64),
    /// Multi-head latent attention: one vector for key and value together and the rotary part of the key, or all heads'
    /// keys and values where an engine expands them.
    Latent {
        /// Width of the latent vector, `kv_lora_rank`.
        rank: u64,
        /// Width of the rotary part, `qk_rope_head_dim`.
        rope: u64,
    },
    /// A decoder's layer that also attends to the encoder: key and value of its own tokens and of the encoder's.
    Cross,
}

/// Tensors of one name and shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tensors {
    /// What they are for.
    pub component: Component,
    /// The module's name as transformers has it (`q_proj`), which adapters are targeted by.
    pub name: &'static str,
    /// Outputs, or the length of a vector.
    pub rows: u64,
    /// Inputs; 1 for a vector.
    pub cols: u64,
    /// Which stack's layers have it; `None` for those outside of the layers.
    pub stack: Option<usize>,
    /// How many there are in the whole model.
    pub copies: u64,
    /// How many of them one token goes through: fewer than `copies` only for experts.
    pub active: u64,
}

/// What a tensor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// The embedding of tokens.
    TokenEmbedding,
    /// Learnt positions, token types and relative biases.
    PositionEmbedding,
    /// Projections of attention.
    Attention,
    /// The MLP of a dense layer.
    Mlp,
    /// Experts of which each token goes through a few.
    Experts,
    /// Experts that every token goes through.
    SharedExperts,
    /// What chooses the experts.
    Router,
    /// Norms, wherever they are.
    Norm,
    /// The output head, where it is a tensor of its own, and BERT's pooler.
    Head,
}

impl Component {
    /// Every component, in the order they are listed.
    pub const ALL: [Self; 9] = [
        Self::TokenEmbedding,
        Self::PositionEmbedding,
        Self::Attention,
        Self::Mlp,
        Self::Experts,
        Self::SharedExperts,
        Self::Router,
        Self::Norm,
        Self::Head,
    ];

    /// The name to show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenEmbedding => "token embedding",
            Self::PositionEmbedding => "positions",
            Self::Attention => "attention",
            Self::Mlp => "MLP",
            Self::Experts => "experts",
            Self::SharedExperts => "shared experts",
            Self::Router => "router",
            Self::Norm => "norms",
            Self::Head => "output head",
        }
    }

    /// Whether it is an embedding of the input.
    #[must_use]
    pub const fn is_embedding(self) -> bool {
        matches!(self, Self::TokenEmbedding | Self::PositionEmbedding)
    }
}

impl Tensors {
    /// Parameters of one of them.
    #[must_use]
    pub fn each(&self) -> u128 {
        u128::from(self.rows) * u128::from(self.cols)
    }

    /// Parameters of all of them.
    #[must_use]
    pub fn params(&self) -> u128 {
        self.each() * u128::from(self.copies)
    }

    /// Whether it is a matrix of a linear layer, which quantizers and adapters take; embeddings, vectors and the head are not.
    #[must_use]
    pub const fn is_linear(&self) -> bool {
        self.cols > 1
            && matches!(
                self.component,
                Component::Attention | Component::Mlp | Component::Experts | Component::SharedExperts
            )
    }
}

impl Architecture {
    /// Every parameter, a tied tensor once.
    #[must_use]
    pub fn params(&self) -> u128 {
        self.tensors.iter().map(Tensors::params).sum()
    }

    /// Parameters of one component.
    #[must_use]
    pub fn params_of(&self, component: Component) -> u128 {
        self.tensors.iter().filter(|tensors| tensors.component == component).map(Tensors::params).sum()
    }

    /// Parameters of the embeddings of the input.
    #[must_use]
    pub fn params_embedding(&self) -> u128 {
        self.tensors.iter().filter(|tensors| tensors.component.is_embedding()).map(Tensors::params).sum()
    }

    /// Parameters that one token goes through: all but the experts that it is not sent to.
    ///
    /// Whether the embeddings of the input count is a convention that differs between model cards (gpt-oss leaves them out,
    /// Mixtral does not), so it is asked for.
    #[must_use]
    pub fn params_active(&self, with_embedding: bool, with_head: bool) -> u128 {
        let counts = |tensors: &&Tensors| match tensors.component {
            Component::TokenEmbedding => with_embedding,
            Component::Head => with_head,
            _ => true,
        };
        self.tensors.iter().filter(counts).map(|tensors| tensors.each() * u128::from(tensors.active)).sum()
    }

    /// Parameters of one layer of a stack.
    #[must_use]
    pub fn params_of_layer(&self, stack: usize) -> u128 {
        let Some(layers) = self.stacks.get(stack).map(|stack| stack.layers.max(1)) else { return 0 };
        let all: u128 = self.tensors.iter().filter(|tensors| tensors.stack == Some(stack)).map(Tensors::params).sum();
        all / u128::from(layers)
    }

    /// Layers of one side.
    #[must_use]
    pub fn layers(&self, side: Side) -> u64 {
        self.stacks.iter().filter(|stack| stack.side == side).map(|stack| stack.layers).sum()
    }
}
