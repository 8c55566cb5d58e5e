//! GPT-2 and those after it with LayerNorm, biases and an MLP of two matrices.

use super::parts::{Parts, Place, Reader, Whole};
use crate::transformer::{Architecture, Cache, Component, Config, Error, Family, Side, Stack};

use Component::{Attention, Head, Mlp, PositionEmbedding, TokenEmbedding};

const GPT_ALIASES: &[(&str, &str)] = &[
    ("n_embd", "hidden_size"),
    ("n_layer", "num_hidden_layers"),
    ("n_head", "num_attention_heads"),
    ("n_positions", "max_position_embeddings"),
];

/// A stack of layers with full attention and an MLP that is not gated.
fn stack(parts: &mut Parts, layers: u64, heads: u64, kv_heads: u64, head_dim: u64, mlp: u64) -> Place {
    let (key_dim, value_dim) = (head_dim, head_dim);
    let (side, cache, gated) = (Side::Decoder, Cache::Full, false);
    parts.stack(Stack { layers, side, heads, kv_heads, key_dim, value_dim, cache, mlp, gated })
}

/// 12·h² + 13·h a layer, and learnt positions; its linear layers are `Conv1D`, which is the same matrix transposed.
pub(super) fn gpt2(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::with_aliases(config, GPT_ALIASES);
    reader.refuse("add_cross_attention", "attention to an encoder is counted for t5 only")?;
    let hidden = reader.count("n_embd", 768)?;
    let layers = reader.layers("n_layer", 12)?;
    let heads = reader.count("n_head", 12)?;
    let head_dim = reader.width_per_head("n_embd", hidden, "n_head", heads)?;
    let inner = reader.optional("n_inner", None)?.unwrap_or(4 * hidden);
    let positions = reader.count("n_positions", 1024)?;
    let vocab = reader.count("vocab_size", 50_257)?;
    let tied = reader.flag("tie_word_embeddings", true)?;
    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "wte", vocab, hidden);
    parts.matrix(Place::OUTSIDE, PositionEmbedding, "wpe", positions, hidden);
    let at = stack(&mut parts, layers, heads, heads, head_dim, inner);
    parts.layer_norm(at, "ln_1", hidden);
    parts.linear(at, Attention, "c_attn", (3 * hidden, hidden), true);
    parts.linear(at, Attention, "c_proj", (hidden, hidden), true);
    parts.layer_norm(at, "ln_2", hidden);
    parts.linear(at, Mlp, "c_fc", (inner, hidden), true);
    parts.linear(at, Mlp, "c_proj", (hidden, inner), true);
    parts.layer_norm(Place::OUTSIDE, "ln_f", hidden);
    if !tied {
        parts.matrix(Place::OUTSIDE, Head, "lm_head", vocab, hidden);
    }
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context: Some(positions), tied }))
}

/// Attention without biases beside an MLP with them, one norm for both; the head has a bias of V, tied or not.
pub(super) fn gptj(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::with_aliases(config, GPT_ALIASES);
    let hidden = reader.count("n_embd", 4096)?;
    let layers = reader.layers("n_layer", 28)?;
    let heads = reader.count("n_head", 16)?;
    let head_dim = reader.width_per_head("n_embd", hidden, "n_head", heads)?;
    let inner = reader.optional("n_inner", None)?.unwrap_or(4 * hidden);
    let positions = reader.count("n_positions", 2048)?;
    let vocab = reader.count("vocab_size", 50_400)?;
    let tied = reader.flag("tie_word_embeddings", false)?;
    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "wte", vocab, hidden);
    let at = stack(&mut parts, layers, heads, heads, head_dim, inner);
    parts.layer_norm(at, "ln_1", hidden);
    for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        parts.linear(at, Attention, name, (hidden, hidden), false);
    }
    parts.linear(at, Mlp, "fc_in", (inner, hidden), true);
    parts.linear(at, Mlp, "fc_out", (hidden, inner), true);
    parts.layer_norm(Place::OUTSIDE, "ln_f", hidden);
    if !tied {
        parts.matrix(Place::OUTSIDE, Head, "lm_head", vocab, hidden);
    }
    parts.vector(Place::OUTSIDE, Head, "lm_head", vocab);
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context: Some(positions), tied }))
}

