//! Famous training runs: how large the model was and how many tokens it saw.
//!
//! These are the points on the frontier plot. They say what was done, not what was best: most released models are
//! trained far beyond the compute-optimal point, because a smaller model is cheaper to run. Every row was seen in two
//! independent sources, or its published compute agrees with 6·N·D.
//!
//! Datasets are often quoted in words or in unique tokens; `tokens` is what the model saw, epochs included.

use crate::source::Source;
use crate::units::{Flop, Params, Tokens};

/// One training run; see [`FAMOUS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FamousModel {
    /// Permanent key.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// The year it was announced.
    pub year: u16,
    /// Every parameter, as announced or counted.
    pub params: Params,
    /// The parameters that one token passes through: all of them in a dense model, a share in a mixture of experts.
    pub active_params: Params,
    /// Tokens seen in training.
    pub tokens: Tokens,
    /// Where both numbers were read.
    pub source: Source,
}

impl FamousModel {
    /// Whether only a share of the parameters works on each token.
    #[must_use]
    pub fn is_mixture_of_experts(&self) -> bool {
        self.active_params < self.params
    }

    /// Training compute by C = 6·N·D, with the active parameters.
    #[must_use]
    pub fn flop(&self) -> Flop {
        Flop(6.0 * self.active_params.get() * self.tokens.get())
    }

    /// Training tokens per active parameter.
    #[must_use]
    pub fn tokens_per_param(&self) -> f64 {
        self.tokens.get() / self.active_params.get()
    }
}

/// The row with this id.
#[must_use]
pub fn famous(id: &str) -> Option<&'static FamousModel> {
    FAMOUS.iter().find(|row| row.id == id)
}

const HOFFMANN: &str = "https://arxiv.org/abs/2203.15556";
const OBS_SCALING: &str = "https://github.com/ryoungj/ObsScaling";
const PRODUCTION: &str = "https://github.com/yigitokar/scaling-laws-as-production-functions";
const EPOCH: &str = "https://github.com/IyngkarranKumar/compute_thresholds_public";

