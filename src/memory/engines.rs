//! Engines that run models, and where their answers differ.
//!
//! The same model, text and cache format take up to 71 times as much memory in one engine as in another. Nobody is wrong:
//! they keep different things. An [`Engine`] is a row that says what it keeps of a window and of a latent vector, how it
//! rounds, how many tokens it pushes through at once, and what it occupies before the first token.

use crate::source::{Source, in_engine};
use crate::units::Bytes;

/// An engine; see [`ENGINES`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Engine {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// What it keeps of layers that see only a window.
    pub windows: Windows,
    /// What it keeps of multi-head latent attention.
    pub latent: Latent,
    /// Tokens of a block of the cache: a sequence occupies whole blocks.
    pub block_tokens: u64,
    /// Whether sequences that begin alike keep their beginning once.
    pub shares_prefix: bool,
    /// Ids of the cache formats that it offers.
    pub cache_formats: &'static [&'static str],
    /// How many tokens a pass of the prefill has.
    pub pass: Pass,
    /// Of which tokens of a pass it computes logits.
    pub logits: Logits,
    /// Bytes of a logit, its copies included.
    pub logit_bytes: f64,
    /// Bytes of an activation.
    pub activation_bytes: f64,
    /// What it occupies besides.
    pub overhead: Overhead,
    /// The share of the GPU's memory that it takes at most: vLLM's `gpu_memory_utilization`.
    pub usable: f64,
    /// Why its cache is what it is, as sentences.
    pub reason: &'static str,
    /// Where that can be read.
    pub source: Source,
}

/// What is kept of a layer that sees only the last W tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Windows {
    /// Every token: the window only masks.
    AllTokens,
    /// min(tokens, W).
    Window,
    /// min(tokens, W − 1): the newest token is the W-th.
    WindowLessOne,
    /// Pages for every token if other layers see everything; the window if all layers have one.
    AllTokensIfMixed,
    /// min(tokens, W + `more`) for models of these families, and every token for others.
    WindowAnd {
        /// Tokens beside the window, in which a pass is written.
        more: u64,
        /// The families whose windows it knows.
        families: &'static [&'static str],
    },
}

/// What is kept of multi-head latent attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Latent {
    /// The latent vector and the rotary part of the key.
    Compressed,
    /// Key and value of every head, made of it.
    Expanded,
}

/// How many tokens a pass of the prefill has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// All of all sequences.
    Whole,
    /// So many, whatever is asked: the largest pass is tried out or laid out when the engine starts.
    Reserved(u64),
}

/// Of which tokens of a pass logits are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logits {
    /// The last of each sequence, which alone is sampled from.
    LastOfEachSequence,
    /// Every token of the pass.
    WholePass,
}

/// What an engine occupies before it holds a model: an editable line of the sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overhead {
    /// What to plan with.
    pub default: Bytes,
    /// The least that has been seen.
    pub low: Bytes,
    /// The most.
    pub high: Bytes,
    /// What is in it, as a sentence.
    pub what: &'static str,
    /// Where the figures were read.
    pub source: Source,
}

const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

impl Overhead {
    const fn gib(default: f64, low: f64, high: f64, what: &'static str, source: Source) -> Self {
        let what = in_engine(what);
        Self { default: Bytes(default * GIB), low: Bytes(low * GIB), high: Bytes(high * GIB), what, source }
    }
}

/// The row with this id.
#[must_use]
pub fn engine(id: &str) -> Option<&'static Engine> {
    ENGINES.iter().find(|row| row.id == id)
}

/// What a plan starts from.
pub const DEFAULT_ENGINE: &str = "vllm";

const CUDA_CONTEXT: Source = Source::in_engine(
    "A. Smirnov, VRAM estimator, how it works: a CUDA context of 0.3 to 2 GiB",
    "https://asmirnov.xyz/vram",
    "2026-11",
);

