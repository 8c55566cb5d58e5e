//! The page that embeds this one in a frame: messages to it and from it.

use js_sys::{JSON, Object, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Window, window};

fn parent() -> Option<Window> {
    let window = window()?;
    let parent = window.parent().ok()??;
    (!Object::is(&parent, &window)).then_some(parent)
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

/// A message of the embedding page: its `type`, and its `scenario` if that is a text.
pub struct Message {
    /// What it wants.
    pub kind: String,
    /// The link it brings.
    pub scenario: Option<String>,
}

/// Hands the embedding page's messages to `receive`. Messages from anyone else, and those without a `type`, are passed
/// over.
pub fn listen(mut receive: impl FnMut(Message) + 'static) {
    let Some(window) = window() else { return };
    let callback = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let from_parent = match (event.source(), parent()) {
            (Some(source), Some(parent)) => Object::is(&source, &parent),
            _ => false,
        };
        if !from_parent {
            return;
        }
        let data = event.data();
        let text = |key: &str| Reflect::get(&data, &key.into()).ok().and_then(|value| value.as_string());
        if let Some(kind) = text("type") {
            receive(Message { kind, scenario: text("scenario") });
        }
    });
    _ = window.add_event_listener_with_callback("message", callback.into_js_value().unchecked_ref());
}
