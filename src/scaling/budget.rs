//! From GPUs and days to FLOP, and back.
//!
//! compute = GPUs × peak × utilisation × seconds. The peak is the **dense** 16-bit one, and utilisation is the share of
//! it that training reaches (MFU): 0.3 to 0.5 for well-run training. Idle days, restarts and recomputation lower it.

use super::{Error, Quantity};
use crate::catalog::Gpu;
use crate::units::{Flop, FlopPerSecond};

const SECONDS_PER_HOUR: f64 = 3600.0;
const HOURS_PER_DAY: f64 = 24.0;

/// Some GPUs, for some days.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hardware {
    /// Which GPU.
    pub gpu: &'static Gpu,
    /// How many; a share of one is allowed.
    pub gpus: f64,
    /// For how many days.
    pub days: f64,
    /// The share of the dense 16-bit peak that is reached, above 0 and up to 1.
    pub utilisation: f64,
}

impl Hardware {
    /// The training compute that this delivers.
    ///
    /// # Errors
    ///
    /// If a number is not finite or not positive, utilisation is above 1, or the GPU has no published 16-bit peak.
    pub fn compute(&self) -> Result<Flop, Error> {
        let gpus = Quantity::Gpus.positive(self.gpus)?;
        let days = Quantity::Days.positive(self.days)?;
        let utilisation = Quantity::Utilisation.positive(self.utilisation)?;
        if utilisation > 1.0 {
            return Err(Error::UtilisationAboveOne(utilisation));
        }
        let (peak, _) = self.gpu.training_peak().ok_or(Error::NoPeak { gpu: self.gpu.name })?;
        Ok(compute(peak, gpus * days * HOURS_PER_DAY, utilisation))
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
mod tests {
    use super::*;
    use crate::catalog::{DEFAULT_GPU, gpu};
    use proptest::prelude::*;

    fn a100s(gpus: f64, days: f64, utilisation: f64) -> Hardware {
        Hardware { gpu: gpu(DEFAULT_GPU).unwrap(), gpus, days, utilisation }
    }

    #[test]
    fn a_thousand_a100s_for_thirty_days_at_forty_percent_are_3e23_flop() {
        let compute = a100s(1000.0, 30.0, 0.4).compute().unwrap().get();
        assert!((compute / (1000.0 * 312e12 * 0.4 * 30.0 * 86_400.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nonsense_hardware_is_an_error() {
        let error = |gpus, days, utilisation| a100s(gpus, days, utilisation).compute().unwrap_err();
        assert_eq!(error(0.0, 1.0, 0.4), Error::NotPositive { quantity: Quantity::Gpus, value: 0.0 });
        assert_eq!(error(1.0, -1.0, 0.4), Error::NotPositive { quantity: Quantity::Days, value: -1.0 });
        assert_eq!(error(1.0, 1.0, f64::NAN), Error::NotFinite { quantity: Quantity::Utilisation });
        assert_eq!(error(1.0, 1.0, 1.01), Error::UtilisationAboveOne(1.01));
    }

    proptest! {
        #[test]
        fn hours_and_utilisation_are_found_back(hours in 1.0..1e9f64, share in 0.01..1.0f64) {
            let peak = FlopPerSecond(312e12);
            let compute = compute(peak, hours, share);
            prop_assert!((gpu_hours(compute, peak, share) / hours - 1.0).abs() < 1e-12);
            prop_assert!((utilisation(compute, peak, hours) / share - 1.0).abs() < 1e-12);
        }
    }
}
