//! Where tensors come from. Today: samples drawn from a seed ([`samples`]).

pub mod samples;

pub use samples::{Distribution, Sample};
