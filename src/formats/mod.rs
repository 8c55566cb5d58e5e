//! Number formats as data.
//!
//! A format is one row of [`table::FORMATS`] with about ten facts; maximum, epsilon, counts and codecs are derived from
//! them. The few *kinds* a row can be are modules: [`float`] (sign, exponent, fraction) and [`integer`] (a whole number
//! times a scale). [`ggml`] stands by itself: its formats are blocks of values with their scales, and each is a pair of
//! functions.

pub mod float;
pub mod ggml;
pub mod integer;
pub mod table;

pub use float::Float;
pub use integer::Integer;
pub use table::{BF16, FORMATS, FP16, FP32, INT8, format};

use crate::source::Source;

/// One number format: a row of [`table::FORMATS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Format {
    /// Permanent id; stands in links. `[a-z0-9]+([._-][a-z0-9]+)*`
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// How codes become values.
    pub kind: Kind,
    /// One sentence on what the format is for.
    pub note: &'static str,
    /// Where its definition can be read.
    pub source: Source,
}

/// The ways a code can stand for a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Sign, exponent and fraction.
    Float(Float),
    /// A whole number, turned into a value by a scale and a zero point that the quantizer chooses.
    Integer(Integer),
}

impl Format {
    /// Bits of one code, without scales.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        match self.kind {
            Kind::Float(float) => float.bits(),
            Kind::Integer(integer) => integer.bits,
        }
    }

    /// Bytes of one code as it is stored, without scales.
    #[must_use]
    pub const fn code_bytes(&self) -> usize {
        self.bits().div_ceil(8) as usize
    }
}
