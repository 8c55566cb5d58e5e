//! A plausible architecture for a number of parameters, so that a size can be asked what it needs in memory.
//!
//! It is a guess in the manner of Llama, and no optimum of any kind: laws of scaling say nothing about shape, and the loss
//! hardly depends on it (Kaplan et al. 2020, [arXiv:2001.08361](https://arxiv.org/abs/2001.08361), section 3.1). The rules:
//!
//! ```text
//! width / depth   128 · (N / 7·10⁹)^0.3 up to 7·10⁹, and 128 beyond
//! the rest        of Llama 2 below 10⁹ parameters, Llama 3.2 below 4·10⁹, Llama 3 beyond: a row of `MANNERS`
//! ```
//!
//! The ratio is that of the dense decoders of the catalogue: it grows with them, and from 7B on stays near 128 (Llama's are from
//! 102 to 171). Single models are up to three times as wide or as deep. Of all widths with a depth that comes within 3 % of N
//! the one nearest to the ratio is proposed. Don't use it for mixtures of experts.

use crate::transformer::{Architecture, Config};
use crate::units::Params;

/// The fewest parameters that an architecture is proposed for; below, nearly all would be vocabulary.
pub const LEAST: Params = Params(1e7);
/// The most parameters that an architecture is proposed for.
pub const MOST: Params = Params(1e13);

/// How far the proposal's count may be from what was asked for.
const TOLERANCE: f64 = 0.03;

/// From this size on models do not get wider for their depth.
const RATIO_GROWS_TO: f64 = 7e9;
const LARGEST_RATIO: f64 = 128.0;
/// How the ratio of width to depth grows below: a least-squares fit through the catalogue's dense decoders.
const RATIO_EXPONENT: f64 = 0.3;

/// No shape is looked at whose ratio is this many times the usual one.
const WIDEST: f64 = 4.0;

/// A number of parameters that no architecture is proposed for.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the number of parameters is {}: an architecture is proposed from 10M to 10T", .0)]
pub struct Error(pub Params);

/// A proposed architecture: a Llama of these sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proposal {
    /// Which models everything but width and depth is taken from.
    pub manner: &'static str,
    /// Layers.
    pub layers: u64,
    /// Width of the residual stream.
    pub hidden: u64,
    /// Heads of the queries.
    pub heads: u64,
    /// Heads of keys and values.
    pub kv_heads: u64,
    /// Width of the gated MLP.
    pub mlp: u64,
    /// Entries of the vocabulary.
    pub vocab: u64,
    /// Whether the output head is the input embedding.
    pub tied: bool,
    /// The most tokens of a sequence.
    pub context: u64,
}

/// What a proposal takes from published models.
struct Manner {
    /// Of models with fewer parameters than this.
    below: f64,
    name: &'static str,
    head_dim: u64,
    /// `None` is one for each head of queries.
    kv_heads: Option<u64>,
    /// Width of the MLP over the model's, as a fraction.
    mlp: (u64, u64),
    vocab: u64,
    tied: bool,
    context: u64,
}

/// From small to large; the last has no end.
static MANNERS: [Manner; 3] = [
    // Llama 2 in small: multi-head attention, and a head of its own would be a fifth of the model.
    Manner {
        below: 1e9,
        name: "Llama 2, with a tied head",
        head_dim: 64,
        kv_heads: None,
        mlp: (8, 3),
        vocab: 32_000,
        tied: true,
        context: 4096,
    },
    Manner {
        below: 4e9,
        name: "Llama 3.2",
        head_dim: 64,
        kv_heads: Some(8),
        mlp: (7, 2),
        vocab: 128_256,
        tied: true,
        context: 131_072,
    },
    Manner {
        below: f64::INFINITY,
        name: "Llama 3",
        head_dim: 128,
        kv_heads: Some(8),
        mlp: (7, 2),
        vocab: 128_256,
        tied: false,
        context: 8192,
    },
];

/// MLPs are padded to a multiple of this.
const MLP_MULTIPLE: u64 = 64;

impl Manner {
    fn of(params: f64) -> Option<&'static Self> {
        MANNERS.iter().find(|manner| params < manner.below)
    }

    /// Between one width and the next: each head of keys and values serves as many heads of queries.
    fn step(&self) -> u64 {
        self.head_dim * self.kv_heads.unwrap_or(1)
    }

    fn sizes(&self, hidden: u64, layers: u64) -> Proposal {
        let heads = hidden / self.head_dim;
        let (over, under) = self.mlp;
        Proposal {
            manner: self.name,
            layers,
            hidden,
            heads,
            kv_heads: self.kv_heads.unwrap_or(heads),
            mlp: (hidden * over / under).next_multiple_of(MLP_MULTIPLE),
            vocab: self.vocab,
            tied: self.tied,
            context: self.context,
        }
    }

    /// The depth that brings a model of this width nearest to `params`; at least 1.
    fn nearest(&self, hidden: u64, params: f64) -> Option<Proposal> {
        let one = self.sizes(hidden, 1).params()?.get();
        let layer = self.sizes(hidden, 2).params()?.get() - one;
        let more = ((params - one) / layer).round().max(0.0);
        Some(self.sizes(hidden, 1 + more as u64))
    }
}

/// A plausible architecture with this many parameters.
///
/// # Errors
/// When `params` is not from [`LEAST`] to [`MOST`].
pub fn propose(params: Params) -> Result<Proposal, Error> {
    if !(LEAST..=MOST).contains(&params) {
        return Err(Error(params));
    }
    best(params.get()).ok_or(Error(params))
}

