//! The layer rule of ARCHITECTURE.md, and the form of every catalogue row.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bitbudget::catalog::{FAMOUS, GPUS, MODELS};
use bitbudget::formats::{FORMATS, LIBRARIES};
use bitbudget::memory::activations::ACTIVATION_MODELS;
use bitbudget::memory::adapters::TARGET_PRESETS;
use bitbudget::memory::{CACHE_FORMATS, ENGINES, OPTIMIZERS, RECIPES, training};
use bitbudget::quantize::GRID_RULES;
use bitbudget::scaling::LAWS;
use bitbudget::scaling::emissions::{GRIDS, PRICES, PUES};
use bitbudget::scaling::flops::peers::CONVENTIONS;
use bitbudget::source::Source;
use bitbudget::survey::recipe::PRESETS;
use bitbudget::transformer::FAMILIES;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What a room may use of this crate, and of the web crates. A room is the first part of a path under `src/`; of
/// `compute`, the first two.
const RULES: &[(&str, &[&str], bool)] = &[
    ("units", &[], false),
    ("source", &[], false),
    ("json", &[], false),
    ("order", &[], false),
    ("formats", &["source", "units"], false),
    ("quantize", &["formats", "source", "units"], false),
    ("survey", &["formats", "order", "quantize", "source", "transformer", "weights"], false),
    ("weights", &["formats", "order", "source", "units"], false),
    ("transformer", &["source", "units"], false),
    ("catalog", &["source", "transformer", "units"], false),
    ("memory", &["catalog", "formats", "order", "source", "transformer", "units"], false),
    ("scaling", &["catalog", "order", "source", "transformer", "units"], false),
    // Of compute, scenarios use the reader's choice of backend, which is plain data.
    (
        "scenario",
        &[
            "catalog",
            "compute::backend",
            "formats",
            "memory",
            "platform::decimal",
            "quantize",
            "scaling",
            "source",
            "survey",
            "transformer",
            "units",
            "weights",
        ],
        false,
    ),
    ("answers", &["formats", "memory", "quantize", "scaling", "scenario", "transformer", "units"], false),
    (
        "labs",
        &[
            "answers",
            "catalog",
            "charts",
            "formats",
            "json",
            "memory",
            "order",
            "quantize",
            "scaling",
            "scenario",
            "source",
            "survey",
            "transformer",
            "units",
            "weights",
        ],
        false,
    ),
    ("charts", &["units"], false),
    ("learn", &["charts", "labs", "scenario", "units"], false),
    ("compute", &["formats", "labs", "quantize", "survey", "weights"], false),
    ("compute::cpu", &["formats", "quantize"], false),
    // The device and the worker's side stand on the platform; the layout of what they exchange does not.
    ("compute::gpu", &["compute", "formats", "platform::webgpu", "quantize"], false),
    (
        "compute::worker",
        &[
            "compute",
            "platform::clock",
            "platform::files",
            "labs",
            "platform::task",
            "platform::webgpu",
            "platform::workers",
            "quantize",
            "survey",
            "weights",
        ],
        false,
    ),
    ("platform", &["units"], true),
    ("ui", &["*"], false),
];
const WEB_CRATES: [&str; 5] = ["web_sys", "js_sys", "wasm_bindgen", "wasm_bindgen_futures", "plotters_canvas"];

fn source_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn room_of(path: &Path) -> String {
    let parts: Vec<String> = path
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .filter(|part| part != "mod")
        .collect();
    let nested = parts.join("::");
    let rule =
        RULES.iter().map(|rule| rule.0).filter(|room| nested == *room || nested.starts_with(&format!("{room}::")));
    rule.max_by_key(|room| room.len()).unwrap_or_else(|| panic!("{nested} is in no room of the rule")).to_owned()
}

/// Every `crate::a::b` path in code; comments may name what they like.
fn uses(code: &str) -> Vec<String> {
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (start, prefix) in code.match_indices("crate::") {
        let rest = &code[start + prefix.len()..];
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
        let path = rest[..end].trim_end_matches(':');
        if rest[end..].starts_with('{') {
            // `use crate::{a, b::c};` and `use crate::a::{b, c::d};`
            let list = rest[end + 1..].split('}').next().unwrap_or_default();
            let items = list.split(',').map(str::trim).filter(|item| !item.is_empty());
            found.extend(items.map(|item| format!("{path}::{item}").trim_start_matches(':').to_owned()));
        } else {
            found.push(path.to_owned());
        }
    }
    found
}

