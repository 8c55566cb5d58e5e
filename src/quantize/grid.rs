//! Scale factors from the range of the numbers, as libraries take them.
//!
//! Adding a rule: write a row of [`GRID_RULES`]. Each takes a range to a [`Grid`]; they differ by one code here and there,
//! which is what makes a model that was quantized by one library and run by another a little worse than either.

use super::{Range, Scheme};
use crate::formats::{Integer, Rounding};
use crate::source::{Source, in_engine};

/// The values that integer codes stand for: value = (code − `zero_point`) · `scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Distance between neighbouring values.
    pub scale: f32,
    /// 1 / `scale`, rounded once.
    pub inverse: f32,
    /// The code of the value zero.
    pub zero_point: i32,
    /// Smallest code.
    pub min_code: i32,
    /// Largest code.
    pub max_code: i32,
    /// Whether codes are made by dividing by the scale instead of multiplying by its inverse. The two round differently.
    pub divides: bool,
}

/// How a library takes a grid from the range of a group.
#[derive(Clone, Copy, Debug)]
pub struct GridRule {
    /// Permanent id; stands in links.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What is peculiar to it.
    pub note: &'static str,
    /// The grid.
    pub grid: fn(Integer, Scheme, Range) -> Grid,
    /// Where that can be read.
    pub source: Source,
}

/// Rules are equal if their ids are: addresses of functions say nothing.
impl PartialEq for GridRule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

/// Every rule; the first is the default.
pub static GRID_RULES: &[GridRule] = &[
    GridRule {
        id: "absmax",
        name: "ggml, SmoothQuant: amax / (2ᵇ⁻¹ − 1)",
        note: in_engine("As many codes below zero as above; affine: from minimum to maximum, zero included."),
        grid: Grid::from_range,
        source: Source::in_engine(
            "Xiao et al. 2023, SmoothQuant; ggml Q8_0; ONNX DynamicQuantizeLinear for the affine codes",
            "https://arxiv.org/abs/2211.10438",
            "2026-11-23",
        ),
    },
    GridRule {
        id: "torch",
        name: "PyTorch observers: amax / (2ᵇ⁻¹ − ½)",
        note: in_engine(
            "All 256 codes, so the largest value is clipped by half a step; no scale below 2⁻²³, which is too coarse for tiny tensors.",
        ),
        grid: |integer, scheme, range| by_full_range(integer, scheme, range, f32::EPSILON),
        source: Source::in_engine(
            "torch.ao.quantization.observer, _calculate_qparams",
            "https://github.com/pytorch/pytorch/blob/main/torch/ao/quantization/observer.py",
            "2026-11-23",
        ),
    },
    GridRule {
        id: "onnx",
        name: "ONNX Runtime: x / scale",
        note: in_engine("Divides by the scale where others multiply by its inverse; −128 may occur."),
        grid: |integer, scheme, range| {
            let (min_code, max_code) = match scheme {
                Scheme::Symmetric => integer.full_range(),
                Scheme::Affine => Integer { signed: false, ..integer }.full_range(),
            };
            Grid { min_code, max_code, divides: true, ..Grid::from_range(integer, scheme, range) }
        },
        source: Source::in_engine(
            "ONNX operators QuantizeLinear and DynamicQuantizeLinear",
            "https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html",
            "2026-11-23",
        ),
    },
    GridRule {
        id: "torchao",
        name: "torchao groupwise",
        note: in_engine("As PyTorch’s, but no scale below 10⁻⁵."),
        grid: |integer, scheme, range| {
            let integer = if scheme == Scheme::Affine { Integer { signed: false, ..integer } } else { integer };
            by_full_range(integer, scheme, range, 1e-5)
        },
        source: TORCHAO,
    },
    GridRule {
        id: "torchao_no_clip",
        name: "torchao, no clipping",
        note: in_engine("Symmetric: max(−min / 8, max / 7) for four bits, so that neither end is clipped."),
        grid: |integer, scheme, range| {
            if scheme == Scheme::Affine {
                return by_full_range(Integer { signed: false, ..integer }, scheme, range, 1e-5);
            }
            let (min_code, max_code) = integer.full_range();
            let middle = integer.middle();
            let (min, max) = range.with_zero();
            let scale = (-min / (middle - min_code) as f32).max(max / (max_code - middle) as f32).max(1e-5);
            Grid { scale, inverse: 1.0 / scale, zero_point: middle, min_code, max_code, divides: false }
        },
        source: TORCHAO,
    },
];

const TORCHAO: Source = Source::in_engine(
    "torchao, quant_primitives.py: choose_qparams_affine, quantize_affine",
    "https://github.com/pytorch/ao/blob/main/torchao/quantization/quant_primitives.py",
    "2026-11-23",
);

/// The rule with this id.
#[must_use]
pub fn grid_rule(id: &str) -> Option<&'static GridRule> {
    GRID_RULES.iter().find(|row| row.id == id)
}

/// torch's way: every code of the type is used.
fn by_full_range(integer: Integer, scheme: Scheme, range: Range, least_scale: f32) -> Grid {
    let (min_code, max_code) = integer.full_range();
    let width = (max_code - min_code) as f32;
    let (min, max) = range.with_zero();
    let (scale, zero_point) = match scheme {
        Scheme::Symmetric => ((range.amax() / (width / 2.0)).max(least_scale), integer.middle()),
        Scheme::Affine => {
            let scale = share(max, min, width).max(least_scale);
            let zero_point = min_code as f32 - libm::rintf(min / scale);
            (scale, zero_point.clamp(min_code as f32, max_code as f32) as i32)
        }
    };
    Grid { scale, inverse: 1.0 / scale, zero_point, min_code, max_code, divides: false }
}

