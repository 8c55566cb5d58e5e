//! Links: what they say is what the page computes, and what the page computes is in its link.

use crate::expected;
use bitbudget::labs::read_link;
use bitbudget::scenario::{Key, formats, memory, quantize, scaling, view};
use e2e::{Gpu, Page, with_page};
use serde_json::json;

/// Every key of a lab with its documented example.
fn examples<S>(room: &str, keys: &[Key<S>]) -> Vec<String> {
    let link = |(name, value): (String, String)| format!("#/{room}?v=1&{name}={}", value.replace(' ', "%20"));
    keys.iter().map(|key| link(key.example())).collect()
}

async fn check_examples(page: &Page, links: Vec<String>) {
    for link in links {
        page.open(&link).await;
        assert_eq!(page.notices().await, [""; 0], "{link}");
        assert_eq!(page.link().await, format!("#{}", read_link(&link).0.write()), "{link}");
        match expected::problem(&link) {
            // Such as experts that are to be shared, of a model that has none: a sentence that says so.
            Some(problem) => assert!(page.text("#problem").await.contains(&problem), "{link}: {problem}"),
            None => expected::assert_same(&link, &page.report().await, &expected::report(&link)),
        }
    }
}

#[test]
fn every_documented_memory_link_computes_what_it_says() {
    with_page(Gpu::Off, async |page| check_examples(page, examples("memory", memory::KEYS)).await);
}

#[test]
fn every_documented_scaling_link_computes_what_it_says() {
    with_page(Gpu::Off, async |page| {
        let mut links = examples("scaling", scaling::KEYS);
        links.push("#/scaling?v=1&given=hardware&gpu=h100-sxm5-80gb&gpus=8&days=30&mfu=0.35".into());
        links.push("#/scaling?v=1&given=params&params=8B".into());
        links.push("#/scaling?v=1&given=tokens&tokens=15T".into());
        links.push("#/scaling?v=1&given=ratio&also=loss&ratio=100&loss=2.1".into());
        links.push("#/scaling?v=1&given=money&money=5.576M&gpu=h100-sxm5-80gb&time=days&days=60".into());
        links.push("#/scaling?v=1&law=hoffmann-2022-a3-rounded&unrounded=0.5&unique=2.5e11&embodied=150".into());
        links.push("#/scaling?v=1&law=yours&fit=1.8,480,2100,0.35,0.37,1e8,1e10,1e9,5e11".into());
        // A utilisation above 1, and two that fix the budget: sentences that say so.
        links.push("#/scaling?v=1&also=money".into());
        links.push("#/scaling?v=1&given=hours&also=energy".into());
        check_examples(page, links).await;
    });
}

#[test]
fn every_documented_formats_link_computes_what_it_says() {
    with_page(Gpu::Off, async |page| {
        let mut links = examples("formats", formats::KEYS);
        links.push(
            "#/formats?v=1&formats=custom,e8m0fnu,nf4&x=-0x1.8p3&round=stochastic&random=7&by=torch&e=3&m=4".into(),
        );
        check_examples(page, links).await;
    });
}

#[test]
fn every_documented_quantize_link_computes_what_it_says() {
    with_page(Gpu::Off, async |page| {
        let mut links = examples("quantize", quantize::KEYS);
        links.push("#/quantize?v=1&data=values&values=0.1,1/3,70000".into());
        check_examples(page, links).await;
    });
}

#[test]
fn every_documented_setting_of_looks_is_understood() {
    with_page(Gpu::Off, async |page| {
        for key in view::KEYS {
            page.open(&format!("?{}={}#/quantize?v=1", key.name, key.doc.example)).await;
            assert_eq!(page.notices().await, [""; 0], "{}", key.name);
            match key.name {
                "embed" => assert!(!page.has(".header").await && page.has("#quantize-format").await),
                "theme" => assert_eq!(page.attribute("html", "data-theme").await, "dark"),
                "compute" => assert!(page.text("#quantize-backend").await.starts_with("CPU")),
                // A room after `#` goes before it; by itself it is tested with the story.
                "hide" | "lock" | "predict" | "fs" | "motion" => {} // `teaching` says what they do
                "step" => assert!(page.has("#quantize-format").await),
                other => panic!("a new key, {other}: say here what it does"),
            }
        }
    });
}

