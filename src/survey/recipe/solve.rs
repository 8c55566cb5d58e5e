//! The smallest recipe that is good enough, and the best that is small enough.
//!
//! A format is chosen for each tensor by itself, so both are exact. The smallest recipe in which no tensor has less than X dB
//! takes for every tensor the smallest format that has X dB. Its bytes never fall while X rises, so the largest X whose recipe fits
//! a given total is found among the decibels that were measured, by bisection.
//!
//! SQNR is not accuracy: how much a model minds an error depends on where it is.

use super::assign::{bytes, is_divided, is_stored_as, is_weight};
use super::{Pattern, Recipe, Rule, Target};
use crate::order;
use crate::survey::{Measured, Place, Setting};
use crate::weights::{Checkpoint, Stored};
use std::collections::BTreeMap;

/// What is chosen for a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// What becomes of it.
    pub target: Target,
    /// Bytes that it takes then.
    pub bytes: u64,
    /// Its SQNR in dB; ∞ of what is kept, and without any error.
    pub decibels: f64,
}

/// The smallest recipe in which every tensor has at least so many decibels, of these settings and of keeping what is stored;
/// of as many bytes the one with more decibels. `measured` has the settings in this order; a vector, and a tensor that was not
/// measured, is kept. One choice a tensor, in the order of the checkpoint.
#[must_use]
pub fn smallest(
    checkpoint: &Checkpoint,
    settings: &[Setting],
    measured: &BTreeMap<u32, Measured>,
    least_db: f64,
) -> Vec<Choice> {
    all_options(checkpoint, settings, measured).iter().map(|options| chosen(options, least_db)).collect()
}

/// The recipe whose worst tensor has the most decibels among those that take at most so many bytes together; of those the one
/// with the fewest bytes. Nothing if even the smallest takes more.
#[must_use]
pub fn best_within(
    checkpoint: &Checkpoint,
    settings: &[Setting],
    measured: &BTreeMap<u32, Measured>,
    most_bytes: u64,
) -> Option<Vec<Choice>> {
    let all = all_options(checkpoint, settings, measured);
    let total = |least_db: f64| all.iter().map(|options| chosen(options, least_db).bytes).fold(0, u64::saturating_add);
    let mut bounds: Vec<f64> = all.iter().flatten().map(|choice| choice.decibels).collect();
    bounds.push(f64::NEG_INFINITY);
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let fitting = bounds.partition_point(|bound| total(*bound) <= most_bytes);
    let bound = bounds[fitting.checked_sub(1)?];
    Some(all.iter().map(|options| chosen(options, bound)).collect())
}

/// What may become of each tensor: what is kept comes first, and is always there.
fn all_options(checkpoint: &Checkpoint, settings: &[Setting], measured: &BTreeMap<u32, Measured>) -> Vec<Vec<Choice>> {
    (0..).zip(&checkpoint.tensors).map(|(i, tensor)| options(tensor, settings, measured.get(&i))).collect()
}

fn options(tensor: &Stored, settings: &[Setting], measured: Option<&Measured>) -> Vec<Choice> {
    let kept = Choice { target: Target::Keep, bytes: tensor.span.len(), decibels: f64::INFINITY };
    let mut options = vec![kept];
    let Some(measured) = measured.filter(|_| tensor.shape.len() > 1 && is_weight(tensor.dtype)) else { return options };
    for (setting, errors) in settings.iter().zip(&measured.errors) {
        let Ok(errors) = errors else { continue };
        let decibels = errors.decibels();
        let is_possible = is_divided(tensor, setting.format) && !is_stored_as(tensor.dtype, *setting);
        if is_possible && decibels > f64::NEG_INFINITY {
            let target = Target::To(*setting);
            options.push(Choice { target, bytes: bytes(tensor, target), decibels });
        }
    }
    options
}

