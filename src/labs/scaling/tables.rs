//! What else follows from the answer: tables that open beside it.

use super::proposal::Model;
use crate::answers::times;
use crate::catalog::FAMOUS;
use crate::labs::{Choice, Columns, Html};
use crate::scaling::beyond::cost::UnitCosts;
use crate::scaling::beyond::overtraining::{self, critical_size};
use crate::scaling::beyond::precision::{self, Bits};
use crate::scaling::beyond::repeated::{DataLimited, epochs};
use crate::scaling::beyond::serving::REFITS;
use crate::scaling::emissions::{Figure, GRIDS, PRICES, PUES};
use crate::scaling::flops::peers::CONVENTIONS;
use crate::scaling::flops::{Attended, Count, Forward, over_rule, peers};
use crate::scaling::laws::rounding_trap;
use crate::scaling::{Allocation, Parametric, Report, deepseek, kaplan};
use crate::scenario::ScalingScenario;
use crate::scenario::scaling::Given;
use crate::units::{Flop, Tokens, scientific, short_count, significant};

/// Passes over the text that its worth is shown for.
const PASSES: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 40.0, 100.0];
/// Shares of the optimal size that the overhead of over-training is shown for.
const SHARES: [f64; 7] = [1.0, 0.75, 0.6, 0.5, 0.4, 0.3, 0.25];
/// Steps of the rounding trap.
const ROUNDINGS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];

/// Every law's answer to the same question, side by side, always in view.
pub fn all_laws(report: &Report) -> String {
    let rows = report.all_laws.iter().map(|answer| Choice {
        action: format!("law={}", answer.law.id),
        name: answer.law.name,
        is_present: answer.law.id == report.run.law.id,
        cells: vec![
            answer.params.to_string(),
            short_count(answer.tokens.get()),
            significant(answer.tokens.get() / answer.params.get(), 3),
            answer.loss.map_or("–".to_owned(), |loss| significant(loss.get(), 4)),
            if answer.in_range { "such runs" } else { "other runs" }.to_owned(),
        ],
    });
    let mut html = Html::default();
    let columns = ["Law", "Parameters", "Tokens", "Per parameter", "Loss", "Fitted on"];
    html.choices("scaling-laws", "Every law’s answer to your question", &columns, rows);
    html.finish()
}

