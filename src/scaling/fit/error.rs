//! What can be wrong with runs, each as a sentence.

use crate::units::shortest;
use std::fmt;

/// Why runs cannot be fitted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No line holds data.
    #[error("there are no runs: paste lines with parameters, tokens and loss")]
    Empty,
    /// The text has characters that no text has.
    #[error("this is no text: paste or drop comma-separated values")]
    NotText,
    /// The first line is data, but not of three columns.
    #[error("line {line} has {found}; without a header there have to be three: parameters, tokens, loss")]
    Headerless {
        /// Its number, from 1.
        line: usize,
        /// How many columns it has.
        found: Cells,
    },
    /// The header lacks a column.
    #[error("line {line}: the header has no column for {column}; it could be called `{}`", column.example())]
    MissingColumn {
        /// The header's line, from 1.
        line: usize,
        /// What is missing.
        column: Column,
    },
    /// A line has more or fewer columns than the first.
    #[error("line {line} has {found}, but the first has {expected}")]
    Ragged {
        /// Its number, from 1.
        line: usize,
        /// How many columns it has.
        found: Cells,
        /// How many columns the first line has.
        expected: usize,
    },
    /// A quotation mark is never closed.
    #[error("line {line}: a quotation mark is opened and never closed")]
    OpenQuote {
        /// Its number, from 1.
        line: usize,
    },
    /// A cell holds no number.
    #[error("{place}: `{text}` in the column {column} is no number")]
    NotANumber {
        /// Where it stands.
        place: Place,
        /// In which column.
        column: Column,
        /// What stands there, shortened.
        text: String,
    },
    /// A number that the quantity cannot have.
    #[error("{place}: {} in the column {column} is outside {}", shortest(*value), column.range_text())]
    OutOfRange {
        /// Where it stands.
        place: Place,
        /// Of which quantity.
        column: Column,
        /// The number.
        value: f64,
    },
    /// More runs than are fitted.
    #[error("there are more than {limit} runs")]
    TooMany {
        /// The most that are fitted.
        limit: usize,
    },
    /// Fewer pairs of parameters and tokens than the law has constants.
    #[error("the five constants need {least} different runs or more; found: {found}")]
    TooFew {
        /// How many differ in parameters or tokens.
        found: usize,
        /// The fewest that are fitted.
        least: usize,
    },
    /// All runs have the same parameters, or the same tokens.
    #[error("all runs have the same {column}, so its exponent cannot be found: vary it")]
    AllEqual {
        /// What does not vary.
        column: Column,
    },
    /// Two values leave the size and the exponent of a term undetermined.
    #[error("the runs have only two values of {column}; its exponent can be found from three or more")]
    OnlyTwo {
        /// What varies too little.
        column: Column,
    },
    /// Tokens are a power of the parameters in all runs, so that nothing says which term is which.
    #[error(
        "parameters and tokens grow in step in all runs, so their exponents cannot be told apart: vary their ratio"
    )]
    InStep,
    /// The best fit has no term for a quantity.
    #[error("the loss does not fall with {column} in these runs, so its exponent cannot be found")]
    NoEffect {
        /// The quantity.
        column: Column,
    },
    /// An exponent is at the end of what is searched.
    #[error("the exponent of {column} cannot be found from these runs: it leaves the range from {least} to {most}")]
    Exponent {
        /// The quantity.
        column: Column,
        /// The least exponent that is searched.
        least: f64,
        /// The greatest.
        most: f64,
    },
    /// Huber's threshold is not a positive number.
    #[error("the threshold of the Huber loss is {0}; it has to be above 0")]
    Delta(f64),
}

/// A quantity of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// N, the parameters.
    Params,
    /// D, the training tokens.
    Tokens,
    /// C, the training compute in FLOP, from which N or D follows by C = 6·N·D.
    Compute,
    /// L, the loss in nats per token.
    Loss,
}

impl Column {
    /// The least and the greatest value that is taken.
    #[must_use]
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::Params => (1.0, 1e18),
            Self::Tokens => (1.0, 1e21),
            Self::Compute => (6.0, 1e36),
            Self::Loss => (1e-6, 1e6),
        }
    }

    /// `value`, if this quantity can have it.
    pub(super) fn check(self, value: f64, place: Place) -> Result<f64, Error> {
        let (least, most) = self.range();
        if (least..=most).contains(&value) { Ok(value) } else { Err(Error::OutOfRange { place, column: self, value }) }
    }

    fn range_text(self) -> String {
        let (least, most) = self.range();
        format!("{} to {}", shortest(least), shortest(most))
    }

    /// A name that a header may give it.
    fn example(self) -> &'static str {
        match self {
            Self::Params => "params",
            Self::Tokens => "tokens",
            Self::Compute => "flops",
            Self::Loss => "loss",
        }
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Params => "parameters",
            Self::Tokens => "tokens",
            Self::Compute => "compute",
            Self::Loss => "loss",
        })
    }
}

/// Where a number stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a text, from 1.
    Line(usize),
    /// A run of a list, from 1.
    Run(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Run(number) => write!(f, "run {number}"),
        }
    }
}

/// A number of columns, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells(pub usize);

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0 == 1 { "column" } else { "columns" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_sentences_that_name_the_line_and_the_column() {
        let place = Place::Line(7);
        let sentences = [
            (
                Error::NotANumber { place, column: Column::Loss, text: "abc".into() },
                "line 7: `abc` in the column loss is no number",
            ),
            (
                Error::OutOfRange { place, column: Column::Params, value: 0.0 },
                "line 7: 0 in the column parameters is outside 1 to 1e18",
            ),
            (Error::Ragged { line: 7, found: Cells(1), expected: 3 }, "line 7 has 1 column, but the first has 3"),
            (
                Error::MissingColumn { line: 1, column: Column::Tokens },
                "line 1: the header has no column for tokens; it could be called `tokens`",
            ),
        ];
        for (error, sentence) in sentences {
            assert_eq!(error.to_string(), sentence);
        }
    }

    #[test]
    fn only_finite_positive_numbers_in_range_pass() {
        for value in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e40] {
            assert!(Column::Loss.check(value, Place::Run(1)).is_err(), "{value}");
        }
        assert_eq!(Column::Params.check(7e9, Place::Run(1)), Ok(7e9));
    }
}
