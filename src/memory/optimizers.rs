//! What an optimizer remembers between steps, for every parameter.
//!
//! The state is counted in FP32, which is how the frameworks keep it whatever the weights are. The FP32 master copy of
//! mixed precision is not state: it belongs to the [recipe](super::training::Recipe), and a report adds both into its
//! optimizer part, as the ZeRO paper's K does.

use crate::source::Source;

/// An optimizer; see [`OPTIMIZERS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimizer {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Bytes of FP32 state per parameter, without a master copy of the weights.
    pub state_bytes_per_param: f64,
    /// Where the figure stands.
    pub source: Source,
}

/// The row with this id.
#[must_use]
pub fn optimizer(id: &str) -> Option<&'static Optimizer> {
    OPTIMIZERS.iter().find(|row| row.id == id)
}

/// Adam and AdamW: two moments, 4 bytes each.
pub(super) static ADAM: Optimizer = Optimizer {
    id: "adam",
    name: "Adam / AdamW",
    state_bytes_per_param: 8.0,
    source: Source {
        title: "Rajbhandari et al. 2020, ZeRO, §3.1: momentum and variance in FP32",
        url: "https://arxiv.org/abs/1910.02054",
        as_of: "2026-11",
    },
};

/// Every optimizer on offer.
///
/// Adding one: a whole row, its state measured after two steps on a matrix of FP32 parameters.
///
/// ```text
/// Optimizer {
///     id: "lion",                     // kebab-case, permanent
///     name: "Lion",
///     state_bytes_per_param: 4.0,     // one FP32 moment
///     source: Source { title: "lion-pytorch: state after two steps", url: "https://…", as_of: "2026-11" },
/// },
/// ```
pub static OPTIMIZERS: &[Optimizer] = &[ADAM];
