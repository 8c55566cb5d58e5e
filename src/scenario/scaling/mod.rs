//! The Scaling lab's inputs.

mod input;
mod keys;

pub use keys::KEYS;

use super::number::{self, Bounds};
use super::permalink::{read_keys, write_keys};
use crate::catalog::{self, DEFAULT_GPU, GPUS, Gpu, Model};
use crate::scaling::emissions::{GRIDS, PRICES, PUES};
use crate::scaling::flops::Count;
use crate::scaling::laws::DEFAULT_LAW;
use crate::scaling::{MAX_FLOP, MAX_PARAMS, MAX_TOKENS};

/// A quantity that may be known; the others follow from what is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Given {
    /// Training compute in FLOP.
    #[default]
    Compute,
    /// GPUs for some days.
    Hardware,
    /// GPU-hours.
    Hours,
    /// Money.
    Money,
    /// Electricity.
    Energy,
    /// Model size.
    Params,
    /// Training tokens.
    Tokens,
    /// Tokens per parameter.
    Ratio,
    /// The loss to reach.
    Loss,
}

impl Given {
    /// Every quantity, in the order of menus.
    pub const ALL: [Self; 9] = [
        Self::Compute,
        Self::Hardware,
        Self::Hours,
        Self::Money,
        Self::Energy,
        Self::Params,
        Self::Tokens,
        Self::Ratio,
        Self::Loss,
    ];

    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Compute => "compute",
            Self::Hardware => "hardware",
            Self::Hours => "hours",
            Self::Money => "money",
            Self::Energy => "energy",
            Self::Params => "params",
            Self::Tokens => "tokens",
            Self::Ratio => "ratio",
            Self::Loss => "loss",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compute => "Compute",
            Self::Hardware => "GPUs × days",
            Self::Hours => "GPU-hours",
            Self::Money => "Money",
            Self::Energy => "Energy",
            Self::Params => "Model size",
            Self::Tokens => "Data",
            Self::Ratio => "Tokens per parameter",
            Self::Loss => "Loss",
        }
    }

    /// The quantity with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|given| given.id() == id)
    }
}

/// What of the hardware is known where the budget follows from something else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Time {
    /// The number of GPUs; the days follow.
    #[default]
    Gpus,
    /// The days; the number of GPUs follows.
    Days,
}

/// The format that training multiplies in, which decides the peak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arithmetic {
    /// 16 bits.
    #[default]
    Half,
    /// FP8.
    Fp8,
}

/// A law that was fitted to the reader's own runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FittedLaw {
    /// E, A, B, α, β.
    pub constants: [f64; 5],
    /// Parameters of the smallest and the largest run.
    pub params: (f64, f64),
    /// Tokens of the shortest and the longest.
    pub tokens: (f64, f64),
}

impl std::fmt::Display for FittedLaw {
    /// As a link has it: nine numbers with commas between.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ranges = [self.params.0, self.params.1, self.tokens.0, self.tokens.1];
        let numbers = self.constants.into_iter().chain(ranges);
        f.write_str(&numbers.map(number::format).collect::<Vec<_>>().join(","))
    }
}

