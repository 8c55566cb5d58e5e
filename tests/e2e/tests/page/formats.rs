//! The Formats lab: one number taken apart, in the reader's hands.

use e2e::{Gpu, Key, Page, with_page};
use serde_json::json;

/// The value and the kind that a format's card shows.
async fn card(page: &Page, format: &str) -> String {
    page.text(&format!("[data-format={format}] .number-card__value")).await
}

#[test]
fn it_opens_on_pi_in_four_formats() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats").await;
        for (format, expected) in [
            ("fp32", "3.1415927 normal"),
            ("bf16", "3.140625 normal"),
            ("fp16", "3.140625 normal"),
            ("int8", "3 normal"),
        ] {
            assert_eq!(card(page, format).await, expected, "{format}");
        }
        assert!(page.text("#formats-takeaway").await.starts_with("pi is 3.1415927 in FP32"));
        for id in ["formats-range", "formats-line", "formats-steps", "formats-relative"] {
            assert!(page.has(&format!("#{id} canvas")).await, "{id}");
            page.unfold(&format!("#{id} .figure__data")).await;
            assert!(page.has(&format!("#{id} tbody tr")).await, "{id} has its data as a table");
        }
    });
}

#[test]
fn the_offered_numbers_show_what_each_format_makes_of_them() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1").await;
        page.click(".offers [data-do='x=70000']").await;
        page.ready().await;
        assert_eq!(card(page, "fp16").await, "∞ overflowed");
        assert_eq!(card(page, "bf16").await, "70144 normal");
        assert_eq!(card(page, "int8").await, "127 saturated");
        assert_eq!(page.property("#formats-x", "value").await, "70000");
        page.click(".offers [data-do='x=nan']").await;
        page.ready().await;
        assert_eq!(card(page, "fp16").await, "NaN NaN");
        assert_eq!(card(page, "int8").await, "No NaN in this format");
        page.until_hash("#/formats?v=1&x=nan").await;
    });
}

#[test]
fn a_bit_is_flipped_by_pressing_it_and_keeps_the_focus() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1&formats=fp16,bf16&x=1").await;
        page.click("#fp16-15").await;
        page.ready().await;
        assert_eq!(card(page, "fp16").await, "−1 normal");
        assert_eq!(page.eval("return document.activeElement.id").await, "fp16-15");
        page.press(Key::Enter).await;
        page.ready().await;
        assert_eq!(card(page, "fp16").await, "1 normal");
        // The lowest bit: one step.
        page.click("#fp16-0").await;
        page.ready().await;
        assert_eq!(page.property("#formats-x", "value").await, "1.0009765625");
        assert_eq!(card(page, "bf16").await, "1 normal");
        let report = page.report().await;
        assert_eq!(report["formats"][0]["bits"], "0011110000000001");
        assert_eq!(report["formats"][1]["ulp"], 0.125);
        page.click("[data-format=fp16] .link-button").await;
        page.ready().await;
        assert_eq!(card(page, "fp16").await, "1 normal", "the neighbour below");
    });
}

#[test]
fn every_bit_of_a_nan_can_be_flipped() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1&formats=fp16,bf16&x=nan").await;
        page.click("#fp16-0").await;
        page.ready().await;
        assert_eq!(page.report().await["formats"][0]["code_hex"], "0x7E01");
        page.click("#bf16-15").await;
        page.ready().await;
        let report = page.report().await;
        assert_eq!(
            (&report["formats"][1]["code_hex"], &report["formats"][0]["code_hex"]),
            (&json!("0xFFC0"), &json!("0x7E00"))
        );
        page.until_hash("#/formats?v=1&formats=fp16,bf16&x=bf16:0xFFC0").await;
    });
}

#[test]
fn a_code_is_chosen_from_the_table_by_keys() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1&formats=e2m1fn&x=1").await;
        assert_eq!(page.eval("return document.querySelectorAll('#formats-grid button').length").await, 16);
        page.eval("document.querySelector('#formats-grid [tabindex=\"0\"]').focus()").await;
        assert_eq!(page.eval("return document.activeElement.id").await, "code-2");
        for _ in 0..5 {
            page.press(Key::Right).await;
        }
        assert_eq!(page.eval("return document.activeElement.id").await, "code-7");
        page.press(Key::Enter).await;
        page.ready().await;
        assert_eq!(card(page, "e2m1fn").await, "6 normal");
        assert_eq!(page.attribute("#code-7", "aria-pressed").await, "true");
        assert_eq!(page.eval("return document.activeElement.id").await, "code-7");
    });
}

