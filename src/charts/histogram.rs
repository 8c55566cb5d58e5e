//! How values are spread, before and after quantization.

use super::axis::Span;
use super::frame::{Frame, Side};
use super::layout::{self, Bounds, Point};
use super::legend::{Entry, Legend, Swatch};
use super::pen::{Align, Dash, Pen};
use super::{Error, Picture, Role, Scale, Style, Surface, TickFormat};
use serde::{Deserialize, Serialize};

/// How the bins of a series are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinStyle {
    /// A lightened area below its outline.
    #[default]
    Filled,
    /// The outline alone; for [`Role::Error`] a dashed line through the bins' middles.
    Outline,
}

/// Counts of equal bins over the histogram's range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinSeries {
    /// Its name in the legend.
    pub label: String,
    /// One count a bin.
    pub counts: Vec<u64>,
    /// Its colour.
    pub role: Role,
    /// Area or outline.
    pub style: BinStyle,
}

/// A dashed vertical line with a name, such as a clipping threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValueMark {
    /// The value.
    pub at: f64,
    /// The text beside the line.
    pub label: String,
}

/// Histograms over one range.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The value where the first bin starts.
    pub lo: f64,
    /// The value where the last bin ends.
    pub hi: f64,
    /// Drawn in order; put filled ones first.
    pub series: Vec<BinSeries>,
    /// The quantity and its unit.
    pub x_label: String,
    /// What is counted.
    pub y_label: String,
    /// Counts on a logarithmic axis.
    pub log_counts: bool,
    /// Values with names.
    pub marks: Vec<ValueMark>,
    /// Values that a format can represent, as short ticks on the base line.
    pub levels: Vec<f64>,
    /// The bin that the reader points at.
    pub cursor: Option<usize>,
}

/// Where everything of a histogram goes, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramLayout {
    /// Plot, axes, and the way back from a pointer to a value.
    pub frame: Frame,
    /// The count at the top of the plot.
    pub top_count: f64,
    /// Whether bins are higher than the plot.
    pub cut: bool,
    /// How many bins are drawn as one; a power of two.
    pub merged: usize,
    /// Names of marks that found room.
    pub mark_labels: Vec<(usize, Bounds)>,
    legend: Legend,
}

/// On a linear axis the lowest of the series' peaks takes at least this share of the height.
const LEAST_PEAK_SHARE: f64 = 0.3;

const CUT_NOTE: &str = "higher than shown";

/// Narrower bins are drawn together: a comb of hairs would hide what lies below it.
const LEAST_BIN_WIDTH: f64 = 2.0;

impl Histogram {
    fn range(&self) -> Option<(f64, f64)> {
        (self.lo.is_finite() && self.hi.is_finite() && self.lo < self.hi).then_some((self.lo, self.hi))
    }

    fn bins(&self) -> usize {
        self.series.iter().map(|series| series.counts.len()).max().unwrap_or(0)
    }

    fn peaks(&self, merged: usize) -> impl Iterator<Item = f64> {
        let peak = move |series: &BinSeries| drawn(&series.counts, merged).into_iter().fold(0.0, f64::max);
        self.series.iter().map(peak).filter(|peak| *peak > 0.0)
    }

