//! Serving and limited data at once: the run that is cheapest over its life when text runs out.
//!
//! ```text
//! minimise    6·N·D·c_train + 2·N·(D_in·c_in + D_out·c_out)        subject to    L(N, D, U) = ℓ
//! ```
//!
//! with L of [`repeated`](super::repeated) and the costs of [`cost`](super::cost). ℓ is given, or is the best that a training
//! budget reaches on the same U tokens ([`Lifetime::for_compute`]): then the answer says how to make that model cheaper over
//! its life, for more training than the budget.
//!
//! Along the runs of one loss, from large models on little data to small ones on much, the ratio of the two slopes of the
//! loss only rises and what it has to be only falls, so ln D is bisected for
//!
//! ```text
//! (∂L/∂ln N) / (∂L/∂ln D) = 1 + D_inf/3D            D_inf counted at what serving costs beside training
//! ```
//!
//! With endless text this is [`serving`](super::serving), without demand [`repeated`](super::repeated); the tests hold it to both.
//!
//! Sources: those of the two. That they can be joined is Bitbudget's own reading: nobody has fitted runs that do both.

use super::cost::{Demand, SERVED_PER_TRAINED, UnitCosts};
use super::repeated::{DataLimited, checked, epochs};
use super::{Error, Input, bisect, within_limits};
use crate::scaling::optimum::Allocation;
use crate::units::{Flop, Nats, Tokens};
use libm::{exp, fmin, log};

/// No ln D is looked for beyond: far above what is worked out, and e to it is still a number.
const MAX_LN_TOKENS: f64 = 600.0;

/// Nats above the floor, at and below which text is worn out: what half the compute does to the loss is no longer seen.
const WORN_OUT: f64 = 1e-9;

/// What a model is made of and used for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lifetime {
    /// The law of the loss.
    pub law: DataLimited,
    /// U: how much text there is, or [`UNLIMITED`](super::repeated::UNLIMITED).
    pub unique: Tokens,
    /// What is asked of the model.
    pub demand: Demand,
    /// What the two are counted in.
    pub costs: UnitCosts,
}

/// The cheapest run, and what it comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// N and D.
    pub at: Allocation,
    /// L(N, D, U).
    pub loss: Nats,
    /// How many times the text is read.
    pub epochs: f64,
    /// What training costs, in the unit of the costs.
    pub training: f64,
    /// What serving costs.
    pub serving: f64,
}

impl Lifetime {
    /// The run of the least lifetime cost among those that reach `loss`.
    ///
    /// # Errors
    ///
    /// If `loss` is at or below what the text allows, an input is no number or out of its range, or the answer is out of bounds.
    pub fn for_loss(&self, loss: Nats) -> Result<Outcome, Error> {
        let unique = checked(self.unique)?;
        let served = self.costs.effective_demand(self.demand)?.get() / SERVED_PER_TRAINED;
        let floor = self.law.floor(unique);
        let unreachable = Error::Unreachable { loss, floor };
        if Input::Loss.finite(loss.get())? <= floor.get() {
            return Err(unreachable);
        }
        let once = self.law.law.optimal(self.law.law.compute_for_loss(loss).ok_or(unreachable)?);
        let params = |ln_d: f64| self.law.params_for_loss(Tokens(exp(ln_d)), unique, loss);
        let too_little_data = |ln_d: f64| {
            let tokens = Tokens(exp(ln_d));
            params(ln_d).is_none_or(|params| {
                self.law.model_to_data(Allocation { params, tokens }, unique) < 1.0 + served / tokens.get()
            })
        };
        // New text is best, so it takes at least what the closed form does, or all that there is.
        let low = log(fmin(once.tokens.get(), unique.get()));
        let mut high = low + 1.0;
        while high < MAX_LN_TOKENS && too_little_data(high) {
            high += high - low;
        }
        let ln_d = bisect(low, high, too_little_data);
        let params = params(ln_d).ok_or(unreachable)?;
        within_limits(Allocation { params, tokens: Tokens(exp(ln_d)) }).map(|at| self.outcome(at))
    }

    /// The run of the least lifetime cost among those that are as good as the best one that `compute` can train.
    ///
    /// # Errors
    ///
    /// Those of [`for_loss`](Self::for_loss); if compute is not finite or not above 0, or so large for the text that the loss
    /// is at its floor and no longer says what was spent.
    pub fn for_compute(&self, compute: Flop) -> Result<Outcome, Error> {
        let loss = self.law.loss(self.law.optimum(compute, self.unique)?, self.unique);
        let floor = self.law.floor(self.unique);
        if loss.get() - floor.get() < WORN_OUT {
            return Err(Error::WornOut { unique: self.unique, floor });
        }
        self.for_loss(loss)
    }

