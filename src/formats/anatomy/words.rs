//! Numbers and codes in words.

use super::{Scaling, decode, ordinal};
use crate::formats::float::{Class, Float};
use crate::formats::{Format, Kind};
use crate::units::{scientific, shortest, significant, superscript};

/// How a code becomes its value, with the numbers put in.
#[must_use]
pub fn formula(format: &Format, code: u32, scaling: Scaling) -> String {
    let value = decode(format, code, scaling);
    let shown = if value.is_finite() { equals(value) } else { format!("= {}", shown(format, value)) };
    match format.kind {
        Kind::Float(float) => float_formula(float, code, &shown),
        Kind::Exponent(exponent) if code == exponent.nan_code() => "all bits set: NaN".to_owned(),
        Kind::Exponent(exponent) => format!("2^({code} − {}) {shown}", exponent.bias),
        Kind::Integer(_) => {
            let (whole, scale) = (minus(ordinal(format, code)), shortest(scaling.scale));
            match scaling.zero_point {
                0 => format!("code × scale = {whole} × {scale} {shown}"),
                zero => format!("(code − zero point) × scale = ({whole} − {}) × {scale} {shown}", in_brackets(zero)),
            }
        }
        Kind::Codebook(codebook) => {
            format!(
                "value {code} of the list × scale = {} × {} {shown}",
                codebook.decode(code),
                shortest(scaling.scale)
            )
        }
        Kind::Block(_) => String::new(),
    }
}

/// A value behind the sign that fits: equal where its digits are all of it, nearly equal where there are more than 17.
fn equals(value: f64) -> String {
    // It has no digit but its only one.
    if value == 0.0 {
        return "= 0".to_owned();
    }
    let digits = |text: &str| {
        let (digits, _) = text.split_once('e').unwrap_or((text, ""));
        digits.trim_start_matches('-').trim_end_matches('0').bytes().filter(u8::is_ascii_digit).count()
    };
    // More places than any value of 32 bits has.
    let all = digits(&format!("{value:.120e}"));
    let text = match all {
        18.. => return format!("≈ {}", shortest(value)).replace('-', "−"),
        _ if all > digits(&format!("{value:e}")) => format!("{value:.*e}", all - 1),
        _ => shortest(value),
    };
    format!("= {text}").replace('-', "−")
}

/// A whole number with a minus sign.
fn minus(whole: i64) -> String {
    whole.to_string().replace('-', "−")
}

/// The same, in brackets where another sign stands before it.
fn in_brackets(whole: i32) -> String {
    if whole < 0 { format!("({})", minus(whole.into())) } else { whole.to_string() }
}

fn float_formula(float: Float, code: u32, shown: &str) -> String {
    let m = float.mantissa_bits;
    let fraction = code & ((1 << m) - 1);
    let exponent = (code & (float.sign_bit() - 1)) >> m;
    let sign = if code & float.sign_bit() == 0 { "" } else { "−" };
    let bias = float.bias;
    let part = if m == 0 { String::new() } else { format!(" + {fraction}/2{}", superscript(&m.to_string())) };
    match float.class(code) {
        Class::Nan => "this code is NaN".to_owned(),
        Class::Infinity => format!("this code is {sign}∞"),
        Class::Zero => format!("exponent and fraction 0: {sign}0"),
        Class::Subnormal => {
            format!("exponent 0, subnormal: {sign}2^(1 − {bias}) × {fraction}/2{} {shown}", superscript(&m.to_string()))
        }
        Class::Normal => format!("{sign}2^({exponent} − {bias}) × (1{part}) {shown}"),
    }
}

/// A value of a format in as few digits as tell it from every other value of FP32, for formats of 32 bits; exactly, for
/// smaller ones.
#[must_use]
pub fn shown(format: &Format, value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞".to_owned() } else { "−∞".to_owned() };
    }
    let text = match format.kind {
        // A whole number has no digits that could be left out.
        Kind::Float(float) if float.mantissa_bits == 23 && (value.fract() != 0.0 || value.abs() >= 1e16) => {
            let (plain, exponent) = (format!("{}", value as f32), format!("{:e}", value as f32));
            if plain.len() <= exponent.len().max(9) { plain } else { exponent }
        }
        _ => shortest(value),
    };
    text.replace('-', "−")
}

/// An error or a distance, in a few digits.
#[must_use]
pub fn figure(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return "–".to_owned();
    }
    if size != 0.0 && !(1e-3..1e6).contains(&size) { scientific(value) } else { significant(value, 4) }
        .replace('-', "−")
}
