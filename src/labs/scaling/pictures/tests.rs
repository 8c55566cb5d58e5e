use super::*;
use crate::charts::{AnyPicture, Picture, Reference, Scale, Style, Svg, Theme};
use crate::labs::scaling::report;
use crate::scaling::fit::{Bootstrap, FitReport, Loss, Run, Runs, fit};
use crate::scaling::laws::{FITTED_LAW, default_law};
use crate::scaling::{LAWS, LESSON_LAW};
use crate::scenario::scaling::{FittedLaw, Given};
use crate::units::{Nats, significant};
use proptest::prelude::*;

const FIGURES: [&str; 8] = ["isoflop", "fixed-model", "fixed-data", "contours", "ratio", "famous", "life", "passes"];
/// The heights that they are made for.
const HEIGHTS: [u32; 8] = [300, 260, 260, 340, 380, 420, 280, 260];

fn answered(asked: &ScalingScenario) -> (Report, Vec<FigureData>) {
    let report = report(asked).unwrap();
    let figures = all(asked, &report);
    (report, figures)
}

fn chart_of(figure: &FigureData) -> &LineChart {
    figure.picture.curves().unwrap()
}

/// The values of a chart that have to be numbers.
fn values(chart: &LineChart) -> impl Iterator<Item = f64> + '_ {
    let points = chart.series.iter().flat_map(|series| &series.points).flat_map(|point| [point.0, point.1]);
    let marks = chart.marks.iter().flat_map(|mark| [mark.x, mark.y]);
    let axes = [&chart.x, &chart.y].into_iter().filter_map(|axis| axis.range).flat_map(|range| [range.0, range.1]);
    let lines = chart.references.iter().map(|line| match line {
        Reference::Horizontal { at, .. } | Reference::Vertical { at, .. } => *at,
    });
    points.chain(marks).chain(axes).chain(lines)
}

fn scenarios() -> Vec<(&'static str, ScalingScenario)> {
    let usual = ScalingScenario::default;
    let served = ScalingScenario { demand_in: 1e13, demand_out: 1e12, unique: 3e11, ..usual() };
    vec![
        ("usual", usual()),
        ("rule", ScalingScenario { law: LESSON_LAW, ..usual() }),
        ("kaplan", ScalingScenario { law: "kaplan-2020", unique: 1e12, ..usual() }),
        (
            "llama",
            ScalingScenario { given: Given::Params, also: Some(Given::Tokens), params: 8e9, tokens: 15e12, ..usual() },
        ),
        ("served", served),
        ("tiny", ScalingScenario { compute: 1e12, unique: 1e5, ..usual() }),
        ("huge", ScalingScenario { compute: 1e36, ..usual() }),
    ]
}

fn fitted() -> FitReport {
    let law = default_law().loss_law().1;
    let runs = (0..40).map(|i| {
        let params = Params(libm::exp10(8.0 + 0.3 * f64::from(i % 8)));
        let at = Allocation { params, tokens: Tokens(libm::exp10(9.3 + 0.4 * f64::from(i / 8))) };
        Run { at, loss: Nats(law.loss(at).get() * (1.0 + 0.004 * libm::sin(f64::from(7 * i)))) }
    });
    let runs = Runs::new(runs.collect()).unwrap();
    Bootstrap::new(&runs, &fit(&runs, Loss::SquaredLog).unwrap(), 0, 1).report()
}

