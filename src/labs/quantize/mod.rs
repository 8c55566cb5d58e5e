//! The Quantize lab: what lower precision does to a tensor.

mod closer;
pub mod compare;
pub mod controls;
pub(super) mod numbers;
mod pictures;
pub mod place;

pub use closer::{Closer, Inspected};

use super::form::Inputs;
use super::{FigureData, Part, Question, View};
use crate::formats::FP32;
use crate::quantize::report::Report;
use crate::quantize::{Error, Quantizer};
use crate::scenario::QuantizeScenario;
use crate::scenario::quantize::{KEYS, read_values};
use crate::weights::{Distribution, FileValues, Sample, Tensor, TensorSource, transform};
use crate::{answers, json};
use serde::Serialize;
use std::rc::Rc;

/// A tensor of more values than this is first looked at in part.
pub const AT_ONCE: usize = 1 << 21;
/// The most values of that part.
pub const BEGINNING: usize = 1 << 16;

/// What is to be done for an answer.
#[derive(Clone, Debug)]
pub struct Task {
    /// What was asked.
    pub asked: QuantizeScenario,
    /// The tensor.
    pub tensor: Tensor,
    /// What is done to it.
    pub quantizer: Quantizer,
}

/// What was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The figures.
    pub report: Report,
    /// `gpu` or `cpu`.
    pub backend: &'static str,
    /// The backend with its device, for people.
    pub backend_name: String,
    /// Both passes, with upload and read-back; without drawing the sample and what only the report needs.
    pub elapsed_ms: f64,
    /// Why another backend than the fastest did it, if so.
    pub backend_note: Option<String>,
    /// The most memory that the engine has had, in bytes.
    pub engine_bytes: u64,
    /// Of formats that have a scale: decibels by the part of the range that is not clipped, of a sample.
    pub clip_curve: Vec<(f64, f64)>,
}

/// The parts of the range that a curve is drawn through.
#[must_use]
pub fn clip_parts() -> Vec<f64> {
    (0..CLIP_POINTS).map(|i| libm::pow(LEAST_CLIP, 1.0 - f64::from(i) / f64::from(CLIP_POINTS - 1))).collect()
}

const CLIP_POINTS: u32 = 33;
const LEAST_CLIP: f64 = 0.02;

/// What a question enters, and the form for it.
#[must_use]
pub fn inputs(question: &Question) -> (QuantizeScenario, Inputs) {
    let form = if question.tensor.is_some() { controls::of_file } else { controls::controls };
    Inputs::read(question, KEYS, form)
}

impl Task {
    /// What a question asks for.
    #[must_use]
    pub fn new(question: &Question) -> Self {
        Self::of(inputs(question).0)
    }

    /// What a scenario asks for.
    #[must_use]
    pub fn of(asked: QuantizeScenario) -> Self {
        let source = match asked.sample() {
            Some(sample) => TensorSource::Sample(sample),
            // What cannot be read never becomes a scenario.
            None => {
                let values = read_values(&asked.values).unwrap_or_default();
                let cols = if asked.width == 0 { values.len() } else { asked.width as usize };
                TensorSource::Values(values, cols)
            }
        };
        let outliers = (asked.outliers as usize, asked.factor as f32);
        let tensor = Tensor { source, outliers, rotation: asked.rotation() };
        Self { quantizer: asked.quantizer(), asked, tensor }
    }

    /// Is about a tensor of the reader's files from now on.
    pub fn take_stored(&mut self, stored: Rc<FileValues>) {
        self.tensor.source = TensorSource::File(stored);
    }

    /// What another scenario asks for of the same tensor, if that is of the reader's files.
    #[must_use]
    pub fn changed(&self, asked: QuantizeScenario) -> Self {
        let mut changed = Self::of(asked);
        if let TensorSource::File(stored) = &self.tensor.source {
            changed.take_stored(stored.clone());
        }
        changed
    }

