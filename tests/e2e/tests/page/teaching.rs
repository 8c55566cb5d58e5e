//! What a teacher chooses for a lab: hidden, locked, guessed first, larger; and the frame that the page writes for it.

use crate::accessibility::look_at;
use e2e::{Gpu, Key, Page, with_page};
use serde_json::json;

#[test]
fn what_is_hidden_is_not_there_and_what_is_locked_cannot_be_changed() {
    with_page(Gpu::Off, async |page| {
        page.open("?hide=optimizer,memory-ways&lock=precision,gpu#/memory?v=1&precision=bf16").await;
        let visible = |css: &str| format!("return document.querySelector('{css}')?.checkVisibility() ?? false");
        assert_eq!(page.eval(&visible("#memory-optimizer")).await, false);
        assert_eq!(page.eval(&visible("#memory-gpu")).await, true);
        assert!(!page.has("#memory-ways").await);
        for control in ["#memory-gpu", "#memory-precision-bf16"] {
            assert_eq!(page.property(control, "disabled").await, true, "{control}");
        }
        // No button changes what is locked; others do what they say.
        let free = "return [...document.querySelectorAll('[data-do*=\"=\"]')].map(button => [button.dataset.do, button.disabled])";
        let buttons = page.eval(free).await;
        let is_locked =
            |action: &str| action.split('&').any(|one| ["precision", "gpu"].contains(&one.split('=').next().unwrap()));
        for button in buttons.as_array().unwrap() {
            assert_eq!(button[1], is_locked(button[0].as_str().unwrap()), "{button}");
        }
        assert!(buttons.as_array().unwrap().iter().any(|button| button[1] == true), "{buttons}");
        page.write("memory-batch", "4").await;
        page.ready().await;
        assert!(page.link().await.contains("precision=bf16&batch=4"));
        // Still so when the form is made anew.
        page.select("memory-model", "gpt2").await;
        page.ready().await;
        assert_eq!(page.property("#memory-gpu", "disabled").await, true);
        page.open("?hide=formats&lock=x#/formats?v=1&formats=fp16,int8&x=8&zoom=-1").await;
        assert_eq!(page.eval(&visible("#formats-picks")).await, false);
        assert!(!page.has("#formats-drag").await && !page.has("#fp16-0:enabled").await);
        page.drag("#formats-line canvas", 60).await;
        page.ready().await;
        page.let_go().await;
        page.ready().await;
        assert_eq!(page.property("#formats-x", "value").await, "8", "nor by dragging");
        page.open("?lock=clip#/quantize?v=1&format=int4&range=part&clip=0.3").await;
        page.drag("#quantize-clip-chart canvas", 60).await;
        page.let_go().await;
        page.ready().await;
        assert!(page.link().await.ends_with("&range=part&clip=0.3"), "{}", page.link().await);
        page.open("?hide=choose,understand#/formats?v=1").await;
        assert_eq!(page.eval(&visible(".lab__choose")).await, false);
        assert_eq!(page.eval(&visible(".lab__understand")).await, false);
        assert_eq!(page.eval(&visible("#formats-cards")).await, true);
    });
}

