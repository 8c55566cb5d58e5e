//! `formats/decode/`, `encode/` and `formats.json`: every code decoded, and awkward numbers encoded, by ml_dtypes, gfloat,
//! torch, numpy and gguf.

use crate::vectors::{assert_same_codes, assert_same_floats, dtype, load, names};
use crate::{golden, list};
use bitbudget::formats::library::{WithoutNan, library};
use bitbudget::formats::{Cast, FORMATS, Facts, Format, Kind, Library, NanRule, Overflow, Rounding, format};
use serde_json::Value;

/// "No NaN in this format", in the vectors of gfloat.
const NO_CODE: u32 = 0xffff;

fn row(id: &str) -> &'static Format {
    format(id).unwrap_or_else(|| panic!("no format {id}"))
}

fn decode(format: &Format, code: u32) -> f64 {
    match format.kind {
        Kind::Float(float) => float.decode(code),
        Kind::Exponent(exponent) => exponent.decode(code),
        _ => panic!("{} has no values of its own", format.id),
    }
}

/// The code of a number by a library; nothing where there is none.
fn encode(format: &Format, x: f32, by: &Library, rounding: Rounding) -> u32 {
    let code = match format.kind {
        Kind::Float(float) => float.encode(x.into(), by.conversion(format, rounding)),
        Kind::Exponent(exponent) => Some(exponent.encode(x.into(), rounding, by.below)),
        _ => panic!("{} is no scalar", format.id),
    };
    code.unwrap_or(match (by.without_nan, format.kind) {
        (WithoutNan::NegatedZero, Kind::Float(float)) => {
            if x.is_sign_negative() {
                0
            } else {
                float.sign_bit()
            }
        }
        _ => NO_CODE,
    })
}

fn codes(path: &str) -> Vec<u32> {
    match dtype(path).as_str() {
        "uint8" => load::<u8>(path).data.into_iter().map(u32::from).collect(),
        _ => load::<u16>(path).data.into_iter().map(u32::from).collect(),
    }
}

#[test]
fn every_code_has_the_value_of_ml_dtypes_or_gfloat() {
    let files = names("decode", ".bin");
    assert!(!files.is_empty());
    for id in files {
        let expected = load::<f32>(&format!("decode/{id}.bin")).data;
        let format = row(&id);
        assert_eq!(expected.len(), 1 << format.bits(), "codes of {id}");
        let ours: Vec<f32> = (0..expected.len() as u32).map(|code| decode(format, code) as f32).collect();
        assert_same_floats(&id, &ours, &expected);
        if let Kind::Float(float) = format.kind {
            let cast = Cast::new(float, Overflow::Special, NanRule::Quiet);
            let ours: Vec<f32> = (0..expected.len() as u32).map(|code| f32::from_bits(cast.decode(code))).collect();
            assert_same_floats(&format!("{id}, for tensors"), &ours, &expected);
        }
    }
}

#[test]
fn every_small_scalar_has_a_decode_table() {
    let files = names("decode", ".bin");
    for format in FORMATS {
        let is_scalar = matches!(format.kind, Kind::Float(_) | Kind::Exponent(_));
        assert!(!is_scalar || format.bits() > 8 || files.contains(format.id), "{} has no table", format.id);
    }
}

/// The rule and the rounding that a file's name stands for: `nonsat`, `sat`, `torch`, `ggml`, `rtz.sat`, `sr8_127.sat`.
fn rule_of(name: &str) -> (&'static Library, Rounding) {
    let library = |id| library(id).unwrap_or_else(|| panic!("no library {id}"));
    match name {
        "nonsat" => return (library("ml_dtypes"), Rounding::NearestEven),
        "torch" | "ggml" => return (library(name), Rounding::NearestEven),
        _ => {}
    }
    let rounding = match name.strip_suffix("sat").map(|rest| rest.trim_end_matches('.')) {
        Some("") => Rounding::NearestEven,
        Some("rtz") => Rounding::TowardZero,
        Some("rup") => Rounding::Up,
        Some("rdn") => Rounding::Down,
        Some("rna") => Rounding::NearestAway,
        Some(other) => {
            let parts = other.strip_prefix("sr").and_then(|rest| rest.split_once('_'));
            let (bits, random) = parts.unwrap_or_else(|| panic!("a new kind of rule: {name}"));
            let number = |text: &str| text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
            Rounding::Stochastic { bits: number(bits), random: number(random) }
        }
        None => panic!("a new kind of rule: {name}"),
    };
    (library("gfloat"), rounding)
}

