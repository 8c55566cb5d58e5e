//! What a report says beyond the sums: outside the timed passes, and the same for whichever backend made those.

use super::elements::{self, Passed, Sink};
use crate::formats::ggml::{BlockType, Encode};
use crate::formats::{Float, mx};
use crate::quantize::element::MxElement;
use crate::quantize::exponents::{ZoneBorders, Zones};
use crate::quantize::select::percentiles;
use crate::quantize::{Details, Element, Exponents, Plan, Scales};

/// The details of a whole tensor, from a pass that looks at every error.
///
/// The percentiles are exact, and so need all errors at once: 4 B a value while this runs.
#[must_use]
pub fn details(plan: &Plan, values: &[f32]) -> Details {
    let borders = float_of(&plan.element).map(|float| ZoneBorders::of(&float));
    let mut seen =
        Seen { errors: Vec::with_capacity(values.len()), zones: Zones::default(), borders, scales: Scales::default() };
    // Rows by themselves, so that no second copy of all codes is made.
    let mut codes = Vec::new();
    for (row, values) in values.chunks(plan.cols).enumerate() {
        codes.clear();
        elements::pass(plan, (row, 0), values, &mut codes, &mut seen);
    }
    Details {
        exponents: Exponents::of(values),
        zones: borders.is_some().then_some(seen.zones),
        block_scales: seen.scales,
        abs_error_percentiles: percentiles(&seen.errors, [50.0, 99.0, 99.9]),
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

struct Seen {
    errors: Vec<u32>,
    zones: Zones,
    borders: Option<ZoneBorders>,
    scales: Scales,
}

impl Sink for Seen {
    #[inline(always)]
    fn value(&mut self, Passed { x, y, q, .. }: Passed) {
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
