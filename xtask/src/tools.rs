//! Finding, and where possible installing, the programs that the build and the tests need.
//!
//! A tool is looked for in the environment variable named after it, then on `PATH`, then in [`home`]; what is not found
//! is installed into [`home`] once for all checkouts, one directory per tool and version. An installation happens in a
//! staging directory that is renamed when complete, so that an interrupted one is never taken for a whole one.

use crate::Result;
use std::{
    collections::BTreeSet,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

const TRUNK: &str = "0.21.14"; // 0.22 wants a newer rustc
const CARGO_FUZZ: &str = "0.13.2";
const GECKODRIVER: &str = "0.37.1";
const BINARYEN: &str = "132.0.0"; // Debian's and Trunk's own are too old for today's rustc
const AXE: &str = "4.14.1";
const LIGHTHOUSE: &str = "12.8.2"; // 13 wants a newer Node.js than Debian 12 has

const PEERS: &str = "peers-3"; // raise it with tests/bench/requirements.txt

const READERS: &str = "readers-1"; // raise it with tests/python/requirements.txt

/// The first Firefox whose releases have WebGPU.
const WEBGPU_IN_FIREFOX: u32 = 141;

const NODE: u32 = 18; // the least that Lighthouse runs on

/// A browser and the WebDriver server that steers it.
#[derive(Clone, Debug)]
pub struct Browser {
    /// The browser's executable.
    pub binary: PathBuf,
    /// The executable of its WebDriver server.
    pub driver: PathBuf,
    /// Why it has no WebGPU where the page wants it, if it has none whatever the machine.
    pub no_webgpu: Option<String>,
}

/// The repository's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where tools are installed: `$BITBUDGET_TOOLS`, else `$XDG_CACHE_HOME/bitbudget`, else `~/.cache/bitbudget`.
pub fn home() -> Result<PathBuf> {
    let var = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    var("BITBUDGET_TOOLS")
        .or_else(|| Some(var("XDG_CACHE_HOME")?.join("bitbudget")))
        .or_else(|| Some(env::home_dir()?.join(".cache/bitbudget")))
        .ok_or_else(|| "there is no home directory to install tools in: set BITBUDGET_TOOLS to a folder".into())
}

/// Cargo: the one that runs us, else the one on `PATH`.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// `PATH` with these directories in front, save those it has already: a tool found there is found there again, and its
/// neighbours must not hide what was installed because they are too old.
pub fn path_with(directories: &[&Path]) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Vec<_> = env::split_paths(&path).collect();
    let new = directories.iter().map(PathBuf::from).filter(|directory| !path.contains(directory));
    Ok(env::join_paths(new.chain(path.iter().cloned()))?)
}

/// Trunk, which builds the page.
pub fn trunk() -> Result<PathBuf> {
    cargo_tool("trunk", "trunk", TRUNK, &["--locked"], |path| reports(path, TRUNK))
}

/// cargo-fuzz, which builds fuzzers and starts them.
pub fn cargo_fuzz() -> Result<PathBuf> {
    cargo_tool("cargo-fuzz", "cargo-fuzz", CARGO_FUZZ, &["--locked"], |path| reports(path, CARGO_FUZZ))
}

/// wasm-bindgen with its test runner beside it, in the version of `Cargo.lock`.
pub fn wasm_bindgen() -> Result<PathBuf> {
    let version = locked_version(&fs::read_to_string(root().join("Cargo.lock"))?, "wasm-bindgen")
        .ok_or("Cargo.lock has no wasm-bindgen: run `cargo generate-lockfile`")?;
    // Without --locked: its own lock file may name a release of the crate that the registry does not have.
    cargo_tool("wasm-bindgen-cli", "wasm-bindgen", &version, &[], |path| {
        reports(path, &version) && executable(&path.with_file_name(exe("wasm-bindgen-test-runner")))
    })
}

/// The `wasm-opt` of Binaryen, which needs Node.js.
pub fn wasm_opt() -> Result<PathBuf> {
    let major = BINARYEN.split('.').next().unwrap_or(BINARYEN);
    if let Some(path) = on_path("wasm-opt").filter(|path| reports(path, major)) {
        return Ok(path);
    }
    node()?;
    Ok(npm_package("binaryen", BINARYEN)?.with_file_name(".bin").join("wasm-opt"))
}

/// The accessibility checker's script, to be run inside a page.
pub fn axe() -> Result<PathBuf> {
    match env::var_os("BITBUDGET_AXE") {
        Some(path) => Ok(path.into()),
        None => Ok(npm_package("axe-core", AXE)?.join("axe.min.js")),
    }
}

/// Lighthouse's entry script, to be run by Node.js.
pub fn lighthouse() -> Result<PathBuf> {
    Ok(npm_package("lighthouse", LIGHTHOUSE)?.join("cli/index.js"))
}

