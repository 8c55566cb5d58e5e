//! What the shaders are given, word by word: the host's half of `tensor.wgsl` and `measure.wgsl`.

use crate::formats::Cast;
use crate::quantize::histogram::{from_ordered_key, ordered_key};
use crate::quantize::report::LEAST_SUM;
use crate::quantize::{BINS, Edges, Element, Plan, Range, Sums, Tally};

/// Values that one workgroup takes.
pub const GROUP_VALUES: usize = 1024;
/// Sums that one workgroup writes.
pub const SUMS: usize = 6;
/// Counters before the histograms.
const COUNTERS: usize = 8;
/// Words of the counts buffer.
pub const COUNTS: usize = COUNTERS + 3 * BINS;
/// Bytes of a uniform: `Params`, rounded up to 16.
pub const PARAMS_BYTES: usize = 80;

/// Values per submit: far below the one or two seconds after which a browser resets the device.
pub const SUBMIT_VALUES: usize = 1 << 22;

/// Why the GPU must not do this tensor, if so.
#[must_use]
pub fn refuses(rows: usize, cols: usize) -> Option<&'static str> {
    let is_too_large = rows > 65_535 || cols.div_ceil(GROUP_VALUES) > 65_535 || rows * cols > 1 << 25;
    is_too_large.then_some("it is larger than one GPU buffer")
}

/// `Params` of the second pass; of the first, all that it reads is in the first four words.
#[must_use]
pub fn params(plan: Option<&Plan>, cols: usize, first_row: usize, each_row: bool) -> [u32; PARAMS_BYTES / 4] {
    let mut words = [0; PARAMS_BYTES / 4];
    words[0] = cols as u32;
    words[2] = first_row as u32;
    words[3] = each_row.into();
    let Some(plan) = plan else { return words };
    words[1] = row_words(plan) as u32;
    words[4] = 8 * plan.quantizer.format.code_bytes() as u32;
    words[5] = plan.value_unit.to_bits();
    words[6] = plan.quantized_unit.to_bits();
    words[7] = plan.error_unit.to_bits();
    match &plan.element {
        Element::Float(cast) => {
            words[8..12].copy_from_slice(&float(cast));
            words[12] = cast.overflow_code;
            words[13] = cast.nan_code;
            words[14] = cast.zero_sign;
            words[15] = cast.nan_sign;
        }
        Element::Integer(grids) => {
            words[16] = grids[0].min_code as u32;
            words[17] = grids[0].max_code as u32;
        }
        Element::Exponent(exponent) => words[13] = exponent.nan_code(),
        // What is not plain is not for the GPU.
        _ => {}
    }
    words
}

/// A float format as the shaders read it.
pub(super) const fn float(cast: &Cast) -> [u32; 4] {
    [cast.float.exponent_bits, cast.float.mantissa_bits, cast.float.bias as u32, cast.max_code]
}

/// Words of codes that a row takes on the GPU: rows start at whole words.
#[must_use]
pub fn row_words(plan: &Plan) -> usize {
    plan.code_bytes(plan.cols).div_ceil(4)
}

/// The grids as the shader reads them.
#[must_use]
pub fn grids(plan: &Plan) -> Vec<u32> {
    match &plan.element {
        Element::Integer(grids) => grids
            .iter()
            .flat_map(|grid| [grid.scale.to_bits(), grid.inverse.to_bits(), grid.zero_point as u32, 0])
            .collect(),
        _ => Vec::new(),
    }
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

/// The tally from the second pass's counts and sums; nothing if the squares were too small for the device's f32.
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
    let measures_something = counts[0] > 0 && plan.range.amax() > 0.0;
    if (total[2] < LEAST_SUM && max_abs_error > 0.0) || (total[3] < LEAST_SUM && measures_something) {
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
    })
}

/// The codes without the padding of rows.
#[must_use]
pub fn read_codes(plan: &Plan, words: &[u32]) -> Vec<u8> {
    let row_bytes = plan.code_bytes(plan.cols);
    let mut codes = Vec::with_capacity(plan.code_bytes(plan.len()));
    for row in words.chunks(row_words(plan)) {
        let start = codes.len();
        codes.extend(row.iter().flat_map(|word| word.to_le_bytes()));
        codes.truncate(start + row_bytes);
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::gpu::shaders;

    #[test]
    fn params_are_as_long_as_the_shaders_struct() {
        let span = shaders::tests::params_bytes(&shaders::range());
        assert!((PARAMS_BYTES - 15..=PARAMS_BYTES).contains(&span), "{span}");
    }
}
