// ggml's types of 32 values without a search; twin of formats/ggml/legacy.rs. Codes are a byte each, those of the zeros
// that fill up a row as well, and the host packs them beside the scales.

struct Facts {
    way: u32,
    divisor: u32, // bits of what the extreme of a block is divided by for its d
    offset: u32,  // bits of what is added before the fraction goes
    largest: u32, // the largest code
    centre: i32,  // the code of zero
}

const CENTRED: u32 = 0u;
const SHIFTED: u32 = 1u;

const ONE: u32 = 0x3f800000u;
const LARGEST: u32 = 0x7f7fffffu;

fn reciprocal(d: u32) -> u32 {
    if (d & MAGNITUDE) == 0u { return 0u; }
    return divide(ONE, d);
}

// As `write_f16`: every NaN is one.
fn f16_bits(x: u32) -> u32 {
    return select(to_f16(x), 0xfe00u, (x & MAGNITUDE) > INFINITY);
}

// The low byte without the fraction, as a code.
fn low_byte(x: u32) -> u32 {
    return u32(to_i32(x)) & 0xffu;
}

// d and m as f16 in one word, 1 / d of the d before that, and the smallest value.
fn scale_block(row: u32, first_col: u32) -> vec4<u32> {
    let size = params.group_size;
    let divisor = params.facts.divisor;
    if params.facts.way == CENTRED {
        // The first of those with the largest magnitude, with its sign.
        var largest = 0u;
        for (var i = 0u; i < size; i++) {
            let x = value_or_zero(row, first_col + i);
            if exceeds(x & MAGNITUDE, largest & MAGNITUDE) { largest = x; }
        }
        let d = divide(largest, divisor);
        return vec4<u32>(f16_bits(d), reciprocal(d), 0u, 0u);
    }
    if params.facts.way == SHIFTED {
        var smallest = LARGEST;
        var largest = LARGEST | SIGN;
        for (var i = 0u; i < size; i++) {
            let x = value_or_zero(row, first_col + i);
            if exceeds(smallest, x) { smallest = x; }
            if exceeds(x, largest) { largest = x; }
        }
        let d = divide(subtract(largest, smallest), divisor);
        return vec4<u32>(f16_bits(d) | (f16_bits(smallest) << 16u), reciprocal(d), smallest, 0u);
    }
    // A NaN is forgotten unless it comes last.
    var amax = 0u;
    for (var i = 0u; i < size; i++) {
        let magnitude = value_or_zero(row, first_col + i) & MAGNITUDE;
        if !exceeds(amax, magnitude) { amax = magnitude; }
    }
    let d = divide(amax, divisor);
    // Of the NaNs this one alone has no sign.
    return vec4<u32>(select(f16_bits(d), 0x7e00u, d > INFINITY), reciprocal(d), 0u, 0u);
}

fn quantize(bits: u32, scale: vec4<u32>) -> Quantized {
    let facts = params.facts;
    let d = from_f16(scale.x & 0xffffu);
    if facts.way == CENTRED {
        let code = min(low_byte(add(multiply(bits, scale.y), facts.offset)), facts.largest);
        return Quantized(code, multiply(from_i32(i32(code) - facts.centre), d), 0u);
    }
    if facts.way == SHIFTED {
        let steps = multiply(subtract(bits, scale.z), scale.y);
        let code = min(low_byte(add(steps, facts.offset)), facts.largest);
        return Quantized(code, add(multiply(from_i32(i32(code)), d), from_f16(scale.x >> 16u)), 0u);
    }
    let code = low_byte(round_away(multiply(bits, scale.y)));
    return Quantized(code, multiply(from_i32(i32(code << 24u) >> 24u), d), 0u);
}
