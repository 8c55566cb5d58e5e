//! Bars of parts in rows on one axis: what takes the room in each phase, on each GPU, with each method or scenario?
//!
//! For one whole, [`StackedBar`](super::StackedBar) names more of its parts. Here a legend names the roles, so that a part
//! without room for words is still known, and what stands inside a part is a bonus.

use super::axis::{Scale, Span, Tick};
use super::layout::{self, Bounds};
use super::legend::{Entry, Legend, Swatch};
use super::pattern;
use super::pen::{Align, Dash, Pen};
use super::stacked_bar::{draw_ticks, fitting_ticks, widest_side};
use super::{Capacity, Error, Part, Picture, Role, Style, Surface, TickFormat};
use plotters::style::RGBColor;
use serde::{Deserialize, Serialize};

/// Rows of parts on one axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bars {
    /// From top to bottom.
    pub rows: Vec<Row>,
    /// The line that all rows should stay left of.
    pub capacity: Option<Capacity>,
    /// How the axis is written; for memory, [`TickFormat::Bytes`].
    pub format: TickFormat,
}

/// One bar with its words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What it is of, e.g. `QLoRA`; left of the bar where all rows' labels have room there, else above it.
    pub label: String,
    /// From left to right.
    pub parts: Vec<Part>,
    /// Their sum in words; after the bar on a wide picture, else at the right end of the label's line.
    pub total_text: String,
    /// What this row has to fit into, if not the capacity of all.
    pub capacity: Option<f64>,
    /// Whether it is the present setting, which stands out.
    pub emphasis: bool,
}

/// A line of text and its box.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// The text, shortened if it had to be.
    pub text: String,
    /// Its box.
    pub bounds: Bounds,
}

/// Where everything of a row goes, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct RowLayout {
    /// All that belongs to the row; bands touch.
    pub band: Bounds,
    /// From zero to the row's sum.
    pub bar: Bounds,
    /// Each drawn part with its index.
    pub parts: Vec<(usize, Bounds)>,
    /// Lines inside parts.
    pub inside: Vec<Words>,
    /// The label.
    pub label: Words,
    /// The sum; its box also holds the sign of a row that is over.
    pub total: Words,
    /// What the row can hold, if it has a capacity of its own.
    pub own: Option<f64>,
    /// What lies beyond the row's capacity.
    pub overflow: Option<Bounds>,
}

/// Where all rows go, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct BarsLayout {
    /// The area of the bars, from zero to the end of the axis.
    pub plot: Bounds,
    /// The rows from top to bottom.
    pub rows: Vec<RowLayout>,
    /// The place of the line through all rows, and its label.
    pub capacity: Option<(f64, Words)>,
    legend: Legend,
    ticks: Vec<Tick>,
    sums_after: bool,
}

/// Said of a row that does not fit, after its sum.
const OVER: &str = "✕ over";
/// From this width in ems on, sums stand at the ends of bars and short labels left of them.
const WIDE: f64 = 43.0;
/// Between parts.
const GAP: f64 = 1.5;
/// Between rows.
const ROW_GAP: f64 = 8.0;
/// Between a bar and the words beside or above it.
const WORD_GAP: f64 = 8.0;
/// The least height of a bar.
const LEAST: f64 = 10.0;

/// A size that can be drawn: above zero, and small enough that a sum of many is finite.
fn usable(value: f64) -> bool {
    value > 0.0 && value < 1e290
}

impl Row {
    fn sizes(&self) -> impl Iterator<Item = (usize, f64)> {
        self.parts.iter().enumerate().map(|(i, part)| (i, part.value)).filter(|(_, value)| usable(*value))
    }

    fn total(&self) -> f64 {
        self.sizes().map(|(_, value)| value).sum()
    }

    fn own(&self) -> Option<f64> {
        self.capacity.filter(|capacity| usable(*capacity))
    }
}

/// What a layout decides before it places any row.
struct Grid<'a> {
    style: &'a Style,
    plot: Bounds,
    span: Span,
    /// Where labels and totals may begin and end.
    text: (f64, f64),
    pitch: f64,
    /// Whether sums stand after their bars.
    sums_after: bool,
    labels_beside: bool,
    line: Option<f64>,
}

