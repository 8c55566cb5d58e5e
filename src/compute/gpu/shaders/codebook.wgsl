// Codes that are places in a list of values, of numbers beside a scale of the plan's or divided by the largest magnitude of
// their block; twin of formats/codebook.rs `encode` and formats/bnb.rs `encode_block`.

struct Facts {
    length: u32,     // values in the list
    in_blocks: u32,  // 1: the scale is a block's largest magnitude
    least_amax: u32, // bits of what is divided by at least
    lowest: u32,     // bits of the ends beyond which numbers are clipped, unless they are in blocks
    highest: u32,
}

// In ascending order of the values: the borders between neighbours as ordered keys, the codes, the bits of the values.
@group(0) @binding(7) var<storage, read> list: array<u32>;

const ONE: u32 = 0x3f800000u;

// The place of the nearest value.
fn place(bits: u32) -> u32 {
    // NaN is above no border.
    if (bits & MAGNITUDE) > INFINITY { return 0u; }
    let key = ordered_key(bits);
    var low = 0u;
    var high = params.facts.length - 1u;
    while low < high {
        let middle = (low + high) / 2u;
        if key > list[middle] { low = middle + 1u; } else { high = middle; }
    }
    return low;
}

fn scale_block(row: u32, first_col: u32) -> vec4<u32> {
    let amax = block_amax(row, first_col);
    let least = params.facts.least_amax;
    return vec4<u32>(amax, divide(ONE, select(least, amax, exceeds(amax, least))), 0u, 0u);
}

// `scale`: what values are multiplied by, and its inverse.
fn quantize(bits: u32, scale: vec4<u32>) -> Quantized {
    var y = multiply(bits, scale.y);
    var clipped = 0u;
    if params.facts.in_blocks == 1u {
        let magnitude = y & MAGNITUDE;
        if magnitude > ONE && magnitude <= INFINITY { y = (y & SIGN) | ONE; }
    } else {
        clipped = u32(exceeds(params.facts.lowest, y) || exceeds(y, params.facts.highest));
    }
    let length = params.facts.length;
    let at = place(y);
    return Quantized(list[length - 1u + at], multiply(list[2u * length - 1u + at], scale.x), clipped);
}
