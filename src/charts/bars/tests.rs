use super::super::test_support::{SIZES, check_everywhere, svg};
use super::super::{Svg, Theme};
use super::*;
use crate::units::{ByteUnits, Bytes};

const WIDTHS: [f64; 4] = [320.0, 340.0, 600.0, 900.0];

fn row(label: &str, parts: &[(&str, f64, Role)]) -> Row {
    let part = |(label, gigabytes, role): &(&str, f64, Role)| Part {
        label: (*label).to_owned(),
        value: gigabytes * 1e9,
        value_text: Bytes(gigabytes * 1e9).to_string(),
        role: *role,
    };
    let parts: Vec<Part> = parts.iter().map(part).collect();
    let total = parts.iter().map(|part| part.value).fold(0.0, |sum, value| sum + value);
    Row { label: label.to_owned(), parts, total_text: Bytes(total).to_string(), ..Row::default() }
}

fn bars(rows: Vec<Row>, capacity: Option<(f64, &str)>) -> Bars {
    let capacity = capacity.map(|(gigabytes, label)| Capacity { value: gigabytes * 1e9, label: label.to_owned() });
    Bars { rows, capacity, format: TickFormat::Bytes(ByteUnits::Decimal) }
}

/// Very different lengths, one over the line, one the present setting.
fn methods() -> Bars {
    use Role::{Activations, Adapters, Gradients, KvCache, Logits, Optimizer, Overhead, Weights};
    let run = [("Weights", 16.1, Weights), ("KV cache", 1.1, KvCache), ("Overhead", 1.0, Overhead)];
    let tuned = |weights: f64| {
        [
            ("Weights", weights, Weights),
            ("Adapters", 0.2, Adapters),
            ("Gradients", 0.1, Gradients),
            ("Adam", 0.5, Optimizer),
            ("Activations", 9.4, Activations),
            ("Logits", 2.1, Logits),
            ("Overhead", 1.0, Overhead),
        ]
    };
    let full = [
        ("Weights", 16.1, Weights),
        ("Gradients", 16.1, Gradients),
        ("Adam", 96.4, Optimizer),
        ("Activations", 9.4, Activations),
        ("Logits", 2.1, Logits),
        ("Overhead", 1.0, Overhead),
    ];
    let lora = Row { emphasis: true, ..row("LoRA", &tuned(16.1)) };
    let rows = vec![row("Run", &run), lora, row("QLoRA", &tuned(5.5)), row("Full fine-tune", &full)];
    bars(rows, Some((85.9, "A100 80 GB: 85.9 GB")))
}

/// Each with a capacity of its own.
fn gpus() -> Bars {
    let parts = [("Weights", 16.1, Role::Weights), ("KV cache", 8.6, Role::KvCache), ("Buffers", 1.5, Role::Buffers)];
    let gpu = |(name, gigabytes): (&str, f64)| Row { capacity: Some(gigabytes * 1e9), ..row(name, &parts) };
    bars([("RTX 4090", 25.8), ("L40S", 48.3), ("H100", 85.9), ("B200", 193.3)].map(gpu).to_vec(), None)
}

/// As many rows and roles as are asked of it, long labels, and nothing in one row.
fn phases() -> Bars {
    let names =
        ["Before", "Forward, at the end", "Backward, at its peak", "All-reduce", "Optimizer step", "Save", "Evaluate"];
    let mut rows: Vec<Row> = names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let i = i as f64;
            let parts = [
                ("Weights", 16.1, Role::Weights),
                ("Gradients", 2.0 * i, Role::Gradients),
                ("Optimizer", 32.2, Role::Optimizer),
                ("Activations", 30.0 - 4.0 * i, Role::Activations),
                ("Logits", if i > 1.0 { 4.0 } else { 0.0 }, Role::Logits),
                ("Communication buffers", 2.2, Role::Buffers),
                ("Overhead", 1.0, Role::Overhead),
                ("Rest", 0.01, Role::Other),
            ];
            row(name, &parts)
        })
        .collect();
    rows.push(row("A very long name of a phase in which nothing at all is kept in the memory of the GPU", &[]));
    rows[2].emphasis = true;
    bars(rows, Some((80.0, "H100 80 GB")))
}

