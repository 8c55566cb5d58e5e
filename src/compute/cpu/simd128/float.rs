//! Floats on WebAssembly SIMD: [`Cast`] on four lanes, and whole slices of it.
//!
//! There are no branches on what a lane holds: NaN, infinities, overflow and subnormals are worked out in place. That all
//! 2³² inputs come out as the scalar path has them, `tests/exhaustive_wasm.rs` shows; that it is worth it,
//! `cargo xtask bench`.

use super::{Lanes, Quantized, load, store};
use crate::compute::cpu::scalar;
use crate::formats::{Cast, Float, NanRule, Overflow, mx};
use core::arch::wasm32::*;

const F32_BIAS: i32 = 127;
const F32_MANTISSA_BITS: u32 = 23;
const SIGN: u32 = 1 << 31;
const INFINITY: u32 = 0x7f80_0000;
const NAN: u32 = 0x7fc0_0000;

/// [`Cast`] on four lanes, as numbers that are the same in all.
#[derive(Clone, Copy)]
pub(super) struct FloatLanes {
    cast: Cast,
    /// From f32's fraction to the format's.
    shift: u32,
    /// From an f32's exponent field to the format's, in place.
    rebias: u32,
    /// The smallest normal value, as f32 bits.
    min_normal: u32,
    /// The power of two at which an f32's last bit is the format's quantum, so that adding it rounds to nearest even.
    magic: u32,
    /// From the sign's place in an f32 to its place in a code.
    sign_shift: u32,
    /// Magnitudes of codes above this are NaN.
    last_number: u32,
}

impl FloatLanes {
    /// The lanes of a cast to at most 16 bits.
    #[inline(always)]
    pub(super) const fn new(cast: Cast) -> Self {
        let Float { bias, mantissa_bits, .. } = cast.float;
        debug_assert!(
            cast.saturates() || cast.overflow_code == cast.max_code + 1,
            "what overflows is one code further"
        );
        Self {
            cast,
            shift: F32_MANTISSA_BITS - mantissa_bits,
            rebias: ((F32_BIAS - bias) as u32) << F32_MANTISSA_BITS,
            min_normal: cast.min_normal_bits(),
            magic: ((F32_BIAS + cast.float.quantum_exponent() + F32_MANTISSA_BITS as i32) as u32) << F32_MANTISSA_BITS,
            sign_shift: 32 - cast.float.bits(),
            last_number: match cast.float.infinity_code() {
                Some(infinity) => infinity,
                None => cast.max_code,
            },
        }
    }

    /// [`Cast::rank`] of magnitudes: right of those of numbers, and above every code of those of NaN.
    #[inline(always)]
    fn rank(&self, magnitude: v128) -> v128 {
        let odd = v128_and(u32x4_shr(magnitude, self.shift), u32x4_splat(1));
        let half_less_one = (1 << (self.shift - 1)) - 1;
        if self.rebias == 0 {
            // The exponents of f32 itself: subnormals are rounded as the others are.
            return u32x4_shr(u32x4_add(u32x4_add(magnitude, u32x4_splat(half_less_one)), odd), self.shift);
        }
        let rebiased = u32x4_add(magnitude, u32x4_splat(half_less_one.wrapping_sub(self.rebias)));
        let normal = i32x4_shr(u32x4_add(rebiased, odd), self.shift);
        let subnormal = u32x4_sub(f32x4_add(magnitude, u32x4_splat(self.magic)), u32x4_splat(self.magic));
        // Below the smallest normal value the subnormal rank is the larger; from there on it is no less than that
        // value's, and the normal one is no less either.
        let first_normal = u32x4_splat(1 << self.cast.float.mantissa_bits);
        i32x4_max(normal, i32x4_min(subnormal, first_normal))
    }

