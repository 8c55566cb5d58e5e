//! How each `model_type` is built: a row and a function for each.

use super::{Architecture, Config, Error};
use crate::source::Source;

/// Models that are built alike; see [`FAMILIES`] for how to add one.
#[derive(Clone, Copy)]
pub struct Family {
    /// The `model_type` of a `config.json`.
    pub model_type: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// The code that its counts were taken from.
    pub source: Source,
    /// Builds one of them.
    pub build: fn(&'static Family, &Config) -> Result<Architecture, Error>,
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.model_type == other.model_type
    }
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.model_type)
    }
}

/// The row of this `model_type`.
#[must_use]
pub fn family(model_type: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|row| row.model_type == model_type)
}

/// Every family that can be counted.
pub static FAMILIES: &[Family] = &[];
