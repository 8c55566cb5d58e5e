//! Fine-tuning a few new parameters instead of all: LoRA and QLoRA.
//!
//! Beside a matrix of `out × in` stand two of `rank × in` and `out × rank`, so an adapter has `rank · (in + out)` parameters.
//! Only they have gradients and states; the model itself is frozen, and its activations are as many as before, because the
//! gradients of the adapters pass through all layers. So what is saved is gradients and states: an optimizer without states
//! that trains FP32 weights with one micro-batch has neither when its forward pass ends, and adapters only come on top.
//!
//! QLoRA keeps the frozen matrices of linear layers as NF4 with double quantization, 4.127 bits a weight, and everything else
//! (embeddings, head, norms, biases, routers) in 16 bits. For each product one matrix is dequantized to BF16.

use super::training::PlanError;
use crate::formats::format;
use crate::source::Source;
use crate::transformer::{Architecture, Component, Tensors};

/// What is adapted.
#[derive(Clone, Debug, PartialEq)]
pub struct Lora {
    /// Inner width of the adapters, r.
    pub rank: u64,
    /// Names of the modules that are adapted, as transformers has them.
    pub targets: Vec<String>,
}

/// A choice of targets that works for every family; see [`TARGET_PRESETS`] for how to add one.
#[derive(Clone, Copy, Debug)]
pub struct TargetPreset {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Which tensors are adapted.
    pub takes: fn(&Tensors) -> bool,
    /// Where it stands.
    pub source: Source,
}

/// Projections of queries and values, alone or in one matrix with the keys. In latent attention they are the two that expand
/// the latent vectors.
const QUERY_VALUE: &[&str] =
    &["q_proj", "v_proj", "q", "v", "query", "value", "c_attn", "query_key_value", "qkv_proj", "q_b_proj", "kv_b_proj"];

/// Choices of targets.
///
/// Adding one: a row with a rule by component or by module name.
///
/// ```text
/// TargetPreset {
///     id: "attention",                  // kebab-case, permanent
///     name: "all of attention",
///     takes: |tensors| tensors.component == Component::Attention,
///     source: Source::in_engine("…", "https://…", "2026-11"),
/// },
/// ```
pub static TARGET_PRESETS: &[TargetPreset] = &[
    TargetPreset {
        id: "query-value",
        name: "queries and values",
        takes: |tensors| tensors.component == Component::Attention && QUERY_VALUE.contains(&tensors.name),
        source: Source::in_engine(
            "Hu et al. 2021, LoRA, §4.2 and §7.1; the defaults of peft",
            "https://arxiv.org/abs/2106.09685",
            "2026-11",
        ),
    },
    TargetPreset {
        id: "attention",
        name: "all of attention",
        takes: |tensors| tensors.component == Component::Attention,
        source: Source::in_engine("Hu et al. 2021, LoRA, §7.1", "https://arxiv.org/abs/2106.09685", "2026-11"),
    },
    // peft's "all-linear" also takes a router that is a module of its own; QLoRA's and this one do not.
    TargetPreset {
        id: "all-linear",
        name: "all linear layers",
        takes: Tensors::is_linear,
        source: Source::in_engine(
            "Dettmers et al. 2023, QLoRA, §4: adapters on every linear layer",
            "https://arxiv.org/abs/2305.14314",
            "2026-11",
        ),
    },
];

/// The row with this id.
#[must_use]
pub fn target_preset(id: &str) -> Option<&'static TargetPreset> {
    TARGET_PRESETS.iter().find(|row| row.id == id)
}

impl TargetPreset {
    /// The names of the modules that it takes of a model, each once.
    #[must_use]
    pub fn targets(&self, architecture: &Architecture) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for tensors in architecture.tensors.iter().filter(|tensors| tensors.cols > 1 && (self.takes)(tensors)) {
            if names.iter().all(|name| name != tensors.name) {
                names.push(tensors.name.to_owned());
            }
        }
        names
    }
}

impl Lora {
    /// The adapters: for each matrix of a target one of `rank × in` and one of `out × rank`. Experts have one each.
    ///
    /// # Errors
    /// A sentence, when the rank is zero or larger than the model is wide, no target is given, or one of them is no matrix of
    /// the model.
    pub fn tensors(&self, architecture: &Architecture) -> Result<Vec<Tensors>, PlanError> {
        let matrices = || architecture.tensors.iter().filter(|tensors| tensors.cols > 1);
        let widest = matrices().map(|tensors| tensors.rows.max(tensors.cols)).max().unwrap_or(1);
        PlanError::unless_within("rank", self.rank, 1, widest)?;
        if self.targets.is_empty() {
            return Err(PlanError::new("targets", "no module is adapted, so there is nothing to train"));
        }
        for target in &self.targets {
            if matrices().all(|tensors| tensors.name != target) {
                let shown: String = target.chars().take(40).collect();
                let names: Vec<&str> = matrices().map(|tensors| tensors.name).collect();
                let known: Vec<&str> = names
                    .iter()
                    .enumerate()
                    .filter(|(i, name)| !names[..*i].contains(name))
                    .map(|(_, name)| *name)
                    .collect();
                let reason = format!("the model has no matrix named `{shown}`; it has {}", known.join(", "));
                return Err(PlanError::new("targets", reason));
            }
        }
        let chosen = matrices().filter(|tensors| self.targets.iter().any(|target| target == tensors.name));
        let pair =
            |tensors: &Tensors| [Tensors { rows: self.rank, ..*tensors }, Tensors { cols: self.rank, ..*tensors }];
        Ok(chosen.flat_map(pair).collect())
    }

