//! Text that runs out: what reading it more than once is worth.
//!
//! Of U unique tokens, D are read: the first pass counts in full, each further one less. Parameters beyond those that
//! the unique tokens ask for lose their value in the same way.
//!
//! ```text
//! U_D = min(U, D)            R_D = D/U_D − 1           D′ = U_D + U_D R*_D (1 − e^(−R_D/R*_D))
//! U_N = min(N, N*(U_D))      R_N = N/U_N − 1           N′ = U_N + U_N R*_N (1 − e^(−R_N/R*_N))
//! L(N, D, U) = E + A/N′^α + B/D′^β
//! ```
//!
//! Up to 4 passes are nearly as good as new text (93 % of it), and however many there are, they are worth less than
//! 16.4 passes' worth of new text: D′ < (1 + R*_D) U.
//!
//! The optimum of a budget is the closed form's where U is enough for it. Otherwise D > U, and there L is convex in ln N,
//! smooth even where N passes N*(U) and parameters begin to lose value; so the sign of dL/d ln N is bisected.
//!
//! Source: Muennighoff et al. 2023, [arXiv:2305.16264](https://arxiv.org/abs/2305.16264), Eq. 5, with the
//! constants of the paper's [code](https://github.com/huggingface/datablations). R*_D and R*_N were fitted together with
//! that law, on C4 and models of 7M to 9B parameters; with another law they are an assumption.
//!
//! Don't compare its losses with anything: they are C4's, and the authors call them unlikely to be useful as such.

use super::{Error, Input, bisect, within_limits};
use crate::scaling::optimum::{Allocation, Parametric, flop_of};
use crate::units::{Flop, Nats, Params, Tokens};
use libm::{exp, fmin, log, log1p, pow};

/// As much text as anyone could read.
pub const UNLIMITED: Tokens = Tokens(f64::INFINITY);

/// A law for text that is repeated: how many repetitions, and how many parameters beyond what the text asks for, count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DataLimited {
    /// The law of text that is read once.
    pub law: Parametric,
    /// R*_D: after how many repetitions a further one is worth 1/e of new text.
    pub tokens_decay: f64,
    /// R*_N: the same for parameters beyond N*(U).
    pub params_decay: f64,
}

/// The fit of Muennighoff et al. on C4. Their code stores A, B and E as logarithms: 6.255414, 7.3049974 and 0.6254804.
pub const MUENNIGHOFF: DataLimited = DataLimited {
    law: Parametric {
        e: 1.869_143_678_405_485_8,
        a: 520.824_951_659_918_7,
        b: 1_487.716_093_782_861,
        alpha: 0.352_659_6,
        beta: 0.352_659_6,
    },
    tokens_decay: 15.387_756,
    params_decay: 5.309_743,
};

impl DataLimited {
    /// R*_D and R*_N of Muennighoff et al. with the constants of another law. An assumption: they were not fitted together.
    #[must_use]
    pub const fn with_law(law: Parametric) -> Self {
        Self { law, ..MUENNIGHOFF }
    }

    /// L(N, D, U), in nats per token.
    #[must_use]
    pub fn loss(&self, at: Allocation, unique: Tokens) -> Nats {
        self.law.loss(self.effective(at, unique))
    }

    /// D′: how many new tokens `tokens` of reading are worth, of which `unique` are new.
    #[must_use]
    pub fn effective_tokens(&self, tokens: Tokens, unique: Tokens) -> Tokens {
        Tokens(worth(tokens.get(), seen(tokens, unique).get(), self.tokens_decay))
    }

    /// (N′, D′): the run on new text that is as good.
    #[must_use]
    pub fn effective(&self, at: Allocation, unique: Tokens) -> Allocation {
        let enough = self.law.optimal_params(seen(at.tokens, unique));
        Allocation {
            params: Params(worth(at.params.get(), enough.get(), self.params_decay)),
            tokens: self.effective_tokens(at.tokens, unique),
        }
    }

    /// (1 + R*_D) U: more new tokens than so many passes over `unique` are ever worth.
    #[must_use]
    pub fn tokens_ceiling(&self, unique: Tokens) -> Tokens {
        unique * (1.0 + self.tokens_decay)
    }

