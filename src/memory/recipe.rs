//! Weights in bytes: which format each tensor of a model is kept in, and what that takes with its scales.
//!
//! Nobody keeps a whole model in one narrow format. A quantizer takes the matrices of the linear layers and leaves
//! embeddings, head, norms and biases wider, because they are small or suffer most. A [`Recipe`] says so, as a row of
//! [`RECIPES`]; any format of the format table is a recipe too ([`Recipe::uniform`]). The sum is
//!
//! ```text
//! bytes = Σ over tensors of copies × bytes(rows, cols)        bits per weight = 8 · bytes ÷ parameters
//! ```
//!
//! where `bytes(rows, cols)` counts whole blocks ([`Storage::bytes`]). A tied head is stored once, in the head's format.
//! Counts are `u128` up to the last step, and bytes are `f64`.

use super::speed::Rate;
use super::storage::{Groups, Storage};
use crate::formats::table::{
    BF16, BNB_NF4_BLOCK, BNB_NF4_DOUBLE, FP16, FP32, GGML_Q4_K, GGML_Q5_K, GGML_Q6_K, GGML_Q8_0, MXFP4,
};
use crate::formats::{Format, Kind, Layout, format};
use crate::source::{Source, in_engine};
use crate::transformer::{Architecture, Component, Tensors};
use crate::units::Bytes;

/// A format for each part of a model; see [`RECIPES`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// Permanent key, used in links; llama.cpp's are spelled as llama.cpp does, without capitals.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Matrices of attention, of dense MLPs and of shared experts.
    pub linear: Storage,
    /// Matrices of the experts that a token is sent to.
    pub experts: Storage,
    /// Instead of these two, for attention-v and ffn-down of the layers that llama.cpp gives more bits.
    pub more_bits: Option<Storage>,
    /// The embedding of tokens, where the head is a tensor of its own.
    pub embedding: Storage,
    /// The output head, or the embedding that is tied to it.
    pub head: Storage,
    /// Learnt positions and relative biases.
    pub positions: Storage,
    /// What chooses the experts.
    pub router: Storage,
    /// Norms and biases: every tensor of one dimension.
    pub vectors: Storage,
    /// The format that its matrices are multiplied in.
    pub rate: Rate,
    /// What it leaves out or approximates, as sentences.
    pub note: &'static str,
    /// Where it is defined.
    pub source: Source,
}

const B16: Storage = Storage::Row(&BF16);
const F32: Storage = Storage::Row(&FP32);

/// Everything in BF16, which the rows of quantizers that keep 16 bits elsewhere start from.
const LINEAR_ONLY: Recipe = Recipe {
    id: "",
    name: "",
    linear: B16,
    experts: B16,
    more_bits: None,
    embedding: B16,
    head: B16,
    positions: B16,
    router: B16,
    vectors: B16,
    rate: Rate::Half,
    note: in_engine(""),
    source: BNB,
};

/// What llama.cpp's `llama-quantize` leaves in FP32: vectors, positions and routers.
const GGUF: Recipe = Recipe { positions: F32, router: F32, vectors: F32, source: LLAMA_QUANT, ..LINEAR_ONLY };

const BNB: Source = Source::in_engine(
    "transformers, quantization with bitsandbytes: linear layers but for the head",
    "https://huggingface.co/docs/transformers/quantization/bitsandbytes",
    "2026-11",
);
const LLAMA_QUANT: Source = Source::in_engine(
    "llama.cpp@007dbbf, src/llama-quant.cpp: llama_tensor_get_type_impl, tensor_type_fallback",
    "https://github.com/ggml-org/llama.cpp/blob/007dbbf3fd17eefe9b47fee45f48f7ba5e62b714/src/llama-quant.cpp",
    "2026-11",
);
const K_MIX: &str = in_engine(
    "The head and, in about half of the layers, attention-v and ffn-down are Q6_K; a stack of layers is given \
                     the share of the whole model. What llama.cpp does beyond that is left out: more bits for the \
                     attention of the 70B Llamas and of Mixtral (under 1 %), a mixture of Falcon's own, the file's header.",
);
const GROUPS_NOTE: &str = in_engine(
    "Each group of 128 inputs has a 16-bit scale and a 4-bit zero point: 4.15625 bits per weight of \
                           the linear layers. The order of inputs that GPTQ may store (act-order) is left out.",
);

