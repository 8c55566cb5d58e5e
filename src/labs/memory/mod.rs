//! The Memory lab: does it fit?

pub mod controls;
mod pictures;
mod words;

pub use controls::controls;

use super::{Part, Question, View, sentence};
use crate::memory::estimate;
use crate::scenario::MemoryScenario;
use crate::{answers, json};

/// Answers a question.
#[must_use]
pub fn view(question: &Question) -> View {
    let asked = MemoryScenario::from_keys(&question.keys);
    let mut view = View::of(question);
    match estimate(&asked.input()) {
        Ok(report) => {
            view.set(Part::Takeaway, answers::memory(&asked, &report));
            view.set(Part::Report, json::write(&report));
            view.set(Part::Cards, words::verdict(&asked, &report));
            view.set(Part::Listing, words::changes(&asked));
            view.set(Part::Notes, words::notes(&asked, &report));
            view.set(Part::Sources, words::sources(&asked, &report));
            view.figures = vec![pictures::parts(&asked, &report)];
        }
        Err(error) => {
            view.set(Part::Problem, sentence(&error.to_string()));
            // What would have an answer is offered beside the reason.
            view.set(Part::Listing, words::changes(&asked));
        }
    }
    view
}
