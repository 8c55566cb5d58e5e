//! What holds for every row of the table of formats: laws of rounding, and the facts that follow from a row.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bitbudget::formats::float::{Class, Error, Specials};
use bitbudget::formats::{
    Conversion, FORMATS, Facts, Float, Format, Kind, Layout, NanRule, Overflow, Rounding, bnb, ggml, mx, nvfp4,
};
use proptest::prelude::*;

const NEAREST: Conversion =
    Conversion { rounding: Rounding::NearestEven, overflow: Overflow::Saturate, nan: NanRule::Quiet };

fn floats() -> impl Iterator<Item = (&'static Format, Float)> {
    FORMATS.iter().filter_map(|format| match format.kind {
        Kind::Float(float) => Some((*format, float)),
        _ => None,
    })
}

/// Every code of a small format, and a spread over those of a large one.
fn codes(float: Float) -> impl Iterator<Item = u32> {
    let all = 1u64 << float.bits();
    let step = (all >> 17) | 1;
    (0..all).step_by(step as usize).map(|code| code as u32)
}

#[test]
fn encoding_a_value_gives_its_code_back() {
    for (format, float) in floats() {
        for code in codes(float).filter(|&code| float.class(code) != Class::Nan) {
            let value = float.decode(code);
            for rounding in [
                Rounding::NearestEven,
                Rounding::NearestAway,
                Rounding::TowardZero,
                Rounding::Up,
                Rounding::Down,
                Rounding::ToOdd,
            ] {
                let by = Conversion { rounding, overflow: Overflow::Special, nan: NanRule::Quiet };
                assert_eq!(float.encode(value, by), Some(code), "{} {code:#x} {rounding:?}", format.id);
            }
        }
    }
}

#[test]
fn codes_of_positive_numbers_are_in_their_order() {
    for (format, float) in floats() {
        let mut last = -1.0;
        for code in codes(float).filter(|&code| code <= float.max_code()) {
            let value = float.decode(code);
            assert!(value > last, "{} {code:#x}", format.id);
            last = value;
        }
    }
}

#[test]
fn negating_a_number_negates_its_value() {
    for (format, float) in floats() {
        for code in codes(float).filter(|&code| code <= float.max_code() && code > 0) {
            assert_eq!(float.decode(code | float.sign_bit()), -float.decode(code), "{} {code:#x}", format.id);
        }
    }
}

#[test]
fn blocks_of_the_table_are_as_large_as_their_codecs_make_them() {
    for format in FORMATS {
        let Kind::Block(block) = format.kind else { continue };
        let (size, bits) = match block.layout {
            Layout::Mx(element) => (mx::BLOCK_SIZE, 8 + mx::BLOCK_SIZE * element.bits() as usize),
            Layout::Nvfp4 { .. } => (nvfp4::BLOCK_SIZE, 8 + nvfp4::BLOCK_SIZE * 4),
            Layout::Bnb { codebook, double } => {
                // Of double quantization a block has a byte, and shares the rest.
                (block.size, if double { 8 } else { 32 } + block.size * codebook.bits() as usize)
            }
            Layout::Ggml { id, .. } => {
                let codec = ggml::TYPES.iter().find(|codec| codec.id == id).unwrap();
                assert!(format.name.starts_with(codec.name), "{} is {}", format.name, codec.name);
                (codec.block_size, 8 * codec.block_bytes)
            }
        };
        assert_eq!((block.size, 8 * block.bytes), (size, bits), "{}", format.id);
    }
    let of_ggml =
        FORMATS.iter().filter(|f| matches!(f.kind, Kind::Block(b) if matches!(b.layout, Layout::Ggml { .. })));
    assert_eq!(of_ggml.count(), ggml::TYPES.len(), "every type of ggml is in the table");
}

#[test]
fn a_block_format_is_read_only_exactly_if_it_has_no_encoder() {
    for format in FORMATS {
        let Kind::Block(block) = format.kind else { continue };
        let Layout::Ggml { id, .. } = block.layout else { continue };
        let codec = ggml::TYPES.iter().find(|codec| codec.id == id).unwrap();
        assert_eq!(bitbudget::scenario::formats::is_only_read(format), codec.encode.is_none(), "{}", format.id);
    }
}

#[test]
fn bits_per_weight_are_the_known_ones() {
    for (id, expected) in
        [("q4_k", 4.5), ("q6_k", 6.5625), ("mxfp4", 4.25), ("nvfp4", 4.5), ("bnb_nf4_block", 4.5), ("int4", 4.0)]
    {
        assert_eq!(bitbudget::formats::format(id).unwrap().bits_per_weight(), expected, "{id}");
    }
    let double = bitbudget::formats::format("bnb_nf4_double").unwrap().bits_per_weight();
    assert!((double - 4.127).abs() < 5e-4, "QLoRA's 4.127: {double}");
    assert_eq!(bnb::NESTED_BLOCK_SIZE, 256);
}

#[test]
fn dynamic_range_is_the_largest_over_the_smallest() {
    let facts = |id| Facts::of(bitbudget::formats::format(id).unwrap());
    // 65504 / 2⁻²⁴ = 1.1e12
    assert!((facts("fp16").dynamic_range_decades().unwrap() - 12.04).abs() < 0.01);
    assert!(
        (facts("bf16").dynamic_range_db().unwrap() / 20.0 - facts("bf16").dynamic_range_decades().unwrap()).abs()
            < 1e-12
    );
    assert_eq!(facts("int8").dynamic_range(), None, "without a scale a whole number has no range");
}

