//! In a browser: every backend gives the scalar path's numbers, and samples are those of the host.
//!
//! `cargo xtask test wasm-chromium wasm-firefox` runs it. The browsers there have a software WebGPU device; where there
//! is none, compile with `BITBUDGET_NO_GPU` set, and that part is left out.
#![cfg(target_arch = "wasm32")]

#[path = "web/encode.rs"]
mod encode;
#[path = "samples/pinned.rs"]
mod pinned;
#[path = "web/survey.rs"]
mod survey;

use bitbudget::compute::backend::Unavailable;
use bitbudget::compute::cpu::{self, scalar, simd128};
use bitbudget::compute::gpu::device::{Failure, Gpu};
use bitbudget::compute::gpu::shaders::Shader;
use bitbudget::formats::mx::ScaleRule;
use bitbudget::formats::{Block, Cast, FORMATS, Kind, Layout, NanRule, Overflow, Rounding, format};
use bitbudget::platform::webgpu::Adapter;
use bitbudget::quantize::{
    GRID_RULES, GROUP_SIZES, Granularity, Plan, Quantizer, RangeMethod, Scheme, Sums, Tally, compare,
};
use bitbudget::weights::{Distribution, Sample};
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

// Where the page does this work too; and a busy window would not answer its driver.
wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// What sums may differ by, relative.
const TOLERANCE: f64 = 1e-6;

struct Tensor {
    name: String,
    cols: usize,
    values: Vec<f32>,
}

impl Tensor {
    fn new(name: impl Into<String>, cols: usize, values: Vec<f32>) -> Self {
        assert_eq!(values.len() % cols, 0, "whole rows");
        Self { name: name.into(), cols, values }
    }

    fn rows(&self) -> usize {
        self.values.len() / self.cols
    }
}

/// A linear congruential generator (Numerical Recipes): enough to spread test values.
struct Lcg(u32);

impl Lcg {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0
    }

    /// Between −1 and 1.
    fn unit(&mut self) -> f32 {
        (f64::from(self.next()) / f64::from(u32::MAX) * 2.0 - 1.0) as f32
    }
}

/// Bit patterns from all of f32, with the lower halves that make ties of 16-bit formats and their neighbours.
fn all_over_f32() -> Vec<f32> {
    let lower_halves = [0x0000, 0x0001, 0x0fff, 0x1000, 0x1001, 0x7fff, 0x8000, 0x8001, 0xffff];
    let upper_halves = (0..=0xffffu32).step_by(37);
    upper_halves.flat_map(|upper| lower_halves.map(|lower| f32::from_bits(upper << 16 | lower))).collect()
}

/// Magnitudes that every GPU treats alike, with what is not a number among them.
fn tricky() -> Vec<f32> {
    let mut lcg = Lcg(1);
    let specials = [
        0.0,
        -0.0,
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        1e-45,
        -1e-40,
        f32::MIN_POSITIVE,
        5.9e-8,
        2.98e-8,
        6.103_515_6e-5,
        65_504.0,
        65_519.996,
        65_520.0,
        -70_000.0,
        1.0 / 3.0,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        127.5,
        1.0,
    ];
    (0..4096)
        .map(|i| if i % 3 == 0 { specials[i / 3 % specials.len()] } else { lcg.unit() * 10f32.powi(i as i32 % 12 - 6) })
        .collect()
}

fn ordinary(n: usize) -> Vec<f32> {
    let mut lcg = Lcg(n as u32);
    (0..n).map(|_| lcg.unit() * 0.1).collect()
}

/// These, each a few times, among numbers that are nothing special.
fn few_among_ordinary(few: &[f32]) -> Vec<f32> {
    let mut values = ordinary(5000);
    for (i, &x) in few.iter().cycle().take(40).enumerate() {
        values[97 * i] = x;
    }
    values
}

