//! The number as it is typed, and as it is typed for the reader.

use crate::formats::Format;
use crate::formats::anatomy::{self, Scaling};
use crate::scenario::number;
use crate::units::shortest;

/// How a value is typed, so that it is read back as itself.
#[must_use]
pub fn typed(value: f64) -> String {
    if value.is_nan() {
        "nan".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "inf" } else { "-inf" }.to_owned()
    } else {
        shortest(value)
    }
}

/// How a value is typed that was only pointed at: to the power of ten below `step`, the distance that a pointer can tell.
#[must_use]
pub fn typed_near(value: f64, step: f64) -> String {
    if value.abs() < step || step <= 0.0 || !value.is_finite() {
        return if value.is_finite() && step > 0.0 { "0".to_owned() } else { typed(value) };
    }
    let digits = libm::floor(libm::log10(value.abs())) - libm::floor(libm::log10(step));
    let digits = digits.clamp(0.0, 16.0) as usize;
    number::parse(&format!("{value:.digits$e}")).map_or_else(|| typed(value), typed)
}

/// A number as it was given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number {
    /// The number.
    pub x: f64,
    /// The code that it was given as, and the id of the format that this is of.
    pub code: Option<(&'static str, u32)>,
}

/// Reads a number as a decimal, a fraction, a hexadecimal float (`0x1.8p3`), a name (`pi`, `e`, `nan`, `inf`), or as a code in
/// hexadecimal (`0x4049`) or binary (`0b0100…`), of the first row or of that whose id stands before it (`fp16:0x7C01`).
pub(super) fn read(text: &str, rows: &[Format], scaling: Scaling) -> Result<Number, String> {
    let (row, digits) = match text.split_once(':') {
        Some((id, digits)) => {
            let id = id.trim();
            let row = rows.iter().find(|row| row.id == id);
            let shown: String = id.chars().take(24).collect();
            (Some(row.ok_or_else(|| format!("“{shown}” is none of the formats that are chosen here."))?), digits)
        }
        None => (rows.first(), text),
    };
    let mut code = None;
    let x = read_number_or_code(digits, row, scaling, &mut code)?;
    Ok(Number { x, code: row.zip(code).map(|(row, code)| (row.id, code)) })
}

fn read_number_or_code(
    text: &str,
    first: Option<&Format>,
    scaling: Scaling,
    given: &mut Option<u32>,
) -> Result<f64, String> {
    let help = "Write a number such as 0.1, 1/3, 1e-8 or 0x1.8p3, a name (pi, nan, inf), or a code of the first format such as 0x3C00 or 0b0011.";
    let word = text.trim().to_ascii_lowercase().replace('−', "-").replace('∞', "inf").replace('π', "pi");
    let (sign, size) = match word.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, word.strip_prefix('+').unwrap_or(&word)),
    };
    match size {
        "pi" => return Ok(sign * std::f64::consts::PI),
        "e" => return Ok(sign * std::f64::consts::E),
        "nan" => return Ok(f64::NAN),
        "inf" | "infinity" => return Ok(sign * f64::INFINITY),
        "" => return Err(format!("There is no number. {help}")),
        _ => {}
    }
    let shown: String = text.trim().chars().take(24).collect();
    let mut code = |digits: &str, radix: u32| {
        let first = first.ok_or_else(|| "Choose a format first.".to_owned())?;
        let digits = digits.replace('_', "");
        let code = u32::from_str_radix(&digits, radix).map_err(|_| format!("“{shown}” is not a code. {help}"))?;
        if first.bits() < 32 && code >> first.bits() != 0 {
            return Err(format!("“{shown}” has more than the {} bits of {}.", first.bits(), first.name));
        }
        *given = Some(code);
        Ok(anatomy::decode(first, code, scaling))
    };
    if let Some(digits) = size.strip_prefix("0x") {
        return match digits.split_once('p') {
            Some((significand, exponent)) => hex_float(significand, exponent)
                .map(|size| sign * size)
                .ok_or_else(|| format!("“{shown}” is not a hexadecimal float. {help}")),
            None if sign > 0.0 => code(digits, 16),
            None => Err(format!("“{shown}”: a code has no sign before it. {help}")),
        };
    }
    if let Some(digits) = word.strip_prefix("0b") {
        return code(digits, 2);
    }
    let value = match word.split_once('/') {
        Some((numerator, denominator)) => number::parse(numerator).zip(number::parse(denominator)).map(|(n, d)| n / d),
        // Beyond every number is infinity here, as for who computes with it.
        None => number::parse(&word).or_else(|| number::decimal(&word)),
    };
    value.ok_or_else(|| format!("“{shown}” is not a number. {help}"))
}

/// `1.8`, `3` → 1.5 · 2³.
fn hex_float(significand: &str, exponent: &str) -> Option<f64> {
    let (whole, fraction) = significand.split_once('.').unwrap_or((significand, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || digits.len() > 14 {
        return None;
    }
    let value = u64::from_str_radix(&digits, 16).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(libm::ldexp(value as f64, exponent.clamp(-2000, 2000) - 4 * fraction.len() as i32))
}
