//! Searches for the scale that loses least.
//!
//! A scale taken from the largest value alone is not the best one. ggml tries a few around it and keeps the one with
//! the smallest weighted error. The result depends on every rounding on the way: the sums are in f32, one after the
//! other, and nothing is fused or reordered.

/// Below this magnitude a sub-block counts as zeros.
pub(super) const TINY: f32 = 1e-15;

/// `x` rounded to the nearest whole number, ties to even, for |x| ≤ 2²² − 1; beyond that a number that depends only on
/// `x`.
pub(super) fn nearest_int(x: f32) -> i32 {
    // At 1.5 · 2²³ the distance between neighbouring f32 is 1, and the low 23 bits count from −2²².
    let sum = x + 12_582_912.0;
    if sum.is_nan() { 0 } else { (sum.to_bits() & 0x007f_ffff) as i32 - 0x0040_0000 }
}

/// The value with the largest magnitude, the first of several; 0 if there is none but NaN.
pub(super) fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest: f32, &x| if x.abs() > largest.abs() { x } else { largest })
}

/// The larger of 0 and the largest value, where NaN does not count.
pub(super) fn greatest(values: impl Iterator<Item = f32>) -> f32 {
    values.fold(0.0, |greatest, x| if x > greatest { x } else { greatest })
}

/// 1 / d, and 0 for 0.
pub(super) fn reciprocal(d: f32) -> f32 {
    if d == 0.0 { 0.0 } else { 1.0 / d }
}

/// Levels `-levels..levels` of one scale, chosen by trying 18 more scales around the first
/// (`make_qx_quants`, error weighted by x²).
///
/// Returns the scale; the codes are the levels, counted from the lowest.
#[must_use]
pub fn symmetric(x: &[f32], levels: i32, codes: &mut [u8]) -> f32 {
    let max = largest(x);
    if max.abs() < TINY {
        codes.fill(0);
        return 0.0;
    }
    let level = |inverse: f32, x: f32| nearest_int(inverse * x).clamp(-levels, levels - 1);
    // Σ w·x·l and Σ w·l²: their quotient is the best scale for these levels.
    let sums = |inverse: f32| {
        x.iter().fold((0.0, 0.0), |(sum_lx, sum_l2): (f32, f32), &x| {
            let (w, l) = (x * x, level(inverse, x) as f32);
            (sum_lx + w * x * l, sum_l2 + w * l * l)
        })
    };
    let mut inverse = -(levels as f32) / max;
    let (sum_lx, sum_l2) = sums(inverse);
    let mut scale = if sum_l2 == 0.0 { 0.0 } else { sum_lx / sum_l2 };
    let mut best = scale * sum_lx;
    for step in (-9..=9).filter(|&step| step != 0) {
        let trial = -(levels as f32 + 0.1 * step as f32) / max;
        let (sum_lx, sum_l2) = sums(trial);
        if sum_l2 > 0.0 && sum_lx * sum_lx > best * sum_l2 {
            (inverse, scale) = (trial, sum_lx / sum_l2);
            best = scale * sum_lx;
        }
    }
    for (code, &x) in codes.iter_mut().zip(x) {
        *code = (level(inverse, x) + levels) as u8;
    }
    scale
}

