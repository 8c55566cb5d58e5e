//! A checkpoint as it is known from its headers: which tensors, of which type, and where their bytes lie.
//!
//! Nothing here holds a weight. A reader ([`super::open`]) makes a [`Checkpoint`] from the beginnings of files; whoever wants
//! values asks for a [`Span`] of bytes ([`Stored::values_span`]) and has them decoded ([`super::decode`]).

use super::dtype::Dtype;

/// A file as it is known before it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileInfo {
    /// Its name, without folders.
    pub name: String,
    /// Its length in bytes.
    pub len: u64,
}

/// Bytes of one of the files: `start..end`, both within the file's length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which file.
    pub file: u32,
    /// The first byte.
    pub start: u64,
    /// Behind the last byte.
    pub end: u64,
}

impl Span {
    /// How many bytes.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.end - self.start
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end == self.start
    }
}

/// What kind of files a checkpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Hugging Face's safetensors.
    Safetensors,
    /// llama.cpp's GGUF, of a version.
    Gguf(u32),
    /// One NumPy array.
    Npy,
    /// A zip of NumPy arrays.
    Npz,
    /// Numbers without a header.
    Raw,
    /// Numbers as text.
    Text,
}

/// How a tensor's bytes are packed into its span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As they are.
    #[default]
    Plain,
    /// Deflated, as in a zip: they can only be read from the first on.
    Deflated {
        /// Bytes that stand before the values once all are inflated.
        header: u32,
    },
    /// Decimal numbers as text.
    Decimal,
}

/// In which order the values of a tensor lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Row by row, as in C: the last size changes fastest.
    #[default]
    Rows,
    /// Column by column, as in Fortran: the first size changes fastest.
    Columns,
}

/// A tensor of a checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its name in the file.
    pub name: String,
    /// Its sizes, the slowest first (GGUF writes them the other way round). A scalar has none.
    pub shape: Vec<u64>,
    /// What its values are stored as.
    pub dtype: Dtype,
    /// Whether numbers of more than a byte have their most significant byte first.
    pub is_big_endian: bool,
    /// Where its bytes are.
    pub span: Span,
    /// How they are packed.
    pub packing: Packing,
    /// In which order its values lie.
    pub order: Order,
}

impl Stored {
    /// How many values. A reader has checked that they fit their span, so the product is no overflow.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shape.iter().product()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Rows and columns: the last size is that of a row, and all others are rows. A scalar or a vector is one row.
    #[must_use]
    pub fn matrix(&self) -> (u64, u64) {
        match self.shape.split_last() {
            None => (1, 1),
            Some((cols, rows)) => (rows.iter().product(), *cols),
        }
    }

    /// The bytes of values `first..first + n` of a tensor that lies plainly row by row, counted from its first value. Both ends
    /// must be whole units ([`Dtype::unit`]), but that of the tensor; nothing if they are not, or not within it.
    #[must_use]
    pub fn values_span(&self, first: u64, n: u64) -> Option<Span> {
        let end = first.checked_add(n).filter(|end| *end <= self.len())?;
        let (values, bytes) = self.dtype.unit();
        let is_whole = |at: u64| at.is_multiple_of(values) || at == self.len();
        if self.packing != Packing::Plain || self.order != Order::Rows || !is_whole(first) || !is_whole(end) {
            return None;
        }
        let (start, end) = (first / values * bytes, end.div_ceil(values) * bytes);
        Some(Span { start: self.span.start + start, end: self.span.start + end, ..self.span })
    }
}

/// Files, and the tensors in them.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// What kind of files.
    pub container: Container,
    /// The files, in the order in which they were given.
    pub files: Vec<FileInfo>,
    /// The tensors, file by file in the order of their bytes.
    pub tensors: Vec<Stored>,
    /// What the files say of themselves, as text: `__metadata__` of safetensors, GGUF's keys (of a long list its beginning).
    pub metadata: Vec<(String, String)>,
    /// The content of a `config.json` that came with them.
    pub config: Option<String>,
    /// What a reader should know, in sentences: a tensor that the index names and no file has, bytes that belong to none.
    pub notes: Vec<String>,
}

impl Checkpoint {
    /// All values of all tensors.
    #[must_use]
    pub fn params(&self) -> u64 {
        self.tensors.iter().map(Stored::len).fold(0, u64::saturating_add)
    }

    /// The bytes of all tensors, as they are stored.
    #[must_use]
    pub fn tensor_bytes(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.span.len()).fold(0, u64::saturating_add)
    }
}
