//! What a reader does on the page and sees there.

use crate::{Kind, Stage, kind};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use thirtyfour::{By, WebDriver, WebElement, extensions::query::ElementQueryable, prelude::*};

/// How long the page may take for anything that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser window on a site.
pub struct Page {
    /// The browser.
    pub driver: WebDriver,
    /// The site.
    pub stage: Stage,
}

impl Page {
    pub(crate) fn new(driver: WebDriver, stage: Stage) -> Self {
        Self { driver, stage }
    }

    /// Closes what another test left, and goes on in a window without history.
    pub(crate) async fn fresh_window(&self) {
        let old = self.driver.windows().await.expect("windows can be listed");
        let new = self.driver.new_window().await.expect("a window can be opened");
        for window in old {
            self.driver.switch_to_window(window).await.expect("the window is there");
            self.driver.close_window().await.expect("a window can be closed");
        }
        self.driver.switch_to_window(new).await.expect("the window is there");
        self.driver.set_window_rect(0, 0, 1280, 1000).await.expect("the window can be resized");
        self.browser_console().await; // what was said to others
    }

    // ── Going somewhere ───────────────────────────────────────────────────────────────────────────────────────────

    /// Loads the page anew at what follows its address, such as `?theme=dark#/memory`, and waits until it is done.
    pub async fn open(&self, rest: &str) {
        // From elsewhere: a new hash alone would not load anything.
        self.goto("about:blank").await;
        self.goto(&format!("{}{rest}", self.stage.site.url())).await;
        self.ready().await;
    }

