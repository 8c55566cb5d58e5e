//! T5, an encoder with a decoder, and BERT, an encoder alone.

use super::parts::{Parts, Place, Reader, Whole};
use crate::transformer::config::shorten;
use crate::transformer::{Architecture, Cache, Component, Config, Error, Family, Side, Stack};

use Component::{Attention, Head, Mlp, PositionEmbedding, TokenEmbedding};

/// With m = `d_model`: 4·m·H·k + ff + 2·m in each layer of the encoder, 8·m·H·k + ff + 3·m in each of the decoder, where ff
/// is 2·m·F, or 3·m·F with a gate (FLAN-T5). Positions are a bias for each head and distance, in the first layer of each side.
pub(super) fn t5(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const ALIASES: &[(&str, &str)] = &[
        ("d_model", "hidden_size"),
        ("num_heads", "num_attention_heads"),
        ("num_layers", "num_hidden_layers"),
        ("d_kv", "head_dim"),
    ];
    let mut reader = Reader::with_aliases(config, ALIASES);
    let hidden = reader.count("d_model", 512)?;
    let key_dim = reader.count("d_kv", 64)?;
    let mlp = reader.count("d_ff", 2048)?;
    let encoder_layers = reader.layers("num_layers", 6)?;
    // The class looks at `num_layers` for this before it knows that `num_hidden_layers` is the same.
    let as_many = config.layers("num_layers")?.unwrap_or(6);
    let decoder_layers = reader.optional_layers("num_decoder_layers", as_many)?;
    let heads = reader.count("num_heads", 8)?;
    let buckets = reader.count("relative_attention_num_buckets", 32)?;
    let vocab = reader.count("vocab_size", 32_128)?;
    let tied = reader.flag("tie_word_embeddings", true)?;
    let gated = is_gated(&reader.text("feed_forward_proj", "relu")?)?;
    let inner = heads * key_dim;

    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "shared", vocab, hidden);
    for (layers, side, cache) in
        [(encoder_layers, Side::Encoder, Cache::None), (decoder_layers, Side::Decoder, Cache::Cross)]
    {
        parts.matrix(Place::OUTSIDE, PositionEmbedding, "relative_attention_bias", buckets, heads);
        let (kv_heads, value_dim) = (heads, key_dim);
        let at = parts.stack(Stack { layers, side, heads, kv_heads, key_dim, value_dim, cache, mlp, gated });
        let attends: u64 = if cache == Cache::Cross { 2 } else { 1 };
        for _ in 0..attends {
            for name in ["q", "k", "v"] {
                parts.linear(at, Attention, name, (inner, hidden), false);
            }
            parts.linear(at, Attention, "o", (hidden, inner), false);
            parts.rms_norm(at, "layer_norm", hidden);
        }
        if gated {
            parts.linear(at, Mlp, "wi_0", (mlp, hidden), false);
            parts.linear(at, Mlp, "wi_1", (mlp, hidden), false);
        } else {
            parts.linear(at, Mlp, "wi", (mlp, hidden), false);
        }
        parts.linear(at, Mlp, "wo", (hidden, mlp), false);
        parts.rms_norm(at, "layer_norm", hidden);
        parts.rms_norm(Place::OUTSIDE, "final_layer_norm", hidden);
    }
    if !tied {
        parts.matrix(Place::OUTSIDE, Head, "lm_head", vocab, hidden);
    }
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context: None, tied }))
}

/// `gated-gelu` is gated, `relu` is not.
fn is_gated(activation: &str) -> Result<bool, Error> {
    let parts: Vec<&str> = activation.split('-').collect();
    match parts[..] {
        [_] => Ok(false),
        ["gated", _] => Ok(true),
        _ => Err(Error::Bad {
            field: "feed_forward_proj",
            found: format!("the text \"{}\"", shorten(activation)),
            wanted: "an activation such as relu, or gated-gelu".to_owned(),
        }),
    }
}

/// 4·(h² + h) + 2·h·I + I + h + 4·h a layer, as `BertModel` has it: with the pooler, without a head for masked words.
pub(super) fn bert(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::new(config);
    reader.refuse("add_cross_attention", "attention to an encoder is counted for t5 only")?;
    let hidden = reader.count("hidden_size", 768)?;
    let layers = reader.layers("num_hidden_layers", 12)?;
    let heads = reader.count("num_attention_heads", 12)?;
    let dim = reader.width_per_head("hidden_size", hidden, "num_attention_heads", heads)?;
    let mlp = reader.count("intermediate_size", 3072)?;
    let vocab = reader.count("vocab_size", 30_522)?;
    let positions = reader.count("max_position_embeddings", 512)?;
    let types = reader.count("type_vocab_size", 2)?;
    let tied = reader.flag("tie_word_embeddings", true)?;
    let is_relative = reader.text("position_embedding_type", "absolute")?.starts_with("relative_key");

    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "word_embeddings", vocab, hidden);
    parts.matrix(Place::OUTSIDE, PositionEmbedding, "position_embeddings", positions, hidden);
    parts.matrix(Place::OUTSIDE, PositionEmbedding, "token_type_embeddings", types, hidden);
    parts.layer_norm(Place::OUTSIDE, "LayerNorm", hidden);
    let (side, cache, kv_heads, gated) = (Side::Encoder, Cache::None, heads, false);
    let at = parts.stack(Stack { layers, side, heads, kv_heads, key_dim: dim, value_dim: dim, cache, mlp, gated });
    for name in ["query", "key", "value"] {
        parts.linear(at, Attention, name, (hidden, hidden), true);
    }
    if is_relative {
        parts.matrix(at, PositionEmbedding, "distance_embedding", 2 * positions - 1, dim);
    }
    // Three modules of a layer have this name: of attention's output, and of the MLP's two matrices.
    parts.linear(at, Attention, "dense", (hidden, hidden), true);
    parts.linear(at, Mlp, "dense", (mlp, hidden), true);
    parts.linear(at, Mlp, "dense", (hidden, mlp), true);
    parts.layer_norm(at, "LayerNorm", hidden);
    parts.layer_norm(at, "LayerNorm", hidden);
    // The pooler's.
    parts.linear(Place::OUTSIDE, Head, "dense", (hidden, hidden), true);
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context: Some(positions), tied }))
}
