//! Controls as text: what a lab's form is made of, without the values.
//!
//! A control sets one key of the lab's link, and `data-key` says which; whoever shows the form fills in the values and
//! reads what is typed through the same rows that read a link ([`crate::scenario::Key`]). So a control needs no code of its
//! own, and whatever a control can say a link can say too.

use super::{Html, Pairs, Question};
use crate::catalog::GPUS;
use crate::scenario::Key;
use crate::scenario::number::{self, Bounds};
use crate::scenario::permalink::{read_keys, write_keys};
use serde::{Deserialize, Serialize};

/// A form with what is in it, for a page that does not know what its keys mean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    /// The form as HTML.
    pub form: String,
    /// Inputs that are not the default, as in a link.
    pub keys: Pairs,
    /// The text of every key now.
    pub values: Pairs,
    /// What is wrong with what was put into controls, by key.
    pub problems: Pairs,
    /// What in the link was not understood.
    pub notices: Vec<String>,
}

impl Inputs {
    /// Reads what a question gives, and makes the form of it. A change that is refused changes nothing.
    pub fn read<S: Clone + Default>(question: &Question, table: &[Key<S>], form: fn(&S) -> String) -> (S, Self) {
        let mut notices = Vec::new();
        let mut scenario = read_keys(table, &question.keys, &mut notices);
        let mut problems = Pairs::new();
        for (name, text) in &question.changes {
            let Some(key) = table.iter().find(|key| key.name == name) else { continue };
            let mut changed: S = scenario.clone();
            match (key.read)(&mut changed, text) {
                Ok(()) => scenario = changed,
                Err(rejection) => problems.push((name.clone(), rejection.sentence(text))),
            }
        }
        let inputs = Self {
            form: form(&scenario),
            keys: write_keys(table, &scenario),
            values: table.iter().map(|key| (key.name.to_owned(), (key.write)(&scenario))).collect(),
            problems,
            notices: notices.iter().map(ToString::to_string).collect(),
        };
        (scenario, inputs)
    }

    /// Says that what a key is now has no answer, unless what was put into its control was refused anyway.
    pub fn refuse(&mut self, key: &str, why: &str) {
        if !self.problems.iter().any(|problem| problem.0 == key) {
            self.problems.push((key.to_owned(), why.to_owned()));
        }
    }
}

/// Options of a menu under a common heading; an empty one for none.
pub type Group<Id = &'static str> = (&'static str, Vec<(Id, String)>);

/// Options without a heading.
#[must_use]
pub fn plain<'a>(options: impl IntoIterator<Item = (&'static str, &'a str)>) -> Vec<Group> {
    vec![("", options.into_iter().map(|(id, text)| (id, text.to_owned())).collect())]
}

/// Every accelerator, under its maker.
#[must_use]
pub fn gpus() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for gpu in GPUS {
        let maker = gpu.vendor.name();
        let option = (gpu.id, gpu.name.to_owned());
        match groups.iter_mut().find(|group| group.0 == maker) {
            Some(group) => group.1.push(option),
            None => groups.push((maker, vec![option])),
        }
    }
    groups
}

/// A form that is being written.
pub struct Form {
    lab: &'static str,
    html: Html,
}

impl Form {
    /// A form of a lab; the ids of its controls are `lab-key`.
    #[must_use]
    pub fn new(lab: &'static str) -> Self {
        Self { lab, html: Html::default() }
    }

    fn id(&self, key: &str) -> String {
        format!("{}-{key}", self.lab)
    }

    fn label(&mut self, id: &str, label: &str) {
        self.html.element("label", &[("class", "field__label"), ("for", id)], label);
    }

