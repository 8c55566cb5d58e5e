// What every kernel shares. Tensors are `array<u32>`: a GPU may flush subnormals and assume that there is no NaN, so
// floats are only made from bits where neither matters. One workgroup takes up to 1024 values of one row, each of its
// 256 threads four neighbouring ones. `Params` is made by layout.rs, field by field.

struct Params {
    cols: u32,
    row_words: u32, // words of codes a row
    first_row: u32, // of this dispatch
    each_row: u32,  // 1: a scale a row
    zero: u32,      // 0, which the compiler cannot know: keeps a product and a sum from being fused
    code_bits: u32,
    value_unit: f32,
    error_unit: f32,
    // Of floats; what a number beyond the largest, a NaN and the sign of a zero or NaN become is decided in cast.rs.
    exponent_bits: u32,
    mantissa_bits: u32,
    bias: i32,
    max_code: u32, // of integers the smallest code, and the next the largest, as two's complement
    overflow_code: u32,
    nan_code: u32,
    zero_sign: u32,
    nan_sign: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;

const INFINITY: u32 = 0x7f800000u;
const MAGNITUDE: u32 = 0x7fffffffu;
const NAN_BITS: u32 = 0x7fc00000u;

// Twin of histogram.rs `ordered_key`, with one zero.
fn ordered_key(bits: u32) -> u32 {
    if (bits & MAGNITUDE) == 0u { return 0x80000000u; }
    if (bits >> 31u) == 1u { return ~bits; }
    return bits | 0x80000000u;
}