impl Grid {
    /// The grid for the range of a group.
    ///
    /// - Symmetric: scale = amax / 127 (for 8 bits), the zero point in the middle, as many codes below it as above.
    /// - Affine: the range is made to include zero; scale = (max − min) / 255, zero point = clamp(rint(−min/scale)),
    ///   codes 0..=255.
    ///
    /// A group of zeros gets scale 1. A scale below the smallest normal f32 is raised to it, so that its inverse is
    /// finite: what is smaller still becomes zero.
    #[must_use]
    pub fn from_range(integer: Integer, scheme: Scheme, range: Range) -> Self {
        match scheme {
            Scheme::Symmetric => {
                let (min_code, max_code) = integer.restricted_range();
                let zero_point = integer.middle();
                let scale = usable_scale(range.amax() / (max_code - zero_point) as f32);
                Self { scale, inverse: 1.0 / scale, zero_point, min_code, max_code, divides: false }
            }
            Scheme::Affine => {
                let (min_code, max_code) = Integer { signed: false, ..integer }.full_range();
                let (min, max) = range.with_zero();
                let scale = usable_scale(share(max, min, max_code as f32));
                let zero_point = libm::rintf(-min / scale).clamp(min_code as f32, max_code as f32) as i32;
                Self { scale, inverse: 1.0 / scale, zero_point, min_code, max_code, divides: false }
            }
        }
    }

    /// The same grid with the scale raised to a power of two, and the zero point of an affine one put where it then belongs.
    #[must_use]
    pub fn with_power_of_two(self, scheme: Scheme, range: Range) -> Self {
        let scale = power_of_two_above(self.scale);
        let zero_point = match scheme {
            Scheme::Symmetric => self.zero_point,
            Scheme::Affine => {
                let wanted = self.min_code as f32 - libm::rintf(range.with_zero().0 / scale);
                wanted.clamp(self.min_code as f32, self.max_code as f32) as i32
            }
        };
        Self { scale, inverse: 1.0 / scale, zero_point, ..self }
    }

    /// The code of `x`: clamp(rint(x · inverse) + zero point), and whether it had to be clamped.
    ///
    /// There is no NaN among whole numbers: NaN becomes the zero point, the code of 0.
    #[must_use]
    pub fn encode(&self, x: f32) -> (i32, bool) {
        if x.is_nan() {
            return (self.zero_point, false);
        }
        let steps = if self.divides { x / self.scale } else { x * self.inverse };
        // ±65 536 is beyond every code, and small enough that adding the zero point is exact.
        let steps = libm::rintf(steps).clamp(-65_536.0, 65_536.0);
        let wanted = steps as i32 + self.zero_point;
        let code = wanted.clamp(self.min_code, self.max_code);
        (code, code != wanted)
    }

    /// The same by another rounding of x · inverse, before the zero point is added.
    #[must_use]
    pub fn encode_by(&self, x: f32, rounding: Rounding) -> (i32, bool) {
        if x.is_nan() || rounding == Rounding::NearestEven {
            return self.encode(x);
        }
        let steps = if self.divides { x / self.scale } else { x * self.inverse };
        let wanted = rounding.whole(steps.into()).clamp(-65_536.0, 65_536.0) as i32 + self.zero_point;
        let code = wanted.clamp(self.min_code, self.max_code);
        (code, code != wanted)
    }

    /// The value of a code.
    #[must_use]
    pub fn decode(&self, code: i32) -> f32 {
        (code - self.zero_point) as f32 * self.scale
    }
}

/// (max − min) / steps, also where the difference is beyond f32.
fn share(max: f32, min: f32, steps: f32) -> f32 {
    let width = max - min;
    if width.is_finite() { width / steps } else { ((f64::from(max) - f64::from(min)) / f64::from(steps)) as f32 }
}

/// A scale whose inverse is finite: 1 instead of zero, and at least the smallest normal f32.
pub(super) fn usable_scale(scale: f32) -> f32 {
    if scale == 0.0 { 1.0 } else { scale.max(f32::MIN_POSITIVE) }
}

/// The smallest power of two that is not below a normal scale; the largest f32 power for what is beyond.
pub(super) fn power_of_two_above(scale: f32) -> f32 {
    let bits = scale.to_bits();
    let exponent = (bits >> 23) + u32::from(bits & 0x007f_ffff > 0);
    f32::from_bits(exponent.min(254) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INT8: Integer = Integer { bits: 8, signed: true };

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

    #[test]
    fn a_power_of_two_is_the_next_above() {
        for (scale, power) in [(1.0, 1.0), (1.1, 2.0), (0.5, 0.5), (0.7, 1.0), (f32::MAX, 2f32.powi(127))] {
            assert_eq!(power_of_two_above(scale), power, "{scale}");
        }
        let range = Range::of(&[-1.0, 2.0]);
        let grid = Grid::from_range(INT8, Scheme::Affine, range).with_power_of_two(Scheme::Affine, range);
        assert_eq!((grid.scale, grid.zero_point), (1.0 / 64.0, 64));
        assert_eq!((grid.encode(-1.0), grid.encode(2.0)), ((0, false), (192, false)));
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
