//! Routes as text, and back.
//!
//! `#/memory?v=1&model=llama-3.1-8b&precision=bf16`: readable keys, ids never indices, defaults left out, order fixed,
//! `v` first. Reading never fails as a whole: an unknown key or a bad value becomes the default and a [`Notice`].

use super::key::{Key, Notice, Rejection};
use super::learn::{self, LearnScenario};
use super::upgrade::{VERSION, upgrade};
use std::borrow::Cow;

/// The rooms of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Room {
    /// What the page is for, with live answers.
    #[default]
    Home,
    /// The story.
    Learn,
    /// Does it fit in memory?
    Memory,
    /// How large should it be?
    Scaling,
    /// One number, taken apart.
    Formats,
    /// What does lower precision do?
    Quantize,
    /// The same, to the reader's own files.
    Weights,
}

impl Room {
    /// Every room, in the order of the navigation, which leaves out the first.
    pub const ALL: [Self; 7] =
        [Self::Home, Self::Learn, Self::Memory, Self::Scaling, Self::Formats, Self::Quantize, Self::Weights];

    /// The path after `#`.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Home => "/",
            Self::Learn => "/learn",
            Self::Memory => "/memory",
            Self::Scaling => "/scaling",
            Self::Formats => "/formats",
            Self::Quantize => "/quantize",
            Self::Weights => "/weights",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "Start",
            Self::Learn => "Learn",
            Self::Memory => "Memory",
            Self::Scaling => "Scaling",
            Self::Formats => "Formats",
            Self::Quantize => "Quantize",
            Self::Weights => "Weights",
        }
    }
}

/// A room with its inputs.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// [`Room::Home`]
    Home,
    /// [`Room::Learn`]
    Learn(LearnScenario),
    /// [`Room::Memory`], whose keys the engine reads.
    Memory(Vec<(String, String)>),
    /// [`Room::Scaling`], whose keys the engine reads.
    Scaling(Vec<(String, String)>),
    /// [`Room::Formats`], whose keys the engine reads.
    Formats(Vec<(String, String)>),
    /// [`Room::Quantize`], whose keys the engine reads.
    Quantize(Vec<(String, String)>),
    /// [`Room::Weights`], whose keys the engine reads.
    Weights(Vec<(String, String)>),
}

impl Route {
    /// The room.
    #[must_use]
    pub const fn room(&self) -> Room {
        match self {
            Self::Home => Room::Home,
            Self::Learn(_) => Room::Learn,
            Self::Memory(_) => Room::Memory,
            Self::Scaling(_) => Room::Scaling,
            Self::Formats(_) => Room::Formats,
            Self::Quantize(_) => Room::Quantize,
            Self::Weights(_) => Room::Weights,
        }
    }

    /// The text after `#`.
    #[must_use]
    pub fn write(&self) -> String {
        let keys = match self {
            Self::Home => return Room::Home.path().to_owned(),
            Self::Learn(scenario) => write_keys(learn::KEYS, scenario),
            Self::Memory(keys)
            | Self::Scaling(keys)
            | Self::Formats(keys)
            | Self::Quantize(keys)
            | Self::Weights(keys) => keys.clone(),
        };
        let mut text = format!("{}?v={VERSION}", self.room().path());
        for (key, value) in keys {
            text.push('&');
            text.push_str(&percent_encode(&key));
            text.push('=');
            text.push_str(&percent_encode(&value));
        }
        text
    }

