//! Axes: ranges, round ticks and their labels, without drawing.

use crate::units::{self, ByteUnits};
use serde::{Deserialize, Serialize};

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// Equal steps are equal lengths.
    #[default]
    Linear,
    /// Equal factors are equal lengths; values at or below zero are left out.
    Log10,
}

/// How tick values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TickFormat {
    /// Plain decimals; very large or small ranges put a common power of ten into the axis title.
    #[default]
    Plain,
    /// `1B`, `10T`.
    ShortCount,
    /// `10²¹`.
    PowerOfTen,
    /// `20 GB` or `16 GiB`, in round steps of the largest prefix.
    Bytes(ByteUnits),
}

/// One axis of a chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// The quantity and its unit.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// The values at both ends; `None` takes them from the data.
    pub range: Option<(f64, f64)>,
    /// How ticks are written.
    pub format: TickFormat,
}

impl Axis {
    /// A linear axis over the data.
    #[must_use]
    pub fn linear(label: impl Into<String>, format: TickFormat) -> Self {
        Self { label: label.into(), scale: Scale::Linear, range: None, format }
    }

    /// A logarithmic axis over the data.
    #[must_use]
    pub fn log10(label: impl Into<String>, format: TickFormat) -> Self {
        Self { label: label.into(), scale: Scale::Log10, range: None, format }
    }

    /// The same axis with fixed ends.
    #[must_use]
    pub fn over(mut self, lo: f64, hi: f64) -> Self {
        self.range = Some((lo, hi));
        self
    }
}

/// The range of an axis, from 0 at its start to 1 at its end; never empty, always finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    /// Ends in the axis's own measure: values, or their decimal logarithms.
    lo: f64,
    hi: f64,
    scale: Scale,
}

impl Span {
    /// The range of `axis`: as given, or around the usable ones of `values` with a little air.
    pub(super) fn of(axis: &Axis, values: impl IntoIterator<Item = f64>) -> Self {
        let scale = axis.scale;
        if let Some((a, b)) = axis.range
            && let (Some(a), Some(b)) = (measure(scale, a), measure(scale, b))
            && a != b
        {
            return Self { lo: a.min(b), hi: a.max(b), scale };
        }
        let (mut lo, mut hi) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter_map(|v| measure(scale, v)) {
            (lo, hi) = (lo.min(value), hi.max(value));
        }
        if lo > hi {
            return Self { lo: 0.0, hi: 1.0, scale };
        }
        if hi - lo <= f64::EPSILON * lo.abs().max(hi.abs()) {
            let air = if scale == Scale::Log10 || lo == 0.0 { 0.5 } else { lo.abs() * 0.5 };
            return Self { lo: lo - air, hi: hi + air, scale };
        }
        let air = (hi - lo) * if scale == Scale::Log10 { 0.03 } else { 0.05 };
        let floor = if scale == Scale::Linear && lo >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
        Self { lo: (lo - air).max(floor), hi: hi + air, scale }
    }

    /// A range with exact ends, for pictures that have worked them out themselves; falls back to 0 to 1.
    pub(super) fn exact(scale: Scale, lo: f64, hi: f64) -> Self {
        let axis = Axis { scale, range: Some((lo, hi)), ..Axis::default() };
        Self::of(&axis, [lo, hi])
    }

    /// Where `value` lies: 0 at the start, 1 at the end, beyond them outside.
    pub(super) fn share(&self, value: f64) -> Option<f64> {
        measure(self.scale, value).map(|v| (v - self.lo) / (self.hi - self.lo))
    }

    /// The value at a share of the axis.
    pub(super) fn value(&self, share: f64) -> f64 {
        let v = self.lo + share * (self.hi - self.lo);
        if self.scale == Scale::Log10 { libm::exp10(v) } else { v }
    }
}

fn measure(scale: Scale, value: f64) -> Option<f64> {
    let usable = value.is_finite() && value.abs() < 1e300;
    match scale {
        Scale::Linear => usable.then_some(value),
        Scale::Log10 => (usable && value > 1e-300).then(|| libm::log10(value)),
    }
}

/// One tick: its place from 0 to 1 and what it says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tick {
    pub(super) share: f64,
    pub(super) label: String,
}

/// The ticks of an axis, and what its title must add for them to be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ticks {
    pub(super) ticks: Vec<Tick>,
    /// ` (×10⁻⁴)` where labels share a factor, else empty.
    pub(super) factor: String,
}

