// Elements that share a power of two; twin of formats/mx.rs `scale` and `encode`.

struct Params {
    shape: Shape,
    element: Float,     // of whole numbers, none of it is read
    rule: u32,
    emax: i32,
    inverse_max: u32,   // bits
    fixed_point: u32,   // bits behind the point of whole numbers; 0: the element is a float
    mantissa_bits: u32, // behind the leading one
    largest: u32,       // the largest code
    zero_sign: u32,
    unused: u32,
}

const FLOOR: u32 = 0u;
const CEIL: u32 = 1u;
const EVEN: u32 = 2u;
const NAN_SCALE: u32 = 255u;

fn scale_byte(amax: u32) -> u32 {
    if amax >= INFINITY { return NAN_SCALE; }
    var exponent = 0;
    if params.rule == FLOOR {
        exponent = i32(amax >> 23u) - params.emax;
    } else if params.rule == CEIL {
        exponent = i32(amax >> 23u) - params.emax + select(0, 1, (amax & FRACTION) > 0u);
    } else if params.rule == EVEN {
        exponent = i32((amax + (1u << (22u - params.mantissa_bits))) >> 23u) - params.emax;
    } else {
        let ratio = multiply(amax, params.inverse_max);
        // A subnormal ratio above 2^-127 is rounded up to 2^-126.
        let least = select(0u, 0x00400000u, ratio < HIDDEN);
        exponent = i32(ratio >> 23u) + select(0, 1, (ratio & FRACTION) > least);
    }
    return u32(clamp(exponent, 0, 254));
}

// round(magnitude * 2^scale), as far as it is a code.
fn whole(magnitude: u32, scale: i32) -> u32 {
    let field = magnitude >> 23u;
    let significand = (magnitude & FRACTION) | select(0u, HIDDEN, field > 0u);
    let shift = 150 - i32(max(field, 1u)) - scale;
    if shift > 25 { return 0u; }
    if shift <= 0 { return params.largest; } // no scale lifts a subnormal or a zero this far
    return min(round_shift(significand, u32(shift)), params.largest);
}

fn element(bits: u32, scale: i32) -> u32 {
    let magnitude = bits & MAGNITUDE;
    let is_negative = (bits & SIGN) > 0u;
    if params.fixed_point > 0u {
        let code = whole(magnitude, scale + i32(params.fixed_point));
        return select(code, (0u - code) & 0xffu, is_negative);
    }
    let code = min(rank(params.element, magnitude, scale), params.largest);
    let sign = select(0u, sign_bit(params.element), is_negative);
    return code | select(sign, sign & params.zero_sign, code == 0u);
}

fn encode_block(first_value: u32, first_word: u32) {
    let scale = scale_byte(block_amax(first_value));
    encoded[first_word + params.shape.block_words - 1u] = scale;
    // In a block of NaN codes mean nothing, and stay 0.
    if scale == NAN_SCALE { return; }
    for (var i = 0u; i < params.shape.block_size; i++) {
        put_byte(first_word, i, element(values[first_value + i], 127 - i32(scale)));
    }
}
