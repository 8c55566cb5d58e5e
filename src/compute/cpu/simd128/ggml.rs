//! ggml's encoders on lanes. Where the order of f32 sums decides the bytes, lanes are what is independent: the trials of a
//! search, or sub-blocks side by side. A block that holds something that is not finite, or is so large or small that f32 gives
//! out, goes to the reference.

use super::{WHOLE, lanes, load, to_bytes, u32x4_lanes};
use crate::formats::ggml::{self, Affine, BlockType, Encode, Fit};
use core::arch::wasm32::*;

/// The encoder of a type; nothing for types that are only read.
#[must_use]
pub fn encoder(block_type: &BlockType) -> Option<Encode> {
    match block_type.id {
        id if id == ggml::Q4_0.id => Some(q4_0),
        id if id == ggml::Q8_0.id => Some(q8_0),
        id if id == ggml::Q4_K.id => {
            Some(|values, bytes| ggml::encode_q4_k(values, bytes, fit_sub_blocks, requantize_affine))
        }
        id if id == ggml::Q5_K.id => {
            Some(|values, bytes| ggml::encode_q5_k(values, bytes, fit_sub_blocks, requantize_affine))
        }
        id if id == ggml::Q6_K.id => {
            Some(|values, bytes| ggml::encode_q6_k(values, bytes, symmetric, requantize_symmetric))
        }
        id if id == ggml::IQ4_NL.id => Some(|values, bytes| ggml::encode_iq4_nl(values, bytes, fit_table, entries)),
        _ => block_type.encode,
    }
}

fn by_reference(block_type: &BlockType, values: &[f32], bytes: &mut [u8]) {
    if let Some(encode) = block_type.encode {
        encode(values, bytes);
    }
}

fn quads(values: &[f32]) -> &[[f32; 4]] {
    values.as_chunks().0
}

/// The largest magnitude; nothing if a value is not finite.
#[inline(always)]
pub(super) fn finite_amax(values: &[f32]) -> Option<f32> {
    let bits = quads(values).iter().fold(u32x4_splat(0), |most, quad| u32x4_max(most, f32x4_abs(load(quad))));
    let most = u32x4_lanes(bits).into_iter().fold(0, u32::max);
    (most < 0x7f80_0000).then_some(f32::from_bits(most))
}

/// The first value of this magnitude; 0 if that is 0.
#[inline(always)]
pub(super) fn first_of(values: &[f32], amax: f32) -> f32 {
    if amax == 0.0 {
        return 0.0;
    }
    let is_largest = |quad: &&[f32; 4]| v128_any_true(f32x4_eq(f32x4_abs(load(quad)), f32x4_splat(amax)));
    let quad = quads(values).iter().find(is_largest);
    quad.and_then(|quad| quad.iter().copied().find(|x| x.abs() == amax)).unwrap_or(0.0)
}

/// Sixteen whole numbers from −128 to 255, as bytes.
#[inline(always)]
fn narrow(mut whole: impl FnMut(usize) -> v128) -> v128 {
    let mut halves = |i| {
        let byte = u32x4_splat(0xff);
        i16x8_narrow_i32x4(v128_and(whole(i), byte), v128_and(whole(i + 1), byte))
    };
    u8x16_narrow_i16x8(halves(0), halves(2))
}

/// What is the nearest whole number, ties away from zero, once its fraction is cut off.
#[inline(always)]
pub(super) fn half_away(y: v128) -> v128 {
    // Just less than a half, for what is just below one.
    let half = v128_or(v128_and(y, u32x4_splat(1 << 31)), f32x4_splat(0.5 - 0.25 * f32::EPSILON));
    f32x4_add(y, half)
}

