//! The smallest change that fits.

use super::training::ACTIVATION_BYTES_PER_PARAM;
use super::{Input, Optimizer, PRECISIONS, PartKind, Precision, Report, Task, estimate};
use crate::catalog::{GPUS, Gpu};
use crate::units::Bytes;

/// One thing done differently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Alteration {
    /// A smaller batch or shorter texts, so that activations take at most this many bytes per parameter.
    Activations {
        /// The most that fits, in bytes per parameter, rounded down to the slider's half bytes.
        bytes_per_param: f64,
    },
    /// Another format for the weights.
    Precision(&'static Precision),
    /// Another GPU: the smallest that holds everything, from the same vendor if it has one.
    Gpu(&'static Gpu),
    /// More of the same GPU, with every part split evenly.
    Gpus(u64),
    /// Run the model as it is instead of training it.
    RunInstead,
}

impl Alteration {
    /// How much it takes away from what was wanted; the order of [`changes`].
    const fn rank(self) -> u8 {
        match self {
            Self::Activations { .. } => 0,
            Self::Precision(_) => 1,
            Self::Gpu(_) => 2,
            Self::Gpus(_) => 3,
            Self::RunInstead => 4,
        }
    }
}

/// A suggestion: what to do differently, and what comes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is done differently.
    pub alteration: Alteration,
    /// The input with the change made; for [`Alteration::Gpus`] it is the same input, on more GPUs.
    pub input: Input,
    /// What it then needs.
    pub total: Bytes,
    /// What the GPU or GPUs then hold together.
    pub capacity: Bytes,
    /// Whether the one fits into the other.
    pub fits: bool,
}

/// What could be changed about an input that does not fit, or that has no answer because its format is not trained.
///
/// Changes that fit come first, and then the smallest: fewer activations, another format (the widest first), another
/// GPU, more GPUs, running instead of training. Changes that would not need less are left out. The list is empty if the
/// input fits as it is, and if its numbers are out of range.
#[must_use]
pub fn changes(input: &Input) -> Vec<Change> {
    let now = estimate(input).ok();
    if now.as_ref().is_some_and(Report::fits) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut consider = |alteration, changed: Input| {
        let Ok(report) = estimate(&changed) else { return };
        if now.as_ref().is_none_or(|now| report.total() < now.total()) {
            found.push(Change::new(alteration, report));
        }
    };

    if let (Some(now), Task::Train { optimizer, .. }) = (&now, input.task)
        && let Some((bytes_per_param, task)) = fewer_activations(now, optimizer)
    {
        consider(Alteration::Activations { bytes_per_param }, Input { task, ..*input });
    }
    for precision in PRECISIONS.iter().filter(|row| row.id != input.precision.id) {
        consider(Alteration::Precision(precision), Input { precision, ..*input });
    }
    if input.task != Task::Run {
        consider(Alteration::RunInstead, Input { task: Task::Run, ..*input });
    }

    if let Some(now) = now {
        let roomy = GPUS.iter().filter(|gpu| gpu.memory() >= now.total());
        // Stay with the vendor if possible: another one means other software as well.
        let smallest = roomy.min_by(|a, b| {
            let key = |gpu: &Gpu| (gpu.vendor != input.gpu.vendor, gpu.memory().get());
            key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
        });
        if let Some(gpu) = smallest
            && let Ok(report) = estimate(&Input { gpu, ..*input })
        {
            found.push(Change::new(Alteration::Gpu(gpu), report));
        }
        found.push(Change::new(Alteration::Gpus(now.gpus_needed()), now));
    }

    in_order(found)
}

/// What fits first, then the smallest; formats stay in the order of their table.
fn in_order(found: Vec<Change>) -> Vec<Change> {
    let mut ordered: Vec<Change> = Vec::with_capacity(found.len());
    for change in found {
        let key = |change: &Change| (!change.fits, change.alteration.rank());
        ordered.insert(ordered.partition_point(|other| key(other) <= key(&change)), change);
    }
    ordered
}

