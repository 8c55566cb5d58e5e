//! The pictures as data: points to join, with the quantities still in their types.
//!
//! Positions are spaced evenly on a logarithmic axis and depend on nothing but the arguments, so a picture is the same
//! everywhere. Ends are included. Arguments are taken as they come: let [`solve()`](super::solve()) judge a reader's
//! numbers first, and draw what it reports.

mod contours;
mod same_loss;

pub use contours::{Contour, contours};
pub use same_loss::same_loss;

use super::Law;
use super::optimum::Allocation;
use crate::units::{Flop, Nats, Params, Tokens};

/// A model of one size with growing data.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedModel {
    /// The loss at each number of tokens.
    pub curve: Vec<(Tokens, Nats)>,
    /// What the loss falls towards and never reaches.
    pub floor: Nats,
    /// The tokens that the law gives this model, and the loss there.
    pub optimum: (Tokens, Nats),
}

/// A growing model on the same data.
#[derive(Clone, Debug, PartialEq)]
pub struct FixedData {
    /// The loss at each size.
    pub curve: Vec<(Params, Nats)>,
    /// What the loss falls towards and never reaches.
    pub floor: Nats,
    /// The model that the law gives these data, and the loss there.
    pub optimum: (Params, Nats),
}

/// All ways to spend one compute budget: a small model on much data to the left, a large one on little to the right.
#[derive(Clone, Debug, PartialEq)]
pub struct IsoFlop {
    /// The loss at each size, each trained on C/6N tokens.
    pub curve: Vec<(Params, Nats)>,
    /// The bottom of the valley, from the closed form.
    pub optimum: (Params, Nats),
    /// Where the law puts the model. It is the optimum unless the law is a rule without a loss of its own.
    pub chosen: (Params, Nats),
}

/// The loss of a model of `params` on `tokens.0` to `tokens.1`, in `points` steps.
#[must_use]
pub fn fixed_model(law: Law, params: Params, tokens: (Tokens, Tokens), points: usize) -> FixedModel {
    let (_, constants) = law.loss_law();
    let at = |tokens| (tokens, constants.loss(Allocation { params, tokens }));
    FixedModel {
        curve: log_spaced(tokens.0.get(), tokens.1.get(), points).map(|d| at(Tokens(d))).collect(),
        floor: constants.floor_of_model(params),
        optimum: at(law.optimal_tokens(params)),
    }
}

/// The loss of models of `params.0` to `params.1` on `tokens`, in `points` steps.
#[must_use]
pub fn fixed_data(law: Law, tokens: Tokens, params: (Params, Params), points: usize) -> FixedData {
    let (_, constants) = law.loss_law();
    let at = |params| (params, constants.loss(Allocation { params, tokens }));
    FixedData {
        curve: log_spaced(params.0.get(), params.1.get(), points).map(|n| at(Params(n))).collect(),
        floor: constants.floor_of_data(tokens),
        optimum: at(law.optimal_params(tokens)),
    }
}

/// The loss of models of `params.0` to `params.1` that all take `compute`, in `points` steps.
#[must_use]
pub fn isoflop(law: Law, compute: Flop, params: (Params, Params), points: usize) -> IsoFlop {
    let (_, constants) = law.loss_law();
    let at = |params: Params| (params, constants.loss(Allocation::of_params(params, compute)));
    IsoFlop {
        curve: log_spaced(params.0.get(), params.1.get(), points).map(|n| at(Params(n))).collect(),
        optimum: at(constants.optimal(compute).params),
        chosen: at(law.optimal(compute).params),
    }
}

/// The split that the law gives budgets of `compute.0` to `compute.1`, in `points` steps.
#[must_use]
pub fn frontier(law: Law, compute: (Flop, Flop), points: usize) -> Vec<(Flop, Allocation)> {
    log_spaced(compute.0.get(), compute.1.get(), points).map(|c| (Flop(c), law.optimal(Flop(c)))).collect()
}

/// `points` positive values from `first` to `last`, each the same factor apart; both ends are exact.
fn log_spaced(first: f64, last: f64, points: usize) -> impl Iterator<Item = f64> {
    evenly_spaced(libm::log(first), libm::log(last), points).enumerate().map(move |(index, value)| match index {
        0 => first,
        index if index + 1 == points => last,
        _ => libm::exp(value),
    })
}

/// `points` values from `first` to `last`, each the same step apart.
fn evenly_spaced(first: f64, last: f64, points: usize) -> impl Iterator<Item = f64> {
    let steps = points.saturating_sub(1).max(1);
    (0..points).map(move |index| first + (last - first) * (index as f64 / steps as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{LAWS, law};

    #[test]
    fn positions_are_evenly_spaced_on_a_logarithmic_axis_and_keep_their_ends() {
        let values: Vec<_> = log_spaced(1e6, 1e12, 7).collect();
        assert_eq!((values[0], values[6]), (1e6, 1e12));
        assert!(values.windows(2).all(|pair| (pair[1] / pair[0] - 10.0).abs() < 1e-9));
        assert_eq!(log_spaced(1.0, 2.0, 0).count(), 0);
        assert_eq!(log_spaced(1.0, 2.0, 1).collect::<Vec<_>>(), [1.0]);
    }

    #[test]
    fn the_loss_falls_with_data_and_with_size_and_stays_above_its_floor() {
        for &row in LAWS {
            let model = fixed_model(row, Params(1e9), (Tokens(1e8), Tokens(1e14)), 61);
            assert!(model.curve.windows(2).all(|pair| pair[1].1 < pair[0].1));
            assert!(model.curve.iter().all(|point| point.1 > model.floor));
            let data = fixed_data(row, Tokens(20e9), (Params(1e6), Params(1e12)), 61);
            assert!(data.curve.windows(2).all(|pair| pair[1].1 < pair[0].1));
            assert!(data.curve.iter().all(|point| point.1 > data.floor));
        }
    }

    #[test]
    fn no_point_of_the_isoflop_curve_lies_below_its_optimum() {
        for &row in LAWS {
            let valley = isoflop(row, Flop(1e21), (Params(1e7), Params(1e12)), 201);
            assert!(valley.curve.iter().all(|point| point.1 >= valley.optimum.1));
            assert!(valley.chosen.1 >= valley.optimum.1);
        }
    }

    #[test]
    fn a_parametric_law_chooses_the_optimum_and_the_rule_lies_near_it() {
        let span = (Params(1e7), Params(1e12));
        let own = isoflop(law("besiroglu-2024").unwrap(), Flop(1e21), span, 3);
        assert_eq!(own.chosen, own.optimum);
        let rule = isoflop(law("chinchilla-20").unwrap(), Flop(1e21), span, 3);
        assert!(rule.chosen != rule.optimum && (rule.chosen.1 - rule.optimum.1).get() < 1e-3);
    }

    #[test]
    fn the_frontier_is_a_straight_line_on_logarithmic_axes() {
        let line = frontier(law("chinchilla-20").unwrap(), (Flop(1e18), Flop(1e26)), 9);
        assert!(line.windows(2).all(|pair| (pair[1].1.params / pair[0].1.params - 10f64.sqrt()).abs() < 1e-9));
        assert!(line.iter().all(|(compute, at)| (at.flop() / *compute - 1.0).abs() < 1e-12));
    }
}
