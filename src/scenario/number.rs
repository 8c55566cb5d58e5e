//! Numbers as people write them, and the bounds of number fields.

use crate::units::{scientific, short_count, shortest};

/// Reads `7e9`, `7B`, `1.5 T`, `70 000`, `7,000,000,000`, `2^30`; case of the suffix does not matter.
#[must_use]
pub fn parse(text: &str) -> Option<f64> {
    // Thin and no-break spaces come along when a number is copied from a page; so does the true minus sign.
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '_').collect::<String>().replace('−', "-");
    let text = if has_thousands_commas(&text) { text.replace(',', "") } else { text };
    if let Some((base, exponent)) = text.split_once('^') {
        let value = libm::pow(decimal(base)?, decimal(exponent)?);
        return value.is_finite().then_some(value);
    }
    let factor = match text.chars().last()?.to_ascii_uppercase() {
        'K' => 1e3,
        'M' => 1e6,
        'B' | 'G' => 1e9,
        'T' => 1e12,
        _ => 1.0,
    };
    let digits = if factor == 1.0 { text.as_str() } else { &text[..text.len() - 1] };
    decimal(digits).map(|value| value * factor).filter(|value| value.is_finite())
}

/// Reads `-12.5e-3`, correctly rounded; unlike `str::parse` neither `inf` nor `nan`, which nobody means in a field.
pub(super) fn decimal(text: &str) -> Option<f64> {
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().ok()?;
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let value = rounded(whole, fraction, exponent);
    Some(if negative { -value } else { value })
}

/// 0.`fraction` + `whole`, times ten to the `exponent`, correctly rounded.
#[cfg(not(all(target_arch = "wasm32", feature = "page")))]
fn rounded(whole: &str, fraction: &str, exponent: i32) -> f64 {
    minimal_lexical::parse_float(whole.as_bytes().iter(), fraction.as_bytes().iter(), exponent)
}

/// The same by the browser, which has it anyway: it is 3 KB of the page's first load.
#[cfg(all(target_arch = "wasm32", feature = "page"))]
fn rounded(whole: &str, fraction: &str, exponent: i32) -> f64 {
    crate::platform::decimal::read(&format!("{whole}.{fraction}0e{exponent}"))
}

fn has_thousands_commas(text: &str) -> bool {
    let whole = text.trim_start_matches('-');
    let whole = whole.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let mut groups = whole.split('.').next().unwrap_or_default().split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    (1..=3).contains(&first.len()) && !rest.is_empty() && rest.iter().all(|group| group.len() == 3)
}

/// The shortest text that [`parse`] reads back to the same number: `8e9`, `0.4`, `5.76e23`.
#[must_use]
pub fn format(value: f64) -> String {
    shortest(value)
}

/// A number as a field shows it: `70B` where a suffix says it exactly, else as [`format()`] writes it.
#[must_use]
pub fn show_in_field(value: f64) -> String {
    let plain = format(value);
    let suffixed = [("T", 1e12), ("B", 1e9), ("M", 1e6)]
        .iter()
        .find(|(_, factor)| (*factor..1e15).contains(&value))
        .map(|(suffix, factor)| format!("{}{suffix}", value / factor));
    match suffixed {
        Some(text) if text.len() <= 8 && parse(&text) == Some(value) => text,
        _ => plain,
    }
}

/// What a number field accepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// What the number is, as the start of a sentence: `Parameters`.
    pub name: &'static str,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
    /// Whether it counts something that has no parts.
    pub whole: bool,
}

impl Bounds {
    /// Reads a number field.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(&self, text: &str) -> Result<f64, String> {
        let Some(value) = parse(text) else {
            let text = text.trim();
            return Err(if text.is_empty() {
                format!("{}: type a number, such as {}.", self.name, show(self.example()))
            } else {
                format!(
                    "{}: “{}” is not a number. Write it as {}, for example.",
                    self.name,
                    shorten(text),
                    show(self.example())
                )
            });
        };
        if value < self.min || value > self.max {
            return Err(format!("{} must be from {} to {}.", self.name, show(self.min), show(self.max)));
        }
        if self.whole && value.fract() != 0.0 {
            return Err(format!("{} must be a whole number.", self.name));
        }
        Ok(value)
    }

    fn example(&self) -> f64 {
        let usual = if self.max >= 1e12 { 7e9 } else { self.min + 1.0 };
        if usual < self.min { self.min * 10.0 } else { usual.min(self.max) }
    }
}

fn show(value: f64) -> String {
    match value.abs() {
        v if v >= 1e15 || v > 0.0 && v < 1e-3 => scientific(value),
        v if v >= 1e4 => short_count(value),
        _ => format(value),
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 24 { text.to_owned() } else { text.chars().take(23).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, value) in [
            ("7e9", 7e9),
            ("7B", 7e9),
            ("1.5 t", 1.5e12),
            ("70 000", 7e4),
            ("7,000,000,000", 7e9),
            ("2^30", 1_073_741_824.0),
            ("−3", -3.0),
            ("0.4", 0.4),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
        for text in ["", "abc", "nan", "inf", "1e999", "--1", "7BB", "1,2", "B", "∞"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_field_says_what_is_wrong_with_its_text() {
        let field = Bounds { name: "Parameters", min: 1.0, max: 1e18, whole: false };
        assert_eq!(field.read("7B"), Ok(7e9));
        assert_eq!(field.read("1e30"), Err("Parameters must be from 1 to 10¹⁸.".into()));
        assert_eq!(field.read("-5"), Err("Parameters must be from 1 to 10¹⁸.".into()));
        assert_eq!(field.read("lots"), Err("Parameters: “lots” is not a number. Write it as 7B, for example.".into()));
        let seed = Bounds { name: "The seed", whole: true, ..field };
        assert_eq!(seed.read("1.5"), Err("The seed must be a whole number.".into()));
        assert!(field.read(" ").is_err_and(|sentence| sentence.starts_with("Parameters: type a number")));
    }

    proptest! {
        #[test]
        fn decimals_are_read_as_the_standard_library_reads_them(text in "[-+]?[0-9]{0,25}\\.?[0-9]{0,25}(e[-+]?[0-9]{1,3})?") {
            let expected = text.parse::<f64>().ok().filter(|value| value.is_finite());
            prop_assert_eq!(decimal(&text).filter(|value| value.is_finite()), expected);
        }

        #[test]
        fn a_formatted_number_reads_back_the_same(value in prop::num::f64::NORMAL) {
            prop_assert_eq!(parse(&format(value)), Some(value));
        }
    }
}
