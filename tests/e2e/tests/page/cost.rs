//! What a change costs the reader's computer: memory, and time of the page's own thread.

use e2e::{Gpu, Page, with_page};
use serde_json::json;

/// Bytes of 16 M values in FP32.
const TENSOR: f64 = (1u64 << 26) as f64;
/// What the engine takes beside tensors: its program's data, and what a plan and a view need.
const BESIDE: f64 = 24e6;

async fn engine_bytes(page: &Page) -> f64 {
    page.report().await["engine_bytes"].as_f64().unwrap()
}

#[test]
fn a_tensor_takes_three_times_its_bytes_at_the_most() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&n=16m").await;
        let mut most = engine_bytes(page).await;
        for link in ["format=bf16", "format=int8&scale=g32", "format=q4_0", "format=fp32"] {
            page.go(&format!("#/quantize?v=1&n=16m&{link}")).await;
            most = most.max(engine_bytes(page).await);
        }
        page.click("#quantize-closer summary").await;
        page.ready().await;
        page.eval("HTMLAnchorElement.prototype.click = () => {}").await;
        page.click("#quantize-files summary").await;
        page.click("#quantize-files [data-do='1']").await;
        page.ready().await;
        // Another setting, so that the report is a new one.
        page.go("#/quantize?v=1&n=16m&format=e4m3fn").await;
        most = most.max(engine_bytes(page).await);
        println!("at most {:.2} × the tensor", most / TENSOR);
        assert!(most <= 3.0 * TENSOR + BESIDE, "{most} bytes for a tensor of {TENSOR}");
    });
}

#[test]
fn two_hundred_changes_leave_memory_where_it_was() {
    with_page(Gpu::Off, async |page| {
        let formats = ["int8", "bf16", "q8_0", "nf4", "mxfp4", "e4m3fn", "int4", "fp16"];
        let elements =
            async |page: &Page| page.eval("return document.querySelectorAll('*').length").await.as_u64().unwrap();
        page.open("?compute=cpu#/quantize?v=1").await;
        let change = async |i: usize| {
            let (format, seed) = (formats[i % formats.len()], i / formats.len());
            page.go(&format!("#/quantize?v=1&format={format}&seed={seed}")).await;
        };
        // Every format once, so that each has had what it takes.
        for i in 0..formats.len() {
            change(i).await;
        }
        let before = (engine_bytes(page).await, elements(page).await);
        for i in formats.len()..200 {
            change(i).await;
        }
        change(formats.len() - 1).await;
        let after = (engine_bytes(page).await, elements(page).await);
        assert!(after.0 <= 1.1 * before.0, "{} bytes were {}", after.0, before.0);
        assert_eq!(after.1, before.1, "elements of the page");
    });
}

/// Moves a control and waits for the frame that shows what came of it.
const MOVE: &str = "
    const control = document.querySelector('[data-key=clip]');
    control.value = args[0];
    control.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(done => {
        const look = () => document.body.dataset.state === 'ready' ? requestAnimationFrame(() => setTimeout(done)) : setTimeout(look, 5);
        setTimeout(look);
    })";

#[test]
fn a_control_on_a_million_values_leaves_the_page_free() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&n=1m&format=int4&range=part&clip=0.9").await;
        let Some(mut before) = page.thread_ms().await else { return };
        let mut times = Vec::new();
        for i in 1..=60 {
            let clip = format!("0.{}", 900 - 5 * i);
            page.eval_with(MOVE, json!([clip])).await;
            let now = page.thread_ms().await.unwrap_or_default();
            times.push(now - before);
            before = now;
        }
        page.until_hash("#/quantize?v=1&n=1m&format=int4&range=part&clip=0.6").await;
        times.sort_by(f64::total_cmp);
        let (median, p95) = (times[30], times[56]);
        println!("processor time of the page's thread a change: median {median:.1} ms, 95 % within {p95:.1} ms");
        // The aim is a frame, 16.7 ms; what the driver asks is in these times, and a busy machine has slower threads.
        assert!(median <= 33.4, "median {median} ms, 95 % within {p95} ms");
    });
}
