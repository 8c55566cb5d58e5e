//! The formats that weights can be kept in, and how each is trained.
//!
//! A format's width decides the memory to run a model. To train one it is not enough: a 16-bit weight is too coarse to
//! add a small update to, so training keeps an FP32 copy beside it (mixed precision), and an integer has no gradient.

use super::training::Recipe;
use crate::source::Source;

/// A format that weights are kept in; see [`PRECISIONS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Bytes per weight. Not a whole number for block formats, which carry scales.
    pub bytes_per_weight: f64,
    /// How a model with such weights is trained, or why it is not.
    pub training: Training,
    /// Where the width stands.
    pub source: Source,
}

/// Whether and how weights of a format are trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Training {
    /// Trained, keeping these copies.
    Recipe(Recipe),
    /// Not trained.
    Refused {
        /// Why, as a clause that can follow a colon.
        reason: &'static str,
    },
}

/// The row with this id.
#[must_use]
pub fn precision(id: &str) -> Option<&'static Precision> {
    PRECISIONS.iter().find(|row| row.id == id)
}

const CHEAT_SHEET: Source = Source {
    title: "DeepLearning.AI, Generative AI with Large Language Models, course notes",
    url: "https://www.deeplearning.ai/courses/generative-ai-with-llms/",
    as_of: "2026-11",
};

/// Every format on offer, from wide to narrow.
///
/// Adding one: a whole row at its place in the order. Menus, estimates and suggested changes read this table.
///
/// ```text
/// Precision {
///     id: "bf16",                                    // kebab-case, permanent
///     name: "BF16",
///     bytes_per_weight: 2.0,
///     training: Training::Recipe(Recipe::MIXED),     // or Training::Refused { reason: "…" }
///     source: CHEAT_SHEET,
/// },
/// ```
pub static PRECISIONS: &[Precision] = &[
    Precision {
        id: "fp32",
        name: "FP32",
        bytes_per_weight: 4.0,
        training: Training::Recipe(Recipe::FP32),
        source: CHEAT_SHEET,
    },
    Precision {
        id: "bf16",
        name: "BF16",
        bytes_per_weight: 2.0,
        training: Training::Recipe(Recipe::MIXED),
        source: CHEAT_SHEET,
    },
    Precision {
        id: "fp16",
        name: "FP16",
        bytes_per_weight: 2.0,
        training: Training::Recipe(Recipe::MIXED),
        source: CHEAT_SHEET,
    },
    Precision {
        id: "int8",
        name: "INT8",
        bytes_per_weight: 1.0,
        training: Training::Refused {
            reason: "a weight rounded to one of 256 integers cannot take the small steps that training makes, so \
                     models are trained in FP32, BF16 or FP16 and quantized to INT8 afterwards",
        },
        source: CHEAT_SHEET,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_stand_from_wide_to_narrow() {
        assert!(PRECISIONS.windows(2).all(|pair| pair[0].bytes_per_weight >= pair[1].bytes_per_weight));
    }

    #[test]
    fn a_recipe_keeps_weights_of_its_own_format() {
        for row in PRECISIONS {
            if let Training::Recipe(recipe) = row.training {
                assert_eq!(recipe.weight_bytes, row.bytes_per_weight, "{}", row.id);
            }
        }
    }
}
