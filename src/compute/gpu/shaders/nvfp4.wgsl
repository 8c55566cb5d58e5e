// Elements that share a float, with one scale for the tensor; twin of formats/nvfp4.rs `block_scale` and `encode`.

struct Params {
    shape: Shape,
    element: Float,
    scale: Float,
    // Bits of the largest element, of the smallest and the largest block scale, of the tensor's scale and of its inverse.
    element_max: u32,
    scale_min: u32,
    scale_max: u32,
    tensor_scale: u32,
    tensor_inverse: u32,
}

fn block_scale(amax: u32) -> u32 {
    let wanted = divide(divide(amax, params.element_max), params.tensor_scale);
    // NaN becomes the largest.
    if wanted > INFINITY || exceeds(wanted, params.scale_max) { return rank(params.scale, params.scale_max, 0); }
    return rank(params.scale, select(params.scale_min, wanted, exceeds(wanted, params.scale_min)), 0);
}

fn element(x: u32, inverse: u32) -> u32 {
    let scaled = multiply(x, inverse);
    let magnitude = scaled & MAGNITUDE;
    if magnitude > INFINITY { return 0u; }
    let code = rank(params.element, min(magnitude, params.element_max), 0);
    return code | select(0u, sign_bit(params.element), (scaled & SIGN) > 0u);
}

fn encode_block(first_value: u32, first_word: u32) {
    let scale = block_scale(block_amax(first_value));
    let inverse = divide(params.tensor_inverse, decode(params.scale, 0u, scale));
    for (var i = 0u; i < params.shape.block_size; i++) {
        put_byte(first_word, i, element(values[first_value + i], inverse));
    }
    encoded[first_word + params.shape.block_words - 1u] = scale;
}
