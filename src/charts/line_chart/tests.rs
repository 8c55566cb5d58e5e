use super::*;
use crate::charts::test_support::{SIZES, check_everywhere, show, svg};
use crate::charts::{Theme, TickFormat};

fn frontier() -> LineChart {
    let compute = |i: usize| 10f64.powf(18.0 + i as f64 / 4.0);
    let curve = |factor: f64| (0..33).map(|i| (compute(i), (compute(i) / factor).sqrt())).collect::<Vec<_>>();
    let mark = |label: &str, x: f64, y: f64, shape, emphasis| Mark {
        label: label.into(),
        x,
        y,
        shape,
        role: if emphasis { Role::Accent } else { Role::Other },
        emphasis,
    };
    LineChart {
        x: Axis::log10("Training compute, FLOP", TickFormat::PowerOfTen),
        y: Axis::log10("Parameters", TickFormat::ShortCount),
        series: vec![
            Series { label: "D = 20 N".into(), points: curve(120.0), role: Role::Accent, dashed: false },
            Series { label: "Kaplan 2020".into(), points: curve(10.0), role: Role::Reference, dashed: true },
        ],
        marks: vec![
            mark("GPT-3", 3.14e23, 175e9, Shape::Square, false),
            mark("Chinchilla", 5.76e23, 70e9, Shape::Dot, false),
            mark("Gopher", 6.3e23, 280e9, Shape::Square, false),
            mark("Llama 3 8B", 7.2e23, 8e9, Shape::Diamond, false),
            mark("Llama 2 70B", 8.1e23, 70e9, Shape::Diamond, false),
            mark("Your budget", 1e22, 9.1e9, Shape::Dot, true),
        ],
        references: vec![Reference::Vertical { at: 1e25, label: "EU AI Act".into() }],
        cursor: None,
        readings: Readings::default(),
    }
}

fn valley() -> LineChart {
    let curve = |c: f64| {
        (0..60)
            .map(|i| 10f64.powf(7.5 + i as f64 / 20.0))
            .map(|n| (n, 1.69 + 406.4 / n.powf(0.34) + 410.7 / (c / (6.0 * n)).powf(0.28)))
            .collect::<Vec<_>>()
    };
    let label = |e: u8| format!("10{} FLOP", crate::units::superscript(&e.to_string()));
    LineChart {
        x: Axis::log10("Parameters", TickFormat::ShortCount),
        y: Axis::linear("Loss, nats per token", TickFormat::Plain).over(2.0, 4.5),
        series: (18..=22u8)
            .map(|e| Series {
                label: label(e),
                points: curve(10f64.powi(e.into())),
                role: Role::Ramp((e - 18) * 60),
                dashed: false,
            })
            .collect(),
        marks: Vec::new(),
        references: vec![Reference::Horizontal { at: 2.3, label: "goal".into() }],
        cursor: Some(4e8),
        readings: Readings::default(),
    }
}

#[test]
fn names_never_overlap_each_other_or_a_mark_and_stay_in_the_picture() {
    let style = Style::new(&Theme::LIGHT, 1.0);
    for chart in [frontier(), valley()] {
        for size in SIZES {
            let Some(layout) = chart.layout(size, &style) else { continue };
            let area = Bounds::new(0.0, 0.0, size.0, size.1);
            let names = layout.series_labels.iter().chain(&layout.mark_labels).chain(&layout.reference_labels);
            let names: Vec<_> = names.map(|(_, bounds)| *bounds).collect();
            let legend: Vec<_> = layout.legend.entries.iter().map(|(bounds, _)| *bounds).collect();
            for (i, a) in names.iter().enumerate() {
                assert!(area.encloses(a), "{a:?} leaves {size:?}");
                assert!(names[..i].iter().chain(&legend).all(|b| !b.overlaps(a)), "{a:?} overlaps in {size:?}");
            }
            for (i, at) in &layout.marks {
                let dot = dot_box(&chart.marks[*i], *at);
                assert!(names.iter().all(|name| !name.overlaps(&dot)), "a name covers mark {i} in {size:?}");
            }
        }
    }
}

