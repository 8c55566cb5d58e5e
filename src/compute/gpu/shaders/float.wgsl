// Float formats; twin of formats/cast.rs `encode`, `decode` and `clips`.

// What a number beyond the largest, a NaN and the sign of a zero or NaN become is decided in cast.rs.
struct Facts {
    float: Float,
    overflow_code: u32,
    nan_code: u32,
    zero_sign: u32,
    nan_sign: u32,
}

fn quantize(bits: u32, scale: vec4<u32>) -> Quantized {
    let float = params.facts.float;
    let magnitude = bits & MAGNITUDE;
    let f32_sign = bits & SIGN;
    let sign = select(0u, sign_bit(float), f32_sign > 0u);
    if magnitude > INFINITY { return Quantized(params.facts.nan_code | (sign & params.facts.nan_sign), NAN_BITS, 0u); }
    let r = rank(float, magnitude, 0);
    if r == 0u {
        let kept = sign & params.facts.zero_sign;
        return Quantized(kept, select(0u, f32_sign, kept > 0u), 0u);
    }
    if r > float.max_code {
        // Where it saturates the code of what overflows is that of the largest value.
        let saturates = params.facts.overflow_code == float.max_code;
        let value = select(f32_sign | INFINITY, decode(float, f32_sign, float.max_code), saturates);
        return Quantized(sign | params.facts.overflow_code, value, 1u);
    }
    return Quantized(sign | r, decode(float, f32_sign, r), 0u);
}
