//! The Quantize lab's inputs.

mod keys;

pub use keys::KEYS;

use super::formats::{is_only_read, rounding};
use super::number::{self, Bounds};
use super::permalink::{read_keys, write_keys};
use crate::formats::mx::ScaleRule;
use crate::formats::{FORMATS, Format, INT8, Kind, Layout};
use crate::quantize::{Error, GRID_RULES, Granularity, Quantizer, RangeMethod, Scheme};
use crate::weights::samples::DEFAULT_STD;
use crate::weights::{Distribution, Sample};

/// Where the tensor comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// A sample drawn from a seed.
    Sample(Distribution),
    /// The reader's own numbers.
    Values,
}

impl Data {
    /// Permanent id; stands in links.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Sample(distribution) => distribution.id(),
            Self::Values => "values",
        }
    }

    /// The data with this id.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::all().find(|data| data.id() == id)
    }

    /// Every kind of data, in the order of menus.
    pub fn all() -> impl Iterator<Item = Self> {
        Distribution::ALL.into_iter().map(Self::Sample).chain([Self::Values])
    }
}

/// The id of a shape that the reader gives.
pub const OWN: &str = "own";

/// The sizes of samples: id, name, rows, columns.
pub static SIZES: [(&str, &str, usize, usize); 5] = [
    ("64k", "64 K values", 256, 256),
    ("1m", "1 M values", 1024, 1024),
    ("16m", "16 M values", 4096, 4096),
    ("64m", "64 M values", 8192, 8192),
    (OWN, "Your own shape", 0, 0),
];

/// How many values share a scale: id, name.
pub static GRANULARITIES: [(&str, &str, Granularity); 8] = [
    ("tensor", "The tensor", Granularity::Tensor),
    ("row", "Each row", Granularity::Row),
    ("column", "Each column", Granularity::Column),
    ("g16", "16 neighbours", Granularity::Group(16)),
    ("g32", "32 neighbours", Granularity::Group(32)),
    ("g64", "64 neighbours", Granularity::Group(64)),
    ("g128", "128 neighbours", Granularity::Group(128)),
    ("g256", "256 neighbours", Granularity::Group(256)),
];

/// The id of a range that the reader clips by hand.
pub const PART: &str = "part";

/// What the scale is taken from: id, name.
pub static RANGES: [(&str, &str, RangeMethod); 9] = [
    ("full", "All numbers", RangeMethod::Full),
    (PART, "A part of that, by hand", RangeMethod::Part(1.0)),
    ("p99", "99 % of them", RangeMethod::Percentile(99.0)),
    ("p99.9", "99.9 % of them", RangeMethod::Percentile(99.9)),
    ("p99.99", "99.99 % of them", RangeMethod::Percentile(99.99)),
    ("p99.999", "99.999 % of them", RangeMethod::Percentile(99.999)),
    ("mse", "The clip with the least squared error", RangeMethod::Mse),
    ("observer", "torch’s histogram observer", RangeMethod::Histogram),
    ("entropy", "The clip that loses least information (KL)", RangeMethod::Entropy),
];

/// The sizes of Hadamard rotations: id, name, values.
pub static ROTATIONS: [(&str, &str, usize); 6] = [
    ("off", "None", 0),
    ("16", "Hadamard, 16 neighbours", 16),
    ("32", "Hadamard, 32 neighbours", 32),
    ("64", "Hadamard, 64 neighbours", 64),
    ("128", "Hadamard, 128 neighbours", 128),
    ("256", "Hadamard, 256 neighbours", 256),
];

/// The Quantize lab's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizeScenario {
    /// Where the tensor comes from.
    pub data: Data,
    /// Index into [`SIZES`].
    pub size: usize,
    /// Rows of a sample of the reader's own shape.
    pub rows: u32,
    /// Its columns.
    pub cols: u32,
    /// Of the reader's own numbers: how many are a row; 0 if all are.
    pub width: u32,
    /// Seed of the sample.
    pub seed: u64,
    /// Standard deviation of the sample.
    pub std: f64,
    /// The reader's own numbers, as typed.
    pub values: String,
    /// The format.
    pub format: &'static Format,
    /// Of integer formats.
    pub scheme: Scheme,
    /// Whether floats of 8 bits and fewer have a scale.
    pub scaled: bool,
    /// Index into [`GRANULARITIES`]: of formats that have a scale.
    pub granularity: usize,
    /// Index into [`RANGES`]: of formats that have a scale.
    pub range: usize,
    /// Of a range that is clipped by hand: which part of it is left.
    pub clip: f64,
    /// Index into [`GRID_RULES`]: of integer formats.
    pub rule: usize,
    /// Whether scales are powers of two.
    pub power_of_two: bool,
    /// How MX blocks take their scale.
    pub mx_rule: ScaleRule,
    /// Index into [`ROUNDINGS`](crate::scenario::formats::ROUNDINGS).
    pub rounding: usize,
    /// Columns of outliers that are put into the tensor.
    pub outliers: u32,
    /// What their numbers are multiplied by.
    pub factor: f64,
    /// Channels of outliers in the activation that the tensor is multiplied with.
    pub channels: u32,
    /// Index into [`ROTATIONS`]: what the rows are turned by before.
    pub rotation: usize,
    /// Whether columns of outliers are kept in FP16.
    pub keeps_outliers: bool,
    /// Counts of histograms on a logarithmic axis.
    pub log_counts: bool,
}

