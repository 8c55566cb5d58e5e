//! The nearest minimum from a starting point, by damped Newton steps within bounds.
//!
//! A step solves (H + μ·M) s = −g. H is the curvature of the objective without the second derivatives of the residuals
//! (Gauss–Newton); M is the matrix of iteratively reweighted least squares with its diagonal doubled. For squared losses
//! this is the method of Levenberg and Marquardt. Of a Huber loss with a small δ few runs are within δ, so H alone can
//! be singular and overshoots, while reweighting alone creeps; μ moves between the two as steps succeed or fail.

use super::linear;
use super::objective::{Coordinates, Expansion, LEAST, MOST, Objective};

/// Enough for every start that converges: full fits take 10 to 40.
const MAX_STEPS: usize = 200;
const FIRST_DAMPING: f64 = 1e-3;
const LESS_DAMPING: f64 = 0.15;
const MORE_DAMPING: f64 = 6.0;
const LEAST_DAMPING: f64 = 1e-14;
/// Steps are then so short that rounding decides whether they lead downwards.
const MOST_DAMPING: f64 = 1e12;

/// Where the search ended, and the value there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Minimum {
    pub at: Coordinates,
    pub value: f64,
}

/// Searches until a step moves no coordinate by more than `tolerance`, relative to 0.1 or its own size.
pub(super) fn minimize(objective: &Objective, start: Coordinates, tolerance: f64) -> Minimum {
    let mut at = clamp(start);
    let mut here = objective.expand(at);
    let mut damping = FIRST_DAMPING;
    for _ in 0..MAX_STEPS {
        let Some(next) = step(&here, at, damping) else {
            if damping > MOST_DAMPING {
                break;
            }
            damping *= MORE_DAMPING;
            continue;
        };
        let is_short = (0..5).all(|i| (next[i] - at[i]).abs() <= tolerance * at[i].abs().max(0.1));
        let there = objective.expand(next);
        if there.value < here.value {
            (at, here) = (next, there);
            damping = (damping * LESS_DAMPING).max(LEAST_DAMPING);
        } else {
            damping *= MORE_DAMPING;
        }
        if is_short || damping > MOST_DAMPING {
            break;
        }
    }
    Minimum { at, value: here.value }
}

/// Where a step leads; `None` if there is no such step with this damping.
fn step(here: &Expansion, at: Coordinates, damping: f64) -> Option<Coordinates> {
    let mut matrix = here.curvature;
    let mut downwards = here.gradient.map(|slope| -slope);
    for (i, (line, reweighted)) in matrix.iter_mut().zip(&here.reweighted).enumerate() {
        line[..=i].iter_mut().zip(reweighted).for_each(|(entry, other)| *entry += damping * other);
        line[i] += damping * reweighted[i];
    }
    for i in 0..5 {
        let leaves = at[i] <= LEAST[i] && downwards[i] < 0.0 || at[i] >= MOST[i] && downwards[i] > 0.0;
        // The exponent of a term that is 0 changes nothing.
        if leaves || here.reweighted[i][i] == 0.0 {
            linear::pin(&mut matrix, &mut downwards, i);
        }
    }
    let step = linear::solve(&matrix, &downwards)?;
    Some(clamp(std::array::from_fn(|i| at[i] + step[i])))
}

fn clamp(at: Coordinates) -> Coordinates {
    std::array::from_fn(|i| at[i].clamp(LEAST[i], MOST[i]))
}
