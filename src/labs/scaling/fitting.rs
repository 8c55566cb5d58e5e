//! A law of the reader's own runs: from pasted text to a fit with its bands, and how it moves with the choice of loss.

use super::pictures;
use crate::labs::{Choice, Columns, Html, Part, Question, View, sentence};
use crate::scaling::Parametric;
use crate::scaling::bands::Ensemble;
use crate::scaling::fit::{self, Band, Bootstrap, FitReport, LOSSES, LossChoice, csv};
use crate::scaling::laws::FITTED_LAW;
use crate::scenario::number;
use crate::scenario::permalink::percent_encode;
use crate::scenario::scaling::FittedLaw;
use crate::units::{Flop, short_count, significant};

/// Resamples of the bootstrap.
pub const RESAMPLES: usize = 1000;
/// The same runs give the same bands.
const SEED: u64 = 2022;

/// The draws behind a law of the reader's own runs.
pub struct Own {
    /// The law's constants.
    pub constants: Parametric,
    /// The draws.
    pub draws: Ensemble,
}

/// Runs that are being fitted.
pub struct Task {
    typed: String,
    choice: &'static LossChoice,
    /// The fit by every loss, in the order of [`LOSSES`].
    fits: Vec<Result<fit::Fit, fit::Error>>,
    /// What is not done yet.
    bootstrap: Option<Bootstrap>,
    /// What came of it.
    report: Option<FitReport>,
}

impl Task {
    /// Reads a question's runs and fits them; the bootstrap is still to be done.
    ///
    /// # Errors
    /// A sentence about the runs.
    pub fn new(question: &Question) -> Result<Self, String> {
        let told = |error: fit::Error| sentence(&error.to_string());
        let runs = csv::read(&question.typed, number::parse).map_err(told)?;
        let choice = choice(question);
        let fits: Vec<_> = LOSSES.iter().map(|choice| fit::fit(&runs, choice.loss)).collect();
        let chosen = LOSSES.iter().zip(&fits).find(|(row, _)| row.id == choice.id).map(|(_, fit)| fit.clone());
        let fit = chosen.unwrap_or_else(|| fit::fit(&runs, choice.loss)).map_err(told)?;
        let bootstrap = Some(Bootstrap::new(&runs, &fit, RESAMPLES, SEED));
        Ok(Self { typed: question.typed.clone(), choice, fits, bootstrap, report: None })
    }

    /// Whether this is what a question asks.
    #[must_use]
    pub fn is_of(&self, question: &Question) -> bool {
        self.typed == question.typed && self.choice.id == choice(question).id
    }

    /// Fits resamples for as long as it may; says the share that is done, and nothing once all are.
    pub fn step(&mut self, may_go_on: impl Fn() -> bool) -> Option<f64> {
        let bootstrap = self.bootstrap.as_mut()?;
        while bootstrap.step() {
            if !may_go_on() {
                let (done, all) = bootstrap.progress();
                return Some(done as f64 / all as f64);
            }
        }
        self.report = self.bootstrap.take().map(Bootstrap::report);
        None
    }

    /// The draws of the law that was fitted, once there are any.
    #[must_use]
    pub fn own(&self) -> Option<Own> {
        let report = self.report.as_ref()?;
        Some(Own { constants: report.fit.constants, draws: Ensemble::new(&report.draws.laws).ok()? })
    }

    /// What the page shows of it.
    #[must_use]
    pub fn view(&self, question: &Question) -> View {
        let mut view = View::of(question);
        let Some(report) = &self.report else { return view };
        view.set(Part::Takeaway, takeaway(report));
        view.set(Part::Cards, constants(report));
        view.set(Part::Listing, losses(&self.fits, self.choice));
        view.set(Part::Change, change(report));
        view.figures = vec![pictures::residuals(report), pictures::fit_points(report)];
        view
    }
}

/// Why a question has no answer.
#[must_use]
pub fn problem(question: &Question, problem: String) -> View {
    let mut view = View::of(question);
    view.set(Part::Problem, problem);
    view
}

fn choice(question: &Question) -> &'static LossChoice {
    let id = question.order.as_deref().unwrap_or_default();
    LOSSES.iter().find(|choice| choice.id == id).unwrap_or(&LOSSES[0])
}

fn takeaway(report: &FitReport) -> String {
    let exponent = report.fit.constants.params_exponent();
    let band =
        report.bands.as_ref().map_or(String::new(), |bands| format!(" ({})", percent_80(&bands.params_exponent)));
    format!("Of {} runs: N* grows as C^{}{band}", report.fit.runs, significant(exponent, 3))
}

fn percent_80(band: &Band) -> String {
    format!("80 %: {} to {}", significant(band.p10, 3), significant(band.p90, 3))
}

