//! The K-quants whose sub-blocks have a scale alone: Q3_K, Q6_K.
//!
//! value = (d · scale) · q, where scale is a small whole number with a sign, one for each sub-block of 16 values, and q
//! is around 0.

use super::BlockType;
use super::packing::{Planes, read_f16, write_f16};
use super::search::{TINY, largest, nearest_int, sweep, symmetric};

/// 3 bits, −4 … 3; 16 sub-blocks of 16 values with 6-bit scales, −32 … 31.
///
/// Layout: bit 2 of each q + 4 × 256, in one group · low 2 bits × 256, in two groups of 32 bytes · low 4 bits of each
/// scale + 32 × 16 · high 2 bits × 16 · d f16. See
/// [`quantize_row_q3_K_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q3_K: BlockType =
    BlockType { name: "Q3_K", id: 11, block_size: 256, block_bytes: 110, encode: Some(encode_q3), decode: decode_q3 };

/// 6 bits, −32 … 31; 16 sub-blocks of 16 values with 8-bit scales, −128 … 127.
///
/// Layout: low 4 bits of each q + 32 × 256, in two groups of 64 bytes · high 2 bits × 256, in two groups of 32 bytes ·
/// scale i8 × 16 · d f16. See
/// [`quantize_row_q6_K_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q6_K: BlockType = BlockType {
    name: "Q6_K",
    id: 14,
    block_size: 256,
    block_bytes: 210,
    encode: Some(|values, bytes| encode_q6(values, bytes, symmetric, requantize)),
    decode: decode_q6,
};

const Q3_HIGH: Planes = Planes { low: 2, bits: 1, group: 32 };
const Q3_LOW: Planes = Planes { low: 0, bits: 2, group: 32 };
const Q3_SCALES_LOW: Planes = Planes { low: 0, bits: 4, group: 8 };
const Q3_SCALES_HIGH: Planes = Planes { low: 4, bits: 2, group: 4 };
const Q6_LOW: Planes = Planes { low: 0, bits: 4, group: 64 };
const Q6_HIGH: Planes = Planes { low: 4, bits: 2, group: 32 };

fn encode_q3(values: &[f32], bytes: &mut [u8]) {
    let (high, rest) = bytes.split_at_mut(32);
    let (low, rest) = rest.split_at_mut(64);
    let (scale_bytes, super_scale) = rest.split_at_mut(12);
    let mut codes = [0; 256];
    let mut fitted = [0.0; 16];
    for ((x, codes), scale) in values.chunks_exact(16).zip(codes.chunks_exact_mut(16)).zip(&mut fitted) {
        *scale = sweep(x, codes);
    }
    let max_scale = largest(&fitted);
    let mut scales = [0; 16];
    if max_scale == 0.0 {
        scale_bytes.fill(0);
        write_f16(super_scale, 0.0);
    } else {
        let inverse = -32.0 / max_scale;
        scales = fitted.map(|scale| ((nearest_int(inverse * scale) as i8).clamp(-32, 31) + 32) as u8);
        Q3_SCALES_LOW.pack(&scales, &mut scale_bytes[..8]);
        Q3_SCALES_HIGH.pack(&scales, &mut scale_bytes[8..]);
        write_f16(super_scale, 1.0 / inverse);
    }
    let d = read_f16(super_scale);
    for ((x, codes), &scale) in values.chunks_exact(16).zip(codes.chunks_exact_mut(16)).zip(&scales) {
        requantize(x, codes, d * (i32::from(scale) - 32) as f32, 4);
    }
    Q3_HIGH.pack(&codes, high);
    Q3_LOW.pack(&codes, low);
}

fn decode_q3(bytes: &[u8], values: &mut [f32]) {
    let (high, rest) = bytes.split_at(32);
    let (low, rest) = rest.split_at(64);
    let (scale_bytes, super_scale) = rest.split_at(12);
    let (mut codes, mut scales) = ([0; 256], [0; 16]);
    Q3_HIGH.unpack(high, &mut codes);
    Q3_LOW.unpack(low, &mut codes);
    Q3_SCALES_LOW.unpack(&scale_bytes[..8], &mut scales);
    Q3_SCALES_HIGH.unpack(&scale_bytes[8..], &mut scales);
    let d = read_f16(super_scale);
    for ((codes, &scale), values) in codes.chunks_exact(16).zip(&scales).zip(values.chunks_exact_mut(16)) {
        dequantize(codes, d * (i32::from(scale) - 32) as f32, 4, values);
    }
}

/// Encodes a block of [`Q6_K`] by a search for the scale of a sub-block ([`symmetric`]) and what makes codes of values and a
/// scale.
pub fn encode_q6(
    values: &[f32],
    bytes: &mut [u8],
    symmetric: impl Fn(&[f32], i32, &mut [u8]) -> f32,
    requantize: impl Fn(&[f32], &mut [u8], f32, i32),
) {
    let mut codes = [0; 256];
    let mut fitted = [0.0; 16];
    for ((x, codes), scale) in values.chunks_exact(16).zip(codes.chunks_exact_mut(16)).zip(&mut fitted) {
        *scale = symmetric(x, 32, codes);
    }
    let max_scale = largest(&fitted);
    if max_scale.abs() < TINY {
        bytes.fill(0);
        return;
    }
    let (low, rest) = bytes.split_at_mut(128);
    let (high, rest) = rest.split_at_mut(64);
    let (scales, super_scale) = rest.split_at_mut(16);
    let inverse = -128.0 / max_scale;
    write_f16(super_scale, 1.0 / inverse);
    let d = read_f16(super_scale);
    let sub_blocks = values.chunks_exact(16).zip(codes.chunks_exact_mut(16));
    for (((x, codes), byte), &scale) in sub_blocks.zip(scales).zip(&fitted) {
        let scale = nearest_int(inverse * scale).min(127) as i8;
        *byte = scale.cast_unsigned();
        requantize(x, codes, d * f32::from(scale), 32);
    }
    Q6_LOW.pack(&codes, low);
    Q6_HIGH.pack(&codes, high);
}

fn decode_q6(bytes: &[u8], values: &mut [f32]) {
    let (low, rest) = bytes.split_at(128);
    let (high, rest) = rest.split_at(64);
    let (scales, super_scale) = rest.split_at(16);
    let mut codes = [0; 256];
    Q6_LOW.unpack(low, &mut codes);
    Q6_HIGH.unpack(high, &mut codes);
    let d = read_f16(super_scale);
    for ((codes, &scale), values) in codes.chunks_exact(16).zip(scales).zip(values.chunks_exact_mut(16)) {
        dequantize(codes, d * f32::from(scale.cast_signed()), 32, values);
    }
}

/// Makes the codes anew for the scale that was stored; where that is 0, those of the search stay.
fn requantize(x: &[f32], codes: &mut [u8], scale: f32, levels: i32) {
    if scale != 0.0 {
        for (code, &x) in codes.iter_mut().zip(x) {
            *code = (nearest_int(x / scale).clamp(-levels, levels - 1) + levels) as u8;
        }
    }
}

fn dequantize(codes: &[u8], scale: f32, levels: i32, values: &mut [f32]) {
    for (value, &code) in values.iter_mut().zip(codes) {
        *value = scale * (i32::from(code) - levels) as f32;
    }
}
