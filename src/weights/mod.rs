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

/// [`Tensor::load`] step by step, for a caller that looks around in between.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// What is drawn.
    pub tensor: Tensor,
    values: Vec<f32>,
    /// How many are drawn.
    drawn: usize,
    is_done: bool,
}

/// Values of a step: a few milliseconds.
const STEP: usize = 4 * samples::BLOCK;

impl Drawing {
    /// Starts before the first value.
    #[must_use]
    pub fn new(tensor: Tensor) -> Self {
        let values = match &tensor.source {
            TensorSource::Values(values, _) => values.clone(),
            TensorSource::Sample(sample) => vec![0.0; sample.len()],
        };
        Self { tensor, values, drawn: 0, is_done: false }
    }

    /// Makes more values; gives the share that is made by then, 0..=1, or nothing once all are.
    pub fn step(&mut self) -> Option<f64> {
        if self.is_done {
            return None;
        }
        let n = self.values.len();
        if let TensorSource::Sample(sample) = &self.tensor.source {
            let end = n.min(self.drawn + STEP);
            let first = self.drawn / samples::BLOCK;
            for (i, block) in self.values[self.drawn..end].chunks_mut(samples::BLOCK).enumerate() {
                sample.fill_block(first + i, block);
            }
            self.drawn = end;
            if end < n {
                return Some(end as f64 / n as f64);
            }
        }
        let (_, cols) = self.tensor.shape();
        let (columns, factor) = self.tensor.outliers;
        transform::add_outlier_columns(&mut self.values, cols, columns, factor);
        if let Some(size) = self.tensor.rotation {
            transform::rotate(&mut self.values, cols, size);
        }
        self.is_done = true;
        None
    }

    /// The values, once all are made.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        if self.is_done { &self.values } else { &[] }
    }
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
        let mut drawing = Drawing::new(self.clone());
        while let Some(share) = drawing.step() {
            progress(share);
        }
        drawing.values
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_that_is_drawn_in_steps_is_that_of_its_sample() {
        let sample = Sample { distribution: Distribution::Laplace, seed: 5, std: 0.02, rows: 3, cols: STEP / 2 + 7 };
        let tensor = Tensor { source: TensorSource::Sample(sample), outliers: (0, 1.0), rotation: None };
        let mut drawing = Drawing::new(tensor.clone());
        assert!(drawing.step().is_some_and(|share| share > 0.5 && share < 1.0));
        assert!(drawing.values().is_empty(), "it is not done");
        assert_eq!((drawing.step(), drawing.step()), (None, None));
        assert!(drawing.values() == sample.draw(|_| {}) && tensor.load(|_| {}) == drawing.values());
    }
}
