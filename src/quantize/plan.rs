//! Everything that the second pass needs, decided before it starts and equal on every backend.

use super::element::magnitudes;
use super::{Edges, Element, Error, Granularity, Quantizer, Range};

/// The largest element of NVFP4 with the largest scale of a block.
const NVFP4_MAX: f32 = 6.0 * 448.0;
/// No value of a ggml block whose d is an f16 is larger: d < 2¹⁶, with a scale and a code of at most 6 bits each, or of 8.
const GGML_MAX: f32 = (1 << 28) as f32;

/// The second pass over a tensor of `rows` × `cols` values.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What is done.
    pub quantizer: Quantizer,
    /// Rows of the tensor.
    pub rows: usize,
    /// Columns of the tensor.
    pub cols: usize,
    /// Which columns are kept in FP16 ([`super::split`]); empty if none are.
    pub is_kept: Vec<bool>,
    /// How values become codes.
    pub element: Element,
    /// Range of the whole tensor.
    pub range: Range,
    /// Bins of the reference and of the quantized values.
    pub value_edges: Edges,
    /// Bins of the error, quantized − reference: ± half the largest step, or ± the largest magnitude if that is less. Where a
    /// search decides the steps that is an estimate, and of groups it leaves out what a narrower range clips: errors beyond
    /// it count at the ends.
    pub error_edges: Edges,
    /// A power of two that brings values near 1, so that f32 sums of squares neither overflow nor underflow.
    pub value_unit: f32,
    /// The same for quantized values, which a format that saturates makes far smaller.
    pub quantized_unit: f32,
    /// The same for errors.
    pub error_unit: f32,
}

impl Plan {
    /// Makes the plan from the ranges of the first pass, one for each group of [`Quantizer::groups`], that of the whole
    /// tensor if there is one scale or none. Of one scale there may also be the ranges of any slices.
    ///
    /// # Errors
    /// [`Error::Empty`] for a tensor without values, and what is wrong with the settings. A tensor without *finite* values
    /// has a plan; its [`super::Report`] has not.
    pub fn new(quantizer: Quantizer, rows: usize, cols: usize, ranges: &[Range]) -> Result<Self, Error> {
        let whole = ranges.iter().copied().fold(Range::NOTHING, Range::union);
        let is_one = quantizer.groups() == Granularity::Tensor;
        Self::clipped(quantizer, rows, cols, whole, if is_one { std::slice::from_ref(&whole) } else { ranges })
    }

