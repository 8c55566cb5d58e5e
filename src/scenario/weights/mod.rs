//! Inputs of the Weights lab: what is measured of the reader's own files, but nothing of the files.

use super::Rejection;
use super::key::{Key, documented, list, read_choice, read_number, span};
use super::number::{self, Bounds};
use crate::formats::{FORMATS, Format, Kind};
use crate::quantize::Granularity;
use crate::survey::recipe::{PRESETS, Preset, preset};
use crate::survey::save::{CHOICES, SaveAs, read_choice as read_save};
use crate::survey::{Recipe, Setting};
use crate::weights::open::Hints;

/// The lab's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightsScenario {
    /// What every tensor is measured in.
    pub settings: Vec<Setting>,
    /// The one of them that the table's errors are of; the first, if it is none of them.
    pub shown: Option<Setting>,
    /// How the tensors are listed.
    pub listing: Listing,
    /// What the table of decibels has a row for.
    pub grouping: Grouping,
    /// Which recipe is worked out.
    pub recipe: Chosen,
    /// The reader's own.
    pub rules: Option<Recipe>,
    /// What every tensor keeps at least in the smallest recipe, dB.
    pub least_db: f64,
    /// What values are that no file says: of arrays without a header, or of a type that NumPy does not know.
    pub unsaid: Option<&'static Format>,
    /// How many numbers of an array without a header are a row; 0 for all.
    pub cols: f64,
    /// What a copy is written as: which files, and the setting of its matrices.
    pub save: (SaveAs, Option<Setting>),
}

/// Which recipe is worked out.
#[derive(Clone, Copy, Debug, Default)]
pub enum Chosen {
    /// None.
    #[default]
    None,
    /// One of the table.
    Preset(&'static Preset),
    /// The smallest that keeps enough of every tensor.
    Least,
    /// The reader's own.
    Own,
}

impl Chosen {
    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Preset(preset) => preset.id,
            Self::Least => "least",
            Self::Own => "own",
        }
    }

    /// Every one, in the order of menus.
    pub fn all() -> impl Iterator<Item = Self> {
        let presets = PRESETS.iter().map(Self::Preset);
        [Self::None].into_iter().chain(presets).chain([Self::Least, Self::Own])
    }

    fn from_id(id: &str) -> Option<Self> {
        match id {
            "none" => Some(Self::None),
            "least" => Some(Self::Least),
            "own" => Some(Self::Own),
            _ => preset(id).map(Self::Preset),
        }
    }
}

impl PartialEq for Chosen {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

/// Bounds of what every tensor keeps at least, dB.
pub const LEAST_DB: Bounds = Bounds { name: "The least SQNR", min: 0.0, max: 200.0, whole: false };
/// That unless the reader says otherwise: about what 5 bits keep.
const DEFAULT_LEAST_DB: f64 = 25.0;

/// Bounds of the numbers of a row.
pub const COLS: Bounds = Bounds { name: "The numbers of a row", min: 0.0, max: 1e12, whole: true };

/// The formats that values may be which no file says: those of whole bytes.
pub fn unsaid() -> impl Iterator<Item = &'static Format> {
    let is_whole = |format: &&Format| matches!(format.kind, Kind::Float(float) if [8, 16, 32].contains(&float.bits()));
    FORMATS.iter().copied().filter(is_whole)
}

/// Copies whose formats are those of the chosen recipe.
pub const COPIES_BY_RECIPE: [&str; 2] = ["gguf-recipe", "safetensors-recipe"];

/// Reads what a copy is written as, with no setting where the recipe says it.
fn read_copy(text: &str) -> Option<(SaveAs, Option<Setting>)> {
    if COPIES_BY_RECIPE.contains(&text) {
        let is_it = |save_as: &SaveAs| text.starts_with(save_as.id());
        return SaveAs::ALL.into_iter().find(is_it).map(|save_as| (save_as, None));
    }
    read_save(text).map(|(save_as, setting)| (save_as, Some(setting)))
}

/// How the tensors are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// One under the other, in any order.
    #[default]
    Table,
    /// By the parts of their names.
    Tree,
}

/// What the table of decibels has a row for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Each layer.
    #[default]
    Layers,
    /// Tensors that have the same place in every layer.
    Roles,
}

/// Ways to list, with id and name.
pub const LISTINGS: [(Listing, &str, &str); 2] =
    [(Listing::Table, "table", "One by one"), (Listing::Tree, "tree", "As a tree")];
/// Ways to group, with id and name.
pub const GROUPINGS: [(Grouping, &str, &str); 2] =
    [(Grouping::Layers, "layers", "Each layer"), (Grouping::Roles, "roles", "Each role")];

