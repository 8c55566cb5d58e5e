//! How far a law can be trusted: 80 % bands from many draws of its constants.
//!
//! A fit is not one line but a cloud of them. Each draw of (ln A, ln B, ln E, α, β) is a law, and answers a question by
//! the closed forms of [`optimum`](super::optimum); of all answers the 10 %, 50 % and 90 % quantiles are reported. With
//! x = ln(C/6), what a draw says is a straight line and needs two of its numbers:
//!
//! ```text
//! ln N* = ln G + a·x       ln D* = x − ln N*       ln(D*/N*) = x − 2·ln N*       L* = E + K·e^(−s·x)
//! a = β/(α+β)       s = αβ/(α+β)       K = A G^−α + B G^β
//! ```
//!
//! D* and D*/N* fall where N* rises, so their quantiles are those of N* turned round, exactly.
//!
//! The draws of Besiroglu et al. are normal, around the **mean of the bootstrap** and not around the published point, which
//! lies beside it: the point gives 18.4 tokens per parameter at 5.76 × 10²³ FLOP, the median of the draws 17.2.
//!
//! Source: 4000 bootstrap resamples of the 240 runs of
//! [Besiroglu et al. 2024](https://arxiv.org/abs/2404.10102), whose standard errors agree with the paper's to 0.4 %.
//!
//! Arguments are taken as they come: let [`solve()`](super::solve()) judge a reader's numbers first.
//!
//! Don't read a band as all that is uncertain: it holds the noise of one set of runs under one form of law. That another
//! form or other data give other answers, which the laws' disagreement shows, is not in it.

use super::optimum::Parametric;
use crate::units::{Flop, Nats, Params, Tokens};
use libm::{exp, log, sqrt};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution as _, StandardNormal};
use serde::Serialize;
use std::sync::OnceLock;

/// Draws of the constants of Besiroglu et al.: with so many, chance moves the end of a band by less than 1 %.
pub const DRAWS: usize = 50_000;
/// Any will do; it is fixed so that a band is the same everywhere.
const SEED: u64 = 240_410_102;

/// ln A, ln B, ln E, α, β, in this order.
const CONSTANTS: usize = 5;
type Vector = [f64; CONSTANTS];
type Matrix = [Vector; CONSTANTS];

/// The mean of the bootstrap of Besiroglu et al.
const MEAN: Vector = [
    6.147_336_671_580_897,
    7.728_886_761_683_229,
    0.596_608_018_245_881_4,
    0.346_011_553_073_873_3,
    0.369_930_036_651_141_27,
];
/// Its covariance.
const COVARIANCE: Matrix = [
    [
        0.066_630_971_579_623_75,
        -0.027_764_612_225_990_87,
        0.002_135_316_127_604_791_3,
        0.003_971_843_749_865_247,
        -0.001_390_602_605_313_351_2,
    ],
    [
        -0.027_764_612_225_990_87,
        0.177_221_248_144_422_2,
        0.003_599_859_341_439_589_7,
        -0.001_723_649_588_374_537_3,
        0.008_666_865_760_282_295,
    ],
    [
        0.002_135_316_127_604_791_3,
        0.003_599_859_341_439_589_7,
        0.000_198_814_165_215_884_96,
        0.000_126_120_860_937_621_13,
        0.000_175_369_974_179_787_6,
    ],
    [
        0.003_971_843_749_865_247,
        -0.001_723_649_588_374_537_3,
        0.000_126_120_860_937_621_13,
        0.000_237_082_235_431_428_48,
        -8.638_510_962_027_416e-5,
    ],
    [
        -0.001_390_602_605_313_351_2,
        0.008_666_865_760_282_295,
        0.000_175_369_974_179_787_6,
        -8.638_510_962_027_416e-5,
        0.000_424_119_804_712_755_6,
    ],
];

/// The middle 80 % of what the draws say, and their median.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Band<T> {
    /// One draw in ten says less.
    pub p10: T,
    /// Half of the draws say less.
    pub p50: T,
    /// One draw in ten says more.
    pub p90: T,
}

