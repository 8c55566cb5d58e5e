//! Two checkpoints side by side: the reader's own, and one of other files.

use bitbudget::weights::checkpoint::FileInfo;
use bitbudget::weights::open::{Opening, Step};
use bitbudget::weights::reading::Reading;
use bitbudget::weights::{Checkpoint, Dtype, Stored};
use e2e::{Gpu, Page, with_page};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// What a file's own library has written.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden").join(name).canonicalize().unwrap()
}

fn opened(file: &[u8], name: &str) -> Checkpoint {
    let mut opening = Opening::new(vec![FileInfo { name: name.to_owned(), len: file.len() as u64 }]);
    let mut bytes = Vec::new();
    loop {
        match opening.next(&bytes).unwrap() {
            Step::Read(span) => bytes = file[span.start as usize..span.end as usize].to_vec(),
            Step::Done(checkpoint) => return *checkpoint,
        }
    }
}

fn values(file: &[u8], tensor: &Stored) -> Vec<f32> {
    let mut reading = Reading::new(tensor.clone());
    let n = tensor.len() as usize;
    while let Some(span) = reading.wanted(n) {
        reading.take(&file[span.start as usize..span.end as usize]).unwrap();
    }
    let mut values = Vec::new();
    reading.hand_over(n, &mut values);
    values
}

/// Of each tensor of floats that has one of the same name and shape in the other file: its name, Σx², Σ(q − x)², and how many values
/// differ.
fn differences(first: &str, second: &str) -> Vec<(String, f64, f64, u64)> {
    let (first_file, second_file) = (fs::read(golden(first)).unwrap(), fs::read(golden(second)).unwrap());
    let (first, second) = (opened(&first_file, "a"), opened(&second_file, "b"));
    let floats = first.tensors.iter().filter(|tensor| matches!(tensor.dtype, Dtype::Number(_) | Dtype::Fp64));
    let pairs = floats.filter_map(|tensor| {
        let other = second.tensors.iter().find(|other| other.name == tensor.name && other.shape == tensor.shape)?;
        let (mut x2, mut e2, mut changed) = (0.0, 0.0, 0);
        for (x, q) in values(&first_file, tensor).into_iter().zip(values(&second_file, other)) {
            let (x, e) = (f64::from(x), f64::from(q) - f64::from(x));
            (x2, e2, changed) = (x2 + x * x, e2 + e * e, changed + u64::from(e != 0.0));
        }
        Some((tensor.name.clone(), x2, e2, changed))
    });
    pairs.collect()
}

async fn choose(page: &Page, id: &str, path: &Path) {
    page.element(&format!("#{id}")).await.send_keys(path.to_str().unwrap()).await.unwrap();
}

async fn measure(page: &Page) {
    // On a phone the rooms' bar may lie over it.
    page.eval("document.querySelector('#survey-start').scrollIntoView({ block: 'center' })").await;
    page.click("#survey-start").await;
    let script = "return / tensors in /.test(document.querySelector('#survey-told').innerText)";
    page.until("the tensors are measured", script).await;
    page.ready().await;
}

/// Opens two checkpoints in the Weights lab, and measures them.
pub async fn open_two(page: &Page) {
    choose(page, "weights-files", &golden("written/source.safetensors")).await;
    page.until("the file is open", "return document.querySelector('#weights-others')").await;
    page.ready().await;
    choose(page, "weights-others", &golden("written/written.gguf")).await;
    page.until("the files are compared", "return document.querySelector('#weights-other')").await;
    page.ready().await;
    measure(page).await;
}

/// What the report says of the other files, in place of a format.
async fn of_other(page: &Page) -> Value {
    let report = page.report().await;
    report["formats"].as_array().unwrap().iter().find(|row| row["format"] == "other").cloned().unwrap_or_default()
}

