//! Curves with marked points: the compute-optimal frontier, an IsoFLOP valley, memory over context.

mod names;
#[cfg(test)]
mod tests;

use super::axis::{Span, common_factor};
use super::cursor::Readings;
use super::frame::{Frame, Side};
use super::layout::{Bounds, Point, clip_path, place_beside, simplified, spread};
use super::legend::{Entry, Legend, Swatch};
use super::pen::{Align, Dash, Pen};
use super::{Axis, Error, Picture, Role, Style, Surface};
use serde::{Deserialize, Serialize};

/// A curve through points in order of x.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its name, written at its end or in the legend; may be empty.
    pub label: String,
    /// Points as (x, y); those that the axes cannot show break the line.
    pub points: Vec<(f64, f64)>,
    /// Its colour.
    pub role: Role,
    /// Dashed instead of drawn through.
    pub dashed: bool,
}

/// The shape of a marked point, so that kinds are told apart without colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Shape {
    #[default]
    Dot,
    Square,
    Diamond,
    Triangle,
    /// The name alone, on the point: what a curve is called, written on it. Of several marks with one name the first that
    /// finds room is shown.
    Name,
}

/// A point with a name, such as a known model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Where it lies on the x axis.
    pub x: f64,
    /// Where it lies on the y axis.
    pub y: f64,
    /// Its name; left out where there is no room.
    pub label: String,
    /// Its shape.
    pub shape: Shape,
    /// Its colour.
    pub role: Role,
    /// Larger, in bold, and first to get room for its name.
    pub emphasis: bool,
}

/// A dashed line across the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are a place on the named axis and the text beside the line")]
pub enum Reference {
    /// At one y, from left to right.
    Horizontal { at: f64, label: String },
    /// At one x, from bottom to top.
    Vertical { at: f64, label: String },
}

/// Curves, marked points and reference lines on two axes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LineChart {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis; its title stands level above the plot.
    pub y: Axis,
    /// Later ones are drawn over earlier ones.
    pub series: Vec<Series>,
    /// Points with names.
    pub marks: Vec<Mark>,
    /// Dashed lines.
    pub references: Vec<Reference>,
    /// The x that the reader points at: a line, and a dot on each curve.
    pub cursor: Option<f64>,
    /// What is read off there.
    pub readings: Readings,
}

/// Where everything of a chart goes, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartLayout {
    /// Plot, axes, and the way back from a pointer to a value.
    pub frame: Frame,
    /// Names of series at their ends: index and box.
    pub series_labels: Vec<(usize, Bounds)>,
    /// Marks that lie inside the plot.
    pub marks: Vec<(usize, Point)>,
    /// Names of marks that found room.
    pub mark_labels: Vec<(usize, Bounds)>,
    /// Names of reference lines that found room.
    pub reference_labels: Vec<(usize, Bounds)>,
    /// Each series cut to the plot.
    lines: Vec<Vec<Vec<Point>>>,
    legend: Legend,
}

impl LineChart {
    /// The places of plot, curves and names in an area of `size`; `None` if it is too small for a plot.
    #[must_use]
    pub fn layout(&self, size: (f64, f64), style: &Style) -> Option<ChartLayout> {
        self.layout_with(size, style, true).or_else(|| self.layout_with(size, style, false))
    }