    /// A number: typed, and moved by a slider in steps if there are any.
    #[inline(never)]
    pub fn number(&mut self, key: &str, label: &str, unit: &str, bounds: &Bounds, step: Option<f64>) -> &mut Self {
        let id = self.id(key);
        let problem = format!("{id}-problem");
        self.html.open("div", &[("class", "field")]);
        self.label(&id, label);
        if let Some(step) = step {
            let ends = [bounds.min, bounds.max, step].map(number::format);
            self.void(
                "input",
                &[
                    ("type", "range"),
                    ("class", "slider"),
                    ("id", &format!("{id}-slider")),
                    ("aria-label", label),
                    ("data-key", key),
                    ("data-unit", unit),
                    ("min", &ends[0]),
                    ("max", &ends[1]),
                    ("step", &ends[2]),
                ],
            );
        }
        self.html.open("div", &[("class", "number-field")]);
        self.void(
            "input",
            &[
                ("type", "text"),
                ("class", "number-field__input"),
                ("id", &id),
                ("data-key", key),
                ("inputmode", "decimal"),
                ("autocomplete", "off"),
                ("spellcheck", "false"),
                ("aria-describedby", &problem),
            ],
        );
        if !unit.is_empty() {
            self.html.element("span", &[("class", "number-field__unit")], unit);
        }
        self.html.close("div");
        self.problem(&problem);
        self.html.close("div");
        self
    }

    /// One of a few: radio buttons, drawn as a row of segments.
    #[inline(never)]
    pub fn choice(&mut self, key: &str, label: &str, options: &[(&str, &str)]) -> &mut Self {
        let id = self.id(key);
        self.html.open("fieldset", &[("class", "field choice"), ("id", &id)]);
        self.html.element("legend", &[("class", "field__label")], label).open("div", &[("class", "choice__row")]);
        for (option, text) in options {
            let button = format!("{id}-{option}");
            self.void(
                "input",
                &[
                    ("type", "radio"),
                    ("class", "choice__input"),
                    ("id", &button),
                    ("name", &id),
                    ("data-key", key),
                    ("value", option),
                ],
            );
            self.html.element("label", &[("class", "choice__label"), ("for", &button)], text);
        }
        self.html.close("div").close("fieldset");
        self
    }

    /// One of many. Its id is `lab-id`, since another control may set the same key.
    pub fn menu<Id: AsRef<str>>(&mut self, id: &str, key: &str, label: &str, groups: &[Group<Id>]) -> &mut Self {
        let options = |options: &[(Id, String)]| -> String {
            let mut html = Html::default();
            for (option, text) in options {
                html.element("option", &[("value", option.as_ref())], text);
            }
            html.finish()
        };
        let groups = groups.iter().filter(|group| !group.1.is_empty()).map(|group| (group.0, options(&group.1)));
        self.select(id, key, label, &groups.collect::<Vec<_>>())
    }

    /// A menu of groups whose options are HTML.
    #[inline(never)]
    fn select(&mut self, id: &str, key: &str, label: &str, groups: &[(&str, String)]) -> &mut Self {
        let id = self.id(id);
        self.html.open("div", &[("class", "field")]);
        self.label(&id, label);
        self.html.open("select", &[("class", "select"), ("id", &id), ("data-key", key)]);
        for (heading, options) in groups {
            if !heading.is_empty() {
                self.html.open("optgroup", &[("label", heading)]);
            }
            self.html.raw(options);
            if !heading.is_empty() {
                self.html.close("optgroup");
            }
        }
        self.html.close("select").close("div");
        self
    }

    /// One of a list that is not known before.
    #[inline(never)]
    pub fn list(&mut self, key: &str, label: &str, options: &[(&str, &str)]) -> &mut Self {
        let id = self.id(key);
        self.html.open("div", &[("class", "field")]);
        self.label(&id, label);
        self.html.open("select", &[("class", "select"), ("id", &id), ("data-key", key)]);
        for (option, text) in options {
            self.html.element("option", &[("value", option)], text);
        }
        self.html.close("select").close("div");
        self
    }

    /// A line of text, with how it can be written.
    #[inline(never)]
    pub fn line(&mut self, key: &str, label: &str, hint: &str) -> &mut Self {
        let id = self.id(key);
        let (hint_id, problem) = (format!("{id}-hint"), format!("{id}-problem"));
        self.html.open("div", &[("class", "field")]);
        self.label(&id, label);
        self.void(
            "input",
            &[
                ("type", "text"),
                ("class", "number-field__input"),
                ("id", &id),
                ("data-key", key),
                ("autocomplete", "off"),
                ("autocapitalize", "off"),
                ("spellcheck", "false"),
                ("aria-describedby", &format!("{hint_id} {problem}")),
            ],
        );
        self.html.element("p", &[("class", "field__hint"), ("id", &hint_id)], hint);
        self.problem(&problem);
        self.html.close("div");
        self
    }

