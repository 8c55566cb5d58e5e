//! The rows of [`FAMOUS`], and where their numbers were read.

use super::{FamousModel, PublishedCompute};
use crate::source::{Source, in_engine};
use crate::units::{Flop, Params, Tokens};

const HOFFMANN_URL: &str = "https://arxiv.org/abs/2203.15556";
const OBS_URL: &str = "https://github.com/ryoungj/ObsScaling";
const PRODUCTION_URL: &str = "https://github.com/yigitokar/scaling-laws-as-production-functions";
const EPOCH_URL: &str = "https://github.com/IyngkarranKumar/compute_thresholds_public";

const EPOCH: Source = from("Epoch AI notable models (2025-02-24)", EPOCH_URL);
const HOFFMANN_EPOCH: Source =
    from("Hoffmann et al. 2022, Table 1; Epoch AI notable models (2025-02-24)", HOFFMANN_URL);
const OBS: Source = from("ryoungj/ObsScaling", OBS_URL);
const OBS_EPOCH: Source = from("ryoungj/ObsScaling; Epoch AI notable models (2025-02-24)", OBS_URL);
const OBS_EPOCH_LLAMA: Source =
    from("ryoungj/ObsScaling; Epoch AI notable models (2025-02-24); LLaMA paper, Table 15", OBS_URL);
const OBS_PRODUCTION: Source = from("ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions", OBS_URL);
const OBS_PRODUCTION_LLAMA: Source =
    from("ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions; LLaMA paper, Table 15", OBS_URL);
const OBS_PRODUCTION_EPOCH: Source = from(
    "ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions; Epoch AI notable models (2025-02-24)",
    OBS_URL,
);
const ALL_FOUR: Source = from(
    "ryoungj/ObsScaling; yigitokar/scaling-laws-as-production-functions; \
     Epoch AI notable models (2025-02-24); LLaMA paper, Table 15",
    OBS_URL,
);
const PRODUCTION: Source = from("yigitokar/scaling-laws-as-production-functions", PRODUCTION_URL);
const PRODUCTION_EPOCH: Source =
    from("yigitokar/scaling-laws-as-production-functions; Epoch AI notable models (2025-02-24)", PRODUCTION_URL);
const PRODUCTION_EPOCH_META: Source = from(
    "yigitokar/scaling-laws-as-production-functions; Epoch AI notable models (2025-02-24); Llama 3.1 model card",
    PRODUCTION_URL,
);
const EPOCH_2026: Source =
    from("Epoch AI notable models (2026-04)", "https://github.com/Jav97970/ai-frontier-concentration");

const fn from(title: &'static str, url: &'static str) -> Source {
    Source::in_engine(title, url, "2026-11")
}

const fn published(flop: f64, by: &'static str) -> Option<PublishedCompute> {
    Some(PublishedCompute { flop: Flop(flop), by: in_engine(by) })
}

