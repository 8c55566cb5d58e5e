//! Why there is no answer, in sentences that name the quantity.

use crate::units::{Flop, Nats, Params, Tokens, scientific, significant};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A quantity is no number, or infinite.
    #[error("{quantity} is not a finite number")]
    NotFinite {
        /// Which quantity.
        quantity: Quantity,
    },
    /// A quantity that has to be positive is not.
    #[error("{quantity} is {value}, not above 0")]
    NotPositive {
        /// Which quantity.
        quantity: Quantity,
        /// What was asked for.
        value: f64,
    },
    /// A quantity is so small that the answer would have less than one parameter or token.
    #[error("{quantity} would be {}: too little for one parameter and one token", digits(*value))]
    TooSmall {
        /// Which quantity.
        quantity: Quantity,
        /// What was asked for, or what follows from it.
        value: f64,
    },
    /// A quantity, or what follows from it, is beyond what is worked out.
    #[error("{quantity} would be {}, more than {}", digits(*value), digits(*limit))]
    TooLarge {
        /// Which quantity.
        quantity: Quantity,
        /// What was asked for, or what follows from it.
        value: f64,
        /// The most that is worked out.
        limit: f64,
    },
    /// A share of more than the whole.
    #[error("{quantity} is {value}, above 1")]
    AboveOne {
        /// Which quantity.
        quantity: Quantity,
        /// What was asked for.
        value: f64,
    },
    /// A factor that can only add, and is below 1.
    #[error("{quantity} is {value}, below 1")]
    BelowOne {
        /// Which quantity.
        quantity: Quantity,
        /// What was asked for.
        value: f64,
    },
    /// The GPU-hours are too few for the compute.
    #[error("the run takes more than these GPU-hours: utilisation would be {}, above 1", digits(*utilisation))]
    BeyondPeak {
        /// What utilisation would have to be.
        utilisation: f64,
    },
    /// The accelerator has no peak to work with.
    #[error("{gpu} has no published {format} peak: choose another GPU or other arithmetic")]
    NoPeak {
        /// Its name.
        gpu: &'static str,
        /// Of which arithmetic.
        format: &'static str,
    },
    /// Money is locked without a price.
    #[error("money buys GPU-hours only at a price: give the price of a GPU-hour, or unlock money")]
    NoPrice,
    /// Two locks fix the budget, and not the same one.
    #[error("{} {} fix the budget: unlock one", listed(quantities), if quantities.len() > 2 { "all" } else { "both" })]
    BudgetTwice {
        /// Those that fix it.
        quantities: Vec<Quantity>,
    },
    /// The locks leave no freedom, and they don't fit together.
    #[error("{} contradict each other: unlock one", listed(quantities))]
    Contradiction {
        /// Those that don't fit together.
        quantities: Vec<Quantity>,
    },
    /// Too little is locked.
    #[error("{missing}")]
    Underdetermined {
        /// What is missing.
        missing: Missing,
    },
    /// Nothing reaches this loss with what is locked beside it.
    #[error("{}", unreachable(*loss, law, obstacle))]
    Unreachable {
        /// The loss that was asked for.
        loss: Nats,
        /// The name of the law that says so.
        law: &'static str,
        /// What stands in the way.
        obstacle: Obstacle,
    },
}

/// What has to be locked as well, for there to be an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A budget or a model.
    Everything,
    /// A size: all have the same tokens per parameter under the law.
    Size,
    /// The share of the peak, to make a budget of GPU-hours.
    Utilisation,
    /// The share of the peak, or the GPU-hours that it follows from.
    UtilisationOrHours,
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Everything => {
                "nothing fixes the run: lock compute, GPU-hours, GPUs and days, money, energy, parameters, tokens or a loss"
            }
            Self::Size => {
                "under this law every size has the same tokens per parameter: lock a budget, parameters, tokens or a loss as well"
            }
            Self::Utilisation => {
                "GPU-hours make a budget only with a utilisation: lock it, or compute, parameters, tokens or a loss"
            }
            Self::UtilisationOrHours => {
                "nothing says how long the run takes: lock utilisation, or what the run takes in GPU-hours, GPUs and \
                 days, money or energy"
            }
        })
    }
}

/// Why a loss is unreachable; each with the loss that it leaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Obstacle {
    /// It is at or below E.
    Law(Nats),
    /// It is at or below what this many parameters reach on endless data, E + A/N^α.
    Params(Params, Nats),
    /// It is at or below what an endless model reaches on this many tokens, E + B/D^β.
    Tokens(Tokens, Nats),
    /// It is below what the best split of this budget reaches.
    Compute(Flop, Nats),
}

