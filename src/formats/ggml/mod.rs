//! ggml's block formats: what llama.cpp writes and what most of the weights in GGUF files are.
//!
//! A row of weights is cut into blocks of 32, 64 or 256 values, and each block carries its own scales. The bytes here
//! are those of `ggml_quantize_chunk` without an importance matrix, which is what `llama-quantize` calls; with a matrix
//! it searches differently. Nothing here reads GGUF files, and nothing multiplies matrices: llama.cpp does that on the
//! blocks themselves, with activations quantized too.
//!
//! Bytes are equal to llama.cpp's only where that was built without fused multiply-add: with `-march=native` the
//! searches of the K-quants and of IQ4 may end elsewhere. Here every f32 operation is rounded by itself.
//!
//! # Layouts
//!
//! d and m are f16. Numbers are little-endian; codes are in planes, so that with 4 bits the first half of a group of
//! values is in the low nibbles and the second half in the high ones.
//!
//! | type | id | values | bytes | bits a weight | in order |
//! |---|---|---|---|---|---|
//! | [`Q4_0`] | 2 | 32 | 18 | 4.5 | d · 4-bit q |
//! | [`Q4_1`] | 3 | 32 | 20 | 5 | d · m · 4-bit q |
//! | [`Q5_0`] | 6 | 32 | 22 | 5.5 | d · high bits · low nibbles |
//! | [`Q5_1`] | 7 | 32 | 24 | 6 | d · m · high bits · low nibbles |
//! | [`Q8_0`] | 8 | 32 | 34 | 8.5 | d · i8 q |
//! | [`Q2_K`] | 10 | 256 | 84 | 2.625 | 16 × (4-bit scale, 4-bit min) · 2-bit q · d · m |
//! | [`Q3_K`] | 11 | 256 | 110 | 3.4375 | high bits · low 2 bits · 16 6-bit scales · d |
//! | [`Q4_K`] | 12 | 256 | 144 | 4.5 | d · m · 8 × (6-bit scale, 6-bit min) · 4-bit q |
//! | [`Q5_K`] | 13 | 256 | 176 | 5.5 | d · m · 8 × (6-bit scale, 6-bit min) · high bits · low nibbles |
//! | [`Q6_K`] | 14 | 256 | 210 | 6.5625 | low nibbles · high 2 bits · 16 i8 scales · d |
//! | [`IQ2_XXS`] | 16 | 256 | 66 | 2.0625 | d · 8 × (4 u8 points, 4 × 7-bit signs, 4-bit scale) |
//! | [`IQ2_XS`] | 17 | 256 | 74 | 2.3125 | d · 32 × (9-bit point, 7-bit signs) · 16 4-bit scales |
//! | [`IQ3_XXS`] | 18 | 256 | 98 | 3.0625 | d · 64 u8 points · 8 × (4 × 7-bit signs, 4-bit scale) |
//! | [`IQ1_S`] | 19 | 256 | 50 | 1.5625 | d · low 8 bits of 32 points · 8 × (4 × high 3 bits, 3-bit scale, sign of shift) |
//! | [`IQ4_NL`] | 20 | 32 | 18 | 4.5 | d · 4-bit index |
//! | [`IQ3_S`] | 21 | 256 | 110 | 3.4375 | d · low 8 bits of 64 points · high bits · signs · 8 4-bit scales |
//! | [`IQ2_S`] | 22 | 256 | 82 | 2.5625 | d · low 8 bits of 32 points · signs · high 2 bits · 16 4-bit scales |
//! | [`IQ4_XS`] | 23 | 256 | 136 | 4.25 | d · high 2 bits and low nibbles of 8 scales · 4-bit index |
//! | [`IQ1_M`] | 29 | 256 | 56 | 1.75 | low 8 bits of 32 points · 32 × (high 3 bits, sign of shift) · 4 × (4 3-bit scales, a nibble of d) |
//! | [`TQ1_0`] | 34 | 256 | 54 | 1.6875 | 240 values, 5 a byte · 16 values, 4 a byte · d |
//! | [`TQ2_0`] | 35 | 256 | 66 | 2.0625 | 2-bit q · d |
//! | [`MXFP4`] | 39 | 32 | 17 | 4.25 | exponent · E2M1 |
//! | [`NVFP4`] | 40 | 64 | 36 | 4.5 | 4 UE4M3 scales · E2M1 |
//!
//! Source: `block_*` in <https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h>.

mod fp4;
mod grids;
mod iq;
mod iq4;
mod k_affine;
mod k_symmetric;
mod legacy;
mod packing;
mod scales;
mod search;
mod ternary;
pub mod ue4m3;

