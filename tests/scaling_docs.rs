//! What `docs/scaling.md` says is what the code does. `BLESS=1 cargo test --test scaling_docs` writes it anew.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bitbudget::scaling::bands::{Band, Ensemble};
use bitbudget::scaling::beyond::cost::{lifetime_flop, serving_flop};
use bitbudget::scaling::beyond::precision::Bits;
use bitbudget::scaling::beyond::repeated::MUENNIGHOFF;
use bitbudget::scaling::beyond::{overtraining, serving};
use bitbudget::scaling::{Allocation, LawKind, Parametric, flop_of, law};
use bitbudget::units::{Flop, Params, Tokens, scientific, short_count};
use libm::{log, pow};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const GOPHER: Flop = Flop(5.76e23);
const PF_DAY: f64 = 8.64e19;

const INTRODUCTION: &str = "# Scaling laws

What a compute budget is best spent on, what is known about that answer, and what it leaves out. The formulas, with their sources and
what they are not for, stand at the functions that they are: `src/scaling/`.

This page is generated (`BLESS=1 cargo test --test scaling_docs`): the bands, and what stands under *computed*, come out of that
code; what stands under *printed* is quoted. `cargo test --test golden` holds the code against papers and other programs
(`tests/golden/scaling.json`: any file of that schema).

## In short

C = 6·N·D FLOP train N parameters on D tokens; L(N, D) = E + A/N^α + B/D^β nats per token.

| question | answer | where |
|---|---|---|
| the best N and D for C | N* = G (C/6)^a, D* = G⁻¹ (C/6)^b, a = β/(α+β), b = α/(α+β), G = (αA/βB)^(1/(α+β)) | `optimum.rs` |
| how sure that is | quantiles of N*, D* and L* over draws of (ln A, ln B, ln E, α, β) | `bands.rs` |
| a smaller model of the same loss | k_D = [1 − (β/α)(k_N^−α − 1)]^(−1/β), overhead = k_N·k_D − 1, not below k_N = (1 + α/β)^(−1/α) | `beyond/overtraining.rs` |
| the cheapest model over its life | αA N^−α / βB D^−β = 1 + D_inf/3D at the loss that is asked for | `beyond/serving.rs` |
| the demand that would justify a model | D_inf = 3D (αA N^−α / βB D^−β − 1) | `beyond/serving.rs` |
| text that is read more than once | D′ = U + U·R*(1 − e^(−(D/U − 1)/R*)), and the same for parameters beyond N*(U) | `beyond/repeated.rs` |
| both at once | (∂L/∂ln N) / (∂L/∂ln D) = 1 + D_inf/3D with N′ and D′ | `beyond/together.rs` |
| fewer bits | N_eff = N·∏(1 − e^(−P/γ)) | `beyond/precision.rs` |

Assumptions that a reader should know:

- N, D and L belong together only within one law: losses under different tokenizers and data are not comparable.
- All laws are fitted below 10²² FLOP or little above. Beyond, they are extrapolations, and a band does not show that.
- A band is the noise of one set of runs under one form of law. It is drawn around the mean of the bootstrap, not around the published
  point, which lies beside it.
- An answer costs 2 FLOP per parameter and token, a training step 6. In money the two differ by price and utilisation as well.
- R*_D and R*_N were fitted together with Muennighoff's law on C4. With other laws they are an assumption.
- Serving and repeated data are joined by us; no published runs do both.
- Precision is a trend: the constants are quoted from secondary texts, and their authors don't trust them elsewhere.
";

fn parametric(id: &str) -> Parametric {
    let LawKind::Parametric(constants) = law(id).unwrap().kind else { panic!("{id} has no constants") };
    constants
}

fn besiroglu() -> Parametric {
    parametric("besiroglu-2024")
}

fn tex() -> Parametric {
    parametric("hoffmann-2022-a3")
}

/// As printed in Eq. 10 of Hoffmann et al.
const ROUNDED: Parametric = Parametric { e: 1.69, a: 406.4, b: 410.7, alpha: 0.34, beta: 0.28 };
const DE_VRIES: Parametric = Parametric { e: 1.62, a: 406.4, b: 410.7, alpha: 0.336, beta: 0.283 };

