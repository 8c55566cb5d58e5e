// Twin of formats/float.rs: encode and decode in integers, to nearest with ties to even.

fn round_shift(value: u32, shift: u32) -> u32 {
    if shift == 0u { return value; }
    return (value + ((1u << (shift - 1u)) - 1u) + ((value >> shift) & 1u)) >> shift;
}

fn infinity_code() -> u32 {
    return ((1u << params.exponent_bits) - 1u) << params.mantissa_bits;
}

fn encode(bits: u32) -> u32 {
    let m = params.mantissa_bits;
    let sign = (bits >> 31u) << (params.exponent_bits + m);
    let magnitude = bits & MAGNITUDE;
    if magnitude > INFINITY { return sign | infinity_code() | (1u << (m - 1u)); }
    var code: u32;
    if magnitude >= u32(128 - params.bias) << 23u {
        code = round_shift(magnitude, 23u - m) - (u32(127 - params.bias) << m);
    } else {
        let exponent = magnitude >> 23u;
        let significand = (magnitude & 0x007fffffu) | select(0u, 0x00800000u, exponent > 0u);
        let shift = 151 - params.bias - i32(m) - i32(max(exponent, 1u));
        code = 0u;
        if shift <= 25 { code = round_shift(significand, u32(shift)); }
    }
    return sign | min(code, infinity_code());
}

fn decode(code: u32) -> u32 {
    let m = params.mantissa_bits;
    let sign = (code >> (params.exponent_bits + m)) << 31u;
    let top = (1u << params.exponent_bits) - 1u;
    let exponent = (code >> m) & top;
    let fraction = code & ((1u << m) - 1u);
    let quantum = 1 - params.bias - i32(m);
    var magnitude = 0u;
    if exponent == top {
        magnitude = INFINITY | (fraction << (23u - m));
    } else if exponent > 0u {
        magnitude = (u32(i32(exponent) + 127 - params.bias) << 23u) | (fraction << (23u - m));
    } else if fraction > 0u {
        let p = 31u - countLeadingZeros(fraction);
        let biased = i32(p) + quantum + 127;
        if biased > 0 {
            magnitude = (u32(biased) << 23u) | ((fraction << (23u - p)) & 0x007fffffu);
        } else {
            magnitude = fraction << u32(quantum + 149);
        }
    }
    return sign | magnitude;
}

fn quantize(bits: u32, row: u32) -> Quantized {
    let code = encode(bits);
    return Quantized(code, decode(code), 0u);
}
