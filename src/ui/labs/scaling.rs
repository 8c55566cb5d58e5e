//! The Scaling lab: how large should it be?

use crate::answers;
use crate::catalog::FAMOUS;
use crate::charts::{AnyPicture, Axis, LineChart, Mark, Reference, Role, Series, Shape, TickFormat};
use crate::labs::scaling::controls;
use crate::labs::{FigureData, Table};
use crate::scaling::{self, Known, LAWS, LawKind, Report, curves};
use crate::scenario::ScalingScenario;
use crate::scenario::scaling::KEYS;
use crate::ui::components::{Figure, Problem, ReportActions, Sources, figure_data, source_list};
use crate::ui::dynamic::{condition, dynamic, text, when};
use crate::ui::form::form;
use crate::ui::state::State;
use crate::units::{Flop, Nats, Params, Tokens, scientific, short_count, significant};
use leptos::prelude::*;

/// Points of a curve: about one every 4 px of the widest figure.
const POINTS: usize = 161;
/// Rows of a curve's table.
const TABLE_STEP: usize = 10;
/// Curves run from a hundredth to a hundred times the answer.
const SPAN: f64 = 100.0;

/// The Scaling lab.
#[component]
pub fn ScalingLab() -> impl IntoView {
    let state = expect_context::<State>();
    let answer = state.scaling_answer;
    // Pictures depend on the report alone; the question behind it may change without changing it.
    let report = Memo::new(move |_| answer.with(|answer| answer.good.as_ref().map(|(_, report)| *report)));
    let of = move |make: fn(&Report) -> String| text(move || report.get().as_ref().map(make).unwrap_or_default());
    let problem = text(move || answer.with(|answer| answer.problem.clone()));
    let keeps_last = condition(move || report.with(Option::is_some));
    let sources = dynamic(move || {
        let laws = report.get().into_iter().flat_map(|report| [report.law.source, report.loss_law.source]);
        source_list(laws.chain(FAMOUS.iter().map(|model| model.source)).collect())
    });
    view! {
        <div class="lab">
            <section class="lab__choose" aria-label="Choose">
                <h1 class="lab__name">"Scaling: how large should it be?"</h1>
                {form(state.scaling, KEYS, controls)}
            </section>
            <section class="lab__see" aria-label="See">
                <Problem problem keeps_last/>
                <h2 class="takeaway">{of(answers::scaling)}</h2>
                {dynamic(move || all_laws(state.scaling.with(ScalingScenario::known), report.get()))}
                {when(move || keeps_last.get(), move || view! { <Figures report/> }.into_any())}
                <ReportActions/>
            </section>
            <section class="lab__understand" aria-label="Understand">
                <h2 class="lab__heading">"Why this number"</h2>
                <p class="formula">{of(explain_compute)}</p>
                <p class="formula">{of(explain_law)}</p>
                <p class="note">{of(|report| report.law.note.to_owned())}</p>
                <p class="note">{of(range_note)}</p>
                <details class="more">
                    <summary>"Assumptions"</summary>
                    <ul>
                        <li>"Training takes 6 FLOP per parameter and token: 2 forward, 4 backward. Attention over long texts and recomputation come on top."</li>
                        <li>"Each token is seen once, and the data are like those that the law was fitted on."</li>
                        <li>"A compute-optimal model is not the cheapest to use: serving many readers favours a smaller model trained for longer."</li>
                        <li>"Losses of different laws cannot be compared: each belongs to one tokenizer and one data set."</li>
                    </ul>
                </details>
                <Sources list=sources/>
            </section>
        </div>
    }
}

#[component]
fn Figures(report: Memo<Option<Report>>) -> impl IntoView {
    let figure = move |id, height, make: fn(&Report) -> FigureData| {
        let data = figure_data(move || report.get().as_ref().map(make));
        view! { <Figure id height data/> }
    };
    view! {
        {figure("scaling-isoflop", 300.0, isoflop)}
        {figure("scaling-fixed-model", 260.0, fixed_model)}
        {figure("scaling-fixed-data", 260.0, fixed_data)}
        {figure("scaling-frontier", 360.0, frontier)}
    }
}

fn floor(loss: Nats) -> String {
    format!("{:.3} nats", loss.get())
}

/// Every law's answer for the same question, side by side.
fn all_laws(known: Known, present: Option<Report>) -> AnyView {
    let present = present.map(|report| report.law.id);
    let rows = LAWS.iter().filter_map(|law| scaling::solve(known, law).ok()).map(|report| {
        let class = if present == Some(report.law.id) { "present" } else { "" };
        view! {
            <tr class=class>
                <th scope="row">{report.law.name}</th>
                <td>{report.params.to_string()}</td>
                <td>{short_count(report.tokens.get())}</td>
                <td>{significant(report.tokens_per_param, 3)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Every law’s answer">
            <table id="scaling-laws">
                <caption>"Every law’s answer to your question"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Law"</th>
                        <th scope="col">"Parameters"</th>
                        <th scope="col">"Tokens"</th>
                        <th scope="col">"Tokens per parameter"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn around_params(report: &Report) -> (Params, Params) {
    (Params(report.params.get() / SPAN), Params(report.params.get() * SPAN))
}

fn mark(x: f64, y: f64, label: impl Into<String>) -> Mark {
    Mark { x, y, label: label.into(), shape: Shape::Dot, role: Role::Accent, emphasis: true }
}

fn isoflop(report: &Report) -> FigureData {
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

fn fixed_model(report: &Report) -> FigureData {
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

fn fixed_data(report: &Report) -> FigureData {
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

fn frontier(report: &Report) -> FigureData {
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

fn explain_compute(report: &Report) -> String {
    format!("C = 6·N·D = 6 × {} × {} = {}", report.params, short_count(report.tokens.get()), report.compute)
}

fn explain_law(report: &Report) -> String {
    match report.law.kind {
        LawKind::TokensPerParam(ratio) => format!(
            "D = {ratio}·N = {ratio} × {} = {}; loss by {}: {}",
            report.params,
            short_count(report.tokens.get()),
            report.loss_law.name,
            report.loss,
        ),
        LawKind::Parametric(law) => format!(
            "L = E + A/N^α + B/D^β = {} + {}/N^{} + {}/D^{} = {}",
            significant(law.e, 5),
            significant(law.a, 6),
            significant(law.alpha, 4),
            significant(law.b, 6),
            significant(law.beta, 4),
            report.loss,
        ),
    }
}

fn range_note(report: &Report) -> String {
    if report.in_range {
        "This run is within the range of those that the law was fitted on.".to_owned()
    } else {
        "This run is outside the range of those that the law was fitted on: read it as an extrapolation.".to_owned()
    }
}