/// A place where something is printed that its own numbers don't give.
struct Finding {
    place: &'static str,
    printed: &'static str,
    computed: fn() -> String,
    how: &'static str,
}

const FINDINGS: &[Finding] = &[
    Finding {
        place: "Hoffmann et al. 2022, Eq. 10 (Approach 3)",
        printed: "E 1.69, A 406.4, B 410.7, α 0.34, β 0.28",
        computed: || format!("at 5.76 × 10²³ FLOP: {}; with the TeX source's: {}", split(ROUNDED), split(tex())),
        how: "The rounding trap: two digits of an exponent move the answer by half. The paper's Fig. 4 says 40B, which only the constants in its TeX source give.",
    },
    Finding {
        place: "the same, Table A3, Approach 3",
        printed: "400M: 9.2B tokens; 10B: 410.1B; 67B: 4.1T; 175B: 12.0T; 10T: 1425.5T",
        computed: || {
            let laws = [("rounded", ROUNDED), ("TeX", tex()), ("de Vries' α, β", DE_VRIES)];
            let factors = laws.map(|(name, law)| format!("{name}: {}", table_a3(law))).join("; ");
            format!("D*(N) over the printed tokens, {factors}. The table implies a = {:.3}", implied_a())
        },
        how: "Eq. 4 with each set of constants: the printed ones did not make the table.",
    },
    Finding {
        place: "the same, Table A3, Approach 3, 175B",
        printed: "1.26 × 10²⁴ FLOP for 12.0T tokens",
        computed: || format!("6·N·D = {}", flop_of(Params(175e9), Tokens(12e12))),
        how: "A digit of the exponent.",
    },
    Finding {
        place: "the same, interval of a (Approach 3)",
        printed: "a = 0.46 (0.454, 0.455)",
        computed: || {
            format!("β/(α+β): {:.4} (TeX), {:.4} (rounded)", tex().params_exponent(), ROUNDED.params_exponent())
        },
        how: "The value lies outside its own interval. An artefact of the optimiser, say Besiroglu et al.: losses were averaged, not summed. So narrow an interval would take some 600 000 runs.",
    },
    Finding {
        place: "the same, Table 3, 67B",
        printed: "5.76 × 10²³ FLOP, 1.5T tokens",
        computed: || format!("C/6N = {}", Tokens(5.76e23 / (6.0 * 67e9))),
        how: "Rounded up; the other rows agree within 2 %.",
    },
    Finding {
        place: "the same, text under Table 3",
        printed: "175B: 4.41 × 10²⁴ FLOP, 4.2T tokens; 280B: 6.8T. The table has 3.85 × 10²⁴, 3.7T; 5.9T",
        computed: || {
            let flop = |tokens| scientific(flop_of(Params(175e9), Tokens(tokens)).get());
            format!("6·N·D = {} with 4.2T, {} with 3.7T", flop(4.2e12), flop(3.7e12))
        },
        how: "Each agrees with itself, and they contradict each other.",
    },
    Finding {
        place: "the same, App. F and Table A4",
        printed: "FLOP over 6·N·D of the 73M model: 1.03",
        computed: || {
            format!(
                "{:.2} as App. F has it; {:.2} without embeddings and logits",
                SEVENTY_THREE_M.ratio(true),
                SEVENTY_THREE_M.ratio(false)
            )
        },
        how: "The table does not count what the appendix says it counts.",
    },
    Finding {
        place: "the same, Table A9, and nanoGPT's count of it",
        printed: "12 569M parameters (d_model 4608, 32 heads of 128)",
        computed: || {
            let error = |width| 100.0 * (TWELVE_B.params(width) / 12_569e6 - 1.0);
            format!(
                "off by {:.1} % with d_model as the width of attention, {:.1} % with heads times their size",
                error(4608.0),
                error(4096.0)
            )
        },
        how: "Keys and values are as wide as the heads together, which need not be d_model.",
    },
    Finding {
        place: "Besiroglu et al. 2024, notebook, cell 69",
        printed: "25.66 tokens per parameter at Chinchilla's compute",
        computed: || {
            format!("{:.2} at 10¹⁸ FLOP, {:.1} at 5.88 × 10²³", ratio(besiroglu(), 1e18), ratio(besiroglu(), 5.88e23))
        },
        how: "`compute_thresholds` was overwritten, so the ratio is that of 10¹⁸ FLOP.",
    },
    Finding {
        place: "the same, cell 68",
        printed: "about 70 tokens per parameter for Hoffmann's Approach 3",
        computed: || {
            let tex = tex();
            let g = pow(tex.alpha * tex.a / (tex.beta * tex.b), 1.0 / (tex.alpha + tex.beta));
            let compute = 5.623_413_251_903_491e23;
            let mixed = pow(g, -2.0) * pow(compute / 6.0, 1.0 - 2.0 * 0.4545);
            format!(
                "{mixed:.1} with a = 0.4545 and G of the TeX constants, {:.1} with these alone",
                ratio(tex, compute)
            )
        },
        how: "The middle of the interval of a is joined to a G that belongs to another a.",
    },
    Finding {
        place: "Llama 3, 3.2.1",
        printed: "N*(C) = 0.29 C^0.53, and 16.55T tokens at 3.8 × 10²⁵ FLOP",
        computed: || {
            let tokens = |a: f64, alpha| Tokens(a * pow(3.8e25, alpha));
            format!("{}; with Fig. 3's 0.299 and 0.537: {}", tokens(0.29, 0.53), tokens(0.299, 0.537))
        },
        how: "The rounding trap again. And N* is the number of tokens, not of parameters.",
    },
    Finding {
        place: "Sardana & Frankle et al. 2024, examples",
        printed: "7B instead of 13B for 2T served tokens saves 1.7 × 10²² FLOP, 17 %",
        computed: || {
            let laws = [("de Vries' α, β", DE_VRIES), ("rounded", ROUNDED), ("TeX", tex()), ("Besiroglu", besiroglu())];
            laws.map(|(name, law)| format!("{name}: {}", saving(law))).join("; ")
        },
        how: "Only α = 0.336 and β = 0.283 give the paper's figures.",
    },
    Finding {
        place: "multilingual-scaling-app, cost of inference",
        printed: "5.9956 × 10²³ FLOP for 2T served tokens, 1.2088 × 10²⁴ in all (Besiroglu, quality of 5.76 × 10²³ FLOP)",
        computed: || {
            let (law, demand) = (besiroglu(), Tokens(2e12));
            let at = serving::optimum(&law, law.optimal_loss(GOPHER), demand).unwrap();
            let [served, in_all] =
                [serving_flop(at.params, demand), lifetime_flop(at, demand)].map(|flop| flop.get() / 1e23);
            format!("{served:.4} × 10²³; {in_all:.4} × 10²³ in all")
        },
        how: "It counts 6·N per served token, with a backward pass. Its N and D are right.",
    },
    Finding {
        place: "de Vries 2023, SantaCoder and the \"critical\" size",
        printed: "about 24 % overhead at 0.46 times the size; 100 % at 0.3",
        computed: || {
            let percent = |share| 100.0 * overtraining::overhead(&DE_VRIES, share).unwrap();
            let least = overtraining::critical_size(&DE_VRIES);
            format!(
                "{:.1} %; {:.1} %, {:.1} % at 0.305; least size {least:.3}",
                percent(0.46),
                percent(0.3),
                percent(0.305)
            )
        },
        how: "The post's own formula put in. It calls 0.3 critical because compute doubles there; below the least size no amount of data helps.",
    },
    Finding {
        place: "Kaplan et al. 2020, Fig. 1",
        printed: "L = (C_min / 2.3 × 10⁸ PF-days)^−0.050; the text has 3.1 × 10⁸",
        computed: || format!("the two losses differ by {:.1} %", 100.0 * (pow(3.1 / 2.3, 0.05) - 1.0)),
        how: "Figure and text disagree; the text's is used here.",
    },
    Finding {
        place: "Hoffmann et al. 2022, on Kaplan",
        printed: "10 times the compute: 5.5 times the parameters, 1.8 times the tokens; 4.68B at 10²¹ FLOP",
        computed: || {
            let times = |exponent| pow(10.0, exponent);
            let params = Params(1.3e9 * pow(1e21 / PF_DAY, 0.73));
            format!("{:.2} and {:.2} times; {params} by 1.3 × 10⁹ C^0.73", times(0.73), times(0.27))
        },
        how: "Kaplan's exponents and constant put in.",
    },
    Finding {
        place: "EleutherAI cookbook, `calc_transformer_flops.py`",
        printed: "38.65 ZFLOP in the feed-forward layers of LLaMA-7B's shape on 10¹² tokens",
        computed: || {
            let zetta = |ffn: f64| 6.0 * 32.0 * 3.0 * 4096.0 * ffn * 1e12 / 1e21;
            format!("{:.2} with `--ffn-hidden-size 11008`, {:.2} with 4·d", zetta(11_008.0), zetta(4.0 * 4096.0))
        },
        how: "The option is read and not used.",
    },
    Finding {
        place: "datablations, issue 9",
        printed: "loss 2.23767 for 8.7B, 178B tokens, 25.4B of them unique",
        computed: || {
            let at = Allocation { params: Params(8.7e9), tokens: Tokens(178e9) };
            format!("{:.5}", MUENNIGHOFF.loss(at, Tokens(25_428_571_428.571_43)).get())
        },
        how: "By running the code that the issue shows.",
    },
    Finding {
        place: "p208p2002's calculator",
        printed: "86.6B at 10²⁶ FLOP, from the rounded constants",
        computed: || format!("{}", ROUNDED.optimal(Flop(1e26)).params),
        how: "Its grid ends at 100B.",
    },
    Finding {
        place: "LLaMA, Table 15, BLOOM",
        printed: "475 MWh, 183 t CO₂e for 1 082 880 GPU-hours at 400 W, PUE 1.1, 0.385 kg/kWh",
        computed: || {
            let mwh = 1_082_880.0 * 400.0 * 1.1 / 1e6;
            format!("{mwh:.1} MWh, {:.1} t", mwh * 0.385)
        },
        how: "More than rounding; the other rows agree within 1 MWh.",
    },
    Finding {
        place: "Kumar et al. 2024, bits that a budget is best spent on",
        printed: "7 to 8",
        computed: || format!("N_eff·D at one cost is largest at {:.1} bits with the quoted γ", cheapest_bits()),
        how: "N·D·P is what a budget buys, so N_eff/(N·P) decides. The quoted constants may lack offsets that App. K mentions; as they don't give the paper's answer, we offer none.",
    },
];

