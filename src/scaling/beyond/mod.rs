//! What a compute-optimal run leaves out: serving, over-training, limited data and precision.
//!
//! The closed forms of [`optimum`](super::optimum) spend a training budget as if nobody used the model afterwards, text
//! never ran out, and every number had 16 bits. Each module here drops one of these assumptions: [`serving`] counts what
//! answers cost, [`overtraining`] a model that is smaller than optimal, [`repeated`] data read more than once, [`precision`]
//! fewer bits; [`together`] joins serving and limited data. [`cost`] is what they count in, FLOP or money.
//!
//! Where there is no closed form a function that only rises or only falls is bisected, in the logarithm of what is looked
//! for. So there is nothing to start from, nothing to tune, and an answer is as exact as its inputs.
//!
//! Losses are in nats per token; a law's constants are taken to be finite and above 0.

pub mod cost;
pub mod overtraining;
pub mod precision;
pub mod repeated;
pub mod serving;
pub mod together;

use super::optimum::Allocation;
use super::solve::{MAX_PARAMS, MAX_TOKENS};
use crate::units::{Nats, Tokens};

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not a number, or infinite.
    #[error("{input} is not a finite number")]
    NotFinite {
        /// Which input.
        input: Input,
    },
    /// 0 or below where it has to be above.
    #[error("{input} is {value}, not above 0")]
    NotPositive {
        /// Which input.
        input: Input,
        /// What was asked for.
        value: f64,
    },
    /// Below 0.
    #[error("{input} is {value}, below 0")]
    Negative {
        /// Which input.
        input: Input,
        /// What was asked for.
        value: f64,
    },
    /// More than the peak.
    #[error("a utilisation of {0} is above 1")]
    UtilisationAboveOne(f64),
    /// The answer would have less than one parameter or token.
    #[error("{input} would be {value:e}: less than one")]
    TooSmall {
        /// Which quantity of the answer.
        input: Input,
        /// What follows for it.
        value: f64,
    },
    /// The answer is beyond what is worked out.
    #[error("{input} would be {value:e}, more than {limit:e}")]
    TooLarge {
        /// Which quantity of the answer.
        input: Input,
        /// What follows for it.
        value: f64,
        /// The most that is worked out.
        limit: f64,
    },
    /// The loss is at or below what endless parameters and endless passes over the data lead to.
    #[error("a loss of {loss} is out of reach: it stays above {floor} however much is spent")]
    Unreachable {
        /// What was asked for.
        loss: Nats,
        /// What the loss falls towards.
        floor: Nats,
    },
    /// The text has been read so often that compute no longer moves the loss.
    #[error("the {unique} of text are worn out: the loss is at {floor}, and more compute changes nothing")]
    WornOut {
        /// U.
        unique: Tokens,
        /// What the loss has fallen to.
        floor: Nats,
    },
    /// The model is too small for the loss of the optimal one.
    #[error(
        "no amount of data makes up for a model of {share:.3} times the optimal size: the least possible is {critical:.3} times"
    )]
    BelowCriticalSize {
        /// k_N, as asked for.
        share: f64,
        /// The share below which nothing helps.
        critical: f64,
    },
}

/// What an [`Error`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Input {
    /// Training compute, in FLOP.
    Compute,
    /// N.
    Params,
    /// D.
    Tokens,
    /// The loss to be reached.
    Loss,
    /// Tokens that there are before the first repetition.
    UniqueTokens,
    /// Tokens read or written in service.
    Demand,
    /// k_N, the share of the optimal size.
    SizeShare,
    /// Bits of a number format.
    Bits,
    /// The price of a GPU-hour.
    GpuHourPrice,
    /// The peak of a GPU.
    Peak,
    /// The share of the peak that is reached.
    Utilisation,
    /// What a FLOP costs.
    UnitCost,
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Compute => "compute",
            Self::Params => "the number of parameters",
            Self::Tokens => "the number of training tokens",
            Self::Loss => "the target loss",
            Self::UniqueTokens => "the number of unique tokens",
            Self::Demand => "the number of tokens served",
            Self::SizeShare => "the share of the optimal size",
            Self::Bits => "the number of bits",
            Self::GpuHourPrice => "the price of a GPU-hour",
            Self::Peak => "the peak of the GPU",
            Self::Utilisation => "utilisation",
            Self::UnitCost => "the cost of a FLOP",
        })
    }
}

impl Input {
    /// `value` if it is finite.
    fn finite(self, value: f64) -> Result<f64, Error> {
        if value.is_finite() { Ok(value) } else { Err(Error::NotFinite { input: self }) }
    }

