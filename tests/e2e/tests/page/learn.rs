//! The story: each question is guessed at, answered by its lab, and kept; by pointer, by keys, in a frame.

use crate::accessibility::look_at;
use crate::expected;
use e2e::{Gpu, Key, Page, with_page};
use serde_json::json;

/// Guesses a number at the present question.
async fn guess(page: &Page, number: &str) {
    let id = page.eval("return document.querySelector('.ask input[type=text]').id").await;
    page.write(id.as_str().unwrap(), number).await;
    page.click("#show").await;
    page.ready().await;
}

async fn verdict(page: &Page, place: usize) -> String {
    page.text(&format!("#told-{place} strong")).await
}

#[test]
fn a_guess_is_held_against_the_lab_and_kept() {
    with_page(Gpu::Off, async |page| {
        page.open("").await;
        page.click(".hero__story a").await;
        page.until_hash("#/learn?v=1").await;
        page.ready().await;
        assert_eq!(page.text(".story__name").await, "0. Out of memory");
        assert!(!page.has("figure").await, "nothing is shown before a guess");
        guess(page, "24").await;
        let bytes = expected::report("#/memory?v=1&gpu=rtx-4090")["total_bytes"].as_f64().unwrap();
        assert!(verdict(page, 0).await.starts_with(&format!("It is {:.0} GB: 8 times your guess", bytes / 1e9)));
        assert!(page.text("#story-picture .figure__title").await.contains("Training Llama 3.1 8B takes"));
        assert!(page.text(".story__why").await.starts_with("The weights are 32.1 GB."));
        // One thing is changed: what is said and what is shown follow, and the verdict stays.
        page.click("[data-do='change:1']").await;
        page.ready().await;
        assert_eq!(page.text("[role=status].story__why").await, "To run it, 19 GB are enough.");
        assert!(page.text("#story-picture .figure__title").await.contains("Running Llama 3.1 8B"));
        assert_eq!(page.attribute("[data-do='change:1']", "aria-pressed").await, "true");
        assert!(verdict(page, 0).await.starts_with("It is 193 GB"));
        page.click("[data-do='change:0']").await;
        page.ready().await;
        assert!(page.text(".story__why").await.starts_with("The weights are 32.1 GB."));
        assert!(page.text("#sheet li").await.ends_with("Your guess: 24 GB."));
        page.click("nav .button--main").await;
        page.until_hash("#/learn?v=1&step=1").await;
        assert_eq!(page.text(".story__name").await, "1. Pick a model");
        guess(page, "4").await;
        assert_eq!(verdict(page, 0).await, "Right: it is 4 GB.");
        page.driver.back().await.unwrap();
        page.until_hash("#/learn?v=1").await;
        page.ready().await;
        assert!(verdict(page, 0).await.starts_with("It is 193 GB"), "what was guessed is still there");
        let kept = page.copied("[data-do=copy]").await;
        assert!(kept.contains("## Out of memory\n") && kept.contains("= 4 GB of weights in FP32. (My guess: 4 GB.)"));
    });
}

#[test]
fn what_is_no_guess_is_said_and_a_guess_can_be_left_out() {
    with_page(Gpu::Off, async |page| {
        page.open("#/learn?v=1&step=4").await;
        for typed in ["", "many", "0", "-3"] {
            guess(page, typed).await;
            assert!(page.text("#guess-problem").await.starts_with("Write a number of bytes"), "{typed:?}");
        }
        guess(page, "16").await;
        assert_eq!(verdict(page, 0).await, "It is 24 bytes: 1.5 times your guess of 16 bytes.");
        // The second question of the step, of which the first is the worked example.
        page.click("[data-do=skip]").await;
        page.ready().await;
        assert_eq!(verdict(page, 1).await, "It is 168 GB.");
        assert_eq!(page.eval("return document.querySelectorAll('#sheet li').length").await, 2);
        assert!(!page.text("#sheet li:nth-child(2)").await.contains("Your guess"));
        page.open("#/learn?v=1&step=9").await;
        assert_eq!(page.text(".story__name").await, "6. Check yourself");
        assert_eq!(page.notices().await.len(), 1);
    });
}

