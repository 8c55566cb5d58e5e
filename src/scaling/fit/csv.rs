//! Runs from pasted text: columns separated by commas, semicolons or tabs, with or without a header.
//!
//! A header may name columns in any order and have others, which are passed over; names are compared without case,
//! spaces and signs, so `Model Size`, `model_size` and `modelSize` are one. Where two columns could be meant, the more
//! telling name is taken: a validation loss before a training loss. Compute in FLOP stands in for parameters or tokens by
//! C = 6·N·D. Without a header there are three columns: parameters, tokens, loss.
//!
//! Blank lines and lines that begin with `#` are passed over. Cells may be quoted. Where semicolons separate, a comma is
//! the decimal sign, as spreadsheets write both in much of Europe.
//!
//! Don't use it for CSV in general: a quoted cell ends with its line.

use super::error::{Cells, Column, Error, Place};
use super::runs::{MAX_RUNS, Run, Runs};
use crate::scaling::optimum::{Allocation, flop_of};
use crate::units::{Nats, Params, Tokens};

/// What headers call each column, the preferred name first; lower case, letters and digits alone.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Params,
        &[
            "n",
            "params",
            "nparams",
            "numparams",
            "parameters",
            "nparameters",
            "numparameters",
            "modelsize",
            "size",
            "model",
        ],
    ),
    (
        Column::Tokens,
        &[
            "d",
            "tokens",
            "ntokens",
            "numtokens",
            "trainingtokens",
            "traintokens",
            "tokensseen",
            "datasetsize",
            "datasize",
            "data",
        ],
    ),
    (
        Column::Compute,
        &["c", "flops", "flop", "compute", "trainingflops", "trainingflop", "trainflops", "trainingcompute", "budget"],
    ),
    (
        Column::Loss,
        &[
            "valloss",
            "validationloss",
            "evalloss",
            "testloss",
            "loss",
            "finalloss",
            "l",
            "trainloss",
            "trainingloss",
            "nats",
        ],
    ),
];

/// The longest text that an error repeats, in characters.
const SHOWN: usize = 24;

/// Reads runs from text. `number` reads one cell: that of the page's number fields also knows `7B` and `1.4T`.
///
/// # Errors
///
/// A sentence that names the line, or says what the runs lack; see [`Error`].
///
/// # Examples
///
/// ```
/// use bitbudget::scaling::fit::csv;
/// use bitbudget::scenario::number;
///
/// let text = "Model Size;Training FLOP;loss\n70M;6e18;3,42\n160M;6e18;3,18\n410M;6e19;2,81\n1B;6e19;2,75\n2.8B;6e20;2,49\n";
/// let runs = csv::read(text, number::parse)?;
/// assert_eq!(runs.as_slice()[3].at.tokens.get(), 1e10);
///
/// let error = csv::read("n,d,loss\n7B,1.4T,abc", number::parse).unwrap_err();
/// assert_eq!(error.to_string(), "line 2: `abc` in the column loss is no number");
/// # Ok::<(), bitbudget::scaling::fit::Error>(())
/// ```
pub fn read(text: &str, number: impl Fn(&str) -> Option<f64>) -> Result<Runs, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_odd = |letter: char| letter == char::REPLACEMENT_CHARACTER || letter.is_control() && !letter.is_whitespace();
    if text.contains(is_odd) {
        return Err(Error::NotText);
    }
    let separator = separator(text);
    let number = |cell: &str| {
        if separator == ';' { number(&cell.replace(',', ".")) } else { number(cell) }
    };
    let mut layout: Option<Layout> = None;
    let mut runs = Vec::new();
    for (line, content) in content_lines(text) {
        let cells = split(content, separator).ok_or(Error::OpenQuote { line })?;
        if cells.iter().all(|cell| cell.is_empty()) {
            continue;
        }
        let layout = match &layout {
            Some(layout) => layout,
            None if cells.iter().all(|cell| number(cell).is_some()) => {
                layout.insert(Layout::without_header(line, cells.len())?)
            }
            None => {
                layout = Some(Layout::of_header(line, &cells)?);
                continue;
            }
        };
        if runs.len() == MAX_RUNS {
            return Err(Error::TooMany { limit: MAX_RUNS });
        }
        runs.push(layout.run(line, &cells, number)?);
    }
    Runs::new(runs)
}

/// Numbered lines that are neither blank nor comments.
fn content_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end_matches(' ')));
    numbered.filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