    /// What the loss falls towards with endless parameters and passes; E where text is [`UNLIMITED`].
    #[must_use]
    pub fn floor(&self, unique: Tokens) -> Nats {
        let params = self.law.optimal_params(unique) * (1.0 + self.params_decay);
        self.law.loss(Allocation { params, tokens: self.tokens_ceiling(unique) })
    }

    /// The best split of a compute budget, with `unique` tokens or [`UNLIMITED`].
    ///
    /// # Errors
    ///
    /// If compute is not finite or not above 0, `unique` is no number or below one token, or the answer is out of bounds.
    pub fn optimum(&self, compute: Flop, unique: Tokens) -> Result<Allocation, Error> {
        let compute = Flop(Input::Compute.positive(compute.get())?);
        let unique = checked(unique)?;
        let once = self.law.optimal(compute);
        if once.tokens <= unique {
            return within_limits(once);
        }
        let at = |ln_n: f64| {
            let params = Params(exp(ln_n));
            Allocation { params, tokens: Tokens(compute / flop_of(params, Tokens(1.0))) }
        };
        let too_small = |ln_n: f64| self.model_to_data(at(ln_n), unique) > 1.0;
        // From one parameter to the model that reads every token once.
        let once_each = log(compute / flop_of(Params(1.0), unique));
        within_limits(at(bisect(0.0, once_each, too_small)))
    }

    /// How much more the loss falls with more parameters than with as many times more tokens:
    /// (∂L/∂ln N) / (∂L/∂ln D). Above 1 the model is too small for its budget.
    pub(super) fn model_to_data(&self, at: Allocation, unique: Tokens) -> f64 {
        let Parametric { a, b, alpha, beta, .. } = self.law;
        let seen = seen(at.tokens, unique);
        let effective = self.effective(at, unique);
        let model = alpha * a * pow(effective.params.get(), -alpha);
        let data = beta * b * pow(effective.tokens.get(), -beta);
        let enough = self.law.optimal_params(seen).get();
        let model = model * elasticity(at.params.get(), enough, self.params_decay);
        model / (data * elasticity(at.tokens.get(), seen.get(), self.tokens_decay))
    }

    /// The parameters with which a run on `tokens` reaches a loss. `None` if none do.
    pub(super) fn params_for_loss(&self, tokens: Tokens, unique: Tokens, loss: Nats) -> Option<Params> {
        let above = (loss - self.law.floor_of_data(self.effective_tokens(tokens, unique))).get();
        if above.is_nan() || above <= 0.0 {
            return None;
        }
        let effective = pow(self.law.a / above, 1.0 / self.law.alpha);
        let enough = self.law.optimal_params(seen(tokens, unique)).get();
        amount_for(effective, enough, self.params_decay).map(Params)
    }
}

/// `unique` if it is a number of at least one token, or infinite.
pub(super) fn checked(unique: Tokens) -> Result<Tokens, Error> {
    match unique.get() {
        f64::INFINITY => Ok(unique),
        value if Input::UniqueTokens.positive(value)? < 1.0 => {
            Err(Error::TooSmall { input: Input::UniqueTokens, value })
        }
        _ => Ok(unique),
    }
}

/// U_D = min(U, D).
fn seen(tokens: Tokens, unique: Tokens) -> Tokens {
    Tokens(fmin(unique.get(), tokens.get()))
}

/// `amount` if it is not above `full`; what is above loses value with each repetition of it.
fn worth(amount: f64, full: f64, decay: f64) -> f64 {
    if amount <= full {
        return amount;
    }
    let repetitions = amount / full - 1.0;
    full * (1.0 + decay * (1.0 - exp(-repetitions / decay)))
}

/// The amount that is [`worth`] so much; `None` if none is.
fn amount_for(effective: f64, full: f64, decay: f64) -> Option<f64> {
    if effective <= full {
        return Some(effective);
    }
    let left = (effective / full - 1.0) / decay;
    (left < 1.0).then(|| full * (1.0 - decay * log1p(-left)))
}

