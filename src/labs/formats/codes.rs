//! Every code of a small format, each a button.

use super::{put, rows};
use crate::formats::Format;
use crate::formats::anatomy::{class, decode, is_used, shown};
use crate::formats::float::Class;
use crate::labs::Html;
use crate::scenario::FormatsScenario;
use crate::scenario::formats::Report;

/// The codes of the first chosen format of at most eight bits: a heading and the grid, which is empty if there is none.
pub fn codes(asked: &FormatsScenario, report: &Report) -> (String, String) {
    match rows(asked, report).into_iter().find(|(row, _)| row.bits() <= 8) {
        Some((row, anatomy)) => {
            (format!("All {} codes of {}", 1u32 << row.bits(), row.name), grid(asked, &row, anatomy.code))
        }
        None => ("Add a format of at most eight bits to see all its codes".to_owned(), String::new()),
    }
}

fn grid(asked: &FormatsScenario, row: &Format, current: u32) -> String {
    let scaling = asked.scaling;
    let codes = 1u32 << row.bits();
    let mut html = Html::default();
    html.open("div", &[("class", "codes__grid"), ("style", &format!("--columns:{}", codes.min(16)))]);
    for code in 0..codes {
        let (class, word) = match class(row, code, scaling) {
            _ if !is_used(row, code, scaling) => ("code code--special", "not used"),
            Class::Zero => ("code", "zero"),
            Class::Subnormal => ("code code--subnormal", "subnormal"),
            Class::Normal => ("code code--normal", "normal"),
            Class::Infinity => ("code code--special", "infinity"),
            Class::Nan => ("code code--special", "NaN"),
        };
        let text = shown(row, decode(row, code, scaling));
        let is_current = code == current;
        html.open(
            "button",
            &[
                ("type", "button"),
                ("class", class),
                ("id", &format!("code-{code}")),
                ("data-do", &put("x", &asked.typed_code(row, code))),
                ("tabindex", if is_current { "0" } else { "-1" }),
                ("aria-pressed", if is_current { "true" } else { "false" }),
                ("aria-label", &format!("Code 0x{code:X}: {text}, {word}")),
                ("title", &format!("0x{code:X}: {text}")),
            ],
        );
        html.element("span", &[("class", "code__value")], &text).close("button");
    }
    html.close("div").finish()
}