/// Every recipe, by library.
///
/// Adding one: a whole row, or what differs from `LINEAR_ONLY` or `GGUF`. Menus, weights and speeds read this table.
///
/// ```text
/// Recipe {
///     id: "q6_k",                               // permanent; stands in links
///     name: "Q6_K",
///     linear: Storage::Row(&GGML_Q6_K),
///     experts: Storage::Row(&GGML_Q6_K),
///     embedding: Storage::Row(&GGML_Q6_K),
///     head: Storage::Row(&GGML_Q6_K),
///     note: "…",
///     ..GGUF
/// },
/// ```
pub static RECIPES: &[Recipe] = &[
    Recipe {
        id: "q4_k_m",
        name: "Q4_K_M",
        linear: Storage::Row(&GGML_Q4_K),
        experts: Storage::Row(&GGML_Q4_K),
        more_bits: Some(Storage::Row(&GGML_Q6_K)),
        embedding: Storage::Row(&GGML_Q4_K),
        head: Storage::Row(&GGML_Q6_K),
        note: K_MIX,
        ..GGUF
    },
    Recipe {
        id: "q5_k_m",
        name: "Q5_K_M",
        linear: Storage::Row(&GGML_Q5_K),
        experts: Storage::Row(&GGML_Q5_K),
        more_bits: Some(Storage::Row(&GGML_Q6_K)),
        embedding: Storage::Row(&GGML_Q5_K),
        head: Storage::Row(&GGML_Q6_K),
        note: K_MIX,
        ..GGUF
    },
    Recipe {
        id: "q8_0",
        name: "Q8_0",
        linear: Storage::Row(&GGML_Q8_0),
        experts: Storage::Row(&GGML_Q8_0),
        embedding: Storage::Row(&GGML_Q8_0),
        head: Storage::Row(&GGML_Q8_0),
        note: in_engine(
            "Every matrix is Q8_0; vectors, positions and routers stay in FP32. The file's header is left out.",
        ),
        ..GGUF
    },
    Recipe {
        id: "nf4-dq",
        name: "NF4, double quantization",
        linear: Storage::Row(&BNB_NF4_DOUBLE),
        experts: Storage::Row(&BNB_NF4_DOUBLE),
        note: in_engine(
            "Linear layers take 4.127 bits per weight; embeddings, head, router and norms stay in BF16. The one FP32 mean \
               of each tensor's scales is left out.",
        ),
        source: Source::in_engine(
            "Dettmers et al. 2023, QLoRA, §3: NormalFloat in blocks of 64, scales in blocks of 256",
            "https://arxiv.org/abs/2305.14314",
            "2026-11",
        ),
        ..LINEAR_ONLY
    },
    Recipe {
        id: "nf4",
        name: "NF4",
        linear: Storage::Row(&BNB_NF4_BLOCK),
        experts: Storage::Row(&BNB_NF4_BLOCK),
        note: in_engine("Linear layers take 4.5 bits per weight; embeddings, head, router and norms stay in BF16."),
        ..LINEAR_ONLY
    },
    Recipe {
        id: "int8-linear",
        name: "LLM.int8()",
        linear: Storage::Groups(Groups::per_row(8, 32)),
        experts: Storage::Groups(Groups::per_row(8, 32)),
        embedding: Storage::Row(&FP16),
        head: Storage::Row(&FP16),
        positions: Storage::Row(&FP16),
        router: Storage::Row(&FP16),
        vectors: Storage::Row(&FP16),
        rate: Rate::Int8,
        note: in_engine(
            "Linear layers are INT8 with one FP32 scale per output, which is counted; the rest stays in FP16. The 16-bit \
               copies of outlier columns, made anew in each pass, are left out.",
        ),
        source: Source::in_engine(
            "Dettmers et al. 2022, LLM.int8(): 8-bit Matrix Multiplication for Transformers at Scale",
            "https://arxiv.org/abs/2208.07339",
            "2026-11",
        ),
        ..LINEAR_ONLY
    },
    Recipe {
        id: "gptq-4bit-g128",
        name: "GPTQ, 4 bits, groups of 128",
        linear: Storage::Groups(Groups::INT4_G128),
        experts: Storage::Groups(Groups::INT4_G128),
        note: GROUPS_NOTE,
        source: Source::in_engine(
            "Frantar et al. 2022, GPTQ: Accurate Post-Training Quantization for Generative Pre-trained Transformers",
            "https://arxiv.org/abs/2210.17323",
            "2026-11",
        ),
        ..LINEAR_ONLY
    },
    Recipe {
        id: "awq",
        name: "AWQ, 4 bits, groups of 128",
        linear: Storage::Groups(Groups::INT4_G128),
        experts: Storage::Groups(Groups::INT4_G128),
        note: GROUPS_NOTE,
        source: Source::in_engine(
            "Lin et al. 2023, AWQ: Activation-aware Weight Quantization for LLM Compression and Acceleration",
            "https://arxiv.org/abs/2306.00978",
            "2026-11",
        ),
        ..LINEAR_ONLY
    },
    Recipe {
        id: "fp8-block",
        name: "FP8, blocks of 128 × 128",
        linear: Storage::Tiles { bits: 8, side: 128, scale_bits: 32 },
        experts: Storage::Tiles { bits: 8, side: 128, scale_bits: 32 },
        rate: Rate::Fp8,
        note: in_engine(
            "Linear layers are E4M3 with one FP32 scale per block of 128 × 128; embeddings, head, router and norms stay in \
               BF16.",
        ),
        source: Source::in_engine(
            "DeepSeek-AI 2024, DeepSeek-V3 Technical Report, §3.3",
            "https://arxiv.org/abs/2412.19437",
            "2026-11",
        ),
        ..LINEAR_ONLY
    },
    Recipe {
        id: "mxfp4-experts",
        name: "MXFP4 experts",
        experts: Storage::Row(&MXFP4),
        note: in_engine(
            "Only the experts' matrices are MXFP4 (4.25 bits per weight); everything else, their biases included, is BF16.",
        ),
        source: Source::in_engine(
            "OpenAI 2025, gpt-oss-120b & gpt-oss-20b Model Card, §2.1",
            "https://arxiv.org/abs/2508.10925",
            "2026-11",
        ),
        ..LINEAR_ONLY
    },
];

