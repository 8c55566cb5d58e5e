//! One number in one format, taken apart: its bits, what they stand for, and what was lost.

mod words;

pub use words::{figure, formula, shown};

use super::float::Class;
use super::{Format, Integer, Kind, Library, Rounding};
use serde::Serialize;

/// What a conversion depends on besides the format.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Between two values.
    pub rounding: Rounding,
    /// Whose rule decides what the standards leave open.
    pub library: &'static Library,
    /// What gives whole numbers and codebooks their values.
    pub scaling: Scaling,
}

/// What gives the codes of whole numbers and codebooks their values: (code − zero point) · scale, and value · scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// What one step of a whole number, or the value 1 of a codebook, stands for.
    pub scale: f64,
    /// The whole number that stands for zero: 0 for symmetric codes, another for affine ones.
    pub zero_point: i32,
    /// Whether whole numbers leave out their lowest code, so that as many lie below the middle as above it: −127..127.
    pub restricted: bool,
}

impl Default for Scaling {
    fn default() -> Self {
        Self { scale: 1.0, zero_point: 0, restricted: false }
    }
}

/// How a number came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With all bits of precision.
    Normal,
    /// With fewer, below the smallest normal value.
    Subnormal,
    /// Zero.
    Zero,
    /// An infinity, as it was before.
    Infinity,
    /// NaN, as it was before.
    Nan,
    /// A finite number that became infinite or NaN.
    Overflowed,
    /// Beyond the largest value, and so that value.
    Saturated,
    /// NaN, where the format has none.
    NoCode,
}

impl Outcome {
    /// In a word or two.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Subnormal => "subnormal",
            Self::Zero => "zero",
            Self::Infinity => "infinity",
            Self::Nan => "NaN",
            Self::Overflowed => "overflowed",
            Self::Saturated => "saturated",
            Self::NoCode => "no NaN in this format",
        }
    }
}

/// What a bit of a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The sign.
    Sign,
    /// The exponent.
    Exponent,
    /// The fraction, or a whole number, or a place in a list.
    Fraction,
}

/// A number in a format.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Anatomy {
    /// Id of the format.
    pub format: &'static str,
    /// The code, most significant bit first.
    pub bits: String,
    /// The code in hexadecimal.
    pub code_hex: String,
    /// What is stored.
    pub value: f64,
    /// |value − x|
    pub error_abs: f64,
    /// |value − x| / |x|
    pub error_rel: f64,
    /// |value − x| in units of the last place, the distance between neighbouring values there.
    pub ulp: f64,
    /// That distance.
    pub ulp_size: f64,
    /// How it came out.
    pub kind: Outcome,
    /// The next smaller value.
    pub below: Option<f64>,
    /// The next larger value.
    pub above: Option<f64>,
    /// The code.
    #[serde(skip)]
    pub code: u32,
}

/// The lowest and the highest ordinal: places of the finite values among themselves, see [`ordinal`].
fn ordinals(format: &Format, scaling: Scaling) -> (i64, i64) {
    match format.kind {
        Kind::Float(float) => (-i64::from(float.max_code()), float.max_code().into()),
        Kind::Exponent(exponent) => (0, i64::from(exponent.nan_code()) - 1),
        Kind::Integer(integer) => {
            let (min, max) = range(integer, scaling);
            (min.into(), max.into())
        }
        Kind::Codebook(codebook) => (0, codebook.values.len() as i64 - 1),
        Kind::Block(_) => (0, -1),
    }
}

fn range(integer: Integer, scaling: Scaling) -> (i32, i32) {
    if scaling.restricted { integer.restricted_range() } else { integer.full_range() }
}

/// Whether a code is used: all are but the lowest of whole numbers in a restricted range.
#[must_use]
pub fn is_used(format: &Format, code: u32, scaling: Scaling) -> bool {
    !matches!(format.kind, Kind::Integer(_)) || ordinal(format, code) >= ordinals(format, scaling).0
}

