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
    let mut held: Option<Span> = None;
    let checkpoint = loop {
        match opening.next(&bytes) {
            Ok(opening::Step::Read(span)) => {
                // What was looked at first is the beginning of a header.
                let begun = held.filter(|held| holds(span, *held) && held.start == span.start);
                let from = begun.map_or(span.start, |held| held.end);
                match files.read(span.file as usize, from, span.end).await {
                    Ok(more) if begun.is_some() => bytes.extend(more),
                    Ok(all) => bytes = all,
                    Err(why) => break Err(unreadable(files, span, why)),
                }
                held = Some(span);
                read += span.end - from;
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

/// Whether a span lies within another.
fn holds(whole: Span, part: Span) -> bool {
    whole.file == part.file && whole.start <= part.start && part.end <= whole.end
}

/// Why values are not there.
pub(super) enum Missing {
    /// The files cannot be read any more: why, as a fact.
    Lost(String),
    /// This tensor cannot be.
    Unreadable(String),
}

/// How many bytes are read at once where less is wanted. In half of them a file is read a third slower.
const WINDOW: u64 = 8 << 20;

/// Reads values of tensors. While some are looked at, the next are already being read.
#[derive(Default)]
pub(super) struct Reader {
    ahead: Option<(Span, Bytes)>,
    /// The bytes that were read last, and where they lie.
    bytes: Vec<u8>,
    held: Option<Span>,
    /// A tensor whose values can only be read one after the other, where its bytes are, and the value that comes next.
    packed: Option<(Span, Box<Reading>, u64)>,
}

impl Reader {
    /// Reads values `first..end` of a tensor in place of those in `values`, if these are wanted, and as many that follow, up to
    /// `limit`, as may be wanted next. Tells how many bytes were read.
    pub(super) async fn read(
        &mut self,
        files: &Files,
        tensor: &Stored,
        (first, end, limit): (u64, u64, u64),
        mut values: Option<&mut Vec<f32>>,
    ) -> Result<u64, Missing> {
        if let Some(values) = &mut values {
            values.clear();
        }
        if !pieces::is_plain(tensor) {
            return self.unpack(files, tensor, (first, end), values).await;
        }
        let (mut at, mut read) = (first, 0);
        while at < end {
            let Some(piece) = Piece::new(tensor, at, end) else {
                return Err(Missing::Unreadable("its bytes are not where its shape says".into()));
            };
            let held = match self.held.filter(|held| holds(*held, piece.span)) {
                Some(held) => held,
                None => {
                    let span = self.fill(files, tensor, &piece, (at, limit)).await?;
                    read += span.len();
                    span
                }
            };
            let from = (piece.span.start - held.start) as usize;
            let bytes = &self.bytes[from..from + piece.span.len() as usize];
            if let Some(values) = &mut values
                && !piece.decode(tensor, bytes, values)
            {
                return Err(Missing::Unreadable("its values cannot be decoded".into()));
            }
            at = piece.end;
        }
        Ok(read)
    }

    /// Reads a piece that begins with the value `at`, and whole pieces like it that follow; asks for the next of these.
    async fn fill(
        &mut self,
        files: &Files,
        tensor: &Stored,
        piece: &Piece,
        (at, limit): (u64, u64),
    ) -> Result<Span, Missing> {
        let ask = |span: Span| {
            let reading = files.ask(span.file as usize, span.start, span.end);
            reading.map_err(|why| Missing::Lost(unreadable(files, span, why).to_string()))
        };
        // Of slices that are alike none lies in two windows then.
        let values = (piece.end - at) * (WINDOW / piece.span.len().max(1)).max(1);
        let window = |at: u64| Piece::new(tensor, at, limit.min(at.saturating_add(values)).max(piece.end));
        let Some(window_here) = window(at) else { return Ok(piece.span) };
        let span = window_here.span;
        let reading = match self.ahead.take() {
            Some((ahead, reading)) if ahead == span => reading,
            _ => ask(span)?,
        };
        self.held = None;
        let copied = reading.copy_to(&mut self.bytes).await;
        copied.map_err(|why| Missing::Lost(unreadable(files, span, why).to_string()))?;
        self.held = Some(span);
        if let Some(next) = (window_here.end < limit).then(|| window(window_here.end)).flatten() {
            self.ahead = Some((next.span, ask(next.span)?));
        }
        Ok(span)
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
