//! What the page does with input that makes no sense: a sentence, and the last good answer stays.

use bitbudget::scenario::{memory, quantize, scaling};
use e2e::{Gpu, Page, with_page};
use serde_json::json;

/// The number fields: where they are, and their ids.
const FIELDS: [(&str, &str); 16] = [
    ("#/memory?v=1&params=7e9", "memory-params"),
    ("#/memory?v=1", "memory-activations"),
    ("#/scaling?v=1", "scaling-compute"),
    ("#/scaling?v=1&given=params", "scaling-params"),
    ("#/scaling?v=1&given=tokens", "scaling-tokens"),
    ("#/scaling?v=1&given=hardware", "scaling-gpus"),
    ("#/scaling?v=1&given=hardware", "scaling-days"),
    ("#/scaling?v=1&given=hardware", "scaling-mfu"),
    ("#/scaling?v=1&given=money", "scaling-money"),
    ("#/scaling?v=1&given=loss", "scaling-loss"),
    ("#/scaling?v=1&given=params&also=ratio", "scaling-ratio"),
    ("#/scaling?v=1&law=hoffmann-2022-a3-rounded", "scaling-unrounded"),
    ("#/scaling?v=1", "scaling-unique"),
    ("#/scaling?v=1", "scaling-bits-w"),
    ("#/quantize?v=1", "quantize-std"),
    ("#/quantize?v=1", "quantize-seed"),
];

/// The answers on the page: not its controls, explanations and names.
const ANSWERS: &str = "return [...document.querySelectorAll('td, .figure__title, .figure__summary, .formula, .takeaway, \
    .sum__formula, .verdict, .change, .note, [data-answer]')].map(part => part.innerText).join('\\n')";

async fn answers(page: &Page) -> String {
    page.eval(ANSWERS).await.as_str().unwrap_or_default().to_owned()
}

fn assert_no_nonsense(what: &str, answers: &str) {
    for word in answers.split(|c: char| !c.is_alphanumeric()) {
        let bad = ["NaN", "inf", "Infinity", "undefined", "null", "∞"].contains(&word);
        assert!(!bad, "{word} is no answer ({what}): {answers}");
    }
    assert!(!answers.contains('∞'), "{what}: {answers}");
}

/// Where a control is hidden behind "More", opens that.
async fn reveal(page: &Page, id: &str) {
    let script = "for (let e = document.getElementById(args[0]); e; e = e.parentElement) if (e.tagName === 'DETAILS') e.open = true";
    page.eval_with(script, json!([id])).await;
}

#[test]
fn a_number_field_says_what_is_wrong_and_the_last_good_answer_stays() {
    with_page(Gpu::Off, async |page| {
        for (i, (link, id)) in FIELDS.into_iter().enumerate() {
            page.open(link).await;
            reveal(page, id).await;
            let (field, problem) = (format!("#{id}"), format!("#{id}-problem"));
            let good = page.property(&field, "value").await;
            let (before, link_before) = (answers(page).await, page.link().await);
            // Fields are all of one kind: every kind of nonsense for one of them, the main kinds for the others.
            let nonsense = ["lots", "-1", "1e99", " ", "NaN", "inf", "1e999", "7 7 x"];
            for nonsense in &nonsense[..if i == 0 { nonsense.len() } else { 3 }] {
                page.write(id, nonsense).await;
                page.ready().await;
                let (sentence, value) = (page.text(&problem).await, page.property(&field, "value").await);
                assert_eq!(value, *nonsense, "{id}: what was typed stays");
                assert!(sentence.len() > 10 && sentence.ends_with('.'), "{id} = {nonsense:?}: {sentence:?}");
                assert_eq!(page.attribute(&field, "aria-invalid").await, "true", "{id} = {nonsense:?}");
                assert_eq!(page.attribute(&field, "aria-describedby").await, problem[1..], "{id} = {nonsense:?}");
                // Digits on the way to the nonsense may be good numbers ("1" of "1e99"), so the answer may be another
                // one here; it is never the nonsense's.
                assert_no_nonsense(&format!("{id} = {nonsense:?}"), &answers(page).await);
                page.write(id, good.as_str().unwrap()).await;
                page.ready().await;
                assert_eq!(page.text(&problem).await, "", "{id}");
                assert_ne!(page.attribute(&field, "aria-invalid").await, "true", "{id}");
            }
            page.write(id, good.as_str().unwrap()).await;
            page.ready().await;
            page.write(id, "x").await;
            assert_eq!(page.link().await, link_before, "{id}: the last good number is in force");
            let strip = |text: &str| text.lines().filter(|line| !line.ends_with(" ms")).collect::<Vec<_>>().join("\n");
            assert_eq!(strip(&answers(page).await), strip(&before), "{id}: the last good answer stays");
        }
    });
}

