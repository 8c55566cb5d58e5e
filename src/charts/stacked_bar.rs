//! One bar of parts against a capacity: does it fit, and what takes the room?

use super::axis::{Scale, Span, Tick, ticks};
use super::layout::{self, Bounds, Point};
use super::pattern::{self, Pattern};
use super::pen::{Align, Pen};
use super::{Error, Picture, Role, Style, Surface, TickFormat};
use serde::{Deserialize, Serialize};

/// A piece of the bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// What it is, e.g. `Weights`.
    pub label: String,
    /// Its size, in the unit of the axis; left out unless above zero.
    pub value: f64,
    /// Its size in words, e.g. `16.1 GB`.
    pub value_text: String,
    /// Its colour and pattern.
    pub role: Role,
}

/// What the bar has to fit into.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// Its size, in the unit of the axis.
    pub value: f64,
    /// Its name and size, e.g. `A100 80 GB: 85.9 GB`.
    pub label: String,
}

/// Parts side by side on one axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StackedBar {
    /// From left to right.
    pub parts: Vec<Part>,
    /// The line to stay left of.
    pub capacity: Option<Capacity>,
    /// How the axis is written; for memory, [`TickFormat::Bytes`].
    pub format: TickFormat,
}

/// A part's label and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct PartLabel {
    /// Which part.
    pub part: usize,
    /// The box of its text, of one or two lines.
    pub bounds: Bounds,
    /// Name and value on a line each.
    pub two_lines: bool,
    /// From the label down to its part, if it stands outside.
    pub leader: Option<(Point, Point)>,
}

/// Where everything of a bar goes, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct BarLayout {
    /// From zero to the larger of total and capacity.
    pub track: Bounds,
    /// Each drawn part with its index.
    pub parts: Vec<(usize, Bounds)>,
    /// Labels; parts without room have none.
    pub labels: Vec<PartLabel>,
    /// The capacity line's place and its label's box.
    pub capacity: Option<(f64, Bounds)>,
    /// What lies beyond capacity.
    pub overflow: Option<Bounds>,
    ticks: Vec<Tick>,
    tick_y: f64,
}

const GAP: f64 = 1.5;

/// Which places of a label are tried first, as the share of its text that lies left of its part's middle.
#[derive(Clone, Copy)]
enum Order {
    Middle,
    Leftwards,
    Rightwards,
}

impl Order {
    const ALL: [Self; 3] = [Self::Middle, Self::Leftwards, Self::Rightwards];

    fn shares(self) -> [f64; 11] {
        match self {
            Self::Middle => [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9, 0.03, 0.97],
            Self::Leftwards => [0.97, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.03],
            Self::Rightwards => [0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97],
        }
    }
}

impl StackedBar {
    fn sizes(&self) -> impl Iterator<Item = (usize, f64)> {
        let usable = |value: f64| value.is_finite() && value > 0.0;
        self.parts.iter().enumerate().map(|(i, part)| (i, part.value)).filter(move |(_, value)| usable(*value))
    }

    fn limit(&self) -> Option<&Capacity> {
        self.capacity.as_ref().filter(|capacity| capacity.value.is_finite() && capacity.value > 0.0)
    }

    /// The places of bar, labels, line and ticks in an area of `size`; `None` if it is too small for a bar.
    #[must_use]
    pub fn layout(&self, size: (f64, f64), style: &Style) -> Option<BarLayout> {
        // Few labels, so try every way: most labels win, then the largest parts, then the fewest rows.
        let widths = |layout: &BarLayout| -> f64 {
            let named = |i: &usize| layout.labels.iter().any(|label| label.part == *i);
            layout.parts.iter().filter(|(i, _)| named(i)).map(|(_, bounds)| bounds.width().ceil()).sum()
        };
        let worth = |layout: &BarLayout| (layout.labels.len(), widths(layout));
        let ways = (0..=2).flat_map(|rows| Order::ALL.map(|order| (rows, order)));
        ways.filter_map(|(rows, order)| self.layout_with(size, style, rows, order))
            .reduce(|best, next| if worth(&next) > worth(&best) { next } else { best })
    }

