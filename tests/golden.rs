//! Everything that is compared with numbers not made by this code.
//!
//! The vectors in `tests/golden/` come from other libraries, papers and vendors' figures; each case says which. A case
//! of a kind that is covered needs no code. A kind that is not covered yet has to be listed as such, so that nothing is
//! passed over in silence, and a listed kind that is gone or covered fails as well.

#[path = "golden/architectures.rs"]
mod architectures;
#[path = "golden/blocks.rs"]
mod blocks;
#[path = "golden/catalog.rs"]
mod catalog;
#[path = "golden/checkpoints.rs"]
mod checkpoints;
#[path = "golden/ggml.rs"]
mod ggml;
#[path = "golden/integers.rs"]
mod integers;
#[path = "golden/memory.rs"]
mod memory;
#[path = "golden/memory_inference.rs"]
mod memory_inference;
#[path = "golden/memory_training.rs"]
mod memory_training;
#[path = "golden/quantizer.rs"]
mod quantizer;
#[path = "golden/scalars.rs"]
mod scalars;
#[path = "golden/scaling.rs"]
mod scaling;
#[path = "golden/scaling_beyond.rs"]
mod scaling_beyond;
#[path = "golden/scaling_laws.rs"]
mod scaling_laws;
#[path = "golden/scaling_runs.rs"]
mod scaling_runs;
#[path = "golden/vectors.rs"]
mod vectors;

use serde_json::Value;
use std::collections::BTreeSet;

/// A file of `tests/golden/`, parsed.
fn golden(name: &str) -> Value {
    let path = format!("{}/tests/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The list under a key.
fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list `{key}`"))
}

/// The text under a key.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text `{key}` in {value}"))
}

/// The number under a key.
fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("no number `{key}` in {value}"))
}

/// Asserts that `actual` is `expected` within a relative and an absolute tolerance.
fn assert_close(what: &str, actual: f64, expected: f64, relative: f64, absolute: f64) {
    let allowed = (expected.abs() * relative).max(absolute);
    assert!((actual - expected).abs() <= allowed, "{what}: {actual} is not {expected} ± {allowed}");
}

/// Asserts that the kinds that were passed over are exactly those listed as not covered yet.
fn assert_passed_over(skipped: &BTreeSet<&str>, not_yet_covered: &[&str]) {
    let listed: BTreeSet<_> = not_yet_covered.iter().copied().collect();
    assert_eq!(skipped, &listed, "kinds passed over (left) and kinds listed as not covered yet (right)");
}