    /// Parameters of the adapters, Σ rank · (in + out).
    ///
    /// # Errors
    /// As [`Self::tensors`].
    pub fn params(&self, architecture: &Architecture) -> Result<u128, PlanError> {
        Ok(self.tensors(architecture)?.iter().map(Tensors::params).sum())
    }
}

/// Bytes of one frozen weight in QLoRA.
#[must_use]
pub fn qlora_bytes(tensors: &Tensors) -> f64 {
    match format("bnb_nf4_double") {
        Some(nf4) if tensors.is_linear() => nf4.bits_per_weight() / 8.0,
        _ => 2.0,
    }
}

/// Parameters of the largest matrix that QLoRA keeps in NF4, of which one is dequantized at a time.
#[must_use]
pub fn largest_quantized(architecture: &Architecture) -> u128 {
    architecture.tensors.iter().filter(|tensors| tensors.is_linear()).map(Tensors::each).max().unwrap_or(0)
}

/// Where QLoRA's formats stand.
pub static QLORA_SOURCE: Source = Source::in_engine(
    "Dettmers et al. 2023, QLoRA, §3: NF4 with double quantization, BF16 for computing",
    "https://arxiv.org/abs/2305.14314",
    "2026-11",
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transformer::Config;
    use proptest::prelude::*;

    fn llama() -> Architecture {
        let json =
            r#"{"model_type": "llama", "intermediate_size": 14336, "num_key_value_heads": 8, "vocab_size": 128256}"#;
        Architecture::from_config(&Config::from_json(json).unwrap()).unwrap()
    }

    fn lora(rank: u64, preset: &str) -> Lora {
        Lora { rank, targets: target_preset(preset).unwrap().targets(&llama()) }
    }

    #[test]
    fn presets_name_the_modules_of_the_family() {
        assert_eq!(lora(8, "query-value").targets, ["q_proj", "v_proj"]);
        assert_eq!(lora(8, "attention").targets, ["q_proj", "k_proj", "v_proj", "o_proj"]);
        assert_eq!(lora(8, "all-linear").targets.len(), 7);
    }

    #[test]
    fn peft_counts_as_many_for_llama_3_1_8b() {
        assert_eq!(lora(8, "query-value").params(&llama()), Ok(3_407_872));
        assert_eq!(lora(16, "all-linear").params(&llama()), Ok(41_943_040));
    }

    #[test]
    fn a_rank_of_zero_a_wrong_name_and_no_name_are_sentences() {
        let error = |rank, targets: &[&str]| {
            let targets = targets.iter().map(|&name| name.to_owned()).collect();
            Lora { rank, targets }.params(&llama()).unwrap_err().to_string()
        };
        assert_eq!(error(0, &["q_proj"]), "rank: 0 is not between 1 and 128256");
        assert_eq!(error(8, &[]), "targets: no module is adapted, so there is nothing to train");
        let wrong = error(8, &["query"]);
        assert!(wrong.starts_with("targets: the model has no matrix named `query`; it has "), "{wrong}");
        assert!(wrong.contains("q_proj") && !wrong.contains("norm"), "{wrong}");
    }

    #[test]
    fn qlora_keeps_matrices_in_4_127_bits_and_the_rest_in_16() {
        for tensors in llama().tensors {
            let bits = qlora_bytes(&tensors) * 8.0;
            let wanted = if tensors.is_linear() { 4.126_953_125 } else { 16.0 };
            assert_eq!(bits, wanted, "{}", tensors.name);
        }
        assert_eq!(largest_quantized(&llama()), 4096 * 14_336);
    }

    proptest! {
        #[test]
        fn adapters_are_smaller_than_what_they_adapt_up_to_the_rank_where_they_must_not_be(rank in 1..=819u64) {
            // The narrowest matrix is 1024 × 4096, and 1024 · 4096 / (1024 + 4096) is 819.2.
            let full = llama();
            for tensors in full.tensors.iter().filter(|tensors| tensors.is_linear()) {
                let one = Lora { rank, targets: vec![tensors.name.to_owned()] };
                prop_assert!(one.params(&full).unwrap() <= tensors.params());
            }
        }
    }
}
