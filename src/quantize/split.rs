//! A tensor in two parts: a few columns of outliers in FP16, and the others in the format, whose scales no longer stretch to
//! the outliers.
//!
//! LLM.int8() does so with the columns of activations that hold a magnitude of 6 or more, and with the rows of weights that
//! meet them; here it is the tensor's own columns beyond 6 times its root mean square. As there, the codes are of the whole
//! tensor with zeros in place of the columns that are kept.
//!
//! Source: Dettmers et al. 2022, LLM.int8(), section 3.2.

use super::compare::rms;
use crate::formats::{FP16, Kind};

/// A column with a magnitude beyond so many times the root mean square is one of outliers.
pub const OUTLIER: f64 = 6.0;

/// Which columns of a tensor are of outliers; none if none are, or all.
#[must_use]
pub fn outlier_columns(values: &[f32], cols: usize) -> Vec<bool> {
    let threshold = (OUTLIER * rms(values)) as f32;
    let mut is_outlier = vec![false; cols];
    for row in values.chunks(cols.max(1)) {
        for (is_outlier, x) in is_outlier.iter_mut().zip(row) {
            *is_outlier |= x.abs() > threshold;
        }
    }
    let outliers = is_outlier.iter().filter(|is| **is).count();
    if outliers == 0 || outliers == cols { Vec::new() } else { is_outlier }
}

/// The tensor with zeros in place of the columns that are kept.
#[must_use]
pub fn rest(values: &[f32], is_kept: &[bool]) -> Vec<f32> {
    let of_row =
        |row: &[f32]| row.iter().zip(is_kept).map(|(&x, &is_kept)| if is_kept { 0.0 } else { x }).collect::<Vec<_>>();
    values.chunks(is_kept.len().max(1)).flat_map(of_row).collect()
}

/// A number as FP16 keeps it, and whether that is infinite since it lies beyond the largest.
#[must_use]
pub fn kept(x: f32) -> (f32, bool) {
    let Kind::Float(float) = FP16.kind else { return (x, false) };
    let kept = half::f16::from_f32(x).to_f32();
    (kept, x.is_finite() && f64::from(x.abs()) > float.max() && kept.is_infinite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_beyond_six_times_the_rms_are_of_outliers() {
        let mut values = vec![1.0; 8 * 64];
        values[3 * 64 + 17] = -30.0;
        values[5] = f32::NAN;
        let columns = outlier_columns(&values, 64);
        assert_eq!(columns.iter().position(|is| *is), Some(17));
        assert_eq!(columns.iter().filter(|is| **is).count(), 1);
        let rest = rest(&values, &columns);
        assert!((0..8).all(|row| rest[row * 64 + 17] == 0.0) && rest[16] == 1.0 && rest[5].is_nan());
        assert!(outlier_columns(&[1.0; 64], 8).is_empty() && outlier_columns(&[], 8).is_empty());
    }

    #[test]
    fn fp16_keeps_what_it_can() {
        assert_eq!(kept(0.1), (0.099_975_586, false));
        assert_eq!(kept(1e5), (f32::INFINITY, true));
        assert_eq!(kept(f32::NEG_INFINITY), (f32::NEG_INFINITY, false));
    }
}
