//! What was measured of the reader's files, by the settings that it was measured in, and what is left to do.

use super::Desk;
use crate::formats::Kind;
use crate::labs::{Html, Part, Pass, Question, Todo, View, sentence};
use crate::scenario::WeightsScenario;
use crate::scenario::weights::{KEYS, write_settings};
use crate::survey::{Measured, Setting};
use crate::weights::open::Hints;
use crate::weights::{Checkpoint, Dtype, Stored};
use std::collections::BTreeMap;

/// What was measured in one list of settings, by the tensor's place.
#[derive(Debug, Default)]
pub struct Results {
    /// What was measured.
    pub measured: BTreeMap<u32, Measured>,
    /// Why other tensors were not.
    pub failed: BTreeMap<u32, String>,
}

/// What a question is about: its settings as text, with what the files do not say behind them, since that changes what is measured
/// too; and the latter by itself.
#[must_use]
pub fn settings(question: &Question) -> (String, Hints) {
    let (asked, _) = super::Inputs::read(question, KEYS, |_: &WeightsScenario| String::new());
    let (settings, hints) = (write_settings(&asked.settings), asked.hints());
    let unsaid = hints.write();
    (if unsaid.is_empty() { settings } else { format!("{settings}{UNSAID}{unsaid}") }, hints)
}

/// Between settings and what the files do not say.
const UNSAID: char = '#';
/// Behind both where other files are compared with, which changes what is measured too.
const BESIDE: &str = "#beside";

/// Whether other files are compared with in a text of [`settings`], as a desk has made it.
#[must_use]
pub fn is_beside(text: &str) -> bool {
    text.ends_with(BESIDE)
}

/// The settings in a text of [`settings`].
#[must_use]
pub fn read_settings(text: &str) -> Vec<Setting> {
    let settings = text.split(UNSAID).next().unwrap_or_default();
    settings.split(',').filter_map(Setting::read).collect()
}

/// Whether a tensor holds weights that can be measured: floats, or what stands for some.
#[must_use]
pub fn is_measurable(tensor: &Stored) -> bool {
    let is_float = match tensor.dtype {
        Dtype::Number(format) => matches!(format.kind, Kind::Float(_)),
        Dtype::Blocks(_) | Dtype::Fp64 => true,
        _ => false,
    };
    is_float && !tensor.is_empty()
}

impl Desk {
    /// Turns to the results in these settings; those in others are put away.
    pub fn turn_to(&mut self, mut settings: String) {
        if self.compared().is_some() {
            settings += BESIDE;
        }
        if self.settings == settings {
            return;
        }
        let now = self.put_away.remove(&settings).unwrap_or_default();
        let (measured, failed) =
            (std::mem::replace(&mut self.measured, now.measured), std::mem::replace(&mut self.failed, now.failed));
        let before = std::mem::replace(&mut self.settings, settings);
        self.put_away.insert(before, Results { measured, failed });
    }

    /// Forgets what is in the files, to be read anew.
    pub fn close(&mut self) {
        let Self { measured, failed, settings, put_away, .. } = std::mem::take(self);
        *self = Self { measured, failed, settings, put_away, ..Self::default() };
    }

    /// Keeps what came of a tensor in these settings.
    pub fn keep(&mut self, settings: &str, tensor: u32, result: Result<Measured, String>) {
        let (measured, failed) = if self.settings == settings {
            (&mut self.measured, &mut self.failed)
        } else {
            let other = self.put_away.entry(settings.to_owned()).or_default();
            (&mut other.measured, &mut other.failed)
        };
        match result {
            Ok(result) => {
                failed.remove(&tensor);
                measured.insert(tensor, result);
            }
            Err(why) => {
                failed.insert(tensor, why);
            }
        }
    }

    fn checkpoint(&self) -> Option<&Checkpoint> {
        self.opened.as_ref()?.as_ref().ok()
    }

