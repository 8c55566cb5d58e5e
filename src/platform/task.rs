//! Work that waits.

use std::future::Future;
use std::pin::Pin;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::MessageChannel;

/// Runs a future to its end. Boxed, so that all futures share one executor's code in the download.
pub fn spawn(future: impl Future<Output = ()> + 'static) {
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    wasm_bindgen_futures::spawn_local(future);
}

/// Lets what has arrived meanwhile be received. A message to oneself is not held back, as nested timers are.
pub async fn pause() {
    let Ok(channel) = MessageChannel::new() else { return };
    let received = js_sys::Promise::new(&mut |resolve, _| {
        channel.port1().set_onmessage(Some(&resolve));
        _ = channel.port2().post_message(&JsValue::NULL);
    });
    _ = JsFuture::from(received).await;
    channel.port1().close();
}
