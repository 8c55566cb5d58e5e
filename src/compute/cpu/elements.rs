//! The second pass, for whatever wants to see its values: one value or one block at a time, by every kind of format.

use crate::formats::bnb;
use crate::formats::exponent::Below;
use crate::formats::ggml::{BlockType, Encode};
use crate::formats::mx::{self, NAN_SCALE};
use crate::formats::{Cast, Codebook, Conversion, NanRule, Overflow, Rounding, nvfp4};
use crate::quantize::element::{MxElement, NVFP4_CAST, Nested, Scale, power};
use crate::quantize::{Element, Granularity, Grid, Plan, split};

/// A value on its way.
#[derive(Clone, Copy)]
pub struct Passed {
    /// What it was.
    pub x: f32,
    /// What it was beside its scale, before it was rounded; of ggml's blocks and bitsandbytes' the same as `x`.
    pub y: f32,
    /// What its code stands for.
    pub q: f32,
    /// Whether it lay beyond the format's range.
    pub clipped: bool,
}

/// Who sees the values of a pass.
pub trait Sink {
    /// The next value.
    fn value(&mut self, passed: Passed);
    /// The scale of the block whose values follow.
    fn scale(&mut self, _scale: f32) {}
    /// What encodes the blocks of a type: the reference, unless the pass may be done as fast as it can be.
    fn encoder(&self, block_type: &BlockType) -> Option<Encode> {
        block_type.encode
    }
}

/// Passes over values that begin at a row and a column of the tensor: whole rows, or a part of one; of blocks, whole ones.
/// Appends the codes, as [`Plan::code_bytes`] says.
pub fn pass(plan: &Plan, from: (usize, usize), values: &[f32], codes: &mut Vec<u8>, sink: &mut impl Sink) {
    if plan.is_kept.is_empty() {
        return pass_all(plan, from, values, codes, sink);
    }
    let (mut from, mut values) = (from, values);
    while !values.is_empty() {
        let (row, more) = values.split_at(values.len().min(plan.cols - from.1));
        let is_kept = &plan.is_kept[from.1..from.1 + row.len()];
        let rest = split::rest(row, is_kept);
        pass_all(plan, from, &rest, codes, &mut Keeping { sink, row, is_kept, col: 0 });
        (from, values) = ((from.0 + 1, 0), more);
    }
}

/// Puts the numbers of columns that are kept in FP16 in their places again. One type for every sink: it is used seldom, and
/// each type is all kinds of formats once more.
struct Keeping<'a> {
    sink: &'a mut dyn Sink,
    row: &'a [f32],
    is_kept: &'a [bool],
    col: usize,
}

impl Sink for Keeping<'_> {
    fn value(&mut self, passed: Passed) {
        let col = self.col;
        self.col += 1;
        if self.is_kept[col] {
            let x = self.row[col];
            let (q, clipped) = split::kept(x);
            // It has no place in the range of the format.
            self.sink.value(Passed { x, y: 0.0, q, clipped });
        } else {
            self.sink.value(passed);
        }
    }

    fn scale(&mut self, scale: f32) {
        self.sink.scale(scale);
    }

    fn encoder(&self, block_type: &BlockType) -> Option<Encode> {
        self.sink.encoder(block_type)
    }
}