#[test]
fn every_room_uses_only_what_the_layer_rule_allows() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&src, &mut files);
    assert!(files.len() > 40, "the walk found only {} files", files.len());
    let mut broken = Vec::new();
    for file in files {
        let path = file.strip_prefix(&src).unwrap();
        if ["lib.rs", "main.rs", "engine.rs"].iter().any(|start| path == Path::new(start)) {
            continue;
        }
        let room = room_of(path);
        let (_, allowed, web) = RULES.iter().find(|rule| rule.0 == room).unwrap();
        let code = fs::read_to_string(&file).unwrap();
        for used in uses(&code) {
            let own = room.split("::").next().unwrap();
            let is_own = used == own || used.starts_with(&format!("{own}::"));
            let is_allowed = allowed
                .iter()
                .any(|allowed| *allowed == "*" || used == *allowed || used.starts_with(&format!("{allowed}::")));
            if !is_allowed && !is_own {
                broken.push(format!("{} uses crate::{used}", path.display()));
            }
        }
        for web_crate in WEB_CRATES {
            let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            if !web && code.contains(&format!("{web_crate}::")) {
                broken.push(format!("{} uses {web_crate}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "the layer rule is broken:\n{}", broken.join("\n"));
}

fn is_id(id: &str) -> bool {
    let alphanumeric =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    id.split(['.', '_', '-']).all(alphanumeric)
}

#[test]
fn every_row_has_a_well_formed_unique_id_a_source_and_a_date() {
    fn check<'a>(table: &str, rows: impl Iterator<Item = (&'a str, Source)>) {
        let mut ids = BTreeSet::new();
        for (id, source) in rows {
            assert!(is_id(id), "{table}: the id {id:?} is not of the form [a-z0-9]+([._-][a-z0-9]+)*");
            assert!(ids.insert(id), "{table}: {id} stands there twice");
            assert!(!source.title.is_empty(), "{table}: {id} has no source");
            assert!(source.url.starts_with("https://"), "{table}: {id} has no address for its source");
            let date = source.as_of.as_bytes();
            let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
            let well_formed = (date.len() == 7 || date.len() == 10)
                && digits(&date[..4])
                && date[4] == b'-'
                && digits(&date[5..7])
                && (date.len() == 7 || date[7] == b'-' && digits(&date[8..]));
            assert!(well_formed, "{table}: {id} is dated {:?}", source.as_of);
        }
        assert!(!ids.is_empty(), "{table} is empty");
    }
    check("formats", FORMATS.iter().map(|row| (row.id, row.source)));
    check("libraries", LIBRARIES.iter().map(|row| (row.id, row.source)));
    check("grid rules", GRID_RULES.iter().map(|row| (row.id, row.source)));
    check("gpus", GPUS.iter().map(|row| (row.id, row.source)));
    check("models", MODELS.iter().map(|row| (row.id, row.source)));
    check("families", FAMILIES.iter().map(|row| (row.model_type, row.source)));
    check("famous", FAMOUS.iter().map(|row| (row.id, row.source)));
    check("optimizers", OPTIMIZERS.iter().map(|row| (row.id, row.source)));
    check("recipes", RECIPES.iter().map(|row| (row.id, row.source)));
    check("ways of training", training::RECIPES.iter().map(|row| (row.id, row.source)));
    check("cache formats", CACHE_FORMATS.iter().map(|row| (row.id, row.format.source)));
    check("engines", ENGINES.iter().map(|row| (row.id, row.source)));
    check("activation models", ACTIVATION_MODELS.iter().map(|row| (row.id, row.source)));
    check("target presets", TARGET_PRESETS.iter().map(|row| (row.id, row.source)));
    check("laws", LAWS.iter().map(|row| (row.id, row.source)));
    check("counts of FLOP", CONVENTIONS.iter().map(|row| (row.id, row.source)));
    check("prices", PRICES.iter().map(|row| (row.id, row.source)));
    check("grids", GRIDS.iter().map(|row| (row.id, row.source)));
    check("recipes of a checkpoint", PRESETS.iter().map(|row| (row.id, row.source)));
    check("PUEs", PUES.iter().map(|row| (row.id, row.source)));
    assert!(GPUS.len() >= 12);
}

#[test]
fn the_rule_finds_a_forbidden_use() {
    assert_eq!(
        uses("use crate::{ui, units::Bytes};\nlet x = crate::compute::cpu::scalar;"),
        ["ui", "units::Bytes", "compute::cpu::scalar"]
    );
    assert!(uses("// crate::ui is not used here").is_empty());
    assert_eq!(room_of(Path::new("compute/gpu/device.rs")), "compute::gpu");
    assert_eq!(room_of(Path::new("compute/job.rs")), "compute");
}
