//! Where a learner is in the story: what they guessed, and what came of it. It lives in the tab alone.

use super::{Shown, State};
use crate::labs::{Part, Question};
use crate::learn::html::{Story, to_lab};
use crate::learn::{self, Ask, Line, STEPS, Shows, Told, asks, fill};
use crate::platform::{clock, host, page};
use crate::scenario::permalink::{percent_encode, split_query};
use crate::scenario::{LearnScenario, Room, Route};
use leptos::prelude::*;

/// One question: its step, and its place among those of the step.
pub type Place = (usize, usize);

/// What was guessed of a room's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// Of which room.
    pub room: Room,
    /// What was asked.
    pub ask: Ask,
    /// What was put in; empty for nothing.
    pub typed: String,
    /// How near it was, once that is known.
    pub told: Option<Told>,
}

/// What a learner guessed and learned.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Learning {
    /// Where they are.
    pub at: LearnScenario,
    /// What was put in, by question; empty where nobody wanted to guess.
    pub guesses: Vec<(Place, String)>,
    /// What came of it.
    pub lines: Vec<(Place, Line)>,
    /// The change that is looked at, from 1; 0 for none.
    pub change: usize,
    /// What is shown in place of what was asked: of the change, or of what was pressed in it.
    pub shows: Option<Shows>,
    /// What was guessed of each lab’s answer, where that is asked for first.
    pub predicted: Vec<Predicted>,
}

impl Learning {
    /// The guess at a question, if it was made.
    #[must_use]
    pub fn guess(&self, place: Place) -> Option<&str> {
        self.guesses.iter().find(|guess| guess.0 == place).map(|guess| guess.1.as_str())
    }

    /// What came of it.
    #[must_use]
    pub fn line(&self, place: Place) -> Option<&Line> {
        self.lines.iter().find(|line| line.0 == place).map(|line| &line.1)
    }

    /// The lines in the order of the story.
    #[must_use]
    pub fn sheet(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for step in 0..STEPS.len() {
            lines.extend((0..MOST).filter_map(|ask| self.line((step, ask)).cloned()));
        }
        lines
    }
}

impl State {
    /// Goes to a step; the last step's questions are new ones unless the link says which.
    pub(super) fn turn_to(&self, mut to: LearnScenario) {
        let before = self.learning.with_untracked(|learning| learning.at);
        let is_last = to.step as usize + 1 == STEPS.len();
        // A step that a question led back to is no reason to forget the others.
        if to.seed == 0 {
            to.seed = before.seed;
        }
        if is_last && to.seed == 0 {
            to.seed = fresh_seed();
        }
        if to == before {
            return;
        }
        self.learning.update(|learning| {
            (learning.at, learning.change, learning.shows) = (to, 0, None);
            if to.seed != before.seed {
                let is_kept = |place: &Place| place.0 + 1 < STEPS.len();
                learning.guesses.retain(|guess| is_kept(&guess.0));
                learning.lines.retain(|line| is_kept(&line.0));
            }
        });
    }

    /// Asks the last step's questions with other numbers.
    pub fn ask_anew(&self) {
        let now = self.learning.with_untracked(|learning| learning.at);
        let seed = fresh_seed();
        self.turn_to(LearnScenario { seed: if seed == now.seed { seed ^ 1 } else { seed }, ..now });
    }

    /// Where the learner is.
    #[must_use]
    pub fn learn_at(&self) -> LearnScenario {
        self.learning.with(|learning| learning.at)
    }

    /// The questions of the present step.
    fn asks(&self) -> Vec<Ask> {
        let LearnScenario { step, seed } = self.learn_at();
        asks(step as usize, seed)
    }

    /// How many of them have a guess: the last of these is what a lab is asked.
    fn guessed(&self) -> usize {
        let step = self.learn_at().step as usize;
        self.learning.with(|learning| (0..MOST).take_while(|ask| learning.guess((step, *ask)).is_some()).count())
    }

    /// The last question that has a guess.
    fn learn_ask(&self) -> Option<Ask> {
        self.asks().into_iter().nth(self.guessed().checked_sub(1)?)
    }

    /// What is shown now: what was asked, or what was changed in it.
    #[must_use]
    pub fn learn_shows(&self) -> Option<Shows> {
        let asked = self.learn_ask()?;
        self.learning.with(|learning| learning.shows.clone()).or(Some(asked.shows))
    }

    /// Which picture that is, as a text that changes when it is another.
    #[must_use]
    pub fn learn_picture(&self) -> String {
        self.learn_shows().map(|shows| format!("{} {}", shows.lab as u8, shows.figure)).unwrap_or_default()
    }

    /// Whether it is there.
    #[must_use]
    pub fn learn_is_shown(&self) -> bool {
        let lab = self.learn_shows().map(|shows| shows.lab);
        self.learn_shown.with(|shown| shown.settled.as_ref().map(|settled| settled.lab) == lab)
    }

    /// All that stands around it.
    #[inline(never)]
    #[must_use]
    pub fn story(&self) -> Story {
        let step = self.learn_at().step as usize;
        let asked = self.learn_ask();
        let mut story =
            Story { step, asks: self.asks(), guessed: self.guessed(), is_whole: !self.view.embed, ..Story::default() };
        self.learning.with(|learning| {
            story.lines = (0..MOST).map_while(|ask| learning.line((step, ask)).cloned()).collect();
            story.sheet = learning.sheet();
            story.change = learning.change;
            if let Some(ask) = asked {
                let changed = story.change.checked_sub(1).and_then(|change| ask.changes.get(change));
                story.said = changed.map(|change| self.filled(change.said)).unwrap_or_default();
                story.why = if learning.shows.is_none() { self.filled(&ask.why) } else { String::new() };
            }
        });
        story.full = format!("{}#{}", page::base_url(), Route::Learn(self.learn_at()).write());
        story.link = self.learn_shows().as_ref().map(to_lab).unwrap_or_default();
        story.problem = self.learn_shown.with(|shown| shown.problem.clone());
        story
    }

