//! IEEE 754 single precision on bits: the twin of `soft.wgsl`, step by step.
//!
//! A GPU may flush subnormals, assume that there is no NaN, divide to 2.5 ULP and fuse a product with a sum, so the shaders
//! do in integers what decides a code. Here the same steps are held against the machine's own arithmetic, and in a
//! browser the shader against these.
//!
//! Floats are bits, rounded to nearest with ties to even. Every operation that makes a NaN makes [`NAN_BITS`].

const SIGN: u32 = 0x8000_0000;
const MAGNITUDE: u32 = 0x7fff_ffff;
const INFINITY: u32 = 0x7f80_0000;
const FRACTION: u32 = 0x007f_ffff;
const HIDDEN: u32 = 0x0080_0000;

/// The NaN that arithmetic makes.
pub const NAN_BITS: u32 = 0x7fc0_0000;

/// A finite magnitude: significand · 2^exponent, with the leading one at bit 23 unless all is zero.
struct Parts {
    significand: u32,
    exponent: i32,
}

fn parts(magnitude: u32) -> Parts {
    let field = magnitude >> 23;
    let raw = (magnitude & FRACTION) | if field > 0 { HIDDEN } else { 0 };
    let up = raw.leading_zeros() - 8;
    Parts { significand: raw << up, exponent: field.max(1) as i32 - 150 - up as i32 }
}

/// `value / 2^shift` to nearest, ties to even, for `value` < 2³¹ and `shift` ≤ 25.
fn round_shift(value: u32, shift: u32) -> u32 {
    if shift == 0 {
        return value;
    }
    (value + ((1 << (shift - 1)) - 1) + ((value >> shift) & 1)) >> shift
}

/// Integers in the order of the values, with one zero.
fn ordered_key(bits: u32) -> u32 {
    if bits & MAGNITUDE == 0 {
        return SIGN;
    }
    if bits & SIGN > 0 { !bits } else { bits | SIGN }
}

/// The float nearest to `significand` · 2^`exponent`. If anything was cut off below, bit 0 is set, and there are 26 bits.
fn nearest(sign: u32, exponent: i32, significand: u32) -> u32 {
    if significand == 0 {
        return sign;
    }
    let up = significand.leading_zeros();
    let normal = significand << up;
    let field = exponent - up as i32 + 158;
    if field >= 255 {
        return sign | INFINITY;
    }
    // A subnormal keeps fewer bits: none of 33, and of 32 the half that may round up to the smallest.
    let shift = 8 + (1 - field).max(0) as u32;
    if shift > 32 {
        return sign;
    }
    if shift == 32 {
        return sign | u32::from(normal > SIGN);
    }
    let kept = normal >> shift;
    let rest = normal << (32 - shift);
    let up_one = u32::from(rest > SIGN || rest == SIGN && kept & 1 == 1);
    // The leading one of a normal number adds the last 1 of the exponent, and a carry goes where it should.
    sign | ((((field.max(1) - 1) as u32) << 23) + kept + up_one)
}

/// a · b
#[must_use]
pub fn multiply(a: u32, b: u32) -> u32 {
    let sign = (a ^ b) & SIGN;
    let (x, y) = (a & MAGNITUDE, b & MAGNITUDE);
    if x.max(y) >= INFINITY {
        return if x.max(y) > INFINITY || x.min(y) == 0 { NAN_BITS } else { sign | INFINITY };
    }
    let (p, q) = (parts(x), parts(y));
    // 24 by 24 bits in halves of 12.
    let middle = (p.significand >> 12) * (q.significand & 0xfff) + (p.significand & 0xfff) * (q.significand >> 12);
    let low = (p.significand & 0xfff) * (q.significand & 0xfff) + ((middle & 0xfff) << 12);
    let high = (p.significand >> 12) * (q.significand >> 12) + (middle >> 12) + (low >> 24);
    let rest = u32::from(low & 0xffff > 0);
    nearest(sign, p.exponent + q.exponent + 16, high << 8 | low >> 16 & 0xff | rest)
}

/// a / b
#[must_use]
pub fn divide(a: u32, b: u32) -> u32 {
    let sign = (a ^ b) & SIGN;
    let (x, y) = (a & MAGNITUDE, b & MAGNITUDE);
    if x.max(y) > INFINITY || x == y && (x == 0 || x == INFINITY) {
        return NAN_BITS;
    }
    if x == INFINITY || y == 0 {
        return sign | INFINITY;
    }
    if y == INFINITY {
        return sign;
    }
    let (p, q) = (parts(x), parts(y));
    // Four digits of the quotient, each of 8 bits. Division of integers is exact.
    let mut rest = p.significand << 7;
    let mut quotient = rest / q.significand;
    rest %= q.significand;
    for _ in 0..3 {
        rest <<= 8;
        quotient = (quotient << 8) | (rest / q.significand);
        rest %= q.significand;
    }
    nearest(sign, p.exponent - q.exponent - 31, quotient | u32::from(rest > 0))
}

