//! The table of published laws.

use super::{Counts, Fitted, Law, LawKind, PowerLaw};
use crate::scaling::deepseek;
use crate::scaling::optimum::Parametric;
use crate::source::{Source, in_engine};
use crate::units::{Flop, Params, Tokens};

/// The id of the law that a fresh page's numbers come from.
pub const DEFAULT_LAW: &str = "besiroglu-2024";
/// The id of the law that the lesson starts with.
pub const LESSON_LAW: &str = "chinchilla-20";

pub(super) const BESIROGLU: Parametric = Parametric { e: 1.8172, a: 482.01, b: 2085.43, alpha: 0.3478, beta: 0.3658 };

/// As printed in the paper (Eq. 10).
pub(super) const HOFFMANN_ROUNDED: Parametric = Parametric { e: 1.69, a: 406.4, b: 410.7, alpha: 0.34, beta: 0.28 };

/// A, B and E are stored in the TeX source as logarithms: 6.0073404, 6.0179186 and 0.5267228.
pub(super) const HOFFMANN_TEX: Parametric = Parametric {
    e: 1.693_373_680_998_952_8,
    a: 406.401_017_519_473_7,
    b: 410.722_826_945_039_8,
    alpha: 0.339_170_84,
    beta: 0.284_908_3,
};

/// All runs of Hoffmann et al. 2022.
const HOFFMANN_RUNS: Fitted =
    Fitted { params: Some((Params(44e6), Params(16e9))), tokens: Some((Tokens(5e9), Tokens(500e9))), compute: None };

const MASSIVE_TEXT: &str = in_engine("MassiveText: web pages, books, news and code; 32 000 token types");

pub(super) const fn hoffmann(title: &'static str) -> Source {
    Source::in_engine(title, "https://arxiv.org/abs/2203.15556", "2026-11")
}