#[test]
fn titles_say_the_numbers_of_the_report() {
    let (report, figures) = answered(&ScalingScenario { unique: 3e11, ..ScalingScenario::default() });
    let run = &report.run;
    let bands = report.band_80.unwrap().tokens_per_param;
    for (i, said) in [
        (0, run.params.to_string()),
        (1, format!("{:.3} nats", constants(run).floor_of_model(run.params).get())),
        (2, format!("{:.3} nats", constants(run).floor_of_data(run.tokens).get())),
        (3, run.tokens.to_string()),
        (4, format!("{} tokens per parameter", significant(run.tokens_per_param, 3))),
        (4, format!("{} to {}", significant(bands.p10, 2), significant(bands.p90, 2))),
        (6, "25.9 % more compute".to_owned()),
        (7, format!("{} passes", significant(report.epochs, 3))),
        (7, format!("{:.3} nats", report.repeated_loss_nats.get())),
    ] {
        assert!(figures[i].title.contains(&said), "{said}: {}", figures[i].title);
    }
}

#[test]
fn what_twenty_tokens_per_parameter_are_at_the_budget_of_chinchilla_is_in_the_picture() {
    let (report, figures) = answered(&ScalingScenario::default());
    assert!(figures[4].title.ends_with("say 10 to 29"), "{}", figures[4].title);
    let chart = chart_of(&figures[4]);
    let reading = chart.reading(report.run.compute.get());
    assert!(reading.contains("80 %, from: 10") && reading.contains("80 %, to: 29"), "{reading}");
    assert!(reading.ends_with("Besiroglu 2024: 18.39"), "{reading}");
    let bands = report.band_80.unwrap().tokens_per_param;
    let named = |name: &str| chart.series.iter().find(|series| series.label == name).unwrap();
    for (edge, at) in [("80 %, from", bands.p10), ("80 %, to", bands.p90)] {
        let drawn = LineChart { series: vec![named(edge).clone()], ..chart.clone() };
        assert!(distance(&drawn, (report.run.compute.get(), at)) < 0.005, "{edge} is drawn between its points");
    }
    assert_eq!(chart.references, [Reference::Horizontal { at: 20.0, label: "20 tokens per parameter".into() }]);
}

#[test]
fn a_cursor_is_at_the_same_model_in_all_pictures() {
    let (report, figures) = answered(&ScalingScenario { unique: 3e11, demand_out: 1e13, ..ScalingScenario::default() });
    let run = &report.run;
    for (i, at) in
        [(0, run.params.get()), (1, run.tokens.get()), (2, run.params.get()), (3, run.params.get()), (7, report.epochs)]
    {
        let shared = chart_of(&figures[i]).readings.shared.unwrap();
        assert!((shared.at(run.params.get()) / at - 1.0).abs() < 1e-12, "{}", FIGURES[i]);
    }
    let tokens = chart_of(&figures[0]).readings.also[0].1.at(2.0 * run.params.get());
    assert!((tokens / run.tokens.get() - 0.5).abs() < 1e-12, "twice the model, half the data");
}

#[test]
fn a_law_without_a_loss_says_whose_its_losses_are() {
    for law in LAWS {
        let (report, figures) = answered(&ScalingScenario { law: law.id, ..ScalingScenario::default() });
        let borrows = report.run.loss_law.id != law.id;
        for figure in &figures[..4] {
            assert_eq!(figure.summary.contains("has no loss of its own"), borrows, "{}", figure.summary);
        }
    }
}

#[test]
fn service_and_limited_text_have_pictures_where_they_are_asked_for() {
    let (_, figures) = answered(&ScalingScenario::default());
    assert!(figures[6].title.starts_with("Half the optimal size") && figures[7].title.is_empty());
    let served = ScalingScenario { demand_out: 1e14, ..ScalingScenario::default() };
    let (report, figures) = answered(&served);
    let marks = &chart_of(&figures[6]).marks;
    assert!(marks[1].x < marks[0].x && marks[1].y < marks[0].y, "the cheapest is smaller than the run, and cheaper");
    assert_eq!(marks[0].x, report.run.params.get());
    let (_, figures) = answered(&ScalingScenario { unique: 1e15, ..ScalingScenario::default() });
    assert!(figures[7].title.starts_with("Text is enough"), "{}", figures[7].title);
}

