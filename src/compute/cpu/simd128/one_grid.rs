//! One grid for a whole tensor: codes, bins and powers of two are a [`crate::quantize::chain`], and of codes follow the histogram of
//! what values become, Σq² and what is flushed.

use super::bins::Sixteen;
use super::errors::Fixed;
use super::integer::GridLanes;
use super::tallies::Tallies;
use super::{
    BLOCK, SUMMED_QUADS, add_wide, from_bytes, is_ordinary, lanes, load, pack, scalar, store, total, u32x4_lanes,
};
use crate::quantize::report::LEAST_SUM;
use crate::quantize::{Grid, Plan};
use core::arch::wasm32::*;
use core::hint::black_box;

/// The second pass over a slice of whole rows.
pub(super) fn measure(
    plan: &Plan,
    grid: Grid,
    first_row: usize,
    values: &[f32],
    codes: &mut Vec<u8>,
    seen: &mut Tallies,
) {
    let needs_units = ![plan.value_unit, plan.quantized_unit, plan.error_unit].into_iter().all(is_ordinary);
    for (i, block) in values.chunks(BLOCK).enumerate() {
        let done = match (grid.divides, needs_units) {
            (false, false) => measure_block::<false, false>(plan, grid, block, codes, seen),
            (false, true) => measure_block::<false, true>(plan, grid, block, codes, seen),
            (true, false) => measure_block::<true, false>(plan, grid, block, codes, seen),
            (true, true) => measure_block::<true, true>(plan, grid, block, codes, seen),
        };
        let rest = if done { block.len() / 16 * 16 } else { 0 };
        if rest < block.len() {
            let at = i * BLOCK + rest;
            let from = (first_row + at / plan.cols, at % plan.cols);
            scalar::measure_from(plan, from, &block[rest..], codes, &mut seen.tally);
        }
    }
}

/// The whole sixteens of a block; refuses them (false, nothing changed) as [`super::measure_block`] does.
#[inline(never)]
fn measure_block<const DIVIDES: bool, const UNITS: bool>(
    plan: &Plan,
    grid: Grid,
    values: &[f32],
    codes: &mut Vec<u8>,
    seen: &mut Tallies,
) -> bool {
    let (sixteens, _) = values.as_chunks::<4>().0.as_chunks::<4>();
    let n = 16 * sixteens.len();
    let first_code = codes.len();
    codes.resize(first_code + n, 0);
    let mut errors = [[[0.0; 4]; 4]; BLOCK / 16];
    let block = quantize::<DIVIDES, UNITS>(plan, grid, sixteens, &mut codes[first_code..], &mut errors);
    let mut links = [0; BLOCK];
    let sizes = find_links(grid, sixteens, &codes[first_code..], &mut links, seen);
    let [.., e2, x2, _] = block.totals;
    let has_lost_errors = e2 < LEAST_SUM && v128_any_true(block.max_error);
    let has_lost_values = x2 < LEAST_SUM && sixteens.as_flattened().as_flattened().iter().any(|&x| x != 0.0);
    let is_summed = block.totals.iter().all(|total| total.is_finite());
    if !sizes.are_finite() || !is_summed || has_lost_errors || has_lost_values {
        codes.truncate(first_code);
        return false;
    }
    block.add_to::<UNITS>(plan, n, seen);
    if sizes.have_small() {
        seen.count_subnormal(sixteens);
    }
    seen.links.count(&links[..n]);
    let mut bins = [0; BLOCK];
    seen.error_bins.find(&errors[..sixteens.len()], &mut bins);
    seen.errors.count(&bins[..n]);
    true
}

/// What is summed up of a block.
struct Block {
    /// Σe, Σ|e|, Σe², Σx² and Σxq, in the plan's units.
    totals: [f64; 5],
    max_error: v128,
    clipped: v128,
}

