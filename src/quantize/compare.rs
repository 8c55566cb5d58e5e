//! One tensor in every format: what each costs in bits and gains in decibels, and which of them no other beats at both.

use super::{Plan, Quantizer, Tally};
use crate::formats::{FORMATS, Format, Kind};
use serde::{Deserialize, Serialize};

/// 20·log₁₀2: what a bit is worth. A uniform quantizer halves its step and with it the error; and of normally distributed
/// numbers no code of b bits each whatever keeps more than b times this (Shannon's rate-distortion bound).
pub const DB_PER_BIT: f64 = 6.020_599_913_279_624;

/// What a format made of the tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Id of the format.
    pub format: String,
    /// Bits of a value with its share of all scales.
    pub bits_per_weight: f64,
    /// Bytes of the tensor with all scales.
    pub bytes: u64,
    /// Signal to quantization noise ratio in dB, as in a report; nothing without error or signal.
    pub sqnr_db: Option<f64>,
    /// ‖Q − X‖/‖X‖; nothing without signal.
    pub relative_error: Option<f64>,
    /// Mean squared error.
    pub mse: f64,
    /// Largest absolute error.
    pub max_abs_error: f64,
    /// Finite inputs beyond the format's range.
    pub clipped: u64,
    /// Those of them that became infinite or NaN; the error figures leave them out.
    pub overflowed: u64,
    /// Nonzero inputs that became zero.
    pub flushed: u64,
    /// Whether no other row is as good in bits and in decibels, and better in one: see [`mark_front`].
    pub is_on_front: bool,
}

/// The setting of each format that is compared, in the order of the table; formats that are only read are left out.
pub fn settings() -> impl Iterator<Item = Quantizer> {
    FORMATS.iter().filter_map(|format| usual(format))
}

/// What is usual for a format: as [`Quantizer::new`], and floats of 8 bits or fewer with one scale for the tensor, without
/// which weights of 0.02 lie among their subnormals. Nothing for a format that is only read.
#[must_use]
pub fn usual(format: &'static Format) -> Option<Quantizer> {
    let is_small_float = matches!(format.kind, Kind::Float(float) if float.bits() <= 8);
    let new = Quantizer::new(format);
    let quantizer = Quantizer { scaled: new.scaled || is_small_float, ..new };
    quantizer.check().is_ok().then_some(quantizer)
}

impl Row {
    /// The row of two finished passes, not yet compared with others.
    #[must_use]
    pub fn new(plan: &Plan, tally: &Tally) -> Self {
        let (bytes, values) = (plan.packed_bytes(), plan.len());
        let (e2, x2) = (tally.sums.e2, tally.sums.x2);
        Self {
            format: plan.quantizer.format.id.to_owned(),
            bits_per_weight: 8.0 * bytes as f64 / values as f64,
            bytes,
            sqnr_db: (e2 > 0.0 && x2 > 0.0).then(|| 10.0 * libm::log10(x2 / e2)),
            relative_error: (x2 > 0.0).then(|| libm::sqrt(e2 / x2)),
            mse: e2 / (tally.measured as f64).max(1.0),
            max_abs_error: tally.max_abs_error.into(),
            clipped: tally.clipped,
            overflowed: tally.overflowed,
            flushed: tally.flushed,
            is_on_front: false,
        }
    }

    /// Decibels for comparing: without error more than any, and with an overflow, which is an error beyond all, less.
    #[must_use]
    pub fn decibels(&self) -> f64 {
        if self.overflowed > 0 {
            f64::NEG_INFINITY
        } else if self.mse == 0.0 {
            f64::INFINITY
        } else {
            self.sqnr_db.unwrap_or(f64::NEG_INFINITY)
        }
    }

    fn beats(&self, other: &Self) -> bool {
        let (mine, theirs) = ((-self.bits_per_weight, self.decibels()), (-other.bits_per_weight, other.decibels()));
        mine.0 >= theirs.0 && mine.1 >= theirs.1 && mine != theirs
    }
}

/// Marks the Pareto front: the rows that no other row beats, which is to have no more bits and no fewer decibels, and not the
/// same of both. Rows of which a value overflowed are never on it.
pub fn mark_front(rows: &mut [Row]) {
    let is_on_front: Vec<bool> =
        rows.iter().map(|row| row.overflowed == 0 && !rows.iter().any(|other| other.beats(row))).collect();
    for (row, is_on_front) in rows.iter_mut().zip(is_on_front) {
        row.is_on_front = is_on_front;
    }
}