/// The Scaling lab's inputs. Quantities that are not given keep their last value, so that switching back is free.
#[derive(Clone, Debug, PartialEq)]
pub struct ScalingScenario {
    /// The quantity that is known.
    pub given: Given,
    /// Another one that is; without it the split is the law's optimum.
    pub also: Option<Given>,
    /// What of the hardware is known, unless that is what is given.
    pub time: Time,
    /// Training compute, FLOP.
    pub compute: f64,
    /// The GPU.
    pub gpu: &'static Gpu,
    /// In which format it multiplies.
    pub arithmetic: Arithmetic,
    /// How many GPUs.
    pub gpus: f64,
    /// For how many days.
    pub days: f64,
    /// The share of the peak that training reaches.
    pub utilisation: f64,
    /// GPU-hours.
    pub hours: f64,
    /// Money, USD.
    pub money: f64,
    /// Electricity, MWh.
    pub energy: f64,
    /// Model size.
    pub params: f64,
    /// Training tokens.
    pub tokens: f64,
    /// Training tokens per parameter.
    pub ratio: f64,
    /// Loss, nats per token.
    pub loss: f64,
    /// The id of the law.
    pub law: &'static str,
    /// Between the constants that Hoffmann et al. print (0) and those of their TeX source (1), for that law.
    pub unrounded: f64,
    /// The law of the reader's own runs.
    pub fitted: Option<FittedLaw>,
    /// The model whose FLOPs are counted, and whose size is the one that is given; else one of the law's size is proposed.
    pub model: Option<&'static Model>,
    /// Which of its parameters are N.
    pub count: Count,
    /// Tokens of a training sequence.
    pub sequence: f64,
    /// The share of the days in which the GPUs train.
    pub availability: f64,
    /// Whether activations are computed again, which takes a second forward pass.
    pub recompute: bool,
    /// USD for a GPU-hour.
    pub price: f64,
    /// Watts of a GPU; 0 for its board power.
    pub watts: f64,
    /// Power of the building over that of the GPUs.
    pub pue: f64,
    /// kg CO₂e for a kWh.
    pub grid: f64,
    /// kg CO₂e from the making of a GPU and its share of a server; 0 leaves it out.
    pub embodied: f64,
    /// Hours that a GPU works before it is replaced.
    pub life: f64,
    /// Distinct tokens that there are; 0 for as many as it takes.
    pub unique: f64,
    /// Tokens that the model will read in its life.
    pub demand_in: f64,
    /// Tokens that it will write.
    pub demand_out: f64,
    /// The share of the peak that reading a prompt reaches.
    pub prompt_utilisation: f64,
    /// The share of the peak that writing reaches.
    pub answer_utilisation: f64,
    /// USD for a GPU-hour of serving.
    pub serving_price: f64,
    /// Bits that training keeps the weights in, the activations, and the KV cache.
    pub bits: [f64; 3],
}

