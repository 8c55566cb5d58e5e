//! What a recipe makes of a checkpoint: which format for which tensors, what they take then, and which suffer most.

use super::Desk;
use super::words::{db, percent, setting_name, tensors};
use crate::labs::html::Columns;
use crate::labs::quantize::numbers::count;
use crate::labs::{Html, sentence};
use crate::order;
use crate::scenario::WeightsScenario;
use crate::scenario::permalink::percent_encode;
use crate::scenario::weights::Chosen;
use crate::survey::recipe::{Assigned, Recipe, Target, Totals, assign, smallest, weakest};
use crate::units::{Bytes, Params, significant};
use crate::weights::Checkpoint;

/// How many tensors are named.
const WORST: usize = 5;
/// How many reasons for another format are listed.
const MOST_REASONS: usize = 20;

/// What the chosen recipe makes of the tensors; nothing if none is chosen.
pub fn html(asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) -> String {
    let mut html = Html::default();
    if asked.recipe == Chosen::None {
        return String::new();
    }
    let Followed { name, note, recipe, assigned } = match follow(asked, desk, checkpoint) {
        Ok(followed) => followed,
        Err(missing) => return html.element("p", &[("class", "note")], &sentence(missing)).finish(),
    };
    let totals = Totals::of(checkpoint, &assigned);
    html.element(
        "h3",
        &[("class", "takeaway"), ("id", "weights-recipe-takeaway")],
        &takeaway(&name, &totals, &assigned, asked, desk, checkpoint),
    );
    html.element("p", &[("class", "note")], &note);
    let rows = by_target(checkpoint, &assigned).into_iter().map(|(target, n, params, bytes)| {
        let share = percent(bytes as f64 / (totals.bytes as f64).max(1.0));
        vec![target, count(n), Params(params as f64).to_string(), Bytes(bytes as f64).to_string(), share]
    });
    let columns = Columns::Short(&["Written as", "Tensors", "Parameters", "Bytes", "Share"]);
    html.table("weights-recipe-table", &name, columns, rows);
    if totals.instead > 0 {
        let summary = format!("Not in the format that the recipe says: {}", tensors(totals.instead));
        html.more("weights-recipe-instead", &summary, |html| {
            html.open("ul", &[("class", "sources")]);
            let named = checkpoint.tensors.iter().zip(&assigned);
            for (tensor, why) in
                named.filter_map(|(tensor, one)| Some((tensor, one.instead.as_ref()?))).take(MOST_REASONS)
            {
                html.element("li", &[], &format!("{}: {why}", tensor.name));
            }
            html.close("ul");
        });
    }
    worst(&mut html, &assigned, asked, desk, checkpoint);
    html.more("weights-recipe-rules", "Its rules", |html| {
        html.element("pre", &[("class", "formula")], &recipe.write());
        let text = percent_encode(&recipe.write());
        html.button("link-button", &format!("recipe=own&rules={text}"), "Change these rules");
    });
    html.finish()
}

/// A recipe, and what it makes of a checkpoint.
pub struct Followed {
    name: String,
    note: String,
    recipe: Recipe,
    /// Of each tensor.
    pub assigned: Vec<Assigned>,
}

/// What the chosen recipe makes of each tensor.
///
/// # Errors
/// What is missing, as a fact.
pub fn follow(asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) -> Result<Followed, &'static str> {
    let (name, note, recipe, assigned) = match asked.recipe {
        Chosen::None => return Err("no recipe is chosen: choose one first"),
        Chosen::Preset(preset) => {
            let recipe = preset.recipe();
            (preset.name.to_owned(), preset.note.to_owned(), recipe.clone(), assign(&recipe, checkpoint))
        }
        Chosen::Own => {
            let recipe = asked
                .rules
                .as_ref()
                .ok_or("the recipe has no rules yet: write them a line each, such as *.weight = q4_k")?;
            let note = "The first rule that fits a name counts; what none fits is kept as it is stored.".to_owned();
            ("Your recipe".to_owned(), note, recipe.clone(), assign(recipe, checkpoint))
        }
        Chosen::Least => {
            if desk.measured.is_empty() {
                return Err("the smallest recipe follows from what was measured: measure the tensors first");
            }
            let choices = smallest(checkpoint, &asked.settings, &desk.measured, asked.least_db);
            let recipe = Recipe::of_choices(checkpoint, &choices);
            let assigned = choices
                .into_iter()
                .map(|choice| Assigned { rule: None, target: choice.target, instead: None, bytes: choice.bytes })
                .collect();
            let name = format!("The smallest recipe with {} dB in every tensor", significant(asked.least_db, 3));
            let note = "For each tensor the smallest of the chosen formats that keeps so much; what none does, and what is not \
                        measured, is kept as it is stored.";
            (name, note.to_owned(), recipe, assigned)
        }
    };
    Ok(Followed { name, note, recipe, assigned })
}

fn takeaway(
    name: &str,
    totals: &Totals,
    assigned: &[Assigned],
    asked: &WeightsScenario,
    desk: &Desk,
    checkpoint: &Checkpoint,
) -> String {
    let bits =
        totals.bits_per_weight().map_or_else(String::new, |bits| format!(", {} bits a weight", significant(bits, 3)));
    let of = percent(totals.bytes as f64 / (totals.stored as f64).max(1.0));
    let worst = weakest(assigned, &asked.settings, &desk.measured).by_decibels.first().copied();
    let worst = worst.and_then(|(place, least)| Some((checkpoint.tensors.get(place as usize)?, least)));
    let worst = match worst {
        Some((tensor, least)) if least.is_finite() => {
            format!("; the worst of them, {}, keeps {} dB", tensor.name, db(least))
        }
        Some((tensor, least)) if least < 0.0 => format!("; {} overflows", tensor.name),
        _ => String::new(),
    };
    format!("{name}: {}{bits}, {of} of what the tensors take now{worst}", Bytes(totals.bytes as f64))
}

