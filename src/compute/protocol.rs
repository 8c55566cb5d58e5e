//! What page and worker say to each other, as postcard bytes: a JSON parser would be a tenth of the program, and JSON
//! knows neither NaN nor infinities. No tensor travels.

use super::backend::Choice;
use super::job::{Error, Job, Outcome};
use crate::labs::formats;
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
    /// Make what the Formats lab shows.
    Formats {
        /// The job's name.
        id: JobId,
        /// What it is asked.
        question: formats::Question,
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
    /// What the Formats lab shows.
    Formats {
        /// The job's name.
        id: JobId,
        /// What it shows.
        view: Box<formats::View>,
    },
    /// The job cannot be done.
    Failed {
        /// The job's name.
        id: JobId,
        /// Why.
        error: Error,
    },
}

/// A message as it travels.
///
/// # Errors
/// None for the types of this module, which postcard can write.
pub fn write(message: &impl Serialize) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_allocvec(message)
}

/// A message that has travelled.
///
/// # Errors
/// Bytes that no message is made of.
pub fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, postcard::Error> {
    postcard::from_bytes(bytes)
}

/// The parts of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Drawing the sample.
    Drawing,
    /// Quantizing and measuring.
    Quantizing,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compute::job::TensorSource;

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let job = Job {
            tensor: TensorSource::values(&[f32::NAN, -0.0, 0.1]),
            format: "int8".to_owned(),
            affine: true,
            each_row: false,
        };
        let message = ToWorker::Run { id: 7, job, choice: Choice::Gpu };
        assert_eq!(read(&write(&message).unwrap()), Ok(message));
        let message = FromWorker::Progress { id: 7, stage: Stage::Quantizing, share: 0.1 };
        assert_eq!(read(&write(&message).unwrap()), Ok(message));
        assert!(read::<FromWorker>(b"?").is_err());
    }
}
