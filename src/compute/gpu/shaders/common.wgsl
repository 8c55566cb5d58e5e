// What every kernel shares. Tensors are `array<u32>`: a GPU may flush subnormals and assume that there is no NaN, so
// floats are bits, and nothing that decides a code is computed in f32.

const SIGN: u32 = 0x80000000u;
const MAGNITUDE: u32 = 0x7fffffffu;
const INFINITY: u32 = 0x7f800000u;
const NAN_BITS: u32 = 0x7fc00000u;
const FRACTION: u32 = 0x007fffffu;
const HIDDEN: u32 = 0x00800000u;

// Facts of a float format; twin of formats/float.rs `Float`.
struct Float {
    exponent_bits: u32,
    mantissa_bits: u32,
    bias: i32,
    max_code: u32,
}

// value / 2^shift to nearest, ties to even, for value < 2^31 and shift <= 25; twin of formats/cast.rs `round_shift`.
fn round_shift(value: u32, shift: u32) -> u32 {
    if shift == 0u { return value; }
    return (value + ((1u << (shift - 1u)) - 1u) + ((value >> shift) & 1u)) >> shift;
}

// Twin of histogram.rs `ordered_key`, with one zero.
fn ordered_key(bits: u32) -> u32 {
    if (bits & MAGNITUDE) == 0u { return SIGN; }
    if (bits & SIGN) > 0u { return ~bits; }
    return bits | SIGN;
}
