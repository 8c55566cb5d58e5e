//! The Formats lab: one number, taken apart.

mod block;
mod cards;
mod codes;
mod listing;
mod pictures;

use super::FigureData;
use crate::formats::anatomy::Anatomy;
use crate::formats::{Format, listing as table};
use crate::scenario::FormatsScenario;
use crate::scenario::formats::Report;
use crate::{answers, json};
use serde::{Deserialize, Serialize};

/// What the lab is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The lab's inputs: the keys of a link.
    pub keys: Vec<(String, String)>,
    /// The number as it is typed, which a link may not have since it means nothing.
    pub x: String,
    /// The order of the table of all formats, once the reader has opened it.
    pub listing: Option<String>,
}

/// What the lab shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// What was asked.
    pub question: Question,
    /// The number; 0 if there is none.
    pub x: f64,
    /// The answer in one sentence.
    pub takeaway: String,
    /// Why the number has no answer; empty if it has.
    pub problem: String,
    /// The report, as JSON.
    pub report: String,
    /// HTML: the number in each format.
    pub cards: String,
    /// HTML: the ends of each format.
    pub ends: String,
    /// HTML: what each format is for.
    pub notes: String,
    /// What the codes are of.
    pub codes_title: String,
    /// HTML: the codes.
    pub codes: String,
    /// Range, number line, steps, relative steps.
    pub figures: Vec<FigureData>,
    /// Why there is no block; empty if there is one.
    pub block_problem: String,
    /// The block in one line.
    pub block_size: String,
    /// HTML: its bytes.
    pub block_bytes: String,
    /// HTML: its numbers.
    pub block_rows: String,
    /// HTML: the table of all formats, if it was asked for.
    pub listing: String,
    /// The same as comma-separated values.
    pub csv: String,
    /// HTML: the sources.
    pub sources: String,
}

/// Answers a question. A part that has no answer is empty, and the view says why.
#[must_use]
pub fn view(question: &Question) -> View {
    let asked = FormatsScenario { x: question.x.clone(), ..FormatsScenario::from_keys(&question.keys) };
    let mut view = View {
        question: question.clone(),
        notes: cards::notes(&asked),
        ends: cards::ends(&asked),
        sources: cards::sources(&asked),
        ..View::default()
    };
    match asked.report() {
        Ok(report) => {
            view.x = report.x;
            view.takeaway = answers::formats(&asked, &report);
            view.report = json::write(&report);
            view.cards = cards::cards(&asked, &report);
            (view.codes_title, view.codes) = codes::codes(&asked, &report);
            view.figures = vec![
                pictures::range(&asked, &report),
                pictures::number_line(&asked, &report),
                pictures::steps(&asked),
                pictures::relative_steps(&asked),
            ];
        }
        Err(problem) => view.problem = problem,
    }
    match block::block(&asked) {
        Ok(block) => {
            view.block_size = block.size;
            view.block_bytes = block.bytes;
            view.block_rows = block.rows;
        }
        Err(problem) => view.block_problem = problem,
    }
    if let Some(order) = &question.listing {
        view.listing = listing::table(order);
        view.csv = table::csv();
    }
    view
}

/// The rows of the answer, each with its format.
fn rows(asked: &FormatsScenario, report: &Report) -> Vec<(Format, Anatomy)> {
    asked.rows().into_iter().zip(report.formats.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Route;

    fn view_of(link: &str) -> View {
        let Route::Formats(scenario) = Route::read(link).0 else { panic!("{link}") };
        view(&Question { keys: scenario.keys(), x: scenario.x, listing: None })
    }

    #[test]
    fn the_default_question_is_pi_in_four_formats() {
        let view = view_of("#/formats?v=1");
        assert_eq!(view.takeaway, "pi is 3.1415927 in FP32, 3.140625 in BF16, 3.140625 in FP16 and 3 in INT8");
        assert_eq!(view.cards.matches("<article").count(), 4);
        assert_eq!(view.cards.matches("class=\"bit ").count(), 32 + 16 + 16 + 8);
        assert_eq!(view.codes.matches("<button").count(), 256);
        assert_eq!((view.problem.as_str(), view.block_problem.as_str(), view.figures.len()), ("", "", 4));
    }

    #[test]
    fn what_was_typed_is_escaped() {
        let view = view_of("#/formats?v=1&x=%3Cb%3E");
        let all = format!("{view:?}");
        assert!(!all.contains("<b>"), "{all}");
    }

    #[test]
    fn a_part_without_an_answer_says_why_and_leaves_the_others() {
        let view = view(&Question { x: "two".into(), ..Question::default() });
        assert!(view.problem.contains("“two”") && view.cards.is_empty() && !view.block_rows.is_empty());
        let view = view_of("#/formats?v=1&values=one");
        assert!(view.block_problem.contains("“one”") && view.problem.is_empty() && !view.cards.is_empty());
        let view = view_of("#/formats?v=1&block=iq2_xs&values=00");
        assert!(view.block_problem.contains("74 bytes"), "{}", view.block_problem);
    }

    #[test]
    fn the_table_is_sorted_by_the_column_that_was_asked_for() {
        let first = |order: &str| {
            let html = view(&Question { listing: Some(order.into()), ..Question::default() }).listing;
            html.split("<th scope=\"row\">").nth(1).unwrap_or_default().split('<').next().unwrap_or_default().to_owned()
        };
        assert_eq!((first(""), first("1"), first("-1")), ("FP32".into(), "IQ1_S".into(), "FP32".into()));
    }

    #[test]
    fn every_picture_can_be_drawn_for_numbers_of_every_kind() {
        for x in ["nan", "inf", "-inf", "0", "-0", "1e-45", "1e39", "1e300", "-70000"] {
            let view = view_of(&format!("#/formats?v=1&x={x}&formats=fp32,e8m0fnu,nf4,int4,e2m1fn,custom"));
            assert_eq!(view.problem, "", "{x}");
            for figure in &view.figures {
                assert!(!figure.title.contains("NaN") && !figure.summary.contains("inf"), "{x}: {figure:?}");
            }
        }
    }
}
