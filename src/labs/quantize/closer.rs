//! A closer look at a tensor: from above, and at one of its numbers.

use super::numbers::counted;
use super::place::{Place, Spot};
use crate::charts::{AnyPicture, Axis, CellRole, Cells, TickFormat};
use crate::formats::anatomy::{Anatomy, Scaling, Setting, figure, formula, shown};
use crate::formats::{Kind, LIBRARIES, block};
use crate::labs::{FigureData, Html, Table};
use crate::quantize::detail::{JOINT_BINS, Window};
use crate::quantize::report::Report;
use crate::quantize::{Detail, Granularity};
use crate::scenario::QuantizeScenario;

/// A part of a tensor with no more rows and columns than this is near enough.
const NEAREST: usize = 16;

/// What a closer look found.
#[derive(Clone, Debug, PartialEq)]
pub struct Closer {
    /// The tensor in cells.
    pub detail: Detail,
    /// The number that is looked at.
    pub inspected: Inspected,
}

/// One number of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// Its place, row by row.
    pub index: usize,
    /// The number.
    pub x: f32,
    /// What it became.
    pub q: f32,
    /// Of formats that have a scale from the range: the scale of its group, and the code of zero.
    pub scale: Option<(f32, i32)>,
    /// Whether its column is kept in FP16.
    pub is_kept: bool,
    /// Of formats of blocks: the numbers of its block, filled up with zeros.
    pub block: Vec<f32>,
}

impl Closer {
    /// The tensor before, after, and what the difference is; errors over values.
    pub fn pictures(&self, asked: &QuantizeScenario, report: &Report) -> Vec<FigureData> {
        let name = asked.format.name;
        vec![
            self.cells(report, &self.detail.reference, CellRole::Reference, "The tensor before, from above"),
            self.cells(report, &self.detail.quantized, CellRole::Quantized, &format!("The tensor in {name}")),
            self.cells(report, &self.detail.error, CellRole::Error, "Where the error is"),
            self.joint(report),
        ]
        .into_iter()
        .map(|mut figure| {
            if let AnyPicture::Cells(cells) = &mut figure.picture
                && cells.x.label == "Column"
            {
                let step = match (asked.format.block_size(), asked.quantizer().groups()) {
                    (1, Granularity::Group(size)) => size as usize,
                    (size, _) => size,
                };
                let Window { col, cols, .. } = self.detail.window;
                // Lines closer than three cells would hide what they divide.
                if step > 1 && cols / step <= cells.cols / 3 {
                    let first = (col / step + 1) * step;
                    cells.borders = (first..col + cols).step_by(step).map(|border| border as f64).collect();
                }
            }
            figure
        })
        .collect()
    }

    fn cells(&self, report: &Report, largest: &[f32], role: CellRole, title: &str) -> FigureData {
        let detail = &self.detail;
        let most = largest.iter().copied().fold(0.0, f32::max);
        let Window { row, col, rows, cols } = detail.window;
        let mut table = Table::new(["Row of cells", "Column of cells", "Largest magnitude"]);
        for (i, value) in largest.iter().enumerate() {
            let (row, col) = (i / detail.cell_cols, i % detail.cell_cols);
            table.push([row.to_string(), col.to_string(), figure((*value).into())]);
        }
        FigureData {
            title: title.to_owned(),
            summary: format!(
                "{} × {} cells over {} and {}: the stronger the colour, the larger the largest magnitude there, up to {}. Press one to look at the number with its largest error.",
                detail.cell_rows,
                detail.cell_cols,
                part(rows, "row", row, report.rows),
                part(cols, "column", col, report.cols),
                figure(most.into())
            ),
            picture: AnyPicture::Cells(Cells {
                x: Axis::linear("Column", TickFormat::Plain).over(col as f64, (col + cols) as f64),
                y: Axis::linear("Row (0 at the foot)", TickFormat::Plain).over(row as f64, (row + rows) as f64),
                cols: detail.cell_cols,
                shades: shades(largest.iter().map(|x| f64::from(*x)), most.into()),
                role,
                ends: ("0".to_owned(), figure(most.into())),
                borders: Vec::new(),
                chosen: detail.cell_of(report.cols as usize, self.inspected.index),
            }),
            table,
        }
    }

