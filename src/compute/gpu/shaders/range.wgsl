// First pass: smallest and largest finite value, as ordered keys, of the tensor or of each row.

// Of no kind yet.
struct Facts {
    unused: u32,
}

@group(0) @binding(2) var<storage, read_write> ranges: array<atomic<u32>>; // (min, max) a group

var<workgroup> lowest: atomic<u32>;
var<workgroup> highest: atomic<u32>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    if lane == 0u { atomicStore(&lowest, 0xffffffffu); }
    workgroupBarrier();
    let row = params.first_row + group.y;
    let first = group.x * 1024u + lane * 4u;
    var low = 0xffffffffu;
    var high = 0u;
    for (var i = 0u; i < 4u; i++) {
        if first + i < params.cols {
            let bits = values[row * params.cols + first + i];
            if (bits & MAGNITUDE) < INFINITY {
                let key = ordered_key(bits);
                low = min(low, key);
                high = max(high, key);
            }
        }
    }
    if low <= high {
        atomicMin(&lowest, low);
        atomicMax(&highest, high);
    }
    workgroupBarrier();
    if lane == 0u && atomicLoad(&lowest) <= atomicLoad(&highest) {
        let index = 2u * select(0u, row, params.each_row == 1u);
        atomicMin(&ranges[index], atomicLoad(&lowest));
        atomicMax(&ranges[index + 1u], atomicLoad(&highest));
    }
}