/// Of the widths with a depth that comes near enough, the one with the ratio nearest to the usual.
fn best(params: f64) -> Option<Proposal> {
    let manner = Manner::of(params)?;
    let usual = usual_ratio(params);
    let near = |proposal: &Proposal| {
        proposal.params().is_some_and(|counted| (counted.get() / params - 1.0).abs() <= TOLERANCE)
    };
    let distance = |proposal: &Proposal| libm::fabs(libm::log(proposal.ratio() / usual));
    (1..)
        .map_while(|steps| manner.nearest(steps * manner.step(), params))
        .take_while(|proposal| proposal.ratio() <= WIDEST * usual)
        .filter(near)
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Width over depth as it is usual for a model of this size.
fn usual_ratio(params: f64) -> f64 {
    LARGEST_RATIO * libm::pow((params / RATIO_GROWS_TO).min(1.0), RATIO_EXPONENT)
}

impl Proposal {
    /// Width over depth.
    fn ratio(&self) -> f64 {
        self.hidden as f64 / self.layers as f64
    }

    /// The fields of its `config.json` with their values, by name: as a link to the Memory lab has them.
    #[must_use]
    pub fn fields(&self) -> [(&'static str, String); 9] {
        [
            ("hidden_size", self.hidden.to_string()),
            ("intermediate_size", self.mlp.to_string()),
            ("max_position_embeddings", self.context.to_string()),
            ("model_type", "llama".to_owned()),
            ("num_attention_heads", self.heads.to_string()),
            ("num_hidden_layers", self.layers.to_string()),
            ("num_key_value_heads", self.kv_heads.to_string()),
            ("tie_word_embeddings", self.tied.to_string()),
            ("vocab_size", self.vocab.to_string()),
        ]
    }

    /// Its architecture; `None` if a size exceeds what a config may hold.
    #[must_use]
    pub fn architecture(&self) -> Option<Architecture> {
        let mut config = Config::default();
        for (name, value) in self.fields() {
            config.set(name, &value);
        }
        Architecture::from_config(&config).ok()
    }

    /// Its parameters, which are within 3 % of what was asked for.
    #[must_use]
    pub fn params(&self) -> Option<Params> {
        self.architecture().map(|architecture| Params(architecture.params() as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{MODELS, model};
    use crate::scaling::flops::peers::Shape;
    use crate::transformer::Component;
    use proptest::prelude::*;

    fn proposed(params: f64) -> Proposal {
        propose(Params(params)).unwrap()
    }

    /// Size and ratio of the catalogue's dense decoders.
    fn published() -> Vec<(&'static str, f64, f64)> {
        let dense = MODELS.iter().filter_map(|row| {
            let architecture = row.architecture().unwrap();
            let shape = Shape::of(&architecture).filter(|_| architecture.params_of(Component::Experts) == 0)?;
            Some((row.id, row.params.get(), shape.hidden / shape.layers))
        });
        dense.collect()
    }

    #[test]
    fn the_ratio_is_fitted_through_the_dense_decoders_of_the_catalogue() {
        let logs = published()
            .into_iter()
            .filter(|row| row.1 < RATIO_GROWS_TO)
            .map(|(_, params, ratio)| (libm::log(params / RATIO_GROWS_TO), libm::log(ratio / LARGEST_RATIO)));
        let (products, squares) = logs.fold((0.0, 0.0), |(xy, xx), (x, y)| (xy + x * y, xx + x * x));
        assert!((products / squares - RATIO_EXPONENT).abs() < 0.02, "{}", products / squares);
        for (id, params, ratio) in published() {
            let times = ratio / usual_ratio(params);
            assert!((1.0 / 3.0..3.0).contains(&times), "{id}: {times}");
        }
    }

    #[test]
    fn of_the_size_of_llama_3_8b_it_proposes_llama_3_8b() {
        let llama = model("llama-3-8b").unwrap();
        let proposal = propose(llama.params).unwrap();
        assert_eq!(proposal.params(), Some(llama.params));
        assert_eq!(proposal.architecture().unwrap().stacks, llama.architecture().unwrap().stacks);
        assert_eq!((proposal.layers, proposal.hidden, proposal.manner), (32, 4096, "Llama 3"));
    }

    #[test]
    fn fields_stand_in_order_and_make_the_same_model() {
        let proposal = proposed(1.3e9);
        let names = proposal.fields().map(|field| field.0);
        assert!(names.is_sorted());
        let stack = proposal.architecture().unwrap().stacks[0];
        assert_eq!((stack.layers, stack.heads, stack.kv_heads), (proposal.layers, proposal.heads, proposal.kv_heads));
        assert_eq!((stack.mlp, stack.gated), (proposal.mlp, true));
    }

    #[test]
    fn sizes_that_nobody_can_build_are_named() {
        for params in [0.0, -1.0, 9.9e6, 1.1e13, 1e40, f64::NAN, f64::INFINITY] {
            let error = propose(Params(params)).unwrap_err().to_string();
            assert!(error.starts_with("the number of parameters is "), "{error}");
        }
        assert!(propose(LEAST).is_ok() && propose(MOST).is_ok());
    }

    proptest! {
        #[test]
        fn the_count_is_near_and_the_shape_is_usual(exponent in 7.0..13.0f64) {
            let params = libm::pow(10.0, exponent);
            let proposal = proposed(params);
            prop_assert!((proposal.params().unwrap().get() / params - 1.0).abs() <= TOLERANCE);
            let times = proposal.ratio() / usual_ratio(params);
            prop_assert!((0.5..2.0).contains(&times), "{proposal:?} {times}");
            prop_assert_eq!(proposal.heads % proposal.kv_heads, 0);
        }
    }
}
