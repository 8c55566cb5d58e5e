//! Pictures of reports, on any plotters backend.
//!
//! The page draws on a canvas, tests and export draw SVG, and both run the same functions, so a picture that a test has
//! seen is the picture a reader sees. A [`Picture`] is plain data ([`StackedBar`], [`LineChart`], [`Histogram`]) that can
//! draw itself.
//!
//! Every picture is laid out in CSS pixels by pure functions ([`layout`]), and only `pen` turns them into device pixels. So a length cannot be left unscaled, and what a picture looks like does not depend on the display. Text is
//! measured by a table of letter widths, never by the backend: a canvas would lay the page out anew for each label, and
//! the host has no fonts.
//!
//! Bad numbers are left out, not reported: a picture of nothing is an empty picture, and an area too small for a plot
//! shows its background. The only error is the backend's own.
//!
//! # Adding a picture
//!
//! 1. One file: a data struct whose fields are what the reader sees (labels already formatted, colours as [`Role`]s).
//! 2. A `layout` method from data, size and [`Style`] to rectangles, with tests that read those rectangles.
//! 3. [`Picture::draw`], which walks the layout with the pen. Curves look smoothest when `scale` is at least 2, because backends take
//!    whole pixels: on an ordinary display draw at 2 and let the canvas shrink.
//! 4. One snapshot in light, and a look at it at 340 and 900 px.

use plotters::drawing::DrawingAreaErrorKind;
use serde::{Deserialize, Serialize};

mod axis;
pub mod bars;
pub mod cells;
mod cursor;
mod frame;
pub mod histogram;
pub mod lanes;
pub mod layout;
mod legend;
pub mod line_chart;
pub mod pattern;
mod pen;
mod sheet;
pub mod stacked_bar;
mod surface;
mod svg;
mod theme;

#[cfg(test)]
mod test_support;

pub use axis::{Axis, Scale, TickFormat};
use frame::Frame;

pub use bars::{Bars, Row};
pub use cells::{CellRole, Cells};
pub use cursor::{Power, Readings};
pub use histogram::{BinSeries, BinStyle, Histogram, ValueMark};
pub use lanes::{Bar, Lane, Lanes};
pub use line_chart::{LineChart, Mark, Reference, Series, Shape};
pub use pattern::Pattern;
pub use sheet::Sheet;
pub use stacked_bar::{Capacity, Part, StackedBar};
pub use surface::Surface;
pub use svg::Svg;
pub use theme::{Role, Style, Theme};

/// Data that can be drawn on any backend.
pub trait Picture {
    /// Clears the area and draws on it; presenting it is the caller's.
    ///
    /// # Errors
    ///
    /// [`Error::Backend`] if the backend fails.
    fn draw(&self, area: &dyn Surface, style: &Style) -> Result<(), Error>;
}

/// Any of the pictures, for a page that shows them all with one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AnyPicture {
    /// Parts of a whole.
    StackedBar(StackedBar),
    /// Curves and points.
    LineChart(LineChart),
    /// Counts in bins.
    Histogram(Histogram),
    /// Bars and ticks above one axis.
    Lanes(Lanes),
    /// A field of shaded cells.
    Cells(Cells),
    /// Parts of several wholes, in rows.
    Bars(Bars),
}

impl Default for AnyPicture {
    /// Nothing.
    fn default() -> Self {
        Self::Bars(Bars::default())
    }
}

impl AnyPicture {
    /// The value under a horizontal position, and those at the ends of the axis, of a picture that a value can be dragged in.
    #[must_use]
    pub fn value_at(&self, css_x: f64, size: (f64, f64)) -> Option<(f64, (f64, f64))> {
        let style = Style::new(&Theme::LIGHT, 1.0);
        let of_frame = |frame: &Frame| (frame.x_at(css_x), frame.x_ends());
        match self {
            Self::Lanes(picture) => picture.layout(size, &style).map(|layout| (layout.value_at(css_x), layout.ends())),
            Self::Histogram(picture) => picture.layout(size, &style).map(|layout| of_frame(&layout.frame)),
            Self::LineChart(picture) => picture.layout(size, &style).map(|layout| of_frame(&layout.frame)),
            Self::StackedBar(_) | Self::Cells(_) | Self::Bars(_) => None,
        }
    }

    /// The curves, of a picture that has them.
    #[must_use]
    pub fn curves(&self) -> Option<&LineChart> {
        match self {
            Self::LineChart(chart) => Some(chart),
            _ => None,
        }
    }

    /// The same picture with a cursor at x, if it has curves.
    #[must_use]
    pub fn pointed_at(&self, x: Option<f64>) -> Self {
        match self {
            Self::LineChart(chart) => Self::LineChart(LineChart { cursor: x, ..chart.clone() }),
            other => other.clone(),
        }
    }

    /// The cell under a place, by column and row, of a picture that has cells; of a histogram the bin, in row 0.
    #[must_use]
    pub fn cell_at(&self, at: layout::Point, size: (f64, f64)) -> Option<(usize, usize)> {
        let style = Style::new(&Theme::LIGHT, 1.0);
        match self {
            Self::Cells(cells) => cells.layout(size, &style)?.cell_at(at),
            Self::Histogram(histogram) => Some((histogram.bin_at(&histogram.layout(size, &style)?.frame, at.0)?, 0)),
            _ => None,
        }
    }
}

impl Picture for AnyPicture {
    fn draw(&self, area: &dyn Surface, style: &Style) -> Result<(), Error> {
        match self {
            Self::StackedBar(picture) => picture.draw(area, style),
            Self::LineChart(picture) => picture.draw(area, style),
            Self::Histogram(picture) => picture.draw(area, style),
            Self::Lanes(picture) => picture.draw(area, style),
            Self::Cells(picture) => picture.draw(area, style),
            Self::Bars(picture) => picture.draw(area, style),
        }
    }
}

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The backend refused a drawing operation.
    #[error("the drawing backend failed: {0}")]
    Backend(String),
}

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for Error {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Backend(error.to_string())
    }
}
