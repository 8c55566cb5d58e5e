//! Small symmetric linear systems, of which the lower half is kept.

/// Adds `factor · row · rowᵀ` to the lower half.
pub(super) fn add_outer<const K: usize>(matrix: &mut [[f64; K]; K], factor: f64, row: &[f64; K]) {
    for (i, line) in matrix.iter_mut().enumerate() {
        let scaled = factor * row[i];
        line[..=i].iter_mut().zip(row).for_each(|(entry, other)| *entry += scaled * other);
    }
}

/// Makes the solution's `index`th entry 0, whatever the equations say.
pub(super) fn pin<const K: usize>(matrix: &mut [[f64; K]; K], right: &mut [f64; K], index: usize) {
    matrix[index] = [0.0; K];
    matrix.iter_mut().for_each(|line| line[index] = 0.0);
    matrix[index][index] = 1.0;
    right[index] = 0.0;
}

/// Solves `matrix · x = right` by Cholesky's method, for a matrix that is symmetric and positive definite; only its lower
/// half is read. Rows and columns are first scaled to a diagonal of ones. `None` if a pivot is not positive.
pub(super) fn solve<const K: usize>(matrix: &[[f64; K]; K], right: &[f64; K]) -> Option<[f64; K]> {
    let mut scale = [0.0; K];
    for i in 0..K {
        if matrix[i][i].is_nan() || matrix[i][i] <= 0.0 {
            return None;
        }
        scale[i] = 1.0 / libm::sqrt(matrix[i][i]);
    }
    let mut lower = [[0.0; K]; K];
    for i in 0..K {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| lower[i][k] * lower[j][k]).sum();
            let rest = matrix[i][j] * scale[i] * scale[j] - dot;
            if i > j {
                lower[i][j] = rest / lower[j][j];
            } else if rest > f64::EPSILON {
                lower[i][i] = libm::sqrt(rest);
            } else {
                return None;
            }
        }
    }
    let mut x = [0.0; K];
    for i in 0..K {
        let dot: f64 = (0..i).map(|k| lower[i][k] * x[k]).sum();
        x[i] = (right[i] * scale[i] - dot) / lower[i][i];
    }
    for i in (0..K).rev() {
        let dot: f64 = (i + 1..K).map(|k| lower[k][i] * x[k]).sum();
        x[i] = (x[i] - dot) / lower[i][i];
    }
    for i in 0..K {
        x[i] *= scale[i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_solution_solves_the_system(
            factor in prop::array::uniform3(prop::array::uniform3(-1.0..1.0f64)), x in prop::array::uniform3(-9.0..9.0f64),
        ) {
            let mut matrix = [[0.0; 3]; 3];
            for i in 0..3 {
                for j in 0..3 {
                    // A product of a matrix with its transpose, moved away from singular, on scales far apart.
                    let dot: f64 = (0..3).map(|k| factor[i][k] * factor[j][k]).sum();
                    matrix[i][j] = (dot + f64::from(u8::from(i == j))) * [1.0, 1e6, 1e-6][i] * [1.0, 1e6, 1e-6][j];
                }
            }
            let right = [0, 1, 2].map(|i| (0..3).map(|j| matrix[i][j] * x[j]).sum());
            let found = solve(&matrix, &right).unwrap();
            for i in 0..3 {
                let scale: f64 = (0..3).map(|j| (matrix[i][j] * x[j]).abs()).sum();
                let back: f64 = (0..3).map(|j| matrix[i][j] * found[j]).sum();
                prop_assert!((back - right[i]).abs() <= 1e-12 * scale.max(right[i].abs()).max(1e-300));
            }
        }
    }

    #[test]
    fn a_pinned_entry_is_0_and_the_others_solve_what_is_left() {
        let (mut matrix, mut right) = ([[2.0, 0.0, 0.0], [1.0, 3.0, 0.0], [1.0, 1.0, 4.0]], [2.0, 5.0, 8.0]);
        pin(&mut matrix, &mut right, 1);
        let [x, y, z] = solve(&matrix, &right).unwrap();
        assert_eq!(y, 0.0);
        assert!((2.0 * x + z - 2.0).abs() < 1e-12 && (x + 4.0 * z - 8.0).abs() < 1e-12);
    }

    #[test]
    fn a_singular_or_broken_matrix_has_no_solution() {
        assert_eq!(solve(&[[1.0, 1.0], [1.0, 1.0]], &[1.0, 1.0]), None);
        assert_eq!(solve(&[[0.0]], &[1.0]), None);
        assert_eq!(solve(&[[f64::NAN]], &[1.0]), None);
    }
}
