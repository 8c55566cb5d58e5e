//! What the scaling module is asked.

use super::{Arithmetic, Given, ScalingScenario, Time};
use crate::scaling::beyond::cost::{Demand, Rate, UnitCosts};
use crate::scaling::beyond::precision::Bits;
use crate::scaling::beyond::repeated::{DataLimited, UNLIMITED};
use crate::scaling::beyond::together::Lifetime;
use crate::scaling::emissions::Embodied;
use crate::scaling::laws::{FITTED_LAW, Fitted, default_law, fitted_law, rounding_trap};
use crate::scaling::{self, Error, Law, Locks, Machine, Parametric, Question, ROUNDING_TRAP};
use crate::transformer::Architecture;
use crate::units::{Flop, FlopPerSecond, Nats, Params, Tokens};

/// The power of a GPU whose vendor publishes none, W: that of an A100.
const WATTS: f64 = 400.0;
/// What is computed for each pass that counts where all activations are computed again: 4 forward passes' worth for 3.
const RECOMPUTED: f64 = 4.0 / 3.0;

impl ScalingScenario {
    /// What is asked.
    ///
    /// # Errors
    /// If the GPU has no published peak.
    pub fn question(&self) -> Result<Question, Error> {
        let making = Embodied { kg_per_gpu: self.embodied, lifetime_hours: self.life };
        Ok(Question {
            locks: self.locks(),
            machine: self.machine()?,
            law: self.law(),
            fitted: self.fitted_law(),
            unique: self.unique(),
            kg_per_kwh: self.grid,
            embodied: (self.embodied > 0.0).then_some(making),
        })
    }

    /// What is known.
    fn locks(&self) -> Locks {
        let mut locks = Locks::default();
        for quantity in [Some(self.given), self.also].into_iter().flatten() {
            match quantity {
                Given::Compute => locks.compute = Some(Flop(self.compute)),
                Given::Hardware => (locks.gpus, locks.days) = (Some(self.gpus), Some(self.days)),
                Given::Hours => locks.gpu_hours = Some(self.hours),
                Given::Money => locks.cost = Some(self.money),
                Given::Energy => locks.energy = Some(self.energy),
                Given::Params => locks.params = Some(self.size()),
                Given::Tokens => locks.tokens = Some(Tokens(self.tokens)),
                Given::Ratio => locks.tokens_per_param = Some(self.ratio),
                Given::Loss => locks.loss = Some(Nats(self.loss)),
            }
        }
        if !self.knows(Given::Hardware) {
            match self.time {
                Time::Gpus => locks.gpus = Some(self.gpus),
                Time::Days => locks.days = Some(self.days),
            }
        }
        locks.utilisation = (!self.finds_utilisation()).then_some(self.utilisation);
        locks
    }

    /// Whether utilisation follows: compute is known, and so are the GPU-hours, however those are said.
    #[must_use]
    pub fn finds_utilisation(&self) -> bool {
        let hours = [Given::Hardware, Given::Hours, Given::Money, Given::Energy];
        self.knows(Given::Compute) && hours.into_iter().any(|quantity| self.knows(quantity))
    }

    /// What it runs on.
    fn machine(&self) -> Result<Machine, Error> {
        Ok(Machine {
            gpu: self.gpu.name,
            peak: self.peak()?,
            availability: self.availability,
            recompute: if self.recompute { RECOMPUTED } else { 1.0 },
            watts: self.watts_of_gpu(),
            pue: self.pue,
            price: (self.price > 0.0).then_some(self.price),
        })
    }

    /// What one GPU draws: what is typed, or its board power.
    #[must_use]
    pub fn watts_of_gpu(&self) -> f64 {
        if self.watts > 0.0 { self.watts } else { self.gpu.tdp_w.unwrap_or(WATTS) }
    }

    /// The dense peak of the arithmetic that is chosen.
    fn peak(&self) -> Result<FlopPerSecond, Error> {
        let peak = match self.arithmetic {
            Arithmetic::Half => self.gpu.training_peak().map(|(peak, _)| peak),
            Arithmetic::Fp8 => self.gpu.peak.fp8.map(|tera| FlopPerSecond(tera * 1e12)),
        };
        let format = if self.arithmetic == Arithmetic::Fp8 { "FP8" } else { "16-bit" };
        peak.ok_or(Error::NoPeak { gpu: self.gpu.name, format })
    }

    /// The law that splits the budget.
    #[must_use]
    pub fn law(&self) -> Law {
        let row = match self.law {
            FITTED_LAW => self.fitted_law(),
            ROUNDING_TRAP => Some(rounding_trap(self.unrounded)),
            id => scaling::law(id),
        };
        row.unwrap_or_else(default_law)
    }

    /// The law of the reader's own runs.
    fn fitted_law(&self) -> Option<Law> {
        let own = self.fitted?;
        let [e, a, b, alpha, beta] = own.constants;
        let fitted = Fitted {
            params: Some((Params(own.params.0), Params(own.params.1))),
            tokens: Some((Tokens(own.tokens.0), Tokens(own.tokens.1))),
            compute: None,
        };
        Some(fitted_law(Parametric { e, a, b, alpha, beta }, fitted))
    }

    /// The architecture of the model that is chosen.
    #[must_use]
    pub fn architecture(&self) -> Option<Architecture> {
        self.model.and_then(|model| model.architecture().ok())
    }

    /// N where it is known: as it is typed, or as the model that is chosen has it.
    #[must_use]
    pub fn size(&self) -> Params {
        self.architecture().map_or(Params(self.params), |architecture| self.count.params(&architecture))
    }

    /// U, if text is limited.
    #[must_use]
    pub fn unique(&self) -> Option<Tokens> {
        (self.unique > 0.0).then_some(Tokens(self.unique))
    }

    /// What is asked of the model in its life.
    #[must_use]
    pub fn demand(&self) -> Demand {
        Demand { input: Tokens(self.demand_in), output: Tokens(self.demand_out) }
    }

    /// What a model's life costs in FLOP.
    #[must_use]
    pub fn lifetime(&self) -> Lifetime {
        let (_, constants) = self.law().loss_law();
        Lifetime {
            law: DataLimited::with_law(constants),
            unique: self.unique().unwrap_or(UNLIMITED),
            demand: self.demand(),
            costs: UnitCosts::FLOP,
        }
    }

    /// The same in money, if GPU-hours of both have a price.
    ///
    /// # Errors
    /// If the GPU has no published peak, or a number is out of its bounds.
    pub fn lifetime_in_money(&self) -> Result<Option<Lifetime>, String> {
        if self.price <= 0.0 || self.serving_price <= 0.0 {
            return Ok(None);
        }
        let peak = self.peak().map_err(|error| error.to_string())?;
        let rate = |gpu_hour_price, utilisation| Rate { gpu_hour_price, peak, utilisation };
        let costs = UnitCosts::priced(
            rate(self.price, self.utilisation),
            rate(self.serving_price, self.prompt_utilisation),
            rate(self.serving_price, self.answer_utilisation),
        );
        let costs = costs.map_err(|error| error.to_string())?;
        Ok(Some(Lifetime { costs, ..self.lifetime() }))
    }

    /// The bits that training keeps numbers in.
    #[must_use]
    pub fn bits(&self) -> Bits {
        let [weights, activations, kv_cache] = self.bits;
        Bits { weights, activations, kv_cache }
    }
}
