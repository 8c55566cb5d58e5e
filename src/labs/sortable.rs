//! Tables whose headings sort them.

use super::Html;
use crate::charts::layout::in_order;

/// By which column a table is sorted, and whether descending; as it stands if by none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    column: Option<usize>,
    down: bool,
}

impl Order {
    /// Reads a column's number, with a minus sign before it to descend; anything else is no order.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (digits, down) = text.strip_prefix('-').map_or((text, false), |rest| (rest, true));
        Self { column: digits.parse().ok(), down }
    }

    /// The places of so many rows in this order. `key` is what a cell, by row and column, is sorted by; what has none comes
    /// last either way.
    #[must_use]
    pub fn of(self, rows: usize, key: impl Fn(usize, usize) -> Option<f64>) -> Vec<usize> {
        let Some(column) = self.column else { return (0..rows).collect() };
        let key = |row| match key(row, column) {
            Some(value) if self.down => -value,
            Some(value) => value,
            None => f64::INFINITY,
        };
        in_order(&(0..rows).map(key).collect::<Vec<_>>())
    }

    /// Writes the table, which scrolls by itself, from its rows in this order.
    pub fn table<'a>(
        self,
        (id, label): (&str, &str),
        columns: impl IntoIterator<Item = &'a str>,
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> String {
        let mut html = Html::default();
        html.open(
            "div",
            &[
                ("class", "table-scroll table-scroll--tall"),
                ("tabindex", "0"),
                ("role", "region"),
                ("aria-label", label),
            ],
        );
        html.open("table", &[("id", id)]).open("thead", &[]).open("tr", &[]);
        for (i, name) in columns.into_iter().enumerate() {
            let direction = match (Some(i) == self.column, self.down) {
                (false, _) => "none",
                (true, false) => "ascending",
                (true, true) => "descending",
            };
            html.open("th", &[("scope", "col"), ("aria-sort", direction)]);
            html.button("link-button", &i.to_string(), name).close("th");
        }
        html.close("tr").close("thead").open("tbody", &[]);
        for row in rows {
            html.row(&row);
        }
        html.close("tbody").close("table").close("div").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_up_or_down_and_what_is_missing_comes_last() {
        let cells = [Some(3.0), None, Some(1.0)];
        let places =
            |order: &str| Order::read(order).of(3, |row, column| if column == 2 { cells[row] } else { Some(0.0) });
        assert_eq!((places("2"), places("-2")), (vec![2, 0, 1], vec![0, 2, 1]));
        assert_eq!((places(""), places("x"), places("7")), (vec![0, 1, 2], vec![0, 1, 2], vec![0, 1, 2]));
        let html = Order::read("-1").table(("t", "A table"), ["a", "b"], [vec!["1".into(), "<".into()]]);
        assert_eq!(html.matches("aria-sort=\"descending\"").count(), 1);
        assert!(html.contains("<th scope=\"row\">1</th><td>&lt;</td>"));
    }
}
