//! One tensor of the reader's files, for the Quantize lab.

use super::files::{Missing, Reader};
use super::{Bench, post, progress};
use crate::compute::protocol::{FromWorker, Job, Stage};
use crate::compute::study;
use crate::compute::survey::SLICE;
use crate::labs::quantize::{self, Task};
use crate::labs::{Lab, Part};
use crate::weights::{FileValues, Stored};
use std::rc::Rc;

/// The most values that are held at once; of a larger tensor, the first rows.
const MOST: u64 = 1 << 26;

/// Why values are not there.
pub(super) enum NoValues {
    /// They are no longer wanted.
    Overtaken,
    /// They cannot be read: why, as a fact.
    Because(String),
}

/// Rows and columns of as much of a tensor's beginning as has at most so many values: whole rows, or a part of the first.
fn beginning(tensor: &Stored, most: u64) -> (u64, u64) {
    let (rows, cols) = tensor.matrix();
    let cols = cols.min(most);
    (rows.min(most / cols.max(1)), cols)
}

impl Bench {
    /// The values of a tensor of the files. Of a large one, a first picture goes out before all are read.
    pub(super) async fn stored(&mut self, job: &Job, task: &Task, place: u32) -> Result<Rc<FileValues>, NoValues> {
        self.open().await.map_err(|_| NoValues::Overtaken)?;
        if let Some(stored) = self.stored.as_ref().filter(|stored| stored.place == place) {
            return Ok(stored.clone());
        }
        (self.stored, self.tensor) = (None, None); // free the old ones first
        let because = |why: &str| Err(NoValues::Because(why.to_owned()));
        let tensor = match &self.desk.opened {
            None => return because("no file is open"),
            Some(Err(error)) => return because(&error.to_string()),
            Some(Ok(checkpoint)) => match checkpoint.tensors.get(place as usize) {
                Some(tensor) => tensor.clone(),
                None => return because("the files have no such tensor"),
            },
        };
        let (rows, cols) = beginning(&tensor, MOST);
        if rows * cols == 0 {
            return because("the tensor has no values, so there is nothing to quantize");
        }
        let is_large = rows * cols > quantize::AT_ONCE as u64;
        if is_large && job.question.lab == Lab::Quantize && job.question.file.is_none() {
            let shape = beginning(&tensor, quantize::BEGINNING as u64);
            let first = self.read(job, &tensor, place, shape).await?;
            self.first_picture(job, task, first);
        }
        let stored = Rc::new(self.read(job, &tensor, place, (rows, cols)).await?);
        self.stored = Some(stored.clone());
        Ok(stored)
    }

    /// Reads the first values of a tensor.
    async fn read(
        &self,
        job: &Job,
        tensor: &Stored,
        place: u32,
        (rows, cols): (u64, u64),
    ) -> Result<FileValues, NoValues> {
        let n = rows * cols;
        let mut tell = progress(job.id, Stage::Reading);
        let mut reader = Reader::default();
        let (mut values, mut slice) = (Vec::with_capacity(n as usize), Vec::new());
        let mut first = 0;
        while first < n {
            let end = n.min(first + SLICE as u64);
            match reader.read(&self.files, tensor, (first, end, n), Some(&mut slice)).await {
                Ok(_) => values.extend_from_slice(&slice),
                Err(Missing::Lost(why)) => return Err(NoValues::Because(why)),
                Err(Missing::Unreadable(why)) => {
                    return Err(NoValues::Because(format!("{} cannot be read: {why}", tensor.name)));
                }
            }
            tell(end as f64 / n as f64);
            self.look_around().await.map_err(|_| NoValues::Overtaken)?;
            first = end;
        }
        Ok(FileValues {
            name: tensor.name.clone(),
            place,
            values: Rc::new(values),
            cols: cols as usize,
            of: tensor.len(),
        })
    }

    /// Sends what the beginning of a tensor shows.
    fn first_picture(&self, job: &Job, task: &Task, first: FileValues) {
        let of = first.of;
        let mut part = task.clone();
        part.take_stored(Rc::new(first));
        // What has no answer in part may have one in whole.
        let Ok(outcome) = study::outcome(&part) else { return };
        let mut view = part.view(&job.question, Ok(&outcome), None);
        view.set(Part::Preview, quantize::first_picture(outcome.report.n, of));
        post(&FromWorker::Preview { id: job.id, view: Box::new(view) });
    }
}
