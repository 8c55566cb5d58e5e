//! The only room that names web-sys, js-sys or wasm-bindgen (Leptos, which the `ui` stands on, apart).
//!
//! Each module hides one part of the browser behind plain Rust types.

#[cfg(feature = "page")]
pub mod canvas;
pub mod clock;
#[cfg(feature = "page")]
pub mod controls;
pub mod decimal;
pub mod files;
pub mod host;
pub mod page;
pub mod task;
pub mod webgpu;
pub mod workers;
