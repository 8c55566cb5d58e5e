//! The side of models: parameters, tokens, their ratio, the loss, and the compute that ties them together.

use super::time::Given;
use super::{Locks, check_split, same};
use crate::scaling::bisect::bisect;
use crate::scaling::error::{Missing, Obstacle};
use crate::scaling::laws::{Law, LawKind};
use crate::scaling::optimum::{Allocation, Parametric};
use crate::scaling::{Error, Quantity};
use crate::units::{Flop, Nats, Params, Tokens};

/// Where a size is looked for, as ln N: far beyond one parameter and the most that is worked out.
const LN_PARAMS: (f64, f64) = (-20.0, 80.0);
/// Where a budget is looked for, as ln C: likewise.
const LN_COMPUTE: (f64, f64) = (-20.0, 120.0);
/// How far from the bottom of the valley a size with the same compute is looked for, in ln N: beyond one parameter on
/// the left and one token on the right.
const LN_VALLEY: f64 = 60.0;
/// A loss this near the least, relatively, is the least: half a dozen roundings would move N by 10⁻⁸.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// N and D that the locks decide.
pub(super) struct Split {
    pub at: Allocation,
    pub also: Option<Allocation>,
}

/// What is fixed: two of these decide the split, the law's own split is as good as one.
pub(super) struct Fixed {
    params: Option<Params>,
    tokens: Option<Tokens>,
    budget: Option<Given>,
    ratio: Option<f64>,
    loss: Option<Nats>,
}

impl Fixed {
    pub(super) fn new(locks: &Locks, budget: Option<Given>) -> Self {
        let &Locks { params, tokens, tokens_per_param: ratio, loss, .. } = locks;
        Self { params, tokens, budget, ratio, loss }
    }

    /// The split that the first two decide; the others must agree with it.
    ///
    /// `hours_known` only decides what is said to be missing.
    pub(super) fn split(&self, law: Law, hours_known: bool) -> Result<Split, Error> {
        let budget = self.budget.map(|given| Flop(given.value));
        let only = |params, tokens| Ok(one(Allocation { params, tokens }));
        let (loss_law, constants) = law.loss_law();
        let reach = Reach { law: loss_law.name, constants };
        let split = match (self.params, self.tokens, budget, self.ratio, self.loss) {
            (Some(params), Some(tokens), ..) => only(params, tokens),
            (Some(params), None, Some(compute), ..) => Ok(one(Allocation::of_params(params, compute))),
            (Some(params), None, None, Some(ratio), _) => only(params, Tokens(params.get() * ratio)),
            (Some(params), None, None, None, Some(loss)) => only(params, reach.tokens(params, loss)?),
            (Some(params), None, None, None, None) => only(params, law.optimal_tokens(params)),
            (None, Some(tokens), Some(compute), ..) => Ok(one(Allocation::of_tokens(tokens, compute))),
            (None, Some(tokens), None, Some(ratio), _) => only(Params(tokens.get() / ratio), tokens),
            (None, Some(tokens), None, None, Some(loss)) => only(reach.params(tokens, loss)?, tokens),
            (None, Some(tokens), None, None, None) => only(law.optimal_params(tokens), tokens),
            (None, None, Some(compute), Some(ratio), _) => Ok(one(Allocation::of_ratio(ratio, compute))),
            (None, None, Some(compute), None, Some(loss)) => reach.both_sides(compute, loss),
            (None, None, Some(compute), None, None) => Ok(one(law.optimal(compute))),
            (None, None, None, Some(ratio), Some(loss)) => reach.size(ratio, loss).map(one),
            (None, None, None, None, Some(loss)) => reach.frontier(law, loss).map(one),
            (None, None, None, Some(ratio), None) if !hours_known => match budget_of_ratio(law, ratio) {
                Some(compute) => Ok(one(law.optimal(compute))),
                None => Err(Error::Underdetermined { missing: Missing::Size }),
            },
            (None, None, None, _, None) => Err(Error::Underdetermined { missing: missing(hours_known) }),
        }?;
        self.check(split.at, &constants)?;
        Ok(split)
    }

    /// Whether what is fixed beyond the first two agrees with the split that they decide.
    fn check(&self, at: Allocation, constants: &Parametric) -> Result<(), Error> {
        let budget = self.budget.map_or(&[][..], |given| given.from);
        let values = [
            (&[Quantity::Params][..], self.params.map(Params::get), at.params.get()),
            (&[Quantity::Tokens], self.tokens.map(Tokens::get), at.tokens.get()),
            (budget, self.budget.map(|given| given.value), at.flop().get()),
            (&[Quantity::TokensPerParam], self.ratio, at.tokens_per_param()),
            (&[Quantity::Loss], self.loss.map(Nats::get), constants.loss(at).get()),
        ];
        let fixed: Vec<_> = values.into_iter().filter_map(|(of, fixed, is)| Some((of, fixed?, is))).collect();
        let [first, second, others @ ..] = &fixed[..] else { return Ok(()) };
        match others.iter().find(|(_, fixed, is)| !same(*fixed, *is)) {
            Some(other) => Err(Error::Contradiction { quantities: [first.0, second.0, other.0].concat() }),
            None => Ok(()),
        }
    }
}

