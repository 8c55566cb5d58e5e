//! The Scaling lab's controls.

use crate::catalog::MODELS;
use crate::labs::form::{Form, Group, gpus, plain};
use crate::scaling::flops::Count;
use crate::scaling::laws::FITTED_LAW;
use crate::scaling::{LAWS, ROUNDING_TRAP};
use crate::scenario::ScalingScenario;
use crate::scenario::scaling::{
    AVAILABILITY, Arithmetic, BITS, COMPUTE, DAYS, DEMAND, EMBODIED, ENERGY, GPU_COUNT, GRID, Given, HOURS, LIFE, LOSS,
    MONEY, PARAMS, PRICE, PUE, RATIO, SEQUENCE, SERVING_PRICE, SERVING_UTILISATION, TOKENS, Time, UNIQUE, UNROUNDED,
    UTILISATION, WATTS,
};

/// What is known, and by which law the rest follows; then what less is asked about.
#[must_use]
pub fn controls(asked: &ScalingScenario) -> String {
    let mut form = Form::new("scaling");
    form.choice("given", "What you know", &Given::ALL.map(|given| (given.id(), given.name())));
    known(&mut form, asked, asked.given);
    let others = Given::ALL.into_iter().filter(|given| *given != asked.given).map(|given| (given.id(), given.name()));
    form.menu(
        "also",
        "also",
        "And also",
        &plain([("nothing", "nothing: the law’s best split")].into_iter().chain(others)),
    );
    if let Some(also) = asked.also.filter(|also| *also != asked.given) {
        known(&mut form, asked, also);
    }
    form.menu("law", "law", "Law", &laws(asked));
    if asked.law == ROUNDING_TRAP {
        form.number("unrounded", "From the printed constants to the source’s", "", &UNROUNDED, Some(0.05));
    }
    form.more("hardware", "GPUs, time and money", |form| hardware(form, asked));
    form.more("carbon", "Electricity and carbon", carbon);
    form.more("beyond", "Limited data, and serving", beyond);
    form.more("counted", "The model, and what of it is N", count);
    form.more("precision", "Precision in training", bits);
    form.finish()
}

/// The fields of a quantity that is known.
fn known(form: &mut Form, asked: &ScalingScenario, quantity: Given) {
    match quantity {
        Given::Compute => form.number("compute", "Training compute", "FLOP", &COMPUTE, None),
        Given::Hardware => form.number("gpus", "How many", "GPUs", &GPU_COUNT, None).number(
            "days",
            "For how long",
            "days",
            &DAYS,
            None,
        ),
        Given::Hours => form.number("hours", "GPU-hours", "h", &HOURS, None),
        Given::Money => form.number("money", "Money", "USD", &MONEY, None),
        Given::Energy => form.number("energy", "Electricity", "MWh", &ENERGY, None),
        // A model that is chosen says its own size.
        Given::Params if asked.model.is_some() => form.note("The size is that of the model chosen below."),
        Given::Params => form.number("params", "Parameters", "", &PARAMS, None),
        Given::Tokens => form.number("tokens", "Training tokens", "tokens", &TOKENS, None),
        Given::Ratio => form.number("ratio", "Tokens per parameter", "", &RATIO, None),
        Given::Loss => form.number("loss", "Loss to reach", "nats/token", &LOSS, None),
    };
}

/// The published laws, and the reader's own once there is one.
fn laws(asked: &ScalingScenario) -> Vec<Group> {
    let own = asked.fitted.is_some().then_some((FITTED_LAW, "Your fit"));
    plain(LAWS.iter().map(|law| (law.id, law.name)).chain(own))
}

fn hardware(form: &mut Form, asked: &ScalingScenario) {
    form.menu("gpu", "gpu", "GPU", &gpus());
    if asked.gpu.peak.fp8.is_some() || asked.arithmetic == Arithmetic::Fp8 {
        form.choice("arith", "It multiplies in", &[("16-bit", "16 bits"), ("fp8", "FP8")]);
    }
    if !asked.knows(Given::Hardware) {
        form.choice("time", "Of the rest you know", &[("gpus", "the GPUs"), ("days", "the days")]);
        match asked.time {
            Time::Gpus => form.number("gpus", "How many", "GPUs", &GPU_COUNT, None),
            Time::Days => form.number("days", "For how long", "days", &DAYS, None),
        };
    }
    if asked.finds_utilisation() {
        form.note("Utilisation follows from compute and GPU-hours.");
    } else {
        form.number("mfu", "Utilisation (MFU)", "of the peak", &UTILISATION, Some(0.01));
    }
    form.number("availability", "Availability", "of the days", &AVAILABILITY, Some(0.01));
    form.choice("recompute", "Activations", &[("0", "kept"), ("1", "computed again")]);
    form.number("price", "Price of a GPU-hour", "USD", &PRICE, None);
}

fn carbon(form: &mut Form) {
    form.number("watts", "Power of a GPU; 0 for its board power", "W", &WATTS, None);
    form.number("pue", "Power of the building over that (PUE)", "", &PUE, Some(0.05));
    form.number("grid", "Carbon of a kWh", "kg CO₂e", &GRID, None);
    form.number("embodied", "Carbon of a GPU’s making; 0 leaves it out", "kg CO₂e", &EMBODIED, None);
    form.number("life", "Hours that it works", "h", &LIFE, None);
}

fn beyond(form: &mut Form) {
    form.number("unique", "Distinct tokens that there are; 0 for enough", "tokens", &UNIQUE, None);
    form.number("demand-in", "Tokens it will read in its life", "tokens", &DEMAND, None);
    form.number("demand-out", "Tokens it will write", "tokens", &DEMAND, None);
    form.number("mfu-in", "Utilisation of reading", "of the peak", &SERVING_UTILISATION, None);
    form.number("mfu-out", "Utilisation of writing", "of the peak", &SERVING_UTILISATION, None);
    form.number("price-serve", "Price of a GPU-hour of serving", "USD", &SERVING_PRICE, None);
}

fn count(form: &mut Form) {
    let models = MODELS.iter().map(|model| (model.id, model.name));
    form.menu(
        "model",
        "model",
        "Model whose FLOPs are counted",
        &plain([("proposed", "one proposed for the size")].into_iter().chain(models)),
    );
    form.choice("count", "N counts", &Count::ALL.map(|row| (row.1, row.2)));
    form.number("seq", "Tokens of a sequence", "tokens", &SEQUENCE, None);
}

fn bits(form: &mut Form) {
    form.number("bits-w", "Weights", "bits", &BITS, Some(1.0));
    form.number("bits-a", "Activations", "bits", &BITS, Some(1.0));
    form.number("bits-kv", "Keys and values", "bits", &BITS, Some(1.0));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::form;
    use crate::scenario::scaling::KEYS;

    #[test]
    fn every_control_sets_a_key_and_every_option_is_one() {
        for given in Given::ALL {
            for also in [None].into_iter().chain(Given::ALL.map(Some)) {
                let asked = ScalingScenario { given, also, ..ScalingScenario::default() };
                form::check(&controls(&asked), KEYS, &asked);
            }
        }
    }

    #[test]
    fn which_controls_there_are_does_not_follow_from_a_number() {
        let asked = ScalingScenario::default();
        let typed = ScalingScenario { compute: 1e22, unique: 1e9, demand_in: 1e12, price: 0.0, ..asked.clone() };
        assert_eq!(controls(&asked), controls(&typed));
    }
}
