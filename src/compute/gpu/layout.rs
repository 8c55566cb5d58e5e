//! What the shaders are given, word by word: the host's half of `tensor.wgsl` and `measure.wgsl`.

use super::work::Work;
use crate::quantize::histogram::{from_ordered_key, ordered_key};
use crate::quantize::report::LEAST_SUM;
use crate::quantize::{BINS, Edges, Exponents, Plan, Range, Sums, Tally};

/// Values of a row that one workgroup takes at once.
pub const GROUP_VALUES: usize = 1024;
/// How many times that it takes in the second pass: adding its counts to those of all moves as much as 2000 values do.
pub const GROUP_CHUNKS: usize = 32;
/// Sums of [`GROUP_VALUES`].
pub const SUMS: usize = 6;
/// Counters before the histograms.
const COUNTERS: usize = 8;
/// Words of the counts buffer.
pub const COUNTS: usize = COUNTERS + 3 * BINS;
/// Words of `Params` before its `Facts`.
pub const SHAPE: usize = 12;
/// Words of a uniform: the longest `Params`, rounded up to 16 bytes.
pub const PARAMS: usize = SHAPE + 16;

/// Values per submit: far below the one or two seconds after which a browser resets the device.
pub const SUBMIT_VALUES: usize = 1 << 22;

/// Why the GPU must not do this tensor, if so.
#[must_use]
pub fn refuses(rows: usize, cols: usize) -> Option<&'static str> {
    let is_too_large = rows > 65_535 || cols.div_ceil(GROUP_VALUES) > 65_535 || rows * cols > 1 << 25;
    is_too_large.then_some("it is larger than one GPU buffer")
}

/// Rows per submit: short enough runs of them, but one at least.
#[must_use]
pub const fn submit_rows(cols: usize) -> usize {
    let rows = SUBMIT_VALUES / cols;
    if rows == 0 { 1 } else { rows }
}

/// `Params` of the first pass, for so many rows from one on.
#[must_use]
pub fn range_params(cols: usize, first_row: usize, rows: usize, each_row: bool) -> [u32; PARAMS] {
    let mut words = [0; PARAMS];
    words[..4].copy_from_slice(&[cols as u32, first_row as u32, rows as u32, each_row.into()]);
    words
}

/// `Params` of the second pass.
#[must_use]
pub fn params(plan: &Plan, work: &Work, first_row: usize, rows: usize) -> [u32; PARAMS] {
    let mut words = range_params(plan.cols, first_row, rows, false);
    let shape = [work.coded_cols, work.row_words(), work.code_bits, work.groups_a_row, work.group_size];
    words[4..9].copy_from_slice(&shape.map(|n| n as u32));
    words[9..SHAPE].copy_from_slice(&[plan.value_unit, plan.quantized_unit, plan.error_unit].map(f32::to_bits));
    words[SHAPE..][..work.facts.len()].copy_from_slice(&work.facts);
    words
}

/// The edges as ordered keys: of values, then of errors.
#[must_use]
pub fn edges(plan: &Plan) -> Vec<u32> {
    let keys = |edges: &Edges| edges.edges().iter().map(|edge| ordered_key(edge.to_bits())).collect::<Vec<_>>();
    [keys(&plan.value_edges), keys(&plan.error_edges)].concat()
}

/// The ranges from the first pass's (min, max) keys.
#[must_use]
pub fn read_ranges(words: &[u32]) -> Vec<Range> {
    words
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&[low, high]| {
            if low > high { Range::NOTHING } else { Range { min: from_ordered_key(low), max: from_ordered_key(high) } }
        })
        .collect()
}

/// The largest magnitude, in [`Plan`]'s units, of which 1024 squares are within f32.
const LARGEST_SUMMED: f32 = (1u64 << 58) as f32;

/// Whether the device's f32 holds the squares of values and errors, whose sums these are in the plan's units.
///
/// What a sum is where it overflows is left to devices, so that the largest error decides: no value that is measured is larger
/// than that and what it became together, and what it became is about its unit at most.
pub(super) fn are_summed(plan: &Plan, measured: u64, max_abs_error: f32, x2: f64, e2: f64) -> bool {
    let measures_something = measured > 0 && plan.range.amax() > 0.0;
    max_abs_error * plan.error_unit <= LARGEST_SUMMED
        && (e2 >= LEAST_SUM || max_abs_error == 0.0)
        && (x2 >= LEAST_SUM || !measures_something)
}

/// The tally from the second pass's counts and sums, without the exponents, which it does not count; nothing if the squares were too small or too large for the device's
/// f32.
#[must_use]
pub fn read_tally(plan: &Plan, counts: &[u32], sums: &[f32]) -> Option<Tally> {
    let histogram = |i: usize| counts[COUNTERS + i * BINS..][..BINS].iter().map(|&n| n.into()).collect();
    let mut total = [0f64; SUMS];
    for group in sums.as_chunks::<SUMS>().0 {
        for (total, &sum) in total.iter_mut().zip(group) {
            *total += f64::from(sum);
        }
    }
    let max_abs_error = f32::from_bits(counts[7]);
    if !are_summed(plan, counts[0].into(), max_abs_error, total[3], total[2]) {
        return None;
    }
    let [x, q, e] = [plan.value_unit, plan.quantized_unit, plan.error_unit].map(f64::from);
    Some(Tally {
        measured: counts[0].into(),
        nan: counts[1].into(),
        infinite: counts[2].into(),
        subnormal: counts[3].into(),
        clipped: counts[4].into(),
        overflowed: counts[5].into(),
        flushed: counts[6].into(),
        max_abs_error,
        sums: Sums {
            e: total[0] / e,
            abs_e: total[1] / e,
            e2: total[2] / e / e,
            x2: total[3] / x / x,
            q2: total[4] / q / q,
            xq: total[5] / x / q,
        },
        reference_counts: histogram(0),
        quantized_counts: histogram(1),
        error_counts: histogram(2),
        exponents: Exponents::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::gpu::shaders;
    use crate::formats::format;
    use crate::quantize::Quantizer;

    #[test]
    fn sums_that_f32_does_not_hold_are_not_read() {
        let quantizer = Quantizer::new(format("q8_0").unwrap());
        let plan = Plan::new(quantizer, 1, 32, &[Range { min: -1.0, max: 1.0 }]).unwrap();
        let is_read = |max_abs_error: f32, x2: f32, e2: f32| {
            let mut counts = [0; COUNTS];
            (counts[0], counts[7]) = (32, max_abs_error.to_bits());
            read_tally(&plan, &counts, &[0.0, 0.0, e2, x2, 0.0, 0.0]).is_some()
        };
        assert!(is_read(0.01, 1.0, 1.0) && is_read(0.0, 1.0, 0.0));
        assert!(!is_read(0.01, 1.0, 1e-30) && !is_read(0.01, 1e-30, 1.0));
        assert!(!is_read(1e30, 1.0, f32::INFINITY) && !is_read(f32::INFINITY, 1.0, 1.0));
    }

    #[test]
    fn the_shape_is_as_long_as_the_shaders_say() {
        // The first pass has one word of facts.
        assert_eq!(shaders::tests::params_bytes(&shaders::range()), 4 * (SHAPE + 1));
    }
}
