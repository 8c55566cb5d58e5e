//! The scalar path on four lanes of WebAssembly SIMD.
//!
//! [`measure`] takes blocks of [`BLOCK`] values of one row. A block that turns out to hold NaN, an infinity or an overflow goes to
//! the scalar path whole: its sums then need no masks. So does one whose values or errors are too small for the tensor's unit.
//! Floats and integers are quantized on lanes too; of the other formats only the measuring is. [`encode`] makes codes alone, and
//! those of blocks on lanes; [`errors`] measures less, and faster.
//! Codes, counts and the largest error equal the scalar path's; sums are f32 within a block and f64 across blocks.

mod bins;
mod blocks;
mod errors;
mod float;
mod ggml;
mod integer;
mod one_grid;
mod ranges;
mod rounded;
mod scaled;
mod tallies;

pub use errors::errors;
pub use float::{decode_slice, encode_slice};
pub use ggml::encoder;
pub use ranges::{ranges, ranges_of};

use super::elements::{self, Passed, Sink};
use super::scalar;
use crate::formats::Rounding;
use crate::formats::ggml::{BlockType, Encode};
use crate::quantize::report::LEAST_SUM;
use crate::quantize::{Element, Granularity, Plan, Tally};
use bins::Sixteen;
use core::arch::wasm32::*;
use core::mem::transmute;
use float::FloatLanes;
use tallies::Tallies;

/// Values that are measured at once.
const BLOCK: usize = 1024;
/// Quads whose sums are kept in f32: a format of few values adds the same number again and again, and each time it is
/// rounded the same way.
const SUMMED_QUADS: usize = 32;

/// Second pass over a slice of whole rows, the first of which is row `first_row` of the tensor. Appends the codes.
#[must_use]
pub fn measure(plan: &Plan, first_row: usize, values: &[f32], codes: &mut Vec<u8>) -> Tally {
    let mut seen = Tallies::new(plan);
    // What is kept in FP16 is not on the lanes.
    let is_nearest = plan.quantizer.rounding == Rounding::NearestEven && plan.is_kept.is_empty();
    let rows = (first_row..).zip(values.chunks(plan.cols));
    match &plan.element {
        Element::Float(cast) if is_nearest && FloatLanes::has(cast) => {
            let lanes = FloatLanes::new(*cast);
            rows.for_each(|(row, values)| measure_row(&lanes, plan, (row, 0), values, codes, &mut seen));
        }
        Element::Integer(grids) if is_nearest && plan.quantizer.granularity == Granularity::Tensor => {
            one_grid::measure(plan, grids[0], first_row, values, codes, &mut seen);
            return seen.finish(Some(grids[0]));
        }
        Element::Integer(grids) if is_nearest => integer::measure(plan, grids, rows, codes, &mut seen),
        _ => rows.for_each(|(row, values)| measure_passed(plan, row, values, codes, &mut seen)),
    }
    seen.finish(None)
}

/// The codes of a slice of whole rows, the first of which is row `first_row` of the tensor, as [`measure`] appends them.
pub fn encode(plan: &Plan, first_row: usize, values: &[f32], codes: &mut Vec<u8>) {
    if blocks::encode(plan, values, codes) {
        return;
    }
    let Element::Ggml(block_type) = plan.element else {
        let _ = measure(plan, first_row, values, codes);
        return;
    };
    let Some(encode) = encoder(block_type) else { return };
    for row in values.chunks(plan.cols) {
        for block in row.chunks(block_type.block_size) {
            let from = codes.len();
            codes.resize(from + block_type.block_bytes, 0);
            if block.len() == block_type.block_size {
                encode(block, &mut codes[from..]);
            } else {
                let mut whole = vec![0.0; block_type.block_size];
                whole[..block.len()].copy_from_slice(block);
                encode(&whole, &mut codes[from..]);
            }
        }
    }
}

