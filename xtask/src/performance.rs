//! docs/performance.md: measured tables are written into it between the marker comments of their section.

use crate::{Result, tools};
use std::fs;

/// Puts a table where the section's markers are, and leaves the rest as it is.
pub fn write(section: &str, table: &str) -> Result<()> {
    let page = tools::root().join("docs/performance.md");
    let text = fs::read_to_string(&page).map_err(|error| format!("{} is unreadable: {error}", page.display()))?;
    let text = between_markers(&text, section, table)
        .ok_or_else(|| format!("{} has no markers {:?} to write between", page.display(), markers(section)))?;
    Ok(fs::write(&page, text)?)
}

fn markers(section: &str) -> [String; 2] {
    ["begin", "end"].map(|end| format!("<!-- {section}:{end} -->"))
}

/// The text with what stands between the marker comments replaced.
fn between_markers(text: &str, section: &str, table: &str) -> Option<String> {
    let [begin, end] = markers(section);
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{table}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_of_the_section_is_replaced() {
        let text = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n<!-- y:begin -->\nkept\n<!-- y:end -->\n";
        assert_eq!(between_markers(text, "x", "new\n").unwrap(), text.replace("old", "new"));
        assert_eq!(between_markers("no markers", "x", "new"), None);
    }
}
