//! What GPU-hours cost in money, energy and CO₂.
//!
//! ```text
//! cost     = GPU-hours · price                                          US dollars
//! energy   = GPU-hours · W · PUE / 10⁶                                  MWh
//! CO₂e     = energy · kg per kWh                                        tonnes (kg/kWh = t/MWh)
//! embodied = GPU-hours / lifetime · kg per GPU / 10³                    tonnes
//! ```
//!
//! W is the draw of one GPU, for which its rated power ([`Gpu::tdp_w`](crate::catalog::Gpu)) is an upper bound; PUE is what the
//! building takes for each watt of the machines. The energy is that of the GPUs: hosts and network, failed runs and those
//! before the last are not in it. Embodied carbon is a share of what making the GPU emitted; nobody's figure for it stands
//! here, so it is counted only when the reader gives one.
//!
//! Don't use it to compare models: the mix of the grid decides more than the model, and prices are those of one contract.
//! Source of the formulas: Touvron et al. 2023, [arXiv:2302.13971](https://arxiv.org/abs/2302.13971), section 6.

use crate::source::{Source, in_engine};

/// Watts · hours in a megawatt hour.
const WATT_HOURS_PER_MWH: f64 = 1e6;
const KG_PER_TONNE: f64 = 1e3;

/// US dollars for `gpu_hours` at a price for each.
#[must_use]
pub fn cost_usd(gpu_hours: f64, usd_per_gpu_hour: f64) -> f64 {
    gpu_hours * usd_per_gpu_hour
}

/// Energy in MWh of `gpu_hours` at `watts` a GPU, with what the building adds.
#[must_use]
pub fn energy_mwh(gpu_hours: f64, watts: f64, pue: f64) -> f64 {
    gpu_hours * watts * pue / WATT_HOURS_PER_MWH
}

/// Tonnes of CO₂ equivalent of this energy from a grid that emits so many kg for each kWh.
#[must_use]
pub fn co2_tonnes(energy_mwh: f64, kg_per_kwh: f64) -> f64 {
    energy_mwh * kg_per_kwh
}

/// What making a GPU emitted, and over how many hours of use it is shared out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Embodied {
    /// kg of CO₂ equivalent for one GPU.
    pub kg_per_gpu: f64,
    /// Hours that it works in its life.
    pub lifetime_hours: f64,
}

impl Embodied {
    /// Tonnes of CO₂ equivalent that fall to `gpu_hours`.
    #[must_use]
    pub fn co2_tonnes(&self, gpu_hours: f64) -> f64 {
        gpu_hours / self.lifetime_hours * self.kg_per_gpu / KG_PER_TONNE
    }
}

/// A published figure that a control can be set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Permanent key.
    pub id: &'static str,
    /// The name to show.
    pub name: &'static str,
    /// The figure, in the unit of its table.
    pub value: f64,
    /// When its authors wrote it, `YYYY-MM`.
    pub dated: &'static str,
    /// Where.
    pub source: Source,
    /// What it stands for.
    pub note: &'static str,
}

const LLAMA: Source = Source::in_engine(
    "Touvron et al. 2023, LLaMA: Open and Efficient Foundation Language Models, section 6 and Table 15",
    "https://arxiv.org/abs/2302.13971",
    "2026-11",
);

/// Prices in US dollars for a GPU-hour. The first is what a fresh page starts with, dated; what a reader pays, the reader knows.
///
/// Adding one: a whole row, with the document that states the price and its date.
pub static PRICES: &[Figure] = &[Figure {
    id: "deepseek-v3-h800",
    name: "H800, DeepSeek-V3",
    value: 2.0,
    dated: "2024-12",
    source: Source::in_engine(
        "DeepSeek-AI 2024, DeepSeek-V3 Technical Report, Table 1",
        "https://arxiv.org/abs/2412.19437",
        "2026-11",
    ),
    note: in_engine("What the report assumes for renting its own machines: 2.788M hours for 5.576M dollars."),
}];

/// Carbon intensities of grids, in kg of CO₂ equivalent for a kWh. The first is the default.
///
/// Adding one: a whole row, with the document that states the figure and its date.
pub static GRIDS: &[Figure] = &[Figure {
    id: "us-average",
    name: "US average",
    value: 0.385,
    dated: "2023-02",
    source: LLAMA,
    note: in_engine("What the LLaMA paper puts all models on, wherever they were trained."),
}];

/// Power usage effectiveness of data centres. The first is the default.
///
/// Adding one: a whole row, with the document that states the figure and its date.
pub static PUES: &[Figure] = &[Figure {
    id: "llama",
    name: "LLaMA paper",
    value: 1.1,
    dated: "2023-02",
    source: LLAMA,
    note: in_engine("What the LLaMA paper assumes for all models."),
}];

#[cfg(test)]
mod tests {
    use super::*;

    /// Touvron et al. 2023, Table 15.
    #[test]
    fn llama_7b_took_36_mwh_and_14_tonnes() {
        let energy = energy_mwh(82_432.0, 400.0, PUES[0].value);
        assert_eq!((energy.round(), co2_tonnes(energy, GRIDS[0].value).round()), (36.0, 14.0));
    }

    #[test]
    fn the_price_is_that_of_the_deepseek_report() {
        assert_eq!(cost_usd(2.788e6, PRICES[0].value), 5.576e6);
    }

    #[test]
    fn a_gpu_in_use_for_its_whole_life_carries_all_that_making_it_emitted() {
        let making = Embodied { kg_per_gpu: 150.0, lifetime_hours: 40_000.0 };
        assert_eq!(making.co2_tonnes(40_000.0), 0.15);
    }
}