/// Values that are quantized one by one before they are measured on lanes: whole blocks of every format.
const PASSED: usize = 1 << 14;

/// A row of a format that has no lanes.
fn measure_passed(plan: &Plan, row: usize, values: &[f32], codes: &mut Vec<u8>, seen: &mut Tallies) {
    let mut passed = PassedLanes::default();
    for (i, values) in values.chunks(PASSED).enumerate() {
        passed.q.clear();
        passed.clipped.clear();
        elements::pass(plan, (row, i * PASSED), values, codes, &mut passed);
        measure_row(&passed, plan, (row, i * PASSED), values, codes, seen);
    }
}

/// Values whose codes are made.
#[derive(Default)]
struct PassedLanes {
    /// What codes stand for.
    q: Vec<f32>,
    /// All ones where a value was clipped.
    clipped: Vec<u32>,
}

impl Sink for PassedLanes {
    #[inline(always)]
    fn value(&mut self, Passed { q, clipped, .. }: Passed) {
        self.q.push(q);
        self.clipped.push(u32::from(clipped).wrapping_neg());
    }

    fn encoder(&self, block_type: &BlockType) -> Option<Encode> {
        encoder(block_type)
    }
}

impl Lanes for PassedLanes {
    const MAKES_CODES: bool = false;

    #[inline(always)]
    fn quantize(&self, quad: usize, _: v128) -> Quantized {
        let values = load(&self.q.as_chunks().0[quad]);
        let overflowed = v128_not(f32x4_le(f32x4_abs(values), f32x4_splat(f32::MAX)));
        let clipped = load_u32(&self.clipped.as_chunks().0[quad]);
        Quantized { codes: u32x4_splat(0), values, clipped, overflowed }
    }

    fn slowly(&self, plan: &Plan, _: (usize, usize), at: usize, values: &[f32], _: &mut Vec<u8>, tally: &mut Tally) {
        let passed = values.iter().zip(&self.q[at..]).zip(&self.clipped[at..]);
        let passed = passed.map(|((&x, &q), &clipped)| Passed { x, y: x, q, clipped: clipped != 0 });
        scalar::tally_passed(plan, passed, tally);
    }
}

/// Four values turned into codes and back.
struct Quantized {
    /// Codes in the low bits of each lane.
    codes: v128,
    /// Their values.
    values: v128,
    /// All ones where a code had to be clamped.
    clipped: v128,
    /// All ones where the value overflowed to infinity or NaN.
    overflowed: v128,
}

/// A kind of format on four lanes; what it makes of NaN and infinities is of no use.
trait Lanes {
    /// Whether it makes the codes. If not, quantizing took longer than measuring does, and sums are f64: a format by whose
    /// rules values of any size come together has no units for f32.
    const MAKES_CODES: bool = true;

    /// Quantizes the four values at `quad` · 4 of those that are measured.
    fn quantize(&self, quad: usize, x: v128) -> Quantized;

    /// Measures some values, from `at` on of those that are measured, which begin at a row and a column, one by one.
    fn slowly(
        &self,
        plan: &Plan,
        (row, col): (usize, usize),
        at: usize,
        values: &[f32],
        codes: &mut Vec<u8>,
        tally: &mut Tally,
    ) {
        scalar::measure_from(plan, (row, col + at), values, codes, tally);
    }
}

fn measure_row(
    kernel: &impl Lanes,
    plan: &Plan,
    from: (usize, usize),
    values: &[f32],
    codes: &mut Vec<u8>,
    seen: &mut Tallies,
) {
    for (i, block) in values.chunks(BLOCK).enumerate() {
        let at = i * BLOCK;
        if !measure_block(kernel, plan, from, at, block, codes, seen) {
            kernel.slowly(plan, from, at, block, codes, &mut seen.tally);
        }
    }
}