/// How far a chart's curves are from a point, as a share of its height; the x axis is logarithmic in all of them.
fn distance(chart: &LineChart, (x, y): (f64, f64)) -> f64 {
    let height = |y: f64| if chart.y.scale == Scale::Log10 { libm::log10(y) } else { y };
    let (low, high) = chart.y.range.map(|(low, high)| (height(low), height(high))).unwrap();
    let beside = |pair: &[(f64, f64)]| {
        let share = libm::log(x / pair[0].0) / libm::log(pair[1].0 / pair[0].0);
        (height(pair[0].1) + share * (height(pair[1].1) - height(pair[0].1)) - height(y)).abs() / (high - low)
    };
    let pairs = chart.series.iter().flat_map(|series| series.points.windows(2));
    let across = pairs.filter(|pair| pair[0].0.min(pair[1].0) <= x && x <= pair[0].0.max(pair[1].0));
    across.map(beside).fold(f64::INFINITY, f64::min)
}

#[test]
fn the_run_lies_on_its_curve_in_every_picture() {
    for (name, asked) in scenarios() {
        let (_, figures) = answered(&asked);
        for i in [0, 1, 2, 3, 6, 7].into_iter().filter(|i| !figures[*i].title.is_empty()) {
            let chart = chart_of(&figures[i]);
            let run = chart.marks.iter().find(|mark| mark.emphasis).unwrap();
            let distance = distance(chart, (run.x, run.y));
            assert!(distance < 0.01, "{name}: {} is {distance} beside its curve", FIGURES[i]);
        }
    }
}

#[test]
fn a_famous_run_of_one_source_has_a_shape_of_its_own() {
    let (_, figures) = answered(&ScalingScenario::default());
    let chart = chart_of(&figures[5]);
    for model in crate::catalog::FAMOUS {
        let shapes: Vec<Shape> = chart
            .marks
            .iter()
            .filter(|mark| mark.x == model.flop().get() && mark.label == model.name)
            .map(|mark| mark.shape)
            .collect();
        assert!(
            !shapes.is_empty() && shapes.iter().all(|shape| (*shape == Shape::Square) != model.verified),
            "{}",
            model.id
        );
    }
    assert_eq!(chart.series.len(), 4, "the law, the rule, and the band");
}

#[test]
fn the_names_of_contours_are_losses_that_differ_and_fall_with_compute() {
    for (name, asked) in scenarios() {
        let (_, figures) = answered(&asked);
        let mut losses: Vec<&String> = figures[3].table.rows.iter().map(|row| &row[0]).collect();
        losses.dedup();
        let numbers: Vec<f64> = losses.iter().map(|loss| loss.parse().unwrap()).collect();
        assert!(numbers.len() >= 4 && numbers.windows(2).all(|pair| pair[0] > pair[1]), "{name}: {losses:?}");
    }
}

#[test]
fn a_fit_is_drawn_with_each_of_its_runs() {
    let report = fitted();
    let figures = [residuals(&report), fit_points(&report)];
    for figure in &figures {
        let chart = chart_of(figure);
        assert_eq!((chart.marks.len(), figure.table.rows.len()), (40, 40));
        assert!(values(chart).all(is_shown));
        assert!(!figure.summary.contains("are drawn"));
    }
    assert_eq!(
        figures[0].title,
        format!("Your runs scatter by {} % about the law", significant(100.0 * report.fit.rmse_log, 2))
    );
    let many = FitReport { residuals: report.residuals.repeat(100), ..report };
    assert!(chart_of(&residuals(&many)).marks.len() <= 800);
    assert!(residuals(&many).summary.ends_with("800 of the 4000 runs are drawn."));
}

#[test]
fn a_fit_of_no_runs_is_an_empty_picture() {
    let report = FitReport { residuals: Vec::new(), ..fitted() };
    assert!(chart_of(&residuals(&report)).marks.is_empty());
    assert!(chart_of(&fit_points(&report)).series[0].points.is_empty());
}

