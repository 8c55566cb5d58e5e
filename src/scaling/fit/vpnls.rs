//! Variable projection: for fixed exponents the law is linear in E, A and B, so only two of five constants are searched.
//!
//! For each (α, β) of a grid the three are the non-negative least squares solution, which is exact and unique. The
//! cells that are lower than their neighbours are then refined in all five coordinates at once, which leads to the same
//! minimum as refining α and β with E, A and B projected out (Golub and Pereyra 1973), in fewer steps.
//!
//! Source: "Problems with Chinchilla Approach 2: Systematic biases in IsoFLOP parabola fits",
//! [arXiv:2603.22339](https://arxiv.org/abs/2603.22339), whose authors call it VPNLS. Their grid is dense; this one is
//! coarse, since the refinement needs no more than the right valley.

use super::linear;
use super::objective::{Coordinates, Sample};
use crate::order;

/// Exponents of the grid are these, a constant factor apart; published ones lie between 0.05 and 0.8.
const FIRST: f64 = 0.02;
const LAST: f64 = 2.0;
const CELLS: usize = 24;

/// The most valleys that are worth refining. Runs of one law have one or two.
const MAX_VALLEYS: usize = 4;

/// The lowest points of the grid, the best first: at least one.
pub(super) fn valleys(sample: &Sample) -> Vec<Coordinates> {
    let exponents: [f64; CELLS] =
        std::array::from_fn(|cell| FIRST * libm::pow(LAST / FIRST, cell as f64 / (CELLS - 1) as f64));
    let columns =
        |logs: &[f64]| exponents.map(|exponent| logs.iter().map(|log| libm::exp(-exponent * log)).collect::<Vec<_>>());
    let (models, data) = (columns(&sample.x), columns(&sample.y));
    let grid: Vec<Vec<Projected>> =
        models.iter().map(|model| data.iter().map(|data| project(model, data, &sample.loss)).collect()).collect();
    let is_lowest = |i: usize, j: usize| {
        let around = |cell: usize| cell.saturating_sub(1)..=(cell + 1).min(CELLS - 1);
        around(i).all(|row| around(j).all(|column| grid[row][column].squares >= grid[i][j].squares))
    };
    let mut found: Vec<(f64, Coordinates)> = Vec::new();
    for (i, row) in grid.iter().enumerate() {
        for (j, Projected { squares, linear: [e, a, b] }) in row.iter().enumerate() {
            if is_lowest(i, j) {
                found.push((*squares, [*e, *a, *b, exponents[i], exponents[j]]));
            }
        }
    }
    order::sort_by(&mut found, |left, right| left.0.total_cmp(&right.0));
    found.into_iter().take(MAX_VALLEYS).map(|(_, at)| at).collect()
}

/// The best E, A and B at the centre for given exponents.
#[derive(Clone, Copy, Debug)]
struct Projected {
    /// The sum of squared residuals, less Σ loss².
    squares: f64,
    linear: [f64; 3],
}

/// Non-negative least squares of three columns: 1, `model` and `data`.
///
/// The minimum is the unconstrained one of the columns it uses, so the best of the feasible ones among the seven
/// choices of columns is exact.
fn project(model: &[f64], data: &[f64], loss: &[f64]) -> Projected {
    let mut matrix = [[0.0; 3]; 3];
    let mut right = [0.0; 3];
    for ((&model, &data), &loss) in model.iter().zip(data).zip(loss) {
        let row = [1.0, model, data];
        linear::add_outer(&mut matrix, 1.0, &row);
        right.iter_mut().zip(row).for_each(|(sum, entry)| *sum += entry * loss);
    }
    let mut best = Projected { squares: f64::INFINITY, linear: [0.0; 3] };
    // All three first: where that is feasible, no choice of fewer is better.
    for used in (1..8u8).rev() {
        let Some(linear) = solve_columns(&matrix, &right, used) else { continue };
        if linear.iter().any(|&value| value < 0.0) {
            continue;
        }
        // At the minimum of a choice, xᵀMx = xᵀr.
        let squares = -(0..3).map(|i| linear[i] * right[i]).sum::<f64>();
        if squares < best.squares {
            best = Projected { squares, linear };
        }
        if used == 7 {
            break;
        }
    }
    best
}

/// Least squares of the columns whose bit is set; the others are 0.
fn solve_columns(matrix: &[[f64; 3]; 3], right: &[f64; 3], used: u8) -> Option<[f64; 3]> {
    let (mut matrix, mut right) = (*matrix, *right);
    (0..3).filter(|i| used >> i & 1 == 0).for_each(|i| linear::pin(&mut matrix, &mut right, i));
    linear::solve(&matrix, &right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn squares([e, a, b]: [f64; 3], model: &[f64], data: &[f64], loss: &[f64]) -> f64 {
        (0..loss.len()).map(|i| e + a * model[i] + b * data[i] - loss[i]).map(|r| r * r).sum()
    }

    proptest! {
        #[test]
        fn no_other_non_negative_constants_fit_better(
            rows in proptest::collection::vec((0.1..9.0f64, 0.1..9.0f64, 0.1..9.0f64), 5..20),
            other in prop::array::uniform3(0.0..5.0f64), nearer in 0.0..1.0f64,
        ) {
            let model: Vec<_> = rows.iter().map(|row| row.0).collect();
            let data: Vec<_> = rows.iter().map(|row| row.1).collect();
            let loss: Vec<_> = rows.iter().map(|row| row.2).collect();
            let best = project(&model, &data, &loss).linear;
            prop_assert!(best.iter().all(|&value| value >= 0.0));
            let other = [0, 1, 2].map(|i| best[i] + nearer * (other[i] - best[i]));
            let found = squares(best, &model, &data, &loss);
            prop_assert!(found <= squares(other, &model, &data, &loss) * (1.0 + 1e-9) + 1e-9);
        }
    }
}