/// The densest round ticks that `fits` accepts, of at most `most`; none if even one is too many.
pub(super) fn ticks(span: &Span, format: TickFormat, most: usize, fits: impl Fn(&[Tick]) -> bool) -> Ticks {
    let logarithmic = span.scale == Scale::Log10;
    let decades = span.hi - span.lo;
    let coarse = logarithmic && decades >= 1.0;
    let powers = [1, 2, 3, 5, 10, 20, 50, 100, 200].map(Some);
    let from_powers = powers.into_iter().filter(|_| coarse);
    let with_2_and_5 = std::iter::once(None).filter(|_| coarse && decades <= 2.5);
    let log = with_2_and_5.chain(from_powers).map(|step| log_ticks(span, format, step));
    let linear = (1..=most).rev().map(|count| linear_ticks(span, format, count));
    log.chain(linear).find(|t| t.ticks.len() <= most && !t.ticks.is_empty() && fits(&t.ticks)).unwrap_or_default()
}

/// Powers of ten whose exponent divides by `step`; without a step, also their doubles and fives.
fn log_ticks(span: &Span, format: TickFormat, step: Option<i32>) -> Ticks {
    let step_or_one = step.unwrap_or(1);
    let (first, last) = ((span.lo - 1.0).floor() as i32, (span.hi + 1e-9).floor() as i32);
    let digits: &[f64] = if step.is_none() { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let ticks = (first..=last)
        .filter(|exponent| exponent % step_or_one == 0)
        .flat_map(|exponent| digits.iter().map(move |digit| digit * 10f64.powi(exponent)))
        .filter_map(|value| tick(span, value, |v| log_label(v, format)))
        .collect();
    Ticks { ticks, factor: String::new() }
}

fn log_label(value: f64, format: TickFormat) -> String {
    match format {
        TickFormat::ShortCount if value >= 1.0 => units::short_count(value),
        TickFormat::Bytes(prefixes) => units::Bytes(value).show(prefixes),
        TickFormat::Plain | TickFormat::ShortCount if (1e-3..1e5).contains(&value) => units::significant(value, 3),
        _ => power_label(value),
    }
}

fn power_label(value: f64) -> String {
    units::scientific(value).replace(" × ", "×").replace('-', "−")
}

/// The power of ten that plain labels of a very large or small linear range leave to the axis title.
pub(super) fn common_factor(span: &Span, format: TickFormat) -> Option<i32> {
    let size = span.lo.abs().max(span.hi.abs());
    let plain = format == TickFormat::Plain && span.scale == Scale::Linear;
    (plain && size > 0.0 && !(1e-2..1e6).contains(&size)).then(|| libm::log10(size).floor() as i32)
}

/// About `count` ticks in steps of 1, 2 or 5 times a power of ten (of a power of 1024 for binary bytes).
fn linear_ticks(span: &Span, format: TickFormat, count: usize) -> Ticks {
    let (lo, hi) = (span.value(0.0), span.value(1.0));
    let size = lo.abs().max(hi.abs());
    let unit = match format {
        TickFormat::Bytes(prefixes) => byte_unit(size, prefixes).0,
        _ => 1.0,
    };
    let step = round_step((hi - lo) / unit / count as f64);
    if !(step.is_finite() && step > 0.0) {
        return Ticks::default();
    }
    let factor = common_factor(span, format);
    let shrink = factor.map_or(1.0, |e| 10f64.powi(e));
    let decimals = (-libm::log10(step / shrink) - 1e-9).ceil().clamp(0.0, 12.0) as usize;
    let label = |value: f64| match format {
        _ if value == 0.0 => "0".into(),
        TickFormat::Plain => decimal(value / shrink, decimals),
        TickFormat::ShortCount => units::short_count(value).replace('-', "−"),
        TickFormat::PowerOfTen => power_label(value),
        TickFormat::Bytes(prefixes) => format!("{} {}", decimal(value / unit, decimals), byte_unit(size, prefixes).1),
    };
    let first = (lo / unit / step - 1e-9).ceil();
    let mut ticks: Vec<Tick> = (0..=2 * count)
        .map(|i| (first + i as f64) * step)
        .map(|value| if value.abs() < step * 1e-6 { 0.0 } else { value })
        .filter_map(|value| tick(span, value * unit, label))
        .collect();
    ticks.dedup_by(|a, b| a.label == b.label);
    Ticks {
        ticks,
        factor: factor.map_or_else(String::new, |e| format!(" (×10{})", units::superscript(&e.to_string()))),
    }
}

fn tick(span: &Span, value: f64, label: impl Fn(f64) -> String) -> Option<Tick> {
    let share = span.share(value).filter(|share| (-1e-6..=1.0 + 1e-6).contains(share))?;
    Some(Tick { share: share.clamp(0.0, 1.0), label: label(value) })
}

fn round_step(at_least: f64) -> f64 {
    let power = libm::exp10(libm::log10(at_least).floor());
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| digit * power >= at_least * (1.0 - 1e-9)).unwrap_or(10.0);
    digit * power
}

