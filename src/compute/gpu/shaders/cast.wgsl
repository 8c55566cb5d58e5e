// Twin of formats/cast.rs: the place of a number among the values of a float format, and back, in integers.

fn sign_bit(float: Float) -> u32 {
    return 1u << (float.exponent_bits + float.mantissa_bits);
}

// The place of magnitude * 2^scale among the magnitudes of the format, to nearest even, as if its exponent had no end.
fn rank(float: Float, magnitude: u32, scale: i32) -> u32 {
    let field = magnitude >> 23u;
    let raw = (magnitude & FRACTION) | select(0u, HIDDEN, field > 0u);
    if raw == 0u { return 0u; }
    let up = countLeadingZeros(raw) - 8u;
    let cut = 23u - float.mantissa_bits;
    // Binades above the one of subnormals, whose exponent field is 0, and of the smallest normals, where it is 1.
    let binade = i32(max(field, 1u)) - 127 - i32(up) + scale + float.bias - 1;
    if binade >= 0 { return round_shift(raw << up, cut) + (u32(binade) << float.mantissa_bits); }
    let shift = i32(cut) - binade;
    if shift > 25 { return 0u; }
    return round_shift(raw << up, u32(shift));
}

// The f32 of a place up to `max_code`.
fn decode(float: Float, sign: u32, rank: u32) -> u32 {
    let m = float.mantissa_bits;
    if rank >> m > 0u { return sign | ((rank << (23u - m)) + (u32(127 - float.bias) << 23u)); }
    if rank == 0u { return sign; }
    let quantum = 1 - float.bias - i32(m);
    let p = 31u - countLeadingZeros(rank);
    let biased = i32(p) + quantum + 127;
    if biased > 0 { return sign | (u32(biased) << 23u) | ((rank << (23u - p)) & FRACTION); }
    return sign | (rank << u32(quantum + 149));
}
