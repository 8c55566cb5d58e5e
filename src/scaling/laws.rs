//! The published laws, each a row.
//!
//! Two printings of one law can differ by a factor of two in the answer: Hoffmann et al. print their Approach 3 rounded
//! (E 1.69, A 406.4, B 410.7, α 0.34, β 0.28), and those constants put 92.6 tokens on a parameter at the Gopher budget
//! of 5.76 × 10²³ FLOP, where the paper says 20. The constants in the TeX source of the paper give 58.9, and the 40B
//! model of its Fig. 4. So the row here holds the latter, and the rounded ones are not on offer.

use super::optimum::{Allocation, Parametric};
use crate::source::{Source, in_engine};
use crate::units::{Flop, Params, Tokens};

/// A scaling law; see [`LAWS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Law {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// What it says.
    pub kind: LawKind,
    /// What it was fitted on.
    pub fitted: Fitted,
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
}

/// The runs a law was fitted on: the least and the most of each quantity, where the paper says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// Parameters.
    pub params: (Params, Params),
    /// Tokens.
    pub tokens: Option<(Tokens, Tokens)>,
    /// The largest training compute.
    pub max_compute: Option<Flop>,
}

impl Fitted {
    /// Whether a run is like those the law was fitted on; beyond them it is an extrapolation.
    #[must_use]
    pub fn covers(&self, at: Allocation) -> bool {
        let (least, most) = self.params;
        (least..=most).contains(&at.params)
            && self.tokens.is_none_or(|(least, most)| (least..=most).contains(&at.tokens))
            && self.max_compute.is_none_or(|most| at.flop() <= most)
    }
}

impl Law {
    /// How this law splits a compute budget.
    #[must_use]
    pub fn optimal(&self, compute: Flop) -> Allocation {
        match self.kind {
            LawKind::TokensPerParam(ratio) => {
                let params = Params(libm::sqrt(compute.get() / (6.0 * ratio)));
                Allocation { params, tokens: Tokens(params.get() * ratio) }
            }
            LawKind::Parametric(constants) => constants.optimal(compute),
        }
    }

    /// The tokens that this law gives a model.
    #[must_use]
    pub fn optimal_tokens(&self, params: Params) -> Tokens {
        match self.kind {
            LawKind::TokensPerParam(ratio) => Tokens(params.get() * ratio),
            LawKind::Parametric(constants) => constants.optimal_tokens(params),
        }
    }

    /// The model that this law gives a number of tokens.
    #[must_use]
    pub fn optimal_params(&self, tokens: Tokens) -> Params {
        match self.kind {
            LawKind::TokensPerParam(ratio) => Params(tokens.get() / ratio),
            LawKind::Parametric(constants) => constants.optimal_params(tokens),
        }
    }

    /// The law that losses are taken from, and its constants: this one, or the default where it has no loss of its own.
    #[must_use]
    pub fn loss_law(&'static self) -> (&'static Law, Parametric) {
        match self.kind {
            LawKind::Parametric(constants) => (self, constants),
            LawKind::TokensPerParam(_) => (default_law(), BESIROGLU),
        }
    }
}

/// The id of the law that a fresh page starts with.
pub const DEFAULT_LAW: &str = "besiroglu-2024";

/// The row of [`DEFAULT_LAW`].
#[must_use]
pub fn default_law() -> &'static Law {
    &LAWS[0]
}

/// The row with this id.
#[must_use]
pub fn law(id: &str) -> Option<&'static Law> {
    LAWS.iter().find(|row| row.id == id)
}

const BESIROGLU: Parametric = Parametric { e: 1.8172, a: 482.01, b: 2085.43, alpha: 0.3478, beta: 0.3658 };

