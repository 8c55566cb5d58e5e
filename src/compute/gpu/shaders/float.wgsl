// Twin of formats/cast.rs: encode and decode in integers, to nearest with ties to even.

fn round_shift(value: u32, shift: u32) -> u32 {
    if shift == 0u { return value; }
    return (value + ((1u << (shift - 1u)) - 1u) + ((value >> shift) & 1u)) >> shift;
}

fn sign_bit() -> u32 {
    return 1u << (params.exponent_bits + params.mantissa_bits);
}

fn rank(magnitude: u32) -> u32 {
    let m = params.mantissa_bits;
    if magnitude >= u32(128 - params.bias) << 23u {
        return round_shift(magnitude, 23u - m) - (u32(127 - params.bias) << m);
    }
    let exponent = magnitude >> 23u;
    let significand = (magnitude & 0x007fffffu) | select(0u, 0x00800000u, exponent > 0u);
    let shift = 151 - params.bias - i32(m) - i32(max(exponent, 1u));
    if shift > 25 { return 0u; }
    return round_shift(significand, u32(shift));
}

fn decode(sign: u32, rank: u32) -> u32 {
    let m = params.mantissa_bits;
    if rank >> m > 0u { return sign | ((rank << (23u - m)) + (u32(127 - params.bias) << 23u)); }
    if rank == 0u { return sign; }
    let quantum = 1 - params.bias - i32(m);
    let p = 31u - countLeadingZeros(rank);
    let biased = i32(p) + quantum + 127;
    if biased > 0 { return sign | (u32(biased) << 23u) | ((rank << (23u - p)) & 0x007fffffu); }
    return sign | (rank << u32(quantum + 149));
}

fn quantize(bits: u32, row: u32) -> Quantized {
    let magnitude = bits & MAGNITUDE;
    let f32_sign = bits & 0x80000000u;
    let sign = select(0u, sign_bit(), f32_sign > 0u);
    if magnitude > INFINITY { return Quantized(params.nan_code | (sign & params.nan_sign), NAN_BITS, 0u); }
    let r = rank(magnitude);
    if r == 0u {
        let kept = sign & params.zero_sign;
        return Quantized(kept, select(0u, f32_sign, kept > 0u), 0u);
    }
    if r > params.max_code {
        // Where it saturates the code of what overflows is that of the largest value.
        let saturates = params.overflow_code == params.max_code;
        let value = select(f32_sign | INFINITY, decode(f32_sign, params.max_code), saturates);
        return Quantized(sign | params.overflow_code, value, 1u);
    }
    return Quantized(sign | r, decode(f32_sign, r), 0u);
}
