//! The values of a tensor, one after the other, however they are packed.
//!
//! ```
//! # use bitbudget::weights::{Dtype, Span, Stored, checkpoint::{Order, Packing}, reading::Reading};
//! # let file: Vec<u8> = (0..6u8).collect();
//! # let tensor = Stored {
//! #     name: "w".into(),
//! #     shape: vec![2, 3],
//! #     dtype: Dtype::Integer { bits: 8, is_signed: false },
//! #     is_big_endian: false,
//! #     span: Span { file: 0, start: 0, end: 6 },
//! #     packing: Packing::Plain,
//! #     order: Order::Rows,
//! # };
//! let mut reading = Reading::new(tensor);
//! let mut values = Vec::new();
//! // The next four values.
//! while let Some(span) = reading.wanted(4) {
//!     reading.take(&file[span.start as usize..span.end as usize])?;
//! }
//! reading.hand_over(4, &mut values);
//! assert_eq!(values, [0.0, 1.0, 2.0, 3.0]);
//! # Ok::<(), bitbudget::weights::Error>(())
//! ```

use super::checkpoint::{Order, Packing, Span, Stored};
use super::decode::decode;
use super::inflate::Inflate;
use super::text::Table;
use super::{Dtype, Error};

/// Deflated bytes or text that are asked for at once.
const PIECE: u64 = 1 << 18;
/// Bytes that deflated ones may become at once.
const MAX_INFLATED: usize = 1 << 20;
/// Values of a tensor that lies column by column: they are all held at once, to be turned into rows.
pub const MAX_COLUMNS: u64 = 1 << 25;

/// A tensor whose values are read from the first on, row by row.
#[derive(Debug)]
pub struct Reading {
    tensor: Stored,
    /// The next byte of the file.
    at: u64,
    unpacking: Unpacking,
    /// Bytes that are inflated and not decoded.
    bytes: Vec<u8>,
    /// Values that are decoded, of which the first so many were handed over.
    values: Vec<f32>,
    handed: usize,
    /// Values that were decoded.
    decoded: u64,
    /// Values that were handed over.
    given: u64,
}

#[derive(Debug)]
enum Unpacking {
    None,
    /// And the bytes of the header that are still to come.
    Inflate(Inflate, u64),
    Text(Table),
}

impl Reading {
    /// Starts before the first value.
    #[must_use]
    pub fn new(tensor: Stored) -> Self {
        let unpacking = match tensor.packing {
            Packing::Plain => Unpacking::None,
            Packing::Deflated { header } => Unpacking::Inflate(Inflate::default(), header.into()),
            Packing::Decimal => Unpacking::Text(Table::new(&tensor.name)),
        };
        let at = tensor.span.start;
        Self { tensor, at, unpacking, bytes: Vec::new(), values: Vec::new(), handed: 0, decoded: 0, given: 0 }
    }

    /// The bytes that are needed before the next `n` values, or as many as there are, can be handed over; nothing if they are
    /// there.
    #[must_use]
    pub fn wanted(&self, n: usize) -> Option<Span> {
        let len = self.tensor.len();
        let is_turned = self.tensor.order == Order::Columns;
        let end = if is_turned { len } else { len.min(self.given.saturating_add(n as u64)) };
        if self.decoded >= end {
            return None;
        }
        let span = self.tensor.span;
        let bytes = match self.unpacking {
            Unpacking::None => {
                let (values, bytes) = self.tensor.dtype.unit();
                let most = if is_turned { PIECE } else { u64::MAX };
                (end - self.decoded).min(most).div_ceil(values) * bytes
            }
            Unpacking::Inflate(..) | Unpacking::Text(_) => PIECE,
        };
        Some(Span { start: self.at, end: span.end.min(self.at.saturating_add(bytes)), ..span })
    }

    /// Takes the bytes that were wanted, all of them.
    ///
    /// # Errors
    /// Bytes that cannot be inflated, text that has changed, and columns that are too many to be turned.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (dtype, order) = (self.tensor.dtype, self.tensor.is_big_endian);
        if self.tensor.order == Order::Columns && self.tensor.len() > MAX_COLUMNS {
            return Err(Error::Columns { name: self.tensor.name.clone(), most: MAX_COLUMNS });
        }
        let broken = || Error::Deflate { name: self.tensor.name.clone() };
        self.values.drain(..core::mem::take(&mut self.handed));
        let before = self.values.len();
        match &mut self.unpacking {
            Unpacking::None => {
                self.at += bytes.len() as u64;
                decode_all(dtype, order, bytes, &mut self.values);
            }
            Unpacking::Inflate(inflate, header) => {
                if bytes.is_empty() || inflate.is_done() {
                    return Err(broken());
                }
                let used = inflate.push(bytes, MAX_INFLATED, &mut self.bytes).map_err(|_| broken())?;
                self.at += used as u64;
                let passed = (*header).min(self.bytes.len() as u64);
                *header -= passed;
                self.bytes.drain(..passed as usize);
                let size = dtype.unit().1 as usize;
                let whole = self.bytes.len() / size * size;
                decode_all(dtype, order, &self.bytes[..whole], &mut self.values);
                self.bytes.drain(..whole);
            }
            Unpacking::Text(table) => {
                self.at += bytes.len() as u64;
                table.push(bytes, &mut self.values)?;
                if self.at >= self.tensor.span.end {
                    table.finish(&mut self.values)?;
                }
            }
        }
        let room = self.tensor.len() - self.decoded;
        let made = ((self.values.len() - before) as u64).min(room);
        self.values.truncate(before + made as usize);
        self.decoded += made;
        if self.tensor.order == Order::Columns && self.decoded == self.tensor.len() {
            self.values = rows_of(&self.values, &self.tensor.shape);
        }
        // A text that is shorter than it was would be asked for without end.
        if made == 0 && self.at >= self.tensor.span.end && self.decoded < self.tensor.len() {
            return Err(broken());
        }
        Ok(())
    }

    /// Appends the next values, `n` if so many are there.
    pub fn hand_over(&mut self, n: usize, values: &mut Vec<f32>) {
        let n = n.min(self.values.len() - self.handed);
        self.given += n as u64;
        if values.is_empty() && n == self.values.len() {
            core::mem::swap(values, &mut self.values);
        } else {
            values.extend(&self.values[self.handed..self.handed + n]);
            self.handed += n;
        }
    }
}

/// Decodes all values of whole units of bytes.
fn decode_all(dtype: Dtype, is_big_endian: bool, bytes: &[u8], values: &mut Vec<f32>) {
    let (unit, size) = dtype.unit();
    let n = bytes.len() / size as usize * unit as usize;
    decode(dtype, is_big_endian, bytes, n, values);
}

/// Values that lay column by column, row by row.
fn rows_of(values: &[f32], shape: &[u64]) -> Vec<f32> {
    let sizes: Vec<usize> = shape.iter().map(|size| *size as usize).collect();
    // What lies between neighbours of each dimension: the first changes fastest.
    let strides: Vec<usize> =
        sizes.iter().scan(1, |stride, size| Some(core::mem::replace(stride, *stride * size))).collect();
    let mut place = vec![0; sizes.len()];
    let mut at = 0;
    let mut rows = Vec::with_capacity(values.len());
    for _ in values {
        rows.extend(values.get(at));
        for i in (0..place.len()).rev() {
            place[i] += 1;
            at += strides[i];
            if place[i] < sizes[i] {
                break;
            }
            at -= strides[i] * sizes[i];
            place[i] = 0;
        }
    }
    rows
}
