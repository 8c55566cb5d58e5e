//! Every figure as a drawing, as pixels and as numbers.

use e2e::{Gpu, Page, with_page};
use serde_json::Value;

/// A room, and a figure of it.
const FIGURES: [(&str, &str); 6] = [
    ("#/memory?v=1", "memory-chart"),
    ("#/scaling?v=1", "scaling-frontier"),
    ("#/formats?v=1", "formats-range"),
    ("#/quantize?v=1&format=int4", "quantize-values-chart"),
    ("#/quantize?v=1&format=int4", "quantize-clip-chart"),
    ("#/quantize?v=1&format=int4", "quantize-exponents-chart"),
];

/// Presses the buttons of a figure; gives what would be saved: names, and contents as text or, of pixels, as a data URL.
async fn taken(page: &Page, figure: &str) -> Vec<(String, String)> {
    page.eval(
        "window.taken = []; const blobs = {};
         const real = URL.createObjectURL;
         URL.createObjectURL = blob => { const url = real(blob); blobs[url] = blob; return url };
         HTMLAnchorElement.prototype.click = function () {
             const blob = blobs[this.href];
             window.taken.push(blob ? blob.text().then(text => [this.download, text]) : [this.download, this.href]);
         }",
    )
    .await;
    page.unfold(&format!("#{figure} .figure__data")).await;
    for kind in ["SVG", "PNG", "CSV"] {
        page.click(&format!("#{figure} [data-do='{kind}']")).await;
    }
    let taken: Value = page.eval("return await Promise.all(window.taken)").await;
    serde_json::from_value(taken).unwrap()
}

#[test]
fn every_figure_is_taken_along_as_drawing_pixels_and_numbers() {
    with_page(Gpu::Off, async |page| {
        for (link, figure) in FIGURES {
            page.open(&format!("?compute=cpu{link}")).await;
            let title = page.text(&format!("#{figure} .figure__title")).await;
            let [svg, png, csv] = <[_; 3]>::try_from(taken(page, figure).await).unwrap();
            let name = |ending: &str| format!("bitbudget-{figure}.{ending}");
            assert_eq!([&svg.0, &png.0, &csv.0], [&name("svg"), &name("png"), &name("csv")]);
            // What an XML parser reads of it.
            let read = format!(
                "const drawing = new DOMParser().parseFromString({}, 'image/svg+xml');
                 const image = new Image(); image.src = {}; await image.decode();
                 return [drawing.querySelector('parsererror') === null, drawing.querySelector('title').textContent,
                         [...drawing.querySelectorAll('text')].map(text => text.textContent).join(''),
                         drawing.documentElement.width.baseVal.value, drawing.documentElement.height.baseVal.value,
                         image.naturalWidth, image.naturalHeight]",
                serde_json::to_string(&svg.1).unwrap(),
                serde_json::to_string(&png.1).unwrap()
            );
            let read = page.eval(&read).await;
            assert_eq!((&read[0], &read[1]), (&Value::Bool(true), &title.as_str().into()), "{figure}");
            let words = read[2].as_str().unwrap();
            assert!(words.contains(&title) && words.contains("#/"), "{figure}: {words}");
            assert!(png.1.starts_with("data:image/png;base64,"), "{figure}");
            for i in [3, 4] {
                assert_eq!(read[i].as_f64().map(|css| 2.0 * css), read[i + 2].as_f64(), "twice the size of {figure}");
            }
            let lines: Vec<&str> = csv.1.split("\r\n").collect();
            assert!(lines[0].starts_with("# ") && lines[0].contains("#/") && lines.len() > 4, "{figure}: {}", csv.1);
            assert!(!csv.1.contains(['−', '\u{202f}']), "{figure}: {}", csv.1);
        }
        // The histogram's numbers are all of the tensor.
        page.open("?compute=cpu#/quantize?v=1&format=int4").await;
        let csv = taken(page, "quantize-values-chart").await.remove(2).1;
        let counts = csv.lines().skip(2).map(|line| line.split(',').nth(2).unwrap().parse::<u64>().unwrap());
        assert_eq!(counts.sum::<u64>(), 65_536);
    });
}

#[test]
fn an_embed_offers_no_downloads_that_its_frame_would_refuse() {
    with_page(Gpu::Off, async |page| {
        page.open("?embed=1&compute=cpu#/memory?v=1").await;
        page.unfold("#memory-chart .figure__data").await;
        assert_eq!(page.text("#memory-chart .figure__data summary").await, "Show as table");
        assert!(!page.has("#memory-chart [data-do]").await);
    });
}