fn q8_0(values: &[f32], bytes: &mut [u8]) {
    let amax = finite_amax(values);
    let d = amax.unwrap_or(0.0) / 127.0;
    let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
    if amax.is_none() || !inverse.is_finite() {
        return by_reference(&ggml::Q8_0, values, bytes);
    }
    let (scale, codes) = bytes.split_at_mut(2);
    ggml::write_f16(scale, d);
    let inverse = f32x4_splat(inverse);
    for (quads, codes) in quads(values).as_chunks::<4>().0.iter().zip(codes.as_chunks_mut().0) {
        let code = |i: usize| i32x4_trunc_sat_f32x4(half_away(f32x4_mul(load(&quads[i]), inverse)));
        *codes = to_bytes(narrow(code));
    }
}

fn q4_0(values: &[f32], bytes: &mut [u8]) {
    let amax = finite_amax(values);
    let d = first_of(values, amax.unwrap_or(0.0)) / -8.0;
    let inverse = if d == 0.0 { 0.0 } else { 1.0 / d };
    if amax.is_none() || !inverse.is_finite() {
        return by_reference(&ggml::Q4_0, values, bytes);
    }
    let (scale, codes) = bytes.split_at_mut(2);
    ggml::write_f16(scale, d);
    let (inverse, quads) = (f32x4_splat(inverse), quads(values));
    let half = |from: usize| {
        let code = |i: usize| {
            let y = f32x4_mul(load(&quads[from + i]), inverse);
            i32x4_trunc_sat_f32x4(f32x4_add(y, f32x4_splat(8.5)))
        };
        u8x16_min(narrow(code), u8x16_splat(15))
    };
    codes[..16].copy_from_slice(&to_bytes(v128_or(half(0), u8x16_shl(half(4), 4))));
}

/// `nearest_int` of ggml: of what is beyond 2²², whatever the lowest bits say.
#[inline(always)]
fn nearest_int(x: v128) -> v128 {
    let sum = f32x4_add(x, f32x4_splat(WHOLE));
    let whole = i32x4_sub(v128_and(sum, u32x4_splat(0x007f_ffff)), i32x4_splat(0x0040_0000));
    v128_and(whole, f32x4_eq(sum, sum))
}

/// Trials of the search for a scale: the first, and eighteen around it.
const TRIALS: usize = 19;

/// As `search::symmetric` of [`ggml`], four trials on the lanes of a vector.
fn symmetric(x: &[f32], levels: i32, codes: &mut [u8]) -> f32 {
    let amax = finite_amax(x);
    // Here every product with a trial's inverse is a number of at most two digits.
    let Some(amax) = amax.filter(|amax| (1e-15..=1e18).contains(amax)) else {
        return ggml::symmetric(x, levels, codes);
    };
    let max = first_of(x, amax);
    let mut inverses = [[0f32; 4]; TRIALS.div_ceil(4)];
    let steps = [0].into_iter().chain((-9..=9).filter(|&step| step != 0));
    for (inverse, step) in inverses.as_flattened_mut().iter_mut().zip(steps) {
        *inverse = if step == 0 { -(levels as f32) / max } else { -(levels as f32 + 0.1 * step as f32) / max };
    }
    let (least, most) = (f32x4_splat(-levels as f32), f32x4_splat((levels - 1) as f32));
    let mut sums_lx = [[0f32; 4]; TRIALS.div_ceil(4)];
    let mut sums_l2 = sums_lx;
    for ((inverse, sums_lx), sums_l2) in inverses.iter().zip(&mut sums_lx).zip(&mut sums_l2) {
        let inverse = load(inverse);
        let (mut sum_lx, mut sum_l2) = (f32x4_splat(0.0), f32x4_splat(0.0));
        for &x in x {
            let w = x * x;
            let l = f32x4_nearest(f32x4_mul(inverse, f32x4_splat(x)));
            let l = f32x4_pmax(f32x4_pmin(l, most), least);
            sum_lx = f32x4_add(sum_lx, f32x4_mul(f32x4_splat(w * x), l));
            sum_l2 = f32x4_add(sum_l2, f32x4_mul(f32x4_mul(f32x4_splat(w), l), l));
        }
        (*sums_lx, *sums_l2) = (lanes(sum_lx), lanes(sum_l2));
    }
    let (lx, l2, inverses) = (sums_lx.as_flattened(), sums_l2.as_flattened(), inverses.as_flattened());
    let mut inverse = inverses[0];
    let mut scale = if l2[0] == 0.0 { 0.0 } else { lx[0] / l2[0] };
    let mut best = scale * lx[0];
    for trial in 1..TRIALS {
        if l2[trial] > 0.0 && lx[trial] * lx[trial] > best * l2[trial] {
            (inverse, scale) = (inverses[trial], lx[trial] / l2[trial]);
            best = scale * lx[trial];
        }
    }
    each_code(x, codes, levels as u8, |x| {
        let l = f32x4_nearest(f32x4_mul(f32x4_splat(inverse), x));
        i32x4_trunc_sat_f32x4(f32x4_pmax(f32x4_pmin(l, most), least))
    });
    scale
}

