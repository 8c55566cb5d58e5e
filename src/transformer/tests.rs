//! Configs that are right, and every way in which one can be wrong.

use super::config::{FIELDS, MAX_BYTES, MAX_FIELD};
use super::*;
use proptest::prelude::*;

fn read(json: &str) -> Result<Architecture, Error> {
    Architecture::from_config(&Config::from_json(json)?)
}

fn sentence(json: &str) -> String {
    read(json).expect_err(json).to_string()
}

/// A config as a link has it.
fn linked(fields: &str) -> Config {
    let mut config = Config::default();
    for (name, text) in fields.split(' ').filter_map(|field| field.split_once('=')) {
        assert!(config.set(name, text), "{name}");
    }
    config
}

fn built(fields: &str) -> Architecture {
    Architecture::from_config(&linked(fields)).unwrap_or_else(|error| panic!("{fields}: {error}"))
}

#[test]
fn llama_2_7b_has_the_parameters_that_transformers_counts() {
    let json =
        r#"{"model_type": "llama", "num_key_value_heads": 32, "rope_scaling": {"factor": 2}, "pad_token_id": null}"#;
    assert_eq!(read(json).unwrap().params(), 6_738_415_616);
}

#[test]
fn defaults_that_were_taken_are_listed_and_no_others() {
    let found = built("model_type=gpt2 num_hidden_layers=2 n_embd=64 n_head=4 vocab_size=10");
    let taken: Vec<(&str, &str)> = found.defaults_used.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(taken, [("n_positions", "1024"), ("tie_word_embeddings", "true")]);
}

