//! The same tensor in another way: what would a change of the setting do?

use super::{quantize, quantized};
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
    /// Columns that were kept in FP16.
    pub kept_columns: usize,
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
    Ok(Trial { row: Row::new(&plan, &tally), output_error, codes, kept_columns: plan.kept_columns() })
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
        let split = try_one(Quantizer { keeps_outliers: true, ..quantizer }, SHAPE, &values, &activation).unwrap();
        assert_eq!((whole.kept_columns, split.kept_columns), (0, 2));
        assert!(split.row.mse < whole.row.mse / 100.0, "{} {}", split.row.mse, whole.row.mse);
        assert!(split.output_error.unwrap() < whole.output_error.unwrap() / 10.0);
        // A byte a number with a scale, and 2 columns of two bytes with their numbers.
        assert_eq!(split.row.bytes, 64 * 128 + 4 + 64 * 2 * 2 + 2 * 4);
    }
}