impl Grid<'_> {
    fn place(&self, value: f64) -> f64 {
        self.plot.x0 + self.span.share(value).unwrap_or(0.0) * self.plot.width()
    }
}

impl Bars {
    /// The height that shows so many rows with their words, and a legend of three lines.
    #[must_use]
    pub fn height(rows: usize) -> f64 {
        // A line of text is 19 px at its usual size: the legend, the capacity's name, label and bar of each row, the axis.
        63.0 + 21.0 + rows as f64 * (19.0 + 2.0 + 23.0 + ROW_GAP) + 29.0
    }

    fn limit(&self) -> Option<&Capacity> {
        self.capacity.as_ref().filter(|capacity| usable(capacity.value))
    }

    /// What a row has to fit into.
    fn limit_of(&self, row: &Row) -> Option<f64> {
        row.own().or(self.limit().map(|capacity| capacity.value))
    }

    fn is_over(&self, row: &Row) -> bool {
        self.limit_of(row).is_some_and(|limit| row.total() > limit * (1.0 + 1e-9))
    }

    /// The roles that occur, in the order of their first part (of whatever size, so that rows of one kind agree), and the mark of rows with a capacity of their own.
    fn entries(&self, style: &Style, width: f64) -> Vec<Entry> {
        let mut entries: Vec<Entry> = vec![];
        for part in self.rows.iter().flat_map(|row| &row.parts) {
            match entries.iter_mut().find(|entry| entry.role == part.role) {
                None => entries.push(Entry { label: part.label.clone(), role: part.role, swatch: Swatch::Fill }),
                Some(entry) if entry.label != part.label => part.role.name().clone_into(&mut entry.label),
                Some(_) => {}
            }
        }
        let occurs = |role| self.rows.iter().any(|row| row.sizes().any(|(i, _)| row.parts[i].role == role));
        entries.retain(|entry| occurs(entry.role));
        if self.rows.iter().any(|row| row.own().is_some()) {
            entries.push(Entry { label: "Capacity".to_owned(), role: Role::Reference, swatch: Swatch::Tick });
        }
        for entry in &mut entries {
            entry.label = style.shortened(&entry.label, false, width - 30.0);
        }
        entries
    }

    /// The places of rows, line, legend and ticks in an area of `size`; `None` if it is too small for a bar a row.
    #[must_use]
    pub fn layout(&self, size: (f64, f64), style: &Style) -> Option<BarsLayout> {
        let (width, height) = size;
        let line = style.row();
        let count = self.rows.len().max(1) as f64;
        // Room for the stroke that marks the present setting.
        let indent = if self.rows.iter().any(|row| row.emphasis) { 10.0 } else { 0.0 };
        let is_wide = width >= WIDE * style.font_px;
        let longest = self.rows.iter().map(|row| style.width_of(&row.label, row.emphasis)).fold(0.0, f64::max);
        let labels_beside = is_wide && longest <= width * 0.28;

        let capacity_height = if self.limit().is_some() { line + 2.0 } else { 0.0 };
        let axis_height = line + 8.0;
        let least = ROW_GAP + if labels_beside { line } else { line + 2.0 + LEAST };
        let free = height - capacity_height - axis_height - 8.0 - count * least;
        let left = indent + 2.0 + if labels_beside { longest + WORD_GAP } else { 0.0 };
        if free < 0.0 || width - left < style.font_px * 8.0 {
            return None;
        }
        let legend = Legend::new(self.entries(style, width), style, 0.0, width, (free / line) as usize);
        let top = legend.rows as f64 * line + if legend.rows > 0 { 6.0 } else { 0.0 } + capacity_height;
        let most = ROW_GAP * 2.0 + line * 2.0 + 6.0 + if labels_beside { 0.0 } else { line + 2.0 };
        let pitch = ((height - axis_height - top - 2.0) / count).min(most);

        // Beside a bar thinner than text, a sum would meet the next row's label.
        let sums_after = labels_beside || (is_wide && pitch >= ROW_GAP + line * 2.0 + 2.0);
        let plot = Bounds::new(left, top, width - 2.0, top + pitch * count);
        let totals: Vec<Words> = self.rows.iter().map(|row| self.total(row, style, &plot, sums_after)).collect();
        let end = self.end(&totals, plot.width(), sums_after);
        let span = Span::exact(Scale::Linear, 0.0, if end > 0.0 { end } else { 1.0 });
        let text = (indent, width - 2.0);
        let mut grid = Grid { style, plot, span, text, pitch, sums_after, labels_beside, line: None };
        let capacity = self.limit().map(|capacity| {
            let x = grid.place(capacity.value);
            let text = style.shortened(&capacity.label, true, width);
            let text_width = style.bold_width(&text);
            let beside = if x + 6.0 + text_width <= width { x + 6.0 } else { x - 6.0 - text_width };
            let bounds = Bounds::new(beside, top - capacity_height, beside + text_width, top - 2.0);
            (x, Words { text, bounds: bounds.slid_into(0.0, width) })
        });
        grid.line = capacity.as_ref().map(|(x, _)| *x);
        let rows = self.rows.iter().zip(totals).enumerate().map(|(i, (row, total))| self.place(i, row, total, &grid));
        let rows = rows.collect();
        let mut ticks = fitting_ticks(&span, self.format, style, (plot.x0, plot.x1), width);
        if end <= 0.0 {
            // Of nothing only the zero is true.
            ticks.truncate(1);
        }
        Some(BarsLayout { plot, rows, capacity, legend, ticks, sums_after })
    }

