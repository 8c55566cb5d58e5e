//! The model that is cheapest over its life: training at 6·N·D and D_inf tokens served at 2·N each.
//!
//! Among all runs that reach a loss ℓ, the one with the least 6·N·D + 2·N·D_inf has
//!
//! ```text
//! αA N^−α / βB D^−β = 1 + D_inf/3D                                      what a Lagrange multiplier asks for
//! B D^−β · [1 + (β/α)(1 + D_inf/3D)] = ℓ − E                            the same in D alone
//! D_inf = 3D (αA N^−α / βB D^−β − 1)                                    turned round
//! ```
//!
//! The left side of the second falls as D grows, so D is bisected. The more a model is used, the smaller it should be and the
//! longer it should be trained. Turned round, the demand that would justify a released model's over-training follows from its
//! N and D alone: [`implied_demand`].
//!
//! In money a FLOP of serving costs more than one of training; see [`UnitCosts::effective_demand`]. The optimum is the same
//! with that demand.
//!
//! Source: Sardana & Frankle et al. 2024, [arXiv:2401.00448](https://arxiv.org/abs/2401.00448).
//!
//! Don't read an implied demand as a forecast. Models are kept small for memory and latency too, and far beyond the ratios
//! of a law's runs the law itself bends: [`REFITS`].

use super::cost::{Demand, SERVED_PER_TRAINED, UnitCosts};
use super::{Error, Input, bisect, within_limits};
use crate::scaling::optimum::{Allocation, Parametric};
use crate::source::Source;
use crate::units::{Nats, Params, Tokens};
use libm::{exp, fmax, log, pow};

/// The run of the least lifetime FLOP, 6·N·D + 2·N·`demand`, among those that reach `loss`.
///
/// # Errors
///
/// If the loss is at or below E, the demand is below 0, one of them is not finite, or the answer is out of bounds.
pub fn optimum(law: &Parametric, loss: Nats, demand: Tokens) -> Result<Allocation, Error> {
    let above = Input::Loss.finite(loss.get())? - law.e;
    if above <= 0.0 {
        return Err(Error::Unreachable { loss, floor: Nats(law.e) });
    }
    let served = Input::Demand.not_negative(demand.get())? / SERVED_PER_TRAINED;
    let ratio = law.beta / law.alpha;
    let data_term = |ln_d: f64| law.b * exp(-law.beta * ln_d);
    let model_to_data = |ln_d: f64| ratio * (1.0 + served * exp(-ln_d));
    // Without demand; and where neither of the two summands is above half of what they add up to.
    let low = log((1.0 + ratio) * law.b / above) / law.beta;
    let high = fmax(
        log(2.0 * (1.0 + ratio) * law.b / above) / law.beta,
        log(2.0 * ratio * served * law.b / above) / (1.0 + law.beta),
    );
    let ln_d = bisect(low, high, |ln_d| data_term(ln_d) * (1.0 + model_to_data(ln_d)) > above);
    let ln_n = (log(law.a / law.b / model_to_data(ln_d)) + law.beta * ln_d) / law.alpha;
    within_limits(Allocation { params: Params(exp(ln_n)), tokens: Tokens(exp(ln_d)) })
}

/// The run of the least lifetime cost among those that reach `loss`.
///
/// # Errors
///
/// Those of [`optimum`] and of [`UnitCosts::effective_demand`].
pub fn cheapest(law: &Parametric, loss: Nats, demand: Demand, costs: &UnitCosts) -> Result<Allocation, Error> {
    optimum(law, loss, costs.effective_demand(demand)?)
}

/// The tokens served, over its life, that make a run the cheapest of its loss: D_inf = 3D (αA N^−α / βB D^−β − 1).
///
/// Below 0 if the run is under-trained: then no demand does.
#[must_use]
pub fn implied_demand(law: &Parametric, at: Allocation) -> Tokens {
    let model = law.alpha * law.a * pow(at.params.get(), -law.alpha);
    let data = law.beta * law.b * pow(at.tokens.get(), -law.beta);
    at.tokens * (SERVED_PER_TRAINED * (model / data - 1.0))
}

