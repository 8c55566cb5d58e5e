//! What an optimizer remembers between steps.
//!
//! The state is counted in the elements that the optimizer keeps; an element has 4 bytes, because frameworks keep FP32 states
//! unless the weights themselves are 16-bit and have no master copy (see [`Recipe::state_bytes`]). The FP32 master copy of
//! mixed precision is not state: it belongs to the [recipe](super::training::Recipe), and a report adds both into its optimizer part, as the
//! ZeRO paper's K does.
//!
//! Most states have one figure per parameter. Adafactor, Shampoo and SOAP depend on each matrix's shape, and Muon on what the
//! matrix is for, so [`Optimizer::state_bytes`] takes the tensors of an architecture.
//!
//! Not for: temporaries of a step, which are a part of the [step's phase](super::phases).
//!
//! [`Recipe`]: super::training::Recipe
//! [`Recipe::state_bytes`]: super::training::Recipe::state_bytes

use crate::source::{Source, in_engine};
use crate::transformer::{Component, Tensors};
use crate::units::Bytes;

/// An optimizer; see [`OPTIMIZERS`] for how to add one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimizer {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// Other names that libraries have for it.
    pub aliases: &'static [&'static str],
    /// What it keeps.
    pub states: States,
    /// The formula, for a matrix of r × c.
    pub formula: &'static str,
    /// Where the figure stands.
    pub source: Source,
}

/// What an optimizer keeps for a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum States {
    /// So many elements per parameter.
    Elements(f64),
    /// So many bytes per parameter, whatever the weights are kept in.
    Fixed(f64),
    /// 8-bit codes with an FP32 scale for each block; small tensors keep FP32.
    Blockwise {
        /// Codes per parameter.
        codes: f64,
        /// Codes of a block.
        block: u64,
        /// Tensors with fewer parameters keep FP32.
        min_params: u64,
    },
    /// Elements per parameter of the layers' matrices, and of everything else: embeddings, head, norms and biases.
    HiddenMatrices {
        /// Of the layers' matrices.
        hidden: f64,
        /// Of all other tensors.
        others: f64,
    },
    /// For the second moment of a matrix only its means over rows and columns, r + c elements; a vector keeps all of it.
    Factored {
        /// Elements per parameter besides.
        momentum: f64,
    },
    /// For each side n of a matrix `matrices` matrices of n × n, and elements per parameter besides. A side above `limit` and
    /// a vector have no such matrix.
    Kronecker {
        /// Elements per parameter besides.
        elements: f64,
        /// Matrices of each side.
        matrices: f64,
        /// The longest side that has them.
        limit: u64,
    },
}

/// Bytes of an FP32 state.
pub const FP32_STATE: f64 = 4.0;

/// The matrix that a figure per parameter stands for where it depends on the shape: a common width of a layer.
const NOMINAL: Tensors = Tensors {
    component: Component::Attention,
    name: "q_proj",
    rows: 4096,
    cols: 4096,
    stack: None,
    copies: 1,
    active: 1,
};

impl States {
    /// Bytes for one tensor, with elements of `element_bytes`.
    fn bytes(self, tensors: &Tensors, element_bytes: f64) -> f64 {
        let (rows, cols, params) = (tensors.rows as f64, tensors.cols as f64, tensors.each() as f64);
        let matrix = tensors.cols > 1;
        match self {
            Self::Elements(elements) => elements * element_bytes * params,
            Self::Fixed(bytes) => bytes * params,
            Self::Blockwise { codes, min_params, .. } if tensors.each() < u128::from(min_params) => {
                codes * FP32_STATE * params
            }
            Self::Blockwise { codes, block, .. } => codes * blockwise_bytes(block) * params,
            Self::HiddenMatrices { hidden, others } => {
                let elements = if matrix && is_hidden(tensors.component) { hidden } else { others };
                elements * element_bytes * params
            }
            Self::Factored { momentum } => {
                let second = if matrix { rows + cols } else { params };
                element_bytes * (momentum * params + second)
            }
            Self::Kronecker { elements, matrices, limit } => {
                let side = |side: u64| if matrix && side <= limit { side as f64 * side as f64 } else { 0.0 };
                element_bytes * (elements * params + matrices * (side(tensors.rows) + side(tensors.cols)))
            }
        }
    }
}

/// Bytes of an 8-bit code with its share of an FP32 scale for `block` of them: `1 + 4/block`.
#[must_use]
pub fn blockwise_bytes(block: u64) -> f64 {
    1.0 + 4.0 / block.max(1) as f64
}

