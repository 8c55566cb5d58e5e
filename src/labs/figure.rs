//! A picture with its takeaway, its summary and its data.

use super::Html;
use crate::charts::AnyPicture;
use serde::{Deserialize, Serialize};

/// The data of a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Headings, with units.
    pub columns: Vec<String>,
    /// Cells, row by row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings and no rows yet.
    #[must_use]
    pub fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self { columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// The table itself.
    #[must_use]
    pub fn html(&self) -> String {
        let mut html = Html::default();
        html.open("table", &[]).head(self.columns.iter().map(String::as_str)).open("tbody", &[]);
        for row in &self.rows {
            html.row(row);
        }
        html.close("tbody").close("table").finish()
    }
}

/// All that a figure shows of a report; one without a title is not shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FigureData {
    /// The takeaway.
    pub title: String,
    /// The picture in words.
    pub summary: String,
    /// What is drawn.
    pub picture: AnyPicture,
    /// The data.
    pub table: Table,
}