/// Makes a code of each value and adds `zero` to it.
#[inline(always)]
fn each_code(x: &[f32], codes: &mut [u8], zero: u8, code: impl Fn(v128) -> v128) {
    for (quads, codes) in quads(x).as_chunks::<4>().0.iter().zip(codes.as_chunks_mut::<16>().0) {
        *codes = to_bytes(u8x16_add(narrow(|i| code(load(&quads[i]))), u8x16_splat(zero)));
    }
}

fn requantize_symmetric(x: &[f32], codes: &mut [u8], scale: f32, levels: i32) {
    if scale != 0.0 {
        let (least, most) = (i32x4_splat(-levels), i32x4_splat(levels - 1));
        each_code(x, codes, levels as u8, |x| {
            i32x4_max(i32x4_min(nearest_int(f32x4_div(x, f32x4_splat(scale))), most), least)
        });
    }
}

fn requantize_affine(x: &[f32], codes: &mut [u8], scale: f32, min: f32, largest: u8) {
    if scale != 0.0 {
        let (scale, min, most) = (f32x4_splat(scale), f32x4_splat(min), i32x4_splat(largest.into()));
        each_code(x, codes, 0, |x| {
            i32x4_max(i32x4_min(nearest_int(f32x4_div(f32x4_add(x, min), scale)), most), i32x4_splat(0))
        });
    }
}

/// Values of a sub-block of Q4_K and Q5_K.
const SUB_BLOCK: usize = 32;

/// As `k_affine::fit_sub_blocks` of [`ggml`], four sub-blocks side by side; for searches by squared distance.
fn fit_sub_blocks(search: &Affine, values: &[f32], codes: &mut [u8; 256]) -> [Fit; 8] {
    if !finite_amax(values).is_some_and(|amax| amax <= 1e18) {
        return ggml::fit_sub_blocks(search, values, codes);
    }
    let mut fits = [Fit::default(); 8];
    let halves = values.chunks_exact(4 * SUB_BLOCK).zip(codes.chunks_exact_mut(4 * SUB_BLOCK));
    for ((values, codes), fits) in halves.zip(fits.chunks_exact_mut(4)) {
        let mut x = [f32x4_splat(0.0); SUB_BLOCK];
        for (i, x) in x.iter_mut().enumerate() {
            let at = |sub_block: usize| values[sub_block * SUB_BLOCK + i];
            *x = f32x4(at(0), at(1), at(2), at(3));
        }
        let (scale, min, of_all) = fit_four(search, &x);
        for (fit, (scale, min)) in fits.iter_mut().zip(lanes(scale).into_iter().zip(lanes(min))) {
            *fit = Fit { scale, min };
        }
        for (i, of_four) in of_all.iter().enumerate() {
            for (sub_block, code) in lanes(*of_four).into_iter().enumerate() {
                codes[sub_block * SUB_BLOCK + i] = code as u8;
            }
        }
    }
    fits
}