/// A Python with the packages of `tests/bench/requirements.txt` (`$BITBUDGET_PYTHON`), else a virtual environment in [`home`].
pub fn peers_python() -> Result<PathBuf> {
    python_with("BITBUDGET_PYTHON", PEERS, "tests/bench/requirements.txt")
}

/// A Python with the packages of `tests/python/requirements.txt` (`$BITBUDGET_READERS`), else a virtual environment in [`home`].
pub fn readers_python() -> Result<PathBuf> {
    python_with("BITBUDGET_READERS", READERS, "tests/python/requirements.txt")
}

/// The Python that a variable names, else one with these packages.
fn python_with(variable: &str, name: &str, requirements: &str) -> Result<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Ok(path.into());
    }
    let python = Path::new(if cfg!(windows) { "Scripts" } else { "bin" }).join(exe("python"));
    let installed = install(
        &home()?,
        name,
        |place| place.join(&python).is_file(),
        |staging| {
            let base = on_path("python3").ok_or("Python 3 is missing")?;
            run(Command::new(base).args(["-m", "venv"]).arg(staging))?;
            // By the interpreter's name: the scripts of an environment remember where it was made.
            run(Command::new(staging.join(&python))
                .args(["-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--requirement"])
                .arg(root().join(requirements)))
        },
    )?;
    Ok(installed.join(python))
}

/// Node.js, with npm.
pub fn node() -> Result<PathBuf> {
    let help = format!("Node.js {NODE} or newer is missing: install it, with npm");
    let find = || {
        on_path("npm")?;
        on_path("node").filter(|node| {
            let version = output(Command::new(node).arg("--version"));
            version.is_some_and(|version| major_version(&version) >= Some(NODE))
        })
    };
    if find().is_none() {
        apt(&["nodejs", "npm"], &help)?;
    }
    find().ok_or_else(|| help.into())
}

/// Chromium or Chrome (`$CHROME_BIN`) and chromedriver (`$CHROMEDRIVER`).
pub fn chromium() -> Result<Browser> {
    let find = || {
        Some(Browser {
            binary: named("CHROME_BIN", &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"])?,
            driver: named("CHROMEDRIVER", &["chromedriver"])?,
            no_webgpu: None,
        })
    };
    if find().is_none() {
        let help = "Chromium or its driver is missing: install both, or set CHROME_BIN and CHROMEDRIVER to them";
        apt(&["chromium", "chromium-driver", "fonts-dejavu-core", "fonts-liberation"], help)?;
    }
    find().ok_or_else(|| "Chromium was installed, but `chromium` and `chromedriver` are not on PATH".into())
}

/// Firefox (`$FIREFOX_BIN`) and geckodriver (`$GECKODRIVER`). One that is too old for WebGPU is replaced if there is a newer one to
/// be had, and else used for all the rest.
pub fn firefox() -> Result<Browser> {
    let find = || named("FIREFOX_BIN", &["firefox-esr", "firefox"]);
    let version =
        |binary: &PathBuf| firefox_version(&output(Command::new(binary).arg("--version")).unwrap_or_default());
    let is_chosen = env::var_os("FIREFOX_BIN").is_some();
    if find().is_none_or(|binary| !is_chosen && version(&binary) < Some(WEBGPU_IN_FIREFOX)) {
        // Mesa's software Vulkan is what gives a headless Firefox a WebGPU adapter.
        let help = "Firefox is missing: install it, or set FIREFOX_BIN to it";
        let installed = apt(&["firefox-esr", "mesa-vulkan-drivers", "fonts-dejavu-core", "fonts-liberation"], help);
        if find().is_none() {
            installed?;
        }
    }
    let binary = find().ok_or("Firefox was installed, but neither `firefox-esr` nor `firefox` is on PATH")?;
    let no_webgpu = version(&binary).filter(|version| *version < WEBGPU_IN_FIREFOX).map(|version| {
        format!("Firefox {version} has no WebGPU in workers, {WEBGPU_IN_FIREFOX} is the first, and no newer one could be had")
    });
    let driver = match named("GECKODRIVER", &["geckodriver"]) {
        Some(path) => path,
        None => {
            cargo_tool("geckodriver", "geckodriver", GECKODRIVER, &["--locked"], |path| reports(path, GECKODRIVER))?
        }
    };
    Ok(Browser { binary, driver, no_webgpu })
}

/// Sees to it that rustc can compile for the browser.
pub fn wasm_target() -> Result<()> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()))
        .ok_or("rustc does not run: install Rust with rustup")?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).exists() {
        return Ok(());
    }
    rustup(&["target", "add", TARGET], "the Rust target wasm32-unknown-unknown is missing")
}

