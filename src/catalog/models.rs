//! Models with exactly known parameter counts and architectures.
//!
//! The counts were made by building each model from its configuration and adding up its parameters, tied tensors once.
//! They differ from what a hub page shows: the sizes of safetensors files count a tied output head twice (Qwen3 0.6B
//! would have 26 % too many) and old Llama 2 files hold rotary buffers that are not parameters. A mixture of experts
//! counts all its experts, since all of them have to be in memory.

mod rows;

pub use rows::MODELS;

use crate::source::{Source, in_engine};
use crate::transformer::{Architecture, Config, Error};
use crate::units::Params;

/// One model; see [`MODELS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Every parameter, embeddings and all experts included.
    pub params: Params,
    /// The most tokens it is made for: what its config allows for, or, where that bounds nothing (T5, BLOOM), the length it
    /// was trained on.
    pub context: u64,
    /// What it was trained in.
    pub training: &'static Training,
    /// How the count was made; the address is the model's page on the hub.
    pub source: Source,
    /// The fields of its `config.json` that anything depends on, as a link has them, with spaces between; empty in the page,
    /// which leaves architectures to the engine.
    pub fields: &'static str,
}

/// The format of the weights that a model computes with in training; the weights that the optimizer keeps may be wider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Key of the number format. Where nobody says how the model was trained it is the one its weights are published in, and
    /// the source says that.
    pub format: &'static str,
    /// Where it is said.
    pub source: Source,
}

impl Model {
    /// The model's name on the hub, `owner/name`.
    #[must_use]
    pub fn hub_id(&self) -> &'static str {
        self.source.url.strip_prefix("https://huggingface.co/").unwrap_or(self.source.url)
    }

    /// Its config; without fields in the page.
    #[must_use]
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        for (name, text) in self.fields.split(' ').filter_map(|field| field.split_once('=')) {
            config.set(name, text);
        }
        config
    }

    /// What it is built of.
    ///
    /// # Errors
    /// In the page, which has no configs.
    pub fn architecture(&self) -> Result<Architecture, Error> {
        Architecture::from_config(&self.config())
    }
}

/// The row with this id.
#[must_use]
pub fn model(id: &str) -> Option<&'static Model> {
    MODELS.iter().find(|row| row.id == id)
}

const fn row(
    id: &'static str,
    name: &'static str,
    params: f64,
    context: u64,
    training: &'static Training,
    url: &'static str,
    fields: &'static str,
) -> Model {
    let source = Source::in_engine("transformers 4.57.6, torch 2.6.0: parameter count", url, "2026-11");
    Model { id, name, params: Params(params), context, training, source, fields: in_engine(fields) }
}

const fn training(format: &'static str, title: &'static str, url: &'static str) -> Training {
    Training { format: in_engine(format), source: Source::in_engine(title, url, "2026-11") }
}

const HUB: &str = "https://huggingface.co/docs/transformers/main_classes/configuration";

static PUBLISHED_FP32: Training = training("fp32", "its published weights (FP32)", HUB);
static PUBLISHED_FP16: Training = training("fp16", "its published weights (torch_dtype float16)", HUB);
static PUBLISHED_BF16: Training = training("bf16", "its published weights (torch_dtype bfloat16)", HUB);
static GEMMA: Training = training(
    "bf16",
    "Gemma and Gemma 2 model cards: native weights in bfloat16",
    "https://huggingface.co/google/gemma-2-9b",
);
static LLAMA_2: Training = training(
    "bf16",
    "transformers documentation, Llama 2: trained in bfloat16, published in float16",
    "https://huggingface.co/docs/transformers/model_doc/llama2",
);
static CODE_LLAMA: Training = training(
    "bf16",
    "transformers documentation, Code Llama: trained from Llama 2, in bfloat16",
    "https://huggingface.co/docs/transformers/model_doc/code_llama",
);
static LLAMA_3: Training = training(
    "bf16",
    "transformers documentation, Llama 3: trained in bfloat16",
    "https://huggingface.co/docs/transformers/model_doc/llama3",
);
static SMOLLM2: Training =
    training("bf16", "SmolLM2 model cards: bfloat16", "https://huggingface.co/HuggingFaceTB/SmolLM2-1.7B");