/// Whether a component's matrices are hidden ones, as Muon has it: between the embedding and the head.
const fn is_hidden(component: Component) -> bool {
    !component.is_embedding() && !matches!(component, Component::Head)
}

impl Optimizer {
    /// Bytes of state for all of these tensors, with elements of `element_bytes` (4 for FP32).
    ///
    /// A count of parameters is at most 10⁹ × 10⁹ × copies, so the products stay far below what f64 holds, and they are exact
    /// below 2⁵³.
    #[must_use]
    pub fn state_bytes(&self, tensors: &Tensors, element_bytes: f64) -> Bytes {
        Bytes(self.states.bytes(tensors, element_bytes) * tensors.copies as f64)
    }

    /// Bytes of FP32 state per parameter. Where that [depends on the shape](Self::depends_on_shape), of a 4096 × 4096 matrix
    /// of a layer.
    #[must_use]
    pub fn state_bytes_per_param(&self) -> f64 {
        self.states.bytes(&NOMINAL, FP32_STATE) / NOMINAL.each() as f64
    }

    /// Whether there is no one figure per parameter.
    #[must_use]
    pub const fn depends_on_shape(&self) -> bool {
        !matches!(self.states, States::Elements(_) | States::Fixed(_) | States::Blockwise { .. })
    }
}

/// The row with this id.
#[must_use]
pub fn optimizer(id: &str) -> Option<&'static Optimizer> {
    OPTIMIZERS.iter().find(|row| row.id == id)
}

/// The row with this id or name of a library.
#[must_use]
pub fn optimizer_named(name: &str) -> Option<&'static Optimizer> {
    OPTIMIZERS.iter().find(|row| row.id == name || row.aliases.contains(&name))
}

const fn torch(title: &'static str) -> Source {
    Source { title, url: "https://docs.pytorch.org/docs/stable/optim.html", as_of: "2026-11" }
}

/// Adam and AdamW: two moments, 4 bytes each.
pub(super) static ADAM: Optimizer = Optimizer {
    id: "adam",
    name: "Adam / AdamW",
    aliases: &["adamw", "adam-fp32", "adamw-fp32", "adamw_torch", "adamw_torch_fused"],
    states: States::Elements(2.0),
    formula: in_engine("2 moments × 4 B"),
    source: Source::in_engine(
        "Rajbhandari et al. 2020, ZeRO, §3.1: momentum and variance in FP32",
        "https://arxiv.org/abs/1910.02054",
        "2026-11",
    ),
};