    fn layout_with(&self, size: (f64, f64), style: &Style, name_at_ends: bool) -> Option<ChartLayout> {
        let row = style.row();
        let points = || self.series.iter().flat_map(|series| &series.points).copied();
        let marks = || self.marks.iter().map(|mark| (mark.x, mark.y));
        let level = self.references.iter().filter_map(|line| match line {
            Reference::Horizontal { at, .. } => Some(*at),
            Reference::Vertical { .. } => None,
        });
        let upright = self.references.iter().filter_map(|line| match line {
            Reference::Vertical { at, .. } => Some(*at),
            Reference::Horizontal { .. } => None,
        });
        let x_span = Span::of(&self.x, points().chain(marks()).map(|(x, _)| x).chain(upright));
        let y_span = Span::of(&self.y, points().chain(marks()).map(|(_, y)| y).chain(level));

        let widest = self.series.iter().map(|series| style.text_width(&series.label)).fold(0.0, f64::max);
        if name_at_ends && (size.0 < 420.0 || widest > size.0 * 0.28) {
            return None;
        }
        let factor = common_factor(&y_span, self.y.format).map_or(0.0, |_| style.text_width(" (×10⁻¹²)"));
        let title = if self.y.label.is_empty() { 0.0 } else { style.text_width(&self.y.label) + factor + 20.0 };
        let legend = if name_at_ends {
            Legend::default()
        } else {
            let most = ((size.1 * 0.35 / row).floor() as usize).max(1);
            Legend::new(self.legend_entries(), style, title, size.0, most)
        };
        let right = if name_at_ends && widest > 0.0 { widest + 12.0 } else { 0.0 };
        let side = |axis, span| -> Side { side(axis, span) };
        let frame = Frame::new(
            size,
            style,
            &side(&self.x, x_span),
            &side(&self.y, y_span),
            legend.rows.max(usize::from(title > 0.0)),
            right,
        )?;

        let lines: Vec<_> = self.series.iter().map(|series| visible(series, &frame)).collect();
        let mut layout = ChartLayout {
            frame,
            series_labels: Vec::new(),
            marks: Vec::new(),
            mark_labels: Vec::new(),
            reference_labels: Vec::new(),
            lines,
            legend,
        };
        self.place_marks(&mut layout);
        let dots = layout.marks.iter().filter(|(i, _)| self.marks[*i].shape != Shape::Name);
        let mut taken: Vec<_> = dots.map(|(i, at)| dot_box(&self.marks[*i], *at)).collect();
        if name_at_ends {
            layout.series_labels = self.end_labels(&layout, style, size, &taken)?;
        }
        taken.extend(layout.series_labels.iter().map(|(_, bounds)| *bounds));
        self.place_reference_labels(&mut layout, style, &mut taken);
        self.place_mark_labels(&mut layout, style, &mut taken, size);
        self.place_names(&mut layout, style, &mut taken);
        Some(layout)
    }

    fn legend_entries(&self) -> Vec<Entry> {
        let swatch = |dashed| if dashed { Swatch::Dashes } else { Swatch::Line };
        self.series
            .iter()
            .map(|series| Entry { label: series.label.clone(), role: series.role, swatch: swatch(series.dashed) })
            .collect()
    }

    fn place_marks(&self, layout: &mut ChartLayout) {
        let inside = layout.frame.plot().inset(-0.5);
        layout.marks = self
            .marks
            .iter()
            .enumerate()
            .filter_map(|(i, mark)| Some((i, layout.frame.point(mark.x, mark.y)?)))
            .filter(|(_, (x, y))| inside.encloses(&Bounds::centred((*x, *y), 0.0, 0.0)))
            .collect();
    }

    /// Names beside the ends of all named curves, or `None` if one finds no room.
    fn end_labels(
        &self,
        layout: &ChartLayout,
        style: &Style,
        size: (f64, f64),
        dots: &[Bounds],
    ) -> Option<Vec<(usize, Bounds)>> {
        let plot = layout.frame.plot();
        let row = style.row();
        let named = |i: &usize| !self.series[*i].label.is_empty();
        let ends: Vec<(usize, Point)> =
            (0..self.series.len()).filter(named).filter_map(|i| Some((i, *layout.lines[i].last()?.last()?))).collect();
        let (at_edge, within): (Vec<_>, Vec<_>) = ends.into_iter().partition(|(_, (x, _))| *x > plot.x1 - 2.0);
        let wished: Vec<f64> = at_edge.iter().map(|(_, (_, y))| *y).collect();
        let centres = spread(&wished, row, plot.y0 - row / 2.0, plot.y1 + row / 2.0, row * 1.6)?;
        let width_of = |i: usize| style.text_width(&self.series[i].label);
        let mut labels: Vec<_> = at_edge
            .iter()
            .zip(centres)
            .map(|((i, _), y)| {
                (*i, Bounds::new(plot.x1 + 8.0, y - row / 2.0, plot.x1 + 8.0 + width_of(*i), y + row / 2.0))
            })
            .collect();
        let all_lines = layout.lines.concat();
        let around = Bounds::new(plot.x0, plot.y0 - row / 2.0, size.0, plot.y1);
        for (i, end) in within {
            let taken: Vec<_> = dots.iter().copied().chain(labels.iter().map(|(_, bounds)| *bounds)).collect();
            labels.push((i, place_beside(end, 6.0, (width_of(i), row), &around, &taken, &all_lines)?));
        }
        Some(labels)
    }

