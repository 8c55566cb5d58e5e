//! The Weights lab: the reader's own files are listed, sorted, filtered and folded, and nothing of them is in the address.

use e2e::{Gpu, Key, Page, folder, with_page};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

/// A safetensors file of BF16 matrices of 8 rows, each with its name and its columns.
fn safetensors(file: &str, tensors: &[(String, usize)]) -> PathBuf {
    let mut header = "{\"__metadata__\":{\"format\":\"pt\"}".to_owned();
    let mut end = 0;
    for (name, cols) in tensors {
        let start = end;
        end += 8 * cols * 2;
        header += &format!(",\"{name}\":{{\"dtype\":\"BF16\",\"shape\":[8,{cols}],\"data_offsets\":[{start},{end}]}}");
    }
    header += "}";
    let values = (0..end / 2).flat_map(|i| [(i % 251) as u8, 0x3c]);
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(values);
    written(file, &bytes)
}

fn written(file: &str, bytes: &[u8]) -> PathBuf {
    let path = folder("target/e2e-files").join(file);
    fs::write(&path, bytes).unwrap();
    path
}

fn layers(n: usize) -> Vec<(String, usize)> {
    let mut all = vec![("embed.weight".to_owned(), 64)];
    all.extend((0..n).flat_map(|i| [(format!("layers.{i}.q.weight"), 16), (format!("layers.{i}.k.weight"), 32)]));
    all
}

async fn choose_file(page: &Page, path: &std::path::Path) {
    page.element("#weights-files").await.send_keys(path.to_str().unwrap()).await.unwrap();
}

/// The names in the rows that are there, once the first is this one.
async fn names_from(page: &Page, first: &str) -> Vec<String> {
    let script = "
        const names = [...document.querySelectorAll('.rows__body .rows__name')].map(name => name.innerText.trim());
        return names[0] === args[0] ? names : null";
    let names = page.until_with(&format!("{first} is the first row"), script, json!([first])).await;
    serde_json::from_value(names).unwrap()
}

async fn takeaway(page: &Page, text: &str) {
    let script = "return document.querySelector('.takeaway')?.innerText === args[0]";
    page.until_with(&format!("the takeaway is {text}"), script, json!([text])).await;
    page.ready().await;
}

#[test]
fn tensors_are_listed_sorted_filtered_and_folded() {
    let path = safetensors("layers.safetensors", &layers(3));
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1").await;
        assert!(page.text(".drop").await.contains("Nothing of a file leaves this computer"));
        choose_file(page, &path).await;
        takeaway(page, "7 tensors with 1.66K parameters take 3.33 kB").await;
        assert_eq!(names_from(page, "embed.weight").await.len(), 7);
        assert!(page.text("#weights-dtypes").await.contains("BF16 7 1.66K 3.33 kB 100 %"));

        // A heading sorts: numbers begin with the largest, and once more with the smallest.
        let by_bytes = "#weights-sort-4";
        assert_eq!(page.text(by_bytes).await, "Bytes");
        page.click(by_bytes).await;
        names_from(page, "embed.weight").await;
        page.until("the column is sorted", "return document.querySelector('[aria-sort=descending]') !== null").await;
        page.click(by_bytes).await;
        let names = names_from(page, "layers.0.q.weight").await;
        assert_eq!(names[6], "embed.weight");
        let focused = page.eval("return document.activeElement.id").await;
        assert_eq!(focused, "weights-sort-4", "the focus stays where it was");

        page.write("weights-filter", "K.WEI").await;
        let names = names_from(page, "layers.0.k.weight").await;
        assert_eq!(names, ["layers.0.k.weight", "layers.1.k.weight", "layers.2.k.weight"]);
        page.write("weights-filter", "").await;

        page.choose("weights-list-tree").await;
        assert_eq!(names_from(page, "embed.weight").await, ["embed.weight", "layers.[0–2]", "0", "1", "2"]);
        page.eval("document.querySelectorAll('.rows__fold')[1].focus(); return null").await;
        page.press(Key::Enter).await;
        page.until("layer 0 is open", "return document.querySelectorAll('.rows__body [role=row]').length === 7").await;
        let expanded = page.eval("return document.activeElement.getAttribute('aria-expanded')").await;
        assert_eq!(expanded, "true", "the focus stays on what was folded");

        page.ready().await;
        page.until_hash("#/weights?v=1&list=tree").await;
        let report = page.report().await;
        assert_eq!((&report["tensors"], &report["parameters"]), (&json!(7), &json!(1664)));
        assert_eq!(
            report["files"],
            json!([{ "name": "layers.safetensors", "bytes": fs::metadata(&path).unwrap().len() }])
        );
    });
}

#[test]
fn of_many_tensors_only_the_rows_in_view_are_there() {
    let path = safetensors("many.safetensors", &layers(10_000));
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1").await;
        choose_file(page, &path).await;
        names_from(page, "embed.weight").await;
        page.ready().await;
        let rows = "return document.querySelectorAll('.rows__body [role=row]').length";
        assert!(page.eval(rows).await.as_u64().unwrap() < 100);
        page.eval("document.getElementById('weights-tensors').focus(); return null").await;
        page.press(Key::End).await;
        let last = "
            const rows = [...document.querySelectorAll('.rows__body [role=row]')];
            const seen = rows.at(-1).getBoundingClientRect(), frame = document.getElementById('weights-tensors').getBoundingClientRect();
            return rows.at(-1).ariaRowIndex === '20002' && seen.bottom <= frame.bottom + 1 && rows.at(-1).innerText.includes('layers.9999.k')";
        page.until("the last row is in view", last).await;
        assert!(page.eval(rows).await.as_u64().unwrap() < 100);
        assert_eq!(page.attribute(".rows", "aria-rowcount").await, "20002");
    });
}

