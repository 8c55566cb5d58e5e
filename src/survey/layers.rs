//! Which layer a tensor belongs to and what it does there, from its name.
//!
//! Every library names the same matrices anew. The names of GGUF are taken for all of them: `blk.12.attn_q.weight` is also
//! `model.layers.12.self_attn.q_proj.weight`. What no row knows keeps its own name.
//!
//! Source: llama.cpp, `gguf-py/gguf/tensor_mapping.py`, from which the rows are, and the modules of transformers.

use super::{Errors, Measured};
use crate::weights::{Checkpoint, Stored};
use std::collections::BTreeMap;

/// Where a tensor stands in its model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Which part of a model of several: `v.` of what sees, `enc.` and `dec.` of T5; nothing of a language model alone.
    pub part: &'static str,
    /// The number of its layer; nothing outside of layers.
    pub layer: Option<u32>,
    /// What it does, as GGUF says it, such as `attn_q`; what is not the weight has it at its end, such as `attn_q.bias`.
    pub role: String,
    /// Whether it is the weight of what does that.
    pub is_weight: bool,
}

/// Words before the number of a layer.
const LAYER_WORDS: [&str; 6] = ["layers", "h", "blk", "layer", "blocks", "block"];

/// What modules within a layer are called elsewhere, and in GGUF. The longest row that a name ends with is its own.
const IN_LAYERS: &[(&str, &str)] = &[
    // Llama, Mistral, Qwen, Gemma, OLMo
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.out_proj", "attn_output"),
    ("self_attn.dense", "attn_output"),
    ("self_attn.qkv_proj", "attn_qkv"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("self_attn.sinks", "attn_sinks"),
    ("self_attn_layer_norm", "attn_norm"),
    ("self_attn.q_a_proj", "attn_q_a"),
    ("self_attn.q_b_proj", "attn_q_b"),
    ("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"),
    ("self_attn.kv_b_proj", "attn_kv_b"),
    ("self_attn.q_a_layernorm", "attn_q_a_norm"),
    ("self_attn.kv_a_layernorm", "attn_kv_a_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
    ("mlp.gate_up_proj", "ffn_gate_up"),
    ("mlp.fc1", "ffn_up"),
    ("mlp.fc2", "ffn_down"),
    ("fc1", "ffn_up"),
    ("fc2", "ffn_down"),
    ("final_layer_norm", "ffn_norm"),
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("pre_feedforward_layernorm", "ffn_norm"),
    ("post_feedforward_layernorm", "post_ffw_norm"),
    // mixtures; the number of the expert is left out
    ("mlp.gate", "ffn_gate_inp"),
    ("mlp.router", "ffn_gate_inp"),
    ("block_sparse_moe.gate", "ffn_gate_inp"),
    ("experts.w1", "ffn_gate_exps"),
    ("experts.w2", "ffn_down_exps"),
    ("experts.w3", "ffn_up_exps"),
    ("experts.gate_proj", "ffn_gate_exps"),
    ("experts.up_proj", "ffn_up_exps"),
    ("experts.down_proj", "ffn_down_exps"),
    ("experts.gate_up_proj", "ffn_gate_up_exps"),
    ("shared_expert.gate_proj", "ffn_gate_shexp"),
    ("shared_expert.up_proj", "ffn_up_shexp"),
    ("shared_expert.down_proj", "ffn_down_shexp"),
    ("shared_experts.gate_proj", "ffn_gate_shexp"),
    ("shared_experts.up_proj", "ffn_up_shexp"),
    ("shared_experts.down_proj", "ffn_down_shexp"),
    // GPT-2, GPT-J
    ("ln_1", "attn_norm"),
    ("ln_2", "ffn_norm"),
    ("attn.c_attn", "attn_qkv"),
    ("attn.c_proj", "attn_output"),
    ("attn.q_proj", "attn_q"),
    ("attn.k_proj", "attn_k"),
    ("attn.v_proj", "attn_v"),
    ("attn.out_proj", "attn_output"),
    ("mlp.c_fc", "ffn_up"),
    ("mlp.c_proj", "ffn_down"),
    ("mlp.fc_in", "ffn_up"),
    ("mlp.fc_out", "ffn_down"),
    // GPT-NeoX, Falcon, BLOOM
    ("attention.query_key_value", "attn_qkv"),
    ("attention.dense", "attn_output"),
    ("self_attention.query_key_value", "attn_qkv"),
    ("self_attention.dense", "attn_output"),
    ("mlp.dense_h_to_4h", "ffn_up"),
    ("mlp.dense_4h_to_h", "ffn_down"),
    // BERT
    ("attention.self.query", "attn_q"),
    ("attention.self.key", "attn_k"),
    ("attention.self.value", "attn_v"),
    ("attention.output.dense", "attn_output"),
    ("attention.output.LayerNorm", "attn_output_norm"),
    ("intermediate.dense", "ffn_up"),
    ("output.dense", "ffn_down"),
    ("output.LayerNorm", "layer_output_norm"),
    // T5
    ("SelfAttention.q", "attn_q"),
    ("SelfAttention.k", "attn_k"),
    ("SelfAttention.v", "attn_v"),
    ("SelfAttention.o", "attn_o"),
    ("SelfAttention.relative_attention_bias", "attn_rel_b"),
    ("EncDecAttention.q", "cross_attn_q"),
    ("EncDecAttention.k", "cross_attn_k"),
    ("EncDecAttention.v", "cross_attn_v"),
    ("EncDecAttention.o", "cross_attn_o"),
    ("DenseReluDense.wi", "ffn_up"),
    ("DenseReluDense.wi_0", "ffn_gate"),
    ("DenseReluDense.wi_1", "ffn_up"),
    ("DenseReluDense.wo", "ffn_down"),
];

/// The same outside of layers.
const OUTSIDE: &[(&str, &str)] = &[
    ("embed_tokens", "token_embd"),
    ("wte", "token_embd"),
    ("embed_in", "token_embd"),
    ("word_embeddings", "token_embd"),
    ("shared", "token_embd"),
    ("wpe", "position_embd"),
    ("embed_positions", "position_embd"),
    ("position_embeddings", "position_embd"),
    ("token_type_embeddings", "token_types"),
    ("embeddings.LayerNorm", "token_embd_norm"),
    ("word_embeddings_layernorm", "token_embd_norm"),
    ("norm", "output_norm"),
    ("ln_f", "output_norm"),
    ("final_layernorm", "output_norm"),
    ("final_layer_norm", "output_norm"),
    ("lm_head", "output"),
    ("embed_out", "output"),
];

impl Place {
    /// Where the tensor of this name stands.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let words: Vec<&str> = name.split('.').collect();
        let number = |i: usize| words.get(i).and_then(|word| word.parse::<u32>().ok());
        let marker = (0..words.len()).find(|&i| LAYER_WORDS.contains(&words[i]) && number(i + 1).is_some());
        let (before, layer, rest) = match marker {
            Some(i) => (&words[..i], number(i + 1), &words[i + 2..]),
            None => (&words[..0], None, &words[..]),
        };
        let is_t5 = marker.is_some_and(|i| words[i] == "block" || words[i] == "blk");
        let part = match before.first() {
            _ if before.iter().any(|word| *word == "v" || word.contains("vision") || word.contains("visual")) => "v.",
            Some(&("encoder" | "enc")) if is_t5 => "enc.",
            Some(&("decoder" | "dec")) if is_t5 => "dec.",
            _ => "",
        };
        // Experts of a layer share a role.
        let is_expert =
            |i: usize| i > 0 && rest[i - 1] == "experts" && rest[i].bytes().all(|byte| byte.is_ascii_digit());
        let mut rest: Vec<&str> = (0..rest.len()).filter(|&i| !is_expert(i)).map(|i| rest[i]).collect();
        let has_weight = rest.len() > 1 && rest.last() == Some(&"weight");
        let kind = if rest.len() > 1 && rest.last() == Some(&"bias") { ".bias" } else { "" };
        if has_weight || !kind.is_empty() {
            rest.pop();
        }
        let module = rest.join(".");
        let rows = if layer.is_some() { IN_LAYERS } else { OUTSIDE };
        let is_end = |row: &&(&str, &str)| {
            module.strip_suffix(row.0).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        let row = rows.iter().filter(is_end).max_by_key(|row| row.0.len());
        let role = row.map_or(module.as_str(), |row| row.1);
        let is_weight = has_weight || row.is_some() && kind.is_empty();
        Self { part, layer, role: format!("{role}{kind}"), is_weight }
    }

    /// The name that GGUF would have for it: `blk.12.attn_q.weight`. Experts by themselves have the same.
    #[must_use]
    pub fn name(&self) -> String {
        let Self { part, layer, role, is_weight } = self;
        let end = if *is_weight { ".weight" } else { "" };
        match layer {
            Some(layer) => format!("{part}blk.{layer}.{role}{end}"),
            None => format!("{part}{role}{end}"),
        }
    }
}

/// How many layers the language model has: one more than the largest number. Layers of parts that see do not count.
#[must_use]
pub fn layer_count(checkpoint: &Checkpoint) -> u32 {
    let places = checkpoint.tensors.iter().map(|tensor| Place::of(&tensor.name));
    places
        .filter(|place| place.part != "v.")
        .filter_map(|place| place.layer)
        .map(|i| i.saturating_add(1))
        .max()
        .unwrap_or(0)
}

/// The errors of tensors that have the same key added up, setting by setting: of a layer, of a role. A tensor that a setting is
/// nothing for is left out of that one.
pub fn sums_by<K: Ord>(
    checkpoint: &Checkpoint,
    measured: &BTreeMap<u32, Measured>,
    key: impl Fn(&Stored) -> K,
) -> BTreeMap<K, Vec<Errors>> {
    let mut sums: BTreeMap<K, Vec<Errors>> = BTreeMap::new();
    for (i, measured) in measured {
        let Some(tensor) = checkpoint.tensors.get(*i as usize) else { continue };
        let sum = sums.entry(key(tensor)).or_default();
        if sum.len() < measured.errors.len() {
            sum.resize(measured.errors.len(), Errors::default());
        }
        for (sum, errors) in sum.iter_mut().zip(&measured.errors) {
            if let Ok(errors) = errors {
                sum.add(errors);
            }
        }
    }
    sums
}

/// Tensors that are one, or that hold the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Same {
    /// Their places in the checkpoint, two or more.
    pub tensors: Vec<u32>,
    /// Whether they are the same bytes of the file; if not, they have equal shapes and equal moments, which of numbers that
    /// were trained is no accident.
    pub is_shared: bool,
}

/// Tensors that are tied or stand twice, those of the same bytes first. Tensors all of whose values are the same (fresh norms and
/// biases) are not among them.
#[must_use]
pub fn same(checkpoint: &Checkpoint, measured: &BTreeMap<u32, Measured>) -> Vec<Same> {
    let mut by_span: BTreeMap<(u32, u64, u64), Vec<u32>> = BTreeMap::new();
    for (i, tensor) in (0..).zip(&checkpoint.tensors).filter(|(_, tensor)| !tensor.span.is_empty()) {
        by_span.entry((tensor.span.file, tensor.span.start, tensor.span.end)).or_default().push(i);
    }
    let mut by_values: BTreeMap<(&[u64], [u64; 6]), Vec<u32>> = BTreeMap::new();
    for spans in by_span.values() {
        // Of those that share their bytes one is enough.
        let Some((i, tensor)) = spans.first().and_then(|i| Some((*i, checkpoint.tensors.get(*i as usize)?))) else {
            continue;
        };
        let Some(moments) = measured.get(&i).map(|measured| measured.moments) else { continue };
        if moments.m2 > 0.0 {
            let sums = [moments.mean, moments.m2, moments.m3, moments.m4].map(f64::to_bits);
            let [mean, m2, m3, m4] = sums;
            let facts = [moments.finite, mean, m2, m3, m4, moments.zeros];
            by_values.entry((&tensor.shape, facts)).or_default().push(i);
        }
    }
    let shared = by_span.into_values().map(|tensors| Same { tensors, is_shared: true });
    let equal = by_values.into_values().map(|tensors| Same { tensors, is_shared: false });
    shared.chain(equal).filter(|same| same.tensors.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::Moments;
    use crate::survey::test_support::{checkpoint, tensor};

    #[test]
    fn names_of_every_library_are_those_of_gguf() {
        for (name, gguf) in [
            ("model.layers.12.self_attn.q_proj.weight", "blk.12.attn_q.weight"),
            ("model.language_model.layers.3.mlp.down_proj.weight", "blk.3.ffn_down.weight"),
            ("blk.12.attn_q.weight", "blk.12.attn_q.weight"),
            ("blk.0.ffn_gate_inp.weight", "blk.0.ffn_gate_inp.weight"),
            ("model.layers.1.self_attn.q_proj.bias", "blk.1.attn_q.bias"),
            ("model.layers.1.post_attention_layernorm.weight", "blk.1.ffn_norm.weight"),
            ("h.3.attn.c_attn.weight", "blk.3.attn_qkv.weight"),
            ("transformer.h.3.attn.c_proj.bias", "blk.3.attn_output.bias"),
            ("transformer.h.3.mlp.c_proj.weight", "blk.3.ffn_down.weight"),
            ("gpt_neox.layers.5.attention.query_key_value.weight", "blk.5.attn_qkv.weight"),
            ("model.decoder.layers.7.fc1.weight", "blk.7.ffn_up.weight"),
            ("bert.encoder.layer.0.attention.output.dense.weight", "blk.0.attn_output.weight"),
            ("encoder.layer.0.output.dense.weight", "blk.0.ffn_down.weight"),
            ("encoder.layer.0.attention.output.LayerNorm.weight", "blk.0.attn_output_norm.weight"),
            ("model.layers.2.block_sparse_moe.experts.7.w2.weight", "blk.2.ffn_down_exps.weight"),
            ("model.layers.2.block_sparse_moe.gate.weight", "blk.2.ffn_gate_inp.weight"),
            ("model.layers.2.mlp.experts.down_proj", "blk.2.ffn_down_exps.weight"),
            ("model.layers.2.mlp.experts.100.up_proj.weight", "blk.2.ffn_up_exps.weight"),
            ("encoder.block.1.layer.0.SelfAttention.q.weight", "enc.blk.1.attn_q.weight"),
            ("decoder.block.1.layer.2.DenseReluDense.wo.weight", "dec.blk.1.ffn_down.weight"),
            ("vision_tower.encoder.layers.4.self_attn.k_proj.weight", "v.blk.4.attn_k.weight"),
            ("model.embed_tokens.weight", "token_embd.weight"),
            ("transformer.wte.weight", "token_embd.weight"),
            ("embeddings.position_embeddings.weight", "position_embd.weight"),
            ("model.norm.weight", "output_norm.weight"),
            ("lm_head.weight", "output.weight"),
            ("output.weight", "output.weight"),
            ("weight", "weight"),
            ("layers.x.weight", "layers.x.weight"),
            ("model.layers.0.mystery.weight", "blk.0.mystery.weight"),
        ] {
            assert_eq!(Place::of(name).name(), gguf, "{name}");
        }
        let place = Place::of("model.layers.12.self_attn.q_proj.weight_scale_inv");
        assert_eq!((place.layer, place.role.as_str()), (Some(12), "self_attn.q_proj.weight_scale_inv"));
        assert_eq!(Place::of("").role, "");
        assert_eq!(Place::of("model.layers.99999999999.x").layer, None);
    }

    #[test]
    fn no_row_stands_twice() {
        for rows in [IN_LAYERS, OUTSIDE] {
            let mut names: Vec<_> = rows.iter().map(|row| row.0).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }

    fn measured(moments: Moments, e2: f64) -> Measured {
        let errors = Errors { e2, x2: 10.0, bytes: 1, ..Errors::default() };
        Measured { moments, errors: vec![Ok(errors), Err("no".into())], changed: None }
    }

    #[test]
    fn errors_add_up_by_layer() {
        let names = ["h.0.a.weight", "h.0.b.weight", "h.1.a.weight", "wte.weight"];
        let checkpoint = checkpoint(names.map(|name| tensor(name, &[2, 2])).to_vec());
        assert_eq!(layer_count(&checkpoint), 2);
        let all: BTreeMap<u32, Measured> =
            (0..4).map(|i| (i, measured(Moments::default(), f64::from(i + 1)))).collect();
        let sums = sums_by(&checkpoint, &all, |tensor| Place::of(&tensor.name).layer);
        let e2: Vec<_> = sums.iter().map(|(layer, sums)| (*layer, sums[0].e2, sums[1].e2)).collect();
        assert_eq!(e2, [(None, 4.0, 0.0), (Some(0), 3.0, 0.0), (Some(1), 3.0, 0.0)]);
    }

    #[test]
    fn tied_tensors_share_bytes_or_have_equal_moments() {
        let mut tensors: Vec<Stored> = ["a", "b", "c", "d", "e", "f"].map(|name| tensor(name, &[2, 2])).to_vec();
        tensors[4].shape = vec![4];
        let mut checkpoint = checkpoint(tensors);
        checkpoint.tensors[1].span = checkpoint.tensors[0].span;
        let spread = Moments { finite: 4, mean: 0.5, m2: 2.0, m3: 0.1, m4: 3.0, amax: 1.0, ..Moments::default() };
        let ones = Moments { finite: 4, mean: 1.0, amax: 1.0, ..Moments::default() };
        let moments = [spread, spread, spread, ones, spread, ones];
        let all: BTreeMap<u32, Measured> = (0..).zip(moments.map(|moments| measured(moments, 1.0))).collect();
        let found = same(&checkpoint, &all);
        let expected = [(vec![0, 1], true), (vec![0, 2], false)];
        assert_eq!(found, expected.map(|(tensors, is_shared)| Same { tensors, is_shared }));
        assert_eq!(same(&checkpoint, &BTreeMap::new()).len(), 1);
    }
}
