//! How the page looks and works, whatever it computes: the part of the address after `?`.

use super::key::{Key, Notice, Rejection, documented, list, read_choice, read_count, span};
use super::learn::STEP;
use super::permalink::{read_keys, split_query};
use crate::compute::backend::Choice;

/// The colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the system has it.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl ThemeChoice {
    /// Every choice, in the order of menus.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The choice with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.id() == id)
    }
}

/// How the page looks and works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// One lab without header and footer, that writes neither address nor storage.
    pub embed: bool,
    /// The colours, if the link chooses them.
    pub theme: ThemeChoice,
    /// Where tensors are quantized.
    pub compute: Choice,
    /// The step of the story that is opened, if the rest of the link names no room.
    pub step: Option<u32>,
}

impl View {
    /// Reads the text after `?`. Keys of others (a tracker's, a course's) are passed over in silence.
    #[must_use]
    pub fn read(query: &str) -> (Self, Vec<Notice>) {
        let ours = |pair: &(String, String)| KEYS.iter().any(|key| key.name == pair.0);
        let pairs: Vec<_> = split_query(query).into_iter().filter(ours).collect();
        let mut notices = Vec::new();
        (read_keys(KEYS, &pairs, &mut notices), notices)
    }
}

/// The keys after `?`, in the order they are documented.
pub static KEYS: &[Key<View>] = &[
    Key {
        name: "embed",
        doc: documented!(
            "Shows one lab without header and footer; writes neither address nor storage.",
            || list(["0", "1"]),
            "1"
        ),
        write: |view| u8::from(view.embed).to_string(),
        read: |view, text| {
            view.embed = match text {
                "1" | "" => true,
                "0" => false,
                _ => return Err(Rejection::NotUnderstood),
            };
            Ok(())
        },
    },
    Key {
        name: "theme",
        doc: documented!("Colours.", || list(ThemeChoice::ALL.map(ThemeChoice::id)), "dark"),
        write: |view| view.theme.id().to_owned(),
        read: |view, text| read_choice(&mut view.theme, ThemeChoice::from_id(text)),
    },
    Key {
        name: "compute",
        doc: documented!(
            "Where tensors are quantized. `auto` takes the GPU unless it is a software one.",
            || list(Choice::ALL.map(Choice::id)),
            "cpu"
        ),
        write: |view| view.compute.id().to_owned(),
        read: |view, text| read_choice(&mut view.compute, Choice::ALL.into_iter().find(|choice| choice.id() == text)),
    },
    Key {
        name: "step",
        doc: documented!(
            "Opens the story at this step, as `step` of the story does, if nothing stands after `#`.",
            || span(&STEP),
            "4"
        ),
        write: |view| view.step.map(|step| step.to_string()).unwrap_or_default(),
        read: |view, text| {
            let mut step = 0;
            let read = read_count(&mut step, &STEP, text);
            view.step = Some(step);
            read
        },
    },
];
