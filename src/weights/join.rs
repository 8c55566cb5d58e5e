//! From what was read of several files to one checkpoint: shards and their index, the parts of a split GGUF, a configuration.

use super::Error;
use super::checkpoint::{Checkpoint, Container, FileInfo};
use super::open::{Contents, by_place};
use crate::order;
use std::collections::BTreeMap;

/// Metadata that is looked through for what a shard says again.
const MAX_COMPARED: usize = 1000;

/// What was read of a file.
#[derive(Debug)]
pub(super) enum Item {
    /// Tensors.
    Contents(Contents),
    /// A file of this name that says which tensor is in which file.
    Index(String, BTreeMap<String, String>),
    /// A file of this name that is a `config.json`, and its content.
    Config(String, String),
    /// Nothing of use.
    Other(Error),
}

/// Names that a sentence has room for, and how many more there are.
pub(super) fn some<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    const SHOWN: usize = 4;
    let mut names = names.into_iter();
    let mut shown = String::new();
    for name in names.by_ref().take(SHOWN) {
        let comma = if shown.is_empty() { "" } else { ", " };
        shown.push_str(comma);
        shown.push_str(name.as_ref());
    }
    match names.count() {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Names in order, each once.
fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    order::sort_by(&mut names, Ord::cmp);
    names.dedup();
    names
}

/// The names that stand there more than once.
pub(super) fn twice(mut names: Vec<&str>) -> Vec<&str> {
    order::sort_by(&mut names, Ord::cmp);
    let again = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    let mut again: Vec<&str> = again.collect();
    again.dedup();
    again
}

