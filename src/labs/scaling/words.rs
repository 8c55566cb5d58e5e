//! Every law's answer, and why the present one is what it is.

use crate::catalog::FAMOUS;
use crate::labs::Html;
use crate::scaling::{self, Known, LAWS, LawKind, Report};
use crate::units::{short_count, significant};

/// Every law's answer to the same question, side by side.
pub fn all_laws(known: Known, present: &Report) -> String {
    let mut html = Html::default();
    let region =
        [("class", "table-scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", "Every law’s answer")];
    html.open("div", &region).open("table", &[("id", "scaling-laws")]);
    html.element("caption", &[], "Every law’s answer to your question");
    html.head(["Law", "Parameters", "Tokens", "Tokens per parameter"].into_iter()).open("tbody", &[]);
    for report in LAWS.iter().filter_map(|law| scaling::solve(known, law).ok()) {
        let class = if present.law.id == report.law.id { "present" } else { "" };
        html.open("tr", &[("class", class)]).element("th", &[("scope", "row")], report.law.name);
        html.element("td", &[], &report.params.to_string()).element("td", &[], &short_count(report.tokens.get()));
        html.element("td", &[], &significant(report.tokens_per_param, 3)).close("tr");
    }
    html.close("tbody").close("table").close("div").finish()
}

/// The sum, the law, and what both take for granted.
pub fn notes(report: &Report) -> String {
    const ASSUMPTIONS: [&str; 4] = [
        "Training takes 6 FLOP per parameter and token: 2 forward, 4 backward. Attention over long texts and recomputation come on top.",
        "Each token is seen once, and the data are like those that the law was fitted on.",
        "A compute-optimal model is not the cheapest to use: serving many readers favours a smaller model trained for longer.",
        "Losses of different laws cannot be compared: each belongs to one tokenizer and one data set.",
    ];
    let mut html = Html::default();
    html.element("p", &[("class", "formula")], &explain_compute(report));
    html.element("p", &[("class", "formula")], &explain_law(report));
    html.element("p", &[("class", "note")], report.law.note);
    html.element("p", &[("class", "note")], range_note(report));
    html.open("details", &[("class", "more")]).element("summary", &[], "Assumptions").open("ul", &[]);
    for text in ASSUMPTIONS {
        html.element("li", &[], text);
    }
    html.close("ul").close("details").finish()
}

/// Where the numbers come from.
pub fn sources(report: &Report) -> String {
    let laws = [report.law.source, report.loss_law.source];
    crate::labs::sources(laws.into_iter().chain(FAMOUS.iter().map(|model| model.source)))
}

fn explain_compute(report: &Report) -> String {
    format!("C = 6·N·D = 6 × {} × {} = {}", report.params, short_count(report.tokens.get()), report.compute)
}

fn explain_law(report: &Report) -> String {
    match report.law.kind {
        LawKind::TokensPerParam(ratio) => format!(
            "D = {ratio}·N = {ratio} × {} = {}; loss by {}: {}",
            report.params,
            short_count(report.tokens.get()),
            report.loss_law.name,
            report.loss,
        ),
        LawKind::Parametric(law) => format!(
            "L = E + A/N^α + B/D^β = {} + {}/N^{} + {}/D^{} = {}",
            significant(law.e, 5),
            significant(law.a, 6),
            significant(law.alpha, 4),
            significant(law.b, 6),
            significant(law.beta, 4),
            report.loss,
        ),
    }
}

fn range_note(report: &Report) -> &'static str {
    if report.in_range {
        "This run is within the range of those that the law was fitted on."
    } else {
        "This run is outside the range of those that the law was fitted on: read it as an extrapolation."
    }
}
