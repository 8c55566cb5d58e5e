//! All formats on one tensor, and what would help the chosen one.

use super::numbers::counted;
use crate::charts::{AnyPicture, Axis, LineChart, Mark, Role, Series, Shape, TickFormat};
use crate::formats::anatomy::figure;
use crate::formats::{Kind, format};
use crate::order;

use crate::labs::sortable::Order;
use crate::labs::{FigureData, Html, Part, Question, Table, View};
use crate::quantize::compare::{Row, uniform_db};
use crate::quantize::{GRID_RULES, Granularity, RangeMethod};
use crate::scenario::QuantizeScenario;
use crate::scenario::quantize::KEYS;
use crate::units::{Bytes, significant};
use std::fmt::Write;

/// A change of the setting that might help.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// What is changed.
    pub name: String,
    /// Which keys of the link that sets, and to what; nothing for what no link can say.
    pub change: Vec<(&'static str, String)>,
    /// What came of it.
    pub effect: Option<Effect>,
}

/// What a change of the setting does.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Bits and decibels.
    pub row: Row,
    /// How far the output of the layer is from what it was.
    pub output_error: Option<f64>,
    /// How many codes are others than before, where there are as many.
    pub changed_codes: Option<u64>,
}

/// All that was compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// A row for each format.
    pub rows: Vec<Row>,
    /// The setting as it is, and then the changes.
    pub remedies: Vec<Remedy>,
    /// amax/rms of the tensor.
    pub crest: Option<f64>,
    /// How many of the tensor's values were compared with.
    pub sampled: usize,
    /// How many it has.
    pub of: usize,
}

/// The changes that might help a setting; the first is none.
#[must_use]
pub fn remedies(asked: &QuantizeScenario) -> Vec<Remedy> {
    let quantizer = asked.quantizer();
    let mut remedies = Vec::new();
    let mut add = |name: &str, key: &'static str, value: &str| {
        remedies.push(Remedy { name: name.to_owned(), change: vec![(key, value.to_owned())], effect: None });
    };
    let has_scale = asked.has_scale();
    if asked.may_be_scaled() && !has_scale {
        add("A scale from the range", "fit", "1");
    }
    if has_scale {
        for (name, key, granularity) in [
            ("A scale for each row", "row", Granularity::Row),
            ("A scale for each column", "column", Granularity::Column),
            ("A scale for each 128 neighbours", "g128", Granularity::Group(128)),
            ("A scale for each 32 neighbours", "g32", Granularity::Group(32)),
        ] {
            if quantizer.granularity != granularity {
                add(name, "scale", key);
            }
        }
        if quantizer.range == RangeMethod::Full {
            add("Clip the outermost 0.1\u{202f}%", "range", "p99.9");
            add("Clip where the squared error is least", "range", "mse");
        }
    }
    match asked.rotation() {
        None => add("Rotate 64 neighbours by Hadamard", "rotate", "64"),
        Some(_) => add("No rotation", "rotate", "off"),
    }
    if asked.keeps_outliers {
        add("No column in FP16", "split", "0");
    } else {
        add("Keep the columns beyond 6 rms in FP16, as LLM.int8()", "split", "1");
    }
    if asked.is_integer() {
        for rule in GRID_RULES.iter().filter(|rule| **rule != *quantizer.rule) {
            add(&format!("The rule of {}", rule.name), "by", rule.id);
        }
    }
    if asked.is_mx() {
        use crate::formats::mx::ScaleRule;
        for rule in ScaleRule::ALL.into_iter().filter(|rule| *rule != asked.mx_rule) {
            add(&format!("Scale by {}", rule.name()), "rule", rule.id());
        }
    }
    remedies.insert(0, Remedy { name: "As it is".to_owned(), change: Vec::new(), effect: None });
    remedies
}

impl Remedy {
    /// The inputs with this change.
    #[must_use]
    pub fn apply(&self, asked: &QuantizeScenario) -> QuantizeScenario {
        let mut changed = asked.clone();
        for (name, value) in &self.change {
            for key in KEYS.iter().filter(|key| key.name == *name) {
                // A value of the key's own: it is read.
                _ = (key.read)(&mut changed, value);
            }
        }
        changed
    }
}

