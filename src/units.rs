//! Quantities with their units in the type.
//!
//! A bare `f64` never crosses a module: a function that takes [`Params`] cannot be handed [`Tokens`]. Quantities are
//! `f64` by design, since budgets span 10⁰ to 10²⁸ and are rounded for people; every count below 2⁵³ is exact.
//!
//! Formatting is value + unit. Prefixes are decimal (1 GB = 10⁹ bytes) unless the binary form is asked for
//! (1 GiB = 2³⁰ bytes); both are always labelled.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub f64);

        impl $name {
            /// The plain number, in this type's unit.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }
        }
        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        impl std::ops::Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                Self(values.map(Self::get).sum())
            }
        }
        impl std::ops::Mul<f64> for $name {
            type Output = Self;
            fn mul(self, factor: f64) -> Self {
                Self(self.0 * factor)
            }
        }
        impl std::ops::Div for $name {
            type Output = f64;
            fn div(self, other: Self) -> f64 {
                self.0 / other.0
            }
        }
    };
}

quantity!(/// Bytes of memory.
    Bytes);
quantity!(/// Model parameters.
    Params);
quantity!(/// Training or context tokens.
    Tokens);
quantity!(/// Floating-point operations (a count, not a rate).
    Flop);
quantity!(/// Floating-point operations per second.
    FlopPerSecond);
quantity!(/// Tokens per second.
    TokensPerSecond);
quantity!(/// Seconds.
    Seconds);
quantity!(/// Loss in nats per token; perplexity is e^loss.
    Nats);

/// Which prefixes byte counts are shown with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ByteUnits {
    /// kB, MB, GB, TB: powers of 1000.
    #[default]
    Decimal,
    /// KiB, MiB, GiB, TiB: powers of 1024.
    Binary,
}

impl Bytes {
    /// The value with the largest prefix that keeps it at or above 1, e.g. `16.1 GB` or `14.96 GiB`.
    #[must_use]
    pub fn show(self, units: ByteUnits) -> String {
        match units {
            ByteUnits::Decimal => with_prefix(self.0, 1e3, &["B", "kB", "MB", "GB", "TB", "PB", "EB"]),
            ByteUnits::Binary => with_prefix(self.0, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]),
        }
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show(ByteUnits::Decimal))
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&short_count(self.0))
    }
}

impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tokens", short_count(self.0))
    }
}

impl fmt::Display for Flop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} FLOP", scientific(self.0))
    }
}

impl fmt::Display for Nats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.4} nats/token", self.0)
    }
}

/// Three significant digits with K, M, B, T as the field writes counts: `8.03B`, `1.4T`, `512`.
///
/// Beyond 10¹⁵ the value is written as a power of ten.
#[must_use]
pub fn short_count(value: f64) -> String {
    if value.abs() >= 1e15 {
        return scientific(value);
    }
    let (scaled, suffix) = scale_by(value, 1e3, &["", "K", "M", "B", "T"]);
    format!("{}{suffix}", significant(scaled, 3))
}

/// `5.76 × 10²³`: three significant digits and a power of ten.
#[must_use]
pub fn scientific(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let text = format!("{value:.2e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = trim_zeros(mantissa);
    if mantissa == "1" {
        format!("10{}", superscript(exponent))
    } else {
        format!("{mantissa} × 10{}", superscript(exponent))
    }
}

/// A large number in words: `576 sextillion`; `None` below a million and beyond the names that there are.
#[must_use]
pub fn in_words(value: f64) -> Option<String> {
    const NAMES: [&str; 10] = [
        "million",
        "billion",
        "trillion",
        "quadrillion",
        "quintillion",
        "sextillion",
        "septillion",
        "octillion",
        "nonillion",
        "decillion",
    ];
    let (scaled, name) = NAMES.iter().enumerate().rev().find_map(|(i, name)| {
        let scaled = value / libm::exp10(6.0 + 3.0 * i as f64);
        (scaled >= 0.9995).then_some((scaled, name))
    })?;
    (scaled < 1000.0).then(|| format!("{} {name}", significant(scaled, 3)))
}

/// The shortest text that reads back to the same number: `8e9`, `0.4`, `5.76e23`.
#[must_use]
pub fn shortest(value: f64) -> String {
    let plain = format!("{value}");
    let exponent = format!("{value:e}");
    if plain.len() <= exponent.len().max(6) { plain } else { exponent }
}

/// A whole number or sign written in superscript digits: `-12` → `⁻¹²`.
#[must_use]
pub fn superscript(digits: &str) -> String {
    digits
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '0' | '4'..='9' => char::from_u32('⁰' as u32 + (c as u32 - '0' as u32)).unwrap_or(c),
            other => other,
        })
        .collect()
}

/// `value` rounded to `digits` significant digits, without trailing zeros and without an exponent.
#[must_use]
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let magnitude = libm::log10(value.abs()).floor() as i32;
    let decimals = (digits as i32 - 1 - magnitude).max(0) as usize;
    trim_zeros(&format!("{value:.decimals$}")).to_owned()
}

fn trim_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

fn scale_by<'a>(value: f64, base: f64, names: &[&'a str]) -> (f64, &'a str) {
    let mut scaled = value;
    let mut index = 0;
    // 999.5 would print as "1000": move up one prefix at the rounding border, not at the power.
    while index + 1 < names.len() && scaled.abs() >= base * 0.9995 {
        scaled /= base;
        index += 1;
    }
    (scaled, names[index])
}

fn with_prefix(value: f64, base: f64, names: &[&str]) -> String {
    let (scaled, name) = scale_by(value, base, names);
    if scaled.abs() >= 1e6 {
        return format!("{} {name}", scientific(scaled));
    }
    let digits = if scaled.abs() >= 1000.0 { 4 } else { 3 };
    format!("{} {name}", significant(scaled, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decimal_by_default_and_binary_on_request() {
        assert_eq!(Bytes(4e9).to_string(), "4 GB");
        assert_eq!(Bytes(85_899_345_920.0).to_string(), "85.9 GB");
        assert_eq!(Bytes(85_899_345_920.0).show(ByteUnits::Binary), "80 GiB");
        assert_eq!(Bytes(0.0).to_string(), "0 B");
        assert_eq!(Bytes(999.9e9).to_string(), "1 TB");
    }

    #[test]
    fn counts_use_the_suffixes_of_the_field() {
        assert_eq!(Params(8_030_261_248.0).to_string(), "8.03B");
        assert_eq!(Tokens(1.4e12).to_string(), "1.4T tokens");
        assert_eq!(short_count(512.0), "512");
        assert_eq!(short_count(1e30), "10³⁰");
    }

    #[test]
    fn powers_of_ten_have_names() {
        let words = |value| in_words(value).unwrap_or_default();
        assert_eq!((words(5.76e23), words(1e6)), ("576 sextillion".to_owned(), "1 million".to_owned()));
        assert_eq!((words(999_999.0), words(999e33)), ("1 million".to_owned(), "999 decillion".to_owned()));
        assert_eq!((in_words(9e5), in_words(1e37), in_words(f64::NAN)), (None, None, None));
    }

    #[test]
    fn flop_counts_are_powers_of_ten() {
        assert_eq!(Flop(5.76e23).to_string(), "5.76 × 10²³ FLOP");
        assert_eq!(scientific(1e24), "10²⁴");
        assert_eq!(scientific(1.5e-7), "1.5 × 10⁻⁷");
    }
}
