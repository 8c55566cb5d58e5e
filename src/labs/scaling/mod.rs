//! The Scaling lab: how large should it be?

mod cell;
pub mod controls;
pub mod fitting;
pub mod pictures;
mod proposal;
mod tables;
mod words;

pub use controls::controls;

use super::form::Inputs;
use super::{Part, Question, View, sentence};
use crate::scaling::{LawKind, Report};
use crate::scenario::ScalingScenario;
use crate::scenario::scaling::KEYS;
use crate::{answers, json};
use fitting::Own;

/// What the lab is about.
///
/// # Errors
/// A sentence, if there is no answer.
pub fn report(asked: &ScalingScenario) -> Result<Report, String> {
    answer(asked, None)
}

fn answer(asked: &ScalingScenario, own: Option<&Own>) -> Result<Report, String> {
    // Runs that were pasted are not always those of the law in the link.
    let own = own.filter(|own| asked.law().kind == LawKind::Parametric(own.constants)).map(|own| &own.draws);
    asked.question().and_then(|question| question.answer(own)).map_err(|error| sentence(&error.to_string()))
}

/// Answers a question. `own` are the draws of the law that was fitted to the reader’s runs, while they are there.
#[must_use]
pub fn view(question: &Question, own: Option<&Own>) -> View {
    let (asked, inputs): (ScalingScenario, _) = Inputs::read(question, KEYS, controls);
    let mut view = View { inputs, ..View::of(question) };
    match answer(&asked, own) {
        Ok(report) => {
            view.set(Part::Takeaway, answers::scaling(&report.run));
            view.set(Part::Report, json::write(&report));
            view.set(Part::Cards, words::verdict(&asked, &report));
            view.set(Part::Listing, tables::all_laws(&report));
            view.set(Part::Figures, tables::details(&asked, &report));
            view.set(Part::Notes, words::notes(&report));
            view.set(Part::Sources, words::sources(&asked, &report));
            view.set(Part::Markdown, cell::markdown(&asked, &report));
            view.set(Part::Python, cell::python(&asked, &report));
            view.set(Part::Csv, cell::csv(&report));
            view.figures = pictures::all(&asked, &report);
        }
        Err(problem) => view.set(Part::Problem, problem),
    }
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::LAWS;
    use crate::scaling::laws::FITTED_LAW;
    use crate::scenario::permalink::split_query;
    use crate::scenario::scaling::Given;
    use proptest::prelude::*;

    fn shown(link: &str) -> View {
        view(&Question { keys: split_query(link), ..Question::default() }, None)
    }

    #[test]
    fn what_is_known_twice_and_differently_is_named() {
        let told = |link: &str| shown(link).part(Part::Problem).to_owned();
        assert_eq!(told("also=money&money=3e6"), "", "utilisation follows from compute and money");
        assert!(
            told("given=hours&also=money").contains("GPU-hours and money both fix the budget"),
            "{}",
            told("given=hours&also=money")
        );
        assert!(told("given=loss&loss=1.8").contains("E = 1.8172"), "{}", told("given=loss&loss=1.8"));
        assert!(
            told("also=hardware&gpus=1&days=1").contains("utilisation would be"),
            "{}",
            told("also=hardware&gpus=1&days=1")
        );
    }

    #[test]
    fn a_model_of_the_catalogue_says_its_own_size_as_it_is_counted() {
        let size = |link: &str| json_of(&shown(link))["params"].as_f64().unwrap();
        assert_eq!(size("given=params&model=llama-3.1-8b"), 8_030_261_248.0);
        assert!(size("given=params&model=llama-3.1-8b&count=non-embedding") < 7.1e9);
        assert!(size("given=params&model=mixtral-8x7b&count=active") < 1.4e10);
    }

    fn json_of(view: &View) -> serde_json::Value {
        serde_json::from_str(view.part(Part::Report)).unwrap()
    }

    #[test]
    fn a_fitted_law_of_a_link_stands_in_the_strip_and_can_be_chosen() {
        let fit = "fit=1.8,480,2100,0.35,0.37,1e8,1e10,1e9,5e11";
        let laws = |link: &str| json_of(&shown(link))["all_laws"].as_array().unwrap().len();
        assert_eq!((laws(fit), laws("")), (LAWS.len() + 1, LAWS.len()));
        assert_eq!(json_of(&shown(&format!("{fit}&law={FITTED_LAW}")))["law"], FITTED_LAW);
        let without = shown(&format!("law={FITTED_LAW}"));
        assert_eq!(without.inputs.notices.len(), 1, "there is no such law yet");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_is_asked_has_an_answer_or_a_sentence(
            given in 0..Given::ALL.len(), also in 0..Given::ALL.len(), law in 0..LAWS.len(),
            exponents in proptest::array::uniform9(-3.0..40.0f64), unique in 0.0..24.0f64, demand in 0.0..24.0f64,
        ) {
            let [compute, gpus, days, hours, money, energy, params, tokens, ratio] = exponents.map(|e| format!("{:e}", libm::exp10(e)));
            let link = format!(
                "given={}&also={}&law={}&compute={compute}&gpus={gpus}&days={days}&hours={hours}&money={money}&energy={energy}\
                 &params={params}&tokens={tokens}&ratio={ratio}&unique={:e}&demand-out={:e}",
                Given::ALL[given].id(), Given::ALL[also].id(), LAWS[law].id, libm::exp10(unique), libm::exp10(demand),
            );
            let view = shown(&link);
            let problem = view.part(Part::Problem);
            prop_assert!(view.is_answer() != problem.ends_with('.'), "{link}: {problem}");
            let report = view.part(Part::Report);
            prop_assert!(!report.contains("NaN") && !report.contains("inf"), "{report}");
            let told = view.part(Part::Figures).to_owned() + view.part(Part::Cards) + view.part(Part::Notes);
            prop_assert!(!told.contains("NaN") && !told.contains(">inf"), "{link}: {told}");
        }
    }
}
