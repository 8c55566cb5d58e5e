//! Everybody's page: axe-core finds nothing, nothing is wider than a phone, and a person can look at it all in
//! `target/screenshots/`.

use crate::comparing::open_two;
use e2e::{Gpu, Kind, Page, folder, kind, with_page};
use std::{env, fs};
use xtask::tools;

const ROOMS: [(&str, &str); 7] = [
    ("start", ""),
    ("learn", "#/learn?v=1&step=4"),
    ("memory", "#/memory"),
    ("scaling", "#/scaling"),
    ("formats", "#/formats"),
    ("quantize", "#/quantize"),
    ("weights", "#/weights"),
];

/// Settings that fill the widest tables.
const WIDE: [(&str, &str); 4] = [
    ("quantize-groups", "#/quantize?v=1&format=nf4&scale=g64&outliers=4"),
    ("memory-run", "#/memory?v=1&task=run&model=gemma-3-27b&precision=q4_k_m&context=131072&batch=8&measured=70"),
    (
        "memory-train",
        "#/memory?v=1&model=deepseek-v3&precision=bf16&act=fused&dp=8&zero=3&tp=8&sp=1&ep=8&recompute=full\
         &vs=task=run%7Ctask=qlora",
    ),
    (
        "scaling-served",
        "#/scaling?v=1&given=params&also=tokens&model=llama-3.1-8b&tokens=1.5e13&law=hoffmann-2022-a3-rounded\
         &unique=5e12&demand-in=1e13&demand-out=1e13&embodied=150",
    ),
];

const AXE: &str = "
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) =>
        `${id} (${help}): ${nodes.map(node => node.target.join(' ') + ' ' + (node.any[0]?.message ?? '')).join('; ')}`)";

/// Opens all that is folded away; the page has been told of each when it ends.
const UNFOLD: &str = "
    const told = [...document.querySelectorAll('details:not([open])')].map(details => new Promise(then => {
        details.addEventListener('toggle', () => setTimeout(then), { once: true });
        details.open = true;
    }));
    await Promise.all(told)";

/// What axe-core finds, a sentence each.
async fn axe(page: &Page, script: &str, what: &str) -> Vec<String> {
    page.driver.execute(script, Vec::new()).await.expect("axe-core can be loaded");
    let found: Vec<String> = serde_json::from_value(page.eval(AXE).await).unwrap();
    found.into_iter().map(|found| format!("{what}: {found}")).collect()
}

/// Themes and frames in which a lab is looked at.
const LOOKS: [(&str, &str); 4] = [("light", "full"), ("light", "embed"), ("dark", "full"), ("dark", "embed")];

/// Says so if the page is wider than its window.
async fn overflow(page: &Page, what: &str) -> Option<String> {
    let widths = page.eval("const e = document.documentElement; return [e.scrollWidth, e.clientWidth]").await;
    (widths[0].as_u64() > widths[1].as_u64()).then(|| format!("{what}: wider than the window: {widths}"))
}

