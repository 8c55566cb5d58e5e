//! Controls and figures that every lab uses. None has a type parameter: see [`crate::ui::dynamic`].

mod button;
mod choice;
mod figure;
mod number_field;
mod result;
mod select;
mod text_field;

pub use button::Button;
pub use choice::Choice;
pub use figure::{Figure, Grab, figure_data};
pub use number_field::NumberField;
pub use result::{Problem, ReportActions, RoomLink, Sources, source_list};
pub use select::{OptionGroup, Select};
pub use text_field::TextField;
