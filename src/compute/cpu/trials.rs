//! The same tensor in another way: what would a change of the setting do?

use super::{quantize, quantized};
use crate::formats::FP16;
use crate::quantize::compare::Row;
use crate::quantize::output::output_error;
use crate::quantize::{Error, Quantizer};

/// What one way to quantize made of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Bits and decibels.
    pub row: Row,
    /// [`output_error`] for the activation.
    pub output_error: Option<f64>,
    /// The codes, as [`quantize`] has them.
    pub codes: Vec<u8>,
}

/// Tries a quantizer.
///
/// # Errors
/// As [`quantize`].
pub fn try_one(
    quantizer: Quantizer,
    (rows, cols): (usize, usize),
    values: &[f32],
    activation: &[f32],
) -> Result<Trial, Error> {
    let (plan, tally, codes) = quantize(quantizer, rows, cols, values, |_| {})?;
    let output_error = output_error(values, &quantized(&plan, 0, values), activation);
    Ok(Trial { row: Row::new(&plan, &tally), output_error, codes })
}

/// Tries a quantizer on all but the columns with a magnitude above `threshold`, which are kept in FP16, as LLM.int8() does
/// with the columns of its activations; each of them costs 4 B more for its number. Nothing if there are none such, or none
/// other. Also says how many there are.
///
/// Source: Dettmers et al. 2022, LLM.int8(), section 3.2.
///
/// # Errors
/// As [`quantize`].
pub fn try_split(
    quantizer: Quantizer,
    (rows, cols): (usize, usize),
    values: &[f32],
    activation: &[f32],
    threshold: f32,
) -> Result<Option<(Trial, usize)>, Error> {
    let mut is_outlier = vec![false; cols];
    for row in values.chunks(cols.max(1)) {
        for (is_outlier, x) in is_outlier.iter_mut().zip(row) {
            *is_outlier |= x.abs() > threshold;
        }
    }
    let outliers = is_outlier.iter().filter(|is| **is).count();
    if outliers == 0 || outliers == cols {
        return Ok(None);
    }
    let part = |want: bool| -> Vec<f32> {
        let of_row = |row: &[f32]| -> Vec<f32> {
            row.iter().zip(&is_outlier).filter(|(_, is)| **is == want).map(|(x, _)| *x).collect()
        };
        values.chunks(cols).flat_map(of_row).collect()
    };
    let (rest, kept) = (part(false), part(true));
    let (plan, tally, codes) = quantize(quantizer, rows, cols - outliers, &rest, |_| {})?;
    let (plan16, tally16, _) = quantize(Quantizer::new(&FP16), rows, outliers, &kept, |_| {})?;
    // Both parts as one tensor again, in their order.
    let (q_rest, q_kept) = (quantized(&plan, 0, &rest), quantized(&plan16, 0, &kept));
    let (mut q_rest, mut q_kept) = (q_rest.into_iter(), q_kept.into_iter());
    let q: Vec<f32> =
        (0..rows * cols).filter_map(|i| if is_outlier[i % cols] { q_kept.next() } else { q_rest.next() }).collect();
    let bytes = plan.packed_bytes() + plan16.packed_bytes() + 4 * outliers as u64;
    let mut both = tally;
    both.add(&tally16);
    let row = Row::of(&plan, &both, bytes, values.len());
    Ok(Some((Trial { row, output_error: output_error(values, &q, activation), codes }, outliers)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::INT8;

    const SHAPE: (usize, usize) = (64, 128);

    /// Two of the columns 40 times larger than the others.
    fn tensor() -> (Vec<f32>, Vec<f32>) {
        let wave = |i: usize| (i as f32 * 0.618).sin() * 0.03;
        let values = (0..SHAPE.0 * SHAPE.1).map(|i| if i % 64 == 17 { 40.0 * wave(i) } else { wave(i) }).collect();
        (values, (0..SHAPE.1).map(|i| (i as f32 * 1.7).cos()).collect())
    }

    #[test]
    fn outlier_columns_by_themselves_leave_the_others_their_steps() {
        let (values, activation) = tensor();
        let quantizer = Quantizer::new(&INT8);
        let whole = try_one(quantizer, SHAPE, &values, &activation).unwrap();
        let (split, outliers) = try_split(quantizer, SHAPE, &values, &activation, 0.3).unwrap().unwrap();
        assert_eq!(outliers, 2);
        assert!(split.row.mse < whole.row.mse / 100.0, "{} {}", split.row.mse, whole.row.mse);
        assert!(split.output_error.unwrap() < whole.output_error.unwrap() / 10.0);
        // 126 columns of a byte with a scale, 2 of two bytes and their numbers.
        assert_eq!(split.row.bytes, 64 * 126 + 4 + 64 * 2 * 2 + 2 * 4);
    }

    #[test]
    fn without_outliers_there_is_nothing_to_split() {
        let (values, activation) = tensor();
        for threshold in [1e9, 0.0] {
            assert_eq!(try_split(Quantizer::new(&INT8), SHAPE, &values, &activation, threshold).unwrap(), None);
        }
    }
}
