// Elements that share a float, with one scale for the tensor; twin of formats/nvfp4.rs `block_scale`, `encode` and `decode`.

struct Facts {
    element: Float,
    scale: Float,
    // Bits of the largest element, of the smallest and the largest block scale, of the tensor's scale and of its inverse.
    element_max: u32,
    scale_min: u32,
    scale_max: u32,
    tensor_scale: u32,
    tensor_inverse: u32,
}

// The value of the block's scale.
fn block_scale(amax: u32) -> u32 {
    let facts = params.facts;
    let wanted = divide(divide(amax, facts.element_max), facts.tensor_scale);
    // NaN becomes the largest.
    if wanted > INFINITY || exceeds(wanted, facts.scale_max) { return facts.scale_max; }
    let least = facts.scale_min;
    return decode(facts.scale, 0u, rank(facts.scale, select(least, wanted, exceeds(wanted, least)), 0));
}

// What elements are multiplied by, and what values are multiplied by.
fn scale_block(row: u32, first_col: u32) -> vec4<u32> {
    let scale = block_scale(block_amax(row, first_col));
    let facts = params.facts;
    return vec4<u32>(multiply(scale, facts.tensor_scale), divide(facts.tensor_inverse, scale), 0u, 0u);
}

fn quantize(bits: u32, scale: vec4<u32>) -> Quantized {
    let float = params.facts.element;
    let y = multiply(bits, scale.y);
    let magnitude = y & MAGNITUDE;
    // Of a scale of zero even zero becomes NaN.
    if magnitude > INFINITY { return Quantized(0u, multiply(0u, scale.x), 0u); }
    let wanted = rank(float, magnitude, 0);
    let code = min(wanted, float.max_code);
    return Quantized(
        code | select(0u, sign_bit(float), (y & SIGN) > 0u),
        multiply(decode(float, y & SIGN, code), scale.x),
        u32(wanted > float.max_code && magnitude < INFINITY),
    );
}
