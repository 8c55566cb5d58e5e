//! How each `model_type` is built: a row and a function for each.

mod decoder;
mod encoders;
mod gpt;
mod llama;
mod mixture;
mod parts;

use super::config::shorten;
use super::{Architecture, Config, Error};
use crate::source::Source;

/// Models that are built alike; see [`FAMILIES`] for how to add one.
#[derive(Clone, Copy)]
pub struct Family {
    /// The `model_type` of a `config.json`.
    pub model_type: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// The code that its counts were taken from.
    pub source: Source,
    /// Builds one of them.
    pub build: fn(&'static Family, &Config) -> Result<Architecture, Error>,
}

impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.model_type == other.model_type
    }
}

impl std::fmt::Debug for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.model_type)
    }
}

impl Architecture {
    /// What a config describes, with the class defaults of transformers for what it leaves out.
    ///
    /// # Errors
    /// A sentence that names the field and the reason, when the family is not known, a field holds what it cannot hold, or
    /// fields contradict each other.
    pub fn from_config(config: &Config) -> Result<Self, Error> {
        if config.model_type.is_empty() {
            return Err(Error::NoModelType);
        }
        let Some(family) = family(&config.model_type) else {
            let (model_type, nearest) = (shorten(&config.model_type), nearest(&config.model_type));
            return Err(Error::UnknownModelType { model_type, nearest });
        };
        (family.build)(family, config)
    }
}

/// The row of this `model_type`.
#[must_use]
pub fn family(model_type: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|row| row.model_type == model_type)
}

/// The known `model_type` that it takes the fewest edits to come to.
fn nearest(model_type: &str) -> &'static str {
    // A text that is longer than any name is as far from all of them, and may be a megabyte.
    let beginning: Vec<u8> = model_type.bytes().take(64).collect();
    let distance = |row: &&Family| edit_distance(&beginning, row.model_type.as_bytes());
    FAMILIES.iter().min_by_key(distance).map_or("", |row| row.model_type)
}

/// Levenshtein's distance: the fewest insertions, deletions and replacements that make one text of the other.
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The file of transformers that a family is built by. The addresses only differ in the module's name, which stands twice.
macro_rules! modeling {
    ($module:literal) => {
        Source::in_engine(
            concat!("transformers 4.57.6, modeling_", $module, ".py"),
            concat!(
                "https://github.com/huggingface/transformers/blob/v4.57.6/src/transformers/models/",
                $module,
                "/modeling_",
                $module,
                ".py"
            ),
            "2026-11",
        )
    };
}

/// Every family that can be counted.
///
/// Adding one: read its `configuration_*.py` (the defaults) and `modeling_*.py` (the modules) in transformers; write a
/// function that reads every field it needs through `parts::Reader` and adds every tensor to `parts::Parts`, under the
/// module's name, as those in this folder do; add a row here, and cases of kind `params` to `tests/golden/memory.json`.
///
/// ```text
/// Family { model_type: "llama", name: "Llama", source: modeling!("llama"), build: llama::llama },
/// ```
pub static FAMILIES: &[Family] = &[
    Family { model_type: "llama", name: "Llama", source: modeling!("llama"), build: llama::llama },
    Family { model_type: "mistral", name: "Mistral", source: modeling!("mistral"), build: llama::mistral },
    Family { model_type: "mixtral", name: "Mixtral", source: modeling!("mixtral"), build: mixture::mixtral },
    Family { model_type: "qwen2", name: "Qwen2 and Qwen2.5", source: modeling!("qwen2"), build: llama::qwen2 },
    Family { model_type: "qwen3", name: "Qwen3", source: modeling!("qwen3"), build: llama::qwen3 },
    Family {
        model_type: "qwen3_moe",
        name: "Qwen3, mixtures",
        source: modeling!("qwen3_moe"),
        build: mixture::qwen3_moe,
    },
    Family { model_type: "gemma", name: "Gemma", source: modeling!("gemma"), build: llama::gemma },
    Family { model_type: "gemma2", name: "Gemma 2", source: modeling!("gemma2"), build: llama::gemma2 },
    Family {
        model_type: "gemma3_text",
        name: "Gemma 3 (text)",
        source: modeling!("gemma3"),
        build: llama::gemma3_text,
    },
    Family { model_type: "phi", name: "Phi-1, 1.5 and 2", source: modeling!("phi"), build: gpt::phi },
    Family { model_type: "phi3", name: "Phi-3 and Phi-4", source: modeling!("phi3"), build: llama::phi3 },
    Family { model_type: "olmo2", name: "OLMo 2", source: modeling!("olmo2"), build: llama::olmo2 },
    Family { model_type: "gpt2", name: "GPT-2", source: modeling!("gpt2"), build: gpt::gpt2 },
    Family { model_type: "gptj", name: "GPT-J", source: modeling!("gptj"), build: gpt::gptj },
    Family { model_type: "gpt_neox", name: "GPT-NeoX and Pythia", source: modeling!("gpt_neox"), build: gpt::gpt_neox },
    Family { model_type: "opt", name: "OPT", source: modeling!("opt"), build: gpt::opt },
    Family { model_type: "bloom", name: "BLOOM", source: modeling!("bloom"), build: gpt::bloom },
    Family { model_type: "falcon", name: "Falcon", source: modeling!("falcon"), build: gpt::falcon },
    Family {
        model_type: "deepseek_v2",
        name: "DeepSeek-V2",
        source: modeling!("deepseek_v2"),
        build: mixture::deepseek_v2,
    },
    Family {
        model_type: "deepseek_v3",
        name: "DeepSeek-V3",
        source: modeling!("deepseek_v3"),
        build: mixture::deepseek_v3,
    },
    Family { model_type: "gpt_oss", name: "gpt-oss", source: modeling!("gpt_oss"), build: mixture::gpt_oss },
    Family { model_type: "t5", name: "T5 and FLAN-T5", source: modeling!("t5"), build: encoders::t5 },
    Family { model_type: "bert", name: "BERT", source: modeling!("bert"), build: encoders::bert },
];