/// Levels −4..4 of one scale for 16 values, improved one level at a time in up to five sweeps
/// (`make_q3_quants`, error weighted by x²).
///
/// Returns the scale; the codes are the levels, counted from the lowest.
pub(super) fn sweep(x: &[f32], codes: &mut [u8]) -> f32 {
    const LEVELS: i32 = 4;
    let max = largest(x);
    if max.abs() < TINY {
        codes.fill(0);
        return 0.0;
    }
    let clamped = |x: f32| nearest_int(x).clamp(-LEVELS, LEVELS - 1);
    let inverse = -(LEVELS as f32) / max;
    let mut chosen = [0i32; 16];
    let (mut sum_lx, mut sum_l2) = (0.0f32, 0.0f32);
    for (level, &x) in chosen.iter_mut().zip(x) {
        *level = clamped(inverse * x);
        let (w, l) = (x * x, *level as f32);
        sum_lx += w * x * l;
        sum_l2 += w * l * l;
    }
    for _ in 0..5 {
        let mut changed = false;
        for (level, &x) in chosen.iter_mut().zip(x) {
            let (w, l) = (x * x, *level as f32);
            let others_lx = sum_lx - w * x * l;
            if others_lx <= 0.0 || others_lx.is_nan() {
                continue;
            }
            let others_l2 = sum_l2 - w * l * l;
            let new_level = clamped(x * others_l2 / others_lx);
            if new_level == *level {
                continue;
            }
            let l = new_level as f32;
            let (new_lx, new_l2) = (others_lx + w * x * l, others_l2 + w * l * l);
            if new_l2 > 0.0 && new_lx * new_lx * sum_l2 > sum_lx * sum_lx * new_l2 {
                (*level, sum_lx, sum_l2) = (new_level, new_lx, new_l2);
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (code, level) in codes.iter_mut().zip(chosen) {
        *code = (level + LEVELS) as u8;
    }
    if sum_l2 > 0.0 { sum_lx / sum_l2 } else { 0.0 }
}

/// A scale and a minimum: value = `scale` · code − `min`.
#[derive(Clone, Copy, Default)]
pub struct Fit {
    /// Distance between neighbouring values.
    pub scale: f32,
    /// What is subtracted, ≥ 0: 0 is always within the range.
    pub min: f32,
}

/// How the search of [`Affine`] measures the distance of a value from what it becomes.
#[derive(Clone, Copy)]
pub enum Distance {
    /// |difference|
    Absolute,
    /// difference²
    Squared,
}

/// The search for a scale and a minimum (`make_qkx2_quants`).
///
/// Trial t of 0..=`last` makes codes as if there were `codes + start + t · step` of them, and fits scale and minimum to
/// these codes by weighted least squares.
pub struct Affine {
    /// The largest code.
    pub codes: u8,
    /// What the first trial adds to it.
    pub start: f32,
    /// What each further trial adds.
    pub step: f32,
    /// The number of the last trial.
    pub last: u8,
    /// The distance that the trials are compared by.
    pub distance: Distance,
}

impl Affine {
    /// Finds the fit of up to 32 values, and their codes for it.
    pub(super) fn fit(&self, x: &[f32], weights: &[f32], codes: &mut [u8]) -> Fit {
        let Some((&first, &first_weight)) = x.first().zip(weights.first()) else { return Fit::default() };
        let (mut min, mut max, mut sum_w, mut sum_x) = (first, first, first_weight, first_weight * first);
        for (&x, &w) in x.iter().zip(weights).skip(1) {
            if x < min {
                min = x;
            }
            if x > max {
                max = x;
            }
            sum_w += w;
            sum_x += w * x;
        }
        if min > 0.0 {
            min = 0.0;
        }
        if max == min {
            codes.fill(0);
            return Fit { scale: 0.0, min: -min };
        }
        let top = f32::from(self.codes);
        let inverse = top / (max - min);
        let mut scale = 1.0 / inverse;
        for (code, &x) in codes.iter_mut().zip(x) {
            *code = self.code(inverse * (x - min));
        }
        let mut best = self.error(x, weights, codes, scale, min);
        for trial in 0..=self.last {
            // `min` is that of the best fit so far, here and below: ggml goes on from where it has got to.
            let inverse = (self.start + self.step * f32::from(trial) + top) / (max - min);
            let mut trial_codes = [0u8; 32];
            let (mut sum_l, mut sum_l2, mut sum_xl) = (0.0f32, 0.0f32, 0.0f32);
            for ((code, &x), &w) in trial_codes.iter_mut().zip(x).zip(weights) {
                *code = self.code(inverse * (x - min));
                let l = f32::from(*code);
                sum_l += w * l;
                sum_l2 += w * l * l;
                sum_xl += w * l * x;
            }
            let determinant = sum_w * sum_l2 - sum_l * sum_l;
            if determinant <= 0.0 || determinant.is_nan() {
                continue;
            }
            let mut trial_scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
            let mut trial_min = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
            if trial_min > 0.0 {
                (trial_scale, trial_min) = (sum_xl / sum_l2, 0.0);
            }
            let error = self.error(x, weights, &trial_codes, trial_scale, trial_min);
            if error < best {
                (best, scale, min) = (error, trial_scale, trial_min);
                for (code, trial_code) in codes.iter_mut().zip(trial_codes) {
                    *code = trial_code;
                }
            }
        }
        Fit { scale, min: -min }
    }

    fn code(&self, x: f32) -> u8 {
        nearest_int(x).clamp(0, i32::from(self.codes)) as u8
    }

    fn error(&self, x: &[f32], weights: &[f32], codes: &[u8], scale: f32, min: f32) -> f32 {
        x.iter().zip(weights).zip(codes).fold(0.0, |sum, ((&x, &w), &code)| {
            let difference = scale * f32::from(code) + min - x;
            let distance = match self.distance {
                Distance::Absolute => difference.abs(),
                Distance::Squared => difference * difference,
            };
            sum + w * distance
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_int_rounds_ties_to_even() {
        for (x, nearest) in [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (3.49, 3), (-4_194_303.0, -4_194_303)]
        {
            assert_eq!(nearest_int(x), nearest, "{x}");
        }
    }

    #[test]
    fn the_first_of_the_largest_magnitudes_wins() {
        assert_eq!(largest(&[1.0, -3.0, f32::NAN, 3.0]), -3.0);
        assert_eq!(largest(&[f32::NAN]), 0.0);
    }

    #[test]
    fn values_on_a_grid_are_met_exactly() {
        let x: Vec<f32> = (0..16).map(|i| (i - 8) as f32 * 0.25).collect();
        let mut codes = [0; 16];
        assert_eq!(symmetric(&x, 8, &mut codes), 0.25);
        assert_eq!(codes.map(usize::from).to_vec(), (0..16).collect::<Vec<_>>());
    }
}
