//! The verdict, the changes that fit, and why the sum is what it is.

use crate::answers;
use crate::formats::format;
use crate::labs::Html;
use crate::memory::activations::Recompute;
use crate::memory::inverse::{gpus_needed, max_batch, max_context};
use crate::memory::{Alteration, Change, Input, Model, Report, Verdict, changes as changes_that_fit, oom, run_instead};
use crate::scenario::MemoryScenario;
use crate::scenario::memory::{MAX_BESIDE, MAX_BESIDE_LETTERS, Size, Task};
use crate::scenario::permalink::percent_encode;
use crate::units::{ByteUnits, Bytes, short_count, significant};

/// The verdict, by icon, word and place; colour comes third. Then what else would fit.
pub fn verdict(asked: &MemoryScenario, report: &Report) -> String {
    let (class, icon, word) = match report.verdict() {
        Verdict::Fits => ("verdict verdict--fits", "✓", "Fits"),
        Verdict::Tight => ("verdict verdict--tight", "!", "Tight"),
        Verdict::Over => ("verdict verdict--over", "✕", "Does not fit"),
    };
    let each = if report.gpus > 1 { format!(" on each of {} GPUs", count(report.gpus)) } else { String::new() };
    let share = format!("{} of {}{each}", report.total().show(asked.units), report.room().show(asked.units));
    let needs = match gpus_needed(report) {
        None => "more such GPUs do not help: what each holds by itself is too much".to_owned(),
        Some(gpus) if gpus == report.gpus => String::new(),
        Some(gpus) if report.fits() => format!("{} would do", count(gpus)),
        Some(gpus) => format!("needs {} such GPUs", count(gpus)),
    };
    let mut html = Html::default();
    html.open("p", &[("class", class), ("id", "memory-verdict"), ("role", "status")]);
    html.element("span", &[("class", "verdict__icon"), ("aria-hidden", "true")], icon);
    html.element("strong", &[("class", "verdict__word")], word);
    html.element("span", &[], &share).element("span", &[], &needs).close("p");
    if let Some(most) = most(asked, &report.input) {
        html.element("p", &[("class", "note"), ("id", "memory-most")], &most);
    }
    html.finish()
}

/// How long and how many would fit.
fn most(asked: &MemoryScenario, input: &Input) -> Option<String> {
    let (tokens, batch) = (max_context(input), max_batch(input));
    Some(match (tokens, batch) {
        (Some(tokens), Some(batch)) => format!(
            "At most {} tokens fit with {}, or {} with {} tokens.",
            count(tokens),
            sequences(asked.batch.into()),
            sequences(batch),
            count(asked.context.into()),
        ),
        (Some(tokens), None) => format!("At most {} tokens fit, and only with fewer sequences.", count(tokens)),
        (None, Some(batch)) => format!("At most {} fit, and only if they are shorter.", sequences(batch)),
        (None, None) => return None,
    })
}

/// `1 sequence`, `16 sequences`
pub fn sequences(n: u64) -> String {
    if n == 1 { "1 sequence".to_owned() } else { format!("{} sequences", count(n)) }
}

/// `131 072`
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The cheapest changes that fit, each a button that makes it; nothing where there is none.
pub fn changes(asked: &MemoryScenario) -> String {
    let mut found: Vec<Change> = Vec::new();
    match asked.input() {
        Ok(input) => {
            found.extend(changes_that_fit(&input));
            if by_sheet(asked) && !found.is_empty() {
                found.splice(0..0, adapters(asked));
            }
            if !found.is_empty() && asked.task.trains() {
                found.extend(run_instead(&input, asked.running()));
            }
        }
        // A format that is not trained: those that are, whether it then fits or not.
        Err(_) => found.extend(other_precisions(asked)),
    }
    let has_answer = asked.input().is_ok();
    found.retain(|change| change.fits || !has_answer);
    if found.is_empty() {
        return String::new();
    }
    let mut html = Html::default();
    html.open("div", &[("class", "changes")]);
    html.element(
        "h2",
        &[("class", "changes__title")],
        if has_answer { "Smallest change that fits" } else { "What is trained" },
    );
    html.open("ul", &[("class", "changes__list"), ("id", "memory-changes")]);
    for change in found {
        let sign = if change.fits { "✓ " } else { "" };
        let text = format!("{sign}{}", describe(asked, &change));
        match action(asked, &change) {
            Some(action) => html.open("li", &[]).button("button", &action, &text).close("li"),
            None => html.element("li", &[("class", "change")], &text),
        };
    }
    html.close("ul").close("div").finish()
}

