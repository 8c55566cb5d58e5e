//! The fields of a `config.json`, and what can be wrong with them.

use std::collections::BTreeMap;

/// The largest number that a field may hold: 10⁹, a thousand times the widest model yet. Beyond it a number is a typing error.
pub const MAX_FIELD: u64 = 1_000_000_000;

/// The most layers: a config with more is a typing error.
pub const MAX_LAYERS: u64 = 100_000;

/// The largest text that is read as a config. Real ones have a few thousand bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// A config: its `model_type` and its other fields under the names that transformers gives them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Which family it is of.
    pub model_type: String,
    fields: BTreeMap<String, Value>,
}

/// What a field holds. Objects and lists of objects are not kept: no count depends on them.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, which is not the same as a field that is left out.
    Null,
    /// A switch.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A word.
    Text(String),
    /// Words, as in `layer_types`.
    Texts(Vec<String>),
    /// Numbers, as in `mlp_only_layers`.
    Numbers(Vec<f64>),
}

/// Why there is no architecture.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no JSON object.
    #[error("this is not a config.json: {0}")]
    NotJson(String),
    /// The text is longer than [`MAX_BYTES`].
    #[error("{0} bytes is more than a config.json has; 1 MiB is read")]
    TooLong(usize),
    /// There is no `model_type`.
    #[error("the config has no `model_type`, which says how the model is built")]
    NoModelType,
    /// A `model_type` that no family has.
    #[error("`{model_type}` is not a model_type that is known here; the nearest is `{nearest}`")]
    UnknownModelType {
        /// What the config says.
        model_type: String,
        /// The nearest one that there is.
        nearest: &'static str,
    },
    /// A field without which nothing can be counted, and for which the class has no default.
    #[error("the config has no `{0}`")]
    Missing(&'static str),
    /// A field of the wrong kind or out of range.
    #[error("`{field}` is {found}: {wanted} is wanted")]
    Bad {
        /// Its name.
        field: &'static str,
        /// What it holds, as text.
        found: String,
        /// What it should hold.
        wanted: String,
    },
    /// Fields that contradict each other.
    #[error("{0}")]
    Contradiction(String),
}
