//! llama.cpp's GGUF, versions 2 and 3: a header of keys and of tensors, then the tensors' bytes, each from a multiple of an
//! alignment on.
//!
//! Nothing says how long the header is, so it is read as a prefix of the file that is doubled until it is long enough. Counts
//! and lengths are held against the file's length before anything is made of them; long lists are passed over.
//!
//! Source: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>; the checks are those of `gguf.cpp` there.

use super::Error;
use super::checkpoint::{Container, FileInfo, Order, Packing, Span, Stored};
use super::dtype::Dtype;
use super::join::some;
use super::open::{Contents, Parsed, by_place, unclaimed};
use crate::formats::ggml;
use std::collections::BTreeMap;

/// The first bytes of a file.
pub const MAGIC: &[u8; 4] = b"GGUF";

/// The longest header that is read, in bytes. Those with the largest vocabularies have a few dozen megabytes.
pub const MAX_HEADER: u64 = 1 << 28;

/// Where a tensor's bytes begin, unless `general.alignment` says otherwise.
const ALIGNMENT: u64 = 32;
/// Values of a list that are kept.
const KEPT_VALUES: u64 = 8;
/// Bytes of a text that are kept: chat templates have many more.
const KEPT_TEXT: usize = 4096;
/// How deep lists may stand in lists.
const DEPTH: u32 = 4;
/// ggml's tensors have at most so many dimensions.
const MAX_DIMENSIONS: u32 = 4;

/// Types of ggml that were given up, or are only used while computing, by number.
const NOT_DECODED: [(u32, &str); 11] = [
    (4, "Q4_2"),
    (5, "Q4_3"),
    (9, "Q8_1"),
    (15, "Q8_K"),
    (31, "Q4_0_4_4"),
    (32, "Q4_0_4_8"),
    (33, "Q4_0_8_8"),
    (36, "IQ4_NL_4_4"),
    (37, "IQ4_NL_4_8"),
    (38, "IQ4_NL_8_8"),
    (41, "Q1_0"),
];

/// What stands in the way of reading on.
enum Stop {
    /// The prefix ends before this byte.
    Short(u64),
    /// A rule that is broken, and where.
    Broken(u64, String),
    /// The file ends before this byte.
    CutOff(u64),
}

/// A tensor as the header has it.
struct Entry {
    name: String,
    shape: Vec<u64>,
    type_id: u32,
    offset: u64,
    at: u64,
}

/// The prefix, and how far it is read.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The file's length.
    len: u64,
    is_big_endian: bool,
}

impl<'a> Cursor<'a> {
    fn broken<T>(&self, why: impl Into<String>) -> Result<T, Stop> {
        Err(Stop::Broken(self.at as u64, why.into()))
    }

