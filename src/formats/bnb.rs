//! bitsandbytes: codebook codes of numbers divided by the largest magnitude of their block, and that magnitude in f32.
//!
//! code = nearest(clamp(x · (1 / max(amax, 10⁻³⁸)), −1, 1)), value = codebook\[code\] · amax. Two codes share a byte, the
//! even element in the *high* nibble. Double quantization stores the magnitudes themselves in 8 bits: minus their mean,
//! in blocks of 256, by the dynamic map.
//!
//! Source: bitsandbytes `backends/default/ops.py`, `functional.py`; Dettmers et al. 2023, *QLoRA*.

use super::codebook::{Codebook, DYNAMIC8};
use super::mx::amax;

/// Magnitudes of a block of double quantization.
pub const NESTED_BLOCK_SIZE: usize = 256;

/// What a block is divided by at least.
pub const LEAST_AMAX: f32 = 1e-38;

/// The codes of a block, one a byte, and its largest magnitude.
pub fn encode_block(codebook: &Codebook, values: &[f32], codes: &mut [u8]) -> f32 {
    let amax = amax(values);
    let inverse = 1.0 / amax.max(LEAST_AMAX);
    for (code, x) in codes.iter_mut().zip(values) {
        *code = codebook.encode((x * inverse).clamp(-1.0, 1.0)) as u8;
    }
    amax
}

/// The value of a code in a block with this largest magnitude.
#[must_use]
pub const fn decode(codebook: &Codebook, code: u32, amax: f32) -> f32 {
    codebook.decode(code) * amax
}

/// 4-bit codes two a byte, the even element high.
#[must_use]
pub fn pack_nibbles(codes: &[u8]) -> Vec<u8> {
    codes.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

/// The largest magnitudes of a tensor's blocks, quantized in turn.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedScales {
    /// The codes of (magnitude − `offset`) in [`DYNAMIC8`].
    pub codes: Vec<u8>,
    /// The largest magnitude of each block of [`NESTED_BLOCK_SIZE`] of them.
    pub amaxes: Vec<f32>,
    /// The mean of the magnitudes.
    pub offset: f32,
}

impl NestedScales {
    /// Quantizes the magnitudes of a tensor's blocks.
    #[must_use]
    pub fn new(amaxes: &[f32]) -> Self {
        let offset = torch_sum(amaxes) / amaxes.len().max(1) as f32;
        let mut codes = vec![0; amaxes.len()];
        let blocks = amaxes.chunks(NESTED_BLOCK_SIZE).zip(codes.chunks_mut(NESTED_BLOCK_SIZE));
        let encode = |(amaxes, codes): (&[f32], &mut [u8])| {
            let shifted: Vec<f32> = amaxes.iter().map(|amax| amax - offset).collect();
            encode_block(&DYNAMIC8, &shifted, codes)
        };
        let amaxes = blocks.map(encode).collect();
        Self { codes, amaxes, offset }
    }

    /// The magnitude of block `i` as it is restored.
    #[must_use]
    pub fn amax(&self, i: usize) -> f32 {
        decode(&DYNAMIC8, self.codes[i].into(), self.amaxes[i / NESTED_BLOCK_SIZE]) + self.offset
    }
}

/// The sum as torch makes it on x86-64 with AVX2, on which the last bit of the mean depends: eight lanes, of each four sums
/// that take turns. From 513 numbers on torch adds a level, and the last bit may be another.
fn torch_sum(values: &[f32]) -> f32 {
    const LANES: usize = 8;
    const SUMS: usize = 4;
    let mut sums = [[0f32; LANES]; SUMS];
    let (vectors, rest) = values.as_chunks::<LANES>();
    let whole = vectors.len() / SUMS * SUMS;
    for (i, vector) in vectors.iter().enumerate() {
        // What is left after whole turns goes to the first.
        let sum = if i < whole { i % SUMS } else { 0 };
        for (lane, x) in sums[sum].iter_mut().zip(vector) {
            *lane += x;
        }
    }
    let mut lanes = sums[0];
    for sum in &sums[1..] {
        for (lane, x) in lanes.iter_mut().zip(sum) {
            *lane += x;
        }
    }
    rest.iter().chain(&lanes).fold(0.0, |sum, x| sum + x)
}