fn all() -> Vec<Bars> {
    let one = Bars { rows: methods().rows[3..].to_vec(), ..methods() };
    let zero = bars(vec![row("Nothing", &[("Weights", 0.0, Role::Weights)]); 3], None);
    let tiny =
        bars(vec![row("a", &[("Weights", 1e-9, Role::Weights)]), row("b", &[("Weights", 4e3, Role::Weights)])], None);
    let both = Bars { capacity: Some(Capacity { value: 50e9, label: "all of them: ".repeat(9) }), ..gpus() };
    vec![methods(), gpus(), phases(), one, zero, tiny, both]
}

/// Every box of text.
fn texts(layout: &BarsLayout) -> Vec<Bounds> {
    let rows =
        layout.rows.iter().flat_map(|row| row.inside.iter().chain([&row.label, &row.total]).map(|words| words.bounds));
    let legend = layout.legend.entries.iter().map(|(bounds, _)| *bounds);
    rows.chain(legend).chain(layout.capacity.iter().map(|(_, words)| words.bounds)).collect()
}

#[test]
fn no_words_overlap_others_or_leave_the_picture() {
    for bars in all() {
        let high = WIDTHS.map(|width| (width, Bars::height(bars.rows.len())));
        for (size, font_px) in high.into_iter().chain(SIZES).flat_map(|size| [(size, 13.0), (size, 22.0)]) {
            let style = Style { font_px, ..Style::new(&Theme::LIGHT, 1.0) };
            let Some(layout) = bars.layout(size, &style) else { continue };
            let area = Bounds::new(0.0, 0.0, size.0, size.1).inset(-1e-9);
            let boxes = texts(&layout);
            for (i, a) in boxes.iter().enumerate() {
                assert!(area.encloses(a), "{a:?} leaves {size:?} in {layout:#?}");
                let other = boxes[..i].iter().find(|b| b.inset(0.01).overlaps(a));
                assert_eq!(other, None, "{a:?} overlaps it in {size:?} of {layout:#?}");
            }
            assert!(layout.plot.y1 + 8.0 + style.row() <= size.1, "the axis leaves {size:?}");
        }
    }
}

#[test]
fn words_stand_on_no_part_but_their_own_and_lines_cut_none_in_bars() {
    let style = Style::new(&Theme::LIGHT, 1.0);
    for bars in all() {
        for width in WIDTHS {
            let layout = bars.layout((width, Bars::height(bars.rows.len())), &style).unwrap();
            let line = layout.capacity.as_ref().map(|(x, _)| *x);
            for row in &layout.rows {
                assert!(!row.bar.overlaps(&row.label.bounds) && !row.bar.overlaps(&row.total.bounds), "{row:?}");
                assert!(row.band.encloses(&row.bar) && row.band.encloses(&row.total.bounds), "{row:?}");
                let cuts = |words: &Words, x: f64| words.bounds.x0 < x && x < words.bounds.x1;
                for words in &row.inside {
                    assert!(row.parts.iter().any(|(_, part)| part.encloses(&words.bounds)), "{words:?}");
                    assert!(![line, row.own].into_iter().flatten().any(|x| cuts(words, x)), "{words:?}");
                }
                if width >= 600.0 {
                    assert!(![line, row.own].into_iter().flatten().any(|x| cuts(&row.total, x)), "{row:?}");
                }
            }
        }
    }
}

#[test]
fn its_height_shows_each_row_with_thick_bars_and_the_whole_legend() {
    let style = Style::new(&Theme::LIGHT, 1.0);
    for bars in all() {
        for width in WIDTHS {
            let layout = bars.layout((width, Bars::height(bars.rows.len())), &style).unwrap();
            assert!(layout.rows.iter().all(|row| row.bar.height() >= 16.0), "{layout:?}");
            assert_eq!(layout.legend.entries.len(), bars.entries(&style, width).len(), "{width} {layout:#?}");
        }
    }
}