    /// The next `n` bytes, which a file has claimed to be there.
    fn take(&mut self, n: u64) -> Result<&'a [u8], Stop> {
        let end = (self.at as u64).saturating_add(n);
        if end > self.len {
            return Err(Stop::CutOff(end));
        }
        let bytes = self.bytes.get(self.at..).unwrap_or_default();
        let bytes = usize::try_from(n).ok().and_then(|n| bytes.get(..n)).ok_or(Stop::Short(end))?;
        self.at += bytes.len();
        Ok(bytes)
    }

    /// The next whole number of `n` ≤ 8 bytes.
    fn number(&mut self, n: u64) -> Result<u64, Stop> {
        let join = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
        let bytes = self.take(n)?;
        Ok(if self.is_big_endian { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) })
    }

    fn u32(&mut self) -> Result<u32, Stop> {
        Ok(self.number(4)? as u32)
    }

    fn text(&mut self) -> Result<&'a [u8], Stop> {
        let n = self.number(8)?;
        self.take(n)
    }

    fn key(&mut self) -> Result<String, Stop> {
        let at = self.at as u64;
        let bytes = self.text()?.to_vec();
        String::from_utf8(bytes).map_err(|_| Stop::Broken(at, "a name is no UTF-8".into()))
    }

    /// Reads a value of a type; writes it down if it is wanted.
    fn value(&mut self, type_id: u32, depth: u32, mut out: Option<&mut String>) -> Result<(), Stop> {
        let mut put = |text: &str| {
            if let Some(out) = &mut out {
                out.push_str(text);
            }
        };
        match type_id {
            7 => put(if self.number(1)? == 0 { "false" } else { "true" }),
            8 => {
                let bytes = self.text()?;
                let kept = &bytes[..bytes.len().min(KEPT_TEXT)];
                put(&String::from_utf8_lossy(kept));
                put(if kept.len() < bytes.len() { "…" } else { "" });
            }
            9 => return self.list(depth, out),
            6 => put(&f32::from_bits(self.u32()?).to_string()),
            12 => put(&f64::from_bits(self.number(8)?).to_string()),
            _ => {
                let Some(size) = fixed_size(type_id) else {
                    return self.broken(format!("a value has the type {type_id}, and types are 0 to 12"));
                };
                let number = self.number(size)?;
                let spare = 64 - 8 * size;
                let is_signed = matches!(type_id, 1 | 3 | 5 | 11);
                put(&if is_signed { ((number << spare) as i64 >> spare).to_string() } else { number.to_string() });
            }
        }
        Ok(())
    }

    /// Reads a list, and writes down its first values and how many there are.
    fn list(&mut self, depth: u32, mut out: Option<&mut String>) -> Result<(), Stop> {
        if depth == DEPTH {
            return self.broken(format!("lists stand in lists more than {DEPTH} deep"));
        }
        let (type_id, n) = (self.u32()?, self.number(8)?);
        // A text takes 8 bytes at least, a list 12.
        let least = n.saturating_mul(fixed_size(type_id).unwrap_or(8)).saturating_add(self.at as u64);
        if least > self.len {
            return Err(Stop::CutOff(least));
        }
        if let Some(out) = &mut out {
            out.push('[');
        }
        let kept = n.min(KEPT_VALUES);
        for i in 0..kept {
            if let Some(out) = out.as_mut().filter(|_| i > 0) {
                out.push_str(", ");
            }
            self.value(type_id, depth + 1, out.as_deref_mut())?;
        }
        match fixed_size(type_id) {
            Some(size) => _ = self.take((n - kept) * size)?,
            None => {
                for _ in kept..n {
                    self.value(type_id, depth + 1, None)?;
                }
            }
        }
        if let Some(out) = out {
            out.push_str(&if n > kept { format!(", … {n} in all]") } else { "]".into() });
        }
        Ok(())
    }

    fn entry(&mut self) -> Result<Entry, Stop> {
        let at = self.at as u64;
        let name = self.key()?;
        let dimensions = self.u32()?;
        if dimensions > MAX_DIMENSIONS {
            return Err(Stop::Broken(at, format!("{name} has {dimensions} dimensions, and ggml has {MAX_DIMENSIONS}")));
        }
        let mut shape = (0..dimensions).map(|_| self.number(8)).collect::<Result<Vec<u64>, _>>()?;
        // ggml's first dimension changes fastest.
        shape.reverse();
        Ok(Entry { name, shape, type_id: self.u32()?, offset: self.number(8)?, at })
    }
}

