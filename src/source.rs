//! Where a fact comes from. Every catalogue row carries one.

/// The provenance of one fact or one row of facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// What the text or measurement is called.
    pub title: &'static str,
    /// Where it can be read; `https://…`.
    pub url: &'static str,
    /// When it was last compared with the row, `YYYY-MM` or `YYYY-MM-DD`.
    pub as_of: &'static str,
}

impl Source {
    /// A source that only the engine shows: see [`in_engine`].
    #[must_use]
    pub const fn in_engine(title: &'static str, url: &'static str, as_of: &'static str) -> Self {
        Self { title: in_engine(title), url: in_engine(url), as_of: in_engine(as_of) }
    }
}

/// Text that only the engine shows, such as what a number format is good for. The page knows the same rows by their ids and
/// names, and its first load is without the rest.
#[must_use]
pub const fn in_engine(text: &'static str) -> &'static str {
    if cfg!(all(target_arch = "wasm32", feature = "page")) { "" } else { text }
}
