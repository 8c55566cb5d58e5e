//! The worker's start: a program of its own, loaded when a lab first needs it, so that a reader who only opens the page
//! does not wait for what quantizes tensors.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    bitbudget::compute::worker::serve();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("Bitbudget is a web page: run `cargo xtask serve`.");
}
