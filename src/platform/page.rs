//! The page itself: its address, its body, its storage, its clipboard.

use super::task;
use js_sys::{Array, Reflect, Uint8Array, global};
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
pub use web_sys::Blob;
use web_sys::{
    BlobPropertyBag, Document, DragEvent, Element, Event, FocusOptions, HtmlElement, HtmlInputElement,
    HtmlTextAreaElement, IntersectionObserver, IntersectionObserverEntry, PointerEvent, Url, Window, window,
};

fn page() -> Option<(Window, Document)> {
    let window = window()?;
    let document = window.document()?;
    Some((window, document))
}

/// The text after `#`, without it; decoded by whoever parses it.
#[must_use]
pub fn hash() -> String {
    let hash = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    hash.strip_prefix('#').unwrap_or(&hash).to_owned()
}

/// The text after `?`, without it.
#[must_use]
pub fn query() -> String {
    let query = window().and_then(|window| window.location().search().ok()).unwrap_or_default();
    query.strip_prefix('?').unwrap_or(&query).to_owned()
}

/// The address without query and hash.
#[must_use]
pub fn base_url() -> String {
    let href = window().and_then(|window| window.location().href().ok()).unwrap_or_default();
    href.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Replaces the text after `#` without a new history entry; a browser that refuses (too many in a short time) is left
/// with the old one.
pub fn replace_hash(hash: &str) {
    let Some((window, _)) = page() else { return };
    let url = format!("{}#{hash}", window.location().search().unwrap_or_default());
    _ = window.history().and_then(|history| history.replace_state_with_url(&JsValue::NULL, "", Some(&url)));
}

/// Goes to another text after `#`, as a link does.
pub fn set_hash(hash: &str) {
    if let Some(window) = window() {
        _ = window.location().set_hash(hash);
    }
}

/// Calls back whenever the text after `#` was changed by the reader or by a link.
pub fn on_hash_change(changed: impl FnMut() + 'static) {
    let Some(window) = window() else { return };
    let callback = Closure::<dyn FnMut()>::new(changed);
    _ = window.add_event_listener_with_callback("hashchange", callback.into_js_value().unchecked_ref());
}

/// Sets an attribute of `<html>`.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = page().and_then(|(_, document)| document.document_element()) {
        _ = root.set_attribute(name, value);
    }
}

thread_local! {
    static ZOOM: Cell<f64> = const { Cell::new(1.0) };
}

/// Makes all of the page so much larger.
pub fn set_zoom(zoom: f64) {
    let root = page().and_then(|(_, document)| document.document_element()?.dyn_into::<HtmlElement>().ok());
    // Where it is as it was there is nothing to lay out.
    if let Some(root) = root.filter(|_| ZOOM.replace(zoom) != zoom) {
        _ = root.style().set_property("zoom", &zoom.to_string());
    }
}

