//! The story "Will it fit?": seven steps, each of which asks, lets the learner guess, and then shows what a lab answers.
//!
//! Here are its words and what they ask of the labs; no number of an answer. A step's [`Ask`] names a question as a link of its
//! lab would, and where in that lab's report the answer stands; sentences have holes (`{total_bytes:GB}`) that are filled from
//! the same report. So the story says what the labs say, also after the labs have changed, and `tests/story.rs` runs all of it.

mod cheat_sheet;
pub mod html;
mod predict;
mod quiz;
mod steps;

pub use cheat_sheet::{Line, markdown, picture, score, words};
pub use predict::predict;
pub use quiz::quiz;
pub use steps::STEPS;

use crate::labs::{Lab, Question};
use crate::scenario::number;
use crate::scenario::permalink::split_query;
use crate::units::{short_count, significant};
use std::borrow::Cow;

/// Words that stand in the program, or were made for a seed.
pub type Words = Cow<'static, str>;

/// One step of the story.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Its name.
    pub name: &'static str,
    /// What is told before anything is asked, paragraph by paragraph; one that begins with a backtick is what a program said.
    pub told: &'static [&'static str],
    /// What is asked, one after another; of the last step, see [`quiz()`].
    pub asks: &'static [Ask],
}

/// What the learner guesses, and what shows them the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The question.
    pub question: Words,
    /// What is guessed.
    pub guess: Guess,
    /// Where in the report the answer stands: a path, or two with `/` between for a ratio.
    pub answer: &'static str,
    /// What the lab is asked, and which part of its view is shown.
    pub shows: Shows,
    /// One sentence why, with holes.
    pub why: Words,
    /// One thing that can be changed, as often as the learner likes.
    pub changes: &'static [Change],
    /// What is kept of it in the learner's own cheat sheet, with holes; empty for nothing.
    pub takeaway: Words,
    /// The step that tells more, of a question of the last step.
    pub back: Option<usize>,
}

/// What is guessed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Guess {
    /// A number of these units, each of which is so many of the report's.
    Number(&'static str, f64),
    /// One of a few: what the report says, and what is said to the learner.
    Choice(&'static [(&'static str, &'static str)]),
}

/// A question to a lab, and what is shown of its view.
#[derive(Clone, Debug, PartialEq)]
pub struct Shows {
    /// The lab.
    pub lab: Lab,
    /// Its inputs, as in a link.
    pub link: Words,
    /// Which picture; of the Formats lab its cards are shown instead.
    pub figure: usize,
}

impl Shows {
    /// What the lab is asked.
    #[must_use]
    pub fn question(&self) -> Question {
        Question { lab: self.lab, keys: split_query(&self.link), ..Question::default() }
    }
}

/// Something that can be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What stands on the button.
    pub label: &'static str,
    /// What is shown then.
    pub shows: Shows,
    /// What is said then, with holes.
    pub said: &'static str,
}

/// What is asked in a step; in the last by a seed.
#[must_use]
pub fn asks(step: usize, seed: u32) -> Vec<Ask> {
    if step + 1 == STEPS.len() { quiz(seed) } else { STEPS[step].asks.to_vec() }
}

/// What a report says at a path such as `formats.1.value`, as text; nothing if there is nothing.
pub type Read<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The answer as the report has it: a word, or a number in its own unit.
#[must_use]
pub fn answer(path: &str, report: Read) -> Option<String> {
    let Some((above, below)) = path.split_once('/') else { return report(path) };
    let of = |path| number::parse(&report(path)?);
    Some(number::format(of(above)? / of(below)?))
}

/// Fills the holes of a sentence: `{path:how}`, where how is `GB`, `count` (`3.5T`), `%`, a number of digits, or nothing for three.
#[must_use]
pub fn fill(words: &str, report: Read) -> String {
    let mut filled = String::new();
    let mut rest = words;
    while let Some((before, after)) = rest.split_once('{') {
        let (hole, after) = after.split_once('}').unwrap_or((after, ""));
        let (path, how) = hole.split_once(':').unwrap_or((hole, ""));
        filled.push_str(before);
        let said = answer(path, report).unwrap_or_default();
        filled.push_str(&match number::parse(&said) {
            Some(value) => match how {
                "GB" => format!("{} GB", significant(value / 1e9, 3)),
                "count" => short_count(value),
                "%" => format!("{} %", significant(100.0 * value, 2)),
                digits => significant(value, digits.parse().unwrap_or(3)),
            },
            None => said,
        });
        rest = after;
    }
    filled + rest
}

/// A guess that was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// Whether it was right, or near enough; nothing if the learner made none.
    pub is_right: Option<bool>,
    /// The guess in words; empty if there was none.
    pub guess: String,
    /// The answer in words.
    pub answer: String,
    /// Both in a sentence.
    pub verdict: String,
    /// The guess as a share of the answer, if both are numbers.
    pub ratio: Option<f64>,
}

/// A number this near counts as right.
const RIGHT: f64 = 0.05;
/// And this near as close.
const CLOSE: f64 = 0.25;

