//! Every format with every setting, on every kind of tensor.

use super::*;
use crate::formats::codebook::DYNAMIC8;
use crate::formats::mx::ScaleRule;
use crate::formats::{Block, FORMATS, Format, Kind, Layout, Rounding, bnb, format, nvfp4};
use crate::quantize::{GRID_RULES, GROUP_SIZES, Granularity, RangeMethod, Scheme, Sums};
use proptest::prelude::*;
use proptest::sample::select;

/// Anything an f32 can be, often one of those that end in infinity or NaN somewhere on the way.
fn any_float() -> impl Strategy<Value = f32> {
    let odd =
        [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 0.0, -0.0, 1e-45, -1e-40, 1e38, 65_520.0];
    prop_oneof![2 => any::<u32>().prop_map(f32::from_bits), 2 => select(odd.to_vec()), 6 => -1f32..1.0]
}

fn finite() -> impl Strategy<Value = f32> {
    any_float().prop_map(|x| if x.is_finite() { x } else { 0.25 })
}

fn any_rounding() -> impl Strategy<Value = Rounding> {
    prop_oneof![
        3 => Just(Rounding::NearestEven),
        3 => any::<u32>().prop_map(|random| Rounding::Stochastic { bits: 32, random }),
        1 => select(vec![Rounding::NearestAway, Rounding::TowardZero, Rounding::Up, Rounding::Down, Rounding::ToOdd]),
    ]
}

fn any_granularity() -> impl Strategy<Value = Granularity> {
    prop_oneof![
        select(vec![Granularity::Tensor, Granularity::Row, Granularity::Column]),
        select(GROUP_SIZES.to_vec()).prop_map(Granularity::Group),
    ]
}

prop_compose! {
    fn any_settings()(
        granularity in any_granularity(),
        affine: bool,
        rule in select(GRID_RULES.iter().collect::<Vec<_>>()),
        range in select(vec![
            RangeMethod::Full, RangeMethod::Percentile(99.0), RangeMethod::Percentile(99.9), RangeMethod::Mse,
            RangeMethod::Entropy, RangeMethod::Histogram,
        ]),
        power_of_two_scale: bool,
        scale_rule in select(ScaleRule::ALL.to_vec()),
        rounding in any_rounding(),
        scaled: bool,
    ) -> Quantizer {
        let scheme = if affine { Scheme::Affine } else { Scheme::Symmetric };
        let format = &FORMATS[0];
        let keeps_outliers = false;
        Quantizer {
            format, scheme, granularity, rule, range, power_of_two_scale, scale_rule, rounding, keeps_outliers, scaled,
        }
    }
}

fn any_quantizer() -> impl Strategy<Value = Quantizer> {
    let formats: Vec<&'static Format> = FORMATS.to_vec();
    (select(formats), any_settings()).prop_map(|(format, settings)| Quantizer { format, ..settings })
}

/// Rows, columns and values.
fn tensor(value: impl Strategy<Value = f32>) -> impl Strategy<Value = (usize, usize, Vec<f32>)> {
    let values = prop::collection::vec(value, 6 * 300);
    (1usize..=6, prop_oneof![1usize..=70, 250usize..=300], values).prop_map(|(rows, cols, mut values)| {
        values.truncate(rows * cols);
        (rows, cols, values)
    })
}

fn is_only_read(quantizer: &Quantizer) -> bool {
    ["tq", "iq1", "iq2", "iq3"].iter().any(|start| quantizer.format.id.starts_with(start))
}

/// The passes over slices that end after these rows.
fn sliced(
    quantizer: Quantizer,
    rows: usize,
    cols: usize,
    values: &[f32],
    ends: &[usize],
) -> Result<(Plan, Tally, Vec<u8>), Error> {
    let mut bounds: Vec<usize> = ends.iter().map(|end| end % rows).chain([0, rows]).collect();
    bounds.sort_unstable();
    let slices = || bounds.windows(2).filter(|w| w[0] < w[1]).map(|w| (w[0], &values[w[0] * cols..w[1] * cols]));
    let groups = quantizer.groups();
    let mut ranges = Vec::new();
    for (_, slice) in slices() {
        groups.append(&mut ranges, ranges_of(slice, cols, groups));
    }
    let plan = plan(quantizer, rows, cols, values, &ranges)?;
    let (mut tally, mut codes) = (Tally::default(), Vec::new());
    for (first_row, slice) in slices() {
        tally.add(&scalar::measure(&plan, first_row, slice, &mut codes));
    }
    Ok((plan, tally, codes))
}

