//! A recipe: which tensors are written in which format.
//!
//! As text, a rule stands on a line, and the first that fits a tensor is its own:
//!
//! ```text
//! # norms and biases stay as they are
//! * 1-D = keep
//! output.weight = q6_k
//! *ffn_down*.weight more-bits = q6_k
//! *.weight = q4_k
//! otherwise = keep
//! ```
//!
//! A pattern is a name in which `*` is any text and `?` any letter. It is held against the tensor's own name and against the name
//! that GGUF has for it ([`Place::name`]), so that one recipe serves files of both. Conditions may follow: `1-D`, `2-D` and so on
//! is the number of sizes; `more-bits` are the layers in which llama.cpp uses more bits; `tied` is a model without a head of its
//! own. A target is a [`Setting`] or `keep`. Without the line `otherwise`, all other tensors are kept.

mod assign;
mod presets;
mod solve;

pub use assign::{Assigned, Totals, Weakness, assign, weakest};
pub use presets::{PRESETS, Preset, preset};
pub use solve::{Choice, best_within, smallest};

use super::layers::layer_count;
use super::{Place, Setting};
use crate::weights::Checkpoint;

/// What becomes of a tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Target {
    /// It stays as it is stored.
    #[default]
    Keep,
    /// It is written in this setting.
    To(Setting),
}

/// Which tensors a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The name, with `*` and `?`.
    pub glob: String,
    /// How many sizes the tensor has, if that matters. 1 is also a scalar's.
    pub dims: Option<usize>,
    /// Whether it is for the layers of [`more_bits`] alone.
    pub more_bits: bool,
    /// Whether it is for models alone whose head is the embedding.
    pub tied: bool,
}

/// A line of a recipe.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Which tensors.
    pub pattern: Pattern,
    /// What becomes of them.
    pub target: Target,
}

/// Rules, of which the first that fits counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recipe {
    /// The rules.
    pub rules: Vec<Rule>,
    /// What becomes of tensors that no rule fits.
    pub otherwise: Target,
}

/// The most rules of a recipe that is read.
pub const MAX_RULES: usize = 10_000;

/// What is wrong with a recipe's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadLine {
    /// Which line, from 1 on.
    pub line: usize,
    /// What is wrong with it.
    pub why: Why,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// No equals sign.
    #[error("a rule is a pattern, an equals sign and a format, such as *.weight = q4_k")]
    NoTarget,
    /// Nothing before it.
    #[error("there is no pattern before the equals sign; * is every tensor")]
    NoPattern,
    /// A condition that there is not.
    #[error("`{0}` is no condition; there are 1-D, 2-D and so on, more-bits and tied")]
    Condition(String),
    /// A target that there is not.
    #[error("`{0}` is no format that can be written; keep leaves a tensor as it is")]
    Target(String),
    /// `otherwise` with conditions, or not as the last line.
    #[error("otherwise stands alone and last")]
    Otherwise,
    /// More than [`MAX_RULES`].
    #[error("a recipe has at most {MAX_RULES} rules")]
    TooMany,
}

/// Whether llama.cpp uses more bits in this layer of so many: the first and the last eighth, and every third between.
#[must_use]
pub const fn more_bits(layer: u32, layers: u32) -> bool {
    let (layer, layers) = (layer as u64, layers as u64);
    let eighth = layers / 8;
    layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2
}

/// What of a checkpoint conditions ask about.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// Layers of the language model.
    pub layers: u32,
    /// Whether no tensor is a head.
    pub is_tied: bool,
}

impl Model {
    /// That of a checkpoint.
    #[must_use]
    pub fn of(checkpoint: &Checkpoint) -> Self {
        let is_head = |name: &str| Place::of(name).name() == "output.weight";
        let is_tied = !checkpoint.tensors.iter().any(|tensor| is_head(&tensor.name));
        Self { layers: layer_count(checkpoint), is_tied }
    }
}

impl Pattern {
    /// Whether it fits a tensor of this name, place and number of sizes.
    #[must_use]
    pub fn fits(&self, name: &str, place: &Place, dims: usize, model: Model) -> bool {
        self.dims.is_none_or(|wanted| wanted == dims.max(1))
            && (!self.more_bits || place.layer.is_some_and(|layer| more_bits(layer, model.layers)))
            && (!self.tied || model.is_tied)
            && (matches(&self.glob, name) || matches(&self.glob, &place.name()))
    }

