//! The scalar path on four lanes of WebAssembly SIMD.
//!
//! [`measure`] takes blocks of [`BLOCK`] values of one row. A block that holds NaN, an infinity or an overflow goes to the
//! scalar path whole: its sums then need no masks. So does one whose values or errors are too small for the tensor's unit.
//! Codes, counts and the largest error equal the scalar path's; sums are f32 within a block and f64 across blocks.

mod float;

pub use float::{decode_slice, encode_slice};

use super::scalar;
use crate::formats::Rounding;
use crate::quantize::report::LEAST_SUM;
use crate::quantize::{Element, Granularity, Grid, Plan, Range, Tally};
use core::arch::wasm32::*;
use core::mem::transmute;
use float::FloatLanes;

/// Values that are measured at once.
const BLOCK: usize = 1024;
/// Quads whose sums are kept in f32: a format of few values adds the same number again and again, and each time it is
/// rounded the same way.
const SUMMED_QUADS: usize = 32;

/// First pass: the range of the whole slice, or of each row.
#[must_use]
pub fn ranges(values: &[f32], cols: usize, each_row: bool) -> Vec<Range> {
    if each_row { values.chunks(cols.max(1)).map(range).collect() } else { vec![range(values)] }
}

/// As [`scalar::ranges_of`].
#[must_use]
pub fn ranges_of(values: &[f32], cols: usize, groups: Granularity) -> Vec<Range> {
    match groups {
        Granularity::Tensor | Granularity::Row => ranges(values, cols, groups == Granularity::Row),
        Granularity::Column | Granularity::Group(_) => scalar::ranges_of(values, cols, groups),
    }
}

fn range(values: &[f32]) -> Range {
    values.chunks(BLOCK).fold(Range::NOTHING, |so_far, block| {
        so_far.union(if all_finite(block) { range_of_finite(block) } else { Range::of(block) })
    })
}

fn range_of_finite(values: &[f32]) -> Range {
    let (quads, rest) = values.as_chunks::<4>();
    let mut min = f32x4_splat(f32::INFINITY);
    let mut max = f32x4_splat(f32::NEG_INFINITY);
    for quad in quads {
        let x = load(quad);
        min = f32x4_pmin(min, x);
        max = f32x4_pmax(max, x);
    }
    let mut range = Range::of(rest);
    for (low, high) in lanes(min).into_iter().zip(lanes(max)) {
        range = range.union(Range { min: low, max: high });
    }
    range
}

fn all_finite(values: &[f32]) -> bool {
    let (quads, rest) = values.as_chunks::<4>();
    let mut largest = u32x4_splat(0);
    for quad in quads {
        largest = u32x4_max(largest, v128_and(load(quad), u32x4_splat(0x7fff_ffff)));
    }
    !v128_any_true(u32x4_ge(largest, u32x4_splat(0x7f80_0000))) && rest.iter().all(|x| x.is_finite())
}