    fn layout_with(&self, size: (f64, f64), style: &Style, label_rows: usize, order: Order) -> Option<BarLayout> {
        let (width, height) = size;
        let row = style.row();
        let total: f64 = self.sizes().map(|(_, value)| value).sum();
        let limit = self.limit().map_or(0.0, |capacity| capacity.value);
        let end = if total.max(limit) > 0.0 { total.max(limit) } else { 1.0 };
        let span = Span::exact(Scale::Linear, 0.0, end * 1.02);

        let capacity_row = if self.limit().is_some() { row + 2.0 } else { 0.0 };
        let (left, right) = (1.0, width - 2.0);
        let axis_height = row + 8.0;
        let room = height - capacity_row - axis_height;
        let labels_height = label_rows as f64 * (row + 2.0);
        let bar_height = (room - labels_height - 8.0).clamp(0.0, row * 4.0);
        let least = if label_rows == 0 { 10.0 } else { 24.0 };
        if bar_height < least || right - left < 40.0 {
            return None;
        }
        let bar_top = capacity_row + labels_height + 6.0;
        let bar_bottom = bar_top + bar_height;
        let place = |value: f64| left + span.share(value).unwrap_or(0.0) * (right - left);

        let mut parts = Vec::new();
        let mut sum = 0.0;
        for (i, value) in self.sizes() {
            let (x0, x1) = (place(sum), place(sum + value));
            // A part too thin for its gap still shows as a hair.
            let x1 = (x1 - GAP).max(x0 + 1.0).min(right);
            parts.push((i, Bounds::new(x0.min(right - 1.0), bar_top, x1, bar_bottom)));
            sum += value;
        }

        let capacity = self.limit().map(|capacity| {
            let x = place(capacity.value);
            let text = style.bold_width(&capacity.label);
            let beside = if x + 6.0 + text <= width { x + 6.0 } else { x - 6.0 - text };
            (x, Bounds::new(beside, 0.0, beside + text, row).slid_into(0.0, width))
        });
        let overflow = capacity
            .as_ref()
            .filter(|_| total > limit * (1.0 + 1e-9))
            .map(|(x, _)| Bounds::new(x.min(right - 2.0), bar_top, place(total).min(right), bar_bottom));

        let ticks = fitting_ticks(&span, self.format, style, (left, right), width);
        let mut layout = BarLayout {
            track: Bounds::new(left, bar_top, place(end), bar_bottom),
            parts,
            labels: Vec::new(),
            capacity,
            overflow,
            ticks,
            tick_y: bar_bottom + 8.0 + row / 2.0,
        };
        self.place_labels(&mut layout, style, width, label_rows, order);
        Some(layout)
    }

    /// Large parts carry their label inside; the others stand above the bar with a leader.
    fn place_labels(&self, layout: &mut BarLayout, style: &Style, width: f64, rows: usize, order: Order) {
        let row = style.row();
        let line = layout.capacity.as_ref().map(|(x, _)| *x);
        let mut taken: Vec<Bounds> = line.iter().map(|x| Bounds::new(x - 4.0, row, x + 4.0, 1e6)).collect();
        let parts = layout.parts.clone();
        let widths: Vec<f64> = parts.iter().map(|(_, bounds)| -bounds.width()).collect();
        for (i, bounds) in layout::in_order(&widths).into_iter().map(|place| parts[place]) {
            let part = &self.parts[i];
            let one_line = style.text_width(&part.label) + style.text_width(" ") + style.text_width(&part.value_text);
            let longer = style.text_width(&part.label).max(style.text_width(&part.value_text));
            let spot = widest_side(&bounds, line).inset(3.0);
            let inside = [(one_line, row, false), (longer, row * 2.0, true)]
                .into_iter()
                .find(|(w, h, _)| w + 12.0 <= spot.width() && h + 4.0 <= bounds.height());
            let label = if let Some((w, h, two_lines)) = inside {
                let bounds = Bounds::centred(spot.centre(), w + 8.0, h);
                Some(PartLabel { part: i, bounds, two_lines, leader: None })
            } else {
                above(&bounds, one_line, (rows, order), row, width, &taken).map(|(text, leader)| PartLabel {
                    part: i,
                    bounds: text,
                    two_lines: false,
                    leader: Some(leader),
                })
            };
            if let Some(label) = label {
                taken.push(label.bounds.inset(-3.0));
                taken.extend(label.leader.map(|(a, b)| Bounds::new(a.0 - 3.0, a.1, b.0 + 3.0, b.1)));
                layout.labels.push(label);
            }
        }
    }
}

/// The most ticks from `left` to `right` whose labels keep apart within the area's width.
pub(super) fn fitting_ticks(
    span: &Span,
    format: TickFormat,
    style: &Style,
    (left, right): (f64, f64),
    width: f64,
) -> Vec<Tick> {
    let most = ((right - left) / (style.font_px * 4.0)).floor().clamp(1.0, 9.0) as usize;
    let fits = |ticks: &[Tick]| {
        let boxes: Vec<_> = ticks
            .iter()
            .map(|tick| {
                let x = left + tick.share * (right - left);
                Bounds::centred((x, 0.0), style.text_width(&tick.label), 1.0).slid_into(0.0, width)
            })
            .collect();
        boxes.windows(2).all(|pair| pair[0].x1 + style.font_px <= pair[1].x0)
    };
    ticks(span, format, most, fits).ticks
}

