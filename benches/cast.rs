//! How fast tensors are turned into codes and back on the host, beside a copy of as many bytes.
//!
//! `cargo bench --bench cast` runs it; `cargo xtask bench` writes the table of docs/performance.md, with that of
//! `tests/cast_speed.rs`, which is the same in a browser.
#![allow(missing_docs, reason = "criterion's macros make functions without any")]

use bitbudget::compute::cpu::{decode_slice, encode_slice};
use bitbudget::formats::{Cast, Conversion, FORMATS, Kind, NanRule, Overflow, Rounding};
use bitbudget::weights::{Distribution, Sample};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

/// More than any cache holds.
const VALUES: usize = 1 << 24;

fn casts(criterion: &mut Criterion) {
    let sample = Sample { distribution: Distribution::Normal, seed: 1, std: 0.02, rows: 1, cols: VALUES };
    let values = sample.draw(|_| {});
    let mut decoded = vec![0.0; VALUES];
    for format in FORMATS {
        let Kind::Float(float) = format.kind else { continue };
        if float.bits() > 16 {
            continue;
        }
        let by = Conversion { rounding: Rounding::NearestEven, overflow: Overflow::Special, nan: NanRule::Quiet };
        let cast = Cast::new(float, by.overflow, by.nan);
        let code_bytes = format.code_bytes();
        let mut codes = vec![0; VALUES * code_bytes];
        // As many bytes read and written, in all, as a conversion reads and writes.
        let from = vec![1u8; VALUES * (4 + code_bytes) / 2];
        let mut to = vec![0u8; from.len()];

        let mut group = criterion.benchmark_group(format.id);
        group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
        group.bench_function(BenchmarkId::new("copy", VALUES), |b| {
            b.iter(|| black_box(&mut to).copy_from_slice(black_box(&from)));
        });
        group.bench_function(BenchmarkId::new("encode", VALUES), |b| {
            b.iter(|| encode_slice(&cast, black_box(&values), black_box(&mut codes)));
        });
        group.bench_function(BenchmarkId::new("decode", VALUES), |b| {
            b.iter(|| decode_slice(&cast, black_box(&codes), black_box(&mut decoded)));
        });
        group.finish();

        for ((&x, code), &value) in values.iter().zip(codes.chunks_exact(code_bytes)).zip(&decoded).step_by(61) {
            let code = code.iter().rev().fold(0, |code, &byte| code << 8 | u32::from(byte));
            assert_eq!(Some(code), float.encode(f64::from(x), by), "{}: {x}", format.id);
            assert_eq!(f64::from(value), float.decode(code), "{}: {code:#x}", format.id);
        }
    }
}

criterion_group!(benches, casts);
criterion_main!(benches);
