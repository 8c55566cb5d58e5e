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

    /// The same rounding for value number `index` of a tensor: of a stochastic one, `random` is the seed, and the bits are
    /// drawn from it and the index (SplitMix64), so that they do not depend on what was rounded before.
    #[must_use]
    pub const fn at(self, index: u64) -> Self {
        let Self::Stochastic { bits, random: seed } = self else { return self };
        let bits = if bits == 0 || bits > 32 { 32 } else { bits };
        let mut z = ((seed as u64) << 32 ^ index).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        Self::Stochastic { bits, random: (z >> (64 - bits)) as u32 }
    }

    /// The whole number that `x` becomes; even and odd are those of the number.
    #[must_use]
    pub fn whole(self, x: f64) -> f64 {
        let floor = libm::trunc(x.abs());
        let part = x.abs() - floor;
        if part == 0.0 || !x.is_finite() {
            return x;
        }
        let is_odd = libm::fmod(floor, 2.0) == 1.0;
        let away = match self {
            Self::NearestEven => part > 0.5 || part == 0.5 && is_odd,
            Self::NearestAway => part >= 0.5,
            Self::TowardZero => false,
            Self::Up => x > 0.0,
            Self::Down => x < 0.0,
            Self::ToOdd => !is_odd,
            Self::Stochastic { bits, random } => {
                let steps = libm::exp2(bits.into());
                libm::trunc(part * steps) + f64::from(random) >= steps
            }
        };
        libm::copysign(floor + f64::from(u8::from(away)), x)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_numbers_are_rounded_as_each_rule_says() {
        let by = |rounding: Rounding| [-2.5, -1.5, -0.25, 0.5, 1.5, 2.75, 3.0].map(|x| rounding.whole(x));
        assert_eq!(by(Rounding::NearestEven), [-2.0, -2.0, 0.0, 0.0, 2.0, 3.0, 3.0]);
        assert_eq!(by(Rounding::NearestAway), [-3.0, -2.0, 0.0, 1.0, 2.0, 3.0, 3.0]);
        assert_eq!(by(Rounding::TowardZero), [-2.0, -1.0, 0.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(by(Rounding::Up), [-2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 3.0]);
        assert_eq!(by(Rounding::Down), [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(by(Rounding::ToOdd), [-3.0, -1.0, -1.0, 1.0, 1.0, 3.0, 3.0]);
        assert_eq!(Rounding::Stochastic { bits: 2, random: 1 }.whole(0.75), 1.0);
        assert_eq!(Rounding::Stochastic { bits: 2, random: 0 }.whole(0.75), 0.0);
    }

    #[test]
    fn stochastic_rounding_keeps_the_mean_and_differs_from_seed_to_seed() {
        let mean = |seed| {
            let rounding = Rounding::Stochastic { bits: 32, random: seed };
            (0..100_000).map(|i| rounding.at(i).whole(-3.3)).sum::<f64>() / 1e5
        };
        assert!((mean(1) + 3.3).abs() < 0.01 && (mean(2) + 3.3).abs() < 0.01);
        assert_ne!(mean(1), mean(2));
    }

    proptest! {
        #[test]
        fn to_nearest_even_is_rint(x in -1e6f64..1e6) {
            prop_assert_eq!(Rounding::NearestEven.whole(x), libm::rint(x));
        }
    }
}
