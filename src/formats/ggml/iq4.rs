//! IQ4: 4-bit indices into a fixed table of 16 values, dense around 0, where most weights are.

use super::BlockType;
use super::packing::{Planes, read_f16, write_f16};
use super::search::{TINY, largest, nearest_int, reciprocal};

/// One scale for 32 values: value = d · table\[index\].
///
/// Layout: d f16 · index 4 bits × 32. See
/// [`quantize_iq4_nl`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
///
/// ggml also has `quantize_row_iq4_nl_ref`, which tries one scale instead of sixteen; `llama-quantize` does not call
/// it.
pub static IQ4_NL: BlockType = BlockType {
    name: "IQ4_NL",
    id: 20,
    block_size: 32,
    block_bytes: 18,
    encode: Some(|values, bytes| encode_nl(values, bytes, fit, nearest_entries)),
    decode: |bytes, values| {
        let mut indices = [0; 32];
        INDICES.unpack(&bytes[2..], &mut indices);
        scale_entries(&indices, read_f16(bytes), values);
    },
};

/// 8 sub-blocks of 32 values with 6-bit scales, −32 … 31: value = (d · scale) · table\[index\].
///
/// Layout: d f16 · high 2 bits of each scale + 32 × 8 · low 4 bits × 8 · index 4 bits × 256, in groups of 16 bytes. See
/// [`quantize_iq4_xs`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static IQ4_XS: BlockType =
    BlockType { name: "IQ4_XS", id: 23, block_size: 256, block_bytes: 136, encode: Some(encode_xs), decode: decode_xs };

const INDICES: Planes = Planes { low: 0, bits: 4, group: 16 };
const SCALES_HIGH: Planes = Planes { low: 4, bits: 2, group: 1 };
const SCALES_LOW: Planes = Planes { low: 0, bits: 4, group: 1 };

/// `kvalues_iq4nl`, what the indices of IQ4 stand for before they are scaled. No entry is 0.
pub const IQ4_TABLE: [f32; 16] =
    [-127.0, -104.0, -83.0, -65.0, -49.0, -35.0, -22.0, -10.0, 1.0, 13.0, 25.0, 38.0, 53.0, 69.0, 89.0, 113.0];

/// Encodes a block of [`IQ4_NL`] by a search for the scale ([`fit`]) and what makes indices of values and the scale's inverse.
pub fn encode_nl(
    values: &[f32],
    bytes: &mut [u8],
    fit: impl Fn(&[f32]) -> f32,
    nearest_entries: impl Fn(&[f32], f32, &mut [u8]),
) {
    let (super_scale, qs) = bytes.split_at_mut(2);
    let scale = fit(values);
    write_f16(super_scale, scale);
    let mut indices = [0; 32];
    nearest_entries(values, reciprocal(scale), &mut indices);
    INDICES.pack(&indices, qs);
}

fn encode_xs(values: &[f32], bytes: &mut [u8]) {
    let (super_scale, rest) = bytes.split_at_mut(2);
    let (high, rest) = rest.split_at_mut(2);
    let (low, qs) = rest.split_at_mut(4);
    let mut fitted = [0.0; 8];
    for (scale, x) in fitted.iter_mut().zip(values.chunks_exact(32)) {
        *scale = fit(x);
    }
    let d = -largest(&fitted) / 32.0;
    write_f16(super_scale, d);
    let inverse = reciprocal(d);
    let (mut scales, mut indices) = ([0; 8], [0; 256]);
    let sub_blocks = values.chunks_exact(32).zip(indices.chunks_exact_mut(32));
    for (((x, indices), code), scale) in sub_blocks.zip(&mut scales).zip(fitted) {
        let scale = nearest_int(inverse * scale).clamp(-32, 31);
        *code = (scale + 32) as u8;
        nearest_entries(x, reciprocal(d * scale as f32), indices);
    }
    SCALES_HIGH.pack(&scales, high);
    SCALES_LOW.pack(&scales, low);
    INDICES.pack(&indices, qs);
}

fn decode_xs(bytes: &[u8], values: &mut [f32]) {
    let (super_scale, rest) = bytes.split_at(2);
    let (high, rest) = rest.split_at(2);
    let (low, qs) = rest.split_at(4);
    let d = read_f16(super_scale);
    let (mut scales, mut indices) = ([0; 8], [0; 256]);
    SCALES_HIGH.unpack(high, &mut scales);
    SCALES_LOW.unpack(low, &mut scales);
    INDICES.unpack(qs, &mut indices);
    for ((indices, scale), values) in indices.chunks_exact(32).zip(scales).zip(values.chunks_exact_mut(32)) {
        scale_entries(indices, d * (i32::from(scale) - 32) as f32, values);
    }
}

/// The scale of an IQ4 block that loses least of those tried, with the error weighted by x².
#[must_use]
pub fn fit(x: &[f32]) -> f32 {
    let max = largest(x);
    if max.abs() < TINY {
        return 0.0;
    }
    let sums = |inverse: f32| {
        x.iter().fold((0.0, 0.0), |(sum_qx, sum_q2): (f32, f32), &x| {
            let (w, q) = (x * x, IQ4_TABLE[nearest_entry(inverse * x)]);
            (sum_qx + w * q * x, sum_q2 + w * q * q)
        })
    };
    let (sum_qx, sum_q2) = sums(1.0 / (-max / IQ4_TABLE[0]));
    let mut scale = if sum_q2 > 0.0 { sum_qx / sum_q2 } else { 0.0 };
    let mut best = scale * sum_qx;
    for step in -7..=7 {
        let (sum_qx, sum_q2) = sums((step as f32 + IQ4_TABLE[0]) / max);
        if sum_q2 > 0.0 && sum_qx * sum_qx > best * sum_q2 {
            scale = sum_qx / sum_q2;
            best = scale * sum_qx;
        }
    }
    scale
}

fn nearest_entries(x: &[f32], inverse: f32, indices: &mut [u8]) {
    for (index, &x) in indices.iter_mut().zip(x) {
        *index = nearest_entry(inverse * x) as u8;
    }
}

/// The index of the entry nearest to `x`, of two equally near ones the upper; NaN has the last.
fn nearest_entry(x: f32) -> usize {
    let above = IQ4_TABLE.iter().filter(|&&entry| x < entry).count();
    let upper = (IQ4_TABLE.len() - above).clamp(1, IQ4_TABLE.len() - 1);
    if x - IQ4_TABLE[upper - 1] < IQ4_TABLE[upper] - x { upper - 1 } else { upper }
}

fn scale_entries(indices: &[u8], scale: f32, values: &mut [f32]) {
    for (value, &index) in values.iter_mut().zip(indices) {
        *value = scale * IQ4_TABLE[usize::from(index & 15)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_entry_of_a_tie_is_the_upper_one() {
        let nearest = [(-1e9, 0), (-127.0, 0), (-115.5, 1), (-115.6, 0), (0.0, 8), (7.0, 9), (6.9, 8), (101.0, 15)];
        for (x, index) in nearest {
            assert_eq!(nearest_entry(x), index, "{x}");
        }
        assert_eq!(nearest_entry(f32::INFINITY), 15);
        assert_eq!(nearest_entry(f32::NAN), 15);
    }
}
