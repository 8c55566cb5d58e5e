//! The inputs of each lab as one plain struct, and their links.
//!
//! A link is `?` for how the page looks ([`View`]: the teacher's choice) and `#` for what is computed (a [`Route`]). Both
//! are made and read by tables of [`Key`]s: adding an input is adding a field and a row. `docs/links.md` is generated
//! from the same tables.

pub mod formats;
mod key;
pub mod learn;
pub mod memory;
pub mod number;
pub mod permalink;
pub mod quantize;
pub mod scaling;
mod upgrade;
pub mod view;
pub mod weights;

pub use formats::FormatsScenario;
pub use key::{Doc, Key, Notice, Rejection};
pub use learn::LearnScenario;
pub use memory::MemoryScenario;
pub use permalink::{Room, Route};
pub use quantize::QuantizeScenario;
pub use scaling::ScalingScenario;
pub use view::View;
pub use weights::WeightsScenario;