static T5: Training = training(
    "bf16",
    "an author of T5: all experiments use bfloat16 activations (published in FP32)",
    "https://github.com/google-research/text-to-text-transfer-transformer/issues/539",
);
static FLAN_T5: Training = training(
    "bf16",
    "FLAN-T5 XXL model card: trained in bfloat16 (published in FP32; FP16 overflows)",
    "https://huggingface.co/google/flan-t5-xxl/discussions/5",
);
static PHI_1: Training =
    training("fp16", "Textbooks Are All You Need II (phi-1.5), section 2.3: fp16", "https://arxiv.org/abs/2309.05463");
static PHI_3: Training =
    training("bf16", "Phi-3 technical report, section 2: bfloat16", "https://arxiv.org/abs/2404.14219");
static OLMO_2: Training = training(
    "bf16",
    "OLMo 2 training configs: precision amp_bf16 (7B and 13B published in FP32)",
    "https://github.com/allenai/OLMo/blob/main/configs/official-1124/OLMo2-7B-stage1.yaml",
);
static PYTHIA: Training =
    training("fp16", "Pythia training configs: fp16", "https://github.com/EleutherAI/pythia/tree/main/models");
static GPT_NEOX: Training =
    training("fp16", "GPT-NeoX-20B: mixed precision with FP16", "https://arxiv.org/abs/2204.06745");
static OPT: Training =
    training("fp16", "OPT, section 2.4: weights in FP16, Adam states in FP32", "https://arxiv.org/abs/2205.01068");
static BLOOM_176B: Training = training("bf16", "BLOOM, table 3: bfloat16", "https://arxiv.org/abs/2211.05100");
static BLOOM_SMALL: Training =
    training("fp16", "BLOOM, table 3: float16 for all but the largest", "https://arxiv.org/abs/2211.05100");
static FALCON: Training = training("bf16", "Falcon model cards: bfloat16", "https://huggingface.co/tiiuae/falcon-40b");
static DEEPSEEK_V3: Training = training(
    "e4m3fn",
    "DeepSeek-V3, section 3.3: matrix products in FP8 (E4M3); embedding, head, norms and router wider",
    "https://arxiv.org/abs/2412.19437",
);
static GPT_OSS: Training = training(
    "mxfp4",
    "gpt-oss model card, section 2: experts post-trained in MXFP4, all else in BF16",
    "https://arxiv.org/abs/2508.10925",
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_stand_from_small_to_large() {
        assert!(MODELS.windows(2).all(|pair| pair[0].params <= pair[1].params));
        assert!(MODELS.len() >= 60);
    }

    #[test]
    fn every_config_has_exactly_the_parameters_of_its_row() {
        for model in MODELS {
            let architecture = model.architecture().unwrap_or_else(|error| panic!("{}: {error}", model.id));
            assert_eq!(architecture.params() as f64, model.params.get(), "{}", model.id);
        }
    }

    #[test]
    fn every_field_of_a_row_is_one_that_something_depends_on() {
        for model in MODELS {
            let mut config = Config::default();
            for field in model.fields.split(' ') {
                let (name, text) = field.split_once('=').unwrap_or_else(|| panic!("{}: `{field}`", model.id));
                assert!(config.set(name, text), "{}: `{name}`", model.id);
            }
        }
    }

    #[test]
    fn a_context_is_what_the_config_allows_for() {
        for model in MODELS {
            let of_config = model.architecture().unwrap().context.unwrap_or(model.context);
            assert_eq!(of_config, model.context, "{}", model.id);
        }
    }

    #[test]
    fn flan_t5_was_trained_in_bf16_and_deepseek_v3_in_fp8() {
        assert_eq!(model("flan-t5-xl").unwrap().training.format, "bf16");
        assert_eq!(model("deepseek-v3").unwrap().training.format, "e4m3fn");
    }

    #[test]
    fn tied_heads_are_counted_once() {
        // The safetensors files add up to 751 632 384.
        assert_eq!(model("qwen3-0.6b").unwrap().params, Params(596_049_920.0));
    }

    #[test]
    fn the_hub_id_is_read_from_the_address() {
        assert_eq!(model("gpt2").unwrap().hub_id(), "openai-community/gpt2");
    }
}
