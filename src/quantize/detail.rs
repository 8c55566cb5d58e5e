//! Where in a tensor the error is: what its pictures are made of.

use super::Edges;
use super::histogram::BINS;

/// The most cells across and up.
pub const MOST_CELLS: usize = 96;
/// Bins of [`Detail::joint`] each way: four of a histogram's are one.
pub const JOINT_BINS: usize = BINS / 4;

/// A tensor from above, in cells, and its errors over its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// Cells across: columns, or as many as [`MOST_CELLS`].
    pub cell_cols: usize,
    /// Cells up: rows, or as many as [`MOST_CELLS`].
    pub cell_rows: usize,
    /// Largest finite |x| in each cell, row by row.
    pub reference: Vec<f32>,
    /// Largest finite |q|.
    pub quantized: Vec<f32>,
    /// Largest |q − x|.
    pub error: Vec<f32>,
    /// Where in the tensor that is.
    pub worst: Vec<u32>,
    /// How many values lie in a bin (across) with an error in a bin (up), row by row of the errors.
    pub joint: Vec<u32>,
}

impl Detail {
    /// Looks at a tensor of `rows` × `cols` values and what became of them.
    ///
    /// # Panics
    /// If there are not as many of both.
    #[must_use]
    pub fn new(
        (rows, cols): (usize, usize),
        values: &[f32],
        quantized: &[f32],
        value_edges: &Edges,
        error_edges: &Edges,
    ) -> Self {
        assert_eq!((values.len(), quantized.len()), (rows * cols, rows * cols), "a quantized value for each value");
        let (cell_rows, cell_cols) = (rows.min(MOST_CELLS), cols.min(MOST_CELLS));
        let cells = cell_rows * cell_cols;
        let mut detail = Self {
            cell_cols,
            cell_rows,
            reference: vec![0.0; cells],
            quantized: vec![0.0; cells],
            error: vec![0.0; cells],
            worst: vec![0; cells],
            joint: vec![0; JOINT_BINS * JOINT_BINS],
        };
        let cell_of_col: Vec<usize> = (0..cols).map(|col| col * cell_cols / cols).collect();
        let mut seen = vec![false; cells];
        for row in 0..rows {
            let first = (row * cell_rows / rows) * cell_cols;
            let line = row * cols..(row + 1) * cols;
            for (col, (&x, &q)) in values[line.clone()].iter().zip(&quantized[line.clone()]).enumerate() {
                let cell = first + cell_of_col[col];
                if !seen[cell] {
                    seen[cell] = true;
                    detail.worst[cell] = (line.start + col) as u32;
                }
                if !x.is_finite() {
                    continue;
                }
                detail.reference[cell] = detail.reference[cell].max(x.abs());
                if !q.is_finite() {
                    continue;
                }
                let e = q - x;
                detail.quantized[cell] = detail.quantized[cell].max(q.abs());
                if e.abs() > detail.error[cell] {
                    detail.error[cell] = e.abs();
                    detail.worst[cell] = (line.start + col) as u32;
                }
                let (across, up) = (value_edges.bin_from_guess(x) / 4, error_edges.bin_from_guess(e) / 4);
                detail.joint[up * JOINT_BINS + across] += 1;
            }
        }
        detail
    }

    /// Where in the tensor the largest error of all is.
    #[must_use]
    pub fn worst_of_all(&self) -> usize {
        let largest = self.error.iter().copied().fold(0.0, f32::max);
        let cell = self.error.iter().position(|error| *error == largest);
        cell.and_then(|cell| self.worst.get(cell)).map_or(0, |index| *index as usize)
    }

    /// Where in the tensor the largest error of a cell is.
    #[must_use]
    pub fn worst_in(&self, col: usize, row: usize) -> Option<usize> {
        let is_there = col < self.cell_cols && row < self.cell_rows;
        is_there.then(|| self.worst[row * self.cell_cols + col] as usize)
    }

    /// The cell that holds a value, by column and row of the cells.
    #[must_use]
    pub fn cell_of(&self, (rows, cols): (usize, usize), index: usize) -> (usize, usize) {
        (index % cols * self.cell_cols / cols, index / cols * self.cell_rows / rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_tensor_has_a_cell_for_each_value() {
        let (values, quantized) = ([1.0, -2.0, 0.5, f32::NAN, 4.0, 0.0], [1.0, -1.5, 0.5, 0.0, f32::INFINITY, 0.0]);
        let edges = (Edges::new(-2.0, 4.0), Edges::new(-0.5, 0.5));
        let detail = Detail::new((2, 3), &values, &quantized, &edges.0, &edges.1);
        assert_eq!((detail.cell_rows, detail.cell_cols), (2, 3));
        assert_eq!(detail.reference, [1.0, 2.0, 0.5, 0.0, 4.0, 0.0]);
        assert_eq!(detail.quantized, [1.0, 1.5, 0.5, 0.0, 0.0, 0.0]);
        assert_eq!(detail.error, [0.0, 0.5, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(detail.worst, [0, 1, 2, 3, 4, 5]);
        assert_eq!(detail.worst_of_all(), 1);
        assert_eq!(detail.joint.iter().sum::<u32>(), 4, "what is not finite is left out");
    }

    #[test]
    fn a_large_tensor_has_the_largest_of_each_cell_and_knows_where_it_is() {
        let (rows, cols) = (200, 300);
        let mut values = vec![0.25f32; rows * cols];
        let mut quantized = values.clone();
        let index = 123 * cols + 217;
        (values[index], quantized[index]) = (-8.0, -7.0);
        let edges = (Edges::new(-8.0, 8.0), Edges::new(-1.0, 1.0));
        let detail = Detail::new((rows, cols), &values, &quantized, &edges.0, &edges.1);
        let (col, row) = detail.cell_of((rows, cols), index);
        let cell = row * detail.cell_cols + col;
        assert_eq!((detail.cell_rows, detail.cell_cols), (MOST_CELLS, MOST_CELLS));
        assert_eq!((detail.reference[cell], detail.error[cell], detail.worst[cell]), (8.0, 1.0, index as u32));
        assert_eq!(detail.error.iter().filter(|e| **e > 0.0).count(), 1);
        assert_eq!(detail.joint.iter().sum::<u32>(), (rows * cols) as u32);
    }
}