#[test]
fn a_change_is_written_into_the_address_and_a_reload_gives_the_same_page() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory").await;
        assert_eq!(page.hash().await, "#/memory", "the link that the page was opened with stays as it is");
        page.choose("memory-precision-bf16").await;
        page.select("memory-model", "custom").await;
        page.write("memory-params", "13B").await;
        page.until_hash("#/memory?v=1&model=custom&params=1.3e10&precision=bf16").await;
        let (report, title) = (page.report().await, page.text("#memory-chart .figure__title").await);
        page.reload().await;
        assert_eq!(page.report().await, report);
        assert_eq!(page.text("#memory-chart .figure__title").await, title);
        assert_eq!(page.property("#memory-precision-bf16", "checked").await, true);
        assert_eq!(page.property("#memory-model", "value").await, "custom");
        assert_eq!(page.property("#memory-params", "value").await, "13B");

        page.open("#/scaling").await;
        page.choose("scaling-given-tokens").await;
        page.write("scaling-tokens", "15T").await;
        page.select("scaling-law", "chinchilla-20").await;
        page.until_hash("#/scaling?v=1&given=tokens&tokens=1.5e13&law=chinchilla-20").await;
        let report = page.report().await;
        page.reload().await;
        assert_eq!(page.report().await, report);
        assert_eq!(page.property("#scaling-law", "value").await, "chinchilla-20");

        page.open("#/quantize").await;
        page.choose("quantize-scheme-affine").await;
        page.select("quantize-scale", "row").await;
        page.select("quantize-data", "outliers").await;
        page.until_hash("#/quantize?v=1&data=outliers&scheme=affine&scale=row").await;
        page.ready().await;
        let report = page.report().await;
        page.reload().await;
        assert_eq!(page.report().await["codes_sha256"], report["codes_sha256"]);
        assert_eq!(page.property("#quantize-scale", "value").await, "row");
    });
}

#[test]
fn nonsense_in_a_link_is_named_with_what_is_used_instead() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1&precision=int3&b=abc").await;
        assert_eq!(
            page.notices().await,
            [
                "Part of this link was not understood: precision=int3. Using fp32.",
                "Part of this link was not understood: b=abc. It is left out.",
            ]
        );
        assert_eq!(page.property("#memory-precision-fp32", "checked").await, true);
        page.click("#notices button").await;
        assert!(!page.has("#notices").await, "the notice is dismissed");

        for link in [
            "#/memory?v=1&model=gpt-9000",
            "#/memory?v=1&params=-1",
            "#/memory?v=1&params=1e99",
            "#/memory?v=1&activations=1000",
            "#/memory?v=77",
            "#/memory?v=1&gpu=rtx-4090&gpu=h100",
            "#/scaling?v=1&given=luck&compute=lots",
            "#/scaling?v=1&mfu=7",
            "#/scaling?v=1&compute=1e40",
            "#/scaling?v=1&also=luck&pue=0.5&bits-w=0",
            "#/scaling?v=1&law=yours&fit=1,2,3",
            "#/formats?v=1&formats=fp64&x=two&round=somehow&e=99",
            "#/quantize?v=1&format=int3&seed=1.5&n=64t",
            "#/quantize?v=1&data=values&values=one,two",
            "#/nowhere?%E0%A4%A",
            "#/<script>alert(1)</script>",
        ] {
            page.open(link).await;
            // As the browser hands the address on, in which it may have encoded characters.
            let notices: Vec<String> = read_link(&page.hash().await).1.iter().map(ToString::to_string).collect();
            assert!(!notices.is_empty(), "{link}");
            assert_eq!(page.notices().await, notices, "{link}");
        }
        page.open("?theme=purple&utm_source=course#/memory").await;
        assert_eq!(page.notices().await, ["Part of this link was not understood: theme=purple. Using auto."]);
    });
}

