//! The table of all formats.

use crate::formats::FORMATS;
use crate::formats::listing::{COLUMNS, Cell, cells};
use crate::labs::sortable::Order;

/// The table in an order: see [`Order::read`].
pub fn table(order: &str) -> String {
    let order = Order::read(order);
    let rows: Vec<Vec<Cell>> = FORMATS.iter().map(|format| cells(format)).collect();
    let key = |row: usize, column: usize| match rows[row].get(column)? {
        Cell::Number(value) => Some(*value),
        // Words stay as they stand.
        Cell::Text(_) => Some(0.0),
        Cell::Nothing => None,
    };
    let sorted = order.of(rows.len(), key).into_iter();
    order.table(
        ("formats-listing", "All formats"),
        COLUMNS.iter().map(|column| column.name),
        sorted.map(|row| rows[row].iter().map(Cell::shown).collect()),
    )
}