    /// The places of plot and names in an area of `size`; `None` if it is too small or the range is empty.
    #[must_use]
    pub fn layout(&self, size: (f64, f64), style: &Style) -> Option<HistogramLayout> {
        let (lo, hi) = self.range()?;
        let row = style.row();
        // The plot is a little narrower than the picture; its exact width depends on the counts.
        let bin_width = (size.0 - style.font_px * 5.0) / self.bins().max(1) as f64;
        let merged = (0..16).map(|power| 1 << power).find(|n| bin_width * f64::from(*n) >= LEAST_BIN_WIDTH);
        let merged = merged.map_or(1, |n: i32| n as usize);
        let highest = self.peaks(merged).fold(1.0, f64::max);
        let lowest = self.peaks(merged).fold(highest, f64::min);
        let (top_count, y_span) = if self.log_counts {
            let top = highest * 1.3;
            (top, Span::exact(Scale::Log10, 0.5, top.max(2.0)))
        } else {
            let top = (highest * 1.05).min(lowest / LEAST_PEAK_SHARE);
            (top, Span::exact(Scale::Linear, 0.0, top))
        };
        let cut = highest > top_count;

        let entries = self.series.iter().map(|series| Entry {
            label: series.label.clone(),
            role: series.role,
            swatch: match (series.style, series.role) {
                (BinStyle::Filled, _) => Swatch::Area,
                (BinStyle::Outline, Role::Error) => Swatch::Dashes,
                (BinStyle::Outline, _) => Swatch::Line,
            },
        });
        let note = cut.then(|| Entry { label: CUT_NOTE.into(), role: Role::Reference, swatch: Swatch::Cut });
        let title = if self.y_label.is_empty() { 0.0 } else { style.text_width(&self.y_label) + 20.0 };
        let most = ((size.1 * 0.3 / row).floor() as usize).max(1);
        let legend = Legend::new(entries.chain(note).collect(), style, title, size.0, most);
        let rows = legend.rows.max(usize::from(title > 0.0));
        let x = Side { label: &self.x_label, span: Span::exact(Scale::Linear, lo, hi), format: TickFormat::Plain };
        let y = Side { label: &self.y_label, span: y_span, format: TickFormat::ShortCount };
        let frame = Frame::new(size, style, &x, &y, rows, 0.0)?;
        let mut layout = HistogramLayout { frame, top_count, cut, merged, mark_labels: Vec::new(), legend };
        self.place_mark_labels(&mut layout, style);
        Some(layout)
    }

    fn place_mark_labels(&self, layout: &mut HistogramLayout, style: &Style) {
        let plot = layout.frame.plot();
        let row = style.row();
        let mut taken: Vec<Bounds> = Vec::new();
        for (i, mark) in self.marks.iter().enumerate() {
            let Some(x) = layout.frame.x_place(mark.at).filter(|x| (plot.x0..=plot.x1).contains(x)) else { continue };
            let w = style.text_width(&mark.label);
            let sides = [x + 5.0, x - 5.0 - w];
            let spot = [0.0, 1.0, 2.0]
                .into_iter()
                .map(|level| plot.y0 + 2.0 + level * row)
                .flat_map(|y0| sides.map(|x0| Bounds::new(x0, y0, x0 + w, y0 + row)))
                .find(|spot| plot.encloses(spot) && !taken.iter().any(|other| other.overlaps(spot)));
            if let Some(spot) = spot.filter(|_| !mark.label.is_empty()) {
                taken.push(spot);
                layout.mark_labels.push((i, spot));
            }
        }
    }

    /// The bin of a series under a horizontal position, for a pointer.
    #[must_use]
    pub fn bin_at(&self, frame: &Frame, css_x: f64) -> Option<usize> {
        let (lo, hi) = self.range()?;
        let bins = Some(self.bins()).filter(|bins| *bins > 0)?;
        Some((((frame.x_at(css_x) - lo) / (hi - lo) * bins as f64) as usize).min(bins - 1))
    }
}

/// Counts as drawn: `merged` bins as one, over the same range.
fn drawn(counts: &[u64], merged: usize) -> Vec<f64> {
    counts.chunks(merged.max(1)).map(|bins| bins.iter().map(|count| *count as f64).sum()).collect()
}

/// Each drawn bin: its left and right edge and its height, cut at the top of the plot.
fn bars(counts: &[u64], layout: &HistogramLayout) -> Vec<(f64, f64, f64)> {
    let plot = layout.frame.plot();
    let width = plot.width() / counts.len() as f64;
    let edge = |index: usize| (plot.x0 + index as f64 * width).min(plot.x1);
    drawn(counts, layout.merged)
        .into_iter()
        .enumerate()
        .map(|(i, count)| {
            let y = layout.frame.y_place(count).map_or(plot.y1, |y| y.clamp(plot.y0, plot.y1));
            (edge(i * layout.merged), edge((i + 1) * layout.merged), y)
        })
        .collect()
}