/// The smallest of those with so many decibels; the first if several are as good.
fn chosen(options: &[Choice], least_db: f64) -> Choice {
    let good = options.iter().filter(|choice| choice.decibels >= least_db);
    let is_better = |a: &Choice, b: &Choice| (a.bytes, -a.decibels) < (b.bytes, -b.decibels);
    let first = options[0];
    good.fold(first, |best, choice| if is_better(choice, &best) { *choice } else { best })
}

impl Recipe {
    /// The recipe that makes these choices: a rule for each role where all of its tensors are alike, else one for each tensor.
    #[must_use]
    pub fn of_choices(checkpoint: &Checkpoint, choices: &[Choice]) -> Self {
        let mut by_role: BTreeMap<(bool, Place), Vec<(&str, Target)>> = BTreeMap::new();
        for (tensor, choice) in checkpoint.tensors.iter().zip(choices) {
            let place = Place::of(&tensor.name);
            let role = (place.layer.is_some(), Place { layer: None, ..place });
            by_role.entry(role).or_default().push((&tensor.name, choice.target));
        }
        let rule = |glob: &str, target| Rule {
            pattern: Pattern { glob: glob.to_owned(), dims: None, more_bits: false, tied: false },
            target,
        };
        let (mut single, mut roles) = (Vec::new(), Vec::new());
        for ((is_in_layer, Place { part, role, is_weight, .. }), tensors) in by_role {
            let target = tensors[0].1;
            // A pattern may fit tensors of other roles; where their names say more, they come before it.
            if is_in_layer && tensors.iter().all(|tensor| tensor.1 == target) {
                let end = if is_weight { ".weight" } else { "" };
                roles.push((format!("{part}blk.*.{role}{end}"), target));
            } else {
                single.extend(tensors.iter().map(|(name, target)| rule(name, *target)));
            }
        }
        order::sort_by_key(&mut roles, |(glob, _)| std::cmp::Reverse(glob.len()));
        single
            .retain(|rule| rule.target != Target::Keep || roles.iter().any(|(glob, _)| fits(glob, &rule.pattern.glob)));
        let rules = single.into_iter().chain(roles.iter().map(|(glob, target)| rule(glob, *target))).collect();
        Self { rules, otherwise: Target::Keep }
    }
}