fn one(at: Allocation) -> Split {
    Split { at, also: None }
}

fn missing(hours_known: bool) -> Missing {
    if hours_known { Missing::Utilisation } else { Missing::Everything }
}

/// The budget whose best split has so many tokens for each parameter; `None` if all have the same. D*/N* is a power of C under
/// every law, so two budgets say which.
fn budget_of_ratio(law: Law, ratio: f64) -> Option<Flop> {
    let (low, high) = (1e18, 1e26);
    let at = |compute| libm::log(law.optimal(Flop(compute)).tokens_per_param());
    let exponent = (at(high) - at(low)) / libm::log(high / low);
    (libm::fabs(exponent) > ROUNDING).then(|| Flop(low * libm::exp((libm::log(ratio) - at(low)) / exponent)))
}

/// What reaches a loss.
struct Reach {
    law: &'static str,
    constants: Parametric,
}

impl Reach {
    fn unreachable(&self, loss: Nats, obstacle: Obstacle) -> Error {
        Error::Unreachable { loss, law: self.law, obstacle }
    }

    /// `loss`, if it is above E.
    fn above_e(&self, loss: Nats) -> Result<Nats, Error> {
        let floor = Nats(self.constants.e);
        if loss > floor { Ok(loss) } else { Err(self.unreachable(loss, Obstacle::Law(floor))) }
    }

    /// The tokens with which a model reaches the loss.
    fn tokens(&self, params: Params, loss: Nats) -> Result<Tokens, Error> {
        let loss = self.above_e(loss)?;
        let floor = self.constants.floor_of_model(params);
        let tokens = self.constants.tokens_for_loss(params, loss);
        tokens.ok_or_else(|| self.unreachable(loss, Obstacle::Params(params, floor)))
    }

    /// The model that reaches the loss on these tokens.
    fn params(&self, tokens: Tokens, loss: Nats) -> Result<Params, Error> {
        let loss = self.above_e(loss)?;
        let floor = self.constants.floor_of_data(tokens);
        let params = self.constants.params_for_loss(tokens, loss);
        params.ok_or_else(|| self.unreachable(loss, Obstacle::Tokens(tokens, floor)))
    }

    /// The model that reaches the loss on `ratio` tokens for each parameter.
    fn size(&self, ratio: f64, loss: Nats) -> Result<Allocation, Error> {
        let loss = self.above_e(loss)?;
        let at = |ln_params| {
            let params = Params(libm::exp(ln_params));
            Allocation { params, tokens: Tokens(params.get() * ratio) }
        };
        Ok(at(bisect(LN_PARAMS.1, LN_PARAMS.0, |ln_params| self.constants.loss(at(ln_params)) <= loss)))
    }

    /// The run on a law's frontier that reaches the loss.
    fn frontier(&self, law: Law, loss: Nats) -> Result<Allocation, Error> {
        let loss = self.above_e(loss)?;
        if let (LawKind::Parametric(_), Some(compute)) = (law.kind, self.constants.compute_for_loss(loss)) {
            return Ok(law.optimal(compute));
        }
        let at = |ln_compute| law.optimal(Flop(libm::exp(ln_compute)));
        Ok(at(bisect(LN_COMPUTE.1, LN_COMPUTE.0, |ln_compute| self.constants.loss(at(ln_compute)) <= loss)))
    }

    /// The smaller, over-trained model that reaches the loss with this compute, and the larger, under-trained one.
    fn both_sides(&self, compute: Flop, loss: Nats) -> Result<Split, Error> {
        let loss = self.above_e(loss)?;
        let best = self.constants.optimal(compute);
        let least = self.constants.loss(best);
        if loss.get() <= least.get() * (1.0 + ROUNDING) {
            // At the bottom there is one; below it, by more than rounding, none.
            let bottom = same(loss.get(), least.get());
            return if bottom { Ok(one(best)) } else { Err(self.unreachable(loss, Obstacle::Compute(compute, least))) };
        }
        let at = |ln_params| Allocation::of_params(Params(libm::exp(ln_params)), compute);
        let side = |towards: f64| {
            let bottom = libm::log(best.params.get());
            at(bisect(bottom, bottom + towards, |ln_params| self.constants.loss(at(ln_params)) <= loss))
        };
        let (smaller, larger) = (side(-LN_VALLEY), side(LN_VALLEY));
        Ok(match (check_split(smaller), check_split(larger)) {
            (Err(_), Ok(())) => one(larger),
            (Ok(()), Ok(())) => Split { at: smaller, also: Some(larger) },
            (_, Err(_)) => one(smaller),
        })
    }
}
