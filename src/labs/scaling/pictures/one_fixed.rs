//! Loss with the model fixed and growing data, and the other way round.

use super::{
    LOSS, POINTS, SIZE, TABLE_STEP, chart, lender, length_axis, lengths, loss_axis, mark, other, power, product,
    readings, series, size_axis, sizes,
};
use crate::charts::{AnyPicture, Axis, LineChart, Readings, Reference, Role, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::{Solution, curves};
use crate::units::{Nats, short_count, significant};

/// The highest loss that is shown, in times of how far the run is above the floor.
const HIGHEST: f64 = 8.0;

/// One curve that falls towards a floor.
struct Falling {
    x: Axis,
    points: Vec<(f64, f64)>,
    floor: Nats,
    /// Where the run is.
    at: f64,
    /// What the law would have here, and its loss.
    optimum: (f64, Nats),
    readings: Readings,
}

/// Loss against data with the model fixed.
pub fn fixed_model(run: &Solution) -> FigureData {
    let made = curves::fixed_model(run.law, run.params, lengths(run), POINTS);
    let n = run.params.get();
    let curve = Falling {
        x: length_axis(lengths(run)),
        points: made.curve.iter().map(|(d, loss)| (d.get(), loss.get())).collect(),
        floor: made.floor,
        at: run.tokens.get(),
        optimum: (made.optimum.0.get(), made.optimum.1),
        readings: readings(
            Some(power(product(run), -1.0)),
            [
                ("parameters", power(n, 0.0), TickFormat::ShortCount),
                ("tokens per parameter", power(1.0 / n, 1.0), TickFormat::Plain),
                ("FLOP", power(run.compute.get() / run.tokens.get(), 1.0), TickFormat::PowerOfTen),
            ],
        ),
    };
    FigureData {
        title: format!("Fixed model: more data helps, down to {:.3} nats", made.floor.get()),
        summary: format!(
            "Loss of a model of {} parameters as its training data grow. At {} it is {:.3}, which leaves {} nats to win with \
             endless data: it never falls below the floor that the model’s size sets.{}",
            run.params,
            run.tokens,
            run.loss.get(),
            left(run, made.floor),
            lender(run),
        ),
        table: table("Tokens", &curve.points),
        picture: picture(run, curve),
    }
}

/// Loss against size with the data fixed.
pub fn fixed_data(run: &Solution) -> FigureData {
    let made = curves::fixed_data(run.law, run.tokens, sizes(run), POINTS);
    let d = run.tokens.get();
    let curve = Falling {
        x: size_axis(sizes(run)),
        points: made.curve.iter().map(|(n, loss)| (n.get(), loss.get())).collect(),
        floor: made.floor,
        at: run.params.get(),
        optimum: (made.optimum.0.get(), made.optimum.1),
        readings: readings(
            Some(SIZE),
            [
                ("tokens", power(d, 0.0), TickFormat::ShortCount),
                ("tokens per parameter", power(d, -1.0), TickFormat::Plain),
                ("FLOP", power(run.compute.get() / run.params.get(), 1.0), TickFormat::PowerOfTen),
            ],
        ),
    };
    FigureData {
        title: format!("Fixed data: a larger model helps, down to {:.3} nats", made.floor.get()),
        summary: format!(
            "Loss with {} of training data as the model grows. With {} parameters it is {:.3}, which leaves {} nats to win \
             with an endless model: it never falls below the floor that the data set.{}",
            run.tokens,
            run.params,
            run.loss.get(),
            left(run, made.floor),
            lender(run),
        ),
        table: table("Parameters", &curve.points),
        picture: picture(run, curve),
    }
}

/// What lies between the run and a floor.
fn left(run: &Solution, floor: Nats) -> String {
    significant((run.loss - floor).get().max(0.0), 2)
}

fn table(quantity: &str, points: &[(f64, f64)]) -> Table {
    let mut table = Table::new([quantity, LOSS]);
    for (x, loss) in points.iter().step_by(TABLE_STEP) {
        table.push([short_count(*x), format!("{loss:.4}")]);
    }
    table
}

fn picture(run: &Solution, curve: Falling) -> AnyPicture {
    let floor = curve.floor.get();
    let top =
        curve.points.iter().map(|point| point.1).fold(floor, f64::max).min(floor + HIGHEST * (run.loss.get() - floor));
    let mut marks = vec![mark(curve.at, run.loss.get(), format!("your run: {:.3}", run.loss.get()))];
    if !run.optimal {
        marks.push(other(curve.optimum.0, curve.optimum.1.get(), format!("optimal: {}", short_count(curve.optimum.0))));
    }
    chart(LineChart {
        x: curve.x,
        y: loss_axis(floor - 0.08 * (top - floor), top),
        series: vec![series("", curve.points, Role::Accent)],
        marks,
        references: vec![Reference::Horizontal { at: floor, label: format!("floor {floor:.3}") }],
        cursor: None,
        readings: curve.readings,
    })
}
