//! The Memory lab's controls.

use crate::catalog::MODELS;
use crate::labs::form::{Form, Group, gpus};
use crate::memory::PRECISIONS;
use crate::scenario::MemoryScenario;
use crate::scenario::memory::{ACTIVATIONS, PARAMS, Size};

/// Which model, in what precision, to what end, and where.
#[must_use]
pub fn controls(asked: &MemoryScenario) -> String {
    let models: [Group; 2] = [
        ("", vec![("custom", "Your own number of parameters".to_owned())]),
        ("Models", MODELS.iter().map(|model| (model.id, format!("{} ({})", model.name, model.params))).collect()),
    ];
    let precisions: Vec<_> = PRECISIONS.iter().map(|precision| (precision.id, precision.name)).collect();
    let mut form = Form::new("memory");
    form.choice("task", "Task", &[("run", "Run"), ("train", "Train")]);
    form.menu("model", "model", "Model", &models);
    if matches!(asked.size, Size::Params(_)) {
        form.number("params", "Parameters", "", &PARAMS, None);
    }
    form.choice("precision", "Precision", &precisions);
    if asked.train {
        form.number("activations", "Activations and temporaries", "bytes per parameter", &ACTIVATIONS, Some(0.5));
    }
    form.menu("gpu", "gpu", "GPU", &gpus());
    form.more("more", "More", |form| {
        form.choice("units", "Units", &[("gb", "GB (10⁹ bytes)"), ("gib", "GiB (2³⁰ bytes)")]);
    });
    form.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::form;
    use crate::scenario::memory::{CUSTOM_PARAMS, KEYS};

    #[test]
    fn every_control_sets_a_key_and_every_option_is_one() {
        for (train, size) in [(true, Size::Model(&MODELS[0])), (false, Size::Params(CUSTOM_PARAMS))] {
            let asked = MemoryScenario { train, size, ..MemoryScenario::default() };
            form::check(&controls(&asked), KEYS, &asked);
        }
    }
}
