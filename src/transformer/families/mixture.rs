//! Decoders in which each token goes through a few experts of many.

use super::decoder::{Attention, Decoder, ExpertNames, Mlp, QkNorm};
use super::llama::{Common, Defaults, PRE_NORMS};
use super::parts::{Reader, Whole};
use crate::transformer::{Architecture, Config, Error, Family, Side};

/// As Mistral, with a router of h·E and E·3·h·I in every layer, and no window unless the config has one.
pub(super) fn mixtral(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: Defaults = Defaults {
        vocab: 32_000,
        hidden: 4096,
        intermediate: 14_336,
        layers: 32,
        heads: 32,
        kv_heads: Some(8),
        head_dim: None,
        context: 131_072,
        tied: false,
    };
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &DEFAULTS)?;
    let window = reader.optional("sliding_window", None)?;
    let experts = reader.count("num_local_experts", 8)?;
    let chosen = reader.count("num_experts_per_tok", 2)?;
    let chosen = reader.experts_per_token(chosen, "num_local_experts", experts)?;
    let (width, names) = (common.width, ExpertNames::Numbered);
    let mlps = vec![Mlp::Mixture { experts, chosen, width, names, shared: None, bias: false }];
    let attention = common.attention().with(false, false, QkNorm::None);
    let layers = vec![(true, 0); common.layers as usize];
    let decoder = Decoder { whole: common.whole, attention, norms: PRE_NORMS, window, mlps, layers };
    Ok(decoder.build(family, reader, Side::Decoder))
}

/// As Qwen3, with heads of h/a unless the config says otherwise; every `decoder_sparse_step`-th layer has experts of
/// `moe_intermediate_size`, unless it is one of `mlp_only_layers`.
pub(super) fn qwen3_moe(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: Defaults = Defaults {
        vocab: 151_936,
        hidden: 2048,
        intermediate: 6144,
        layers: 24,
        heads: 32,
        kv_heads: Some(4),
        head_dim: None,
        context: 32_768,
        tied: false,
    };
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &DEFAULTS)?;
    let bias = reader.flag("attention_bias", false)?;
    let window =
        if reader.flag("use_sliding_window", false)? { reader.optional("sliding_window", Some(4096))? } else { None };
    let width = reader.count("moe_intermediate_size", 768)?;
    let experts = reader.amount("num_experts", 128)?;
    let chosen = reader.count("num_experts_per_tok", 8)?;
    let step = reader.count("decoder_sparse_step", 1)?;
    let dense = reader.places("mlp_only_layers")?;
    let has_experts = |place: u64| experts > 0 && (place + 1).is_multiple_of(step) && !dense.contains(&place);
    let layers: Vec<_> = (0..common.layers).map(|place| (true, usize::from(has_experts(place)))).collect();
    if layers.iter().any(|(_, mlp)| *mlp == 1) {
        reader.experts_per_token(chosen, "num_experts", experts)?;
    }
    let mlps = vec![
        Mlp::Dense { width: common.width, bias: false, fused: false },
        Mlp::Mixture { experts, chosen, width, names: ExpertNames::Projections, shared: None, bias: false },
    ];
    let attention = common.attention().with(bias, bias, QkNorm::OfHead);
    let decoder = Decoder { whole: common.whole, attention, norms: PRE_NORMS, window, mlps, layers };
    Ok(decoder.build(family, reader, Side::Decoder))
}

/// Attention with biases and one sink for each head; a router with a bias, h·E + E, and experts with biases,
/// E·(2·h·I + 2·I + I·h + h); a window in every other layer from the first on.
pub(super) fn gpt_oss(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: Defaults = Defaults {
        vocab: 201_088,
        hidden: 2880,
        intermediate: 2880,
        layers: 36,
        heads: 64,
        kv_heads: Some(8),
        head_dim: Some(64),
        context: 131_072,
        tied: false,
    };
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &DEFAULTS)?;
    let window = reader.optional("sliding_window", Some(128))?;
    let windowed = reader.windowed(common.layers, |place| place % 2 == 0)?;
    let experts = reader.count("num_local_experts", 128)?;
    let chosen = reader.count("num_experts_per_tok", 4)?;
    let chosen = reader.experts_per_token(chosen, "num_local_experts", experts)?;
    let (width, names) = (common.width, ExpertNames::Fused);
    let mlps = vec![Mlp::Mixture { experts, chosen, width, names, shared: None, bias: true }];
    let attention = common.attention().with_sinks(reader.flag("attention_bias", true)?);
    let layers = windowed.into_iter().map(|windowed| (windowed, 0)).collect();
    let decoder = Decoder { whole: common.whole, attention, norms: PRE_NORMS, window, mlps, layers };
    Ok(decoder.build(family, reader, Side::Decoder))
}

