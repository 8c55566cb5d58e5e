//! The size budget: what a browser fetches before the page can be used, and what a lab that needs the engine adds.

use crate::{Result, site};
use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

/// The most that a first load may weigh: the sum of its files, each compressed with `gzip -9`.
pub const MAX_GZIP_BYTES: usize = 280_000;
/// The most requests that a first load may make.
pub const MAX_REQUESTS: usize = 8;
/// The most that the engine may weigh, which is fetched when a lab first needs it.
pub const MAX_ENGINE_GZIP_BYTES: usize = 920_000;

/// The files of a first load.
#[derive(Debug, Default)]
pub struct FirstLoad {
    files: Vec<File>,
    engine: Vec<File>,
}

#[derive(Debug)]
struct File {
    name: String,
    raw: usize,
    gzip: usize,
}

impl FirstLoad {
    /// Reads the first load of the site built in `dist`.
    pub fn of(dist: &Path) -> Result<Self> {
        let html = fs::read_to_string(dist.join("index.html"))
            .map_err(|error| format!("{} has no index.html ({error}): run `cargo xtask build`", dist.display()))?;
        let mut names = BTreeSet::from(["index.html".to_owned()]);
        names.extend(requests_of_html(&html)?);
        for style in names.clone().iter().filter(|name| name.ends_with(".css")) {
            names.extend(requests_of_css(&fs::read_to_string(dist.join(style))?)?);
        }
        let weigh = |name: String| {
            let bytes = fs::read(dist.join(&name))
                .map_err(|error| format!("the page asks for {name}, which the site does not have ({error})"))?;
            Result::Ok(File { raw: bytes.len(), gzip: site::gzip(&bytes)?.len(), name })
        };
        let mut files = names.into_iter().map(weigh).collect::<Result<Vec<_>>>()?;
        files.sort_by_key(|file| std::cmp::Reverse(file.gzip));
        let engine = engine_of_html(&html).ok_or("index.html does not name the engine")?;
        let engine =
            [format!("{engine}_bg.wasm"), format!("{engine}.js")].map(weigh).into_iter().collect::<Result<_>>()?;
        Ok(Self { files, engine })
    }

    /// The table of its files, with the sums beside their limits.
    pub fn table(&self) -> String {
        let mut table = format!("{:<40} {:>9} {:>9}\n", "first load (bytes)", "raw", "gzip -9");
        for File { name, raw, gzip } in &self.files {
            let _ = writeln!(table, "{name:<40} {raw:>9} {gzip:>9}");
        }
        let raw: usize = self.files.iter().map(|file| file.raw).sum();
        let _ = writeln!(table, "{:<40} {raw:>9} {:>9} of {MAX_GZIP_BYTES}", "in all", self.gzip_bytes());
        let _ = writeln!(table, "{:<40} {:>9} {:>9} of {MAX_REQUESTS}", "requests", "", self.files.len());
        let _ = writeln!(table, "\n{:<40} {:>9} {:>9}", "the engine, when a lab needs it (bytes)", "raw", "gzip -9");
        for File { name, raw, gzip } in &self.engine {
            let _ = writeln!(table, "{name:<40} {raw:>9} {gzip:>9}");
        }
        let raw: usize = self.engine.iter().map(|file| file.raw).sum();
        let gzip = sum(&self.engine);
        let _ = writeln!(table, "{:<40} {raw:>9} {gzip:>9} of {MAX_ENGINE_GZIP_BYTES}", "in all");
        table
    }

    /// Fails above the budget.
    pub fn within_budget(&self) -> Result<(), String> {
        let (bytes, requests) = (self.gzip_bytes(), self.files.len());
        if bytes > MAX_GZIP_BYTES {
            return Err(format!("a first load is {bytes} bytes gzipped, {} over the budget", bytes - MAX_GZIP_BYTES));
        }
        if requests > MAX_REQUESTS {
            return Err(format!("a first load makes {requests} requests, and the budget is {MAX_REQUESTS}"));
        }
        let engine = sum(&self.engine);
        if engine > MAX_ENGINE_GZIP_BYTES {
            return Err(format!(
                "the engine is {engine} bytes gzipped, {} over its budget",
                engine - MAX_ENGINE_GZIP_BYTES
            ));
        }
        Ok(())
    }

    fn gzip_bytes(&self) -> usize {
        sum(&self.files)
    }
}

fn sum(files: &[File]) -> usize {
    files.iter().map(|file| file.gzip).sum()
}