    /// What is no control but stands among them.
    pub fn html(&mut self, write: impl FnOnce(&mut Html)) -> &mut Self {
        write(&mut self.html);
        self
    }

    /// Several lines of text.
    #[inline(never)]
    pub fn area(&mut self, key: &str, label: &str) -> &mut Self {
        let id = self.id(key);
        let problem = format!("{id}-problem");
        self.html.open("div", &[("class", "field")]);
        self.label(&id, label);
        let attributes = [
            ("class", "text-area"),
            ("id", id.as_str()),
            ("data-key", key),
            ("rows", "4"),
            ("spellcheck", "false"),
            ("aria-describedby", &problem),
        ];
        self.html.open("textarea", &attributes).close("textarea");
        self.problem(&problem);
        self.html.close("div");
        self
    }

    /// Controls that belong together, under a heading.
    pub fn group(&mut self, legend: &str, controls: impl FnOnce(&mut Self)) -> &mut Self {
        self.html.open("fieldset", &[("class", "field custom")]);
        self.html.element("legend", &[("class", "field__label")], legend);
        controls(self);
        self.html.close("fieldset");
        self
    }

    /// Controls that are out of sight until they are asked for.
    pub fn more(&mut self, id: &str, summary: &str, controls: impl FnOnce(&mut Self)) -> &mut Self {
        self.html.open("details", &[("class", "more"), ("id", &self.id(id))]).element("summary", &[], summary);
        controls(self);
        self.html.close("details");
        self
    }

    /// A sentence between controls.
    #[inline(never)]
    pub fn note(&mut self, text: &str) -> &mut Self {
        self.html.element("p", &[("class", "note")], text);
        self
    }

    /// What is wrong with several controls together; nothing if there is nothing.
    #[inline(never)]
    pub fn warning(&mut self, id: &str, text: &str) -> &mut Self {
        let id = self.id(id);
        self.html.element("p", &[("class", "field__problem"), ("id", &id), ("role", "alert")], text);
        self
    }

    /// An element that has no end.
    fn void(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.html.open(tag, attributes);
    }

    /// Where the sentence about a mistake stands.
    fn problem(&mut self, id: &str) {
        self.html.element("p", &[("class", "field__problem"), ("id", id), ("role", "alert")], "");
    }

    /// What was written.
    #[must_use]
    pub fn finish(&mut self) -> String {
        self.html.finish()
    }
}

/// Checks that each control of a form sets a key that there is, and that each option is one that the key takes.
#[cfg(test)]
pub(crate) fn check<S: Clone + PartialEq + std::fmt::Debug>(html: &str, keys: &[Key<S>], scenario: &S) {
    let value = |text: &str, name: &str| {
        let rest = text.split_once(&format!(" {name}=\"")).map(|(_, rest)| rest)?;
        rest.split('"').next().map(str::to_owned)
    };
    let mut menu = String::new();
    for tag in html.split('<').filter(|tag| !tag.starts_with('/')) {
        if let Some(key) = value(tag, "data-key") {
            assert!(keys.iter().any(|row| row.name == key), "no key {key}");
            menu = key;
        }
        if let (Some(option), true) = (value(tag, "value"), tag.starts_with("option") || tag.contains("radio")) {
            let row = keys.iter().find(|row| row.name == menu).unwrap();
            let mut changed = scenario.clone();
            assert_eq!((row.read)(&mut changed, &option), Ok(()), "{menu}={option}");
            assert_eq!((row.write)(&changed), option, "{menu}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_names_the_keys_that_its_controls_set() {
        let bounds = Bounds { name: "It", min: 0.0, max: 8.0, whole: true };
        let mut form = Form::new("lab");
        form.number("n", "How <many>", "bits", &bounds, Some(1.0));
        form.more("more", "More", |form| _ = form.menu("all", "kind", "Kind", &[("Old", vec![("a", "A".into())])]));
        let html = form.finish();
        assert_eq!(html.matches("data-key=\"n\"").count(), 2, "field and slider");
        assert!(html.contains("How &lt;many&gt;") && html.contains("<optgroup label=\"Old\"><option value=\"a\">"));
        assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
        assert!(html.contains("id=\"lab-all\" data-key=\"kind\"") && html.contains("id=\"lab-n-problem\""));
    }
}
