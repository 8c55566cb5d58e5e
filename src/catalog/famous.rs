//! Famous training runs: how large the model was and how many tokens it saw.
//!
//! These are the points on the frontier plot. They say what was done, not what was best: most released models are
//! trained far beyond the compute-optimal point, because a smaller model is cheaper to run. A verified row was seen in two
//! independent sources, or its published compute agrees with 6·N·D; the others rest on one source, and should be shown as
//! such.
//!
//! Datasets are often quoted in words or in unique tokens; `tokens` is what the model saw, epochs included. Runs whose tokens
//! nobody published are not here: a compute alone is no point on the plot.

mod rows;

pub use rows::FAMOUS;

use crate::source::Source;
use crate::units::{Flop, Params, Tokens};

/// One training run; see [`FAMOUS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FamousModel {
    /// Permanent key.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// The year it was announced.
    pub year: u16,
    /// Every parameter, as announced or counted.
    pub params: Params,
    /// The parameters that one token passes through: all of them in a dense model, a share in a mixture of experts.
    pub active_params: Params,
    /// Tokens seen in training.
    pub tokens: Tokens,
    /// Whether two independent sources have both numbers, or the published compute agrees with them.
    pub verified: bool,
    /// Where both numbers were read.
    pub source: Source,
    /// Compute as others give it.
    pub published: Option<PublishedCompute>,
    /// What a careful reader should know; may be empty.
    pub note: &'static str,
}

/// Training compute as somebody published it: from the hardware, or by another count than 6·N·D.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PublishedCompute {
    /// How much.
    pub flop: Flop,
    /// Who says so, and how it was found.
    pub by: &'static str,
}

impl FamousModel {
    /// Whether only a share of the parameters works on each token.
    #[must_use]
    pub fn is_mixture_of_experts(&self) -> bool {
        self.active_params < self.params
    }

    /// Training compute by C = 6·N·D, with the active parameters.
    #[must_use]
    pub fn flop(&self) -> Flop {
        Flop(6.0 * self.active_params.get() * self.tokens.get())
    }

    /// Training tokens per active parameter.
    #[must_use]
    pub fn tokens_per_param(&self) -> f64 {
        self.tokens.get() / self.active_params.get()
    }
}

/// The row with this id.
#[must_use]
pub fn famous(id: &str) -> Option<&'static FamousModel> {
    FAMOUS.iter().find(|row| row.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinchilla_saw_20_tokens_per_parameter_and_gpt_3_fewer_than_2() {
        assert_eq!(famous("chinchilla-70b").unwrap().tokens_per_param(), 20.0);
        assert!(famous("gpt-3-175b").unwrap().tokens_per_param() < 2.0);
    }

    #[test]
    fn a_mixture_of_experts_is_counted_by_its_active_parameters() {
        let deepseek = famous("deepseek-v3").unwrap();
        assert!(deepseek.is_mixture_of_experts());
        assert_eq!(deepseek.tokens_per_param(), 400.0);
    }

    #[test]
    fn published_compute_is_of_the_order_of_the_rule() {
        for run in FAMOUS {
            let Some(published) = run.published else { continue };
            let ratio = published.flop / run.flop();
            assert!((0.4..2.7).contains(&ratio), "{}: {ratio}", run.id);
            assert!(!published.by.is_empty(), "{}", run.id);
        }
    }

    #[test]
    fn runs_stand_in_order_of_time() {
        assert!(FAMOUS.windows(2).all(|pair| pair[0].year <= pair[1].year));
    }
}
