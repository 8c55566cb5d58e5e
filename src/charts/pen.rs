//! The one place where CSS pixels become device pixels.

use super::layout::{Bounds, Point, dashes};
pub(super) use super::surface::Align;
use super::surface::Lettering;
use super::{Error, Style, Surface};
use plotters::prelude::{Color, RGBColor};

/// Curves are told from reference lines by the length of their dashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dash {
    Long,
    Short,
}

/// Draws on an area in CSS pixels.
pub(super) struct Pen<'a> {
    area: &'a dyn Surface,
    pub(super) style: &'a Style,
}

impl<'a> Pen<'a> {
    pub(super) fn new(area: &'a dyn Surface, style: &'a Style) -> Self {
        Self { area, style }
    }

    /// Width and height of the area.
    pub(super) fn size(&self) -> (f64, f64) {
        let (width, height) = self.area.size();
        (f64::from(width) / self.style.scale, f64::from(height) / self.style.scale)
    }

    fn at(&self, (x, y): Point) -> (i32, i32) {
        (self.style.px(x), self.style.px(y))
    }

    pub(super) fn clear(&self) -> Result<(), Error> {
        self.area.clear(self.style.theme.background.to_rgba())
    }

    pub(super) fn fill(&self, bounds: &Bounds, colour: &impl Color) -> Result<(), Error> {
        self.corners(self.at((bounds.x0, bounds.y0)), self.at((bounds.x1, bounds.y1)), colour)
    }

    fn corners(&self, (x0, y0): (i32, i32), (x1, y1): (i32, i32), colour: &impl Color) -> Result<(), Error> {
        if x0 >= x1 || y0 >= y1 {
            return Ok(());
        }
        self.area.rectangle((x0, y0), (x1, y1), colour.to_rgba())
    }

    /// A border inside `bounds`, from rectangles: plotters-svg gives an unfilled rectangle no stroke width.
    pub(super) fn outline(&self, bounds: &Bounds, width: f64, colour: &RGBColor) -> Result<(), Error> {
        let ((x0, y0), (x1, y1)) = (self.at((bounds.x0, bounds.y0)), self.at((bounds.x1, bounds.y1)));
        let w = self.style.stroke(width) as i32;
        self.corners((x0, y0), (x1, y0 + w), colour)?;
        self.corners((x0, y1 - w), (x1, y1), colour)?;
        self.corners((x0, y0 + w), (x0 + w, y1 - w), colour)?;
        self.corners((x1 - w, y0 + w), (x1, y1 - w), colour)
    }

    /// A horizontal line; a rectangle on whole pixels, so it is sharp on a canvas.
    pub(super) fn level(&self, y: f64, x0: f64, x1: f64, width: f64, colour: &RGBColor) -> Result<(), Error> {
        let w = self.style.stroke(width) as i32;
        let top = self.style.px(y) - w / 2;
        self.corners((self.style.px(x0), top), (self.style.px(x1), top + w), colour)
    }

    /// A vertical line.
    pub(super) fn upright(&self, x: f64, y0: f64, y1: f64, width: f64, colour: &RGBColor) -> Result<(), Error> {
        let w = self.style.stroke(width) as i32;
        let left = self.style.px(x) - w / 2;
        self.corners((left, self.style.px(y0)), (left + w, self.style.px(y1)), colour)
    }

    pub(super) fn path(&self, points: &[Point], width: f64, colour: &RGBColor) -> Result<(), Error> {
        let mut points: Vec<_> = points.iter().map(|&p| self.at(p)).collect();
        points.dedup();
        if points.len() < 2 {
            return Ok(());
        }
        self.area.path(points, self.style.stroke(width), colour.to_rgba())
    }

    pub(super) fn dashed(&self, points: &[Point], dash: Dash, width: f64, colour: &RGBColor) -> Result<(), Error> {
        let (on, off) = match dash {
            Dash::Long => (6.0, 4.0),
            Dash::Short => (2.0, 3.0),
        };
        for dash in dashes(points, on, off) {
            self.path(&dash, width, colour)?;
        }
        Ok(())
    }

    pub(super) fn polygon(&self, points: &[Point], colour: &RGBColor) -> Result<(), Error> {
        self.area.polygon(points.iter().map(|&p| self.at(p)).collect(), colour.to_rgba())
    }

    pub(super) fn disc(&self, at: Point, radius: f64, colour: &RGBColor) -> Result<(), Error> {
        self.area.disc(self.at(at), self.style.px(radius).max(1), colour.to_rgba())
    }

    /// A small triangle that says: this goes on above.
    pub(super) fn cut_sign(&self, (x, foot): Point, colour: &RGBColor) -> Result<(), Error> {
        self.polygon(&[(x - 3.5, foot), (x, foot - 5.0), (x + 3.5, foot)], colour)
    }

    /// One line of text, its vertical middle at `at`: the one anchor on which canvas and SVG agree.
    pub(super) fn text(&self, text: &str, at: Point, align: Align, colour: &RGBColor) -> Result<(), Error> {
        self.write(text, at, align, colour, false)
    }

    pub(super) fn bold(&self, text: &str, at: Point, align: Align, colour: &RGBColor) -> Result<(), Error> {
        self.write(text, at, align, colour, true)
    }

    fn write(&self, text: &str, at: Point, align: Align, colour: &RGBColor, is_bold: bool) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let size = self.style.font_px * self.style.scale;
        self.area.text(text, self.at(at), Lettering { size, is_bold, align, colour: colour.to_rgba() })
    }
}