/// Measures the whole sixteens of a block of values, and the rest one by one; refuses it (false, nothing changed) if one is not finite or overflows, or if all are so small
/// that their squares are lost in f32.
fn measure_block<K: Lanes>(
    kernel: &K,
    plan: &Plan,
    from: (usize, usize),
    at: usize,
    values: &[f32],
    codes: &mut Vec<u8>,
    tallies: &mut Tallies,
) -> bool {
    let (sixteens, _) = values.as_chunks::<4>().0.as_chunks::<4>();
    let (n, quads) = (sixteens.len() * 16, sixteens.as_flattened());
    let rest = &values[n..];
    let mut code_words = [[[0u32; 4]; 4]; BLOCK / 16];
    let mut quantized = [[[0f32; 4]; 4]; BLOCK / 16];
    let mut errors = [[[0f32; 4]; 4]; BLOCK / 16];
    let nothing = u32x4_splat(0);
    let (value_unit, quantized_unit) = (f32x4_splat(plan.value_unit), f32x4_splat(plan.quantized_unit));
    let error_unit = f32x4_splat(plan.error_unit);
    let mut sums = [nothing; 6];
    let mut wide_sums = [nothing; 6];
    let mut seen = Seen::new();
    let runs = quads.chunks(SUMMED_QUADS).zip(code_words.as_flattened_mut().chunks_mut(SUMMED_QUADS));
    let quantized_runs = quantized.as_flattened_mut().chunks_mut(SUMMED_QUADS);
    let runs = runs.zip(quantized_runs.zip(errors.as_flattened_mut().chunks_mut(SUMMED_QUADS)));
    let mut place = at / 4;
    for ((quads, code_words), (quantized, errors)) in runs {
        for (((quad, code_word), quantized), error) in quads.iter().zip(code_words).zip(quantized).zip(errors) {
            let x = load(quad);
            let lanes = kernel.quantize(place, x);
            place += 1;
            let q = lanes.values;
            let e = f32x4_sub(q, x);
            if K::MAKES_CODES {
                store_u32(code_word, lanes.codes);
            }
            store(quantized, q);
            store(error, e);
            seen.see(x, &lanes, e);

            if !K::MAKES_CODES {
                for (x, q, e) in [(low(x), low(q), low(e)), (high(x), high(q), high(e))] {
                    let terms = [e, f64x2_abs(e), f64x2_mul(e, e), f64x2_mul(x, x), f64x2_mul(q, q), f64x2_mul(x, q)];
                    for (sum, term) in wide_sums.iter_mut().zip(terms) {
                        *sum = f64x2_add(*sum, term);
                    }
                }
                continue;
            }
            let (xs, qs, es) = (f32x4_mul(x, value_unit), f32x4_mul(q, quantized_unit), f32x4_mul(e, error_unit));
            let terms = [es, f32x4_abs(es), f32x4_mul(es, es), f32x4_mul(xs, xs), f32x4_mul(qs, qs), f32x4_mul(xs, qs)];
            for (sum, term) in sums.iter_mut().zip(terms) {
                *sum = f32x4_add(*sum, term);
            }
        }
        if K::MAKES_CODES {
            add_wide(&mut wide_sums, sums);
            sums = [nothing; 6];
        }
    }
    let totals = wide_sums.map(total);
    let [e1, abs1, e2, x2, q2, xq] = totals;
    if !seen.is_finite() {
        return false;
    }
    if K::MAKES_CODES {
        // What is clipped far beyond a range may be beyond f32 in the units of that range.
        let is_finite = totals.iter().all(|total| total.is_finite());
        if !is_finite || seen.has_lost(e2, x2) {
            return false;
        }
    }
    let units = [plan.error_unit, plan.value_unit, plan.quantized_unit].map(f64::from);
    let [e, x, q] = if K::MAKES_CODES { units } else { [1.0; 3] };
    let tally = &mut tallies.tally;
    tally.sums.e += e1 / e;
    tally.sums.abs_e += abs1 / e;
    tally.sums.e2 += e2 / e / e;
    tally.sums.x2 += x2 / x / x;
    tally.sums.q2 += q2 / q / q;
    tally.sums.xq += xq / x / q;
    seen.count_values(n, tally);
    if seen.has_small() {
        tallies.count_subnormal(sixteens);
    }
    let first_code = codes.len();
    if K::MAKES_CODES && plan.quantizer.format.code_bytes() == 1 {
        codes.resize(first_code + n, 0);
        for (words, codes) in code_words.iter().zip(codes[first_code..].as_chunks_mut::<16>().0) {
            *codes = pack(words.each_ref().map(load_u32));
        }
    } else if K::MAKES_CODES {
        codes
            .extend(code_words.as_flattened().as_flattened()[..n].iter().flat_map(|&code| (code as u16).to_le_bytes()));
    }
    count_bins(tallies, sixteens, &quantized[..sixteens.len()], &errors[..sixteens.len()]);
    if !rest.is_empty() {
        kernel.slowly(plan, from, at + n, rest, codes, &mut tallies.tally);
    }
    true
}

