//! Every f32 there is, 2³² of them, to BF16, FP16 and E4M3FN and back: WebAssembly SIMD against the scalar casts.
//!
//! `cargo xtask test exhaustive-wasm` runs it, in Node.js. `tests/exhaustive.rs` holds the scalar casts themselves against
//! the definition.
#![cfg(target_arch = "wasm32")]

use bitbudget::compute::cpu::simd128;
use bitbudget::formats::{Cast, Float, NanRule, Overflow, mx};
use bitbudget::platform::clock::now_ms;
use wasm_bindgen_test::{console_log, wasm_bindgen_test};

/// Values in a slice: enough to make little of its ends, and few enough for a cache.
const SLICE: usize = 1 << 14;

fn check(name: &str, float: Float, overflow: Overflow) {
    let start = now_ms();
    let cast = Cast::new(float, overflow, NanRule::Quiet);
    let code_bytes = float.bits().div_ceil(8) as usize;
    let value_of: Vec<u32> = (0..1 << float.bits()).map(|code| cast.decode(code)).collect();
    let mut values = vec![0.0; SLICE];
    let mut codes = vec![0; SLICE * code_bytes];
    let mut decoded = vec![0.0; SLICE];
    for first in (0..=u32::MAX).step_by(SLICE) {
        for (i, x) in values.iter_mut().enumerate() {
            *x = f32::from_bits(first + i as u32);
        }
        simd128::encode_slice(&cast, &values, &mut codes);
        simd128::decode_slice(&cast, &codes, &mut decoded);
        for (i, (code, decoded)) in codes.chunks_exact(code_bytes).zip(&decoded).enumerate() {
            let bits = first + i as u32;
            let expected = cast.encode(bits);
            let code = code.iter().rev().fold(0, |code, &byte| code << 8 | u32::from(byte));
            let is_right = code == expected && decoded.to_bits() == value_of[expected as usize];
            assert!(
                is_right,
                "{name}: {bits:#010x} is {expected:#x}, by SIMD {code:#x}; that is {:#010x}, by SIMD {:#010x}",
                value_of[expected as usize],
                decoded.to_bits()
            );
        }
    }
    console_log!("{name} {overflow:?}: 2^32 inputs in {:.1} s", (now_ms() - start) / 1e3);
}

#[wasm_bindgen_test]
fn simd_makes_the_bf16_of_every_f32_that_scalar_code_makes() {
    check("bf16", Float::ieee(8, 7), Overflow::Special);
}

#[wasm_bindgen_test]
fn simd_makes_the_fp16_of_every_f32_that_scalar_code_makes() {
    check("fp16", Float::ieee(5, 10), Overflow::Special);
}

#[wasm_bindgen_test]
fn simd_makes_the_e4m3fn_of_every_f32_that_scalar_code_makes() {
    check("e4m3fn", mx::E4M3FN, Overflow::Saturate);
}
