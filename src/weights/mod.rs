//! Where tensors come from: samples drawn from a seed ([`samples`]), numbers of the reader’s own, or a checkpoint in files.
//!
//! Files are never read here. [`open`] says which bytes it wants and makes a [`Checkpoint`] of the headers: a list of [`Stored`]
//! tensors, their types ([`dtype`]) and where their bytes lie; [`decode`] turns those bytes into values, and [`reading`] does so
//! from the first value on however they are packed. Each kind of file is a module of its own.

pub mod checkpoint;
pub mod decode;
pub mod dtype;
mod error;
pub mod gguf;
pub mod inflate;
mod join;
pub mod npy;
pub mod open;
pub mod pieces;
pub mod reading;
pub mod safetensors;
pub mod samples;
pub mod sniff;
pub mod text;
pub mod transform;
pub mod write;
pub mod zip;

pub use checkpoint::{Checkpoint, FileInfo, Span, Stored};
pub use dtype::Dtype;
pub use error::Error;
pub use samples::{Distribution, Sample};

use std::rc::Rc;

/// Where a tensor's values come from.
#[derive(Clone, Debug)]
pub enum TensorSource {
    /// Drawn from a seed.
    Sample(Sample),
    /// Given, in rows of so many; the last row may turn out too short.
    Values(Vec<f32>, usize),
    /// Of a file.
    File(Rc<FileValues>),
}

/// Values of a tensor of a file: all, or whole rows from the first on, or a part of the first.
#[derive(Debug)]
pub struct FileValues {
    /// The tensor's name.
    pub name: String,
    /// Its place among the tensors of the files.
    pub place: u32,
    /// The values, row by row.
    pub values: Rc<Vec<f32>>,
    /// How many are a row.
    pub cols: usize,
    /// How many the whole tensor has.
    pub of: u64,
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
    /// Shared with the file's, unless they are changed.
    values: Rc<Vec<f32>>,
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
            TensorSource::Values(values, _) => Rc::new(values.clone()),
            TensorSource::Sample(sample) => Rc::new(vec![0.0; sample.len()]),
            TensorSource::File(file) => file.values.clone(),
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
            let values = Rc::make_mut(&mut self.values);
            for (i, block) in values[self.drawn..end].chunks_mut(samples::BLOCK).enumerate() {
                sample.fill_block(first + i, block);
            }
            self.drawn = end;
            if end < n {
                return Some(end as f64 / n as f64);
            }
        }
        let (_, cols) = self.tensor.shape();
        let (columns, factor) = self.tensor.outliers;
        if columns > 0 {
            let values: &mut Vec<f32> = Rc::make_mut(&mut self.values);
            transform::add_outlier_columns(values, cols, columns, factor);
        }
        if let Some(size) = self.tensor.rotation {
            let values: &mut Vec<f32> = Rc::make_mut(&mut self.values);
            transform::rotate(values, cols, size);
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
            TensorSource::File(file) => (file.values.len() / file.cols.max(1), file.cols),
        }
    }

    /// As many whole rows from the first on as have at most `most` values, or a part of the first; nothing if there are no
    /// more than that, or the numbers are the reader's own.
    #[must_use]
    pub fn beginning(&self, most: usize) -> Option<Self> {
        let shape = self.shape();
        let cols = shape.1.min(most);
        let rows = shape.0.min(most / cols.max(1));
        if (rows, cols) == shape {
            return None;
        }
        let source = match &self.source {
            TensorSource::Sample(sample) => TensorSource::Sample(Sample { rows, cols, ..*sample }),
            TensorSource::Values(..) => return None,
            TensorSource::File(file) => {
                let values = Rc::new(file.values[..rows * cols].to_vec());
                TensorSource::File(Rc::new(FileValues { name: file.name.clone(), values, cols, ..**file }))
            }
        };
        Some(Self { source, ..self.clone() })
    }

    /// The values, row by row. `progress` is told the share that is drawn, 0..=1.
    #[must_use]
    pub fn load(&self, mut progress: impl FnMut(f64)) -> Vec<f32> {
        let mut drawing = Drawing::new(self.clone());
        while let Some(share) = drawing.step() {
            progress(share);
        }
        Rc::unwrap_or_clone(drawing.values)
    }

    /// Whether both have the same bits.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let is_same_source = match (&self.source, &other.source) {
            (TensorSource::Sample(a), TensorSource::Sample(b)) => a == b,
            (TensorSource::Values(a, a_cols), TensorSource::Values(b, b_cols)) => {
                a.len() == b.len() && a_cols == b_cols && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            (TensorSource::File(a), TensorSource::File(b)) => Rc::ptr_eq(a, b),
            _ => false,
        };
        is_same_source && self.outliers == other.outliers && self.rotation == other.rotation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_file(values: Vec<f32>, cols: usize) -> Tensor {
        let of = values.len() as u64;
        let file = FileValues { name: "w".to_owned(), place: 3, values: Rc::new(values), cols, of };
        Tensor { source: TensorSource::File(Rc::new(file)), outliers: (0, 1.0), rotation: None }
    }

    #[test]
    fn values_of_a_file_are_shared_until_they_are_changed() {
        let tensor = of_file((0..32).map(|i| i as f32).collect(), 16);
        let TensorSource::File(file) = &tensor.source else { panic!("it is of a file") };
        let mut plain = Drawing::new(tensor.clone());
        assert_eq!(plain.step(), None);
        assert!(core::ptr::eq(plain.values(), file.values.as_slice()) && tensor.shape() == (2, 16));
        let outliers = Tensor { outliers: (1, 10.0), ..tensor.clone() };
        assert_eq!((outliers.load(|_| {})[8], file.values[8]), (80.0, 8.0));
        let turned = Tensor { rotation: Some(16), ..tensor.clone() };
        assert!(turned.load(|_| {}) != *file.values && !turned.is_same(&tensor) && tensor.is_same(&tensor.clone()));
    }

    #[test]
    fn the_beginning_of_a_tensor_of_a_file_is_whole_rows_or_a_part_of_the_first() {
        let tensor = of_file((0..60).map(|i| i as f32).collect(), 20);
        let values = |most| tensor.beginning(most).map(|part| (part.shape(), part.load(|_| {})));
        let first = |n: usize| (0..n).map(|i| i as f32).collect::<Vec<_>>();
        assert_eq!(values(45), Some(((2, 20), first(40))));
        assert_eq!(values(7), Some(((1, 7), first(7))));
        assert_eq!(values(60), None);
    }

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
