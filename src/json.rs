//! Reports as JSON: what *Copy JSON* gives and what an embedding page is sent.

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io;

/// A report as JSON. Every number reads back to the same f64.
#[must_use]
pub fn write(report: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail, and reports have neither maps with odd keys nor fallible parts.
    _ = report.serialize(&mut Serializer::with_formatter(&mut bytes, Numbers));
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes numbers as Rust does: serde_json's own way brings 10 KB of tables into the download.
struct Numbers;

impl Formatter for Numbers {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let size = value.abs();
        if size != 0.0 && !(1e-5..1e16).contains(&size) {
            write!(writer, "{value:e}")
        } else {
            write!(writer, "{value}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_report_is_an_object_in_the_order_of_its_fields() {
        #[derive(Serialize)]
        struct Report {
            total_bytes: f64,
            fits: bool,
            sqnr_db: Option<f64>,
            law: &'static str,
        }
        let report = Report { total_bytes: 1.6e10, fits: false, sqnr_db: None, law: "a \"law\"" };
        assert_eq!(write(&report), r#"{"total_bytes":16000000000,"fits":false,"sqnr_db":null,"law":"a \"law\""}"#);
    }

    proptest! {
        #[test]
        fn every_number_reads_back_the_same(value in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO) {
            prop_assert_eq!(write(&value).parse(), Ok(value));
        }
    }
}
