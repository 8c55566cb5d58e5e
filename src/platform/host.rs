//! The page that embeds this one in a frame: messages to it and from it.

use js_sys::JSON;
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Window, window};

fn parent() -> Option<Window> {
    let window = window()?;
    let parent = window.parent().ok()??;
    (!js_sys::Object::is(&parent, &window)).then_some(parent)
}

/// Whether this page stands in a frame.
#[must_use]
pub fn is_framed() -> bool {
    parent().is_some()
}

/// Sends a message to the embedding page, whichever it is: nothing in it is secret.
pub fn send(message: &impl Serialize) {
    let Some(parent) = parent() else { return };
    if let Some(value) = serde_json::to_string(message).ok().and_then(|text| JSON::parse(&text).ok()) {
        _ = parent.post_message(&value, "*");
    }
}

/// Hands the embedding page's messages to `receive` as JSON. Messages from anyone else are passed over.
pub fn listen(mut receive: impl FnMut(serde_json::Value) + 'static) {
    let Some(window) = window() else { return };
    let callback = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let from_parent = match (event.source(), parent()) {
            (Some(source), Some(parent)) => js_sys::Object::is(&source, &parent),
            _ => false,
        };
        if !from_parent {
            return;
        }
        let text = JSON::stringify(&event.data()).ok().and_then(|text| text.as_string());
        if let Some(value) = text.and_then(|text| serde_json::from_str(&text).ok()) {
            receive(value);
        }
    });
    _ = window.add_event_listener_with_callback("message", callback.into_js_value().unchecked_ref());
}
