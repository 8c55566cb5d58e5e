//! Where tensors come from: samples drawn from a seed ([`samples`]), or numbers of the reader’s own.

pub mod samples;

pub use samples::{Distribution, Sample};

/// Where a tensor's values come from.
#[derive(Clone, Debug)]
pub enum TensorSource {
    /// Drawn from a seed.
    Sample(Sample),
    /// Given, as one row.
    Values(Vec<f32>),
}

impl TensorSource {
    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        match self {
            Self::Sample(sample) => (sample.rows, sample.cols),
            Self::Values(values) => (usize::from(!values.is_empty()), values.len()),
        }
    }

    /// The values, row by row. `progress` is told the share that is drawn, 0..=1.
    #[must_use]
    pub fn load(&self, mut progress: impl FnMut(f64)) -> Vec<f32> {
        match self {
            Self::Values(values) => values.clone(),
            Self::Sample(sample) => {
                let n = sample.len().max(1) as f64;
                sample.draw(|done| progress(done as f64 / n))
            }
        }
    }

    /// Whether both give the same bits.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sample(a), Self::Sample(b)) => a == b,
            (Self::Values(a), Self::Values(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            _ => false,
        }
    }
}
