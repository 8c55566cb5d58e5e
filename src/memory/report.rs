//! The answer: parts, their total, and how it compares with the GPU.

use super::Input;
use crate::source::Source;
use crate::units::{Bytes, Params};
use serde::Serialize;

/// What a share of the memory is for. The order is the order in the stacked bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// The weights that the passes use.
    Weights,
    /// One gradient for every weight.
    Gradients,
    /// The optimizer's state, and the FP32 master copy where there is one.
    Optimizer,
    /// Activations and temporaries.
    Activations,
}

impl PartKind {
    /// The name to show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weights => "weights",
            Self::Gradients => "gradients",
            Self::Optimizer => "optimizer",
            Self::Activations => "activations and temporaries",
        }
    }
}

/// One share of the memory: `bytes` = parameters × `bytes_per_param`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// What it is for.
    pub kind: PartKind,
    /// How much it is.
    pub bytes: Bytes,
    /// How much of it each parameter takes.
    pub bytes_per_param: f64,
    /// Where `bytes_per_param` comes from.
    pub source: Source,
}

/// How the total compares with one GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It fits, with more than a tenth to spare.
    Fits,
    /// It fits, but a tenth or less is left for what this sum leaves out.
    Tight,
    /// It is larger than one GPU.
    Over,
}

/// The memory that one [`Input`] needs. It serializes as [`Numbers`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "Numbers")]
pub struct Report {
    /// What was asked.
    pub input: Input,
    /// The shares, in the order of the stacked bar; those that the task does not need are left out.
    pub parts: Vec<Part>,
    /// What the sum takes for granted, as sentences.
    pub assumptions: Vec<&'static str>,
}

impl Report {
    /// The bytes of one kind of part: 0 where the task does not need it.
    #[must_use]
    pub fn bytes(&self, kind: PartKind) -> Bytes {
        self.parts.iter().filter(|part| part.kind == kind).map(|part| part.bytes).sum()
    }

    /// All parts together.
    #[must_use]
    pub fn total(&self) -> Bytes {
        self.parts.iter().map(|part| part.bytes).sum()
    }

    /// Bytes per parameter, all parts together.
    #[must_use]
    pub fn bytes_per_param(&self) -> f64 {
        self.parts.iter().map(|part| part.bytes_per_param).sum()
    }

    /// How many times the FP32 weights (4 bytes per parameter) the total is: the cheat sheet's "4 to 6 times".
    #[must_use]
    pub fn times_fp32_weights(&self) -> f64 {
        self.bytes_per_param() / 4.0
    }

    /// What one GPU holds.
    #[must_use]
    pub fn gpu_bytes(&self) -> Bytes {
        self.input.gpu.memory()
    }

    /// How the total compares with one GPU.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let used = self.total() / self.gpu_bytes();
        if used > 1.0 {
            Verdict::Over
        } else if used >= 0.9 {
            Verdict::Tight
        } else {
            Verdict::Fits
        }
    }

    /// Whether one GPU is enough.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.verdict() != Verdict::Over
    }

    /// How many such GPUs hold the total if every part is split evenly among them (as ZeRO stage 3 and FSDP do).
    #[must_use]
    pub fn gpus_needed(&self) -> u64 {
        let (total, gpu) = (self.total().get(), self.gpu_bytes().get());
        let gpus = (total / gpu).ceil();
        // The quotient is rounded: a total one byte over a whole number of GPUs may divide evenly.
        let gpus = if gpus * gpu < total { gpus + 1.0 } else { gpus };
        gpus.max(1.0) as u64
    }
}

/// A [`Report`] as plain numbers: what the page exports.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Numbers {
    /// Parameters of the model.
    pub params_total: Params,
    /// Weights, in bytes.
    pub weights_bytes: Bytes,
    /// Gradients, in bytes.
    pub gradients_bytes: Bytes,
    /// Optimizer state and master copy, in bytes.
    pub optimizer_bytes: Bytes,
    /// Activations and temporaries, in bytes.
    pub activations_bytes: Bytes,
    /// All of it, in bytes.
    pub total_bytes: Bytes,
    /// What one GPU holds, in bytes.
    pub gpu_bytes: Bytes,
    /// Whether one GPU is enough.
    pub fits: bool,
    /// How many such GPUs hold it, split evenly.
    pub gpus_needed: u64,
}

impl From<&Report> for Numbers {
    fn from(report: &Report) -> Self {
        Self {
            params_total: report.input.params,
            weights_bytes: report.bytes(PartKind::Weights),
            gradients_bytes: report.bytes(PartKind::Gradients),
            optimizer_bytes: report.bytes(PartKind::Optimizer),
            activations_bytes: report.bytes(PartKind::Activations),
            total_bytes: report.total(),
            gpu_bytes: report.gpu_bytes(),
            fits: report.fits(),
            gpus_needed: report.gpus_needed(),
        }
    }
}

impl From<Report> for Numbers {
    fn from(report: Report) -> Self {
        Self::from(&report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{DEFAULT_GPU, gpu};
    use crate::memory::{Task, estimate, precision};

    fn weights_of(bytes: f64) -> Report {
        let input = Input {
            params: Params(bytes),
            precision: precision("int8").unwrap(),
            task: Task::Run,
            gpu: gpu(DEFAULT_GPU).unwrap(),
        };
        estimate(&input).unwrap()
    }

    #[test]
    fn the_verdict_turns_tight_at_a_tenth_spare_and_over_at_one_byte_more() {
        let gpu = 85_899_345_920.0;
        assert_eq!(weights_of(gpu * 0.89).verdict(), Verdict::Fits);
        assert_eq!(weights_of(gpu * 0.91).verdict(), Verdict::Tight);
        assert_eq!(weights_of(gpu).verdict(), Verdict::Tight);
        assert_eq!(weights_of(gpu + 1.0).verdict(), Verdict::Over);
        assert_eq!((weights_of(gpu).gpus_needed(), weights_of(gpu + 1.0).gpus_needed()), (1, 2));
    }

    #[test]
    fn a_report_serializes_as_plain_numbers_under_the_exported_keys() {
        let json = serde_json::to_value(weights_of(1e9)).unwrap();
        let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            [
                "params_total",
                "weights_bytes",
                "gradients_bytes",
                "optimizer_bytes",
                "activations_bytes",
                "total_bytes",
                "gpu_bytes",
                "fits",
                "gpus_needed"
            ]
        );
        assert_eq!(json["total_bytes"], 1e9);
        assert_eq!(json["fits"], true);
        assert_eq!(json["gpus_needed"], 1);
    }
}
