//! What the page should say, worked out by the same library on the host; there tensors take the scalar path, so that
//! the page's SIMD and GPU paths are compared with it.

use bitbudget::compute::study;
use bitbudget::labs::quantize::Task;
use bitbudget::labs::{Question, memory, read_link, scaling};
use bitbudget::quantize::Report;
use bitbudget::scenario::{FormatsScenario, MemoryScenario, QuantizeScenario, Route, ScalingScenario};
use e2e::close;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Figures that are made of sums, which backends may add in another order.
const SUMS: [&str; 6] = ["mse", "rmse", "mae", "cosine", "sqnr_db", "relative_error"];
/// How far sums may be apart.
const TOLERANCE: f64 = 1e-6;

/// The report of a link. Worked out once: several tests compare with the same one.
pub fn report(link: &str) -> Value {
    static KNOWN: Mutex<BTreeMap<String, Value>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(link.to_owned()).or_insert_with(|| work_out(link)).clone()
}

/// Why a link of the Memory or the Scaling lab has no answer, if it has none.
pub fn problem(link: &str) -> Option<String> {
    match Route::read(link).0 {
        Route::Memory(keys) => memory::report(&MemoryScenario::from_keys(&keys)).err(),
        Route::Scaling(keys) => scaling::report(&ScalingScenario::from_keys(&keys)).err(),
        _ => None,
    }
}

fn work_out(link: &str) -> Value {
    let (route, notices) = read_link(link);
    assert_eq!(notices, [], "{link}");
    let report = match route {
        Route::Home | Route::Learn(_) => panic!("neither start page nor story has a report of its own"),
        Route::Weights(_) => panic!("the Weights lab reports on files, not on links"),
        Route::Memory(keys) => serde_json::to_value(memory::report(&MemoryScenario::from_keys(&keys)).unwrap()),
        Route::Scaling(keys) => serde_json::to_value(scaling::report(&ScalingScenario::from_keys(&keys)).unwrap()),
        Route::Formats(keys) => serde_json::to_value(FormatsScenario::from_keys(&keys).report().unwrap()),
        Route::Quantize(keys) => serde_json::to_value(quantized(&QuantizeScenario::from_keys(&keys))),
    };
    report.unwrap()
}

fn quantized(scenario: &QuantizeScenario) -> Report {
    let task = Task::new(&Question { keys: scenario.keys(), ..Question::default() });
    study::outcome(&task).unwrap().report
}

/// Asserts that the page's report is the expected one: all of it to the last digit, but for sums.
pub fn assert_same(what: &str, page: &Value, expected: &Value) {
    for (key, expected_value) in expected.as_object().unwrap() {
        let value = &page[key];
        let same = match key.as_str() {
            // Errors of both signs cancel in their sum, so its accuracy is that of the sum of their sizes.
            "bias" => {
                let difference = value.as_f64().unwrap() - expected_value.as_f64().unwrap();
                difference.abs() <= TOLERANCE * expected["mae"].as_f64().unwrap()
            }
            // A ratio of sums, in decibels: 10·log₁₀ of it.
            "sqnr_db" if value.is_number() => {
                (value.as_f64().unwrap() - expected_value.as_f64().unwrap_or(f64::NAN)).abs() <= 10.0 * TOLERANCE
            }
            sum if SUMS.contains(&sum) => close(value, expected_value, TOLERANCE),
            _ => equal(value, expected_value),
        };
        assert!(same, "{what}: {key} is {value}, expected {expected_value}");
    }
}

/// Equal but for the last digits that a number may lose on its way through JSON.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| equal(value, other)))
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        _ => close(a, b, 1e-14),
    }
}