pub use fp4::{MXFP4, NVFP4};
pub use iq::{IQ1_M, IQ1_S, IQ2_S, IQ2_XS, IQ2_XXS, IQ3_S, IQ3_XXS};
pub use iq4::{IQ4_NL, IQ4_TABLE, IQ4_XS, encode_nl as encode_iq4_nl, fit as iq4_fit};
pub use k_affine::{Q2_K, Q4_K, Q5_K, encode_q4 as encode_q4_k, encode_q5 as encode_q5_k, fit_sub_blocks};
pub use k_symmetric::{Q3_K, Q6_K, encode_q6 as encode_q6_k};
pub use legacy::{Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, put_block};
pub use packing::write_f16;
pub use search::{Affine, Distance, Fit, symmetric};
pub use ternary::{TQ1_0, TQ2_0};

/// Writes the bytes of one block of values.
pub type Encode = fn(values: &[f32], bytes: &mut [u8]);

/// Writes the values of one block of bytes.
pub type Decode = fn(bytes: &[u8], values: &mut [f32]);

/// A tensor type of ggml: a block of values and the bytes that ggml writes for it.
#[derive(Clone, Copy, Debug)]
pub struct BlockType {
    /// ggml's name: "Q4_K".
    pub name: &'static str,
    /// Number of the type in GGUF files (`enum ggml_type`).
    pub id: u32,
    /// Values of a block.
    pub block_size: usize,
    /// Bytes of a block.
    pub block_bytes: usize,
    /// One block of values to its bytes; nothing for types that are only read.
    ///
    /// Any values will do, NaN and infinities too; unlike in C, the payload of a NaN makes no difference. May panic if
    /// a slice is not of the block's length.
    pub encode: Option<Encode>,
    /// One block of bytes to its values.
    ///
    /// Any bytes will do; some make NaN and infinities. May panic if a slice is not of the block's length.
    pub decode: Decode,
}

/// Every type, by id.
pub static TYPES: &[&BlockType] = &[
    &Q4_0, &Q4_1, &Q5_0, &Q5_1, &Q8_0, &Q2_K, &Q3_K, &Q4_K, &Q5_K, &Q6_K, &IQ2_XXS, &IQ2_XS, &IQ3_XXS, &IQ1_S, &IQ4_NL,
    &IQ3_S, &IQ2_S, &IQ4_XS, &IQ1_M, &TQ1_0, &TQ2_0, &MXFP4, &NVFP4,
];

/// Why a row could not be encoded or decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The type has no [`BlockType::encode`].
    #[error("{0} is only read, not written")]
    OnlyRead(&'static str),
    /// The values are not whole blocks.
    #[error("a row of {values} values does not divide into {name} blocks of {block_size}")]
    NotWholeBlocks {
        /// The type.
        name: &'static str,
        /// Values of the row.
        values: usize,
        /// Values of a block.
        block_size: usize,
    },
    /// The bytes are not those of as many blocks as the values are.
    #[error("a row of {values} values has {expected} bytes as {name}, not {actual}")]
    WrongBytes {
        /// The type.
        name: &'static str,
        /// Values of the row.
        values: usize,
        /// Bytes that the row has.
        expected: usize,
        /// Bytes that there are.
        actual: usize,
    },
}

impl BlockType {
    /// Bits that a weight takes, scales included.
    #[must_use]
    pub const fn bits_per_weight(&self) -> f64 {
        8.0 * self.block_bytes as f64 / self.block_size as f64
    }

    /// Bytes of a row of so many values.
    ///
    /// # Errors
    /// [`RowError::NotWholeBlocks`].
    pub const fn row_bytes(&self, values: usize) -> Result<usize, RowError> {
        if values.is_multiple_of(self.block_size) {
            Ok(values / self.block_size * self.block_bytes)
        } else {
            Err(RowError::NotWholeBlocks { name: self.name, values, block_size: self.block_size })
        }
    }

    /// Encodes a row, or several rows at once: blocks know nothing of one another.
    ///
    /// # Errors
    /// For a type that is only read, and for lengths that do not fit the block or one another.
    pub fn encode_row(&self, values: &[f32], bytes: &mut [u8]) -> Result<(), RowError> {
        let encode = self.encode.ok_or(RowError::OnlyRead(self.name))?;
        self.check_lengths(values.len(), bytes.len())?;
        for (values, bytes) in values.chunks_exact(self.block_size).zip(bytes.chunks_exact_mut(self.block_bytes)) {
            encode(values, bytes);
        }
        Ok(())
    }

