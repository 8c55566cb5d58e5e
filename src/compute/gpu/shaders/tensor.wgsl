// What a pass over a whole tensor is given. One workgroup takes up to 1024 values of one row, each of its 256 threads four
// neighbouring ones. `Params` is made by layout.rs, field by field.

struct Params {
    cols: u32,
    row_words: u32, // words of codes a row
    first_row: u32, // of this dispatch
    each_row: u32,  // 1: a scale a row
    code_bits: u32,
    value_unit: u32, // bits of a power of two
    quantized_unit: u32,
    error_unit: u32,
    // Of floats; what a number beyond the largest, a NaN and the sign of a zero or NaN become is decided in cast.rs.
    float: Float,
    overflow_code: u32,
    nan_code: u32,
    zero_sign: u32,
    nan_sign: u32,
    // Of integers, the smallest and the largest.
    min_code: i32,
    max_code: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