#[test]
fn a_custom_format_that_cannot_be_is_refused_with_its_reason() {
    let base = Float::ieee(4, 3);
    assert_eq!(base.custom(), Ok(base));
    assert_eq!(Float { exponent_bits: 9, ..base }.custom(), Err(Error::TooWide));
    assert_eq!(Float { mantissa_bits: 24, ..base }.custom(), Err(Error::TooWide));
    assert_eq!(
        Float { exponent_bits: 0, mantissa_bits: 0, specials: Specials::None, ..base }.custom(),
        Err(Error::NoBits)
    );
    assert_eq!(Float { exponent_bits: 0, ..base }.custom(), Err(Error::NoExponent));
    assert!(matches!(Float { bias: 2000, ..base }.custom(), Err(Error::Bias { .. })));
    assert!(matches!(Float { bias: -2000, ..base }.custom(), Err(Error::Bias { .. })));
    assert_eq!(Float { mantissa_bits: 0, ..base }.custom(), Err(Error::NoFraction));
    let one_bit = Float { exponent_bits: 1, mantissa_bits: 0, specials: Specials::TopNan, ..base };
    assert_eq!(one_bit.custom(), Err(Error::NoNumbers));
}

/// Any custom float that can be.
fn custom() -> impl Strategy<Value = Float> {
    let specials = prop::sample::select(vec![
        Specials::Ieee,
        Specials::TopNan,
        Specials::TopInfinity,
        Specials::None,
        Specials::NanForNegativeZero,
        Specials::NanForNegativeZeroTopInfinity,
    ]);
    (0u32..=8, 0u32..=23, -1100i32..1100, specials, any::<bool>())
        .prop_map(|(exponent_bits, mantissa_bits, bias, specials, subnormals)| Float {
            exponent_bits,
            mantissa_bits,
            bias,
            specials,
            subnormals,
        })
        .prop_filter_map("cannot be", |float| float.custom().ok())
}

/// A row or a custom format, and a number of a size that it can hold or nearly so.
fn float_and_number() -> impl Strategy<Value = (Float, f64)> {
    let rows: Vec<Float> = floats().map(|(_, float)| float).collect();
    let float = prop_oneof![prop::sample::select(rows), custom()];
    (float, any::<u32>(), -1.0f64..1.0, 0u32..4).prop_map(|(float, code, part, how)| {
        // Beside a value of the format, so that neighbours and ties are met.
        let value = float.decode(code % (float.max_code() + 1));
        let step = float.spacing(value);
        let x = match how {
            0 => value + step * part,
            1 => value + step / 2.0,
            2 => value * (1.0 + part / 1e6) + step / 2.0,
            _ => float.max() * (1.0 + part / 10.0),
        };
        (float, if code % 2 == 0 { x } else { -x })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_error_is_at_most_half_a_step_within_the_range((float, x) in float_and_number()) {
        prop_assume!(x.is_finite() && x.abs() <= float.max());
        let value = float.decode(float.encode(x, NEAREST).unwrap());
        // Of two steps that meet at x's size the larger bounds the error.
        let step = float.spacing(x).max(float.spacing(value));
        prop_assert!((value - x).abs() <= step / 2.0, "{float:?}: {x} became {value}, a step is {step}");
    }

    #[test]
    fn the_nearest_value_is_one_of_the_two_directed_ones((float, x) in float_and_number()) {
        prop_assume!(x.is_finite());
        let by = |rounding| float.decode(float.encode(x, Conversion { rounding, ..NEAREST }).unwrap());
        let (down, up) = (by(Rounding::Down), by(Rounding::Up));
        prop_assert!(down <= x.clamp(-float.max(), float.max()) && up >= x.clamp(-float.max(), float.max()));
        for rounding in [Rounding::NearestEven, Rounding::NearestAway, Rounding::TowardZero, Rounding::ToOdd,
                         Rounding::Stochastic { bits: 8, random: 77 }] {
            let value = by(rounding);
            prop_assert!(value == down || value == up, "{float:?} {rounding:?}: {x} became {value}, not {down} or {up}");
        }
        prop_assert_eq!(by(Rounding::TowardZero).abs(), down.abs().min(up.abs()));
    }

    #[test]
    fn rounding_twice_is_rounding_once((float, x) in float_and_number()) {
        prop_assume!(x.is_finite());
        let once = float.encode(x, NEAREST).unwrap();
        prop_assert_eq!(float.encode(float.decode(once), NEAREST), Some(once));
    }

    #[test]
    fn larger_numbers_have_no_smaller_values((float, x) in float_and_number(), more in 0.0f64..1e3) {
        prop_assume!(x.is_finite());
        let value = |x: f64| float.decode(float.encode(x, NEAREST).unwrap());
        prop_assert!(value(x) <= value(x + more));
    }

    #[test]
    fn rounding_is_the_same_on_both_sides_of_zero((float, x) in float_and_number()) {
        prop_assume!(x.is_finite());
        let value = |x: f64| float.decode(float.encode(x, NEAREST).unwrap());
        prop_assert_eq!(value(-x), -value(x));
    }

    #[test]
    fn stochastic_rounding_goes_away_as_often_as_the_part_of_a_step((float, x) in float_and_number()) {
        prop_assume!(x.is_finite() && x.abs() < float.max());
        let by = |rounding| float.decode(float.encode(x, Conversion { rounding, ..NEAREST }).unwrap());
        let (zero, away) = (by(Rounding::TowardZero), by(if x < 0.0 { Rounding::Down } else { Rounding::Up }));
        prop_assume!(zero != away);
        let part = (x - zero) / (away - zero);
        let count = (0..256).filter(|&random| by(Rounding::Stochastic { bits: 8, random }) == away).count();
        prop_assert_eq!(count, (part * 256.0).floor() as usize);
    }
}