/// 4·h² + 2·h·I + 9·h + I a layer; rotary positions, and a head of its own, `embed_out`.
pub(super) fn gpt_neox(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::new(config);
    let hidden = reader.count("hidden_size", 6144)?;
    let layers = reader.layers("num_hidden_layers", 44)?;
    let heads = reader.count("num_attention_heads", 64)?;
    let head_dim = reader.width_per_head("hidden_size", hidden, "num_attention_heads", heads)?;
    let inner = reader.count("intermediate_size", 24_576)?;
    let context = Some(reader.count("max_position_embeddings", 2048)?);
    let vocab = reader.count("vocab_size", 50_432)?;
    let tied = reader.flag("tie_word_embeddings", false)?;
    let bias = reader.flag("attention_bias", true)?;
    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "embed_in", vocab, hidden);
    let at = stack(&mut parts, layers, heads, heads, head_dim, inner);
    parts.layer_norm(at, "input_layernorm", hidden);
    parts.layer_norm(at, "post_attention_layernorm", hidden);
    parts.linear(at, Attention, "query_key_value", (3 * hidden, hidden), bias);
    parts.linear(at, Attention, "dense", (hidden, hidden), bias);
    parts.linear(at, Mlp, "dense_h_to_4h", (inner, hidden), true);
    parts.linear(at, Mlp, "dense_4h_to_h", (hidden, inner), true);
    parts.layer_norm(Place::OUTSIDE, "final_layer_norm", hidden);
    if !tied {
        parts.matrix(Place::OUTSIDE, Head, "embed_out", vocab, hidden);
    }
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context, tied }))
}

/// As GPT-2 with four matrices in attention. The table of positions has two rows more than there are positions; OPT-350M
/// has embeddings of 512 with a projection in and out, and no last norm.
pub(super) fn opt(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::new(config);
    let hidden = reader.count("hidden_size", 768)?;
    let layers = reader.layers("num_hidden_layers", 12)?;
    let heads = reader.count("num_attention_heads", 12)?;
    let head_dim = reader.width_per_head("hidden_size", hidden, "num_attention_heads", heads)?;
    let inner = reader.count("ffn_dim", 3072)?;
    let positions = reader.count("max_position_embeddings", 2048)?;
    let vocab = reader.count("vocab_size", 50_272)?;
    let tied = reader.flag("tie_word_embeddings", true)?;
    let embedded = reader.optional("word_embed_proj_dim", None)?.unwrap_or(hidden);
    let bias = reader.flag("enable_bias", true)?;
    let affine = reader.flag("layer_norm_elementwise_affine", true)?;
    let norm_first = reader.flag("do_layer_norm_before", true)?;
    let last_norm = norm_first && !reader.flag("_remove_final_layer_norm", false)?;
    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "embed_tokens", vocab, embedded);
    parts.matrix(Place::OUTSIDE, PositionEmbedding, "embed_positions", positions + 2, hidden);
    let at = stack(&mut parts, layers, heads, heads, head_dim, inner);
    for name in ["k_proj", "v_proj", "q_proj", "out_proj"] {
        parts.linear(at, Attention, name, (hidden, hidden), bias);
    }
    parts.linear(at, Mlp, "fc1", (inner, hidden), bias);
    parts.linear(at, Mlp, "fc2", (hidden, inner), bias);
    if affine {
        parts.layer_norm(at, "self_attn_layer_norm", hidden);
        parts.layer_norm(at, "final_layer_norm", hidden);
        if last_norm {
            parts.layer_norm(Place::OUTSIDE, "final_layer_norm", hidden);
        }
    }
    if embedded != hidden {
        parts.matrix(Place::OUTSIDE, TokenEmbedding, "project_in", hidden, embedded);
        parts.matrix(Place::OUTSIDE, Head, "project_out", embedded, hidden);
    }
    if !tied {
        parts.matrix(Place::OUTSIDE, Head, "lm_head", vocab, embedded);
    }
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context: Some(positions), tied }))
}

/// 12·h² + 13·h a layer, a norm after the embedding, and no learnt positions (ALiBi), so that nothing bounds the context.
pub(super) fn bloom(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    const ALIASES: &[(&str, &str)] =
        &[("hidden_size", "n_embed"), ("n_layer", "num_hidden_layers"), ("n_head", "num_attention_heads")];
    let mut reader = Reader::with_aliases(config, ALIASES);
    let hidden = reader.count("hidden_size", 64)?;
    let layers = reader.layers("n_layer", 2)?;
    let heads = reader.count("n_head", 8)?;
    let head_dim = reader.width_per_head("hidden_size", hidden, "n_head", heads)?;
    let vocab = reader.count("vocab_size", 250_880)?;
    let tied = reader.flag("tie_word_embeddings", true)?;
    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "word_embeddings", vocab, hidden);
    parts.layer_norm(Place::OUTSIDE, "word_embeddings_layernorm", hidden);
    let at = stack(&mut parts, layers, heads, heads, head_dim, 4 * hidden);
    parts.layer_norm(at, "input_layernorm", hidden);
    parts.linear(at, Attention, "query_key_value", (3 * hidden, hidden), true);
    parts.linear(at, Attention, "dense", (hidden, hidden), true);
    parts.layer_norm(at, "post_attention_layernorm", hidden);
    parts.linear(at, Mlp, "dense_h_to_4h", (4 * hidden, hidden), true);
    parts.linear(at, Mlp, "dense_4h_to_h", (hidden, 4 * hidden), true);
    parts.layer_norm(Place::OUTSIDE, "ln_f", hidden);
    if !tied {
        parts.matrix(Place::OUTSIDE, Head, "lm_head", vocab, hidden);
    }
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context: None, tied }))
}

