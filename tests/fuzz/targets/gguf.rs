#![no_main]

#[path = "../check.rs"]
mod check;

#[global_allocator]
static ALLOCATOR: check::Largest = check::Largest;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::run("gguf", data));