thread_local! {
    static LOCKED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Lets no button change these keys from now on.
pub fn lock(keys: &str) {
    LOCKED.set(keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect());
}

/// Disables buttons within an element that would change a locked key: `key=value&other=value` is what they do.
fn lock_within(element: &Element) {
    LOCKED.with_borrow(|locked| {
        let Some(Ok(buttons)) = (!locked.is_empty()).then(|| element.query_selector_all("[data-do*='=']")) else {
            return;
        };
        for i in 0..buttons.length() {
            let Some(button) = buttons.item(i).and_then(|node| node.dyn_into::<Element>().ok()) else { continue };
            let action = button.get_attribute("data-do").unwrap_or_default();
            let is_locked = |change: &str| locked.iter().any(|key| change.split('=').next() == Some(key));
            if action.split('&').any(is_locked) {
                _ = button.set_attribute("disabled", "");
            }
        }
    });
}

/// How much larger it is than usual.
#[must_use]
pub fn zoom() -> f64 {
    ZOOM.get()
}

/// Sets an attribute of `<body>`.
pub fn set_body_attribute(name: &str, value: &str) {
    if let Some(body) = page().and_then(|(_, document)| document.body()) {
        _ = body.set_attribute(name, value);
    }
}

/// Sets the document's title.
pub fn set_title(title: &str) {
    if let Some((_, document)) = page() {
        document.set_title(title);
    }
}

/// An element that the program fills, emptied of what stood there before the program came.
#[must_use]
pub fn take_slot(id: &str) -> Option<HtmlElement> {
    let (_, document) = page()?;
    let slot: HtmlElement = document.get_element_by_id(id)?.dyn_into().ok()?;
    slot.set_inner_html("");
    Some(slot)
}

/// Takes the first element that a CSS selector names out of the page.
pub fn remove(selector: &str) {
    if let Some(Ok(Some(element))) = page().map(|(_, document)| document.query_selector(selector)) {
        element.remove();
    }
}

/// Shows the plain-HTML screen that `index.html` holds for the case that the program stops.
pub fn show_crash() {
    if let Some(screen) = page().and_then(|(_, document)| document.get_element_by_id("crash")) {
        _ = screen.remove_attribute("hidden");
    }
    set_body_attribute("data-state", "crashed");
}

/// Moves the keyboard's focus to the element with this id.
pub fn focus(id: &str) {
    if let Some(element) = page().and_then(|(_, document)| document.get_element_by_id(id))
        && let Ok(element) = element.dyn_into::<HtmlElement>()
    {
        _ = element.focus();
    }
}

/// Scrolls to the top.
pub fn scroll_to_top() {
    if let Some(window) = window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
}

/// Whether a media query matches, and a call whenever that changes.
pub fn watch_media(query: &str, mut changed: impl FnMut(bool) + 'static) -> bool {
    let Some(list) = window().and_then(|window| window.match_media(query).ok().flatten()) else { return false };
    let watched = list.clone();
    let callback = Closure::<dyn FnMut()>::new(move || changed(watched.matches()));
    _ = list.add_event_listener_with_callback("change", callback.into_js_value().unchecked_ref());
    list.matches()
}

/// A value kept between visits; nothing where storage is refused, as in a sandboxed frame.
#[must_use]
pub fn stored(key: &str) -> Option<String> {
    window()?.local_storage().ok()??.get_item(key).ok()?
}

/// Keeps a value between visits where that is allowed.
pub fn store(key: &str, value: &str) {
    if let Some(Ok(Some(storage))) = window().map(|window| window.local_storage()) {
        _ = storage.set_item(key, value);
    }
}

/// Copies text, and tells whether that worked. Where the clipboard is refused (a frame without `clipboard-write`), the
/// text is selected and copied the old way.
pub fn copy(text: String, done: impl FnOnce(bool) + 'static) {
    let Some((window, document)) = page() else { return done(false) };
    let navigator: JsValue = window.navigator().into();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).unwrap_or(JsValue::UNDEFINED);
    if clipboard.is_undefined() {
        return done(copy_by_selection(&document, &text));
    }
    let promise = window.navigator().clipboard().write_text(&text);
    task::spawn(async move {
        let copied = promise.await.is_ok();
        done(copied || copy_by_selection(&document, &text));
    });
}

fn copy_by_selection(document: &Document, text: &str) -> bool {
    let focused = document.active_element();
    let Some(body) = document.body() else { return false };
    let Ok(area) = document.create_element("textarea").map(JsCast::unchecked_into::<HtmlTextAreaElement>) else {
        return false;
    };
    area.set_value(text);
    _ = area.set_attribute("readonly", "");
    area.set_class_name("visually-hidden");
    _ = body.append_child(&area);
    area.select();
    let copied = Reflect::get(document, &"execCommand".into())
        .ok()
        .and_then(|command| command.dyn_into::<js_sys::Function>().ok())
        .and_then(|command| command.call1(document, &"copy".into()).ok())
        .is_some_and(|result| result.is_truthy());
    area.remove();
    if let Some(element) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        _ = element.focus();
    }
    copied
}

/// What an event's element, or the nearest around it that says so, is to do (`data-do`).
#[must_use]
pub fn action_of(event: &Event) -> Option<String> {
    let target: Element = event.target()?.dyn_into().ok()?;
    target.closest("[data-do]").ok()??.get_attribute("data-do")
}

/// What was put into controls of a name: typed, or chosen of radio buttons.
#[must_use]
pub fn put_into(name: &str) -> String {
    let of = || {
        let control = page()?.1.query_selector(&format!("[name={name}]:is([type=text],:checked)")).ok()??;
        Some(control.dyn_into::<HtmlInputElement>().ok()?.value())
    };
    of().unwrap_or_default()
}

/// Whether an event is the Enter key in a control of a name. A form would know that too, but a sandboxed frame submits none.
#[must_use]
pub fn is_enter_in(event: &web_sys::KeyboardEvent, name: &str) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    event.key() == "Enter" && target.is_some_and(|target| target.name() == name)
}

/// Says something in an element that is there for it.
pub fn tell(id: &str, text: &str) {
    if let Some(element) = page().and_then(|(_, document)| document.get_element_by_id(id)) {
        element.set_text_content(Some(text));
    }
}

/// What is in the first element that a selector finds, as HTML.
#[must_use]
pub fn markup_of(selector: &str) -> String {
    let element = page().and_then(|(_, document)| document.query_selector(selector).ok()?);
    element.map(|element| element.inner_html()).unwrap_or_default()
}

/// The text of an element.
#[must_use]
pub fn text_of(id: &str) -> String {
    let element = page().and_then(|(_, document)| document.get_element_by_id(id));
    element.and_then(|element| element.text_content()).unwrap_or_default()
}

