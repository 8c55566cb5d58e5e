//! Any slicing against the whole tensor at once.

use super::*;
use crate::formats::FORMATS;
use crate::quantize::GROUP_SIZES;
use proptest::prelude::*;
use proptest::sample::select;

/// Every format that can be written, with every granularity that it has.
fn settings() -> Vec<Setting> {
    let groups = GROUP_SIZES.map(Granularity::Group);
    let granularities = || [Granularity::Tensor, Granularity::Row].into_iter().chain(groups);
    let all = FORMATS.iter().flat_map(|format| granularities().map(|granularity| Setting { format, granularity }));
    all.filter(|setting| Setting::read(&setting.write()) == Some(*setting)).collect()
}

/// What is measured in slices of so many values.
fn by_slices(settings: &[Setting], rows: u64, cols: u64, values: &[f32], slice: usize) -> Measured {
    let mut measuring = Measuring::by_slices(settings, rows, cols, slice, (slice / 512).max(1) * 256);
    let mut share = 0.0;
    while let Some((first, n)) = measuring.wanted() {
        assert!(n > 0 && n <= slice && first + n as u64 <= rows * cols);
        assert!((first % cols).is_multiple_of(slice as u64), "a slice begins at {first}");
        assert!(measuring.share() >= share && measuring.share() < 1.0, "progress goes on");
        share = measuring.share();
        measuring.take(&values[first as usize..][..n]);
    }
    assert_eq!(measuring.share(), if values.is_empty() { 0.0 } else { 1.0 });
    measuring.finish()
}

fn assert_equal(measured: &Measured, settings: &[Setting], rows: usize, cols: usize, values: &[f32]) {
    let is_close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
    for (setting, errors) in settings.iter().zip(&measured.errors) {
        let name = setting.write();
        let Ok(errors) = errors else {
            let whole = cpu::report(setting.quantizer(), rows, cols, values).map_err(|error| error.to_string());
            assert_eq!(errors.as_ref().err(), whole.as_ref().err(), "{name}");
            continue;
        };
        let (plan, tally) = cpu::errors(setting.quantizer(), rows, cols, values).unwrap();
        assert!(tally.measured + tally.overflowed > 0, "{name}");
        assert_eq!(errors.bytes, plan.packed_bytes(), "{name}");
        let counts = [errors.measured, errors.clipped, errors.overflowed, errors.flushed];
        assert_eq!(counts, [tally.measured, tally.clipped, tally.overflowed, tally.flushed], "{name}");
        assert_eq!(errors.max_abs_error.to_bits(), tally.max_abs_error.to_bits(), "{name}");
        assert!(is_close(errors.e2, tally.sums.e2), "{name}: Σe² {} is not {}", errors.e2, tally.sums.e2);
        assert!(is_close(errors.x2, tally.sums.x2), "{name}: Σx² {} is not {}", errors.x2, tally.sums.x2);
    }
}

fn any_value() -> impl Strategy<Value = f32> {
    let odd = [f32::NAN, f32::INFINITY, f32::MAX, f32::MIN, 0.0, -0.0, 1e-45, 65_520.0];
    prop_oneof![1 => any::<u32>().prop_map(f32::from_bits), 1 => select(odd.to_vec()), 30 => -0.1f32..0.1]
}