/// A law fitted to the runs of Sardana & Frankle up to some tokens per parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refit {
    /// As the paper's table has it.
    pub name: &'static str,
    /// The most tokens per parameter among the runs; `None` for all runs, which go up to 10 000.
    pub most_tokens_per_param: Option<f64>,
    /// The fit.
    pub constants: Parametric,
}

/// How the constants move with the runs that are fitted: α grows from 0.08 to 0.18 as longer runs come in, so a law fitted
/// near 20 tokens per parameter is not to be trusted at 1000.
pub const REFITS: &[Refit] = &[
    Refit {
        name: "<=100 tokens/param",
        most_tokens_per_param: Some(100.0),
        constants: Parametric { e: 0.17, a: 7.199, b: 25.97, alpha: 0.08, beta: 0.13 },
    },
    Refit {
        name: "<=250 tokens/param",
        most_tokens_per_param: Some(250.0),
        constants: Parametric { e: 0.98, a: 14.23, b: 39.54, alpha: 0.13, beta: 0.16 },
    },
    Refit {
        name: "<=500 tokens/param",
        most_tokens_per_param: Some(500.0),
        constants: Parametric { e: 0.95, a: 17.07, b: 35.80, alpha: 0.13, beta: 0.16 },
    },
    Refit {
        name: "all tokens/param",
        most_tokens_per_param: None,
        constants: Parametric { e: 1.45, a: 33.66, b: 138.9, alpha: 0.18, beta: 0.24 },
    },
];

