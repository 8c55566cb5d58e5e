//! Readers against bytes that nobody meant: files by somebody else's writers, mutated. `cargo xtask fuzz` goes further.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "fuzz/check.rs"]
mod check;

use check::TARGETS;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

#[global_allocator]
static ALLOCATOR: check::Largest = check::Largest;

/// Mutations of each file.
const RUNS: u32 = 400;

/// What fuzzing has found, by kind.
const FOUND: [(&str, &[u8]); 1] = [
    // One part of 48 640: the names of all others were listed.
    (
        "gguf",
        b"\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\
        \x00\x00\x00split.no\x02\x00\x00\x00\xff&\x0b\x00\x00\x00\x00\x00\x00\x00split.count\x02\x00\x00\x00\
        \x00\xbe\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
        \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x9e\x00\x00\x00\x12\x0e;F80<\
        \x0c' <hY\xa4c\xbc\xfcd0\x0b\xbd",
    ),
];

/// A small generator of the same numbers each time.
struct Dice(u64);

impl Dice {
    /// A number below `n`.
    fn roll(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n.max(1)
    }

    /// Changes bytes as files break: numbers become others, parts are missing, doubled or moved.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.roll(4) {
            let at = self.roll(bytes.len());
            let end = (at + 1 + self.roll(16)).min(bytes.len());
            match self.roll(7) {
                0 => bytes.truncate(at),
                1 => _ = bytes.drain(at..end),
                2 => bytes.extend_from_within(at..end),
                3 => bytes.splice(at..at, [0xff; 8]).for_each(drop),
                4 => bytes[at..end].fill([0, 0xff, 0x7f, 0x80][self.roll(4)]),
                5 => bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= 1 << self.roll(8)),
                _ => bytes.get_mut(at).into_iter().for_each(|byte| *byte = b"0129[]{}\",:-"[self.roll(12)]),
            }
        }
    }
}

// One test, since the allocator counts for all threads.
#[test]
fn any_bytes_are_opened_or_refused() {
    FOUND.iter().for_each(|(kind, bytes)| check::run(kind, bytes));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files = Vec::new();
    for folder in ["checkpoints", "written"] {
        let mut names: Vec<_> = fs::read_dir(golden.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        names.sort();
        files.extend(names.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())));
    }
    let mut ran = 0;
    for target in TARGETS {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for (path, file) in &files {
            let Some(seed) = (target.seed)(file) else { continue };
            for run in 0..RUNS {
                let mut bytes = seed.clone();
                if run > 0 {
                    dice.mutate(&mut bytes);
                }
                let read = catch_unwind(|| check::run(target.name, &bytes));
                assert!(read.is_ok(), "{}: run {run} of {}", target.name, path.display());
                ran += 1;
            }
        }
    }
    assert!(ran > 20_000, "only {ran} files were read");
}