#[test]
fn a_seed_that_is_no_whole_number_is_refused() {
    with_page(Gpu::Off, async |page| {
        page.open("#/quantize?v=1").await;
        reveal(page, "quantize-seed").await;
        page.write("quantize-seed", "1.5").await;
        page.ready().await;
        assert_ne!(page.text("#quantize-seed-problem").await, "");
    });
}

#[test]
fn training_in_int8_is_refused_with_a_sentence_and_the_last_result_stays() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1&precision=bf16").await;
        let before = answers(page).await;
        page.choose("memory-precision-int8").await;
        page.ready().await;
        let problem = page.text("#problem").await;
        assert!(problem.contains("INT8") && problem.ends_with("Below is the last result."), "{problem}");
        let told =
            |text: String| text.lines().filter(|line| line.contains("Training")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(told(answers(page).await), told(before));
        page.click("#copy-json").await;
        assert!(problem.starts_with(&page.text(".actions__told").await), "there is no report to copy");
        page.choose("memory-task-run").await;
        page.ready().await;
        assert_eq!(page.text("#problem").await, "");
    });
}

#[test]
fn a_link_without_an_answer_says_so_and_shows_none() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1&precision=int8").await;
        let problem = page.text("#problem").await;
        assert!(problem.contains("INT8") && !problem.contains("Below is the last result."), "{problem}");
        assert_no_nonsense("INT8 training", &answers(page).await);
    });
}

#[test]
fn own_numbers_that_have_no_answer_are_explained() {
    with_page(Gpu::Off, async |page| {
        page.open("#/quantize?v=1&data=values&values=1,2,3").await;
        let before = page.text("#quantize-numbers").await;
        for (typed, sentence) in [(" ", "empty tensor"), ("1, two, 3", "“two”"), ("1/0x, 2", "“1/0x”")] {
            page.eval_with(TYPE, json!([typed])).await;
            page.ready().await;
            let problem = page.text("#quantize-values-problem").await;
            assert!(problem.contains(sentence), "{typed:?}: {problem}");
            assert_eq!(page.attribute("#quantize-values", "aria-invalid").await, "true");
            assert_eq!(page.text("#quantize-numbers").await, before, "{typed:?}");
        }
        for typed in ["nan, nan, nan", "inf, -inf, nan"] {
            page.eval_with(TYPE, json!([typed])).await;
            page.ready().await;
            assert_eq!(page.text("#quantize-values-problem").await, "", "{typed:?} can be read");
            let problem = page.text("#problem").await;
            assert!(problem.starts_with("None of the 3 values is finite"), "{typed:?}: {problem}");
            assert!(problem.ends_with("Below is the last result."), "{typed:?}: {problem}");
            assert_eq!(page.text("#quantize-numbers").await, before, "{typed:?}");
        }
        for (typed, n) in [("0, 0, -0", 3), ("42", 1), ("1e-45", 1), ("3e38, -3e38", 2), ("70000, nan, 1", 3)] {
            for format in ["int8", "fp16"] {
                page.choose(&format!("quantize-format-{format}")).await;
                page.eval_with(TYPE, json!([typed])).await;
                page.ready().await;
                assert_eq!(page.text("#problem").await, "", "{typed:?} in {format}");
                assert_eq!(page.report().await["n"], n, "{typed:?} in {format}");
                assert_no_nonsense(&format!("{typed:?} in {format}"), &answers(page).await);
            }
        }
    });
}