/// The view of a comparison.
#[must_use]
pub fn view(question: &Question, asked: &QuantizeScenario, comparison: &Comparison) -> View {
    let mut view = View::of(question);
    let order = question.order.as_deref().unwrap_or_default();
    view.set(Part::Takeaway, takeaway(comparison));
    view.set(Part::Listing, listing(&comparison.rows, order));
    view.set(Part::Csv, csv(&comparison.rows));
    view.set(Part::Cards, effects(asked, comparison));
    view.figures = vec![front(comparison)];
    view
}

/// The best of the formats that people use for weights: those of at most so many bits.
fn best(rows: &[Row], bits: f64) -> Option<&Row> {
    let fits = rows.iter().filter(|row| row.bits_per_weight <= bits && row.sqnr_db.is_some());
    fits.max_by(|a, b| a.decibels().total_cmp(&b.decibels()))
}

fn name_of(row: &Row) -> &'static str {
    format(&row.format).map_or("", |format| format.name)
}

fn percent(share: f64) -> String {
    format!("{} %", significant(100.0 * share, 3))
}

fn takeaway(comparison: &Comparison) -> String {
    let words = |bits: f64| {
        let row = best(&comparison.rows, bits)?;
        Some(format!("within {bits} bits {} keeps most, {} dB", name_of(row), significant(row.sqnr_db?, 3)))
    };
    let all: Vec<String> = [4.6, 8.6].into_iter().filter_map(words).collect();
    if all.is_empty() { "No format has an error to compare".to_owned() } else { all.join("; ").replacen('w', "W", 1) }
}

fn decibels(row: &Row) -> String {
    if row.overflowed > 0 {
        "overflows".to_owned()
    } else {
        row.sqnr_db.map_or_else(|| if row.mse == 0.0 { "exact" } else { "–" }.to_owned(), |db| format!("{db:.2}"))
    }
}

const COLUMNS: [&str; 7] =
    ["Format", "Bits a weight", "SQNR in dB", "Relative error", "Largest error", "Clipped", "Flushed to zero"];

/// What a row is sorted by in a column; words stay as they stand.
fn key(row: &Row, column: usize) -> Option<f64> {
    match column {
        1 => Some(row.bits_per_weight),
        2 => Some(row.decibels()),
        3 => row.relative_error,
        4 => Some(row.max_abs_error),
        5 => Some(row.clipped as f64),
        6 => Some(row.flushed as f64),
        _ => Some(0.0),
    }
}

/// The table in an order: see [`Order::read`].
fn listing(rows: &[Row], order: &str) -> String {
    let order = Order::read(order);
    let cells = |place: usize| {
        let row = &rows[place];
        let front = if row.is_on_front { " ★" } else { "" };
        vec![
            format!("{}{front}", name_of(row)),
            significant(row.bits_per_weight, 4),
            decibels(row),
            row.relative_error.map_or_else(|| "–".to_owned(), percent),
            figure(row.max_abs_error),
            row.clipped.to_string(),
            row.flushed.to_string(),
        ]
    };
    let sorted = order.of(rows.len(), |row, column| key(&rows[row], column));
    let table =
        order.table(("quantize-comparison", "All formats on this tensor"), COLUMNS, sorted.into_iter().map(cells));
    let note = "★: no other format has fewer bits and more decibels. SQNR is not accuracy: a model minds some errors more than others. Each format in its usual setting: one scale for the tensor where the format has none of its own.";
    table + &Html::default().element("p", &[("class", "note")], note).finish()
}

fn csv(rows: &[Row]) -> String {
    let mut csv =
        "format,bits_per_weight,bytes,sqnr_db,relative_error,mse,max_abs_error,clipped,overflowed,flushed,pareto\r\n"
            .to_owned();
    let optional = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:e}"));
    for row in rows {
        _ = write!(
            csv,
            "{},{},{},{},{},{:e},{:e},{},{},{},{}\r\n",
            row.format,
            row.bits_per_weight,
            row.bytes,
            optional(row.sqnr_db),
            optional(row.relative_error),
            row.mse,
            row.max_abs_error,
            row.clipped,
            row.overflowed,
            row.flushed,
            u8::from(row.is_on_front)
        );
    }
    csv
}

