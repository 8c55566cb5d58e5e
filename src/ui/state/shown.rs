//! What a lab shows, and what is entered into it.

use crate::labs::{FigureData, Pairs, Part, Question, View as LabView};
use crate::ui::dynamic::condition;
use leptos::prelude::*;

/// What a lab of the engine shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// The last view that had an answer.
    pub view: LabView,
    /// The last question that was answered or has no answer, so that it is not asked again.
    pub settled: Option<Question>,
    /// Why it has none; empty if it has.
    pub problem: String,
}

/// A lab's inputs, where only the engine knows what they mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entered {
    /// Those that are not the default, as in a link.
    pub keys: Pairs,
    /// What was put into controls since, and is refused or not read yet.
    pub changes: Pairs,
}

impl Entered {
    /// Puts text into the control of a key.
    pub fn put(&mut self, name: &str, text: &str) {
        self.changes.retain(|change| change.0 != name);
        self.changes.push((name.to_owned(), text.to_owned()));
    }

    /// The keys with what was put into controls and is not read yet, but not what is known to be refused.
    pub(super) fn with_changes(&self, refused: &Pairs) -> Pairs {
        let mut all = Self { changes: self.keys.clone(), ..Self::default() };
        for (name, text) in &self.changes {
            if !refused.iter().any(|problem| problem.0 == *name) {
                all.put(name, text);
            }
        }
        all.changes
    }
}

/// Whether there is anything to show.
pub fn shows(shown: RwSignal<Shown>) -> Memo<bool> {
    condition(move || shown.with(|shown| shown.view.is_answer()))
}

/// One part of what a lab shows.
pub fn shown_part(shown: RwSignal<Shown>, part: Part) -> Signal<String> {
    Signal::derive(move || shown.with(|shown| shown.view.part(part).to_owned()))
}

/// One of its pictures.
pub fn shown_figure(shown: RwSignal<Shown>, place: usize) -> Signal<Option<FigureData>> {
    Signal::derive(move || {
        shown.with(|shown| shown.view.figures.get(place).filter(|figure| !figure.title.is_empty()).cloned())
    })
}

impl Shown {
    pub(super) fn fail(&mut self, asked: Question, why: &str) {
        self.settled = Some(asked);
        self.problem = why.to_owned();
        if self.is_of_part() {
            self.problem += " The picture is of the beginning of the tensor only.";
            self.view.set(Part::Preview, "");
        }
    }

    /// Whether it shows the reader's files.
    pub fn has_files(&self) -> bool {
        !self.view.part(Part::Report).is_empty()
    }

    /// Whether the pictures are of a part of the tensor.
    pub(super) fn is_of_part(&self) -> bool {
        !self.view.part(Part::Preview).is_empty()
    }

    /// The answer to this question in one sentence, or why there is none; `otherwise` while it is not known.
    pub(super) fn answer(&self, question: &Question, otherwise: &str) -> String {
        let is_settled = self.settled.as_ref().is_some_and(|settled| settled.keys == question.keys);
        match (is_settled, self.problem.is_empty()) {
            (true, true) => self.view.part(Part::Takeaway).to_owned(),
            (true, false) => self.problem.clone(),
            _ => otherwise.to_owned(),
        }
    }

    /// The report on this question as JSON: nothing while it is computed, or why there is none.
    pub(super) fn report(&self, question: &Question) -> Option<Result<String, String>> {
        let answer = || {
            if self.problem.is_empty() {
                Ok(self.view.part(Part::Report).to_owned())
            } else {
                Err(self.problem.clone())
            }
        };
        (self.settled.as_ref() == Some(question)).then(answer)
    }
}
