//! The page, in Leptos. Logic lives outside: components read scenarios and show reports.

mod app;
mod bridge;
mod busy;
mod client;
mod components;
mod crew;
mod dynamic;
mod form;
mod labs;
mod markup;
mod state;

pub use app::{crashed, start};
