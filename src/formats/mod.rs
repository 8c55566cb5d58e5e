//! Number formats as data.
//!
//! A format is one row of [`table::FORMATS`] with about ten facts; maximum, epsilon, counts and codecs are derived from
//! them ([`facts`]). The few *kinds* a row can be are modules: [`float`] (sign, exponent, fraction), [`exponent`] (a power
//! of two), [`integer`] (a whole number times a scale), [`codebook`] (a place in a list), and blocks of codes that share
//! scales: [`mx`], [`nvfp4`], [`bnb`] and [`ggml`]. [`rounding`] has what every conversion must decide, and [`library`] how
//! libraries decide it.
//!
//! Rows of blocks name their codec instead of holding it, so that a page which only lists formats does not carry the code
//! that packs them.

pub mod anatomy;
pub mod block;
pub mod bnb;
pub mod cast;
pub mod codebook;
pub mod exponent;
pub mod facts;
pub mod float;
pub mod ggml;
pub mod integer;
pub mod library;
pub mod listing;
pub mod mx;
pub mod nvfp4;
pub mod rounding;
pub mod table;

pub use cast::Cast;
pub use codebook::Codebook;
pub use exponent::Exponent;
pub use facts::Facts;
pub use float::Float;
pub use integer::Integer;
pub use library::{LIBRARIES, Library};
pub use rounding::{Conversion, NanRule, Overflow, Rounding};
pub use table::{BF16, FORMATS, FP16, FP32, INT8, format};

use crate::source::Source;

/// One number format: a row of [`table::FORMATS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Format {
    /// Permanent id; stands in links. `[a-z0-9]+([._-][a-z0-9]+)*`
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Under which heading menus list it.
    pub family: Family,
    /// How codes become values.
    pub kind: Kind,
    /// One sentence on what the format is for.
    pub note: &'static str,
    /// Where its definition can be read.
    pub source: Source,
}

/// Headings of menus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Floats of 16 bits and more.
    Float,
    /// Floats of 8 bits.
    Fp8,
    /// The draft standard's floats.
    P3109,
    /// Elements and scales of blocks.
    Fp6,
    /// Whole numbers.
    Integer,
    /// Lists of values, alone and in blocks.
    Codebook,
    /// Microscaling blocks.
    Mx,
    /// llama.cpp's blocks.
    Ggml,
}

impl Family {
    /// Every family, in the order of menus.
    pub const ALL: [Self; 8] =
        [Self::Float, Self::Fp8, Self::P3109, Self::Fp6, Self::Integer, Self::Codebook, Self::Mx, Self::Ggml];

    /// The heading.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float => "Floats",
            Self::Fp8 => "8-bit floats",
            Self::P3109 => "IEEE P3109 (draft)",
            Self::Fp6 => "6- and 4-bit floats, scales",
            Self::Integer => "Integers",
            Self::Codebook => "Codebooks",
            Self::Mx => "MX and NVFP4 blocks",
            Self::Ggml => "ggml blocks",
        }
    }
}

/// The ways a code can stand for a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Sign, exponent and fraction.
    Float(Float),
    /// A power of two.
    Exponent(Exponent),
    /// A whole number, turned into a value by a scale and a zero point that the quantizer chooses.
    Integer(Integer),
    /// A place in a list of values, times the largest magnitude of a block.
    Codebook(&'static Codebook),
    /// Codes that share scales.
    Block(Block),
}

/// The facts of a block format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// Values of a block.
    pub size: usize,
    /// Bytes of a block, its scales included, but for what it shares with other blocks.
    pub bytes: usize,
    /// What is in them.
    pub layout: Layout,
}

/// What a block is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layout {
    /// [`mx`]: elements and an E8M0 scale.
    Mx(mx::Element),
    /// [`nvfp4`]: E2M1 and an E4M3 scale, with a scale for the tensor on two levels.
    Nvfp4 {
        /// Whether the tensor has a scale.
        two_level: bool,
    },
    /// [`bnb`]: codebook codes and an FP32 magnitude.
    Bnb {
        /// The list of values.
        codebook: &'static Codebook,
        /// Whether the magnitudes are quantized too.
        double: bool,
    },
    /// [`ggml`]'s type of a number.
    Ggml {
        /// The number.
        id: u32,
        /// Bits that a value has for itself.
        bits: u32,
    },
}

impl Layout {
    /// Whether the scales of a block depend on other blocks, so that it cannot be made by itself.
    #[must_use]
    pub const fn scales_need_tensor(&self) -> bool {
        matches!(self, Self::Nvfp4 { two_level: true } | Self::Bnb { double: true, .. })
    }
}

impl Format {
    /// Bits of one code, without scales.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        match self.kind {
            Kind::Float(float) => float.bits(),
            Kind::Exponent(exponent) => exponent.bits,
            Kind::Integer(integer) => integer.bits,
            Kind::Codebook(codebook) => codebook.bits(),
            Kind::Block(Block { layout: Layout::Mx(element), .. }) => element.bits(),
            Kind::Block(Block { layout: Layout::Nvfp4 { .. }, .. }) => 4,
            Kind::Block(Block { layout: Layout::Bnb { codebook, .. }, .. }) => codebook.bits(),
            Kind::Block(Block { layout: Layout::Ggml { bits, .. }, .. }) => bits,
        }
    }

    /// Bits of a weight with its share of the block's scales. Scales for a whole tensor or row are not counted.
    #[must_use]
    pub fn bits_per_weight(&self) -> f64 {
        match self.kind {
            // 8 bits instead of 32 for a block's magnitude, and 32 for 256 of those.
            Kind::Block(Block { size, layout: Layout::Bnb { codebook, double: true }, .. }) => {
                f64::from(codebook.bits()) + (8.0 + 32.0 / bnb::NESTED_BLOCK_SIZE as f64) / size as f64
            }
            Kind::Block(Block { size, bytes, .. }) => 8.0 * bytes as f64 / size as f64,
            _ => self.bits().into(),
        }
    }

    /// Values that share a block; 1 without blocks.
    #[must_use]
    pub const fn block_size(&self) -> usize {
        match self.kind {
            Kind::Block(block) => block.size,
            _ => 1,
        }
    }

    /// Bytes of a block; nothing without blocks.
    #[must_use]
    pub const fn block_bytes(&self) -> Option<usize> {
        match self.kind {
            Kind::Block(block) => Some(block.bytes),
            _ => None,
        }
    }

    /// Bytes of one code as the engine stores it, one or two.
    #[must_use]
    pub const fn code_bytes(&self) -> usize {
        self.bits().div_ceil(8) as usize
    }
}
