//! A law of one's own: L(N, D) = E + A/N^α + B/D^β fitted to training runs.
//!
//! [`csv`] reads the runs and [`Runs`] holds those that can be fitted; [`fit()`] finds the five constants that minimise
//! Σ ρ(r) for one choice of [`Loss`]; [`Bootstrap`] says how far other samples of runs would have moved them;
//! [`residuals`] are for a plot, and [`LOSSES`] are the choices to compare, because the exponents move with them.
//!
//! The search starts from the valleys that variable projection finds on a grid of exponents (`vpnls`), and goes down
//! from each by damped Gauss–Newton steps (`minimize`). Nothing is random but the resamples, which are seeded.
//!
//! Don't use it to compare laws of different tokenizers or data sets, and don't read more into its bands than they say:
//! they tell how the constants scatter if the law holds, not whether it holds beyond the runs ([`Fit::range`]). Runs
//! stopped before their learning rate has decayed do not follow one law.

mod bootstrap;
pub mod csv;
mod error;
mod linear;
mod minimize;
mod objective;
mod runs;
mod vpnls;

pub use bootstrap::{Band, Bands, Bootstrap, Draws, FitReport};
pub use error::{Cells, Column, Error, Place};
pub use runs::{MAX_RUNS, MIN_RUNS, Range, Run, Runs};

use super::optimum::{Allocation, Parametric};
use minimize::minimize;
use objective::{Coordinates, EXPONENTS, Objective, Sample};

/// The last step of a fit moves no coordinate by more than this part.
const TOLERANCE: f64 = 1e-11;

/// What a residual costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Loss {
    /// (L̂ − L)²: VPNLS. Runs of high loss, which are the small ones, weigh most.
    Squared,
    /// (ln L̂ − ln L)²: the best for errors that are a share of the loss.
    SquaredLog,
    /// Huber of ln L̂ − ln L: squared up to `delta` and linear beyond, so that single bad runs pull less.
    Huber {
        /// Where squared becomes linear, in ln L.
        delta: f64,
    },
}

/// The loss of Hoffmann et al. 2022, [arXiv:2203.15556](https://arxiv.org/abs/2203.15556), and of Besiroglu et al. 2024,
/// [arXiv:2404.10102](https://arxiv.org/abs/2404.10102).
///
/// Its δ is far below the scatter of most runs, so it is nearly the mean absolute error: robust, but where errors are
/// normal its constants scatter about a quarter more than those of squares.
pub const HUBER: Loss = Loss::Huber { delta: 1e-3 };

/// A loss on offer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossChoice {
    /// Permanent key, used in links.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// What it is.
    pub loss: Loss,
}

const fn choice(id: &'static str, name: &'static str, loss: Loss) -> LossChoice {
    LossChoice { id, name, loss }
}

/// The losses on offer, from the one that minds outliers most to the one that minds them least. A fit by each shows how
/// the exponents move with the choice.
pub const LOSSES: [LossChoice; 5] = [
    choice("vpnls", "Squared, of the loss (VPNLS)", Loss::Squared),
    choice("squared-log", "Squared, of ln loss", Loss::SquaredLog),
    choice("huber-1e-2", "Huber of ln loss, δ = 0.01", Loss::Huber { delta: 1e-2 }),
    choice("huber-1e-3", "Huber of ln loss, δ = 0.001", HUBER),
    choice("huber-1e-4", "Huber of ln loss, δ = 0.0001 (nearly absolute)", Loss::Huber { delta: 1e-4 }),
];

/// A fitted law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// E, A, B, α and β, in the unit of the losses.
    pub constants: Parametric,
    /// What was minimised.
    pub loss: Loss,
    /// How many runs were fitted.
    pub runs: usize,
    /// The root mean square of ln L̂ − ln L: 0.01 means that the law misses by about 1 %.
    pub rmse_log: f64,
    /// What the runs cover.
    pub range: Range,
}

/// How far one run is from a law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residual {
    /// N and D.
    pub at: Allocation,
    /// ln L − ln L̂: above 0 where the run did worse than the law.
    pub log: f64,
}

/// Fits the law to runs.
///
/// Without noise the constants are found to 1e-6 of themselves; E is 0 where the runs show no floor.
///
/// # Errors
///
/// If the best fit has no A or B, its α or β leaves 0.01 to 3, or a Huber δ is not positive.
pub fn fit(runs: &Runs, loss: Loss) -> Result<Fit, Error> {
    if let Loss::Huber { delta } = loss
        && !(delta > 0.0 && delta.is_finite())
    {
        return Err(Error::Delta(delta));
    }
    let sample = Sample::new(runs);
    let law = determined(&sample, lowest(&sample, loss))?;
    let squares: f64 = residuals(runs, &law).iter().map(|residual| residual.log * residual.log).sum();
    let count = runs.as_slice().len();
    let rmse_log = libm::sqrt(squares / count as f64);
    Ok(Fit { constants: law, loss, runs: count, rmse_log, range: runs.range() })
}

/// How far each run is from a law, in the order of the runs.
#[must_use]
pub fn residuals(runs: &Runs, law: &Parametric) -> Vec<Residual> {
    let log = |run: &Run| libm::log(run.loss / law.loss(run.at));
    runs.as_slice().iter().map(|run| Residual { at: run.at, log: log(run) }).collect()
}

/// The lowest minimum that is reached from any valley of the grid.
fn lowest(sample: &Sample, loss: Loss) -> Coordinates {
    let counts = vec![1.0; sample.x.len()];
    let from = |loss, start| minimize(&Objective { sample, counts: &counts, loss }, start, TOLERANCE);
    let mut best = (f64::INFINITY, Coordinates::default());
    for valley in vpnls::valleys(sample) {
        // From the least squares too: a robust loss has local minima between a coarse cell and its own.
        let squared = from(Loss::Squared, valley);
        for end in [squared.at, valley].map(|start| from(loss, start)) {
            if end.value < best.0 {
                best = (end.value, end.at);
            }
        }
    }
    best.1
}

/// The law at a minimum, if every constant of it means something.
fn determined(sample: &Sample, at: Coordinates) -> Result<Parametric, Error> {
    let [_, model, data, alpha, beta] = at;
    for (column, share, exponent) in [(Column::Params, model, alpha), (Column::Tokens, data, beta)] {
        let (least, most) = EXPONENTS;
        if share <= objective::NO_SHARE {
            return Err(Error::NoEffect { column });
        } else if exponent <= least || exponent >= most {
            return Err(Error::Exponent { column, least, most });
        }
    }
    Ok(sample.law(at))
}

#[cfg(test)]
mod tests;
