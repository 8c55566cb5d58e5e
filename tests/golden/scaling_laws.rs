//! `scaling.json`: laws that are not L = E + A/N^α + B/D^β.

use crate::number;
use crate::scaling::{Answers, constants, row};
use bitbudget::scaling::{Allocation, Law, LawKind, PowerLaw, deepseek, kaplan};
use bitbudget::units::{Flop, Params, Tokens};
use serde_json::Value;
use std::collections::BTreeMap;

/// What the library says; `None` for a kind that is not one of these.
pub fn answer(kind: &str, inputs: &Value) -> Option<Answers> {
    let given = |key: &str| number(inputs, key);
    let (compute, non_embedding) = (|| Flop(given("C")), || Params(given("N_nonemb")));
    Some(match kind {
        "hoffmann_approach1.N_opt(C)" | "hoffmann_approach1.N_opt(C); D=C/(6N)" => {
            split(row("hoffmann-2022-a1"), compute())
        }
        "hoffmann_approach2.N_opt(C); D=C/(6N)" => split(row("hoffmann-2022-a2"), compute()),
        "G(tex)^-2*(C/6)^(1-2*0.4545)" => {
            // G of the TeX constants with the exponent that the paper prints: N* = G (C/6)^0.4545.
            let exponent = 0.4545;
            let coefficient = constants(inputs, Some("hoffmann_a3_tex")).g() * libm::pow(6.0, -exponent);
            split(frontier(LawKind::ParamsOfCompute(PowerLaw { coefficient, exponent })), compute())
        }
        "D*(C)=A*C^alpha" => {
            let law = PowerLaw { coefficient: given("A"), exponent: given("alpha") };
            split(frontier(LawKind::TokensOfCompute(law)), compute())
        }
        "(8.8e13/N)^0.076" => BTreeMap::from([("loss", kaplan::loss_of_model(non_embedding()).get())]),
        "joint law, Table 2 constants" => {
            let at = Allocation { params: non_embedding(), tokens: Tokens(given("D")) };
            BTreeMap::from([("loss", kaplan::loss(at).get())])
        }
        "D >= 5e3*N^0.74" => BTreeMap::from([("D", kaplan::least_tokens(non_embedding()).get())]),
        "N x 10^0.73, D x 10^0.27 for 10x compute" => {
            let at = |compute| row("kaplan-2020").optimal(Flop(compute));
            let (less, more) = (at(1e20), at(1e20 * given("C_multiple")));
            BTreeMap::from([("N_multiple", more.params / less.params), ("D_multiple", more.tokens / less.tokens)])
        }
        "M_opt,D_opt" => {
            let (model, tokens) = (deepseek::flop_per_token(compute()).get(), deepseek::tokens(compute()).get());
            BTreeMap::from([
                ("M_flops_per_token", model),
                ("D", tokens),
                ("product_over_C", model * tokens / compute().get()),
            ])
        }
        "eta, batch tokens" => {
            BTreeMap::from([("lr", deepseek::learning_rate(compute())), ("batch", deepseek::batch(compute()).get())])
        }
        _ => return None,
    })
}

fn split(law: Law, compute: Flop) -> Answers {
    let at = law.optimal(compute);
    BTreeMap::from([("N", at.params.get()), ("D", at.tokens.get()), ("D_over_N", at.tokens_per_param())])
}

/// A law of the case's own constants.
fn frontier(kind: LawKind) -> Law {
    Law { kind, ..row("llama-3-2024") }
}