/// Every law on offer, the default first.
///
/// Adding one of a form that [`LawKind`] knows: a whole row, with vectors for it in `tests/golden/scaling.json`. Menus,
/// answers and curves read this table.
///
/// ```text
/// Law {
///     id: "besiroglu-2024",                    // author and year, permanent
///     name: "Besiroglu et al. 2024",
///     kind: LawKind::Parametric(Parametric { e: 1.8172, a: 482.01, b: 2085.43, alpha: 0.3478, beta: 0.3658 }),
///     fitted: Fitted { params: (Params(57e6), Params(16e9)), tokens: None, max_compute: Some(Flop(1.3e22)) },
///     source: Source::in_engine("Besiroglu et al. 2024, …", "https://arxiv.org/abs/2404.10102", "2026-11"),
///     note: "…",                               // as printed or from the source? what is odd about it?
/// },
/// ```
pub static LAWS: &[Law] = &[
    Law {
        id: DEFAULT_LAW,
        name: "Besiroglu et al. 2024",
        kind: LawKind::Parametric(BESIROGLU),
        fitted: Fitted { params: (Params(57e6), Params(16e9)), tokens: None, max_compute: Some(Flop(1.3e22)) },
        source: Source::in_engine(
            "Besiroglu et al. 2024, Chinchilla Scaling: A replication attempt",
            "https://arxiv.org/abs/2404.10102",
            "2026-11",
        ),
        note: in_engine(
            "A refit of the Chinchilla runs. Its tokens per parameter fall slowly with compute, from 26 at 10¹⁸ to \
               16 at 10²⁶ FLOP; modern sweeps find them rising.",
        ),
    },
    Law {
        id: "hoffmann-2022-a3",
        name: "Hoffmann et al. 2022, Approach 3",
        // A, B and E are stored in the TeX source as logarithms: 6.0073404, 6.0179186 and 0.5267228.
        kind: LawKind::Parametric(Parametric {
            e: 1.693_373_680_998_952_8,
            a: 406.401_017_519_473_7,
            b: 410.722_826_945_039_8,
            alpha: 0.339_170_84,
            beta: 0.284_908_3,
        }),
        fitted: Fitted {
            params: (Params(44e6), Params(16e9)),
            tokens: Some((Tokens(5e9), Tokens(500e9))),
            max_compute: None,
        },
        source: Source::in_engine(
            "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models (constants of the TeX source)",
            "https://arxiv.org/abs/2203.15556",
            "2026-11",
        ),
        note: in_engine(
            "The constants of the paper's TeX source. The printed ones are rounded, and that alone moves 59 tokens \
               per parameter to 93 at 5.76 × 10²³ FLOP; the paper's other two approaches say about 20.",
        ),
    },
    Law {
        id: "chinchilla-20",
        name: "20 tokens per parameter",
        kind: LawKind::TokensPerParam(20.0),
        fitted: Fitted {
            params: (Params(44e6), Params(16e9)),
            tokens: Some((Tokens(5e9), Tokens(500e9))),
            max_compute: None,
        },
        source: Source::in_engine(
            "Hoffmann et al. 2022, Table 3, as a rule of thumb",
            "https://arxiv.org/abs/2203.15556",
            "2026-11",
        ),
        note: in_engine("The rule has no loss of its own: the loss shown is that of Besiroglu et al. 2024."),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_default_law_stands_first_and_ids_are_unique() {
        assert_eq!(default_law().id, DEFAULT_LAW);
        assert_eq!(LAWS.iter().map(|row| row.id).collect::<HashSet<_>>().len(), LAWS.len());
    }

    #[test]
    fn the_tex_constants_are_the_exponentials_of_the_stored_logarithms() {
        let LawKind::Parametric(tex) = law("hoffmann-2022-a3").unwrap().kind else { panic!() };
        for (value, logarithm) in [(tex.a, 6.0073404), (tex.b, 6.0179186), (tex.e, 0.5267228)] {
            assert!((libm::log(value) - logarithm).abs() < 1e-12);
        }
    }

    #[test]
    fn the_laws_disagree_about_the_gopher_budget_as_published() {
        let ratio = |id: &str| law(id).unwrap().optimal(Flop(5.76e23)).tokens_per_param();
        assert!((ratio("chinchilla-20") - 20.0).abs() < 1e-9);
        assert!((ratio("besiroglu-2024") - 18.4).abs() < 0.05);
        assert!((ratio("hoffmann-2022-a3") - 58.9).abs() < 0.05);
    }

    #[test]
    fn the_largest_runs_of_today_are_extrapolations_under_every_law() {
        for row in LAWS {
            assert!(row.fitted.covers(Allocation { params: Params(1e9), tokens: Tokens(20e9) }), "{}", row.id);
            assert!(!row.fitted.covers(Allocation { params: Params(405e9), tokens: Tokens(15.6e12) }), "{}", row.id);
        }
    }
}
