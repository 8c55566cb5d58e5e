//! Floats on WebAssembly SIMD: [`Cast`] on lanes, and whole slices of it.
//!
//! Encoding has no branches on what a lane holds: NaN, infinities, overflow and subnormals are worked out in place. Decoding
//! has a fast way and, for vectors with something rare in them, one for all codes. That all 2³² inputs come out as the
//! scalar path has them, `tests/exhaustive_wasm.rs` shows; what it gains, `cargo xtask bench`.

use super::{Lanes, Quantized, from_bytes, load, store, to_bytes};
use crate::compute::cpu::scalar;
use crate::formats::{Cast, Float, NanRule, Overflow, mx};
use core::arch::wasm32::*;
use core::hint::black_box;

const F32_BIAS: i32 = 127;
pub(super) const F32_MANTISSA_BITS: u32 = 23;
pub(super) const SIGN: u32 = 1 << 31;
pub(super) const INFINITY: u32 = 0x7f80_0000;
const NAN: u32 = 0x7fc0_0000;

/// [`Cast`] on lanes. Where it is a constant, so are the steps to take and the bits to shift by. What is compared with and
/// added lies in vectors that the compiler does not see through: it would put constants into the loop, and V8 makes one of
/// 128 bits anew each time (FP8 is encoded, and FP16 decoded, in three quarters of the time).
#[derive(Clone, Copy)]
pub(super) struct FloatLanes {
    cast: Cast,
    /// From f32's fraction to the format's.
    shift: u32,
    splats: Splats,
}

/// What is the same in all lanes.
#[derive(Clone, Copy)]
struct Splats {
    /// The f32 of one code beyond the largest value, or of that value if the format saturates.
    limit: v128,
    zero: v128,
    /// All but the sign of an f32.
    magnitude: v128,
    one: v128,
    half_less_one: v128,
    /// All ones in an f32's exponent: infinity, too.
    exponent: v128,
    min_normal: v128,
    /// `shift`, as an f32's exponent.
    shift: v128,
    /// From an f32's exponent to the format's, in place.
    rebias: v128,
    max_code: v128,
    first_normal_code: v128,
    hidden_bit: v128,
    /// Of 16 bits, as the rest: from the exponent of an f32 to that of a code.
    code_rebias: v128,
    overflow_code: v128,
    sign_bit: v128,
    /// From the code of what overflows to that of NaN.
    nan_from_overflow: v128,
    /// Of codes of 16 bits: all but the sign, the last that is a number, NaN as BF16, and what is subnormal.
    rank: v128,
    last_number: v128,
    nan: v128,
    last_subnormal: v128,
    last_finite: v128,
    /// To multiply by, and what to keep for it, of FP16.
    scale: v128,
    kept: v128,
    /// Of codes of 8 bits: the sign, the largest, the exponent as BF16's, and [`subnormals`].
    byte_sign: v128,
    max_byte: v128,
    upper_rebias: v128,
    subnormals: [v128; 2],
}

impl FloatLanes {
    /// Whether [`Self::new`] has lanes for it: of at most 16 bits, with a normal number among its values.
    pub(super) const fn has(cast: &Cast) -> bool {
        let float = cast.float;
        float.bits() <= 16 && float.bias <= F32_BIAS && cast.max_code >= 1 << float.mantissa_bits
    }

