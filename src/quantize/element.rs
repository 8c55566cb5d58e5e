//! How values become codes, with every scale that is decided before the second pass.

use super::grid::{power_of_two_above, usable_scale};
use super::{Error, Grid, Quantizer, Range};
use crate::formats::bnb::NestedScales;
use crate::formats::ggml::{self, BlockType};
use crate::formats::mx::{self, E2M1, ScaleRule};
use crate::formats::{Block, Cast, Codebook, Exponent, Float, Kind, Layout, NanRule, Overflow, Rounding, nvfp4};

/// How one value, or one block of them, becomes codes.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// A float format: no scale.
    Float(Cast),
    /// An integer format: a grid for each group.
    Integer(Vec<Grid>),
    /// A float format with a scale for each group.
    ScaledFloat(Cast, Vec<Scale>),
    /// Powers of two: no scale. What is not above zero becomes NaN.
    Exponent(Exponent),
    /// A list of values, with a scale for each group or with one of 1.
    Codebook(&'static Codebook, Vec<Scale>),
    /// Blocks of elements with a power of two.
    Mx(MxElement),
    /// Blocks of E2M1 with an E4M3 scale, and this scale of the tensor.
    Nvfp4(f32),
    /// Blocks of a codebook's codes with a magnitude; of double quantization, the magnitudes of all blocks as they are and
    /// as they are restored.
    Bnb(&'static Codebook, Option<Nested>),
    /// Blocks of ggml.
    Ggml(&'static BlockType),
}

/// What the values of a group are divided by before they become codes of a float or of a codebook.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The divisor.
    pub scale: f32,
    /// 1 / `scale`, rounded once; values are multiplied by it.
    pub inverse: f32,
}

/// An MX element made ready for tensors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MxElement {
    /// The element.
    pub element: mx::Element,
    /// Its cast; nothing for whole numbers.
    pub cast: Option<Cast>,
}

/// The magnitudes of a tensor's blocks, of finite values only, and as they are restored.
#[derive(Clone, Debug, PartialEq)]
pub struct Nested {
    /// The largest finite magnitude of each block.
    pub amaxes: Vec<f32>,
    /// What is stored instead of them.
    pub scales: NestedScales,
}

impl Nested {
    /// Quantizes the magnitudes of so many blocks that their list is let go: only the estimate of the largest error looks at it.
    #[must_use]
    pub fn of_many(amaxes: &[f32]) -> Self {
        Self { amaxes: Vec::new(), scales: NestedScales::new(amaxes) }
    }
}

impl Scale {
    /// No scale.
    pub const ONE: Self = Self { scale: 1.0, inverse: 1.0 };

    /// The scale that brings the largest magnitude of a range to `largest`.
    fn new(quantizer: &Quantizer, range: Range, largest: f32) -> Self {
        let scale = usable_scale(range.amax() / largest);
        let scale = if quantizer.power_of_two_scale { power_of_two_above(scale) } else { scale };
        Self { scale, inverse: 1.0 / scale }
    }
}

/// A cast that saturates, for elements with a scale.
const fn saturating(float: Float) -> Cast {
    Cast::new(float, Overflow::Saturate, NanRule::Quiet)
}

/// E2M1 of NVFP4 and its scale.
pub const NVFP4_CAST: Cast = saturating(E2M1);

/// The grid of a group by the quantizer's rule.
fn grid(quantizer: &Quantizer, integer: crate::formats::Integer, range: Range) -> Grid {
    let grid = (quantizer.rule.grid)(integer, quantizer.scheme, range);
    if quantizer.power_of_two_scale { grid.with_power_of_two(quantizer.scheme, range) } else { grid }
}

/// The smallest magnitude of a list that is not zero, and the largest.
pub(super) fn magnitudes(codebook: &Codebook) -> [f32; 2] {
    let magnitudes = codebook.values.iter().map(|x| x.abs()).filter(|&x| x > 0.0);
    magnitudes.fold([f32::MAX, 0.0], |[least, largest], x| [least.min(x), largest.max(x)])
}

fn largest_entry(codebook: &Codebook) -> f32 {
    magnitudes(codebook)[1]
}