/// Every optimizer on offer.
///
/// Adding one: a whole row, its state measured after two steps on a matrix of FP32 parameters.
///
/// ```text
/// Optimizer {
///     id: "lion",                        // kebab-case, permanent
///     name: "Lion",
///     aliases: &["lion-pytorch"],        // what libraries call it
///     states: States::Elements(1.0),     // one moment
///     formula: "1 moment × 4 B",
///     source: Source::in_engine("lion-pytorch: state after two steps", "https://…", "2026-11"),
/// },
/// ```
pub static OPTIMIZERS: &[Optimizer] = &[
    ADAM,
    Optimizer {
        id: "sgd",
        name: "SGD",
        aliases: &[],
        states: States::Elements(0.0),
        formula: in_engine("0"),
        source: torch("PyTorch 2.6, torch.optim.SGD: no state after two steps"),
    },
    Optimizer {
        id: "sgd-momentum",
        name: "SGD with momentum",
        aliases: &["momentum", "sgdm"],
        states: States::Elements(1.0),
        formula: in_engine("1 moment × 4 B"),
        source: torch("PyTorch 2.6, torch.optim.SGD with momentum: state after two steps"),
    },
    Optimizer {
        id: "adagrad",
        name: "Adagrad",
        aliases: &[],
        states: States::Elements(1.0),
        formula: in_engine("1 sum of squares × 4 B"),
        source: torch("PyTorch 2.6, torch.optim.Adagrad: state after two steps"),
    },
    Optimizer {
        id: "rmsprop",
        name: "RMSprop",
        aliases: &[],
        states: States::Elements(1.0),
        formula: in_engine("1 mean of squares × 4 B"),
        source: torch("PyTorch 2.6, torch.optim.RMSprop: state after two steps"),
    },
    Optimizer {
        id: "adadelta",
        name: "Adadelta",
        aliases: &[],
        states: States::Elements(2.0),
        formula: in_engine("2 means of squares × 4 B"),
        source: torch("PyTorch 2.6, torch.optim.Adadelta: state after two steps"),
    },
    Optimizer {
        id: "nadam",
        name: "NAdam / Adamax",
        aliases: &["adamax"],
        states: States::Elements(2.0),
        formula: in_engine("2 moments × 4 B"),
        source: torch("PyTorch 2.6, torch.optim.NAdam and Adamax: state after two steps"),
    },
    Optimizer {
        id: "amsgrad",
        name: "AMSGrad",
        aliases: &["adam-amsgrad", "adamw-amsgrad"],
        states: States::Elements(3.0),
        formula: in_engine("(2 moments + the largest second moment) × 4 B"),
        source: torch("PyTorch 2.6, torch.optim.AdamW with amsgrad: state after two steps"),
    },
    Optimizer {
        id: "adam-bf16",
        name: "Adam, BF16 states",
        aliases: &["adamw-bf16", "adamw-on-bf16-params", "adam-on-bf16-params"],
        states: States::Fixed(4.0),
        formula: in_engine("2 moments × 2 B"),
        source: torch("PyTorch 2.6, torch.optim.AdamW on BF16 parameters: states have the parameters' format"),
    },
    Optimizer {
        id: "adam-8bit",
        name: "8-bit Adam",
        aliases: &["adamw8bit", "adam8bit", "adamw-8bit", "adamw_bnb_8bit", "paged_adamw_8bit"],
        // Tensors of fewer than 4096 values keep FP32 states: bitsandbytes' min_8bit_size.
        states: States::Blockwise { codes: 2.0, block: 256, min_params: 4096 },
        formula: in_engine("2 moments × (1 B + 4 B of scale ÷ 256)"),
        source: Source::in_engine(
            "bitsandbytes, 8-bit optimizers: blockwise states with an FP32 absmax",
            "https://huggingface.co/docs/bitsandbytes/main/en/optimizers",
            "2026-11",
        ),
    },
    Optimizer {
        id: "adafactor",
        name: "Adafactor",
        aliases: &["adafactor-no-momentum"],
        states: States::Factored { momentum: 0.0 },
        formula: in_engine("4 B × (r + c) ÷ (r · c)"),
        source: ADAFACTOR,
    },
    Optimizer {
        id: "adafactor-momentum",
        name: "Adafactor with momentum",
        aliases: &["adafactor-beta1"],
        states: States::Factored { momentum: 1.0 },
        formula: in_engine("4 B + 4 B × (r + c) ÷ (r · c)"),
        source: ADAFACTOR,
    },
    Optimizer {
        id: "schedule-free-adamw",
        name: "Schedule-Free AdamW",
        aliases: &["schedulefree-adamw", "adamw-schedule-free", "schedulefree"],
        states: States::Elements(2.0),
        formula: in_engine("(second moment + the averaged point) × 4 B"),
        source: Source::in_engine(
            "Defazio et al. 2024, The Road Less Scheduled",
            "https://arxiv.org/abs/2405.15682",
            "2026-11",
        ),
    },
    Optimizer {
        id: "lion",
        name: "Lion",
        aliases: &["lion-pytorch"],
        states: States::Elements(1.0),
        formula: in_engine("1 moment × 4 B"),
        source: Source::in_engine(
            "lion-pytorch: state after two steps",
            "https://github.com/lucidrains/lion-pytorch",
            "2026-11",
        ),
    },
    Optimizer {
        id: "muon",
        name: "Muon",
        aliases: &["muon-2d"],
        states: States::HiddenMatrices { hidden: 1.0, others: 2.0 },
        formula: in_engine(
            "1 moment × 4 B for the layers' matrices, AdamW's 8 B for embeddings, head, norms and biases",
        ),
        source: Source::in_engine(
            "Jordan et al. 2024, Muon: an optimizer for hidden layers; embeddings, head and vectors stay with AdamW",
            "https://kellerjordan.github.io/posts/muon/",
            "2026-11",
        ),
    },
    Optimizer {
        id: "shampoo",
        name: "Shampoo",
        aliases: &[],
        // The library has no limit. One is taken, SOAP's, because the square of a vocabulary of 128k is 66 GB.
        states: States::Kronecker { elements: 1.0, matrices: 2.0, limit: 10_000 },
        formula: in_engine("4 B + 2 · 4 B × (r² + c²) ÷ (r · c), without the square of a side above 10 000"),
        source: Source::in_engine(
            "pytorch-optimizer, Shampoo: momentum, and statistics and their root for each side",
            "https://github.com/kozistr/pytorch_optimizer",
            "2026-11",
        ),
    },
    Optimizer {
        id: "soap",
        name: "SOAP",
        aliases: &[],
        states: States::Kronecker { elements: 2.0, matrices: 2.0, limit: 10_000 },
        formula: in_engine(
            "8 B + 2 · 4 B × (r² + c²) ÷ (r · c), without the square of a side above 10 000 (max_precond_dim)",
        ),
        source: Source::in_engine(
            "Vyas et al. 2024, SOAP: Adam's moments, and for each side a statistic and its eigenvectors",
            "https://arxiv.org/abs/2409.11321",
            "2026-11",
        ),
    },
    Optimizer {
        id: "prodigy",
        name: "Prodigy",
        aliases: &[],
        states: States::Elements(4.0),
        formula: in_engine("(2 moments + the first weights + the sum for the step size) × 4 B"),
        source: Source::in_engine(
            "Mishchenko and Defazio 2023, Prodigy",
            "https://arxiv.org/abs/2306.06101",
            "2026-11",
        ),
    },
];