fn assert_close(what: &str, a: f64, b: f64, size: f64) -> Result<(), TestCaseError> {
    prop_assert!((a - b).abs() <= 1e-6 * size, "{}: {} is not {}", what, a, b);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_slicing_gives_the_same_codes_counts_and_sums(
        (rows, cols, values) in tensor(any_float()),
        quantizer in any_quantizer(),
        ends in prop::collection::vec(0usize..6, 0..4),
    ) {
        let whole = quantize(quantizer, rows, cols, &values, |_| {});
        let parts = sliced(quantizer, rows, cols, &values, &ends);
        match (whole, parts) {
            (Ok((plan, tally, codes)), Ok((sliced_plan, sliced_tally, sliced_codes))) => {
                prop_assert!(plan == sliced_plan, "{:?}", quantizer);
                prop_assert_eq!(&codes, &sliced_codes, "{:?}", quantizer);
                prop_assert_eq!(codes.len(), plan.code_bytes(values.len()));
                let exact = |tally: &Tally| Tally { sums: Sums::default(), ..tally.clone() };
                prop_assert_eq!(exact(&tally), exact(&sliced_tally), "{:?}", quantizer);
                let (a, b) = (tally.sums, sliced_tally.sums);
                assert_close("Σe", a.e, b.e, a.abs_e)?;
                assert_close("Σ|e|", a.abs_e, b.abs_e, a.abs_e)?;
                assert_close("Σe²", a.e2, b.e2, a.e2)?;
                assert_close("Σx²", a.x2, b.x2, a.x2)?;
                assert_close("Σq²", a.q2, b.q2, a.q2)?;
                assert_close("Σxq", a.xq, b.xq, (a.x2 * a.q2).sqrt())?;
            }
            (whole, parts) => prop_assert_eq!(whole.err(), parts.err()),
        }
    }

    #[test]
    fn any_tensor_has_a_report_or_a_reason(
        (rows, cols, values) in tensor(any_float()),
        quantizer in any_quantizer(),
    ) {
        let n = values.len() as u64;
        match report(quantizer, rows, cols, &values) {
            Ok(report) => {
                prop_assert_eq!(report.n, n);
                prop_assert!(report.bytes_after > 0 && report.bits_per_weight >= f64::from(quantizer.format.bits()));
                let figures = [report.mse, report.mae, report.max_abs_error, report.bias, report.abs_error_p999];
                prop_assert!(figures.iter().all(|x| x.is_finite()), "{:?}: {:?}", quantizer, figures);
                prop_assert!(report.abs_error_p999 <= report.max_abs_error);
                prop_assert_eq!(report.reference.counts.iter().sum::<u64>() + report.nonfinite, n);
                prop_assert_eq!(report.exponents.counts.iter().sum::<u64>() + report.nan, n);
                if let Some(zones) = report.zones {
                    let counted = zones.zero + zones.subnormal + zones.normal + zones.overflow;
                    prop_assert_eq!(counted + report.nonfinite, n, "{:?}", quantizer);
                }
                prop_assert!(report.used_codes.is_none_or(|used| used <= n && used <= 1 << quantizer.format.bits()));
                let most = report.used_codes.map_or(f64::INFINITY, |used| (used as f64).log2());
                prop_assert!(report.code_entropy.is_none_or(|entropy| entropy <= most + 1e-9));
            }
            Err(Error::NothingFinite { nan, infinite, .. }) => prop_assert_eq!(nan + infinite, n),
            Err(Error::OnlyRead(name)) => {
                prop_assert!(is_only_read(&quantizer) && name == quantizer.format.name);
            }
            Err(error) => prop_assert!(false, "{:?}: {}", quantizer, error),
        }
    }

    #[test]
    fn values_are_those_that_the_sums_are_of(
        (rows, cols, values) in tensor(finite()),
        quantizer in any_quantizer().prop_filter("written", |quantizer| !is_only_read(quantizer)),
    ) {
        let (plan, tally, _) = quantize(quantizer, rows, cols, &values, |_| {}).unwrap();
        let q = quantized(&plan, 0, &values);
        prop_assert_eq!(q.len(), values.len());
        let measured: Vec<(f64, f64)> =
            values.iter().zip(&q).filter(|(_, q)| q.is_finite()).map(|(&x, &q)| (x.into(), q.into())).collect();
        prop_assert_eq!(measured.len() as u64, tally.measured);
        let flushed = measured.iter().filter(|(x, q)| *x != 0.0 && *q == 0.0).count() as u64;
        prop_assert_eq!(flushed, tally.flushed);
        let q2 = measured.iter().fold(0.0, |sum, (_, q)| sum + q * q);
        assert_close("Σq²", q2, tally.sums.q2, q2)?;
    }

    #[test]
    fn the_least_squared_error_is_not_more_than_that_of_the_full_range(
        (rows, cols, values) in tensor(-1f32..1.0),
        settings in any_settings(),
        id in select(vec!["int8", "int4", "uint4", "int2", "e4m3fn", "e2m1fn", "nf4", "dynamic8"]),
    ) {
        let by = |range| {
            let format = format(id).unwrap();
            let quantizer = Quantizer { format, range, scaled: true, rounding: Rounding::NearestEven, ..settings };
            quantize(quantizer, rows, cols, &values, |_| {}).unwrap().1.sums.e2
        };
        prop_assert!(by(RangeMethod::Mse) <= by(RangeMethod::Full) * (1.0 + 1e-9));
    }
    #[test]
    fn codes_and_values_of_blocks_are_those_of_the_codecs(
        values in prop::collection::vec(any_float(), 512),
        size in select(vec![1e-38f32, 1e-3, 1.0, 1e30]),
        scale_rule in select(ScaleRule::ALL.to_vec()),
        is_ordinary: bool,
    ) {
        // Of like size, or nearly every block is ruled by one value, and none by what is finite.
        let like = |x: f32| if x.abs() < 1.0 { x * size } else if is_ordinary { 0.3 * size } else { x };
        let values: Vec<f32> = values.iter().map(|&x| if is_ordinary && x.is_nan() { 0.0 } else { like(x) }).collect();
        for format in FORMATS {
            let Kind::Block(Block { size, layout, .. }) = format.kind else { continue };
            let Some(encoded) = codecs::encode(format, scale_rule, &values) else { continue };
            let quantizer = Quantizer { scale_rule, ..Quantizer::new(format) };
            let Ok((plan, _, codes)) = quantize(quantizer, 1, values.len(), &values, |_| {}) else { continue };
            prop_assert!(codes == encoded.codes, "{}", format.id);
            let f32_at = |bytes: &[u8], i: usize| f32::from_le_bytes(bytes.as_chunks().0[i]);
            let nested = |i: usize| {
                let (amaxes, offset) = encoded.tensor_scales.split_at(encoded.tensor_scales.len() - 4);
                bnb::decode(&DYNAMIC8, encoded.scales[i].into(), f32_at(amaxes, i / 256)) + f32_at(offset, 0)
            };
            let is_finite = values.iter().all(|x| x.is_finite());
            for (i, q) in quantized(&plan, 0, &values).into_iter().enumerate() {
                let (code, block) = (u32::from(codes[i % codes.len()]), i / size);
                let expected = match layout {
                    Layout::Mx(element) => element.decode_scaled(code, encoded.scales[block]),
                    Layout::Nvfp4 { .. } => {
                        nvfp4::decode(code, encoded.scales[block], f32_at(&encoded.tensor_scales, 0))
                    }
                    Layout::Bnb { codebook, double: false } => {
                        bnb::decode(codebook, code, f32_at(&encoded.scales, block))
                    }
                    Layout::Bnb { codebook, .. } if is_finite => bnb::decode(codebook, code, nested(block)),
                    _ => continue,
                };
                let is_same = q.to_bits() == expected.to_bits() || q.is_nan() && expected.is_nan();
                prop_assert!(is_same, "{}, value {i}: {q} is not {expected}", format.id);
            }
        }
    }
}

