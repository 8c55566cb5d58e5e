//! Where in a tensor the error is: what its pictures are made of.

use super::Edges;
use super::histogram::BINS;

/// The most cells across and up.
pub const MOST_CELLS: usize = 96;
/// Bins of [`Detail::joint`] each way: four of a histogram's are one.
pub const JOINT_BINS: usize = BINS / 4;

/// A part of a tensor: so many rows and columns, from these on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Window {
    pub row: usize,
    pub col: usize,
    pub rows: usize,
    pub cols: usize,
}

impl Window {
    /// All of a tensor of this many rows and columns.
    #[must_use]
    pub const fn whole((rows, cols): (usize, usize)) -> Self {
        Self { row: 0, col: 0, rows, cols }
    }

    /// At most so many rows and columns, with a value of the tensor as near to the middle as its borders allow.
    #[must_use]
    pub fn around((rows, cols): (usize, usize), index: usize, (most_rows, most_cols): (usize, usize)) -> Self {
        let place = |at: usize, most: usize, of: usize| {
            let size = most.clamp(1, of.max(1));
            (at.saturating_sub(size / 2).min(of.saturating_sub(size)), size)
        };
        let (row, rows) = place(index / cols.max(1), most_rows, rows);
        let (col, cols) = place(index % cols.max(1), most_cols, cols);
        Self { row, col, rows, cols }
    }

    /// Whether a place of the tensor, by row and column, is in it.
    #[must_use]
    pub fn holds(&self, row: usize, col: usize) -> bool {
        (self.row..self.row + self.rows).contains(&row) && (self.col..self.col + self.cols).contains(&col)
    }
}

/// A part of a tensor from above, in cells, and the errors of the whole over its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// The part that is in the cells.
    pub window: Window,
    /// Cells across: columns of the part, or as many as [`MOST_CELLS`].
    pub cell_cols: usize,
    /// Cells up: its rows, or as many as [`MOST_CELLS`].
    pub cell_rows: usize,
    /// Largest finite |x| in each cell, row by row.
    pub reference: Vec<f32>,
    /// Largest finite |q|.
    pub quantized: Vec<f32>,
    /// Largest |q − x|.
    pub error: Vec<f32>,
    /// Where in the tensor that is.
    pub worst: Vec<u32>,
    /// Where in the whole tensor the largest error is.
    pub worst_of_all: usize,
    /// How many values lie in a bin (across) with an error in a bin (up), row by row of the errors.
    pub joint: Vec<u32>,
    /// Columns of the whole tensor.
    cols: usize,
    /// The largest error of the whole so far.
    largest: f32,
    /// Which cells a value was seen in.
    seen: Vec<bool>,
}

impl Detail {
    /// Starts to look at a part of a tensor of `rows` × `cols` values.
    ///
    /// # Panics
    /// If the part is not within the tensor.
    #[must_use]
    pub fn new((rows, cols): (usize, usize), window: Window) -> Self {
        assert!(window.row + window.rows <= rows && window.col + window.cols <= cols, "a part of the tensor");
        let (cell_rows, cell_cols) = (window.rows.min(MOST_CELLS), window.cols.min(MOST_CELLS));
        let cells = cell_rows * cell_cols;
        Self {
            window,
            cell_cols,
            cell_rows,
            reference: vec![0.0; cells],
            quantized: vec![0.0; cells],
            error: vec![0.0; cells],
            worst: vec![0; cells],
            worst_of_all: 0,
            joint: vec![0; JOINT_BINS * JOINT_BINS],
            cols,
            largest: 0.0,
            seen: vec![false; cells],
        }
    }

    /// The same of another part: what was seen of the whole stays, and the cells are still to be filled ([`Self::fill`]).
    #[must_use]
    pub fn moved(self, window: Window) -> Self {
        let Self { worst_of_all, joint, largest, .. } = self;
        let rows = window.row + window.rows;
        Self { worst_of_all, joint, largest, ..Self::new((rows, self.cols), window) }
    }

