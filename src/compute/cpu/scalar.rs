//! The reference that every other path must equal: one value at a time, sums in f64.

use super::elements::{self, Passed, Sink};
use crate::formats::Cast;
use crate::quantize::{Edges, Granularity, Plan, Range, Tally};

/// First pass: the range of the whole tensor, or of each row.
#[must_use]
pub fn ranges(values: &[f32], cols: usize, each_row: bool) -> Vec<Range> {
    if each_row { values.chunks(cols.max(1)).map(Range::of).collect() } else { vec![Range::of(values)] }
}

/// First pass over a slice of whole rows: the range of each group in it, of those of columns the part that is in it.
#[must_use]
pub fn ranges_of(values: &[f32], cols: usize, groups: Granularity) -> Vec<Range> {
    match groups {
        Granularity::Tensor | Granularity::Row => ranges(values, cols, groups == Granularity::Row),
        Granularity::Group(_) => {
            values.chunks(cols).flat_map(|row| row.chunks(groups.run(cols))).map(Range::of).collect()
        }
        Granularity::Column => {
            let mut ranges = vec![Range::NOTHING; cols];
            for row in values.chunks(cols) {
                for (range, &x) in ranges.iter_mut().zip(row).filter(|(_, x)| x.is_finite()) {
                    *range = Range { min: range.min.min(x), max: range.max.max(x) };
                }
            }
            ranges
        }
    }
}

/// Second pass over a slice of whole rows, the first of which is row `first_row` of the tensor. Appends the codes.
#[must_use]
pub fn measure(plan: &Plan, first_row: usize, values: &[f32], codes: &mut Vec<u8>) -> Tally {
    let mut tally = Tally::default();
    elements::pass(plan, (first_row, 0), values, codes, &mut Measured { plan, tally: &mut tally, bin: Edges::bin });
    tally
}

/// Adds the same, and equal to it, from a row and a column on and with bins guessed instead of searched for: what runs where
/// there are no lanes for values.
pub fn measure_from(plan: &Plan, from: (usize, usize), values: &[f32], codes: &mut Vec<u8>, tally: &mut Tally) {
    elements::pass(plan, from, values, codes, &mut Measured { plan, tally, bin: Edges::bin_from_guess });
}

/// Adds values that were quantized already.
#[cfg(target_arch = "wasm32")]
pub(super) fn tally_passed(plan: &Plan, passed: impl Iterator<Item = Passed>, tally: &mut Tally) {
    for Passed { x, q, clipped, .. } in passed {
        tally_one(plan, x, q, clipped, &Edges::bin_from_guess, tally);
    }
}

struct Measured<'a, Bin> {
    plan: &'a Plan,
    tally: &'a mut Tally,
    bin: Bin,
}

impl<Bin: Fn(&Edges, f32) -> usize> Sink for Measured<'_, Bin> {
    #[inline(always)]
    fn value(&mut self, Passed { x, q, clipped, .. }: Passed) {
        tally_one(self.plan, x, q, clipped, &self.bin, self.tally);
    }
}

#[inline(always)]
fn tally_one(plan: &Plan, x: f32, q: f32, clipped: bool, bin: &impl Fn(&Edges, f32) -> usize, tally: &mut Tally) {
    if x.is_nan() {
        tally.nan += 1;
        return;
    }
    tally.exponents.count(x);
    if x.is_infinite() {
        tally.infinite += 1;
        return;
    }
    tally.reference_counts[bin(&plan.value_edges, x)] += 1;
    tally.subnormal += u64::from(x.is_subnormal());
    // Infinity, or NaN where a format has that instead.
    if !q.is_finite() {
        tally.clipped += 1;
        tally.overflowed += 1;
        return;
    }
    tally.clipped += u64::from(clipped);
    tally.flushed += u64::from(x != 0.0 && q == 0.0);
    tally.measured += 1;
    let e = q - x;
    tally.quantized_counts[bin(&plan.value_edges, q)] += 1;
    tally.error_counts[bin(&plan.error_edges, e)] += 1;
    tally.max_abs_error = tally.max_abs_error.max(e.abs());
    let (x, q, e) = (f64::from(x), f64::from(q), f64::from(e));
    tally.sums.e += e;
    tally.sums.abs_e += e.abs();
    tally.sums.e2 += e * e;
    tally.sums.x2 += x * x;
    tally.sums.q2 += q * q;
    tally.sums.xq += x * q;
}

/// The codes of values, each in as few whole bytes as hold it, lowest first.
///
/// # Panics
/// If there is not room for exactly one code a value.
pub fn encode_slice(cast: &Cast, values: &[f32], codes: &mut [u8]) {
    let code_bytes = cast.float.bits().div_ceil(8) as usize;
    assert_eq!(codes.len(), values.len() * code_bytes, "a code for each value");
    for (x, code) in values.iter().zip(codes.chunks_exact_mut(code_bytes)) {
        code.copy_from_slice(&cast.encode(x.to_bits()).to_le_bytes()[..code_bytes]);
    }
}

/// The values of codes that [`encode_slice`] made: unused upper bits are zero.
///
/// # Panics
/// If there is not room for exactly one value a code.
pub fn decode_slice(cast: &Cast, codes: &[u8], values: &mut [f32]) {
    let code_bytes = cast.float.bits().div_ceil(8) as usize;
    assert_eq!(codes.len(), values.len() * code_bytes, "a code for each value");
    for (code, x) in codes.chunks_exact(code_bytes).zip(values) {
        let mut bytes = [0; 4];
        bytes[..code_bytes].copy_from_slice(code);
        *x = f32::from_bits(cast.decode(u32::from_le_bytes(bytes)));
    }
}
