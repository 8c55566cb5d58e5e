//! `cargo xtask test`: the legs of the test, in order, each timed, and one summary of them all.

use crate::{
    Result,
    page::{self, Wasm},
    process,
    size::FirstLoad,
    tools::{self, Browser},
};
use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// One part of the test, by its name on the command line.
struct Leg {
    name: &'static str,
    about: &'static str,
    needs: Needs,
    run: fn(&mut State) -> Result<(), Stop>,
}

#[derive(PartialEq)]
enum Needs {
    /// The sources: `--fast` runs these legs.
    Host,
    /// The sources and minutes.
    Minutes,
    /// The browser target, and perhaps a browser.
    Wasm,
    /// The built site: naming such a leg builds it first.
    Site,
}

const LEGS: [Leg; 12] = [
    Leg { name: "fmt", about: "formatting", needs: Needs::Host, run: fmt },
    Leg { name: "clippy", about: "lints on the host", needs: Needs::Host, run: clippy },
    Leg { name: "host", about: "host tests, with WGSL validation", needs: Needs::Host, run: host },
    Leg {
        name: "exhaustive",
        about: "every f32 to the scalar formats and back",
        needs: Needs::Minutes,
        run: exhaustive,
    },
    Leg { name: "clippy-wasm", about: "lints for the browser", needs: Needs::Wasm, run: clippy_wasm },
    Leg { name: "exhaustive-wasm", about: "every f32 by SIMD, in Node.js", needs: Needs::Wasm, run: exhaustive_wasm },
    Leg { name: BUILD, about: "release build into dist/", needs: Needs::Wasm, run: build },
    Leg { name: "size", about: "size budget of a first load", needs: Needs::Site, run: size },
    Leg {
        name: "wasm-firefox",
        about: "wasm tests in Firefox",
        needs: Needs::Wasm,
        run: |state| wasm(state, &FIREFOX),
    },
    Leg {
        name: "wasm-chromium",
        about: "wasm tests in Chromium",
        needs: Needs::Wasm,
        run: |state| wasm(state, &CHROMIUM),
    },
    Leg {
        name: "e2e-chromium",
        about: "end to end in Chromium",
        needs: Needs::Site,
        run: |state| e2e(state, &CHROMIUM),
    },
    Leg { name: "e2e-firefox", about: "end to end in Firefox", needs: Needs::Site, run: |state| e2e(state, &FIREFOX) },
];

const BUILD: &str = "build";

/// Legs that run beside the one after them, since they leave a core free: Node.js has one thread, and Firefox asks ten times a second
/// whether its GPU is done.
const BESIDE: [&str; 2] = ["exhaustive-wasm", "wasm-firefox"];

/// A leg that hangs is ended after this long.
const LIMIT: Duration = Duration::from_secs(15 * 60);
/// One of a browser: on a machine half as fast as ours they take more than LIMIT. A single test is ended far earlier.
const BROWSER_LIMIT: Duration = Duration::from_secs(25 * 60);
/// A release build from nothing on a slow machine takes its time.
const BUILD_LIMIT: Duration = Duration::from_secs(30 * 60);

/// What later legs learn from earlier ones.
#[derive(Default)]
struct State {
    /// How the release build came out, once it did.
    site: Option<Wasm>,
    /// Why the accessibility checks inside the end-to-end legs did not run.
    no_axe: Option<String>,
    /// Why the parts of Firefox's legs that want WebGPU were left out.
    no_webgpu: Option<String>,
    /// Where a leg that runs beside another writes.
    output: Option<fs::File>,
}

impl State {
    /// Has a command write where the leg does.
    fn write_aside(&self, command: &mut Command) -> Result<()> {
        if let Some(output) = &self.output {
            command.stdout(output.try_clone()?).stderr(output.try_clone()?);
        }
        Ok(())
    }
}

/// Why a leg did not pass.
enum Stop {
    Failed(String),
    /// It could not run: in CI that is a failure.
    NotRun(String),
    /// A part was left out, since no browser that can be had here has what it wants.
    LeftOut(String),
}

/// For `?` on what finds or installs a tool: without it the leg cannot run.
impl From<crate::Error> for Stop {
    fn from(error: crate::Error) -> Self {
        Self::NotRun(error.to_string())
    }
}

struct Row {
    name: &'static str,
    seconds: f64,
    outcome: Result<(), Stop>,
}

/// Lists the legs, a line each.
pub fn list() -> String {
    LEGS.iter().map(|leg| format!("    {:<15} {}\n", leg.name, leg.about)).collect()
}