/// The scales, the minima to subtract and the codes of four sub-blocks, one on each lane.
fn fit_four(search: &Affine, x: &[v128; SUB_BLOCK]) -> (v128, v128, [v128; SUB_BLOCK]) {
    let zero = f32x4_splat(0.0);
    let squares = x.iter().fold(zero, |sum, &x| f32x4_add(sum, f32x4_mul(x, x)));
    let root_mean_square = f32x4_sqrt(f32x4_div(squares, f32x4_splat(SUB_BLOCK as f32)));
    let weights = x.map(|x| f32x4_add(root_mean_square, f32x4_abs(x)));

    let (mut min, mut max, mut sum_w, mut sum_x) = (x[0], x[0], weights[0], f32x4_mul(weights[0], x[0]));
    for (&x, &w) in x.iter().zip(&weights).skip(1) {
        min = f32x4_pmin(min, x);
        max = f32x4_pmax(max, x);
        sum_w = f32x4_add(sum_w, w);
        sum_x = f32x4_add(sum_x, f32x4_mul(w, x));
    }
    min = f32x4_pmin(min, zero);
    let is_flat = f32x4_eq(max, min);
    let flat_min = min;
    let top = f32x4_splat(search.codes.into());
    let most = i32x4_splat(search.codes.into());
    let code = |inverse: v128, x: v128, min: v128| {
        let whole = nearest_int(f32x4_mul(inverse, f32x4_sub(x, min)));
        f32x4_convert_i32x4(i32x4_max(i32x4_min(whole, most), i32x4_splat(0)))
    };
    let error = |codes: &[v128; SUB_BLOCK], scale: v128, min: v128| {
        let mut sum = zero;
        for ((&x, &w), &code) in x.iter().zip(&weights).zip(codes) {
            let difference = f32x4_sub(f32x4_add(f32x4_mul(scale, code), min), x);
            sum = f32x4_add(sum, f32x4_mul(w, f32x4_mul(difference, difference)));
        }
        sum
    };
    let inverse = f32x4_div(top, f32x4_sub(max, min));
    let mut scale = f32x4_div(f32x4_splat(1.0), inverse);
    let mut codes = x.map(|x| code(inverse, x, min));
    let mut best = error(&codes, scale, min);
    for trial in 0..=search.last {
        let wanted = f32x4_splat(search.start + search.step * f32::from(trial) + f32::from(search.codes));
        let inverse = f32x4_div(wanted, f32x4_sub(max, min));
        let mut trial_codes = [zero; SUB_BLOCK];
        let (mut sum_l, mut sum_l2, mut sum_xl) = (zero, zero, zero);
        for ((trial_code, &x), &w) in trial_codes.iter_mut().zip(x).zip(&weights) {
            let l = code(inverse, x, min);
            *trial_code = l;
            let wl = f32x4_mul(w, l);
            sum_l = f32x4_add(sum_l, wl);
            sum_l2 = f32x4_add(sum_l2, f32x4_mul(wl, l));
            sum_xl = f32x4_add(sum_xl, f32x4_mul(wl, x));
        }
        let determinant = f32x4_sub(f32x4_mul(sum_w, sum_l2), f32x4_mul(sum_l, sum_l));
        let is_solved = f32x4_gt(determinant, zero);
        let solved_scale = f32x4_sub(f32x4_mul(sum_w, sum_xl), f32x4_mul(sum_x, sum_l));
        let solved_min = f32x4_sub(f32x4_mul(sum_l2, sum_x), f32x4_mul(sum_l, sum_xl));
        let (solved_scale, solved_min) = (f32x4_div(solved_scale, determinant), f32x4_div(solved_min, determinant));
        let is_above = f32x4_gt(solved_min, zero);
        let trial_scale = v128_bitselect(f32x4_div(sum_xl, sum_l2), solved_scale, is_above);
        let trial_min = v128_andnot(solved_min, is_above);
        let trial_error = error(&trial_codes, trial_scale, trial_min);
        let is_better = v128_and(is_solved, f32x4_lt(trial_error, best));
        if v128_any_true(is_better) {
            best = v128_bitselect(trial_error, best, is_better);
            scale = v128_bitselect(trial_scale, scale, is_better);
            min = v128_bitselect(trial_min, min, is_better);
            for (code, trial_code) in codes.iter_mut().zip(trial_codes) {
                *code = v128_bitselect(trial_code, *code, is_better);
            }
        }
    }
    let min = f32x4_neg(v128_bitselect(flat_min, min, is_flat));
    (v128_andnot(scale, is_flat), min, codes.map(|code| v128_andnot(code, is_flat)))
}