/// a + b
#[must_use]
pub fn add(a: u32, b: u32) -> u32 {
    let (large, small) = if a & MAGNITUDE >= b & MAGNITUDE { (a, b) } else { (b, a) };
    let same_sign = (a ^ b) & SIGN == 0;
    if large & MAGNITUDE >= INFINITY {
        let is_nan = large & MAGNITUDE > INFINITY || small & MAGNITUDE == INFINITY && !same_sign;
        return if is_nan { NAN_BITS } else { large };
    }
    let (p, q) = (parts(large & MAGNITUDE), parts(small & MAGNITUDE));
    // Seven bits more than a float has, and in the last of them whether anything lies below.
    let wide = q.significand << 7;
    let distance = ((p.exponent - q.exponent) as u32).min(31);
    let aligned = wide >> distance;
    let sticky = aligned | u32::from(aligned << distance != wide);
    let sum = if same_sign { (p.significand << 7) + sticky } else { (p.significand << 7) - sticky };
    if sum == 0 && !same_sign {
        return 0;
    }
    nearest(large & SIGN, p.exponent - 7, sum)
}

/// a − b
#[must_use]
pub fn subtract(a: u32, b: u32) -> u32 {
    add(a, b ^ SIGN)
}

/// The nearest whole number, of two equally near the even one.
#[must_use]
pub fn round_even(a: u32) -> u32 {
    let field = (a & MAGNITUDE) >> 23;
    if field >= 150 {
        return a;
    }
    if field < 125 {
        return a & SIGN;
    }
    nearest(a & SIGN, 0, round_shift(a & FRACTION | HIDDEN, 150 - field))
}

/// The nearest whole number, of two equally near the one further from zero.
#[must_use]
pub fn round_away(a: u32) -> u32 {
    let field = (a & MAGNITUDE) >> 23;
    if field >= 150 {
        return a;
    }
    if field < 125 {
        return a & SIGN;
    }
    let shift = 150 - field;
    nearest(a & SIGN, 0, ((a & FRACTION | HIDDEN) + (1 << (shift - 1))) >> shift)
}

/// The whole number without the fraction.
#[must_use]
pub fn truncate(a: u32) -> u32 {
    let field = (a & MAGNITUDE) >> 23;
    if field >= 150 {
        return a;
    }
    if field < 125 {
        return a & SIGN;
    }
    nearest(a & SIGN, 0, (a & FRACTION | HIDDEN) >> (150 - field))
}

/// Without the fraction, as an integer; 0 for what that cannot hold.
#[must_use]
pub fn to_i32(a: u32) -> i32 {
    let field = (a & MAGNITUDE) >> 23;
    if !(127..158).contains(&field) {
        return 0;
    }
    let significand = a & FRACTION | HIDDEN;
    let whole = if field > 150 { significand << (field - 150) } else { significand >> (150 - field) } as i32;
    if a & SIGN > 0 { -whole } else { whole }
}

/// The float nearest to an integer.
#[must_use]
pub fn from_i32(n: i32) -> u32 {
    nearest(if n < 0 { SIGN } else { 0 }, 0, n.unsigned_abs())
}

/// a > b: not of NaN, and not of one zero and the other.
#[must_use]
pub fn exceeds(a: u32, b: u32) -> bool {
    larger_magnitude(a, b) <= INFINITY && ordered_key(a) > ordered_key(b)
}

/// The larger of two magnitudes.
#[must_use]
pub fn larger_magnitude(a: u32, b: u32) -> u32 {
    (a & MAGNITUDE).max(b & MAGNITUDE)
}

/// The nearest f16, as bits.
#[must_use]
pub fn to_f16(a: u32) -> u32 {
    let sign = (a & SIGN) >> 16;
    let magnitude = a & MAGNITUDE;
    if magnitude > INFINITY {
        return sign | 0x7e00;
    }
    if magnitude >= 0x477f_f000 {
        return sign | 0x7c00;
    }
    if magnitude >= 0x3880_0000 {
        return sign | (round_shift(magnitude, 13) - (112 << 10));
    }
    let field = magnitude >> 23;
    if field < 101 {
        return sign;
    }
    sign | round_shift(magnitude & FRACTION | HIDDEN, 126 - field)
}

