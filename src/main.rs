//! The program's start: in a window it mounts the page, in a worker it serves jobs.

#[cfg(target_arch = "wasm32")]
fn main() {
    use bitbudget::{compute::worker, platform::page, ui};

    if page::in_window() {
        std::panic::set_hook(Box::new(|info| {
            console_error_panic_hook::hook(info);
            ui::crashed();
        }));
        ui::start();
    } else {
        console_error_panic_hook::set_once();
        worker::serve();
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {
    eprintln!("Bitbudget is a web page: run `cargo xtask serve`.");
}
