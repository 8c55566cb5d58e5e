//! What a scaling law says, as a value: the published ones are rows of [`LAWS`], others are made at run time.
//!
//! A law splits a compute budget C into N parameters and D tokens, C = 6·N·D. There are three forms:
//!
//! ```text
//! D = r·N                                  tokens per parameter: a rule of thumb
//! L(N, D) = E + A/N^α + B/D^β              parametric: the split is where the loss is least
//! N*(C) = k·C^a   or   D*(C) = k·C^b       a frontier, fitted on the best run of each budget
//! ```
//!
//! Only the parametric form has a loss of its own; [`Law::loss_law`] says whose loss stands in for the others.
//!
//! Two printings of one law can differ by a factor of two in the answer: Hoffmann et al. print their Approach 3 rounded
//! (E 1.69, A 406.4, B 410.7, α 0.34, β 0.28), and those constants put 92.6 tokens on a parameter at the Gopher budget
//! of 5.76 × 10²³ FLOP, where the paper says 20. The constants in the TeX source of the paper give 58.9, and the 40B
//! model of its Fig. 4. [`rounding_trap`] goes from one printing to the other.
//!
//! Don't compare the losses of two laws: each belongs to one tokenizer and one data set.

mod rows;

use super::optimum::{Allocation, Parametric};
use crate::source::{Source, in_engine};
use crate::units::{Flop, Params, Tokens};
use libm::pow;
use rows::{BESIROGLU, HOFFMANN_ROUNDED, HOFFMANN_TEX, ROUNDED, hoffmann};
pub use rows::{DEFAULT_LAW, LAWS, LESSON_LAW, ROUNDING_TRAP};

/// A scaling law; see [`LAWS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// What it says.
    pub kind: LawKind,
    /// Which parameters are N.
    pub counts: Counts,
    /// The runs it was fitted on.
    pub fitted: Fitted,
    /// The text they were trained on.
    pub data: &'static str,
    /// Where it was published.
    pub source: Source,
    /// What a careful reader should know.
    pub note: &'static str,
}

/// The forms that a law can take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LawKind {
    /// A fixed number of tokens per parameter. It says how to split a budget and nothing about the loss.
    TokensPerParam(f64),
    /// L(N, D) = E + A/N^α + B/D^β.
    Parametric(Parametric),
    /// N*(C), in parameters; the tokens are what the budget leaves, C/6N.
    ParamsOfCompute(PowerLaw),
    /// D*(C), in tokens; the parameters are what the budget leaves, C/6D.
    TokensOfCompute(PowerLaw),
}

/// k·C^x: what is best for a compute budget of C FLOP.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PowerLaw {
    /// k, the value at 1 FLOP.
    pub coefficient: f64,
    /// x; for parameters and tokens above 0 and below 1.
    pub exponent: f64,
}

impl PowerLaw {
    /// k·C^x.
    #[must_use]
    pub fn at(&self, compute: Flop) -> f64 {
        self.coefficient * pow(compute.get(), self.exponent)
    }

    /// The compute at which the law gives `value`: (value/k)^(1/x).
    #[must_use]
    pub fn compute_for(&self, value: f64) -> Flop {
        Flop(pow(value / self.coefficient, 1.0 / self.exponent))
    }

    /// Of a law of N the law of D, or the other way round, under C = 6·N·D: C^(1−x)/6k.
    #[must_use]
    pub fn of_the_other(&self) -> Self {
        Self { coefficient: 1.0 / (6.0 * self.coefficient), exponent: 1.0 - self.exponent }
    }
}

/// Which parameters a law calls N. A small model's embeddings are a large part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counts {
    /// All of them.
    Total,
    /// All but those of the embeddings; C then leaves the embeddings' FLOP out too.
    NonEmbedding,
}

impl Counts {
    /// What it is called in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Total => "all parameters",
            Self::NonEmbedding => "parameters without embeddings",
        }
    }
}

/// The runs a law was fitted on: the least and the most of each quantity, `None` where the paper does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fitted {
    /// Parameters.
    pub params: Option<(Params, Params)>,
    /// Tokens.
    pub tokens: Option<(Tokens, Tokens)>,
    /// Training compute; from 0 where the paper only gives the largest.
    pub compute: Option<(Flop, Flop)>,
}

impl Fitted {
    /// Whether a run is like those the law was fitted on; beyond them it is an extrapolation.
    #[must_use]
    pub fn covers(&self, at: Allocation) -> bool {
        within(self.params, at.params) && within(self.tokens, at.tokens) && within(self.compute, at.flop())
    }
}

