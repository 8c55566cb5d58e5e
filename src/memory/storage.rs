//! What one matrix takes: codes, and the scales that go with them.
//!
//! The three ways of sharing scales are rows of the format table (blocks along a row, or along the whole tensor),
//! [`Groups`] of weights (GPTQ, AWQ, one scale per output) and square tiles (DeepSeek-V3).

use crate::formats::table::{FP16, GGML_IQ4_NL, GGML_Q4_0, GGML_Q5_0, GGML_Q5_1, GGML_Q8_0};
use crate::formats::{Block, Format, Kind, Layout, bnb};

/// How a matrix is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Storage {
    /// A row of the format table.
    Row(&'static Format),
    /// Integers with a scale for each group.
    Groups(Groups),
    /// Codes with one scale for each square of `side` × `side`.
    Tiles {
        /// Bits of a code.
        bits: u32,
        /// Rows and columns of a square.
        side: u64,
        /// Bits of a scale.
        scale_bits: u32,
    },
}

/// Codes of which a group along the inputs shares a scale and perhaps a zero point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Groups {
    /// Bits of a code.
    pub bits: u32,
    /// Weights of a group; `None` for a whole row.
    pub group: Option<u64>,
    /// Bits of a group's scale. Not whole if scales are quantized themselves and share one of their own.
    pub scale_bits: f64,
    /// Bits of a group's zero point.
    pub zero_bits: f64,
}

impl Groups {
    /// GPTQ and AWQ as they are used most: 4 bits, groups of 128, a 16-bit scale and a 4-bit zero point.
    pub const INT4_G128: Self = Self { bits: 4, group: Some(128), scale_bits: 16.0, zero_bits: 4.0 };

    /// One scale for each row (output), no zero point.
    #[must_use]
    pub const fn per_row(bits: u32, scale_bits: u32) -> Self {
        Self { bits, group: None, scale_bits: scale_bits as f64, zero_bits: 0.0 }
    }

    /// QLoRA's double quantization: 8-bit scales, of which 256 share one of 32 bits.
    ///
    /// Source: Dettmers et al. 2023, [arXiv:2305.14314](https://arxiv.org/abs/2305.14314), §3.
    #[must_use]
    pub fn double_quantized(bits: u32, group: u64) -> Self {
        let scale_bits = 8.0 + 32.0 / bnb::NESTED_BLOCK_SIZE as f64;
        Self { bits, group: Some(group), scale_bits, zero_bits: 0.0 }
    }

    /// Bits per weight with its share of the scales: `bits + (scale + zero) ÷ group`. Without a group it is `bits`, since
    /// the share of a row's scale depends on the row.
    #[must_use]
    pub fn bits_per_weight(&self) -> f64 {
        let shared = self.group.map_or(0.0, |group| (self.scale_bits + self.zero_bits) / group.max(1) as f64);
        f64::from(self.bits) + shared
    }
}

/// Bits per weight of a block: 8 · bytes ÷ values.
#[must_use]
pub fn block_bits_per_weight(values: u64, bytes: u64) -> f64 {
    8.0 * bytes as f64 / values as f64
}

impl Storage {
    /// Bits per weight with its share of the scales, of a matrix that all blocks fit into evenly.
    #[must_use]
    pub fn bits_per_weight(&self) -> f64 {
        match *self {
            Self::Row(format) if matches!(format.kind, Kind::Block(_)) => format.bits_per_weight(),
            Self::Row(format) => stored_bits(format).into(),
            Self::Groups(groups) => groups.bits_per_weight(),
            Self::Tiles { bits, side, scale_bits } => f64::from(bits) + f64::from(scale_bits) / (side * side) as f64,
        }
    }

    /// Bytes of a matrix of so many outputs and inputs, scales included.
    ///
    /// Where blocks do not divide the row: ggml takes another type, as llama.cpp does (`tensor_type_fallback`); MX, NVFP4
    /// and groups begin a last block that is not full; bitsandbytes' blocks run over the ends of rows. Scales for a whole
    /// tensor (NVFP4's second level, bitsandbytes' mean) are left out: 4 bytes each.
    #[must_use]
    pub fn bytes(&self, rows: u64, cols: u64) -> u128 {
        let (rows, cols) = (u128::from(rows), u128::from(cols));
        let values = rows * cols;
        match *self {
            Self::Row(format) => match format.kind {
                Kind::Block(block) => block_bytes(format, block, rows, cols),
                _ => bytes_of(values * u128::from(stored_bits(format))),
            },
            Self::Groups(Groups { bits, group, scale_bits, zero_bits }) => {
                let groups = rows * group.map_or(1, |group| cols.div_ceil(u128::from(group.max(1))));
                // Scales are at most a few bits short of a whole number each, and f64 holds 2⁵³ of them exactly.
                let scales = (groups as f64 * (scale_bits + zero_bits) / 8.0).ceil() as u128;
                bytes_of(values * u128::from(bits)) + scales
            }
            Self::Tiles { bits, side, scale_bits } => {
                let side = u128::from(side.max(1));
                let tiles = rows.div_ceil(side) * cols.div_ceil(side);
                bytes_of(values * u128::from(bits)) + bytes_of(tiles * u128::from(scale_bits))
            }
        }
    }
}

/// Bits that a value without a block takes in memory: TF32's 19 are kept in 32.
fn stored_bits(format: &Format) -> u32 {
    match format.bits() {
        bits @ 17..=32 if matches!(format.kind, Kind::Float(_)) => bits.next_power_of_two(),
        bits => bits,
    }
}

fn bytes_of(bits: u128) -> u128 {
    bits.div_ceil(8)
}

fn block_bytes(format: &'static Format, block: Block, rows: u128, cols: u128) -> u128 {
    let (size, bytes) = (block.size as u128, block.bytes as u128);
    match block.layout {
        Layout::Ggml { .. } if cols.is_multiple_of(size) => rows * (cols / size) * bytes,
        Layout::Ggml { .. } => match fallback(format).kind {
            Kind::Block(narrower) if cols.is_multiple_of(narrower.size as u128) => {
                rows * (cols / narrower.size as u128) * narrower.bytes as u128
            }
            _ => rows * cols * 2,
        },
        Layout::Mx(_) | Layout::Nvfp4 { .. } => rows * cols.div_ceil(size) * bytes,
        Layout::Bnb { double, .. } => {
            let blocks = (rows * cols).div_ceil(size);
            let scales = if double { blocks + 4 * blocks.div_ceil(bnb::NESTED_BLOCK_SIZE as u128) } else { 4 * blocks };
            bytes_of(rows * cols * u128::from(format.bits())) + scales
        }
    }
}

/// The type that `llama-quantize` takes where blocks of 256 do not divide a row. After that comes FP16.
///
/// Source: `tensor_type_fallback` in llama.cpp's `llama-quant.cpp` and, for the head, `llama_tensor_get_type_impl`.
fn fallback(format: &Format) -> &'static Format {
    match format.id {
        "q2_k" | "q3_k" | "tq1_0" | "tq2_0" => &GGML_Q4_0,
        "q4_k" => &GGML_Q5_0,
        "q5_k" => &GGML_Q5_1,
        "q6_k" => &GGML_Q8_0,
        id if id.starts_with("iq") && format.block_size() == 256 => &GGML_IQ4_NL,
        _ => &FP16,
    }
}