    fn outcome(&self, at: Allocation) -> Outcome {
        Outcome {
            at,
            loss: self.law.loss(at, self.unique),
            epochs: epochs(at.tokens, self.unique),
            training: self.costs.training(at),
            serving: self.costs.serving(at.params, self.demand),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::beyond::repeated::{MUENNIGHOFF, UNLIMITED};
    use crate::scaling::beyond::serving;
    use crate::scaling::beyond::testing::{any_law, besiroglu, close};
    use libm::pow;
    use proptest::prelude::*;

    fn lifetime(law: DataLimited, unique: f64, demand: f64) -> Lifetime {
        let demand = Demand { input: Tokens(demand), output: Tokens(0.0) };
        Lifetime { law, unique: Tokens(unique), demand, costs: UnitCosts::FLOP }
    }

    #[test]
    fn a_used_model_on_little_text_is_smaller_and_reads_it_more_often() {
        let unused = lifetime(MUENNIGHOFF, 25e9, 0.0).for_compute(Flop(1e22)).unwrap();
        let used = lifetime(MUENNIGHOFF, 25e9, 1e12).for_compute(Flop(1e22)).unwrap();
        assert!(used.at.params < unused.at.params && used.epochs > unused.epochs);
        assert!(close(used.loss.get(), unused.loss.get(), 1e-12));
        assert_eq!(unused.serving, 0.0);
        assert!(close(unused.training, 1e22, 1e-6));
        assert!(used.training > 1e22);
    }

    #[test]
    fn text_sets_a_floor_that_the_error_names() {
        let limited = lifetime(MUENNIGHOFF, 1e9, 1e12);
        let floor = MUENNIGHOFF.floor(Tokens(1e9));
        for loss in [floor.get(), 1.9, 0.0, -1e40] {
            assert_eq!(limited.for_loss(Nats(loss)), Err(Error::Unreachable { loss: Nats(loss), floor }));
        }
        assert!(limited.for_loss(Nats(floor.get() * 1.001)).is_ok());
    }

    #[test]
    fn a_budget_that_wears_the_text_out_says_so() {
        let error = lifetime(MUENNIGHOFF, 1e9, 0.0).for_compute(Flop(1e26)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the 1B tokens of text are worn out: the loss is at 2.7614 nats/token, and more compute changes nothing"
        );
    }

    #[test]
    fn bad_inputs_are_errors() {
        let good = lifetime(MUENNIGHOFF, 25e9, 1e12);
        assert_eq!(good.for_loss(Nats(f64::NAN)), Err(Error::NotFinite { input: Input::Loss }));
        assert_eq!(good.for_compute(Flop(0.0)), Err(Error::NotPositive { input: Input::Compute, value: 0.0 }));
        let unique = Lifetime { unique: Tokens(-1.0), ..good };
        assert_eq!(unique.for_loss(Nats(3.0)), Err(Error::NotPositive { input: Input::UniqueTokens, value: -1.0 }));
        let demand = lifetime(MUENNIGHOFF, 25e9, -1.0);
        assert_eq!(demand.for_loss(Nats(3.0)), Err(Error::Negative { input: Input::Demand, value: -1.0 }));
        assert!(matches!(good.for_loss(Nats(1e40)), Err(Error::TooSmall { .. })));
        assert!(matches!(good.for_compute(Flop(1e40)), Err(Error::TooLarge { .. })));
        // Even so the text wears out before the tokens are beyond counting.
        let used = lifetime(MUENNIGHOFF, 25e9, 1e40).for_loss(Nats(2.3)).unwrap();
        assert!(used.epochs < 2000.0 && close(used.loss.get(), 2.3, 1e-12));
        let endless = lifetime(MUENNIGHOFF, f64::INFINITY, 0.0);
        assert!(matches!(endless.for_loss(Nats(MUENNIGHOFF.law.e.next_up())), Err(Error::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn with_endless_text_it_is_serving(law in any_law(), exponent in 19.0..26.0f64, demand in 8.0..16.0f64) {
            let (compute, demand) = (Flop(pow(10.0, exponent)), pow(10.0, demand));
            let both = lifetime(DataLimited::with_law(law), UNLIMITED.get(), demand).for_compute(compute).unwrap();
            let alone = serving::optimum(&law, law.optimal_loss(compute), Tokens(demand)).unwrap();
            prop_assert!(close(both.at.params.get(), alone.params.get(), 1e-9));
            prop_assert!(close(both.at.tokens.get(), alone.tokens.get(), 1e-9));
            prop_assert_eq!(both.epochs, 1.0);
        }

        #[test]
        fn without_demand_it_is_repeated_data(exponent in 18.0..25.0f64, unique in 8.0..13.0f64) {
            let (compute, unique) = (Flop(pow(10.0, exponent)), pow(10.0, unique));
            let limited = DataLimited::with_law(besiroglu());
            let alone = limited.optimum(compute, Tokens(unique)).unwrap();
            // Where the text is worn out, all budgets reach the floor, and the loss no longer says which it was.
            prop_assume!(limited.loss(alone, Tokens(unique)).get() > limited.floor(Tokens(unique)).get() + 1e-4);
            let both = lifetime(limited, unique, 0.0).for_compute(compute).unwrap();
            prop_assert!(close(both.at.params.get(), alone.params.get(), 1e-6), "{both:?} {alone:?}");
            prop_assert!(close(both.at.tokens.get(), alone.tokens.get(), 1e-6), "{both:?} {alone:?}");
        }

        #[test]
        fn no_other_run_of_the_same_loss_costs_less(
            law in any_law(), exponent in 18.0..24.0f64, unique in 9.0..13.0f64, demand in 8.0..15.0f64,
        ) {
            let law = DataLimited::with_law(law);
            let life = lifetime(law, pow(10.0, unique), pow(10.0, demand));
            let best = life.for_compute(Flop(pow(10.0, exponent)));
            prop_assume!(!matches!(best, Err(Error::WornOut { .. })));
            let best = best.unwrap();
            for step in 0..400 {
                let tokens = Tokens(pow(10.0, 7.0 + f64::from(step) / 40.0));
                if let Some(params) = law.params_for_loss(tokens, life.unique, best.loss) {
                    let cost = life.costs.lifetime(Allocation { params, tokens }, life.demand);
                    prop_assert!(cost >= (best.training + best.serving) * (1.0 - 1e-9));
                }
            }
        }
    }
}
