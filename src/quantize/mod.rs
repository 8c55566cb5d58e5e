//! Quantization: FP32 numbers mapped to a lower-precision space by scale factors taken from the range of the numbers.
//!
//! Two passes over a tensor. The first finds the [`Range`] of each group that shares a scale; a [`Plan`] is made from
//! the ranges (scales, histogram edges, units). The second turns every value into a code and back, and counts what that
//! cost in a [`Tally`]; a [`Report`] is derived from the whole tensor's tally. Tallies of slices add up to the tally of
//! the whole. The passes themselves are in [`crate::compute`], once for each backend; everything that must be equal
//! on all of them is decided here.

pub mod chain;
pub mod clip;
pub mod codes;
pub mod compare;
pub mod detail;
pub mod element;
pub mod exponents;
pub mod grid;
pub mod histogram;
mod observer;
pub mod output;
pub mod plan;
pub mod range;
pub mod report;
pub mod select;
pub mod split;

pub use codes::CodeFacts;
pub use detail::Detail;
pub use element::Element;
pub use exponents::Exponents;
pub use grid::{GRID_RULES, Grid, GridRule, grid_rule};
pub use histogram::{BINS, Edges};
pub use plan::Plan;
pub use range::Range;
pub use report::{Details, Report, Scales, Sums, Tally};

use crate::formats::mx::ScaleRule;
use crate::formats::{Block, Format, Kind, Layout, Rounding, bnb, ggml};

/// Where an integer format puts its codes in the range of the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Zero is code 0; the scale comes from the largest magnitude.
    #[default]
    Symmetric,
    /// The codes span minimum to maximum; a zero point is the code of zero.
    Affine,
}

/// How many values share a scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Granularity {
    /// One scale for the tensor.
    #[default]
    Tensor,
    /// One scale a row, so that an outlier spoils only its own row.
    Row,
    /// One scale a column.
    Column,
    /// One scale for so many neighbours along a row; the last group of a row may be shorter.
    Group(u32),
}

/// The sizes of groups that libraries offer.
pub const GROUP_SIZES: [u32; 5] = [16, 32, 64, 128, 256];

/// What of a group's values the scale is taken from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum RangeMethod {
    /// All: the largest magnitude, or minimum and maximum.
    #[default]
    Full,
    /// All but the outermost: this percentage of the magnitudes lies within (of affine codes, of the values below the
    /// upper and above the lower end). By nearest rank: the end is a value of the group.
    Percentile(f64),
    /// The full range times this, above 0 and at most 1: what a reader tries by hand.
    Part(f64),
    /// The part of the full range with the least squared error after rounding to nearest, found by search.
    Mse,
    /// As torch's `HistogramObserver` finds it: ends move inwards while an estimate of the squared error from 2048 bins falls.
    Histogram,
    /// The largest magnitude that loses least information (Kullback–Leibler divergence), as TensorRT calibrates.
    Entropy,
}

/// What is done to a tensor.
///
/// A setting that a format has no use for is passed over: blocks bring their own scales, floats of 16 bits and more have
/// none, and rounding to nearest is a part of what codebooks and blocks are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantizer {
    /// The format of the codes.
    pub format: &'static Format,
    /// Where codes lie in the range, of integer formats.
    pub scheme: Scheme,
    /// How many values share a scale, of formats that have one.
    pub granularity: Granularity,
    /// How the scale follows from the range, of integer formats: whose library's rule.
    pub rule: &'static GridRule,
    /// What range that is, of formats that have a scale.
    pub range: RangeMethod,
    /// Whether scales are raised to the next power of two, which a byte holds.
    pub power_of_two_scale: bool,
    /// How MX blocks take their scale.
    pub scale_rule: ScaleRule,
    /// How integers and floats are rounded. Of a stochastic rounding `random` is the seed: see [`Rounding::at`].
    pub rounding: Rounding,
    /// Whether columns of outliers are kept in FP16: see [`split`].
    pub keeps_outliers: bool,
    /// Whether floats of 8 bits or fewer and codebooks have a scale, which brings the largest magnitude of a group to the
    /// format's largest.
    pub scaled: bool,
}

impl Quantizer {
    /// What is usual for a format: symmetric, one scale for the tensor from its largest magnitude, to nearest even. Floats
    /// are cast as they are; codebooks, which are lists of parts of a largest magnitude, are scaled.
    #[must_use]
    pub fn new(format: &'static Format) -> Self {
        Self {
            format,
            scheme: Scheme::Symmetric,
            granularity: Granularity::Tensor,
            rule: &GRID_RULES[0],
            range: RangeMethod::Full,
            power_of_two_scale: false,
            scale_rule: ScaleRule::Floor,
            rounding: Rounding::NearestEven,
            keeps_outliers: false,
            scaled: matches!(format.kind, Kind::Codebook(_)),
        }
    }

