//! What of a layer its activations depend on.

use crate::transformer::{Architecture, Cache, Component};

/// What of one layer its activations depend on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerShape {
    /// Width of the residual stream, h.
    pub hidden: f64,
    /// Heads of the queries, a.
    pub heads: u64,
    /// Heads of keys and values, k.
    pub kv_heads: u64,
    /// Width of a query's or key's head, d.
    pub key_dim: f64,
    /// Width of a value's head.
    pub value_dim: f64,
    /// Width of the MLP that one token goes through, I.
    pub mlp: f64,
    /// Whether the MLP is gated.
    pub gated: bool,
    /// How many times there is attention: 2 with cross-attention.
    pub attentions: f64,
    /// Norms as wide as the residual stream.
    pub norms: f64,
    /// Whether they are LayerNorms and not RMSNorms.
    pub layer_norm: bool,
    /// Whether queries and keys have a norm for each head.
    pub head_norms: bool,
    /// Experts that one token is sent to; 0 in a dense layer.
    pub chosen_experts: f64,
    /// Experts that the router chooses from; 0 in a dense layer.
    pub experts: f64,
    /// Width of the latent vector of keys and values with its rotary part; 0 without.
    pub latent: f64,
}

/// Families whose norms are LayerNorms.
const LAYER_NORM_FAMILIES: &[&str] = &["bert", "bloom", "falcon", "gpt2", "gpt_neox", "gptj", "opt", "phi"];

impl LayerShape {
    /// The GPT block of Korthikanti et al.: as many heads of keys as of queries, an MLP of 4h without a gate.
    #[must_use]
    pub fn gpt(hidden: u64, heads: u64) -> Self {
        Self { mlp: 4.0 * hidden as f64, gated: false, layer_norm: true, ..Self::llama(hidden, heads, heads, 0) }
    }

    /// The Llama block: RMSNorms, a gated MLP, heads of h/a.
    #[must_use]
    pub fn llama(hidden: u64, heads: u64, kv_heads: u64, mlp: u64) -> Self {
        let head_dim = hidden as f64 / heads.max(1) as f64;
        Self {
            hidden: hidden as f64,
            heads,
            kv_heads,
            key_dim: head_dim,
            value_dim: head_dim,
            mlp: mlp as f64,
            gated: true,
            attentions: 1.0,
            norms: 2.0,
            layer_norm: false,
            head_norms: false,
            chosen_experts: 0.0,
            experts: 0.0,
            latent: 0.0,
        }
    }

    /// A layer of one of the stacks.
    #[must_use]
    pub fn of(architecture: &Architecture, stack: usize) -> Option<Self> {
        let layers = architecture.stacks.get(stack)?;
        let count = layers.layers.max(1) as f64;
        let own = || architecture.tensors.iter().filter(|tensors| tensors.stack == Some(stack));
        let layer_norm = LAYER_NORM_FAMILIES.contains(&architecture.family.model_type);
        let norms = own().filter(|tensors| tensors.component == Component::Norm);
        let wide = norms.clone().filter(|tensors| tensors.rows == architecture.hidden);
        let vectors: f64 = wide.map(|tensors| tensors.copies as f64 / count).sum();
        let experts = own().filter(|tensors| tensors.component == Component::Experts && tensors.cols > 1);
        let router = own().filter(|tensors| tensors.component == Component::Router && tensors.cols > 1);
        Some(Self {
            hidden: architecture.hidden as f64,
            heads: layers.heads,
            kv_heads: layers.kv_heads,
            key_dim: layers.key_dim as f64,
            value_dim: layers.value_dim as f64,
            mlp: layers.mlp as f64,
            gated: layers.gated,
            attentions: if layers.cache == Cache::Cross { 2.0 } else { 1.0 },
            // A LayerNorm has two vectors, weight and bias.
            norms: if layer_norm { vectors / 2.0 } else { vectors },
            layer_norm,
            head_norms: layers.key_dim != architecture.hidden && norms.clone().any(|norm| norm.rows == layers.key_dim),
            chosen_experts: experts.map(|tensors| tensors.active as f64 / count).fold(0.0, f64::max),
            experts: router.map(|tensors| tensors.rows as f64).fold(0.0, f64::max),
            latent: match layers.cache {
                Cache::Latent { rank, rope } => rank as f64 + rope as f64,
                _ => 0.0,
            },
        })
    }
}
