//! What a recipe makes of a checkpoint: a target for each tensor, and what they take together.

use super::{Model, Recipe, Target};
use crate::formats::{Block, FP16, Format, Kind, Layout, format};
use crate::order;
use crate::quantize::Granularity;
use crate::survey::{Measured, Setting};
use crate::weights::{Checkpoint, Dtype, Stored};
use std::collections::BTreeMap;

/// What becomes of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    /// The rule that fits it, if one does.
    pub rule: Option<usize>,
    /// What becomes of it.
    pub target: Target,
    /// Why that is not what the rule says; nothing where it is.
    pub instead: Option<String>,
    /// Bytes that it takes then.
    pub bytes: u64,
}

/// What all tensors take together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Values.
    pub params: u64,
    /// Bytes by the recipe.
    pub bytes: u64,
    /// Bytes as they are stored.
    pub stored: u64,
    /// Values that are written anew.
    pub written: u64,
    /// Tensors that are not in the format that their rule says.
    pub instead: u64,
}

impl Totals {
    /// Those of all tensors of a checkpoint.
    #[must_use]
    pub fn of(checkpoint: &Checkpoint, assigned: &[Assigned]) -> Self {
        let mut totals = Self::default();
        for (tensor, assigned) in checkpoint.tensors.iter().zip(assigned) {
            totals.params = totals.params.saturating_add(tensor.len());
            totals.bytes = totals.bytes.saturating_add(assigned.bytes);
            totals.stored = totals.stored.saturating_add(tensor.span.len());
            totals.instead += u64::from(assigned.instead.is_some());
            if assigned.target != Target::Keep {
                totals.written = totals.written.saturating_add(tensor.len());
            }
        }
        totals
    }

    /// 8·bytes/values; nothing without values.
    #[must_use]
    pub fn bits_per_weight(&self) -> Option<f64> {
        (self.params > 0).then(|| 8.0 * self.bytes as f64 / self.params as f64)
    }
}

/// What a recipe makes of every tensor, in the order of the checkpoint.
///
/// Rows that the blocks of a ggml format do not divide fall back as llama.cpp has it (Q4_K to Q5_0, Q5_K to Q5_1, Q6_K to Q8_0, the
/// others of 256 values to Q4_0 or IQ4_NL; and to FP16 if that does not divide them either); with other blocks they are kept.
/// bitsandbytes' blocks and groups may end short. What is no weight, and what is in the format already, is kept too.
#[must_use]
pub fn assign(recipe: &Recipe, checkpoint: &Checkpoint) -> Vec<Assigned> {
    let model = Model::of(checkpoint);
    let assign = |tensor: &Stored| {
        let (rule, wanted) = recipe.target(&tensor.name, tensor.shape.len(), model);
        let (target, instead) = match wanted {
            Target::Keep => (Target::Keep, None),
            Target::To(setting) => written(tensor, setting),
        };
        Assigned { rule, target, instead, bytes: bytes(tensor, target) }
    };
    checkpoint.tensors.iter().map(assign).collect()
}

/// Bytes of a tensor with a target.
pub(super) fn bytes(tensor: &Stored, target: Target) -> u64 {
    let (rows, cols) = tensor.matrix();
    match target {
        Target::Keep => tensor.span.len(),
        Target::To(setting) => setting.bytes(rows, cols),
    }
}

/// What becomes of a tensor that should be written in a setting, and why if that is another.
fn written(tensor: &Stored, setting: Setting) -> (Target, Option<String>) {
    if !is_weight(tensor.dtype) || is_stored_as(tensor.dtype, setting) || tensor.is_empty() {
        return (Target::Keep, None);
    }
    if is_divided(tensor, setting.format) {
        return (Target::To(setting), None);
    }
    let fallback = fallback(setting.format).map(|fallback| if is_divided(tensor, fallback) { fallback } else { &FP16 });
    let (name, cols) = (setting.format.name, tensor.matrix().1);
    let blocks = format!("rows of {cols} are no whole blocks of {name}");
    match fallback {
        Some(format) => {
            let target = Target::To(Setting { format, granularity: Granularity::Tensor });
            (target, Some(format!("{blocks}, so it becomes {}, as llama.cpp has it", format.name)))
        }
        None => (Target::Keep, Some(format!("{blocks}, so it is kept"))),
    }
}

/// Whether a type holds weights: numbers with a fraction.
pub(super) const fn is_weight(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::Number(_) | Dtype::Blocks(_) | Dtype::Fp64)
}

/// Whether values are stored so already.
pub(super) fn is_stored_as(dtype: Dtype, setting: Setting) -> bool {
    match (dtype, setting.format.kind) {
        (Dtype::Number(format), _) => format.id == setting.format.id && setting.granularity == Granularity::Tensor,
        (Dtype::Blocks(block_type), Kind::Block(Block { layout: Layout::Ggml { id, .. }, .. })) => block_type.id == id,
        _ => false,
    }
}

