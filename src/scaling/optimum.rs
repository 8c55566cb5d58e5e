//! The closed forms of a parametric law under C = 6·N·D.
//!
//! Setting the derivative of L(N, C/6N) to zero gives, with a = β/(α+β), b = α/(α+β) and G = (αA/βB)^(1/(α+β)),
//!
//! ```text
//! N*(C) = G (C/6)^a           D*(C) = G⁻¹ (C/6)^b          D*(N) = G^(−(1+α/β)) N^(α/β)
//! L*(C) = E + (A G^−α + B G^β) (C/6)^(−αβ/(α+β))
//! C(L)  = 6 [(L − E) / (A G^−α + B G^β)]^(−(α+β)/αβ)
//! ```
//!
//! Source: Hoffmann et al. 2022, [arXiv:2203.15556](https://arxiv.org/abs/2203.15556), Eq. 4; the rest by rearranging.
//! Powers and logarithms are those of `libm`, so that host and browser agree.

use crate::units::{Flop, Nats, Params, Tokens};
use libm::pow;
use serde::Serialize;

/// FLOP per parameter and token: 2 in the forward pass and 4 in the backward pass.
const FLOP_PER_PARAM_TOKEN: f64 = 6.0;

/// Training compute by C = 6·N·D.
#[must_use]
pub fn flop_of(params: Params, tokens: Tokens) -> Flop {
    Flop(FLOP_PER_PARAM_TOKEN * params.get() * tokens.get())
}

/// How a compute budget is split.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Allocation {
    /// N.
    pub params: Params,
    /// D.
    pub tokens: Tokens,
}

impl Allocation {
    /// A model of this size on the tokens that the budget leaves, C/6N.
    #[must_use]
    pub fn of_params(params: Params, compute: Flop) -> Self {
        Self { params, tokens: Tokens(compute.get() / (FLOP_PER_PARAM_TOKEN * params.get())) }
    }

    /// These tokens, and the model that the budget leaves, C/6D.
    #[must_use]
    pub fn of_tokens(tokens: Tokens, compute: Flop) -> Self {
        Self { params: Params(compute.get() / (FLOP_PER_PARAM_TOKEN * tokens.get())), tokens }
    }

    /// The split with this many tokens per parameter: N = √(C/6r), D = r·N.
    #[must_use]
    pub fn of_ratio(ratio: f64, compute: Flop) -> Self {
        let params = Params(libm::sqrt(compute.get() / (FLOP_PER_PARAM_TOKEN * ratio)));
        Self { params, tokens: Tokens(params.get() * ratio) }
    }

    /// Training compute, 6·N·D.
    #[must_use]
    pub fn flop(self) -> Flop {
        flop_of(self.params, self.tokens)
    }

    /// D/N.
    #[must_use]
    pub fn tokens_per_param(self) -> f64 {
        self.tokens.get() / self.params.get()
    }
}

/// The constants of L(N, D) = E + A/N^α + B/D^β, in nats per token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parametric {
    /// The loss that remains with endless parameters and data.
    pub e: f64,
    /// What a finite model costs.
    pub a: f64,
    /// What finite data cost.
    pub b: f64,
    /// How fast the model's share falls.
    pub alpha: f64,
    /// How fast the data's share falls.
    pub beta: f64,
}

impl Parametric {
    /// L(N, D).
    #[must_use]
    pub fn loss(&self, at: Allocation) -> Nats {
        Nats(self.e + self.model_term(at.params) + self.data_term(at.tokens))
    }

    /// L with endless data: E + A/N^α. No amount of data brings this model below it.
    #[must_use]
    pub fn floor_of_model(&self, params: Params) -> Nats {
        Nats(self.e + self.model_term(params))
    }

    /// L with an endless model: E + B/D^β. No model gets below it on these data.
    #[must_use]
    pub fn floor_of_data(&self, tokens: Tokens) -> Nats {
        Nats(self.e + self.data_term(tokens))
    }

    /// The exponent a of N* ∝ C^a.
    #[must_use]
    pub fn params_exponent(&self) -> f64 {
        self.beta / (self.alpha + self.beta)
    }

