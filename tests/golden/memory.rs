//! `memory.json`: sums over parameters.

use crate::{assert_close, assert_passed_over, golden, list, memory_training, number, text};
use bitbudget::catalog::{DEFAULT_GPU, gpu};
use bitbudget::memory::{Input, PRECISIONS, PartKind, Task, Training, estimate, optimizer, training, weights_bytes};
use bitbudget::transformer::{self, Architecture, Config};
use bitbudget::units::Params;
use serde_json::Value;
use std::collections::BTreeSet;

/// Kinds of cases that nothing here computes yet.
const NOT_YET_COVERED: &[&str] = &["bits_per_weight", "kv_bytes", "kv_bytes_per_element", "logits_bytes"];

#[test]
fn every_case_of_a_covered_kind_is_met() {
    let file = golden("memory.json");
    let mut skipped = BTreeSet::new();
    for case in list(&file, "cases") {
        let found = match text(case, "kind") {
            "params" => params(case),
            "params_active" => active(case),
            "weights_bytes" => weights(case),
            "training_bytes" => trained(case),
            other => {
                match memory_training::computed(case, |case| architecture(case).map_err(|error| error.to_string())) {
                    Some(found) => found,
                    None => {
                        skipped.insert(other);
                        continue;
                    }
                }
            }
        };
        let id = text(case, "id");
        for actual in found {
            assert_close(id, actual, number(case, "expected"), number(case, "relative_tolerance"), 0.0);
            if let Some(wrong) = case["must_not_equal"].as_f64() {
                assert_ne!(actual, wrong, "{id}: {}", case["note"]);
            }
        }
    }
    assert_passed_over(&skipped, NOT_YET_COVERED);
}

#[test]
fn adam_keeps_what_torch_keeps() {
    let file = golden("memory.json");
    let case = list(&file, "cases").iter().find(|case| case["id"] == "optim/adamw-fp32").expect("the case");
    assert_eq!(optimizer("adam").map(|row| row.state_bytes_per_param()), case["expected"].as_f64());
}

/// What the case's config describes.
fn architecture(case: &Value) -> Result<Architecture, transformer::Error> {
    let inputs = &case["inputs"];
    let mut config = inputs["config"].clone();
    if let Some(model_type) = inputs.get("model_type") {
        config["model_type"] = model_type.clone();
    }
    Architecture::from_config(&Config::from_json(&config.to_string())?)
}

/// Whether the case says that there is no answer: an `expected` that is no number.
fn is_negative(case: &Value) -> bool {
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

/// The product itself, and what `estimate` says for each format of that width.
fn weights(case: &Value) -> Vec<f64> {
    let (params, width) = inputs(case);
    let mut found = vec![weights_bytes(params, width).get()];
    for precision in PRECISIONS.iter().filter(|row| row.bytes_per_weight == width) {
        let report = estimate(&Input { params, precision, task: Task::Run, gpu: a100() }).expect("an estimate");
        found.push(report.total().get());
    }
    found
}

/// The product itself, and what `estimate` says for each format that Adam trains in so many bytes.
fn trained(case: &Value) -> Vec<f64> {
    let (params, bytes_per_param) = inputs(case);
    let mut found = vec![weights_bytes(params, bytes_per_param).get()];
    found.extend(memory_training::trained(case));
    let adam = optimizer("adam").expect("a row");
    for precision in PRECISIONS {
        let Training::Recipe(recipe) = precision.training else { continue };
        let states = recipe.weight_bytes + recipe.gradient_bytes + recipe.master_bytes + adam.state_bytes_per_param();
        if training::ACTIVATION_BYTES_PER_PARAM.contains(&(bytes_per_param - states)) {
            let task = Task::train(bytes_per_param - states);
            let report = estimate(&Input { params, precision, task, gpu: a100() }).expect("an estimate");
            assert_eq!(report.bytes(PartKind::Weights).get(), params.get() * precision.bytes_per_weight);
            found.push(report.total().get());
        }
    }
    found
}

fn inputs(case: &Value) -> (Params, f64) {
    (Params(number(&case["inputs"], "params")), number(&case["inputs"], "bytes_per_param"))
}

fn a100() -> &'static bitbudget::catalog::Gpu {
    gpu(DEFAULT_GPU).expect("a row")
}
