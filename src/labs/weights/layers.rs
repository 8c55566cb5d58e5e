//! Where in a model a format does harm: decibels by layer or by role, as a table whose cells are the darker the worse they are,
//! and as curves.

use super::Desk;
use super::other::{OTHER, costs, keep_other};
use super::words::db;
use crate::charts::{AnyPicture, Axis, LineChart, Role, Series, TickFormat};
use crate::labs::{FigureData, Html, Table};
use crate::scenario::WeightsScenario;
use crate::scenario::weights::Grouping;
use crate::survey::layers::sums_by;
use crate::survey::{Errors, Place};
use crate::weights::{Checkpoint, Stored};
use std::collections::BTreeMap;

/// The most rows of the table.
const MOST_ROWS: usize = 200;
/// The most curves that can be told apart.
const MOST_CURVES: usize = 6;
/// Below these decibels a cell has the full colour, above the last none: from a few bits to what 8 bits keep.
const DARKEST_DB: f64 = 10.0;
const LIGHTEST_DB: f64 = 45.0;
/// The darkest shade, at which ink can still be read.
const DARKEST_PERCENT: f64 = 55.0;
/// What curves are drawn in, one after another.
pub const ROLES: [Role; MOST_CURVES] =
    [Role::Weights, Role::Gradients, Role::Optimizer, Role::Activations, Role::KvCache, Role::Other];

/// What a row of the table is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    /// A layer of a part of the model.
    Layer(&'static str, u32),
    Named(String),
}

impl Group {
    fn of(tensor: &Stored, grouping: Grouping) -> Self {
        let place = Place::of(&tensor.name);
        match (grouping, place.layer) {
            (Grouping::Layers, Some(layer)) => Self::Layer(place.part, layer),
            (Grouping::Layers, None) => Self::Named("Outside the layers".to_owned()),
            (Grouping::Roles, _) => Self::Named(format!("{}{}", place.part, place.role)),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Layer(part, layer) => format!("Layer {part}{layer}"),
            Self::Named(name) => name.clone(),
        }
    }
}

fn sums(grouping: Grouping, desk: &Desk, checkpoint: &Checkpoint) -> BTreeMap<Group, Vec<Errors>> {
    sums_by(checkpoint, &desk.measured, |tensor| Group::of(tensor, grouping))
}

/// The decibels of a sum; nothing of no tensor, or of nothing but zeros.
fn worth(sum: &Errors) -> Option<f64> {
    (sum.measured > 0 && (sum.x2 > 0.0 || sum.overflowed > 0)).then(|| sum.decibels())
}

/// The share of the colour that a cell has, in percent.
fn shade(db: f64) -> f64 {
    let share = ((LIGHTEST_DB - db) / (LIGHTEST_DB - DARKEST_DB)).clamp(0.0, 1.0);
    (share * DARKEST_PERCENT).round()
}

/// The table of decibels; nothing before anything is measured.
pub fn heat(asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) -> String {
    let sums = sums(asked.grouping, desk, checkpoint);
    if sums.is_empty() {
        return String::new();
    }
    let (of, id) = match asked.grouping {
        Grouping::Layers => ("layer", "Decibels that each format keeps, layer by layer"),
        Grouping::Roles => ("role", "Decibels that each format keeps, role by role"),
    };
    let mut html = Html::default();
    let region =
        [("class", "table-scroll table-scroll--tall"), ("tabindex", "0"), ("role", "region"), ("aria-label", id)];
    html.open("div", &region).open("table", &[("id", "weights-heat"), ("class", "heat")]).element("caption", &[], id);
    let costs = costs(asked, desk);
    let first = if of == "layer" { "Layer" } else { "Role" };
    html.head([first].into_iter().chain(costs.iter().map(|cost| cost.1.as_str()))).open("tbody", &[]);
    for (group, row) in sums.iter().take(MOST_ROWS) {
        html.open("tr", &[]).element("th", &[("scope", "row")], &group.name());
        for sum in row {
            match worth(sum) {
                None => _ = html.element("td", &[], "–"),
                Some(value) => {
                    let shade = format!("--shade: {}%", shade(value));
                    html.element("td", &[("style", &shade)], &db(value));
                }
            }
        }
        html.close("tr");
    }
    html.close("tbody").close("table").close("div");
    let cut = match sums.len().checked_sub(MOST_ROWS) {
        None | Some(0) => String::new(),
        Some(more) => format!(" {more} more rows are in the CSV, tensor by tensor."),
    };
    let note = format!("The darker, the more is lost: 10·log₁₀(Σx²/Σe²) over all measured tensors of the {of}.{cut}");
    html.element("p", &[("class", "note")], &note).finish()
}

