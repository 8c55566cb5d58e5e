//! A quantized copy of the reader's files: what reaches the disk is what the library makes on the host.

use bitbudget::compute::convert::{Converting, Step};
use bitbudget::survey::recipe::{assign, preset};
use bitbudget::survey::save::{SaveAs, Saving, Target, all_matrices, by_recipe, read_choice};
use bitbudget::weights::Checkpoint;
use bitbudget::weights::checkpoint::FileInfo;
use bitbudget::weights::decode::decode;
use bitbudget::weights::open::{self, Opening};
use e2e::{Gpu, Page, with_page};
use serde_json::Value;
use std::{fs, path::Path};

fn source() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/written/source.safetensors");
    path.canonicalize().unwrap().to_str().unwrap().to_owned()
}

/// The targets of a choice, or of GGUF by a recipe.
fn targets(checkpoint: &Checkpoint, choice: &str) -> (SaveAs, Vec<Target>) {
    match choice.split_once("&recipe=") {
        Some((_, id)) => {
            let assigned = assign(&preset(id).unwrap().recipe(), checkpoint);
            let targets = assigned.into_iter().map(|one| one.target);
            (SaveAs::Gguf, by_recipe(checkpoint, targets, SaveAs::Gguf))
        }
        None => {
            let (save_as, setting) = read_choice(choice).unwrap();
            (save_as, all_matrices(checkpoint, setting, save_as))
        }
    }
}

/// Name and content of the only file that a choice makes of the source.
fn expected(choice: &str) -> (String, Vec<u8>) {
    let file = fs::read(source()).unwrap();
    let info = FileInfo { name: "source.safetensors".into(), len: file.len() as u64 };
    let part = |start: u64, end: u64| &file[start as usize..end as usize];
    let mut opening = Opening::new(vec![info]);
    let mut bytes = Vec::new();
    let checkpoint = loop {
        match opening.next(&bytes).unwrap() {
            open::Step::Read(span) => bytes = part(span.start, span.end).to_vec(),
            open::Step::Done(checkpoint) => break *checkpoint,
        }
    };
    let (save_as, targets) = targets(&checkpoint, choice);
    let saving = Saving::new(&checkpoint, &targets, save_as, None).unwrap();
    let name = saving.files[0].name.clone();
    let mut converting = Converting::new(&checkpoint, saving);
    let mut made = Vec::new();
    loop {
        match converting.step().unwrap() {
            Step::Values { tensor, first, n } => {
                let tensor = &checkpoint.tensors[tensor];
                let span = tensor.values_span(first, n).unwrap();
                let mut values = Vec::new();
                decode(tensor.dtype, false, part(span.start, span.end), n as usize, &mut values);
                converting.take_values(&values).unwrap();
            }
            Step::Bytes(span) => converting.take_bytes(part(span.start, span.end)).unwrap(),
            Step::Write(chunk) => made.extend(chunk.bytes),
            Step::Done => return (name, made),
        }
    }
}

async fn open(page: &Page, choice: &str, file: &str) {
    page.open(&format!("#/weights?v=1&save={choice}")).await;
    page.element("#weights-files").await.send_keys(file).await.unwrap();
    page.until("the file is open", "return document.querySelector('#weights-save-size')").await;
    page.ready().await;
}

fn bytes(value: &Value) -> Vec<u8> {
    value.as_array().unwrap().iter().map(|byte| byte.as_u64().unwrap() as u8).collect()
}

const CHOICES: [&str; 4] = ["gguf-q8_0", "gguf-q4_k", "safetensors-int8@row", "gguf-recipe&recipe=q4-k-m"];

#[test]
fn a_copy_is_a_download_as_the_host_makes_it() {
    with_page(Gpu::Off, async |page| {
        for choice in CHOICES {
            let (name, content) = expected(choice);
            open(page, choice, &source()).await;
            let size = page.text("#weights-save-size").await;
            let size: String = size.chars().filter(|letter| !letter.is_whitespace()).collect();
            assert!(size.contains(&format!("willhave{}bytes", content.len())), "{size} is not {}", content.len());
            page.eval(
                "window.taken = []; URL.createObjectURL = blob => (window.taken.push(blob), '#/weights');
                 HTMLAnchorElement.prototype.click = function () { window.named = this.download }",
            )
            .await;
            page.click("#weights-files-made [data-do=copy]").await;
            page.until("the copy is there", "return window.taken.length === 1").await;
            page.ready().await;
            let script = "return [window.named, [...new Uint8Array(await window.taken[0].arrayBuffer())]]";
            let taken = page.eval(script).await;
            assert_eq!(taken[0].as_str(), Some(name.as_str()));
            assert!(bytes(&taken[1]) == content, "{choice}");
        }
    });
}
