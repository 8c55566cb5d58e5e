//! A row of swatches with their names, above a plot whose lines cannot be named where they end.

use super::layout::Bounds;
use super::pen::{Align, Dash, Pen};
use super::{Error, Role, Style, pattern};

/// What stands before the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swatch {
    Line,
    Dashes,
    Area,
    /// The fill of a part, pattern and all.
    Fill,
    /// The mark of what a row can hold.
    Tick,
    /// The sign of bins that go on above the plot.
    Cut,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) label: String,
    pub(super) role: Role,
    pub(super) swatch: Swatch,
}

/// Entries with their places; those that found none in the rows are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Legend {
    pub(super) entries: Vec<(Bounds, Entry)>,
    /// How many rows are taken, counting the one that starts at `first_left`.
    pub(super) rows: usize,
}

const SWATCH: f64 = 18.0;

impl Legend {
    /// Lays entries out from `first_left` on the first row, then from the left edge, in at most `most` rows.
    pub(super) fn new(entries: Vec<Entry>, style: &Style, first_left: f64, right: f64, most: usize) -> Self {
        let row_height = style.row();
        let (mut x, mut row) = (first_left, 0);
        let mut placed = Vec::new();
        for entry in entries.into_iter().filter(|entry| !entry.label.is_empty()) {
            let width = SWATCH + 6.0 + style.text_width(&entry.label);
            if x + width > right && (x > 0.0 || row == 0) {
                (x, row) = (0.0, row + 1);
            }
            if row >= most || x + width > right {
                break;
            }
            let y = row as f64 * row_height;
            placed.push((Bounds::new(x, y, x + width, y + row_height), entry));
            x += width + 14.0;
        }
        let rows = placed.last().map_or(0, |(bounds, _)| (bounds.y1 / row_height).round() as usize);
        Self { entries: placed, rows }
    }

    pub(super) fn draw(&self, pen: &Pen) -> Result<(), Error> {
        let theme = pen.style.theme;
        for (bounds, entry) in &self.entries {
            let y = bounds.centre().1;
            let colour = theme.colour(entry.role);
            let ends = [(bounds.x0, y), (bounds.x0 + SWATCH, y)];
            match entry.swatch {
                Swatch::Line => pen.level(y, ends[0].0, ends[1].0, 2.0, &colour)?,
                Swatch::Dashes => pen.dashed(&ends, Dash::Long, 2.0, &colour)?,
                Swatch::Cut => pen.cut_sign((bounds.x0 + SWATCH / 2.0, y + 2.0), &colour)?,
                Swatch::Fill => {
                    pattern::fill(pen, entry.role, &Bounds::new(bounds.x0, y - 6.0, bounds.x0 + SWATCH, y + 6.0))?;
                }
                Swatch::Tick => pen.upright(bounds.x0 + SWATCH / 2.0, y - 7.0, y + 7.0, 2.0, &theme.ink)?,
                Swatch::Area => {
                    let area = Bounds::new(bounds.x0, y - 5.0, bounds.x0 + SWATCH, y + 5.0);
                    pen.fill(&area, &theme.tint(colour, 0.25))?;
                    pen.level(area.y0, area.x0, area.x1, 1.5, &colour)?;
                }
            }
            pen.text(&entry.label, (bounds.x0 + SWATCH + 6.0, y), Align::Left, &theme.ink2)?;
        }
        Ok(())
    }
}
