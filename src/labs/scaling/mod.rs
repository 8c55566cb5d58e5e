//! The Scaling lab: how large should it be?

pub mod controls;
mod pictures;
mod words;

pub use controls::controls;

use super::{Part, Question, View, sentence};
use crate::scaling::solve;
use crate::scenario::ScalingScenario;
use crate::{answers, json};

/// Answers a question.
#[must_use]
pub fn view(question: &Question) -> View {
    let asked = ScalingScenario::from_keys(&question.keys);
    let mut view = View::of(question);
    match solve(asked.known(), asked.law) {
        Ok(report) => {
            view.set(Part::Takeaway, answers::scaling(&report));
            view.set(Part::Report, json::write(&report));
            view.set(Part::Listing, words::all_laws(asked.known(), &report));
            view.set(Part::Notes, words::notes(&report));
            view.set(Part::Sources, words::sources(&report));
            view.figures = vec![
                pictures::isoflop(&report),
                pictures::fixed_model(&report),
                pictures::fixed_data(&report),
                pictures::frontier(&report),
            ];
        }
        Err(error) => view.set(Part::Problem, sentence(&error.to_string())),
    }
    view
}
