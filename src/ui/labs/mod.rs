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
use crate::ui::components::OptionGroup;

/// The accelerators as a menu, by vendor.
fn gpu_menu() -> Vec<OptionGroup> {
    use crate::catalog::GPUS;
    let mut groups: Vec<OptionGroup> = Vec::new();
    for gpu in GPUS {
        let label = gpu.vendor.name();
        let option = (gpu.id, gpu.name.to_owned());
        match groups.iter_mut().find(|group| group.label == label) {
            Some(group) => group.options.push(option),
            None => groups.push(OptionGroup { label, options: vec![option] }),
        }
    }
    groups
}

/// How many of the parameters of a link's model stand in words: its name.
fn model_words(scenario: &MemoryScenario) -> String {
    crate::answers::model_name(&scenario.size)
}
