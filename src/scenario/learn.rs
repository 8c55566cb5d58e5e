//! Where the reader is in the story.

use super::key::{Key, documented, read_count, span};
use super::number::Bounds;

/// Bounds of a step.
pub const STEP: Bounds = Bounds { name: "The step", min: 0.0, max: 6.0, whole: true };
/// Bounds of a seed.
pub const SEED: Bounds = Bounds { name: "The seed", min: 0.0, max: 4_294_967_295.0, whole: true };

/// Where the reader is in the story. What was guessed is in no link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LearnScenario {
    /// The step, from 0 to 6.
    pub step: u32,
    /// Which questions the last step asks; 0 for some that nobody has chosen.
    pub seed: u32,
}

/// The keys, in the order they are written.
pub static KEYS: &[Key<LearnScenario>] = &[
    Key {
        name: "step",
        doc: documented!("The step of the story.", || span(&STEP), "4"),
        write: |scenario| scenario.step.to_string(),
        read: |scenario, text| read_count(&mut scenario.step, &STEP, text),
    },
    Key {
        name: "seed",
        doc: documented!(
            "Which numbers the questions of the last step have; without it they are new each time.",
            || span(&SEED),
            "7"
        ),
        write: |scenario| scenario.seed.to_string(),
        read: |scenario, text| read_count(&mut scenario.seed, &SEED, text),
    },
];
