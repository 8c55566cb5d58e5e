//! Everything that the second pass needs, decided before it starts and equal on every backend.

use super::{Edges, Error, Grid, Quantizer, Range};
use crate::formats::{Cast, Kind, NanRule, Overflow};

/// How one value becomes a code.
#[derive(Clone, Debug, PartialEq)]
pub enum Element {
    /// A float format: no scale.
    Float(Cast),
    /// An integer format: one grid for the tensor, or one a row.
    Integer(Vec<Grid>),
}

/// The second pass over a tensor of `rows` × `cols` values.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What is done.
    pub quantizer: Quantizer,
    /// Rows of the tensor.
    pub rows: usize,
    /// Columns of the tensor.
    pub cols: usize,
    /// How one value becomes a code.
    pub element: Element,
    /// Range of the whole tensor.
    pub range: Range,
    /// Bins of the reference and of the quantized values.
    pub value_edges: Edges,
    /// Bins of the error, quantized − reference: ± half the largest step, or ± the largest magnitude if that is less.
    pub error_edges: Edges,
    /// A power of two that brings values near 1, so that f32 sums of squares neither overflow nor underflow.
    pub value_unit: f32,
    /// The same for quantized values, which a format that saturates makes far smaller.
    pub quantized_unit: f32,
    /// The same for errors.
    pub error_unit: f32,
}

impl Plan {
    /// Makes the plan from the ranges of the first pass: one for the tensor, or one a row.
    ///
    /// # Errors
    /// [`Error::Empty`] for a tensor without values, [`Error::NotElementwise`] for a format of blocks. A tensor without *finite* values has a plan; its [`super::Report`]
    /// has not.
    pub fn new(quantizer: Quantizer, rows: usize, cols: usize, ranges: &[Range]) -> Result<Self, Error> {
        if rows == 0 || cols == 0 {
            return Err(Error::Empty);
        }
        let whole = ranges.iter().copied().fold(Range::NOTHING, Range::union);
        let range = if whole.is_nothing() { Range { min: 0.0, max: 0.0 } } else { whole };
        let (element, half_step) = match quantizer.format.kind {
            Kind::Float(float) => {
                // As IEEE 754 where there are infinities, and as most converters do where there are none.
                let overflow = if float.infinity_code().is_some() { Overflow::Special } else { Overflow::Saturate };
                let cast = Cast::new(float, overflow, NanRule::Quiet);
                let amax = f64::from(range.amax());
                let rounded = if float.mantissa_bits == 23 { 0.0 } else { float.spacing(amax.min(float.max())) / 2.0 };
                let clipped = if cast.saturates() { amax - float.max() } else { 0.0 };
                (Element::Float(cast), rounded.max(clipped))
            }
            Kind::Integer(integer) => {
                let grids: Vec<Grid> = if quantizer.scales_each_row() {
                    ranges.iter().map(|&row| Grid::from_range(integer, quantizer.scheme, row)).collect()
                } else {
                    vec![Grid::from_range(integer, quantizer.scheme, whole)]
                };
                let largest = grids.iter().map(|grid| grid.scale).fold(0.0, f32::max);
                (Element::Integer(grids), f64::from(largest) / 2.0)
            }
            Kind::Exponent(_) | Kind::Codebook(_) | Kind::Block(_) => {
                return Err(Error::NotElementwise(quantizer.format.name));
            }
        };
        // Zero is among the values of every format, so no error is larger than the number itself.
        let half_step = (half_step as f32).min(range.amax());
        let largest_quantized = match &element {
            Element::Float(cast) => range.amax().min(cast.float.max() as f32),
            Element::Integer(_) => range.amax(),
        };
        // What overflows is not measured, and must not push what is below f32's range.
        let largest_measured = match &element {
            Element::Float(cast) if !cast.saturates() => largest_quantized,
            _ => range.amax(),
        };
        Ok(Self {
            quantizer,
            rows,
            cols,
            element,
            range,
            value_edges: Edges::new(range.min, range.max),
            error_edges: Edges::new(-half_step, half_step),
            value_unit: power_of_two_near_inverse(largest_measured),
            quantized_unit: power_of_two_near_inverse(largest_quantized),
            error_unit: power_of_two_near_inverse(half_step),
        })
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

    /// Bytes of the codes of a slice of `n` values.
    #[must_use]
    pub fn code_bytes(&self, n: usize) -> usize {
        n * self.quantizer.format.code_bytes()
    }

    /// Bytes of the codes of the whole tensor as they are packed for storage.
    #[must_use]
    pub fn packed_bytes(&self) -> u64 {
        (self.len() as u64 * u64::from(self.quantizer.format.bits())).div_ceil(8)
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
    fn units_bring_values_near_one() {
        for x in [1.0f32, 1.99, 0.02, 3e38, 1.2e-38] {
            let scaled = x * power_of_two_near_inverse(x);
            assert!((0.5..4.0).contains(&scaled), "{x}: {scaled}");
        }
        assert!(power_of_two_near_inverse(0.0).is_normal());
        assert!(power_of_two_near_inverse(1e-45).is_normal());
    }
}