    /// Looks at whole rows from `first_row` on and at what became of them.
    ///
    /// # Panics
    /// If there are not as many of both.
    pub fn add(
        &mut self,
        first_row: usize,
        values: &[f32],
        quantized: &[f32],
        value_edges: &Edges,
        error_edges: &Edges,
    ) {
        assert_eq!(values.len(), quantized.len(), "a quantized value for each value");
        let first = first_row * self.cols;
        for (index, (&x, &q)) in values.iter().zip(quantized).enumerate() {
            let e = q - x;
            if !(x.is_finite() && q.is_finite()) {
                continue;
            }
            if e.abs() > self.largest {
                (self.largest, self.worst_of_all) = (e.abs(), first + index);
            }
            let (across, up) = (value_edges.bin_from_guess(x) / 4, error_edges.bin_from_guess(e) / 4);
            self.joint[up * JOINT_BINS + across] += 1;
        }
        self.fill(first_row, values, quantized);
    }

    /// Fills the cells with what of these whole rows is in the part.
    pub fn fill(&mut self, first_row: usize, values: &[f32], quantized: &[f32]) {
        let Window { row: top, col: left, rows, cols } = self.window;
        let cell_of_col: Vec<usize> = (0..cols).map(|col| col * self.cell_cols / cols).collect();
        for (i, (x, q)) in values.chunks_exact(self.cols).zip(quantized.chunks_exact(self.cols)).enumerate() {
            let Some(row) = (first_row + i).checked_sub(top).filter(|row| *row < rows) else { continue };
            let first = (row * self.cell_rows / rows) * self.cell_cols;
            let start = (first_row + i) * self.cols + left;
            for (col, (&x, &q)) in x[left..left + cols].iter().zip(&q[left..]).enumerate() {
                let cell = first + cell_of_col[col];
                if !self.seen[cell] {
                    self.seen[cell] = true;
                    self.worst[cell] = (start + col) as u32;
                }
                if !x.is_finite() {
                    continue;
                }
                self.reference[cell] = self.reference[cell].max(x.abs());
                if !q.is_finite() {
                    continue;
                }
                self.quantized[cell] = self.quantized[cell].max(q.abs());
                let e = (q - x).abs();
                if e > self.error[cell] {
                    self.error[cell] = e;
                    self.worst[cell] = (start + col) as u32;
                }
            }
        }
    }

    /// Where in the tensor the largest error of a cell is.
    #[must_use]
    pub fn worst_in(&self, col: usize, row: usize) -> Option<usize> {
        let is_there = col < self.cell_cols && row < self.cell_rows;
        is_there.then(|| self.worst[row * self.cell_cols + col] as usize)
    }

