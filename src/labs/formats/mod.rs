//! The Formats lab: one number, taken apart.

mod block;
mod cards;
mod codes;
pub mod controls;
mod listing;
mod pictures;

use super::form::Inputs;
use super::{Part, Question, View};
use crate::formats::anatomy::Anatomy;
use crate::formats::{Format, listing as table};
use crate::scenario::FormatsScenario;
use crate::scenario::formats::{KEYS, Report};
use crate::scenario::permalink::percent_encode;
use crate::{answers, json};

/// Answers a question. A part that has no answer is empty, and the view says why.
#[must_use]
pub fn view(question: &Question) -> View {
    let (asked, inputs): (FormatsScenario, _) = Inputs::read(question, KEYS, controls::controls);
    let mut view = View { inputs, ..View::of(question) };
    view.set(Part::ZoomForm, controls::zoom(&asked));
    view.set(Part::BlockForm, controls::block(&asked));
    view.set(Part::Ends, cards::ends(&asked));
    view.set(Part::Notes, cards::notes(&asked));
    view.set(Part::Sources, cards::sources(&asked));
    match asked.report() {
        Ok(report) => {
            view.x = report.x;
            view.set(Part::Takeaway, answers::formats(&asked, &report));
            view.set(Part::Report, json::write(&report));
            view.set(Part::Cards, cards::cards(&asked, &report));
            let (title, codes) = codes::codes(&asked, &report);
            view.set(Part::CodesTitle, title);
            view.set(Part::Codes, codes);
            view.figures = vec![
                pictures::range(&asked, &report),
                pictures::number_line(&asked, &report, question.window),
                pictures::steps(&asked),
                pictures::relative_steps(&asked),
            ];
        }
        Err(problem) => {
            // A code of the first format may be none of the one that is first now.
            view.inputs.refuse("x", &problem);
            view.set(Part::Problem, problem);
        }
    }
    view.set(Part::BlockNote, asked.block.note);
    match block::block(&asked) {
        Ok(block) => {
            view.set(Part::BlockSize, block.size);
            view.set(Part::BlockBytes, block.bytes);
            view.set(Part::BlockRows, block.rows);
        }
        Err(problem) => view.inputs.refuse("values", &problem),
    }
    if let Some(order) = &question.order {
        view.set(Part::Listing, listing::table(order));
        view.set(Part::Csv, table::csv());
    }
    view
}

/// What a button does that puts this into a control.
fn put(key: &str, text: &str) -> String {
    format!("{key}={}", percent_encode(text))
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
        let Route::Formats(keys) = Route::read(link).0 else { panic!("{link}") };
        view(&Question { keys, ..Question::default() })
    }

    fn problem<'a>(view: &'a View, key: &str) -> &'a str {
        view.inputs.problems.iter().find(|problem| problem.0 == key).map_or("", |problem| &problem.1)
    }

    #[test]
    fn the_default_question_is_pi_in_four_formats() {
        let view = view_of("#/formats?v=1");
        assert_eq!(
            view.part(Part::Takeaway),
            "pi is 3.1415927 in FP32, 3.140625 in BF16, 3.140625 in FP16 and 3 in INT8"
        );
        assert_eq!(view.part(Part::Cards).matches("<article").count(), 4);
        assert_eq!(view.part(Part::Cards).matches("class=\"bit ").count(), 32 + 16 + 16 + 8);
        assert_eq!(view.part(Part::Codes).matches("<button").count(), 256);
        assert_eq!((view.part(Part::Problem), view.inputs.problems.len(), view.figures.len()), ("", 0, 4));
    }

    #[test]
    fn what_was_typed_is_escaped() {
        let view = view_of("#/formats?v=1&x=%3Cb%3E");
        let html = view.parts.concat() + &view.inputs.form;
        assert!(!html.contains("<b>"));
        assert!(view.inputs.notices[0].contains("x=<b>"), "{:?}", view.inputs.notices);
    }

    #[test]
    fn a_part_without_an_answer_says_why_and_leaves_the_others() {
        let typed = |x: &str, link: &str| {
            let Route::Formats(keys) = Route::read(link).0 else { panic!("{link}") };
            view(&Question { keys, changes: vec![("x".into(), x.into())], ..Question::default() })
        };
        let two = typed("two", "#/formats?v=1&x=2");
        assert!(problem(&two, "x").contains("“two”") && two.is_answer() && two.x == 2.0, "the last number stays");
        // A code that was of the first format, which is another now.
        let changes = vec![("formats".into(), "int8".into())];
        let keys = vec![("formats".into(), "fp16".into()), ("x".into(), "0x3C00".into())];
        let gone = view(&Question { keys, changes, ..Question::default() });
        assert!(problem(&gone, "x").contains("8 bits") && !gone.is_answer() && gone.part(Part::Cards).is_empty());
        assert!(!gone.part(Part::BlockRows).is_empty());
        let view = view_of("#/formats?v=1&values=one");
        assert!(problem(&view, "values").contains("“one”") && view.is_answer());
        let view = view_of("#/formats?v=1&block=iq2_xs&values=00");
        let nonsense = view_of("#/formats?v=1&block=iq2_xs&values=zz");
        assert!(problem(&nonsense, "values").contains("something else"), "{}", problem(&nonsense, "values"));
        assert_eq!(problem(&view_of("#/formats?v=1&block=iq2_xs"), "values"), "");
        assert!(problem(&view, "values").contains("74 bytes"), "{}", problem(&view, "values"));
    }

    #[test]
    fn the_table_is_sorted_by_the_column_that_was_asked_for() {
        let first = |order: &str| {
            let view = view(&Question { order: Some(order.into()), ..Question::default() });
            view.part(Part::Listing)
                .split("<th scope=\"row\">")
                .nth(1)
                .unwrap_or_default()
                .split('<')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        assert_eq!((first(""), first("1"), first("-1")), ("FP32".into(), "IQ1_S".into(), "FP32".into()));
    }

    #[test]
    fn every_picture_can_be_drawn_for_numbers_of_every_kind() {
        for x in ["nan", "inf", "-inf", "0", "-0", "1e-45", "1e39", "1e300", "-70000"] {
            let view = view_of(&format!("#/formats?v=1&x={x}&formats=fp32,e8m0fnu,nf4,int4,e2m1fn,custom"));
            assert_eq!(view.part(Part::Problem), "", "{x}");
            for figure in &view.figures {
                assert!(!figure.title.contains("NaN") && !figure.summary.contains("inf"), "{x}: {figure:?}");
            }
        }
    }
}
