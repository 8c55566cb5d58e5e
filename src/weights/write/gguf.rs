//! Headers of `.gguf` files, version 3, little-endian.
//!
//! The keys of a GGUF file that is converted are copied byte for byte, but for those that speak of the file itself; from other
//! files come three keys at least: an architecture, a name and the types. A tensor keeps its name: llama.cpp knows those that its
//! own converter gives and no others, so that a checkpoint of Hugging Face's names becomes a file that can be looked at, compared
//! and quantized further, but not run.
//!
//! Source: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>; `GGUFWriter` of the package `gguf` on PyPI.

use super::{Entry, File, Refused, twice};
use crate::formats::ggml;
use crate::weights::Dtype;

/// What the beginning of each tensor is a multiple of.
pub const ALIGNMENT: u64 = 32;
/// Bytes of a name, of the 64 that llama.cpp has with the zero behind it.
pub const MAX_NAME: usize = 63;

const MAGIC: &[u8; 4] = b"GGUF";
const VERSION: u32 = 3;
/// The version of the quantized types (`GGML_QNT_VERSION`).
const QUANTIZATION_VERSION: u32 = 2;
/// How deep arrays of arrays are followed.
const MOST_NESTED: u32 = 4;

const UINT32: u32 = 4;
const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// Numbers of types that are no blocks (`enum ggml_type`).
const NUMBERS: [(&str, u32); 3] = [("fp32", 0), ("fp16", 1), ("bf16", 30)];

/// `general.file_type` (`enum llama_ftype`) of a file that is mostly of a type, by the type's number. Of the K-quants it is that of
/// the mixture which has no larger types in it (`S`), where there are several.
const FILE_TYPES: [(u32, u32); 19] = [
    (0, 0),
    (1, 1),
    (ggml::Q4_0.id, 2),
    (ggml::Q4_1.id, 3),
    (ggml::Q8_0.id, 7),
    (ggml::Q5_0.id, 8),
    (ggml::Q5_1.id, 9),
    (ggml::Q2_K.id, 10),
    (ggml::Q3_K.id, 11),
    (ggml::Q4_K.id, 14),
    (ggml::Q5_K.id, 16),
    (ggml::Q6_K.id, 18),
    (ggml::IQ4_NL.id, 25),
    (ggml::IQ4_XS.id, 30),
    (30, 32),
    (ggml::TQ1_0.id, 36),
    (ggml::TQ2_0.id, 37),
    (ggml::MXFP4.id, 38),
    (ggml::NVFP4.id, 39),
];

/// The number of a type; nothing if GGUF does not have it.
#[must_use]
pub fn type_id(dtype: Dtype) -> Option<u32> {
    match dtype {
        Dtype::Number(format) => NUMBERS.iter().find(|row| row.0 == format.id).map(|row| row.1),
        Dtype::Blocks(block_type) => Some(block_type.id),
        Dtype::Integer { bits: 8, is_signed: true } => Some(24),
        Dtype::Integer { bits: 16, is_signed: true } => Some(25),
        Dtype::Integer { bits: 32, is_signed: true } => Some(26),
        Dtype::Integer { bits: 64, is_signed: true } => Some(27),
        Dtype::Fp64 => Some(28),
        Dtype::Integer { .. } | Dtype::Bool | Dtype::Complex(_) => None,
    }
}

/// Keys with their values, as their bytes are in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pairs: Vec<(String, Vec<u8>)>,
}

/// Reads bytes from the first on, and never beyond the last.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, n: u64) -> Result<&'a [u8], Refused> {
        let broken = Refused::BrokenKeys(self.at as u64);
        let end = usize::try_from(n).ok().and_then(|n| self.at.checked_add(n));
        let Some((end, taken)) = end.and_then(|end| Some((end, self.bytes.get(self.at..end)?))) else {
            return Err(broken);
        };
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let broken = Refused::BrokenKeys(self.at as u64);
        self.take(N as u64)?.try_into().map_err(|_| broken)
    }

    fn u32(&mut self) -> Result<u32, Refused> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, Refused> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn string(&mut self) -> Result<&'a [u8], Refused> {
        let n = self.u64()?;
        self.take(n)
    }

    /// Passes over a value of a type. `nested` arrays are within each other by now.
    fn pass(&mut self, kind: u32, nested: u32) -> Result<(), Refused> {
        let broken = Refused::BrokenKeys(self.at as u64);
        let width = |kind| match kind {
            0 | 1 | 7 => Some(1),
            2 | 3 => Some(2),
            4..=6 => Some(4),
            10..=12 => Some(8),
            _ => None,
        };
        match kind {
            STRING => _ = self.string()?,
            ARRAY if nested < MOST_NESTED => {
                let (kind, n) = (self.u32()?, self.u64()?);
                match width(kind) {
                    Some(width) => _ = self.take(n.checked_mul(width).ok_or(broken)?)?,
                    // Each takes bytes, so that no count makes this longer than the file.
                    None => (0..n).try_for_each(|_| self.pass(kind, nested + 1))?,
                }
            }
            kind => _ = self.take(width(kind).ok_or(broken)?)?,
        }
        Ok(())
    }
}

