//! A static server for a built site, with no more than the page, its tests and its audit need.

use flate2::{Compression, write::GzEncoder};
use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How a [`Site`] is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// The path under which the site lies: begins and ends with a slash. Its slashless form redirects to it.
    pub mount: String,
    /// Whether every answer carries `Access-Control-Allow-Origin: *`, which a page in a sandboxed frame needs.
    pub cors: bool,
    /// Whether files are sent gzipped to those who accept it. They are compressed once, at the start.
    pub gzip: bool,
}

impl Default for Options {
    /// At the root, with the CORS header, not compressed.
    fn default() -> Self {
        Self { mount: "/".into(), cors: true, gzip: false }
    }
}

/// A request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `HEAD`, or what else was tried.
    pub method: String,
    /// The path as it was asked for, with its query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
}

/// A directory served over HTTP from its own threads until this value is dropped.
#[derive(Debug)]
pub struct Site {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    options: Options,
    gzipped: HashMap<PathBuf, Vec<u8>>,
    requests: Mutex<Vec<Request>>,
    stopping: AtomicBool,
}

impl Site {
    /// Serves `directory` on `address`, such as `("127.0.0.1", 0)` for any free port.
    pub fn serve(directory: impl Into<PathBuf>, address: impl ToSocketAddrs, options: Options) -> io::Result<Self> {
        let directory = directory.into();
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let gzipped = if options.gzip { gzip_all(&directory)? } else { HashMap::new() };
        let (requests, stopping) = (Mutex::default(), AtomicBool::new(false));
        let shared = Arc::new(Shared { directory, options, gzipped, requests, stopping });
        let acceptor = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                for stream in listener.incoming() {
                    if shared.stopping.load(Ordering::Relaxed) {
                        break;
                    }
                    let shared = Arc::clone(&shared);
                    // A connection that fails is the client's to notice.
                    thread::spawn(move || stream.and_then(|stream| shared.converse(stream)));
                }
            }
        });
        Ok(Self { address, shared, acceptor: Some(acceptor) })
    }

    /// The URL of the site's front page, ending in a slash.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.shared.options.mount)
    }

    /// The address that is listened on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The requests answered so far, or since [`Site::forget_requests`], in the order of their answers.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Empties the list of requests.
    pub fn forget_requests(&self) {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::Relaxed);
        if let Some(acceptor) = self.acceptor.take() {
            // Wakes the acceptor, which then sees that it is to stop.
            if TcpStream::connect_timeout(&self.address, Duration::from_secs(1)).is_ok() {
                let _ = acceptor.join();
            }
        }
    }
}

impl Shared {
    /// Answers the requests of one connection until the client has no more.
    fn converse(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        let mut input = BufReader::new(stream.try_clone()?);
        let mut output = stream;
        while !self.stopping.load(Ordering::Relaxed) {
            let mut head = Vec::new();
            let mut limited = input.by_ref().take(64 * 1024);
            while !head.ends_with(b"\r\n\r\n") {
                if limited.read_until(b'\n', &mut head)? == 0 {
                    return Ok(());
                }
            }
            let head = String::from_utf8_lossy(&head);
            let mut words = head.split_whitespace();
            let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let accepts_gzip = head.lines().any(|line| {
                line.split_once(':')
                    .is_some_and(|(name, value)| name.eq_ignore_ascii_case("accept-encoding") && value.contains("gzip"))
            });
            let answer = match method {
                "GET" | "HEAD" => self.answer(target, accepts_gzip)?,
                _ => Answer::plain(405, "Only GET and HEAD are answered here."),
            };
            let request = Request { method: method.into(), path: target.into(), status: answer.status };
            self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            output.write_all(&answer.bytes(method == "HEAD", self.options.cors))?;
            if answer.status == 405 {
                break; // its body, if any, would be read as the next request
            }
        }
        Ok(())
    }

