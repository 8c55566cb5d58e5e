//! Grids on four lanes: one for a row, one for each group of a row, or one for each column.

use super::{Lanes, Quantized, load, load_u32, measure_row};
use crate::quantize::{Granularity, Grid, Plan, Tally};
use core::arch::wasm32::*;

/// The second pass over some rows.
pub(super) fn measure<'a>(
    plan: &Plan,
    grids: &[Grid],
    rows: impl Iterator<Item = (usize, &'a [f32])>,
    codes: &mut Vec<u8>,
    tally: &mut Tally,
) {
    let granularity = plan.quantizer.granularity;
    match granularity {
        Granularity::Tensor | Granularity::Row => rows.for_each(|(row, values)| {
            let grid = grids[granularity.group(plan.cols, row, 0)];
            if grid.divides {
                measure_row(&Dividing(GridLanes::new(grid)), plan, (row, 0), values, codes, tally);
            } else {
                measure_row(&GridLanes::new(grid), plan, (row, 0), values, codes, tally);
            }
        }),
        Granularity::Group(size) => rows.for_each(|(row, values)| {
            let grids = &grids[granularity.group(plan.cols, row, 0)..];
            // Groups are of 16 values or twice that again and again: whole quads.
            let groups = Groups { grids, shift: (size / 4).ilog2() };
            measure_row(&groups, plan, (row, 0), values, codes, tally);
        }),
        Granularity::Column => {
            let columns = Columns::new(grids);
            rows.for_each(|(row, values)| measure_row(&columns, plan, (row, 0), values, codes, tally));
        }
    }
}

/// [`Grid`] on four lanes.
struct GridLanes {
    scale: v128,
    inverse: v128,
    zero_point: v128,
    min_code: v128,
    max_code: v128,
}

/// [`GridLanes`] of a grid that divides by its scale.
struct Dividing(GridLanes);

impl GridLanes {
    #[inline(always)]
    fn new(grid: Grid) -> Self {
        Self {
            scale: f32x4_splat(grid.scale),
            inverse: f32x4_splat(grid.inverse),
            zero_point: i32x4_splat(grid.zero_point),
            min_code: i32x4_splat(grid.min_code),
            max_code: i32x4_splat(grid.max_code),
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

    #[inline(always)]
    fn quantize_by(&self, divides: bool, x: v128) -> Quantized {
        self.quantize_steps(if divides { f32x4_div(x, self.scale) } else { f32x4_mul(x, self.inverse) })
    }
}

impl Lanes for GridLanes {
    #[inline(always)]
    fn quantize(&self, _: usize, x: v128) -> Quantized {
        self.quantize_by(false, x)
    }
}

impl Lanes for Dividing {
    #[inline(always)]
    fn quantize(&self, _: usize, x: v128) -> Quantized {
        self.0.quantize_by(true, x)
    }
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
        GridLanes::new(grid).quantize_by(grid.divides, x)
    }
}

/// A grid for each column, number by number.
struct Columns {
    scales: Vec<f32>,
    inverses: Vec<f32>,
    zero_points: Vec<u32>,
    /// What all have in common.
    first: Grid,
}

impl Columns {
    fn new(grids: &[Grid]) -> Self {
        Self {
            scales: grids.iter().map(|grid| grid.scale).collect(),
            inverses: grids.iter().map(|grid| grid.inverse).collect(),
            zero_points: grids.iter().map(|grid| grid.zero_point as u32).collect(),
            first: grids[0],
        }
    }
}

impl Lanes for Columns {
    #[inline(always)]
    fn quantize(&self, quad: usize, x: v128) -> Quantized {
        let lanes = GridLanes {
            scale: load(&self.scales.as_chunks().0[quad]),
            inverse: load(&self.inverses.as_chunks().0[quad]),
            zero_point: load_u32(&self.zero_points.as_chunks().0[quad]),
            min_code: i32x4_splat(self.first.min_code),
            max_code: i32x4_splat(self.first.max_code),
        };
        lanes.quantize_by(self.first.divides, x)
    }
}
