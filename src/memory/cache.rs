//! The KV cache: what is kept of each token for those that follow.
//!
//! For one layer, one sequence and one GPU of t, with k heads of keys and values of widths d and d′ (equal but in MLA):
//!
//! | attention | bytes | |
//! |---|---|---|
//! | MHA, GQA, MQA | `⌈k/t⌉ · (d + d′) · tokens · B` | [Shazeer 2019](https://arxiv.org/abs/1911.02150), [Ainslie et al. 2023](https://arxiv.org/abs/2305.13245) |
//! | with a window of W | the same of min(tokens, W), or of what the engine keeps | |
//! | MLA, latent | `(rank + rope) · tokens · B`, on every GPU | [DeepSeek-V2](https://arxiv.org/abs/2405.04434) |
//! | MLA, expanded | `⌈a/t⌉ · (d + d′) · tokens · B` | transformers |
//! | encoder-decoder | `⌈k/t⌉ · (d + d′) · (tokens + encoder tokens) · B` | |
//!
//! B is the width of an element ([`CacheFormat`]), and which row of it holds is the engine's ([`Engine`]). Heads are not
//! split: with more GPUs than heads each keeps one, a copy. Elements and tokens are multiplied as `f64`, by design: no
//! input overflows, and every sum below 2⁵³ bytes is exact.

use super::engines::{Engine, Latent, Windows};
use crate::formats::table::{BF16, E4M3FN, FP32, GGML_Q4_0, GGML_Q4_1, GGML_Q5_0, GGML_Q5_1, GGML_Q8_0};
use crate::formats::{Format, Kind, Layout};
use crate::transformer::{Architecture, Cache, Side, Stack};
use crate::units::Bytes;

/// A format that keys and values are kept in; see [`CACHE_FORMATS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CacheFormat {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Other names that engines have for it.
    pub aliases: &'static [&'static str],
    /// The row of the format table, for its width and its source.
    pub format: &'static Format,
}

impl CacheFormat {
    /// Bytes of an element with its share of the scales.
    #[must_use]
    pub fn bytes_per_element(&self) -> f64 {
        self.format.bits_per_weight() / 8.0
    }
}

/// The row with this id or alias.
#[must_use]
pub fn cache_format(id: &str) -> Option<&'static CacheFormat> {
    CACHE_FORMATS.iter().find(|row| row.id == id || row.aliases.contains(&id))
}

/// Every format of a cache, from wide to narrow.
///
/// Adding one: a row, and its id in the `cache_formats` of the engines that offer it.
///
/// ```text
/// CacheFormat { id: "iq4_nl", name: "IQ4_NL", aliases: &[], format: &GGML_IQ4_NL },
/// ```
pub static CACHE_FORMATS: &[CacheFormat] = &[
    CacheFormat { id: "fp32", name: "FP32", aliases: &["f32", "float32"], format: &FP32 },
    CacheFormat {
        id: "16-bit",
        name: "16-bit",
        aliases: &["bf16", "fp16", "f16", "bfloat16", "float16", "auto"],
        format: &BF16,
    },
    CacheFormat { id: "q8_0", name: "Q8_0", aliases: &[], format: &GGML_Q8_0 },
    CacheFormat { id: "fp8", name: "FP8", aliases: &["fp8_e4m3", "fp8_e5m2"], format: &E4M3FN },
    CacheFormat { id: "q5_1", name: "Q5_1", aliases: &[], format: &GGML_Q5_1 },
    CacheFormat { id: "q5_0", name: "Q5_0", aliases: &[], format: &GGML_Q5_0 },
    CacheFormat { id: "q4_1", name: "Q4_1", aliases: &[], format: &GGML_Q4_1 },
    CacheFormat { id: "q4_0", name: "Q4_0", aliases: &[], format: &GGML_Q4_0 },
];

/// How a model is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// Sequences at once, b.
    pub batch: u64,
    /// Tokens of each, prompt and answer together, s.
    pub tokens: u64,
    /// Tokens that the encoder of an encoder-decoder reads for each.
    pub encoder_tokens: u64,
    /// Of `tokens`, those at the beginning that all sequences have in common. An engine that shares them keeps them once.
    pub shared_prefix: u64,
}

impl Use {
    /// Sequences that have nothing in common.
    #[must_use]
    pub const fn of(batch: u64, tokens: u64) -> Self {
        Self { batch, tokens, encoder_tokens: 0, shared_prefix: 0 }
    }
}