#[test]
fn the_cards_of_the_formats_lab_can_be_pressed_in_the_story() {
    with_page(Gpu::Off, async |page| {
        page.open("#/learn?v=1&step=3").await;
        let choice = page.eval("return document.querySelector('.ask [value=overflowed]').id").await;
        page.choose(choice.as_str().unwrap()).await;
        page.click("#show").await;
        page.ready().await;
        assert_eq!(verdict(page, 0).await, "Right: infinity.");
        assert_eq!(page.text("[data-format=fp16] .number-card__value").await, "∞ overflowed");
        page.click("#bf16-15").await;
        page.ready().await;
        assert_eq!(page.text("[data-format=bf16] .number-card__value").await, "−70144 normal", "the sign");
        // A change may be of another lab.
        page.click("[data-do='change:3']").await;
        page.ready().await;
        assert!(page.text("[role=status].story__why").await.contains("dB of signal over error"));
        assert!(page.has("#story-picture canvas").await);
        let link = page.attribute(".actions a[href*='quantize']", "href").await;
        page.go(link.as_str().unwrap()).await;
        assert_eq!(page.property("#quantize-outliers", "value").await, "4");
    });
}

#[test]
fn the_whole_story_is_walked_by_keys() {
    with_page(Gpu::Off, async |page| {
        page.open("#/learn").await;
        for step in 0..7 {
            page.until(
                "the step is there",
                &format!("return (document.querySelector('.story__name')?.innerText ?? '').startsWith('{step}. ')"),
            )
            .await;
            // Every question is answered with its first choice, or with 10.
            for _ in 0..6 {
                if !page.has("#show").await {
                    break;
                }
                let is_number = page.has(".ask input[type=text]").await;
                page.eval("document.querySelector('.ask input').focus()").await;
                if is_number {
                    page.press('1').await;
                    page.press('0').await;
                    page.press(Key::Enter).await;
                } else {
                    page.press(' ').await;
                    page.eval("document.querySelector('#show').focus()").await;
                    page.press(Key::Enter).await;
                }
                page.ready().await;
                let focused = page.eval("return document.activeElement.id").await;
                assert!(focused.as_str().unwrap().starts_with("told-"), "the verdict has the focus: {focused}");
            }
            if step < 6 {
                page.eval("document.querySelector('nav .button--main').focus()").await;
                page.press(Key::Enter).await;
                page.until_hash(&match step + 1 {
                    6 => page.hash().await,
                    next => format!("#/learn?v=1&step={next}"),
                })
                .await;
                page.ready().await;
                page.until("the next step is read from its top", "return document.activeElement.id === 'main'").await;
            }
        }
        assert_eq!(page.eval("return document.querySelectorAll('[id^=told-]').length").await, 6);
        assert!(page.text(".story__sheet").await.contains("of 6 right."));
        assert_eq!(page.eval("return document.querySelectorAll('#sheet li').length").await, 10);
        // Other questions, and the sheet keeps what was learned.
        page.eval("document.querySelector('[data-do=anew]').focus()").await;
        let before = page.text("#ask, .ask__question").await;
        page.press(Key::Enter).await;
        page.ready().await;
        assert_ne!(page.text("#ask").await, before);
        assert_eq!(page.eval("return document.querySelectorAll('#sheet li').length").await, 10);
    });
}

#[test]
fn the_last_step_asks_the_same_of_everybody_with_the_same_link() {
    with_page(Gpu::Off, async |page| {
        page.open("#/learn?v=1&step=6&seed=7").await;
        let asked = page.text("#ask").await;
        page.open("").await;
        page.open("#/learn?v=1&step=6&seed=7").await;
        assert_eq!(page.text("#ask").await, asked);
        page.go("#/learn?v=1&step=6&seed=8").await;
        assert_ne!(page.text("#ask").await, asked);
    });
}

#[test]
fn a_question_that_leads_back_to_a_step_is_still_answered_afterwards() {
    with_page(Gpu::Off, async |page| {
        page.open("#/learn?v=1&step=6&seed=7").await;
        for _ in 0..2 {
            page.click("[data-do=skip]").await;
            page.ready().await;
        }
        page.click(".actions a[href='#/learn?v=1&step=2']").await;
        page.until("the step is there", "return document.querySelector('.story__name').innerText.startsWith('2. ')")
            .await;
        page.driver.back().await.unwrap();
        page.until("the step is there", "return document.querySelector('.story__name').innerText.startsWith('6. ')")
            .await;
        page.ready().await;
        assert_eq!(page.eval("return document.querySelectorAll('[id^=told-]').length").await, 2);
        assert!(page.text(".story__sheet").await.contains("0 of 2 right"));
    });
}

