//! Scale factors from the range of the numbers.

use super::Scheme;
use crate::formats::Integer;

/// The smallest and largest finite value of a group, and nothing (`min > max`) for a group without finite values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Smallest finite value; +∞ if there is none.
    pub min: f32,
    /// Largest finite value; −∞ if there is none.
    pub max: f32,
}

impl Range {
    /// The range of no values.
    pub const NOTHING: Self = Self { min: f32::INFINITY, max: f32::NEG_INFINITY };

    /// Whether the group has no finite value.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.min > self.max
    }

    /// The range of both groups together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }

    /// The range of some values; NaN and infinities are passed over.
    #[must_use]
    pub fn of(values: &[f32]) -> Self {
        values
            .iter()
            .filter(|x| x.is_finite())
            .fold(Self::NOTHING, |range, &x| Self { min: range.min.min(x), max: range.max.max(x) })
    }

    /// Largest magnitude, 0 if there is no value.
    #[must_use]
    pub fn amax(&self) -> f32 {
        if self.is_nothing() { 0.0 } else { self.max.abs().max(self.min.abs()) }
    }
}

/// The values that integer codes stand for: value = (code − `zero_point`) · `scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Distance between neighbouring values.
    pub scale: f32,
    /// 1 / `scale`, rounded once: codes are made by multiplication, as torch and FBGEMM do.
    pub inverse: f32,
    /// The code of the value zero.
    pub zero_point: i32,
    /// Smallest code.
    pub min_code: i32,
    /// Largest code.
    pub max_code: i32,
}

impl Grid {
    /// The grid for the range of a group.
    ///
    /// - Symmetric: scale = amax / 127 (for 8 bits), zero point 0, codes −127..=127.
    /// - Affine: the range is made to include zero; scale = (max − min) / 255, zero point = clamp(rint(−min/scale)),
    ///   codes 0..=255.
    ///
    /// A group of zeros gets scale 1. A scale below the smallest normal f32 is raised to it, so that its inverse is
    /// finite: what is smaller still becomes zero.
    ///
    /// Source: symmetric, ggml Q8_0 and SmoothQuant (amax / 127); affine, ONNX DynamicQuantizeLinear
    /// <https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html>.
    #[must_use]
    pub fn from_range(integer: Integer, scheme: Scheme, range: Range) -> Self {
        match scheme {
            Scheme::Symmetric => {
                let (min_code, max_code) = integer.symmetric_codes();
                let scale = usable_scale(range.amax() / max_code as f32);
                Self { scale, inverse: 1.0 / scale, zero_point: 0, min_code, max_code }
            }
            Scheme::Affine => {
                let (min_code, max_code) = integer.affine_codes();
                let (min, max) = if range.is_nothing() { (0.0, 0.0) } else { (range.min.min(0.0), range.max.max(0.0)) };
                let width = max - min;
                let scale = if width.is_finite() {
                    width / max_code as f32
                } else {
                    ((f64::from(max) - f64::from(min)) / f64::from(max_code)) as f32
                };
                let scale = usable_scale(scale);
                let zero_point = libm::rintf(-min / scale).clamp(min_code as f32, max_code as f32) as i32;
                Self { scale, inverse: 1.0 / scale, zero_point, min_code, max_code }
            }
        }
    }

    /// The code of `x`: clamp(rint(x · inverse) + zero point), and whether it had to be clamped.
    ///
    /// There is no NaN among whole numbers: NaN becomes the zero point, the code of 0.
    #[must_use]
    pub fn encode(&self, x: f32) -> (i32, bool) {
        if x.is_nan() {
            return (self.zero_point, false);
        }
        // ±65 536 is beyond every code, and small enough that adding the zero point is exact.
        let steps = libm::rintf(x * self.inverse).clamp(-65_536.0, 65_536.0);
        let wanted = steps as i32 + self.zero_point;
        let code = wanted.clamp(self.min_code, self.max_code);
        (code, code != wanted)
    }

    /// The value of a code.
    #[must_use]
    pub fn decode(&self, code: i32) -> f32 {
        (code - self.zero_point) as f32 * self.scale
    }
}

fn usable_scale(scale: f32) -> f32 {
    if scale == 0.0 { 1.0 } else { scale.max(f32::MIN_POSITIVE) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INT8: Integer = Integer { bits: 8 };

    #[test]
    fn symmetric_int8_divides_the_largest_magnitude_by_127() {
        let grid = Grid::from_range(INT8, Scheme::Symmetric, Range::of(&[-2.54, 1.0]));
        assert_eq!(grid.scale, 2.54 / 127.0);
        assert_eq!(grid.encode(-2.54), (-127, false));
        assert_eq!(grid.encode(0.0), (0, false));
        assert_eq!(grid.encode(f32::INFINITY), (127, true));
        assert_eq!(grid.encode(f32::NAN), (0, false));
    }

    #[test]
    fn affine_int8_spans_the_range_and_keeps_zero_exact() {
        let grid = Grid::from_range(INT8, Scheme::Affine, Range::of(&[1.0, 5.0]));
        assert_eq!(grid.zero_point, 0, "a range above zero is stretched down to it");
        let grid = Grid::from_range(INT8, Scheme::Affine, Range::of(&[-1.0, 2.0]));
        assert_eq!((grid.encode(-1.0).0, grid.encode(2.0).0), (0, 255));
        assert_eq!(grid.decode(grid.zero_point), 0.0);
    }

    #[test]
    fn degenerate_ranges_have_a_defined_grid() {
        for scheme in [Scheme::Symmetric, Scheme::Affine] {
            for values in [&[][..], &[0.0], &[f32::NAN], &[1e-45, -1e-45], &[f32::MAX, f32::MIN]] {
                let grid = Grid::from_range(INT8, scheme, Range::of(values));
                assert!(grid.scale.is_normal() && grid.inverse.is_finite(), "{scheme:?} {values:?}: {grid:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn the_error_is_at_most_half_a_step_and_nothing_is_clipped(
            values in prop::collection::vec(-1e6f32..1e6, 1..50), affine: bool,
        ) {
            let scheme = if affine { Scheme::Affine } else { Scheme::Symmetric };
            let grid = Grid::from_range(INT8, scheme, Range::of(&values));
            for &x in &values {
                let (code, clipped) = grid.encode(x);
                // The two ends of an affine range may both round outwards, by one code at the most.
                prop_assert!(!clipped || affine);
                let slack = if clipped { 1.0 } else { 0.5 };
                prop_assert!((grid.decode(code) - x).abs() <= grid.scale * (slack + 1e-4));
            }
        }
    }
}
