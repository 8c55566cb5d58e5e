//! The number in each format: its bits, what is stored, and what was lost.

use super::{put, rows};
use crate::formats::anatomy::{Anatomy, Field, Outcome, Scaling, fields, figure, formula, shown};
use crate::formats::{Facts, Format, Kind};
use crate::labs::Html;
use crate::scenario::FormatsScenario;
use crate::scenario::formats::{Report, typed};
use crate::scenario::number;
use crate::units::shortest;

/// A card for each format.
pub fn cards(asked: &FormatsScenario, report: &Report) -> String {
    let mut html = Html::default();
    for (row, anatomy) in rows(asked, report) {
        card(&mut html, asked, &row, &anatomy, report.x);
    }
    html.finish()
}

fn card(html: &mut Html, asked: &FormatsScenario, row: &Format, anatomy: &Anatomy, x: f64) {
    html.open("article", &[("class", "number-card"), ("data-format", row.id)]);
    html.element("h3", &[("class", "number-card__name")], row.name);
    html.open("p", &[("class", "number-card__value")]);
    if anatomy.kind == Outcome::NoCode {
        html.text("No NaN in this format").close("p");
        html.element(
            "p",
            &[("class", "note")],
            "Every code is a number, so a NaN cannot be stored; libraries put something else in its place.",
        );
        html.close("article");
        return;
    }
    let kind = match anatomy.kind {
        Outcome::Overflowed => "number-card__kind number-card__kind--over",
        Outcome::Saturated => "number-card__kind number-card__kind--tight",
        _ => "number-card__kind",
    };
    let value = shown(row, anatomy.value);
    // In as few digits as tell it apart it might read like the number itself.
    let reads_like_x = anatomy.error_abs > 0.0 && number::parse(&value) == Some(x);
    html.text(&if reads_like_x { shortest(anatomy.value) } else { value }).text(" ");
    let word = match row.kind {
        Kind::Exponent(_) if anatomy.kind == Outcome::Overflowed && x <= 0.0 => "no zero and no negatives here",
        _ => anatomy.kind.name(),
    };
    html.element("span", &[("class", kind)], word).close("p");
    bits(html, asked, row, anatomy.code);
    let error = match anatomy.error_abs {
        0.0 => "exact".to_owned(),
        error if !error.is_finite() => "not a number’s".to_owned(),
        error => format!("{} = {} % = {} ulp", figure(error), figure(100.0 * anatomy.error_rel), figure(anatomy.ulp)),
    };
    html.element("p", &[("class", "number-card__line")], &format!("{} · error: {error}", anatomy.code_hex));
    html.open("p", &[("class", "number-card__line")]);
    for (which, value) in [("below", anatomy.below), ("above", anatomy.above)] {
        if let Some(value) = value {
            html.button(
                "link-button",
                &put("x", &typed(value)),
                &format!("{which}: {}", shortest(value).replace('-', "−")),
            );
        }
    }
    html.close("p");
    html.element("p", &[("class", "formula")], &formula(row, anatomy.code, asked.scaling)).close("article");
}

/// The bits of a code, each a button that types the number with that bit flipped.
fn bits(html: &mut Html, asked: &FormatsScenario, row: &Format, code: u32) {
    let label = format!("Bits of {}", row.name);
    html.open("div", &[("class", "bits"), ("role", "group"), ("aria-label", &label)]);
    for (i, kind) in fields(row).into_iter().enumerate() {
        let place = row.bits() - 1 - i as u32;
        let bit = if code >> place & 1 == 1 { "1" } else { "0" };
        let (class, name) = match kind {
            Field::Sign => ("bit bit--sign", "sign"),
            Field::Exponent => ("bit bit--exponent", "exponent"),
            Field::Fraction => ("bit bit--fraction", "fraction"),
        };
        html.element(
            "button",
            &[
                ("type", "button"),
                ("class", class),
                ("id", &format!("{}-{place}", row.id)),
                ("data-do", &put("x", &asked.typed_code(row, code ^ 1 << place))),
                ("aria-label", &format!("Bit {place}, {name}: {bit}")),
                ("title", &format!("{name}, bit {place}: press to flip")),
            ],
            bit,
        );
    }
    html.close("div");
}

/// The largest and the smallest positive value of each format, as buttons.
pub fn ends(asked: &FormatsScenario) -> String {
    let mut html = Html::default();
    html.open("details", &[("class", "more"), ("id", "formats-ends")]);
    html.element("summary", &[], "Largest and smallest of each format").open("div", &[("class", "offers")]);
    for row in asked.rows() {
        let facts = Facts::of(&row);
        let Scaling { scale, zero_point, .. } = asked.scaling;
        let meaning = |value: f64| match row.kind {
            Kind::Codebook(_) => value * scale,
            Kind::Integer(_) => (value - f64::from(zero_point)) * scale,
            _ => value,
        };
        let smallest = facts.min_subnormal.or(facts.min_normal);
        for (end, value) in [("largest", facts.max), ("smallest", smallest)] {
            if let Some(value) = value.map(meaning) {
                let change = put("x", &shortest(value));
                html.button("button", &change, &format!("{end} {}: {}", row.name, shown(&row, value)));
            }
        }
    }
    html.close("div").close("details").finish()
}

/// What each format is for, and what is peculiar to the library whose rule is followed.
pub fn notes(asked: &FormatsScenario) -> String {
    let mut html = Html::default();
    html.element(
        "p",
        &[("class", "note")],
        "A float is a sign, an exponent that says how large the number is, and a fraction that says where it lies between two powers of two. Exponent bits buy range, fraction bits precision. What does not fit is rounded to a neighbour.",
    );
    let mut note = |name: &str, text: &str| {
        html.open("p", &[("class", "note")]).element("strong", &[], name).text(": ").text(text).close("p");
    };
    for row in asked.rows() {
        note(row.name, row.note);
    }
    note(asked.by().name, asked.by().note);
    html.finish()
}

/// Where the formats, the library's rule and the block are defined, each once.
pub fn sources(asked: &FormatsScenario) -> String {
    super::super::sources(asked.rows().into_iter().map(|row| row.source).chain([asked.by().source, asked.block.source]))
}
