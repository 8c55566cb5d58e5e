//! One tensor measured in several settings, slice by slice and in constant memory.
//!
//! Nothing here reads a file: whoever measures is told which values are wanted next ([`Measuring::wanted`]), and hands them over.
//!
//! Most settings see each value once: a slice of whole rows is a small tensor by itself, and so is a part of a row that ends where
//! a group or a block does. One scale for the tensor, or for a row that is longer than a slice, is decided by all values that
//! share it: then there is a pass over ranges before. A tensor of one slice is never asked for twice.

pub mod moments;
#[cfg(test)]
mod tests;

use super::cpu::{self, scalar};
use crate::formats::{Block, Kind, Layout};
use crate::quantize::element::Nested;
use crate::quantize::{Element, Error, Granularity, Plan, Quantizer, Range, Tally};
use crate::survey::difference::Difference;
use crate::survey::{Errors, Measured, Moments, Setting};
use crate::weights::{Dtype, Stored};
use std::slice;

/// The most values of a slice, 16 MiB, where a tensor of one slice needs no second pass.
pub const SLICE: usize = 1 << 22;

/// The most values of a slice where none does, and of what settings look at one after the other where a row has no more: 1 MiB, which
/// stays in the cache of a core meanwhile.
const PART: usize = 1 << 18;

/// What a row is taken for at least when rows are counted into a slice: blocks of it may be filled up to many times its values.
const LEAST_COLS: u64 = 16;

/// Whole rows are taken in eights where there is room, so that slices of values of less than a byte begin with a byte.
const EIGHT: u64 = 8;

/// A tensor that is being measured.
#[derive(Debug)]
pub struct Measuring {
    rows: u64,
    cols: u64,
    /// The most values of a slice, a multiple of every size of groups and blocks.
    slice: u64,
    /// The most of a part of a slice, likewise.
    part: usize,
    /// What comes of each setting, or why nothing does.
    settings: Vec<Result<Course, String>>,
    /// Whether the pass at hand is the first of two.
    is_ranging: bool,
    has_two_passes: bool,
    /// The first value that is wanted next.
    first: u64,
    moments: Moments,
    /// How a tensor of other files differs, if there are any: the bytes that it takes, and the sums so far.
    other: Option<Result<(u64, Difference), String>>,
}

/// A setting on its way.
#[derive(Debug)]
struct Course {
    quantizer: Quantizer,
    needs: Needs,
    /// Whether a slice is measured as a whole, and not part by part.
    is_at_once: bool,
    errors: Errors,
}

/// What a slice must be told of the rest of its tensor.
#[derive(Debug)]
enum Needs {
    /// Nothing.
    Nothing,
    /// The range of the whole tensor.
    Whole(Range),
    /// The ranges of the rows, which are longer than a slice.
    Rows(Vec<Range>),
    /// The largest magnitude of each block, 4 B for its 64 values: double quantization.
    Blocks(Vec<f32>),
    /// What was made of them, 1 B a block.
    Plan(Box<Plan>),
}

impl Measuring {
    /// Starts before the first value. Of what is measured the settings stand in this order. There are at most 2⁶⁴ − 1 values.
    #[must_use]
    pub fn new(settings: &[Setting], rows: u64, cols: u64) -> Self {
        let small = Self::by_slices(settings, rows, cols, PART, PART);
        if small.has_two_passes { Self::by_slices(settings, rows, cols, SLICE, PART) } else { small }
    }

    /// The same for a tensor of a file. Whole numbers, truth values and complex numbers are no weights: of them there are moments
    /// alone.
    #[must_use]
    pub fn of(settings: &[Setting], tensor: &Stored) -> Self {
        let (rows, cols) = tensor.matrix();
        let mut measuring = Self::new(settings, rows, cols);
        let what = match tensor.dtype {
            Dtype::Number(_) | Dtype::Blocks(_) | Dtype::Fp64 => return measuring,
            Dtype::Integer { .. } => "whole numbers",
            Dtype::Bool => "truth values",
            Dtype::Complex(_) => "complex numbers",
        };
        let why = format!("the tensor holds {what}, which are kept as they are");
        measuring.settings.fill_with(|| Err(why.clone()));
        (measuring.is_ranging, measuring.has_two_passes) = (false, false);
        measuring
    }

    /// The same beside a tensor of other files that takes so many bytes, or why there is none to compare with.
    #[must_use]
    pub fn beside(self, other: Result<u64, String>) -> Self {
        Self { other: Some(other.map(|bytes| (bytes, Difference::default()))), ..self }
    }

    /// Whether the other tensor's values at the same places are wanted too, for [`Self::compare`].
    #[must_use]
    pub const fn wants_other(&self) -> bool {
        matches!(self.other, Some(Ok(_))) && !self.is_ranging
    }

    /// Takes the values that are wanted of both tensors, before [`Self::take`] takes those of the first.
    pub fn compare(&mut self, values: &[f32], others: &[f32]) {
        if let Some(Ok((_, difference))) = &mut self.other {
            difference.add(&Difference::of(values, others));
        }
    }

