//! From files to a [`Checkpoint`], without reading: whoever opens them is told which bytes are wanted next.
//!
//! ```
//! use bitbudget::weights::checkpoint::FileInfo;
//! use bitbudget::weights::open::{Opening, Step};
//!
//! let header = br#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
//! let file = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 8]].concat();
//! let mut opening = Opening::new(vec![FileInfo { name: "w.safetensors".into(), len: file.len() as u64 }]);
//! let mut bytes = Vec::new();
//! let checkpoint = loop {
//!     match opening.next(&bytes)? {
//!         Step::Read(span) => bytes = file[span.start as usize..span.end as usize].to_vec(),
//!         Step::Done(checkpoint) => break checkpoint,
//!     }
//! };
//! assert_eq!(checkpoint.tensors[0].name, "w");
//! # Ok::<(), bitbudget::weights::Error>(())
//! ```

use super::checkpoint::{Checkpoint, Container, FileInfo, Order, Packing, Span, Stored};
use super::join::{self, Item};
use super::sniff::{Sort, sniff};
use super::text::Table;
use super::zip::Archive;
use super::{Dtype, Error, gguf, npy, safetensors};
use crate::formats::{Format, format};
use crate::order;

/// What is needed next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// These bytes.
    Read(Span),
    /// Nothing.
    Done(Box<Checkpoint>),
}

/// What a reader of one file says of the bytes that it was given.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed<T> {
    /// It needs these bytes of its file, `start..end`, in one piece.
    More(u64, u64),
    /// It is done.
    Done(T),
}

/// The tensors of one file, and what it says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// What kind of file.
    pub container: Container,
    /// Its tensors, in the order of their bytes.
    pub tensors: Vec<Stored>,
    /// What it says of itself.
    pub metadata: Vec<(String, String)>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// What the files do not say, and the reader has to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hints {
    /// What values are whose type NumPy does not know (`V1`, `V2`), and numbers without a header, which are little-endian and lie row
    /// by row.
    pub format: Option<&'static Format>,
    /// How many of the latter are a row: all, if it is 0.
    pub cols: u64,
}

impl Hints {
    /// Reads `format:cols`; nothing else is a hint.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (id, cols) = text.split_once(':').unwrap_or_default();
        cols.parse().map_or_else(|_| Self::default(), |cols| Self { format: format(id), cols })
    }

    /// As [`Self::read`] takes it; empty without a hint.
    #[must_use]
    pub fn write(&self) -> String {
        self.format.map(|format| format!("{}:{}", format.id, self.cols)).unwrap_or_default()
    }
}

/// How many bytes of a file are looked at first: enough for the header of most.
pub const FIRST_LOOK: u64 = 1 << 16;
/// The longest `config.json` that is read, in bytes.
const MAX_CONFIG: u64 = 1_000_000;
/// The longest index that is read, in bytes.
const MAX_INDEX: u64 = 1 << 26;
/// Bytes of a text that are read at once.
const TEXT_PIECE: u64 = 1 << 18;

/// Files that are being opened.
#[derive(Debug)]
pub struct Opening {
    files: Vec<FileInfo>,
    hints: Hints,
    /// The file at hand, what was asked of it, and what reads it.
    at: usize,
    asked: Option<Span>,
    reader: Reader,
    done: Vec<Item>,
}

/// What reads the file at hand.
#[derive(Debug, Default)]
enum Reader {
    /// It is not known yet what the file is.
    #[default]
    Sniff,
    Safetensors,
    Gguf,
    Npy,
    Zip(Box<Archive>),
    Json,
    Text(Table),
}

impl Opening {
    /// Starts before the first byte.
    #[must_use]
    pub fn new(files: Vec<FileInfo>) -> Self {
        Self::with_hints(files, Hints::default())
    }

    /// As [`Self::new`], where the reader has said what the files do not.
    #[must_use]
    pub fn with_hints(files: Vec<FileInfo>, hints: Hints) -> Self {
        Self { files, hints, at: 0, asked: None, reader: Reader::Sniff, done: Vec::new() }
    }

