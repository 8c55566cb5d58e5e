//! Names of curves that are written on them, like the heights on the lines of a map.

use super::{ChartLayout, LineChart, Shape, Style};
use crate::charts::layout::{Bounds, clip_path};

impl LineChart {
    /// Gives each name the first of its places where it covers no curve but its own; those that have none such, the first
    /// where it covers one other. Where curves are closer than that, a name would not say which one it means.
    pub(super) fn place_names(&self, layout: &mut ChartLayout, style: &Style, taken: &mut Vec<Bounds>) {
        for most_crossed in [1, 2] {
            for place in 0..layout.marks.len() {
                let (i, at) = layout.marks[place];
                let mark = &self.marks[i];
                if mark.shape != Shape::Name || mark.label.is_empty() || self.is_named(layout, &mark.label) {
                    continue;
                }
                let spot = Bounds::centred(at, style.text_width(&mark.label), style.row());
                let is_free = layout.frame.plot().encloses(&spot) && !taken.iter().any(|other| other.overlaps(&spot));
                let crossed = layout.lines.iter().flatten().filter(|line| !clip_path(line, &spot).is_empty()).count();
                if is_free && crossed <= most_crossed {
                    taken.push(spot);
                    layout.mark_labels.push((i, spot));
                }
            }
        }
    }

    fn is_named(&self, layout: &ChartLayout, name: &str) -> bool {
        let mut placed = layout.mark_labels.iter().map(|(i, _)| &self.marks[*i]);
        placed.any(|mark| mark.shape == Shape::Name && mark.label == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::test_support::check_everywhere;
    use crate::charts::{Axis, Mark, Role, Series, Theme, TickFormat};

    /// Two level curves, and one name with places on each of them.
    fn levels(heights: [f64; 2]) -> LineChart {
        let level =
            |y| Series { label: String::new(), points: vec![(0.0, y), (9.0, y)], role: Role::Other, dashed: false };
        let name = |(x, y)| Mark { x, y, label: "2.1".into(), shape: Shape::Name, role: Role::Other, emphasis: false };
        LineChart {
            x: Axis::linear("", TickFormat::Plain).over(0.0, 9.0),
            y: Axis::linear("", TickFormat::Plain).over(0.0, 9.0),
            series: heights.map(level).to_vec(),
            marks: [3.0, 5.0, 7.0].map(|x| name((x, heights[0]))).to_vec(),
            ..LineChart::default()
        }
    }

    fn layout(chart: &LineChart) -> ChartLayout {
        chart.layout((480.0, 260.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap()
    }

    #[test]
    fn a_name_is_written_once_at_its_first_free_place() {
        let mut chart = levels([4.0, 8.0]);
        assert_eq!(layout(&chart).mark_labels.iter().map(|label| label.0).collect::<Vec<_>>(), [0]);
        chart.marks[0].shape = Shape::Dot;
        chart.marks[0].label = String::new();
        chart.marks[1].x = 3.1;
        assert_eq!(layout(&chart).mark_labels[0].0, 2, "the dot is in the way of the second place");
    }

    #[test]
    fn a_name_moves_along_its_curve_from_where_it_would_cover_another() {
        let mut chart = levels([4.0, 8.0]);
        chart.series[1].points = vec![(0.0, 4.2), (4.0, 4.2), (4.0, 8.0), (9.0, 8.0)];
        assert_eq!(layout(&chart).mark_labels[0].0, 1);
        let chart = levels([4.0, 4.1]);
        assert_eq!(layout(&chart).mark_labels[0].0, 0, "better there than nowhere");
    }

    #[test]
    fn names_draw_at_every_size() {
        check_everywhere(&levels([4.0, f64::NAN]));
    }
}
