//! Who holds what when one model is trained on many GPUs.
//!
//! - **Data parallel**: every GPU has the model and its own sequences. [ZeRO and FSDP](Zero) divide what is the same on all.
//! - **Tensor parallel**: each layer's matrices are divided by heads and by the MLP's width. Norms, the router, positions and
//!   the biases of rows are on every GPU, and of keys and values no GPU has less than one head.
//! - **Pipeline parallel**: consecutive layers on each stage; embeddings on the first, final norm and head on the last, which
//!   has a copy of a tied embedding. The first stage holds the most micro-batches.
//! - **Expert parallel**: the experts are divided among the GPUs of the data-parallel group.
//!
//! Not for: the padding of a vocabulary to a multiple of the GPUs, and communication buffers other than those named.

mod zero;

pub use zero::{
    DEEPSPEED_BUCKET, DEEPSPEED_PREFETCH, DEEPSPEED_SOURCE, FSDP_SOURCE, Widths, ZERO_SOURCE, Zero, ZeroLibrary,
    deepspeed_estimate, zero_bytes,
};

use super::activations::{LATENT, kv_share};
use super::training::PlanError;
use crate::transformer::{Architecture, Component, Stack, Tensors};

/// How a training is spread over GPUs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parallel {
    /// GPUs with sequences of their own, N.
    pub data: u64,
    /// GPUs that share each layer, t.
    pub tensor: u64,
    /// Stages of the pipeline, p.
    pub pipeline: u64,
    /// Parts of the layers that each stage has, m: 1 is 1F1B, more is the interleaved schedule.
    pub interleave: u64,
    /// GPUs of a data-parallel group that share the experts.
    pub expert: u64,
    /// Whether the GPUs of a tensor-parallel group also share the tokens outside of attention and MLP.
    pub sequence: bool,
    /// What the data-parallel GPUs divide.
    pub zero: Zero,
    /// Whose buffers and gathered layers come on top.
    pub library: ZeroLibrary,
    /// Whether the optimizer's state and the master copy are in the CPU's memory; with ZeRO 2 and 3 the gradients too, which
    /// go there as soon as they are summed.
    pub offload_optimizer: bool,
}

impl Parallel {
    /// One GPU.
    pub const ONE: Self = Self {
        data: 1,
        tensor: 1,
        pipeline: 1,
        interleave: 1,
        expert: 1,
        sequence: false,
        zero: Zero::Off,
        library: ZeroLibrary::Formula,
        offload_optimizer: false,
    };
}

/// The most GPUs: more is a typing error.
pub const MAX_GPUS: u64 = 1_000_000;
/// The most stages of a pipeline, each of which is worked out.
pub const MAX_STAGES: u64 = 4096;

/// Projections of keys or values alone, by the names that transformers has.
const KEY_VALUE: &[&str] = &["k_proj", "v_proj", "k", "v", "key", "value"];
/// Queries, keys and values in one matrix.
const FUSED_QKV: &[&str] = &["c_attn", "query_key_value", "qkv_proj", "Wqkv"];
/// Projections back into the residual stream, whose bias every GPU has.
const ROW_PARALLEL: &[&str] =
    &["o_proj", "down_proj", "c_proj", "out_proj", "fc_out", "fc2", "dense", "dense_4h_to_h", "wo"];
/// The part of one of these tensors that each of `gpus` tensor-parallel GPUs has.
#[must_use]
pub fn tensor_share(tensors: &Tensors, stack: Option<&Stack>, gpus: u64) -> f64 {
    let whole = match tensors.component {
        Component::Norm | Component::Router | Component::PositionEmbedding => true,
        // Every GPU has the latent vectors whole, and so what makes them.
        _ => LATENT.contains(&tensors.name) || tensors.cols == 1 && ROW_PARALLEL.contains(&tensors.name),
    };
    let even = 1.0 / gpus as f64;
    match stack {
        _ if whole => 1.0,
        Some(stack) if tensors.component == Component::Attention && KEY_VALUE.contains(&tensors.name) => {
            kv_share(stack.kv_heads, gpus)
        }
        Some(stack) if FUSED_QKV.contains(&tensors.name) => {
            let queries = stack.heads as f64 * stack.key_dim as f64;
            let keys = stack.kv_heads as f64 * (stack.key_dim as f64 + stack.value_dim as f64);
            (queries * even + keys * kv_share(stack.kv_heads, gpus)) / (queries + keys)
        }
        _ => even,
    }
}