/// The larger piece of a part that the capacity line cuts.
pub(super) fn widest_side(bounds: &Bounds, line: Option<f64>) -> Bounds {
    match line {
        Some(x) if bounds.x0 < x && x < bounds.x1 => {
            let (before, after) = (Bounds { x1: x - 2.0, ..*bounds }, Bounds { x0: x + 2.0, ..*bounds });
            if before.width() >= after.width() { before } else { after }
        }
        _ => *bounds,
    }
}

/// A free box in the rows above a part, and its leader; rows nearest the bar first, then in the given order.
fn above(
    part: &Bounds,
    text: f64,
    (rows, order): (usize, Order),
    row: f64,
    width: f64,
    taken: &[Bounds],
) -> Option<(Bounds, (Point, Point))> {
    let foot = (part.centre().0, part.y0);
    (0..rows).flat_map(|r| order.shares().map(|share| (r, share))).find_map(|(r, share)| {
        let bottom = part.y0 - 4.0 - r as f64 * (row + 2.0);
        let x0 = foot.0 - share * text;
        let label = Bounds::new(x0, bottom - row, x0 + text, bottom);
        let leader = Bounds::new(foot.0 - 2.0, bottom, foot.0 + 2.0, foot.1);
        let inside = label.x0 >= 0.0 && label.x1 <= width && label.y0 >= 0.0;
        let free = !taken.iter().any(|other| other.overlaps(&label) || (r > 0 && other.overlaps(&leader)));
        (inside && free).then_some((label, ((foot.0, bottom), foot)))
    })
}

impl Picture for StackedBar {
    fn draw(&self, area: &dyn Surface, style: &Style) -> Result<(), Error> {
        let pen = Pen::new(area, style);
        let theme = style.theme;
        pen.clear()?;
        let Some(layout) = self.layout(pen.size(), style) else { return Ok(()) };

        pen.fill(&layout.track, &theme.panel)?;
        pen.outline(&layout.track, 1.0, &theme.line)?;
        for (i, bounds) in &layout.parts {
            pattern::fill(&pen, self.parts[*i].role, bounds)?;
        }
        if let Some(overflow) = &layout.overflow {
            draw_overflow(&pen, overflow)?;
        }
        let ends = (layout.track.x0, pen.size().0 - 2.0);
        draw_ticks(&pen, &layout.ticks, ends, (layout.track.y1, layout.tick_y))?;
        if let (Some((x, label)), Some(capacity)) = (&layout.capacity, self.limit()) {
            pen.upright(*x, 0.0, layout.track.y1 + 6.0, 2.0, &theme.ink)?;
            let (at, align) = if label.x0 > *x { (label.x0, Align::Left) } else { (label.x1, Align::Right) };
            pen.bold(&capacity.label, (at, label.centre().1), align, &theme.ink)?;
        }
        for label in &layout.labels {
            draw_label(&pen, &self.parts[label.part], label)?;
        }
        Ok(())
    }
}

/// A hatch over the parts and a strong outline, so that what does not fit is seen without colour.
fn draw_overflow(pen: &Pen, overflow: &Bounds) -> Result<(), Error> {
    let over = pen.style.theme.over;
    let strip = Bounds::new(overflow.x0, overflow.y1 - 7.0, overflow.x1, overflow.y1);
    pen.fill(&strip, &pen.style.theme.background)?;
    pattern::draw(pen, Pattern::Rising, &strip, &over)?;
    pen.outline(overflow, 2.5, &over)
}

/// Ticks below `top` with their labels in the middle of `label_y`.
pub(super) fn draw_ticks(
    pen: &Pen,
    ticks: &[Tick],
    (left, right): (f64, f64),
    (top, label_y): (f64, f64),
) -> Result<(), Error> {
    let theme = pen.style.theme;
    let (width, _) = pen.size();
    for tick in ticks {
        let x = left + tick.share * (right - left);
        pen.upright(x, top + 2.0, top + 6.0, 1.0, &theme.ink3)?;
        let label = Bounds::centred((x, label_y), pen.style.text_width(&tick.label), 1.0).slid_into(0.0, width);
        let (at, align) = if label.x0 == 0.0 { (label.x0, Align::Left) } else { (label.centre().0, Align::Centre) };
        pen.text(&tick.label, (at, label_y), align, &theme.ink3)?;
    }
    Ok(())
}

