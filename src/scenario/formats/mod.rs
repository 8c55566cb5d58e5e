//! The Formats lab's inputs.

mod keys;
mod typed;

pub use keys::KEYS;
pub use typed::{Number, typed, typed_near};

use super::number::Bounds;
use super::permalink::{read_keys, write_keys};
use super::quantize::read_values;
use crate::formats::anatomy::{self, Anatomy, Scaling, Setting};
use crate::formats::float::Specials;
use crate::formats::mx::ScaleRule;
use crate::formats::{
    self, BF16, Block, FORMATS, FP16, FP32, Family, Float, Format, INT8, Integer, Kind, LIBRARIES, Layout, Library,
    Rounding,
};
use crate::source::Source;
use serde::Serialize;

/// A format that is looked at: a row of the table, or the reader's own float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pick {
    /// A row of single values.
    Row(&'static Format),
    /// [`FormatsScenario::custom`]
    Custom,
    /// [`FormatsScenario::integer`]
    CustomInteger,
}

/// The most formats side by side.
pub const MOST_PICKS: usize = 6;
/// The id of the reader's own float.
pub const CUSTOM: &str = "custom";
/// The id of the reader's own integer.
pub const CUSTOM_INTEGER: &str = "custom_int";

/// The ways to round, by id and name.
pub static ROUNDINGS: [(&str, &str); 7] = [
    ("even", "Nearest, ties to even"),
    ("away", "Nearest, ties away from zero"),
    ("zero", "Toward zero"),
    ("up", "Up"),
    ("down", "Down"),
    ("odd", "To odd"),
    ("stochastic", "Stochastic"),
];

/// The rounding of a row of [`ROUNDINGS`]; a stochastic one by this random number of so many bits.
#[must_use]
pub fn rounding(row: usize, bits: u32, random: u32) -> Rounding {
    match ROUNDINGS[row].0 {
        "away" => Rounding::NearestAway,
        "zero" => Rounding::TowardZero,
        "up" => Rounding::Up,
        "down" => Rounding::Down,
        "odd" => Rounding::ToOdd,
        "stochastic" => Rounding::Stochastic { bits, random },
        _ => Rounding::NearestEven,
    }
}

/// The codes that a custom float takes for infinity and NaN, by id and name.
pub static SPECIALS: [(&str, &str, Specials); 6] = [
    ("ieee", "Infinity and NaN (IEEE 754)", Specials::Ieee),
    ("nan", "One NaN (FN)", Specials::TopNan),
    ("inf", "Infinity, no NaN", Specials::TopInfinity),
    ("none", "Every code a number", Specials::None),
    ("fnuz", "NaN for −0 (FNUZ)", Specials::NanForNegativeZero),
    ("p3109", "NaN for −0, infinity (P3109)", Specials::NanForNegativeZeroTopInfinity),
];

/// The Formats lab's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct FormatsScenario {
    /// The number, as typed.
    pub x: String,
    /// The formats side by side, 1 to [`MOST_PICKS`].
    pub picks: Vec<Pick>,
    /// Index into [`ROUNDINGS`].
    pub rounding: usize,
    /// The random number of stochastic rounding, of eight bits.
    pub random: f64,
    /// Index into [`LIBRARIES`].
    pub library: usize,
    /// What gives whole numbers and codebooks their values.
    pub scaling: Scaling,
    /// The reader's own float.
    pub custom: Float,
    /// The reader's own integer.
    pub integer: Integer,
    /// Half the width of the number line's window is |x| · 2^zoom.
    pub zoom: f64,
    /// The block format.
    pub block: &'static Format,
    /// How an MX block gets its scale.
    pub mx_rule: ScaleRule,
    /// The block's numbers, as typed; for formats that are only read its bytes in hexadecimal.
    pub values: String,
}

/// Bounds of the scale.
pub const SCALE: Bounds = Bounds { name: "The scale", min: 1e-30, max: 1e30, whole: false };
/// Bounds of the zero point: every code of the widest integers.
pub const ZERO_POINT: Bounds = Bounds { name: "The zero point", min: -32_768.0, max: 65_535.0, whole: true };
/// Bounds of an integer's width.
pub const INTEGER_BITS: Bounds = Bounds { name: "Bits of the integer", min: 2.0, max: 16.0, whole: true };
/// Bounds of the random number.
pub const RANDOM: Bounds = Bounds { name: "The random number", min: 0.0, max: 255.0, whole: true };
/// Bounds of the number line's zoom.
pub const ZOOM: Bounds = Bounds { name: "The zoom", min: -24.0, max: 3.0, whole: true };
/// Bounds of a custom float's exponent bits.
pub const EXPONENT_BITS: Bounds = Bounds { name: "Exponent bits", min: 0.0, max: 8.0, whole: true };
/// Bounds of a custom float's fraction bits.
pub const MANTISSA_BITS: Bounds = Bounds { name: "Fraction bits", min: 0.0, max: 23.0, whole: true };
/// Bounds of a custom float's bias.
pub const BIAS: Bounds = Bounds { name: "The bias", min: -1023.0, max: 1023.0, whole: true };

