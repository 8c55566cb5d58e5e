use super::*;
use crate::scaling::budget::tests::A100;
use crate::scaling::{Fitted, LESSON_LAW, Missing, Parametric, fitted_law, law};
use crate::units::FlopPerSecond;
use libm::{log, pow};
use proptest::prelude::*;

const OPEN: Locks = Locks {
    compute: None,
    gpu_hours: None,
    gpus: None,
    days: None,
    utilisation: Some(0.4),
    cost: None,
    energy: None,
    params: None,
    tokens: None,
    tokens_per_param: None,
    loss: None,
};

fn rule() -> Law {
    law("chinchilla-20").unwrap()
}

fn besiroglu() -> Law {
    law("besiroglu-2024").unwrap()
}

fn solved(locks: Locks) -> Solution {
    solve(&locks, &A100, besiroglu()).unwrap()
}

fn refused(locks: Locks) -> Error {
    solve(&locks, &A100, besiroglu()).unwrap_err()
}

#[test]
fn twenty_tokens_per_parameter_give_chinchilla() {
    let run = solve(&Locks { params: Some(Params(70e9)), ..OPEN }, &A100, rule()).unwrap();
    assert_eq!((run.tokens, run.compute), (Tokens(1.4e12), Flop(5.88e23)));
    assert_eq!(run.tokens_per_param, 20.0);
    assert_eq!(run.loss_law.id, "besiroglu-2024");
    assert!(run.optimal && !run.in_range);
}

#[test]
fn a_small_run_is_within_the_range_of_the_fit() {
    assert!(solved(Locks { compute: Some(Flop(1e21)), ..OPEN }).in_range);
}

#[test]
fn llama_3_1_405b_reached_a_third_of_the_peak() {
    // Model card: 30.84M H100-hours; paper: 3.8e25 FLOP.
    let h100 = Machine { peak: FlopPerSecond(989e12), ..A100 };
    let locks = Locks { utilisation: None, compute: Some(Flop(3.8e25)), gpu_hours: Some(30.84e6), ..OPEN };
    assert!((solve(&locks, &h100, besiroglu()).unwrap().utilisation - 0.346).abs() < 0.001);
}

#[test]
fn llama_65b_took_21_days_on_2048_gpus() {
    let run = solved(Locks { gpu_hours: Some(1_022_362.0), gpus: Some(2048.0), ..OPEN });
    assert!((run.days.unwrap() - 20.8).abs() < 0.01);
    assert!((run.energy - 449.0).abs() < 1.0);
}

#[test]
fn deepseek_v3_cost_five_and_a_half_million_dollars() {
    let run = solved(Locks { gpu_hours: Some(2.788e6), ..OPEN });
    assert!((run.cost.unwrap() / 5.576e6 - 1.0).abs() < 1e-9);
    assert_eq!((run.gpus, run.days), (None, None));
    let free = Machine { price: None, ..A100 };
    assert_eq!(solve(&Locks { gpu_hours: Some(2.788e6), ..OPEN }, &free, rule()).unwrap().cost, None);
}

#[test]
fn two_models_reach_a_loss_with_the_same_compute() {
    let best = solved(Locks { compute: Some(Flop(1e22)), ..OPEN });
    let run = solved(Locks { compute: Some(Flop(1e22)), loss: Some(Nats(2.3)), ..OPEN });
    let larger = run.also.unwrap();
    assert!(run.params < best.params && best.params < larger.params);
    assert!(!run.optimal && (run.loss.get() - 2.3).abs() < 1e-12);
    let back = solved(Locks { params: Some(larger.params), tokens: Some(larger.tokens), ..OPEN });
    assert!(same(back.loss.get(), 2.3) && same(back.compute.get(), 1e22));
}

#[test]
fn at_the_bottom_of_the_valley_there_is_one_model() {
    let best = solved(Locks { compute: Some(Flop(1e22)), ..OPEN });
    let run = solved(Locks { compute: Some(Flop(1e22)), loss: Some(best.loss), ..OPEN });
    assert_eq!((run.params, run.also, run.optimal), (best.params, None, true));
}

#[test]
fn of_the_two_models_only_the_workable_are_given() {
    let asked = |compute, loss| Locks { compute: Some(Flop(compute)), loss: Some(Nats(loss)), ..OPEN };
    // The smaller would have less than one parameter.
    let best = solved(Locks { compute: Some(Flop(1e9)), ..OPEN });
    let run = solved(asked(1e9, 600.0));
    assert!(run.params > best.params && run.also.is_none());
    // The larger would have more parameters than are worked out.
    let best = solved(Locks { compute: Some(Flop(1e34)), ..OPEN });
    let run = solved(asked(1e34, 1.83));
    assert!(run.params < best.params && run.also.is_none());
    // And here neither would do.
    assert!(matches!(refused(asked(1e9, 3000.0)), Error::TooSmall { quantity: Quantity::Params, .. }));
}

