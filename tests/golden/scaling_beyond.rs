//! `scaling.json`: bands, serving, over-training, repeated data and precision.

use crate::number;
use crate::scaling::{Answers, constants};
use bitbudget::scaling::bands::Ensemble;
use bitbudget::scaling::beyond::cost::lifetime_flop;
use bitbudget::scaling::beyond::precision::Bits;
use bitbudget::scaling::beyond::repeated::{DataLimited, MUENNIGHOFF, epochs};
use bitbudget::scaling::beyond::serving::{self, REFITS};
use bitbudget::scaling::beyond::{Error, overtraining};
use bitbudget::scaling::{Allocation, Parametric};
use bitbudget::units::{Flop, Nats, Params, Tokens};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the library says; `None` for a kind that is not one of these.
pub fn answer(kind: &str, inputs: &Value) -> Option<Answers> {
    let given = |key: &str| number(inputs, key);
    let law = || constants(inputs, None);
    let (params, tokens, compute) = (|| Params(given("N")), || Tokens(given("D")), || Flop(given("C")));
    let (demand, unique) = (|| Tokens(given("D_inf")), || Tokens(given("U")));
    Some(match kind {
        "80% band of D_opt/N_opt" => {
            let band = Ensemble::besiroglu().optimal(compute()).tokens_per_param;
            BTreeMap::from([("p10", band.p10), ("p50", band.p50), ("p90", band.p90)])
        }
        "inference_opt" => {
            let optimal = chinchilla(law(), given("N_chinchilla"));
            let mut answers = served(law(), law().loss(optimal), demand());
            answers.insert("data_multiple", answers["D"] / optimal.tokens.get());
            answers
        }
        "inference_opt(loss=opt_loss(C), D_inf)" => {
            served(law(), law().optimal_loss(Flop(given("C_for_quality"))), demand())
        }
        "alpha*A*N^-alpha / (beta*B*D^-beta) = 1 + D_inf/(3D) at the optimum" => {
            let at = cheapest(law(), law().loss(chinchilla(law(), given("N_chinchilla"))), demand());
            BTreeMap::from([("residual", first_order_residual(law(), at, demand()))])
        }
        "lifetime FLOPs saving of a 7B at the 13B-Chinchilla loss" => {
            saving(law(), given("N_chinchilla"), Params(given("N_small")), demand())
        }
        "law bank" => refit(crate::text(inputs, "row")),
        "kD, 1+overhead" | "overhead" => overtrained(law(), given("kN")),
        "kN*N_opt, kD*D_opt" => overtrained_run(&law(), compute(), given("kN")),
        "kN_min=(1+alpha/beta)^(-1/alpha)" => BTreeMap::from([("kN_min", overtraining::critical_size(&law()))]),
        "dc_loss" => {
            let at = Allocation { params: params(), tokens: tokens() };
            BTreeMap::from([("loss", limited(inputs).loss(at, unique()).get())])
        }
        "dc_opt(C,U) 500-step grid" => {
            let best = limited(inputs).optimum(compute(), unique()).expect("within reach");
            let loss = limited(inputs).loss(best, unique());
            let more = [("epochs", epochs(best.tokens, unique())), ("loss", loss.get())];
            run(&best).into_iter().chain(more).collect()
        }
        "eff_tokens(U,4U)/(4U)" => {
            let read = unique() * 4.0;
            BTreeMap::from([("fraction", limited(inputs).effective_tokens(read, unique()) / read)])
        }
        "N_eff/N" => {
            let bits = Bits { weights: given("P_w"), activations: given("P_a"), kv_cache: given("P_kv") };
            BTreeMap::from([("ratio", bits.effective_share().expect("bits above 0"))])
        }
        _ => return None,
    })
}

/// A compute-optimal run of so many parameters.
fn chinchilla(law: Parametric, params: f64) -> Allocation {
    Allocation { params: Params(params), tokens: law.optimal_tokens(Params(params)) }
}

fn cheapest(law: Parametric, loss: Nats, demand: Tokens) -> Allocation {
    serving::optimum(&law, loss, demand).expect("within reach")
}

fn run(at: &Allocation) -> Answers {
    BTreeMap::from([("N", at.params.get()), ("D", at.tokens.get()), ("D_over_N", at.tokens_per_param())])
}

fn served(law: Parametric, loss: Nats, demand: Tokens) -> Answers {
    let at = cheapest(law, loss, demand);
    let total = lifetime_flop(at, demand);
    let flops = [
        ("flops_train", at.flop().get()),
        ("flops_inference", (total - at.flop()).get()),
        ("flops_total", total.get()),
    ];
    run(&at).into_iter().chain(flops).collect()
}

fn first_order_residual(law: Parametric, at: Allocation, demand: Tokens) -> f64 {
    let model = law.alpha * (law.floor_of_model(at.params).get() - law.e);
    let data = law.beta * (law.floor_of_data(at.tokens).get() - law.e);
    model / data - (1.0 + demand / (at.tokens * 3.0))
}

fn saving(law: Parametric, params: f64, small: Params, demand: Tokens) -> Answers {
    let optimal = chinchilla(law, params);
    let tokens = law.tokens_for_loss(small, law.loss(optimal)).expect("within reach");
    let before = lifetime_flop(optimal, demand);
    let saved = before - lifetime_flop(Allocation { params: small, tokens }, demand);
    BTreeMap::from([("saving_flops", saved.get()), ("saving_pct", 100.0 * (saved / before))])
}

/// A row by its name in the paper's table, with or without the unit.
fn refit(row: &str) -> Answers {
    let unit = " tokens/param";
    let bare = |name: &str| name.trim_end_matches(unit).to_owned();
    let found = REFITS.iter().find(|refit| bare(refit.name) == bare(row));
    let constants = found.unwrap_or_else(|| panic!("no row `{row}`")).constants;
    BTreeMap::from([
        ("E", constants.e),
        ("A", constants.a),
        ("B", constants.b),
        ("alpha", constants.alpha),
        ("beta", constants.beta),
    ])
}

/// Below the critical size there is only that to say.
fn overtrained(law: Parametric, share: f64) -> Answers {
    match overtraining::data_factor(&law, share) {
        Ok(data) => BTreeMap::from([
            ("kD", data),
            ("C_ratio", share * data),
            ("overhead_pct", 100.0 * overtraining::overhead(&law, share).expect("there is a factor")),
            ("reachable", 1.0),
        ]),
        Err(Error::BelowCriticalSize { critical, .. }) => BTreeMap::from([("reachable", 0.0), ("kN_min", critical)]),
        Err(error) => panic!("{error}"),
    }
}

fn overtrained_run(law: &Parametric, compute: Flop, share: f64) -> Answers {
    match overtraining::run(law, compute, share) {
        Ok(at) => run(&at),
        Err(_) => overtrained(*law, share),
    }
}

/// The law of repeated data with the constants that a case is about, if it names any.
fn limited(inputs: &Value) -> DataLimited {
    if inputs["E"].is_number() || inputs["law"].is_string() {
        DataLimited::with_law(constants(inputs, None))
    } else {
        MUENNIGHOFF
    }
}
