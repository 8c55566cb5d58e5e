// What a pass over a tensor is given, and what one makes of a value. `Params` is made by layout.rs, word by word; its
// `Facts` are those of a kind and stand in the file of the kind.

struct Params {
    cols: u32,
    first_row: u32, // of this dispatch
    rows: u32,      // of this dispatch
    each_row: u32,  // 1: a range a row
    coded_cols: u32, // codes of a row: with those of what fills up its last block, where these are stored
    row_words: u32,  // words of codes a row
    code_bits: u32,
    groups_a_row: u32, // of values that share a scale; 0: all rows share one
    group_size: u32,   // values: a row, or a multiple of four
    value_unit: u32, // bits of a power of two
    quantized_unit: u32,
    error_unit: u32,
    facts: Facts,
}

struct Quantized {
    code: u32,
    value: u32,   // bits
    clipped: u32, // 1 if the code was clamped
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;

// The bits of a value; of what fills up the last block of a row, zero.
fn value_or_zero(row: u32, col: u32) -> u32 {
    if col >= params.cols { return 0u; }
    return values[row * params.cols + col];
}
