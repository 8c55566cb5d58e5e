//! Which model a checkpoint is: the fields of its `config.json`, or those that GGUF has instead.
//!
//! Source: llama.cpp, `gguf-py/gguf/constants.py` (the keys) and `conversion/` (which field of a config becomes which key).

use super::Place;
use crate::transformer::{Architecture, Config, Error};
use crate::weights::{Checkpoint, Stored};

/// A model that was recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct Recognised {
    /// The fields of a config; [`Config::fields`] are those of a link to the Memory lab.
    pub config: Config,
    /// Whether they are from the metadata of GGUF, not from a `config.json`.
    pub is_gguf: bool,
    /// What is built of them, or why nothing can be counted.
    pub architecture: Result<Architecture, Error>,
}

/// What GGUF calls a model: what a config calls it, and fields by GGUF's keys that are of that model alone.
struct Row {
    gguf: &'static str,
    model_type: &'static str,
    own: &'static [(&'static str, &'static str)],
}

const fn row(gguf: &'static str, model_type: &'static str, own: &'static [(&'static str, &'static str)]) -> Row {
    Row { gguf, model_type, own }
}

/// The models that llama.cpp and the families of this crate both know. A key with no field is passed over.
const ROWS: &[Row] = &[
    row("llama", "llama", &[]),
    row("qwen2", "qwen2", &[]),
    row("qwen3", "qwen3", &[]),
    row("qwen3moe", "qwen3_moe", &[("expert_count", "num_experts")]),
    row("gemma", "gemma", &[]),
    row("gemma2", "gemma2", &[]),
    row("gemma3", "gemma3_text", &[]),
    row("phi2", "phi", &[]),
    row("phi3", "phi3", &[]),
    row("olmo2", "olmo2", &[]),
    row("gpt2", "gpt2", &[("feed_forward_length", "n_inner")]),
    row("gptj", "gptj", &[("feed_forward_length", "n_inner")]),
    row("gptneox", "gpt_neox", &[]),
    row("bloom", "bloom", &[("feed_forward_length", "")]),
    row("falcon", "falcon", &[("feed_forward_length", "ffn_hidden_size"), ("attention.head_count_kv", "num_kv_heads")]),
    row("gpt-oss", "gpt_oss", &[("feed_forward_length", ""), ("expert_feed_forward_length", "intermediate_size")]),
    row("bert", "bert", &[]),
    row(
        "t5",
        "t5",
        &[
            ("feed_forward_length", "d_ff"),
            ("attention.relative_buckets_count", "relative_attention_num_buckets"),
            ("decoder_block_count", "num_decoder_layers"),
        ],
    ),
    row(
        "deepseek2",
        "deepseek_v2",
        &[
            ("attention.head_count_kv", ""),
            ("attention.key_length", ""),
            ("attention.q_lora_rank", "q_lora_rank"),
            ("attention.kv_lora_rank", "kv_lora_rank"),
            ("rope.dimension_count", "qk_rope_head_dim"),
            ("expert_count", "n_routed_experts"),
            ("expert_shared_count", "n_shared_experts"),
            ("leading_dense_block_count", "first_k_dense_replace"),
        ],
    ),
];

/// Fields that most models have, by GGUF's keys. The families know these names too where a config has others.
const FIELDS: &[(&str, &str)] = &[
    ("block_count", "num_hidden_layers"),
    ("embedding_length", "hidden_size"),
    ("feed_forward_length", "intermediate_size"),
    ("attention.head_count", "num_attention_heads"),
    ("attention.head_count_kv", "num_key_value_heads"),
    ("attention.key_length", "head_dim"),
    ("attention.sliding_window", "sliding_window"),
    ("context_length", "max_position_embeddings"),
    ("vocab_size", "vocab_size"),
    ("expert_count", "num_local_experts"),
    ("expert_used_count", "num_experts_per_tok"),
    ("expert_feed_forward_length", "moe_intermediate_size"),
];

/// Finds out which model a checkpoint is: from its `config.json`, else from GGUF's metadata; nothing if it has neither.
///
/// # Errors
/// What is wrong with the `config.json`. What is wrong with the fields of either is in [`Recognised::architecture`].
pub fn recognise(checkpoint: &Checkpoint) -> Option<Result<Recognised, Error>> {
    let (config, is_gguf) = match &checkpoint.config {
        Some(text) => (Config::from_json(text), false),
        None => (Ok(of_gguf(checkpoint)?), true),
    };
    Some(config.map(|config| {
        let architecture = Architecture::from_config(&config);
        Recognised { config, is_gguf, architecture }
    }))
}