impl Parallel {
    /// GPUs in all, N · t · p.
    #[must_use]
    pub const fn gpus(&self) -> u64 {
        self.data.saturating_mul(self.tensor).saturating_mul(self.pipeline)
    }

    /// Whether this model can be spread like this.
    ///
    /// # Errors
    /// A sentence that names the field and the reason.
    pub fn check(&self, architecture: &Architecture) -> Result<(), PlanError> {
        PlanError::unless_within("data", self.data, 1, MAX_GPUS)?;
        PlanError::unless_within("tensor", self.tensor, 1, MAX_GPUS)?;
        PlanError::unless_within("pipeline", self.pipeline, 1, MAX_STAGES)?;
        PlanError::unless_within("interleave", self.interleave, 1, MAX_STAGES)?;
        PlanError::unless_within("expert", self.expert, 1, MAX_GPUS)?;
        let gpus = self.gpus();
        if gpus > MAX_GPUS {
            let reason = format!(
                "{} data-parallel × {} tensor-parallel × {} pipeline stages are {gpus} GPUs; up to {MAX_GPUS} are worked out",
                self.data, self.tensor, self.pipeline
            );
            return Err(PlanError::new("data", reason));
        }
        for heads in architecture.stacks.iter().map(|stack| stack.heads) {
            if self.tensor > heads {
                let reason =
                    format!("{} GPUs are more than the {heads} attention heads that they would share", self.tensor);
                return Err(PlanError::new("tensor", reason));
            }
            if !heads.is_multiple_of(self.tensor) {
                let reason = format!("{heads} attention heads cannot be shared evenly by {} GPUs", self.tensor);
                return Err(PlanError::new("tensor", reason));
            }
        }
        let layers = total_layers(architecture);
        if self.pipeline > layers {
            let reason = format!("{} stages are more than the {layers} layers of the model", self.pipeline);
            return Err(PlanError::new("pipeline", reason));
        }
        if self.interleave > 1 && self.pipeline == 1 {
            return Err(PlanError::new("interleave", "there is nothing to interleave in a pipeline of one stage"));
        }
        if self.pipeline * self.interleave > layers {
            let reason = format!(
                "{} stages with {} parts each are more than the {layers} layers of the model",
                self.pipeline, self.interleave
            );
            return Err(PlanError::new("interleave", reason));
        }
        self.check_experts(architecture)
    }

    fn check_experts(&self, architecture: &Architecture) -> Result<(), PlanError> {
        if self.expert == 1 {
            return Ok(());
        }
        let experts =
            (0..architecture.stacks.len()).map(|stack| experts_of(architecture, stack)).filter(|count| *count > 0);
        let Some(fewest) = experts.min() else {
            return Err(PlanError::new("expert", "the model has no experts to share"));
        };
        let refuse = |reason| Err(PlanError::new("expert", reason));
        if self.expert > fewest {
            return refuse(format!("{} GPUs are more than the {fewest} experts that they would share", self.expert));
        }
        if !fewest.is_multiple_of(self.expert) {
            return refuse(format!("{fewest} experts cannot be shared evenly by {} GPUs", self.expert));
        }
        if !self.data.is_multiple_of(self.expert) {
            return refuse(format!(
                "{} data-parallel GPUs cannot be put into groups of {}, and the experts are shared within those",
                self.data, self.expert
            ));
        }
        Ok(())
    }

    /// GPUs that have the same part of these tensors, which ZeRO divides it among: N, and of experts N divided by the GPUs
    /// that share them.
    #[must_use]
    pub fn copies_of(&self, tensors: &Tensors) -> f64 {
        let shared_by = if tensors.component == Component::Experts { self.expert } else { 1 };
        self.data as f64 / shared_by as f64
    }

