//! The digests of some samples, made by this library on x86-64 Linux: every machine must draw the same.

use bitbudget::weights::{Distribution, Sample};
use sha2::{Digest, Sha256};

const PINNED: &str = include_str!("sha256.txt");

/// Draws each pinned sample again. Lines are: distribution, seed, standard deviation, rows, columns, SHA-256 of the
/// values' little-endian bytes.
pub fn assert_drawn_as_pinned() {
    let lines: Vec<&str> = PINNED.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(lines.len() >= Distribution::ALL.len(), "every distribution is pinned");
    let drawn: Vec<String> = lines
        .iter()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [id, seed, std, rows, cols, _] = words[..] else { panic!("not six words: {line}") };
            let sample = Sample {
                distribution: Distribution::ALL.into_iter().find(|known| known.id() == id).expect(line),
                seed: seed.parse().expect(line),
                std: std.parse().expect(line),
                rows: rows.parse().expect(line),
                cols: cols.parse().expect(line),
            };
            let mut digest = Sha256::new();
            sample.draw(|_| {}).iter().for_each(|value| digest.update(value.to_le_bytes()));
            let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{id} {seed} {std} {rows} {cols} {digest}")
        })
        .collect();
    assert_eq!(drawn, lines);
}
