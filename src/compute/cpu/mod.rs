//! The CPU path: [`scalar`] and [`blocks`] are the reference; `simd128` is what runs in the browser.

pub mod blocks;
pub mod scalar;
#[cfg(target_arch = "wasm32")]
pub mod simd128;

use crate::quantize::{Plan, Quantizer, Range, Report, Tally};

/// Rows of a slice are taken until it holds about this many values: small enough for smooth progress.
const SLICE: usize = 1 << 19;

/// Both passes over a whole tensor. `progress` is told the share that is done, 0..=1.
///
/// # Errors
/// As [`Plan::new`].
pub fn quantize(
    quantizer: Quantizer,
    rows: usize,
    cols: usize,
    values: &[f32],
    mut progress: impl FnMut(f64),
) -> Result<(Plan, Tally, Vec<u8>), crate::quantize::Error> {
    let slice_rows = (SLICE / cols.max(1)).max(1);
    let slices = rows.div_ceil(slice_rows) as f64;
    let mut ranges: Vec<Range> = Vec::new();
    let each_row = quantizer.scales_each_row();
    for (i, slice) in values.chunks(slice_rows * cols.max(1)).enumerate() {
        ranges.extend(ranges_of(slice, cols, each_row));
        progress(0.3 * i as f64 / slices);
    }
    let plan = Plan::new(quantizer, rows, cols, &ranges)?;
    let mut tally = Tally::default();
    let mut codes = Vec::with_capacity(plan.code_bytes(values.len()));
    for (i, slice) in values.chunks(slice_rows * cols).enumerate() {
        tally.add(&measure(&plan, i * slice_rows, slice, &mut codes));
        progress(0.3 + 0.7 * (i + 1) as f64 / slices);
    }
    Ok((plan, tally, codes))
}

/// [`quantize`] and the report of it.
///
/// # Errors
/// [`crate::quantize::Error`] for a tensor that is empty or has no finite value.
pub fn report(
    quantizer: Quantizer,
    rows: usize,
    cols: usize,
    values: &[f32],
) -> Result<Report, crate::quantize::Error> {
    let (plan, tally, codes) = quantize(quantizer, rows, cols, values, |_| {})?;
    Report::new(&plan, &tally, &codes)
}

#[cfg(target_arch = "wasm32")]
pub use simd128::{decode_slice, encode_slice};
#[cfg(target_arch = "wasm32")]
use simd128::{measure, ranges as ranges_of};

#[cfg(not(target_arch = "wasm32"))]
pub use scalar::{decode_slice, encode_slice};
#[cfg(not(target_arch = "wasm32"))]
use scalar::{measure, ranges as ranges_of};