/// Small enough for every backend, and with every trap that is known.
fn tensors() -> Vec<Tensor> {
    let mut tensors = vec![
        Tensor::new("tricky", 64, tricky()),
        Tensor::new("zeros", 8, vec![0.0; 64]),
        Tensor::new("zeros of both signs", 3, vec![0.0, -0.0, 0.0]),
        Tensor::new("one value", 1, vec![0.7]),
        Tensor::new("the same value", 5, vec![-0.3; 25]),
        Tensor::new("ties of integers", 7, vec![127.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5]),
        Tensor::new("above zero", 4, vec![3.0, 5.0, 4.0, 3.5]),
    ];
    // Neither four lanes nor blocks of 1024 divide these.
    for cols in [1, 3, 5, 1023, 1025, 4099] {
        tensors.push(Tensor::new(format!("{cols} columns"), cols, ordinary(3 * cols)));
    }
    // One value that is no number sends its block another way; so does each row that has none that is one.
    for (name, bad) in [("NaN", f32::NAN), ("∞", f32::INFINITY), ("−∞", f32::NEG_INFINITY)] {
        for at in [0, 1023, 1024, 2049, 2050] {
            let mut values = ordinary(2 * 2051);
            values[at] = bad;
            tensors.push(Tensor::new(format!("{name} at {at}"), 2051, values));
        }
        let mut values = ordinary(4 * 9);
        values[9..18].fill(bad);
        tensors.push(Tensor::new(format!("a row of {name}"), 9, values));
        tensors.push(Tensor::new(format!("only {name}"), 6, vec![bad; 12]));
    }
    for distribution in Distribution::ALL {
        for std in [0.02, 1e-3, 30_000.0] {
            let sample = Sample { distribution, seed: 3, std, rows: 7, cols: 333 };
            tensors.push(Tensor::new(format!("{} × {std}", distribution.id()), sample.cols, sample.draw(|_| {})));
        }
    }
    tensors
}

/// Those whose size devices disagree on; the CPU paths must agree all the same.
fn extreme_tensors() -> Vec<Tensor> {
    let mut tensors = vec![
        Tensor::new("all over f32", 443, all_over_f32()),
        Tensor::new("all over f32 in a row", all_over_f32().len(), all_over_f32()),
        Tensor::new("the largest and the smallest", 4, vec![f32::MAX, f32::MIN, 1e-45, -1e-45]),
        Tensor::new("subnormals", 5, vec![1e-45, -1e-40, 3e-39, 0.0, 1.1e-38]),
        Tensor::new("subnormals and zeros among others", 100, few_among_ordinary(&[1e-45, -1e-40, 0.0, -0.0])),
    ];
    for std in [1e-38, 1e38] {
        let sample = Sample { distribution: Distribution::StudentT, seed: 1, std, rows: 9, cols: 1025 };
        tensors.push(Tensor::new(format!("student-t × {std}"), sample.cols, sample.draw(|_| {})));
    }
    tensors
}

/// Every way to quantize that the device has too.
fn quantizers() -> Vec<Quantizer> {
    let mut all = Vec::new();
    for format in FORMATS {
        let usual = Quantizer::new(format);
        let is_integer = matches!(format.kind, Kind::Integer(_));
        let is_mx = matches!(format.kind, Kind::Block(Block { layout: Layout::Mx(_), .. }));
        let schemes = [Scheme::Symmetric, Scheme::Affine].into_iter().take(if is_integer { 2 } else { 1 });
        let rules = ScaleRule::ALL.into_iter().take(if is_mx { 4 } else { 1 });
        let ways: Vec<_> = schemes.flat_map(|scheme| rules.clone().map(move |rule| (scheme, rule))).collect();
        for (scheme, scale_rule) in ways {
            all.push(Quantizer { scheme, scale_rule, ..usual });
            if usual.has_scale() {
                all.push(Quantizer { scheme, scale_rule, granularity: Granularity::Row, ..usual });
            }
        }
        if matches!(format.kind, Kind::Codebook(_)) {
            all.push(Quantizer { scaled: false, ..usual });
        }
    }
    all.retain(|quantizer| Shader::of(quantizer).is_some());
    all
}

/// One or two of each kind: the device has the same kernel for all of a kind, a software one takes its time over each
/// tensor, and [`encode`] tries every row on fewer of them.
fn quantizers_for_the_device() -> impl Iterator<Item = Quantizer> {
    const IDS: &[&str] =
        &["bf16", "fp16", "e4m3fn", "int8", "int2", "nf4", "mxfp4", "nvfp4", "bnb_fp4_block", "q4_0", "q4_1"];
    let is_one = |quantizer: &Quantizer| IDS.contains(&quantizer.format.id) && quantizer.scale_rule == ScaleRule::Floor;
    quantizers().into_iter().filter(is_one)
}