    /// How many layers of each stack a stage has. The layers of a stack are taken to follow each other.
    #[must_use]
    pub fn layers_on(&self, architecture: &Architecture, stage: u64) -> Vec<u64> {
        let (total, parts) = (total_layers(architecture), self.pipeline * self.interleave);
        let mut found = vec![0; architecture.stacks.len()];
        for turn in 0..self.interleave {
            let part = turn * self.pipeline + stage;
            let (start, end) = (part * total / parts, (part + 1) * total / parts);
            let mut first = 0;
            for (count, stack) in found.iter_mut().zip(&architecture.stacks) {
                let last = first + stack.layers;
                *count += end.min(last).saturating_sub(start.max(first));
                first = last;
            }
        }
        found
    }

    /// The part of these tensors that a GPU of a stage has, before ZeRO. `layers` is what [`Self::layers_on`] says of it.
    #[must_use]
    pub fn share(&self, architecture: &Architecture, tensors: &Tensors, stage: u64, layers: &[u64]) -> f64 {
        let (first, last) = (stage == 0, stage + 1 == self.pipeline);
        let stack = tensors.stack.and_then(|index| architecture.stacks.get(index));
        let here = match tensors.stack {
            Some(index) => {
                let of = stack.map_or(1, |stack| stack.layers.max(1));
                layers.get(index).copied().unwrap_or(0) as f64 / of as f64
            }
            // A tied head is the embedding itself, which the last stage then needs as well.
            None if tensors.component == Component::TokenEmbedding => f64::from(first || last && architecture.tied),
            None if tensors.component.is_embedding() => f64::from(first),
            None => f64::from(last),
        };
        let experts = if tensors.component == Component::Experts { 1.0 / self.expert as f64 } else { 1.0 };
        here * experts * tensor_share(tensors, stack, self.tensor)
    }

    /// Micro-batches whose activations a stage holds at once, of `micro_batches` in a step.
    ///
    /// 1F1B: p − stage, so that the first stage holds p times L/p layers. Interleaved, with m parts to a stage:
    /// (2(p − stage − 1) + (m − 1)p + 1) / m, which for the first stage is p(1 + (p − 1)/(pm)).
    #[must_use]
    pub fn in_flight(&self, stage: u64, micro_batches: u64) -> f64 {
        let (p, m, behind) = (self.pipeline as f64, self.interleave as f64, (self.pipeline - stage - 1) as f64);
        let held = if self.interleave == 1 { behind + 1.0 } else { (2.0 * behind + (m - 1.0) * p + 1.0) / m };
        held.min(micro_batches as f64)
    }
}

/// Layers of all stacks.
#[must_use]
pub fn total_layers(architecture: &Architecture) -> u64 {
    architecture.stacks.iter().map(|stack| stack.layers).sum()
}

