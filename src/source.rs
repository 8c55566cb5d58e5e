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
