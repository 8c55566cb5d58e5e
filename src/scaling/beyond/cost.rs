//! What a model costs from the first training step to the last answer.
//!
//! ```text
//! cost = 6·N·D·c_train + 2·N·(D_in·c_in + D_out·c_out)
//! ```
//!
//! Training takes 6 FLOP for each parameter and token, an answer 2: it has no backward pass. What is counted is decided by
//! the c's. With 1 for each it is FLOP ([`UnitCosts::FLOP`]). In money, c is the price of a GPU-hour over the FLOP that it
//! really delivers, and the c's differ: training reaches 0.4 to 0.6 of the peak, writing one token after the other about
//! 0.01.
//!
//! Source: Sardana & Frankle et al. 2024, [arXiv:2401.00448](https://arxiv.org/abs/2401.00448), their real-world cost.
//!
//! Attention over long contexts is not counted, neither here nor in C = 6·N·D.

use super::{Error, Input};
use crate::scaling::optimum::Allocation;
use crate::units::{Flop, FlopPerSecond, Params, Tokens};

/// FLOP per parameter and token of an answer: the forward pass.
const SERVING_FLOP_PER_PARAM_TOKEN: f64 = 2.0;
/// A token of training takes as many FLOP as so many of serving.
pub(super) const SERVED_PER_TRAINED: f64 = 3.0;
const SECONDS_PER_HOUR: f64 = 3600.0;

/// The tokens of all prompts and answers of a model's life.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Demand {
    /// Tokens read.
    pub input: Tokens,
    /// Tokens written.
    pub output: Tokens,
}

impl Demand {
    /// Nobody uses the model.
    pub const NONE: Self = Self { input: Tokens(0.0), output: Tokens(0.0) };

    /// Read and written.
    #[must_use]
    pub fn total(self) -> Tokens {
        self.input + self.output
    }
}

/// What one FLOP costs, in any unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitCosts {
    /// c_train.
    pub training: f64,
    /// c_in: reading a prompt.
    pub input: f64,
    /// c_out: writing an answer.
    pub output: f64,
}

impl UnitCosts {
    /// Costs are counted in FLOP.
    pub const FLOP: Self = Self { training: 1.0, input: 1.0, output: 1.0 };

    /// Costs are counted in what the prices are in.
    ///
    /// # Errors
    ///
    /// Those of [`Rate::per_flop`].
    pub fn priced(training: Rate, input: Rate, output: Rate) -> Result<Self, Error> {
        Ok(Self { training: training.per_flop()?, input: input.per_flop()?, output: output.per_flop()? })
    }

    /// The demand that would cost as much if a FLOP of serving cost what one of training does:
    /// (D_in·c_in + D_out·c_out) / c_train.
    ///
    /// # Errors
    ///
    /// If a demand or a cost is not finite or below 0, or training costs nothing.
    pub fn effective_demand(&self, demand: Demand) -> Result<Tokens, Error> {
        let training = Input::UnitCost.positive(self.training)?;
        let parts = [(demand.input, self.input), (demand.output, self.output)];
        let mut sum = 0.0;
        for (tokens, cost) in parts {
            sum += Input::Demand.not_negative(tokens.get())? * Input::UnitCost.not_negative(cost)?;
        }
        Input::Demand.finite(sum / training).map(Tokens)
    }

    /// 6·N·D·c_train.
    #[must_use]
    pub fn training(&self, at: Allocation) -> f64 {
        at.flop().get() * self.training
    }

    /// 2·N·(D_in·c_in + D_out·c_out).
    #[must_use]
    pub fn serving(&self, params: Params, demand: Demand) -> f64 {
        serving_flop(params, demand.input).get() * self.input + serving_flop(params, demand.output).get() * self.output
    }

    /// Training and serving.
    #[must_use]
    pub fn lifetime(&self, at: Allocation, demand: Demand) -> f64 {
        self.training(at) + self.serving(at.params, demand)
    }
}

/// 2·N for each token that is read or written.
#[must_use]
pub fn serving_flop(params: Params, demand: Tokens) -> Flop {
    Flop(SERVING_FLOP_PER_PARAM_TOKEN * params.get() * demand.get())
}

/// 6·N·D + 2·N·D_inf.
#[must_use]
pub fn lifetime_flop(at: Allocation, demand: Tokens) -> Flop {
    at.flop() + serving_flop(at.params, demand)
}

