//! Ranges narrower than that of all values: a few large numbers are clipped so that all others get a finer step.
//!
//! The methods look at the values themselves, so they take whole tensors; what they find is, like every scale, a part of
//! the [`super::Plan`].

use super::element::Trial;
use super::observer::observed;
use super::{Granularity, Quantizer, Range, RangeMethod};

/// Values that a search looks at, of a group that has more: every k-th, so that 16 M values take no longer than 1 M.
const MOST_SEARCHED: usize = 1 << 20;
/// Coarse steps of the search for the least squared error, each to nine tenths: down to 1.5 % of the range.
const COARSE: i32 = 40;
/// Fine steps between the coarse neighbours of the best.
const FINE: i32 = 8;
/// An error so many times the least so far ends the search.
const HOPELESS: f64 = 4.0;
/// Bins of the histogram that entropy is computed from, as in TensorRT.
const ENTROPY_BINS: usize = 2048;
/// Thresholds are tried at every so many bins: 0.4 % of the largest magnitude.
const ENTROPY_STRIDE: usize = 8;

/// The ranges that scales are taken from, of each group; `ranges` are the full ones.
///
/// A group without finite values, and one whose values are all zero, keeps its range.
#[must_use]
pub fn clipped(quantizer: &Quantizer, cols: usize, values: &[f32], ranges: &[Range]) -> Vec<Range> {
    if quantizer.range == RangeMethod::Full || !quantizer.has_scale() || cols == 0 {
        return ranges.to_vec();
    }
    let run = quantizer.granularity.run(cols);
    let mut held = Vec::new();
    let mut clip = |range: &Range, group: &mut dyn Iterator<Item = f32>| {
        held.clear();
        held.extend(group.filter(|x| x.is_finite()));
        if range.amax() > 0.0 { clip_group(quantizer, &mut held, *range) } else { *range }
    };
    match quantizer.granularity {
        Granularity::Tensor => ranges.iter().map(|range| clip(range, &mut values.iter().copied())).collect(),
        Granularity::Column => {
            let column = |col: usize| values.iter().skip(col).step_by(cols).copied();
            ranges.iter().enumerate().map(|(col, range)| clip(range, &mut column(col))).collect()
        }
        Granularity::Row | Granularity::Group(_) => {
            let groups = values.chunks(cols).flat_map(|row| row.chunks(run));
            ranges.iter().zip(groups).map(|(range, group)| clip(range, &mut group.iter().copied())).collect()
        }
    }
}

/// The range of one group's finite values, which end up in another order.
fn clip_group(quantizer: &Quantizer, values: &mut Vec<f32>, full: Range) -> Range {
    match quantizer.range {
        RangeMethod::Full => full,
        RangeMethod::Percentile(p) if quantizer.is_affine() => {
            let max = nearest_rank(values, p);
            let min = -nearest_rank_of(values, p, |x| -x);
            Range { min, max }
        }
        RangeMethod::Percentile(p) => full.within(nearest_rank_of(values, p, f32::abs)),
        RangeMethod::Part(part) => full.times(part),
        RangeMethod::Mse => least_error(quantizer, thinned(values), full),
        RangeMethod::Histogram => observed(values, full, 1 << quantizer.format.bits()),
        RangeMethod::Entropy => full.within(least_divergence(values, full.amax(), Trial::levels(quantizer))),
    }
}

impl Range {
    /// Both ends times c.
    fn times(self, c: f64) -> Self {
        Self { min: (f64::from(self.min) * c) as f32, max: (f64::from(self.max) * c) as f32 }
    }

    /// The part of the range whose magnitudes are not larger.
    fn within(self, amax: f32) -> Self {
        Self { min: self.min.clamp(-amax, amax), max: self.max.clamp(-amax, amax) }
    }
}

/// The least value that is not below p % of the values.
fn nearest_rank(values: &mut [f32], p: f64) -> f32 {
    let rank = libm::ceil(p / 100.0 * values.len() as f64) as usize;
    let place = rank.clamp(1, values.len()) - 1;
    *values.select_nth_unstable_by(place, f32::total_cmp).1
}

fn nearest_rank_of(values: &mut [f32], p: f64, of: fn(f32) -> f32) -> f32 {
    for x in values.iter_mut() {
        *x = of(*x);
    }
    nearest_rank(values, p)
}