impl<T: Copy> Band<T> {
    /// The band of what is known.
    pub(super) fn exact(value: T) -> Self {
        Self { p10: value, p50: value, p90: value }
    }

    /// The band of an increasing function of the quantity.
    pub(super) fn map<U>(self, increasing: impl Fn(T) -> U) -> Band<U> {
        Band { p10: increasing(self.p10), p50: increasing(self.p50), p90: increasing(self.p90) }
    }

    /// The band of a decreasing function of the quantity.
    pub(super) fn turned<U>(self, decreasing: impl Fn(T) -> U) -> Band<U> {
        Band { p10: decreasing(self.p90), p50: decreasing(self.p50), p90: decreasing(self.p10) }
    }
}

/// The bands of the compute-optimal run on one budget. Each stands for itself: the N* of a draw at its p10 goes with the
/// D* of that draw at its p90.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bands {
    /// N*.
    pub params: Band<Params>,
    /// D*.
    pub tokens: Band<Tokens>,
    /// D*/N*.
    pub tokens_per_param: Band<f64>,
    /// L*, in nats per token.
    #[serde(rename = "loss_nats")]
    pub loss: Band<Nats>,
}

/// Why there is no band.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not one law among the draws.
    #[error("none of the {0} draws of the constants is a law: E, A, B, alpha and beta have to be finite and above 0")]
    NoUsableDraw(usize),
}

/// What is kept of one draw; see the head of this module.
#[derive(Clone, Copy, Debug)]
struct Draw {
    ln_g: f64,
    params_exponent: f64,
    floor: f64,
    ln_factor: f64,
    loss_exponent: f64,
}

impl Draw {
    /// `None` if the constants are no law: not finite, or not above 0.
    fn of(law: &Parametric) -> Option<Self> {
        let Parametric { e, a, b, alpha, beta } = *law;
        if ![e, a, b, alpha, beta].iter().all(|constant| constant.is_finite() && *constant > 0.0) {
            return None;
        }
        let (ln_a, ln_b, sum) = (log(a), log(b), alpha + beta);
        let ln_g = (log(alpha / beta) + ln_a - ln_b) / sum;
        // A G^−α and B G^β are in the ratio β : α.
        let ln_factor = ln_a - alpha * ln_g + log(sum / beta);
        Some(Self { ln_g, params_exponent: beta / sum, floor: e, ln_factor, loss_exponent: alpha * beta / sum })
    }

    /// ln N* where x = ln(C/6).
    fn ln_params(&self, x: f64) -> f64 {
        self.ln_g + self.params_exponent * x
    }

    /// L* where x = ln(C/6).
    fn loss(&self, x: f64) -> f64 {
        self.floor + exp(self.ln_factor - self.loss_exponent * x)
    }

    /// ln(C/6) at which the optimum reaches a loss; infinite at or below E.
    fn x_for_loss(&self, loss: f64) -> f64 {
        let above = loss - self.floor;
        if above > 0.0 { (self.ln_factor - log(above)) / self.loss_exponent } else { f64::INFINITY }
    }
}

/// Many draws of a law's constants, ready to be asked.
#[derive(Clone, Debug)]
pub struct Ensemble {
    draws: Vec<Draw>,
}

impl Ensemble {
    /// From any draws, such as the fits to resamples of one's own runs. Those that are no law are left out; what remains is
    /// counted by [`used`](Self::used).
    ///
    /// # Errors
    ///
    /// If no draw has E, A, B, α and β all finite and above 0.
    pub fn new(draws: &[Parametric]) -> Result<Self, Error> {
        let usable: Vec<_> = draws.iter().filter_map(Draw::of).collect();
        if usable.is_empty() { Err(Error::NoUsableDraw(draws.len())) } else { Ok(Self { draws: usable }) }
    }