    /// Decodes a row, or several rows at once.
    ///
    /// # Errors
    /// For lengths that do not fit the block or one another.
    pub fn decode_row(&self, bytes: &[u8], values: &mut [f32]) -> Result<(), RowError> {
        self.check_lengths(values.len(), bytes.len())?;
        for (bytes, values) in bytes.chunks_exact(self.block_bytes).zip(values.chunks_exact_mut(self.block_size)) {
            (self.decode)(bytes, values);
        }
        Ok(())
    }

    fn check_lengths(&self, values: usize, bytes: usize) -> Result<(), RowError> {
        let expected = self.row_bytes(values)?;
        if bytes == expected {
            Ok(())
        } else {
            Err(RowError::WrongBytes { name: self.name, values, expected, actual: bytes })
        }
    }
}

/// Types are equal if their ids are: addresses of functions say nothing.
impl PartialEq for BlockType {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for BlockType {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `GGMLQuantizationType` and `GGML_QUANT_SIZES` of gguf 0.19.0 on PyPI.
    const GGUF_SIZES: &[(&str, u32, usize, usize)] = &[
        ("Q4_0", 2, 32, 2 + 16),
        ("Q4_1", 3, 32, 2 + 2 + 16),
        ("Q5_0", 6, 32, 2 + 4 + 16),
        ("Q5_1", 7, 32, 2 + 2 + 4 + 16),
        ("Q8_0", 8, 32, 2 + 32),
        ("Q2_K", 10, 256, 2 + 2 + 256 / 16 + 256 / 4),
        ("Q3_K", 11, 256, 2 + 256 / 4 + 256 / 8 + 12),
        ("Q4_K", 12, 256, 2 + 2 + 256 / 2 + 12),
        ("Q5_K", 13, 256, 2 + 2 + 256 / 2 + 256 / 8 + 12),
        ("Q6_K", 14, 256, 2 + 256 / 2 + 256 / 4 + 256 / 16),
        ("IQ2_XXS", 16, 256, 2 + 256 / 4),
        ("IQ2_XS", 17, 256, 2 + 256 / 4 + 256 / 32),
        ("IQ3_XXS", 18, 256, 2 + 256 / 4 + 256 / 8),
        ("IQ1_S", 19, 256, 2 + 256 / 8 + 256 / 16),
        ("IQ4_NL", 20, 32, 2 + 16),
        ("IQ3_S", 21, 256, 2 + 256 / 4 + 256 / 8 + 256 / 32 + 4),
        ("IQ2_S", 22, 256, 2 + 256 / 4 + 256 / 16),
        ("IQ4_XS", 23, 256, 2 + 2 + 256 / 2 + 256 / 64),
        ("IQ1_M", 29, 256, 256 / 8 + 256 / 16 + 256 / 32),
        ("TQ1_0", 34, 256, 2 + 4 * 13),
        ("TQ2_0", 35, 256, 2 + 64),
        ("MXFP4", 39, 32, 1 + 16),
        ("NVFP4", 40, 64, 4 + 32),
    ];

    fn encoded(block_type: &BlockType, values: &[f32]) -> Vec<u8> {
        let mut bytes = vec![0xa5; block_type.row_bytes(values.len()).unwrap()];
        block_type.encode_row(values, &mut bytes).unwrap();
        bytes
    }

    fn decoded(block_type: &BlockType, bytes: &[u8]) -> Vec<f32> {
        let mut values = vec![f32::NAN; bytes.len() / block_type.block_bytes * block_type.block_size];
        block_type.decode_row(bytes, &mut values).unwrap();
        values
    }

    fn written() -> impl Iterator<Item = &'static BlockType> {
        TYPES.iter().copied().filter(|block_type| block_type.encode.is_some())
    }

    #[test]
    fn the_types_are_ggufs_in_the_order_of_their_ids() {
        let ours: Vec<_> = TYPES.iter().map(|t| (t.name, t.id, t.block_size, t.block_bytes)).collect();
        assert_eq!(ours, GGUF_SIZES);
        assert!(ours.is_sorted_by_key(|row| row.1));
    }

    #[test]
    fn types_are_equal_by_id() {
        assert_eq!(Q4_K, *TYPES[7]);
        assert_ne!(Q4_0, IQ4_NL);
    }

    #[test]
    fn a_weight_takes_as_many_bits_as_its_share_of_the_block() {
        assert_eq!((Q4_K.bits_per_weight(), Q6_K.bits_per_weight(), IQ1_S.bits_per_weight()), (4.5, 6.5625, 1.5625));
    }

