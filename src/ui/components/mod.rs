//! Controls and figures that every lab uses. None has a type parameter: see [`crate::ui::dynamic`].

mod button;
mod csv;
mod embed;
mod figure;
mod paste;
mod progress;
mod result;
mod rows;
mod survey;

pub use button::Button;
pub use csv::{CopyActions, CsvActions, resort};
pub use embed::EmbedBuilder;
pub use figure::{Figure, Grab};
pub use paste::Paste;
pub use progress::Progress;
pub use result::{Problem, ReportActions, RoomLink, Understand};
pub use rows::Rows;
pub use survey::Survey;
