// The pass over blocks, before the one over values: what the values of a block share. Each invocation takes a block. Follows
// the file of a kind, which defines `scale_block(row, first_col) -> vec4<u32>`.

@group(0) @binding(6) var<storage, read_write> scales: array<vec4<u32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.rows * params.groups_a_row { return; }
    let row = params.first_row + id.x / params.groups_a_row;
    let block = id.x % params.groups_a_row;
    scales[row * params.groups_a_row + block] = scale_block(row, block * params.group_size);
}
