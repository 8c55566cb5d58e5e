//! The answer to take along: as a cell of Python that works it out again, as Markdown, and all laws' answers as
//! comma-separated values.

use super::words;
use crate::answers;
use crate::scaling::{LawKind, Machine, Parametric, Report, Solution};
use crate::scenario::ScalingScenario;
use crate::scenario::number::format as number;
use crate::scenario::scaling::Given;
use crate::units::{Nats, short_count, significant};
use std::fmt::Write;

/// The answer as Markdown: every quantity with its band and how it follows, then every law's answer.
pub fn markdown(asked: &ScalingScenario, report: &Report) -> String {
    let title = answers::scaling(&report.run);
    let mut text = format!("**{title}**\n\n| Quantity | Value | 80 % band | How |\n|---|---:|---:|---|\n");
    for [quantity, value, band, how] in quantities(asked, report) {
        _ = writeln!(text, "| {quantity} | {value} | {band} | {how} |");
    }
    text += "\n| Law | Parameters | Tokens | Tokens per parameter | Loss, nats per token | In its range |\n|---|---:|---:|---:|---:|---|\n";
    for answer in &report.all_laws {
        let tokens = answer.tokens.get();
        _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            answer.law.name,
            answer.params,
            short_count(tokens),
            significant(tokens / answer.params.get(), 3),
            answer.loss.map_or("–".to_owned(), |loss| significant(loss.get(), 4)),
            if answer.in_range { "yes" } else { "no" },
        );
    }
    text
}

/// Rows of quantity, value, the middle 80 % where that is known, and formula.
fn quantities(asked: &ScalingScenario, report: &Report) -> Vec<[String; 4]> {
    let (run, bands) = (&report.run, report.band_80.as_ref());
    let nats = |loss: Nats| format!("{:.4} nats per token", loss.get());
    let band = |text: Option<String>| text.unwrap_or_default();
    let mut rows = vec![
        ["Compute".into(), run.compute.to_string(), String::new(), words::compute(run)],
        [
            "Parameters".into(),
            run.params.to_string(),
            band(bands.map(|bands| words::between(bands.params, |params| params.to_string()))),
            if run.optimal { format!("N*(C) of {}", run.law.name) } else { "from what is known".into() },
        ],
        [
            "Tokens".into(),
            short_count(run.tokens.get()),
            band(bands.map(|bands| words::between(bands.tokens, |tokens| short_count(tokens.get())))),
            "D = C ÷ 6·N".into(),
        ],
        [
            "Tokens per parameter".into(),
            significant(run.tokens_per_param, 3),
            band(bands.map(|bands| words::between(bands.tokens_per_param, |ratio| significant(ratio, 2)))),
            "D ÷ N".into(),
        ],
        [
            "Loss".into(),
            nats(run.loss),
            band(bands.map(|bands| words::between(bands.loss, |loss| format!("{:.4}", loss.get())))),
            words::law(run),
        ],
    ];
    if asked.unique().is_some() {
        let how =
            format!("{} passes over the distinct tokens (Muennighoff et al. 2023)", significant(report.epochs, 3));
        rows.push(["Loss with repetition".into(), nats(report.repeated_loss_nats), String::new(), how]);
    }
    if let Some(overhead) = report.overhead {
        let more = format!("{} %", significant(100.0 * libm::fmax(overhead, 0.0), 3));
        let how = format!("beyond the least compute for this loss by {}", run.loss_law.name);
        rows.push(["Compute beyond the least".into(), more, String::new(), how]);
    }
    rows.extend(spent(asked, report).map(|[quantity, value, how]| [quantity, value, String::new(), how]));
    rows
}

