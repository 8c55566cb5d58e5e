//! The question turned round: with this GPU, how long, how many, on how many?
//!
//! More tokens, more sequences and fewer GPUs never need less memory, so the last that fits is found by halving.

use super::phases::TrainingPlan;
use super::report::Report;
use super::sharding::{MAX_GPUS, Parallel, Zero};
use super::{Input, Model, Running, Task, estimate};
use crate::catalog::{GPUS, Gpu};

/// The longest sequences that are looked for.
pub const MAX_CONTEXT: u64 = 1_000_000_000;
/// The most sequences that are looked for.
pub const MAX_BATCH: u64 = 1_000_000;
/// The most GPUs that share one matrix: those of one machine, or of a rack that is wired as one.
pub const MAX_TENSOR: u64 = 64;

fn fits(input: &Input) -> bool {
    estimate(input).is_ok_and(|report| report.fits())
}

/// The last of `1..=most` for which `is_so` holds, if it holds for a beginning of them; `None` if for none.
fn last(most: u64, is_so: impl Fn(u64) -> bool) -> Option<u64> {
    if !is_so(1) {
        return None;
    }
    // Double first: most answers are far below the most.
    let mut good = 1;
    let mut bad = 2;
    while bad <= most && is_so(bad) {
        (good, bad) = (bad, bad.saturating_mul(2));
    }
    bad = bad.min(most + 1);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if is_so(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    Some(good)
}

impl Input {
    /// The same with sequences of another length; nothing where the length does not matter.
    #[must_use]
    pub fn with_context(&self, tokens: u64) -> Option<Self> {
        let task = match &self.task {
            Task::Run(running) if self.is_known() => {
                let usage = super::Use { tokens, ..running.usage };
                Task::Run(Running { usage, ..*running })
            }
            Task::Train(plan) => Task::Train(Box::new(TrainingPlan { tokens, ..(**plan).clone() })),
            _ => return None,
        };
        Some(Self { task, ..self.clone() })
    }

    /// The same with another number of sequences; nothing where that does not matter.
    #[must_use]
    pub fn with_batch(&self, batch: u64) -> Option<Self> {
        let task = match &self.task {
            Task::Run(running) if self.is_known() => {
                let usage = super::Use { batch, ..running.usage };
                Task::Run(Running { usage, ..*running })
            }
            Task::Train(plan) => Task::Train(Box::new(TrainingPlan { batch, ..(**plan).clone() })),
            _ => return None,
        };
        Some(Self { task, ..self.clone() })
    }

    /// The same on other GPUs: to run, each with a share of every matrix; to train, copies that share all that they keep.
    #[must_use]
    pub fn with_gpus(&self, gpus: u64) -> Option<Self> {
        let task = match &self.task {
            Task::Run(running) if self.is_known() => Task::Run(Running { tensor_parallel: gpus, ..*running }),
            Task::Train(plan) => {
                let parallel = Parallel { data: gpus, zero: Zero::Full, ..plan.parallel };
                Task::Train(Box::new(TrainingPlan { parallel, ..(**plan).clone() }))
            }
            _ => return None,
        };
        Some(Self { task, ..self.clone() })
    }

    fn is_known(&self) -> bool {
        matches!(self.model, Model::Known(_))
    }
}

/// The longest sequences that fit; `None` where the length does not matter or not even one token fits.
#[must_use]
pub fn max_context(input: &Input) -> Option<u64> {
    input.with_context(1)?;
    last(MAX_CONTEXT, |tokens| input.with_context(tokens).is_some_and(|input| fits(&input)))
}

/// The most sequences that fit; `None` where their number does not matter or not even one fits.
#[must_use]
pub fn max_batch(input: &Input) -> Option<u64> {
    input.with_batch(1)?;
    last(MAX_BATCH, |batch| input.with_batch(batch).is_some_and(|input| fits(&input)))
}

/// The fewest GPUs that hold it, each as large as the one that was asked about: `None` if no number does.
///
/// To run a model they share every matrix, and their number is a power of two, as engines have it; to train one they are
/// copies under ZeRO stage 3. By the cheat sheet all is split evenly.
#[must_use]
pub fn gpus_needed(report: &Report) -> Option<u64> {
    let input = &report.input;
    if report.fits() && report.gpus == 1 {
        return Some(1);
    }
    if input.with_gpus(1).is_none() {
        return Some(report.gpus_if_split_evenly());
    }
    // As it is planned it may be fewer than by sharing more.
    let planned = report.fits().then_some(report.gpus);
    fewest(report).into_iter().chain(planned).min()
}

/// The fewest that hold it, each with a share.
fn fewest(report: &Report) -> Option<u64> {
    let input = &report.input;
    let with = |gpus: u64| input.with_gpus(gpus).filter(fits);
    match &input.task {
        Task::Train(plan) => {
            let more = plan.parallel.tensor * plan.parallel.pipeline;
            let most = MAX_GPUS / more.max(1);
            // Too few do not fit, and from some number on all do.
            let most_that_do_not = last(most, |gpus| with(gpus).is_none()).unwrap_or(0);
            (most_that_do_not < most).then(|| (most_that_do_not + 1) * more)
        }
        _ => std::iter::successors(Some(1), |gpus| Some(gpus * 2))
            .take_while(|gpus| *gpus <= MAX_TENSOR)
            .find(|gpus| with(*gpus).is_some()),
    }
}

/// The smallest GPU of the catalogue that is large enough; of the same vendor if it has one, since another means other
/// software as well.
#[must_use]
pub fn smallest_gpu(input: &Input) -> Option<&'static Gpu> {
    let with = |gpu: &&'static Gpu| fits(&Input { gpu, ..input.clone() });
    GPUS.iter().filter(with).min_by(|a, b| {
        let key = |gpu: &Gpu| (gpu.vendor != input.gpu.vendor, gpu.memory().get());
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    })
}
