//! What a lab shows, as text and pictures: pure functions from its inputs.
//!
//! The engine makes it and the page shows it, so a lab can grow without the page's first load growing with it, and a test
//! can read what a reader will see. Controls stay with the page. What travels is a [`Question`], the keys of the lab's
//! link, and a [`View`], texts by their [`Part`].

pub mod embed;
pub mod export;
pub mod figure;
pub mod form;
pub mod formats;
pub mod html;
pub mod memory;
pub mod quantize;
pub mod scaling;
mod sortable;
pub mod weights;

pub use figure::{FigureData, Table};
pub use form::Form;
pub use html::{Choice, Columns, FOLDED, Html};

use crate::scenario::permalink::{read_keys, write_keys};
use crate::scenario::{Key, Notice, Route};
use crate::source::Source;
use serde::{Deserialize, Serialize};

/// The labs that the engine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lab {
    /// [`memory`]
    Memory,
    /// [`scaling`]
    Scaling,
    /// [`scaling::fitting`]
    Fit,
    /// [`formats`]
    #[default]
    Formats,
    /// [`quantize`]
    Quantize,
    /// [`quantize::compare`]
    Compare,
    /// [`weights`]
    Weights,
    /// [`weights::rows`]
    Tensors,
    /// [`embed`]
    Embed,
}

/// Keys of a link, each with its value.
pub type Pairs = Vec<(String, String)>;

/// What a lab is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Which lab.
    pub lab: Lab,
    /// The lab's inputs: the keys of a link.
    pub keys: Pairs,
    /// What was put into controls since, by key, where the engine reads it.
    pub changes: Pairs,
    /// What the reader types that is no key of a link: what is pasted into the Memory lab or, as runs, into the Scaling lab; in
    /// the Weights lab a part of tensors' names.
    pub typed: String,
    /// The order of the lab's table, once the reader has opened it; of the table of tensors also what is folded.
    pub order: Option<String>,
    /// The ends of the number line, while the reader drags the number along it.
    pub window: Option<(f64, f64)>,
    /// Once the reader has asked for a closer look at a tensor: where, as [`quantize::place::Place`] says it.
    pub closer: Option<String>,
    /// The file that the reader wants of a tensor.
    pub file: Option<File>,
    /// How often the reader has opened files: 0 before the first.
    pub opened: u32,
    /// How many of their tensors are measured by now.
    pub measured: u32,
    /// The rows of a long table that are in view: the first, and behind the last.
    pub rows: Option<(u32, u32)>,
    /// Once the reader wants something done with all tensors of their files: what.
    pub pass: Option<Pass>,
    /// Which tensor of their files the Quantize lab is about, in place of a sample.
    pub tensor: Option<u32>,
}

/// What is done with all tensors of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pass {
    /// They are measured in the lab's formats; those that were, are not again.
    Measure,
    /// They are only read, to see how fast that is.
    Read,
}

/// What a [`Pass`] has to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Todo {
    /// In which settings, as [`crate::survey::Setting::write`] says them, with commas between; none where values are only read.
    pub settings: String,
    /// What the files do not say, as [`crate::weights::open::Hints::write`] says it.
    pub hints: String,
    /// Whether they are compared with those of other files.
    pub is_beside: bool,
    /// Tensors by their place, each with its bytes.
    pub tensors: Vec<(u32, u64)>,
}

/// What a tensor can be taken along as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum File {
    /// The tensor before, as `.npy`.
    Reference,
    /// The values that the codes stand for, as `.npy`.
    Quantized,
    /// The codes, each in as few whole bytes as hold it, as `.npy`.
    Codes,
    /// Codes and scales as they are stored, without a header.
    Packed,
    /// All figures, as the page's JSON.
    Report,
    /// All figures, as comma-separated values.
    Csv,
    /// A checkpoint to try the Weights lab with, as `.safetensors`.
    Example,
    /// The reader's checkpoint in other formats.
    Copy,
}

impl File {
    /// Every file of a tensor, with the words for it.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Reference, "FP32 values (.npy)"),
        (Self::Quantized, "Quantized values (.npy)"),
        (Self::Codes, "Codes (.npy)"),
        (Self::Packed, "Packed bytes (.bin)"),
        (Self::Report, "Report (.json)"),
    ];
}

/// What a lab shows. A part that was not made is empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// What was asked.
    pub question: Question,
    /// The number that is looked at; 0 if there is none.
    pub x: f64,
    /// Pictures, in the lab's order.
    pub figures: Vec<FigureData>,
    /// Name of the file that was asked for; empty if none was. Its content travels by itself.
    pub file: String,
    /// The lab's form, where the engine makes that.
    pub inputs: form::Inputs,
    /// What the pass that was asked for has to do.
    pub todo: Option<Todo>,
    parts: Vec<String>,
}

