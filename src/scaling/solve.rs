//! Lock what you know; the rest follows.
//!
//! The quantities hang together by
//!
//! ```text
//! C = 6·N·D          r = D/N          L = L(N, D)          the split: N = N*(C), if nothing else decides it
//! ```
//!
//! and by the relations of [`budget`](super::budget) between C, utilisation, GPU-hours, GPUs, days, money and energy. Of
//! C, N, D, r and L two decide the run; where only one is locked, the law's own split is the second. Where there is no
//! closed form, the answer is found by halving in ln N or ln C.
//!
//! Don't lock a rounded loss beside a compute at the bottom of the valley: the loss is flat there, so ten digits of it
//! give four of N.

mod split;
mod time;

use super::laws::{LAWS, Law};
use super::optimum::Allocation;
use super::{Error, Machine, Quantity};
use crate::units::{Flop, Nats, Params, Tokens};
use serde::{Serialize, Serializer};
use split::Fixed;

/// The most compute that is worked out: 10³⁶ FLOP, ten billion times the largest run yet.
pub const MAX_FLOP: Flop = Flop(1e36);
/// The most parameters that are worked out.
pub const MAX_PARAMS: Params = Params(1e18);
/// The most tokens that are worked out.
pub const MAX_TOKENS: Tokens = Tokens(1e21);
/// The most of everything else: GPUs, days, GPU-hours, dollars, MWh, tokens per parameter, nats.
pub const MAX_OTHER: f64 = 1e36;

/// Values closer than this, relatively, are the same.
const SAME: f64 = 1e-9;

/// What is known; `None` is to be found.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Locks {
    /// C, training compute.
    pub compute: Option<Flop>,
    /// GPU-hours.
    pub gpu_hours: Option<f64>,
    /// Number of GPUs; a share of one is allowed.
    pub gpus: Option<f64>,
    /// Days from the first step to the last.
    pub days: Option<f64>,
    /// Share of the dense peak that training reaches, above 0 and up to 1.
    pub utilisation: Option<f64>,
    /// US dollars.
    pub cost: Option<f64>,
    /// MWh.
    pub energy: Option<f64>,
    /// N.
    pub params: Option<Params>,
    /// D.
    pub tokens: Option<Tokens>,
    /// D/N.
    pub tokens_per_param: Option<f64>,
    /// L, nats per token.
    pub loss: Option<Nats>,
}

impl Locks {
    /// Whether every lock is a workable number.
    fn check(&self) -> Result<(), Error> {
        let numbers = [
            (Quantity::Compute, self.compute.map(Flop::get)),
            (Quantity::GpuHours, self.gpu_hours),
            (Quantity::Gpus, self.gpus),
            (Quantity::Days, self.days),
            (Quantity::Utilisation, self.utilisation),
            (Quantity::Cost, self.cost),
            (Quantity::Energy, self.energy),
            (Quantity::Params, self.params.map(Params::get)),
            (Quantity::Tokens, self.tokens.map(Tokens::get)),
            (Quantity::TokensPerParam, self.tokens_per_param),
            (Quantity::Loss, self.loss.map(Nats::get)),
        ];
        for (quantity, value) in numbers {
            if let Some(value) = value {
                workable(quantity, quantity.positive(value)?)?;
            }
        }
        Ok(())
    }
}

/// `value`, if it is within what is worked out.
fn workable(quantity: Quantity, value: f64) -> Result<f64, Error> {
    let (least, limit) = match quantity {
        Quantity::Compute => (0.0, MAX_FLOP.get()),
        Quantity::Params => (1.0, MAX_PARAMS.get()),
        Quantity::Tokens => (1.0, MAX_TOKENS.get()),
        Quantity::Utilisation => return quantity.share(value),
        _ => (0.0, MAX_OTHER),
    };
    // A fitted law may have constants that no published one has.
    if value.is_nan() {
        return Err(Error::NotFinite { quantity });
    }
    if value < least {
        return Err(Error::TooSmall { quantity, value });
    }
    quantity.up_to(limit, value)
}

