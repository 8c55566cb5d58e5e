//! What a line chart says where the reader points: a sentence for the eye and for the screen reader.

use super::axis::Scale;
use super::{Axis, LineChart, Style, Theme, TickFormat};
use crate::units::{in_words, scientific, short_count, significant};
use serde::{Deserialize, Serialize};

/// A quantity that follows from another as a power of it: factor × x^power.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Power {
    /// Its value where the other is 1.
    pub factor: f64,
    /// The exponent.
    pub power: f64,
}

impl Power {
    /// The value at x.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.factor * libm::pow(x, self.power)
    }

    /// The x at which this is the value.
    #[must_use]
    pub fn inverse(&self, value: f64) -> f64 {
        libm::pow(value / self.factor, 1.0 / self.power)
    }
}

/// What is read off beside the curves themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Readings {
    /// How x follows from a quantity that several pictures share: they are pointed at together.
    pub shared: Option<Power>,
    /// What else follows from x: its name, how, and how it is written.
    pub also: Vec<(String, Power, TickFormat)>,
}

impl LineChart {
    /// What the chart says at x: `Parameters 70B · 20 per parameter · 5.76 × 10²³ FLOP: 1.977`.
    ///
    /// Curves without a name beside others that have one are a background, and not read.
    #[must_use]
    pub fn reading(&self, x: f64) -> String {
        let mut text = format!("{} {}", self.x.label, said(x, self.x.format));
        for (label, power, format) in &self.readings.also {
            text += &format!(" · {} {label}", said(power.at(x), *format));
        }
        let are_named = self.series.iter().any(|series| !series.label.is_empty());
        for series in self.series.iter().filter(|series| !are_named || !series.label.is_empty()) {
            let Some(y) = interpolated(&series.points, x, &self.x, &self.y) else { continue };
            let name = if series.label.is_empty() { &self.y.label } else { &series.label };
            text += &format!(" · {name}: {}", said(y, self.y.format));
        }
        text
    }

    /// The x so many pixels beside another, held within the axis; beside its middle where there is none yet.
    #[must_use]
    pub fn x_beside(&self, x: Option<f64>, pixels: f64, size: (f64, f64)) -> Option<f64> {
        let layout = self.layout(size, &Style::new(&Theme::LIGHT, 1.0))?;
        let place = x.and_then(|x| layout.frame.x_place(x));
        Some(layout.frame.x_at(place.map_or(layout.frame.plot().centre().0, |place| place + pixels)))
    }
}

/// A value as a reading has it: large powers of ten in words too.
fn said(value: f64, format: TickFormat) -> String {
    match format {
        TickFormat::ShortCount => short_count(value),
        TickFormat::Bytes(prefixes) => crate::units::Bytes(value).show(prefixes),
        TickFormat::Plain => significant(value, 4),
        TickFormat::PowerOfTen => match in_words(value) {
            Some(words) => format!("{} ({words})", scientific(value)),
            None => scientific(value),
        },
    }
}

/// The height of a curve at x, straight between its points as they are drawn; nothing beyond its ends.
fn interpolated(points: &[(f64, f64)], x: f64, x_axis: &Axis, y_axis: &Axis) -> Option<f64> {
    let measure = |axis: &Axis, value: f64| if axis.scale == Scale::Log10 { libm::log10(value) } else { value };
    let pair = points.windows(2).find(|pair| pair[0].0.min(pair[1].0) <= x && x <= pair[0].0.max(pair[1].0))?;
    let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
    let (from, to) = (measure(x_axis, x0), measure(x_axis, x1));
    let share = if from == to { 0.0 } else { (measure(x_axis, x) - from) / (to - from) };
    let (low, high) = (measure(y_axis, y0), measure(y_axis, y1));
    let height = low + share * (high - low);
    Some(if y_axis.scale == Scale::Log10 { libm::exp10(height) } else { height }).filter(|height| height.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::{Role, Series};
    use proptest::prelude::*;

    fn chart() -> LineChart {
        let points = (0..=40).map(|i| libm::exp10(20.0 + f64::from(i) / 10.0)).map(|c| (c, libm::sqrt(c / 120.0)));
        LineChart {
            x: Axis::log10("Compute", TickFormat::PowerOfTen),
            y: Axis::log10("Parameters", TickFormat::ShortCount),
            series: vec![Series {
                label: "20 to 1".into(),
                points: points.collect(),
                role: Role::Accent,
                dashed: false,
            }],
            readings: Readings {
                shared: None,
                also: vec![(
                    "tokens".into(),
                    Power { factor: libm::sqrt(20.0 / 6.0), power: 0.5 },
                    TickFormat::ShortCount,
                )],
            },
            ..LineChart::default()
        }
    }

    #[test]
    fn a_reading_names_what_is_pointed_at_what_follows_and_each_curve() {
        assert_eq!(chart().reading(5.76e23), "Compute 5.76 × 10²³ (576 sextillion) · 1.39T tokens · 20 to 1: 69.3B");
        assert_eq!(chart().reading(1e30), "Compute 10³⁰ (1 nonillion) · 1.83 × 10¹⁵ tokens", "no curve goes so far");
    }

    #[test]
    fn a_curve_without_a_name_is_read_only_where_none_has_one() {
        let mut chart = chart();
        chart.readings = Readings::default();
        chart.series.push(Series { label: String::new(), ..chart.series[0].clone() });
        assert_eq!(chart.reading(5.76e23).matches("69.3B").count(), 1);
        chart.series[0].label = String::new();
        assert_eq!(chart.reading(5.76e23).matches("Parameters: 69.3B").count(), 2);
    }

    #[test]
    fn the_arrow_keys_begin_in_the_middle_and_stay_on_the_axis() {
        let (chart, size) = (chart(), (640.0, 300.0));
        let middle = chart.x_beside(None, 4.0, size).unwrap();
        assert!((libm::log10(middle) - 22.0).abs() < 0.01);
        assert!(chart.x_beside(Some(middle), 4.0, size).unwrap() > middle);
        let end = chart.x_beside(Some(middle), 1e9, size).unwrap();
        assert_eq!(chart.x_beside(Some(end), 1e9, size), Some(end));
        assert_eq!(chart.x_beside(None, 4.0, (1.0, 1.0)), None);
    }

    proptest! {
        #[test]
        fn a_power_is_turned_round(factor in 1e-9..1e9f64, power in prop_oneof![-3.0..-0.1f64, 0.1..3.0], x in 1e3..1e15f64) {
            let power = Power { factor, power };
            prop_assert!((power.inverse(power.at(x)) / x - 1.0).abs() < 1e-9);
        }
    }
}
