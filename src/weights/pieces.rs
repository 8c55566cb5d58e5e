//! Which bytes to read for values of a tensor that lies plainly row by row.

use super::checkpoint::{Order, Packing, Span, Stored};
use super::decode::decode;

/// The most bytes that are read at once, but for one unit of values that is longer.
pub const MOST_BYTES: u64 = 16_000_000;

/// Bytes to read at once, and the values in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The bytes.
    pub span: Span,
    /// How many values they are: whole units, so maybe more than those wanted at either end.
    values: usize,
    /// How many of these come before the first that is wanted.
    skipped: usize,
    /// Behind the last wanted value, counted from the tensor's first.
    pub end: u64,
}

impl Piece {
    /// The first bytes to read for values `first..end` of a tensor; nothing if they are not within it, or do not lie plainly.
    #[must_use]
    pub fn new(tensor: &Stored, first: u64, end: u64) -> Option<Self> {
        if first >= end || end > tensor.len() || !is_plain(tensor) {
            return None;
        }
        let (values, bytes) = tensor.dtype.unit();
        let unit = first / values;
        let units = (end.div_ceil(values) - unit).min((MOST_BYTES / bytes).max(1));
        let from = unit * values;
        let to = (from + units * values).min(tensor.len());
        let span = tensor.values_span(from, to - from)?;
        Some(Self { span, values: (to - from) as usize, skipped: (first - from) as usize, end: to.min(end) })
    }

    /// Decodes its bytes, and appends the values that are wanted; says whether they were all there.
    #[must_use]
    pub fn decode(&self, tensor: &Stored, bytes: &[u8], values: &mut Vec<f32>) -> bool {
        let before = values.len();
        decode(tensor.dtype, tensor.is_big_endian, bytes, self.values, values);
        let is_whole = values.len() - before == self.values;
        let first = self.span.start - tensor.span.start;
        let (unit_values, unit_bytes) = tensor.dtype.unit();
        let from = first / unit_bytes * unit_values;
        values.truncate(before + (self.end - from) as usize);
        values.drain(before..(before + self.skipped).min(values.len()));
        is_whole
    }
}

/// Whether any values of a tensor can be read by themselves.
#[must_use]
pub fn is_plain(tensor: &Stored) -> bool {
    tensor.packing == Packing::Plain && tensor.order == Order::Rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{format, ggml};
    use crate::weights::Dtype;

    fn tensor(dtype: Dtype, shape: &[u64]) -> Stored {
        let (values, bytes) = dtype.unit();
        let len = shape.iter().product::<u64>().div_ceil(values) * bytes;
        Stored {
            name: "w".to_owned(),
            shape: shape.to_vec(),
            dtype,
            is_big_endian: false,
            span: Span { file: 2, start: 100, end: 100 + len },
            packing: Packing::Plain,
            order: Order::Rows,
        }
    }

    /// Values `first..end`, read piece by piece, and how many pieces that took.
    fn read(tensor: &Stored, file: &[u8], first: u64, end: u64) -> (Vec<f32>, usize) {
        let (mut at, mut values, mut pieces) = (first, Vec::new(), 0);
        while let Some(piece) = Piece::new(tensor, at, end) {
            assert!(piece.span.len() <= MOST_BYTES && piece.end > at);
            let bytes = &file[(piece.span.start - 100) as usize..(piece.span.end - 100) as usize];
            assert!(piece.decode(tensor, bytes, &mut values));
            (at, pieces) = (piece.end, pieces + 1);
        }
        assert_eq!(at, end);
        (values, pieces)
    }

    #[test]
    fn values_are_the_same_wherever_they_are_cut() {
        let file: Vec<u8> = (0..4 * 144).map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 11) as u8 & 0x3f).collect();
        for (dtype, shape) in [
            (Dtype::BF16, &[7, 9][..]),
            (Dtype::Number(format("e4m3fn").unwrap()), &[63]),
            (Dtype::Blocks(&ggml::Q4_0), &[3, 64]),
            (Dtype::Blocks(&ggml::Q4_K), &[2, 512]),
        ] {
            let tensor = tensor(dtype, shape);
            let all = read(&tensor, &file, 0, tensor.len()).0;
            assert_eq!(all.len() as u64, tensor.len());
            for (first, end) in [(0, 1), (5, 41), (31, 33), (62, 63), (40, tensor.len())] {
                assert_eq!(read(&tensor, &file, first, end).0, all[first as usize..end as usize], "{dtype:?}");
            }
        }
    }

    #[test]
    fn a_long_tensor_is_read_in_pieces_beyond_four_gibibytes_too() {
        let tensor = tensor(Dtype::FP32, &[3, 1 << 32]);
        let first = (2 << 32) + 7;
        let piece = Piece::new(&tensor, first, first + (1 << 23)).unwrap();
        assert_eq!((piece.span.start, piece.span.len()), (100 + 4 * first, MOST_BYTES));
        assert_eq!(piece.end, first + MOST_BYTES / 4);
    }

    #[test]
    fn what_is_not_there_or_packed_has_no_piece() {
        let mut tensor = tensor(Dtype::BF16, &[4]);
        assert_eq!((Piece::new(&tensor, 4, 4), Piece::new(&tensor, 0, 5)), (None, None));
        tensor.order = Order::Columns;
        assert_eq!(Piece::new(&tensor, 0, 4), None);
    }

    #[test]
    fn bytes_that_are_missing_are_noticed() {
        let tensor = tensor(Dtype::BF16, &[4]);
        let piece = Piece::new(&tensor, 0, 4).unwrap();
        assert!(!piece.decode(&tensor, &[0; 6], &mut Vec::new()));
    }
}
