//! A field of cells, each as dark as its value is large: a tensor from above, or how often two quantities meet.

use super::axis::Span;
use super::frame::{Frame, Side};
use super::layout::Bounds;
use super::pen::{Align, Pen};
use super::{Axis, Error, Picture, Role, Style, Surface};
use serde::{Deserialize, Serialize};

/// Equal cells over two axes, whose ranges are given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cells {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis, upwards.
    pub y: Axis,
    /// Cells in a row.
    pub cols: usize,
    /// The cells, row by row from the foot: 0 is the ground, 255 the full colour.
    pub shades: Vec<u8>,
    /// The colour.
    pub role: CellRole,
    /// What 0 and 255 stand for.
    pub ends: (String, String),
    /// Where vertical lines divide the field.
    pub borders: Vec<f64>,
    /// The cell that is looked at, by column and row.
    pub chosen: Option<(usize, usize)>,
}

/// What the cells are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CellRole {
    /// The tensor before.
    #[default]
    Reference,
    /// The tensor after.
    Quantized,
    /// The difference.
    Error,
}

/// Shades that are told apart; neighbours of one shade are drawn as one.
const SHADES: u32 = 24;

/// Where the field lies, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct CellsLayout {
    /// Plot and axes.
    pub frame: Frame,
    cols: usize,
    rows: usize,
}

impl Cells {
    fn rows(&self) -> usize {
        self.shades.len().checked_div(self.cols).unwrap_or(0)
    }

    /// The place of the field in an area of `size`; `None` if it is too small, or there is no cell.
    #[must_use]
    pub fn layout(&self, size: (f64, f64), style: &Style) -> Option<CellsLayout> {
        if self.rows() == 0 {
            return None;
        }
        let frame = Frame::new(size, style, &side(&self.x), &side(&self.y), 2, 0.0)?;
        Some(CellsLayout { frame, cols: self.cols, rows: self.rows() })
    }
}

fn side(axis: &Axis) -> Side<'_> {
    Side { label: &axis.label, span: Span::of(axis, []), format: axis.format }
}

impl CellsLayout {
    /// The rectangle of the cells from column `from` to before column `to` of a row.
    fn bounds(&self, row: usize, from: usize, to: usize) -> Bounds {
        let plot = self.frame.plot();
        let x = |col: usize| plot.x0 + plot.width() * col as f64 / self.cols as f64;
        let y = |row: usize| plot.y1 - plot.height() * row as f64 / self.rows as f64;
        Bounds::new(x(from), y(row + 1), x(to), y(row))
    }

    /// The cell under a place, by column and row; nothing outside the field.
    #[must_use]
    pub fn cell_at(&self, (x, y): (f64, f64)) -> Option<(usize, usize)> {
        let plot = self.frame.plot();
        let (across, up) = ((x - plot.x0) / plot.width(), (plot.y1 - y) / plot.height());
        let inside = (0.0..1.0).contains(&across) && (0.0..1.0).contains(&up);
        inside.then_some(((across * self.cols as f64) as usize, (up * self.rows as f64) as usize))
    }
}

/// The shade as it is drawn.
fn drawn(shade: u8) -> u32 {
    (u32::from(shade) * (SHADES - 1)).div_ceil(255)
}