fn by_scalar(quantizer: Quantizer, tensor: &Tensor) -> (Plan, Tally, Vec<u8>) {
    let ranges = scalar::ranges(&tensor.values, tensor.cols, quantizer.scales_each_row());
    let plan = Plan::new(quantizer, tensor.rows(), tensor.cols, &ranges).expect("a tensor with values has a plan");
    let mut codes = Vec::new();
    let tally = scalar::measure(&plan, 0, &tensor.values, &mut codes);
    (plan, tally, codes)
}

fn assert_same(what: &str, (plan, tally, codes): &(Plan, Tally, Vec<u8>), expected: &(Plan, Tally, Vec<u8>)) {
    assert!(*plan == expected.0, "{what}: {plan:?} is not {:?}", expected.0);
    let differs = codes.iter().zip(&expected.2).position(|(a, b)| a != b);
    assert!(
        *codes == expected.2,
        "{what}: {} and {} bytes of codes differ at {differs:?}",
        codes.len(),
        expected.2.len()
    );
    let exact = |tally: &Tally| Tally { sums: Sums::default(), ..tally.clone() };
    assert!(exact(tally) == exact(&expected.1), "{what}: {tally:?} is not {:?}", expected.1);
    let (sums, expected) = (tally.sums, expected.1.sums);
    for (name, a, b, size) in [
        ("e", sums.e, expected.e, expected.abs_e),
        ("|e|", sums.abs_e, expected.abs_e, expected.abs_e),
        ("e²", sums.e2, expected.e2, expected.e2),
        ("x²", sums.x2, expected.x2, expected.x2),
        ("q²", sums.q2, expected.q2, expected.q2),
        ("xq", sums.xq, expected.xq, libm::sqrt(expected.x2 * expected.q2)),
    ] {
        assert!((a - b).abs() <= TOLERANCE * size, "{what}: the sum of {name} is {a}, expected {b}");
    }
}

async fn start_gpu() -> Result<Gpu, Unavailable> {
    Gpu::start(&Adapter::request().await?).await
}

/// The device; nothing where none is expected.
async fn gpu() -> Option<Gpu> {
    match start_gpu().await {
        Ok(gpu) => Some(gpu),
        Err(why) => {
            assert!(option_env!("BITBUDGET_NO_GPU").is_some(), "no device: {why}");
            console_log!("left out: {why}");
            None
        }
    }
}

#[wasm_bindgen_test]
fn samples_are_drawn_as_on_the_host() {
    pinned::assert_drawn_as_pinned();
}

#[wasm_bindgen_test]
fn simd_finds_the_ranges_that_scalar_code_finds() {
    for tensor in tensors().into_iter().chain(extreme_tensors()) {
        for each_row in [false, true] {
            let simd = simd128::ranges(&tensor.values, tensor.cols, each_row);
            assert_eq!(simd, scalar::ranges(&tensor.values, tensor.cols, each_row), "{}", tensor.name);
        }
    }
}

#[wasm_bindgen_test]
fn simd_gives_the_codes_counts_and_sums_of_scalar_code() {
    for tensor in tensors().into_iter().chain(extreme_tensors()) {
        for quantizer in quantizers() {
            let expected = by_scalar(quantizer, &tensor);
            let mut codes = Vec::new();
            let tally = simd128::measure(&expected.0, 0, &tensor.values, &mut codes);
            let what = format!("{}, {quantizer:?}", tensor.name);
            assert_same(&what, &(expected.0.clone(), tally, codes), &expected);
        }
    }
}