/// Every k-th value, k odd so that it falls on every column of a power of two.
fn thinned(values: &mut Vec<f32>) -> &[f32] {
    let step = values.len().div_ceil(MOST_SEARCHED) | 1;
    if step > 1 {
        let mut i = 0;
        values.retain(|_| {
            i += 1;
            (i - 1) % step == 0
        });
    }
    values
}

/// The range times c ≤ 1 with the least Σ(q − x)²: c first falls to nine tenths again and again, then is looked for between
/// the neighbours of the best. Of equal errors the wider range wins.
fn least_error(quantizer: &Quantizer, values: &[f32], full: Range) -> Range {
    let times = |c: f64| full.times(c);
    let error = |c: f64| Trial::new(quantizer, times(c)).map_or(0.0, |trial| trial.squared_error(values));
    let coarse = |i: i32| libm::pow(0.9, f64::from(i));
    let (mut best, mut least) = (0, error(1.0));
    for i in 1..=COARSE {
        let error = error(coarse(i));
        if error < least {
            (best, least) = (i, error);
        } else if error > HOPELESS * least {
            break;
        }
    }
    let (narrow, wide) = (coarse(best + 1), coarse((best - 1).max(0)));
    let mut best = coarse(best);
    for i in (1..FINE).rev() {
        let c = narrow + (wide - narrow) * f64::from(i) / f64::from(FINE);
        let error = error(c);
        if error < least {
            (best, least) = (c, error);
        }
    }
    times(best)
}

/// The threshold with the least Kullback–Leibler divergence between the magnitudes, clipped at it, and the same in as many
/// levels as codes have: Migacz 2017, *8-bit Inference with TensorRT*, as NVIDIA's pytorch-quantization computes it
/// (`_compute_amax_entropy`) but for the stride.
///
/// Fewer values than bins are no distribution: their range stays full. (torch's `HistogramObserver`, which is often called
/// an entropy calibrator, looks for the least squared error: [`RangeMethod::Histogram`].)
fn least_divergence(values: &[f32], amax: f32, levels: usize) -> f32 {
    if values.len() < ENTROPY_BINS || levels >= ENTROPY_BINS {
        return amax;
    }
    let mut bins = [0f64; ENTROPY_BINS];
    let per_unit = ENTROPY_BINS as f64 / f64::from(amax);
    for x in values {
        bins[((f64::from(x.abs()) * per_unit) as usize).min(ENTROPY_BINS - 1)] += 1.0;
    }
    // Most zeros of a network are made by ReLU, and would decide alone.
    bins[0] = bins[1];
    let distribution = Distribution::new(&bins);
    let mut least = (f64::INFINITY, ENTROPY_BINS);
    for end in (levels..=ENTROPY_BINS).step_by(ENTROPY_STRIDE) {
        let divergence = distribution.divergence(end, levels);
        if divergence <= least.0 {
            least = (divergence, end);
        }
    }
    (f64::from(amax) * least.1 as f64 / ENTROPY_BINS as f64) as f32
}

/// Sums over the first bins of a histogram, n + 1 of each for n bins, so that those over any run of bins are differences.
struct Distribution {
    /// Σ n
    counts: Vec<f64>,
    /// Bins that are not empty.
    used: Vec<f64>,
    /// Σ n·ln n
    logs: Vec<f64>,
}

/// n·ln n
fn n_ln_n(n: f64) -> f64 {
    if n > 0.0 { n * libm::log(n) } else { 0.0 }
}

impl Distribution {
    fn new(bins: &[f64]) -> Self {
        let sums = |of: fn(f64) -> f64| {
            let running = bins.iter().scan(0.0, |sum, &count| {
                *sum += of(count);
                Some(*sum)
            });
            std::iter::once(0.0).chain(running).collect()
        };
        Self { counts: sums(|n| n), used: sums(|n| f64::from(u8::from(n > 0.0))), logs: sums(n_ln_n) }
    }