    /// The exponent b of D* ∝ C^b; a + b = 1.
    #[must_use]
    pub fn tokens_exponent(&self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// The best split of a compute budget.
    #[must_use]
    pub fn optimal(&self, compute: Flop) -> Allocation {
        let product = compute.get() / FLOP_PER_PARAM_TOKEN;
        Allocation {
            params: Params(self.g() * pow(product, self.params_exponent())),
            tokens: Tokens(pow(product, self.tokens_exponent()) / self.g()),
        }
    }

    /// The tokens with which a model of this size is the best use of its compute.
    #[must_use]
    pub fn optimal_tokens(&self, params: Params) -> Tokens {
        let ratio = self.alpha / self.beta;
        Tokens(pow(self.g(), -(1.0 + ratio)) * pow(params.get(), ratio))
    }

    /// The model with which these tokens are the best use of its compute.
    #[must_use]
    pub fn optimal_params(&self, tokens: Tokens) -> Params {
        let ratio = self.beta / self.alpha;
        Params(pow(self.g(), 1.0 + ratio) * pow(tokens.get(), ratio))
    }

    /// The loss at the best split of a compute budget.
    #[must_use]
    pub fn optimal_loss(&self, compute: Flop) -> Nats {
        let exponent = -self.alpha * self.beta / (self.alpha + self.beta);
        Nats(self.e + self.frontier_factor() * pow(compute.get() / FLOP_PER_PARAM_TOKEN, exponent))
    }

    /// The least compute that reaches a loss; `None` at or below E, which nothing reaches.
    #[must_use]
    pub fn compute_for_loss(&self, loss: Nats) -> Option<Flop> {
        let exponent = -(self.alpha + self.beta) / (self.alpha * self.beta);
        let above = above(Nats(self.e), loss)?;
        Some(Flop(FLOP_PER_PARAM_TOKEN * pow(above / self.frontier_factor(), exponent)))
    }

    /// The tokens with which a model of this size reaches a loss; `None` at or below its floor.
    #[must_use]
    pub fn tokens_for_loss(&self, params: Params, loss: Nats) -> Option<Tokens> {
        above(self.floor_of_model(params), loss).map(|term| self.tokens_of_term(term))
    }

    /// The model that reaches a loss on these tokens; `None` at or below their floor.
    #[must_use]
    pub fn params_for_loss(&self, tokens: Tokens, loss: Nats) -> Option<Params> {
        above(self.floor_of_data(tokens), loss).map(|term| self.params_of_term(term))
    }

    /// G = (αA/βB)^(1/(α+β)), the scale of N*(C) = G (C/6)^a.
    #[must_use]
    pub fn g(&self) -> f64 {
        pow(self.alpha * self.a / (self.beta * self.b), 1.0 / (self.alpha + self.beta))
    }

    /// A/N^α, in nats.
    pub(super) fn model_term(&self, params: Params) -> f64 {
        self.a / pow(params.get(), self.alpha)
    }

    /// B/D^β, in nats.
    pub(super) fn data_term(&self, tokens: Tokens) -> f64 {
        self.b / pow(tokens.get(), self.beta)
    }

    /// The N with A/N^α = `term`.
    pub(super) fn params_of_term(&self, term: f64) -> Params {
        Params(pow(self.a / term, 1.0 / self.alpha))
    }

    /// The D with B/D^β = `term`.
    pub(super) fn tokens_of_term(&self, term: f64) -> Tokens {
        Tokens(pow(self.b / term, 1.0 / self.beta))
    }

    /// A G^−α + B G^β: the frontier's loss above E at C = 6.
    fn frontier_factor(&self) -> f64 {
        self.a * pow(self.g(), -self.alpha) + self.b * pow(self.g(), self.beta)
    }
}

/// How far a loss is above a floor, if it is above it.
fn above(floor: Nats, loss: Nats) -> Option<f64> {
    Some((loss - floor).get()).filter(|above| *above > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{LAWS, LawKind};
    use proptest::prelude::*;

    fn close(left: f64, right: f64) -> bool {
        (left / right - 1.0).abs() < 1e-9
    }

    fn parametric() -> impl Strategy<Value = Parametric> {
        let laws: Vec<_> = LAWS
            .iter()
            .filter_map(|law| match law.kind {
                LawKind::Parametric(constants) => Some(constants),
                _ => None,
            })
            .collect();
        proptest::sample::select(laws)
    }

    proptest! {
        #[test]
        fn the_optimum_beats_its_neighbours_on_the_same_budget(
            law in parametric(), exponent in 15.0..30.0f64, factor in 1.01..100.0f64,
        ) {
            let compute = Flop(pow(10.0, exponent));
            let best = law.optimal(compute);
            prop_assert!(close(best.flop().get(), compute.get()));
            for factor in [factor, 1.0 / factor] {
                let other = Allocation { params: best.params * factor, tokens: best.tokens * (1.0 / factor) };
                prop_assert!(law.loss(best) < law.loss(other));
            }
        }

        #[test]
        fn the_closed_form_is_where_a_search_ends(
            exponent in 15.0..30.0f64, alpha in 0.1..0.9f64, beta in 0.1..0.9f64, a in 10.0..5000.0f64, b in 10.0..5000.0f64,
        ) {
            // E only lifts the valley.
            let (law, compute) = (Parametric { e: 0.0, a, b, alpha, beta }, Flop(pow(10.0, exponent)));
            let loss = |ln_n: f64| law.loss(Allocation::of_params(Params(libm::exp(ln_n)), compute)).get();
            // Golden-section search in ln N, of which the loss has one valley.
            let golden = (libm::sqrt(5.0) - 1.0) / 2.0;
            let (mut low, mut high) = (-40.0, 110.0);
            for _ in 0..120 {
                let (left, right) = (high - golden * (high - low), low + golden * (high - low));
                if loss(left) < loss(right) { high = right } else { low = left }
            }
            let found = (low + high) / 2.0;
            let best = law.optimal(compute);
            // The valley is flat: half of the digits of its place are all that a search can find, and all of its depth.
            prop_assert!((found - libm::log(best.params.get())).abs() < 1e-4, "{found} {best:?}");
            prop_assert!(close(loss(found), law.optimal_loss(compute).get()));
        }

        #[test]
        fn the_closed_forms_agree_with_each_other(law in parametric(), exponent in 15.0..30.0f64) {
            let compute = Flop(pow(10.0, exponent));
            let best = law.optimal(compute);
            let loss = law.optimal_loss(compute);
            prop_assert!(close(law.loss(best).get(), loss.get()));
            prop_assert!(close(law.optimal_tokens(best.params).get(), best.tokens.get()));
            prop_assert!(close(law.optimal_params(best.tokens).get(), best.params.get()));
            prop_assert!(close(law.tokens_for_loss(best.params, loss).unwrap().get(), best.tokens.get()));
            prop_assert!(close(law.params_for_loss(best.tokens, loss).unwrap().get(), best.params.get()));
            // At the optimum the model's share of the loss above E is a.
            let share = (law.floor_of_model(best.params).get() - law.e) / (loss.get() - law.e);
            prop_assert!((share - law.params_exponent()).abs() < 1e-9);
        }

        #[test]
        fn more_data_and_larger_models_never_hurt(
            law in parametric(), n in 6.0..14.0f64, d in 8.0..16.0f64, factor in 1.0..1e3f64,
        ) {
            let at = Allocation { params: Params(pow(10.0, n)), tokens: Tokens(pow(10.0, d)) };
            let more_data = Allocation { tokens: at.tokens * factor, ..at };
            let larger_model = Allocation { params: at.params * factor, ..at };
            prop_assert!(law.loss(more_data) <= law.loss(at));
            prop_assert!(law.loss(larger_model) <= law.loss(at));
            prop_assert!(law.loss(at) > law.floor_of_model(at.params));
            prop_assert!(law.loss(at) > law.floor_of_data(at.tokens));
        }
    }

    #[test]
    fn a_loss_at_the_floor_is_out_of_reach() {
        let LawKind::Parametric(law) = crate::scaling::laws::default_law().kind else { panic!() };
        assert_eq!(law.compute_for_loss(Nats(law.e)), None);
        assert_eq!(law.compute_for_loss(Nats(f64::NAN)), None);
        assert_eq!(law.tokens_for_loss(Params(1e8), law.floor_of_model(Params(1e8))), None);
        assert!(law.tokens_for_loss(Params(1e8), Nats(3.0)).is_some());
        assert_eq!(law.params_for_loss(Tokens(2e10), law.floor_of_data(Tokens(2e10))), None);
        assert!(law.params_for_loss(Tokens(2e10), Nats(3.0)).is_some());
    }
}
