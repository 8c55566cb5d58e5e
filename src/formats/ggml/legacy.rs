//! The types from before the K-quants: 32 values and one scale, or a scale and a minimum.

use super::BlockType;
use super::packing::{Planes, read_f16, write_f16};
use super::search::{largest, reciprocal};
use half::f16;

/// 4 bits: value = d · (q − 8), with d = x / −8 for the x of largest magnitude.
///
/// Layout: d f16 · q 4 bits × 32. See
/// [`quantize_row_q4_0_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q4_0: BlockType = BlockType {
    name: "Q4_0",
    id: 2,
    block_size: 32,
    block_bytes: 18,
    encode: Some(|values, bytes| {
        let (scale, qs) = bytes.split_at_mut(2);
        LOW.pack(&centred_codes(values, 8, scale), qs);
    }),
    decode: |bytes, values| {
        let mut codes = [0; 32];
        LOW.unpack(&bytes[2..], &mut codes);
        centred_values(&codes, 8, read_f16(bytes), values);
    },
};

/// 4 bits: value = d · q + m, with m the smallest value and d = (max − m) / 15.
///
/// Layout: d f16 · m f16 · q 4 bits × 32. See
/// [`quantize_row_q4_1_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q4_1: BlockType = BlockType {
    name: "Q4_1",
    id: 3,
    block_size: 32,
    block_bytes: 20,
    encode: Some(|values, bytes| {
        let (scales, qs) = bytes.split_at_mut(4);
        LOW.pack(&shifted_codes(values, 15, scales), qs);
    }),
    decode: |bytes, values| {
        let mut codes = [0; 32];
        LOW.unpack(&bytes[4..], &mut codes);
        shifted_values(&codes, bytes, values);
    },
};

/// 5 bits: value = d · (q − 16), with d = x / −16 for the x of largest magnitude.
///
/// Layout: d f16 · bit 4 of each q × 32 · low 4 bits × 32. See
/// [`quantize_row_q5_0_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q5_0: BlockType = BlockType {
    name: "Q5_0",
    id: 6,
    block_size: 32,
    block_bytes: 22,
    encode: Some(|values, bytes| {
        let (scale, codes) = bytes.split_at_mut(2);
        pack_five_bits(&centred_codes(values, 16, scale), codes);
    }),
    decode: |bytes, values| centred_values(&unpack_five_bits(&bytes[2..]), 16, read_f16(bytes), values),
};

/// 5 bits: value = d · q + m, with m the smallest value and d = (max − m) / 31.
///
/// Layout: d f16 · m f16 · bit 4 of each q × 32 · low 4 bits × 32. See
/// [`quantize_row_q5_1_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q5_1: BlockType = BlockType {
    name: "Q5_1",
    id: 7,
    block_size: 32,
    block_bytes: 24,
    encode: Some(|values, bytes| {
        let (scales, codes) = bytes.split_at_mut(4);
        pack_five_bits(&shifted_codes(values, 31, scales), codes);
    }),
    decode: |bytes, values| shifted_values(&unpack_five_bits(&bytes[4..]), bytes, values),
};

/// 8 bits: value = d · q, with d = max |x| / 127; ties away from zero.
///
/// Layout: d f16 · q i8 × 32. See
/// [`quantize_row_q8_0_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static Q8_0: BlockType = BlockType {
    name: "Q8_0",
    id: 8,
    block_size: 32,
    block_bytes: 34,
    encode: Some(|values, bytes| {
        let (scale, codes) = bytes.split_at_mut(2);
        // C's MAX(a, b) gives b if either is NaN, so a NaN is forgotten unless it comes last.
        let amax = values.iter().fold(0.0f32, |amax, &x| if amax > x.abs() { amax } else { x.abs() });
        let d = amax / 127.0;
        let inverse = reciprocal(d);
        write_f16(scale, d);
        if d.is_nan() {
            // Of the NaNs this one alone is a magnitude, without a sign.
            scale.copy_from_slice(&f16::NAN.to_le_bytes());
        }
        for (code, &x) in codes.iter_mut().zip(values) {
            *code = truncate(libm::roundf(x * inverse));
        }
    }),
    decode: |bytes, values| {
        let d = read_f16(bytes);
        for (value, &code) in values.iter_mut().zip(&bytes[2..]) {
            *value = f32::from(code.cast_signed()) * d;
        }
    },
};

