//! From stored bytes to FP32 values.

use super::dtype::Dtype;
use crate::formats::{Format, Kind};

/// Decodes whole units ([`Dtype::unit`]) of values, and appends as many of them as are wanted (`n`; the last unit may have more).
///
/// FP64 and integers beyond 2²⁴ are rounded to the nearest FP32; of a complex number the real part is taken. A boolean is 0 or 1.
/// Codes of 4 and 6 bits lie in a little-endian stream of bits: the first is in the low bits of the first byte. Bytes that are
/// missing are passed over: no value is made of them. Blocks are always taken as little-endian.
pub fn decode(dtype: Dtype, is_big_endian: bool, bytes: &[u8], n: usize, values: &mut Vec<f32>) {
    let end = values.len() + n;
    let width = number_bytes(dtype);
    if is_big_endian && width > 1 {
        let mut turned = bytes.to_vec();
        turned.chunks_exact_mut(width).for_each(<[u8]>::reverse);
        decode_little(dtype, &turned, values);
    } else {
        decode_little(dtype, bytes, values);
    }
    values.truncate(end);
}

/// Bytes of the numbers whose order the byte order decides.
fn number_bytes(dtype: Dtype) -> usize {
    match dtype {
        Dtype::Number(format) => format.bits() as usize / 8,
        Dtype::Integer { bits, .. } | Dtype::Complex(bits) => bits as usize / 8,
        Dtype::Fp64 => 8,
        Dtype::Blocks(_) | Dtype::Bool => 1,
    }
}

fn decode_little(dtype: Dtype, bytes: &[u8], values: &mut Vec<f32>) {
    match dtype {
        Dtype::Number(format) => decode_numbers(format, bytes, values),
        Dtype::Blocks(block_type) => {
            let start = values.len();
            let blocks = bytes.chunks_exact(block_type.block_bytes);
            values.resize(start + blocks.len() * block_type.block_size, 0.0);
            for (bytes, block) in blocks.zip(values[start..].chunks_exact_mut(block_type.block_size)) {
                (block_type.decode)(bytes, block);
            }
        }
        Dtype::Integer { bits: 8, is_signed: false } => values.extend(bytes.iter().map(|byte| f32::from(*byte))),
        Dtype::Integer { bits: 8, .. } => values.extend(bytes.iter().map(|byte| f32::from(*byte as i8))),
        Dtype::Integer { bits: 16, is_signed: false } => extend(bytes, values, |b| u16::from_le_bytes(b).into()),
        Dtype::Integer { bits: 16, .. } => extend(bytes, values, |b| i16::from_le_bytes(b).into()),
        Dtype::Integer { bits: 32, is_signed: false } => extend(bytes, values, |b| u32::from_le_bytes(b) as f32),
        Dtype::Integer { bits: 32, .. } => extend(bytes, values, |b| i32::from_le_bytes(b) as f32),
        Dtype::Integer { is_signed: false, .. } => extend(bytes, values, |b| u64::from_le_bytes(b) as f32),
        Dtype::Integer { .. } => extend(bytes, values, |b| i64::from_le_bytes(b) as f32),
        Dtype::Fp64 => extend(bytes, values, |b| f64::from_le_bytes(b) as f32),
        Dtype::Bool => values.extend(bytes.iter().map(|byte| f32::from(u8::from(*byte != 0)))),
        Dtype::Complex(32) => extend(bytes, values, |[a, b, c, d, ..]: [u8; 8]| f32::from_le_bytes([a, b, c, d])),
        Dtype::Complex(_) => extend(bytes, values, |b: [u8; 16]| {
            f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32
        }),
    }
}

/// Makes a value of every `N` bytes: a plain loop, of which the compiler makes vectors.
fn extend<const N: usize>(bytes: &[u8], values: &mut Vec<f32>, value: impl Fn([u8; N]) -> f32) {
    values.extend(bytes.as_chunks().0.iter().map(|bytes| value(*bytes)));
}

fn decode_numbers(format: &Format, bytes: &[u8], values: &mut Vec<f32>) {
    match format.bits() {
        32 => extend(bytes, values, f32::from_le_bytes),
        16 if format.id == "bf16" => {
            extend(bytes, values, |b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16));
        }
        16 => extend(bytes, values, |b| fp16(u16::from_le_bytes(b))),
        8 => {
            let table = table(format);
            values.extend(bytes.iter().map(|byte| table[usize::from(*byte)]));
        }
        bits @ (4 | 6) => {
            let table = table(format);
            let (codes, unit) = if bits == 4 { (2, 1) } else { (4, 3) };
            for bytes in bytes.chunks_exact(unit) {
                let word = bytes.iter().rev().fold(0, |word, byte| word << 8 | usize::from(*byte));
                values.extend((0..codes).map(|i| table[word >> (i * bits) & ((1 << bits) - 1)]));
            }
        }
        // No file has numbers of other widths.
        _ => {}
    }
}

/// The value of every code of at most 8 bits.
fn table(format: &Format) -> [f32; 256] {
    core::array::from_fn(|code| match format.kind {
        Kind::Float(float) => float.decode(code as u32) as f32,
        Kind::Exponent(exponent) => exponent.decode(code as u32) as f32,
        _ => f32::NAN,
    })
}

