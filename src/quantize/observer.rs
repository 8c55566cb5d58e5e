//! torch's `HistogramObserver`: a range whose ends move inwards, bin by bin, as long as that lowers an estimate of the squared
//! error.
//!
//! Source: `torch/ao/quantization/observer.py`, `_non_linear_param_search` and `_compute_quantization_error`. torch computes
//! in f32 here and there where this is f64; the range is a matter of whole bins, and comes out the same.

use super::Range;

/// Bins of the histogram, from the smallest to the largest value.
const BINS: usize = 2048;
/// The share of the values by which an end moves at least.
const STEP: f64 = 1e-5;

/// The observed range of some finite values, for a grid of so many levels. Fewer values than bins keep their range: torch
/// observes whole tensors only.
pub(super) fn observed(values: &[f32], full: Range, levels: usize) -> Range {
    let width = (full.max - full.min) / BINS as f32;
    if values.len() < BINS || !width.is_normal() {
        return full;
    }
    let mut bins = [0f64; BINS];
    for x in values {
        // As torch.histc: the last bin is closed.
        let bin = (x - full.min) / (full.max - full.min) * BINS as f32;
        bins[(bin as usize).min(BINS - 1)] += 1.0;
    }
    let (start, end) = search(&bins, width.into(), levels);
    Range { min: full.min + width * start as f32, max: full.min + width * (end + 1) as f32 }
}

/// The first and the last bin that are kept.
fn search(bins: &[f64; BINS], width: f64, levels: usize) -> (usize, usize) {
    let mut sums = *bins;
    for i in 1..BINS {
        sums[i] += sums[i - 1];
    }
    let total = sums[BINS - 1];
    let (mut low, mut high) = (0.0, 1.0);
    let (mut start, mut end) = (0, BINS - 1);
    let mut least = f64::INFINITY;
    while low < high {
        let (next_low, next_high) = (low + STEP, high - STEP);
        let (mut left, mut right) = (start, end);
        while left < end && sums[left] < next_low * total {
            left += 1;
        }
        while right > start && sums[right] > next_high * total {
            right -= 1;
        }
        // The end with the fewer values for its bins moves.
        let next = if left - start > end - right {
            low = next_low;
            (left, end)
        } else {
            high = next_high;
            (start, right)
        };
        if next == (start, end) {
            continue;
        }
        let error = error(bins, width, levels, next);
        if error > least {
            break;
        }
        least = error;
        (start, end) = next;
    }
    (start, end)
}

/// The squared error of bins, values spread evenly over each, in levels that divide the bins that are kept.
fn error(bins: &[f64; BINS], width: f64, levels: usize, (start, end): (usize, usize)) -> f64 {
    let step = width * (end - start + 1) as f64 / levels as f64;
    let level = |distance: f64| libm::floor(distance / step).clamp(0.0, (levels - 1) as f64);
    let cubes = |from: f64, to: f64| (to * to * to - from * from * from) / 3.0;
    let terms = bins.iter().enumerate().map(|(i, count)| {
        let from = (i as f64 - start as f64) * width;
        let to = from + width;
        let (first, last) = (level(from), level(to));
        let begins = cubes(from - (first + 0.5) * step, step / 2.0);
        let between = (last - first - 1.0) * cubes(-step / 2.0, step / 2.0);
        let ends = cubes(-step / 2.0, to - (last + 0.5) * step);
        count / width * (begins + between + ends)
    });
    terms.sum()
}
