//! Colours, and the pictures drawn in them.

use e2e::{Gpu, Page, with_page};
use serde_json::{Value, json};

async fn background(page: &Page) -> Value {
    page.eval("return getComputedStyle(document.documentElement).backgroundColor").await
}

const LIGHT: &str = "rgb(255, 255, 255)";
const DARK: &str = "rgb(14, 18, 23)";

#[test]
fn a_link_chooses_the_colours() {
    with_page(Gpu::Off, async |page| {
        for room in ["", "#/memory", "#/scaling", "#/formats", "#/quantize"] {
            for (theme, colour) in [("dark", DARK), ("light", LIGHT)] {
                for query in ["?theme=", "?embed=1&theme="] {
                    page.open(&format!("{query}{theme}{room}")).await;
                    assert_eq!(background(page).await, colour, "{query}{theme}{room}");
                }
            }
        }
    });
}

#[test]
fn a_choice_of_colours_lasts_but_not_in_an_embed() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory").await;
        let before = background(page).await;
        let (choice, colour) = if before == LIGHT { ("dark", DARK) } else { ("light", LIGHT) };
        page.select("theme", choice).await;
        page.ready().await;
        assert_eq!(background(page).await, colour);
        page.reload().await;
        assert_eq!(background(page).await, colour);
        assert_eq!(page.property("#theme", "value").await, choice);
        page.open("#/scaling").await;
        assert_eq!(background(page).await, colour);
        page.open("").await;
        assert_eq!(background(page).await, colour);
        assert_eq!(page.property("#theme", "value").await, choice);

        page.open("?embed=1#/memory").await;
        assert_eq!(background(page).await, before, "an embed does not look into the storage");
        let other = if choice == "dark" { "light" } else { "dark" };
        page.open(&format!("?theme={other}#/memory")).await;
        assert_ne!(background(page).await, colour, "a link is stronger");
        page.open("").await;
        assert_eq!(background(page).await, colour, "and does not change the choice");
    });
}

/// Every picture of the page: its id, and how many colours there are in it.
const PICTURES: &str = "
    const pictures = {};
    for (const figure of document.querySelectorAll('figure')) {
        const canvas = figure.querySelector('canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const pixels = new Uint32Array(data.buffer), colours = new Map();
        for (const pixel of pixels) colours.set(pixel, (colours.get(pixel) ?? 0) + 1);
        const [ground] = [...colours].sort((a, b) => b[1] - a[1])[0];
        pictures[figure.id] = [colours.size, ground, canvas.width / canvas.clientWidth];
    }
    return [devicePixelRatio, pictures]";

#[test]
fn every_picture_is_drawn_in_the_colours_of_the_page_and_sharply() {
    with_page(Gpu::Off, async |page| {
        for (room, ids) in [
            ("memory", &["memory-chart"][..]),
            ("scaling", &["scaling-isoflop", "scaling-fixed-model", "scaling-fixed-data", "scaling-frontier"]),
            ("formats", &["formats-range", "formats-line", "formats-steps", "formats-relative"]),
            ("quantize", &["quantize-values-chart", "quantize-errors-chart"]),
        ] {
            let mut grounds = Vec::new();
            for theme in ["light", "dark"] {
                page.open(&format!("?theme={theme}#/{room}")).await;
                let seen = page.eval(PICTURES).await;
                for id in ids {
                    let picture = &seen[1][id];
                    assert!(picture[0].as_u64() > Some(8), "{id} in {theme} has {} colours", picture[0]);
                    let ratio = picture[2].as_f64().unwrap() / seen[0].as_f64().unwrap();
                    assert!((ratio - 1.0).abs() < 0.01, "{id}: device pixels for pixels of the canvas: {ratio}");
                }
                grounds.push(ids.iter().map(|id| seen[1][id][1].clone()).collect::<Vec<_>>());
                let labels = page
                    .eval("return [...document.querySelectorAll('canvas')].map(c => c.getAttribute('aria-label'))")
                    .await;
                assert!(
                    labels.as_array().unwrap().iter().all(|label| label.as_str().is_some_and(|text| text.len() > 20))
                );
            }
            assert!(grounds[0].iter().zip(&grounds[1]).all(|(light, dark)| light != dark), "{room}: {grounds:?}");
            // Changed on the page, they are drawn anew.
            page.select("theme", "light").await;
            page.ready().await;
            let again = page.eval(PICTURES).await;
            assert_eq!(json!(ids.iter().map(|id| again[1][id][1].clone()).collect::<Vec<_>>()), json!(grounds[0]));
        }
    });
}
