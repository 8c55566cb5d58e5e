//! Binary floating-point formats: sign, exponent, fraction.
//!
//! With exponent field e of E bits, fraction field m of M bits and bias B, a code stands for
//!
//! - e = 0: (−1)ˢ · m · 2^(1−B−M) (zero and subnormals),
//! - else: (−1)ˢ · (1 + m/2ᴹ) · 2^(e−B),
//!
//! except for the codes that [`Specials`] takes for infinities and NaN. The magnitudes of the finite values, in order,
//! have the codes 0, 1, 2 …: that is what makes rounding "one code further" and overflow a comparison of codes.
//!
//! [`Float::encode`] reads like that definition and is the reference. It works on f64, of which every value here is a
//! subset. What quantizes tensors is [`super::cast`], and equals it.

use super::rounding::{Conversion, NanRule, Overflow, Rounding};

/// The facts of one floating-point format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Float {
    /// E, width of the exponent field.
    pub exponent_bits: u32,
    /// M, width of the fraction field.
    pub mantissa_bits: u32,
    /// B, what is subtracted from the exponent field.
    pub bias: i32,
    /// Which codes are no numbers.
    pub specials: Specials,
    /// Whether the codes with exponent field 0 are subnormals; if not, they are all zero.
    pub subnormals: bool,
}

/// The codes that stand for infinities and NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Specials {
    /// IEEE 754: with all ones in the exponent, infinity (m = 0) and NaN.
    Ieee,
    /// NaN is all ones; no infinity ("FN" in ml_dtypes, OCP E4M3).
    TopNan,
    /// Infinity is all ones; no NaN.
    TopInfinity,
    /// Every code is a number ("FN" of 6 and 4 bits, OCP FP6 and FP4).
    None,
    /// NaN is the code that would be −0; no infinity ("FNUZ", and IEEE P3109's finite formats).
    NanForNegativeZero,
    /// NaN is the code that would be −0, and infinity is all ones (IEEE P3109's extended formats).
    NanForNegativeZeroTopInfinity,
}

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// +0 or −0.
    Zero,
    /// Below the smallest normal, with fewer bits of precision.
    Subnormal,
    /// With all bits of precision.
    Normal,
    /// +∞ or −∞.
    Infinity,
    /// Not a number.
    Nan,
}

/// Why there is no such custom format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// More exponent bits than 8, or more fraction bits than 23.
    #[error("a custom float has at most 8 exponent bits and 23 fraction bits")]
    TooWide,
    /// No bits but the sign.
    #[error("a float of only a sign has no values: give it exponent or fraction bits")]
    NoBits,
    /// Without exponent bits there is no exponent that could be all ones, and without subnormals nothing but zero.
    #[error(
        "without exponent bits every value is subnormal, so subnormals are needed and infinity with NaN is not to be had"
    )]
    NoExponent,
    /// IEEE specials without a fraction bit.
    #[error("infinity and NaN need a fraction bit to be told apart")]
    NoFraction,
    /// All codes would be taken by specials.
    #[error("that leaves no code for a finite number besides zero")]
    NoNumbers,
    /// Values outside f64's normal range.
    #[error("this bias puts values beyond what double precision holds exactly; it may be {min} to {max} here")]
    Bias {
        /// The smallest bias.
        min: i32,
        /// The largest bias.
        max: i32,
    },
}

const F64_MANTISSA_BITS: u32 = 52;
const F64_BIAS: i32 = 1023;
const F64_SIGN: u64 = 1 << 63;
const F64_INFINITY: u64 = 0x7ff0_0000_0000_0000;

impl Float {
    /// An IEEE 754 format: bias 2^(E−1) − 1, subnormals, infinities and NaN. Rows say where they differ.
    #[must_use]
    pub const fn ieee(exponent_bits: u32, mantissa_bits: u32) -> Self {
        let bias = (1 << (exponent_bits - 1)) - 1;
        Self { exponent_bits, mantissa_bits, bias, specials: Specials::Ieee, subnormals: true }
    }

    /// A format of the reader's own, if every value of it is exact in f64.
    ///
    /// # Errors
    /// [`Error`], which says what stands in the way.
    pub fn custom(self) -> Result<Self, Error> {
        let Self { exponent_bits, mantissa_bits, bias, specials, subnormals } = self;
        if exponent_bits > 8 || mantissa_bits > 23 {
            return Err(Error::TooWide);
        }
        if exponent_bits + mantissa_bits == 0 {
            return Err(Error::NoBits);
        }
        if exponent_bits == 0 && (!subnormals || specials == Specials::Ieee) {
            return Err(Error::NoExponent);
        }
        let nothing_but_zero = 1i64 << if subnormals { 0 } else { mantissa_bits };
        if self.lacks_a_special_code() {
            return Err(Error::NoFraction);
        }
        if i64::from(self.max_code()) < nothing_but_zero {
            return Err(Error::NoNumbers);
        }
        // The quantum 2^(1−B−M) is at least f64's smallest normal, and the binade of the top exponent field at most its
        // largest.
        let max = 1 - mantissa_bits as i32 + (F64_BIAS - 1);
        let min = (1 << exponent_bits) - 1 - F64_BIAS;
        if (min..=max).contains(&bias) { Ok(self) } else { Err(Error::Bias { min, max }) }
    }

