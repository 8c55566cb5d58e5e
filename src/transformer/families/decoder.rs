//! Decoders with RMSNorm and gated MLPs: the shape of Llama, which most families after it keep.

use super::parts::{Parts, Place, Reader, Whole};
use crate::transformer::{Architecture, Cache, Component, Family, Side, Stack};

/// A decoder, and what its families differ in.
pub(super) struct Decoder {
    pub(super) whole: Whole,
    pub(super) attention: Attention,
    /// Norms of the width of the model in each layer.
    pub(super) norms: &'static [&'static str],
    /// Tokens that a layer with a sliding window keeps.
    pub(super) window: Option<u64>,
    /// The kinds of MLP that there are.
    pub(super) mlps: Vec<Mlp>,
    /// Of each layer, whether it has the window and which MLP.
    pub(super) layers: Vec<(bool, usize)>,
}

/// How a layer attends.
#[derive(Clone, Copy)]
pub(super) enum Attention {
    /// Queries in `heads`, keys and values in `kv_heads`, each `head_dim` wide:
    /// h·a·d + 2·h·k·d + a·d·h parameters.
    Grouped {
        heads: u64,
        kv_heads: u64,
        head_dim: u64,
        /// Whether queries, keys and values have a bias.
        qkv_bias: bool,
        /// Whether the output has one.
        o_bias: bool,
        /// Whether the three are one matrix, `qkv_proj`.
        fused: bool,
        qk_norm: QkNorm,
        /// Whether each head has a learnt logit that takes probability away from the tokens (gpt-oss).
        sinks: bool,
    },
    /// Multi-head latent attention (arXiv:2405.04434): keys and values of all heads are made of one vector of `kv_rank`,
    /// queries of one of `q_rank` if there is that.
    Latent { heads: u64, q_rank: Option<u64>, kv_rank: u64, nope_dim: u64, rope_dim: u64, value_dim: u64, bias: bool },
}

/// Norms of queries and keys.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum QkNorm {
    None,
    /// One of the width of a head, shared by all heads (Qwen3, Gemma 3).
    OfHead,
    /// One over all heads together (OLMo 2).
    OfAll,
}

/// What follows attention in a layer.
#[derive(Clone, Copy)]
pub(super) enum Mlp {
    /// down(act(gate(x)) · up(x)): 3·h·I parameters.
    Dense {
        width: u64,
        bias: bool,
        /// Whether gate and up are one matrix, `gate_up_proj`.
        fused: bool,
    },
    /// As many of these as there are experts, and what chooses among them.
    Mixture { experts: u64, chosen: u64, width: u64, names: ExpertNames, shared: Option<u64>, bias: bool },
}

/// What the modules of experts are called.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ExpertNames {
    /// `gate`, and in each expert `w1`, `w3`, `w2` (Mixtral).
    Numbered,
    /// `gate`, and in each expert `gate_proj`, `up_proj`, `down_proj`.
    Projections,
    /// `router`, and the experts' matrices in one parameter each, `gate_up_proj` and `down_proj`, all with biases (gpt-oss).
    Fused,
}

impl Attention {
    fn add(self, parts: &mut Parts, at: Place, hidden: u64) {
        use Component::Attention as Part;
        match self {
            Self::Grouped { heads, kv_heads, head_dim, qkv_bias, o_bias, fused, qk_norm, sinks } => {
                let (q, kv) = (heads * head_dim, kv_heads * head_dim);
                if fused {
                    parts.linear(at, Part, "qkv_proj", (q + 2 * kv, hidden), qkv_bias);
                } else {
                    parts.linear(at, Part, "q_proj", (q, hidden), qkv_bias);
                    parts.linear(at, Part, "k_proj", (kv, hidden), qkv_bias);
                    parts.linear(at, Part, "v_proj", (kv, hidden), qkv_bias);
                }
                parts.linear(at, Part, "o_proj", (hidden, q), o_bias);
                match qk_norm {
                    QkNorm::None => {}
                    QkNorm::OfHead => {
                        parts.rms_norm(at, "q_norm", head_dim);
                        parts.rms_norm(at, "k_norm", head_dim);
                    }
                    QkNorm::OfAll => {
                        parts.rms_norm(at, "q_norm", q);
                        parts.rms_norm(at, "k_norm", kv);
                    }
                }
                if sinks {
                    parts.vector(at, Part, "sinks", heads);
                }
            }
            Self::Latent { heads, q_rank, kv_rank, nope_dim, rope_dim, value_dim, bias } => {
                let q = heads * (nope_dim + rope_dim);
                if let Some(rank) = q_rank {
                    parts.linear(at, Part, "q_a_proj", (rank, hidden), bias);
                    parts.rms_norm(at, "q_a_layernorm", rank);
                    parts.linear(at, Part, "q_b_proj", (q, rank), false);
                } else {
                    parts.linear(at, Part, "q_proj", (q, hidden), false);
                }
                parts.linear(at, Part, "kv_a_proj_with_mqa", (kv_rank + rope_dim, hidden), bias);
                parts.rms_norm(at, "kv_a_layernorm", kv_rank);
                parts.linear(at, Part, "kv_b_proj", (heads * (nope_dim + value_dim), kv_rank), false);
                parts.linear(at, Part, "o_proj", (hidden, heads * value_dim), bias);
            }
        }
    }
}

