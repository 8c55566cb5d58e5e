//! What the lab knows, to take along: a report as JSON, with or without every tensor, and a tidy table. `docs/weights.md` says
//! what the fields mean.

use super::Desk;
use super::other::costs;
use super::summary::{DtypeSum, SettingSum, dtypes, settings};
use crate::json;
use crate::scenario::WeightsScenario;
use crate::weights::checkpoint::Container;
use crate::weights::{Checkpoint, Stored};
use serde::Serialize;
use std::fmt::Write as _;

/// The report.
#[derive(Serialize)]
struct Report<'a> {
    container: String,
    files: Vec<File<'a>>,
    tensors: usize,
    parameters: u64,
    bytes: u64,
    dtypes: Vec<DtypeSum>,
    measured_tensors: usize,
    /// The files to compare with.
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<OtherFiles<'a>>,
    formats: Vec<SettingSum>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_tensor: Option<Vec<Row<'a>>>,
}

#[derive(Serialize)]
struct OtherFiles<'a> {
    container: String,
    files: Vec<File<'a>>,
    bytes: u64,
    compared_tensors: usize,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    bytes: u64,
}

/// What is known of a tensor.
#[derive(Serialize)]
struct Row<'a> {
    tensor: &'a str,
    shape: &'a [u64],
    dtype: String,
    parameters: u64,
    bytes: u64,
    finite: Option<u64>,
    nan: Option<u64>,
    infinite: Option<u64>,
    zeros: Option<u64>,
    mean: Option<f64>,
    std: Option<f64>,
    amax: Option<f64>,
    max_over_std: Option<f64>,
    kurtosis: Option<f64>,
    /// Values that the other files have otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed: Option<u64>,
    formats: Vec<Cost<'a>>,
}

/// What a format costs a tensor.
#[derive(Serialize)]
struct Cost<'a> {
    format: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    bytes: Option<u64>,
    sqnr_db: Option<f64>,
    rmse: Option<f64>,
    max_abs_error: Option<f64>,
    clipped: Option<u64>,
    overflowed: Option<u64>,
    flushed: Option<u64>,
    measured: Option<u64>,
}

/// What a file is called in reports.
pub fn container_name(container: Container) -> String {
    match container {
        Container::Safetensors => "safetensors".to_owned(),
        Container::Gguf(version) => format!("gguf v{version}"),
        Container::Npy => "npy".to_owned(),
        Container::Npz => "npz".to_owned(),
        Container::Raw => "raw".to_owned(),
        Container::Text => "text".to_owned(),
    }
}

/// The report as JSON. All tensors of a large checkpoint are megabytes: those are only in the file.
pub fn json(asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint, with_tensors: bool) -> String {
    let costs = costs(asked, desk);
    let rows = || (0..).zip(&checkpoint.tensors).map(|(place, tensor)| row(place, tensor, &costs, desk)).collect();
    json::write(&Report {
        container: container_name(checkpoint.container),
        files: files(checkpoint),
        tensors: checkpoint.tensors.len(),
        parameters: checkpoint.params(),
        bytes: checkpoint.tensor_bytes(),
        dtypes: dtypes(checkpoint),
        measured_tensors: desk.measured.len(),
        other: desk.compared().map(|(_, other)| OtherFiles {
            container: container_name(other.container),
            files: files(other),
            bytes: other.tensor_bytes(),
            compared_tensors: desk.compared_tensors(),
        }),
        formats: if desk.measured.is_empty() { Vec::new() } else { settings(asked, desk, checkpoint) },
        per_tensor: with_tensors.then(rows),
    })
}

fn files(checkpoint: &Checkpoint) -> Vec<File<'_>> {
    checkpoint.files.iter().map(|file| File { name: &file.name, bytes: file.len }).collect()
}

fn row<'a>(place: u32, tensor: &'a Stored, costs: &'a [(String, String)], desk: &'a Desk) -> Row<'a> {
    let measured = desk.measured.get(&place);
    let moments = measured.map(|measured| measured.moments);
    let costs = measured.into_iter().flat_map(|measured| costs.iter().zip(&measured.errors));
    Row {
        tensor: &tensor.name,
        shape: &tensor.shape,
        dtype: tensor.dtype.name(),
        parameters: tensor.len(),
        bytes: tensor.span.len(),
        finite: moments.map(|moments| moments.finite),
        nan: moments.map(|moments| moments.nan),
        infinite: moments.map(|moments| moments.infinite),
        zeros: moments.map(|moments| moments.zeros),
        mean: moments.map(|moments| moments.mean),
        std: moments.and_then(|moments| moments.std()),
        amax: moments.map(|moments| f64::from(moments.amax)),
        max_over_std: moments.and_then(|moments| moments.outliers()),
        kurtosis: moments.and_then(|moments| moments.kurtosis()),
        changed: measured.and_then(|measured| measured.changed),
        formats: costs
            .map(|((format, _), errors)| {
                let told = errors.as_ref().ok();
                Cost {
                    format,
                    problem: errors.as_ref().err().map(String::as_str),
                    bytes: told.map(|errors| errors.bytes),
                    sqnr_db: told.filter(|errors| errors.overflowed == 0).and_then(|errors| errors.sqnr_db()),
                    rmse: told.map(|errors| errors.rmse()),
                    max_abs_error: told.map(|errors| f64::from(errors.max_abs_error)),
                    clipped: told.map(|errors| errors.clipped),
                    overflowed: told.map(|errors| errors.overflowed),
                    flushed: told.map(|errors| errors.flushed),
                    measured: told.map(|errors| errors.measured),
                }
            })
            .collect(),
    }
}

