//! `formats/metrics.json`, `histograms.json` and the tensors behind them, through the quantizer: what a whole run of the page
//! gives for the golden tensor, by the rules of each library.

use crate::vectors::{assert_same_codes, assert_same_floats, dtype, load, names};
use crate::{assert_close, assert_passed_over, golden, list, number};
use bitbudget::compute::cpu;
use bitbudget::formats::mx::ScaleRule;
use bitbudget::formats::{Kind, format};
use bitbudget::quantize::exponents::LOWEST;
use bitbudget::quantize::{
    Edges, Element, Exponents, Granularity, Plan, Quantizer, RangeMethod, Report, Scheme, Tally, grid_rule,
};
use serde_json::Value;
use std::collections::BTreeSet;

const TOLERANCE: f64 = 1e-6;

/// What the library did whose figures have this name; nothing for what is not made here.
fn quantizer(name: &str) -> Option<Quantizer> {
    let of = |id: &str| Quantizer::new(format(id).unwrap_or_else(|| panic!("no format {id}")));
    let rule = |id: &str| grid_rule(id).unwrap_or_else(|| panic!("no rule {id}"));
    if let Some(id) = name.strip_prefix("cast/") {
        return Some(of(id));
    }
    if let Some(name) = name.strip_prefix("ggml/") {
        let id = match name {
            "MXFP4" | "NVFP4" => format!("ggml_{}", name.to_lowercase()),
            _ => name.to_lowercase(),
        };
        let quantizer = of(&id);
        // BitNet's types are only read.
        return (!id.starts_with("tq")).then_some(quantizer);
    }
    if let Some((element, rule)) = name.strip_prefix("mx").and_then(|rest| rest.split_once('.')) {
        let id = match element {
            "e2m1" => "mxfp4",
            "e2m3" => "mxfp6_e2m3",
            "e3m2" => "mxfp6_e3m2",
            "e4m3" => "mxfp8_e4m3",
            "e5m2" => "mxfp8_e5m2",
            other => panic!("no element {other}"),
        };
        let scale_rule = match rule {
            "floor" => ScaleRule::Floor,
            "ceil" => ScaleRule::Ceil,
            "even" => ScaleRule::Even,
            // torchao's missed steps are too few and too small to show in the figures.
            "rceil" | "rceil_hw" => ScaleRule::Rceil,
            other => panic!("no rule {other}"),
        };
        return Some(Quantizer { scale_rule, ..of(id) });
    }
    if let Some(level) = name.strip_prefix("nvfp4/") {
        return Some(of(if level == "two_level" { "nvfp4" } else { "nvfp4_one_level" }));
    }
    if let Some((codebook, size)) = name.strip_prefix("bnb/").and_then(|rest| rest.split_once(".bs")) {
        let id = if codebook == "fp4" { "bnb_fp4" } else { codebook };
        // The figures of the 8-bit map are those of a table that is not to be matched.
        let granularity = Granularity::Group(size.parse().expect("a size"));
        return (id != "dynamic8").then(|| Quantizer { granularity, ..of(id) });
    }
    if let Some(rest) = name.strip_prefix("groupwise/") {
        let parts: Vec<&str> = rest.split('.').collect();
        let [integer, group, mapping] = parts[..] else { panic!("{name}") };
        let granularity = Granularity::Group(group.trim_start_matches('g').parse().expect("a size"));
        let scheme = if mapping == "asym" { Scheme::Affine } else { Scheme::Symmetric };
        let rule = rule(if mapping == "sym_noclip" { "torchao_no_clip" } else { "torchao" });
        return Some(Quantizer { granularity, scheme, rule, ..of(integer) });
    }
    if let Some(rest) = name.strip_prefix("int8/") {
        let parts: Vec<&str> = rest.split('.').collect();
        let (granularity, scheme, dtype) = match parts[..] {
            ["per_tensor", "symmetric127", "qint8"] => return Some(of("int8")),
            [granularity @ ("per_tensor" | "per_channel"), scheme, dtype] => (granularity, scheme, dtype),
            _ => return None,
        };
        let granularity = if granularity == "per_channel" { Granularity::Row } else { Granularity::Tensor };
        let (scheme, range) = match (scheme, dtype) {
            ("affine", _) => (Scheme::Affine, RangeMethod::Full),
            ("symmetric", _) => (Scheme::Symmetric, RangeMethod::Full),
            ("histogram_mse", "quint8") => (Scheme::Affine, RangeMethod::Histogram),
            ("histogram_mse", "qint8sym") => (Scheme::Symmetric, RangeMethod::Histogram),
            _ => return None,
        };
        let id = if dtype == "quint8" { "uint8" } else { "int8" };
        return Some(Quantizer { granularity, scheme, range, rule: rule("torch"), ..of(id) });
    }
    None
}