/// No format.
const NONE: &str = "none";
/// What is measured unless the reader says otherwise.
const DEFAULT_SETTINGS: &str = "int8@row,q8_0,q4_k,mxfp4";
/// The most settings at once.
pub const MOST_SETTINGS: usize = 64;
/// What stands for the first of the settings.
const FIRST: &str = "first";

/// Reads settings with commas between; nothing if one is none, or if there are too many.
#[must_use]
pub fn read_settings(text: &str) -> Option<Vec<Setting>> {
    text.split(',').map(Setting::read).collect::<Option<Vec<_>>>().filter(|settings| settings.len() <= MOST_SETTINGS)
}

/// As [`read_settings`] takes them.
#[must_use]
pub fn write_settings(settings: &[Setting]) -> String {
    settings.iter().map(Setting::write).collect::<Vec<_>>().join(",")
}

impl Default for WeightsScenario {
    fn default() -> Self {
        let bf16 = Setting { format: &crate::formats::BF16, granularity: Granularity::Tensor };
        Self {
            settings: read_settings(DEFAULT_SETTINGS).unwrap_or_default(),
            shown: None,
            listing: Listing::default(),
            grouping: Grouping::default(),
            recipe: Chosen::default(),
            rules: None,
            least_db: DEFAULT_LEAST_DB,
            unsaid: None,
            cols: 0.0,
            save: read_copy(CHOICES[0]).unwrap_or((SaveAs::Safetensors, Some(bf16))),
        }
    }
}

impl WeightsScenario {
    /// What the files do not say.
    #[must_use]
    pub const fn hints(&self) -> Hints {
        Hints { format: self.unsaid, cols: self.cols as u64 }
    }

    /// The place of the setting that the table's errors are of.
    #[must_use]
    pub fn shown_place(&self) -> usize {
        self.settings.iter().position(|setting| Some(setting) == self.shown.as_ref()).unwrap_or(0)
    }
}

/// The keys of the lab's link.
pub const KEYS: &[Key<WeightsScenario>] = &[
    Key {
        name: "formats",
        doc: documented!(
            "Formats that every tensor is measured in, with `@row`, `@g16` … `@g256` for a scale for each row or group.",
            || "ids of formats that can be written, with commas between".to_owned(),
            "int8@row,nf4@g64"
        ),
        write: |scenario| write_settings(&scenario.settings),
        read: |scenario, text| {
            scenario.settings = read_settings(text).ok_or_else(|| Rejection::Because(not_read(text)))?;
            Ok(())
        },
    },
    Key {
        name: "show",
        doc: documented!(
            "The one of these formats whose errors the table of tensors shows.",
            || format!("`{FIRST}`, or one of `formats`"),
            "q4_k"
        ),
        write: |scenario| match scenario.shown_place() {
            0 => FIRST.to_owned(),
            place => scenario.settings[place].write(),
        },
        read: |scenario, text| {
            let shown = if text == FIRST { Some(None) } else { Setting::read(text).map(Some) };
            read_choice(&mut scenario.shown, shown)
        },
    },
    Key {
        name: "list",
        doc: documented!("How the tensors are listed.", || list(LISTINGS.map(|row| row.1)), "tree"),
        write: |scenario| id_in(&LISTINGS, scenario.listing),
        read: |scenario, text| read_choice(&mut scenario.listing, named(&LISTINGS, text)),
    },
    Key {
        name: "by",
        doc: documented!(
            "What the table of decibels has a row for: each layer, or each tensor that layers have.",
            || list(GROUPINGS.map(|row| row.1)),
            "roles"
        ),
        write: |scenario| id_in(&GROUPINGS, scenario.grouping),
        read: |scenario, text| read_choice(&mut scenario.grouping, named(&GROUPINGS, text)),
    },
    Key {
        name: "recipe",
        doc: documented!(
            "Which recipe is worked out: none, one of the table, the smallest with `least` dB in every tensor, or your own `rules`.",
            || list(Chosen::all().map(Chosen::id)),
            "all-q8-0"
        ),
        write: |scenario| scenario.recipe.id().to_owned(),
        read: |scenario, text| read_choice(&mut scenario.recipe, Chosen::from_id(text)),
    },
    Key {
        name: "least",
        doc: documented!(
            "The decibels that every tensor keeps at least in the smallest recipe, which is made of `formats`.",
            || span(&LEAST_DB),
            "30"
        ),
        write: |scenario| number::format(scenario.least_db),
        read: |scenario, text| read_number(&mut scenario.least_db, &LEAST_DB, text),
    },
    Key {
        name: "rules",
        doc: documented!(
            "A recipe of your own: a rule a line or with `;` between, a name with `*` and `?`, `=`, and a format or `keep`; the first \
             that fits counts.",
            || "rules".to_owned(),
            "*norm*=keep;*=q4_k"
        ),
        write: |scenario| scenario.rules.as_ref().map(Recipe::write).unwrap_or_default(),
        read: |scenario, text| {
            let read = |text: &str| Recipe::read(text).map_err(|error| Rejection::Because(format!("{error}.")));
            scenario.rules = if text.trim().is_empty() { None } else { Some(read(text)?) };
            Ok(())
        },
    },
    Key {
        name: "as",
        doc: documented!(
            "What values are that no file says: of an array without a header, or of a type that NumPy does not know (`V1`, `V2`).",
            || list([NONE].into_iter().chain(unsaid().map(|format| format.id))),
            "bf16"
        ),
        write: |scenario| scenario.unsaid.map_or(NONE, |format| format.id).to_owned(),
        read: |scenario, text| {
            let named = || unsaid().find(|format| format.id == text).map(Some);
            read_choice(&mut scenario.unsaid, if text == NONE { Some(None) } else { named() })
        },
    },
    Key {
        name: "cols",
        doc: documented!("How many numbers of an array without a header are a row; 0 for all.", || span(&COLS), "4096"),
        write: |scenario| number::format(scenario.cols),
        read: |scenario, text| read_number(&mut scenario.cols, &COLS, text),
    },
    Key {
        name: "save",
        doc: documented!(
            "What a quantized copy is written as: the kind of file, and the format of its matrices, or `recipe` for the formats that \
             `recipe` says.",
            || list(CHOICES.into_iter().chain(COPIES_BY_RECIPE)),
            "safetensors-int8@row"
        ),
        write: |scenario| {
            let (save_as, setting) = scenario.save;
            format!("{}-{}", save_as.id(), setting.map_or_else(|| "recipe".to_owned(), |setting| setting.write()))
        },
        read: |scenario, text| read_choice(&mut scenario.save, read_copy(text)),
    },
];