/// Where [`REFITS`] are from. Read in secondary texts, not in the paper itself.
pub const REFITS_SOURCE: Source = Source::in_engine(
    "Sardana & Frankle et al. 2024, Beyond Chinchilla-Optimal, Table 1 (quoted)",
    "https://arxiv.org/abs/2401.00448",
    "2026-11",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::beyond::cost::{Rate, lifetime_flop};
    use crate::scaling::beyond::testing::{DE_VRIES, any_law, besiroglu, close};
    use crate::units::{Flop, FlopPerSecond};
    use proptest::prelude::*;

    fn at(params: f64, tokens: f64) -> Allocation {
        Allocation { params: Params(params), tokens: Tokens(tokens) }
    }

    /// A compute-optimal run of this size.
    fn chinchilla(law: &Parametric, params: f64) -> Allocation {
        at(params, law.optimal_tokens(Params(params)).get())
    }

    #[test]
    fn a_7b_with_1e11_tokens_of_demand_should_be_a_6b_on_18_percent_more_data() {
        let optimal = chinchilla(&DE_VRIES, 7e9);
        let best = optimum(&DE_VRIES, DE_VRIES.loss(optimal), Tokens(1e11)).unwrap();
        assert!(close(best.params.get(), 6e9, 0.001), "{}", best.params);
        assert!(close(best.tokens / optimal.tokens, 1.18, 0.005));
    }

    #[test]
    fn released_models_imply_the_demand_that_their_tokens_ask_for() {
        for (params, tokens, times) in [
            (8.03e9, 15e12, 12.6),
            (405e9, 15.6e12, 1.05),
            (6.7e9, 1e12, 3.2),
            (70e9, 1.4e12, 0.09),
            (175e9, 300e9, -1.7),
        ] {
            let run = at(params, tokens);
            let implied = implied_demand(&besiroglu(), run) / run.tokens;
            assert!((implied - times).abs() < 0.06, "{params:e}: {implied} is not {times}");
        }
    }

    #[test]
    fn in_money_writing_slowly_asks_for_a_smaller_model() {
        let law = besiroglu();
        let loss = law.optimal_loss(Flop(1e23));
        let demand = Demand { input: Tokens(1e11), output: Tokens(1e11) };
        let rate = |utilisation| Rate { gpu_hour_price: 2.0, peak: FlopPerSecond(312e12), utilisation };
        let costs = |generation| UnitCosts::priced(rate(0.5), rate(0.5), rate(generation)).unwrap();
        let even = cheapest(&law, loss, demand, &costs(0.5)).unwrap();
        let slow = cheapest(&law, loss, demand, &costs(0.01)).unwrap();
        let in_flop = cheapest(&law, loss, demand, &UnitCosts::FLOP).unwrap();
        assert!(close(even.params.get(), in_flop.params.get(), 1e-9));
        assert!(slow.params.get() < even.params.get() * 0.7);
        let cost = |run| costs(0.01).lifetime(run, demand);
        assert!(cost(slow) < cost(even));
    }

    #[test]
    fn longer_runs_make_alpha_grow() {
        assert!(REFITS.windows(2).all(|pair| pair[0].constants.alpha <= pair[1].constants.alpha));
        assert!(REFITS.windows(2).all(|pair| {
            let most = |refit: &Refit| refit.most_tokens_per_param.unwrap_or(f64::INFINITY);
            most(&pair[0]) < most(&pair[1])
        }));
    }

    #[test]
    fn a_loss_out_of_reach_names_the_floor() {
        let law = besiroglu();
        let answer = |loss, demand| optimum(&law, Nats(loss), Tokens(demand));
        let floor = Nats(law.e);
        assert_eq!(answer(1.8, 0.0), Err(Error::Unreachable { loss: Nats(1.8), floor }));
        assert_eq!(answer(law.e, 1e12), Err(Error::Unreachable { loss: floor, floor }));
        assert_eq!(answer(-1e40, 1e12), Err(Error::Unreachable { loss: Nats(-1e40), floor }));
        assert_eq!(answer(f64::NAN, 1e12), Err(Error::NotFinite { input: Input::Loss }));
        assert_eq!(answer(2.0, -1.0), Err(Error::Negative { input: Input::Demand, value: -1.0 }));
        assert_eq!(answer(2.0, f64::INFINITY), Err(Error::NotFinite { input: Input::Demand }));
        assert!(matches!(answer(law.e.next_up(), 1e12), Err(Error::TooLarge { .. })));
        assert!(matches!(answer(1e40, 0.0), Err(Error::TooSmall { .. })));
        assert!(matches!(answer(2.0, 1e40), Err(Error::TooLarge { .. } | Error::TooSmall { .. })));
    }

    proptest! {
        #[test]
        fn without_demand_it_is_the_closed_form(law in any_law(), exponent in 19.0..26.0f64) {
            let compute = Flop(pow(10.0, exponent));
            let best = optimum(&law, law.optimal_loss(compute), Tokens(0.0)).unwrap();
            prop_assert!(close(best.params.get(), law.optimal(compute).params.get(), 1e-9));
            prop_assert!(close(best.tokens.get(), law.optimal(compute).tokens.get(), 1e-9));
        }

        #[test]
        fn it_reaches_its_loss_for_less_than_its_neighbours_do(
            law in any_law(), exponent in 19.0..26.0f64, demand in 8.0..16.0f64, factor in 1.05..3.0f64,
        ) {
            let loss = law.optimal_loss(Flop(pow(10.0, exponent)));
            let demand = Tokens(pow(10.0, demand));
            let best = optimum(&law, loss, demand).unwrap();
            prop_assert!(close(law.loss(best).get(), loss.get(), 1e-12));
            for params in [best.params * factor, best.params * (1.0 / factor)] {
                if let Some(tokens) = law.tokens_for_loss(params, loss) {
                    let other = Allocation { params, tokens };
                    prop_assert!(lifetime_flop(best, demand) < lifetime_flop(other, demand));
                }
            }
        }

        #[test]
        fn the_implied_demand_of_an_optimum_is_its_demand(
            law in any_law(), exponent in 19.0..26.0f64, demand in 10.0..16.0f64,
        ) {
            let demand = pow(10.0, demand);
            let best = optimum(&law, law.optimal_loss(Flop(pow(10.0, exponent))), Tokens(demand)).unwrap();
            let implied = implied_demand(&law, best).get();
            prop_assert!((implied - demand).abs() < 1e-9 * (demand + best.tokens.get()));
        }

        #[test]
        fn more_demand_means_a_smaller_model_on_more_data(
            law in any_law(), exponent in 19.0..26.0f64, demand in 8.0..15.0f64, factor in 1.1..100.0f64,
        ) {
            let loss = law.optimal_loss(Flop(pow(10.0, exponent)));
            let run = |demand| optimum(&law, loss, Tokens(demand)).unwrap();
            let (less, more) = (run(pow(10.0, demand)), run(pow(10.0, demand) * factor));
            prop_assert!(more.params < less.params && more.tokens > less.tokens);
        }
    }
}
