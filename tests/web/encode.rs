//! Every kind of format on the device, against the scalar path: the tricky patterns that the golden vectors are made of,
//! random patterns, and random patterns of like size, which is what decides between neighbouring codes.

use super::{Lcg, Tensor, assert_same, by_scalar, gpu, ordinary, quantizers};
use bitbudget::compute::gpu::device::Failure;
use bitbudget::compute::gpu::shaders::{self, Shader};
use bitbudget::compute::gpu::soft;
use bitbudget::platform::webgpu::{Adapter, Device};
use bitbudget::quantize::{Granularity, Quantizer};
use wasm_bindgen_test::wasm_bindgen_test;

/// Every value, midpoint and neighbour of the small formats, ties, edges, subnormals and NaN of the others.
fn tricky_patterns() -> Vec<f32> {
    let bytes = include_bytes!("../golden/formats/encode/inputs.bin");
    bytes.as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect()
}

fn random_patterns(n: usize) -> Vec<f32> {
    let mut lcg = Lcg(20);
    // The low bits of such a generator have short periods.
    (0..n).map(|_| f32::from_bits(lcg.next() >> 16 | lcg.next() & 0xffff_0000)).collect()
}

/// Random patterns of which 64 neighbours lie within eight binades, anywhere from the subnormals to the largest.
fn patterns_of_like_size(n: usize) -> Vec<f32> {
    let of_like_size = |(i, x): (usize, f32)| {
        let bits = x.to_bits();
        let field = (i as u32 / 64 * 101 % 255).saturating_sub(bits >> 23 & 7);
        f32::from_bits(bits & 0x807f_ffff | field << 23)
    };
    random_patterns(n).into_iter().enumerate().map(of_like_size).collect()
}

/// Tensors of every kind of pattern, each with the granularities that are tried on it. A software device takes its time
/// over each row.
fn tensors() -> Vec<(Tensor, &'static [Granularity])> {
    const TENSOR: &[Granularity] = &[Granularity::Tensor];
    const ROW: &[Granularity] = &[Granularity::Row];
    // Rows that neither words nor blocks divide, rows with a scale of their own, and rows of many blocks.
    vec![
        (Tensor::new("tricky patterns", 45, tricky_patterns()), TENSOR),
        (Tensor::new("tricky patterns in rows", 225, tricky_patterns()), ROW),
        (Tensor::new("3 × 37", 37, ordinary(3 * 37)), TENSOR),
        (Tensor::new("short rows of like size", 37, patterns_of_like_size(37 * 64)), TENSOR),
        (Tensor::new("rows of like size", 64, patterns_of_like_size(64 << 8)), ROW),
        (Tensor::new("patterns of like size", 1 << 10, patterns_of_like_size(1 << 16)), TENSOR),
        (Tensor::new("random patterns", 1 << 10, random_patterns(1 << 20)), TENSOR),
    ]
}

async fn assert_all_same(is_tried: impl Fn(Shader) -> bool) {
    let Some(gpu) = gpu().await else { return };
    let is_tried = |quantizer: &Quantizer| Shader::of(quantizer).is_some_and(&is_tried);
    let quantizers: Vec<Quantizer> = quantizers().into_iter().filter(is_tried).collect();
    for (tensor, granularities) in tensors() {
        let has_nan = tensor.values.iter().any(|x| x.is_nan());
        // A million values in the usual way of each format; the kernels are the same for the others.
        let is_for_it = |quantizer: &&Quantizer| {
            granularities.contains(&quantizer.groups())
                && (tensor.values.len() < 1 << 20 || **quantizer == Quantizer::new(quantizer.format))
        };
        for &quantizer in quantizers.iter().filter(is_for_it) {
            let what = format!("{}, {quantizer:?}", tensor.name);
            match gpu.run(quantizer, tensor.rows(), tensor.cols, &tensor.values, |_| {}).await {
                Ok(done) => assert_same(&what, &done, &by_scalar(quantizer, &tensor)),
                // After a NaN Q8_0 forgets what came before, and its codes wrap around.
                Err(Failure::NotSuitable(_)) if quantizer.format.id == "q8_0" && has_nan => {}
                Err(failure) => panic!("{what}: {failure:?}"),
            }
        }
    }
}

