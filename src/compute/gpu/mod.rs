//! The GPU path: one WGSL file a kind of format, driven by a uniform made from the plan.
//!
//! [`work`] says which settings there are kernels for and what these are told of a format, [`layout`] what they are given and
//! what is read back; [`traffic`] counts what that moves; [`soft`] is the arithmetic that the shaders do in integers, and [`traps`] are what a device is checked
//! with. These are pure and tested on the host; the device itself exists in the web build only.

#[cfg(target_arch = "wasm32")]
pub mod device;
pub mod layout;
pub mod shaders;
pub mod soft;
pub mod traffic;
pub mod traps;
pub mod work;
