//! How codes and scales share bytes.

use half::f16;

/// Some bits of each code, laid out in planes: in a group of n bytes, byte i holds codes i, i + n, i + 2n …, from its
/// low end up.
///
/// With 4 bits and 16 bytes this is ggml's usual "the first half in the low nibbles"; with groups of one byte, codes
/// simply follow one another.
#[derive(Clone, Copy)]
pub(super) struct Planes {
    /// The lowest bit of a code that is packed.
    pub low: u32,
    /// How many bits are packed: 1, 2 or 4.
    pub bits: u32,
    /// Bytes of a group.
    pub group: usize,
}

impl Planes {
    /// Writes the bits of the codes, `8 / bits` of them in each byte.
    pub(super) fn pack(&self, codes: &[u8], bytes: &mut [u8]) {
        bytes.fill(0);
        let groups = codes.chunks_exact(self.codes_of_a_group()).zip(bytes.chunks_exact_mut(self.group));
        for (codes, bytes) in groups {
            for (plane, codes) in (0..).zip(codes.chunks_exact(self.group)) {
                for (byte, code) in bytes.iter_mut().zip(codes) {
                    *byte |= (code >> self.low & self.mask()) << (self.bits * plane);
                }
            }
        }
    }

    /// Adds the bits to codes in which they are still 0.
    pub(super) fn unpack(&self, bytes: &[u8], codes: &mut [u8]) {
        let groups = bytes.chunks_exact(self.group).zip(codes.chunks_exact_mut(self.codes_of_a_group()));
        for (bytes, codes) in groups {
            for (plane, codes) in (0..).zip(codes.chunks_exact_mut(self.group)) {
                for (byte, code) in bytes.iter().zip(codes) {
                    *code |= (byte >> (self.bits * plane) & self.mask()) << self.low;
                }
            }
        }
    }

    const fn codes_of_a_group(&self) -> usize {
        self.group * 8 / self.bits as usize
    }

    const fn mask(&self) -> u8 {
        (1 << self.bits) - 1
    }
}

/// The f16 in the first two bytes.
pub(super) fn read_f16(bytes: &[u8]) -> f32 {
    f16::from_bits(read_u16(bytes)).to_f32()
}

/// Writes the f16 nearest to `x` to the first two bytes, ties to even: infinity from 65520 on, zero up to 2⁻²⁵.
pub fn write_f16(bytes: &mut [u8], x: f32) {
    // Arithmetic leaves sign and payload of a NaN open, so the bytes would depend on the machine. On x86-64 an invalid
    // operation, such as ∞ / ∞, makes this one.
    let nearest = if x.is_nan() { f16::from_bits(0xfe00) } else { f16::from_f32(x) };
    bytes[..2].copy_from_slice(&nearest.to_le_bytes());
}

/// The whole number in the first two bytes.
pub(super) fn read_u16(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

/// The whole number in the first four bytes.
pub(super) fn read_u32(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_half_goes_to_the_low_nibbles() {
        let codes: Vec<u8> = (0..16).collect();
        let mut bytes = [0xff; 8];
        let planes = Planes { low: 0, bits: 4, group: 8 };
        planes.pack(&codes, &mut bytes);
        assert_eq!(bytes, [0x80, 0x91, 0xa2, 0xb3, 0xc4, 0xd5, 0xe6, 0xf7]);
        let mut back = [0; 16];
        planes.unpack(&bytes, &mut back);
        assert_eq!(back, codes[..]);
    }

    #[test]
    fn groups_of_one_byte_are_bits_in_order() {
        let codes = [0x10, 0, 0, 0x1f, 0x0f, 0, 0, 0x10, 0x10, 0, 0, 0, 0, 0, 0, 0];
        let mut bytes = [0; 2];
        Planes { low: 4, bits: 1, group: 1 }.pack(&codes, &mut bytes);
        assert_eq!(bytes, [0b1000_1001, 1]);
    }

    #[test]
    fn every_nan_is_written_as_one() {
        for nan in [f32::NAN, -f32::NAN, f32::from_bits(0xffbf_0001)] {
            let mut bytes = [0; 2];
            write_f16(&mut bytes, nan);
            assert_eq!(bytes, [0x00, 0xfe]);
        }
    }
}
