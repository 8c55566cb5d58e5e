//! Everything that follows from one question: the run, how sure it is, what it takes, and what other laws say.

use super::bands::{Band, Bands, Ensemble};
use super::beyond::repeated::{DataLimited, epochs};
use super::emissions::{Embodied, co2_tonnes};
use super::laws::{DEFAULT_LAW, FITTED_LAW};
use super::{Error, Law, Locks, Machine, Solution, Standing, all_laws, solve};
use crate::units::{Flop, Nats, Params, Tokens};
use serde::{Serialize, Serializer};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// What is known.
    pub locks: Locks,
    /// What it runs on.
    pub machine: Machine,
    /// By which law the rest follows.
    pub law: Law,
    /// A law that was fitted to the reader's own runs, which is asked beside the published ones.
    pub fitted: Option<Law>,
    /// U: how many distinct tokens there are; `None` for as many as it takes.
    pub unique: Option<Tokens>,
    /// kg CO₂e for a kWh.
    pub kg_per_kwh: f64,
    /// The making of the GPUs, if that is to count.
    pub embodied: Option<Embodied>,
}

/// The answer. Its fields are the page's report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The run in every quantity.
    #[serde(flatten)]
    pub run: Solution,
    /// The middle 80 % of what the runs behind the law allow; `None` where the spread of its constants is not known, or the
    /// run is not the law's optimum.
    #[serde(serialize_with = "middle")]
    pub band_80: Option<Bands>,
    /// The same of the compute that the loss takes, where the loss is what is known.
    #[serde(skip)]
    pub compute_band: Option<Band<Flop>>,
    /// How many times the distinct tokens are read; 1 if there are enough.
    pub epochs: f64,
    /// The loss with the distinct tokens that there are, in nats per token; that of [`run`](Self::run) if they are not limited.
    pub repeated_loss_nats: Nats,
    /// The compute that is spent beyond the least for the same loss, as a share of that: 0 is optimal.
    pub overhead: Option<f64>,
    /// t CO₂e, with the making of the GPUs if that counts.
    pub co2_tonnes: f64,
    /// Every law's answer to the same question, for those that have one.
    pub all_laws: Vec<Answer>,
}

/// One law's answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// The law; its id in JSON.
    #[serde(serialize_with = "id_of")]
    pub law: Law,
    /// N.
    pub params: Params,
    /// D.
    pub tokens: Tokens,
    /// The law's loss; `None` for a law without one. Losses of two laws are not comparable.
    #[serde(rename = "loss_nats")]
    pub loss: Option<Nats>,
    /// Whether this law was fitted on such runs.
    pub in_range: bool,
}

/// `Bands` as `{"params": [p10, p90], "tokens": […], "tokens_per_param": […], "loss_nats": […]}`.
fn middle<S: Serializer>(bands: &Option<Bands>, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Middle {
        params: [f64; 2],
        tokens: [f64; 2],
        tokens_per_param: [f64; 2],
        loss_nats: [f64; 2],
    }
    let middle = bands.map(|bands| Middle {
        params: ends(bands.params, Params::get),
        tokens: ends(bands.tokens, Tokens::get),
        tokens_per_param: ends(bands.tokens_per_param, |ratio| ratio),
        loss_nats: ends(bands.loss, Nats::get),
    });
    middle.serialize(serializer)
}

fn ends<T>(band: Band<T>, number: fn(T) -> f64) -> [f64; 2] {
    [number(band.p10), number(band.p90)]
}

fn id_of<S: Serializer>(law: &Law, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(law.id)
}

impl Question {
    /// Works out the answer. `own` are the draws of a law that was fitted to the reader's runs, if there are any.
    ///
    /// # Errors
    ///
    /// Those of [`solve()`].
    pub fn answer(&self, own: Option<&Ensemble>) -> Result<Report, Error> {
        let run = solve(&self.locks, &self.machine, self.law)?;
        let (_, constants) = self.law.loss_law();
        let at = run.allocation();
        let unique = self.unique.unwrap_or(at.tokens);
        let embodied = self.embodied.map_or(0.0, |making| making.co2_tonnes(run.gpu_hours));
        let answers = all_laws(&self.locks, &self.machine).into_iter();
        let draws = ensemble(&self.law, own).filter(|_| run.optimal);
        let yours = self.fitted.map(|law| (law, solve(&self.locks, &self.machine, law)));
        Ok(Report {
            band_80: draws.map(|draws| self.bands(draws, &run)),
            compute_band: draws.zip(self.locks.loss).and_then(|(draws, loss)| draws.compute_for_loss(loss)),
            epochs: epochs(at.tokens, unique),
            repeated_loss_nats: self
                .unique
                .map_or(run.loss, |unique| DataLimited::with_law(constants).loss(at, unique)),
            overhead: Standing::of(at, &constants).map(|standing| standing.compute_excess - 1.0),
            co2_tonnes: co2_tonnes(run.energy, self.kg_per_kwh) + embodied,
            all_laws: answers.chain(yours).filter_map(|(law, run)| run.ok().map(|run| answer(law, &run))).collect(),
            run,
        })
    }

