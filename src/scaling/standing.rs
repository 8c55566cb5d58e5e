//! Where a famous run stands under a law: what it spent, what that could have bought, and what would justify it.
//!
//! ```text
//! excess      C / C(L): its compute over the least compute that reaches its loss
//! demand      D_inf = 3·D·(αA·N^−α / βB·D^−β − 1): the tokens it has to serve for its size to have been the best choice
//! ```
//!
//! The demand is the inference-aware optimum of Sardana & Frankle 2024 ([arXiv:2401.00448](https://arxiv.org/abs/2401.00448))
//! read backwards: N and D minimise 6·N·D + 2·N·D_inf for their loss when αA·N^−α = βB·D^−β·(1 + D_inf/3D). It is negative for
//! a model that is too large for its data, which no demand justifies.
//!
//! Losses are the law's, not what was measured, and only FLOP are counted: memory and latency speak for a small model too.
//! N is the active parameters.

use super::beyond::serving::implied_demand;
use super::optimum::{Allocation, Parametric};
use crate::catalog::FamousModel;
use crate::units::{Flop, Nats, Tokens};

/// A run under a law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// What it spent, by 6·N·D.
    pub compute: Flop,
    /// How the law would have split that.
    pub optimal: Allocation,
    /// The loss that the law gives the run.
    pub loss: Nats,
    /// The loss that the law gives an optimal run of the same compute.
    pub optimal_loss: Nats,
    /// How many times the least compute for its loss it spent; 1 is optimal.
    pub compute_excess: f64,
    /// The tokens to serve that would justify its size; negative if it is too large for its data.
    pub implied_demand: Tokens,
}

impl FamousModel {
    /// Where this run stands under a law; `None` if the law gives it no loss above E, or no finite demand.
    #[must_use]
    pub fn against(&self, law: &Parametric) -> Option<Standing> {
        Standing::of(Allocation { params: self.active_params, tokens: self.tokens }, law)
    }
}

impl Standing {
    /// Where a run stands under a law; `None` if the law gives it no loss above E, or no finite demand.
    #[must_use]
    pub fn of(run: Allocation, law: &Parametric) -> Option<Self> {
        let (compute, loss) = (run.flop(), law.loss(run));
        let demand = implied_demand(law, run);
        demand.get().is_finite().then_some(())?;
        Some(Self {
            compute,
            optimal: law.optimal(compute),
            loss,
            optimal_loss: law.optimal_loss(compute),
            compute_excess: compute / law.compute_for_loss(loss)?,
            implied_demand: demand,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{FAMOUS, famous};
    use crate::scaling::laws::default_law;
    use crate::units::Params;
    use proptest::prelude::*;

    fn besiroglu() -> Parametric {
        default_law().loss_law().1
    }

    fn demand(id: &str) -> f64 {
        let run = famous(id).unwrap();
        run.against(&besiroglu()).unwrap().implied_demand / run.tokens
    }

    #[test]
    fn the_demand_that_would_justify_each_run_is_as_worked_out_before() {
        for (id, ratio, digits) in [
            ("llama-3-8b", 12.6, 0.05),
            ("llama-3.1-405b", 1.05, 0.005),
            ("llama-7b", 3.2, 0.05),
            ("chinchilla-70b", 0.09, 0.005),
            ("gpt-3-175b", -1.7, 0.05),
        ] {
            assert!((demand(id) - ratio).abs() <= digits, "{id}: {}", demand(id));
        }
    }

    #[test]
    fn chinchilla_is_nearly_optimal_and_no_run_is_better_than_that() {
        let standing = famous("chinchilla-70b").unwrap().against(&besiroglu()).unwrap();
        assert!((1.0..1.001).contains(&standing.compute_excess), "{}", standing.compute_excess);
        for run in FAMOUS {
            let standing = run.against(&besiroglu()).unwrap();
            assert_eq!(standing.compute, run.flop());
            assert!(standing.compute_excess >= 1.0 && standing.loss >= standing.optimal_loss, "{}", run.id);
        }
        assert!(famous("qwen2-0.5b").unwrap().against(&besiroglu()).unwrap().compute_excess > 10.0);
    }

    #[test]
    fn a_law_without_terms_has_nothing_to_say() {
        let chinchilla = famous("chinchilla-70b").unwrap();
        let flat = Parametric { a: 0.0, b: 0.0, ..besiroglu() };
        assert_eq!(chinchilla.against(&flat), None);
        assert_eq!(chinchilla.against(&Parametric { b: 0.0, ..besiroglu() }), None);
        assert_eq!(chinchilla.against(&Parametric { alpha: f64::NAN, ..besiroglu() }), None);
    }

    proptest! {
        #[test]
        fn the_optimum_needs_no_demand_and_more_data_than_it_needs_more(
            exponent in 18.0..27.0f64, factor in 1.01..50.0f64,
        ) {
            let law = besiroglu();
            let best = law.optimal(Flop(libm::pow(10.0, exponent)));
            let at = |params: Params, tokens: Tokens| Standing::of(Allocation { params, tokens }, &law).unwrap();
            let optimal = at(best.params, best.tokens);
            prop_assert!((optimal.implied_demand / best.tokens).abs() < 1e-9);
            prop_assert!((optimal.compute_excess - 1.0).abs() < 1e-9);
            let smaller = at(best.params * (1.0 / factor), best.tokens * factor);
            let larger = at(best.params * factor, best.tokens * (1.0 / factor));
            prop_assert!(smaller.implied_demand.get() > 0.0 && larger.implied_demand.get() < 0.0);
            prop_assert!(smaller.compute_excess > 1.0 && larger.compute_excess > 1.0);
        }

        /// Among all runs of the same loss, the run is the cheapest to train and to serve its implied demand with.
        #[test]
        fn no_other_run_of_its_loss_is_cheaper_with_the_implied_demand(
            exponent in 18.0..27.0f64, shrink in 1.1..4.0f64, other in 0.5..2.0f64,
        ) {
            let law = besiroglu();
            let best = law.optimal(Flop(libm::pow(10.0, exponent)));
            let run = Allocation { params: best.params * (1.0 / shrink), tokens: best.tokens * shrink };
            let standing = Standing::of(run, &law).unwrap();
            let lifetime = |at: Allocation| {
                at.flop().get() + 2.0 * at.params.get() * standing.implied_demand.get()
            };
            let params = run.params * other;
            if let Some(tokens) = law.tokens_for_loss(params, standing.loss) {
                let another = lifetime(Allocation { params, tokens });
                prop_assert!(another >= lifetime(run) * (1.0 - 1e-9));
            }
        }
    }
}
