//! Work that waits.

use std::future::Future;
use std::pin::Pin;

/// Runs a future to its end. Boxed, so that all futures share one executor's code in the download.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    wasm_bindgen_futures::spawn_local(future);
}
