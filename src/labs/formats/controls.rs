//! The lab's controls.

use super::put;
use crate::formats::{Family, Format, Kind, LIBRARIES, Layout, mx::ScaleRule};
use crate::labs::Form;
use crate::labs::form::plain;
use crate::scenario::FormatsScenario;
use crate::scenario::formats::{
    BIAS, EXPONENT_BITS, INTEGER_BITS, MANTISSA_BITS, MOST_PICKS, Pick, RANDOM, ROUNDINGS, SCALE, SPECIALS, ZERO_POINT,
    ZOOM, blocks, is_only_read, scalars,
};

/// The numbers that are offered: what stands on the button, and what is typed for it.
const OFFERS: [(&str, &str); 9] = [
    ("π", "pi"),
    ("70 000", "70000"),
    ("0.1", "0.1"),
    ("1e-8", "1e-8"),
    ("65 504", "65504"),
    ("65 520", "65520"),
    ("1/3", "1/3"),
    ("NaN", "nan"),
    ("−0", "-0"),
];

/// The number, the formats side by side, and how it is converted.
#[must_use]
pub fn controls(asked: &FormatsScenario) -> String {
    let mut form = Form::new("formats");
    form.line("x", "A number", "0.1, 1/3, 0x1.8p3, pi, nan, or a code of the first format: 0x3C00, 0b0011");
    form.html(|html| {
        html.open("div", &[("class", "offers")]);
        for (label, x) in OFFERS {
            html.button("button", &put("x", x), label);
        }
        html.close("div");
    });
    picks(&mut form, asked);
    conversion(&mut form, asked);
    form.finish()
}

/// How numbers are converted, and what the reader's own formats are.
fn conversion(form: &mut Form, asked: &FormatsScenario) {
    let rows = asked.rows();
    let has = |condition: fn(&Format) -> bool| rows.iter().any(condition);
    form.menu("round", "round", "Rounding", &plain(ROUNDINGS));
    if ROUNDINGS[asked.rounding].0 == "stochastic" {
        form.number("random", "Random number", "of 256", &RANDOM, Some(1.0));
    }
    let libraries = LIBRARIES.iter().map(|row| (row.id, row.name));
    form.menu("by", "by", "Whose rule for overflow and NaN", &plain(libraries));
    if has(|row| matches!(row.kind, Kind::Integer(_) | Kind::Codebook(_))) {
        form.number("scale", "Scale of integers and codebooks", "", &SCALE, None);
    }
    if has(|row| matches!(row.kind, Kind::Integer(_))) {
        form.number("zero", "Zero point of integers (0 if symmetric)", "", &ZERO_POINT, None);
        form.choice("codes", "Codes of integers", &[("full", "All"), ("restricted", "As many − as +")]);
    }
    let yes_or_no = [("1", "Yes"), ("0", "No")];
    if asked.picks.contains(&Pick::CustomInteger) {
        form.group("Custom integer", |form| {
            form.number("bits", "Bits", "", &INTEGER_BITS, Some(1.0));
            form.choice("signed", "Sign", &yes_or_no);
        });
    }
    if asked.picks.contains(&Pick::Custom) {
        form.group("Custom float", |form| {
            form.number("e", "Exponent bits", "", &EXPONENT_BITS, Some(1.0));
            form.number("m", "Fraction bits", "", &MANTISSA_BITS, Some(1.0));
            form.number("bias", "Bias", "", &BIAS, None);
            form.menu("specials", "specials", "Infinity and NaN", &plain(SPECIALS.map(|row| (row.0, row.1))));
            form.choice("subnormals", "Subnormals", &yes_or_no);
            form.warning("custom-problem", asked.custom_problem().as_deref().unwrap_or_default());
        });
    }
}

/// Formats as the link lists them.
fn list(picks: &[Pick]) -> String {
    picks.iter().map(|pick| pick.id()).collect::<Vec<_>>().join(",")
}

/// The formats side by side: a button takes one away, a menu adds one. Either sets the whole list.
fn picks(form: &mut Form, asked: &FormatsScenario) {
    form.html(|html| {
        html.open("div", &[("class", "fields")]).element("span", &[("class", "field__label")], "Formats");
        html.open("ul", &[("class", "picks"), ("id", "formats-picks")]);
        for pick in &asked.picks {
            // The same whatever its bits: a form that is made anew while something is typed into it would be in the way.
            let name = if *pick == Pick::CustomInteger { "Custom integer" } else { asked.row(*pick).name };
            html.open("li", &[("class", "pick")]).text(name);
            if asked.picks.len() > 1 {
                let others: Vec<Pick> = asked.picks.iter().copied().filter(|other| other != pick).collect();
                let label = format!("Take {name} away");
                let change = put("formats", &list(&others));
                html.element(
                    "button",
                    &[("type", "button"), ("class", "pick__remove"), ("data-do", &change), ("aria-label", &label)],
                    "✕",
                );
            }
            html.close("li");
        }
        html.close("ul");
    });
    if asked.picks.len() >= MOST_PICKS {
        form.note("Six formats are the most side by side.");
    } else {
        add(form, asked);
    }
    form.html(|html| _ = html.close("div"));
}