/// Bits against decibels, with the front and what theory says.
fn front(comparison: &Comparison) -> FigureData {
    // What quantization is for: 16 bits and fewer.
    let is_shown =
        |row: &&Row| row.sqnr_db.is_some_and(|db| db > 0.0) && row.overflowed == 0 && row.bits_per_weight <= 16.5;
    let shown: Vec<&Row> = comparison.rows.iter().filter(is_shown).collect();
    let mut front: Vec<(f64, f64)> = shown
        .iter()
        .filter(|row| row.is_on_front)
        .filter_map(|row| Some((row.bits_per_weight, row.sqnr_db?)))
        .collect();
    order::sort_by(&mut front, |a, b| a.0.total_cmp(&b.0));
    let marks = shown
        .iter()
        .filter_map(|row| {
            let format = format(&row.format)?;
            let (shape, role) = match format.kind {
                Kind::Integer(_) => (Shape::Square, Role::Weights),
                Kind::Block(_) => (Shape::Diamond, Role::Optimizer),
                Kind::Codebook(_) => (Shape::Triangle, Role::Activations),
                Kind::Float(_) | Kind::Exponent(_) => (Shape::Dot, Role::Error),
            };
            let label = format.name.to_owned();
            Some(Mark { x: row.bits_per_weight, y: row.sqnr_db?, label, shape, role, emphasis: row.is_on_front })
        })
        .collect();
    let mut series =
        vec![Series { label: "no format is better".to_owned(), points: front, role: Role::Accent, dashed: false }];
    let range = |f: fn(f64, f64) -> f64, start: f64| shown.iter().map(|row| row.bits_per_weight).fold(start, f);
    let (low, high) = (range(f64::min, 16.0), range(f64::max, 2.0));
    if let Some(crest) = comparison.crest {
        let points = [low, high].map(|bits| (bits, uniform_db(bits, crest))).to_vec();
        series.push(Series { label: "even steps, by theory".to_owned(), points, role: Role::Reference, dashed: true });
    }
    let mut table = Table::new(["Format", "Bits a weight", "SQNR in dB"]);
    for row in &shown {
        table.push([name_of(row).to_owned(), significant(row.bits_per_weight, 4), decibels(row)]);
    }
    let sampled = if comparison.sampled < comparison.of {
        format!(" From rows spread evenly over the tensor, {} of its {} numbers.", comparison.sampled, comparison.of)
    } else {
        String::new()
    };
    FigureData {
        title: takeaway(comparison),
        summary: format!(
            "Each format’s bits per weight, scales included, and how far the tensor stands above its error; up and left is better. A bit more is worth 6.02 dB; outliers lower the line of even steps, and scales for blocks raise formats above it.{sampled}"
        ),
        picture: AnyPicture::LineChart(LineChart {
            x: Axis::linear("Bits per weight", TickFormat::Plain),
            y: Axis::linear("SQNR in dB", TickFormat::Plain),
            series,
            marks,
            ..LineChart::default()
        }),
        table,
    }
}

