// Powers of two; twin of formats/exponent.rs `encode` and `decode` for E8M0, whose exponent field is f32's.

struct Facts {
    nan_code: u32,
}

const SMALLEST: u32 = 0x00400000u; // 2^-127

fn quantize(bits: u32, scale: vec4<u32>) -> Quantized {
    // Neither zero, nor anything below it, nor infinity has a code.
    if bits == 0u || bits >= INFINITY { return Quantized(params.facts.nan_code, NAN_BITS, 0u); }
    if bits <= SMALLEST { return Quantized(0u, SMALLEST, 0u); }
    // From one and a half times a power of two on it is the next; right above the smallest value, whatever is more.
    let code = (bits + select(SMALLEST, FRACTION, bits < HIDDEN)) >> 23u;
    if code >= params.facts.nan_code { return Quantized(params.facts.nan_code, NAN_BITS, 0u); }
    return Quantized(code, code << 23u, 0u);
}