    /// The lanes of a cast.
    #[inline(always)]
    pub(super) fn new(cast: Cast) -> Self {
        let shift = F32_MANTISSA_BITS - cast.float.mantissa_bits;
        let rebias = rebias(cast);
        let first_normal_code = 1 << cast.float.mantissa_bits;
        debug_assert!(
            cast.saturates() || cast.overflow_code == cast.max_code + 1,
            "what overflows is one code further"
        );
        let splats = Splats {
            limit: u32x4_splat((cast.overflow_code << shift).wrapping_add(rebias)),
            zero: u32x4_splat(0),
            magnitude: u32x4_splat(!SIGN),
            one: u32x4_splat(1),
            half_less_one: u32x4_splat((1 << (shift - 1)) - 1),
            exponent: u32x4_splat(INFINITY),
            min_normal: u32x4_splat(cast.min_normal_bits()),
            shift: u32x4_splat(shift << F32_MANTISSA_BITS),
            rebias: u32x4_splat(rebias),
            max_code: u32x4_splat(cast.max_code),
            first_normal_code: u32x4_splat(first_normal_code),
            hidden_bit: u32x4_splat(1 << F32_MANTISSA_BITS),
            code_rebias: u16x8_splat((cast.min_normal_bits() >> shift) as u16),
            overflow_code: u16x8_splat(cast.overflow_code as u16),
            sign_bit: u16x8_splat(cast.float.sign_bit() as u16),
            nan_from_overflow: u16x8_splat((cast.nan_code ^ cast.overflow_code) as u16),
            rank: u16x8_splat((cast.float.sign_bit() - 1) as u16),
            last_number: u16x8_splat(last_number(cast) as u16),
            nan: u16x8_splat((NAN >> 16) as u16),
            last_subnormal: u16x8_splat((first_normal_code - 1) as u16),
            last_finite: u16x8_splat(cast.max_code as u16),
            scale: u32x4_splat(rebias.wrapping_add((F32_BIAS as u32) << F32_MANTISSA_BITS)),
            kept: u32x4_splat(SIGN | !SIGN >> (8 - cast.float.exponent_bits)),
            byte_sign: u8x16_splat(cast.float.sign_bit() as u8),
            max_byte: u8x16_splat(cast.max_code as u8),
            upper_rebias: u16x8_splat((rebias >> 16) as u16),
            subnormals: subnormals(cast).map(|bytes| from_bytes(&bytes)),
        };
        Self { cast, shift, splats: black_box(splats) }
    }

    /// What these are the lanes of.
    pub(super) const fn cast(&self) -> &Cast {
        &self.cast
    }

    /// [`Cast::rank`] of magnitudes up to `limit`, in the lower halves; the upper are of no use.
    ///
    /// At the power of two where an f32's last bit is the distance between values, the sum itself rounds to nearest even.
    /// The steps that it then holds count the hidden bit, as if the smallest normal exponent were 0; the other exponents
    /// are added.
    #[inline(always)]
    fn rank(&self, magnitude: v128, limit: v128) -> v128 {
        let k = &self.splats;
        if rebias(self.cast) == 0 {
            // The exponents of f32 itself, up to the largest, where there is no such sum; subnormals are as the others.
            let odd = v128_and(u32x4_shr(magnitude, self.shift), k.one);
            return u32x4_shr(u32x4_add(u32x4_add(magnitude, k.half_less_one), odd), self.shift);
        }
        // As whole numbers, of which a NaN is a large one.
        let magnitude = i32x4_min(magnitude, limit);
        let exponent = i32x4_max(v128_and(magnitude, k.exponent), k.min_normal);
        let steps = f32x4_add(magnitude, u32x4_add(exponent, k.shift));
        u32x4_add(steps, u32x4_shr(exponent, self.shift))
    }

    /// [`Cast::encode`] on two vectors, to eight lanes of 16 bits. Narrowing saturates, so that a number keeps its sign; what
    /// does not need 32 bits is done after it.
    #[inline(always)]
    pub(super) fn encode(&self, low: v128, high: v128) -> v128 {
        let k = &self.splats;
        let rank = |x: v128| v128_and(self.rank(v128_and(x, k.magnitude), k.limit), u32x4_splat(0xffff));
        let rank = u16x8_narrow_i32x4(rank(low), rank(high));
        let mut code =
            if rebias(self.cast) == 0 { u16x8_min(rank, k.overflow_code) } else { u16x8_sub(rank, k.code_rebias) };
        let signs = i16x8_narrow_i32x4(low, high);
        let mut sign = v128_and(u16x8_shr(signs, 16 - self.cast.float.bits()), k.sign_bit);
        if self.cast.zero_sign == 0 {
            sign = v128_andnot(sign, u16x8_eq(code, u16x8_splat(0)));
        }
        let is_nan = i16x8_narrow_i32x4(f32x4_ne(low, low), f32x4_ne(high, high));
        if self.cast.nan_code == 0 {
            return v128_andnot(v128_or(code, sign), is_nan);
        }
        // So far a NaN is what overflows.
        if self.cast.nan_code != self.cast.overflow_code {
            code = v128_xor(code, v128_and(is_nan, k.nan_from_overflow));
        }
        v128_or(code, sign)
    }