    /// Takes the bytes that were asked for, nothing the first time, and says what is needed next.
    ///
    /// A file that is no checkpoint is an error only if none of the files is one; else there is a note.
    ///
    /// # Errors
    /// What is wrong with the files.
    pub fn next(&mut self, bytes: &[u8]) -> Result<Step, Error> {
        while let Some(info) = self.files.get(self.at) {
            let file = self.at as u32;
            let parsed = match self.asked {
                None if info.len == 0 => Err(Error::Empty(info.name.clone())),
                None => {
                    let end = info.len.min(FIRST_LOOK);
                    return Ok(Step::Read(*self.asked.insert(Span { file, start: 0, end })));
                }
                Some(asked) if asked.len() != bytes.len() as u64 => {
                    let why = format!("{} bytes of {} came", bytes.len(), asked.len());
                    return Err(Error::Unreadable { file: info.name.clone(), why });
                }
                Some(asked) => self.reader.next(info, asked, bytes, &self.hints),
            };
            match parsed {
                Ok(Parsed::More(start, end)) => {
                    return Ok(Step::Read(*self.asked.insert(Span { file, start, end })));
                }
                Ok(Parsed::Done(item)) => self.done.push(item),
                Err(
                    error @ (Error::Empty(_)
                    | Error::NotACheckpoint { .. }
                    | Error::NoHeader { .. }
                    | Error::WrongLength { .. }),
                ) => self.done.push(Item::Other(error)),
                Err(error) => return Err(error),
            }
            self.at += 1;
            self.asked = None;
            self.reader = Reader::Sniff;
        }
        join::join(&self.files, core::mem::take(&mut self.done)).map(|checkpoint| Step::Done(Box::new(checkpoint)))
    }
}

impl Reader {
    fn next(&mut self, info: &FileInfo, asked: Span, bytes: &[u8], hints: &Hints) -> Result<Parsed<Item>, Error> {
        let Span { file, start, end } = asked;
        if let Self::Sniff = self {
            // Any bytes can be an array without a header, if that is what the reader says they are.
            let sort =
                sniff(info, bytes).or_else(|error| raw(info, file, hints).map_err(|_| error).map(|_| Sort::Unknown));
            *self = match sort? {
                Sort::Safetensors => Self::Safetensors,
                Sort::Gguf => Self::Gguf,
                Sort::Npy => Self::Npy,
                Sort::Zip => Self::Zip(Box::default()),
                Sort::Json => Self::Json,
                Sort::Text => Self::Text(Table::new(&info.name)),
                Sort::Unknown => return raw(info, file, hints).map(|tensor| one(Container::Raw, tensor)),
            };
        }
        match self {
            Self::Safetensors => safetensors::read(info, file, start, bytes).map(done),
            Self::Gguf => gguf::read(info, file, bytes).map(done),
            Self::Npy => Ok(match npy::read(info, file, bytes, hints.format)? {
                Parsed::More(start, end) => Parsed::More(start, end),
                Parsed::Done(tensor) => one(Container::Npy, tensor),
            }),
            Self::Zip(archive) => archive.next(info, file, start, bytes, hints.format).map(done),
            Self::Json => json(info, bytes),
            Self::Text(table) => {
                // The values are read again when they are wanted.
                let mut values = Vec::new();
                table.push(bytes, &mut values)?;
                if end < info.len {
                    return Ok(Parsed::More(end, info.len.min(end + TEXT_PIECE)));
                }
                let shape = table.finish(&mut values)?;
                let tensor = whole(info, file, Dtype::FP32, shape, Packing::Decimal);
                Ok(one(Container::Text, tensor))
            }
            // It was sniffed above.
            Self::Sniff => Ok(Parsed::Done(Item::Other(Error::Empty(info.name.clone())))),
        }
    }
}

fn done(parsed: Parsed<Contents>) -> Parsed<Item> {
    match parsed {
        Parsed::More(start, end) => Parsed::More(start, end),
        Parsed::Done(contents) => Parsed::Done(Item::Contents(contents)),
    }
}

/// A file that is one tensor.
fn one(container: Container, tensor: Stored) -> Parsed<Item> {
    done(Parsed::Done(Contents { container, tensors: vec![tensor], metadata: Vec::new(), notes: Vec::new() }))
}

/// A tensor that is all of a file.
fn whole(info: &FileInfo, file: u32, dtype: Dtype, shape: Vec<u64>, packing: Packing) -> Stored {
    let name = info.name.rsplit_once('.').map_or(info.name.as_str(), |(name, _)| name).to_owned();
    let span = Span { file, start: 0, end: info.len };
    Stored { name, shape, dtype, is_big_endian: false, span, packing, order: Order::Rows }
}