/// The place of a finite code's value among those of the format, ascending; floats count from zero in both directions.
fn ordinal(format: &Format, code: u32) -> i64 {
    match format.kind {
        Kind::Float(float) => {
            let rank = i64::from(code & (float.sign_bit() - 1));
            if code & float.sign_bit() == 0 { rank } else { -rank }
        }
        Kind::Integer(integer) if integer.signed => {
            let shift = 32 - integer.bits;
            i64::from(((code << shift) as i32) >> shift)
        }
        Kind::Codebook(codebook) => {
            codebook.ascending.iter().position(|&at| u32::from(at) == code).unwrap_or_default() as i64
        }
        _ => code.into(),
    }
}

/// The code at a place.
fn code_at(format: &Format, ordinal: i64) -> u32 {
    match format.kind {
        Kind::Float(float) => {
            let sign = if ordinal < 0 { float.sign_bit() } else { 0 };
            sign | ordinal.unsigned_abs() as u32
        }
        Kind::Integer(integer) => ordinal as u32 & (u32::MAX >> (32 - integer.bits)),
        Kind::Codebook(codebook) => codebook.ascending[ordinal as usize].into(),
        _ => ordinal as u32,
    }
}

/// The value of a code: nothing of blocks.
#[must_use]
pub fn decode(format: &Format, code: u32, scaling: Scaling) -> f64 {
    match format.kind {
        Kind::Float(float) => float.decode(code),
        Kind::Exponent(exponent) => exponent.decode(code),
        Kind::Integer(_) => (ordinal(format, code) - i64::from(scaling.zero_point)) as f64 * scaling.scale,
        Kind::Codebook(codebook) => f64::from(codebook.decode(code)) * scaling.scale,
        Kind::Block(_) => f64::NAN,
    }
}

/// What a code stands for.
#[must_use]
pub fn class(format: &Format, code: u32, scaling: Scaling) -> Class {
    match format.kind {
        Kind::Float(float) => float.class(code),
        Kind::Exponent(exponent) => exponent.class(code),
        _ if decode(format, code, scaling) == 0.0 => Class::Zero,
        _ => Class::Normal,
    }
}

/// The code of `x`; nothing for a NaN that the format does not have.
#[must_use]
pub fn encode(format: &Format, x: f64, setting: &Setting) -> Option<u32> {
    match format.kind {
        Kind::Float(float) => float.encode(x, setting.library.conversion(format, setting.rounding)),
        Kind::Exponent(exponent) => Some(exponent.encode(x, setting.rounding, setting.library.below)),
        _ if x.is_nan() => None,
        Kind::Integer(integer) => {
            let Scaling { scale, zero_point, .. } = setting.scaling;
            let (min, max) = range(integer, setting.scaling);
            let code = whole(x / scale, setting.rounding) + f64::from(zero_point);
            Some(code_at(format, code.clamp(min.into(), max.into()) as i64))
        }
        Kind::Codebook(codebook) => Some(codebook.encode((x / setting.scaling.scale) as f32)),
        Kind::Block(_) => None,
    }
}

/// A whole number by a rule of rounding.
fn whole(x: f64, rounding: Rounding) -> f64 {
    let (down, up) = (libm::floor(x), libm::ceil(x));
    let (zero, away) = if x < 0.0 { (up, down) } else { (down, up) };
    match rounding {
        Rounding::NearestEven => libm::rint(x),
        Rounding::NearestAway => libm::round(x),
        Rounding::TowardZero => zero,
        Rounding::Up => up,
        Rounding::Down => down,
        Rounding::ToOdd => {
            if zero % 2.0 == 0.0 {
                away
            } else {
                zero
            }
        }
        Rounding::Stochastic { bits, random } => {
            let all = libm::exp2(bits.into());
            if libm::floor((x - zero).abs() * all) + f64::from(random) >= all { away } else { zero }
        }
    }
}

