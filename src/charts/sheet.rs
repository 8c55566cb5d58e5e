//! A picture that stands by itself: with its title above, and below what it shows and where it comes from.

use super::pen::Pen;
use super::surface::{Align, Part};
use super::{AnyPicture, Bars, Error, Lanes, Picture, Style, Surface, Theme};
use plotters::style::RGBColor;

/// Width in CSS pixels.
const WIDTH: f64 = 900.0;
/// What is free around the content.
const MARGIN: f64 = 24.0;
/// Between the picture and the words below it.
const GAP: f64 = 10.0;

/// What stands on a sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Sheet<'a> {
    pub title: &'a str,
    pub picture: &'a AnyPicture,
    pub summary: &'a str,
    pub link: &'a str,
}

/// Lines of one kind: the size of their font and whether it is bold.
type Lines = (Vec<String>, f64, bool);

impl Sheet<'_> {
    /// Texts above the picture and below it.
    fn texts(&self) -> ([Lines; 1], [Lines; 2]) {
        let lines = |text, font_px, is_bold| (broken(text, font_px, is_bold), font_px, is_bold);
        ([lines(self.title, 18.0, true)], [lines(self.summary, 14.0, false), lines(self.link, 12.0, false)])
    }

    /// A height at which a picture of its kind is clear.
    fn picture_height(&self) -> f64 {
        match self.picture {
            AnyPicture::StackedBar(_) => 170.0,
            AnyPicture::Lanes(lanes) => Lanes::height(lanes.lanes.len()),
            AnyPicture::Bars(bars) => Bars::height(bars.rows.len()),
            AnyPicture::Histogram(_) => 320.0,
            AnyPicture::LineChart(_) | AnyPicture::Cells(_) => 400.0,
        }
    }

    /// Width and height in CSS pixels.
    #[must_use]
    pub fn size(&self) -> (f64, f64) {
        let (above, below) = self.texts();
        let height: f64 = above.iter().chain(&below).map(height).sum();
        (WIDTH, 2.0 * MARGIN + height + self.picture_height() + GAP)
    }

    /// Draws on a surface of [`Self::size`], `scale` times as many pixels. Always in the light colours, for paper and slides.
    ///
    /// # Errors
    /// [`Error::Backend`] if the backend fails.
    pub fn draw(&self, surface: &dyn Surface, scale: f64) -> Result<(), Error> {
        let style = Style::new(&Theme::LIGHT, scale);
        let (above, below) = self.texts();
        Pen::new(surface, &style).clear()?;
        let top = written(surface, &style, &above, MARGIN, &style.theme.ink)?;
        let place = (style.px(MARGIN), style.px(top));
        let height = self.picture_height();
        let size = (style.px(WIDTH - 2.0 * MARGIN) as u32, style.px(height) as u32);
        self.picture.draw(&Part { whole: surface, at: place, size }, &style)?;
        written(surface, &style, &below, top + height + GAP, &style.theme.ink2)?;
        Ok(())
    }
}

/// The height of lines with the space after them.
fn height((lines, font_px, _): &Lines) -> f64 {
    (lines.len() as f64 * 1.4 + 0.5) * font_px
}

/// Writes lines from `top` down, and says where they end.
fn written(
    surface: &dyn Surface,
    style: &Style,
    texts: &[Lines],
    mut top: f64,
    colour: &RGBColor,
) -> Result<f64, Error> {
    for lines in texts {
        let (text, font_px, is_bold) = lines;
        let style = Style { font_px: *font_px, ..*style };
        let pen = Pen::new(surface, &style);
        for (i, line) in text.iter().enumerate() {
            let at = (MARGIN, top + font_px * (1.4 * i as f64 + 0.7));
            if *is_bold { pen.bold(line, at, Align::Left, colour)? } else { pen.text(line, at, Align::Left, colour)? }
        }
        top += height(lines);
    }
    Ok(top)
}

/// Text in lines that are no wider than the sheet; a word without end, such as a link, is broken.
fn broken(text: &str, font_px: f64, is_bold: bool) -> Vec<String> {
    let style = Style { font_px, ..Style::new(&Theme::LIGHT, 1.0) };
    let width = |text: &str| if is_bold { style.bold_width(text) } else { style.text_width(text) };
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        break_into(&mut lines, paragraph, &width);
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Breaks one paragraph, and adds its lines.
fn break_into(lines: &mut Vec<String>, paragraph: &str, width: &dyn Fn(&str) -> f64) {
    lines.push(String::new());
    let mut room = WIDTH - 2.0 * MARGIN;
    for word in paragraph.split_inclusive(' ') {
        if width(word.trim_end()) > room {
            lines.push(String::new());
            room = WIDTH - 2.0 * MARGIN;
        }
        for letter in word.chars() {
            let letter_width = width(letter.encode_utf8(&mut [0; 4]));
            if letter_width > room && letter != ' ' {
                lines.push(String::new());
                room = WIDTH - 2.0 * MARGIN;
            }
            room -= letter_width;
            if let Some(line) = lines.last_mut() {
                line.push(letter);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::{Svg, test_support};

    const LINK: &str = "https://example.org/bitbudget/#/quantize?v=1&format=int4";

    fn sheet<'a>(picture: &'a AnyPicture, summary: &'a str) -> Sheet<'a> {
        Sheet { title: "A < B & “C”", picture, summary, link: LINK }
    }

    fn svg(sheet: &Sheet) -> String {
        let (width, height) = sheet.size();
        let surface = Svg::new((2 * width as u32, 2 * height as u32));
        sheet.draw(&surface, 2.0).unwrap();
        surface.finish(2, sheet.title, sheet.summary)
    }

    #[test]
    fn a_sheet_has_title_words_and_link_as_text() {
        for picture in test_support::one_of_each() {
            let text = svg(&sheet(&picture, &"Words. ".repeat(60)));
            test_support::check_xml(&text);
            assert!(text.contains("<title>A &lt; B &amp; “C”</title>"), "{text}");
            assert!(text.contains(">https://example.org/bitbudget/#/quantize?v=1&amp;format=int4</text>"), "{text}");
            assert!(text.matches("Words. Words.").count() > 3, "in several lines");
        }
    }

    #[test]
    fn more_words_make_a_taller_sheet() {
        let picture = AnyPicture::Lanes(Lanes::default());
        let (few, many) = (sheet(&picture, "few").size(), "many ".repeat(100));
        assert!(sheet(&picture, &many).size().1 > few.1 + 50.0);
    }

    #[test]
    fn lines_fit_and_lose_no_letter() {
        let long = "x".repeat(1000);
        let lines = broken(&format!("a b {long} c"), 14.0, false);
        assert!(lines.len() > 8 && lines.iter().all(|line| line.chars().count() < 130), "{lines:?}");
        assert_eq!(lines.concat(), format!("a b {long} c"));
        let words = broken(&"word ".repeat(100), 14.0, false);
        assert!(words.iter().all(|line| line.starts_with("word")), "{words:?}");
    }
}
