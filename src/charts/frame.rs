//! The frame of a chart: plot area, grid, ticks and titles.

use super::axis::{Span, TickFormat, Ticks, ticks};
use super::layout::{Bounds, Point};
use super::pen::{Align, Pen};
use super::{Error, Style};

/// One side of a frame: what it is called and how its ticks are written.
pub(super) struct Side<'a> {
    pub(super) label: &'a str,
    pub(super) span: Span,
    pub(super) format: TickFormat,
}

/// Where a chart's data go, in CSS pixels.
///
/// The page uses it to turn a pointer's place into a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    plot: Bounds,
    x: Span,
    y: Span,
    x_ticks: Ticks,
    y_ticks: Ticks,
    x_title: String,
    y_title: String,
    row: f64,
}

/// Between a tick's label and the plot.
const TICK_GAP: f64 = 6.0;

impl Frame {
    /// The frame in an area of `size`, with `top_rows` rows for title and legend and `right` pixels for line labels.
    ///
    /// `None` if no readable plot is left.
    pub(super) fn new(
        (width, height): (f64, f64),
        style: &Style,
        x: &Side,
        y: &Side,
        top_rows: usize,
        right: f64,
    ) -> Option<Self> {
        let row = style.row();
        let title_row = if x.label.is_empty() { 0.0 } else { row };
        let top = if top_rows == 0 { row / 2.0 } else { top_rows as f64 * row + 6.0 };
        let bottom = height - row - title_row - TICK_GAP;
        let most_y = ((bottom - top) / (row * 1.5)).floor().clamp(0.0, 8.0) as usize;
        let y_ticks = ticks(&y.span, y.format, most_y, |ticks| {
            ticks.windows(2).all(|pair| (pair[1].share - pair[0].share) * (bottom - top) >= row * 1.3)
        });
        let left = y_ticks.ticks.iter().map(|tick| style.text_width(&tick.label)).fold(0.0, f64::max);
        let plot = Bounds::new(left + TICK_GAP + 4.0, top, width - right.max(12.0), bottom);
        if plot.width() < 40.0 || plot.height() < 24.0 {
            return None;
        }
        let mut frame = Self {
            plot,
            x: x.span,
            y: y.span,
            x_ticks: Ticks::default(),
            x_title: String::new(),
            y_title: format!("{}{}", y.label, y_ticks.factor),
            y_ticks,
            row,
        };
        let most_x = (plot.width() / (style.font_px * 3.0)).floor().clamp(0.0, 10.0) as usize;
        frame.x_ticks = ticks(&x.span, x.format, most_x, |ticks| {
            let boxes: Vec<_> = ticks.iter().map(|tick| frame.x_label(style, tick.share, &tick.label, width)).collect();
            boxes.windows(2).all(|pair| pair[0].x1 + style.font_px * 0.7 <= pair[1].x0)
        });
        frame.x_title = format!("{}{}", x.label, frame.x_ticks.factor);
        Some(frame)
    }

    fn x_label(&self, style: &Style, share: f64, label: &str, width: f64) -> Bounds {
        let x = self.plot.x0 + share * self.plot.width();
        let y = self.plot.y1 + TICK_GAP + self.row / 2.0;
        Bounds::centred((x, y), style.text_width(label), self.row).slid_into(0.0, width)
    }

    /// The rectangle that holds the data.
    #[must_use]
    pub fn plot(&self) -> Bounds {
        self.plot
    }

    /// Where a pair of values lies, also outside the plot; `None` if the axes cannot show it.
    #[must_use]
    pub fn point(&self, x: f64, y: f64) -> Option<Point> {
        Some((self.x_place(x)?, self.y_place(y)?))
    }

    /// The value under a horizontal position, held within the axis.
    #[must_use]
    pub fn x_at(&self, css_x: f64) -> f64 {
        self.x.value(((css_x - self.plot.x0) / self.plot.width()).clamp(0.0, 1.0))
    }

    /// The values at both ends of the horizontal axis.
    #[must_use]
    pub fn x_ends(&self) -> (f64, f64) {
        (self.x.value(0.0), self.x.value(1.0))
    }

    pub(super) fn x_place(&self, x: f64) -> Option<f64> {
        Some(self.plot.x0 + self.x.share(x)? * self.plot.width())
    }

    pub(super) fn y_place(&self, y: f64) -> Option<f64> {
        Some(self.plot.y1 - self.y.share(y)? * self.plot.height())
    }

    /// Grid, ticks and titles; vertical grid lines only where both axes are read.
    pub(super) fn draw(&self, pen: &Pen, vertical_grid: bool) -> Result<(), Error> {
        let theme = pen.style.theme;
        let (width, _) = pen.size();
        let plot = &self.plot;
        for tick in &self.y_ticks.ticks {
            let y = plot.y1 - tick.share * plot.height();
            pen.level(y, plot.x0, plot.x1, 1.0, &theme.line)?;
            pen.text(&tick.label, (plot.x0 - TICK_GAP, y), Align::Right, &theme.ink3)?;
        }
        for tick in &self.x_ticks.ticks {
            let x = plot.x0 + tick.share * plot.width();
            if vertical_grid {
                pen.upright(x, plot.y0, plot.y1, 1.0, &theme.line)?;
            }
            pen.upright(x, plot.y1, plot.y1 + 4.0, 1.0, &theme.ink3)?;
            let label = self.x_label(pen.style, tick.share, &tick.label, width);
            pen.text(&tick.label, label.centre(), Align::Centre, &theme.ink3)?;
        }
        let title_y = plot.y1 + TICK_GAP + self.row * 1.5;
        let title = Bounds::centred((plot.centre().0, title_y), pen.style.text_width(&self.x_title), self.row);
        pen.text(&self.x_title, title.slid_into(0.0, width).centre(), Align::Centre, &theme.ink2)?;
        pen.text(&self.y_title, (0.0, self.row / 2.0), Align::Left, &theme.ink2)
    }

    /// The line at the foot of the plot, drawn after the data so that they do not cover it.
    pub(super) fn draw_base(&self, pen: &Pen) -> Result<(), Error> {
        pen.level(self.plot.y1, self.plot.x0, self.plot.x1, 1.0, &pen.style.theme.ink3)
    }
}
