//! Controls and figures that every lab uses.

mod choice;
mod figure;
mod number_field;
mod result;
mod select;

pub use choice::Choice;
pub use figure::{Figure, Table};
pub use number_field::NumberField;
pub use result::{Problem, ReportActions, RoomLink, Sources};
pub use select::{OptionGroup, Select};
