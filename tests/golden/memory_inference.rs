//! The kinds of `memory.json` that running a model needs: bits per weight, the cache, logits.

use crate::memory::{architecture, is_negative};
use crate::{number, text};
use bitbudget::formats::FORMATS;
use bitbudget::memory::{
    CACHE_FORMATS, CacheFormat, CacheMode, Groups, Storage, Use, block_bits_per_weight, cache, cache_format,
    logits_bytes,
};
use serde_json::Value;

/// The case's block or group, and every row of the format table that has the same.
pub fn bits_per_weight(case: &Value) -> Vec<f64> {
    let inputs = &case["inputs"];
    let optional = |key: &str| inputs[key].as_f64().unwrap_or(0.0);
    let whole = |key: &str| inputs[key].as_u64().unwrap_or_else(|| panic!("no whole number `{key}` in {inputs}"));
    if inputs["block_elems"].is_number() {
        let (size, bytes) = (whole("block_elems"), whole("block_bytes"));
        let rows = FORMATS.iter().filter(|format| {
            format.block_size() as u64 == size && format.block_bytes().map(|bytes| bytes as u64) == Some(bytes)
        });
        // Of double quantization's 33 bytes a part is shared with other blocks.
        let rows = rows.filter(|format| !format.id.ends_with("_double"));
        let rows = rows.map(|format| Storage::Row(format).bits_per_weight());
        return [block_bits_per_weight(size, bytes)].into_iter().chain(rows).collect();
    }
    let bits = u32::try_from(whole("bits")).expect("bits of a code");
    let group = whole(if inputs["group"].is_number() { "group" } else { "block" });
    let groups = if inputs["double_quant"].as_bool().unwrap_or(false) {
        Groups::double_quantized(bits, group)
    } else {
        let scale_bits = optional("scale_bits") + optional("absmax_bits");
        Groups { bits, group: Some(group), scale_bits, zero_bits: optional("zero_bits") }
    };
    vec![Storage::Groups(groups).bits_per_weight()]
}

/// The cache of the case's config in its mode; a case that expects no number expects the config to be refused.
pub fn kv_bytes(case: &Value) -> Vec<f64> {
    let inputs = &case["inputs"];
    let model = architecture(case);
    if is_negative(case) {
        model.expect_err(text(case, "id"));
        return Vec::new();
    }
    let model = model.unwrap_or_else(|error| panic!("{}: {error}", case["id"]));
    let amount = |key: &str, default: u64| inputs[key].as_u64().unwrap_or(default);
    let usage = Use {
        batch: amount("batch", 1),
        tokens: amount("tokens", 0),
        encoder_tokens: amount("encoder_tokens", 0),
        shared_prefix: amount("shared_prefix", 0),
    };
    let mode = text(inputs, "mode");
    let engine = CacheMode::of(mode).unwrap_or_else(|| panic!("no mode `{mode}`")).engine();
    let format = of_width(number(inputs, "bytes_per_element"));
    vec![cache(&model, &usage, &engine, &format, amount("tensor_parallel", 1)).bytes.get()]
}

/// A format of a cache with elements of so many bytes; if no engine has one, made of a row of the format table.
fn of_width(bytes: f64) -> CacheFormat {
    let known = CACHE_FORMATS.iter().find(|format| format.bytes_per_element() == bytes).copied();
    known.unwrap_or_else(|| {
        let format = FORMATS.iter().find(|format| format.bits_per_weight() / 8.0 == bytes);
        let format = format.unwrap_or_else(|| panic!("no format has {bytes} bytes an element"));
        CacheFormat { id: format.id, name: format.name, aliases: &[], format }
    })
}

/// The width of the case's cache format.
pub fn kv_bytes_per_element(case: &Value) -> Vec<f64> {
    let id = text(&case["inputs"], "cache_type");
    vec![cache_format(id).unwrap_or_else(|| panic!("no cache format `{id}`")).bytes_per_element()]
}

/// b · s · V · bytes.
pub fn logits(case: &Value) -> Vec<f64> {
    let inputs = &case["inputs"];
    let whole = |key: &str| inputs[key].as_u64().unwrap_or_else(|| panic!("no whole number `{key}` in {inputs}"));
    vec![logits_bytes(whole("b"), whole("s"), whole("vocab"), number(inputs, "bytes")).get()]
}
