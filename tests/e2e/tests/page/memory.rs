//! The Memory lab: what is pasted, what is offered, what opens.

use crate::expected::{self, assert_same};
use e2e::{Gpu, Page, with_page};

/// A config as the hub has it, with fields that no count depends on.
const CONFIG: &str = r#"{"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 896, "hidden_act": "silu",
"intermediate_size": 4864, "max_position_embeddings": 32768, "num_attention_heads": 14, "num_hidden_layers": 24,
"num_key_value_heads": 2, "rope_theta": 1000000.0, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
"use_sliding_window": false, "vocab_size": 151936}"#;

const ERROR: &str = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB of which 1.01 GiB \
is free. Of the allocated memory 75.44 GiB is allocated by PyTorch, and 3.19 GiB is reserved by PyTorch but unallocated.";

async fn paste(page: &Page, text: &str) {
    page.write("memory-pasted", text).await;
    page.ready().await;
}

#[test]
fn a_pasted_config_is_counted_and_lives_in_the_link() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1&task=run&precision=bf16").await;
        page.unfold("#memory-paste").await;
        paste(page, CONFIG).await;
        page.until("the config is the model", "return document.getElementById('memory-cfg.') !== null").await;
        page.ready().await;
        assert_eq!(page.property("#memory-model", "value").await, "config");
        assert_eq!(page.report().await["params_total"], 494_032_768.0);
        page.until("the link has it", "return location.hash.includes('cfg.num_hidden_layers=24')").await;
        let (report, link) = (page.report().await, page.hash().await);
        page.open(&link).await;
        assert_eq!(page.report().await, report);
        // A field by hand, and then one that cannot be.
        let more = link.replace("cfg.num_hidden_layers=24", "cfg.num_hidden_layers=12");
        page.open(&more).await;
        assert!(page.report().await["params_total"].as_f64().unwrap() < 494_032_768.0);
        page.open(&link.replace("cfg.num_hidden_layers=24", "cfg.num_hidden_layers=none")).await;
        assert!(page.text("#problem").await.contains("num_hidden_layers"), "{}", page.text("#problem").await);
    });
}

#[test]
fn what_is_pasted_and_is_no_config_is_told_and_nothing_is_lost() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1").await;
        let before = page.report().await;
        page.unfold("#memory-paste").await;
        for (text, told) in [
            ("hello", "not a config.json"),
            ("{\"model_type\": \"llamas\"}", "the nearest is `llama`"),
            ("{\"model_type\": \"llama\", \"hidden_size\": 0}", "hidden_size"),
        ] {
            paste(page, text).await;
            let problem = page.text("#memory-pasted-problem").await;
            assert!(problem.contains(told), "{text}: {problem}");
            assert_eq!(page.report().await, before);
        }
    });
}

#[test]
fn a_pasted_error_is_explained() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1").await;
        page.unfold("#memory-paste").await;
        paste(page, ERROR).await;
        page.until("it is explained", "return document.getElementById('memory-oom') !== null").await;
        let told = page.text("#memory-oom").await;
        assert!(told.contains("2.15 GB more") && told.contains("expandable_segments"), "{told}");
    });
}

#[test]
fn a_change_that_is_offered_makes_it_fit() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1&precision=bf16&act=fused").await;
        assert_eq!(page.report().await["fits"], false);
        assert!(page.has("#memory-moments").await, "the moments of a training step");
        page.click("#memory-changes button").await;
        page.ready().await;
        assert_eq!(page.report().await["fits"], true, "{}", page.hash().await);
    });
}

#[test]
fn a_question_without_an_answer_still_offers_changes_and_takes_what_is_pasted() {
    with_page(Gpu::Off, async |page| {
        page.open("#/memory?v=1&precision=int8").await;
        assert!(page.text("#problem").await.contains("INT8 training is not offered"));
        page.unfold("#memory-paste").await;
        paste(page, "hello").await;
        assert!(page.text("#memory-pasted-problem").await.contains("not a config.json"));
        paste(page, CONFIG).await;
        page.until("the config is the model", "return document.getElementById('memory-cfg.') !== null").await;
        page.ready().await;
        page.click("#memory-changes button").await;
        page.ready().await;
        assert_eq!(page.text("#problem").await, "");
        assert_eq!(page.report().await["params_total"], 494_032_768.0);
    });
}

#[test]
fn every_gpu_and_every_part_can_be_opened() {
    with_page(Gpu::Off, async |page| {
        let link = "#/memory?v=1&task=run&precision=q4_k_m&model=mixtral-8x7b&engine=llama.cpp";
        page.open(link).await;
        for (opens, shows) in [
            ("memory-sheet", "memory-sheet-table"),
            ("memory-components", "memory-components-table"),
            ("memory-cache-parts", "memory-cache-table"),
            ("memory-speed", "memory-speed-table"),
            ("memory-every-gpu", "memory-gpus"),
        ] {
            page.unfold(&format!("#{opens}")).await;
            assert!(page.has(&format!("#{shows}")).await, "{shows}");
        }
        page.click("#memory-gpus th:nth-child(2) button").await;
        page.until("it is sorted", "return document.querySelector('#memory-gpus [aria-sort=ascending]') !== null")
            .await;
        assert_same(link, &page.report().await, &expected::report(link));
    });
}
