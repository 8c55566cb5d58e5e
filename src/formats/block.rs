//! One block, taken apart: its bytes, its values, and which bits make which value.

use super::codebook::Codebook;
use super::mx::{self, NAN_SCALE, ScaleRule};
use super::{Block, Format, Kind, Layout, bnb, ggml, nvfp4};
use serde::{Deserialize, Serialize};

/// A block as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Packed {
    /// The bytes of the block, its scales included.
    pub bytes: Vec<u8>,
    /// What they are read back as.
    pub values: Vec<f32>,
    /// The scales: what each is called and what it says.
    pub scales: Vec<(String, f32)>,
    /// For each bit of the bytes, the lowest of each byte first, whose it is.
    pub owners: Vec<Owner>,
}

/// What a bit of a block is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Owner {
    /// One value's.
    Value(u16),
    /// Several values'.
    Shared,
    /// Nobody's: padding, or a bit that no value depends on.
    Nobody,
}

/// Why there is no such block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Error {
    /// Not a block format.
    #[error("that is not a format of blocks")]
    NoBlock,
    /// A format that is only read.
    #[error("this format is only read here: give its bytes")]
    OnlyRead,
    /// Not as many bytes as a block has.
    #[error("a block has {expected} bytes, and these are {actual}")]
    WrongBytes {
        /// Bytes of a block.
        expected: usize,
        /// Bytes that were given.
        actual: usize,
    },
}

fn block_of(format: &Format) -> Result<Block, Error> {
    match format.kind {
        Kind::Block(block) => Ok(block),
        _ => Err(Error::NoBlock),
    }
}

fn ggml_type(id: u32) -> Result<&'static ggml::BlockType, Error> {
    ggml::TYPES.iter().copied().find(|block_type| block_type.id == id).ok_or(Error::NoBlock)
}

/// Packs a block's values. Fewer than a block holds are repeated, and more are left out.
///
/// Of two-level NVFP4 the block is the whole tensor, and so it is for bitsandbytes' double quantization.
///
/// # Errors
/// [`Error`].
pub fn encode(format: &Format, rule: ScaleRule, values: &[f32]) -> Result<Packed, Error> {
    let block = block_of(format)?;
    let values: Vec<f32> = values.iter().copied().cycle().take(block.size).collect();
    let bytes = match block.layout {
        Layout::Mx(element) => {
            let scale = element.scale(mx::amax(&values), rule);
            let codes = values.iter().map(|&x| element.encode(x, scale));
            [vec![scale], pack(codes, element.bits())].concat()
        }
        Layout::Nvfp4 { two_level } => {
            let amax = mx::amax(&values);
            let tensor_scale = if two_level { nvfp4::tensor_scale(amax) } else { 1.0 };
            let scale = nvfp4::block_scale(amax, tensor_scale);
            let codes = values.iter().map(|&x| nvfp4::encode(x, scale, tensor_scale));
            let mut bytes = [vec![scale], pack(codes, 4)].concat();
            if two_level {
                // Not a part of the block's nine bytes: the tensor's scale goes before it.
                bytes.splice(0..0, tensor_scale.to_le_bytes());
            }
            bytes
        }
        Layout::Bnb { codebook, double } => encode_bnb(codebook, double, &values),
        Layout::Ggml { id, .. } => {
            let block_type = ggml_type(id)?;
            let encode = block_type.encode.ok_or(Error::OnlyRead)?;
            let mut bytes = vec![0; block_type.block_bytes];
            encode(&values, &mut bytes);
            bytes
        }
    };
    decode(format, &bytes)
}

fn encode_bnb(codebook: &Codebook, double: bool, values: &[f32]) -> Vec<u8> {
    let mut codes = vec![0; values.len()];
    let amax = bnb::encode_block(codebook, values, &mut codes);
    let scales = if double {
        let nested = bnb::NestedScales::new(&[amax]);
        [&nested.offset.to_le_bytes()[..], &nested.amaxes[0].to_le_bytes(), &nested.codes].concat()
    } else {
        amax.to_le_bytes().to_vec()
    };
    [scales, bnb::pack_nibbles(&codes)].concat()
}

/// Bytes of a block with what stands before it for the tensor.
fn stored_bytes(block: Block) -> usize {
    match block.layout {
        Layout::Nvfp4 { two_level: true } => 4 + block.bytes,
        // Mean and largest of the magnitudes in FP32, and the magnitude in 8 bits instead of 32.
        // A magnitude of the nested block and the offset, which others share.
        Layout::Bnb { double: true, .. } => block.bytes + 8,
        _ => block.bytes,
    }
}