fn ratio(law: Parametric, compute: f64) -> f64 {
    law.optimal(Flop(compute)).tokens_per_param()
}

fn split(law: Parametric) -> String {
    let best = law.optimal(GOPHER);
    format!("{}, {}, {:.1} a parameter", best.params, best.tokens, best.tokens_per_param())
}

/// Table A3 of Hoffmann et al., Approach 3: parameters and tokens.
const TABLE_A3: [(f64, f64); 5] =
    [(400e6, 9.2e9), (10e9, 410.1e9), (67e9, 4.1e12), (175e9, 12.0e12), (10e12, 1425.5e12)];

/// The exponent a of a line through the first and the last row: D* ∝ N^((1−a)/a).
fn implied_a() -> f64 {
    let [(n0, d0), .., (n1, d1)] = TABLE_A3;
    1.0 / (1.0 + log(d1 / d0) / log(n1 / n0))
}

/// D*(N) over what the rows have.
fn table_a3(law: Parametric) -> String {
    TABLE_A3.map(|(params, tokens)| format!("{:.2}", law.optimal_tokens(Params(params)).get() / tokens)).join(", ")
}

fn saving(law: Parametric) -> String {
    let (params, demand) = (Params(13e9), Tokens(2e12));
    let optimal = Allocation { params, tokens: law.optimal_tokens(params) };
    let small = Params(7e9);
    let tokens = law.tokens_for_loss(small, law.loss(optimal)).unwrap();
    let before = lifetime_flop(optimal, demand);
    let saved = before - lifetime_flop(Allocation { params: small, tokens }, demand);
    format!("{} ({:.1} %)", scientific(saved.get()), 100.0 * (saved / before))
}

