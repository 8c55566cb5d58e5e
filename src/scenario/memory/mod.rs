//! The Memory lab's inputs.

mod input;
mod keys;

pub use keys::KEYS;

use super::number::Bounds;
use super::permalink::{read_keys, write_keys};
use crate::catalog::{self, DEFAULT_GPU, GPUS, Gpu, MODELS, Model};
use crate::formats::{FORMATS, format};
use crate::memory::activations::{ACTIVATION_MODELS, ActivationModel, Recompute, activation_model};
use crate::memory::sharding::ZeroLibrary;
use crate::memory::training::{self, ACTIVATION_BYTES_PER_PARAM};
use crate::memory::{
    self, CACHE_FORMATS, CacheFormat, DEFAULT_ENGINE, ENGINES, Engine, MAX_PARAMS, OPTIMIZERS, Optimizer, RECIPES,
};
use crate::units::{ByteUnits, Params};

/// How many parameters the model has, and how we know.
#[derive(Clone, Debug, PartialEq)]
pub enum Size {
    /// A model of the catalogue.
    Model(&'static Model),
    /// Fields of a `config.json` with their values as text, by name. What they mean the engine finds out.
    Config(Vec<(String, String)>),
    /// A number, of which nothing else is known.
    Params(Params),
}

/// What is done with the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// Load it and use it.
    Run,
    /// Train all of its parameters.
    #[default]
    Train,
    /// Train adapters beside it.
    Lora,
    /// The same with the model's own weights in four bits.
    Qlora,
}

impl Task {
    /// Every task, with its id and the words for it.
    pub const ALL: [(Self, &str, &str); 4] = [
        (Self::Run, "run", "Run"),
        (Self::Train, "train", "Train all"),
        (Self::Lora, "lora", "LoRA"),
        (Self::Qlora, "qlora", "QLoRA"),
    ];

    /// Whether anything is trained.
    #[must_use]
    pub fn trains(self) -> bool {
        self != Self::Run
    }
}

/// By which model activations are counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activations {
    /// The cheat sheet's figure of 8 bytes for each parameter, until batch, length or GPUs are asked about: of these it knows
    /// nothing, and activations are counted as transformers keeps them.
    Auto,
    /// The cheat sheet's: so many bytes for each parameter.
    PerParam(f64),
    /// What each layer keeps, from the architecture.
    Model(&'static ActivationModel),
}

/// The Memory lab's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryScenario {
    /// The model.
    pub size: Size,
    /// What is done with it.
    pub task: Task,
    /// The format of its weights: an id of [`RECIPES`] or of the format table.
    pub precision: &'static str,
    /// Tokens of a sequence, prompt and answer together.
    pub context: u32,
    /// Sequences at once; in training, those of one micro-batch.
    pub batch: u32,
    /// The format of the KV cache.
    pub cache: &'static CacheFormat,
    /// What runs it.
    pub engine: &'static Engine,
    /// Tokens that all sequences begin with.
    pub prefix: u32,
    /// Tokens that an encoder reads for each sequence.
    pub source: u32,
    /// The way of training, where it is not that of the precision.
    pub recipe: Option<&'static training::Recipe>,
    /// What remembers each parameter's history.
    pub optimizer: &'static Optimizer,
    /// By which model activations are counted.
    pub activations: Activations,
    /// What is computed again instead of being kept.
    pub recompute: Recompute,
    /// The loss is computed in pieces, so that its logits are never there as a whole.
    pub chunked: bool,
    /// Micro-batches whose gradients are added up before a step.
    pub accumulate: u32,
    /// Rank of the adapters.
    pub rank: u32,
    /// What they are put beside: an id of a preset, or names with commas between.
    pub targets: String,
    /// The GPU that should hold it.
    pub gpu: &'static Gpu,
    /// Copies of the model, each with its own data.
    pub data: u32,
    /// GPUs that share each matrix.
    pub tensor: u32,
    /// Whether they share the sequence too, where the matrices are not.
    pub sequence: bool,
    /// GPUs that have a part of the layers each.
    pub pipeline: u32,
    /// Parts of the layers that each of them has: 1 is 1F1B, more is the interleaved schedule.
    pub interleave: u32,
    /// GPUs that share the experts.
    pub expert: u32,
    /// What copies share of what they would all keep: stage 0 to 3.
    pub zero: u32,
    /// Whose buffers and gathered layers are counted with that.
    pub library: ZeroLibrary,
    /// The optimizer's state is in the computer's own memory.
    pub offload: bool,
    /// The optimizer steps over all tensors at once, with a temporary as large as the parameters.
    pub foreach: bool,
    /// There is dropout, whose masks are kept.
    pub dropout: bool,
    /// What the GPU needs before it holds a model, in GiB; the engine's usual figure where nothing is said.
    pub overhead: Option<f64>,
    /// Percent of the GPU to leave free.
    pub reserve: f64,
    /// GB or GiB.
    pub units: ByteUnits,
    /// A peak that the reader has measured, in GiB; 0 for none.
    pub measured: f64,
    /// Tokens of the reader's own data, to fine-tune on.
    pub tokens: f64,
    /// The reader's price of a GPU-hour; 0 for none.
    pub price: f64,
    /// What PyTorch said when memory ran out.
    pub error: String,
    /// Other settings that stand beside this one, each as the keys of its link.
    pub beside: Vec<String>,
}

