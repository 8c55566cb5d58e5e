//! How a number becomes the nearest code: rounding, overflow, and what a NaN turns into.
//!
//! A standard says what the codes of a format *mean*; these are the choices that it leaves to whoever converts. Each
//! library makes its own, see [`super::library`].

/// Which of two neighbouring values a number between them becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rounding {
    /// The nearer; of two equally near, the one with an even code. IEEE 754's default, and everybody's.
    #[default]
    NearestEven,
    /// The nearer; of two equally near, the larger in magnitude.
    NearestAway,
    /// The smaller in magnitude: what is left over is cut off.
    TowardZero,
    /// The larger.
    Up,
    /// The smaller.
    Down,
    /// The one with an odd code, unless the number is a value itself: rounding once more, to fewer bits, is then right.
    ToOdd,
    /// Away from zero with a probability equal to the part of the step that is left over, so that the mean is kept:
    /// ⌊δ·2ⁿ⌋ + r ≥ 2ⁿ, with δ the part of a step and r a random number of n bits (gfloat's `StochasticFastest`).
    Stochastic {
        /// n, 1..=32.
        bits: u32,
        /// r, below 2ⁿ.
        random: u32,
    },
}

impl Rounding {
    /// Whether a number between two values goes away from zero, from the part of a step that it is beyond the smaller:
    /// `rest` / 2^`shift`, 0 < `rest` < 2^`shift`.
    pub(super) const fn goes_away(self, is_negative: bool, is_odd: bool, rest: u64, shift: u32) -> bool {
        // 2^(shift − 1), and beyond u64 a half that no rest reaches.
        let half = if shift <= 64 { 1 << (shift - 1) } else { u64::MAX };
        match self {
            Self::NearestEven => rest > half || rest == half && is_odd && shift <= 64,
            Self::NearestAway => rest >= half && shift <= 64,
            Self::TowardZero => false,
            Self::Up => !is_negative,
            Self::Down => is_negative,
            Self::ToOdd => !is_odd,
            Self::Stochastic { bits, random } => {
                let part = if shift <= bits {
                    rest << (bits - shift)
                } else if shift - bits < 64 {
                    rest >> (shift - bits)
                } else {
                    0
                };
                part + random as u64 >= 1 << bits
            }
        }
    }

    /// Whether finite numbers beyond the largest value are rounded back to it, for numbers of this sign (IEEE 754 §7.4).
    pub(super) const fn stays_finite(self, is_negative: bool) -> bool {
        match self {
            Self::TowardZero | Self::ToOdd => true,
            Self::Up => is_negative,
            Self::Down => !is_negative,
            Self::NearestEven | Self::NearestAway | Self::Stochastic { .. } => false,
        }
    }
}

/// What becomes of a number that rounds beyond the largest value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The largest value, and infinities too.
    Saturate,
    /// Infinity; NaN in a format without infinities; the largest value in one that has neither.
    Special,
}

/// What becomes of a NaN, in a format that has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NanRule {
    /// The quiet NaN of the same sign: top bit of the fraction set, the rest zero.
    Quiet,
    /// All bits of exponent and fraction set, the sign kept.
    AllOnes,
    /// All bits set, the sign too.
    AllOnesNegative,
    /// The upper bits of the payload, made quiet.
    Payload,
}

/// All that converting leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Between two values.
    pub rounding: Rounding,
    /// Beyond the largest.
    pub overflow: Overflow,
    /// Of NaN.
    pub nan: NanRule,
}
