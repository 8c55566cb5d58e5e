//! Lines of equal loss over the plane of parameters and tokens.

use super::evenly_spaced;
use crate::scaling::Law;
use crate::scaling::optimum::{Allocation, Parametric};
use crate::units::{Nats, Params, Tokens};

/// All models and data with one loss.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// The loss at every point, in nats per token.
    pub loss: Nats,
    /// From the largest model on the least data to the smallest on the most. Empty where the line does not cross the
    /// rectangle.
    pub curve: Vec<Allocation>,
}

/// The lines with the losses of `levels`, as far as they lie in the rectangle of `params` and `tokens`, with `points`
/// points each.
///
/// With s as the model's share of the loss above E, A/N^α = s·(L − E) and B/D^β = (1 − s)·(L − E). Points are spaced
/// evenly in ln(s/(1 − s)), so that they are as dense on both arms, where the line runs along N or D, as at the bend.
#[must_use]
pub fn contours(
    law: Law,
    params: (Params, Params),
    tokens: (Tokens, Tokens),
    levels: &[Nats],
    points: usize,
) -> Vec<Contour> {
    let (_, constants) = law.loss_law();
    let line = |&loss| Contour { loss, curve: curve(&constants, params, tokens, loss, points) };
    levels.iter().map(line).collect()
}

fn curve(
    constants: &Parametric,
    params: (Params, Params),
    tokens: (Tokens, Tokens),
    loss: Nats,
    points: usize,
) -> Vec<Allocation> {
    let above = loss.get() - constants.e;
    let at_params = |params| log_odds(constants.model_term(params) / above);
    let at_tokens = |tokens| -log_odds(constants.data_term(tokens) / above);
    let first = at_params(params.1).max(at_tokens(tokens.0));
    let last = at_params(params.0).min(at_tokens(tokens.1));
    let crosses = above > 0.0 && first < last;
    if !crosses {
        return Vec::new();
    }
    // The ends lie on a side of the rectangle: rounding must not put them outside.
    let within = |value: f64, least: f64, most: f64| value.max(least).min(most);
    evenly_spaced(first, last, points)
        .map(|log_odds| {
            let n = constants.params_of_term(above * share(log_odds)).get();
            let d = constants.tokens_of_term(above * share(-log_odds)).get();
            Allocation {
                params: Params(within(n, params.0.get(), params.1.get())),
                tokens: Tokens(within(d, tokens.0.get(), tokens.1.get())),
            }
        })
        .collect()
}

/// ln(s/(1 − s)); endless for all or more than all.
fn log_odds(share: f64) -> f64 {
    if share >= 1.0 { f64::INFINITY } else { libm::log(share / (1.0 - share)) }
}

/// The share with these log odds.
fn share(log_odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-log_odds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{LAWS, law};

    const PARAMS: (Params, Params) = (Params(1e7), Params(1e13));
    const TOKENS: (Tokens, Tokens) = (Tokens(1e8), Tokens(1e15));

    fn of(law: Law, loss: f64) -> Vec<Allocation> {
        contours(law, PARAMS, TOKENS, &[Nats(loss)], 41).remove(0).curve
    }

    #[test]
    fn every_point_has_the_loss_and_lies_in_the_rectangle() {
        for &row in LAWS {
            let (_, constants) = row.loss_law();
            for loss in [1.95, 2.1, 2.5, 3.0, 5.0] {
                let curve = of(row, loss);
                assert_eq!(curve.len(), 41, "{} {loss}", row.id);
                for at in &curve {
                    assert!((constants.loss(*at).get() - loss).abs() < 1e-9, "{at:?}");
                    assert!((PARAMS.0..=PARAMS.1).contains(&at.params), "{at:?}");
                    assert!((TOKENS.0..=TOKENS.1).contains(&at.tokens), "{at:?}");
                }
            }
        }
    }

    #[test]
    fn a_smaller_model_takes_more_data_and_the_ends_lie_on_the_sides() {
        for &row in LAWS {
            let curve = of(row, 2.2);
            assert!(curve.windows(2).all(|pair| pair[1].params < pair[0].params && pair[1].tokens > pair[0].tokens));
            let near = |left: f64, right: f64| (left / right - 1.0).abs() < 1e-9;
            let (first, last) = (curve[0], curve[40]);
            assert!(near(first.params.get(), PARAMS.1.get()) || near(first.tokens.get(), TOKENS.0.get()));
            assert!(near(last.params.get(), PARAMS.0.get()) || near(last.tokens.get(), TOKENS.1.get()));
        }
    }

    #[test]
    fn no_point_takes_less_compute_than_the_optimum_and_one_comes_close() {
        let law = law("besiroglu-2024").unwrap();
        let least = law.loss_law().1.compute_for_loss(Nats(2.2)).unwrap();
        let computes: Vec<f64> = of(law, 2.2).iter().map(|at| at.flop() / least).collect();
        assert!(computes.iter().all(|compute| *compute >= 1.0 - 1e-9));
        assert!(computes.iter().any(|compute| *compute < 1.05));
    }

    #[test]
    fn a_line_out_of_sight_is_empty() {
        let law = law("besiroglu-2024").unwrap();
        for loss in [1.8172, 1.5, 0.0, -1.0, f64::NAN, 1.818, 60.0, f64::INFINITY] {
            assert!(of(law, loss).is_empty(), "{loss}");
        }
        let turned = contours(law, (PARAMS.1, PARAMS.0), TOKENS, &[Nats(2.2)], 41);
        assert!(turned[0].curve.is_empty());
        assert!(contours(law, PARAMS, TOKENS, &[], 41).is_empty());
        assert!(contours(law, PARAMS, TOKENS, &[Nats(2.2)], 0)[0].curve.is_empty());
    }
}
