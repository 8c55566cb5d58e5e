//! How long it takes to fit a law to 250 runs on the host, on one thread, and to bootstrap the fit.
//!
//! `cargo bench --bench scaling_fit` runs it; `cargo xtask bench fit` writes the table of docs/performance.md, beside
//! `tests/bench/fit_peer.py`, which fits the same runs. Prints lines in the form of libtest's benchmarks.

use bitbudget::scaling::fit::{Bootstrap, Fit, HUBER, Loss, Runs, csv, fit};
use bitbudget::scenario::number;
use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 5;
const RESAMPLES: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let runs = csv::read(include_str!("../tests/bench/runs.csv"), number::parse)?;
    for (name, loss) in [("vpnls", Loss::Squared), ("huber", HUBER)] {
        let found = fit(&runs, loss)?;
        eprintln!("{name}: {:?}", found.constants);
        time(&format!("fit_{name}"), || fit(black_box(&runs), loss));
        time(&format!("bootstrap_{name}"), || bootstrap(&runs, &found));
    }
    Ok(())
}

fn bootstrap(runs: &Runs, fit: &Fit) -> usize {
    let mut bootstrap = Bootstrap::new(runs, fit, RESAMPLES, 1);
    while bootstrap.step() {}
    bootstrap.report().draws.laws.len()
}

/// Prints the best of some rounds.
fn time<T>(work: &str, run: impl Fn() -> T) {
    let round = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    let best = (0..ROUNDS).map(round).min().unwrap_or_default();
    println!("test {work}/host/1 ... bench: {} ns/iter (+/- 0)", best.as_nanos());
}