#[test]
fn paper_has_the_cheat_sheet_alone() {
    with_page(Gpu::Off, async |page| {
        page.open("#/learn?v=1&step=1").await;
        guess(page, "4").await;
        // What is for paper, on the screen.
        page.eval(
            "for (const sheet of document.styleSheets) for (const rule of [...sheet.cssRules])
                 if (rule.media?.mediaText === 'print')
                     for (const inner of rule.cssRules) sheet.insertRule(inner.cssText, sheet.cssRules.length)",
        )
        .await;
        let seen = "return ['#sheet li', '.story__name', '#story-picture', '.nav', '.actions']
            .map(css => document.querySelector(css).checkVisibility())";
        assert_eq!(page.eval(seen).await, json!([true, false, false, false, false]));
    });
}

#[test]
fn a_step_after_the_question_mark_is_there_on_the_way_back_and_no_start_page() {
    with_page(Gpu::Off, async |page| {
        page.open("?step=4").await;
        assert_eq!(page.text(".story__name").await, "4. Now train it");
        page.go("#/memory?v=1").await;
        page.driver.back().await.unwrap();
        page.until("the step is there", "return document.querySelector('.story__name') !== null").await;
        assert_eq!(page.text(".story__name").await, "4. Now train it");
        page.open("?step=4#/").await;
        assert!(page.has(".card__answer").await && !page.has(".story").await, "`#/` is the start page");
        page.open("?step=abc").await;
        assert!(page.has(".card__answer").await && page.notices().await.len() == 1);
    });
}

#[test]
fn a_step_is_an_embed() {
    with_page(Gpu::Off, async |page| {
        page.open("?embed=1&step=1").await;
        assert_eq!(page.text(".story__name").await, "1. Pick a model");
        assert!(!page.has(".steps").await && !page.has(".story__sheet").await && !page.has(".header").await);
        guess(page, "4").await;
        assert_eq!(verdict(page, 0).await, "Right: it is 4 GB.");
        let full = page.attribute("[target=_blank]", "href").await;
        assert!(full.as_str().unwrap().ends_with("/#/learn?v=1&step=1"), "{full}");
        page.open_host().await;
        page.embed(json!({ "src": "/?embed=1#/learn?v=1&step=2", "width": "640", "height": "420" })).await;
        page.enter_frame().await;
        page.ready().await;
        page.leave_frame().await;
        page.say(json!({ "type": "bitbudget:get" })).await;
        let error = page.take_told("bitbudget:error").await;
        assert_eq!(error["message"], "Nothing of the story is shown yet: make a guess.");
    });
}

#[test]
fn the_cheat_sheet_is_taken_along_as_a_picture() {
    with_page(Gpu::Off, async |page| {
        page.open("#/learn?v=1&step=1").await;
        guess(page, "8").await;
        page.eval(
            "window.taken = [];
             HTMLAnchorElement.prototype.click = function () { window.taken.push([this.download, this.href]) }",
        )
        .await;
        page.click("[data-do=png]").await;
        let image = "const [[name, href]] = window.taken;
             const image = new Image(); image.src = href; await image.decode();
             return [name, image.naturalWidth, image.naturalHeight > 400]";
        assert_eq!(page.eval(image).await, json!(["bitbudget-cheat-sheet.png", 1800, true]));
    });
}

#[test]
fn axe_finds_nothing_in_any_step_and_none_is_wider_than_a_phone() {
    with_page(Gpu::Off, async |page| {
        let mut found = Vec::new();
        for (theme, width) in [("light", 1280), ("dark", 390)] {
            page.resize(width, 1600).await;
            for step in 0..7 {
                page.open(&format!("?theme={theme}#/learn?v=1&step={step}&seed=5")).await;
                page.click("[data-do=skip]").await;
                page.ready().await;
                found.extend(look_at(page, &format!("learn-{step}-{theme}-{width}")).await);
            }
        }
        assert_eq!(found, [""; 0]);
    });
}
