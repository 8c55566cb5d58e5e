// Elements that share a power of two; twin of formats/mx.rs `scale`, `encode` and `decode_scaled`.

struct Facts {
    element: Float,     // of whole numbers, none of it is read
    rule: u32,
    emax: i32,
    inverse_max: u32,   // bits
    fixed_point: u32,   // bits behind the point of whole numbers; 0: the element is a float
    mantissa_bits: u32, // behind the leading one
    largest: u32,       // the largest code
    zero_sign: u32,
}

const FLOOR: u32 = 0u;
const CEIL: u32 = 1u;
const EVEN: u32 = 2u;
const NAN_SCALE: u32 = 255u;

fn scale_block(row: u32, first_col: u32) -> vec4<u32> {
    return vec4<u32>(scale_byte(block_amax(row, first_col)), 0u, 0u, 0u);
}

fn scale_byte(amax: u32) -> u32 {
    if amax >= INFINITY { return NAN_SCALE; }
    let facts = params.facts;
    var exponent = 0;
    if facts.rule == FLOOR {
        exponent = i32(amax >> 23u) - facts.emax;
    } else if facts.rule == CEIL {
        exponent = i32(amax >> 23u) - facts.emax + select(0, 1, (amax & FRACTION) > 0u);
    } else if facts.rule == EVEN {
        exponent = i32((amax + (1u << (22u - facts.mantissa_bits))) >> 23u) - facts.emax;
    } else {
        let ratio = multiply(amax, facts.inverse_max);
        // A subnormal ratio above 2^-127 is rounded up to 2^-126.
        let least = select(0u, 0x00400000u, ratio < HIDDEN);
        exponent = i32(ratio >> 23u) + select(0, 1, (ratio & FRACTION) > least);
    }
    return u32(clamp(exponent, 0, 254));
}

// 2^(byte - 127), which for 0 is a subnormal; twin of quantize/element.rs `power`.
fn power(byte: u32) -> u32 {
    return select(byte << 23u, 0x00400000u, byte == 0u);
}

// round(magnitude * 2^scale); for what is far beyond the codes, whatever is.
fn whole(magnitude: u32, scale: i32) -> u32 {
    let field = magnitude >> 23u;
    let significand = (magnitude & FRACTION) | select(0u, HIDDEN, field > 0u);
    let shift = 150 - i32(max(field, 1u)) - scale;
    if shift > 25 { return 0u; }
    return round_shift(significand, u32(max(shift, 0)));
}

fn quantize(bits: u32, scale: vec4<u32>) -> Quantized {
    let byte = scale.x;
    // In a block of NaN codes mean nothing, and stay 0.
    if byte == NAN_SCALE { return Quantized(0u, NAN_BITS, 0u); }
    let facts = params.facts;
    let magnitude = bits & MAGNITUDE;
    let is_negative = (bits & SIGN) > 0u;
    let up = 127 - i32(byte);
    if facts.fixed_point > 0u {
        let wanted = whole(magnitude, up + i32(facts.fixed_point));
        let code = select(1, -1, is_negative) * i32(min(wanted, facts.largest));
        let value = multiply(from_i32(code), power(127u - facts.fixed_point));
        return Quantized(u32(code) & 0xffu, multiply(value, power(byte)), u32(wanted > facts.largest));
    }
    let wanted = rank(facts.element, magnitude, up);
    let code = min(wanted, facts.largest);
    let sign = select(0u, sign_bit(facts.element), is_negative);
    let value = decode(facts.element, bits & SIGN, code);
    return Quantized(
        code | select(sign, sign & facts.zero_sign, code == 0u),
        multiply(value, power(byte)),
        u32(wanted > facts.largest),
    );
}
