//! The verdict, the changes that fit, and why the sum is what it is.

use crate::answers;
use crate::labs::Html;
use crate::memory::{Alteration, Change, Report, Verdict, changes as changes_that_fit};
use crate::scenario::MemoryScenario;
use crate::scenario::memory::Size;
use crate::units::{ByteUnits, short_count, significant};

/// The verdict, by icon, word and place; colour comes third.
pub fn verdict(asked: &MemoryScenario, report: &Report) -> String {
    let (class, icon, word) = match report.verdict() {
        Verdict::Fits => ("verdict verdict--fits", "✓", "Fits"),
        Verdict::Tight => ("verdict verdict--tight", "!", "Tight"),
        Verdict::Over => ("verdict verdict--over", "✕", "Does not fit"),
    };
    let share = format!("{} of {}", report.total().show(asked.units), report.gpu_bytes().show(asked.units));
    let needs = match report.gpus_needed() {
        1 => String::new(),
        n => format!("needs {} such GPUs", short_count(n as f64)),
    };
    let mut html = Html::default();
    html.open("p", &[("class", class), ("id", "memory-verdict"), ("role", "status")]);
    html.element("span", &[("class", "verdict__icon"), ("aria-hidden", "true")], icon);
    html.element("strong", &[("class", "verdict__word")], word);
    html.element("span", &[], &share).element("span", &[], &needs).close("p").finish()
}

/// The smallest changes that fit, each a button that makes it; nothing where there is none.
pub fn changes(asked: &MemoryScenario) -> String {
    let mut found = changes_that_fit(&asked.input());
    found.retain(|change| change.fits);
    if found.is_empty() {
        return String::new();
    }
    let mut html = Html::default();
    html.open("div", &[("class", "changes")]);
    html.element("h2", &[("class", "changes__title")], "Smallest change that fits");
    html.open("ul", &[("class", "changes__list"), ("id", "memory-changes")]);
    for change in found {
        let text = format!("✓ {}", describe(&change, asked.units));
        match action(&change) {
            Some(action) => html.open("li", &[]).button("button", &action, &text).close("li"),
            None => html.element("li", &[("class", "change")], &text),
        };
    }
    html.close("ul").close("div").finish()
}

/// The key that a change sets, and to what; nothing for what no link can say.
fn action(change: &Change) -> Option<String> {
    Some(match change.alteration {
        Alteration::Activations { bytes_per_param } => format!("activations={bytes_per_param}"),
        Alteration::Precision(precision) => format!("precision={}", precision.id),
        Alteration::Gpu(gpu) => format!("gpu={}", gpu.id),
        Alteration::RunInstead => "task=run".to_owned(),
        // The page asks about one GPU; how many are needed is an answer, not an input.
        Alteration::Gpus(_) => return None,
    })
}

fn describe(change: &Change, units: ByteUnits) -> String {
    let total = change.total.show(units);
    match change.alteration {
        Alteration::Activations { bytes_per_param } => {
            format!("Smaller batch: {} B of activations → {total}", significant(bytes_per_param, 2))
        }
        Alteration::Precision(precision) => format!("{} weights → {total}", precision.name),
        Alteration::Gpu(gpu) => format!("{}: {}", gpu.name, gpu.memory().show(units)),
        Alteration::Gpus(n) => format!("{} × {}", short_count(n as f64), change.input.gpu.name),
        Alteration::RunInstead => format!("Run it instead of training → {total}"),
    }
}

/// The sum with its numbers, and what it takes for granted.
pub fn notes(asked: &MemoryScenario, report: &Report) -> String {
    let params = report.input.params;
    let mut html = Html::default();
    html.open("ul", &[("class", "sums")]);
    let mut row = |name: &str, product: &str| {
        html.open("li", &[("class", "sum")]).element("span", &[("class", "sum__name")], name);
        html.element("span", &[("class", "sum__formula")], product).close("li");
    };
    for part in &report.parts {
        row(part.kind.name(), &answers::product(params, part.bytes_per_param, part.bytes, asked.units));
    }
    row("Total", &answers::product(params, report.bytes_per_param(), report.total(), asked.units));
    html.close("ul");
    html.open("details", &[("class", "more")]).element("summary", &[], "Assumptions").open("ul", &[]);
    for text in &report.assumptions {
        html.element("li", &[], text);
    }
    html.close("ul").close("details").finish()
}

/// Where the numbers come from.
pub fn sources(asked: &MemoryScenario, report: &Report) -> String {
    let model = match asked.size {
        Size::Model(model) => Some(model.source),
        Size::Params(_) => None,
    };
    let parts = report.parts.iter().map(|part| part.source);
    crate::labs::sources(parts.chain(model).chain([asked.gpu.source]))
}
