//! Measuring in slices, on lanes.

use super::{Lcg, all_over_f32};
use bitbudget::compute::cpu;
use bitbudget::compute::survey::Measuring;
use bitbudget::compute::survey::moments::moments;
use bitbudget::survey::{Moments, Setting};
use wasm_bindgen_test::wasm_bindgen_test;

fn assert_close(what: &str, a: f64, b: f64, size: f64) {
    assert!((a - b).abs() <= 1e-10 * size.max(b.abs()), "{what}: {a} is not {b}");
}

fn assert_same(what: &str, found: &Moments, expected: &Moments) {
    let counts = |of: &Moments| [of.finite, of.nan, of.infinite, of.zeros];
    assert_eq!(counts(found), counts(expected), "{what}");
    assert_eq!(found.amax, expected.amax, "{what}");
    let std = expected.std().unwrap_or_default();
    assert_close(what, found.mean, expected.mean, std);
    assert_close(what, found.m2, expected.m2, 0.0);
    assert_close(what, found.m3, expected.m3, expected.finite as f64 * std * std * std);
    assert_close(what, found.m4, expected.m4, 0.0);
}

#[wasm_bindgen_test]
fn moments_on_lanes_are_the_references() {
    let mut lcg = Lcg(3);
    let values: Vec<f32> = (0..5000).map(|i| if i % 50 == 0 { 0.0 } else { lcg.unit() + 0.3 }).collect();
    for n in [0, 1, 7, 8, 1000, 1024, 1025, 5000] {
        assert_same(&format!("{n} values"), &moments(&values[..n]), &Moments::of(&values[..n]));
    }
    let all = all_over_f32();
    assert_same("all over f32", &moments(&all), &Moments::of(&all));
}

#[wasm_bindgen_test]
fn a_tensor_of_several_slices_is_measured_as_at_once() {
    let mut lcg = Lcg(5);
    let (rows, cols) = (1100, 4096);
    let values: Vec<f32> = (0..rows * cols).map(|_| lcg.unit() * 0.02).collect();
    let settings =
        ["int8", "int8@row", "int4@g128", "e4m3fn", "e5m2@row", "bf16", "mxfp4", "nvfp4", "q8_0", "bnb_nf4_double"];
    let settings = settings.map(|text| Setting::read(text).expect("a setting"));
    let mut measuring = Measuring::new(&settings, rows as u64, cols as u64);
    let mut slices = 0;
    while let Some((first, n)) = measuring.wanted() {
        measuring.take(&values[first as usize..][..n]);
        slices += 1;
    }
    assert_eq!(slices, 4, "two passes over two slices");
    let measured = measuring.finish();
    for (setting, errors) in settings.iter().zip(measured.errors) {
        let (name, errors) = (setting.write(), errors.expect("figures"));
        let (plan, tally) = cpu::errors(setting.quantizer(), rows, cols, &values).expect("figures");
        let counts = [errors.bytes, errors.measured, errors.clipped, errors.overflowed, errors.flushed];
        assert_eq!(
            counts,
            [plan.packed_bytes(), tally.measured, tally.clipped, tally.overflowed, tally.flushed],
            "{name}"
        );
        assert_eq!(errors.max_abs_error, tally.max_abs_error, "{name}");
        assert!((errors.e2 - tally.sums.e2).abs() <= 1e-6 * tally.sums.e2, "{name}");
        assert!((errors.x2 - tally.sums.x2).abs() <= 1e-6 * tally.sums.x2, "{name}");
    }
}
