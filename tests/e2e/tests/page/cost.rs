//! What a change costs the reader's computer: memory, and time of the page's own thread.

use e2e::{Gpu, Page, with_page};
use serde_json::{Value, json};

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
        page.unfold("#quantize-closer").await;
        page.eval("HTMLAnchorElement.prototype.click = () => {}").await;
        page.unfold("#quantize-files").await;
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

/// What half of the changes of a lab may take of the page's thread, as a multiple of [`REFERENCE`] in the same browser on the same
/// machine: 33 ms where that takes 23.5 ms. The aim is a frame, 16.7 ms, but how much fits into one is the machine's.
const MOST_TIMES: f64 = 1.4;

/// What a change has to do at the least, on a page of its own: a table of 1000 cells is written, laid out and painted, and two
/// pictures of 500 lines are drawn.
const REFERENCE: &str = "
    let [body] = document.getElementsByTagName('tbody');
    if (body === undefined) {
        document.body.insertAdjacentHTML('beforeend',
            '<canvas width=800 height=300></canvas><canvas width=800 height=300></canvas><table><tbody></tbody></table>');
        [body] = document.getElementsByTagName('tbody');
    }
    const cell = i => `<td>${(args[0] + i / 7).toFixed(3)}</td>`;
    body.innerHTML = Array.from({ length: 100 }, (_, row) =>
        `<tr>${Array.from({ length: 10 }, (_, i) => cell(10 * row + i)).join('')}</tr>`).join('');
    for (const canvas of document.getElementsByTagName('canvas')) {
        const pen = canvas.getContext('2d');
        pen.clearRect(0, 0, 800, 300);
        for (let i = 0; i < 500; i++) {
            pen.beginPath();
            pen.moveTo(i, 150);
            pen.lineTo(800 - i, 150 + 140 * Math.sin(args[0] + i));
            pen.stroke();
        }
    }
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)))";

/// How often something is done whose time is measured.
const TIMES: usize = 60;

/// Milliseconds of the page's thread that each of these calls of a script takes, in order of size; known of Chromium only.
async fn times(page: &Page, script: &str, argument: impl Fn(usize) -> Value) -> Option<Vec<f64>> {
    let mut before = page.thread_ms().await?;
    let mut times = Vec::new();
    for i in 1..=TIMES {
        page.eval_with(script, json!([argument(i)])).await;
        let now = page.thread_ms().await?;
        times.push(now - before);
        before = now;
    }
    times.sort_by(f64::total_cmp);
    Some(times)
}

/// Milliseconds that the reference takes now, by [`times`].
async fn reference(page: &Page) -> Option<Vec<f64>> {
    page.open_host().await;
    times(page, REFERENCE, |i| json!(i)).await
}

/// Compares what changes took with the reference, which is measured before and after them: the machine may have been busier at one
/// of these times.
async fn assert_free(page: &Page, before: Vec<f64>, changes: &[f64]) {
    let mut around = reference(page).await.unwrap();
    around.extend(before);
    around.sort_by(f64::total_cmp);
    let unit = around[TIMES];
    let (median, p95) = (changes[TIMES / 2], changes[TIMES * 19 / 20]);
    println!("processor time of the page's thread a change: median {median:.1} ms, 95 % within {p95:.1} ms");
    println!("{:.2} × and {:.2} × the reference of {unit:.1} ms", median / unit, p95 / unit);
    assert!(median <= MOST_TIMES * unit, "median {median} ms, 95 % within {p95} ms; the reference takes {unit} ms");
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
        let Some(before) = reference(page).await else { return };
        page.open("?compute=cpu#/quantize?v=1&n=1m&format=int4&range=part&clip=0.9").await;
        let changes = times(page, MOVE, |i| json!(format!("0.{}", 900 - 5 * i))).await.unwrap();
        page.until_hash("#/quantize?v=1&n=1m&format=int4&range=part&clip=0.6").await;
        assert_free(page, before, &changes).await;
    });
}

#[test]
fn a_budget_that_is_typed_leaves_the_page_free() {
    with_page(Gpu::Off, async |page| {
        let Some(before) = reference(page).await else { return };
        page.open("#/scaling?v=1&demand-out=1e12").await;
        let changes = times(page, TYPE, |i| json!(format!("{}e23", 5 + i))).await.unwrap();
        page.ready().await;
        assert_eq!(page.report().await["compute_flop"], 6.5e24, "the newest is shown");
        assert_free(page, before, &changes).await;
    });
}

/// Types a budget and waits for the frame that shows its answer; pictures out of sight follow when the changes pause.
const TYPE: &str = "
    const title = () => document.querySelector('.takeaway').textContent;
    const before = title();
    const control = document.querySelector('[data-key=compute]');
    control.value = args[0];
    control.dispatchEvent(new Event('input', { bubbles: true }));
    await new Promise(done => {
        const look = () => title() !== before ? requestAnimationFrame(() => setTimeout(done)) : setTimeout(look, 5);
        setTimeout(look);
    })";

/// Presses a control; gives the milliseconds until the frame in which a first picture of this format is there, and what it is
/// called then.
const FIRST_PICTURE: &str = "
    const called = () => document.getElementById('quantize-preview').innerText;
    const title = () => document.querySelector('#quantize-values-chart .figure__title').innerText;
    const shown = new Promise(done => {
        const observer = new MutationObserver(() => {
            if (called() === '' || !title().startsWith(args[1])) return;
            observer.disconnect();
            requestAnimationFrame(() => setTimeout(() => done([performance.now() - start, called()])));
        });
        observer.observe(document.querySelector('.lab__see'), { childList: true, characterData: true, subtree: true });
    });
    const start = performance.now();
    document.getElementById(args[0]).click();
    return await shown";

/// The aim for the first picture of a large tensor, in milliseconds.
const FIRST_PICTURE_MS: f64 = 100.0;

#[test]
fn sixteen_million_values_have_a_first_picture_at_once() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&format=bf16").await;
        let mut times = Vec::new();
        let changes =
            ["n-16m BF16", "format-int8 INT8", "format-fp16 FP16", "format-int4 INT4", "format-e4m3fn FP8 E4M3"];
        for change in changes {
            let (control, format) = change.split_once(' ').unwrap();
            let shown = page.eval_with(FIRST_PICTURE, json!([format!("quantize-{control}"), format])).await;
            let text = shown[1].as_str().unwrap().replace('\u{202f}', " ");
            assert!(
                text.starts_with("A first picture, of the first 65 536 of 16 777 216 numbers."),
                "{change}: {text}"
            );
            times.push(shown[0].as_f64().unwrap());
            // One change comes while the one before is still at work, the next when it is done.
            if times.len() % 2 == 0 {
                page.ready().await;
                assert_eq!(page.report().await["n"], 1 << 24, "then the whole");
                assert_eq!(page.text("#quantize-preview").await, "", "{change}");
            }
        }
        println!("milliseconds from a change to its first picture: {times:.0?}");
        times.sort_by(f64::total_cmp);
        // The aim is for a machine that has nothing else to do.
        let median = times[times.len() / 2];
        assert!(median <= 3.0 * FIRST_PICTURE_MS, "the first picture came after {median} ms");
    });
}
