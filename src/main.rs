//! The page's start.

#[cfg(all(target_arch = "wasm32", feature = "page"))]
fn main() {
    use bitbudget::ui;

    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        ui::crashed();
    }));
    ui::start();
}

#[cfg(not(all(target_arch = "wasm32", feature = "page")))]
fn main() {
    eprintln!("Bitbudget is a web page: run `cargo xtask serve`.");
}
