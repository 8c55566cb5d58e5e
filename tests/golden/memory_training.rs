//! `memory.json`: what training takes — states, activations, adapters and shares of GPUs.

use crate::{number, text};
use bitbudget::memory::activations::{Activations, LayerShape, Recompute, activation_model};
use bitbudget::memory::adapters::Lora;
use bitbudget::memory::optimizers::{FP32_STATE, States, blockwise_bytes};
use bitbudget::memory::sharding::{Widths, Zero, deepspeed_estimate, zero_bytes};
use bitbudget::memory::training::RECIPES;
use bitbudget::memory::{OPTIMIZERS, optimizer_named};
use bitbudget::transformer::{Architecture, Component, Tensors};
use bitbudget::units::Params;
use serde_json::Value;

/// What is computed for a case of a kind that is about training; nothing for other kinds.
pub fn computed(case: &Value, architecture: impl Fn(&Value) -> Result<Architecture, String>) -> Option<Vec<f64>> {
    let found = match text(case, "kind") {
        "zero_bytes_per_gpu" => zero(case),
        "deepspeed_estimate" => deepspeed(case),
        "optimizer_bytes_per_param" => states(case),
        "activation_bytes_per_layer" => layer(case).map(|layer| layer.activations.kept(&layer.shape).get()),
        "activation_coefficient" => layer(case).map(|layer| layer.activations.coefficient(&layer.shape)),
        "activation_bytes" => layer(case).map(|layer| layer.of_model(case)),
        "lora_params" => architecture(case).and_then(|architecture| adapters(case, &architecture)),
        _ => return None,
    };
    // An `expected` that is no number says that there is no answer.
    if !case["expected"].is_number() {
        found.expect_err(text(case, "id"));
        return Some(Vec::new());
    }
    Some(vec![found.unwrap_or_else(|error| panic!("{}: {error}", case["id"]))])
}

/// Every recipe and optimizer that come to so many bytes per parameter, times the parameters.
pub fn trained(case: &Value) -> Vec<f64> {
    let (params, wanted) = (number(&case["inputs"], "params"), number(&case["inputs"], "bytes_per_param"));
    let pairs = RECIPES.iter().flat_map(|recipe| OPTIMIZERS.iter().map(move |row| recipe.bytes_per_param(row)));
    pairs.filter(|bytes| *bytes == wanted).map(|bytes| params * bytes).collect()
}

fn whole(inputs: &Value, key: &str) -> Result<u64, String> {
    inputs[key]
        .as_f64()
        .filter(|value| value.fract() == 0.0 && *value >= 1.0)
        .map(|value| value as u64)
        .ok_or_else(|| format!("`{key}` is {} and not a whole number of at least 1", inputs[key]))
}

fn whole_or(inputs: &Value, key: &str, default: u64) -> Result<u64, String> {
    if inputs.get(key).is_none_or(Value::is_null) { Ok(default) } else { whole(inputs, key) }
}

fn stage(inputs: &Value) -> Result<Zero, String> {
    inputs["stage"].as_u64().and_then(Zero::from_stage).ok_or_else(|| format!("there is no stage {}", inputs["stage"]))
}

fn zero(case: &Value) -> Result<f64, String> {
    let inputs = &case["inputs"];
    let widths = Widths {
        weight: number(inputs, "weight_bytes"),
        gradient: number(inputs, "gradient_bytes"),
        optimizer: number(inputs, "optimizer_bytes"),
    };
    Ok(zero_bytes(Params(number(inputs, "params")), widths, stage(inputs)?, whole(inputs, "dp")?).get())
}

fn deepspeed(case: &Value) -> Result<f64, String> {
    let inputs = &case["inputs"];
    let largest = Params(inputs["largest_layer"].as_f64().unwrap_or(0.0));
    let offload = inputs["cpu_offload"].as_bool().unwrap_or(false);
    let (params, zero) = (Params(number(inputs, "params")), stage(inputs)?);
    deepspeed_estimate(params, largest, zero, whole(inputs, "gpus")?, offload)
        .map(|bytes| bytes.get())
        .ok_or_else(|| format!("DeepSpeed has no estimator for stage {}", inputs["stage"]))
}