/// What is written as each target: its name, how many tensors, their values and bytes, the most bytes first.
fn by_target(checkpoint: &Checkpoint, assigned: &[Assigned]) -> Vec<(String, u64, u64, u64)> {
    let mut sums: Vec<(String, u64, u64, u64)> = Vec::new();
    for (tensor, one) in checkpoint.tensors.iter().zip(assigned) {
        let name = match &one.target {
            Target::Keep => "As it is stored".to_owned(),
            Target::To(setting) => setting_name(setting),
        };
        let place = sums.iter().position(|sum| sum.0 == name).unwrap_or_else(|| {
            sums.push((name, 0, 0, 0));
            sums.len() - 1
        });
        let sum = &mut sums[place];
        sum.1 += 1;
        sum.2 = sum.2.saturating_add(tensor.len());
        sum.3 = sum.3.saturating_add(one.bytes);
    }
    order::sort_by_key(&mut sums, |sum| std::cmp::Reverse(sum.3));
    sums
}

fn worst(html: &mut Html, assigned: &[Assigned], asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) {
    if desk.measured.is_empty() {
        return;
    }
    let weakness = weakest(assigned, &asked.settings, &desk.measured);
    let rows = weakness.by_decibels.iter().take(WORST).filter_map(|(place, least)| {
        let tensor = checkpoint.tensors.get(*place as usize)?;
        let target = match &assigned.get(*place as usize)?.target {
            Target::Keep => "As it is stored".to_owned(),
            Target::To(setting) => setting_name(setting),
        };
        Some(vec![tensor.name.clone(), target, db(*least)])
    });
    let columns = Columns::Short(&["Tensor", "Written as", "SQNR, dB"]);
    html.table("weights-recipe-worst", "Tensors that suffer most", columns, rows);
    if !weakness.unmeasured.is_empty() {
        let n = tensors(weakness.unmeasured.len() as u64);
        let text = format!("Of {n} it is not known: measure them in the formats of the recipe.");
        html.element("p", &[("class", "note")], &text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{checkpoint_of, measured};
    use super::*;
    use crate::scenario::weights::read_settings;
    use crate::survey::recipe::{PRESETS, preset};

    /// Matrices of 4 × 256.
    fn checkpoint(names: &[&str]) -> Checkpoint {
        let mut checkpoint = checkpoint_of(names);
        for (place, tensor) in (0..).zip(&mut checkpoint.tensors) {
            tensor.shape = vec![4, 256];
            (tensor.span.start, tensor.span.end) = (2048 * place, 2048 * (place + 1));
        }
        checkpoint
    }

    fn asked(recipe: Chosen) -> WeightsScenario {
        WeightsScenario { recipe, settings: read_settings("int8@row,q8_0").unwrap(), ..WeightsScenario::default() }
    }

    #[test]
    fn a_preset_says_what_it_takes_before_anything_is_measured() {
        let checkpoint =
            checkpoint(&["model.layers.0.self_attn.q_proj.weight", "model.layers.1.self_attn.q_proj.weight"]);
        let told = html(&asked(Chosen::Preset(preset("all-q8-0").unwrap())), &Desk::default(), &checkpoint);
        let told = crate::labs::html::unfolded(&told);
        // 32 values of Q8_0 take 34 bytes: 8.5 bits a weight, where BF16 takes 16.
        assert!(told.contains("2.18 kB, 8.5 bits a weight, 53.1 % of what the tensors take now"), "{told}");
        assert!(told.contains("data-do=\"recipe=own&amp;rules=") && !told.contains("weights-recipe-worst"), "{told}");
        for preset in PRESETS {
            assert!(html(&asked(Chosen::Preset(preset)), &Desk::default(), &checkpoint).contains(preset.name));
        }
    }

    #[test]
    fn the_smallest_recipe_takes_for_each_tensor_what_is_good_enough() {
        let checkpoint = checkpoint(&["a.0.q.weight", "a.1.q.weight"]);
        let mut desk = Desk::default();
        desk.measured.insert(0, measured(&[40.0, 30.0]));
        desk.measured.insert(1, measured(&[20.0, 35.0]));
        let of = |least_db| WeightsScenario { least_db, ..asked(Chosen::Least) };
        let told = html(&of(25.0), &desk, &checkpoint);
        assert!(told.contains("with 25 dB in every tensor") && told.contains("weights-recipe-worst"), "{told}");
        assert!(told.contains(">a.1.q.weight</th><td>Q8_0</td><td>35.00</td>"), "{told}");
        let strict = html(&of(60.0), &desk, &checkpoint);
        assert!(strict.contains("100 % of what the tensors take now"), "nothing is good enough: {strict}");
        assert!(html(&of(25.0), &Desk::default(), &checkpoint).contains("measure the tensors first"));
    }

    #[test]
    fn a_recipe_of_ones_own_is_read_from_its_rules() {
        let checkpoint = checkpoint(&["a.weight", "b.weight"]);
        assert!(html(&asked(Chosen::Own), &Desk::default(), &checkpoint).contains("The recipe has no rules yet"));
        let rules = Recipe::read("a.* = q8_0").ok();
        let told = html(&WeightsScenario { rules, ..asked(Chosen::Own) }, &Desk::default(), &checkpoint);
        assert!(
            told.contains("Q8_0") && told.contains("As it is stored") && told.contains("otherwise = keep"),
            "{told}"
        );
        assert_eq!(html(&asked(Chosen::None), &Desk::default(), &checkpoint), "");
    }
}
