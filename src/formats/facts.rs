//! What follows from a format's row: sizes, largest and smallest values, counts.

use super::float::{Float, Specials};
use super::mx::{self, Element};
use super::{Format, Kind, Layout};
use std::ops::RangeInclusive;

/// Derived facts of a format. What a format does not have is `None`; so is what depends on a scale, for formats whose
/// scale is a number of the reader's.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Bits of one code.
    pub bits: u32,
    /// Bits that a weight takes with its share of the scales.
    pub bits_per_weight: f64,
    /// Values of a block, 1 without blocks.
    pub block_size: usize,
    /// Bytes of a block; nothing without blocks.
    pub block_bytes: Option<usize>,
    /// Largest finite value; of whole numbers and codebooks without a scale.
    pub max: Option<f64>,
    /// Smallest positive value with all bits of precision.
    pub min_normal: Option<f64>,
    /// Smallest positive value below those.
    pub min_subnormal: Option<f64>,
    /// From 1 to the next value: 2⁻ᴹ.
    pub epsilon: Option<f64>,
    /// How many different finite values there are, the zeros counted once.
    pub finite_values: Option<u64>,
    /// Codes of NaN, as runs.
    pub nan_codes: Vec<RangeInclusive<u32>>,
    /// Codes of infinities.
    pub infinity_codes: Vec<RangeInclusive<u32>>,
    /// Whether −0 has a code; nothing where codes have no sign.
    pub negative_zero: Option<bool>,
}

impl Facts {
    /// The facts of a format.
    #[must_use]
    pub fn of(format: &Format) -> Self {
        let plain = Self {
            bits: format.bits(),
            bits_per_weight: format.bits_per_weight(),
            block_size: format.block_size(),
            block_bytes: format.block_bytes(),
            max: None,
            min_normal: None,
            min_subnormal: None,
            epsilon: None,
            finite_values: None,
            nan_codes: Vec::new(),
            infinity_codes: Vec::new(),
            negative_zero: None,
        };
        match format.kind {
            Kind::Float(float) => Self::of_float(float, plain),
            Kind::Exponent(exponent) => Self {
                max: Some(exponent.decode(exponent.nan_code() - 1)),
                min_normal: Some(exponent.decode(0)),
                epsilon: Some(1.0),
                finite_values: Some(exponent.nan_code().into()),
                nan_codes: vec![exponent.nan_code()..=exponent.nan_code()],
                ..plain
            },
            Kind::Integer(integer) => {
                Self { max: Some(integer.full_range().1.into()), finite_values: Some(1 << integer.bits), ..plain }
            }
            Kind::Codebook(codebook) => {
                // Every codebook is written with the largest magnitude as its first or last in order.
                let ends = [codebook.ascending.first(), codebook.ascending.last()];
                let max =
                    ends.into_iter().flatten().map(|&code| codebook.decode(code.into()).abs()).fold(0.0, f32::max);
                let mut different = 1;
                for pair in codebook.ascending.windows(2) {
                    different += u64::from(codebook.decode(pair[0].into()) < codebook.decode(pair[1].into()));
                }
                Self { max: Some(max.into()), finite_values: Some(different), ..plain }
            }
            Kind::Block(block) => match block.layout {
                Layout::Mx(element) => {
                    let scale = |x: f64, exponent: f64| x * libm::exp2(exponent);
                    let smallest = match element {
                        Element::Float(float) => float.decode(1),
                        Element::Int8 => element.decode(1),
                    };
                    Self {
                        max: Some(scale(element.max(), 127.0)),
                        min_subnormal: Some(scale(smallest, -127.0)),
                        ..plain
                    }
                }
                Layout::Nvfp4 { two_level: false } => Self {
                    max: Some(mx::E2M1.max() * mx::E4M3FN.max()),
                    min_subnormal: Some(mx::E2M1.decode(1) / 64.0),
                    ..plain
                },
                Layout::Nvfp4 { two_level: true } | Layout::Bnb { .. } | Layout::Ggml { .. } => plain,
            },
        }
    }

    fn of_float(float: Float, plain: Self) -> Self {
        let m = float.mantissa_bits;
        // Zero once, and every other finite magnitude with both signs.
        let lowest = if float.subnormals { 1 } else { 1u64 << m };
        let finite_values = 1 + 2 * (u64::from(float.max_code()) + 1 - lowest);
        Self {
            max: Some(float.max()),
            min_normal: float.min_normal(),
            min_subnormal: float.min_subnormal(),
            epsilon: Some(libm::exp2(-f64::from(m))),
            finite_values: Some(finite_values),
            nan_codes: nan_codes(float),
            infinity_codes: infinity_codes(float),
            negative_zero: Some(float.has_negative_zero()),
            ..plain
        }
    }

    /// The largest value over the smallest positive one.
    #[must_use]
    pub fn dynamic_range(&self) -> Option<f64> {
        Some(self.max? / self.min_subnormal.or(self.min_normal)?)
    }

    /// Powers of ten between the smallest positive and the largest value.
    #[must_use]
    pub fn dynamic_range_decades(&self) -> Option<f64> {
        self.dynamic_range().map(libm::log10)
    }

    /// The same in decibels: 20 · log₁₀.
    #[must_use]
    pub fn dynamic_range_db(&self) -> Option<f64> {
        self.dynamic_range_decades().map(|decades| 20.0 * decades)
    }
}

/// A run of codes, and the same of the other sign.
fn with_both_signs(float: Float, run: RangeInclusive<u32>) -> Vec<RangeInclusive<u32>> {
    let negative = run.start() | float.sign_bit()..=run.end() | float.sign_bit();
    vec![run, negative]
}

fn nan_codes(float: Float) -> Vec<RangeInclusive<u32>> {
    let all_ones = float.sign_bit() - 1;
    match float.specials {
        Specials::None | Specials::TopInfinity => Vec::new(),
        Specials::NanForNegativeZero | Specials::NanForNegativeZeroTopInfinity => {
            vec![float.sign_bit()..=float.sign_bit()]
        }
        Specials::TopNan => with_both_signs(float, all_ones..=all_ones),
        Specials::Ieee => with_both_signs(float, float.max_code() + 2..=all_ones),
    }
}

fn infinity_codes(float: Float) -> Vec<RangeInclusive<u32>> {
    float.infinity_code().map_or_else(Vec::new, |code| with_both_signs(float, code..=code))
}
