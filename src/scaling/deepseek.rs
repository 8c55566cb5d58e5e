//! DeepSeek LLM 2024: how learning rate, batch and model grow with the compute budget.
//!
//! ```text
//! M*(C) = 0.1715 C^0.5243 FLOP per token       D*(C) = 5.8316 C^0.4757 tokens       C = M·D
//! learning rate = 0.3118 C^−0.125              batch = 0.2920 C^0.3271 tokens
//! ```
//!
//! M counts a model by the FLOP of a token's training step, attention included and embeddings left out. Fitted from
//! 10¹⁷ to 3 × 10²⁰ FLOP.
//!
//! Don't use the learning rate and the batch for another architecture, optimizer or learning-rate schedule.

use super::laws::PowerLaw;
use crate::source::Source;
use crate::units::{Flop, Tokens};

/// Where the constants stand.
pub(super) const SOURCE: Source = Source::in_engine(
    "DeepSeek-AI 2024, DeepSeek LLM: Scaling Open-Source Language Models with Longtermism, Eq. 1 and 4",
    "https://arxiv.org/abs/2401.02954",
    "2026-11",
);

/// D*(C), in tokens.
pub(super) const TOKENS: PowerLaw = PowerLaw { coefficient: 5.8316, exponent: 0.4757 };

const FLOP_PER_TOKEN: PowerLaw = PowerLaw { coefficient: 0.1715, exponent: 0.5243 };
const LEARNING_RATE: PowerLaw = PowerLaw { coefficient: 0.3118, exponent: -0.125 };
const BATCH: PowerLaw = PowerLaw { coefficient: 0.2920, exponent: 0.3271 };

/// M*(C): the best model for a budget, in training FLOP per token.
///
/// M* and D* are rounded apart: their product is 1.00012 × C.
#[must_use]
pub fn flop_per_token(compute: Flop) -> Flop {
    Flop(FLOP_PER_TOKEN.at(compute))
}

/// D*(C): the best number of tokens for a budget.
#[must_use]
pub fn tokens(compute: Flop) -> Tokens {
    Tokens(TOKENS.at(compute))
}

/// The best peak learning rate for a budget.
#[must_use]
pub fn learning_rate(compute: Flop) -> f64 {
    LEARNING_RATE.at(compute)
}

/// The best batch for a budget, in tokens.
#[must_use]
pub fn batch(compute: Flop) -> Tokens {
    Tokens(BATCH.at(compute))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_budget_wants_a_larger_batch_and_a_smaller_learning_rate() {
        let (small, large) = (Flop(1e18), Flop(1e22));
        assert!(batch(large) > batch(small));
        assert!(learning_rate(large) < learning_rate(small));
    }

    #[test]
    fn model_and_data_share_the_budget() {
        for exponent in 17..=26 {
            let compute = Flop(libm::pow(10.0, f64::from(exponent)));
            let spent = flop_per_token(compute).get() * tokens(compute).get();
            assert!((spent / compute.get() - 1.0).abs() < 2e-4);
        }
    }
}
