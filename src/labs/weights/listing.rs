//! The rows of the table of tensors that are in view.
//!
//! A checkpoint may have 10⁵ tensors. What takes as long as that (orders, the tree, what a filter leaves) is made once and kept
//! on the desk; a question that only scrolls costs as much as its rows.

use super::Desk;
use super::columns::{Column, DIFFERENCES, MEASURED, OTHER_STORED, Of, STORED};
use super::tree::{Row, Tree};
use super::words::{db, percent};
use crate::labs::quantize::numbers::counted;
use crate::labs::{Html, Question};
use crate::order;
use crate::scenario::WeightsScenario;
use crate::scenario::weights::{Listing, write_settings};
use crate::survey::Errors;
use crate::units::{Bytes, Params};
use crate::weights::Checkpoint;
use std::collections::BTreeSet;

/// The height of a row in CSS pixels; `ui/components/rows.rs` and the style sheet count with it too.
pub const ROW_HEIGHT: u32 = 32;
/// The most rows of an answer.
const MOST_ROWS: u32 = 400;
/// The width of the names and of a column.
const NAME_WIDTH: u32 = 260;
const COLUMN_WIDTH: u32 = 108;

/// How far a level of the tree is indented, as wide as the mark for folding, and up to which.
const INDENT: u32 = 16;
const MOST_INDENTS: u32 = 12;

/// What is kept between questions.
#[derive(Debug, Default)]
pub struct Kept {
    /// The bytes of all tensors.
    total: Option<u64>,
    tree: Option<Tree>,
    /// The places of tensors in an order, and what that is an order of.
    order: Option<(String, Vec<u32>)>,
    /// Rows of the tree, the sums of its nodes, and what they are of.
    rows: Option<(String, Vec<Row>, Vec<Errors>)>,
}

/// How the reader has the table: `order;turned` with the number of a column, a minus sign before it to descend, and the nodes of
/// the tree that were opened or folded. Each button of the table holds what pressing it makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Arranged {
    column: Option<usize>,
    down: bool,
    turned: BTreeSet<u32>,
}

impl Arranged {
    fn read(text: &str) -> Self {
        let (order, turned) = text.split_once(';').unwrap_or((text, ""));
        let (digits, down) = order.strip_prefix('-').map_or((order, false), |rest| (rest, true));
        let turned = turned.split(',').filter_map(|node| node.parse().ok()).collect();
        Self { column: digits.parse().ok(), down, turned }
    }

    fn order(&self) -> String {
        self.column.map_or_else(String::new, |column| format!("{}{column}", if self.down { "-" } else { "" }))
    }

    fn write(&self) -> String {
        let turned: Vec<String> = self.turned.iter().map(u32::to_string).collect();
        format!("{};{}", self.order(), turned.join(","))
    }

    /// After a press on a column: numbers begin with the largest, names with the first.
    fn sorted_by(&self, column: usize) -> Self {
        let down = if self.column == Some(column) { !self.down } else { column > 0 };
        Self { column: Some(column), down, turned: self.turned.clone() }
    }

    fn turned(&self, node: u32) -> Self {
        let mut changed = self.clone();
        if !changed.turned.remove(&node) {
            changed.turned.insert(node);
        }
        changed
    }
}

/// What stands in the table, and where.
struct View<'a> {
    desk: &'a Desk,
    checkpoint: &'a Checkpoint,
    asked: &'a WeightsScenario,
    arranged: Arranged,
    total: u64,
}

/// The table with the rows that are in view, as HTML, or a sentence if there are none.
#[must_use]
pub fn table(question: &Question, asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) -> String {
    let arranged = Arranged::read(question.order.as_deref().unwrap_or_default());
    let filter = question.typed.trim().to_lowercase();
    let window = question.rows.unwrap_or((0, 60));
    let mut kept = desk.kept.borrow_mut();
    let total = *kept.total.get_or_insert_with(|| checkpoint.tensor_bytes());
    let view = View { desk, checkpoint, asked, arranged, total };
    match asked.listing {
        Listing::Table => view.flat(&mut kept, &filter, window),
        Listing::Tree => view.tree(&mut kept, &filter, window),
    }
}