/// What the cache takes on one GPU.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheReport {
    /// All of it.
    pub bytes: Bytes,
    /// What one more token of one sequence adds at this length, before it is rounded up to blocks.
    pub bytes_per_token: Bytes,
    /// What a token adds while all windows have room.
    pub bytes_per_token_short: Bytes,
    /// What a step that makes one token for each sequence reads: a window's tokens alone, a shared prefix once for each.
    pub bytes_read_per_step: Bytes,
    /// The sum by stack; stacks that keep nothing are left out.
    pub parts: Vec<CachePart>,
    /// Why this engine keeps this.
    pub reason: &'static str,
    /// What does not go together, as sentences.
    pub warnings: Vec<String>,
}

/// What a stack of layers keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct CachePart {
    /// Its place in [`Architecture::stacks`].
    pub stack: usize,
    /// Its layers.
    pub layers: u64,
    /// Tokens that each layer keeps, of all sequences and the encoder's included.
    pub tokens: f64,
    /// What they take.
    pub bytes: Bytes,
    /// The product as text, with the numbers put in.
    pub formula: String,
    /// What of each token is kept, and of which tokens, as a sentence.
    pub why: String,
}

/// The cache of `model` on the most loaded of `tensor_parallel` GPUs.
#[must_use]
pub fn cache(
    model: &Architecture,
    usage: &Use,
    engine: &Engine,
    format: &CacheFormat,
    tensor_parallel: u64,
) -> CacheReport {
    let mixed = model.stacks.iter().any(|stack| matches!(stack.cache, Cache::Full));
    let rules = Rules { engine, mixed, family: model.family.model_type, gpus: tensor_parallel.max(1) };
    let width = format.bytes_per_element();
    let mut report = CacheReport {
        bytes: Bytes(0.0),
        bytes_per_token: Bytes(0.0),
        bytes_per_token_short: Bytes(0.0),
        bytes_read_per_step: Bytes(0.0),
        parts: Vec::new(),
        reason: engine.reason,
        warnings: warnings(model, engine, format, &rules),
    };
    for (index, stack) in model.stacks.iter().enumerate().filter(|(_, stack)| stack.cache != Cache::None) {
        let per_token = Bytes(stack.layers as f64 * rules.elements(stack) * width);
        let kept = rules.kept(stack, usage.tokens);
        let more = rules.kept(stack, usage.tokens.saturating_add(1)) - kept;
        let cross = if stack.cache == Cache::Cross { usage.encoder_tokens } else { 0 };
        let tokens = rules.stored(kept, usage) + usage.batch as f64 * rules.rounded(cross);
        let read = match stack.cache {
            Cache::Window(window) => kept.min(window),
            _ => kept,
        };
        let bytes = per_token * tokens;
        report.bytes = report.bytes + bytes;
        report.bytes_per_token = report.bytes_per_token + per_token * more as f64;
        report.bytes_per_token_short = report.bytes_per_token_short + per_token;
        report.bytes_read_per_step =
            report.bytes_read_per_step + per_token * (usage.batch as f64 * (read as f64 + cross as f64));
        report.parts.push(CachePart {
            stack: index,
            layers: stack.layers,
            tokens,
            bytes,
            formula: format!("{} layers × {} × {tokens} tokens × {width} B", stack.layers, rules.shape(stack)),
            why: rules.why(stack),
        });
    }
    report
}

fn warnings(model: &Architecture, engine: &Engine, format: &CacheFormat, rules: &Rules) -> Vec<String> {
    let mut warnings = Vec::new();
    if !engine.cache_formats.contains(&format.id) {
        warnings.push(format!("{} has no cache in {}; this is what it would take.", engine.name, format.name));
    }
    let in_heads = |stack: &&Stack| stack.cache != Cache::None && rules.keeps_heads(stack);
    if let Kind::Block(block) = format.format.kind
        && matches!(block.layout, Layout::Ggml { .. })
        && let Some(stack) =
            model.stacks.iter().filter(in_heads).find(|stack| !stack.key_dim.is_multiple_of(block.size as u64))
    {
        warnings.push(format!(
            "Heads of {} are no whole number of {}'s blocks of {}, so llama.cpp refuses it for this model.",
            stack.key_dim, format.name, block.size
        ));
    }
    if let Some(stack) =
        model.stacks.iter().filter(in_heads).find(|stack| !rules.all_heads(stack).is_multiple_of(rules.gpus))
    {
        warnings.push(format!(
            "{} heads cannot be split evenly among {} GPUs: the most loaded keeps {}.",
            rules.all_heads(stack),
            rules.gpus,
            rules.heads(stack)
        ));
    }
    warnings
}

/// What an engine keeps of this model.
struct Rules<'a> {
    engine: &'a Engine,
    /// Whether some layers see every token.
    mixed: bool,
    family: &'static str,
    gpus: u64,
}

