//! The Memory lab: does it fit?

mod cell;
pub mod controls;
mod lifecycle;
mod pictures;
mod tables;
mod words;

pub use controls::controls;

use super::form::Inputs;
use super::{Part, Question, View, sentence};
use crate::memory::{Error, Report, estimate, measured, oom};
use crate::scenario::MemoryScenario;
use crate::scenario::memory::{KEYS, MAX_ERROR_BYTES, MEASURED};
use crate::scenario::permalink::percent_encode;
use crate::transformer::{Architecture, Config};
use crate::units::significant;
use crate::{answers, json};

/// What the lab is about.
///
/// # Errors
/// A sentence, if there is no answer.
pub fn report(asked: &MemoryScenario) -> Result<Report, String> {
    let input = asked.input().map_err(|problem| sentence(&problem))?;
    estimate(&input).map_err(|error: Error| sentence(&error.to_string()))
}

/// What becomes of a text that is pasted: the keys that it sets.
///
/// # Errors
/// A sentence, if it is neither a config that can be counted nor an error that can be read.
fn pasted(text: &str) -> Result<String, String> {
    if oom::read(text).is_some() {
        let from = text.rfind("out of memory").or_else(|| text.rfind("Tried to allocate")).unwrap_or(0);
        let text: String = text[from..].chars().take(MAX_ERROR_BYTES / 4).collect();
        return Ok(format!("oom={}", percent_encode(&text)));
    }
    if let Some(bytes) = measured::read(text) {
        let gib = bytes.get() / 1024.0 / 1024.0 / 1024.0;
        return Ok(format!("measured={}", significant(gib.min(MEASURED.max), 6)));
    }
    let config = Config::from_json(text).map_err(|error| sentence(&error.to_string()))?;
    Architecture::from_config(&config).map_err(|error| sentence(&error.to_string()))?;
    let lines: Vec<String> = config.fields().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(format!("cfg.={}", percent_encode(&lines.join("\n"))))
}