#[test]
fn back_and_forward_lead_through_the_rooms() {
    with_page(Gpu::Off, async |page| {
        let heading = |name: &str| {
            format!(
                "return [...document.querySelectorAll('h1')].find(h1 => h1.checkVisibility())?.innerText.startsWith('{name}')"
            )
        };
        page.open("").await;
        page.click(".cards .card:nth-child(1) a").await;
        page.until("the Memory lab is open", &heading("Memory")).await;
        assert_eq!(page.eval("return document.activeElement.id").await, "main", "readers of screens hear the new room");
        page.click(".nav a[href^='#/scaling']").await;
        page.until("the Scaling lab is open", &heading("Scaling")).await;
        assert_eq!(page.eval("return document.title").await, "Scaling – Bitbudget");
        page.driver.back().await.unwrap();
        page.until("the Memory lab is open again", &heading("Memory")).await;
        page.driver.back().await.unwrap();
        page.until("the start page is open", &heading("What does")).await;
        page.driver.forward().await.unwrap();
        page.driver.forward().await.unwrap();
        page.until("the Scaling lab is open again", &heading("Scaling")).await;
        page.ready().await;
    });
}

#[test]
fn every_room_keeps_its_inputs_while_the_reader_is_elsewhere() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory").await;
        page.choose("memory-task-run").await;
        page.click(".nav a[href^='#/scaling']").await;
        page.ready().await;
        page.select("scaling-law", "chinchilla-20").await;
        page.click(".nav a[href^='#/quantize']").await;
        page.ready().await;
        page.choose("quantize-format-bf16").await;
        page.ready().await;
        page.click(".nav a[href^='#/memory']").await;
        page.until("the Memory lab is open", "return document.getElementById('memory-task') !== null").await;
        assert_eq!(page.property("#memory-task-run", "checked").await, true);
        page.click(".nav a[href^='#/scaling']").await;
        page.until("the Scaling lab is open", "return document.getElementById('scaling-law') !== null").await;
        assert_eq!(page.property("#scaling-law", "value").await, "chinchilla-20");
        // The start page's answers are of the present inputs.
        page.click(".brand").await;
        page.until("the start page is open", "return document.querySelector('[data-answer]') !== null").await;
        assert!(page.text("[data-answer=memory]").await.starts_with("Running Llama 3.1 8B"));
        assert!(page.text("[data-answer=quantize]").await.starts_with("BF16"));
    });
}

#[test]
fn a_change_made_just_before_leaving_a_room_is_there_on_the_way_back() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1").await;
        // One right after the other, as quick hands do: before the address is written.
        let script = "document.getElementById('memory-precision-bf16').click();
                      await new Promise(then => setTimeout(then));
                      document.querySelector(args[0]).click()";
        page.eval_with(script, json!([".nav a[href^='#/scaling']"])).await;
        page.until("the Scaling lab is open", "return document.getElementById('scaling-law') !== null").await;
        page.driver.back().await.unwrap();
        page.until("the Memory lab is open", "return document.getElementById('memory-task') !== null").await;
        page.ready().await;
        assert_eq!(page.property("#memory-precision-bf16", "checked").await, true);
    });
}

/// Follows the first link, goes to the second before the page has written the first into the address, and lets it write before it hears
/// of that, as a busy browser does; gives the address then. The page writes when 400 ms have passed without a change.
const GO_ELSEWHERE: &str = "
    const wait = window.setTimeout;
    const written = new Promise(done => {
        window.setTimeout = (run, ms, ...rest) => wait(() => { run(...rest); if (ms === 400) done(); }, ms);
    });
    location.hash = args[0];
    await new Promise(then => addEventListener('hashchange', then, { once: true }));
    history.pushState(null, '', args[1]);
    await written;
    window.setTimeout = wait;
    const address = location.hash;
    dispatchEvent(new HashChangeEvent('hashchange'));
    return address";

#[test]
fn a_link_that_is_followed_while_the_address_is_written_is_not_lost() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats").await;
        let (first, second) = ("#/formats?v=1&x=70000", "#/formats?v=1&round=zero");
        assert_eq!(page.eval_with(GO_ELSEWHERE, json!([first, second])).await, second);
        page.ready().await;
        assert_eq!(page.link().await, second);
    });
}
