//! Histograms: the bins of values on lanes, and how often each is met.
//!
//! First the bins of a block, then their counts from memory: counted straight from a vector's lanes, they take half as long again.

use super::{from_words, load, to_bytes, to_words};
use crate::quantize::histogram::FixedPoint;
use crate::quantize::{BINS, Edges};
use core::arch::wasm32::*;
use core::hint::black_box;

/// Sixteen values.
pub(super) type Sixteen = [[f32; 4]; 4];

/// How often each of N places is met, N a power of two. Each of four neighbours counts by itself, so that none waits for one with
/// the same place before it.
pub(super) struct Ways<const N: usize>([[u32; N]; 4]);

impl<const N: usize> Default for Ways<N> {
    fn default() -> Self {
        Self([[0; N]; 4])
    }
}

impl<const N: usize> Ways<N> {
    /// Counts these, each of which is less than N.
    #[inline(never)]
    pub(super) fn count<Place: Copy + Into<usize>>(&mut self, places: &[Place]) {
        let (blocks, rest) = places.as_chunks::<4>();
        for block in blocks {
            for (way, &place) in self.0.iter_mut().zip(block) {
                way[place.into() % N] += 1;
            }
        }
        rest.iter().for_each(|&place| self.0[0][place.into() % N] += 1);
    }

    /// How often each was met.
    pub(super) fn counts(&self) -> [u64; N] {
        std::array::from_fn(|place| self.0.iter().map(|way| u64::from(way[place])).sum())
    }

    pub(super) fn add_to(&self, counts: &mut [u64]) {
        counts.iter_mut().zip(self.counts()).for_each(|(count, more)| *count += more);
    }
}

/// [`FixedPoint`] on lanes. Its vectors are not to be seen through, as those of [`super::float::FloatLanes`].
pub(super) struct BinLanes<'a> {
    edges: &'a Edges,
    per_unit: v128,
    offset: v128,
    fraction: v128,
    doubt: v128,
    first: v128,
    last: v128,
    /// The sign of 16 bits.
    sign: v128,
}

impl<'a> BinLanes<'a> {
    pub(super) fn new(edges: &'a Edges) -> Self {
        let FixedPoint { per_unit, offset, doubt } = edges.fixed_point();
        black_box(Self {
            edges,
            per_unit: f32x4_splat(per_unit),
            offset: f32x4_splat(offset),
            fraction: u32x4_splat(FixedPoint::FRACTION),
            doubt: u32x4_splat(doubt),
            first: u16x8_splat(FixedPoint::FIRST as u16),
            last: u16x8_splat(BINS as u16 - 1),
            sign: u16x8_splat(1 << 15),
        })
    }

    /// The bins of finite values in 16 bits, where those beyond the last may be any number larger than it.
    #[inline(always)]
    fn of(&self, values: &Sixteen) -> [v128; 2] {
        let mut least = self.fraction;
        let [a, b, c, d] = values.each_ref().map(|quad| {
            let guess = f32x4_add(f32x4_mul(load(quad), self.per_unit), self.offset);
            // A NaN, of zero times infinity, has nothing behind the point.
            least = u32x4_min(least, v128_and(guess, self.fraction));
            i32x4_shr(guess, FixedPoint::FRACTION_BITS)
        });
        if v128_any_true(i32x4_lt(least, self.doubt)) {
            return self.one_by_one(values);
        }
        // Narrowing makes zeros of what is negative, and so does the difference of what lies below the first bin.
        [(a, b), (c, d)].map(|(a, b)| u16x8_sub_sat(u16x8_narrow_i32x4(a, b), self.first))
    }

    #[cold]
    #[inline(never)]
    fn one_by_one(&self, values: &Sixteen) -> [v128; 2] {
        let bins = |quads: &[[f32; 4]]| {
            let mut bins = [0; 8];
            for (bin, &x) in bins.iter_mut().zip(quads.as_flattened()) {
                *bin = self.edges.bin_from_guess(x) as u16;
            }
            from_words(bins)
        };
        [bins(&values[..2]), bins(&values[2..])]
    }

    /// The bins of finite values.
    #[inline(never)]
    pub(super) fn find(&self, values: &[Sixteen], bins: &mut [u8]) {
        for (values, bins) in values.iter().zip(bins.as_chunks_mut::<16>().0) {
            let [low, high] = self.of(values);
            *bins = to_bytes(u8x16_narrow_i16x8(low, high));
        }
    }

    /// The sums that finite values are counted by in a [`crate::quantize::chain`], with codes that `code(i, uppers)` makes of the
    /// upper halves of the i-th sixteen.
    #[inline(always)]
    pub(super) fn find_links(
        &self,
        values: &[Sixteen],
        links: &mut [u16],
        mut codes: impl FnMut(usize, [v128; 2]) -> [v128; 2],
    ) {
        for (i, (values, links)) in values.iter().zip(links.as_chunks_mut::<8>().0.as_chunks_mut::<2>().0).enumerate() {
            let [a, b, c, d] = values.each_ref().map(load);
            let upper = |a, b| i16x8_shuffle::<1, 3, 5, 7, 9, 11, 13, 15>(a, b);
            let uppers = [upper(a, b), upper(c, d)];
            let codes = codes(i, uppers);
            let bins = self.of(values);
            for (((link, upper), bins), codes) in links.iter_mut().zip(uppers).zip(bins).zip(codes) {
                // The upper half of an ordered key.
                let key = v128_xor(upper, v128_or(i16x8_shr(upper, 15), self.sign));
                let bins = u16x8_min(bins, self.last);
                *link = to_words(u16x8_add(u16x8_add(u16x8_shr(key, 23 - 16), bins), codes));
            }
        }
    }
}
