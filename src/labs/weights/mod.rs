//! The Weights lab: what lower precision does to the reader's own files.
//!
//! Two questions make it. What the checkpoint is, and what was measured of it, changes when files are opened, formats are
//! chosen or more is measured ([`view`]); which rows of the table of tensors are in view changes with every scroll ([`rows`]).

mod columns;
pub mod controls;
mod example;
mod layers;
mod listing;
mod other;
mod overview;
mod recipes;
mod report;
mod results;
mod save;
mod summary;
mod tree;
mod words;

pub use other::Other;
pub use results::{Results, is_beside, read_settings, settings};
pub use save::saving;

use super::form::Inputs;
use super::{File, Part, Question, View, sentence};
use crate::answers;
use crate::scenario::WeightsScenario;
use crate::scenario::permalink::read_keys;
use crate::scenario::weights::KEYS;
use crate::survey::Measured;
use crate::weights::write::gguf::Keys;
use crate::weights::{Checkpoint, Error};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What the engine knows of the reader's files.
#[derive(Debug, Default)]
pub struct Desk {
    /// The files' tensors, or why they are not read; nothing while no file is open.
    pub opened: Option<Result<Checkpoint, Error>>,
    /// What was measured, by the tensor's place.
    pub measured: BTreeMap<u32, Measured>,
    /// Why other tensors could not be.
    pub failed: BTreeMap<u32, String>,
    /// The settings of those results, as text.
    pub settings: String,
    /// Results in other settings.
    pub put_away: BTreeMap<String, Results>,
    /// How many bytes of the files were read to know what is in them.
    pub read: u64,
    /// What questions about the same checkpoint share.
    kept: RefCell<listing::Kept>,
    /// Another checkpoint to compare with, if the reader has opened one.
    pub other: Option<Other>,
    /// The keys of a GGUF file, for a copy of it.
    pub keys: Option<Keys>,
}

/// What the lab shows of a desk, but for the rows of its table.
#[must_use]
pub fn view(question: &Question, desk: &Desk) -> View {
    let (asked, inputs): (WeightsScenario, _) = Inputs::read(question, KEYS, controls::controls);
    let mut view = View { inputs, ..View::of(question) };
    view.set(Part::Changes, controls::formats(&asked));
    view.set(Part::Save, save::offer(&asked, desk));
    match &desk.opened {
        None => {
            view.set(Part::Takeaway, answers::DEFAULT_WEIGHTS);
            view.set(Part::Cards, overview::welcome());
        }
        Some(Err(error)) => view.set(Part::Problem, told(error)),
        Some(Ok(checkpoint)) => {
            let sums = summary::settings(&asked, desk, checkpoint);
            view.set(Part::Takeaway, summary::takeaway(&sums, desk, checkpoint));
            view.set(Part::Report, report::json(&asked, desk, checkpoint, false));
            let cards = [other::html(desk, checkpoint), overview::checkpoint(desk, checkpoint)];
            view.set(Part::Cards, cards.concat());
            let tables = [
                recipes::html(&asked, desk, checkpoint),
                overview::formats(&sums, desk),
                layers::heat(&asked, desk, checkpoint),
            ];
            view.set(Part::Figures, tables.concat());
            view.figures = vec![layers::curves(&asked, desk, checkpoint), overview::histogram(&sums)];
        }
    }
    view.set(Part::Notes, overview::notes());
    view.set(Part::Sources, overview::sources(&asked));
    view
}

/// What is wrong with files, as a sentence. One that begins with a file's name keeps that as it is.
fn told(error: &Error) -> String {
    let text = error.to_string();
    let begins_with_a_name = text.split(' ').next().is_some_and(|word| word.contains('.'));
    if begins_with_a_name { format!("{text}.") } else { sentence(&text) }
}

/// The rows of the table of tensors that are in view. `typed` is what names must have in them.
#[must_use]
pub fn rows(question: &Question, desk: &Desk) -> View {
    let asked: WeightsScenario = read_keys(KEYS, &question.keys, &mut Vec::new());
    let mut view = View::of(question);
    if let Some(Ok(checkpoint)) = &desk.opened {
        view.set(Part::Takeaway, words::tensors(checkpoint.tensors.len() as u64));
        view.set(Part::Listing, listing::table(question, &asked, desk, checkpoint));
    }
    view
}

