//! How values are spread, in one pass.
//!
//! Sums of powers about zero lose what a mean far from zero leaves of them, and f32 has not the digits for fourth powers. So a
//! block of values is summed about its own mean, in f64, and blocks are put together by Pébay's formulas. This is the reference;
//! the engine has it on lanes ([`crate::compute::survey::moments`]).
//!
//! Source: P. Pébay 2008, *Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
//! moments*, SAND2008-6212; for the variance Chan, Golub and LeVeque 1979.

use super::Moments;

/// Values of a block: they stay in the nearest cache for the second look at them.
pub const BLOCK: usize = 1024;

impl Moments {
    /// Those of some values.
    #[must_use]
    pub fn of(values: &[f32]) -> Self {
        let mut moments = Self::default();
        for block in values.chunks(BLOCK) {
            moments.add(&of_block(block));
        }
        moments
    }

    /// Adds those of other values of the same tensor. With n values of either, δ the difference of the means and n = n₁ + n₂:
    /// M₂ = M₂₁ + M₂₂ + δ²·n₁n₂/n, and so on for the higher ones.
    pub fn add(&mut self, other: &Self) {
        self.nan += other.nan;
        self.infinite += other.infinite;
        self.zeros += other.zeros;
        self.amax = self.amax.max(other.amax);
        if other.finite == 0 {
            return;
        }
        let (a, b) = (self.finite as f64, other.finite as f64);
        self.finite += other.finite;
        let n = a + b;
        let delta = other.mean - self.mean;
        // The shares of both; products of counts themselves would have more digits than f64.
        let (p, q) = (a / n, b / n);
        let (d2, d3) = (delta * delta, delta * delta * delta);
        let m4 = self.m4 + other.m4 + d3 * delta * a * q * (p * p - p * q + q * q);
        let m4 = m4 + 6.0 * d2 * (p * p * other.m2 + q * q * self.m2) + 4.0 * delta * (p * other.m3 - q * self.m3);
        let m3 = self.m3 + other.m3 + d3 * a * q * (p - q) + 3.0 * delta * (p * other.m2 - q * self.m2);
        self.m2 += other.m2 + d2 * a * q;
        (self.m3, self.m4) = (m3, m4);
        self.mean += delta * q;
    }

    /// The skewness √n·Σ(x − x̄)³/(Σ(x − x̄)²)^1.5: 0 of a symmetric distribution; nothing if all values are the same.
    #[must_use]
    pub fn skewness(&self) -> Option<f64> {
        (self.m2 > 0.0).then(|| libm::sqrt(self.finite as f64) * self.m3 / (self.m2 * libm::sqrt(self.m2)))
    }
}

/// Those of at most [`BLOCK`] values.
fn of_block(values: &[f32]) -> Moments {
    let mut moments = Moments::default();
    let mut sum = 0.0;
    for x in values {
        if x.is_finite() {
            moments.finite += 1;
            moments.zeros += u64::from(*x == 0.0);
            moments.amax = moments.amax.max(x.abs());
            sum += f64::from(*x);
        } else if x.is_nan() {
            moments.nan += 1;
        } else {
            moments.infinite += 1;
        }
    }
    moments.mean = sum / (moments.finite as f64).max(1.0);
    for x in values.iter().filter(|x| x.is_finite()) {
        let d = f64::from(*x) - moments.mean;
        let d2 = d * d;
        moments.m2 += d2;
        moments.m3 += d2 * d;
        moments.m4 += d2 * d2;
    }
    moments
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that numpy can make too.
    fn values(n: u32, mean: f64) -> Vec<f32> {
        let one = |i: u32| {
            let u = f64::from(i.wrapping_mul(2_654_435_761)) / 4_294_967_296.0;
            (mean + (u * u - 0.3) * if i.is_multiple_of(97) { 8.0 } else { 1.0 }) as f32
        };
        (0..n).map(one).collect()
    }

    fn assert_close(what: &str, a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs(), "{what}: {a} is not {b}");
    }

    /// The same in two passes, each sum one by one.
    fn in_two_passes(values: &[f32]) -> [f64; 4] {
        let n = values.len() as f64;
        let mean = values.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
        let power = |p: i32| values.iter().map(|x| (f64::from(*x) - mean).powi(p)).sum::<f64>();
        [mean, power(2), power(3), power(4)]
    }

    #[test]
    fn moments_are_those_of_two_passes_wherever_the_mean_lies() {
        for (n, mean) in [(1, 0.0), (7, 1.0), (1023, 0.0), (1025, 5.0), (100_000, 0.0), (100_000, 300.0), (5000, -1e6)]
        {
            let values = values(n, mean);
            let (moments, expected) = (Moments::of(&values), in_two_passes(&values));
            let found = [moments.mean, moments.m2, moments.m3, moments.m4];
            for (what, (a, b)) in ["mean", "M2", "M3", "M4"].iter().zip(found.into_iter().zip(expected)) {
                assert_close(&format!("{what} of {n} about {mean}"), a, b, 1e-9);
            }
        }
    }

    /// numpy 2.4.6 and scipy 1.17.1 say so of:
    ///
    /// ```python
    /// i = np.arange(100_000, dtype=np.uint64)
    /// u = (i * 2_654_435_761 % 2**32) / 2**32
    /// x = (0.25 + (u * u - 0.3) * np.where(i % 97 == 0, 8.0, 1.0)).astype(np.float32).astype(np.float64)
    /// x.mean(), x.std(), stats.skew(x), stats.kurtosis(x, fisher=False), np.abs(x).max()
    /// ```
    #[test]
    fn figures_are_those_of_numpy_and_scipy() {
        let moments = Moments::of(&values(100_000, 0.25));
        assert_close("mean", moments.mean, 0.285_826_948_455_974, 1e-13);
        assert_close("σ", moments.std().unwrap(), 0.383_982_278_751_679_8, 1e-13);
        assert_close("skewness", moments.skewness().unwrap(), 2.599_445_895_361_797_4, 1e-12);
        assert_close("kurtosis", moments.kurtosis().unwrap(), 38.442_614_786_791_01, 1e-12);
        assert_eq!(f64::from(moments.amax), 5.818_934_440_612_793);
        assert_close("max |x|/σ", moments.outliers().unwrap(), 5.818_934_440_612_793 / 0.383_982_278_751_679_8, 1e-13);
    }

    #[test]
    fn specials_are_counted_and_left_out_of_the_sums() {
        let mut values = values(3000, 0.2);
        let expected = Moments::of(&values);
        values.splice(1500..1500, [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -f32::NAN]);
        let found = Moments::of(&values);
        assert_eq!((found.finite, found.nan, found.infinite), (3000, 2, 2));
        assert_eq!(found.amax, expected.amax);
        assert_close("M4", found.m4, expected.m4, 1e-9);
        let nothing = Moments::of(&[f32::NAN; 5]);
        assert_eq!(nothing, Moments { nan: 5, ..Moments::default() });
        let zeros = Moments::of(&[0.0, -0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]);
        assert_eq!((zeros.zeros, zeros.amax, zeros.finite), (8, 2.0, 10));
        let large = Moments::of(&[f32::MAX; 2048]);
        assert_eq!((large.mean, large.m2), (f64::from(f32::MAX), 0.0));
    }
}