/// What each change does, as differences to the setting as it is; a button makes it.
fn effects(asked: &QuantizeScenario, comparison: &Comparison) -> String {
    let Some(before) = comparison.remedies.first().and_then(|remedy| remedy.effect.as_ref()) else {
        return String::new();
    };
    let mut html = Html::default();
    html.open(
        "div",
        &[
            ("class", "table-scroll table-scroll--whole"),
            ("tabindex", "0"),
            ("role", "region"),
            ("aria-label", "What would help"),
        ],
    );
    html.open("table", &[("id", "quantize-remedies")]);
    html.element("caption", &[], &format!("What would help {}", asked.format.name));
    html.head(["Change", "SQNR, dB", "Difference", "Bits", "Output error", "Codes changed"].into_iter());
    html.open("tbody", &[]);
    for remedy in &comparison.remedies {
        let Some(effect) = &remedy.effect else { continue };
        let difference = match (effect.row.sqnr_db, before.row.sqnr_db) {
            (Some(now), Some(before)) if !remedy.change.is_empty() || now != before => {
                format!("{:+.2} dB", now - before).replace('-', "−")
            }
            _ => "–".to_owned(),
        };
        html.open("tr", &[]).open("th", &[("scope", "row")]);
        if let [(key, value)] = remedy.change.as_slice() {
            html.button("link-button", &format!("{key}={value}"), &remedy.name);
        } else {
            html.text(&remedy.name);
        }
        html.close("th");
        for cell in [
            decibels(&effect.row),
            difference,
            significant(effect.row.bits_per_weight, 4),
            effect.output_error.map_or_else(|| "–".to_owned(), percent),
            effect.changed_codes.map_or_else(|| "–".to_owned(), |n| n.to_string()),
        ] {
            html.element("td", &[], &cell);
        }
        html.close("tr");
    }
    html.close("tbody").close("table").close("div");
    let larger = match asked.channels {
        0 => String::new(),
        channels => format!(", {} of it twenty times larger", counted(channels.into(), "channel")),
    };
    let note = format!(
        "Output error: how far W·a moves, ‖(Q − W)·a‖ / ‖W·a‖, for a normal activation a of the seed after the tensor’s{larger}."
    );
    html.element("p", &[("class", "note")], &note);
    let bytes = Bytes(before.row.bytes as f64).to_string();
    html.element("p", &[("class", "note")], &format!("As it is: {bytes}. Press a change to make it."));
    html.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::table::{E4M3FN, GGML_Q4_K, MXFP4};
    use crate::formats::{BF16, INT8};

    fn row(format: &str, bits: f64, db: f64) -> Row {
        Row {
            format: format.to_owned(),
            bits_per_weight: bits,
            bytes: 100,
            sqnr_db: Some(db),
            relative_error: Some(0.1),
            mse: 1e-6,
            max_abs_error: 1e-3,
            clipped: 0,
            overflowed: 0,
            flushed: 7,
            is_on_front: db > 10.0,
        }
    }

    fn comparison(asked: &QuantizeScenario) -> Comparison {
        let mut remedies = remedies(asked);
        for (i, remedy) in remedies.iter_mut().enumerate() {
            let row = row(asked.format.id, 8.0, 30.0 + i as f64);
            remedy.effect = Some(Effect { row, output_error: Some(0.01), changed_codes: Some(i as u64) });
        }
        let rows = vec![row("int8", 8.0, 40.0), row("q4_k", 4.5, 20.0), row("int4", 4.0, 9.0)];
        Comparison { rows, remedies, crest: Some(4.0), sampled: 10, of: 20 }
    }

    #[test]
    fn every_remedy_is_a_change_that_a_link_can_say() {
        for format in [&INT8, &BF16, &E4M3FN, &MXFP4, &GGML_Q4_K] {
            let asked = QuantizeScenario { format, ..QuantizeScenario::default() };
            let all = remedies(&asked);
            assert_eq!(all[0].apply(&asked), asked);
            for remedy in &all[1..] {
                assert_ne!(remedy.apply(&asked), asked, "{}", remedy.name);
            }
        }
        let rotated = QuantizeScenario { rotation: 2, ..QuantizeScenario::default() };
        assert!(remedies(&rotated).iter().any(|remedy| remedy.name == "No rotation"));
    }

    #[test]
    fn the_view_says_which_is_best_and_what_each_change_does() {
        let asked = QuantizeScenario::default();
        let view = view(&Question::default(), &asked, &comparison(&asked));
        assert_eq!(
            view.part(Part::Takeaway),
            "Within 4.6 bits Q4_K keeps most, 20 dB; within 8.6 bits INT8 keeps most, 40 dB"
        );
        assert!(
            view.part(Part::Cards).contains("data-do=\"scale=row\"") && view.part(Part::Cards).contains("+1.00 dB")
        );
        assert!(view.figures[0].summary.contains("10 of its 20 numbers"));
        assert_eq!(view.part(Part::Csv).trim_end().split("\r\n").count(), 4);
    }

    #[test]
    fn the_table_is_sorted_by_the_column_that_was_asked_for() {
        let asked = QuantizeScenario::default();
        let first = |order: &str| {
            let question = Question { order: Some(order.into()), ..Question::default() };
            let view = view(&question, &asked, &comparison(&asked));
            let rest = view.part(Part::Listing).split("<th scope=\"row\">").nth(1).unwrap().to_owned();
            rest.split('<').next().unwrap().to_owned()
        };
        assert_eq!((first(""), first("1"), first("-1")), ("INT8 ★".into(), "INT4".into(), "INT8 ★".into()));
    }
}
