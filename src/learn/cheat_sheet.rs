//! What the learner keeps: the takeaways of the steps with their own numbers.

use super::Told;
use crate::charts::{AnyPicture, Bars, Capacity, Part, Role, Row};
use std::fmt::Write;

/// One line of the sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The step that it is of.
    pub step: usize,
    /// The step's name.
    pub name: &'static str,
    /// What is kept; empty for a question of the last step.
    pub takeaway: String,
    /// What was guessed.
    pub told: Told,
}

/// The sheet as Markdown, with the link that leads back.
#[must_use]
pub fn markdown(lines: &[Line], link: &str) -> String {
    let mut text = "# My cheat sheet: what a language model costs\n".to_owned();
    let mut step = usize::MAX;
    for line in lines.iter().filter(|line| !line.takeaway.is_empty()) {
        if line.step != step {
            step = line.step;
            _ = writeln!(text, "\n## {}\n", line.name);
        }
        _ = write!(text, "- {}", line.takeaway);
        if !line.told.guess.is_empty() {
            _ = write!(text, " (My guess: {}.)", line.told.guess);
        }
        text.push('\n');
    }
    if let Some(score) = score(lines) {
        _ = writeln!(text, "\n{score}");
    }
    _ = writeln!(text, "\n{link}");
    text
}

/// How many questions of the last step were answered well; nothing before the first.
#[must_use]
pub fn score(lines: &[Line]) -> Option<String> {
    let asked: Vec<&Line> = lines.iter().filter(|line| line.takeaway.is_empty()).collect();
    let right = asked.iter().filter(|line| line.told.is_right == Some(true)).count();
    (!asked.is_empty()).then(|| format!("Check yourself: {right} of {} right.", asked.len()))
}

/// The guesses beside the answers, each as a share of its own: what the picture of the sheet shows.
#[must_use]
pub fn picture(lines: &[Line]) -> AnyPicture {
    let row = |line: &Line| {
        let ratio = line.told.ratio?;
        let part = Part {
            label: "Guess".to_owned(),
            // A guess that is far too large would leave no room for the others.
            value: ratio.min(MOST),
            value_text: String::new(),
            role: Role::Accent,
        };
        Some(Row {
            label: format!("{}: {}", line.name, line.told.answer),
            parts: vec![part],
            total_text: line.told.guess.clone(),
            ..Row::default()
        })
    };
    let capacity = Some(Capacity { value: 1.0, label: "The answer".to_owned() });
    AnyPicture::Bars(Bars { rows: lines.iter().filter_map(row).collect(), capacity, ..Bars::default() })
}

/// The longest bar, in answers.
const MOST: f64 = 2.5;

/// What stands on the picture of the sheet: a line for each takeaway.
#[must_use]
pub fn words(lines: &[Line]) -> String {
    let takeaways = lines.iter().filter(|line| !line.takeaway.is_empty()).map(|line| format!("• {}", line.takeaway));
    takeaways.chain(score(lines)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: usize, takeaway: &str, guess: &str, is_right: Option<bool>) -> Line {
        let told = Told {
            is_right,
            guess: guess.to_owned(),
            answer: "4 GB".to_owned(),
            verdict: String::new(),
            ratio: (!guess.is_empty()).then_some(9.0),
        };
        Line { step, name: "Pick a model", takeaway: takeaway.to_owned(), told }
    }

    #[test]
    fn the_sheet_has_what_was_learned_and_what_was_guessed() {
        let lines = [
            line(1, "4 GB.", "2 GB", Some(false)),
            line(1, "And 1 GB.", "", None),
            line(6, "", "4 GB", Some(true)),
            line(6, "", "5 GB", Some(false)),
        ];
        let text = markdown(&lines, "https://example.org/#/learn");
        assert_eq!(text.matches("## Pick a model").count(), 1);
        assert!(text.contains("- 4 GB. (My guess: 2 GB.)\n- And 1 GB.\n"), "{text}");
        assert!(text.contains("Check yourself: 1 of 2 right.") && text.ends_with("https://example.org/#/learn\n"));
        assert_eq!(words(&lines), "• 4 GB.\n• And 1 GB.\nCheck yourself: 1 of 2 right.");
        let AnyPicture::Bars(bars) = picture(&lines) else { panic!() };
        assert_eq!((bars.rows.len(), bars.rows[0].parts[0].value), (3, MOST), "one had no guess");
    }
}
