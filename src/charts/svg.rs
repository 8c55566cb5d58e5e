//! Drawings as SVG, whose text stays text.

use super::surface::{Align, Lettering, Pixel, Surface};
use super::{Error, Style};
use plotters::prelude::RGBAColor;
use std::cell::RefCell;
use std::fmt::Write;

/// An SVG drawing in the making.
#[derive(Debug)]
pub struct Svg {
    size: (u32, u32),
    text: RefCell<String>,
}

impl Svg {
    /// A drawing of so many pixels, with nothing on it.
    #[must_use]
    pub fn new(size: (u32, u32)) -> Self {
        Self { size, text: RefCell::default() }
    }

    /// The drawing, shown `scale` times smaller than it was drawn, with a title and a description for those who do not see it.
    #[must_use]
    pub fn finish(self, scale: u32, title: &str, description: &str) -> String {
        let (width, height) = self.size;
        let (shown_width, shown_height) = (width / scale, height / scale);
        let (title, description) = (escaped(title), escaped(description));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{shown_width}\" height=\"{shown_height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"{}\">\n<title>{title}</title>\n<desc>{description}</desc>\n{}</svg>\n",
            Style::FONT_FAMILY,
            self.text.into_inner()
        )
    }

    /// Adds an element that has these attributes and its colour.
    fn element(&self, name: &str, attributes: &str, paint: &str, RGBAColor(r, g, b, alpha): RGBAColor) {
        let mut text = self.text.borrow_mut();
        _ = write!(text, "<{name} {attributes} {paint}=\"#{r:02x}{g:02x}{b:02x}\"");
        if alpha < 1.0 {
            _ = write!(text, " opacity=\"0.{:02}\"", (alpha * 100.0) as u32);
        }
        text.push_str("/>\n");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn listed(points: &[Pixel]) -> String {
    let mut text = String::new();
    for (x, y) in points {
        _ = write!(text, "{x},{y} ");
    }
    text
}

impl Surface for Svg {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn clear(&self, colour: RGBAColor) -> Result<(), Error> {
        self.element("rect", "width=\"100%\" height=\"100%\"", "fill", colour);
        Ok(())
    }

    fn rectangle(&self, (x0, y0): Pixel, (x1, y1): Pixel, colour: RGBAColor) -> Result<(), Error> {
        let (width, height) = (x1 - x0, y1 - y0);
        self.element("rect", &format!("x=\"{x0}\" y=\"{y0}\" width=\"{width}\" height=\"{height}\""), "fill", colour);
        Ok(())
    }

    fn path(&self, points: Vec<Pixel>, width: u32, colour: RGBAColor) -> Result<(), Error> {
        let points = listed(&points);
        let attributes = format!("points=\"{points}\" fill=\"none\" stroke-width=\"{width}\"");
        self.element("polyline", &attributes, "stroke", colour);
        Ok(())
    }

    fn polygon(&self, points: Vec<Pixel>, colour: RGBAColor) -> Result<(), Error> {
        self.element("polygon", &format!("points=\"{}\"", listed(&points)), "fill", colour);
        Ok(())
    }

    fn disc(&self, (x, y): Pixel, radius: i32, colour: RGBAColor) -> Result<(), Error> {
        self.element("circle", &format!("cx=\"{x}\" cy=\"{y}\" r=\"{radius}\""), "fill", colour);
        Ok(())
    }

    fn text(&self, text: &str, (x, y): Pixel, lettering: Lettering) -> Result<(), Error> {
        let Lettering { size, is_bold, align, colour: RGBAColor(r, g, b, _) } = lettering;
        let anchor = match align {
            Align::Left => "start",
            Align::Centre => "middle",
            Align::Right => "end",
        };
        // Not `dominant-baseline`, which programs other than browsers do not know: a third of the height is half a capital.
        let (size, foot) = (size as i32, y + (0.35 * size) as i32);
        let weight = if is_bold { " font-weight=\"bold\"" } else { "" };
        let text = escaped(text);
        _ = writeln!(
            self.text.borrow_mut(),
            "<text x=\"{x}\" y=\"{foot}\" text-anchor=\"{anchor}\" font-size=\"{size}\"{weight} fill=\"#{r:02x}{g:02x}{b:02x}\">{text}</text>"
        );
        Ok(())
    }
}
