//! The K-quants whose sub-blocks have a scale and a minimum: Q2_K, Q4_K, Q5_K.
//!
//! value = (d · scale) · q − (m · min), where scale and min are small whole numbers, one pair for each sub-block of 16
//! or 32 values, and d and m turn them into f32.

use super::BlockType;
use super::packing::{Planes, read_f16, write_f16};
use super::search::{Affine, Distance, Fit, greatest, nearest_int};

/// 2 bits; 16 sub-blocks of 16 values with 4-bit scales and minima.
///
/// Layout: scale 4 bits, min 4 bits × 16 · q 2 bits × 256, in two groups of 32 bytes · d f16 · m f16. See
/// [`quantize_row_q2_K_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q2_K: BlockType =
    BlockType { name: "Q2_K", id: 10, block_size: 256, block_bytes: 84, encode: Some(encode_q2), decode: decode_q2 };

/// 4 bits; 8 sub-blocks of 32 values with 6-bit scales and minima.
///
/// Layout: d f16 · m f16 · 12 bytes of scales and minima · q 4 bits × 256, in four groups of 32 bytes. See
/// [`quantize_row_q4_K_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q4_K: BlockType = BlockType {
    name: "Q4_K",
    id: 12,
    block_size: 256,
    block_bytes: 144,
    encode: Some(|values, bytes| encode_q4(values, bytes, fit_sub_blocks, requantize)),
    decode: |bytes, values| {
        let (header, qs) = bytes.split_at(16);
        let mut codes = [0; 256];
        LOW_NIBBLE.unpack(qs, &mut codes);
        decode_sub_blocks(&codes, header, values);
    },
};

/// 5 bits; 8 sub-blocks of 32 values with 6-bit scales and minima.
///
/// Layout: d f16 · m f16 · 12 bytes of scales and minima · bit 4 of each q × 256, in one group · low 4 bits × 256, in
/// four groups of 32 bytes. See
/// [`quantize_row_q5_K_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q5_K: BlockType = BlockType {
    name: "Q5_K",
    id: 13,
    block_size: 256,
    block_bytes: 176,
    encode: Some(|values, bytes| encode_q5(values, bytes, fit_sub_blocks, requantize)),
    decode: |bytes, values| {
        let (header, packed) = bytes.split_at(16);
        let (high, low) = packed.split_at(32);
        let mut codes = [0; 256];
        HIGH_BIT.unpack(high, &mut codes);
        LOW_NIBBLE.unpack(low, &mut codes);
        decode_sub_blocks(&codes, header, values);
    },
};

const TWO_BITS: Planes = Planes { low: 0, bits: 2, group: 32 };
const LOW_NIBBLE: Planes = Planes { low: 0, bits: 4, group: 32 };
const HIGH_BIT: Planes = Planes { low: 4, bits: 1, group: 32 };

const Q2_SEARCH: Affine = Affine { codes: 3, start: -0.5, step: 0.1, last: 15, distance: Distance::Absolute };
const Q4_SEARCH: Affine = Affine { codes: 15, start: -1.0, step: 0.1, last: 20, distance: Distance::Squared };
const Q5_SEARCH: Affine = Affine { codes: 31, start: -0.5, step: 0.1, last: 15, distance: Distance::Squared };