#[test]
fn a_text_that_is_no_config_is_refused_with_the_reason() {
    for (json, expected) in [
        ("", "this is not a config.json: EOF while parsing a value at line 1 column 0"),
        ("model_type: llama", "this is not a config.json: expected value at line 1 column 1"),
        ("[1, 2]", "this is not a config.json: it is not an object `{ … }`"),
        (r#"{"hidden_size": 64}"#, "the config has no `model_type`, which says how the model is built"),
        (r#"{"model_type": 7}"#, "`model_type` is 7: a word is wanted"),
        (
            r#"{"model_type": "qwen3_next"}"#,
            "`qwen3_next` is not a model_type that is known here; the nearest is `qwen3_moe`",
        ),
        (r#"{"model_type": "lama"}"#, "`lama` is not a model_type that is known here; the nearest is `llama`"),
        (r#"{"model_type": ""}"#, "the config has no `model_type`, which says how the model is built"),
    ] {
        assert_eq!(sentence(json), expected);
    }
    let long = format!("{{\"model_type\": \"llama\", \"x\": \"{}\"}}", "y".repeat(MAX_BYTES));
    let expected = format!("{} bytes is more than a config.json has; 1 MiB is read", long.len());
    assert_eq!(sentence(&long), expected);
    let deep = "[".repeat(100_000);
    assert!(sentence(&deep).starts_with("this is not a config.json: recursion limit exceeded"));
    let unknown = format!("{{\"model_type\": \"{}\"}}", "z".repeat(1000));
    assert!(sentence(&unknown).len() < 200);
}

#[test]
fn a_field_that_holds_what_it_cannot_is_named_with_the_reason() {
    for (field, expected) in [
        (
            r#""hidden_size": "4096""#,
            "`hidden_size` is the text \"4096\": a whole number from 1 to 1000000000 is wanted",
        ),
        (r#""hidden_size": 0"#, "`hidden_size` is 0: a whole number from 1 to 1000000000 is wanted"),
        (r#""hidden_size": -4096"#, "`hidden_size` is -4096: a whole number from 1 to 1000000000 is wanted"),
        (r#""hidden_size": 40.5"#, "`hidden_size` is 40.5: a whole number from 1 to 1000000000 is wanted"),
        (r#""hidden_size": null"#, "`hidden_size` is null: a whole number from 1 to 1000000000 is wanted"),
        (r#""hidden_size": true"#, "`hidden_size` is true: a whole number from 1 to 1000000000 is wanted"),
        (r#""hidden_size": [1]"#, "`hidden_size` is a list of numbers: a whole number from 1 to 1000000000 is wanted"),
        (
            r#""hidden_size": {}"#,
            "`hidden_size` is an object or a mixed list: a whole number from 1 to 1000000000 is wanted",
        ),
        (r#""vocab_size": 1000000001"#, "`vocab_size` is 1000000001: a whole number from 1 to 1000000000 is wanted"),
        (r#""num_hidden_layers": 100001"#, "`num_hidden_layers` is 100001: a whole number from 1 to 100000 is wanted"),
        (r#""tie_word_embeddings": 1"#, "`tie_word_embeddings` is 1: true or false is wanted"),
        (r#""attention_bias": "yes""#, "`attention_bias` is the text \"yes\": true or false is wanted"),
    ] {
        assert_eq!(sentence(&format!("{{\"model_type\": \"llama\", {field}}}")), expected);
    }
    let huge = sentence(r#"{"model_type": "llama", "vocab_size": 1e30}"#);
    assert!(huge.starts_with("`vocab_size` is 1000000000000000000000000000000: "), "{huge}");
}

#[test]
fn fields_that_contradict_each_other_are_named_both() {
    for (fields, expected) in [
        (
            "model_type=llama hidden_size=100 num_attention_heads=3",
            "`hidden_size` is 100 and `num_attention_heads` is 3: the width is shared out among the heads, so the first must be a multiple of the second",
        ),
        (
            "model_type=qwen2 hidden_size=896 num_attention_heads=14",
            "`num_attention_heads` is 14 and `num_key_value_heads` is 32 (the class default): each key and value serves as many heads, so the first must be a multiple of the second",
        ),
        (
            "model_type=gpt2 num_attention_heads=7",
            "`n_embd` is 768 (the class default) and `num_attention_heads` is 7: the width is shared out among the heads, so the first must be a multiple of the second",
        ),
        (
            "model_type=mixtral num_experts_per_tok=9",
            "`num_experts_per_tok` is 9 and `num_local_experts` is 8 (the class default): a token cannot be sent to more experts than there are",
        ),
        (
            "model_type=gemma2 num_hidden_layers=3 layer_types=full_attention,sliding_attention",
            "`num_hidden_layers` is 3 and `layer_types` has 2 entries: there must be one for each layer",
        ),
        (
            "model_type=gemma2 num_hidden_layers=2 layer_types=full_attention,linear_attention",
            "`layer_types` is a list with \"linear_attention\": full_attention or sliding_attention in each place is wanted",
        ),
        ("model_type=deepseek_v2", "the config has no `num_experts_per_tok`, and the class has no default for it"),
        (
            "model_type=t5 feed_forward_proj=fully-gated",
            "`feed_forward_proj` is the text \"fully-gated\": an activation such as relu, or gated-gelu is wanted",
        ),
        (
            "model_type=bert add_cross_attention=true",
            "`add_cross_attention` is true: false (attention to an encoder is counted for t5 only) is wanted",
        ),
    ] {
        assert_eq!(Architecture::from_config(&linked(fields)).expect_err(fields).to_string(), expected);
    }
}

#[test]
fn where_the_head_has_a_width_of_its_own_heads_need_not_divide() {
    assert_eq!(built("model_type=llama hidden_size=100 num_attention_heads=3 head_dim=8").stacks[0].key_dim, 8);
}

#[test]
fn the_text_part_of_a_larger_model_is_read_and_said_to_be_one() {
    let json = r#"{"model_type": "gemma3", "hidden_size": 1, "text_config": {"model_type": "gemma3_text",
        "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34, "sliding_window": 1024}}"#;
    let config = Config::from_json(json).unwrap();
    assert_eq!((config.model_type.as_str(), config.text_part_of()), ("gemma3_text", Some("gemma3")));
    assert_eq!(Architecture::from_config(&config).unwrap().params(), 3_880_263_168);
    // A family that is known is not looked for in its parts.
    let json = r#"{"model_type": "llama", "text_config": {"model_type": "gpt2"}}"#;
    assert_eq!(Config::from_json(json).unwrap().model_type, "llama");
}

fn caches(fields: &str) -> Vec<(u64, Cache)> {
    built(fields).stacks.iter().map(|stack| (stack.layers, stack.cache)).collect()
}

#[test]
fn a_window_is_where_the_class_puts_it() {
    assert_eq!(caches("model_type=mistral"), [(32, Cache::Window(4096))]);
    assert_eq!(caches("model_type=mistral sliding_window=null"), [(32, Cache::Full)]);
    assert_eq!(caches("model_type=gemma2"), [(13, Cache::Window(4096)), (13, Cache::Full)]);
    let gemma_3_27b = "model_type=gemma3_text num_hidden_layers=62 sliding_window=1024";
    assert_eq!(caches(gemma_3_27b), [(52, Cache::Window(1024)), (10, Cache::Full)]);
    assert_eq!(caches("model_type=gpt_oss"), [(18, Cache::Window(128)), (18, Cache::Full)]);
    // A window is named in every Qwen config, and has none of them.
    assert_eq!(caches("model_type=qwen2 sliding_window=131072"), [(32, Cache::Full)]);
    let with_window = "model_type=qwen2 use_sliding_window=true max_window_layers=20";
    assert_eq!(caches(with_window), [(20, Cache::Full), (12, Cache::Window(4096))]);
}

#[test]
fn encoders_keep_nothing_and_a_decoder_beside_one_also_its_keys() {
    assert_eq!(caches("model_type=bert"), [(12, Cache::None)]);
    assert_eq!(caches("model_type=t5"), [(6, Cache::None), (6, Cache::Cross)]);
    assert_eq!(caches("model_type=gemma3_text num_hidden_layers=6 use_bidirectional_attention=true").len(), 2);
    let embedder = built("model_type=gemma3_text num_hidden_layers=6 use_bidirectional_attention=true");
    assert!(embedder.stacks.iter().all(|stack| stack.cache == Cache::None && stack.side == Side::Encoder));
}

#[test]
fn latent_attention_keeps_one_vector_and_one_rotary_key() {
    let found = built("model_type=deepseek_v3");
    assert_eq!(found.stacks.iter().map(|stack| stack.layers).collect::<Vec<_>>(), [3, 58]);
    for stack in &found.stacks {
        assert_eq!(stack.cache, Cache::Latent { rank: 512, rope: 64 });
        assert_eq!((stack.kv_heads, stack.key_dim, stack.value_dim), (128, 192, 128));
    }
    // Eight routed experts and a shared one of 2048.
    assert_eq!((found.stacks[0].mlp, found.stacks[1].mlp), (18_432, 9 * 2048));
}

#[test]
fn active_experts_are_those_that_a_token_is_sent_to() {
    let found = built("model_type=mixtral");
    for row in found.tensors.iter().filter(|row| row.component == Component::Experts) {
        assert_eq!((row.copies, row.active), (8 * 32, 2 * 32));
    }
    assert!(found.params_active(true, true) < found.params());
    let dense = built("model_type=llama");
    assert_eq!(dense.params_active(true, true), dense.params());
}

#[test]
fn falcon_7b_has_one_head_of_keys_whatever_the_config_says() {
    assert_eq!(built("model_type=falcon num_kv_heads=71").stacks[0].kv_heads, 1);
    assert_eq!(built("model_type=falcon num_kv_heads=1 new_decoder_architecture=true").stacks[0].kv_heads, 1);
    assert_eq!(built("model_type=falcon multi_query=false").stacks[0].kv_heads, 71);
}

#[test]
fn every_family_can_be_built_of_its_defaults_but_one() {
    for family in FAMILIES {
        let found = Architecture::from_config(&Config::new(family.model_type));
        assert_eq!(found.is_ok(), family.model_type != "deepseek_v2", "{}", family.model_type);
        assert!(family.source.url.starts_with("https://"));
    }
    assert!(FIELDS.is_sorted(), "FIELDS is in alphabetical order");
}

#[test]
fn values_have_the_text_that_a_person_would_write() {
    let mut config = Config::new("llama");
    for (json, text) in [
        ("32", "32"),
        ("null", "null"),
        ("true", "true"),
        ("\"gelu\"", "gelu"),
        ("[\"a\", \"b\"]", "a,b"),
        ("[0, 3]", "0,3"),
        ("\"32\"", "\"32\""),
        ("[3]", "[3]"),
        ("[]", "[]"),
        ("{\"a\": 1}", "{}"),
    ] {
        let found = Config::from_json(&format!("{{\"model_type\": \"llama\", \"hidden_size\": {json}}}")).unwrap();
        assert_eq!(found.fields().last(), Some(("hidden_size", text.to_owned())));
        config.set("hidden_size", text);
        assert_eq!(config, found);
    }
    assert!(!config.set("bos_token_id", "1"), "nothing depends on it");
}

/// Values of every kind, absurd ones among them.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => (1..=64u64).prop_map(|n| n.to_string()),
        2 => prop::sample::select(vec!["1", "2", "4", "8", "64", "1000000000", "100000", "999999937"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["0", "-1", "0.5", "1e30", "-0", "null", "true", "false", "relu", "gated-gelu", "[]", "{}"])
            .prop_map(str::to_owned),
        1 => any::<f64>().prop_map(|n| n.to_string()),
        1 => "\\PC{0,12}",
        1 => prop::collection::vec(0..8u64, 0..5)
            .prop_map(|list| format!("[{}]", list.iter().map(u64::to_string).collect::<Vec<_>>().join(","))),
        1 => prop::collection::vec(prop::sample::select(vec!["full_attention", "sliding_attention", "a,b", "1", ""]), 0..5)
            .prop_map(|list| list.join(",")),
    ]
}

fn any_config() -> impl Strategy<Value = Config> {
    let families = prop::sample::select(FAMILIES.iter().map(|family| family.model_type).collect::<Vec<_>>());
    let fields = prop::collection::vec((prop::sample::select(FIELDS.to_vec()), value()), 0..16);
    (families, fields).prop_map(|(model_type, fields)| {
        let mut config = Config::new(model_type);
        for (name, text) in fields {
            config.set(name, &text);
        }
        config
    })
}

/// The largest number in every field that takes one.
fn largest(model_type: &str) -> Config {
    let mut config = Config::new(model_type);
    for field in FIELDS {
        config.set(field, &MAX_FIELD.to_string());
    }
    let small = ["num_hidden_layers", "n_layer", "num_layers", "num_decoder_layers"];
    let flags = ["tie_word_embeddings", "attention_bias", "mlp_bias", "bias", "alibi", "parallel_attn", "multi_query"];
    let more = ["use_sliding_window", "use_bidirectional_attention", "qk_layernorm", "enable_bias"];
    let last = ["_remove_final_layer_norm", "do_layer_norm_before", "layer_norm_elementwise_affine"];
    for field in small {
        config.set(field, "100000");
    }
    for field in flags.iter().chain(&more).chain(&last) {
        config.set(field, "false");
    }
    config.set("new_decoder_architecture", "true");
    config.set("add_cross_attention", "false");
    config.set("decoder_sparse_step", "1");
    config.set("first_k_dense_replace", "0");
    config.set("feed_forward_proj", "gated-gelu");
    config.set("position_embedding_type", "relative_key");
    for list in ["layer_types", "mlp_only_layers"] {
        config.set(list, "null");
    }
    config
}

#[test]
fn the_largest_config_that_is_read_overflows_nowhere() {
    for family in FAMILIES {
        let config = largest(family.model_type);
        let found = Architecture::from_config(&config).unwrap_or_else(|error| panic!("{}: {error}", family.model_type));
        let parts: u128 = Component::ALL.iter().map(|component| found.params_of(*component)).sum();
        assert_eq!(parts, found.params(), "{}", family.model_type);
        assert!(found.params() > 1_000_000_000_000_000_000, "{}", family.model_type);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_config_panics_and_parts_add_up(config in any_config()) {
        if let Ok(found) = Architecture::from_config(&config) {
            let parts: u128 = Component::ALL.iter().map(|component| found.params_of(*component)).sum();
            prop_assert_eq!(parts, found.params());
            prop_assert!(found.params_active(true, true) <= found.params());
            prop_assert!(found.params_embedding() <= found.params());
            for row in &found.tensors {
                prop_assert!(row.active <= row.copies && row.stack.is_none_or(|stack| stack < found.stacks.len()));
            }
        } else {
            let sentence = Architecture::from_config(&config).unwrap_err().to_string();
            prop_assert!(sentence.contains('`') && sentence.len() < 600, "{}", sentence);
        }
    }

    #[test]
    fn a_config_is_what_its_fields_say(config in any_config()) {
        let mut again = Config::default();
        for (name, text) in config.fields() {
            prop_assert!(again.set(name, &text));
        }
        prop_assert_eq!(again, config);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
        let _ = read(&text);
        let _ = read(&format!("{{\"model_type\": {text}}}"));
    }
}