/// All tables that open.
pub fn details(asked: &ScalingScenario, report: &Report) -> String {
    let mut html = Html::default();
    html.more("scaling-cost", "Time, money, energy and carbon", |html| cost(html, asked, report));
    html.more("scaling-serving", "Serving: the cheapest model of the same loss", |html| serving(html, asked, report));
    html.more("scaling-small", "Over-training: a smaller model of the same loss", |html| small(html, report));
    html.more("scaling-data", "Limited data: what repetition is worth", |html| data(html, report));
    html.more("scaling-flops", "FLOPs, one by one", |html| flops(html, asked, report));
    html.more("scaling-models", "Famous models under this law", |html| famous(html, report));
    html.more("scaling-bits", "Precision in training", |html| bits(html, asked));
    html.more("scaling-papers", "What single papers add", |html| papers(html, asked, report));
    html.more("scaling-rounding", "The rounding trap", |html| rounding(html, report));
    html.finish()
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// A share in percent; what is only a rounding is 0.
fn percent(share: f64) -> String {
    format!("{} %", if share.abs() < 1e-9 { "0".to_owned() } else { significant(100.0 * share, 3) })
}

fn note(html: &mut Html, text: &str) {
    html.element("p", &[("class", "note")], text);
}

fn cost(html: &mut Html, asked: &ScalingScenario, report: &Report) {
    let run = &report.run;
    let (gpu, watts) = (asked.gpu, asked.watts_of_gpu());
    let or_open = |value: Option<f64>, unit: &str| {
        let shown = |value: f64| if value < 1e4 { significant(value, 4) } else { short_count(value) };
        value.map_or("–".to_owned(), |value| format!("{}{unit}", shown(value)))
    };
    let again = if asked.recompute { " × 4/3 for activations that are computed again" } else { "" };
    let making = if asked.embodied > 0.0 {
        format!(" + the making of the GPUs: {} kg each over {} h", asked.embodied, asked.life)
    } else {
        String::new()
    };
    let rows = [
        row([
            "Utilisation",
            &percent(run.utilisation),
            if asked.finds_utilisation() {
                "follows: compute ÷ (GPU-hours × dense peak)"
            } else {
                "as given: of the dense peak"
            },
        ]),
        row([
            "GPU-hours",
            &short_count(run.gpu_hours),
            &format!("C{again} ÷ ({} dense peak × utilisation {})", gpu.name, significant(run.utilisation, 3)),
        ]),
        row(["GPUs", &or_open(run.gpus, ""), "GPU-hours ÷ (days × 24 × availability)"]),
        row(["Days", &or_open(run.days, ""), "GPU-hours ÷ (GPUs × 24 × availability)"]),
        row([
            "Money",
            &or_open(run.cost, " USD"),
            &format!("GPU-hours × {} USD, yours to edit. {}", asked.price, figures(PRICES, "USD")),
        ]),
        row([
            "Energy",
            &format!("{} MWh", short_count(run.energy)),
            &format!("GPU-hours × {watts} W × PUE {}. {}", asked.pue, figures(PUES, "")),
        ]),
        row([
            "Carbon",
            &format!("{} t CO₂e", short_count(report.co2_tonnes)),
            &format!("MWh × {} kg/kWh{making}. {}", asked.grid, figures(GRIDS, "kg/kWh")),
        ]),
    ];
    html.table(
        "scaling-cost-table",
        "Time, money, energy and carbon",
        Columns::Told(&["What", "How much", "How"]),
        rows,
    );
}

/// Published figures, dated: `H800, DeepSeek-V3: 2 USD (2024-12)`.
fn figures(rows: &[Figure], unit: &str) -> String {
    let of = |row: &Figure| {
        format!("{}: {} {unit}", row.name, row.value).trim_end().to_owned() + &format!(" ({})", row.dated)
    };
    rows.iter().map(of).collect::<Vec<_>>().join("; ")
}

fn serving(html: &mut Html, asked: &ScalingScenario, report: &Report) {
    if !asked.serves() {
        note(html, "Say under “Limited data, and serving” how many tokens the model will read and write.");
        return;
    }
    let (run, demand) = (&report.run, asked.demand());
    let mut rows = Vec::new();
    let mut push = |what: &str, at: Allocation, costs: &UnitCosts, unit: &str| {
        let show = |value: f64| if unit == "USD" { short_count(value) } else { scientific(value) };
        rows.push(vec![
            what.to_owned(),
            at.params.to_string(),
            short_count(at.tokens.get()),
            format!("{} {unit}", show(costs.training(at))),
            format!("{} {unit}", show(costs.serving(at.params, demand))),
            format!("{} {unit}", show(costs.lifetime(at, demand))),
        ]);
    };
    let mut problems = Vec::new();
    let money = asked.lifetime_in_money().unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    for (life, unit) in [(Some(asked.lifetime()), "FLOP"), (money, "USD")] {
        let Some(life) = life else { continue };
        push(&format!("your run, in {unit}"), run.allocation(), &life.costs, unit);
        match life.for_loss(report.repeated_loss_nats) {
            Ok(cheapest) => push(&format!("cheapest in {unit}"), cheapest.at, &life.costs, unit),
            Err(error) => problems.push(error.to_string()),
        }
    }
    let columns = ["Run", "Parameters", "Tokens", "Training", "Serving", "Life"];
    html.table("scaling-serving-table", "The same loss over a lifetime", Columns::Short(&columns), rows);
    for problem in problems {
        note(html, &crate::labs::sentence(&problem));
    }
    note(
        html,
        "Sardana & Frankle: least 6·N·D + 2·N·D_inf at the same loss, found by halving in ln D; text that is read again counts as Muennighoff et al. say. In money, reading and writing have their own utilisation and price.",
    );
}

fn small(html: &mut Html, report: &Report) {
    let (law, constants) = report.run.law.loss_law();
    let optimal = constants.optimal(report.run.compute);
    let compute = report.run.compute;
    let rows = SHARES.into_iter().map(|share| {
        let of_optimum = percent(share);
        match overtraining::run(&constants, compute, share) {
            Ok(at) => vec![
                of_optimum,
                at.params.to_string(),
                short_count(at.tokens.get()),
                percent(at.flop() / compute - 1.0),
            ],
            Err(_) => vec![of_optimum, (optimal.params * share).to_string(), "no amount".to_owned(), "–".to_owned()],
        }
    });
    let columns = ["Of the optimal size", "Parameters", "Tokens", "More compute"];
    html.table("scaling-small-table", "Smaller models of the same loss", Columns::Short(&columns), rows);
    let critical = critical_size(&constants);
    let text = format!(
        "Below {} % of the optimal size ({} parameters) no amount of data reaches this loss, by the α and β of {} (de Vries 2023).",
        significant(100.0 * critical, 3),
        optimal.params * critical,
        law.name
    );
    note(html, &text);
}

/// `1 pass`, `9.49 passes`
pub(super) fn passes(count: f64) -> String {
    let shown = significant(count, 3);
    format!("{shown} {}", if shown == "1" { "pass" } else { "passes" })
}

fn data(html: &mut Html, report: &Report) {
    let run = &report.run;
    let (_, constants) = run.law.loss_law();
    let limited = DataLimited::with_law(constants);
    let unique = Tokens(run.tokens.get() / report.epochs);
    let rows = PASSES.into_iter().map(|passes| {
        let read = unique * passes;
        let worth = limited.effective_tokens(read, unique);
        let loss = limited.loss(Allocation { params: run.params, tokens: read }, unique);
        vec![
            significant(passes, 3),
            short_count(read.get()),
            short_count(worth.get()),
            format!("{} %", significant(100.0 * (worth / read), 3)),
            format!("{:.4}", loss.get()),
        ]
    });
    let columns = ["Passes", "Tokens read", "Worth of new tokens", "Share", "Loss of this model"];
    let caption = format!("{unique} of text, read again and again");
    html.table("scaling-data-table", &caption, Columns::Short(&columns), rows);
    let best = limited.optimum(run.compute, unique);
    let best = best.map_or(String::new(), |at| {
        format!(
            " The best split of this compute on that text: {} parameters, {}.",
            at.params,
            passes(epochs(at.tokens, unique))
        )
    });
    let text = format!(
        "No number of passes is worth more than {} times the text.{best} R* of Muennighoff et al., fitted with their own constants on C4 up to 9B parameters; with those of another law it is an assumption.",
        significant(1.0 + limited.tokens_decay, 4),
    );
    note(html, &text);
}

fn flops(html: &mut Html, asked: &ScalingScenario, report: &Report) {
    let model = match Model::of(asked, report) {
        Ok(model) => model,
        Err(problem) => return note(html, &problem),
    };
    let sequence = asked.sequence as u64;
    let (full, causal) = (
        Forward::of(&model.architecture, sequence, Attended::Full),
        Forward::of(&model.architecture, sequence, Attended::Causal),
    );
    let (Ok(full), Ok(causal)) = (full, causal) else {
        return note(html, "FLOPs are counted of decoders only.");
    };
    let n = asked.count.params(&model.architecture);
    let total = |forward: &Forward| forward.training(asked.recompute);
    let mut rows: Vec<Vec<String>> = full
        .terms()
        .iter()
        .zip(causal.terms())
        .map(|((name, full), (_, causal))| vec![(*name).to_owned(), scientific(full.get()), scientific(causal.get())])
        .collect();
    let passes = if asked.recompute {
        "Training: forward, backward twice that, forward again"
    } else {
        "Training: forward, and backward twice that"
    };
    rows.push(vec![passes.to_owned(), scientific(total(&full).get()), scientific(total(&causal).get())]);
    let over = |flop: Flop| format!("{} × 6·N", significant(over_rule(flop, n), 4));
    rows.push(vec![
        format!("Against 6 × {n} ({})", Count::ALL.iter().find(|row| row.0 == asked.count).map_or("", |row| row.2)),
        over(total(&full)),
        over(total(&causal)),
    ]);
    let run = Flop(total(&causal).get() * report.run.tokens.get());
    let is_run = asked.model.is_none() || asked.knows(Given::Params);
    rows.push(vec![
        if is_run { "All tokens of the run" } else { "This model on as many tokens as the run" }.to_owned(),
        scientific(total(&full).get() * report.run.tokens.get()),
        scientific(run.get()),
    ]);
    let columns = ["FLOP for a token", "every key attended", "causal half"];
    let caption = format!("{}, sequences of {sequence} tokens", model.name);
    html.table("scaling-flops-table", &caption, Columns::Short(&columns), rows);
    if let Some(shape) = peers::Model::of(&model.architecture, sequence) {
        let rows = CONVENTIONS.iter().map(|convention| {
            let flop = (convention.per_token)(&shape);
            vec![
                convention.name.to_owned(),
                scientific(flop.get()),
                format!("{} × 6·N", significant(over_rule(flop, n), 4)),
                convention.formula.to_owned(),
            ]
        });
        html.table(
            "scaling-conventions",
            "How papers and tools count it",
            Columns::Told(&["Whose", "FLOP for a token", "Against 6·N", "How"]),
            rows,
        );
    }
    html.open("p", &[("class", "note")]).text(&format!("{} ", model.stated));
    html.open("a", &[("href", &model.memory_link), ("id", "scaling-to-memory")])
        .text("Does it fit in memory?")
        .close("a")
        .close("p");
}

fn famous(html: &mut Html, report: &Report) {
    let (law, constants) = report.run.law.loss_law();
    let rows = FAMOUS.iter().map(|model| {
        let mut cells = vec![format!("{}{}", model.name, if model.verified { "" } else { " (one source)" })];
        match model.against(&constants) {
            Some(standing) => cells.extend([
                format!("{} ×", times(standing.compute_excess)),
                demand(standing.implied_demand, model.tokens),
                format!("{:.3}", standing.loss.get()),
                format!("{:.3}", standing.optimal_loss.get()),
            ]),
            None => cells.extend(["–"; 4].map(str::to_owned)),
        }
        cells.extend([
            significant(model.tokens_per_param(), 3),
            model.active_params.to_string(),
            short_count(model.tokens.get()),
        ]);
        cells
    });
    let columns = [
        "Model",
        "Of the least compute",
        "Serving that would justify it",
        "Loss by the law",
        "Optimal for its compute",
        "Per parameter",
        "Parameters (active)",
        "Tokens",
    ];
    let caption = format!("Famous models under {}", law.name);
    html.table("scaling-famous", &caption, Columns::Short(&columns), rows);
    note(
        html,
        "Serving that would justify it: the tokens, as a multiple of those in training, that it would have to serve for its size to have been the cheapest choice. Rows of one source are marked.",
    );
}

/// `12.6 × its training`, or that nothing would.
fn demand(demand: Tokens, tokens: Tokens) -> String {
    let ratio = demand / tokens;
    if ratio < 0.0 { "none: too large for its data".to_owned() } else { format!("{} × its training", times(ratio)) }
}

fn bits(html: &mut Html, asked: &ScalingScenario) {
    let own = asked.bits();
    let usual = [(16.0, 16.0, 16.0), (8.0, 8.0, 8.0), (4.0, 16.0, 16.0), (4.0, 4.0, 4.0)];
    let usual = usual.map(|(weights, activations, kv_cache)| Bits { weights, activations, kv_cache });
    let named = |bits: Bits| format!("{} / {} / {}", bits.weights, bits.activations, bits.kv_cache);
    let rows = [(" (yours)", own)]
        .into_iter()
        .chain(usual.into_iter().filter(|bits| *bits != own).map(|bits| ("", bits)))
        .map(|(name, bits)| {
            let share = bits.effective_share();
            let counts =
                share.map_or_else(|error| error.to_string(), |share| format!("{} %", significant(100.0 * share, 3)));
            vec![format!("{}{name}", named(bits)), counts]
        });
    html.table(
        "scaling-bits-table",
        "Parameters that are worth one in full precision",
        Columns::Short(&["Bits of weights / activations / KV", "N_eff ÷ N"]),
        rows,
    );
    let text = format!(
        "A trend, not a prediction: N_eff = N·Π(1 − e^(−bits/γ)) of Kumar et al. 2024, fitted on 30M to 220M parameters; its authors say the constants do not carry over. Quantizing after training costs more the longer a model was trained: the loss grows as D^{} ÷ N^{}; without the other constants, which are not published, no number is given.",
        precision::PTQ_TOKENS_EXPONENT,
        precision::PTQ_PARAMS_EXPONENT
    );
    note(html, &text);
    html.open("p", &[("class", "note")])
        .element("a", &[("href", "#/quantize?v=1")], "What fewer bits do to numbers")
        .close("p");
}

/// What Kaplan, DeepSeek and Sardana say beyond a split of the budget.
fn papers(html: &mut Html, asked: &ScalingScenario, report: &Report) {
    let run = &report.run;
    let compute = run.compute;
    // Kaplan et al. count without embeddings, where it is known how many those are.
    let model = Model::of(asked, report);
    let params = model.map_or(run.params, |model| Count::NonEmbedding.params(&model.architecture));
    let at = Allocation { params, tokens: run.tokens };
    let rows = [
        row([
            &format!("Kaplan et al. 2020: loss of {params} parameters without embeddings, on endless data"),
            &kaplan::loss_of_model(params).to_string(),
            "L(N) = (8.8·10¹³/N)^0.076, N without embeddings, nats of WebText2",
        ]),
        row([
            "Kaplan et al. 2020: loss of this run",
            &kaplan::loss(at).to_string(),
            "L(N, D), with the joint law’s own constants: not to be mixed with those above",
        ]),
        row([
            "Kaplan et al. 2020: tokens without overfitting",
            &short_count(kaplan::least_tokens(params).get()),
            "D ≥ 5000·N^0.74",
        ]),
        row([
            "DeepSeek LLM: FLOP for a token of the best model",
            &scientific(deepseek::flop_per_token(compute).get()),
            "M* = 0.1715·C^0.5243",
        ]),
        row(["DeepSeek LLM: tokens", &short_count(deepseek::tokens(compute).get()), "D* = 5.8316·C^0.4757"]),
        row(["DeepSeek LLM: learning rate", &scientific(deepseek::learning_rate(compute)), "0.3118·C^−0.125"]),
        row([
            "DeepSeek LLM: batch",
            &format!("{} tokens", short_count(deepseek::batch(compute).get())),
            "0.2920·C^0.3271",
        ]),
    ];
    html.table("scaling-papers-table", "At this budget", Columns::Told(&["What", "How much", "How"]), rows);
    let rows = REFITS.iter().map(|refit| {
        let at = refit.constants.optimal(compute);
        vec![
            refit.name.to_owned(),
            significant(refit.constants.alpha, 3),
            significant(refit.constants.beta, 3),
            at.params.to_string(),
            short_count(at.tokens.get()),
            significant(at.tokens_per_param(), 3),
        ]
    });
    let columns = ["Runs that were fitted", "α", "β", "Parameters", "Tokens", "Per parameter"];
    html.table("scaling-refits", "Sardana & Frankle 2024: long runs bend the law", Columns::Short(&columns), rows);
}

fn rounding(html: &mut Html, report: &Report) {
    let compute = report.run.compute;
    let rows = ROUNDINGS.into_iter().map(|step| {
        let law = rounding_trap(step);
        let Parametric { alpha, beta, .. } = law.loss_law().1;
        let at = law.optimal(compute);
        vec![
            significant(alpha, 5),
            significant(beta, 5),
            at.params.to_string(),
            short_count(at.tokens.get()),
            significant(at.tokens_per_param(), 3),
        ]
    });
    let caption = format!("One paper’s law between its print (first) and its source (last), at {compute}");
    html.table(
        "scaling-rounding-table",
        &caption,
        Columns::Short(&["α", "β", "Parameters", "Tokens", "Tokens per parameter"]),
        rows,
    );
    note(
        html,
        "The paper prints E 1.69, A 406.4, B 410.7, α 0.34, β 0.28; most calculators use these. Its TeX source holds more digits, and they halve the data.",
    );
}
