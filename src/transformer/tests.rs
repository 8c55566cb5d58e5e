//! Configs that are right, and every way in which one can be wrong.

use super::*;

fn read(json: &str) -> Result<Architecture, Error> {
    Architecture::from_config(&Config::from_json(json)?)
}

#[test]
fn llama_2_7b_has_the_parameters_that_transformers_counts() {
    let json =
        r#"{"model_type": "llama", "num_key_value_heads": 32, "rope_scaling": {"factor": 2}, "pad_token_id": null}"#;
    let found = read(json).unwrap();
    assert_eq!(found.params(), 6_738_415_616);
    assert_eq!(found.defaults_used.iter().find(|(name, _)| *name == "tie_word_embeddings").unwrap().1, "false");
    assert!(found.defaults_used.iter().all(|(name, _)| *name != "num_key_value_heads"));
}
