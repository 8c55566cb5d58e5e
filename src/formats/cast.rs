//! A float format made ready for tensors: f32 bits in, codes out and back, in u32 arithmetic, nearest even.
//!
//! The same steps as the GPU kernel `float.wgsl` takes: a GPU may flush subnormals and assume that there is no NaN, but
//! its integers are exact. What [`Float::encode`] decides by asking, [`Cast`] has as numbers.

use super::float::{Class, Float};
use super::rounding::{NanRule, Overflow};

/// A float format with what becomes of numbers that it does not have.
///
/// Its values must be values of f32, as those of every row of the table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// The format.
    pub float: Float,
    /// Code of the largest finite magnitude.
    pub max_code: u32,
    /// Code of magnitudes beyond it: infinity, NaN or `max_code`.
    pub overflow_code: u32,
    /// Code of NaN; 0 in a format that has none.
    pub nan_code: u32,
    /// The sign bit if −0 has a code, else 0.
    pub zero_sign: u32,
    /// The sign bit if a NaN keeps its sign, else 0.
    pub nan_sign: u32,
}

const F32_MANTISSA_BITS: u32 = 23;
const F32_BIAS: i32 = 127;
const F32_INFINITY: u32 = 0x7f80_0000;
const F32_MAGNITUDE: u32 = 0x7fff_ffff;
const F32_NAN: u32 = 0x7fc0_0000;

impl Cast {
    /// The cast that rounds to nearest even.
    #[must_use]
    pub const fn new(float: Float, overflow: Overflow, nan: NanRule) -> Self {
        let sign_bit = float.sign_bit();
        let max_code = float.max_code();
        let nan_code = float.nan_code(nan, false, 0);
        let overflow_code = match (overflow, float.infinity_code(), nan_code) {
            (Overflow::Special, Some(infinity), _) => infinity,
            (Overflow::Special, None, Some(nan)) => nan,
            _ => max_code,
        };
        let keeps_sign = nan_code.is_some() && float.has_negative_zero();
        Self {
            float,
            max_code,
            overflow_code,
            nan_code: match nan_code {
                Some(code) => code,
                None => 0,
            },
            zero_sign: if float.has_negative_zero() { sign_bit } else { 0 },
            nan_sign: if keeps_sign { sign_bit } else { 0 },
        }
    }

    /// The smallest normal value, as f32 bits.
    #[must_use]
    pub const fn min_normal_bits(&self) -> u32 {
        ((F32_BIAS - self.float.bias + 1) as u32) << F32_MANTISSA_BITS
    }

    /// Whether what lies beyond the largest value becomes that value.
    #[must_use]
    pub const fn saturates(&self) -> bool {
        self.overflow_code == self.max_code
    }

    /// The place of a finite magnitude among those of the format, as if the exponent had no end.
    #[must_use]
    pub const fn rank(&self, magnitude: u32) -> u32 {
        let m = self.float.mantissa_bits;
        if magnitude >= self.min_normal_bits() {
            let rebias = ((F32_BIAS - self.float.bias) as u32) << m;
            return round_shift(magnitude, F32_MANTISSA_BITS - m) - rebias;
        }
        // |x| = significand · 2^(exponent − 150), wanted as a multiple of 2^quantum_exponent.
        let exponent = magnitude >> F32_MANTISSA_BITS;
        let hidden = if exponent > 0 { 1 << F32_MANTISSA_BITS } else { 0 };
        let significand = (magnitude & 0x007f_ffff) | hidden;
        let exponent = if exponent > 0 { exponent as i32 } else { 1 };
        let shift = self.float.quantum_exponent() + 150 - exponent;
        if shift > 25 { 0 } else { round_shift(significand, shift as u32) }
    }

    /// The code nearest to an f32, ties to even.
    #[must_use]
    pub const fn encode(&self, bits: u32) -> u32 {
        let sign = if bits >> 31 == 1 { self.float.sign_bit() } else { 0 };
        let magnitude = bits & F32_MAGNITUDE;
        if magnitude > F32_INFINITY {
            return self.nan_code | (sign & self.nan_sign);
        }
        let rank = self.rank(magnitude);
        if rank == 0 {
            sign & self.zero_sign
        } else if rank > self.max_code {
            sign | self.overflow_code
        } else {
            sign | rank
        }
    }

    /// Whether a finite f32 lies so far beyond the largest value that it is not rounded to it.
    #[must_use]
    pub const fn clips(&self, bits: u32) -> bool {
        self.rank(bits & F32_MAGNITUDE) > self.max_code
    }

    /// The value of a code, as f32 bits.
    #[must_use]
    pub const fn decode(&self, code: u32) -> u32 {
        let m = self.float.mantissa_bits;
        let sign_bit = self.float.sign_bit();
        let sign = if code & sign_bit == 0 { 0 } else { 1 << 31 };
        let rank = code & (sign_bit - 1);
        match self.float.class(code) {
            Class::Nan => F32_NAN,
            Class::Infinity => sign | F32_INFINITY,
            Class::Zero => sign,
            Class::Normal => {
                let bias_bits = ((F32_BIAS - self.float.bias) as u32) << F32_MANTISSA_BITS;
                sign | ((rank << (F32_MANTISSA_BITS - m)) + bias_bits)
            }
            Class::Subnormal => {
                // The leading one, at position p, becomes the hidden bit if the value is normal in f32.
                let p = 31 - rank.leading_zeros();
                let biased = p as i32 + self.float.quantum_exponent() + F32_BIAS;
                if biased > 0 {
                    let fraction = (rank << (F32_MANTISSA_BITS - p)) & 0x007f_ffff;
                    sign | (biased as u32) << F32_MANTISSA_BITS | fraction
                } else {
                    sign | rank << (self.float.quantum_exponent() + 149) as u32
                }
            }
        }
    }
}

/// `value / 2^shift`, rounded to nearest, ties to even. `shift` ≤ 25 and `value` < 2³¹.
const fn round_shift(value: u32, shift: u32) -> u32 {
    if shift == 0 {
        return value;
    }
    let half = 1 << (shift - 1);
    let odd = (value >> shift) & 1;
    (value + (half - 1) + odd) >> shift
}
