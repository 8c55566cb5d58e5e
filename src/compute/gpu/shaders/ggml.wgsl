// ggml's types of 32 values without a search, as the bytes of the block; twin of formats/ggml/legacy.rs.

struct Params {
    shape: Shape,
    way: u32,
    top: u32,       // CENTRED: the code of zero; SHIFTED: the largest code; SIGNED: the largest magnitude of a code
    high_bits: u32, // 1: bit 4 of each code comes first
    unused: u32,
}

const CENTRED: u32 = 0u;
const SHIFTED: u32 = 1u;

const HALF: u32 = 0x3f000000u;
const ONE: u32 = 0x3f800000u;
const LARGEST: u32 = 0x7f7fffffu;

fn reciprocal(d: u32) -> u32 {
    if (d & MAGNITUDE) == 0u { return 0u; }
    return divide(ONE, d);
}

// As `write_f16`: every NaN is one.
fn put_f16(first_word: u32, at: u32, x: u32) {
    let bits = select(to_f16(x), 0xfe00u, (x & MAGNITUDE) > INFINITY);
    put_byte(first_word, at, bits & 0xffu);
    put_byte(first_word, at + 1u, bits >> 8u);
}

// The low byte without the fraction, as a code.
fn low_byte(x: u32) -> u32 {
    return u32(to_i32(x)) & 0xffu;
}

// Codes that share bytes: the first half in the low nibbles.
fn put_code(first_word: u32, at: u32, i: u32, code: u32) {
    let low = at + 4u * params.high_bits;
    put_byte(first_word, low + (i & 15u), (code & 15u) << select(0u, 4u, i > 15u));
    if params.high_bits == 1u { put_byte(first_word, at + (i >> 3u), (code >> 4u) << (i & 7u)); }
}

fn encode_centred(first_value: u32, first_word: u32) {
    // The first of those with the largest magnitude, with its sign.
    var largest = 0u;
    for (var i = 0u; i < params.shape.block_size; i++) {
        let x = values[first_value + i];
        if exceeds(x & MAGNITUDE, largest & MAGNITUDE) { largest = x; }
    }
    let centre = i32(params.top);
    let d = divide(largest, from_i32(-centre));
    let inverse = reciprocal(d);
    let zero = add(from_i32(centre), HALF);
    put_f16(first_word, 0u, d);
    for (var i = 0u; i < params.shape.block_size; i++) {
        let code = low_byte(add(multiply(values[first_value + i], inverse), zero));
        put_code(first_word, 2u, i, min(code, 2u * params.top - 1u));
    }
}

fn encode_shifted(first_value: u32, first_word: u32) {
    var smallest = LARGEST;
    var largest = LARGEST | SIGN;
    for (var i = 0u; i < params.shape.block_size; i++) {
        let x = values[first_value + i];
        if exceeds(smallest, x) { smallest = x; }
        if exceeds(x, largest) { largest = x; }
    }
    let d = divide(subtract(largest, smallest), from_i32(i32(params.top)));
    let inverse = reciprocal(d);
    put_f16(first_word, 0u, d);
    put_f16(first_word, 2u, smallest);
    for (var i = 0u; i < params.shape.block_size; i++) {
        let steps = multiply(subtract(values[first_value + i], smallest), inverse);
        put_code(first_word, 4u, i, min(low_byte(add(steps, HALF)), params.top));
    }
}

fn encode_signed(first_value: u32, first_word: u32) {
    // A NaN is forgotten unless it comes last.
    var amax = 0u;
    for (var i = 0u; i < params.shape.block_size; i++) {
        let magnitude = values[first_value + i] & MAGNITUDE;
        if !exceeds(amax, magnitude) { amax = magnitude; }
    }
    let d = divide(amax, from_i32(i32(params.top)));
    let inverse = reciprocal(d);
    if d > INFINITY {
        put_byte(first_word, 1u, 0x7eu); // of the NaNs this one alone has no sign
    } else {
        put_f16(first_word, 0u, d);
    }
    for (var i = 0u; i < params.shape.block_size; i++) {
        put_byte(first_word, 2u + i, low_byte(round_away(multiply(values[first_value + i], inverse))));
    }
}

fn encode_block(first_value: u32, first_word: u32) {
    if params.way == CENTRED {
        encode_centred(first_value, first_word);
    } else if params.way == SHIFTED {
        encode_shifted(first_value, first_word);
    } else {
        encode_signed(first_value, first_word);
    }
}