/// The borders of IQ4's table: the least number of which each entry but the first is the nearest.
fn borders() -> [f32; 15] {
    std::array::from_fn(|i| (ggml::IQ4_TABLE[i] + ggml::IQ4_TABLE[i + 1]) / 2.0)
}

/// Trials of the search for an IQ4 scale: the first, and fifteen more.
const TABLE_TRIALS: usize = 16;

/// As `iq4::fit` of [`ggml`], four trials on the lanes of a vector.
fn fit_table(x: &[f32]) -> f32 {
    let Some(amax) = finite_amax(x).filter(|amax| (1e-15..=1e18).contains(amax)) else {
        return ggml::iq4_fit(x);
    };
    let (max, borders, table) = (first_of(x, amax), borders(), ggml::IQ4_TABLE);
    let mut inverses = [[0f32; 4]; TABLE_TRIALS / 4];
    for (i, inverse) in inverses.as_flattened_mut().iter_mut().enumerate() {
        *inverse = if i == 0 { 1.0 / (-max / table[0]) } else { ((i as i32 - 8) as f32 + table[0]) / max };
    }
    let steps: [f32; 15] = std::array::from_fn(|i| table[i + 1] - table[i]);
    let (mut sums_qx, mut sums_q2) = ([[0f32; 4]; TABLE_TRIALS / 4], [[0f32; 4]; TABLE_TRIALS / 4]);
    for ((inverse, sums_qx), sums_q2) in inverses.iter().zip(&mut sums_qx).zip(&mut sums_q2) {
        let inverse = load(inverse);
        let (mut sum_qx, mut sum_q2) = (f32x4_splat(0.0), f32x4_splat(0.0));
        for &x in x {
            let y = f32x4_mul(inverse, f32x4_splat(x));
            // Entries are whole and small, so that their sum is exact: one step for each border reached.
            let mut q = f32x4_splat(table[0]);
            for (&border, &step) in borders.iter().zip(&steps) {
                q = f32x4_add(q, v128_and(f32x4_ge(y, f32x4_splat(border)), f32x4_splat(step)));
            }
            let w = f32x4_splat(x * x);
            let wq = f32x4_mul(w, q);
            sum_qx = f32x4_add(sum_qx, f32x4_mul(wq, f32x4_splat(x)));
            sum_q2 = f32x4_add(sum_q2, f32x4_mul(wq, q));
        }
        (*sums_qx, *sums_q2) = (lanes(sum_qx), lanes(sum_q2));
    }
    let (qx, q2) = (sums_qx.as_flattened(), sums_q2.as_flattened());
    let mut scale = if q2[0] > 0.0 { qx[0] / q2[0] } else { 0.0 };
    let mut best = scale * qx[0];
    for trial in 1..TABLE_TRIALS {
        if q2[trial] > 0.0 && qx[trial] * qx[trial] > best * q2[trial] {
            scale = qx[trial] / q2[trial];
            best = scale * qx[trial];
        }
    }
    scale
}

/// As `iq4::nearest_entries` of [`ggml`].
fn entries(x: &[f32], inverse: f32, indices: &mut [u8]) {
    let borders = borders();
    // NaN has the last entry, and lies at no border.
    each_code(x, indices, 15, |x| {
        let y = f32x4_mul(f32x4_splat(inverse), x);
        let below = |&border: &f32| f32x4_lt(y, f32x4_splat(border));
        borders.iter().map(below).fold(u32x4_splat(0), |count, mask| i32x4_add(count, mask))
    });
}
