//! Kaplan et al. 2020: losses of another form than L = E + A/N^α + B/D^β.
//!
//! ```text
//! L(N) = (8.8e13/N)^0.076                                   data without end, trained to convergence
//! L(N, D) = [(6.4e13/N)^(0.076/0.103) + 1.8e13/D]^0.103     Table 2, trained to convergence
//! D ≥ 5e3·N^0.74                                            data for N parameters without overfitting
//! ```
//!
//! N is parameters without embeddings, losses are nats per token of WebText2. The joint law has constants of its own:
//! with data without end it does not become L(N) exactly. Its compute-optimal sizes are the row `kaplan-2020` of
//! [`LAWS`](super::LAWS). Source: [arXiv:2001.08361](https://arxiv.org/abs/2001.08361).
//!
//! Don't use it to size a model: there is no floor E, and the learning rates did not decay with each run's length.

use super::optimum::Allocation;
use crate::units::{Nats, Params, Tokens};
use libm::pow;

/// L(N): the loss of a model that has all the data it can use.
#[must_use]
pub fn loss_of_model(params: Params) -> Nats {
    Nats(pow(8.8e13 / params.get(), 0.076))
}

/// L(N, D): the loss of a model on a limited number of tokens.
#[must_use]
pub fn loss(at: Allocation) -> Nats {
    Nats(pow(pow(6.4e13 / at.params.get(), 0.076 / 0.103) + 1.8e13 / at.tokens.get(), 0.103))
}

/// The tokens below which a model of this size overfits.
#[must_use]
pub fn least_tokens(params: Params) -> Tokens {
    Tokens(5e3 * pow(params.get(), 0.74))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_laws_agree_about_endless_data_to_three_percent() {
        for params in [Params(1e6), Params(1e8), Params(1.5e9)] {
            let endless = loss(Allocation { params, tokens: Tokens(1e30) });
            assert!((endless / loss_of_model(params) - 1.0).abs() < 0.03);
        }
    }

    #[test]
    fn with_the_least_tokens_the_loss_is_close_to_that_of_endless_data() {
        for params in [Params(1e6), Params(1e8), Params(1e10)] {
            let enough = loss(Allocation { params, tokens: least_tokens(params) });
            let endless = loss(Allocation { params, tokens: Tokens(1e30) });
            assert!(enough > endless && enough / endless < 1.03);
        }
    }
}
