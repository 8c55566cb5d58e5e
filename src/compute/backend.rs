//! Which backend does a job, and why.

use serde::{Deserialize, Serialize};

/// What the reader asked for (`compute=` in the link).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// The faster one.
    #[default]
    Auto,
    /// The GPU, even a software one.
    Gpu,
    /// The CPU.
    Cpu,
}

impl Choice {
    /// Every choice, in the order of menus.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Gpu, Self::Cpu];

    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gpu => "gpu",
            Self::Cpu => "cpu",
        }
    }
}

/// Why there is no GPU to use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Unavailable {
    /// The browser has no WebGPU, or not in this kind of page.
    #[error("this browser has no WebGPU here")]
    NoApi,
    /// WebGPU is there, but no device behind it.
    #[error("WebGPU found no graphics device")]
    NoAdapter,
    /// The device refused to start or to compile.
    #[error("the graphics device did not start: {0}")]
    Refused(String),
    /// The device's arithmetic differs from the CPU's.
    #[error("the graphics device failed its self-check on {0}")]
    SelfCheck(String),
    /// The device went away during a job.
    #[error("the graphics device was lost: {0}")]
    Lost(String),
}

/// What the choice depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// A software device: right, but slower than the CPU path.
    pub is_fallback: bool,
}

/// The backend of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// WebAssembly SIMD in a worker.
    Cpu,
    /// WebGPU compute shaders.
    Gpu,
}

/// Chooses the backend; the note says why it is not the one that was asked for, or not the GPU.
#[must_use]
pub fn select(choice: Choice, gpu: Result<Adapter, &Unavailable>) -> (Backend, Option<String>) {
    match (choice, gpu) {
        (Choice::Cpu, _) => (Backend::Cpu, None),
        (Choice::Auto, Ok(Adapter { is_fallback: true })) => {
            (Backend::Cpu, Some("WebGPU runs in software here, which is slower than the CPU path".to_owned()))
        }
        (_, Ok(_)) => (Backend::Gpu, None),
        (_, Err(why)) => (Backend::Cpu, Some(why.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_software_gpu_is_used_only_when_asked_for() {
        let software = Adapter { is_fallback: true };
        let hardware = Adapter { is_fallback: false };
        assert_eq!(select(Choice::Auto, Ok(software)).0, Backend::Cpu);
        assert_eq!(select(Choice::Gpu, Ok(software)).0, Backend::Gpu);
        assert_eq!(select(Choice::Auto, Ok(hardware)), (Backend::Gpu, None));
        assert_eq!(select(Choice::Cpu, Ok(hardware)), (Backend::Cpu, None));
    }

    #[test]
    fn without_a_gpu_the_cpu_does_it_and_says_why() {
        let (backend, note) = select(Choice::Gpu, Err(&Unavailable::NoAdapter));
        assert_eq!(backend, Backend::Cpu);
        assert!(note.is_some_and(|note| note.contains("no graphics device")));
    }
}
