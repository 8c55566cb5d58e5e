//! `cargo xtask fuzz`: the readers of files against whatever bytes lead them further (`tests/fuzz/`).

use crate::{
    Result,
    tools::{self, cargo, run},
};

/// The kinds of files, each a program of `tests/fuzz/`.
const TARGETS: [&str; 6] = ["safetensors", "gguf", "npy", "zip", "any", "several"];
/// How often each is run unless that is said.
const RUNS: u64 = 10_000_000;
/// Files are headers and a few values: longer ones are only slower.
const MAX_LEN: &str = "-max_len=4096";
/// A file that takes longer, in seconds, hangs.
const TIMEOUT: &str = "-timeout=5";

/// Fuzzes the named kinds of files, or all. A finding is an error, and a file in `target/fuzz/`.
///
/// # Errors
/// What is not understood, is missing, or was found.
pub fn fuzz(arguments: &[String]) -> Result<bool> {
    let (mut runs, mut targets) = (RUNS, Vec::new());
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--runs" => {
                let number = arguments.next().and_then(|number| number.parse().ok());
                runs = number.ok_or("--runs needs a number, such as `--runs 1000000`")?;
            }
            name => match TARGETS.into_iter().find(|target| *target == name) {
                Some(target) => targets.push(target),
                None => return Err(format!("`{name}` is none of {}", TARGETS.join(", ")).into()),
            },
        }
    }
    if targets.is_empty() {
        targets = TARGETS.to_vec();
    }
    let fuzzer = tools::cargo_fuzz()?;
    let (root, folder) = (tools::root(), tools::root().join("target/fuzz"));
    let package = root.join("tests/fuzz");
    let seeds = folder.join("seeds");
    run(cargo()
        .args(["run", "--quiet", "--bin", "seeds", "--manifest-path"])
        .arg(package.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(folder.join("build"))
        .arg("--")
        .arg(&seeds))?;
    for target in targets {
        let found = folder.join("found").join(target);
        std::fs::create_dir_all(&found)?;
        // Without a sanitizer, which only a nightly compiler has: the readers are safe code, and panics are what is looked for.
        run(std::process::Command::new(&fuzzer)
            .args(["run", "--sanitizer", "none", "--target-dir"])
            .arg(folder.join("build"))
            .arg("--fuzz-dir")
            .arg(&package)
            .arg(target)
            .args([&found, &seeds.join(target)])
            .args(["--", MAX_LEN, TIMEOUT, "-print_final_stats=1", "-verbosity=0"])
            .arg(format!("-runs={runs}"))
            .arg(format!("-artifact_prefix={}/{target}-", folder.display()))
            .current_dir(root))?;
    }
    Ok(true)
}