#[test]
fn a_file_that_is_broken_says_so_and_the_last_one_stays() {
    let good = safetensors("good.safetensors", &layers(1));
    let mut bytes = fs::read(&good).unwrap();
    bytes.truncate(bytes.len() - 100);
    let broken = written("cut.safetensors", &bytes);
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1").await;
        choose_file(page, &good).await;
        names_from(page, "embed.weight").await;
        choose_file(page, &broken).await;
        page.until("there is a problem", "return document.getElementById('problem').innerText !== ''").await;
        let problem = page.text("#problem").await;
        assert!(problem.contains("cut.safetensors ends after") && problem.contains("cut off"), "{problem}");
        assert!(problem.ends_with("Below is the last result."), "{problem}");
        assert_eq!(names_from(page, "embed.weight").await.len(), 3);
    });
}

#[test]
fn formats_are_chosen_by_buttons_and_stand_in_the_link() {
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1&formats=int8@row").await;
        let pressed =
            "return [...document.querySelectorAll('#weights-chips [aria-pressed=true]')].map(chip => chip.innerText)";
        assert_eq!(page.eval(pressed).await[0], "INT8 per row");
        page.click("#weights-common-q4_k").await;
        page.until_hash("#/weights?v=1&formats=int8%40row,q4_k").await;
        page.ready().await;
        assert_eq!(page.attribute("#weights-common-q4_k", "aria-pressed").await, "true");
        page.click("#weights-common-q4_k").await;
        page.until_hash("#/weights?v=1&formats=int8%40row").await;
        page.ready().await;
        assert_eq!(
            page.attribute("[id='weights-common-int8@row']", "aria-disabled").await,
            "true",
            "the last one stays"
        );
    });
}

#[test]
fn without_files_of_ones_own_there_is_a_made_up_model() {
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1").await;
        page.click("#weights-example").await;
        takeaway(page, "21 tensors with 926K parameters take 1.85 MB").await;
        names_from(page, "model.embed_tokens.weight").await;
        assert!(page.text("#weights-files-opened").await.starts_with("made-up-1m.safetensors"));
        page.click("#weights-close").await;
        page.until("the drop zone is large again", "return document.querySelector('.drop--empty') !== null").await;
        page.ready().await;
        assert_eq!(page.eval("return location.hash").await, Value::from("#/weights?v=1"));
    });
}

#[test]
fn numbers_without_a_header_are_read_once_it_is_said_what_they_are() {
    let bytes: Vec<u8> = (0..64).flat_map(|i| (0.01 * i as f32 - 0.3).to_le_bytes()).collect();
    let path = written("raw.bin", &bytes);
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1").await;
        choose_file(page, &path).await;
        page.until("the file is refused", "return document.querySelector('#problem')?.innerText").await;
        page.ready().await;
        let problem = page.text("#problem").await;
        assert!(problem.contains("float32 has 64 values"), "{problem}");
        page.unfold("#weights-unsaid").await;
        page.select("weights-as", "fp32").await;
        assert_eq!(names_from(page, "raw").await, ["raw"]);
        page.write("weights-cols", "16").await;
        page.until_hash("#/weights?v=1&as=fp32&cols=16").await;
        let shape = "return document.querySelector('.rows__body [role=row]')?.innerText.includes('4 × 16')";
        page.until("a row has 16 numbers", shape).await;
        page.ready().await;
        assert!(!page.has("#problem").await || page.text("#problem").await.is_empty());
        // Rows that do not come out even are refused, and what was there stays.
        page.write("weights-cols", "17").await;
        page.until("it is refused", "return document.querySelector('#problem')?.innerText.includes('17')").await;
        page.ready().await;
    });
}

#[test]
fn a_model_that_is_recognised_is_taken_to_the_memory_lab() {
    let path = safetensors("layers.safetensors", &layers(2));
    let config = r#"{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 1000, "max_position_embeddings": 256,
        "_name_or_path": "a/secret"}"#;
    let config = written("config.json", config.as_bytes());
    with_page(Gpu::Off, async |page| {
        page.open("#/weights?v=1").await;
        choose_file(page, format!("{}\n{}", path.display(), config.display()).as_ref()).await;
        page.until("the model is named", "return document.querySelector('#weights-model')").await;
        page.ready().await;
        let model = page.text("#weights-model").await;
        assert!(model.contains("2 layers of width 64"), "{model}");
        page.click("#weights-model a").await;
        page.until("the Memory lab has it", "return document.querySelector('#memory-model')?.value === 'config'").await;
        page.ready().await;
        let link = page.link().await;
        assert!(link.starts_with("#/memory?v=1") && link.contains("cfg.hidden_size=64"), "{link}");
        assert!(!link.contains("secret"), "{link}");
        // The files are still open.
        page.go("#/weights?v=1").await;
        assert!(page.text("#weights-model").await.contains("2 layers"));
    });
}