/// Reads a JSON object: an index of files, a configuration, or nothing of use.
fn json(info: &FileInfo, bytes: &[u8]) -> Result<Parsed<Item>, Error> {
    #[derive(serde::Deserialize)]
    struct Known {
        weight_map: Option<std::collections::BTreeMap<String, String>>,
        model_type: Option<serde::de::IgnoredAny>,
    }
    let other = |what| {
        let advice = "open the model’s files with weights".to_owned();
        Err(Error::NotACheckpoint { file: info.name.clone(), what, advice })
    };
    if (bytes.len() as u64) < info.len {
        // An index begins with what is asked for here, and only an index may be long.
        let is_index = bytes.windows(12).any(|word| word == b"\"weight_map\"");
        let most = if is_index { MAX_INDEX } else { MAX_CONFIG };
        return if info.len > most { other("a long JSON file") } else { Ok(Parsed::More(0, info.len)) };
    }
    match serde_json::from_slice(bytes) {
        Ok(Known { weight_map: Some(map), .. }) => Ok(Parsed::Done(Item::Index(info.name.clone(), map))),
        Ok(Known { model_type: Some(_), .. }) if info.len <= MAX_CONFIG => {
            Ok(Parsed::Done(Item::Config(info.name.clone(), String::from_utf8_lossy(bytes).into_owned())))
        }
        Ok(_) => other("a JSON file that is neither an index nor a model’s configuration"),
        Err(_) => other("a broken JSON file"),
    }
}

/// Numbers without a header, if it was said what they are.
fn raw(info: &FileInfo, file: u32, hints: &Hints) -> Result<Stored, Error> {
    let Some(format) = hints.format else {
        return Err(Error::NoHeader { file: info.name.clone(), fitting: fitting(info.len) });
    };
    let dtype = Dtype::Number(format);
    let (values, bytes) = dtype.unit();
    let n = info.len / bytes * values;
    let cols = if hints.cols == 0 { n } else { hints.cols };
    if !info.len.is_multiple_of(bytes) || cols == 0 || !n.is_multiple_of(cols) {
        return Err(Error::WrongLength { file: info.name.clone(), len: info.len, format: format.name, cols });
    }
    Ok(whole(info, file, dtype, vec![n / cols, cols], Packing::Plain))
}

/// Types and shapes of so many bytes, in words.
fn fitting(len: u64) -> String {
    let types = [("float32", 4), ("float16 or bfloat16", 2), ("8-bit numbers", 1)];
    let types = types.iter().filter(|(_, size)| len.is_multiple_of(*size));
    let words: Vec<String> = types
        .map(|(name, size)| {
            let (n, side) = (len / size, (len / size).isqrt());
            let cols = [16_384, 8192, 4096, 2048, 1024, 768, 512, 256, 128, 64];
            let cols = if side * side == n { Some(side) } else { cols.into_iter().find(|c| n.is_multiple_of(*c)) };
            match cols.filter(|cols| (2..n).contains(cols)) {
                Some(cols) => format!("{name} has {n} values, such as {} × {cols}", n / cols),
                None => format!("{name} has {n} values"),
            }
        })
        .collect();
    words.join("; ")
}

/// Puts tensors in the order of their files and bytes.
pub(super) fn by_place(tensors: &mut [Stored]) {
    order::sort_by_key(tensors, |tensor| (tensor.span.file, tensor.span.start, tensor.span.end));
}

/// What there is to say of bytes that belong to no tensor, or to two. Tensors are in the order of their bytes, which begin at
/// `data` and at multiples of `alignment`.
pub(super) fn unclaimed(info: &FileInfo, tensors: &[Stored], data: u64, alignment: u64) -> Vec<String> {
    let (mut at, mut gap, mut shared) = (data, 0, Vec::new());
    for tensor in tensors.iter().filter(|tensor| !tensor.span.is_empty()) {
        if tensor.span.start < at {
            shared.push(tensor.name.as_str());
        } else if tensor.span.start - at >= alignment {
            gap += tensor.span.start - at;
        }
        at = at.max(tensor.span.end);
    }
    let rest = info.len.saturating_sub(at);
    let mut notes = Vec::new();
    if !shared.is_empty() {
        notes.push(format!("tensors of {} that share bytes with those before them: {}", info.name, join::some(shared)));
    }
    if gap > 0 {
        notes.push(format!("{gap} bytes between the tensors of {} belong to none", info.name));
    }
    if rest >= alignment {
        notes.push(format!("{rest} bytes at the end of {} belong to no tensor", info.name));
    }
    notes
}
