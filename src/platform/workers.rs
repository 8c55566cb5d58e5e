//! The page's worker: the program `engine`, which is a module of its own.
//!
//! | where | worker |
//! |---|---|
//! | normally, and from `file://` | classic, from a `blob:` URL |
//! | sandboxed frame (origin `null`) on http(s) | classic, from a `data:` URL: Chromium gives no WebGPU to a blob worker there, since it does not count as a secure context |
//!
//! Never `type: "module"` with a blob: Chromium refuses it in a sandboxed frame. A refusal throws in one browser and is
//! an event in the other, so both are listened for.

use super::files::{Files, Pieces};
use super::page;
use js_sys::{Array, Uint8Array, global};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, DedicatedWorkerGlobalScope, ErrorEvent, Event, MessageEvent, Url, Worker};

/// A running worker; ended when dropped.
pub struct Handle {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Handle {
    /// Starts a worker. `on_message` gets its messages, `on_failure` why it did not start or why it died.
    ///
    /// Messages are bytes, some of them with a file; the start-up script, which runs before the program, sends strings.
    ///
    /// # Errors
    /// The browser's refusal, in its words.
    pub fn spawn(
        mut on_message: impl FnMut(Vec<u8>, Option<Blob>) + 'static,
        on_failure: impl Fn(String) + Clone + 'static,
    ) -> Result<Self, String> {
        let engine = page::engine_url().ok_or("the page does not name its engine")?;
        let source = format!(
            "import(\"{engine}.js\").then(glue=>glue.default({{module_or_path:\"{engine}_bg.wasm\"}})).catch(x=>postMessage('!'+x))"
        );
        let url = if page::origin_is_opaque_http() {
            format!("data:text/javascript,{}", js_sys::encode_uri_component(&source))
        } else {
            let options = BlobPropertyBag::new();
            options.set_type("text/javascript");
            Blob::new_with_str_sequence_and_options(&Array::of1(&source.into()), &options)
                .and_then(|blob| Url::create_object_url_with_blob(&blob))
                .map_err(describe)?
        };
        let worker = Worker::new(&url).map_err(describe)?;
        let start_failed = on_failure.clone();
        let on_message = Closure::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
                on_message(bytes.to_vec(), None);
            } else if let Some(both) = data.dyn_ref::<Array>() {
                on_message(both.get(0).unchecked_into::<Uint8Array>().to_vec(), both.get(1).dyn_into().ok());
            } else {
                start_failed(data.as_string().unwrap_or_default());
            }
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        let on_error = Closure::new(move |event: Event| {
            event.prevent_default();
            let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).unwrap_or_default();
            on_failure(if message.is_empty() { "the browser gave no reason".to_owned() } else { message });
        });
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    /// Sends a message.
    pub fn post(&self, bytes: &[u8]) {
        // Posting bytes cannot fail.
        _ = self.worker.post_message(&Uint8Array::from(bytes));
    }

    /// Sends a message with files, which are not copied.
    pub fn post_files(&self, bytes: &[u8], files: &Files) {
        _ = self.worker.post_message(&Array::of2(&Uint8Array::from(bytes), &files.to_array()));
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// Inside the worker: sends a message to the page, and with it the content of a file, which goes into the browser's keeping
/// and not through the page's memory.
pub fn post_to_page(bytes: &[u8], file: Option<&Pieces>) {
    let scope: DedicatedWorkerGlobalScope = global().unchecked_into();
    let bytes = Uint8Array::from(bytes);
    _ = match file.and_then(Pieces::blob) {
        Some(blob) => scope.post_message(&Array::of2(&bytes, &blob)),
        _ => scope.post_message(&bytes),
    };
}

/// Inside the worker: hands the page's messages, some of them with files, to `receive`, for as long as the worker lives.
pub fn serve(mut receive: impl FnMut(Vec<u8>, Option<Files>) + 'static) {
    let scope: DedicatedWorkerGlobalScope = global().unchecked_into();
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data();
        if let Some(bytes) = data.dyn_ref::<Uint8Array>() {
            receive(bytes.to_vec(), None);
        } else if let Some(both) = data.dyn_ref::<Array>() {
            let files = both.get(1).dyn_ref().map(Files::from_array);
            receive(both.get(0).unchecked_into::<Uint8Array>().to_vec(), files);
        }
    });
    scope.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
}

/// How many workers can run at once, as far as the browser says it.
#[must_use]
pub fn at_once() -> usize {
    web_sys::window().map_or(1, |window| window.navigator().hardware_concurrency() as usize).max(1)
}

pub(super) fn describe(error: JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| "the browser gave no reason".to_owned(), |error| String::from(error.message()))
}