/// Bytes of a value of a type; nothing of texts and lists, which have their own length.
fn fixed_size(type_id: u32) -> Option<u64> {
    match type_id {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

/// What the values of a tensor of ggml's type of this number are; nothing if it is not decoded.
fn dtype(type_id: u32, is_big_endian: bool) -> Option<Dtype> {
    let integer = |bits| Some(Dtype::Integer { bits, is_signed: true });
    match type_id {
        0 => Some(Dtype::FP32),
        1 => Some(Dtype::FP16),
        24 => integer(8),
        25 => integer(16),
        26 => integer(32),
        27 => integer(64),
        28 => Some(Dtype::Fp64),
        30 => Some(Dtype::BF16),
        _ if is_big_endian => None,
        _ => ggml::TYPES.iter().find(|block_type| block_type.id == type_id).map(|block_type| Dtype::Blocks(block_type)),
    }
}

/// Reads the header from the bytes of the file from its first on.
///
/// Tensors of a type that is not decoded are left out, and a note says so; so are blocks in files with the most significant
/// byte first, in which their scales are turned round and other numbers are not.
///
/// # Errors
/// A header that breaks the format's rules, or that speaks of more bytes than the file has.
pub fn read(info: &FileInfo, file: u32, bytes: &[u8]) -> Result<Parsed<Contents>, Error> {
    let mut cursor = Cursor { bytes, at: 0, len: info.len, is_big_endian: false };
    header(info, file, &mut cursor).map(Parsed::Done).or_else(|stop| match stop {
        Stop::Short(needed) if needed <= MAX_HEADER => {
            Ok(Parsed::More(0, needed.max(2 * bytes.len() as u64).min(info.len)))
        }
        Stop::Short(at) => {
            let why = format!("it is longer than {MAX_HEADER} bytes");
            Err(Error::Header { file: info.name.clone(), at, why })
        }
        Stop::Broken(at, why) => Err(Error::Header { file: info.name.clone(), at, why }),
        Stop::CutOff(expected) => Err(Error::CutOff { file: info.name.clone(), len: info.len, expected }),
    })
}

fn header(info: &FileInfo, file: u32, cursor: &mut Cursor<'_>) -> Result<Contents, Stop> {
    if cursor.take(4)? != MAGIC {
        return Err(Stop::Broken(0, "it does not begin with GGUF".into()));
    }
    let mut version = cursor.u32()?;
    // The version is small, so if its low half is zero it stands the other way round.
    if version & 0xffff == 0 {
        cursor.is_big_endian = true;
        version = version.swap_bytes();
    }
    if !(2..=3).contains(&version) {
        return Err(Stop::Broken(
            4,
            format!("it is of version {version}, and versions 2 and 3 are read: convert the model anew"),
        ));
    }
    let (tensors, keys) = (cursor.number(8)?, cursor.number(8)?);
    // A tensor takes at least 24 bytes, a key 13.
    let least = tensors.saturating_mul(24).saturating_add(keys.saturating_mul(13)).saturating_add(cursor.at as u64);
    if least > info.len {
        return Err(Stop::CutOff(least));
    }
    let (mut metadata, mut alignment) = (Vec::new(), ALIGNMENT);
    for _ in 0..keys {
        let at = cursor.at as u64;
        let key = cursor.key()?;
        let type_id = cursor.u32()?;
        let mut value = String::new();
        cursor.value(type_id, 0, Some(&mut value))?;
        if key == "general.alignment" {
            alignment = value.parse().ok().filter(|n: &u64| type_id == 4 && n.is_power_of_two()).ok_or_else(|| {
                Stop::Broken(at, format!("general.alignment is {value}, and has to be a power of two"))
            })?;
        }
        metadata.push((key, value));
    }
    let mut entries = Vec::new();
    for _ in 0..tensors {
        entries.push(cursor.entry()?);
    }
    let data = (cursor.at as u64).next_multiple_of(alignment);
    let mut left_out: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut stored = Vec::with_capacity(entries.len());
    let mut needed = 0;
    for Entry { name, shape, type_id, offset, at } in entries {
        let broken = |why: String| Err(Stop::Broken(at, format!("{name} {why}")));
        let Some(n) = shape.iter().try_fold(1u64, |n, size| n.checked_mul(*size)) else {
            return broken(format!("has the shape {shape:?}, which is more than can be counted"));
        };
        if !offset.is_multiple_of(alignment) {
            return broken(format!("begins at {offset}, which is no multiple of {alignment}"));
        }
        let Some(dtype) = dtype(type_id, cursor.is_big_endian) else {
            left_out.entry(type_id).or_default().push(name);
            continue;
        };
        let (values, unit) = dtype.unit();
        if !shape.last().unwrap_or(&1).is_multiple_of(values) {
            return broken(format!("has the shape {shape:?}, and a row is made of blocks of {values}"));
        }
        let end = (n / values).checked_mul(unit).and_then(|bytes| data.checked_add(offset)?.checked_add(bytes));
        let Some(end) = end else { return broken(format!("begins at {offset}, which is too far")) };
        needed = needed.max(end);
        stored.push(Stored {
            name,
            shape,
            dtype,
            is_big_endian: cursor.is_big_endian,
            span: Span { file, start: data + offset, end },
            packing: Packing::Plain,
            order: Order::Rows,
        });
    }
    if needed > info.len {
        return Err(Stop::CutOff(needed));
    }
    by_place(&mut stored);
    let mut notes = if left_out.is_empty() { unclaimed(info, &stored, data, alignment) } else { Vec::new() };
    for (type_id, names) in left_out {
        let type_name = NOT_DECODED.iter().find(|row| row.0 == type_id).map(|row| row.1);
        let type_name = type_name.or(ggml::TYPES.iter().find(|row| row.id == type_id).map(|row| row.name));
        let type_name = type_name.map_or(String::new(), |name| format!(", {name},"));
        let order = if cursor.is_big_endian { " with the most significant byte first" } else { "" };
        notes.push(format!(
            "tensors of {} that are not listed, because their type {type_id}{type_name} of ggml{order} is not decoded: {}",
            info.name,
            some(names.iter().map(String::as_str))
        ));
    }
    Ok(Contents { container: Container::Gguf(version), tensors: stored, metadata, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A version 3 header, least significant byte first, that is put together piece by piece.
    #[derive(Default)]
    struct Writer(Vec<u8>);

    impl Writer {
        fn new(tensors: u64, keys: u64) -> Self {
            let mut writer = Self(b"GGUF\x03\0\0\0".to_vec());
            writer.number(tensors, 8).number(keys, 8);
            writer
        }

        fn number(&mut self, number: u64, bytes: usize) -> &mut Self {
            self.0.extend(&number.to_le_bytes()[..bytes]);
            self
        }

        fn text(&mut self, text: &str) -> &mut Self {
            self.number(text.len() as u64, 8).0.extend(text.bytes());
            self
        }

        fn tensor(&mut self, name: &str, shape: &[u64], type_id: u64, offset: u64) -> &mut Self {
            self.text(name).number(shape.len() as u64, 4);
            shape.iter().for_each(|size| _ = self.number(*size, 8));
            self.number(type_id, 4).number(offset, 8)
        }
    }

    fn info(len: u64) -> FileInfo {
        FileInfo { name: "m.gguf".into(), len }
    }

    fn error(bytes: &[u8], len: u64) -> String {
        read(&info(len), 0, bytes).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_longer_beginning_is_asked_for_until_the_header_is_whole() {
        let mut writer = Writer::new(1, 1);
        writer.text("list").number(9, 4).number(8, 4).number(1000, 8);
        (0..1000).for_each(|i| _ = writer.text(&format!("token {i}")));
        let mut file = writer.tensor("w", &[4, 2], 0, 0).0.clone();
        let header = file.len();
        file.resize(header.next_multiple_of(32) + 32, 0);
        let (mut end, mut read_in_all) = (1, 0);
        let contents = loop {
            read_in_all += end;
            match read(&info(file.len() as u64), 7, &file[..end]).unwrap() {
                Parsed::More(0, longer) => {
                    assert!(longer > end as u64 && longer <= file.len() as u64, "{longer} after {end}");
                    end = longer as usize;
                }
                Parsed::More(start, _) => panic!("it wants bytes from {start}"),
                Parsed::Done(contents) => break contents,
            }
        };
        assert!(read_in_all < 4 * header, "{read_in_all} bytes are read for a header of {header}");
        assert_eq!(contents.tensors[0].shape, [2, 4], "ggml’s first size changes fastest");
        let start = header.next_multiple_of(32) as u64;
        assert_eq!(contents.tensors[0].span, Span { file: 7, start, end: start + 32 });
        let list = "[token 0, token 1, token 2, token 3, token 4, token 5, token 6, token 7, … 1000 in all]";
        assert_eq!(contents.metadata, [("list".to_owned(), list.to_owned())]);
        assert_eq!(contents.notes, [] as [&str; 0]);
    }

    #[test]
    fn what_a_header_claims_is_held_against_the_file_first() {
        let cut_off = |bytes: &[u8]| {
            let error = error(bytes, 10_000);
            assert!(error.contains("cut off"), "{error}");
        };
        cut_off(&Writer::new(u64::MAX, 0).0);
        cut_off(&Writer::new(0, 1 << 60).0);
        cut_off(&Writer::new(0, 1).number(u64::MAX, 8).0);
        cut_off(&Writer::new(0, 1).text("k").number(8, 4).number(1 << 40, 8).0);
        cut_off(&Writer::new(0, 1).text("k").number(9, 4).number(0, 4).number(1 << 40, 8).0);
        cut_off(&Writer::new(0, 1).text("k").number(9, 4).number(12, 4).number(u64::MAX, 8).0);
        cut_off(&Writer::new(1, 0).tensor("w", &[1 << 20], 0, 0).0);
    }

    #[test]
    fn broken_rules_are_said_with_their_place() {
        for (bytes, what) in [
            (Writer::new(1, 0).tensor("w", &[1, 1, 1, 1, 1], 0, 0), "at byte 24: w has 5 dimensions"),
            (Writer::new(1, 0).tensor("w", &[1 << 32, 1 << 32], 0, 0), "more than can be counted"),
            (Writer::new(1, 0).tensor("w", &[4], 0, 16), "no multiple of 32"),
            (Writer::new(1, 0).tensor("w", &[33], 2, 0), "a row is made of blocks of 32"),
            (Writer::new(1, 0).tensor("w", &[4], 0, u64::MAX - 31), "too far"),
            (Writer::new(0, 1).text("k").number(13, 4).number(0, 8), "at byte 37: a value has the type 13"),
            (Writer::new(0, 1).text("general.alignment").number(4, 4).number(24, 4), "has to be a power of two"),
        ] {
            let error = error(&bytes.0, 10_000);
            assert!(error.contains(what), "{error} for {what}");
        }
        let mut deep = Writer::new(0, 1);
        deep.text("k").number(9, 4);
        (0..9).for_each(|_| _ = deep.number(9, 4).number(1, 8));
        assert!(error(&deep.0, 10_000).contains("lists stand in lists"));
    }

    #[test]
    fn bytes_that_belong_to_no_tensor_or_to_two_are_noted() {
        let mut writer = Writer::new(3, 0);
        writer.tensor("a", &[16], 0, 0).tensor("b", &[4], 0, 32).tensor("c", &[4], 0, 256);
        let len = writer.0.len().next_multiple_of(32) as u64 + 256 + 100;
        let Parsed::Done(contents) = read(&info(len), 0, &writer.0).unwrap() else { panic!("the header is whole") };
        let notes = [
            "tensors of m.gguf that share bytes with those before them: b",
            "192 bytes between the tensors of m.gguf belong to none",
            "84 bytes at the end of m.gguf belong to no tensor",
        ];
        assert_eq!(contents.notes, notes);
    }
}
