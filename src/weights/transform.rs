//! What is done to a tensor before it is quantized: outliers put in, or spread out again.

/// Multiplies every value of `count` columns, spread evenly over `cols`, by `factor`: the outlier channels of activations,
/// which a few hidden dimensions of large language models have in every token.
///
/// Source: Dettmers et al. 2022, LLM.int8(), section 4.
pub fn add_outlier_columns(values: &mut [f32], cols: usize, count: usize, factor: f32) {
    let count = count.min(cols);
    for i in 0..count {
        // In the middle of its share of the columns.
        let col = (2 * i + 1) * cols / (2 * count);
        values.iter_mut().skip(col).step_by(cols).for_each(|x| *x *= factor);
    }
}

/// Turns each block of `size` neighbours of a row by the orthonormal Hadamard matrix, in f32: y = H·x / √size, where
/// Hᵢⱼ = (−1)^popcount(i & j). It is its own inverse, keeps lengths (so an error has the same size before and after), and
/// spreads an outlier over its block. What is left of a row after the last whole block stays as it is.
///
/// Source: Ashkboos et al. 2024, QuaRot, section 3.
///
/// # Panics
/// If `size` is no power of two.
pub fn rotate(values: &mut [f32], cols: usize, size: usize) {
    assert!(size.is_power_of_two(), "a Hadamard matrix of this kind has a power of two of rows");
    let scale = 1.0 / (size as f32).sqrt();
    for row in values.chunks_mut(cols.max(1)) {
        for block in row.chunks_exact_mut(size) {
            let mut half = 1;
            while half < size {
                for pair in block.chunks_exact_mut(2 * half) {
                    let (low, high) = pair.split_at_mut(half);
                    for (a, b) in low.iter_mut().zip(high) {
                        (*a, *b) = (*a + *b, *a - *b);
                    }
                }
                half *= 2;
            }
            block.iter_mut().for_each(|x| *x *= scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn outliers_are_whole_columns() {
        let mut values = vec![1.0; 3 * 8];
        add_outlier_columns(&mut values, 8, 2, 20.0);
        for row in values.chunks(8) {
            assert_eq!(row, [1.0, 1.0, 20.0, 1.0, 1.0, 1.0, 20.0, 1.0]);
        }
        add_outlier_columns(&mut values, 8, 0, 5.0);
        add_outlier_columns(&mut values[..2], 2, 64, 2.0);
        assert_eq!(values[..3], [2.0, 2.0, 20.0], "no more columns than there are");
    }

    #[test]
    fn a_rotation_is_that_of_the_matrix() {
        let size = 16;
        let x: Vec<f32> = (0..size).map(|i| (i as f32 * 0.37).sin()).collect();
        let mut turned = x.clone();
        rotate(&mut turned, size, size);
        for (i, y) in turned.iter().enumerate() {
            let sign = |j: usize| if (i & j).count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
            let exact: f64 = x.iter().enumerate().map(|(j, x)| sign(j) * f64::from(*x)).sum::<f64>() / 4.0;
            assert!((f64::from(*y) - exact).abs() < 1e-6, "{i}: {y} for {exact}");
        }
    }

    #[test]
    fn an_outlier_is_spread_over_its_block() {
        let mut values = vec![0.0; 64];
        values[5] = 8.0;
        rotate(&mut values, 64, 16);
        assert!(values[..16].iter().all(|x| x.abs() == 2.0) && values[16..].iter().all(|x| *x == 0.0));
    }

    proptest! {
        #[test]
        fn a_rotation_keeps_lengths_and_undoes_itself(
            values in prop::collection::vec(-1e3f32..1e3, 1..200), size in prop::sample::select(vec![2usize, 16, 64]),
        ) {
            let length = |values: &[f32]| values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            let cols = values.len();
            let mut turned = values.clone();
            rotate(&mut turned, cols, size);
            prop_assert!((length(&turned) - length(&values)).abs() <= 1e-5 * length(&values).max(1.0));
            rotate(&mut turned, cols, size);
            for (a, b) in turned.iter().zip(&values) {
                prop_assert!((a - b).abs() <= 1e-2, "{a} {b}");
            }
        }
    }
}