/// What theory gives a uniform quantizer of b bits over ± the largest magnitude: 6.02·b + 4.77 − 20·log₁₀(amax/rms) dB.
///
/// Its step Δ is amax/2^(b−1), and an error spread evenly over a step has the mean square Δ²/12.
#[must_use]
pub fn uniform_db(bits: f64, crest: f64) -> f64 {
    DB_PER_BIT * bits + 10.0 * libm::log10(3.0) - 20.0 * libm::log10(crest)
}

/// The root mean square of finite values; 0 if there are none.
#[must_use]
pub fn rms(values: &[f32]) -> f64 {
    let finite = || values.iter().filter(|x| x.is_finite());
    let n = finite().count().max(1) as f64;
    libm::sqrt(finite().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / n)
}

/// amax/rms of finite values, which is what outliers cost a uniform quantizer; nothing if all are zero.
#[must_use]
pub fn crest(values: &[f32]) -> Option<f64> {
    let (mut amax, mut x2, mut n) = (0f64, 0f64, 0f64);
    for &x in values.iter().filter(|x| x.is_finite()) {
        let x = f64::from(x);
        amax = amax.max(x.abs());
        x2 += x * x;
        n += 1.0;
    }
    (x2 > 0.0).then(|| amax / libm::sqrt(x2 / n))
}

/// Evenly spread rows of a tensor, of about so many values at the most: how many rows, and their values. Of a row that is
/// longer, its beginning.
#[must_use]
pub fn sample(values: &[f32], cols: usize, most: usize) -> (usize, Vec<f32>) {
    if cols == 0 || most == 0 {
        return (0, Vec::new());
    }
    let rows = values.len() / cols;
    let wanted = (most / cols).clamp(1, rows.max(1));
    let sampled: Vec<f32> = (0..wanted.min(rows))
        .flat_map(|i| {
            let first = (i as u64 * rows as u64 / wanted as u64) as usize;
            let row = &values[first * cols..][..cols];
            &row[..cols.min(most)]
        })
        .copied()
        .collect();
    (wanted.min(rows), sampled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bits: f64, db: f64) -> Row {
        Row {
            format: String::new(),
            bits_per_weight: bits,
            bytes: 0,
            sqnr_db: Some(db),
            relative_error: None,
            mse: 1.0,
            max_abs_error: 1.0,
            clipped: 0,
            overflowed: 0,
            flushed: 0,
            is_on_front: false,
        }
    }

    fn front(mut rows: Vec<Row>) -> Vec<bool> {
        mark_front(&mut rows);
        rows.into_iter().map(|row| row.is_on_front).collect()
    }

    #[test]
    fn a_row_is_on_the_front_if_no_other_beats_it() {
        let rows = vec![row(4.0, 20.0), row(4.5, 19.0), row(4.5, 22.0), row(4.5, 22.0), row(8.0, 22.0), row(2.0, 1.0)];
        assert_eq!(front(rows), [true, false, true, true, false, true]);
        let exact = Row { mse: 0.0, sqnr_db: None, ..row(32.0, 0.0) };
        let overflowed = Row { overflowed: 1, ..row(1.0, 99.0) };
        assert_eq!(front(vec![exact, overflowed, row(8.0, 40.0)]), [true, false, true]);
    }

    #[test]
    fn every_format_that_is_written_is_compared() {
        let ids: Vec<&str> = settings().map(|quantizer| quantizer.format.id).collect();
        assert!(ids.len() > 45 && ids.contains(&"q4_k") && ids.contains(&"e8m0fnu") && !ids.contains(&"iq1_s"));
        assert!(settings().all(|quantizer| quantizer.scaled || quantizer.format.id != "e2m1fn"));
    }

    #[test]
    fn a_sample_is_of_whole_rows_from_all_over() {
        let values: Vec<f32> = (0..1000).map(|i| (i / 10) as f32).collect();
        let (rows, sampled) = sample(&values, 10, 45);
        assert_eq!((rows, sampled.len()), (4, 40));
        assert_eq!([0, 10, 20, 30].map(|i| sampled[i]), [0.0, 25.0, 50.0, 75.0]);
        assert_eq!(sample(&values, 1000, 45).1.len(), 45);
        assert_eq!(sample(&values, 10, 5000).1, values);
        assert_eq!(sample(&[], 10, 5).0, 0);
    }
}
