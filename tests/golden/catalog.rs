//! Every catalogue row against the file that it was taken from.

use crate::{golden, list, number, text};
use bitbudget::catalog::{FAMOUS, GPUS, MODELS};
use bitbudget::formats::format;
use serde_json::Value;

fn by<'a>(rows: &'a [Value], key: &str, wanted: &str) -> &'a Value {
    rows.iter().find(|row| row[key] == wanted).unwrap_or_else(|| panic!("no {key} `{wanted}`"))
}

#[test]
fn every_gpu_equals_its_golden_row_and_every_confirmed_row_is_there() {
    let file = golden("gpus.json");
    let rows = list(&file, "gpus");
    for gpu in GPUS {
        let row = by(rows, "id", gpu.id);
        assert!(list(row, "unverified_fields").is_empty(), "{}: not every figure is confirmed", gpu.id);
        assert_eq!(gpu.name, text(row, "name"));
        assert_eq!(gpu.vendor.name(), text(row, "vendor"), "{}", gpu.id);
        assert_eq!(f64::from(gpu.memory_label_gb), number(row, "memory_gb_vendor_label"), "{}", gpu.id);
        assert_eq!(gpu.memory_mib_visible.map(u64::from), row["memory_mib_visible"].as_u64(), "{}", gpu.id);
        assert_eq!(gpu.memory().get(), number(row, "memory_bytes_planning"), "{}", gpu.id);
        assert_eq!(gpu.bandwidth_gb_s, number(row, "bandwidth_gb_s"), "{}", gpu.id);
        let peak = gpu.peak;
        for (format, value) in
            [("bf16", peak.bf16), ("fp16", peak.fp16), ("fp8", peak.fp8), ("int8", peak.int8), ("fp4", peak.fp4)]
        {
            assert_eq!(value, row["dense_tflops"][format].as_f64(), "{}: {format}", gpu.id);
        }
        assert_eq!(gpu.tdp_w, row["tdp_w"].as_f64(), "{}", gpu.id);
        assert_eq!(gpu.note, row["note"].as_str(), "{}", gpu.id);
        assert_eq!(gpu.source.as_of, text(row, "as_of"), "{}", gpu.id);
        assert_eq!(gpu.source.title.split("; ").count(), list(row, "sources").len(), "{}: sources", gpu.id);
    }
    for row in rows.iter().filter(|row| list(row, "unverified_fields").is_empty()) {
        assert!(GPUS.iter().any(|gpu| row["id"] == gpu.id), "{} is confirmed and not in the catalogue", row["id"]);
    }
}

#[test]
fn every_model_has_the_parameters_that_transformers_counts() {
    let file = golden("memory.json");
    let cases = list(&file, "cases");
    for model in MODELS {
        // Where the hub's model reads images too, the vectors count its text part under a name of their own. A model that has
        // no case here is counted in architectures.json, as all of them are.
        let case = ["", "-text"]
            .iter()
            .find_map(|suffix| cases.iter().find(|case| case["id"] == format!("params/{}{suffix}", model.hub_id())));
        if let Some(case) = case {
            assert_eq!(case["expected"].as_f64(), Some(model.params.get()), "{}", model.id);
        }
    }
}

#[test]
fn every_format_that_a_model_was_trained_in_is_one() {
    for model in MODELS {
        assert!(format(model.training.format).is_some(), "{}: {}", model.id, model.training.format);
    }
}

#[test]
fn every_famous_run_equals_its_golden_row_and_every_known_run_is_there() {
    let file = golden("models.json");
    let rows = list(&file, "models");
    for run in FAMOUS {
        let row = by(rows, "name", run.name);
        assert_eq!(row["verified"], run.verified, "{}", run.id);
        assert_eq!(f64::from(run.year), number(row, "year"), "{}", run.id);
        assert_eq!(run.params.get(), number(row, "params"), "{}", run.id);
        assert_eq!(run.active_params.get(), number(row, "active_params"), "{}", run.id);
        assert_eq!(run.tokens.get(), number(row, "tokens"), "{}", run.id);
        assert_eq!(run.is_mixture_of_experts(), row["arch"] == "moe", "{}", run.id);
        let published = run.published.map(|compute| compute.flop.get());
        assert_eq!(published, row["compute_flop_published"].as_f64(), "{}", run.id);
        crate::assert_close(run.id, run.flop().get(), number(row, "compute_6ND"), 1e-12, 0.0);
        assert_eq!(run.source.title.split("; ").count(), list(row, "source").len(), "{}: sources", run.id);
    }
    for row in rows.iter().filter(|row| row["params"].is_number() && row["tokens"].is_number()) {
        assert!(FAMOUS.iter().any(|run| row["name"] == run.name), "{} is known and not in the catalogue", row["name"]);
    }
}
