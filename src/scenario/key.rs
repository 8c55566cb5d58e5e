//! One input in a link: a row that writes it, reads it and documents it.

use super::number::{self, Bounds};

/// One key of a link.
pub struct Key<S> {
    /// The key as it stands in the link.
    pub name: &'static str,
    /// What the documentation says of it; made by `documented!`.
    pub doc: Doc,
    /// The state's value as text.
    pub write: fn(&S) -> String,
    /// Sets the state from text.
    pub read: fn(&mut S, &str) -> Result<(), Rejection>,
}

#[cfg(not(target_arch = "wasm32"))]
impl<S> Key<S> {
    /// The documentation's example as it stands in a link: a key that ends in a dot is followed by the field.
    #[must_use]
    pub fn example(&self) -> (String, String) {
        match self.doc.example.split_once('=').filter(|_| self.name.ends_with('.')) {
            Some((field, value)) => (format!("{}{field}", self.name), value.to_owned()),
            None => (self.name.to_owned(), self.doc.example.to_owned()),
        }
    }
}

/// What `docs/links.md` says of a key. The page itself carries none of it.
#[cfg(not(target_arch = "wasm32"))]
pub struct Doc {
    /// What it sets.
    pub about: &'static str,
    /// The values it takes.
    pub values: fn() -> String,
    /// A value that is not the default.
    pub example: &'static str,
}

/// The documentation is not a part of the page.
#[cfg(target_arch = "wasm32")]
pub struct Doc;

/// `documented!(about, values, example)`: a [`Doc`], where there are any.
#[cfg(not(target_arch = "wasm32"))]
macro_rules! documented {
    ($about:expr, $values:expr, $example:expr) => {
        $crate::scenario::key::Doc { about: $about, values: $values, example: $example }
    };
}
#[cfg(target_arch = "wasm32")]
macro_rules! documented {
    ($about:expr, $values:expr, $example:expr) => {{
        // Named, so that nothing counts as unused; never called, so that nothing is linked.
        const _: fn() = || _ = $values;
        $crate::scenario::key::Doc
    }};
}
pub(super) use documented;

/// Why a value was not taken as it stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Rejection {
    /// It is no value of this key; the state is unchanged.
    NotUnderstood,
    /// It is no number, or not a whole one where that is asked for; the state is unchanged.
    NotANumber(&'static Bounds),
    /// It means nothing, for the reason that this sentence gives; the state is unchanged.
    Because(String),
    /// It was out of range, and the nearest value in range was taken.
    Clamped(Option<&'static Bounds>),
}

impl Rejection {
    /// What is wrong with what was typed into a control.
    #[must_use]
    pub fn sentence(&self, text: &str) -> String {
        let of_bounds = |bounds: &Bounds| bounds.read(text).err();
        let sentence = match self {
            Self::NotANumber(bounds) | Self::Clamped(Some(bounds)) => of_bounds(bounds),
            Self::Because(sentence) => Some(sentence.clone()),
            Self::NotUnderstood | Self::Clamped(None) => None,
        };
        sentence.unwrap_or_else(|| "This is not understood.".to_owned())
    }
}

/// Something in a link that was not taken as it stands. Shown to the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The part of the link, `key=value`.
    pub part: String,
    /// What was done instead, as a sentence.
    pub instead: String,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part of this link was not understood: {}. {}", self.part, self.instead)
    }
}

/// Reads a number within bounds, clamping to them.
pub(super) fn read_number(field: &mut f64, bounds: &'static Bounds, text: &str) -> Result<(), Rejection> {
    let value = number::parse(text).filter(|value| !bounds.whole || value.fract() == 0.0);
    let value = value.ok_or(Rejection::NotANumber(bounds))?;
    *field = value.clamp(bounds.min, bounds.max);
    if *field == value { Ok(()) } else { Err(Rejection::Clamped(Some(bounds))) }
}

/// Reads a whole number within bounds, clamping to them.
pub(super) fn read_count(field: &mut u32, bounds: &'static Bounds, text: &str) -> Result<(), Rejection> {
    let mut value = f64::from(*field);
    let read = read_number(&mut value, bounds, text);
    *field = value as u32;
    read
}

/// Reads one of a few choices by id.
pub(super) fn read_choice<T>(field: &mut T, choice: Option<T>) -> Result<(), Rejection> {
    *field = choice.ok_or(Rejection::NotUnderstood)?;
    Ok(())
}

/// Reads a place in a table.
pub(super) fn read_index<T>(field: &mut usize, rows: &[T], is_it: impl Fn(&T) -> bool) -> Result<(), Rejection> {
    read_choice(field, rows.iter().position(is_it))
}

/// Reads `0` or `1`.
pub(super) fn read_bool(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

/// Writes `0` or `1`.
pub(super) fn write_bool(value: bool) -> String {
    u8::from(value).to_string()
}

/// `min` to `max`, for the documentation.
pub(super) fn span(bounds: &Bounds) -> String {
    format!("{} to {}", number::format(bounds.min), number::format(bounds.max))
}

/// `a`, `b`, `c`, for the documentation.
pub(super) fn list<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    ids.into_iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}