    fn place_reference_labels(&self, layout: &mut ChartLayout, style: &Style, taken: &mut Vec<Bounds>) {
        let plot = layout.frame.plot();
        let row = style.row();
        let lines = layout.lines.concat();
        for (i, reference) in self.references.iter().enumerate() {
            let (label, spots) = match reference {
                Reference::Horizontal { at, label } => {
                    let Some(y) = layout.frame.y_place(*at) else { continue };
                    let w = style.text_width(label);
                    let rows = [(y - row, y), (y, y + row)].map(|(y0, y1)| (y0, y1 - 1.0));
                    let ends =
                        [1.0, 0.0, 0.5, 0.75, 0.25].map(|share| plot.x0 + 4.0 + share * (plot.width() - w - 8.0));
                    let spots = rows.into_iter().flat_map(|(y0, y1)| ends.map(|x0| Bounds::new(x0, y0, x0 + w, y1)));
                    (label, spots.collect::<Vec<_>>())
                }
                Reference::Vertical { at, label } => {
                    let Some(x) = layout.frame.x_place(*at) else { continue };
                    let w = style.text_width(label);
                    let sides = [x + 5.0, x - 5.0 - w];
                    let levels = [plot.y0, plot.y0 + row, plot.y1 - row - 3.0];
                    let spots = levels.into_iter().flat_map(|y0| sides.map(|x0| Bounds::new(x0, y0, x0 + w, y0 + row)));
                    (label, spots.collect())
                }
            };
            if label.is_empty() {
                continue;
            }
            let free = |spot: &Bounds| plot.encloses(spot) && !taken.iter().any(|other| other.overlaps(spot));
            let clear = |spot: &Bounds| lines.iter().all(|line| clip_path(line, spot).is_empty());
            let spot = spots.iter().find(|spot| free(spot) && clear(spot)).or_else(|| spots.iter().find(|s| free(s)));
            if let Some(spot) = spot {
                taken.push(*spot);
                layout.reference_labels.push((i, *spot));
            }
        }
    }

    /// Emphasised marks first; a name prefers not to cross a curve, and is left out rather than cover another name.
    fn place_mark_labels(&self, layout: &mut ChartLayout, style: &Style, taken: &mut Vec<Bounds>, size: (f64, f64)) {
        let plot = layout.frame.plot();
        let around = Bounds::new(plot.x0, plot.y0 - 5.0, size.0 - 2.0, plot.y1);
        let mut lines = layout.lines.concat();
        lines.extend(self.references.iter().filter_map(|line| ends(line, &layout.frame)).map(Vec::from));
        let (first, later): (Vec<_>, Vec<_>) = layout.marks.iter().partition(|(i, _)| self.marks[*i].emphasis);
        for (i, at) in first.into_iter().chain(later) {
            let mark = &self.marks[i];
            if mark.label.is_empty() || mark.shape == Shape::Name {
                continue;
            }
            let width = if mark.emphasis { style.bold_width(&mark.label) } else { style.text_width(&mark.label) };
            let text = (width, style.row());
            let gap = radius(mark) + 4.0;
            // From further away a thin line leads to the point: for those that the picture is about.
            let far = if mark.emphasis { &FAR[..] } else { &[] };
            let spot = place_beside(at, gap, text, &around, taken, &lines)
                .or_else(|| place_beside(at, gap, text, &around, taken, &[]))
                .or_else(|| far.iter().find_map(|gap| place_beside(at, *gap, text, &around, taken, &[])));
            if let Some(spot) = spot {
                taken.push(spot);
                layout.mark_labels.push((i, spot));
            }
        }
    }
}