/// A scenario with any two quantities known, which need not fit together.
fn any_scenario() -> impl Strategy<Value = ScalingScenario> {
    let quantity = prop::sample::select(Given::ALL.to_vec());
    let laws: Vec<&'static str> = LAWS.iter().map(|law| law.id).chain([FITTED_LAW]).collect();
    let fitted = (0.0..3.0f64, -3.0..6.0f64, -3.0..6.0f64, 0.01..3.0f64, 0.01..3.0f64);
    let numbers = (12.0..36.0f64, 3.0..18.0f64, 3.0..21.0f64, -3.0..7.0f64, 0.5..12.0f64);
    let life = (prop_oneof![Just(0.0), 1.0..1e21f64], prop_oneof![Just(0.0), 1.0..1e21f64]);
    (quantity.clone(), prop::option::of(quantity), prop::sample::select(laws), fitted, numbers, life).prop_map(
        |(given, also, law, (e, a, b, alpha, beta), (compute, params, tokens, ratio, loss), (unique, demand))| {
            ScalingScenario {
                given,
                also,
                law,
                fitted: Some(FittedLaw {
                    constants: [e, libm::exp10(a), libm::exp10(b), alpha, beta],
                    params: (1e8, 1e10),
                    tokens: (1e9, 1e11),
                }),
                compute: libm::exp10(compute),
                params: libm::exp10(params),
                tokens: libm::exp10(tokens),
                ratio: libm::exp10(ratio),
                loss,
                unique,
                demand_out: demand,
                ..ScalingScenario::default()
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_is_asked_a_picture_is_made_of_numbers(asked in any_scenario()) {
        let Ok(report) = report(&asked) else { return Ok(()) };
        for (figure, name) in all(&asked, &report).iter().zip(FIGURES) {
            if figure.title.is_empty() {
                prop_assert!(["life", "passes"].contains(&name));
                continue;
            }
            let chart = chart_of(figure);
            prop_assert!(values(chart).all(is_shown), "{name}: {:?}", values(chart).find(|value| !is_shown(*value)));
            prop_assert!(chart.series.iter().any(|series| series.points.len() > 1), "{name} is empty");
            prop_assert!(chart.series.iter().all(|series| series.points.len() <= POINTS), "{name} is long");
            let ends = [&chart.x, &chart.y].into_iter().filter_map(|axis| axis.range);
            prop_assert!(ends.clone().all(|(low, high)| low < high), "{name}: {:?}", ends.collect::<Vec<_>>());
            prop_assert!(!figure.title.contains("NaN") && !figure.title.contains("inf "), "{}", figure.title);
            prop_assert!(!figure.summary.contains("NaN"), "{}", figure.summary);
        }
    }
}

#[test]
#[ignore = "writes pictures to look at into $CHARTS_OUT"]
fn show() {
    let Ok(folder) = std::env::var("CHARTS_OUT") else { return };
    let draw = |name: String, picture: &AnyPicture, height: u32| {
        for (width, theme_name, theme) in [(640, "light", &Theme::LIGHT), (358, "dark", &Theme::DARK)] {
            let surface = Svg::new((width, height));
            picture.draw(&surface, &Style::new(theme, 1.0)).unwrap();
            std::fs::write(format!("{folder}/{name}-{width}-{theme_name}.svg"), surface.finish(1, "", "")).unwrap();
        }
    };
    for (scenario, asked) in scenarios() {
        for ((figure, name), height) in answered(&asked).1.iter().zip(FIGURES).zip(HEIGHTS) {
            println!("{scenario} {name}: {}\n    {}", figure.title, figure.summary);
            draw(format!("{scenario}-{name}"), &figure.picture, height);
        }
    }
    draw("fit-residuals".into(), &residuals(&fitted()).picture, 260);
    draw("fit-points".into(), &fit_points(&fitted()).picture, 260);
}
