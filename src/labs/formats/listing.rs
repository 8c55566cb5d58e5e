//! The table of all formats.

use crate::charts::layout::in_order;
use crate::formats::FORMATS;
use crate::formats::listing::{COLUMNS, Cell, cells};
use crate::labs::Html;

/// The table in the order of a column: its number, with a minus sign to descend; as it stands for anything else.
pub fn table(order: &str) -> String {
    let down = order.starts_with('-');
    let column = order.trim_start_matches('-').parse().unwrap_or(usize::MAX);
    let rows: Vec<Vec<Cell>> = FORMATS.iter().map(|format| cells(format)).collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    if column < COLUMNS.len() {
        // Words stay as they stand, and what is missing comes last.
        let key = |row: &Vec<Cell>| match &row[column] {
            Cell::Number(value) if down => -value,
            Cell::Number(value) => *value,
            Cell::Text(_) => 0.0,
            Cell::Nothing => f64::INFINITY,
        };
        order = in_order(&rows.iter().map(key).collect::<Vec<_>>());
    }
    let mut html = Html::default();
    html.open(
        "div",
        &[
            ("class", "table-scroll table-scroll--tall"),
            ("tabindex", "0"),
            ("role", "region"),
            ("aria-label", "All formats"),
        ],
    );
    html.open("table", &[("id", "formats-listing")]).open("thead", &[]).open("tr", &[]);
    for (i, head) in COLUMNS.iter().enumerate() {
        let direction = match (i == column, down) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        html.open("th", &[("scope", "col"), ("aria-sort", direction)]);
        html.button("link-button", &i.to_string(), head.name).close("th");
    }
    html.close("tr").close("thead").open("tbody", &[]);
    for row in order {
        html.row(&rows[row].iter().map(Cell::shown).collect::<Vec<_>>());
    }
    html.close("tbody").close("table").close("div").finish()
}