/// Adapters instead of all of the model, where that is asked of the cheat sheet's sum, which knows nothing of them.
fn adapters(asked: &MemoryScenario) -> Vec<Change> {
    let with = |(task, alteration): (Task, Alteration)| {
        let changed = MemoryScenario { task, precision: "bf16", recipe: None, ..asked.clone() };
        let report = crate::memory::estimate(&changed.input().ok()?).ok()?;
        Some(Change { alteration, total: report.total(), saves: Bytes(0.0), fits: report.fits() })
    };
    [(Task::Lora, Alteration::Lora), (Task::Qlora, Alteration::Qlora)].into_iter().filter_map(with).collect()
}

fn other_precisions(asked: &MemoryScenario) -> Vec<Change> {
    let with = |precision: &'static str, name| {
        let changed = MemoryScenario { precision, ..asked.clone() };
        let report = changed.input().ok().and_then(|input| crate::memory::estimate(&input).ok())?;
        let (total, fits) = (report.total(), report.fits());
        Some(Change { alteration: Alteration::Weights(precision, name), total, saves: Bytes(0.0), fits })
    };
    [("fp32", "FP32"), ("bf16", "BF16"), ("fp16", "FP16")].into_iter().filter_map(|(id, name)| with(id, name)).collect()
}

/// Keeps this setting to compare others with, or forgets those that were kept.
pub fn keep(asked: &MemoryScenario) -> String {
    let mut html = Html::default();
    html.open("p", &[("class", "offers"), ("id", "memory-keep")]);
    if asked.beside.len() < MAX_BESIDE {
        let own = MemoryScenario { beside: Vec::new(), error: String::new(), ..asked.clone() };
        let keys: Vec<String> =
            own.keys().iter().map(|(key, value)| format!("{key}={}", percent_encode(value))).collect();
        // The default setting has no keys, and is kept by one.
        let keys = if keys.is_empty() { "units=gb".to_owned() } else { keys.join("&") };
        if keys.chars().count() <= MAX_BESIDE_LETTERS && !asked.beside.contains(&keys) {
            let all: Vec<&str> = asked.beside.iter().map(String::as_str).chain([keys.as_str()]).collect();
            html.button("button", &format!("vs={}", percent_encode(&all.join("|"))), "Keep this to compare");
        }
    }
    if !asked.beside.is_empty() {
        html.button("button", "vs=", "Forget what was kept");
    }
    html.close("p").finish()
}

/// The keys that a change sets, and to what; nothing for what no link can say.
fn action(asked: &MemoryScenario, change: &Change) -> Option<String> {
    Some(match change.alteration {
        Alteration::Activations(bytes_per_param) => format!("activations={bytes_per_param}"),
        Alteration::Context(tokens) => format!("context={tokens}"),
        Alteration::Batch(batch) => format!("batch={batch}"),
        Alteration::Chunked => "chunked=1".to_owned(),
        Alteration::Recompute(Recompute::Full) => "recompute=full".to_owned(),
        Alteration::Recompute(_) => "recompute=selective".to_owned(),
        Alteration::Cache(format) => format!("cache={}", format.id),
        Alteration::Optimizer(optimizer) => format!("optimizer={}", optimizer.id),
        Alteration::Weights(id, _) if asked.task.trains() => format!("precision={id}&recipe=auto"),
        Alteration::Weights(id, _) => format!("precision={id}"),
        Alteration::Lora => "task=lora&precision=bf16&recipe=auto".to_owned(),
        Alteration::Qlora => "task=qlora&recipe=auto".to_owned(),
        Alteration::Gpu(gpu) => format!("gpu={}", gpu.id),
        Alteration::RunInstead => "task=run".to_owned(),
        Alteration::Gpus(gpus) if asked.task == Task::Run && asked.has_architecture() => format!("tp={gpus}"),
        Alteration::Gpus(_) if asked.task == Task::Run || by_sheet(asked) => return None,
        Alteration::Gpus(gpus) => {
            format!("zero=3&dp={}", gpus / (u64::from(asked.tensor) * u64::from(asked.pipeline)).max(1))
        }
    })
}

