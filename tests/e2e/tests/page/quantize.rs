//! The Quantize lab: every backend gives the host's numbers, and long work stays polite.

use crate::expected;
use bitbudget::scenario::Route;
use e2e::{Gpu, Page, with_page};
use serde_json::{Value, json};

/// What is done on either backend: floats, integers in every way, and of lists and blocks one of each kind.
const QUANTIZERS: [&str; 12] = [
    "format=bf16",
    "format=fp16",
    "format=int8",
    "format=int8&scale=row",
    "format=int8&scheme=affine",
    "format=int8&scheme=affine&scale=row",
    "format=nf4",
    "format=mxfp4&rule=rceil",
    "format=nvfp4",
    "format=bnb_fp4_block",
    "format=q4_0",
    "format=q5_1",
];

/// Every other way to a scale, and every kind of format.
const IN_EVERY_WAY: [&str; 18] = [
    "format=e4m3fn&fit=1&scale=row",
    "format=nf4&scale=g64",
    "format=int4&scale=g32&scheme=affine",
    "format=int8&scale=column&by=torch",
    "format=int8&range=p99.9",
    "format=int4&range=mse&pow2=1",
    "format=int4&range=entropy",
    "format=int4&range=observer",
    "format=nf4&range=part&clip=0.3",
    "format=int8&round=stochastic",
    "format=mxfp4&rule=rceil",
    "format=mxfp8_e4m3",
    "format=nvfp4",
    "format=bnb_nf4_double",
    "format=q8_0",
    "format=q4_k",
    "format=int8&split=1",
    "format=nf4&scale=g64&split=1",
];

/// Enough for tensors that take a software GPU its time: one of each kernel.
const LARGE: [&str; 6] =
    ["format=bf16", "format=int8&scheme=affine&scale=row", "format=nf4", "format=mxfp4", "format=nvfp4", "format=q4_0"];

/// What it is done to. Shapes that are no multiple of four, ties, subnormals, overflow and what is not a number are among
/// the own numbers.
const TENSORS: [&str; 9] = [
    "data=normal",
    "data=normal&std=0.001&seed=7",
    "data=outliers",
    "data=student-t",
    "data=laplace&std=30000",
    "data=values&values=nan,inf,-inf,1e-45,-1e-40,1.1754942e-38,5.9e-8,2.98e-8,6.1e-5,65504,65519.9,65520,-70000,0.1,1/3,-0,0,0.5,-2.5",
    "data=values&values=0.5,1.5,2.5,-0.5,-1.5,127,-127",
    "data=values&values=0,0,0,-0",
    "data=values&values=3.25",
];

/// Its size makes devices disagree, so the CPU does it whatever was asked for.
const EXTREME: &str = "data=values&values=3e38,-1e38,1,nan";

fn links() -> impl Iterator<Item = String> {
    let pairs = TENSORS.into_iter().flat_map(|tensor| QUANTIZERS.map(|quantizer| (tensor, quantizer)));
    pairs.map(|(tensor, quantizer)| link(&format!("{tensor}&{quantizer}")))
}

/// As the page writes it.
fn link(keys: &str) -> String {
    let (route, notices) = Route::read(&format!("#/quantize?v=1&{keys}"));
    assert_eq!(notices, [], "{keys}");
    format!("#{}", route.write())
}

async fn check_backend(page: &Page, compute: &str, backend: &str) {
    page.embed(json!({ "src": format!("./?embed=1&compute={compute}#/quantize?v=1") })).await;
    page.take_told("bitbudget:ready").await;
    for link in links() {
        let (scenario, report) = page.ask(&link).await;
        assert_eq!(scenario, link);
        assert_eq!(report["backend"], backend, "{link}: {}", report["backend_name"]);
        expected::assert_same(&link, &report, &expected::report(&link));
    }
    for quantizer in QUANTIZERS {
        let link = link(&format!("{EXTREME}&{quantizer}"));
        expected::assert_same(&link, &page.ask(&link).await.1, &expected::report(&link));
    }
}

#[test]
fn the_simd_path_gives_the_scalar_numbers() {
    with_page(Gpu::Off, async |page| check_backend(page, "cpu", "cpu").await);
}

#[test]
fn every_format_and_every_way_to_a_scale_gives_the_hosts_numbers() {
    with_page(Gpu::Off, async |page| {
        page.embed(json!({ "src": "./?embed=1#/quantize?v=1" })).await;
        page.take_told("bitbudget:ready").await;
        for tensor in ["data=normal&outliers=3", "data=student-t&rotate=64&outliers=2&factor=50", TENSORS[5]] {
            for quantizer in IN_EVERY_WAY {
                let link = link(&format!("{tensor}&{quantizer}"));
                let (scenario, report) = page.ask(&link).await;
                assert_eq!((scenario.as_str(), &report["backend"]), (link.as_str(), &json!("cpu")));
                expected::assert_same(&link, &report, &expected::report(&link));
            }
        }
    });
}