/// What the run takes: quantity, value and formula.
fn spent(asked: &ScalingScenario, report: &Report) -> impl Iterator<Item = [String; 3]> {
    let run = &report.run;
    let count = |name: &str, value: Option<f64>, unit: &str, how: String| {
        value.map(|value| [name.to_owned(), format!("{}{unit}", short_count(value)), how])
    };
    let making = if asked.embodied > 0.0 { " + the making of the GPUs" } else { "" };
    [
        count("GPU-hours", Some(run.gpu_hours), "", words::hours(run)),
        count("GPUs", run.gpus, "", "GPU-hours ÷ (days × 24 × availability)".into()),
        count("Days", run.days, "", "GPU-hours ÷ (GPUs × 24 × availability)".into()),
        count("Money", run.cost, " USD", format!("GPU-hours × {} USD", asked.price)),
        count(
            "Energy",
            Some(run.energy),
            " MWh",
            format!("GPU-hours × {} W × PUE {}", asked.watts_of_gpu(), asked.pue),
        ),
        count("Carbon", Some(report.co2_tonnes), " t CO₂e", format!("MWh × {} kg/kWh{making}", asked.grid)),
    ]
    .into_iter()
    .flatten()
}

/// Every law's answer, a line each, under the names that the JSON report has for them.
pub fn csv(report: &Report) -> String {
    let mut text = "law,params,tokens,tokens_per_param,loss_nats,in_range\r\n".to_owned();
    for answer in &report.all_laws {
        let (params, tokens) = (answer.params.get(), answer.tokens.get());
        let loss = answer.loss.map_or(String::new(), |loss| number(loss.get()));
        let numbers = [params, tokens, tokens / params].map(number).join(",") + "," + &loss;
        _ = write!(text, "{},{numbers},{}\r\n", answer.law.id, answer.in_range);
    }
    text
}

/// A cell that stands by itself: from the constants of the law and what is known it works out every number of the report,
/// and asserts it within a millionth.
///
/// A size that only a search finds, that of a given compute and loss, is put in; the cell shows that it has this loss.
pub fn python(asked: &ScalingScenario, report: &Report) -> String {
    // Without a machine there is no report.
    let Ok(machine) = asked.question().map(|question| question.machine) else { return String::new() };
    let run = &report.run;
    let mut text = format!("# {}\nfrom math import exp, sqrt\n\n", answers::scaling(run));
    text += &hardware(asked, &machine, run);
    text += &law(run);
    _ = writeln!(text, "C = {}", budget(asked, run));
    _ = writeln!(text, "N = {}", size(asked, run));
    text += "D = C / (6 * N)\nL = E + A / N**alpha + B / D**beta\nhours = C / flop_per_gpu_hour\n";
    if let Some(unique) = asked.unique() {
        _ = write!(text, "unique = {}\n{LIMITED_DATA}", number(unique.get()));
    }
    text += "\nreport = {\n";
    for (key, worked_out, expected) in checks(asked, &machine, report) {
        _ = writeln!(text, "    \"{key}\": ({worked_out}, {}),", number(expected));
    }
    text + ASSERTIONS
}

/// Assertions that fail if a number is not the report's.
const ASSERTIONS: &str = "}
for key, (worked_out, expected) in report.items():
    assert abs(worked_out - expected) <= 1e-6 * abs(expected), f\"{key}: {worked_out} is not {expected}\"