#[wasm_bindgen_test]
fn simd_encodes_and_decodes_slices_as_scalar_code_does() {
    for format in FORMATS {
        let Kind::Float(float) = format.kind else { continue };
        let code_bytes = format.code_bytes();
        for overflow in [Overflow::Saturate, Overflow::Special] {
            let cast = Cast::new(float, overflow, NanRule::Quiet);
            let what = format!("{}, {overflow:?}", format.id);
            // Lengths that end everywhere in a vector.
            let all = all_over_f32();
            for values in (0..40).map(|n| &all[7 * n..8 * n]).chain([&all[..]]) {
                let (mut codes, mut expected) =
                    (vec![0; values.len() * code_bytes], vec![0; values.len() * code_bytes]);
                simd128::encode_slice(&cast, values, &mut codes);
                scalar::encode_slice(&cast, values, &mut expected);
                assert!(codes == expected, "{what}: codes of {} values", values.len());
            }
            // All codes of two bytes or fewer, those of NaN and infinities among them.
            let count = 1u32 << float.bits().min(16);
            let codes: Vec<u8> = (0..count).flat_map(|code| code.to_le_bytes()[..code_bytes].to_vec()).collect();
            let (mut values, mut expected) = (vec![0.0; count as usize], vec![0.0; count as usize]);
            simd128::decode_slice(&cast, &codes, &mut values);
            scalar::decode_slice(&cast, &codes, &mut expected);
            let differs = values.iter().zip(&expected).position(|(a, b)| a.to_bits() != b.to_bits());
            assert_eq!(differs, None, "{what}: the first code with another value");
        }
    }
}

/// What only the CPU does: other granularities, rules and roundings, and blocks with a search.
fn quantizers_of_the_cpu() -> Vec<Quantizer> {
    let int8 = Quantizer::new(format("int8").expect("a row"));
    let grouped = [Granularity::Tensor, Granularity::Row, Granularity::Column]
        .into_iter()
        .chain(GROUP_SIZES.map(Granularity::Group))
        .flat_map(|granularity| GRID_RULES.iter().map(move |rule| Quantizer { granularity, rule, ..int8 }));
    let affine = |quantizer: Quantizer| [quantizer, Quantizer { scheme: Scheme::Affine, ..quantizer }];
    let mut all: Vec<Quantizer> = grouped.flat_map(affine).collect();
    all.push(Quantizer { rounding: Rounding::Stochastic { bits: 24, random: 1 }, ..int8 });
    all.push(Quantizer { range: RangeMethod::Percentile(99.0), granularity: Granularity::Group(128), ..int8 });
    all.extend(compare::settings().filter(|quantizer| Shader::of(quantizer).is_none()));
    all
}

#[wasm_bindgen_test]
fn simd_measures_what_it_does_not_quantize_as_scalar_code_does() {
    for tensor in tensors().into_iter().chain(extreme_tensors()) {
        for quantizer in quantizers_of_the_cpu() {
            let groups = quantizer.groups();
            let ranges = scalar::ranges_of(&tensor.values, tensor.cols, groups);
            assert_eq!(ranges, simd128::ranges_of(&tensor.values, tensor.cols, groups), "{}", tensor.name);
            let plan = cpu::plan(quantizer, tensor.rows(), tensor.cols, &tensor.values, &ranges).expect("a plan");
            let (mut codes, mut expected_codes) = (Vec::new(), Vec::new());
            let expected = scalar::measure(&plan, 0, &tensor.values, &mut expected_codes);
            let tally = simd128::measure(&plan, 0, &tensor.values, &mut codes);
            let what = format!("{}, {quantizer:?}", tensor.name);
            assert_same(&what, &(plan.clone(), tally, codes), &(plan, expected, expected_codes));
        }
    }
}

/// Numbers of all sizes in blocks, with what is odd among them, and blocks of which all are of one size.
fn blocks_of_all_sizes() -> Vec<f32> {
    let mut values = all_over_f32();
    let mut random = Lcg(99);
    for exponent in (-149..128).step_by(3) {
        let size = libm::ldexpf(1.0, exponent);
        values.extend((0..256).map(|_| ((random.next() >> 8) as f32 / (1 << 23) as f32 - 1.0) * size));
    }
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE, 1e-45, -0.0, 0.0] {
        // Alone, first, last, and everywhere.
        for places in [0..1, 255..256, 31..33, 0..256] {
            let from = values.len();
            values.extend((0..256).map(|i| (i as f32 - 100.5) * 0.01));
            values[from + places.start..from + places.end].fill(odd);
        }
    }
    values.truncate(values.len() / 256 * 256);
    values
}

