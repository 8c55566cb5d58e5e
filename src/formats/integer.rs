//! Whole-number formats. They have no values of their own: a scale from the range of the data gives them meaning
//! (see [`crate::quantize::grid`]).

/// A whole number of `bits` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    /// Bits of a code, 2..=16.
    pub bits: u32,
    /// Two's complement, or from zero.
    pub signed: bool,
}

impl Integer {
    /// Every code: −2ᵇ⁻¹ ..= 2ᵇ⁻¹−1, or 0 ..= 2ᵇ−1 without a sign.
    #[must_use]
    pub const fn full_range(&self) -> (i32, i32) {
        if self.signed { (-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1) } else { (0, (1 << self.bits) - 1) }
    }

    /// As many codes below zero as above it, so that negation is exact: INT8 uses −127..127, and UINT8 1..255 around 128.
    #[must_use]
    pub const fn restricted_range(&self) -> (i32, i32) {
        let (min, max) = self.full_range();
        (min + 1, max)
    }

    /// The code of the middle: 0, or 2ᵇ⁻¹ without a sign.
    #[must_use]
    pub const fn middle(&self) -> i32 {
        if self.signed { 0 } else { 1 << (self.bits - 1) }
    }
}