    /// A row's sum in words, its box as wide as it will be, with the sign of a row that is over.
    fn total(&self, row: &Row, style: &Style, plot: &Bounds, sums_after: bool) -> Words {
        let sign = if self.is_over(row) { style.bold_width(OVER) + WORD_GAP } else { 0.0 };
        let room = plot.width() * if sums_after { 0.4 } else { 0.65 };
        let text = style.shortened(&row.total_text, row.emphasis, room - sign);
        let width = style.width_of(&text, row.emphasis) + sign;
        Words { text, bounds: Bounds::new(0.0, 0.0, width, style.row()) }
    }

    /// The end of the axis: the largest value, or more, so that every sum has room after its bar and after every line.
    fn end(&self, totals: &[Words], width: f64, sums_after: bool) -> f64 {
        let line = self.limit().map_or(0.0, |capacity| capacity.value);
        let ends = self.rows.iter().zip(totals).map(|(row, total)| {
            let last = row.total().max(row.own().unwrap_or(0.0)).max(line);
            let beyond = if sums_after { total.bounds.width() + WORD_GAP } else { 4.0 };
            last * width / (width - beyond)
        });
        ends.fold(line * 1.02, f64::max)
    }

    fn place(&self, i: usize, row: &Row, total: Words, grid: &Grid) -> RowLayout {
        let Grid { style, plot, pitch, .. } = grid;
        let line = style.row();
        let above = if grid.labels_beside { 0.0 } else { line + 2.0 };
        let height = (pitch - ROW_GAP - above).min(line * 2.0 + 6.0);
        let band = Bounds::new(0.0, plot.y0 + pitch * i as f64, grid.text.1 + 2.0, plot.y0 + pitch * (i + 1) as f64);
        let y0 = band.centre().1 - (height + above) / 2.0 + above;
        let y1 = y0 + height;

        let mut parts = Vec::new();
        let mut sum = 0.0;
        for (i, value) in row.sizes() {
            let x0 = grid.place(sum).min(plot.x1 - 1.0);
            sum += value;
            // A part too thin for its gap still shows as a hair.
            parts.push((i, Bounds::new(x0, y0, (grid.place(sum) - GAP).clamp(x0 + 1.0, plot.x1), y1)));
        }
        let bar = Bounds::new(plot.x0, y0, grid.place(sum).min(plot.x1), y1);
        let own = row.own().map(|own| grid.place(own));
        let over = self.limit_of(row).filter(|_| self.is_over(row));
        let overflow = over.map(|limit| Bounds { x0: grid.place(limit).min(bar.x1 - 2.0), ..bar });

        // A sum that does not stand after its bar shares the label's line.
        let (first, last) = grid.text;
        let text_y = if grid.labels_beside { bar.centre().1 } else { y0 - 2.0 - line / 2.0 };
        let total_y = if grid.sums_after { bar.centre().1 } else { text_y };
        let width = total.bounds.width();
        let total_x = if grid.sums_after { after(&bar, [own, grid.line], width) } else { last - width };
        let room = if grid.labels_beside {
            plot.x0 - first
        } else if grid.sums_after {
            last - first
        } else {
            last - width - WORD_GAP - first
        };
        let text = style.shortened(&row.label, row.emphasis, room);
        let label_width = style.width_of(&text, row.emphasis);
        let words = |x: f64, y: f64, width: f64, text| Words {
            text,
            bounds: Bounds::new(x, y - line / 2.0, x + width, y + line / 2.0),
        };
        let lines = [own, grid.line];
        RowLayout {
            band,
            bar,
            inside: parts.iter().flat_map(|(i, bounds)| inside(&row.parts[*i], bounds, lines, style)).collect(),
            parts,
            label: words(first, text_y, label_width, text),
            total: words(total_x, total_y, width, total.text),
            own,
            overflow,
        }
    }
}

