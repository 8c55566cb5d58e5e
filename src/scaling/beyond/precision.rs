//! What fewer bits do to a model, as a trend: training in low precision works like a smaller model.
//!
//! ```text
//! N_eff = N · (1 − e^(−P_w/γ_w)) · (1 − e^(−P_a/γ_a)) · (1 − e^(−P_kv/γ_kv))
//! ```
//!
//! with P the bits of weights, activations and KV cache during training. Quantizing a model after its training hurts the more,
//! the longer it was trained for its size: δ_PTQ ∝ D^γD / N^γN. That is all that is said of δ_PTQ here. Its size needs
//! constants that are not established, so there is no function that gives it in nats.
//!
//! Source: Kumar et al. 2024, [arXiv:2411.04330](https://arxiv.org/abs/2411.04330), Eq. 4 and App. K; the constants
//! are quoted from secondary texts. Fitted on models of 30 to 220 million parameters on 1.5 to 26 billion tokens, trained in
//! integers of 3 to 16 bits.
//!
//! Don't use it to choose a format for a given model, which the Quantize lab tries out: the authors say that the constants are
//! unlikely to be useful for other set-ups.

use super::{Error, Input};
use crate::scaling::optimum::Allocation;
use crate::source::Source;
use libm::{exp, pow};

/// γ_w: how quickly more bits of weights stop to matter.
pub const GAMMA_WEIGHTS: f64 = 2.6745;
/// γ_a: the same for activations.
pub const GAMMA_ACTIVATIONS: f64 = 2.2102;
/// γ_kv: the same for the KV cache.
pub const GAMMA_KV_CACHE: f64 = 0.9578;
/// γ_D: the exponent of tokens in δ_PTQ.
pub const PTQ_TOKENS_EXPONENT: f64 = 0.5068;
/// γ_N: the exponent of parameters under δ_PTQ.
pub const PTQ_PARAMS_EXPONENT: f64 = 0.3439;

/// Where the constants are from.
pub const SOURCE: Source = Source::in_engine(
    "Kumar et al. 2024, Scaling Laws for Precision, App. K Table 2 (quoted)",
    "https://arxiv.org/abs/2411.04330",
    "2026-11",
);

/// Bits that a model is trained in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bits {
    /// P_w.
    pub weights: f64,
    /// P_a.
    pub activations: f64,
    /// P_kv.
    pub kv_cache: f64,
}

impl Bits {
    /// The same bits everywhere.
    #[must_use]
    pub const fn all(bits: f64) -> Self {
        Self { weights: bits, activations: bits, kv_cache: bits }
    }

    /// N_eff/N: the model of full precision that is as good, as a share of this one's parameters.
    ///
    /// # Errors
    ///
    /// If one of the three is not finite or not above 0.
    pub fn effective_share(self) -> Result<f64, Error> {
        let parts =
            [(self.weights, GAMMA_WEIGHTS), (self.activations, GAMMA_ACTIVATIONS), (self.kv_cache, GAMMA_KV_CACHE)];
        parts
            .into_iter()
            .try_fold(1.0, |share, (bits, gamma)| Ok(share * (1.0 - exp(-Input::Bits.positive(bits)? / gamma))))
    }

    /// Whether the law was fitted on such bits: 3 to 16.
    #[must_use]
    pub fn in_range(self) -> bool {
        [self.weights, self.activations, self.kv_cache].iter().all(|bits| (3.0..=16.0).contains(bits))
    }
}

/// How many times as much a run loses by quantization after training as a `reference` run does, in the same format:
/// (D/D₀)^γD / (N/N₀)^γN.
#[must_use]
pub fn ptq_loss_ratio(at: Allocation, reference: Allocation) -> f64 {
    pow(at.tokens / reference.tokens, PTQ_TOKENS_EXPONENT) / pow(at.params / reference.params, PTQ_PARAMS_EXPONENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Params, Tokens};
    use proptest::prelude::*;

    #[test]
    fn shares_are_those_of_the_specification() {
        let percent = |bits: Bits| 100.0 * bits.effective_share().unwrap();
        assert!((percent(Bits::all(8.0)) - 92.4).abs() < 0.05);
        assert!((percent(Bits { weights: 4.0, ..Bits::all(16.0) }) - 77.5).abs() < 0.05);
        assert!((percent(Bits::all(4.0)) - 63.9).abs() < 0.05);
        assert!((percent(Bits::all(1e40)) - 100.0).abs() < 1e-12);
    }

    #[test]
    fn bits_that_are_none_are_errors() {
        for value in [0.0, -4.0] {
            let error = Err(Error::NotPositive { input: Input::Bits, value });
            assert_eq!(Bits { weights: value, ..Bits::all(8.0) }.effective_share(), error);
            assert_eq!(Bits { activations: value, ..Bits::all(8.0) }.effective_share(), error);
            assert_eq!(Bits { kv_cache: value, ..Bits::all(8.0) }.effective_share(), error);
        }
        assert_eq!(Bits::all(f64::NAN).effective_share(), Err(Error::NotFinite { input: Input::Bits }));
    }

    #[test]
    fn the_fit_knows_3_to_16_bits() {
        assert!(Bits::all(3.0).in_range() && Bits::all(16.0).in_range());
        assert!(!Bits { kv_cache: 2.0, ..Bits::all(8.0) }.in_range());
        assert!(!Bits::all(32.0).in_range() && !Bits::all(f64::NAN).in_range());
    }

    #[test]
    fn four_times_the_data_double_what_quantization_costs_and_a_larger_model_lowers_it() {
        let at = |params, tokens| Allocation { params: Params(params), tokens: Tokens(tokens) };
        let reference = at(1e9, 20e9);
        assert!((ptq_loss_ratio(at(1e9, 80e9), reference) - 2.02).abs() < 0.005);
        assert!((ptq_loss_ratio(at(4e9, 20e9), reference) - 0.621).abs() < 0.001);
        assert_eq!(ptq_loss_ratio(reference, reference), 1.0);
    }

    proptest! {
        #[test]
        fn more_bits_never_hurt(bits in 0.1..20.0f64, more in 0.0..10.0f64) {
            let share = |bits| Bits::all(bits).effective_share().unwrap();
            prop_assert!((0.0..=1.0).contains(&share(bits)) && share(bits) <= share(bits + more));
        }
    }
}