/// The recipe with this id: a row of [`RECIPES`], or else the format of the format table, for every tensor.
///
/// `nf4` and `q8_0` are both. As a recipe `nf4` has the scales without which its 4-bit codes mean nothing.
#[must_use]
pub fn recipe(id: &str) -> Option<Recipe> {
    RECIPES.iter().find(|row| row.id == id).copied().or_else(|| format(id).map(Recipe::uniform))
}

/// What one component takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComponentWeights {
    /// Which.
    pub component: Component,
    /// Its parameters, a tied tensor once.
    pub params: u128,
    /// What they take with their scales.
    pub bytes: Bytes,
}

impl Recipe {
    /// One format for every tensor.
    ///
    /// Formats without blocks are kept by norms and biases too, so that the sum is parameters × width: INT8 is one byte
    /// per weight, and the scale per row or tensor that it needs (4 bytes for a row, 0.1 % at 4096 columns) is left out;
    /// `int8-linear` counts it. Formats of blocks are for matrices: vectors stay in FP32 where the format is ggml's, and
    /// in BF16 otherwise.
    #[must_use]
    pub fn uniform(format: &'static Format) -> Self {
        let all = Storage::Row(format);
        let vectors = match format.kind {
            Kind::Block(block) if matches!(block.layout, Layout::Ggml { .. }) => F32,
            Kind::Block(_) => B16,
            _ => all,
        };
        Self {
            id: format.id,
            name: format.name,
            linear: all,
            experts: all,
            more_bits: None,
            embedding: all,
            head: all,
            positions: all,
            router: all,
            vectors,
            rate: Rate::of(format),
            note: in_engine(
                "Every matrix is kept in this format. Scales of blocks are counted, those of whole rows or tensors are not.",
            ),
            source: format.source,
        }
    }

