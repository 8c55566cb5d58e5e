//! What the lab says of a checkpoint as a whole.

use super::Desk;
use super::layers::ROLES;
use super::other::{OTHER, keep_other};
use super::report::container_name;
use super::summary::{SettingSum, dtypes};
use super::words::{percent, tensors};
use crate::charts::{AnyPicture, BinSeries, BinStyle, Histogram};
use crate::labs::html::Columns;
use crate::labs::quantize::numbers::{count, counted};
use crate::labs::{self, FigureData, Html, Table};
use crate::scenario::{Route, WeightsScenario};
use crate::survey::architecture::{Recognised, recognise};
use crate::survey::layers::{Same, same};
use crate::transformer::Error;
use crate::units::{Bytes, Params, significant};
use crate::weights::Checkpoint;

/// How much of a value of metadata is shown.
const MOST_LETTERS: usize = 300;
/// How many keys of metadata, files and ties.
const MOST_KEYS: usize = 200;
/// How many names of tied tensors.
const MOST_NAMES: usize = 4;
/// Bins of the histogram.
const BINS: usize = 40;

/// What the lab is for, while no file is open.
pub fn welcome() -> String {
    let mut html = Html::default();
    html.element(
        "p",
        &[],
        "Open a checkpoint, of any size: its headers are read at once and every tensor is listed. Then measure all tensors in the \
         formats of your choice: which tensor suffers, in which format, and what that saves.",
    );
    let mut fact = |name: &str, text: &str| {
        html.open("p", &[]).element("strong", &[], name).text(": ").text(text).close("p");
    };
    fact(
        "What is read",
        ".safetensors, also in several parts with their index, .gguf, .npy and .npz, tables of numbers as text, and numbers without \
         a header once you say what they are. A file is known by its content, not by its name; with a config.json beside it the model \
         is recognised.",
    );
    fact(
        "Nothing of a file leaves this computer",
        "this page cannot send data anywhere. Its content security policy forbids every connection but to its own address; the \
         network tab of your browser’s developer tools shows that there is none, and the page goes on working offline.",
    );
    html.finish()
}

/// What the headers say.
pub fn checkpoint(desk: &Desk, checkpoint: &Checkpoint) -> String {
    let mut html = Html::default();
    let total = checkpoint.tensor_bytes();
    let files: Vec<String> =
        checkpoint.files.iter().map(|file| format!("{} ({})", file.name, Bytes(file.len as f64))).collect();
    let named = match files.as_slice() {
        [only] => only.clone(),
        all => counted(all.len() as u64, "file"),
    };
    html.element(
        "p",
        &[("id", "weights-files-opened")],
        &format!("{named}, {}.", container_name(checkpoint.container)),
    );
    let mix = dtypes(checkpoint).into_iter().map(|sum| {
        vec![
            sum.dtype,
            count(sum.tensors),
            Params(sum.parameters as f64).to_string(),
            Bytes(sum.bytes as f64).to_string(),
            percent(sum.bytes as f64 / total as f64),
        ]
    });
    let columns = Columns::Short(&["Stored as", "Tensors", "Parameters", "Bytes", "Share"]);
    html.table("weights-dtypes", "What it is stored as", columns, mix);
    for note in &checkpoint.notes {
        html.element("p", &[("class", "warning")], &labs::sentence(note));
    }
    architecture(&mut html, checkpoint);
    for tied in same(checkpoint, &desk.measured).iter().take(MOST_KEYS) {
        ties(&mut html, tied, checkpoint);
    }
    if files.len() > 1 {
        html.more("weights-all-files", &format!("All {}", counted(files.len() as u64, "file")), |html| {
            html.open("ul", &[("class", "sources")]);
            for file in files.iter().take(MOST_KEYS) {
                html.element("li", &[], file);
            }
            html.close("ul");
        });
    }
    if !checkpoint.metadata.is_empty() {
        let keys = counted(checkpoint.metadata.len() as u64, "key");
        html.more("weights-metadata", &format!("What the files say of themselves ({keys})"), |html| {
            html.open("dl", &[("class", "facts")]);
            for (key, value) in checkpoint.metadata.iter().take(MOST_KEYS) {
                html.element("dt", &[], key).element("dd", &[], &beginning(value));
            }
            html.close("dl");
        });
    }
    html.finish()
}

