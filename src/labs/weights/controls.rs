//! The Weights lab's form, and the buttons that choose formats.

use super::words::setting_name;
use crate::formats::Family;
use crate::labs::{Form, Html};
use crate::scenario::WeightsScenario;
use crate::scenario::permalink::percent_encode;
use crate::scenario::quantize::encodable;
use crate::scenario::weights::{
    COLS, Chosen, GROUPINGS, LEAST_DB, LISTINGS, MOST_SETTINGS, read_settings, unsaid, write_settings,
};
use crate::survey::Setting;

/// Formats that are in view before more are asked for.
const COMMON: &str = "bf16,fp16,e4m3fn,int8@row,int4@g128,nf4@g64,mxfp4,nvfp4,q8_0,q4_k";
/// Lists that are chosen by one button, by name.
const PICKS: [(&str, &str); 3] = [
    ("8-bit", "int8@row,e4m3fn@row,mxfp8_e4m3,mxint8,q8_0"),
    ("4-bit", "int4@g128,int4@g32,nf4@g64,mxfp4,nvfp4,q4_0,q4_k,iq4_nl"),
    ("2 to 6 bits", "q2_k,q3_k,iq4_xs,q4_k,q5_k,q6_k"),
];
/// Groups that have a button of their own.
const GROUPS: [u32; 2] = [128, 32];

/// The controls.
#[must_use]
pub fn controls(asked: &WeightsScenario) -> String {
    let mut form = Form::new("weights");
    let shown: Vec<(String, String)> = asked.settings.iter().map(|one| (one.write(), setting_name(one))).collect();
    let mut options: Vec<(&str, &str)> = shown.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    if let Some(first) = options.first_mut() {
        first.0 = "first";
    }
    form.list("show", "Errors in the table are of", &options);
    form.choice("list", "Tensors", &LISTINGS.map(|row| (row.1, row.2)));
    form.choice("by", "A row of the table of decibels is", &GROUPINGS.map(|row| (row.1, row.2)));
    let recipes = Chosen::all().map(|chosen| (chosen.id(), name_of(chosen).to_owned())).collect();
    form.menu("recipe", "recipe", "Recipe: which format for which tensors", &[("", recipes)]);
    match asked.recipe {
        Chosen::Least => _ = form.number("least", "Every tensor keeps at least", "dB", &LEAST_DB, Some(0.5)),
        Chosen::Own => _ = form.area("rules", "Its rules, a line each"),
        Chosen::None | Chosen::Preset(_) => {}
    }
    form.more("unsaid", "Files that do not say what they hold", |form| {
        let formats = unsaid().map(|format| (format.id, format.name.to_owned()));
        let none = ("none", "They do say it".to_owned());
        form.menu("as", "as", "Their numbers are", &[("", [none].into_iter().chain(formats).collect())]);
        form.number("cols", "Numbers in a row (0: all)", "", &COLS, None);
        form.note(
            "For arrays without a header, and for NumPy’s V1 and V2, as which bfloat16 and 8-bit floats are saved.",
        );
    });
    form.more("typed", "The formats as text", |form| _ = form.area("formats", "Formats, with commas between"));
    super::save::controls(&mut form);
    form.finish()
}

fn name_of(chosen: Chosen) -> &'static str {
    match chosen {
        Chosen::None => "None",
        Chosen::Preset(preset) => preset.name,
        Chosen::Least => "The smallest that keeps enough",
        Chosen::Own => "Your own rules",
    }
}

/// The buttons that choose what is measured: each holds the whole list that pressing it makes.
#[must_use]
pub fn formats(asked: &WeightsScenario) -> String {
    let mut html = Html::default();
    html.open("fieldset", &[("class", "field"), ("id", "weights-chips")]);
    html.element("legend", &[("class", "field__label")], "Measure every tensor in");
    let common = read_settings(COMMON).unwrap_or_default();
    let more = asked.settings.iter().copied().filter(|setting| !common.contains(setting));
    chips(&mut html, "common", asked, common.iter().copied().chain(more));
    html.open("div", &[("class", "chips"), ("role", "group"), ("aria-label", "Lists of formats")]);
    let all: Vec<Setting> = encodable().filter_map(|format| usual(format.id)).take(MOST_SETTINGS).collect();
    let picks = PICKS.iter().map(|(name, list)| (*name, read_settings(list).unwrap_or_default()));
    for (name, list) in picks.chain([("All", all)]) {
        html.button("link-button", &change(&list), name);
    }
    html.close("div");
    html.more("weights-all", "All formats", |html| {
        for family in Family::ALL {
            let settings: Vec<Setting> = encodable()
                .filter(|format| format.family == family)
                .flat_map(|format| settings_of(format.id))
                .collect();
            if !settings.is_empty() {
                html.element("p", &[("class", "note")], family.name());
                chips(html, family.name(), asked, settings.into_iter());
            }
        }
    });
    html.close("fieldset").finish()
}

