//! What is minimised, and the coordinates it is minimised in.
//!
//! Logarithms of N and D are taken from their means, and losses as multiples of theirs. Then the five coordinates are
//! of the order of 1 and far less correlated: `a` is the model's share at the geometric mean of N, not A, which moves
//! by a factor of 10⁹ when α moves by 1.

use super::Loss;
use super::linear;
use super::runs::Runs;
use crate::scaling::optimum::Parametric;
use libm::exp;

/// The coordinates of a law: what remains, the model's and the data's share at the centre of the runs, α and β.
pub(super) type Coordinates = [f64; 5];

/// The least and the greatest exponent that is searched.
pub(super) const EXPONENTS: (f64, f64) = (0.01, 3.0);

/// A share of the loss up to this is none: rounding leaves as much.
pub(super) const NO_SHARE: f64 = 1e-9;

/// The least value of each coordinate.
pub(super) const LEAST: Coordinates = [0.0, 0.0, 0.0, EXPONENTS.0, EXPONENTS.0];
/// The greatest value of each coordinate.
pub(super) const MOST: Coordinates = [f64::INFINITY, f64::INFINITY, f64::INFINITY, EXPONENTS.1, EXPONENTS.1];

/// Runs in the coordinates of the fit.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// ln N above its mean.
    pub x: Vec<f64>,
    /// ln D above its mean.
    pub y: Vec<f64>,
    /// Losses as multiples of their mean.
    pub loss: Vec<f64>,
    log_loss: Vec<f64>,
    mean_x: f64,
    mean_y: f64,
    mean_loss: f64,
}

impl Sample {
    pub fn new(runs: &Runs) -> Self {
        let runs = runs.as_slice();
        let (x, mean_x) = centred(runs.iter().map(|run| libm::log(run.at.params.get())).collect());
        let (y, mean_y) = centred(runs.iter().map(|run| libm::log(run.at.tokens.get())).collect());
        let mean_loss = mean(&runs.iter().map(|run| run.loss.get()).collect::<Vec<_>>());
        let loss: Vec<_> = runs.iter().map(|run| run.loss.get() / mean_loss).collect();
        let log_loss = loss.iter().map(|&loss| libm::log(loss)).collect();
        Self { x, y, loss, log_loss, mean_x, mean_y, mean_loss }
    }

    pub fn law(&self, [e, a, b, alpha, beta]: Coordinates) -> Parametric {
        Parametric {
            e: e * self.mean_loss,
            a: a * self.mean_loss * exp(alpha * self.mean_x),
            b: b * self.mean_loss * exp(beta * self.mean_y),
            alpha,
            beta,
        }
    }

    pub fn coordinates(&self, law: &Parametric) -> Coordinates {
        let share = |factor, exponent: f64, mean: f64| factor / self.mean_loss * exp(-exponent * mean);
        [
            law.e / self.mean_loss,
            share(law.a, law.alpha, self.mean_x),
            share(law.b, law.beta, self.mean_y),
            law.alpha,
            law.beta,
        ]
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn centred(mut values: Vec<f64>) -> (Vec<f64>, f64) {
    let mean = mean(&values);
    values.iter_mut().for_each(|value| *value -= mean);
    (values, mean)
}

/// Σ c ρ(r) over runs that count c times, where r is the residual and ρ the loss of the fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Objective<'a> {
    pub sample: &'a Sample,
    pub counts: &'a [f64],
    pub loss: Loss,
}

/// The objective around one point.
#[derive(Clone, Debug, Default)]
pub(super) struct Expansion {
    pub value: f64,
    pub gradient: Coordinates,
    /// Σ c ρ″ ∇r ∇rᵀ: of the Huber loss, the runs within δ alone. The lower half.
    pub curvature: [Coordinates; 5],
    /// Σ c (ρ′/r) ∇r ∇rᵀ, the weights of iteratively reweighted least squares: never less than `curvature`.
    pub reweighted: [Coordinates; 5],
}

impl Objective<'_> {
    pub fn expand(&self, [e, a, b, alpha, beta]: Coordinates) -> Expansion {
        let Sample { x, y, loss, log_loss, .. } = self.sample;
        let mut sum = Expansion::default();
        for (i, &count) in self.counts.iter().enumerate() {
            if count == 0.0 {
                continue;
            }
            let (model, data) = (exp(-alpha * x[i]), exp(-beta * y[i]));
            let predicted = e + a * model + b * data;
            let mut slope = [1.0, model, data, -a * model * x[i], -b * data * y[i]];
            let residual = if self.loss == Loss::Squared {
                predicted - loss[i]
            } else {
                slope.iter_mut().for_each(|slope| *slope /= predicted);
                libm::log(predicted) - log_loss[i]
            };
            sum.add(count, &self.loss.at(residual), &slope);
        }
        sum
    }
}

/// ρ of one residual r.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rho {
    value: f64,
    slope: f64,
    curvature: f64,
    /// ρ′/r.
    weight: f64,
}

impl Loss {
    fn at(self, residual: f64) -> Rho {
        match self {
            Self::Huber { delta } if residual.abs() > delta => Rho {
                value: delta * (residual.abs() - delta / 2.0),
                slope: delta.copysign(residual),
                curvature: 0.0,
                weight: delta / residual.abs(),
            },
            _ => Rho { value: residual * residual / 2.0, slope: residual, curvature: 1.0, weight: 1.0 },
        }
    }
}

impl Expansion {
    fn add(&mut self, count: f64, rho: &Rho, slope: &Coordinates) {
        self.value += count * rho.value;
        for (sum, slope) in self.gradient.iter_mut().zip(slope) {
            *sum += count * rho.slope * slope;
        }
        linear::add_outer(&mut self.reweighted, count * rho.weight, slope);
        if rho.curvature > 0.0 {
            linear::add_outer(&mut self.curvature, count * rho.curvature, slope);
        }
    }
}