/// Bounds of compute, FLOP.
pub const COMPUTE: Bounds = Bounds { name: "Compute", min: 1e12, max: MAX_FLOP.get(), whole: false };
/// Bounds of the number of GPUs.
pub const GPU_COUNT: Bounds = Bounds { name: "The number of GPUs", min: 1.0, max: 1e7, whole: false };
/// Bounds of days.
pub const DAYS: Bounds = Bounds { name: "Days", min: 0.01, max: 36_500.0, whole: false };
/// Bounds of utilisation.
pub const UTILISATION: Bounds = Bounds { name: "Utilisation (MFU)", min: 0.01, max: 1.0, whole: false };
/// Bounds of utilisation in serving, which is far lower.
pub const SERVING_UTILISATION: Bounds = Bounds { name: "Utilisation in serving", min: 0.0001, max: 1.0, whole: false };
/// Bounds of GPU-hours.
pub const HOURS: Bounds = Bounds { name: "GPU-hours", min: 0.001, max: 1e13, whole: false };
/// Bounds of money, USD.
pub const MONEY: Bounds = Bounds { name: "Money", min: 0.01, max: 1e13, whole: false };
/// Bounds of electricity, MWh.
pub const ENERGY: Bounds = Bounds { name: "Energy", min: 1e-6, max: 1e12, whole: false };
/// Bounds of model size.
pub const PARAMS: Bounds = Bounds { name: "Parameters", min: 1000.0, max: MAX_PARAMS.get(), whole: false };
/// Bounds of training tokens.
pub const TOKENS: Bounds = Bounds { name: "Training tokens", min: 1000.0, max: MAX_TOKENS.get(), whole: false };
/// Bounds of tokens per parameter.
pub const RATIO: Bounds = Bounds { name: "Tokens per parameter", min: 1e-3, max: 1e7, whole: false };
/// Bounds of a loss, nats per token.
pub const LOSS: Bounds = Bounds { name: "Loss", min: 0.1, max: 12.0, whole: false };
/// Bounds of the way from the printed constants to those of the source.
pub const UNROUNDED: Bounds = Bounds { name: "The way from printed to source", min: 0.0, max: 1.0, whole: false };
/// Bounds of a sequence.
pub const SEQUENCE: Bounds = Bounds { name: "Tokens of a sequence", min: 1.0, max: 1e7, whole: true };
/// Bounds of availability.
pub const AVAILABILITY: Bounds = Bounds { name: "Availability", min: 0.01, max: 1.0, whole: false };
/// Bounds of a price.
pub const PRICE: Bounds = Bounds { name: "The price of a GPU-hour", min: 0.0, max: 1e4, whole: false };
/// Bounds of the price of serving.
pub const SERVING_PRICE: Bounds = Bounds { name: "The price of a GPU-hour of serving", ..PRICE };
/// Bounds of power.
pub const WATTS: Bounds = Bounds { name: "Power", min: 0.0, max: 1e5, whole: false };
/// Bounds of PUE.
pub const PUE: Bounds = Bounds { name: "PUE", min: 1.0, max: 5.0, whole: false };
/// Bounds of a grid's carbon intensity.
pub const GRID: Bounds = Bounds { name: "Grid intensity", min: 0.0, max: 2.0, whole: false };
/// Bounds of embodied carbon.
pub const EMBODIED: Bounds = Bounds { name: "Embodied carbon", min: 0.0, max: 1e5, whole: false };
/// Bounds of a GPU's life.
pub const LIFE: Bounds = Bounds { name: "Hours of a life", min: 1.0, max: 1e6, whole: false };
/// Bounds of distinct tokens.
pub const UNIQUE: Bounds = Bounds { name: "Distinct tokens", min: 0.0, max: MAX_TOKENS.get(), whole: false };
/// Bounds of tokens that are read or written in serving.
pub const DEMAND: Bounds = Bounds { name: "Tokens read or written", ..UNIQUE };
/// Bounds of bits.
pub const BITS: Bounds = Bounds { name: "Bits", min: 1.0, max: 32.0, whole: false };

impl Default for ScalingScenario {
    /// Chinchilla's own budget.
    fn default() -> Self {
        Self {
            given: Given::Compute,
            also: None,
            time: Time::Gpus,
            compute: 5.76e23,
            gpu: catalog::gpu(DEFAULT_GPU).unwrap_or(&GPUS[0]),
            arithmetic: Arithmetic::Half,
            gpus: 1024.0,
            days: 52.0,
            utilisation: 0.4,
            hours: 1e6,
            money: 2.5e6,
            energy: 1000.0,
            params: 70e9,
            tokens: 1.4e12,
            ratio: 20.0,
            loss: 2.0,
            law: DEFAULT_LAW,
            unrounded: 0.0,
            fitted: None,
            model: None,
            count: Count::Total,
            sequence: 2048.0,
            availability: 1.0,
            recompute: false,
            price: PRICES[0].value,
            watts: 0.0,
            pue: PUES[0].value,
            grid: GRIDS[0].value,
            embodied: 0.0,
            life: 35_040.0,
            unique: 0.0,
            demand_in: 0.0,
            demand_out: 0.0,
            prompt_utilisation: 0.4,
            answer_utilisation: 0.01,
            serving_price: PRICES[0].value,
            bits: [16.0; 3],
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

    /// Whether a quantity is known.
    #[must_use]
    pub fn knows(&self, quantity: Given) -> bool {
        self.given == quantity || self.also == Some(quantity)
    }

    /// Whether the model is to be served.
    #[must_use]
    pub fn serves(&self) -> bool {
        self.demand_in + self.demand_out > 0.0
    }
}
