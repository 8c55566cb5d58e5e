//! Runs that can be fitted.

use super::error::{Column, Error, Place};
use crate::scaling::optimum::Allocation;
use crate::units::{Flop, Nats, Params, Tokens};
use std::collections::BTreeSet;

/// The most runs that are fitted.
pub const MAX_RUNS: usize = 10_000;

/// The fewest different runs that are fitted: as many as the law has constants.
pub const MIN_RUNS: usize = 5;

/// From this correlation of ln N with ln D on, either exponent could belong to either term.
const IN_STEP: f64 = 1.0 - 1e-5;

/// One training run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// N and D.
    pub at: Allocation,
    /// The loss it reached, in nats per token.
    pub loss: Nats,
}

/// Runs whose numbers are in range and vary enough for every constant to be determined.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs(Vec<Run>);

/// The least and the most of what runs cover; a law is an extrapolation beyond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// N.
    pub params: (Params, Params),
    /// D.
    pub tokens: (Tokens, Tokens),
    /// The largest C = 6·N·D.
    pub max_compute: Flop,
}

impl Runs {
    /// Takes runs that can be fitted.
    ///
    /// # Errors
    ///
    /// If a number is outside its [`Column::range`], there are more than [`MAX_RUNS`] runs or fewer than [`MIN_RUNS`]
    /// different ones, N or D has fewer than three values, or D is the same rising power of N in all runs.
    pub fn new(runs: Vec<Run>) -> Result<Self, Error> {
        if runs.len() > MAX_RUNS {
            return Err(Error::TooMany { limit: MAX_RUNS });
        }
        for (index, run) in runs.iter().enumerate() {
            let place = Place::Run(index + 1);
            Column::Params.check(run.at.params.get(), place)?;
            Column::Tokens.check(run.at.tokens.get(), place)?;
            Column::Loss.check(run.loss.get(), place)?;
        }
        let runs = Self(runs);
        runs.vary()?;
        if runs.correlation() > IN_STEP { Err(Error::InStep) } else { Ok(runs) }
    }

    /// The runs, in the order they were given.
    #[must_use]
    pub fn as_slice(&self) -> &[Run] {
        &self.0
    }

    /// What they cover.
    #[must_use]
    pub fn range(&self) -> Range {
        let (mut params, mut tokens) = ((f64::INFINITY, 0f64), (f64::INFINITY, 0f64));
        let mut max_compute = 0f64;
        for Run { at, .. } in &self.0 {
            params = (params.0.min(at.params.get()), params.1.max(at.params.get()));
            tokens = (tokens.0.min(at.tokens.get()), tokens.1.max(at.tokens.get()));
            max_compute = max_compute.max(at.flop().get());
        }
        Range {
            params: (Params(params.0), Params(params.1)),
            tokens: (Tokens(tokens.0), Tokens(tokens.1)),
            max_compute: Flop(max_compute),
        }
    }

    fn different<K: Ord>(&self, key: impl Fn(&Run) -> K) -> usize {
        self.0.iter().map(key).collect::<BTreeSet<_>>().len()
    }

    /// Checks that there are enough values for the exponents, and enough runs for all constants.
    fn vary(&self) -> Result<(), Error> {
        let params = |run: &Run| run.at.params.get().to_bits();
        let tokens = |run: &Run| run.at.tokens.get().to_bits();
        let found = self.different(|run| (params(run), tokens(run)));
        let columns = [(Column::Params, self.different(params)), (Column::Tokens, self.different(tokens))];
        let with = |values| columns.iter().find(|column| column.1 == values).map(|column| column.0);
        match (found, with(1), with(2)) {
            (0, ..) => Err(Error::Empty),
            (2.., Some(column), _) => Err(Error::AllEqual { column }),
            (..MIN_RUNS, ..) => Err(Error::TooFew { found, least: MIN_RUNS }),
            // Two values of N fix A/N₁^α − A/N₂^α, which is one equation for A and α.
            (.., Some(column)) => Err(Error::OnlyTwo { column }),
            _ => Ok(()),
        }
    }