/// A file to take along, by name and content; nothing if there is none of that kind.
#[must_use]
pub fn file(question: &Question, desk: &Desk) -> Option<(String, Vec<u8>)> {
    let asked: WeightsScenario = read_keys(KEYS, &question.keys, &mut Vec::new());
    let file = question.file?;
    if file == File::Example {
        return Some((example::NAME.to_owned(), example::file()));
    }
    let Some(Ok(checkpoint)) = &desk.opened else { return None };
    match file {
        File::Report => {
            Some(("bitbudget-weights.json".to_owned(), report::json(&asked, desk, checkpoint, true).into()))
        }
        File::Csv => Some(("bitbudget-weights.csv".to_owned(), report::csv(&asked, desk, checkpoint).into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::Lab;
    use crate::survey::{Errors, Moments};
    use crate::weights::checkpoint::{Container, Span};
    use crate::weights::dtype::Dtype;
    use crate::weights::{FileInfo, Stored};

    /// A checkpoint of 3 × 4 matrices in BF16, one behind the other.
    pub fn checkpoint_of(names: &[&str]) -> Checkpoint {
        let tensor = |(place, name): (u64, &&str)| Stored {
            name: (*name).to_owned(),
            shape: vec![3, 4],
            dtype: Dtype::BF16,
            is_big_endian: false,
            span: Span { file: 0, start: 100 + 24 * place, end: 124 + 24 * place },
            packing: Default::default(),
            order: Default::default(),
        };
        Checkpoint {
            container: Container::Safetensors,
            files: vec![FileInfo { name: "model.safetensors".to_owned(), len: 100 + 24 * names.len() as u64 }],
            tensors: (0..).zip(names).map(tensor).collect(),
            metadata: vec![("format".to_owned(), "<pt>".to_owned())],
            config: None,
            notes: vec!["8 bytes belong to no tensor".to_owned()],
        }
    }

    /// A tensor that formats leave so many decibels of: ∞ of an exact one, −∞ of one that overflows.
    pub fn measured(dbs: &[f64]) -> Measured {
        let errors = |db: &f64| {
            let overflowed = u64::from(*db == f64::NEG_INFINITY);
            let e2 = if db.is_finite() { 10f64.powf(-db / 10.0) } else { 0.0 };
            Ok(Errors { bytes: 100, measured: 12, overflowed, e2, x2: 1.0, ..Errors::default() })
        };
        let moments = Moments { finite: 12, m2: 1.0, m4: 0.25, amax: 0.5, ..Moments::default() };
        Measured { moments, errors: dbs.iter().map(errors).collect(), changed: None }
    }

    fn desk() -> Desk {
        Desk { opened: Some(Ok(checkpoint_of(&["a.0.w", "a.1.w"]))), ..Desk::default() }
    }

    pub fn asked(keys: &str) -> Question {
        let keys = crate::scenario::permalink::split_query(keys);
        Question { lab: Lab::Weights, keys, ..Question::default() }
    }

    #[test]
    fn without_files_the_lab_explains_itself() {
        let view = view(&asked(""), &Desk::default());
        assert!(view.is_answer());
        assert!(view.part(Part::Cards).contains("safetensors") && view.part(Part::Cards).contains("leaves"));
        assert!(view.part(Part::Changes).contains("aria-pressed") && view.part(Part::Listing).is_empty());
        assert!(view.inputs.form.contains("weights-formats"));
        assert!(rows(&asked(""), &Desk::default()).part(Part::Listing).is_empty());
    }

    #[test]
    fn a_checkpoint_is_told_before_anything_is_measured() {
        let (question, desk) = (asked(""), desk());
        let view = view(&question, &desk);
        assert_eq!(view.part(Part::Takeaway), "2 tensors with 24 parameters take 48 B");
        let cards = crate::labs::html::unfolded(view.part(Part::Cards));
        assert!(
            cards.contains("BF16") && cards.contains("8 bytes belong to no tensor") && cards.contains("&lt;pt&gt;")
        );
        assert_eq!((view.part(Part::Figures), view.figures[0].title.as_str()), ("", ""));
        assert!(rows(&question, &desk).part(Part::Listing).contains("a.1.w"));
    }

    #[test]
    fn what_was_measured_is_summed_up() {
        let mut desk = desk();
        desk.measured.insert(0, measured(&[40.0, 20.0]));
        let view = view(&asked("formats=int8,q4_k"), &desk);
        let told = "Of 1 tensor measured so far, INT8 keeps at least 40 dB";
        assert_eq!(view.part(Part::Takeaway), told);
        assert!(
            view.part(Part::Figures).contains("weights-formats-table")
                && view.part(Part::Figures).contains("weights-heat")
        );
        assert!(!view.figures[1].title.is_empty());
    }

    #[test]
    fn a_file_that_is_not_read_is_a_sentence() {
        let desk = Desk { opened: Some(Err(Error::Empty("model.gguf".to_owned()))), ..Desk::default() };
        let view = view(&asked(""), &desk);
        assert_eq!((view.part(Part::Problem), view.is_answer()), ("model.gguf is empty.", false));
    }

    #[test]
    fn the_files_to_take_along_are_named() {
        let desk = desk();
        let file = |file| super::file(&Question { file: Some(file), ..asked("") }, &desk).map(|(name, _)| name);
        assert_eq!(file(File::Csv).as_deref(), Some("bitbudget-weights.csv"));
        assert_eq!(file(File::Report).as_deref(), Some("bitbudget-weights.json"));
        assert_eq!(file(File::Example).as_deref(), Some(example::NAME));
        assert_eq!(file(File::Codes), None);
        let question = Question { file: Some(File::Csv), ..asked("") };
        assert_eq!(super::file(&question, &Desk::default()), None);
    }
}