impl Anatomy {
    /// Takes `x` apart in a format of single values.
    #[must_use]
    pub fn new(format: &Format, x: f64, setting: &Setting) -> Self {
        match encode(format, x, setting) {
            Some(code) => Self::of_code(format, x, code, setting),
            None => Self {
                kind: Outcome::NoCode,
                value: f64::NAN,
                bits: String::new(),
                code_hex: String::new(),
                below: None,
                above: None,
                ..Self::of_code(format, x, 0, setting)
            },
        }
    }

    /// Takes a code of a format apart, as what `x` became.
    #[must_use]
    pub fn of_code(format: &Format, x: f64, code: u32, setting: &Setting) -> Self {
        let scaling = setting.scaling;
        let value = decode(format, code, scaling);
        let width = format.bits() as usize;
        let (lowest, highest) = ordinals(format, scaling);
        let largest = decode(format, code_at(format, highest), scaling);
        let smallest = decode(format, code_at(format, lowest), scaling);
        let here = ordinal(format, code);
        let is_finite = value.is_finite();
        // A list may hold a value twice, as bitsandbytes' FP4 does with 0.
        let neighbour = |step: i64| {
            let places = (1..=3).map(|i| here + i * step).filter(|at| is_finite && (lowest..=highest).contains(at));
            places.map(|at| decode(format, code_at(format, at), scaling)).find(|other| *other != value)
        };
        let (below, above) = (neighbour(-1), neighbour(1));
        let ulp_size = match format.kind {
            Kind::Float(float) if is_finite => float.spacing(value),
            _ => [below, above].into_iter().flatten().map(|other| (other - value).abs()).fold(f64::INFINITY, f64::min),
        };
        let error_abs = (value - x).abs();
        // Beyond the largest value and not rounded to it.
        let is_beyond = match format.kind {
            Kind::Float(float) if x.is_finite() => float.clips(x, setting.rounding),
            Kind::Integer(integer) if x.is_finite() => {
                let (min, max) = range(integer, scaling);
                let wanted = whole(x / scaling.scale, setting.rounding) + f64::from(scaling.zero_point);
                !(f64::from(min)..=f64::from(max)).contains(&wanted)
            }
            _ => x > largest || x < smallest,
        };
        let is_saturated = is_finite && is_beyond;
        let kind = match class(format, code, scaling) {
            Class::Nan if x.is_nan() => Outcome::Nan,
            Class::Infinity if x.is_infinite() => Outcome::Infinity,
            Class::Nan | Class::Infinity => Outcome::Overflowed,
            _ if is_saturated => Outcome::Saturated,
            Class::Zero => Outcome::Zero,
            Class::Subnormal => Outcome::Subnormal,
            Class::Normal => Outcome::Normal,
        };
        Self {
            format: format.id,
            bits: format!("{code:0width$b}"),
            code_hex: format!("0x{code:0digits$X}", digits = width.div_ceil(4)),
            value,
            error_abs,
            error_rel: if x == 0.0 { error_abs } else { error_abs / x.abs() },
            ulp: error_abs / ulp_size,
            ulp_size,
            kind,
            below,
            above,
            code,
        }
    }
}

/// What the bits of a code are for, most significant first.
#[must_use]
pub fn fields(format: &Format) -> Vec<Field> {
    let (sign, exponent) = match format.kind {
        Kind::Float(float) => (1, float.exponent_bits),
        Kind::Exponent(exponent) => (0, exponent.bits),
        Kind::Integer(integer) => (u32::from(integer.signed), 0),
        _ => (0, 0),
    };
    (0..format.bits())
        .map(|i| match i {
            i if i < sign => Field::Sign,
            i if i < sign + exponent => Field::Exponent,
            _ => Field::Fraction,
        })
        .collect()
}