#[test]
fn every_lab_can_ask_for_a_guess_first() {
    with_page(Gpu::Off, async |page| {
        let seen = "return [...document.querySelectorAll('.lab__see canvas, .takeaway, .lab__understand, .answer-bar')]
            .some(element => element.checkVisibility() && element.innerText !== '')";
        for (lab, typed, verdict) in [
            ("memory", "193", "Right: it is 193 GB."),
            ("scaling", "36", "It is 72.2 billion parameters: 2 times your guess of 36 billion parameters."),
            ("quantize", "80", "It is 39.8 dB: your guess of 80 dB is 2 times that."),
        ] {
            for width in [1280, 390] {
                page.resize(width, 900).await;
                page.open(&format!("?predict=1#/{lab}")).await;
                assert_eq!(page.eval(seen).await, false, "{lab} at {width}");
                if lab == "memory" {
                    let found = look_at(page, &format!("predict-{width}")).await;
                    assert_eq!(found, [""; 0]);
                }
                page.write("guess", typed).await;
                page.press(Key::Enter).await;
                page.ready().await;
                assert_eq!(page.text("#predicted strong").await, verdict);
                assert_eq!(page.eval(seen).await, true, "{lab} at {width}");
            }
        }
        page.resize(1280, 900).await;
        page.open("?predict=1#/formats?v=1&formats=fp16&x=70000").await;
        page.choose("guess-normal").await;
        page.click("#show").await;
        page.ready().await;
        assert_eq!(
            page.text("#predicted strong").await,
            "It is: infinity or NaN: it overflows. You said: a number near it, or itself."
        );
        // What is changed then is another question: the verdict stays on the first.
        page.write("formats-x", "1").await;
        page.ready().await;
        assert!(page.text("#predicted strong").await.starts_with("It is: infinity"));
        assert!(page.has("#formats-cards article").await);
        // A guess is held against what was asked, not against what was answered before.
        page.open("?predict=1#/quantize?v=1&n=1m").await;
        page.choose("quantize-format-int4").await;
        page.write("guess", "1").await;
        page.press(Key::Enter).await;
        page.ready().await;
        let decibels = page.report().await["sqnr_db"].as_f64().unwrap();
        assert!(decibels < 30.0, "{decibels}: INT4");
        let (verdict, told) =
            (page.text("#predicted strong").await, format!("It is {} dB: ", (10.0 * decibels).round() / 10.0));
        assert!(verdict.starts_with(&told), "{verdict}, {told}");
        // What is known is no guess.
        page.open("?predict=1#/scaling?v=1&given=params&params=7e9").await;
        assert_eq!(page.text("#ask").await, "How many billion tokens go with it?");
        page.open("?predict=1#/weights").await;
        assert!(!page.has(".predict").await, "nobody knows the reader's files");
    });
}

#[test]
fn all_grows_with_the_size_of_the_text_and_pictures_stay_sharp() {
    with_page(Gpu::Off, async |page| {
        let canvas = async |page: &Page| {
            page.eval("const c = document.querySelector('#formats-line canvas'); return c.width / c.getBoundingClientRect().width")
                .await
                .as_f64()
                .unwrap()
        };
        page.open("#/formats?v=1&formats=fp16,int8&x=8&zoom=-1").await;
        let usual = page.eval("return document.querySelector('.lab__name').getBoundingClientRect().height").await;
        let sharp = canvas(page).await;
        page.open("?theme=projector#/formats?v=1&formats=fp16,int8&x=8&zoom=-1").await;
        let large = page.eval("return document.querySelector('.lab__name').getBoundingClientRect().height").await;
        assert!(large.as_f64() > usual.as_f64().map(|usual| 1.2 * usual), "{usual} {large}");
        assert!((canvas(page).await / sharp - 1.0).abs() < 0.02, "{} for {sharp}", canvas(page).await);
        // The pointer is where it is seen.
        let width =
            page.eval("return document.querySelector('#formats-line canvas').getBoundingClientRect().width").await;
        page.drag("#formats-line canvas", width.as_f64().unwrap() as i64 / 4).await;
        page.ready().await;
        let moved = page.eval("return +document.querySelector('#formats-x').value").await.as_f64().unwrap();
        assert!((9.7..10.5).contains(&moved), "{moved}");
        page.let_go().await;
        page.open("?fs=20&motion=off#/memory").await;
        assert_eq!(page.eval("return document.documentElement.style.zoom").await, "1.25");
        assert_eq!(
            page.eval("return getComputedStyle(document.querySelector('.button')).transitionDuration").await,
            "0s"
        );
    });
}