#[test]
fn a_closer_look_shows_where_the_error_is_and_one_number_by_itself() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&format=int4&data=values&values=0.1,-0.7,0.33,0.02").await;
        assert!(!page.has("#quantize-inspected").await, "it is made when it is opened");
        page.unfold("#quantize-closer").await;
        page.until("the number is there", "return document.getElementById('quantize-inspected') !== null").await;
        page.ready().await;
        for id in ["quantize-reference-cells", "quantize-quantized-cells", "quantize-error-cells", "quantize-joint"] {
            assert!(page.has(&format!("#{id} canvas")).await, "{id}");
        }
        // Steps of 0.1: the largest error is that of 0.33.
        assert!(page.text("#quantize-inspector h3").await.contains("column 2"));
        let facts = page.text("#quantize-inspected").await;
        assert!(facts.contains("0011 = 0x3") && facts.contains("code × scale = 3 × "), "{facts}");
        page.click("#inspect-left").await;
        page.ready().await;
        assert!(page.text("#quantize-inspector h3").await.contains("column 1"));
        assert!(page.text("#quantize-inspected").await.contains("1001 = 0x9"));
        // The last quarter of the field.
        let width = page.eval("return document.querySelector('#quantize-error-cells canvas').clientWidth").await;
        page.click_at("#quantize-error-cells canvas", (width.as_f64().unwrap() * 0.35) as i64).await;
        page.ready().await;
        assert!(page.text("#quantize-inspector h3").await.contains("column 3"));
        page.select("quantize-all-formats", "mxfp4").await;
        page.ready().await;
        assert!(page.text("#quantize-inspected").await.contains("Bytes of the block"));
    });
}

#[test]
fn the_cells_come_nearer_until_each_is_a_number() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&format=int4&scale=g32&n=1m").await;
        page.unfold("#quantize-closer").await;
        page.until("the number is there", "return document.getElementById('quantize-inspected') !== null").await;
        page.ready().await;
        let number = page.text("#quantize-inspector h3").await;
        let summary = async |page: &Page| {
            let text = page.text("#quantize-error-cells .figure__summary").await;
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let whole = summary(page).await;
        assert!(whole.starts_with("96 × 96 cells over 1 024 rows and 1 024 columns:"), "{whole}");
        for _ in 0..6 {
            page.click("#inspect-in").await;
            page.ready().await;
        }
        assert!(!page.has("#inspect-in").await, "nearer than that helps nobody");
        let near = summary(page).await;
        assert!(
            near.starts_with("16 × 16 cells over 16 rows from ") && near.contains(" and 16 columns from "),
            "{near}"
        );
        assert_eq!(page.text("#quantize-inspector h3").await, number, "it is the same number");
        // To the right, number by number, beyond the cells too.
        let column = |title: &str| title.rsplit(' ').next().unwrap().parse::<i64>().unwrap();
        let mut at = column(&number);
        let way = if at > 500 { "left" } else { "right" };
        for _ in 0..12 {
            page.click(&format!("#inspect-{way}")).await;
            page.ready().await;
            at += if way == "left" { -1 } else { 1 };
            assert_eq!(column(&page.text("#quantize-inspector h3").await), at);
        }
        page.click("#inspect-all").await;
        page.ready().await;
        assert!(!page.has("#inspect-out").await);
        assert_eq!(summary(page).await, whole);
        // A bin of the errors leads to its largest.
        page.click_at("#quantize-errors-chart canvas", 0).await;
        page.ready().await;
        assert_ne!(page.text("#quantize-inspector h3").await, number, "in the middle of the picture is no error");
    });
}

