//! From GPUs and days to FLOP, and back.
//!
//! ```text
//! GPU-hours = C · recomputation / (peak · utilisation · 3600)
//! GPU-hours = GPUs · days · 24 · availability
//! money     = GPU-hours · price              energy = GPU-hours · W · PUE / 10⁶   MWh
//! ```
//!
//! C is the compute that counts, 6·N·D. The peak is the **dense** 16-bit one, and utilisation is the share of it that
//! training reaches while it runs (MFU): 0.3 to 0.5 for well-run training. Idle days and restarts lower availability;
//! computing activations again makes the work larger than C.
//!
//! Don't use it for a peak with sparsity: no training reaches a share of that worth the name.

use super::emissions::energy_mwh;
use super::{Error, Quantity};
use crate::units::{Flop, FlopPerSecond};

const SECONDS_PER_HOUR: f64 = 3600.0;
const HOURS_PER_DAY: f64 = 24.0;

/// What training runs on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machine {
    /// The name of the GPU.
    pub gpu: &'static str,
    /// The dense 16-bit peak of one GPU.
    pub peak: FlopPerSecond,
    /// The share of the days on which the GPUs work, above 0 and up to 1.
    pub availability: f64,
    /// The compute that is done for each that counts: 1, or 4/3 where every activation is computed again.
    pub recompute: f64,
    /// What one GPU draws, in W.
    pub watts: f64,
    /// The power of the building for each watt of its machines, 1 or more.
    pub pue: f64,
    /// US dollars for a GPU-hour, where there is a price.
    pub price: Option<f64>,
}

impl Machine {
    /// Whether every number is one.
    ///
    /// # Errors
    ///
    /// If a number is not finite or not positive, availability is above 1, or recomputation or PUE below 1.
    pub fn check(&self) -> Result<(), Error> {
        Quantity::Peak.positive(self.peak.get())?;
        Quantity::Availability.share(self.availability)?;
        Quantity::Recompute.surcharge(self.recompute)?;
        Quantity::Watts.positive(self.watts)?;
        Quantity::Pue.surcharge(self.pue)?;
        self.price.map_or(Ok(1.0), |price| Quantity::Price.positive(price)).map(drop)
    }

    /// The compute that `gpu_hours` deliver.
    #[must_use]
    pub fn compute(&self, gpu_hours: f64, utilisation: f64) -> Flop {
        Flop(compute(self.peak, gpu_hours, utilisation).get() / self.recompute)
    }

    /// The GPU-hours that `compute` takes.
    #[must_use]
    pub fn gpu_hours(&self, compute: Flop, utilisation: f64) -> f64 {
        gpu_hours(compute * self.recompute, self.peak, utilisation)
    }

    /// The share of the peak that was reached if `compute` took `gpu_hours`.
    #[must_use]
    pub fn utilisation(&self, compute: Flop, gpu_hours: f64) -> f64 {
        utilisation(compute * self.recompute, self.peak, gpu_hours)
    }

    /// The GPU-hours of a number of GPUs for some days.
    #[must_use]
    pub fn gpu_hours_of(&self, gpus: f64, days: f64) -> f64 {
        gpus * days * HOURS_PER_DAY * self.availability
    }

    /// The days that `gpu_hours` last on a number of GPUs.
    #[must_use]
    pub fn days(&self, gpu_hours: f64, gpus: f64) -> f64 {
        days(gpu_hours / self.availability, gpus)
    }

    /// The GPUs that make `gpu_hours` in a number of days.
    #[must_use]
    pub fn gpus(&self, gpu_hours: f64, days: f64) -> f64 {
        // GPUs and days stand for each other in GPUs · days.
        self.days(gpu_hours, days)
    }

    /// The energy of one GPU-hour, in MWh.
    #[must_use]
    pub fn mwh_per_gpu_hour(&self) -> f64 {
        energy_mwh(1.0, self.watts, self.pue)
    }
}

/// The compute of `gpu_hours` at a share of `peak`.
#[must_use]
pub fn compute(peak: FlopPerSecond, gpu_hours: f64, utilisation: f64) -> Flop {
    Flop(peak.get() * utilisation * gpu_hours * SECONDS_PER_HOUR)
}