fn within<T: PartialOrd>(range: Option<(T, T)>, value: T) -> bool {
    range.is_none_or(|(least, most)| (least..=most).contains(&value))
}

impl Law {
    /// How this law splits a compute budget.
    #[must_use]
    pub fn optimal(&self, compute: Flop) -> Allocation {
        match self.kind {
            LawKind::TokensPerParam(ratio) => Allocation::of_ratio(ratio, compute),
            LawKind::Parametric(constants) => constants.optimal(compute),
            LawKind::ParamsOfCompute(law) => Allocation::of_params(Params(law.at(compute)), compute),
            LawKind::TokensOfCompute(law) => Allocation::of_tokens(Tokens(law.at(compute)), compute),
        }
    }

    /// The tokens that this law gives a model.
    #[must_use]
    pub fn optimal_tokens(&self, params: Params) -> Tokens {
        let on_frontier = |law: PowerLaw| Allocation::of_params(params, law.compute_for(params.get())).tokens;
        match self.kind {
            LawKind::TokensPerParam(ratio) => Tokens(params.get() * ratio),
            LawKind::Parametric(constants) => constants.optimal_tokens(params),
            LawKind::ParamsOfCompute(law) => on_frontier(law),
            LawKind::TokensOfCompute(law) => on_frontier(law.of_the_other()),
        }
    }

    /// The model that this law gives a number of tokens.
    #[must_use]
    pub fn optimal_params(&self, tokens: Tokens) -> Params {
        let on_frontier = |law: PowerLaw| Allocation::of_tokens(tokens, law.compute_for(tokens.get())).params;
        match self.kind {
            LawKind::TokensPerParam(ratio) => Params(tokens.get() / ratio),
            LawKind::Parametric(constants) => constants.optimal_params(tokens),
            LawKind::ParamsOfCompute(law) => on_frontier(law.of_the_other()),
            LawKind::TokensOfCompute(law) => on_frontier(law),
        }
    }

    /// The law that losses are taken from, and its constants: this one, or the default where it has no loss of its own.
    #[must_use]
    pub fn loss_law(&self) -> (Law, Parametric) {
        match self.kind {
            LawKind::Parametric(constants) => (*self, constants),
            LawKind::TokensPerParam(_) | LawKind::ParamsOfCompute(_) | LawKind::TokensOfCompute(_) => {
                (default_law(), BESIROGLU)
            }
        }
    }
}

/// The row of [`DEFAULT_LAW`].
#[must_use]
pub fn default_law() -> Law {
    LAWS[0]
}

/// The row with this id.
#[must_use]
pub fn law(id: &str) -> Option<Law> {
    LAWS.iter().find(|row| row.id == id).copied()
}

/// Hoffmann's Approach 3 between its two printings: `t` = 0 is as printed in the paper, 1 is as in its TeX source, and
/// all five constants move linearly in between. What is beyond, or no number, is the nearer end, or 0.
///
/// From α = .34 to .339 the tokens per parameter at 5.76 × 10²³ FLOP fall from 93 to 59.
#[must_use]
pub fn rounding_trap(t: f64) -> Law {
    let t = libm::fmin(libm::fmax(t, 0.0), 1.0);
    let (from, to) = (HOFFMANN_ROUNDED, HOFFMANN_TEX);
    // Written so that both ends are exact.
    let between = |from: f64, to: f64| from * (1.0 - t) + to * t;
    Law {
        kind: LawKind::Parametric(Parametric {
            e: between(from.e, to.e),
            a: between(from.a, to.a),
            b: between(from.b, to.b),
            alpha: between(from.alpha, to.alpha),
            beta: between(from.beta, to.beta),
        }),
        ..ROUNDED
    }
}

/// The id of a law that was fitted on the reader's runs; no row has it.
pub const FITTED_LAW: &str = "yours";

/// A law with the constants that a fit of the reader's own runs gave, and the range of those runs.
#[must_use]
pub fn fitted_law(constants: Parametric, fitted: Fitted) -> Law {
    Law {
        id: FITTED_LAW,
        name: "Your fit",
        kind: LawKind::Parametric(constants),
        counts: Counts::Total,
        fitted,
        data: in_engine("that of your runs"),
        source: hoffmann("Hoffmann et al. 2022, Eq. 10: the form of the law, with your constants"),
        note: in_engine(
            "Fitted on the runs that you gave. N is whatever you counted; its losses compare with those of the same \
               text and tokenizer only.",
        ),
    }
}

#[cfg(test)]
mod tests;