/// Bounds of the number of parameters.
pub const PARAMS: Bounds = Bounds { name: "Parameters", min: 1.0, max: MAX_PARAMS.get(), whole: false };
/// Bounds of activations and temporaries, bytes per parameter.
pub const ACTIVATIONS: Bounds = Bounds {
    name: "Activations and temporaries",
    min: *ACTIVATION_BYTES_PER_PARAM.start(),
    max: *ACTIVATION_BYTES_PER_PARAM.end(),
    whole: false,
};
/// Bounds of the length of a sequence.
pub const CONTEXT: Bounds = Bounds { name: "Context", min: 1.0, max: 1e9, whole: true };
/// Bounds of the number of sequences.
pub const BATCH: Bounds = Bounds { name: "Batch", min: 1.0, max: 1e6, whole: true };
/// Bounds of the beginning that sequences share.
pub const PREFIX: Bounds = Bounds { name: "Shared prefix", min: 0.0, max: 1e9, whole: true };
/// Bounds of what an encoder reads.
pub const SOURCE: Bounds = Bounds { name: "Encoder's tokens", min: 0.0, max: 1e9, whole: true };
/// Bounds of the number of micro-batches.
pub const ACCUMULATE: Bounds = Bounds { name: "Micro-batches", min: 1.0, max: 1e6, whole: true };
/// Bounds of an adapter's rank.
pub const RANK: Bounds = Bounds { name: "Rank", min: 1.0, max: 65_536.0, whole: true };
/// Bounds of each number of GPUs.
pub const GPU_COUNT: Bounds = Bounds { name: "GPUs", min: 1.0, max: 1e6, whole: true };
/// Bounds of the stage of ZeRO.
pub const ZERO: Bounds = Bounds { name: "ZeRO stage", min: 0.0, max: 3.0, whole: true };
/// Bounds of what the GPU needs by itself, GiB.
pub const OVERHEAD: Bounds = Bounds { name: "Runtime overhead", min: 0.0, max: 1000.0, whole: false };
/// Bounds of what is left free, percent.
pub const RESERVE: Bounds = Bounds { name: "Reserve", min: 0.0, max: 95.0, whole: false };
/// Bounds of a measured peak, GiB.
pub const MEASURED: Bounds = Bounds { name: "Measured peak", min: 0.0, max: 1e6, whole: false };
/// Bounds of the tokens to fine-tune on.
pub const TOKENS: Bounds = Bounds { name: "Tokens", min: 1.0, max: 1e15, whole: true };
/// Bounds of a price.
pub const PRICE: Bounds = Bounds { name: "Price", min: 0.0, max: 1e6, whole: false };
/// Bounds of the parts of a pipeline's stage.
pub const INTERLEAVE: Bounds = Bounds { name: "Parts of a stage", min: 1.0, max: 4096.0, whole: true };
/// The most settings that stand beside the present one.
pub const MAX_BESIDE: usize = 3;
/// The most letters of one of them.
pub const MAX_BESIDE_LETTERS: usize = 1000;
/// The most bytes of an error message that a link carries.
pub const MAX_ERROR_BYTES: usize = 1500;
/// The most bytes of a config or a message that are read.
pub const MAX_PASTED: usize = 1 << 20;
/// What a custom model starts with: the cheat sheet's one billion.
pub const CUSTOM_PARAMS: Params = Params(1e9);

