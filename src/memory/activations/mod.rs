//! What the forward pass keeps for the backward pass, by three models.
//!
//! A layer's activations are a list of [`Term`]s: elements per token, how wide an element is, and how tensor parallelism
//! divides it. The three models differ in what they take to be kept:
//!
//! | model | GPT block (I = 4h) | Llama block |
//! |---|---|---|
//! | Korthikanti et al. | `sbh(34 + 5as/h)` with dropout | derived, below |
//! | fused kernels (Fujii et al.) | derived | `sbh(12 + 4k/a + 8I/h)` |
//! | transformers, sdpa | derived | `sbh(24 + 8I/h + 4a/h + 8/h)` |
//! | transformers, eager | derived | `sbh(24 + 8I/h + 8/h + 6as/h)` |
//!
//! Symbols: s tokens, b sequences, h width, a heads, k key and value heads, I width of the MLP, t tensor parallel GPUs; bytes
//! with 16-bit elements. The formulas are what a sum over the terms comes to. They say nothing of grouped heads, heads whose
//! widths do not add up to h, experts, MLPs without a gate or layers with more or fewer norms; what the terms say of those is
//! derived here from the same list of tensors:
//!
//! - A gated MLP keeps four tensors of width I (gate, its activation, up, their product), one without a gate two.
//! - Of experts, I is what one token goes through. Its input is copied for every expert that it is sent to, and every such
//!   expert's output is kept for the weighted sum. A balanced router is assumed: imbalance can exceed it.
//! - Latent attention also keeps its latent vector. A layer with cross-attention has attention twice.
//! - transformers repeats keys and values for all heads (but a single head of keys and values it only views), so grouped heads
//!   save nothing there. Its RMSNorm keeps its input in FP32; PyTorch's LayerNorm keeps it as it is. What other families'
//!   modules keep is a row of [`Shipped`], with measured figures beside it.
//!
//! GPT-2 in transformers is far from the formula for its block, 58 + 5as/h with dropout instead of 34 + 5as/h, because its
//! `gelu_new` is a chain of operations that keeps five tensors of 4h. (On a CPU, where masks have two bytes, 60 + 6as/h.)
//!
//! Recomputation: [`Recompute::Selective`] drops what is as long as s × s (flash attention never has it); [`Recompute::Full`]
//! keeps each layer's input alone, and has one layer whole while it is recomputed ([`Activations::live`]).
//!
//! Not for: gradients of activations within a layer, and what an allocator loses.

mod models;
mod shape;
mod shipped;

pub use models::{ACTIVATION_MODELS, ActivationModel, Attention, Split, Term, Width, activation_model};
pub(super) use shape::LATENT;
pub use shape::LayerShape;
pub use shipped::Shipped;

use crate::units::Bytes;

/// How much of the forward pass is done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recompute {
    /// Nothing.
    None,
    /// The part of attention that is as long as s × s.
    Selective,
    /// Every layer, from its input.
    Full,
}

/// How activations are kept on one GPU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Activations {
    /// By which model.
    pub model: &'static ActivationModel,
    /// What is recomputed.
    pub recompute: Recompute,
    /// Whether the model is trained with dropout.
    pub dropout: bool,
    /// Bytes of an element that the passes compute in.
    pub compute_bytes: f64,
    /// GPUs that share each layer, t.
    pub tensor: u64,
    /// Whether they share the tokens outside of attention and MLP as well.
    pub sequence: bool,
    /// Sequences of a micro-batch, b.
    pub batch: u64,
    /// Tokens of a sequence, s.
    pub tokens: u64,
}

impl Activations {
    /// Bytes of terms, b·s·Σ elements × width × share.
    fn sum(&self, shape: &LayerShape, chosen: impl Fn(&Term) -> bool) -> Bytes {
        let terms = self.model.terms(shape, self.batch, self.tokens, self.dropout);
        let per_token: f64 = terms.iter().filter(|term| chosen(term)).map(|term| self.per_token(term, shape)).sum();
        Bytes(per_token * self.batch_tokens())
    }

    fn per_token(&self, term: &Term, shape: &LayerShape) -> f64 {
        let width = match term.width {
            Width::Compute => self.compute_bytes,
            Width::Fp32 => 4.0,
            Width::Mask => 1.0,
        };
        let share = match term.split {
            Split::Tensor => 1.0 / self.tensor as f64,
            Split::KvHeads => kv_share(shape.kv_heads, self.tensor),
            Split::Sequence => self.sequence_share(),
        };
        term.elements * width * share
    }

