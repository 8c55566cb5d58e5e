//! Lanes above one axis: where each of several things lies, as bars (the ranges of number formats) or as ticks (their
//! values).

use super::axis::{Span, Ticks, ticks};
use super::layout::Bounds;
use super::pen::{Align, Pen};
use super::{Axis, Error, Picture, Role, Style, Surface};
use serde::{Deserialize, Serialize};

/// Lanes above one axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lanes {
    /// The axis, with its range.
    pub x: Axis,
    /// From top to bottom.
    pub lanes: Vec<Lane>,
    /// A line through all lanes, with its name.
    pub mark: Option<(f64, String)>,
}

/// One lane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// Its name, written above it.
    pub label: String,
    /// Bars, drawn first.
    pub bars: Vec<Bar>,
    /// Ticks.
    pub ticks: Vec<f64>,
    /// The tick that stands out.
    pub chosen: Option<f64>,
}

/// A bar from one value to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    /// Its start.
    pub from: f64,
    /// Its end.
    pub to: f64,
    /// What it is called, where there is room inside it.
    pub label: String,
    /// Thin colour with an outline instead of full colour.
    pub faint: bool,
}

/// Where the lanes go, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct LanesLayout {
    /// The area of bars and ticks, over all lanes.
    pub plot: Bounds,
    /// Each lane's bar height: from its name's foot down.
    pub lanes: Vec<Bounds>,
    span: Span,
    ticks: Ticks,
}

/// Height of a bar.
const BAR: f64 = 16.0;
/// Between a tick's label and the axis.
const GAP: f64 = 6.0;

impl Lanes {
    /// The height that shows every lane with its name.
    #[must_use]
    pub fn height(lanes: usize) -> f64 {
        // The name of the mark, the lanes, the axis with its title; a row is 20 px at the usual size of text.
        26.0 + lanes as f64 * (BAR + 26.0) + 48.0
    }

    /// The places of the lanes in an area of `size`; `None` if it is too small.
    #[must_use]
    pub fn layout(&self, (width, height): (f64, f64), style: &Style) -> Option<LanesLayout> {
        let row = style.row();
        let values = self
            .lanes
            .iter()
            .flat_map(|lane| lane.bars.iter().flat_map(|bar| [bar.from, bar.to]).chain(lane.ticks.iter().copied()));
        let span = Span::of(&self.x, values);
        let top = if self.mark.is_some() { row } else { 0.0 };
        let bottom = height - row - GAP - if self.x.label.is_empty() { 0.0 } else { row };
        let plot = Bounds::new(10.0, top, width - 10.0, bottom);
        let pitch = plot.height() / self.lanes.len().max(1) as f64;
        if plot.width() < 80.0 || pitch < row + 6.0 {
            return None;
        }
        let bar = BAR.min(pitch - row);
        let lanes = (0..self.lanes.len())
            .map(|i| {
                let foot = plot.y0 + pitch * i as f64 + row;
                Bounds::new(plot.x0, foot, plot.x1, foot + bar)
            })
            .collect();
        let most = (plot.width() / (style.font_px * 4.5)).floor().clamp(2.0, 10.0) as usize;
        let ticks = ticks(&span, self.x.format, most, |ticks| {
            let ends: Vec<(f64, f64)> = ticks
                .iter()
                .map(|tick| {
                    let (at, half) = (plot.x0 + tick.share * plot.width(), style.text_width(&tick.label) / 2.0);
                    (at - half, at + half)
                })
                .collect();
            ends.windows(2).all(|pair| pair[0].1 + style.font_px * 0.7 <= pair[1].0)
        });
        Some(LanesLayout { plot, lanes, span, ticks })
    }
}

impl LanesLayout {
    /// Where a value lies, held within the plot.
    fn place(&self, value: f64) -> Option<f64> {
        let share = self.span.share(value)?;
        Some(self.plot.x0 + share.clamp(0.0, 1.0) * self.plot.width())
    }

    /// The value under a horizontal position, held within the axis.
    #[must_use]
    pub fn value_at(&self, css_x: f64) -> f64 {
        self.span.value(((css_x - self.plot.x0) / self.plot.width()).clamp(0.0, 1.0))
    }

    /// The values at both ends of the axis.
    #[must_use]
    pub fn ends(&self) -> (f64, f64) {
        (self.span.value(0.0), self.span.value(1.0))
    }
}

