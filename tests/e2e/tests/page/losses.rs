//! What goes away in the middle of work: the worker, or the device that it uses.

use crate::expected;
use e2e::{Gpu, with_page};
use serde_json::json;

#[test]
fn a_worker_that_dies_is_replaced_once_and_then_given_up_with_a_sentence() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/").await;
        page.eval(
            "window.workers = [];
             window.Worker = class extends Worker { constructor(...how) { super(...how); workers.push(this) } };
             window.kill = () => workers.at(-1).dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }))",
        )
        .await;
        let at_work = "return document.getElementById('quantize-progress')?.value > 0";
        page.eval("location.hash = '#/quantize?v=1&n=64m'").await;
        page.until("it works", at_work).await;
        page.eval("kill()").await;
        page.until("another works", "return workers.length === 2").await;
        page.ready().await;
        assert_eq!(page.text("#problem").await, "");
        assert_eq!(page.report().await["n"], 1 << 26, "the job is done once more");
        page.eval("location.hash = '#/quantize?v=1&n=64m&format=q4_k'").await;
        for workers in [3, 4] {
            page.until("it works", at_work).await;
            page.eval("kill()").await;
            page.until(
                "it is over, or begins again",
                &format!("return workers.length === {workers} || document.body.dataset.state === 'ready'"),
            )
            .await;
        }
        page.ready().await;
        let problem = page.text("#problem").await;
        assert!(problem.contains("out of memory"), "{problem}");
        page.choose("quantize-n-64k").await;
        page.ready().await;
        assert_eq!(page.text("#problem").await, "", "the lab goes on");
    });
}

/// Puts this before the worker's program, from the page on: the devices that it starts and their losses are told, and once
/// the page says `lose`, the device goes away with the work that is handed to it next, as one whose driver was reset does.
const WATCH_DEVICES: &str = r#"
    const prelude = `
        const told = new BroadcastChannel('devices');
        let left = Infinity;
        told.onmessage = ({ data }) => { left = data.lose; told.postMessage('armed') };
        const request = GPUAdapter.prototype.requestDevice;
        GPUAdapter.prototype.requestDevice = async function (...how) {
            const device = await request.apply(this, how);
            told.postMessage('started');
            device.lost.then(() => told.postMessage('lost'));
            const submit = device.queue.submit;
            device.queue.submit = function (...what) {
                left -= 1;
                if (left === 0) device.destroy();
                return submit.apply(this, what);
            };
            return device;
        };
    `;
    window.Blob = class extends Blob {
        constructor(parts, how) { super(how?.type === 'text/javascript' ? [prelude, ...parts] : parts, how) }
    };
    window.told = [];
    window.devices = new BroadcastChannel('devices');
    devices.onmessage = ({ data }) => told.push(data)"#;

#[test]
fn a_device_that_is_lost_in_the_middle_of_a_run_leaves_it_to_the_cpu_once_and_the_page_says_so() {
    // Before the first pass, between the passes, in the second, and with the results: a run of this tensor has so many submits.
    for lose in [1, 2, 3, 4] {
        with_page(Gpu::On, async |page| {
            page.open("?compute=gpu#/").await;
            page.eval(WATCH_DEVICES).await;
            page.go("#/quantize?v=1").await;
            let line = page.text("#quantize-backend").await;
            assert!(line.starts_with("GPU"), "{line}");
            page.eval_with("told.length = 0; devices.postMessage({ lose: args[0] })", json!([lose])).await;
            page.until("the worker has heard it", "return told.includes('armed')").await;
            for link in ["#/quantize?v=1&seed=7", "#/quantize?v=1&seed=7&format=bf16"] {
                page.go(link).await;
                assert_eq!(page.text("#problem").await, "", "{link}");
                let line = page.text("#quantize-backend").await;
                assert!(line.starts_with("CPU"), "{line}");
                let notice = "Not the GPU: the graphics device was lost";
                assert_eq!(page.text("body").await.matches(notice).count(), 1, "lost at submit {lose}: {line}");
                let report = page.report().await;
                assert_eq!(report["backend"], "cpu", "{link}");
                expected::assert_same(link, &report, &expected::report(link));
            }
            let told = page.eval("return told").await;
            assert_eq!(told, json!(["armed", "lost"]), "no other device is tried");
        });
    }
}
