//! `cargo xtask bench`: how fast tensors become codes and values again, on the host and in Chromium, as a ratio to a copy; and
//! how fast they are quantized, and a scaling law is fitted, beside other libraries; and how fast a checkpoint is measured.

mod fit;
mod quantize;
mod weights;

use crate::{Result, legs, performance, tools};
use std::{
    fmt::Write,
    process::{Command, Stdio},
};

/// The times of one format, in nanoseconds a value.
#[derive(Debug, PartialEq)]
struct Row {
    format: String,
    copy: f64,
    encode: f64,
    decode: f64,
}

/// What these formats have to reach in the browser, as a part of a copy's speed.
const TARGET: f64 = 0.5;
const TARGET_FORMATS: [&str; 4] = ["bf16", "fp16", "e4m3fn", "e5m2"];

/// What is measured, by its name on the command line.
const PARTS: [&str; 4] = ["cast", "quantize", "fit", "weights"];

/// Measures the named parts, or all, prints the tables and writes them into docs/performance.md. Returns whether the targets
/// are met.
pub fn run(names: &[String]) -> Result<bool> {
    if let Some(name) = names.iter().find(|name| !PARTS.contains(&name.as_str())) {
        return Err(format!("there is nothing called {name} to measure; there are {}", PARTS.join(", ")).into());
    }
    let is_named = |part: &str| names.is_empty() || names.iter().any(|name| name == part);
    let fit = !is_named("fit") || fit::run()?;
    if !["cast", "quantize", "weights"].into_iter().any(is_named) {
        return Ok(fit);
    }
    let version = output(Command::new(tools::chromium()?.binary).arg("--version"))?;
    let version = version.trim();
    let casts = !is_named("cast") || casts(version)?;
    let quantize = !is_named("quantize") || quantize::run(version)?;
    let weights = !is_named("weights") || weights::run(version)?;
    Ok(fit && casts && quantize && weights)
}

/// The tables of the casts.
fn casts(browser: &str) -> Result<bool> {
    let wasm = rows(&output(&mut legs::speed_in_chromium("cast_speed")?)?)?;
    let mut host = tools::cargo();
    host.args(["bench", "-p", "bitbudget", "--bench", "cast", "--", "--output-format", "bencher"]);
    let host = rows(&output(host.current_dir(tools::root()))?)?;
    let missed = missed(&wasm);
    let verdict = match missed.as_slice() {
        [] => format!("Target, ≥ {TARGET} of a copy for {}: met.", TARGET_FORMATS.join(", ")),
        missed => {
            format!("Target, ≥ {TARGET} of a copy for {}: not met by {}.", TARGET_FORMATS.join(", "), missed.join(", "))
        }
    };
    let text = format!(
        "WebAssembly SIMD in a worker of {browser}, headless; the best of 15 rounds. {verdict}\n\n{}\nThe scalar path on the same \
         machine, by criterion.\n\n{}",
        table(&wasm),
        table(&host)
    );
    println!("\n{text}");
    performance::write("bench", &text)?;
    Ok(missed.is_empty())
}

/// What a command prints, once it has succeeded.
fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() { Ok(text) } else { Err(format!("{text}\nIt ended with {}.", output.status).into()) }
}

/// What one line of a benchmark says.
struct Time {
    /// What was done: the first part of the benchmark's name.
    work: String,
    /// Which way, or by whom: the second part.
    what: String,
    /// Nanoseconds a value.
    ns: f64,
}

/// Reads lines `test WORK/WHAT/VALUES ... bench: TIME ns/iter`, the form of libtest's benchmarks, which criterion has too.
fn times(text: &str) -> Result<Vec<Time>> {
    let mut times = Vec::new();
    for line in text.lines() {
        let Some((name, rest)) = line.trim().strip_prefix("test ").and_then(|line| line.split_once(" ... bench:"))
        else {
            continue;
        };
        let unreadable = || format!("the line `{line}` is no time of a work");
        let [work, what, values] = name.split('/').collect::<Vec<_>>().try_into().map_err(|_| unreadable())?;
        let time = rest.split_whitespace().next().ok_or_else(unreadable)?.replace(',', "");
        let ns = time.parse::<f64>()? / values.parse::<f64>()?;
        times.push(Time { work: work.into(), what: what.into(), ns });
    }
    if times.is_empty() { Err(format!("there are no times in what was printed:\n{text}").into()) } else { Ok(times) }
}

/// The times of formats, a row each.
fn rows(text: &str) -> Result<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for Time { work: format, what, ns } in times(text)? {
        if rows.last().is_none_or(|row| row.format != format) {
            rows.push(Row { format, copy: f64::NAN, encode: f64::NAN, decode: f64::NAN });
        }
        let Some(row) = rows.last_mut() else { continue };
        match what.as_str() {
            "copy" => row.copy = ns,
            "encode" => row.encode = ns,
            "decode" => row.decode = ns,
            _ => return Err(format!("`{what}` is no way of a conversion").into()),
        }
    }
    Ok(rows)
}

/// The formats of the target that do not reach it, or were not measured.
fn missed(rows: &[Row]) -> Vec<&'static str> {
    let meets = |row: &Row| row.copy >= TARGET * row.encode && row.copy >= TARGET * row.decode;
    TARGET_FORMATS.into_iter().filter(|format| !rows.iter().any(|row| row.format == *format && meets(row))).collect()
}

fn table(rows: &[Row]) -> String {
    let mut text =
        "| ns a value | copy | encode | of copy | decode | of copy |\n|---|---:|---:|---:|---:|---:|\n".to_owned();
    for Row { format, copy, encode, decode } in rows {
        let (faster, back) = (copy / encode, copy / decode);
        let _ = writeln!(text, "| {format} | {copy:.3} | {encode:.3} | {faster:.2} | {decode:.3} | {back:.2} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "running 1 test\n\
        test bf16/copy/1000 ... bench:       1,000 ns/iter (+/- 30)\n\
        test bf16/encode/1000 ... bench: 2000 ns/iter (+/- 0)\n\
        test bf16/decode/1000 ... bench: 4000 ns/iter (+/- 0)\n\
        test casts_are_timed ... ok\n";

    #[test]
    fn times_are_read_from_lines_of_benchmarks_and_from_no_others() {
        let expected = Row { format: "bf16".into(), copy: 1.0, encode: 2.0, decode: 4.0 };
        assert_eq!(rows(PRINTED).unwrap(), [expected]);
        assert!(rows("test casts_are_timed ... ok").is_err());
    }

    #[test]
    fn the_table_has_each_time_and_its_ratio_to_the_copy() {
        let text = table(&rows(PRINTED).unwrap());
        assert!(text.ends_with("| bf16 | 1.000 | 2.000 | 0.50 | 4.000 | 0.25 |\n"), "{text}");
    }

    #[test]
    fn a_format_that_is_slow_one_way_or_not_measured_misses_the_target() {
        assert_eq!(missed(&rows(PRINTED).unwrap()), TARGET_FORMATS);
        let row = |format: &str| Row { format: format.into(), copy: 1.0, encode: 2.0, decode: 1.5 };
        assert_eq!(missed(&TARGET_FORMATS.map(row)), [""; 0]);
    }
}
