//! A tensor's codes and scales as they are stored.

use super::elements::{self, Passed, Sink};
use crate::formats::block::pack;
use crate::formats::bnb::pack_nibbles;
use crate::formats::mx::{E4M3FN, NAN_SCALE};
use crate::formats::{Block, Conversion, Kind, Layout, NanRule, Overflow, Rounding};
use crate::quantize::{Element, Plan};

/// The parts of a stored tensor; [`Plan::packed_bytes`] is their sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// The codes, without gaps: the lowest bits of a byte are the first code's, but bitsandbytes' codebooks have the even
    /// code in the high nibble. Of ggml's types the blocks as they are in files.
    pub codes: Vec<u8>,
    /// A scale for each group or block: an f32, or a byte if it is a power of two (E8M0), NVFP4's (E4M3) or of double
    /// quantization.
    pub scales: Vec<u8>,
    /// A byte for each zero point.
    pub zero_points: Vec<u8>,
    /// What the tensor has besides: NVFP4's scale; of double quantization the magnitudes of the blocks of scales, then the
    /// offset. All are f32.
    pub tensor_scales: Vec<u8>,
    /// The columns that are kept, row by row in FP16; then their numbers, 4 B each.
    pub kept: Vec<u8>,
}

impl Packed {
    /// Bytes of all parts.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.codes.len() + self.scales.len() + self.zero_points.len() + self.tensor_scales.len() + self.kept.len()
    }

    /// Whether there is nothing; never so for a tensor.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn kept(plan: &Plan, values: &[f32]) -> Vec<u8> {
    let columns: Vec<usize> = (0..plan.is_kept.len()).filter(|&col| plan.is_kept[col]).collect();
    let number = |row: &[f32], col: usize| half::f16::from_f32(row[col]).to_le_bytes();
    let numbers = values.chunks(plan.cols).flat_map(|row| columns.iter().flat_map(move |&col| number(row, col)));
    numbers.chain(columns.iter().flat_map(|&col| (col as u32).to_le_bytes())).collect()
}

/// Packs a whole tensor, from its plan, its values and the codes that the second pass made of them.
#[must_use]
pub fn packed(plan: &Plan, values: &[f32], codes: &[u8]) -> Packed {
    let mut packed = Packed { codes: pack_codes(plan, codes), kept: kept(plan, values), ..Packed::default() };
    let floats = |floats: &mut dyn Iterator<Item = f32>| floats.flat_map(f32::to_le_bytes).collect::<Vec<u8>>();
    match &plan.element {
        Element::Float(_) | Element::Exponent(_) | Element::Ggml(_) => {}
        Element::Integer(_) | Element::ScaledFloat(..) | Element::Codebook(..) => {
            if plan.quantizer.has_scale() {
                packed.scales = if plan.quantizer.power_of_two_scale {
                    plan.element.scales().map(exponent_byte).collect()
                } else {
                    floats(&mut plan.element.scales())
                };
            }
            if let (Element::Integer(grids), true) = (&plan.element, plan.quantizer.is_affine()) {
                packed.zero_points = grids.iter().map(|grid| grid.zero_point as u8).collect();
            }
        }
        Element::Mx(_) => packed.scales = block_scales(plan, values).into_iter().map(exponent_byte).collect(),
        Element::Nvfp4(tensor_scale) => {
            packed.scales = block_scales(plan, values).into_iter().map(e4m3_byte).collect();
            if let Kind::Block(Block { layout: Layout::Nvfp4 { two_level: true }, .. }) = plan.quantizer.format.kind {
                packed.tensor_scales = tensor_scale.to_le_bytes().to_vec();
            }
        }
        Element::Bnb(_, None) => packed.scales = floats(&mut block_scales(plan, values).into_iter()),
        Element::Bnb(_, Some(nested)) => {
            packed.scales.clone_from(&nested.scales.codes);
            packed.tensor_scales = floats(&mut nested.scales.amaxes.iter().copied().chain([nested.scales.offset]));
        }
    }
    packed
}

/// Codes without gaps, the last block of each row filled up with zeros: [`Packed::codes`].
#[must_use]
pub fn pack_codes(plan: &Plan, codes: &[u8]) -> Vec<u8> {
    let format = plan.quantizer.format;
    if matches!(plan.element, Element::Ggml(_)) {
        return codes.to_vec();
    }
    let code_bytes = format.code_bytes();
    let block_size = format.block_size();
    let mut filled = Vec::new();
    let codes = if plan.padded() == 0 {
        codes
    } else {
        for row in codes.chunks(plan.cols * code_bytes) {
            filled.extend_from_slice(row);
            filled.resize(filled.len().next_multiple_of(block_size * code_bytes), 0);
        }
        &filled
    };
    let is_high_first = matches!(plan.element, Element::Codebook(..) | Element::Bnb(..));
    match format.bits() {
        8 | 16 | 32 => codes.to_vec(),
        4 if is_high_first => pack_nibbles(codes),
        bits => {
            let whole = |code: &[u8]| code.iter().rev().fold(0, |code, &byte| code << 8 | u32::from(byte));
            pack(codes.chunks_exact(code_bytes).map(|code| whole(code) & ((1 << bits) - 1)), bits)
        }
    }
}

/// The byte of a power of two: 255 if it is NaN.
const fn exponent_byte(scale: f32) -> u8 {
    if scale.is_nan() { NAN_SCALE } else { (scale.to_bits() >> 23) as u8 }
}

fn e4m3_byte(scale: f32) -> u8 {
    let exactly = Conversion { rounding: Rounding::NearestEven, overflow: Overflow::Saturate, nan: NanRule::Quiet };
    E4M3FN.encode(scale.into(), exactly).unwrap_or(0) as u8
}

/// The scale of each block, in their order.
fn block_scales(plan: &Plan, values: &[f32]) -> Vec<f32> {
    struct Scales(Vec<f32>);
    impl Sink for Scales {
        fn value(&mut self, _: Passed) {}
        fn scale(&mut self, scale: f32) {
            self.0.push(scale);
        }
    }
    let mut scales = Scales(Vec::new());
    let mut codes = Vec::new();
    for (row, values) in values.chunks(plan.cols).enumerate() {
        codes.clear();
        elements::pass(plan, (row, 0), values, &mut codes, &mut scales);
    }
    scales.0
}