/// The fields that the metadata of GGUF stands for; nothing without a name of the model.
fn of_gguf(checkpoint: &Checkpoint) -> Option<Config> {
    let value = |key: &str| checkpoint.metadata.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let name = value("general.architecture")?;
    let Some(row) = ROWS.iter().find(|row| row.gguf == name) else { return Some(Config::new(name)) };
    let of = |key: &str| value(&format!("{name}.{key}"));
    let number = |key: &str| of(key).and_then(|text| text.parse::<u64>().ok());
    let tensor = |role: &str| checkpoint.tensors.iter().find(|tensor| is_of_role(tensor, role));
    let rows = |role: &str| tensor(role).map(|tensor| tensor.matrix().0.to_string());

    let mut config = Config::new(row.model_type);
    for (key, field) in FIELDS.iter().chain(row.own) {
        let own = row.own.iter().find(|(own, _)| own == key).map_or(*field, |row| row.1);
        // Without experts their count is zero, or there is none.
        let is_nothing = |text: &str| own.is_empty() || key.starts_with("expert_") && text == "0";
        if let Some(text) = of(key).filter(|text| !is_nothing(text)) {
            config.set(own, text);
        }
    }
    if let Some(rows) = rows("token_embd") {
        config.set("vocab_size", &rows);
    }
    let flag = |is: bool| if is { "true" } else { "false" };
    match row.gguf {
        // Mixtral is a llama with experts.
        "llama" if number("expert_count").is_some_and(|experts| experts > 0) => {
            config.set("model_type", "mixtral");
        }
        "falcon" => {
            let heads = number("attention.head_count_kv").unwrap_or(1);
            config.set("multi_query", flag(heads == 1));
            config.set("new_decoder_architecture", flag(heads > 1));
        }
        "gpt2" | "bert" => {
            if let Some(rows) = rows("position_embd") {
                config.set("max_position_embeddings", &rows);
            }
            if let Some(rows) = rows("token_types") {
                config.set("type_vocab_size", &rows);
            }
        }
        "t5" => {
            config.set("feed_forward_proj", if tensor("ffn_gate").is_some() { "gated-gelu" } else { "relu" });
        }
        "deepseek2" => {
            // DeepSeek-V3 chooses its experts by a sigmoid.
            if number("expert_gating_func") == Some(2) {
                config.set("model_type", "deepseek_v3");
            }
            let head = |key: &str| number(&format!("{key}_mla")).or_else(|| number(key));
            let nope = head("attention.key_length").zip(number("rope.dimension_count"));
            if let Some(nope) = nope.and_then(|(key, rope)| key.checked_sub(rope)) {
                config.set("qk_nope_head_dim", &nope.to_string());
            }
            if let Some(value) = head("attention.value_length") {
                config.set("v_head_dim", &value.to_string());
            }
            if of("attention.q_lora_rank").is_none() {
                config.set("q_lora_rank", "null");
            }
        }
        _ => {}
    }
    if row.gguf != "bert" {
        config.set("tie_word_embeddings", flag(tensor("output").is_none()));
    }
    if matches!(row.gguf, "llama" | "gemma" | "qwen3" | "qwen3moe") {
        config.set("attention_bias", flag(tensor("attn_q.bias").is_some()));
    }
    Some(config)
}