const ADAFACTOR: Source = Source::in_engine(
    "Shazeer and Stern 2018, Adafactor, §3; transformers 4.57: state after two steps",
    "https://arxiv.org/abs/1804.04235",
    "2026-11",
);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn tensors(component: Component, rows: u64, cols: u64) -> Tensors {
        Tensors { component, rows, cols, copies: 3, ..NOMINAL }
    }

    fn per_param(id: &str, tensors: &Tensors) -> f64 {
        optimizer(id).unwrap().state_bytes(tensors, FP32_STATE).get() / tensors.params() as f64
    }

    #[test]
    fn soap_and_shampoo_keep_what_was_measured_on_512_by_768() {
        let matrix = tensors(Component::Mlp, 512, 768);
        assert!((per_param("soap", &matrix) - 25.333_333).abs() < 1e-5);
        assert!((per_param("shampoo", &matrix) - 21.333_333).abs() < 1e-5);
    }

    #[test]
    fn a_side_above_the_limit_has_no_preconditioner_and_a_vector_none_at_all() {
        let embedding = tensors(Component::TokenEmbedding, 128_256, 4096);
        let expected = 8.0 + 2.0 * 4.0 * 4096.0 / 128_256.0;
        assert!((per_param("soap", &embedding) - expected).abs() < 1e-9);
        assert_eq!(per_param("soap", &tensors(Component::Norm, 4096, 1)), 8.0);
        assert_eq!(per_param("shampoo", &tensors(Component::Norm, 4096, 1)), 4.0);
    }

    #[test]
    fn muon_leaves_embeddings_head_and_norms_to_adamw() {
        assert_eq!(per_param("muon", &tensors(Component::Attention, 64, 32)), 4.0);
        assert_eq!(per_param("muon", &tensors(Component::Experts, 64, 32)), 4.0);
        for (component, cols) in
            [(Component::TokenEmbedding, 32), (Component::Head, 32), (Component::Norm, 1), (Component::Attention, 1)]
        {
            assert_eq!(per_param("muon", &tensors(component, 64, cols)), 8.0, "{component:?}");
        }
    }

    #[test]
    fn adafactor_keeps_sums_of_matrices_and_all_of_vectors() {
        assert_eq!(per_param("adafactor", &tensors(Component::Mlp, 512, 768)), 4.0 * 1280.0 / (512.0 * 768.0));
        assert_eq!(per_param("adafactor", &tensors(Component::Norm, 512, 1)), 4.0);
        assert_eq!(per_param("adafactor-momentum", &tensors(Component::Norm, 512, 1)), 8.0);
    }

    #[test]
    fn small_tensors_keep_fp32_states_in_8_bit_adam() {
        assert_eq!(per_param("adam-8bit", &tensors(Component::Norm, 4095, 1)), 8.0);
        assert_eq!(per_param("adam-8bit", &tensors(Component::Norm, 4096, 1)), 2.031_25);
    }

    #[test]
    fn states_of_16_bit_weights_are_half_as_large_unless_their_width_is_their_own() {
        let matrix = tensors(Component::Mlp, 512, 768);
        let at_2 = |id| optimizer(id).unwrap().state_bytes(&matrix, 2.0).get() / matrix.params() as f64;
        assert_eq!((at_2("adam"), at_2("adam-bf16"), at_2("adam-8bit")), (4.0, 4.0, 2.031_25));
    }

    #[test]
    fn a_figure_per_param_holds_for_every_shape_where_it_does_not_depend_on_it() {
        for row in OPTIMIZERS.iter().filter(|row| !row.depends_on_shape()) {
            for matrix in [tensors(Component::Head, 128_256, 4096), tensors(Component::Norm, 8192, 1)] {
                assert_eq!(per_param(row.id, &matrix), row.state_bytes_per_param(), "{}", row.id);
            }
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let names: Vec<_> = OPTIMIZERS.iter().flat_map(|row| row.aliases.iter().chain([&row.id])).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
