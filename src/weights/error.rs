//! Why a file is not read.

/// What is wrong with files, or with the way they were asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file without bytes.
    #[error("{0} is empty")]
    Empty(String),
    /// Files of which none is a checkpoint.
    #[error("{file} is {what}: {advice}")]
    NotACheckpoint {
        /// The file.
        file: String,
        /// What it is instead.
        what: &'static str,
        /// What to do.
        advice: String,
    },
    /// A header that breaks its format's rules.
    #[error("the header of {file} is broken at byte {at}: {why}")]
    Header {
        /// The file.
        file: String,
        /// Where.
        at: u64,
        /// Which rule.
        why: String,
    },
    /// A file that the browser does not give.
    #[error(
        "{file} could not be read ({why}): it may have been changed, moved or taken away since it was chosen, so choose it again"
    )]
    Unreadable {
        /// The file.
        file: String,
        /// The browser's words.
        why: String,
    },
    /// A file that ends before its header says.
    #[error("{file} ends after {len} bytes, and its header speaks of {expected}: it was cut off, so get it again")]
    CutOff {
        /// The file.
        file: String,
        /// Its length.
        len: u64,
        /// The length that its header means, at least.
        expected: u64,
    },
    /// Values whose type NumPy does not know.
    #[error(
        "{file} has values of {bytes} bytes without a type, as NumPy writes those of ml_dtypes: choose under “Files that do not say what they hold” which format of {} bits they are",
        8 * bytes
    )]
    Void {
        /// The file.
        file: String,
        /// Bytes of a value.
        bytes: u32,
    },
    /// Bytes of which nothing is known.
    #[error(
        "{file} is of no kind that is known here: if it is an array without a header, choose its type and the length of its rows under “Files that do not say what they hold” ({fitting})"
    )]
    NoHeader {
        /// The file.
        file: String,
        /// Shapes that have its length.
        fitting: String,
    },
    /// An array without a header that is no whole rows of what was chosen.
    #[error("{file} has {len} bytes, which are no whole rows of {cols} numbers of {format}")]
    WrongLength {
        /// The file.
        file: String,
        /// Its length.
        len: u64,
        /// The chosen format.
        format: &'static str,
        /// The numbers of a row.
        cols: u64,
    },
    /// Text that is not a table of numbers.
    #[error("line {line} of {file} {why}")]
    Text {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Parts of a checkpoint of which none is there.
    #[error("{file} only says which files the tensors are in: open it together with them ({parts})")]
    OnlyAnIndex {
        /// The index.
        file: String,
        /// The files that it names.
        parts: String,
    },
    /// Deflated bytes that are broken or end too early.
    #[error("{name} cannot be inflated: its bytes in the file are broken")]
    Deflate {
        /// The tensor.
        name: String,
    },
    /// Columns that do not fit into memory to be turned into rows.
    #[error(
        "{name} lies column by column and has more than {most} values, too many to be turned into rows: save it with numpy.ascontiguousarray"
    )]
    Columns {
        /// The tensor.
        name: String,
        /// How many values can be turned.
        most: u64,
    },
}
