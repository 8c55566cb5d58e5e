//! How fast the Weights lab opens and measures files in Chromium, and how much memory that takes. A measurement, not a test:
//! `cargo xtask bench weights`, which makes the files and names them.

#![expect(clippy::unwrap_used, reason = "a measurement that finds nothing has failed")]

use e2e::{Gpu, Page, with_page};
use serde_json::json;
use std::{collections::BTreeMap, env, fs, time::Duration};

/// The path of a file that the caller has made.
fn file(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| panic!("{variable} names no file: run `cargo xtask bench weights`"))
}

fn tell(what: &str, value: f64) {
    println!("weights {what} {value}");
}

/// Opens a file in the lab with these formats; gives the milliseconds from the choice to the first frame that shows it.
async fn open(page: &Page, path: &str, formats: &str) -> f64 {
    page.open(&format!("#/weights?v=1&formats={formats}")).await;
    let watch = "
        window.shown = new Promise(then => document.addEventListener('change', event => {
            if (event.target.type !== 'file') return;
            const began = performance.now();
            new MutationObserver((_, observer) => {
                if (!document.querySelector('#survey-opened')?.innerText) return;
                observer.disconnect();
                requestAnimationFrame(() => then(performance.now() - began));
            }).observe(document.body, { subtree: true, childList: true, characterData: true });
        }, { capture: true, once: true }));";
    page.eval(watch).await;
    page.element("#weights-files").await.send_keys(path).await.unwrap();
    let ms = page.eval("return await shown").await.as_f64().unwrap();
    page.ready().await;
    ms
}

/// Memory of the browser's tabs that this process has started, in bytes: their own pages and those shared with workers.
fn tab_memory() -> u64 {
    let status = |pid: &str| fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |status: &str, key: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").unwrap().map_while(Result::ok) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Ok(pid) = name.parse::<u64>() {
            parents.insert(pid, of(&status(&name), "PPid:").unwrap_or_default());
        }
    }
    let own = u64::from(std::process::id());
    let is_ours = |pid: u64| {
        let line = std::iter::successors(Some(pid), |pid| parents.get(pid).copied().filter(|parent| *parent > 1));
        line.take(32).any(|pid| pid == own)
    };
    let tabs = parents.keys().filter(|pid| {
        let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        command.contains("--type=renderer") && is_ours(**pid)
    });
    let kilobytes = tabs.map(|pid| {
        let status = status(&pid.to_string());
        of(&status, "RssAnon:").unwrap_or_default() + of(&status, "RssShmem:").unwrap_or_default()
    });
    1024 * kilobytes.sum::<u64>()
}

/// Lets all tensors be read or measured; gives seconds, and the most memory meanwhile.
async fn pass(page: &Page, button: &str) -> (f64, u64) {
    let script = "
        const began = performance.now();
        let isUnderWay = false;
        window.seconds = null;
        new MutationObserver((_, observer) => {
            if (document.querySelector('#survey-progress')) isUnderWay = true;
            else if (isUnderWay) {
                window.seconds = (performance.now() - began) / 1e3;
                observer.disconnect();
            }
        }).observe(document.querySelector('#survey'), { childList: true, subtree: true });
        document.querySelector(args[0]).click();";
    page.eval_with(script, json!([button])).await;
    let mut most = 0;
    loop {
        most = most.max(tab_memory());
        if let Some(seconds) = page.eval("return seconds").await.as_f64() {
            let told = page.text("#survey-told").await;
            assert!(told.contains(" tensors in "), "{told}");
            return (seconds, most);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn a_header_is_on_the_screen_at_once_however_long_its_file() {
    with_page(Gpu::Off, async |page| {
        // Once to load the engine, as a reader has by then.
        open(page, &file("BITBUDGET_SPARSE"), "int8@row").await;
        tell("open_ms", open(page, &file("BITBUDGET_SPARSE"), "int8@row").await);
        let opened = page.text("#survey-opened").await;
        let read = opened.split_whitespace().find_map(|word| word.parse::<f64>().ok());
        tell("open_bytes", read.unwrap());
    });
}

#[test]
fn all_tensors_are_read_and_measured() {
    let path = file("BITBUDGET_WEIGHTS");
    let passes = [("int8_row", "int8@row"), ("six", "int8@row,e4m3fn,q8_0,q4_0,mxfp4,nf4@g64")];
    for (name, formats) in passes {
        with_page(Gpu::Off, async |page| {
            open(page, &path, formats).await;
            let idle = tab_memory();
            // The first pass brings the file into the system's cache for all.
            pass(page, "#survey-read").await;
            let (read, _) = pass(page, "#survey-read").await;
            let (seconds, most) = pass(page, "#survey-start").await;
            tell(&format!("read_s_beside_{name}"), read);
            tell(&format!("{name}_s"), seconds);
            tell(&format!("memory_{name}"), most.saturating_sub(idle) as f64);
        });
    }
}

#[test]
fn a_cancelled_pass_answers() {
    with_page(Gpu::Off, async |page| {
        open(page, &file("BITBUDGET_WEIGHTS"), "int8@row").await;
        page.click("#survey-start").await;
        page.until("it is under way", "return document.querySelector('#survey-progress')?.value > 0.01").await;
        let script = "
            const began = performance.now();
            document.querySelector('#survey-cancel').click();
            while (!document.querySelector('#survey-start')) await new Promise(then => setTimeout(then));
            return performance.now() - began;";
        tell("cancel_ms", page.eval(script).await.as_f64().unwrap());
        page.ready().await;
    });
}
