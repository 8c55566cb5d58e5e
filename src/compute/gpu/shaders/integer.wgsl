// Integer formats; twin of quantize/grid.rs `Grid`. Scales and their inverses come from the plan, each with its zero point.

struct Facts {
    min_code: i32,
    max_code: i32,
}

fn quantize(bits: u32, grid: vec4<u32>) -> Quantized {
    let zero_point = bitcast<i32>(grid.z);
    var steps = 0;
    if (bits & MAGNITUDE) <= INFINITY {
        let wanted = round_even(multiply(bits, grid.y));
        // 65536 is beyond every code.
        let beyond = select(65536, -65536, (bits & SIGN) > 0u);
        steps = select(to_i32(wanted), beyond, (wanted & MAGNITUDE) >= 0x47800000u);
    }
    let wanted = steps + zero_point;
    let code = clamp(wanted, params.facts.min_code, params.facts.max_code);
    let value = multiply(from_i32(code - zero_point), grid.x);
    return Quantized(u32(code) & ((1u << params.code_bits) - 1u), value, u32(code != wanted));
}
