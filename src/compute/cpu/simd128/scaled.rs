//! What the blocks of a format make of values, beside the scale of each: for [`super::errors`]. Scales are found as
//! [`crate::compute::cpu::elements`] and the encoders of [`crate::formats::ggml`] find them.
//!
//! A block whose values are not finite, or whose scale is too small for an inverse, has a scale of NaN, and so errors that no lanes
//! measure.

use super::blocks::amax;
use super::errors::Fixed;
use super::ggml::{finite_amax, first_of, half_away};
use super::{Quantized, load};
use crate::formats::mx::{self, ScaleRule};
use crate::formats::{Codebook, bnb, nvfp4 as fp4};
use crate::quantize::element::{Scale, power};
use core::arch::wasm32::*;
use half::f16;

/// A kernel beside scales.
pub(super) trait Beside {
    /// The kernel beside this scale.
    fn beside(&self, by: Scale) -> impl Fixed;
}

/// What nothing can be measured by.
const NONE: Scale = Scale { scale: f32::NAN, inverse: f32::NAN };

/// This scale, unless something by it would not be a number.
fn checked(amax: f32, by: Scale) -> Scale {
    if (amax * by.inverse).is_finite() && by.inverse.is_finite() && by.scale.is_finite() { by } else { NONE }
}

/// The scale of a block of MX.
#[inline(always)]
pub(super) fn mx(element: mx::Element, rule: ScaleRule, block: &[f32]) -> Scale {
    let amax = amax(block);
    match element.scale(amax, rule) {
        mx::NAN_SCALE => NONE,
        scale => checked(amax, Scale { scale: power(scale), inverse: power(254 - scale) }),
    }
}

/// The scale of a block of NVFP4, that of its tensor in it.
#[inline(always)]
pub(super) fn nvfp4(tensor_scale: f32, block: &[f32]) -> Scale {
    let amax = amax(block);
    let scale = f32::from_bits(fp4::SCALE_CAST.decode(fp4::block_scale(amax, tensor_scale).into()));
    checked(amax, Scale { scale: scale * tensor_scale, inverse: (1.0 / tensor_scale) / scale })
}

/// The scale of a block of bitsandbytes.
#[inline(always)]
pub(super) fn bnb(block: &[f32]) -> Scale {
    let amax = amax(block);
    checked(amax, Scale { scale: amax, inverse: 1.0 / amax.max(bnb::LEAST_AMAX) })
}

/// The scale of a block of Q8_0: its inverse is that of the scale before it became an FP16.
#[inline(always)]
pub(super) fn q8_0(block: &[f32]) -> Scale {
    finite_amax(block).map_or(NONE, |amax| by_f16(amax, amax / 127.0))
}

/// The scale of a block of Q4_0, which is negative where the largest value is positive.
#[inline(always)]
pub(super) fn q4_0(block: &[f32]) -> Scale {
    finite_amax(block).map_or(NONE, |amax| by_f16(amax, largest(block, amax) / -8.0))
}

/// The first value of the largest magnitude, `amax`.
#[inline(always)]
fn largest(block: &[f32], amax: f32) -> f32 {
    let is_there = |x: f32| {
        let equal = |quad| f32x4_eq(load(quad), f32x4_splat(x));
        v128_any_true(block.as_chunks().0.iter().fold(u32x4_splat(0), |any, quad| v128_or(any, equal(quad))))
    };
    match (is_there(amax), is_there(-amax)) {
        (true, false) => amax,
        (false, true) => -amax,
        _ => first_of(block, amax),
    }
}

#[inline(always)]
fn by_f16(amax: f32, d: f32) -> Scale {
    let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
    checked(amax, Scale { scale: f16::from_f32(d).to_f32(), inverse })
}

/// Whole numbers from −127 to 127, ties away from zero.
pub(super) struct Q8;

/// Whole numbers from −8 to 7: of what lies in the middle the higher one.
pub(super) struct Q4;

#[derive(Clone, Copy)]
struct Q8Lanes {
    inverse: v128,
    scale: v128,
}

#[derive(Clone, Copy)]
struct Q4Lanes {
    inverse: v128,
    scale: v128,
}

impl Beside for Q8 {
    #[inline(always)]
    fn beside(&self, by: Scale) -> impl Fixed {
        Q8Lanes { inverse: f32x4_splat(by.inverse), scale: f32x4_splat(by.scale) }
    }
}