    /// [`Cast::decode`], on four lanes of 32 bits.
    #[inline(always)]
    fn decode(&self, code: v128) -> v128 {
        let k = &self.splats;
        let Cast { float, max_code, .. } = self.cast;
        let sign_bit = float.sign_bit();
        let rank = v128_and(code, u32x4_splat(sign_bit - 1));
        let sign = u32x4_shl(v128_and(code, u32x4_splat(sign_bit)), 32 - float.bits());
        let mut magnitude = u32x4_shl(rank, self.shift);
        if rebias(self.cast) != 0 {
            magnitude = u32x4_add(magnitude, k.rebias);
            // A subnormal is given the smallest normal value's exponent, and with it a hidden bit that is then taken off.
            let is_subnormal = i32x4_lt(rank, k.first_normal_code);
            magnitude = u32x4_add(magnitude, v128_and(is_subnormal, k.hidden_bit));
            magnitude = f32x4_sub(magnitude, v128_and(is_subnormal, k.min_normal));
            if last_number(self.cast) > max_code {
                magnitude = v128_bitselect(k.exponent, magnitude, i32x4_gt(rank, k.max_code));
            }
        }
        let value = v128_or(magnitude, sign);
        if !float.has_negative_zero() {
            return v128_bitselect(u32x4_splat(NAN), value, u32x4_eq(code, u32x4_splat(sign_bit)));
        }
        if last_number(self.cast) < sign_bit - 1 {
            return v128_bitselect(u32x4_splat(NAN), value, i32x4_gt(rank, u32x4_splat(last_number(self.cast))));
        }
        value
    }
}

/// From an f32's exponent field to the format's, in place.
pub(super) const fn rebias(cast: Cast) -> u32 {
    ((F32_BIAS - cast.float.bias) as u32) << F32_MANTISSA_BITS
}

/// Magnitudes of codes above this are NaN.
const fn last_number(cast: Cast) -> u32 {
    match cast.float.infinity_code() {
        Some(infinity) => infinity,
        None => cast.max_code,
    }
}

/// Lower and upper bytes of what the first codes' values, of which f32 has the upper halves, differ by from those of normal
/// numbers with exponent field 0.
const fn subnormals(cast: Cast) -> [[u8; 16]; 2] {
    let mut bytes = [[0; 16]; 2];
    let mut rank = 0;
    while rank < 16 && rank <= cast.max_code {
        let normal = (rank << (F32_MANTISSA_BITS - cast.float.mantissa_bits)).wrapping_add(rebias(cast));
        let difference = cast.decode(rank).wrapping_sub(normal).to_le_bytes();
        bytes[0][rank as usize] = difference[2];
        bytes[1][rank as usize] = difference[3];
        rank += 1;
    }
    bytes
}

impl Lanes for FloatLanes {
    #[inline(always)]
    fn quantize(&self, _: usize, x: v128) -> Quantized {
        let Cast { float, max_code, overflow_code, zero_sign, .. } = self.cast;
        // One code beyond the largest, where it can be told from that.
        let limit = u32x4_splat(((max_code + 1) << self.shift).wrapping_add(rebias(self.cast)));
        let mut rank = self.rank(f32x4_abs(x), limit);
        if rebias(self.cast) != 0 {
            let code_rebias = self.cast.min_normal_bits() >> self.shift;
            rank = v128_and(u32x4_sub(rank, u32x4_splat(code_rebias)), u32x4_splat(0xffff));
        }
        let code = u32x4_min(rank, u32x4_splat(overflow_code));
        let mut sign = u32x4_shr(v128_and(x, u32x4_splat(SIGN)), 32 - float.bits());
        if zero_sign == 0 {
            sign = v128_and(sign, u32x4_ne(code, u32x4_splat(0)));
        }
        let codes = v128_or(code, sign);
        let beyond = u32x4_gt(rank, self.splats.max_code);
        let nothing = u32x4_splat(0);
        let (clipped, overflowed) = if self.cast.saturates() { (beyond, nothing) } else { (nothing, beyond) };
        Quantized { codes, values: self.decode(codes), clipped, overflowed }
    }
}

