//! The lab's inputs in a link.

use super::{
    AVAILABILITY, Arithmetic, BITS, COMPUTE, DAYS, DEMAND, EMBODIED, ENERGY, FittedLaw, GPU_COUNT, GRID, Given, HOURS,
    LIFE, LOSS, MONEY, PARAMS, PRICE, PUE, RATIO, SEQUENCE, SERVING_PRICE, SERVING_UTILISATION, ScalingScenario,
    TOKENS, Time, UNIQUE, UNROUNDED, UTILISATION, WATTS,
};
use crate::catalog::{self, GPUS, MODELS};
use crate::scaling::flops::Count;
use crate::scaling::laws::{FITTED_LAW, LAWS};
use crate::scenario::key::{Key, Rejection, documented, list, read_bool, read_choice, read_number, span, write_bool};
use crate::scenario::number;

/// What stands for nothing else being known.
const NOTHING: &str = "nothing";
/// What stands for the model that is proposed for a size.
const PROPOSED: &str = "proposed";

/// A key of a number.
macro_rules! number {
    ($name:literal, $field:ident $(| [$at:literal])?, $bounds:ident, $about:literal, $example:literal) => {
        Key {
            name: $name,
            doc: documented!($about, || span(&$bounds), $example),
            write: |scenario| number::format(scenario.$field$([$at])?),
            read: |scenario, text| read_number(&mut scenario.$field$([$at])?, &$bounds, text),
        }
    };
}

/// What of the hardware is known, by id.
const TIMES: [(Time, &str); 2] = [(Time::Gpus, "gpus"), (Time::Days, "days")];
/// Formats that training multiplies in, by id.
const ARITHMETICS: [(Arithmetic, &str); 2] = [(Arithmetic::Half, "16-bit"), (Arithmetic::Fp8, "fp8")];

