//! What stands around the picture of a step, as HTML: what is told and was answered before it; what can be changed, the next
//! question and what is kept after it.

use super::{Ask, Guess, Line, STEPS, Step, Told, score};
use crate::labs::{Html, Lab};

/// Where a learner is, and what is shown.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// The step.
    pub step: usize,
    /// What is asked in it.
    pub asks: Vec<Ask>,
    /// How many of these have a guess.
    pub guessed: usize,
    /// What came of them, as far as that is known.
    pub lines: Vec<Line>,
    /// What is kept, of all steps.
    pub sheet: Vec<Line>,
    /// Why the last answer is what it is; empty while it is not known, and while something else is shown.
    pub why: String,
    /// The change that is looked at, from 1; 0 for none.
    pub change: usize,
    /// What is said of it.
    pub said: String,
    /// The link of what is shown.
    pub link: String,
    /// Whether it is told as a whole, not a step of it in somebody else's page.
    pub is_whole: bool,
    /// The whole address of the step.
    pub full: String,
    /// Why there is no answer; empty if there is one.
    pub problem: String,
}

/// The name of the control that a guess is put into.
pub const GUESS: &str = "guess";
/// The id of what says why it is none.
pub const PROBLEM: &str = "guess-problem";
/// The id of the verdict on what a lab asked for first.
pub const PREDICTED: &str = "predicted";
/// The id of what says what became of a copy.
pub const TOLD: &str = "sheet-told";
/// What the learner keeps.
pub const TITLE: &str = "My cheat sheet";

fn link_to(step: usize) -> String {
    format!("#/learn?v=1&step={step}")
}

/// The steps as links, what is told, and the questions that were answered.
#[must_use]
pub fn before(story: &Story) -> String {
    let mut html = Html::default();
    if story.is_whole {
        html.open("nav", &[("aria-label", "Steps of the story")]).open("ol", &[("class", "steps")]);
        for (i, step) in STEPS.iter().enumerate() {
            let current = if i == story.step { ("aria-current", "step") } else { ("", "") };
            let text = format!("{i}. {}", step.name);
            html.open("li", &[]).element("a", &[("href", &link_to(i)), current], &text).close("li");
        }
        html.close("ol").close("nav");
    }
    let Step { name, told, .. } = &STEPS[story.step];
    html.element("h1", &[("class", "story__name")], &format!("{}. {name}", story.step));
    for paragraph in *told {
        match paragraph.strip_prefix('`') {
            Some(said) => html.element("pre", &[("class", "story__said")], said),
            None => html.element("p", &[], paragraph),
        };
    }
    for (i, ask) in story.asks.iter().take(story.guessed).enumerate() {
        html.element("h2", &[("class", "ask__question")], &ask.question);
        html.open("div", &[("id", &format!("told-{i}")), ("tabindex", "-1"), ("role", "status")]);
        verdict(&mut html, story.lines.get(i).map(|line| &line.told));
        html.close("div");
    }
    if !story.why.is_empty() {
        html.element("p", &[("class", "story__why")], &story.why);
    }
    if !story.problem.is_empty() {
        html.element("p", &[("class", "problem"), ("role", "alert")], &story.problem);
    }
    html.finish()
}

/// The verdict on a guess; nothing is known yet while the lab is asked.
fn verdict(html: &mut Html, told: Option<&Told>) {
    let Some(told) = told else {
        html.element("p", &[("class", "note")], "Asking the lab…");
        return;
    };
    let (class, sign) = match told.is_right {
        Some(true) => ("verdict verdict--fits", "✓"),
        Some(false) => ("verdict verdict--tight", "→"),
        None => ("verdict verdict--told", "→"),
    };
    html.open("p", &[("class", class)]).element("span", &[("class", "verdict__icon"), ("aria-hidden", "true")], sign);
    html.element("strong", &[], &told.verdict).close("p");
}

/// The guess that a lab asks for first, or once it was made the verdict on it.
#[must_use]
pub fn predicted(ask: &Ask, is_guessed: bool, told: Option<&Told>) -> String {
    let mut html = Html::default();
    if !is_guessed {
        form(&mut html, ask, "guess");
        return html.finish();
    }
    html.element("h2", &[("class", "ask__question")], &ask.question);
    html.open("div", &[("id", PREDICTED), ("tabindex", "-1"), ("role", "status")]);
    verdict(&mut html, told);
    html.close("div").finish()
}

