// The largest magnitude of a block, not finite if one is not; twin of formats/mx.rs `amax`.
fn block_amax(row: u32, first_col: u32) -> u32 {
    var amax = 0u;
    for (var i = 0u; i < params.group_size; i++) { amax = max(amax, value_or_zero(row, first_col + i) & MAGNITUDE); }
    return amax;
}