#[test]
fn the_page_writes_the_frame_of_a_lab_as_it_is() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1&task=run").await;
        page.unfold("#embed").await;
        page.until("the frame is written", "return document.querySelector('#embed-snippets pre') !== null").await;
        page.ready().await;
        page.eval("document.querySelector('#embed-hide-context').focus()").await;
        page.press(Key::Enter).await;
        page.ready().await;
        assert_eq!(page.eval("return document.activeElement.id").await, "embed-hide-context");
        page.click("#embed [data-do='lock=gpu']").await;
        page.ready().await;
        page.choose("embed-predict-1").await;
        page.ready().await;
        page.select("embed-theme", "dark").await;
        page.ready().await;
        page.click("#embed [data-do='1']").await;
        page.ready().await;
        let base = page.stage.site.url().to_owned();
        let link = format!("{base}?embed=1&theme=dark&hide=context&lock=gpu&predict=1#/memory?v=1&task=run");
        assert_eq!(page.property("#embed-as-6", "textContent").await, link);
        for (kind, start) in [
            (0, "<iframe src="),
            (2, "```{=html}"),
            (3, "<iframe src="),
            (4, "from IPython.display import IFrame"),
            (5, "<p><iframe"),
        ] {
            page.unfold(&format!("#embed-as-{kind}-more")).await;
            let text = page.text(&format!("#embed-as-{kind}")).await;
            assert!(text.starts_with(start) && text.contains("360"), "{text}");
        }
        page.unfold("#embed-as-6-more").await;
        assert_eq!(page.copied("#embed-as-6-more button").await, link);
        // The preview is that page.
        assert_eq!(page.attribute("#embed-preview iframe", "src").await, link);
        page.enter_frame().await;
        page.until("the lab is there", "return document.querySelector('.predict #guess') !== null").await;
        assert_eq!(page.attribute("html", "data-theme").await, "dark");
        page.leave_frame().await;
        // The lab goes on, and the frame with it.
        page.write("memory-batch", "4").await;
        page.ready().await;
        page.until("the frame follows", "return document.querySelector('#embed-as-6').textContent.includes('batch=4')")
            .await;
        page.eval("document.getElementById('embed').scrollIntoView()").await;
        let mut found = look_at(page, "embed-builder").await;
        page.resize(390, 844).await;
        page.open("#/quantize?v=1").await;
        // The tab bar is over what a driver would press.
        page.eval("document.getElementById('embed').open = true").await;
        page.until("the frame is written", "return document.querySelector('#embed-snippets pre') !== null").await;
        page.ready().await;
        page.eval("document.getElementById('embed').scrollIntoView()").await;
        found.extend(look_at(page, "embed-builder-390").await);
        page.resize(1280, 900).await;
        assert_eq!(found, [""; 0]);
        // Folded away it sleeps, and what was ticked for one room is none of another's.
        page.resize(1280, 900).await;
        page.open("#/memory?v=1").await;
        page.unfold("#embed").await;
        page.until("the frame is there", "return document.querySelector('#embed-preview iframe') !== null").await;
        page.ready().await;
        page.click("#embed-hide-context").await;
        page.ready().await;
        page.click("#embed > summary").await;
        page.until("the frame is gone", "return document.querySelector('#embed-preview iframe') === null").await;
        page.write("memory-batch", "2").await;
        page.ready().await;
        assert!(!page.has("#embed-preview iframe").await);
        page.go("#/learn?v=1&step=3").await;
        page.unfold("#embed").await;
        page.until("the frame is written", "return document.querySelector('#embed-snippets pre') !== null").await;
        assert!(
            page.property("#embed-as-6", "textContent").await.as_str().unwrap().ends_with("?embed=1#/learn?v=1&step=3")
        );
        page.open("?embed=1#/memory").await;
        assert!(!page.has("#embed").await);
    });
}

#[test]
fn what_was_written_stands_in_a_page_of_its_own() {
    with_page(Gpu::Off, async |page| {
        page.embed(json!({
            "src": "/?embed=1&hide=batch&predict=1&fs=18#/quantize?v=1&format=int4",
            "width": "640",
            "height": "420",
            "sandbox": "allow-scripts"
        }))
        .await;
        page.enter_frame().await;
        page.ready().await;
        page.write("guess", "10").await;
        page.click("#show").await;
        page.ready().await;
        assert!(page.text("#predicted strong").await.contains("dB"));
        page.leave_frame().await;
    });
}