/// Every law on offer, the default first.
///
/// Adding one of a form that [`LawKind`] knows: a whole row, with vectors for it in `tests/golden/scaling.json`. Menus,
/// answers and curves read this table.
///
/// ```text
/// Law {
///     id: "besiroglu-2024",                    // author and year, permanent
///     name: "Besiroglu et al. 2024",
///     kind: LawKind::Parametric(Parametric { e: 1.8172, a: 482.01, b: 2085.43, alpha: 0.3478, beta: 0.3658 }),
///     counts: Counts::Total,                   // what N counts in that paper
///     fitted: Fitted { params: Some((Params(57e6), Params(16e9))), ..Fitted::default() },
///     data: "…",                               // what the runs were trained on
///     source: Source::in_engine("Besiroglu et al. 2024, …", "https://arxiv.org/abs/2404.10102", "2026-11"),
///     note: "…",                               // as printed or from the source? what is odd about it?
/// },
/// ```
pub static LAWS: &[Law] = &[
    Law {
        id: DEFAULT_LAW,
        name: "Besiroglu et al. 2024",
        kind: LawKind::Parametric(BESIROGLU),
        counts: Counts::Total,
        fitted: Fitted {
            params: Some((Params(57e6), Params(16e9))),
            tokens: None,
            compute: Some((Flop(0.0), Flop(1.3e22))),
        },
        data: MASSIVE_TEXT,
        source: Source::in_engine(
            "Besiroglu et al. 2024, Chinchilla Scaling: A replication attempt",
            "https://arxiv.org/abs/2404.10102",
            "2026-11",
        ),
        note: in_engine(
            "A refit of the Chinchilla runs. Its tokens per parameter fall slowly with compute, from 26 at 10¹⁸ to \
               16 at 10²⁶ FLOP; modern sweeps find them rising.",
        ),
    },
    Law {
        id: LESSON_LAW,
        name: "20 tokens per parameter",
        kind: LawKind::TokensPerParam(20.0),
        counts: Counts::Total,
        fitted: HOFFMANN_RUNS,
        data: MASSIVE_TEXT,
        source: hoffmann("Hoffmann et al. 2022, Table 3, as a rule of thumb"),
        note: in_engine("The rule has no loss of its own: the loss shown is that of Besiroglu et al. 2024."),
    },
    Law {
        id: "hoffmann-2022-a1",
        name: "Hoffmann et al. 2022, Approach 1",
        // 10^−1.00367 · C^0.49810: least squares of the logarithms in Table 3.
        kind: LawKind::ParamsOfCompute(PowerLaw { coefficient: 0.099_158_511_771_264_33, exponent: 0.498_10 }),
        counts: Counts::Total,
        fitted: HOFFMANN_RUNS,
        data: MASSIVE_TEXT,
        source: hoffmann("Hoffmann et al. 2022, Approach 1: a line through the nine rows of Table 3"),
        note: in_engine(
            "The envelope of training curves. The paper prints the exponent, 0.50, without a coefficient; this line \
               is within 1.2 % of every size in Table 3 and gives the 2.86B of Appendix D.4. It has no loss of its \
               own: the loss shown is that of Besiroglu et al. 2024.",
        ),
    },
    Law {
        id: "hoffmann-2022-a2",
        name: "Hoffmann et al. 2022, Approach 2",
        // 10^−0.83900 · C^0.48994: least squares of the logarithms in Table A3.
        kind: LawKind::ParamsOfCompute(PowerLaw { coefficient: 0.144_877_185_354_476_16, exponent: 0.489_94 }),
        counts: Counts::Total,
        fitted: Fitted { compute: Some((Flop(6e18), Flop(3e21))), ..HOFFMANN_RUNS },
        data: MASSIVE_TEXT,
        source: hoffmann("Hoffmann et al. 2022, Approach 2: a line through the nine rows of Table A3"),
        note: in_engine(
            "The bottoms of nine IsoFLOP valleys. The paper prints the exponent, 0.49, without a coefficient; this \
               line is within 3.3 % of every size in Table A3. It has no loss of its own: the loss shown is that of \
               Besiroglu et al. 2024.",
        ),
    },
    Law {
        id: "hoffmann-2022-a3",
        name: "Hoffmann et al. 2022, Approach 3",
        kind: LawKind::Parametric(HOFFMANN_TEX),
        counts: Counts::Total,
        fitted: HOFFMANN_RUNS,
        data: MASSIVE_TEXT,
        source: hoffmann(
            "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models (constants of the TeX source)",
        ),
        note: in_engine(
            "The constants of the paper's TeX source. The printed ones are rounded, and that alone moves 59 tokens \
               per parameter to 93 at 5.76 × 10²³ FLOP; the paper's other two approaches say about 20.",
        ),
    },
    ROUNDED,
    Law {
        id: "devries-2023",
        name: "de Vries 2023",
        kind: LawKind::Parametric(Parametric { e: 1.62, a: 406.4, b: 410.7, alpha: 0.336, beta: 0.283 }),
        counts: Counts::Total,
        fitted: HOFFMANN_RUNS,
        data: MASSIVE_TEXT,
        source: Source::in_engine(
            "de Vries 2023, Go smol or go home (chinchilla_analysis.ipynb)",
            "https://github.com/bigcode-project/bigcode-analysis",
            "2026-11",
        ),
        note: in_engine(
            "Approach 3 of Hoffmann et al. with exponents that reproduce its Table A3 to 10 %, which the paper's own \
               constants do not. The examples of Sardana et al. 2024 use it.",
        ),
    },
    Law {
        id: "kaplan-2020",
        name: "Kaplan et al. 2020",
        // 1.3e9 parameters at one PF-day, 8.64e19 FLOP.
        kind: LawKind::ParamsOfCompute(PowerLaw { coefficient: 3.633_191_757_910_538_7e-6, exponent: 0.73 }),
        counts: Counts::NonEmbedding,
        fitted: Fitted {
            params: Some((Params(768.0), Params(1.5e9))),
            tokens: Some((Tokens(22e6), Tokens(23e9))),
            compute: None,
        },
        data: in_engine("WebText2: pages that Reddit links to; 50 257 token types"),
        source: Source::in_engine(
            "Kaplan et al. 2020, Scaling Laws for Neural Language Models",
            "https://arxiv.org/abs/2001.08361",
            "2026-11",
        ),
        note: in_engine(
            "History: it asks for large models on little data. Hoffmann et al. put that down to learning rates that \
               did not decay with the length of each run. N and C leave out embeddings. Its own losses have another \
               form, so the loss shown is that of Besiroglu et al. 2024.",
        ),
    },
    Law {
        id: "muennighoff-2023",
        name: "Muennighoff et al. 2023",
        // ln A 6.255414, ln B 7.3049974, ln E 0.6254804, and one exponent for both.
        kind: LawKind::Parametric(Parametric {
            e: 1.869_143_678_405_485_8,
            a: 520.824_951_659_918_7,
            b: 1_487.716_093_782_861,
            alpha: 0.352_659_6,
            beta: 0.352_659_6,
        }),
        counts: Counts::Total,
        fitted: Fitted {
            params: Some((Params(7e6), Params(9e9))),
            tokens: Some((Tokens(100e6), Tokens(900e9))),
            compute: None,
        },
        data: in_engine("C4: English web pages"),
        source: Source::in_engine(
            "Muennighoff et al. 2023, Scaling Data-Constrained Language Models",
            "https://arxiv.org/abs/2305.16264",
            "2026-11",
        ),
        note: in_engine(
            "Its law for data that are seen once; with α = β the tokens per parameter are 19.6 at every \
               budget. The authors call the absolute loss unlikely to be useful.",
        ),
    },
    Law {
        id: "deepseek-2024",
        name: "DeepSeek LLM 2024",
        kind: LawKind::TokensOfCompute(deepseek::TOKENS),
        counts: Counts::NonEmbedding,
        fitted: Fitted { params: None, tokens: None, compute: Some((Flop(1e17), Flop(3e20))) },
        data: in_engine("DeepSeek's own Chinese and English text"),
        source: deepseek::SOURCE,
        note: in_engine(
            "It counts a model's FLOP per token, attention included, and C = FLOP per token × D: N here is a sixth of \
               that. On better data the exponent of the model rises, from 0.45 to 0.58. It has no loss of its own: \
               the loss shown is that of Besiroglu et al. 2024.",
        ),
    },
    Law {
        id: "llama-3-2024",
        name: "Llama 3 2024",
        kind: LawKind::TokensOfCompute(PowerLaw { coefficient: 0.299, exponent: 0.537 }),
        counts: Counts::Total,
        fitted: Fitted {
            params: Some((Params(40e6), Params(16e9))),
            tokens: None,
            compute: Some((Flop(6e18), Flop(1e22))),
        },
        data: in_engine("Llama 3's own web text, code and mathematics"),
        source: Source::in_engine(
            "Llama Team 2024, The Llama 3 Herd of Models, Fig. 3",
            "https://arxiv.org/abs/2407.21783",
            "2026-11",
        ),
        note: in_engine(
            "The N* that the paper's formula names are tokens. Its text rounds the constants to 0.29 and 0.53, which \
               give 10.5T tokens at 3.8 × 10²⁵ FLOP beside a printed 16.55T; those of Fig. 3, used here, give 16.3T. \
               It has no loss of its own: the loss shown is that of Besiroglu et al. 2024.",
        ),
    },
];

/// The id of the constants as they are printed, rounded.
pub const ROUNDING_TRAP: &str = "hoffmann-2022-a3-rounded";

/// The rounded printing; [`super::rounding_trap`] starts from it.
pub(super) const ROUNDED: Law = Law {
    id: ROUNDING_TRAP,
    name: "Hoffmann et al. 2022, Approach 3, as printed",
    kind: LawKind::Parametric(HOFFMANN_ROUNDED),
    counts: Counts::Total,
    fitted: HOFFMANN_RUNS,
    data: MASSIVE_TEXT,
    source: hoffmann("Hoffmann et al. 2022, Eq. 10: constants rounded to two and four digits"),
    note: in_engine(
        "The rounding trap: most public calculators use these constants, and they put 93 tokens on a parameter at \
           5.76 × 10²³ FLOP, where the paper says 20 and its unrounded constants say 59.",
    ),
};