/// Every run of which parameters and tokens are known, in order of time.
///
/// Adding one: put it into `tests/golden/models.json` and a whole row here, at its place in the order. It is verified when
/// both numbers were seen in two independent sources, or its published compute agrees with 6·N·D.
///
/// ```text
/// FamousModel { id: "chinchilla-70b", name: "Chinchilla 70B", year: 2022, verified: true,
///     params: Params(70e9), active_params: Params(70e9), tokens: Tokens(1.4e12), source: HOFFMANN_EPOCH,
///     published: published(5.76e23, "Hoffmann et al. 2022, Table 3"), note: "" },
/// // name as in the golden file; active_params less than params in a mixture of experts; tokens seen, not unique
/// ```
#[rustfmt::skip] // Three or four lines a run, not ten.
pub static FAMOUS: &[FamousModel] = &[
    FamousModel { id: "t5-11b", name: "T5-11B", year: 2019, verified: false,
        params: Params(11e9), active_params: Params(11e9), tokens: Tokens(1e12), source: EPOCH,
        published: published(3.3e22, "FLAN paper, by Epoch AI"),
        note: in_engine("An encoder-decoder: 6·N·D counts each token through both sides, about twice too much.") },
    FamousModel { id: "gpt-3-175b", name: "GPT-3 175B", year: 2020, verified: true,
        params: Params(175e9), active_params: Params(175e9), tokens: Tokens(0.3e12), source: HOFFMANN_EPOCH,
        published: published(3.14e23, "GPT-3 paper, Table D.1, by Epoch AI"),
        note: in_engine("Epoch AI lists 374e9 as its data: that is the corpus of 499B tokens in words.") },
    FamousModel { id: "gpt-j-6b", name: "GPT-J 6B", year: 2021, verified: false,
        params: Params(6.05e9), active_params: Params(6.05e9), tokens: Tokens(0.402e12), source: OBS,
        published: None,
        note: in_engine("One source; the date is unconfirmed.") },
    FamousModel { id: "jurassic-1-jumbo", name: "Jurassic-1 Jumbo", year: 2021, verified: true,
        params: Params(178e9), active_params: Params(178e9), tokens: Tokens(0.3e12), source: HOFFMANN_EPOCH,
        published: published(3.7e23, "Epoch AI"), note: "" },
    FamousModel { id: "mt-nlg-530b", name: "MT-NLG 530B", year: 2021, verified: true,
        params: Params(530e9), active_params: Params(530e9), tokens: Tokens(0.27e12), source: HOFFMANN_EPOCH,
        published: published(1.17e24, "Epoch AI"), note: "" },
    FamousModel { id: "gopher-280b", name: "Gopher 280B", year: 2021, verified: true,
        params: Params(280e9), active_params: Params(280e9), tokens: Tokens(0.3e12), source: HOFFMANN_EPOCH,
        published: published(6.31e23, "Rae et al. 2021, Table A26, by Epoch AI"),
        note: in_engine("Also published as 5.76e23 and 6.3e23 FLOP; 6·N·D is 5.04e23.") },
    FamousModel { id: "glam-64b-64e", name: "GLaM 64B/64E", year: 2021, verified: true,
        params: Params(1200e9), active_params: Params(96.6e9), tokens: Tokens(0.6e12), source: EPOCH,
        published: published(3.636e23, "Epoch AI"), note: "" },
    FamousModel { id: "gpt-neox-20b", name: "GPT-NeoX-20B", year: 2022, verified: false,
        params: Params(20e9), active_params: Params(20e9), tokens: Tokens(0.472e12), source: OBS_EPOCH,
        published: published(9.316e22, "Epoch AI, from the hardware at an assumed 40 %"),
        note: in_engine("The published compute is 1.6 times 6·N·D.") },
    FamousModel { id: "lamda-137b", name: "LaMDA 137B", year: 2022, verified: false,
        params: Params(137e9), active_params: Params(137e9), tokens: Tokens(0.168e12), source: HOFFMANN_EPOCH,
        published: published(3.55e23, "LaMDA paper, page 18, by Epoch AI"),
        note: in_engine("The published compute is 2.6 times 6·N·D: it must have seen more tokens than 168B.") },
    FamousModel { id: "chinchilla-70b", name: "Chinchilla 70B", year: 2022, verified: true,
        params: Params(70e9), active_params: Params(70e9), tokens: Tokens(1.4e12), source: HOFFMANN_EPOCH,
        published: published(5.76e23, "Hoffmann et al. 2022, Table 3"), note: "" },
    FamousModel { id: "palm-540b", name: "PaLM 540B", year: 2022, verified: true,
        params: Params(540.35e9), active_params: Params(540.35e9), tokens: Tokens(0.78e12), source: EPOCH,
        published: published(2.5272e24, "PaLM paper, Table 20, by Epoch AI"),
        note: in_engine("Its utilisation was 46.2 %.") },
    FamousModel { id: "opt-175b", name: "OPT-175B", year: 2022, verified: false,
        params: Params(175e9), active_params: Params(175e9), tokens: Tokens(0.3e12), source: EPOCH,
        published: published(4.3e23, "metaseq chronicle, by Epoch AI"),
        note: in_engine("180B unique tokens, seen 1.67 times. 8.2·N·D, as if recomputation were counted.") },
    FamousModel { id: "bloom-176b", name: "BLOOM-176B", year: 2022, verified: true,
        params: Params(176.247e9), active_params: Params(176.247e9), tokens: Tokens(0.366e12), source: OBS_EPOCH_LLAMA,
        published: published(3.65664e23, "Epoch AI, from the hardware"), note: "" },
    FamousModel { id: "glm-130b", name: "GLM-130B", year: 2022, verified: true,
        params: Params(130e9), active_params: Params(130e9), tokens: Tokens(0.4e12), source: EPOCH,
        published: published(3.549e23, "Epoch AI"), note: "" },
    FamousModel { id: "galactica-120b", name: "Galactica 120B", year: 2022, verified: true,
        params: Params(120e9), active_params: Params(120e9), tokens: Tokens(0.45e12), source: EPOCH,
        published: published(3.24e23, "Epoch AI"),
        note: in_engine("106B unique tokens, seen about 4.25 times.") },
    FamousModel { id: "llama-7b", name: "LLaMA-7B", year: 2023, verified: true,
        params: Params(6.738e9), active_params: Params(6.738e9), tokens: Tokens(1e12), source: OBS_PRODUCTION_LLAMA,
        published: None, note: "" },
    FamousModel { id: "llama-65b", name: "LLaMA-65B", year: 2023, verified: true,
        params: Params(65.286e9), active_params: Params(65.286e9), tokens: Tokens(1.4e12), source: ALL_FOUR,
        published: published(5.5e23, "Epoch AI"), note: "" },
    FamousModel { id: "llama-13b", name: "LLaMA-13B", year: 2023, verified: true,
        params: Params(13.016e9), active_params: Params(13.016e9), tokens: Tokens(1e12), source: OBS_PRODUCTION_LLAMA,
        published: None, note: "" },
    FamousModel { id: "llama-33b", name: "LLaMA-33B", year: 2023, verified: true,
        params: Params(32.529e9), active_params: Params(32.529e9), tokens: Tokens(1.4e12), source: OBS_PRODUCTION_LLAMA,
        published: None, note: "" },
    FamousModel { id: "falcon-40b", name: "Falcon-40B", year: 2023, verified: true,
        params: Params(40e9), active_params: Params(40e9), tokens: Tokens(1e12), source: OBS_EPOCH,
        published: published(2.4e23, "Epoch AI, from 2,800 PF-days"), note: "" },
    FamousModel { id: "cerebras-gpt-6.7b", name: "Cerebras-GPT 6.7B", year: 2023, verified: false,
        params: Params(6.7e9), active_params: Params(6.7e9), tokens: Tokens(0.134e12), source: OBS,
        published: None,
        note: in_engine("As its whole family, at 20 tokens per parameter. One source; the date is unconfirmed.") },
    FamousModel { id: "pythia-12b", name: "Pythia 12B", year: 2023, verified: false,
        params: Params(12e9), active_params: Params(12e9), tokens: Tokens(0.3e12), source: OBS,
        published: None,
        note: in_engine("All Pythia models saw about 300B tokens. One source; the date is unconfirmed.") },
    FamousModel { id: "pythia-70m", name: "Pythia 70M", year: 2023, verified: false,
        params: Params(0.07e9), active_params: Params(0.07e9), tokens: Tokens(0.3e12), source: OBS,
        published: None,
        note: in_engine("All Pythia models saw about 300B tokens. One source; the date is unconfirmed.") },
    FamousModel { id: "mpt-7b", name: "MPT-7B", year: 2023, verified: false,
        params: Params(7e9), active_params: Params(7e9), tokens: Tokens(1e12), source: OBS,
        published: None,
        note: in_engine("One source; the date is unconfirmed.") },
    FamousModel { id: "starcoderbase-15.5b", name: "StarCoderBase 15.5B", year: 2023, verified: true,
        params: Params(15.5e9), active_params: Params(15.5e9), tokens: Tokens(1e12), source: OBS_EPOCH,
        published: published(8.46e22, "model card, by Epoch AI"),
        note: in_engine("A model of code, whose losses no law here is about.") },
    FamousModel { id: "mpt-30b", name: "MPT-30B", year: 2023, verified: false,
        params: Params(30e9), active_params: Params(30e9), tokens: Tokens(1e12), source: OBS,
        published: None,
        note: in_engine("One source; the date is unconfirmed.") },
    FamousModel { id: "llama-2-7b", name: "Llama 2 7B", year: 2023, verified: true,
        params: Params(6.738e9), active_params: Params(6.738e9), tokens: Tokens(2e12), source: OBS_PRODUCTION_EPOCH,
        published: published(8.4e22, "Epoch AI"),
        note: in_engine("Epoch AI's row gives this model 70e9 parameters, which is an error.") },
    FamousModel { id: "llama-2-13b", name: "Llama 2 13B", year: 2023, verified: true,
        params: Params(13.016e9), active_params: Params(13.016e9), tokens: Tokens(2e12), source: OBS_PRODUCTION,
        published: None, note: "" },
    FamousModel { id: "llama-2-70b", name: "Llama 2 70B", year: 2023, verified: true,
        params: Params(68.977e9), active_params: Params(68.977e9), tokens: Tokens(2e12), source: OBS_PRODUCTION_EPOCH,
        published: published(8.1e23, "Epoch AI, from 1,720,320 A100-hours"), note: "" },
    FamousModel { id: "falcon-180b", name: "Falcon-180B", year: 2023, verified: true,
        params: Params(180e9), active_params: Params(180e9), tokens: Tokens(3.5e12), source: OBS_EPOCH,
        published: published(3.76e24, "Epoch AI, from 43,500 PF-days"), note: "" },
    FamousModel { id: "yi-34b", name: "Yi-34B", year: 2023, verified: true,
        params: Params(34.389e9), active_params: Params(34.389e9), tokens: Tokens(3.1e12), source: OBS_PRODUCTION_EPOCH,
        published: published(6.1e23, "Epoch AI"),
        note: in_engine("ObsScaling has 3.0T tokens, Epoch AI 3.1T.") },
    FamousModel { id: "qwen-72b", name: "Qwen-72B", year: 2023, verified: true,
        params: Params(72.288e9), active_params: Params(72.288e9), tokens: Tokens(3e12), source: OBS_PRODUCTION_EPOCH,
        published: published(1.3e24, "Epoch AI"), note: "" },
    FamousModel { id: "phi-2-2.7b", name: "Phi-2 2.7B", year: 2023, verified: false,
        params: Params(2.7e9), active_params: Params(2.7e9), tokens: Tokens(1.4e12), source: OBS,
        published: None,
        note: in_engine("250B tokens, largely synthetic, seen several times. One source; the date is unconfirmed.") },
    FamousModel { id: "tinyllama-1.1b", name: "TinyLlama 1.1B", year: 2024, verified: false,
        params: Params(1.1e9), active_params: Params(1.1e9), tokens: Tokens(3e12), source: OBS,
        published: None,
        note: in_engine("About 1T unique tokens, seen three times. One source; the date is unconfirmed.") },
    FamousModel { id: "deepseek-llm-67b", name: "DeepSeek LLM 67B", year: 2024, verified: false,
        params: Params(67e9), active_params: Params(67e9), tokens: Tokens(2e12), source: OBS,
        published: None,
        note: in_engine("One source; the date is that of its arXiv number.") },
    FamousModel { id: "olmo-7b", name: "OLMo-7B", year: 2024, verified: false,
        params: Params(7e9), active_params: Params(7e9), tokens: Tokens(2.5e12), source: OBS,
        published: None,
        note: in_engine("One source; the date is unconfirmed.") },
    FamousModel { id: "gemma-7b", name: "Gemma 7B", year: 2024, verified: false,
        params: Params(7e9), active_params: Params(7e9), tokens: Tokens(6e12), source: OBS,
        published: None,
        note: in_engine("8.5B with its 256K entries of vocabulary. One source; the date is unconfirmed.") },
    FamousModel { id: "dbrx", name: "DBRX", year: 2024, verified: true,
        params: Params(132e9), active_params: Params(36e9), tokens: Tokens(12e12), source: EPOCH,
        published: published(2.6e24, "Epoch AI"), note: "" },
    FamousModel { id: "llama-3-8b", name: "Llama 3 8B", year: 2024, verified: true,
        params: Params(8.03e9), active_params: Params(8.03e9), tokens: Tokens(15e12), source: OBS_PRODUCTION,
        published: None,
        note: in_engine("1,868 tokens per parameter.") },
    FamousModel { id: "llama-3-70b", name: "Llama 3 70B", year: 2024, verified: true,
        params: Params(70.554e9), active_params: Params(70.554e9), tokens: Tokens(15e12), source: OBS_PRODUCTION_EPOCH,
        published: published(7.861e24, "Epoch AI, from 6.4M GPU-hours"), note: "" },
    FamousModel { id: "deepseek-v2", name: "DeepSeek-V2", year: 2024, verified: true,
        params: Params(235.741e9), active_params: Params(21e9), tokens: Tokens(8.1e12), source: OBS_PRODUCTION_EPOCH,
        published: published(1.0206e24, "ObsScaling and Epoch AI, as 6·N·D"), note: "" },
    FamousModel { id: "qwen2-72b", name: "Qwen2-72B", year: 2024, verified: true,
        params: Params(72.706e9), active_params: Params(72.706e9), tokens: Tokens(7e12), source: PRODUCTION_EPOCH,
        published: published(3.02e24, "Epoch AI"), note: "" },
    FamousModel { id: "qwen2-0.5b", name: "Qwen2-0.5B", year: 2024, verified: true,
        params: Params(0.494033e9), active_params: Params(0.494033e9), tokens: Tokens(12e12), source: PRODUCTION,
        published: None,
        note: in_engine("24,290 tokens per parameter, the most of all runs here.") },
    FamousModel { id: "nemotron-4-340b", name: "Nemotron-4 340B", year: 2024, verified: true,
        params: Params(340e9), active_params: Params(340e9), tokens: Tokens(9e12), source: EPOCH,
        published: published(1.8e25, "Epoch AI"),
        note: in_engine("Its utilisation was 41 to 42 %.") },
    FamousModel { id: "gemma-2-27b", name: "Gemma 2 27B", year: 2024, verified: false,
        params: Params(27e9), active_params: Params(27e9), tokens: Tokens(13e12), source: OBS,
        published: None,
        note: in_engine("One source; the date is unconfirmed.") },
    FamousModel { id: "smollm-135m", name: "SmolLM-135M", year: 2024, verified: false,
        params: Params(0.135e9), active_params: Params(0.135e9), tokens: Tokens(0.6e12), source: OBS,
        published: None,
        note: in_engine("4,444 tokens per parameter. One source; the date is unconfirmed.") },
    FamousModel { id: "llama-3.1-405b", name: "Llama 3.1 405B", year: 2024, verified: true,
        params: Params(405.853e9), active_params: Params(405.853e9), tokens: Tokens(15.6e12), source: PRODUCTION_EPOCH_META,
        published: published(3.8e25, "Llama 3 paper"), note: "" },
    FamousModel { id: "qwen2.5-72b", name: "Qwen2.5-72B", year: 2024, verified: true,
        params: Params(72.7e9), active_params: Params(72.7e9), tokens: Tokens(18e12), source: EPOCH,
        published: published(7.8e24, "Epoch AI"), note: "" },
    FamousModel { id: "deepseek-v3", name: "DeepSeek-V3", year: 2024, verified: true,
        params: Params(671e9), active_params: Params(37e9), tokens: Tokens(14.8e12), source: EPOCH,
        published: published(3.2856e24, "6·N·D; Epoch AI has 4.56e24, from the hardware at 30 %"), note: "" },
    FamousModel { id: "deepseek-v4-pro", name: "DeepSeek-V4-Pro", year: 2026, verified: false,
        params: Params(1600e9), active_params: Params(49e9), tokens: Tokens(33e12), source: EPOCH_2026,
        published: published(9.702e24, "Epoch AI (2026-04)"),
        note: in_engine("One source.") },
    FamousModel { id: "deepseek-v4-flash", name: "DeepSeek-V4-Flash", year: 2026, verified: false,
        params: Params(284e9), active_params: Params(13e9), tokens: Tokens(32e12), source: EPOCH_2026,
        published: published(2.496e24, "Epoch AI (2026-04)"),
        note: in_engine("One source, whose column of parameters is 1000 times too small; its note has 284B.") },
];