    /// IEEE specials need a fraction bit to tell NaN from infinity.
    const fn lacks_a_special_code(&self) -> bool {
        matches!(self.specials, Specials::Ieee) && self.mantissa_bits == 0
    }

    /// Bits of one code.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        1 + self.exponent_bits + self.mantissa_bits
    }

    /// The sign bit of a code.
    #[must_use]
    pub const fn sign_bit(&self) -> u32 {
        1 << (self.exponent_bits + self.mantissa_bits)
    }

    /// The code of the largest finite value.
    #[must_use]
    pub const fn max_code(&self) -> u32 {
        let all_ones = self.sign_bit() - 1;
        match self.specials {
            Specials::Ieee => all_ones - (1 << self.mantissa_bits),
            Specials::TopNan | Specials::TopInfinity | Specials::NanForNegativeZeroTopInfinity => all_ones - 1,
            Specials::None | Specials::NanForNegativeZero => all_ones,
        }
    }

    /// The code of +∞, if the format has infinities.
    #[must_use]
    pub const fn infinity_code(&self) -> Option<u32> {
        match self.specials {
            Specials::Ieee | Specials::TopInfinity | Specials::NanForNegativeZeroTopInfinity => {
                Some(self.max_code() + 1)
            }
            Specials::TopNan | Specials::None | Specials::NanForNegativeZero => None,
        }
    }

    /// The code of NaN by a rule, of a NaN with this sign and payload (the upper bits of its fraction); nothing if the
    /// format has no NaN.
    #[must_use]
    pub const fn nan_code(&self, rule: NanRule, is_negative: bool, payload: u32) -> Option<u32> {
        let all_ones = self.sign_bit() - 1;
        let sign = if is_negative || matches!(rule, NanRule::AllOnesNegative) { self.sign_bit() } else { 0 };
        match self.specials {
            Specials::None | Specials::TopInfinity => None,
            Specials::NanForNegativeZero | Specials::NanForNegativeZeroTopInfinity => Some(self.sign_bit()),
            Specials::TopNan => Some(sign | all_ones),
            Specials::Ieee => {
                let quiet = self.max_code() + 1 + (1 << (self.mantissa_bits - 1));
                Some(
                    sign | match rule {
                        NanRule::Quiet => quiet,
                        NanRule::AllOnes | NanRule::AllOnesNegative => all_ones,
                        NanRule::Payload => quiet | payload & ((1 << self.mantissa_bits) - 1),
                    },
                )
            }
        }
    }

    /// Whether −0 has a code of its own.
    #[must_use]
    pub const fn has_negative_zero(&self) -> bool {
        !matches!(self.specials, Specials::NanForNegativeZero | Specials::NanForNegativeZeroTopInfinity)
    }

    /// The largest finite value.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.decode(self.max_code())
    }

    /// The smallest positive value with all bits of precision; nothing if no value has them.
    #[must_use]
    pub fn min_normal(&self) -> Option<f64> {
        (self.max_code() >= 1 << self.mantissa_bits).then(|| self.decode(1 << self.mantissa_bits))
    }

    /// The smallest positive value below the normal ones; nothing if there are no subnormals.
    #[must_use]
    pub fn min_subnormal(&self) -> Option<f64> {
        (self.subnormals && self.mantissa_bits > 0).then(|| self.decode(1))
    }

    /// Exponent of the smallest subnormal: values below the smallest normal are whole multiples of 2^this.
    #[must_use]
    pub const fn quantum_exponent(&self) -> i32 {
        1 - self.bias - self.mantissa_bits as i32
    }

    /// Exponent of the distance between neighbouring values at a nonzero finite magnitude: ⌊log₂|x|⌋ − M, and that of
    /// the subnormals below the smallest normal.
    const fn spacing_exponent(&self, floor_log2: i32) -> i32 {
        let normal = floor_log2 - self.mantissa_bits as i32;
        if normal > self.quantum_exponent() { normal } else { self.quantum_exponent() }
    }

    /// The distance between neighbouring values around a finite `x`: one ulp.
    #[must_use]
    pub fn spacing(&self, x: f64) -> f64 {
        let floor_log2 = if x == 0.0 { i32::MIN / 2 } else { libm::ilogb(x) };
        if !self.subnormals && floor_log2 < 1 - self.bias {
            return libm::exp2(f64::from(1 - self.bias)); // from zero to the smallest value
        }
        libm::exp2(f64::from(self.spacing_exponent(floor_log2)))
    }

    /// The code of `x`; nothing for a NaN that the format does not have.
    ///
    /// A finite number is rounded as if the exponent had no end; what then lies beyond the largest value overflows, and
    /// infinities with it.
    #[must_use]
    pub const fn encode(&self, x: f64, by: Conversion) -> Option<u32> {
        let bits = x.to_bits();
        let is_negative = bits & F64_SIGN != 0;
        let magnitude = bits & !F64_SIGN;
        if magnitude > F64_INFINITY {
            let payload = (magnitude & (F64_INFINITY ^ !F64_SIGN)) >> (F64_MANTISSA_BITS - self.mantissa_bits);
            return self.nan_code(by.nan, is_negative, payload as u32);
        }
        let sign = if is_negative { self.sign_bit() } else { 0 };
        let rank = if magnitude == F64_INFINITY { u64::MAX } else { self.rank(magnitude, is_negative, by.rounding) };
        if rank == 0 {
            return Some(if self.has_negative_zero() { sign } else { 0 });
        }
        if rank <= self.max_code() as u64 {
            return Some(sign | rank as u32);
        }
        let is_finite = magnitude != F64_INFINITY;
        if matches!(by.overflow, Overflow::Saturate) || is_finite && by.rounding.stays_finite(is_negative) {
            return Some(sign | self.max_code());
        }
        match self.infinity_code() {
            Some(infinity) => Some(sign | infinity),
            None => match self.nan_code(by.nan, is_negative, 0) {
                None => Some(sign | self.max_code()),
                nan => nan,
            },
        }
    }

    /// Whether a finite `x` lies so far beyond the largest value that it is not rounded to it.
    #[must_use]
    pub const fn clips(&self, x: f64, rounding: Rounding) -> bool {
        let bits = x.to_bits();
        self.rank(bits & !F64_SIGN, bits & F64_SIGN != 0, rounding) > self.max_code() as u64
    }

    /// The place of a rounded finite magnitude among those of the format, which is its code if there is one.
    const fn rank(&self, magnitude: u64, is_negative: bool, rounding: Rounding) -> u64 {
        let m = self.mantissa_bits;
        // magnitude = significand · 2^exponent
        let field = (magnitude >> F64_MANTISSA_BITS) as i32;
        let fraction = magnitude & ((1 << F64_MANTISSA_BITS) - 1);
        let (significand, exponent) = if field > 0 {
            (fraction | 1 << F64_MANTISSA_BITS, field - F64_BIAS - F64_MANTISSA_BITS as i32)
        } else {
            (fraction, 1 - F64_BIAS - F64_MANTISSA_BITS as i32)
        };
        if significand == 0 {
            return 0;
        }
        let floor_log2 = exponent + 63 - significand.leading_zeros() as i32;
        let below_normals = floor_log2 < 1 - self.bias;
        // Without subnormals the step below the smallest normal is that value itself.
        let step = if below_normals && !self.subnormals { 1 - self.bias } else { self.spacing_exponent(floor_log2) };
        // Steps in the magnitude, and what is left over. The step is never finer than f64's own, so the shift is no less
        // than 0; beyond 63 there is no whole step.
        let shift = (step - exponent) as u32;
        let steps = if shift < 64 { significand >> shift } else { 0 };
        let rest = if shift < 64 { significand & ((1 << shift) - 1) } else { significand };
        let floor = ((step - self.quantum_exponent()) as u64) << m;
        // Of the code, not of the steps: without fraction bits the exponent decides what is even.
        let is_odd = (floor + steps) & 1 == 1;
        let away = rest > 0 && rounding.goes_away(is_negative, is_odd, rest, shift);
        if below_normals && !self.subnormals {
            return if away { 1 << m } else { 0 };
        }
        floor + steps + away as u64
    }

    /// What a code stands for.
    #[must_use]
    pub const fn class(&self, code: u32) -> Class {
        let magnitude = code & (self.sign_bit() - 1);
        if magnitude == 0 {
            let is_nan = code != 0 && !self.has_negative_zero();
            return if is_nan { Class::Nan } else { Class::Zero };
        }
        if magnitude > self.max_code() {
            return match self.infinity_code() {
                Some(infinity) if magnitude == infinity => Class::Infinity,
                _ => Class::Nan,
            };
        }
        if magnitude >> self.mantissa_bits > 0 {
            Class::Normal
        } else if self.subnormals {
            Class::Subnormal
        } else {
            Class::Zero
        }
    }

    /// The value of a code.
    #[must_use]
    pub fn decode(&self, code: u32) -> f64 {
        let m = self.mantissa_bits;
        let magnitude = code & (self.sign_bit() - 1);
        let value = match self.class(code) {
            Class::Nan => return f64::NAN,
            Class::Infinity => f64::INFINITY,
            Class::Zero => 0.0,
            Class::Subnormal => libm::ldexp(f64::from(magnitude), self.quantum_exponent()),
            Class::Normal => {
                let significand = magnitude & ((1 << m) - 1) | 1 << m;
                libm::ldexp(f64::from(significand), (magnitude >> m) as i32 - self.bias - m as i32)
            }
        };
        if code & self.sign_bit() == 0 { value } else { -value }
    }
}