    /// The other tensor cannot be read: why. The first is measured all the same.
    pub fn give_up_other(&mut self, why: String) {
        self.other = Some(Err(why));
    }

    fn by_slices(settings: &[Setting], rows: u64, cols: u64, slice: usize, part: usize) -> Self {
        let mut measuring = Self {
            rows,
            cols,
            slice: slice as u64,
            part,
            settings: Vec::new(),
            is_ranging: false,
            has_two_passes: false,
            first: 0,
            moments: Moments::default(),
            other: None,
        };
        measuring.settings = settings
            .iter()
            .map(|setting| {
                let quantizer = setting.quantizer();
                let needs = measuring.needs(&quantizer).map_err(|error| error.to_string())?;
                // A tensor of one slice is measured at once if its parts depend on each other.
                let is_at_once = measuring.slice_len(0) == measuring.len() && !matches!(needs, Needs::Nothing);
                let needs = if is_at_once { Needs::Nothing } else { needs };
                Ok(Course { quantizer, needs, is_at_once, errors: Errors::default() })
            })
            .collect();
        let needs_ranges = |course: &Result<Course, String>| {
            course.as_ref().is_ok_and(|course| !matches!(course.needs, Needs::Nothing))
        };
        measuring.has_two_passes = measuring.settings.iter().any(needs_ranges);
        measuring.is_ranging = measuring.has_two_passes;
        measuring
    }

    /// What slices must be told for a setting.
    fn needs(&self, quantizer: &Quantizer) -> Result<Needs, Error> {
        quantizer.check()?;
        if self.len() == 0 {
            return Err(Error::Empty);
        }
        let is_cut = self.cols > self.slice;
        Ok(match quantizer.format.kind {
            Kind::Block(Block { layout: Layout::Bnb { double: true, .. }, .. }) => Needs::Blocks(Vec::new()),
            Kind::Block(Block { layout: Layout::Nvfp4 { two_level: true }, .. }) => Needs::Whole(Range::NOTHING),
            _ if !quantizer.has_scale() => Needs::Nothing,
            _ => match quantizer.granularity {
                Granularity::Tensor => Needs::Whole(Range::NOTHING),
                Granularity::Row if is_cut => Needs::Rows(Vec::new()),
                Granularity::Row | Granularity::Group(_) => Needs::Nothing,
                // No setting that can be written down has a scale for each column.
                Granularity::Column => return Err(Error::TooManyScales(self.cols)),
            },
        })
    }

    /// All values.
    const fn len(&self) -> u64 {
        self.rows.saturating_mul(self.cols)
    }

    /// How many values the slice has that begins with this one.
    fn slice_len(&self, first: u64) -> u64 {
        let left = self.len() - first;
        if self.cols > self.slice {
            return self.slice.min(self.cols - first % self.cols);
        }
        let rows = self.slice / self.cols.max(LEAST_COLS);
        let rows = if rows > EIGHT { rows - rows % EIGHT } else { rows.max(1) };
        left.min(rows * self.cols)
    }

    /// How many values of a slice are looked at at once: whole rows, or of a slice that is a part of a row a multiple of every size
    /// of groups and blocks.
    fn part_len(&self) -> usize {
        match usize::try_from(self.cols) {
            Ok(cols) if self.cols <= self.slice => (self.part / cols.max(1)).max(1) * cols.max(1),
            _ => self.part,
        }
    }

    /// The values that are wanted next, the first and how many, in the tensor's order (row by row); nothing once it is done. They
    /// are whole rows, or a part of one that is longer than [`SLICE`] and begins at a multiple of that. Where neither rows nor
    /// slices are multiples of eight values, values of less than a byte may begin within one.
    #[must_use]
    pub fn wanted(&self) -> Option<(u64, usize)> {
        (self.first < self.len()).then(|| (self.first, self.slice_len(self.first) as usize))
    }

    /// The share that is done, 0..=1.
    #[must_use]
    pub fn share(&self) -> f64 {
        let passes = if self.has_two_passes { 2.0 } else { 1.0 };
        let before = if self.has_two_passes && !self.is_ranging { 1.0 } else { 0.0 };
        (before + self.first as f64 / self.len().max(1) as f64) / passes
    }

    /// Takes exactly the values that were wanted.
    ///
    /// # Panics
    /// If they are not so many.
    pub fn take(&mut self, values: &[f32]) {
        assert_eq!(self.wanted().map(|wanted| wanted.1), Some(values.len()), "the values that were wanted");
        let whole = Place::of(self, self.first, values.len());
        self.each_course(true, &whole, values);
        let mut first = self.first;
        for values in values.chunks(self.part_len()) {
            let place = Place::of(self, first, values.len());
            self.each_course(false, &place, values);
            if !self.is_ranging {
                self.moments.add(&moments::moments(values));
            }
            first += values.len() as u64;
        }
        self.first += values.len() as u64;
        if self.is_ranging && self.first == self.len() {
            (self.is_ranging, self.first) = (false, 0);
            for course in &mut self.settings {
                if let Ok(known) = course
                    && let Err(error) = known.decide(self.rows, self.cols)
                {
                    *course = Err(error.to_string());
                }
            }
        }
    }

