//! Llama and the dense decoders that keep its shape.

use super::decoder::{Attention, Decoder, Mlp, QkNorm};
use super::parts::{Reader, Whole};
use crate::transformer::{Architecture, Config, Error, Family, Side};

/// Two norms a layer, before attention and before the MLP.
pub(super) const PRE_NORMS: &[&str] = &["input_layernorm", "post_attention_layernorm"];

/// Four, before and after each (Gemma 2 and 3).
const FOUR_NORMS: &[&str] =
    &["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"];

/// The class defaults of what all of these families read.
pub(super) struct Defaults {
    pub(super) vocab: u64,
    pub(super) hidden: u64,
    pub(super) intermediate: u64,
    pub(super) layers: u64,
    pub(super) heads: u64,
    /// `None` is as many as there are heads.
    pub(super) kv_heads: Option<u64>,
    /// `None` is h/a.
    pub(super) head_dim: Option<u64>,
    pub(super) context: u64,
    pub(super) tied: bool,
}

/// What all of these families read.
pub(super) struct Common {
    pub(super) whole: Whole,
    pub(super) width: u64,
    pub(super) layers: u64,
    heads: u64,
    kv_heads: u64,
    head_dim: u64,
}

impl Common {
    pub(super) fn read(reader: &mut Reader<'_>, defaults: &Defaults) -> Result<Self, Error> {
        let hidden = reader.count("hidden_size", defaults.hidden)?;
        let width = reader.count("intermediate_size", defaults.intermediate)?;
        let layers = reader.layers("num_hidden_layers", defaults.layers)?;
        let heads = reader.count("num_attention_heads", defaults.heads)?;
        let kv_heads = reader.kv_heads(defaults.kv_heads, heads)?;
        let head_dim = reader.head_dim(defaults.head_dim, hidden, heads)?;
        let whole = Whole {
            hidden,
            vocab: reader.count("vocab_size", defaults.vocab)?,
            context: Some(reader.count("max_position_embeddings", defaults.context)?),
            tied: reader.flag("tie_word_embeddings", defaults.tied)?,
        };
        Ok(Self { whole, width, layers, heads, kv_heads, head_dim })
    }

    /// Attention as in Llama, without a bias.
    pub(super) const fn attention(&self) -> Grouped {
        Grouped { heads: self.heads, kv_heads: self.kv_heads, head_dim: self.head_dim }
    }

    /// Full attention in every layer, and one dense MLP.
    fn plain(self, attention: Attention, norms: &'static [&'static str], mlp_bias: bool) -> Decoder {
        let (layers, mlps) = (Decoder::alike(self.layers), vec![self.mlp(mlp_bias)]);
        Decoder { whole: self.whole, attention, norms, window: None, mlps, layers }
    }

    /// A window in some layers, and one dense MLP.
    fn windowed(
        self,
        attention: Attention,
        norms: &'static [&'static str],
        window: Option<u64>,
        windowed: Vec<bool>,
    ) -> Decoder {
        let layers = windowed.into_iter().map(|windowed| (windowed, 0)).collect();
        let mlps = vec![self.mlp(false)];
        Decoder { whole: self.whole, attention, norms, window, mlps, layers }
    }

    const fn mlp(&self, bias: bool) -> Mlp {
        Mlp::Dense { width: self.width, bias, fused: false }
    }
}

/// The heads of attention, to which a family says what else it has.
pub(super) struct Grouped {
    heads: u64,
    kv_heads: u64,
    head_dim: u64,
}

impl Grouped {
    pub(super) const fn with(self, qkv_bias: bool, o_bias: bool, qk_norm: QkNorm) -> Attention {
        let Self { heads, kv_heads, head_dim } = self;
        Attention::Grouped { heads, kv_heads, head_dim, qkv_bias, o_bias, fused: false, qk_norm, sinks: false }
    }

    /// With sinks (gpt-oss).
    pub(super) const fn with_sinks(self, bias: bool) -> Attention {
        let Self { heads, kv_heads, head_dim } = self;
        let (qkv_bias, o_bias, fused, sinks) = (bias, bias, false, true);
        Attention::Grouped { heads, kv_heads, head_dim, qkv_bias, o_bias, fused, qk_norm: QkNorm::None, sinks }
    }

    /// With queries, keys and values in one matrix (Phi-3).
    const fn fused(self) -> Attention {
        let Self { heads, kv_heads, head_dim } = self;
        let (qkv_bias, o_bias, fused, sinks) = (false, false, true, false);
        Attention::Grouped { heads, kv_heads, head_dim, qkv_bias, o_bias, fused, qk_norm: QkNorm::None, sinks }
    }
}

/// 2·h·a·d + 2·h·k·d + 3·h·I + 2·h a layer; biases by `attention_bias` and `mlp_bias`.
pub(super) fn llama(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: Defaults = Defaults {
        vocab: 32_000,
        hidden: 4096,
        intermediate: 11_008,
        layers: 32,
        heads: 32,
        kv_heads: None,
        head_dim: None,
        context: 2048,
        tied: false,
    };
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &DEFAULTS)?;
    let bias = reader.flag("attention_bias", false)?;
    let mlp_bias = reader.flag("mlp_bias", false)?;
    let attention = common.attention().with(bias, bias, QkNorm::None);
    Ok(common.plain(attention, PRE_NORMS, mlp_bias).build(family, reader, Side::Decoder))
}

/// As Llama, with a window of 4096 in every layer unless the config says `null` or another.
pub(super) fn mistral(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
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
    let window = reader.optional("sliding_window", Some(4096))?;
    let (attention, windowed) =
        (common.attention().with(false, false, QkNorm::None), vec![true; common.layers as usize]);
    Ok(common.windowed(attention, PRE_NORMS, window, windowed).build(family, reader, Side::Decoder))
}