    /// [`Cast::encode`].
    #[inline(always)]
    fn encode(&self, x: v128) -> v128 {
        let sign = v128_and(x, u32x4_splat(SIGN));
        // So far a NaN is what overflows most.
        let mut code = u32x4_min(self.rank(v128_xor(x, sign)), u32x4_splat(self.cast.overflow_code));
        let mut sign = u32x4_shr(sign, self.sign_shift);
        if self.cast.zero_sign == 0 {
            sign = v128_and(sign, u32x4_ne(code, u32x4_splat(0)));
        }
        let is_nan = f32x4_ne(x, x);
        if self.cast.nan_code == 0 {
            return v128_andnot(v128_or(code, sign), is_nan);
        }
        if self.cast.nan_code != self.cast.overflow_code {
            code = v128_xor(code, v128_and(is_nan, u32x4_splat(self.cast.nan_code ^ self.cast.overflow_code)));
        }
        v128_or(code, sign)
    }

    /// [`Cast::decode`].
    #[inline(always)]
    fn decode(&self, code: v128) -> v128 {
        let sign_bit = self.cast.float.sign_bit();
        let sign = v128_and(code, u32x4_splat(sign_bit));
        let rank = v128_and(code, u32x4_splat(sign_bit - 1));
        let sign = u32x4_shl(sign, self.sign_shift);
        let mut magnitude = u32x4_shl(rank, self.shift);
        if self.rebias != 0 {
            magnitude = u32x4_add(magnitude, u32x4_splat(self.rebias));
            // A subnormal is given the smallest normal value's exponent, and with it a hidden bit that is then taken off.
            let is_subnormal = i32x4_lt(rank, u32x4_splat(1 << self.cast.float.mantissa_bits));
            magnitude = u32x4_add(magnitude, v128_and(is_subnormal, u32x4_splat(1 << F32_MANTISSA_BITS)));
            magnitude = f32x4_sub(magnitude, v128_and(is_subnormal, u32x4_splat(self.min_normal)));
            if self.last_number > self.cast.max_code {
                let is_special = i32x4_gt(rank, u32x4_splat(self.cast.max_code));
                magnitude = v128_or(magnitude, v128_and(is_special, u32x4_splat(INFINITY)));
            }
        }
        let value = v128_or(magnitude, sign);
        if !self.cast.float.has_negative_zero() {
            return v128_bitselect(u32x4_splat(NAN), value, u32x4_eq(code, u32x4_splat(sign_bit)));
        }
        if self.last_number < sign_bit - 1 {
            return v128_bitselect(u32x4_splat(NAN), value, i32x4_gt(rank, u32x4_splat(self.last_number)));
        }
        value
    }
}

impl Lanes for FloatLanes {
    #[inline(always)]
    fn quantize(&self, x: v128) -> Quantized {
        let codes = self.encode(x);
        let beyond = i32x4_gt(self.rank(v128_and(x, u32x4_splat(!SIGN))), u32x4_splat(self.cast.max_code));
        let nothing = u32x4_splat(0);
        let (clipped, overflowed) = if self.cast.saturates() { (beyond, nothing) } else { (nothing, beyond) };
        Quantized { codes, values: self.decode(codes), clipped, overflowed }
    }
}

/// The formats that most tensors are in get copies of the loops in which all of the above are constants.
const BF16: Cast = Cast::new(Float::ieee(8, 7), Overflow::Special, NanRule::Quiet);
const FP16: Cast = Cast::new(Float::ieee(5, 10), Overflow::Special, NanRule::Quiet);
const E4M3FN: Cast = Cast::new(mx::E4M3FN, Overflow::Saturate, NanRule::Quiet);
const E5M2: Cast = Cast::new(mx::E5M2, Overflow::Special, NanRule::Quiet);

/// As [`scalar::encode_slice`].
///
/// # Panics
/// As it does.
pub fn encode_slice(cast: &Cast, values: &[f32], codes: &mut [u8]) {
    match *cast {
        BF16 => encode::<8>(&const { FloatLanes::new(BF16) }, values, codes),
        FP16 => encode::<8>(&const { FloatLanes::new(FP16) }, values, codes),
        E4M3FN => encode::<16>(&const { FloatLanes::new(E4M3FN) }, values, codes),
        E5M2 => encode::<16>(&const { FloatLanes::new(E5M2) }, values, codes),
        _ => match cast.float.bits() {
            ..=8 => encode::<16>(&FloatLanes::new(*cast), values, codes),
            9..=16 => encode::<8>(&FloatLanes::new(*cast), values, codes),
            _ => scalar::encode_slice(cast, values, codes),
        },
    }
}