/// Counts values, what they become and errors.
#[inline(never)]
fn count_bins(tallies: &mut Tallies, values: &[Sixteen], quantized: &[Sixteen], errors: &[Sixteen]) {
    let n = 16 * values.len();
    let mut links = [0; BLOCK];
    tallies.value_bins.find_links(values, &mut links, |_, _| [u16x8_splat(0); 2]);
    tallies.links.count(&links[..n]);
    let mut bins = [0; BLOCK];
    tallies.error_bins.find(errors, &mut bins);
    tallies.errors.count(&bins[..n]);
    tallies.value_bins.find(quantized, &mut bins);
    tallies.quantized.count(&bins[..n]);
}

/// What is counted of the quads of a block, on lanes.
struct Seen {
    /// Largest |e|.
    error: v128,
    /// The largest bits of |x|, and the smallest of those that are not zero, less one.
    largest: v128,
    least: v128,
    clipped: v128,
    flushed: v128,
    /// All ones where a value overflowed.
    overflowed: v128,
}

impl Seen {
    fn new() -> Self {
        let nothing = u32x4_splat(0);
        Self {
            error: nothing,
            largest: nothing,
            least: u32x4_splat(u32::MAX),
            clipped: nothing,
            flushed: nothing,
            overflowed: nothing,
        }
    }

    #[inline(always)]
    fn see(&mut self, x: v128, lanes: &Quantized, e: v128) {
        let nothing = u32x4_splat(0);
        let magnitude = f32x4_abs(x);
        self.error = f32x4_pmax(self.error, f32x4_abs(e));
        self.largest = u32x4_max(self.largest, magnitude);
        self.least = u32x4_min(self.least, u32x4_sub(magnitude, u32x4_splat(1)));
        // A mask is −1.
        self.clipped = i32x4_sub(self.clipped, lanes.clipped);
        let is_flushed = v128_and(f32x4_eq(lanes.values, nothing), f32x4_ne(x, nothing));
        self.flushed = i32x4_sub(self.flushed, is_flushed);
        self.overflowed = v128_or(self.overflowed, lanes.overflowed);
    }

    fn is_finite(&self) -> bool {
        !v128_any_true(v128_or(self.overflowed, u32x4_ge(self.largest, u32x4_splat(0x7f80_0000))))
    }

    /// Whether so little is left of the squares that f32 has lost some of it.
    fn has_lost(&self, e2: f64, x2: f64) -> bool {
        (e2 < LEAST_SUM && v128_any_true(self.error)) || (x2 < LEAST_SUM && v128_any_true(self.largest))
    }

    /// Adds what was seen of so many values, but for those that are subnormal.
    fn count_values(&self, n: usize, tally: &mut Tally) {
        let sum = |counts: v128| u32x4_lanes(counts).into_iter().map(u64::from).sum::<u64>();
        tally.max_abs_error = lanes(self.error).into_iter().fold(tally.max_abs_error, f32::max);
        tally.measured += n as u64;
        tally.clipped += sum(self.clipped);
        tally.flushed += sum(self.flushed);
    }