fn encode_q2(values: &[f32], bytes: &mut [u8]) {
    const LARGEST: f32 = 15.0;
    let (scales, rest) = bytes.split_at_mut(16);
    let (qs, super_scales) = rest.split_at_mut(64);
    let mut codes = [0; 256];
    let mut fits = [Fit::default(); 16];
    for ((x, codes), fit) in values.chunks_exact(16).zip(codes.chunks_exact_mut(16)).zip(&mut fits) {
        let mut weights = [0.0; 16];
        for (weight, x) in weights.iter_mut().zip(x) {
            *weight = x.abs();
        }
        *fit = Q2_SEARCH.fit(x, &weights, codes);
    }
    let (max_scale, max_min) = greatest_of(&fits);
    let inverse_scale = if max_scale > 0.0 { LARGEST / max_scale } else { 0.0 };
    let inverse_min = if max_min > 0.0 { LARGEST / max_min } else { 0.0 };
    for (byte, fit) in scales.iter_mut().zip(&fits) {
        *byte = nearest_int(inverse_scale * fit.scale) as u8 | (nearest_int(inverse_min * fit.min) << 4) as u8;
    }
    write_f16(super_scales, max_scale / LARGEST);
    write_f16(&mut super_scales[2..], max_min / LARGEST);
    let (d, m) = (read_f16(super_scales), read_f16(&super_scales[2..]));
    for ((x, codes), &byte) in values.chunks_exact(16).zip(codes.chunks_exact_mut(16)).zip(scales.iter()) {
        requantize(x, codes, d * f32::from(byte & 15), m * f32::from(byte >> 4), Q2_SEARCH.codes);
    }
    TWO_BITS.pack(&codes, qs);
}

fn decode_q2(bytes: &[u8], values: &mut [f32]) {
    let (scales, rest) = bytes.split_at(16);
    let (qs, super_scales) = rest.split_at(64);
    let (d, m) = (read_f16(super_scales), read_f16(&super_scales[2..]));
    let mut codes = [0; 256];
    TWO_BITS.unpack(qs, &mut codes);
    for ((codes, &byte), values) in codes.chunks_exact(16).zip(scales).zip(values.chunks_exact_mut(16)) {
        dequantize(codes, d * f32::from(byte & 15), m * f32::from(byte >> 4), values);
    }
}

/// Encodes a block of [`Q4_K`] by a search for the fits and codes of its sub-blocks ([`fit_sub_blocks`]) and what makes codes of
/// values, a scale, a minimum and the largest code.
pub fn encode_q4(
    values: &[f32],
    bytes: &mut [u8],
    fit: impl Fn(&Affine, &[f32], &mut [u8; 256]) -> [Fit; 8],
    requantize: impl Fn(&[f32], &mut [u8], f32, f32, u8),
) {
    let (header, qs) = bytes.split_at_mut(16);
    LOW_NIBBLE.pack(&encode_sub_blocks(&Q4_SEARCH, values, header, fit, requantize), qs);
}

/// The same for [`Q5_K`].
pub fn encode_q5(
    values: &[f32],
    bytes: &mut [u8],
    fit: impl Fn(&Affine, &[f32], &mut [u8; 256]) -> [Fit; 8],
    requantize: impl Fn(&[f32], &mut [u8], f32, f32, u8),
) {
    let (header, codes) = bytes.split_at_mut(16);
    let (high, low) = codes.split_at_mut(32);
    let codes = encode_sub_blocks(&Q5_SEARCH, values, header, fit, requantize);
    HIGH_BIT.pack(&codes, high);
    LOW_NIBBLE.pack(&codes, low);
}

/// Fits each of 8 sub-blocks of 32 values, and makes its codes.
#[must_use]
pub fn fit_sub_blocks(search: &Affine, values: &[f32], codes: &mut [u8; 256]) -> [Fit; 8] {
    let mut fits = [Fit::default(); 8];
    for ((x, codes), fit) in values.chunks_exact(32).zip(codes.chunks_exact_mut(32)).zip(&mut fits) {
        let sum_of_squares = x.iter().fold(0.0, |sum, x| sum + x * x);
        let root_mean_square = libm::sqrtf(sum_of_squares / 32.0);
        let mut weights = [0.0; 32];
        for (weight, x) in weights.iter_mut().zip(x) {
            *weight = root_mean_square + x.abs();
        }
        *fit = search.fit(x, &weights, codes);
    }
    fits
}

