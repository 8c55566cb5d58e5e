//! End-to-end tests of the built page. The crate `e2e` says how they work; a module is a subject.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing has failed")]

mod accessibility;
mod comparing;
mod cost;
mod embedding;
mod expected;
mod exports;
mod first_paint;
mod formats;
mod keyboard;
mod learn;
mod links;
mod losses;
mod memory;
mod mistakes;
mod privacy;
mod quantize;
mod saving;
mod scaling;
mod survey;
mod teaching;
mod themes;
mod weights;