/// The first place right of a bar where words of `width` are cut by no line.
fn after(bar: &Bounds, lines: [Option<f64>; 2], width: f64) -> f64 {
    let lines: Vec<f64> = lines.into_iter().flatten().filter(|x| *x >= bar.x1).collect();
    let start = |x: f64| x + WORD_GAP - 2.0;
    let mut at = start(bar.x1);
    for i in layout::in_order(&lines) {
        if at < lines[i] + 3.0 && lines[i] < at + width + 3.0 {
            at = start(lines[i]);
        }
    }
    at
}

/// What a part says inside itself: name and size in one line or two, or the size alone, since the legend has the name.
fn inside(part: &Part, bounds: &Bounds, lines: [Option<f64>; 2], style: &Style) -> Vec<Words> {
    let row = style.row();
    let spot = lines.into_iter().fold(*bounds, |spot, line| widest_side(&spot, line));
    let both = format!("{} {}", part.label, part.value_text);
    let (name, value) = (part.label.clone(), part.value_text.clone());
    let fits = |texts: &Vec<String>| {
        let widest = texts.iter().map(|text| style.text_width(text)).fold(0.0, f64::max);
        widest + 14.0 <= spot.width() && texts.len() as f64 * row + 3.0 <= bounds.height()
    };
    let texts = [vec![both.trim().to_owned()], vec![name, value.clone()], vec![value]]
        .into_iter()
        .find(fits)
        .unwrap_or_default();
    let widest = texts.iter().map(|text| style.text_width(text)).fold(0.0, f64::max);
    let (x, y) = spot.centre();
    let top = y - texts.len() as f64 * row / 2.0;
    let placed = texts
        .into_iter()
        .filter(|text| !text.is_empty())
        .enumerate()
        .map(|(i, text)| Words { text, bounds: Bounds::centred((x, top + (i as f64 + 0.5) * row), widest + 6.0, row) });
    placed.collect()
}