impl Block {
    fn add_to<const UNITS: bool>(&self, plan: &Plan, n: usize, seen: &mut Tallies) {
        let units = [plan.error_unit, plan.value_unit, plan.quantized_unit];
        let [e, x, q] = if UNITS { units.map(f64::from) } else { [1.0; 3] };
        let [e1, abs1, e2, x2, xq] = self.totals;
        let tally = &mut seen.tally;
        tally.sums.e += e1 / e;
        tally.sums.abs_e += abs1 / e;
        tally.sums.e2 += e2 / e / e;
        tally.sums.x2 += x2 / x / x;
        tally.sums.xq += xq / x / q;
        tally.measured += n as u64;
        tally.clipped += u32x4_lanes(self.clipped).into_iter().map(u64::from).sum::<u64>();
        tally.max_abs_error = lanes(self.max_error).into_iter().fold(tally.max_abs_error, f32::max);
    }
}

/// Makes codes and errors, and sums up.
#[inline(always)]
fn quantize<const DIVIDES: bool, const UNITS: bool>(
    plan: &Plan,
    grid: Grid,
    sixteens: &[Sixteen],
    codes: &mut [u8],
    errors: &mut [Sixteen],
) -> Block {
    let nothing = u32x4_splat(0);
    let kernel = black_box(GridLanes::<DIVIDES>::new(grid));
    let units = [plan.error_unit, plan.value_unit, plan.quantized_unit].map(|unit| f32x4_splat(unit));
    let (mut max_error, mut clipped, mut wide) = (nothing, nothing, [nothing; 5]);
    let (codes, _) = codes.as_chunks_mut::<16>();
    const RUN: usize = SUMMED_QUADS / 4;
    for ((sixteens, codes), errors) in sixteens.chunks(RUN).zip(codes.chunks_mut(RUN)).zip(errors.chunks_mut(RUN)) {
        let mut sums = [nothing; 5];
        for ((quads, codes), errors) in sixteens.iter().zip(codes).zip(errors) {
            let mut words = [nothing; 4];
            for ((quad, word), error) in quads.iter().zip(&mut words).zip(errors) {
                let x = load(quad);
                let quantized = Fixed::quantize(kernel, 0, x);
                *word = quantized.codes;
                let q = quantized.values;
                let e = f32x4_sub(q, x);
                store(error, e);
                max_error = f32x4_pmax(max_error, f32x4_abs(e));
                // A mask is −1.
                clipped = i32x4_sub(clipped, quantized.clipped);
                let [e, x, q] = if UNITS {
                    [f32x4_mul(e, units[0]), f32x4_mul(x, units[1]), f32x4_mul(q, units[2])]
                } else {
                    [e, x, q]
                };
                let terms = [e, f32x4_abs(e), f32x4_mul(e, e), f32x4_mul(x, x), f32x4_mul(x, q)];
                for (sum, term) in sums.iter_mut().zip(terms) {
                    *sum = f32x4_add(*sum, term);
                }
            }
            *codes = pack(words);
        }
        add_wide(&mut wide, sums);
    }
    Block { totals: wide.map(total), max_error, clipped }
}

/// What was seen of the magnitudes of a block: the upper halves of the largest and the smallest of each lane.
struct Sizes {
    largest: v128,
    least: v128,
}

impl Sizes {
    fn are_finite(&self) -> bool {
        !v128_any_true(u16x8_ge(self.largest, u16x8_splat(0x7f80)))
    }

    /// Whether there is a zero or a subnormal value.
    fn have_small(&self) -> bool {
        v128_any_true(u16x8_lt(self.least, u16x8_splat(0x0080)))
    }
}

#[inline(always)]
fn find_links(grid: Grid, sixteens: &[Sixteen], codes: &[u8], links: &mut [u16], seen: &Tallies) -> Sizes {
    let (codes, _) = codes.as_chunks::<16>();
    let (min_code, magnitude) = black_box((u8x16_splat(grid.min_code as u8), u16x8_splat(0x7fff)));
    let mut sizes = Sizes { largest: u16x8_splat(0), least: magnitude };
    seen.value_bins.find_links(sixteens, links, |i, uppers| {
        for upper in uppers {
            let size = v128_and(upper, magnitude);
            sizes.largest = u16x8_max(sizes.largest, size);
            sizes.least = u16x8_min(sizes.least, size);
        }
        let from_min = u8x16_sub(from_bytes(&codes[i]), min_code);
        [u16x8_extend_low_u8x16(from_min), u16x8_extend_high_u8x16(from_min)]
    });
    sizes
}
