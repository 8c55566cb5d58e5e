//! What an error in the weights does to a layer's output.

/// ‖(Q − X)·a‖ / ‖X·a‖ of a matrix X, what became of it, and an activation a: how far the output of a linear layer is from
/// what it was. Fed value by value, row by row. Sums are f64; values that are not finite before or after are left out.
#[derive(Clone, Debug)]
pub struct OutputError<'a> {
    activation: &'a [f32],
    /// Column of the next value.
    col: usize,
    /// Of the row so far: the output, and how far it is off.
    row: (f64, f64),
    /// Squares of those of the rows before.
    all: (f64, f64),
}

impl<'a> OutputError<'a> {
    /// For an activation with a value for each column; without one there is no output.
    #[must_use]
    pub const fn new(activation: &'a [f32]) -> Self {
        Self { activation, col: 0, row: (0.0, 0.0), all: (0.0, 0.0) }
    }

    /// Adds the next value and what became of it.
    #[inline]
    pub fn add(&mut self, x: f32, q: f32) {
        let Some(&a) = self.activation.get(self.col) else { return };
        if x.is_finite() && q.is_finite() {
            self.row.0 += f64::from(x) * f64::from(a);
            self.row.1 += f64::from(q - x) * f64::from(a);
        }
        self.col += 1;
        if self.col == self.activation.len() {
            let (y, e) = self.row;
            self.all = (self.all.0 + y * y, self.all.1 + e * e);
            (self.row, self.col) = ((0.0, 0.0), 0);
        }
    }

    /// The error relative to the output; nothing if that is zero.
    #[must_use]
    pub fn relative(&self) -> Option<f64> {
        let (output, error) = self.all;
        (output > 0.0).then(|| libm::sqrt(error / output))
    }
}

/// [`OutputError`] of a whole matrix of rows as long as the activation.
///
/// # Panics
/// If there are not as many quantized values.
#[must_use]
pub fn output_error(values: &[f32], quantized: &[f32], activation: &[f32]) -> Option<f64> {
    assert_eq!(quantized.len(), values.len(), "one for each value");
    let mut error = OutputError::new(activation);
    values.iter().zip(quantized).for_each(|(&x, &q)| error.add(x, q));
    error.relative()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_the_output_is_relative_to_it() {
        let (values, quantized) = ([1.0, 2.0, -1.0, 0.5], [1.0, 2.5, -1.0, 0.5]);
        // Outputs 3 and −0.5; the first is off by 0.5.
        let error = output_error(&values, &quantized, &[1.0, 1.0]).unwrap();
        assert!((error - 0.5 / (9.25f64).sqrt()).abs() < 1e-15, "{error}");
        assert_eq!(output_error(&values, &quantized, &[1.0, 0.0]), Some(0.0), "nothing listens to that column");
        assert_eq!(output_error(&values, &quantized, &[0.0, 0.0]), None);
        assert_eq!(output_error(&[f32::NAN, 1.0], &[0.0, 2.0], &[1.0, 1.0]), Some(1.0));
    }
}
