//! Codes of MX, NVFP4 and bitsandbytes' blocks on lanes, one block after the other as [`super::elements`] has them.

use super::errors::Fixed;
use super::float::{E4M3FN, FloatLanes};
use super::rounded::Rounded;
use super::{from_bytes, lanes, load, to_bytes, u32x4_lanes};
use crate::formats::mx::{self, NAN_SCALE, ScaleRule};
use crate::formats::{Block, Codebook, Kind, bnb, nvfp4};
use crate::quantize::element::{MxElement, NVFP4_CAST, Scale, power};
use crate::quantize::{Element, Plan};
use core::arch::wasm32::*;

/// The codes of a slice of whole rows; refuses formats that have no lanes here (false, nothing changed).
pub(super) fn encode(plan: &Plan, values: &[f32], codes: &mut Vec<u8>) -> bool {
    let Kind::Block(Block { size, .. }) = plan.quantizer.format.kind else { return false };
    let rows = values.chunks(plan.cols);
    let blocks = rows.clone().flat_map(|row| row.chunks(size));
    match &plan.element {
        Element::Mx(MxElement { element, cast: Some(cast) }) if FloatLanes::has(cast) => {
            let rule = plan.quantizer.scale_rule;
            // The elements of most tensors, each in a loop in which the cast is a constant.
            match *cast {
                E4M3FN => {
                    let kernel = FloatLanes::new(E4M3FN);
                    rows.for_each(|row| by_mx(*element, kernel, rule, row, codes));
                }
                NVFP4_CAST => {
                    let kernel = FloatLanes::new(NVFP4_CAST);
                    rows.for_each(|row| by_mx(*element, kernel, rule, row, codes));
                }
                cast => {
                    let kernel = FloatLanes::new(cast);
                    rows.for_each(|row| by_mx(*element, kernel, rule, row, codes));
                }
            }
        }
        Element::Nvfp4(tensor_scale) => {
            let kernel = FloatLanes::new(NVFP4_CAST);
            rows.for_each(|row| by_nvfp4(kernel, *tensor_scale, row, codes));
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
pub(super) fn amax(values: &[f32]) -> f32 {
    let (quads, rest) = values.as_chunks::<4>();
    let most = u32x4_lanes(most(quads)).into_iter().fold(mx::amax(rest).to_bits(), u32::max);
    f32::from_bits(most)
}

/// The largest magnitude of each lane, as whole numbers, of which a NaN is a large one.
#[inline(always)]
fn most(quads: &[[f32; 4]]) -> v128 {
    quads.iter().fold(u32x4_splat(0), |most, quad| u32x4_max(most, f32x4_abs(load(quad))))
}

/// Blocks of 32, four at a time where there are as many.
#[inline(always)]
fn by_mx(element: mx::Element, kernel: FloatLanes, rule: ScaleRule, row: &[f32], codes: &mut Vec<u8>) {
    let (fours, rest) = row.as_chunks::<128>();
    for four in fours {
        let [a, b, c, d] = four.as_chunks::<32>().0 else { continue };
        let amax = horizontal_max([a, b, c, d].map(|block| most(block.as_chunks().0)));
        let scales = lanes(amax).map(|amax| element.scale(amax, rule));
        for (block, scale) in [a, b, c, d].into_iter().zip(scales) {
            by_power(kernel, scale, block, codes);
        }
    }
    for block in rest.chunks(32) {
        by_power(kernel, element.scale(amax(block), rule), block, codes);
    }
}

#[inline(always)]
fn by_power(kernel: FloatLanes, scale: u8, block: &[f32], codes: &mut Vec<u8>) {
    match scale {
        NAN_SCALE => codes.resize(codes.len() + block.len(), 0),
        scale => by_cast(kernel, power(254 - scale), block, codes),
    }
}

/// Blocks of 16, four on lanes where there are as many: to find their scales takes longer than to make their codes.
fn by_nvfp4(kernel: FloatLanes, tensor_scale: f32, row: &[f32], codes: &mut Vec<u8>) {
    let tensor_inverse = 1.0 / tensor_scale;
    let scales = Rounded::<true, false>::new(nvfp4::SCALE_CAST, Scale::ONE);
    let (fours, rest) = row.as_chunks::<64>();
    for four in fours {
        let [a, b, c, d] = four.as_chunks::<16>().0 else { continue };
        let amax = horizontal_max([a, b, c, d].map(|block| most(block.as_chunks().0)));
        // As `nvfp4::block_scale`, of which a NaN becomes the largest scale.
        let wanted = f32x4_div(f32x4_div(amax, f32x4_splat(nvfp4::ELEMENT_MAX)), f32x4_splat(tensor_scale));
        let wanted = f32x4_pmin(f32x4_splat(nvfp4::SCALE_MAX), wanted);
        let scale = scales.quantize(0, f32x4_pmax(wanted, f32x4_splat(nvfp4::SCALE_MIN))).values;
        let inverses = u32x4_lanes(f32x4_div(f32x4_splat(tensor_inverse), scale)).map(f32::from_bits);
        for (block, inverse) in [a, b, c, d].into_iter().zip(inverses) {
            by_cast(kernel, inverse, block, codes);
        }
    }
    for block in rest.chunks(16) {
        let scale = nvfp4::SCALE_CAST.decode(nvfp4::block_scale(amax(block), tensor_scale).into());
        by_cast(kernel, tensor_inverse / f32::from_bits(scale), block, codes);
    }
}

/// The largest lane of each of four vectors of unsigned numbers.
#[inline(always)]
fn horizontal_max([a, b, c, d]: [v128; 4]) -> v128 {
    let two = |a, b| u32x4_max(i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<2, 6, 3, 7>(a, b));
    let (ab, cd) = (two(a, b), two(c, d));
    u32x4_max(i32x4_shuffle::<0, 1, 4, 5>(ab, cd), i32x4_shuffle::<2, 3, 6, 7>(ab, cd))
}

/// Values times a factor, as codes of a byte.
#[inline(always)]
fn by_cast(kernel: FloatLanes, factor: f32, block: &[f32], codes: &mut Vec<u8>) {
    let by = f32x4_splat(factor);
    let (whole, rest) = block.as_chunks::<16>();
    for values in whole {
        let quads = values.as_chunks::<4>().0;
        let y = |i: usize| f32x4_mul(load(&quads[i]), by);
        let byte = |codes: v128| v128_and(codes, u16x8_splat(0xff));
        let (low, high) = (kernel.encode(y(0), y(1)), kernel.encode(y(2), y(3)));
        codes.extend_from_slice(&to_bytes(u8x16_narrow_i16x8(byte(low), byte(high))));
    }
    codes.extend(rest.iter().map(|&x| kernel.cast().encode((x * factor).to_bits()) as u8));
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
