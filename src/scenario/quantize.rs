//! The Quantize lab's inputs.

use super::key::{Key, Rejection, documented, list, read_choice, read_number, span};
use super::number::{self, Bounds};
use super::permalink::{read_keys, write_keys};
use crate::formats::{self, FORMATS, Format, INT8, Kind};
use crate::quantize::{Granularity, Quantizer, Scheme};
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

/// The sizes of samples: id, name, rows, columns.
pub static SIZES: [(&str, &str, usize, usize); 3] =
    [("64k", "64 K values", 256, 256), ("1m", "1 M values", 1024, 1024), ("16m", "16 M values", 4096, 4096)];

/// The Quantize lab's inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizeScenario {
    /// Where the tensor comes from.
    pub data: Data,
    /// Index into [`SIZES`].
    pub size: usize,
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
    /// Of integer formats.
    pub granularity: Granularity,
}

/// Bounds of the seed: whole numbers that a JSON reader keeps exact.
pub const SEED: Bounds = Bounds { name: "The seed", min: 0.0, max: 9_007_199_254_740_991.0, whole: true };
/// Bounds of the standard deviation.
pub const STD: Bounds = Bounds { name: "The standard deviation", min: 1e-38, max: 1e36, whole: false };
/// The most numbers of one's own: what fits in a link.
pub const MAX_VALUES: usize = 1024;
/// The longest text of one's own numbers.
const MAX_TEXT: usize = 16_384;

impl Default for QuantizeScenario {
    fn default() -> Self {
        Self {
            data: Data::Sample(Distribution::Normal),
            size: 0,
            seed: 1,
            std: DEFAULT_STD,
            values: "0.1, -0.25, 1/3, 3.14159, 70000, 1e-8, nan, inf".to_owned(),
            format: &INT8,
            scheme: Scheme::Symmetric,
            granularity: Granularity::Tensor,
        }
    }
}

impl QuantizeScenario {
    /// The inputs that are not the default, by key.
    #[must_use]
    pub fn keys(&self) -> Vec<(String, String)> {
        write_keys(KEYS, self).into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
    }

    /// The inputs with these keys; what is not understood is the default.
    #[must_use]
    pub fn from_keys(keys: &[(String, String)]) -> Self {
        read_keys(KEYS, keys, &mut Vec::new())
    }

    /// What is done to the tensor.
    #[must_use]
    pub fn quantizer(&self) -> Quantizer {
        Quantizer { scheme: self.scheme, granularity: self.granularity, ..Quantizer::new(self.format) }
    }

    /// The sample, if the tensor is one.
    #[must_use]
    pub fn sample(&self) -> Option<Sample> {
        let Data::Sample(distribution) = self.data else { return None };
        let (_, _, rows, cols) = SIZES[self.size];
        Some(Sample { distribution, seed: self.seed, std: self.std, rows, cols })
    }

    /// Whether scheme and granularity matter.
    #[must_use]
    pub fn has_scale(&self) -> bool {
        matches!(self.format.kind, Kind::Integer(_))
    }
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

/// The keys, in the order they are written.
pub static KEYS: &[Key<QuantizeScenario>] = &[
    Key {
        name: "data",
        doc: documented!(
            "The tensor: a sample, or `values` for numbers of your own.",
            || list(Data::all().map(Data::id)),
            "student-t"
        ),
        write: |scenario| scenario.data.id().to_owned(),
        read: |scenario, text| read_choice(&mut scenario.data, Data::from_id(text)),
    },
    Key {
        name: "n",
        doc: documented!(
            "Size of the sample: 256 × 256, 1024 × 1024 or 4096 × 4096.",
            || list(SIZES.map(|size| size.0)),
            "1m"
        ),
        write: |scenario| SIZES[scenario.size].0.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.size, SIZES.iter().position(|size| size.0 == text)),
    },
    Key {
        name: "seed",
        doc: documented!(
            "Seed of the sample: the same seed gives the same values on every machine.",
            || "0 to 9007199254740991".to_owned(),
            "42"
        ),
        write: |scenario| scenario.seed.to_string(),
        read: |scenario, text| {
            let mut seed = scenario.seed as f64;
            let read = read_number(&mut seed, &SEED, text);
            scenario.seed = seed as u64;
            read
        },
    },
    Key {
        name: "std",
        doc: documented!("Standard deviation of the sample.", || span(&STD), "1"),
        write: |scenario| number::format(scenario.std),
        read: |scenario, text| read_number(&mut scenario.std, &STD, text),
    },
    Key {
        name: "values",
        doc: documented!(
            "Numbers of your own, for `data=values`: commas between them; `nan`, `inf` and fractions are allowed.",
            || format!("up to {MAX_VALUES} numbers"),
            "0.1,1/3,70000"
        ),
        write: |scenario| scenario.values.clone(),
        read: |scenario, text| {
            read_values(text).map_err(Rejection::Because)?;
            scenario.values = text.to_owned();
            Ok(())
        },
    },
    Key {
        name: "format",
        doc: documented!(
            "The format of the codes.",
            || list(FORMATS.iter().filter(|format| format.is_elementwise()).map(|format| format.id)),
            "bf16"
        ),
        write: |scenario| scenario.format.id.to_owned(),
        read: |scenario, text| {
            let format = formats::format(text).filter(|format| format.is_elementwise());
            read_choice(&mut scenario.format, format)
        },
    },
    Key {
        name: "scheme",
        doc: documented!(
            "Of integer formats: codes around zero, or from minimum to maximum with a zero point.",
            || list(["symmetric", "affine"]),
            "affine"
        ),
        write: |scenario| if scenario.scheme == Scheme::Affine { "affine" } else { "symmetric" }.to_owned(),
        read: |scenario, text| {
            let scheme = match text {
                "symmetric" => Some(Scheme::Symmetric),
                "affine" => Some(Scheme::Affine),
                _ => None,
            };
            read_choice(&mut scenario.scheme, scheme)
        },
    },
    Key {
        name: "scale",
        doc: documented!(
            "Of integer formats: one scale for the tensor, or one a row.",
            || list(["tensor", "row"]),
            "row"
        ),
        write: |scenario| if scenario.granularity == Granularity::Row { "row" } else { "tensor" }.to_owned(),
        read: |scenario, text| {
            let granularity = match text {
                "tensor" => Some(Granularity::Tensor),
                "row" => Some(Granularity::Row),
                _ => None,
            };
            read_choice(&mut scenario.granularity, granularity)
        },
    },
];

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