/// Class defaults of one version of DeepSeek's models.
struct DeepSeek {
    common: Defaults,
    moe_intermediate: u64,
    first_dense: u64,
    routed: u64,
    shared: u64,
    chosen: Option<u64>,
}

/// Multi-head latent attention and fine-grained experts, of which some see every token.
pub(super) fn deepseek_v2(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: DeepSeek = DeepSeek {
        common: Defaults {
            vocab: 32_000,
            hidden: 4096,
            intermediate: 11_008,
            layers: 32,
            heads: 32,
            kv_heads: None,
            head_dim: None,
            context: 2048,
            tied: false,
        },
        moe_intermediate: 1407,
        first_dense: 0,
        routed: 64,
        shared: 2,
        chosen: None,
    };
    let mut reader = Reader::new(config);
    let mlp_bias = reader.flag("mlp_bias", false)?;
    deepseek(family, reader, &DEFAULTS, mlp_bias)
}

/// As DeepSeek-V2; the bias of the router is a buffer in transformers, not a parameter.
pub(super) fn deepseek_v3(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: DeepSeek = DeepSeek {
        common: Defaults {
            vocab: 129_280,
            hidden: 7168,
            intermediate: 18_432,
            layers: 61,
            heads: 128,
            kv_heads: None,
            head_dim: None,
            context: 4096,
            tied: false,
        },
        moe_intermediate: 2048,
        first_dense: 3,
        routed: 256,
        shared: 1,
        chosen: Some(8),
    };
    deepseek(family, Reader::new(config), &DEFAULTS, false)
}

fn deepseek(
    family: &'static Family,
    mut reader: Reader<'_>,
    defaults: &DeepSeek,
    mlp_bias: bool,
) -> Result<Architecture, Error> {
    let common = &defaults.common;
    let whole = Whole {
        hidden: reader.count("hidden_size", common.hidden)?,
        vocab: reader.count("vocab_size", common.vocab)?,
        context: Some(reader.count("max_position_embeddings", common.context)?),
        tied: reader.flag("tie_word_embeddings", common.tied)?,
    };
    let dense_width = reader.count("intermediate_size", common.intermediate)?;
    let layers = reader.layers("num_hidden_layers", common.layers)?;
    let heads = reader.count("num_attention_heads", common.heads)?;
    let attention = Attention::Latent {
        heads,
        q_rank: reader.optional("q_lora_rank", Some(1536))?,
        kv_rank: reader.count("kv_lora_rank", 512)?,
        nope_dim: reader.count("qk_nope_head_dim", 128)?,
        rope_dim: reader.count("qk_rope_head_dim", 64)?,
        value_dim: reader.count("v_head_dim", 128)?,
        bias: reader.flag("attention_bias", false)?,
    };
    let width = reader.count("moe_intermediate_size", defaults.moe_intermediate)?;
    let first_dense = reader.amount("first_k_dense_replace", defaults.first_dense)?;
    let experts = reader.count("n_routed_experts", defaults.routed)?;
    let shared = reader.optional_amount("n_shared_experts", defaults.shared)?;
    let chosen = reader.optional("num_experts_per_tok", defaults.chosen)?;
    let has_experts = first_dense < layers;
    let chosen = match chosen {
        Some(chosen) if has_experts => reader.experts_per_token(chosen, "n_routed_experts", experts)?,
        None if has_experts => return Err(Error::Missing("num_experts_per_tok")),
        _ => 0,
    };
    let mlps = vec![
        Mlp::Dense { width: dense_width, bias: mlp_bias, fused: false },
        Mlp::Mixture { experts, chosen, width, names: ExpertNames::Projections, shared, bias: mlp_bias },
    ];
    let layers = (0..layers).map(|place| (false, usize::from(place >= first_dense))).collect();
    let decoder = Decoder { whole, attention, norms: PRE_NORMS, window: None, mlps, layers };
    Ok(decoder.build(family, reader, Side::Decoder))
}