/// Runs the named legs, or all of them, or with `fast` those of the host. Returns whether the test passed.
pub fn run(names: &[String], fast: bool) -> Result<bool> {
    if let Some(name) = names.iter().find(|name| LEGS.iter().all(|leg| leg.name != *name)) {
        return Err(format!("there is no leg called {name}; the legs are:\n{}", list()).into());
    }
    let is_named = |leg: &Leg| match (names, fast) {
        ([], true) => leg.needs == Needs::Host,
        ([], false) => true,
        _ => names.iter().any(|name| name == leg.name),
    };
    let builds = LEGS.iter().any(|leg| leg.needs == Needs::Site && is_named(leg));
    let legs: Vec<&Leg> = LEGS.iter().filter(|leg| is_named(leg) || leg.name == BUILD && builds).collect();
    let mut state = State::default();
    let mut beside = None;
    let mut rows = Vec::new();
    for (i, leg) in legs.iter().enumerate() {
        println!("\n==== {}: {} ====", leg.name, leg.about);
        if BESIDE.contains(&leg.name) && i + 1 < legs.len() {
            println!("It runs beside the next leg, and its output follows that of the other.");
            beside = Some(Beside::start(leg)?);
            continue;
        }
        rows.push(timed(leg, &mut state));
        if let Some(beside) = beside.take() {
            let (row, no_webgpu) = beside.end()?;
            state.no_webgpu = state.no_webgpu.or(no_webgpu);
            rows.push(row);
        }
    }
    if let Some(reason) = state.no_axe {
        rows.push(Row { name: "accessibility", seconds: 0.0, outcome: Err(Stop::NotRun(reason)) });
    }
    if let Some(reason) = state.no_webgpu {
        rows.push(Row { name: "webgpu-firefox", seconds: 0.0, outcome: Err(Stop::LeftOut(reason)) });
    }
    let is_ci = env::var("CI").is_ok_and(|value| value == "true");
    let (summary, passed) = summary(&rows, is_ci);
    println!("\n{summary}");
    Ok(passed)
}

/// Runs a leg.
fn timed(leg: &Leg, state: &mut State) -> Row {
    let start = Instant::now();
    let outcome = if leg.needs == Needs::Site && state.site.is_none() {
        Err(Stop::NotRun("there is no site to test: the build did not succeed".into()))
    } else {
        (leg.run)(state)
    };
    let row = Row { name: leg.name, seconds: start.elapsed().as_secs_f64(), outcome };
    if state.output.is_none() {
        println!("==== {} ====", line(&row));
    }
    row
}

/// A leg that runs beside another.
struct Beside {
    output: PathBuf,
    thread: thread::JoinHandle<(Row, Option<String>)>,
}

impl Beside {
    fn start(leg: &'static Leg) -> Result<Self> {
        let folder = tools::root().join("target");
        fs::create_dir_all(&folder)?;
        let output = folder.join(format!("{}.log", leg.name));
        let mut state = State { output: Some(fs::File::create(&output)?), ..State::default() };
        let thread = thread::spawn(move || (timed(leg, &mut state), state.no_webgpu));
        Ok(Self { output, thread })
    }

    /// Waits for its end and shows what it wrote.
    fn end(self) -> Result<(Row, Option<String>)> {
        let (row, no_webgpu) = self.thread.join().map_err(|_| "a leg panicked")?;
        println!("\n==== {} ====\n{}", row.name, fs::read_to_string(&self.output)?);
        println!("==== {} ====", line(&row));
        Ok((row, no_webgpu))
    }
}

/// The table of legs and, as its last line, their counts; and whether that is a pass.
fn summary(rows: &[Row], is_ci: bool) -> (String, bool) {
    let count = |wanted: fn(&Row) -> bool| rows.iter().filter(|row| wanted(row)).count();
    let passed = count(|row| row.outcome.is_ok());
    let mut failed = count(|row| matches!(row.outcome, Err(Stop::Failed(_))));
    let not_run = count(|row| matches!(row.outcome, Err(Stop::NotRun(_))));
    let mut skipped = rows.len() - passed - failed;
    let mut text: String = rows.iter().map(|row| line(row) + "\n").collect();
    if is_ci && not_run > 0 {
        text += "In CI a leg that could not run has failed.\n";
        failed += not_run;
        skipped -= not_run;
    }
    (format!("{text}{passed} passed, {failed} failed, {skipped} skipped"), failed == 0)
}

fn line(Row { name, seconds, outcome }: &Row) -> String {
    let (word, reason) = match outcome {
        Ok(()) => ("passed", ""),
        Err(Stop::Failed(reason)) => ("FAILED", reason.as_str()),
        Err(Stop::NotRun(reason)) => ("not run", reason.as_str()),
        Err(Stop::LeftOut(reason)) => ("left out", reason.as_str()),
    };
    format!("{name:<15} {seconds:>7.1} s  {word:<8} {reason}").trim_end().to_owned()
}