/// Distances in which an emphasised mark looks for a place for its name where there is none beside it.
const FAR: [f64; 3] = [24.0, 40.0, 60.0];

fn side(axis: &Axis, span: Span) -> Side<'_> {
    Side { label: &axis.label, span, format: axis.format }
}

fn radius(mark: &Mark) -> f64 {
    if mark.emphasis { 5.0 } else { 3.5 }
}

fn dot_box(mark: &Mark, at: Point) -> Bounds {
    Bounds::centred(at, radius(mark) * 2.0 + 2.0, radius(mark) * 2.0 + 2.0)
}

/// A series as pieces inside the plot.
fn visible(series: &Series, frame: &Frame) -> Vec<Vec<Point>> {
    let places: Vec<Option<Point>> = series.points.iter().map(|(x, y)| frame.point(*x, *y)).collect();
    places
        .split(Option::is_none)
        .flat_map(|run| clip_path(&run.iter().copied().flatten().collect::<Vec<_>>(), &frame.plot()))
        .collect()
}

/// Both ends of a reference line, from the axis on.
fn ends(reference: &Reference, frame: &Frame) -> Option<[Point; 2]> {
    let plot = frame.plot();
    match reference {
        Reference::Horizontal { at, .. } => frame.y_place(*at).map(|y| [(plot.x0, y), (plot.x1, y)]),
        Reference::Vertical { at, .. } => frame.x_place(*at).map(|x| [(x, plot.y1), (x, plot.y0)]),
    }
}

/// The y of a curve at a place on the plot, between its points.
fn crossing(line: &[Vec<Point>], x: f64) -> Option<f64> {
    line.iter().flat_map(|piece| piece.windows(2)).find_map(|pair| {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let inside = x0.min(x1) <= x && x <= x0.max(x1);
        inside.then(|| if x1 == x0 { y0 } else { y0 + (x - x0) / (x1 - x0) * (y1 - y0) })
    })
}