fn by_sheet(asked: &MemoryScenario) -> bool {
    asked.sheet().is_some()
}

fn describe(asked: &MemoryScenario, change: &Change) -> String {
    let total = change.total.show(asked.units);
    let what = match change.alteration {
        Alteration::Activations(bytes) => format!("Smaller batch: {} B of activations", significant(bytes, 2)),
        Alteration::Context(tokens) => format!("{} tokens", count(tokens)),
        Alteration::Batch(batch) => format!("{} at once", count(batch)),
        Alteration::Chunked => "The loss in pieces".to_owned(),
        Alteration::Recompute(Recompute::Full) => "Compute layers again".to_owned(),
        Alteration::Recompute(_) => "Compute attention again".to_owned(),
        Alteration::Cache(format) => format!("{} cache", format.name),
        Alteration::Optimizer(optimizer) => optimizer.name.to_owned(),
        Alteration::Weights(_, name) if asked.task.trains() => format!("Train in {name}"),
        Alteration::Weights(_, name) => format!("{name} weights"),
        Alteration::Lora => "LoRA, rank 16, in BF16".to_owned(),
        Alteration::Qlora => "QLoRA, rank 16".to_owned(),
        Alteration::Gpu(gpu) => return format!("{}: {}", gpu.name, gpu.memory().show(asked.units)),
        Alteration::Gpus(gpus) => {
            let name = format!("{} × {}", short_count(gpus as f64), asked.gpu.name);
            if change.saves.get() > 0.0 { format!("{name}, each") } else { return name }
        }
        Alteration::RunInstead => "Run it instead of training".to_owned(),
    };
    format!("{what} → {total}")
}

/// The longest sequences that the model is made for, where batch and length matter and anything bounds them.
fn longest(asked: &MemoryScenario, report: &Report) -> Option<u64> {
    match (&asked.size, &report.input.model) {
        _ if by_sheet(asked) => None,
        (Size::Model(model), _) => Some(model.context),
        (_, Model::Known(architecture)) => architecture.context,
        _ => None,
    }
}

/// The sum with its numbers, and what it takes for granted.
pub fn notes(asked: &MemoryScenario, report: &Report) -> String {
    let mut html = Html::default();
    html.open("ul", &[("class", "sums")]);
    let mut row = |name: &str, product: &str| {
        html.open("li", &[("class", "sum")]).element("span", &[("class", "sum__name")], name);
        html.element("span", &[("class", "sum__formula")], product).close("li");
    };
    for part in &report.parts {
        row(part.name, &format!("{} = {}", part.formula, part.bytes.show(asked.units)));
    }
    let per_param = significant(report.bytes_per_param(), 3);
    row("Total", &format!("{} × {per_param} B = {}", report.params, report.total().show(asked.units)));
    html.close("ul");
    if let Size::Model(model) = asked.size {
        let format = format(model.training.format).map_or(model.training.format, |row| row.name);
        let text = format!("{} was trained in {format}, for up to {} tokens.", model.name, count(model.context));
        html.element("p", &[("class", "note"), ("id", "memory-trained")], &text);
    }
    if let Some(most) = longest(asked, report).filter(|most| u64::from(asked.context) > *most) {
        let text = format!(
            "{} tokens is longer than the {} that the model is made for.",
            count(asked.context.into()),
            count(most)
        );
        html.element("p", &[("class", "problem"), ("id", "memory-too-long")], &text);
    }
    if let (Model::Known(architecture), Size::Config(_)) = (&report.input.model, &asked.size)
        && !architecture.defaults_used.is_empty()
    {
        let used: Vec<String> =
            architecture.defaults_used.iter().map(|(field, value)| format!("{field} = {value}")).collect();
        let text = format!("Not in the config, so as its class has it: {}.", used.join(", "));
        html.element("p", &[("class", "note"), ("id", "memory-defaults")], &text);
    }
    if report.cpu.get() > 0.0 {
        let text = format!("The CPU's memory has {} more for each GPU.", report.cpu.show(asked.units));
        html.element("p", &[("class", "note")], &text);
    }
    html.open("details", &[("class", "more")]).element("summary", &[], "Assumptions").open("ul", &[]);
    for text in report.assumptions.iter().filter(|text| !text.is_empty()) {
        html.element("li", &[], text);
    }
    html.close("ul").close("details").finish()
}