fn chips(html: &mut Html, place: &str, asked: &WeightsScenario, settings: impl Iterator<Item = Setting>) {
    html.open("div", &[("class", "chips")]);
    for setting in settings {
        let is_on = asked.settings.contains(&setting);
        let mut list = asked.settings.clone();
        if is_on {
            list.retain(|other| *other != setting);
        } else {
            list.push(setting);
        }
        let id = format!("weights-{}-{}", place.replace(' ', "-"), setting.write());
        let action = change(&list);
        let (pressed, name) = (if is_on { "true" } else { "false" }, setting_name(&setting));
        let attributes = [("type", "button"), ("class", "chip-button"), ("id", id.as_str()), ("aria-pressed", pressed)];
        // The last one stays: a list without a format measures nothing.
        let act = if list.is_empty() { ("aria-disabled", "true") } else { ("data-do", action.as_str()) };
        html.element("button", &[&attributes[..], &[act]].concat(), &name);
    }
    html.close("div");
}

fn change(list: &[Setting]) -> String {
    format!("formats={}", percent_encode(&write_settings(list)))
}

/// How a format is commonly used: a scale for each row where it has none of its own.
fn usual(id: &str) -> Option<Setting> {
    Setting::read(&format!("{id}@row")).filter(|setting| setting.format.bits() <= 8).or_else(|| Setting::read(id))
}

/// A format with every scale that has a button.
fn settings_of(id: &str) -> Vec<Setting> {
    let with = |granularity: String| Setting::read(&format!("{id}{granularity}"));
    let scales = ["".to_owned(), "@row".to_owned()].into_iter().chain(GROUPS.map(|size| format!("@g{size}")));
    scales.filter_map(with).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::form;
    use crate::labs::html::unfolded;
    use crate::scenario::permalink::{read_keys, split_query};
    use crate::scenario::weights::KEYS;

    #[test]
    fn every_control_sets_a_key_and_every_option_is_one() {
        for recipe in Chosen::all() {
            let asked = WeightsScenario { recipe, ..WeightsScenario::default() };
            form::check(&controls(&asked), KEYS, &asked);
        }
    }

    #[test]
    fn every_list_that_has_a_name_is_one() {
        for list in PICKS.iter().map(|pick| pick.1).chain([COMMON]) {
            for setting in list.split(',') {
                assert!(Setting::read(setting).is_some(), "{setting}");
            }
        }
    }

    #[test]
    fn every_button_is_a_list_that_the_link_takes() {
        let asked = WeightsScenario::default();
        let html = unfolded(&formats(&asked));
        let mut pressed = 0;
        for action in html.split("data-do=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let mut notices = Vec::new();
            let read = read_keys(KEYS, &split_query(action), &mut notices);
            assert!(notices.is_empty() && read.settings != asked.settings, "{action}");
            pressed += 1;
        }
        assert!(pressed > 60, "{pressed}");
        assert_eq!(html.matches("aria-pressed=\"true\"").count(), 8, "four, above and among all of their family");
        assert_eq!(html.matches("<div").count(), html.matches("</div>").count());
    }

    #[test]
    fn every_button_has_an_id_of_its_own_and_the_last_format_stays() {
        let html = unfolded(&formats(&WeightsScenario::default()));
        let ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), ids.len());
        let one = WeightsScenario { settings: read_settings("q4_k").unwrap(), ..WeightsScenario::default() };
        assert_eq!(unfolded(&formats(&one)).matches("aria-disabled").count(), 2);
    }
}