/// The codes of 8 sub-blocks; d, m, scales and minima go to the header.
fn encode_sub_blocks(
    search: &Affine,
    values: &[f32],
    header: &mut [u8],
    fit: impl Fn(&Affine, &[f32], &mut [u8; 256]) -> [Fit; 8],
    requantize: impl Fn(&[f32], &mut [u8], f32, f32, u8),
) -> [u8; 256] {
    const LARGEST: f32 = 63.0;
    let mut codes = [0; 256];
    let fits = fit(search, values, &mut codes);
    let (max_scale, max_min) = greatest_of(&fits);
    let inverse_scale = if max_scale > 0.0 { LARGEST / max_scale } else { 0.0 };
    let inverse_min = if max_min > 0.0 { LARGEST / max_min } else { 0.0 };
    let six_bits = |x: f32| (nearest_int(x) as u8).min(63);
    let scales = fits.map(|fit| six_bits(inverse_scale * fit.scale));
    let mins = fits.map(|fit| six_bits(inverse_min * fit.min));
    write_f16(header, max_scale / LARGEST);
    write_f16(&mut header[2..], max_min / LARGEST);
    pack_six_bits(&scales, &mins, &mut header[4..]);
    let (d, m) = (read_f16(header), read_f16(&header[2..]));
    for (i, (x, codes)) in values.chunks_exact(32).zip(codes.chunks_exact_mut(32)).enumerate() {
        requantize(x, codes, d * f32::from(scales[i]), m * f32::from(mins[i]), search.codes);
    }
    codes
}

fn decode_sub_blocks(codes: &[u8; 256], header: &[u8], values: &mut [f32]) {
    let (d, m) = (read_f16(header), read_f16(&header[2..]));
    let (scales, mins) = unpack_six_bits(&header[4..]);
    for (i, (codes, values)) in codes.chunks_exact(32).zip(values.chunks_exact_mut(32)).enumerate() {
        dequantize(codes, d * f32::from(scales[i]), m * f32::from(mins[i]), values);
    }
}

fn greatest_of(fits: &[Fit]) -> (f32, f32) {
    (greatest(fits.iter().map(|fit| fit.scale)), greatest(fits.iter().map(|fit| fit.min)))
}

/// Makes the codes anew for the scale and the minimum that were stored; where the scale is 0, those of the search stay.
fn requantize(x: &[f32], codes: &mut [u8], scale: f32, min: f32, largest: u8) {
    if scale != 0.0 {
        for (code, &x) in codes.iter_mut().zip(x) {
            *code = nearest_int((x + min) / scale).clamp(0, i32::from(largest)) as u8;
        }
    }
}

fn dequantize(codes: &[u8], scale: f32, min: f32, values: &mut [f32]) {
    for (value, &code) in values.iter_mut().zip(codes) {
        *value = scale * f32::from(code) - min;
    }
}

/// Bytes 0..4 hold scales 0..4, bytes 4..8 minima 0..4, and bytes 8..12 the low nibbles of scales and minima 4..8,
/// whose high 2 bits are above those of the first four.
fn pack_six_bits(scales: &[u8; 8], mins: &[u8; 8], bytes: &mut [u8]) {
    for i in 0..4 {
        bytes[i] = scales[i] | scales[i + 4] >> 4 << 6;
        bytes[i + 4] = mins[i] | mins[i + 4] >> 4 << 6;
        bytes[i + 8] = scales[i + 4] & 15 | mins[i + 4] << 4;
    }
}

fn unpack_six_bits(bytes: &[u8]) -> ([u8; 8], [u8; 8]) {
    let (mut scales, mut mins) = ([0; 8], [0; 8]);
    for i in 0..4 {
        scales[i] = bytes[i] & 63;
        mins[i] = bytes[i + 4] & 63;
        scales[i + 4] = bytes[i + 8] & 15 | bytes[i] >> 6 << 4;
        mins[i + 4] = bytes[i + 8] >> 4 | bytes[i + 4] >> 6 << 4;
    }
    (scales, mins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_bit_scales_come_back() {
        let (scales, mins) = ([0, 63, 17, 5, 48, 15, 16, 62], [1, 2, 31, 32, 33, 47, 63, 0]);
        let mut bytes = [0; 12];
        pack_six_bits(&scales, &mins, &mut bytes);
        assert_eq!(unpack_six_bits(&bytes), (scales, mins));
    }
}