/// Headings of the table, with units.
const HEADINGS: &str = "tensor,shape,dtype,parameters,stored_bytes,max_over_std,kurtosis,format,format_bytes,sqnr_db,rmse,\
                        max_abs_error,clipped_values,overflowed_values,flushed_values,measured_values,problem\r\n";

/// A line for each tensor and format, with all digits; for a tensor that is not measured one without a format.
pub fn csv(asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) -> String {
    let costs = costs(asked, desk);
    let mut csv = HEADINGS.to_owned();
    let real = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:e}"));
    let whole = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    for (place, tensor) in (0..).zip(&checkpoint.tensors) {
        let row = row(place, tensor, &costs, desk);
        let shape: Vec<String> = row.shape.iter().map(u64::to_string).collect();
        let head = format!(
            "{},{},{},{},{},{},{}",
            quoted(row.tensor),
            shape.join("x"),
            quoted(&row.dtype),
            row.parameters,
            row.bytes,
            real(row.max_over_std),
            real(row.kurtosis)
        );
        if row.formats.is_empty() {
            _ = write!(csv, "{head},,,,,,,,,,\r\n");
        }
        for cost in row.formats {
            _ = write!(
                csv,
                "{head},{},{},{},{},{},{},{},{},{},{}\r\n",
                cost.format,
                whole(cost.bytes),
                real(cost.sqnr_db),
                real(cost.rmse),
                real(cost.max_abs_error),
                whole(cost.clipped),
                whole(cost.overflowed),
                whole(cost.flushed),
                whole(cost.measured),
                quoted(cost.problem.unwrap_or_default())
            );
        }
    }
    csv
}

/// A text as a cell: in quotation marks where it holds what divides cells. One that begins as a formula does is no formula.
fn quoted(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{checkpoint_of, measured};
    use super::*;
    use crate::scenario::weights::read_settings;
    use crate::survey::Measured;

    fn made() -> (WeightsScenario, Desk, Checkpoint) {
        let asked = WeightsScenario { settings: read_settings("int8@row,q4_k").unwrap(), ..WeightsScenario::default() };
        let mut desk = Desk::default();
        desk.measured.insert(0, measured(&[20.0, f64::NEG_INFINITY]));
        let refused = Measured { errors: vec![Err("a row, \"odd\"".into()), Err("no".into())], ..Measured::default() };
        desk.measured.insert(1, refused);
        (asked, desk, checkpoint_of(&["a", "b,c", "d"]))
    }

    #[test]
    fn the_report_has_stable_fields() {
        let (asked, desk, checkpoint) = made();
        let short: serde_json::Value = serde_json::from_str(&json(&asked, &desk, &checkpoint, false)).unwrap();
        let fields: Vec<&String> = short.as_object().unwrap().keys().collect();
        let expected =
            ["bytes", "container", "dtypes", "files", "formats", "measured_tensors", "parameters", "tensors"];
        let mut sorted = fields.clone();
        sorted.sort();
        assert_eq!(sorted, expected);
        assert_eq!((&short["container"], &short["measured_tensors"]), (&"safetensors".into(), &2.into()));
        assert_eq!(short["formats"][0]["format"], "int8@row");
        let full: serde_json::Value = serde_json::from_str(&json(&asked, &desk, &checkpoint, true)).unwrap();
        let first = &full["per_tensor"][0];
        assert!((first["formats"][0]["sqnr_db"].as_f64().unwrap() - 20.0).abs() < 1e-9);
        assert!(first["formats"][1]["sqnr_db"].is_null() && first["formats"][1]["overflowed"] == 1);
        assert_eq!(full["per_tensor"][1]["formats"][1]["problem"], "no");
        assert!(full["per_tensor"][2]["std"].is_null());
    }

    #[test]
    fn the_table_has_a_line_for_each_tensor_and_format() {
        let (asked, desk, checkpoint) = made();
        let csv = csv(&asked, &desk, &checkpoint);
        let lines: Vec<&str> = csv.trim_end().split("\r\n").collect();
        assert_eq!(lines.len(), 1 + 2 + 2 + 1);
        let columns = lines[0].split(',').count();
        assert_eq!((lines[1].split(',').count(), lines[5].split(',').count()), (columns, columns));
        assert!(
            lines[3].starts_with("\"b,c\",3x4,BF16,12,24,") && lines[3].ends_with("\"a row, \"\"odd\"\"\""),
            "{}",
            lines[3]
        );
        assert!(lines[1].starts_with("a,") && lines[1].contains(",int8@row,100,"), "{}", lines[1]);
        assert_eq!(quoted("=1+1"), "'=1+1");
    }
}