impl Default for MemoryScenario {
    /// The cheat sheet's warning: fully training a common model in FP32 with Adam, on an A100 with 80 GB.
    fn default() -> Self {
        Self {
            size: catalog::model("llama-3.1-8b").map_or(Size::Params(Params(8e9)), Size::Model),
            task: Task::Train,
            precision: "fp32",
            context: 8192,
            batch: 1,
            cache: memory::cache_format("16-bit").unwrap_or(&CACHE_FORMATS[0]),
            engine: memory::engine(DEFAULT_ENGINE).unwrap_or(&ENGINES[0]),
            prefix: 0,
            source: 512,
            recipe: None,
            optimizer: memory::optimizer("adam").unwrap_or(&OPTIMIZERS[0]),
            activations: Activations::Auto,
            recompute: Recompute::None,
            chunked: false,
            accumulate: 1,
            rank: 16,
            targets: "all-linear".to_owned(),
            gpu: catalog::gpu(DEFAULT_GPU).unwrap_or(&GPUS[0]),
            data: 1,
            tensor: 1,
            sequence: false,
            pipeline: 1,
            interleave: 1,
            expert: 1,
            zero: 0,
            library: ZeroLibrary::Fsdp,
            offload: false,
            foreach: false,
            dropout: false,
            overhead: None,
            reserve: 0.0,
            units: ByteUnits::Decimal,
            measured: 0.0,
            tokens: 1e8,
            price: 0.0,
            error: String::new(),
            beside: Vec::new(),
        }
    }
}

impl MemoryScenario {
    /// The inputs that are not the default, by key.
    #[must_use]
    pub fn keys(&self) -> Vec<(String, String)> {
        write_keys(KEYS, self)
    }

    /// The inputs with these keys; what is not understood is the default.
    #[must_use]
    pub fn from_keys(keys: &[(String, String)]) -> Self {
        read_keys(KEYS, keys, &mut Vec::new())
    }

    /// Whether anything is known of the model but its number of parameters.
    #[must_use]
    pub fn has_architecture(&self) -> bool {
        !matches!(self.size, Size::Params(_))
    }
}

impl MemoryScenario {
    /// The model of activations that is chosen, or that of transformers as it is shipped.
    #[must_use]
    pub fn activation_model(&self) -> &'static ActivationModel {
        match self.activations {
            Activations::Model(model) => model,
            _ => activation_model("transformers-sdpa").unwrap_or(&ACTIVATION_MODELS[0]),
        }
    }

    /// The cheat sheet's bytes of activations for each parameter, if those are what is asked for.
    #[must_use]
    pub fn sheet(&self) -> Option<f64> {
        let default = Self::default();
        let is_unchanged = self.context == default.context
            && self.batch == default.batch
            && self.recompute == default.recompute
            && !(self.chunked || self.foreach || self.dropout)
            && self.accumulate == default.accumulate
            && !self.is_spread();
        match self.activations {
            _ if self.task != Task::Train => None,
            Activations::PerParam(bytes) => Some(bytes),
            Activations::Auto if is_unchanged || !self.has_architecture() => Some(ACTIVATIONS.max),
            Activations::Auto | Activations::Model(_) => None,
        }
    }

    /// Whether a training is spread over more than one GPU, or partly elsewhere.
    #[must_use]
    pub fn is_spread(&self) -> bool {
        [self.data, self.tensor, self.pipeline, self.expert].iter().any(|gpus| *gpus > 1) || self.offload
    }
}

/// The id of a format of weights: of a recipe, or of a row of the format table.
#[must_use]
pub fn precision_id(id: &str) -> Option<&'static str> {
    RECIPES.iter().find(|row| row.id == id).map(|row| row.id).or_else(|| format(id).map(|row| row.id))
}

/// Every such id with its name, recipes first.
pub fn precisions() -> impl Iterator<Item = (&'static str, &'static str)> {
    let recipes = RECIPES.iter().map(|row| (row.id, row.name));
    let formats = FORMATS.iter().filter(|row| RECIPES.iter().all(|recipe| recipe.id != row.id));
    recipes.chain(formats.map(|row| (row.id, row.name)))
}

/// Every model of the catalogue by id.
pub(super) fn model_ids() -> impl Iterator<Item = &'static str> {
    ["custom", "config"].into_iter().chain(MODELS.iter().map(|model| model.id))
}