fn fmt(_: &mut State) -> Result<(), Stop> {
    tools::cargo_component("fmt", "rustfmt")?;
    run_for(LIMIT, cargo("fmt --all --check"))
}

fn clippy(_: &mut State) -> Result<(), Stop> {
    tools::cargo_component("clippy", "clippy")?;
    run_for(LIMIT, cargo("clippy --workspace --all-targets -- -D warnings"))?;
    // Not among "all": what plain `cargo test` leaves out.
    run_for(LIMIT, cargo("clippy -p bitbudget --test exhaustive -- -D warnings"))?;
    let mut doc = cargo("doc -p bitbudget --lib --no-deps");
    doc.env("RUSTDOCFLAGS", "-D warnings");
    run_for(LIMIT, doc)
}

fn host(_: &mut State) -> Result<(), Stop> {
    let mut test = cargo("test --workspace --exclude e2e");
    match tools::readers_python() {
        Ok(python) => _ = test.env("BITBUDGET_READERS", python),
        Err(error) => println!("Written files are not read back by other people's readers: {error}"),
    }
    run_for(LIMIT, test)
}

/// One format after the other, each on all cores: the times that it prints are then those of a format.
fn exhaustive(_: &mut State) -> Result<(), Stop> {
    run_for(LIMIT, cargo("test -p bitbudget --profile exhaustive --test exhaustive -- --nocapture --test-threads 1"))
}

/// Without a browser: Node.js has the same engine as Chromium, and no window that has to answer meanwhile.
fn exhaustive_wasm(state: &mut State) -> Result<(), Stop> {
    tools::wasm_target()?;
    let wasm_bindgen = tools::wasm_bindgen()?;
    tools::node()?;
    let mut test = cargo(
        "test -p bitbudget --profile engine --no-default-features --target wasm32-unknown-unknown \
         --test exhaustive_wasm -- --nocapture",
    );
    test.env("PATH", tools::path_with(wasm_bindgen.parent().as_slice())?);
    state.write_aside(&mut test)?;
    run_for(LIMIT, test)
}

fn clippy_wasm(_: &mut State) -> Result<(), Stop> {
    tools::wasm_target()?;
    tools::cargo_component("clippy", "clippy")?;
    run_for(
        LIMIT,
        cargo("clippy -p bitbudget --target wasm32-unknown-unknown --lib --bins --test web -- -D warnings"),
    )?;
    let engine = "clippy -p bitbudget --target wasm32-unknown-unknown --bin engine --no-default-features \
                  --test exhaustive_wasm --test cast_speed --test quantize_speed -- -D warnings";
    run_for(LIMIT, cargo(engine))
}

fn build(state: &mut State) -> Result<(), Stop> {
    let (trunk, wasm) = page::release_build()?;
    run_for(BUILD_LIMIT, trunk)?;
    page::finish().map_err(|error| Stop::Failed(error.to_string()))?;
    state.site = Some(wasm);
    Ok(())
}

fn size(state: &mut State) -> Result<(), Stop> {
    let load = FirstLoad::of(&page::dist()).map_err(|error| Stop::Failed(error.to_string()))?;
    println!("{}", load.table());
    if state.site == Some(Wasm::Unoptimized) {
        return Err(Stop::NotRun("the budget is for the optimized wasm, and wasm-opt is missing (see `build`)".into()));
    }
    load.within_budget().map_err(Stop::Failed)
}

/// A browser as the test legs know it.
struct Kind {
    name: &'static str,
    find: fn() -> Result<Browser>,
    /// The variables that name its executable and its driver.
    variables: [&'static str; 2],
    /// The key of its options in a WebDriver session.
    options: &'static str,
}

const CHROMIUM: Kind = Kind {
    name: "chromium",
    find: tools::chromium,
    variables: ["CHROME_BIN", "CHROMEDRIVER"],
    options: "goog:chromeOptions",
};

const FIREFOX: Kind = Kind {
    name: "firefox",
    find: tools::firefox,
    variables: ["FIREFOX_BIN", "GECKODRIVER"],
    options: "moz:firefoxOptions",
};

/// `tests/web.rs`, inside a browser.
fn wasm(state: &mut State, kind: &Kind) -> Result<(), Stop> {
    let browser = (kind.find)()?;
    let mut test = in_browser(kind, &browser, "--test web")?;
    leave_out_webgpu(state, &browser, &mut test);
    state.write_aside(&mut test)?;
    run_for(BROWSER_LIMIT, test)
}

/// What wants WebGPU is left out in a browser that has none.
fn leave_out_webgpu(state: &mut State, browser: &Browser, test: &mut Command) {
    if let Some(reason) = &browser.no_webgpu {
        state.no_webgpu = Some(reason.clone());
        test.env("BITBUDGET_NO_GPU", "1");
    }
}

/// A benchmark among `tests/`, as the engine is built.
pub(crate) fn speed_in_chromium(benchmark: &str) -> Result<Command> {
    in_browser(
        &CHROMIUM,
        &tools::chromium()?,
        &format!("--profile engine --no-default-features --test {benchmark} -- --nocapture"),
    )
}

/// Tests of the library inside a browser.
fn in_browser(kind: &Kind, browser: &Browser, which: &str) -> Result<Command> {
    tools::wasm_target()?;
    let wasm_bindgen = tools::wasm_bindgen()?;
    let capabilities = capabilities(kind, browser)?;
    let mut test = cargo(&format!("test -p bitbudget --target wasm32-unknown-unknown {which}"));
    for other in ["CHROMEDRIVER", "GECKODRIVER", "SAFARIDRIVER"] {
        test.env_remove(other); // the runner takes the first one that it sees
    }
    test.env(kind.variables[1], &browser.driver)
        .env("PATH", tools::path_with(wasm_bindgen.parent().as_slice())?)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities)
        .env("WASM_BINDGEN_TEST_TIMEOUT", "1500");
    Ok(test)
}