#[test]
fn two_checkpoints_are_compared_tensor_by_tensor() {
    let (first, second) = ("written/source.safetensors", "written/written.gguf");
    let expected = differences(first, second);
    assert!(expected.len() > 3, "{expected:?}");
    let db = |x2: f64, e2: f64| 10.0 * (x2 / e2).log10();
    let close = |told: &Value, db: f64| assert!((told.as_f64().unwrap() - db).abs() < 1e-9, "{told} is not {db}");
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1&formats=int8@row").await;
        choose(page, "weights-files", &golden(first)).await;
        page.until("the file is open", "return document.querySelector('#weights-others')").await;
        page.ready().await;
        measure(page).await;
        let alone = page.report().await;

        choose(page, "weights-others", &golden(second)).await;
        page.until("the files are compared", "return document.querySelector('#weights-other')").await;
        page.ready().await;
        let told = page.text("#weights-other").await;
        assert!(told.starts_with("Compared with written.gguf") && told.contains(" tensors can be compared"), "{told}");
        assert!(page.has("#weights-unpaired").await, "not every tensor has one");
        measure(page).await;

        let other = of_other(page).await;
        assert_eq!(other["tensors"], expected.len());
        let (x2, e2) = expected.iter().fold((0.0, 0.0), |(x2, e2), row| (x2 + row.1, e2 + row.2));
        close(&other["sqnr_db"], db(x2, e2));
        for worst in other["worst"].as_array().unwrap() {
            let row = expected.iter().find(|row| worst["tensor"] == row.0.as_str()).unwrap();
            close(&worst["sqnr_db"], db(row.1, row.2));
        }
        let same = expected.iter().filter(|row| row.3 == 0).count();
        let told = page.text("#weights-other").await;
        assert!(
            told.contains(&format!("the same: {same} of the {} tensors that were compared.", expected.len())),
            "{told}"
        );
        let heads = page.text("#weights-heat thead").await;
        assert!(heads.contains("Other files"), "{heads}");
        let listing = page.text("[role=row]").await;
        assert!(listing.contains("Difference, dB") && listing.contains("Values changed"), "{listing}");

        // What was measured of the first alone is still there.
        page.click("#weights-alone").await;
        page.until("nothing is compared", "return document.querySelector('#weights-other') === null").await;
        page.ready().await;
        assert_eq!(page.report().await, alone);
    });
}

/// Drops a file of these bytes on an element.
const DROP: &str = "
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(args[1])], args[2]));
    const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data });
    document.querySelector(args[0]).dispatchEvent(event)";

#[test]
fn files_are_dropped_beside_the_first_or_in_their_place() {
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1").await;
        choose(page, "weights-files", &golden("written/source.safetensors")).await;
        page.until("the file is open", "return document.querySelector('#weights-others')").await;
        page.ready().await;
        let second = fs::read(golden("written/written.gguf")).unwrap();
        page.eval_with(DROP, json!(["#weights-others", second, "other.gguf"])).await;
        page.until("the files are compared", "return document.querySelector('#weights-other')").await;
        page.ready().await;
        assert!(page.text("#weights-other").await.starts_with("Compared with other.gguf"));
        assert!(page.text("#weights-files-opened").await.starts_with("source.safetensors"), "the first stay");
        page.eval_with(DROP, json!([".takeaway", second, "new.gguf"])).await;
        let is_new = "return document.querySelector('#weights-files-opened')?.innerText.startsWith('new.gguf')";
        page.until("they take the place of the first", is_new).await;
        page.ready().await;
        assert!(!page.has("#weights-other").await, "and nothing is compared");
    });
}

#[test]
fn files_that_cannot_be_compared_are_named_and_the_first_stay() {
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1").await;
        choose(page, "weights-files", &golden("written/source.safetensors")).await;
        page.until("the file is open", "return document.querySelector('#weights-others')").await;
        page.ready().await;
        let tensors = page.report().await["tensors"].clone();
        choose(page, "weights-others", &golden("checkpoints/pickle.bin")).await;
        page.until("it is refused", "return document.querySelector('#weights-other')").await;
        page.ready().await;
        let told = page.text("#weights-other").await;
        assert!(told.starts_with("The other files are not read: pickle.bin"), "{told}");
        assert_eq!(page.report().await["tensors"], tensors);
        assert!(!page.has("#problem").await || page.text("#problem").await.is_empty());
    });
}