#[test]
fn a_redundant_lock_that_agrees_is_no_error() {
    let run = solved(Locks { compute: Some(Flop(1e23)), gpus: Some(512.0), ..OPEN });
    let all = Locks {
        compute: Some(run.compute),
        gpu_hours: Some(run.gpu_hours),
        gpus: run.gpus,
        days: run.days,
        utilisation: Some(run.utilisation),
        cost: run.cost,
        energy: Some(run.energy),
        params: Some(run.params),
        tokens: Some(run.tokens),
        tokens_per_param: Some(run.tokens_per_param),
        loss: Some(run.loss),
    };
    assert!(solved(all).optimal);
}

#[test]
fn locks_that_fix_too_much_are_named() {
    let sentence = |locks| refused(locks).to_string();
    let budget = Locks { compute: Some(Flop(1e23)), ..OPEN };
    assert_eq!(sentence(Locks { cost: Some(1e6), ..budget }), "compute and money both fix the budget: unlock one");
    assert_eq!(
        sentence(Locks { gpu_hours: Some(1e6), energy: Some(1.0), ..OPEN }),
        "the number of GPU-hours and energy both fix the budget: unlock one"
    );
    assert_eq!(
        sentence(Locks { gpus: Some(8.0), days: Some(1.0), ..budget }),
        "compute, the number of GPUs and the number of days all fix the budget: unlock one"
    );
    assert_eq!(
        sentence(Locks { params: Some(Params(1e9)), tokens: Some(Tokens(1e9)), ..budget }),
        "the number of parameters, the number of tokens and compute contradict each other: unlock one"
    );
    assert_eq!(
        sentence(Locks { params: Some(Params(1e9)), tokens_per_param: Some(20.0), cost: Some(1e3), ..OPEN }),
        "the number of parameters, money and the number of tokens per parameter contradict each other: unlock one"
    );
    assert_eq!(
        sentence(Locks { tokens: Some(Tokens(1e9)), loss: Some(Nats(3.0)), tokens_per_param: Some(20.0), ..OPEN }),
        "the number of tokens, the number of tokens per parameter and the loss contradict each other: unlock one"
    );
}

#[test]
fn locks_that_fix_too_little_say_what_is_missing() {
    let missing = |locks| match refused(locks) {
        Error::Underdetermined { missing } => missing,
        other => panic!("{other:?}"),
    };
    let nothing = Locks::default();
    assert_eq!(missing(nothing), Missing::Everything);
    assert_eq!(missing(Locks { gpus: Some(8.0), ..OPEN }), Missing::Everything);
    assert_eq!(missing(Locks { gpu_hours: Some(1e6), ..nothing }), Missing::Utilisation);
    assert_eq!(missing(Locks { cost: Some(1e6), tokens_per_param: Some(20.0), ..nothing }), Missing::Utilisation);
    assert_eq!(missing(Locks { compute: Some(Flop(1e23)), ..nothing }), Missing::UtilisationOrHours);
    assert_eq!(missing(Locks { params: Some(Params(1e9)), gpus: Some(8.0), ..nothing }), Missing::UtilisationOrHours);
}

#[test]
fn a_ratio_decides_the_budget_where_a_law_s_ratio_moves() {
    let ratio = Locks { tokens_per_param: Some(20.0), ..OPEN };
    for law in LAWS {
        match solve(&ratio, &A100, *law) {
            Ok(run) => {
                assert!((run.tokens_per_param / 20.0 - 1.0).abs() < 1e-9 && run.optimal, "{}", law.id);
            }
            Err(Error::Underdetermined { missing }) => {
                assert_eq!(missing, Missing::Size);
                assert!([LESSON_LAW, "hoffmann-2022-a1", "muennighoff-2023"].contains(&law.id), "{}", law.id);
            }
            Err(error) => {
                assert!(matches!(error, Error::TooLarge { .. } | Error::TooSmall { .. }), "{}: {error}", law.id)
            }
        }
    }
}

