//! The reader's checkpoint as a quantized copy: what it would be, before it is written.

use super::{Desk, recipes};
use crate::labs::form::Group;
use crate::labs::quantize::numbers::count;
use crate::labs::{Form, Html, Pairs, sentence};
use crate::scenario::WeightsScenario;
use crate::scenario::permalink::read_keys;
use crate::scenario::weights::{COPIES_BY_RECIPE, KEYS};
use crate::survey::save::{CHOICES, SaveAs, Saving, all_matrices, by_recipe, read_choice};
use crate::units::Bytes;
use crate::weights::Checkpoint;
use crate::weights::checkpoint::Container;
use crate::weights::write::Refused;

/// Adds the choice of files and formats to the lab's form.
pub fn controls(form: &mut Form) {
    let options = |save_as: SaveAs| {
        CHOICES.iter().filter_map(move |choice| {
            let (of, setting) = read_choice(choice).filter(|(of, _)| *of == save_as)?;
            let id = setting.write();
            let scale = match id.split_once('@') {
                None => String::new(),
                Some((_, "row")) => ", a scale for each row".to_owned(),
                Some((_, group)) => format!(", a scale for {} values", group.trim_start_matches('g')),
            };
            Some((*choice, format!("{} as {}{scale}", of.name(), setting.format.name)))
        })
    };
    let by_recipe = |of: SaveAs| {
        let id = COPIES_BY_RECIPE.into_iter().find(|id| id.starts_with(of.id()));
        id.map(|id| (id, format!("{} by the chosen recipe", of.name())))
    };
    let groups: Vec<Group> =
        SaveAs::ALL.into_iter().map(|of| (of.name(), by_recipe(of).into_iter().chain(options(of)).collect())).collect();
    form.more("saving", "Save a quantized copy", |form| {
        form.menu("save", "save", "Files and format", &groups);
        form.note("All matrices are quantized, or what the recipe says. Vectors, such as norms and biases, are not.");
    });
}

/// What is written of the checkpoint that is open by the keys of a link.
///
/// # Errors
/// What the files have no place for, or that there is no recipe.
pub fn saving(keys: &Pairs, desk: &Desk, checkpoint: &Checkpoint) -> Result<Saving, Refused> {
    let scenario: WeightsScenario = read_keys(KEYS, keys, &mut Vec::new());
    plan(&scenario, desk, checkpoint)
}

fn plan(scenario: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) -> Result<Saving, Refused> {
    let (save_as, setting) = scenario.save;
    let targets = match setting {
        Some(setting) => all_matrices(checkpoint, setting, save_as),
        None => {
            let followed = recipes::follow(scenario, desk, checkpoint).map_err(Refused::NoRecipe)?;
            by_recipe(checkpoint, followed.assigned.into_iter().map(|one| one.target), save_as)
        }
    };
    Saving::new(checkpoint, &targets, save_as, desk.keys.as_ref())
}

/// What can be taken along: all figures, and a quantized copy with what that would be; nothing while no file is open. Actions are
/// `csv`, `json` and `copy`.
#[must_use]
pub fn offer(scenario: &WeightsScenario, desk: &Desk) -> String {
    let Some(Ok(checkpoint)) = &desk.opened else { return String::new() };
    let mut html = Html::default();
    html.element("h2", &[("class", "lab__heading")], "Take it along").open("p", &[("class", "actions")]);
    html.button("button", "csv", "All figures (.csv)").button("button", "json", "All figures (.json)").close("p");
    html.element("h2", &[("class", "lab__heading")], "A quantized copy");
    let saving = match plan(scenario, desk, checkpoint) {
        Ok(saving) => saving,
        Err(refused) => return html.element("p", &[("class", "note")], &sentence(&refused.to_string())).finish(),
    };
    let (bytes, now) = (saving.bytes(), checkpoint.tensor_bytes());
    let name = saving.files.first().map(|file| file.name.as_str()).unwrap_or_default();
    // No sentence, which would begin with a capital: it is the name of a file.
    let size = format!(
        "{name} will have {} bytes ({}; the tensors take {} now).",
        count(bytes),
        Bytes(bytes as f64),
        Bytes(now as f64)
    );
    html.element("p", &[("id", "weights-save-size")], &size);
    let is_named_by_others = scenario.save.0 == SaveAs::Gguf && !matches!(checkpoint.container, Container::Gguf(_));
    let names = is_named_by_others.then(|| {
        "Tensors keep their names, and llama.cpp runs only files with the names that its own converter gives: convert \
         with it first, and open what it makes here"
            .to_owned()
    });
    for note in saving.notes.iter().chain(&names) {
        html.element("p", &[("class", "note")], &format!("{note}."));
    }
    html.button("button", "copy", "Make the copy");
    html.finish()
}

#[cfg(test)]
mod tests {
    use super::super::tests::checkpoint_of;
    use super::*;
    use crate::survey::save::Content;

    fn pairs(text: &str) -> Pairs {
        text.split('&').filter_map(|pair| pair.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    }

    #[test]
    fn a_copy_by_a_recipe_has_the_formats_of_its_rules_and_without_one_says_what_is_missing() {
        let checkpoint = checkpoint_of(&["a.weight", "b.weight"]);
        let desk = Desk::default();
        let copy = |keys: &str| saving(&pairs(keys), &desk, &checkpoint);
        let saving = copy("save=safetensors-recipe&recipe=own&rules=a.*=int8@row;*=keep").unwrap();
        let is_copied = |place: usize| {
            let mut pieces = saving.pieces.iter().filter(|piece| piece.source == place);
            pieces.all(|piece| matches!(piece.content, Content::Copied(_)))
        };
        assert!(!is_copied(0) && is_copied(1), "{saving:?}");

        let refused = |keys: &str| copy(keys).unwrap_err().to_string();
        assert!(refused("save=gguf-recipe").contains("choose one first"));
        assert!(refused("save=gguf-recipe&recipe=least").contains("measure the tensors first"));
        assert!(refused("save=gguf-recipe&recipe=own").contains("no rules yet"));
        // A setting that the container has no type for.
        assert!(refused("save=gguf-recipe&recipe=own&rules=*=int8@row").contains("choose"));
    }
}