impl Element {
    /// Decides every scale. `groups` are the ranges of [`Quantizer::groups`], clipped where the quantizer asks for that;
    /// `whole` is the range of the tensor.
    pub(super) fn new(quantizer: &Quantizer, groups: &[Range], whole: Range) -> Result<Self, Error> {
        quantizer.check()?;
        let scales = |largest: f32| groups.iter().map(|&range| Scale::new(quantizer, range, largest)).collect();
        Ok(match quantizer.format.kind {
            Kind::Float(float) if quantizer.has_scale() => {
                Self::ScaledFloat(saturating(float), scales(float.max() as f32))
            }
            Kind::Float(float) => {
                // As IEEE 754 where there are infinities, and as most converters do where there are none.
                let overflow = if float.infinity_code().is_some() { Overflow::Special } else { Overflow::Saturate };
                Self::Float(Cast::new(float, overflow, NanRule::Quiet))
            }
            Kind::Integer(integer) => {
                Self::Integer(groups.iter().map(|&range| grid(quantizer, integer, range)).collect())
            }
            Kind::Exponent(exponent) => Self::Exponent(exponent),
            Kind::Codebook(codebook) if quantizer.has_scale() => {
                Self::Codebook(codebook, scales(largest_entry(codebook)))
            }
            Kind::Codebook(codebook) => Self::Codebook(codebook, vec![Scale::ONE]),
            Kind::Block(Block { layout, .. }) => match layout {
                Layout::Mx(element) => Self::Mx(MxElement::new(element)),
                Layout::Nvfp4 { two_level } => {
                    Self::Nvfp4(if two_level { nvfp4::tensor_scale(whole.amax()) } else { 1.0 })
                }
                Layout::Bnb { codebook, double } => Self::Bnb(
                    codebook,
                    double.then(|| {
                        let amaxes: Vec<f32> = groups.iter().map(Range::amax).collect();
                        Nested { scales: NestedScales::new(&amaxes), amaxes }
                    }),
                ),
                Layout::Ggml { id, .. } => {
                    let block_type = ggml::TYPES.iter().copied().find(|row| row.id == id);
                    Self::Ggml(block_type.ok_or(Error::OnlyRead(quantizer.format.name))?)
                }
            },
        })
    }

    /// The scale of each group that the quantizer chose; nothing where it chose none.
    pub fn scales(&self) -> impl Iterator<Item = f32> {
        let (grids, scales) = match self {
            Self::Integer(grids) => (grids.as_slice(), &[][..]),
            Self::ScaledFloat(_, scales) | Self::Codebook(_, scales) => (&[][..], scales.as_slice()),
            _ => (&[][..], &[][..]),
        };
        grids.iter().map(|grid| grid.scale).chain(scales.iter().map(|scale| scale.scale))
    }

    /// About the largest error: half the largest step of a value within the range, or what is clipped if that is more.
    ///
    /// Only the histogram of errors depends on it. Where a search decides the scales (ggml) it is an estimate.
    pub(super) fn largest_error(&self, quantizer: &Quantizer, whole: Range) -> f64 {
        let amax = f64::from(whole.amax());
        let largest_scale = || f64::from(self.scales().fold(0.0, f32::max));
        let half_step = match self {
            Self::Float(cast) => {
                let float = cast.float;
                let rounded = if float.mantissa_bits == 23 { 0.0 } else { float.spacing(amax.min(float.max())) / 2.0 };
                let clipped = if cast.saturates() { amax - float.max() } else { 0.0 };
                rounded.max(clipped)
            }
            Self::Integer(grids) => {
                let clipped = if quantizer.range == super::RangeMethod::Full { 0.0 } else { clipped_by(grids, whole) };
                (largest_scale() / 2.0).max(clipped)
            }
            Self::ScaledFloat(cast, _) => {
                let scale = largest_scale();
                (cast.float.spacing(cast.float.max()) / 2.0 * scale).max(amax - cast.float.max() * scale)
            }
            Self::Exponent(_) => amax / 3.0,
            Self::Codebook(codebook, _) => {
                let scale = largest_scale();
                (widest_gap(codebook) / 2.0 * scale).max(amax - f64::from(largest_entry(codebook)) * scale)
            }
            Self::Mx(MxElement { element, .. }) => {
                let scale = f64::from(power(element.scale(whole.amax(), quantizer.scale_rule)));
                let step = libm::exp2(f64::from(element.emax() - element.mantissa_bits() as i32)) * scale;
                // Just below a power of two a block clips most, unless the rule looks at more than the exponent.
                let beyond = match quantizer.scale_rule {
                    ScaleRule::Floor | ScaleRule::Even => libm::exp2(f64::from(element.emax() + 1)) - element.max(),
                    ScaleRule::Ceil | ScaleRule::Rceil => 0.0,
                };
                (step / 2.0).max(beyond * scale).max(amax - element.max() * scale)
            }
            Self::Nvfp4(tensor_scale) => {
                let tensor_scale = f64::from(*tensor_scale);
                let scale = (amax / 6.0 * 17.0 / 16.0).max(tensor_scale / 64.0);
                scale.max(amax - 6.0 * 448.0 * tensor_scale)
            }
            Self::Bnb(codebook, nested) => {
                let restored = nested.iter().flat_map(|nested| {
                    nested.amaxes.iter().enumerate().map(|(i, amax)| f64::from((nested.scales.amax(i) - amax).abs()))
                });
                widest_gap(codebook) / 2.0 * amax + restored.fold(0.0, f64::max)
            }
            Self::Ggml(block_type) => {
                // Of fewer steps below zero than above it, or of E2M1's between 4 and 6.
                let bits = quantizer.format.bits() as i32;
                let is_fp4 = block_type.id == ggml::MXFP4.id || block_type.id == ggml::NVFP4.id;
                amax * libm::exp2(f64::from(if is_fp4 { -2 } else { 1 - bits }))
            }
        };
        let is_nearest = matches!(quantizer.rounding, Rounding::NearestEven | Rounding::NearestAway);
        let rounds = matches!(self, Self::Float(_) | Self::Integer(_) | Self::ScaledFloat(..));
        if is_nearest || !rounds { half_step } else { 2.0 * half_step }
    }
}