/// The values of a format from `low` to `high`, ascending; nothing if there are more than `most`.
#[must_use]
pub fn values_between(format: &Format, scaling: Scaling, low: f64, high: f64, most: usize) -> Option<Vec<f64>> {
    let (lowest, highest) = ordinals(format, scaling);
    let value = |at: i64| decode(format, code_at(format, at), scaling);
    // The first place whose value is not below `low`, by bisection: values ascend with their places.
    let (mut first, mut end) = (lowest, highest + 1);
    while first < end {
        let middle = first + (end - first) / 2;
        if value(middle) < low { first = middle + 1 } else { end = middle }
    }
    let mut values = Vec::new();
    for at in first..=highest {
        let value = value(at);
        if value > high {
            break;
        }
        if values.len() == most {
            return None;
        }
        values.push(value);
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use super::super::{LIBRARIES, format};
    use super::*;

    fn of(id: &str, x: f64) -> Anatomy {
        let setting = Setting { rounding: Rounding::NearestEven, library: &LIBRARIES[0], scaling: Scaling::default() };
        Anatomy::new(format(id).unwrap(), x, &setting)
    }

    #[test]
    fn pi_in_four_formats_is_what_the_course_says() {
        let shown = |id: &str| shown(format(id).unwrap(), of(id, std::f64::consts::PI).value);
        assert_eq!(shown("fp32"), "3.1415927");
        assert_eq!(shown("bf16"), "3.140625");
        assert_eq!(shown("fp16"), "3.140625");
        assert_eq!(shown("int8"), "3");
        assert_eq!(of("fp16", std::f64::consts::PI).bits, "0100001001001000");
    }

    #[test]
    fn seventy_thousand_overflows_fp16_and_saturates_int8() {
        assert_eq!(of("fp16", 70_000.0).kind, Outcome::Overflowed);
        assert_eq!(of("bf16", 70_000.0).value, 70_144.0);
        assert_eq!((of("int8", 70_000.0).kind, of("int8", 70_000.0).value), (Outcome::Saturated, 127.0));
        assert_eq!(of("e4m3fn", 1e9).kind, Outcome::Saturated);
        assert_eq!(of("fp16", f64::INFINITY).kind, Outcome::Infinity);
        assert_eq!(of("e2m1fn", f64::NAN).kind, Outcome::NoCode);
        assert_eq!(of("fp16", 1e-8).kind, Outcome::Zero);
        assert_eq!(of("fp16", 1e-7).kind, Outcome::Subnormal);
        assert_eq!(of("fp16", 65_519.0).kind, Outcome::Normal, "rounded to the largest value, which is not beyond it");
        assert_eq!((of("int8", 127.4).kind, of("int8", 127.5).kind), (Outcome::Normal, Outcome::Saturated));
        assert_eq!(of("bnb_fp4", 0.0).above.map(|above| above > 0.0), Some(true), "zero stands twice in that list");
    }

    #[test]
    fn neighbours_are_the_values_on_both_sides() {
        let one = of("fp16", 1.0);
        assert_eq!((one.below, one.above), (Some(1.0 - 2f64.powi(-11)), Some(1.0 + 2f64.powi(-10))));
        assert_eq!(of("fp16", 0.0).below, Some(-(2f64.powi(-24))));
        assert_eq!(of("e2m1fn", 6.0).above, None);
        assert_eq!(of("int8", -1.0).below, Some(-2.0));
        assert_eq!(of("nf4", 0.0).above, Some(f64::from(0.079_580_3f32)));
    }

    #[test]
    fn an_affine_code_stands_for_its_distance_from_the_zero_point() {
        let scaling = Scaling { scale: 0.5, zero_point: 3, restricted: false };
        let setting = Setting { rounding: Rounding::NearestEven, library: &LIBRARIES[0], scaling };
        let uint4 = format("uint4").unwrap();
        let of = |x: f64| Anatomy::new(uint4, x, &setting);
        assert_eq!((of(1.1).code, of(1.1).value), (5, 1.0));
        assert_eq!((of(0.0).code, of(0.0).kind), (3, Outcome::Zero));
        assert_eq!((of(-9.0).value, of(9.0).value, of(9.0).kind), (-1.5, 6.0, Outcome::Saturated));
        assert_eq!(formula(uint4, 5, scaling), "(code − zero point) × scale = (5 − 3) × 0.5 = 1");
        let below = Scaling { zero_point: -3, ..scaling };
        assert_eq!(formula(format("int4").unwrap(), 0xf, below), "(code − zero point) × scale = (−1 − (−3)) × 0.5 = 1");
    }

    #[test]
    fn a_restricted_range_leaves_out_the_lowest_code() {
        let scaling = Scaling { restricted: true, ..Scaling::default() };
        let setting = Setting { rounding: Rounding::NearestEven, library: &LIBRARIES[0], scaling };
        for (id, full, restricted) in [("int8", -128.0, -127.0), ("int2", -2.0, -1.0), ("uint8", 0.0, 1.0)] {
            let format = format(id).unwrap();
            assert_eq!((of(id, -1e9).value, Anatomy::new(format, -1e9, &setting).value), (full, restricted), "{id}");
            let unused = (0..1u32 << format.bits()).filter(|&code| !is_used(format, code, scaling)).count();
            assert_eq!(unused, 1, "{id}");
        }
    }

    #[test]
    fn errors_are_counted_in_units_of_the_last_place() {
        let x = 1.0 + 2f64.powi(-11);
        let half = of("fp16", x);
        assert_eq!((half.ulp, half.ulp_size), (0.5, 2f64.powi(-10)));
        assert_eq!(half.error_abs, 2f64.powi(-11));
    }

    #[test]
    fn formulas_have_the_numbers_put_in() {
        let formula = |id: &str, x| {
            let format = format(id).unwrap();
            formula(format, of(id, x).code, Scaling::default())
        };
        assert_eq!(formula("fp16", 1.5), "2^(15 − 15) × (1 + 512/2¹⁰) = 1.5");
        assert_eq!(
            formula("fp16", -2f64.powi(-24)),
            "exponent 0, subnormal: −2^(1 − 15) × 1/2¹⁰ = −5.9604644775390625e−8"
        );
        assert!(formula("fp32", 0.1).ends_with("(1 + 5033165/2²³) ≈ 0.10000000149011612"));
        assert!(formula("fp32", 2f64.powi(30)).ends_with("= 1073741824"));
        assert_eq!(formula("int8", 3.2), "code × scale = 3 × 1 = 3");
        assert_eq!(formula("e8m0fnu", 8.0), "2^(130 − 127) = 8");
        assert_eq!(formula("nf4", 0.0), "value 7 of the list × scale = 0 × 1 = 0");
    }

    #[test]
    fn the_values_in_a_window_are_all_of_them_or_too_many() {
        let e2m1 = format("e2m1fn").unwrap();
        assert_eq!(
            values_between(e2m1, Scaling::default(), -1.0, 2.0, 10).unwrap(),
            [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]
        );
        assert_eq!(values_between(format("fp32").unwrap(), Scaling::default(), 1.0, 2.0, 1000), None);
        assert_eq!(values_between(e2m1, Scaling::default(), 7.0, 9.0, 10).unwrap(), [0.0; 0]);
    }

    #[test]
    fn whole_numbers_follow_the_rule_of_rounding() {
        for (rounding, expected) in [
            (Rounding::NearestEven, [2.0, -2.0, 2.0]),
            (Rounding::NearestAway, [3.0, -3.0, 2.0]),
            (Rounding::TowardZero, [2.0, -2.0, 2.0]),
            (Rounding::Up, [3.0, -2.0, 3.0]),
            (Rounding::Down, [2.0, -3.0, 2.0]),
            (Rounding::ToOdd, [3.0, -3.0, 3.0]),
            (Rounding::Stochastic { bits: 8, random: 128 }, [3.0, -3.0, 2.0]),
        ] {
            assert_eq!([2.5, -2.5, 2.25].map(|x| whole(x, rounding)), expected, "{rounding:?}");
        }
    }
}