    /// Tokens of a micro-batch, b·s.
    #[must_use]
    pub fn batch_tokens(&self) -> f64 {
        self.batch as f64 * self.tokens as f64
    }

    /// The part of what lies outside of attention and MLP that one GPU has: 1/t with sequence parallelism, otherwise all.
    #[must_use]
    pub fn sequence_share(&self) -> f64 {
        if self.sequence { 1.0 / self.tensor as f64 } else { 1.0 }
    }

    /// A layer's input: `2 sbh`.
    fn input(&self, shape: &LayerShape) -> Bytes {
        Bytes(self.batch_tokens() * shape.hidden * self.compute_bytes * self.sequence_share())
    }

    /// What one layer keeps from its forward to its backward pass.
    #[must_use]
    pub fn kept(&self, shape: &LayerShape) -> Bytes {
        match self.recompute {
            Recompute::None => self.sum(shape, |_| true),
            Recompute::Selective => self.sum(shape, |term| !term.quadratic),
            Recompute::Full => self.input(shape),
        }
    }

    /// What one layer has besides while its backward pass runs, because it was computed again.
    ///
    /// Where the first norm keeps the layer's own input, that is not counted a second time. With it, recomputing more never
    /// needs more, whatever the number of layers; transformers' RMSNorm keeps an FP32 copy instead, so that a model of one
    /// layer needs 2 sbh more with full recomputation than without.
    #[must_use]
    pub fn live(&self, shape: &LayerShape) -> Bytes {
        match self.recompute {
            Recompute::None => Bytes(0.0),
            Recompute::Selective => self.sum(shape, |term| term.quadratic),
            Recompute::Full => {
                let whole = self.sum(shape, |_| true);
                let is_kept_anyway = !self.model.unfused || shape.layer_norm;
                if is_kept_anyway { Bytes((whole - self.input(shape)).get().max(0.0)) } else { whole }
            }
        }
    }

    /// What one layer keeps, in bytes per token and element of the residual stream: bytes ÷ sbh.
    #[must_use]
    pub fn coefficient(&self, shape: &LayerShape) -> f64 {
        self.kept(shape).get() / (self.batch_tokens() * shape.hidden)
    }
}

