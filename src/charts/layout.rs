//! Where things go: rectangles, clipping, text width and label placement, as pure functions in CSS pixels.

/// A point, x to the right and y down.
pub type Point = (f64, f64);

/// A rectangle with `x0 <= x1` and `y0 <= y1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Left edge.
    pub x0: f64,
    /// Top edge.
    pub y0: f64,
    /// Right edge.
    pub x1: f64,
    /// Bottom edge.
    pub y1: f64,
}

impl Bounds {
    /// The rectangle between two corners; an inverted one is empty.
    #[must_use]
    pub fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Self {
        Self { x0, y0, x1: x1.max(x0), y1: y1.max(y0) }
    }

    /// A rectangle of this size around a point.
    #[must_use]
    pub fn centred((x, y): Point, width: f64, height: f64) -> Self {
        Self::new(x - width / 2.0, y - height / 2.0, x + width / 2.0, y + height / 2.0)
    }

    /// From the left edge to the right.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.x1 - self.x0
    }

    /// From the top edge to the bottom.
    #[must_use]
    pub fn height(&self) -> f64 {
        self.y1 - self.y0
    }

    /// The point in the middle.
    #[must_use]
    pub fn centre(&self) -> Point {
        ((self.x0 + self.x1) / 2.0, (self.y0 + self.y1) / 2.0)
    }

    /// This rectangle with every edge moved inwards (outwards if negative).
    #[must_use]
    pub fn inset(&self, by: f64) -> Self {
        Self::new(self.x0 + by, self.y0 + by, self.x1 - by, self.y1 - by)
    }

    /// Whether the two share an area; touching edges do not count.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x0 < other.x1 && other.x0 < self.x1 && self.y0 < other.y1 && other.y0 < self.y1
    }

    /// Whether `other` lies wholly inside.
    #[must_use]
    pub fn encloses(&self, other: &Self) -> bool {
        self.x0 <= other.x0 && other.x1 <= self.x1 && self.y0 <= other.y0 && other.y1 <= self.y1
    }

    /// The point of this rectangle that is nearest to another point.
    #[must_use]
    pub fn nearest_to(&self, (x, y): Point) -> Point {
        (x.clamp(self.x0, self.x1), y.clamp(self.y0, self.y1))
    }

    /// The same size, moved sideways as little as needed to lie within `left..=right`.
    #[must_use]
    pub fn slid_into(&self, left: f64, right: f64) -> Self {
        let by = (left - self.x0).max(0.0) - (self.x1 - right).max(0.0);
        let by = if self.x0 + by < left { left - self.x0 } else { by };
        Self { x0: self.x0 + by, x1: self.x1 + by, ..*self }
    }
}

/// The part of a segment inside `bounds`, if any (Liang–Barsky).
#[must_use]
pub fn clip_segment(a: Point, b: Point, bounds: &Bounds) -> Option<(Point, Point)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0.0f64, 1.0f64);
    for (direction, distance) in
        [(-dx, a.0 - bounds.x0), (dx, bounds.x1 - a.0), (-dy, a.1 - bounds.y0), (dy, bounds.y1 - a.1)]
    {
        if direction == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if direction < 0.0 {
            from = from.max(distance / direction);
        } else {
            to = to.min(distance / direction);
        }
    }
    let at = |t: f64| (a.0 + t * dx, a.1 + t * dy);
    (from <= to).then(|| (at(from), at(to)))
}

/// A path cut to `bounds`: the pieces that are inside, each of at least two points.
#[must_use]
pub fn clip_path(points: &[Point], bounds: &Bounds) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let Some((a, b)) = clip_segment(pair[0], pair[1], bounds) else { continue };
        match pieces.last_mut() {
            Some(piece) if piece.last() == Some(&a) => piece.push(b),
            _ => pieces.push(vec![a, b]),
        }
    }
    pieces
}

/// The path with as few of its points as keep it within `tolerance`, so that points rounded to whole pixels do not
/// make a straight line tremble (Ramer–Douglas–Peucker).
#[must_use]
pub fn simplified(points: &[Point], tolerance: f64) -> Vec<Point> {
    let (Some(&first), Some(&last)) = (points.first(), points.last()) else { return Vec::new() };
    let mut kept = vec![first];
    let mut open = vec![(0, points.len() - 1)];
    while let Some((from, to)) = open.pop() {
        let (a, b) = (points[from], points[to]);
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let off = |p: Point| match length {
            0.0 => (p.0 - a.0).hypot(p.1 - a.1),
            _ => ((b.0 - a.0) * (a.1 - p.1) - (a.0 - p.0) * (b.1 - a.1)).abs() / length,
        };
        let farthest = (from + 1..to).max_by(|&i, &j| off(points[i]).total_cmp(&off(points[j])));
        match farthest.filter(|&i| off(points[i]) > tolerance) {
            Some(i) => open.extend([(i, to), (from, i)]),
            None => kept.push(b),
        }
    }
    if points.len() == 1 { vec![last] } else { kept }
}