    fn answer(&self, target: &str, accepts_gzip: bool) -> io::Result<Answer> {
        let missing = || Answer::plain(404, "There is no such file here.");
        let relative = match route(&self.options.mount, target) {
            Route::File(relative) => relative,
            Route::Redirect(to) => return Ok(Answer::redirect(to)),
            Route::Missing => return Ok(missing()),
        };
        let path = self.directory.join(&relative);
        if path.is_dir() {
            let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
            return Ok(Answer::redirect(with_slash(path, query)));
        }
        let mut answer = Answer { status: 200, kind: content_type(&relative), extra: String::new(), body: Vec::new() };
        match self.gzipped.get(&relative).filter(|_| accepts_gzip) {
            Some(body) => {
                answer.body = body.clone();
                answer.extra = "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n".into();
            }
            None => match fs::read(path) {
                Ok(body) => answer.body = body,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(missing()),
                Err(error) => return Err(error),
            },
        }
        Ok(answer)
    }
}

struct Answer {
    status: u16,
    kind: &'static str,
    extra: String,
    body: Vec<u8>,
}

impl Answer {
    fn plain(status: u16, text: &str) -> Self {
        Self { status, kind: "text/plain; charset=utf-8", extra: String::new(), body: text.into() }
    }

    fn redirect(to: String) -> Self {
        Self { extra: format!("Location: {to}\r\n"), ..Self::plain(308, "This page lies elsewhere.") }
    }

    fn bytes(&self, head_only: bool, cors: bool) -> Vec<u8> {
        let reason = match self.status {
            200 => "OK",
            308 => "Permanent Redirect",
            404 => "Not Found",
            _ => "Method Not Allowed",
        };
        let cors = if cors { "Access-Control-Allow-Origin: *\r\n" } else { "" };
        let Self { status, kind, extra, body } = self;
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
             Cache-Control: no-store\r\n{cors}{extra}\r\n"
        );
        [head.as_bytes(), if head_only { &[] } else { body }].concat()
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Route {
    File(PathBuf),
    Redirect(String),
    Missing,
}

/// Where a request target leads: a file below the directory, never outside it.
fn route(mount: &str, target: &str) -> Route {
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    if mount.strip_suffix('/') == Some(path) {
        return Route::Redirect(with_slash(path, query));
    }
    let Some(rest) = path.strip_prefix(mount).and_then(percent_decoded) else { return Route::Missing };
    let mut relative = PathBuf::new();
    for segment in rest.split('/').filter(|segment| !segment.is_empty()) {
        if segment == "." || segment == ".." || segment.contains(['\\', ':', '\0']) {
            return Route::Missing;
        }
        relative.push(segment);
    }
    if rest.is_empty() || rest.ends_with('/') {
        relative.push("index.html");
    }
    Route::File(relative)
}

/// The path with one slash at its end and one at its start: two would name another host.
fn with_slash(path: &str, query: Option<&str>) -> String {
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("/{}/{query}", path.trim_matches('/'))
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        bytes.push(if first == b'%' {
            let (digits, tail) = rest.split_at_checked(2)?;
            rest = tail;
            u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?
        } else {
            first
        });
    }
    String::from_utf8(bytes).ok()
}

fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "md" | "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// What `gzip -9` makes of these bytes.
pub fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn gzip_all(directory: &Path) -> io::Result<HashMap<PathBuf, Vec<u8>>> {
    let mut all = HashMap::new();
    let mut directories = vec![PathBuf::new()];
    while let Some(relative) = directories.pop() {
        for entry in fs::read_dir(directory.join(&relative))? {
            let entry = entry?;
            let relative = relative.join(entry.file_name());
            if entry.path().is_dir() {
                directories.push(relative);
            } else if !matches!(content_type(&relative), "image/png" | "font/woff2") {
                all.insert(relative, gzip(&fs::read(entry.path())?)?);
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str) -> Route {
        Route::File(path.into())
    }

    #[test]
    fn a_target_leads_to_the_file_below_the_mount() {
        assert_eq!(route("/", "/"), file("index.html"));
        assert_eq!(route("/", "/app-1.js?v=2"), file("app-1.js"));
        assert_eq!(route("/course/bitbudget/", "/course/bitbudget/?lang=de"), file("index.html"));
        assert_eq!(route("/course/bitbudget/", "/course/bitbudget/docs/a%20b.md"), file("docs/a b.md"));
    }

    #[test]
    fn the_slashless_mount_redirects_and_keeps_its_query() {
        assert_eq!(route("/a/b/", "/a/b"), Route::Redirect("/a/b/".into()));
        assert_eq!(route("/a/b/", "/a/b?x=1"), Route::Redirect("/a/b/?x=1".into()));
    }

    #[test]
    fn a_redirect_never_names_another_host() {
        assert_eq!(with_slash("//elsewhere.example/x", None), "/elsewhere.example/x/");
    }

    #[test]
    fn nothing_outside_the_mount_or_the_directory_is_reached() {
        for target in ["/other/", "/a", "", "*", "http://x/a/b/"] {
            assert_eq!(route("/a/b/", target), Route::Missing, "{target}");
        }
        for target in ["/../secret", "/x/../../secret", "/%2e%2e/secret", "/%2e%2e%2fsecret", "/..\\secret", "/c:/x"] {
            assert_eq!(route("/", target), Route::Missing, "{target}");
        }
        assert_eq!(route("/", "//etc/passwd"), file("etc/passwd"));
        for malformed in ["/%", "/%4", "/%zz", "/%ff"] {
            assert_eq!(route("/", malformed), Route::Missing, "{malformed}");
        }
    }

    #[test]
    fn the_kinds_of_file_that_browsers_are_strict_about_have_their_types() {
        let of = |name: &str| content_type(Path::new(name));
        assert_eq!(of("a.wasm"), "application/wasm");
        assert_eq!(of("a.js"), "text/javascript; charset=utf-8");
        assert_eq!(of("a.css"), "text/css; charset=utf-8");
        assert_eq!(of("index.html"), "text/html; charset=utf-8");
        assert_eq!(of("a.webmanifest"), "application/manifest+json");
        assert_eq!(of("unknown"), "application/octet-stream");
    }

    #[test]
    fn a_site_is_served_with_its_headers_and_counts_its_requests() {
        let directory = std::env::temp_dir().join(format!("bitbudget-site-{}", std::process::id()));
        fs::create_dir_all(directory.join("sub")).unwrap();
        fs::write(directory.join("index.html"), "<p>hello").unwrap();
        let options = Options { mount: "/m/".into(), gzip: true, ..Options::default() };
        let site = Site::serve(&directory, ("127.0.0.1", 0), options).unwrap();
        assert_eq!(site.url(), format!("http://127.0.0.1:{}/m/", site.address().port()));

        // One connection for all: it is kept alive, and the last request is refused and closes it.
        let mut stream = TcpStream::connect(site.address()).unwrap();
        stream
            .write_all(
                b"GET /m/ HTTP/1.1\r\n\r\nHEAD /m/ HTTP/1.1\r\nAccept-Encoding: br, gzip\r\n\r\n\
                  GET /m/sub HTTP/1.1\r\n\r\nGET /m/none HTTP/1.1\r\n\r\nPOST /m/ HTTP/1.1\r\n\r\n",
            )
            .unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        fs::remove_dir_all(&directory).unwrap();

        assert_eq!(answers.matches("<p>hello").count(), 1, "a HEAD has no body: {answers}");
        assert_eq!(answers.matches("Content-Encoding: gzip").count(), 1);
        assert_eq!(answers.matches("Access-Control-Allow-Origin: *").count(), 5);
        assert_eq!(answers.matches("Cache-Control: no-store").count(), 5);
        assert!(answers.contains("Location: /m/sub/\r\n"));
        let statuses: Vec<_> = site.requests().iter().map(|request| request.status).collect();
        assert_eq!(statuses, [200, 200, 308, 404, 405]);
        site.forget_requests();
        assert!(site.requests().is_empty());
    }
}