/// What can be changed in what is shown, and the way to its lab; nothing before there is something.
#[must_use]
pub fn after(story: &Story) -> String {
    let mut html = Html::default();
    let Some(ask) = story.lines.len().checked_sub(1).and_then(|last| story.asks.get(last)) else {
        return String::new();
    };
    // A change before the answer is there would take its place.
    if story.lines.len() < story.guessed {
        return String::new();
    }
    if !ask.changes.is_empty() {
        html.element("h3", &[("class", "changes__title")], "Change one thing").open("div", &[("class", "chips")]);
        let labels = std::iter::once("As asked").chain(ask.changes.iter().map(|change| change.label));
        for (i, label) in labels.enumerate() {
            let pressed = ("aria-pressed", if story.change == i { "true" } else { "false" });
            let action = format!("change:{i}");
            let kind = [("type", "button"), ("class", "chip-button")];
            html.element("button", &[kind[0], kind[1], ("data-do", &action), pressed], label);
        }
        html.close("div").element("p", &[("role", "status"), ("class", "story__why")], &story.said);
    }
    html.open("p", &[("class", "actions")]);
    html.element("a", &[("class", "button"), ("href", &story.link)], "Open this in its lab");
    if let Some(back) = ask.back {
        let text = format!("More in step {back}: {}", STEPS[back].name);
        html.element("a", &[("class", "button"), ("href", &link_to(back))], &text);
    }
    html.close("p").finish()
}

/// The next question, once all before it are answered.
#[must_use]
pub fn next(story: &Story) -> String {
    let Some(ask) = story.asks.get(story.guessed).filter(|_| story.lines.len() == story.guessed) else {
        return String::new();
    };
    let mut html = Html::default();
    // The question's id changes with it, so that a field of the one before is no field of this one.
    form(&mut html, ask, &format!("guess-{}-{}", story.step, story.guessed));
    html.finish()
}

/// A question with what is guessed.
fn form(html: &mut Html, ask: &Ask, name: &str) {
    html.open("div", &[("class", "ask")]);
    html.element("h2", &[("class", "ask__question"), ("id", "ask")], &ask.question);
    match ask.guess {
        Guess::Number(unit, _) => {
            let control = [("type", "text"), ("class", "number-field__input"), ("id", name), ("name", GUESS)];
            let way = [("inputmode", "decimal"), ("autocomplete", "off")];
            let words = [("aria-labelledby", "ask"), ("aria-describedby", PROBLEM)];
            html.open("div", &[("class", "number-field")]);
            html.open("input", &[&control[..], &way, &words].concat());
            html.element("span", &[("class", "number-field__unit")], unit).close("div");
        }
        Guess::Choice(options) => {
            html.open("div", &[("class", "choice__row"), ("role", "radiogroup"), ("aria-labelledby", "ask")]);
            for (id, words) in options {
                let button = format!("{name}-{id}");
                let radio = [("type", "radio"), ("class", "choice__input"), ("name", GUESS), ("value", id)];
                html.open("input", &[&radio[..], &[("id", button.as_str())]].concat());
                html.element("label", &[("class", "choice__label"), ("for", &button)], words);
            }
            html.close("div");
        }
    }
    html.open("div", &[("class", "actions")]);
    let show = [("type", "button"), ("class", "button button--main"), ("id", "show"), ("data-do", "show")];
    html.element("button", &show, "Show the answer");
    html.button("button", "skip", "I’d rather not guess").close("div");
    html.element("p", &[("class", "field__problem"), ("id", PROBLEM), ("role", "alert")], "");
    html.close("div");
}

/// The way back and on, and what is kept.
#[must_use]
pub fn foot(story: &Story) -> String {
    let mut html = Html::default();
    if !story.is_whole {
        let full = [("class", "button"), ("href", story.full.as_str()), ("target", "_blank"), ("rel", "noopener")];
        return html.element("a", &full, "Open full page ↗").finish();
    }
    html.open("nav", &[("aria-label", "Back and on"), ("class", "actions")]);
    if story.step > 0 {
        let to = story.step - 1;
        html.element("a", &[("class", "button"), ("href", &link_to(to))], &format!("← {}", STEPS[to].name));
    }
    if story.step + 1 < STEPS.len() {
        let to = story.step + 1;
        let link = link_to(to);
        let way = [("class", "button button--main"), ("href", link.as_str())];
        html.element("a", &way, &format!("Next: {}", STEPS[to].name));
    } else {
        html.button("button", "anew", "Six other questions");
    }
    html.close("nav");
    sheet(&mut html, &story.sheet);
    html.finish()
}

