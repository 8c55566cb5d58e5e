//! Samples are the same on every machine: on this host, and (`tests/web.rs`) in the browsers.
#![cfg(not(target_arch = "wasm32"))]

#[path = "samples/pinned.rs"]
mod pinned;

#[test]
fn samples_are_drawn_as_pinned() {
    pinned::assert_drawn_as_pinned();
}
