//! How fast WebAssembly SIMD quantizes in a browser, by the functions that the page calls, beside a copy of the tensor.
//!
//! `cargo xtask bench` runs it in Chromium and `tests/bench/peers.py` after it, and writes the table of docs/performance.md.
//! Each work is timed `ROUNDS` times, in turns with the copy, and the best counts. What was timed is then compared with scalar
//! code on the tensor's first rows.
#![cfg(target_arch = "wasm32")]

use bitbudget::compute::cpu::{self, scalar};
use bitbudget::compute::survey::Measuring;
use bitbudget::formats::format;
use bitbudget::platform::clock::now_ms;
use bitbudget::quantize::{CodeFacts, Granularity, Plan, Quantizer, Report, Tally};
use bitbudget::survey::Setting;
use bitbudget::weights::{Distribution, Sample};
use std::hint::black_box;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

// Where the page quantizes too.
wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// More than any cache holds.
const MANY: usize = 1 << 24;
/// For encoders that search.
const FEWER: usize = 1 << 22;
const COLS: usize = 4096;
/// Rows that scalar code encodes again: it takes its time.
const CHECKED_ROWS: usize = 8;

/// The best of so many is what the machine can do; the others had company.
const ROUNDS: usize = 7;

fn values() -> Vec<f32> {
    let sample = Sample { distribution: Distribution::Normal, seed: 1, std: 0.02, rows: MANY / COLS, cols: COLS };
    sample.draw(|_| {})
}

/// The best time of some work, in nanoseconds.
fn time<T>(mut work: impl FnMut() -> T) -> f64 {
    let times = (0..ROUNDS).map(|_| {
        let start = now_ms();
        black_box(work());
        now_ms() - start
    });
    times.fold(f64::INFINITY, f64::min) * 1e6
}

/// In the words of `cargo bench`, as the other benchmarks.
fn print(work: &str, values: usize, ns: f64) {
    console_log!("test {work}/wasm/{values} ... bench: {ns:.0} ns/iter (+/- 0)");
}

fn quantizer(id: &str) -> Quantizer {
    Quantizer::new(format(id).expect("a format of the table"))
}

/// The codes of the first rows, against the definition.
fn check(plan: &Plan, values: &[f32], codes: &[u8]) {
    let part = &values[..CHECKED_ROWS * plan.cols];
    let mut expected = Vec::new();
    let _ = scalar::measure(plan, 0, part, &mut expected);
    assert!(codes.starts_with(&expected), "{}: other codes than scalar code makes", plan.quantizer.format.id);
}

/// The sums, counts and largest error of the first rows.
fn check_sums(plan: &Plan, values: &[f32]) {
    let part = &values[..CHECKED_ROWS * plan.cols];
    let expected = scalar::measure(plan, 0, part, &mut Vec::new());
    let tally = cpu::errors_by(plan, part);
    let counts = |tally: &Tally| (tally.measured, tally.clipped, tally.flushed, tally.max_abs_error);
    assert_eq!(counts(&tally), counts(&expected), "{}", plan.quantizer.format.id);
    for (a, b) in [(tally.sums.e2, expected.sums.e2), (tally.sums.x2, expected.sums.x2)] {
        assert!((a - b).abs() <= 1e-6 * b, "{}: {a}, not {b}", plan.quantizer.format.id);
    }
}

#[wasm_bindgen_test]
fn the_copy_and_the_sums_are_timed() {
    let values = values();
    let mut to = vec![0f32; MANY];
    let group = |granularity| Quantizer { granularity, ..quantizer("int8") };
    let works = [
        ("sums_bf16", quantizer("bf16")),
        ("sums_fp16", quantizer("fp16")),
        ("sums_e4m3fn", quantizer("e4m3fn")),
        ("sums_e5m2", quantizer("e5m2")),
        ("sums_int8_tensor", group(Granularity::Tensor)),
        ("sums_int8_row", group(Granularity::Row)),
        ("sums_int8_group32", group(Granularity::Group(32))),
    ];
    let mut copy = f64::INFINITY;
    for (work, quantizer) in works {
        copy = copy.min(time(|| black_box(&mut to).copy_from_slice(black_box(&values))));
        let (plan, whole) = cpu::errors(quantizer, MANY / COLS, COLS, &values).expect("a tensor");
        print(work, MANY, time(|| cpu::errors_by(&plan, black_box(&values))));
        // The row of a comparison, which these sums are for, with the first pass.
        print(&format!("row_of_{work}"), MANY, time(|| cpu::compare_one(quantizer, MANY / COLS, COLS, &values)));
        check_sums(&plan, &values);
        assert!(whole == cpu::errors_by(&plan, &values), "{work}: the same once more");
    }
    print("copy", MANY, copy);
}

#[wasm_bindgen_test]
fn the_full_report_is_timed() {
    let values = values();
    let quantize =
        || cpu::quantize(quantizer("int8"), MANY / COLS, COLS, black_box(&values), |_| {}).expect("a tensor");
    print("report_int8", MANY, time(quantize));
    let (plan, _, codes) = quantize();
    check(&plan, &values, &codes);
    // With what the page adds: percentiles, the entropy of the codes and their SHA-256.
    let whole = || {
        let (plan, tally, codes) = quantize();
        Report::new(&plan, &tally, CodeFacts::of(&plan, &codes), &cpu::details(&plan, &values, &[])).expect("a report")
    };
    print("page_report_int8", MANY, time(whole));
}

#[wasm_bindgen_test]
fn encoders_are_timed() {
    let values = values();
    let values = &values[..FEWER];
    let works = [
        ("encode_q8_0", "q8_0"),
        ("encode_q4_0", "q4_0"),
        ("encode_mxfp8_e4m3", "mxfp8_e4m3"),
        ("encode_mxfp4", "mxfp4"),
        ("encode_nvfp4", "nvfp4"),
        ("encode_nf4", "bnb_nf4_block"),
        ("encode_q4_k", "q4_k"),
        ("encode_q6_k", "q6_k"),
        ("encode_iq4_nl", "iq4_nl"),
    ];
    for (work, id) in works {
        let (plan, _, codes) = cpu::quantize(quantizer(id), FEWER / COLS, COLS, values, |_| {}).expect("a tensor");
        print(work, FEWER, time(|| cpu::codes(&plan, black_box(values))));
        check(&plan, values, &codes);
        assert!(codes == cpu::codes(&plan, values), "{id}: other codes without measuring");
    }
}

/// What the Weights lab does with each slice of a tensor, without reading it.
#[wasm_bindgen_test]
fn a_survey_is_timed() {
    let values = values();
    let values = &values[..FEWER];
    let (rows, cols) = ((FEWER / COLS) as u64, COLS as u64);
    let mut to = vec![0f32; FEWER];
    print("copy", FEWER, time(|| black_box(&mut to).copy_from_slice(black_box(values))));
    for settings in ["", "int8@row", "e4m3fn", "q8_0", "q4_0", "mxfp4", "nf4@g64", "q4_k"] {
        let all: Vec<Setting> = settings.split(',').filter_map(Setting::read).collect();
        let survey = || {
            let mut measuring = Measuring::new(&all, rows, cols);
            while let Some((first, n)) = measuring.wanted() {
                measuring.take(&black_box(values)[first as usize..][..n]);
            }
            measuring.finish()
        };
        assert!(survey().errors.iter().all(Result::is_ok), "{settings}");
        print(&format!("survey_{settings}"), FEWER, time(survey));
    }
}
