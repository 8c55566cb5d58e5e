//! `tests/e2e/tests/weights_speed.rs`: how fast a checkpoint of 4 GiB is measured in the page, beside only reading it, and how
//! fast the header of one of 100 GB is on the screen. Beside it `tests/bench/weights_peer.py`: the same table made by numpy.

use super::output;
use crate::{Result, page, performance, tools};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

/// Matrices of the file that is measured: 128 of 32 MiB.
const MATRICES: u64 = 128;
const ROWS: u64 = 4096;
const COLS: u64 = 4096;
/// How many of them have content of their own: 512 MiB. The others repeat it.
const DISTINCT: u64 = 16;
/// Square matrices of the file of which only the header is there, and their rows: 100 GB.
const SPARSE_MATRICES: u64 = 745;
const SPARSE_SIDE: u64 = 8192;

/// What is asked of a figure.
struct Target {
    name: &'static str,
    value: f64,
    unit: &'static str,
    /// The most or the least that it may be.
    bound: Bound,
}

/// How many times as fast as numpy the page is.
const NUMPY: &str = "INT8 per row, of numpy on one thread";

enum Bound {
    Most(f64),
    Least(f64),
    None,
}

/// Measures, prints the table and writes it into docs/performance.md. Returns whether every target is met.
pub(super) fn run(browser: &str) -> Result<bool> {
    page::build()?;
    let (weights, sparse) = (checkpoint()?, sparse_checkpoint()?);
    let found = tools::chromium()?;
    let mut cargo = tools::cargo();
    cargo.args(["test", "-p", "e2e", "--test", "weights_speed", "--", "--test-threads=1", "--nocapture"]);
    cargo.env("BITBUDGET_BROWSER", "chromium").env("CHROME_BIN", found.binary).env("CHROMEDRIVER", found.driver);
    cargo.env("BITBUDGET_DIST", page::dist()).env("BITBUDGET_WEIGHTS", &weights).env("BITBUDGET_SPARSE", sparse);
    let mut printed = output(cargo.current_dir(tools::root()))?;
    let peer = tools::peers_python().and_then(|python| {
        output(Command::new(python).arg(tools::root().join("tests/bench/weights_peer.py")).arg(&weights))
    });
    match peer {
        Ok(peer) => printed += &peer,
        Err(error) => eprintln!("numpy was not timed: {error}"),
    }
    let targets = targets(&figures(&printed))?;
    let mut missed: Vec<&str> = targets.iter().filter(|target| !target.is_met()).map(|target| target.name).collect();
    if !targets.iter().any(|target| target.name == NUMPY) {
        missed.push("numpy was not timed");
    }
    let verdict = match missed.as_slice() {
        [] => "All targets are met.".to_owned(),
        missed => format!("Not met: {}.", missed.join("; ")),
    };
    let bytes = MATRICES * ROWS * COLS * 2;
    let text = format!(
        "{browser}, headless; {MATRICES} BF16 matrices of {ROWS} × {COLS}, {bytes} bytes, in the system’s cache. {verdict}\n\n{}",
        table(&targets)
    );
    println!("\n{text}");
    performance::write("weights", &text)?;
    Ok(missed.is_empty())
}

