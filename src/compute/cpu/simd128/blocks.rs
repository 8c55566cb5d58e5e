//! Codes of MX, NVFP4 and bitsandbytes' blocks on lanes, one block after the other as [`super::elements`] has them.

use super::float::FloatLanes;
use super::{from_bytes, load, to_bytes, u32x4_lanes};
use crate::formats::mx::{self, NAN_SCALE, ScaleRule};
use crate::formats::{Block, Cast, Codebook, Kind, bnb, nvfp4};
use crate::quantize::element::{MxElement, NVFP4_CAST, power};
use crate::quantize::{Element, Plan};
use core::arch::wasm32::*;

/// The codes of a slice of whole rows; refuses formats that have no lanes here (false, nothing changed).
pub(super) fn encode(plan: &Plan, values: &[f32], codes: &mut Vec<u8>) -> bool {
    let Kind::Block(Block { size, .. }) = plan.quantizer.format.kind else { return false };
    let blocks = values.chunks(plan.cols).flat_map(|row| row.chunks(size));
    match &plan.element {
        Element::Mx(MxElement { element, cast: Some(cast) }) if FloatLanes::has(cast) => {
            let kernel = FloatLanes::new(*cast);
            blocks.for_each(|block| by_mx(*element, cast, kernel, plan.quantizer.scale_rule, block, codes));
        }
        Element::Nvfp4(tensor_scale) => {
            let kernel = FloatLanes::new(NVFP4_CAST);
            blocks.for_each(|block| {
                let scale = nvfp4::block_scale(amax(block), *tensor_scale);
                let scale = f32::from_bits(nvfp4::SCALE_CAST.decode(scale.into()));
                by_cast(&NVFP4_CAST, kernel, (1.0 / tensor_scale) / scale, block, codes);
            });
        }
        Element::Bnb(codebook, _) if codebook.ascending.len() == 16 => {
            let list = List::new(codebook);
            blocks.for_each(|block| list.encode(1.0 / amax(block).max(bnb::LEAST_AMAX), block, codes));
        }
        _ => return false,
    }
    true
}

/// As [`mx::amax`].
#[inline(always)]
fn amax(values: &[f32]) -> f32 {
    let (quads, rest) = values.as_chunks::<4>();
    let most = quads.iter().fold(u32x4_splat(0), |most, quad| u32x4_max(most, f32x4_abs(load(quad))));
    let most = u32x4_lanes(most).into_iter().fold(mx::amax(rest).to_bits(), u32::max);
    f32::from_bits(most)
}

fn by_mx(element: mx::Element, cast: &Cast, kernel: FloatLanes, rule: ScaleRule, block: &[f32], codes: &mut Vec<u8>) {
    match element.scale(amax(block), rule) {
        NAN_SCALE => codes.resize(codes.len() + block.len(), 0),
        scale => by_cast(cast, kernel, power(254 - scale), block, codes),
    }
}

/// Values times a factor, as codes of a byte.
#[inline(always)]
fn by_cast(cast: &Cast, kernel: FloatLanes, factor: f32, block: &[f32], codes: &mut Vec<u8>) {
    let by = f32x4_splat(factor);
    let (whole, rest) = block.as_chunks::<16>();
    for values in whole {
        let quads = values.as_chunks::<4>().0;
        let y = |i: usize| f32x4_mul(load(&quads[i]), by);
        let byte = |codes: v128| v128_and(codes, u16x8_splat(0xff));
        let (low, high) = (kernel.encode(y(0), y(1)), kernel.encode(y(2), y(3)));
        codes.extend_from_slice(&to_bytes(u8x16_narrow_i16x8(byte(low), byte(high))));
    }
    codes.extend(rest.iter().map(|&x| cast.encode((x * factor).to_bits()) as u8));
}

/// A list of sixteen values.
struct List {
    codebook: &'static Codebook,
    borders: [v128; 15],
    ascending: v128,
}

impl List {
    fn new(codebook: &'static Codebook) -> Self {
        let mut ascending = [0; 16];
        ascending.copy_from_slice(codebook.ascending);
        let borders = std::array::from_fn(|i| f32x4_splat(codebook.border(i)));
        Self { codebook, borders, ascending: from_bytes(&ascending) }
    }

    #[inline(always)]
    fn encode(&self, inverse: f32, block: &[f32], codes: &mut Vec<u8>) {
        let (by, one) = (f32x4_splat(inverse), f32x4_splat(1.0));
        let (whole, rest) = block.as_chunks::<16>();
        for values in whole {
            let quads = values.as_chunks::<4>().0;
            // As many borders lie below a number as values do; of NaN none. A mask is −1.
            let below = |i: usize| {
                let y = f32x4_mul(load(&quads[i]), by);
                let y = f32x4_pmax(f32x4_pmin(y, one), f32x4_neg(one));
                self.borders.iter().fold(u32x4_splat(0), |count, &border| i32x4_sub(count, f32x4_gt(y, border)))
            };
            let halves = |i: usize| i16x8_narrow_i32x4(below(i), below(i + 1));
            let places = u8x16_narrow_i16x8(halves(0), halves(2));
            codes.extend_from_slice(&to_bytes(u8x16_swizzle(self.ascending, places)));
        }
        codes.extend(rest.iter().map(|&x| self.codebook.encode((x * inverse).clamp(-1.0, 1.0)) as u8));
    }
}