/// Experts of each layer of a stack.
fn experts_of(architecture: &Architecture, stack: usize) -> u64 {
    let layers = architecture.stacks[stack].layers.max(1);
    let of = architecture
        .tensors
        .iter()
        .filter(|tensors| tensors.stack == Some(stack) && tensors.component == Component::Experts);
    of.map(|tensors| tensors.copies / layers).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transformer::Config;
    use proptest::prelude::*;

    fn model(fields: &str) -> Architecture {
        let json = format!(r#"{{"model_type": "llama"{fields}}}"#);
        Architecture::from_config(&Config::from_json(&json).unwrap()).unwrap()
    }

    fn refusal(plan: Parallel) -> String {
        plan.check(&model("")).unwrap_err().to_string()
    }

    #[test]
    fn what_does_not_divide_is_a_sentence_with_field_and_reason() {
        let one = Parallel::ONE;
        let sentences = [
            (
                Parallel { tensor: 64, ..one },
                "tensor: 64 GPUs are more than the 32 attention heads that they would share",
            ),
            (Parallel { tensor: 3, ..one }, "tensor: 32 attention heads cannot be shared evenly by 3 GPUs"),
            (Parallel { tensor: 0, ..one }, "tensor: 0 is not between 1 and 1000000"),
            (Parallel { pipeline: 33, ..one }, "pipeline: 33 stages are more than the 32 layers of the model"),
            (
                Parallel { interleave: 2, ..one },
                "interleave: there is nothing to interleave in a pipeline of one stage",
            ),
            (
                Parallel { pipeline: 8, interleave: 5, ..one },
                "interleave: 8 stages with 5 parts each are more than the 32 layers of the model",
            ),
            (Parallel { expert: 2, data: 2, ..one }, "expert: the model has no experts to share"),
            (Parallel { data: u64::MAX, tensor: 8, ..one }, "data: 18446744073709551615 is not between 1 and 1000000"),
        ];
        for (plan, sentence) in sentences {
            assert_eq!(refusal(plan), sentence);
        }
        let too_many = refusal(Parallel { data: 1_000_000, tensor: 8, ..one });
        assert!(
            too_many
                .starts_with("data: 1000000 data-parallel × 8 tensor-parallel × 1 pipeline stages are 8000000 GPUs")
        );
    }

    #[test]
    fn keys_and_values_are_replicated_when_there_are_more_gpus_than_their_heads() {
        let grouped = model(r#", "num_key_value_heads": 4"#);
        let of = |name: &str, gpus| {
            let tensors = grouped.tensors.iter().find(|tensors| tensors.name == name).unwrap();
            tensor_share(tensors, grouped.stacks.first(), gpus)
        };
        assert_eq!((of("k_proj", 4), of("k_proj", 16)), (0.25, 0.25));
        assert_eq!((of("q_proj", 16), of("input_layernorm", 16)), (1.0 / 16.0, 1.0));
    }

    #[test]
    fn the_first_stage_of_1f1b_holds_as_many_layers_as_the_model_has() {
        let four = Parallel { pipeline: 4, ..Parallel::ONE };
        assert_eq!([0, 1, 2, 3].map(|stage| four.in_flight(stage, 100)), [4.0, 3.0, 2.0, 1.0]);
        let interleaved = Parallel { interleave: 2, ..four };
        assert_eq!(interleaved.in_flight(0, 100), 4.0 * (1.0 + 3.0 / 8.0));
        assert_eq!(interleaved.in_flight(0, 1), 1.0);
    }

    #[test]
    fn a_tied_embedding_is_on_both_ends_of_a_pipeline_and_other_parts_on_one() {
        let two = Parallel { pipeline: 2, ..Parallel::ONE };
        for tied in [false, true] {
            let built = model(if tied { r#", "tie_word_embeddings": true"# } else { "" });
            let embedding =
                built.tensors.iter().find(|tensors| tensors.component == Component::TokenEmbedding).unwrap();
            let on = |stage| two.share(&built, embedding, stage, &two.layers_on(&built, stage));
            assert_eq!((on(0), on(1)), (1.0, f64::from(tied)));
        }
    }

    proptest! {
        #[test]
        fn the_parts_of_tensor_and_pipeline_parallelism_add_up_to_the_whole(
            layers in 1..80u64, p in 1..9u64, m in 1..4u64, t in 0..4u32, kv in 0..4u32, tied in any::<bool>(),
        ) {
            let (tensor, kv_heads) = (1 << t, 1u64 << kv);
            let built = model(&format!(
                r#", "num_hidden_layers": {layers}, "num_key_value_heads": {kv_heads}, "tie_word_embeddings": {tied}"#
            ));
            let plan = Parallel { tensor, pipeline: p, interleave: m, ..Parallel::ONE };
            prop_assume!(plan.check(&built).is_ok());
            for tensors in &built.tensors {
                let stages = (0..p).map(|stage| plan.share(&built, tensors, stage, &plan.layers_on(&built, stage)));
                let together = stages.sum::<f64>() * tensor as f64;
                let replicas = match tensors.component {
                    Component::Norm => tensor as f64,
                    Component::TokenEmbedding if tied && p > 1 => 2.0,
                    _ if KEY_VALUE.contains(&tensors.name) => (tensor as f64 / kv_heads as f64).max(1.0),
                    _ => 1.0,
                };
                prop_assert!((together - replicas).abs() < 1e-9, "{}: {together} and not {replicas}", tensors.name);
            }
            let layers_of_stages: u64 = (0..p).flat_map(|stage| plan.layers_on(&built, stage)).sum();
            prop_assert_eq!(layers_of_stages, layers);
        }
    }
}
