// Integer formats; twin of quantize/grid.rs `Grid`. Scales and their inverses come from the plan.

struct Grid {
    scale: u32, // bits
    inverse: u32,
    zero_point: i32,
    unused: u32,
}

@group(0) @binding(6) var<storage, read> grids: array<Grid>;

fn quantize(bits: u32, row: u32) -> Quantized {
    let grid = grids[select(0u, row, params.each_row == 1u)];
    var steps = 0;
    if (bits & MAGNITUDE) <= INFINITY {
        let wanted = round_even(multiply(bits, grid.inverse));
        // 65536 is beyond every code.
        let beyond = select(65536, -65536, (bits & SIGN) > 0u);
        steps = select(to_i32(wanted), beyond, (wanted & MAGNITUDE) >= 0x47800000u);
    }
    let wanted = steps + grid.zero_point;
    let code = clamp(wanted, params.min_code, params.max_code);
    let value = multiply(from_i32(code - grid.zero_point), grid.scale);
    return Quantized(u32(code) & ((1u << params.code_bits) - 1u), value, u32(code != wanted));
}
