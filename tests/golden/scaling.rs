//! `scaling.json`: laws, budgets, and the traps around them.

use crate::{assert_close, assert_passed_over, golden, list, number, scaling_beyond, scaling_laws, scaling_runs, text};
use bitbudget::scaling::{Allocation, Law, LawKind, Locks, Machine, Parametric, budget, flop_of, law, solve};
use bitbudget::units::{Flop, FlopPerSecond, Nats, Params, Tokens};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of cases (the `law` field) that nothing here computes yet.
const NOT_YET_COVERED: &[&str] = &[];

/// Results by the names that the cases use.
pub type Answers = BTreeMap<&'static str, f64>;

#[test]
fn every_case_of_a_covered_kind_is_met() {
    let file = golden("scaling.json");
    let mut skipped = BTreeSet::new();
    let mut kind = "";
    for case in list(&file, "cases") {
        if !text(case, "law").eq_ignore_ascii_case("same") {
            kind = text(case, "law");
        }
        let inputs = &case["inputs"];
        let answers = answer(kind, inputs)
            .or_else(|| scaling_beyond::answer(kind, inputs))
            .or_else(|| scaling_laws::answer(kind, inputs))
            .or_else(|| scaling_runs::answer(kind, inputs));
        let Some(answers) = answers else {
            skipped.insert(kind);
            continue;
        };
        let id = text(case, "id");
        let tolerance = |key: &str| case["tolerance"][key].as_f64().unwrap_or(0.0);
        let expected = case["expected"].as_object().unwrap_or_else(|| panic!("{id} expects nothing"));
        for (key, expected) in expected {
            let actual = *answers.get(key.as_str()).unwrap_or_else(|| panic!("{id}: nothing gives {key}"));
            // `true` and `false` are compared as 1 and 0.
            let expected = expected.as_f64().or(expected.as_bool().map(|yes| f64::from(u8::from(yes))));
            let expected = expected.unwrap_or_else(|| panic!("{id}: {key} is no number"));
            assert_close(&format!("{id}: {key}"), actual, expected, tolerance("rel"), tolerance("abs"));
        }
    }
    assert_passed_over(&skipped, NOT_YET_COVERED);
}

/// What the library says, under the names that the cases use; `None` for a kind that it does not compute.
fn answer(kind: &str, inputs: &Value) -> Option<Answers> {
    let given = |key: &str| number(inputs, key);
    let (params, tokens, compute) = (|| Params(given("N")), || Tokens(given("D")), || Flop(given("C")));
    Some(match kind {
        "closed_form.opt" | "closed_form.opt(C, law)" | "closed_form.opt(C, law).N" | "closed_form.D/N" => {
            optimum(constants(inputs, None), compute())
        }
        "closed_form.opt(C, law=devries_a3)" => optimum(constants(inputs, Some("devries_a3")), compute()),
        "closed_form.a" => {
            let law = constants(inputs, None);
            BTreeMap::from([("a", law.params_exponent()), ("b", law.tokens_exponent())])
        }
        "closed_form.D_opt_of_N(N, law)" | "D_opt_of_N" => {
            BTreeMap::from([("D", constants(inputs, None).optimal_tokens(params()).get())])
        }
        "N_opt_of_D" => {
            let unique = Tokens(given("U"));
            let model = constants(inputs, None).optimal_params(unique);
            BTreeMap::from([("ratio", model.get() / unique.get())])
        }
        "loss" => {
            let at = Allocation { params: params(), tokens: tokens() };
            BTreeMap::from([("loss", constants(inputs, None).loss(at).get())])
        }
        "grid argmin of L(N,C/6N), N=10^(7+k/16)" => grid_argmin(constants(inputs, None), compute()),
        "dL/dD<0 and L->E+A/N^alpha" => {
            let law = constants(inputs, None);
            let loss = |tokens| law.loss(Allocation { params: params(), tokens: Tokens(tokens) }).get();
            BTreeMap::from([
                ("L_1e9", loss(1e9)),
                ("L_1e12", loss(1e12)),
                ("floor", law.floor_of_model(params()).get()),
            ])
        }
        "dL/dN<0 and L->E+B/D^beta" => {
            let law = constants(inputs, None);
            let loss = |params| law.loss(Allocation { params: Params(params), tokens: tokens() }).get();
            BTreeMap::from([("L_1e8", loss(1e8)), ("L_1e11", loss(1e11)), ("floor", law.floor_of_data(tokens()).get())])
        }
        "C_for_loss(opt_loss(C))==C; loss(opt(C))==opt_loss(C); share A*N^-alpha/(L-E)==a" => {
            let law = constants(inputs, None);
            let loss = law.optimal_loss(compute());
            let best = law.optimal(compute());
            assert_close("loss at the optimum", law.loss(best).get(), loss.get(), 1e-12, 0.0);
            let share = (law.floor_of_model(best.params).get() - law.e) / (loss.get() - law.e);
            assert_close("share of the model", share, law.params_exponent(), 1e-9, 0.0);
            BTreeMap::from([("C", law.compute_for_loss(loss).expect("within reach").get())])
        }
        "D_for_loss(N,l) must be \"unreachable\" when l<=E+A/N^alpha" => {
            let law = constants(inputs, None);
            let reached = law.tokens_for_loss(params(), Nats(given("loss"))).is_some();
            BTreeMap::from([("reachable", f64::from(u8::from(reached))), ("floor", law.floor_of_model(params()).get())])
        }
        "N=sqrt(C/120), D=20N" => twenty(Locks { compute: Some(compute()), ..Locks::default() }),
        "D=20N; C=120N^2" => twenty(Locks { params: Some(params()), ..Locks::default() }),
        "data check" => BTreeMap::from([("C_6ND", flop_of(params(), tokens()).get())]),
        "days(6ND, gpus, peak, mfu)" => {
            let hours = budget::gpu_hours(flop_of(params(), tokens()), FlopPerSecond(given("peak")), given("mfu"));
            BTreeMap::from([("days", budget::days(hours, given("gpus")))])
        }
        "hours/gpus/24" => BTreeMap::from([("days", budget::days(given("gpu_hours"), given("gpus")))]),
        "C/(h*3600*peak)" => {
            let share = budget::utilisation(compute(), FlopPerSecond(given("peak")), given("gpu_hours"));
            BTreeMap::from([("mfu", share)])
        }
        _ => return None,
    })
}

