//! What a lab shows, as text and pictures: pure functions from its inputs.
//!
//! The engine makes it and the page shows it, so a lab can grow without the page's first load growing with it, and a test
//! can read what a reader will see. Controls stay with the page.

pub mod figure;
pub mod formats;
pub mod html;

pub use figure::{FigureData, Table};
pub use html::Html;