/// The first of tab and semicolon that the first line has, else the comma, which also stands within numbers.
fn separator(text: &str) -> char {
    let first = content_lines(text).next().map_or("", |(_, line)| line);
    ['\t', ';'].into_iter().find(|&separator| first.contains(separator)).unwrap_or(',')
}

/// The cells of a line, without the quotation marks around them; `None` if one is never closed.
fn split(line: &str, separator: char) -> Option<Vec<String>> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        if c == '"' {
            quoted = !quoted;
        } else if c == separator && !quoted {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
    }
    (!quoted).then(|| cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

/// Which column holds what.
#[derive(Clone, Debug, PartialEq)]
struct Layout {
    columns: usize,
    size: Size,
    loss: usize,
}

/// The two columns that say how large a run was.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Size {
    ParamsAndTokens(usize, usize),
    ParamsAndCompute(usize, usize),
    TokensAndCompute(usize, usize),
}

impl Layout {
    fn without_header(line: usize, columns: usize) -> Result<Self, Error> {
        if columns == 3 {
            Ok(Self { columns, size: Size::ParamsAndTokens(0, 1), loss: 2 })
        } else {
            Err(Error::Headerless { line, found: Cells(columns) })
        }
    }

    fn of_header(line: usize, cells: &[String]) -> Result<Self, Error> {
        let names: Vec<String> = cells.iter().map(|cell| plain(cell)).collect();
        let find = |column| {
            let known = NAMES.iter().find(|(named, _)| *named == column).map_or(&[][..], |(_, known)| known);
            known.iter().find_map(|known| names.iter().position(|name| name == known))
        };
        let missing = |column| Error::MissingColumn { line, column };
        let size = match (find(Column::Params), find(Column::Tokens), find(Column::Compute)) {
            (Some(params), Some(tokens), _) => Size::ParamsAndTokens(params, tokens),
            (Some(params), None, Some(compute)) => Size::ParamsAndCompute(params, compute),
            (None, Some(tokens), Some(compute)) => Size::TokensAndCompute(tokens, compute),
            (Some(_), None, None) => return Err(missing(Column::Tokens)),
            (None, ..) => return Err(missing(Column::Params)),
        };
        let loss = find(Column::Loss).ok_or(missing(Column::Loss))?;
        Ok(Self { columns: cells.len(), size, loss })
    }

    fn run(&self, line: usize, cells: &[String], number: impl Fn(&str) -> Option<f64>) -> Result<Run, Error> {
        if cells.len() != self.columns {
            return Err(Error::Ragged { line, found: Cells(cells.len()), expected: self.columns });
        }
        let place = Place::Line(line);
        let read = |index: usize, column: Column| {
            let text = cells.get(index).map_or("", String::as_str);
            let value = number(text).ok_or_else(|| Error::NotANumber { place, column, text: shorten(text) })?;
            column.check(value, place)
        };
        let (params, tokens) = match self.size {
            Size::ParamsAndTokens(params, tokens) => (read(params, Column::Params)?, read(tokens, Column::Tokens)?),
            Size::ParamsAndCompute(params, compute) => {
                let (params, compute) = (read(params, Column::Params)?, read(compute, Column::Compute)?);
                (params, Column::Tokens.check(other_factor(compute, params), place)?)
            }
            Size::TokensAndCompute(tokens, compute) => {
                let (tokens, compute) = (read(tokens, Column::Tokens)?, read(compute, Column::Compute)?);
                (Column::Params.check(other_factor(compute, tokens), place)?, tokens)
            }
        };
        let at = Allocation { params: Params(params), tokens: Tokens(tokens) };
        Ok(Run { at, loss: Nats(read(self.loss, Column::Loss)?) })
    }
}

/// N from C and D, or D from C and N.
fn other_factor(compute: f64, factor: f64) -> f64 {
    compute / flop_of(Params(1.0), Tokens(factor)).get()
}