fn optimum(law: Parametric, compute: Flop) -> Answers {
    let best = law.optimal(compute);
    BTreeMap::from([
        ("N", best.params.get()),
        ("D", best.tokens.get()),
        ("D_over_N", best.tokens_per_param()),
        ("loss", law.optimal_loss(compute).get()),
    ])
}

fn twenty(locks: Locks) -> Answers {
    let locks = Locks { utilisation: Some(0.4), ..locks };
    let machine = Machine {
        gpu: "A100",
        peak: FlopPerSecond(312e12),
        availability: 1.0,
        recompute: 1.0,
        watts: 400.0,
        pue: 1.1,
        price: None,
    };
    let run = solve(&locks, &machine, row("chinchilla-20")).expect("an answer");
    BTreeMap::from([("C", run.compute.get()), ("N", run.params.get()), ("D", run.tokens.get())])
}

/// The best of nanoGPT's grid, by trying every point of it.
fn grid_argmin(law: Parametric, compute: Flop) -> Answers {
    let splits =
        (0..96).map(|step| Allocation::of_params(Params(libm::pow(10.0, 7.0 + f64::from(step) / 16.0)), compute));
    let best = splits.min_by(|a, b| law.loss(*a).get().total_cmp(&law.loss(*b).get())).expect("a grid");
    BTreeMap::from([("N", best.params.get()), ("D", best.tokens.get())])
}

/// The constants a case is about: written out in it, or those of the law that it (or its kind) names.
pub fn constants(inputs: &Value, named: Option<&str>) -> Parametric {
    if inputs["E"].is_number() {
        let given = |key| number(inputs, key);
        return Parametric { e: given("E"), a: given("A"), b: given("B"), alpha: given("alpha"), beta: given("beta") };
    }
    let id = match named.unwrap_or_else(|| text(inputs, "law")) {
        "besiroglu" => "besiroglu-2024",
        "hoffmann_a3_tex" => "hoffmann-2022-a3",
        "hoffmann_a3_rounded" => "hoffmann-2022-a3-rounded",
        "devries_a3" => "devries-2023",
        "muennighoff_c4" => "muennighoff-2023",
        other => other,
    };
    match row(id).kind {
        LawKind::Parametric(constants) => constants,
        other => panic!("the law `{id}` has no constants: {other:?}"),
    }
}

/// The row with this id.
pub fn row(id: &str) -> Law {
    law(id).unwrap_or_else(|| panic!("no law `{id}`"))
}
