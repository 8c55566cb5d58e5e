use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

/// Chinchilla's and Gopher's budget.
const GOPHER: Flop = Flop(5.76e23);

fn ratio(law: Law) -> f64 {
    law.optimal(GOPHER).tokens_per_param()
}

#[test]
fn the_default_law_stands_first_and_ids_are_unique() {
    assert_eq!(default_law().id, DEFAULT_LAW);
    assert!(law(LESSON_LAW).is_some());
    assert_eq!(LAWS.iter().map(|row| row.id).collect::<HashSet<_>>().len(), LAWS.len());
    assert!(law(FITTED_LAW).is_none(), "a link's law is not the reader's fit");
}

#[test]
fn every_row_says_what_it_was_fitted_on() {
    for row in LAWS {
        assert!(!row.data.is_empty() && !row.note.is_empty(), "{}", row.id);
        assert_ne!(row.fitted, Fitted::default(), "{}", row.id);
    }
}

#[test]
fn the_constants_stored_as_logarithms_are_their_exponentials() {
    for (id, [a, b, e]) in [
        ("hoffmann-2022-a3", [6.0073404, 6.0179186, 0.5267228]),
        ("muennighoff-2023", [6.255414, 7.3049974, 0.6254804]),
    ] {
        let LawKind::Parametric(row) = law(id).unwrap().kind else { panic!("{id} is parametric") };
        for (value, logarithm) in [(row.a, a), (row.b, b), (row.e, e)] {
            assert!((libm::log(value) - logarithm).abs() < 1e-12, "{id}");
        }
    }
}

#[test]
fn the_frontiers_have_the_coefficients_they_were_made_of() {
    for (id, coefficient) in [
        ("hoffmann-2022-a1", pow(10.0, -1.00367)),
        ("hoffmann-2022-a2", pow(10.0, -0.83900)),
        ("kaplan-2020", 1.3e9 / pow(8.64e19, 0.73)),
    ] {
        let LawKind::ParamsOfCompute(row) = law(id).unwrap().kind else { panic!("{id} is a frontier") };
        assert!((row.coefficient / coefficient - 1.0).abs() < 1e-12, "{id}");
    }
}

#[test]
fn the_laws_disagree_about_the_gopher_budget_as_published() {
    for (id, published, error) in [
        ("chinchilla-20", 20.0, 1e-9),
        ("besiroglu-2024", 18.4, 0.05),
        ("hoffmann-2022-a1", 21.3, 0.7),
        ("hoffmann-2022-a3", 58.9, 0.05),
        ("hoffmann-2022-a3-rounded", 92.6, 0.05),
        ("devries-2023", 55.2, 0.05),
        ("muennighoff-2023", 19.6, 0.05),
    ] {
        let said = ratio(law(id).unwrap());
        assert!((said - published).abs() <= error, "{id}: {said}");
    }
}

#[test]
fn llama_3_405b_is_near_the_size_that_its_law_gives_its_budget() {
    let at = law("llama-3-2024").unwrap().optimal(Flop(3.8e25));
    assert!((at.params.get() / 402e9 - 1.0).abs() < 0.04, "{}", at.params);
    assert!((at.tokens.get() / 16.55e12 - 1.0).abs() < 0.02, "{}", at.tokens);
}

#[test]
fn deepseek_s_model_is_a_sixth_of_its_flop_per_token() {
    let compute = Flop(1e20);
    let at = law("deepseek-2024").unwrap().optimal(compute);
    let flop_per_token = crate::scaling::deepseek::flop_per_token(compute).get();
    assert!((6.0 * at.params.get() / flop_per_token - 1.0).abs() < 2e-4);
}

#[test]
fn the_trap_goes_from_one_printing_to_the_other_and_stays_between() {
    assert_eq!(rounding_trap(0.0), law("hoffmann-2022-a3-rounded").unwrap());
    assert_eq!(rounding_trap(1.0).kind, law("hoffmann-2022-a3").unwrap().kind);
    let ratios: Vec<_> = (0..=10).map(|step| ratio(rounding_trap(f64::from(step) / 10.0))).collect();
    assert!(ratios.windows(2).all(|pair| pair[1] < pair[0]), "{ratios:?}");
    for (beyond, end) in [(-1.0, 0.0), (f64::NAN, 0.0), (7.0, 1.0), (f64::INFINITY, 1.0)] {
        assert_eq!(rounding_trap(beyond), rounding_trap(end));
    }
}

#[test]
fn a_fitted_law_has_its_own_loss_and_its_own_range() {
    let fitted = Fitted { params: Some((Params(1e6), Params(1e8))), ..Fitted::default() };
    let yours = fitted_law(BESIROGLU, fitted);
    assert_eq!(yours.loss_law(), (yours, BESIROGLU));
    assert_eq!(yours.optimal(GOPHER), default_law().optimal(GOPHER));
    let run = |params| Allocation { params: Params(params), tokens: Tokens(1e9) };
    assert!(yours.fitted.covers(run(1e7)) && !yours.fitted.covers(run(1e9)));
}

#[test]
fn the_largest_runs_of_today_are_extrapolations_under_every_law() {
    for row in LAWS {
        assert!(row.fitted.covers(Allocation { params: Params(1e9), tokens: Tokens(20e9) }), "{}", row.id);
        assert!(!row.fitted.covers(Allocation { params: Params(405e9), tokens: Tokens(15.6e12) }), "{}", row.id);
    }
}

proptest! {
    #[test]
    fn a_split_spends_the_budget_and_is_found_back_from_either_half(exponent in 10.0..35.0f64, row in 0..LAWS.len()) {
        let law = LAWS[row];
        let compute = Flop(pow(10.0, exponent));
        let at = law.optimal(compute);
        let close = |left: f64, right: f64| (left / right - 1.0).abs() < 1e-9;
        prop_assert!(close(at.flop().get(), compute.get()));
        prop_assert!(close(law.optimal_tokens(at.params).get(), at.tokens.get()));
        prop_assert!(close(law.optimal_params(at.tokens).get(), at.params.get()));
    }
}
