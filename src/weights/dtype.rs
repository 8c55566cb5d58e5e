//! What a checkpoint's values are stored as.

use crate::formats::ggml::BlockType;
use crate::formats::{BF16, FP16, FP32, Format};

/// A type of stored values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dtype {
    /// A format of the table whose codes stand for values by themselves: a float, an exponent.
    Number(&'static Format),
    /// Blocks of ggml.
    Blocks(&'static BlockType),
    /// Whole numbers of 8, 16, 32 or 64 bits.
    Integer {
        /// How many bits.
        bits: u32,
        /// Whether they have a sign.
        is_signed: bool,
    },
    /// IEEE 754 binary64.
    Fp64,
    /// A byte that is zero or not.
    Bool,
    /// Two floats of so many bits each, real and imaginary part.
    Complex(u32),
}

impl Dtype {
    /// FP32.
    pub const FP32: Self = Self::Number(&FP32);
    /// FP16.
    pub const FP16: Self = Self::Number(&FP16);
    /// BF16.
    pub const BF16: Self = Self::Number(&BF16);

    /// What it is called.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Number(format) => format.name.to_owned(),
            Self::Blocks(block_type) => block_type.name.to_owned(),
            Self::Integer { bits, is_signed } => format!("{}INT{bits}", if is_signed { "" } else { "U" }),
            Self::Fp64 => "FP64".to_owned(),
            Self::Bool => "BOOL".to_owned(),
            Self::Complex(bits) => format!("complex of FP{bits}"),
        }
    }

    /// The fewest values that take whole bytes, and those bytes: (32, 18) of Q4_0, (2, 1) of E2M1, (4, 3) of E2M3.
    #[must_use]
    pub fn unit(self) -> (u64, u64) {
        match self {
            Self::Number(format) => {
                let bits = u64::from(format.bits());
                let shared = 1 << bits.trailing_zeros().min(3);
                (8 / shared, bits / shared)
            }
            Self::Blocks(block_type) => (block_type.block_size as u64, block_type.block_bytes as u64),
            Self::Integer { bits, .. } => (1, u64::from(bits / 8)),
            Self::Fp64 => (1, 8),
            Self::Bool => (1, 1),
            Self::Complex(bits) => (1, u64::from(bits / 4)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{format, ggml};

    #[test]
    fn a_unit_is_the_fewest_values_in_whole_bytes() {
        let unit = |id| Dtype::Number(format(id).unwrap()).unit();
        assert_eq!([unit("fp32"), unit("bf16"), unit("e4m3fn")], [(1, 4), (1, 2), (1, 1)]);
        assert_eq!([unit("e2m1fn"), unit("e2m3fn")], [(2, 1), (4, 3)]);
        assert_eq!(Dtype::Blocks(&ggml::Q4_K).unit(), (256, 144));
        assert_eq!((Dtype::Integer { bits: 64, is_signed: true }.unit(), Dtype::Complex(64).unit()), ((1, 8), (1, 16)));
    }

    #[test]
    fn what_is_stored_has_the_name_that_people_know() {
        let all = [Dtype::BF16, Dtype::Integer { bits: 8, is_signed: false }, Dtype::Bool, Dtype::Complex(32)];
        assert_eq!(all.map(Dtype::name), ["BF16", "UINT8", "BOOL", "complex of FP32"]);
    }
}
