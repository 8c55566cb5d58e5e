//! What page and worker say to each other: one line of JSON a message. No tensor travels.

use super::backend::Choice;
use super::job::{Error, Job, Outcome};
use serde::{Deserialize, Serialize};

/// Names a job, so that stale answers are known and dropped.
pub type JobId = u32;

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Do this.
    Run {
        /// The job's name.
        id: JobId,
        /// What to do.
        job: Job,
        /// On which backend.
        choice: Choice,
    },
}

/// From the worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum FromWorker {
    /// The worker listens. The first message.
    Ready,
    /// How far the job is.
    Progress {
        /// The job's name.
        id: JobId,
        /// What is being done.
        stage: Stage,
        /// The share that is done, 0..=1.
        share: f64,
    },
    /// The job is done.
    Done {
        /// The job's name.
        id: JobId,
        /// What came of it.
        outcome: Box<Outcome>,
    },
    /// The job cannot be done.
    Failed {
        /// The job's name.
        id: JobId,
        /// Why.
        error: Error,
    },
}

/// The parts of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Drawing the sample.
    Drawing,
    /// Quantizing and measuring.
    Quantizing,
}
