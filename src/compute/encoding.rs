//! A tensor as codes and scales of a format of blocks, or as codes of a codebook: what is asked for and what comes out.

use crate::formats::bnb::NestedScales;
use crate::formats::mx::ScaleRule;
use crate::formats::{Block, Format, Kind, Layout, nvfp4};
use crate::quantize::Range;

/// What is done to a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Encoding {
    /// The format; one whose codes are made value by value from its row alone is a [`crate::quantize::Quantizer`]'s.
    pub format: &'static Format,
    /// How MX blocks take their scale.
    pub scale_rule: ScaleRule,
}

impl Encoding {
    /// The scale that NVFP4 gives a whole tensor, from its finite values: 1 on one level, and for every other format.
    #[must_use]
    pub fn tensor_scale(&self, values: &[f32]) -> f32 {
        match self.format.kind {
            Kind::Block(Block { layout: Layout::Nvfp4 { two_level: true }, .. }) => {
                nvfp4::tensor_scale(Range::of(values).amax())
            }
            _ => 1.0,
        }
    }

    /// Whether the scales of blocks are quantized in turn.
    const fn nests_scales(&self) -> bool {
        matches!(self.format.kind, Kind::Block(Block { layout: Layout::Bnb { double: true, .. }, .. }))
    }
}

/// An encoded tensor. All numbers are as they are stored, so that "equal" means equal to the bit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// A code a byte; of ggml the blocks as they are in files, the last one filled up with zeros.
    pub codes: Vec<u8>,
    /// What each block has besides: a byte (MX, NVFP4, double quantization) or an f32 (bitsandbytes).
    pub scales: Vec<u8>,
    /// What the tensor has: NVFP4's scale; of double quantization, the magnitudes of the blocks of scales and then the
    /// offset. All are f32.
    pub tensor_scales: Vec<u8>,
}

impl Encoded {
    /// Adds what is decided for a whole tensor once its blocks are encoded, here and not by the backend.
    #[must_use]
    pub fn finished(mut self, encoding: Encoding, tensor_scale: f32) -> Self {
        if encoding.nests_scales() {
            let amaxes: Vec<f32> = self.scales.as_chunks().0.iter().map(|&amax| f32::from_le_bytes(amax)).collect();
            let nested = NestedScales::new(&amaxes);
            self.tensor_scales =
                nested.amaxes.iter().chain([&nested.offset]).flat_map(|scale| scale.to_le_bytes()).collect();
            self.scales = nested.codes;
        } else if matches!(encoding.format.kind, Kind::Block(Block { layout: Layout::Nvfp4 { .. }, .. })) {
            self.tensor_scales = tensor_scale.to_le_bytes().to_vec();
        }
        self
    }
}