    /// The cell that holds a value of a tensor of so many columns, by column and row of the cells; nothing if none does.
    #[must_use]
    pub fn cell_of(&self, cols: usize, index: usize) -> Option<(usize, usize)> {
        let (row, col, window) = (index / cols, index % cols, &self.window);
        let cell = |at: usize, cells: usize, of: usize| at * cells / of;
        window.holds(row, col).then(|| {
            (cell(col - window.col, self.cell_cols, window.cols), cell(row - window.row, self.cell_rows, window.rows))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looked at in slices of so many rows.
    fn detail(
        shape: (usize, usize),
        window: Window,
        slice: usize,
        values: &[f32],
        quantized: &[f32],
        edges: &(Edges, Edges),
    ) -> Detail {
        let mut detail = Detail::new(shape, window);
        let slices = values.chunks(slice * shape.1).zip(quantized.chunks(slice * shape.1)).enumerate();
        slices.for_each(|(i, (values, quantized))| detail.add(i * slice, values, quantized, &edges.0, &edges.1));
        detail
    }

    #[test]
    fn a_small_tensor_has_a_cell_for_each_value() {
        let (values, quantized) = ([1.0, -2.0, 0.5, f32::NAN, 4.0, 0.0], [1.0, -1.5, 0.5, 0.0, f32::INFINITY, 0.0]);
        let edges = (Edges::new(-2.0, 4.0), Edges::new(-0.5, 0.5));
        let detail = detail((2, 3), Window::whole((2, 3)), 1, &values, &quantized, &edges);
        assert_eq!((detail.cell_rows, detail.cell_cols), (2, 3));
        assert_eq!(detail.reference, [1.0, 2.0, 0.5, 0.0, 4.0, 0.0]);
        assert_eq!(detail.quantized, [1.0, 1.5, 0.5, 0.0, 0.0, 0.0]);
        assert_eq!(detail.error, [0.0, 0.5, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(detail.worst, [0, 1, 2, 3, 4, 5]);
        assert_eq!(detail.worst_of_all, 1);
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
        let shape = (rows, cols);
        let whole = |slice| detail(shape, Window::whole(shape), slice, &values, &quantized, &edges);
        let detail = whole(rows);
        assert!(detail == whole(1) && detail == whole(7), "in any slices");
        let (col, row) = detail.cell_of(cols, index).unwrap();
        let cell = row * detail.cell_cols + col;
        assert_eq!((detail.cell_rows, detail.cell_cols), (MOST_CELLS, MOST_CELLS));
        assert_eq!((detail.reference[cell], detail.error[cell], detail.worst[cell]), (8.0, 1.0, index as u32));
        assert_eq!(detail.error.iter().filter(|e| **e > 0.0).count(), 1);
        assert_eq!(detail.joint.iter().sum::<u32>(), (rows * cols) as u32);
    }

    #[test]
    fn a_part_of_a_tensor_has_cells_of_its_own_and_the_errors_of_all() {
        let (rows, cols) = (200, 300);
        let values: Vec<f32> = (0..rows * cols).map(|i| i as f32).collect();
        let mut quantized = values.clone();
        let index = 123 * cols + 217;
        quantized[index] += 1.0;
        quantized[7] += 5.0;
        let edges = (Edges::new(0.0, 60_000.0), Edges::new(-5.0, 5.0));
        let window = Window::around((rows, cols), index, (10, 20));
        assert_eq!(window, Window { row: 118, col: 207, rows: 10, cols: 20 });
        let shape = (rows, cols);
        let mut moved = detail(shape, Window::whole(shape), 9, &values, &quantized, &edges).moved(window);
        moved.fill(100, &values[100 * cols..], &quantized[100 * cols..]);
        let detail = detail(shape, window, 9, &values, &quantized, &edges);
        assert_eq!(detail, moved, "seen from the beginning or later");
        assert_eq!((detail.cell_rows, detail.cell_cols, detail.worst_of_all), (10, 20, 7));
        assert_eq!(detail.cell_of(cols, index), Some((10, 5)));
        assert_eq!((detail.cell_of(cols, 7), detail.worst_in(10, 5)), (None, Some(index)));
        assert_eq!(detail.reference[0], values[118 * cols + 207]);
        assert_eq!(detail.error.iter().sum::<f32>(), 1.0);
        assert_eq!(detail.joint.iter().sum::<u32>(), (rows * cols) as u32);
    }

    #[test]
    fn a_part_stays_within_the_tensor() {
        let shape = (200, 300);
        assert_eq!(Window::around(shape, 0, (10, 20)), Window { row: 0, col: 0, rows: 10, cols: 20 });
        assert_eq!(Window::around(shape, 59_999, (10, 20)), Window { row: 190, col: 280, rows: 10, cols: 20 });
        assert_eq!(Window::around(shape, 5, (999, 999)), Window::whole(shape));
        assert_eq!(Window::around((1, 4), 2, (0, 2)), Window { row: 0, col: 1, rows: 1, cols: 2 });
    }
}
