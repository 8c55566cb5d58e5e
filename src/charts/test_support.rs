//! Drawing to SVG in tests.

use super::{
    AnyPicture, Bars, BinSeries, BinStyle, Cells, Histogram, Lanes, LineChart, Picture, Role, StackedBar, Style, Svg,
    Theme,
};

/// From a phone's embed to a wide page, and some that are too small for anything.
pub(super) const SIZES: [(f64, f64); 7] =
    [(340.0, 150.0), (900.0, 180.0), (300.0, 160.0), (340.0, 220.0), (900.0, 320.0), (60.0, 40.0), (1.0, 1.0)];

/// A picture of `size` CSS pixels at scale 1.
pub(super) fn svg(size: (u32, u32), theme: &'static Theme, picture: &impl Picture) -> String {
    styled_svg(size, &Style::new(theme, 1.0), picture)
}

fn styled_svg((width, height): (u32, u32), style: &Style, picture: &impl Picture) -> String {
    let surface = Svg::new((style.px(width.into()) as u32, style.px(height.into()) as u32));
    picture.draw(&surface, style).expect("writing text does not fail");
    let text = surface.finish(1, "", "");
    check_xml(&text);
    text
}

/// Every element that is opened is closed, in order.
pub(super) fn check_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for tag in text.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{text}");
        } else if !tag.ends_with('/') {
            open.extend(tag.split(' ').next());
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// A picture of each kind.
pub(super) fn one_of_each() -> [AnyPicture; 6] {
    let series = BinSeries { label: "A".into(), counts: vec![1, 2], role: Role::Error, style: BinStyle::Filled };
    [
        AnyPicture::StackedBar(StackedBar::default()),
        AnyPicture::LineChart(LineChart::default()),
        AnyPicture::Histogram(Histogram { lo: -1.0, hi: 1.0, series: vec![series], ..Histogram::default() }),
        AnyPicture::Lanes(Lanes::default()),
        AnyPicture::Cells(Cells::default()),
        AnyPicture::Bars(Bars::default()),
    ]
}

/// Draws at every size, scale and text size that must not panic.
pub(super) fn check_everywhere(picture: &impl Picture) {
    for (width, height) in SIZES {
        for (scale, font_px) in [(1.0, 13.0), (2.0, 22.0), (4.0, 13.0)] {
            let style = Style { font_px, ..Style::new(&Theme::DARK, scale) };
            let svg = styled_svg((width as u32, height as u32), &style, picture);
            assert!(!svg.contains(">NaN") && !svg.contains("inf"), "a number that is none: {svg}");
        }
    }
}

/// Writes a picture in four sizes, both themes and two scales into the folder `CHARTS_OUT`.
pub(super) fn show(name: &str, picture: &impl Picture) {
    let Ok(folder) = std::env::var("CHARTS_OUT") else { return };
    for size in [(340, 150), (340, 220), (900, 180), (900, 320)] {
        for (theme_name, theme) in [("light", &Theme::LIGHT), ("dark", &Theme::DARK)] {
            for scale in [1.0, 2.0] {
                let style = Style::new(theme, scale);
                let file = format!("{folder}/{name}-{}x{}-{theme_name}@{scale}.svg", size.0, size.1);
                std::fs::write(file, styled_svg(size, &style, picture)).expect("the folder can be written");
            }
        }
    }
}
