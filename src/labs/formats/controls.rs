//! The lab's controls, but for the number itself and the formats side by side.

use crate::formats::{Family, Format, Kind, LIBRARIES, Layout, mx::ScaleRule};
use crate::labs::Form;
use crate::labs::form::plain;
use crate::scenario::FormatsScenario;
use crate::scenario::formats::{
    BIAS, EXPONENT_BITS, INTEGER_BITS, MANTISSA_BITS, MOST_PICKS, Pick, RANDOM, ROUNDINGS, SCALE, SPECIALS, ZERO_POINT,
    ZOOM, blocks, scalars,
};

/// How numbers are converted, and what the reader's own formats are.
#[must_use]
pub fn conversion(asked: &FormatsScenario) -> String {
    let rows = asked.rows();
    let has = |condition: fn(&Format) -> bool| rows.iter().any(condition);
    let mut form = Form::new("formats");
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
    form.finish()
}

/// What can be added to the formats side by side; nothing if there is no more room. It sets no key: what is chosen is put
/// behind the others.
#[must_use]
pub fn add(asked: &FormatsScenario) -> String {
    let mut form = Form::new("formats");
    if asked.picks.len() >= MOST_PICKS {
        return form.note("Six formats are the most side by side.").finish();
    }
    let is_new = |pick: &Pick| !asked.picks.contains(pick);
    let mut groups = vec![("", vec![("", "Add a format …".to_owned())])];
    for family in Family::ALL {
        let of = scalars().filter(|row| row.family == family && is_new(&Pick::Row(row)));
        groups.push((family.name(), of.map(|row| (row.id, row.name.to_owned())).collect()));
    }
    let own = [(Pick::Custom, "Custom float"), (Pick::CustomInteger, "Custom integer")];
    let own = own.into_iter().filter(|(pick, _)| is_new(pick));
    groups.push(("Your own", own.map(|(pick, name)| (pick.id(), name.to_owned())).collect()));
    form.menu("add", "add", "Add", &groups).finish()
}

/// How far the number line reaches.
#[must_use]
pub fn zoom(_: &FormatsScenario) -> String {
    Form::new("formats").number("zoom", "Half the width of the number line is |x| · 2^", "", &ZOOM, Some(1.0)).finish()
}

/// The format of the block, and its rule for the scale.
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
    form.finish()
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
        assert!(add(&asked).contains("value=\"e4m3fn\"") && !add(&asked).contains("value=\"fp16\""));
        let ids = ["fp32", "bf16", "fp16", "int8", "nf4", "custom"];
        let full = FormatsScenario { picks: ids.map(|id| Pick::from_id(id).unwrap()).to_vec(), ..asked };
        assert!(!add(&full).contains("<select"));
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
            for html in [conversion(&asked), zoom(&asked), block(&asked)] {
                form::check(&html, KEYS, &asked);
            }
        }
        assert!(
            !conversion(&FormatsScenario { picks: vec![Pick::Row(&FP16)], ..Default::default() }).contains("scale")
        );
    }
}