/// The steps of a series from the base line's left end to its right end.
fn steps(counts: &[u64], layout: &HistogramLayout) -> Vec<Point> {
    let plot = layout.frame.plot();
    let tops = bars(counts, layout).into_iter().flat_map(|(x0, x1, y)| [(x0, y), (x1, y)]);
    std::iter::once((plot.x0, plot.y1)).chain(tops).chain([(plot.x1, plot.y1)]).collect()
}

impl Picture for Histogram {
    fn draw(&self, area: &dyn Surface, style: &Style) -> Result<(), Error> {
        let pen = Pen::new(area, style);
        let theme = style.theme;
        pen.clear()?;
        let Some(layout) = self.layout(pen.size(), style) else { return Ok(()) };
        let frame = &layout.frame;
        let plot = frame.plot();
        frame.draw(&pen, false)?;
        for series in self.series.iter().filter(|series| !series.counts.is_empty()) {
            let colour = theme.colour(series.role);
            let steps = steps(&series.counts, &layout);
            if series.style == BinStyle::Filled {
                pen.polygon(&steps, &theme.tint(colour, 0.25))?;
            }
            if series.style == BinStyle::Outline && series.role == Role::Error {
                let middles: Vec<_> =
                    bars(&series.counts, &layout).into_iter().map(|(x0, x1, y)| ((x0 + x1) / 2.0, y)).collect();
                pen.dashed(&middles, Dash::Long, 2.0, &colour)?;
            } else {
                draw_outline(&pen, &steps, &plot, series)?;
            }
            draw_cut_bins(&pen, &layout, series)?;
        }
        frame.draw_base(&pen)?;
        draw_levels(&pen, self, frame)?;
        draw_cursor(&pen, self, &layout)?;
        for mark in &self.marks {
            if let Some(x) = frame.x_place(mark.at).filter(|x| (plot.x0..=plot.x1).contains(x)) {
                pen.dashed(&[(x, plot.y1), (x, plot.y0)], Dash::Short, 1.5, &theme.ink2)?;
            }
        }
        for (i, spot) in &layout.mark_labels {
            pen.fill(spot, &theme.background)?;
            pen.text(&self.marks[*i].label, spot.centre(), Align::Centre, &theme.ink)?;
        }
        layout.legend.draw(&pen)
    }
}

/// The steps without their runs along the base line and along the top, which would read as data.
fn draw_outline(pen: &Pen, steps: &[Point], plot: &Bounds, series: &BinSeries) -> Result<(), Error> {
    let colour = pen.style.theme.colour(series.role);
    let width = if series.style == BinStyle::Filled { 1.0 } else { 1.5 };
    let mut piece: Vec<Point> = Vec::new();
    let mut pieces = Vec::new();
    for pair in steps.windows(2) {
        let silent = pair[0].1 == pair[1].1 && (pair[0].1 == plot.y1 || pair[0].1 == plot.y0);
        if silent {
            pieces.push(std::mem::take(&mut piece));
            continue;
        }
        if piece.is_empty() {
            piece.push(pair[0]);
        }
        piece.push(pair[1]);
    }
    pieces.push(piece);
    for piece in pieces {
        pen.path(&piece, width, &colour)?;
    }
    Ok(())
}

/// Signs on bins that go on above the plot.
fn draw_cut_bins(pen: &Pen, layout: &HistogramLayout, series: &BinSeries) -> Result<(), Error> {
    let top = layout.frame.plot().y0;
    let colour = pen.style.theme.colour(series.role);
    let counts = drawn(&series.counts, layout.merged);
    let mut free_from = f64::NEG_INFINITY;
    for ((x0, x1, _), count) in bars(&series.counts, layout).into_iter().zip(counts) {
        let x = (x0 + x1) / 2.0;
        if count > layout.top_count && x >= free_from {
            pen.cut_sign((x, top + 1.0), &colour)?;
            free_from = x + 8.0;
        }
    }
    Ok(())
}