/// A menu that puts one more format behind the others.
fn add(form: &mut Form, asked: &FormatsScenario) {
    let is_new = |pick: &Pick| !asked.picks.contains(pick);
    let here = list(&asked.picks);
    let with = |pick: Pick| format!("{here},{}", pick.id());
    let mut groups = vec![("", vec![(here.clone(), "Add a format …".to_owned())])];
    for family in Family::ALL {
        let of = scalars().filter(|row| row.family == family && is_new(&Pick::Row(row)));
        groups.push((family.name(), of.map(|row| (with(Pick::Row(row)), row.name.to_owned())).collect()));
    }
    let own = [(Pick::Custom, "Custom float"), (Pick::CustomInteger, "Custom integer")];
    let own = own.into_iter().filter(|(pick, _)| is_new(pick));
    groups.push(("Your own", own.map(|(pick, name)| (with(pick), name.to_owned())).collect()));
    form.menu("add", "formats", "Formats to add", &groups);
}

/// How far the number line reaches.
#[must_use]
pub fn zoom(_: &FormatsScenario) -> String {
    Form::new("formats").number("zoom", "Half the width of the number line is |x| · 2^", "", &ZOOM, Some(1.0)).finish()
}

/// The format of the block, its rule for the scale, and its numbers.
#[must_use]
pub fn block(asked: &FormatsScenario) -> String {
    let groups = [Family::Mx, Family::Codebook, Family::Ggml].map(|family| {
        let of = blocks().filter(|row| row.family == family);
        (family.name(), of.map(|row| (row.id, row.name.to_owned())).collect())
    });
    let mut form = Form::new("formats");
    form.menu("block", "block", "Block format", &groups);
    if matches!(asked.block.kind, Kind::Block(block) if matches!(block.layout, Layout::Mx(_))) {
        let rules = ScaleRule::ALL.map(|rule| (rule.id(), rule.name()));
        form.menu("rule", "rule", "Scale of the block", &plain(rules));
    }
    let hint = if is_only_read(asked.block) {
        "The block’s bytes in hexadecimal: this format is only read"
    } else {
        "Numbers with commas between them; fewer than a block holds are repeated"
    };
    form.line("values", "Numbers of the block", hint).finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{FP16, INT8};
    use crate::labs::form;
    use crate::scenario::formats::KEYS;

    #[test]
    fn what_is_there_cannot_be_added_again() {
        let asked = FormatsScenario::default();
        let added = |id: &str| controls(&asked).contains(&format!("value=\"fp32,bf16,fp16,int8,{id}\""));
        assert!(added("e4m3fn") && added("custom") && !added("fp16"));
        let ids = ["fp32", "bf16", "fp16", "int8", "nf4", "custom"];
        let full = FormatsScenario { picks: ids.map(|id| Pick::from_id(id).unwrap()).to_vec(), ..asked };
        assert!(!controls(&full).contains("Add a format"));
    }

    #[test]
    fn what_is_typed_into_the_form_does_not_make_it_anew() {
        let own = FormatsScenario { picks: vec![Pick::CustomInteger, Pick::Custom], ..FormatsScenario::default() };
        let mut typed = own.clone();
        typed.integer.bits = 3;
        (typed.scaling.scale, typed.scaling.zero_point, typed.x) = (0.5, 4, "7".to_owned());
        assert_eq!(controls(&typed), controls(&own));
    }

    #[test]
    fn every_control_sets_a_key_and_every_option_is_one() {
        let own = FormatsScenario {
            picks: vec![Pick::Custom, Pick::CustomInteger],
            rounding: ROUNDINGS.len() - 1,
            ..FormatsScenario::default()
        };
        let plain = FormatsScenario { picks: vec![Pick::Row(&FP16), Pick::Row(&INT8)], ..FormatsScenario::default() };
        for asked in [own, plain] {
            for html in [controls(&asked), zoom(&asked), block(&asked)] {
                form::check(&html, KEYS, &asked);
            }
        }
        assert!(
            !controls(&FormatsScenario { picks: vec![Pick::Row(&FP16)], ..Default::default() })
                .contains("data-key=\"scale\"")
        );
    }
}