/// The same where no column is kept.
fn pass_all(plan: &Plan, from: (usize, usize), values: &[f32], codes: &mut Vec<u8>, sink: &mut impl Sink) {
    let rounding = plan.quantizer.rounding;
    let is_nearest = rounding == Rounding::NearestEven;
    let code_bytes = plan.quantizer.format.code_bytes();
    let slice = Slice { plan, from, values };
    let mut put = |code: u32| codes.extend_from_slice(&code.to_le_bytes()[..code_bytes]);
    match &plan.element {
        Element::Float(cast) if is_nearest => {
            for &x in values {
                let code = cast.encode(x.to_bits());
                put(code);
                let q = f32::from_bits(cast.decode(code));
                sink.value(Passed { x, y: x, q, clipped: cast.clips(x.to_bits()) });
            }
        }
        Element::Float(cast) => slice.each_run(Granularity::Tensor, |_, from, run| {
            by_rounding(cast, rounding, Scale::ONE, from, run, &mut put, sink);
        }),
        Element::Integer(grids) => slice.each_run(plan.quantizer.granularity, |group, from, run| {
            by_grid(grids[group], rounding, from, run, &mut put, sink);
        }),
        Element::ScaledFloat(cast, scales) if is_nearest => {
            slice.each_run(plan.quantizer.granularity, |group, _, run| {
                let by = scales[group];
                for &x in run {
                    let y = x * by.inverse;
                    let code = cast.encode(y.to_bits());
                    put(code);
                    let q = f32::from_bits(cast.decode(code)) * by.scale;
                    sink.value(Passed { x, y, q, clipped: cast.clips(y.to_bits()) });
                }
            });
        }
        Element::ScaledFloat(cast, scales) => slice.each_run(plan.quantizer.granularity, |group, from, run| {
            by_rounding(cast, rounding, scales[group], from, run, &mut put, sink);
        }),
        Element::Exponent(exponent) => {
            for &x in values {
                let code = exponent.encode(x.into(), Rounding::NearestEven, Below::Nan);
                put(code);
                sink.value(Passed { x, y: x, q: exponent.decode(code) as f32, clipped: false });
            }
        }
        Element::Codebook(codebook, scales) => {
            let (borders, [low, high]) = (Borders::new(codebook), codebook.ends());
            slice.each_run(plan.quantizer.groups(), |group, _, run| {
                let by = scales[group];
                for &x in run {
                    let y = x * by.inverse;
                    let code = borders.encode(y);
                    put(code);
                    sink.value(Passed { x, y, q: codebook.decode(code) * by.scale, clipped: y < low || y > high });
                }
            });
        }
        Element::Mx(element) => slice.each_block(|_, block| by_mx(plan, *element, block, codes, sink)),
        Element::Nvfp4(tensor_scale) => slice.each_block(|_, block| by_nvfp4(*tensor_scale, block, codes, sink)),
        Element::Bnb(codebook, nested) => {
            let borders = Borders::new(codebook);
            slice.each_block(|i, block| by_bnb(&borders, nested.as_ref(), i, block, codes, sink));
        }
        Element::Ggml(block_type) => {
            let Some(encode) = sink.encoder(block_type) else { return };
            let (mut whole, mut decoded) = (vec![0.0; block_type.block_size], vec![0.0; block_type.block_size]);
            slice.each_block(|_, block| {
                whole[..block.len()].copy_from_slice(block);
                whole[block.len()..].fill(0.0);
                let from = codes.len();
                codes.resize(from + block_type.block_bytes, 0);
                encode(&whole, &mut codes[from..]);
                (block_type.decode)(&codes[from..], &mut decoded);
                sink.scale(block_type.scale(&codes[from..]));
                for (&x, &q) in block.iter().zip(&decoded) {
                    sink.value(Passed { x, y: x, q, clipped: false });
                }
            });
        }
    }
}

/// Values of a tensor from a row and a column on.
struct Slice<'a> {
    plan: &'a Plan,
    from: (usize, usize),
    values: &'a [f32],
}

