//! The sum as a cell of Python that works it out again, and as Markdown.

use super::words::capital;
use crate::answers;
use crate::memory::{Part, Report};
use crate::scenario::MemoryScenario;
use std::fmt::Write;

/// The sum as Markdown: a table of the parts, and the link that opens it.
pub fn markdown(asked: &MemoryScenario, report: &Report) -> String {
    let mut text = format!("**{}**\n\n| Part | How | Memory |\n|---|---|---:|\n", answers::memory(asked, report));
    for part in &report.parts {
        _ = writeln!(text, "| {} | {} | {} |", capital(part.name), part.formula, part.bytes.show(asked.units));
    }
    _ = writeln!(text, "| **Total** | | **{}** |", report.total().show(asked.units));
    let gpu = report.input.gpu;
    _ = writeln!(text, "| {} | | {} |", gpu.name, report.gpu_bytes().show(asked.units));
    text
}

/// A cell that stands by itself: it works out every part from its formula, adds them up and asserts the total.
///
/// A formula that holds a rounded number gives its part to that many digits, so each part is asserted within a thousandth,
/// and the total is that of the exact bytes.
pub fn python(asked: &MemoryScenario, report: &Report) -> String {
    let mut text = format!("# {}\nparts = {{\n", answers::memory(asked, report));
    for part in &report.parts {
        let exact = format!("{:.0}", part.bytes.get());
        let worked_out = expression(part).unwrap_or_else(|| exact.clone());
        _ = writeln!(text, "    \"{}\": ({worked_out}, {exact}),  # {}", part.name, part.formula);
    }
    _ = write!(
        text,
        "}}\nfor name, (worked_out, expected) in parts.items():\n    assert abs(worked_out - expected) <= 1e-3 * expected, name\n\
         total = sum(expected for _, expected in parts.values())\ngpu = {:.0}\n\
         assert abs(total - {:.0}) <= len(parts)\nassert (total <= gpu) is {}\n\
         print(f\"{{total / 1e9:.1f}} GB of {{gpu / 1e9:.1f}} GB\")\n",
        report.room().get(),
        report.total().get(),
        if report.fits() { "True" } else { "False" },
    );
    text
}

/// A part's formula as an expression, if it gives the part: its numbers with ×, ÷, + and parentheses, without the words.
fn expression(part: &Part) -> Option<String> {
    let mut text = String::new();
    for token in tokens(&part.formula) {
        text.push_str(&token);
        text.push(' ');
    }
    let value = Value { tokens: tokens(&part.formula), at: 0 }.sum().filter(|value| value.is_finite())?;
    let is_it = (value - part.bytes.get()).abs() <= 1e-3 * part.bytes.get();
    is_it.then(|| text.trim_end().replace('×', "*").replace('÷', "/"))
}

/// Numbers and signs of a formula. A number that a letter stands right before belongs to a word.
fn tokens(formula: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut in_number = false;
    let mut before = ' ';
    for letter in formula.chars() {
        let digit = letter.is_ascii_digit() || letter == '.' && in_number;
        match letter {
            _ if digit && in_number => {
                if let Some(last) = found.last_mut() {
                    last.push(letter);
                }
            }
            _ if digit && !before.is_alphanumeric() => found.push(letter.to_string()),
            '×' | '÷' | '+' | '(' | ')' => found.push(letter.to_string()),
            _ => {}
        }
        in_number = digit && (in_number || !before.is_alphanumeric());
        before = letter;
    }
    found
}

/// What tokens come to, by the usual precedence.
struct Value {
    tokens: Vec<String>,
    at: usize,
}

impl Value {
    fn next_is(&mut self, sign: &str) -> bool {
        let is_it = self.tokens.get(self.at).is_some_and(|token| token == sign);
        self.at += usize::from(is_it);
        is_it
    }

    fn sum(&mut self) -> Option<f64> {
        let mut value = self.product()?;
        while self.next_is("+") {
            value += self.product()?;
        }
        (self.at == self.tokens.len() || self.tokens[self.at] == ")").then_some(value)
    }

    fn product(&mut self) -> Option<f64> {
        let mut value = self.factor()?;
        loop {
            if self.next_is("×") {
                value *= self.factor()?;
            } else if self.next_is("÷") {
                value /= self.factor()?;
            } else {
                return Some(value);
            }
        }
    }

    fn factor(&mut self) -> Option<f64> {
        if self.next_is("(") {
            let value = self.sum()?;
            return self.next_is(")").then_some(value);
        }
        let value = self.tokens.get(self.at)?.parse().ok()?;
        self.at += 1;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_worked_out_without_its_words() {
        let value = |formula: &str| Value { tokens: tokens(formula), at: 0 }.sum();
        assert_eq!(value("32 layers × 2 × 8 heads × 128 × 8192 tokens × 2 B"), Some(1_073_741_824.0));
        assert_eq!(value("61 layers × (512 + 64) × 8 tokens × 2 B + 2 × 3"), Some(562_182.0));
        assert_eq!(value("4 B × 8192 tokens × 128256 entries ÷ 2 GPUs"), Some(2_101_346_304.0));
        assert_eq!(value("rows × 128256 entries"), None);
        assert_eq!(value("322 MB to 2.15 GB have been seen"), None);
        assert_eq!(value(""), None);
    }
}
