// Float formats; twin of formats/cast.rs `encode`, `decode` and `clips`.

fn quantize(bits: u32, row: u32) -> Quantized {
    let float = params.float;
    let magnitude = bits & MAGNITUDE;
    let f32_sign = bits & SIGN;
    let sign = select(0u, sign_bit(float), f32_sign > 0u);
    if magnitude > INFINITY { return Quantized(params.nan_code | (sign & params.nan_sign), NAN_BITS, 0u); }
    let r = rank(float, magnitude, 0);
    if r == 0u {
        let kept = sign & params.zero_sign;
        return Quantized(kept, select(0u, f32_sign, kept > 0u), 0u);
    }
    if r > float.max_code {
        // Where it saturates the code of what overflows is that of the largest value.
        let saturates = params.overflow_code == float.max_code;
        let value = select(f32_sign | INFINITY, decode(float, f32_sign, float.max_code), saturates);
        return Quantized(sign | params.overflow_code, value, 1u);
    }
    return Quantized(sign | r, decode(float, f32_sign, r), 0u);
}
