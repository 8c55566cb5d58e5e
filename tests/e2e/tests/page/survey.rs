//! The crew: all tensors of the reader's files are measured by workers that can be paused, ended and lost; one tensor opens in
//! the Quantize lab.

use e2e::{Gpu, Page, with_page};
use serde_json::json;
use std::{env, fs, path::PathBuf, process};

/// A safetensors file, removed when dropped.
struct File(PathBuf);

impl Drop for File {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.0);
    }
}

/// How many matrices the file has.
const MATRICES: usize = 12;
/// Rows and columns of each.
const SHAPE: [usize; 2] = [512, 1024];

impl File {
    /// Writes BF16 matrices of values that a seed decides, and a tensor of integers behind them, which is not measured.
    fn new(name: &str) -> Self {
        let bytes = SHAPE[0] * SHAPE[1] * 2;
        let mut header = serde_json::Map::new();
        for i in 0..MATRICES {
            let entry = json!({ "dtype": "BF16", "shape": SHAPE, "data_offsets": [i * bytes, (i + 1) * bytes] });
            header.insert(format!("layers.{i}.weight"), entry);
        }
        let end = MATRICES * bytes;
        header.insert("ids".into(), json!({ "dtype": "I64", "shape": [4], "data_offsets": [end, end + 32] }));
        let header = serde_json::to_vec(&header).unwrap();
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header);
        let mut state = 1u32;
        for _ in 0..MATRICES * SHAPE[0] * SHAPE[1] {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Within ±0.05: a sign, one of 16 exponents, a fraction.
            let code = 0x3c00 | (state >> 16) as u16 & 0x817f;
            file.extend(code.to_le_bytes());
        }
        file.extend([0; 32]);
        let path = env::temp_dir().join(format!("bitbudget-{}-{name}.safetensors", process::id()));
        fs::write(&path, file).unwrap();
        Self(path)
    }

    /// Chooses it in the lab.
    async fn open(&self, page: &Page) {
        page.open("#/weights").await;
        page.element("#weights-files").await.send_keys(self.0.to_str().unwrap()).await.unwrap();
        page.until("the file is open", "return document.querySelector('#survey-start')").await;
        page.ready().await;
    }
}

/// From now on, workers are kept where scripts find them, `atWork` is the first that is told to measure a tensor, and `kill` makes
/// one die as it would of a crash.
async fn watch_workers(page: &Page) {
    let script = "
        const Original = Worker;
        window.workers = [];
        window.Worker = class extends Original {
            constructor(...args) { super(...args); workers.push(this); }
            terminate() { super.terminate(); this.isEnded = true; }
        };
        window.kill = worker => {
            worker.terminate();
            worker.dispatchEvent(new ErrorEvent('error', { message: 'killed', cancelable: true }));
        };
        // It gets the files, the settings, and then a tensor.
        window.atWork = new Promise(then => {
            Worker.prototype.postMessage = function (...args) {
                this.told = (this.told ?? 0) + 1;
                if (this.told > 2) then(this);
                return Original.prototype.postMessage.apply(this, args);
            };
        });";
    page.eval(script).await;
}

/// Waits until no tensor is left to measure, and gives what was said.
async fn finished(page: &Page) -> String {
    let script = "return document.querySelector('#survey-start') && / tensors in /.test(document.querySelector('#survey-told').innerText)";
    page.until("the tensors are measured", script).await;
    page.ready().await;
    page.text("#survey-told").await
}

#[test]
fn all_tensors_are_measured_once_and_those_left_when_asked_again() {
    with_page(Gpu::Off, async |page| {
        let file = File::new("all");
        file.open(page).await;
        let len = fs::metadata(&file.0).unwrap().len();
        let opened = page.text("#survey-opened").await;
        assert_eq!(opened, format!("To know what is in the files, 65536 of {len} bytes were read."));
        page.click("#survey-start").await;
        assert!(finished(page).await.starts_with("12 tensors in "));
        assert!(page.text("#survey-line").await.ends_with("12 of 12 tensors"));
        assert_eq!(page.text("#survey-failures").await, "");
        // Nothing is left to do.
        page.click("#survey-start").await;
        let script = "return document.querySelector('#survey-told').innerText === 'Nothing is left to measure.'";
        page.until("it says so", script).await;
        page.ready().await;
        // Reading is another thing, of all of them.
        page.click("#survey-read").await;
        let script = "return document.querySelector('#survey-told').innerText.startsWith('12 tensors in ')";
        page.until("they are read", script).await;
        // Other formats are measured anew.
        page.ready().await;
        page.go("#/weights?v=1&formats=bf16").await;
        page.click("#survey-start").await;
        assert!(finished(page).await.starts_with("12 tensors in "));
    });
}

