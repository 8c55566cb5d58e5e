//! A job: a tensor's source and what is done to it, as plain data that travels between page and worker.

use crate::formats::{self, Format};
use crate::json;
use crate::quantize::{self, Granularity, Quantizer, Report, Scheme};
use crate::weights::{Distribution, Sample};
use serde::{Deserialize, Serialize};

/// Where a tensor's values come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum TensorSource {
    /// Drawn from a seed.
    Sample {
        /// Id of the distribution.
        distribution: String,
        /// Seed of the generator.
        seed: u64,
        /// Standard deviation.
        std: f64,
        /// Rows.
        rows: usize,
        /// Columns.
        cols: usize,
    },
    /// Given, as one row. Bits, because JSON knows neither NaN nor infinities.
    Values(Vec<u32>),
}

impl TensorSource {
    /// The source that draws this sample.
    #[must_use]
    pub fn sample(sample: &Sample) -> Self {
        Self::Sample {
            distribution: sample.distribution.id().to_owned(),
            seed: sample.seed,
            std: sample.std,
            rows: sample.rows,
            cols: sample.cols,
        }
    }

    /// The source that holds these values.
    #[must_use]
    pub fn values(values: &[f32]) -> Self {
        Self::Values(values.iter().map(|x| x.to_bits()).collect())
    }

    /// Rows and columns.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        match self {
            Self::Sample { rows, cols, .. } => (*rows, *cols),
            Self::Values(bits) => (usize::from(!bits.is_empty()), bits.len()),
        }
    }

    /// The values, row by row. `progress` is told the share that is drawn, 0..=1.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for a distribution that does not exist.
    pub fn load(&self, mut progress: impl FnMut(f64)) -> Result<Vec<f32>, Error> {
        match self {
            Self::Values(bits) => Ok(bits.iter().copied().map(f32::from_bits).collect()),
            Self::Sample { distribution, seed, std, rows, cols } => {
                let found = Distribution::ALL.into_iter().find(|known| known.id() == distribution);
                let distribution = found.ok_or_else(|| Error::UnknownId(distribution.clone()))?;
                let sample = Sample { distribution, seed: *seed, std: *std, rows: *rows, cols: *cols };
                let n = sample.len().max(1) as f64;
                Ok(sample.draw(|done| progress(done as f64 / n)))
            }
        }
    }
}

/// What is done to the tensor; a [`Quantizer`] with ids for rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The tensor.
    pub tensor: TensorSource,
    /// Id of the format.
    pub format: String,
    /// Affine instead of symmetric.
    pub affine: bool,
    /// A scale a row instead of one for the tensor.
    pub each_row: bool,
}

impl Job {
    /// The job that does this to that.
    #[must_use]
    pub fn new(tensor: TensorSource, quantizer: Quantizer) -> Self {
        Self {
            tensor,
            format: quantizer.format.id.to_owned(),
            affine: quantizer.scheme == Scheme::Affine,
            each_row: quantizer.granularity == Granularity::Row,
        }
    }

    /// The quantizer that the ids name.
    ///
    /// # Errors
    /// [`Error::UnknownId`] for a format that does not exist.
    pub fn quantizer(&self) -> Result<Quantizer, Error> {
        let format: &'static Format =
            formats::format(&self.format).ok_or_else(|| Error::UnknownId(self.format.clone()))?;
        let scheme = if self.affine { Scheme::Affine } else { Scheme::Symmetric };
        let granularity = if self.each_row { Granularity::Row } else { Granularity::Tensor };
        Ok(Quantizer { scheme, granularity, ..Quantizer::new(format) })
    }
}

/// A finished job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The figures.
    pub report: Report,
    /// `gpu` or `cpu`.
    pub backend: String,
    /// The backend with its device, for people.
    pub backend_name: String,
    /// Both passes, with upload and read-back; without drawing the sample and hashing the codes.
    pub elapsed_ms: f64,
    /// Why another backend than the fastest did it, if so.
    pub backend_note: Option<String>,
}

impl Outcome {
    /// The page's JSON report: the figures, then where and how fast they were made.
    #[must_use]
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Flat<'a> {
            #[serde(flatten)]
            report: &'a Report,
            backend: &'a str,
            backend_name: &'a str,
            elapsed_ms: f64,
        }
        let Self { report, backend, backend_name, elapsed_ms, .. } = self;
        json::write(&Flat { report, backend, backend_name, elapsed_ms: *elapsed_ms })
    }
}

/// Why a job has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Error {
    /// An id that no table has.
    #[error("unknown id “{0}”")]
    UnknownId(String),
    /// The tensor has no values.
    #[error("the tensor has no values")]
    Empty,
    /// No value is finite.
    #[error("none of the {n} values is finite ({nan} NaN, {infinite} infinite)")]
    NothingFinite {
        /// Values in the tensor.
        n: u64,
        /// How many are NaN.
        nan: u64,
        /// How many are infinite.
        infinite: u64,
    },
    /// Another reason, as a sentence.
    #[error("{0}")]
    Impossible(String),
}

impl From<quantize::Error> for Error {
    fn from(error: quantize::Error) -> Self {
        match error {
            quantize::Error::Empty => Self::Empty,
            quantize::Error::NothingFinite { n, nan, infinite } => Self::NothingFinite { n, nan, infinite },
            other => Self::Impossible(other.to_string()),
        }
    }
}
