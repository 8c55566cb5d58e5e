//! What a comparison of formats asks of a tensor: Σe², Σx², the largest error and the counts, without codes and histograms.
//!
//! Floats are rounded in place here, and grids as [`super::integer`] does it; blocks and lists of values are one of these beside
//! scales of their own ([`super::scaled`]). Whatever else there is, is quantized first and then looked at.

use super::float::BF16;
use super::integer::GridLanes;
use super::rounded::{Bf16, Rounded};
use super::scaled::{self, Beside, Table};
use super::{
    BLOCK, Lanes, PASSED, PassedLanes, Quantized, SUMMED_QUADS, Seen, add_wide, elements, is_ordinary, load, measure,
    scalar, total,
};
use crate::formats::{Rounding, ggml};
use crate::quantize::element::{MxElement, NVFP4_CAST, Scale};
use crate::quantize::{Element, Granularity, Grid, Plan, Tally};
use core::arch::wasm32::*;

/// Quads that share a scale wherever values share one: the smallest groups are of 16.
const RUN: usize = 4;

/// Values by a scale or without one, wherever they stand.
pub(super) trait Fixed: Copy {
    /// Quantizes four values, the quad with this number in its run; codes are left out. The number matters only to what was quantized
    /// before.
    fn quantize(self, quad: usize, x: v128) -> Quantized;
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

/// A kernel with a scale for each group or block of a row.
struct Scaled<'a, K> {
    kernel: &'a K,
    scales: &'a [Scale],
    /// A run's number shifted by this is its group.
    shift: u32,
}

impl<K: Beside> Runs for Scaled<'_, K> {
    #[inline(always)]
    fn at(&self, run: usize) -> impl Fixed {
        self.kernel.beside(self.scales[run >> self.shift])
    }
}

/// Values that are quantized already.
impl Runs for PassedLanes {
    #[inline(always)]
    fn at(&self, run: usize) -> impl Fixed {
        PassedRun { lanes: self, first: run * RUN }
    }
}

#[derive(Clone, Copy)]
struct PassedRun<'a> {
    lanes: &'a PassedLanes,
    first: usize,
}

impl Fixed for PassedRun<'_> {
    #[inline(always)]
    fn quantize(self, quad: usize, x: v128) -> Quantized {
        Lanes::quantize(self.lanes, self.first + quad, x)
    }
}

/// log₂ of the runs of a group of so many values.
fn shift(group: usize) -> u32 {
    (group / (4 * RUN)).ilog2()
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
    let granularity = plan.quantizer.granularity;
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
        Element::ScaledFloat(cast, scales)
            if Rounded::<true, true>::has(cast) && granularity != Granularity::Column =>
        {
            let kernel = Rounded::<true, true>::new(*cast, Scale::ONE);
            of_groups(&kernel, scales, granularity, plan, rows, &mut tally);
        }
        Element::Codebook(codebook, scales)
            if Table::has(codebook) && plan.quantizer.groups() != Granularity::Column =>
        {
            of_groups(&Table::<false>::new(codebook), scales, plan.quantizer.groups(), plan, rows, &mut tally);
        }
        Element::Integer(grids) if granularity != Granularity::Column => {
            let run = match granularity {
                Granularity::Group(size) => size as usize,
                _ => usize::MAX / 2 + 1,
            };
            let shift = shift(run);
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
        Element::Mx(MxElement { element, cast: Some(cast) })
            if Rounded::<true, true>::has(cast) && cast.saturates() =>
        {
            let kernel = Rounded::<true, true>::new(*cast, Scale::ONE);
            let rule = plan.quantizer.scale_rule;
            of_blocks(&kernel, |block| scaled::mx(*element, rule, block), plan, rows, &mut tally);
        }
        Element::Nvfp4(tensor_scale) => {
            let kernel = Rounded::<true, true>::new(NVFP4_CAST, Scale::ONE);
            of_blocks(&kernel, |block| scaled::nvfp4(*tensor_scale, block), plan, rows, &mut tally);
        }
        Element::Bnb(codebook, None) if Table::has(codebook) => {
            of_blocks(&Table::<true>::new(codebook), scaled::bnb, plan, rows, &mut tally);
        }
        Element::Ggml(block_type) if block_type.id == ggml::Q8_0.id => {
            of_blocks(&scaled::Q8, scaled::q8_0, plan, rows, &mut tally);
        }
        Element::Ggml(block_type) if block_type.id == ggml::Q4_0.id => {
            of_blocks(&scaled::Q4, scaled::q4_0, plan, rows, &mut tally);
        }
        _ => rows.for_each(|(row, values)| of_row_passed(plan, row, values, &mut tally)),
    }
    tally
}