/// Numbers half way between two of E2M1 times their scales, and beside that: where the last bit of an inverse decides.
#[test]
fn nvfp4_rounds_ties_as_its_codec_does() {
    let mut values = Vec::new();
    for i in 0..20_000u32 {
        let amax = 1.0 + i as f32 * 1.37e-4;
        let tensor_scale = nvfp4::tensor_scale(1.0 + 19_999.0 * 1.37e-4);
        let scale = decoded_scale(nvfp4::block_scale(amax, tensor_scale)) * tensor_scale;
        values.push(amax);
        for middle in [0.25, 0.75, 1.25, 1.75, 2.5, 3.5, 5.0] {
            let tie = middle * scale;
            values.extend([tie, f32::from_bits(tie.to_bits() + 1 - i % 3)]);
        }
        values.push(0.0);
    }
    let format = format("nvfp4").unwrap();
    let encoded = codecs::encode(format, ScaleRule::Floor, &values).unwrap();
    let (_, _, codes) = quantize(Quantizer::new(format), 1, values.len(), &values, |_| {}).unwrap();
    let different = codes.iter().zip(&encoded.codes).filter(|(a, b)| a != b).count();
    assert_eq!(different, 0, "codes of {}", codes.len());
}

fn decoded_scale(code: u8) -> f32 {
    crate::formats::mx::E4M3FN.decode(code.into()) as f32
}

