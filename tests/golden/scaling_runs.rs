//! `scaling.json`: parameters and FLOP counted from an architecture, energy, carbon and money.

use crate::number;
use crate::scaling::Answers;
use bitbudget::scaling::emissions;
use bitbudget::scaling::flops::peers::{CONVENTIONS, Model, Shape, rule};
use bitbudget::scaling::flops::{Attended, Forward};
use bitbudget::transformer::{Architecture, Config};
use bitbudget::units::Flop;
use serde_json::Value;
use std::collections::BTreeMap;

/// What cases leave out: the vocabulary of Hoffmann et al. and of LLaMA, and the cookbook's own defaults.
const VOCAB_32K: f64 = 32_000.0;
const COOKBOOK_VOCAB: f64 = 51_200.0;
const COOKBOOK_SEQUENCE: f64 = 2048.0;

/// What the library says; `None` for a kind that is not one of these.
pub fn answer(kind: &str, inputs: &Value) -> Option<Answers> {
    let given = |key: &str| number(inputs, key);
    Some(match kind {
        "appendix_F(no embed, no logits)/(6*S*N)" => {
            let shape = hoffmann(inputs);
            let counted = shape.appendix_f(given("seq_len"), false, false);
            BTreeMap::from([("ratio", counted / rule(shape.hoffmann_params()))])
        }
        "chinchilla_params(vocab=32000)" => BTreeMap::from([("N", hoffmann(inputs).hoffmann_params().get())]),
        "gpt_params" => {
            let bias = inputs["bias"].as_bool().unwrap_or(true);
            BTreeMap::from([("N", gpt(inputs).gpt_params(bias).get())])
        }
        "forward+backward FLOPs per sequence" => sizing(inputs),
        "total FLOPs incl. recompute (4x fwd)" => cookbook(inputs, true),
        "total FLOPs" => cookbook(inputs, false),
        "--ffn-hidden-size is ignored" => ignored_width(inputs),
        "MWh=h*W*PUE/1e6; t=MWh*0.385" => {
            let energy = emissions::energy_mwh(given("gpu_hours"), given("watt"), given("pue"));
            BTreeMap::from([
                ("MWh", energy),
                ("tCO2e", emissions::co2_tonnes(energy, or(inputs, "kg_per_kwh", emissions::GRIDS[0].value))),
            ])
        }
        "hours*price" => BTreeMap::from([("usd", emissions::cost_usd(given("gpu_hours"), given("price")))]),
        _ => return None,
    })
}

fn or(inputs: &Value, key: &str, default: f64) -> f64 {
    inputs[key].as_f64().unwrap_or(default)
}

/// A model of Hoffmann et al., as their tables name its sizes.
fn hoffmann(inputs: &Value) -> Shape {
    let given = |key: &str| number(inputs, key);
    Shape {
        layers: given("layers"),
        hidden: given("d_model"),
        heads: given("heads"),
        head_dim: given("kv_size"),
        ffn: given("ffw"),
        vocab: or(inputs, "vocab", VOCAB_32K),
    }
}

/// A model of nanoGPT.
fn gpt(inputs: &Value) -> Shape {
    let given = |key: &str| number(inputs, key);
    let (hidden, heads) = (given("d_model"), given("heads"));
    let (layers, vocab) = (given("layers"), given("vocab"));
    Shape { layers, hidden, heads, head_dim: hidden / heads, ffn: 4.0 * hidden, vocab }
}

fn architecture(fields: &[(&str, f64)], model_type: &str) -> Architecture {
    let mut config = Config::new(model_type);
    for (name, value) in fields {
        assert!(config.set(name, &value.to_string()), "no field {name}");
    }
    Architecture::from_config(&config).expect("an architecture")
}

/// `transformer_sizing` of nanoGPT: its matrices are those of GPT-2, its parameters those of GPT-2 without biases.
fn sizing(inputs: &Value) -> Answers {
    let given = |key: &str| number(inputs, key);
    let sequence = given("seq_len");
    let fields = [
        ("n_embd", given("d_model")),
        ("n_layer", given("layers")),
        ("n_head", given("heads")),
        ("n_positions", sequence),
        ("vocab_size", given("vocab")),
    ];
    let forward = Forward::of(&architecture(&fields, "gpt2"), sequence as u64, Attended::Full).expect("a count");
    let shape = gpt(inputs);
    let params = shape.gpt_params(false);
    let palm = CONVENTIONS.iter().find(|row| row.id == "palm").expect("a row");
    let of_palm = (palm.per_token)(&Model { shape, params, sequence });
    BTreeMap::from([
        ("params", params.get() + sequence * shape.hidden),
        ("forward", forward.total().get() * sequence),
        ("total", forward.training(false).get() * sequence),
        ("palm", of_palm.get() * sequence),
    ])
}

/// A model as EleutherAI's cookbook is told of it.
fn cookbook_shape(inputs: &Value, vocab: f64) -> Shape {
    let hidden = number(inputs, "hidden");
    let vocab = or(inputs, "vocab", vocab);
    // It knows nothing of heads.
    Shape { layers: number(inputs, "layers"), hidden, heads: 1.0, head_dim: hidden, ffn: 4.0 * hidden, vocab }
}

fn cookbook(inputs: &Value, recompute: bool) -> Answers {
    let recompute = inputs["checkpoint_activations"].as_bool().unwrap_or(recompute);
    let shape = cookbook_shape(inputs, COOKBOOK_VOCAB);
    let per_token = shape.cookbook(or(inputs, "seq", COOKBOOK_SEQUENCE), or(inputs, "mlp_linears", 2.0), recompute);
    BTreeMap::from([("ZFLOPs", zetta(inputs, per_token.total()))])
}

/// The tool prints an MLP of 4·d whatever width it is given; ours is the width of the config.
fn ignored_width(inputs: &Value) -> Answers {
    let given = |key: &str| number(inputs, key);
    let (matrices, sequence) = (given("mlp_linears"), or(inputs, "seq", COOKBOOK_SEQUENCE));
    let printed = cookbook_shape(inputs, VOCAB_32K).cookbook(sequence, matrices, false);
    let (layers, hidden, width) = (given("layers"), given("hidden"), given("ffn_hidden"));
    let ours = if matrices == 3.0 {
        let fields = [("hidden_size", hidden), ("num_hidden_layers", layers), ("intermediate_size", width)];
        // The heads are no part of the question, and one of the whole width divides any.
        architecture(&[&fields[..], &[("num_attention_heads", 1.0)]].concat(), "llama")
    } else {
        let fields = [("n_embd", hidden), ("n_layer", layers), ("n_inner", width), ("n_head", 1.0)];
        architecture(&fields, "gpt2")
    };
    let forward = Forward::of(&ours, sequence as u64, Attended::Full).expect("a count");
    BTreeMap::from([
        ("ZFLOPs_printed", zetta(inputs, printed.total())),
        ("FFN_ZFLOPs_printed", zetta(inputs, printed.mlp)),
        ("FFN_ZFLOPs_correct", zetta(inputs, forward.mlp * 3.0)),
    ])
}

fn zetta(inputs: &Value, per_token: Flop) -> f64 {
    per_token.get() * number(inputs, "tokens") / 1e21
}
