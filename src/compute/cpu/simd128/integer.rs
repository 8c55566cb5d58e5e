//! Grids on four lanes: one for a row, one for each group of a row, or one for each column.

use super::errors::Fixed;
use super::{Lanes, Quantized, Tallies, WHOLE, load, measure_row};
use crate::quantize::{Granularity, Grid, Plan};
use core::arch::wasm32::*;

/// The second pass over some rows.
pub(super) fn measure<'a>(
    plan: &Plan,
    grids: &[Grid],
    rows: impl Iterator<Item = (usize, &'a [f32])>,
    codes: &mut Vec<u8>,
    seen: &mut Tallies,
) {
    let granularity = plan.quantizer.granularity;
    match granularity {
        Granularity::Tensor | Granularity::Row => rows.for_each(|(row, values)| {
            let grid = grids[granularity.group(plan.cols, row, 0)];
            if grid.divides {
                measure_row(&GridLanes::<true>::new(grid), plan, (row, 0), values, codes, seen);
            } else {
                measure_row(&GridLanes::<false>::new(grid), plan, (row, 0), values, codes, seen);
            }
        }),
        Granularity::Group(size) => rows.for_each(|(row, values)| {
            let grids = &grids[granularity.group(plan.cols, row, 0)..];
            // Groups are of 16 values or twice that again and again: whole quads.
            let groups = Groups { grids, shift: (size / 4).ilog2() };
            measure_row(&groups, plan, (row, 0), values, codes, seen);
        }),
        Granularity::Column => {
            let columns = Columns::new(grids);
            rows.for_each(|(row, values)| measure_row(&columns, plan, (row, 0), values, codes, seen));
        }
    }
}

/// [`Grid`] on four lanes, its codes as whole numbers of f32 counted from the zero point.
///
/// Whether it divides by the scale or multiplies by its inverse is known when it is compiled.
#[derive(Clone, Copy)]
pub(super) struct GridLanes<const DIVIDES: bool> {
    scale: v128,
    inverse: v128,
    least: v128,
    most: v128,
    /// Added to such a code, it leaves the code itself in the lowest bits.
    to_code: v128,
}

impl<const DIVIDES: bool> GridLanes<DIVIDES> {
    #[inline(always)]
    pub(super) fn new(grid: Grid) -> Self {
        let from_zero_point = |code: i32| f32x4_splat((code - grid.zero_point) as f32);
        Self {
            scale: f32x4_splat(grid.scale),
            inverse: f32x4_splat(grid.inverse),
            least: from_zero_point(grid.min_code),
            most: from_zero_point(grid.max_code),
            to_code: f32x4_splat(WHOLE + grid.zero_point as f32),
        }
    }

    #[inline(always)]
    fn quantize_steps(&self, steps: v128) -> Quantized {
        let wanted = f32x4_nearest(steps);
        let steps = f32x4_pmax(f32x4_pmin(wanted, self.most), self.least);
        // An amax of f32::MAX may round up to infinity on the way back, and so do the sums then.
        let values = f32x4_mul(steps, self.scale);
        let codes = f32x4_add(steps, self.to_code);
        Quantized { codes, values, clipped: f32x4_ne(steps, wanted), overflowed: u32x4_splat(0) }
    }
}

impl<const DIVIDES: bool> Fixed for GridLanes<DIVIDES> {
    #[inline(always)]
    fn quantize(self, _: usize, x: v128) -> Quantized {
        self.quantize_steps(if DIVIDES { f32x4_div(x, self.scale) } else { f32x4_mul(x, self.inverse) })
    }
}

impl<const DIVIDES: bool> Lanes for GridLanes<DIVIDES> {
    #[inline(always)]
    fn quantize(&self, _: usize, x: v128) -> Quantized {
        Fixed::quantize(*self, 0, x)
    }
}

/// By a grid that may divide.
#[inline(always)]
fn quantize_by(divides: bool, lanes: GridLanes<false>, x: v128) -> Quantized {
    lanes.quantize_steps(if divides { f32x4_div(x, lanes.scale) } else { f32x4_mul(x, lanes.inverse) })
}

/// A grid for each group of a row.
struct Groups<'a> {
    /// Those of the row and what follows.
    grids: &'a [Grid],
    /// A quad's place shifted by this is its group.
    shift: u32,
}

impl Lanes for Groups<'_> {
    #[inline(always)]
    fn quantize(&self, quad: usize, x: v128) -> Quantized {
        let grid = self.grids[quad >> self.shift];
        quantize_by(grid.divides, GridLanes::new(grid), x)
    }
}

/// A grid for each column, number by number.
struct Columns {
    scales: Vec<f32>,
    inverses: Vec<f32>,
    zero_points: Vec<f32>,
    /// What all have in common.
    first: Grid,
}

impl Columns {
    fn new(grids: &[Grid]) -> Self {
        Self {
            scales: grids.iter().map(|grid| grid.scale).collect(),
            inverses: grids.iter().map(|grid| grid.inverse).collect(),
            zero_points: grids.iter().map(|grid| grid.zero_point as f32).collect(),
            first: grids[0],
        }
    }
}

impl Lanes for Columns {
    #[inline(always)]
    fn quantize(&self, quad: usize, x: v128) -> Quantized {
        let zero_point = load(&self.zero_points.as_chunks().0[quad]);
        let lanes = GridLanes {
            scale: load(&self.scales.as_chunks().0[quad]),
            inverse: load(&self.inverses.as_chunks().0[quad]),
            least: f32x4_sub(f32x4_splat(self.first.min_code as f32), zero_point),
            most: f32x4_sub(f32x4_splat(self.first.max_code as f32), zero_point),
            to_code: f32x4_add(zero_point, f32x4_splat(WHOLE)),
        };
        quantize_by(self.first.divides, lanes, x)
    }
}