#[test]
fn formats_are_added_and_taken_away_and_a_custom_one_is_made() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1&x=500").await;
        page.select("formats-add", "fp32,bf16,fp16,int8,e4m3fn").await;
        page.ready().await;
        assert_eq!(card(page, "e4m3fn").await, "448 saturated");
        page.click("#formats-picks [data-do^='formats=bf16']").await;
        page.ready().await;
        assert!(!page.has("[data-format=fp32]").await);
        page.select("formats-add", "bf16,fp16,int8,e4m3fn,custom").await;
        page.ready().await;
        assert_eq!(card(page, "custom").await, "∞ overflowed");
        page.write("formats-e", "5").await;
        page.write("formats-bias", "15").await;
        page.ready().await;
        assert_eq!(card(page, "custom").await, "512 normal");
        page.until_hash("#/formats?v=1&formats=bf16,fp16,int8,e4m3fn,custom&x=500&e=5&bias=15").await;
        page.write("formats-bias", "1023").await;
        page.ready().await;
        assert!(page.text("#formats-custom-problem").await.starts_with("This custom float cannot be: "));
        assert!(!page.has("[data-format=custom]").await, "the others stay");
        assert_eq!(card(page, "bf16").await, "500 normal");
        page.write("formats-bias", "15").await;
        page.ready().await;
        assert_eq!(card(page, "custom").await, "512 normal");
        assert_eq!(page.text("#formats-custom-problem").await, "");
    });
}

#[test]
fn a_whole_number_has_any_width_a_zero_point_and_a_range_of_codes() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1&formats=int8&x=-1000").await;
        assert_eq!(card(page, "int8").await, "−128 saturated");
        page.choose("formats-codes-restricted").await;
        page.ready().await;
        assert_eq!(card(page, "int8").await, "−127 saturated");
        assert!(page.attribute("#code-128", "aria-label").await.as_str().unwrap().ends_with("not used"));
        page.select("formats-add", "int8,custom_int").await;
        page.ready().await;
        page.write("formats-bits", "3").await;
        page.choose("formats-signed-0").await;
        page.write("formats-zero", "4").await;
        page.write("formats-scale", "0.5").await;
        page.write("formats-x", "0.7").await;
        page.ready().await;
        assert_eq!(card(page, "custom_int").await, "0.5 normal");
        assert_eq!(
            page.text("[data-format=custom_int] .formula").await,
            "(code − zero point) × scale = (5 − 4) × 0.5 = 0.5"
        );
        let report = page.report().await;
        assert_eq!(report["formats"][1]["bits"], "101");
        assert_eq!((&report["zero_point"], &report["restricted"]), (&json!(4), &json!(true)));
        let link = "#/formats?v=1&formats=int8,custom_int&x=0.7&scale=0.5&zero=4&codes=restricted&bits=3&signed=0";
        page.until_hash(link).await;
    });
}

#[test]
fn the_number_is_dragged_along_the_line_of_its_neighbours() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1&formats=fp16,int8&x=8&zoom=-1").await;
        let number = async |page: &Page| page.eval("return +document.querySelector('#formats-x').value").await;
        assert_eq!(number(page).await, 8.0);
        let width = page.eval("return document.querySelector('#formats-line canvas').clientWidth").await;
        let quarter = width.as_f64().unwrap() / 4.0;
        page.drag("#formats-line canvas", quarter as i64).await;
        page.ready().await;
        // The line goes from 4 to 12.
        let moved = number(page).await.as_f64().unwrap();
        assert!((9.9..10.3).contains(&moved), "{moved}");
        assert!(page.text("#formats-line .figure__summary").await.contains("between 4 and 12"), "the line is held");
        assert_eq!(card(page, "int8").await, "10 normal");
        page.let_go().await;
        page.ready().await;
        assert!(!page.text("#formats-line .figure__summary").await.contains("between 4 and 12"));
        assert_eq!(number(page).await, moved);
    });
}

#[test]
fn rounding_and_the_rules_of_libraries_are_choices() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1&formats=e4m3fn,e5m2&x=1000").await;
        assert_eq!(card(page, "e4m3fn").await, "448 saturated");
        page.select("formats-by", "ml_dtypes").await;
        page.ready().await;
        assert_eq!(card(page, "e4m3fn").await, "NaN overflowed");
        page.select("formats-by", "torch").await;
        page.write("formats-x", "1.1").await;
        page.ready().await;
        assert_eq!(card(page, "e5m2").await, "1 normal");
        page.select("formats-round", "up").await;
        page.ready().await;
        assert_eq!(card(page, "e5m2").await, "1.25 normal");
        page.select("formats-round", "stochastic").await;
        page.ready().await;
        page.write("formats-random", "100").await;
        page.ready().await;
        assert_eq!(card(page, "e5m2").await, "1 normal", "⌊0.4 · 256⌋ + 100 < 256");
        page.write("formats-random", "200").await;
        page.ready().await;
        assert_eq!(card(page, "e5m2").await, "1.25 normal");
    });
}

