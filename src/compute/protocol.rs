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
    /// The files that come with the message are the reader's: they take the place of those before.
    Open {
        /// How many of them are what is looked at. Those behind are another checkpoint, to compare with.
        first: u32,
    },
    /// Measure tensors of the files in these settings ([`crate::labs::Todo::settings`]) from now on; only read them if there are
    /// none.
    Survey {
        /// The settings.
        settings: String,
        /// What the files do not say, as [`crate::weights::open::Hints::write`] says it.
        hints: String,
    },
    /// Measure this tensor, after those before.
    Measure {
        /// Its place among the tensors of the files.
        tensor: u32,
    },
    /// Stop after the slice at hand, or go on from there.
    Pause(bool),
    /// Another worker has measured a tensor of the files.
    Keep {
        /// In these settings.
        settings: String,
        /// Which tensor.
        tensor: u32,
        /// What came of it, as [`FromWorker::Measured`] brought it; or why nothing did.
        result: Result<Vec<u8>, String>,
    },
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
    /// So many bytes of the tensor at hand were read since this was last said.
    Read {
        /// How many.
        bytes: u64,
    },
    /// A tensor is done.
    Measured {
        /// Which.
        tensor: u32,
        /// What came of it: a [`crate::survey::Measured`], which the page only hands on; empty if it was only read.
        result: Vec<u8>,
    },
    /// A tensor cannot be measured.
    Failed {
        /// Which.
        tensor: u32,
        /// Why, as a fact.
        why: String,
    },
    /// The files cannot be read any more.
    Lost {
        /// Why, as a fact.
        why: String,
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
    /// Reading a tensor of the reader's files.
    Reading,
    /// Quantizing and measuring.
    Quantizing,
    /// Comparing formats.
    Comparing,
    /// Fitting a law to resamples of runs.
    Fitting,
    /// Writing a copy of the reader's files.
    Writing,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::Part;

    #[test]
    fn messages_arrive_as_they_were_sent() {
        let question = Question { typed: "π".to_owned(), window: Some((-0.0, 1e-300)), ..Question::default() };
        for message in [
            ToWorker::Do(Job { id: 7, question: question.clone(), choice: Choice::Gpu }),
            ToWorker::GiveUp,
            ToWorker::Keep { settings: "int8@row".to_owned(), tensor: 3, result: Ok(vec![0, 255]) },
        ] {
            assert_eq!(read(&write(&message).unwrap()), Ok(message));
        }
        let mut view = View::of(&question);
        view.set(Part::Takeaway, "It is so");
        for message in [
            FromWorker::Progress { id: 7, stage: Stage::Quantizing, share: 0.1 },
            FromWorker::Preview { id: 7, view: Box::new(view.clone()) },
            FromWorker::Answer { id: 7, view: Box::new(view) },
            FromWorker::Read { bytes: 1 << 40 },
        ] {
            assert_eq!(read(&write(&message).unwrap()), Ok(message));
        }
        assert!(read::<FromWorker>(b"?").is_err());
    }
}