impl View<'_> {
    /// The columns that are shown, each with its number among all there may be.
    fn columns(&self) -> impl Iterator<Item = (usize, &'static Column)> {
        let (is_measured, is_compared) = (!self.desk.measured.is_empty(), self.desk.compared().is_some());
        let groups = [
            (STORED, true),
            (MEASURED, is_measured),
            (OTHER_STORED, is_compared),
            (DIFFERENCES, is_measured && is_compared),
        ];
        let all =
            groups.into_iter().flat_map(|(columns, is_shown)| columns.iter().map(move |column| (column, is_shown)));
        (1..).zip(all).filter(|(_, (_, is_shown))| *is_shown).map(|(number, (column, _))| (number, column))
    }

    fn of(&self, place: u32) -> Option<Of<'_>> {
        Some(Of {
            tensor: self.checkpoint.tensors.get(place as usize)?,
            total: self.total,
            measured: self.desk.measured.get(&place),
            shown: self.asked.shown_place(),
            other: self.desk.compared().and_then(|(other, _)| other.beside(place).ok()),
            formats: self.asked.settings.len(),
        })
    }

    /// What an order or a sum of what was measured depends on.
    fn state(&self) -> String {
        let (measured, shown) = (self.desk.measured.len(), self.asked.shown_place());
        format!("{measured} {shown} {}", write_settings(&self.asked.settings))
    }

    fn matches(&self, filter: &str) -> impl Fn(u32) -> bool {
        move |place| {
            filter.is_empty()
                || self
                    .checkpoint
                    .tensors
                    .get(place as usize)
                    .is_some_and(|tensor| tensor.name.to_lowercase().contains(filter))
        }
    }

    /// Tensors in an order.
    fn order(&self, filter: &str) -> Vec<u32> {
        let n = self.checkpoint.tensors.len() as u32;
        let mut places: Vec<u32> = (0..n).filter(|place| self.matches(filter)(*place)).collect();
        let Arranged { column, down, .. } = self.arranged;
        match column {
            None => {}
            Some(0) => {
                let name = |place: &u32| self.checkpoint.tensors[*place as usize].name.as_str();
                order::sort_by(&mut places, |a, b| if down { name(b).cmp(name(a)) } else { name(a).cmp(name(b)) });
            }
            Some(column) => {
                let Some((_, column)) = self.columns().find(|(number, _)| *number == column) else { return places };
                // What has no key comes last either way.
                let key = |place: &u32| match self.of(*place).and_then(column.key) {
                    Some(value) => (false, if down { -value } else { value }),
                    None => (true, 0.0),
                };
                let mut keyed: Vec<((bool, f64), u32)> = places.iter().map(|place| (key(place), *place)).collect();
                order::sort_by(&mut keyed, |(a, _), (b, _)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
                places = keyed.into_iter().map(|(_, place)| place).collect();
            }
        }
        places
    }

    fn flat(&self, kept: &mut Kept, filter: &str, window: (u32, u32)) -> String {
        let of = format!("{filter}\n{}\n{}", self.arranged.order(), self.state());
        if kept.order.as_ref().is_none_or(|(before, _)| *before != of) {
            kept.order = Some((of, self.order(filter)));
        }
        let places = kept.order.as_ref().map_or(&[][..], |(_, places)| places);
        self.rows(places.len() as u32, window, |html, at| {
            let Some((place, of)) = places.get(at as usize).and_then(|place| Some((*place, self.of(*place)?))) else {
                return;
            };
            name(html, &of.tensor.name, 0, None, Some(place));
            for (_, column) in self.columns() {
                self.cell(html, column, &(column.cell)(of));
            }
        })
    }

    fn tree(&self, kept: &mut Kept, filter: &str, window: (u32, u32)) -> String {
        let tree = kept.tree.get_or_insert_with(|| Tree::new(self.checkpoint));
        let of = format!("{filter}\n{}\n{}", self.arranged.write(), self.state());
        if kept.rows.as_ref().is_none_or(|(before, ..)| *before != of) {
            let n = self.checkpoint.tensors.len() as u32;
            let matching: Option<Vec<bool>> = (!filter.is_empty()).then(|| (0..n).map(self.matches(filter)).collect());
            let errors =
                |place: u32| self.desk.measured.get(&place)?.errors.get(self.asked.shown_place())?.as_ref().ok();
            let sums = if self.desk.measured.is_empty() {
                Vec::new()
            } else {
                tree.add_up(Errors::default(), |place| errors(place).copied().unwrap_or_default(), Errors::add)
            };
            kept.rows = Some((of, tree.rows(&self.arranged.turned, matching.as_deref()), sums));
        }
        let Some((_, rows, sums)) = &kept.rows else { return String::new() };
        self.rows(rows.len() as u32, window, |html, at| {
            let Some((row, node)) = rows.get(at as usize).and_then(|row| Some((row, tree.node(row.node)?))) else {
                return;
            };
            let fold = (!node.children.is_empty()).then(|| Fold {
                node: row.node,
                is_open: row.is_open,
                action: self.arranged.turned(row.node).write(),
            });
            // A name without a mark for folding stands where the others' begin.
            let depth = if fold.is_some() { row.depth } else { row.depth + 1 };
            let place = node.tensor.filter(|_| node.children.is_empty());
            name(html, &node.label, depth, fold, place);
            let tensor = place.and_then(|place| self.of(place));
            let sum = sums.get(row.node as usize);
            for (_, column) in self.columns() {
                let text = match (tensor, column.name, sum) {
                    (Some(of), ..) => (column.cell)(of),
                    (None, "Shape", _) => counted(node.tensors.into(), "tensor"),
                    (None, "Parameters", _) => Params(node.params as f64).to_string(),
                    (None, "Bytes", _) => Bytes(node.bytes as f64).to_string(),
                    (None, "Share", _) => percent(node.bytes as f64 / self.total as f64),
                    (None, "SQNR, dB", Some(sum)) if sum.measured > 0 => db(sum.decibels()),
                    (None, "Bytes then", Some(sum)) if sum.measured > 0 => Bytes(sum.bytes as f64).to_string(),
                    _ => String::new(),
                };
                self.cell(html, column, &text);
            }
        })
    }

    /// The table around rows `first..end` of `n`, which stand where they would if all others were there.
    fn rows(&self, n: u32, (first, end): (u32, u32), row: impl Fn(&mut Html, u32)) -> String {
        let first = first.min(n.saturating_sub(1));
        let end = end.clamp(first, first.saturating_add(MOST_ROWS)).min(n);
        let mut html = Html::default();
        let columns = self.columns().count() as u32;
        let width = format!("--wide: {}px", NAME_WIDTH + columns * COLUMN_WIDTH);
        let count = (n + 1).to_string();
        let attributes = [
            ("class", "rows"),
            ("role", "table"),
            ("aria-label", "Tensors"),
            ("aria-rowcount", &count),
            ("style", &width),
        ];
        html.open("div", &attributes);
        html.open("div", &[("role", "rowgroup"), ("class", "rows__head")]);
        html.open("div", &[("role", "row"), ("class", "rows__row"), ("aria-rowindex", "1")]);
        self.heading(&mut html, 0, "Name", true);
        for (number, column) in self.columns() {
            self.heading(&mut html, number, column.name, self.is_on_phones(column));
        }
        html.close("div").close("div");
        let room =
            format!("height: {}px; padding-top: {}px", n.saturating_mul(ROW_HEIGHT), first.saturating_mul(ROW_HEIGHT));
        html.open("div", &[("role", "rowgroup"), ("class", "rows__body"), ("style", &room)]);
        for at in first..end {
            let index = (at + 2).to_string();
            html.open("div", &[("role", "row"), ("class", "rows__row"), ("aria-rowindex", &index)]);
            row(&mut html, at);
            html.close("div");
        }
        html.close("div").close("div");
        if n == 0 {
            html.element("p", &[("class", "note")], "No tensor’s name has this in it.");
        }
        html.finish()
    }

    /// Whether a column is one of the last two for phones, which have room for no more beside the names.
    fn is_on_phones(&self, column: &Column) -> bool {
        let after = self.columns().skip_while(|(_, other)| other.name != column.name).skip(1);
        column.on_phones && after.filter(|(_, other)| other.on_phones).count() < 2
    }

    fn cell(&self, html: &mut Html, column: &Column, text: &str) {
        html.element("div", &[("role", "cell"), ("class", class(false, self.is_on_phones(column)))], text);
    }

    fn heading(&self, html: &mut Html, column: usize, text: &str, on_phones: bool) {
        // A tree has the order of its names.
        let sorts = self.asked.listing == Listing::Table;
        let direction = match (self.arranged.column == Some(column), self.arranged.down) {
            (true, false) => "ascending",
            (true, true) => "descending",
            (false, _) => "none",
        };
        let sort = if sorts { ("aria-sort", direction) } else { ("", "") };
        html.open("div", &[("role", "columnheader"), ("class", class(column == 0, on_phones)), sort]);
        if sorts {
            let (id, action) = (format!("weights-sort-{column}"), self.arranged.sorted_by(column).write());
            let attributes = [("type", "button"), ("class", "link-button"), ("id", id.as_str()), ("data-do", &action)];
            html.element("button", &attributes, text);
        } else {
            html.text(text);
        }
        html.close("div");
    }
}