    pub(super) fn learn_question(&self) -> Option<Question> {
        self.learn_shows().map(|shows| shows.question())
    }

    /// Asks a lab what the story shows.
    pub fn ask_learn(&self) {
        if let Some(question) = self.learn_question() {
            self.ask(self.learn_shown, question);
        }
    }

    /// Holds guesses against what the lab answers, as soon as it has.
    pub fn tell_learn(&self) {
        let step = self.learn_at().step as usize;
        let Some(ask) = self.learn_ask() else { return };
        let place = (step, self.guessed() - 1);
        if self.learning.with_untracked(|learning| learning.line(place).is_some()) {
            return;
        }
        let Some(report) = self.answered(&ask.shows.question()) else { return };
        let read = |path: &str| host::said(&report, path);
        let guess = self.learning.with_untracked(|learning| learning.guess(place).unwrap_or_default().to_owned());
        if let Some(told) = ask.mark(&guess, &read) {
            let line = Line { step, name: STEPS[step].name, takeaway: fill(&ask.takeaway, &read), told };
            self.learning.update(|learning| learning.lines.push((place, line)));
        }
    }

    /// The report on a question, if it is what is shown.
    fn answered(&self, question: &Question) -> Option<String> {
        self.learn_shown.with(|shown: &Shown| {
            let is_it = shown.settled.as_ref() == Some(question) && shown.problem.is_empty();
            is_it.then(|| shown.view.part(Part::Report).to_owned())
        })
    }

    /// A sentence with its holes filled from what is shown; empty until it is.
    fn filled(&self, words: &str) -> String {
        let report = self.learn_question().and_then(|question| self.answered(&question));
        report.map(|report| fill(words, &|path| host::said(&report, path))).unwrap_or_default()
    }

    /// Shows a change; the first of all is none.
    pub fn learn_change(&self, place: usize) {
        let Some(ask) = self.learn_ask() else { return };
        let change = place.checked_sub(1).and_then(|place| ask.changes.get(place));
        self.learning.update(|learning| {
            learning.change = place;
            learning.shows = change.map(|change| change.shows.clone());
        });
    }

    /// Puts what was pressed in what is shown, such as a bit, into its question.
    pub fn learn_press(&self, change: &str) {
        let Some(mut shows) = untrack(|| self.learn_shows()) else { return };
        let mut keys = split_query(&shows.link);
        for (name, value) in split_query(change) {
            keys.retain(|key| key.0 != name);
            keys.push((name, value));
        }
        let text: Vec<String> = keys.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        shows.link = text.join("&").into();
        self.learning.update(|learning| learning.shows = Some(shows));
    }

    /// What the present room asks before it shows its answer, where the link wants that.
    #[must_use]
    pub fn prediction(&self) -> Option<Ask> {
        let question = self.asked(self.room.get()).filter(|_| self.view.predict)?.1;
        learn::predict(self.room.get(), &question.keys)
    }

    /// What was guessed of the present room's answer.
    #[must_use]
    pub fn predicted(&self) -> Option<Predicted> {
        let room = self.room.get();
        self.learning.with(|learning| learning.predicted.iter().find(|predicted| predicted.room == room).cloned())
    }

    /// Whether its answer is not to be seen yet.
    #[must_use]
    pub fn waits_for_guess(&self) -> bool {
        self.predicted().is_none() && self.prediction().is_some()
    }

    /// Takes a guess at it.
    ///
    /// # Errors
    /// A sentence, if it is none.
    pub fn predict(&self, typed: String, is_skipped: bool) -> Result<(), String> {
        let Some(ask) = self.prediction() else { return Ok(()) };
        if !is_skipped {
            ask.check(&typed)?;
        }
        let predicted = Predicted { room: self.room.get(), ask, typed, told: None };
        self.learning.update(|learning| learning.predicted.push(predicted));
        Ok(())
    }

    /// Holds that against what the lab answers, as soon as it has answered what it is asked now.
    pub fn tell_predicted(&self) {
        let Some(Predicted { room, ask, typed, told: None }) = self.predicted() else { return };
        let Some(Ok(report)) =
            self.asked(room).and_then(|(shown, question, _)| shown.with(|shown| shown.report(&question)))
        else {
            return;
        };
        let told = ask.mark(&typed, &|path| host::said(&report, path));
        let no_number = || Told { verdict: "The answer is no number here.".to_owned(), ..Told::default() };
        self.learning.update(|learning| {
            if let Some(one) = learning.predicted.iter_mut().find(|predicted| predicted.room == room) {
                one.told = Some(told.unwrap_or_else(no_number));
            }
        });
    }

    /// Takes a guess at the next question, and says which that is.
    ///
    /// # Errors
    /// A sentence, if it is none.
    pub fn take_guess(&self, typed: String, is_skipped: bool) -> Result<usize, String> {
        let place = self.guessed();
        if let (false, Some(ask)) = (is_skipped, self.asks().get(place)) {
            ask.check(&typed)?;
        }
        self.learning.update(|learning| {
            (learning.change, learning.shows) = (0, None);
            learning.guesses.push(((learning.at.step as usize, place), typed));
        });
        Ok(place)
    }
}

/// The most questions of a step.
const MOST: usize = 6;

/// A seed that nobody knows before.
fn fresh_seed() -> u32 {
    ((clock::now_ms() * 1000.0) as u64 % 999_983) as u32 + 1
}