    /// Whether the quantizer chooses scales for this format.
    #[must_use]
    pub const fn has_scale(&self) -> bool {
        match self.format.kind {
            Kind::Integer(_) => true,
            Kind::Float(float) => self.scaled && float.bits() <= 8,
            Kind::Codebook(_) => self.scaled,
            Kind::Exponent(_) | Kind::Block(_) => false,
        }
    }

    /// Whether codes have a zero point.
    #[must_use]
    pub fn is_affine(&self) -> bool {
        matches!(self.format.kind, Kind::Integer(_)) && self.scheme == Scheme::Affine
    }

    /// Whether codes are whole numbers with a sign: affine ones have none.
    #[must_use]
    pub fn has_signed_codes(&self) -> bool {
        matches!(self.format.kind, Kind::Integer(integer) if integer.signed) && !self.is_affine()
    }

    /// Which values the first pass takes a range of: those that share a scale; of double quantization the blocks, whose
    /// magnitudes are quantized together.
    #[must_use]
    pub const fn groups(&self) -> Granularity {
        match self.format.kind {
            Kind::Block(Block { size, layout: Layout::Bnb { double: true, .. }, .. }) => {
                Granularity::Group(size as u32)
            }
            _ if self.has_scale() => self.granularity,
            _ => Granularity::Tensor,
        }
    }

    /// Whether each row has a scale of its own.
    #[must_use]
    pub fn scales_each_row(&self) -> bool {
        self.groups() == Granularity::Row
    }

    /// Bytes of the scales and zero points that the quantizer chooses for a tensor: 4 B a scale, or 1 B if it is a power
    /// of two, and 1 B a zero point. What blocks bring is not in it.
    #[must_use]
    pub fn scale_bytes(&self, rows: u64, cols: u64) -> u64 {
        if !self.has_scale() {
            return 0;
        }
        let each = if self.power_of_two_scale { 1 } else { 4 } + u64::from(self.is_affine());
        let scales = match self.granularity {
            Granularity::Tensor => 1,
            Granularity::Row => rows,
            Granularity::Column => cols,
            Granularity::Group(size) => rows.saturating_mul(cols.div_ceil(size.into())),
        };
        scales.saturating_mul(each)
    }

    /// Bytes of a tensor of this shape as it is packed for storage, with every scale and zero point; `u64::MAX` if they are more.
    ///
    /// Codes take their bits, with no gap between them but the last byte's. Blocks take the table's bytes; besides, NVFP4
    /// on two levels has 4 B for the tensor, and double quantization has, instead of 4 B a block, 1 B a block, 4 B for 256
    /// of them and 4 B for the tensor.
    #[must_use]
    pub fn packed_bytes(&self, rows: u64, cols: u64) -> u64 {
        let times = u64::saturating_mul;
        let Kind::Block(Block { size, bytes, layout }) = self.format.kind else {
            let bits = u128::from(times(rows, cols)) * u128::from(self.format.bits());
            let codes = u64::try_from(bits.div_ceil(8)).unwrap_or(u64::MAX);
            return codes.saturating_add(self.scale_bytes(rows, cols));
        };
        let blocks = times(rows, cols.div_ceil(size as u64));
        let more = match layout {
            Layout::Nvfp4 { two_level: true } => 4,
            Layout::Bnb { double: true, .. } => {
                times(4, blocks.div_ceil(bnb::NESTED_BLOCK_SIZE as u64)).saturating_add(4)
            }
            _ => 0,
        };
        times(blocks, bytes as u64).saturating_add(more)
    }

    /// Whether a tensor of this shape has no more scales and no more padding than there is room for.
    pub(crate) fn check_shape(&self, rows: usize, cols: usize) -> Result<(), Error> {
        let (rows_of, cols_of) = (rows as u64, cols as u64);
        let scales = match (self.has_scale(), self.granularity) {
            (true, Granularity::Row) => rows_of,
            (true, Granularity::Column) => cols_of,
            (true, Granularity::Group(size)) => rows_of * cols_of.div_ceil(size.into()),
            _ => 1,
        };
        if scales > 1 << 24 {
            return Err(Error::TooManyScales(scales));
        }
        if let Kind::Block(Block { size, bytes, .. }) = self.format.kind {
            let bytes = rows_of * cols_of.div_ceil(size as u64) * bytes as u64;
            if bytes > 1 << 30 {
                return Err(Error::TooMuchPadding { cols, bytes });
            }
        }
        Ok(())
    }

