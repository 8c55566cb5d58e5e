//! Where the scales of a block lie: to read them, and to set them to one, so that the block's values are its codes.

use super::packing::read_f16;
use super::{BlockType, ue4m3};

/// Half precision 1.
const ONE: [u8; 2] = [0x00, 0x3c];
/// Half precision 0.
const ZERO: [u8; 2] = [0, 0];

impl BlockType {
    /// Where a block has its d, an f16, and its m, if it has them.
    #[must_use]
    pub const fn scale_places(&self) -> (Option<usize>, Option<usize>) {
        match self.id {
            3 | 7 => (Some(0), Some(2)),   // Q4_1, Q5_1
            10 => (Some(80), Some(82)),    // Q2_K
            11 => (Some(108), None),       // Q3_K
            12 | 13 => (Some(0), Some(2)), // Q4_K, Q5_K
            14 => (Some(208), None),       // Q6_K
            29 | 39 | 40 => (None, None),  // IQ1_M, MXFP4, NVFP4
            34 => (Some(52), None),        // TQ1_0
            35 => (Some(64), None),        // TQ2_0
            _ => (Some(0), None),
        }
    }

    /// The scale of a block: its d, MXFP4's power of two, or the largest of NVFP4's four.
    #[must_use]
    pub fn scale(&self, bytes: &[u8]) -> f32 {
        match (self.scale_places().0, self.id) {
            (Some(at), _) => read_f16(&bytes[at..at + 2]),
            (None, 39) => libm::exp2f(f32::from(bytes[0]) - 127.0),
            (None, _) => bytes[..4].iter().map(|&code| ue4m3::decode(code)).fold(0.0, f32::max),
        }
    }

    /// Sets every scale of a block to one and every minimum to zero: its values are then its codes, less what the type
    /// takes off them; of MXFP4 and NVFP4 twice the elements, and of IQ4 the entries of the table.
    ///
    /// For the types that are written here; others are left as they are.
    pub fn set_scales_to_one(&self, bytes: &mut [u8]) {
        if let Some(at) = self.scale_places().0 {
            bytes[at..at + 2].copy_from_slice(&ONE);
        }
        if let Some(at) = self.scale_places().1 {
            bytes[at..at + 2].copy_from_slice(&ZERO);
        }
        match self.id {
            10 => bytes[..16].fill(0x01),
            // 6 bits: 33 is 1, the low nibbles before the upper pairs.
            11 => {
                bytes[96..104].fill(0x11);
                bytes[104..108].fill(0xaa);
            }
            12 | 13 => bytes[4..16].copy_from_slice(&[1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1]),
            14 => bytes[192..208].fill(1),
            23 => {
                bytes[2..4].fill(0xaa);
                bytes[4..8].fill(0x11);
            }
            39 => bytes[0] = 128,
            // 2.0
            40 => bytes[..4].fill(0x40),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TYPES, ue4m3};

    #[test]
    fn with_scales_of_one_the_values_of_a_block_are_whole_and_as_many_as_its_codes() {
        let values: Vec<f32> = (0..256).map(|i| libm::sinf(i as f32 * 1.7) * (1.0 + (i / 16) as f32)).collect();
        for block_type in TYPES.iter().filter(|block_type| block_type.encode.is_some()) {
            let mut bytes = vec![0; block_type.row_bytes(256).unwrap()];
            block_type.encode_row(&values, &mut bytes).unwrap();
            for block in bytes.chunks_exact_mut(block_type.block_bytes) {
                assert!(block_type.scale(block).is_finite(), "{}", block_type.name);
                block_type.set_scales_to_one(block);
            }
            let mut codes = vec![0.5; 256];
            block_type.decode_row(&bytes, &mut codes).unwrap();
            assert!(codes.iter().all(|x| x.fract() == 0.0), "{}: {codes:?}", block_type.name);
            let mut different: Vec<i32> = codes.iter().map(|&x| x as i32).collect();
            different.sort_unstable();
            different.dedup();
            let most = match block_type.name {
                "Q2_K" => 4,
                "Q3_K" => 8,
                "Q5_0" | "Q5_1" | "Q5_K" => 32,
                "Q6_K" => 64,
                "Q8_0" => 256,
                _ => 16,
            };
            let found = different.len();
            assert!(found <= most && found * 2 >= most.min(64), "{}: {found} of {most}", block_type.name);
        }
        assert_eq!(ue4m3::decode(0x40), 2.0);
    }
}