/// Whether a pattern fits the tensor of a name.
fn fits(glob: &str, name: &str) -> bool {
    super::matches(glob, name) || super::matches(glob, &Place::of(name).name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::recipe::assign;
    use crate::survey::test_support::{checkpoint, tensor};
    use crate::survey::{Errors, Moments};
    use proptest::prelude::*;

    const SETTINGS: [&str; 5] = ["q8_0", "q4_k", "int8@row", "mxfp4", "bf16"];

    fn settings() -> Vec<Setting> {
        SETTINGS.map(|text| Setting::read(text).unwrap()).to_vec()
    }

    /// Tensors with what was measured of them: Σe² beside Σx² = 1000, nothing, or why not.
    fn measured(figures: &[Vec<u8>]) -> BTreeMap<u32, Measured> {
        let errors = |figure: u8| match figure {
            0 => Err("no".to_owned()),
            1 => Ok(Errors { overflowed: 1, e2: 1.0, x2: 1000.0, ..Errors::default() }),
            2 => Ok(Errors { x2: 1000.0, ..Errors::default() }),
            e2 => Ok(Errors { e2: e2.into(), x2: 1000.0, ..Errors::default() }),
        };
        let one = |figures: &Vec<u8>| Measured {
            moments: Moments::default(),
            errors: figures.iter().map(|figure| errors(*figure)).collect(),
            changed: None,
        };
        (0..).zip(figures).filter(|(_, figures)| figures[0] != 9).map(|(i, figures)| (i, one(figures))).collect()
    }

    fn total(choices: &[Choice]) -> u64 {
        choices.iter().map(|choice| choice.bytes).sum()
    }

    fn worst(choices: &[Choice]) -> f64 {
        choices.iter().map(|choice| choice.decibels).fold(f64::INFINITY, f64::min)
    }

    /// Every combination of what may become of the tensors.
    fn combinations(all: &[Vec<Choice>]) -> Vec<Vec<Choice>> {
        all.iter().fold(vec![Vec::new()], |combinations, options| {
            let longer = combinations
                .iter()
                .flat_map(|choices| options.iter().map(move |choice| [choices.as_slice(), &[*choice]].concat()));
            longer.collect()
        })
    }

    prop_compose! {
        fn any_model()(
            tensors in prop::collection::vec((prop::sample::select(vec![64u64, 256, 100]), prop::collection::vec(0u8..12, 5), any::<bool>()), 1..5),
        ) -> (Checkpoint, BTreeMap<u32, Measured>) {
            let names = ["h.0.attn.c_attn.weight", "h.1.attn.c_attn.weight", "h.0.mlp.c_fc.weight", "wte.weight"];
            let stored = tensors.iter().zip(names).map(|((cols, _, is_vector), name)| {
                tensor(name, if *is_vector { &[256] } else { std::slice::from_ref(cols) }).with_rows(*is_vector)
            });
            let figures: Vec<Vec<u8>> = tensors.iter().map(|(_, figures, _)| figures.clone()).collect();
            (checkpoint(stored.collect()), measured(&figures))
        }
    }

    impl Stored {
        /// A matrix of eight rows, unless it is to stay a vector.
        fn with_rows(self, is_vector: bool) -> Self {
            if is_vector { self } else { tensor(&self.name, &[8, self.shape[0]]) }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn no_recipe_is_smaller_or_better((checkpoint, measured) in any_model(), least_db in 15f64..35.0, share in 0f64..1.1) {
            let settings = settings();
            let all = all_options(&checkpoint, &settings, &measured);
            let combinations = combinations(&all);

            let small = smallest(&checkpoint, &settings, &measured, least_db);
            prop_assert!(worst(&small) >= least_db);
            let best = combinations.iter().filter(|choices| worst(choices) >= least_db).map(|choices| total(choices)).min();
            prop_assert_eq!(Some(total(&small)), best);

            let budget = (share * checkpoint.tensor_bytes() as f64) as u64;
            let fitting = combinations.iter().filter(|choices| total(choices) <= budget);
            let best = fitting.clone().map(|choices| worst(choices)).max_by(f64::total_cmp);
            let found = best_within(&checkpoint, &settings, &measured, budget);
            prop_assert_eq!(found.as_ref().map(|choices| worst(choices)), best);
            if let (Some(found), Some(best)) = (found, best) {
                let fewest = fitting.filter(|choices| worst(choices) >= best).map(|choices| total(choices)).min();
                prop_assert_eq!(Some(total(&found)), fewest);
            }

            let recipe = Recipe::of_choices(&checkpoint, &small);
            prop_assert_eq!(Recipe::read(&recipe.write()), Ok(recipe.clone()));
            let made: Vec<Target> = assign(&recipe, &checkpoint).iter().map(|assigned| assigned.target).collect();
            prop_assert_eq!(made, small.iter().map(|choice| choice.target).collect::<Vec<_>>());
        }
    }

    #[test]
    fn of_as_many_bytes_the_better_is_chosen() {
        let checkpoint = checkpoint(vec![tensor("w", &[8, 256])]);
        let pair = ["q4_k", "q4_0"].map(|text| Setting::read(text).unwrap());
        let measured = measured(&[vec![8, 4]]);
        let choice = smallest(&checkpoint, &pair, &measured, 10.0)[0];
        assert_eq!((choice.target.write().as_str(), choice.bytes), ("q4_0", 8 * 144));
        assert_eq!(smallest(&checkpoint, &pair, &measured, 30.0)[0].target, Target::Keep);
        assert_eq!(best_within(&checkpoint, &pair, &measured, 8 * 144 - 1), None);
    }
}