/// Writes a block of one of these types whose codes were made elsewhere, with its d and m as f16; types without a minimum
/// take d alone.
///
/// # Panics
/// If the bytes are not a block's.
pub fn put_block(block_type: &BlockType, scales: [u8; 4], codes: &[u8; 32], bytes: &mut [u8]) {
    let scale_bytes = if block_type.scale_places().1.is_some() { 4 } else { 2 };
    let (to, rest) = bytes.split_at_mut(scale_bytes);
    to.copy_from_slice(&scales[..scale_bytes]);
    match rest.len() {
        32 => rest.copy_from_slice(codes),
        20 => pack_five_bits(codes, rest),
        _ => LOW.pack(codes, rest),
    }
}

const LOW: Planes = Planes { low: 0, bits: 4, group: 16 };
const HIGH: Planes = Planes { low: 4, bits: 1, group: 1 };

/// Codes around `centre`, and their scale as f16. The codes are of the scale before it was rounded to f16.
fn centred_codes(values: &[f32], centre: u8, scale: &mut [u8]) -> [u8; 32] {
    let centre = f32::from(centre);
    let d = largest(values) / -centre;
    let inverse = reciprocal(d);
    write_f16(scale, d);
    // The value of largest magnitude is −centre, so one code is missing at the other end.
    let highest = (2.0 * centre - 1.0) as u8;
    codes_of(values, |x| truncate(x * inverse + (centre + 0.5)).min(highest))
}

fn centred_values(codes: &[u8; 32], centre: i32, d: f32, values: &mut [f32]) {
    for (value, &code) in values.iter_mut().zip(codes) {
        *value = (i32::from(code) - centre) as f32 * d;
    }
}

/// Codes from the smallest value up, and the scale and that value as f16.
fn shifted_codes(values: &[f32], highest: u8, scales: &mut [u8]) -> [u8; 32] {
    let (min, max) = values
        .iter()
        .fold((f32::MAX, f32::MIN), |(min, max), &x| (if x < min { x } else { min }, if x > max { x } else { max }));
    let d = (max - min) / f32::from(highest);
    let inverse = reciprocal(d);
    write_f16(scales, d);
    write_f16(&mut scales[2..], min);
    codes_of(values, |x| truncate((x - min) * inverse + 0.5).min(highest))
}

fn shifted_values(codes: &[u8; 32], scales: &[u8], values: &mut [f32]) {
    let (d, m) = (read_f16(scales), read_f16(&scales[2..]));
    for (value, &code) in values.iter_mut().zip(codes) {
        *value = f32::from(code) * d + m;
    }
}

fn pack_five_bits(codes: &[u8; 32], bytes: &mut [u8]) {
    let (high, low) = bytes.split_at_mut(4);
    HIGH.pack(codes, high);
    LOW.pack(codes, low);
}

fn unpack_five_bits(bytes: &[u8]) -> [u8; 32] {
    let mut codes = [0; 32];
    let (high, low) = bytes.split_at(4);
    HIGH.unpack(high, &mut codes);
    LOW.unpack(low, &mut codes);
    codes
}

fn codes_of(values: &[f32], code: impl Fn(f32) -> u8) -> [u8; 32] {
    let mut codes = [0; 32];
    for (to, &x) in codes.iter_mut().zip(values) {
        *to = code(x);
    }
    codes
}

/// The low byte of `x` without its fraction, and 0 for what an i32 cannot hold.
///
/// C leaves that open. This is what it does on x86-64, and a block of infinities or subnormals gets there: it has a
/// scale whose inverse is 0 or infinite.
fn truncate(x: f32) -> u8 {
    if x.abs() < 2_147_483_648.0 { x as i32 as u8 } else { 0 }
}
