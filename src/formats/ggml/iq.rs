//! The types below 4 bits that look groups of values up in a grid: IQ1, IQ2, IQ3. They are only read.
//!
//! A point of a grid is 8 values of IQ1 and IQ2 or 4 values of IQ3. Decoding is a table lookup, a sign and a scale;
//! encoding is a long search for near points, which ggml refuses for IQ1_S, IQ2_XXS and IQ2_XS without an importance
//! matrix.
//!
//! Source: `dequantize_row_iq*` in <https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c>.

use super::BlockType;
use super::grids::{self, Grid};
use super::packing::{read_f16, read_u16, read_u32};

/// 8 × 32 values, each with a 4-bit scale s: value = d · (½ + s) / 4 · ± point.
///
/// Layout: d f16 · for each 32 values 4 points u8, then u32: 4 × 7 bits of signs, s on top.
pub static IQ2_XXS: BlockType =
    BlockType { name: "IQ2_XXS", id: 16, block_size: 256, block_bytes: 66, encode: None, decode: decode_iq2_xxs };

/// 16 × 16 values, each with a 4-bit scale s: value = d · (½ + s) / 4 · ± point.
///
/// Layout: d f16 · u16 × 32: point 9 bits, signs 7 bits · s 4 bits × 16, in pairs.
pub static IQ2_XS: BlockType =
    BlockType { name: "IQ2_XS", id: 17, block_size: 256, block_bytes: 74, encode: None, decode: decode_iq2_xs };

/// 16 × 16 values, each with a 4-bit scale s: value = d · (½ + s) / 4 · ± point.
///
/// Layout: d f16 · low 8 bits of each point × 32 · signs u8 × 32 · high 2 bits of each point × 32 · s 4 bits × 16, in
/// pairs.
pub static IQ2_S: BlockType =
    BlockType { name: "IQ2_S", id: 22, block_size: 256, block_bytes: 82, encode: None, decode: decode_iq2_s };

/// 8 × 32 values, each with a 4-bit scale s: value = d · (½ + s) / 2 · ± point.
///
/// Layout: d f16 · points u8 × 64 · for each 32 values u32: 4 × 7 bits of signs, s on top.
pub static IQ3_XXS: BlockType =
    BlockType { name: "IQ3_XXS", id: 18, block_size: 256, block_bytes: 98, encode: None, decode: decode_iq3_xxs };

/// 8 × 32 values, each with a 4-bit scale s: value = d · (1 + 2s) · ± point.
///
/// Layout: d f16 · low 8 bits of each point × 64 · high bit of each point × 64 · signs u8 × 32 · s 4 bits × 8, in
/// pairs.
pub static IQ3_S: BlockType =
    BlockType { name: "IQ3_S", id: 21, block_size: 256, block_bytes: 110, encode: None, decode: decode_iq3_s };

/// 8 × 32 values, each with a 3-bit scale s and a sign: value = d · (2s + 1) · (point ± ⅛).
///
/// Layout: d f16 · low 8 bits of each point × 32 · for each 32 values u16: 4 × high 3 bits of a point, s, sign.
pub static IQ1_S: BlockType =
    BlockType { name: "IQ1_S", id: 19, block_size: 256, block_bytes: 50, encode: None, decode: decode_iq1_s };

/// 16 × 16 values, each with a 3-bit scale s, and a sign for each 8: value = d · (2s + 1) · (point ± ⅛).
///
/// Layout: low 8 bits of each point × 32 · high 3 bits and sign × 32 · u16 × 4: 4 × s, and a nibble of the f16 d on
/// top.
pub static IQ1_M: BlockType =
    BlockType { name: "IQ1_M", id: 29, block_size: 256, block_bytes: 56, encode: None, decode: decode_iq1_m };

fn decode_iq2_xxs(bytes: &[u8], values: &mut [f32]) {
    let d = read_f16(bytes);
    for (packed, values) in bytes[2..].chunks_exact(8).zip(values.chunks_exact_mut(32)) {
        let (points, signs_and_scale) = packed.split_at(4);
        let signs_and_scale = read_u32(signs_and_scale);
        let scale = d * (0.5 + (signs_and_scale >> 28) as f32) * 0.25;
        for (i, (&point, values)) in points.iter().zip(values.chunks_exact_mut(8)).enumerate() {
            let signs = even_signs(signs_and_scale >> (7 * i));
            put_signed(&grids::IQ2_XXS, point.into(), scale, signs, values);
        }
    }
}

fn decode_iq2_xs(bytes: &[u8], values: &mut [f32]) {
    let d = read_f16(bytes);
    let (points, scales) = bytes[2..].split_at(64);
    for (i, (packed, values)) in points.chunks_exact(2).zip(values.chunks_exact_mut(8)).enumerate() {
        let packed = read_u16(packed);
        let scale = d * (0.5 + f32::from(nibble(scales, i / 2))) * 0.25;
        put_signed(&grids::IQ2_XS, packed & 511, scale, even_signs(u32::from(packed >> 9)), values);
    }
}

