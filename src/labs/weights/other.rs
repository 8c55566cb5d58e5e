//! Another checkpoint, which the reader compares theirs with: base and fine-tuned, original and quantized.
//!
//! Its errors stand behind those of the formats, under [`OTHER`]; so every table and picture of formats has it too.

use super::Desk;
use super::layers::ROLES;
use super::report::container_name;
use super::words::{setting_name, shape};
use crate::labs::quantize::numbers::{count, counted};
use crate::labs::{Html, sentence};
use crate::scenario::WeightsScenario;
use crate::survey::difference::{Pairs, Partner};
use crate::units::Bytes;
use crate::weights::{Checkpoint, Error, Stored};

/// What it is called in reports, where formats have their ids.
pub const OTHER: &str = "other";
/// How many tensors are named of each kind.
const MOST_NAMES: usize = 50;

/// Why a tensor is compared with none.
const NO_COUNTERPART: &str = "the other files have no tensor of this name, or several that it may mean";

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
            Partner::None => Err(NO_COUNTERPART.to_owned()),
            Partner::OtherShape(other) => {
                let its = tensor(other).map_or_else(String::new, |tensor| shape(&tensor.shape));
                Err(format!("in the other files its shape is {its}"))
            }
            Partner::OtherOrder(_) => Err("llama.cpp’s converter puts its values into another order".to_owned()),
            Partner::Codes(_) => Err("it holds codes, whose scales are a tensor of their own".to_owned()),
        }
    }
}

impl Desk {
    /// The other checkpoint, if it is one that can be compared with.
    pub(super) fn compared(&self) -> Option<(&Other, &Checkpoint)> {
        let other = self.other.as_ref()?;
        Some((other, other.checkpoint.as_ref().ok()?))
    }

    /// How many tensors were compared with it by now.
    pub(super) fn compared_tensors(&self) -> usize {
        self.measured.values().filter(|measured| measured.changed.is_some()).count()
    }
}

/// What the errors of a tensor are of, in their order, an id and a name each: the formats, and the other files if there are any.
pub fn costs(asked: &WeightsScenario, desk: &Desk) -> Vec<(String, String)> {
    let formats = asked.settings.iter().map(|setting| (setting.write(), setting_name(setting)));
    let other = desk.compared().map(|_| (OTHER.to_owned(), "Other files".to_owned()));
    formats.chain(other).collect()
}

/// Of more rows than can be drawn the first are: puts that of the other files, which is the last, among these.
pub fn keep_other<T>(rows: &mut [T], is_other: impl Fn(&T) -> bool) {
    if let Some(place) = rows.iter().position(is_other).filter(|place| *place >= ROLES.len()) {
        rows.swap(place, ROLES.len() - 1);
    }
}

/// How the other checkpoint stands beside the first; nothing where there is none.
pub fn html(desk: &Desk, first: &Checkpoint) -> String {
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
    let (mut alone, mut reshaped, mut reordered, mut codes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut renamed = 0;
    for (place, partner) in other.pairs.partners().enumerate() {
        match partner {
            Partner::Same { is_renamed, .. } => renamed += u64::from(is_renamed),
            Partner::None => alone.push(name_of(place)),
            Partner::OtherShape(_) => reshaped.push(name_of(place)),
            Partner::OtherOrder(_) => reordered.push(name_of(place)),
            Partner::Codes(_) => codes.push(name_of(place)),
        }
    }
    let there = other.pairs.only_second.iter().filter_map(|place| second.tensors.get(*place as usize));
    let there: Vec<&str> = there.map(|tensor| tensor.name.as_str()).collect();
    let n = first.tensors.len();
    let pairs = n - alone.len() - reshaped.len() - reordered.len() - codes.len();
    let called = if renamed == 0 { String::new() } else { format!(", {} under another name", count(renamed)) };
    let mut text = format!(
        "Compared with {name} ({}, {}): {} of {} can be compared{called}.",
        Bytes(second.tensor_bytes() as f64),
        container_name(second.container),
        count(pairs as u64),
        counted(n as u64, "tensor"),
    );
    let compared = desk.compared_tensors() as u64;
    if compared > 0 {
        let same = desk.measured.values().filter(|measured| measured.changed == Some(0)).count();
        let all = counted(compared, "tensor");
        text += &format!(" Value for value the same: {} of the {all} that were compared.", count(same as u64));
    }
    html.element("p", &[("id", "weights-other")], &text);
    let kinds = [
        ("Without a counterpart in the other files", alone),
        ("Without a counterpart in the first files", there),
        ("Of another shape in the other files", reshaped),
        ("With values that llama.cpp’s converter puts into another order", reordered),
        ("Of codes whose scales are a tensor of their own", codes),
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
    use crate::charts::AnyPicture;
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
        let told = "2 of 3 tensors can be compared, 1 under another name.";
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
    fn pictures_have_the_other_files_however_many_formats_there_are() {
        let mut desk = desk(Ok(beside()));
        let dbs: Vec<f64> = (1..=9).map(f64::from).collect();
        desk.measured.insert(0, Measured { changed: Some(1), ..measured(&dbs) });
        desk.measured.insert(1, Measured { changed: Some(1), ..measured(&dbs) });
        let view = view(&asked("formats=int8,int4,q8_0,q4_0,q4_k,q6_k,mxfp4,nf4@g64"), &desk);
        for figure in &view.figures {
            let drawn = match &figure.picture {
                AnyPicture::LineChart(chart) => chart.series.iter().map(|series| series.label.as_str()).collect(),
                AnyPicture::Histogram(chart) => chart.series.iter().map(|series| series.label.as_str()).collect(),
                _ => Vec::new(),
            };
            assert!(drawn.len() == ROLES.len() && drawn.contains(&"Other files"), "{drawn:?}");
        }
    }

    #[test]
    fn the_order_of_the_table_is_that_of_its_column_whether_files_are_compared_or_not() {
        let mut alone = desk(Ok(beside()));
        alone.other = None;
        let mut compared = desk(Ok(beside()));
        for desk in [&mut alone, &mut compared] {
            desk.measured.insert(0, Measured { changed: Some(1), ..measured(&[20.0, 1.0]) });
            desk.measured.insert(1, Measured { changed: Some(1), ..measured(&[10.0, 2.0]) });
        }
        let number = |desk: &Desk, heading: &str| -> u32 {
            let rows = super::super::rows(&asked("formats=int8"), desk);
            let (before, _) = rows.part(Part::Listing).split_once(&format!(">{heading}</button>")).unwrap();
            let (_, id) = before.rsplit_once("weights-sort-").unwrap();
            id.split('"').next().unwrap().parse().unwrap()
        };
        assert_eq!(number(&alone, "SQNR, dB"), number(&compared, "SQNR, dB"));
        let order = Some(format!("-{};", number(&compared, "Difference, dB")));
        let rows = super::super::rows(&Question { order, ..asked("formats=int8") }, &compared);
        let listing = rows.part(Part::Listing);
        assert!(listing.find("model.layers.1") < listing.find("model.layers.0"), "2 dB come before 1 dB: {listing}");
    }

    #[test]
    fn why_a_tensor_is_not_compared_is_a_fact() {
        let mut second = beside();
        second.tensors[0].shape = vec![4, 3];
        let desk = desk(Ok(second));
        let other = desk.other.as_ref().unwrap();
        assert_eq!(other.beside(0), Err("in the other files its shape is 4 × 3".to_owned()));
        assert_eq!(other.beside(1).unwrap().name, "model.layers.1.mlp.up_proj.weight");
        assert_eq!(other.beside(2), Err(NO_COUNTERPART.to_owned()));
    }
}