#[test]
fn a_pause_holds_until_it_ends_and_counts_as_ready() {
    with_page(Gpu::Off, async |page| {
        let file = File::new("pause");
        file.open(page).await;
        watch_workers(page).await;
        // Pressed from within: the work may be done before a driver's next command.
        let script = "
            document.querySelector('#survey-start').click();
            await atWork;
            document.querySelector('#survey-pause').click();";
        page.eval(script).await;
        page.until("it can go on", "return document.querySelector('#survey-resume')").await;
        page.ready().await;
        assert_eq!(page.text("#survey-told").await, "Paused.");
        let before = page.text("#survey-line").await;
        assert!(!before.contains("12 of 12 tensors"), "{before}");
        page.click("#survey-resume").await;
        assert!(finished(page).await.starts_with("12 tensors in "));
    });
}

#[test]
fn what_is_cancelled_stops_at_once_and_the_rest_is_measured_later() {
    with_page(Gpu::Off, async |page| {
        let file = File::new("cancel");
        file.open(page).await;
        watch_workers(page).await;
        let script = "
            document.querySelector('#survey-start').click();
            await atWork;
            const began = performance.now();
            document.querySelector('#survey-cancel').click();
            return { ms: performance.now() - began, alive: workers.filter(worker => !worker.isEnded).length };";
        let cancelled = page.eval(script).await;
        assert!(cancelled["ms"].as_f64().unwrap() < 100.0, "{cancelled}");
        assert_eq!(cancelled["alive"], 0, "the desk was there before");
        page.until("it can be started", "return document.querySelector('#survey-start')").await;
        page.ready().await;
        assert!(page.text("#survey-told").await.starts_with("Cancelled."));
        page.click("#survey-start").await;
        finished(page).await;
        assert_eq!(page.text("#survey-failures").await, "");
    });
}

#[test]
fn a_worker_that_dies_loses_nothing_but_time() {
    with_page(Gpu::Off, async |page| {
        let file = File::new("death");
        file.open(page).await;
        watch_workers(page).await;
        let script = "
            document.querySelector('#survey-start').click();
            kill(await atWork);
            return workers.length;";
        let workers = page.eval(script).await.as_u64().unwrap();
        assert!(workers >= 2, "another took its place");
        assert!(finished(page).await.starts_with("12 tensors in "));
        assert_eq!(page.text("#survey-failures").await, "");
    });
}

#[test]
fn a_tensor_that_kills_two_workers_is_named_and_the_rest_is_measured() {
    with_page(Gpu::Off, async |page| {
        let file = File::new("killer");
        file.open(page).await;
        watch_workers(page).await;
        // Whoever is told to measure the first tensor dies: [4, 0] is postcard's `Measure { tensor: 0 }`.
        let script = "
            const post = Worker.prototype.postMessage;
            Worker.prototype.postMessage = function (...args) {
                const bytes = args[0];
                if (bytes.length === 2 && bytes[0] === 4 && bytes[1] === 0) setTimeout(() => kill(this));
                else return post.apply(this, args);
            };";
        page.eval(script).await;
        page.click("#survey-start").await;
        assert!(finished(page).await.starts_with("12 tensors in "));
        let failures = page.text("#survey-failures").await;
        assert!(failures.contains("layers.0.weight: Two workers died of it (killed)."), "{failures}");
    });
}

#[test]
fn a_file_that_changes_says_so_and_what_was_measured_stays() {
    with_page(Gpu::Off, async |page| {
        let file = File::new("changed");
        file.open(page).await;
        page.click("#survey-start").await;
        finished(page).await;
        fs::write(&file.0, b"something else").unwrap();
        page.click("#survey-read").await;
        let script = "return document.querySelector('#survey-told').innerText.startsWith('Stopped: ')";
        page.until("it says so", script).await;
        page.ready().await;
        let told = page.text("#survey-told").await;
        assert!(told.contains("could not be read") && told.contains("choose it again"), "{told}");
    });
}

#[test]
fn a_tensor_of_a_file_opens_in_the_quantize_lab_and_leaves_no_trace_in_the_link() {
    with_page(Gpu::Off, async |page| {
        let file = File::new("tensor");
        file.open(page).await;
        page.click("[data-do='tensor:0']").await;
        page.until("the tensor is shown", "return document.querySelector('#quantize-of-file strong')?.innerText").await;
        page.ready().await;
        assert!(page.text("#quantize-of-file").await.starts_with("Tensor layers.0.weight of your files"));
        assert!(!page.has("#quantize-data").await && page.has("#quantize-all-formats").await);
        let report = page.report().await;
        assert_eq!((&report["rows"], &report["cols"]), (&json!(SHAPE[0]), &json!(SHAPE[1])));
        assert_eq!(page.link().await, "#/quantize?v=1");
        page.select("quantize-all-formats", "q4_0").await;
        page.ready().await;
        assert!(page.text("#quantize-of-file").await.contains("layers.0.weight"));
        page.unfold("#quantize-compare").await;
        assert!(page.text("#quantize-compare").await.contains("Hadamard"));
        page.click("#quantize-sample").await;
        page.ready().await;
        assert!(page.has("#quantize-data").await && !page.has("#quantize-of-file").await);
    });
}