    /// Reads the text after `#`, with or without the `#`.
    #[must_use]
    pub fn read(text: &str) -> (Self, Vec<Notice>) {
        let text = text.strip_prefix('#').unwrap_or(text);
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let mut notices = Vec::new();
        let wanted = path.trim_end_matches('/');
        let room = Room::ALL.into_iter().find(|room| room.path().trim_end_matches('/') == wanted);
        let room = room.unwrap_or_else(|| {
            notices
                .push(Notice { part: shorten(path), instead: "There is no such page here; this is the start.".into() });
            Room::Home
        });
        let mut keys = split_query(query);
        let version = take_version(&mut keys, &mut notices);
        let keys = upgrade(version, keys);
        let route = match room {
            Room::Home => Self::Home,
            Room::Learn => Self::Learn(read_keys(learn::KEYS, &keys, &mut notices)),
            Room::Memory => Self::Memory(keys),
            Room::Scaling => Self::Scaling(keys),
            Room::Formats => Self::Formats(keys),
            Room::Quantize => Self::Quantize(keys),
            Room::Weights => Self::Weights(keys),
        };
        (route, notices)
    }
}

fn take_version(keys: &mut Vec<(String, String)>, notices: &mut Vec<Notice>) -> u32 {
    let Some(position) = keys.iter().position(|(key, _)| key == "v") else { return VERSION };
    let (_, text) = keys.remove(position);
    match text.parse() {
        Ok(version) if (1..=VERSION).contains(&version) => version,
        _ => {
            let instead = format!("Reading it as version {VERSION}.");
            notices.push(Notice { part: format!("v={}", shorten(&text)), instead });
            VERSION
        }
    }
}

/// Key and value of every input that is not the default. A key that ends in a dot stands for many: a line `field=value`
/// of its text is the key `name.field`.
#[must_use]
pub fn write_keys<S: Default>(table: &[Key<S>], state: &S) -> Vec<(String, String)> {
    let default = S::default();
    let mut pairs = Vec::new();
    for key in table {
        let value = (key.write)(state);
        if value == (key.write)(&default) {
            continue;
        }
        if !key.name.ends_with('.') {
            pairs.push((key.name.to_owned(), value));
            continue;
        }
        for (field, value) in value.lines().filter_map(|line| line.split_once('=')) {
            pairs.push((format!("{}{field}", key.name), value.to_owned()));
        }
    }
    pairs
}

/// The pairs of a link that a key reads: those of its name; for a key that ends in a dot one with a line for each of its
/// fields.
fn values_of<'a>(name: &str, pairs: &'a [(String, String)]) -> Vec<Cow<'a, str>> {
    if !name.ends_with('.') {
        return pairs.iter().filter(|pair| pair.0 == name).map(|pair| Cow::from(&pair.1)).collect();
    }
    let mut lines = String::new();
    for (key, value) in pairs {
        if let Some(field) = key.strip_prefix(name) {
            lines.push_str(field);
            lines.push('=');
            lines.extend(value.chars().filter(|letter| *letter != '\n'));
            lines.push('\n');
        }
    }
    if lines.is_empty() { vec![] } else { vec![lines.into()] }
}

/// Reads keys in the table's order, so that the order in the link does not matter.
pub fn read_keys<S: Default>(table: &[Key<S>], pairs: &[(String, String)], notices: &mut Vec<Notice>) -> S {
    let mut state = S::default();
    for key in table {
        let values = values_of(key.name, pairs);
        let Some(text) = values.first() else { continue };
        let read = (key.read)(&mut state, text);
        notice(key.name, text, values.len(), read, &|| (key.write)(&state), notices);
    }
    for pair in pairs {
        let is_of = |key: &Key<S>| key.name == pair.0 || key.name.ends_with('.') && pair.0.starts_with(key.name);
        if !table.iter().any(is_of) {
            notices.push(left_out(pair));
        }
    }
    state
}

