//! Blocks by the codecs of [`crate::formats`], one after the other and with nothing between them: what the second pass is held
//! against.

use crate::formats::bnb::{self, NestedScales};
use crate::formats::mx::{self, ScaleRule};
use crate::formats::{Block, FORMATS, Format, Kind, Layout, ggml, nvfp4};
use crate::quantize::Range;

/// An encoded tensor, as it is stored, so that "equal" means equal to the bit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Encoded {
    /// A code a byte; of ggml the blocks as they are in files, the last one filled up with zeros.
    pub codes: Vec<u8>,
    /// What each block has besides: a byte (MX, NVFP4, double quantization) or an f32 (bitsandbytes).
    pub scales: Vec<u8>,
    /// What the tensor has; see [`super::Packed::tensor_scales`].
    pub tensor_scales: Vec<u8>,
}

/// Encodes a tensor of one row; nothing for formats that are not of blocks or only read.
///
/// NaN and infinities are defined where the format leaves them open: in an MX block that holds one the scale is
/// [`mx::NAN_SCALE`] and every code 0, an NVFP4 block has the largest scale, and in a codebook's the arithmetic decides,
/// with NaN at the lowest value.
pub(super) fn encode(format: &Format, scale_rule: ScaleRule, values: &[f32]) -> Option<Encoded> {
    let Kind::Block(Block { size, bytes, layout }) = format.kind else { return None };
    let mut encoded = Encoded::default();
    match layout {
        Layout::Mx(element) => {
            for block in values.chunks(size) {
                let scale = element.scale(mx::amax(block), scale_rule);
                encoded.codes.extend(block.iter().map(|&x| element.encode(x, scale) as u8));
                encoded.scales.push(scale);
            }
        }
        Layout::Nvfp4 { two_level } => {
            let tensor_scale = if two_level { nvfp4::tensor_scale(Range::of(values).amax()) } else { 1.0 };
            for block in values.chunks(size) {
                let scale = nvfp4::block_scale(mx::amax(block), tensor_scale);
                encoded.codes.extend(block.iter().map(|&x| nvfp4::encode(x, scale, tensor_scale) as u8));
                encoded.scales.push(scale);
            }
            encoded.tensor_scales = tensor_scale.to_le_bytes().to_vec();
        }
        Layout::Bnb { codebook, double } => {
            encoded.codes.resize(values.len(), 0);
            let blocks = values.chunks(size).zip(encoded.codes.chunks_mut(size));
            let amaxes: Vec<f32> = blocks.map(|(block, codes)| bnb::encode_block(codebook, block, codes)).collect();
            let bytes = |floats: &[f32]| floats.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
            if double {
                let nested = NestedScales::new(&amaxes);
                encoded.tensor_scales = bytes(&[&nested.amaxes[..], &[nested.offset]].concat());
                encoded.scales = nested.codes;
            } else {
                encoded.scales = bytes(&amaxes);
            }
        }
        Layout::Ggml { id, .. } => {
            let encode = ggml::TYPES.iter().find(|row| row.id == id)?.encode?;
            encoded.codes.resize(values.len().div_ceil(size) * bytes, 0);
            for (block, bytes) in values.chunks(size).zip(encoded.codes.chunks_mut(bytes)) {
                let mut whole = block.to_vec();
                whole.resize(size, 0.0);
                encode(&whole, bytes);
            }
        }
    }
    Some(encoded)
}

fn encoded(id: &str, values: &[f32]) -> Encoded {
    let format = crate::formats::format(id).unwrap();
    encode(format, ScaleRule::Floor, values).unwrap()
}

#[test]
fn every_row_of_blocks_has_as_many_bytes_as_the_table_says() {
    for format in FORMATS {
        let Kind::Block(block) = format.kind else { continue };
        let Some(encoded) = encode(format, ScaleRule::Floor, &vec![0.5; 2 * block.size]) else { continue };
        let is_ggml = matches!(block.layout, Layout::Ggml { .. });
        let codes = if is_ggml { 2 * block.bytes } else { 2 * block.size };
        let scales = match block.layout {
            Layout::Ggml { .. } => 0,
            Layout::Bnb { double: false, .. } => 8,
            _ => 2,
        };
        assert_eq!((encoded.codes.len(), encoded.scales.len()), (codes, scales), "{}", format.id);
    }
}

#[test]
fn a_last_block_that_is_not_full_counts_as_filled_with_zeros() {
    let values: Vec<f32> = (0..40).map(|i| i as f32 - 7.0).collect();
    let mut filled = values.clone();
    filled.resize(64, 0.0);
    for id in ["mxfp4", "nvfp4", "bnb_nf4_block", "q4_1"] {
        let (short, full) = (encoded(id, &values), encoded(id, &filled));
        assert!(full.codes.starts_with(&short.codes), "{id}");
        assert!(full.scales.starts_with(&short.scales), "{id}");
    }
}

#[test]
fn a_block_that_is_not_finite_has_defined_codes() {
    let mut values = [1.0; 64];
    values[3] = f32::NAN;
    let mx = encoded("mxfp8_e4m3", &values);
    assert_eq!((mx.scales[0], &mx.codes[..32]), (mx::NAN_SCALE, &[0; 32][..]));
    assert_eq!(encoded("nvfp4_one_level", &values).scales[0], 0x7e);
    assert_eq!(encoded("bnb_nf4_block", &values).codes[3], 0);
}

#[test]
fn formats_of_single_values_and_those_only_read_are_refused() {
    for id in ["fp16", "int8", "e8m0fnu", "nf4", "iq1_s"] {
        let format = crate::formats::format(id).unwrap();
        assert_eq!(encode(format, ScaleRule::Floor, &[1.0; 256]), None, "{id}");
    }
}
