//! What a comparison of formats asks of a tensor: Σe², Σx², the largest error and the counts, without codes and histograms.
//!
//! Floats are rounded in place here, and grids as [`super::integer`] does it; whatever else there is, is measured in full.

use super::float::BF16;
use super::integer::GridLanes;
use super::rounded::{Bf16, Rounded};
use super::{BLOCK, Quantized, SUMMED_QUADS, Seen, add_wide, is_ordinary, load, measure, scalar, total};
use crate::formats::Rounding;
use crate::quantize::element::Scale;
use crate::quantize::{Element, Granularity, Grid, Plan, Tally};
use core::arch::wasm32::*;

/// Quads that share a scale wherever values share one: the smallest groups are of 16.
const RUN: usize = 4;

/// Values by a scale or without one, wherever they stand.
pub(super) trait Fixed: Copy {
    /// Quantizes four values; codes are left out.
    fn quantize(self, x: v128) -> Quantized;
}

/// The scale of each run of 16 values of a row.
trait Runs {
    /// What is the same in the run with this number.
    fn at(&self, run: usize) -> impl Fixed;
}

impl<F: Fixed> Runs for F {
    #[inline(always)]
    fn at(&self, _: usize) -> impl Fixed {
        *self
    }
}

/// A grid for each group of a row.
struct Groups<'a, const DIVIDES: bool> {
    grids: &'a [Grid],
    /// A run's number shifted by this is its group.
    shift: u32,
}

impl<const DIVIDES: bool> Runs for Groups<'_, DIVIDES> {
    #[inline(always)]
    fn at(&self, run: usize) -> impl Fixed {
        GridLanes::<DIVIDES>::new(self.grids[run >> self.shift])
    }
}

/// The second pass over a slice of whole rows, the first of which is row `first_row`, for its counts (but that of subnormals),
/// Σe², Σx² and the largest error alone. They are as [`scalar::measure`] has them, and what else a tally holds is of no use.
#[must_use]
pub fn errors(plan: &Plan, first_row: usize, values: &[f32]) -> Tally {
    let mut tally = Tally::default();
    // What is kept in FP16 is not on the lanes.
    if plan.quantizer.rounding != Rounding::NearestEven || !plan.is_kept.is_empty() {
        return measure(plan, first_row, values, &mut Vec::new());
    }
    let rows = (first_row..).zip(values.chunks(plan.cols));
    match &plan.element {
        Element::Float(cast) if *cast == BF16 => of_rows(&Bf16::new(), plan, rows, &mut tally),
        Element::Float(cast) if Rounded::<false, false>::has(cast) => {
            if cast.saturates() {
                of_rows(&Rounded::<true, false>::new(*cast, Scale::ONE), plan, rows, &mut tally);
            } else {
                of_rows(&Rounded::<false, false>::new(*cast, Scale::ONE), plan, rows, &mut tally);
            }
        }
        Element::ScaledFloat(cast, scales) if Rounded::<true, true>::has(cast) && scales.len() == 1 => {
            of_rows(&Rounded::<true, true>::new(*cast, scales[0]), plan, rows, &mut tally);
        }
        Element::Integer(grids) if plan.quantizer.granularity != Granularity::Column => {
            let granularity = plan.quantizer.granularity;
            let run = match granularity {
                Granularity::Group(size) => size as usize,
                _ => usize::MAX / 2 + 1,
            };
            let shift = (run / (4 * RUN)).ilog2();
            rows.for_each(|(row, values)| {
                let grids = &grids[granularity.group(plan.cols, row, 0)..];
                match (grids[0].divides, shift < 8) {
                    (false, false) => of_row(&GridLanes::<false>::new(grids[0]), plan, row, values, &mut tally),
                    (true, false) => of_row(&GridLanes::<true>::new(grids[0]), plan, row, values, &mut tally),
                    (false, true) => of_row(&Groups::<false> { grids, shift }, plan, row, values, &mut tally),
                    (true, true) => of_row(&Groups::<true> { grids, shift }, plan, row, values, &mut tally),
                }
            });
        }
        _ => return measure(plan, first_row, values, &mut Vec::new()),
    }
    tally
}

fn of_rows<'a>(kernel: &impl Runs, plan: &Plan, rows: impl Iterator<Item = (usize, &'a [f32])>, tally: &mut Tally) {
    rows.for_each(|(row, values)| of_row(kernel, plan, row, values, tally));
}

fn of_row(kernel: &impl Runs, plan: &Plan, row: usize, values: &[f32], tally: &mut Tally) {
    let needs_units = !(is_ordinary(plan.value_unit) && is_ordinary(plan.error_unit));
    for (i, block) in values.chunks(BLOCK).enumerate() {
        let at = i * BLOCK;
        let done = if needs_units {
            of_block::<true>(kernel, plan, at / 4 / RUN, block, tally)
        } else {
            of_block::<false>(kernel, plan, at / 4 / RUN, block, tally)
        };
        let rest = if done { block.len() / (4 * RUN) * (4 * RUN) } else { 0 };
        if rest < block.len() {
            scalar::measure_from(plan, (row, at + rest), &block[rest..], &mut Vec::new(), tally);
        }
    }
}

/// The whole runs of a block; refuses them (false, nothing changed) as [`super::measure_block`] does.
fn of_block<const UNITS: bool>(
    kernel: &impl Runs,
    plan: &Plan,
    first_run: usize,
    values: &[f32],
    tally: &mut Tally,
) -> bool {
    let nothing = u32x4_splat(0);
    let (quads, _) = values.as_chunks::<4>();
    let (runs, _) = quads.as_chunks::<RUN>();
    let (value_unit, error_unit) = (f32x4_splat(plan.value_unit), f32x4_splat(plan.error_unit));
    let mut wide = [nothing; 2];
    let mut seen = Seen::new();
    let mut place = first_run;
    for summed in runs.chunks(SUMMED_QUADS / RUN) {
        let (mut e2, mut x2) = (nothing, nothing);
        for run in summed {
            let lanes = kernel.at(place);
            place += 1;
            for quad in run {
                let x = load(quad);
                let quantized = lanes.quantize(x);
                let e = f32x4_sub(quantized.values, x);
                seen.see(x, &quantized, e);
                let (e, x) = if UNITS { (f32x4_mul(e, error_unit), f32x4_mul(x, value_unit)) } else { (e, x) };
                e2 = f32x4_add(e2, f32x4_mul(e, e));
                x2 = f32x4_add(x2, f32x4_mul(x, x));
            }
        }
        add_wide(&mut wide, [e2, x2]);
    }
    let [e2, x2] = wide.map(total);
    if !seen.is_finite() || !e2.is_finite() || !x2.is_finite() || seen.has_lost(e2, x2) {
        return false;
    }
    let (e, x) = if UNITS { (f64::from(plan.error_unit), f64::from(plan.value_unit)) } else { (1.0, 1.0) };
    tally.sums.e2 += e2 / e / e;
    tally.sums.x2 += x2 / x / x;
    seen.count_values(runs.len() * RUN * 4, tally);
    true
}
