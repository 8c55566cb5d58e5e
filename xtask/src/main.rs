//! `cargo xtask`: the project's commands. See [`HELP`].

use std::process::ExitCode;
use xtask::{Result, audit, bench, fuzz, legs, page};

const HELP: &str = "\
The project's commands. Each installs what it needs, where it can, once per machine.

Usage: cargo xtask <command>

    serve [--dev] [--port N] [--host]
                    build the page and serve it on http://127.0.0.1:8080/
                    --dev   unoptimized, and built again at each change
                    --port  another port; one that is taken leads to the next
                    --host  reachable from other machines too
    build           build the deployable site into dist/
    test [--fast] [leg ...]
                    everything that CI runs; with --fast what needs no browser;
                    or the named legs
    audit           measure the page with Lighthouse into docs/performance.md
    bench [cast] [quantize] [fit]
                    measure how fast tensors are converted and quantized, and a
                    scaling law is fitted, into docs/performance.md
    fuzz [--runs N] [kind ...]
                    fuzz the readers of files, 10 million runs a kind
    help            this text

The legs of the test:
";

const ENVIRONMENT: &str = "
Environment:
    BITBUDGET_TOOLS           where tools are installed (~/.cache/bitbudget)
    CHROME_BIN, CHROMEDRIVER  the Chromium to test with, and its driver
    FIREFOX_BIN, GECKODRIVER  the Firefox to test with, and its driver
    BITBUDGET_PYTHON          a Python that has tests/bench/requirements.txt
    CI=true                   a leg that could not run has failed
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns whether what was to be shown holds.
fn run(arguments: &[String]) -> Result<bool> {
    let Some((command, arguments)) = arguments.split_first() else {
        print!("{HELP}{}{ENVIRONMENT}", legs::list());
        return Ok(false);
    };
    if arguments.iter().any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}{}{ENVIRONMENT}", legs::list());
        return Ok(true);
    }
    match command.as_str() {
        "serve" => serve(arguments),
        "build" => none(arguments).and_then(|()| page::build()).map(|_| true),
        "test" => {
            let (options, names): (Vec<_>, Vec<_>) = arguments.iter().cloned().partition(|word| word.starts_with('-'));
            match options.iter().find(|option| *option != "--fast") {
                Some(option) => Err(unexpected(option)),
                None if !options.is_empty() && !names.is_empty() => Err("name legs, or say --fast, not both".into()),
                None => legs::run(&names, !options.is_empty()),
            }
        }
        "audit" => none(arguments).and_then(|()| audit::run()),
        "bench" => bench::run(arguments),
        "fuzz" => fuzz::fuzz(arguments),
        "help" | "--help" | "-h" => {
            print!("{HELP}{}{ENVIRONMENT}", legs::list());
            Ok(true)
        }
        other => Err(unexpected(other)),
    }
}

fn serve(arguments: &[String]) -> Result<bool> {
    let (mut dev, mut host, mut port) = (false, "127.0.0.1", 8080);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--dev" => dev = true,
            "--host" => host = "0.0.0.0",
            "--port" => {
                let number = arguments.next().and_then(|number| number.parse().ok());
                port = number.ok_or("--port needs a number from 0 to 65535, such as `--port 9000`")?;
            }
            other => return Err(unexpected(other)),
        }
    }
    page::serve(dev, host, port).map(|()| true)
}

fn none(arguments: &[String]) -> Result<()> {
    arguments.first().map_or(Ok(()), |argument| Err(unexpected(argument)))
}

fn unexpected(argument: &str) -> xtask::Error {
    format!("`{argument}` is not understood here; `cargo xtask help` lists what is").into()
}
