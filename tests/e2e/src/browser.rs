//! Browsers with their drivers.

use serde_json::{Value, json};
use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use thirtyfour::{Capabilities, WebDriver};
use xtask::tools;

/// The browsers that are tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chromium or Chrome.
    Chromium,
    /// Firefox.
    Firefox,
}

/// Whether the browser offers a WebGPU device. It is a software one: the arithmetic is what is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gpu {
    /// There is a device.
    On,
    /// Chromium finds no device behind WebGPU; Firefox has no WebGPU.
    Off,
}

/// The browser that `BITBUDGET_BROWSER` names.
pub fn kind() -> Kind {
    match env::var("BITBUDGET_BROWSER").as_deref() {
        Err(_) | Ok("" | "chromium") => Kind::Chromium,
        Ok("firefox") => Kind::Firefox,
        Ok(other) => panic!("BITBUDGET_BROWSER is {other}: it may be chromium or firefox"),
    }
}

pub(crate) struct Browser {
    pub driver: WebDriver,
    gpu: Gpu,
    server: Server,
}

/// The browsers that no test is in. There is nothing that runs after the last test, so the test that is the last one
/// in ends them.
pub(crate) struct Pool(());

struct Pooled {
    tests: u32,
    idle: Vec<Browser>,
}

static POOLED: Mutex<Pooled> = Mutex::new(Pooled { tests: 0, idle: Vec::new() });

fn pooled() -> MutexGuard<'static, Pooled> {
    POOLED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    pub fn enter() -> Self {
        pooled().tests += 1;
        Self(())
    }

    /// An idle browser, else a new one.
    pub async fn browser(&self, gpu: Gpu) -> Browser {
        let found = {
            let mut pooled = pooled();
            let place = pooled.idle.iter().position(|browser| browser.gpu == gpu);
            place.map(|place| pooled.idle.swap_remove(place))
        };
        match found {
            Some(browser) => browser,
            None => Browser::start(gpu).await,
        }
    }

    /// Hands the browser on if it is sound.
    pub async fn leave(self, browser: Browser, sound: bool) {
        if sound {
            pooled().idle.push(browser);
        } else {
            browser.quit().await;
        }
        drop(self);
        let left_over = {
            let mut pooled = pooled();
            if pooled.tests == 0 { std::mem::take(&mut pooled.idle) } else { Vec::new() }
        };
        for browser in left_over {
            browser.quit().await;
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        pooled().tests -= 1;
    }
}

impl Browser {
    pub async fn start(gpu: Gpu) -> Self {
        let found = match kind() {
            Kind::Chromium => tools::chromium(),
            Kind::Firefox => tools::firefox(),
        };
        let found = found.unwrap_or_else(|error| panic!("{error}"));
        let server = Server::start(&found.driver);
        let capabilities = capabilities(gpu, &found.binary.to_string_lossy());
        let driver = WebDriver::new(&server.url, capabilities).await.expect("a browser session starts");
        driver.set_script_timeout(Duration::from_secs(60)).await.expect("the browser answers");
        Self { driver, gpu, server }
    }

    pub async fn quit(self) {
        let Self { driver, server, .. } = self;
        // A browser that has crashed cannot be asked to quit; its driver is ended all the same.
        _ = tokio::time::timeout(Duration::from_secs(20), driver.quit()).await;
        drop(server);
    }
}

/// What a session is asked for: that of the in-browser tests (`tests/webdriver.json`), without the device if so wished.
fn capabilities(gpu: Gpu, binary: &str) -> Capabilities {
    let path = tools::root().join("tests/webdriver.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut shared: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let capabilities = match kind() {
        Kind::Chromium => {
            let mut options = shared["goog:chromeOptions"].take();
            let arguments = options["args"].as_array_mut().expect("a list of arguments");
            if gpu == Gpu::Off {
                arguments.retain(|argument| !argument.as_str().is_some_and(|text| text.contains("webgpu")));
            }
            arguments.extend(["--headless=new", "--hide-scrollbars", "--window-size=1280,1000"].map(Value::from));
            options["binary"] = binary.into();
            json!({
                "browserName": "chrome",
                "goog:chromeOptions": options,
                "goog:loggingPrefs": { "browser": "ALL" },
            })
        }
        Kind::Firefox => {
            let mut options = shared["moz:firefoxOptions"].take();
            if gpu == Gpu::Off {
                options["prefs"]["dom.webgpu.enabled"] = false.into();
            }
            // The tests' small windows are opened by script, which is otherwise kept for clicks.
            options["prefs"]["dom.disable_open_during_load"] = false.into();
            // As on a phone; Chromium is told by an argument.
            options["prefs"]["ui.useOverlayScrollbars"] = 1.into();
            options["args"] = json!(["-headless", "--width=1280", "--height=1000"]);
            options["binary"] = binary.into();
            json!({ "browserName": "firefox", "moz:firefoxOptions": options })
        }
    };
    serde_json::from_value(capabilities).expect("capabilities are an object")
}

/// The driver's process; killed when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts it; once more where it ends at once, which ChromeDriver does when the port that it found is taken meanwhile.
    fn start(program: &std::path::Path) -> Self {
        (0..3).find_map(|_| Self::try_start(program)).expect("the driver names its port")
    }

    /// Starts it on a port that it finds itself: two tests that look for a free one could find the same.
    fn try_start(program: &std::path::Path) -> Option<Self> {
        let mut command = Command::new(program);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        if kind() == Kind::Firefox {
            command.arg("--websocket-port=0");
        }
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        // "ChromeDriver was started successfully on port 1234." or "… Listening on 127.0.0.1:1234".
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let announces = line.contains("started successfully") || line.contains("Listening on");
            let digits = line.trim_end_matches('.').rsplit([' ', ':']).next()?;
            digits.parse::<u16>().ok().filter(|_| announces)
        });
        // What it says later is read away, so that it never waits for a reader.
        thread::spawn(move || lines.for_each(drop));
        let mut server = Self { child, url: String::new() };
        server.url = format!("http://127.0.0.1:{}", port?);
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
