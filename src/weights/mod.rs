//! Where tensors come from: samples drawn from a seed ([`samples`]), or numbers of the reader’s own.

pub mod npy;
pub mod samples;
pub mod transform;

pub use samples::{Distribution, Sample};

/// Where a tensor's values come from.
#[derive(Clone, Debug)]
pub enum TensorSource {
    /// Drawn from a seed.
    Sample(Sample),
    /// Given, in rows of so many; the last row may turn out too short.
    Values(Vec<f32>, usize),
}

/// A tensor that can be made again from this.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Where its values come from.
    pub source: TensorSource,
    /// Columns of outliers that are put in, and what their values are multiplied by.
    pub outliers: (usize, f32),
    /// How many neighbours of a row are turned by a Hadamard matrix after that, if any are.
    pub rotation: Option<usize>,
}

impl Tensor {
    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        match &self.source {
            TensorSource::Sample(sample) => (sample.rows, sample.cols),
            TensorSource::Values(values, cols) => (values.len().div_ceil((*cols).max(1)), *cols),
        }
    }

    /// As many whole rows from the first on as have at most `most` values, or a part of the first; nothing if there are no
    /// more than that, or the numbers are the reader's own.
    #[must_use]
    pub fn beginning(&self, most: usize) -> Option<Self> {
        let TensorSource::Sample(sample) = self.source else { return None };
        let cols = sample.cols.min(most);
        let part = Sample { rows: sample.rows.min(most / cols.max(1)), cols, ..sample };
        (part != sample).then(|| Self { source: TensorSource::Sample(part), ..self.clone() })
    }

    /// The values, row by row. `progress` is told the share that is drawn, 0..=1.
    #[must_use]
    pub fn load(&self, mut progress: impl FnMut(f64)) -> Vec<f32> {
        let mut values = match &self.source {
            TensorSource::Values(values, _) => values.clone(),
            TensorSource::Sample(sample) => {
                let n = sample.len().max(1) as f64;
                sample.draw(|done| progress(done as f64 / n))
            }
        };
        let (_, cols) = self.shape();
        transform::add_outlier_columns(&mut values, cols, self.outliers.0, self.outliers.1);
        if let Some(size) = self.rotation {
            transform::rotate(&mut values, cols, size);
        }
        values
    }

    /// Whether both have the same bits.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let is_same_source = match (&self.source, &other.source) {
            (TensorSource::Sample(a), TensorSource::Sample(b)) => a == b,
            (TensorSource::Values(a, a_cols), TensorSource::Values(b, b_cols)) => {
                a.len() == b.len() && a_cols == b_cols && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            _ => false,
        };
        is_same_source && self.outliers == other.outliers && self.rotation == other.rotation
    }
}
