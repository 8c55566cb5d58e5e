//! The rooms.

mod formats;
mod frame;
mod home;
mod learn;
mod memory;
mod quantize;
mod scaling;
mod weights;

pub use formats::FormatsLab;
pub use home::{Home, keep_cards};
pub use learn::Learn;
pub use memory::MemoryLab;
pub use quantize::QuantizeLab;
pub use scaling::ScalingLab;
pub use weights::WeightsLab;
