//! The reference for formats of blocks and for codebooks: one block after the other, by the codecs of [`crate::formats`].

use crate::compute::encoding::{Encoded, Encoding};
use crate::formats::{Block, Kind, Layout, bnb, ggml, mx, nvfp4};

/// Encodes a tensor; nothing for formats that are encoded value by value or only read.
///
/// NaN and infinities are defined where the format leaves them open: in an MX block that holds one the scale is
/// [`mx::NAN_SCALE`] and every code 0, an NVFP4 block has the largest scale, and in a codebook's the arithmetic decides,
/// with NaN at the lowest value.
#[must_use]
pub fn encode(encoding: Encoding, values: &[f32]) -> Option<Encoded> {
    let tensor_scale = encoding.tensor_scale(values);
    let mut encoded = Encoded::default();
    match encoding.format.kind {
        Kind::Codebook(codebook) => encoded.codes.extend(values.iter().map(|&x| codebook.encode(x) as u8)),
        Kind::Block(Block { size, bytes, layout }) => match layout {
            Layout::Mx(element) => {
                for block in values.chunks(size) {
                    let scale = element.scale(mx::amax(block), encoding.scale_rule);
                    encoded.codes.extend(block.iter().map(|&x| element.encode(x, scale) as u8));
                    encoded.scales.push(scale);
                }
            }
            Layout::Nvfp4 { .. } => {
                for block in values.chunks(size) {
                    let scale = nvfp4::block_scale(mx::amax(block), tensor_scale);
                    encoded.codes.extend(block.iter().map(|&x| nvfp4::encode(x, scale, tensor_scale) as u8));
                    encoded.scales.push(scale);
                }
            }
            Layout::Bnb { codebook, .. } => {
                encoded.codes.resize(values.len(), 0);
                for (block, codes) in values.chunks(size).zip(encoded.codes.chunks_mut(size)) {
                    let amax = bnb::encode_block(codebook, block, codes);
                    encoded.scales.extend(amax.to_le_bytes());
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
        },
        Kind::Float(_) | Kind::Integer(_) | Kind::Exponent(_) => return None,
    }
    Some(encoded.finished(encoding, tensor_scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::FORMATS;
    use crate::formats::mx::ScaleRule;

    fn encoded(id: &str, values: &[f32]) -> Encoded {
        let format = crate::formats::format(id).unwrap();
        encode(Encoding { format, scale_rule: ScaleRule::Floor }, values).unwrap()
    }

    #[test]
    fn every_row_of_blocks_has_as_many_bytes_as_the_table_says() {
        for format in FORMATS {
            let Kind::Block(block) = format.kind else { continue };
            let encoding = Encoding { format, scale_rule: ScaleRule::Floor };
            let Some(encoded) = encode(encoding, &vec![0.5; 2 * block.size]) else { continue };
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
        assert_eq!(encoded("nf4", &values).codes[3], 0);
    }

    #[test]
    fn formats_of_single_values_and_those_only_read_are_refused() {
        for id in ["fp16", "int8", "e8m0fnu", "iq1_s"] {
            let encoding = Encoding { format: crate::formats::format(id).unwrap(), scale_rule: ScaleRule::Floor };
            assert_eq!(encode(encoding, &[1.0; 256]), None, "{id}");
        }
    }
}