fn tensor() -> (usize, usize, Vec<f32>) {
    let tensor = load::<f32>("tensor/main.bin");
    (tensor.shape[0], tensor.shape[1], tensor.data)
}

fn run(quantizer: Quantizer) -> (Plan, Tally, Vec<u8>) {
    let (rows, cols, values) = tensor();
    cpu::quantize(quantizer, rows, cols, &values, |_| {}).unwrap_or_else(|error| panic!("{quantizer:?}: {error}"))
}

fn report(quantizer: Quantizer) -> Report {
    let (rows, cols, values) = tensor();
    cpu::report(quantizer, rows, cols, &values).unwrap_or_else(|error| panic!("{quantizer:?}: {error}"))
}

#[test]
fn the_figures_are_those_of_the_libraries() {
    let figures = golden("formats/metrics.json");
    let mut passed_over = BTreeSet::new();
    for (name, case) in figures.as_object().expect("cases by name") {
        let Some(quantizer) = quantizer(name) else {
            passed_over.insert(name.as_str());
            continue;
        };
        let report = report(quantizer);
        let close = |what: &str, ours: f64, key: &str| {
            assert_close(&format!("{name}, {what}"), ours, number(case, key), TOLERANCE, 0.0);
        };
        close("MSE", report.mse, "mse");
        close("MAE", report.mae, "mae");
        close("largest error", report.max_abs_error, "max_abs");
        close("SQNR", report.sqnr_db.expect("an error and a signal"), "sqnr_db");
        close("cosine", report.cosine.expect("a signal"), "cosine");
        close("median error", report.abs_error_p50, "p50");
        close("99th percentile", report.abs_error_p99, "p99");
        let zeros = number(case, "exact_zero_fraction") * number(case, "n");
        assert_eq!(report.flushed as f64, zeros, "{name}: values that became zero");
        let nonfinite = report.n - report.reference.counts.iter().sum::<u64>() + report.overflowed;
        assert_eq!(nonfinite as f64, number(case, "nonfinite"), "{name}");
        let relative = report.relative_error.expect("a signal");
        assert_close(name, -20.0 * relative.log10(), report.sqnr_db.unwrap(), 1e-9, 0.0);
    }
    assert_passed_over(
        &passed_over,
        &[
            "bnb/dynamic8.bs256",
            "ggml/TQ1_0",
            "ggml/TQ2_0",
            "hqq/int2.g64",
            "hqq/int4.g64",
            "int8/per_tensor.affine.reduce_range.quint8",
        ],
    );
}

/// Codes as they are stored, each in a byte.
fn bytes(path: &str) -> Vec<u8> {
    match dtype(path).as_str() {
        "int8" => load::<i8>(path).data.into_iter().map(|code| code as u8).collect(),
        _ => load::<u8>(path).data,
    }
}

fn grids(plan: &Plan) -> (Vec<f32>, Vec<i32>) {
    let Element::Integer(grids) = &plan.element else { panic!("{:?} has grids", plan.quantizer) };
    grids.iter().map(|grid| (grid.scale, grid.zero_point)).unzip()
}

#[test]
fn groups_have_the_bytes_of_torchao() {
    let files = names("groupwise", ".q.bin");
    assert_eq!(files.len(), 6);
    for name in files {
        let name = format!("groupwise/{name}");
        let (plan, _, codes) = run(quantizer(&name).unwrap_or_else(|| panic!("{name}")));
        let (scales, zero_points) = grids(&plan);
        assert_same_floats(&name, &scales, &load::<f32>(&format!("{name}.scale.bin")).data);
        assert_same_codes(&name, &zero_points, &load::<i32>(&format!("{name}.zp.bin")).data);
        assert_same_codes(&name, &codes, &bytes(&format!("{name}.q.bin")));
    }
}