    /// Of ln N with ln D.
    fn correlation(&self) -> f64 {
        let logs: Vec<_> =
            self.0.iter().map(|run| (libm::log(run.at.params.get()), libm::log(run.at.tokens.get()))).collect();
        let count = logs.len() as f64;
        let (x, y) = logs.iter().fold((0.0, 0.0), |sum, log| (sum.0 + log.0 / count, sum.1 + log.1 / count));
        let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
        for log in logs {
            xx += (log.0 - x) * (log.0 - x);
            yy += (log.1 - y) * (log.1 - y);
            xy += (log.0 - x) * (log.1 - y);
        }
        xy / libm::sqrt(xx * yy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(params: f64, tokens: f64, loss: f64) -> Run {
        Run { at: Allocation { params: Params(params), tokens: Tokens(tokens) }, loss: Nats(loss) }
    }

    fn runs(pairs: impl IntoIterator<Item = (f64, f64)>) -> Result<Runs, Error> {
        Runs::new(pairs.into_iter().map(|(params, tokens)| run(params, tokens, 2.5)).collect())
    }

    #[test]
    fn runs_that_leave_a_constant_open_are_refused() {
        assert_eq!(runs([]), Err(Error::Empty));
        assert_eq!(runs([(1e9, 2e10)]), Err(Error::TooFew { found: 1, least: 5 }));
        let one = (0..9).map(|_| (1e9, 2e10));
        assert_eq!(runs(one), Err(Error::TooFew { found: 1, least: 5 }));
        let powers = || (0..9).map(|k| f64::from(1 << k) * 1e8);
        assert_eq!(runs(powers().map(|n| (1e9, n))), Err(Error::AllEqual { column: Column::Params }));
        assert_eq!(runs(powers().map(|n| (n, 1e9))), Err(Error::AllEqual { column: Column::Tokens }));
        let two = powers().enumerate().map(|(k, n)| (if k % 2 == 0 { 1e9 } else { 2e9 }, n));
        assert_eq!(runs(two), Err(Error::OnlyTwo { column: Column::Params }));
        assert_eq!(runs(powers().map(|n| (n, 20.0 * n))), Err(Error::InStep));
        // One IsoFLOP curve falls in the one and rises in the other, which tells the terms apart.
        assert!(runs(powers().map(|n| (n, 1e20 / n))).is_ok());
        assert_eq!(runs((0..10_001).map(|k| (1e9 + f64::from(k), 1e9))), Err(Error::TooMany { limit: 10_000 }));
    }

    #[test]
    fn numbers_out_of_range_are_refused_by_the_number_of_the_run() {
        for bad in [f64::NAN, f64::INFINITY, 0.0, -1.0, 1e40] {
            for (column, bad_run) in [
                (Column::Params, run(bad, 1e9, 2.0)),
                (Column::Tokens, run(1e9, bad, 2.0)),
                (Column::Loss, run(1e9, 1e9, bad)),
            ] {
                let Err(Error::OutOfRange { place, column: named, .. }) = Runs::new(vec![run(1e9, 1e9, 2.0), bad_run])
                else {
                    panic!("{bad} passed for {column}")
                };
                assert_eq!((place, named), (Place::Run(2), column));
            }
        }
    }

    #[test]
    fn the_range_is_that_of_the_runs() {
        let runs = runs([(1e8, 1e11), (2e8, 3e10), (4e8, 2e10), (3e9, 1e9), (5e8, 5e9)]).unwrap();
        let range = runs.range();
        assert_eq!(range.params, (Params(1e8), Params(3e9)));
        assert_eq!(range.tokens, (Tokens(1e9), Tokens(1e11)));
        assert_eq!(range.max_compute, Flop(6.0 * 1e8 * 1e11));
    }
}