/// Four digits, with a power of ten where a plain number is long.
fn digits(value: f64) -> String {
    if (1e-3..1e6).contains(&value) { significant(value, 4) } else { scientific(value) }
}

fn unreachable(loss: Nats, law: &str, obstacle: &Obstacle) -> String {
    let digits = |loss: &Nats| significant(loss.get(), 5);
    let asked = digits(&loss);
    match obstacle {
        Obstacle::Law(floor) => {
            let floor = digits(floor);
            format!("a loss of {asked} is unreachable under {law}: even endless parameters and data leave E = {floor}")
        }
        Obstacle::Params(params, floor) => {
            let floor = digits(floor);
            format!(
                "a loss of {asked} is unreachable because E + A/N^α = {floor}: under {law} no amount of data brings \
                 {params} parameters below that"
            )
        }
        Obstacle::Tokens(tokens, floor) => {
            let floor = digits(floor);
            format!(
                "a loss of {asked} is unreachable because E + B/D^β = {floor}: under {law} no model gets below that on \
                 {tokens}"
            )
        }
        Obstacle::Compute(compute, least) => {
            let least = digits(least);
            format!("a loss of {asked} is unreachable: under {law} the least loss that {compute} reach is {least}")
        }
    }
}

/// A quantity that an [`Error`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quantity {
    /// Training compute, in FLOP.
    Compute,
    /// GPU-hours.
    GpuHours,
    /// Number of GPUs.
    Gpus,
    /// Days of training.
    Days,
    /// Share of the peak that is reached.
    Utilisation,
    /// Money, in US dollars.
    Cost,
    /// Energy, in MWh.
    Energy,
    /// Parameters.
    Params,
    /// Training tokens.
    Tokens,
    /// Tokens per parameter.
    TokensPerParam,
    /// Loss, in nats per token.
    Loss,
    /// Peak of a GPU, in FLOP per second.
    Peak,
    /// Share of the days on which the GPUs work.
    Availability,
    /// Compute that is done for each that counts.
    Recompute,
    /// Draw of a GPU, in W.
    Watts,
    /// Power of the building for each watt of the machines.
    Pue,
    /// US dollars for a GPU-hour.
    Price,
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Compute => "compute",
            Self::GpuHours => "the number of GPU-hours",
            Self::Gpus => "the number of GPUs",
            Self::Days => "the number of days",
            Self::Utilisation => "utilisation",
            Self::Cost => "money",
            Self::Energy => "energy",
            Self::Params => "the number of parameters",
            Self::Tokens => "the number of tokens",
            Self::TokensPerParam => "the number of tokens per parameter",
            Self::Loss => "the loss",
            Self::Peak => "the peak of the GPU",
            Self::Availability => "availability",
            Self::Recompute => "the factor of recomputation",
            Self::Watts => "the power of a GPU",
            Self::Pue => "PUE",
            Self::Price => "the price of a GPU-hour",
        })
    }
}

impl Quantity {
    /// `value` if it is finite and above 0.
    pub(super) fn positive(self, value: f64) -> Result<f64, Error> {
        if !value.is_finite() {
            Err(Error::NotFinite { quantity: self })
        } else if value <= 0.0 {
            Err(Error::NotPositive { quantity: self, value })
        } else {
            Ok(value)
        }
    }

    /// `value` if it is a share: above 0 and up to 1.
    pub(super) fn share(self, value: f64) -> Result<f64, Error> {
        let value = self.positive(value)?;
        if value > 1.0 { Err(Error::AboveOne { quantity: self, value }) } else { Ok(value) }
    }

    /// `value` if it is a factor that adds: finite and at least 1.
    pub(super) fn surcharge(self, value: f64) -> Result<f64, Error> {
        let value = self.positive(value)?;
        if value < 1.0 { Err(Error::BelowOne { quantity: self, value }) } else { Ok(value) }
    }

    /// `value` if it is no more than `limit`.
    pub(super) fn up_to(self, limit: f64, value: f64) -> Result<f64, Error> {
        if value > limit { Err(Error::TooLarge { quantity: self, value, limit }) } else { Ok(value) }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(quantities: &[Quantity]) -> String {
    let names: Vec<_> = quantities.iter().map(Quantity::to_string).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => names.concat(),
    }
}