/// Decibels layer by layer, a curve for each format; a picture without a title if there are fewer than two layers.
pub fn curves(asked: &WeightsScenario, desk: &Desk, checkpoint: &Checkpoint) -> FigureData {
    let sums = sums(Grouping::Layers, desk, checkpoint);
    // Of a model of several parts the first, which is the language model if there is one.
    let part = sums.keys().find_map(|group| match group {
        Group::Layer(part, _) => Some(part),
        Group::Named(_) => None,
    });
    let rows: Vec<(u32, &Vec<Errors>)> = sums
        .iter()
        .filter_map(|(group, row)| match group {
            Group::Layer(of, layer) if Some(of) == part => Some((*layer, row)),
            _ => None,
        })
        .collect();
    let finite = |sum: &Errors| worth(sum).filter(|db| db.is_finite());
    let points = |place: usize| -> Vec<(f64, f64)> {
        rows.iter().filter_map(|(layer, row)| Some((f64::from(*layer), finite(row.get(place)?)?))).collect()
    };
    let costs = costs(asked, desk);
    let mut curves: Vec<(usize, Vec<(f64, f64)>)> =
        (0..costs.len()).map(|place| (place, points(place))).filter(|curve| curve.1.len() > 1).collect();
    keep_other(&mut curves, |curve| costs[curve.0].0 == OTHER);
    let worst = curves
        .iter()
        .flat_map(|(place, points)| points.iter().map(|point| (*place, *point)))
        .min_by(|a, b| a.1.1.total_cmp(&b.1.1));
    let Some((place, (layer, least))) = worst else { return FigureData::default() };
    let mut table = Table { columns: vec!["Layer".to_owned()], rows: Vec::new() };
    table.columns.extend(costs.iter().map(|(_, name)| format!("{name}, dB")));
    for (layer, row) in &rows {
        let cells = row.iter().map(|sum| worth(sum).map_or_else(|| "–".to_owned(), db));
        table.rows.push([layer.to_string()].into_iter().chain(cells).collect());
    }
    let left_out = match curves.len().saturating_sub(MOST_CURVES) {
        0 => String::new(),
        _ => format!(" The first {MOST_CURVES} formats are drawn; the table has all."),
    };
    FigureData {
        title: match costs[place].0.as_str() {
            OTHER => format!("Layer {layer} differs most from the other files: {} dB", db(least)),
            _ => format!("Layer {layer} loses most: {} leaves it {} dB", costs[place].1, db(least)),
        },
        summary: format!(
            "Signal over error of all measured tensors of a layer, for each format; up is better. A bit more is worth about 6 dB.\
             {left_out}"
        ),
        picture: AnyPicture::LineChart(LineChart {
            x: Axis::linear("Layer", TickFormat::Plain),
            y: Axis::linear("SQNR in dB", TickFormat::Plain),
            series: curves
                .into_iter()
                .zip(ROLES)
                .map(|((place, points), role)| Series { label: costs[place].1.clone(), points, role, dashed: false })
                .collect(),
            ..LineChart::default()
        }),
        table,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{checkpoint_of, measured};
    use super::*;
    use crate::scenario::weights::read_settings;

    #[test]
    fn layers_and_roles_add_up_what_their_tensors_lose() {
        let checkpoint = checkpoint_of(&[
            "h.0.attn.c_attn.weight",
            "h.0.mlp.c_fc.weight",
            "h.1.attn.c_attn.weight",
            "h.1.mlp.c_fc.weight",
            "lm_head.weight",
        ]);
        let mut desk = Desk::default();
        for (place, dbs) in (0..).zip([[30.0, 20.0], [30.0, 20.0], [12.0, 9.0], [f64::INFINITY, 9.0], [40.0, 40.0]]) {
            desk.measured.insert(place, measured(&dbs));
        }
        let settings = read_settings("int8,q4_k").unwrap();
        let asked = WeightsScenario { settings, ..WeightsScenario::default() };
        let html = heat(&asked, &desk, &checkpoint);
        assert_eq!(html.matches("<tr>").count(), 4, "head, two layers, what is outside");
        assert!(html.contains("Layer 0</th><td style=\"--shade: 24%\">30.00</td>"), "{html}");
        assert!(
            html.contains("Layer 1</th><td style=\"--shade: 47%\">15.01</td>"),
            "half of the noise of 12 dB: {html}"
        );
        let roles = heat(&WeightsScenario { grouping: Grouping::Roles, ..asked.clone() }, &desk, &checkpoint);
        assert!(
            roles.contains("attn_qkv</th>") && roles.contains("ffn_up</th>") && roles.contains("output</th>"),
            "{roles}"
        );
        let figure = curves(&asked, &desk, &checkpoint);
        assert_eq!(figure.title, "Layer 1 loses most: Q4_K leaves it 9.00 dB");
        assert_eq!(figure.table.rows.len(), 2);
        assert_eq!(curves(&asked, &Desk::default(), &checkpoint), FigureData::default());
    }
}