fn draw_label(pen: &Pen, part: &Part, label: &PartLabel) -> Result<(), Error> {
    let theme = pen.style.theme;
    let Bounds { x0, y0, .. } = label.bounds;
    let row = pen.style.row();
    if let Some((from, to)) = label.leader {
        pen.upright(to.0, from.1, to.1, 1.0, &theme.ink3)?;
        return pen.text(&format!("{} {}", part.label, part.value_text), (x0, y0 + row / 2.0), Align::Left, &theme.ink);
    }
    pen.fill(&label.bounds, &theme.background)?;
    let x = label.bounds.centre().0;
    if label.two_lines {
        pen.text(&part.label, (x, y0 + row / 2.0), Align::Centre, &theme.ink)?;
        return pen.text(&part.value_text, (x, y0 + row * 1.5), Align::Centre, &theme.ink2);
    }
    pen.text(&format!("{} {}", part.label, part.value_text), (x, y0 + row / 2.0), Align::Centre, &theme.ink)
}

#[cfg(test)]
mod tests {
    use super::super::Theme;
    use super::super::test_support::{SIZES, check_everywhere, svg};
    use super::*;
    use crate::units::{ByteUnits, Bytes};

    fn part(label: &str, gigabytes: f64, role: Role) -> Part {
        Part { label: label.into(), value: gigabytes * 1e9, value_text: Bytes(gigabytes * 1e9).to_string(), role }
    }

    fn training() -> StackedBar {
        StackedBar {
            parts: vec![
                part("Weights", 32.1, Role::Weights),
                part("Gradients", 32.1, Role::Gradients),
                part("Adam", 64.2, Role::Optimizer),
                part("Activations", 9.4, Role::Activations),
                part("Overhead", 1.0, Role::Other),
            ],
            capacity: Some(Capacity { value: 85_899_345_920.0, label: "A100 80 GB: 85.9 GB".into() }),
            format: TickFormat::Bytes(ByteUnits::Decimal),
        }
    }

    fn inference() -> StackedBar {
        StackedBar {
            parts: vec![
                part("Weights", 16.1, Role::Weights),
                part("KV cache", 1.1, Role::KvCache),
                part("Activations", 0.3, Role::Activations),
                part("Overhead", 0.7, Role::Other),
            ],
            capacity: Some(Capacity { value: 25.8e9, label: "L4 24 GB: 25.8 GB".into() }),
            format: TickFormat::Bytes(ByteUnits::Decimal),
        }
    }

    #[test]
    fn labels_never_overlap_each_other_nor_leave_the_picture() {
        let style = Style::new(&Theme::LIGHT, 1.0);
        for bar in [training(), inference()] {
            for size in SIZES {
                let Some(layout) = bar.layout(size, &style) else { continue };
                let area = Bounds::new(0.0, 0.0, size.0, size.1);
                let line = layout.capacity.iter().map(|(_, label)| *label);
                let boxes: Vec<_> = layout.labels.iter().map(|label| label.bounds).chain(line).collect();
                for (i, a) in boxes.iter().enumerate() {
                    assert!(area.encloses(a), "{a:?} leaves {size:?}");
                    assert!(boxes[..i].iter().all(|b| !b.overlaps(a)), "{a:?} overlaps in {size:?}");
                }
            }
        }
    }

    #[test]
    fn the_overflow_starts_at_capacity_and_only_when_the_parts_exceed_it() {
        let style = Style::new(&Theme::LIGHT, 1.0);
        let layout = training().layout((900.0, 180.0), &style).unwrap();
        let (line, _) = layout.capacity.unwrap();
        assert_eq!(layout.overflow.unwrap().x0, line);
        assert_eq!(inference().layout((900.0, 180.0), &style).unwrap().overflow, None);
    }

    #[test]
    fn the_largest_part_is_labelled_even_on_a_phone() {
        let layout = training().layout((340.0, 150.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap();
        assert!(layout.labels.iter().any(|label| label.part == 2));
    }

    #[test]
    fn degenerate_bars_draw() {
        let values = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 1.0, 1e300];
        let part = |value| Part { value, ..part("A long name for a small part", 1.0, Role::Optimizer) };
        let capacity = |value| Some(Capacity { value, label: "a label far longer than a narrow picture is".into() });
        check_everywhere(&StackedBar::default());
        for a in values {
            check_everywhere(&StackedBar { parts: vec![part(a)], capacity: None, ..training() });
            for b in values {
                check_everywhere(&StackedBar { parts: vec![part(a); 9], capacity: capacity(b), ..training() });
            }
        }
    }

    #[test]
    fn stacked_bar_light() {
        insta::assert_snapshot!(svg((300, 116), &Theme::LIGHT, &training()));
    }

    #[test]
    #[ignore = "writes pictures to look at into $CHARTS_OUT"]
    fn show() {
        super::super::test_support::show("bar-over", &training());
        super::super::test_support::show("bar-fits", &inference());
    }
}
