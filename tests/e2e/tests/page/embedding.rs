//! The page in other people's pages.

use crate::expected;
use e2e::{Gpu, Page, Stage, with_page, with_page_on};
use serde_json::{Value, json};

const SUB_PATH: &str = "/course/bitbudget/";
/// INT8 codes a row of a sample with outliers: enough for the worker to matter.
const QUANTIZE: &str = "#/quantize?v=1&data=outliers&scheme=affine&scale=row";

fn keys(report: &Value) -> Vec<&str> {
    report.as_object().unwrap().keys().map(String::as_str).collect()
}

/// In a frame: it says that it is ready and how high it is, and every lab answers.
async fn check_frame(page: &Page, backend: &str) {
    assert_eq!(page.take_told("bitbudget:ready").await["v"], 1);
    let resize = page.take_told("bitbudget:resize").await;
    assert_eq!(resize["v"], 1);
    assert!(resize["height"].as_u64().is_some_and(|height| height > 100), "{resize}");
    page.enter_frame().await;
    let display = page.eval("return getComputedStyle(document.querySelector('.lab, .cards')).display").await;
    assert_eq!(display, "grid", "the style sheet is in force");
    page.leave_frame().await;
    for link in ["#/memory?v=1&precision=bf16", "#/scaling?v=1&given=params&also=tokens", QUANTIZE] {
        let (scenario, report) = page.ask(link).await;
        assert_eq!(scenario, link);
        expected::assert_same(link, &report, &expected::report(link));
    }
    assert_eq!(page.ask(QUANTIZE).await.1["backend"], backend);
}

#[test]
fn a_frame_with_nothing_but_src_works_under_a_sub_path() {
    with_page_on(Stage::new(SUB_PATH), Gpu::On, async |page| {
        page.embed(json!({ "src": "./?embed=1&compute=gpu#/memory?v=1" })).await;
        check_frame(page, "gpu").await;
    });
}

#[test]
fn a_sandboxed_frame_without_an_origin_works_under_a_sub_path() {
    with_page_on(Stage::new(SUB_PATH), Gpu::On, async |page| {
        let attributes = json!({ "src": "./?embed=1&compute=gpu#/memory?v=1", "sandbox": "allow-scripts" });
        page.embed(attributes).await;
        check_frame(page, "gpu").await;
        page.say(json!({ "type": "bitbudget:get" })).await;
        assert_eq!(page.take_told("bitbudget:report").await["origin"], "null", "the frame has no origin");
    });
}

#[test]
fn a_sandboxed_frame_works_without_a_gpu() {
    with_page_on(Stage::new(SUB_PATH), Gpu::Off, async |page| {
        page.embed(json!({ "src": "./?embed=1#/memory?v=1", "sandbox": "allow-scripts" })).await;
        check_frame(page, "cpu").await;
    });
}

#[test]
fn a_frame_in_a_page_of_another_origin_works() {
    let site = Stage::new(SUB_PATH);
    with_page_on(Stage::host_only(), Gpu::Off, async |page| {
        page.embed(json!({ "src": format!("{}?embed=1#/memory?v=1", site.site.url()) })).await;
        check_frame(page, "cpu").await;
        assert_eq!(site.console(), [""; 0]);
    });
}

#[test]
fn the_full_page_works_in_a_frame_too() {
    with_page(Gpu::Off, async |page| {
        page.embed(json!({ "src": "./" })).await;
        check_frame(page, "cpu").await;
    });
}

#[test]
fn an_embed_is_one_lab_without_header_and_footer_and_writes_neither_address_nor_storage() {
    with_page(Gpu::Off, async |page| {
        page.embed(json!({ "src": "./?embed=1#/memory?v=1", "width": "1200", "height": "900" })).await;
        page.take_told("bitbudget:ready").await;
        page.enter_frame().await;
        for part in [".header", ".footer", ".nav", "#theme", "#copy-link"] {
            assert!(!page.has(part).await, "{part}");
        }
        let before = page.eval("return [location.href, history.length]").await;
        page.choose("memory-precision-bf16").await;
        page.select("memory-gpu", "rtx-4090").await;
        page.ready().await;
        // The full page writes its address 400 ms after a change; that nothing happens can only be seen by waiting.
        page.eval("await new Promise(then => setTimeout(then, 800))").await;
        assert_eq!(page.eval("return [location.href, history.length]").await, before);
        assert_eq!(
            page.eval("return [localStorage.length, sessionStorage.length, document.cookie]").await,
            json!([0, 0, ""])
        );
        let full = page.attribute(".actions a", "href").await;
        let expected = format!("{}#/memory?v=1&precision=bf16&gpu=rtx-4090", page.stage.site.url());
        assert_eq!(full, expected, "the link to the full page carries the inputs");
        page.leave_frame().await;
    });
}