#[test]
fn the_range_is_clipped_by_dragging_in_the_picture_of_the_values_or_of_what_it_gains() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&format=int4&data=laplace").await;
        let before = page.report().await["sqnr_db"].as_f64().unwrap();
        assert!(page.text("#quantize-clip-chart .figure__title").await.starts_with("Clipping to "));
        let width = page.eval("return document.querySelector('#quantize-values-chart canvas').clientWidth").await;
        page.drag("#quantize-values-chart canvas", (width.as_f64().unwrap() * 0.2) as i64).await;
        page.let_go().await;
        page.ready().await;
        let report = page.report().await;
        assert!(report["clipped"].as_u64().unwrap() > 0, "{report}");
        assert!(report["sqnr_db"].as_f64().unwrap() > before + 1.0);
        let clip = page.property("#quantize-clip", "value").await;
        let clip: f64 = clip.as_str().unwrap().parse().unwrap();
        assert!((0.3..0.6).contains(&clip), "{clip}");
        page.until_hash(&format!("#/quantize?v=1&data=laplace&format=int4&range=part&clip={clip}")).await;
        page.drag("#quantize-clip-chart canvas", -(width.as_f64().unwrap() * 0.3) as i64).await;
        page.let_go().await;
        page.ready().await;
        let next = page.property("#quantize-clip", "value").await;
        assert!(next.as_str().unwrap().parse::<f64>().unwrap() < 0.1, "{next}");
        page.choose("quantize-format-bf16").await;
        page.ready().await;
        assert!(!page.has("#quantize-clip-chart").await, "there is no scale to clip for");
    });
}

#[test]
fn a_tensor_is_taken_along_as_files() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&format=int4&data=values&values=0.7,-0.3,0.1").await;
        // Keeps what would be downloaded instead.
        page.eval(
            "window.taken = []; URL.createObjectURL = blob => (window.taken.push(blob), '#/quantize');
             HTMLAnchorElement.prototype.click = function () { this.dataset.name = this.download }",
        )
        .await;
        page.unfold("#quantize-files").await;
        let mut files = Vec::new();
        for i in 0..5 {
            page.click(&format!("#quantize-files [data-do='{i}']")).await;
            page.ready().await;
            let bytes = page.eval(&format!("return [...new Uint8Array(await window.taken[{i}].arrayBuffer())]")).await;
            let bytes: Vec<u8> = serde_json::from_value(bytes).unwrap();
            files.push(bytes);
        }
        let values = |file: &[u8]| -> Vec<f32> {
            file[128..].chunks(4).map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
        };
        assert!(files[..3].iter().all(|file| file.starts_with(b"\x93NUMPY\x01\x00")));
        assert_eq!(values(&files[0]), [0.7, -0.3, 0.1]);
        let scale = 0.7f32 / 7.0;
        assert_eq!(values(&files[1]), [7.0 * scale, -3.0 * scale, scale]);
        assert_eq!(files[2][128..], [7, 0xfd, 1]);
        // Two codes a byte, the first low; then the scale.
        assert_eq!(files[3], [vec![0xd7, 0x01], scale.to_le_bytes().to_vec()].concat());
        let report: Value = serde_json::from_slice(&files[4]).unwrap();
        assert_eq!(report["format"], "int4");
    });
}

#[test]
fn all_formats_are_compared_and_a_change_that_helps_is_made_by_pressing_it() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&format=int4&outliers=2").await;
        assert!(!page.has("#quantize-comparison").await, "it is made when it is opened");
        page.unfold("#quantize-compare").await;
        page.until(
            "formats are compared",
            "return document.querySelectorAll('#quantize-comparison tbody tr').length > 40",
        )
        .await;
        page.ready().await;
        assert!(page.text("#quantize-front .figure__title").await.starts_with("Within 4.6 bits "));
        page.click("#quantize-comparison [data-do='1']").await;
        page.ready().await;
        let first = "return document.querySelector('#quantize-comparison tbody th').innerText";
        assert!(page.eval(first).await.as_str().unwrap().starts_with("INT2"), "the fewest bits");
        let csv = page.copied("#quantize-compare .actions button").await;
        assert!(csv.starts_with("format,bits_per_weight,") && csv.contains("\r\nq4_k,4.5,"), "{csv}");
        // What the table promises is what comes of it.
        let promised = "const row = document.querySelector(\"[data-do='scale=column']\").closest('tr');
                        return row.children[1].innerText";
        let promised: f64 = page.eval(promised).await.as_str().unwrap().parse().unwrap();
        page.click("[data-do='scale=column']").await;
        page.ready().await;
        assert_eq!(page.property("#quantize-scale", "value").await, "column");
        let made = page.report().await["sqnr_db"].as_f64().unwrap();
        assert!((made - promised).abs() < 0.006, "{made} for {promised}");
        assert!(!page.has("[data-do='scale=column']").await, "it is made");
        page.click("[data-do='split=1']").await;
        page.ready().await;
        assert_eq!(page.report().await["kept_columns"], 2);
        assert!(page.text("#quantize-numbers").await.contains("Columns kept in FP16"));
        assert!(page.has("[data-do='split=0']").await, "and back");
    });
}