/// Sees to it that `cargo fmt` or `cargo clippy` is there.
pub fn cargo_component(command: &str, component: &str) -> Result<()> {
    if output(cargo().args([command, "--version"]).current_dir(root())).is_some() {
        return Ok(());
    }
    rustup(&["component", "add", component], &format!("`cargo {command}` is missing"))
}

fn rustup(arguments: &[&str], missing: &str) -> Result<()> {
    let command = format!("rustup {}", arguments.join(" "));
    if on_path("rustup").is_none() {
        return Err(
            format!("{missing}, and so is rustup: add it as your Rust came, or get rustup and `{command}`").into()
        );
    }
    run(Command::new("rustup").args(arguments).current_dir(root()))
        .map_err(|error| format!("{missing}: `{command}` failed ({error})").into())
}

/// A tool from the crate registry: on `PATH`, else in [`home`], else installed there.
fn cargo_tool(
    package: &str,
    program: &str,
    version: &str,
    flags: &[&str],
    fits: impl Fn(&Path) -> bool,
) -> Result<PathBuf> {
    if let Some(path) = on_path(program).filter(|path| fits(path)) {
        return Ok(path);
    }
    let home = home()?;
    let path = Path::new("bin").join(exe(program));
    let installed = install(
        &home,
        &format!("{package}-{version}"),
        |place| fits(&place.join(&path)),
        |staging| {
            let build = home.join("build");
            run(cargo()
                .args(["install", package, "--version", version])
                .args(flags)
                .arg("--root")
                .arg(staging)
                .current_dir(&home) // out of the repository, whose toolchain and target settings are for the page
                .env("CARGO_TARGET_DIR", &build)
                .env("PATH", path_with(&[&staging.join("bin")])?) // spares the advice to put it there
                .env_remove("CARGO_BUILD_TARGET")
                .env_remove("CARGO_ENCODED_RUSTFLAGS")
                .env_remove("RUSTFLAGS"))?;
            Ok(fs::remove_dir_all(&build)?)
        },
    )?;
    Ok(installed.join(path))
}

/// The directory of a package from the npm registry, installed in [`home`] with what it depends on.
fn npm_package(package: &str, version: &str) -> Result<PathBuf> {
    let path = Path::new("node_modules").join(package);
    let whole = |place: &Path| place.join(&path).is_dir();
    let installed = install(&home()?, &format!("{package}-{version}"), whole, |staging| {
        node()?;
        fs::write(staging.join("package.json"), r#"{ "private": true }"#)?;
        run(Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", &format!("{package}@{version}")])
            .current_dir(staging))
    })?;
    Ok(installed.join(path))
}

/// Returns `home/name`, filled by `fill` when it is not already `whole`. One installation at a time on a machine.
fn install(
    home: &Path,
    name: &str,
    whole: impl Fn(&Path) -> bool,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let place = home.join(name);
    if whole(&place) {
        return Ok(place);
    }
    fs::create_dir_all(home)?;
    let lock = fs::File::create(home.join("lock"))?;
    if lock.try_lock().is_err() {
        eprintln!("Waiting for another installation into {} to end.", home.display());
        lock.lock()?;
    }
    if whole(&place) {
        return Ok(place); // another process has installed it while we waited
    }
    eprintln!("Installing {name} into {} (once on this machine; this can take minutes).", home.display());
    let staging = home.join(format!("{name}.part"));
    remove(&staging)?;
    fs::create_dir_all(&staging)?;
    fill(&staging).map_err(|error| format!("{name} could not be installed: {error}"))?;
    if !whole(&staging) {
        return Err(format!("{name} was installed, but does not run or reports another version").into());
    }
    remove(&place)?;
    fs::rename(&staging, &place)?;
    Ok(place)
}

fn remove(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory)?;
    }
    Ok(())
}

/// Installs Debian packages as root; elsewhere fails with `help` and the command to type.
fn apt(packages: &[&str], help: &str) -> Result<()> {
    static TRIED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let list = packages.join(" ");
    let is_root = output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if on_path("apt-get").is_none() {
        return Err(help.into());
    }
    if !is_root {
        return Err(format!("{help} (on Debian: `sudo apt-get install {list}`)").into());
    }
    let mut tried = TRIED.lock().map_err(|_| "an earlier installation panicked")?;
    if !tried.insert(list.clone()) {
        return Err(format!("{help} (`apt-get install {list}` failed above)").into());
    }
    eprintln!("Installing {list} with apt-get.");
    let apt_get = |arguments: &[&str]| {
        run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()))
    };
    // Without the first option a mirror that is out of reach for a moment means older packages, and no word of it.
    let update = || apt_get(&["update", "-q", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=3"]);
    update()
        .or_else(|_| update())
        .or_else(|_| apt_get(&["update", "-q"]))
        .and_then(|()| apt_get(&[&["install", "-qy", "--no-install-recommends"], packages].concat()))
        .map_err(|error| format!("{help} (`apt-get install {list}` failed: {error})").into())
}

/// Runs a command to its end, its output passed on to ours.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("`{name}` does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` ended with {status}").into()) }
}