#[test]
fn a_loss_out_of_reach_says_what_stands_in_the_way() {
    let sentence = |locks| refused(locks).to_string();
    let asked = |loss| Locks { loss: Some(Nats(loss)), ..OPEN };
    let law_s_floor =
        "a loss of 1.8 is unreachable under Besiroglu et al. 2024: even endless parameters and data leave E = 1.8172";
    for locks in [
        asked(1.8),
        Locks { params: Some(Params(1e8)), ..asked(1.8) },
        Locks { tokens: Some(Tokens(1e8)), ..asked(1.8) },
        Locks { compute: Some(Flop(1e22)), ..asked(1.8) },
        Locks { tokens_per_param: Some(20.0), ..asked(1.8) },
    ] {
        assert_eq!(sentence(locks), law_s_floor);
    }
    assert_eq!(
        sentence(Locks { params: Some(Params(1e8)), ..asked(2.3) }),
        "a loss of 2.3 is unreachable because E + A/N^α = 2.6127: under Besiroglu et al. 2024 no amount of data brings \
         100M parameters below that"
    );
    assert_eq!(
        sentence(Locks { tokens: Some(Tokens(20e9)), ..asked(2.1) }),
        "a loss of 2.1 is unreachable because E + B/D^β = 2.1729: under Besiroglu et al. 2024 no model gets below that \
         on 20B tokens"
    );
    assert_eq!(
        sentence(Locks { compute: Some(Flop(1e21)), ..asked(2.2) }),
        "a loss of 2.2 is unreachable: under Besiroglu et al. 2024 the least loss that 10²¹ FLOP reach is 2.3055"
    );
    // A law without a loss of its own names the one that stands in.
    let error = solve(&asked(1.8), &A100, rule()).unwrap_err();
    assert_eq!(error.to_string(), law_s_floor);
}

#[test]
fn more_than_the_peak_is_an_error() {
    let given = Locks { compute: Some(Flop(1e23)), utilisation: None, ..OPEN };
    assert_eq!(
        refused(Locks { utilisation: Some(1.01), ..given }),
        Error::AboveOne { quantity: Quantity::Utilisation, value: 1.01 }
    );
    assert_eq!(
        refused(Locks { gpu_hours: Some(1000.0), ..given }).to_string(),
        "the run takes more than these GPU-hours: utilisation would be 89.03, above 1"
    );
    // All of the peak, through a division, is not more than it.
    let full = solved(Locks { utilisation: Some(1.0), ..given });
    assert_eq!(solved(Locks { gpu_hours: Some(full.gpu_hours), ..given }).utilisation, 1.0);
}

#[test]
fn money_needs_a_price() {
    let machine = Machine { price: None, ..A100 };
    assert_eq!(solve(&Locks { cost: Some(1e6), ..OPEN }, &machine, rule()), Err(Error::NoPrice));
}

#[test]
fn a_nonsense_machine_is_refused() {
    let machine = Machine { pue: 0.5, ..A100 };
    let error = solve(&Locks { compute: Some(Flop(1e23)), ..OPEN }, &machine, rule()).unwrap_err();
    assert_eq!(error, Error::BelowOne { quantity: Quantity::Pue, value: 0.5 });
}

/// Every lock of one value.
fn each_lock(value: f64) -> Vec<Locks> {
    vec![
        Locks { compute: Some(Flop(value)), ..OPEN },
        Locks { gpu_hours: Some(value), ..OPEN },
        Locks { gpus: Some(value), days: Some(30.0), ..OPEN },
        Locks { days: Some(value), gpus: Some(1024.0), ..OPEN },
        Locks { cost: Some(value), ..OPEN },
        Locks { energy: Some(value), ..OPEN },
        Locks { params: Some(Params(value)), ..OPEN },
        Locks { tokens: Some(Tokens(value)), ..OPEN },
        Locks { tokens_per_param: Some(value), compute: Some(Flop(1e23)), ..OPEN },
        Locks { loss: Some(Nats(value)), ..OPEN },
        Locks { utilisation: Some(value), compute: Some(Flop(1e23)), ..OPEN },
    ]
}

#[test]
fn bad_quantities_are_errors() {
    for &law in LAWS {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for locks in each_lock(value) {
                assert!(matches!(solve(&locks, &A100, law), Err(Error::NotFinite { .. })), "{locks:?}");
            }
        }
        for value in [0.0, -1e20] {
            for locks in each_lock(value) {
                assert!(matches!(solve(&locks, &A100, law), Err(Error::NotPositive { .. })), "{locks:?}");
            }
        }
        for locks in each_lock(1e40) {
            let error = solve(&locks, &A100, law).unwrap_err();
            let refused = matches!(error, Error::TooLarge { value: 1e40, .. } | Error::AboveOne { value: 1e40, .. });
            assert!(refused, "{locks:?}: {error}");
        }
        for locks in each_lock(1e-30).into_iter().filter(|locks| locks.utilisation == OPEN.utilisation) {
            assert!(solve(&locks, &A100, law).is_err(), "{locks:?}");
        }
        let error = solve(&Locks { params: Some(Params(1e30)), ..OPEN }, &A100, law).unwrap_err();
        assert_eq!(error, Error::TooLarge { quantity: Quantity::Params, value: 1e30, limit: 1e18 });
    }
}