/// Answers a question.
#[must_use]
pub fn view(question: &Question) -> View {
    let (asked, inputs): (MemoryScenario, _) = Inputs::read(question, KEYS, controls);
    let mut view = View { inputs, ..View::of(question) };
    // What would have an answer is offered beside the reason why there is none.
    view.set(Part::Changes, words::changes(&asked));
    if !question.typed.trim().is_empty() {
        match pasted(&question.typed) {
            Ok(change) => view.set(Part::Change, change),
            Err(problem) => view.set(Part::Pasted, problem),
        }
    }
    match report(&asked) {
        Ok(report) => {
            view.set(Part::BlockNote, words::keep(&asked));
            view.set(Part::Takeaway, answers::memory(&asked, &report));
            view.set(Part::Report, json::write(&report));
            view.set(Part::Cards, words::verdict(&asked, &report));
            view.set(Part::Notes, words::notes(&asked, &report));
            view.set(Part::Markdown, cell::markdown(&asked, &report));
            view.set(Part::Python, cell::python(&asked, &report));
            view.set(Part::Inspector, words::compared(&asked, &report));
            view.set(
                Part::Figures,
                tables::sheet(&asked, &report) + &tables::details(&asked, &report) + &tables::checked(),
            );
            if let Some(order) = &question.order {
                view.set(Part::Codes, tables::every_gpu(&asked, &report, order));
            }
            view.set(Part::Sources, words::sources(&asked, &report));
            view.figures = [
                Some(pictures::parts(&asked, &report)),
                lifecycle::moments(&asked, &report),
                pictures::context(&asked, &report),
                pictures::batch(&asked, &report),
                lifecycle::figure(&asked),
                pictures::gpus(&asked, &report),
                lifecycle::beside(&asked, &report),
            ]
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect();
        }
        Err(problem) => view.set(Part::Problem, problem),
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::Lab;
    use std::fmt::Write as _;

    fn question(link: &str, typed: &str) -> Question {
        let keys = link.split('&').filter_map(|part| part.split_once('='));
        let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Question { lab: Lab::Memory, keys, typed: typed.to_owned(), ..Question::default() }
    }

    fn shown(link: &str) -> View {
        view(&question(link, ""))
    }

    /// The text of a piece of HTML.
    fn words(html: &str) -> String {
        let mut text = String::new();
        for piece in html.split('<').filter_map(|piece| piece.split_once('>').map(|(_, text)| text)) {
            text.push_str(piece.trim());
            text.push(if piece.trim().is_empty() { ' ' } else { '\n' });
        }
        text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// What a course would work out: from the cheat sheet to clusters.
    const WORKED: [(&str, &str); 10] = [
        ("The cheat sheet: 1B parameters in FP32", "model=custom&params=1e9"),
        ("Train all of Llama 3.1 8B in mixed precision", "precision=bf16&act=transformers-sdpa&context=2048"),
        ("The same with fused kernels, recomputing layers", "precision=bf16&act=fused&recompute=full&chunked=1"),
        ("QLoRA of a 70B model on one GPU", "task=qlora&model=llama-3.1-70b&context=1024&recompute=full"),
        ("Run Llama 3.1 8B with a long context", "task=run&precision=bf16&context=131072"),
        (
            "Run a mixture of experts in four bits",
            "task=run&model=mixtral-8x7b&precision=q4_k_m&engine=llama.cpp&gpu=rtx-4090",
        ),
        ("Run DeepSeek-V3 on eight H200", "task=run&model=deepseek-v3&precision=fp8-block&tp=8&gpu=h200-sxm-141gb"),
        (
            "Gemma 3 with windows, as transformers keeps them",
            "task=run&model=gemma-3-27b&precision=bf16&engine=transformers",
        ),
        (
            "Train a 70B model on 64 GPUs",
            "model=llama-3.1-70b&precision=bf16&act=fused&dp=8&zero=3&tp=8&sp=1&recompute=full",
        ),
        ("An encoder-decoder", "task=run&model=flan-t5-xl&precision=bf16&engine=transformers&source=512&context=128"),
    ];

    #[test]
    fn ten_worked_scenarios() {
        let mut text = String::new();
        for (title, link) in WORKED {
            let shown = shown(link);
            let parts =
                [Part::Takeaway, Part::Problem, Part::Markdown, Part::Report].map(|part| shown.part(part).to_owned());
            _ = writeln!(text, "## {title}\n{link}\n{}\n", parts.join("\n"));
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_cell_of_python_works_the_sum_out_again() {
        let python = std::process::Command::new("python3").arg("--version").output();
        if python.is_err() {
            println!("no Python here: nothing was run");
            return;
        }
        for (title, link) in WORKED {
            let cell = shown(link).part(Part::Python).to_owned();
            let run = std::process::Command::new("python3").arg("-c").arg(&cell).output().unwrap();
            assert!(run.status.success(), "{title}: {}\n{cell}", String::from_utf8_lossy(&run.stderr));
            let wrong = cell.replacen("assert abs(total - ", "assert abs(1 + 2 * total - ", 1);
            let run = std::process::Command::new("python3").arg("-c").arg(wrong).output().unwrap();
            assert!(!run.status.success(), "{title}: a cell that cannot fail");
        }
    }

    #[test]
    fn a_pasted_config_becomes_inputs_and_gives_the_catalogues_answer() {
        let config = r#"{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096,
            "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
            "vocab_size": 128256, "max_position_embeddings": 131072, "rope_theta": 500000.0, "torch_dtype": "bfloat16"}"#;
        let pasted = view(&question("task=run", config));
        assert_eq!(pasted.part(Part::Pasted), "");
        let change = pasted.part(Part::Change);
        assert!(change.starts_with("cfg.=") && !change.contains('\n'), "{change}");
        let lines = crate::scenario::permalink::split_query(change).remove(0).1;
        let asked =
            MemoryScenario::from_keys(&lines.lines().fold(vec![("task".into(), "run".into())], |mut keys, line| {
                let (name, value) = line.split_once('=').unwrap();
                keys.push((format!("cfg.{name}"), value.to_owned()));
                keys
            }));
        let report = report(&asked).unwrap();
        assert_eq!(
            report.total(),
            super::report(&MemoryScenario::from_keys(&[("task".into(), "run".into())])).unwrap().total()
        );
        assert_eq!(report.params.get(), 8_030_261_248.0);
    }

    #[test]
    fn what_is_pasted_and_means_nothing_is_told_with_the_reason() {
        let told = |typed: &str| view(&question("", typed)).part(Part::Pasted).to_owned();
        assert!(told("hello").contains("not a config.json"), "{}", told("hello"));
        assert!(told("{}").contains("no `model_type`"));
        assert!(told(r#"{"model_type": "lama"}"#).contains("the nearest is `llama`"));
        let zero = r#"{"model_type": "llama", "num_hidden_layers": 0}"#;
        assert!(told(zero).contains("num_hidden_layers"), "{}", told(zero));
        let text = r#"{"model_type": "llama", "hidden_size": "wide"}"#;
        assert!(told(text).contains("hidden_size"), "{}", told(text));
        assert!(told(&" ".repeat(2_000_000)).is_empty(), "nothing was pasted");
        assert!(told(&"x".repeat(2_000_000)).contains("1 MiB"));
    }

    #[test]
    fn a_pasted_error_is_explained() {
        let error = "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.15 GiB of which 1.01 GiB \
                     is free. Of the allocated memory 75.44 GiB is allocated by PyTorch, and 1.19 GiB is reserved by PyTorch \
                     but unallocated.";
        let change = view(&question("", error)).part(Part::Change).to_owned();
        let (key, value) = crate::scenario::permalink::split_query(&change).remove(0);
        assert_eq!(key, "oom");
        let shown = view(&Question { keys: vec![(key, value)], ..question("", "") });
        assert!(words(shown.part(Part::Inspector)).contains("PyTorch asked GPU 0 for 2.15 GB more"));
    }

    #[test]
    fn the_fewest_gpus_may_be_fewer_than_are_planned() {
        let needed = |link: &str| {
            report(&MemoryScenario::from_keys(&question(link, "").keys))
                .map(|report| (report.gpus, crate::memory::inverse::gpus_needed(&report)))
        };
        assert_eq!(needed("task=run&precision=bf16&tp=4"), Ok((4, Some(1))));
        assert_eq!(needed("task=run&model=llama-3.1-70b&precision=bf16&tp=8"), Ok((8, Some(2))));
        assert_eq!(needed("task=run&model=custom&params=7e9&precision=bf16&tp=2"), Ok((2, Some(1))));
    }

    #[test]
    fn a_context_that_the_model_is_not_made_for_is_told() {
        let told = |link: &str| words(shown(link).part(Part::Notes));
        assert!(
            told("task=run&model=gpt2&context=2048")
                .contains("longer than the 1\u{202f}024 that the model is made for")
        );
        assert!(!told("task=run&model=gpt2&context=1024").contains("longer than"));
        assert!(told("task=run&model=flan-t5-xl").contains("FLAN-T5 XL was trained in BF16, for up to 512 tokens."));
    }

    #[test]
    fn a_pasted_measurement_stands_beside_the_estimate() {
        let change = view(&question("", "|  71234MiB / 81920MiB |")).part(Part::Change).to_owned();
        assert_eq!(change, "measured=69.5645");
        let shown = shown(&format!("task=lora&precision=bf16&{change}"));
        let told = words(shown.part(Part::Inspector));
        assert!(told.starts_with("Measured 74.7 GB: 4.93 GB (6.6 %) less than estimated."), "{told}");
    }

    #[test]
    fn a_setting_that_is_kept_stands_beside_the_next() {
        let kept = shown("task=run&precision=bf16").part(Part::BlockNote).to_owned();
        let change = kept.split("data-do=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut keys = crate::scenario::permalink::split_query(change);
        assert_eq!(keys, [("vs".to_owned(), "task=run&precision=bf16".to_owned())]);
        keys.push(("task".to_owned(), "qlora".to_owned()));
        let shown = view(&Question { keys, ..question("", "") });
        let figure = shown.figures.last().unwrap();
        let cells: Vec<_> = figure.table.rows.iter().map(|row| row[1].as_str()).collect();
        assert_eq!(cells, ["69.4 GB", "19 GB"], "{:?}", figure.table.rows);
        assert!(shown.part(Part::BlockNote).contains("data-do=\"vs=\""));
    }

    #[test]
    fn every_change_that_is_offered_fits_when_it_is_made() {
        let links = [
            "",
            "model=llama-3.1-70b&task=run&precision=bf16&context=32768&batch=4",
            "precision=bf16&act=fused&batch=4",
            "precision=bf16&act=transformers-eager",
            "task=lora&precision=bf16&model=phi-4&batch=2",
            "task=qlora&model=llama-3.1-70b&context=16384",
            "precision=int8",
        ];
        for link in links {
            let shown = shown(link);
            let offers: Vec<_> = shown.part(Part::Changes).split("data-do=\"").skip(1).collect();
            assert!(!offers.is_empty(), "{link} offers nothing");
            for offer in offers {
                let change = offer.split('"').next().unwrap().replace("&amp;", "&");
                let mut keys = question(link, "").keys;
                for (key, value) in crate::scenario::permalink::split_query(&change) {
                    keys.retain(|(name, _)| *name != key);
                    keys.push((key, value));
                }
                let changed = MemoryScenario::from_keys(&keys);
                // A format that is not trained is answered by those that are, whether it then fits or not.
                let had_answer = shown.part(Part::Problem).is_empty();
                let fits = |report: Report| report.fits() || !had_answer;
                assert!(report(&changed).is_ok_and(fits), "{link} with {change}");
            }
        }
    }

    #[test]
    fn no_input_is_too_absurd_for_an_answer_or_a_sentence() {
        for link in [
            "context=1e9&batch=1e6&act=transformers-eager",
            "task=run&context=1e9&batch=1e6&model=deepseek-v3",
            "task=run&model=custom&params=1e18&precision=bf16",
            "act=fused&tp=1e6",
            "act=fused&pp=4096",
            "act=fused&dp=1e6&zero=3",
            "task=run&tp=64",
            "task=lora&rank=65536",
            "task=lora&targets=nothing",
            "task=lora&model=custom",
            "task=run&model=bert-base",
            "task=train&model=bert-base&act=fused",
            "cfg.model_type=llama&cfg.hidden_size=1000000000&cfg.num_attention_heads=1",
            "cfg.model_type=llama&cfg.hidden_size=-1",
            "reserve=95&overhead=1000",
        ] {
            let shown = shown(link);
            assert!(
                shown.is_answer() != shown.part(Part::Problem).ends_with('.'),
                "{link}: {}",
                shown.part(Part::Problem)
            );
            let report = shown.part(Part::Report);
            assert!(!report.contains("inf") && !report.contains("NaN") && !report.contains("nan"), "{link}: {report}");
        }
    }
}