    /// Goes to an address, without waiting for the program.
    pub async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap_or_else(|error| panic!("going to {url}: {error}"));
    }

    /// Follows a link to a hash within the page, as a reader who edits the address does.
    pub async fn go(&self, hash: &str) {
        self.eval_with("await new Promise(then => { addEventListener('hashchange', () => setTimeout(then), { once: true }); location.hash = args[0]; })", json!([hash])).await;
        self.ready().await;
    }

    /// Loads the page again, as it is.
    pub async fn reload(&self) {
        self.driver.refresh().await.expect("the page can be reloaded");
        self.ready().await;
    }

    /// Opens a window whose viewport has this width, and goes on in it. Wide windows are narrowed by the browsers'
    /// own toolbars' least width, which one without toolbars does not have.
    pub async fn resize(&self, width: u32, height: u32) {
        let before = self.driver.windows().await.expect("windows can be listed");
        let open = "open('about:blank', '_blank', `popup,width=${args[0]},height=${args[1]}`)";
        self.open_host().await;
        self.eval_with(&format!("{open}; return null"), json!([width, height])).await;
        let opened = Instant::now();
        let window = loop {
            let windows = self.driver.windows().await.expect("windows can be listed");
            if let Some(new) = windows.into_iter().find(|window| !before.contains(window)) {
                break new;
            }
            assert!(opened.elapsed() < PATIENCE, "a window opens");
        };
        self.driver.close_window().await.expect("the window can be closed");
        self.driver.switch_to_window(window).await.expect("the window is there");
        // Chromium opens it in a size of its own, and has a frame about it.
        let sizes =
            self.eval("return [innerWidth, innerHeight, outerWidth - innerWidth, outerHeight - innerHeight]").await;
        let size = |i: usize| sizes[i].as_u64().unwrap_or_default() as u32;
        if (size(0), size(1)) != (width, height) {
            let rect = self.driver.set_window_rect(0, 0, width + size(2), height + size(3)).await;
            rect.expect("the window can be resized");
        }
        self.until_with("the window has its width", "return innerWidth === args[0]", json!([width])).await;
    }

    // ── Waiting ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Waits until nothing is computed or drawn.
    pub async fn ready(&self) {
        let state = self
            .until(
                "the page is ready",
                "const s = document.body?.dataset.state; return s === 'ready' || s === 'crashed' ? s : null",
            )
            .await;
        assert_eq!(state, "ready", "{}", self.text("body").await);
    }

    /// Waits until a script returns something that counts as true, and gives it.
    pub async fn until(&self, what: &str, script: &str) -> Value {
        self.until_with(what, script, json!([])).await
    }

    /// [`Self::until`], with arguments.
    pub async fn until_with(&self, what: &str, script: &str, args: Value) -> Value {
        let start = Instant::now();
        loop {
            let value = self.eval_with(script, args.clone()).await;
            if !matches!(value, Value::Null | Value::Bool(false)) {
                return value;
            }
            if start.elapsed() > PATIENCE {
                let body = self.eval("return document.body?.innerText").await;
                panic!("waited in vain until {what}; console: {:?}; page: {body}", self.stage.console());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    // ── Looking ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// Runs a script in the page; it may use `await`.
    pub async fn eval(&self, script: &str) -> Value {
        self.eval_with(script, json!([])).await
    }

    /// [`Self::eval`], with arguments, which the script sees as `args`.
    pub async fn eval_with(&self, script: &str, args: Value) -> Value {
        let wrapped = format!(
            "const args = arguments[0], done = arguments[1];\
             (async () => {{ {script} }})().then(value => done({{ value }}), error => done({{ error: String(error) }}))"
        );
        let answer = self.driver.execute_async(wrapped, vec![args]).await;
        let answer = answer.unwrap_or_else(|error| panic!("{script}: {error}"));
        if let Some(error) = answer.json().get("error") {
            panic!("{script}: {error}");
        }
        answer.json()["value"].clone()
    }

    /// The visible text of an element, white space made single.
    pub async fn text(&self, css: &str) -> String {
        let script = "return document.querySelector(args[0])?.innerText";
        let text = self.eval_with(script, json!([css])).await;
        let text = text.as_str().unwrap_or_else(|| panic!("there is no {css}"));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether an element is there.
    pub async fn has(&self, css: &str) -> bool {
        self.eval_with("return document.querySelector(args[0]) !== null", json!([css])).await == true
    }

    /// A property of an element.
    pub async fn property(&self, css: &str, name: &str) -> Value {
        self.eval_with("return document.querySelector(args[0])?.[args[1]] ?? null", json!([css, name])).await
    }

    /// An attribute of an element.
    pub async fn attribute(&self, css: &str, name: &str) -> Value {
        self.eval_with("return document.querySelector(args[0])?.getAttribute(args[1]) ?? null", json!([css, name]))
            .await
    }

    /// The part of the address after `#`, with it.
    pub async fn hash(&self) -> String {
        self.eval("return location.hash").await.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the address ends in this hash.
    pub async fn until_hash(&self, hash: &str) {
        let what = format!("the address ends in {hash}");
        self.until_with(&what, "return location.hash === args[0]", json!([hash])).await;
    }

    /// What one of the Copy buttons copies.
    pub async fn copied(&self, button: &str) -> String {
        let script = "
            const clipboard = { configurable: true, value: { writeText: async text => { window.copied = text } } };
            Object.defineProperty(navigator, 'clipboard', clipboard);
            window.copied = null";
        self.eval(script).await;
        self.click(button).await;
        let copied = self.until("something is copied", "return window.copied").await;
        copied.as_str().unwrap_or_default().to_owned()
    }

    /// The report that the page exports.
    pub async fn report(&self) -> Value {
        let text = self.copied("#copy-json").await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// The link that the page exports, from the `#` on.
    pub async fn link(&self) -> String {
        let link = self.copied("#copy-link").await;
        let (base, hash) = link.split_once('#').unwrap_or_else(|| panic!("no hash in {link}"));
        assert_eq!(base, self.stage.site.url(), "a link leads to the full page, without settings of its looks");
        format!("#{hash}")
    }

    /// What in the address was not understood, as the page says it.
    pub async fn notices(&self) -> Vec<String> {
        let items = self.eval("return [...document.querySelectorAll('#notices li')].map(li => li.innerText)").await;
        serde_json::from_value(items).expect("a list of texts")
    }

    /// Saves what is seen as an image.
    pub async fn screenshot(&self, path: &Path) {
        self.driver.screenshot(path).await.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    // ── Doing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The one element that a selector finds.
    pub async fn element(&self, css: &str) -> WebElement {
        self.driver.query(By::Css(css)).first().await.unwrap_or_else(|error| panic!("{css}: {error}"))
    }

    /// Clicks something.
    pub async fn click(&self, css: &str) {
        // What is made anew between the two steps is clicked as it is then.
        let clicked = self.element(css).await.click().await;
        let clicked = if clicked.is_err() { self.element(css).await.click().await } else { clicked };
        clicked.unwrap_or_else(|error| panic!("clicking {css}: {error}"));
    }

    /// Opens `details`, and waits until the page knows: browsers tell it in a task of its own, after the click.
    pub async fn unfold(&self, details: &str) {
        let told = "window.unfolded = false;
                    const told = event => setTimeout(() => { window.unfolded = event.target.open });
                    document.querySelector(args[0]).addEventListener('toggle', told, { once: true })";
        self.eval_with(told, json!([details])).await;
        self.click(&format!("{details} > summary")).await;
        self.until(&format!("{details} is open"), "return window.unfolded").await;
        self.ready().await;
    }

    /// Chooses one of a few, by the id of its radio button.
    pub async fn choose(&self, id: &str) {
        self.click(&format!("label[for='{id}']")).await;
    }

    /// Chooses from a menu.
    pub async fn select(&self, id: &str, value: &str) {
        self.click(&format!("#{id} option[value='{value}']")).await;
    }

    /// Replaces the text of a field, key by key.
    pub async fn write(&self, id: &str, text: &str) {
        let field = self.element(&format!("#{id}")).await;
        let all = Key::Control + "a";
        field.send_keys(all).await.unwrap_or_else(|error| panic!("typing into {id}: {error}"));
        field.send_keys(Key::Delete + text).await.unwrap_or_else(|error| panic!("typing into {id}: {error}"));
    }

    /// Presses a key, wherever the focus is.
    pub async fn press(&self, key: impl Into<char>) {
        let keys = self.driver.action_chain().key_down(key.into());
        keys.perform().await.expect("a key can be pressed");
        self.driver.action_chain().reset_actions().await.expect("a key can be released");
    }

    // ── Frames ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Takes hold of an element in its middle with the mouse, and moves by `dx` CSS pixels; [`Self::let_go`] ends it.
    pub async fn drag(&self, css: &str, dx: i64) {
        let element = self.element(css).await;
        element.scroll_into_view().await.expect("an element can be scrolled to");
        let chain = self.driver.action_chain().move_to_element_center(&element).click_and_hold().move_by_offset(dx, 0);
        chain.perform().await.expect("the mouse can be moved");
    }

    /// Clicks `dx` CSS pixels to the right of an element's middle.
    pub async fn click_at(&self, css: &str, dx: i64) {
        let element = self.element(css).await;
        element.scroll_into_view().await.expect("an element can be scrolled to");
        let chain = self.driver.action_chain().move_to_element_center(&element).move_by_offset(dx, 0).click();
        chain.perform().await.expect("the mouse can be clicked");
    }

    /// Lets go of what [`Self::drag`] holds.
    pub async fn let_go(&self) {
        self.driver.action_chain().release().perform().await.expect("the mouse can be released");
    }

    /// Goes to this site's page that embeds, which is otherwise empty.
    pub async fn open_host(&self) {
        self.goto(&format!("{}host.html", self.stage.site.url())).await;
    }

    /// Goes to this site's page that embeds and puts a frame with these attributes in it.
    pub async fn embed(&self, attributes: Value) {
        self.open_host().await;
        self.eval_with("embed(args[0])", json!([attributes])).await;
    }

    /// Sends the frame a message.
    pub async fn say(&self, message: Value) {
        self.eval_with("say(args[0])", json!([message])).await;
    }

    /// The messages of one type that the frame has sent.
    pub async fn told(&self, kind: &str) -> Vec<Value> {
        let told = self.eval_with("return messages.filter(message => message.type === args[0])", json!([kind])).await;
        serde_json::from_value(told).expect("a list of messages")
    }

    /// Waits for the frame's first message of one type, and takes it off the list.
    pub async fn take_told(&self, kind: &str) -> Value {
        let script = "const at = messages.findIndex(message => message.type === args[0]);
                      return at < 0 ? null : messages.splice(at, 1)[0]";
        self.until_with(&format!("the frame says {kind}"), script, json!([kind])).await
    }

    /// Opens a scenario in the frame, and waits for its report: (scenario, report).
    pub async fn ask(&self, scenario: &str) -> (String, Value) {
        self.say(json!({ "type": "bitbudget:set", "scenario": scenario })).await;
        self.say(json!({ "type": "bitbudget:get" })).await;
        let script =
            "const at = messages.findIndex(m => m.type === 'bitbudget:report' || m.type === 'bitbudget:error');
                      return at < 0 ? null : messages.splice(at, 1)[0]";
        let mut answer = self.until(&format!("the frame answers for {scenario}"), script).await;
        assert_eq!(answer["type"], "bitbudget:report", "{scenario}: {answer}");
        assert_eq!(answer["v"], 1);
        (answer["scenario"].as_str().unwrap_or_default().to_owned(), answer["report"].take())
    }

    /// Goes on inside the frame.
    pub async fn enter_frame(&self) {
        self.driver.enter_frame(0).await.expect("there is a frame");
    }

    /// Goes on in the page around the frame.
    pub async fn leave_frame(&self) {
        self.driver.enter_default_frame().await.expect("the frame can be left");
    }

    /// Milliseconds of processor time that the page's thread has had since this was first called; known of Chromium only.
    pub async fn thread_ms(&self) -> Option<f64> {
        if kind() != Kind::Chromium {
            return None;
        }
        let tools = self.driver.cdp();
        let ask = async |command, params: Value| tools.send_raw(command, params).await.expect("it can be asked");
        ask("Performance.enable", json!({ "timeDomain": "threadTicks" })).await;
        let all = ask("Performance.getMetrics", json!({})).await;
        let metrics = all["metrics"].as_array().expect("a list");
        let whole = metrics.iter().find(|metric| metric["name"] == "TaskDuration");
        whole.and_then(|metric| metric["value"].as_f64()).map(|seconds| 1e3 * seconds)
    }

    // ── The console ───────────────────────────────────────────────────────────────────────────────────────────────

    /// Panics if the page wrote to the console, left an error uncaught or tried what its policy forbids.
    pub(crate) async fn assert_silent(&self) {
        let console = self.stage.console();
        assert!(console.is_empty(), "the page wrote to the console: {console:#?}");
    }

    /// What stands in the browser's console, its own remarks on the page included; known of Chromium only.
    pub async fn browser_console(&self) -> Vec<String> {
        if kind() != Kind::Chromium {
            return Vec::new();
        }
        let log = self.driver.browser_log().await.expect("Chromium's log can be read");
        log.into_iter().map(|entry| format!("{} {}", entry.level, entry.message)).collect()
    }
}

/// Whether two numbers are equal within a relative tolerance; nothing equals nothing.
pub fn close(a: &Value, b: &Value, relative: f64) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= relative * a.abs().max(b.abs()),
        _ => a == b,
    }
}
