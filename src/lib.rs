//! What a large language model costs in memory, compute and precision.
//!
//! Bitbudget answers three questions on the reader's own computer: does this model fit in memory ([`memory`]), how
//! large should it be for this compute ([`scaling`]), and what does lower precision do to its weights ([`quantize`]).
//! This library is all of it but the page: pure functions from plain inputs to plain reports, the same on the host
//! and in the browser, with no clock, no global state and no randomness but from a passed-in seed.
//!
//! It does not run models, predict their quality on a task, or fetch anything.
//!
//! # The map
//!
//! The subject: [`units`], [`source`], [`formats`] → [`quantize`] ← [`weights`], [`transformer`] → [`catalog`] → [`memory`], [`scaling`].
//! The edges: [`compute`] (jobs and backends), [`charts`] (pictures on any plotters backend), [`scenario`] (the inputs
//! of each lab and their links), [`labs`] (what a lab shows, as text and pictures), and in the web build only `platform` (the one place that names web crates) and `ui`.
//!
//! # The layer rule
//!
//! The subject never uses an edge or a web crate; `charts` and `scenario` use the subject; `compute` uses the subject;
//! `platform` uses web crates and `units`; `ui` uses everything. The web crates are dependencies of the wasm32 target
//! alone, so the compiler checks half of the rule, and `tests/architecture.rs` the rest.

pub mod answers;
pub mod catalog;
pub mod charts;
pub mod compute;
pub mod formats;
pub mod json;
pub mod labs;
pub mod learn;
pub mod memory;
mod order;
pub mod quantize;
pub mod scaling;
pub mod scenario;
pub mod source;
pub mod survey;
pub mod transformer;
pub mod units;
pub mod weights;

#[cfg(target_arch = "wasm32")]
pub mod platform;
#[cfg(all(target_arch = "wasm32", feature = "page"))]
pub mod ui;
