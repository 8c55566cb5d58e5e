// Codes that are places in a list of values, of numbers by themselves or divided by the largest magnitude of their block;
// twin of formats/codebook.rs `encode` and formats/bnb.rs `encode_block`.

struct Params {
    shape: Shape,
    length: u32,       // values in the list
    has_scale: u32,    // 1: numbers are divided by the largest magnitude
    least_amax: u32,   // bits of what is divided by at least
    unused: u32,
}

// The borders between neighbours as ordered keys, then the codes, both in ascending order of the values.
@group(0) @binding(3) var<storage, read> list: array<u32>;

const ONE: u32 = 0x3f800000u;

fn code(bits: u32) -> u32 {
    let borders = params.length - 1u;
    // NaN is above no border.
    if (bits & MAGNITUDE) > INFINITY { return list[borders]; }
    let key = ordered_key(bits);
    var low = 0u;
    var high = borders;
    while low < high {
        let middle = (low + high) / 2u;
        if key > list[middle] { low = middle + 1u; } else { high = middle; }
    }
    return list[borders + low];
}

// x / amax, cut to -1 to 1.
fn divided(x: u32, inverse: u32) -> u32 {
    let product = multiply(x, inverse);
    let magnitude = product & MAGNITUDE;
    return select(product, (product & SIGN) | ONE, magnitude > ONE && magnitude <= INFINITY);
}

fn encode_block(first_value: u32, first_word: u32) {
    if params.has_scale == 0u {
        for (var i = 0u; i < params.shape.block_size; i++) { put_byte(first_word, i, code(values[first_value + i])); }
        return;
    }
    let amax = block_amax(first_value);
    let inverse = divide(ONE, select(params.least_amax, amax, exceeds(amax, params.least_amax)));
    for (var i = 0u; i < params.shape.block_size; i++) {
        put_byte(first_word, i, code(divided(values[first_value + i], inverse)));
    }
    encoded[first_word + params.shape.block_words - 1u] = amax;
}