fn cheapest_bits() -> f64 {
    let worth = |bits: f64| Bits::all(bits).effective_share().unwrap() / bits;
    (10..=160).map(|tenths| f64::from(tenths) / 10.0).max_by(|a, b| worth(*a).total_cmp(&worth(*b))).unwrap()
}

/// A model of Hoffmann's Table A9.
struct Shape {
    d_model: f64,
    ffw: f64,
    kv_size: f64,
    heads: f64,
    layers: f64,
}

const VOCABULARY: f64 = 32_000.0;
const SEVENTY_THREE_M: Shape = Shape { d_model: 640.0, ffw: 2560.0, kv_size: 64.0, heads: 10.0, layers: 10.0 };
const TWELVE_B: Shape = Shape { d_model: 4608.0, ffw: 18_432.0, kv_size: 128.0, heads: 32.0, layers: 47.0 };

impl Shape {
    /// Parameters with attention of this width, relative positions included.
    fn params(&self, w: f64) -> f64 {
        let (d, f) = (self.d_model, self.ffw);
        let attention = 3.0 * (d * w + w) + (d * w + 2.0 * w) + (w * d + d);
        let feed_forward = (d * f + f) + (f * d + d);
        self.layers * (attention + feed_forward + 4.0 * d) + 2.0 * d + VOCABULARY * d
    }

