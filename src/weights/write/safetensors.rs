//! Headers of `.safetensors` files, byte for byte as the reference writer makes them.
//!
//! Tensors are ordered by their dtype, the widest first, and by name within it, so that each begins at a multiple of its size; the
//! JSON is filled up with spaces to 8 bytes. A checkpoint beyond a chosen size is cut into files as `transformers` cuts it, in the
//! order of the tensors, with a `model.safetensors.index.json` that says which tensor is in which.
//!
//! Source: `prepare` in <https://github.com/huggingface/safetensors/blob/main/safetensors/src/tensor.rs>;
//! `split_torch_state_dict_into_shards` in <https://huggingface.co/docs/huggingface_hub/package_reference/serialization>.

use super::{Entry, File, Refused, twice};
use crate::order;
use crate::weights::Dtype;
use crate::weights::safetensors::{DTYPES, MAX_HEADER};
use std::fmt::Write;

/// Bytes of a file's tensors that `transformers` does not go beyond unless told to: 5 GB.
pub const SHARD_BYTES: u64 = 5_000_000_000;

/// The names of dtypes, in the order in which the reference writer has them; tensors stand in the reverse of it.
const ORDER: [&str; 22] = [
    "BOOL",
    "F4",
    "F6_E2M3",
    "F6_E3M2",
    "U8",
    "I8",
    "F8_E5M2",
    "F8_E4M3",
    "F8_E8M0",
    "F8_E4M3FNUZ",
    "F8_E5M2FNUZ",
    "I16",
    "U16",
    "F16",
    "BF16",
    "I32",
    "U32",
    "F32",
    "C64",
    "F64",
    "I64",
    "U64",
];

/// What a type is called in a header; nothing if safetensors does not have it.
#[must_use]
pub fn dtype_name(dtype: Dtype) -> Option<&'static str> {
    match dtype {
        Dtype::Number(format) if format.id == "e5m2fnuz" => Some("F8_E5M2FNUZ"),
        Dtype::Number(format) => DTYPES.iter().find(|row| row.1 == format.id).map(|row| row.0),
        Dtype::Integer { bits, is_signed } => Some(match (bits, is_signed) {
            (8, true) => "I8",
            (16, true) => "I16",
            (32, true) => "I32",
            (64, true) => "I64",
            (8, false) => "U8",
            (16, false) => "U16",
            (32, false) => "U32",
            (64, false) => "U64",
            _ => return None,
        }),
        Dtype::Fp64 => Some("F64"),
        Dtype::Bool => Some("BOOL"),
        Dtype::Complex(32) => Some("C64"),
        Dtype::Complex(_) | Dtype::Blocks(_) => None,
    }
}

