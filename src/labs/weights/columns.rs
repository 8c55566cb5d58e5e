//! The columns of the table of tensors.

use super::words::{decibels, optional, percent, shape};
use crate::labs::quantize::numbers::count;
use crate::survey::{Errors, Measured};
use crate::units::{Bytes, Params};
use crate::weights::Stored;

/// What a row of the table is of.
#[derive(Clone, Copy)]
pub struct Of<'a> {
    /// The tensor.
    pub tensor: &'a Stored,
    /// The bytes of all tensors.
    pub total: u64,
    /// What was measured of it.
    pub measured: Option<&'a Measured>,
    /// The place of the setting that is shown.
    pub shown: usize,
    /// The other files' tensor, where there is one to compare with.
    pub other: Option<&'a Stored>,
    /// How many settings there are, behind whose errors that one's stand.
    pub formats: usize,
}

impl<'a> Of<'a> {
    fn errors(self) -> Option<&'a Errors> {
        self.measured?.errors.get(self.shown)?.as_ref().ok()
    }

    fn difference(self) -> Option<&'a Errors> {
        self.measured?.errors.get(self.formats)?.as_ref().ok()
    }

    fn changed(self) -> Option<f64> {
        Some(self.measured?.changed? as f64 / self.tensor.len() as f64)
    }

    fn refused(self) -> Option<&'a str> {
        self.measured?.errors.get(self.shown)?.as_ref().err().map(String::as_str)
    }
}

/// A column but for the first, which is the name.
pub struct Column {
    /// Its heading, with the unit.
    pub name: &'static str,
    /// Whether there is room for it on a phone.
    pub on_phones: bool,
    /// What a cell is sorted by; what has nothing comes last.
    pub key: fn(Of) -> Option<f64>,
    /// What stands in it.
    pub cell: fn(Of) -> String,
}

/// Columns of what the headers say.
pub const STORED: &[Column] = &[
    Column {
        name: "Shape",
        on_phones: false,
        key: |of| Some(of.tensor.len() as f64),
        cell: |of| shape(&of.tensor.shape),
    },
    Column {
        name: "Stored as",
        on_phones: true,
        key: |of| {
            let (values, bytes) = of.tensor.dtype.unit();
            Some(bytes as f64 / values as f64)
        },
        cell: |of| of.tensor.dtype.name(),
    },
    Column {
        name: "Parameters",
        on_phones: false,
        key: |of| Some(of.tensor.len() as f64),
        cell: |of| Params(of.tensor.len() as f64).to_string(),
    },
    Column {
        name: "Bytes",
        on_phones: true,
        key: |of| Some(of.tensor.span.len() as f64),
        cell: |of| Bytes(of.tensor.span.len() as f64).to_string(),
    },
    Column {
        name: "Share",
        on_phones: false,
        key: |of| Some(of.tensor.span.len() as f64),
        cell: |of| percent(of.tensor.span.len() as f64 / of.total as f64),
    },
];

/// Columns of what was measured.
pub const MEASURED: &[Column] = &[
    Column {
        name: "SQNR, dB",
        on_phones: true,
        key: |of| of.errors().map(Errors::decibels),
        cell: |of| match (of.errors(), of.refused()) {
            (Some(errors), _) => decibels(errors),
            (None, Some(_)) => "not in it".to_owned(),
            (None, None) => "–".to_owned(),
        },
    },
    Column {
        name: "RMS error",
        on_phones: false,
        key: |of| of.errors().map(Errors::rmse),
        cell: |of| optional(of.errors().map(Errors::rmse)),
    },
    Column {
        name: "Largest error",
        on_phones: false,
        key: |of| of.errors().map(|errors| f64::from(errors.max_abs_error)),
        cell: |of| optional(of.errors().map(|errors| f64::from(errors.max_abs_error))),
    },
    Column {
        name: "Clipped",
        on_phones: false,
        key: |of| of.errors().map(|errors| share(errors.clipped, errors)),
        cell: |of| of.errors().map_or_else(|| "–".to_owned(), |errors| percent(share(errors.clipped, errors))),
    },
    Column {
        name: "Flushed to 0",
        on_phones: false,
        key: |of| of.errors().map(|errors| share(errors.flushed, errors)),
        cell: |of| of.errors().map_or_else(|| "–".to_owned(), |errors| percent(share(errors.flushed, errors))),
    },
    Column {
        name: "Bytes then",
        on_phones: false,
        key: |of| of.errors().map(|errors| errors.bytes as f64),
        cell: |of| of.errors().map_or_else(|| "–".to_owned(), |errors| Bytes(errors.bytes as f64).to_string()),
    },
    Column {
        name: "max/σ",
        on_phones: false,
        key: |of| of.measured.and_then(|measured| measured.moments.outliers()),
        cell: |of| optional(of.measured.and_then(|measured| measured.moments.outliers())),
    },
    Column {
        name: "Kurtosis",
        on_phones: false,
        key: |of| of.measured.and_then(|measured| measured.moments.kurtosis()),
        cell: |of| optional(of.measured.and_then(|measured| measured.moments.kurtosis())),
    },
    Column {
        name: "NaN and ∞",
        on_phones: false,
        key: |of| of.measured.map(|measured| (measured.moments.nan + measured.moments.infinite) as f64),
        cell: |of| {
            let n = of.measured.map(|measured| measured.moments.nan + measured.moments.infinite);
            n.map_or_else(|| "–".to_owned(), count)
        },
    },
];

/// Columns of what the headers of other files say.
pub const OTHER_STORED: &[Column] = &[Column {
    name: "Other stored as",
    on_phones: false,
    key: |of| {
        let (values, bytes) = of.other?.dtype.unit();
        Some(bytes as f64 / values as f64)
    },
    cell: |of| of.other.map_or_else(|| "–".to_owned(), |other| other.dtype.name()),
}];

/// Columns of how their tensors differ.
pub const DIFFERENCES: &[Column] = &[
    Column {
        name: "Difference, dB",
        on_phones: true,
        key: |of| of.difference().map(Errors::decibels),
        cell: |of| match (of.difference(), of.changed()) {
            (None, _) => "–".to_owned(),
            // What is no number here is one there.
            (Some(errors), Some(changed)) if changed > 0.0 && errors.e2 == 0.0 && errors.overflowed == 0 => {
                "NaN or ∞ only".to_owned()
            }
            (Some(errors), _) => decibels(errors),
        },
    },
    Column {
        name: "Largest one",
        on_phones: false,
        key: |of| of.difference().map(|errors| f64::from(errors.max_abs_error)),
        cell: |of| optional(of.difference().map(|errors| f64::from(errors.max_abs_error))),
    },
    Column {
        name: "Values changed",
        on_phones: false,
        key: |of| of.changed(),
        cell: |of| of.changed().map_or_else(|| "–".to_owned(), percent),
    },
];

fn share(n: u64, errors: &Errors) -> f64 {
    n as f64 / (errors.measured as f64).max(1.0)
}