print(f\"{N:.4g} parameters, {D:.4g} tokens, {C:.4g} FLOP, {L:.4f} nats per token\")
";

/// What text is worth that is read again, and what parameters are that it does not ask for.
const LIMITED_DATA: &str = "
# Muennighoff et al. 2023: repetitions, and parameters beyond those that the text asks for, lose their value.
def worth(amount, full, decay):
    return amount if amount <= full else full * (1 + decay * (1 - exp(-(amount / full - 1) / decay)))

seen = min(unique, D)
N_worth = worth(N, G ** (1 + beta / alpha) * seen ** (beta / alpha), 5.309743)
D_worth = worth(D, seen, 15.387756)
";

/// The GPU, and what one of its hours delivers and takes.
fn hardware(asked: &ScalingScenario, machine: &Machine, run: &Solution) -> String {
    let of = |values: &[f64]| values.iter().copied().map(number).collect::<Vec<_>>().join(", ");
    format!(
        "# {}: dense peak in FLOP/s, the share of it that training reaches, what is computed for each FLOP that counts\n\
         peak, mfu, recompute = {}\navailability, watts, pue, kg_per_kwh = {}\nprice = {}  # USD per GPU-hour\n\
         flop_per_gpu_hour = peak * mfu * 3600 / recompute\n\n",
        machine.gpu,
        of(&[machine.peak.get(), run.utilisation, machine.recompute]),
        of(&[machine.availability, machine.watts, machine.pue, asked.grid]),
        machine.price.map_or("None".to_owned(), number),
    )
}

/// The constants of the law that the loss is from.
fn law(run: &Solution) -> String {
    let Parametric { e, a, b, alpha, beta } = run.loss_law.loss_law().1;
    format!(
        "# {}: L = E + A/N^alpha + B/D^beta, in nats per token\nE, A, B, alpha, beta = {}\n\
         G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))\n\n",
        run.loss_law.name,
        [e, a, b, alpha, beta].map(number).join(", "),
    )
}

/// The compute, from what of the budget is known.
fn budget(asked: &ScalingScenario, run: &Solution) -> String {
    let budgets = [Given::Compute, Given::Hardware, Given::Hours, Given::Money, Given::Energy];
    match budgets.into_iter().find(|quantity| asked.knows(*quantity)) {
        Some(Given::Hardware) => {
            format!("{} * {} * 24 * availability * flop_per_gpu_hour", number(asked.gpus), number(asked.days))
        }
        Some(Given::Hours) => format!("{} * flop_per_gpu_hour", number(asked.hours)),
        Some(Given::Money) => format!("{} / price * flop_per_gpu_hour", number(asked.money)),
        Some(Given::Energy) => format!("{} / (watts * pue / 1e6) * flop_per_gpu_hour", number(asked.energy)),
        _ => number(run.compute.get()),
    }
}

/// The size: what the law makes of the compute, or what is known of the model.
fn size(asked: &ScalingScenario, run: &Solution) -> String {
    if run.optimal {
        let optimum = match run.law.kind {
            LawKind::TokensPerParam(ratio) => format!("sqrt(C / (6 * {}))", number(ratio)),
            LawKind::Parametric(_) => "G * (C / 6) ** (beta / (alpha + beta))".to_owned(),
            LawKind::ParamsOfCompute(law) => format!("{} * C ** {}", number(law.coefficient), number(law.exponent)),
            LawKind::TokensOfCompute(law) => {
                format!("C / (6 * {} * C ** {})", number(law.coefficient), number(law.exponent))
            }
        };
        return format!("{optimum}  # the optimum of {}", run.law.name);
    }
    if asked.knows(Given::Params) {
        number(asked.size().get())
    } else if asked.knows(Given::Tokens) {
        format!("C / (6 * {})", number(asked.tokens))
    } else if asked.knows(Given::Ratio) {
        format!("sqrt(C / (6 * {}))", number(asked.ratio))
    } else {
        number(run.params.get())
    }
}

/// Each number of the report: its key, how it is worked out, and what it is.
fn checks(asked: &ScalingScenario, machine: &Machine, report: &Report) -> Vec<(&'static str, String, f64)> {
    let run = &report.run;
    let making = if asked.embodied > 0.0 {
        format!(" + hours / {} * {} / 1e3", number(asked.life), number(asked.embodied))
    } else {
        String::new()
    };
    let energy = "hours * watts * pue / 1e6";
    let mut checks = vec![
        ("compute_flop", "6 * N * D".to_owned(), run.compute.get()),
        ("params", "N".to_owned(), run.params.get()),
        ("tokens", "D".to_owned(), run.tokens.get()),
        ("tokens_per_param", "D / N".to_owned(), run.tokens_per_param),
        ("loss_nats", "L".to_owned(), run.loss.get()),
        ("gpu_hours", "hours".to_owned(), run.gpu_hours),
        ("energy_mwh", energy.to_owned(), run.energy),
        ("co2_tonnes", format!("{energy} * kg_per_kwh{making}"), report.co2_tonnes),
    ];
    if let (Some(gpus), Some(days)) = (run.gpus, run.days) {
        checks.push(("gpus", format!("hours / ({} * 24 * availability)", number(days)), gpus));
        checks.push(("days", format!("hours / ({} * 24 * availability)", number(gpus)), days));
    }
    if let (Some(cost), Some(_)) = (run.cost, machine.price) {
        checks.push(("cost_usd", "hours * price".to_owned(), cost));
    }
    if let Some(overhead) = report.overhead {
        let factor = "((L - E) / (A * G**-alpha + B * G**beta))";
        let least = format!("6 * {factor} ** (-(alpha + beta) / (alpha * beta))");
        checks.push(("1 + overhead", format!("C / ({least})"), 1.0 + overhead));
    }
    if asked.unique().is_some() {
        checks.push(("epochs", "D / seen".to_owned(), report.epochs));
        let loss = "E + A / N_worth**alpha + B / D_worth**beta";
        checks.push(("repeated_loss_nats", loss.to_owned(), report.repeated_loss_nats.get()));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::scaling::{report, view};
    use crate::labs::{Lab, Part, Question};
    use std::process::Command;

    /// Every quantity that may be known, laws of every form, and what goes beyond a compute-optimal run.
    const WORKED: [&str; 20] = [
        "",
        "given=hardware&gpu=h100-sxm5-80gb&gpus=8&days=30&mfu=0.35&availability=0.9",
        "given=hours&hours=30.84e6&gpu=h100-sxm5-80gb&law=llama-3-2024&recompute=1",
        "given=money&money=5.576e6&law=deepseek-2024",
        "given=energy&energy=449&law=hoffmann-2022-a1&pue=1.2&watts=350",
        "given=params&params=7e9&law=chinchilla-20",
        "given=tokens&tokens=15e12&law=kaplan-2020",
        "given=loss&loss=2.1&law=devries-2023",
        "given=loss&loss=2.1&law=hoffmann-2022-a2",
        "given=ratio&ratio=200&also=compute&compute=1e22",
        "law=hoffmann-2022-a3-rounded",
        "law=hoffmann-2022-a3-rounded&unrounded=0.5&given=params&also=ratio&params=13e9&ratio=100",
        "law=muennighoff-2023&compute=1e22&unique=25e9",
        "given=params&params=70e9&also=tokens&tokens=10e9&unique=1e9",
        "given=compute&also=loss&loss=2",
        "given=compute&compute=1e22&also=money&money=1e5",
        "given=params&model=llama-3.1-8b&count=non-embedding&also=tokens&tokens=15e12&embodied=150&life=20000",
        "given=tokens&also=loss&tokens=1e12&loss=2.05&price=0&grid=0",
        "fit=1.8,480,2100,0.35,0.37,1e8,1e10,1e9,5e11&law=yours&compute=1e21&time=days&days=3",
        "compute=1e12",
    ];

    fn asked(link: &str) -> ScalingScenario {
        ScalingScenario::from_keys(&keys(link))
    }

    fn keys(link: &str) -> Vec<(String, String)> {
        let pairs = link.split('&').filter_map(|part| part.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    fn answer(link: &str) -> (ScalingScenario, Report) {
        let asked = asked(link);
        let report = report(&asked).unwrap_or_else(|problem| panic!("{link}: {problem}"));
        (asked, report)
    }

    /// Runs cells, and says of each whether it came to its end; `None` where there is no Python.
    fn run(cells: &[String]) -> Option<Vec<bool>> {
        const EACH: &str = "import sys, io, contextlib\nfor cell in sys.argv[1:]:\n    try:\n        \
             with contextlib.redirect_stdout(io.StringIO()):\n            exec(cell, {})\n        print('ran')\n    \
             except AssertionError as error:\n        print('failed')";
        let told = Command::new("python3").arg("-c").arg(EACH).args(cells).output().ok()?;
        assert!(told.status.success(), "{}\n{}", String::from_utf8_lossy(&told.stderr), cells[0]);
        Some(String::from_utf8_lossy(&told.stdout).lines().map(|line| line == "ran").collect())
    }

    #[test]
    fn a_cell_of_python_works_the_answer_out_again() {
        let cells = WORKED.map(|link| {
            let (asked, report) = answer(link);
            python(&asked, &report)
        });
        let Some(ran) = run(&cells) else { return println!("no Python here: nothing was run") };
        for (link, (cell, ran)) in WORKED.iter().zip(cells.iter().zip(ran)) {
            assert!(ran, "{link}:\n{cell}");
        }
    }

    #[test]
    fn the_cells_cover_every_quantity_and_every_form_of_law() {
        let answers = WORKED.map(answer);
        for quantity in Given::ALL {
            assert!(answers.iter().any(|(asked, _)| asked.knows(quantity)), "{}", quantity.name());
        }
        for form in ["TokensPerParam", "Parametric", "ParamsOfCompute", "TokensOfCompute"] {
            assert!(answers.iter().any(|(_, report)| format!("{:?}", report.run.law.kind).starts_with(form)), "{form}");
        }
        assert!(answers.iter().any(|(_, report)| !report.run.optimal), "a run that is not the law's optimum");
    }

    #[test]
    fn a_cell_fails_if_any_of_its_numbers_is_off_by_a_hundred_thousandth() {
        for link in WORKED {
            let (asked, report) = answer(link);
            let cell = python(&asked, &report);
            let lines: Vec<_> = cell.lines().filter(|line| line.starts_with("    \"")).collect();
            let cost_nothing = |line: &&&str| !line.ends_with(", 0),");
            let wrong: Vec<String> = lines
                .iter()
                .filter(cost_nothing)
                .map(|line| cell.replace(*line, &line.replacen(": (", ": (1.00001 * (", 1).replacen(", ", "), ", 1)))
                .chain([cell.replace("A, B, alpha, beta = ", "A, B, alpha, beta = 1 + ")])
                .collect();
            assert!(wrong.len() >= 10, "{link}: {cell}");
            let Some(ran) = run(&wrong) else { return println!("no Python here: nothing was run") };
            for (wrong, ran) in wrong.iter().zip(ran) {
                assert!(!ran, "{link}: a cell that cannot fail\n{wrong}");
            }
        }
    }

    #[test]
    fn the_markdown_has_every_quantity_and_every_law_in_rows_of_the_same_width() {
        for link in WORKED {
            let (asked, report) = answer(link);
            let text = markdown(&asked, &report);
            let tables: Vec<Vec<&str>> = text
                .split("\n\n")
                .skip(1)
                .map(|table| table.lines().filter(|line| line.starts_with('|')).collect())
                .collect();
            assert_eq!(tables.len(), 2, "{text}");
            assert!(tables[1].len() == 2 + report.all_laws.len(), "{text}");
            for table in tables {
                let widths: Vec<_> = table.iter().map(|line| line.matches('|').count()).collect();
                assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{link}: {text}");
            }
        }
        let (asked, report) = answer("");
        let text = markdown(&asked, &report);
        for row in ["| Parameters | 72.2B | 57", "| Tokens per parameter | 18.4 |", "| Money |", "| Llama 3 2024 |"] {
            assert!(text.contains(row), "{row}: {text}");
        }
    }

    #[test]
    fn the_csv_holds_the_numbers_of_the_report_to_the_last_digit() {
        let (_, report) = answer("");
        let text = csv(&report);
        let lines: Vec<Vec<&str>> = text.split_terminator("\r\n").map(|line| line.split(',').collect()).collect();
        assert_eq!(lines[0], ["law", "params", "tokens", "tokens_per_param", "loss_nats", "in_range"]);
        assert_eq!(lines.len(), 1 + report.all_laws.len());
        for (line, answer) in lines[1..].iter().zip(&report.all_laws) {
            assert_eq!(line[0], answer.law.id);
            let numbers = [answer.params.get(), answer.tokens.get()];
            assert_eq!([line[1], line[2]].map(|cell| cell.parse::<f64>().unwrap()), numbers);
            assert_eq!(line[4].parse::<f64>().ok(), answer.loss.map(Nats::get));
            assert_eq!(line[5], answer.in_range.to_string());
        }
    }

    #[test]
    fn the_page_has_all_three() {
        let view = view(&Question { lab: Lab::Scaling, ..Question::default() }, None);
        let (asked, report) = answer("");
        assert_eq!(view.part(Part::Markdown), markdown(&asked, &report));
        assert_eq!(view.part(Part::Python), python(&asked, &report));
        assert_eq!(view.part(Part::Csv), csv(&report));
    }
}