fn folder() -> Result<PathBuf> {
    let folder = tools::root().join("target/bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The header of a file of BF16 matrices.
fn header(matrices: u64, rows: u64, cols: u64) -> Result<Vec<u8>> {
    let bytes = rows * cols * 2;
    let mut entries = serde_json::Map::new();
    for i in 0..matrices {
        let entry = json!({ "dtype": "BF16", "shape": [rows, cols], "data_offsets": [i * bytes, (i + 1) * bytes] });
        entries.insert(format!("model.layers.{i}.mlp.up_proj.weight"), entry);
    }
    let json = serde_json::to_vec(&entries)?;
    Ok([&(json.len() as u64).to_le_bytes()[..], &json].concat())
}

/// The file that is measured, made once. Its values are near those of weights: within ±0.06, most of them far smaller.
fn checkpoint() -> Result<PathBuf> {
    let path = folder()?.join("4gib-bf16-512mib-repeated.safetensors");
    let header = header(MATRICES, ROWS, COLS)?;
    let len = header.len() as u64 + MATRICES * ROWS * COLS * 2;
    if fs::metadata(&path).is_ok_and(|file| file.len() == len) {
        return Ok(path);
    }
    let mut state = 1u64;
    let mut values = Vec::with_capacity((DISTINCT * ROWS * COLS * 2) as usize);
    for _ in 0..DISTINCT * ROWS * COLS {
        // The sum of four uniform numbers is near a normal one.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let parts = [16, 28, 40, 52].map(|shift| ((state >> shift) & 0xfff) as f32);
        let value = (parts.iter().sum::<f32>() / 8190.0 - 1.0) * 0.06;
        values.extend(((value.to_bits() >> 16) as u16).to_le_bytes());
    }
    let mut file = BufWriter::new(File::create(&path)?);
    file.write_all(&header)?;
    for _ in 0..MATRICES / DISTINCT {
        file.write_all(&values)?;
    }
    file.flush()?;
    Ok(path)
}

/// A file of 100 GB of which the disk holds the header.
fn sparse_checkpoint() -> Result<PathBuf> {
    let path = folder()?.join("100gb-sparse.safetensors");
    let header = sparse_header()?;
    write_sparse(&path, &header, header.len() as u64 + SPARSE_MATRICES * SPARSE_SIDE * SPARSE_SIDE * 2)?;
    Ok(path)
}

fn sparse_header() -> Result<Vec<u8>> {
    header(SPARSE_MATRICES, SPARSE_SIDE, SPARSE_SIDE)
}

fn write_sparse(path: &Path, header: &[u8], len: u64) -> Result<()> {
    let mut file = File::create(path)?;
    file.write_all(header)?;
    Ok(file.set_len(len)?)
}

/// Lines `weights WHAT VALUE`.
fn figures(text: &str) -> BTreeMap<String, f64> {
    let line = |line: &str| {
        // Where a line begins is the test harness's business.
        let (_, rest) = line.split_once("weights ")?;
        let (what, value) = rest.trim().split_once(' ')?;
        Some((what.to_owned(), value.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

fn targets(figures: &BTreeMap<String, f64>) -> Result<Vec<Target>> {
    let of = |what: &str| figures.get(what).copied().ok_or_else(|| format!("{what} was not measured"));
    let bytes = (MATRICES * ROWS * COLS * 2) as f64;
    let header = sparse_header()?.len() as f64;
    let rate = |what: &str| of(what).map(|seconds| bytes / 1e9 / seconds);
    let part = |what: &str| Ok::<_, String>(of(&format!("read_s_beside_{what}"))? / of(&format!("{what}_s"))?);
    let target = |name, value, unit, bound| Target { name, value, unit, bound };
    let numpy =
        figures.get("numpy_int8_row_s").map(|seconds| Ok::<_, String>(seconds / of("int8_row_s")?)).transpose()?;
    let numpy = numpy.map(|times| target(NUMPY, times, "×", Bound::Least(10.0)));
    let page = vec![
        target("100 GB, from the choice to the screen", of("open_ms")?, "ms", Bound::Most(300.0)),
        target("100 GB, bytes read beside the header’s", of("open_bytes")? - header, "bytes", Bound::Most(0.0)),
        target("reading only", rate("read_s_beside_int8_row")?, "GB/s", Bound::None),
        target("INT8 per row", rate("int8_row_s")?, "GB/s", Bound::None),
        target("INT8 per row, of reading only", part("int8_row")?, "", Bound::Least(0.7)),
        target("six formats at once", rate("six_s")?, "GB/s", Bound::None),
        target("six formats at once, of reading only", part("six")?, "", Bound::Least(0.35)),
        target("memory above idle, INT8 per row", of("memory_int8_row")? / 1e6, "MB", Bound::Most(300.0)),
        target("memory above idle, six formats", of("memory_six")? / 1e6, "MB", Bound::Most(300.0)),
        target("cancel", of("cancel_ms")?, "ms", Bound::Most(100.0)),
    ];
    Ok(page.into_iter().chain(numpy).collect())
}

impl Target {
    fn is_met(&self) -> bool {
        match self.bound {
            Bound::Most(most) => self.value <= most,
            Bound::Least(least) => self.value >= least,
            Bound::None => true,
        }
    }
}

fn table(targets: &[Target]) -> String {
    let mut text = "| figure | measured | target |\n|---|---:|---:|\n".to_owned();
    for Target { name, value, unit, bound } in targets {
        let digits = if *value < 10.0 { 2 } else { 0 };
        let bound = match bound {
            Bound::Most(most) => format!("≤ {most}"),
            Bound::Least(least) => format!("≥ {least}"),
            Bound::None => String::new(),
        };
        let measured = format!("{value:.digits$} {unit}");
        let _ = writeln!(text, "| {name} | {} | {bound} |", measured.trim());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "running 3 tests\n\
        test a ... weights open_ms 120.5\nweights open_bytes 86147\n1.2 s\nok\n\
        weights read_s_beside_int8_row 2\nweights int8_row_s 2.5\nweights memory_int8_row 120000000\n\
        weights read_s_beside_six 2\nweights six_s 8\nweights memory_six 310000000\nweights cancel_ms 12\n";

    #[test]
    fn figures_are_held_to_their_targets() {
        let targets = targets(&figures(PRINTED)).unwrap();
        let missed: Vec<&str> = targets.iter().filter(|target| !target.is_met()).map(|target| target.name).collect();
        assert_eq!(missed, ["six formats at once, of reading only", "memory above idle, six formats"]);
        let table = table(&targets);
        assert!(table.contains("| INT8 per row, of reading only | 0.80 | ≥ 0.7 |"), "{table}");
        assert!(table.contains("| cancel | 12 ms | ≤ 100 |"), "{table}");
        assert!(!table.contains("numpy"), "it was not timed");
        let beside = super::targets(&figures(&format!("{PRINTED}weights numpy_int8_row_s 40\n"))).unwrap();
        assert!(super::table(&beside).contains("| INT8 per row, of numpy on one thread | 16 × | ≥ 10 |"));
    }

    #[test]
    fn what_was_not_measured_is_an_error() {
        let error = targets(&figures("weights open_ms 1")).err().unwrap();
        assert_eq!(error.to_string(), "open_bytes was not measured");
    }

    #[test]
    fn a_header_is_one_that_the_page_can_read() {
        let header = header(2, 3, 4).unwrap();
        let (length, json) = header.split_first_chunk::<8>().unwrap();
        assert_eq!(u64::from_le_bytes(*length), json.len() as u64);
        let json: serde_json::Value = serde_json::from_slice(json).unwrap();
        let offsets = &json["model.layers.1.mlp.up_proj.weight"]["data_offsets"];
        assert_eq!(*offsets, json!([24, 48]));
    }
}