    /// [`DRAWS`] draws of the constants of Besiroglu et al. 2024, made when first asked for.
    #[must_use]
    pub fn besiroglu() -> &'static Self {
        static DRAWN: OnceLock<Ensemble> = OnceLock::new();
        DRAWN.get_or_init(|| Self { draws: normal_draws(&MEAN, &COVARIANCE).iter().filter_map(Draw::of).collect() })
    }

    /// How many draws are used.
    #[must_use]
    pub fn used(&self) -> usize {
        self.draws.len()
    }

    /// The best split of a compute budget, and the loss that it reaches.
    #[must_use]
    pub fn optimal(&self, compute: Flop) -> Bands {
        let x = log(compute.get() / 6.0);
        let ln_params = self.band(|draw| draw.ln_params(x));
        Bands {
            params: ln_params.map(|ln_n| Params(exp(ln_n))),
            tokens: ln_params.turned(|ln_n| Tokens(exp(x - ln_n))),
            tokens_per_param: ln_params.turned(|ln_n| exp(x - 2.0 * ln_n)),
            loss: self.band(|draw| draw.loss(x)).map(Nats),
        }
    }

    /// D*(N): the tokens with which a model of this size is the best use of its compute.
    #[must_use]
    pub fn optimal_tokens(&self, params: Params) -> Band<Tokens> {
        let ln_n = log(params.get());
        self.band(|draw| (ln_n * (1.0 - draw.params_exponent) - draw.ln_g) / draw.params_exponent)
            .map(|ln_d| Tokens(exp(ln_d)))
    }

    /// N*(D): the model with which these tokens are the best use of its compute.
    #[must_use]
    pub fn optimal_params(&self, tokens: Tokens) -> Band<Params> {
        let ln_d = log(tokens.get());
        self.band(|draw| (ln_d * draw.params_exponent + draw.ln_g) / (1.0 - draw.params_exponent))
            .map(|ln_n| Params(exp(ln_n)))
    }

    /// C(L): the least compute that reaches a loss. `None` if one draw in ten or more has its E there or above, so that the
    /// band has no end.
    #[must_use]
    pub fn compute_for_loss(&self, loss: Nats) -> Option<Band<Flop>> {
        let x = self.band(|draw| draw.x_for_loss(loss.get()));
        x.p90.is_finite().then(|| x.map(|x| Flop(6.0 * exp(x))))
    }

    fn band(&self, of: impl Fn(&Draw) -> f64) -> Band<f64> {
        let mut values: Vec<_> = self.draws.iter().map(of).collect();
        let mut at = |share| quantile(&mut values, share);
        Band { p10: at(0.1), p50: at(0.5), p90: at(0.9) }
    }
}

/// The value below which a share of the values lies, on the line between the two nearest. By selection, since
/// three of all draws are wanted and sorting would order every one.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    let position = share * (values.len() - 1) as f64;
    let (_, &mut low, above) = values.select_nth_unstable_by(position as usize, f64::total_cmp);
    let between = position.fract();
    if between == 0.0 { low } else { low + between * (above.iter().copied().fold(f64::INFINITY, f64::min) - low) }
}

/// Laws whose (ln A, ln B, ln E, α, β) are normal with this mean and covariance.
fn normal_draws(mean: &Vector, covariance: &Matrix) -> Vec<Parametric> {
    let factor = cholesky(covariance);
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let draw = |_| {
        let normal: Vector = std::array::from_fn(|_| StandardNormal.sample(&mut rng));
        let [ln_a, ln_b, ln_e, alpha, beta]: Vector = std::array::from_fn(|row| mean[row] + dot(&factor[row], &normal));
        Parametric { e: exp(ln_e), a: exp(ln_a), b: exp(ln_b), alpha, beta }
    };
    (0..DRAWS).map(draw).collect()
}

/// The lower triangle L with L·Lᵀ = the matrix, which has to be symmetric and positive definite.
fn cholesky(matrix: &Matrix) -> Matrix {
    let mut lower = [[0.0; CONSTANTS]; CONSTANTS];
    for row in 0..CONSTANTS {
        for column in 0..=row {
            // What is not filled in yet is 0.
            let rest = matrix[row][column] - dot(&lower[row], &lower[column]);
            lower[row][column] = if row == column { sqrt(rest) } else { rest / lower[column][column] };
        }
    }
    lower
}

