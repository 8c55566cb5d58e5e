//! [`Moments`] on lanes of WebAssembly SIMD, beside which quantizing is not to wait.
//!
//! Each block of 1024 values is summed about its own mean, as [`Moments::of`] does it, which takes what is no whole eight and every
//! block with NaN or an infinity in it.

use crate::survey::Moments;
#[cfg(target_arch = "wasm32")]
use crate::survey::moments::BLOCK;
#[cfg(target_arch = "wasm32")]
use core::arch::wasm32::*;

/// The moments of some values.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn moments(values: &[f32]) -> Moments {
    Moments::of(values)
}

/// The moments of some values.
#[cfg(target_arch = "wasm32")]
#[must_use]
pub fn moments(values: &[f32]) -> Moments {
    let mut moments = Moments::default();
    for block in values.chunks(BLOCK) {
        let (eights, rest) = block.as_chunks::<8>();
        match of_eights(eights) {
            Some(more) => {
                moments.add(&more);
                // Nothing, but at the end.
                if !rest.is_empty() {
                    moments.add(&Moments::of(rest));
                }
            }
            None => moments.add(&Moments::of(block)),
        }
    }
    moments
}

/// Those of a block; nothing if some value is not finite.
#[cfg(target_arch = "wasm32")]
fn of_eights(eights: &[[f32; 8]]) -> Option<Moments> {
    let nothing = f64x2_splat(0.0);
    let (mut amax, mut zeros, mut sums) = (nothing, nothing, [nothing; 4]);
    for eight in eights {
        let [first, second] = quads(eight);
        for (x, sums) in [first, second].into_iter().zip(sums.as_chunks_mut::<2>().0) {
            let magnitude = f32x4_abs(x);
            amax = u32x4_max(amax, magnitude);
            // All ones, which is −1, where a value is zero.
            zeros = i32x4_sub(zeros, i32x4_eq(magnitude, nothing));
            for (sum, half) in sums.iter_mut().zip(wide(x)) {
                *sum = f64x2_add(*sum, half);
            }
        }
    }
    // Magnitudes are in order as whole numbers too, and NaN is above them all.
    let amax = f32::from_bits(lanes(amax).into_iter().fold(0, u32::max));
    if !amax.is_finite() {
        return None;
    }
    let n = 8 * eights.len();
    let mean = sums.map(total).iter().sum::<f64>() / (n as f64).max(1.0);
    let about = f64x2_splat(mean);
    let mut powers = [[nothing; 3]; 2];
    for eight in eights {
        for x in quads(eight) {
            for ([m2, m3, m4], half) in powers.iter_mut().zip(wide(x)) {
                let d = f64x2_sub(half, about);
                let d2 = f64x2_mul(d, d);
                *m2 = f64x2_add(*m2, d2);
                *m3 = f64x2_add(*m3, f64x2_mul(d2, d));
                *m4 = f64x2_add(*m4, f64x2_mul(d2, d2));
            }
        }
    }
    let [m2, m3, m4] = [0, 1, 2].map(|i| total(powers[0][i]) + total(powers[1][i]));
    let zeros = lanes(zeros).iter().sum::<u32>().into();
    Some(Moments { finite: n as u64, zeros, mean, m2, m3, m4, amax, ..Moments::default() })
}

#[cfg(target_arch = "wasm32")]
fn quads(eight: &[f32; 8]) -> [v128; 2] {
    let [a, b, c, d, e, f, g, h] = *eight;
    [f32x4(a, b, c, d), f32x4(e, f, g, h)]
}

/// Four values as f64, two and two.
#[cfg(target_arch = "wasm32")]
fn wide(x: v128) -> [v128; 2] {
    [f64x2_promote_low_f32x4(x), f64x2_promote_low_f32x4(i32x4_shuffle::<2, 3, 2, 3>(x, x))]
}

#[cfg(target_arch = "wasm32")]
fn total(sums: v128) -> f64 {
    f64x2_extract_lane::<0>(sums) + f64x2_extract_lane::<1>(sums)
}

#[cfg(target_arch = "wasm32")]
fn lanes(x: v128) -> [u32; 4] {
    [u32x4_extract_lane::<0>(x), u32x4_extract_lane::<1>(x), u32x4_extract_lane::<2>(x), u32x4_extract_lane::<3>(x)]
}
