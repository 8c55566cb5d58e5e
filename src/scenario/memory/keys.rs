//! The lab's inputs in a link.

use super::{
    ACCUMULATE, ACTIVATIONS, Activations, BATCH, CONTEXT, CUSTOM_PARAMS, GPU_COUNT, INTERLEAVE, MAX_BESIDE,
    MAX_BESIDE_LETTERS, MAX_ERROR_BYTES, MEASURED, MemoryScenario, OVERHEAD, PARAMS, PREFIX, PRICE, RANK, RESERVE,
    SOURCE, Size, TOKENS, Task, ZERO, model_ids, precision_id, precisions,
};
use crate::catalog::{self, GPUS};
use crate::memory::activations::{ACTIVATION_MODELS, Recompute, activation_model};
use crate::memory::sharding::ZeroLibrary;
use crate::memory::training::{self, RECIPES};
use crate::memory::{CACHE_FORMATS, ENGINES, OPTIMIZERS, cache_format, engine, optimizer};
use crate::scenario::key::{
    Key, Rejection, documented, list, read_bool, read_choice, read_count, read_number, span, write_bool,
};
use crate::scenario::number;
use crate::transformer::config::FIELDS;
use crate::units::{ByteUnits, Params};

/// A key of a whole number.
macro_rules! count {
    ($name:literal, $field:ident, $bounds:ident, $about:literal, $example:literal) => {
        Key {
            name: $name,
            doc: documented!($about, || span(&$bounds), $example),
            write: |scenario| scenario.$field.to_string(),
            read: |scenario, text| read_count(&mut scenario.$field, &$bounds, text),
        }
    };
}

/// A key of a switch.
macro_rules! switch {
    ($name:literal, $field:ident, $about:literal) => {
        Key {
            name: $name,
            doc: documented!($about, || list(["0", "1"]), "1"),
            write: |scenario| write_bool(scenario.$field),
            read: |scenario, text| read_choice(&mut scenario.$field, read_bool(text)),
        }
    };
}

/// The ways to compute less than everything anew, by id.
const RECOMPUTES: [(Recompute, &str); 3] =
    [(Recompute::None, "none"), (Recompute::Selective, "selective"), (Recompute::Full, "full")];

/// The most letters of a field: those of a list of a hundred layers' types.
const MAX_FIELD_LETTERS: usize = 2000;

/// Whose buffers are counted, by id.
const LIBRARIES: [(ZeroLibrary, &str); 3] =
    [(ZeroLibrary::Formula, "formula"), (ZeroLibrary::Fsdp, "fsdp"), (ZeroLibrary::DeepSpeed, "deepspeed")];

/// What stands for the cheat sheet's bytes per parameter.
const SHEET: &str = "sheet";
/// What stands for the way of training that goes with the precision.
const AUTO: &str = "auto";

