//! What of a layer its activations depend on.

use super::Shipped;
use crate::transformer::{Architecture, Cache, Component, Tensors};

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
    /// Norms that one token's queries and keys go through: one for each head, two where they are over all heads, 0 without.
    pub head_norms: f64,
    /// Experts that one token is sent to; 0 in a dense layer.
    pub chosen_experts: f64,
    /// Experts that the router chooses from; 0 in a dense layer.
    pub experts: f64,
    /// Widths of the latent vectors of latent attention together; 0 without.
    pub latent: f64,
    /// Width of the part of a head's key that is expanded from a latent vector, in one tensor with the value; 0 without.
    pub expanded: f64,
    /// What transformers keeps otherwise than in Llama's block.
    pub shipped: Shipped,
}

/// Families whose norms are LayerNorms.
const LAYER_NORM_FAMILIES: &[&str] = &["bert", "bloom", "falcon", "gpt2", "gpt_neox", "gptj", "opt", "phi"];

/// Norms of queries and keys, each head's own or over all of them (OLMo 2).
const HEAD_NORMS: &[&str] = &["q_norm", "k_norm"];

/// Projections into the latent vectors of latent attention.
pub(in crate::memory) const LATENT: &[&str] = &["q_a_proj", "kv_a_proj_with_mqa"];

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
            head_norms: 0.0,
            chosen_experts: 0.0,
            experts: 0.0,
            latent: 0.0,
            expanded: 0.0,
            shipped: Shipped::LLAMA,
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
        let wide = norms.clone().filter(|norm| norm.rows == architecture.hidden && !HEAD_NORMS.contains(&norm.name));
        let vectors: f64 = wide.map(|tensors| tensors.copies as f64 / count).sum();
        let experts = own().filter(|tensors| tensors.component == Component::Experts && tensors.cols > 1);
        let router = own().filter(|tensors| tensors.component == Component::Router && tensors.cols > 1);
        let heads = |norm: &Tensors| match norm.name {
            _ if norm.rows != layers.key_dim => 1.0,
            "q_norm" => layers.heads as f64,
            _ => layers.kv_heads as f64,
        };
        let head_norms = norms.filter(|norm| HEAD_NORMS.contains(&norm.name)).map(heads).sum();
        // The rotary part of the key comes out of the same projection, and is no latent vector.
        let rope = if let Cache::Latent { rope, .. } = layers.cache { rope as f64 } else { 0.0 };
        let latent = own().filter(|tensors| tensors.cols > 1 && LATENT.contains(&tensors.name));
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
            head_norms,
            chosen_experts: experts.map(|tensors| tensors.active as f64 / count).fold(0.0, f64::max),
            experts: router.map(|tensors| tensors.rows as f64).fold(0.0, f64::max),
            latent: latent.map(|tensors| tensors.rows as f64).sum::<f64>() - rope,
            expanded: if rope > 0.0 { layers.key_dim as f64 - rope } else { 0.0 },
            shipped: Shipped::of(architecture.family.model_type, layers.gated),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transformer::{Config, FAMILIES};

    fn shapes(json: &str) -> Vec<LayerShape> {
        let architecture = Architecture::from_config(&Config::from_json(json).unwrap()).unwrap();
        (0..architecture.stacks.len()).filter_map(|stack| LayerShape::of(&architecture, stack)).collect()
    }

    #[test]
    fn every_family_has_the_norms_of_its_block() {
        for family in FAMILIES {
            let name = family.model_type;
            let json = format!(r#"{{"model_type": "{name}", "num_experts_per_tok": 2}}"#);
            let (norms, layer_norm) = match name {
                "falcon" | "gptj" | "phi" => (1.0, true),
                "bert" | "bloom" | "gpt2" | "gpt_neox" | "opt" => (2.0, true),
                "gemma2" | "gemma3_text" => (4.0, false),
                _ => (2.0, false),
            };
            for shape in shapes(&json) {
                let expected = norms + shape.attentions - 1.0;
                assert_eq!((shape.norms, shape.layer_norm), (expected, layer_norm), "{name}");
                let normed = ["gemma3_text", "olmo2", "qwen3", "qwen3_moe"].contains(&name);
                assert_eq!(shape.head_norms > 0.0, normed, "{name}");
            }
        }
    }

    #[test]
    fn llamas_block_is_the_one_of_its_config() {
        let json = r#"{"model_type": "llama", "intermediate_size": 14336, "num_key_value_heads": 8}"#;
        assert_eq!(shapes(json), [LayerShape::llama(4096, 32, 8, 14_336)]);
        let gpt = LayerShape { shipped: Shipped::of("gpt2", false), ..LayerShape::gpt(768, 12) };
        assert_eq!(shapes(r#"{"model_type": "gpt2"}"#), [gpt]);
    }

    #[test]
    fn experts_latent_vectors_and_cross_attention_are_seen() {
        let mixtral = shapes(r#"{"model_type": "mixtral"}"#);
        assert_eq!((mixtral[0].chosen_experts, mixtral[0].experts), (2.0, 8.0));
        let deepseek = shapes(r#"{"model_type": "deepseek_v3"}"#);
        assert_eq!(deepseek.iter().map(|shape| shape.chosen_experts).collect::<Vec<_>>(), [0.0, 8.0]);
        assert_eq!(deepseek[1].latent, 1536.0 + 512.0);
        let t5 = shapes(r#"{"model_type": "t5"}"#);
        assert_eq!(t5.iter().map(|shape| shape.attentions).collect::<Vec<_>>(), [1.0, 2.0]);
    }
}