/// Tensors that have no scale, or an extreme one, or none that fits.
fn degenerate() -> Vec<(&'static str, usize, Vec<f32>)> {
    let nan_row = [vec![f32::NAN; 40], vec![0.5; 40]].concat();
    vec![
        ("one value", 1, vec![0.7]),
        ("a constant", 40, vec![-0.3; 80]),
        ("zeros", 33, vec![0.0; 66]),
        ("both zeros", 2, vec![0.0, -0.0]),
        ("subnormals", 5, vec![1e-45, -1e-40, 3e-39, 0.0, 1.1e-38]),
        ("the largest", 4, vec![f32::MAX, f32::MIN, 1e38, -1e38]),
        ("large and small", 4, vec![1e38, 1e-38, -1e38, 0.0]),
        ("infinities", 3, vec![f32::INFINITY, f32::NEG_INFINITY, 1.0]),
        ("a row of NaN", 40, nan_row),
    ]
}

#[test]
fn degenerate_tensors_have_defined_reports() {
    for format in FORMATS {
        for (name, cols, values) in degenerate() {
            for settings in [
                Quantizer::new(format),
                Quantizer { scaled: true, granularity: Granularity::Group(256), ..Quantizer::new(format) },
                Quantizer { scheme: Scheme::Affine, range: RangeMethod::Mse, ..Quantizer::new(format) },
            ] {
                let what = format!("{name}, {settings:?}");
                match report(settings, values.len() / cols, cols, &values) {
                    Ok(report) => {
                        assert!(report.mse.is_finite(), "{what}");
                        if name.contains("zeros") && format.id != "e8m0fnu" && format.id != "iq4_nl_table" {
                            assert_eq!(
                                (report.mse, report.sqnr_db, report.relative_error),
                                (0.0, None, None),
                                "{what}"
                            );
                        }
                    }
                    Err(error) => assert!(matches!(error, Error::OnlyRead(_)), "{what}: {error}"),
                }
            }
        }
    }
}

#[test]
fn what_cannot_be_is_a_sentence() {
    let int8 = Quantizer::new(format("int8").unwrap());
    let sentence =
        |quantizer, rows, cols, values: &[f32]| report(quantizer, rows, cols, values).unwrap_err().to_string();
    assert_eq!(sentence(int8, 0, 0, &[]), "the tensor has no values");
    assert_eq!(sentence(int8, 2, 2, &[1.0]), "1 values are not 2 rows of 2");
    assert_eq!(sentence(int8, 1, 2, &[f32::NAN; 2]), "none of the 2 values is finite (2 NaN, 0 infinite)");
    let group = Quantizer { granularity: Granularity::Group(0), ..int8 };
    assert_eq!(sentence(group, 1, 1, &[1.0]), "a group is of 16, 32, 64, 128 or 256 values, not of 0");
    let percentile = Quantizer { range: RangeMethod::Percentile(f64::NAN), ..int8 };
    assert_eq!(sentence(percentile, 1, 1, &[1.0]), "the percentile of the range lies between 99 and 99.999");
    // Shapes by themselves: their tensors would take a gigabyte.
    let column = Quantizer { granularity: Granularity::Column, ..int8 };
    assert_eq!(column.check_shape(1, 1 << 25), Err(Error::TooManyScales(1 << 25)));
    assert_eq!(column.check_shape(1 << 25, 1), Ok(()));
    let q4_k = Quantizer::new(format("q4_k").unwrap());
    assert_eq!(q4_k.check_shape(1 << 26, 1), Err(Error::TooMuchPadding { cols: 1, bytes: 144 << 26 }));
    assert_eq!(q4_k.check_shape(1 << 13, 1 << 13), Ok(()));
    let only_read = sentence(Quantizer::new(format("iq2_xs").unwrap()), 1, 1, &[1.0]);
    assert!(only_read.starts_with("IQ2_XS is only read here"), "{only_read}");
}