    fn read(text: &str) -> Result<Self, Why> {
        let mut words = text.split_whitespace();
        let glob = words.next().ok_or(Why::NoPattern)?.to_owned();
        let mut pattern = Self { glob, dims: None, more_bits: false, tied: false };
        for word in words {
            match (word, word.strip_suffix("-D").and_then(|n| n.parse().ok())) {
                (_, Some(dims @ 1..=9)) => pattern.dims = Some(dims),
                ("more-bits", _) => pattern.more_bits = true,
                ("tied", _) => pattern.tied = true,
                _ => return Err(Why::Condition(word.to_owned())),
            }
        }
        Ok(pattern)
    }

    fn write(&self) -> String {
        let mut text = self.glob.clone();
        if let Some(dims) = self.dims {
            text.push_str(&format!(" {dims}-D"));
        }
        if self.more_bits {
            text.push_str(" more-bits");
        }
        if self.tied {
            text.push_str(" tied");
        }
        text
    }
}

impl Target {
    fn read(text: &str) -> Result<Self, Why> {
        match text {
            "keep" => Ok(Self::Keep),
            _ => Setting::read(text).map(Self::To).ok_or_else(|| Why::Target(text.to_owned())),
        }
    }

    /// As a recipe has it.
    #[must_use]
    pub fn write(&self) -> String {
        match self {
            Self::Keep => "keep".to_owned(),
            Self::To(setting) => setting.write(),
        }
    }
}

impl Recipe {
    /// Reads the text of a recipe. Lines may also end with `;`, and what stands behind `#` is passed over.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn read(text: &str) -> Result<Self, BadLine> {
        let mut recipe = Self::default();
        let mut is_over = false;
        for (i, line) in text.lines().enumerate() {
            let rules = line.split('#').next().unwrap_or_default().split(';').map(str::trim);
            for rule in rules.filter(|rule| !rule.is_empty()) {
                let bad = |why| BadLine { line: i + 1, why };
                // A name may have an equals sign; a format has none.
                let (pattern, target) = rule.rsplit_once('=').ok_or(bad(Why::NoTarget))?;
                let target = Target::read(target.trim()).map_err(bad)?;
                let pattern = Pattern::read(pattern).map_err(bad)?;
                if is_over || pattern.glob == "otherwise" && pattern.write() != "otherwise" {
                    return Err(bad(Why::Otherwise));
                }
                if pattern.glob == "otherwise" {
                    is_over = true;
                    recipe.otherwise = target;
                } else if recipe.rules.len() == MAX_RULES {
                    return Err(bad(Why::TooMany));
                } else {
                    recipe.rules.push(Rule { pattern, target });
                }
            }
        }
        Ok(recipe)
    }

    /// As [`Self::read`] takes it, a rule a line.
    #[must_use]
    pub fn write(&self) -> String {
        let rules = self.rules.iter().map(|rule| format!("{} = {}\n", rule.pattern.write(), rule.target.write()));
        rules.chain([format!("otherwise = {}", self.otherwise.write())]).collect()
    }

    /// The first rule that fits, and its target.
    #[must_use]
    pub fn target(&self, name: &str, dims: usize, model: Model) -> (Option<usize>, Target) {
        let place = Place::of(name);
        let rule = self.rules.iter().position(|rule| rule.pattern.fits(name, &place, dims, model));
        (rule, rule.map_or(self.otherwise, |i| self.rules[i].target))
    }
}