/// Keeps what the architecture needs and nothing else.
static IDEAL: Engine = Engine {
    id: "ideal",
    name: "ideal",
    windows: Windows::Window,
    latent: Latent::Compressed,
    block_tokens: 1,
    shares_prefix: true,
    cache_formats: &["16-bit", "fp32", "fp8", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"],
    pass: Pass::Whole,
    logits: Logits::LastOfEachSequence,
    logit_bytes: 2.0,
    activation_bytes: 2.0,
    overhead: Overhead::gib(0.0, 0.0, 2.0, "Nothing: the sum of the parts alone.", CUDA_CONTEXT),
    usable: 1.0,
    reason: in_engine(
        "What the architecture needs: the last W tokens of a window, the latent vector of MLA, a shared prefix once, \
             and no block that is not full.",
    ),
    source: Source::in_engine(
        "Shazeer 2019 (MQA), Ainslie et al. 2023 (GQA), DeepSeek-AI 2024 (MLA): what each head keeps",
        "https://arxiv.org/abs/2405.04434",
        "2026-11",
    ),
};

/// Every engine, from what is needed to what is kept.
///
/// Adding one: a whole row. Menus, caches, activations and speeds read this table.
///
/// ```text
/// Engine {
///     id: "tgi",                                  // permanent, stands in links
///     name: "Text Generation Inference",
///     windows: Windows::Window,
///     latent: Latent::Compressed,
///     block_tokens: 1,
///     shares_prefix: true,
///     cache_formats: &["16-bit", "fp8"],
///     pass: Pass::Reserved(4096),
///     logits: Logits::LastOfEachSequence,
///     logit_bytes: 6.0,
///     activation_bytes: 2.0,
///     overhead: Overhead::gib(1.0, 0.5, 2.0, "…", SOURCE),
///     usable: 1.0,
///     reason: "…",
///     source: SOURCE,
/// },
/// ```
pub static ENGINES: &[Engine] = &[
    IDEAL,
    Engine {
        id: "transformers",
        name: "transformers",
        windows: Windows::WindowLessOne,
        latent: Latent::Expanded,
        block_tokens: 1,
        shares_prefix: false,
        cache_formats: &["16-bit", "fp32"],
        pass: Pass::Whole,
        logits: Logits::LastOfEachSequence,
        // 16-bit, and the FP32 copy that is sampled from.
        logit_bytes: 6.0,
        activation_bytes: 2.0,
        overhead: Overhead::gib(
            0.5,
            0.3,
            2.0,
            "The CUDA context, the libraries' workspaces and what PyTorch's allocator holds but does not use.",
            CUDA_CONTEXT,
        ),
        usable: 1.0,
        reason: in_engine(
            "DynamicCache keeps W − 1 tokens of a window, because the newest is the W-th, and of MLA the keys and values \
                 of all heads instead of the latent vector. Each sequence has its own copy of a shared prefix.",
        ),
        source: Source::in_engine(
            "transformers 4.57.6, cache_utils.py and modeling_deepseek_v3.py: run on fake tensors",
            "https://github.com/huggingface/transformers/blob/v4.57.6/src/transformers/cache_utils.py",
            "2026-11",
        ),
    },
    Engine {
        id: "vllm",
        name: "vLLM",
        windows: Windows::AllTokensIfMixed,
        latent: Latent::Compressed,
        block_tokens: 16,
        shares_prefix: true,
        cache_formats: &["16-bit", "fp32", "fp8"],
        // max_num_batched_tokens of its server on a GPU of 70 GiB or more; 2048 on smaller ones.
        pass: Pass::Reserved(8192),
        logits: Logits::LastOfEachSequence,
        logit_bytes: 6.0,
        activation_bytes: 2.0,
        overhead: Overhead::gib(
            1.0,
            0.3,
            2.0,
            "The worker's CUDA context and libraries (about 0.3 GiB) and the CUDA graphs (about 0.65 GiB).",
            Source::in_engine(
                "vLLM pull request 21489: memory of CUDA graphs and of what is not PyTorch's",
                "https://github.com/vllm-project/vllm/pull/21489",
                "2026-11",
            ),
        ),
        usable: 0.9,
        reason: in_engine(
            "Pages of 16 tokens. Where layers with windows and layers without are mixed, all share pages of one size, and \
                 vLLM's own count of the tokens that fit is that of all layers keeping all tokens; pages that leave a window \
                 are given back, so it may serve more than it says. If every layer has a window, only that is kept. MLA \
                 keeps the latent vector. Full pages of a shared prefix are kept once.",
        ),
        source: Source::in_engine(
            "hf-mem issue 60 and pull request 70: vLLM's log, 5.38 GiB for 78 384 tokens of gpt-oss-120b",
            "https://github.com/alvarobartt/hf-mem/issues/60",
            "2026-11",
        ),
    },
    Engine {
        id: "llama.cpp",
        name: "llama.cpp",
        windows: Windows::WindowAnd { more: UBATCH, families: &["gemma2", "gemma3_text", "gpt_oss"] },
        latent: Latent::Compressed,
        block_tokens: 256,
        shares_prefix: false,
        cache_formats: &["16-bit", "fp32", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0"],
        pass: Pass::Reserved(UBATCH),
        logits: Logits::WholePass,
        logit_bytes: 4.0,
        activation_bytes: 4.0,
        overhead: Overhead::gib(
            0.5,
            0.2,
            1.0,
            "The CUDA context and the backend's own buffers; the compute buffer is counted with the activations.",
            CUDA_CONTEXT,
        ),
        usable: 1.0,
        reason: in_engine(
            "The cache is allocated for the whole context when the model is loaded, in steps of 256 tokens, once for each \
                 slot. Layers with a window keep W + 512 tokens (the window and one micro-batch) in Gemma 2 and 3 and \
                 gpt-oss; for other families, such as Mistral v0.1 and Phi-3, the window is ignored. MLA keeps the latent \
                 vector.",
        ),
        source: Source::in_engine(
            "llama.cpp@2aef976, src/llama-kv-cache-iswa.cpp: size_swa",
            "https://github.com/ggml-org/llama.cpp/blob/2aef9767d982beb7ab61b3ae359366f627eb74dd/src/llama-kv-cache-iswa.cpp",
            "2026-11",
        ),
    },
];

/// llama.cpp's `n_ubatch`, the most tokens of a pass.
const UBATCH: u64 = 512;

/// What a figure for a cache assumes, where it names no engine: the four answers that papers, logs and tests give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheMode {
    /// All layers keep all tokens.
    Full,
    /// Layers with windows keep min(tokens, W).
    Window,
    /// MLA keeps the latent vector.
    Latent,
    /// MLA keeps the keys and values of all heads.
    Expanded,
}

impl CacheMode {
    /// The mode of this name: `full`, `window`, `latent` or `expanded`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "full" => Some(Self::Full),
            "window" => Some(Self::Window),
            "latent" => Some(Self::Latent),
            "expanded" => Some(Self::Expanded),
            _ => None,
        }
    }

    /// The ideal engine, but for what the mode fixes.
    #[must_use]
    pub fn engine(self) -> Engine {
        match self {
            Self::Full | Self::Expanded => Engine { windows: Windows::AllTokens, latent: Latent::Expanded, ..IDEAL },
            Self::Window | Self::Latent => IDEAL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::cache::CACHE_FORMATS;

    #[test]
    fn every_engine_has_an_id_a_reason_and_a_range_around_its_default() {
        for (i, row) in ENGINES.iter().enumerate() {
            assert!(ENGINES[..i].iter().all(|other| other.id != row.id), "{} stands twice", row.id);
            assert!(row.reason.ends_with('.') && row.overhead.what.ends_with('.'), "{}", row.id);
            assert!(row.source.url.starts_with("https://") && row.overhead.source.url.starts_with("https://"));
            let overhead = row.overhead;
            assert!(overhead.low <= overhead.default && overhead.default <= overhead.high, "{}", row.id);
            assert!(
                row.block_tokens > 0 && row.logit_bytes > 0.0 && row.activation_bytes > 0.0 && row.usable <= 1.0,
                "{}",
                row.id
            );
        }
        assert!(engine(DEFAULT_ENGINE).is_some() && engine("ollama").is_none());
    }

    #[test]
    fn engines_offer_cache_formats_that_there_are() {
        for row in ENGINES {
            for id in row.cache_formats {
                assert!(CACHE_FORMATS.iter().any(|format| format.id == *id), "{}: {id}", row.id);
            }
            assert!(row.cache_formats.contains(&"16-bit"), "{}", row.id);
        }
    }
}