#[wasm_bindgen_test]
async fn the_gpu_gives_the_numbers_of_scalar_code_for_every_format_of_single_values() {
    assert_all_same(|shader| matches!(shader, Shader::Float | Shader::Integer | Shader::Exponent)).await;
}

#[wasm_bindgen_test]
async fn the_gpu_gives_the_numbers_of_scalar_code_for_codebooks() {
    assert_all_same(|shader| shader == Shader::Codebook).await;
}

#[wasm_bindgen_test]
async fn the_gpu_gives_the_numbers_of_scalar_code_for_mx() {
    assert_all_same(|shader| shader == Shader::Mx).await;
}

#[wasm_bindgen_test]
async fn the_gpu_gives_the_numbers_of_scalar_code_for_nvfp4_and_ggml() {
    assert_all_same(|shader| matches!(shader, Shader::Nvfp4 | Shader::Ggml)).await;
}

const OPERATIONS: usize = 13;

/// Every operation on each pair.
const CHECK_OF_SOFT: &str = "
@group(0) @binding(0) var<storage, read> pairs: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> results: array<array<u32, 13>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= arrayLength(&pairs) { return; }
    let a = pairs[id.x].x;
    let b = pairs[id.x].y;
    results[id.x] = array<u32, 13>(
        multiply(a, b), divide(a, b), add(a, b), subtract(a, b), round_even(a), round_away(a), truncate(a),
        u32(to_i32(a)), from_i32(i32(a)), u32(exceeds(a, b)), larger_magnitude(a, b), to_f16(a),
        from_f16(a & 0xffffu),
    );
}
";

fn results([a, b]: [u32; 2]) -> [u32; OPERATIONS] {
    [
        soft::multiply(a, b),
        soft::divide(a, b),
        soft::add(a, b),
        soft::subtract(a, b),
        soft::round_even(a),
        soft::round_away(a),
        soft::truncate(a),
        soft::to_i32(a) as u32,
        soft::from_i32(a as i32),
        u32::from(soft::exceeds(a, b)),
        soft::larger_magnitude(a, b),
        soft::to_f16(a),
        soft::from_f16(a & 0xffff),
    ]
}

#[wasm_bindgen_test]
async fn the_gpus_arithmetic_is_the_hosts() {
    // Leaves it out where no device is expected.
    if gpu().await.is_none() {
        return;
    }
    let adapter = Adapter::request().await.expect("there is a device");
    let device = Device::request(&adapter).await.expect("it starts");
    let kernel = device.kernel(&(shaders::soft() + CHECK_OF_SOFT)).await.expect("the shader compiles");
    let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect::<Vec<u32>>();
    let tricky = bits(tricky_patterns());
    let mut pairs: Vec<[u32; 2]> = Vec::new();
    for step in [1, 2, 7, 64, 500, 1300] {
        pairs.extend(tricky.iter().enumerate().map(|(i, &a)| [a, tricky[(i + step) % tricky.len()]]));
        pairs.extend(tricky.iter().map(|&a| [a, a.wrapping_add(step as u32) ^ 0x8000_0000]));
    }
    pairs.extend(bits(random_patterns(1 << 17)).as_chunks().0);
    pairs.extend(bits(patterns_of_like_size(1 << 17)).as_chunks().0);

    device.begin_checked();
    let input = device.storage_of(pairs.as_flattened()).expect("memory");
    let output = device.storage(OPERATIONS * pairs.len()).expect("memory");
    device.dispatch(&kernel, &[(0, &input), (1, &output)], (pairs.len().div_ceil(64) as u32, 1));
    device.end_checked().await.expect("the kernel runs");
    let output = device.read(&output).await.expect("the results");
    for (&pair, actual) in pairs.iter().zip(output.as_chunks().0) {
        assert!(*actual == results(pair), "{pair:#x?}: {actual:#x?} are not {:#x?}", results(pair));
    }
}