/// Bounds of rows.
pub const ROWS: Bounds = Bounds { name: "Rows", min: 1.0, max: MOST_VALUES as f64, whole: true };
/// Bounds of columns.
pub const COLS: Bounds = Bounds { name: "Columns", min: 1.0, max: MOST_VALUES as f64, whole: true };
/// Bounds of the numbers in a row of the reader's own.
pub const WIDTH: Bounds = Bounds { name: "Numbers in a row", min: 0.0, max: MAX_VALUES as f64, whole: true };
/// Bounds of the seed: whole numbers that a JSON reader keeps exact.
pub const SEED: Bounds = Bounds { name: "The seed", min: 0.0, max: 9_007_199_254_740_991.0, whole: true };
/// Bounds of the standard deviation.
pub const STD: Bounds = Bounds { name: "The standard deviation", min: 1e-38, max: 1e36, whole: false };
/// Bounds of the part of the range.
pub const CLIP: Bounds = Bounds { name: "The part of the range", min: 0.001, max: 1.0, whole: false };
/// Bounds of the columns of outliers.
pub const OUTLIERS: Bounds = Bounds { name: "Columns of outliers", min: 0.0, max: 64.0, whole: true };
/// Bounds of the channels of outliers of the activation.
pub const CHANNELS: Bounds = Bounds { name: "Outlier channels", min: 0.0, max: 64.0, whole: true };
/// Bounds of what outliers are multiplied by.
pub const FACTOR: Bounds = Bounds { name: "The factor", min: 1.0, max: 1e4, whole: false };
/// The most values of a tensor: a quarter of a GiB in FP32.
pub const MOST_VALUES: u64 = 1 << 26;
/// The most numbers of one's own: what fits in a link.
pub const MAX_VALUES: usize = 1024;
/// The longest text of one's own numbers.
const MAX_TEXT: usize = 16_384;

impl Default for QuantizeScenario {
    fn default() -> Self {
        Self {
            data: Data::Sample(Distribution::Normal),
            size: 0,
            rows: 1000,
            cols: 1000,
            width: 0,
            seed: 1,
            std: DEFAULT_STD,
            values: "0.1, -0.25, 1/3, 3.14159, 70000, 1e-8, nan, inf".to_owned(),
            format: &INT8,
            scheme: Scheme::Symmetric,
            scaled: false,
            granularity: 0,
            range: 0,
            clip: 0.5,
            rule: 0,
            power_of_two: false,
            mx_rule: ScaleRule::Floor,
            rounding: 0,
            outliers: 0,
            factor: 20.0,
            channels: 0,
            rotation: 0,
            keeps_outliers: false,
            log_counts: false,
        }
    }
}

impl QuantizeScenario {
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

    /// What is done to the tensor.
    #[must_use]
    pub fn quantizer(&self) -> Quantizer {
        let usual = Quantizer::new(self.format);
        Quantizer {
            scheme: self.scheme,
            granularity: GRANULARITIES[self.granularity].2,
            range: if self.clips_by_hand() { RangeMethod::Part(self.clip) } else { RANGES[self.range].2 },
            rule: &GRID_RULES[self.rule],
            power_of_two_scale: self.power_of_two,
            scale_rule: self.mx_rule,
            rounding: rounding(self.rounding, 16, self.seed as u32),
            keeps_outliers: self.keeps_outliers,
            scaled: self.scaled || usual.scaled,
            ..usual
        }
    }

    /// Whether the reader says which part of the range is left.
    #[must_use]
    pub fn clips_by_hand(&self) -> bool {
        RANGES[self.range].0 == PART
    }

    /// How many neighbours the rows are turned with before; nothing if they are not.
    #[must_use]
    pub fn rotation(&self) -> Option<usize> {
        Some(ROTATIONS[self.rotation].2).filter(|size| *size > 0)
    }