/// Reads a block's bytes.
///
/// # Errors
/// [`Error`].
pub fn decode(format: &Format, bytes: &[u8]) -> Result<Packed, Error> {
    let block = block_of(format)?;
    let expected = stored_bytes(block);
    if bytes.len() != expected {
        return Err(Error::WrongBytes { expected, actual: bytes.len() });
    }
    let values = values_of(block, bytes)?;
    Ok(Packed { bytes: bytes.to_vec(), values, scales: scales_of(block, bytes), owners: owners_of(block)? })
}

fn f32_at(bytes: &[u8], at: usize) -> f32 {
    bytes[at..].first_chunk().map_or(f32::NAN, |bytes| f32::from_le_bytes(*bytes))
}

fn f16_at(bytes: &[u8], at: usize) -> f32 {
    bytes[at..].first_chunk().map_or(f32::NAN, |bytes| half::f16::from_le_bytes(*bytes).to_f32())
}

fn values_of(block: Block, bytes: &[u8]) -> Result<Vec<f32>, Error> {
    Ok(match block.layout {
        Layout::Mx(element) => {
            unpack(&bytes[1..], element.bits(), block.size).map(|code| element.decode_scaled(code, bytes[0])).collect()
        }
        Layout::Nvfp4 { two_level } => {
            let (tensor_scale, bytes) = if two_level { (f32_at(bytes, 0), &bytes[4..]) } else { (1.0, bytes) };
            unpack(&bytes[1..], 4, block.size).map(|code| nvfp4::decode(code, bytes[0], tensor_scale)).collect()
        }
        Layout::Bnb { codebook, double } => {
            let (amax, codes) =
                if double { (nested(bytes).amax(0), &bytes[9..]) } else { (f32_at(bytes, 0), &bytes[4..]) };
            codes
                .iter()
                .flat_map(|byte| [byte >> 4, byte & 15])
                .map(|code| bnb::decode(codebook, code.into(), amax))
                .collect()
        }
        Layout::Ggml { id, .. } => {
            let block_type = ggml_type(id)?;
            let mut values = vec![0.0; block_type.block_size];
            (block_type.decode)(bytes, &mut values);
            values
        }
    })
}

fn nested(bytes: &[u8]) -> bnb::NestedScales {
    bnb::NestedScales { offset: f32_at(bytes, 0), amaxes: vec![f32_at(bytes, 4)], codes: vec![bytes[8]] }
}

fn scales_of(block: Block, bytes: &[u8]) -> Vec<(String, f32)> {
    let named = |name: &str, value: f32| (name.to_owned(), value);
    match block.layout {
        Layout::Mx(_) if bytes[0] == NAN_SCALE => vec![named("scale", f32::NAN)],
        Layout::Mx(_) => vec![named("scale", libm::exp2f(f32::from(bytes[0]) - 127.0))],
        Layout::Nvfp4 { two_level } => {
            let at = if two_level { 4 } else { 0 };
            let scale = named("block scale", mx::E4M3FN.decode(bytes[at].into()) as f32);
            if two_level { vec![named("tensor scale", f32_at(bytes, 0)), scale] } else { vec![scale] }
        }
        Layout::Bnb { double: false, .. } => vec![named("largest magnitude", f32_at(bytes, 0))],
        Layout::Bnb { double: true, .. } => vec![
            named("mean of the magnitudes", f32_at(bytes, 0)),
            named("largest of them, less the mean", f32_at(bytes, 4)),
            named("this block’s magnitude", nested(bytes).amax(0)),
        ],
        // Where the f16 numbers of a block lie.
        Layout::Ggml { id, .. } => {
            let (d, m) = ggml_type(id).map_or((None, None), ggml::BlockType::scale_places);
            let number = |name: &str, at: Option<usize>| at.map(|at| named(name, f16_at(bytes, at)));
            let own = match id {
                39 => vec![named("scale", libm::exp2f(f32::from(bytes[0]) - 127.0))],
                40 => (0..4).map(|i| named(&format!("scale {}", i + 1), ggml::ue4m3::decode(bytes[i]))).collect(),
                _ => Vec::new(),
            };
            number("d", d).into_iter().chain(number("m", m)).chain(own).collect()
        }
    }
}