/// A GPU that is paid by the hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The price of an hour, in any currency.
    pub gpu_hour_price: f64,
    /// The dense peak in the precision that is used.
    pub peak: FlopPerSecond,
    /// The share of the peak that is reached, above 0 and up to 1.
    pub utilisation: f64,
}

impl Rate {
    /// price / (3600 · peak · utilisation).
    ///
    /// # Errors
    ///
    /// If one of the three is not finite or not above 0, or utilisation is above 1.
    pub fn per_flop(&self) -> Result<f64, Error> {
        let price = Input::GpuHourPrice.positive(self.gpu_hour_price)?;
        let peak = Input::Peak.positive(self.peak.get())?;
        let utilisation = Input::Utilisation.positive(self.utilisation)?;
        if utilisation > 1.0 {
            return Err(Error::UtilisationAboveOne(utilisation));
        }
        Ok(price / (SECONDS_PER_HOUR * peak * utilisation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::beyond::testing::close;

    const A100: FlopPerSecond = FlopPerSecond(312e12);

    fn rate(gpu_hour_price: f64, utilisation: f64) -> Rate {
        Rate { gpu_hour_price, peak: A100, utilisation }
    }

    fn at(params: f64, tokens: f64) -> Allocation {
        Allocation { params: Params(params), tokens: Tokens(tokens) }
    }

    #[test]
    fn an_answer_takes_a_third_of_the_flop_of_training_on_its_tokens() {
        assert_eq!(serving_flop(Params(7e9), Tokens(2e12)), Flop(2.8e22));
        assert_eq!(lifetime_flop(at(7e9, 1e12), Tokens(3e12)), Flop(8.4e22));
        assert_eq!(at(7e9, 1e12).flop(), serving_flop(Params(7e9), Tokens(1e12 * SERVED_PER_TRAINED)));
        let demand = Demand { input: Tokens(1e12), output: Tokens(2e12) };
        assert_eq!(demand.total(), Tokens(3e12));
        assert_eq!(UnitCosts::FLOP.lifetime(at(7e9, 1e12), demand), 8.4e22);
    }

    #[test]
    fn a_gpu_hour_buys_its_peak_times_the_utilisation() {
        let per_flop = rate(2.0, 0.5).per_flop().unwrap();
        assert!(close(per_flop * 312e12 * 0.5 * 3600.0, 2.0, 1e-12));
    }

    #[test]
    fn tokens_that_are_written_at_a_fiftieth_of_the_utilisation_weigh_fifty_times() {
        let costs = UnitCosts::priced(rate(2.0, 0.5), rate(2.0, 0.5), rate(2.0, 0.01)).unwrap();
        let demand = Demand { input: Tokens(3e12), output: Tokens(1e12) };
        assert!(close(costs.effective_demand(demand).unwrap().get(), 53e12, 1e-12));
        assert!(close(costs.serving(Params(1e9), demand) / costs.training(at(1e9, 1e12)), 53.0 / 3.0, 1e-12));
        assert_eq!(UnitCosts::FLOP.effective_demand(demand), Ok(Tokens(4e12)));
    }

    #[test]
    fn nonsense_prices_and_demands_are_errors() {
        assert_eq!(rate(0.0, 0.5).per_flop(), Err(Error::NotPositive { input: Input::GpuHourPrice, value: 0.0 }));
        assert_eq!(rate(2.0, f64::NAN).per_flop(), Err(Error::NotFinite { input: Input::Utilisation }));
        assert_eq!(rate(2.0, 1.5).per_flop(), Err(Error::UtilisationAboveOne(1.5)));
        let peak = FlopPerSecond(-1.0);
        let error = Rate { peak, ..rate(2.0, 0.5) }.per_flop();
        assert_eq!(error, Err(Error::NotPositive { input: Input::Peak, value: -1.0 }));
        let demand = |input| Demand { input: Tokens(input), output: Tokens(1.0) };
        let effective = |input| UnitCosts::FLOP.effective_demand(demand(input));
        assert_eq!(effective(-1.0), Err(Error::Negative { input: Input::Demand, value: -1.0 }));
        assert_eq!(effective(f64::INFINITY), Err(Error::NotFinite { input: Input::Demand }));
        let free = UnitCosts { training: 0.0, ..UnitCosts::FLOP };
        assert!(matches!(free.effective_demand(Demand::NONE), Err(Error::NotPositive { input: Input::UnitCost, .. })));
    }
}