/// The part of the heads of keys and values that one of `tensor` GPUs has: `ceil(k/t) / k`, never less than one head.
#[must_use]
pub fn kv_share(kv_heads: u64, tensor: u64) -> f64 {
    if kv_heads == 0 { 1.0 / tensor as f64 } else { kv_heads.div_ceil(tensor) as f64 / kv_heads as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(model: &str, recompute: Recompute) -> Activations {
        Activations {
            model: activation_model(model).unwrap(),
            recompute,
            dropout: model == "korthikanti",
            compute_bytes: 2.0,
            tensor: 1,
            sequence: false,
            batch: 1,
            tokens: 4096,
        }
    }

    #[test]
    fn the_formulas_of_the_table_are_the_sums_of_the_terms() {
        let (h, a, k, i, s) = (4096.0, 32.0, 8.0, 14336.0, 4096.0);
        let (llama, gpt) = (LayerShape::llama(4096, 32, 8, 14336), LayerShape::gpt(4096, 32));
        let coefficient = |model, shape: &LayerShape| plan(model, Recompute::None).coefficient(shape);
        assert_eq!(coefficient("korthikanti", &gpt), 34.0 + 5.0 * a * s / h);
        assert_eq!(coefficient("fused", &llama), 12.0 + 4.0 * k / a + 8.0 * i / h);
        assert_eq!(coefficient("transformers-sdpa", &llama), 24.0 + 8.0 * i / h + 4.0 * a / h + 8.0 / h);
        assert_eq!(coefficient("transformers-eager", &llama), 24.0 + 8.0 * i / h + 8.0 / h + 6.0 * a * s / h);
    }

    #[test]
    fn tensor_and_sequence_parallelism_divide_as_korthikanti_has_it() {
        let gpt = LayerShape::gpt(6144, 64);
        let square = 5.0 * 64.0 * 4096.0 / 6144.0;
        let at = |recompute, sequence| {
            Activations { tensor: 8, sequence, ..plan("korthikanti", recompute) }.coefficient(&gpt)
        };
        let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
        close(at(Recompute::None, false), 10.0 + 24.0 / 8.0 + square / 8.0);
        close(at(Recompute::None, true), (34.0 + square) / 8.0);
        close(at(Recompute::Selective, false), 10.0 + 24.0 / 8.0);
        close(at(Recompute::Selective, true), 34.0 / 8.0);
        close(at(Recompute::Full, false), 2.0);
    }

    #[test]
    fn transformers_repeats_grouped_keys_but_views_a_single_head_of_them() {
        let at = |kv_heads| {
            plan("transformers-sdpa", Recompute::None).coefficient(&LayerShape::llama(4096, 32, kv_heads, 0))
        };
        assert_eq!(at(32), at(2));
        assert_eq!(at(2) - at(1), 4.0 - 4.0 / 32.0);
    }

    #[test]
    fn no_gpu_has_less_than_one_head_of_keys() {
        let shares: Vec<_> = [1, 2, 4, 8, 16].map(|t| kv_share(4, t)).into();
        assert_eq!(shares, [1.0, 0.5, 0.25, 0.25, 0.25]);
    }

    #[test]
    fn fp32_doubles_what_is_computed_in_and_not_masks_or_what_was_fp32_already() {
        let llama = LayerShape::llama(4096, 32, 32, 4096);
        let wide = Activations { compute_bytes: 4.0, ..plan("transformers-sdpa", Recompute::None) };
        let narrow = plan("transformers-sdpa", Recompute::None);
        assert_eq!(wide.coefficient(&llama) - narrow.coefficient(&llama), 16.0 + 8.0);
    }

    fn any_plan() -> impl Strategy<Value = (Activations, LayerShape)> {
        let plan = (0..ACTIVATION_MODELS.len(), any::<bool>(), any::<bool>(), 0..4u32, 1..64u64, 1..200_000u64);
        let shape = (1..300u64, 0..4u32, 1..50_000u64, any::<bool>(), 0..9u64, any::<bool>());
        (plan, shape).prop_map(|((model, dropout, sequence, t, batch, tokens), (h, k, mlp, gated, experts, norm))| {
            let activations = Activations {
                model: &ACTIVATION_MODELS[model],
                recompute: Recompute::None,
                dropout,
                compute_bytes: 2.0,
                tensor: 1 << t,
                sequence,
                batch,
                tokens,
            };
            let shape = LayerShape {
                gated,
                layer_norm: norm,
                chosen_experts: experts as f64,
                experts: 16.0,
                ..LayerShape::llama(h * 64, 64, 1 << k, mlp)
            };
            (activations, shape)
        })
    }

    proptest! {
        #[test]
        fn recomputing_more_never_keeps_more((plan, shape) in any_plan(), layers in 2..100u64) {
            let total = |recompute| {
                let plan = Activations { recompute, ..plan };
                (plan.kept(&shape).get(), plan.kept(&shape).get() * layers as f64 + plan.live(&shape).get())
            };
            let (none, selective, full) = (total(Recompute::None), total(Recompute::Selective), total(Recompute::Full));
            let slack = 1.0 + 1e-12;
            prop_assert!(full.0 <= selective.0 * slack && selective.0 <= none.0 * slack, "{full:?} {selective:?} {none:?}");
            prop_assert!(full.1 <= selective.1 * slack && selective.1 <= none.1 * slack, "{full:?} {selective:?} {none:?}");
        }

        #[test]
        fn more_tokens_and_more_sequences_never_need_less((plan, shape) in any_plan(), more in 1..1000u64) {
            for recompute in [Recompute::None, Recompute::Selective, Recompute::Full] {
                let plan = Activations { recompute, ..plan };
                let longer = Activations { tokens: plan.tokens + more, ..plan };
                let wider = Activations { batch: plan.batch + more, ..plan };
                for changed in [longer, wider] {
                    prop_assert!(changed.kept(&shape) >= plan.kept(&shape));
                    prop_assert!(changed.live(&shape) >= plan.live(&shape));
                }
            }
        }

        #[test]
        fn more_gpus_for_a_layer_never_need_more((plan, shape) in any_plan()) {
            let twice = Activations { tensor: plan.tensor * 2, ..plan };
            prop_assert!(twice.kept(&shape) <= plan.kept(&shape));
            let shared = Activations { sequence: true, ..plan };
            prop_assert!(shared.kept(&shape) <= plan.kept(&shape));
        }
    }
}