/// As Llama, with a bias on queries, keys and values.
pub(super) fn qwen2(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &QWEN)?;
    let (window, windowed) = qwen_window(&mut reader, common.layers)?;
    let attention = common.attention().with(true, false, QkNorm::None);
    Ok(common.windowed(attention, PRE_NORMS, window, windowed).build(family, reader, Side::Decoder))
}

/// As Llama, with a norm of queries and of keys; heads are 128 wide whatever the width of the model.
pub(super) fn qwen3(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &Defaults { head_dim: Some(128), ..QWEN })?;
    let bias = reader.flag("attention_bias", false)?;
    let (window, windowed) = qwen_window(&mut reader, common.layers)?;
    let attention = common.attention().with(bias, bias, QkNorm::OfHead);
    Ok(common.windowed(attention, PRE_NORMS, window, windowed).build(family, reader, Side::Decoder))
}

const QWEN: Defaults = Defaults {
    vocab: 151_936,
    hidden: 4096,
    intermediate: 22_016,
    layers: 32,
    heads: 32,
    kv_heads: Some(32),
    head_dim: None,
    context: 32_768,
    tied: false,
};

/// A window only with `use_sliding_window`, and then only from layer `max_window_layers` on: most configs name a window and
/// have none.
fn qwen_window(reader: &mut Reader<'_>, layers: u64) -> Result<(Option<u64>, Vec<bool>), Error> {
    if !reader.flag("use_sliding_window", false)? {
        return Ok((None, reader.windowed(layers, |_| false)?));
    }
    let window = reader.optional("sliding_window", Some(4096))?;
    let first = reader.amount("max_window_layers", 28)?;
    Ok((window, reader.windowed(layers, |place| place >= first)?))
}

/// As Llama, with heads of 256 and the head tied to the embedding.
pub(super) fn gemma(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: Defaults = Defaults {
        vocab: 256_000,
        hidden: 3072,
        intermediate: 24_576,
        layers: 28,
        heads: 16,
        kv_heads: Some(16),
        head_dim: Some(256),
        context: 8192,
        tied: true,
    };
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &DEFAULTS)?;
    let bias = reader.flag("attention_bias", false)?;
    let attention = common.attention().with(bias, bias, QkNorm::None);
    Ok(common.plain(attention, PRE_NORMS, false).build(family, reader, Side::Decoder))
}

const GEMMA_2: Defaults = Defaults {
    vocab: 256_000,
    hidden: 2304,
    intermediate: 9216,
    layers: 26,
    heads: 8,
    kv_heads: Some(4),
    head_dim: Some(256),
    context: 8192,
    tied: true,
};

/// As Gemma, with four norms a layer, and a window in every other layer from the first on.
pub(super) fn gemma2(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &GEMMA_2)?;
    let bias = reader.flag("attention_bias", false)?;
    let window = reader.optional("sliding_window", Some(4096))?;
    let windowed = reader.windowed(common.layers, |place| place % 2 == 0)?;
    let attention = common.attention().with(bias, bias, QkNorm::None);
    Ok(common.windowed(attention, FOUR_NORMS, window, windowed).build(family, reader, Side::Decoder))
}

/// As Gemma 2, with a norm of queries and of keys, and a window in all but every sixth layer. With
/// `use_bidirectional_attention` (EmbeddingGemma) it is an encoder.
pub(super) fn gemma3_text(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::new(config);
    let defaults = Defaults { vocab: 262_208, context: 131_072, ..GEMMA_2 };
    let common = Common::read(&mut reader, &defaults)?;
    let bias = reader.flag("attention_bias", false)?;
    let window = reader.optional("sliding_window", Some(4096))?;
    let pattern = reader.count("sliding_window_pattern", 6)?;
    let windowed = reader.windowed(common.layers, |place| (place + 1) % pattern != 0)?;
    let both_ways = reader.flag("use_bidirectional_attention", false)?;
    let side = if both_ways { Side::Encoder } else { Side::Decoder };
    let attention = common.attention().with(bias, bias, QkNorm::OfHead);
    Ok(common.windowed(attention, FOUR_NORMS, window, windowed).build(family, reader, side))
}

/// As Llama, with queries, keys and values in one matrix and gate and up in one.
pub(super) fn phi3(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: Defaults = Defaults {
        vocab: 32_064,
        hidden: 3072,
        intermediate: 8192,
        layers: 32,
        heads: 32,
        kv_heads: None,
        head_dim: None,
        context: 4096,
        tied: false,
    };
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &DEFAULTS)?;
    let window = reader.optional("sliding_window", None)?;
    let attention = common.attention().fused();
    let mlps = vec![Mlp::Dense { width: common.width, bias: false, fused: true }];
    let layers = vec![(true, 0); common.layers as usize];
    let decoder = Decoder { whole: common.whole, attention, norms: PRE_NORMS, window, mlps, layers };
    Ok(decoder.build(family, reader, Side::Decoder))
}

/// As Llama, with norms after attention and after the MLP, and norms of queries and keys over all heads.
pub(super) fn olmo2(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const DEFAULTS: Defaults = Defaults {
        vocab: 50_304,
        hidden: 4096,
        intermediate: 11_008,
        layers: 32,
        heads: 32,
        kv_heads: None,
        head_dim: None,
        context: 2048,
        tied: false,
    };
    let mut reader = Reader::new(config);
    let common = Common::read(&mut reader, &DEFAULTS)?;
    let bias = reader.flag("attention_bias", false)?;
    let attention = common.attention().with(bias, bias, QkNorm::OfAll);
    let norms: &[&str] = &["post_attention_layernorm", "post_feedforward_layernorm"];
    Ok(common.plain(attention, norms, false).build(family, reader, Side::Decoder))
}