    fn joint(&self, report: &Report) -> FigureData {
        let joint = &self.detail.joint;
        let most = joint.iter().copied().max().unwrap_or_default();
        // Most errors are near zero: in logarithms the others are seen too.
        let log = |n: f64| libm::log1p(n);
        let mut table = Table::new(["Value from", "Error from", "Numbers"]);
        let edge = |lo: f64, hi: f64, bin: usize| lo + (hi - lo) * bin as f64 / JOINT_BINS as f64;
        for (i, n) in joint.iter().enumerate().filter(|(_, n)| **n > 0) {
            let x = edge(report.reference.lo, report.reference.hi, i % JOINT_BINS);
            let e = edge(report.error.lo, report.error.hi, i / JOINT_BINS);
            table.push([figure(x), figure(e), n.to_string()]);
        }
        FigureData {
            title: "The error of each value".to_owned(),
            summary: "Values across, errors up, a stronger colour where there are more numbers, in logarithms. Steps of one size make a band of one height; steps that grow with the number make a wedge.".to_owned(),
            picture: AnyPicture::Cells(Cells {
                x: Axis::linear("Value", TickFormat::Plain).over(report.reference.lo, report.reference.hi),
                y: Axis::linear("Error", TickFormat::Plain).over(report.error.lo, report.error.hi),
                cols: JOINT_BINS,
                shades: shades(joint.iter().map(|n| log((*n).into())), log(most.into())),
                role: CellRole::Error,
                ends: ("0".to_owned(), counted(most.into(), "number")),
                borders: Vec::new(),
                chosen: None,
            }),
            table,
        }
    }

    /// The part that is in the cells, as it is said after a place.
    pub fn window(&self) -> String {
        let Window { row, col, rows, cols } = self.detail.window;
        format!("{row},{col},{rows},{cols}")
    }

    /// Where one can look from here: a word, a sign and a name for each way, and the place.
    fn ways(&self, report: &Report) -> Vec<(&'static str, &'static str, &'static str, Place)> {
        let (shape, window) = ((report.rows as usize, report.cols as usize), self.detail.window);
        let index = self.inspected.index;
        let is_part = window != Window::whole(shape);
        let mut ways = Vec::new();
        if let Some((col, row)) = self.detail.cell_of(shape.1, index) {
            let (at_row, at_col) = (index / shape.1, index % shape.1);
            // Beyond the cells the number there moves them.
            let cell = |col: Option<usize>, row: Option<usize>, beyond: Option<usize>| {
                let inside = col.zip(row).filter(|(col, row)| self.detail.worst_in(*col, *row).is_some());
                let spot =
                    inside.map(|(col, row)| Spot::Cell(col, row)).or(beyond.filter(|_| is_part).map(Spot::Number));
                spot.map(|spot| Place { spot, window: Some(window) })
            };
            let left = cell(col.checked_sub(1), Some(row), (at_col > 0).then(|| index - 1));
            let right = cell(Some(col + 1), Some(row), (at_col + 1 < shape.1).then_some(index + 1));
            let up = cell(Some(col), Some(row + 1), (at_row + 1 < shape.0).then_some(index + shape.1));
            let down = cell(Some(col), row.checked_sub(1), (at_row > 0).then(|| index - shape.1));
            ways.extend(left.map(|place| ("left", "←", "The cell to the left", place)));
            ways.extend(right.map(|place| ("right", "→", "The cell to the right", place)));
            ways.extend(up.map(|place| ("above", "↑", "The cell above", place)));
            ways.extend(down.map(|place| ("below", "↓", "The cell below", place)));
        }
        let number = |size: (usize, usize)| {
            let window = Window::around(shape, index, size);
            Place { spot: Spot::Number(index), window: (window != Window::whole(shape)).then_some(window) }
        };
        if window.rows.max(window.cols) > NEAREST {
            // Sides that are short already stay.
            let half = |size: usize| if size > NEAREST { size.div_ceil(2) } else { size };
            ways.push(("in", "Zoom in", "Zoom in", number((half(window.rows), half(window.cols)))));
        }
        if is_part {
            ways.push(("out", "Zoom out", "Zoom out", number((2 * window.rows, 2 * window.cols))));
            ways.push(("all", "Whole tensor", "Whole tensor", number(shape)));
        }
        let window = is_part.then_some(window);
        ways.push(("worst", "Largest error", "Largest error", Place { spot: Spot::Worst, window }));
        ways
    }