/// As [`scalar::decode_slice`].
///
/// # Panics
/// As it does.
pub fn decode_slice(cast: &Cast, codes: &[u8], values: &mut [f32]) {
    match *cast {
        BF16 => decode::<8>(&const { FloatLanes::new(BF16) }, codes, values),
        FP16 => decode::<8>(&const { FloatLanes::new(FP16) }, codes, values),
        E4M3FN => decode::<16>(&const { FloatLanes::new(E4M3FN) }, codes, values),
        E5M2 => decode::<16>(&const { FloatLanes::new(E5M2) }, codes, values),
        _ => match cast.float.bits() {
            ..=8 => decode::<16>(&FloatLanes::new(*cast), codes, values),
            9..=16 => decode::<8>(&FloatLanes::new(*cast), codes, values),
            _ => scalar::decode_slice(cast, codes, values),
        },
    }
}

/// Values by the N whose codes fill a vector: 8 of two bytes, or 16 of one.
#[inline(always)]
fn encode<const N: usize>(lanes: &FloatLanes, values: &[f32], codes: &mut [u8]) {
    let code_bytes = 16 / N;
    assert_eq!(codes.len(), values.len() * code_bytes, "a code for each value");
    let (blocks, rest) = values.as_chunks::<N>();
    let (code_blocks, code_rest) = codes.as_chunks_mut::<16>();
    for (block, codes) in blocks.iter().zip(code_blocks) {
        *codes = encode_block(lanes, block);
    }
    let mut last = [0.0; N];
    last[..rest.len()].copy_from_slice(rest);
    code_rest.copy_from_slice(&encode_block(lanes, &last)[..code_rest.len()]);
}

#[inline(always)]
fn encode_block<const N: usize>(lanes: &FloatLanes, block: &[f32; N]) -> [u8; 16] {
    let quads = block.as_chunks::<4>().0;
    let pair = |i: usize| u16x8_narrow_i32x4(lanes.encode(load(&quads[i])), lanes.encode(load(&quads[i + 1])));
    to_bytes(if N == 8 { pair(0) } else { u8x16_narrow_i16x8(pair(0), pair(2)) })
}

#[inline(always)]
fn decode<const N: usize>(lanes: &FloatLanes, codes: &[u8], values: &mut [f32]) {
    let code_bytes = 16 / N;
    assert_eq!(codes.len(), values.len() * code_bytes, "a code for each value");
    let (code_blocks, code_rest) = codes.as_chunks::<16>();
    let (blocks, rest) = values.as_chunks_mut::<N>();
    for (codes, block) in code_blocks.iter().zip(blocks) {
        decode_block(lanes, codes, block);
    }
    let (mut last, mut last_codes) = ([0.0; N], [0; 16]);
    last_codes[..code_rest.len()].copy_from_slice(code_rest);
    decode_block(lanes, &last_codes, &mut last);
    rest.copy_from_slice(&last[..rest.len()]);
}

#[inline(always)]
fn decode_block<const N: usize>(lanes: &FloatLanes, codes: &[u8; 16], block: &mut [f32; N]) {
    let quads = block.as_chunks_mut::<4>().0;
    let mut pair = |i: usize, codes: v128| {
        store(&mut quads[i], lanes.decode(u32x4_extend_low_u16x8(codes)));
        store(&mut quads[i + 1], lanes.decode(u32x4_extend_high_u16x8(codes)));
    };
    let codes = from_bytes(codes);
    if N == 8 {
        pair(0, codes);
    } else {
        pair(0, u16x8_extend_low_u8x16(codes));
        pair(2, u16x8_extend_high_u8x16(codes));
    }
}

/// One store, once it is compiled.
#[inline(always)]
fn to_bytes(v: v128) -> [u8; 16] {
    let halves = u128::from(u64x2_extract_lane::<1>(v)) << 64 | u128::from(u64x2_extract_lane::<0>(v));
    halves.to_le_bytes()
}

/// One load, once it is compiled.
#[inline(always)]
fn from_bytes(bytes: &[u8; 16]) -> v128 {
    let halves = u128::from_le_bytes(*bytes);
    u64x2(halves as u64, (halves >> 64) as u64)
}