/// The value of an f16.
#[must_use]
pub fn from_f16(half: u32) -> u32 {
    let sign = (half & 0x8000) << 16;
    let magnitude = half & 0x7fff;
    if magnitude >= 0x7c00 {
        return sign | INFINITY | (magnitude & 0x3ff) << 13;
    }
    if magnitude >= 0x400 {
        return sign | ((magnitude << 13) + (112 << 23));
    }
    nearest(sign, -24, magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::f16;
    use proptest::prelude::*;

    /// The patterns that the codes of all formats are held against: ties, edges, subnormals, NaN.
    fn tricky() -> Vec<u32> {
        let bytes = include_bytes!("../../../tests/golden/formats/encode/inputs.bin");
        bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
    }

    #[track_caller]
    fn assert_same(what: &str, ours: u32, machine: f32) {
        let is_same = ours == machine.to_bits() || f32::from_bits(ours).is_nan() && machine.is_nan();
        assert!(is_same, "{what}: {ours:#010x} is not {:#010x}", machine.to_bits());
    }

    fn check_two(a: u32, b: u32) {
        let (x, y) = (f32::from_bits(a), f32::from_bits(b));
        assert_same(&format!("{a:#010x} · {b:#010x}"), multiply(a, b), x * y);
        assert_same(&format!("{a:#010x} / {b:#010x}"), divide(a, b), x / y);
        assert_same(&format!("{a:#010x} + {b:#010x}"), add(a, b), x + y);
        assert_same(&format!("{a:#010x} - {b:#010x}"), subtract(a, b), x - y);
        assert_eq!(exceeds(a, b), x > y, "{a:#010x} > {b:#010x}");
        if !x.is_nan() && !y.is_nan() {
            assert_eq!(f32::from_bits(larger_magnitude(a, b)), x.abs().max(y.abs()));
        }
    }

    fn check_one(a: u32) {
        let x = f32::from_bits(a);
        assert_same(&format!("{a:#010x} to even"), round_even(a), x.round_ties_even());
        assert_same(&format!("{a:#010x} away"), round_away(a), x.round());
        assert_same(&format!("{a:#010x} truncated"), truncate(a), x.trunc());
        assert_same(&format!("{a:#010x} as integer and back"), from_i32(a as i32), a as i32 as f32);
        assert_eq!(to_i32(a), if x.abs() < 2_147_483_648.0 { x as i32 } else { 0 }, "{a:#010x}");
        let half = f16::from_f32(x);
        if half.is_nan() {
            assert!(f16::from_bits(to_f16(a) as u16).is_nan());
        } else {
            assert_eq!(to_f16(a), u32::from(half.to_bits()), "{a:#010x}");
        }
    }

    #[test]
    fn tricky_patterns_have_the_results_of_the_machine() {
        let all = tricky();
        assert_eq!(all.len(), 2925);
        for (i, &a) in all.iter().enumerate() {
            check_one(a);
            for &b in all[i % 7..].iter().step_by(7) {
                check_two(a, b);
            }
        }
    }

    #[test]
    fn halves_and_their_neighbours_are_rounded_as_the_machine_rounds_them() {
        for halves in 0..600 {
            let bits = (halves as f32 / 2.0).to_bits();
            for neighbour in [bits.saturating_sub(1), bits, bits + 1] {
                check_one(neighbour);
                check_one(neighbour | SIGN);
            }
        }
    }

    #[test]
    fn every_f16_has_its_value() {
        for bits in 0..=u16::MAX {
            assert_same(&format!("{bits:#06x}"), from_f16(bits.into()), f16::from_bits(bits).to_f32());
        }
    }

    /// Any pattern, or one whose exponent is near the others', so that sums and subnormal results are met.
    fn any_bits() -> impl Strategy<Value = u32> {
        prop_oneof![
            any::<u32>(),
            any::<u32>().prop_map(|bits| bits & 0x80ff_ffff),
            (any::<u32>(), 100u32..160).prop_map(|(bits, field)| bits & 0x807f_ffff | field << 23),
            (any::<u32>(), 100u32..160).prop_map(|(bits, field)| bits & 0x8070_0001 | field << 23),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_patterns_have_the_results_of_the_machine(a in any_bits(), b in any_bits()) {
            check_one(a);
            check_two(a, b);
        }

        #[test]
        fn neighbours_have_the_results_of_the_machine(a in any_bits(), by in -3i32..=3) {
            check_two(a, a.wrapping_add_signed(by));
            check_two(a, a.wrapping_add_signed(by) ^ SIGN);
            check_two(a, 0x3f80_0000u32.wrapping_add_signed(by));
        }
    }
}