/// What a command prints, if it runs and succeeds.
fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether `path --version` names exactly this version.
fn reports(path: &Path, version: &str) -> bool {
    executable(path) && output(Command::new(path).arg("--version")).is_some_and(|text| has_version(&text, version))
}

/// The major version in what Node.js prints, such as `v20.11.0`.
fn major_version(text: &str) -> Option<u32> {
    text.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

/// The major version in what Firefox prints, such as `Mozilla Firefox 140.12.0esr`.
fn firefox_version(text: &str) -> Option<u32> {
    major_version(text.split_whitespace().next_back()?)
}

fn has_version(text: &str, version: &str) -> bool {
    text.split_whitespace().any(|word| word == version)
}

/// The program that a variable points to, else the first of these that is on `PATH`.
fn named(variable: &str, programs: &[&str]) -> Option<PathBuf> {
    match env::var_os(variable) {
        Some(path) if !path.is_empty() => Some(path.into()),
        _ => programs.iter().find_map(|program| on_path(program)),
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(exe(program))).find(|file| executable(file))
}

fn exe(program: &str) -> String {
    format!("{program}{}", env::consts::EXE_SUFFIX)
}

#[cfg(unix)]
fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn executable(path: &Path) -> bool {
    path.is_file()
}

/// The version of a package in the text of a `Cargo.lock`.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let value = |line: &str, key: &str| Some(line.strip_prefix(key)?.trim().trim_matches('"').to_owned());
    let mut lines = lock.lines();
    lines.find(|line| value(line, "name = ").as_deref() == Some(package))?;
    lines.take_while(|line| !line.is_empty()).find_map(|line| value(line, "version = "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_gives_the_version_of_exactly_the_named_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"x\"\n\n\
                    [[package]]\nname = \"web-sys\"\nversion = \"0.3.107\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm"), None);
    }

    #[test]
    fn this_workspace_locks_a_wasm_bindgen() {
        let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
        assert!(locked_version(&lock, "wasm-bindgen").is_some_and(|version| version.starts_with("0.2.")));
    }

    #[test]
    fn a_version_is_a_whole_word_of_what_a_tool_prints() {
        assert!(has_version("trunk 0.21.14\n", "0.21.14"));
        assert!(has_version("wasm-opt version 132 (version_132)", "132"));
        assert!(!has_version("trunk 0.21.140", "0.21.14"));
        assert!(!has_version("wasm-opt version 108", "132"));
    }

    #[test]
    fn a_directory_of_path_keeps_its_place() {
        let path: Vec<_> = env::split_paths(&env::var_os("PATH").unwrap()).collect();
        let with = path_with(&[path.last().unwrap(), Path::new("/new")]).unwrap();
        let with: Vec<_> = env::split_paths(&with).collect();
        assert_eq!(with[0], Path::new("/new"));
        assert_eq!(with[1..], path);
    }

    #[test]
    fn the_major_version_of_node_is_a_number_to_compare() {
        assert_eq!(major_version("v18.19.0\n"), Some(18));
        assert_eq!(major_version("not a version"), None);
        assert!(major_version("v9.11.2") < Some(NODE));
    }

    #[test]
    fn the_major_version_of_firefox_is_a_number_to_compare() {
        assert_eq!(firefox_version("Mozilla Firefox 140.12.0esr\n"), Some(140));
        assert!(firefox_version("Mozilla Firefox 153.8.0esr") > Some(WEBGPU_IN_FIREFOX));
        assert_eq!(firefox_version(""), None);
    }

    #[test]
    fn an_interrupted_installation_is_not_taken_for_a_whole_one() {
        let home = env::temp_dir().join(format!("bitbudget-install-{}", std::process::id()));
        let whole = |place: &Path| place.join("tool").exists();
        let broken = install(&home, "it", whole, |staging| {
            fs::write(staging.join("half"), "")?;
            Err("interrupted".into())
        });
        assert!(broken.is_err() && !home.join("it").exists());
        let place = install(&home, "it", whole, |staging| Ok(fs::write(staging.join("tool"), "")?)).unwrap();
        assert!(whole(&place) && !place.join("half").exists());
        let again = install(&home, "it", whole, |_| Err("there already".into()));
        assert_eq!(again.unwrap(), place);
        fs::remove_dir_all(home).unwrap();
    }
}