/// The formats that most tensors are in get copies of the loops in which the cast is a constant: they are encoded in two
/// thirds to three quarters of the time.
pub(super) const BF16: Cast = Cast::new(Float::ieee(8, 7), Overflow::Special, NanRule::Quiet);
const FP16: Cast = Cast::new(Float::ieee(5, 10), Overflow::Special, NanRule::Quiet);
pub(super) const E4M3FN: Cast = Cast::new(mx::E4M3FN, Overflow::Saturate, NanRule::Quiet);
const E5M2: Cast = Cast::new(mx::E5M2, Overflow::Special, NanRule::Quiet);

/// As [`scalar::encode_slice`].
///
/// # Panics
/// As it does.
// Not a part of its caller: V8 compiles a function in earnest while it runs the first time, for the calls that follow.
#[inline(never)]
pub fn encode_slice(cast: &Cast, values: &[f32], codes: &mut [u8]) {
    match *cast {
        BF16 => encode::<8>(FloatLanes::new(BF16), values, codes),
        FP16 => encode::<8>(FloatLanes::new(FP16), values, codes),
        E4M3FN => encode::<16>(FloatLanes::new(E4M3FN), values, codes),
        E5M2 => encode::<16>(FloatLanes::new(E5M2), values, codes),
        _ if !FloatLanes::has(cast) => scalar::encode_slice(cast, values, codes),
        _ if cast.float.bits() <= 8 => encode::<16>(FloatLanes::new(*cast), values, codes),
        _ => encode::<8>(FloatLanes::new(*cast), values, codes),
    }
}

/// As [`scalar::decode_slice`].
///
/// # Panics
/// As it does.
#[inline(never)]
pub fn decode_slice(cast: &Cast, codes: &[u8], values: &mut [f32]) {
    match *cast {
        BF16 => decode::<8>(FloatLanes::new(BF16), codes, values),
        FP16 => decode::<8>(FloatLanes::new(FP16), codes, values),
        E4M3FN => decode::<16>(FloatLanes::new(E4M3FN), codes, values),
        E5M2 => decode::<16>(FloatLanes::new(E5M2), codes, values),
        _ if !FloatLanes::has(cast) => scalar::decode_slice(cast, codes, values),
        _ if cast.float.bits() <= 8 => decode::<16>(FloatLanes::new(*cast), codes, values),
        _ => decode::<8>(FloatLanes::new(*cast), codes, values),
    }
}

