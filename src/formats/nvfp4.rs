//! NVFP4: blocks of 16 E2M1 elements that share an E4M3 scale, with one f32 scale for the tensor.
//!
//! value = element · E4M3(s) · tensor scale. With two levels the tensor scale brings the largest block scale to E4M3's
//! largest, 448; with one level it is 1, and tensors of small numbers get block scales below what is used of E4M3.
//!
//! As torchao computes it, each step rounded to f32:
//!
//! - tensor scale t = amax(tensor) / (448 · 6), or 1;
//! - s = E4M3(clamp(amax(block) / 6 / t, 2⁻⁶, 448)): scales below the smallest *normal* are not used;
//! - code = E2M1(clamp(x · ((1 / t) / s), −6, 6)), to nearest even.
//!
//! Source: torchao `nvfp4_tensor.py`; NVIDIA, *Introducing NVFP4*, 2025.

use super::cast::Cast;
use super::mx::{E2M1, E4M3FN};
use super::rounding::{Conversion, NanRule, Overflow, Rounding};

/// Elements of a block.
pub const BLOCK_SIZE: usize = 16;

const SATURATE: Conversion =
    Conversion { rounding: Rounding::NearestEven, overflow: Overflow::Saturate, nan: NanRule::Quiet };

/// E4M3 of a block's scale, from and to the bits of an f32.
pub const SCALE_CAST: Cast = Cast::new(E4M3FN, Overflow::Saturate, NanRule::Quiet);

/// The largest E2M1.
pub(crate) const ELEMENT_MAX: f32 = 6.0;
/// The largest E4M3.
pub(crate) const SCALE_MAX: f32 = 448.0;
/// The smallest normal E4M3: smaller scales are raised to it.
pub(crate) const SCALE_MIN: f32 = 1.0 / 64.0;

/// The tensor's scale from its largest magnitude, for two levels.
#[must_use]
pub fn tensor_scale(amax: f32) -> f32 {
    amax / (SCALE_MAX * ELEMENT_MAX)
}

/// The scale code of a block with this largest magnitude. A tensor scale of zero (a tensor of zeros) and magnitudes that
/// are not finite give the largest.
#[must_use]
pub fn block_scale(amax: f32, tensor_scale: f32) -> u8 {
    let wanted = amax / ELEMENT_MAX / tensor_scale;
    let scale = if wanted.is_nan() { SCALE_MAX } else { wanted.clamp(SCALE_MIN, SCALE_MAX) };
    SCALE_CAST.encode(scale.to_bits()) as u8
}

/// The code of `x` in a block with this scale code.
#[must_use]
pub fn encode(x: f32, scale: u8, tensor_scale: f32) -> u32 {
    let inverse = (1.0 / tensor_scale) / E4M3FN.decode(scale.into()) as f32;
    let scaled = (x * inverse).clamp(-ELEMENT_MAX, ELEMENT_MAX);
    E2M1.encode(scaled.into(), SATURATE).unwrap_or(0)
}

/// The value of a code in a block with this scale code.
#[must_use]
pub fn decode(code: u32, scale: u8, tensor_scale: f32) -> f32 {
    E2M1.decode(code) as f32 * (E4M3FN.decode(scale.into()) as f32 * tensor_scale)
}