    /// Whether a tensor can be quantized by these settings.
    ///
    /// # Errors
    /// [`Error::OnlyRead`], [`Error::GroupSize`] and [`Error::Percentile`].
    pub fn check(&self) -> Result<(), Error> {
        if let Kind::Block(Block { layout: Layout::Ggml { id, .. }, .. }) = self.format.kind
            && ggml::TYPES.iter().all(|row| row.id != id || row.encode.is_none())
        {
            return Err(Error::OnlyRead(self.format.name));
        }
        if self.has_scale() {
            match (self.granularity, self.range) {
                (Granularity::Group(size), _) if !GROUP_SIZES.contains(&size) => return Err(Error::GroupSize(size)),
                (_, RangeMethod::Percentile(p)) if !(99.0..=99.999).contains(&p) => return Err(Error::Percentile),
                (_, RangeMethod::Part(part)) if !(part > 0.0 && part <= 1.0) => return Err(Error::Part),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Granularity {
    /// Groups of a tensor.
    #[must_use]
    pub const fn count(self, rows: usize, cols: usize) -> usize {
        match self {
            Self::Tensor => 1,
            Self::Row => rows,
            Self::Column => cols,
            Self::Group(_) => rows * self.runs(cols),
        }
    }

    /// Values of a row that come one after the other and share a scale.
    #[must_use]
    pub const fn run(self, cols: usize) -> usize {
        match self {
            Self::Tensor | Self::Row => cols,
            Self::Column => 1,
            Self::Group(size) => size as usize,
        }
    }

    /// Runs of a row.
    const fn runs(self, cols: usize) -> usize {
        cols.div_ceil(self.run(cols))
    }

    /// The group of a run of a row.
    #[must_use]
    pub const fn group(self, cols: usize, row: usize, run: usize) -> usize {
        match self {
            Self::Tensor => 0,
            Self::Row => row,
            Self::Column => run,
            Self::Group(_) => row * self.runs(cols) + run,
        }
    }

    /// Adds the ranges of the next rows to those of the rows before.
    pub fn append(self, ranges: &mut Vec<Range>, more: Vec<Range>) {
        if ranges.is_empty() || matches!(self, Self::Row | Self::Group(_)) {
            ranges.extend(more);
        } else {
            for (range, more) in ranges.iter_mut().zip(more) {
                *range = range.union(more);
            }
        }
    }
}

/// Why there is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tensor without values.
    #[error("the tensor has no values")]
    Empty,
    /// A format that is only read.
    #[error(
        "{0} is only read here, not written: its codes come from a search over a grid, or fit only weights trained for it"
    )]
    OnlyRead(&'static str),
    /// A group of another size than libraries offer.
    #[error("a group is of 16, 32, 64, 128 or 256 values, not of {0}")]
    GroupSize(u32),
    /// A percentile that keeps too little, or that is none.
    #[error("the percentile of the range lies between 99 and 99.999")]
    Percentile,
    /// More values than there is room for.
    #[error("that would be {0} values, and there is room for 67108864 (2²⁶): take fewer rows or columns")]
    TooManyValues(u64),
    /// More scales than there is room for.
    #[error("that would be {0} scales, and there is room for 2²⁴: let more values share one")]
    TooManyScales(u64),
    /// Rows so short that whole blocks of them are many times the tensor.
    #[error("filled up to whole blocks, rows of {cols} values would take {bytes} bytes: give the tensor longer rows")]
    TooMuchPadding {
        /// Values of a row.
        cols: usize,
        /// Bytes with what fills up blocks.
        bytes: u64,
    },
    /// Values that are not whole rows.
    #[error("{values} values are not {rows} rows of {cols}")]
    Shape {
        /// Values that there are.
        values: usize,
        /// Rows that there should be.
        rows: usize,
        /// Columns that there should be.
        cols: usize,
    },
    /// A part of the range that is none.
    #[error("a part of the range is above 0 and at most 1")]
    Part,
    /// No value that a scale or an error could be computed from.
    #[error("none of the {n} values is finite ({nan} NaN, {infinite} infinite)")]
    NothingFinite {
        /// Values in the tensor.
        n: u64,
        /// How many are NaN.
        nan: u64,
        /// How many are infinite.
        infinite: u64,
    },
}