/// Whether a name is as a pattern says, in which `*` is any text, of no letters too, and `?` any one letter.
fn matches(glob: &str, name: &str) -> bool {
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    let (mut g, mut n) = (0, 0);
    // Where to go on if what follows the last star does not fit: behind the star, with one letter more for it.
    let mut retry = None;
    while n < name.len() {
        match glob.get(g) {
            Some('*') => {
                retry = Some((g + 1, n + 1));
                g += 1;
            }
            Some(letter) if *letter == '?' || *letter == name[n] => (g, n) = (g + 1, n + 1),
            _ => match retry {
                Some((after, from)) => {
                    (g, n) = (after, from);
                    retry = Some((after, from + 1));
                }
                None => return false,
            },
        }
    }
    glob[g..].iter().all(|letter| *letter == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, letter by letter.
    fn matches_slowly(glob: &str, name: &str) -> bool {
        let (mut g, mut n) = (glob.chars(), name.chars());
        match (g.next(), n.next()) {
            (None, None) => true,
            (Some('*'), letter) => {
                matches_slowly(g.as_str(), name) || letter.is_some() && matches_slowly(glob, n.as_str())
            }
            (Some(wanted), Some(letter)) => {
                (wanted == '?' || wanted == letter) && matches_slowly(g.as_str(), n.as_str())
            }
            _ => false,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn a_pattern_fits_by_its_definition(glob in "[ab?*]{0,7}", name in "[ab]{0,9}") {
            prop_assert_eq!(matches(&glob, &name), matches_slowly(&glob, &name));
        }

        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_is_written_back(text in "[a-z*?_.=#;0-9@ \nD-]{0,60}") {
            if let Ok(recipe) = Recipe::read(&text) {
                prop_assert_eq!(Recipe::read(&recipe.write()), Ok(recipe));
            }
        }
    }

    const UNTIED: Model = Model { layers: 32, is_tied: false };

    #[test]
    fn the_first_rule_that_fits_counts() {
        let text =
            "# norms\n* 1-D = keep\n\nblk.?.attn_v.weight more-bits = q6_k; *.weight 2-D = int8@row\notherwise = bf16";
        let recipe = Recipe::read(text).unwrap();
        let written = "* 1-D = keep\nblk.?.attn_v.weight more-bits = q6_k\n*.weight 2-D = int8@row\notherwise = bf16";
        assert_eq!(recipe.write(), written);
        let target = |name: &str, dims| {
            let (rule, target) = recipe.target(name, dims, UNTIED);
            (rule, target.write())
        };
        assert_eq!(target("model.norm.weight", 1), (Some(0), "keep".into()));
        assert_eq!(target("scalar", 0), (Some(0), "keep".into()));
        assert_eq!(
            target("model.layers.3.self_attn.v_proj.weight", 2),
            (Some(1), "q6_k".into()),
            "by its name in GGUF"
        );
        assert_eq!(target("model.layers.4.self_attn.v_proj.weight", 2), (Some(2), "int8@row".into()));
        assert_eq!(target("blk.30.attn_v.weight", 2), (Some(2), "int8@row".into()), "? is one letter");
        assert_eq!(target("conv", 3), (None, "bf16".into()));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line, why) in [
            ("* = keep\n\n*.weight", 3, Why::NoTarget),
            ("= q4_k", 1, Why::NoPattern),
            ("* 0-D = keep", 1, Why::Condition("0-D".into())),
            ("* big = keep", 1, Why::Condition("big".into())),
            ("* = q4_k\n* = q4_k@row", 2, Why::Target("q4_k@row".into())),
            ("* = ", 1, Why::Target(String::new())),
            ("otherwise 1-D = keep", 1, Why::Otherwise),
            ("otherwise = keep\n* = q4_k", 2, Why::Otherwise),
        ] {
            assert_eq!(Recipe::read(text), Err(BadLine { line, why }), "{text}");
        }
        assert_eq!(Recipe::read(&"* = keep;".repeat(MAX_RULES + 1)).unwrap_err().why, Why::TooMany);
        let sentence = Recipe::read("* = q9").unwrap_err().to_string();
        assert_eq!(sentence, "line 1: `q9` is no format that can be written; keep leaves a tensor as it is");
        assert_eq!(Recipe::read(""), Ok(Recipe::default()));
    }

    #[test]
    fn more_bits_are_used_where_llama_cpp_does() {
        let layers: Vec<u32> = (0..32).filter(|layer| more_bits(*layer, 32)).collect();
        assert_eq!(layers, [0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]);
        // By C++'s rules, 7·n/8 is rounded down after the product.
        assert_eq!((0..22).filter(|layer| more_bits(*layer, 22)).count(), 10);
    }
}
