//! Tables of numbers as text: CSV, TSV, what `numpy.savetxt` writes, what is pasted.
//!
//! Numbers stand between commas, semicolons, tabs or spaces, a row on a line; every row has as many. What follows a `#` is passed
//! over, and so is a first line that begins with a word: names of columns.

use super::Error;

/// The longest text that is read, in bytes.
pub const MAX_TEXT: u64 = 1 << 26;
/// No number is longer.
const MAX_NUMBER: usize = 400;

/// A table that is being read, in pieces of any length.
#[derive(Clone, Debug, Default)]
pub struct Table {
    file: String,
    /// Line breaks by now.
    lines: u64,
    /// The number that is being read.
    token: Vec<u8>,
    /// Numbers of this row.
    in_row: u64,
    /// Whether a comma stands before what comes next.
    is_after_comma: bool,
    /// Whether the rest of the line is no number.
    is_passing: bool,
    rows: u64,
    cols: u64,
}

impl Table {
    /// Starts before the first byte. The name is for errors.
    #[must_use]
    pub fn new(file: &str) -> Self {
        Self { file: file.to_owned(), ..Self::default() }
    }

    /// Takes the bytes that follow, and appends their numbers. A number that stands at their end may go on, so it is kept back.
    ///
    /// # Errors
    /// What is no number, and a row of another length.
    pub fn push(&mut self, bytes: &[u8], values: &mut Vec<f32>) -> Result<(), Error> {
        for &byte in bytes {
            match byte {
                b'\n' => self.end_row(values)?,
                _ if self.is_passing => {}
                b'#' => {
                    self.end_number(values)?;
                    self.is_passing = true;
                }
                b',' | b';' => {
                    self.end_number(values)?;
                    if (self.is_after_comma || self.in_row == 0) && !self.is_passing {
                        return self.wrong("has an empty field".into());
                    }
                    self.is_after_comma = true;
                }
                b' ' | b'\t' | b'\r' => self.end_number(values)?,
                _ if self.token.len() < MAX_NUMBER => self.token.push(byte),
                _ => return self.wrong(format!("has a number of more than {MAX_NUMBER} digits")),
            }
        }
        Ok(())
    }

    /// Ends the text, and gives the shape: rows and columns, or the number of values if there is one row or column.
    ///
    /// # Errors
    /// As [`Self::push`], and a text without numbers.
    pub fn finish(&mut self, values: &mut Vec<f32>) -> Result<Vec<u64>, Error> {
        self.end_row(values)?;
        match (self.rows, self.cols) {
            (0, _) => self.wrong("is the last, and there was no number".into()),
            (1, n) | (n, 1) => Ok(vec![n]),
            (rows, cols) => Ok(vec![rows, cols]),
        }
    }

    /// Whole rows by now.
    #[must_use]
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    fn wrong<T>(&self, why: String) -> Result<T, Error> {
        Err(Error::Text { file: self.file.clone(), line: self.lines + 1, why })
    }

    fn end_number(&mut self, values: &mut Vec<f32>) -> Result<(), Error> {
        if self.token.is_empty() {
            return Ok(());
        }
        let text = core::mem::take(&mut self.token);
        let text = String::from_utf8_lossy(&text);
        match decimal(text.trim_start_matches('\u{feff}')) {
            Some(value) => {
                values.push(value);
                self.in_row += 1;
                self.is_after_comma = false;
            }
            // Names of columns.
            None if self.rows == 0 && self.in_row == 0 => self.is_passing = true,
            None => {
                let shown: String = text.chars().take(20).collect();
                return self.wrong(format!("has “{shown}”, which is no number"));
            }
        }
        Ok(())
    }

    fn end_row(&mut self, values: &mut Vec<f32>) -> Result<(), Error> {
        self.end_number(values)?;
        if self.in_row > 0 {
            if self.rows > 0 && self.in_row != self.cols {
                return self.wrong(format!(
                    "is a row of length {}, and those before it are of length {}",
                    self.in_row, self.cols
                ));
            }
            self.cols = self.in_row;
            self.rows += 1;
        }
        self.lines += 1;
        (self.in_row, self.is_after_comma, self.is_passing) = (0, false, false);
        Ok(())
    }
}

