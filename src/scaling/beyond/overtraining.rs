//! A model smaller than the optimum, trained longer to the same loss: how much longer, and what that costs.
//!
//! With k_N times the parameters of the compute-optimal run, it takes k_D times its tokens and (1 + overhead) times its
//! compute:
//!
//! ```text
//! k_D = [1 − (β/α)(k_N^−α − 1)]^(−1/β)        overhead = k_N·k_D − 1        k_N,min = (1 + α/β)^(−1/α)
//! ```
//!
//! E, A, B and the budget cancel: half the size costs the same overhead at every scale. Below k_N,min, the **critical
//! size**, the model alone loses more than the optimum does with its data, and no amount of data reaches its loss.
//! A k_N above 1, a larger model on less data, is covered by the same formulas.
//!
//! Source: de Vries 2023, [Go smol or go home](https://www.harmdevries.com/post/model-size-vs-compute-overhead/), with
//! α = 0.336 and β = 0.283.
//!
//! Don't read an overhead near the critical size as a plan: it changes several times over with α and β, which are known to
//! a few percent, and such runs lie far outside those that the laws were fitted on.

use super::{Error, Input, within_limits};
use crate::scaling::optimum::{Allocation, Parametric};
use crate::units::Flop;
use libm::pow;

/// k_D: how many times the optimal tokens a model of `share` (k_N) times the optimal size takes to the same loss.
///
/// # Errors
///
/// If `share` is not finite, not above 0, or not above the [critical size](critical_size).
pub fn data_factor(law: &Parametric, share: f64) -> Result<f64, Error> {
    let share = Input::SizeShare.positive(share)?;
    // What is left to the data of their part of the loss above E.
    let left = 1.0 - (pow(share, -law.alpha) - 1.0) * law.beta / law.alpha;
    if left <= 0.0 {
        return Err(Error::BelowCriticalSize { share, critical: critical_size(law) });
    }
    Input::Tokens.finite(pow(left, -1.0 / law.beta))
}

/// k_N·k_D − 1: the compute on top of the optimum's, as a share of it, for a model of `share` (k_N) times the optimal size.
///
/// # Errors
///
/// Those of [`data_factor`].
pub fn overhead(law: &Parametric, share: f64) -> Result<f64, Error> {
    Ok(share * data_factor(law, share)? - 1.0)
}

/// k_N,min: the share of the optimal size at and below which no amount of data reaches the optimum's loss.
#[must_use]
pub fn critical_size(law: &Parametric) -> f64 {
    pow(1.0 + law.alpha / law.beta, -1.0 / law.alpha)
}

/// The run of `share` (k_N) times the size of the optimum at `compute` that reaches the optimum's loss.
///
/// # Errors
///
/// Those of [`data_factor`]; if `compute` is not finite or not above 0, or the answer is out of bounds.
pub fn run(law: &Parametric, compute: Flop, share: f64) -> Result<Allocation, Error> {
    let optimal = law.optimal(Flop(Input::Compute.positive(compute.get())?));
    let tokens = optimal.tokens * data_factor(law, share)?;
    within_limits(Allocation { params: optimal.params * share, tokens })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::beyond::testing::{DE_VRIES, any_law, besiroglu, close};
    use proptest::prelude::*;

    #[test]
    fn overheads_are_those_of_the_post() {
        for (share, percent) in [(0.75, 2.85), (0.6, 10.0), (0.5, 20.8), (0.4, 43.7), (0.3, 105.6), (0.25, 188.9)] {
            let actual = 100.0 * overhead(&DE_VRIES, share).unwrap();
            assert!((actual - percent).abs() < 0.06, "{share}: {actual} is not {percent}");
        }
        for (share, percent) in [(0.5, 25.9), (0.3, 161.0), (0.25, 347.0)] {
            let actual = 100.0 * overhead(&besiroglu(), share).unwrap();
            assert!((actual - percent).abs() < 0.6, "{share}: {actual} is not {percent}");
        }
    }

    #[test]
    fn critical_sizes_are_a_tenth_to_a_seventh_of_the_optimum() {
        assert!((critical_size(&DE_VRIES) - 0.097).abs() < 5e-4);
        assert!((critical_size(&besiroglu()) - 0.146).abs() < 5e-4);
    }

    #[test]
    fn below_the_critical_size_the_error_says_so() {
        let error = overhead(&DE_VRIES, 0.09).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no amount of data makes up for a model of 0.090 times the optimal size: the least possible is 0.097 times"
        );
        for share in [0.0, -1.0] {
            assert_eq!(overhead(&DE_VRIES, share), Err(Error::NotPositive { input: Input::SizeShare, value: share }));
        }
        assert_eq!(overhead(&DE_VRIES, f64::NAN), Err(Error::NotFinite { input: Input::SizeShare }));
        assert!(matches!(run(&DE_VRIES, Flop(0.0), 0.5), Err(Error::NotPositive { input: Input::Compute, .. })));
        assert!(matches!(run(&DE_VRIES, Flop(1e40), 0.5), Err(Error::TooLarge { .. })));
        assert!(matches!(run(&DE_VRIES, Flop(1e21), 1e-300), Err(Error::BelowCriticalSize { .. })));
        assert!(matches!(run(&DE_VRIES, Flop(1e21), 1e40), Err(Error::TooLarge { input: Input::Params, .. })));
    }

    proptest! {
        #[test]
        fn the_run_reaches_the_loss_of_the_optimum(
            law in any_law(), exponent in 18.0..26.0f64, above in 0.01..3.0f64,
        ) {
            let compute = Flop(pow(10.0, exponent));
            let share = critical_size(&law) * (1.0 + above);
            let at = run(&law, compute, share);
            // Close to the critical size it may take more tokens than are worked out.
            if let Ok(at) = at {
                prop_assert!(close(law.loss(at).get(), law.optimal_loss(compute).get(), 1e-9));
                prop_assert!(close(at.flop() / compute, 1.0 + overhead(&law, share).unwrap(), 1e-9));
            }
        }

        #[test]
        fn the_optimum_is_the_cheapest(law in any_law(), share in 0.0..10.0f64) {
            if let Ok(extra) = overhead(&law, share) {
                prop_assert!(extra > -1e-9, "{extra}");
            }
            prop_assert!(overhead(&law, 1.0).unwrap().abs() < 1e-12);
        }

        #[test]
        fn at_the_critical_size_no_data_are_enough_and_just_above_it_some_are(law in any_law()) {
            let critical = critical_size(&law);
            let below = data_factor(&law, critical * (1.0 - 1e-9)).is_err();
            prop_assert!(below);
            prop_assert!(data_factor(&law, critical * 1.01).unwrap() > 1.0);
        }
    }
}
