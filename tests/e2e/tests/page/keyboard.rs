//! The page by keyboard alone.

use e2e::{Gpu, Key, Page, with_page};
use serde_json::{Value, json};

/// Every stop of the Tab key, in the order of the document: one for each group of radio buttons.
const STOPS: &str = "
    const all = document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]');
    const first = stop => document.querySelector(`input[name='${stop.name}']:checked, input[name='${stop.name}']`);
    const isStop = stop => stop.checked || document.querySelector(`input[name='${stop.name}']:checked`) === null && stop === first(stop);
    window.stops = [...all].filter(stop =>
        stop.checkVisibility() && !stop.disabled && stop.tabIndex >= 0 && (stop.type !== 'radio' || isStop(stop)));
    window.nameOf = stop => stop.id || stop.innerText || stop.getAttribute('aria-label');
    return stops.map(nameOf)";

/// Where the focus is: its place among the stops, its name, and whether it can be seen.
const FOCUS: &str = "
    const stop = document.activeElement;
    const drawn = stop.type === 'radio' ? document.querySelector(`label[for='${stop.id}']`) : stop;
    const style = getComputedStyle(drawn), box = drawn.getBoundingClientRect();
    const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
        && box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return [stops.indexOf(stop), stop === document.body ? null : nameOf(stop), seen]";

async fn tab_through(page: &Page, link: &str) {
    page.open(link).await;
    let stops = page.eval(STOPS).await;
    let stops: Vec<String> = serde_json::from_value(stops).unwrap();
    assert!(stops.len() > 3, "{link}: {stops:?}");
    for (i, name) in stops.iter().enumerate() {
        page.press(Key::Tab).await;
        let focus = page.eval(FOCUS).await;
        assert_eq!(focus, json!([i, name, true]), "{link}: place, name and visible focus of stop {i} of {stops:?}");
    }
}

#[test]
fn tab_reaches_every_control_in_order_with_a_visible_focus() {
    with_page(Gpu::Off, async |page| {
        for link in [
            "",
            "#/learn?v=1&step=2",
            "#/memory?v=1&params=7e9",
            "#/scaling?v=1&given=hardware",
            "#/scaling?v=1&given=ratio&also=compute&law=hoffmann-2022-a3-rounded",
            "#/formats?v=1&formats=fp16,e2m1fn,custom",
            "#/quantize?v=1",
            "#/quantize?v=1&data=values",
        ] {
            tab_through(page, link).await;
        }
    });
}

#[test]
fn tab_reaches_every_control_of_an_embed() {
    with_page(Gpu::Off, async |page| {
        for room in ["memory", "scaling", "formats", "quantize"] {
            tab_through(page, &format!("?embed=1#/{room}")).await;
        }
    });
}

/// Presses Tab until the focus is on the control with this id.
async fn tab_to(page: &Page, id: &str) {
    for _ in 0..60 {
        if page.eval("return document.activeElement.id").await == id {
            return;
        }
        page.press(Key::Tab).await;
    }
    panic!("Tab does not reach {id}");
}

#[test]
fn the_memory_lab_is_worked_by_keys() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1").await;
        tab_to(page, "memory-task-train").await;
        page.press(Key::Left).await;
        page.ready().await;
        assert_eq!(page.property("#memory-task-run", "checked").await, true);
        assert!(page.text("#memory-chart .figure__title").await.starts_with("Running"));
        page.press(Key::Right).await;
        page.ready().await;

        tab_to(page, "memory-precision-fp32").await;
        page.press(Key::Right).await;
        page.ready().await;
        assert_eq!(page.property("#memory-precision-fp32", "checked").await, false);
        assert!(!page.text("#memory-chart .figure__summary").await.contains("FP32:"));

        tab_to(page, "memory-activations-slider").await;
        page.press(Key::Left).await;
        page.ready().await;
        assert_eq!(page.property("#memory-activations", "value").await, "7.5");
        assert!(
            page.attribute("#memory-activations-slider", "aria-valuetext").await.as_str().unwrap().starts_with("7.5 ")
        );

        let before = page.property("#memory-gpu", "value").await;
        tab_to(page, "memory-gpu").await;
        page.press(Key::Down).await;
        page.ready().await;
        assert_ne!(page.property("#memory-gpu", "value").await, before);

        // A proposed change is a button.
        let before = page.report().await;
        page.open("#/memory?v=1").await;
        page.eval("document.querySelector('#memory-changes button').focus()").await;
        page.press(Key::Enter).await;
        page.ready().await;
        assert_ne!(page.report().await, before);
        assert!(
            page.text("#memory-verdict").await.contains("Fits") || page.text("#memory-verdict").await.contains("Tight")
        );
    });
}

