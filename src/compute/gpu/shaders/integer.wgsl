// Twin of quantize/grid.rs `Grid`. Scales and their inverses come from the CPU: a WGSL division is only good to
// 2.5 ULP. A single product is correctly rounded, and `round` takes ties to even.

struct Grid {
    scale: f32,
    inverse: f32,
    zero_point: i32,
    unused: u32,
}

@group(0) @binding(6) var<storage, read> grids: array<Grid>;

fn quantize(bits: u32, row: u32) -> Quantized {
    let grid = grids[select(0u, row, params.each_row == 1u)];
    let magnitude = bits & MAGNITUDE;
    var steps = 0.0;
    if magnitude < INFINITY {
        steps = clamp(round(bitcast<f32>(bits) * grid.inverse), -65536.0, 65536.0);
    } else if magnitude == INFINITY {
        steps = select(65536.0, -65536.0, (bits >> 31u) == 1u);
    }
    let wanted = i32(steps) + grid.zero_point;
    let code = clamp(wanted, bitcast<i32>(params.max_code), bitcast<i32>(params.overflow_code));
    let value = bitcast<u32>(f32(code - grid.zero_point) * grid.scale);
    return Quantized(u32(code) & ((1u << params.code_bits) - 1u), value, u32(code != wanted));
}