/// What was measured beside what was worked out, and what PyTorch said when memory ran out; nothing if neither is given.
pub fn compared(asked: &MemoryScenario, report: &Report) -> String {
    let mut html = Html::default();
    if asked.measured > 0.0 {
        let measured = Bytes(asked.measured * 1024.0 * 1024.0 * 1024.0);
        let (total, units) = (report.total(), asked.units);
        let difference = measured.get() - total.get();
        let words = if difference >= 0.0 { "more than" } else { "less than" };
        let share = significant(100.0 * difference.abs() / measured.get(), 2);
        let fills = asked.task == Task::Run && asked.engine.id == "vllm";
        let why = if difference >= 0.0 && fills {
            "vLLM takes all that it may use for its cache, whatever is asked of it."
        } else if difference >= 0.0 {
            "Usual reasons: what the allocator holds back, a larger CUDA context, a second process, buffers of the framework."
        } else {
            "Usual reasons: the peak was before the longest batch, memory that is shared, or a smaller overhead."
        };
        let text = format!(
            "Measured {}: {} ({share} %) {words} estimated. {why}",
            measured.show(units),
            Bytes(difference.abs()).show(units)
        );
        html.element("p", &[("class", "note"), ("id", "memory-measured")], &text);
    }
    out_of_memory(&mut html, &asked.error, asked.units);
    html.finish()
}

fn out_of_memory(html: &mut Html, text: &str, units: ByteUnits) {
    if text.is_empty() {
        return;
    }
    html.open("div", &[("id", "memory-oom")]).element("h3", &[], "What PyTorch said");
    match oom::read(text) {
        Some(found) => {
            for sentence in found.explain(units) {
                html.element("p", &[], &sentence);
            }
        }
        None => _ = html.element("p", &[], "This is no message of PyTorch that memory ran out."),
    }
    html.close("div");
}

/// Where the numbers come from.
pub fn sources(asked: &MemoryScenario, report: &Report) -> String {
    let model = match &asked.size {
        Size::Model(model) => vec![model.source, model.training.source],
        Size::Config(_) | Size::Params(_) => vec![],
    };
    let family = match &report.input.model {
        Model::Known(architecture) => Some(architecture.family.source),
        Model::Params(_) => None,
    };
    let error = Some(oom::SOURCE).filter(|_| !asked.error.is_empty());
    let parts = report.parts.iter().map(|part| part.source);
    crate::labs::sources(parts.chain(model).chain(family).chain(error).chain([asked.gpu.source]))
}

/// A name at the beginning of a sentence.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The picture of the parts in words.
pub fn summary(asked: &MemoryScenario, report: &Report) -> String {
    let parts: Vec<String> =
        report.parts.iter().map(|part| format!("{} {}", part.name, part.bytes.show(asked.units))).collect();
    let format = match asked.task {
        Task::Run => report.input.weights.name,
        Task::Qlora => "NF4",
        Task::Train | Task::Lora => crate::memory::recipe(asked.precision).map_or(asked.precision, |row| row.name),
    };
    let bytes = significant(report.bytes_per_param(), 3);
    format!(
        "{} in {format}: {}. That is {bytes} byte{} a parameter, {} × its FP32 weights.",
        capital(&answers::model_name(&asked.size)),
        parts.join(", "),
        if bytes == "1" { "" } else { "s" },
        answers::times(report.times_fp32_weights()),
    )
}
