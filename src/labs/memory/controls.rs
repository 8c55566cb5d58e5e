//! The Memory lab's controls.

use crate::catalog::MODELS;
use crate::labs::form::{Form, Group, gpus, plain};
use crate::memory::activations::ACTIVATION_MODELS;
use crate::memory::adapters::TARGET_PRESETS;
use crate::memory::training::RECIPES;
use crate::memory::{CACHE_FORMATS, ENGINES, OPTIMIZERS};
use crate::scenario::MemoryScenario;
use crate::scenario::memory::{
    ACCUMULATE, ACTIVATIONS, Activations, BATCH, CONTEXT, GPU_COUNT, INTERLEAVE, MEASURED, OVERHEAD, PARAMS, PREFIX,
    PRICE, RANK, RESERVE, SOURCE, Size, TOKENS, Task, precisions,
};

/// Which model, in what precision, to what end, and where.
#[must_use]
pub fn controls(asked: &MemoryScenario) -> String {
    let mut form = Form::new("memory");
    form.choice("task", "Task", &Task::ALL.map(|(_, id, name)| (id, name)));
    model(&mut form, asked);
    if asked.task != Task::Qlora {
        let common = [("fp32", "FP32"), ("bf16", "BF16"), ("fp16", "FP16"), ("int8", "INT8")];
        form.choice("precision", "Precision", &common);
    }
    match asked.task {
        Task::Run => run(&mut form, asked.has_architecture()),
        _ => train(&mut form, asked),
    }
    form.finish()
}

fn model(form: &mut Form, asked: &MemoryScenario) {
    let own =
        vec![("custom", "Your own number of parameters".to_owned()), ("config", "Your own config.json".to_owned())];
    let models: [Group; 2] = [
        ("", own),
        ("Models", MODELS.iter().map(|model| (model.id, format!("{} ({})", model.name, model.params))).collect()),
    ];
    form.menu("model", "model", "Model", &models);
    match asked.size {
        Size::Params(_) => _ = form.number("params", "Parameters", "", &PARAMS, None),
        Size::Config(_) => _ = form.area("cfg.", "Fields of the config, a line each"),
        Size::Model(_) => {}
    }
}

/// Of a model of which only the size is known neither length nor number of sequences can be counted.
fn run(form: &mut Form, is_known: bool) {
    form.menu("weights", "precision", "Or any format or recipe", &plain(precisions()));
    if is_known {
        form.number("context", "Context", "tokens", &CONTEXT, None);
        form.number("batch", "Sequences at once", "", &BATCH, None);
    }
    form.menu("gpu", "gpu", "GPU", &gpus());
    form.more("more", if is_known { "Engine, cache, several GPUs" } else { "Engine, several GPUs" }, |form| {
        form.menu("engine", "engine", "Engine", &plain(ENGINES.iter().map(|row| (row.id, row.name))));
        if is_known {
            form.menu("cache", "cache", "KV cache", &plain(CACHE_FORMATS.iter().map(|row| (row.id, row.name))));
            form.number("prefix", "Shared prefix", "tokens", &PREFIX, None);
            form.number("source", "An encoder reads", "tokens", &SOURCE, None);
        }
        form.number("tp", "GPUs that share each matrix", "", &GPU_COUNT, None);
        gpu(form);
    });
}