#[test]
fn every_input_has_the_code_of_each_library_rounding_and_overflow_rule() {
    let inputs = load::<u32>("encode/inputs.bin").data;
    let mut files = 0;
    for name in names("encode", ".bin") {
        if name == "inputs" || name.starts_with("ue4m3") {
            continue; // the latter are ggml's own scale format, see ggml.rs
        }
        let (id, rule) = name.split_once('.').unwrap_or_else(|| panic!("{name} names no rule"));
        let format = row(id);
        let (library, rounding) = rule_of(rule);
        let expected = codes(&format!("encode/{name}.bin"));
        assert_eq!(expected.len(), inputs.len(), "{name}");
        let is_numpys_fp16 = name == "fp16.nonsat";
        let ours: Vec<u32> = inputs
            .iter()
            .zip(&expected)
            .map(|(&bits, &theirs)| {
                let x = f32::from_bits(bits);
                // numpy's NaN keeps a payload that x86 chooses: only that it is one counts (see the specification).
                if is_numpys_fp16 && x.is_nan() && decode(format, theirs).is_nan() {
                    return theirs;
                }
                encode(format, x, library, rounding)
            })
            .collect();
        assert_same_codes(&name, &ours, &expected);
        files += 1;
    }
    assert!(files > 0);
}

#[test]
fn tensors_are_cast_as_single_numbers_are() {
    let inputs = load::<u32>("encode/inputs.bin").data;
    for format in FORMATS {
        let Kind::Float(float) = format.kind else { continue };
        for overflow in [Overflow::Saturate, Overflow::Special] {
            let cast = Cast::new(float, overflow, NanRule::Quiet);
            let by = bitbudget::formats::Conversion { rounding: Rounding::NearestEven, overflow, nan: NanRule::Quiet };
            for &bits in &inputs {
                let one = float.encode(f32::from_bits(bits).into(), by).unwrap_or(0);
                assert_eq!(cast.encode(bits), one, "{} {overflow:?} of {bits:#010x}", format.id);
            }
        }
    }
}

#[test]
fn derived_facts_are_those_of_ml_dtypes_gfloat_and_numpy() {
    let file = golden("formats/formats.json");
    let file = file.as_object().expect("a format a key");
    assert!(!file.is_empty());
    for (id, expected) in file {
        let format = row(id);
        let facts = Facts::of(format);
        let number = |key: &str| expected.get(key).and_then(Value::as_f64);
        let check = |key: &str, ours: Option<f64>| {
            if let Some(theirs) = number(key) {
                assert_eq!(ours, Some(theirs), "{id}: {key}");
            }
        };
        check("bits", Some(facts.bits.into()));
        check("max", facts.max);
        // ml_dtypes gives E8M0 its smallest value as a subnormal too; it has none.
        if !matches!(format.kind, Kind::Exponent(_)) {
            check("min_subnormal", facts.min_subnormal);
        }
        check("min_normal", facts.min_normal);
        check("eps", facts.epsilon);
        check("distinct_finite", facts.finite_values.map(|n| n as f64));
        if let Kind::Float(float) = format.kind {
            check("exp_bits", Some(float.exponent_bits.into()));
            check("mant_bits", Some(float.mantissa_bits.into()));
            check("precision", Some(f64::from(float.mantissa_bits) + 1.0));
            check("bias", Some(float.bias.into()));
            if let Some(theirs) = expected.get("neg_zero").and_then(Value::as_bool) {
                assert_eq!(facts.negative_zero, Some(theirs), "{id}: −0");
            }
        }
        for (key, ours) in [("nan_codes", &facts.nan_codes), ("inf_codes", &facts.infinity_codes)] {
            if expected.get(key).is_some() {
                let theirs: Vec<u32> =
                    list(expected, key).iter().filter_map(|code| code.as_u64().map(|c| c as u32)).collect();
                let ours: Vec<u32> = ours.iter().cloned().flatten().collect();
                assert_eq!(ours, theirs, "{id}: {key}");
            }
        }
    }
}
