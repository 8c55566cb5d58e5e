//! The first pass: the range of each group.

use super::{BLOCK, lanes, load, store, u32x4_lanes};
use crate::quantize::{Granularity, Range};
use core::arch::wasm32::*;

/// First pass: the range of the whole slice, or of each row.
#[must_use]
pub fn ranges(values: &[f32], cols: usize, each_row: bool) -> Vec<Range> {
    if each_row { values.chunks(cols.max(1)).map(range).collect() } else { vec![range(values)] }
}

/// As [`super::scalar::ranges_of`].
#[must_use]
pub fn ranges_of(values: &[f32], cols: usize, groups: Granularity) -> Vec<Range> {
    match groups {
        Granularity::Tensor | Granularity::Row => ranges(values, cols, groups == Granularity::Row),
        Granularity::Group(_) => values.chunks(cols).flat_map(|row| row.chunks(groups.run(cols))).map(range).collect(),
        Granularity::Column => column_ranges(values, cols),
    }
}

fn column_ranges(values: &[f32], cols: usize) -> Vec<Range> {
    let (nothing, nowhere) = (f32x4_splat(f32::INFINITY), f32x4_splat(f32::NEG_INFINITY));
    let mut ends = vec![[[f32::INFINITY; 4], [f32::NEG_INFINITY; 4]]; cols / 4];
    for row in values.chunks_exact(cols) {
        for ([min, max], quad) in ends.iter_mut().zip(row.as_chunks::<4>().0) {
            let x = load(quad);
            let is_finite = f32x4_lt(f32x4_abs(x), nothing);
            store(min, f32x4_pmin(load(min), v128_bitselect(x, nothing, is_finite)));
            store(max, f32x4_pmax(load(max), v128_bitselect(x, nowhere, is_finite)));
        }
    }
    let lanes = ends.iter().flat_map(|[min, max]| min.iter().zip(max));
    let mut ranges: Vec<Range> = lanes.map(|(&min, &max)| Range { min, max }).collect();
    for col in ranges.len()..cols {
        ranges
            .push(values.iter().skip(col).step_by(cols).fold(Range::NOTHING, |range, &x| range.union(Range::of(&[x]))));
    }
    ranges
}

fn range(values: &[f32]) -> Range {
    values.chunks(BLOCK).fold(Range::NOTHING, |so_far, block| {
        so_far.union(
            range_of_both_signs(block)
                .unwrap_or_else(|| if all_finite(block) { range_of_finite(block) } else { Range::of(block) }),
        )
    })
}

/// The range of values that are all finite and of both signs; nothing of others. Of bits as whole numbers, the largest is
/// then that of the largest value with a sign and, without one, that of the smallest: half the work of [`range_of_finite`].
fn range_of_both_signs(values: &[f32]) -> Option<Range> {
    let (quads, rest) = values.as_chunks::<4>();
    let (mut signed, mut unsigned) = (i32x4_splat(i32::MIN), u32x4_splat(0));
    for quad in quads {
        signed = i32x4_max(signed, load(quad));
        unsigned = u32x4_max(unsigned, load(quad));
    }
    let max = u32x4_lanes(signed).into_iter().map(u32::cast_signed).fold(i32::MIN, i32::max);
    let min = u32x4_lanes(unsigned).into_iter().fold(0, u32::max);
    let (min, max) = (f32::from_bits(min), f32::from_bits(max.cast_unsigned()));
    // Of one sign only, one of them has the wrong one.
    let is_range = min.is_sign_negative() && max.is_sign_positive() && min.is_finite() && max.is_finite();
    is_range.then(|| Range { min, max }.union(Range::of(rest)))
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
