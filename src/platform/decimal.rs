//! Decimals, as the browser reads them.

/// A number in decimal digits, correctly rounded (`Number` of ECMAScript); NaN if it is none.
#[must_use]
pub fn read(digits: &str) -> f64 {
    js_sys::Number::parse_float(digits)
}