impl Picture for Cells {
    fn draw(&self, area: &dyn Surface, style: &Style) -> Result<(), Error> {
        let pen = Pen::new(area, style);
        pen.clear()?;
        let Some(layout) = self.layout(pen.size(), style) else { return Ok(()) };
        let theme = style.theme;
        let plot = layout.frame.plot();
        let colour = theme.colour(match self.role {
            CellRole::Reference => Role::Reference,
            CellRole::Quantized => Role::Quantized,
            CellRole::Error => Role::Error,
        });
        let share = |shade: u32| 0.06 + 0.94 * f64::from(shade) / f64::from(SHADES - 1);
        layout.frame.draw(&pen, false)?;
        pen.fill(&plot, &theme.background)?;
        for (row, shades) in self.shades.chunks(self.cols).enumerate() {
            let mut from = 0;
            for run in shades.chunk_by(|a, b| drawn(*a) == drawn(*b)) {
                let shade = drawn(run[0]);
                if shade > 0 {
                    pen.fill(&layout.bounds(row, from, from + run.len()), &theme.tint(colour, share(shade)))?;
                }
                from += run.len();
            }
        }
        for x in self.borders.iter().filter_map(|&x| layout.frame.x_place(x)) {
            if (plot.x0..=plot.x1).contains(&x) {
                pen.upright(x, plot.y0, plot.y1, 1.0, &theme.ink3)?;
            }
        }
        pen.outline(&plot, 1.0, &theme.ink3)?;
        if let Some((col, row)) = self.chosen.filter(|(col, row)| *col < layout.cols && *row < layout.rows) {
            let cell = layout.bounds(row, col, col + 1);
            let around = Bounds::new(cell.x0 - 3.0, cell.y0 - 3.0, cell.x1 + 3.0, cell.y1 + 3.0);
            pen.outline(&around, 2.0, &theme.ink)?;
        }
        self.draw_key(&pen, &plot, |shade| theme.tint(colour, share(shade)))
    }
}

impl Cells {
    /// The shades with what their ends stand for, right above the field.
    fn draw_key(
        &self,
        pen: &Pen,
        plot: &Bounds,
        colour: impl Fn(u32) -> plotters::style::RGBColor,
    ) -> Result<(), Error> {
        let style = pen.style;
        let y = style.row() * 1.5;
        let (least, most) = (&self.ends.0, &self.ends.1);
        let right = plot.x1 - style.text_width(most);
        pen.text(most, (plot.x1, y), Align::Right, &style.theme.ink2)?;
        let (x1, width) = (right - 8.0, 96.0);
        for shade in 1..SHADES {
            let at = |i: u32| x1 - width + width * f64::from(i - 1) / f64::from(SHADES - 1);
            pen.fill(&Bounds::new(at(shade), y - 5.0, at(shade + 1), y + 5.0), &colour(shade))?;
        }
        pen.text(least, (x1 - width - 8.0, y), Align::Right, &style.theme.ink2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{check_everywhere, show, svg};
    use super::super::{Theme, TickFormat};
    use super::*;

    fn field() -> Cells {
        let (cols, rows) = (24, 12);
        let cell = |i: usize| {
            let (x, y) = ((i % cols) as f64 / cols as f64 - 0.5, (i / cols) as f64 / rows as f64 - 0.5);
            (255.0 * (-12.0 * (x * x + y * y)).exp()) as u8
        };
        Cells {
            x: Axis::linear("Column", TickFormat::Plain).over(0.0, 96.0),
            y: Axis::linear("Row", TickFormat::Plain).over(0.0, 48.0),
            cols,
            shades: (0..cols * rows).map(cell).collect(),
            role: CellRole::Error,
            ends: ("0".into(), "0.0025".into()),
            borders: vec![32.0, 64.0],
            chosen: Some((5, 7)),
        }
    }

    #[test]
    fn a_place_leads_to_its_cell_and_outside_to_none() {
        let layout = field().layout((500.0, 300.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap();
        for cell in [(0, 0), (23, 0), (0, 11), (7, 3)] {
            assert_eq!(layout.cell_at(layout.bounds(cell.1, cell.0, cell.0 + 1).centre()), Some(cell));
        }
        let plot = layout.frame.plot();
        assert_eq!(layout.cell_at((plot.x0 - 1.0, plot.y0 + 5.0)), None);
        assert_eq!(layout.cell_at((plot.x1 + 0.1, plot.y1 - 5.0)), None);
    }

    #[test]
    fn the_ground_is_not_drawn_and_the_largest_is_the_full_colour() {
        assert_eq!((drawn(0), drawn(1), drawn(255)), (0, 1, SHADES - 1));
    }

    #[test]
    fn cells_light() {
        insta::assert_snapshot!(svg((480, 260), &Theme::LIGHT, &field()));
    }

    #[test]
    fn any_size_can_be_drawn() {
        check_everywhere(&field());
        check_everywhere(&Cells::default());
    }

    #[test]
    #[ignore = "writes pictures to look at into $CHARTS_OUT"]
    fn pictures_to_look_at() {
        show("cells", &field());
    }
}
