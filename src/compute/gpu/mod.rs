//! The GPU path: one WGSL file a kernel, driven by a uniform made from the format's row.
//!
//! [`layout`] and [`blocks`] say what kernels are given; [`soft`] is the arithmetic that the shaders do in integers. These are
//! pure and tested on the host; the device itself exists in the web build only.

pub mod blocks;
#[cfg(target_arch = "wasm32")]
pub mod device;
#[cfg(target_arch = "wasm32")]
mod encode;
pub mod layout;
pub mod shaders;
pub mod soft;