/// Which model it is, with a link that takes its sizes to the Memory lab.
fn architecture(html: &mut Html, checkpoint: &Checkpoint) {
    let Some(recognised) = recognise(checkpoint) else { return };
    let from = |is_gguf| if is_gguf { "metadata" } else { "config.json" };
    let unknown = |html: &mut Html, is_gguf, error: Error| {
        let text = format!("What model it is could not be read from its {}: {error}", from(is_gguf));
        html.element("p", &[("class", "note")], &labs::sentence(&text));
    };
    let Recognised { config, is_gguf, architecture } = match recognised {
        Ok(recognised) => recognised,
        Err(error) => return unknown(html, false, error),
    };
    match architecture {
        Err(error) => unknown(html, is_gguf, error),
        Ok(model) => {
            let layers: u64 = model.stacks.iter().map(|stack| stack.layers).sum();
            let keys = config.fields().map(|(name, value)| (format!("cfg.{name}"), value)).collect();
            let link = format!("#{}", Route::Memory(keys).write());
            html.open("p", &[("id", "weights-model")])
                .text(&format!(
                    "By its {} it is a model of {} with {} of width {} and {} parameters. ",
                    from(is_gguf),
                    model.family.name,
                    counted(layers, "layer"),
                    count(model.hidden),
                    Params(model.params() as f64),
                ))
                .element("a", &[("href", &link)], "What it needs to run or to be trained")
                .text(" is for the Memory lab: these sizes, and nothing else of the file, are then in the address.")
                .close("p");
        }
    }
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Names of tensors that are one.
fn ties(html: &mut Html, tied: &Same, checkpoint: &Checkpoint) {
    let named = tied.tensors.iter().take(MOST_NAMES).filter_map(|place| checkpoint.tensors.get(*place as usize));
    let names: Vec<&str> = named.map(|tensor| tensor.name.as_str()).collect();
    let more = match tied.tensors.len().saturating_sub(MOST_NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let what = match tied.is_shared {
        true => "lie in the same bytes",
        false => "have the same shape and the same moments, so most likely the same values",
    };
    html.element("p", &[("class", "note")], &format!("{}{more} {what}.", names.join(", ")));
}

/// What each format does to all tensors; nothing before one is measured.
pub fn formats(sums: &[SettingSum], desk: &Desk) -> String {
    if desk.measured.is_empty() {
        return String::new();
    }
    let db = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |db| significant(db, 4));
    let rows = sums.iter().map(|sum| {
        let least = sum.least_db().map_or_else(|| "–".to_owned(), super::words::db);
        vec![
            sum.name.clone(),
            sum.bits_per_weight.map_or_else(|| "–".to_owned(), |bits| significant(bits, 4)),
            Bytes(sum.bytes as f64).to_string(),
            db(sum.sqnr_db),
            db(sum.median_sqnr_db),
            least,
            percent(sum.clipped as f64 / (sum.parameters as f64).max(1.0)),
            percent(sum.flushed as f64 / (sum.parameters as f64).max(1.0)),
            if sum.refused == 0 { "all".to_owned() } else { format!("all but {}", sum.refused) },
        ]
    });
    let columns = Columns::Short(&[
        "Format",
        "Bits a weight",
        "Bytes",
        "SQNR of all, dB",
        "Median, dB",
        "Least, dB",
        "Clipped",
        "Flushed to 0",
        "Tensors",
    ]);
    let mut html = Html::default();
    let measured = tensors(desk.measured.len() as u64);
    html.table(
        "weights-formats-table",
        &format!("What each format does to the {measured} that are measured"),
        columns,
        rows,
    );
    html.more("weights-worst", "The five tensors that suffer most, in each format", |html| {
        let rows = sums.iter().flat_map(|sum| {
            sum.worst.iter().map(|worst| {
                let db = worst.sqnr_db.map_or_else(|| "overflows".to_owned(), |db| format!("{db:.2}"));
                vec![worst.tensor.clone(), sum.name.clone(), db]
            })
        });
        html.table("weights-worst-table", "Worst tensors", Columns::Short(&["Tensor", "Format", "SQNR, dB"]), rows);
    });
    html.finish()
}

/// How many tensors keep so many decibels; a picture without a title before anything is measured.
pub fn histogram(sums: &[SettingSum]) -> FigureData {
    let finite = |sum: &SettingSum| sum.decibels.iter().copied().filter(|db| db.is_finite()).collect::<Vec<f64>>();
    let mut drawn: Vec<(&SettingSum, Vec<f64>)> =
        sums.iter().map(|sum| (sum, finite(sum))).filter(|row| !row.1.is_empty()).collect();
    keep_other(&mut drawn, |row| row.0.format == OTHER);
    let all = || drawn.iter().flat_map(|row| row.1.iter().copied());
    let (lo, hi) = (all().fold(f64::INFINITY, f64::min).floor(), all().fold(f64::NEG_INFINITY, f64::max).floor() + 1.0);
    let by_median = |a: &&(&SettingSum, Vec<f64>), b: &&(&SettingSum, Vec<f64>)| {
        let median = |row: &(&SettingSum, Vec<f64>)| row.0.median_sqnr_db.unwrap_or(f64::NEG_INFINITY);
        median(a).total_cmp(&median(b))
    };
    // Other files are no choice of format.
    let formats = drawn.iter().filter(|row| row.0.format != OTHER || drawn.len() == 1);
    let Some((best, median)) = formats.max_by(by_median).and_then(|row| Some((row.0, row.0.median_sqnr_db?))) else {
        return FigureData::default();
    };
    let bin_of = |db: f64| (((db - lo) / (hi - lo) * BINS as f64) as usize).min(BINS - 1);
    let counts = |dbs: &[f64]| {
        let mut counts = vec![0u64; BINS];
        dbs.iter().for_each(|db| counts[bin_of(*db)] += 1);
        counts
    };
    let bins: Vec<(String, Vec<u64>)> = drawn.iter().map(|(sum, dbs)| (sum.name.clone(), counts(dbs))).collect();
    let mut table = Table { columns: vec!["SQNR from, dB".to_owned()], rows: Vec::new() };
    table.columns.extend(bins.iter().map(|(name, _)| name.clone()));
    for bin in 0..BINS {
        if bins.iter().any(|(_, counts)| counts[bin] > 0) {
            let start = significant(lo + (hi - lo) * bin as f64 / BINS as f64, 4);
            table
                .rows
                .push([start].into_iter().chain(bins.iter().map(|(_, counts)| counts[bin].to_string())).collect());
        }
    }
    let left_out = if bins.len() > ROLES.len() { " The first six formats are drawn; the table has all." } else { "" };
    FigureData {
        title: match best.format.as_str() {
            OTHER => format!("Half of the tensors keep {} dB or more against the other files", significant(median, 3)),
            _ => format!("Half of the tensors keep {} dB or more in {}", significant(median, 3), best.name),
        },
        summary: format!(
            "How many tensors keep so much signal over error, in each format; further right is better.{left_out}"
        ),
        picture: AnyPicture::Histogram(Histogram {
            lo,
            hi,
            series: bins
                .into_iter()
                .zip(ROLES)
                .map(|((label, counts), role)| BinSeries { label, counts, role, style: BinStyle::Outline })
                .collect(),
            x_label: "SQNR in dB".to_owned(),
            y_label: "Tensors in a bin".to_owned(),
            ..Histogram::default()
        }),
        table,
    }
}

/// What the figures mean.
pub fn notes() -> String {
    let mut html = Html::default();
    for note in [
        "SQNR = 10·log₁₀(Σx²/Σe²): x are the values as they are stored, e what a format changes them by. 6.02 dB are a bit.",
        "Bytes and bits a weight have every scale in them.",
        "max/σ is what outliers cost even steps: of a normal distribution about 5. Kurtosis is 3 of a normal distribution, more with \
         heavy tails.",
        "What is stored in few bits is measured from what it stands for now, not from what it was made of.",
        "Of other files that are compared with, e is what their values differ by from the same values here.",
        "SQNR is not accuracy: a model minds some errors more than others.",
    ] {
        html.element("p", &[], note);
    }
    html.finish()
}

/// Where the formats are defined.
pub fn sources(asked: &WeightsScenario) -> String {
    labs::sources(asked.settings.iter().map(|setting| setting.format.source))
}

#[cfg(test)]
mod tests {
    use super::super::summary::settings;
    use super::super::tests::{checkpoint_of, measured};
    use super::*;
    use crate::scenario::weights::read_settings;

    #[test]
    fn a_long_value_of_metadata_is_cut_between_letters() {
        assert_eq!(beginning(&"é".repeat(MOST_LETTERS + 1)), format!("{}…", "é".repeat(MOST_LETTERS)));
        assert_eq!(beginning("short"), "short");
    }

    #[test]
    fn the_histogram_counts_every_tensor_with_a_finite_error_once() {
        let checkpoint = checkpoint_of(&["a", "b", "c"]);
        let mut desk = Desk::default();
        for (place, dbs) in (0..).zip([[40.0, 20.0], [41.0, f64::INFINITY], [10.0, 12.0]]) {
            desk.measured.insert(place, measured(&dbs));
        }
        let asked = WeightsScenario { settings: read_settings("int8,q4_k").unwrap(), ..WeightsScenario::default() };
        let figure = histogram(&settings(&asked, &desk, &checkpoint));
        let AnyPicture::Histogram(histogram) = &figure.picture else { panic!("a histogram") };
        let counted: Vec<u64> = histogram.series.iter().map(|series| series.counts.iter().sum()).collect();
        assert_eq!((counted, histogram.lo, histogram.hi), (vec![3, 2], 10.0, 42.0));
        assert_eq!(figure.title, "Half of the tensors keep 40 dB or more in INT8");
        assert_eq!(super::histogram(&[]), FigureData::default());
    }

    #[test]
    fn a_model_is_recognised_and_its_sizes_are_handed_to_the_memory_lab() {
        let config = r#"{"model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 1000, "_name_or_path": "my/secret"}"#;
        let of = |config: &str| {
            let known = Checkpoint { config: Some(config.to_owned()), ..checkpoint_of(&["a"]) };
            checkpoint(&Desk::default(), &known)
        };
        let html = of(config);
        assert!(html.contains("2 layers of width 64"), "{html}");
        let link = html.split_once("href=\"").unwrap().1.split_once('"').unwrap().0.replace("&amp;", "&");
        assert!(!link.contains("secret"), "{link}");
        let (Route::Memory(keys), notices) = Route::read(&link) else { panic!("{link}") };
        assert!(notices.is_empty() && keys.contains(&("cfg.hidden_size".to_owned(), "64".to_owned())), "{keys:?}");

        assert!(!of("{}").contains("href"), "{}", of("{}"));
        assert!(!checkpoint(&Desk::default(), &checkpoint_of(&["a"])).contains("weights-model"));
    }

    #[test]
    fn tied_tensors_are_named() {
        let mut tied = checkpoint_of(&["embed", "head"]);
        tied.tensors[1].span = tied.tensors[0].span;
        assert!(checkpoint(&Desk::default(), &tied).contains("embed, head lie in the same bytes."));
    }
}
