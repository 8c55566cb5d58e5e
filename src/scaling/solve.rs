//! Give one quantity, get the others.

use super::optimum::Allocation;
use super::{Error, Hardware, Law, Quantity};
use crate::units::{Flop, Nats, Params, Tokens};
use serde::{Serialize, Serializer};

/// The most compute that is worked out: 10³⁶ FLOP, ten billion times the largest run yet.
pub const MAX_FLOP: Flop = Flop(1e36);
/// The most parameters that are worked out.
pub const MAX_PARAMS: Params = Params(1e18);
/// The most tokens that are worked out.
pub const MAX_TOKENS: Tokens = Tokens(1e21);

/// The one quantity that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Known {
    /// Training compute.
    Compute(Flop),
    /// The size of the model.
    Params(Params),
    /// The number of training tokens.
    Tokens(Tokens),
    /// GPUs and days, which amount to a compute.
    Hardware(Hardware),
}

/// The compute-optimal run that goes with what is known, under one law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Report {
    /// C, in FLOP.
    #[serde(rename = "compute_flop")]
    pub compute: Flop,
    /// N.
    pub params: Params,
    /// D.
    pub tokens: Tokens,
    /// D/N.
    pub tokens_per_param: f64,
    /// The loss under [`loss_law`](Self::loss_law), in nats per token.
    #[serde(rename = "loss_nats")]
    pub loss: Nats,
    /// The law that split the budget; its id in JSON.
    #[serde(serialize_with = "id_of")]
    pub law: &'static Law,
    /// The law that the loss is from: the same, unless that one is a rule without a loss.
    #[serde(serialize_with = "id_of")]
    pub loss_law: &'static Law,
    /// Whether the run is like those that the law was fitted on; an extrapolation otherwise.
    pub in_range: bool,
}

fn id_of<S: Serializer>(law: &&'static Law, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(law.id)
}

/// Works out the compute-optimal run under `law`.
///
/// # Errors
///
/// If the known quantity is not finite or not positive, or leads to less than one parameter or token, or to more than
/// [`MAX_FLOP`], [`MAX_PARAMS`] or [`MAX_TOKENS`].
pub fn solve(known: Known, law: &'static Law) -> Result<Report, Error> {
    let (compute, at) = match known {
        Known::Compute(compute) => split(compute, law)?,
        Known::Hardware(hardware) => split(hardware.compute()?, law)?,
        Known::Params(params) => {
            let params = Params(Quantity::Params.positive(params.get())?);
            let at = Allocation { params, tokens: law.optimal_tokens(params) };
            (at.flop(), at)
        }
        Known::Tokens(tokens) => {
            let tokens = Tokens(Quantity::Tokens.positive(tokens.get())?);
            let at = Allocation { params: law.optimal_params(tokens), tokens };
            (at.flop(), at)
        }
    };
    // What was given is judged first, so that the error is about what the reader wrote.
    let mut results = [
        (Quantity::Compute, compute.get(), MAX_FLOP.get(), 0.0),
        (Quantity::Params, at.params.get(), MAX_PARAMS.get(), 1.0),
        (Quantity::Tokens, at.tokens.get(), MAX_TOKENS.get(), 1.0),
    ];
    results.rotate_left(match known {
        Known::Compute(_) | Known::Hardware(_) => 0,
        Known::Params(_) => 1,
        Known::Tokens(_) => 2,
    });
    for (quantity, value, limit, least) in results {
        if value > limit {
            return Err(Error::TooLarge { quantity, value, limit });
        }
        if value < least {
            return Err(Error::TooSmall { quantity, value });
        }
    }
    let (loss_law, constants) = law.loss_law();
    Ok(Report {
        compute,
        params: at.params,
        tokens: at.tokens,
        tokens_per_param: at.tokens_per_param(),
        loss: constants.loss(at),
        law,
        loss_law,
        in_range: law.fitted.covers(at),
    })
}