impl<'a> Slice<'a> {
    /// Calls `run(group, index, values)` for values of a row that follow each other and share a scale; `index` is the first's
    /// in the tensor.
    #[inline(always)]
    fn each_run(&self, granularity: Granularity, mut run: impl FnMut(usize, u64, &'a [f32])) {
        let cols = self.plan.cols;
        let length = granularity.run(cols);
        let (mut row, mut col) = self.from;
        // The place of the run in its row, and what is left of it.
        let (mut place, mut left) = (col / length, length - col % length);
        let mut rest = self.values;
        while !rest.is_empty() {
            let (values, more) = rest.split_at(rest.len().min(left).min(cols - col));
            run(granularity.group(cols, row, place), (row as u64) * (cols as u64) + col as u64, values);
            rest = more;
            (place, left, col) = (place + 1, length, col + values.len());
            if col == cols {
                (row, col, place) = (row + 1, 0, 0);
            }
        }
    }

    /// Calls `block(number in the tensor, values)` for the blocks of each row, of which the last may be short.
    fn each_block(&self, mut block: impl FnMut(usize, &'a [f32])) {
        let granularity = Granularity::Group(self.plan.quantizer.format.block_size() as u32);
        self.each_run(granularity, |i, _, values| block(i, values));
    }
}

#[inline(always)]
fn by_grid(grid: Grid, rounding: Rounding, from: u64, run: &[f32], put: &mut impl FnMut(u32), sink: &mut impl Sink) {
    if rounding == Rounding::NearestEven {
        for &x in run {
            let (code, clipped) = grid.encode(x);
            put(code as u32);
            sink.value(Passed { x, y: x, q: grid.decode(code), clipped });
        }
        return;
    }
    for (i, &x) in (from..).zip(run) {
        let (code, clipped) = grid.encode_by(x, rounding.at(i));
        put(code as u32);
        sink.value(Passed { x, y: x, q: grid.decode(code), clipped });
    }
}

/// A float by any rounding, which depends on the index of a value if it is stochastic.
fn by_rounding(
    cast: &Cast,
    rounding: Rounding,
    by: Scale,
    from: u64,
    run: &[f32],
    put: &mut impl FnMut(u32),
    sink: &mut impl Sink,
) {
    let overflow = if cast.saturates() { Overflow::Saturate } else { Overflow::Special };
    for (i, &x) in (from..).zip(run) {
        let y = x * by.inverse;
        let rounding = rounding.at(i);
        let code = cast.float.encode(y.into(), Conversion { rounding, overflow, nan: NanRule::Quiet }).unwrap_or(0);
        put(code);
        let q = f32::from_bits(cast.decode(code)) * by.scale;
        sink.value(Passed { x, y, q, clipped: y.is_finite() && cast.float.clips(y.into(), rounding) });
    }
}

/// A list with its borders made once; the same codes as [`Codebook::encode`].
struct Borders {
    codebook: &'static Codebook,
    /// In ascending order, then infinities that nothing lies beyond.
    borders: Vec<f32>,
}

impl Borders {
    fn new(codebook: &'static Codebook) -> Self {
        let n = codebook.ascending.len();
        let mut borders: Vec<f32> = (0..n - 1).map(|i| codebook.border(i)).collect();
        borders.resize(n.next_power_of_two().max(16), f32::INFINITY);
        Self { codebook, borders }
    }

    /// The code of the value nearest to `y`: as many borders lie below it as values do.
    #[inline(always)]
    fn encode(&self, y: f32) -> u32 {
        let below = if let Ok(borders) = <&[f32; 16]>::try_from(self.borders.as_slice()) {
            // Without a branch, and four at a time.
            borders.iter().map(|&border| u32::from(y > border)).sum()
        } else {
            self.borders.partition_point(|&border| y > border) as u32
        };
        self.codebook.ascending[below as usize].into()
    }
}

fn by_mx(
    plan: &Plan,
    MxElement { element, cast }: MxElement,
    block: &[f32],
    codes: &mut Vec<u8>,
    sink: &mut impl Sink,
) {
    let scale = element.scale(mx::amax(block), plan.quantizer.scale_rule);
    if scale == NAN_SCALE {
        sink.scale(f32::NAN);
        codes.resize(codes.len() + block.len(), 0);
        block.iter().for_each(|&x| sink.value(Passed { x, y: 0.0, q: f32::NAN, clipped: false }));
        return;
    }
    // Both are powers of two, so that products are exact, but for those so small that every element makes them zero.
    let (scale, inverse) = (power(scale), power(254 - scale));
    sink.scale(scale);
    for &x in block {
        let y = x * inverse;
        let (code, value, clipped) = match cast {
            Some(cast) => {
                let code = cast.encode(y.to_bits());
                (code, f32::from_bits(cast.decode(code)), cast.clips(y.to_bits()))
            }
            None => {
                let wanted = libm::rintf(y * 64.0) as i32;
                let code = wanted.clamp(-127, 127);
                (code as u32, code as f32 / 64.0, code != wanted)
            }
        };
        codes.push(code as u8);
        sink.value(Passed { x, y, q: value * scale, clipped });
    }
}

fn by_nvfp4(tensor_scale: f32, block: &[f32], codes: &mut Vec<u8>, sink: &mut impl Sink) {
    let code = nvfp4::block_scale(mx::amax(block), tensor_scale);
    let block_scale = f32::from_bits(nvfp4::SCALE_CAST.decode(code.into()));
    // As torchao: the product of the scales is rounded, and so is the quotient of their inverses.
    let (scale, inverse) = (block_scale * tensor_scale, (1.0 / tensor_scale) / block_scale);
    sink.scale(block_scale);
    for &x in block {
        let y = x * inverse;
        let code = NVFP4_CAST.encode(y.to_bits());
        codes.push(code as u8);
        let q = f32::from_bits(NVFP4_CAST.decode(code)) * scale;
        sink.value(Passed { x, y, q, clipped: y.is_finite() && NVFP4_CAST.clips(y.to_bits()) });
    }
}

/// Of double quantization, codes are of the magnitude as it is and values of the magnitude as it is restored.
fn by_bnb(
    borders: &Borders,
    nested: Option<&Nested>,
    i: usize,
    block: &[f32],
    codes: &mut Vec<u8>,
    sink: &mut impl Sink,
) {
    let amax = mx::amax(block);
    let inverse = 1.0 / amax.max(bnb::LEAST_AMAX);
    let restored = nested.map_or(amax, |nested| nested.scales.amax(i));
    sink.scale(restored);
    for &x in block {
        let code = borders.encode((x * inverse).clamp(-1.0, 1.0));
        codes.push(code as u8);
        sink.value(Passed { x, y: x, q: bnb::decode(borders.codebook, code, restored), clipped: false });
    }
}
