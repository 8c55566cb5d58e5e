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
//! That is the cheat sheet's sum, and all that can be said of a model of which only the number of parameters is known.
//!
//! # Where things are
//!
//! [`estimate()`] adds up what one GPU needs, [`inverse`] turns the question round (the largest context, the fewest GPUs), and
//! [`changes()`] looks for the smallest change that fits. What is added up is worked out by itself, each in a module with its
//! formulas and sources. To run a model whose [`Architecture`] is known: [`mod@recipe`] and [`storage`] have the weights in any
//! format or mixture of formats, [`mod@cache`] the KV cache, [`engines`] what engines do differently, [`inference`] the
//! activations of a pass, and [`speed`] how fast memory and arithmetic let it be. To train it: [`phases`] adds up what
//! [`optimizers`], [`training`], [`activations`], [`adapters`] and [`sharding`] say. [`oom`] reads PyTorch's error.

pub mod activations;
pub mod adapters;
pub mod cache;
mod changes;
pub mod engines;
mod estimate;
pub mod inference;
pub mod inverse;
pub mod measured;
pub mod oom;
pub mod optimizers;
pub mod phases;
pub mod recipe;
mod report;
pub mod sharding;
pub mod speed;
pub mod storage;
pub mod training;

#[cfg(test)]
mod inference_laws;
#[cfg(test)]
mod inference_tests;

pub use cache::{CACHE_FORMATS, CacheFormat, CachePart, CacheReport, Use, cache, cache_format};
pub use changes::{Alteration, Change, changes, run_instead};
pub use engines::{CacheMode, DEFAULT_ENGINE, ENGINES, Engine, Overhead, engine};
pub use estimate::{MAX_PARAMS, estimate, weights_bytes};
pub use inference::{PrefillPeak, logits_bytes, prefill_peak};
pub use optimizers::{OPTIMIZERS, Optimizer, optimizer, optimizer_named};
pub use recipe::{ComponentWeights, RECIPES, Recipe, bits_per_weight, recipe, weights};
pub use report::{Moment, Numbers, Part, PartKind, Report, Verdict};
pub use speed::{Decode, Limit, Peak, Prefill, Rate, Run, decode, prefill};
pub use storage::{Groups, Storage, block_bits_per_weight};
pub use training::PlanError;

use crate::catalog::Gpu;
use crate::transformer::Architecture;
use crate::units::{Bytes, Params};
use phases::TrainingPlan;
use std::sync::Arc;

/// What is asked: one model, what is done with it, and the GPU that should hold it.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The model.
    pub model: Model,
    /// What its weights are kept in; training has its own formats.
    pub weights: Recipe,
    /// What is done with it.
    pub task: Task,
    /// The GPU that should hold it.
    pub gpu: &'static Gpu,
    /// What the GPU needs before it holds anything; the usual figure where nothing is said.
    pub overhead: Option<Bytes>,
    /// The part of the GPU to leave free, from 0 to less than 1.
    pub reserve: f64,
}

/// What is known of a model.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// The number of parameters.
    Params(Params),
    /// Every tensor.
    Known(Arc<Architecture>),
}

/// What is done with the model.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Load it and use it.
    Run(Running),
    /// Train all of its parameters on one GPU, by the cheat sheet's bytes per parameter.
    TrainBySheet {
        /// Which copies are kept.
        recipe: &'static training::Recipe,
        /// The optimizer that keeps state for every parameter.
        optimizer: &'static Optimizer,
        /// Activations and temporaries, in bytes per parameter, within [`training::ACTIVATION_BYTES_PER_PARAM`].
        activation_bytes_per_param: f64,
    },
    /// Train it, counting what each layer keeps.
    Train(Box<TrainingPlan>),
}

/// How a model is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    /// How many sequences of which length.
    pub usage: Use,
    /// By which engine.
    pub engine: &'static Engine,
    /// What its cache is kept in.
    pub cache_format: &'static CacheFormat,
    /// GPUs that share each matrix, t.
    pub tensor_parallel: u64,
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
    /// What needs the architecture is asked of a number of parameters.
    #[error("{0} depends on the architecture: choose a model, or give a config.json")]
    NeedsArchitecture(&'static str),
    /// More GPUs than an engine can share a model among.
    #[error("{gpus} GPUs cannot share {heads} attention heads: at most one head each")]
    TooManyGpus {
        /// GPUs that share each matrix.
        gpus: u64,
        /// Heads of the queries.
        heads: u64,
    },
    /// A plan of a training that cannot be.
    #[error(transparent)]
    Plan(#[from] PlanError),
}