    /// Has the settings that are measured at once, or those that are not, look at some values.
    fn each_course(&mut self, at_once: bool, place: &Place, values: &[f32]) {
        for course in &mut self.settings {
            let step = match course {
                Ok(course) if course.is_at_once != at_once => Ok(()),
                Ok(course) if self.is_ranging => course.look(place, values),
                Ok(course) => course.measure(place, values),
                Err(_) => Ok(()),
            };
            if let Err(error) = step {
                *course = Err(error.to_string());
            }
        }
    }

    /// What was measured: of the whole tensor, once nothing more is wanted.
    #[must_use]
    pub fn finish(self) -> Measured {
        let Moments { finite, nan, infinite, .. } = self.moments;
        let n = finite + nan + infinite;
        let (rows, cols) = (self.rows, self.cols);
        let errors = self.settings.into_iter().map(|course| {
            let course = course?;
            if finite == 0 && n > 0 {
                return Err(Error::NothingFinite { n, nan, infinite }.to_string());
            }
            Ok(Errors { bytes: course.quantizer.packed_bytes(rows, cols), ..course.errors })
        });
        let mut errors: Vec<_> = errors.collect();
        let other = self.other.map(|other| other.map(|(bytes, of)| (Errors { bytes, ..of.errors }, of.changed)));
        let changed = other.as_ref().and_then(|other| Some(other.as_ref().ok()?.1));
        errors.extend(other.map(|other| other.map(|(errors, _)| errors)));
        Measured { moments: self.moments, errors, changed }
    }
}

/// Where a part of a slice lies in its tensor.
struct Place {
    /// Its first row, and the column in it that it begins at.
    from: (usize, usize),
    /// Its shape as a tensor of its own.
    rows: usize,
    cols: usize,
    /// Whether it is a part of a row.
    is_cut: bool,
}

impl Place {
    fn of(measuring: &Measuring, first: u64, n: usize) -> Self {
        // A row of a tensor that is read on a machine of 32 bits has at least a byte of its own, and the number of the row fits.
        let (row, col) = (first / measuring.cols, first % measuring.cols);
        let from = (row as usize, col as usize);
        if measuring.cols > measuring.slice {
            return Self { from, rows: 1, cols: n, is_cut: true };
        }
        let cols = measuring.cols as usize;
        Self { from, rows: n / cols, cols, is_cut: false }
    }
}

impl Course {
    /// The first pass over a slice.
    fn look(&mut self, place: &Place, values: &[f32]) -> Result<(), Error> {
        let whole = || cpu::ranges_of(values, place.cols, Granularity::Tensor)[0];
        match &mut self.needs {
            Needs::Nothing | Needs::Plan(_) => {}
            Needs::Whole(range) => *range = range.union(whole()),
            Needs::Rows(ranges) => {
                ranges.resize(place.from.0 + 1, Range::NOTHING);
                let range = &mut ranges[place.from.0];
                *range = range.union(whole());
            }
            Needs::Blocks(amaxes) => {
                let blocks = cpu::ranges_of(values, place.cols, self.quantizer.groups());
                amaxes.extend(blocks.iter().map(Range::amax));
            }
        }
        Ok(())
    }

    /// Between the passes.
    fn decide(&mut self, rows: u64, cols: u64) -> Result<(), Error> {
        let (Needs::Blocks(amaxes), Kind::Block(Block { layout: Layout::Bnb { codebook, .. }, .. })) =
            (&mut self.needs, self.quantizer.format.kind)
        else {
            return Ok(());
        };
        let too_many = |_| Error::TooManyValues(rows.saturating_mul(cols));
        let (rows, cols) = (usize::try_from(rows).map_err(too_many)?, usize::try_from(cols).map_err(too_many)?);
        let amax = amaxes.iter().copied().fold(0.0, f32::max);
        let mut plan = Plan::new(self.quantizer, rows, cols, slice::from_ref(&Range { min: -amax, max: amax }))?;
        plan.element = Element::Bnb(codebook, Some(Nested::of_many(amaxes)));
        self.needs = Needs::Plan(Box::new(plan));
        Ok(())
    }

    /// The second pass, or the only one, over a slice.
    fn measure(&mut self, place: &Place, values: &[f32]) -> Result<(), Error> {
        let Place { from, rows, cols, is_cut } = *place;
        let by = |range: &Range| Plan::new(self.quantizer, rows, cols, slice::from_ref(range));
        let tally = match &self.needs {
            Needs::Whole(range) => cpu::errors_by(&by(range)?, values),
            Needs::Rows(ranges) => cpu::errors_by(&by(&ranges[from.0])?, values),
            Needs::Plan(plan) if is_cut => {
                let mut tally = Tally::default();
                scalar::measure_from(plan, from, values, &mut Vec::new(), &mut tally);
                tally
            }
            Needs::Plan(plan) => cpu::errors_from(plan, from.0, values),
            Needs::Nothing | Needs::Blocks(_) => cpu::errors(self.quantizer, rows, cols, values)?.1,
        };
        self.errors.add(&Errors::of(&tally));
        Ok(())
    }
}