#[test]
fn parts_lie_in_order_on_one_axis() {
    let layout = methods().layout((900.0, Bars::height(4)), &Style::new(&Theme::LIGHT, 1.0)).unwrap();
    let first = |row: usize| layout.rows[row].parts[0].1;
    assert_eq!((first(0).x0, first(0).x1), (first(1).x0, first(3).x1), "16.1 GB are as long everywhere");
    for row in &layout.rows {
        assert!(row.parts.windows(2).all(|pair| pair[0].1.x0 < pair[1].1.x0));
        assert!(row.parts.iter().all(|(_, part)| layout.plot.encloses(part)));
    }
}

#[test]
fn a_row_is_over_its_own_capacity_or_that_of_all() {
    let style = Style::new(&Theme::LIGHT, 1.0);
    let overs = |bars: &Bars| -> Vec<bool> {
        let layout = bars.layout((340.0, Bars::height(4)), &style).unwrap();
        layout.rows.iter().map(|row| row.overflow.is_some()).collect()
    };
    assert_eq!(overs(&methods()), [false, false, false, true]);
    assert_eq!(overs(&gpus()), [true, false, false, false]);
    let both = Bars { capacity: Some(Capacity { value: 20e9, label: "20 GB".into() }), ..gpus() };
    assert_eq!(overs(&both), overs(&gpus()), "what a row has of its own counts alone");
    assert!(svg((340, 260), &Theme::LIGHT, &methods()).contains(OVER), "in words, not by colour alone");
}

#[test]
fn the_legend_names_what_is_there_and_only_that() {
    let style = Style::new(&Theme::LIGHT, 1.0);
    let names =
        |bars: &Bars| -> Vec<String> { bars.entries(&style, 900.0).into_iter().map(|entry| entry.label).collect() };
    assert_eq!(names(&gpus()), ["Weights", "KV cache", "Buffers", "Capacity"]);
    assert_eq!(names(&bars(vec![row("", &[("Weights", 0.0, Role::Weights)])], None)), [""; 0]);
    let [adam, sgd] = ["Adam", "SGD"].map(|name| row(name, &[(name, 1.0, Role::Optimizer)]));
    assert_eq!(names(&bars(vec![adam.clone()], None)), ["Adam"]);
    assert_eq!(names(&bars(vec![adam, sgd], None)), ["Optimizer state"]);
}

#[test]
fn degenerate_bars_draw() {
    let values = [f64::NAN, f64::INFINITY, -1.0, 0.0, 1e-300, 1.0, 1e289, 1e300];
    for bars in all() {
        check_everywhere(&bars);
    }
    check_everywhere(&Bars::default());
    for a in values {
        for b in values {
            let mut bars = methods();
            bars.rows.truncate(1 + usize::from(a > b));
            bars.rows[0].parts.iter_mut().for_each(|part| part.value = a);
            bars.rows[0].capacity = Some(b);
            bars.capacity = Some(Capacity { value: b, label: "a label far longer than a narrow picture is".into() });
            check_everywhere(&bars);
        }
    }
}

#[test]
fn bars_light_narrow() {
    insta::assert_snapshot!(svg((340, Bars::height(4) as u32), &Theme::LIGHT, &methods()));
}

#[test]
fn bars_dark_wide() {
    insta::assert_snapshot!(svg((900, Bars::height(4) as u32), &Theme::DARK, &gpus()));
}

#[test]
#[ignore = "writes pictures to look at into $CHARTS_OUT"]
fn pictures_to_look_at() {
    let Ok(folder) = std::env::var("CHARTS_OUT") else { return };
    for (i, bars) in all().iter().enumerate() {
        for (width, name, theme) in
            [340, 900].into_iter().flat_map(|width| [(width, "light", &Theme::LIGHT), (width, "dark", &Theme::DARK)])
        {
            let height = Bars::height(bars.rows.len()) as u32;
            let surface = Svg::new((width * 2, height * 2));
            bars.draw(&surface, &Style::new(theme, 2.0)).unwrap();
            std::fs::write(format!("{folder}/bars{i}-{width}-{name}.svg"), surface.finish(2, "", "")).unwrap();
        }
    }
}
