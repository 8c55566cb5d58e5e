//! Time.

use wasm_bindgen::prelude::*;

/// Milliseconds since some start, for differences only.
#[must_use]
pub fn now_ms() -> f64 {
    // `performance` is a global of windows and workers alike; web-sys knows it only on each of them.
    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = performance, js_name = now)]
        fn performance_now() -> f64;
    }
    performance_now()
}