/// Values by the N whose codes fill a vector: 8 of two bytes, or 16 of one.
#[inline(always)]
fn encode<const N: usize>(lanes: FloatLanes, values: &[f32], codes: &mut [u8]) {
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
fn encode_block<const N: usize>(lanes: FloatLanes, block: &[f32; N]) -> [u8; 16] {
    let quads = block.as_chunks::<4>().0;
    let codes = |i: usize| lanes.encode(load(&quads[i]), load(&quads[i + 1]));
    let byte = |codes: v128| v128_and(codes, u16x8_splat(0xff));
    to_bytes(if N == 8 { codes(0) } else { u8x16_narrow_i16x8(byte(codes(0)), byte(codes(2))) })
}

#[inline(always)]
fn decode<const N: usize>(lanes: FloatLanes, codes: &[u8], values: &mut [f32]) {
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
fn decode_block<const N: usize>(lanes: FloatLanes, codes: &[u8; 16], block: &mut [f32; N]) {
    let quads = block.as_chunks_mut::<4>().0;
    let codes = from_bytes(codes);
    if N == 8 {
        if !decode_halves(lanes, codes, quads) {
            decode_pair(lanes, codes, quads);
        }
    } else if !decode_bytes(lanes, codes, quads) {
        decode_pair(lanes, u16x8_extend_low_u8x16(codes), &mut quads[0..2]);
        decode_pair(lanes, u16x8_extend_high_u8x16(codes), &mut quads[2..4]);
    }
}

/// Eight codes of 16 bits, if that can be done faster than by [`decode_pair`].
#[inline(always)]
fn decode_halves(lanes: FloatLanes, codes: v128, quads: &mut [[f32; 4]]) -> bool {
    let float = lanes.cast.float;
    if float.bits() != 16 || !float.has_negative_zero() {
        return false;
    }
    let k = &lanes.splats;
    let rank = v128_and(codes, k.rank);
    if rebias(lanes.cast) == 0 {
        let codes = v128_bitselect(k.nan, codes, i16x8_gt(rank, k.last_number));
        store(&mut quads[0], upper_low(k.zero, codes));
        store(&mut quads[1], upper_high(k.zero, codes));
        return true;
    }
    // A product moves the exponent, of all numbers. But a subnormal would be one of f32 on its way, over which some
    // processors take long, and which a tensor has few of.
    let is_subnormal = v128_andnot(i16x8_gt(rank, k.zero), i16x8_gt(rank, k.last_subnormal));
    if v128_any_true(v128_or(is_subnormal, i16x8_gt(rank, k.last_finite))) {
        return false;
    }
    let down = 8 - float.exponent_bits;
    store(&mut quads[0], f32x4_mul(v128_and(i32x4_shr(upper_low(k.zero, codes), down), k.kept), k.scale));
    store(&mut quads[1], f32x4_mul(v128_and(i32x4_shr(upper_high(k.zero, codes), down), k.kept), k.scale));
    true
}

/// Sixteen codes of a byte, if that can be done faster than by [`decode_pair`]: their f32s have nothing in the lower halves,
/// so that eight lanes of the upper ones do. What the subnormals differ by from normal values is looked up.
#[inline(always)]
fn decode_bytes(lanes: FloatLanes, codes: v128, quads: &mut [[f32; 4]]) -> bool {
    let float = lanes.cast.float;
    if float.mantissa_bits > 4 {
        return false;
    }
    let k = &lanes.splats;
    let rank = v128_andnot(codes, k.byte_sign);
    let mut is_special = i8x16_gt(rank, k.max_byte);
    if !float.has_negative_zero() {
        is_special = v128_or(is_special, u8x16_eq(codes, k.byte_sign));
    }
    if v128_any_true(is_special) {
        return false;
    }
    let sign = v128_and(u8x16_shl(codes, 8 - float.bits()), u8x16_splat(0x80));
    let [low, high] = k.subnormals.map(|bytes| u8x16_swizzle(bytes, rank));
    let high = v128_xor(high, sign);
    let upper = |rank: v128, more: v128| {
        let normal = u16x8_add(u16x8_shl(rank, 7 - float.mantissa_bits), k.upper_rebias);
        u16x8_add(normal, more)
    };
    let first = i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(low, high);
    let second = i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(low, high);
    let first = upper(u16x8_extend_low_u8x16(rank), first);
    let second = upper(u16x8_extend_high_u8x16(rank), second);
    store(&mut quads[0], upper_low(k.zero, first));
    store(&mut quads[1], upper_high(k.zero, first));
    store(&mut quads[2], upper_low(k.zero, second));
    store(&mut quads[3], upper_high(k.zero, second));
    true
}

/// The first four of eight halves, each as the upper half of 32 bits.
#[inline(always)]
fn upper_low(zero: v128, halves: v128) -> v128 {
    i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(zero, halves)
}

/// The last four.
#[inline(always)]
fn upper_high(zero: v128, halves: v128) -> v128 {
    i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(zero, halves)
}

/// Eight codes of 16 bits, whatever they are.
#[inline(always)]
fn decode_pair(lanes: FloatLanes, codes: v128, quads: &mut [[f32; 4]]) {
    store(&mut quads[0], lanes.decode(u32x4_extend_low_u16x8(codes)));
    store(&mut quads[1], lanes.decode(u32x4_extend_high_u16x8(codes)));
}