impl Beside for Q4 {
    #[inline(always)]
    fn beside(&self, by: Scale) -> impl Fixed {
        Q4Lanes { inverse: f32x4_splat(by.inverse), scale: f32x4_splat(by.scale) }
    }
}

/// Of what neither clips nor overflows: where a scale is infinite, sums say so.
#[inline(always)]
fn plain(values: v128) -> Quantized {
    let nothing = u32x4_splat(0);
    Quantized { codes: nothing, values, clipped: nothing, overflowed: nothing }
}

impl Fixed for Q8Lanes {
    #[inline(always)]
    fn quantize(self, _: usize, x: v128) -> Quantized {
        plain(f32x4_mul(f32x4_trunc(half_away(f32x4_mul(x, self.inverse))), self.scale))
    }
}

impl Fixed for Q4Lanes {
    #[inline(always)]
    fn quantize(self, _: usize, x: v128) -> Quantized {
        let code = f32x4_trunc(f32x4_add(f32x4_mul(x, self.inverse), f32x4_splat(8.5)));
        plain(f32x4_mul(f32x4_sub(f32x4_pmin(code, f32x4_splat(15.0)), f32x4_splat(8.0)), self.scale))
    }
}

/// A list of sixteen values, and whether what lies beyond it is taken for its ends before it is looked up.
///
/// The borders between its quarters say in which of these a number lies, and that is where its border between places of a quarter
/// and the values there are looked up: four numbers are sixteen bytes, which one instruction chooses from.
pub(super) struct Table<const CLAMPS: bool> {
    /// Between the quarters.
    quarters: [v128; 3],
    /// Of each place in a quarter but its last, the borders above it in all four.
    places: [v128; 3],
    /// Of each place in a quarter, the values in all four.
    values: [v128; 4],
    ends: [v128; 2],
}

impl Table<false> {
    /// Whether a list has so many values.
    pub(super) const fn has(codebook: &Codebook) -> bool {
        codebook.ascending.len() == 16
    }
}

impl<const CLAMPS: bool> Table<CLAMPS> {
    /// Of a list that [`Table::has`].
    pub(super) fn new(codebook: &Codebook) -> Self {
        let of_all = |number: &dyn Fn(usize) -> f32| f32x4(number(0), number(1), number(2), number(3));
        let value = |place: usize| codebook.decode(codebook.ascending[place].into());
        Self {
            quarters: std::array::from_fn(|i| f32x4_splat(codebook.border(4 * i + 3))),
            places: std::array::from_fn(|i| of_all(&|quarter| codebook.border(4 * quarter + i))),
            values: std::array::from_fn(|i| of_all(&|quarter| value(4 * quarter + i))),
            ends: codebook.ends().map(|end| f32x4_splat(end)),
        }
    }
}

impl<const CLAMPS: bool> Beside for Table<CLAMPS> {
    #[inline(always)]
    fn beside(&self, by: Scale) -> impl Fixed {
        TableLanes { table: self, inverse: f32x4_splat(by.inverse), scale: f32x4_splat(by.scale) }
    }
}

#[derive(Clone, Copy)]
struct TableLanes<'a, const CLAMPS: bool> {
    table: &'a Table<CLAMPS>,
    inverse: v128,
    scale: v128,
}

impl<const CLAMPS: bool> Fixed for TableLanes<'_, CLAMPS> {
    #[inline(always)]
    fn quantize(self, _: usize, x: v128) -> Quantized {
        let Table { quarters, places, values, ends: [low, high] } = self.table;
        let y = f32x4_mul(x, self.inverse);
        // A mask is −1 in each of its bytes too, and a quarter's number has four bytes.
        let below = quarters.iter().fold(u32x4_splat(0), |count, &border| i8x16_sub(count, f32x4_gt(y, border)));
        let twice = i8x16_add(below, below);
        let bytes = i8x16_add(i8x16_add(twice, twice), u32x4_splat(0x0302_0100));
        let of_quarter = |all: v128| i8x16_swizzle(all, bytes);
        let steps = places.iter().zip(&values[1..]);
        let value = steps.fold(of_quarter(values[0]), |value, (&border, &next)| {
            v128_bitselect(of_quarter(next), value, f32x4_gt(y, of_quarter(border)))
        });
        let quantized = plain(f32x4_mul(value, self.scale));
        if CLAMPS {
            // What is beyond an end has that end for its nearest value anyway.
            return quantized;
        }
        Quantized { clipped: v128_or(f32x4_lt(y, *low), f32x4_gt(y, *high)), ..quantized }
    }
}