/// What was learned so far, and how to take it along.
fn sheet(html: &mut Html, lines: &[Line]) {
    html.open("section", &[("class", "story__sheet"), ("aria-labelledby", "sheet-title")]);
    html.element("h2", &[("id", "sheet-title")], TITLE);
    if lines.is_empty() {
        html.element("p", &[("class", "note")], "Nothing yet: each answer of the story leaves a line here.");
    } else {
        let kept = || lines.iter().filter(|line| !line.takeaway.is_empty());
        if kept().next().is_some() {
            html.open("ul", &[("id", "sheet")]);
        }
        for line in kept() {
            html.open("li", &[]).text(&line.takeaway);
            if !line.told.guess.is_empty() {
                html.text(" ").element("span", &[("class", "note")], &format!("Your guess: {}.", line.told.guess));
            }
            html.close("li");
        }
        if kept().next().is_some() {
            html.close("ul");
        }
        html.element("p", &[("class", "note")], &score(lines).unwrap_or_default());
        html.open("div", &[("class", "actions")]);
        for (action, text) in [("copy", "Copy Markdown"), ("png", "PNG"), ("print", "Print")] {
            html.button("button", action, text);
        }
        html.element("span", &[("class", "actions__told"), ("id", TOLD), ("role", "status")], "").close("div");
    }
    html.close("section");
}

/// The link of what a lab is asked.
#[must_use]
pub fn to_lab(shows: &super::Shows) -> String {
    let room = match shows.lab {
        Lab::Memory => "memory",
        Lab::Scaling => "scaling",
        Lab::Formats => "formats",
        _ => "quantize",
    };
    format!("#/{room}?v=1&{}", shows.link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::{asks, predict};
    use crate::scenario::Room;

    fn story(step: usize, guessed: usize) -> Story {
        let told = Told { is_right: Some(false), guess: "1 GB".into(), answer: "4 GB".into(), ..Told::default() };
        let line = Line { step, name: STEPS[step].name, takeaway: "It is 4 GB.".into(), told };
        let lines = vec![line; guessed];
        Story { step, asks: asks(step, 3), guessed, sheet: lines.clone(), lines, is_whole: true, ..Story::default() }
    }

    #[test]
    fn each_step_leads_to_its_neighbours() {
        let (first, last) = (foot(&story(0, 0)), foot(&story(6, 0)));
        assert!(!first.contains('←') && first.contains("step=1"));
        assert!(last.contains("step=5") && !last.contains("Next") && last.contains("data-do=\"anew\""));
        assert_eq!(before(&story(3, 0)).matches("aria-current").count(), 1);
        assert!(!before(&Story { is_whole: false, ..story(3, 0) }).contains("aria-current"), "an embed is one step");
        assert!(before(&story(0, 0)).contains("<pre class=\"story__said\">torch.OutOfMemoryError"));
    }

    #[test]
    fn a_question_follows_when_all_before_it_are_answered() {
        let first = story(4, 0);
        assert!(next(&first).contains("for each parameter") && after(&first).is_empty());
        let second = story(4, 1);
        assert!(next(&second).contains("7 billion") && after(&second).contains("aria-pressed=\"true\">As asked"));
        assert!(before(&second).contains("id=\"told-0\"") && foot(&second).contains("Your guess: 1 GB."));
        let waiting = Story { lines: vec![], ..story(4, 1) };
        assert!(next(&waiting).is_empty() && before(&waiting).contains("Asking the lab"));
        assert!(next(&story(4, 2)).is_empty(), "all is answered");
    }

    #[test]
    fn a_lab_asks_first_and_then_says_how_near_it_was() {
        let ask = predict(Room::Memory, &vec![]).unwrap();
        assert!(predicted(&ask, false, None).contains("name=\"guess\""));
        assert!(predicted(&ask, true, None).contains("Asking the lab"));
        let told = Told { is_right: Some(true), verdict: "Right: it is 24 GB.".into(), ..Told::default() };
        assert!(predicted(&ask, true, Some(&told)).contains("verdict--fits"));
        assert!(predict(Room::Weights, &vec![]).is_none(), "nobody knows the reader's files");
        let scaling =
            |key: &str, value: &str| predict(Room::Scaling, &vec![(key.into(), value.into())]).unwrap().answer;
        assert_eq!((scaling("given", "params"), scaling("given", "tokens")), ("tokens", "params"));
        assert_eq!(scaling("also", "tokens"), "loss_nats", "what is known is no guess");
    }

    #[test]
    fn what_is_shown_has_a_link() {
        for ask in asks(3, 0) {
            let link = to_lab(&ask.shows);
            let (route, notices) = crate::labs::read_link(&link);
            assert_eq!(notices, [], "{link}");
            assert_ne!(route, crate::scenario::Route::Home);
        }
    }
}
