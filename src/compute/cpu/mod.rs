//! The CPU path: [`scalar`] is the reference; `simd128` is what runs in the browser.

#[cfg(test)]
mod codecs;
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
pub use details::{Looked, details, quantized};
pub use pack::{Packed, packed};

use crate::quantize::{CodeFacts, Error, Granularity, Plan, Quantizer, Range, Report, Tally, clip, split};

/// Rows of a slice are taken until it holds about this many values: small enough for smooth progress, and to be given up
/// soon.
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
    let mut passes = Passes::new(quantizer, rows, cols, values)?;
    loop {
        match passes.step()? {
            Step::Going(going, share) => {
                progress(share);
                passes = going;
            }
            Step::Done(plan, tally, codes) => return Ok((*plan, *tally, codes)),
        }
    }
}

/// Both passes for what a comparison asks alone: without codes, and of the tally the counts of values but that of subnormals,
/// Σe², Σx² and the largest error.
///
/// # Errors
/// As [`quantize`].
pub fn errors(quantizer: Quantizer, rows: usize, cols: usize, values: &[f32]) -> Result<(Plan, Tally), Error> {
    let mut passes = Passes::new(quantizer, rows, cols, values)?;
    let plan = loop {
        if let Some((plan, ..)) = passes.second.take() {
            break plan;
        }
        match passes.step()? {
            Step::Going(going, _) => passes = going,
            Step::Done(plan, ..) => break plan,
        }
    };
    let tally = errors_by(&plan, values);
    Ok((*plan, tally))
}

/// The second pass of [`errors`].
#[must_use]
pub fn errors_by(plan: &Plan, values: &[f32]) -> Tally {
    errors_from(plan, 0, values)
}

/// The second pass of [`errors`] over whole rows of the plan's tensor, the first of which is `first_row`.
#[must_use]
pub fn errors_from(plan: &Plan, first_row: usize, values: &[f32]) -> Tally {
    let mut tally = Tally::default();
    for (row, slice) in slices(plan.cols, values) {
        tally.add(&errors_of(plan, first_row + row, slice));
    }
    tally
}

/// [`quantize`] slice by slice, for a caller that looks around in between.
#[derive(Debug)]
pub struct Passes<'a> {
    quantizer: Quantizer,
    rows: usize,
    cols: usize,
    values: &'a [f32],
    /// Where columns are kept in FP16: which, and the tensor without them.
    kept: Option<(Vec<bool>, Vec<f32>)>,
    /// Slices done in this pass.
    slices: usize,
    ranges: Vec<Range>,
    /// Once the first pass is done: the plan, and what the second made so far.
    second: Option<(Box<Plan>, Box<Tally>, Vec<u8>)>,
}

/// What there is after a slice.
#[derive(Debug)]
pub enum Step<'a> {
    /// The rest, and the share that is done, 0..=1.
    Going(Passes<'a>, f64),
    /// All.
    Done(Box<Plan>, Box<Tally>, Vec<u8>),
}

impl<'a> Passes<'a> {
    /// Starts before the first slice.
    ///
    /// # Errors
    /// As [`quantize`].
    pub fn new(quantizer: Quantizer, rows: usize, cols: usize, values: &'a [f32]) -> Result<Self, Error> {
        quantizer.check()?;
        if rows.checked_mul(cols) != Some(values.len()) {
            return Err(Error::Shape { values: values.len(), rows, cols });
        }
        if values.is_empty() {
            return Err(Error::Empty);
        }
        quantizer.check_shape(rows, cols)?;
        let kept = quantizer.keeps_outliers.then(|| split::outlier_columns(values, cols));
        let kept = kept.filter(|is_kept| !is_kept.is_empty()).map(|is_kept| {
            let rest = split::rest(values, &is_kept);
            (is_kept, rest)
        });
        Ok(Self { quantizer, rows, cols, values, kept, slices: 0, ranges: Vec::new(), second: None })
    }

    /// Does the next slice.
    ///
    /// # Errors
    /// As [`Plan::new`], when the first pass ends.
    pub fn step(mut self) -> Result<Step<'a>, Error> {
        let rows = slice_rows(self.cols);
        let slices = self.rows.div_ceil(rows);
        let at = self.slices * rows;
        let bounds = at * self.cols..self.rows.min(at + rows) * self.cols;
        self.slices += 1;
        let share = self.slices as f64 / slices as f64;
        let is_last = self.slices == slices;
        if let Some((plan, mut tally, mut codes)) = self.second.take() {
            tally.add(&measure(&plan, at, &self.values[bounds], &mut codes));
            if is_last {
                return Ok(Step::Done(plan, tally, codes));
            }
            self.second = Some((plan, tally, codes));
            return Ok(Step::Going(self, 0.3 + 0.7 * share));
        }
        let groups = self.quantizer.groups();
        let ranged = self.kept.as_ref().map_or(self.values, |(_, rest)| rest);
        groups.append(&mut self.ranges, ranges_of(&ranged[bounds], self.cols, groups));
        if is_last {
            let mut plan = plan(self.quantizer, self.rows, self.cols, ranged, &self.ranges)?;
            if let Some((is_kept, _)) = self.kept.take() {
                let range = ranges_of(self.values, self.cols, Granularity::Tensor)[0];
                plan = plan.keeping(is_kept, range);
            }
            let codes = Vec::with_capacity(plan.code_bytes(self.values.len()));
            self.second = Some((Box::new(plan), Box::default(), codes));
            self.slices = 0;
        }
        Ok(Step::Going(self, 0.3 * share))
    }
}

/// The slices of a tensor, with the first row of each.
pub fn slices(cols: usize, values: &[f32]) -> impl Iterator<Item = (usize, &[f32])> {
    let rows = slice_rows(cols);
    values.chunks(rows * cols).enumerate().map(move |(i, slice)| (i * rows, slice))
}

/// Rows of a slice.
fn slice_rows(cols: usize) -> usize {
    (SLICE / cols).max(1)
}

/// The codes that [`quantize`] made by a plan, once more.
#[must_use]
pub fn codes(plan: &Plan, values: &[f32]) -> Vec<u8> {
    let mut codes = Vec::with_capacity(plan.code_bytes(values.len()));
    for (first_row, slice) in slices(plan.cols, values) {
        if plan.is_kept.is_empty() {
            encode(plan, first_row, slice, &mut codes);
        } else {
            encode(plan, first_row, &split::rest(slice, &plan.is_kept), &mut codes);
        }
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
    Report::new(&plan, &tally, CodeFacts::of(&plan, &codes), &details(&plan, values, &[]))
}

#[cfg(target_arch = "wasm32")]
pub use simd128::{decode_slice, encode_slice, ranges_of};
#[cfg(target_arch = "wasm32")]
use simd128::{encode, encoder, errors as errors_of, measure};

#[cfg(not(target_arch = "wasm32"))]
pub use scalar::{decode_slice, encode_slice, ranges_of};

#[cfg(not(target_arch = "wasm32"))]
fn measure(plan: &Plan, first_row: usize, values: &[f32], codes: &mut Vec<u8>) -> Tally {
    let mut tally = Tally::default();
    scalar::measure_from(plan, (first_row, 0), values, codes, &mut tally);
    tally
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