fn is_of_role(tensor: &Stored, role: &str) -> bool {
    Place::of(&tensor.name).role == role
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::test_support::{checkpoint, tensor};

    fn gguf(tensors: &[(&str, &[u64])], metadata: &[(&str, &str)]) -> Checkpoint {
        let tensors = tensors.iter().map(|(name, shape)| tensor(name, shape)).collect();
        let text = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Checkpoint { metadata: metadata.iter().map(text).collect(), ..checkpoint(tensors) }
    }

    fn params(checkpoint: &Checkpoint) -> u128 {
        recognise(checkpoint).unwrap().unwrap().architecture.unwrap().params()
    }

    #[test]
    fn a_config_json_comes_first() {
        let text = r#"{"model_type":"gpt2"}"#.to_owned();
        let with = Checkpoint { config: Some(text), ..gguf(&[], &[("general.architecture", "llama")]) };
        let recognised = recognise(&with).unwrap().unwrap();
        assert_eq!((recognised.is_gguf, recognised.config.model_type.as_str()), (false, "gpt2"));
        assert_eq!(recognised.architecture.unwrap().params(), 124_439_808);
        let broken = Checkpoint { config: Some("{".to_owned()), ..gguf(&[], &[]) };
        assert!(matches!(recognise(&broken), Some(Err(Error::NotJson(_)))));
        assert_eq!(recognise(&gguf(&[], &[])), None);
    }

    #[test]
    fn a_llama_of_gguf_has_as_many_parameters_as_its_config_says() {
        // Llama 3.1 8B: https://huggingface.co/meta-llama/Llama-3.1-8B
        let metadata = [
            ("general.architecture", "llama"),
            ("llama.block_count", "32"),
            ("llama.context_length", "131072"),
            ("llama.embedding_length", "4096"),
            ("llama.feed_forward_length", "14336"),
            ("llama.attention.head_count", "32"),
            ("llama.attention.head_count_kv", "8"),
            ("llama.vocab_size", "128256"),
        ];
        let tensors: [(&str, &[u64]); 2] =
            [("token_embd.weight", &[128_256, 4096]), ("output.weight", &[128_256, 4096])];
        let checkpoint = gguf(&tensors, &metadata);
        assert_eq!(params(&checkpoint), 8_030_261_248);
        let recognised = recognise(&checkpoint).unwrap().unwrap();
        assert!(recognised.is_gguf);
        let fields: Vec<String> = recognised.config.fields().map(|(name, text)| format!("{name}={text}")).collect();
        assert!(
            fields.contains(&"model_type=llama".to_owned()) && fields.contains(&"num_key_value_heads=8".to_owned())
        );
        let tied = gguf(&tensors[..1], &metadata);
        assert_eq!(params(&tied), 8_030_261_248 - 128_256 * 4096);
        let mixture = [&metadata[..], &[("llama.expert_count", "8"), ("llama.expert_used_count", "2")]].concat();
        assert_eq!(recognise(&gguf(&tensors, &mixture)).unwrap().unwrap().config.model_type, "mixtral");
    }

    #[test]
    fn models_with_names_of_their_own_are_read_too() {
        let gpt2 = [
            ("general.architecture", "gpt2"),
            ("gpt2.block_count", "12"),
            ("gpt2.context_length", "1024"),
            ("gpt2.embedding_length", "768"),
            ("gpt2.feed_forward_length", "3072"),
            ("gpt2.attention.head_count", "12"),
        ];
        let tensors: [(&str, &[u64]); 2] =
            [("token_embd.weight", &[50_257, 768]), ("position_embd.weight", &[1024, 768])];
        assert_eq!(params(&gguf(&tensors, &gpt2)), 124_439_808);
        // DeepSeek-V2-Lite has no q_lora_rank: https://huggingface.co/deepseek-ai/DeepSeek-V2-Lite
        let deepseek = [
            ("general.architecture", "deepseek2"),
            ("deepseek2.block_count", "27"),
            ("deepseek2.context_length", "163840"),
            ("deepseek2.embedding_length", "2048"),
            ("deepseek2.feed_forward_length", "10944"),
            ("deepseek2.attention.head_count", "16"),
            ("deepseek2.attention.head_count_kv", "16"),
            ("deepseek2.attention.kv_lora_rank", "512"),
            ("deepseek2.attention.key_length", "192"),
            ("deepseek2.attention.value_length", "128"),
            ("deepseek2.rope.dimension_count", "64"),
            ("deepseek2.expert_count", "64"),
            ("deepseek2.expert_used_count", "6"),
            ("deepseek2.expert_shared_count", "2"),
            ("deepseek2.expert_feed_forward_length", "1408"),
            ("deepseek2.leading_dense_block_count", "1"),
            ("deepseek2.vocab_size", "102400"),
        ];
        let tensors: [(&str, &[u64]); 2] =
            [("token_embd.weight", &[102_400, 2048]), ("output.weight", &[102_400, 2048])];
        assert_eq!(params(&gguf(&tensors, &deepseek)), 15_706_484_224);
    }

    #[test]
    fn what_is_not_known_says_so() {
        let mamba = recognise(&gguf(&[], &[("general.architecture", "mamba")])).unwrap().unwrap();
        assert!(matches!(mamba.architecture, Err(Error::UnknownModelType { .. })));
        let by_layer = [("general.architecture", "llama"), ("llama.attention.head_count_kv", "[8,8,4]")];
        let by_layer = recognise(&gguf(&[], &by_layer)).unwrap().unwrap();
        assert!(matches!(by_layer.architecture, Err(Error::Bad { field: "num_key_value_heads", .. })));
    }

    #[test]
    fn every_model_and_field_is_one_that_is_read() {
        for row in ROWS {
            assert!(crate::transformer::family(row.model_type).is_some(), "{}", row.gguf);
            for (_, field) in FIELDS.iter().chain(row.own).filter(|(_, field)| !field.is_empty()) {
                assert!(crate::transformer::config::FIELDS.contains(field), "{field}");
            }
        }
    }
}