struct Fold {
    node: u32,
    is_open: bool,
    action: String,
}

const fn class(is_name: bool, on_phones: bool) -> &'static str {
    match (is_name, on_phones) {
        (true, _) => "rows__name",
        (false, true) => "rows__cell",
        (false, false) => "rows__cell rows__cell--wide",
    }
}

/// The head of a row. Pressing a tensor's name opens it in the Quantize lab.
fn name(html: &mut Html, text: &str, depth: u32, fold: Option<Fold>, tensor: Option<u32>) {
    let indent = format!("padding-left: {}px", 8 + depth.min(MOST_INDENTS) * INDENT);
    let style = if depth == 0 { ("", "") } else { ("style", indent.as_str()) };
    html.open("div", &[("role", "rowheader"), ("class", "rows__name"), ("title", text), style]);
    match fold {
        None => {
            let action = tensor.map(|place| format!("tensor:{place}"));
            let id = format!("weights-tensor-{}", tensor.unwrap_or_default());
            match &action {
                Some(action) => {
                    let attributes =
                        [("type", "button"), ("class", "link-button"), ("id", id.as_str()), ("data-do", action)];
                    // What is cut off on a phone is the beginning, in which names are alike.
                    html.open("button", &attributes).element("bdi", &[], text).close("button");
                }
                None => _ = html.text(text),
            }
        }
        Some(Fold { node, is_open, action }) => {
            let id = format!("weights-fold-{node}");
            let attributes = [
                ("type", "button"),
                ("class", "rows__fold"),
                ("id", id.as_str()),
                ("data-do", action.as_str()),
                ("aria-expanded", if is_open { "true" } else { "false" }),
            ];
            html.element("button", &attributes, text);
        }
    }
    html.close("div");
}

