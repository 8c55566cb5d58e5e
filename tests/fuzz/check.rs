//! What a reader must do with any bytes at all: open them or say why not, without a panic, without end, and without an allocation
//! that a number in them asks for and their length does not allow.
//!
//! `tests/readers.rs` runs it on mutations of files by somebody else's writers, and cargo-fuzz (`cargo xtask fuzz`) on whatever leads
//! it further.

use bitbudget::formats::FORMATS;
use bitbudget::survey::layers::same;
use bitbudget::survey::recognise;
use bitbudget::weights::open::{Hints, Opening, Step};
use bitbudget::weights::pieces::{Piece, is_plain};
use bitbudget::weights::reading::Reading;
use bitbudget::weights::{Checkpoint, FileInfo, Span};
use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An allocator that remembers its largest allocation.
pub struct Largest;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it only hands on to the system's.
unsafe impl GlobalAlloc for Largest {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.realloc(old, layout, size) }
    }

    unsafe fn dealloc(&self, old: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(old, layout) }
    }
}

/// The most values that are read of a tensor, and tensors that are.
const MOST_VALUES: u64 = 3000;
const MOST_TENSORS: usize = 20;
/// The largest allocation: what inflating and the values above take, and of longer files so many times their length: a row of the
/// list of tensors is longer than the shortest line of a header that makes one, and a list grows by doubling.
const LEAST_ALLOCATION: usize = 1 << 20;
const TIMES_LENGTH: usize = 16;

/// A kind of file: what a fuzzer's bytes are turned into, and which of a file's bytes make it.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Reads a fuzzer's bytes as one.
    pub run: fn(&[u8]),
    /// The bytes that make this file; nothing of one of another kind.
    pub seed: fn(&[u8]) -> Option<Vec<u8>>,
}

/// Every one.
pub const TARGETS: [Target; 6] = [
    Target { name: "safetensors", run: safetensors, seed: safetensors_seed },
    Target { name: "gguf", run: |data| one(b"GGUF", data), seed: |file| after(b"GGUF", file) },
    Target { name: "npy", run: |data| one(b"\x93NUMPY", data), seed: |file| after(b"\x93NUMPY", file) },
    Target { name: "zip", run: |data| one(b"PK\x03\x04", data), seed: |file| after(b"PK\x03\x04", file) },
    Target { name: "any", run: any, seed: |file| Some([&[0, 0], file].concat()) },
    Target { name: "several", run: several, seed: several_seed },
];

/// Reads a fuzzer's bytes as a kind of file.
///
/// # Panics
/// If the readers do what they must not, or there is no such kind.
pub fn run(name: &str, data: &[u8]) {
    let Some(target) = TARGETS.iter().find(|target| target.name == name) else { panic!("{name} is no kind of file") };
    (target.run)(data);
}

fn after(magic: &[u8], file: &[u8]) -> Option<Vec<u8>> {
    file.strip_prefix(magic).map(<[u8]>::to_vec)
}

fn one(magic: &[u8], data: &[u8]) {
    read(&[("file", [magic, data].concat())], Hints::default());
}

/// A header of the right length: one of another is refused before it is read.
fn safetensors(data: &[u8]) {
    let Some((tail, rest)) = data.split_first_chunk::<2>() else { return };
    let header = rest.len().saturating_sub(u16::from_le_bytes(*tail).into());
    read(&[("model.safetensors", [&(header as u64).to_le_bytes(), rest].concat())], Hints::default());
}

fn safetensors_seed(file: &[u8]) -> Option<Vec<u8>> {
    let (header, rest) = file.split_first_chunk::<8>()?;
    let tail = rest.len().checked_sub(usize::try_from(u64::from_le_bytes(*header)).ok()?)?;
    Some([&u16::try_from(tail).ok()?.to_le_bytes(), rest].concat())
}

/// Bytes as they are, with something said of them: numbers without a header, text, and what is recognised and refused.
fn any(data: &[u8]) {
    let Some(([format, cols], file)) = data.split_first_chunk::<2>() else { return };
    let format = usize::from(*format).checked_sub(1).map(|place| FORMATS[place % FORMATS.len()]);
    read(&[("file.bin", file.to_vec())], Hints { format, cols: (*cols).into() });
}