/// The files of a checkpoint: `{name}.safetensors`, or numbered ones of at most `most` bytes of tensors each and their index.
///
/// # Errors
/// A tensor that safetensors has no dtype for, or of a size that it cannot have; a name that occurs twice; a header that would be
/// too long.
pub fn files(name: &str, entries: &[Entry], metadata: &[(String, String)], most: u64) -> Result<Vec<File>, Refused> {
    if let Some(name) = twice(entries) {
        return Err(Refused::Twice(name.to_owned()));
    }
    let sizes = entries.iter().map(Entry::bytes).collect::<Result<Vec<_>, _>>()?;
    let mut shards: Vec<(Vec<usize>, u64)> = Vec::new();
    for (place, size) in sizes.iter().enumerate() {
        match shards.last_mut() {
            Some((tensors, sum)) if sum.checked_add(*size).is_some_and(|sum| sum <= most) => {
                tensors.push(place);
                *sum += size;
            }
            _ => shards.push((vec![place], *size)),
        }
    }
    let n = shards.len();
    let shard_name = |i: usize| {
        if n == 1 { format!("{name}.safetensors") } else { format!("{name}-{:05}-of-{n:05}.safetensors", i + 1) }
    };
    let mut files = Vec::with_capacity(n + 1);
    for (i, (mut tensors, _)) in shards.into_iter().enumerate() {
        let rank = |entry: &Entry| dtype_name(entry.dtype).and_then(|name| ORDER.iter().position(|row| *row == name));
        order::sort_by(&mut tensors, |a, b| {
            let (a, b) = (&entries[*a], &entries[*b]);
            rank(b).cmp(&rank(a)).then_with(|| a.name.cmp(&b.name))
        });
        let (header, bytes) = header(entries, &sizes, &tensors, metadata)?;
        let name = shard_name(i);
        let len = bytes.checked_add(header.len() as u64).ok_or_else(|| Refused::TooLarge(name.clone()))?;
        files.push(File { name, header, tensors, alignment: 1, len });
    }
    if n > 1 {
        files.push(index(format!("{name}.safetensors.index.json"), entries, &sizes, &files));
    }
    Ok(files)
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Length and JSON of a header, and the bytes of the tensors behind it.
fn header(
    entries: &[Entry],
    sizes: &[u64],
    tensors: &[usize],
    metadata: &[(String, String)],
) -> Result<(Vec<u8>, u64), Refused> {
    let mut json = String::from("{");
    if !metadata.is_empty() {
        let pairs: Vec<String> =
            metadata.iter().map(|(key, value)| format!("{}:{}", quoted(key), quoted(value))).collect();
        // Writing to a string cannot fail.
        _ = write!(json, "\"__metadata__\":{{{}}}", pairs.join(","));
    }
    let mut at = 0u64;
    for &place in tensors {
        let entry = &entries[place];
        let dtype = dtype_name(entry.dtype).ok_or_else(|| Refused::NoType {
            container: "safetensors",
            name: entry.name.clone(),
            what: entry.dtype.name(),
            instead: "FP32, FP16 or BF16",
        })?;
        let end = at.checked_add(sizes[place]).ok_or_else(|| Refused::TooLarge(entry.name.clone()))?;
        let shape: Vec<String> = entry.shape.iter().map(u64::to_string).collect();
        let comma = if json.len() > 1 { "," } else { "" };
        _ = write!(
            json,
            "{comma}{}:{{\"dtype\":\"{dtype}\",\"shape\":[{}],\"data_offsets\":[{at},{end}]}}",
            quoted(&entry.name),
            shape.join(",")
        );
        at = end;
    }
    json.push('}');
    let padded = json.len().next_multiple_of(8);
    json.extend(std::iter::repeat_n(' ', padded - json.len()));
    if padded as u64 > MAX_HEADER {
        return Err(Refused::LongHeader(MAX_HEADER));
    }
    let mut header = (padded as u64).to_le_bytes().to_vec();
    header.extend(json.bytes());
    Ok((header, at))
}

/// `model.safetensors.index.json`, as `transformers` writes it: keys in order, two spaces a level, a line feed at the end.
fn index(name: String, entries: &[Entry], sizes: &[u64], files: &[File]) -> File {
    let total = sizes.iter().copied().fold(0, u64::saturating_add);
    let mut lines: Vec<(&str, &str)> = files
        .iter()
        .flat_map(|file| file.tensors.iter().map(|place| (entries[*place].name.as_str(), file.name.as_str())))
        .collect();
    order::sort_by(&mut lines, Ord::cmp);
    let lines: Vec<String> =
        lines.iter().map(|(tensor, file)| format!("    {}: {}", quoted(tensor), quoted(file))).collect();
    let json = format!(
        "{{\n  \"metadata\": {{\n    \"total_size\": {total}\n  }},\n  \"weight_map\": {{\n{}\n  }}\n}}\n",
        lines.join(",\n")
    );
    File { name, len: json.len() as u64, header: json.into_bytes(), tensors: Vec::new(), alignment: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::format;

    fn entry(name: &str, dtype: Dtype, shape: &[u64]) -> Entry {
        Entry { name: name.into(), dtype, shape: shape.to_vec() }
    }

    /// As `safetensors.numpy.save` of safetensors 0.8.0 writes it: `tests/python/read_back.py` compares whole files.
    #[test]
    fn a_header_has_its_tensors_by_width_and_name_and_whole_words() {
        let i8 = Dtype::Integer { bits: 8, is_signed: true };
        let entries = [
            entry("b", i8, &[3]),
            entry("a", i8, &[]),
            entry("z", Dtype::FP32, &[2, 1]),
            entry("y", Dtype::BF16, &[0]),
        ];
        let [file] = files("m", &entries, &[("format".into(), "\"pt\"".into())], u64::MAX).unwrap().try_into().unwrap();
        assert_eq!((file.tensors.as_slice(), file.name.as_str()), (&[2, 3, 1, 0][..], "m.safetensors"));
        let json = r#"{"__metadata__":{"format":"\"pt\""},"z":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"y":{"dtype":"BF16","shape":[0],"data_offsets":[8,8]},"a":{"dtype":"I8","shape":[],"data_offsets":[8,9]},"b":{"dtype":"I8","shape":[3],"data_offsets":[9,12]}}"#;
        assert_eq!(file.header[..8], (file.header.len() as u64 - 8).to_le_bytes());
        assert_eq!(std::str::from_utf8(&file.header[8..]).unwrap().trim_end(), json);
        assert!(file.header.len().is_multiple_of(8));
        assert_eq!(file.len, file.header.len() as u64 + 12);
    }

    #[test]
    fn what_is_too_large_for_a_file_is_cut_in_the_order_of_the_tensors() {
        let entries = ["c", "a", "b"].map(|name| entry(name, Dtype::FP16, &[4]));
        let files = files("model", &entries, &[], 16).unwrap();
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
        assert_eq!(names, [shards[0], shards[1], "model.safetensors.index.json"]);
        assert_eq!((&files[0].tensors[..], &files[1].tensors[..]), (&[1, 0][..], &[2][..]));
        let index: serde_json::Value = serde_json::from_slice(&files[2].header).unwrap();
        assert_eq!(index["metadata"]["total_size"], 24);
        assert_eq!((&index["weight_map"]["c"], &index["weight_map"]["b"]), (&shards[0].into(), &shards[1].into()));
    }

    #[test]
    fn a_tensor_larger_than_a_file_should_be_has_one_for_itself() {
        let entries = ["a", "b", "c"].map(|name| entry(name, Dtype::FP32, &[if name == "b" { 100 } else { 1 }]));
        let files = files("model", &entries, &[], 8).unwrap();
        let tensors: Vec<&[usize]> = files.iter().map(|file| file.tensors.as_slice()).collect();
        assert_eq!(tensors, [&[0][..], &[1], &[2], &[]]);
    }

    #[test]
    fn types_that_safetensors_lacks_and_names_that_occur_twice_are_refused() {
        let refused = |entries: &[Entry]| files("m", entries, &[], u64::MAX).unwrap_err().to_string();
        let q8 = entry("w", Dtype::Blocks(&crate::formats::ggml::Q8_0), &[32]);
        assert!(refused(&[q8]).contains("choose FP32"));
        assert!(refused(&[entry("w", Dtype::FP32, &[1]), entry("w", Dtype::FP32, &[1])]).contains("two tensors"));
    }

    #[test]
    fn every_type_that_is_read_can_be_written() {
        for (name, id) in DTYPES {
            assert_eq!(dtype_name(Dtype::Number(format(id).unwrap())), Some(name));
            assert!(ORDER.contains(&name));
        }
    }
}
