//! The model whose FLOPs are counted: one of the catalogue, or one that is proposed for the size.

use crate::labs::sentence;
use crate::scaling::Report;
use crate::scaling::propose::propose;
use crate::scenario::ScalingScenario;
use crate::scenario::permalink::percent_encode;
use crate::transformer::Architecture;
use crate::units::Params;

/// A model with an architecture.
pub struct Model {
    /// What it is called.
    pub name: String,
    /// What it is made of.
    pub architecture: Architecture,
    /// Where its architecture is from, as a sentence.
    pub stated: String,
    /// The Memory lab with it.
    pub memory_link: String,
}

impl Model {
    /// The model that is chosen, or one of the size of the answer.
    ///
    /// # Errors
    /// A sentence, if none is proposed for that size.
    pub fn of(asked: &ScalingScenario, report: &Report) -> Result<Self, String> {
        if let (Some(model), Some(architecture)) = (asked.model, asked.architecture()) {
            return Ok(Self {
                name: model.name.to_owned(),
                architecture,
                stated: format!("{} as its config.json has it.", model.name),
                memory_link: format!("#/memory?v=1&model={}", model.id),
            });
        }
        let proposal = propose(report.run.params).map_err(|error| sentence(&error.to_string()))?;
        let architecture =
            proposal.architecture().ok_or_else(|| "No architecture of this size is proposed.".to_owned())?;
        let fields: String =
            proposal.fields().iter().map(|(name, value)| format!("&cfg.{name}={}", percent_encode(value))).collect();
        Ok(Self {
            name: format!("A model of {} parameters, proposed", Params(architecture.params() as f64)),
            stated: format!(
                "The law says nothing about shape. Proposed in the manner of {}: {} layers of width {}, {} heads, {} for keys \
                 and values, an MLP of {}, {} entries in the vocabulary.",
                proposal.manner,
                proposal.layers,
                proposal.hidden,
                proposal.heads,
                proposal.kv_heads,
                proposal.mlp,
                proposal.vocab
            ),
            architecture,
            memory_link: format!("#/memory?v=1&model=config{fields}"),
        })
    }
}
