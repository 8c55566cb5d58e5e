//! How fast memory and arithmetic let a model be, and what lower precision does to it.
//!
//! Two bounds, neither of which is reached:
//!
//! ```text
//! decode   step ≥ (weights read + cache read) ÷ bandwidth     one token for each of b sequences: tokens/s ≤ b ÷ step
//! prefill  time ≥ 2 · N · tokens ÷ peak                       N the parameters that a token is multiplied with
//! ```
//!
//! A decode step reads every weight for few tokens, so it waits for memory, and narrower weights make it faster in
//! proportion. Prefill does arithmetic, which narrower weights speed up only where the GPU multiplies in that format
//! ([`Rate`]). Sources: [Pope et al. 2022](https://arxiv.org/abs/2211.05102), §2; 2N from
//! [Kaplan et al. 2020](https://arxiv.org/abs/2001.08361), §2.1.

use super::cache::{CacheFormat, Use, cache, decodes};
use super::engines::Engine;
use super::recipe::Recipe;
use crate::catalog::Gpu;
use crate::formats::{Family, Format, Kind};
use crate::transformer::{Architecture, Component, Side, Tensors};
use crate::units::{Bytes, Flop, FlopPerSecond, Seconds, TokensPerSecond};

/// The format in which matrices are multiplied. Weights alone in fewer bits (GGUF, NF4, GPTQ, AWQ) are widened to 16 first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// FP32.
    Fp32,
    /// BF16 or FP16.
    Half,
    /// FP8.
    Fp8,
    /// INT8.
    Int8,
    /// FP4 in blocks.
    Fp4,
}

impl Rate {
    /// The name to show.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "FP32",
            Self::Half => "16-bit",
            Self::Fp8 => "FP8",
            Self::Int8 => "INT8",
            Self::Fp4 => "FP4",
        }
    }

    /// What matrices of this format are multiplied in, if the GPU can.
    #[must_use]
    pub fn of(format: &Format) -> Self {
        match (format.kind, format.id) {
            (Kind::Float(_), _) if format.bits() > 16 => Self::Fp32,
            (Kind::Integer(_), "int8" | "uint8") => Self::Int8,
            (_, "e4m3fn" | "e5m2" | "e4m3fnuz" | "e5m2fnuz" | "mxfp8_e4m3" | "mxfp8_e5m2") => Self::Fp8,
            (_, "mxfp4" | "nvfp4" | "nvfp4_one_level") if format.family == Family::Mx => Self::Fp4,
            _ => Self::Half,
        }
    }
}

/// A GPU's dense peak for a rate.
#[derive(Clone, Debug, PartialEq)]
pub struct Peak {
    /// How much it does.
    pub flop_per_second: FlopPerSecond,
    /// In which format.
    pub format: &'static str,
    /// Why it is not in the format that was asked for, as a sentence.
    pub fallback: Option<String>,
}

impl Peak {
    /// The dense peak of `gpu`, in its 16-bit format where it has none for `rate`. `None` if it has no rate at all.
    #[must_use]
    pub fn of(gpu: &Gpu, rate: Rate) -> Option<Self> {
        let (half, half_name) = gpu.training_peak()?;
        let own = match rate {
            Rate::Half => Some(half.get() / 1e12),
            Rate::Fp32 => None,
            Rate::Fp8 => gpu.peak.fp8,
            Rate::Int8 => gpu.peak.int8,
            Rate::Fp4 => gpu.peak.fp4,
        };
        Some(match own {
            Some(_) if rate == Rate::Half => Self { flop_per_second: half, format: half_name, fallback: None },
            Some(tera) => Self { flop_per_second: FlopPerSecond(tera * 1e12), format: rate.name(), fallback: None },
            None => Self { flop_per_second: half, format: half_name, fallback: Some(fallback(gpu, rate, half_name)) },
        })
    }
}

fn fallback(gpu: &Gpu, rate: Rate, half: &str) -> String {
    match rate {
        Rate::Fp32 => format!("No FP32 rate is listed for {}: this is its {half} rate, and FP32 is slower.", gpu.name),
        _ => format!(
            "No {} rate is listed for {}, so weights are widened to {half} before they are multiplied: they take less \
             memory and are read faster, but arithmetic is no faster.",
            rate.name(),
            gpu.name
        ),
    }
}

