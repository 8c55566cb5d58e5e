//! The types for models trained with weights −1, 0 and 1 (BitNet b1.58, TriLM). They are only read: any other weights
//! would be ruined.

use super::BlockType;
use super::packing::{Planes, read_f16};

/// Five values a byte, in base 3: value = d · (digit − 1).
///
/// Layout: bytes 0..32 hold values 0..160, byte i digits i, i + 32 …; bytes 32..48 hold values 160..240, bytes 48..52
/// values 240..256, four a byte · d f16. See
/// [`dequantize_row_tq1_0`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
///
/// A byte is the fraction digits / 3⁵, rounded up, in 1/256: times 3ⁿ, modulo 1, it has digit n in front.
pub static TQ1_0: BlockType =
    BlockType { name: "TQ1_0", id: 34, block_size: 256, block_bytes: 54, encode: None, decode: decode_base_3 };

/// 2 bits a value: value = d · (q − 1).
///
/// Layout: q 2 bits × 256, in two groups of 32 bytes · d f16. See
/// [`dequantize_row_tq2_0`](https://github.com/ggml-org/ggml/blob/master/src/ggml-quants.c).
pub static TQ2_0: BlockType = BlockType {
    name: "TQ2_0",
    id: 35,
    block_size: 256,
    block_bytes: 66,
    encode: None,
    decode: |bytes, values| {
        let (qs, scale) = bytes.split_at(64);
        let d = read_f16(scale);
        let mut codes = [0; 256];
        Planes { low: 0, bits: 2, group: 32 }.unpack(qs, &mut codes);
        for (value, code) in values.iter_mut().zip(codes) {
            *value = (i32::from(code) - 1) as f32 * d;
        }
    },
};

fn decode_base_3(bytes: &[u8], values: &mut [f32]) {
    let (qs, scale) = bytes.split_at(52);
    let d = read_f16(scale);
    let groups = [&qs[..32], &qs[32..48], &qs[48..]];
    // The last group ends after four digits, because the values do.
    let digits = groups.into_iter().flat_map(|group| {
        [1u8, 3, 9, 27, 81]
            .into_iter()
            .flat_map(move |power| group.iter().map(move |byte| (u16::from(byte.wrapping_mul(power)) * 3) >> 8))
    });
    for (value, digit) in values.iter_mut().zip(digits) {
        *value = (i32::from(digit) - 1) as f32 * d;
    }
}
