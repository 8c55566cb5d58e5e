//! Formats that are only an exponent: powers of two, for scales (OCP E8M0).
//!
//! A code c stands for 2^(c−B); all ones is NaN. There is no zero, no sign and no infinity. The OCP specification says
//! what codes mean, not how a number becomes one: that is [`super::mx::ScaleRule`] where a block is scaled, and here what
//! ml_dtypes and torch both do with a number by itself.

use super::float::Class;
use super::rounding::Rounding;

/// The facts of one exponent-only format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exponent {
    /// Bits of a code.
    pub bits: u32,
    /// B, what is subtracted from a code.
    pub bias: i32,
}

/// What becomes of zero and of numbers below it, for which there is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// NaN, as in ml_dtypes.
    Nan,
    /// The sign is dropped, and zero becomes the smallest value, as in torch.
    Magnitude,
}

impl Exponent {
    /// The code of NaN.
    #[must_use]
    pub const fn nan_code(&self) -> u32 {
        (1 << self.bits) - 1
    }

    /// The code of `x`: numbers from one and a half times a power of two on go up, whatever is even; the directed
    /// roundings go to the power below or above.
    ///
    /// Just above the smallest value ml_dtypes and torch round up whatever is left, and so does this.
    #[must_use]
    pub fn encode(&self, x: f64, rounding: Rounding, below: Below) -> u32 {
        if x.is_nan() || (below == Below::Nan && x <= 0.0) {
            return self.nan_code();
        }
        let x = x.abs();
        if x <= self.decode(0) {
            return 0;
        }
        if x.is_infinite() {
            return self.nan_code();
        }
        let floor_log2 = libm::ilogb(x);
        let rest = x / libm::exp2(f64::from(floor_log2)) - 1.0;
        let up = match rounding {
            Rounding::TowardZero | Rounding::Down => false,
            Rounding::Up => rest > 0.0,
            _ if floor_log2 + self.bias == 0 => rest > 0.0,
            _ => rest >= 0.5,
        };
        let code = floor_log2 + self.bias + i32::from(up);
        (code as u32).min(self.nan_code())
    }

    /// The value of a code.
    #[must_use]
    pub fn decode(&self, code: u32) -> f64 {
        if code == self.nan_code() { f64::NAN } else { libm::exp2(f64::from(code as i32 - self.bias)) }
    }

    /// What a code stands for.
    #[must_use]
    pub const fn class(&self, code: u32) -> Class {
        if code == self.nan_code() { Class::Nan } else { Class::Normal }
    }
}