    /// The number that is looked at, taken apart.
    pub fn inspector(&self, asked: &QuantizeScenario, report: &Report) -> String {
        let Inspected { index, x, q, scale, is_kept, block: numbers } = &self.inspected;
        let cols = report.cols.max(1) as usize;
        let mut html = Html::default();
        html.element("h3", &[("class", "figure__title")], &format!("Row {}, column {}", index / cols, index % cols));
        html.open("p", &[("class", "offers")]);
        for (word, sign, label, place) in self.ways(report) {
            let id = format!("inspect-{word}");
            let action = place.to_string();
            html.element(
                "button",
                &[
                    ("type", "button"),
                    ("class", "button"),
                    ("id", &id),
                    ("data-do", &action),
                    (if sign == label { "" } else { "aria-label" }, label),
                ],
                sign,
            );
        }
        html.close("p");
        html.open("dl", &[("class", "facts"), ("id", "quantize-inspected")]);
        let mut fact = |name: &str, value: &str| _ = html.element("dt", &[], name).element("dd", &[], value);
        fact("FP32", &format!("{} = 0x{:08X}", shown(&crate::formats::FP32, (*x).into()), x.to_bits()));
        fact(if *is_kept { "FP16, as its column is kept" } else { asked.format.name }, &figure((*q).into()));
        fact("Error", &figure(f64::from(*q) - f64::from(*x)));
        if *is_kept {
            return html.close("dl").finish();
        }
        let (step, zero_point) = scale.unwrap_or((1.0, 0));
        if let Some((step, zero)) = scale {
            fact(if report.scales > 1 { "Scale of its group" } else { "Scale of the tensor" }, &figure((*step).into()));
            if asked.is_integer() {
                fact("Zero point", &zero.to_string().replace('-', "−"));
            }
        }
        match asked.format.kind {
            Kind::Block(block) if block.layout.scales_need_tensor() => {
                fact("Bytes of the block", "they depend on the scale of the whole tensor: see the packed bytes below");
            }
            Kind::Block(_) => {
                if let Ok(packed) = block::encode(asked.format, asked.mx_rule, numbers) {
                    let place = index % cols % asked.format.block_size();
                    fact("Place in its block", &format!("{place} of {}", numbers.len()));
                    for (name, value) in &packed.scales {
                        fact(name, &figure((*value).into()));
                    }
                    let bytes: Vec<String> = packed.bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                    fact("Bytes of the block", &bytes.join(" "));
                }
            }
            _ => {
                // What became of the number has one code, whatever way it was rounded; of a float, beside its scale.
                let is_float = matches!(asked.format.kind, Kind::Float(_) | Kind::Exponent(_));
                let stored = if is_float { f64::from(*q) / f64::from(step) } else { f64::from(*q) };
                let scaling = Scaling { scale: step.into(), zero_point, restricted: false };
                let setting =
                    Setting { rounding: crate::formats::Rounding::NearestEven, library: &LIBRARIES[0], scaling };
                let format = affine(asked);
                let anatomy = Anatomy::new(&format, stored, &setting);
                fact("Code", &format!("{} = {}", anatomy.bits, anatomy.code_hex));
                let formula = formula(&format, anatomy.code, scaling);
                let by_scale = if is_float && scale.is_some() { "; that × scale" } else { "" };
                fact("Formula", &format!("{formula}{by_scale}"));
            }
        }
        html.close("dl").finish()
    }
}

/// The format of the codes: affine ones have no sign.
fn affine(asked: &QuantizeScenario) -> crate::formats::Format {
    let mut format = *asked.format;
    if let Kind::Integer(integer) = &mut format.kind
        && asked.quantizer().is_affine()
    {
        integer.signed = false;
    }
    format
}

/// So many rows or columns, and where they begin if they are not all.
fn part(n: usize, noun: &str, from: usize, of: u64) -> String {
    let all = counted(n as u64, noun);
    if n as u64 == of { all } else { format!("{all} from {from} on") }
}

fn shades(values: impl Iterator<Item = f64>, most: f64) -> Vec<u8> {
    let shade = |value: f64| if value > 0.0 { (255.0 * value / most).ceil() as u8 } else { 0 };
    values.map(shade).collect()
}