/// Whose each bit is, found by flipping it: a bit that changes one value is that value's, and one that changes several is
/// a scale's. In a few blocks of arbitrary bytes, since a bit may not matter beside a scale of zero.
fn owners_of(block: Block) -> Result<Vec<Owner>, Error> {
    let mut owners = vec![Owner::Nobody; 8 * stored_bytes(block)];
    let mut state = 1u32;
    for _ in 0..4 {
        let mut bytes: Vec<u8> = (0..stored_bytes(block))
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // The top bits of a half or a scale byte that would make it infinite are left out of the way.
                (state >> 24) as u8 & 0x7b
            })
            .collect();
        let before = values_of(block, &bytes)?;
        for (bit, owner) in owners.iter_mut().enumerate() {
            bytes[bit / 8] ^= 1 << (bit % 8);
            let after = values_of(block, &bytes)?;
            bytes[bit / 8] ^= 1 << (bit % 8);
            for i in (0..before.len()).filter(|&i| before[i].to_bits() != after[i].to_bits()) {
                *owner = match *owner {
                    Owner::Nobody => Owner::Value(i as u16),
                    Owner::Value(other) if usize::from(other) == i => continue,
                    _ => Owner::Shared,
                };
            }
        }
    }
    Ok(owners)
}

/// Codes of up to 24 bits as a little-endian stream of bits: with four bits the even element is in the low nibble.
pub fn pack(codes: impl Iterator<Item = u32>, bits: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut held, mut n) = (0u32, 0);
    for code in codes {
        held |= code << n;
        n += bits;
        while n >= 8 {
            bytes.push(held as u8);
            held >>= 8;
            n -= 8;
        }
    }
    if n > 0 {
        bytes.push(held as u8);
    }
    bytes
}

fn unpack(bytes: &[u8], bits: u32, n: usize) -> impl Iterator<Item = u32> {
    (0..n).map(move |i| {
        let first = i * bits as usize;
        let window = [0, 1].map(|k| u32::from(bytes.get(first / 8 + k).copied().unwrap_or(0)));
        ((window[0] | window[1] << 8) >> (first % 8)) & ((1 << bits) - 1)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{FORMATS, format};
    use super::*;

    fn ramp() -> Vec<f32> {
        (0..256).map(|i| (i as f32 - 100.0) * 0.01).collect()
    }

    #[test]
    fn every_block_format_is_read_back_near_what_was_written() {
        for format in FORMATS.iter().filter(|format| matches!(format.kind, Kind::Block(_))) {
            match encode(format, ScaleRule::Rceil, &ramp()) {
                Ok(packed) => {
                    assert_eq!(packed.values.len(), format.block_size(), "{}", format.id);
                    let worst = packed.values.iter().zip(ramp()).map(|(y, x)| (y - x).abs()).fold(0.0, f32::max);
                    assert!(worst < 0.5, "{}: {worst}", format.id);
                    assert_eq!(decode(format, &packed.bytes), Ok(packed), "{}", format.id);
                }
                Err(error) => assert_eq!(error, Error::OnlyRead, "{}", format.id),
            }
        }
    }

    #[test]
    fn every_value_has_bits_of_its_own_and_every_block_some_that_are_shared() {
        for format in FORMATS.iter().filter(|format| matches!(format.kind, Kind::Block(_))) {
            let bytes = vec![0x11; stored_bytes(block_of(format).unwrap())];
            let owners = decode(format, &bytes).unwrap().owners;
            assert!(owners.contains(&Owner::Shared), "{} has a scale", format.id);
            // Grids give several values one point.
            if format.id.starts_with("iq1")
                || format.id.starts_with("iq2")
                || format.id.starts_with("iq3")
                || format.id == "tq1_0"
            {
                continue;
            }
            for i in 0..format.block_size() as u16 {
                let own = owners.iter().filter(|owner| **owner == Owner::Value(i)).count() as u32;
                assert_eq!(own, format.bits(), "{}: bits of value {i}", format.id);
            }
        }
    }

    #[test]
    fn elements_of_mxfp4_are_packed_low_nibble_first() {
        let packed = encode(format("mxfp4").unwrap(), ScaleRule::Floor, &[1.0, 6.0]).unwrap();
        assert_eq!(packed.bytes[..2], [127, 0x72]);
        assert_eq!(packed.scales, [("scale".to_owned(), 1.0)]);
        assert_eq!(packed.owners[8..16], [[Owner::Value(0); 4], [Owner::Value(1); 4]].concat());
    }

    #[test]
    fn six_bit_elements_are_a_stream_of_bits() {
        let codes = [1, 2, 3, 63];
        let bytes = pack(codes.into_iter(), 6);
        assert_eq!(bytes.len(), 3);
        assert_eq!(unpack(&bytes, 6, 4).collect::<Vec<_>>(), codes);
    }

    #[test]
    fn bytes_of_another_length_are_refused() {
        assert_eq!(decode(format("q4_0").unwrap(), &[0; 3]), Err(Error::WrongBytes { expected: 18, actual: 3 }));
        assert_eq!(encode(format("fp16").unwrap(), ScaleRule::Floor, &[1.0]), Err(Error::NoBlock));
        assert_eq!(encode(format("iq2_xs").unwrap(), ScaleRule::Floor, &[1.0]), Err(Error::OnlyRead));
    }
}