#[test]
fn bytes_are_those_of_the_codes_and_of_every_scale() {
    let of = |id: &str| Quantizer::new(format(id).unwrap());
    let int4 = Quantizer { granularity: Granularity::Group(32), ..of("int4") };
    let values = vec![0.5; 3 * 70];
    let bytes = |quantizer| {
        let report = report(quantizer, 3, 70, &values).unwrap();
        (report.bytes_after, report.scales, report.padded)
    };
    // Three groups a row, the last of six values.
    assert_eq!(bytes(int4), (105 + 9 * 4, 9, 0));
    assert_eq!(bytes(Quantizer { scheme: Scheme::Affine, ..int4 }), (105 + 9 * 5, 9, 0));
    assert_eq!(bytes(Quantizer { power_of_two_scale: true, ..int4 }), (105 + 9, 9, 0));
    assert_eq!(bytes(Quantizer { granularity: Granularity::Column, ..of("int8") }), (210 + 70 * 4, 70, 0));
    assert_eq!(bytes(of("e4m3fn")), (210, 0, 0));
    assert_eq!(bytes(Quantizer { scaled: true, granularity: Granularity::Row, ..of("e4m3fn") }), (210 + 12, 3, 0));
    assert_eq!(bytes(of("nf4")), (105 + 4, 1, 0));
    assert_eq!(bytes(of("mxfp4")), (3 * 3 * 17, 9, 3 * 26));
    assert_eq!(bytes(of("nvfp4")), (3 * 5 * 9 + 4, 15, 3 * 10));
    assert_eq!(bytes(of("bnb_nf4_block")), (3 * 2 * 36, 6, 3 * 58));
    assert_eq!(bytes(of("bnb_nf4_double")), (3 * 2 * 33 + 4 + 4, 6, 3 * 58));
    assert_eq!(bytes(of("q4_k")), (3 * 144, 3, 3 * 186));
    assert_eq!(bytes(of("q8_0")), (3 * 3 * 34, 9, 3 * 26));
    // Zeros that fill up blocks are no codes of values.
    let q8_0 = report(of("q8_0"), 3, 70, &values).unwrap();
    assert_eq!((q8_0.used_codes, q8_0.code_entropy), (Some(1), Some(0.0)));
}

#[test]
fn a_packed_tensor_has_as_many_bytes_as_its_plan_says() {
    let values: Vec<f32> = (0..3 * 70).map(|i| libm::sinf(i as f32)).collect();
    for format in FORMATS {
        for granularity in [Granularity::Tensor, Granularity::Row, Granularity::Column, Granularity::Group(32)] {
            for (scheme, power_of_two_scale) in [(Scheme::Symmetric, true), (Scheme::Affine, false)] {
                let settings = Quantizer { scheme, granularity, power_of_two_scale, ..Quantizer::new(format) };
                let Ok((plan, _, codes)) = quantize(settings, 3, 70, &values, |_| {}) else { continue };
                let packed = packed(&plan, &values, &codes);
                assert_eq!(packed.len() as u64, plan.packed_bytes(), "{settings:?}");
            }
        }
    }
}

#[test]
fn an_outlier_spoils_its_group_only() {
    let mut values: Vec<f32> = (0..4 * 256).map(|i| libm::sinf(i as f32)).collect();
    values[300] = 1000.0;
    let error = |granularity| {
        let quantizer = Quantizer { granularity, ..Quantizer::new(format("int8").unwrap()) };
        report(quantizer, 4, 256, &values).unwrap().mse
    };
    let by_size = [Granularity::Tensor, Granularity::Row, Granularity::Group(128), Granularity::Group(16)].map(error);
    assert!(by_size.is_sorted_by(|a, b| *a > 1.5 * *b), "{by_size:?}");
    assert!(error(Granularity::Column) < by_size[1]);
}
