//! The vectors in `tests/golden/formats/`: little-endian numbers in `.bin` files, in the order of C, with type and
//! shape in `manifest.json`.
//!
//! Both are read at run time, so that vectors made from other seeds can be put in their place.

use crate::golden;
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The numbers of one file.
pub struct Vector<T> {
    /// The length of each dimension, the outermost first.
    pub shape: Vec<usize>,
    /// The numbers, the last dimension fastest.
    pub data: Vec<T>,
}

/// A type that a file can hold.
pub trait Element: Sized {
    /// What the manifest calls it.
    const DTYPE: &str;
    /// Its numbers, one after the other.
    fn read_all(bytes: &[u8]) -> Vec<Self>;
}

macro_rules! elements {
    ($($element:ty: $dtype:literal),*) => {$(
        impl Element for $element {
            const DTYPE: &str = $dtype;
            fn read_all(bytes: &[u8]) -> Vec<Self> {
                let (numbers, _) = bytes.as_chunks();
                numbers.iter().map(|&number| Self::from_le_bytes(number)).collect()
            }
        }
    )*};
}
elements!(f32: "float32", u8: "uint8", i8: "int8", u16: "uint16", u32: "uint32", i32: "int32");

/// Reads a file by its path in the manifest, such as `tensor/main.bin`.
pub fn load<T: Element>(path: &str) -> Vector<T> {
    let entry = &manifest()["files"][path];
    assert!(entry.is_object(), "{path} is not in manifest.json");
    let (dtype, shape) = (&entry["dtype"], &entry["shape"]);
    assert!(dtype == T::DTYPE, "{path} holds {dtype}, and {} was asked for", T::DTYPE);
    let shape: Vec<usize> = shape
        .as_array()
        .and_then(|lengths| lengths.iter().map(|length| usize::try_from(length.as_u64()?).ok()).collect())
        .unwrap_or_else(|| panic!("{path} has the shape {shape} in manifest.json, which is none"));
    let bytes = std::fs::read(full_path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let expected: usize = shape.iter().product::<usize>() * size_of::<T>();
    assert_eq!(bytes.len(), expected, "bytes of {path} (left) and of the shape {shape:?} in manifest.json (right)");
    Vector { shape, data: T::read_all(&bytes) }
}

/// What a file holds, as the manifest calls it.
pub fn dtype(path: &str) -> String {
    manifest()["files"][path]["dtype"].as_str().unwrap_or_else(|| panic!("{path} is not in manifest.json")).to_owned()
}

/// The names of the files of a folder that end so, without the ending: `Q4_0` for `ggml/Q4_0.q.bin` and `.q.bin`.
pub fn names(folder: &str, ending: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(full_path(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries
        .filter_map(|entry| entry.unwrap_or_else(|error| panic!("{folder}: {error}")).file_name().into_string().ok());
    names.filter_map(|name| name.strip_suffix(ending).map(str::to_owned)).collect()
}

/// Asserts that two lists are equal to the bit, and any NaN equal to any other.
pub fn assert_same_floats(what: &str, actual: &[f32], expected: &[f32]) {
    assert_same(what, actual, expected, |a, b| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan());
}

/// Asserts that two lists of codes or bytes are equal.
pub fn assert_same_codes<T: PartialEq + std::fmt::Debug>(what: &str, actual: &[T], expected: &[T]) {
    assert_same(what, actual, expected, T::eq);
}

fn assert_same<T: std::fmt::Debug>(what: &str, actual: &[T], expected: &[T], is_same: impl Fn(&T, &T) -> bool) {
    assert_eq!(actual.len(), expected.len(), "{what}: how many there are");
    let different: Vec<usize> = (0..actual.len()).filter(|&i| !is_same(&actual[i], &expected[i])).collect();
    if let Some(&first) = different.first() {
        let (count, of, actual, expected) = (different.len(), actual.len(), &actual[first], &expected[first]);
        panic!("{what}: {count} of {of} differ, first number {first}, which is {actual:?} and should be {expected:?}");
    }
}

fn manifest() -> &'static Value {
    static MANIFEST: OnceLock<Value> = OnceLock::new();
    MANIFEST.get_or_init(|| golden("formats/manifest.json"))
}

fn full_path(path: &str) -> String {
    format!("{}/tests/golden/formats/{path}", env!("CARGO_MANIFEST_DIR"))
}