#[cfg(test)]
mod tests {
    use super::super::tests::{checkpoint_of, measured};
    use super::*;
    use crate::scenario::weights::read_settings;
    use std::time::Instant;

    fn many(n: usize) -> Checkpoint {
        let names: Vec<String> =
            (0..n).map(|i| format!("model.layers.{}.mlp.experts.{}.weight", i / 500, i % 500)).collect();
        checkpoint_of(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn names(html: &str) -> Vec<String> {
        html.split("class=\"rows__name\" title=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect()
    }

    fn asked(listing: Listing) -> WeightsScenario {
        WeightsScenario { settings: read_settings("int8,q4_k").unwrap(), listing, ..WeightsScenario::default() }
    }

    fn question(order: &str, typed: &str, rows: (u32, u32)) -> Question {
        Question { order: Some(order.into()), typed: typed.into(), rows: Some(rows), ..Question::default() }
    }

    #[test]
    fn only_the_rows_in_view_are_made_and_they_stand_in_their_place() {
        let (desk, checkpoint) = (Desk::default(), many(1000));
        let html = table(&question("", "", (500, 520)), &asked(Listing::Table), &desk, &checkpoint);
        assert_eq!(names(&html).len(), 20);
        assert_eq!(names(&html)[0], "model.layers.1.mlp.experts.0.weight");
        assert!(html.contains("aria-rowcount=\"1001\"") && html.contains("aria-rowindex=\"502\""));
        assert!(html.contains(&format!("height: {}px; padding-top: {}px", 1000 * ROW_HEIGHT, 500 * ROW_HEIGHT)));
        let behind = table(&question("", "", (5000, 5060)), &asked(Listing::Table), &desk, &checkpoint);
        assert_eq!(names(&behind), ["model.layers.1.mlp.experts.499.weight"], "the end is as far as it goes");
    }

    #[test]
    fn rows_are_sorted_filtered_and_what_is_not_measured_comes_last() {
        let checkpoint = checkpoint_of(&["b", "a", "c"]);
        let mut desk = Desk::default();
        desk.measured.insert(0, measured(&[10.0, 30.0]));
        desk.measured.insert(2, measured(&[20.0, 5.0]));
        let shown = |order: &str, filter: &str, asked: &WeightsScenario| {
            names(&table(&question(order, filter, (0, 60)), asked, &desk, &checkpoint)).join("")
        };
        let first = asked(Listing::Table);
        assert_eq!(
            (shown("", "", &first), shown("0", "", &first), shown("-0", "", &first)),
            ("bac".into(), "abc".into(), "cba".into())
        );
        assert_eq!((shown("6", "", &first), shown("-6", "", &first)), ("bca".into(), "cba".into()));
        let second = WeightsScenario { shown: Some(first.settings[1]), ..first.clone() };
        assert_eq!(shown("6", "", &second), "cba");
        assert_eq!(shown("6", " C ", &second), "c");
        let none = table(&question("", "nothing", (0, 60)), &first, &desk, &checkpoint);
        assert!(none.contains("aria-rowcount=\"1\"") && none.contains("No tensor’s name"));
    }

    #[test]
    fn a_press_on_a_heading_sorts_and_another_turns_the_order_round() {
        let arranged = Arranged::read("");
        let once = arranged.sorted_by(3);
        assert_eq!((once.write(), once.sorted_by(3).write()), ("-3;".to_owned(), "3;".to_owned()));
        assert_eq!(arranged.sorted_by(0).write(), "0;");
        assert_eq!(Arranged::read("-3;7,2").turned(5).turned(7).write(), "-3;2,5");
        assert_eq!(Arranged::read("x;y,-1"), Arranged::default());
    }

    #[test]
    fn a_node_of_the_tree_tells_the_sums_of_what_is_below_it() {
        let checkpoint = checkpoint_of(&["a.0.q", "a.0.k", "a.1.q"]);
        let mut desk = Desk::default();
        for place in 0..3 {
            desk.measured.insert(place, measured(&[20.0, 30.0]));
        }
        let html = table(&question(";", "", (0, 60)), &asked(Listing::Tree), &desk, &checkpoint);
        assert_eq!(names(&html), ["a.[0–1]", "0", "1.q"]);
        assert!(html.contains("3 tensors") && html.contains(">20.00<"), "{html}");
        assert!(html.contains("aria-expanded=\"true\"") && html.contains("aria-expanded=\"false\""));
        assert!(!html.contains("aria-sort"), "a tree has an order of its own");
    }

    /// The work of a scrolling question must not grow with the checkpoint.
    #[test]
    fn scrolling_through_a_hundred_thousand_tensors_takes_no_longer_than_through_a_hundred() {
        let small = checkpoint_of(&["a"; 100]);
        let large = many(100_000);
        for listing in [Listing::Table, Listing::Tree] {
            let asked = asked(listing);
            let mut times = [0.0; 2];
            for (time, checkpoint) in times.iter_mut().zip([&small, &large]) {
                let desk = Desk::default();
                _ = table(&question("-4", "", (0, 60)), &asked, &desk, checkpoint);
                let start = Instant::now();
                for turn in 0..20 {
                    _ = table(&question("-4", "", (turn, turn + 60)), &asked, &desk, checkpoint);
                }
                *time = start.elapsed().as_secs_f64() / 20.0;
            }
            eprintln!("{listing:?}: {:.2} ms of 100, {:.2} ms of 100 000", times[0] * 1e3, times[1] * 1e3);
            assert!(times[1] < 20.0 * times[0].max(1e-3), "{listing:?}: {times:?}");
        }
    }
}