#[wasm_bindgen_test]
fn simd_writes_the_bytes_of_scalar_code_for_blocks_of_any_values() {
    let values = blocks_of_all_sizes();
    for quantizer in quantizers_of_the_cpu() {
        // Whole blocks, and rows that end within one.
        for cols in [256, 1000] {
            let values = &values[..values.len() / cols * cols];
            let groups = quantizer.groups();
            let ranges = scalar::ranges_of(values, cols, groups);
            let plan = cpu::plan(quantizer, values.len() / cols, cols, values, &ranges).expect("a plan");
            let mut expected = Vec::new();
            let _ = scalar::measure(&plan, 0, values, &mut expected);
            let codes = cpu::codes(&plan, values);
            let differs = codes.iter().zip(&expected).position(|(a, b)| a != b);
            assert!(codes == expected, "{quantizer:?}, {cols} columns: codes differ at {differs:?}");
        }
    }
}

/// What of a tally [`cpu::errors`] is for.
fn counts_of_errors(tally: &Tally) -> [u64; 7] {
    let Tally { measured, nan, infinite, clipped, overflowed, flushed, max_abs_error, .. } = *tally;
    [measured, nan, infinite, clipped, overflowed, flushed, max_abs_error.to_bits().into()]
}

#[wasm_bindgen_test]
fn simd_finds_the_errors_that_scalar_code_finds() {
    let tricky = Tensor::new("of all sizes", 256, blocks_of_all_sizes());
    let all = tensors().into_iter().chain(extreme_tensors()).chain(errors_far_below_a_step());
    for tensor in all.chain([far_beyond_fp16(), tricky]) {
        for quantizer in quantizers().into_iter().chain(quantizers_of_the_cpu()) {
            let ranges = scalar::ranges_of(&tensor.values, tensor.cols, quantizer.groups());
            let plan = cpu::plan(quantizer, tensor.rows(), tensor.cols, &tensor.values, &ranges).expect("a plan");
            let expected = scalar::measure(&plan, 0, &tensor.values, &mut Vec::new());
            let tally = simd128::errors(&plan, 0, &tensor.values);
            let what = format!("{}, {quantizer:?}", tensor.name);
            assert_eq!(counts_of_errors(&tally), counts_of_errors(&expected), "{what}");
            for (a, b) in [(tally.sums.e2, expected.sums.e2), (tally.sums.x2, expected.sums.x2)] {
                assert!((a - b).abs() <= TOLERANCE * b, "{what}: a sum is {a}, expected {b}");
            }
        }
    }
}

/// Values that overflow are left out of the sums, and must not decide how finely the others are summed.
fn far_beyond_fp16() -> Tensor {
    Tensor::new("far beyond FP16", 4, vec![1e30, -1e30, 1e30, 0.0, 1.0, 2.1, 3.0, -0.1, 0.3, 1.0, 1e-3, 5.0])
}

fn floats() -> impl Iterator<Item = Quantizer> {
    let is_float = |quantizer: &Quantizer| matches!(quantizer.format.kind, Kind::Float(_));
    quantizers().into_iter().filter(move |quantizer| is_float(quantizer) && quantizer.format.bits() <= 16)
}

#[wasm_bindgen_test]
fn simd_sums_are_right_beside_values_that_overflow() {
    let tensor = far_beyond_fp16();
    for quantizer in floats() {
        let expected = by_scalar(quantizer, &tensor);
        let mut codes = Vec::new();
        let tally = simd128::measure(&expected.0, 0, &tensor.values, &mut codes);
        assert_same(&format!("{quantizer:?}"), &(expected.0.clone(), tally, codes), &expected);
    }
}

#[wasm_bindgen_test]
async fn gpu_sums_are_right_beside_values_that_overflow() {
    let Some(gpu) = gpu().await else { return };
    let tensor = far_beyond_fp16();
    for quantizer in floats() {
        let done = gpu.run(quantizer, tensor.rows(), tensor.cols, &tensor.values, |_| {}).await;
        assert_same(&format!("{quantizer:?}"), &done.expect("the device does it"), &by_scalar(quantizer, &tensor));
    }
}

/// The largest lie on the grid and have no error; those of the others are far below a step, where f32 has no squares.
fn errors_far_below_a_step() -> Vec<Tensor> {
    let beside = |large: f32, small: f32| {
        let mut values = vec![large, -large, 0.0];
        values.extend((0..40).map(|i| small * (i as f32 - 20.0)));
        Tensor::new(format!("{small} beside {large}"), values.len(), values)
    };
    vec![beside(1e30, 0.1), beside(1e12, 1e-12), beside(6e4, 1e-25), beside(1e5, 1e-30), beside(1e30, 1e-30)]
}