    /// The same with the ranges that [`super::clip::clipped`] left of the groups, and the full range of the tensor.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn clipped(
        quantizer: Quantizer,
        rows: usize,
        cols: usize,
        whole: Range,
        groups: &[Range],
    ) -> Result<Self, Error> {
        if rows == 0 || cols == 0 {
            return Err(Error::Empty);
        }
        let range = if whole.is_nothing() { Range { min: 0.0, max: 0.0 } } else { whole };
        let element = Element::new(&quantizer, groups, range)?;
        // Where zero is among the values, no error is larger than the number itself.
        let has_zero = !matches!(element, Element::Codebook(..) | Element::Exponent(_));
        let half_step = element.largest_error(&quantizer, range).min(f32::MAX.into()) as f32;
        let half_step = if has_zero { half_step.min(range.amax()) } else { half_step };
        let largest_quantized = match &element {
            Element::Float(cast) => range.amax().min(cast.float.max() as f32),
            // Without a scale, small numbers may become larger ones, and large ones far smaller.
            Element::Codebook(codebook, _) if !quantizer.has_scale() => {
                let [least, largest] = magnitudes(codebook);
                range.amax().clamp(least, largest)
            }
            // Without a scale of the tensor it saturates too.
            Element::Nvfp4(tensor_scale) => range.amax().min(NVFP4_MAX * tensor_scale),
            Element::Ggml(block_type) if block_type.scale_places().0.is_some() => range.amax().min(GGML_MAX),
            _ => range.amax(),
        };
        // What overflows is not measured, and must not push what is below f32's range.
        let largest_measured = match &element {
            Element::Float(cast) if !cast.saturates() => largest_quantized,
            Element::Ggml(_) => largest_quantized,
            _ => range.amax(),
        };
        let largest_error = if has_zero { half_step.min(largest_measured) } else { half_step };
        Ok(Self {
            quantizer,
            rows,
            cols,
            is_kept: Vec::new(),
            element,
            range,
            value_edges: Edges::new(range.min, range.max),
            error_edges: Edges::new(-half_step, half_step),
            value_unit: power_of_two_near_inverse(largest_measured),
            quantized_unit: power_of_two_near_inverse(largest_quantized),
            error_unit: power_of_two_near_inverse(largest_error),
        })
    }

    /// Has columns of a tensor of this range kept in FP16; the plan was made for the others.
    #[must_use]
    pub fn keeping(self, is_kept: Vec<bool>, range: Range) -> Self {
        let unit = power_of_two_near_inverse(range.amax());
        let value_edges = Edges::new(range.min, range.max);
        Self { is_kept, range, value_edges, value_unit: unit, quantized_unit: unit, ..self }
    }

    /// Columns that are kept in FP16.
    #[must_use]
    pub fn kept_columns(&self) -> usize {
        self.is_kept.iter().filter(|is_kept| **is_kept).count()
    }

    /// Values in the tensor.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether the tensor holds no value; never so for a plan that was made.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the codes of a slice of `n` values: whole rows, unless each value has its own bytes.
    ///
    /// A code takes one or two bytes (three or four in formats wider than 16 bits). ggml's blocks stand as they are in
    /// files, scales and all.
    #[must_use]
    pub fn code_bytes(&self, n: usize) -> usize {
        match self.element {
            Element::Ggml(block_type) => n / self.cols * self.blocks_a_row() * block_type.block_bytes,
            _ => n * self.quantizer.format.code_bytes(),
        }
    }

    /// Blocks of a row, the last one filled up; one for formats without blocks.
    const fn blocks_a_row(&self) -> usize {
        self.cols.div_ceil(self.quantizer.format.block_size())
    }

    /// Zeros that fill up the last block of each row.
    #[must_use]
    pub const fn padded(&self) -> u64 {
        let block_size = self.quantizer.format.block_size();
        if block_size == 1 {
            return 0;
        }
        (self.blocks_a_row() * block_size - self.cols) as u64 * self.rows as u64
    }

    /// Bytes of the whole tensor as it is packed for storage: [`Quantizer::packed_bytes`], and of a column that is kept in FP16
    /// 2 B a row and 4 B for its number.
    #[must_use]
    pub fn packed_bytes(&self) -> u64 {
        let rows = self.rows as u64;
        self.quantizer.packed_bytes(rows, self.cols as u64) + self.kept_columns() as u64 * (2 * rows + 4)
    }
}

/// The power of two 2⁻ᵉ for x in 2ᵉ ..2ᵉ⁺¹, kept normal.
fn power_of_two_near_inverse(x: f32) -> f32 {
    let exponent = (x.to_bits() >> 23) as i32; // biased; x ≥ 0
    let inverse = (254 - exponent).clamp(1, 253);
    f32::from_bits((inverse as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_saturates_or_overflows_does_not_decide_the_units() {
        let units = |id: &str| {
            let quantizer = Quantizer::new(crate::formats::format(id).unwrap());
            let plan = Plan::new(quantizer, 1, 32, &[Range { min: 0.0, max: 1e35 }]).unwrap();
            [plan.value_unit, plan.quantized_unit, plan.error_unit].map(|unit| unit < 1e-30)
        };
        assert_eq!(units("mxfp4"), [true, true, true]);
        assert_eq!(units("nvfp4"), [true, true, true]);
        assert_eq!(units("nvfp4_one_level"), [true, false, true]);
        assert_eq!(units("q4_0"), [false, false, false]);
    }

    #[test]
    fn units_bring_values_near_one() {
        for x in [1.0f32, 1.99, 0.02, 3e38, 1.2e-38] {
            let scaled = x * power_of_two_near_inverse(x);
            assert!((0.5..4.0).contains(&scaled), "{x}: {scaled}");
        }
        assert!(power_of_two_near_inverse(0.0).is_normal());
        assert!(power_of_two_near_inverse(1e-45).is_normal());
    }
}
