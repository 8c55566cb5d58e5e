//! What page and worker say to each other, as postcard bytes: a JSON parser would be a tenth of the program, and JSON
//! knows neither NaN nor infinities. No tensor travels.

use super::backend::Choice;
use crate::labs::{Question, View};
use serde::{Deserialize, Serialize};

/// Names a job, so that stale answers are known and dropped.
pub type JobId = u32;

/// From the page to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ToWorker {
    /// Make what a lab shows.
    Do(Job),
    /// Give up what is being made: something newer is wanted. The answer may be anything, but there is one.
    GiveUp,
}

/// What the worker makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The job's name.
    pub id: JobId,
    /// What the lab is asked.
    pub question: Question,
    /// On which backend, where there is a tensor.
    pub choice: Choice,
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
    /// What the lab shows of a part of the tensor, before the answer.
    Preview {
        /// The job's name.
        id: JobId,
        /// What it shows.
        view: Box<View>,
    },
    /// What the lab shows.
    Answer {
        /// The job's name.
        id: JobId,
        /// What it shows.
        view: Box<View>,
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
    /// Comparing formats.
    Comparing,
    /// Fitting a law to resamples of runs.
    Fitting,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::Part;

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let question = Question { typed: "π".to_owned(), window: Some((-0.0, 1e-300)), ..Question::default() };
        for message in [ToWorker::Do(Job { id: 7, question: question.clone(), choice: Choice::Gpu }), ToWorker::GiveUp]
        {
            assert_eq!(read(&write(&message).unwrap()), Ok(message));
        }
        let mut view = View::of(&question);
        view.set(Part::Takeaway, "It is so");
        for message in [
            FromWorker::Progress { id: 7, stage: Stage::Quantizing, share: 0.1 },
            FromWorker::Preview { id: 7, view: Box::new(view.clone()) },
            FromWorker::Answer { id: 7, view: Box::new(view) },
        ] {
            assert_eq!(read(&write(&message).unwrap()), Ok(message));
        }
        assert!(read::<FromWorker>(b"?").is_err());
    }
}
