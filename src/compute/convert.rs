//! A planned checkpoint ([`Saving`]) made: says which values or bytes it wants next, and gives the files as a stream of bytes.
//!
//! Nothing is read here and nothing is written. Of a tensor there is never more than a slice: whole rows where a row shares a
//! scale, else `SLICE` values, which any group and any block divides. A scale for a whole tensor takes a pass of its own over it
//! before the first code.

use super::cpu;
use crate::quantize::{Error as QuantizeError, Granularity, Plan, Range};
use crate::survey::Setting;
use crate::survey::save::{Content, Piece, Saving, needs_range};
use crate::weights::{Checkpoint, Span, Stored};
use std::collections::BTreeMap;

/// Values of a slice.
const SLICE: u64 = 1 << 20;
/// Bytes of a slice that is only copied.
const COPIED: u64 = 1 << 22;
/// Bytes are given on once there are this many.
const CHUNK: usize = 1 << 22;

/// What there is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// These values of a tensor are wanted ([`Converting::take_values`]).
    Values {
        /// Which tensor of the checkpoint.
        tensor: usize,
        /// The first value.
        first: u64,
        /// How many.
        n: u64,
    },
    /// These bytes are wanted ([`Converting::take_bytes`]).
    Bytes(Span),
    /// Bytes to be written behind those before.
    Write(Chunk),
    /// All is written.
    Done,
}

/// Bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which file.
    pub file: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether the file is complete with them.
    pub is_last: bool,
}

/// Why a file is not completed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A tensor that cannot be quantized.
    #[error("{name} cannot be quantized: {error}")]
    Quantize {
        /// The tensor.
        name: String,
        /// Why.
        error: QuantizeError,
    },
    /// Other values than were asked for.
    #[error(
        "of {name}, {expected} values or bytes were asked for and {given} came: the file may have been changed since it was opened"
    )]
    Missing {
        /// The tensor.
        name: String,
        /// How many were asked for.
        expected: u64,
        /// How many came.
        given: u64,
    },
}

/// A checkpoint that is being written.
#[derive(Debug)]
pub struct Converting {
    tensors: Vec<Stored>,
    saving: Saving,
    /// The file at hand, and the place of the tensor at hand in it; nothing before its header.
    file: usize,
    at: Option<usize>,
    /// Values or bytes of the tensor that are done.
    done: u64,
    /// Bytes of the tensor that were made.
    made: u64,
    /// What is being asked for, in values or bytes.
    asked: u64,
    /// The range of a tensor so far, while that is being found.
    ranging: Option<Range>,
    /// Ranges of tensors that share a scale.
    ranges: BTreeMap<usize, Range>,
    /// Bytes that wait to be given on.
    pending: Vec<u8>,
    /// All bytes that were given on.
    written: u64,
}

impl Converting {
    /// Starts before the first byte of the first file.
    #[must_use]
    pub fn new(checkpoint: &Checkpoint, saving: Saving) -> Self {
        Self {
            tensors: checkpoint.tensors.clone(),
            saving,
            file: 0,
            at: None,
            done: 0,
            made: 0,
            asked: 0,
            ranging: None,
            ranges: BTreeMap::new(),
            pending: Vec::new(),
            written: 0,
        }
    }

    /// What is being written.
    #[must_use]
    pub const fn saving(&self) -> &Saving {
        &self.saving
    }

