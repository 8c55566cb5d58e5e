//! The GPU path: one WGSL file a kernel, driven by a uniform made from the format's row.
//!
//! [`layout`] is pure and tested on the host; [`device`] exists in the web build only.

#[cfg(target_arch = "wasm32")]
pub mod device;
pub mod layout;
pub mod soft;