impl Mlp {
    fn add(self, parts: &mut Parts, at: Place, hidden: u64) {
        match self {
            Self::Dense { width, bias, fused } => gated(parts, at, Component::Mlp, (hidden, width), bias, fused),
            Self::Mixture { experts, chosen, width, names, shared, bias } => {
                let each = at.experts(experts, chosen);
                match names {
                    ExpertNames::Numbered => {
                        parts.linear(at, Component::Router, "gate", (experts, hidden), false);
                        parts.linear(each, Component::Experts, "w1", (width, hidden), bias);
                        parts.linear(each, Component::Experts, "w3", (width, hidden), bias);
                        parts.linear(each, Component::Experts, "w2", (hidden, width), bias);
                    }
                    ExpertNames::Projections => {
                        parts.linear(at, Component::Router, "gate", (experts, hidden), false);
                        gated(parts, each, Component::Experts, (hidden, width), bias, false);
                    }
                    ExpertNames::Fused => {
                        parts.linear(at, Component::Router, "router", (experts, hidden), true);
                        gated(parts, each, Component::Experts, (hidden, width), bias, true);
                    }
                }
                if let Some(shared) = shared {
                    gated(parts, at, Component::SharedExperts, (hidden, width * shared), bias, false);
                }
            }
        }
    }

    /// Width that one token goes through.
    const fn active(self) -> u64 {
        match self {
            Self::Dense { width, .. } => width,
            Self::Mixture { chosen, width, shared: Some(shared), .. } => (chosen + shared) * width,
            Self::Mixture { chosen, width, .. } => chosen * width,
        }
    }
}

fn gated(parts: &mut Parts, at: Place, of: Component, (hidden, width): (u64, u64), bias: bool, fused: bool) {
    if fused {
        parts.linear(at, of, "gate_up_proj", (2 * width, hidden), bias);
    } else {
        parts.linear(at, of, "gate_proj", (width, hidden), bias);
        parts.linear(at, of, "up_proj", (width, hidden), bias);
    }
    parts.linear(at, of, "down_proj", (hidden, width), bias);
}

impl Decoder {
    /// Every layer with a full cache and the same MLP.
    pub(super) fn alike(layers: u64) -> Vec<(bool, usize)> {
        vec![(false, 0); layers as usize]
    }

    /// The layers as stacks of those that are alike, then what is outside of them.
    pub(super) fn build(self, family: &'static Family, reader: Reader<'_>, side: Side) -> Architecture {
        let hidden = self.whole.hidden;
        let mut parts = Parts::default();
        parts.matrix(Place::OUTSIDE, Component::TokenEmbedding, "embed_tokens", self.whole.vocab, hidden);
        let mut kinds: Vec<((bool, usize), u64)> = Vec::new();
        for (windowed, mlp) in &self.layers {
            // Without a width for the window, such layers are as the others.
            let kind = (*windowed && self.window.is_some(), *mlp);
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, layers)) => *layers += 1,
                None => kinds.push((kind, 1)),
            }
        }
        for ((windowed, mlp), layers) in kinds {
            let mlp = self.mlps[mlp];
            let at = parts.stack(self.stack_of(layers, side, windowed, mlp));
            self.attention.add(&mut parts, at, hidden);
            mlp.add(&mut parts, at, hidden);
            for norm in self.norms {
                parts.rms_norm(at, norm, hidden);
            }
        }
        parts.rms_norm(Place::OUTSIDE, "norm", hidden);
        if !self.whole.tied {
            parts.matrix(Place::OUTSIDE, Component::Head, "lm_head", self.whole.vocab, hidden);
        }
        parts.finish(family, reader, self.whole)
    }

    fn stack_of(&self, layers: u64, side: Side, windowed: bool, mlp: Mlp) -> Stack {
        let cache = match (side, self.window) {
            (Side::Encoder, _) => Cache::None,
            (Side::Decoder, Some(window)) if windowed => Cache::Window(window),
            (Side::Decoder, _) => Cache::Full,
        };
        let (mlp, gated) = (mlp.active(), true);
        match self.attention {
            Attention::Grouped { heads, kv_heads, head_dim, .. } => {
                Stack { layers, side, heads, kv_heads, key_dim: head_dim, value_dim: head_dim, cache, mlp, gated }
            }
            Attention::Latent { heads, kv_rank, nope_dim, rope_dim, value_dim, .. } => {
                let cache = Cache::Latent { rank: kv_rank, rope: rope_dim };
                let key_dim = nope_dim + rope_dim;
                Stack { layers, side, heads, kv_heads: heads, key_dim, value_dim, cache, mlp, gated }
            }
        }
    }
}
