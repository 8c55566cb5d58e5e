//! The page that embeds this one in a frame: messages to it and from it.

use js_sys::{JSON, Object, Reflect};
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

/// A field of a message to the embedding page.
pub enum Value<'a> {
    /// A number.
    Number(f64),
    /// A text.
    Text(&'a str),
    /// JSON that becomes an object of the message.
    Json(&'a str),
}

/// Sends `{type, v: 1, …fields}` to the embedding page, whichever it is: nothing in it is secret.
pub fn send(kind: &str, fields: &[(&str, Value<'_>)]) {
    let Some(parent) = parent() else { return };
    let message = Object::new();
    let set = |key: &str, value: JsValue| _ = Reflect::set(&message, &key.into(), &value);
    set("type", kind.into());
    set("v", 1.into());
    for (key, value) in fields {
        let value = match value {
            Value::Number(number) => (*number).into(),
            Value::Text(text) => (*text).into(),
            Value::Json(json) => JSON::parse(json).unwrap_or(JsValue::NULL),
        };
        set(key, value);
    }
    _ = parent.post_message(&message, "*");
}

/// JSON on many lines, for people.
#[must_use]
pub fn indented(json: &str) -> String {
    let value = JSON::parse(json).unwrap_or(JsValue::NULL);
    let text = JSON::stringify_with_replacer_and_space(&value, &JsValue::NULL, &2.into());
    text.map_or_else(|_| json.to_owned(), String::from)
}

/// What stands in JSON at a path such as `formats.1.value`, as text: a text, a number, or whether something holds.
#[must_use]
pub fn said(json: &str, path: &str) -> Option<String> {
    let step = |value: JsValue, name: &str| Reflect::get(&value, &name.into()).ok();
    let value = path.split('.').try_fold(JSON::parse(json).ok()?, step)?;
    let number = || value.as_f64().map(|number| number.to_string());
    value.as_string().or_else(number).or_else(|| value.as_bool().map(|holds| holds.to_string()))
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
