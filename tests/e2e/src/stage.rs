//! The site under test on a server of its own, with a page that can embed it and an ear at its console.

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};
use xtask::{
    page,
    site::{Options, Site},
};

/// Tells the server what the page writes to the console and which errors it leaves uncaught: a request's address is
/// kept however the page goes on, in a frame of any kind, and in both browsers.
const LISTENER: &str = r#"(() => {
  const tell = (kind, ...parts) => fetch("console?" + encodeURIComponent(kind + ": " + parts.map(String).join(" ")));
  for (const kind of ["debug", "log", "info", "warn", "error", "trace"]) {
    const original = console[kind];
    console[kind] = (...parts) => { tell(kind, ...parts); original.apply(console, parts); };
  }
  addEventListener("error", e => tell("uncaught", e.message || "cannot load " + (e.target.src || e.target.href)), true);
  addEventListener("unhandledrejection", e => tell("rejected", e.reason));
  addEventListener("securitypolicyviolation", e => tell("policy", e.violatedDirective, e.blockedURI));
})();
"#;

/// A page that embeds and keeps what it is told.
const HOST: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A course page</title>
<link rel="icon" href="data:,">
<h1>A course page</h1>
<script>
  // On the window, where drivers' scripts see it.
  window.messages = [];
  addEventListener("message", e => messages.push({ origin: e.origin, ...e.data }));
  window.embed = attributes => {
    const frame = document.createElement("iframe");
    for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
    document.body.append(frame);
  };
  window.say = message => document.querySelector("iframe").contentWindow.postMessage(message, "*");
</script>
"#;

/// A copy of the built site, served.
pub struct Stage {
    /// The server.
    pub site: Site,
    folder: Folder,
}

impl Stage {
    /// Serves the site under this path, with the listener in its page.
    pub fn new(mount: &str) -> Self {
        let stage = Self::untouched(mount);
        stage.change("index.html", |html| {
            let (head, rest) = html.split_once("<script").expect("index.html has a script");
            format!("{head}<script src=\"listen.js\"></script>\n<script{rest}")
        });
        stage
    }

    /// Serves the site under this path exactly as it was built. The console's listener is not in it.
    pub fn untouched(mount: &str) -> Self {
        let folder = Folder::new();
        let built = dist();
        for entry in fs::read_dir(&built).unwrap_or_else(|error| panic!("{}: {error}", built.display())) {
            let file = entry.expect("the site can be listed").path();
            let name = file.file_name().expect("a file has a name");
            fs::copy(&file, folder.0.join(name)).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
        let stage = Self::serve(folder, mount);
        stage.write("listen.js", LISTENER);
        stage.write("console", "");
        stage.write("host.html", HOST);
        stage
    }

    /// Serves only the page that embeds, from another origin than any other stage.
    pub fn host_only() -> Self {
        let stage = Self::serve(Folder::new(), "/");
        stage.write("host.html", HOST);
        stage
    }

    fn serve(folder: Folder, mount: &str) -> Self {
        let options = Options { mount: mount.into(), ..Options::default() };
        let site = Site::serve(&folder.0, ("127.0.0.1", 0), options).expect("a port is free");
        Self { site, folder }
    }

    /// Writes a file of the site.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.0.join(name), text).expect("a file of the stage can be written");
    }

    /// Changes a file of the site.
    pub fn change(&self, name: &str, change: impl FnOnce(String) -> String) {
        let text = fs::read_to_string(self.folder.0.join(name)).expect("a file of the stage can be read");
        self.write(name, &change(text));
    }

    /// What the page wrote to the console, according to its listener.
    pub fn console(&self) -> Vec<String> {
        let requests = self.site.requests();
        requests.iter().filter_map(|request| Some(request.path.split_once("/console?")?.1.to_owned())).collect()
    }

    /// For tests of what goes wrong loudly: takes what was written so far as heard.
    pub fn forget_console(&self) {
        self.site.forget_requests();
    }
}

/// The site under test.
fn dist() -> PathBuf {
    env::var_os("BITBUDGET_DIST").map_or_else(page::dist, PathBuf::from)
}

/// A folder of the repository's `target/` or of the sources, made if it is missing.
pub fn folder(path: &str) -> PathBuf {
    let folder = xtask::tools::root().join(path);
    fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    folder
}

/// A temporary folder, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("bitbudget-e2e-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all::<&Path>(&self.0);
    }
}
