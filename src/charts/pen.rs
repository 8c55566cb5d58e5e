//! The one place where CSS pixels become device pixels.

use super::layout::{Bounds, Point, dashes};
use super::{Error, Style};
use plotters::coord::Shift;
use plotters::prelude::{
    Circle, Color, DrawingArea, DrawingBackend, FontFamily, FontStyle, PathElement, Polygon, RGBColor, Rectangle,
    ShapeStyle, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, TextStyle};

/// Which end of a text its position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// Curves are told from reference lines by the length of their dashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dash {
    Long,
    Short,
}

/// Draws on an area in CSS pixels.
pub(super) struct Pen<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    pub(super) style: &'a Style,
}

impl<'a, DB: DrawingBackend> Pen<'a, DB> {
    pub(super) fn new(area: &'a DrawingArea<DB, Shift>, style: &'a Style) -> Self {
        Self { area, style }
    }

    /// Width and height of the area.
    pub(super) fn size(&self) -> (f64, f64) {
        let (width, height) = self.area.dim_in_pixel();
        (f64::from(width) / self.style.scale, f64::from(height) / self.style.scale)
    }

    fn at(&self, (x, y): Point) -> (i32, i32) {
        (self.style.px(x), self.style.px(y))
    }

    pub(super) fn clear(&self) -> Result<(), Error> {
        Ok(self.area.fill(&self.style.theme.background)?)
    }

    pub(super) fn fill(&self, bounds: &Bounds, colour: &impl Color) -> Result<(), Error> {
        self.corners(self.at((bounds.x0, bounds.y0)), self.at((bounds.x1, bounds.y1)), colour)
    }

    fn corners(&self, (x0, y0): (i32, i32), (x1, y1): (i32, i32), colour: &impl Color) -> Result<(), Error> {
        if x0 >= x1 || y0 >= y1 {
            return Ok(());
        }
        Ok(self.area.draw(&Rectangle::new([(x0, y0), (x1, y1)], colour.filled()))?)
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
        let style = ShapeStyle { color: colour.to_rgba(), filled: false, stroke_width: self.style.stroke(width) };
        Ok(self.area.draw(&PathElement::new(points, style))?)
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
        let points: Vec<_> = points.iter().map(|&p| self.at(p)).collect();
        Ok(self.area.draw(&Polygon::new(points, colour.filled()))?)
    }

    pub(super) fn disc(&self, at: Point, radius: f64, colour: &RGBColor) -> Result<(), Error> {
        Ok(self.area.draw(&Circle::new(self.at(at), self.style.px(radius).max(1), colour.filled()))?)
    }

    /// A small triangle that says: this goes on above.
    pub(super) fn cut_sign(&self, (x, foot): Point, colour: &RGBColor) -> Result<(), Error> {
        self.polygon(&[(x - 3.5, foot), (x, foot - 5.0), (x + 3.5, foot)], colour)
    }

    /// One line of text, its vertical middle at `at`: the one anchor on which canvas and SVG agree.
    pub(super) fn text(&self, text: &str, at: Point, align: Align, colour: &RGBColor) -> Result<(), Error> {
        self.write(text, at, align, colour, FontStyle::Normal)
    }

    pub(super) fn bold(&self, text: &str, at: Point, align: Align, colour: &RGBColor) -> Result<(), Error> {
        self.write(text, at, align, colour, FontStyle::Bold)
    }

    fn write(&self, text: &str, at: Point, align: Align, colour: &RGBColor, weight: FontStyle) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let size = self.style.font_px * self.style.scale * self.style.text_factor;
        let anchor = match align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let style = TextStyle {
            font: FontDesc::new(FontFamily::Name(Style::FONT_FAMILY), size, weight),
            color: colour.to_backend_color(),
            pos: Pos::new(anchor, VPos::Center),
        };
        Ok(self.area.draw(&Text::new(text, self.at(at), style))?)
    }
}