/// h·(a + 2·k)·d + h² + 2·h·I a layer. The first ones have one head of keys and values and one norm (7B), those with the
/// `new_decoder_architecture` several heads and two norms (40B).
pub(super) fn falcon(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::with_aliases(config, &[("hidden_size", "n_embed")]);
    let hidden = reader.count("hidden_size", 4544)?;
    let layers = reader.layers("num_hidden_layers", 32)?;
    let heads = reader.count("num_attention_heads", 71)?;
    let head_dim = reader.width_per_head("hidden_size", hidden, "num_attention_heads", heads)?;
    let inner = reader.optional("ffn_hidden_size", None)?.unwrap_or(4 * hidden);
    let vocab = reader.count("vocab_size", 65_024)?;
    let tied = reader.flag("tie_word_embeddings", true)?;
    let bias = reader.flag("bias", false)?;
    let new_architecture = reader.flag("new_decoder_architecture", false)?;
    let multi_query = reader.flag("multi_query", true)?;
    let kv_heads = match (new_architecture, multi_query) {
        (true, _) => reader.shared_heads("num_kv_heads", None, heads)?,
        (false, true) => 1,
        (false, false) => heads,
    };
    let positions = reader.count("max_position_embeddings", 2048)?;
    // ALiBi bounds nothing.
    let context = (!reader.flag("alibi", false)?).then_some(positions);
    let parallel = reader.flag("parallel_attn", true)?;
    let norms_beside =
        reader.optional("num_ln_in_parallel_attn", None)?.unwrap_or(if new_architecture { 2 } else { 1 });
    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "word_embeddings", vocab, hidden);
    let at = stack(&mut parts, layers, heads, kv_heads, head_dim, inner);
    let norms: &[&str] = match (parallel, norms_beside) {
        (false, _) => &["input_layernorm", "post_attention_layernorm"],
        (true, 2) => &["ln_attn", "ln_mlp"],
        (true, _) => &["input_layernorm"],
    };
    for norm in norms {
        parts.layer_norm(at, norm, hidden);
    }
    parts.linear(at, Attention, "query_key_value", ((heads + 2 * kv_heads) * head_dim, hidden), bias);
    parts.linear(at, Attention, "dense", (hidden, hidden), bias);
    parts.linear(at, Mlp, "dense_h_to_4h", (inner, hidden), bias);
    parts.linear(at, Mlp, "dense_4h_to_h", (hidden, inner), bias);
    parts.layer_norm(Place::OUTSIDE, "ln_f", hidden);
    if !tied {
        parts.matrix(Place::OUTSIDE, Head, "lm_head", vocab, hidden);
    }
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context, tied }))
}

/// Attention beside an MLP, one norm for both, biases everywhere, on the head too.
pub(super) fn phi(family: &'static Family, config: &Config) -> Result<Architecture, Error> {
    let mut reader = Reader::new(config);
    let hidden = reader.count("hidden_size", 2048)?;
    let layers = reader.layers("num_hidden_layers", 24)?;
    let heads = reader.count("num_attention_heads", 32)?;
    let kv_heads = reader.kv_heads(None, heads)?;
    let head_dim = reader.head_dim(None, hidden, heads)?;
    let inner = reader.count("intermediate_size", 8192)?;
    let vocab = reader.count("vocab_size", 51_200)?;
    let context = Some(reader.count("max_position_embeddings", 2048)?);
    let tied = reader.flag("tie_word_embeddings", false)?;
    let qk_norm = reader.flag("qk_layernorm", false)?;
    let mut parts = Parts::default();
    parts.matrix(Place::OUTSIDE, TokenEmbedding, "embed_tokens", vocab, hidden);
    let at = stack(&mut parts, layers, heads, kv_heads, head_dim, inner);
    parts.layer_norm(at, "input_layernorm", hidden);
    parts.linear(at, Attention, "q_proj", (heads * head_dim, hidden), true);
    parts.linear(at, Attention, "k_proj", (kv_heads * head_dim, hidden), true);
    parts.linear(at, Attention, "v_proj", (kv_heads * head_dim, hidden), true);
    parts.linear(at, Attention, "dense", (hidden, heads * head_dim), true);
    if qk_norm {
        // Of h/a, which need not be `head_dim`.
        parts.layer_norm(at, "q_layernorm", hidden / heads);
        parts.layer_norm(at, "k_layernorm", hidden / heads);
    }
    parts.linear(at, Mlp, "fc1", (inner, hidden), true);
    parts.linear(at, Mlp, "fc2", (hidden, inner), true);
    parts.layer_norm(Place::OUTSIDE, "final_layernorm", hidden);
    if !tied {
        parts.matrix(Place::OUTSIDE, Head, "lm_head", vocab, hidden);
    }
    parts.vector(Place::OUTSIDE, Head, "lm_head", vocab);
    Ok(parts.finish(family, reader, Whole { hidden, vocab, context, tied }))
}