fn of_rows<'a>(kernel: &impl Runs, plan: &Plan, rows: impl Iterator<Item = (usize, &'a [f32])>, tally: &mut Tally) {
    rows.for_each(|(row, values)| of_row(kernel, plan, row, values, tally));
}

/// Rows with a scale for all of them, for each, or for each group.
fn of_groups<'a>(
    kernel: &impl Beside,
    scales: &[Scale],
    granularity: Granularity,
    plan: &Plan,
    rows: impl Iterator<Item = (usize, &'a [f32])>,
    tally: &mut Tally,
) {
    rows.for_each(|(row, values)| {
        let scales = &scales[granularity.group(plan.cols, row, 0)..];
        match granularity {
            Granularity::Group(size) => {
                of_row(&Scaled { kernel, scales, shift: shift(size as usize) }, plan, row, values, tally);
            }
            _ => of_row(&kernel.beside(scales[0]), plan, row, values, tally),
        }
    });
}

/// Rows of blocks, the scales of which are found first. Of a short block at a row’s end scalar code takes care.
fn of_blocks<'a>(
    kernel: &impl Beside,
    scale: impl Fn(&[f32]) -> Scale,
    plan: &Plan,
    rows: impl Iterator<Item = (usize, &'a [f32])>,
    tally: &mut Tally,
) {
    let size = plan.quantizer.format.block_size();
    let mut scales = Vec::new();
    rows.for_each(|(row, values)| {
        scales.clear();
        scales.extend(values.chunks_exact(size).map(&scale));
        let runs = Scaled { kernel, scales: &scales, shift: shift(size) };
        of_row_by(&runs, plan, values, size, tally, &mut |at, values, tally| {
            scalar::measure_from(plan, (row, at), values, &mut Vec::new(), tally);
        });
    });
}

/// A row of a format that has no lanes.
fn of_row_passed(plan: &Plan, row: usize, values: &[f32], tally: &mut Tally) {
    let mut passed = PassedLanes::default();
    let mut codes = Vec::new();
    for (i, values) in values.chunks(PASSED).enumerate() {
        passed.q.clear();
        passed.clipped.clear();
        codes.clear();
        elements::pass(plan, (row, i * PASSED), values, &mut codes, &mut passed);
        of_row_by(&passed, plan, values, 4 * RUN, tally, &mut |at, values, tally| {
            passed.slowly(plan, (row, i * PASSED), at, values, &mut Vec::new(), tally);
        });
    }
}

fn of_row(kernel: &impl Runs, plan: &Plan, row: usize, values: &[f32], tally: &mut Tally) {
    of_row_by(kernel, plan, values, 4 * RUN, tally, &mut |at, values, tally| {
        scalar::measure_from(plan, (row, at), values, &mut Vec::new(), tally);
    });
}

/// The whole blocks of a row on lanes, of `size` values each, and by `slowly` what is left and what they refuse.
fn of_row_by(
    kernel: &impl Runs,
    plan: &Plan,
    values: &[f32],
    size: usize,
    tally: &mut Tally,
    slowly: &mut impl FnMut(usize, &[f32], &mut Tally),
) {
    let needs_units = !(is_ordinary(plan.value_unit) && is_ordinary(plan.error_unit));
    for (i, block) in values.chunks(BLOCK).enumerate() {
        let at = i * BLOCK;
        let whole = block.len() / size * size;
        let done = if needs_units {
            of_block::<true>(kernel, plan, at / 4 / RUN, &block[..whole], tally)
        } else {
            of_block::<false>(kernel, plan, at / 4 / RUN, &block[..whole], tally)
        };
        let rest = if done { whole } else { 0 };
        if rest < block.len() {
            slowly(at + rest, &block[rest..], tally);
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
            for (i, quad) in run.iter().enumerate() {
                let x = load(quad);
                let quantized = lanes.quantize(i, x);
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