/// Reads `-12.5e-3`, `nan` or `inf`, rounded to FP64 and then to FP32 as NumPy does.
fn decimal(text: &str) -> Option<f32> {
    let (is_negative, text) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let value = if text.eq_ignore_ascii_case("nan") {
        f64::NAN
    } else if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity") {
        f64::INFINITY
    } else if whole.len() + fraction.len() > 0 && is_digits(whole) && is_digits(fraction) {
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        minimal_lexical::parse_float(whole.as_bytes().iter(), fraction.as_bytes().iter(), exponent.parse().ok()?)
    } else {
        return None;
    };
    Some(if is_negative { -value } else { value } as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<(Vec<u64>, Vec<f32>), String> {
        let (mut table, mut values) = (Table::new("t.csv"), Vec::new());
        table.push(text.as_bytes(), &mut values).map_err(|error| error.to_string())?;
        let shape = table.finish(&mut values).map_err(|error| error.to_string())?;
        Ok((shape, values))
    }

    #[test]
    fn tables_are_read_whatever_stands_between_their_numbers() {
        let table = Ok((vec![2, 3], vec![1.0, -2.5, 3e-4, 4.0, 0.5, 6.0]));
        for text in [
            "1,-2.5,3e-4\n4,.5,6.\n",
            "1, -2.5, 3E-4\r\n+4, 0.5, 6\r\n",
            "1\t-2.5\t3e-4\n\n4\t.5\t6",
            "1;-2.5;3e-4;\n4;.5;6;\n",
            "  1 -2.5   3e-4\n 4 .5 6 \n\n",
            "a,b,c\n1,-2.5,3e-4\n4,.5,6",
            "# made by numpy\n1 -2.5 3e-4 # one\n4 .5 6",
            "\u{feff}1,-2.5,3e-4\n4,.5,6\n",
        ] {
            assert_eq!(read(text), table, "{text:?}");
        }
        assert_eq!(read("1\n2\n3"), Ok((vec![3], vec![1.0, 2.0, 3.0])), "a column is a vector");
        assert_eq!(read("inf -Inf"), Ok((vec![2], vec![f32::INFINITY, f32::NEG_INFINITY])));
        assert!(read("nan").unwrap().1[0].is_nan());
    }

    #[test]
    fn what_is_no_table_is_said_with_its_line() {
        assert_eq!(
            read("1,2\n3"),
            Err("line 2 of t.csv is a row of length 1, and those before it are of length 2".into())
        );
        assert_eq!(read("1,x"), Err("line 1 of t.csv has “x”, which is no number".into()));
        assert_eq!(read("1,,2"), Err("line 1 of t.csv has an empty field".into()));
        assert_eq!(read(",2"), Err("line 1 of t.csv has an empty field".into()));
        assert_eq!(read("names\n"), Err("line 3 of t.csv is the last, and there was no number".into()));
        assert!(read(&"9".repeat(MAX_NUMBER + 1)).is_err());
    }

    proptest! {
        #[test]
        fn any_pieces_give_the_same(text in "[0-9eE.,;# \n\t-]{0,60}", at in 0usize..60) {
            let (mut table, mut values) = (Table::new("t.csv"), Vec::new());
            let (a, b) = text.as_bytes().split_at(at.min(text.len()));
            let shape = table.push(a, &mut values).and_then(|()| table.push(b, &mut values));
            let shape = shape.and_then(|()| table.finish(&mut values)).map_err(|error| error.to_string());
            prop_assert_eq!(shape.map(|shape| (shape, values)), read(&text));
        }

        #[test]
        fn a_number_is_what_rust_reads(x in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            prop_assert_eq!(decimal(&format!("{x:e}")), Some(x as f32));
        }
    }
}
