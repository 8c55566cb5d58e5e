//! What the documentation says of links is what the code does. `BLESS=1 cargo test --test docs` writes it anew.
#![cfg(not(target_arch = "wasm32"))]

use bitbudget::catalog::MODELS;
use bitbudget::formats::listing::{COLUMNS, cells};
use bitbudget::formats::{FORMATS, LIBRARIES};
use bitbudget::labs::read_link;
use bitbudget::quantize::GRID_RULES;
use bitbudget::scenario::{Key, Room, formats, learn, memory, quantize, scaling, view, weights};
use bitbudget::transformer::FAMILIES;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const INTRODUCTION: &str = "# Links

Every state of the page is a link. What stands after `?` says how the page looks and works; what stands after `#` says
what is computed:

```text
https://…/?theme=dark&compute=cpu#/memory?v=1&precision=bf16&gpu=rtx-4090
```

- Keys are readable and permanent; ids are never reused. Defaults are left out, `v` comes first, the order is fixed.
- `v` is the version of the link. Links of older versions keep opening as they did.
- Nothing in a link is an error: an unknown key is left out, a value that is not understood becomes the default, a number
  out of range becomes the nearest in range, and the page says so.
- Numbers may be written `7e9`, `7B`, `350M`, `1.5T` or `2^30`.
- The page writes the address as you change things, at most every 0.4 s; an embedded page never does.

This page is generated from the tables of keys in `src/scenario/` (`BLESS=1 cargo test --test docs`).
";

fn table<S: Default>(page: &mut String, prefix: &str, keys: &[Key<S>]) {
    page.push_str("\n| key | what it sets | values | default | example |\n|---|---|---|---|---|\n");
    for key in keys {
        let default = (key.write)(&S::default());
        let (name, doc) = (key.name, &key.doc);
        let values = (doc.values)();
        let about = doc.about;
        let (key, example) = key.example();
        _ = writeln!(page, "| `{name}` | {about} | {values} | `{default}` | `{prefix}{key}={example}` |");
    }
}

fn links_page() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n## How it looks: after `?`\n");
    table(&mut page, "?", view::KEYS);
    page.push_str("\n## The start page: `#/`\n\nNo keys.\n");
    page.push_str("\n## The story: `#/learn`\n\nWhat was guessed is in no link.\n");
    table(&mut page, "#/learn?v=1&", learn::KEYS);
    page.push_str("\n## The Memory lab: `#/memory`\n");
    table(&mut page, "#/memory?v=1&", memory::KEYS);
    page.push_str("\n## The Scaling lab: `#/scaling`\n");
    table(&mut page, "#/scaling?v=1&", scaling::KEYS);
    page.push_str("\n## The Formats lab: `#/formats`\n");
    table(&mut page, "#/formats?v=1&", formats::KEYS);
    page.push_str("\n## The Quantize lab: `#/quantize`\n");
    table(&mut page, "#/quantize?v=1&", quantize::KEYS);
    page.push_str("\n## The Weights lab: `#/weights`\n\nNothing of a file is in these links. The one that takes a model to the Memory lab has the sizes of its `config.json`.\n");
    table(&mut page, "#/weights?v=1&", weights::KEYS);
    page
}

#[test]
fn docs_links_says_what_the_tables_of_keys_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/links.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, links_page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, links_page(), "run BLESS=1 cargo test --test docs");
}

const FORMATS_INTRODUCTION: &str = "# Number formats

Every format that Bitbudget knows, with what follows from its row in `src/formats/table.rs`. The page shows the same table,
sorts it and gives it as CSV with all digits (`#/formats`, *All formats with their facts*).

- *Bits per weight* has a block's scales in it, but not those of a whole tensor or row.
- *Largest* and *smallest* of a block are its element's times its scale's; where the scale is any FP32 or FP16 number there is
  no fixed end. Integers have none without a scale.
- *Range* is the largest over the smallest positive value, as a power of ten and as 20·log₁₀ in decibels.

This page is generated (`BLESS=1 cargo test --test docs`).

";

