//! Nothing leaves the reader's computer, and nothing is loaded but the page.

use e2e::{Gpu, Stage, with_page_on};
use serde_json::json;

/// Requests of a first load, of the program's worker too.
const MOST_REQUESTS: usize = 8;

#[test]
fn every_room_loads_little_from_its_own_server_alone_and_says_nothing_to_the_console() {
    // As it was built: nothing of the tests is in it.
    with_page_on(Stage::untouched("/"), Gpu::On, async |page| {
        let url = page.stage.site.url();
        for room in
            ["", "#/memory", "#/scaling", "#/formats", "#/quantize", "?compute=gpu#/quantize", "?embed=1#/quantize"]
        {
            page.stage.site.forget_requests();
            page.open(room).await;
            let requests = page.stage.site.requests();
            assert!((1..=MOST_REQUESTS).contains(&requests.len()), "{room}: {requests:#?}");
            assert!(requests.iter().all(|request| request.status == 200), "{room}: {requests:#?}");
            let loaded = page.eval("return performance.getEntriesByType('resource').map(entry => entry.name)").await;
            for name in loaded.as_array().unwrap() {
                let name = name.as_str().unwrap();
                let own = [url.as_str(), "data:", "blob:"].iter().any(|start| name.starts_with(start));
                assert!(own, "{room}: {name}");
            }
        }
        assert_eq!(page.browser_console().await, [""; 0], "the browser's console");
    });
}

#[test]
fn without_a_gpu_the_console_stays_empty_too() {
    with_page_on(Stage::untouched("/"), Gpu::Off, async |page| {
        for room in ["", "#/formats", "#/quantize", "?compute=gpu#/quantize"] {
            page.open(room).await;
        }
        // Chromium's own words when a page asks for a device and there is none; a page can only ask.
        let mut console = page.browser_console().await;
        console.retain(|line| !line.ends_with("No available adapters."));
        assert_eq!(console, [""; 0], "the browser's console");
    });
}

#[test]
fn the_page_cannot_send_anything_anywhere() {
    let elsewhere = Stage::host_only();
    with_page_on(Stage::untouched("/"), Gpu::Off, async |page| {
        page.open("").await;
        let target = elsewhere.site.url();
        let fetched =
            page.eval_with("return await fetch(args[0]).then(() => 'sent', () => 'refused')", json!([target])).await;
        assert_eq!(fetched, "refused");
        let image = "return await new Promise(done => { const image = new Image(); image.onload = () => done('sent');
                     image.onerror = () => done('refused'); image.src = args[0] + 'x.png' })";
        assert_eq!(page.eval_with(image, json!([target])).await, "refused");
        let socket = "return await new Promise(done => { try { const socket = new WebSocket(args[0].replace('http', 'ws'));
                      socket.onopen = () => done('sent'); socket.onerror = () => done('refused') } catch { done('refused') } })";
        assert_eq!(page.eval_with(socket, json!([target])).await, "refused");
        page.eval_with("navigator.sendBeacon(args[0], 'secret')", json!([target])).await;
        assert_eq!(elsewhere.site.requests(), []);
    });
}
