//! The answer in words: how sure it is, why it is what it is, and what would go wrong.

use super::tables::passes;
use crate::answers::times;
use crate::catalog::FAMOUS;
use crate::labs::Html;
use crate::scaling::bands::Band;
use crate::scaling::beyond::precision;
use crate::scaling::beyond::repeated::epochs;
use crate::scaling::beyond::serving::REFITS_SOURCE;
use crate::scaling::emissions::{GRIDS, PRICES, PUES};
use crate::scaling::laws::FITTED_LAW;
use crate::scaling::{LawKind, PowerLaw, Report, Solution};
use crate::scenario::ScalingScenario;
use crate::units::{in_words, short_count, significant};

/// The answer with its band, and what to think of it.
pub fn verdict(asked: &ScalingScenario, report: &Report) -> String {
    let run = &report.run;
    let mut html = Html::default();
    if let Some(bands) = &report.band_80 {
        let text = format!(
            "80 % of what the runs behind this law allow: {} parameters, {}, {} tokens per parameter.",
            between(bands.params, |params| params.to_string()),
            between(bands.tokens, |tokens| tokens.to_string()),
            between(bands.tokens_per_param, |ratio| significant(ratio, 2)),
        );
        html.element("p", &[("class", "note"), ("id", "scaling-band")], &text);
    }
    if let Some(compute) = &report.compute_band {
        let text = format!("80 % of them reach this loss with {}.", between(*compute, |compute| compute.to_string()));
        html.element("p", &[("class", "note"), ("id", "scaling-band-compute")], &text);
    }
    if !run.in_range {
        html.element("p", &[("class", "warning"), ("id", "scaling-range")], &beyond_range(run));
    }
    if asked.finds_utilisation() {
        let text =
            format!("That takes a utilisation of {} % of the dense peak.", significant(100.0 * run.utilisation, 3));
        html.element("p", &[("class", "note"), ("id", "scaling-utilisation")], &text);
    }
    if report.epochs > 1.0 {
        html.element("p", &[("class", "warning"), ("id", "scaling-repeated")], &repeated(asked, report));
    }
    if run.law.id == FITTED_LAW && report.band_80.is_none() && run.optimal {
        let text =
            "How sure your law is follows from your runs, which are in no link: paste them below to see its band.";
        html.element("p", &[("class", "note"), ("id", "scaling-no-band")], text);
    }
    if let Some(also) = run.also {
        let text = format!(
            "A second model reaches this loss with this compute: {} parameters on {}. It is larger, and dearer to use.",
            also.params, also.tokens
        );
        html.element("p", &[("class", "note")], &text);
    }
    if let Some(overhead) = report.overhead.filter(|overhead| *overhead > 0.005) {
        let text = format!(
            "Not the cheapest way to this loss: {} times the compute of the optimal run of {}.",
            times(1.0 + overhead),
            run.loss_law.name
        );
        html.element("p", &[("class", "note"), ("id", "scaling-overhead")], &text);
    }
    html.finish()
}

/// What it means that text runs out.
fn repeated(asked: &ScalingScenario, report: &Report) -> String {
    let run = &report.run;
    let text = format!(
        "This reads the text {} times and reaches {} nats, not {}.",
        significant(report.epochs, 3),
        significant(report.repeated_loss_nats.get(), 4),
        significant(run.loss.get(), 4),
    );
    let life = asked.lifetime();
    match life.law.optimum(run.compute, life.unique) {
        Ok(best) if run.optimal => {
            let reached = life.law.loss(best, life.unique);
            format!(
                "{text} The best split on that text: {} parameters and {}, which reaches {}.",
                best.params,
                passes(epochs(best.tokens, life.unique)),
                significant(reached.get(), 4)
            )
        }
        _ => text,
    }
}

/// `57.5B to 98.6B`
pub(super) fn between<T: Copy>(band: Band<T>, show: impl Fn(T) -> String) -> String {
    let (low, high) = (show(band.p10), show(band.p90));
    if low == high {
        return high;
    }
    let low = [" tokens", " FLOP"].into_iter().find_map(|unit| low.strip_suffix(unit)).unwrap_or(&low);
    format!("{low} to {high}")
}

