//! Architectures against the models that transformers builds: `architectures.json`, which `make_architectures.py` makes.

use crate::{golden, list, text};
use bitbudget::catalog::MODELS;
use bitbudget::transformer::{Architecture, Cache, Component, Config, FAMILIES, Side};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The numbers of an object.
fn counts(object: &Value) -> BTreeMap<String, u64> {
    let object = object.as_object().unwrap_or_else(|| panic!("no object in {object}"));
    object.iter().map(|(name, count)| (name.clone(), count.as_u64().expect("a count"))).collect()
}

#[test]
fn every_tensor_of_every_family_is_the_one_that_transformers_has() {
    let file = golden("architectures.json");
    let mut families = BTreeSet::new();
    for case in list(&file, "cases") {
        let config = Config::from_json(&case["config"].to_string()).expect("a config");
        let found = Architecture::from_config(&config).unwrap_or_else(|error| panic!("{}: {error}", case["config"]));
        let mut tensors: BTreeMap<String, u64> = BTreeMap::new();
        for row in &found.tensors {
            *tensors.entry(format!("{} {} {}", row.name, row.rows, row.cols)).or_default() += row.copies;
        }
        assert_eq!(tensors, counts(&case["tensors"]), "{}", case["config"]);
        assert_eq!(found.params(), u128::from(case["params"].as_u64().expect("a count")), "{}", case["config"]);
        families.insert(config.model_type);
    }
    let all: BTreeSet<_> = FAMILIES.iter().map(|family| family.model_type.to_owned()).collect();
    assert_eq!(families, all, "families with a case (left) and families that there are (right)");
}

#[test]
fn a_layer_has_a_window_where_the_cache_of_transformers_has_one() {
    for case in list(&golden("architectures.json"), "cases").iter().filter(|case| !case["windows"].is_null()) {
        let config = Config::from_json(&case["config"].to_string()).expect("a config");
        let found = Architecture::from_config(&config).expect("an architecture");
        let mut windows: BTreeMap<String, u64> = BTreeMap::new();
        for stack in &found.stacks {
            let kept = if let Cache::Window(window) = stack.cache { window.to_string() } else { "all".to_owned() };
            *windows.entry(kept).or_default() += stack.layers;
        }
        assert_eq!(windows, counts(&case["windows"]), "{}", case["config"]);
    }
}

#[test]
fn every_model_of_the_catalogue_is_built_and_counted() {
    let file = golden("architectures.json");
    let rows = list(&file, "models");
    assert_eq!(rows.len(), MODELS.len());
    for model in MODELS {
        let row = rows.iter().find(|row| row["id"] == model.id).unwrap_or_else(|| panic!("no count of {}", model.id));
        assert_eq!(row["params"].as_f64(), Some(model.params.get()), "{}", model.id);
        let Some(published) = row["published"].as_u64() else { continue };
        let architecture = model.architecture().unwrap_or_else(|error| panic!("{}: {error}", model.id));
        let params = architecture.params();
        let expected = match row["convention"].as_str() {
            None => params,
            Some("head twice") => params + architecture.params_of(Component::TokenEmbedding),
            Some("without embedding and head") => architecture.params_active(false, false),
            Some(other) => panic!("{}: `{other}` is no convention", model.id),
        };
        assert_eq!(u128::from(published), expected, "{}: {}", model.id, text(row, "where"));
    }
}

#[test]
fn stacks_and_tensors_of_layers_belong_together() {
    for model in MODELS {
        let found = model.architecture().expect("an architecture");
        let of_layers = |stack: Option<usize>| found.tensors.iter().filter(move |row| row.stack == stack);
        let in_stacks: u128 = (0..found.stacks.len())
            .map(|stack| found.params_of_layer(stack) * u128::from(found.stacks[stack].layers))
            .sum();
        let outside: u128 = of_layers(None).map(|row| row.params()).sum();
        assert_eq!(in_stacks + outside, found.params(), "{}: a layer of a stack is not as the others", model.id);
        for (stack, row) in found.stacks.iter().enumerate() {
            assert!(of_layers(Some(stack)).all(|tensors| tensors.copies % row.layers == 0), "{}", model.id);
            let has_cache = row.cache != Cache::None;
            assert_eq!(has_cache, row.side == Side::Decoder, "{}", model.id);
        }
        let layers = found.layers(Side::Encoder) + found.layers(Side::Decoder);
        let named = ["num_hidden_layers", "n_layer", "num_layers", "num_decoder_layers"];
        let asked: u64 = named.iter().filter_map(|name| model.config().layers(name).expect("a number")).sum();
        assert_eq!(layers, asked, "{}", model.id);
    }
}