const DEFAULT_VALUES: &str = "0.12, -0.5, 0.03, 1.75, -0.08, 0.4, -1.1, 0.002, 0.9, -0.25, 0.6, -0.01, 3.2, -0.7, 0.33, -2.4, 0.05, 0.8, -0.15, 1.2, -0.9, 0.07, -0.6, 0.22, 5.5, -0.45, 0.011, -1.6, 0.71, -0.35, 0.18, -0.04";

impl Default for FormatsScenario {
    fn default() -> Self {
        Self {
            x: "pi".to_owned(),
            picks: [&FP32, &BF16, &FP16, &INT8].map(Pick::Row).to_vec(),
            rounding: 0,
            random: 128.0,
            library: 0,
            scaling: Scaling::default(),
            custom: Float::ieee(4, 3),
            integer: Integer { bits: 6, signed: true },
            zoom: -3.0,
            block: &formats::table::MXFP4,
            mx_rule: ScaleRule::Floor,
            values: DEFAULT_VALUES.to_owned(),
        }
    }
}

const OWN: Source =
    Source { title: "A format of your own", url: "https://en.wikipedia.org/wiki/Minifloat", as_of: "2026-11-23" };

/// Names of integers, with and without a sign, from two bits on.
static INTEGER_NAMES: [[&str; 15]; 2] = [
    [
        "INT2", "INT3", "INT4", "INT5", "INT6", "INT7", "INT8", "INT9", "INT10", "INT11", "INT12", "INT13", "INT14",
        "INT15", "INT16",
    ],
    [
        "UINT2", "UINT3", "UINT4", "UINT5", "UINT6", "UINT7", "UINT8", "UINT9", "UINT10", "UINT11", "UINT12", "UINT13",
        "UINT14", "UINT15", "UINT16",
    ],
];

impl Pick {
    /// Its id, in links and controls.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Row(row) => row.id,
            Self::Custom => CUSTOM,
            Self::CustomInteger => CUSTOM_INTEGER,
        }
    }

    /// What can be looked at under this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        match id {
            CUSTOM => Some(Self::Custom),
            CUSTOM_INTEGER => Some(Self::CustomInteger),
            _ => formats::format(id).filter(|row| is_scalar(row)).map(Self::Row),
        }
    }
}

/// Whether a row has values of its own, or with a scale, number by number.
#[must_use]
pub const fn is_scalar(row: &Format) -> bool {
    !matches!(row.kind, Kind::Block(_))
}

/// The formats of single values, in the order of menus.
pub fn scalars() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().copied().filter(|row| is_scalar(row))
}

/// The block formats, in the order of menus.
pub fn blocks() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().copied().filter(|row| !is_scalar(row))
}

/// Whether a block format can only be read here, not written: its note says so too.
#[must_use]
pub fn is_only_read(row: &Format) -> bool {
    matches!(row.kind, Kind::Block(Block { layout: Layout::Ggml { id: 16..=19 | 21 | 22 | 29 | 34 | 35, .. }, .. }))
}

/// Reads the bytes of a block from hexadecimal text; numbers, which other formats are given, are taken as a sign that there is
/// no block yet, and give one of arbitrary bytes.
///
/// # Errors
/// A sentence that says how many bytes a block has.
pub fn read_bytes(text: &str, row: &Format) -> Result<Vec<u8>, String> {
    let expected = row.block_bytes().unwrap_or_default();
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != ',').collect();
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_hex && read_values(text).is_ok() {
        return Ok((0..expected).map(|i| (i as u32 * 37 + 17) as u8 & 0x3b).collect());
    }
    if !is_hex || digits.len() != 2 * expected {
        let these = if is_hex { format!("these are {}", digits.len()) } else { "this is something else".to_owned() };
        return Err(format!(
            "{} is only read here: a block has {expected} bytes, which are {} hexadecimal digits, and {these}.",
            row.name,
            2 * expected,
        ));
    }
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or_default());
    Ok(pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect())
}

