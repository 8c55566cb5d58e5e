//! What the memory module is asked: made of the lab's inputs by the engine.

use super::{MemoryScenario, Size, Task};
use crate::memory::adapters::{Lora, target_preset};
use crate::memory::phases::{Logits, Step, TrainingPlan, Tuning};
use crate::memory::sharding::{Parallel, Zero};
use crate::memory::training::{self, recipe_of};
use crate::memory::{self, Input, Model, Running, Use};
use crate::transformer::{Architecture, Config};
use crate::units::Bytes;
use std::sync::Arc;

/// Tokens of a piece of a loss that is computed in pieces.
pub const CHUNK: u64 = 1024;

impl MemoryScenario {
    /// What the memory module is asked.
    ///
    /// # Errors
    /// A sentence, if a config cannot be counted or a format is not trained.
    pub fn input(&self) -> Result<Input, String> {
        let weights = memory::recipe(self.precision).ok_or("This format of weights is not known.")?;
        let model = self.model()?;
        Ok(Input {
            task: self.what_is_done(&model)?,
            model,
            weights,
            gpu: self.gpu,
            overhead: self.overhead.map(|gib| Bytes(gib * 1024.0 * 1024.0 * 1024.0)),
            reserve: self.reserve / 100.0,
        })
    }

    fn model(&self) -> Result<Model, String> {
        let config = match &self.size {
            Size::Params(params) => return Ok(Model::Params(*params)),
            Size::Model(model) => model.config(),
            Size::Config(fields) => {
                let mut config = Config::default();
                for (name, value) in fields {
                    config.set(name, value);
                }
                config
            }
        };
        match Architecture::from_config(&config) {
            Ok(architecture) => Ok(Model::Known(Arc::new(architecture))),
            Err(error) => Err(error.to_string()),
        }
    }

    fn what_is_done(&self, model: &Model) -> Result<memory::Task, String> {
        if self.task == Task::Run {
            return Ok(memory::Task::Run(self.running()));
        }
        let Some(activation_bytes_per_param) = self.sheet() else {
            return self.plan(model).map(|plan| memory::Task::Train(Box::new(plan)));
        };
        if self.is_spread() {
            return Err(
                "The cheat sheet's sum is for one GPU: count activations from the architecture to spread a training"
                    .to_owned(),
            );
        }
        let (recipe, optimizer) = (self.recipe()?, self.optimizer);
        Ok(memory::Task::TrainBySheet { recipe, optimizer, activation_bytes_per_param })
    }

    /// How the model is run, or would be.
    #[must_use]
    pub fn running(&self) -> Running {
        Running {
            usage: Use {
                batch: self.batch.into(),
                tokens: self.context.into(),
                encoder_tokens: self.source.into(),
                shared_prefix: self.prefix.min(self.context).into(),
            },
            engine: self.engine,
            cache_format: self.cache,
            tensor_parallel: self.tensor.into(),
        }
    }

    /// How it is trained, or would be.
    ///
    /// # Errors
    /// If the format is not trained.
    pub fn plan(&self, model: &Model) -> Result<TrainingPlan, String> {
        let targets = || match (target_preset(&self.targets), model) {
            (Some(preset), Model::Known(architecture)) => preset.targets(architecture),
            _ => self.targets.split(',').map(str::to_owned).collect(),
        };
        let lora = || Lora { rank: self.rank.into(), targets: targets() };
        Ok(TrainingPlan {
            recipe: self.recipe()?,
            optimizer: self.optimizer,
            tuning: match self.task {
                Task::Lora => Tuning::Lora(lora()),
                Task::Qlora => Tuning::Qlora(lora()),
                Task::Run | Task::Train => Tuning::Full,
            },
            batch: self.batch.into(),
            tokens: self.context.into(),
            micro_batches: self.accumulate.into(),
            activations: self.activation_model(),
            recompute: self.recompute,
            dropout: self.dropout,
            logits: if self.chunked { Logits::Chunked(CHUNK) } else { Logits::Whole },
            step: if self.foreach { Step::Foreach } else { Step::Fused },
            parallel: self.parallel(),
        })
    }

    fn recipe(&self) -> Result<&'static training::Recipe, String> {
        match (self.recipe, self.task) {
            (Some(recipe), _) => Ok(recipe),
            // Its own weights have four bits, and its adapters are trained in 16.
            (None, Task::Qlora) => recipe_of("bf16").map_err(str::to_owned),
            (None, _) => {
                let name = memory::recipe(self.precision).map_or(self.precision, |row| row.name);
                recipe_of(self.precision).map_err(|reason| format!("{name} training is not offered: {reason}"))
            }
        }
    }

    fn parallel(&self) -> Parallel {
        Parallel {
            data: self.data.into(),
            tensor: self.tensor.into(),
            pipeline: self.pipeline.into(),
            interleave: self.interleave.into(),
            expert: self.expert.into(),
            sequence: self.sequence,
            zero: Zero::from_stage(self.zero.into()).unwrap_or(Zero::Off),
            library: self.library,
            offload_optimizer: self.offload,
        }
    }
}
