//! Every format with its derived facts, as a table for the page, the documentation and a spreadsheet.

use super::{FORMATS, Facts, Format};
use crate::units::{scientific, shortest, significant};
use std::fmt::Write as _;
use std::ops::RangeInclusive;

/// A column of the table.
pub struct Column {
    /// Its heading, with the unit.
    pub name: &'static str,
    /// What stands in it.
    pub cell: fn(&Format, &Facts) -> Cell,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, shown in a few digits and written in all of them.
    Number(f64),
    /// The format has no such thing.
    Nothing,
}

impl Cell {
    fn of(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }

    fn codes(runs: &[RangeInclusive<u32>]) -> Self {
        if runs.is_empty() {
            return Self::Nothing;
        }
        let run = |run: &RangeInclusive<u32>| match (run.start(), run.end()) {
            (first, last) if first == last => format!("0x{first:X}"),
            (first, last) => format!("0x{first:X}–0x{last:X}"),
        };
        Self::Text(runs.iter().map(run).collect::<Vec<_>>().join(", "))
    }

    /// The cell for people.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(0.0) => "0".to_owned(),
            Self::Number(value) if (1e-3..1e6).contains(&value.abs()) => significant(*value, 6),
            Self::Number(value) => scientific(*value),
            Self::Nothing => "–".to_owned(),
        }
    }

    /// The cell for a program.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(value) => shortest(*value),
            Self::Nothing => String::new(),
        }
    }
}

/// The columns.
pub static COLUMNS: &[Column] = &[
    Column { name: "Format", cell: |format, _| Cell::Text(format.name.to_owned()) },
    Column { name: "Bits", cell: |_, facts| Cell::Number(facts.bits.into()) },
    Column { name: "Bits per weight", cell: |_, facts| Cell::Number(facts.bits_per_weight) },
    Column { name: "Values a block", cell: |_, facts| Cell::Number(facts.block_size as f64) },
    Column { name: "Bytes a block", cell: |_, facts| Cell::of(facts.block_bytes.map(|bytes| bytes as f64)) },
    Column { name: "Largest", cell: |_, facts| Cell::of(facts.max) },
    Column { name: "Smallest normal", cell: |_, facts| Cell::of(facts.min_normal) },
    Column { name: "Smallest subnormal", cell: |_, facts| Cell::of(facts.min_subnormal) },
    Column { name: "Epsilon", cell: |_, facts| Cell::of(facts.epsilon) },
    Column { name: "Range, decades", cell: |_, facts| Cell::of(facts.dynamic_range_decades()) },
    Column { name: "Range, dB", cell: |_, facts| Cell::of(facts.dynamic_range_db()) },
    Column { name: "Finite values", cell: |_, facts| Cell::of(facts.finite_values.map(|n| n as f64)) },
    Column { name: "NaN codes", cell: |_, facts| Cell::codes(&facts.nan_codes) },
    Column { name: "Infinity codes", cell: |_, facts| Cell::codes(&facts.infinity_codes) },
    Column {
        name: "Source",
        cell: |format, _| Cell::Text(format!("{} ({})", format.source.title, format.source.as_of)),
    },
];

/// The cells of a format.
#[must_use]
pub fn cells(format: &Format) -> Vec<Cell> {
    let facts = Facts::of(format);
    COLUMNS.iter().map(|column| (column.cell)(format, &facts)).collect()
}

/// The table as comma-separated values (RFC 4180), numbers in full, with the ids and the addresses of the sources.
#[must_use]
pub fn csv() -> String {
    let quoted = |text: &str| {
        if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
    };
    let mut csv = "id".to_owned();
    for column in COLUMNS {
        _ = write!(csv, ",{}", quoted(column.name));
    }
    csv.push_str(",Address of the source\r\n");
    for format in FORMATS {
        csv.push_str(format.id);
        for cell in cells(format) {
            _ = write!(csv, ",{}", quoted(&cell.written()));
        }
        _ = write!(csv, ",{}\r\n", quoted(format.source.url));
    }
    csv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spreadsheet_has_a_line_a_format_and_as_many_fields_on_each() {
        let csv = csv();
        let lines: Vec<&str> = csv.trim_end().split("\r\n").collect();
        assert_eq!(lines.len(), FORMATS.len() + 1);
        let fields = |line: &str| {
            let mut inside = false;
            1 + line
                .chars()
                .filter(|c| {
                    inside ^= *c == '"';
                    *c == ',' && !inside
                })
                .count()
        };
        for line in &lines {
            assert_eq!(fields(line), COLUMNS.len() + 2, "{line}");
        }
        assert!(csv.contains("\r\nfp16,FP16,16,16,1,,65504,6.103515625e-5,5.960464477539063e-8,9.765625e-4,"), "{csv}");
    }

    #[test]
    fn cells_are_short_for_people_and_whole_for_programs() {
        let cell = Cell::Number(5.960_464_477_539_063e-8);
        assert_eq!((cell.shown(), cell.written()), ("5.96 × 10⁻⁸".to_owned(), "5.960464477539063e-8".to_owned()));
        assert_eq!((Cell::Nothing.shown(), Cell::Nothing.written()), ("–".to_owned(), String::new()));
        assert_eq!(Cell::codes(&[0x7c..=0x7c, 0xfd..=0xff]).shown(), "0x7C, 0xFD–0xFF");
    }
}
