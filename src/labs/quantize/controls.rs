//! The lab's controls.

use crate::formats::mx::ScaleRule;
use crate::formats::{BF16, FP16, Family, Format, INT8, table};
use crate::labs::Form;
use crate::labs::form::{Group, plain};
use crate::quantize::GRID_RULES;
use crate::scenario::QuantizeScenario;
use crate::scenario::formats::ROUNDINGS;
use crate::scenario::quantize::{
    CHANNELS, CLIP, COLS, Data, FACTOR, GRANULARITIES, OUTLIERS, RANGES, ROTATIONS, ROWS, SEED, SIZES, STD, WIDTH,
    encodable,
};
use crate::weights::Distribution;

/// The formats that have a button of their own.
static COMMON: [&Format; 7] = [&BF16, &FP16, &table::E4M3FN, &INT8, &table::INT4, &table::MXFP4, &table::GGML_Q4_K];

/// What is quantized to what, and how.
#[must_use]
pub fn controls(asked: &QuantizeScenario) -> String {
    write(asked, false)
}

/// The same for a tensor of the reader's files, which takes the place of a sample.
#[must_use]
pub fn of_file(asked: &QuantizeScenario) -> String {
    write(asked, true)
}

fn write(asked: &QuantizeScenario, is_of_file: bool) -> String {
    let mut form = Form::new("quantize");
    form.choice("format", "From FP32 to", &COMMON.map(|format| (format.id, format.name)));
    let formats: Vec<Group> = Family::ALL
        .into_iter()
        .map(|family| {
            let of = encodable().filter(|format| format.family == family);
            (family.name(), of.map(|format| (format.id, format.name.to_owned())).collect())
        })
        .collect();
    form.menu("all-formats", "format", "or any of all formats", &formats);
    if asked.may_be_scaled() {
        form.choice("fit", "Scale", &[("0", "None"), ("1", "From the range")]);
    }
    if asked.is_integer() {
        form.choice("scheme", "Codes", &[("symmetric", "Symmetric"), ("affine", "Affine")]);
    }
    if asked.has_scale() {
        form.menu("scale", "scale", "One scale for", &plain(GRANULARITIES.map(|row| (row.0, row.1))));
    }
    let has_more = asked.has_scale() || asked.rounds() || asked.is_mx();
    if has_more {
        form.more("how", "How the scale is taken, and how numbers are rounded", |form| scale_and_rounding(form, asked));
    }
    if !is_of_file {
        sample(&mut form, asked);
    }
    form.more("tensor", "Outliers, rotation, activation and the sample", |form| {
        form.number("outliers", "Columns of outliers", "", &OUTLIERS, Some(1.0));
        if asked.outliers > 0 {
            form.number("factor", "Outliers are larger by", "×", &FACTOR, None);
        }
        form.menu("rotate", "rotate", "Rotation before", &plain(ROTATIONS.map(|row| (row.0, row.1))));
        form.choice("split", "Outlier columns are", &[("0", "Like the others"), ("1", "Kept in FP16")]);
        form.number("channels", "Outlier channels of the activation", "", &CHANNELS, Some(1.0));
        if asked.data != Data::Values && !is_of_file {
            form.number("std", "Standard deviation", "", &STD, None);
            form.number("seed", "Seed", "", &SEED, None);
        }
    });
    form.choice("counts", "Counts of the histograms", &[("linear", "Linear"), ("log", "Logarithmic")]);
    form.finish()
}

fn sample(form: &mut Form, asked: &QuantizeScenario) {
    let samples = Distribution::ALL.map(|distribution| (distribution.id(), distribution.name()));
    form.menu("data", "data", "Tensor", &plain(samples.into_iter().chain([("values", "Your own numbers")])));
    if asked.data == Data::Values {
        form.area("values", "Your numbers");
        form.number("width", "Numbers in a row (0: all)", "", &WIDTH, None);
    } else {
        form.choice("n", "Size", &SIZES.map(|(id, name, ..)| (id, name)));
    }
    if asked.has_own_shape() {
        form.number("rows", "Rows", "", &ROWS, None);
        form.number("cols", "Columns", "", &COLS, None);
    }
}

fn scale_and_rounding(form: &mut Form, asked: &QuantizeScenario) {
    if asked.has_scale() {
        form.menu("range", "range", "Scale from the range of", &plain(RANGES.map(|row| (row.0, row.1))));
    }
    if asked.has_scale() && asked.clips_by_hand() {
        form.number("clip", "Part of the range", "", &CLIP, Some(0.001));
    }
    if asked.is_integer() {
        let rules = GRID_RULES.iter().map(|row| (row.id, row.name));
        form.menu("by", "by", "Whose rule", &plain(rules));
    }
    if asked.has_scale() {
        form.choice("pow2", "Scales are", &[("0", "Any number"), ("1", "Powers of two")]);
    }
    if asked.is_mx() {
        let rules = ScaleRule::ALL.map(|rule| (rule.id(), rule.name()));
        form.menu("rule", "rule", "Scale of a block", &plain(rules));
    }
    if asked.rounds() {
        form.menu("round", "round", "Rounding", &plain(ROUNDINGS));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::form;
    use crate::scenario::quantize::KEYS;

    #[test]
    fn every_control_sets_a_key_and_every_option_is_one() {
        for format in encodable() {
            for data in [Data::Values, Data::Sample(Distribution::Normal)] {
                let asked = QuantizeScenario {
                    format,
                    data,
                    outliers: 1,
                    size: SIZES.len() - 1,
                    ..QuantizeScenario::default()
                };
                form::check(&controls(&asked), KEYS, &asked);
                form::check(&of_file(&asked), KEYS, &asked);
                assert!(!of_file(&asked).contains("data-key=\"data\""), "a tensor of a file is no sample");
            }
        }
    }

    #[test]
    fn controls_are_those_that_a_format_has_a_use_for() {
        let of = |format| controls(&QuantizeScenario { format, ..QuantizeScenario::default() });
        assert!(of(&INT8).contains("data-key=\"by\"") && of(&INT8).contains("data-key=\"scheme\""));
        assert!(!of(&BF16).contains("data-key=\"scale\"") && of(&BF16).contains("data-key=\"round\""));
        assert!(of(&table::E4M3FN).contains("data-key=\"fit\"") && !of(&table::E4M3FN).contains("data-key=\"range\""));
        assert!(of(&table::MXFP4).contains("data-key=\"rule\"") && !of(&table::MXFP4).contains("data-key=\"round\""));
        assert!(!of(&table::GGML_Q4_K).contains("id=\"quantize-how\""));
    }
}
