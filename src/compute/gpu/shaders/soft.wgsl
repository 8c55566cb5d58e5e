// IEEE 754 single precision on bits, rounded to nearest even: what a device's f32 may do in its own way (subnormals, NaN,
// division, fused sums) is done here in integers, which are exact everywhere. Twin of soft.rs, step by step.

// A finite magnitude: significand * 2^exponent, with the leading one at bit 23 unless all is zero.
struct Parts {
    significand: u32,
    exponent: i32,
}

fn parts(magnitude: u32) -> Parts {
    let field = magnitude >> 23u;
    let raw = (magnitude & FRACTION) | select(0u, HIDDEN, field > 0u);
    let up = countLeadingZeros(raw) - 8u;
    return Parts(raw << up, i32(max(field, 1u)) - 150 - i32(up));
}

// The float nearest to significand * 2^exponent. If anything was cut off below, bit 0 is set, and there are 26 bits.
fn nearest(sign: u32, exponent: i32, significand: u32) -> u32 {
    if significand == 0u { return sign; }
    let up = countLeadingZeros(significand);
    let normal = significand << up;
    let field = exponent - i32(up) + 158;
    if field >= 255 { return sign | INFINITY; }
    // A subnormal keeps fewer bits: none of 33, and of 32 the half that may round up to the smallest.
    let shift = 8u + u32(max(1 - field, 0));
    if shift > 32u { return sign; }
    if shift == 32u { return sign | select(0u, 1u, normal > SIGN); }
    let kept = normal >> shift;
    let rest = normal << (32u - shift);
    let up_one = select(0u, 1u, rest > SIGN || (rest == SIGN && (kept & 1u) == 1u));
    // The leading one of a normal number adds the last 1 of the exponent, and a carry goes where it should.
    return sign | ((u32(max(field, 1) - 1) << 23u) + kept + up_one);
}

fn multiply(a: u32, b: u32) -> u32 {
    let sign = (a ^ b) & SIGN;
    let x = a & MAGNITUDE;
    let y = b & MAGNITUDE;
    if max(x, y) >= INFINITY {
        if max(x, y) > INFINITY || min(x, y) == 0u { return NAN_BITS; }
        return sign | INFINITY;
    }
    let p = parts(x);
    let q = parts(y);
    // 24 by 24 bits in halves of 12.
    let middle = (p.significand >> 12u) * (q.significand & 0xfffu) + (p.significand & 0xfffu) * (q.significand >> 12u);
    let low = (p.significand & 0xfffu) * (q.significand & 0xfffu) + ((middle & 0xfffu) << 12u);
    let high = (p.significand >> 12u) * (q.significand >> 12u) + (middle >> 12u) + (low >> 24u);
    let rest = select(0u, 1u, (low & 0xffffu) > 0u);
    return nearest(sign, p.exponent + q.exponent + 16, (high << 8u) | ((low >> 16u) & 0xffu) | rest);
}

fn divide(a: u32, b: u32) -> u32 {
    let sign = (a ^ b) & SIGN;
    let x = a & MAGNITUDE;
    let y = b & MAGNITUDE;
    if max(x, y) > INFINITY || (x == y && (x == 0u || x == INFINITY)) { return NAN_BITS; }
    if x == INFINITY || y == 0u { return sign | INFINITY; }
    if y == INFINITY { return sign; }
    let p = parts(x);
    let q = parts(y);
    // Four digits of the quotient, each of 8 bits. Division of integers is exact.
    var rest = p.significand << 7u;
    var quotient = rest / q.significand;
    rest %= q.significand;
    for (var i = 0u; i < 3u; i++) {
        rest <<= 8u;
        quotient = (quotient << 8u) | (rest / q.significand);
        rest %= q.significand;
    }
    return nearest(sign, p.exponent - q.exponent - 31, quotient | select(0u, 1u, rest > 0u));
}