/// A part of what a lab shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The answer in one sentence.
    Takeaway,
    /// Why the question has no answer; empty if it has.
    Problem,
    /// The report, as JSON.
    Report,
    /// HTML: why this is the answer.
    Notes,
    /// HTML: the sources.
    Sources,
    /// HTML: a card for each format.
    Cards,
    /// HTML: the ends of each format.
    Ends,
    /// HTML: how far the number line reaches, as a form.
    ZoomForm,
    /// HTML: the block and its numbers, as a form.
    BlockForm,
    /// What the codes are of.
    CodesTitle,
    /// HTML: every code of a format.
    Codes,
    /// What kind of block it is; in the Memory lab HTML: what is kept to compare.
    BlockNote,
    /// The block in one line.
    BlockSize,
    /// HTML: its bytes.
    BlockBytes,
    /// HTML: its numbers.
    BlockRows,
    /// HTML: the lab's table, if it was asked for.
    Listing,
    /// The same as comma-separated values.
    Csv,
    /// HTML: figures of merit.
    Figures,
    /// HTML: one number of a tensor.
    Inspector,
    /// Which part of the tensor is in the cells, as it is said after a place.
    Window,
    /// The sum as Markdown.
    Markdown,
    /// The sum as a cell of Python that works it out again.
    Python,
    /// HTML: changes that would help, each a button that makes it.
    Changes,
    /// What is wrong with what was pasted; empty if nothing is.
    Pasted,
    /// What of it becomes inputs: `key=value`, encoded as in a link.
    Change,
    /// Which part of the tensor this is of, and whether the whole follows; empty if it is of the whole.
    Preview,
    /// The name of the tensor, if it is of the reader's files.
    TensorName,
    /// How many bytes of files were read to know what is in them.
    Opened,
    /// HTML: tensors that could not be measured, and why.
    Failures,
    /// HTML: what a copy of the reader’s checkpoint would be, and the button that writes it.
    Save,
}

impl Part {
    /// Parts that are shown whether there is an answer or not.
    pub const WITHOUT_ANSWER: [Self; 3] = [Self::Changes, Self::Pasted, Self::Change];
}

impl View {
    /// The view that answers a question, still without any part.
    #[must_use]
    pub fn of(question: &Question) -> Self {
        Self { question: question.clone(), ..Self::default() }
    }

    /// A part.
    #[must_use]
    pub fn part(&self, part: Part) -> &str {
        self.parts.get(part as usize).map_or("", String::as_str)
    }

    /// Makes a part.
    pub fn set(&mut self, part: Part, text: impl Into<String>) {
        let place = part as usize;
        if self.parts.len() <= place {
            self.parts.resize(place + 1, String::new());
        }
        self.parts[place] = text.into();
    }

    /// Whether there is an answer.
    #[must_use]
    pub fn is_answer(&self) -> bool {
        self.part(Part::Problem).is_empty() && !self.part(Part::Takeaway).is_empty()
    }
}

/// A link as page and engine read it together: the route with its keys in order, and what was not understood.
#[must_use]
pub fn read_link(link: &str) -> (Route, Vec<Notice>) {
    fn read<S: Default>(keys: &mut Pairs, table: &[Key<S>], notices: &mut Vec<Notice>) {
        *keys = write_keys(table, &read_keys(table, keys, notices));
    }
    let (mut route, mut notices) = Route::read(link);
    match &mut route {
        Route::Memory(keys) => read(keys, crate::scenario::memory::KEYS, &mut notices),
        Route::Scaling(keys) => read(keys, crate::scenario::scaling::KEYS, &mut notices),
        Route::Quantize(keys) => read(keys, crate::scenario::quantize::KEYS, &mut notices),
        Route::Formats(keys) => read(keys, crate::scenario::formats::KEYS, &mut notices),
        Route::Weights(keys) => read(keys, crate::scenario::weights::KEYS, &mut notices),
        Route::Home | Route::Learn(_) => {}
    }
    (route, notices)
}

/// A list of sources, each once.
fn sources(all: impl IntoIterator<Item = Source>) -> String {
    let mut seen: Vec<Source> = Vec::new();
    let mut html = Html::default();
    html.open("ul", &[("class", "sources")]);
    for source in all {
        if seen.contains(&source) {
            continue;
        }
        let Source { title, url, as_of } = source;
        let link = [("href", url), ("rel", "noopener noreferrer"), ("target", "_blank")];
        html.open("li", &[]).element("a", &link, title).text(&format!(" (as of {as_of})")).close("li");
        seen.push(source);
    }
    html.close("ul").finish()
}

/// A fact as a sentence: a capital and a full stop.
#[must_use]
pub fn sentence(fact: &str) -> String {
    let mut letters = fact.chars();
    let first = letters.next().map_or(' ', |letter| letter.to_ascii_uppercase());
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_were_not_made_are_empty() {
        let mut view = View::default();
        view.set(Part::Report, "{}");
        assert_eq!((view.part(Part::Report), view.part(Part::Takeaway), view.part(Part::Figures)), ("{}", "", ""));
        assert!(!view.is_answer());
        view.set(Part::Takeaway, "It is so");
        assert!(view.is_answer());
        view.set(Part::Problem, "It is not so");
        assert!(!view.is_answer());
    }

    #[test]
    fn a_source_is_listed_once() {
        let source = crate::formats::FP16.source;
        assert_eq!(sources([source, source]).matches("<li>").count(), 1);
    }
}