/// The GPU-hours that `compute` takes at a share of `peak`.
#[must_use]
pub fn gpu_hours(compute: Flop, peak: FlopPerSecond, utilisation: f64) -> f64 {
    compute.get() / (peak.get() * utilisation * SECONDS_PER_HOUR)
}

/// The days that `gpu_hours` last on a number of GPUs.
#[must_use]
pub fn days(gpu_hours: f64, gpus: f64) -> f64 {
    gpu_hours / gpus / HOURS_PER_DAY
}

/// The share of `peak` that was reached if `compute` took `gpu_hours`.
#[must_use]
pub fn utilisation(compute: Flop, peak: FlopPerSecond, gpu_hours: f64) -> f64 {
    compute.get() / (gpu_hours * SECONDS_PER_HOUR * peak.get())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An A100 at nobody's price.
    pub const A100: Machine = Machine {
        gpu: "A100",
        peak: FlopPerSecond(312e12),
        availability: 1.0,
        recompute: 1.0,
        watts: 400.0,
        pue: 1.1,
        price: Some(2.0),
    };

    #[test]
    fn a_thousand_a100s_for_thirty_days_at_forty_percent_are_3e23_flop() {
        let compute = A100.compute(A100.gpu_hours_of(1000.0, 30.0), 0.4).get();
        assert!((compute / (1000.0 * 312e12 * 0.4 * 30.0 * 86_400.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn idle_days_and_recomputation_leave_less_compute() {
        let machine = Machine { availability: 0.9, recompute: 4.0 / 3.0, ..A100 };
        let of = |machine: Machine| machine.compute(machine.gpu_hours_of(1000.0, 30.0), 0.4).get();
        assert!((of(machine) / of(A100) - 0.9 * 0.75).abs() < 1e-12);
    }

    #[test]
    fn llama_65b_took_449_mwh() {
        // LLaMA, Table 15: 1,022,362 hours of 400 W at a PUE of 1.1.
        assert!((A100.mwh_per_gpu_hour() * 1_022_362.0 - 449.0).abs() < 1.0);
    }

    #[test]
    fn a_nonsense_machine_is_an_error() {
        use Quantity::{Availability, Peak, Price, Pue, Recompute, Watts};
        assert_eq!(A100.check(), Ok(()));
        for (machine, error) in [
            (Machine { peak: FlopPerSecond(f64::INFINITY), ..A100 }, Error::NotFinite { quantity: Peak }),
            (Machine { availability: 1.01, ..A100 }, Error::AboveOne { quantity: Availability, value: 1.01 }),
            (Machine { recompute: 0.5, ..A100 }, Error::BelowOne { quantity: Recompute, value: 0.5 }),
            (Machine { watts: 0.0, ..A100 }, Error::NotPositive { quantity: Watts, value: 0.0 }),
            (Machine { pue: 0.9, ..A100 }, Error::BelowOne { quantity: Pue, value: 0.9 }),
            (Machine { price: Some(f64::NAN), ..A100 }, Error::NotFinite { quantity: Price }),
        ] {
            assert_eq!(machine.check(), Err(error));
        }
    }

    proptest! {
        #[test]
        fn hours_utilisation_days_and_gpus_are_found_back(
            gpus in 1.0..1e6f64, days in 0.1..1e3f64, share in 0.01..1.0f64, availability in 0.1..1.0f64,
            recompute in 1.0..2.0f64,
        ) {
            let machine = Machine { availability, recompute, ..A100 };
            let hours = machine.gpu_hours_of(gpus, days);
            let compute = machine.compute(hours, share);
            prop_assert!((machine.gpu_hours(compute, share) / hours - 1.0).abs() < 1e-12);
            prop_assert!((machine.utilisation(compute, hours) / share - 1.0).abs() < 1e-12);
            prop_assert!((machine.days(hours, gpus) / days - 1.0).abs() < 1e-12);
            prop_assert!((machine.gpus(hours, days) / gpus - 1.0).abs() < 1e-12);
        }
    }
}
