//! Every f32 there is, 2³² of them, to the formats of the day and back: the scalar casts against a naive rounding.
//!
//! `cargo test --profile exhaustive --test exhaustive -- --nocapture` runs it and prints the time of each format. It is not a
//! part of `cargo test`, because it takes minutes.
//!
//! The rounding here is written from the definition alone, in f64, which holds every value and every half step exactly:
//! the distance to the next value is a power of two, so divide by it, let IEEE 754's own `roundTiesToEven` round, multiply
//! by it. Its numbers are those of the standards' tables, not those of the rows under test.
#![cfg(not(target_arch = "wasm32"))]

use bitbudget::formats::{self, Cast, Conversion, Float, Kind, NanRule, Overflow, Rounding};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

/// A format as its standard states it.
struct Definition {
    id: &'static str,
    /// Fraction bits.
    fraction: i32,
    /// log₂ of the smallest normal value.
    least: i32,
    /// The largest finite value.
    max: f64,
    sign_code: u32,
    /// What rounds beyond `max` and the code that it gets.
    beyond: (f64, u32),
    /// The code of NaN, without the sign, and whether the sign is kept; none in a format without NaN.
    nan: Option<u32>,
}

const BF16: Definition = Definition {
    id: "bf16",
    fraction: 7,
    least: -126,
    max: 338_953_138_925_153_547_590_470_800_371_487_866_880.0,
    sign_code: 0x8000,
    beyond: (f64::INFINITY, 0x7f80),
    nan: Some(0x7fc0),
};
const FP16: Definition = Definition {
    id: "fp16",
    fraction: 10,
    least: -14,
    max: 65_504.0,
    sign_code: 0x8000,
    beyond: (f64::INFINITY, 0x7c00),
    nan: Some(0x7e00),
};
const E4M3FN: Definition = Definition {
    id: "e4m3fn",
    fraction: 3,
    least: -6,
    max: 448.0,
    sign_code: 0x80,
    beyond: (448.0, 0x7e),
    nan: Some(0x7f),
};
const E5M2: Definition = Definition {
    id: "e5m2",
    fraction: 2,
    least: -14,
    max: 57_344.0,
    sign_code: 0x80,
    beyond: (f64::INFINITY, 0x7c),
    nan: Some(0x7e),
};
const E2M3: Definition =
    Definition { id: "e2m3fn", fraction: 3, least: 0, max: 7.5, sign_code: 0x20, beyond: (7.5, 0x1f), nan: None };
const E2M1: Definition =
    Definition { id: "e2m1fn", fraction: 1, least: 0, max: 6.0, sign_code: 0x8, beyond: (6.0, 0x7), nan: None };

impl Definition {
    /// The nearest value, ties to the one with an even significand, and its code.
    fn nearest(&self, x: f32) -> (f64, u32) {
        if x.is_nan() {
            return self.nan.map_or((0.0, 0), |code| (f64::NAN, code | self.sign(x)));
        }
        let magnitude = f64::from(x.abs());
        // In [2ᵉ, 2ᵉ⁺¹) values are 2^(e − fraction) apart, and below the smallest normal as they are just above it.
        let exponent = floor_log2(magnitude).max(self.least);
        let step = power_of_two(exponent - self.fraction);
        let steps = (magnitude / step).round_ties_even();
        let (value, code) = if steps * step > self.max {
            self.beyond
        } else {
            // Each binade above the smallest normal has 2^fraction codes; `steps` counts the hidden bit among them.
            (steps * step, (((exponent - self.least) as u32) << self.fraction) + steps as u32)
        };
        (value.copysign(f64::from(x)), code | self.sign(x))
    }

    fn sign(&self, x: f32) -> u32 {
        if x.is_sign_negative() { self.sign_code } else { 0 }
    }
}

/// ⌊log₂ x⌋ of an f32 above zero, every one of which is normal in f64; less than any for zero, and more for infinity.
fn floor_log2(x: f64) -> i32 {
    (x.to_bits() >> 52) as i32 - 1023
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

/// The row under test; the table is asked for nothing else.
fn float(id: &str) -> Float {
    match formats::format(id).map(|format| format.kind) {
        Some(Kind::Float(float)) => float,
        _ => panic!("{id} is no float of the table"),
    }
}

/// Inputs that a thread takes at a time.
const CHUNK: u32 = 1 << 22;

/// [`Float`], which is slower, is tried on one input of this many: a prime, so that they are spread over all low halves.
const STRIDE: u32 = 509;

/// Holds the casts against the definition on all 2³² inputs.
fn check(definition: &Definition, overflow: Overflow) {
    let start = Instant::now();
    let float = float(definition.id);
    let cast = Cast::new(float, overflow, NanRule::Quiet);
    let by = Conversion { rounding: Rounding::NearestEven, overflow, nan: NanRule::Quiet };
    let chunks = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let chunk = chunks.fetch_add(1, Ordering::Relaxed);
                    let Some(first) = chunk.checked_mul(CHUNK) else { break };
                    for bits in first..=first + (CHUNK - 1) {
                        let x = f32::from_bits(bits);
                        let (value, code) = definition.nearest(x);
                        let encoded = cast.encode(bits);
                        let decoded = f64::from(f32::from_bits(cast.decode(encoded)));
                        let is_right = encoded == code && is_same(decoded, value);
                        assert!(
                            is_right,
                            "{}: {bits:#010x} ({x:e}) is {value} ({code:#x}), not {decoded} ({encoded:#x})",
                            definition.id
                        );
                        if bits % STRIDE == 0 {
                            // Without a NaN the reference has no code for one, and the cast zero.
                            let encoded = float.encode(f64::from(x), by).unwrap_or(0);
                            assert_eq!(encoded, code, "{}: {bits:#010x}, by the reference", definition.id);
                            assert!(is_same(float.decode(encoded), value), "{}: {encoded:#x}", definition.id);
                        }
                    }
                }
            });
        }
    });
    println!("{:<7} {overflow:?}: 2^32 inputs in {:.1} s", definition.id, start.elapsed().as_secs_f64());
}

/// Equal, the sign of zero too; NaN are all the same.
fn is_same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
}

#[test]
fn bf16_of_every_f32_is_the_nearest_value() {
    check(&BF16, Overflow::Special);
}

#[test]
fn fp16_of_every_f32_is_the_nearest_value() {
    check(&FP16, Overflow::Special);
}

#[test]
fn e4m3fn_of_every_f32_is_the_nearest_value_and_beyond_the_largest_that() {
    check(&E4M3FN, Overflow::Saturate);
}

#[test]
fn e4m3fn_of_every_f32_is_the_nearest_value_and_beyond_the_largest_nan() {
    check(&Definition { beyond: (f64::NAN, 0x7f), ..E4M3FN }, Overflow::Special);
}

#[test]
fn e5m2_of_every_f32_is_the_nearest_value() {
    check(&E5M2, Overflow::Special);
}

#[test]
fn e2m3_of_every_f32_is_the_nearest_value() {
    check(&E2M3, Overflow::Saturate);
}

#[test]
fn e2m1_of_every_f32_is_the_nearest_value() {
    check(&E2M1, Overflow::Saturate);
}