impl Keys {
    /// Those of a little-endian GGUF file of version 2 or 3, of which `bytes` are the beginning with all of its keys.
    ///
    /// # Errors
    /// [`Refused::BrokenKeys`], also for a file of another kind.
    pub fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let mut cursor = Cursor { bytes, at: 0 };
        if cursor.take(4)? != MAGIC {
            return Err(Refused::BrokenKeys(0));
        }
        if !matches!(cursor.u32()?, 2 | 3) {
            return Err(Refused::BrokenKeys(4));
        }
        let (_, n) = (cursor.u64()?, cursor.u64()?);
        let mut pairs = Vec::new();
        for _ in 0..n {
            let at = cursor.at as u64;
            let name = std::str::from_utf8(cursor.string()?).map_err(|_| Refused::BrokenKeys(at))?;
            let from = cursor.at;
            let kind = cursor.u32()?;
            cursor.pass(kind, 0)?;
            pairs.push((name.to_owned(), bytes[from..cursor.at].to_vec()));
        }
        Ok(Self { pairs })
    }

    /// Sets a key in its place, or behind all others.
    fn set(&mut self, name: &str, kind: u32, value: &[u8]) {
        let value = [&kind.to_le_bytes()[..], value].concat();
        match self.pairs.iter_mut().find(|pair| pair.0 == name) {
            Some(pair) => pair.1 = value,
            None => self.pairs.push((name.to_owned(), value)),
        }
    }

    fn set_text(&mut self, name: &str, text: &str) {
        self.set(name, STRING, &[&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat());
    }

    fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|pair| pair.0 == name)
    }
}

