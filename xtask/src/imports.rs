//! Short names for what a program imports. wasm-bindgen ends each name in a hash of sixteen digits, which no compression takes
//! out, and writes it into the program and into its glue: 5 KB of a first load. Nobody else reads these names.

use crate::Result;
use std::collections::{HashMap, HashSet};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ImportSection, Module, RawSection};
use wasmparser::{Parser, Payload};

/// A program and its glue with short names in both.
pub fn shorten(wasm: &[u8], glue: &str) -> Result<(Vec<u8>, String)> {
    let mut exported = HashSet::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(exports) = payload? {
            exported.extend(exports.into_iter().filter_map(|export| Some(export.ok()?.name)));
        }
    }
    let mut short = HashMap::new();
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::ImportSection(section) = &payload {
            let mut imports = ImportSection::new();
            for import in section.clone().into_imports() {
                let import = import?;
                // A name that is exported too means two things in the glue.
                let is_ours = import.name.starts_with("__wb") && !exported.contains(import.name);
                let next = format!("i{}", short.len());
                let name = if is_ours { short.entry(import.name).or_insert(next).as_str() } else { import.name };
                imports.import(import.module, name, RoundtripReencoder.entity_type(import.ty)?);
            }
            module.section(&imports);
        } else if let Some((id, range)) = payload.as_section() {
            module.section(&RawSection { id, data: &wasm[range] });
        }
    }
    Ok((module.finish(), renamed(glue, &short)))
}

/// A script in which words have other names.
fn renamed(script: &str, names: &HashMap<&str, String>) -> String {
    let mut renamed = String::with_capacity(script.len());
    let mut rest = script;
    while !rest.is_empty() {
        let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '$';
        let word = &rest[..rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len())];
        renamed.push_str(names.get(word).map_or(word, String::as_str));
        rest = &rest[word.len()..];
        let between = &rest[..rest.find(is_of_word).unwrap_or(rest.len())];
        renamed.push_str(between);
        rest = &rest[between.len()..];
    }
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{EntityType, ExportKind, ExportSection, TypeSection};

    fn program(imports: &[&str]) -> Vec<u8> {
        let (mut types, mut imported, mut exported) = (TypeSection::new(), ImportSection::new(), ExportSection::new());
        types.ty().function([], []);
        for import in imports {
            imported.import("./bg.js", import, EntityType::Function(0));
        }
        exported.export("__wbindgen_both", ExportKind::Func, 0);
        let mut module = Module::new();
        module.section(&types).section(&imported).section(&exported);
        module.finish()
    }

    #[test]
    fn program_and_glue_agree_on_the_names() {
        let wasm = program(&["__wbg_get_0123456789abcdef", "__wbindgen_both", "memory", "__wbg_set_fedcba9876543210"]);
        let glue = "a = { __wbg_get_0123456789abcdef: f, x__wbg_get_0123456789abcdef: 1, é: 2 };\nwasm.__wbindgen_both(); __wbg_set_fedcba9876543210";
        let (wasm, glue) = shorten(&wasm, glue).unwrap();
        assert_eq!(wasm, program(&["i0", "__wbindgen_both", "memory", "i1"]));
        assert_eq!(glue, "a = { i0: f, x__wbg_get_0123456789abcdef: 1, é: 2 };\nwasm.__wbindgen_both(); i1");
    }
}