    /// Whether the same comes out of both.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let activation = |asked: &QuantizeScenario| (asked.seed, asked.channels);
        self.quantizer == other.quantizer
            && self.tensor.is_same(&other.tensor)
            && activation(&self.asked) == activation(&other.asked)
    }

    /// The task of the beginning of a tensor so large that the whole would keep the reader waiting.
    #[must_use]
    pub fn beginning(&self) -> Option<Self> {
        let (rows, cols) = self.tensor.shape();
        let tensor = self.tensor.beginning(BEGINNING).filter(|_| rows * cols > AT_ONCE)?;
        Some(Self { tensor, ..self.clone() })
    }

    /// A normal activation with a value for each of so many columns, some channels of it 20 times larger, turned as the tensor
    /// is: a rotation of weights is undone by that of what they are multiplied with.
    #[must_use]
    pub fn activation(&self, cols: usize) -> Vec<f32> {
        let seed = self.asked.seed.wrapping_add(1);
        let sample = Sample { distribution: Distribution::Normal, seed, std: 1.0, rows: 1, cols };
        let mut activation = sample.draw(|_| {});
        transform::add_outlier_columns(&mut activation, cols, self.asked.channels as usize, 20.0);
        if let Some(size) = self.tensor.rotation {
            transform::rotate(&mut activation, cols, size);
        }
        activation
    }

    /// The view of what came of it, and of a closer look if there was one.
    #[must_use]
    pub fn view(&self, question: &Question, outcome: Result<&Outcome, Error>, closer: Option<&Closer>) -> View {
        let asked = &self.asked;
        let mut view = View { inputs: inputs(question).1, ..View::of(question) };
        let rule = asked.is_integer().then_some(self.quantizer.rule.source);
        view.set(Part::Sources, super::sources([FP32.source, asked.format.source].into_iter().chain(rule)));
        if let TensorSource::File(stored) = &self.tensor.source {
            view.set(Part::TensorName, stored.name.as_str());
            let n = stored.values.len() as u64;
            if n < stored.of {
                let (n, of) = (numbers::count(n), numbers::count(stored.of));
                view.set(
                    Part::Preview,
                    format!("This is of the first {n} of {of} numbers: more are not held at once."),
                );
            }
        }
        match outcome {
            Ok(outcome) => {
                let report = &outcome.report;
                view.set(Part::Takeaway, answers::quantize(asked, report));
                view.set(Part::Report, outcome.to_json());
                view.set(Part::Figures, numbers::figures(outcome));
                view.set(Part::Notes, numbers::explain(asked, report));
                view.figures = vec![
                    pictures::values(asked, report),
                    pictures::errors(asked, report),
                    pictures::exponents(asked, report),
                ];
                let has_scale = asked.has_scale();
                view.figures.push(if has_scale { pictures::clip(asked, outcome) } else { FigureData::default() });
                if let Some(closer) = closer {
                    view.figures.extend(closer.pictures(asked, report));
                    view.set(Part::Inspector, closer.inspector(asked, report));
                    view.set(Part::Window, closer.window());
                }
            }
            Err(error) => view.set(Part::Problem, problem(error)),
        }
        view
    }
}

impl Outcome {
    /// Of nothing yet, on the CPU.
    #[must_use]
    pub fn on_cpu() -> Self {
        let report = Report::default();
        let (backend, backend_name) = ("cpu", "CPU (WebAssembly SIMD)".to_owned());
        Self {
            report,
            backend,
            backend_name,
            elapsed_ms: 0.0,
            backend_note: None,
            engine_bytes: 0,
            clip_curve: Vec::new(),
        }
    }

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
            engine_bytes: u64,
        }
        let Self { report, backend, backend_name, elapsed_ms, engine_bytes, .. } = self;
        json::write(&Flat { report, backend, backend_name, elapsed_ms: *elapsed_ms, engine_bytes: *engine_bytes })
    }
}

/// What is said of a picture that is of the beginning of a tensor.
#[must_use]
pub fn beginning_of(whole: &Task, part: &Report) -> String {
    let (rows, cols) = whole.tensor.shape();
    first_picture(part.n, (rows * cols) as u64)
}

/// The same of so many numbers.
#[must_use]
pub fn first_picture(first: u64, of: u64) -> String {
    let (first, of) = (numbers::count(first), numbers::count(of));
    format!("A first picture, of the first {first} of {of} numbers. That of all of them follows.")
}

fn problem(error: Error) -> String {
    match error {
        Error::Empty => {
            "The tensor has no values, so there is nothing to quantize. Choose a sample or type some numbers."
                .to_owned()
        }
        Error::NothingFinite { n, nan, infinite } => format!(
            "None of the {n} values is finite ({nan} NaN, {infinite} infinite): there is nothing to measure. Add a finite number."
        ),
        other => super::sentence(&other.to_string()),
    }
}