impl Rules<'_> {
    /// Elements that one layer keeps of a token on one GPU.
    fn elements(&self, stack: &Stack) -> f64 {
        match (stack.cache, self.engine.latent) {
            (Cache::Latent { rank, rope }, Latent::Compressed) => rank as f64 + rope as f64,
            _ => self.heads(stack) as f64 * (stack.key_dim as f64 + stack.value_dim as f64),
        }
    }

    /// The same as text.
    fn shape(&self, stack: &Stack) -> String {
        match (stack.cache, self.engine.latent) {
            (Cache::Latent { rank, rope }, Latent::Compressed) => format!("({rank} + {rope})"),
            _ if stack.key_dim == stack.value_dim => format!("2 × {} heads × {}", self.heads(stack), stack.key_dim),
            _ => format!("{} heads × ({} + {})", self.heads(stack), stack.key_dim, stack.value_dim),
        }
    }

    /// Heads of keys and values: of MLA, where they are expanded, as many as of queries.
    const fn all_heads(&self, stack: &Stack) -> u64 {
        if matches!(stack.cache, Cache::Latent { .. }) { stack.heads } else { stack.kv_heads }
    }

    /// Those of one GPU.
    const fn heads(&self, stack: &Stack) -> u64 {
        self.all_heads(stack).div_ceil(self.gpus)
    }

    /// Whether heads are what is kept.
    fn keeps_heads(&self, stack: &Stack) -> bool {
        !matches!(stack.cache, Cache::Latent { .. }) || self.engine.latent == Latent::Expanded
    }

    /// What is kept, as a sentence.
    fn why(&self, stack: &Stack) -> String {
        let name = self.engine.name;
        match (stack.cache, self.engine.latent, self.engine.windows) {
            (Cache::None, ..) => "Nothing is kept.".to_owned(),
            (Cache::Full, ..) => "Key and value of every token.".to_owned(),
            (Cache::Cross, ..) => "Key and value of every token, and of the encoder's.".to_owned(),
            (Cache::Latent { .. }, Latent::Compressed, _) => {
                "The latent vector of every token and the rotary part of its key, the same on each GPU.".to_owned()
            }
            (Cache::Latent { .. }, Latent::Expanded, _) => {
                "Keys and values of all heads, made of the latent vector.".to_owned()
            }
            (Cache::Window(_), _, Windows::AllTokensIfMixed) if self.mixed => {
                format!("Pages for every token, of one size with those of layers that see everything ({name}).")
            }
            (Cache::Window(window), _, Windows::Window | Windows::AllTokensIfMixed) => {
                format!("The last {window} tokens.")
            }
            (Cache::Window(window), _, Windows::WindowLessOne) => {
                format!("The last {} tokens, to which the newest is added.", window.saturating_sub(1))
            }
            (Cache::Window(window), _, Windows::WindowAnd { more, families }) if families.contains(&self.family) => {
                format!("The last {window} tokens and a pass of {more}.")
            }
            (Cache::Window(window), _, Windows::AllTokens | Windows::WindowAnd { .. }) => {
                format!("Every token: {name} ignores the window of {window} here.")
            }
        }
    }

    /// Tokens of a sequence that a layer keeps, before they are rounded up to blocks.
    fn kept(&self, stack: &Stack, tokens: u64) -> u64 {
        let Cache::Window(window) = stack.cache else { return tokens };
        match self.engine.windows {
            Windows::AllTokens => tokens,
            Windows::AllTokensIfMixed if self.mixed => tokens,
            Windows::Window | Windows::AllTokensIfMixed => tokens.min(window),
            Windows::WindowLessOne => tokens.min(window.saturating_sub(1)),
            Windows::WindowAnd { more, families } if families.contains(&self.family) => {
                tokens.min(window.saturating_add(more))
            }
            Windows::WindowAnd { .. } => tokens,
        }
    }

    /// Whole blocks, in tokens.
    fn rounded(&self, tokens: u64) -> f64 {
        let block = self.engine.block_tokens.max(1);
        tokens.div_ceil(block) as f64 * block as f64
    }

    /// Tokens kept of all sequences together, of which each keeps `kept`: what is shared once, and the rest for each. A
    /// window that has left the shared prefix shares nothing. Of the last, not full block of a prefix each has its own copy.
    fn stored(&self, kept: u64, usage: &Use) -> f64 {
        let batch = usage.batch as f64;
        if !self.engine.shares_prefix || usage.batch == 0 {
            return batch * self.rounded(kept);
        }
        let own = kept.min(usage.tokens.saturating_sub(usage.shared_prefix));
        if own == 0 {
            return self.rounded(kept);
        }
        let block = self.engine.block_tokens.max(1);
        let shared = (kept - own) / block * block;
        shared as f64 + batch * self.rounded(kept - shared)
    }
}

/// Whether a model generates text token by token at all: an encoder alone keeps nothing and decodes nothing.
#[must_use]
pub fn decodes(model: &Architecture) -> bool {
    model.layers(Side::Decoder) > 0
}