impl Change {
    fn new(alteration: Alteration, report: Report) -> Self {
        let gpus = if let Alteration::Gpus(gpus) = alteration { gpus as f64 } else { 1.0 };
        let (total, capacity) = (report.total(), report.gpu_bytes() * gpus);
        Self { alteration, input: report.input, total, capacity, fits: total <= capacity }
    }
}

/// The most activations that fit beside the other parts, if fewer would do.
fn fewer_activations(now: &Report, optimizer: &'static Optimizer) -> Option<(f64, Task)> {
    const STEP: f64 = 0.5;
    let fixed = now.total() - now.bytes(PartKind::Activations);
    let room = (now.gpu_bytes() - fixed).get() / now.input.params.get();
    let bytes_per_param = (room / STEP).floor() * STEP;
    let task = Task::Train { optimizer, activation_bytes_per_param: bytes_per_param };
    ACTIVATION_BYTES_PER_PARAM.contains(&bytes_per_param).then_some((bytes_per_param, task))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{DEFAULT_GPU, gpu};
    use crate::memory::precision;
    use crate::units::Params;

    fn input(params: f64, format: &str, task: Task) -> Input {
        Input { params: Params(params), precision: precision(format).unwrap(), task, gpu: gpu(DEFAULT_GPU).unwrap() }
    }

    fn told(input: &Input) -> Vec<String> {
        changes(input)
            .iter()
            .map(|change| {
                let what = match change.alteration {
                    Alteration::Activations { bytes_per_param } => format!("activations {bytes_per_param}"),
                    Alteration::Precision(row) => row.name.to_owned(),
                    Alteration::Gpu(row) => row.name.to_owned(),
                    Alteration::Gpus(gpus) => format!("{gpus} GPUs"),
                    Alteration::RunInstead => "run".to_owned(),
                };
                format!("{what}: {} {}", change.total, if change.fits { "fits" } else { "over" })
            })
            .collect()
    }

    #[test]
    fn what_fits_needs_no_change() {
        assert_eq!(changes(&input(1e9, "fp32", Task::train(8.0))), []);
    }

    #[test]
    fn a_model_too_large_to_run_is_offered_narrower_formats_first() {
        assert_eq!(
            told(&input(70e9, "fp32", Task::Run)),
            [
                "INT8: 70 GB fits",
                "Instinct MI355X: 280 GB fits",
                "4 GPUs: 280 GB fits",
                "BF16: 140 GB over",
                "FP16: 140 GB over"
            ]
        );
    }

    #[test]
    fn training_that_is_a_little_over_is_offered_a_smaller_batch_first() {
        assert_eq!(
            told(&input(4e9, "fp32", Task::train(8.0))),
            [
                "activations 5: 84 GB fits",
                "RTX PRO 6000 Blackwell: 96 GB fits",
                "2 GPUs: 96 GB fits",
                "run: 16 GB fits"
            ]
        );
    }

    #[test]
    fn mixed_precision_is_no_smaller_change_for_training_since_it_needs_as_much() {
        let offered = changes(&input(7e9, "fp32", Task::train(0.0)));
        assert!(!offered.iter().any(|change| matches!(change.alteration, Alteration::Precision(_))));
    }

    #[test]
    fn int8_training_is_offered_the_formats_that_can_be_trained() {
        assert_eq!(
            told(&input(1e9, "int8", Task::train(8.0))),
            ["FP32: 24 GB fits", "BF16: 24 GB fits", "FP16: 24 GB fits", "run: 1 GB fits"]
        );
    }

    #[test]
    fn nonsense_has_no_changes() {
        assert_eq!(changes(&input(f64::NAN, "fp32", Task::Run)), []);
        assert_eq!(changes(&input(1e30, "fp32", Task::Run)), []);
    }

    #[test]
    fn a_change_that_fits_fits_when_it_is_made() {
        for params in [5e9, 20e9, 70e9, 400e9, 1e12] {
            for task in [Task::Run, Task::train(0.0), Task::train(8.0)] {
                for change in changes(&input(params, "fp32", task)) {
                    let report = estimate(&change.input).unwrap();
                    assert_eq!(report.total(), change.total);
                    if !matches!(change.alteration, Alteration::Gpus(_)) {
                        assert_eq!(report.fits(), change.fits);
                    }
                }
            }
        }
    }
}