#[test]
fn the_scaling_lab_is_worked_by_keys() {
    with_page(Gpu::Off, async |page| {
        page.open("#/scaling?v=1").await;
        tab_to(page, "scaling-given-compute").await;
        page.press(Key::Right).await;
        page.ready().await;
        assert!(page.has("#scaling-days").await, "GPUs × days is chosen");
        let before = page.property("#scaling-law", "value").await;
        tab_to(page, "scaling-law").await;
        page.press(Key::Down).await;
        page.ready().await;
        let law = page.property("#scaling-law", "value").await;
        assert_ne!(law, before);
        assert_eq!(page.report().await["law"], law);

        // What is folded away opens by key, and stays open while what is in it changes.
        page.eval("document.querySelector('#scaling-hardware summary').focus()").await;
        page.press(Key::Enter).await;
        page.until("it is open", "return document.getElementById('scaling-hardware').open").await;
        tab_to(page, "scaling-mfu-slider").await;
        page.press(Key::Right).await;
        page.ready().await;
        assert_eq!(page.property("#scaling-mfu", "value").await, "0.41");
        assert_eq!(page.eval("return document.activeElement.id").await, "scaling-mfu-slider", "the focus stays");

        // A law of the strip is a button.
        page.eval("document.querySelector('#scaling-laws [data-do=\"law=kaplan-2020\"]').focus()").await;
        page.press(Key::Enter).await;
        page.ready().await;
        assert_eq!(page.attribute(":focus", "data-do").await, "law=kaplan-2020", "the focus stays");
        assert_eq!(page.report().await["law"], "kaplan-2020");
    });
}

#[test]
fn the_quantize_lab_is_worked_by_keys() {
    with_page(Gpu::Off, async |page| {
        page.open("#/quantize?v=1").await;
        tab_to(page, "quantize-format-int8").await;
        page.press(Key::Left).await;
        page.ready().await;
        assert_eq!(page.property("#quantize-format-int8", "checked").await, false);
        assert!(!page.text("#quantize-values-chart .figure__title").await.starts_with("INT8"));
        tab_to(page, "quantize-data").await;
        page.press(Key::Down).await;
        page.ready().await;
        assert_eq!(page.property("#quantize-data", "value").await, "laplace");
        tab_to(page, "quantize-n-64k").await;
        page.press(Key::Right).await;
        page.ready().await;
        assert_eq!(page.report().await["n"], 1 << 20);
        // The data of a picture open by key.
        page.eval("document.querySelector('#quantize-values-chart summary').focus()").await;
        assert_eq!(page.text(":focus").await, "Table and downloads");
        page.press(' ').await;
        page.until("the table is open", "return document.querySelector('#quantize-values-chart details').open").await;
        page.until(
            "the table is shown",
            "return document.querySelectorAll('#quantize-values-chart tbody tr').length === 256",
        )
        .await;
    });
}

#[test]
fn the_skip_link_leads_past_the_header() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1").await;
        page.press(Key::Tab).await;
        assert_eq!(page.text(":focus").await, "Skip to content");
        page.press(Key::Enter).await;
        assert_eq!(page.eval("return document.activeElement.id").await, "main");
        assert_eq!(page.hash().await, "#/memory?v=1", "the room stays");
        page.press(Key::Tab).await;
        let inside = page.eval("return document.activeElement.closest('main') !== null").await;
        assert_eq!(inside, Value::Bool(true));
    });
}