/// The keys, in the order they are written.
pub static KEYS: &[Key<ScalingScenario>] = &[
    Key {
        name: "given",
        doc: documented!(
            "Which quantity is known; the others follow from it.",
            || list(Given::ALL.map(Given::id)),
            "params"
        ),
        write: |scenario| scenario.given.id().to_owned(),
        read: |scenario, text| read_choice(&mut scenario.given, Given::from_id(text)),
    },
    Key {
        name: "also",
        doc: documented!(
            "Another quantity that is known; with nothing else the split is the law's optimum.",
            || list([NOTHING].into_iter().chain(Given::ALL.map(Given::id))),
            "params"
        ),
        // What is given already is nothing else.
        write: |scenario| scenario.also.filter(|also| *also != scenario.given).map_or(NOTHING, Given::id).to_owned(),
        read: |scenario, text| {
            let also = if text == NOTHING { Some(None) } else { Given::from_id(text).map(Some) };
            read_choice(&mut scenario.also, also)
        },
    },
    number!("compute", compute, COMPUTE, "Training compute, FLOP.", "1e22"),
    Key {
        name: "gpu",
        doc: documented!("The accelerator.", || list(GPUS.iter().map(|gpu| gpu.id)), "h100-sxm5-80gb"),
        write: |scenario| scenario.gpu.id.to_owned(),
        read: |scenario, text| read_choice(&mut scenario.gpu, catalog::gpu(text)),
    },
    Key {
        name: "arith",
        doc: documented!(
            "The format that training multiplies in, whose dense peak counts.",
            || list(ARITHMETICS.map(|row| row.1)),
            "fp8"
        ),
        write: |scenario| id_in(&ARITHMETICS, scenario.arithmetic),
        read: |scenario, text| read_choice(&mut scenario.arithmetic, named(&ARITHMETICS, text)),
    },
    Key {
        name: "time",
        doc: documented!(
            "Where the budget follows from something else: whether the number of GPUs is known or the days.",
            || list(TIMES.map(|row| row.1)),
            "days"
        ),
        write: |scenario| id_in(&TIMES, scenario.time),
        read: |scenario, text| read_choice(&mut scenario.time, named(&TIMES, text)),
    },
    number!("gpus", gpus, GPU_COUNT, "How many accelerators.", "8"),
    number!("days", days, DAYS, "For how many days.", "30"),
    number!(
        "mfu",
        utilisation,
        UTILISATION,
        "Utilisation (MFU): the share of the dense peak that training reaches.",
        "0.35"
    ),
    number!("hours", hours, HOURS, "GPU-hours, for `given=hours`.", "3.084e7"),
    number!("money", money, MONEY, "USD, for `given=money`.", "5576000"),
    number!("energy", energy, ENERGY, "MWh, for `given=energy`.", "449"),
    number!("params", params, PARAMS, "Model size, for `given=params`; also `7B`.", "8e9"),
    number!("tokens", tokens, TOKENS, "Training tokens, for `given=tokens`; also `15T`.", "1.5e13"),
    number!("ratio", ratio, RATIO, "Tokens per parameter, for `also=ratio`.", "200"),
    number!("loss", loss, LOSS, "Nats per token, for `given=loss`.", "2.2"),
    Key {
        name: "fit",
        doc: documented!(
            "The law `yours`, as the lab's own fit writes it: E, A, B, α, β, and the least and most parameters and tokens of \
             the runs.",
            || "nine numbers with commas between".to_owned(),
            "1.8,480,2100,0.35,0.37,1e8,1e10,1e9,5e11"
        ),
        write: |scenario| scenario.fitted.map(|law| law.to_string()).unwrap_or_default(),
        read: |scenario, text| {
            scenario.fitted = Some(read_fit(text)?);
            Ok(())
        },
    },
    Key {
        name: "law",
        doc: documented!(
            "The law that splits the budget.",
            || list(LAWS.iter().map(|law| law.id).chain([FITTED_LAW])),
            "chinchilla-20"
        ),
        write: |scenario| scenario.law.to_owned(),
        read: |scenario, text| {
            if text == FITTED_LAW && scenario.fitted.is_none() {
                return Err(Rejection::Because("There is no law of your own yet: fit one to your runs.".to_owned()));
            }
            let ids = LAWS.iter().map(|law| law.id).chain([FITTED_LAW]);
            read_choice(&mut scenario.law, ids.into_iter().find(|id| *id == text))
        },
    },
    number!(
        "unrounded",
        unrounded,
        UNROUNDED,
        "For `law=hoffmann-2022-a3-rounded`: from the printed constants (0) to those of the TeX source (1).",
        "0.5"
    ),
    Key {
        name: "model",
        doc: documented!(
            "The model whose FLOPs are counted one by one, and whose size is N for `given=params`; `proposed` for a \
             plausible one of the law's size.",
            || list([PROPOSED].into_iter().chain(MODELS.iter().map(|model| model.id))),
            "llama-3.1-8b"
        ),
        write: |scenario| scenario.model.map_or(PROPOSED, |model| model.id).to_owned(),
        read: |scenario, text| {
            let model = if text == PROPOSED { Some(None) } else { catalog::model(text).map(Some) };
            read_choice(&mut scenario.model, model)
        },
    },
    Key {
        name: "count",
        doc: documented!(
            "Which parameters of that model are N.",
            || list(Count::ALL.map(|row| row.1)),
            "non-embedding"
        ),
        write: |scenario| Count::ALL.iter().find(|row| row.0 == scenario.count).map_or("", |row| row.1).to_owned(),
        read: |scenario, text| {
            read_choice(&mut scenario.count, Count::ALL.iter().find(|row| row.1 == text).map(|row| row.0))
        },
    },
    number!("seq", sequence, SEQUENCE, "Tokens of a training sequence.", "8192"),
    number!("availability", availability, AVAILABILITY, "The share of the days in which the GPUs train.", "0.9"),
    Key {
        name: "recompute",
        doc: documented!(
            "Whether activations are computed again: four forward passes' worth of work in place of three.",
            || list(["0", "1"]),
            "1"
        ),
        write: |scenario| write_bool(scenario.recompute),
        read: |scenario, text| read_choice(&mut scenario.recompute, read_bool(text)),
    },
    number!("price", price, PRICE, "USD for a GPU-hour of training; 0 leaves money out.", "1.5"),
    number!("watts", watts, WATTS, "Watts of a GPU; 0 for its board power.", "400"),
    number!("pue", pue, PUE, "Power of the building over that of the GPUs.", "1.25"),
    number!("grid", grid, GRID, "kg CO₂e for a kWh.", "0.05"),
    number!("embodied", embodied, EMBODIED, "kg CO₂e of the making of a GPU; 0 leaves it out.", "150"),
    number!("life", life, LIFE, "Hours that a GPU works, over which its making is spread.", "20000"),
    number!("unique", unique, UNIQUE, "Distinct tokens that there are; 0 for as many as it takes.", "2.5e10"),
    number!("demand-in", demand_in, DEMAND, "Tokens that the model will read in its life.", "1e12"),
    number!("demand-out", demand_out, DEMAND, "Tokens that it will write.", "1e12"),
    number!("mfu-in", prompt_utilisation, SERVING_UTILISATION, "Utilisation of reading a prompt.", "0.5"),
    number!("mfu-out", answer_utilisation, SERVING_UTILISATION, "Utilisation of writing an answer.", "0.02"),
    number!("price-serve", serving_price, SERVING_PRICE, "USD for a GPU-hour of serving.", "3"),
    number!("bits-w", bits | [0], BITS, "Bits of the weights in training.", "8"),
    number!("bits-a", bits | [1], BITS, "Bits of the activations in training.", "8"),
    number!("bits-kv", bits | [2], BITS, "Bits of keys and values in training.", "8"),
];

fn id_in<T: PartialEq>(table: &[(T, &str)], value: T) -> String {
    table.iter().find(|row| row.0 == value).map_or("", |row| row.1).to_owned()
}

fn named<T: Copy>(table: &[(T, &str)], id: &str) -> Option<T> {
    table.iter().find(|row| row.1 == id).map(|row| row.0)
}

fn read_fit(text: &str) -> Result<FittedLaw, Rejection> {
    let numbers: Option<Vec<f64>> = text.split(',').map(number::parse).collect();
    match numbers.as_deref() {
        Some(&[e, a, b, alpha, beta, n0, n1, d0, d1])
            if [e, a, b].iter().all(|value| (0.0..1e12).contains(value))
                && [alpha, beta].iter().all(|value| (0.01..=3.0).contains(value))
                && a > 0.0
                && b > 0.0
                && 0.0 < n0
                && n0 <= n1
                && 0.0 < d0
                && d0 <= d1 =>
        {
            Ok(FittedLaw { constants: [e, a, b, alpha, beta], params: (n0, n1), tokens: (d0, d1) })
        }
        _ => Err(Rejection::Because("A fitted law is nine numbers: E, A, B, α, β and two ranges.".to_owned())),
    }
}
