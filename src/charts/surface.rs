//! What pictures are drawn on: any plotters backend, behind one type, so that a picture is one piece of code for them all.

use super::{Error, Style};
use plotters::coord::Shift;
use plotters::prelude::{
    Circle, Color, DrawingArea, DrawingBackend, FontFamily, FontStyle, PathElement, Polygon, RGBAColor, Rectangle,
    ShapeStyle, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, TextStyle};

/// A place in device pixels.
pub type Pixel = (i32, i32);

/// Which end of a text its position names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
    Right,
}

/// How a line of text is written, its vertical middle at its position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lettering {
    /// Height of the font in device pixels.
    pub size: f64,
    /// In bold.
    pub is_bold: bool,
    /// Which end stands at the position.
    pub align: Align,
    /// Its colour.
    pub colour: RGBAColor,
}

/// An area of device pixels that shapes are drawn on.
#[expect(clippy::missing_errors_doc, reason = "the only error is the backend's own, `Error::Backend`")]
pub trait Surface {
    /// Width and height.
    fn size(&self) -> (u32, u32);
    /// Fills all of it.
    fn clear(&self, colour: RGBAColor) -> Result<(), Error>;
    /// Fills a rectangle.
    fn rectangle(&self, from: Pixel, to: Pixel, colour: RGBAColor) -> Result<(), Error>;
    /// Draws a line through points.
    fn path(&self, points: Vec<Pixel>, width: u32, colour: RGBAColor) -> Result<(), Error>;
    /// Fills a polygon.
    fn polygon(&self, points: Vec<Pixel>, colour: RGBAColor) -> Result<(), Error>;
    /// Fills a disc.
    fn disc(&self, centre: Pixel, radius: i32, colour: RGBAColor) -> Result<(), Error>;
    /// Writes a line of text.
    fn text(&self, text: &str, at: Pixel, lettering: Lettering) -> Result<(), Error>;
}

impl<DB: DrawingBackend> Surface for DrawingArea<DB, Shift> {
    fn size(&self) -> (u32, u32) {
        self.dim_in_pixel()
    }

    fn clear(&self, colour: RGBAColor) -> Result<(), Error> {
        Ok(self.fill(&colour)?)
    }

    fn rectangle(&self, from: Pixel, to: Pixel, colour: RGBAColor) -> Result<(), Error> {
        Ok(self.draw(&Rectangle::new([from, to], colour.filled()))?)
    }

    fn path(&self, points: Vec<Pixel>, width: u32, colour: RGBAColor) -> Result<(), Error> {
        let style = ShapeStyle { color: colour, filled: false, stroke_width: width };
        Ok(self.draw(&PathElement::new(points, style))?)
    }

    fn polygon(&self, points: Vec<Pixel>, colour: RGBAColor) -> Result<(), Error> {
        Ok(self.draw(&Polygon::new(points, colour.filled()))?)
    }

    fn disc(&self, centre: Pixel, radius: i32, colour: RGBAColor) -> Result<(), Error> {
        Ok(self.draw(&Circle::new(centre, radius, colour.filled()))?)
    }

    fn text(&self, text: &str, at: Pixel, lettering: Lettering) -> Result<(), Error> {
        let anchor = match lettering.align {
            Align::Left => HPos::Left,
            Align::Centre => HPos::Center,
            Align::Right => HPos::Right,
        };
        let weight = if lettering.is_bold { FontStyle::Bold } else { FontStyle::Normal };
        let style = TextStyle {
            font: FontDesc::new(FontFamily::Name(Style::FONT_FAMILY), lettering.size, weight),
            color: lettering.colour.to_backend_color(),
            pos: Pos::new(anchor, VPos::Center),
        };
        Ok(self.draw(&Text::new(text, at, style))?)
    }
}

/// A part of a surface, as a surface.
pub(super) struct Part<'a> {
    pub whole: &'a dyn Surface,
    pub at: Pixel,
    pub size: (u32, u32),
}

impl Part<'_> {
    fn moved(&self, (x, y): Pixel) -> Pixel {
        (x + self.at.0, y + self.at.1)
    }
}

impl Surface for Part<'_> {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn clear(&self, colour: RGBAColor) -> Result<(), Error> {
        self.rectangle((0, 0), (self.size.0 as i32, self.size.1 as i32), colour)
    }

    fn rectangle(&self, from: Pixel, to: Pixel, colour: RGBAColor) -> Result<(), Error> {
        self.whole.rectangle(self.moved(from), self.moved(to), colour)
    }

    fn path(&self, points: Vec<Pixel>, width: u32, colour: RGBAColor) -> Result<(), Error> {
        self.whole.path(points.into_iter().map(|point| self.moved(point)).collect(), width, colour)
    }

    fn polygon(&self, points: Vec<Pixel>, colour: RGBAColor) -> Result<(), Error> {
        self.whole.polygon(points.into_iter().map(|point| self.moved(point)).collect(), colour)
    }

    fn disc(&self, centre: Pixel, radius: i32, colour: RGBAColor) -> Result<(), Error> {
        self.whole.disc(self.moved(centre), radius, colour)
    }

    fn text(&self, text: &str, at: Pixel, lettering: Lettering) -> Result<(), Error> {
        self.whole.text(text, self.moved(at), lettering)
    }
}