/// Where in its element a pointer is, in the pixels that are drawn in.
#[must_use]
pub fn place_in(event: &web_sys::MouseEvent) -> (f64, f64) {
    let Some(element) = event.current_target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return (0.0, 0.0);
    };
    let (rect, zoom) = (element.get_bounding_client_rect(), zoom());
    ((event.client_x() - rect.left()) / zoom, (event.client_y() - rect.top()) / zoom)
}

/// Opens the browser's own way to print.
pub fn print() {
    if let Some(window) = window() {
        _ = window.print();
    }
}

/// Has all that a pointer does told to the event's element until it is let go, and says whether that worked.
#[must_use]
pub fn capture_pointer(event: &PointerEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.set_pointer_capture(event.pointer_id()).is_ok())
}

/// Takes the text or the file that was dropped: the text, or the number of bytes of a file that is larger than `most`.
pub fn dropped_text(event: &DragEvent, most: usize, then: impl Fn(Result<String, f64>) + 'static) {
    event.prevent_default();
    let Some(data) = event.data_transfer() else { return };
    let Some(file) = data.files().and_then(|files| files.get(0)) else {
        return then(Ok(data.get_data("text/plain").unwrap_or_default()));
    };
    if file.size() > most as f64 {
        return then(Err(file.size()));
    }
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await;
        then(Ok(text.ok().and_then(|text| text.as_string()).unwrap_or_default()));
    });
}

/// From now on has details unfolded when they are opened: what is in them stood in the attribute `folded`.
pub fn unfold_when_opened(folded: &'static str) {
    let Some((_, document)) = page() else { return };
    let callback = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if let Some(details) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) {
            unfold(&details, folded);
        }
    });
    // That something is toggled is told to itself alone, but for those who listen on the way there.
    _ = document.add_event_listener_with_callback_and_bool("toggle", callback.into_js_value().unchecked_ref(), true);
}

fn unfold(details: &Element, folded: &str) {
    if let Some(html) = details.get_attribute(folded) {
        _ = details.remove_attribute(folded);
        _ = details.insert_adjacent_html("beforeend", &html);
        lock_within(details);
    }
}

/// Replaces what is in an element. Of what had the focus, its successor of the same id, or else with the same `data-do`,
/// gets it. What the reader has opened stays open; `folded` is the attribute in which details keep what is in them.
pub fn set_markup(element: &Element, html: &str, folded: &str) {
    let focused =
        page().and_then(|(_, document)| document.active_element()).filter(|focused| element.contains(Some(focused)));
    let name = focused.map(|focused| match (focused.id(), focused.get_attribute("data-do")) {
        (id, _) if !id.is_empty() => format!("[id=\"{id}\"]"),
        (_, action) => format!("[data-do=\"{}\"]", action.unwrap_or_default()),
    });
    let opened: Vec<String> = element.query_selector_all("details[open][id]").map_or_else(
        |_| Vec::new(),
        |opened| (0..opened.length()).filter_map(|i| Some(opened.item(i)?.dyn_into::<Element>().ok()?.id())).collect(),
    );
    element.set_inner_html(html);
    lock_within(element);
    for id in opened {
        if let Ok(Some(details)) = element.query_selector(&format!("[id=\"{id}\"]")) {
            _ = details.set_attribute("open", "");
            unfold(&details, folded);
        }
    }
    if let Some(name) = name
        && let Ok(Some(successor)) = element.query_selector(&name)
        && let Ok(successor) = successor.dyn_into::<HtmlElement>()
    {
        // Not into view: in a list that scrolls, the reader may have left it behind.
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        _ = successor.focus_with_options(&options);
    }
}

/// How far the element of an event is scrolled, and how high it is, in CSS pixels.
#[must_use]
pub fn scrolled(event: &Event) -> Option<(f64, f64)> {
    let element: Element = event.target()?.dyn_into().ok()?;
    Some((element.scroll_top(), f64::from(element.client_height())))
}

/// Calls back with whether any of an element is within the window, soon and whenever that changes. To ask for it instead would have
/// the browser lay the page out at once.
pub fn observe_view(element: &Element, mut changed: impl FnMut(bool) + 'static) {
    let callback = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
        if let Ok(entry) = entries.get(entries.length() - 1).dyn_into::<IntersectionObserverEntry>() {
            changed(entry.is_intersecting());
        }
    });
    if let Ok(observer) = IntersectionObserver::new(callback.into_js_value().unchecked_ref()) {
        observer.observe(element);
    }
}

/// The id of what has the keyboard's focus.
#[must_use]
pub fn focused_id() -> Option<String> {
    page().and_then(|(_, document)| document.active_element()).map(|element| element.id())
}

/// Whether the details that an event is of are open.
#[must_use]
pub fn is_open(event: &Event) -> bool {
    let details = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
    details.is_some_and(|details| details.has_attribute("open"))
}

