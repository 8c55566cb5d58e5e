//! Where the reader looks, as text: what is pressed says it, and the page hands it on without knowing what it means.

use crate::quantize::detail::Window;
use std::fmt;

/// A place of a tensor, and which part of it is in the cells.
///
/// `worst`, `cell COLUMN,ROW`, `number INDEX` or `error BIN`; and after an `@` the part, `ROW,COLUMN,ROWS,COLUMNS`, if that is
/// not the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number that is looked at.
    pub spot: Spot,
    /// The part that is in the cells when it is chosen.
    pub window: Option<Window>,
}

/// A number of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// That with the largest error.
    Worst,
    /// That with the largest error in a cell, by column and row.
    Cell(usize, usize),
    /// That at an index.
    Number(usize),
    /// That with the largest error in a bin of the errors.
    Error(usize),
}

impl Place {
    /// Reads a place; what means nothing is the whole tensor's worst.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (spot, window) = text.split_once('@').unwrap_or((text, ""));
        let numbers = |text: &str| -> Vec<usize> { text.split(',').filter_map(|number| number.parse().ok()).collect() };
        let (kind, rest) = spot.split_once(' ').unwrap_or((spot, ""));
        let spot = match (kind, numbers(rest).as_slice()) {
            ("cell", [col, row]) => Spot::Cell(*col, *row),
            ("number", [index]) => Spot::Number(*index),
            ("error", [bin]) => Spot::Error(*bin),
            _ => Spot::Worst,
        };
        let window = match numbers(window).as_slice() {
            &[row, col, rows, cols] => Some(Window { row, col, rows, cols }),
            _ => None,
        };
        Self { spot, window }
    }

    /// The part of a tensor of this shape that is in the cells: what was asked for, as far as there is such a part.
    #[must_use]
    pub fn window_of(&self, shape: (usize, usize)) -> Window {
        let is_part = |window: &Window| {
            let fits =
                |from: usize, size: usize, of: usize| size > 0 && from.checked_add(size).is_some_and(|end| end <= of);
            fits(window.row, window.rows, shape.0) && fits(window.col, window.cols, shape.1)
        };
        self.window.filter(is_part).unwrap_or(Window::whole(shape))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.spot {
            Spot::Worst => write!(f, "worst")?,
            Spot::Cell(col, row) => write!(f, "cell {col},{row}")?,
            Spot::Number(index) => write!(f, "number {index}")?,
            Spot::Error(bin) => write!(f, "error {bin}")?,
        }
        match self.window {
            Some(Window { row, col, rows, cols }) => write!(f, "@{row},{col},{rows},{cols}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let window = Window { row: 1, col: 2, rows: 3, cols: 4 };
        for spot in [Spot::Worst, Spot::Cell(5, 6), Spot::Number(7), Spot::Error(8)] {
            for window in [None, Some(window)] {
                let place = Place { spot, window };
                assert_eq!(Place::read(&place.to_string()), place);
            }
        }
        for nonsense in ["", "cell 1", "cell 1,2,3", "number -1", "@", "cell a,b@1,2,3"] {
            assert_eq!(Place::read(nonsense), Place { spot: Spot::Worst, window: None }, "{nonsense}");
        }
    }

    #[test]
    fn a_part_that_the_tensor_has_not_is_the_whole() {
        let part = |window| Place { spot: Spot::Worst, window: Some(window) }.window_of((10, 20));
        let inside = Window { row: 8, col: 0, rows: 2, cols: 20 };
        assert_eq!(part(inside), inside);
        for outside in
            [Window { rows: 3, ..inside }, Window { cols: 0, ..inside }, Window { col: usize::MAX, ..inside }]
        {
            assert_eq!(part(outside), Window::whole((10, 20)));
        }
    }
}