    /// What a pass over all tensors has to do, in their order.
    #[must_use]
    pub fn todo(&self, pass: Pass) -> Option<Todo> {
        let tensors = (0..).zip(&self.checkpoint()?.tensors);
        let is_left = |place| pass == Pass::Read || !self.measured.contains_key(&place);
        let left = tensors.filter(|(place, tensor)| is_measurable(tensor) && is_left(*place));
        let settings = if pass == Pass::Read { String::new() } else { self.settings.clone() };
        let unsaid = self.settings.strip_suffix(BESIDE).unwrap_or(&self.settings).split_once(UNSAID);
        let hints = unsaid.map_or_else(String::new, |(_, hints)| hints.to_owned());
        let is_beside = is_beside(&settings);
        let other = |place| self.other.as_ref().filter(|_| is_beside)?.beside(place).ok();
        let bytes = |place, tensor: &Stored| tensor.span.len() + other(place).map_or(0, |other| other.span.len());
        let tensors = left.map(|(place, tensor)| (place, bytes(place, tensor))).collect();
        Some(Todo { settings, hints, is_beside, tensors })
    }

    /// Adds to a view what it needs to know of the measuring.
    pub fn report_on(&self, question: &Question, view: &mut View) {
        let Some(checkpoint) = self.checkpoint() else { return };
        view.todo = question.pass.and_then(|pass| self.todo(pass));
        let all: u64 = checkpoint.files.iter().map(|file| file.len).fold(0, u64::saturating_add);
        view.set(Part::Opened, format!("To know what is in the files, {} of {all} bytes were read.", self.read));
        if self.failed.is_empty() {
            return;
        }
        let mut html = Html::default();
        html.element("p", &[], "These tensors could not be measured:").open("ul", &[]);
        for (place, why) in self.failed.iter().take(MOST_FAILURES) {
            let name = checkpoint.tensors.get(*place as usize).map_or("", |tensor| &tensor.name);
            html.element("li", &[], &format!("{name}: {}", sentence(why)));
        }
        html.close("ul");
        if let Some(more) = self.failed.len().checked_sub(MOST_FAILURES).filter(|more| *more > 0) {
            html.element("p", &[], &format!("and {more} more."));
        }
        view.set(Part::Failures, html.finish());
    }
}

