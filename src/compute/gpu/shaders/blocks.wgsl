// What a kernel of blocks is given: each invocation takes one block of values to some words, its codes first, a byte each,
// then a word with its scale if it has one. Follows the file of a kind, which defines `Params` with the shape in front,
// and `encode_block(first_value, first_word)`.

struct Shape {
    blocks: u32,
    block_size: u32,  // values
    block_words: u32, // of what is written
    unused: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> encoded: array<u32>; // zeros at first

// The largest magnitude, not finite if one is not; twin of formats/mx.rs `amax`.
fn block_amax(first_value: u32) -> u32 {
    var amax = 0u;
    for (var i = 0u; i < params.shape.block_size; i++) { amax = max(amax, values[first_value + i] & MAGNITUDE); }
    return amax;
}

fn put_byte(first_word: u32, at: u32, byte: u32) {
    encoded[first_word + (at >> 2u)] |= byte << (8u * (at & 3u));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x < params.shape.blocks { encode_block(id.x * params.shape.block_size, id.x * params.shape.block_words); }
}
