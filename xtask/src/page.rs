//! Building the page with Trunk, and serving it.

use crate::{
    Result, imports,
    site::{Options, Site},
    tools,
};
use std::{
    fs,
    hash::{DefaultHasher, Hasher},
    io,
    net::TcpListener,
    path::PathBuf,
    process::Command,
};

/// How a build came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wasm {
    /// As it is deployed.
    Optimized,
    /// Without wasm-opt, which needs Node.js: the page works, but its program is larger.
    Unoptimized,
}

/// Where the built site lies.
pub fn dist() -> PathBuf {
    tools::root().join("dist")
}

/// Builds the deployable site into [`dist`].
pub fn build() -> Result<Wasm> {
    let (mut trunk, wasm) = release_build()?;
    tools::run(&mut trunk)?;
    finish()?;
    if wasm == Wasm::Unoptimized {
        eprintln!("The site in dist/ works, but its wasm is not optimized.");
    }
    Ok(wasm)
}

/// Puts a hash of its content into the name of the worker's program, as Trunk does with the page's: a browser that still
/// has an older one must not pair it with a newer page.
pub fn finish() -> Result<()> {
    let dist = dist();
    for file in fs::read_dir(&dist)? {
        let path = file?.path();
        if !path.extension().is_some_and(|extension| extension == "js" || extension == "css") {
            continue;
        }
        let mut script = bare(&fs::read_to_string(&path)?);
        let wasm = path.with_file_name(format!("{}_bg.wasm", path.file_stem().unwrap_or_default().to_string_lossy()));
        if wasm.exists() {
            let (program, glue) = imports::shorten(&fs::read(&wasm)?, &script)?;
            fs::write(wasm, program)?;
            script = glue;
        }
        fs::write(&path, script)?;
    }
    let (glue, wasm) = (dist.join("engine.js"), dist.join("engine_bg.wasm"));
    let mut hasher = DefaultHasher::new();
    for file in [&glue, &wasm] {
        hasher.write(&fs::read(file).map_err(|error| format!("{} is not there: {error}", file.display()))?);
    }
    let name = format!("engine-{:016x}", hasher.finish());
    let index = dist.join("index.html");
    let html = fs::read_to_string(&index)?;
    let named = html.replacen(r#"content="engine""#, &format!(r#"content="{name}""#), 1);
    if named == html {
        return Err("index.html does not name the engine".into());
    }
    fs::rename(glue, dist.join(format!("{name}.js")))?;
    fs::rename(wasm, dist.join(format!("{name}_bg.wasm")))?;
    Ok(fs::write(index, without_comments(&named))?)
}

/// A script or a style sheet without its comments and indentation, a quarter of what wasm-bindgen writes. Comments are those that have lines of
/// their own; Trunk's own minifier cannot read these scripts.
fn bare(script: &str) -> String {
    let mut is_comment = false;
    let mut bare = String::with_capacity(script.len());
    for line in script.lines().map(str::trim) {
        is_comment |= line.starts_with("/*");
        if !is_comment && !line.is_empty() && !line.starts_with("//") {
            bare.push_str(line);
            bare.push('\n');
        }
        is_comment &= !line.ends_with("*/");
    }
    bare
}

/// A page without its comments.
fn without_comments(html: &str) -> String {
    let (first, rest) = html.split_once("<!--").unwrap_or((html, ""));
    let after = rest.split("<!--").map(|part| part.split_once("-->").map_or(part, |(_, after)| after.trim_start()));
    std::iter::once(first).chain(after).collect()
}

/// The command that [`build`] runs, with what it needs installed; [`finish`] comes after it.
pub fn release_build() -> Result<(Command, Wasm)> {
    let wasm_opt = tools::wasm_opt();
    let mut trunk = trunk("build", wasm_opt.as_ref().ok())?;
    let wasm = match wasm_opt {
        Ok(_) => Wasm::Optimized,
        Err(error) => {
            eprintln!("Building without wasm-opt: {error}.");
            // Cargo's release profile without Trunk's release mode, which insists on wasm-opt.
            trunk.args(["--release=false", "--cargo-profile=release"]);
            Wasm::Unoptimized
        }
    };
    Ok((trunk, wasm))
}

/// Builds the site and serves it until interrupted; with `dev`, builds it again at each change.
pub fn serve(dev: bool, host: &str, port: u16) -> Result<()> {
    if dev {
        // Trunk takes the port that it is told; so find one that is free.
        let free = first_free(port, |port| TcpListener::bind((host, port)))?.local_addr()?.port();
        println!("Serving a development build on http://{host}:{free}/ (Ctrl-C ends it).");
        return tools::run(trunk("serve", None)?.args([
            "--release=false",
            "--dist=target/dev-site", // dist/ is for what can be deployed
            &format!("--address={host}"),
            &format!("--port={free}"),
        ]));
    }
    build()?;
    let site = first_free(port, |port| Site::serve(dist(), (host, port), Options::default()))?;
    println!("Serving on {} (Ctrl-C ends it).", site.url());
    site.wait();
    Ok(())
}

/// Trunk with its tools on PATH, to be run in the repository.
fn trunk(command: &str, wasm_opt: Option<&PathBuf>) -> Result<Command> {
    tools::wasm_target()?;
    let (trunk, wasm_bindgen) = (tools::trunk()?, tools::wasm_bindgen()?);
    let tools = [Some(&wasm_bindgen), wasm_opt];
    let directories: Vec<_> = tools.into_iter().flatten().filter_map(|tool| tool.parent()).collect();
    let mut run = Command::new(trunk);
    run.arg(command).current_dir(tools::root()).env("PATH", tools::path_with(&directories)?);
    run.env_remove("NO_COLOR"); // Trunk refuses the usual value, 1
    // Cargo adds these to the flags of .cargo/config.toml.
    run.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", short_paths().join(" "));
    Ok(run)
}

/// Flags that leave the builder's directories out of panic messages: nobody's business, and 2 KB of the download.
fn short_paths() -> Vec<String> {
    let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = cargo_home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let Some(sources) = home.map(|home| home.join("registry").join("src")) else { return Vec::new() };
    let registries = fs::read_dir(sources).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut flags: Vec<String> = registries
        .map(|registry| format!("--remap-path-prefix={}=", registry.display()))
        // Cargo splits the flags at spaces.
        .filter(|flag| !flag.contains(char::is_whitespace))
        .collect();
    flags.sort();
    flags
}

/// Tries `bind` on this port and, while they are taken, on the next ones.
fn first_free<T>(port: u16, bind: impl Fn(u16) -> io::Result<T>) -> Result<T> {
    for candidate in port..=port.saturating_add(20) {
        match bind(candidate) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => eprintln!("Port {candidate} is taken."),
            Err(error) => return Err(format!("port {candidate} cannot be served on: {error}").into()),
            Ok(bound) => return Ok(bound),
        }
    }
    Err(format!("ports {port} to {} are taken: name another with --port", port.saturating_add(20)).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_loses_its_comments_only() {
        assert_eq!(without_comments("<a>\n<!-- why\n not -->\n<b><!-- -->c"), "<a>\n<b>c");
        assert_eq!(without_comments("<a>"), "<a>");
    }

    #[test]
    fn a_script_loses_its_comments_and_indentation_only() {
        let script = "/**\n * @returns {number}\n */\nf() {\n    // why\n\n    return `a // b` * 2; // kept\n}\n/* one line */\n  x;\n";
        assert_eq!(bare(script), "f() {\nreturn `a // b` * 2; // kept\n}\nx;\n");
    }

    #[test]
    fn a_taken_port_leads_to_the_next_one() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let next = first_free(port, |port| TcpListener::bind(("127.0.0.1", port))).unwrap();
        assert!(next.local_addr().unwrap().port() > port);
    }
}