impl Picture for Lanes {
    fn draw(&self, area: &dyn Surface, style: &Style) -> Result<(), Error> {
        let pen = Pen::new(area, style);
        pen.clear()?;
        let (width, height) = pen.size();
        let Some(layout) = self.layout((width, height), style) else { return Ok(()) };
        let theme = style.theme;
        let plot = &layout.plot;
        let row = style.row();
        for tick in &layout.ticks.ticks {
            pen.upright(plot.x0 + tick.share * plot.width(), plot.y0, plot.y1, 1.0, &theme.line)?;
        }
        let colour = theme.colour(Role::Quantized);
        for (lane, bounds) in self.lanes.iter().zip(&layout.lanes) {
            pen.text(&lane.label, (plot.x0, bounds.y0 - row / 2.0), Align::Left, &theme.ink2)?;
            for bar in &lane.bars {
                let (Some(from), Some(to)) = (layout.place(bar.from), layout.place(bar.to)) else { continue };
                let place = Bounds::new(from, bounds.y0, to.max(from + 2.0), bounds.y1);
                if bar.faint {
                    pen.fill(&place, &theme.tint(colour, 0.3))?;
                    pen.outline(&place, 1.0, &colour)?;
                } else {
                    pen.fill(&place, &colour)?;
                }
                let ink = if bar.faint { &theme.ink } else { &theme.background };
                if style.text_width(&bar.label) + 8.0 <= place.width() {
                    pen.text(&bar.label, place.centre(), Align::Centre, ink)?;
                }
            }
            for &value in &lane.ticks {
                if let Some(x) = layout.place(value) {
                    pen.upright(x, bounds.y0, bounds.y1, 1.5, &colour)?;
                }
            }
            pen.level(bounds.y1, plot.x0, plot.x1, 1.0, &theme.line)?;
        }
        // Over everything: the mark, and the value of each lane that stands for it.
        if let Some((at, name)) = &self.mark
            && let Some(x) = layout.place(*at)
        {
            pen.upright(x, row, plot.y1, 1.5, &theme.colour(Role::Error))?;
            let name_width = style.text_width(name);
            let centre = Bounds::centred((x, row / 2.0), name_width, row).slid_into(0.0, width).centre();
            pen.bold(name, centre, Align::Centre, &theme.ink)?;
        }
        for (lane, bounds) in self.lanes.iter().zip(&layout.lanes) {
            if let Some(x) = lane.chosen.and_then(|value| layout.place(value)) {
                pen.disc((x, bounds.centre().1), 5.0, &theme.ink)?;
            }
        }
        pen.level(plot.y1, plot.x0, plot.x1, 1.0, &theme.ink3)?;
        for tick in &layout.ticks.ticks {
            let x = plot.x0 + tick.share * plot.width();
            let label = Bounds::centred((x, plot.y1 + GAP + row / 2.0), style.text_width(&tick.label), row);
            pen.text(&tick.label, label.slid_into(0.0, width).centre(), Align::Centre, &theme.ink3)?;
        }
        let title = format!("{}{}", self.x.label, layout.ticks.factor);
        let title_y = plot.y1 + GAP + row * 1.5;
        pen.text(&title, (plot.centre().0, title_y), Align::Centre, &theme.ink2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_support::{check_everywhere, show, svg};
    use super::super::{Scale, Theme, TickFormat};
    use super::*;

    fn ranges() -> Lanes {
        let lane = |label: &str, subnormal: f64, normal: f64, max: f64| Lane {
            label: label.to_owned(),
            bars: vec![
                Bar { from: subnormal, to: normal, label: "subnormal".into(), faint: true },
                Bar { from: normal, to: max, label: "normal".into(), faint: false },
            ],
            ..Lane::default()
        };
        Lanes {
            x: Axis::log10("Magnitude", TickFormat::PowerOfTen),
            lanes: vec![
                lane("FP32", 1.4e-45, 1.2e-38, 3.4e38),
                lane("BF16", 9.2e-41, 1.2e-38, 3.39e38),
                lane("FP16", 6e-8, 6.1e-5, 65_504.0),
            ],
            mark: Some((70_000.0, "70000".into())),
        }
    }

    fn values() -> Lanes {
        Lanes {
            x: Axis::linear("Value", TickFormat::Plain).over(2.75, 3.55),
            lanes: vec![
                Lane { label: "INT8".into(), ticks: vec![3.0], chosen: Some(3.0), ..Lane::default() },
                Lane { label: "E4M3".into(), ticks: vec![2.75, 3.0, 3.25, 3.5], chosen: Some(3.25), ..Lane::default() },
            ],
            mark: Some((std::f64::consts::PI, "x".into())),
        }
    }

    #[test]
    fn lanes_lie_one_below_the_other_within_the_plot() {
        let style = Style::new(&Theme::LIGHT, 1.0);
        let layout = ranges().layout((340.0, Lanes::height(3)), &style).unwrap();
        assert!(layout.lanes.windows(2).all(|pair| pair[0].y1 < pair[1].y0));
        assert!(layout.lanes.iter().all(|lane| lane.height() > 10.0 && layout.plot.encloses(lane)));
        assert_eq!(layout.span, Span::of(&ranges().x, [1.4e-45, 3.4e38]));
        assert_eq!(ranges().x.scale, Scale::Log10);
    }

    #[test]
    fn a_position_leads_back_to_its_value() {
        let style = Style::new(&Theme::LIGHT, 1.0);
        let layout = values().layout((500.0, Lanes::height(2)), &style).unwrap();
        let x = layout.place(3.0).unwrap();
        assert!((layout.value_at(x) - 3.0).abs() < 1e-9);
        assert_eq!(layout.value_at(-50.0), 2.75);
    }

    #[test]
    fn lanes_light() {
        insta::assert_snapshot!(svg((480, 230), &Theme::LIGHT, &ranges()));
    }

    #[test]
    fn lanes_dark_with_ticks() {
        insta::assert_snapshot!(svg((340, 180), &Theme::DARK, &values()));
    }

    #[test]
    fn any_size_can_be_drawn() {
        check_everywhere(&ranges());
        check_everywhere(&values());
        check_everywhere(&Lanes::default());
    }

    #[test]
    #[ignore = "writes pictures to look at into $CHARTS_OUT"]
    fn pictures_to_look_at() {
        show("ranges", &ranges());
        show("values", &values());
    }
}