/// Says what is wrong with the values of a key. Apart from [`read_keys`], of which there is one for each kind of state.
#[inline(never)]
fn notice(
    name: &str,
    text: &str,
    values: usize,
    read: Result<(), Rejection>,
    now: &dyn Fn() -> String,
    notices: &mut Vec<Notice>,
) {
    let has_fields = name.ends_with('.');
    let part = || if has_fields { shorten(text) } else { format!("{name}={}", shorten(text)) };
    match read {
        Ok(()) => {}
        Err(Rejection::Because(why)) if has_fields => notices.push(Notice { part: format!("{name}…"), instead: why }),
        Err(rejection) => {
            let nearest = matches!(rejection, Rejection::Clamped(_));
            let end = if nearest { ", the nearest that is possible." } else { "." };
            notices.push(Notice { part: part(), instead: format!("Using {}{end}", or_nothing(now())) });
        }
    }
    if values > 1 {
        notices.push(Notice { part: part(), instead: "It stands there twice; the first is used.".into() });
    }
}

#[inline(never)]
fn left_out((name, value): &(String, String)) -> Notice {
    let part = if value.is_empty() { shorten(name) } else { format!("{}={}", shorten(name), shorten(value)) };
    Notice { part, instead: "It is left out.".into() }
}

fn or_nothing(text: String) -> String {
    if text.is_empty() { "none".into() } else { shorten(&text) }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}

/// Splits `a=1&b=2` and decodes both sides.
#[must_use]
pub fn split_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (percent_decode(key), percent_decode(value))
        })
        .collect()
}

/// Text as a value of a link.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b',' | b':' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = bytes.get(i + 1..i + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if bytes[i] == b'%' => {
                decoded.push(byte);
                i += 3;
            }
            _ => {
                decoded.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{FormatsScenario, formats};
    use proptest::prelude::*;

    #[test]
    fn a_default_scenario_is_a_short_link() {
        assert_eq!(Route::Home.write(), "/");
        assert_eq!(Route::Memory(vec![]).write(), "/memory?v=1");
        assert_eq!(Route::read("#/memory"), (Route::Memory(vec![]), vec![]));
        assert_eq!(Route::read(""), (Route::Home, vec![]));
    }

    #[test]
    fn nonsense_becomes_the_default_and_a_notice() {
        let Route::Formats(keys) = Route::read("/formats?v=1&round=int3&b=abc").0 else { panic!() };
        let mut notices = Vec::new();
        let scenario: FormatsScenario = read_keys(formats::KEYS, &keys, &mut notices);
        assert_eq!(scenario, FormatsScenario::default());
        let sentences: Vec<String> = notices.iter().map(ToString::to_string).collect();
        assert_eq!(
            sentences,
            [
                "Part of this link was not understood: round=int3. Using even.",
                "Part of this link was not understood: b=abc. It is left out.",
            ]
        );
        assert_eq!(Route::read("/nowhere").0, Route::Home);
        assert_eq!(Route::read("/memory?v=9").1.len(), 1);
    }

    #[test]
    fn every_documented_example_is_read_without_a_notice_and_written_back() {
        fn check<S: Default + PartialEq>(path: &str, table: &[Key<S>]) {
            for key in table {
                let mut notices = Vec::new();
                let pairs = [key.example()];
                let state = read_keys(table, &pairs, &mut notices);
                assert_eq!(notices, [], "{path} {}={}", key.name, key.doc.example);
                assert!(
                    write_keys(table, &state).contains(&key.example()),
                    "{path} {}={} is not written back: {:?}",
                    key.name,
                    key.doc.example,
                    write_keys(table, &state)
                );
            }
        }
        check("learn", learn::KEYS);
        check("memory", super::super::memory::KEYS);
        check("scaling", super::super::scaling::KEYS);
        check("formats", formats::KEYS);
        check("quantize", super::super::quantize::KEYS);
        check("view", super::super::view::KEYS);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic_and_what_is_read_is_written_back(text: String) {
            for prefix in ["", "/memory?", "/scaling?given=", "/quantize?values=", "/formats?x=", "/formats?formats=", "/memory?v=1&params="] {
                let (route, _) = Route::read(&format!("{prefix}{text}"));
                let (again, notices) = Route::read(&route.write());
                prop_assert_eq!(&again, &route);
                prop_assert_eq!(notices, vec![]);
            }
        }
    }
}