async fn check(page: &Page, width: u32, rooms: &[(&str, &str)]) {
    // `cargo xtask test` says in its summary that this part did not run.
    let script = tools::axe().map(|path| fs::read_to_string(path).expect("axe-core can be read"));
    if let Err(error) = &script {
        eprintln!("Not checked with axe-core: {error}");
    }
    let browser = if kind() == Kind::Chromium { "chromium" } else { "firefox" };
    let shots = folder("target/screenshots");
    let mut found = Vec::new();
    page.resize(width, if width < 500 { 844 } else { 900 }).await;
    for (room, hash) in rooms {
        for (theme, look) in LOOKS {
            let what = format!("{room}-{width}-{theme}-{look}");
            let embed = if look == "embed" { "embed=1&" } else { "" };
            page.open(&format!("?{embed}theme={theme}{hash}")).await;
            page.screenshot(&shots.join(format!("{browser}-{what}.png"))).await;
            for fold in ["folded", "unfolded"] {
                if fold == "unfolded" {
                    page.eval(UNFOLD).await;
                    page.ready().await;
                }
                found.extend(overflow(page, &format!("{what}, {fold}")).await);
            }
            if let Ok(script) = &script {
                found.extend(axe(page, script, &what).await);
            }
        }
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn axe_finds_nothing_and_nothing_overflows_at_1280_px() {
    with_page(Gpu::Off, async |page| check(page, 1280, &ROOMS).await);
}

#[test]
fn axe_finds_nothing_and_nothing_overflows_at_390_px() {
    with_page(Gpu::Off, async |page| check(page, 390, &ROOMS).await);
}

#[test]
fn axe_finds_nothing_in_the_widest_tables_and_they_do_not_overflow_at_1280_px() {
    with_page(Gpu::Off, async |page| check(page, 1280, &WIDE).await);
}

#[test]
fn axe_finds_nothing_in_the_widest_tables_and_they_do_not_overflow_at_390_px() {
    with_page(Gpu::Off, async |page| check(page, 390, &WIDE).await);
}

/// What axe-core and a ruler find in a page as it is, once all of it is unfolded; a person finds it in a screenshot.
pub async fn look_at(page: &Page, what: &str) -> Vec<String> {
    let script = tools::axe().map(|path| fs::read_to_string(path).expect("axe-core can be read"));
    let browser = if kind() == Kind::Chromium { "chromium" } else { "firefox" };
    page.screenshot(&folder("target/screenshots").join(format!("{browser}-{what}.png"))).await;
    page.eval(UNFOLD).await;
    page.ready().await;
    let mut found: Vec<String> = overflow(page, what).await.into_iter().collect();
    if let Ok(script) = &script {
        found.extend(axe(page, script, what).await);
    }
    found
}

#[test]
fn axe_finds_nothing_in_a_checkpoint_and_nothing_overflows() {
    with_page(Gpu::Off, async |page| {
        let mut found = Vec::new();
        for width in [1280, 390] {
            page.resize(width, if width < 500 { 844 } else { 900 }).await;
            for (listing, theme) in [("table", "light"), ("table", "dark"), ("tree", "light")] {
                page.open(&format!("?theme={theme}#/weights?v=1&list={listing}")).await;
                page.click("#weights-example").await;
                page.until("rows are there", "return document.querySelector('.rows__body [role=row]') !== null").await;
                page.ready().await;
                page.eval("document.querySelector('.rows-scroll').scrollIntoView(); return null").await;
                found.extend(look_at(page, &format!("checkpoint-{listing}-{width}-{theme}")).await);
            }
        }
        assert_eq!(found, [""; 0]);
    });
}

#[test]
fn axe_finds_nothing_in_two_checkpoints_and_nothing_overflows() {
    with_page(Gpu::Off, async |page| {
        let mut found = Vec::new();
        for (width, theme) in [(1280, "light"), (390, "dark")] {
            page.resize(width, if width < 500 { 844 } else { 900 }).await;
            page.open(&format!("?theme={theme}#/weights?v=1")).await;
            open_two(page).await;
            found.extend(look_at(page, &format!("compared-{width}-{theme}")).await);
        }
        assert_eq!(found, [""; 0]);
    });
}

#[test]
fn axe_finds_nothing_where_something_went_wrong() {
    let Ok(path) = tools::axe() else { return };
    let script = fs::read_to_string(path).expect("axe-core can be read");
    with_page(Gpu::Off, async |page| {
        for theme in ["light", "dark"] {
            page.open(&format!("?theme={theme}#/memory?v=1&precision=int8&nonsense=1&params=7e9")).await;
            page.write("memory-params", "lots").await;
            let mut found = axe(page, &script, "a notice, a problem and a bad field").await;
            page.open(&format!("?theme={theme}&compute=cpu#/quantize?v=1")).await;
            page.choose("quantize-n-16m").await;
            page.until("there is progress", "return document.getElementById('quantize-progress') !== null").await;
            found.extend(axe(page, &script, "progress").await);
            assert_eq!(found, [""; 0]);
            page.click("#quantize-cancel").await;
            page.ready().await;
        }
    });
}

#[test]
fn the_pictures_of_the_readme_are_taken_when_asked_for() {
    if env::var_os("BITBUDGET_SCREENSHOTS").is_none() || kind() != Kind::Chromium {
        return;
    }
    with_page(Gpu::Off, async |page| {
        page.resize(1280, 800).await;
        for (room, hash) in &ROOMS[1..] {
            page.open(&format!("?theme=light{hash}")).await;
            if *room == "learn" {
                page.click("[data-do=skip]").await;
                page.ready().await;
            }
            page.screenshot(&folder("docs/images").join(format!("{room}.png"))).await;
        }
    });
}