/// The keys, in the order they are written.
pub static KEYS: &[Key<MemoryScenario>] = &[
    Key {
        name: "model",
        doc: documented!(
            "A model of the catalogue, `config` for one whose fields follow, or `custom` for a number of parameters.",
            || list(model_ids()),
            "gpt2"
        ),
        write: |scenario| match &scenario.size {
            Size::Model(model) => model.id.to_owned(),
            Size::Config(_) => "config".to_owned(),
            Size::Params(_) => "custom".to_owned(),
        },
        read: |scenario, text| {
            let size = match text {
                "custom" => Some(Size::Params(CUSTOM_PARAMS)),
                "config" => Some(match &scenario.size {
                    Size::Config(_) => scenario.size.clone(),
                    _ => Size::Config(vec![("model_type".to_owned(), "llama".to_owned())]),
                }),
                id => catalog::model(id).map(Size::Model),
            };
            read_choice(&mut scenario.size, size)
        },
    },
    Key {
        name: "params",
        doc: documented!(
            "Number of parameters of a `custom` model; makes the model `custom`.",
            || format!("{}; also `7B`, `350M`", span(&PARAMS)),
            "1.3e10"
        ),
        write: |scenario| match &scenario.size {
            Size::Params(params) => number::format(params.get()),
            // No number that a model or a config has stands in a link.
            _ => String::new(),
        },
        read: |scenario, text| {
            let mut params = CUSTOM_PARAMS.get();
            let read = read_number(&mut params, &PARAMS, text);
            if matches!(read, Ok(()) | Err(Rejection::Clamped(_))) {
                scenario.size = Size::Params(Params(params));
            }
            read
        },
    },
    Key {
        name: "cfg.",
        doc: documented!(
            "A field of a `config.json`, under its name there; makes the model `config`. `cfg.model_type` says of which \
             family it is; what is left out is that family's default.",
            || "the fields that memory depends on, such as `cfg.num_hidden_layers=32`".to_owned(),
            "model_type=gpt2"
        ),
        write: |scenario| match &scenario.size {
            Size::Config(fields) => {
                fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n")
            }
            _ => String::new(),
        },
        read: |scenario, text| {
            let mut fields: Vec<(String, String)> = Vec::new();
            let mut unknown = None;
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                let (name, value) = line.split_once('=').ok_or_else(|| {
                    Rejection::Because("Each line is a field, an equals sign and its value.".to_owned())
                })?;
                let (name, value) = (name.trim(), value.trim());
                if name != "model_type" && !FIELDS.contains(&name) {
                    unknown = Some(name.chars().take(40).collect::<String>());
                    continue;
                }
                fields.retain(|field| field.0 != name);
                let place = fields.partition_point(|field| field.0.as_str() < name);
                fields.insert(place, (name.to_owned(), value.chars().take(MAX_FIELD_LETTERS).collect()));
            }
            scenario.size = Size::Config(fields);
            unknown.map_or(Ok(()), |name| {
                Err(Rejection::Because(format!("No count depends on a field {name} of a config: it is left out.")))
            })
        },
    },
    Key {
        name: "task",
        doc: documented!(
            "Run the model, train all of it, or train adapters beside it, with its own weights in 16 bits or in four.",
            || list(Task::ALL.map(|row| row.1)),
            "run"
        ),
        write: |scenario| Task::ALL.iter().find(|row| row.0 == scenario.task).map_or("", |row| row.1).to_owned(),
        read: |scenario, text| {
            read_choice(&mut scenario.task, Task::ALL.iter().find(|row| row.1 == text).map(|row| row.0))
        },
    },
    Key {
        name: "precision",
        doc: documented!(
            "Format of the weights: any number format, or a recipe that keeps different tensors in different ones.",
            || list(precisions().map(|row| row.0)),
            "bf16"
        ),
        write: |scenario| scenario.precision.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.precision, precision_id(text)),
    },
    count!("context", context, CONTEXT, "Tokens of each sequence, prompt and answer together.", "32768"),
    count!("batch", batch, BATCH, "Sequences at once; in training, those of one micro-batch.", "8"),
    Key {
        name: "cache",
        doc: documented!("Format of the KV cache.", || list(CACHE_FORMATS.iter().map(|row| row.id)), "fp8"),
        write: |scenario| scenario.cache.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.cache, cache_format(text)),
    },
    Key {
        name: "engine",
        doc: documented!("What runs the model.", || list(ENGINES.iter().map(|row| row.id)), "transformers"),
        write: |scenario| scenario.engine.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.engine, engine(text)),
    },
    count!("prefix", prefix, PREFIX, "Tokens that all sequences begin with, of those of `context`.", "1024"),
    count!("source", source, SOURCE, "Tokens that the encoder of an encoder-decoder reads for each sequence.", "1024"),
    Key {
        name: "recipe",
        doc: documented!(
            "Which copies training keeps; `auto` takes FP32 for FP32, mixed precision for 16 bits, FP8 for 8-bit floats.",
            || list([AUTO].into_iter().chain(RECIPES.iter().map(|row| row.id))),
            "megatron"
        ),
        write: |scenario| scenario.recipe.map_or(AUTO, |row| row.id).to_owned(),
        read: |scenario, text| {
            let recipe = if text == AUTO { Some(None) } else { training::recipe(text).map(Some) };
            read_choice(&mut scenario.recipe, recipe)
        },
    },
    Key {
        name: "optimizer",
        doc: documented!(
            "What remembers each parameter's history.",
            || list(OPTIMIZERS.iter().map(|row| row.id)),
            "lion"
        ),
        write: |scenario| scenario.optimizer.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.optimizer, optimizer(text)),
    },
    Key {
        name: "activations",
        doc: documented!(
            "Activations and temporaries in training by the cheat sheet, bytes per parameter; makes `act` be `sheet`.",
            || span(&ACTIVATIONS),
            "4"
        ),
        write: |scenario| match scenario.activations {
            Activations::PerParam(bytes) => number::format(bytes),
            Activations::Auto | Activations::Model(_) => number::format(ACTIVATIONS.max),
        },
        read: |scenario, text| {
            let mut bytes = ACTIVATIONS.max;
            let read = read_number(&mut bytes, &ACTIVATIONS, text);
            if matches!(read, Ok(()) | Err(Rejection::Clamped(_))) {
                // The sheet's own figure is what `auto` begins with.
                let is_sheets = bytes == ACTIVATIONS.max;
                scenario.activations = if is_sheets { Activations::Auto } else { Activations::PerParam(bytes) };
            }
            read
        },
    },
    Key {
        name: "act",
        doc: documented!(
            "By which model activations are counted: the cheat sheet's bytes per parameter, or what each layer keeps. `auto` is \
             the sheet's figure, until batch, length or GPUs are asked about, of which that knows nothing.",
            || list([AUTO, SHEET].into_iter().chain(ACTIVATION_MODELS.iter().map(|row| row.id))),
            "fused"
        ),
        write: |scenario| match scenario.activations {
            Activations::Auto => AUTO.to_owned(),
            Activations::PerParam(_) => SHEET.to_owned(),
            Activations::Model(model) => model.id.to_owned(),
        },
        read: |scenario, text| {
            let chosen = match (text, scenario.activations) {
                (AUTO, _) => Some(Activations::Auto),
                (SHEET, Activations::PerParam(bytes)) => Some(Activations::PerParam(bytes)),
                (SHEET, _) => Some(Activations::PerParam(ACTIVATIONS.max)),
                (id, _) => activation_model(id).map(Activations::Model),
            };
            read_choice(&mut scenario.activations, chosen)
        },
    },
    Key {
        name: "recompute",
        doc: documented!(
            "What the backward pass computes again instead of keeping it.",
            || list(RECOMPUTES.map(|row| row.1)),
            "full"
        ),
        write: |scenario| RECOMPUTES.iter().find(|row| row.0 == scenario.recompute).map_or("", |row| row.1).to_owned(),
        read: |scenario, text| {
            read_choice(&mut scenario.recompute, RECOMPUTES.iter().find(|row| row.1 == text).map(|row| row.0))
        },
    },
    switch!("chunked", chunked, "The loss is computed in pieces, so that its logits are never there as a whole."),
    count!("accumulate", accumulate, ACCUMULATE, "Micro-batches whose gradients are added up before a step.", "8"),
    count!("rank", rank, RANK, "Rank of the adapters.", "64"),
    Key {
        name: "targets",
        doc: documented!(
            "Which linear layers have adapters: `all-linear`, `attention`, `query-value`, or names with commas between.",
            || "names of modules, such as `q_proj,v_proj`".to_owned(),
            "q_proj,v_proj"
        ),
        write: |scenario| scenario.targets.clone(),
        read: |scenario, text| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ',' | '.' | '-');
            if text.is_empty() || text.len() > 300 || !text.chars().all(is_name) {
                return Err(Rejection::Because(
                    "Names of modules are letters, digits and underscores, with commas between.".to_owned(),
                ));
            }
            scenario.targets = text.to_owned();
            Ok(())
        },
    },
    Key {
        name: "gpu",
        doc: documented!("The accelerator that should hold it.", || list(GPUS.iter().map(|gpu| gpu.id)), "rtx-4090"),
        write: |scenario| scenario.gpu.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.gpu, catalog::gpu(text)),
    },
    count!("dp", data, GPU_COUNT, "Copies of the model, each with its own data.", "8"),
    count!("tp", tensor, GPU_COUNT, "GPUs that share each matrix.", "2"),
    switch!("sp", sequence, "Those GPUs share the sequence too, where the matrices are not."),
    count!("pp", pipeline, GPU_COUNT, "GPUs that have a part of the layers each.", "4"),
    count!("interleave", interleave, INTERLEAVE, "Parts of the layers that each stage of a pipeline has.", "2"),
    count!("ep", expert, GPU_COUNT, "GPUs that share the experts.", "8"),
    count!("zero", zero, ZERO, "Stage of ZeRO: what copies share of what they would all keep. 3 is FSDP.", "3"),
    Key {
        name: "library",
        doc: documented!(
            "Whose buffers and gathered layers come with that: PyTorch's FSDP, DeepSpeed's, or none but the formula.",
            || list(LIBRARIES.map(|row| row.1)),
            "deepspeed"
        ),
        write: |scenario| LIBRARIES.iter().find(|row| row.0 == scenario.library).map_or("", |row| row.1).to_owned(),
        read: |scenario, text| {
            read_choice(&mut scenario.library, LIBRARIES.iter().find(|row| row.1 == text).map(|row| row.0))
        },
    },
    switch!(
        "foreach",
        foreach,
        "The optimizer steps over all tensors at once, with a temporary as large as the parameters."
    ),
    switch!("dropout", dropout, "There is dropout, whose masks are kept."),
    switch!("offload", offload, "The optimizer's state is in the computer's own memory."),
    Key {
        name: "overhead",
        doc: documented!(
            "What the GPU needs before it holds a model, GiB; `auto` is the engine's usual figure.",
            || format!("`auto`, {}", span(&OVERHEAD)),
            "2"
        ),
        write: |scenario| scenario.overhead.map_or_else(|| AUTO.to_owned(), number::format),
        read: |scenario, text| {
            if text == AUTO || text.is_empty() {
                scenario.overhead = None;
                return Ok(());
            }
            let mut gib = 0.0;
            let read = read_number(&mut gib, &OVERHEAD, text);
            if matches!(read, Ok(()) | Err(Rejection::Clamped(_))) {
                scenario.overhead = Some(gib);
            }
            read
        },
    },
    Key {
        name: "reserve",
        doc: documented!("Percent of the GPU to leave free.", || span(&RESERVE), "10"),
        write: |scenario| number::format(scenario.reserve),
        read: |scenario, text| read_number(&mut scenario.reserve, &RESERVE, text),
    },
    Key {
        name: "units",
        doc: documented!("Bytes in powers of 1000 (`gb`) or of 1024 (`gib`).", || list(["gb", "gib"]), "gib"),
        write: |scenario| if scenario.units == ByteUnits::Binary { "gib" } else { "gb" }.to_owned(),
        read: |scenario, text| {
            let units = match text {
                "gb" => Some(ByteUnits::Decimal),
                "gib" => Some(ByteUnits::Binary),
                _ => None,
            };
            read_choice(&mut scenario.units, units)
        },
    },
    Key {
        name: "measured",
        doc: documented!("A peak that was measured, GiB, to compare with; 0 for none.", || span(&MEASURED), "71.3"),
        write: |scenario| number::format(scenario.measured),
        read: |scenario, text| read_number(&mut scenario.measured, &MEASURED, text),
    },
    Key {
        name: "tokens",
        doc: documented!("Tokens of your own data, to fine-tune on.", || span(&TOKENS), "5e6"),
        write: |scenario| number::format(scenario.tokens),
        read: |scenario, text| read_number(&mut scenario.tokens, &TOKENS, text),
    },
    Key {
        name: "price",
        doc: documented!("Your price of a GPU-hour; 0 for none.", || span(&PRICE), "2.5"),
        write: |scenario| number::format(scenario.price),
        read: |scenario, text| read_number(&mut scenario.price, &PRICE, text),
    },
    Key {
        name: "oom",
        doc: documented!(
            "What PyTorch said when memory ran out.",
            || "its text, from `out of memory` on".to_owned(),
            "CUDA out of memory. Tried to allocate 2.00 GiB."
        ),
        write: |scenario| scenario.error.clone(),
        read: |scenario, text| {
            if text.len() > MAX_ERROR_BYTES {
                return Err(Rejection::Because(format!("A link carries at most {MAX_ERROR_BYTES} bytes of it.")));
            }
            scenario.error = text.to_owned();
            Ok(())
        },
    },
    Key {
        name: "vs",
        doc: documented!(
            "Up to three other settings to stand beside this one.",
            || "the keys of their links, with `|` between".to_owned(),
            "task=qlora|task=run&precision=bf16"
        ),
        write: |scenario| scenario.beside.join("|"),
        read: |scenario, text| {
            let beside: Vec<String> = text.split('|').filter(|other| !other.is_empty()).map(str::to_owned).collect();
            if beside.len() > MAX_BESIDE || beside.iter().any(|other| other.chars().count() > MAX_BESIDE_LETTERS) {
                return Err(Rejection::Because(format!("At most {MAX_BESIDE} settings stand beside this one.")));
            }
            scenario.beside = beside;
            Ok(())
        },
    },
];
