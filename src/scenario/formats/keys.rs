//! The lab's inputs in a link.

use super::{
    BIAS, CUSTOM, CUSTOM_INTEGER, EXPONENT_BITS, FormatsScenario, INTEGER_BITS, MANTISSA_BITS, MOST_PICKS, Pick,
    RANDOM, ROUNDINGS, SCALE, SPECIALS, ZERO_POINT, ZOOM, blocks, is_scalar, scalars, typed,
};
use crate::formats::mx::ScaleRule;
use crate::formats::{self, FP32, Format, LIBRARIES};
use crate::scenario::key::{
    Key, Rejection, documented, list, read_bool, read_choice, read_count, read_index, read_number, span, write_bool,
};
use crate::scenario::number::{self, Bounds};

fn read_int(field: &mut i32, bounds: &'static Bounds, text: &str) -> Result<(), Rejection> {
    let mut value = f64::from(*field);
    let read = read_number(&mut value, bounds, text);
    *field = value as i32;
    read
}

/// The keys, in the order they are written.
pub static KEYS: &[Key<FormatsScenario>] = &[
    Key {
        name: "formats",
        doc: documented!(
            "The formats side by side, one to six with commas between them; `custom` is the float of `e`, `m`, `bias`, `specials` and `subnormals`, `custom_int` the integer of `bits` and `signed`.",
            || list(scalars().map(|row| row.id).chain([CUSTOM, CUSTOM_INTEGER])),
            "fp32,e4m3fn"
        ),
        write: |scenario| scenario.picks.iter().map(|pick| pick.id()).collect::<Vec<_>>().join(","),
        read: |scenario, text| {
            let picks: Option<Vec<Pick>> = text.split(',').map(|id| Pick::from_id(id.trim())).collect();
            let mut picks = picks.ok_or(Rejection::NotUnderstood)?;
            let asked = picks.len();
            let mut seen = Vec::new();
            picks.retain(|pick| {
                !seen.contains(pick) && {
                    seen.push(*pick);
                    true
                }
            });
            picks.truncate(MOST_PICKS);
            let kept = picks.len();
            scenario.picks = picks;
            if kept == asked { Ok(()) } else { Err(Rejection::Clamped(None)) }
        },
    },
    Key {
        name: "x",
        doc: documented!(
            "The number: a decimal, a fraction, a hexadecimal float (`0x1.8p3`), `pi`, `e`, `nan`, `inf`, or a code of the first format (`0x3C00`, `0b0011`) or of another that is chosen (`fp16:0x7C01`).",
            || "up to 64 characters".to_owned(),
            "70000"
        ),
        write: |scenario| scenario.x.clone(),
        read: |scenario, text| {
            if text.chars().count() > 64 {
                return Err(Rejection::NotUnderstood);
            }
            // Read after `formats`, whose first the code may be of; a scale that comes later changes no verdict.
            // So would bits of a custom format: the lab says what is wrong with those.
            let row = |pick: &Pick| match pick {
                Pick::Row(row) => **row,
                _ => Format { id: pick.id(), ..FP32 },
            };
            let rows: Vec<Format> = scenario.picks.iter().map(row).collect();
            typed::read(text, &rows, scenario.scaling).map_err(Rejection::Because)?;
            scenario.x = text.to_owned();
            Ok(())
        },
    },
    Key {
        name: "round",
        doc: documented!(
            "Which of two neighbouring values a number becomes.",
            || list(ROUNDINGS.map(|row| row.0)),
            "zero"
        ),
        write: |scenario| ROUNDINGS[scenario.rounding].0.to_owned(),
        read: |scenario, text| read_index(&mut scenario.rounding, &ROUNDINGS, |row| row.0 == text),
    },
    Key {
        name: "random",
        doc: documented!(
            "For `round=stochastic`: the random number r; away from zero if ⌊δ·256⌋ + r ≥ 256.",
            || span(&RANDOM),
            "200"
        ),
        write: |scenario| number::format(scenario.random),
        read: |scenario, text| read_number(&mut scenario.random, &RANDOM, text),
    },
    Key {
        name: "by",
        doc: documented!("Whose rule decides overflow and NaN.", || list(LIBRARIES.iter().map(|row| row.id)), "torch"),
        write: |scenario| scenario.by().id.to_owned(),
        read: |scenario, text| {
            read_choice(
                &mut scenario.library,
                formats::library::library(text).and_then(|found| LIBRARIES.iter().position(|row| row.id == found.id)),
            )
        },
    },
    Key {
        name: "scale",
        doc: documented!("What 1 stands for in whole numbers and codebooks.", || span(&SCALE), "0.1"),
        write: |scenario| number::format(scenario.scaling.scale),
        read: |scenario, text| read_number(&mut scenario.scaling.scale, &SCALE, text),
    },
    Key {
        name: "zero",
        doc: documented!("The whole number that stands for zero: 0 for symmetric codes.", || span(&ZERO_POINT), "128"),
        write: |scenario| scenario.scaling.zero_point.to_string(),
        read: |scenario, text| read_int(&mut scenario.scaling.zero_point, &ZERO_POINT, text),
    },
    Key {
        name: "codes",
        doc: documented!(
            "Of whole numbers: every code, or as many below the middle as above it (−127 to 127).",
            || list(["full", "restricted"]),
            "restricted"
        ),
        write: |scenario| if scenario.scaling.restricted { "restricted" } else { "full" }.to_owned(),
        read: |scenario, text| {
            let restricted = match text {
                "full" => Some(false),
                "restricted" => Some(true),
                _ => None,
            };
            read_choice(&mut scenario.scaling.restricted, restricted)
        },
    },
    Key {
        name: "bits",
        doc: documented!("Bits of the custom integer.", || span(&INTEGER_BITS), "3"),
        write: |scenario| scenario.integer.bits.to_string(),
        read: |scenario, text| read_count(&mut scenario.integer.bits, &INTEGER_BITS, text),
    },
    Key {
        name: "signed",
        doc: documented!("Whether the custom integer has a sign.", || list(["0", "1"]), "0"),
        write: |scenario| write_bool(scenario.integer.signed),
        read: |scenario, text| read_choice(&mut scenario.integer.signed, read_bool(text)),
    },
    Key {
        name: "e",
        doc: documented!("Exponent bits of the custom float.", || span(&EXPONENT_BITS), "5"),
        write: |scenario| scenario.custom.exponent_bits.to_string(),
        read: |scenario, text| read_count(&mut scenario.custom.exponent_bits, &EXPONENT_BITS, text),
    },
    Key {
        name: "m",
        doc: documented!("Fraction bits of the custom float.", || span(&MANTISSA_BITS), "2"),
        write: |scenario| scenario.custom.mantissa_bits.to_string(),
        read: |scenario, text| read_count(&mut scenario.custom.mantissa_bits, &MANTISSA_BITS, text),
    },
    Key {
        name: "bias",
        doc: documented!("Bias of the custom float.", || span(&BIAS), "8"),
        write: |scenario| scenario.custom.bias.to_string(),
        read: |scenario, text| read_int(&mut scenario.custom.bias, &BIAS, text),
    },
    Key {
        name: "specials",
        doc: documented!(
            "What the custom float takes for infinity and NaN.",
            || list(SPECIALS.map(|row| row.0)),
            "none"
        ),
        write: |scenario| {
            let row = SPECIALS.iter().find(|row| row.2 == scenario.custom.specials);
            row.map_or("ieee", |row| row.0).to_owned()
        },
        read: |scenario, text| {
            read_choice(&mut scenario.custom.specials, SPECIALS.iter().find(|row| row.0 == text).map(|row| row.2))
        },
    },
    Key {
        name: "subnormals",
        doc: documented!("Whether the custom float has subnormals.", || list(["0", "1"]), "0"),
        write: |scenario| write_bool(scenario.custom.subnormals),
        read: |scenario, text| read_choice(&mut scenario.custom.subnormals, read_bool(text)),
    },
    Key {
        name: "zoom",
        doc: documented!("Half the width of the number line is |x| · 2^zoom.", || span(&ZOOM), "-8"),
        write: |scenario| number::format(scenario.zoom),
        read: |scenario, text| read_number(&mut scenario.zoom, &ZOOM, text),
    },
    Key {
        name: "block",
        doc: documented!("The block format that is taken apart.", || list(blocks().map(|row| row.id)), "q4_k"),
        write: |scenario| scenario.block.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.block, formats::format(text).filter(|row| !is_scalar(row))),
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
        name: "values",
        doc: documented!(
            "The block's numbers, with commas between them; fewer than a block holds are repeated. For formats that are only read, its bytes in hexadecimal.",
            || "up to 256 numbers".to_owned(),
            "1,-2,0.5"
        ),
        write: |scenario| scenario.values.clone(),
        read: |scenario, text| {
            if text.len() > 4096 {
                return Err(Rejection::NotUnderstood);
            }
            scenario.values = text.to_owned();
            Ok(())
        },
    },
];