    /// What these tensors are kept in, and what instead in the layers that are given more bits.
    fn storage(&self, tensors: &Tensors, model: &Architecture) -> (Storage, Option<Storage>) {
        if tensors.cols == 1 {
            return (self.vectors, None);
        }
        let main = match tensors.component {
            Component::TokenEmbedding if !model.tied => self.embedding,
            Component::TokenEmbedding | Component::Head => self.head,
            Component::PositionEmbedding => self.positions,
            Component::Router => self.router,
            Component::Norm => self.vectors,
            Component::Experts => self.experts,
            Component::Attention | Component::Mlp | Component::SharedExperts => self.linear,
        };
        let sensitive = match tensors.component {
            // What llama.cpp calls attn_v, attn_qkv and attn_kv_b.
            Component::Attention => matches!(
                tensors.name,
                "v_proj" | "v" | "value" | "qkv_proj" | "query_key_value" | "c_attn" | "kv_b_proj"
            ),
            // Of an MLP's matrices only ffn_down ends in the residual stream; by name where the MLP is as wide as that.
            Component::Mlp | Component::Experts | Component::SharedExperts => {
                tensors.rows == model.hidden && !matches!(tensors.name, "gate_proj" | "up_proj" | "w1" | "w3")
            }
            _ => false,
        };
        (main, self.more_bits.filter(|_| sensitive))
    }

    /// Bytes of one of these tensors, on average over the layers that have it.
    #[must_use]
    pub fn bytes_each(&self, tensors: &Tensors, model: &Architecture) -> Bytes {
        let (main, more) = self.storage(tensors, model);
        let bytes = |storage: Storage| storage.bytes(tensors.rows, tensors.cols) as f64;
        let Some(more) = more else { return Bytes(bytes(main)) };
        let layers: u64 = model.stacks.iter().map(|stack| stack.layers).sum();
        let share = layers_with_more_bits(layers) as f64 / layers.max(1) as f64;
        Bytes(bytes(more) * share + bytes(main) * (1.0 - share))
    }
}

/// How many of `layers` llama.cpp gives more bits: the first and last eighth, and every third between.
///
/// Source: `use_more_bits` in llama.cpp's `llama-quant.cpp`; 16 of 32.
fn layers_with_more_bits(layers: u64) -> u64 {
    let eighth = layers / 8;
    let last = 7 * layers / 8;
    // Layer i between them counts if i − eighth is 2, 5, 8, …
    let between = last.saturating_sub(eighth) / 3;
    eighth + between + (layers - last)
}

/// What each component takes in this recipe, in the order of [`Component::ALL`]; those that a model lacks are left out.
#[must_use]
pub fn weights(model: &Architecture, recipe: &Recipe) -> Vec<ComponentWeights> {
    let of = |component| {
        let own = model.tensors.iter().filter(move |tensors| tensors.component == component);
        let bytes = own.map(|tensors| recipe.bytes_each(tensors, model) * tensors.copies as f64).sum();
        ComponentWeights { component, params: model.params_of(component), bytes }
    };
    Component::ALL.into_iter().map(of).filter(|part| part.params > 0).collect()
}

/// Bits per weight of a whole model: 8 · bytes ÷ parameters. 0 for a model without parameters.
#[must_use]
pub fn bits_per_weight(parts: &[ComponentWeights]) -> f64 {
    let params: u128 = parts.iter().map(|part| part.params).sum();
    let bytes: Bytes = parts.iter().map(|part| part.bytes).sum();
    if params == 0 { 0.0 } else { 8.0 * bytes.get() / params as f64 }
}