/// What the lab answers: the number in each format.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The number.
    pub x: f64,
    /// Id of the rounding.
    pub rounding: &'static str,
    /// Id of the library whose rule it is.
    pub library: &'static str,
    /// What 1 stands for in whole numbers and codebooks.
    pub scale: f64,
    /// The whole number that stands for zero.
    pub zero_point: i32,
    /// Whether whole numbers leave out their lowest code.
    pub restricted: bool,
    /// The number in each of the chosen formats.
    pub formats: Vec<Anatomy>,
}

impl FormatsScenario {
    /// The inputs that are not the default, by key.
    #[must_use]
    pub fn keys(&self) -> Vec<(String, String)> {
        write_keys(KEYS, self)
    }

    /// The inputs with these keys; what is not understood is the default.
    #[must_use]
    pub fn from_keys(keys: &[(String, String)]) -> Self {
        read_keys(KEYS, keys, &mut Vec::new())
    }

    /// The row of a pick; of a custom float, one made for it.
    #[must_use]
    pub fn row(&self, pick: Pick) -> Format {
        match pick {
            Pick::Row(row) => *row,
            Pick::Custom => Format {
                id: CUSTOM,
                name: "Custom",
                family: Family::Float,
                kind: Kind::Float(self.custom),
                note: "A float of your own.",
                source: OWN,
            },
            Pick::CustomInteger => Format {
                id: CUSTOM_INTEGER,
                name: INTEGER_NAMES[usize::from(!self.integer.signed)][self.integer.bits as usize - 2],
                family: Family::Integer,
                kind: Kind::Integer(self.integer),
                note: "An integer of your own: a scale gives its codes their values, a zero point says which of them is 0.",
                source: INT8.source,
            },
        }
    }

    /// The chosen formats, but for a custom float that cannot be.
    #[must_use]
    pub fn rows(&self) -> Vec<Format> {
        let can_be = |pick: &&Pick| **pick != Pick::Custom || self.custom.custom().is_ok();
        self.picks.iter().filter(can_be).map(|&pick| self.row(pick)).collect()
    }

    /// Why the custom float cannot be, if it is among the chosen formats and cannot.
    #[must_use]
    pub fn custom_problem(&self) -> Option<String> {
        let error = self.custom.custom().err().filter(|_| self.picks.contains(&Pick::Custom))?;
        Some(format!("This custom float cannot be: {error}."))
    }

    /// What the conversions depend on.
    #[must_use]
    pub fn setting(&self) -> Setting {
        let rounding = rounding(self.rounding, 8, self.random as u32);
        Setting { rounding, library: self.by(), scaling: self.scaling }
    }

