//! What data-parallel GPUs divide among themselves, and what their libraries have besides.
//!
//! With K bytes of optimizer state and master copy and N data-parallel GPUs, for 16-bit weights and gradients:
//!
//! | stage | bytes per GPU |
//! |---|---|
//! | 0 | `(4 + K)P` |
//! | 1, the optimizer's state divided | `4P + KP/N` |
//! | 2, and gradients | `2P + (2 + K)P/N` |
//! | 3, and weights (FSDP) | `(4 + K)P/N`, and the layers that are gathered |
//!
//! Each stage needs no more than the one before it, but for the gathered layers: a model of few layers, or a group of two
//! GPUs, may need more with stage 3 than with 2. Megatron-LM's distributed optimizer, `(6 + 12/N)P`, is stage 1 with FP32
//! gradients.

use crate::source::Source;
use crate::units::{Bytes, Params};

/// Stages of ZeRO. FSDP's FULL_SHARD is stage 3, its SHARD_GRAD_OP stage 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Zero {
    /// Nothing is divided.
    Off,
    /// 1: the optimizer's state and the master copy.
    Optimizer,
    /// 2: and the gradients.
    Gradients,
    /// 3: and the weights.
    Full,
}

impl Zero {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Off, Self::Optimizer, Self::Gradients, Self::Full];

    /// By its number.
    #[must_use]
    pub fn from_stage(stage: u64) -> Option<Self> {
        Self::ALL.get(usize::try_from(stage).ok()?).copied()
    }

    /// The part of what it divides from `from` on that one of `gpus` has.
    pub(in crate::memory) fn share(self, from: Self, gpus: f64) -> f64 {
        if self >= from { 1.0 / gpus } else { 1.0 }
    }
}

/// Whose buffers are counted besides ZeRO's formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ZeroLibrary {
    /// The formula alone.
    Formula,
    /// DeepSpeed: buckets of 5·10⁸ elements, and with stage 3 four bytes for each parameter of the largest module.
    DeepSpeed,
    /// PyTorch FSDP: two units, the one at work and the one that is fetched ahead.
    Fsdp,
}

/// DeepSpeed's `allgather_bucket_size` and `reduce_bucket_size`, in elements.
pub const DEEPSPEED_BUCKET: f64 = 5e8;
/// DeepSpeed's `stage3_prefetch_bucket_size`, in elements.
pub const DEEPSPEED_PREFETCH: f64 = 5e7;

/// Where ZeRO's formulas stand.
pub static ZERO_SOURCE: Source = Source::in_engine(
    "Rajbhandari et al. 2020, ZeRO: Memory Optimizations Toward Training Trillion Parameter Models, §5 and figure 1",
    "https://arxiv.org/abs/1910.02054",
    "2026-11",
);
/// Where DeepSpeed's sizes and estimators stand.
pub static DEEPSPEED_SOURCE: Source = Source::in_engine(
    "DeepSpeed, configuration of ZeRO and estimate_zero2/3_model_states_mem_needs",
    "https://deepspeed.readthedocs.io/en/latest/memory.html",
    "2026-11",
);
/// Where FSDP's units stand.
pub static FSDP_SOURCE: Source = Source::in_engine(
    "PyTorch, FullyShardedDataParallel: backward_prefetch and units",
    "https://docs.pytorch.org/docs/stable/fsdp.html",
    "2026-11",
);

/// Bytes per parameter of what ZeRO divides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Widths {
    /// Of a weight.
    pub weight: f64,
    /// Of a gradient.
    pub gradient: f64,
    /// Of the optimizer's state with the master copy, K.
    pub optimizer: f64,
}

/// ZeRO's formula: what one of `data` GPUs has of `params`.
#[must_use]
pub fn zero_bytes(params: Params, widths: Widths, zero: Zero, data: u64) -> Bytes {
    let gpus = data.max(1) as f64;
    let weights = widths.weight * zero.share(Zero::Full, gpus);
    let gradients = widths.gradient * zero.share(Zero::Gradients, gpus);
    let optimizer = widths.optimizer * zero.share(Zero::Optimizer, gpus);
    Bytes(params.get() * (weights + gradients + optimizer))
}

/// What DeepSpeed's own estimator says for one GPU, `2P + 18P/N` for stage 2 and `4 × largest layer + 18P/N` for stage 3; with
/// the optimizer in the CPU's memory `2P` and `4 × largest layer + 2P/N`.
///
/// It counts 18 bytes where the ZeRO paper has 16 because DeepSpeed also keeps FP32 gradients. It has no other stages.
#[must_use]
pub fn deepspeed_estimate(
    params: Params,
    largest_layer: Params,
    zero: Zero,
    gpus: u64,
    offload_optimizer: bool,
) -> Option<Bytes> {
    let (params, gpus) = (params.get(), gpus.max(1) as f64);
    match (zero, offload_optimizer) {
        (Zero::Gradients, false) => Some(Bytes(2.0 * params + 18.0 * params / gpus)),
        (Zero::Gradients, true) => Some(Bytes(2.0 * params)),
        (Zero::Full, false) => Some(Bytes(4.0 * largest_layer.get() + 18.0 * params / gpus)),
        (Zero::Full, true) => Some(Bytes(4.0 * largest_layer.get() + 2.0 * params / gpus)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn megatrons_distributed_optimizer_is_6_and_12_over_n() {
        let widths = Widths { weight: 2.0, gradient: 4.0, optimizer: 12.0 };
        for data in [1, 8, 64] {
            assert_eq!(zero_bytes(Params(1.0), widths, Zero::Optimizer, data), Bytes(6.0 + 12.0 / data as f64));
        }
    }

    #[test]
    fn deepspeed_estimates_with_offload_leave_only_16_bit_weights() {
        let estimate = |zero| deepspeed_estimate(Params(1e9), Params(1e7), zero, 8, true);
        assert_eq!(estimate(Zero::Gradients), Some(Bytes(2e9)));
        assert_eq!(estimate(Zero::Full), Some(Bytes(4e7 + 2.5e8)));
        assert_eq!(estimate(Zero::Optimizer), None);
    }

    proptest! {
        #[test]
        fn each_zero_stage_needs_no_more_than_the_one_before(
            params in 1.0..1e15f64, weight in 0.5..4.0f64, gradient in 0.0..4.0f64, optimizer in 0.0..32.0f64, data in 1..100_000u64,
        ) {
            let widths = Widths { weight, gradient, optimizer };
            let stages = Zero::ALL.map(|zero| zero_bytes(Params(params), widths, zero, data));
            prop_assert!(stages.windows(2).all(|pair| pair[1] <= pair[0]), "{stages:?}");
        }
    }
}
