//! What a report says beyond the sums: outside the timed passes, and the same for whichever backend made those.

use super::elements::{self, Passed, Sink};
use crate::formats::ggml::{BlockType, Encode};
use crate::formats::{Float, mx};
use crate::quantize::element::MxElement;
use crate::quantize::exponents::{ZoneBorders, Zones};
use crate::quantize::output::OutputError;
use crate::quantize::select::percentiles;
use crate::quantize::{Details, Element, Plan, Scales};

/// The details of a whole tensor, from a pass that looks at every error; of its output for this activation, which has a
/// value for each column, or is empty where nothing is asked of the output.
#[must_use]
pub fn details(plan: &Plan, values: &[f32], activation: &[f32]) -> Details {
    let mut looked = Looked::new(plan, values.len(), activation);
    looked.add(0, values);
    looked.finish()
}

/// [`details`] slice by slice, for a caller that looks around in between.
///
/// The percentiles are exact, and so need all errors at once: 4 B a value while this runs.
pub struct Looked<'a> {
    plan: &'a Plan,
    seen: Seen<'a>,
    codes: Vec<u8>,
}

impl<'a> Looked<'a> {
    /// Starts before the first row of a tensor of so many values.
    #[must_use]
    pub fn new(plan: &'a Plan, values: usize, activation: &'a [f32]) -> Self {
        let borders = float_of(&plan.element).map(|float| ZoneBorders::of(&float));
        let seen = Seen {
            errors: Vec::with_capacity(values),
            zones: Zones::default(),
            borders,
            scales: Scales::default(),
            output: OutputError::new(activation),
        };
        Self { plan, seen, codes: Vec::new() }
    }

    /// Looks at the next rows.
    pub fn add(&mut self, first_row: usize, values: &[f32]) {
        // Rows by themselves, so that no second copy of all codes is made.
        for (row, values) in values.chunks(self.plan.cols).enumerate() {
            self.codes.clear();
            elements::pass(self.plan, (first_row + row, 0), values, &mut self.codes, &mut self.seen);
        }
    }

    /// What there was to see in all values.
    #[must_use]
    pub fn finish(self) -> Details {
        let Seen { errors, zones, borders, scales, output } = self.seen;
        Details {
            zones: borders.is_some().then_some(zones),
            block_scales: scales,
            abs_error_percentiles: percentiles(&errors, [50.0, 99.0, 99.9]),
            output_error: output.relative(),
        }
    }
}

/// The values that codes stand for, of a slice of whole rows from `first_row` on.
#[must_use]
pub fn quantized(plan: &Plan, first_row: usize, values: &[f32]) -> Vec<f32> {
    struct Values(Vec<f32>);
    impl Sink for Values {
        fn value(&mut self, passed: Passed) {
            self.0.push(passed.q);
        }

        fn encoder(&self, block_type: &BlockType) -> Option<Encode> {
            super::encoder(block_type)
        }
    }
    let mut sink = Values(Vec::with_capacity(values.len()));
    elements::pass(plan, (first_row, 0), values, &mut Vec::new(), &mut sink);
    sink.0
}

/// The float whose zones values lie in.
const fn float_of(element: &Element) -> Option<Float> {
    match element {
        Element::Float(cast) | Element::ScaledFloat(cast, _) | Element::Mx(MxElement { cast: Some(cast), .. }) => {
            Some(cast.float)
        }
        Element::Nvfp4(_) => Some(mx::E2M1),
        _ => None,
    }
}

struct Seen<'a> {
    errors: Vec<u32>,
    zones: Zones,
    borders: Option<ZoneBorders>,
    scales: Scales,
    output: OutputError<'a>,
}

impl Sink for Seen<'_> {
    #[inline(always)]
    fn value(&mut self, Passed { x, y, q, .. }: Passed) {
        self.output.add(x, q);
        if !x.is_finite() {
            return;
        }
        if q.is_finite() {
            self.errors.push((q - x).abs().to_bits());
        }
        if let Some(borders) = self.borders {
            self.zones.count(borders, y);
        }
    }

    fn scale(&mut self, scale: f32) {
        self.scales.count(scale);
    }

    fn encoder(&self, block_type: &BlockType) -> Option<Encode> {
        super::encoder(block_type)
    }
}