#[wasm_bindgen_test]
fn simd_sums_are_right_for_errors_far_below_a_step() {
    for tensor in errors_far_below_a_step() {
        for quantizer in quantizers() {
            let expected = by_scalar(quantizer, &tensor);
            let mut codes = Vec::new();
            let tally = simd128::measure(&expected.0, 0, &tensor.values, &mut codes);
            let what = format!("{}, {quantizer:?}", tensor.name);
            assert_same(&what, &(expected.0.clone(), tally, codes), &expected);
        }
    }
}

#[wasm_bindgen_test]
async fn gpu_sums_are_right_for_errors_far_below_a_step_or_left_to_the_cpu() {
    let Some(gpu) = gpu().await else { return };
    for tensor in errors_far_below_a_step() {
        for quantizer in quantizers_for_the_device() {
            let what = format!("{}, {quantizer:?}", tensor.name);
            match gpu.run(quantizer, tensor.rows(), tensor.cols, &tensor.values, |_| {}).await {
                Ok(done) => assert_same(&what, &done, &by_scalar(quantizer, &tensor)),
                Err(Failure::NotSuitable(_)) => {}
                Err(failure) => panic!("{what}: {failure:?}"),
            }
        }
    }
}

#[wasm_bindgen_test]
fn a_slice_in_the_middle_of_a_tensor_takes_the_scales_of_its_own_rows() {
    let tensor =
        Tensor::new("rows of different size", 5, (0..50).map(|i| (i / 5 + 1) as f32 * (i % 5) as f32).collect());
    for quantizer in quantizers() {
        let (plan, whole, codes) = by_scalar(quantizer, &tensor);
        let (mut tally, mut joined) = (Tally::default(), Vec::new());
        for first_row in [0, 3, 7] {
            let end = if first_row == 0 {
                3
            } else if first_row == 3 {
                7
            } else {
                10
            };
            tally.add(&simd128::measure(&plan, first_row, &tensor.values[5 * first_row..5 * end], &mut joined));
        }
        assert_same(&format!("{quantizer:?}"), &(plan.clone(), tally, joined), &(plan, whole, codes));
    }
}

#[wasm_bindgen_test]
async fn the_gpu_gives_the_codes_counts_and_sums_of_scalar_code() {
    let Some(gpu) = gpu().await else { return };
    let mut left_to_the_cpu = 0;
    // A software device takes its time over each, most of it waiting: one tensor of each kind.
    let is_one_more = |name: &str| {
        [" at 0", " at 1024", " at 2049", " at 2050", "× 0.001", "× 30000", "−∞", "4099"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    for tensor in tensors().into_iter().filter(|tensor| !is_one_more(&tensor.name)) {
        for quantizer in quantizers_for_the_device() {
            let what = format!("{}, {quantizer:?}", tensor.name);
            match gpu.run(quantizer, tensor.rows(), tensor.cols, &tensor.values, |_| {}).await {
                Ok(done) => assert_same(&what, &done, &by_scalar(quantizer, &tensor)),
                Err(Failure::NotSuitable(why)) => {
                    console_log!("{what}: {why}");
                    left_to_the_cpu += 1;
                }
                Err(failure) => panic!("{what}: {failure:?}"),
            }
        }
    }
    assert_eq!(left_to_the_cpu, 0, "tensors of ordinary size are for the GPU");
}

#[wasm_bindgen_test]
async fn the_gpu_gives_the_codes_counts_and_sums_of_scalar_code_where_devices_disagree_on_f32() {
    let Some(gpu) = gpu().await else { return };
    for tensor in extreme_tensors() {
        for quantizer in quantizers_for_the_device() {
            let what = format!("{}, {quantizer:?}", tensor.name);
            match gpu.run(quantizer, tensor.rows(), tensor.cols, &tensor.values, |_| {}).await {
                Ok(done) => assert_same(&what, &done, &by_scalar(quantizer, &tensor)),
                Err(Failure::NotSuitable(why)) => console_log!("{what}: {why}"),
                Err(failure) => panic!("{what}: {failure:?}"),
            }
        }
    }
}