#[test]
fn observers_have_the_bytes_of_torch_and_onnx_runtime() {
    let mut passed_over = BTreeSet::new();
    let params = golden("formats/int8_params.json");
    let files = names("int8", ".bin");
    for file in &files {
        let onnx = |scheme, id| {
            let rule = grid_rule("onnx").unwrap();
            Some(Quantizer { scheme, rule, ..Quantizer::new(format(id).unwrap()) })
        };
        let quantizer = match file.as_str() {
            "onnx.dynamic_quantize_linear" => onnx(Scheme::Affine, "uint8"),
            "onnx.quantize_linear.sym127.int8" => onnx(Scheme::Symmetric, "int8"),
            _ => quantizer(&format!("int8/{file}")),
        };
        let Some(quantizer) = quantizer else {
            passed_over.insert(file.as_str());
            continue;
        };
        let (plan, _, codes) = run(quantizer);
        assert_same_codes(file, &codes, &bytes(&format!("int8/{file}.bin")));
        if let Some(scales) = params[file]["scale"].as_array() {
            let theirs: Vec<f32> = scales.iter().filter_map(Value::as_f64).map(|scale| scale as f32).collect();
            assert_same_floats(file, &grids(&plan).0, &theirs);
        }
    }
    // Pairs of numbers and scales, and a range of seven bits.
    assert_passed_over(
        &passed_over,
        &["per_tensor.affine.reduce_range.quint8", "recip_vs_div.inputs", "recip_vs_div.onnx", "recip_vs_div.torch"],
    );
}

#[test]
fn blocks_have_the_bytes_of_their_libraries() {
    for name in names("ggml", ".q.bin") {
        let Some(quantizer) = quantizer(&format!("ggml/{name}")) else { continue };
        assert_same_codes(&name, &run(quantizer).2, &load::<u8>(&format!("ggml/{name}.q.bin")).data);
    }
    for name in names("mx", ".codes.bin").iter().filter(|name| !name.ends_with(".rceil")) {
        let quantizer = quantizer(&format!("mx{name}")).unwrap_or_else(|| panic!("{name}"));
        assert_same_codes(name, &run(quantizer).2, &load::<u8>(&format!("mx/{name}.codes.bin")).data);
    }
    for name in ["one_level", "two_level"] {
        let (plan, _, codes) = run(quantizer(&format!("nvfp4/{name}")).unwrap());
        assert_same_codes(name, &codes, &load::<u8>(&format!("nvfp4/{name}.codes.bin")).data);
        let Element::Nvfp4(tensor_scale) = plan.element else { panic!() };
        assert_same_floats(name, &[tensor_scale], &load::<f32>(&format!("nvfp4/{name}.tensor_scale.bin")).data);
    }
    let of = |id: &str| Quantizer::new(format(id).unwrap());
    let grouped = |id: &str, size| Quantizer { granularity: Granularity::Group(size), ..of(id) };
    let exact = load::<u8>("bnb/dynamic8.bs256.q_exact.bin").data;
    assert_same_codes("dynamic8", &run(grouped("dynamic8", 256)).2, &exact);
    for (id, file) in [("nf4", "nf4"), ("bnb_fp4", "fp4")] {
        for size in [64, 128, 256] {
            let packed = bitbudget::formats::bnb::pack_nibbles(&run(grouped(id, size)).2);
            assert_same_codes(id, &packed, &load::<u8>(&format!("bnb/{file}.bs{size}.q.bin")).data);
        }
        let block = run(of(&format!("bnb_{file}_block"))).2;
        let double = run(of(&format!("bnb_{file}_double"))).2;
        assert_eq!(block, double, "{id}: the codes are of the magnitudes as they are");
        assert_eq!(block, run(grouped(id, 64)).2, "{id}");
    }
}

#[test]
fn quantized_values_of_nf4_are_those_of_bitsandbytes() {
    let (rows, cols, values) = tensor();
    for (id, file) in [("bnb_nf4_block", "nf4"), ("bnb_fp4_block", "fp4")] {
        let quantizer = Quantizer::new(format(id).unwrap());
        let (plan, ..) = cpu::quantize(quantizer, rows, cols, &values, |_| {}).unwrap();
        let expected = load::<f32>(&format!("bnb/{file}.bs64.dq.bin")).data;
        assert_same_floats(id, &cpu::quantized(&plan, 0, &values), &expected);
    }
}