/// Whether the rows of a tensor are whole blocks of a format, where that matters.
pub(super) fn is_divided(tensor: &Stored, format: &Format) -> bool {
    match format.kind {
        Kind::Block(Block { layout: Layout::Bnb { .. }, .. }) => true,
        Kind::Block(block) => tensor.matrix().1.is_multiple_of(block.size as u64),
        _ => true,
    }
}

/// What llama.cpp takes instead of a format of 256 values (`tensor_type_fallback`); nothing for others.
fn fallback(of: &Format) -> Option<&'static Format> {
    format(match of.id {
        "q4_k" => "q5_0",
        "q5_k" => "q5_1",
        "q6_k" => "q8_0",
        "q2_k" | "q3_k" | "tq1_0" | "tq2_0" => "q4_0",
        "iq4_xs" => "iq4_nl",
        _ => return None,
    })
}

/// How good the tensors are that a recipe writes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weakness {
    /// Their places in the checkpoint with their SQNR in dB, the worst first; −∞ if values overflow, ∞ without any error.
    pub by_decibels: Vec<(u32, f64)>,
    /// Those whose target has not been measured, or not on them.
    pub unmeasured: Vec<u32>,
}

/// The tensors that a recipe writes anew, the worst first, by what was measured in these settings.
#[must_use]
pub fn weakest(assigned: &[Assigned], settings: &[Setting], measured: &BTreeMap<u32, Measured>) -> Weakness {
    let mut weakness = Weakness::default();
    for (i, assigned) in (0..).zip(assigned) {
        let Target::To(setting) = assigned.target else { continue };
        let place = settings.iter().position(|known| *known == setting);
        let errors = place.zip(measured.get(&i)).and_then(|(place, measured)| measured.errors.get(place));
        match errors {
            Some(Ok(errors)) => weakness.by_decibels.push((i, errors.decibels())),
            _ => weakness.unmeasured.push(i),
        }
    }
    order::sort_by(&mut weakness.by_decibels, |a, b| a.1.total_cmp(&b.1));
    weakness
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::ggml;
    use crate::survey::Errors;
    use crate::survey::recipe::preset;
    use crate::survey::test_support::{checkpoint, tensor};

    fn setting(text: &str) -> Setting {
        Setting::read(text).unwrap()
    }

    fn llama(layers: u32, hidden: u64) -> Checkpoint {
        let mut tensors =
            vec![tensor("model.embed_tokens.weight", &[1000, hidden]), tensor("model.norm.weight", &[hidden])];
        for layer in 0..layers {
            let name = |module: &str| format!("model.layers.{layer}.{module}.weight");
            tensors.push(tensor(&name("input_layernorm"), &[hidden]));
            for module in ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"] {
                tensors.push(tensor(&name(module), &[hidden, hidden]));
            }
            for module in ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"] {
                tensors.push(tensor(&name(module), &[hidden, hidden]));
            }
        }
        tensors.push(tensor("lm_head.weight", &[1000, hidden]));
        checkpoint(tensors)
    }

    fn targets(recipe: &str, checkpoint: &Checkpoint) -> BTreeMap<String, String> {
        let assigned = assign(&preset(recipe).unwrap().recipe(), checkpoint);
        let tensors = checkpoint.tensors.iter().zip(assigned);
        tensors.map(|(tensor, assigned)| (tensor.name.clone(), assigned.target.write())).collect()
    }

    #[test]
    fn q4_k_m_is_what_llama_cpp_makes() {
        let targets = targets("q4-k-m", &llama(32, 512));
        let of = |name: &str| targets[name].as_str();
        assert_eq!(
            [of("lm_head.weight"), of("model.embed_tokens.weight"), of("model.norm.weight")],
            ["q6_k", "q4_k", "keep"]
        );
        let layer = |layer: u32, module: &str| of(&format!("model.layers.{layer}.{module}.weight"));
        for i in 0..32 {
            let expected = if super::super::more_bits(i, 32) { "q6_k" } else { "q4_k" };
            assert_eq!([layer(i, "self_attn.v_proj"), layer(i, "mlp.down_proj")], [expected; 2], "layer {i}");
            assert_eq!(
                [layer(i, "self_attn.k_proj"), layer(i, "mlp.up_proj"), layer(i, "input_layernorm")],
                ["q4_k", "q4_k", "keep"]
            );
        }
        let mut tied = llama(2, 512);
        tied.tensors.pop();
        assert_eq!(assign(&preset("q4-k-m").unwrap().recipe(), &tied)[0].target.write(), "q6_k");
    }

    #[test]
    fn presets_write_what_their_names_say() {
        let checkpoint = llama(2, 512);
        let of = |id: &str, name: &str| targets(id, &checkpoint)[name].clone();
        let (head, norm) = ("lm_head.weight", "model.norm.weight");
        let (query, up) = ("model.layers.1.self_attn.q_proj.weight", "model.layers.1.mlp.up_proj.weight");
        for (id, expected) in [
            ("all-q8-0", ["q8_0", "keep", "q8_0", "q8_0"]),
            ("q4-k-wide-ends", ["keep", "keep", "q4_k", "q4_k"]),
            ("mxfp4-mlp", ["keep", "keep", "keep", "mxfp4"]),
            ("fp8-linear", ["keep", "keep", "e4m3fn@row", "e4m3fn@row"]),
            ("nf4-linear", ["keep", "keep", "bnb_nf4_double", "bnb_nf4_double"]),
        ] {
            assert_eq!([head, norm, query, up].map(|name| of(id, name)), expected, "{id}");
        }
    }

    #[test]
    fn rows_that_blocks_do_not_divide_fall_back_as_in_llama_cpp() {
        let of = |format: &str, cols: u64| {
            let (target, instead) = written(&tensor("w", &[8, cols]), setting(format));
            (target.write(), instead.is_some())
        };
        for (format, cols, expected) in [
            ("q4_k", 512, "q4_k"),
            ("q4_k", 96, "q5_0"),
            ("q5_k", 96, "q5_1"),
            ("q6_k", 96, "q8_0"),
            ("q2_k", 96, "q4_0"),
            ("iq4_xs", 96, "iq4_nl"),
            ("q4_k", 100, "fp16"),
            ("q8_0", 100, "keep"),
            ("mxfp4", 100, "keep"),
            ("nvfp4", 96, "nvfp4"),
            ("bnb_nf4_block", 100, "bnb_nf4_block"),
            ("int4@g128", 100, "int4@g128"),
        ] {
            assert_eq!(of(format, cols), (expected.to_owned(), expected != format), "{format} of {cols}");
        }
        let why = written(&tensor("w", &[8, 96]), setting("q4_k")).1.unwrap();
        assert_eq!(why, "rows of 96 are no whole blocks of Q4_K, so it becomes Q5_0, as llama.cpp has it");
    }

    #[test]
    fn what_is_no_weight_or_is_so_already_is_kept() {
        let of = |dtype, format: &str| written(&Stored { dtype, ..tensor("w", &[8, 256]) }, setting(format)).0.write();
        assert_eq!(of(Dtype::Integer { bits: 64, is_signed: true }, "q4_k"), "keep");
        assert_eq!(of(Dtype::BF16, "bf16"), "keep");
        assert_eq!(of(Dtype::FP16, "bf16"), "bf16");
        assert_eq!(of(Dtype::Blocks(&ggml::Q4_K), "q4_k"), "keep");
        assert_eq!(of(Dtype::Blocks(&ggml::Q4_K), "q8_0"), "q8_0");
    }

    #[test]
    fn totals_are_sums_of_the_tensors() {
        let checkpoint = llama(1, 512);
        let assigned = assign(&Recipe::read("* 1-D = keep\n* = q8_0").unwrap(), &checkpoint);
        let totals = Totals::of(&checkpoint, &assigned);
        let matrices = 7 * 512 * 512 + 2 * 1000 * 512;
        assert_eq!((totals.params, totals.written, totals.instead), (matrices + 2 * 512, matrices, 0));
        assert_eq!(totals.bytes, matrices / 32 * 34 + 2 * 2 * 512);
        assert_eq!(totals.stored, checkpoint.tensor_bytes());
        assert!((totals.bits_per_weight().unwrap() - 8.502).abs() < 0.001);
        assert_eq!(Totals::default().bits_per_weight(), None);
    }

    #[test]
    fn the_weakest_come_first_and_what_is_not_measured_apart() {
        let checkpoint = checkpoint(["a", "b", "c", "d"].map(|name| tensor(name, &[8, 256])).to_vec());
        let assigned = assign(&Recipe::read("d = keep\n* = q4_k").unwrap(), &checkpoint);
        let settings = [setting("q8_0"), setting("q4_k")];
        let errors = |e2: f64| Ok(Errors { e2, x2: 100.0, measured: 1, ..Errors::default() });
        let measured = |e2: f64| Measured { errors: vec![errors(0.0), errors(e2)], ..Measured::default() };
        let all = BTreeMap::from([(0, measured(1.0)), (2, measured(10.0)), (3, measured(50.0))]);
        let weakness = weakest(&assigned, &settings, &all);
        assert_eq!(weakness.by_decibels, [(2, 10.0), (0, 20.0)]);
        assert_eq!(weakness.unmeasured, [1]);
    }
}
