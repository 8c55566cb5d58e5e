//! How the page looks and works, whatever it computes: the part of the address after `?`.

use super::key::{Key, Notice, Rejection, documented, list, read_bool, read_choice, read_count, span, write_bool};
use super::learn::{LearnScenario, STEP};
use super::number::Bounds;
use super::permalink::{Route, read_keys, split_query};
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
    /// Black on white.
    Contrast,
    /// Dark on light, and larger, for a lecture hall.
    Projector,
}

impl ThemeChoice {
    /// Every choice, in the order of menus.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Light, Self::Dark, Self::Contrast, Self::Projector];

    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
            Self::Contrast => "contrast",
            Self::Projector => "projector",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "Auto",
            Self::Light => "Light",
            Self::Dark => "Dark",
            Self::Contrast => "Contrast",
            Self::Projector => "Projector",
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
    /// What is not shown, and what cannot be changed: names with commas between. They last as long as the page.
    pub hide: &'static str,
    /// See [`Self::hide`].
    pub lock: &'static str,
    /// Whether an answer is shown only when it was guessed.
    pub predict: bool,
    /// The size of the text in px; 0 for the usual.
    pub fs: u32,
    /// Nothing moves.
    pub still: bool,
}

/// Bounds of the size of the text.
pub const FS: Bounds = Bounds { name: "The size of the text", min: 14.0, max: 28.0, whole: true };
/// The size of the text that all else is made for, px.
pub const USUAL_FS: u32 = 16;
/// That of a lecture hall.
const PROJECTED_FS: u32 = 22;

/// Whether a list has a name.
fn has(list: &str, name: &str) -> bool {
    list.split(',').any(|one| one.trim() == name)
}

/// Text that lasts as long as the page: it is read once.
fn lasting(list: &mut &'static str, text: &str) -> Result<(), Rejection> {
    if text.len() > 1000 {
        return Err(Rejection::NotUnderstood);
    }
    *list = String::leak(text.to_owned());
    Ok(())
}

fn read_switch(switch: &mut bool, text: &str) -> Result<(), Rejection> {
    read_choice(switch, if text.is_empty() { Some(true) } else { read_bool(text) })
}

impl View {
    /// Whether a control, a picture or a zone is not shown.
    #[must_use]
    pub fn hides(&self, name: &str) -> bool {
        has(self.hide, name)
    }

    /// Whether a key cannot be changed.
    #[must_use]
    pub fn locks(&self, key: &str) -> bool {
        has(self.lock, key)
    }

    /// How much larger than usual all is.
    #[must_use]
    pub fn zoom(&self) -> f64 {
        let fs = match (self.fs, self.theme) {
            (0, ThemeChoice::Projector) => PROJECTED_FS,
            (0, _) => USUAL_FS,
            (fs, _) => fs,
        };
        f64::from(fs) / f64::from(USUAL_FS)
    }

    /// Where a link leads whose text after `#` this is: nothing there leads to the step, if there is one.
    #[must_use]
    pub fn route(&self, hash: &str) -> (Route, Vec<Notice>) {
        match self.step {
            Some(step) if hash.is_empty() => (Route::Learn(LearnScenario { step, ..LearnScenario::default() }), vec![]),
            _ => Route::read(hash),
        }
    }

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
        read: |view, text| read_switch(&mut view.embed, text),
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
            // One that is too large is the last; what is no step is none.
            if !matches!(read, Err(Rejection::NotANumber(_))) {
                view.step = Some(step);
            }
            read
        },
    },
    Key {
        name: "hide",
        doc: documented!(
            "What is not shown: controls by their keys, pictures by their ids, the zones `choose` and `understand`.",
            || "names with commas between".to_owned(),
            "context,batch"
        ),
        write: |view| view.hide.to_owned(),
        read: |view, text| lasting(&mut view.hide, text),
    },
    Key {
        name: "lock",
        doc: documented!(
            "Which controls are shown but cannot be changed, by their keys.",
            || "names with commas between".to_owned(),
            "format"
        ),
        write: |view| view.lock.to_owned(),
        read: |view, text| lasting(&mut view.lock, text),
    },
    Key {
        name: "predict",
        doc: documented!(
            "Shows a lab’s answer only when it was guessed, and holds the guess against it.",
            || list(["0", "1"]),
            "1"
        ),
        write: |view| write_bool(view.predict),
        read: |view, text| read_switch(&mut view.predict, text),
    },
    Key {
        name: "fs",
        doc: documented!("The size of the text in px; all else grows with it.", || span(&FS), "20"),
        write: |view| view.fs.to_string(),
        read: |view, text| match text {
            "0" => {
                view.fs = 0;
                Ok(())
            }
            text => read_count(&mut view.fs, &FS, text),
        },
    },
    Key {
        name: "motion",
        doc: documented!("`off`: nothing moves.", || list(["on", "off"]), "off"),
        write: |view| if view.still { "off" } else { "on" }.to_owned(),
        read: |view, text| {
            read_choice(
                &mut view.still,
                match text {
                    "on" => Some(false),
                    "off" => Some(true),
                    _ => None,
                },
            )
        },
    },
];
