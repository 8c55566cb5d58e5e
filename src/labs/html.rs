//! HTML as text, escaped as it is written: tables, grids of codes, rows of buttons.

/// HTML that is being written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Html(String);

/// The attribute that holds what is in details which nobody has opened yet.
pub const FOLDED: &str = "data-folded";

/// The columns of a table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Columns<'a> {
    /// Numbers and a few words.
    Short(&'a [&'a str]),
    /// The last is a sentence: it is as wide as one, and breaks.
    Told(&'a [&'a str]),
}

/// A row that is chosen by its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What choosing it does, for the container's `act`.
    pub action: String,
    /// Its name.
    pub name: &'static str,
    /// Whether it is the one in force.
    pub is_present: bool,
    /// Its cells, without the name.
    pub cells: Vec<String>,
}

impl Html {
    /// Begins an element. Attributes are written as they are given, with their values escaped; an empty name is left out.
    #[inline(never)]
    pub fn open(&mut self, tag: &str, attributes: &[(&str, &str)]) -> &mut Self {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes.iter().filter(|(name, _)| !name.is_empty()) {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
        self
    }

    /// Ends an element.
    #[inline(never)]
    pub fn close(&mut self, tag: &str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        self
    }

    /// Writes text.
    #[inline(never)]
    pub fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                other => self.0.push(other),
            }
        }
        self
    }

    /// Writes what is HTML already.
    pub fn raw(&mut self, html: &str) -> &mut Self {
        self.0.push_str(html);
        self
    }

    /// Writes an element that holds only text.
    #[inline(never)]
    pub fn element(&mut self, tag: &str, attributes: &[(&str, &str)], text: &str) -> &mut Self {
        self.open(tag, attributes).text(text).close(tag)
    }

    /// Writes a button that does something when it is pressed: what, is handed to the container's `act`.
    pub fn button(&mut self, class: &str, action: &str, text: &str) -> &mut Self {
        // By its action the focus finds the button again after the markup was made anew.
        self.element("button", &[("type", "button"), ("class", class), ("data-do", action)], text)
    }

    /// Writes a row of a table: its first cell is its heading.
    pub fn row(&mut self, cells: &[String]) -> &mut Self {
        self.open("tr", &[]);
        for (i, cell) in cells.iter().enumerate() {
            if i == 0 {
                self.element("th", &[("scope", "row")], cell);
            } else {
                self.element("td", &[], cell);
            }
        }
        self.close("tr")
    }

    /// Writes the head of a table.
    pub fn head<'a>(&mut self, columns: impl Iterator<Item = &'a str>) -> &mut Self {
        self.open("thead", &[]).open("tr", &[]);
        for column in columns {
            self.element("th", &[("scope", "col")], column);
        }
        self.close("tr").close("thead")
    }

    /// Writes a table with a caption, which scrolls by itself.
    pub fn table(&mut self, id: &str, caption: &str, columns: Columns, rows: impl IntoIterator<Item = Vec<String>>) {
        let (names, scroll, class) = match columns {
            Columns::Short(names) => (names, "table-scroll", "numbers"),
            Columns::Told(names) => (names, "table-scroll table-scroll--whole", "numbers numbers--told"),
        };
        let region = [("class", scroll), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)];
        self.open("div", &region).open("table", &[("class", class), ("id", id)]);
        self.element("caption", &[], caption).head(names.iter().copied()).open("tbody", &[]);
        for row in rows {
            self.row(&row);
        }
        self.close("tbody").close("table").close("div");
    }

    /// Writes a table with a caption whose rows are chosen by their names.
    pub fn choices(&mut self, id: &str, caption: &str, columns: &[&str], rows: impl IntoIterator<Item = Choice>) {
        let scroll = "table-scroll table-scroll--choices";
        self.open("div", &[("class", scroll), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)]);
        self.open("table", &[("id", id), ("class", "numbers")]).element("caption", &[], caption);
        self.head(columns.iter().copied()).open("tbody", &[]);
        for row in rows {
            let class = if row.is_present { "present" } else { "" };
            self.open("tr", &[("class", class)]).open("th", &[("scope", "row")]);
            self.button("link-button", &row.action, row.name).close("th");
            for cell in &row.cells {
                self.element("td", &[], cell);
            }
            self.close("tr");
        }
        self.close("tbody").close("table").close("div");
    }

    /// Writes something that opens. What is in it is an attribute ([`FOLDED`]) until then: whoever shows it unfolds it, and what
    /// nobody opens costs the page no elements.
    pub fn more(&mut self, id: &str, summary: &str, content: impl FnOnce(&mut Self)) {
        let mut folded = Self::default();
        content(&mut folded);
        self.open("details", &[("class", "figure__data"), ("id", id), (FOLDED, &folded.0)]);
        self.element("summary", &[], summary).close("details");
    }

    /// What was written.
    #[must_use]
    pub fn finish(&mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

/// The same with what is folded behind it, as it is once everything was opened.
#[cfg(test)]
pub(crate) fn unfolded(html: &str) -> String {
    let mut html = html.to_owned();
    let begin = format!(" {FOLDED}=\"");
    while let Some((before, rest)) = html.split_once(&begin) {
        let (folded, after) = rest.split_once('"').unwrap_or((rest, ""));
        let folded = folded.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
        html = format!("{before}{after}{folded}");
    }
    html
}