#[test]
fn a_scale_for_each_column_or_a_rotation_mends_what_outliers_spoil() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&format=int4").await;
        let decibels = async |page: &Page| page.report().await["sqnr_db"].as_f64().unwrap();
        let before = decibels(page).await;
        page.unfold("#quantize-tensor").await;
        page.write("quantize-outliers", "4").await;
        page.ready().await;
        let spoilt = decibels(page).await;
        assert!(page.has("#quantize-tensor[open]").await, "what was opened stays open");
        assert!(page.has("#quantize-factor").await);
        page.select("quantize-scale", "column").await;
        page.ready().await;
        assert!(decibels(page).await > spoilt + 5.0, "{before} {spoilt}");
        page.select("quantize-scale", "tensor").await;
        page.select("quantize-rotate", "256").await;
        page.ready().await;
        assert!(decibels(page).await > spoilt + 5.0, "{before} {spoilt}");
        page.until_hash("#/quantize?v=1&format=int4&outliers=4&rotate=256").await;
    });
}

#[test]
fn the_gpu_gives_the_scalar_numbers() {
    with_page(Gpu::On, async |page| check_backend(page, "gpu", "gpu").await);
}

#[test]
fn a_million_values_are_the_same_on_cpu_and_gpu() {
    with_page(Gpu::On, async |page| {
        let mut reports = Vec::new();
        for compute in ["cpu", "gpu"] {
            page.embed(json!({ "src": format!("./?embed=1&compute={compute}") })).await;
            page.take_told("bitbudget:ready").await;
            let mut of_backend = Vec::new();
            for quantizer in LARGE {
                let (_, mut report) = page.ask(&link(&format!("n=1m&{quantizer}"))).await;
                let own = report.as_object_mut().unwrap();
                assert_eq!(own.remove("backend"), Some(compute.into()), "{quantizer}");
                own.retain(|key, _| !["backend_name", "elapsed_ms", "engine_bytes"].contains(&key.as_str()));
                of_backend.push(report);
            }
            reports.push(of_backend);
        }
        for (i, quantizer) in LARGE.into_iter().enumerate() {
            expected::assert_same(quantizer, &reports[1][i], &reports[0][i]);
        }
    });
}

#[test]
fn without_a_gpu_the_cpu_does_it_and_the_page_says_why_once_and_quietly() {
    with_page(Gpu::Off, async |page| {
        for query in ["", "?compute=gpu"] {
            page.open(&format!("{query}#/quantize?v=1")).await;
            for format in ["int8", "bf16"] {
                page.choose(&format!("quantize-format-{format}")).await;
                page.ready().await;
                let text = page.text("body").await;
                assert_eq!(text.matches("Not the GPU: ").count(), 1, "{text}");
                let line = page.text("#quantize-backend").await;
                assert!(line.starts_with("CPU") && line.contains("WebGPU"), "{line}");
                assert_eq!(page.report().await["backend"], "cpu");
                let alarms = page
                    .eval("return [...document.querySelectorAll('[role=alert]')].filter(a => a.checkVisibility()).map(a => a.innerText).join('')")
                    .await;
                assert_eq!(alarms, "", "it is not an alarm");
            }
        }
        page.open("?compute=cpu#/quantize?v=1").await;
        assert!(
            !page.text("#quantize-backend").await.contains("Not the GPU"),
            "nothing to explain: the CPU was asked for"
        );
    });
}

#[test]
fn a_gpu_that_was_asked_for_is_named() {
    with_page(Gpu::On, async |page| {
        page.open("?compute=gpu#/quantize?v=1").await;
        for format in ["int8", "nf4", "mxfp4", "q4_0"] {
            page.select("quantize-all-formats", format).await;
            page.ready().await;
            let line = page.text("#quantize-backend").await;
            assert!(line.starts_with("GPU") && !line.contains("Not the GPU"), "{format}: {line}");
        }
    });
}

#[test]
fn what_the_gpu_has_no_kernel_for_is_left_to_the_cpu_and_the_page_says_so() {
    with_page(Gpu::On, async |page| {
        for keys in ["format=q4_k", "format=bnb_nf4_double", "format=nf4&scale=g64", "format=int8&range=p99.9"] {
            page.open(&format!("?compute=gpu#/quantize?v=1&{keys}")).await;
            let line = page.text("#quantize-backend").await;
            let note = "since the GPU has no kernel for these settings.";
            assert!(line.starts_with("CPU") && line.contains(note), "{keys}: {line}");
        }
    });
}

/// Measures the longest pause between two turns of the page's thread, until `stopPauses()` gives it and the whole time in
/// milliseconds.
const WATCH_PAUSES: &str = "
    const start = performance.now();
    let last = start, longest = 0;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        timer = setTimeout(() => channel.port2.postMessage(0), 5);
    };
    let timer = setTimeout(() => channel.port2.postMessage(0));
    window.stopPauses = () => { clearTimeout(timer); channel.port1.close(); return [longest, performance.now() - start] }";

