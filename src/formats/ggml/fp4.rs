//! The types whose elements are E2M1 floats: 0, ½, 1, 1½, 2, 3, 4, 6 and their negatives.
//!
//! Both take the element nearest to x, and of two equally near ones that nearer to zero; hardware takes the even one.

use super::packing::Planes;
use super::{BlockType, ue4m3};

/// E2M1 with a power of two as scale, the largest that is ≤ max |x| / 4.
///
/// Layout: e u8, 2^(e − 127) · element 4 bits × 32. See
/// [`quantize_row_mxfp4_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
///
/// The OCP's MXFP4 differs: it rounds ties to even, has −0, packs neighbours into one byte, and finds the power of two
/// from the exponent bits. ggml finds it with `log2f`, so a maximum just below a power of two may count as that
/// power. e = 255 is no NaN.
pub static MXFP4: BlockType = BlockType {
    name: "MXFP4",
    id: 39,
    block_size: 32,
    block_bytes: 17,
    encode: Some(|values, bytes| {
        let (exponent, qs) = bytes.split_at_mut(1);
        exponent[0] = mx_exponent(amax(values));
        let mut codes = [0; 32];
        nearest_elements(values, mx_half_scale(exponent[0]), &mut codes);
        MX_ELEMENTS.pack(&codes, qs);
    }),
    decode: |bytes, values| {
        let mut codes = [0; 32];
        MX_ELEMENTS.unpack(&bytes[1..], &mut codes);
        scale_elements(&codes, mx_half_scale(bytes[0]), values);
    },
};

/// E2M1 with a [`ue4m3`] scale for every 16 values, max |x| / 6, and no scale for the tensor.
///
/// Layout: scale UE4M3 × 4 · element 4 bits × 64, 8 bytes for each 16 values. See
/// [`quantize_row_nvfp4_ref`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
///
/// NVIDIA's NVFP4 has a second scale, in f32 for the whole tensor. Without it, values beyond 6 · 448 are clipped, and a
/// maximum below 6 · 2⁻¹⁰ makes 16 zeros.
pub static NVFP4: BlockType = BlockType {
    name: "NVFP4",
    id: 40,
    block_size: 64,
    block_bytes: 36,
    encode: Some(|values, bytes| {
        let (scales, qs) = bytes.split_at_mut(4);
        let mut codes = [0; 64];
        for ((values, scale), codes) in values.chunks_exact(16).zip(scales).zip(codes.chunks_exact_mut(16)) {
            *scale = ue4m3::encode(amax(values) / 6.0);
            nearest_elements(values, nv_half_scale(*scale), codes);
        }
        NV_ELEMENTS.pack(&codes, qs);
    }),
    decode: |bytes, values| {
        let (scales, qs) = bytes.split_at(4);
        let mut codes = [0; 64];
        NV_ELEMENTS.unpack(qs, &mut codes);
        for ((codes, &scale), values) in codes.chunks_exact(16).zip(scales).zip(values.chunks_exact_mut(16)) {
            scale_elements(codes, nv_half_scale(scale), values);
        }
    },
};

const MX_ELEMENTS: Planes = Planes { low: 0, bits: 4, group: 16 };
const NV_ELEMENTS: Planes = Planes { low: 0, bits: 4, group: 8 };

/// Twice the value of each E2M1 code, so that all are whole; scales are halved in turn.
const DOUBLED: [f32; 16] = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 0.0, -1.0, -2.0, -3.0, -4.0, -6.0, -8.0, -12.0];

fn amax(values: &[f32]) -> f32 {
    super::search::largest(values).abs()
}

/// ⌊log₂ amax⌋ − 2, biased by 127.
fn mx_exponent(amax: f32) -> u8 {
    if amax == 0.0 {
        return 0;
    }
    // C's log2f, rounded from f64: the same on every machine, and the same as the C library's wherever that was tried.
    let exponent = libm::floorf(libm::log2(f64::from(amax)) as f32) + 125.0;
    // A negative exponent, of an amax below 2⁻¹²⁵, wraps around to a huge scale, and infinity has 0. C leaves both
    // open; this is what it does on x86-64.
    if exponent.is_finite() { exponent as i32 as u8 } else { 0 }
}

/// 2^(e − 128).
fn mx_half_scale(e: u8) -> f32 {
    f32::from_bits(if e < 2 { 0x0020_0000 << e } else { (u32::from(e) - 1) << 23 })
}

fn nv_half_scale(code: u8) -> f32 {
    0.5 * ue4m3::decode(code)
}

fn nearest_elements(values: &[f32], half_scale: f32, codes: &mut [u8]) {
    for (code, &x) in codes.iter_mut().zip(values) {
        let distance = |element: f32| (element * half_scale - x).abs();
        let mut nearest = (0, distance(DOUBLED[0]));
        for (candidate, &element) in (1..).zip(&DOUBLED[1..]) {
            if distance(element) < nearest.1 {
                nearest = (candidate, distance(element));
            }
        }
        *code = nearest.0;
    }
}

fn scale_elements(codes: &[u8], half_scale: f32, values: &mut [f32]) {
    for (value, &code) in values.iter_mut().zip(codes) {
        *value = DOUBLED[usize::from(code & 15)] * half_scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponent_is_that_of_log2f_not_that_of_the_bits() {
        assert_eq!(mx_exponent(8.0), 128);
        assert_eq!(mx_exponent(7.999_999_5), 128, "log2f rounds up to 3");
        assert_eq!(mx_exponent(7.999), 127);
        assert_eq!(mx_exponent(0.999_999_94), 124, "just below 1, log2f is exact enough");
    }

    #[test]
    fn the_scale_is_a_power_of_two_also_where_it_is_subnormal() {
        for e in 0..=255u8 {
            assert_eq!(f64::from(mx_half_scale(e)), libm::exp2(f64::from(e) - 128.0), "{e}");
        }
    }

    #[test]
    fn ties_go_towards_zero_and_minus_zero_is_never_used() {
        let x = [0.25, -0.25, 0.75, 2.5, -5.0, -0.0, 6.0, -6.0];
        let mut codes = [0; 8];
        nearest_elements(&x, 0.5, &mut codes);
        assert_eq!(codes, [0, 0, 1, 4, 14, 0, 7, 15]);
    }
}
