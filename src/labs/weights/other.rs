//! Another checkpoint, which the reader compares theirs with: base and fine-tuned, original and quantized.
//!
//! Its errors stand behind those of the formats, under [`OTHER`]; so every table and picture of formats has it too.

use super::Desk;
use super::report::container_name;
use super::words::{setting_name, shape};
use crate::labs::quantize::numbers::{count, counted};
use crate::labs::{Html, sentence};
use crate::scenario::WeightsScenario;
use crate::survey::Errors;
use crate::survey::difference::{Pairs, Partner};
use crate::units::Bytes;
use crate::weights::{Checkpoint, Error, Stored};

/// What it is called in reports, where formats have their ids.
pub const OTHER: &str = "other";
/// How many tensors are named of each kind.
const MOST_NAMES: usize = 50;

/// What is known of it.
#[derive(Debug)]
pub struct Other {
    /// Its tensors, or why they are not read.
    pub checkpoint: Result<Checkpoint, Error>,
    /// Which belong to those of the first.
    pub pairs: Pairs,
}

impl Other {
    /// Puts it beside the first.
    #[must_use]
    pub fn new(first: &Checkpoint, checkpoint: Result<Checkpoint, Error>) -> Self {
        let pairs = checkpoint.as_ref().map_or_else(|_| Pairs::default(), |second| Pairs::of(first, second));
        Self { checkpoint, pairs }
    }

    /// The tensor that the first's is compared with.
    ///
    /// # Errors
    /// Why there is none, as a fact.
    pub fn beside(&self, first: u32) -> Result<&Stored, String> {
        let second = self.checkpoint.as_ref().map_err(Error::to_string)?;
        let tensor = |place: u32| second.tensors.get(place as usize);
        match self.pairs.partner(first) {
            Partner::Same { second, .. } => tensor(second).ok_or_else(String::new),
            Partner::None => Err("the other files have no such tensor".to_owned()),
            Partner::OtherShape(other) => {
                let its = tensor(other).map_or_else(String::new, |tensor| shape(&tensor.shape));
                Err(format!("in the other files its shape is {its}"))
            }
            Partner::OtherOrder(_) => Err("llama.cpp’s converter puts its rows into another order".to_owned()),
        }
    }
}

impl Desk {
    /// The other checkpoint, if it is one that can be compared with.
    pub(super) fn compared(&self) -> Option<(&Other, &Checkpoint)> {
        let other = self.other.as_ref()?;
        Some((other, other.checkpoint.as_ref().ok()?))
    }
}

/// What the errors of a tensor are of, in their order, an id and a name each: the formats, and the other files if there are any.
pub fn costs(asked: &WeightsScenario, desk: &Desk) -> Vec<(String, String)> {
    let formats = asked.settings.iter().map(|setting| (setting.write(), setting_name(setting)));
    let other = desk.compared().map(|_| (OTHER.to_owned(), "Other files".to_owned()));
    formats.chain(other).collect()
}

