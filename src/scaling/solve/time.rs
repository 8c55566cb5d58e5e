//! The side of machines: compute, utilisation, GPU-hours, GPUs, days, money and energy.

use super::{Locks, SAME, same, workable};
use crate::scaling::emissions::cost_usd;
use crate::scaling::error::Missing;
use crate::scaling::{Error, Machine, Quantity};
use crate::units::Flop;

/// A value, and the locks that it follows from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Given {
    pub value: f64,
    pub from: &'static [Quantity],
}

/// What a run takes.
pub(super) struct Spent {
    pub gpu_hours: f64,
    pub gpus: Option<f64>,
    pub days: Option<f64>,
    pub utilisation: f64,
    pub cost: Option<f64>,
    pub energy: f64,
}

/// The GPU-hours, if the locks decide them without the compute.
pub(super) fn hours(locks: &Locks, machine: &Machine) -> Result<Option<Given>, Error> {
    let bought = match (locks.cost, machine.price) {
        (Some(cost), Some(price)) => Some(cost / price),
        (Some(_), None) => return Err(Error::NoPrice),
        (None, _) => None,
    };
    let fleet = locks.gpus.zip(locks.days).map(|(gpus, days)| machine.gpu_hours_of(gpus, days));
    let hours = agreed([
        given(locks.gpu_hours, &[Quantity::GpuHours]),
        given(bought, &[Quantity::Cost]),
        given(locks.energy.map(|mwh| mwh / machine.mwh_per_gpu_hour()), &[Quantity::Energy]),
        given(fleet, &[Quantity::Gpus, Quantity::Days]),
    ])?;
    if let Some(hours) = hours {
        workable(Quantity::GpuHours, hours.value)?;
    }
    Ok(hours)
}

/// The compute, if the locks decide it without a model.
pub(super) fn budget(locks: &Locks, machine: &Machine, hours: Option<Given>) -> Result<Option<Given>, Error> {
    let delivered = hours
        .zip(locks.utilisation)
        .map(|(hours, share)| Given { value: machine.compute(hours.value, share).get(), from: hours.from });
    agreed([given(locks.compute.map(Flop::get), &[Quantity::Compute]), delivered])
}

fn given(value: Option<f64>, from: &'static [Quantity]) -> Option<Given> {
    value.map(|value| Given { value, from })
}

/// The first of the values there are, if the others say the same.
fn agreed(values: impl IntoIterator<Item = Option<Given>>) -> Result<Option<Given>, Error> {
    let mut values = values.into_iter().flatten();
    let Some(first) = values.next() else { return Ok(None) };
    match values.find(|other| !same(first.value, other.value)) {
        Some(other) => Err(Error::BudgetTwice { quantities: [first.from, other.from].concat() }),
        None => Ok(Some(first)),
    }
}

/// What the compute takes on the machine.
pub(super) fn spent(locks: &Locks, machine: &Machine, hours: Option<Given>, compute: Flop) -> Result<Spent, Error> {
    let (gpu_hours, utilisation) = match (hours, locks.utilisation) {
        (Some(hours), Some(share)) => (hours.value, share),
        (Some(hours), None) => (hours.value, share_of_peak(machine.utilisation(compute, hours.value))?),
        (None, Some(share)) => (workable(Quantity::GpuHours, machine.gpu_hours(compute, share))?, share),
        (None, None) => return Err(Error::Underdetermined { missing: Missing::UtilisationOrHours }),
    };
    let (gpus, days) = match (locks.gpus, locks.days) {
        (Some(gpus), None) => (Some(gpus), Some(workable(Quantity::Days, machine.days(gpu_hours, gpus))?)),
        (None, Some(days)) => (Some(workable(Quantity::Gpus, machine.gpus(gpu_hours, days))?), Some(days)),
        both_or_neither => both_or_neither,
    };
    let cost = machine.price.map(|price| workable(Quantity::Cost, cost_usd(gpu_hours, price))).transpose()?;
    let energy = workable(Quantity::Energy, gpu_hours * machine.mwh_per_gpu_hour())?;
    Ok(Spent { gpu_hours, gpus, days, utilisation, cost, energy })
}

/// A utilisation that follows; what is above 1 by rounding is 1.
fn share_of_peak(utilisation: f64) -> Result<f64, Error> {
    if utilisation > 1.0 + SAME { Err(Error::BeyondPeak { utilisation }) } else { Ok(utilisation.min(1.0)) }
}
