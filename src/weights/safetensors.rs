//! Hugging Face's safetensors: 8 bytes with the header's length, a header of JSON, then the tensors' bytes.
//!
//! The `safetensors` crate reads a whole buffer and counts its offsets in `usize`, which is 32 bits in a browser; a checkpoint has
//! more than 4 GiB. So the header is read here, by the same rules.
//!
//! Source: <https://github.com/huggingface/safetensors#format>

use super::Error;
use super::checkpoint::{Container, FileInfo, Order, Packing, Span, Stored};
use super::dtype::Dtype;
use super::join::twice;
use super::open::{Contents, Parsed, by_place, unclaimed};
use crate::formats::format;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The longest header that the format allows, in bytes.
pub const MAX_HEADER: u64 = 100_000_000;

const METADATA: &str = "__metadata__";

/// The file's `dtype`s that are formats of the table, and which.
pub const DTYPES: [(&str, &str); 11] = [
    ("F32", "fp32"),
    ("F16", "fp16"),
    ("BF16", "bf16"),
    ("F8_E4M3", "e4m3fn"),
    ("F8_E5M2", "e5m2"),
    ("F8_E8M0", "e8m0fnu"),
    ("F6_E2M3", "e2m3fn"),
    ("F6_E3M2", "e3m2fn"),
    ("F4", "e2m1fn"),
    ("F8_E4M3FNUZ", "e4m3fnuz"),
    ("F8_E5M2FNUZ", "e5m2fnuz"),
];

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

/// A header: one JSON object.
#[derive(Default)]
struct Header {
    entries: Vec<(String, Entry)>,
    metadata: Option<BTreeMap<String, String>>,
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Pairs)
    }
}

/// Reads pair by pair, so that a name that stands there twice is seen twice.
struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Header;

    fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("an object with a tensor for each name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut header = Header::default();
        while let Some(name) = map.next_key::<String>()? {
            if name != METADATA {
                header.entries.push((name, map.next_value()?));
            } else if header.metadata.is_none() {
                header.metadata = Some(map.next_value::<Option<_>>()?.unwrap_or_default());
            } else {
                return Err(A::Error::custom("__metadata__ stands there twice"));
            }
        }
        Ok(header)
    }
}

/// What a `dtype` of a header is.
fn dtype(name: &str) -> Option<Dtype> {
    let integer = |bits, is_signed| Some(Dtype::Integer { bits, is_signed });
    match name {
        "BOOL" => Some(Dtype::Bool),
        "F64" => Some(Dtype::Fp64),
        "C64" => Some(Dtype::Complex(32)),
        "I8" => integer(8, true),
        "I16" => integer(16, true),
        "I32" => integer(32, true),
        "I64" => integer(64, true),
        "U8" => integer(8, false),
        "U16" => integer(16, false),
        "U32" => integer(32, false),
        "U64" => integer(64, false),
        _ => DTYPES.iter().find(|row| row.0 == name).and_then(|row| format(row.1)).map(Dtype::Number),
    }
}

/// Where an error of serde_json is, which counts lines and columns from 1.
fn offset_of(error: &serde_json::Error, text: &[u8]) -> u64 {
    let lines: usize = text.split_inclusive(|byte| *byte == b'\n').take(error.line().max(1) - 1).map(<[u8]>::len).sum();
    (lines + error.column().saturating_sub(1)) as u64
}

/// Reads the header from the bytes of the file from `start` on.
///
/// What the `safetensors` library refuses is an error here too, but for bytes that belong to no tensor or to two: those tensors
/// can be read, and a note says what the library would do. Two of its liberties are not taken: a header begins with `{`, and a
/// name stands there once, as the format's description has it.
///
/// # Errors
/// A header that breaks the format's rules, or that speaks of more bytes than the file has.
pub fn read(info: &FileInfo, file: u32, start: u64, bytes: &[u8]) -> Result<Parsed<Contents>, Error> {
    let broken = |at: u64, why: String| Error::Header { file: info.name.clone(), at, why };
    let cut_off = |expected| Error::CutOff { file: info.name.clone(), len: info.len, expected };
    let Some((length, rest)) = bytes.split_first_chunk::<8>().filter(|_| start == 0) else {
        return if info.len < 8 { Err(cut_off(8)) } else { Ok(Parsed::More(0, 8)) };
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER {
        return Err(broken(0, format!("it claims to be {length} bytes long, and {MAX_HEADER} are allowed")));
    }
    let data = 8 + length;
    if data > info.len {
        return Err(cut_off(data));
    }
    let Some(header) = rest.get(..length as usize) else { return Ok(Parsed::More(0, data)) };
    let header = str::from_utf8(header).map_err(|error| broken(8 + error.valid_up_to() as u64, error.to_string()))?;
    if !header.starts_with('{') {
        return Err(broken(8, "it does not begin with {".into()));
    }
    let Header { entries, metadata } = serde_json::from_str(header)
        .map_err(|error| broken(8 + offset_of(&error, header.as_bytes()), error.to_string()))?;
    // Of an entry that is found to be wrong its name is looked for, which costs nothing where all is well.
    let wrong = |name: &str, why: String| {
        let at = serde_json::to_string(name).ok().and_then(|quoted| header.find(&quoted)).unwrap_or(0);
        broken(8 + at as u64, format!("{name} {why}"))
    };
    if let Some(name) = twice(entries.iter().map(|entry| entry.0.as_str()).collect()).first() {
        return Err(wrong(name, "stands there twice".into()));
    }
    let mut tensors = Vec::with_capacity(entries.len());
    let mut needed = data;
    for (name, entry) in entries {
        let Some(dtype) = dtype(&entry.dtype) else {
            return Err(wrong(&name, format!("has the dtype {}, which safetensors does not have", entry.dtype)));
        };
        let (from, to) = entry.data_offsets;
        let (values, unit) = dtype.unit();
        let n = entry.shape.iter().try_fold(1u64, |n, size| n.checked_mul(*size));
        if n.is_some_and(|n| !n.is_multiple_of(values)) {
            return Err(wrong(&name, format!("has the shape {:?}, which does not end with a whole byte", entry.shape)));
        }
        let bytes = n.and_then(|n| (n / values).checked_mul(unit));
        if from > to || bytes != Some(to - from) {
            return Err(wrong(&name, format!("has the shape {:?} and the bytes from {from} to {to}", entry.shape)));
        }
        needed = needed.max(data.saturating_add(to));
        tensors.push(Stored {
            name,
            shape: entry.shape,
            dtype,
            is_big_endian: false,
            span: Span { file, start: data.saturating_add(from), end: data.saturating_add(to) },
            packing: Packing::Plain,
            order: Order::Rows,
        });
    }
    if needed > info.len {
        return Err(cut_off(needed));
    }
    by_place(&mut tensors);
    let mut notes = unclaimed(info, &tensors, data, 1);
    if !notes.is_empty() {
        notes.push(format!("the safetensors library refuses a file such as {}", info.name));
    }
    let metadata = metadata.unwrap_or_default().into_iter().collect();
    Ok(Parsed::Done(Contents { container: Container::Safetensors, tensors, metadata, notes }))
}