impl Picture for Bars {
    fn draw(&self, area: &dyn Surface, style: &Style) -> Result<(), Error> {
        let pen = Pen::new(area, style);
        let theme = style.theme;
        pen.clear()?;
        let Some(layout) = self.layout(pen.size(), style) else { return Ok(()) };
        let plot = &layout.plot;
        layout.legend.draw(&pen)?;
        for (row, place) in self.rows.iter().zip(&layout.rows).filter(|(row, _)| row.emphasis) {
            pen.fill(&place.band, ground(row, style))?;
            pen.fill(&Bounds { x1: 3.0, ..place.band }, &theme.accent)?;
        }
        for tick in &layout.ticks {
            pen.upright(plot.x0 + tick.share * plot.width(), plot.y0, plot.y1, 1.0, &theme.line)?;
        }
        pen.upright(plot.x0 - 1.0, plot.y0, plot.y1, 1.0, &theme.ink3)?;
        for (row, place) in self.rows.iter().zip(&layout.rows) {
            draw_bar(&pen, row, place)?;
        }
        if let (Some((x, name)), Some(_)) = (&layout.capacity, self.limit()) {
            // On a light ground, so that the dashes are seen across dark parts too.
            for bar in layout.rows.iter().map(|row| &row.bar).filter(|bar| bar.x1 > *x) {
                pen.upright(*x, bar.y0, bar.y1, 5.0, &theme.background)?;
            }
            let Bounds { x0, x1, y0, y1 } = name.bounds;
            let top = if x0 < *x && *x < x1 { y1 } else { y0 };
            pen.dashed(&[(*x, top), (*x, plot.y1 + 2.0)], Dash::Long, 2.0, &theme.ink)?;
            let (at, align) = if x1 < *x { (x1, Align::Right) } else { (x0, Align::Left) };
            pen.bold(&name.text, (at, name.bounds.centre().1), align, &theme.ink)?;
        }
        for (row, place) in self.rows.iter().zip(&layout.rows) {
            self.draw_words(&pen, row, place, layout.sums_after)?;
        }
        let label_y = plot.y1 + 8.0 + style.row() / 2.0;
        draw_ticks(&pen, &layout.ticks, (plot.x0, plot.x1), (plot.y1, label_y))
    }
}

/// What a row's words stand on.
fn ground<'a>(row: &Row, style: &'a Style) -> &'a RGBColor {
    if row.emphasis { &style.theme.panel } else { &style.theme.background }
}

fn draw_bar(pen: &Pen, row: &Row, place: &RowLayout) -> Result<(), Error> {
    let theme = pen.style.theme;
    for (i, bounds) in &place.parts {
        pattern::fill(pen, row.parts[*i].role, bounds)?;
    }
    for words in &place.inside {
        pen.fill(&words.bounds, &theme.background)?;
        pen.text(&words.text, words.bounds.centre(), Align::Centre, &theme.ink)?;
    }
    if let Some(overflow) = &place.overflow {
        pen.outline(overflow, 2.5, &theme.over)?;
    }
    if let Some(x) = place.own {
        // What is left, along the foot.
        pen.level(place.bar.y1 - 1.0, place.bar.x1, x, 1.0, &theme.ink3)?;
        pen.upright(x, place.bar.y0 - 2.0, place.bar.y1 + 2.0, 5.0, ground(row, pen.style))?;
        pen.upright(x, place.bar.y0 - 2.0, place.bar.y1 + 2.0, 2.0, &theme.ink)?;
    }
    Ok(())
}

impl Bars {
    /// Label and sum, on a ground of their own: lines of the axis, the grid and of capacity end where words begin.
    fn draw_words(&self, pen: &Pen, row: &Row, place: &RowLayout, sums_after: bool) -> Result<(), Error> {
        let theme = pen.style.theme;
        let write = |text: &str, at, align, colour: &RGBColor| match row.emphasis {
            true => pen.bold(text, at, align, &theme.ink),
            false => pen.text(text, at, align, colour),
        };
        let (label, total) = (&place.label, &place.total);
        pen.fill(&label.bounds, ground(row, pen.style))?;
        pen.fill(&total.bounds, ground(row, pen.style))?;
        write(&label.text, (label.bounds.x0, label.bounds.centre().1), Align::Left, &theme.ink)?;
        let Bounds { x0, x1, .. } = total.bounds;
        let y = total.bounds.centre().1;
        let sum = pen.style.width_of(&total.text, row.emphasis);
        if self.is_over(row) {
            let (at, align) = if sums_after { (x0 + sum + WORD_GAP, Align::Left) } else { (x1, Align::Right) };
            pen.bold(OVER, (at, y), align, &theme.over)?;
        }
        // Sums at the picture's edge are a column, whose last digits are compared.
        let (at, align) = if sums_after { (x0, Align::Left) } else { (x0 + sum, Align::Right) };
        write(&total.text, (at, y), align, &theme.ink2)
    }
}

#[cfg(test)]
mod tests;
