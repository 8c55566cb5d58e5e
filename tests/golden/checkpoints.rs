//! `checkpoints/`: files by the writers of safetensors, gguf and NumPy, read to the same bits; broken ones with the libraries'
//! own verdicts; and any bytes at all.

use crate::{golden, list, text};
use bitbudget::formats::format;
use bitbudget::weights::checkpoint::{Checkpoint, Container, FileInfo, Packing, Span, Stored};
use bitbudget::weights::open::{Hints, Opening, Step};
use bitbudget::weights::reading::Reading;
use bitbudget::weights::{Dtype, Error, decode::decode, safetensors::DTYPES};
use proptest::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

type File = (String, Vec<u8>);

/// The system's allocator, which remembers the largest piece that a thread has asked for.
struct Watched;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call is handed on as it is.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: the caller keeps the rules of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the rules of `dealloc`, and the pointer is of `alloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// Larger than any piece that a reader has whatever the file says: a window, what is inflated at once and its values.
const WORKING_MEMORY: usize = 8 << 20;

/// Asserts that nothing larger is allocated than the files have bytes, room to grow included, or working memory.
fn assert_little_is_allocated(files: &[File]) {
    let (total, largest) = (files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>(), LARGEST.take());
    assert!(largest <= WORKING_MEMORY.max(8 * total), "{largest} bytes are allocated for files of {total}");
}

fn load(name: &str) -> File {
    let path = format!("{}/tests/golden/checkpoints/{name}", env!("CARGO_MANIFEST_DIR"));
    (name.to_owned(), std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
}

fn bytes_of(files: &[File], span: Span) -> &[u8] {
    &files[span.file as usize].1[span.start as usize..span.end as usize]
}

/// Opens files, and asserts that no more is read of them than twice what there is, and a look at the beginning of each.
fn open(files: &[File], hints: Hints) -> Result<Checkpoint, Error> {
    let infos = files.iter().map(|(name, bytes)| FileInfo { name: name.clone(), len: bytes.len() as u64 }).collect();
    let total: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    let mut opening = Opening::with_hints(infos, hints);
    let (mut bytes, mut read) = (&[][..], 0);
    loop {
        match opening.next(bytes)? {
            Step::Done(checkpoint) => return Ok(*checkpoint),
            Step::Read(span) => {
                read += span.len();
                assert!(read <= 4 * total + (1 << 20), "{read} bytes are read of {total}");
                bytes = bytes_of(files, span);
            }
        }
    }
}

/// All values of a tensor, handed over in slices of `n`.
fn values(files: &[File], tensor: &Stored, n: usize) -> Result<Vec<f32>, Error> {
    let (mut reading, mut all) = (Reading::new(tensor.clone()), Vec::new());
    while (all.len() as u64) < tensor.len() {
        while let Some(span) = reading.wanted(n) {
            reading.take(bytes_of(files, span))?;
        }
        let mut slice = Vec::new();
        reading.hand_over(n, &mut slice);
        assert!(slice.len() == n || (all.len() + slice.len()) as u64 == tensor.len(), "a slice of {}", slice.len());
        all.extend(slice);
    }
    Ok(all)
}

fn sha(values: &[f32]) -> String {
    let bits = values.iter().map(|x| if x.is_nan() { 0x7fc0_0000 } else { x.to_bits() });
    let bytes: Vec<u8> = bits.flat_map(u32::to_le_bytes).collect();
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A type as expected.json calls it: safetensors' name, or ggml's.
fn name_of(dtype: Dtype) -> String {
    match dtype {
        Dtype::Number(format) => DTYPES.iter().find(|row| row.1 == format.id).map_or(format.id, |row| row.0).to_owned(),
        Dtype::Blocks(block_type) => block_type.name.to_owned(),
        Dtype::Integer { bits, is_signed } => format!("{}{bits}", if is_signed { 'I' } else { 'U' }),
        Dtype::Fp64 => "F64".into(),
        Dtype::Bool => "BOOL".into(),
        Dtype::Complex(bits) => format!("C{}", 2 * bits),
    }
}

fn name_of_container(container: Container) -> String {
    match container {
        Container::Safetensors => "safetensors".into(),
        Container::Gguf(version) => format!("gguf {version}"),
        Container::Npy => "npy".into(),
        Container::Npz => "npz".into(),
        Container::Raw => "raw".into(),
        Container::Text => "text".into(),
    }
}

fn sets() -> Vec<Value> {
    list(&golden("checkpoints/expected.json"), "sets").to_vec()
}

fn files_of(set: &Value) -> Vec<File> {
    list(set, "files").iter().map(|name| load(name.as_str().expect("a name"))).collect()
}

fn hints_of(set: &Value) -> Hints {
    Hints { format: set["void"].as_str().and_then(format), cols: 0 }
}

#[test]
fn files_of_other_writers_are_read_to_the_same_bits() {
    let mut tried = 0;
    for set in sets().iter().filter(|set| set.get("error").is_none()) {
        let (what, files) = (set["files"].to_string(), files_of(set));
        let checkpoint = open(&files, hints_of(set)).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(name_of_container(checkpoint.container), text(set, "container"), "{what}");
        let ours: BTreeMap<&str, &Stored> =
            checkpoint.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        assert_eq!(ours.len(), list(set, "tensors").len(), "{what}: {:?}", ours.keys());
        for expected in list(set, "tensors") {
            let name = text(expected, "name");
            let tensor = ours.get(name).unwrap_or_else(|| panic!("{what} lacks {name}"));
            assert_eq!(name_of(tensor.dtype), text(expected, "dtype"), "{what}: {name}");
            let shape: Vec<u64> = list(expected, "shape").iter().filter_map(Value::as_u64).collect();
            assert_eq!(tensor.shape, shape, "{what}: {name}");
            for n in [usize::MAX, 1000, 7] {
                let values = values(&files, tensor, n).unwrap_or_else(|error| panic!("{what}: {name}: {error}"));
                assert_eq!(sha(&values), text(expected, "sha256"), "{what}: {name} in slices of {n}: {values:?}");
                tried += 1;
            }
        }
        let metadata: BTreeMap<&str, &str> =
            checkpoint.metadata.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        for (key, value) in set["metadata"].as_object().into_iter().flatten() {
            assert_eq!(metadata.get(key.as_str()).copied(), value.as_str(), "{what}: {key}");
        }
        let config: Option<Value> = checkpoint.config.map(|config| serde_json::from_str(&config).unwrap());
        assert_eq!(config.as_ref().map(|config| &config["model_type"]), set.get("config"), "{what}");
        if let Some(notes) = set["notes"].as_array() {
            assert_eq!(checkpoint.notes.len(), notes.len(), "{what}: {:?}", checkpoint.notes);
            for note in notes.iter().filter_map(Value::as_str) {
                assert!(checkpoint.notes.iter().any(|ours| ours.contains(note)), "{what}: {:?}", checkpoint.notes);
            }
        }
    }
    assert!(tried > 200, "{tried} tensors");
}

#[test]
fn what_is_no_checkpoint_is_named() {
    let mut tried = 0;
    for set in sets().iter().filter(|set| set.get("error").is_some()) {
        let error = open(&files_of(set), hints_of(set)).expect_err(&set["files"].to_string()).to_string();
        assert!(error.contains(text(set, "error")), "{}: {error}", set["files"]);
        tried += 1;
    }
    assert!(tried > 10, "{tried} sets");
}

/// Values by [`Stored::values_span`] and [`decode`], which is how plain tensors are read from any place on.
#[test]
fn slices_from_any_place_are_those_of_the_whole() {
    for name in ["dtypes.safetensors", "sub_byte.safetensors", "types.gguf", "big_endian.gguf", "big_f8.npy"] {
        let files = [load(name)];
        for tensor in open(&files, Hints::default()).unwrap().tensors {
            let whole = values(&files, &tensor, usize::MAX).unwrap();
            let unit = tensor.dtype.unit().0;
            for first in (0..tensor.len()).step_by(unit as usize) {
                let n = (2 * unit).min(tensor.len() - first);
                let span = tensor.values_span(first, n).unwrap();
                let mut slice = Vec::new();
                decode(tensor.dtype, tensor.is_big_endian, bytes_of(&files, span), n as usize, &mut slice);
                assert_eq!(sha(&slice), sha(&whole[first as usize..(first + n) as usize]), "{name}: {}", tensor.name);
            }
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hexadecimal digits")).collect()
}

#[test]
fn broken_safetensors_are_refused_as_the_library_refuses_them() {
    // Its liberties that the format's description does not give.
    let stricter = ["space_before", "twice"];
    let golden = golden("checkpoints/expected.json");
    for case in list(&golden, "safetensors") {
        let (name, refused) = (text(case, "name"), case["refused"].as_str());
        let file = (format!("{name}.safetensors"), unhex(text(case, "hex")));
        let opened = open(&[file], Hints::default());
        let is_refused = match &opened {
            Ok(checkpoint) => checkpoint.notes.iter().any(|note| note.contains("library refuses")),
            Err(_) => true,
        };
        assert_eq!(is_refused, refused.is_some() || stricter.contains(&name), "{name}: {opened:?} for {refused:?}");
    }
}

#[test]
fn broken_arrays_are_refused_as_numpy_refuses_them() {
    let golden = golden("checkpoints/expected.json");
    for case in list(&golden, "npy") {
        let (name, refused) = (text(case, "name"), case["refused"].as_str());
        let opened = open(&[(format!("{name}.npy"), unhex(text(case, "hex")))], Hints::default());
        assert_eq!(opened.is_err(), refused.is_some(), "{name}: {opened:?} for {refused:?}");
    }
}

#[test]
fn any_beginning_of_a_file_is_an_error() {
    for name in
        ["dtypes.safetensors", "sub_byte.safetensors", "keys.gguf", "types.gguf", "little_f4.npy", "deflated.npz"]
    {
        let (_, bytes) = load(name);
        let step = (bytes.len() / 400).max(1);
        for end in (0..bytes.len() - 1).step_by(step).chain(bytes.len().saturating_sub(100)..bytes.len() - 1) {
            let opened = open(&[(name.to_owned(), bytes[..end].to_vec())], Hints::default());
            // GGUF pads the last tensor, and a file without that is whole.
            let is_padding = name.ends_with("gguf") && bytes.len() - end < 32;
            assert!(opened.is_err() || is_padding, "{end} of {} bytes of {name}: {opened:?}", bytes.len());
        }
    }
}

#[test]
fn an_array_without_a_header_needs_its_format_and_the_numbers_of_a_row() {
    let (_, npy) = load("little_f4.npy");
    let file = [("weights.bin".to_owned(), [npy[npy.len() - 60..].to_vec()].concat())];
    let error = open(&file, Hints::default()).unwrap_err().to_string();
    assert!(error.contains("float32 has 15 values"), "{error}");
    let raw = |cols| Hints { format: format("fp32"), cols };
    let tensor = open(&file, raw(5)).unwrap().tensors.remove(0);
    let expected = sets().into_iter().find(|set| set["files"][0] == "little_f4.npy").unwrap();
    assert_eq!(sha(&values(&file, &tensor, 4).unwrap()), text(&expected["tensors"][0], "sha256"));
    assert_eq!((tensor.name.as_str(), tensor.packing), ("weights", Packing::Plain));
    assert_eq!(tensor.shape, [3, 5]);
    for cols in [4, 1 << 40, u64::MAX] {
        assert!(matches!(open(&file, raw(cols)), Err(Error::WrongLength { len: 60, .. })), "{cols}");
    }
}

/// A zip of the long form: NumPy’s own with the end that it would have were it larger than 4 GiB.
fn long_form(zip: &[u8]) -> Vec<u8> {
    let (members, end) = zip.split_at(zip.len() - 22);
    let field =
        |at: usize, n: usize| end[at..at + n].iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
    let (n, size, from) = (field(10, 2), field(12, 4), field(16, 4));
    let mut long = members.to_vec();
    long.extend(b"PK\x06\x06");
    long.extend([&44u64.to_le_bytes()[..], &[45, 0, 45, 0], &[0; 8]].concat());
    [n, n, size, from].iter().for_each(|number| long.extend(number.to_le_bytes()));
    long.extend(b"PK\x06\x07\0\0\0\0");
    long.extend((members.len() as u64).to_le_bytes());
    long.extend(b"\x01\0\0\0PK\x05\x06\0\0\0\0\xff\xff\xff\xff");
    long.extend([0xff; 8]);
    long.extend(b"\x03\0end");
    long
}

#[test]
fn zips_of_the_long_form_are_read_and_what_is_in_the_way_is_named() {
    let (name, zip) = load("deflated.npz");
    let plain = [(name.clone(), zip.clone())];
    let long = [(name, long_form(&zip))];
    let (a, b) = (open(&plain, Hints::default()).unwrap(), open(&long, Hints::default()).unwrap());
    assert_eq!(a.tensors, b.tensors);
    assert_eq!(values(&plain, &a.tensors[0], 5), values(&long, &b.tensors[0], 100));
    let directory = zip.windows(4).position(|word| word == b"PK\x01\x02").unwrap();
    for (at, value, what) in [(8, 1, "is encrypted"), (10, 12, "packed by the method 12")] {
        let mut zip = zip.clone();
        zip[directory + at] = value;
        let error = open(&[("z.npz".into(), zip)], Hints::default()).unwrap_err().to_string();
        assert!(error.contains(what), "{error}");
    }
    let data = a.tensors[0].span.start as usize;
    let mut broken = zip.clone();
    broken[data + 140..data + 200].fill(0xff);
    let broken = [("z.npz".into(), broken)];
    let tensor = open(&broken, Hints::default()).map(|checkpoint| checkpoint.tensors[0].clone());
    let error = tensor.and_then(|tensor| values(&broken, &tensor, 1 << 20)).unwrap_err().to_string();
    assert!(error.contains("broken"), "{error}");
}

#[test]
fn files_that_are_no_checkpoints_are_noted_beside_one_that_is() {
    let files = [load("old.pt"), ("empty".into(), Vec::new()), load("little_f4.npy"), load("range_4.deflate")];
    let checkpoint = open(&files, Hints::default()).unwrap();
    assert_eq!(checkpoint.tensors.len(), 1);
    let expected = ["old.pt is a pickle", "empty is empty", "range_4.deflate is of no kind that is known"];
    for (note, beginning) in checkpoint.notes.iter().zip(expected) {
        assert!(note.starts_with(beginning), "{note}");
    }
    let mixed = open(&[load("little_f4.npy"), load("aligned.gguf")], Hints::default()).unwrap();
    assert_eq!(mixed.notes, ["little_f4.npy and aligned.gguf are files of different kinds"]);
    let twice = open(&[load("aligned.gguf"), load("aligned.gguf")], Hints::default()).unwrap();
    assert_eq!(twice.notes, ["names that stand for more than one tensor: a, b"]);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_said_to() {
    let mut opening = Opening::new(vec![FileInfo { name: "m".into(), len: 100 }]);
    assert_eq!(opening.next(&[]), Ok(Step::Read(Span { file: 0, start: 0, end: 100 })));
    assert!(matches!(opening.next(&[0; 99]), Err(Error::Unreadable { .. })));
}

/// Opens files and reads every tensor: what comes out is values or an error.
fn open_and_read(files: &[File]) {
    LARGEST.set(0);
    let opened = open(files, Hints { format: format("bf16"), cols: 0 });
    assert_little_is_allocated(files);
    let Ok(checkpoint) = opened else { return };
    for tensor in checkpoint.tensors {
        let len = files[tensor.span.file as usize].1.len() as u64;
        assert!(tensor.span.start <= tensor.span.end && tensor.span.end <= len, "{tensor:?} of {len} bytes");
        if tensor.len() < 1 << 20 {
            _ = values(files, &tensor, 1 << 16);
            assert_little_is_allocated(files);
        }
    }
}

const BEGINNINGS: [&[u8]; 14] = [
    b"",
    b"GGUF\x03\0\0\0",
    b"GGUF\0\0\0\x03",
    b"GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0",
    b"\x93NUMPY\x01\0",
    b"\x93NUMPY\x01\0\x40\0{'descr': '<f4', 'fortran_order': True, 'shape': (",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x30\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\",\"shape\":[",
    b"{\"weight_map\":{",
    b"{\"model_type\":",
    b"version https://git-lfs",
    b"\x80\x02}",
    b"1,2\n3,",
];

proptest! {
    #[test]
    fn any_bytes_are_a_checkpoint_or_an_error(
        beginning in prop::sample::select(&BEGINNINGS[..]), rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        open_and_read(&[("file".into(), [beginning, &rest].concat())]);
    }

    #[test]
    fn a_file_with_any_bytes_changed_is_a_checkpoint_or_an_error(
        name in prop::sample::select(&["dtypes.safetensors", "keys.gguf", "types.gguf", "split-00001-of-00003.gguf",
            "little_f4.npy", "columns.npy", "stored.npz", "deflated.npz", "pytorch_model.bin", "table.csv",
            "stale.index.json"][..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        is_early in any::<bool>(),
    ) {
        let (name, mut bytes) = load(name);
        // Most of what a header says stands early.
        let len = if is_early { bytes.len().min(200) } else { bytes.len() };
        for (at, byte) in changes {
            bytes[at.index(len)] = byte;
        }
        open_and_read(&[(name, bytes)]);
    }
}
