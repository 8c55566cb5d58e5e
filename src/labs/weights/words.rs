//! How the lab says what it shows.

use crate::formats::anatomy::figure;
use crate::labs::quantize::numbers::counted;
use crate::quantize::Granularity;
use crate::survey::{Errors, Setting};
use crate::units::significant;
use crate::weights::dtype::Dtype;

/// What a dtype is called.
pub fn dtype_name(dtype: Dtype) -> String {
    match dtype {
        Dtype::Number(format) => format.name.to_owned(),
        Dtype::Blocks(block_type) => block_type.name.to_owned(),
        Dtype::Integer { bits, is_signed } => format!("{}INT{bits}", if is_signed { "" } else { "U" }),
        Dtype::Fp64 => "FP64".to_owned(),
        Dtype::Bool => "BOOL".to_owned(),
        Dtype::Complex(bits) => format!("Complex of FP{bits}"),
    }
}

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
    fn what_is_stored_has_the_name_that_people_know() {
        let all = [Dtype::BF16, Dtype::Integer { bits: 8, is_signed: false }, Dtype::Bool, Dtype::Complex(32)];
        assert_eq!(all.map(dtype_name), ["BF16", "UINT8", "BOOL", "Complex of FP32"]);
        assert_eq!((shape(&[]), shape(&[2, 3])), ("scalar".to_owned(), "2 × 3".to_owned()));
    }

    #[test]
    fn decibels_have_words_where_there_is_no_number() {
        let errors = Errors { x2: 100.0, e2: 1.0, ..Errors::default() };
        assert_eq!(decibels(&errors), "20.00");
        assert_eq!(decibels(&Errors { e2: 0.0, ..errors }), "exact");
        assert_eq!(decibels(&Errors { overflowed: 1, ..errors }), "overflows");
    }
}