fn states(case: &Value) -> Result<f64, String> {
    let inputs = &case["inputs"];
    let name = text(inputs, "optimizer");
    let row = optimizer_named(name).ok_or_else(|| format!("no optimizer is called {name}"))?;
    // The matrix that states were measured on, unless the case has its own.
    let matrix = Tensors {
        component: Component::Attention,
        name: "q_proj",
        rows: whole_or(inputs, "rows", 512)?,
        cols: whole_or(inputs, "cols", 768)?,
        stack: None,
        copies: 1,
        active: 1,
    };
    let blocks = whole_or(inputs, "block", 0).ok().filter(|block| *block > 0);
    Ok(match (row.states, blocks) {
        (States::Blockwise { codes, block, .. }, Some(other)) if other != block => codes * blockwise_bytes(other),
        _ => row.state_bytes(&matrix, FP32_STATE).get() / matrix.params() as f64,
    })
}

/// A layer, and how it is kept.
struct Layer {
    activations: Activations,
    shape: LayerShape,
}

impl Layer {
    /// All layers, with the mask of the embeddings' dropout if the case has one.
    fn of_model(&self, case: &Value) -> f64 {
        let inputs = &case["inputs"];
        let embedding = f64::from(inputs["embedding_dropout"].as_bool().unwrap_or(false));
        let mask = self.activations.batch_tokens() * self.shape.hidden * self.activations.sequence_share();
        self.activations.kept(&self.shape).get() * number(inputs, "L") + embedding * mask
    }
}

fn layer(case: &Value) -> Result<Layer, String> {
    let inputs = &case["inputs"];
    let (family, mode) = (text(inputs, "model"), text(inputs, "mode"));
    let words: Vec<&str> = mode.split(['_', '-', '+']).collect();
    let id = match family {
        "transformers" if words.contains(&"eager") => "transformers-eager",
        "transformers" => "transformers-sdpa",
        other => other,
    };
    let recompute = if words.contains(&"full") {
        Recompute::Full
    } else if words.contains(&"selective") || words.contains(&"flash") {
        // Flash attention keeps what selective recomputation does.
        Recompute::Selective
    } else {
        Recompute::None
    };
    let (hidden, heads) = (whole(inputs, "h")?, whole_or(inputs, "a", 1)?);
    let shape = match inputs.get("I") {
        None if family == "korthikanti" => LayerShape::gpt(hidden, heads),
        None => LayerShape::llama(hidden, heads, whole_or(inputs, "kv", heads)?, 4 * hidden),
        Some(_) => LayerShape::llama(hidden, heads, whole_or(inputs, "kv", heads)?, whole(inputs, "I")?),
    };
    let activations = Activations {
        model: activation_model(id).ok_or_else(|| format!("there is no model {family}"))?,
        recompute,
        dropout: inputs["dropout"].as_bool().unwrap_or(family == "korthikanti"),
        compute_bytes: 2.0,
        tensor: if words.contains(&"tp") { whole(inputs, "t")? } else { 1 },
        sequence: words.contains(&"sp"),
        batch: whole_or(inputs, "b", 1)?,
        tokens: whole_or(inputs, "s", 1)?,
    };
    Ok(Layer { activations, shape })
}

fn adapters(case: &Value, architecture: &Architecture) -> Result<f64, String> {
    let inputs = &case["inputs"];
    let targets = inputs["targets"].as_array().ok_or("the targets are no list")?;
    let lora = Lora {
        rank: whole(inputs, "rank")?,
        targets: targets.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
    };
    lora.params(architecture).map(|params| params as f64).map_err(|error| error.to_string())
}
