//! `tests/quantize_speed.rs` and `tests/bench/peers.py`: how fast tensors are quantized, beside a copy and beside others.

use super::{Time, output, times};
use crate::{Result, legs, performance, tools};
use std::{fmt::Write, process::Command};

/// What a work has to reach.
struct Target {
    /// As the benchmarks call it.
    work: &'static str,
    /// As the table calls it.
    name: &'static str,
    /// The part of a copy's speed, if it is held to that.
    of_copy: Option<f64>,
    /// How many times as fast as other libraries.
    times: &'static [(&'static str, f64)],
}

const fn target(
    work: &'static str,
    name: &'static str,
    of_copy: Option<f64>,
    times: &'static [(&'static str, f64)],
) -> Target {
    Target { work, name, of_copy, times }
}

const HALF: Option<f64> = Some(0.5);
const THIRD: Option<f64> = Some(0.35);
const LLAMA_CPP: &[(&str, f64)] = &[("llama.cpp", 1.0)];
const TORCHAO: &[(&str, f64)] = &[("torchao", 10.0)];

const TARGETS: [Target; 20] = [
    target("sums_bf16", "sums, BF16", HALF, &[]),
    target("sums_fp16", "sums, FP16", HALF, &[]),
    target("sums_e4m3fn", "sums, FP8 E4M3", HALF, &[]),
    target("sums_e5m2", "sums, FP8 E5M2", HALF, &[]),
    target("sums_int8_tensor", "sums, INT8 per tensor", HALF, &[]),
    target("sums_int8_row", "sums, INT8 per row", THIRD, &[]),
    target("sums_int8_group32", "sums, INT8 per group of 32", THIRD, &[]),
    target("row_of_sums_int8_tensor", "row of the comparison, INT8 per tensor", None, &[]),
    target("row_of_sums_int8_group32", "row of the comparison, INT8 per group of 32", None, &[]),
    target("report_int8", "full report, INT8", Some(0.1), &[("torch", 5.0), ("numpy", 10.0)]),
    target("page_report_int8", "the same with percentiles, entropy, SHA-256", None, &[]),
    target("encode_q8_0", "encode Q8_0", None, LLAMA_CPP),
    target("encode_q4_0", "encode Q4_0", None, LLAMA_CPP),
    target("encode_mxfp8_e4m3", "encode MXFP8 E4M3", None, TORCHAO),
    target("encode_mxfp4", "encode MXFP4", None, TORCHAO),
    target("encode_nvfp4", "encode NVFP4", None, TORCHAO),
    target("encode_nf4", "encode NF4", None, &[("bitsandbytes", 10.0)]),
    target("encode_q4_k", "encode Q4_K", None, LLAMA_CPP),
    target("encode_q6_k", "encode Q6_K", None, LLAMA_CPP),
    target("encode_iq4_nl", "encode IQ4_NL", None, LLAMA_CPP),
];

/// Measures, prints the table and writes it into docs/performance.md. Returns whether every target is met.
pub(super) fn run(browser: &str) -> Result<bool> {
    let mut all = times(&output(&mut legs::speed_in_chromium("quantize_speed")?)?)?;
    let peers = tools::peers_python()
        .and_then(|python| times(&output(Command::new(python).arg(tools::root().join("tests/bench/peers.py")))?));
    let about_peers = match peers {
        Ok(peers) => {
            all.extend(peers);
            "The others are wheels of PyPI on the same machine, one thread, the versions of \
             `tests/bench/requirements.txt`."
                .to_owned()
        }
        Err(error) => {
            let reason = error.to_string();
            eprintln!("Other libraries were not timed: {reason}");
            "Other libraries were skipped: there was no Python to run them.".to_owned()
        }
    };
    let (table, missed) = table(&all)?;
    let verdict =
        if missed.is_empty() { "All targets are met.".to_owned() } else { format!("Not met: {}.", missed.join("; ")) };
    let text = format!(
        "WebAssembly SIMD in a worker of {browser}, headless; the best of several rounds. {about_peers} {verdict}\n\n{table}"
    );
    println!("\n{text}");
    performance::write("quantize", &text)?;
    Ok(missed.is_empty())
}

/// The table, and the works that miss their target or could not be compared.
fn table(all: &[Time]) -> Result<(String, Vec<&'static str>)> {
    let find =
        |work: &str, what: &str| all.iter().find(|time| time.work == work && time.what == what).map(|time| time.ns);
    let copy = find("copy", "wasm").ok_or("the copy was not timed")?;
    let mut text = format!(
        "| ns a value (a copy: {copy:.3}) | time | of copy | times as fast as | target | met |\n|---|---:|---:|---|---|---|\n"
    );
    let mut missed = Vec::new();
    for Target { work, name, of_copy, times } in TARGETS {
        let time = find(work, "wasm").ok_or_else(|| format!("{work} was not timed"))?;
        let part = copy / time;
        let mut is_met = of_copy.map(|least| part >= least);
        let mut wanted: Vec<String> = of_copy.iter().map(|least| format!("≥ {least} of copy")).collect();
        for &(peer, least) in times {
            wanted.push(format!("≥ {least} × {peer}"));
            let meets = find(work, peer).map(|theirs| theirs / time >= least);
            is_met = meets.map(|meets| meets && is_met != Some(false)).or(is_met.filter(|is_met| !is_met));
        }
        let others = all.iter().filter(|other| other.work == work && other.what != "wasm");
        let others: Vec<String> = others.map(|other| format!("{} {:.1}", other.what, other.ns / time)).collect();
        let is_target = !wanted.is_empty();
        let met = match is_met {
            _ if !is_target => "",
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "not compared",
        };
        if is_target && is_met != Some(true) {
            missed.push(name);
        }
        let (others, wanted) = (others.join(", "), wanted.join(", "));
        let _ = writeln!(text, "| {name} | {time:.3} | {part:.2} | {others} | {wanted} | {met} |");
    }
    Ok((text, missed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times_of(peers: &[(&str, &str, f64)]) -> Vec<Time> {
        let ours = TARGETS.iter().map(|target| (target.work, "wasm", 1.0));
        let all = ours.chain([("copy", "wasm", 0.4)]).chain(peers.iter().copied());
        all.map(|(work, what, ns)| Time { work: work.into(), what: what.into(), ns }).collect()
    }

    #[test]
    fn a_work_is_held_to_the_copy_and_to_every_peer_of_its_target() {
        let fast = [("report_int8", "torch", 6.0), ("report_int8", "numpy", 11.0), ("encode_q4_k", "llama.cpp", 0.9)];
        let (text, missed) = table(&times_of(&fast)).unwrap();
        assert!(text.contains("| full report, INT8 | 1.000 | 0.40 | torch 6.0, numpy 11.0 | ≥ 0.1 of copy"), "{text}");
        assert!(!missed.contains(&"full report, INT8") && missed.contains(&"encode Q4_K"), "{missed:?}");
        assert!(missed.contains(&"sums, BF16") && !missed.contains(&"sums, INT8 per row"), "{missed:?}");
        let slow = [("report_int8", "torch", 4.0), ("report_int8", "numpy", 11.0)];
        assert!(table(&times_of(&slow)).unwrap().1.contains(&"full report, INT8"));
    }

    #[test]
    fn a_work_whose_peer_was_not_timed_is_not_said_to_be_met() {
        let (text, missed) = table(&times_of(&[])).unwrap();
        assert!(text.contains("≥ 1 × llama.cpp | not compared |"), "{text}");
        assert!(missed.contains(&"full report, INT8"));
    }
}