fn decode_iq2_s(bytes: &[u8], values: &mut [f32]) {
    let d = read_f16(bytes);
    let (points, rest) = bytes[2..].split_at(32);
    let (signs, rest) = rest.split_at(32);
    let (high, scales) = rest.split_at(8);
    for (i, ((&low, &signs), values)) in points.iter().zip(signs).zip(values.chunks_exact_mut(8)).enumerate() {
        let point = u16::from(low) | u16::from(high[i / 4] >> (2 * (i % 4)) & 3) << 8;
        let scale = d * (0.5 + f32::from(nibble(scales, i / 2))) * 0.25;
        put_signed(&grids::IQ2_S, point, scale, signs, values);
    }
}

fn decode_iq3_xxs(bytes: &[u8], values: &mut [f32]) {
    let d = read_f16(bytes);
    let (points, signs_and_scales) = bytes[2..].split_at(64);
    let sub_blocks = points.chunks_exact(8).zip(signs_and_scales.chunks_exact(4));
    for ((points, signs_and_scale), values) in sub_blocks.zip(values.chunks_exact_mut(32)) {
        let signs_and_scale = read_u32(signs_and_scale);
        let scale = d * (0.5 + (signs_and_scale >> 28) as f32) * 0.5;
        for (i, (&point, values)) in points.iter().zip(values.chunks_exact_mut(4)).enumerate() {
            let signs = even_signs(signs_and_scale >> (7 * (i / 2))) >> (4 * (i % 2));
            put_signed(&grids::IQ3_XXS, point.into(), scale, signs, values);
        }
    }
}

fn decode_iq3_s(bytes: &[u8], values: &mut [f32]) {
    let d = read_f16(bytes);
    let (points, rest) = bytes[2..].split_at(64);
    let (high, rest) = rest.split_at(8);
    let (signs, scales) = rest.split_at(32);
    for (i, (&low, values)) in points.iter().zip(values.chunks_exact_mut(4)).enumerate() {
        let point = u16::from(low) | u16::from(high[i / 8] >> (i % 8) & 1) << 8;
        let scale = d * f32::from(1 + 2 * nibble(scales, i / 8));
        put_signed(&grids::IQ3_S, point, scale, signs[i / 2] >> (4 * (i % 2)), values);
    }
}

fn decode_iq1_s(bytes: &[u8], values: &mut [f32]) {
    let d = read_f16(bytes);
    let (points, rest) = bytes[2..].split_at(32);
    let sub_blocks = points.chunks_exact(4).zip(rest.chunks_exact(2));
    for ((points, packed), values) in sub_blocks.zip(values.chunks_exact_mut(32)) {
        let packed = read_u16(packed);
        let scale = d * f32::from(2 * (packed >> 12 & 7) + 1);
        for (i, (&low, values)) in points.iter().zip(values.chunks_exact_mut(8)).enumerate() {
            let point = u16::from(low) | (packed >> (3 * i) & 7) << 8;
            put_shifted(point, scale, packed >> 15 == 1, values);
        }
    }
}

fn decode_iq1_m(bytes: &[u8], values: &mut [f32]) {
    let (points, rest) = bytes.split_at(32);
    let (high, packed) = rest.split_at(16);
    let d_bits = packed.chunks_exact(2).rev().fold(0, |bits, packed| bits << 4 | read_u16(packed) >> 12);
    let d = read_f16(&d_bits.to_le_bytes());
    for (i, (&low, values)) in points.iter().zip(values.chunks_exact_mut(8)).enumerate() {
        let scales = read_u16(&packed[i / 8 * 2..]);
        let scale = d * f32::from(2 * (scales >> (3 * (i / 2 % 4)) & 7) + 1);
        let high = nibble(high, i);
        put_shifted(u16::from(low) | u16::from(high & 7) << 8, scale, high & 8 != 0, values);
    }
}

/// value = scale · ± point.
fn put_signed<const POINTS: usize>(grid: &Grid<POINTS>, point: u16, scale: f32, signs: u8, values: &mut [f32]) {
    for (i, (value, entry)) in values.iter_mut().zip(grid.point(point)).enumerate() {
        *value = scale * entry * if signs >> i & 1 == 1 { -1.0 } else { 1.0 };
    }
}

/// value = scale · (point ± ⅛).
fn put_shifted(point: u16, scale: f32, down: bool, values: &mut [f32]) {
    let shift = if down { -0.125 } else { 0.125 };
    for (value, entry) in values.iter_mut().zip(grids::IQ1.point(point)) {
        *value = scale * (entry + shift);
    }
}

/// The signs of 8 values from the lowest 7 bits: the eighth makes their number even.
fn even_signs(bits: u32) -> u8 {
    let seven = (bits & 127) as u8;
    seven | (seven.count_ones() as u8 & 1) << 7
}

/// Nibble `i`, low ones first.
fn nibble(bytes: &[u8], i: usize) -> u8 {
    bytes[i / 2] >> (4 * (i % 2)) & 15
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_signs_is_even() {
        for bits in 0..128 {
            let signs = even_signs(bits);
            assert_eq!(u32::from(signs) & 127, bits);
            assert!(signs.count_ones().is_multiple_of(2));
        }
    }
}