/// A path without its folders.
fn base(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Puts the files together, of which there is an item each.
///
/// # Errors
/// If no file has tensors.
pub(super) fn join(files: &[FileInfo], items: Vec<Item>) -> Result<Checkpoint, Error> {
    let (mut all, mut index, mut config, mut others) = (Vec::new(), BTreeMap::new(), None, Vec::new());
    let mut index_name = None;
    for (item, info) in items.into_iter().zip(files) {
        match item {
            Item::Contents(contents) => all.push((info.name.as_str(), contents)),
            Item::Index(name, map) => {
                index.extend(map);
                index_name = Some(name);
            }
            Item::Config(name, text) => config = Some((name, text)),
            Item::Other(error) => others.push(error),
        }
    }
    let mut notes = Vec::new();
    if let Some(name) = &index_name {
        obey(name, &index, &mut all, &mut notes)?;
    }
    if all.is_empty() {
        return Err(others.into_iter().next().unwrap_or_else(|| {
            let file = config.map_or_else(String::new, |(name, _)| name);
            let advice = "open it together with the model’s files with weights".into();
            Error::NotACheckpoint { file, what: "a model’s configuration without its weights", advice }
        }));
    }
    notes.extend(others.iter().map(ToString::to_string));
    parts(&mut all, &mut notes);
    let container = all[0].1.container;
    if let Some((name, _)) = all.iter().find(|(_, contents)| !is_same_kind(contents.container, container)) {
        notes.push(format!("{} and {name} are files of different kinds", all[0].0));
    }
    let mut checkpoint =
        Checkpoint { container, files: files.to_vec(), tensors: Vec::new(), metadata: Vec::new(), config: None, notes };
    checkpoint.config = config.map(|(_, text)| text);
    for (_, mut contents) in all {
        checkpoint.tensors.append(&mut contents.tensors);
        // Every shard says the same of itself, in few words.
        let known = checkpoint.metadata.len();
        let is_new = |pair: &(String, String)| known > MAX_COMPARED || !checkpoint.metadata.contains(pair);
        contents.metadata.retain(is_new);
        checkpoint.metadata.append(&mut contents.metadata);
        checkpoint.notes.append(&mut contents.notes);
    }
    by_place(&mut checkpoint.tensors);
    let again = twice(checkpoint.tensors.iter().map(|tensor| tensor.name.as_str()).collect());
    if !again.is_empty() {
        let note = format!("names that stand for more than one tensor: {}", some(again));
        checkpoint.notes.push(note);
    }
    Ok(checkpoint)
}

/// Whether both are of one kind, whatever their version.
fn is_same_kind(a: Container, b: Container) -> bool {
    a == b || matches!((a, b), (Container::Gguf(_), Container::Gguf(_)))
}

/// A tensor with its file, which has no `/` in its name.
fn place(file: &str, tensor: &str) -> String {
    [file, "/", tensor].concat()
}

/// Takes only the files that an index names, and says what is not as it says.
fn obey(
    name: &str,
    index: &BTreeMap<String, String>,
    all: &mut Vec<(&str, Contents)>,
    notes: &mut Vec<String>,
) -> Result<(), Error> {
    let named = sorted(index.values().map(|path| base(path)).collect());
    let there = sorted(all.iter().map(|(file, _)| *file).collect());
    let missing = || named.iter().copied().filter(|file| there.binary_search(file).is_err());
    if missing().count() == named.len() {
        return if all.is_empty() {
            Err(Error::OnlyAnIndex { file: name.to_owned(), parts: some(missing()) })
        } else {
            notes.push(format!("{name} names none of these files, so it is not used"));
            Ok(())
        };
    }
    if missing().next().is_some() {
        notes.push(format!("{name} names files that are missing, and their tensors with them: {}", some(missing())));
    }
    let unnamed = there.iter().copied().filter(|file| named.binary_search(file).is_err());
    if unnamed.clone().next().is_some() {
        notes.push(format!("{name} does not name these files, and they are left out: {}", some(unnamed)));
    }
    all.retain(|(file, _)| named.binary_search(file).is_ok());
    let places: Vec<String> = all
        .iter()
        .flat_map(|(file, contents)| contents.tensors.iter().map(move |tensor| place(file, &tensor.name)))
        .collect();
    let places = sorted(places.iter().map(String::as_str).collect());
    let is_absent = |(tensor, path): &(&String, &String)| {
        let file = base(path);
        there.binary_search(&file).is_ok() && places.binary_search(&place(file, tensor).as_str()).is_err()
    };
    let absent: Vec<&str> = index.iter().filter(is_absent).map(|(tensor, _)| tensor.as_str()).collect();
    if !absent.is_empty() {
        notes.push(format!("{name} names tensors that are not in their file: {}", some(absent)));
    }
    let tensors = all.iter().flat_map(|(_, contents)| &contents.tensors).map(|tensor| tensor.name.as_str());
    let extra: Vec<&str> = tensors.filter(|name| !index.contains_key(*name)).collect();
    if !extra.is_empty() {
        notes.push(format!("{name} does not name these tensors of its files: {}", some(extra)));
    }
    Ok(())
}

/// Puts the first part of a split GGUF before the others, and names those that are missing.
fn parts(all: &mut [(&str, Contents)], notes: &mut Vec<String>) {
    let number = |contents: &Contents, key: &str| -> Option<u32> {
        contents.metadata.iter().find(|pair| pair.0 == key)?.1.parse().ok()
    };
    let part = |contents: &Contents| number(contents, "split.no").unwrap_or(0);
    // A GGUF has at most 65 535 parts, the range of `split.count`.
    let counted = all.iter().find_map(|(file, contents)| {
        Some((*file, part(contents), number(contents, "split.count").filter(|n| (2..=0xffff).contains(n))?))
    });
    let Some((file, no, count)) = counted else { return };
    let there: Vec<u32> = all.iter().map(|(_, contents)| part(contents)).collect();
    // The first part speaks for all.
    if let Some(first) = there.iter().position(|no| *no == 0) {
        all.swap(0, first);
    }
    // llama.cpp counts from 0 in the key and from 1 in the name.
    let name = |no: u32| format!("-{:05}-of-{count:05}", no + 1);
    // One after the other: their number is what a file claims.
    let mut missing = (0..count)
        .filter(|no| !there.contains(no))
        .map(|missing| file.replace(&name(no), &name(missing)))
        .map(|named| if named == file { "of another name".to_owned() } else { named })
        .peekable();
    if missing.peek().is_some() {
        notes.push(format!("parts of this GGUF are missing: {}; open all {count} together", some(missing)));
    }
}
