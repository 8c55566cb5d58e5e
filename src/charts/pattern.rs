//! Fills that are told apart without colour.

use super::layout::{Bounds, Point, clip_segment};
use super::pen::Pen;
use super::{Error, Role};

/// What is drawn over a part's lightened ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// The full colour.
    Solid,
    /// 45° lines, from bottom left to top right.
    Rising,
    /// 135° lines, from top left to bottom right.
    Falling,
    /// Level lines.
    Horizontal,
    /// Dots in staggered rows.
    Dots,
    /// The same dots, further apart.
    SparseDots,
    /// Upright lines.
    Vertical,
    /// Level and upright lines.
    Grid,
    /// 45° and 135° lines.
    Crossed,
    /// Short level lines in staggered rows.
    Dashes,
}

const LINE_WIDTH: f64 = 1.5;

/// One stroke of a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stroke {
    /// A line between two points.
    Line(Point, Point),
    /// A disc around a point.
    Dot(Point, f64),
}

/// The strokes of `pattern` that lie wholly inside `bounds`, line width included.
#[must_use]
pub fn strokes(pattern: Pattern, bounds: &Bounds) -> Vec<Stroke> {
    let inner = bounds.inset(LINE_WIDTH / 2.0);
    if inner.width() <= 0.0 || inner.height() <= 0.0 {
        return Vec::new();
    }
    match pattern {
        Pattern::Solid => Vec::new(),
        Pattern::Rising => slanted(&inner, 7.0, true),
        Pattern::Falling => slanted(&inner, 7.0, false),
        Pattern::Horizontal => level(&inner, 5.0),
        Pattern::Dots => dots(bounds, 7.0, 1.5),
        Pattern::SparseDots => dots(bounds, 12.0, 1.5),
        Pattern::Vertical => upright(&inner, 5.0),
        Pattern::Grid => [level(&inner, 7.0), upright(&inner, 7.0)].concat(),
        Pattern::Crossed => [slanted(&inner, 7.0, true), slanted(&inner, 7.0, false)].concat(),
        Pattern::Dashes => dashes(&inner),
    }
}

fn level(inner: &Bounds, gap: f64) -> Vec<Stroke> {
    every(inner.y0 + 2.0, inner.y1, gap).map(|y| Stroke::Line((inner.x0, y), (inner.x1, y))).collect()
}

fn upright(inner: &Bounds, gap: f64) -> Vec<Stroke> {
    every(inner.x0 + 2.0, inner.x1, gap).map(|x| Stroke::Line((x, inner.y0), (x, inner.y1))).collect()
}

fn dashes(inner: &Bounds) -> Vec<Stroke> {
    every(inner.y0 + 2.0, inner.y1, 5.0)
        .enumerate()
        .flat_map(|(row, y)| {
            let shift = if row % 2 == 0 { 1.0 } else { 6.0 };
            let ends = every(inner.x0 + shift, inner.x1, 10.0).map(|x| (x, (x + 5.0).min(inner.x1)));
            ends.map(move |(from, to)| Stroke::Line((from, y), (to, y)))
        })
        .collect()
}

fn slanted(inner: &Bounds, gap: f64, rising: bool) -> Vec<Stroke> {
    let height = inner.height();
    let (left, right) = (inner.x0 - height, inner.x1);
    let (foot, head) = if rising { (inner.y1, inner.y0) } else { (inner.y0, inner.y1) };
    every(left, right, gap * std::f64::consts::SQRT_2)
        .filter_map(|x| clip_segment((x, foot), (x + height, head), inner))
        .map(|(a, b)| Stroke::Line(a, b))
        .collect()
}

fn dots(bounds: &Bounds, gap: f64, radius: f64) -> Vec<Stroke> {
    let inner = bounds.inset(radius + 0.5);
    every(inner.y0 + 1.0, inner.y1, gap / 2.0 * 1.2)
        .enumerate()
        .flat_map(|(row, y)| {
            let shift = if row % 2 == 0 { 1.0 } else { 1.0 + gap / 2.0 };
            every(inner.x0 + shift, inner.x1, gap).map(move |x| Stroke::Dot((x, y), radius))
        })
        .collect()
}

fn every(from: f64, to: f64, step: f64) -> impl Iterator<Item = f64> {
    let count = if to > from { ((to - from) / step).floor() as usize + 1 } else { 0 };
    (0..count).map(move |i| from + i as f64 * step)
}

/// Fills `bounds` as `role`: its ground, its pattern and an edge in the full colour.
pub(super) fn fill(pen: &Pen, role: Role, bounds: &Bounds) -> Result<(), Error> {
    let theme = pen.style.theme;
    let colour = theme.colour(role);
    let pattern = role.pattern();
    if pattern == Pattern::Solid || bounds.width() < 3.0 {
        return pen.fill(bounds, &colour);
    }
    pen.fill(bounds, &theme.tint(colour, 0.22))?;
    draw(pen, pattern, &bounds.inset(1.0), &colour)?;
    pen.outline(bounds, 1.0, &colour)
}

/// The strokes of `pattern` in one colour, on whatever lies below.
pub(super) fn draw(
    pen: &Pen,
    pattern: Pattern,
    bounds: &Bounds,
    colour: &plotters::style::RGBColor,
) -> Result<(), Error> {
    for stroke in strokes(pattern, bounds) {
        match stroke {
            Stroke::Line(a, b) if a.1 == b.1 => pen.level(a.1, a.0, b.0, LINE_WIDTH, colour)?,
            Stroke::Line(a, b) if a.0 == b.0 => pen.upright(a.0, a.1, b.1, LINE_WIDTH, colour)?,
            Stroke::Line(a, b) => pen.path(&[a, b], LINE_WIDTH, colour)?,
            Stroke::Dot(at, radius) => pen.disc(at, radius, colour)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Pattern; 10] = [
        Pattern::Solid,
        Pattern::Rising,
        Pattern::Falling,
        Pattern::Horizontal,
        Pattern::Dots,
        Pattern::SparseDots,
        Pattern::Vertical,
        Pattern::Grid,
        Pattern::Crossed,
        Pattern::Dashes,
    ];

    #[test]
    fn pattern_strokes_stay_inside_their_rectangle() {
        for pattern in ALL {
            for (width, height) in [(200.0, 44.0), (3.0, 44.0), (44.0, 3.0), (0.5, 0.5), (0.0, 0.0), (17.3, 29.9)] {
                let bounds = Bounds::new(10.25, 20.5, 10.25 + width, 20.5 + height);
                for stroke in strokes(pattern, &bounds) {
                    let (points, reach) = match stroke {
                        Stroke::Line(a, b) => (vec![a, b], LINE_WIDTH / 2.0),
                        Stroke::Dot(at, radius) => (vec![at], radius),
                    };
                    for at in points {
                        let ink = Bounds::centred(at, 2.0 * reach, 2.0 * reach);
                        assert!(bounds.inset(-1e-9).encloses(&ink), "{pattern:?} {stroke:?} outside {bounds:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_a_solid_fill_has_no_strokes() {
        let bounds = Bounds::new(0.0, 0.0, 60.0, 40.0);
        for pattern in ALL {
            assert_eq!(strokes(pattern, &bounds).is_empty(), pattern == Pattern::Solid, "{pattern:?}");
        }
    }
}
