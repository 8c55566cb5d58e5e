//! Histograms: the bins of values on lanes, and how often each is met.
//!
//! First the bins of a block, then their counts from memory: counted straight from a vector's lanes, they take half as long again.

use super::{WHOLE, load, to_bytes};
use crate::quantize::{BINS, Edges};
use core::arch::wasm32::*;

/// A histogram of bytes. Each of four neighbours counts by itself, so that none waits for one with the same bin before it.
#[derive(Clone, Copy)]
pub(super) struct Ways([[u32; BINS]; 4]);

impl Default for Ways {
    fn default() -> Self {
        Self([[0; BINS]; 4])
    }
}

impl Ways {
    /// Counts these.
    #[inline(never)]
    pub(super) fn count(&mut self, bins: &[u8]) {
        let (blocks, rest) = bins.as_chunks::<16>();
        for block in blocks {
            for (i, &bin) in block.iter().enumerate() {
                self.0[i % 4][usize::from(bin)] += 1;
            }
        }
        rest.iter().for_each(|&bin| self.0[0][usize::from(bin)] += 1);
    }

    /// How often this bin was counted.
    pub(super) fn of(&self, bin: usize) -> u64 {
        self.0.iter().map(|way| u64::from(way[bin])).sum()
    }

    pub(super) fn add_to(&self, counts: &mut [u64]) {
        counts.iter_mut().enumerate().for_each(|(bin, count)| *count += self.of(bin));
    }
}

/// The bins of finite values, found sixteen at once. Where a guess is not certain, they are looked at one by one.
#[inline(never)]
pub(super) fn find_bins(edges: &Edges, quads: &[[f32; 4]], bins: &mut [u8]) {
    let [lo, per_unit, margin] = edges.guess();
    let (lo, per_unit, half) = (f32x4_splat(lo), f32x4_splat(per_unit), f32x4_splat(0.5));
    let (whole, certain) = (f32x4_splat(WHOLE), f32x4_splat(0.5 - margin));
    let (blocks, rest) = quads.as_chunks::<4>();
    let (bin_blocks, bin_rest) = bins.as_chunks_mut::<16>();
    let one_by_one = |values: &[[f32; 4]], bins: &mut [u8]| {
        for (&x, bin) in values.as_flattened().iter().zip(bins) {
            *bin = edges.bin_from_guess(x) as u8;
        }
    };
    for (block, bins) in blocks.iter().zip(bin_blocks) {
        let mut farthest = u32x4_splat(0);
        let [a, b, c, d] = block.each_ref().map(|quad| {
            let guess = f32x4_mul(f32x4_sub(load(quad), lo), per_unit);
            let floor = f32x4_floor(guess);
            // As whole numbers, of which a NaN is the largest; beyond whole numbers there is nothing behind the point.
            let from_middle = f32x4_abs(f32x4_sub(f32x4_sub(guess, floor), half));
            farthest = u32x4_max(farthest, from_middle);
            // The bin is what the bits beside this number differ by.
            i32x4_sub(f32x4_add(floor, whole), whole)
        });
        // Narrowing brings what is beyond the ends to the end bins.
        *bins = to_bytes(u8x16_narrow_i16x8(i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d)));
        if !u32x4_all_true(i32x4_lt(farthest, certain)) {
            one_by_one(block, bins);
        }
    }
    one_by_one(rest, bin_rest);
}
