//! The lab's inputs in a link.

use super::{
    CHANNELS, CLIP, COLS, Data, FACTOR, GRANULARITIES, MAX_VALUES, OUTLIERS, QuantizeScenario, RANGES, ROTATIONS, ROWS,
    SEED, SIZES, STD, WIDTH, encodable, read_values,
};
use crate::formats;
use crate::formats::mx::ScaleRule;
use crate::quantize::{GRID_RULES, Scheme};
use crate::scenario::formats::ROUNDINGS;
use crate::scenario::key::{
    Key, Rejection, documented, list, read_bool, read_choice, read_count, read_index, read_number, span, write_bool,
};
use crate::scenario::number;

/// The keys, in the order they are written.
pub static KEYS: &[Key<QuantizeScenario>] = &[
    Key {
        name: "data",
        doc: documented!(
            "The tensor: a sample, or `values` for numbers of your own.",
            || list(Data::all().map(Data::id)),
            "student-t"
        ),
        write: |scenario| scenario.data.id().to_owned(),
        read: |scenario, text| read_choice(&mut scenario.data, Data::from_id(text)),
    },
    Key {
        name: "n",
        doc: documented!(
            "Size of the sample: 256 × 256, 1024 × 1024, 4096 × 4096, 8192 × 8192, or `own` for `rows` × `cols`.",
            || list(SIZES.map(|size| size.0)),
            "1m"
        ),
        write: |scenario| SIZES[scenario.size].0.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.size, SIZES.iter().position(|size| size.0 == text)),
    },
    Key {
        name: "rows",
        doc: documented!("For `n=own`: rows of the sample. Rows × columns are at most 2²⁶.", || span(&ROWS), "4096"),
        write: |scenario| scenario.rows.to_string(),
        read: |scenario, text| read_count(&mut scenario.rows, &ROWS, text),
    },
    Key {
        name: "cols",
        doc: documented!("For `n=own`: columns of the sample.", || span(&COLS), "11008"),
        write: |scenario| scenario.cols.to_string(),
        read: |scenario, text| read_count(&mut scenario.cols, &COLS, text),
    },
    Key {
        name: "seed",
        doc: documented!(
            "Seed of the sample: the same seed gives the same values on every machine.",
            || "0 to 9007199254740991".to_owned(),
            "42"
        ),
        write: |scenario| scenario.seed.to_string(),
        read: |scenario, text| {
            let mut seed = scenario.seed as f64;
            let read = read_number(&mut seed, &SEED, text);
            scenario.seed = seed as u64;
            read
        },
    },
    Key {
        name: "std",
        doc: documented!("Standard deviation of the sample.", || span(&STD), "1"),
        write: |scenario| number::format(scenario.std),
        read: |scenario, text| read_number(&mut scenario.std, &STD, text),
    },
    Key {
        name: "values",
        doc: documented!(
            "Numbers of your own, for `data=values`: commas between them; `nan`, `inf` and fractions are allowed.",
            || format!("up to {MAX_VALUES} numbers"),
            "0.1,1/3,70000"
        ),
        write: |scenario| scenario.values.clone(),
        read: |scenario, text| {
            read_values(text).map_err(Rejection::Because)?;
            scenario.values = text.to_owned();
            Ok(())
        },
    },
    Key {
        name: "width",
        doc: documented!("For `data=values`: how many numbers are a row; 0 for all.", || span(&WIDTH), "4"),
        write: |scenario| scenario.width.to_string(),
        read: |scenario, text| read_count(&mut scenario.width, &WIDTH, text),
    },
    Key {
        name: "format",
        doc: documented!("The format of the codes.", || list(encodable().map(|format| format.id)), "bf16"),
        write: |scenario| scenario.format.id.to_owned(),
        read: |scenario, text| {
            let format = formats::format(text).filter(|format| encodable().any(|other| other.id == format.id));
            read_choice(&mut scenario.format, format)
        },
    },
    Key {
        name: "scheme",
        doc: documented!(
            "Of integer formats: codes around zero, or from minimum to maximum with a zero point.",
            || list(["symmetric", "affine"]),
            "affine"
        ),
        write: |scenario| if scenario.scheme == Scheme::Affine { "affine" } else { "symmetric" }.to_owned(),
        read: |scenario, text| {
            let scheme = match text {
                "symmetric" => Some(Scheme::Symmetric),
                "affine" => Some(Scheme::Affine),
                _ => None,
            };
            read_choice(&mut scenario.scheme, scheme)
        },
    },
    Key {
        name: "scale",
        doc: documented!(
            "Of formats with a scale from the range: what has one of its own, the tensor, a row, a column, or so many neighbours of a row.",
            || list(GRANULARITIES.map(|row| row.0)),
            "row"
        ),
        write: |scenario| GRANULARITIES[scenario.granularity].0.to_owned(),
        read: |scenario, text| read_index(&mut scenario.granularity, &GRANULARITIES, |row| row.0 == text),
    },
    Key {
        name: "fit",
        doc: documented!(
            "Of floats of 8 bits and fewer: whether a scale brings the largest number to the format’s largest.",
            || list(["0", "1"]),
            "1"
        ),
        write: |scenario| write_bool(scenario.scaled),
        read: |scenario, text| read_choice(&mut scenario.scaled, read_bool(text)),
    },
    Key {
        name: "range",
        doc: documented!(
            "Of formats with a scale: the numbers that it is taken from; the others are clipped.",
            || list(RANGES.map(|row| row.0)),
            "mse"
        ),
        write: |scenario| RANGES[scenario.range].0.to_owned(),
        read: |scenario, text| read_index(&mut scenario.range, &RANGES, |row| row.0 == text),
    },
    Key {
        name: "clip",
        doc: documented!("For `range=part`: which part of the range is left.", || span(&CLIP), "0.25"),
        write: |scenario| number::format(scenario.clip),
        read: |scenario, text| read_number(&mut scenario.clip, &CLIP, text),
    },
    Key {
        name: "by",
        doc: documented!(
            "Of integer formats: whose rule leads from the range to the scale.",
            || list(GRID_RULES.iter().map(|row| row.id)),
            "torch"
        ),
        write: |scenario| GRID_RULES[scenario.rule].id.to_owned(),
        read: |scenario, text| read_index(&mut scenario.rule, GRID_RULES, |row| row.id == text),
    },
    Key {
        name: "pow2",
        doc: documented!("Of formats with a scale: whether it is a power of two.", || list(["0", "1"]), "1"),
        write: |scenario| write_bool(scenario.power_of_two),
        read: |scenario, text| read_choice(&mut scenario.power_of_two, read_bool(text)),
    },
    Key {
        name: "rule",
        doc: documented!("How an MX block gets its scale.", || list(ScaleRule::ALL.map(ScaleRule::id)), "rceil"),
        write: |scenario| scenario.mx_rule.id().to_owned(),
        read: |scenario, text| {
            read_choice(&mut scenario.mx_rule, ScaleRule::ALL.into_iter().find(|rule| rule.id() == text))
        },
    },
    Key {
        name: "round",
        doc: documented!(
            "Of floats and integers: which of two neighbouring values a number becomes. Stochastic rounding has the seed of the sample.",
            || list(ROUNDINGS.map(|row| row.0)),
            "stochastic"
        ),
        write: |scenario| ROUNDINGS[scenario.rounding].0.to_owned(),
        read: |scenario, text| read_index(&mut scenario.rounding, &ROUNDINGS, |row| row.0 == text),
    },
    Key {
        name: "outliers",
        doc: documented!(
            "Columns of outliers that are put into the tensor, spread evenly: what activations of large models look like.",
            || span(&OUTLIERS),
            "4"
        ),
        write: |scenario| scenario.outliers.to_string(),
        read: |scenario, text| read_count(&mut scenario.outliers, &OUTLIERS, text),
    },
    Key {
        name: "factor",
        doc: documented!("What the numbers in columns of outliers are multiplied by.", || span(&FACTOR), "60"),
        write: |scenario| number::format(scenario.factor),
        read: |scenario, text| read_number(&mut scenario.factor, &FACTOR, text),
    },
    Key {
        name: "channels",
        doc: documented!(
            "Channels that are 20 times larger in the activation a of the output error ‖(Q − X)·a‖ / ‖X·a‖, spread evenly.",
            || span(&CHANNELS),
            "2"
        ),
        write: |scenario| scenario.channels.to_string(),
        read: |scenario, text| read_count(&mut scenario.channels, &CHANNELS, text),
    },
    Key {
        name: "rotate",
        doc: documented!(
            "Whether so many neighbours of a row are turned by a Hadamard matrix before.",
            || list(ROTATIONS.map(|row| row.0)),
            "64"
        ),
        write: |scenario| ROTATIONS[scenario.rotation].0.to_owned(),
        read: |scenario, text| read_index(&mut scenario.rotation, &ROTATIONS, |row| row.0 == text),
    },
    Key {
        name: "split",
        doc: documented!(
            "Whether columns with a number beyond 6 times the root mean square are kept in FP16, as LLM.int8() keeps those of activations.",
            || list(["0", "1"]),
            "1"
        ),
        write: |scenario| write_bool(scenario.keeps_outliers),
        read: |scenario, text| read_choice(&mut scenario.keeps_outliers, read_bool(text)),
    },
    Key {
        name: "counts",
        doc: documented!("The axis of the histograms’ counts.", || list(["linear", "log"]), "log"),
        write: |scenario| if scenario.log_counts { "log" } else { "linear" }.to_owned(),
        read: |scenario, text| {
            let log = match text {
                "linear" => Some(false),
                "log" => Some(true),
                _ => None,
            };
            read_choice(&mut scenario.log_counts, log)
        },
    },
];