fn draw_levels(pen: &Pen, data: &Histogram, frame: &Frame) -> Result<(), Error> {
    let plot = frame.plot();
    let mut last = f64::NEG_INFINITY;
    let places: Vec<f64> = data.levels.iter().filter_map(|level| frame.x_place(*level)).collect();
    for x in layout::in_order(&places).into_iter().map(|i| places[i]).filter(|x| (plot.x0..=plot.x1).contains(x)) {
        // Levels closer than two pixels are one band to the eye.
        if x - last >= 2.0 {
            pen.upright(x, plot.y1 - 5.0, plot.y1, 1.0, &pen.style.theme.ink)?;
            last = x;
        }
    }
    Ok(())
}

fn draw_cursor(pen: &Pen, data: &Histogram, layout: &HistogramLayout) -> Result<(), Error> {
    let theme = pen.style.theme;
    let plot = layout.frame.plot();
    let bins = data.bins();
    let Some(index) = data.cursor.filter(|index| *index < bins) else { return Ok(()) };
    let x = plot.x0 + (index as f64 + 0.5) / bins as f64 * plot.width();
    pen.upright(x, plot.y0, plot.y1, 1.0, &theme.ink)?;
    for series in &data.series {
        if let Some((_, _, y)) = bars(&series.counts, layout).get(index / layout.merged) {
            pen.disc((x, *y), 5.0, &theme.background)?;
            pen.disc((x, *y), 3.5, &theme.colour(series.role))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Theme;
    use super::super::test_support::{SIZES, check_everywhere, show, svg};
    use super::*;

    /// A normal tensor in `bins` bins, and the same rounded to `levels` levels.
    fn tensor(bins: usize, levels: usize, log_counts: bool) -> Histogram {
        let bell = |i: usize| (1e6 * (-((i as f64 + 0.5) / bins as f64 * 8.0 - 4.0).powi(2) / 2.0).exp()) / bins as f64;
        let reference: Vec<u64> = (0..bins).map(|i| bell(i) as u64).collect();
        let mut quantized = vec![0; bins];
        for (i, count) in reference.iter().enumerate() {
            let level = (i as f64 / bins as f64 * levels as f64).floor() + 0.5;
            quantized[(level / levels as f64 * bins as f64) as usize] += count;
        }
        Histogram {
            lo: -0.08,
            hi: 0.08,
            series: vec![
                BinSeries { label: "BF16".into(), counts: reference, role: Role::Reference, style: BinStyle::Filled },
                BinSeries {
                    label: format!("{levels} levels"),
                    counts: quantized,
                    role: Role::Quantized,
                    style: BinStyle::Outline,
                },
            ],
            x_label: "Weight value".into(),
            y_label: "Weights per bin".into(),
            log_counts,
            marks: vec![ValueMark { at: 0.062, label: "clip".into() }],
            levels: (0..levels).map(|i| -0.08 + 0.16 * (i as f64 + 0.5) / levels as f64).collect(),
            cursor: None,
        }
    }

    fn error() -> Histogram {
        let mut histogram = tensor(128, 16, false);
        histogram.series.truncate(1);
        histogram.series[0].role = Role::Error;
        histogram.series[0].style = BinStyle::Outline;
        histogram.series[0].label = "Rounding error".into();
        (histogram.lo, histogram.hi) = (-2e-4, 2e-4);
        histogram.marks.clear();
        histogram.levels.clear();
        histogram.cursor = Some(40);
        histogram
    }

    #[test]
    fn a_spiky_series_does_not_flatten_the_other_on_a_linear_axis() {
        let layout = tensor(256, 8, false).layout((340.0, 220.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap();
        let plot = layout.frame.plot();
        let peak = layout.frame.y_place(1e6 / 256.0 * layout.merged as f64).unwrap();
        assert!(layout.cut && (plot.y1 - peak) / plot.height() > LEAST_PEAK_SHARE - 0.01);
        assert!(!tensor(256, 8, true).layout((340.0, 220.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap().cut);
    }

    #[test]
    fn a_count_of_one_is_seen_on_the_logarithmic_axis() {
        let layout = tensor(256, 8, true).layout((340.0, 220.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap();
        assert!(layout.frame.plot().y1 - layout.frame.y_place(1.0).unwrap() > 4.0);
    }

    #[test]
    fn steps_stay_in_the_plot() {
        for histogram in [tensor(256, 8, false), tensor(512, 256, true), error()] {
            for size in SIZES {
                let Some(layout) = histogram.layout(size, &Style::new(&Theme::LIGHT, 1.0)) else { continue };
                for series in &histogram.series {
                    for at in steps(&series.counts, &layout) {
                        assert!(layout.frame.plot().inset(-1e-6).encloses(&Bounds::centred(at, 0.0, 0.0)));
                    }
                }
            }
        }
    }

    #[test]
    fn names_of_marks_never_overlap() {
        let mut histogram = tensor(64, 8, false);
        histogram.marks =
            (0..9).map(|i| ValueMark { at: -0.04 + 0.01 * f64::from(i), label: "absmax".into() }).collect();
        for size in SIZES {
            let Some(layout) = histogram.layout(size, &Style::new(&Theme::LIGHT, 1.0)) else { continue };
            for (i, (_, a)) in layout.mark_labels.iter().enumerate() {
                assert!(layout.mark_labels[..i].iter().all(|(_, b)| !b.overlaps(a)));
            }
        }
    }

    #[test]
    fn a_pointer_finds_its_bin_even_outside_the_plot() {
        let histogram = tensor(64, 8, false);
        let frame = histogram.layout((340.0, 220.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap().frame;
        assert_eq!(histogram.bin_at(&frame, -50.0), Some(0));
        assert_eq!(histogram.bin_at(&frame, frame.plot().centre().0 + 1.0), Some(32));
        assert_eq!(histogram.bin_at(&frame, 9e9), Some(63));
    }

    #[test]
    fn degenerate_histograms_draw() {
        check_everywhere(&Histogram::default());
        for counts in [vec![], vec![0], vec![0; 512], vec![1], vec![u64::MAX, 0, 1], vec![7; 4096]] {
            for (lo, hi) in
                [(0.0, 0.0), (-2e-4, 2e-4), (f64::NAN, 1.0), (1.0, -1.0), (-1e300, 1e300), (1.0, 1.0 + 4e-16)]
            {
                for log_counts in [false, true] {
                    let mut histogram = Histogram { lo, hi, log_counts, cursor: Some(0), ..tensor(32, 4, false) };
                    histogram.series[0].counts.clone_from(&counts);
                    histogram.marks.push(ValueMark { at: f64::NAN, label: "nan".into() });
                    histogram.levels.push(f64::INFINITY);
                    check_everywhere(&histogram);
                }
            }
        }
    }

    #[test]
    fn histogram_light() {
        insta::assert_snapshot!(svg((340, 220), &Theme::LIGHT, &tensor(64, 16, false)));
    }

    #[test]
    fn histogram_dark_with_log_counts() {
        insta::assert_snapshot!(svg((340, 220), &Theme::DARK, &tensor(64, 16, true)));
    }

    #[test]
    #[ignore = "writes pictures to look at into $CHARTS_OUT"]
    fn show_pictures() {
        show("hist-int4", &tensor(256, 16, false));
        show("hist-int4-log", &tensor(256, 16, true));
        show("hist-int8", &tensor(512, 256, false));
        show("hist-error", &error());
    }
}
