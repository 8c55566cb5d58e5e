//! `memory.json`: sums over parameters.

use crate::{assert_close, golden, list, memory_inference, memory_training, number, text};
use bitbudget::formats::FORMATS;
use bitbudget::memory::{Input, PartKind, Recipe, Task, estimate, optimizer, training, weights_bytes};
use bitbudget::scenario::MemoryScenario;
use bitbudget::scenario::memory::{self as scenario, Size};
use bitbudget::transformer::{self, Architecture, Config};
use bitbudget::units::Params;
use serde_json::Value;

#[test]
fn every_case_is_met() {
    let file = golden("memory.json");
    for case in list(&file, "cases") {
        let found = match text(case, "kind") {
            "params" => params(case),
            "params_active" => active(case),
            "weights_bytes" => weights(case),
            "bits_per_weight" => memory_inference::bits_per_weight(case),
            "kv_bytes" => memory_inference::kv_bytes(case),
            "kv_bytes_per_element" => memory_inference::kv_bytes_per_element(case),
            "logits_bytes" => memory_inference::logits(case),
            "training_bytes" => trained(case),
            other => memory_training::computed(case, |case| architecture(case).map_err(|error| error.to_string()))
                .unwrap_or_else(|| panic!("no case of the kind `{other}` is known")),
        };
        let id = text(case, "id");
        for actual in found {
            assert_close(id, actual, number(case, "expected"), number(case, "relative_tolerance"), 0.0);
            if let Some(wrong) = case["must_not_equal"].as_f64() {
                assert_ne!(actual, wrong, "{id}: {}", case["note"]);
            }
        }
    }
}

/// What the case's config describes.
pub fn architecture(case: &Value) -> Result<Architecture, transformer::Error> {
    let inputs = &case["inputs"];
    let mut config = inputs["config"].clone();
    if let Some(model_type) = inputs.get("model_type") {
        config["model_type"] = model_type.clone();
    }
    Architecture::from_config(&Config::from_json(&config.to_string())?)
}

/// Whether the case says that there is no answer: an `expected` that is no number.
pub fn is_negative(case: &Value) -> bool {
    !case["expected"].is_number()
}

/// Parameters, as a float that holds them exactly.
fn exact(params: u128) -> f64 {
    assert!(params < 1 << f64::MANTISSA_DIGITS, "{params} is more than a float holds exactly");
    params as f64
}

fn params(case: &Value) -> Vec<f64> {
    let found = architecture(case);
    if is_negative(case) {
        found.expect_err(text(case, "id"));
        return Vec::new();
    }
    vec![exact(found.unwrap_or_else(|error| panic!("{}: {error}", case["id"])).params())]
}

fn active(case: &Value) -> Vec<f64> {
    let found = architecture(case);
    if is_negative(case) {
        found.expect_err(text(case, "id"));
        return Vec::new();
    }
    let flag = |name: &str| case["inputs"][name].as_bool().unwrap_or(true);
    let found = found.unwrap_or_else(|error| panic!("{}: {error}", case["id"]));
    vec![exact(found.params_active(flag("include_input_embedding"), flag("include_lm_head")))]
}

/// Asserts that a number of parameters that has no answer is refused.
fn refused(case: &Value) -> Vec<f64> {
    if let Some(params) = case["inputs"]["params"].as_f64() {
        let scenario = MemoryScenario { size: Size::Params(Params(params)), ..MemoryScenario::default() };
        estimate(&scenario.input().expect("a question")).expect_err(text(case, "id"));
    }
    Vec::new()
}

/// The product itself, and what `estimate` says for each format of that width.
fn weights(case: &Value) -> Vec<f64> {
    if is_negative(case) {
        return refused(case);
    }
    let (params, width) = inputs(case);
    let mut found = vec![weights_bytes(params, width).get()];
    let formats = FORMATS.iter().map(|format| Recipe::uniform(format));
    for weights in formats.filter(|weights| weights.linear.bits_per_weight() == 8.0 * width) {
        let scenario =
            MemoryScenario { size: Size::Params(params), task: scenario::Task::Run, ..MemoryScenario::default() };
        let input = Input { weights, ..scenario.input().expect("a question") };
        found.push(estimate(&input).expect("an estimate").bytes(PartKind::Weights).get());
    }
    found
}

/// The product itself, and what `estimate` says for each way of training that Adam takes so many bytes in.
fn trained(case: &Value) -> Vec<f64> {
    if is_negative(case) {
        return refused(case);
    }
    let (params, bytes_per_param) = inputs(case);
    let mut found = vec![weights_bytes(params, bytes_per_param).get()];
    found.extend(memory_training::trained(case));
    let adam = optimizer("adam").expect("a row");
    for recipe in training::RECIPES {
        let activations = bytes_per_param - recipe.bytes_per_param(adam);
        if training::ACTIVATION_BYTES_PER_PARAM.contains(&activations) {
            let scenario = MemoryScenario { size: Size::Params(params), ..MemoryScenario::default() };
            let task = Task::TrainBySheet { recipe, optimizer: adam, activation_bytes_per_param: activations };
            let report = estimate(&Input { task, ..scenario.input().expect("a question") }).expect("an estimate");
            assert_eq!(report.bytes(PartKind::Weights).get(), params.get() * recipe.weight_bytes);
            found.push(report.total().get());
        }
    }
    found
}

fn inputs(case: &Value) -> (Params, f64) {
    (Params(number(&case["inputs"], "params")), number(&case["inputs"], "bytes_per_param"))
}