    #[test]
    fn zeros_stay_zeros_in_every_type() {
        for block_type in written() {
            let values = decoded(block_type, &encoded(block_type, &[0.0; 256]));
            assert!(values.iter().all(|&x| x == 0.0), "{}", block_type.name);
        }
    }

    #[test]
    fn q6_k_of_zeros_is_210_zero_bytes() {
        assert_eq!(encoded(&Q6_K, &[0.0; 256]), [0; 210]);
    }

    #[test]
    fn q4_0_of_zeros_has_the_scale_minus_zero_and_codes_of_8() {
        let bytes = encoded(&Q4_0, &[0.0; 32]);
        assert_eq!(bytes[..2], [0x00, 0x80]);
        assert_eq!(bytes[2..], [0x88; 16]);
    }

    #[test]
    fn iq4_nl_of_zeros_has_the_index_of_1_because_the_table_has_no_0() {
        let bytes = encoded(&IQ4_NL, &[0.0; 32]);
        assert_eq!(bytes[..2], [0, 0]);
        assert_eq!(bytes[2..], [0x88; 16]);
    }

    #[test]
    fn a_ramp_of_whole_numbers_is_exact_in_q8_0() {
        let ramp: Vec<f32> = (0..32).map(|i| if i == 0 { 127.0 } else { (i * 4 - 64) as f32 }).collect();
        assert_eq!(decoded(&Q8_0, &encoded(&Q8_0, &ramp)), ramp);
    }

    #[test]
    fn a_row_is_its_blocks_one_after_the_other() {
        let row: Vec<f32> = (0..768).map(|i| libm::sinf(i as f32) * 0.1).collect();
        for block_type in written() {
            let blocks = row.chunks(block_type.block_size).flat_map(|block| encoded(block_type, block));
            assert_eq!(encoded(block_type, &row), blocks.collect::<Vec<_>>(), "{}", block_type.name);
        }
    }

    #[test]
    fn a_row_that_does_not_fit_is_refused() {
        let not_whole = RowError::NotWholeBlocks { name: "Q4_0", values: 33, block_size: 32 };
        assert_eq!(Q4_0.row_bytes(33), Err(not_whole));
        assert_eq!(Q4_0.decode_row(&[0; 18], &mut [0.0; 33]), Err(not_whole));
        let wrong_bytes = RowError::WrongBytes { name: "Q4_0", values: 64, expected: 36, actual: 18 };
        assert_eq!(Q4_0.encode_row(&[0.0; 64], &mut [0; 18]), Err(wrong_bytes));
        assert_eq!(IQ1_S.encode_row(&[0.0; 256], &mut [0; 50]), Err(RowError::OnlyRead("IQ1_S")));
    }

    /// Anything an f32 can be, often one of those that end in infinity or NaN somewhere on the way.
    fn any_float() -> impl Strategy<Value = f32> {
        let odd =
            [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 0.0, -0.0, 1e-45, -1e-40, 1e-30, 65_520.0];
        prop_oneof![any::<u32>().prop_map(f32::from_bits), prop::sample::select(odd.to_vec()), -1f32..1.0]
    }

    proptest! {
        #[test]
        fn any_values_can_be_encoded(values in prop::collection::vec(any_float(), 256)) {
            for block_type in written() {
                let bytes = encoded(block_type, &values);
                prop_assert_eq!(decoded(block_type, &bytes).len(), 256);
            }
        }

        #[test]
        fn any_bytes_can_be_decoded(bytes in prop::collection::vec(any::<u8>(), 210)) {
            for block_type in TYPES {
                decoded(block_type, &bytes[..block_type.block_bytes]);
            }
        }

        #[test]
        fn a_nan_has_the_same_bytes_whatever_its_payload(
            mut values in prop::collection::vec(-1f32..1.0, 256),
            at in 0usize..256,
        ) {
            let mut plain = values.clone();
            plain[at] = f32::NAN;
            values[at] = f32::from_bits(0xff80_0001);
            for block_type in written() {
                prop_assert_eq!(encoded(block_type, &plain), encoded(block_type, &values), "{}", block_type.name);
            }
        }

        /// Of the types without a search: those with one give up single values for the sum of all.
        #[test]
        fn no_value_is_further_off_than_its_type_allows(values in prop::collection::vec(-1f32..1.0, 256)) {
            for (name, allowed) in [("Q4_0", 0.13), ("Q5_0", 0.07), ("Q8_0", 0.005)] {
                let block_type = TYPES.iter().find(|t| t.name == name).unwrap();
                for (x, y) in values.iter().zip(decoded(block_type, &encoded(block_type, &values))) {
                    prop_assert!((x - y).abs() <= allowed, "{}: {} became {}", name, x, y);
                }
            }
        }
    }
}