/// The name of the engine, without the endings of its files: the content of `<meta name="engine">`.
fn engine_of_html(html: &str) -> Option<String> {
    let (_, rest) = html.split_once(r#"<meta name="engine" content=""#)?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// The files that a browser fetches because of this HTML, which comes from our own build: no CDATA, no `<base>`.
fn requests_of_html(html: &str) -> Result<Vec<String>> {
    let mut names = requests_of_css(html)?; // in style elements and attributes
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let Some(end) = rest.find('>') else { break };
        let (tag, after) = rest.split_at(end);
        rest = after;
        let (element, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        let url = match element.to_ascii_lowercase().as_str() {
            "script" | "img" | "iframe" | "source" => attribute(attributes, "src"),
            // What boot.js loads.
            "meta" if attribute(attributes, "name").is_some_and(|name| name == "program") => {
                names.extend(attribute(attributes, "data-wasm").map(own_file).transpose()?.flatten());
                attribute(attributes, "content")
            }
            "link" => {
                const FETCHED: [&str; 6] =
                    ["stylesheet", "modulepreload", "preload", "icon", "apple-touch-icon", "manifest"];
                let rel = attribute(attributes, "rel").unwrap_or_default();
                let fetched = rel.split_whitespace().any(|word| FETCHED.contains(&word));
                attribute(attributes, "href").filter(|_| fetched)
            }
            _ => None,
        };
        names.extend(url.map(own_file).transpose()?.flatten());
    }
    Ok(names)
}

/// The files named by `url(…)` in this style sheet.
fn requests_of_css(css: &str) -> Result<Vec<String>> {
    let urls = css.split("url(").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0));
    urls.map(|url| own_file(url.trim().trim_matches(['"', '\'']))).filter_map(Result::transpose).collect()
}

/// The file of our site that a URL names: none for a `data:` URI or a fragment, an error for another host.
fn own_file(url: &str) -> Result<Option<String>> {
    if url.is_empty() || url.starts_with("data:") || url.starts_with('#') {
        return Ok(None);
    }
    if url.starts_with('/') || url.contains("://") {
        return Err(format!("the page asks for {url}, which is no relative URL: it breaks under a sub-path").into());
    }
    let path = url.split(['?', '#']).next().unwrap_or(url);
    Ok(Some(path.trim_start_matches("./").to_owned()))
}

/// The value of an attribute among those of a tag.
fn attribute<'a>(mut attributes: &'a str, wanted: &str) -> Option<&'a str> {
    loop {
        attributes = attributes.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if attributes.is_empty() {
            return None;
        }
        let end = attributes.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(attributes.len());
        let (name, rest) = attributes.split_at(end);
        let Some(rest) = rest.strip_prefix('=') else {
            attributes = rest;
            continue;
        };
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, rest) = match quote {
            Some(quote) => rest[1..].split_once(quote)?,
            None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        attributes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_load_is_what_the_html_asks_for_and_no_more() {
        let html = r##"<!doctype html><html><head>
            <!-- <script src="commented.js"></script> -->
            <link rel="icon" href="data:image/svg+xml,%3Csvg/%3E">
            <link rel="apple-touch-icon" href=./touch.png>
            <link rel="canonical" href="https://example.org/">
            <link rel="stylesheet" integrity="x" href="./style-1.css"/>
            <meta name="program" content="./app-1.js" data-wasm="./app-1_bg.wasm">
            <meta name="engine" content="engine-1">
            <style>p { background: url(#local) }</style>
            </head><body><a href="docs/method.html">how</a><script type="module" src="boot.js?v=1"></script></body></html>"##;
        let expected = ["touch.png", "style-1.css", "app-1_bg.wasm", "app-1.js", "boot.js"];
        assert_eq!(requests_of_html(html).unwrap(), expected);
    }

    #[test]
    fn a_style_sheet_asks_for_its_urls() {
        let css = "@font-face { src: url('./a.woff2') } p { background: url(data:image/png;base64,xx) }";
        assert_eq!(requests_of_css(css).unwrap(), ["a.woff2"]);
    }

    #[test]
    fn a_url_that_breaks_under_a_sub_path_is_an_error() {
        assert!(requests_of_html(r#"<script src="/boot.js"></script>"#).is_err());
        assert!(requests_of_html(r#"<script src="https://cdn.example/x.js"></script>"#).is_err());
    }

    #[test]
    fn a_load_above_either_limit_fails() {
        let load = |count, gzip| FirstLoad {
            files: (0..count).map(|i| File { name: format!("f{i}"), raw: gzip, gzip }).collect(),
            engine: vec![File { name: "engine.js".into(), raw: gzip, gzip }],
        };
        assert!(load(8, 35_000).within_budget().is_ok());
        assert!(load(8, 35_001).within_budget().is_err());
        assert!(load(9, 1).within_budget().is_err());
        assert!(load(1, MAX_ENGINE_GZIP_BYTES + 1).within_budget().is_err());
    }
}