/// Gives a class to the elements within a container whose attribute has this word, and takes it from the others.
pub fn mark(container: &str, attribute: &str, word: &str, class: &str) {
    let Some(container) = page().and_then(|(_, document)| document.get_element_by_id(container)) else { return };
    let Ok(marked) = container.query_selector_all(&format!("[{attribute}]")) else { return };
    for i in 0..marked.length() {
        let Some(element) = marked.item(i).and_then(|node| node.dyn_into::<Element>().ok()) else { continue };
        let has_word =
            element.get_attribute(attribute).is_some_and(|words| words.split(' ').any(|other| other == word));
        _ = element.class_list().toggle_with_force(class, has_word && !word.is_empty());
    }
}

/// Opens details, and brings them into view.
pub fn open_details(id: &str) {
    if let Some(details) = page().and_then(|(_, document)| document.get_element_by_id(id)) {
        _ = details.set_attribute("open", "");
        details.scroll_into_view();
    }
}

/// Offers a file of this MIME type.
pub fn download(name: &str, kind: &str, content: &[u8]) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let content = Uint8Array::from(content);
    if let Ok(blob) = Blob::new_with_u8_array_sequence_and_options(&Array::of1(&content), &options) {
        download_blob(name, &blob);
    }
}

/// Offers a file that the browser keeps.
pub fn download_blob(name: &str, content: &Blob) {
    if let Ok(url) = Url::create_object_url_with_blob(content) {
        offer(name, &url);
        // Not before the browser has begun: it reads the file in its own time.
        let later = Timer::after_ms(10_000, move || _ = Url::revoke_object_url(&url));
        std::mem::forget(later);
    }
}

/// Has the browser save what is at a URL.
pub fn offer(name: &str, url: &str) {
    let Some((_, document)) = page() else { return };
    if let Some(anchor) = document.create_element("a").ok().and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        _ = anchor.set_attribute("href", url);
        _ = anchor.set_attribute("download", name);
        anchor.click();
    }
}

/// The absolute URL of the worker's program, without the endings of its two files.
#[must_use]
pub fn engine_url() -> Option<String> {
    let (_, document) = page()?;
    let name = document.query_selector("meta[name=engine]").ok()??.get_attribute("content")?;
    Some(Url::new_with_base(&name, &document.base_uri().ok()??).ok()?.href())
}

/// Whether this is a frame without an origin of its own (`sandbox` without `allow-same-origin`) on http or https.
#[must_use]
pub fn origin_is_opaque_http() -> bool {
    let origin = Reflect::get(&global(), &"origin".into()).ok().and_then(|origin| origin.as_string());
    let protocol = window().and_then(|window| window.location().protocol().ok()).unwrap_or_default();
    origin.as_deref() == Some("null") && protocol.starts_with("http")
}

/// Calls back once, after a delay. Dropping the handle before then calls it off.
pub struct Timer {
    id: i32,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    /// Starts the timer.
    #[must_use]
    pub fn after_ms(ms: i32, callback: impl FnOnce() + 'static) -> Option<Self> {
        let callback = Closure::once(callback);
        let id = window()?
            .set_timeout_with_callback_and_timeout_and_arguments_0(callback.as_ref().unchecked_ref(), ms)
            .ok()?;
        Some(Self { id, _callback: callback })
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(window) = window() {
            window.clear_timeout_with_handle(self.id);
        }
    }
}

/// Calls back before the next frame is painted.
pub fn next_frame(callback: impl FnOnce() + 'static) {
    if let Some(window) = window() {
        let callback = Closure::once_into_js(callback);
        _ = window.request_animation_frame(callback.unchecked_ref());
    }
}

/// Calls back with the width and height of an element, in CSS pixels, now and whenever they change.
pub fn observe_size(element: &Element, mut changed: impl FnMut(f64, f64) + 'static) {
    let observed = element.clone();
    let callback = Closure::<dyn FnMut(Array)>::new(move |_: Array| {
        // As large as it is seen; what is drawn in it is made larger with the page.
        let (rect, zoom) = (observed.get_bounding_client_rect(), zoom());
        changed(rect.width() / zoom, rect.height() / zoom);
    });
    if let Ok(observer) = web_sys::ResizeObserver::new(callback.into_js_value().unchecked_ref()) {
        observer.observe(element);
    }
}

/// The document's height, in CSS pixels.
#[must_use]
pub fn content_height() -> f64 {
    page().and_then(|(_, document)| document.body()).map_or(0.0, |body| body.get_bounding_client_rect().height())
}

/// Height and width observation of the whole body.
pub fn observe_body(changed: impl FnMut(f64, f64) + 'static) {
    if let Some(body) = page().and_then(|(_, document)| document.body()) {
        observe_size(&body, changed);
    }
}
