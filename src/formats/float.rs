//! Binary floating-point formats: sign, exponent, fraction, with IEEE 754's infinities and NaNs.
//!
//! With exponent field e, fraction field m, M fraction bits and bias B the value is
//!
//! - e = 0: (−1)ˢ · m · 2^(1−B−M) (zero and subnormals),
//! - e all ones: infinity (m = 0) or NaN,
//! - else: (−1)ˢ · (1 + m/2ᴹ) · 2^(e−B).
//!
//! Encoding is integer arithmetic on the bits of the f32, rounding to nearest with ties to even, as the GPU kernel of
//! the same name does it: a GPU may flush subnormals and assume that there is no NaN, but its integers are exact.

/// The facts of one floating-point format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Float {
    /// Width of the exponent field, 2..=8.
    pub exponent_bits: u32,
    /// Width of the fraction field, 1..=23.
    pub mantissa_bits: u32,
    /// What is subtracted from the exponent field.
    pub bias: i32,
}

const F32_MANTISSA_BITS: u32 = 23;
const F32_BIAS: i32 = 127;
const F32_INFINITY: u32 = 0x7f80_0000;

impl Float {
    /// Bits of one code.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        1 + self.exponent_bits + self.mantissa_bits
    }

    /// The code of +∞; larger magnitudes are NaN.
    #[must_use]
    pub const fn infinity_code(&self) -> u32 {
        ((1 << self.exponent_bits) - 1) << self.mantissa_bits
    }

    /// The largest finite value.
    #[must_use]
    pub const fn max(&self) -> f32 {
        self.decode(self.infinity_code() - 1)
    }

    /// The smallest normal value, as f32 bits.
    #[must_use]
    pub const fn min_normal_bits(&self) -> u32 {
        ((F32_BIAS - self.bias + 1) as u32) << F32_MANTISSA_BITS
    }

    /// Exponent of the smallest subnormal: values below the smallest normal are whole multiples of 2^this.
    #[must_use]
    pub const fn quantum_exponent(&self) -> i32 {
        1 - self.bias - self.mantissa_bits as i32
    }

    /// The distance between neighbouring values around a finite `x` (one ulp): 2^(⌊log₂|x|⌋ − M), and the subnormal
    /// quantum below the smallest normal.
    #[must_use]
    pub fn spacing(&self, x: f32) -> f64 {
        let magnitude = x.to_bits() & 0x7fff_ffff;
        let exponent = if magnitude < self.min_normal_bits() {
            self.quantum_exponent()
        } else {
            (magnitude >> F32_MANTISSA_BITS).max(1) as i32 - F32_BIAS - self.mantissa_bits as i32
        };
        libm::exp2(f64::from(exponent))
    }

    /// The code nearest to `x`, ties to even.
    ///
    /// Finite values that round beyond the largest become ±∞; NaN becomes the quiet NaN with `x`'s sign.
    #[must_use]
    pub const fn encode(&self, x: f32) -> u32 {
        let bits = x.to_bits();
        let sign = (bits >> 31) << (self.exponent_bits + self.mantissa_bits);
        let magnitude = bits & 0x7fff_ffff;
        if magnitude > F32_INFINITY {
            return sign | self.infinity_code() | 1 << (self.mantissa_bits - 1);
        }
        let code = if magnitude >= self.min_normal_bits() {
            let shift = F32_MANTISSA_BITS - self.mantissa_bits;
            let rebias = ((F32_BIAS - self.bias) as u32) << self.mantissa_bits;
            round_shift(magnitude, shift) - rebias
        } else {
            // |x| = significand · 2^(exponent − 150), wanted as a multiple of 2^quantum_exponent.
            let exponent = magnitude >> F32_MANTISSA_BITS;
            let hidden = if exponent > 0 { 1 << F32_MANTISSA_BITS } else { 0 };
            let significand = (magnitude & 0x007f_ffff) | hidden;
            let exponent = if exponent > 0 { exponent as i32 } else { 1 };
            let shift = self.quantum_exponent() + 150 - exponent;
            if shift > 25 { 0 } else { round_shift(significand, shift as u32) }
        };
        let infinity = self.infinity_code();
        sign | if code < infinity { code } else { infinity }
    }

    /// The value of a code, exact: every format of the table is a subset of f32.
    #[must_use]
    pub const fn decode(&self, code: u32) -> f32 {
        let sign = (code >> (self.exponent_bits + self.mantissa_bits)) << 31;
        let exponent = (code >> self.mantissa_bits) & ((1 << self.exponent_bits) - 1);
        let fraction = code & ((1 << self.mantissa_bits) - 1);
        let shift = F32_MANTISSA_BITS - self.mantissa_bits;
        let magnitude = if exponent == (1 << self.exponent_bits) - 1 {
            F32_INFINITY | (fraction << shift)
        } else if exponent > 0 {
            ((exponent as i32 + F32_BIAS - self.bias) as u32) << F32_MANTISSA_BITS | (fraction << shift)
        } else if fraction == 0 {
            0
        } else {
            // The leading one of the fraction, at position p, becomes the hidden bit if the value is normal in f32.
            let p = 31 - fraction.leading_zeros();
            let biased = p as i32 + self.quantum_exponent() + F32_BIAS;
            if biased > 0 {
                (biased as u32) << F32_MANTISSA_BITS | ((fraction << (F32_MANTISSA_BITS - p)) & 0x007f_ffff)
            } else {
                fraction << (self.quantum_exponent() + 149) as u32
            }
        };
        f32::from_bits(sign | magnitude)
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

#[cfg(test)]
mod tests {
    use super::super::{BF16, FORMATS, FP16, FP32, Kind};
    use super::*;

    const BF: Float = Float { exponent_bits: 8, mantissa_bits: 7, bias: 127 };
    const HALF: Float = Float { exponent_bits: 5, mantissa_bits: 10, bias: 15 };

    fn tricky_bits() -> impl Iterator<Item = u32> {
        // Every sign and exponent with the fractions where rounding decides, then a spread over everything.
        let edges = (0..512u32).flat_map(|high| {
            [0, 1, 0xfff, 0x1000, 0x1001, 0x2fff, 0x3000, 0x3001, 0x7fff, 0x8000, 0x8001, 0x18000, 0x7f_efff, 0x7f_ffff]
                .map(|low| high << 23 | low)
        });
        edges.chain((0..1 << 20).map(|i: u32| i.wrapping_mul(0x9e37_79b9)))
    }

    #[test]
    fn every_fp16_and_bf16_code_decodes_as_half_does() {
        for code in 0..=u16::MAX {
            let (ours, theirs) = (HALF.decode(code.into()), half::f16::from_bits(code).to_f32());
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "FP16 {code:#06x}");
            let (ours, theirs) = (BF.decode(code.into()), half::bf16::from_bits(code).to_f32());
            assert!(ours.to_bits() == theirs.to_bits() || ours.is_nan() && theirs.is_nan(), "BF16 {code:#06x}");
        }
    }

    #[test]
    fn fp16_and_bf16_encode_as_half_does() {
        for bits in tricky_bits() {
            let x = f32::from_bits(bits);
            if x.is_nan() {
                assert!(HALF.decode(HALF.encode(x)).is_nan() && BF.decode(BF.encode(x)).is_nan());
                continue;
            }
            assert_eq!(HALF.encode(x), u32::from(half::f16::from_f32(x).to_bits()), "FP16 of {bits:#010x}");
            assert_eq!(BF.encode(x), u32::from(half::bf16::from_f32(x).to_bits()), "BF16 of {bits:#010x}");
        }
    }

    #[test]
    fn fp32_keeps_every_bit() {
        let Kind::Float(fp32) = FP32.kind else { panic!("FP32 is a float") };
        for bits in tricky_bits().filter(|&bits| !f32::from_bits(bits).is_nan()) {
            assert_eq!(fp32.encode(f32::from_bits(bits)), bits);
            assert_eq!(fp32.decode(bits).to_bits(), bits);
        }
    }

    #[test]
    fn decoding_then_encoding_gives_the_code_back() {
        for format in FORMATS {
            let Kind::Float(float) = format.kind else { continue };
            let codes = 1u64 << float.bits().min(20);
            for code in (0..codes as u32).filter(|&code| !float.decode(code).is_nan()) {
                assert_eq!(float.encode(float.decode(code)), code, "{} {code:#x}", format.name);
            }
        }
    }

    #[test]
    fn fp16_overflows_where_bf16_does_not() {
        assert_eq!(HALF.max(), 65_504.0);
        assert!(HALF.decode(HALF.encode(70_000.0)).is_infinite());
        assert_eq!(HALF.decode(HALF.encode(65_519.9)), 65_504.0);
        assert!(HALF.decode(HALF.encode(65_520.0)).is_infinite());
        assert_eq!(BF.decode(BF.encode(70_000.0)), 70_144.0);
        assert_eq!((BF16.bits(), FP16.bits()), (16, 16));
    }

    #[test]
    fn spacing_is_the_distance_to_the_next_value() {
        for x in [1.0f32, 1.5, 65_504.0, 6.2e-5, 3e-6, 0.0] {
            let code = HALF.encode(x);
            let step = f64::from(HALF.decode(code)) - f64::from(HALF.decode(code.saturating_sub(1)));
            assert!(code == 0 || step == HALF.spacing(x) || x == 1.0, "{x}: {step} against {}", HALF.spacing(x));
        }
        assert_eq!(HALF.spacing(1.0), 2f64.powi(-10));
    }
}