/// How the other checkpoint stands beside the first; nothing where there is none.
pub fn html(asked: &WeightsScenario, desk: &Desk, first: &Checkpoint) -> String {
    let mut html = Html::default();
    let Some(other) = &desk.other else { return html.finish() };
    let second = match &other.checkpoint {
        Ok(second) => second,
        Err(error) => {
            let text = format!("The other files are not read: {error}");
            return html.element("p", &[("class", "warning"), ("id", "weights-other")], &sentence(&text)).finish();
        }
    };
    let name = match second.files.as_slice() {
        [only] => only.name.clone(),
        files => counted(files.len() as u64, "file"),
    };
    let name_of = |place: usize| first.tensors.get(place).map_or("", |tensor| &tensor.name);
    let (mut alone, mut reshaped, mut reordered, mut renamed) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for (place, partner) in other.pairs.partners().enumerate() {
        match partner {
            Partner::Same { is_renamed, .. } => renamed += u64::from(is_renamed),
            Partner::None => alone.push(name_of(place)),
            Partner::OtherShape(_) => reshaped.push(name_of(place)),
            Partner::OtherOrder(_) => reordered.push(name_of(place)),
        }
    }
    let there = other.pairs.only_second.iter().filter_map(|place| second.tensors.get(*place as usize));
    let there: Vec<&str> = there.map(|tensor| tensor.name.as_str()).collect();
    let n = first.tensors.len();
    let pairs = n - alone.len() - reshaped.len() - reordered.len();
    let called = if renamed == 0 { String::new() } else { format!(", {} under another name", count(renamed)) };
    let mut text = format!(
        "Compared with {name} ({}, {}): {} of {} have one of the same shape there{called}.",
        Bytes(second.tensor_bytes() as f64),
        container_name(second.container),
        count(pairs as u64),
        counted(n as u64, "tensor"),
    );
    let differences: Vec<&Errors> = desk
        .measured
        .values()
        .filter_map(|measured| measured.errors.get(asked.settings.len())?.as_ref().ok())
        .collect();
    if !differences.is_empty() {
        let same = desk.measured.values().filter(|measured| measured.changed == Some(0)).count();
        let all = counted(differences.len() as u64, "tensor");
        text += &format!(" Value for value the same: {} of the {all} that were compared.", count(same as u64));
    }
    html.element("p", &[("id", "weights-other")], &text);
    let kinds = [
        ("Only in the first files", alone),
        ("Only in the other files", there),
        ("Of another shape in the other files", reshaped),
        ("With rows that llama.cpp’s converter puts into another order", reordered),
    ];
    if kinds.iter().any(|(_, names)| !names.is_empty()) {
        html.more("weights-unpaired", "Tensors that are not compared", |html| {
            for (what, names) in kinds.into_iter().filter(|(_, names)| !names.is_empty()) {
                html.element("p", &[], &format!("{what} ({}):", count(names.len() as u64)));
                html.open("ul", &[("class", "sources")]);
                names.iter().take(MOST_NAMES).for_each(|name| _ = html.element("li", &[], name));
                html.close("ul");
                if let Some(more) = names.len().checked_sub(MOST_NAMES).filter(|more| *more > 0) {
                    html.element("p", &[], &format!("and {} more.", count(more as u64)));
                }
            }
        });
    }
    html.finish()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{asked, checkpoint_of, measured};
    use super::super::{file, view};
    use super::*;
    use crate::labs::html::unfolded;
    use crate::labs::{File, Part, Question};
    use crate::survey::Measured;

    fn desk(other: Result<Checkpoint, Error>) -> Desk {
        let first = checkpoint_of(&["model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.up_proj.weight", "mine"]);
        let other = Some(Other::new(&first, other));
        Desk { opened: Some(Ok(first)), other, ..Desk::default() }
    }

    fn beside() -> Checkpoint {
        checkpoint_of(&["blk.0.ffn_up.weight", "model.layers.1.mlp.up_proj.weight", "<theirs>"])
    }

    #[test]
    fn what_belongs_together_is_told_before_anything_is_measured() {
        let view = view(&asked("formats=int8"), &desk(Ok(beside())));
        let cards = unfolded(view.part(Part::Cards));
        let told = "2 of 3 tensors have one of the same shape there, 1 under another name.";
        assert!(
            cards.contains(told) && cards.contains("<li>&lt;theirs&gt;</li>") && cards.contains("<li>mine</li>"),
            "{cards}"
        );
    }

    #[test]
    fn files_that_are_not_read_are_a_warning_and_the_first_stay() {
        let view = view(&asked(""), &desk(Err(Error::Empty("other.gguf".to_owned()))));
        assert!(
            view.is_answer() && view.part(Part::Cards).contains("The other files are not read: other.gguf is empty.")
        );
    }

    #[test]
    fn differences_stand_behind_the_formats_everywhere() {
        let mut desk = desk(Ok(beside()));
        let of = |dbs: &[f64], changed| Measured { changed: Some(changed), ..measured(dbs) };
        desk.measured.insert(0, of(&[30.0, 12.0], 5));
        desk.measured.insert(1, of(&[30.0, f64::INFINITY], 0));
        let question = asked("formats=int8");
        let view = view(&question, &desk);
        assert!(view.part(Part::Cards).contains("Value for value the same: 1 of the 2 tensors that were compared."));
        let figures = view.part(Part::Figures);
        assert_eq!(figures.matches("Other files").count(), 3, "formats, worst tensors, heat: {figures}");
        assert_eq!(view.part(Part::Takeaway), "Of 2 tensors measured so far, INT8 keeps at least 30 dB", "a format");
        let report: serde_json::Value = serde_json::from_str(view.part(Part::Report)).unwrap();
        assert_eq!(report["formats"][1]["format"], "other");
        assert_eq!(report["other"]["compared_tensors"], 2);
        let csv = file(&Question { file: Some(File::Csv), ..question.clone() }, &desk).unwrap().1;
        assert!(String::from_utf8(csv).unwrap().contains(",other,100,1.2"));
        let rows = super::super::rows(&question, &desk);
        let listing = rows.part(Part::Listing);
        assert!(
            listing.contains("Difference, dB") && listing.contains(">12.00<") && listing.contains(">exact<"),
            "{listing}"
        );
    }

    #[test]
    fn why_a_tensor_is_not_compared_is_a_fact() {
        let mut second = beside();
        second.tensors[0].shape = vec![4, 3];
        let desk = desk(Ok(second));
        let other = desk.other.as_ref().unwrap();
        assert_eq!(other.beside(0), Err("in the other files its shape is 4 × 3".to_owned()));
        assert_eq!(other.beside(1).unwrap().name, "model.layers.1.mlp.up_proj.weight");
        assert_eq!(other.beside(2), Err("the other files have no such tensor".to_owned()));
    }
}