/// The one file of a checkpoint: `{name}.gguf`. `keys` are those of the file that it is made of, if that is a GGUF file;
/// `architecture` is what it is called otherwise.
///
/// # Errors
/// A tensor of a type, a name or as many dimensions as GGUF does not have; a name that occurs twice.
pub fn file(name: &str, entries: &[Entry], keys: Option<&Keys>, architecture: &str) -> Result<File, Refused> {
    if let Some(name) = twice(entries) {
        return Err(Refused::Twice(name.to_owned()));
    }
    let mut keys = keys.cloned().unwrap_or_default();
    // What was true of the file that was read only: how it was cut, and where its tensors began.
    keys.pairs.retain(|pair| !pair.0.starts_with("split.") && pair.0 != "general.alignment");
    if !keys.has("general.architecture") {
        keys.set_text("general.architecture", architecture);
    }
    if !keys.has("general.name") {
        keys.set_text("general.name", name);
    }
    keys.set("general.quantization_version", UINT32, &QUANTIZATION_VERSION.to_le_bytes());
    let mut infos = Vec::new();
    let mut at = 0u64;
    let mut values_by_type: Vec<(u32, u64)> = Vec::new();
    for entry in entries {
        let id = type_id(entry.dtype).ok_or_else(|| Refused::NoType {
            container: "GGUF",
            name: entry.name.clone(),
            what: entry.dtype.name(),
            instead: "FP32, FP16, BF16 or a ggml format",
        })?;
        if entry.name.len() > MAX_NAME {
            return Err(Refused::LongName(entry.name.clone()));
        }
        if entry.shape.len() > 4 {
            return Err(Refused::Dimensions { name: entry.name.clone(), n: entry.shape.len() });
        }
        let (size, values) = (entry.bytes()?, entry.values().unwrap_or(0));
        match values_by_type.iter_mut().find(|row| row.0 == id) {
            Some(row) => row.1 = row.1.saturating_add(values),
            None => values_by_type.push((id, values)),
        }
        infos.extend((entry.name.len() as u64).to_le_bytes());
        infos.extend(entry.name.bytes());
        // A scalar is a vector of one.
        let dimensions: Vec<u64> =
            if entry.shape.is_empty() { vec![1] } else { entry.shape.iter().rev().copied().collect() };
        infos.extend((dimensions.len() as u32).to_le_bytes());
        infos.extend(dimensions.iter().flat_map(|size| size.to_le_bytes()));
        infos.extend(id.to_le_bytes());
        infos.extend(at.to_le_bytes());
        let end = at.checked_add(size).and_then(|end| end.checked_next_multiple_of(ALIGNMENT));
        at = end.ok_or_else(|| Refused::TooLarge(entry.name.clone()))?;
    }
    let most = values_by_type.iter().max_by_key(|row| row.1).map_or(0, |row| row.0);
    match FILE_TYPES.iter().find(|row| row.0 == most) {
        Some(row) => keys.set("general.file_type", UINT32, &row.1.to_le_bytes()),
        // Of integers, or of a type that is only copied: llama.cpp guesses where there is no such key.
        None => keys.pairs.retain(|pair| pair.0 != "general.file_type"),
    }
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.extend((entries.len() as u64).to_le_bytes());
    header.extend((keys.pairs.len() as u64).to_le_bytes());
    for (name, value) in &keys.pairs {
        header.extend((name.len() as u64).to_le_bytes());
        header.extend(name.bytes());
        header.extend(value);
    }
    header.extend(infos);
    header.resize(header.len().next_multiple_of(ALIGNMENT as usize), 0);
    let name = format!("{name}.gguf");
    let len = at.checked_add(header.len() as u64).ok_or_else(|| Refused::TooLarge(name.clone()))?;
    Ok(File { name, header, tensors: (0..entries.len()).collect(), alignment: ALIGNMENT, len })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, dtype: Dtype, shape: &[u64]) -> Entry {
        Entry { name: name.into(), dtype, shape: shape.to_vec() }
    }

    fn value<'a>(keys: &'a Keys, name: &str) -> Option<&'a [u8]> {
        keys.pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_slice())
    }

    #[test]
    fn a_header_has_three_keys_more_and_the_tensors_from_the_fastest_size_on() {
        let file =
            file("m", &[entry("w", Dtype::Blocks(&ggml::Q8_0), &[3, 64]), entry("s", Dtype::FP32, &[])], None, "llama");
        let file = file.unwrap();
        let keys = Keys::read(&file.header).unwrap();
        let names: Vec<&str> = keys.pairs.iter().map(|pair| pair.0.as_str()).collect();
        let general = ["architecture", "name", "quantization_version", "file_type"].map(|key| format!("general.{key}"));
        assert_eq!(names, general);
        assert_eq!(value(&keys, "general.file_type"), Some(&[4, 0, 0, 0, 7, 0, 0, 0][..]), "mostly Q8_0");
        let bytes = 3 * 2 * 34u64;
        assert_eq!(file.len, file.header.len() as u64 + bytes.next_multiple_of(32) + 32);
        let sizes = [64u64, 3].map(u64::to_le_bytes).concat();
        assert!(file.header.windows(16).any(|window| window == sizes), "the size of a row comes first");
        assert!(file.header.len().is_multiple_of(32));
    }

    #[test]
    fn keys_are_carried_over_but_for_those_of_the_file_itself() {
        let mut source = Keys::default();
        source.set_text("general.architecture", "gpt2");
        source.set("general.alignment", UINT32, &64u32.to_le_bytes());
        source.set("split.no", 2, &[0, 0]);
        source.set("general.file_type", UINT32, &1u32.to_le_bytes());
        let tokens = [&STRING.to_le_bytes()[..], &2u64.to_le_bytes(), &1u64.to_le_bytes(), b"a", &0u64.to_le_bytes()];
        source.set("tokenizer.ggml.tokens", ARRAY, &tokens.concat());
        let file = file("m", &[entry("w", Dtype::Blocks(&ggml::Q4_K), &[256])], Some(&source), "llama").unwrap();
        let keys = Keys::read(&file.header).unwrap();
        assert_eq!(value(&keys, "tokenizer.ggml.tokens"), value(&source, "tokenizer.ggml.tokens"));
        assert_eq!(value(&keys, "general.architecture"), value(&source, "general.architecture"));
        assert_eq!(value(&keys, "general.file_type"), Some(&[4, 0, 0, 0, 14, 0, 0, 0][..]));
        assert_eq!((value(&keys, "split.no"), value(&keys, "general.alignment")), (None, None));
    }

    #[test]
    fn keys_that_are_cut_off_or_claim_more_than_there_is_are_refused() {
        let mut keys = Keys::default();
        keys.set_text("general.name", "a name");
        keys.set("a", ARRAY, &[&STRING.to_le_bytes()[..], &1u64.to_le_bytes(), &1u64.to_le_bytes(), b"x"].concat());
        let header = file("m", &[], Some(&keys), "llama").unwrap().header;
        let end = header.iter().rposition(|byte| *byte != 0).unwrap();
        for n in 0..end - 3 {
            assert!(matches!(Keys::read(&header[..n]), Err(Refused::BrokenKeys(at)) if at <= n as u64), "{n} bytes");
        }
        let mut huge = header.clone();
        huge[24..32].fill(0xff); // the length of the first name
        assert_eq!(Keys::read(&huge), Err(Refused::BrokenKeys(32)));
    }

    #[test]
    fn what_gguf_has_no_place_for_is_refused() {
        let refused = |entry: Entry| file("m", &[entry], None, "llama").unwrap_err().to_string();
        let e4m3 = Dtype::Number(crate::formats::format("e4m3fn").unwrap());
        assert!(refused(entry("w", e4m3, &[1])).contains("BF16"));
        assert!(refused(entry(&"n".repeat(64), Dtype::FP32, &[1])).contains("63 bytes"));
        assert!(refused(entry("w", Dtype::FP32, &[1; 5])).contains("5 dimensions"));
        let short = entry("w", Dtype::Blocks(&ggml::Q8_0), &[2, 31]);
        assert!(refused(short).contains("whole units of 32"));
    }
}
