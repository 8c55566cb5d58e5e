//! `benches/scaling_fit.rs` and `tests/bench/fit_peer.py`: how fast a law is fitted to 250 runs, beside `chinchilla`.

use super::{Time, output, times};
use crate::{Result, performance, tools};
use std::{fmt::Write, process::Command};

/// A fit with its bands takes no longer than this, in seconds: half of what a worker has, where WebAssembly is slower.
const MOST_SECONDS: f64 = 1.0;
/// A fit is this many times as fast as the other library's.
const LEAST_RATIO: f64 = 20.0;

const WORKS: [(&str, &str); 4] = [
    ("fit_vpnls", "fit, squared loss (VPNLS)"),
    ("bootstrap_vpnls", "1000 resamples, squared loss"),
    ("fit_huber", "fit, Huber of ln loss, δ = 0.001"),
    ("bootstrap_huber", "1000 resamples, Huber"),
];
const PEERS: [(&str, &str); 2] =
    [("chinchilla_one_start", "`chinchilla` from one start"), ("chinchilla_32_starts", "`chinchilla` from 32 starts")];

/// Measures, prints the table and writes it into docs/performance.md. Returns whether every target is met.
pub(super) fn run() -> Result<bool> {
    let mut host = tools::cargo();
    host.args(["bench", "-p", "bitbudget", "--bench", "scaling_fit"]);
    let mut all = times(&output(host.current_dir(tools::root()))?)?;
    let peer = tools::peers_python()
        .and_then(|python| times(&output(Command::new(python).arg(tools::root().join("tests/bench/fit_peer.py")))?));
    match peer {
        Ok(peer) => all.extend(peer),
        Err(error) => eprintln!("chinchilla was not timed: {error}"),
    }
    let (text, missed) = table(&all)?;
    println!("\n{text}");
    performance::write("fit", &text)?;
    Ok(missed.is_empty())
}

/// The verdict and the table, and the targets that are missed or could not be compared.
fn table(all: &[Time]) -> Result<(String, Vec<String>)> {
    let find = |work: &str, what: &str| all.iter().find(|t| t.work == work && t.what == what).map(|t| t.ns / 1e9);
    let ours = |work: &str| find(work, "host").ok_or_else(|| format!("{work} was not timed"));
    let mut missed = Vec::new();
    let mut rows = String::new();
    for (work, name) in WORKS {
        let seconds = ours(work)?;
        let _ = writeln!(rows, "| {name} | {:.2} | |", 1e3 * seconds);
        if let Some(loss) = work.strip_prefix("bootstrap_")
            && seconds + ours(&format!("fit_{loss}"))? > MOST_SECONDS
        {
            missed.push(format!("{name} within {MOST_SECONDS} s"));
        }
    }
    let fit = ours("fit_huber")?;
    for (what, name) in PEERS {
        let ratio = find("fit_huber", what).map(|seconds| seconds / fit);
        if let Some(ratio) = ratio {
            let _ = writeln!(rows, "| {name} | {:.2} | {ratio:.0} × |", 1e3 * ratio * fit);
        }
        if ratio.is_none_or(|ratio| ratio < LEAST_RATIO) {
            missed.push(format!("≥ {LEAST_RATIO} × {name}"));
        }
    }
    let verdict = match missed.as_slice() {
        [] => "All targets are met.".to_owned(),
        missed => format!("Not met or not compared: {}.", missed.join("; ")),
    };
    Ok((format!("{verdict}\n\n| 250 runs | ms | of our Huber fit |\n|---|---:|---:|\n{rows}"), missed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bootstrap_ms: f64, peers: &[(&str, f64)]) -> Vec<Time> {
        let ours = WORKS.map(|(work, _)| (work, "host", if work.starts_with("fit") { 2.0 } else { bootstrap_ms }));
        let peers = peers.iter().map(|&(what, ms)| ("fit_huber", what, ms));
        let time = |(work, what, ms): (&str, &str, f64)| Time { work: work.into(), what: what.into(), ns: 1e6 * ms };
        ours.into_iter().chain(peers).map(time).collect()
    }

    #[test]
    fn a_fit_is_held_to_the_time_of_a_worker_and_to_both_peers() {
        let peers = [("chinchilla_one_start", 50.0), ("chinchilla_32_starts", 900.0)];
        let (text, missed) = table(&all(300.0, &peers)).unwrap();
        assert_eq!(missed, [""; 0]);
        assert!(text.contains("| `chinchilla` from 32 starts | 900.00 | 450 × |"), "{text}");
        assert_eq!(table(&all(1001.0, &peers)).unwrap().1.len(), 2);
        let slow = [("chinchilla_one_start", 39.0), ("chinchilla_32_starts", 900.0)];
        assert_eq!(table(&all(300.0, &slow)).unwrap().1, ["≥ 20 × `chinchilla` from one start"]);
    }

    #[test]
    fn a_peer_that_was_not_timed_is_not_said_to_be_met() {
        let (text, missed) = table(&all(300.0, &[])).unwrap();
        assert!(text.starts_with("Not met or not compared: ≥ 20 × `chinchilla` from one start"), "{text}");
        assert_eq!(missed.len(), 2);
    }
}
