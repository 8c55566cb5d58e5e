//! How large a model should be, and on how much text to train it, for a given compute.
//!
//! Two relations carry this module. Training takes about C = 6·N·D floating-point operations (N parameters, D tokens; 2
//! forward and 4 backward for each parameter and token). And the loss falls with both, as
//!
//! ```text
//! L(N, D) = E + A / N^α + B / D^β        nats per token
//! ```
//!
//! so that every C has a best way to be split. [`laws`] holds the published fits, of this form and of others;
//! [`optimum`] the closed forms that follow, [`kaplan`] and [`deepseek`] what else those two papers fitted; [`budget`]
//! turns GPUs and days into C, [`emissions`] into money and carbon; [`solve()`] takes whichever quantities are known and
//! gives the others; [`bands`] says how sure that is, [`report`] puts it together, [`curves`] samples the pictures.
//!
//! What the closed forms leave out has a module of its own: [`beyond`] serving, small models, text that is read again and
//! precision; [`flops`] what a token takes beside the 6·N, of an architecture or of one that [`propose`] makes up;
//! [`Standing`] what famous runs spent. [`fit`] makes a law of one's own runs.
//!
//! Don't use it to predict a loss: E, A and B belong to one tokenizer and one data set, so losses of two laws are not
//! comparable, and all laws are fitted far below the largest runs of today ([`Solution::in_range`] says when). For a
//! mixture of experts, N is the active parameters.

pub mod bands;
pub mod beyond;
mod bisect;
pub mod budget;
pub mod curves;
pub mod deepseek;
pub mod emissions;
mod error;
pub mod fit;
pub mod flops;
pub mod kaplan;
pub mod laws;
pub mod optimum;
pub mod propose;
pub mod report;
mod solve;
mod standing;

pub use budget::Machine;
pub use error::{Error, Missing, Obstacle, Quantity};
pub use laws::{
    Counts, DEFAULT_LAW, Fitted, LAWS, LESSON_LAW, Law, LawKind, PowerLaw, ROUNDING_TRAP, fitted_law, law,
    rounding_trap,
};
pub use optimum::{Allocation, Parametric, flop_of};
pub use report::{Question, Report};
pub use solve::{Locks, MAX_FLOP, MAX_OTHER, MAX_PARAMS, MAX_TOKENS, Solution, all_laws, solve};
pub use standing::Standing;