#[test]
fn sixteen_million_values_show_their_progress_and_leave_the_page_responsive() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1").await;
        page.eval(WATCH_PAUSES).await;
        page.choose("quantize-n-16m").await;
        page.until("there is progress", "return document.getElementById('quantize-progress')?.value > 0").await;
        assert!(page.has("#quantize-cancel").await);
        let preview = page.text("#quantize-preview").await;
        assert!(preview.starts_with("A first picture, of the first 65 536 of 16 777 216 numbers."), "{preview}");
        assert!(page.text("#quantize-numbers").await.contains("262"), "the figures are those of the first picture");
        assert_eq!(page.attribute("body", "data-state").await, "busy");
        // Every control answers meanwhile.
        page.click("#quantize-tensor summary").await;
        page.until("more controls are shown", "return document.getElementById('quantize-std').checkVisibility()").await;
        page.ready().await;
        let pauses = page.eval("return stopPauses()").await;
        let (longest, whole) = (pauses[0].as_f64().unwrap(), pauses[1].as_f64().unwrap());
        // On a busy machine everything takes longer; work on the page's own thread would be one pause of all its time.
        assert!(longest < f64::max(300.0, whole / 4.0), "the page stood still for {longest} of {whole} ms");
        let report = page.report().await;
        assert_eq!(report["n"], 1 << 24);
        assert_eq!(report["codes_sha256"].as_str().map(str::len), Some(64));
        assert!(!page.has("#quantize-progress").await);
        assert_eq!(page.text("#quantize-preview").await, "", "these are all of them");
        // Changes that overtake each other: there is a first picture, and the last one counts.
        page.eval(
            "window.firsts = 0;
             new MutationObserver(() => window.firsts += 1)
                 .observe(document.getElementById('quantize-preview'), { childList: true, characterData: true, subtree: true })",
        )
        .await;
        for format in ["bf16", "int4", "e4m3fn", "fp16"] {
            page.choose(&format!("quantize-format-{format}")).await;
        }
        page.ready().await;
        assert_eq!(page.report().await["format"], "fp16");
        assert!(page.eval("return window.firsts").await.as_u64().unwrap() >= 1);
    });
}

#[test]
fn cancel_ends_the_work_and_says_what_the_picture_is_of() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1").await;
        page.choose("quantize-n-64m").await;
        page.until("it can be cancelled", "return document.getElementById('quantize-cancel') !== null").await;
        page.click("#quantize-cancel").await;
        page.ready().await;
        let problem = page.text("#problem").await;
        assert!(problem.starts_with("Cancelled. The picture is of the beginning of the tensor only."), "{problem}");
        assert_eq!(page.text("#quantize-preview").await, "", "nothing follows");
        assert!(!page.has("#quantize-progress").await);
        page.choose("quantize-n-64k").await;
        page.choose("quantize-format-bf16").await;
        page.ready().await;
        assert_eq!(page.text("#problem").await, "");
        assert_eq!(page.report().await["format"], "bf16", "the lab goes on");
    });
}

#[test]
fn the_newest_setting_wins() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1").await;
        page.choose("quantize-n-16m").await;
        page.until("there is progress", "return document.getElementById('quantize-progress') !== null").await;
        let clicks = "for (const id of args[0]) document.getElementById(id).click()";
        let ids = ["quantize-format-fp16", "quantize-n-1m", "quantize-format-bf16", "quantize-n-64k"];
        page.eval_with(clicks, json!([ids])).await;
        page.ready().await;
        let link = "#/quantize?v=1&format=bf16";
        assert_eq!(page.link().await, link);
        expected::assert_same(link, &page.report().await, &expected::report(link));
        assert!(page.text("#quantize-values-chart .figure__title").await.starts_with("BF16"));
    });
}

#[test]
fn the_table_of_a_histogram_adds_up_to_the_tensor() {
    with_page(Gpu::Off, async |page| {
        page.open("#/quantize?v=1").await;
        page.unfold("#quantize-values-chart .figure__data").await;
        let script = "const rows = [...document.querySelectorAll('#quantize-values-chart tbody tr')];
                      const sum = i => rows.reduce((sum, row) => sum + Number(row.children[i].innerText), 0);
                      return rows.length === 256 && [sum(2), sum(3)]";
        let sums: Value = page.until("the table is made", script).await;
        assert_eq!(sums, json!([65536, 65536]));
    });
}