/// Second pass over a slice of whole rows, the first of which is row `first_row` of the tensor. Appends the codes.
#[must_use]
pub fn measure(plan: &Plan, first_row: usize, values: &[f32], codes: &mut Vec<u8>) -> Tally {
    let quantizer = &plan.quantizer;
    let has_lanes = quantizer.rounding == Rounding::NearestEven
        && match &plan.element {
            Element::Float(cast) => FloatLanes::has(cast),
            Element::Integer(_) => matches!(quantizer.granularity, Granularity::Tensor | Granularity::Row),
            _ => false,
        };
    if !has_lanes {
        return scalar::measure_guessing(plan, first_row, values, codes);
    }
    let mut tally = Tally::default();
    for (row, values) in values.chunks(plan.cols).enumerate() {
        let row = first_row + row;
        match &plan.element {
            Element::Float(cast) => measure_row(&FloatLanes::new(*cast), plan, row, values, codes, &mut tally),
            Element::Integer(grids) => {
                let lanes = GridLanes::new(grids[quantizer.granularity.group(plan.cols, row, 0)]);
                if lanes.divides {
                    measure_row(&Dividing(lanes), plan, row, values, codes, &mut tally);
                } else {
                    measure_row(&lanes, plan, row, values, codes, &mut tally);
                }
            }
            _ => {}
        }
    }
    tally
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

/// A kind of format on four finite lanes.
trait Lanes {
    fn quantize(&self, x: v128) -> Quantized;
}

fn measure_row(kernel: &impl Lanes, plan: &Plan, row: usize, values: &[f32], codes: &mut Vec<u8>, tally: &mut Tally) {
    for block in values.chunks(BLOCK) {
        if !(all_finite(block) && measure_block(kernel, plan, row, block, codes, tally)) {
            tally.add(&scalar::measure(plan, row, block, codes));
        }
    }
}

/// Measures a block of finite values; refuses it (false, nothing changed) if one overflows or if all are so small that
/// their squares are lost in f32.
fn measure_block(
    kernel: &impl Lanes,
    plan: &Plan,
    row: usize,
    values: &[f32],
    codes: &mut Vec<u8>,
    tally: &mut Tally,
) -> bool {
    let (quads, rest) = values.as_chunks::<4>();
    let n = quads.len() * 4;
    let mut code_words = [[0u32; 4]; BLOCK / 4];
    let mut quantized = [[0f32; 4]; BLOCK / 4];
    let mut errors = [[0f32; 4]; BLOCK / 4];
    let zero = f32x4_splat(0.0);
    let (value_unit, quantized_unit) = (f32x4_splat(plan.value_unit), f32x4_splat(plan.quantized_unit));
    let error_unit = f32x4_splat(plan.error_unit);
    let mut totals = [0.0; 6];
    let mut sums = [zero; 6];
    let mut largest = zero;
    let mut any_bits = zero;
    let (mut subnormal, mut clipped, mut flushed) = (0, 0, 0);
    for (i, quad) in quads.iter().enumerate() {
        let x = load(quad);
        let Quantized { codes, values: q, clipped: clip, overflowed } = kernel.quantize(x);
        if v128_any_true(overflowed) {
            return false;
        }
        store_u32(&mut code_words[i], codes);
        store(&mut quantized[i], q);
        let e = f32x4_sub(q, x);
        store(&mut errors[i], e);
        largest = f32x4_pmax(largest, f32x4_abs(e));

        let magnitude = v128_and(x, u32x4_splat(0x7fff_ffff));
        any_bits = v128_or(any_bits, magnitude);
        let nonzero = u32x4_gt(magnitude, u32x4_splat(0));
        subnormal += count(v128_and(nonzero, u32x4_lt(magnitude, u32x4_splat(0x0080_0000))));
        flushed += count(v128_and(nonzero, f32x4_eq(q, zero)));
        clipped += count(clip);

        let (xs, qs, es) = (f32x4_mul(x, value_unit), f32x4_mul(q, quantized_unit), f32x4_mul(e, error_unit));
        let terms = [es, f32x4_abs(es), f32x4_mul(es, es), f32x4_mul(xs, xs), f32x4_mul(qs, qs), f32x4_mul(xs, qs)];
        for (sum, term) in sums.iter_mut().zip(terms) {
            *sum = f32x4_add(*sum, term);
        }
        if (i + 1) % SUMMED_QUADS == 0 || i + 1 == quads.len() {
            for (so_far, sum) in totals.iter_mut().zip(&mut sums) {
                *so_far += total(*sum);
                *sum = zero;
            }
        }
    }
    let [e1, abs1, e2, x2, q2, xq] = totals;
    if (e2 < LEAST_SUM && v128_any_true(largest)) || (x2 < LEAST_SUM && v128_any_true(any_bits)) {
        return false;
    }
    let (value_unit, quantized_unit) = (f64::from(plan.value_unit), f64::from(plan.quantized_unit));
    let error_unit = f64::from(plan.error_unit);
    tally.sums.e += e1 / error_unit;
    tally.sums.abs_e += abs1 / error_unit;
    tally.sums.e2 += e2 / error_unit / error_unit;
    tally.sums.x2 += x2 / value_unit / value_unit;
    tally.sums.q2 += q2 / quantized_unit / quantized_unit;
    tally.sums.xq += xq / value_unit / quantized_unit;
    tally.max_abs_error = lanes(largest).into_iter().fold(tally.max_abs_error, f32::max);
    tally.measured += n as u64;
    tally.subnormal += u64::from(subnormal);
    tally.clipped += u64::from(clipped);
    tally.flushed += u64::from(flushed);
    for ((&x, &q), &e) in values[..n].iter().zip(quantized.as_flattened()).zip(errors.as_flattened()) {
        tally.reference_counts[plan.value_edges.bin_from_guess(x)] += 1;
        tally.quantized_counts[plan.value_edges.bin_from_guess(q)] += 1;
        tally.error_counts[plan.error_edges.bin_from_guess(e)] += 1;
    }
    let code_words = &code_words.as_flattened()[..n];
    if plan.quantizer.format.code_bytes() == 1 {
        codes.extend(code_words.iter().map(|&code| code as u8));
    } else {
        codes.extend(code_words.iter().flat_map(|&code| (code as u16).to_le_bytes()));
    }
    if !rest.is_empty() {
        tally.add(&scalar::measure(plan, row, rest, codes));
    }
    true
}

/// [`Grid`] on four lanes.
struct GridLanes {
    scale: v128,
    inverse: v128,
    zero_point: v128,
    min_code: v128,
    max_code: v128,
    divides: bool,
}

/// [`GridLanes`] of a grid that divides by its scale.
struct Dividing(GridLanes);

impl GridLanes {
    fn new(grid: Grid) -> Self {
        Self {
            scale: f32x4_splat(grid.scale),
            inverse: f32x4_splat(grid.inverse),
            zero_point: i32x4_splat(grid.zero_point),
            min_code: i32x4_splat(grid.min_code),
            max_code: i32x4_splat(grid.max_code),
            divides: grid.divides,
        }
    }

    #[inline(always)]
    fn quantize_steps(&self, steps: v128) -> Quantized {
        let steps = f32x4_nearest(steps);
        let steps = f32x4_pmax(f32x4_pmin(steps, f32x4_splat(65_536.0)), f32x4_splat(-65_536.0));
        let wanted = i32x4_add(i32x4_trunc_sat_f32x4(steps), self.zero_point);
        let codes = i32x4_max(i32x4_min(wanted, self.max_code), self.min_code);
        let values = f32x4_mul(f32x4_convert_i32x4(i32x4_sub(codes, self.zero_point)), self.scale);
        // An amax of f32::MAX may round up to infinity on the way back.
        let overflowed = f32x4_gt(f32x4_abs(values), f32x4_splat(f32::MAX));
        Quantized { codes, values, clipped: i32x4_ne(codes, wanted), overflowed }
    }
}

impl Lanes for GridLanes {
    #[inline(always)]
    fn quantize(&self, x: v128) -> Quantized {
        self.quantize_steps(f32x4_mul(x, self.inverse))
    }
}

impl Lanes for Dividing {
    #[inline(always)]
    fn quantize(&self, x: v128) -> Quantized {
        self.0.quantize_steps(f32x4_div(x, self.0.scale))
    }
}

// One instruction each. Written lane by lane, LLVM makes that of them at optimization level 3 alone; at 2, the engine's,
// encoding then takes a quarter longer.

#[inline(always)]
fn load(quad: &[f32; 4]) -> v128 {
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
    *quad = [
        u32x4_extract_lane::<0>(lanes),
        u32x4_extract_lane::<1>(lanes),
        u32x4_extract_lane::<2>(lanes),
        u32x4_extract_lane::<3>(lanes),
    ];
}

#[inline(always)]
fn lanes(v: v128) -> [f32; 4] {
    [f32x4_extract_lane::<0>(v), f32x4_extract_lane::<1>(v), f32x4_extract_lane::<2>(v), f32x4_extract_lane::<3>(v)]
}

fn total(v: v128) -> f64 {
    lanes(v).into_iter().map(f64::from).sum()
}

#[inline(always)]
fn count(mask: v128) -> u32 {
    u32x4_bitmask(mask).count_ones()
}
