//! The Memory lab's inputs.

use super::key::{Key, Rejection, documented, list, read_choice, read_number, span};
use super::number::{self, Bounds};
use super::permalink::{read_keys, write_keys};
use crate::catalog::{self, DEFAULT_GPU, GPUS, Gpu, MODELS, Model};
use crate::memory::training::ACTIVATION_BYTES_PER_PARAM;
use crate::memory::{self, Input, MAX_PARAMS, PRECISIONS, Precision, Task};
use crate::units::{ByteUnits, Params};

/// How many parameters the model has, and how we know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// A model of the catalogue.
    Model(&'static Model),
    /// A number.
    Params(Params),
}

impl Size {
    /// The number of parameters.
    #[must_use]
    pub fn params(&self) -> Params {
        match self {
            Self::Model(model) => model.params,
            Self::Params(params) => *params,
        }
    }
}

/// The Memory lab's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryScenario {
    /// The model.
    pub size: Size,
    /// The format of its weights.
    pub precision: &'static Precision,
    /// Train it rather than run it.
    pub train: bool,
    /// Activations and temporaries in training, bytes per parameter.
    pub activations: f64,
    /// The GPU that should hold it.
    pub gpu: &'static Gpu,
    /// GB or GiB.
    pub units: ByteUnits,
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

impl Default for MemoryScenario {
    /// The cheat sheet's warning: fully training a common model in FP32 with Adam, on an A100 with 80 GB.
    fn default() -> Self {
        Self {
            size: catalog::model("llama-3.1-8b").map_or(Size::Params(Params(8e9)), Size::Model),
            precision: memory::precision("fp32").unwrap_or(&PRECISIONS[0]),
            train: true,
            activations: ACTIVATIONS.max,
            gpu: catalog::gpu(DEFAULT_GPU).unwrap_or(&GPUS[0]),
            units: ByteUnits::Decimal,
        }
    }
}

impl MemoryScenario {
    /// The inputs that are not the default, by key.
    #[must_use]
    pub fn keys(&self) -> Vec<(String, String)> {
        write_keys(KEYS, self).into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// The inputs with these keys; what is not understood is the default.
    #[must_use]
    pub fn from_keys(keys: &[(String, String)]) -> Self {
        read_keys(KEYS, keys, &mut Vec::new())
    }

    /// What the memory module is asked.
    #[must_use]
    pub fn input(&self) -> Input {
        let task = if self.train { Task::train(self.activations) } else { Task::Run };
        Input { params: self.size.params(), precision: self.precision, task, gpu: self.gpu }
    }
}

/// The keys, in the order they are written.
pub static KEYS: &[Key<MemoryScenario>] = &[
    Key {
        name: "model",
        doc: documented!(
            "A model of the catalogue, or `custom` for a number of parameters of your own.",
            || list(["custom"].into_iter().chain(MODELS.iter().map(|model| model.id))),
            "gpt2"
        ),
        write: |scenario| match scenario.size {
            Size::Model(model) => model.id.to_owned(),
            Size::Params(_) => "custom".to_owned(),
        },
        read: |scenario, text| {
            let size = match text {
                "custom" => Some(Size::Params(CUSTOM_PARAMS)),
                id => catalog::model(id).map(Size::Model),
            };
            read_choice(&mut scenario.size, size)
        },
    },
    Key {
        name: "params",
        doc: documented!(
            "Number of parameters of a `custom` model; makes the model `custom`.",
            || format!("{}; also `7B`, `350M`", span(&PARAMS)),
            "1.3e10"
        ),
        write: |scenario| match scenario.size {
            Size::Params(params) => number::format(params.get()),
            Size::Model(_) => number::format(MemoryScenario::default().size.params().get()),
        },
        read: |scenario, text| {
            let mut params = scenario.size.params().get();
            let read = read_number(&mut params, &PARAMS, text);
            if matches!(read, Ok(()) | Err(Rejection::Clamped(_))) {
                scenario.size = Size::Params(Params(params));
            }
            read
        },
    },
    Key {
        name: "precision",
        doc: documented!("Format of the weights.", || list(PRECISIONS.iter().map(|precision| precision.id)), "bf16"),
        write: |scenario| scenario.precision.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.precision, memory::precision(text)),
    },
    Key {
        name: "task",
        doc: documented!("Run the model, or train all of it.", || list(["run", "train"]), "run"),
        write: |scenario| if scenario.train { "train" } else { "run" }.to_owned(),
        read: |scenario, text| {
            let train = match text {
                "run" => Some(false),
                "train" => Some(true),
                _ => None,
            };
            read_choice(&mut scenario.train, train)
        },
    },
    Key {
        name: "activations",
        doc: documented!("Activations and temporaries in training, bytes per parameter.", || span(&ACTIVATIONS), "4"),
        write: |scenario| number::format(scenario.activations),
        read: |scenario, text| read_number(&mut scenario.activations, &ACTIVATIONS, text),
    },
    Key {
        name: "gpu",
        doc: documented!("The accelerator that should hold it.", || list(GPUS.iter().map(|gpu| gpu.id)), "rtx-4090"),
        write: |scenario| scenario.gpu.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.gpu, catalog::gpu(text)),
    },
    Key {
        name: "units",
        doc: documented!("Bytes in powers of 1000 (`gb`) or of 1024 (`gib`).", || list(["gb", "gib"]), "gib"),
        write: |scenario| if scenario.units == ByteUnits::Binary { "gib" } else { "gb" }.to_owned(),
        read: |scenario, text| {
            let units = match text {
                "gb" => Some(ByteUnits::Decimal),
                "gib" => Some(ByteUnits::Binary),
                _ => None,
            };
            read_choice(&mut scenario.units, units)
        },
    },
];

/// What a custom model starts with: the cheat sheet's one billion.
pub const CUSTOM_PARAMS: Params = Params(1e9);
