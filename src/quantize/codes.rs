//! How many of its codes a format uses on a tensor, and how much they say.

use super::{Element, Plan};
use sha2::{Digest, Sha256};

/// What a report says of the codes of a tensor, so that they need not be kept for it.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeFacts {
    /// How many codes occur; nothing for formats of more than 16 bits.
    pub used: Option<u64>,
    /// Their entropy in bits a code; nothing for formats of more than 16 bits.
    pub entropy: Option<f64>,
    /// The SHA-256 of their bytes, as hexadecimal.
    pub sha256: String,
}

impl CodeFacts {
    /// Those of all codes that a second pass wrote.
    #[must_use]
    pub fn of(plan: &Plan, codes: &[u8]) -> Self {
        let counts = CodeCounts::of(plan, codes);
        Self {
            used: counts.as_ref().map(CodeCounts::used),
            entropy: counts.as_ref().map(CodeCounts::entropy),
            sha256: hex(&Sha256::digest(codes)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// How often each code occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeCounts(Vec<u64>);

impl CodeCounts {
    /// Counts the codes that a second pass wrote, of a slice or of all; nothing for formats of more than 16 bits, which have
    /// more codes than there are places to count them at.
    #[must_use]
    pub fn of(plan: &Plan, codes: &[u8]) -> Option<Self> {
        if let Element::Ggml(block_type) = plan.element {
            return Some(Self::of_ggml(plan, block_type, codes));
        }
        match plan.quantizer.format.code_bytes() {
            1 => {
                let mut counts = vec![0; 1 << 8];
                for &code in codes {
                    counts[usize::from(code)] += 1;
                }
                Some(Self(counts))
            }
            2 => {
                let mut counts = vec![0; 1 << 16];
                for &code in codes.as_chunks().0 {
                    counts[usize::from(u16::from_le_bytes(code))] += 1;
                }
                Some(Self(counts))
            }
            _ => None,
        }
    }

    /// Codes are read back as the values of blocks whose scales are one, which are whole numbers of a byte. What fills up
    /// a row's last block is not counted.
    fn of_ggml(plan: &Plan, block_type: &crate::formats::ggml::BlockType, codes: &[u8]) -> Self {
        let mut counts = vec![0; 1 << 8];
        let mut values = vec![0.0; block_type.block_size];
        let mut block = vec![0; block_type.block_bytes];
        let blocks_a_row = plan.cols.div_ceil(block_type.block_size);
        for (i, bytes) in codes.chunks_exact(block_type.block_bytes).enumerate() {
            block.copy_from_slice(bytes);
            block_type.set_scales_to_one(&mut block);
            (block_type.decode)(&block, &mut values);
            let left = plan.cols - i % blocks_a_row * block_type.block_size;
            for value in values.iter().take(left) {
                counts[usize::from(*value as i32 as u8)] += 1;
            }
        }
        Self(counts)
    }

    /// Adds those of another slice.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.0.iter_mut().zip(&other.0) {
            *count += more;
        }
    }

    /// How many codes occur.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.0.iter().filter(|&&count| count > 0).count() as u64
    }

    /// −Σ p·log₂ p over the codes, p being the share of each: the bits that a code takes after ideal entropy coding.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        let n = self.0.iter().sum::<u64>().max(1) as f64;
        let terms = self.0.iter().filter(|&&count| count > 0).map(|&count| {
            let p = count as f64 / n;
            p * libm::log2(1.0 / p)
        });
        terms.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_of_the_bytes_of_the_codes() {
        let range = crate::quantize::Range { min: -1.0, max: 1.0 };
        let of = |id: &str, codes: &[u8]| {
            let quantizer = crate::quantize::Quantizer::new(crate::formats::format(id).unwrap());
            CodeFacts::of(&Plan::new(quantizer, 1, 3, &[range]).unwrap(), codes)
        };
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let facts = of("int8", b"abc");
        assert_eq!((facts.used, facts.sha256.as_str()), (Some(3), abc), "the example of FIPS 180-4");
        assert!(facts.entropy.is_some_and(|bits| (bits - libm::log2(3.0)).abs() < 1e-12));
        assert_eq!(of("fp32", b"abcdefghijkl").used, None);
    }

    #[test]
    fn as_many_codes_that_occur_equally_often_have_their_logarithm_of_bits() {
        let counts = CodeCounts(vec![3, 0, 3, 3, 0, 3]);
        assert_eq!((counts.used(), counts.entropy()), (4, 2.0));
        assert_eq!(CodeCounts(vec![0, 7]).entropy(), 0.0);
    }
}