fn add(a: u32, b: u32) -> u32 {
    let a_is_larger = (a & MAGNITUDE) >= (b & MAGNITUDE);
    let large = select(b, a, a_is_larger);
    let small = select(a, b, a_is_larger);
    let same_sign = ((a ^ b) & SIGN) == 0u;
    if (large & MAGNITUDE) >= INFINITY {
        if (large & MAGNITUDE) > INFINITY || ((small & MAGNITUDE) == INFINITY && !same_sign) { return NAN_BITS; }
        return large;
    }
    let p = parts(large & MAGNITUDE);
    let q = parts(small & MAGNITUDE);
    // Seven bits more than a float has, and in the last of them whether anything lies below.
    let wide = q.significand << 7u;
    let distance = min(u32(p.exponent - q.exponent), 31u);
    let aligned = wide >> distance;
    let sticky = aligned | select(0u, 1u, aligned << distance != wide);
    let sum = select((p.significand << 7u) - sticky, (p.significand << 7u) + sticky, same_sign);
    if sum == 0u && !same_sign { return 0u; }
    return nearest(large & SIGN, p.exponent - 7, sum);
}

fn subtract(a: u32, b: u32) -> u32 {
    return add(a, b ^ SIGN);
}

// Whole numbers: to the nearest, of two equally near the even one,
fn round_even(a: u32) -> u32 {
    let field = (a & MAGNITUDE) >> 23u;
    if field >= 150u { return a; }
    if field < 125u { return a & SIGN; }
    return nearest(a & SIGN, 0, round_shift((a & FRACTION) | HIDDEN, 150u - field));
}

// the one further from zero,
fn round_away(a: u32) -> u32 {
    let field = (a & MAGNITUDE) >> 23u;
    if field >= 150u { return a; }
    if field < 125u { return a & SIGN; }
    let shift = 150u - field;
    return nearest(a & SIGN, 0, (((a & FRACTION) | HIDDEN) + (1u << (shift - 1u))) >> shift);
}

// or without the fraction.
fn truncate(a: u32) -> u32 {
    let field = (a & MAGNITUDE) >> 23u;
    if field >= 150u { return a; }
    if field < 125u { return a & SIGN; }
    return nearest(a & SIGN, 0, ((a & FRACTION) | HIDDEN) >> (150u - field));
}

// Without the fraction, as an integer; 0 for what that cannot hold.
fn to_i32(a: u32) -> i32 {
    let field = (a & MAGNITUDE) >> 23u;
    if field < 127u || field >= 158u { return 0; }
    let significand = (a & FRACTION) | HIDDEN;
    let whole = i32(select(significand >> (150u - min(field, 150u)), significand << (max(field, 150u) - 150u), field > 150u));
    return select(whole, -whole, (a & SIGN) > 0u);
}

fn from_i32(n: i32) -> u32 {
    return nearest(select(0u, SIGN, n < 0), 0, u32(abs(n)));
}

// a > b: not of NaN, and not of one zero and the other.
fn exceeds(a: u32, b: u32) -> bool {
    return larger_magnitude(a, b) <= INFINITY && ordered_key(a) > ordered_key(b);
}

fn larger_magnitude(a: u32, b: u32) -> u32 {
    return max(a & MAGNITUDE, b & MAGNITUDE);
}

// The nearest f16, as bits.
fn to_f16(a: u32) -> u32 {
    let sign = (a & SIGN) >> 16u;
    let magnitude = a & MAGNITUDE;
    if magnitude > INFINITY { return sign | 0x7e00u; }
    if magnitude >= 0x477ff000u { return sign | 0x7c00u; }
    if magnitude >= 0x38800000u { return sign | (round_shift(magnitude, 13u) - (112u << 10u)); }
    let field = magnitude >> 23u;
    if field < 101u { return sign; }
    return sign | round_shift((magnitude & FRACTION) | HIDDEN, 126u - field);
}

// The value of an f16.
fn from_f16(half: u32) -> u32 {
    let sign = (half & 0x8000u) << 16u;
    let magnitude = half & 0x7fffu;
    if magnitude >= 0x7c00u { return sign | INFINITY | ((magnitude & 0x3ffu) << 13u); }
    if magnitude >= 0x400u { return sign | ((magnitude << 13u) + (112u << 23u)); }
    return nearest(sign, -24, magnitude);
}