#[test]
fn a_number_that_is_none_is_said_beside_the_field_and_the_last_answer_stays() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1").await;
        let before = page.text("#formats-cards").await;
        for typed in ["two", "", "0x", "1/0/2", "0x123456789", "<b>1</b>"] {
            page.write("formats-x", typed).await;
            page.ready().await;
            let problem = page.text("#formats-x-problem").await;
            assert!(problem.ends_with('.') && problem.len() > 20, "{typed:?}: {problem:?}");
            assert_eq!(page.attribute("#formats-x", "aria-invalid").await, "true", "{typed:?}");
            assert_eq!(page.text("#formats-cards").await, before, "{typed:?}");
        }
        page.write("formats-x", "0x3f800000").await;
        page.ready().await;
        assert_eq!(page.text("#formats-x-problem").await, "");
        assert_eq!(card(page, "fp16").await, "1 normal", "a code of the first format");
    });
}

#[test]
fn a_block_shows_its_bytes_and_whose_they_are() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1&values=1,6").await;
        assert!(page.text("#formats-block-size").await.starts_with("17 bytes for 32 numbers: 4.25 bits each"));
        assert!(page.text("#formats-bytes").await.replace([' ', '\n'], "").starts_with("7F7272"));
        let row = "document.querySelector('#formats-block-table tbody tr:nth-child(4)')";
        page.eval(&format!("{row}.dispatchEvent(new MouseEvent('mouseover', {{ bubbles: true }}))")).await;
        let marked = "return [...document.querySelectorAll('#formats-bytes .byte')].map((byte, i) => byte.classList.contains('byte--on') ? i : -1).filter(i => i >= 0)";
        assert_eq!(page.eval(marked).await, json!([2]), "elements 2 and 3 share the byte after the first two");
        // 6.5 lies between FLOOR's largest value and the next power of two.
        page.write("formats-values", "1, 6.5, -3").await;
        page.ready().await;
        assert!(page.text("#formats-block-size").await.contains("scale = 1"));
        page.select("formats-rule", "rceil").await;
        page.ready().await;
        assert!(page.text("#formats-block-size").await.contains("scale = 2"));
        page.select("formats-block", "q4_k").await;
        page.ready().await;
        assert!(page.text("#formats-block-size").await.starts_with("144 bytes for 256 numbers: 4.5 bits each"));
        page.select("formats-block", "iq2_xs").await;
        page.ready().await;
        assert_eq!(page.text("#formats-values-problem").await, "", "what is no hexadecimal text is no bytes yet");
        page.write("formats-values", "00ff").await;
        page.ready().await;
        assert!(page.text("#formats-values-problem").await.contains("74 bytes"));
        page.write("formats-values", "one, two").await;
        page.select("formats-block", "mxfp8_e4m3").await;
        page.ready().await;
        assert!(page.text("#formats-values-problem").await.contains("“one”"));
        assert!(page.has("[data-format=fp32]").await, "the number above is not touched by it");
    });
}

#[test]
fn the_table_of_all_formats_is_sorted_and_copied() {
    with_page(Gpu::Off, async |page| {
        page.open("#/formats?v=1").await;
        assert!(!page.has("#formats-listing").await, "it is made when it is opened");
        page.unfold("#formats-all").await;
        page.until("the table is there", "return document.querySelectorAll('#formats-listing tbody tr').length > 60")
            .await;
        page.ready().await;
        let first = "return document.querySelector('#formats-listing tbody th').innerText";
        assert_eq!(page.eval(first).await, "FP32");
        page.click("#formats-listing [data-do='2']").await;
        page.ready().await;
        assert_eq!(page.eval(first).await, "IQ1_S", "the fewest bits per weight");
        assert_eq!(page.attribute("#formats-listing th:nth-child(3)", "aria-sort").await, "ascending");
        page.click("#formats-listing [data-do='2']").await;
        page.ready().await;
        assert_eq!(page.eval(first).await, "FP32");
        let csv = page.copied("#formats-all button").await;
        assert!(csv.starts_with("id,Format,Bits,") && csv.contains("\r\ne4m3fn,FP8 E4M3,8,"), "{csv}");
    });
}

#[test]
fn the_engine_is_fetched_when_a_lab_needs_it_and_not_before() {
    with_page(Gpu::Off, async |page| {
        let engine = |page: &Page| page.stage.site.requests().iter().any(|request| request.path.contains("engine"));
        page.open("").await;
        assert!(!engine(page));
        page.go("#/memory").await;
        assert!(engine(page));
    });
}