/// How far the range reaches beyond the narrowest grid.
fn clipped_by(grids: &[Grid], whole: Range) -> f64 {
    let beyond = grids.iter().map(|grid| {
        let (low, high) = (grid.decode(grid.min_code), grid.decode(grid.max_code));
        f64::from(whole.max - high).max(f64::from(low - whole.min))
    });
    // Between groups the range differs; one for the tensor is what is clipped most.
    if grids.len() == 1 { beyond.fold(0.0, f64::max) } else { 0.0 }
}

/// The widest gap between neighbours of a list.
fn widest_gap(codebook: &Codebook) -> f64 {
    let value = |code: u8| codebook.decode(code.into());
    codebook.ascending.windows(2).map(|pair| f64::from(value(pair[1]) - value(pair[0]))).fold(0.0, f64::max)
}

/// 2^(s − 127) as f32, for a scale byte that is not NaN.
#[must_use]
pub const fn power(scale: u8) -> f32 {
    f32::from_bits(if scale == 0 { 0x0040_0000 } else { (scale as u32) << 23 })
}

impl MxElement {
    fn new(element: mx::Element) -> Self {
        let cast = match element {
            mx::Element::Float(float) => Some(saturating(float)),
            mx::Element::Int8 => None,
        };
        Self { element, cast }
    }
}

/// How one group is quantized, to nearest even: what a search for the best clip tries.
pub(super) enum Trial {
    /// By a grid.
    Grid(Grid),
    /// By a float and a scale.
    Float(Cast, Scale),
    /// By a list and a scale.
    Codebook(&'static Codebook, Scale),
}

impl Trial {
    /// The group's scale for a range; nothing for formats without one.
    pub fn new(quantizer: &Quantizer, range: Range) -> Option<Self> {
        match quantizer.format.kind {
            Kind::Integer(integer) => Some(Self::Grid(grid(quantizer, integer, range))),
            Kind::Float(float) => {
                Some(Self::Float(saturating(float), Scale::new(quantizer, range, float.max() as f32)))
            }
            Kind::Codebook(codebook) => {
                Some(Self::Codebook(codebook, Scale::new(quantizer, range, largest_entry(codebook))))
            }
            Kind::Exponent(_) | Kind::Block(_) => None,
        }
    }

    /// Σ (q − x)² over finite values.
    pub fn squared_error(&self, values: &[f32]) -> f64 {
        let sum = |q: &dyn Fn(f32) -> f32| {
            values.iter().fold(0.0, |sum, &x| {
                let e = f64::from(q(x)) - f64::from(x);
                sum + e * e
            })
        };
        match self {
            Self::Grid(grid) => values.iter().fold(0.0, |sum, &x| {
                let e = f64::from(grid.decode(grid.encode(x).0)) - f64::from(x);
                sum + e * e
            }),
            Self::Float(cast, by) => {
                sum(&|x| f32::from_bits(cast.decode(cast.encode((x * by.inverse).to_bits()))) * by.scale)
            }
            Self::Codebook(codebook, by) => sum(&|x| codebook.decode(codebook.encode(x * by.inverse)) * by.scale),
        }
    }

    /// Magnitudes that codes can tell apart, zero among them.
    pub fn levels(quantizer: &Quantizer) -> usize {
        let bits = quantizer.format.bits();
        1 << if quantizer.is_affine() { bits } else { bits - 1 }
    }
}