    /// The sample, if the tensor is one.
    #[must_use]
    pub fn sample(&self) -> Option<Sample> {
        let Data::Sample(distribution) = self.data else { return None };
        let (rows, cols) = self.sample_shape();
        Some(Sample { distribution, seed: self.seed, std: self.std, rows: rows as usize, cols: cols as usize })
    }

    /// Rows and columns of a sample.
    fn sample_shape(&self) -> (u64, u64) {
        match SIZES[self.size] {
            (OWN, ..) => (self.rows.into(), self.cols.into()),
            (_, _, rows, cols) => (rows as u64, cols as u64),
        }
    }

    /// Whether the tensor is a sample whose shape the reader gives.
    #[must_use]
    pub fn has_own_shape(&self) -> bool {
        self.data != Data::Values && SIZES[self.size].0 == OWN
    }

    /// Whether there is room for the tensor.
    ///
    /// # Errors
    /// [`Error::TooManyValues`].
    pub fn check(&self) -> Result<(), Error> {
        let (rows, cols) = self.sample_shape();
        match rows * cols {
            values if values > MOST_VALUES && self.data != Data::Values => Err(Error::TooManyValues(values)),
            _ => Ok(()),
        }
    }

    /// Whether the format is one of whole numbers.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        matches!(self.format.kind, Kind::Integer(_))
    }

    /// Whether the format may have a scale or none, as the reader likes.
    #[must_use]
    pub fn may_be_scaled(&self) -> bool {
        matches!(self.format.kind, Kind::Float(float) if float.bits() <= 8)
    }

    /// Whether a scale follows from the range of the numbers.
    #[must_use]
    pub fn has_scale(&self) -> bool {
        self.quantizer().has_scale()
    }

    /// Whether it is a format of MX blocks.
    #[must_use]
    pub fn is_mx(&self) -> bool {
        matches!(self.format.kind, Kind::Block(block) if matches!(block.layout, Layout::Mx(_)))
    }

    /// Whether numbers are rounded one by one.
    #[must_use]
    pub fn rounds(&self) -> bool {
        matches!(self.format.kind, Kind::Float(_) | Kind::Integer(_))
    }
}

/// The formats that a tensor can be quantized to.
pub fn encodable() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().copied().filter(|format| !is_only_read(format))
}

/// Reads numbers of one's own: separated by commas, semicolons or white space; fractions, `nan` and `inf` are allowed.
///
/// # Errors
/// A sentence that names the first word that is no number, or says that there are none or too many.
pub fn read_values(text: &str) -> Result<Vec<f32>, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("That is more text than the {MAX_TEXT} characters read here."));
    }
    let mut values = Vec::new();
    for word in text.split([',', ';', '\n', '\t', ' ', '\r']).map(str::trim).filter(|word| !word.is_empty()) {
        let value = read_value(word).ok_or_else(|| {
            let word: String = word.chars().take(24).collect();
            format!(
                "“{word}” is not a number. Write numbers with commas between them, such as 0.1, -2.5e-3, 1/3, nan, inf."
            )
        })?;
        values.push(value);
    }
    match values.len() {
        0 => Err("There are no values: an empty tensor has nothing to quantize. Type some numbers.".to_owned()),
        n if n > MAX_VALUES => Err(format!("That is {n} values; at most {MAX_VALUES} fit here.")),
        _ => Ok(values),
    }
}

fn read_value(word: &str) -> Option<f32> {
    let word = word.to_ascii_lowercase().replace('−', "-").replace('∞', "inf");
    match word.strip_prefix(['-', '+']).unwrap_or(&word) {
        "nan" => return Some(f32::NAN),
        "inf" | "infinity" => return Some(if word.starts_with('-') { f32::NEG_INFINITY } else { f32::INFINITY }),
        _ => {}
    }
    // As f64 first: what is beyond f32 becomes infinite in f32, as a cast would make it.
    if let Some((numerator, denominator)) = word.split_once('/') {
        let quotient = number::parse(numerator)? / number::parse(denominator)?;
        return Some(quotient as f32);
    }
    Some(number::parse(&word)? as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_numbers_are_read_with_specials_and_fractions() {
        let values = read_values("0.1, -1/4; 3\n inf -inf NaN 1e39").unwrap();
        assert_eq!(values[..5], [0.1, -0.25, 3.0, f32::INFINITY, f32::NEG_INFINITY]);
        assert!(values[5].is_nan() && values[6].is_infinite());
        assert!(read_values(" , ").is_err_and(|sentence| sentence.contains("empty tensor")));
        assert!(read_values("1, two").is_err_and(|sentence| sentence.contains("“two”")));
        assert!(read_values(&"1 ".repeat(2000)).is_err());
    }

    #[test]
    fn the_default_values_can_be_read() {
        assert!(read_values(&QuantizeScenario::default().values).is_ok());
    }
}