/// The most failures that are listed.
const MOST_FAILURES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::format;
    use crate::labs::weights::Other;
    use crate::weights::checkpoint::{Container, Order, Packing};
    use crate::weights::{FileInfo, Span};

    fn desk() -> Desk {
        let tensor = |name: &str, dtype: Dtype, n: u64| Stored {
            name: name.to_owned(),
            shape: vec![n],
            dtype,
            is_big_endian: false,
            span: Span { file: 0, start: 0, end: n * dtype.unit().1 },
            packing: Packing::Plain,
            order: Order::Rows,
        };
        let integer = Dtype::Integer { bits: 32, is_signed: true };
        let tensors = vec![
            tensor("a", Dtype::BF16, 4),
            tensor("ids", integer, 4),
            tensor("none", Dtype::FP32, 0),
            tensor("b", Dtype::FP32, 3),
        ];
        let opened = Some(Ok(Checkpoint {
            container: Container::Safetensors,
            files: vec![FileInfo { name: "w".to_owned(), len: 1000 }],
            tensors,
            metadata: Vec::new(),
            config: None,
            notes: Vec::new(),
        }));
        let mut desk = Desk { opened, read: 66, ..Desk::default() };
        desk.turn_to("int8@row".to_owned());
        desk
    }

    #[test]
    fn floats_are_measured_and_those_that_are_left_are_left() {
        let mut desk = desk();
        let todo = |desk: &Desk, pass| desk.todo(pass).unwrap().tensors;
        assert_eq!(todo(&desk, Pass::Measure), [(0, 8), (3, 12)]);
        desk.keep("int8@row", 0, Ok(Measured::default()));
        desk.keep("int8@row", 3, Err("it is broken".to_owned()));
        assert_eq!(todo(&desk, Pass::Measure), [(3, 12)]);
        assert_eq!(todo(&desk, Pass::Read), [(0, 8), (3, 12)]);
        assert_eq!(desk.todo(Pass::Read).unwrap().settings, "");
        assert_eq!(Desk::default().todo(Pass::Measure), None);
    }

    #[test]
    fn results_are_of_their_settings_and_wait_for_them() {
        let mut desk = desk();
        desk.keep("int8@row", 0, Ok(Measured::default()));
        desk.keep("q8_0", 3, Ok(Measured::default()));
        desk.turn_to("q8_0".to_owned());
        assert_eq!(desk.measured.keys().collect::<Vec<_>>(), [&3]);
        desk.turn_to("int8@row".to_owned());
        assert_eq!(desk.measured.keys().collect::<Vec<_>>(), [&0]);
    }

    #[test]
    fn what_is_compared_is_measured_apart_and_its_bytes_are_read_too() {
        let mut desk = desk();
        let checkpoint = desk.checkpoint().cloned().unwrap();
        desk.turn_to("int8@row#bf16:64".to_owned());
        desk.keep("int8@row#bf16:64", 0, Ok(Measured::default()));
        desk.other = Some(Other::new(&checkpoint, Ok(checkpoint.clone())));
        desk.turn_to("int8@row#bf16:64".to_owned());
        let todo = desk.todo(Pass::Measure).unwrap();
        assert_eq!((todo.tensors, todo.is_beside), (vec![(0, 16), (3, 24)], true));
        assert!(is_beside(&todo.settings) && read_settings(&todo.settings).len() == 1);
        assert_eq!(todo.hints, "bf16:64");
        let read = desk.todo(Pass::Read).unwrap();
        assert_eq!((read.tensors, read.is_beside), (vec![(0, 8), (3, 12)], false), "reading is of the first alone");
        desk.other = None;
        desk.turn_to("int8@row#bf16:64".to_owned());
        assert_eq!(desk.todo(Pass::Measure).unwrap().tensors, [(3, 12)], "what was measured alone is still there");
    }

    #[test]
    fn a_failure_is_said_until_the_tensor_is_measured() {
        let mut desk = desk();
        let said = |desk: &Desk| {
            let mut view = View::default();
            desk.report_on(&Question::default(), &mut view);
            assert_eq!(view.part(Part::Opened), "To know what is in the files, 66 of 1000 bytes were read.");
            view.part(Part::Failures).to_owned()
        };
        assert_eq!(said(&desk), "");
        desk.keep("int8@row", 3, Err("it is <broken>".to_owned()));
        assert!(said(&desk).contains("<li>b: It is &lt;broken&gt;.</li>"), "{}", said(&desk));
        desk.keep("int8@row", 3, Ok(Measured::default()));
        assert_eq!(said(&desk), "");
    }

    #[test]
    fn settings_are_those_of_the_link_and_of_what_was_changed_since() {
        let pairs = |text: &str| vec![("formats".to_owned(), text.to_owned())];
        let question = Question { keys: pairs("int8@row,q8_0"), ..Question::default() };
        assert_eq!(settings(&question), ("int8@row,q8_0".to_owned(), Hints::default()));
        let question = Question { changes: pairs("nf4@g64"), ..question };
        assert_eq!(settings(&question), ("nf4@g64".to_owned(), Hints::default()));

        // What the files do not say changes what is measured, and goes with the settings.
        let mut changes = pairs("nf4@g64");
        changes.extend([("as", "bf16"), ("cols", "64")].map(|(key, value)| (key.to_owned(), value.to_owned())));
        let (text, hints) = settings(&Question { changes, ..question });
        assert_eq!((text.as_str(), hints), ("nf4@g64#bf16:64", Hints { format: format("bf16"), cols: 64 }));
        assert_eq!(read_settings(&text), [Setting::read("nf4@g64").expect("a setting")]);
    }
}