fn formats_page() -> String {
    let mut page = FORMATS_INTRODUCTION.to_owned();
    let columns = || COLUMNS.iter().filter(|column| column.name != "Source");
    page.push_str("| id |");
    columns().for_each(|column| _ = write!(page, " {} |", column.name));
    page.push_str("\n|---|");
    columns().for_each(|_| page.push_str("---|"));
    page.push('\n');
    for format in FORMATS {
        _ = write!(page, "| `{}` |", format.id);
        let cells = cells(format).into_iter().zip(COLUMNS).filter(|(_, column)| column.name != "Source");
        cells.for_each(|(cell, _)| _ = write!(page, " {} |", cell.shown()));
        page.push('\n');
    }
    page.push_str("\n## What each is for, and where it is defined\n\n");
    for format in FORMATS {
        let source = format.source;
        let (name, note) = (format.name, format.note);
        _ = writeln!(page, "- **{name}**: {note} [{}]({}) ({}).", source.title, source.url, source.as_of);
    }
    page.push_str("\n## Whose rule\n\nWhere the standards leave a choice, the page offers each library's:\n\n");
    for library in LIBRARIES {
        _ = writeln!(
            page,
            "- `{}` **{}**: {} [{}]({}).",
            library.id, library.name, library.note, library.source.title, library.source.url
        );
    }
    page.push_str("\nAnd for the scale of whole numbers:\n\n");
    for rule in GRID_RULES {
        _ = writeln!(
            page,
            "- `{}` **{}**: {} [{}]({}).",
            rule.id, rule.name, rule.note, rule.source.title, rule.source.url
        );
    }
    page
}

#[test]
fn docs_formats_says_what_the_table_of_formats_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formats.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, formats_page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, formats_page(), "run BLESS=1 cargo test --test docs");
}

const MEMORY_INTRODUCTION: &str = "# The Memory lab

What one GPU needs to run or to train a model, part by part, worked out from the model's architecture. The formulas, with their
sources, stand at the functions that they are: `src/transformer/` counts parameters tensor by tensor, `src/memory/` the rest.

- **Run**: weights in any format of the table or in a recipe that mixes them, scales included; the KV cache as the chosen engine
  keeps it; the largest moment of a pass; logits; what the runtime needs. And how fast memory and arithmetic let it be.
- **Train**: what is there all the time, and the largest of three moments of a step. Until batch, length or GPUs are asked about, the
  cheat sheet's sum: 4 bytes for a weight, 4 for its gradient, 8 for Adam, 8 for activations and temporaries.
- **LoRA, QLoRA**: adapters beside frozen weights; activations stay as they are.
- **Several GPUs**: the most loaded one.
- **Turned round**: the longest sequences, the most of them, the fewest GPUs, the smallest GPU, and the smallest change that fits.

A part of a training is reported at the moment at which it is largest: gradients come when activations go, so the parts of a report
may add up to more than `per_gpu_bytes`, which is the peak.

`cargo test --test golden` holds all of it against numbers of others (`tests/golden/memory.json`: any file of that schema;
`tests/golden/architectures.json`: models that transformers builds, tensor by tensor).

## Checked against: parameters

By `transformers` 4.57.6, each model built from its config and its parameters added up, tied tensors once; and as counted here.

";

fn memory_page() -> String {
    let mut page = MEMORY_INTRODUCTION.to_owned();
    page.push_str("| id | model | `model_type` | expected | computed |\n|---|---|---|--:|--:|\n");
    for model in MODELS {
        let architecture = model.architecture().expect("an architecture");
        let (id, name, family) = (model.id, model.name, architecture.family.model_type);
        let (expected, computed) = (model.params.get(), architecture.params());
        _ = writeln!(page, "| `{id}` | {name} | `{family}` | {expected:.0} | {computed} |");
    }
    page.push_str("\n## Families\n\nAny `config.json` of these is counted; another is refused by name.\n\n");
    for family in FAMILIES {
        let source = family.source;
        _ = writeln!(page, "- `{}` {}: [{}]({})", family.model_type, family.name, source.title, source.url);
    }
    page
}

#[test]
fn docs_memory_says_what_is_computed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/memory.md");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, memory_page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, memory_page(), "run BLESS=1 cargo test --test docs");
}

#[test]
fn every_room_has_a_section_in_docs_links() {
    for room in Room::ALL {
        assert!(links_page().contains(&format!("`#{}`", room.path())), "{room:?}");
    }
}

#[test]
fn every_link_in_the_documentation_opens_without_a_notice() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut checked = 0;
    for file in ["README.md", "docs/links.md", "docs/embedding.md", "docs/teaching.md"] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        for (start, _) in text.match_indices("#/") {
            let link = text[start..].split(['`', '"', ')', ' ', '\n', '…', '<']).next().unwrap();
            let (route, notices) = read_link(link);
            assert!(notices.is_empty(), "{file}: {link}: {notices:?}");
            assert!(link.starts_with(&format!("#{}", route.room().path())), "{file}: {link}");
            checked += 1;
        }
    }
    assert!(checked > 25, "only {checked} links found");
}
