//! The Scaling lab's pictures.

use crate::catalog::FAMOUS;
use crate::charts::{AnyPicture, Axis, LineChart, Mark, Reference, Role, Series, Shape, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::{LAWS, Report, curves};
use crate::units::{Flop, Nats, Params, Tokens, scientific, short_count, significant};

/// Points of a curve: about one every 4 px of the widest figure.
const POINTS: usize = 161;
/// Rows of a curve's table.
const TABLE_STEP: usize = 10;
/// Curves run from a hundredth to a hundred times the answer.
const SPAN: f64 = 100.0;

fn floor(loss: Nats) -> String {
    format!("{:.3} nats", loss.get())
}

fn around_params(report: &Report) -> (Params, Params) {
    (Params(report.params.get() / SPAN), Params(report.params.get() * SPAN))
}

fn mark(x: f64, y: f64, label: impl Into<String>) -> Mark {
    Mark { x, y, label: label.into(), shape: Shape::Dot, role: Role::Accent, emphasis: true }
}

/// Loss against size with the compute fixed: the valley.
pub fn isoflop(report: &Report) -> FigureData {
    let range = around_params(report);
    let mut series = Vec::new();
    for (factor, role) in [(0.1, Role::Ramp(70)), (10.0, Role::Ramp(150)), (1.0, Role::Accent)] {
        let compute = report.compute * factor;
        let curve = curves::isoflop(report.law, compute, range, POINTS).curve;
        series.push(Series {
            label: compute.to_string(),
            points: curve.iter().map(|(n, loss)| (n.get(), loss.get())).collect(),
            role,
            dashed: factor != 1.0,
        });
    }
    let iso = curves::isoflop(report.law, report.compute, range, POINTS);
    let (chosen, chosen_loss) = iso.chosen;
    let top = iso.curve.iter().map(|(_, loss)| loss.get()).fold(0.0, f64::max);
    let bottom = series.iter().flat_map(|series| &series.points).map(|point| point.1).fold(f64::MAX, f64::min);
    let chart = LineChart {
        x: Axis::log10("Parameters", TickFormat::ShortCount).over(range.0.get(), range.1.get()),
        y: Axis::linear("Loss, nats per token", TickFormat::Plain).over(bottom - 0.03 * (top - bottom), top),
        series,
        marks: vec![mark(chosen.get(), chosen_loss.get(), format!("{chosen}: {:.3}", chosen_loss.get()))],
        references: vec![],
        cursor: None,
    };
    let mut table = Table::new(["Parameters", "Tokens", "Loss, nats per token"]);
    for (n, loss) in iso.curve.iter().step_by(TABLE_STEP) {
        let tokens = report.compute.get() / 6.0 / n.get();
        table.push([n.to_string(), short_count(tokens), format!("{:.4}", loss.get())]);
    }
    FigureData {
        title: format!("Fixed compute: the valley is at {} parameters", report.params),
        summary: format!(
            "Loss against model size with {} to spend: a smaller model sees more data than it can use, a larger one too little. The solid curve is your budget; the dashed ones are a tenth and ten times of it.",
            report.compute,
        ),
        picture: AnyPicture::LineChart(chart),
        table,
    }
}

/// Loss against data with the model fixed.
pub fn fixed_model(report: &Report) -> FigureData {
    let tokens = (Tokens(report.tokens.get() / SPAN), Tokens(report.tokens.get() * SPAN));
    let made = curves::fixed_model(report.law, report.params, tokens, POINTS);
    let points: Vec<(f64, f64)> = made.curve.iter().map(|(d, loss)| (d.get(), loss.get())).collect();
    let x = Axis::log10("Tokens", TickFormat::ShortCount);
    FigureData {
        title: format!("Fixed model: more data helps, down to {}", floor(made.floor)),
        summary: format!(
            "Loss of a model of {} parameters as its training data grow. It never falls below the floor that the model’s size sets.",
            report.params
        ),
        table: loss_table("Tokens", &points),
        picture: AnyPicture::LineChart(one_curve(report, x, points, made.floor.get(), report.tokens.get())),
    }
}

/// Loss against size with the data fixed.
pub fn fixed_data(report: &Report) -> FigureData {
    let made = curves::fixed_data(report.law, report.tokens, around_params(report), POINTS);
    let points: Vec<(f64, f64)> = made.curve.iter().map(|(n, loss)| (n.get(), loss.get())).collect();
    let x = Axis::log10("Parameters", TickFormat::ShortCount);
    FigureData {
        title: format!("Fixed data: a larger model helps, down to {}", floor(made.floor)),
        summary: format!(
            "Loss with {} of training data as the model grows. It never falls below the floor that the data set.",
            report.tokens
        ),
        table: loss_table("Parameters", &points),
        picture: AnyPicture::LineChart(one_curve(report, x, points, made.floor.get(), report.params.get())),
    }
}

fn loss_table(quantity: &str, points: &[(f64, f64)]) -> Table {
    let mut table = Table::new([quantity, "Loss, nats per token"]);
    for (x, loss) in points.iter().step_by(TABLE_STEP) {
        table.push([short_count(*x), format!("{loss:.4}")]);
    }
    table
}

fn one_curve(report: &Report, x: Axis, points: Vec<(f64, f64)>, floor: f64, at: f64) -> LineChart {
    let (first, last) = (points.first().map_or(1.0, |p| p.0), points.last().map_or(10.0, |p| p.0));
    let top = points.iter().map(|point| point.1).fold(floor, f64::max);
    LineChart {
        x: x.over(first, last),
        y: Axis::linear("Loss, nats per token", TickFormat::Plain).over(floor - 0.08 * (top - floor), top),
        series: vec![Series { label: String::new(), points, role: Role::Accent, dashed: false }],
        marks: vec![mark(at, report.loss.get(), format!("your run: {:.3}", report.loss.get()))],
        references: vec![Reference::Horizontal { at: floor, label: format!("floor {floor:.3}") }],
        cursor: None,
    }
}

/// Famous runs against what each law would have had them do.
pub fn frontier(report: &Report) -> FigureData {
    let flops = FAMOUS.iter().map(|model| model.flop().get()).chain([report.compute.get()]);
    let (lo, hi) = flops.fold((f64::MAX, 0.0f64), |(lo, hi), flop| (lo.min(flop), hi.max(flop)));
    let range = (Flop(lo / 3.0), Flop(hi * 3.0));
    let series = LAWS
        .iter()
        .map(|law| Series {
            label: law.name.to_owned(),
            points: curves::frontier(law, range, 2).iter().map(|(c, n)| (c.get(), n.get())).collect(),
            role: if law.id == report.law.id { Role::Accent } else { Role::Reference },
            dashed: law.id != report.law.id,
        })
        .collect();
    let mut marks: Vec<Mark> = FAMOUS
        .iter()
        .map(|model| Mark {
            x: model.flop().get(),
            y: model.active_params.get(),
            label: model.name.to_owned(),
            shape: if model.is_mixture_of_experts() { Shape::Diamond } else { Shape::Dot },
            role: Role::Other,
            emphasis: false,
        })
        .collect();
    marks.push(mark(report.compute.get(), report.params.get(), "your run"));
    let mut table =
        Table::new(["Model", "Year", "Parameters (active)", "Tokens", "Tokens per parameter", "Compute, FLOP"]);
    for model in FAMOUS {
        table.push([
            model.name.to_owned(),
            model.year.to_string(),
            model.active_params.to_string(),
            short_count(model.tokens.get()),
            significant(model.tokens_per_param(), 3),
            scientific(model.flop().get()),
        ]);
    }
    let chart = LineChart {
        x: Axis::log10("Training compute, FLOP", TickFormat::PowerOfTen).over(range.0.get(), range.1.get()),
        y: Axis::log10("Parameters", TickFormat::ShortCount),
        series,
        marks,
        references: vec![],
        cursor: None,
    };
    FigureData {
        title: "Famous models against the compute-optimal frontier".to_owned(),
        summary: "Model size against training compute. Above a line, a model is larger than the law would have it for its compute; below, it is smaller and trained for longer, which makes it cheaper to use. Mixtures of experts stand at their active parameters.".to_owned(),
        picture: AnyPicture::LineChart(chart),
        table,
    }
}