    /// The share of all bytes that was given on, 0..=1.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.written as f64 / (self.saving.bytes() as f64).max(1.0)
    }

    /// The piece at hand with its tensor.
    fn piece(&self) -> Option<(&Piece, &Stored)> {
        let place = *self.saving.files.get(self.file)?.tensors.get(self.at?)?;
        let piece = self.saving.pieces.get(place)?;
        Some((piece, self.tensors.get(piece.source)?))
    }

    /// Says what there is to be done.
    ///
    /// # Errors
    /// A tensor that cannot be quantized.
    pub fn step(&mut self) -> Result<Step, Error> {
        loop {
            let Some(file) = self.saving.files.get(self.file) else { return Ok(Step::Done) };
            if self.at.is_none() {
                self.pending.extend(&file.header);
                self.at = Some(0);
            }
            if self.pending.len() >= CHUNK {
                return Ok(self.write(false));
            }
            let Some((piece, tensor)) = self.piece() else {
                let chunk = self.write(true);
                (self.file, self.at) = (self.file + 1, None);
                return Ok(chunk);
            };
            let (all, source) = (tensor.len(), piece.source);
            let step = match &piece.content {
                Content::Fixed(bytes) => {
                    let bytes = bytes.clone();
                    self.give(&bytes);
                    None
                }
                Content::Copied(turned) => {
                    // Whole numbers where their bytes are turned round.
                    let n = (tensor.span.len() - self.done).min(COPIED - COPIED % *turned as u64);
                    let start = tensor.span.start + self.done;
                    (n > 0).then_some((Step::Bytes(Span { start, end: start + n, ..tensor.span }), n))
                }
                Content::Codes(setting)
                | Content::Unsigned(setting)
                | Content::Scales(setting)
                | Content::TensorScale(setting) => {
                    let setting = *setting;
                    let n = (all - self.done).min(slice(setting, tensor));
                    let is_whole = matches!(piece.content, Content::TensorScale(_));
                    if needs_range(setting) && !self.ranges.contains_key(&source) {
                        let range = *self.ranging.get_or_insert(Range::NOTHING);
                        if n == 0 {
                            self.ranges.insert(source, range);
                            (self.ranging, self.done) = (None, 0);
                            continue;
                        }
                    } else if is_whole {
                        let bytes = self.tensor_scale(source, setting)?;
                        self.give(&bytes);
                        self.end_tensor();
                        continue;
                    }
                    (n > 0).then_some((Step::Values { tensor: source, first: self.done, n }, n))
                }
            };
            match step {
                Some((step, n)) => {
                    self.asked = n;
                    return Ok(step);
                }
                None => self.end_tensor(),
            }
        }
    }

    /// Takes the values that were asked for.
    ///
    /// # Errors
    /// Other values than were asked for; a tensor that cannot be quantized.
    pub fn take_values(&mut self, values: &[f32]) -> Result<(), Error> {
        self.check_given(values.len() as u64)?;
        self.done += self.asked;
        if let Some(range) = &mut self.ranging {
            let slice = cpu::ranges_of(values, values.len(), Granularity::Tensor);
            *range = slice.into_iter().fold(*range, Range::union);
            return Ok(());
        }
        let Some((piece, tensor)) = self.piece() else { return Ok(()) };
        let range = self.ranges.get(&piece.source).copied();
        let (_, cols) = tensor.matrix();
        let made = encoded(&piece.content, cols as usize, values, range)
            .map_err(|error| Error::Quantize { name: tensor.name.clone(), error })?;
        self.give(&made);
        Ok(())
    }

    /// Takes the bytes that were asked for.
    ///
    /// # Errors
    /// Other bytes than were asked for.
    pub fn take_bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.check_given(bytes.len() as u64)?;
        let turned = match self.piece() {
            Some((Piece { content: Content::Copied(turned), .. }, _)) => *turned,
            _ => 1,
        };
        if turned > 1 {
            self.pending.extend(bytes.chunks(turned).flat_map(|number| number.iter().rev()));
        } else {
            self.pending.extend(bytes);
        }
        self.done += self.asked;
        self.made += self.asked;
        Ok(())
    }

    fn check_given(&self, given: u64) -> Result<(), Error> {
        let name = || self.piece().map(|(_, tensor)| tensor.name.clone()).unwrap_or_default();
        if given == self.asked { Ok(()) } else { Err(Error::Missing { name: name(), expected: self.asked, given }) }
    }

    /// Adds bytes of the tensor at hand.
    fn give(&mut self, bytes: &[u8]) {
        self.made += bytes.len() as u64;
        self.pending.extend(bytes);
    }

    /// The tensor at hand is complete: fills it up to where the next begins.
    fn end_tensor(&mut self) {
        let alignment = self.saving.files.get(self.file).map_or(1, |file| file.alignment.max(1));
        let fill = self.made.next_multiple_of(alignment) - self.made;
        self.pending.extend(std::iter::repeat_n(0, fill as usize));
        (self.done, self.made) = (0, 0);
        self.at = self.at.map(|at| at + 1);
    }

    fn write(&mut self, is_last: bool) -> Step {
        let bytes = std::mem::take(&mut self.pending);
        self.written += bytes.len() as u64;
        Step::Write(Chunk { file: self.file, bytes, is_last })
    }

    /// The one scale of a tensor.
    fn tensor_scale(&self, source: usize, setting: Setting) -> Result<Vec<u8>, Error> {
        let range = self.ranges.get(&source).copied().unwrap_or(Range::NOTHING);
        let plan = Plan::new(setting.quantizer(), 1, setting.format.block_size(), &[range]).map_err(|error| {
            Error::Quantize { name: self.tensors.get(source).map(|t| t.name.clone()).unwrap_or_default(), error }
        })?;
        let packed = cpu::packed(&plan, &[], &[]);
        Ok(if packed.tensor_scales.is_empty() { packed.scales } else { packed.tensor_scales })
    }
}

/// How many values of a tensor are taken at once.
fn slice(setting: Setting, tensor: &Stored) -> u64 {
    match setting.granularity {
        Granularity::Row => {
            let (_, cols) = tensor.matrix();
            (SLICE / cols.max(1)).max(1).saturating_mul(cols.max(1))
        }
        _ => SLICE,
    }
}

/// The bytes that a slice becomes. `range` is that of its tensor, where that shares a scale.
fn encoded(content: &Content, cols: usize, values: &[f32], range: Option<Range>) -> Result<Vec<u8>, QuantizeError> {
    let (Content::Codes(setting)
    | Content::Unsigned(setting)
    | Content::Scales(setting)
    | Content::TensorScale(setting)) = content
    else {
        return Ok(Vec::new());
    };
    let quantizer = setting.quantizer();
    // Groups and blocks divide rows, so that without a scale for each row a slice may count as one row.
    let cols = if setting.granularity == Granularity::Row { cols } else { values.len() };
    let rows = values.len() / cols.max(1);
    let plan = match range.filter(|_| needs_range(*setting)) {
        Some(range) => Plan::new(quantizer, rows, cols, &[range])?,
        None => cpu::plan(quantizer, rows, cols, values, &cpu::ranges_of(values, cols, quantizer.groups()))?,
    };
    Ok(match content {
        Content::Scales(_) => cpu::packed(&plan, values, &[]).scales,
        Content::Unsigned(_) => {
            let codes: Vec<u8> = cpu::codes(&plan, values).iter().map(|code| code.wrapping_add(8)).collect();
            cpu::pack::pack_codes(&plan, &codes)
        }
        _ => cpu::pack::pack_codes(&plan, &cpu::codes(&plan, values)),
    })
}