fn split(compute: Flop, law: &Law) -> Result<(Flop, Allocation), Error> {
    let compute = Flop(Quantity::Compute.positive(compute.get())?);
    Ok((compute, law.optimal(compute)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{LAWS, law};
    use libm::pow;
    use proptest::prelude::*;

    fn rule() -> &'static Law {
        law("chinchilla-20").unwrap()
    }

    #[test]
    fn twenty_tokens_per_parameter_give_chinchilla() {
        let report = solve(Known::Params(Params(70e9)), rule()).unwrap();
        assert_eq!((report.tokens, report.compute), (Tokens(1.4e12), Flop(5.88e23)));
        assert_eq!(report.tokens_per_param, 20.0);
        assert_eq!(report.loss_law.id, "besiroglu-2024");
        assert!(!report.in_range);
    }

    #[test]
    fn a_small_run_is_within_the_range_of_the_fit() {
        assert!(solve(Known::Compute(Flop(1e21)), law("besiroglu-2024").unwrap()).unwrap().in_range);
    }

    #[test]
    fn bad_quantities_are_errors() {
        for row in LAWS {
            for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                for known in [Known::Compute(Flop(value)), Known::Params(Params(value)), Known::Tokens(Tokens(value))] {
                    assert!(matches!(solve(known, row), Err(Error::NotFinite { .. })), "{known:?}");
                }
            }
            for value in [0.0, -1e20] {
                for known in [Known::Compute(Flop(value)), Known::Params(Params(value)), Known::Tokens(Tokens(value))] {
                    assert!(matches!(solve(known, row), Err(Error::NotPositive { .. })), "{known:?}");
                }
            }
            assert_eq!(
                solve(Known::Params(Params(1e30)), row),
                Err(Error::TooLarge { quantity: Quantity::Params, value: 1e30, limit: 1e18 })
            );
            assert!(matches!(solve(Known::Compute(Flop(f64::MAX)), row), Err(Error::TooLarge { .. })));
            assert!(matches!(solve(Known::Compute(Flop(1e-300)), row), Err(Error::TooSmall { .. })));
            assert!(matches!(solve(Known::Tokens(Tokens(1e-9)), row), Err(Error::TooSmall { .. })));
        }
    }

    #[test]
    fn a_report_serializes_as_plain_numbers_under_the_exported_keys() {
        let json = serde_json::to_value(solve(Known::Params(Params(70e9)), rule()).unwrap()).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        let expected =
            ["compute_flop", "params", "tokens", "tokens_per_param", "loss_nats", "law", "loss_law", "in_range"];
        assert_eq!(keys, expected);
        assert_eq!((&json["compute_flop"], &json["law"]), (&5.88e23.into(), &"chinchilla-20".into()));
    }

    proptest! {
        #[test]
        fn compute_to_params_to_compute_comes_back(exponent in 12.0..32.0f64, row in 0..LAWS.len()) {
            let compute = pow(10.0, exponent);
            let there = solve(Known::Compute(Flop(compute)), &LAWS[row]).unwrap();
            for known in [Known::Params(there.params), Known::Tokens(there.tokens)] {
                let back = solve(known, &LAWS[row]).unwrap();
                prop_assert!((back.compute.get() / compute - 1.0).abs() < 1e-9);
                prop_assert!((back.loss - there.loss).get().abs() < 1e-9);
            }
        }

        #[test]
        fn more_compute_never_means_a_smaller_model_less_data_or_a_higher_loss(
            exponent in 12.0..30.0f64, factor in 1.0..1e3f64, row in 0..LAWS.len(),
        ) {
            let compute = pow(10.0, exponent);
            let less = solve(Known::Compute(Flop(compute)), &LAWS[row]).unwrap();
            let more = solve(Known::Compute(Flop(compute * factor)), &LAWS[row]).unwrap();
            prop_assert!(more.params >= less.params && more.tokens >= less.tokens && more.loss <= less.loss);
        }

        #[test]
        fn no_report_holds_a_number_that_is_not_finite(value in proptest::num::f64::ANY, row in 0..LAWS.len()) {
            for known in [Known::Compute(Flop(value)), Known::Params(Params(value)), Known::Tokens(Tokens(value))] {
                if let Ok(report) = solve(known, &LAWS[row]) {
                    let numbers = [
                        report.compute.get(), report.params.get(), report.tokens.get(),
                        report.tokens_per_param, report.loss.get(),
                    ];
                    prop_assert!(numbers.iter().all(|number| number.is_finite() && *number > 0.0));
                }
            }
        }
    }
}