/// The value of an FP16 code without a branch: exponent and fraction are put in FP32's places, and a product makes up for the
/// difference of the biases. Subnormals are the fraction of a number between ½ and 1, less ½.
///
/// Source: `fp16_ieee_to_fp32_value` in <https://github.com/Maratyszcza/FP16>
fn fp16(code: u16) -> f32 {
    const SCALE: f32 = f32::from_bits((127 - 112) << 23);
    let word = u32::from(code) << 16;
    let twice = word << 1;
    let normal = f32::from_bits((twice >> 4) + (0xe0 << 23)) * SCALE;
    let subnormal = f32::from_bits((twice >> 17) | 126 << 23) - 0.5;
    let magnitude = if twice < 1 << 27 { subnormal.to_bits() } else { normal.to_bits() };
    f32::from_bits(word & 0x8000_0000 | magnitude & 0x7fff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{FORMATS, format};

    fn decoded(dtype: Dtype, is_big_endian: bool, bytes: &[u8], n: usize) -> Vec<f32> {
        let mut values = Vec::new();
        decode(dtype, is_big_endian, bytes, n, &mut values);
        values
    }

    fn is_same(a: f32, b: f32) -> bool {
        a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
    }

    #[test]
    fn every_16_bit_code_is_the_value_of_its_table() {
        let codes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
        for id in ["fp16", "bf16"] {
            let format = format(id).unwrap();
            let Kind::Float(float) = format.kind else { panic!("{id} is no float") };
            for (code, value) in decoded(Dtype::Number(format), false, &codes, 1 << 16).iter().enumerate() {
                assert!(is_same(*value, float.decode(code as u32) as f32), "{id} {code:#x}: {value}");
            }
        }
    }

    #[test]
    fn every_code_of_at_most_8_bits_is_the_value_of_its_table() {
        let mut tried = 0;
        for format in FORMATS.iter().filter(|format| matches!(format.bits(), 4 | 6 | 8)) {
            let value = |code: u32| match format.kind {
                Kind::Float(float) => Some(float.decode(code) as f32),
                Kind::Exponent(exponent) => Some(exponent.decode(code) as f32),
                _ => None,
            };
            let Some(_) = value(0) else { continue };
            let (bits, n) = (format.bits(), 1 << format.bits());
            let mut bytes = vec![0u8; n * bits as usize / 8];
            for (i, bit) in (0..n).flat_map(|code| (0..bits).map(move |bit| code >> bit & 1)).enumerate() {
                bytes[i / 8] |= (bit as u8) << (i % 8);
            }
            let values = decoded(Dtype::Number(format), false, &bytes, n);
            assert_eq!(values.len(), n, "{}", format.id);
            for (code, x) in values.iter().enumerate() {
                assert!(is_same(*x, value(code as u32).unwrap()), "{} {code:#x}: {x}", format.id);
            }
            tried += 1;
        }
        assert!(tried > 15, "{tried} formats");
    }

    #[test]
    fn numbers_of_several_bytes_have_either_end_first() {
        let integer = |bits, is_signed| Dtype::Integer { bits, is_signed };
        for (dtype, mut bytes, value) in [
            (integer(16, true), (-2i16).to_le_bytes().to_vec(), -2.0),
            (integer(16, false), 65_535u16.to_le_bytes().to_vec(), 65_535.0),
            (integer(32, true), (-70_000i32).to_le_bytes().to_vec(), -70_000.0),
            (integer(32, false), u32::MAX.to_le_bytes().to_vec(), 4_294_967_296.0),
            (integer(64, true), i64::MIN.to_le_bytes().to_vec(), -9_223_372_036_854_775_808.0),
            (integer(64, false), u64::MAX.to_le_bytes().to_vec(), 18_446_744_073_709_551_616.0),
            (Dtype::Fp64, 0.1f64.to_le_bytes().to_vec(), 0.1),
            (Dtype::FP32, 1.5f32.to_le_bytes().to_vec(), 1.5),
            (Dtype::FP16, vec![0x00, 0x3e], 1.5),
            (Dtype::BF16, vec![0xc0, 0x3f], 1.5),
        ] {
            assert_eq!(decoded(dtype, false, &bytes, 1), [value], "{dtype:?}");
            bytes.reverse();
            assert_eq!(decoded(dtype, true, &bytes, 1), [value], "{dtype:?}, the other way round");
        }
        let complex = [1.5f32.to_be_bytes(), 9f32.to_be_bytes()].concat();
        assert_eq!(decoded(Dtype::Complex(32), true, &complex, 1), [1.5], "the real part");
        let complex = [1.5f64.to_le_bytes(), 9f64.to_le_bytes()].concat();
        assert_eq!(decoded(Dtype::Complex(64), false, &complex, 1), [1.5]);
        assert_eq!(decoded(Dtype::Bool, false, &[0, 1, 7], 3), [0.0, 1.0, 1.0]);
        assert_eq!(decoded(integer(8, true), false, &[0xff, 0x7f], 2), [-1.0, 127.0]);
    }

    #[test]
    fn only_what_is_wanted_is_made_and_missing_bytes_are_passed_over() {
        let fp4 = Dtype::Number(format("e2m1fn").unwrap());
        assert_eq!(decoded(fp4, false, &[0x21, 0x43], 3), [0.5, 1.0, 1.5]);
        assert_eq!(decoded(Dtype::FP32, false, &[0; 7], 2), [0.0]);
        let q8_0 = Dtype::Blocks(&crate::formats::ggml::Q8_0);
        assert_eq!(decoded(q8_0, false, &[0; 67], 64).len(), 32);
    }
}