fn dot(left: &Vector, right: &Vector) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::{LawKind, law};
    use proptest::prelude::*;
    use serde_json::Value;

    fn bootstrap() -> Value {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/besiroglu_bootstrap.json");
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    fn published() -> Parametric {
        let LawKind::Parametric(constants) = law("besiroglu-2024").unwrap().kind else { panic!() };
        constants
    }

    fn numbers(list: &Value) -> Vec<f64> {
        list.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    }

    fn assert_band(what: &str, band: Band<f64>, expected: &Value) {
        for (actual, expected) in [band.p10, band.p50, band.p90].into_iter().zip(numbers(expected)) {
            assert!((actual / expected - 1.0).abs() < 0.03, "{what}: {actual} is not {expected} ± 3 %");
        }
    }

    #[test]
    fn the_mean_and_the_covariance_are_those_of_the_file() {
        let file = bootstrap();
        assert_eq!(numbers(&file["mean"]), MEAN);
        let rows = file["cov"].as_array().unwrap();
        assert_eq!(rows.len(), CONSTANTS);
        for (row, expected) in COVARIANCE.iter().zip(rows) {
            assert_eq!(row.as_slice(), numbers(expected));
        }
    }

    #[test]
    fn bands_are_those_of_the_resamples_on_every_budget_of_the_file() {
        let file = bootstrap();
        let budgets = file["bands"].as_object().unwrap();
        assert_eq!(budgets.len(), 6);
        for (compute, expected) in budgets {
            let bands = Ensemble::besiroglu().optimal(Flop(compute.parse().unwrap()));
            assert_band(&format!("{compute}: N"), bands.params.map(Params::get), &expected["N"]);
            assert_band(&format!("{compute}: D"), bands.tokens.map(Tokens::get), &expected["D"]);
            assert_band(&format!("{compute}: D/N"), bands.tokens_per_param, &expected["D_over_N"]);
            assert_band(&format!("{compute}: loss"), bands.loss.map(Nats::get), &expected["loss"]);
        }
    }

    #[test]
    fn the_draws_have_the_mean_and_the_covariance_that_they_were_drawn_with() {
        let draws: Vec<Vector> = normal_draws(&MEAN, &COVARIANCE)
            .iter()
            .map(|law| [log(law.a), log(law.b), log(law.e), law.alpha, law.beta])
            .collect();
        let n = draws.len() as f64;
        let mean: Vector = std::array::from_fn(|i| draws.iter().map(|draw| draw[i]).sum::<f64>() / n);
        for i in 0..CONSTANTS {
            assert!((mean[i] - MEAN[i]).abs() < 5.0 * sqrt(COVARIANCE[i][i] / n));
            for j in 0..CONSTANTS {
                let product = draws.iter().map(|draw| (draw[i] - mean[i]) * (draw[j] - mean[j])).sum::<f64>() / n;
                let scale = sqrt(COVARIANCE[i][i] * COVARIANCE[j][j]);
                assert!((product - COVARIANCE[i][j]).abs() < 0.03 * scale, "{i}, {j}");
            }
        }
    }

    #[test]
    fn every_draw_of_besiroglu_is_a_law() {
        assert_eq!(Ensemble::besiroglu().used(), DRAWS);
    }

    #[test]
    fn twenty_tokens_per_parameter_are_ten_to_twenty_nine_at_the_budget_of_chinchilla() {
        let band = Ensemble::besiroglu().optimal(Flop(5.76e23)).tokens_per_param;
        assert_eq!((band.p10.round(), band.p50.round(), band.p90.round()), (10.0, 17.0, 29.0));
    }

    #[test]
    fn cholesky_gives_the_matrix_back() {
        let lower = cholesky(&COVARIANCE);
        for row in 0..CONSTANTS {
            assert!(lower[row][row] > 0.0 && lower[row][row + 1..].iter().all(|&above| above == 0.0));
            for column in 0..CONSTANTS {
                assert!((dot(&lower[row], &lower[column]) - COVARIANCE[row][column]).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn quantiles_are_interpolated_as_numpy_does() {
        let quantile = |share| quantile(&mut [4.0, 1.0, 3.0, 2.0], share);
        assert_eq!((quantile(0.0), quantile(0.1), quantile(0.5), quantile(1.0)), (1.0, 1.3, 2.5, 4.0));
        assert_eq!(super::quantile(&mut [7.0], 0.9), 7.0);
    }

    #[test]
    fn draws_that_are_no_law_are_left_out_and_nothing_else_is_an_error() {
        let good = published();
        let bad = [
            Parametric { alpha: 0.0, ..good },
            Parametric { beta: -0.1, ..good },
            Parametric { a: f64::NAN, ..good },
            Parametric { b: f64::INFINITY, ..good },
            Parametric { e: -1.0, ..good },
        ];
        assert_eq!(Ensemble::new(&[]).unwrap_err(), Error::NoUsableDraw(0));
        assert_eq!(Ensemble::new(&bad).unwrap_err(), Error::NoUsableDraw(5));
        assert_eq!(Ensemble::new(&[bad[0], good, bad[1]]).unwrap().used(), 1);
    }

    #[test]
    fn a_loss_that_one_draw_in_ten_never_reaches_has_no_band() {
        let ensemble = Ensemble::besiroglu();
        assert!(ensemble.compute_for_loss(Nats(2.0)).is_some());
        for loss in [1.8, 0.0, -1.0, f64::NAN] {
            assert_eq!(ensemble.compute_for_loss(Nats(loss)), None, "{loss}");
        }
    }

    proptest! {
        /// All draws alike: the band is a point, which the closed forms know.
        #[test]
        fn a_band_of_one_law_is_what_the_closed_forms_say(
            exponent in 15.0..30.0f64, alpha in 0.1..1.0f64, beta in 0.1..1.0f64, draws in 1..9usize,
        ) {
            let law = Parametric { alpha, beta, ..published() };
            let ensemble = Ensemble::new(&vec![law; draws]).unwrap();
            let compute = Flop(libm::pow(10.0, exponent));
            let (bands, best) = (ensemble.optimal(compute), law.optimal(compute));
            let loss = law.optimal_loss(compute);
            let reached = ensemble.compute_for_loss(loss);
            let mut pairs = vec![
                (bands.params.p10.get(), best.params.get()),
                (bands.params.p90.get(), best.params.get()),
                (bands.tokens.p50.get(), best.tokens.get()),
                (bands.tokens_per_param.p90, best.tokens_per_param()),
                (bands.loss.p10.get(), loss.get()),
                (ensemble.optimal_tokens(best.params).p50.get(), best.tokens.get()),
                (ensemble.optimal_params(best.tokens).p50.get(), best.params.get()),
            ];
            // Near its floor a loss says little about compute.
            if loss.get() - law.e > 1e-3 {
                pairs.push((reached.unwrap().p50.get(), compute.get()));
            }
            for (actual, expected) in pairs {
                prop_assert!((actual / expected - 1.0).abs() < 1e-9, "{actual} is not {expected}");
            }
        }

        #[test]
        fn bands_are_in_order_and_turned_where_one_falls_as_the_other_rises(exponent in 15.0..30.0f64) {
            let compute = libm::pow(10.0, exponent);
            let bands = Ensemble::besiroglu().optimal(Flop(compute));
            prop_assert!(bands.params.p10 < bands.params.p50 && bands.params.p50 < bands.params.p90);
            prop_assert!(bands.tokens.p10 < bands.tokens.p50 && bands.tokens.p50 < bands.tokens.p90);
            prop_assert!(bands.loss.p10 < bands.loss.p50 && bands.loss.p50 < bands.loss.p90);
            let product = 6.0 * bands.params.p10.get() * bands.tokens.p90.get();
            prop_assert!((product / compute - 1.0).abs() < 1e-9);
        }
    }
}