/// d ln worth / d ln amount: 1 up to `full`, and falling beyond.
fn elasticity(amount: f64, full: f64, decay: f64) -> f64 {
    if amount <= full {
        return 1.0;
    }
    amount * exp(-(amount / full - 1.0) / decay) / worth(amount, full, decay)
}

/// Whether a run is like those that R*_D and R*_N were fitted on: 7M to 9B parameters, up to 900B tokens and 1500 epochs.
#[must_use]
pub fn in_range(at: Allocation, unique: Tokens) -> bool {
    (7e6..=9e9).contains(&at.params.get()) && at.tokens.get() <= 900e9 && epochs(at.tokens, unique) <= 1500.0
}

/// How many times the text is read: D/U_D, at least 1.
#[must_use]
pub fn epochs(tokens: Tokens, unique: Tokens) -> f64 {
    tokens / seen(tokens, unique)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::beyond::testing::{any_law, close};
    use proptest::prelude::*;

    fn at(params: f64, tokens: f64) -> Allocation {
        Allocation { params: Params(params), tokens: Tokens(tokens) }
    }

    #[test]
    fn the_constants_are_the_exponentials_of_the_stored_logarithms() {
        let law = MUENNIGHOFF.law;
        for (value, logarithm) in [(law.a, 6.255414), (law.b, 7.3049974), (law.e, 0.6254804)] {
            assert!((log(value) - logarithm).abs() < 1e-14);
        }
    }

    #[test]
    fn passes_lose_value_as_the_paper_says() {
        let unique = Tokens(100e9);
        for (passes, percent) in [(1.0, 100.0), (2.0, 98.4), (4.0, 93.1), (8.0, 82.8), (16.0, 66.1), (40.0, 37.9)] {
            let share = MUENNIGHOFF.effective_tokens(unique * passes, unique) / (unique * passes);
            assert!((100.0 * share - percent).abs() < 0.051, "{passes}: {share}");
        }
        assert!(close(MUENNIGHOFF.tokens_ceiling(unique) / unique, 16.39, 1e-3));
        let endless = MUENNIGHOFF.effective_tokens(Tokens(1e30), unique);
        assert!(close(endless / MUENNIGHOFF.tokens_ceiling(unique), 1.0, 1e-12));
    }

    #[test]
    fn the_worked_example_is_met() {
        let unique = Tokens(25e9);
        let best = MUENNIGHOFF.optimum(Flop(1e22), unique).unwrap();
        assert!(close(best.params.get(), 7.02616e9, 1e-5) && close(best.tokens.get(), 2.37209e11, 1e-5));
        assert!(close(epochs(best.tokens, unique), 9.4884, 1e-5));
        assert!(close(MUENNIGHOFF.loss(best, unique).get(), 2.222_129_27, 1e-8));
    }

    #[test]
    fn enough_text_is_the_closed_form_and_one_epoch() {
        let law = MUENNIGHOFF.law;
        let best = law.optimal(Flop(1e22));
        for unique in [best.tokens, best.tokens * 10.0, UNLIMITED] {
            assert_eq!(MUENNIGHOFF.optimum(Flop(1e22), unique), Ok(best));
            assert_eq!(MUENNIGHOFF.loss(best, unique), law.loss(best));
            assert_eq!(epochs(best.tokens, unique), 1.0);
        }
        assert_eq!(MUENNIGHOFF.floor(UNLIMITED), Nats(law.e));
    }

    #[test]
    fn a_run_of_more_parameters_tokens_or_epochs_than_were_fitted_is_out_of_range() {
        assert!(in_range(at(7e9, 237e9), Tokens(25e9)));
        assert!(in_range(at(7e9, 237e9), UNLIMITED));
        assert!(!in_range(at(10e9, 237e9), Tokens(25e9)));
        assert!(!in_range(at(7e9, 1e12), Tokens(25e9)));
        assert!(!in_range(at(7e9, 237e9), Tokens(0.1e9)));
    }

    #[test]
    fn bad_inputs_are_errors() {
        let answer = |compute, unique| MUENNIGHOFF.optimum(Flop(compute), Tokens(unique));
        assert_eq!(answer(0.0, 1e9), Err(Error::NotPositive { input: Input::Compute, value: 0.0 }));
        assert_eq!(answer(f64::NAN, 1e9), Err(Error::NotFinite { input: Input::Compute }));
        assert_eq!(answer(1e22, 0.0), Err(Error::NotPositive { input: Input::UniqueTokens, value: 0.0 }));
        assert_eq!(answer(1e22, 0.5), Err(Error::TooSmall { input: Input::UniqueTokens, value: 0.5 }));
        assert_eq!(answer(1e22, f64::NAN), Err(Error::NotFinite { input: Input::UniqueTokens }));
        assert!(matches!(answer(1e40, 1e9), Err(Error::TooLarge { .. })));
        assert!(matches!(answer(1.0, 1e9), Err(Error::TooSmall { .. })));
        assert_eq!(MUENNIGHOFF.params_for_loss(Tokens(1e9), UNLIMITED, Nats(1.0)), None);
    }

    proptest! {
        #[test]
        fn the_optimum_is_the_lowest_point_of_a_fine_grid(
            law in any_law(), exponent in 18.0..26.0f64, unique in 8.0..13.0f64,
        ) {
            let limited = DataLimited::with_law(law);
            let (compute, unique) = (Flop(pow(10.0, exponent)), Tokens(pow(10.0, unique)));
            let best = limited.optimum(compute, unique).unwrap();
            prop_assert!(close(best.flop().get(), compute.get(), 1e-9));
            let least = limited.loss(best, unique).get();
            for step in 0..600 {
                let params = Params(pow(10.0, 3.0 + f64::from(step) / 50.0));
                let other = Allocation { params, tokens: Tokens(compute.get() / (6.0 * params.get())) };
                prop_assert!(limited.loss(other, unique).get() >= least * (1.0 - 1e-14));
            }
        }

        #[test]
        fn less_text_never_helps_and_nothing_gets_below_the_floor(
            n in 6.0..13.0f64, d in 8.0..15.0f64, unique in 7.0..14.0f64, factor in 1.0..100.0f64,
        ) {
            let (run, unique) = (at(pow(10.0, n), pow(10.0, d)), Tokens(pow(10.0, unique)));
            let loss = MUENNIGHOFF.loss(run, unique);
            prop_assert!(MUENNIGHOFF.loss(run, unique * factor).get() <= loss.get() * (1.0 + 1e-14));
            prop_assert!(loss >= MUENNIGHOFF.floor(unique));
            prop_assert!(epochs(run.tokens, unique) >= 1.0);
        }

        #[test]
        fn the_slopes_are_those_of_the_loss(passes in 1.1..60.0f64, size in -2.0..1.3f64, unique in 9.0..12.0f64) {
            let (unique, size) = (Tokens(pow(10.0, unique)), pow(10.0, size));
            // A step over the kink of the second derivative is off by more than the others.
            prop_assume!(!close(size, 1.0, 1e-3));
            let run = Allocation { params: MUENNIGHOFF.law.optimal_params(unique) * size, tokens: unique * passes };
            let loss = |params: f64, tokens: f64| {
                let at = Allocation { params: run.params * params, tokens: run.tokens * tokens };
                MUENNIGHOFF.loss(at, unique).get()
            };
            let (less, more) = (1.0 - 1e-4, 1.0 + 1e-4);
            let slopes = (loss(less, 1.0) - loss(more, 1.0)) / (loss(1.0, less) - loss(1.0, more));
            prop_assert!(close(slopes, MUENNIGHOFF.model_to_data(run, unique), 1e-4));
        }

        #[test]
        fn the_model_for_a_loss_has_that_loss(n in 7.0..11.0f64, d in 9.0..13.0f64, unique in 9.0..12.0f64) {
            let (run, unique) = (at(pow(10.0, n), pow(10.0, d)), Tokens(pow(10.0, unique)));
            let loss = MUENNIGHOFF.loss(run, unique);
            // Where many more parameters than useful are worth the same, the way back is lost.
            if let Some(params) = MUENNIGHOFF.params_for_loss(run.tokens, unique, loss) {
                let again = MUENNIGHOFF.loss(Allocation { params, ..run }, unique);
                prop_assert!(close(again.get(), loss.get(), 1e-12));
            }
        }
    }
}
