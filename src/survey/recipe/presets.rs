//! Recipes that others use.

use super::Recipe;
use crate::source::Source;

/// A recipe with a name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Permanent id; stands in links.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What it is for, and what is left out of it.
    pub note: &'static str,
    /// Its text.
    pub text: &'static str,
    /// Where it can be read.
    pub source: Source,
}

impl Preset {
    /// The rules; a test holds that every text can be read.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        Recipe::read(self.text).unwrap_or_default()
    }
}

/// The row of this id.
#[must_use]
pub fn preset(id: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|row| row.id == id)
}

/// What llama.cpp never quantizes of language models (`tensor_allows_quantization`), before the rules of a preset.
macro_rules! as_llama_cpp {
    ($rules:literal) => {
        concat!(
            "* 1-D = keep\n*_norm.weight = keep\n*ffn_gate_inp.weight = keep\n*position_embd.weight = keep\n",
            "token_types.weight = keep\n*attn_rel_b.weight = keep\n*ssm_conv1d.weight = keep\n",
            $rules,
            "\notherwise = keep"
        )
    };
}

/// What is no linear layer inside of the model, before the rules of a preset.
macro_rules! linear_layers {
    ($rules:literal) => {
        concat!(
            "* 1-D = keep\ntoken_embd.weight = keep\noutput.weight = keep\n*position_embd.weight = keep\n",
            "token_types.weight = keep\n*attn_rel_b.weight = keep\n*ffn_gate_inp.weight = keep\n",
            $rules,
            "\notherwise = keep"
        )
    };
}

const LLAMA_CPP: Source = Source::in_engine(
    "llama.cpp, src/llama-quant.cpp: llama_tensor_get_type_impl",
    "https://github.com/ggml-org/llama.cpp/blob/007dbbf3fd17eefe9b47fee45f48f7ba5e62b714/src/llama-quant.cpp",
    "2026-11",
);

/// Every preset.
///
/// Adding one: a row with an id that was never used; its rules in GGUF's names ([`super::super::layers`]), which serve files of
/// both kinds.
pub static PRESETS: &[Preset] = &[
    Preset {
        id: "all-q8-0",
        name: "All Q8_0",
        note: "As llama-quantize makes Q8_0: every matrix, embeddings and head too.",
        text: as_llama_cpp!("*.weight = q8_0"),
        source: LLAMA_CPP,
    },
    Preset {
        id: "q4-k-m",
        name: "Q4_K_M as llama.cpp makes it",
        note: "Q4_K with Q6_K for the head (or the embedding that is also the head) and, in half of the layers, for attn_v and \
               ffn_down. Left out are the exceptions of Falcon, of the 70B Llama (attn_v in Q5_K) and of mixtures of eight experts \
               (attn_k and attn_v in Q8_0, attn_output in Q5_K).",
        text: as_llama_cpp!(
            "output.weight = q6_k\ntoken_embd.weight tied = q6_k\n*attn_v.weight more-bits = q6_k\n\
             *attn_qkv.weight more-bits = q6_k\n*attn_kv_b.weight more-bits = q6_k\n*ffn_down*.weight more-bits = q6_k\n\
             *.weight = q4_k"
        ),
        source: LLAMA_CPP,
    },
    Preset {
        id: "q4-k-wide-ends",
        name: "Q4_K with 16-bit embeddings and head",
        note: "Q4_K for every layer, BF16 for what stands before and behind them: llama-quantize with --token-embedding-type and \
               --output-tensor-type bf16.",
        text: as_llama_cpp!("output.weight = bf16\ntoken_embd.weight = bf16\n*.weight = q4_k"),
        source: Source::in_engine(
            "llama.cpp, tools/quantize/README.md",
            "https://github.com/ggml-org/llama.cpp/blob/master/tools/quantize/README.md",
            "2026-11",
        ),
    },
    Preset {
        id: "mxfp4-mlp",
        name: "MXFP4 MLP",
        note: "As gpt-oss was published: the weights of the experts, or of the MLP of a dense model, in MXFP4, all else in BF16.",
        text: "* 1-D = bf16\n*ffn_gate_inp.weight = bf16\n*ffn_*.weight = mxfp4\notherwise = bf16",
        source: Source::in_engine(
            "OpenAI 2025, gpt-oss-120b & gpt-oss-20b Model Card, 2.1",
            "https://arxiv.org/abs/2508.10925",
            "2026-11",
        ),
    },
    Preset {
        id: "fp8-linear",
        name: "FP8 linear layers",
        note: "E4M3 with a scale for each row, of all linear layers but the head: llm-compressor's FP8_DYNAMIC. Activations, which \
               it quantizes too, are no part of a checkpoint.",
        text: linear_layers!("*.weight = e4m3fn@row"),
        source: Source::in_engine(
            "llm-compressor, examples/quantization_w8a8_fp8",
            "https://github.com/vllm-project/llm-compressor/tree/main/examples/quantization_w8a8_fp8",
            "2026-11",
        ),
    },
    Preset {
        id: "nf4-linear",
        name: "NF4 linear layers (QLoRA)",
        note: "NF4 in blocks of 64 with double quantization, of all linear layers but the head, as bitsandbytes loads a model for \
               QLoRA. Routers of mixtures, which it quantizes too where they are linear layers, are kept.",
        text: linear_layers!("*.weight = bnb_nf4_double"),
        source: Source::in_engine("Dettmers et al. 2023, QLoRA, 3", "https://arxiv.org/abs/2305.14314", "2026-11"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_read_and_is_written_back() {
        for preset in PRESETS {
            let recipe = Recipe::read(preset.text).unwrap_or_else(|error| panic!("{}: {error}", preset.id));
            assert!(recipe.rules.len() > 2, "{}", preset.id);
            assert_eq!(recipe.write(), preset.text, "{}", preset.id);
            assert_eq!(PRESETS.iter().filter(|row| row.id == preset.id).count(), 1);
        }
    }
}
