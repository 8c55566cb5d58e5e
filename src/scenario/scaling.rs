//! The Scaling lab's inputs.

use super::key::{Key, documented, list, read_choice, read_number, span};
use super::number::{self, Bounds};
use super::permalink::{read_keys, write_keys};
use crate::catalog::{self, DEFAULT_GPU, GPUS, Gpu};
use crate::scaling::laws::default_law;
use crate::scaling::{self, Hardware, Known, LAWS, Law, MAX_FLOP, MAX_PARAMS, MAX_TOKENS};
use crate::units::{Flop, Params, Tokens};

/// The quantity that is given; the others follow from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// Training compute in FLOP.
    #[default]
    Compute,
    /// GPUs for some days.
    Hardware,
    /// Model size.
    Params,
    /// Training tokens.
    Tokens,
}

impl Given {
    /// Every quantity, in the order of menus.
    pub const ALL: [Self; 4] = [Self::Compute, Self::Hardware, Self::Params, Self::Tokens];

    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Hardware => "hardware",
            Self::Params => "params",
            Self::Tokens => "tokens",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compute => "Compute",
            Self::Hardware => "GPUs × days",
            Self::Params => "Model size",
            Self::Tokens => "Data",
        }
    }
}

/// The Scaling lab's inputs. Quantities that are not given keep their last value, so that switching back is free.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingScenario {
    /// The quantity that counts.
    pub given: Given,
    /// Training compute, FLOP.
    pub compute: f64,
    /// The GPU.
    pub gpu: &'static Gpu,
    /// How many GPUs.
    pub gpus: f64,
    /// For how many days.
    pub days: f64,
    /// The share of the peak that training reaches.
    pub utilisation: f64,
    /// Model size.
    pub params: f64,
    /// Training tokens.
    pub tokens: f64,
    /// The law that splits the budget.
    pub law: &'static Law,
}

/// Bounds of compute, FLOP.
pub const COMPUTE: Bounds = Bounds { name: "Compute", min: 1e12, max: MAX_FLOP.get(), whole: false };
/// Bounds of the number of GPUs.
pub const GPU_COUNT: Bounds = Bounds { name: "The number of GPUs", min: 1.0, max: 1e7, whole: false };
/// Bounds of days.
pub const DAYS: Bounds = Bounds { name: "Days", min: 0.01, max: 36_500.0, whole: false };
/// Bounds of utilisation.
pub const UTILISATION: Bounds = Bounds { name: "Utilisation", min: 0.01, max: 1.0, whole: false };
/// Bounds of model size.
pub const PARAMS: Bounds = Bounds { name: "Parameters", min: 1000.0, max: MAX_PARAMS.get(), whole: false };
/// Bounds of training tokens.
pub const TOKENS: Bounds = Bounds { name: "Tokens", min: 1000.0, max: MAX_TOKENS.get(), whole: false };

impl Default for ScalingScenario {
    /// Chinchilla's own budget.
    fn default() -> Self {
        Self {
            given: Given::Compute,
            compute: 5.76e23,
            gpu: catalog::gpu(DEFAULT_GPU).unwrap_or(&GPUS[0]),
            gpus: 1024.0,
            days: 52.0,
            utilisation: 0.4,
            params: 70e9,
            tokens: 1.4e12,
            law: default_law(),
        }
    }
}

impl ScalingScenario {
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

    /// What the scaling module is asked.
    #[must_use]
    pub fn known(&self) -> Known {
        match self.given {
            Given::Compute => Known::Compute(Flop(self.compute)),
            Given::Hardware => Known::Hardware(Hardware {
                gpu: self.gpu,
                gpus: self.gpus,
                days: self.days,
                utilisation: self.utilisation,
            }),
            Given::Params => Known::Params(Params(self.params)),
            Given::Tokens => Known::Tokens(Tokens(self.tokens)),
        }
    }
}

/// The keys, in the order they are written.
pub static KEYS: &[Key<ScalingScenario>] = &[
    Key {
        name: "given",
        doc: documented!(
            "Which quantity is known; the others follow from it.",
            || list(Given::ALL.map(Given::id)),
            "params"
        ),
        write: |scenario| scenario.given.id().to_owned(),
        read: |scenario, text| {
            read_choice(&mut scenario.given, Given::ALL.into_iter().find(|given| given.id() == text))
        },
    },
    Key {
        name: "compute",
        doc: documented!("Training compute, FLOP.", || span(&COMPUTE), "1e22"),
        write: |scenario| number::format(scenario.compute),
        read: |scenario, text| read_number(&mut scenario.compute, &COMPUTE, text),
    },
    Key {
        name: "gpu",
        doc: documented!(
            "The accelerator, for `given=hardware`.",
            || list(GPUS.iter().map(|gpu| gpu.id)),
            "h100-sxm5-80gb"
        ),
        write: |scenario| scenario.gpu.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.gpu, catalog::gpu(text)),
    },
    Key {
        name: "gpus",
        doc: documented!("How many accelerators.", || span(&GPU_COUNT), "8"),
        write: |scenario| number::format(scenario.gpus),
        read: |scenario, text| read_number(&mut scenario.gpus, &GPU_COUNT, text),
    },
    Key {
        name: "days",
        doc: documented!("For how many days.", || span(&DAYS), "30"),
        write: |scenario| number::format(scenario.days),
        read: |scenario, text| read_number(&mut scenario.days, &DAYS, text),
    },
    Key {
        name: "mfu",
        doc: documented!(
            "Utilisation: the share of the dense 16-bit peak that training reaches.",
            || span(&UTILISATION),
            "0.35"
        ),
        write: |scenario| number::format(scenario.utilisation),
        read: |scenario, text| read_number(&mut scenario.utilisation, &UTILISATION, text),
    },
    Key {
        name: "params",
        doc: documented!("Model size, for `given=params`.", || format!("{}; also `7B`", span(&PARAMS)), "8e9"),
        write: |scenario| number::format(scenario.params),
        read: |scenario, text| read_number(&mut scenario.params, &PARAMS, text),
    },
    Key {
        name: "tokens",
        doc: documented!("Training tokens, for `given=tokens`.", || format!("{}; also `15T`", span(&TOKENS)), "1.5e13"),
        write: |scenario| number::format(scenario.tokens),
        read: |scenario, text| read_number(&mut scenario.tokens, &TOKENS, text),
    },
    Key {
        name: "law",
        doc: documented!("The law that splits the budget.", || list(LAWS.iter().map(|law| law.id)), "chinchilla-20"),
        write: |scenario| scenario.law.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.law, scaling::law(text)),
    },
];
