//! The things a reader picks by name: accelerators, models, and the training runs that papers argue about.
//!
//! Each file is one table of rows. A row is permanent once published: its `id` stands in people's links, so it is never
//! renamed nor reused; its name may change. Every row carries the `Source` that it was read
//! in, and the tests compare every row with `tests/golden/`.
//!
//! Only what somebody else measured or announced stands here. What follows from it (bytes, FLOP, ratios) is a method or
//! belongs to the modules that stand on this one.

pub mod famous;
pub mod gpus;
pub mod models;

pub use famous::{FAMOUS, FamousModel, PublishedCompute, famous};
pub use gpus::{DEFAULT_GPU, DensePeak, GPUS, Gpu, Vendor, gpu};
pub use models::{MODELS, Model, model};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use std::collections::HashSet;

    fn is_id(id: &str) -> bool {
        id.split(['.', '_', '-'])
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
    }

    fn check(table: &str, rows: impl Iterator<Item = (&'static str, Source)>) {
        let mut seen = HashSet::new();
        for (id, source) in rows {
            assert!(is_id(id), "{table}: `{id}` is not an id");
            assert!(seen.insert(id), "{table}: `{id}` stands twice");
            assert!(!source.title.is_empty(), "{table}: {id} has no source");
            assert!(source.url.starts_with("https://"), "{table}: {id} has no address");
            assert!(source.as_of.len() >= 7, "{table}: {id} has no date");
        }
    }

    #[test]
    fn every_row_has_its_own_id_and_a_source() {
        check("gpus", GPUS.iter().map(|row| (row.id, row.source)));
        check("models", MODELS.iter().map(|row| (row.id, row.source)));
        check("famous", FAMOUS.iter().map(|row| (row.id, row.source)));
    }

    #[test]
    fn rows_are_found_by_id_and_by_nothing_else() {
        assert_eq!(gpu("t4").map(|row| row.name), Some("T4"));
        assert_eq!(model("gpt2").map(|row| row.name), Some("GPT-2"));
        assert_eq!(famous("chinchilla-70b").map(|row| row.year), Some(2022));
        assert!(gpu("T4").is_none() && model("").is_none() && famous("gpt-5").is_none());
    }
}
