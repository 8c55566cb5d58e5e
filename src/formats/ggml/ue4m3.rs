//! UE4M3, the scale of [`NVFP4`](super::NVFP4) blocks: an E4M3 float without a sign, by ggml's own rules.
//!
//! These are not the rules of the Open Compute Project's E4M3, nor of NVIDIA's NVFP4: ties are rounded up, everything
//! from 248 on becomes 448, though 256 … 416 have codes, and NaN is 0. Use it for ggml's bytes and nothing else.
//!
//! Source: `ggml_fp32_to_ue4m3` and `ggml_ue4m3_to_fp32` in
//! <https://github.com/ggml-org/ggml/blob/master/src/ggml-impl.h>.

/// The code of a scale; 0 for NaN and below.
#[must_use]
pub fn encode(x: f32) -> u8 {
    const BIAS: i32 = 7;
    const LARGEST: u8 = 0x7e;
    if x <= 0.0 || x.is_nan() {
        return 0;
    }
    let bits = x.to_bits();
    let exponent = (bits >> 23) as i32 - 127 + BIAS;
    if exponent <= 0 {
        // Whole multiples of 2⁻⁹. At the upper end 7.5 · 2⁻⁹ stays 7, although 8 is a code of its own.
        return (x * 512.0 + 0.5).min(7.0) as u8;
    }
    if exponent >= 15 {
        return LARGEST;
    }
    let code = (exponent as u32) << 3 | bits >> 20 & 7;
    let rounded = code + (bits >> 19 & 1);
    if rounded >= 15 << 3 { LARGEST } else { rounded as u8 }
}

/// The value of a code; the sign bit is passed over, and 0x7F, E4M3's NaN, is 0.
#[must_use]
pub fn decode(code: u8) -> f32 {
    let exponent = u32::from(code >> 3 & 15);
    let fraction = u32::from(code & 7);
    if code == 0x7f {
        0.0
    } else if exponent == 0 {
        fraction as f32 * (1.0 / 512.0)
    } else {
        f32::from_bits((exponent + 127 - 7) << 23 | fraction << 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes_below_256_come_back() {
        for code in 0..15 << 3 {
            assert_eq!(encode(decode(code)), code);
        }
    }

    #[test]
    fn everything_from_248_on_is_448() {
        assert_eq!(decode(encode(247.9)), 240.0);
        for x in [248.0, 256.0, 300.0, 448.0, 1e9, f32::INFINITY] {
            assert_eq!(decode(encode(x)), 448.0, "{x}");
        }
    }

    #[test]
    fn nothing_positive_is_0() {
        for x in [0.0, -0.0, -1.0, f32::NAN, f32::NEG_INFINITY, f32::from_bits(1), 0.000_976] {
            assert_eq!(encode(x), 0, "{x}");
        }
    }

    #[test]
    fn ties_go_up() {
        assert_eq!(decode(encode(1.0625)), 1.125);
        assert_eq!(decode(encode(1.0 / 1024.0)), 1.0 / 512.0);
    }

    #[test]
    fn the_sign_bit_is_passed_over_except_in_the_nan() {
        assert_eq!((decode(0x80), decode(0xb8), decode(0x7f), decode(0xff)), (0.0, 1.0, 0.0, 480.0));
    }

    proptest! {
        #[test]
        fn larger_scales_have_no_smaller_codes(a in 0f32..1000.0, b in 0f32..1000.0) {
            prop_assert!(encode(a.min(b)) <= encode(a.max(b)));
        }
    }
}