impl Picture for LineChart {
    fn draw(&self, area: &dyn Surface, style: &Style) -> Result<(), Error> {
        let pen = Pen::new(area, style);
        let theme = style.theme;
        pen.clear()?;
        let Some(layout) = self.layout(pen.size(), style) else { return Ok(()) };
        let frame = &layout.frame;
        frame.draw(&pen, true)?;
        draw_references(&pen, self, &layout)?;
        frame.draw_base(&pen)?;
        for (series, pieces) in self.series.iter().zip(&layout.lines) {
            let colour = theme.colour(series.role);
            for piece in pieces.iter().map(|piece| simplified(piece, 0.35 / style.scale)) {
                if series.dashed {
                    pen.dashed(&piece, Dash::Long, 2.0, &colour)?
                } else {
                    pen.path(&piece, 2.0, &colour)?
                }
            }
        }
        if let Some(cursor) = self.cursor {
            draw_cursor(&pen, self, &layout, cursor)?;
        }
        // Emphasised ones above the others, and of these the first, which has the first choice of a place for its name.
        let (above, below): (Vec<_>, Vec<_>) = layout.marks.iter().partition(|(i, _)| self.marks[*i].emphasis);
        for (i, at) in below.into_iter().chain(above.into_iter().rev()) {
            draw_mark(&pen, &self.marks[i], at)?;
        }
        layout.legend.draw(&pen)?;
        for (i, spot) in &layout.series_labels {
            pen.text(&self.series[*i].label, (spot.x0, spot.centre().1), Align::Left, &theme.ink2)?;
        }
        let crossed = |spot: &Bounds| layout.lines.iter().flatten().any(|line| !clip_path(line, spot).is_empty());
        for (i, spot) in &layout.reference_labels {
            let (Reference::Horizontal { label, .. } | Reference::Vertical { label, .. }) = &self.references[*i];
            if crossed(spot) {
                pen.fill(&spot.inset(1.0), &theme.background)?;
            }
            pen.text(label, spot.centre(), Align::Centre, &theme.ink2)?;
        }
        for (i, spot) in &layout.mark_labels {
            let mark = &self.marks[*i];
            if crossed(spot) {
                pen.fill(&spot.inset(1.0), &theme.background)?;
            }
            // Text is anchored on the side of its point, so that a narrower font does not leave a hole there.
            let point = layout.marks.iter().find(|(j, _)| j == i).map_or(spot.centre(), |(_, at)| *at);
            let (x, align) = if spot.x0 > point.0 {
                (spot.x0, Align::Left)
            } else if spot.x1 < point.0 {
                (spot.x1, Align::Right)
            } else {
                (spot.centre().0, Align::Centre)
            };
            let near = spot.inset(3.0).nearest_to(point);
            let (dx, dy) = (near.0 - point.0, near.1 - point.1);
            let distance = dx.hypot(dy);
            if distance > radius(mark) + style.row() * 0.9 {
                let rim = (radius(mark) + 2.0) / distance;
                pen.path(&[(point.0 + dx * rim, point.1 + dy * rim), near], 1.0, &theme.ink3)?;
            }
            let at = (x, spot.centre().1);
            if mark.emphasis {
                pen.bold(&mark.label, at, align, &theme.ink)?;
            } else {
                pen.text(&mark.label, at, align, &theme.ink)?;
            }
        }
        Ok(())
    }
}

fn draw_references(pen: &Pen, data: &LineChart, layout: &ChartLayout) -> Result<(), Error> {
    let theme = pen.style.theme;
    let plot = layout.frame.plot();
    for reference in &data.references {
        for piece in ends(reference, &layout.frame).iter().flat_map(|ends| clip_path(ends, &plot)) {
            pen.dashed(&piece, Dash::Short, 1.5, &theme.ink3)?;
        }
    }
    Ok(())
}

fn draw_cursor(pen: &Pen, data: &LineChart, layout: &ChartLayout, cursor: f64) -> Result<(), Error> {
    let theme = pen.style.theme;
    let plot = layout.frame.plot();
    let Some(x) = layout.frame.x_place(cursor).filter(|x| (plot.x0 - 0.5..=plot.x1 + 0.5).contains(x)) else {
        return Ok(());
    };
    pen.upright(x, plot.y0, plot.y1, 1.0, &theme.ink)?;
    for (series, line) in data.series.iter().zip(&layout.lines) {
        if let Some(y) = crossing(line, x) {
            pen.disc((x, y), 5.0, &theme.background)?;
            pen.disc((x, y), 3.5, &theme.colour(series.role))?;
        }
    }
    Ok(())
}

fn draw_mark(pen: &Pen, mark: &Mark, at: Point) -> Result<(), Error> {
    let theme = pen.style.theme;
    let colour = theme.colour(mark.role);
    let r = radius(mark);
    // A rim of background keeps a point apart from the curve below it.
    for (r, colour) in [(r + 1.5, theme.background), (r, colour)] {
        let (x, y) = at;
        match mark.shape {
            Shape::Dot => pen.disc(at, r, &colour)?,
            Shape::Square => pen.fill(&Bounds::centred(at, r * 1.8, r * 1.8), &colour)?,
            Shape::Diamond => {
                let r = r * 1.25;
                pen.polygon(&[(x - r, y), (x, y - r), (x + r, y), (x, y + r)], &colour)?;
            }
            Shape::Triangle => {
                let r = r * 1.2;
                pen.polygon(&[(x - r, y + r * 0.8), (x, y - r), (x + r, y + r * 0.8)], &colour)?;
            }
            Shape::Name => {}
        }
    }
    Ok(())
}
