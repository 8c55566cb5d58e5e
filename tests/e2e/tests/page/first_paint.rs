//! What is seen before the program arrives, and that its arrival changes nothing.

use e2e::{Gpu, Stage, with_page, with_page_on};
use serde_json::Value;

/// The site whose program never starts: what the reader sees before it does.
fn before() -> Stage {
    let stage = Stage::new("/");
    stage.change("boot.js", |script| {
        assert!(script.contains("\"DOMContentLoaded\""), "boot.js starts the program then");
        script.replace("\"DOMContentLoaded\"", "\"never\"")
    });
    stage
}

/// Words, links and places of what stands on the start page.
const LOOK: &str = "
    await document.fonts.ready;
    const app = document.getElementById('app');
    const words = app.innerText.replace(/\\s+/g, ' ').trim();
    const links = [...app.querySelectorAll('a')].map(a => a.getAttribute('href'));
    const parts = ['.header', '.brand', '.nav', '#theme', '.hero__title', '.hero__text', '.cards', '.card', '.card__answer',
                   '.card__link', '.prose', '.prose h2', '.prose p', '.footer'];
    const places = parts.flatMap(css => [...app.querySelectorAll(css)].map(part => {
        const { x, y, width, height } = part.getBoundingClientRect();
        return `${css} ${[x, y, width, height].map(number => number.toFixed(2))}`;
    }));
    return { words, links, places }";

#[test]
fn the_start_page_stays_word_for_word_and_place_for_place_when_the_program_arrives() {
    let after = Stage::new("/");
    with_page_on(before(), Gpu::Off, async |page| {
        for width in [1280, 390] {
            page.resize(width, 900).await;
            page.goto(&page.stage.site.url()).await;
            let first = page.eval(LOOK).await;
            assert_eq!(page.attribute("body", "data-state").await, "loading");
            page.goto(&after.site.url()).await;
            page.ready().await;
            let then = page.eval(LOOK).await;
            for what in ["words", "links", "places"] {
                assert_eq!(first[what], then[what], "{what} at {width} px");
            }
        }
        assert_eq!(after.console(), [""; 0]);
    });
}

#[test]
fn the_default_answers_are_seen_first_only_where_they_are_what_was_asked_for() {
    with_page_on(before(), Gpu::Off, async |page| {
        let url = page.stage.site.url();
        for (rest, expected) in [
            ("", true),
            ("#", true),
            ("#/", true),
            ("?theme=dark", true),
            ("#/memory", false),
            ("#/memory?v=1&precision=bf16", false),
            ("#/formats?v=1", false),
            ("#/quantize?v=1", false),
            ("?embed=1", false),
            ("?embed=1#/", false),
            ("?embed=1#/memory?v=1", false),
        ] {
            page.goto("about:blank").await;
            page.goto(&format!("{url}{rest}")).await;
            let seen = page
                .eval(
                    "const shown = css => getComputedStyle(document.querySelector(css)).display !== 'none';
                       return [shown('.home'), shown('.skeleton'), document.body.innerText.includes('193 GB')]",
                )
                .await;
            assert_eq!(seen, serde_json::json!([expected, !expected, expected]), "home, skeleton, answer at {rest:?}");
        }
    });
}

#[test]
fn a_program_that_does_not_arrive_is_said_in_plain_words() {
    let stage = Stage::new("/");
    stage.change("boot.js", |script| script.replace("program.dataset.wasm", "'absent.wasm'"));
    with_page_on(stage, Gpu::Off, async |page| {
        page.goto(&page.stage.site.url()).await;
        page.until("the page has given up", "return document.body.dataset.state === 'crashed'").await;
        assert!(page.text("#crash").await.starts_with("Bitbudget has stopped"));
        // This is what the console is for.
        page.until("the console has the error", "return true").await;
        page.stage.forget_console();
    });
}

#[test]
fn nothing_moves_while_the_start_page_loads() {
    if e2e::kind() != e2e::Kind::Chromium {
        return; // Firefox does not measure layout shifts; their absence is checked by the places above.
    }
    with_page(Gpu::Off, async |page| {
        page.open("").await;
        let shifts = page
            .eval(
                "return await new Promise(done => new PerformanceObserver(list => done(
                       list.getEntries().filter(entry => entry.entryType === 'layout-shift').map(entry => entry.value)
                   )).observe({ type: 'layout-shift', buffered: true }) ?? setTimeout(() => done([]), 300))",
            )
            .await;
        let total: f64 = shifts.as_array().into_iter().flatten().filter_map(Value::as_f64).sum();
        assert!(total <= 0.02, "cumulative layout shift {total}");
    });
}
