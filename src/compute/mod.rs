//! Where work is done: questions in, views out, on the CPU or the GPU.
//!
//! Codes, histogram counts and the largest error are identical on every backend; sums agree as [`crate::quantize::Tally`]
//! says.

pub mod backend;
pub mod convert;
pub mod cpu;
pub mod gpu;
pub mod protocol;
pub mod study;
pub mod survey;
#[cfg(target_arch = "wasm32")]
pub mod worker;
