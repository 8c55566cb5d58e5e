//! Native controls of a form that is text: each says by `data-key` what it sets.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, window};

/// One control.
pub struct Control {
    element: HtmlElement,
    /// What it sets.
    pub key: String,
}

/// The controls within an element.
#[must_use]
pub fn within(container: &Element) -> Vec<Control> {
    let Ok(found) = container.query_selector_all("[data-key]") else { return Vec::new() };
    (0..found.length()).filter_map(|i| Control::new(found.item(i)?.dyn_into().ok()?)).collect()
}

/// The control that an event is of.
#[must_use]
pub fn of(event: &Event) -> Option<Control> {
    Control::new(event.target()?.dyn_into().ok()?)
}

impl Control {
    fn new(element: HtmlElement) -> Option<Self> {
        let key = element.get_attribute("data-key")?;
        Some(Self { element, key })
    }

    fn property(&self, name: &str) -> String {
        Reflect::get(&self.element, &name.into()).ok().and_then(|value| value.as_string()).unwrap_or_default()
    }

    fn is(&self, kind: &str) -> bool {
        self.property("type") == kind
    }

    /// Whether something is typed into it.
    #[must_use]
    pub fn is_text(&self) -> bool {
        self.is("text") || self.is_area()
    }

    /// Whether that is a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.is("text") && self.element.has_attribute("inputmode")
    }

    /// Whether it has several lines of text.
    #[must_use]
    pub fn is_area(&self) -> bool {
        self.is("textarea")
    }

    /// What it holds; of a radio button, what it stands for.
    #[must_use]
    pub fn value(&self) -> String {
        self.property("value")
    }

    /// Shows that this is the value.
    pub fn set(&self, value: &str) {
        let (name, to) = if self.is("radio") {
            ("checked", JsValue::from(self.value() == value))
        } else {
            ("value", JsValue::from(value))
        };
        _ = Reflect::set(&self.element, &name.into(), &to);
        if let Some(unit) = self.element.get_attribute("data-unit") {
            self.describe("aria-valuetext", format!("{value} {unit}").trim_end());
        }
        if self.is_text() {
            self.tell("");
        } else if self.is_wrong() {
            self.describe("aria-invalid", "false");
        }
    }

    /// Sets an attribute, unless it is that already: a browser looks through its styles either way.
    fn describe(&self, attribute: &str, text: &str) {
        if self.element.get_attribute(attribute).as_deref() != Some(text) {
            _ = self.element.set_attribute(attribute, text);
        }
    }

    /// Says beside it what is wrong with it; nothing if there is nothing.
    pub fn tell(&self, problem: &str) {
        let id = self.element.id();
        let id = format!("{}-problem", id.strip_suffix("-slider").unwrap_or(&id));
        if let Some(place) = window().and_then(|window| window.document()?.get_element_by_id(&id)) {
            if place.text_content().as_deref() != Some(problem) {
                place.set_text_content(Some(problem));
            }
            self.describe("aria-invalid", if problem.is_empty() { "false" } else { "true" });
        }
    }

    /// Takes it out of sight with all that belongs to it.
    pub fn hide(&self) {
        let around = |class| self.element.closest(class).ok().flatten();
        if let Some(field) = around(".fields").or_else(|| around(".field")) {
            _ = field.set_attribute("hidden", "");
        }
    }

    /// Lets nobody change it.
    pub fn lock(&self) {
        _ = self.element.set_attribute("disabled", "");
    }

    /// Whether it has been said to be wrong.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        self.element.get_attribute("aria-invalid").as_deref() == Some("true")
    }

    /// Whether it has the keyboard's focus.
    #[must_use]
    pub fn has_focus(&self) -> bool {
        let focused = window().and_then(|window| window.document()?.active_element());
        focused.is_some_and(|focused| focused.is_same_node(Some(&self.element)))
    }
}