#[test]
fn packed_tensors_have_the_bytes_and_scales_of_their_libraries() {
    let (_, _, values) = tensor();
    let packed = |quantizer| {
        let (plan, _, codes) = run(quantizer);
        let packed = cpu::packed(&plan, &values, &codes);
        assert_eq!(packed.len() as u64, plan.packed_bytes(), "{quantizer:?}");
        packed
    };
    let of = |id: &str| Quantizer::new(format(id).unwrap());
    let floats = |path: &str| load::<f32>(path).data.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    for (id, file) in [("bnb_nf4_block", "nf4"), ("bnb_fp4_block", "fp4")] {
        let packed = packed(of(id));
        assert_same_codes(id, &packed.codes, &load::<u8>(&format!("bnb/{file}.bs64.q.bin")).data);
        assert_same_codes(id, &packed.scales, &floats(&format!("bnb/{file}.bs64.absmax.bin")));
    }
    let double = packed(of("bnb_nf4_double"));
    let theirs = [floats("bnb/nf4.bs64.dq2.absmax2.bin"), floats("bnb/nf4.bs64.dq2.offset.bin")].concat();
    assert_same_codes("double quantization", &double.tensor_scales, &theirs);
    for name in names("mx", ".scale.bin").iter().filter(|name| !name.ends_with(".rceil")) {
        let ours = packed(quantizer(&format!("mx{name}")).unwrap());
        assert_same_codes(name, &ours.scales, &load::<u8>(&format!("mx/{name}.scale.bin")).data);
    }
    for name in ["one_level", "two_level"] {
        let ours = packed(quantizer(&format!("nvfp4/{name}")).unwrap());
        assert_same_codes(name, &ours.scales, &load::<u8>(&format!("nvfp4/{name}.scale.bin")).data);
        // torchao: the even element in the low nibble.
        let codes = load::<u8>(&format!("nvfp4/{name}.codes.bin")).data;
        let theirs: Vec<u8> = codes.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
        assert_same_codes(name, &ours.codes, &theirs);
    }
}

fn counts(case: &Value) -> Vec<u64> {
    list(case, "counts").iter().filter_map(Value::as_u64).collect()
}

fn binned<const N: usize>(values: &[f32], case: &Value) -> Vec<u64> {
    let edges = Edges::<N>::of_bins(number(case, "lo") as f32, number(case, "hi") as f32);
    let mut counts = vec![0; N];
    for &x in values {
        counts[edges.bin(x)] += 1;
        assert_eq!(edges.bin(x), edges.bin_from_guess(x), "{x}");
    }
    counts
}

#[test]
fn histograms_are_numpys() {
    let (_, cols, values) = tensor();
    let histograms = golden("formats/histograms.json");
    let mut seen = 0;
    for (name, case) in histograms.as_object().expect("cases by name") {
        let Some((row, kind)) = name.strip_prefix("row").and_then(|rest| rest.split_once('.')) else {
            assert_eq!(name, "rule");
            continue;
        };
        let row: usize = row.parse().unwrap();
        let values = &values[row * cols..][..cols];
        seen += 1;
        match kind {
            "minmax64" => assert_eq!(binned::<64>(values, case), counts(case), "{name}"),
            "sym63" => assert_eq!(binned::<63>(values, case), counts(case), "{name}"),
            "log2" => {
                let exponents = Exponents::of(values);
                let ours = exponents.counts().iter().enumerate().skip(1).filter(|(_, count)| **count > 0);
                let ours: Vec<(i32, u64)> = ours.map(|(i, &count)| (i as i32 + LOWEST, count)).collect();
                let theirs = case.as_object().unwrap().iter();
                let mut theirs: Vec<(i32, u64)> =
                    theirs.map(|(exponent, count)| (exponent.parse().unwrap(), count.as_u64().unwrap())).collect();
                theirs.sort_unstable();
                assert_eq!(ours, theirs, "{name}");
            }
            other => panic!("no histogram {other}"),
        }
    }
    assert_eq!(seen, 12);
}

#[test]
fn what_is_said_of_codes_scales_and_zones_follows_from_the_codes() {
    let (_, _, values) = tensor();
    let report = report(Quantizer::new(format("e4m3fn").unwrap()));
    let Kind::Float(float) = format("e4m3fn").unwrap().kind else { panic!() };
    let zones = report.zones.unwrap();
    let count =
        |is: fn(f64, f64) -> bool, edge: f64| values.iter().filter(|x| is(f64::from(x.abs()), edge)).count() as u64;
    assert_eq!(zones.zero, count(|x, edge| x == edge, 0.0));
    assert_eq!(zones.zero + zones.subnormal, count(|x, edge| x < edge, float.min_normal().unwrap()));
    assert_eq!((zones.overflow, report.scales), (0, 0));
    let (plan, _, codes) = run(Quantizer::new(format("q4_k").unwrap()));
    assert_eq!(plan.packed_bytes(), codes.len() as u64);
    let report = self::report(Quantizer::new(format("q4_k").unwrap()));
    assert_eq!((report.scales, report.used_codes), (16, Some(16)));
    assert!(report.code_entropy.unwrap() > 3.0 && report.code_entropy.unwrap() < 4.0);
}
