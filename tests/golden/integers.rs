//! `formats/int8/`, `groupwise/` and `hqq/`: whole numbers by torch, ONNX Runtime, torchao and HQQ.

use crate::vectors::{assert_same_codes, assert_same_floats, dtype, load, names};
use crate::{golden, list, text};
use bitbudget::formats::Integer;
use bitbudget::quantize::{Grid, Range, Scheme, grid_rule};
use serde_json::Value;

fn grid(rule: &str, integer: Integer, scheme: Scheme, values: &[f32]) -> Grid {
    let rule = grid_rule(rule).unwrap_or_else(|| panic!("no rule {rule}"));
    (rule.grid)(integer, scheme, Range::of(values))
}

fn codes(path: &str) -> Vec<i32> {
    match dtype(path).as_str() {
        "int8" => load::<i8>(path).data.into_iter().map(i32::from).collect(),
        _ => load::<u8>(path).data.into_iter().map(i32::from).collect(),
    }
}

fn numbers(value: &Value, key: &str) -> Vec<f64> {
    list(value, key).iter().filter_map(Value::as_f64).collect()
}

/// Codes of the tensor, a grid for each `group` values.
fn encode(tensor: &[f32], group: usize, grids: &[Grid]) -> Vec<i32> {
    tensor.iter().enumerate().map(|(i, &x)| grids[i / group].encode(x).0).collect()
}

#[test]
fn torch_observers_have_these_scales_and_codes() {
    let tensor = load::<f32>("tensor/main.bin").data;
    let params = golden("formats/int8_params.json");
    let mut observers = 0;
    for (name, case) in params.as_object().expect("cases by name") {
        if case.get("observer").is_none() {
            continue;
        }
        observers += 1;
        let (min, max) = (case["quant_min"].as_i64().unwrap() as i32, case["quant_max"].as_i64().unwrap() as i32);
        let integer = Integer { bits: ((max - min + 1) as u32).next_power_of_two().ilog2(), signed: min < 0 };
        let scheme = if text(case, "qscheme").contains("affine") { Scheme::Affine } else { Scheme::Symmetric };
        let (scales, zero_points) = (numbers(case, "scale"), numbers(case, "zero_point"));
        let group = tensor.len() / scales.len();
        let grids: Vec<Grid> = if text(case, "observer").contains("MinMax") {
            // −127..127 is the restricted range, whose scale is amax / 127.
            let rule = if min == -max { "absmax" } else { "torch" };
            tensor.chunks(group).map(|values| grid(rule, integer, scheme, values)).collect()
        } else {
            // The search of torch's histogram observer is held in `quantizer`: here its scales are taken as they are.
            let observed = scales.iter().zip(&zero_points).map(|(&scale, &zero_point)| {
                let (scale, zero_point) = (scale as f32, zero_point as i32);
                Grid { scale, inverse: 1.0 / scale, zero_point, min_code: min, max_code: max, divides: false }
            });
            observed.collect()
        };
        for (i, grid) in grids.iter().enumerate() {
            assert_eq!(grid.scale, scales[i] as f32, "{name}, scale {i}");
            assert_eq!(f64::from(grid.zero_point), zero_points[i], "{name}, zero point {i}");
        }
        // The codes of qint8 and quint8 are those of the type, also where the observer used fewer.
        let of_type = if text(case, "dtype").contains("quint8") { (0, 255) } else { (-128, 127) };
        let grids: Vec<Grid> =
            grids.iter().map(|&grid| Grid { min_code: of_type.0, max_code: of_type.1, ..grid }).collect();
        assert_same_codes(name, &encode(&tensor, group, &grids), &codes(&format!("int8/{name}.bin")));
    }
    assert!(observers > 0);
}

#[test]
fn onnx_runtime_has_these_scales_and_codes() {
    let tensor = load::<f32>("tensor/main.bin").data;
    let params = golden("formats/int8_params.json");
    for (name, file, scheme, signed) in [
        ("onnx.dynamic_quantize_linear", "onnx.dynamic_quantize_linear", Scheme::Affine, false),
        ("onnx.quantize_linear.sym127", "onnx.quantize_linear.sym127.int8", Scheme::Symmetric, true),
    ] {
        let grid = grid("onnx", Integer { bits: 8, signed }, scheme, &tensor);
        assert_eq!(f64::from(grid.scale), params[name]["scale"].as_f64().unwrap(), "{name}");
        assert_eq!(i64::from(grid.zero_point), params[name]["zero_point"].as_i64().unwrap(), "{name}");
        assert_same_codes(name, &encode(&tensor, tensor.len(), &[grid]), &codes(&format!("int8/{file}.bin")));
    }
}

#[test]
fn torch_multiplies_by_the_inverse_and_onnx_divides() {
    let pairs = load::<f32>("int8/recip_vs_div.inputs.bin").data;
    let (torch, onnx) = (codes("int8/recip_vs_div.torch.bin"), codes("int8/recip_vs_div.onnx.bin"));
    for (i, pair) in pairs.chunks(2).enumerate() {
        let (scale, x) = (pair[0], pair[1]);
        let by = |divides| {
            let grid = Grid { scale, inverse: 1.0 / scale, zero_point: 0, min_code: -128, max_code: 127, divides };
            grid.encode(x).0
        };
        assert_eq!((by(false), by(true)), (torch[i], onnx[i]), "{x} / {scale}");
        assert_ne!(torch[i], onnx[i], "pair {i} is to tell the two apart");
    }
}

#[test]
fn ties_are_rounded_before_the_zero_point_is_added() {
    let ties = &golden("formats/int8_params.json")["ties"];
    for (key, zero_point) in [("zp0", 0), ("zp3", 3), ("onnxruntime_zp0", 0)] {
        let grid = Grid { scale: 1.0, inverse: 1.0, zero_point, min_code: -128, max_code: 127, divides: false };
        let ours: Vec<f64> = numbers(ties, "x").iter().map(|&x| grid.encode(x as f32).0.into()).collect();
        assert_eq!(ours, numbers(ties, key), "{key}");
    }
}

#[test]
fn groups_of_int4_have_the_scales_and_codes_of_torchao() {
    let tensor = load::<f32>("tensor/main.bin").data;
    let files = names("groupwise", ".q.bin");
    assert!(!files.is_empty());
    for name in files {
        // int4.g32.sym_noclip
        let parts: Vec<&str> = name.split('.').collect();
        let [bits, group, mapping] = parts[..] else { panic!("{name}") };
        let bits = bits.trim_start_matches("int").parse().unwrap();
        let group: usize = group.trim_start_matches('g').parse().unwrap();
        let (rule, scheme) = match mapping {
            "asym" => ("torchao", Scheme::Affine),
            "sym" => ("torchao", Scheme::Symmetric),
            "sym_noclip" => ("torchao_no_clip", Scheme::Symmetric),
            other => panic!("no mapping {other}"),
        };
        let integer = Integer { bits, signed: true };
        let grids: Vec<Grid> = tensor.chunks(group).map(|values| grid(rule, integer, scheme, values)).collect();
        let scales: Vec<f32> = grids.iter().map(|grid| grid.scale).collect();
        let zero_points: Vec<i32> = grids.iter().map(|grid| grid.zero_point).collect();
        assert_same_floats(&name, &scales, &load::<f32>(&format!("groupwise/{name}.scale.bin")).data);
        assert_same_codes(&name, &zero_points, &load::<i32>(&format!("groupwise/{name}.zp.bin")).data);
        assert_same_codes(&name, &encode(&tensor, group, &grids), &codes(&format!("groupwise/{name}.q.bin")));
    }
}
