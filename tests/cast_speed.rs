//! How fast WebAssembly SIMD turns tensors into codes and back in a browser, beside a copy of as many bytes.
//!
//! `cargo xtask bench` runs it in Chromium and writes the table of docs/performance.md.
#![cfg(target_arch = "wasm32")]

use bitbudget::compute::cpu::{decode_slice, encode_slice, scalar};
use bitbudget::formats::{Cast, FORMATS, Kind, NanRule, Overflow};
use bitbudget::platform::clock::now_ms;
use bitbudget::weights::{Distribution, Sample};
use std::hint::black_box;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

// Where the page converts too.
wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// More than any cache holds.
const VALUES: usize = 1 << 24;

/// The best of so many is what the machine can do; the others had company.
const ROUNDS: usize = 15;

fn time(best: &mut f64, work: impl FnOnce()) {
    let start = now_ms();
    work();
    *best = best.min(now_ms() - start);
}

#[wasm_bindgen_test]
fn casts_are_timed_beside_a_copy() {
    let sample = Sample { distribution: Distribution::Normal, seed: 1, std: 0.02, rows: 1, cols: VALUES };
    let values = sample.draw(|_| {});
    let mut decoded = vec![0.0; VALUES];
    let mut decoded_by_scalar = vec![0.0; VALUES];
    for format in FORMATS {
        let Kind::Float(float) = format.kind else { continue };
        if float.bits() > 16 {
            continue;
        }
        let overflow = if float.infinity_code().is_some() { Overflow::Special } else { Overflow::Saturate };
        let cast = Cast::new(float, overflow, NanRule::Quiet);
        let code_bytes = format.code_bytes();
        let mut codes = vec![0; VALUES * code_bytes];
        // As many bytes read and written, in all, as a conversion reads and writes.
        let from = vec![1u8; VALUES * (4 + code_bytes) / 2];
        let mut to = vec![0u8; from.len()];
        let (mut copy, mut encode, mut decode) = (f64::INFINITY, f64::INFINITY, f64::INFINITY);
        for _ in 0..ROUNDS {
            time(&mut copy, || black_box(&mut to).copy_from_slice(black_box(&from)));
            time(&mut encode, || encode_slice(&cast, black_box(&values), black_box(&mut codes)));
            time(&mut decode, || decode_slice(&cast, black_box(&codes), black_box(&mut decoded)));
        }
        // In the words of `cargo bench`, so that one reader does for both.
        for (what, ms) in [("copy", copy), ("encode", encode), ("decode", decode)] {
            console_log!("test {}/{what}/{VALUES} ... bench: {:.0} ns/iter (+/- 0)", format.id, ms * 1e6);
        }

        let mut codes_by_scalar = vec![0; codes.len()];
        scalar::encode_slice(&cast, &values, &mut codes_by_scalar);
        assert!(codes == codes_by_scalar, "{}: other codes than scalar code makes", format.id);
        scalar::decode_slice(&cast, &codes, &mut decoded_by_scalar);
        let is_same = decoded.iter().zip(&decoded_by_scalar).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(is_same, "{}: other values than scalar code makes", format.id);
    }
}