impl Ask {
    /// Reads what the learner put in.
    ///
    /// # Errors
    /// A sentence, if it is no guess.
    pub fn check(&self, typed: &str) -> Result<(), String> {
        match self.guess {
            Guess::Choice(options) if options.iter().any(|option| option.0 == typed) => Ok(()),
            Guess::Choice(_) => Err("Choose one of them first, or have the answer shown.".to_owned()),
            Guess::Number(unit, _) => match number::parse(typed) {
                Some(value) if value > 0.0 => Ok(()),
                _ => Err(format!("Write a number of {unit}, such as 10, or have the answer shown.")),
            },
        }
    }

    /// Holds a guess against the answer; an empty one is none. Nothing if the report has no answer.
    #[must_use]
    pub fn mark(&self, typed: &str, report: Read) -> Option<Told> {
        let said = answer(self.answer, report)?;
        match self.guess {
            Guess::Choice(options) => {
                let words = |id: &str| options.iter().find(|option| option.0 == id).map_or("", |option| option.1);
                let guess = words(typed).to_owned();
                let answer = if words(&said).is_empty() { said.clone() } else { words(&said).to_owned() };
                let is_right = (!guess.is_empty()).then_some(typed == said);
                let verdict = match is_right {
                    Some(true) => format!("Right: {answer}."),
                    Some(false) => format!("It is: {answer}. You said: {guess}."),
                    None => format!("It is: {answer}."),
                };
                Some(Told { is_right, guess, answer, verdict, ratio: None })
            }
            Guess::Number(unit, per) => {
                let value = number::parse(&said)? / per;
                let words = |value: f64| format!("{} {unit}", significant(value, 3));
                let answer = words(value);
                let Some(guessed) = number::parse(typed).filter(|guessed| *guessed > 0.0) else {
                    let verdict = format!("It is {answer}.");
                    return Some(Told { is_right: None, guess: String::new(), answer, verdict, ratio: None });
                };
                let ratio = guessed / value;
                let off = (ratio - 1.0).abs();
                let guess = words(guessed);
                let verdict = if off <= RIGHT {
                    format!("Right: it is {answer}.")
                } else if off <= CLOSE {
                    format!("Close: it is {answer}, and you said {guess}.")
                } else if ratio < 1.0 {
                    format!("It is {answer}: {} times your guess of {guess}.", significant(1.0 / ratio, 2))
                } else {
                    format!("It is {answer}: your guess of {guess} is {} times that.", significant(ratio, 2))
                };
                Some(Told { is_right: Some(off <= CLOSE), guess, answer, verdict, ratio: Some(ratio) })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(path: &str) -> Option<String> {
        Some(
            match path {
                "total_bytes" => "24000000000",
                "weights_bytes" => "4e+9",
                "fits" => "false",
                _ => return None,
            }
            .to_owned(),
        )
    }

    #[test]
    fn holes_are_filled_from_the_report() {
        let words = "{total_bytes:GB} is {total_bytes/weights_bytes} × {weights_bytes:count}, fits: {fits}; {no}.";
        assert_eq!(fill(words, &report), "24 GB is 6 × 4B, fits: false; .");
        assert_eq!(fill("no hole", &report), "no hole");
        assert_eq!(fill("{total_bytes:GB", &report), "24 GB", "a hole that is not closed ends with the words");
    }

    fn ask(guess: Guess, answer: &'static str) -> Ask {
        let shows = Shows { lab: Lab::Memory, link: Cow::from(""), figure: 0 };
        let words = || Cow::from("");
        Ask { question: words(), guess, answer, shows, why: words(), changes: &[], takeaway: words(), back: None }
    }

    #[test]
    fn a_guess_is_marked_by_how_far_it_is_off() {
        let ask = ask(Guess::Number("GB", 1e9), "total_bytes");
        let verdict = |typed: &str| ask.mark(typed, &report).unwrap();
        assert_eq!(verdict("24").verdict, "Right: it is 24 GB.");
        assert_eq!(verdict("20").verdict, "Close: it is 24 GB, and you said 20 GB.");
        assert_eq!(verdict("4").verdict, "It is 24 GB: 6 times your guess of 4 GB.");
        assert_eq!(verdict("100").verdict, "It is 24 GB: your guess of 100 GB is 4.2 times that.");
        assert_eq!(
            (verdict("4").is_right, verdict("20").is_right, verdict("").is_right),
            (Some(false), Some(true), None)
        );
        assert!(ask.check("0").is_err() && ask.check("many").is_err() && ask.check("1e3").is_ok());
        assert_eq!(
            {
                let of = |answer| Ask { answer, ..ask.clone() };
                of("no")
            }
            .mark("4", &report),
            None
        );
    }

    #[test]
    fn a_choice_is_right_or_not() {
        let ask = ask(Guess::Choice(&[("true", "It fits"), ("false", "It does not fit")]), "fits");
        let verdict = |typed: &str| ask.mark(typed, &report).unwrap().verdict;
        assert_eq!(verdict("false"), "Right: It does not fit.");
        assert_eq!(verdict("true"), "It is: It does not fit. You said: It fits.");
        assert_eq!(verdict(""), "It is: It does not fit.");
        assert!(ask.check("true").is_ok() && ask.check("").is_err());
    }
}
