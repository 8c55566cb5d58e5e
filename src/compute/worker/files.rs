//! The reader's files, as workers read them: headers first, then values, piece by piece.

use crate::platform::files::{Files, Reading as Bytes};
use crate::platform::task;
use crate::weights::open::{self as opening, Hints, Opening};
use crate::weights::pieces::{self, Piece};
use crate::weights::reading::Reading;
use crate::weights::{Checkpoint, Error, FileInfo, Span, Stored};

/// What is in files, as their headers say it, or why they are not read; and how many bytes that took.
pub(super) struct Opened {
    pub(super) checkpoint: Result<Checkpoint, Error>,
    pub(super) read: u64,
}

/// Reads the headers of files; nothing once that is no longer wanted.
pub(super) async fn open(files: &Files, hints: Hints, is_wanted: impl Fn() -> bool) -> Option<Opened> {
    let mut opening = Opening::with_hints(infos(files), hints);
    let (mut bytes, mut read) = (Vec::new(), 0);
    let checkpoint = loop {
        match opening.next(&bytes) {
            Ok(opening::Step::Read(span)) => {
                match files.read(span.file as usize, span.start, span.end).await {
                    Ok(read) => bytes = read,
                    Err(why) => break Err(unreadable(files, span, why)),
                }
                read += span.len();
            }
            Ok(opening::Step::Done(checkpoint)) => break Ok(*checkpoint),
            Err(error) => break Err(error),
        }
        task::pause().await;
        if !is_wanted() {
            return None;
        }
    };
    Some(Opened { checkpoint, read })
}

/// Names and lengths of files.
fn infos(files: &Files) -> Vec<FileInfo> {
    files.infos().into_iter().map(|(name, len)| FileInfo { name, len }).collect()
}

/// A file that could not be read: changed, or taken away.
fn unreadable(files: &Files, span: Span, why: String) -> Error {
    let file = infos(files).get(span.file as usize).map(|info| info.name.clone()).unwrap_or_default();
    Error::Unreadable { file, why }
}

/// Why values are not there.
pub(super) enum Missing {
    /// The files cannot be read any more: why, as a fact.
    Lost(String),
    /// This tensor cannot be.
    Unreadable(String),
}

/// Reads values of tensors. While some are looked at, the next are already being read.
#[derive(Default)]
pub(super) struct Reader {
    ahead: Option<(Span, Bytes)>,
    bytes: Vec<u8>,
    /// A tensor whose values can only be read one after the other, where its bytes are, and the value that comes next.
    packed: Option<(Span, Box<Reading>, u64)>,
}

impl Reader {
    /// Reads values `first..end` of a tensor in place of those in `values`, if these are wanted, and asks for those up to
    /// `then`, which may be wanted next. Tells how many bytes were read.
    pub(super) async fn read(
        &mut self,
        files: &Files,
        tensor: &Stored,
        (first, end, then): (u64, u64, u64),
        mut values: Option<&mut Vec<f32>>,
    ) -> Result<u64, Missing> {
        if let Some(values) = &mut values {
            values.clear();
        }
        if !pieces::is_plain(tensor) {
            return self.unpack(files, tensor, (first, end), values).await;
        }
        let ask = |span: Span| {
            let reading = files.ask(span.file as usize, span.start, span.end);
            reading.map_err(|why| Missing::Lost(unreadable(files, span, why).to_string()))
        };
        let (mut at, mut read) = (first, 0);
        while at < end {
            let Some(piece) = Piece::new(tensor, at, end) else {
                return Err(Missing::Unreadable("its bytes are not where its shape says".into()));
            };
            let reading = match self.ahead.take() {
                Some((span, reading)) if span == piece.span => reading,
                _ => ask(piece.span)?,
            };
            let copied = reading.copy_to(&mut self.bytes).await;
            copied.map_err(|why| Missing::Lost(unreadable(files, piece.span, why).to_string()))?;
            read += piece.span.len();
            let next = if piece.end < end { Piece::new(tensor, piece.end, end) } else { Piece::new(tensor, end, then) };
            if let Some(next) = next {
                self.ahead = Some((next.span, ask(next.span)?));
            }
            if let Some(values) = &mut values
                && !piece.decode(tensor, &self.bytes, values)
            {
                return Err(Missing::Unreadable("its values cannot be decoded".into()));
            }
            at = piece.end;
        }
        Ok(read)
    }

    /// The same of a tensor that is packed: what comes before the values is read too, unless that was just done.
    async fn unpack(
        &mut self,
        files: &Files,
        tensor: &Stored,
        (first, end): (u64, u64),
        values: Option<&mut Vec<f32>>,
    ) -> Result<u64, Missing> {
        let packed = self.packed.take().filter(|(span, _, next)| *span == tensor.span && *next <= first);
        let (_, mut reading, mut at) =
            packed.unwrap_or_else(|| (tensor.span, Box::new(Reading::new(tensor.clone())), 0));
        let (mut passed, mut unwanted, mut read) = (Vec::new(), Vec::new(), 0);
        let values = values.unwrap_or(&mut unwanted);
        while at < end {
            let n = ((if at < first { first } else { end }) - at).min(1 << 20) as usize;
            while let Some(span) = reading.wanted(n) {
                let lost = |why| Missing::Lost(unreadable(files, span, why).to_string());
                let bytes = files.read(span.file as usize, span.start, span.end).await.map_err(lost)?;
                reading.take(&bytes).map_err(|error| Missing::Unreadable(error.to_string()))?;
                read += span.len();
            }
            if at < first {
                passed.clear();
                reading.hand_over(n, &mut passed);
            } else {
                reading.hand_over(n, values);
            }
            at += n as u64;
        }
        self.packed = Some((tensor.span, reading, end));
        Ok(read)
    }
}