#[test]
fn the_host_hears_how_high_the_frame_is_whenever_that_changes() {
    with_page(Gpu::Off, async |page| {
        page.embed(json!({ "src": "./?embed=1#/memory?v=1", "width": "400" })).await;
        let height = async || page.take_told("bitbudget:resize").await["height"].as_u64().unwrap();
        let first = height().await;
        page.take_told("bitbudget:ready").await;
        page.ask("#/scaling?v=1").await;
        let mut last = height().await;
        assert_ne!(first, last);
        // It comes to rest at the body's height.
        page.enter_frame().await;
        let body = page.eval("return Math.ceil(document.body.getBoundingClientRect().height)").await;
        page.leave_frame().await;
        while Some(last) != body.as_u64() {
            last = height().await;
        }
    });
}

#[test]
fn reports_have_the_documented_keys() {
    with_page(Gpu::Off, async |page| {
        page.embed(json!({ "src": "./?embed=1" })).await;
        page.take_told("bitbudget:ready").await;
        let (_, memory) = page.ask("#/memory?v=1").await;
        for key in [
            "params_total",
            "weights_bytes",
            "gradients_bytes",
            "optimizer_bytes",
            "activations_bytes",
            "total_bytes",
            "gpu_bytes",
            "fits",
            "gpus_needed",
        ] {
            assert!(keys(&memory).contains(&key), "memory has no {key}");
        }
        let (_, scaling) = page.ask("#/scaling?v=1").await;
        for key in [
            "compute_flop",
            "params",
            "tokens",
            "tokens_per_param",
            "loss_nats",
            "law",
            "loss_law",
            "optimal",
            "also",
            "in_range",
            "band_80",
            "gpu_hours",
            "gpus",
            "days",
            "utilisation",
            "cost_usd",
            "energy_mwh",
            "co2_tonnes",
            "epochs",
            "repeated_loss_nats",
            "overhead",
            "all_laws",
        ] {
            assert!(keys(&scaling).contains(&key), "scaling has no {key}");
        }
        assert_eq!(keys(&scaling["band_80"]), ["loss_nats", "params", "tokens", "tokens_per_param"]);
        assert_eq!(keys(&scaling["all_laws"][0]), ["in_range", "law", "loss_nats", "params", "tokens"]);
        let (_, quantize) = page.ask("#/quantize?v=1").await;
        for key in [
            "format",
            "n",
            "bytes_before",
            "bytes_after",
            "bits_per_weight",
            "scale",
            "zero_point",
            "mse",
            "rmse",
            "mae",
            "max_abs_error",
            "bias",
            "sqnr_db",
            "cosine",
            "clipped",
            "flushed",
            "nonfinite",
            "backend",
            "elapsed_ms",
            "engine_bytes",
            "codes_sha256",
        ] {
            assert!(keys(&quantize).contains(&key), "quantize has no {key}");
        }
    });
}

#[test]
fn a_report_is_of_the_scenario_that_was_set_even_when_asked_for_at_once() {
    with_page(Gpu::Off, async |page| {
        page.embed(json!({ "src": "./?embed=1#/memory?v=1" })).await;
        page.take_told("bitbudget:ready").await;
        let links = ["#/quantize?v=1&n=1m&format=bf16", "#/quantize?v=1&n=1m&seed=2", "#/memory?v=1&task=run"];
        for link in links {
            let both = "say({ type: 'bitbudget:set', scenario: args[0] }); say({ type: 'bitbudget:get' })";
            page.eval_with(both, json!([link])).await;
            let answer = page.take_told("bitbudget:report").await;
            assert_eq!(answer["scenario"], link);
            if link.contains("quantize") {
                assert_eq!(answer["report"]["n"], 1 << 20, "{link}");
            }
        }
    });
}

#[test]
fn messages_that_are_not_understood_are_answered_and_those_of_others_are_not() {
    with_page(Gpu::Off, async |page| {
        page.embed(json!({ "src": "./?embed=1#/memory?v=1" })).await;
        page.take_told("bitbudget:ready").await;
        for message in [
            json!({ "type": "bitbudget:dance" }),
            json!({ "type": "bitbudget:set" }),
            json!({ "type": "bitbudget:set", "scenario": 7 }),
        ] {
            page.say(message.clone()).await;
            let answer = page.take_told("bitbudget:error").await;
            assert_eq!(answer["v"], 1);
            assert!(answer["message"].as_str().is_some_and(|text| text.ends_with('.')), "{message}: {answer}");
        }
        // A scenario that is impossible is an answer too: training cannot be done in INT8.
        page.say(json!({ "type": "bitbudget:set", "scenario": "#/memory?v=1&precision=int8" })).await;
        page.say(json!({ "type": "bitbudget:get" })).await;
        page.take_told("bitbudget:error").await;

        for message in
            [json!({ "type": "slide:start" }), json!("hello"), json!(null), json!({ "scenario": "#/scaling?v=1" })]
        {
            page.say(message).await;
        }
        page.enter_frame().await;
        page.eval("postMessage({ type: 'bitbudget:set', scenario: '#/scaling?v=1' }, '*')").await;
        page.leave_frame().await;
        let (scenario, _) = page.ask("#/memory?v=1").await;
        assert_eq!(scenario, "#/memory?v=1");
        assert_eq!(page.told("bitbudget:error").await, [Value::Null; 0]);
        page.enter_frame().await;
        assert!(page.has("#memory-chart").await, "only the parent's messages count");
        page.leave_frame().await;
    });
}