    /// `value` if it is finite and above 0.
    fn positive(self, value: f64) -> Result<f64, Error> {
        match self.finite(value)? {
            value if value > 0.0 => Ok(value),
            value => Err(Error::NotPositive { input: self, value }),
        }
    }

    /// `value` if it is finite and not below 0.
    fn not_negative(self, value: f64) -> Result<f64, Error> {
        match self.finite(value)? {
            value if value >= 0.0 => Ok(value),
            value => Err(Error::Negative { input: self, value }),
        }
    }
}

/// The run, if it has at least one parameter and one token and no more of either than is worked out.
fn within_limits(at: Allocation) -> Result<Allocation, Error> {
    let parts =
        [(Input::Params, at.params.get(), MAX_PARAMS.get()), (Input::Tokens, at.tokens.get(), MAX_TOKENS.get())];
    for (input, value, limit) in parts {
        if value < 1.0 {
            return Err(Error::TooSmall { input, value });
        }
        if value > limit {
            return Err(Error::TooLarge { input, value, limit });
        }
        input.finite(value)?;
    }
    Ok(at)
}

/// Where `too_low` turns from true to false between `low` and `high`, to the last bit.
fn bisect(mut low: f64, mut high: f64, too_low: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        // Nothing is left between the two. Also where one of them is no number.
        if !(low < middle && middle < high) {
            return high;
        }
        if too_low(middle) { low = middle } else { high = middle }
    }
}

#[cfg(test)]
pub(super) mod testing {
    //! Laws and closeness for the tests of these modules.

    use crate::scaling::{LawKind, Parametric, law};
    use proptest::prelude::*;

    /// The constants of de Vries, with which Sardana & Frankle's figures are met.
    pub const DE_VRIES: Parametric = Parametric { e: 1.62, a: 406.4, b: 410.7, alpha: 0.336, beta: 0.283 };

    /// The default law.
    pub fn besiroglu() -> Parametric {
        let Some(LawKind::Parametric(constants)) = law("besiroglu-2024").map(|row| row.kind) else { panic!() };
        constants
    }

    /// Laws like those that are published.
    pub fn any_law() -> impl Strategy<Value = Parametric> {
        (1.0..2.0f64, 2.0..3.5f64, 2.0..3.5f64, 0.28..0.45f64, 0.28..0.45f64).prop_map(|(e, a, b, alpha, beta)| {
            Parametric { e, a: libm::pow(10.0, a), b: libm::pow(10.0, b), alpha, beta }
        })
    }

    /// Whether two numbers are one within a share of the second.
    pub fn close(actual: f64, expected: f64, share: f64) -> bool {
        (actual / expected - 1.0).abs() <= share
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Params;

    #[test]
    fn bisection_ends_at_the_last_bit_whatever_its_ends_are() {
        assert_eq!(bisect(0.0, 2.0, |x| x * x < 2.0), std::f64::consts::SQRT_2);
        assert_eq!(bisect(1.0, 1.0, |_| true), 1.0);
        assert_eq!(bisect(-3.0, 5.0, |_| false), (-3.0f64).next_up());
        assert!(bisect(f64::NAN, 1.0, |_| true) == 1.0);
        assert!(bisect(0.0, f64::NAN, |_| true).is_nan());
    }

    #[test]
    fn an_answer_of_less_than_one_or_more_than_is_worked_out_is_an_error() {
        let at = |n, d| within_limits(Allocation { params: Params(n), tokens: Tokens(d) });
        assert!(at(1.0, 1.0).is_ok());
        assert!(matches!(at(0.5, 1e9), Err(Error::TooSmall { input: Input::Params, .. })));
        assert!(matches!(at(1e9, 1e40), Err(Error::TooLarge { input: Input::Tokens, .. })));
        assert!(matches!(at(f64::INFINITY, 1e9), Err(Error::TooLarge { input: Input::Params, .. })));
        assert!(matches!(at(1e9, f64::NAN), Err(Error::NotFinite { input: Input::Tokens })));
    }

    #[test]
    fn an_error_is_a_sentence_that_names_the_field() {
        let text = |error: Error| error.to_string();
        assert_eq!(text(Input::Demand.not_negative(-1.0).unwrap_err()), "the number of tokens served is -1, below 0");
        assert_eq!(text(Input::Loss.positive(0.0).unwrap_err()), "the target loss is 0, not above 0");
        assert_eq!(text(Input::Bits.finite(f64::NAN).unwrap_err()), "the number of bits is not a finite number");
        assert_eq!(
            text(Error::Unreachable { loss: Nats(1.8), floor: Nats(1.8172) }),
            "a loss of 1.8000 nats/token is out of reach: it stays above 1.8172 nats/token however much is spent"
        );
    }
}