/// Three files that belong together, or do not.
fn several(data: &[u8]) {
    let Some((lengths, rest)) = data.split_first_chunk::<4>() else { return };
    let cut = |at: usize| usize::from(u16::from_le_bytes([lengths[at], lengths[at + 1]]));
    let (first, rest) = rest.split_at(cut(0).min(rest.len()));
    let (second, third) = rest.split_at(cut(2).min(rest.len()));
    let names = ["model-00001-of-00002.safetensors", "model.safetensors.index.json", "config.json"];
    let files: Vec<(&str, Vec<u8>)> = names.into_iter().zip([first, second, third].map(<[u8]>::to_vec)).collect();
    read(&files, Hints::default());
}

fn several_seed(file: &[u8]) -> Option<Vec<u8>> {
    let index = br#"{"metadata":{"total_size":1},"weight_map":{"a":"model-00001-of-00002.safetensors"}}"#;
    let config =
        br#"{"model_type":"llama","hidden_size":8,"num_attention_heads":2,"num_hidden_layers":1,"vocab_size":9}"#;
    let lengths = [u16::try_from(file.len()).ok()?, index.len() as u16].map(u16::to_le_bytes);
    Some([lengths.as_flattened(), file, index, config].concat())
}

fn bytes_of(files: &[(&str, Vec<u8>)], span: Span) -> Vec<u8> {
    files[span.file as usize].1[span.start as usize..span.end as usize].to_vec()
}

/// Opens files, and reads values of what is in them.
fn read(files: &[(&str, Vec<u8>)], hints: Hints) {
    let total: usize = files.iter().map(|file| file.1.len()).sum();
    LARGEST.store(0, Ordering::Relaxed);
    let infos = files.iter().map(|(name, bytes)| FileInfo { name: (*name).to_owned(), len: bytes.len() as u64 });
    let mut opening = Opening::with_hints(infos.collect(), hints);
    let (mut bytes, mut steps) = (Vec::new(), 0);
    loop {
        match opening.next(&bytes) {
            Ok(Step::Read(span)) => bytes = bytes_of(files, span),
            Ok(Step::Done(checkpoint)) => break look_at(&checkpoint, files),
            Err(error) => break assert!(!error.to_string().is_empty()),
        }
        steps += 1;
        assert!(steps < 1000 + total, "opening ends");
    }
    let (largest, most) = (LARGEST.load(Ordering::Relaxed), LEAST_ALLOCATION.max(TIMES_LENGTH * total));
    assert!(largest <= most, "{largest} bytes were allocated at once for files of {total}");
}

fn look_at(checkpoint: &Checkpoint, files: &[(&str, Vec<u8>)]) {
    if let Some(Ok(recognised)) = recognise(checkpoint)
        && let Ok(model) = recognised.architecture
    {
        _ = model.params();
    }
    _ = same(checkpoint, &BTreeMap::new());
    for tensor in checkpoint.tensors.iter().take(MOST_TENSORS) {
        assert!(tensor.span.end <= files[tensor.span.file as usize].1.len() as u64, "{}", tensor.name);
        let n = tensor.len().min(MOST_VALUES);
        let mut reading = Reading::new(tensor.clone());
        let mut values = Vec::new();
        let taken = loop {
            match reading.wanted(n as usize) {
                None => break Ok(()),
                Some(span) => {
                    if let Err(error) = reading.take(&bytes_of(files, span)) {
                        break Err(error);
                    }
                }
            }
        };
        if taken.is_err() {
            continue;
        }
        reading.hand_over(n as usize, &mut values);
        if is_plain(tensor) {
            assert_eq!(values.len() as u64, n, "{}", tensor.name);
            // The same values, read by themselves.
            let (mut at, mut again) = (n / 2, Vec::new());
            while at < n {
                let Some(piece) = Piece::new(tensor, at, n) else { panic!("{} has no value {at}", tensor.name) };
                assert!(piece.decode(tensor, &bytes_of(files, piece.span), &mut again));
                at = piece.end;
            }
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&again), bits(&values[(n / 2) as usize..]), "{}", tensor.name);
        }
    }
}
