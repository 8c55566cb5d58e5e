//! The rooms.

mod formats;
mod home;
mod memory;
mod quantize;
mod scaling;

pub use formats::FormatsLab;
pub use home::Home;
pub use memory::MemoryLab;
pub use quantize::QuantizeLab;
pub use scaling::ScalingLab;

use crate::scenario::MemoryScenario;

/// How many of the parameters of a link's model stand in words: its name.
fn model_words(scenario: &MemoryScenario) -> String {
    crate::answers::model_name(&scenario.size)
}
