//! Quantization: FP32 numbers mapped to a lower-precision space by scale factors taken from the range of the numbers.
//!
//! Two passes over a tensor. The first finds the [`Range`] of each group that shares a scale; a [`Plan`] is made from
//! the ranges (scales, histogram edges, units). The second turns every value into a code and back, and counts what that
//! cost in a [`Tally`]; a [`Report`] is derived from the whole tensor's tally. Tallies of slices add up to the tally of
//! the whole. The passes themselves are in [`crate::compute`], once for each backend; everything that must be equal
//! on all of them is decided here.

pub mod grid;
pub mod histogram;
pub mod plan;
pub mod range;
pub mod report;

pub use grid::{GRID_RULES, Grid, GridRule, grid_rule};
pub use histogram::{BINS, Edges};
pub use plan::{Element, Plan};
pub use range::Range;
pub use report::{Report, Sums, Tally};

use crate::formats::{Format, Kind};

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
}

/// What is done to a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantizer {
    /// The format of the codes.
    pub format: &'static Format,
    /// Of integer formats; floats have no scale here.
    pub scheme: Scheme,
    /// Of integer formats; floats have no scale here.
    pub granularity: Granularity,
}

impl Quantizer {
    /// Whether each row has a scale of its own.
    #[must_use]
    pub fn scales_each_row(&self) -> bool {
        matches!(self.format.kind, Kind::Integer(_)) && self.granularity == Granularity::Row
    }

    /// Bytes of the scales and zero points of a tensor of `rows` rows: 4 B a scale, 1 B a zero point.
    #[must_use]
    pub fn scale_bytes(&self, rows: usize) -> u64 {
        if !matches!(self.format.kind, Kind::Integer(_)) {
            return 0;
        }
        let groups = if self.granularity == Granularity::Row { rows as u64 } else { 1 };
        groups * if self.scheme == Scheme::Affine { 5 } else { 4 }
    }
}

/// Why there is no report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tensor without values.
    #[error("the tensor has no values")]
    Empty,
    /// A format whose codes are not made value by value.
    #[error("{0} is not a format of single values")]
    NotElementwise(&'static str),
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