#[test]
fn a_law_whose_constants_give_nothing_is_an_error() {
    let flat = Parametric { e: 1.0, a: 1.0, b: 1e300, alpha: 1e-4, beta: 1e-4 };
    for constants in [flat, Parametric { a: f64::NAN, ..flat }, Parametric { alpha: 0.0, beta: 0.0, ..flat }] {
        let law = fitted_law(constants, Fitted::default());
        for locks in [Locks { compute: Some(Flop(1e21)), ..OPEN }, Locks { loss: Some(Nats(2.5)), ..OPEN }] {
            assert!(solve(&locks, &A100, law).is_err(), "{constants:?}");
        }
    }
}

#[test]
fn all_laws_answer_the_same_question() {
    let answers = all_laws(&Locks { compute: Some(Flop(5.76e23)), ..OPEN }, &A100);
    assert_eq!(answers.len(), LAWS.len());
    for (law, answer) in answers {
        let run = answer.unwrap();
        assert_eq!((run.law, run.compute), (law, Flop(5.76e23)));
        assert!(run.optimal, "{}", law.id);
    }
}

#[test]
fn a_solution_serializes_as_plain_numbers_under_the_exported_keys() {
    let run = solve(&Locks { params: Some(Params(70e9)), ..OPEN }, &A100, rule()).unwrap();
    let json = serde_json::to_value(run).unwrap();
    let keys: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "compute_flop",
        "params",
        "tokens",
        "tokens_per_param",
        "loss_nats",
        "law",
        "loss_law",
        "gpu_hours",
        "gpus",
        "days",
        "utilisation",
        "cost_usd",
        "energy_mwh",
        "also",
        "optimal",
        "in_range",
    ];
    assert_eq!(keys, expected);
    assert_eq!((&json["compute_flop"], &json["law"]), (&5.88e23.into(), &"chinchilla-20".into()));
}

/// The quantities of which two decide the run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Half {
    Params,
    Tokens,
    Compute,
    Ratio,
    Loss,
}

const HALVES: [Half; 5] = [Half::Params, Half::Tokens, Half::Compute, Half::Ratio, Half::Loss];

fn with_half(locks: Locks, half: Half, run: &Solution) -> Locks {
    match half {
        Half::Params => Locks { params: Some(run.params), ..locks },
        Half::Tokens => Locks { tokens: Some(run.tokens), ..locks },
        Half::Compute => Locks { compute: Some(run.compute), ..locks },
        Half::Ratio => Locks { tokens_per_param: Some(run.tokens_per_param), ..locks },
        Half::Loss => Locks { loss: Some(run.loss), ..locks },
    }
}

/// The ways to lock the GPU-hours of a run, without utilisation.
fn ways_to_lock_hours(run: &Solution) -> [Locks; 4] {
    let open = Locks { utilisation: None, ..OPEN };
    [
        Locks { gpu_hours: Some(run.gpu_hours), gpus: run.gpus, ..open },
        Locks { cost: run.cost, days: run.days, ..open },
        Locks { energy: Some(run.energy), gpus: run.gpus, ..open },
        Locks { gpus: run.gpus, days: run.days, ..open },
    ]
}

/// Sets of locks that each decide the whole run, of which `first` and `second` are a part.
fn sufficient(first: Half, second: Half, run: &Solution) -> Vec<Locks> {
    let with_both = |locks| with_half(with_half(locks, first, run), second, run);
    let utilisation = Some(run.utilisation);
    let mut sets = vec![
        with_both(Locks { utilisation, gpus: run.gpus, ..OPEN }),
        with_both(Locks { utilisation, days: run.days, ..OPEN }),
    ];
    sets.extend(ways_to_lock_hours(run).map(with_both));
    // GPU-hours and utilisation lock the compute too.
    let other = match (first, second) {
        (Half::Compute, other) | (other, Half::Compute) => other,
        _ => return sets,
    };
    sets.extend(ways_to_lock_hours(run).map(|locks| with_half(Locks { utilisation, ..locks }, other, run)));
    sets
}