    /// Whether there is a subnormal value.
    fn has_small(&self) -> bool {
        v128_any_true(u32x4_lt(self.least, u32x4_splat(0x007f_ffff)))
    }
}

/// Whether values times a plan's unit are as good without it: units are needed only far from one.
fn is_ordinary(unit: f32) -> bool {
    (1.0 / 1e9..=1e9).contains(&unit)
}

/// Adds sums in f32 to those in f64.
#[inline(always)]
fn add_wide<const N: usize>(wide: &mut [v128; N], sums: [v128; N]) {
    for (wide, sum) in wide.iter_mut().zip(sums) {
        *wide = f64x2_add(*wide, f64x2_add(low(sum), high(sum)));
    }
}

fn total(wide: v128) -> f64 {
    f64x2_extract_lane::<0>(wide) + f64x2_extract_lane::<1>(wide)
}

#[inline(always)]
fn low(v: v128) -> v128 {
    f64x2_promote_low_f32x4(v)
}

#[inline(always)]
fn high(v: v128) -> v128 {
    f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(v, v))
}

/// The lowest byte of each of sixteen codes.
#[inline(always)]
fn pack([a, b, c, d]: [v128; 4]) -> [u8; 16] {
    let bytes = |a, b| i8x16_shuffle::<0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0>(a, b);
    to_bytes(i64x2_shuffle::<0, 2>(bytes(a, b), bytes(c, d)))
}

/// 1.5 · 2²³: beside it f32s of less than a third of that are whole numbers, and the lowest bits count them.
const WHOLE: f32 = 12_582_912.0;

// One instruction each. Written lane by lane, LLVM makes that of them at optimization level 3 alone; at 2, the engine's,
// encoding then takes a quarter longer.

#[inline(always)]
fn load(quad: &[f32; 4]) -> v128 {
    // SAFETY: both are 16 bytes of which every pattern is a value.
    unsafe { transmute(*quad) }
}

#[inline(always)]
fn load_u32(quad: &[u32; 4]) -> v128 {
    // SAFETY: both are 16 bytes of which every pattern is a value.
    unsafe { transmute(*quad) }
}

#[inline(always)]
fn store(quad: &mut [f32; 4], lanes: v128) {
    // SAFETY: both are 16 bytes of which every pattern is a value.
    *quad = unsafe { transmute::<v128, [f32; 4]>(lanes) };
}

#[inline(always)]
fn store_u32(quad: &mut [u32; 4], lanes: v128) {
    *quad = u32x4_lanes(lanes);
}

#[inline(always)]
fn u32x4_lanes(v: v128) -> [u32; 4] {
    // SAFETY: both are 16 bytes of which every pattern is a value.
    unsafe { transmute(v) }
}

#[inline(always)]
fn to_bytes(v: v128) -> [u8; 16] {
    // SAFETY: both are 16 bytes of which every pattern is a value.
    unsafe { transmute(v) }
}

#[inline(always)]
fn to_words(v: v128) -> [u16; 8] {
    // SAFETY: both are 16 bytes of which every pattern is a value.
    unsafe { transmute(v) }
}

#[inline(always)]
fn from_words(words: [u16; 8]) -> v128 {
    // SAFETY: both are 16 bytes of which every pattern is a value.
    unsafe { transmute(words) }
}

#[inline(always)]
fn from_bytes(bytes: &[u8; 16]) -> v128 {
    // SAFETY: both are 16 bytes of which every pattern is a value.
    unsafe { transmute(*bytes) }
}

#[inline(always)]
fn lanes(v: v128) -> [f32; 4] {
    [f32x4_extract_lane::<0>(v), f32x4_extract_lane::<1>(v), f32x4_extract_lane::<2>(v), f32x4_extract_lane::<3>(v)]
}