/// The browser's part of tests/webdriver.json, with the browser's place, as the test runner wants it.
fn capabilities(kind: &Kind, browser: &Browser) -> Result<PathBuf> {
    let shared = tools::root().join("tests/webdriver.json");
    let text = fs::read_to_string(&shared).map_err(|error| format!("{} is unreadable: {error}", shared.display()))?;
    let mut all: serde_json::Value = serde_json::from_str(&text)?;
    all[kind.options]["binary"] = browser.binary.to_string_lossy().into();
    let own = tools::root().join("target").join(format!("webdriver-{}.json", kind.name));
    fs::create_dir_all(tools::root().join("target"))?;
    fs::write(&own, serde_json::json!({ kind.options: all[kind.options] }).to_string())?;
    Ok(own)
}

/// The package `tests/e2e`, against the built site.
fn e2e(state: &mut State, kind: &Kind) -> Result<(), Stop> {
    let browser = (kind.find)()?;
    let mut test = cargo("test -p e2e");
    match tools::axe() {
        Ok(script) => test.env("BITBUDGET_AXE", script),
        Err(error) => {
            state.no_axe = Some(error.to_string());
            test.env_remove("BITBUDGET_AXE")
        }
    };
    leave_out_webgpu(state, &browser, &mut test);
    test.env("BITBUDGET_BROWSER", kind.name)
        .env("BITBUDGET_DIST", page::dist())
        .env(kind.variables[0], browser.binary)
        .env(kind.variables[1], browser.driver);
    run_for(BROWSER_LIMIT, test)
}

fn run_for(limit: Duration, command: Command) -> Result<(), Stop> {
    process::run_for(limit, command).map_err(Stop::Failed)
}

fn cargo(arguments: &str) -> Command {
    let mut cargo = tools::cargo();
    cargo.args(arguments.split_whitespace()).current_dir(tools::root());
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        vec![
            Row { name: "fmt", seconds: 1.25, outcome: Ok(()) },
            Row { name: "host", seconds: 61.0, outcome: Err(Stop::Failed("`test` ended with 101".into())) },
            Row { name: "wasm-firefox", seconds: 0.0, outcome: Err(Stop::NotRun("Firefox is missing".into())) },
        ]
    }

    #[test]
    fn the_summary_ends_with_one_line_of_counts() {
        let (text, passed) = summary(&rows(), false);
        assert!(!passed);
        assert_eq!(text.lines().next_back(), Some("1 passed, 1 failed, 1 skipped"));
        assert!(text.contains("wasm-firefox        0.0 s  not run  Firefox is missing\n"), "{text}");
    }

    #[test]
    fn a_leg_that_could_not_run_fails_in_ci_and_only_there() {
        let mut rows = rows();
        rows.remove(1);
        assert!(summary(&rows, false).1);
        let (text, passed) = summary(&rows, true);
        assert!(!passed && text.ends_with("\n1 passed, 1 failed, 0 skipped"), "{text}");
    }

    #[test]
    fn what_no_browser_here_has_is_left_out_and_said() {
        let mut rows = rows();
        rows.truncate(1);
        rows.push(Row { name: "webgpu-firefox", seconds: 0.0, outcome: Err(Stop::LeftOut("it is old".into())) });
        let (text, passed) = summary(&rows, true);
        assert!(passed && text.contains("left out it is old\n1 passed, 0 failed, 1 skipped"), "{text}");
    }

    #[test]
    fn an_unknown_leg_is_refused_with_the_list_of_legs() {
        let error = run(&["e2e".into()], false).unwrap_err().to_string();
        assert!(error.contains("e2e-chromium"), "{error}");
    }
}