fn id_in<T: PartialEq>(rows: &[(T, &str, &str)], value: T) -> String {
    rows.iter().find(|row| row.0 == value).map(|row| row.1.to_owned()).unwrap_or_default()
}

fn named<T: Copy>(rows: &[(T, &str, &str)], id: &str) -> Option<T> {
    rows.iter().find(|row| row.1 == id).map(|row| row.0)
}

/// What is wrong with a list of settings.
fn not_read(text: &str) -> String {
    match text.split(',').find(|part| Setting::read(part).is_none()) {
        Some("") => "Name at least one format, and no more commas than formats need.".to_owned(),
        Some(part) => format!(
            "“{}” is no format that can be written: write its id, with @row or @g128 behind it for a scale for each row or each \
             128 neighbours.",
            part.chars().take(24).collect::<String>()
        ),
        None => format!("At most {MOST_SETTINGS} formats are measured at once."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::permalink::{read_keys, split_query, write_keys};

    fn read(link: &str) -> WeightsScenario {
        read_keys(KEYS, &split_query(link), &mut Vec::new())
    }

    #[test]
    fn the_default_is_understood_and_writes_nothing() {
        assert_eq!(WeightsScenario::default().settings.len(), 4);
        assert_eq!(write_keys(KEYS, &WeightsScenario::default()), []);
    }

    #[test]
    fn the_shown_format_is_one_of_those_that_are_measured() {
        let all = read("formats=int8,q4_k&show=q4_k&list=tree&by=roles");
        assert_eq!((all.shown_place(), all.listing, all.grouping), (1, Listing::Tree, Grouping::Roles));
        let other = read("formats=int8,q4_k&show=nf4");
        assert_eq!(other.shown_place(), 0, "none of them: the first");
        let formats = ("formats".to_owned(), "int8,q4_k".to_owned());
        assert_eq!(write_keys(KEYS, &other), [formats]);
    }

    #[test]
    fn a_list_that_is_not_understood_says_which_part() {
        let told = |text: &str| {
            let refused = (KEYS[0].read)(&mut WeightsScenario::default(), text);
            refused.err().map(|rejection| rejection.sentence(text)).unwrap_or_default()
        };
        assert!(told("int8,nonsense").starts_with("“nonsense” is no format"), "{}", told("int8,nonsense"));
        assert!(told("int8,,q8_0").starts_with("Name at least one"));
        assert!(told(&["int8"; 65].join(",")).starts_with("At most 64"));
        assert_eq!(told("nf4@g64"), "");
    }
}