fn beyond_range(run: &Solution) -> String {
    let fitted = run.law.fitted;
    let mut ranges: Vec<String> = Vec::new();
    if let Some((least, most)) = fitted.params {
        ranges.push(format!("{least} to {most} parameters"));
    }
    if let Some((least, most)) = fitted.tokens {
        ranges.push(format!("{} to {most}", short_count(least.get())));
    }
    if let Some((least, most)) = fitted.compute {
        let least = if least.get() > 0.0 { format!("{least} to ") } else { "up to ".to_owned() };
        ranges.push(format!("{least}{most}"));
    }
    format!(
        "Outside the range of {}, fitted on {}: an extrapolation.",
        run.law.name,
        if ranges.is_empty() { "fewer".to_owned() } else { ranges.join(", ") }
    )
}

/// The sum, the law, and what both take for granted.
pub fn notes(report: &Report) -> String {
    const ASSUMPTIONS: [&str; 5] = [
        "Training takes 6 FLOP per parameter and token: 2 forward, 4 backward. “FLOPs, one by one” counts what comes on top.",
        "The data are like those that the law was fitted on. Where text is short, “Limited data” says what repetition costs.",
        "A compute-optimal model is not the cheapest to use: “Serving” says which one is.",
        "Losses of different laws cannot be compared: each belongs to one tokenizer and one data set.",
        "Peaks are dense: the figures with sparsity that some data sheets print are twice as high, and no training reaches them.",
    ];
    let run = &report.run;
    let mut html = Html::default();
    let mut formula = |text: &str| _ = html.element("p", &[("class", "formula")], text);
    formula(&compute(run));
    formula(&law(run));
    formula(&hours(run));
    html.element("p", &[("class", "note")], run.law.note);
    let counts = format!("N counts {}. Fitted on {}.", run.law.counts.name(), run.law.data);
    html.element("p", &[("class", "note")], &counts);
    if report.band_80.is_some() {
        html.element(
            "p",
            &[("class", "note")],
            "The band is what the bootstrap of the fit says: many resamples of the same runs, each fitted anew. That other data or \
             another form of law would give another answer is not in it: the strip of all laws shows that.",
        );
    }
    html.open("details", &[("class", "more")]).element("summary", &[], "Assumptions").open("ul", &[]);
    for text in ASSUMPTIONS {
        html.element("li", &[], text);
    }
    html.close("ul").close("details").finish()
}

/// Where the numbers come from.
pub fn sources(asked: &ScalingScenario, report: &Report) -> String {
    let laws = report.all_laws.iter().map(|answer| answer.law.source).filter(|source| !source.url.is_empty());
    let figures = [PRICES, PUES, GRIDS].into_iter().flatten().map(|row| row.source);
    let gpu = [asked.gpu.source, precision::SOURCE, REFITS_SOURCE];
    crate::labs::sources(laws.chain(gpu).chain(figures).chain(FAMOUS.iter().map(|model| model.source)))
}

pub(super) fn compute(run: &Solution) -> String {
    let words = in_words(run.compute.get()).map_or(String::new(), |words| format!(" ({words})"));
    format!("C = 6·N·D = 6 × {} × {} = {}{words}", run.params, short_count(run.tokens.get()), run.compute)
}

pub(super) fn hours(run: &Solution) -> String {
    format!("GPU-hours = C ÷ (peak × {} × 3600 s) = {}", significant(run.utilisation, 3), short_count(run.gpu_hours))
}

pub(super) fn law(run: &Solution) -> String {
    match run.law.kind {
        LawKind::TokensPerParam(ratio) => format!(
            "D = {ratio}·N = {ratio} × {} = {}; loss by {}: {}",
            run.params,
            short_count(run.params.get() * ratio),
            run.loss_law.name,
            run.loss,
        ),
        LawKind::Parametric(law) => format!(
            "L = E + A/N^α + B/D^β = {} + {}/N^{} + {}/D^{} = {}",
            significant(law.e, 5),
            significant(law.a, 6),
            significant(law.alpha, 4),
            significant(law.b, 6),
            significant(law.beta, 4),
            run.loss,
        ),
        LawKind::ParamsOfCompute(law) => frontier("N*", law, run),
        LawKind::TokensOfCompute(law) => frontier("D*", law, run),
    }
}

fn frontier(what: &str, law: PowerLaw, run: &Solution) -> String {
    let PowerLaw { coefficient, exponent } = law;
    let loss_law = run.loss_law.name;
    format!("{what} = {}·C^{exponent}; loss by {loss_law}: {}", significant(coefficient, 4), run.loss)
}