/// What runs where.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The model.
    pub model: &'a Architecture,
    /// What its weights are kept in.
    pub recipe: &'a Recipe,
    /// How it is used.
    pub usage: &'a Use,
    /// By which engine.
    pub engine: &'a Engine,
    /// What its cache is kept in.
    pub cache_format: &'a CacheFormat,
    /// On which GPU.
    pub gpu: &'a Gpu,
    /// On how many, each with a share of every matrix.
    pub tensor_parallel: u64,
}

/// What a step waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// The memory's bandwidth.
    Memory,
    /// Arithmetic.
    Compute,
}

/// The bound of a decode step, which makes one token for each sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Decode {
    /// Weights that each GPU reads.
    pub weights_read: Bytes,
    /// The cache that it reads.
    pub cache_read: Bytes,
    /// The least that a step takes.
    pub step: Seconds,
    /// The most tokens of all sequences together.
    pub tokens_per_second: TokensPerSecond,
    /// The most of one sequence.
    pub tokens_per_second_each: TokensPerSecond,
    /// What the step waits for.
    pub limit: Limit,
    /// The rate of its arithmetic.
    pub peak: Peak,
    /// What the bound takes for granted, as sentences.
    pub assumptions: &'static [&'static str],
}

/// The bound of a prefill.
#[derive(Clone, Debug, PartialEq)]
pub struct Prefill {
    /// Arithmetic of all sequences.
    pub flop: Flop,
    /// The least that it takes: the time to the first token.
    pub time: Seconds,
    /// The most tokens of all sequences together, the encoder's included.
    pub tokens_per_second: TokensPerSecond,
    /// What it waits for.
    pub limit: Limit,
    /// The rate of its arithmetic.
    pub peak: Peak,
    /// What the bound takes for granted, as sentences.
    pub assumptions: &'static [&'static str],
}

const DECODE_ASSUMPTIONS: &[&str] = &[
    "The full bandwidth, which no engine reaches.",
    "Each token's experts are drawn evenly and by themselves: b tokens read 1 − (1 − k/E)ᵇ of all experts.",
    "Each sequence reads a shared prefix for itself.",
    "Several GPUs share weights evenly and wait for nothing: communication comes on top.",
];
const PREFILL_ASSUMPTIONS: &[&str] = &[
    "The full dense peak, which no engine reaches.",
    "2 FLOP for each parameter and token; what attention does to the tokens before, and drawing tokens, come on top.",
    "Several GPUs share the work evenly and wait for nothing.",
];

/// The decode bound; `None` for an encoder alone, for no sequences, and for a GPU without a rate or bandwidth.
#[must_use]
pub fn decode(run: &Run) -> Option<Decode> {
    let batch = run.usage.batch;
    if !decodes(run.model) || batch == 0 || run.gpu.bandwidth_gb_s <= 0.0 {
        return None;
    }
    let gpus = run.tensor_parallel.max(1) as f64;
    let peak = Peak::of(run.gpu, run.recipe.rate)?;
    let weights_read = weights_read(run.model, run.recipe, batch) * (1.0 / gpus);
    let cache = cache(run.model, run.usage, run.engine, run.cache_format, run.tensor_parallel);
    let cache_read = cache.bytes_read_per_step;
    let memory = (weights_read + cache_read).get() / (run.gpu.bandwidth_gb_s * 1e9);
    let flop = 2.0 * multiplied(run.model, Side::Decoder) as f64 * batch as f64;
    let compute = flop / (peak.flop_per_second.get() * gpus);
    let step = memory.max(compute);
    // A model without a parameter is read in no time.
    if step <= 0.0 {
        return None;
    }
    Some(Decode {
        weights_read,
        cache_read,
        step: Seconds(step),
        tokens_per_second: TokensPerSecond(batch as f64 / step),
        tokens_per_second_each: TokensPerSecond(1.0 / step),
        limit: if compute > memory { Limit::Compute } else { Limit::Memory },
        peak,
        assumptions: DECODE_ASSUMPTIONS,
    })
}

