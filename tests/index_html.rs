//! The answers that `index.html` shows before the program arrives are those that the program computes.
#![cfg(not(target_arch = "wasm32"))]

use bitbudget::labs::weights::{self, Desk};
use bitbudget::labs::{Lab, Part, Question, scaling};
use bitbudget::scenario::{FormatsScenario, MemoryScenario, QuantizeScenario, ScalingScenario};
use bitbudget::{answers, compute::cpu, memory};
use std::path::Path;

fn answer_in_html(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("index.html");
    let html = std::fs::read_to_string(path).expect("index.html can be read");
    let (_, rest) = html.split_once(&format!("data-answer=\"{name}\">")).expect("index.html has the answer");
    rest.split('<').next().unwrap_or_default().to_owned()
}

#[test]
fn the_memory_answer_is_the_computed_one() {
    let scenario = MemoryScenario::default();
    let report = memory::estimate(&scenario.input().unwrap()).unwrap();
    assert_eq!(answer_in_html("memory"), answers::memory(&scenario, &report));
    assert_eq!(answers::DEFAULT_MEMORY, answers::memory(&scenario, &report));
}

#[test]
fn the_scaling_answer_is_the_computed_one() {
    let scenario = ScalingScenario::default();
    let report = scaling::report(&scenario).unwrap();
    assert_eq!(answer_in_html("scaling"), answers::scaling(&report.run));
    assert_eq!(answers::DEFAULT_SCALING, answers::scaling(&report.run));
}

#[test]
fn the_formats_answer_is_the_computed_one() {
    let scenario = FormatsScenario::default();
    let report = scenario.report().unwrap();
    assert_eq!(answer_in_html("formats"), answers::formats(&scenario, &report));
    assert_eq!(answers::DEFAULT_FORMATS, answers::formats(&scenario, &report));
}

#[test]
fn the_quantize_answer_is_the_computed_one() {
    let scenario = QuantizeScenario::default();
    let sample = scenario.sample().unwrap();
    let values = sample.draw(|_| {});
    let report = cpu::report(scenario.quantizer(), sample.rows, sample.cols, &values).unwrap();
    assert_eq!(answer_in_html("quantize"), answers::quantize(&scenario, &report));
    assert_eq!(answers::DEFAULT_QUANTIZE, answers::quantize(&scenario, &report));
}

#[test]
fn the_weights_answer_is_what_the_lab_says_without_files() {
    let view = weights::view(&Question { lab: Lab::Weights, ..Question::default() }, &Desk::default());
    assert_eq!(answer_in_html("weights"), view.part(Part::Takeaway));
    assert_eq!(answers::DEFAULT_WEIGHTS, view.part(Part::Takeaway));
}