/// Puts a text into the field as pasting does: all at once.
const TYPE: &str = "const area = document.getElementById('quantize-values');
    area.value = args[0];
    area.dispatchEvent(new InputEvent('input', { bubbles: true }))";

#[test]
fn the_ends_of_every_range_have_answers_or_reasons() {
    with_page(Gpu::Off, async |page| {
        let mut links = Vec::new();
        for bounds in [memory::PARAMS.min, memory::PARAMS.max] {
            for precision in ["fp32", "fp16", "int8"] {
                links.push(format!("#/memory?v=1&task=run&params={bounds:e}&precision={precision}"));
                links.push(format!("#/memory?v=1&params={bounds:e}&precision={precision}&units=gib"));
            }
        }
        for (given, bounds) in [
            ("compute", scaling::COMPUTE),
            ("hours", scaling::HOURS),
            ("money", scaling::MONEY),
            ("energy", scaling::ENERGY),
            ("params", scaling::PARAMS),
            ("tokens", scaling::TOKENS),
            ("loss", scaling::LOSS),
        ] {
            for value in [bounds.min, bounds.max] {
                links.push(format!("#/scaling?v=1&given={given}&{given}={value:e}"));
                links.push(format!("#/scaling?v=1&given={given}&{given}={value:e}&law=chinchilla-20"));
            }
        }
        for gpus in [scaling::GPU_COUNT.min, scaling::GPU_COUNT.max] {
            for days in [scaling::DAYS.min, scaling::DAYS.max] {
                links.push(format!("#/scaling?v=1&given=hardware&gpus={gpus:e}&days={days:e}&mfu=0.01"));
            }
        }
        for ratio in [scaling::RATIO.min, scaling::RATIO.max] {
            links.push(format!("#/scaling?v=1&also=ratio&ratio={ratio:e}"));
        }
        for stock in [1.0, scaling::DEMAND.max] {
            links.push(format!("#/scaling?v=1&unique={stock:e}"));
            links.push(format!("#/scaling?v=1&demand-in={stock:e}&demand-out={stock:e}"));
        }
        for std in [quantize::STD.min, quantize::STD.max] {
            for format in ["bf16", "fp16", "int8", "int8&scheme=affine&scale=row"] {
                links.push(format!("#/quantize?v=1&data=student-t&std={std:e}&format={format}"));
            }
        }
        page.open("#/memory?v=1").await;
        for link in links {
            page.go(&link).await;
            assert_eq!(page.notices().await, [""; 0], "{link}");
            let (answers, problem) = (answers(page).await, page.text("#problem").await);
            assert!(!answers.is_empty() || !problem.is_empty(), "{link}");
            assert_no_nonsense(&link, &answers);
        }
    });
}

#[test]
fn a_tensor_that_is_too_large_or_has_ragged_rows_is_refused() {
    with_page(Gpu::Off, async |page| {
        page.open("?compute=cpu#/quantize?v=1&n=own&rows=30&cols=50").await;
        assert_eq!(page.report().await["n"], 1500);
        page.write("quantize-rows", "67108864").await;
        page.ready().await;
        let problem = page.text("#problem").await;
        assert!(problem.starts_with("That would be 3355443200 values, and there is room for 67108864"), "{problem}");
        assert!(page.text("#quantize-numbers").await.contains("Memory before"), "the last result stays");
        page.write("quantize-rows", "31").await;
        page.ready().await;
        assert_eq!((page.text("#problem").await, page.report().await["n"].clone()), (String::new(), 1550.into()));
        page.open("?compute=cpu#/quantize?v=1&data=values&values=1,2,3,4,5,6&width=4").await;
        let problem = page.text("#problem").await;
        assert!(problem.starts_with("6 values are not 2 rows of 4."), "{problem}");
        page.write("quantize-width", "3").await;
        page.ready().await;
        let report = page.report().await;
        assert_eq!((&report["rows"], &report["cols"]), (&2.into(), &3.into()));
    });
}
