//! The Scaling lab's controls.

use crate::labs::form::{Form, gpus, plain};
use crate::scaling::LAWS;
use crate::scenario::ScalingScenario;
use crate::scenario::scaling::{COMPUTE, DAYS, GPU_COUNT, Given, PARAMS, TOKENS, UTILISATION};

/// What is known, and by which law the rest follows.
#[must_use]
pub fn controls(asked: &ScalingScenario) -> String {
    let mut form = Form::new("scaling");
    form.choice("given", "What you know", &Given::ALL.map(|given| (given.id(), given.name())));
    match asked.given {
        Given::Compute => form.number("compute", "Training compute", "FLOP", &COMPUTE, None),
        Given::Params => form.number("params", "Parameters", "", &PARAMS, None),
        Given::Tokens => form.number("tokens", "Training tokens", "tokens", &TOKENS, None),
        Given::Hardware => form
            .menu("gpu", "gpu", "GPU", &gpus())
            .number("gpus", "How many", "GPUs", &GPU_COUNT, None)
            .number("days", "For how long", "days", &DAYS, None)
            .number("mfu", "Utilisation (MFU)", "of the peak", &UTILISATION, Some(0.01)),
    };
    form.menu("law", "law", "Law", &plain(LAWS.iter().map(|law| (law.id, law.name))));
    form.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::form;
    use crate::scenario::scaling::KEYS;

    #[test]
    fn every_control_sets_a_key_and_every_option_is_one() {
        for given in Given::ALL {
            let asked = ScalingScenario { given, ..ScalingScenario::default() };
            form::check(&controls(&asked), KEYS, &asked);
        }
    }
}
