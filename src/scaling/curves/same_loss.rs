//! All runs of one loss, by size, where text may be limited.

use super::log_spaced;
use crate::scaling::beyond::repeated::DataLimited;
use crate::scaling::bisect::bisect;
use crate::scaling::optimum::Allocation;
use crate::units::{Nats, Params, Tokens};

/// No ln D is looked for beyond: far above what is worked out, and e to it is still a number.
const MAX_LN_TOKENS: f64 = 600.0;

/// The least data with which models of `params.0` to `params.1`, in `points` steps, reach `loss` on `unique` tokens, or
/// [`UNLIMITED`](crate::scaling::beyond::repeated::UNLIMITED). Sizes that do not reach it are left out.
///
/// Unlike [`contours`](super::contours) it knows what repetition costs, and what parameters beyond those that the text asks
/// for are worth; there is no closed form, so ln D is bisected.
#[must_use]
pub fn same_loss(
    law: &DataLimited,
    unique: Tokens,
    loss: Nats,
    params: (Params, Params),
    points: usize,
) -> Vec<Allocation> {
    let sizes = log_spaced(params.0.get(), params.1.get(), points).map(Params);
    sizes.filter_map(|params| least_data(law, unique, loss, params)).collect()
}

fn least_data(law: &DataLimited, unique: Tokens, loss: Nats, params: Params) -> Option<Allocation> {
    let at = |ln_d: f64| Allocation { params, tokens: Tokens(libm::exp(ln_d)) };
    let reaches = |ln_d: f64| law.loss(at(ln_d), unique) <= loss;
    // New text is best, and no parameter is worth more than itself: it takes at least what the closed form does.
    let low = libm::log(law.law.tokens_for_loss(params, loss)?.get());
    let mut high = low + 1e-9;
    while !reaches(high) {
        if high >= MAX_LN_TOKENS {
            return None;
        }
        high = libm::fmin(high + 2.0 * (high - low), MAX_LN_TOKENS);
    }
    Some(at(bisect(high, low, reaches)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::beyond::repeated::{MUENNIGHOFF, UNLIMITED};
    use proptest::prelude::*;

    const SIZES: (Params, Params) = (Params(1e7), Params(1e12));

    #[test]
    fn with_endless_text_and_models_it_asks_for_it_is_the_closed_form() {
        let law = MUENNIGHOFF.law;
        for at in same_loss(&MUENNIGHOFF, UNLIMITED, Nats(2.6), SIZES, 41) {
            let closed = law.tokens_for_loss(at.params, Nats(2.6)).unwrap();
            if at.params <= law.optimal_params(closed) {
                assert!((at.tokens / closed - 1.0).abs() < 1e-9, "{at:?}");
            } else {
                assert!(at.tokens > closed, "parameters that the text does not ask for lose worth: {at:?}");
            }
        }
    }

    #[test]
    fn sizes_that_do_not_reach_the_loss_are_left_out() {
        let floor = MUENNIGHOFF.floor(Tokens(1e10));
        let all = same_loss(&MUENNIGHOFF, Tokens(1e10), Nats(floor.get() + 0.3), SIZES, 41);
        assert!(!all.is_empty() && all.len() < 41);
        for loss in [floor.get() - 1e-9, 0.0, -1e40, f64::NAN] {
            assert!(same_loss(&MUENNIGHOFF, Tokens(1e10), Nats(loss), SIZES, 41).is_empty(), "{loss}");
        }
    }

    proptest! {
        #[test]
        fn every_run_has_the_loss_and_a_larger_model_takes_no_more_data(above in 0.1..2.0f64, unique in 8.0..14.0f64) {
            let unique = Tokens(libm::exp10(unique));
            let loss = Nats(MUENNIGHOFF.floor(unique).get() + above);
            let runs = same_loss(&MUENNIGHOFF, unique, loss, SIZES, 21);
            for at in &runs {
                prop_assert!((MUENNIGHOFF.loss(*at, unique) - loss).get().abs() < 1e-9, "{at:?}");
            }
            prop_assert!(runs.windows(2).all(|pair| pair[1].tokens <= pair[0].tokens));
        }
    }
}