    /// The bands of a run. What is known has none; the loss is that of the run's compute.
    fn bands(&self, draws: &Ensemble, run: &Solution) -> Bands {
        let at_compute = draws.optimal(run.compute);
        if let Some(params) = self.locks.params {
            let tokens = draws.optimal_tokens(params);
            let tokens_per_param = tokens.map(|tokens| tokens.get() / params.get());
            return Bands { params: Band::exact(params), tokens, tokens_per_param, ..at_compute };
        }
        if let Some(tokens) = self.locks.tokens {
            let params = draws.optimal_params(tokens);
            let tokens_per_param = params.turned(|params| tokens.get() / params.get());
            return Bands { params, tokens: Band::exact(tokens), tokens_per_param, ..at_compute };
        }
        at_compute
    }
}

fn answer(law: Law, run: &Solution) -> Answer {
    let loss = (run.loss_law.id == law.id).then_some(run.loss);
    Answer { law, params: run.params, tokens: run.tokens, loss, in_range: run.in_range }
}

/// The draws of a law's constants, where there are any: those of Besiroglu et al., and the reader's own.
#[must_use]
pub fn ensemble<'a>(law: &Law, own: Option<&'a Ensemble>) -> Option<&'a Ensemble> {
    match law.id {
        DEFAULT_LAW => Some(Ensemble::besiroglu()),
        FITTED_LAW => own,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::budget::tests::A100;
    use crate::scaling::{LESSON_LAW, law};
    use crate::units::Flop;
    use proptest::prelude::*;

    fn question(locks: Locks, id: &str) -> Question {
        let locks = Locks { utilisation: Some(0.4), ..locks };
        Question {
            locks,
            machine: A100,
            law: law(id).unwrap(),
            fitted: None,
            unique: None,
            kg_per_kwh: 0.385,
            embodied: None,
        }
    }

    #[test]
    fn twenty_tokens_per_parameter_are_ten_to_twenty_nine_at_the_budget_of_chinchilla() {
        let known = Locks { compute: Some(Flop(5.76e23)), ..Locks::default() };
        let report = question(known, DEFAULT_LAW).answer(None).unwrap();
        let ratio = report.band_80.unwrap().tokens_per_param;
        assert!((9.5..10.5).contains(&ratio.p10) && (28.0..30.0).contains(&ratio.p90), "{ratio:?}");
        assert!(report.overhead.unwrap().abs() < 1e-9, "the optimum has no overhead");
        assert_eq!(question(known, LESSON_LAW).answer(None).unwrap().band_80, None, "a rule of thumb has no spread");
    }

    #[test]
    fn the_report_has_the_fields_that_are_documented() {
        let known = Locks { compute: Some(Flop(5.76e23)), gpus: Some(1024.0), ..Locks::default() };
        let json = serde_json::to_value(question(known, DEFAULT_LAW).answer(None).unwrap()).unwrap();
        for key in [
            "compute_flop",
            "params",
            "tokens",
            "tokens_per_param",
            "loss_nats",
            "law",
            "band_80",
            "gpu_hours",
            "days",
            "cost_usd",
            "energy_mwh",
            "co2_tonnes",
            "epochs",
            "overhead",
            "in_range",
            "all_laws",
        ] {
            assert!(json.get(key).is_some(), "{key}");
        }
        assert_eq!(json["band_80"]["params"].as_array().unwrap().len(), 2);
        assert_eq!(json["all_laws"].as_array().unwrap().len(), super::super::LAWS.len());
    }

    proptest! {
        #[test]
        fn text_that_is_read_again_is_never_worth_more_than_new_text(
            c in 18.0..26.0f64, share in 0.01..2.0f64,
        ) {
            let known = Locks { compute: Some(Flop(libm::exp10(c))), ..Locks::default() };
            let ample = question(known, DEFAULT_LAW);
            let report = ample.answer(None).unwrap();
            let scarce = Question { unique: Some(report.run.tokens * share), ..ample }.answer(None).unwrap();
            prop_assert!(scarce.repeated_loss_nats.get() >= report.repeated_loss_nats.get() - 1e-12);
            prop_assert!((scarce.epochs - (1.0 / share).max(1.0)).abs() < 1e-9);
        }
    }
}