fn assert_same(back: &Solution, run: &Solution, locks: &Locks) {
    let numbers = |run: &Solution| {
        [
            run.compute.get(),
            run.params.get(),
            run.tokens.get(),
            run.tokens_per_param,
            run.loss.get(),
            run.gpu_hours,
            run.gpus.unwrap(),
            run.days.unwrap(),
            run.utilisation,
            run.cost.unwrap(),
            run.energy,
        ]
    };
    for (back, there) in numbers(back).into_iter().zip(numbers(run)) {
        assert!(same(back, there), "{back} is not {there} after {locks:?}");
    }
}

fn machines() -> impl Strategy<Value = Machine> {
    (0.5..1.0f64, 1.0..2.0f64, 1.0..2.0f64, 0.1..20.0f64).prop_map(|(availability, recompute, pue, price)| Machine {
        availability,
        recompute,
        pue,
        price: Some(price),
        ..A100
    })
}

proptest! {
    #[test]
    fn a_run_comes_back_from_every_sufficient_set_of_its_quantities(
        n in 6.0..13.0f64, d in 8.0..15.0f64, utilisation in 0.05..1.0f64, gpus in 1.0..1e6f64,
        machine in machines(), row in 0..LAWS.len(),
    ) {
        let law = LAWS[row];
        let locks = Locks {
            params: Some(Params(pow(10.0, n))),
            tokens: Some(Tokens(pow(10.0, d))),
            utilisation: Some(utilisation),
            gpus: Some(gpus),
            ..OPEN
        };
        let run = solve(&locks, &machine, law).unwrap();
        let bottom = law.loss_law().1.optimal(run.compute).params;
        let from_bottom = log(run.params / bottom);
        for (index, &first) in HALVES.iter().enumerate() {
            for &second in &HALVES[..index] {
                let valley = (second, first) == (Half::Compute, Half::Loss);
                if valley && from_bottom.abs() < 0.05 {
                    continue; // The loss is flat there: it does not say where N is to nine digits.
                }
                for locks in sufficient(first, second, &run) {
                    let mut back = solve(&locks, &machine, law).unwrap();
                    if let Some(larger) = back.also && from_bottom > 0.0 {
                        back.params = larger.params;
                        back.tokens = larger.tokens;
                        back.tokens_per_param = larger.tokens_per_param();
                    }
                    assert_same(&back, &run, &locks);
                }
            }
        }
    }

    #[test]
    fn the_optimum_comes_back_from_any_one_of_its_quantities(
        exponent in 12.0..31.0f64, gpus in 1.0..1e6f64, machine in machines(), row in 0..LAWS.len(),
    ) {
        let law = LAWS[row];
        let open = Locks { gpus: Some(gpus), ..OPEN };
        let run = solve(&Locks { compute: Some(Flop(pow(10.0, exponent))), ..open }, &machine, law).unwrap();
        prop_assert!(run.optimal);
        for half in [Half::Params, Half::Tokens, Half::Loss] {
            let locks = with_half(open, half, &run);
            let back = solve(&locks, &machine, law).unwrap();
            assert_same(&back, &run, &locks);
            prop_assert!(back.optimal);
            // Without utilisation the hours decide it, and the model the compute.
            for hours in ways_to_lock_hours(&run) {
                let locks = with_half(hours, half, &run);
                assert_same(&solve(&locks, &machine, law).unwrap(), &run, &locks);
            }
        }
        for hours in ways_to_lock_hours(&run) {
            let locks = Locks { utilisation: Some(0.4), ..hours };
            assert_same(&solve(&locks, &machine, law).unwrap(), &run, &locks);
        }
    }

    #[test]
    fn more_compute_never_means_a_smaller_model_less_data_or_a_higher_loss(
        exponent in 12.0..28.0f64, factor in 1.0..1e3f64, row in 0..LAWS.len(),
    ) {
        let at = |compute| solve(&Locks { compute: Some(Flop(compute)), ..OPEN }, &A100, LAWS[row]).unwrap();
        let compute = pow(10.0, exponent);
        let (less, more) = (at(compute), at(compute * factor));
        prop_assert!(more.params >= less.params && more.tokens >= less.tokens && more.loss <= less.loss);
    }

    #[test]
    fn no_solution_holds_a_number_that_is_not_finite(
        value in proptest::num::f64::POSITIVE | proptest::num::f64::NORMAL, row in 0..LAWS.len(),
    ) {
        for locks in each_lock(value) {
            if let Ok(run) = solve(&locks, &A100, LAWS[row]) {
                let numbers = [
                    run.compute.get(), run.params.get(), run.tokens.get(), run.tokens_per_param, run.loss.get(),
                    run.gpu_hours, run.utilisation, run.energy, run.cost.unwrap(),
                ];
                prop_assert!(numbers.iter().all(|number| number.is_finite() && *number > 0.0), "{locks:?}: {run:?}");
            }
        }
    }
}
