//! [`Moments`] on lanes of WebAssembly SIMD, beside which quantizing is not to wait.
//!
//! Each block of 1024 values is summed about the mean of those before it, which saves the look at it that [`Moments::of`] takes for its
//! own; that takes what is no whole eight and every block with NaN or an infinity in it.

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
        // Blocks are alike, so the mean of those before is near that of this one.
        match of_eights(eights, moments.mean) {
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

/// Those of a block; nothing if some value is not finite. Where `about` is near their mean they are looked at once.
#[cfg(target_arch = "wasm32")]
fn of_eights(eights: &[[f32; 8]], about: f64) -> Option<Moments> {
    let nothing = f64x2_splat(0.0);
    let (mut amax, mut zeros) = (nothing, nothing);
    for eight in eights {
        for x in quads(eight) {
            let magnitude = f32x4_abs(x);
            amax = u32x4_max(amax, magnitude);
            // All ones, which is −1, where a value is zero.
            zeros = i32x4_sub(zeros, i32x4_eq(magnitude, nothing));
        }
    }
    // Magnitudes are in order as whole numbers too, and NaN is above them all.
    let amax = f32::from_bits(lanes(amax).into_iter().fold(0, u32::max));
    if !amax.is_finite() {
        return None;
    }
    let n = (8 * eights.len()) as f64;
    let (mut about, mut powers) = (about, powers_about(eights, about));
    // A mean further away than σ costs digits: then once more, about the mean itself.
    if powers[0] * powers[0] * 2.0 > n * powers[1] {
        about += powers[0] / n;
        powers = powers_about(eights, about);
    }
    let [s1, s2, s3, s4] = powers;
    // Σ(x − x̄)ᵏ from Σ(x − a)ᵏ with x̄ = a + δ.
    let d = s1 / n.max(1.0);
    let m2 = (s2 - d * s1).max(0.0);
    let m3 = s3 - 3.0 * d * s2 + 2.0 * d * d * s1;
    let m4 = (s4 - 4.0 * d * s3 + 6.0 * d * d * s2 - 3.0 * d * d * d * s1).max(0.0);
    let zeros = lanes(zeros).iter().sum::<u32>().into();
    Some(Moments { finite: n as u64, zeros, mean: about + d, m2, m3, m4, amax, ..Moments::default() })
}

/// Σ(x − a)ᵏ for k from 1 to 4.
#[cfg(target_arch = "wasm32")]
fn powers_about(eights: &[[f32; 8]], about: f64) -> [f64; 4] {
    let about = f64x2_splat(about);
    let mut powers = [[f64x2_splat(0.0); 4]; 2];
    for eight in eights {
        for x in quads(eight) {
            for ([s1, s2, s3, s4], half) in powers.iter_mut().zip(wide(x)) {
                let d = f64x2_sub(half, about);
                let d2 = f64x2_mul(d, d);
                *s1 = f64x2_add(*s1, d);
                *s2 = f64x2_add(*s2, d2);
                *s3 = f64x2_add(*s3, f64x2_mul(d2, d));
                *s4 = f64x2_add(*s4, f64x2_mul(d2, d2));
            }
        }
    }
    [0, 1, 2, 3].map(|i| total(powers[0][i]) + total(powers[1][i]))
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
