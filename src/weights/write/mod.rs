//! Checkpoints that are written: the headers of files, and in which order their tensors follow.
//!
//! The size of every tensor is known before its first value is, so a header is made first and the content follows as a stream.
//! What the content is, is decided elsewhere ([`crate::compute`]); here is where it stands.

pub mod gguf;
pub mod safetensors;

use super::Dtype;
use crate::order;

/// A tensor of a file that is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What its values are stored as.
    pub dtype: Dtype,
    /// Its sizes, the slowest first.
    pub shape: Vec<u64>,
}

impl Entry {
    /// How many values: the product of its sizes; nothing beyond 2⁶⁴.
    #[must_use]
    pub fn values(&self) -> Option<u64> {
        self.shape.iter().try_fold(1u64, |n, size| n.checked_mul(*size))
    }

    /// How many bytes.
    ///
    /// # Errors
    /// [`Refused::TooLarge`], and [`Refused::NotWhole`] for values that do not end with a byte or with a block.
    pub fn bytes(&self) -> Result<u64, Refused> {
        let too_large = || Refused::TooLarge(self.name.clone());
        let (values, bytes) = self.dtype.unit();
        let n = self.values().ok_or_else(too_large)?;
        if !n.is_multiple_of(values) {
            return Err(Refused::NotWhole { name: self.name.clone(), values: n, unit: values });
        }
        (n / values).checked_mul(bytes).ok_or_else(too_large)
    }
}

/// A file that is written: its header, then its tensors, each filled up with zeros to whole [`Self::alignment`]s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Everything before the first tensor.
    pub header: Vec<u8>,
    /// Its tensors in their order, as places in the list that it was made of.
    pub tensors: Vec<usize>,
    /// What the beginning of each tensor is a multiple of, counted from behind the header; 1 if they follow without gaps.
    pub alignment: u64,
    /// All its bytes.
    pub len: u64,
}

/// Why a checkpoint is not written, with what to choose instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// There is no recipe to write by.
    #[error("{0}")]
    NoRecipe(&'static str),
    /// A type that the container does not have.
    #[error("{container} has no type for {what}, which {name} is to be written in: choose {instead}")]
    NoType {
        /// The container.
        container: &'static str,
        /// The tensor.
        name: String,
        /// What it does not have.
        what: String,
        /// What to choose instead.
        instead: &'static str,
    },
    /// A format that nobody has a convention for.
    #[error("there is no convention for {format} in {container} that another program would read: choose {instead}")]
    NoConvention {
        /// The container.
        container: &'static str,
        /// The format.
        format: String,
        /// What to choose instead.
        instead: &'static str,
    },
    /// Stored bytes that cannot be read piece by piece.
    #[error("{name} is {how}, and only tensors that lie row by row in their file are converted: {advice}")]
    NotPlain {
        /// The tensor.
        name: String,
        /// How it lies instead.
        how: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// More bytes than a file has.
    #[error("{0} would be larger than a file can be")]
    TooLarge(String),
    /// Values that do not end with a byte or with a block.
    #[error(
        "{name} has {values} values, which are not whole units of {unit}: keep it as it is, or choose a format of 8 bits or more"
    )]
    NotWhole {
        /// The tensor.
        name: String,
        /// Its values.
        values: u64,
        /// Values that take whole bytes.
        unit: u64,
    },
    /// A name that GGUF has no room for.
    #[error("{0} is longer than the 63 bytes that llama.cpp has for a name")]
    LongName(String),
    /// More sizes than ggml's tensors have.
    #[error("{name} has {n} dimensions, and tensors of GGUF have 4 at most")]
    Dimensions {
        /// The tensor.
        name: String,
        /// Its dimensions.
        n: usize,
    },
    /// Two tensors of one name.
    #[error("two tensors would be called {0}: open the files one at a time")]
    Twice(String),
    /// Keys of a GGUF file that cannot be read.
    #[error(
        "the keys of the GGUF file cannot be carried over: at byte {0} they are not those of a little-endian file of version 2 or 3"
    )]
    BrokenKeys(u64),
    /// Nothing to write.
    #[error("there is no tensor to write")]
    Nothing,
    /// A header that is too long for its format.
    #[error("its header would be longer than the {0} bytes that are allowed")]
    LongHeader(u64),
}

/// Whether a name occurs twice, and which.
fn twice(entries: &[Entry]) -> Option<&str> {
    let mut names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    order::sort_by(&mut names, Ord::cmp);
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{format, ggml};

    fn entry(dtype: Dtype, shape: &[u64]) -> Entry {
        Entry { name: "w".into(), dtype, shape: shape.to_vec() }
    }

    #[test]
    fn bytes_are_those_of_whole_units() {
        let e2m1 = Dtype::Number(format("e2m1fn").unwrap());
        assert_eq!(entry(Dtype::BF16, &[3, 5]).bytes(), Ok(30));
        assert_eq!(entry(Dtype::Blocks(&ggml::Q4_K), &[2, 512]).bytes(), Ok(4 * 144));
        assert_eq!(entry(e2m1, &[3, 2]).bytes(), Ok(3));
        assert_eq!(entry(Dtype::FP32, &[]).bytes(), Ok(4), "a scalar");
        assert_eq!(entry(Dtype::FP32, &[7, 0]).bytes(), Ok(0));
        assert!(matches!(entry(e2m1, &[3]).bytes(), Err(Refused::NotWhole { values: 3, unit: 2, .. })));
        assert_eq!(entry(Dtype::FP32, &[1 << 40, 1 << 40]).bytes(), Err(Refused::TooLarge("w".into())));
        assert_eq!(entry(Dtype::FP32, &[1 << 63]).bytes(), Err(Refused::TooLarge("w".into())));
    }
}