prop_compose! {
    fn any_tensor()(
        rows in 1usize..=6,
        cols in prop_oneof![1usize..9, 60usize..70, 250usize..260, 300usize..1400],
        some in prop::collection::vec(any_value(), 1000),
        is_finite: bool,
    ) -> (usize, usize, Vec<f32>) {
        let finite = |x: f32| if x.is_finite() || !is_finite { x } else { 0.03 };
        (rows, cols, (0..rows * cols).map(|i| finite(some[i * i % 997 % some.len()])).collect())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_slicing_measures_the_same_in_every_setting(
        (rows, cols, values) in any_tensor(),
        some in prop::collection::vec(select(settings()), 3),
        slice in select(vec![256usize, 512, 1024, 1 << 14]),
    ) {
        let measured = by_slices(&some, rows as u64, cols as u64, &values, slice);
        assert_equal(&measured, &some, rows, cols, &values);
        let whole = Moments::of(&values);
        let moments = measured.moments;
        prop_assert_eq!((moments.finite, moments.nan, moments.infinite), (whole.finite, whole.nan, whole.infinite));
        prop_assert_eq!((moments.zeros, moments.amax.to_bits()), (whole.zeros, whole.amax.to_bits()));
        let scale = libm::sqrt(whole.m2 / (whole.finite as f64).max(1.0));
        for (power, a, b) in [(1, moments.mean, whole.mean), (2, moments.m2, whole.m2), (4, moments.m4, whole.m4)] {
            let size = libm::pow(scale, f64::from(power)) * (whole.finite as f64);
            prop_assert!((a - b).abs() <= 1e-9 * size.max(b.abs()), "moment {power}: {a} is not {b}");
        }
    }
}

#[test]
fn every_setting_is_measured_in_slices_as_at_once() {
    let all = settings();
    assert!(all.len() > 150, "{} settings", all.len());
    // Rows of which a slice has some, rows that are cut, and rows whose blocks of double quantization do not end with them.
    for (rows, cols) in [(37, 96), (3, 1536), (5, 1000)] {
        let value = |i: usize| libm::sinf(i as f32 * 0.37) * (1.0 + (i % 97) as f32) * 0.01;
        let values: Vec<f32> = (0..rows * cols).map(value).collect();
        let measured = by_slices(&all, rows as u64, cols as u64, &values, 512);
        assert!(measured.errors.iter().all(Result::is_ok));
        assert_equal(&measured, &all, rows, cols, &values);
    }
}

#[test]
fn figures_are_those_of_a_report() {
    let all = read(&[
        "int8",
        "int8@row",
        "int4@g32",
        "e4m3fn",
        "e5m2@row",
        "q4_k",
        "q8_0",
        "mxfp4",
        "nvfp4",
        "bnb_nf4_double",
    ]);
    let values: Vec<f32> = (0..40 * 96).map(|i| libm::sinf(i as f32 * 0.37) * 0.02).collect();
    let measured = by_slices(&all, 40, 96, &values, 512);
    for (setting, errors) in all.iter().zip(&measured.errors) {
        let (name, errors) = (setting.write(), errors.as_ref().unwrap());
        let report = cpu::report(setting.quantizer(), 40, 96, &values).unwrap();
        assert_eq!((errors.bytes, setting.bytes(40, 96)), (report.bytes_after, report.bytes_after), "{name}");
        assert!((errors.sqnr_db().unwrap() - report.sqnr_db.unwrap()).abs() < 1e-6, "{name}");
        assert!((errors.rmse() - report.rmse).abs() < 1e-9 * report.rmse, "{name}");
    }
}

fn read(settings: &[&str]) -> Vec<Setting> {
    settings.iter().map(|text| Setting::read(text).unwrap()).collect()
}

#[test]
fn only_a_scale_of_many_slices_takes_a_second_pass() {
    let passes = |text: &str, rows: u64, cols: u64| {
        let mut measuring = Measuring::by_slices(&read(&[text]), rows, cols, 256, 256);
        let mut taken = 0;
        while let Some((_, n)) = measuring.wanted() {
            measuring.take(&vec![0.5; n]);
            taken += n as u64;
        }
        taken / (rows * cols)
    };
    for (text, one_slice, whole_rows, cut_rows) in [
        ("int8", 1, 2, 2),
        ("int8@row", 1, 1, 2),
        ("int4@g128", 1, 1, 1),
        ("e4m3fn", 1, 1, 1),
        ("e4m3fn@row", 1, 1, 2),
        ("q4_k", 1, 1, 1),
        ("mxfp4", 1, 1, 1),
        ("nvfp4", 1, 2, 2),
        ("nvfp4_one_level", 1, 1, 1),
    ] {
        let found = (passes(text, 4, 64), passes(text, 40, 64), passes(text, 2, 600));
        assert_eq!(found, (one_slice, whole_rows, cut_rows), "{text}");
    }
}

#[test]
fn what_is_no_weight_has_a_sentence_and_moments() {
    let two = read(&["int8@row", "q8_0"]);
    let nothing = by_slices(&two, 2, 2, &[f32::NAN, f32::INFINITY, f32::NAN, f32::NAN], 256);
    let why = "none of the 4 values is finite (3 NaN, 1 infinite)".to_owned();
    assert_eq!(nothing.errors, [Err(why.clone()), Err(why)]);
    assert_eq!((nothing.moments.nan, nothing.moments.infinite), (3, 1));
    let empty = by_slices(&two, 0, 5, &[], 256);
    assert_eq!(empty.errors, [Err(Error::Empty.to_string()), Err(Error::Empty.to_string())]);

    let span = crate::weights::Span { file: 0, start: 0, end: 32 };
    let stored = |dtype| Stored {
        name: "ids".into(),
        shape: vec![2, 2],
        dtype,
        is_big_endian: false,
        span,
        packing: Default::default(),
        order: Default::default(),
    };
    let mut measuring = Measuring::of(&two, &stored(Dtype::Integer { bits: 64, is_signed: true }));
    measuring.take(&[1.0, 2.0, 3.0, 4.0]);
    let measured = measuring.finish();
    let why = "the tensor holds whole numbers, which are kept as they are".to_owned();
    assert_eq!(measured.errors, [Err(why.clone()), Err(why)]);
    assert_eq!(measured.moments.mean, 2.5);
    let mut measuring = Measuring::of(&two, &stored(Dtype::Fp64));
    measuring.take(&[1.0, 2.0, 3.0, 4.0]);
    assert!(measuring.finish().errors.iter().all(Result::is_ok));
}

#[test]
fn slices_of_a_large_tensor_are_of_whole_rows_and_no_larger_than_a_slice() {
    let by = |text: &str, rows, cols| Measuring::new(&read(&[text]), rows, cols).wanted();
    let first = |rows, cols| Measuring::new(&[], rows, cols).wanted();
    assert_eq!(first(128_256, 8192), Some((0, 32 * 8192)));
    assert_eq!(first(1, 100), Some((0, 100)));
    assert_eq!(first(1, 1 << 40), Some((0, PART)));
    assert_eq!(first(786_432, 3), Some((0, 16_384 * 3)));
    assert_eq!(by("q4_k", 128_256, 8192), Some((0, 32 * 8192)));
    // Where a scale is for more than a slice, slices are larger: a tensor that is one takes no second pass.
    assert_eq!(by("int8", 128_256, 8192), Some((0, 512 * 8192)));
    assert_eq!(by("int8@row", 3, 1 << 20), Some((0, 3 << 20)));
    assert_eq!(by("int8@row", 1, 1 << 40), Some((0, SLICE)));
    assert_eq!(first(0, 3), None);
}

#[test]
fn another_tensor_is_compared_once_however_it_is_sliced() {
    let (rows, cols) = (7u64, 300u64);
    let n = (rows * cols) as usize;
    let values: Vec<f32> = (0..n).map(|i| (i as f32).sin()).collect();
    let mut others: Vec<f32> = values.iter().map(|value| value + 1e-3 * value.cos()).collect();
    others[..100].copy_from_slice(&values[..100]);
    others[1999] = f32::INFINITY;
    let whole = Difference::of(&values, &others);
    // One scale for the tensor is decided in a pass before, in which the other tensor is not read.
    for settings in [vec!["int8@row"], vec!["int8", "q8_0"]] {
        let settings: Vec<Setting> = settings.into_iter().filter_map(Setting::read).collect();
        for slice in [512, 1 << 12] {
            let mut measuring = Measuring::by_slices(&settings, rows, cols, slice, 256).beside(Ok(77));
            let mut compared = 0;
            while let Some((first, n)) = measuring.wanted() {
                let part = first as usize..first as usize + n;
                if measuring.wants_other() {
                    measuring.compare(&values[part.clone()], &others[part.clone()]);
                    compared += n;
                }
                measuring.take(&values[part]);
            }
            let measured = measuring.finish();
            assert_eq!((compared, measured.changed), (n, Some(whole.changed)));
            let errors = measured.errors.last().unwrap().as_ref().unwrap();
            assert_eq!((errors.bytes, errors.measured, errors.overflowed), (77, n as u64 - 1, 1));
            assert!((errors.e2 - whole.errors.e2).abs() <= 1e-12 * whole.errors.e2);
            assert_eq!(measured.errors.len(), settings.len() + 1);
        }
    }
    let alone = Measuring::new(&[], rows, cols).beside(Err("the other files have no such tensor".to_owned()));
    assert!(!alone.wants_other());
    let none = Err("the other files have no such tensor".to_owned());
    assert_eq!((alone.finish().errors, Measuring::new(&[], rows, cols).finish().errors), (vec![none], vec![]));
}
