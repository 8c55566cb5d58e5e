//! All of the story, step by step, against the labs themselves: every question has its answer, every hole is filled, and what the
//! cheat sheet promises is what comes out.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bitbudget::compute::study;
use bitbudget::labs::quantize::Task;
use bitbudget::labs::{Lab, Part, View, formats, memory, scaling};
use bitbudget::learn::{Ask, Guess, STEPS, Shows, answer, asks, fill};
use bitbudget::scenario::number;
use serde_json::Value;
use std::collections::BTreeSet;

/// What the page's engine answers.
fn view(shows: &Shows) -> View {
    let question = shows.question();
    match shows.lab {
        Lab::Memory => memory::view(&question),
        Lab::Scaling => scaling::view(&question, None),
        Lab::Formats => formats::view(&question),
        _ => {
            let task = Task::new(&question);
            task.view(&question, Ok(&study::outcome(&task).unwrap()), None)
        }
    }
}

/// What the report says at a path, as the page reads it.
fn said(report: &Value, path: &str) -> Option<String> {
    let mut value = report;
    for name in path.split('.') {
        value = match name.parse::<usize>() {
            Ok(place) => value.get(place)?,
            Err(_) => value.get(name)?,
        };
    }
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn report(shows: &Shows) -> Value {
    let view = view(shows);
    assert_eq!(view.part(Part::Problem), "", "{shows:?}");
    assert_eq!((view.inputs.notices.len(), view.inputs.problems.len()), (0, 0), "{shows:?}: {:?}", view.inputs.notices);
    // In the Formats lab it is cards.
    let is_there = shows.lab == Lab::Formats || view.figures.get(shows.figure).is_some_and(|it| !it.title.is_empty());
    assert!(is_there, "{shows:?} has no such picture");
    serde_json::from_str(view.part(Part::Report)).unwrap()
}

/// A sentence with its holes filled; every hole has something in it.
fn filled(words: &str, report: &Value) -> String {
    let holes: Vec<&str> = words.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
    for hole in holes {
        let path = hole.split(':').next().unwrap();
        assert!(answer(path, &|path| said(report, path)).is_some(), "{{{hole}}} of {words:?} is not in {report}");
    }
    fill(words, &|path| said(report, path))
}

fn value(ask: &Ask) -> f64 {
    let report = report(&ask.shows);
    let Guess::Number(_, per) = ask.guess else { panic!("{ask:?}") };
    number::parse(&answer(ask.answer, &|path| said(&report, path)).unwrap()).unwrap() / per
}

#[test]
fn every_question_is_answered_and_every_hole_is_filled() {
    for (place, step) in STEPS.iter().enumerate() {
        for ask in asks(place, 1) {
            let report = report(&ask.shows);
            let read = |path: &str| said(&report, path);
            let told = ask.mark("", &read).unwrap_or_else(|| panic!("{}: {:?} has no answer", step.name, ask.question));
            assert!(!told.answer.is_empty(), "{}: {:?} is answered by something else", step.name, ask.question);
            for words in [&ask.why, &ask.takeaway] {
                println!("{}: {}", step.name, filled(words, &report));
            }
            for change in ask.changes {
                let changed = self::report(&change.shows);
                let said = filled(change.said, &changed);
                assert!(!said.contains("it fits") || changed["fits"] == true, "{said}");
                println!("    {}: {said}", change.label);
                assert!(!said.contains("NaN") && !said.contains("inf"), "{said}");
            }
        }
    }
}

#[test]
fn the_story_says_what_the_cheat_sheet_says() {
    let of = |step: usize, ask: usize| value(&asks(step, 0)[ask]);
    assert_eq!(of(1, 0), 4.0, "GB for 1 billion parameters in FP32");
    assert_eq!(of(3, 1), 1.0, "GB in INT8");
    assert_eq!(of(4, 0), 24.0, "bytes a parameter");
    assert_eq!(of(4, 1), 168.0, "GB for 7 billion");
    assert!((of(5, 0) - 3.5).abs() < 1e-9, "trillion tokens for GPT-3 by 20 tokens a parameter");
    let fits = &asks(2, 0)[0];
    assert_eq!(said(&report(&fits.shows), fits.answer).unwrap(), "false", "8B in BF16 on a T4");
    let cast = &asks(3, 0)[0];
    assert_eq!(said(&report(&cast.shows), cast.answer).unwrap(), "overflowed", "70 000 in FP16");
    // 16 to 24 GB a billion parameters.
    let least = &asks(4, 0)[0].changes[0];
    assert_eq!(said(&report(&least.shows), "total_bytes").unwrap(), "16000000000");
}

/// The answers that a teacher reads: each of these is what the labs say.
#[test]
fn the_lesson_plan_has_the_labs_answers() {
    let plan = include_str!("../docs/teaching.md");
    let filled = |link: &'static str, lab: Lab, words: &str| {
        let shows = Shows { lab, link: link.into(), figure: 0 };
        filled(words, &report(&shows))
    };
    let all_of = "task=run&precision=bf16&gpu=t4";
    let rows = [
        filled("gpu=rtx-4090", Lab::Memory, "| {total_bytes:GB}, {gpus_needed} × RTX 4090 |"),
        filled(all_of, Lab::Memory, "| no: {total_bytes:GB} |"),
        filled("task=run&precision=bf16&context=131072", Lab::Memory, "| {kv_bytes:GB} |"),
        filled("params=1e9", Lab::Memory, "= {total_bytes/params_total} bytes |"),
        filled("params=7e9", Lab::Memory, "| {total_bytes:GB} |"),
        filled("formats=fp16,bf16,int8&x=70000", Lab::Formats, "| infinity, {formats.1.value:5}, {formats.2.value} |"),
        filled("given=params&params=1.75e11&law=chinchilla-20", Lab::Scaling, "| {tokens:count} |"),
        filled(
            "compute=3.15e23&law=chinchilla-20",
            Lab::Scaling,
            "| {params:count} parameters, {tokens:count} tokens |",
        ),
    ];
    let gigabytes = ["fp32", "bf16", "int8"].map(|format| {
        let shows = Shows {
            lab: Lab::Memory,
            link: format!("task=run&params=1e9&engine=ideal&gpu=t4&precision={format}").into(),
            figure: 0,
        };
        (report(&shows)["weights_bytes"].as_f64().unwrap() / 1e9).to_string()
    });
    let rows = rows.into_iter().chain([format!("| {} GB |", gigabytes.join(", "))]);
    for row in rows {
        assert!(plan.contains(&row), "{row} is not in docs/teaching.md");
    }
    let report = report(&Shows { lab: Lab::Memory, link: all_of.into(), figure: 0 });
    assert_eq!(report["fits"], false);
}

#[test]
fn the_last_step_asks_answerable_questions_whatever_the_seed() {
    let mut questions = BTreeSet::new();
    for seed in 0..300 {
        for ask in asks(6, seed) {
            if !questions.insert(ask.question.clone()) {
                continue;
            }
            let report = report(&ask.shows);
            let told = ask.mark("", &|path| said(&report, path)).unwrap();
            assert!(!told.answer.is_empty(), "{} is answered by {:?}", ask.question, said(&report, ask.answer));
            filled(&ask.why, &report);
            assert!(ask.back.is_some_and(|step| step < 6));
        }
    }
    assert!(questions.len() > 50, "{} questions", questions.len());
}
