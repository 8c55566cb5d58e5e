//! What reading limited text again is worth to the run's model.

use super::{LOSS, POINTS, TABLE_STEP, chart, constants, lender, loss_axis, mark, power, product, readings, series};
use crate::charts::{Axis, LineChart, Reference, Role, TickFormat};
use crate::labs::{FigureData, Table};
use crate::scaling::Report;
use crate::scaling::beyond::repeated::DataLimited;
use crate::scaling::optimum::Allocation;
use crate::scenario::ScalingScenario;
use crate::units::{Params, Tokens, short_count, significant};

/// Passes that are shown: far beyond those that help.
const PASSES: f64 = 100.0;

/// A model that reads the same text again and again.
struct Reader {
    law: DataLimited,
    params: Params,
    unique: Tokens,
}

impl Reader {
    fn at(&self, passes: f64) -> Allocation {
        Allocation { params: self.params, tokens: self.unique * passes }
    }

    fn repeated(&self, passes: f64) -> f64 {
        self.law.loss(self.at(passes), self.unique).get()
    }

    /// The loss if every token were a new one: worth that many parameters too.
    fn all_new(&self, passes: f64) -> f64 {
        self.law.loss(self.at(passes), self.unique * passes).get()
    }
}

/// Loss against passes over the text, if text is limited.
pub fn over_the_text(asked: &ScalingScenario, report: &Report) -> Option<FigureData> {
    let run = &report.run;
    let unique = asked.unique()?;
    let reader = Reader { law: DataLimited::with_law(constants(run)), params: run.params, unique };
    let passes = run.tokens / unique;
    let points = positions(passes);
    let curve = |loss: &dyn Fn(f64) -> f64| points.iter().map(|passes| (*passes, loss(*passes))).collect::<Vec<_>>();
    let (new, repeated) = (curve(&|passes| reader.all_new(passes)), curve(&|passes| reader.repeated(passes)));
    let floor = reader.repeated(f64::INFINITY);
    let bottom = new.iter().map(|point| point.1).fold(floor, f64::min);
    let top = repeated.iter().map(|point| point.1).fold(floor, f64::max);
    let air = 0.08 * (top - bottom);
    let table = table(&reader, &points);
    let picture = LineChart {
        x: Axis::log10("Passes over the text", TickFormat::Plain),
        y: loss_axis(bottom - air, top + air),
        series: vec![
            series("if it were all new", new, Role::Reference),
            series("text read again", repeated, Role::Accent),
        ],
        marks: vec![mark(
            passes,
            report.repeated_loss_nats.get(),
            format!("your run: {} passes", significant(passes, 3)),
        )],
        references: vec![Reference::Horizontal { at: floor, label: format!("endless passes: {floor:.3}") }],
        cursor: None,
        readings: readings(
            Some(power(product(run) / unique.get(), -1.0)),
            [
                ("tokens", power(unique.get(), 1.0), TickFormat::ShortCount),
                ("FLOP", power(run.compute.get() / passes, 1.0), TickFormat::PowerOfTen),
            ],
        ),
    };
    Some(FigureData {
        title: title(report, &reader, passes),
        summary: format!(
            "The loss of a model of {} parameters that reads {unique} again and again, beside what it would be if the text never \
             ran out. About four passes are nearly as good as new text; no number of them is worth more than {} times the text. \
             With little text a large model also loses the worth of parameters beyond those that the text asks for.{}",
            run.params,
            significant(1.0 + reader.law.tokens_decay, 3),
            lender(run),
        ),
        picture: chart(picture),
        table,
    })
}

fn title(report: &Report, reader: &Reader, passes: f64) -> String {
    if passes <= 1.0 {
        let run = &report.run;
        return format!("Text is enough: the run reads {} of {}", short_count(run.tokens.get()), reader.unique);
    }
    format!(
        "{} passes over {} lead to {:.3} nats; new text would lead to {:.3}",
        significant(report.epochs, 3),
        reader.unique,
        report.repeated_loss_nats.get(),
        reader.all_new(passes),
    )
}

/// Even steps from one pass, or the part of one that the run reads, to many.
fn positions(run: f64) -> Vec<f64> {
    let (low, high) = (f64::min(1.0, run / 2.0), f64::max(PASSES, run * 2.0));
    let step = libm::log(high / low) / (POINTS - 1) as f64;
    (0..POINTS).map(|i| low * libm::exp(step * i as f64)).collect()
}

fn table(reader: &Reader, positions: &[f64]) -> Table {
    let mut table = Table::new(["Passes", "Tokens read", "Worth of new tokens", LOSS, "If it were all new"]);
    for passes in positions.iter().step_by(TABLE_STEP) {
        let worth = reader.law.effective_tokens(reader.unique * *passes, reader.unique);
        table.push([
            significant(*passes, 3),
            short_count(reader.unique.get() * passes),
            short_count(worth.get()),
            format!("{:.4}", reader.repeated(*passes)),
            format!("{:.4}", reader.all_new(*passes)),
        ]);
    }
    table
}