/// A path as dashes of length `on` with holes of length `off`.
#[must_use]
pub fn dashes(points: &[Point], on: f64, off: f64) -> Vec<Vec<Point>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Point> = points.first().copied().into_iter().collect();
    let (mut drawing, mut left) = (true, on);
    for pair in points.windows(2) {
        let (mut a, b) = (pair[0], pair[1]);
        let mut rest = (b.0 - a.0).hypot(b.1 - a.1);
        while rest > left {
            let t = left / rest;
            a = (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
            rest -= left;
            if drawing {
                piece.push(a);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![a];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= rest;
        if drawing {
            piece.push(b);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// Where a label of `size` may stand beside `anchor`: right, left, above, below, then the corners.
///
/// The first place is taken that lies within `bounds`, hits nothing in `taken`, and is crossed by none of `lines`.
#[must_use]
pub fn place_beside(
    anchor: Point,
    gap: f64,
    (width, height): (f64, f64),
    bounds: &Bounds,
    taken: &[Bounds],
    lines: &[Vec<Point>],
) -> Option<Bounds> {
    let (x, y) = anchor;
    let (side, up) = (gap + width / 2.0, gap + height / 2.0);
    let near = gap * 0.5 + height / 2.0;
    let far = gap + height * 1.3;
    let beside = [(side, 0.0), (-side, 0.0), (0.0, -up), (0.0, up)];
    let corners = [near, far].map(|dy| [(side, -dy), (side, dy), (-side, -dy), (-side, dy)]);
    beside
        .into_iter()
        .chain(corners.into_iter().flatten())
        .map(|(dx, dy)| Bounds::centred((x + dx, y + dy), width, height))
        .find(|spot| {
            bounds.encloses(spot)
                && !taken.iter().any(|other| other.overlaps(spot))
                && !lines.iter().any(|line| crosses(line, spot))
        })
}

fn crosses(line: &[Point], bounds: &Bounds) -> bool {
    line.windows(2).any(|pair| clip_segment(pair[0], pair[1], bounds).is_some())
}

/// The indices of `keys` from the smallest to the largest, equal ones in their own order.
///
/// By insertion: a picture orders dozens of things, and the standard library's sort is 4 KB of the download for each type
/// that it sorts.
#[must_use]
pub fn in_order(keys: &[f64]) -> Vec<usize> {
    let mut order = Vec::with_capacity(keys.len());
    for (i, key) in keys.iter().enumerate() {
        let place = order.partition_point(|&j: &usize| keys[j].total_cmp(key).is_le());
        order.insert(place, i);
    }
    order
}

/// Rows of height `row` as near as possible to the wished centres, in order and within `lo..=hi`.
///
/// `None` if they do not fit, or if one would have to move further than `reach`.
#[must_use]
pub fn spread(wished: &[f64], row: f64, lo: f64, hi: f64, reach: f64) -> Option<Vec<f64>> {
    if wished.len() as f64 * row > hi - lo {
        return None;
    }
    let order = in_order(wished);
    let mut centres = vec![0.0; wished.len()];
    let mut floor = lo;
    for &i in &order {
        centres[i] = wished[i].max(floor + row / 2.0);
        floor = centres[i] + row / 2.0;
    }
    let mut ceiling = hi;
    for &i in order.iter().rev() {
        centres[i] = centres[i].min(ceiling - row / 2.0);
        ceiling = centres[i] - row / 2.0;
    }
    centres.iter().zip(wished).all(|(at, wish)| (at - wish).abs() <= reach).then_some(centres)
}

/// The width of `text` in ems: Helvetica's advances plus an eighth, since the reader's system font is unknown.
#[must_use]
pub fn text_ems(text: &str) -> f64 {
    text.chars().map(letter_ems).sum::<f64>() * 1.125
}

fn letter_ems(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '\'' | '|' => 0.23,
        ' ' | '.' | ',' | ':' | ';' | '!' | 'f' | 't' | 'I' | '/' | '·' => 0.28,
        'r' | '(' | ')' | '-' => 0.34,
        '⁰'..='⁹' | '¹' | '²' | '³' | '⁻' => 0.35,
        'm' | 'M' | '%' => 0.86,
        'w' | 'G' | 'O' | 'Q' => 0.76,
        'W' | '—' | '→' | '…' | '✕' => 1.0,
        'A'..='Z' => 0.69,
        '×' | '−' | '=' | '+' | '~' | '≈' | '<' | '>' => 0.59,
        'a'..='z' | '0'..='9' => 0.556,
        _ if letter.is_ascii() => 0.556,
        _ if (letter as u32) < 0x2E80 => 0.65,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: Bounds = Bounds { x0: 0.0, y0: 0.0, x1: 100.0, y1: 50.0 };

    #[test]
    fn a_path_that_leaves_and_comes_back_is_cut_in_two() {
        let pieces = clip_path(&[(10.0, 25.0), (50.0, -25.0), (90.0, 25.0)], &BOX);
        assert_eq!(pieces.len(), 2);
        for (x, y) in pieces.concat() {
            assert!((0.0..=100.0).contains(&x) && (-1e-9..=50.0).contains(&y));
        }
        assert!(clip_path(&[(-5.0, -5.0), (200.0, -5.0)], &BOX).is_empty());
    }

    #[test]
    fn a_straight_line_needs_two_points_and_a_corner_is_kept() {
        let straight: Vec<_> = (0..50).map(|i| (f64::from(i), f64::from(i) * 0.3)).collect();
        assert_eq!(simplified(&straight, 0.25), [straight[0], straight[49]]);
        let corner = [(0.0, 0.0), (5.0, 0.1), (10.0, 0.0), (10.0, 10.0)];
        assert_eq!(simplified(&corner, 0.25), [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)]);
        assert_eq!(simplified(&[], 0.25), []);
        assert_eq!(simplified(&[(1.0, 1.0)], 0.25), [(1.0, 1.0)]);
    }

    #[test]
    fn dashes_keep_their_length_around_corners() {
        let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], 6.0, 2.0);
        assert_eq!(pieces[1], vec![(8.0, 0.0), (10.0, 0.0), (10.0, 4.0)]);
        assert!(dashes(&[], 6.0, 2.0).is_empty());
        assert!(dashes(&[(1.0, 1.0)], 6.0, 2.0).is_empty());
    }

    #[test]
    fn a_label_moves_to_the_left_when_the_right_is_taken_and_gives_up_when_nothing_is_free() {
        let right = Bounds::new(55.0, 0.0, 100.0, 50.0);
        let spot = place_beside((50.0, 25.0), 6.0, (20.0, 10.0), &BOX, &[right], &[]);
        assert!(spot.is_some_and(|spot| spot.x1 < 50.0));
        assert_eq!(place_beside((50.0, 25.0), 6.0, (20.0, 10.0), &BOX, &[BOX], &[]), None);
    }

    #[test]
    fn a_label_is_not_put_across_a_line() {
        let line = vec![(50.0, 25.0), (100.0, 25.0)];
        let spot = place_beside((50.0, 25.0), 6.0, (20.0, 10.0), &BOX, &[], &[line]);
        assert!(spot.is_some_and(|spot| spot.x1 < 50.0));
    }

    #[test]
    fn spread_rows_never_overlap_and_stay_inside() {
        let rows = spread(&[48.0, 49.0, 10.0], 12.0, 0.0, 50.0, 30.0).unwrap();
        let mut sorted = rows.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= 12.0 - 1e-9));
        assert!(sorted[0] >= 6.0 && sorted[2] <= 44.0);
        assert_eq!(spread(&[1.0; 5], 12.0, 0.0, 50.0, 100.0), None);
        assert_eq!(spread(&[25.0; 3], 12.0, 0.0, 50.0, 5.0), None);
    }

    #[test]
    fn a_rectangle_too_wide_to_slide_in_starts_at_the_left() {
        assert_eq!(Bounds::new(-5.0, 0.0, 5.0, 1.0).slid_into(0.0, 20.0).x0, 0.0);
        assert_eq!(Bounds::new(15.0, 0.0, 25.0, 1.0).slid_into(0.0, 20.0).x1, 20.0);
        assert_eq!(Bounds::new(5.0, 0.0, 45.0, 1.0).slid_into(0.0, 20.0).x0, 0.0);
    }
}
