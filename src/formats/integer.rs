//! Whole-number formats. They have no values of their own: a scale from the range of the data gives them meaning
//! (see [`crate::quantize::scale`]).

/// A whole number of `bits` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer {
    /// Bits of a code.
    pub bits: u32,
}

impl Integer {
    /// The codes of the restricted symmetric range, −(2ᵇ⁻¹−1) ..= 2ᵇ⁻¹−1: INT8 uses −127..127, so that negation is exact.
    #[must_use]
    pub const fn symmetric_codes(&self) -> (i32, i32) {
        let max = (1 << (self.bits - 1)) - 1;
        (-max, max)
    }

    /// The codes of the affine range, 0 ..= 2ᵇ−1.
    #[must_use]
    pub const fn affine_codes(&self) -> (i32, i32) {
        (0, (1 << self.bits) - 1)
    }
}