/// A run, in every quantity, under one law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Solution {
    /// C, in FLOP.
    #[serde(rename = "compute_flop")]
    pub compute: Flop,
    /// N.
    pub params: Params,
    /// D.
    pub tokens: Tokens,
    /// D/N.
    pub tokens_per_param: f64,
    /// The loss under [`loss_law`](Self::loss_law), in nats per token.
    #[serde(rename = "loss_nats")]
    pub loss: Nats,
    /// The law that splits the budget; its id in JSON.
    #[serde(serialize_with = "id_of")]
    pub law: Law,
    /// The law that the loss is from: the same, unless that one has no loss of its own.
    #[serde(serialize_with = "id_of")]
    pub loss_law: Law,
    /// GPU-hours.
    pub gpu_hours: f64,
    /// Number of GPUs, if it or the days are locked.
    pub gpus: Option<f64>,
    /// Days, if they or the number of GPUs are locked.
    pub days: Option<f64>,
    /// Share of the dense peak that is reached.
    pub utilisation: f64,
    /// US dollars, if a GPU-hour has a price.
    #[serde(rename = "cost_usd")]
    pub cost: Option<f64>,
    /// MWh.
    #[serde(rename = "energy_mwh")]
    pub energy: f64,
    /// The larger of the two models that reach the same loss with the same compute, if those two are what is locked.
    pub also: Option<Allocation>,
    /// Whether the split is the law's own, N*(C).
    pub optimal: bool,
    /// Whether the run is like those that the law was fitted on; an extrapolation otherwise.
    pub in_range: bool,
}

impl Solution {
    /// N and D.
    #[must_use]
    pub fn allocation(&self) -> Allocation {
        Allocation { params: self.params, tokens: self.tokens }
    }
}

fn id_of<S: Serializer>(law: &Law, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(law.id)
}

/// Works out the run that the locks decide, under `law`.
///
/// # Errors
///
/// If a number is not finite or not positive, or more than the limits; if a share is above 1 or a surcharge below it; if
/// the locks contradict each other or decide too little; if the loss is unreachable; or if what follows has less than
/// one parameter or token, or more than the limits, or takes more than the peak.
pub fn solve(locks: &Locks, machine: &Machine, law: Law) -> Result<Solution, Error> {
    locks.check()?;
    machine.check()?;
    let hours = time::hours(locks, machine)?;
    let budget = time::budget(locks, machine, hours)?;
    let split = Fixed::new(locks, budget).split(law, hours.is_some())?;
    let at = split.at;
    let compute = budget.map_or_else(|| at.flop(), |given| Flop(given.value));
    workable(Quantity::Compute, compute.get())?;
    check_split(at)?;
    let spent = time::spent(locks, machine, hours, compute)?;
    let (loss_law, constants) = law.loss_law();
    Ok(Solution {
        compute,
        params: at.params,
        tokens: at.tokens,
        tokens_per_param: at.tokens_per_param(),
        loss: constants.loss(at),
        law,
        loss_law,
        gpu_hours: spent.gpu_hours,
        gpus: spent.gpus,
        days: spent.days,
        utilisation: spent.utilisation,
        cost: spent.cost,
        energy: spent.energy,
        also: split.also,
        optimal: same(at.params.get(), law.optimal(compute).params.get()),
        in_range: law.fitted.covers(at),
    })
}

/// Every law's answer to the same locks, in the order of [`LAWS`].
#[must_use]
pub fn all_laws(locks: &Locks, machine: &Machine) -> Vec<(Law, Result<Solution, Error>)> {
    LAWS.iter().map(|&law| (law, solve(locks, machine, law))).collect()
}

fn check_split(at: Allocation) -> Result<(), Error> {
    workable(Quantity::Params, at.params.get())?;
    workable(Quantity::Tokens, at.tokens.get()).map(drop)
}

fn same(left: f64, right: f64) -> bool {
    (left / right - 1.0).abs() <= SAME
}

#[cfg(test)]
mod tests;
