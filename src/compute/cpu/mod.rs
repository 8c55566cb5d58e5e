//! The CPU path: [`scalar`] and [`blocks`] are the reference; `simd128` is what runs in the browser.

pub mod blocks;
pub mod compare;
pub mod details;
mod elements;
pub mod pack;
pub mod scalar;
#[cfg(target_arch = "wasm32")]
pub mod simd128;

pub mod trials;

#[cfg(test)]
mod tests;

pub use compare::{compare, compare_one};
pub use details::{details, quantized};
pub use pack::{Packed, packed};

use crate::quantize::{Error, Plan, Quantizer, Range, Report, Tally, clip};

/// Rows of a slice are taken until it holds about this many values: small enough for smooth progress.
const SLICE: usize = 1 << 19;

/// Both passes over a whole tensor. `progress` is told the share that is done, 0..=1.
///
/// Blocks run along a row, and a row that they do not divide is filled up with zeros, which count in
/// [`Plan::padded`] and [`Plan::packed_bytes`] only. A percentile or a search for the best clip looks at the tensor between
/// the passes.
///
/// # Errors
/// As [`Plan::new`], and for values that are not `rows` × `cols` or that would take too many scales or too much padding.
pub fn quantize(
    quantizer: Quantizer,
    rows: usize,
    cols: usize,
    values: &[f32],
    mut progress: impl FnMut(f64),
) -> Result<(Plan, Tally, Vec<u8>), Error> {
    let plan = first_pass(quantizer, rows, cols, values, |share| progress(0.3 * share))?;
    let slice_rows = (SLICE / cols).max(1);
    let slices = rows.div_ceil(slice_rows) as f64;
    let mut tally = Tally::default();
    let mut codes = Vec::with_capacity(plan.code_bytes(values.len()));
    for (i, slice) in values.chunks(slice_rows * cols).enumerate() {
        tally.add(&measure(&plan, i * slice_rows, slice, &mut codes));
        progress(0.3 + 0.7 * (i + 1) as f64 / slices);
    }
    Ok((plan, tally, codes))
}

/// Both passes for what a comparison asks alone: without codes, and of the tally the counts of values but that of subnormals,
/// Σe², Σx² and the largest error.
///
/// # Errors
/// As [`quantize`].
pub fn errors(quantizer: Quantizer, rows: usize, cols: usize, values: &[f32]) -> Result<(Plan, Tally), Error> {
    let plan = first_pass(quantizer, rows, cols, values, |_| {})?;
    let tally = errors_by(&plan, values);
    Ok((plan, tally))
}

/// The second pass of [`errors`].
#[must_use]
pub fn errors_by(plan: &Plan, values: &[f32]) -> Tally {
    let slice_rows = (SLICE / plan.cols).max(1);
    let mut tally = Tally::default();
    for (i, slice) in values.chunks(slice_rows * plan.cols).enumerate() {
        tally.add(&errors_of(plan, i * slice_rows, slice));
    }
    tally
}

/// The plan of a tensor, from the first pass over it.
fn first_pass(
    quantizer: Quantizer,
    rows: usize,
    cols: usize,
    values: &[f32],
    mut progress: impl FnMut(f64),
) -> Result<Plan, Error> {
    quantizer.check()?;
    if rows.checked_mul(cols) != Some(values.len()) {
        return Err(Error::Shape { values: values.len(), rows, cols });
    }
    if values.is_empty() {
        return Err(Error::Empty);
    }
    quantizer.check_shape(rows, cols)?;
    let slice_rows = (SLICE / cols).max(1);
    let slices = rows.div_ceil(slice_rows) as f64;
    let mut ranges: Vec<Range> = Vec::new();
    let groups = quantizer.groups();
    for (i, slice) in values.chunks(slice_rows * cols).enumerate() {
        groups.append(&mut ranges, ranges_of(slice, cols, groups));
        progress(i as f64 / slices);
    }
    plan(quantizer, rows, cols, values, &ranges)
}

/// The codes that [`quantize`] made by a plan, once more.
#[must_use]
pub fn codes(plan: &Plan, values: &[f32]) -> Vec<u8> {
    let slice_rows = (SLICE / plan.cols).max(1);
    let mut codes = Vec::with_capacity(plan.code_bytes(values.len()));
    for (i, slice) in values.chunks(slice_rows * plan.cols).enumerate() {
        encode(plan, i * slice_rows, slice, &mut codes);
    }
    codes
}

/// The plan for a tensor whose groups have these ranges.
///
/// # Errors
/// As [`Plan::new`].
pub fn plan(quantizer: Quantizer, rows: usize, cols: usize, values: &[f32], ranges: &[Range]) -> Result<Plan, Error> {
    quantizer.check()?;
    let whole = ranges.iter().copied().fold(Range::NOTHING, Range::union);
    Plan::clipped(quantizer, rows, cols, whole, &clip::clipped(&quantizer, cols, values, ranges))
}

/// [`quantize`] and the report of it.
///
/// # Errors
/// As [`quantize`], and for a tensor that has no finite value.
pub fn report(quantizer: Quantizer, rows: usize, cols: usize, values: &[f32]) -> Result<Report, Error> {
    let (plan, tally, codes) = quantize(quantizer, rows, cols, values, |_| {})?;
    Report::new(&plan, &tally, &codes, &details(&plan, values))
}

#[cfg(target_arch = "wasm32")]
pub use simd128::{decode_slice, encode_slice};
#[cfg(target_arch = "wasm32")]
use simd128::{encode, encoder, errors as errors_of, measure, ranges_of};

#[cfg(not(target_arch = "wasm32"))]
use scalar::ranges_of;
#[cfg(not(target_arch = "wasm32"))]
pub use scalar::{decode_slice, encode_slice};

#[cfg(not(target_arch = "wasm32"))]
fn measure(plan: &Plan, first_row: usize, values: &[f32], codes: &mut Vec<u8>) -> Tally {
    scalar::measure_from(plan, (first_row, 0), values, codes)
}

#[cfg(not(target_arch = "wasm32"))]
fn errors_of(plan: &Plan, first_row: usize, values: &[f32]) -> Tally {
    measure(plan, first_row, values, &mut Vec::new())
}

#[cfg(not(target_arch = "wasm32"))]
fn encode(plan: &Plan, first_row: usize, values: &[f32], codes: &mut Vec<u8>) {
    let _ = measure(plan, first_row, values, codes);
}

#[cfg(not(target_arch = "wasm32"))]
const fn encoder(block_type: &crate::formats::ggml::BlockType) -> Option<crate::formats::ggml::Encode> {
    block_type.encode
}