#[test]
fn crowded_marks_keep_their_dots_and_lose_names() {
    let mut chart = frontier();
    chart.marks = (0..40).map(|_| chart.marks[0].clone()).collect();
    let layout = chart.layout((340.0, 220.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap();
    assert_eq!(layout.marks.len(), 40);
    assert!(layout.mark_labels.len() < 9);
}

#[test]
fn the_emphasised_mark_is_named_first() {
    let layout = frontier().layout((340.0, 220.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap();
    assert_eq!(layout.mark_labels[0].0, 5);
}

#[test]
fn a_wide_chart_names_its_curves_at_their_ends_and_a_narrow_one_in_a_legend() {
    let style = Style::new(&Theme::LIGHT, 1.0);
    let wide = frontier().layout((900.0, 320.0), &style).unwrap();
    assert_eq!((wide.series_labels.len(), wide.legend.entries.len()), (2, 0));
    let narrow = frontier().layout((340.0, 220.0), &style).unwrap();
    assert_eq!((narrow.series_labels.len(), narrow.legend.entries.len()), (0, 2));
}

#[test]
fn a_pointer_position_turns_back_into_its_value() {
    let frame = frontier().layout((900.0, 320.0), &Style::new(&Theme::LIGHT, 1.0)).unwrap().frame;
    let (x, _) = frame.point(1e22, 1e9).unwrap();
    assert!((frame.x_at(x).log10() - 22.0).abs() < 1e-9);
    assert!((frame.x_at(-1e9) - frame.x_at(frame.plot().x0)).abs() < 1e6);
}

#[test]
fn degenerate_charts_draw() {
    let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 0.0, 1e-300, 5.0, f64::MAX];
    check_everywhere(&LineChart::default());
    for scale in [crate::charts::Scale::Linear, crate::charts::Scale::Log10] {
        for v in values {
            let mut chart = frontier();
            chart.x.scale = scale;
            chart.y.scale = scale;
            chart.cursor = Some(v);
            chart.references.push(Reference::Horizontal { at: v, label: "a".into() });
            chart.series[0].points = vec![(v, v)];
            chart.series[1].points = vec![(0.0, v), (1.0, 1.0), (v, 2.0), (1e300, -1e300)];
            chart.marks[0].x = v;
            check_everywhere(&chart);
            chart.y.range = Some((v, v));
            chart.x.range = Some((0.0, v));
            check_everywhere(&chart);
        }
    }
}

#[test]
fn line_chart_light() {
    insta::assert_snapshot!(svg((480, 260), &Theme::LIGHT, &frontier()));
}

#[test]
#[ignore = "writes pictures to look at into $CHARTS_OUT"]
fn show_pictures() {
    show("frontier", &frontier());
    show("valley", &valley());
}

/// An emphasised mark, or one that is not, in the middle of a crowd of others without names.
fn crowd(emphasis: bool) -> LineChart {
    let mut chart = frontier();
    let dot = Mark { shape: Shape::Dot, ..chart.marks[0].clone() };
    let around = (-3..=3).flat_map(|i| (-3..=3).map(move |j| (i, j))).filter(|place| *place != (0, 0));
    let others = around.map(|(i, j)| Mark {
        x: 1e22 * libm::exp10(0.15 * f64::from(i)),
        y: 1e10 * libm::exp10(0.2 * f64::from(j)),
        label: String::new(),
        ..dot.clone()
    });
    chart.marks = std::iter::once(Mark { x: 1e22, y: 1e10, emphasis, ..dot.clone() }).chain(others).collect();
    chart
}

#[test]
fn an_emphasised_mark_is_named_from_afar_where_there_is_no_room_beside_it() {
    let style = Style::new(&Theme::LIGHT, 1.0);
    assert!(crowd(false).layout((900.0, 320.0), &style).unwrap().mark_labels.is_empty());
    assert_eq!(crowd(true).layout((900.0, 320.0), &style).unwrap().mark_labels[0].0, 0);
}

#[test]
fn the_first_emphasised_mark_lies_above_all_others() {
    let mut chart = crowd(true);
    chart.marks.truncate(1);
    chart.marks[0].role = Role::Accent;
    let below = [(Role::Other, true), (Role::Error, false)];
    chart.marks.extend(below.map(|(role, emphasis)| Mark { role, emphasis, ..crowd(true).marks[0].clone() }));
    let drawn = svg((480, 260), &Theme::LIGHT, &chart);
    // Circles after the curves: each mark on its rim.
    let colours: Vec<&str> =
        drawn.split("<circle").skip(1).filter_map(|circle| circle.split("fill=\"").nth(1)?.get(..7)).collect();
    assert_eq!(colours.last(), Some(&"#0b5cc0"), "{colours:?}");
}
