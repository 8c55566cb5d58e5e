// Second pass: codes, counts, histograms and sums. Twin of compute/cpu/scalar.rs `tally_one`. Follows the file of a
// kind, which defines `quantize(bits, scale) -> Quantized`. A workgroup takes up to 1024 values of one row at a time, each of
// its 256 threads four neighbouring ones, and CHUNKS times that before it adds its counts to those of all.

@group(0) @binding(2) var<storage, read> edges: array<u32>; // ordered keys: 257 of values, 257 of errors
@group(0) @binding(3) var<storage, read_write> codes: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<atomic<u32>>; // 8 counters, 3 histograms
@group(0) @binding(5) var<storage, read_write> sums: array<f32>; // 6 for 1024 values of a row
@group(0) @binding(6) var<storage, read> scales: array<vec4<u32>>; // what the values of a group share

const MEASURED: u32 = 0u;
const NAN: u32 = 1u;
const INFINITE: u32 = 2u;
const SUBNORMAL: u32 = 3u;
const CLIPPED: u32 = 4u;
const OVERFLOWED: u32 = 5u;
const FLUSHED: u32 = 6u;
const MAX_ABS_ERROR: u32 = 7u;
const REFERENCE: u32 = 8u;
const QUANTIZED: u32 = 264u;
const ERROR: u32 = 520u;
const COUNTS: u32 = 776u;

const CHUNKS: u32 = 32u; // layout.rs `GROUP_CHUNKS`

var<workgroup> local_counts: array<atomic<u32>, 776>;
var<workgroup> local_sums: array<array<f32, 6>, 256>;

// The last edge <= the value; values below the first count in bin 0.
fn bin(bits: u32, first_edge: u32) -> u32 {
    let key = ordered_key(bits);
    var low = 0u;
    for (var step = 128u; step > 0u; step >>= 1u) {
        if edges[first_edge + low + step] <= key { low += step; }
    }
    return low;
}

// A value near 1 that may be squared and summed in f32; one that a device may take for zero is too small to count. The
// unit is a normal power of two, so that only a subnormal needs care.
fn scaled(bits: u32, unit: u32) -> f32 {
    let magnitude = bits & MAGNITUDE;
    if magnitude >= HIDDEN || magnitude == 0u { return bitcast<f32>(bits) * bitcast<f32>(unit); }
    return bitcast<f32>(multiply(bits, unit));
}

// The codes of four neighbours, their counts, and their sums.
fn measure_four(row: u32, first: u32) -> array<f32, 6> {
    // Four neighbours are of one group, since a group is a row or a multiple of four.
    let scale = scales[row * params.groups_a_row + min(first, params.cols - 1u) / params.group_size];
    var sum = array<f32, 6>();
    // Four codes of up to 32 bits; one of 24 may lie in two words.
    var words = array<u32, 5>();
    for (var i = 0u; i < 4u; i++) {
        let col = first + i;
        if col >= params.coded_cols { break; }
        let x = value_or_zero(row, col);
        let result = quantize(x, scale);
        let bit = i * params.code_bits;
        let low = bit & 31u;
        words[bit >> 5u] |= result.code << low;
        if low + params.code_bits > 32u { words[(bit >> 5u) + 1u] |= result.code >> (32u - low); }
        // What fills up a row counts nowhere.
        if col >= params.cols { continue; }

        let magnitude = x & MAGNITUDE;
        if magnitude > INFINITY {
            atomicAdd(&local_counts[NAN], 1u);
            continue;
        }
        if magnitude == INFINITY {
            atomicAdd(&local_counts[INFINITE], 1u);
            continue;
        }
        atomicAdd(&local_counts[REFERENCE + bin(x, 0u)], 1u);
        if magnitude > 0u && magnitude < 0x00800000u { atomicAdd(&local_counts[SUBNORMAL], 1u); }
        let q = result.value;
        if (q & MAGNITUDE) >= INFINITY {
            atomicAdd(&local_counts[CLIPPED], 1u);
            atomicAdd(&local_counts[OVERFLOWED], 1u);
            continue;
        }
        if result.clipped == 1u { atomicAdd(&local_counts[CLIPPED], 1u); }
        if magnitude > 0u && (q & MAGNITUDE) == 0u { atomicAdd(&local_counts[FLUSHED], 1u); }
        atomicAdd(&local_counts[MEASURED], 1u);
        let e = subtract(q, x);
        atomicAdd(&local_counts[QUANTIZED + bin(q, 0u)], 1u);
        atomicAdd(&local_counts[ERROR + bin(e, 257u)], 1u);
        atomicMax(&local_counts[MAX_ABS_ERROR], e & MAGNITUDE);
        let xs = scaled(x, params.value_unit);
        let qs = scaled(q, params.quantized_unit);
        let es = scaled(e, params.error_unit);
        sum[0] += es;
        sum[1] += abs(es);
        sum[2] += es * es;
        sum[3] += xs * xs;
        sum[4] += qs * qs;
        sum[5] += xs * qs;
    }
    if first < params.coded_cols {
        let word = first * params.code_bits / 32u;
        for (var i = 0u; i < params.code_bits / 8u && word + i < params.row_words; i++) {
            codes[row * params.row_words + word + i] = words[i];
        }
    }
    return sum;
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    let chunks_a_row = (params.coded_cols + 1023u) / 1024u;
    let end = min((group.x + 1u) * CHUNKS, params.rows * chunks_a_row);
    for (var chunk = group.x * CHUNKS; chunk < end; chunk++) {
        let row = params.first_row + chunk / chunks_a_row;
        local_sums[lane] = measure_four(row, chunk % chunks_a_row * 1024u + lane * 4u);
        workgroupBarrier();
        for (var half = 128u; half > 0u; half >>= 1u) {
            if lane < half {
                for (var s = 0u; s < 6u; s++) { local_sums[lane][s] += local_sums[lane + half][s]; }
            }
            workgroupBarrier();
        }
        if lane < 6u { sums[(params.first_row * chunks_a_row + chunk) * 6u + lane] = local_sums[0][lane]; }
        workgroupBarrier();
    }
    for (var i = lane; i < COUNTS; i += 256u) {
        let count = atomicLoad(&local_counts[i]);
        if i == MAX_ABS_ERROR {
            atomicMax(&counts[i], count);
        } else if count > 0u {
            atomicAdd(&counts[i], count);
        }
    }
}
