//! The reader's files written anew: read slice by slice, and handed piece by piece into the browser's keeping.

use super::{Bench, files, progress};
use crate::compute::convert::{Chunk, Converting, Step};
use crate::compute::protocol::{Job, Stage};
use crate::labs::weights;
use crate::platform::files::{Files, Pieces};
use crate::weights::Checkpoint;
use crate::weights::checkpoint::{Container, Span};
use crate::weights::write::gguf::Keys;
use files::{Missing, Reader};

/// The longest beginning of a GGUF file that is read for its keys, in bytes.
const MOST_KEYS: u64 = 1 << 28;

impl Bench {
    /// Name and content of the copy that a job asks for; nothing once that is no longer wanted.
    ///
    /// # Errors
    /// Why there is none, as a fact.
    pub(super) async fn copy(&self, job: &Job) -> Result<Option<(String, Pieces)>, String> {
        let Some(Ok(checkpoint)) = &self.desk.opened else { return Ok(None) };
        let saving = weights::saving(&job.question.keys, &self.desk, checkpoint);
        let saving = saving.map_err(|refused| refused.to_string())?;
        let name = match saving.files.as_slice() {
            [file] => file.name.clone(),
            files => return Err(format!("the copy would be {} files, and one is made at a time", files.len())),
        };
        let mut work = Converting::new(checkpoint, saving);
        let (mut reader, mut values, mut pieces) = (Reader::default(), Vec::new(), Pieces::default());
        let mut tell = progress(job.id, Stage::Writing);
        loop {
            match work.step().map_err(|error| error.to_string())? {
                Step::Values { tensor, first, n } => {
                    let stored = checkpoint.tensors.get(tensor).ok_or("there is no such tensor")?;
                    let end = first + n;
                    let read = reader.read(&self.files, stored, (first, end, stored.len()), Some(&mut values)).await;
                    read.map_err(|missing| match missing {
                        Missing::Lost(why) | Missing::Unreadable(why) => why,
                    })?;
                    work.take_values(&values).map_err(|error| error.to_string())?;
                }
                Step::Bytes(Span { file, start, end }) => {
                    let bytes = self.files.read(file as usize, start, end).await?;
                    work.take_bytes(&bytes).map_err(|error| error.to_string())?;
                }
                Step::Write(Chunk { bytes, .. }) => {
                    pieces.push(&bytes);
                    tell(work.share());
                    if self.look_around().await.is_err() {
                        return Ok(None);
                    }
                }
                Step::Done => return Ok(Some((name, pieces))),
            }
        }
    }
}

/// The keys of a GGUF file, of a split one those of its first part; nothing of other files.
pub(super) async fn keys(files: &Files, checkpoint: &Checkpoint) -> Result<Option<Keys>, String> {
    if !matches!(checkpoint.container, Container::Gguf(_)) {
        return Ok(None);
    }
    let Some(info) = checkpoint.files.first() else { return Ok(None) };
    let starts = checkpoint.tensors.iter().map(|tensor| tensor.span).filter(|span| span.file == 0);
    // The tensors stand behind the keys; a first part may have none.
    let end = starts.map(|span| span.start).min().unwrap_or(info.len).min(MOST_KEYS);
    let bytes = files.read(0, 0, end).await?;
    Keys::read(&bytes).map(Some).map_err(|refused| refused.to_string())
}