/// Every run on the plot, in order of time.
///
/// Adding one: confirm parameters and tokens in two independent sources, put them in `tests/golden/models.json` with
/// `"verified": true` under the same name, and add a whole row at its place in the order.
///
/// ```text
/// FamousModel {
///     id: "chinchilla-70b",
///     name: "Chinchilla 70B",          // as in the golden file
///     year: 2022,
///     params: Params(70e9),
///     active_params: Params(70e9),     // less than `params` in a mixture of experts
///     tokens: Tokens(1.4e12),          // seen, not unique
///     source: Source::in_engine("Hoffmann et al. 2022, Table 1", HOFFMANN, "2026-11"),
/// },
/// ```
pub static FAMOUS: &[FamousModel] = &[
    FamousModel {
        id: "gpt-3-175b",
        name: "GPT-3 175B",
        year: 2020,
        params: Params(175e9),
        active_params: Params(175e9),
        tokens: Tokens(0.3e12),
        source: Source::in_engine(
            "Hoffmann et al. 2022, Table 1; Epoch AI notable models (2025-02-24)",
            HOFFMANN,
            "2026-11",
        ),
    },
    FamousModel {
        id: "mt-nlg-530b",
        name: "MT-NLG 530B",
        year: 2021,
        params: Params(530e9),
        active_params: Params(530e9),
        tokens: Tokens(0.27e12),
        source: Source::in_engine(
            "Hoffmann et al. 2022, Table 1; Epoch AI notable models (2025-02-24)",
            HOFFMANN,
            "2026-11",
        ),
    },
    FamousModel {
        id: "gopher-280b",
        name: "Gopher 280B",
        year: 2021,
        params: Params(280e9),
        active_params: Params(280e9),
        tokens: Tokens(0.3e12),
        source: Source::in_engine(
            "Hoffmann et al. 2022, Table 1; Epoch AI notable models (2025-02-24)",
            HOFFMANN,
            "2026-11",
        ),
    },
    FamousModel {
        id: "chinchilla-70b",
        name: "Chinchilla 70B",
        year: 2022,
        params: Params(70e9),
        active_params: Params(70e9),
        tokens: Tokens(1.4e12),
        source: Source::in_engine(
            "Hoffmann et al. 2022, Table 1; Epoch AI notable models (2025-02-24)",
            HOFFMANN,
            "2026-11",
        ),
    },
    FamousModel {
        id: "palm-540b",
        name: "PaLM 540B",
        year: 2022,
        params: Params(540.35e9),
        active_params: Params(540.35e9),
        tokens: Tokens(0.78e12),
        source: Source::in_engine("Epoch AI notable models (2025-02-24)", EPOCH, "2026-11"),
    },
    FamousModel {
        id: "bloom-176b",
        name: "BLOOM-176B",
        year: 2022,
        params: Params(176.247e9),
        active_params: Params(176.247e9),
        tokens: Tokens(0.366e12),
        source: Source::in_engine(
            "ryoungj/ObsScaling; Epoch AI notable models (2025-02-24); LLaMA paper, Table 15",
            OBS_SCALING,
            "2026-11",
        ),
    },
    FamousModel {
        id: "llama-7b",
        name: "LLaMA-7B",
        year: 2023,
        params: Params(6.738e9),
        active_params: Params(6.738e9),
        tokens: Tokens(1e12),
        source: Source::in_engine(
            "ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions; LLaMA paper, Table 15",
            OBS_SCALING,
            "2026-11",
        ),
    },
    FamousModel {
        id: "llama-65b",
        name: "LLaMA-65B",
        year: 2023,
        params: Params(65.286e9),
        active_params: Params(65.286e9),
        tokens: Tokens(1.4e12),
        source: Source::in_engine(
            "ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions; \
                    Epoch AI notable models (2025-02-24); LLaMA paper, Table 15",
            OBS_SCALING,
            "2026-11",
        ),
    },
    FamousModel {
        id: "llama-2-70b",
        name: "Llama 2 70B",
        year: 2023,
        params: Params(68.977e9),
        active_params: Params(68.977e9),
        tokens: Tokens(2e12),
        source: Source::in_engine(
            "ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions; \
                    Epoch AI notable models (2025-02-24)",
            OBS_SCALING,
            "2026-11",
        ),
    },
    FamousModel {
        id: "falcon-180b",
        name: "Falcon-180B",
        year: 2023,
        params: Params(180e9),
        active_params: Params(180e9),
        tokens: Tokens(3.5e12),
        source: Source::in_engine("ryoungj/ObsScaling; Epoch AI notable models (2025-02-24)", OBS_SCALING, "2026-11"),
    },
    FamousModel {
        id: "llama-3-8b",
        name: "Llama 3 8B",
        year: 2024,
        params: Params(8.03e9),
        active_params: Params(8.03e9),
        tokens: Tokens(15e12),
        source: Source::in_engine(
            "ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions",
            OBS_SCALING,
            "2026-11",
        ),
    },
    FamousModel {
        id: "llama-3-70b",
        name: "Llama 3 70B",
        year: 2024,
        params: Params(70.554e9),
        active_params: Params(70.554e9),
        tokens: Tokens(15e12),
        source: Source::in_engine(
            "ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions; \
                    Epoch AI notable models (2025-02-24)",
            OBS_SCALING,
            "2026-11",
        ),
    },
    FamousModel {
        id: "qwen2-0.5b",
        name: "Qwen2-0.5B",
        year: 2024,
        params: Params(0.494033e9),
        active_params: Params(0.494033e9),
        tokens: Tokens(12e12),
        source: Source::in_engine("yigitokar/scaling-laws-as-production-functions", PRODUCTION, "2026-11"),
    },
    FamousModel {
        id: "nemotron-4-340b",
        name: "Nemotron-4 340B",
        year: 2024,
        params: Params(340e9),
        active_params: Params(340e9),
        tokens: Tokens(9e12),
        source: Source::in_engine("Epoch AI notable models (2025-02-24)", EPOCH, "2026-11"),
    },
    FamousModel {
        id: "llama-3.1-405b",
        name: "Llama 3.1 405B",
        year: 2024,
        params: Params(405.853e9),
        active_params: Params(405.853e9),
        tokens: Tokens(15.6e12),
        source: Source::in_engine(
            "yigitokar/scaling-laws-as-production-functions; Epoch AI notable models (2025-02-24); \
                    Llama 3.1 model card",
            PRODUCTION,
            "2026-11",
        ),
    },
    FamousModel {
        id: "qwen2.5-72b",
        name: "Qwen2.5-72B",
        year: 2024,
        params: Params(72.7e9),
        active_params: Params(72.7e9),
        tokens: Tokens(18e12),
        source: Source::in_engine("Epoch AI notable models (2025-02-24)", EPOCH, "2026-11"),
    },
    FamousModel {
        id: "deepseek-v3",
        name: "DeepSeek-V3",
        year: 2024,
        params: Params(671e9),
        active_params: Params(37e9),
        tokens: Tokens(14.8e12),
        source: Source::in_engine("Epoch AI notable models (2025-02-24)", EPOCH, "2026-11"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinchilla_saw_20_tokens_per_parameter_and_gpt_3_fewer_than_2() {
        assert_eq!(famous("chinchilla-70b").unwrap().tokens_per_param(), 20.0);
        assert!(famous("gpt-3-175b").unwrap().tokens_per_param() < 2.0);
    }

    #[test]
    fn a_mixture_of_experts_is_counted_by_its_active_parameters() {
        let deepseek = famous("deepseek-v3").unwrap();
        assert!(deepseek.is_mixture_of_experts());
        assert_eq!(deepseek.tokens_per_param(), 400.0);
    }

    #[test]
    fn runs_stand_in_order_of_time() {
        assert!(FAMOUS.windows(2).all(|pair| pair[0].year <= pair[1].year));
    }
}