fn train(form: &mut Form, asked: &MemoryScenario) {
    if asked.task != Task::Train {
        form.number("rank", "Rank of the adapters", "", &RANK, None);
        form.menu("targets", "targets", "Beside", &plain(TARGET_PRESETS.iter().map(|row| (row.id, row.name))));
    }
    form.menu("optimizer", "optimizer", "Optimizer", &plain(OPTIMIZERS.iter().map(|row| (row.id, row.name))));
    let models = ACTIVATION_MODELS.iter().map(|row| (row.id, row.name));
    if asked.task != Task::Train {
        form.menu(
            "act",
            "act",
            "Activations by",
            &plain([("auto", "transformers, as shipped")].into_iter().chain(models)),
        );
    } else if asked.has_architecture() {
        let sheet = [("auto", "the cheat sheet, or counted"), ("sheet", "the cheat sheet: bytes per parameter")];
        form.menu("act", "act", "Activations by", &plain(sheet.into_iter().chain(models)));
    }
    // Which controls there are never follows from a number: they would be made anew while it is typed.
    if asked.task == Task::Train && !matches!(asked.activations, Activations::Model(_)) {
        form.number("activations", "Activations by the sheet", "bytes per parameter", &ACTIVATIONS, Some(0.5));
    }
    if asked.task == Task::Train && !asked.has_architecture() {
        form.menu("gpu", "gpu", "GPU", &gpus());
        form.more("more", "More", |form| {
            copies(form);
            gpu(form);
        });
        return;
    }
    form.number("context", "Length of a sequence", "tokens", &CONTEXT, None);
    form.number("batch", "Sequences of a micro-batch", "", &BATCH, None);
    form.choice("recompute", "Computed again", &[("none", "Nothing"), ("selective", "Attention"), ("full", "Layers")]);
    form.choice("chunked", "Logits", &[("0", "Whole"), ("1", "In pieces")]);
    form.menu("gpu", "gpu", "GPU", &gpus());
    form.more("more", "Copies kept, several GPUs", |form| {
        copies(form);
        form.number("accumulate", "Micro-batches of a step", "", &ACCUMULATE, None);
        form.number("dp", "Copies of the model", "GPUs", &GPU_COUNT, None);
        let stages = [("0", "Off"), ("1", "1"), ("2", "2"), ("3", "3, FSDP")];
        form.choice("zero", "They share (ZeRO)", &stages);
        form.choice(
            "library",
            "With the buffers of",
            &[("fsdp", "FSDP"), ("deepspeed", "DeepSpeed"), ("formula", "None")],
        );
        form.number("tp", "GPUs that share each matrix", "", &GPU_COUNT, None);
        form.choice("sp", "And the sequence", &[("0", "No"), ("1", "Yes")]);
        form.number("pp", "GPUs in a pipeline", "", &GPU_COUNT, None);
        form.number("interleave", "Parts of each stage", "", &INTERLEAVE, None);
        form.number("ep", "GPUs that share the experts", "", &GPU_COUNT, None);
        form.choice("dropout", "Dropout", &[("0", "No"), ("1", "Yes")]);
        form.choice("foreach", "The step", &[("0", "Fused"), ("1", "All at once")]);
        form.choice("offload", "Optimizer's state", &[("0", "On the GPU"), ("1", "In the CPU's memory")]);
        gpu(form);
    });
}

/// Which copies training keeps.
fn copies(form: &mut Form) {
    let recipes =
        [("auto", "As goes with the precision")].into_iter().chain(RECIPES.iter().map(|row| (row.id, row.name)));
    form.menu("recipe", "recipe", "Copies", &plain(recipes));
}

/// What is not the model's.
fn gpu(form: &mut Form) {
    form.number("overhead", "Runtime overhead", "GiB, or auto", &OVERHEAD, None);
    form.number("reserve", "Left free", "%", &RESERVE, None);
    form.number("tokens", "Your own data, to fine-tune on", "tokens", &TOKENS, None);
    form.number("price", "Your price of a GPU-hour", "", &PRICE, None);
    form.number("measured", "Measured peak, to compare", "GiB", &MEASURED, None);
    form.choice("units", "Units", &[("gb", "GB (10⁹ bytes)"), ("gib", "GiB (2³⁰ bytes)")]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::form;
    use crate::memory::activations::activation_model;
    use crate::scenario::memory::{CUSTOM_PARAMS, KEYS};

    #[test]
    fn no_number_that_is_typed_changes_which_controls_there_are() {
        let default = MemoryScenario::default();
        let html = controls(&default);
        for (key, value) in [
            ("activations", "1"),
            ("context", "4"),
            ("batch", "7"),
            ("accumulate", "2"),
            ("dp", "8"),
            ("tp", "2"),
            ("pp", "4"),
        ] {
            let mut typed = default.clone();
            let row = KEYS.iter().find(|row| row.name == key).unwrap();
            (row.read)(&mut typed, value).unwrap();
            assert_ne!(typed, default);
            assert_eq!(controls(&typed), html, "{key}={value}");
        }
    }

    #[test]
    fn every_control_sets_a_key_and_every_option_is_one() {
        let sheet = MemoryScenario::default().activations;
        let exact = Activations::Model(activation_model("fused").unwrap());
        let by_hand = Activations::PerParam(4.0);
        let sizes = [Size::Model(&MODELS[0]), Size::Params(CUSTOM_PARAMS), Size::Config(vec![])];
        for (task, ..) in Task::ALL {
            for activations in [sheet, exact, by_hand] {
                for size in sizes.clone() {
                    let asked = MemoryScenario { task, activations, size, ..MemoryScenario::default() };
                    form::check(&controls(&asked), KEYS, &asked);
                }
            }
        }
    }
}