/// The prefill bound; `None` where there is nothing to read, and for a GPU without a rate or bandwidth.
#[must_use]
pub fn prefill(run: &Run) -> Option<Prefill> {
    if run.gpu.bandwidth_gb_s <= 0.0 {
        return None;
    }
    let gpus = run.tensor_parallel.max(1) as f64;
    let peak = Peak::of(run.gpu, run.recipe.rate)?;
    let tokens = |tokens: u64| run.usage.batch as f64 * tokens as f64;
    let (decoder, encoder) = match (decodes(run.model), run.model.layers(Side::Encoder) > 0) {
        (true, true) => (tokens(run.usage.tokens), tokens(run.usage.encoder_tokens)),
        (true, false) => (tokens(run.usage.tokens), 0.0),
        (false, _) => (0.0, tokens(run.usage.tokens)),
    };
    let per_token = |side| 2.0 * multiplied(run.model, side) as f64;
    let flop = per_token(Side::Decoder) * decoder + per_token(Side::Encoder) * encoder;
    let compute = flop / (peak.flop_per_second.get() * gpus);
    let read = |tensors: &Tensors| {
        let tokens = if side(tensors, run.model) == Side::Decoder { decoder } else { encoder };
        run.recipe.bytes_each(tensors, run.model) * (tensors.copies as f64 * touched(tensors, tokens))
    };
    let all: Bytes = run.model.tensors.iter().filter(|tensors| !is_looked_up(tensors, run.model)).map(read).sum();
    let memory = all.get() / (run.gpu.bandwidth_gb_s * 1e9 * gpus);
    let time = compute.max(memory);
    if flop <= 0.0 || time <= 0.0 {
        return None;
    }
    Some(Prefill {
        flop: Flop(flop),
        time: Seconds(time),
        tokens_per_second: TokensPerSecond((decoder + encoder) / time),
        limit: if memory > compute { Limit::Memory } else { Limit::Compute },
        peak,
        assumptions: PREFILL_ASSUMPTIONS,
    })
}

/// Which side a tensor works on; what belongs to no layer, on the side that makes the text.
fn side(tensors: &Tensors, model: &Architecture) -> Side {
    let own = tensors.stack.and_then(|stack| model.stacks.get(stack)).map(|stack| stack.side);
    own.unwrap_or(if decodes(model) { Side::Decoder } else { Side::Encoder })
}

/// Whether a token takes one row of it instead of being multiplied with it.
fn is_looked_up(tensors: &Tensors, model: &Architecture) -> bool {
    match tensors.component {
        Component::TokenEmbedding => !(model.tied && decodes(model)),
        component => component == Component::PositionEmbedding,
    }
}

/// Parameters that one token of a side is multiplied with: those it goes through, without what is only looked up.
fn multiplied(model: &Architecture, of: Side) -> u128 {
    let counts = |tensors: &&Tensors| side(tensors, model) == of && !is_looked_up(tensors, model);
    model.tensors.iter().filter(counts).map(|tensors| tensors.each() * u128::from(tensors.active)).sum()
}

/// The share of these tensors that so many tokens go through together: all but for experts.
///
/// `1 − (1 − k/E)ᵇ`, if each token's experts are drawn evenly and by themselves.
fn touched(tensors: &Tensors, tokens: f64) -> f64 {
    if tokens <= 0.0 {
        return 0.0;
    }
    if tensors.active >= tensors.copies {
        return 1.0;
    }
    1.0 - libm::pow(1.0 - tensors.active as f64 / tensors.copies as f64, tokens)
}

/// Weights that a step of one token for each of `batch` sequences reads.
#[must_use]
pub fn weights_read(model: &Architecture, recipe: &Recipe, batch: u64) -> Bytes {
    let read = |tensors: &Tensors| {
        let copies = if is_looked_up(tensors, model) {
            tensors.copies as f64 * (batch as f64 / tensors.rows.max(1) as f64).min(1.0)
        } else {
            tensors.copies as f64 * touched(tensors, batch as f64)
        };
        recipe.bytes_each(tensors, model) * copies
    };
    let works = |tensors: &&Tensors| side(tensors, model) == Side::Decoder;
    model.tensors.iter().filter(works).map(read).sum()
}
