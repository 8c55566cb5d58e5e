//! Floats on WebAssembly SIMD, rounded in place: for [`super::errors`], which asks only what a value becomes.

use super::Quantized;
use super::errors::Fixed;
use super::float::{F32_MANTISSA_BITS, FloatLanes, INFINITY, SIGN, rebias};
use super::scaled::Beside;
use crate::formats::Cast;
use crate::quantize::element::Scale;
use core::arch::wasm32::*;
use core::hint::black_box;

/// Floats that `SATURATE` or not, beside a scale or not.
#[derive(Clone, Copy)]
pub(super) struct Rounded<const SATURATES: bool, const SCALED: bool> {
    inverse: v128,
    scale: v128,
    /// One code beyond the largest value, and that value.
    limit: v128,
    max: v128,
    min_normal: v128,
    /// From f32's fraction to the format's, as an f32's exponent.
    shift: v128,
    exponent: v128,
    sign: v128,
}

impl<const SATURATES: bool, const SCALED: bool> Rounded<SATURATES, SCALED> {
    /// Whether [`Self::new`] has the values of a cast: with the exponents of f32 itself there is no sum that rounds.
    pub(super) const fn has(cast: &Cast) -> bool {
        FloatLanes::has(cast) && rebias(*cast) != 0
    }

    /// The values of a cast beside a scale.
    pub(super) fn new(cast: Cast, by: Scale) -> Self {
        let shift = F32_MANTISSA_BITS - cast.float.mantissa_bits;
        let value = |code: u32| (code << shift).wrapping_add(rebias(cast));
        // Not to be seen through, as in `FloatLanes`.
        black_box(Self {
            inverse: f32x4_splat(by.inverse),
            scale: f32x4_splat(by.scale),
            limit: u32x4_splat(value(cast.max_code + 1)),
            max: u32x4_splat(value(cast.max_code)),
            min_normal: u32x4_splat(cast.min_normal_bits()),
            shift: u32x4_splat(shift << F32_MANTISSA_BITS),
            exponent: u32x4_splat(INFINITY),
            sign: u32x4_splat(SIGN),
        })
    }
}

impl<const SATURATES: bool> Beside for Rounded<SATURATES, true> {
    #[inline(always)]
    fn beside(&self, by: Scale) -> impl Fixed {
        Self { inverse: f32x4_splat(by.inverse), scale: f32x4_splat(by.scale), ..*self }
    }
}

impl<const SATURATES: bool, const SCALED: bool> Fixed for Rounded<SATURATES, SCALED> {
    #[inline(always)]
    fn quantize(self, _: usize, x: v128) -> Quantized {
        let y = if SCALED { f32x4_mul(x, self.inverse) } else { x };
        let magnitude = i32x4_min(f32x4_abs(y), self.limit);
        // At the power of two where an f32's last bit is the distance between values, the sum itself rounds.
        let exponent = i32x4_max(v128_and(magnitude, self.exponent), self.min_normal);
        let power = u32x4_add(exponent, self.shift);
        let rounded = f32x4_sub(f32x4_add(magnitude, power), power);
        let beyond = i32x4_gt(rounded, self.max);
        let nothing = u32x4_splat(0);
        let (clipped, overflowed) = if SATURATES { (beyond, nothing) } else { (nothing, beyond) };
        // What overflows is not measured.
        let rounded = if SATURATES { i32x4_min(rounded, self.max) } else { rounded };
        let value = v128_or(rounded, v128_and(y, self.sign));
        let values = if SCALED { f32x4_mul(value, self.scale) } else { value };
        Quantized { codes: nothing, values, clipped, overflowed }
    }
}

/// BF16 rounded in place: the upper half of an f32. That it is its own type is for the shift, which is one instruction if its
/// distance is a constant and a dozen if LLVM has made a vector of it.
#[derive(Clone, Copy)]
pub(super) struct Bf16 {
    one: v128,
    half_less_one: v128,
    upper_half: v128,
}

impl Bf16 {
    pub(super) fn new() -> Self {
        black_box(Self {
            one: u32x4_splat(1),
            half_less_one: u32x4_splat(0x7fff),
            upper_half: u32x4_splat(0xffff_0000),
        })
    }
}

impl Fixed for Bf16 {
    #[inline(always)]
    fn quantize(self, _: usize, x: v128) -> Quantized {
        let odd = v128_and(u32x4_shr(x, 16), self.one);
        // What overflows becomes infinity by that, and its block is refused for its sums.
        let sum = u32x4_add(u32x4_add(x, self.half_less_one), odd);
        let nothing = u32x4_splat(0);
        Quantized { codes: nothing, values: v128_and(sum, self.upper_half), clipped: nothing, overflowed: nothing }
    }
}