/// A name without case, spaces and signs.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= SHOWN { text.to_owned() } else { text.chars().take(SHOWN - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ROWS: [(f64, f64, f64); 5] =
        [(1e8, 2e9, 3.5), (2e8, 2e9, 3.25), (4e8, 9e9, 3.0), (8e8, 8e9, 2.75), (1.6e9, 4e10, 2.5)];

    fn decimal(text: &str) -> Option<f64> {
        text.parse().ok().filter(|value: &f64| value.is_finite())
    }

    fn numbers(text: &str) -> Vec<(f64, f64, f64)> {
        let runs = read(text, decimal).unwrap_or_else(|error| panic!("{text}: {error}"));
        runs.as_slice().iter().map(|run| (run.at.params.get(), run.at.tokens.get(), run.loss.get())).collect()
    }

    fn error(text: &str) -> String {
        read(text, decimal).unwrap_err().to_string()
    }

    fn table(header: &str, separator: &str, cells: impl Fn((f64, f64, f64)) -> Vec<String>) -> String {
        let rows = ROWS.map(|row| cells(row).join(separator));
        format!("{header}\n{}\n", rows.join("\n"))
    }

    fn in_order((n, d, loss): (f64, f64, f64)) -> Vec<String> {
        vec![format!("{n:e}"), d.to_string(), loss.to_string()]
    }

    #[test]
    fn every_separator_order_and_name_gives_the_same_runs() {
        for text in [
            table("n,d,loss", ",", in_order),
            table("# my runs\n\nParams\tTokens\tVal Loss", "\t", in_order),
            table("\u{feff}model_size;training tokens;L", ";", in_order).replace('\n', "\r\n"),
            table("loss;seed;D;\"Model Size\"", ";", |(n, d, loss)| {
                vec![loss.to_string().replace('.', ","), "x".into(), d.to_string(), n.to_string()]
            }),
            table("n,c,loss", ",", |(n, d, loss)| vec![n.to_string(), (6.0 * n * d).to_string(), loss.to_string()]),
            table("loss,flops,tokens", ",", |(n, d, loss)| {
                vec![loss.to_string(), (6.0 * n * d).to_string(), d.to_string()]
            }),
            table("train_loss,val_loss,N,D", ",", |(n, d, loss)| {
                vec!["1.0".into(), loss.to_string(), n.to_string(), d.to_string()]
            }),
            table("", ",", in_order),
            table("", " , ", in_order) + ",,\n  \n",
        ] {
            assert_eq!(numbers(&text), ROWS, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (text, sentence) in [
            ("", "there are no runs: paste lines with parameters, tokens and loss"),
            ("# nothing\n\n", "there are no runs: paste lines with parameters, tokens and loss"),
            ("n,d,loss", "there are no runs: paste lines with parameters, tokens and loss"),
            ("n,d,loss\n\n1e9,abc,2", "line 3: `abc` in the column tokens is no number"),
            ("n,d,loss\n1e9,2e10,nan", "line 2: `nan` in the column loss is no number"),
            ("n,d,loss\n1e9,2e10,", "line 2: `` in the column loss is no number"),
            ("1e9,2e10,0", "line 1: 0 in the column loss is outside 1e-6 to 1e6"),
            ("-1,2e10,2", "line 1: -1 in the column parameters is outside 1 to 1e18"),
            ("n,d,loss\n1e9,2e10\n", "line 2 has 2 columns, but the first has 3"),
            ("n,d,loss\n1e9,2e10,2,5\n", "line 2 has 4 columns, but the first has 3"),
            ("1e9,2e10", "line 1 has 2 columns; without a header there have to be three: parameters, tokens, loss"),
            ("1e9 2e10 3", "line 1: the header has no column for parameters; it could be called `params`"),
            ("n,loss", "line 1: the header has no column for tokens; it could be called `tokens`"),
            ("n,d", "line 1: the header has no column for loss; it could be called `loss`"),
            ("n,d,loss\n\"1e9,2e10,2", "line 2: a quotation mark is opened and never closed"),
            ("1e9,2e10,2.5", "the five constants need 5 different runs or more; found: 1"),
        ] {
            assert_eq!(error(text), sentence, "{text}");
        }
        let long = error(&format!("n,d,loss\n1e9,2e10,{}", "x".repeat(99)));
        assert_eq!(long, format!("line 2: `{}…` in the column loss is no number", "x".repeat(23)));
        let equal = table("n,d,loss", ",", |(_, d, loss)| vec!["1e9".into(), d.to_string(), loss.to_string()]);
        assert_eq!(error(&equal), "all runs have the same parameters, so its exponent cannot be found: vary it");
        assert_eq!(error(&"1e9,2e10,2\n".repeat(10_001)), "there are more than 10000 runs");
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "(\\PC|[\n\r\t,;\"#0-9e.\\-])*") {
            let _ = read(&text, decimal);
            let _ = read(&format!("n,d,loss\n{text}"), decimal);
        }

        #[test]
        fn what_is_written_is_read(
            rows in proptest::collection::vec((1.0..1e18f64, 1.0..1e21f64, 1e-6..1e6f64), 5..40), separator in "[,;\t]",
        ) {
            let text: String = rows.iter().map(|(n, d, loss)| format!("{n}{separator}{d}{separator}{loss}\n")).collect();
            prop_assert_eq!(numbers(&text), rows);
        }
    }
}
