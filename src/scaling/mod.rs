//! How large a model should be, and on how much text to train it, for a given compute.
//!
//! Two relations carry this module. Training takes about C = 6·N·D floating-point operations (N parameters, D tokens; 2
//! forward and 4 backward for each parameter and token). And the loss falls with both, as
//!
//! ```text
//! L(N, D) = E + A / N^α + B / D^β        nats per token
//! ```
//!
//! so that every C has a best way to be split. [`laws`] holds the published fits of this form, and the rule of thumb
//! D = 20·N; [`optimum`] the closed forms that follow; [`budget`] turns GPUs and days into C; [`solve()`] takes
//! whichever quantity is known and gives the others; [`curves`] samples the pictures.
//!
//! Don't use it to predict a loss: E, A and B belong to one tokenizer and one data set, so losses of two laws are not
//! comparable, and all laws are fitted far below the largest runs of today ([`Report::in_range`] says when). Inference
//! cost, repeated data and precision are not counted here. For a mixture of experts, N is the active parameters.

pub mod budget;
pub mod curves;
pub mod laws;
pub mod optimum;
mod solve;

pub use budget::Hardware;
pub use laws::{DEFAULT_LAW, LAWS, Law, LawKind, law};
pub use optimum::{Allocation, Parametric, flop_of};
pub use solve::{Known, MAX_FLOP, MAX_PARAMS, MAX_TOKENS, Report, solve};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A quantity is no number, or infinite.
    #[error("{quantity} is not a finite number")]
    NotFinite {
        /// Which quantity.
        quantity: Quantity,
    },
    /// A quantity that has to be positive is not.
    #[error("{quantity} is {value}, not above 0")]
    NotPositive {
        /// Which quantity.
        quantity: Quantity,
        /// What was asked for.
        value: f64,
    },
    /// A quantity is so small that the answer would have less than one parameter or token.
    #[error("{quantity} is {value:e}: too little for one parameter and one token")]
    TooSmall {
        /// Which quantity.
        quantity: Quantity,
        /// What was asked for, or what follows from it.
        value: f64,
    },
    /// A quantity, or what follows from it, is beyond what is worked out.
    #[error("{quantity} is {value:e}, more than {limit:e}")]
    TooLarge {
        /// Which quantity.
        quantity: Quantity,
        /// What was asked for, or what follows from it.
        value: f64,
        /// The most that is worked out.
        limit: f64,
    },
    /// More than the peak.
    #[error("a utilisation of {0} is above 1")]
    UtilisationAboveOne(f64),
    /// The accelerator has no 16-bit peak to work with.
    #[error("{gpu} has no published 16-bit peak")]
    NoPeak {
        /// Its name.
        gpu: &'static str,
    },
}

/// A quantity that an [`Error`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quantity {
    /// Training compute, in FLOP.
    Compute,
    /// Parameters.
    Params,
    /// Training tokens.
    Tokens,
    /// Number of GPUs.
    Gpus,
    /// Days of training.
    Days,
    /// Share of the peak that is reached.
    Utilisation,
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Compute => "compute",
            Self::Params => "the number of parameters",
            Self::Tokens => "the number of tokens",
            Self::Gpus => "the number of GPUs",
            Self::Days => "the number of days",
            Self::Utilisation => "utilisation",
        })
    }
}

impl Quantity {
    /// `value` if it is finite and above 0.
    fn positive(self, value: f64) -> Result<f64, Error> {
        if !value.is_finite() {
            Err(Error::NotFinite { quantity: self })
        } else if value <= 0.0 {
            Err(Error::NotPositive { quantity: self, value })
        } else {
            Ok(value)
        }
    }
}