    /// App. F's FLOP of a sequence of 2048 over 6·N for each token.
    fn ratio(&self, with_embeddings_and_logits: bool) -> f64 {
        let (s, d, w) = (2048.0, self.d_model, self.kv_size * self.heads);
        let attention =
            6.0 * s * d * w + 2.0 * s * s * w + 3.0 * self.heads * s * s + 2.0 * s * s * w + 2.0 * s * w * d;
        let layers = self.layers * (attention + 4.0 * s * d * self.ffw);
        let ends = if with_embeddings_and_logits { 4.0 * s * VOCABULARY * d } else { 0.0 };
        3.0 * (layers + ends) / (6.0 * s * self.params(w))
    }
}

fn findings(page: &mut String) {
    page.push_str(
        "\n## Typos in the literature\n\nWhat is printed, or what a program prints, and what its own numbers give.\n",
    );
    page.push_str("\n| where | printed | computed | how it was found, what it is |\n|---|---|---|---|\n");
    for Finding { place, printed, computed, how } in FINDINGS {
        _ = writeln!(page, "| {place} | {printed} | {} | {how} |", computed());
    }
}

fn range<T: Copy>(band: Band<T>, show: impl Fn(T) -> String) -> String {
    format!("{} to {}", show(band.p10), show(band.p90))
}

fn bands(page: &mut String) {
    page.push_str(
        "\n## How wide the bands are\n\nThe middle 80 % of 50 000 draws around the bootstrap of Besiroglu et al. 2024, beside the published point.\n",
    );
    page.push_str(
        "\n| FLOP | N* | of the point | D* | of the point | D*/N* | of the point |\n|--:|---|--:|---|--:|---|--:|\n",
    );
    for compute in [1e18, 1e20, 1e22, 5.76e23, 1e24, 1e26] {
        let bands = Ensemble::besiroglu().optimal(Flop(compute));
        let point = besiroglu().optimal(Flop(compute));
        let cells = [
            scientific(compute),
            range(bands.params, |n| short_count(n.get())),
            short_count(point.params.get()),
            range(bands.tokens, |d| short_count(d.get())),
            short_count(point.tokens.get()),
            range(bands.tokens_per_param, |ratio| format!("{ratio:.1}")),
            format!("{:.1}", point.tokens_per_param()),
        ];
        _ = writeln!(page, "| {} |", cells.join(" | "));
    }
}

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    bands(&mut page);
    findings(&mut page);
    page
}

#[test]
fn docs_scaling_says_what_is_computed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scaling.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "run BLESS=1 cargo test --test scaling_docs");
}
