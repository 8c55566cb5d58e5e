//! The reader's files: handed to the engine as they are, and read there in pieces.
//!
//! A file is read by `slice`: a stream of one of 4 GiB and more breaks in Safari.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DragEvent, Element, Event, File, FileList, HtmlInputElement};

/// Files that the reader chose.
#[derive(Clone, Debug, Default)]
pub struct Files(Vec<File>);

impl Files {
    fn of(list: Option<FileList>) -> Self {
        Self(list.map(|list| (0..list.length()).filter_map(|i| list.get(i)).collect()).unwrap_or_default())
    }

    /// Those that were dropped.
    #[must_use]
    pub fn dropped(event: &DragEvent) -> Self {
        event.prevent_default();
        Self::of(event.data_transfer().and_then(|data| data.files()))
    }

    /// Whether they are dropped on the element with this id.
    #[must_use]
    pub fn are_for(event: &DragEvent, id: &str) -> bool {
        event.target().and_then(|target| target.dyn_into::<Element>().ok()).is_some_and(|target| target.id() == id)
    }

    /// Those that were chosen with a control for it, which is free for the next choice then.
    #[must_use]
    pub fn chosen(event: &Event) -> Self {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        let files = Self::of(input.as_ref().and_then(HtmlInputElement::files));
        if let Some(input) = input {
            input.set_value("");
        }
        files
    }

    /// One that was made in the page.
    #[must_use]
    pub fn made(name: &str, content: &Blob) -> Self {
        Self(File::new_with_blob_sequence(&Array::of1(content), name).ok().into_iter().collect())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.0.len() as u32
    }

    /// These, and others behind them.
    #[must_use]
    pub fn with(&self, others: &Self) -> Self {
        Self([self.0.as_slice(), &others.0].concat())
    }

    /// Takes away all but the first `n`.
    #[must_use]
    pub fn split_off(&mut self, n: usize) -> Self {
        Self(self.0.split_off(n.min(self.0.len())))
    }

    /// Names and lengths.
    #[must_use]
    pub fn infos(&self) -> Vec<(String, u64)> {
        self.0.iter().map(|file| (file.name(), file.size() as u64)).collect()
    }

    /// Reads bytes `start..end` of a file.
    ///
    /// # Errors
    /// The browser's reason: a file that was changed or taken away since.
    pub async fn read(&self, file: usize, start: u64, end: u64) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        self.ask(file, start, end)?.copy_to(&mut bytes).await?;
        Ok(bytes)
    }

    /// Begins to read bytes `start..end` of a file, which goes on while other things are done.
    ///
    /// # Errors
    /// The browser's reason.
    pub fn ask(&self, file: usize, start: u64, end: u64) -> Result<Reading, String> {
        let file = self.0.get(file).ok_or("there is no such file")?;
        let part = file.slice_with_f64_and_f64(start as f64, end as f64).map_err(super::workers::describe)?;
        Ok(Reading { buffer: JsFuture::from(part.array_buffer()), len: end - start })
    }

    /// As they travel to a worker.
    pub(super) fn to_array(&self) -> Array {
        self.0.iter().collect()
    }

    /// As they arrive there.
    pub(super) fn from_array(array: &Array) -> Self {
        Self(array.iter().filter_map(|file| file.dyn_into().ok()).collect())
    }
}

/// Bytes that are being read.
#[derive(Debug)]
pub struct Reading {
    buffer: JsFuture,
    len: u64,
}

impl Reading {
    /// Waits for them, and puts them in place of what was in `bytes`.
    ///
    /// # Errors
    /// The browser's reason: a file that was changed or taken away since.
    pub async fn copy_to(self, bytes: &mut Vec<u8>) -> Result<(), String> {
        let buffer = self.buffer.await.map_err(super::workers::describe)?;
        let read = Uint8Array::new(&buffer);
        if u64::from(read.length()) != self.len {
            return Err(format!("it has {} of {} bytes", read.length(), self.len));
        }
        bytes.resize(read.length() as usize, 0);
        read.copy_to(bytes);
        Ok(())
    }
}

/// A file that is made piece by piece. The browser keeps what there is of it, on its disk where that is much.
#[derive(Debug, Default)]
pub struct Pieces(Array);

impl Pieces {
    /// A file in one piece.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut pieces = Self::default();
        pieces.push(bytes);
        pieces
    }

    /// Adds the next piece. One that the browser has no room for is missing.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Ok(piece) = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(bytes))) {
            self.0.push(&piece);
        }
    }

    /// The file.
    pub(super) fn blob(&self) -> Option<Blob> {
        Blob::new_with_blob_sequence(&self.0).ok()
    }
}
