//! Models with exactly known parameter counts.
//!
//! The counts were made by building each model from its configuration and adding up its parameters, tied tensors once.
//! They differ from what a hub page shows: the sizes of safetensors files count a tied output head twice (Qwen3 0.6B
//! would have 26 % too many) and old Llama 2 files hold rotary buffers that are not parameters. A mixture of experts
//! counts all its experts, since all of them have to be in memory.

use crate::source::Source;
use crate::units::Params;

/// One model; see [`MODELS`] for how to add one.
///
/// The row holds what the page needs today. The fields of the architecture (layers, heads, widths) are added when the
/// KV cache and the activations are worked out from them; the count then becomes a check of that arithmetic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Every parameter, embeddings and all experts included.
    pub params: Params,
    /// How the count was made; the address is the model's page on the hub.
    pub source: Source,
}

impl Model {
    /// The model's name on the hub, `owner/name`.
    #[must_use]
    pub fn hub_id(&self) -> &'static str {
        self.source.url.strip_prefix("https://huggingface.co/").unwrap_or(self.source.url)
    }
}

/// The row with this id.
#[must_use]
pub fn model(id: &str) -> Option<&'static Model> {
    MODELS.iter().find(|row| row.id == id)
}

const COUNTED: &str = "transformers 4.57.6, torch 2.6.0: parameter count";

/// Every model, from the smallest to the largest.
///
/// Adding one: count its parameters with `sum(p.numel() for p in model.parameters())` on the meta device, put the case
/// in `tests/golden/memory.json` (kind `params`), and add a whole row at its place in the order.
///
/// ```text
/// Model {
///     id: "phi-4",                            // kebab-case, permanent
///     name: "Phi-4",
///     params: Params(14_659_507_200.0),       // exact, tied tensors once
///     source: Source { title: COUNTED, url: "https://huggingface.co/microsoft/phi-4", as_of: "2026-11" },
/// },
/// ```
pub static MODELS: &[Model] = &[
    Model {
        id: "bert-base",
        name: "BERT base",
        params: Params(109_482_240.0),
        source: Source {
            title: COUNTED,
            url: "https://huggingface.co/google-bert/bert-base-uncased",
            as_of: "2026-11",
        },
    },
    Model {
        id: "gpt2",
        name: "GPT-2",
        params: Params(124_439_808.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/openai-community/gpt2", as_of: "2026-11" },
    },
    Model {
        id: "smollm2-135m",
        name: "SmolLM2 135M",
        params: Params(134_515_008.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/HuggingFaceTB/SmolLM2-135M", as_of: "2026-11" },
    },
    Model {
        id: "qwen3-0.6b",
        name: "Qwen3 0.6B",
        params: Params(596_049_920.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/Qwen/Qwen3-0.6B", as_of: "2026-11" },
    },
    Model {
        id: "tinyllama-1.1b",
        name: "TinyLlama 1.1B",
        params: Params(1_100_048_384.0),
        source: Source {
            title: COUNTED,
            url: "https://huggingface.co/TinyLlama/TinyLlama-1.1B-Chat-v1.0",
            as_of: "2026-11",
        },
    },
    Model {
        id: "gpt2-xl",
        name: "GPT-2 XL",
        params: Params(1_557_611_200.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/openai-community/gpt2-xl", as_of: "2026-11" },
    },
    Model {
        id: "flan-t5-xl",
        name: "FLAN-T5 XL",
        params: Params(2_849_757_184.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/google/flan-t5-xl", as_of: "2026-11" },
    },
    Model {
        id: "qwen3-4b",
        name: "Qwen3 4B",
        params: Params(4_022_468_096.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/Qwen/Qwen3-4B", as_of: "2026-11" },
    },
    Model {
        id: "gpt-j-6b",
        name: "GPT-J 6B",
        params: Params(6_050_882_784.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/EleutherAI/gpt-j-6b", as_of: "2026-11" },
    },
    Model {
        id: "llama-2-7b",
        name: "Llama 2 7B",
        params: Params(6_738_415_616.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/meta-llama/Llama-2-7b-hf", as_of: "2026-11" },
    },
    Model {
        id: "mistral-7b-v0.3",
        name: "Mistral 7B v0.3",
        params: Params(7_248_023_552.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/mistralai/Mistral-7B-v0.3", as_of: "2026-11" },
    },
    Model {
        id: "llama-3.1-8b",
        name: "Llama 3.1 8B",
        params: Params(8_030_261_248.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/meta-llama/Llama-3.1-8B", as_of: "2026-11" },
    },
    Model {
        id: "qwen3-8b",
        name: "Qwen3 8B",
        params: Params(8_190_735_360.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/Qwen/Qwen3-8B", as_of: "2026-11" },
    },
    Model {
        id: "gemma-2-9b",
        name: "Gemma 2 9B",
        params: Params(9_241_705_984.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/google/gemma-2-9b", as_of: "2026-11" },
    },
    Model {
        id: "pythia-12b",
        name: "Pythia 12B",
        params: Params(11_846_072_320.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/EleutherAI/pythia-12b", as_of: "2026-11" },
    },
    Model {
        id: "phi-4",
        name: "Phi-4",
        params: Params(14_659_507_200.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/microsoft/phi-4", as_of: "2026-11" },
    },
    Model {
        id: "gemma-3-27b",
        name: "Gemma 3 27B (text only)",
        params: Params(27_009_346_304.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/google/gemma-3-27b-pt", as_of: "2026-11" },
    },
    Model {
        id: "qwen3-32b",
        name: "Qwen3 32B",
        params: Params(32_762_123_264.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/Qwen/Qwen3-32B", as_of: "2026-11" },
    },
    Model {
        id: "falcon-40b",
        name: "Falcon 40B",
        params: Params(41_303_293_952.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/tiiuae/falcon-40b", as_of: "2026-11" },
    },
    Model {
        id: "mixtral-8x7b",
        name: "Mixtral 8x7B",
        params: Params(46_702_792_704.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/mistralai/Mixtral-8x7B-v0.1", as_of: "2026-11" },
    },
    Model {
        id: "llama-2-70b",
        name: "Llama 2 70B",
        params: Params(68_976_648_192.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/meta-llama/Llama-2-70b-hf", as_of: "2026-11" },
    },
    Model {
        id: "llama-3.1-70b",
        name: "Llama 3.1 70B",
        params: Params(70_553_706_496.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/meta-llama/Llama-3.1-70B", as_of: "2026-11" },
    },
    Model {
        id: "bloom-176b",
        name: "BLOOM 176B",
        params: Params(176_247_271_424.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/bigscience/bloom", as_of: "2026-11" },
    },
    Model {
        id: "llama-3.1-405b",
        name: "Llama 3.1 405B",
        params: Params(405_853_388_800.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/meta-llama/Llama-3.1-405B", as_of: "2026-11" },
    },
    Model {
        id: "deepseek-v3",
        name: "DeepSeek-V3",
        params: Params(671_026_404_352.0),
        source: Source { title: COUNTED, url: "https://huggingface.co/deepseek-ai/DeepSeek-V3", as_of: "2026-11" },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_stand_from_small_to_large() {
        assert!(MODELS.windows(2).all(|pair| pair[0].params <= pair[1].params));
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
