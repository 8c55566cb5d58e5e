//! The table of number formats.
//!
//! Adding one: write a row here; menus, kernels and tests follow. A whole row:
//!
//! ```
//! use bitbudget::formats::{Float, Format, Kind};
//! use bitbudget::source::Source;
//!
//! let bf16 = Format {
//!     id: "bf16",
//!     name: "BF16",
//!     kind: Kind::Float(Float { exponent_bits: 8, mantissa_bits: 7, bias: 127 }),
//!     note: "FP32's range with 8 bits of precision; made at Google Brain for training.",
//!     source: Source {
//!         title: "BFLOAT16 hardware numerics definition, Intel, 2018",
//!         url: "https://www.intel.com/content/dam/develop/external/us/en/documents/bf16-hardware-numerics-definition-white-paper.pdf",
//!         as_of: "2026-11-23",
//!     },
//! };
//! assert_eq!(bf16.bits(), 16);
//! ```

use super::{Float, Format, Integer, Kind};
use crate::source::Source;

const IEEE_754: Source = Source {
    title: "IEEE 754-2019, Standard for Floating-Point Arithmetic",
    url: "https://standards.ieee.org/ieee/754/6210/",
    as_of: "2026-11-23",
};

/// IEEE single precision: what weights are usually thought of in.
pub static FP32: Format = Format {
    id: "fp32",
    name: "FP32",
    kind: Kind::Float(Float { exponent_bits: 8, mantissa_bits: 23, bias: 127 }),
    note: "Full precision: 4 bytes a number, about 7 decimal digits.",
    source: IEEE_754,
};

/// Google Brain's 16-bit format: FP32's range, 8 bits of precision.
pub static BF16: Format = Format {
    id: "bf16",
    name: "BF16",
    kind: Kind::Float(Float { exponent_bits: 8, mantissa_bits: 7, bias: 127 }),
    note: "FP32's range with 8 bits of precision; made at Google Brain for training.",
    source: Source {
        title: "BFLOAT16 hardware numerics definition, Intel, 2018",
        url: "https://www.intel.com/content/dam/develop/external/us/en/documents/bf16-hardware-numerics-definition-white-paper.pdf",
        as_of: "2026-11-23",
    },
};

/// IEEE half precision: 11 bits of precision, at most 65 504.
pub static FP16: Format = Format {
    id: "fp16",
    name: "FP16",
    kind: Kind::Float(Float { exponent_bits: 5, mantissa_bits: 10, bias: 15 }),
    note: "Half precision: 11 bits of precision, but nothing above 65 504.",
    source: IEEE_754,
};

/// Eight-bit whole numbers with a scale.
pub static INT8: Format = Format {
    id: "int8",
    name: "INT8",
    kind: Kind::Integer(Integer { bits: 8 }),
    note: "Whole numbers of one byte; a scale taken from the range of the data gives them meaning.",
    source: Source {
        title: "Jacob et al. 2018, Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
        url: "https://arxiv.org/abs/1712.05877",
        as_of: "2026-11-23",
    },
};

/// Every format, in the order of menus.
pub static FORMATS: &[&Format] = &[&FP32, &BF16, &FP16, &INT8];

/// The row with this id.
#[must_use]
pub fn format(id: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|row| row.id == id)
}
