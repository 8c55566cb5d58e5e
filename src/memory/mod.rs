//! How much memory a model needs, to run it and to train it, and whether that fits.
//!
//! The sum is parameters × bytes per parameter, part by part:
//!
//! | part | run | train, FP32 | train, mixed 16-bit |
//! |---|---|---|---|
//! | weights | the format's width | 4 B | 2 B |
//! | gradients | – | 4 B | 2 B |
//! | optimizer (Adam) | – | 8 B | 4 B FP32 master copy + 8 B |
//! | activations and temporaries | – | 0–8 B | 0–8 B |
//!
//! so FP32 training takes 16 to 24 bytes per parameter, 16–24 GB per 10⁹ parameters, 4 to 6 times the FP32 weights.
//! GB are decimal, and everything is compared in bytes.
//!
//! This is the cheat sheet's sum and no more. It leaves out the KV cache, the GPU's own overhead (0.3–2 GiB) and how
//! activations grow with batch and length; [`Report::assumptions`] says so beside each result. Those come as further
//! parts: a new [`PartKind`], and the file that works it out.
//!
//! # Where things are
//!
//! [`mod@precision`] and [`optimizers`] are tables: a new format or optimizer is a row. [`training`] is what a training
//! step keeps. [`estimate()`] adds up, and [`changes()`] looks for the smallest change that fits.
//!
//! Training from an architecture, as phases and per GPU, is [`phases::train()`]; it stands on [`activations`] (what the backward
//! pass needs), [`adapters`] (LoRA and QLoRA) and [`sharding`] (who holds what across GPUs).

pub mod activations;
pub mod adapters;
mod changes;
mod estimate;
pub mod optimizers;
pub mod phases;
pub mod precision;
mod report;
pub mod sharding;
pub mod training;

pub use changes::{Alteration, Change, changes};
pub use estimate::{MAX_PARAMS, estimate, weights_bytes};
pub use optimizers::{OPTIMIZERS, Optimizer, optimizer, optimizer_named};
pub use precision::{PRECISIONS, Precision, Training, precision};
pub use report::{Numbers, Part, PartKind, Report, Verdict};
pub use training::{PlanError, RECIPES, Recipe, recipe};

use crate::catalog::Gpu;
use crate::units::Params;

/// What is asked: one model, one format, one task, one kind of GPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// How many parameters the model has.
    pub params: Params,
    /// The format of its weights.
    pub precision: &'static Precision,
    /// What is done with it.
    pub task: Task,
    /// The GPU that should hold it.
    pub gpu: &'static Gpu,
}

/// What is done with the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Task {
    /// Load it and use it.
    Run,
    /// Train all of its parameters.
    Train {
        /// The optimizer that keeps state for every parameter.
        optimizer: &'static Optimizer,
        /// Activations and temporaries, in bytes per parameter, within [`training::ACTIVATION_BYTES_PER_PARAM`].
        activation_bytes_per_param: f64,
    },
}

impl Task {
    /// Training with Adam, as the cheat sheet has it.
    #[must_use]
    pub fn train(activation_bytes_per_param: f64) -> Self {
        Self::Train { optimizer: &optimizers::ADAM, activation_bytes_per_param }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The number of parameters is no number, or infinite.
    #[error("the number of parameters is not a finite number")]
    ParamsNotFinite,
    /// Less than one parameter.
    #[error("{0} parameters: a model has at least 1")]
    TooFewParams(f64),
    /// More than [`MAX_PARAMS`].
    #[error("{value:e} parameters is more than {limit:e}")]
    TooManyParams {
        /// What was asked for.
        value: f64,
        /// The most that is worked out.
        limit: f64,
    },
    /// The activations slider is outside its range, or no number.
    #[error("{value} bytes of activations per parameter is not between {min} and {max}")]
    ActivationsOutOfRange {
        /// What was asked for.
        value: f64,
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// Weights in this format are not trained.
    #[error("{precision} training is not offered: {reason}")]
    NotTrainable {
        /// The format's name.
        precision: &'static str,
        /// Why not, as a clause.
        reason: &'static str,
    },
}
