//! A figure's numbers as a file.

use super::FigureData;
use crate::charts::AnyPicture;
use crate::units::shortest;

/// The figure's numbers as comma-separated values: a line with where they come from, a heading, and a row for each bin of a
/// histogram, point of a curve or part of a bar, all digits kept. Of other pictures it is their table.
#[must_use]
pub fn csv(figure: &FigureData, link: &str) -> String {
    let mut rows = vec![];
    match &figure.picture {
        AnyPicture::Histogram(histogram) => {
            let names = histogram.series.iter().map(|series| series.label.clone());
            let quantity = &histogram.x_label;
            rows.push([format!("{quantity} from"), "to".to_owned()].into_iter().chain(names).collect());
            let bins = histogram.series.first().map_or(0, |series| series.counts.len());
            let edge = |i: usize| shortest(histogram.lo + (histogram.hi - histogram.lo) * i as f64 / bins as f64);
            for bin in 0..bins {
                let counts = histogram.series.iter().map(|series| series.counts[bin].to_string());
                rows.push([edge(bin), edge(bin + 1)].into_iter().chain(counts).collect());
            }
        }
        AnyPicture::LineChart(chart) => {
            rows.push(["Series", &chart.x.label, &chart.y.label].map(str::to_owned).to_vec());
            for series in &chart.series {
                rows.extend(series.points.iter().map(|(x, y)| vec![series.label.clone(), shortest(*x), shortest(*y)]));
            }
            rows.extend(chart.marks.iter().map(|mark| vec![mark.label.clone(), shortest(mark.x), shortest(mark.y)]));
        }
        AnyPicture::StackedBar(bar) => {
            rows.push(vec!["Part".to_owned(), "Bytes".to_owned()]);
            rows.extend(bar.parts.iter().map(|part| vec![part.label.clone(), shortest(part.value)]));
        }
        AnyPicture::Bars(bars) => {
            rows.push(["Row", "Part", "Bytes"].map(str::to_owned).to_vec());
            for row in &bars.rows {
                let parts = row.parts.iter();
                rows.extend(parts.map(|part| vec![row.label.clone(), part.label.clone(), shortest(part.value)]));
            }
        }
        AnyPicture::Lanes(_) | AnyPicture::Cells(_) => {
            rows.push(figure.table.columns.clone());
            let plain = |cell: &String| cell.replace('−', "-").replace('\u{202f}', "");
            rows.extend(figure.table.rows.iter().map(|row| row.iter().map(plain).collect()));
        }
    }
    let mut csv = format!("# {}. {link}\r\n", figure.title);
    for row in rows {
        let cells: Vec<String> = row.into_iter().map(quoted).collect();
        csv.push_str(&cells.join(","));
        csv.push_str("\r\n");
    }
    csv
}

/// A cell, in quotes where it has to be.
fn quoted(cell: String) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::{
        Axis, Bars, BinSeries, BinStyle, Histogram, Lanes, LineChart, Part, Role, Row, Series, TickFormat,
    };
    use crate::labs::Table;

    const LINK: &str = "https://example.org/bitbudget/#/quantize?v=1&format=int4";

    fn figure(picture: AnyPicture) -> FigureData {
        let mut table = Table::new(["Row", "Largest"]);
        table.push(["1".to_owned(), "−0.5, or so".to_owned()]);
        FigureData { title: "A < B & “C”".to_owned(), summary: String::new(), picture, table }
    }

    #[test]
    fn a_histogram_has_a_row_for_each_bin() {
        let series = BinSeries {
            label: "FP32, before".to_owned(),
            counts: vec![1, 0, 7, 2],
            role: Role::Reference,
            style: BinStyle::Filled,
        };
        let picture = AnyPicture::Histogram(Histogram {
            lo: -1.0,
            hi: 1.0,
            series: vec![series],
            x_label: "Value".to_owned(),
            ..Histogram::default()
        });
        let expected = "Value from,to,\"FP32, before\"\r\n-1,-0.5,1\r\n-0.5,0,0\r\n0,0.5,7\r\n0.5,1,2\r\n";
        assert_eq!(csv(&figure(picture), LINK), format!("# A < B & “C”. {LINK}\r\n{expected}"));
    }

    #[test]
    fn a_curve_has_its_points_in_full_and_others_their_table() {
        let series = Series { label: "L".into(), points: vec![(1e-9, 0.1 + 0.2)], role: Role::Accent, dashed: false };
        let (x, y) = (Axis::linear("x in s", TickFormat::Plain), Axis::linear("y", TickFormat::Plain));
        let chart = LineChart { x, y, series: vec![series], ..LineChart::default() };
        let text = csv(&figure(AnyPicture::LineChart(chart)), LINK);
        assert!(text.ends_with("Series,x in s,y\r\nL,1e-9,0.30000000000000004\r\n"), "{text}");
        let part = Part { label: "Adam".into(), value: 1.5, value_text: "2 B".into(), role: Role::Optimizer };
        let row = Row { label: "LoRA, now".into(), parts: vec![part], ..Row::default() };
        let text = csv(&figure(AnyPicture::Bars(Bars { rows: vec![row], ..Bars::default() })), LINK);
        assert!(text.ends_with("Row,Part,Bytes\r\n\"LoRA, now\",Adam,1.5\r\n"), "{text}");
        let text = csv(&figure(AnyPicture::Lanes(Lanes::default())), LINK);
        assert!(text.ends_with("Row,Largest\r\n1,\"-0.5, or so\"\r\n"), "{text}");
    }
}
