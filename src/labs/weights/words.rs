//! How the lab says what it shows.

use crate::formats::anatomy::figure;
use crate::labs::quantize::numbers::counted;
use crate::quantize::Granularity;
use crate::survey::{Errors, Setting};
use crate::units::significant;

/// What a setting is called.
pub fn setting_name(setting: &Setting) -> String {
    let name = setting.format.name;
    match setting.granularity {
        Granularity::Row => format!("{name} per row"),
        Granularity::Group(size) => format!("{name} per {size}"),
        Granularity::Tensor | Granularity::Column => name.to_owned(),
    }
}

/// Sizes with × between; a scalar has none.
pub fn shape(sizes: &[u64]) -> String {
    if sizes.is_empty() {
        return "scalar".to_owned();
    }
    sizes.iter().map(u64::to_string).collect::<Vec<_>>().join(" × ")
}

/// So many tensors.
pub fn tensors(n: u64) -> String {
    counted(n, "tensor")
}

/// A share as a percentage.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{} %", significant(100.0 * share, 3)) } else { "–".to_owned() }
}

/// The decibels of an error, or why there are none.
pub fn decibels(errors: &Errors) -> String {
    // No format does that, but other files may.
    if errors.x2 == 0.0 && errors.e2 > 0.0 && errors.overflowed == 0 {
        return "from zero".to_owned();
    }
    db(errors.decibels())
}

/// Decibels as they compare: without an end of an exact tensor, below all of one that overflows.
pub fn db(value: f64) -> String {
    if value == f64::INFINITY {
        "exact".to_owned()
    } else if value == f64::NEG_INFINITY {
        "overflows".to_owned()
    } else {
        format!("{value:.2}").replace('-', "−")
    }
}

/// A figure that may not be there.
pub fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), figure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_cross_between_them() {
        assert_eq!((shape(&[]), shape(&[2, 3])), ("scalar".to_owned(), "2 × 3".to_owned()));
    }

    #[test]
    fn decibels_have_words_where_there_is_no_number() {
        let errors = Errors { x2: 100.0, e2: 1.0, ..Errors::default() };
        assert_eq!(decibels(&errors), "20.00");
        assert_eq!(decibels(&Errors { e2: 0.0, ..errors }), "exact");
        assert_eq!(decibels(&Errors { overflowed: 1, ..errors }), "overflows");
        assert_eq!(decibels(&Errors { x2: 0.0, ..errors }), "from zero");
    }
}