    /// Whose rule it is.
    #[must_use]
    pub fn by(&self) -> &'static Library {
        &LIBRARIES[self.library]
    }

    /// The number.
    ///
    /// # Errors
    /// A sentence that says what can be typed.
    pub fn number(&self) -> Result<Number, String> {
        typed::read(&self.x, &self.rows(), self.scaling)
    }

    /// How a code is typed: as its value, if that has no other code; a NaN has many, and so may zero.
    #[must_use]
    pub fn typed_code(&self, row: &Format, code: u32) -> String {
        let value = anatomy::decode(row, code, self.scaling);
        if anatomy::encode(row, value, &self.setting()) == Some(code) {
            typed(value)
        } else {
            format!("{}:0x{code:X}", row.id)
        }
    }

    /// The number in each of the chosen formats.
    ///
    /// # Errors
    /// As [`Self::number`], or why the custom float cannot be, if it is all that is chosen.
    pub fn report(&self) -> Result<Report, String> {
        let rows = self.rows();
        if let (true, Some(problem)) = (rows.is_empty(), self.custom_problem()) {
            return Err(problem);
        }
        let Number { x, code } = self.number()?;
        let setting = self.setting();
        Ok(Report {
            x,
            rounding: ROUNDINGS[self.rounding].0,
            library: self.by().id,
            scale: self.scaling.scale,
            zero_point: self.scaling.zero_point,
            restricted: self.scaling.restricted,
            formats: rows
                .iter()
                .map(|row| match code {
                    Some((format, code)) if format == row.id => Anatomy::of_code(row, x, code, &setting),
                    _ => Anatomy::new(row, x, &setting),
                })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Result<f64, String> {
        FormatsScenario { x: text.to_owned(), ..FormatsScenario::default() }.number().map(|number| number.x)
    }

    #[test]
    fn a_code_stays_that_code_though_its_value_has_others() {
        let picks = ["fp16", "bf16", "bnb_fp4"].map(|id| Pick::from_id(id).unwrap()).to_vec();
        let of = |x: &str| FormatsScenario { x: x.to_owned(), picks: picks.clone(), ..Default::default() };
        let codes = |x: &str| of(x).report().unwrap().formats.into_iter().map(|row| row.code).collect::<Vec<_>>();
        assert_eq!(codes("0x7C01")[..2], [0x7c01, 0x7fc0], "a NaN by its code, and the usual one");
        assert_eq!(codes("bf16:0xFF81")[1], 0xff81);
        assert_eq!(codes("bnb_fp4: 0b1000"), [0, 0, 8]);
        assert!(of("int8:0x1").report().is_err_and(|sentence| sentence.contains("“int8” is none of the formats")));
        let rows = of("0").rows();
        assert_eq!(of("0").typed_code(&rows[0], 0x3c00), "1");
        assert_eq!(of("0").typed_code(&rows[0], 0x7e01), "fp16:0x7E01");
        assert_eq!(of("0").typed_code(&rows[2], 8), "bnb_fp4:0x8");
    }

    #[test]
    fn a_number_may_be_written_in_many_ways() {
        assert_eq!(number("0.1"), Ok(0.1));
        assert_eq!(number(" −1/4 "), Ok(-0.25));
        assert_eq!(number("70 000"), Ok(70_000.0));
        assert_eq!(number("pi"), Ok(std::f64::consts::PI));
        assert_eq!(number("-inf"), Ok(f64::NEG_INFINITY));
        assert!(number("NaN").unwrap().is_nan());
        assert_eq!(number("0x1.8p3"), Ok(12.0));
        assert_eq!(number("-1e400"), Ok(f64::NEG_INFINITY));
        assert_eq!(number("-0x1p-2"), Ok(-0.25));
        assert_eq!(number("0x3f800000"), Ok(1.0), "a code of FP32, the first format");
        assert_eq!(number("0b11000000000000000000000000000000"), Ok(-2.0));
        for nonsense in ["", "two", "0x", "0xfg", "1/0/2", "0x1.8q3", "-0x3f", "0x1ffffffff"] {
            assert!(number(nonsense).is_err(), "{nonsense}");
        }
    }

    #[test]
    fn a_code_that_is_too_long_for_the_first_format_is_refused() {
        let scenario = FormatsScenario { x: "0x10000".into(), picks: vec![Pick::Row(&FP16)], ..Default::default() };
        assert!(scenario.number().is_err_and(|sentence| sentence.contains("16 bits of FP16")));
    }

    #[test]
    fn a_code_of_a_custom_format_is_read_whatever_the_order_of_the_keys() {
        let pairs = [("formats", "custom_int"), ("x", "0xfff"), ("bits", "12"), ("signed", "0"), ("zero", "5")];
        let keys = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let scenario = FormatsScenario::from_keys(&keys);
        assert_eq!(scenario.number().unwrap().x, 4090.0);
        assert_eq!(scenario.row(Pick::CustomInteger).name, "UINT12");
        assert_eq!(scenario.report().unwrap().formats[0].bits, "111111111111");
    }

    #[test]
    fn a_value_that_is_pointed_at_has_as_many_digits_as_a_pointer_can_tell() {
        assert_eq!(typed_near(4.141_592_65, 0.002), "4.142");
        assert_eq!(typed_near(-70_123.4, 150.0), "-70100");
        assert_eq!(typed_near(1.234_567e-38, 3e-41), "1.235e-38");
        assert_eq!(typed_near(1e-9, 0.002), "0");
        assert_eq!(typed_near(0.1 + 0.2, 1e-9), "0.3");
    }

    #[test]
    fn the_report_has_a_row_for_each_format() {
        let report = FormatsScenario::default().report().unwrap();
        let values: Vec<f64> = report.formats.iter().map(|row| row.value).collect();
        assert_eq!(values[1..], [3.140625, 3.140625, 3.0]);
    }

    #[test]
    fn a_custom_float_that_cannot_be_is_a_sentence() {
        let custom = Float { exponent_bits: 0, ..Float::ieee(4, 3) };
        let scenario = FormatsScenario { picks: vec![Pick::Custom], custom, ..Default::default() };
        assert!(scenario.report().is_err_and(|sentence| sentence.starts_with("This custom float cannot be: ")));
    }
}