    /// Σ p·ln(p/q): p is the first `end` bins with all beyond them in the last, q the same bins without those, each level's
    /// mean over its bins that are not empty.
    fn divergence(&self, end: usize, levels: usize) -> f64 {
        let over = |sums: &[f64], from: usize, to: usize| sums[to] - sums[from];
        let inside = self.counts[end];
        let total = self.counts[self.counts.len() - 1];
        let (last, outliers) = (over(&self.counts, end - 1, end), total - inside);
        if inside == 0.0 || last == 0.0 && outliers > 0.0 {
            return f64::INFINITY;
        }
        let p_ln_p = self.logs[end] - n_ln_n(last) + n_ln_n(last + outliers) - n_ln_n(total);
        let mut p_ln_q = 0.0;
        for level in 0..levels {
            // The bins whose left edges lie in the level.
            let (from, to) = ((level * end).div_ceil(levels), ((level + 1) * end).div_ceil(levels));
            let (count, used) = (over(&self.counts, from, to), over(&self.used, from, to));
            if count > 0.0 {
                let moved = if to == end { outliers } else { 0.0 };
                p_ln_q += (count + moved) * libm::log(count / used / inside);
            }
        }
        (p_ln_p - p_ln_q) / total
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scheme;
    use super::*;
    use crate::formats::{INT8, format};

    /// Normal-ish, with one outlier.
    fn values(n: usize) -> Vec<f32> {
        let mut state = 1u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        let mut values: Vec<f32> = (0..n).map(|_| (0..12).map(|_| uniform()).sum()).collect();
        values[n / 2] = 40.0;
        values
    }

    fn amax(quantizer: Quantizer, values: &[f32]) -> f32 {
        clipped(&quantizer, values.len(), values, &[Range::of(values)])[0].amax()
    }

    #[test]
    fn a_percentile_is_a_value_of_the_group() {
        let quantizer = Quantizer { range: RangeMethod::Percentile(99.0), ..Quantizer::new(&INT8) };
        let ramp: Vec<f32> = (1..=1000).map(|i| -(i as f32)).collect();
        assert_eq!(amax(quantizer, &ramp), 990.0);
        let affine = Quantizer { scheme: Scheme::Affine, ..quantizer };
        let range = clipped(&affine, 1000, &ramp, &[Range::of(&ramp)])[0];
        assert_eq!((range.min, range.max), (-990.0, -11.0));
        assert_eq!(amax(quantizer, &ramp[..32]), 32.0, "a hundredth of 32 values is none");
    }

    #[test]
    fn the_search_finds_what_trying_everything_finds() {
        for id in ["int8", "int4", "int2", "e2m1fn", "nf4"] {
            let quantizer = Quantizer { range: RangeMethod::Mse, scaled: true, ..Quantizer::new(format(id).unwrap()) };
            let values = values(4096);
            let error =
                |amax: f32| Trial::new(&quantizer, Range { min: -amax, max: amax }).unwrap().squared_error(&values);
            let found = error(clipped(&quantizer, values.len(), &values, &[Range { min: -40.0, max: 40.0 }])[0].amax());
            let best = (1..=2000).map(|i| error(i as f32 * 0.02)).fold(f64::INFINITY, f64::min);
            assert!(found <= 1.03 * best && found <= error(40.0), "{id}: {found}, {best}");
        }
    }

    #[test]
    fn entropy_clips_an_outlier_and_keeps_a_small_group() {
        let quantizer = Quantizer { range: RangeMethod::Entropy, ..Quantizer::new(&INT8) };
        let clipped = amax(quantizer, &values(100_000));
        assert!((2.0..8.0).contains(&clipped), "{clipped}");
        assert_eq!(amax(quantizer, &values(2000)), 40.0);
    }

    #[test]
    fn the_divergence_is_that_of_the_definition() {
        let bins = [5.0, 0.0, 3.0, 1.0, 4.0, 2.0, 0.0, 1.0, 1.0];
        let distribution = Distribution::new(&bins);
        // Six bins in three levels, the last two bins and what is beyond them in the third.
        let (p, q) = ([5.0f64, 0.0, 3.0, 1.0, 4.0, 4.0], [5.0, 0.0, 2.0, 2.0, 3.0, 3.0]);
        let expected: f64 =
            p.iter().zip(q).filter(|(p, _)| **p > 0.0).map(|(p, q)| p / 17.0 * (p / 17.0 / (q / 15.0)).ln()).sum();
        assert!((distribution.divergence(6, 3) - expected).abs() < 1e-12);
        assert_eq!(distribution.divergence(7, 3), f64::INFINITY, "the last bin is empty, and something is beyond it");
        assert!(distribution.divergence(9, 9).abs() < 1e-12, "with a level for each bin nothing is lost");
    }

    #[test]
    fn an_even_distribution_is_not_clipped_by_entropy() {
        let values: Vec<f32> = (0..200_000).map(|i| (i as f32 - 99_999.5) / 1e5).collect();
        let quantizer = Quantizer { range: RangeMethod::Entropy, ..Quantizer::new(&INT8) };
        assert!(amax(quantizer, &values) > 0.9, "{}", amax(quantizer, &values));
    }
}