fn decimal(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

fn byte_unit(size: f64, prefixes: ByteUnits) -> (f64, &'static str) {
    let (base, names) = match prefixes {
        ByteUnits::Decimal => (1000.0f64, ["B", "kB", "MB", "GB", "TB", "PB", "EB"]),
        ByteUnits::Binary => (1024.0, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]),
    };
    let power = (libm::log10(size) / libm::log10(base) + 1e-9).floor().clamp(0.0, 6.0);
    (libm::pow(base, power), names[power as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(span: Span, format: TickFormat, most: usize) -> Vec<String> {
        ticks(&span, format, most, |_| true).ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn log_ticks_are_powers_of_ten_thinned_evenly() {
        let span = Span::exact(Scale::Log10, 1e18, 1e26);
        assert_eq!(labels(span, TickFormat::PowerOfTen, 5), ["10¹⁸", "10²⁰", "10²²", "10²⁴", "10²⁶"]);
        assert_eq!(labels(span, TickFormat::PowerOfTen, 20).len(), 9);
    }

    #[test]
    fn short_log_ranges_also_show_twos_and_fives() {
        let span = Span::exact(Scale::Log10, 1e9, 1e11);
        assert_eq!(labels(span, TickFormat::ShortCount, 9), ["1B", "2B", "5B", "10B", "20B", "50B", "100B"]);
        assert_eq!(labels(span, TickFormat::ShortCount, 4), ["1B", "10B", "100B"]);
    }

    #[test]
    fn a_log_range_within_a_decade_falls_back_to_even_steps() {
        let span = Span::exact(Scale::Log10, 2.1, 2.9);
        assert_eq!(labels(span, TickFormat::Plain, 4), ["2.2", "2.4", "2.6", "2.8"]);
    }

    #[test]
    fn byte_ticks_are_round_in_their_own_prefix() {
        let span = Span::exact(Scale::Linear, 0.0, 85.9e9);
        assert_eq!(labels(span, TickFormat::Bytes(ByteUnits::Decimal), 5), ["0", "20 GB", "40 GB", "60 GB", "80 GB"]);
        assert_eq!(
            labels(span, TickFormat::Bytes(ByteUnits::Binary), 5),
            ["0", "20 GiB", "40 GiB", "60 GiB", "80 GiB"]
        );
        let small = Span::exact(Scale::Linear, 0.0, 1.5e9);
        assert_eq!(labels(small, TickFormat::Bytes(ByteUnits::Decimal), 4), ["0", "0.5 GB", "1.0 GB", "1.5 GB"]);
    }

    #[test]
    fn tiny_ranges_share_a_power_of_ten() {
        let span = Span::exact(Scale::Linear, -2e-4, 2e-4);
        let ticks = ticks(&span, TickFormat::Plain, 5, |_| true);
        assert_eq!(ticks.factor, " (×10⁻⁴)");
        assert_eq!(ticks.ticks.iter().map(|t| t.label.as_str()).collect::<Vec<_>>(), ["−2", "−1", "0", "1", "2"]);
    }

    #[test]
    fn ticks_lie_on_the_axis_and_never_exceed_what_is_asked_for() {
        let ends = [0.0, 1e-12, -1e-12, 2e-4, -3.0, 0.1, 1.0, 7.0, 1e3, 1e9, 1.0000001e9, -1e9, 1e28, 1e-299, 9e299];
        for scale in [Scale::Linear, Scale::Log10] {
            for format in [
                TickFormat::Plain,
                TickFormat::ShortCount,
                TickFormat::PowerOfTen,
                TickFormat::Bytes(ByteUnits::Binary),
            ] {
                for (a, b) in ends.iter().flat_map(|a| ends.iter().map(move |b| (*a, *b))) {
                    for most in 0..8 {
                        let span = Span::of(&Axis { scale, ..Axis::default() }, [a, b]);
                        let ticks = ticks(&span, format, most, |_| true).ticks;
                        assert!(ticks.len() <= most, "{a} {b} {format:?}: {ticks:?}");
                        assert!(ticks.iter().all(|tick| (0.0..=1.0).contains(&tick.share)), "{a} {b}: {ticks:?}");
                        assert!(ticks.windows(2).all(|pair| pair[0].share < pair[1].share), "{a} {b}: {ticks:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn unusable_values_leave_a_usable_range() {
        let axis = Axis::log10("", TickFormat::Plain);
        for values in [vec![], vec![f64::NAN], vec![0.0, -1.0], vec![f64::INFINITY]] {
            assert_eq!(Span::of(&axis, values), Span { lo: 0.0, hi: 1.0, scale: Scale::Log10 });
        }
        let one = Span::of(&Axis::default(), [5.0]);
        assert_eq!(one.share(5.0), Some(0.5));
        assert_eq!(Span::of(&Axis::default().over(3.0, 1.0), []).share(1.0), Some(0.0));
        assert_eq!(Span::of(&Axis::default().over(f64::NAN, 1.0), [0.0, 1.0]).share(f64::NAN), None);
    }
}
