//! What an error in the weights does to a layer's output.

/// ‖(Q − X)·a‖ / ‖X·a‖ of a matrix of rows of `cols` values, what became of it, and an activation a: how far the output of a
/// linear layer is from what it was. Sums are f64; values that are not finite before or after are left out. Nothing if the
/// output is zero.
///
/// # Panics
/// If there are not as many quantized values, or the activation has not a value for each column.
#[must_use]
pub fn output_error(cols: usize, values: &[f32], quantized: &[f32], activation: &[f32]) -> Option<f64> {
    assert_eq!((quantized.len(), activation.len()), (values.len(), cols), "one for each value, one for each column");
    let (mut error, mut output) = (0.0, 0.0);
    for (x, q) in values.chunks(cols.max(1)).zip(quantized.chunks(cols.max(1))) {
        let (mut y, mut e) = (0.0, 0.0);
        for ((&x, &q), &a) in x.iter().zip(q).zip(activation) {
            if x.is_finite() && q.is_finite() {
                y += f64::from(x) * f64::from(a);
                e += f64::from(q - x) * f64::from(a);
            }
        }
        output += y * y;
        error += e * e;
    }
    (output > 0.0).then(|| libm::sqrt(error / output))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_the_output_is_relative_to_it() {
        let (values, quantized) = ([1.0, 2.0, -1.0, 0.5], [1.0, 2.5, -1.0, 0.5]);
        // Outputs 3 and −0.5; the first is off by 0.5.
        let error = output_error(2, &values, &quantized, &[1.0, 1.0]).unwrap();
        assert!((error - 0.5 / (9.25f64).sqrt()).abs() < 1e-15, "{error}");
        assert_eq!(output_error(2, &values, &quantized, &[1.0, 0.0]), Some(0.0), "nothing listens to that column");
        assert_eq!(output_error(2, &values, &quantized, &[0.0, 0.0]), None);
        assert_eq!(output_error(2, &[f32::NAN, 1.0], &[0.0, 2.0], &[1.0, 1.0]), Some(1.0));
    }
}