/// The constants with their bands.
fn constants(report: &FitReport) -> String {
    let law = &report.fit.constants;
    let bands = report.bands.as_ref();
    let values = [
        ("E", law.e, bands.map(|bands| bands.e)),
        ("A", law.a, bands.map(|bands| bands.a)),
        ("B", law.b, bands.map(|bands| bands.b)),
        ("α", law.alpha, bands.map(|bands| bands.alpha)),
        ("β", law.beta, bands.map(|bands| bands.beta)),
        ("a = β/(α+β)", law.params_exponent(), bands.map(|bands| bands.params_exponent)),
    ];
    let span = |band: Option<Band>, ends: fn(&Band) -> (f64, f64)| {
        band.map_or("not determined".to_owned(), |band| {
            let (low, high) = ends(&band);
            format!("{} to {}", significant(low, 4), significant(high, 4))
        })
    };
    let rows = values.map(|(name, value, band)| {
        vec![
            name.to_owned(),
            significant(value, 5),
            span(band, |band| (band.p10, band.p90)),
            span(band, |band| (band.p2_5, band.p97_5)),
        ]
    });
    let mut html = Html::default();
    let caption = format!(
        "L = E + A/N^α + B/D^β of {} runs; they lie {} % from it (root mean square)",
        report.fit.runs,
        if report.fit.rmse_log < 1e-9 { "0".to_owned() } else { significant(100.0 * report.fit.rmse_log, 2) }
    );
    if bands.is_none() {
        let text = "These runs leave the constants open: of their resamples most determine no law. Take it as a curve through the \
                    runs, and give more of them, with other sizes and lengths.";
        html.element("p", &[("class", "warning"), ("id", "scaling-fit-open")], text);
    }
    html.table("scaling-fit-constants", &caption, Columns::Short(&["Constant", "Fit", "80 %", "95 %"]), rows);
    html.button("button", &change(report), "Use this law").finish()
}

/// How the exponents move with the choice of loss; a row is chosen by its name.
fn losses(fits: &[Result<fit::Fit, fit::Error>], present: &LossChoice) -> String {
    let rows = LOSSES.iter().zip(fits).map(|(choice, fit)| Choice {
        action: choice.id.to_owned(),
        name: choice.name,
        is_present: choice.id == present.id,
        cells: match fit {
            Ok(fit) => {
                let law = &fit.constants;
                let ratio = law.optimal(Flop(1e24)).tokens_per_param();
                let exponents = [law.alpha, law.beta, law.params_exponent()].map(|value| significant(value, 4));
                exponents.into_iter().chain([short_count(ratio)]).collect()
            }
            Err(_) => vec!["–".to_owned(); 4],
        },
    });
    let mut html = Html::default();
    let columns = ["Loss", "α", "β", "a", "Tokens per parameter at 10²⁴ FLOP"];
    html.choices("scaling-fit-losses", "How the exponents move with what is minimised", &columns, rows);
    html.finish()
}

/// What makes it the law of the lab.
fn change(report: &FitReport) -> String {
    let law = &report.fit.constants;
    let range = &report.fit.range;
    let fitted = FittedLaw {
        constants: [law.e, law.a, law.b, law.alpha, law.beta],
        params: (range.params.0.get(), range.params.1.get()),
        tokens: (range.tokens.0.get(), range.tokens.1.get()),
    };
    format!("fit={}&law={FITTED_LAW}", percent_encode(&fitted.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::Lab;
    use crate::scaling::{Allocation, LawKind};
    use crate::scenario::ScalingScenario;
    use crate::units::{Params, Tokens};

    /// Runs of a law without noise.
    fn runs() -> String {
        let law = crate::scaling::laws::default_law().loss_law().1;
        let mut text = "params,tokens,loss\n".to_owned();
        for n in [1e8, 3e8, 1e9, 3e9, 1e10] {
            for d in [1e10, 3e10, 1e11, 3e11] {
                let at = Allocation { params: Params(n), tokens: Tokens(d) };
                text += &format!("{n:e},{d:e},{}\n", law.loss(at).get());
            }
        }
        text
    }

    fn question(typed: &str) -> Question {
        Question { lab: Lab::Fit, typed: typed.to_owned(), ..Question::default() }
    }

    #[test]
    fn a_fit_is_shown_with_its_bands_and_becomes_the_law_of_the_lab() {
        let question = question(&runs());
        let mut task = Task::new(&question).unwrap();
        assert!(task.view(&question).part(Part::Takeaway).is_empty() && task.own().is_none(), "not yet");
        let mut shares = Vec::new();
        while let Some(share) = task.step(|| false) {
            shares.push(share);
        }
        assert!(shares.windows(2).all(|pair| pair[0] < pair[1]) && shares.len() > 100, "it can be left in between");
        let view = task.view(&question);
        assert!(
            view.part(Part::Takeaway).starts_with("Of 20 runs: N* grows as C^0.513"),
            "{}",
            view.part(Part::Takeaway)
        );
        let change = crate::scenario::permalink::split_query(view.part(Part::Change));
        let asked = ScalingScenario::from_keys(&change);
        let LawKind::Parametric(law) = asked.law().kind else { panic!("no law") };
        assert!((law.alpha / 0.3478 - 1.0).abs() < 1e-6 && (law.a / 482.01 - 1.0).abs() < 1e-5, "{law:?}");
        assert_eq!(law, task.own().unwrap().constants, "the bands are of this law");
        assert_eq!(super::super::report(&asked).unwrap().all_laws.last().unwrap().law.id, FITTED_LAW);
        assert!(task.is_of(&question), "it is not begun anew");
        assert!(!task.is_of(&Question { order: Some("huber-1e-3".into()), ..question.clone() }), "another loss");
        assert!(!task.is_of(&Question { typed: "n".into(), ..question }), "other runs");
    }

    #[test]
    fn what_is_no_table_of_runs_is_told_with_the_line() {
        for (typed, sentence) in [
            ("N,D,loss\n1e8,1e10,abc\n", "Line 2: `abc` in the column loss is no number"),
            ("N,D,loss\n1e8,1e10,3\n", "different runs or more; found: 1"),
            ("hello", "Line 1"),
            ("\u{0}PNG", "This is no text"),
        ] {
            let problem = Task::new(&question(typed)).err().unwrap();
            assert!(problem.contains(sentence) && problem.ends_with('.'), "{typed}: {problem}");
        }
    }
}
