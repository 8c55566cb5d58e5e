//! What number formats do to every tensor of a checkpoint: one pass over the files, and a row for each tensor and [`Setting`].
//!
//! Nothing here reads a file or quantizes a value; that is [`crate::compute`]'s. Here are the figures ([`Measured`]), which add up
//! over slices, and what follows from them: which tensors are one ([`layers`]), which belong to those of other files
//! ([`difference`]), and what a [`recipe`] of formats costs.

pub mod architecture;
pub mod difference;
pub mod layers;
pub mod moments;
pub mod recipe;
#[cfg(test)]
mod test_support;

pub use architecture::{Recognised, recognise};
pub use layers::Place;
pub use recipe::Recipe;

pub mod save;

use crate::formats::format;
use crate::formats::{Format, Kind};
use crate::quantize::{GROUP_SIZES, Granularity, Quantizer, Tally};
use serde::{Deserialize, Serialize};

/// A format, and which values share a scale where that is chosen: `int8@row`, `q4_k`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// The format.
    pub format: &'static Format,
    /// Which values share a scale; one for the tensor in formats that bring their own scales or have none.
    pub granularity: Granularity,
}

impl Setting {
    /// Reads `format`, `format@row` or `format@g32`; nothing if it is not one that can be written.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (id, granularity) = match text.split_once('@') {
            None => (text, Granularity::Tensor),
            Some((id, "row")) => (id, Granularity::Row),
            Some((id, group)) => {
                let size = group.strip_prefix('g')?.parse().ok().filter(|size| GROUP_SIZES.contains(size))?;
                (id, Granularity::Group(size))
            }
        };
        let setting = Self { format: format(id)?, granularity };
        let quantizer = setting.quantizer();
        (quantizer.check().is_ok() && (granularity == Granularity::Tensor || quantizer.has_scale())).then_some(setting)
    }

    /// As [`Self::read`] takes it.
    #[must_use]
    pub fn write(&self) -> String {
        match self.granularity {
            Granularity::Row => format!("{}@row", self.format.id),
            Granularity::Group(size) => format!("{}@g{size}", self.format.id),
            Granularity::Tensor | Granularity::Column => self.format.id.to_owned(),
        }
    }

    /// What is done to a tensor. 8-bit floats get a scale only where one is asked for.
    #[must_use]
    pub fn quantizer(&self) -> Quantizer {
        let plain = Quantizer::new(self.format);
        let scaled =
            plain.scaled || matches!(self.format.kind, Kind::Float(_)) && self.granularity != Granularity::Tensor;
        Quantizer { granularity: self.granularity, scaled, ..plain }
    }

    /// Bytes that a tensor of this shape takes, with every scale; `u64::MAX` if they are more.
    #[must_use]
    pub fn bytes(&self, rows: u64, cols: u64) -> u64 {
        self.quantizer().packed_bytes(rows, cols)
    }
}

/// What was measured of a tensor: [`crate::compute::survey::Measuring`] makes it slice by slice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// How its values are spread.
    pub moments: Moments,
    /// What each setting costs, in the order in which they were asked for; of one that this tensor cannot be written in, why. Behind
    /// them, where there are other files to compare with, what their tensor is of this one.
    pub errors: Vec<Result<Errors, String>>,
    /// How many values of the other files' tensor are not those of this one, where it was compared.
    pub changed: Option<u64>,
}

/// How values are spread. Only finite ones count in the sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    /// Finite values.
    pub finite: u64,
    /// NaN among the values.
    pub nan: u64,
    /// Infinities among them.
    pub infinite: u64,
    /// Values that are zero.
    pub zeros: u64,
    /// The mean x̄.
    pub mean: f64,
    /// Σ (x − x̄)²
    pub m2: f64,
    /// Σ (x − x̄)³
    pub m3: f64,
    /// Σ (x − x̄)⁴
    pub m4: f64,
    /// The largest magnitude.
    pub amax: f32,
}

/// What a setting costs a tensor; x are its values, q what they become, e = q − x.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// Bytes that it takes, with every scale.
    pub bytes: u64,
    /// Values that are finite before and after.
    pub measured: u64,
    /// Finite values beyond the format's range.
    pub clipped: u64,
    /// Those of them that became infinite.
    pub overflowed: u64,
    /// Values other than zero that became zero.
    pub flushed: u64,
    /// Σ e²
    pub e2: f64,
    /// Σ x²
    pub x2: f64,
    /// max |e|
    pub max_abs_error: f32,
}

impl Moments {
    /// The standard deviation σ = √(Σ(x − x̄)²/n); nothing of no values.
    #[must_use]
    pub fn std(&self) -> Option<f64> {
        (self.finite > 0).then(|| libm::sqrt(self.m2 / self.finite as f64))
    }

    /// max |x|/σ, which is what outliers cost a uniform quantizer; nothing if all values are the same.
    #[must_use]
    pub fn outliers(&self) -> Option<f64> {
        self.std().filter(|std| *std > 0.0).map(|std| f64::from(self.amax) / std)
    }

    /// The kurtosis n·Σ(x − x̄)⁴/(Σ(x − x̄)²)²: 3 of a normal distribution, more with heavy tails.
    #[must_use]
    pub fn kurtosis(&self) -> Option<f64> {
        (self.m2 > 0.0).then(|| self.finite as f64 * self.m4 / (self.m2 * self.m2))
    }
}

impl Errors {
    /// Those of a second pass, without the bytes.
    #[must_use]
    pub const fn of(tally: &Tally) -> Self {
        Self {
            bytes: 0,
            measured: tally.measured,
            clipped: tally.clipped,
            overflowed: tally.overflowed,
            flushed: tally.flushed,
            e2: tally.sums.e2,
            x2: tally.sums.x2,
            max_abs_error: tally.max_abs_error,
        }
    }

    /// Adds those of another slice.
    pub fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        self.measured += other.measured;
        self.clipped += other.clipped;
        self.overflowed += other.overflowed;
        self.flushed += other.flushed;
        self.e2 += other.e2;
        self.x2 += other.x2;
        self.max_abs_error = self.max_abs_error.max(other.max_abs_error);
    }

    /// 10·log₁₀(Σx²/Σe²) dB; nothing without error or without signal.
    #[must_use]
    pub fn sqnr_db(&self) -> Option<f64> {
        (self.e2 > 0.0 && self.x2 > 0.0).then(|| 10.0 * libm::log10(self.x2 / self.e2))
    }

    /// Decibels for comparing: an exact tensor has more than any other, one with an overflow less.
    #[must_use]
    pub fn decibels(&self) -> f64 {
        match (self.overflowed, self.e2) {
            (1.., _) => f64::NEG_INFINITY,
            (0, 0.0) => f64::INFINITY,
            _ => self.sqnr_db().unwrap_or(f64::NEG_INFINITY),
        }
    }

    /// √(Σe²/n)
    #[must_use]
    pub fn rmse(&self) -> f64 {
        libm::sqrt(self.e2 / (self.measured as f64).max(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_they_are_written() {
        for text in ["int8", "int8@row", "int4@g128", "q4_k", "e4m3fn", "e4m3fn@row", "mxfp4"] {
            assert_eq!(Setting::read(text).map(|setting| setting.write()).as_deref(), Some(text));
        }
        for text in ["", "int8@g33", "q4_k@row", "iq1_s", "int8@", "nothing"] {
            assert_eq!(Setting::read(text), None, "{text}");
        }
    }
}
