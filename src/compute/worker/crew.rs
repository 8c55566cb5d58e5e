//! A worker of the crew: it measures the tensors of the reader's files that the page hands it, slice by slice.
//!
//! Between slices it receives what has arrived. A pause leaves everything as it is; whoever is told to go on takes it up again.

use super::files::{self, Missing, Reader};
use super::{Chosen, post};
use crate::compute::protocol::{self, FromWorker};
use crate::compute::survey::{Measuring, SLICE};
use crate::labs::weights::{self, Other};
use crate::platform::{clock::now_ms, task};
use crate::survey::Setting;
use crate::weights::open::Hints;
use crate::weights::{Checkpoint, Error, Stored};

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// What the page has said.
#[derive(Default)]
struct Orders {
    files: RefCell<Option<Chosen>>,
    settings: RefCell<Vec<Setting>>,
    /// Whether the other files' tensors are compared too.
    is_beside: Cell<bool>,
    hints: Cell<Hints>,
    tensors: RefCell<VecDeque<u32>>,
    is_paused: Cell<bool>,
}

/// A worker of the crew, from where messages arrive.
pub(super) struct Surveyor {
    orders: Rc<Orders>,
    /// At rest, while nobody works with it.
    bench: Rc<RefCell<Option<Bench>>>,
}

impl Surveyor {
    pub(super) fn new() -> Self {
        let orders: Rc<Orders> = Rc::default();
        let bench = Bench { orders: orders.clone(), ..Bench::default() };
        Self { orders, bench: Rc::new(RefCell::new(Some(bench))) }
    }

    /// These are the files.
    pub(super) fn open(&self, files: Option<Chosen>) {
        self.orders.files.replace(files);
    }

    /// These are the settings, and what the files do not say: before the first tensor.
    pub(super) fn survey(&self, settings: &str, hints: &str) {
        self.orders.settings.replace(weights::read_settings(settings));
        self.orders.is_beside.set(weights::is_beside(settings));
        self.orders.hints.set(Hints::read(hints));
    }

    /// This tensor is to be measured.
    pub(super) fn measure(&self, tensor: u32) {
        self.orders.tensors.borrow_mut().push_back(tensor);
        self.go_on();
    }

    /// Stop after the slice at hand, or go on.
    pub(super) fn pause(&self, is_paused: bool) {
        self.orders.is_paused.set(is_paused);
        self.go_on();
    }

    fn go_on(&self) {
        if self.orders.is_paused.get() {
            return;
        }
        let Some(mut held) = self.bench.take() else { return };
        let bench = self.bench.clone();
        task::spawn(async move {
            while !held.orders.is_paused.get() && held.step().await {
                task::pause().await;
            }
            *bench.borrow_mut() = Some(held);
        });
    }
}

/// What it works with.
#[derive(Default)]
struct Bench {
    orders: Rc<Orders>,
    files: Chosen,
    checkpoint: Option<Checkpoint>,
    /// What is in the other files, once a tensor was compared with theirs.
    other: Option<Other>,
    reader: Reader,
    values: Vec<f32>,
    other_reader: Reader,
    other_values: Vec<f32>,
    work: Option<Work>,
    /// Bytes that were read and the page does not know of, and when it was last told.
    untold: u64,
    told_ms: f64,
}

/// The tensor at hand.
struct Work {
    place: u32,
    tensor: Stored,
    /// The other files' tensor to compare with.
    beside: Option<Stored>,
    /// Nothing where its bytes are only read, up to a value.
    measuring: Result<Measuring, u64>,
}

impl Work {
    /// The values that are wanted next.
    fn wanted(&self) -> Option<(u64, u64)> {
        match &self.measuring {
            Ok(measuring) => measuring.wanted().map(|(first, n)| (first, first + n as u64)),
            Err(at) => (*at < self.tensor.len()).then(|| (*at, self.tensor.len().min(at + SLICE as u64))),
        }
    }
}

impl Bench {
    /// Does the next slice; says whether there may be more to do.
    async fn step(&mut self) -> bool {
        let Some(mut work) = self.work.take() else { return self.begin().await };
        let Some((first, end)) = work.wanted() else {
            self.finish(work);
            return true;
        };
        let limit = work.tensor.len();
        let is_measured = work.measuring.is_ok();
        let values = is_measured.then_some(&mut self.values);
        let mut read = self.reader.read(&self.files.files, &work.tensor, (first, end, limit), values).await;
        if let (Ok(bytes), Some(other), Ok(measuring)) = (&read, &work.beside, &mut work.measuring)
            && measuring.wants_other()
        {
            let values = Some(&mut self.other_values);
            let more = self.other_reader.read(&self.files.others, other, (first, end, limit), values).await;
            read = match more {
                Ok(more) => {
                    measuring.compare(&self.values, &self.other_values);
                    Ok(bytes + more)
                }
                Err(Missing::Unreadable(why)) => {
                    measuring.give_up_other(format!("in the other files {why}"));
                    Ok(*bytes)
                }
                Err(lost) => Err(lost),
            };
        }
        match read {
            Ok(bytes) => {
                self.tell(bytes, false);
                match &mut work.measuring {
                    Ok(measuring) => measuring.take(&self.values),
                    Err(at) => *at = end,
                }
                self.work = Some(work);
            }
            Err(missing) => self.fail(work.place, missing),
        }
        true
    }

    /// Takes up the next tensor.
    async fn begin(&mut self) -> bool {
        let Some(place) = self.orders.tensors.borrow_mut().pop_front() else { return false };
        let arrived = self.orders.files.take();
        if let Some(files) = arrived {
            self.files = files;
            (self.reader, self.other_reader) = (Reader::default(), Reader::default());
            (self.checkpoint, self.other) = (None, None);
        }
        if self.checkpoint.is_none() {
            let hints = self.orders.hints.get();
            match files::open(&self.files.files, hints, || true).await.map(|opened| opened.checkpoint) {
                Some(Ok(checkpoint)) => self.checkpoint = Some(checkpoint),
                Some(Err(error)) => {
                    self.fail(place, Missing::Lost(error.to_string()));
                    return true;
                }
                None => return false,
            }
        }
        let Some(tensor) = self.checkpoint.as_ref().and_then(|all| all.tensors.get(place as usize)).cloned() else {
            self.fail(place, Missing::Unreadable("the files have no such tensor".into()));
            return true;
        };
        let settings = self.orders.settings.borrow().clone();
        let mut measuring = if settings.is_empty() { Err(0) } else { Ok(Measuring::of(&settings, &tensor)) };
        let mut beside = None;
        if self.orders.is_beside.get() {
            let other = match self.beside(place).await {
                Ok(other) => other,
                Err(error) => {
                    self.fail(place, Missing::Lost(error.to_string()));
                    return true;
                }
            };
            measuring = measuring
                .map(|known| known.beside(other.as_ref().map(|tensor| tensor.span.len()).map_err(Clone::clone)));
            beside = other.ok();
        }
        self.work = Some(Work { place, tensor, beside, measuring });
        true
    }

    /// The other files' tensor to compare with, or why there is none. They could be read when the pass was asked for, so an error says
    /// that they have changed.
    async fn beside(&mut self, place: u32) -> Result<Result<Stored, String>, Error> {
        if let (None, Some(checkpoint)) = (&self.other, &self.checkpoint)
            && let Some(opened) = files::open(&self.files.others, self.orders.hints.get(), || true).await
        {
            self.other = Some(Other::new(checkpoint, Ok(opened.checkpoint?)));
        }
        Ok(self.other.as_ref().map_or_else(|| Err(String::new()), |other| other.beside(place).cloned()))
    }

    fn finish(&mut self, work: Work) {
        self.tell(0, true);
        let result = work.measuring.map(|measuring| protocol::write(&measuring.finish()));
        match result {
            Ok(Ok(result)) => post(&FromWorker::Measured { tensor: work.place, result }),
            Ok(Err(error)) => self.fail(work.place, Missing::Unreadable(error.to_string())),
            Err(_) => post(&FromWorker::Measured { tensor: work.place, result: Vec::new() }),
        }
    }

    fn fail(&mut self, tensor: u32, missing: Missing) {
        self.tell(0, true);
        post(&match missing {
            Missing::Lost(why) => FromWorker::Lost { why },
            Missing::Unreadable(why) => FromWorker::Failed { tensor, why },
        });
    }

    /// Tells the page how much was read, at most every 50 ms unless it must be now.
    fn tell(&mut self, bytes: u64, is_last: bool) {
        self.untold += bytes;
        let now = now_ms();
        if self.untold > 0 && (is_last || now - self.told_ms >= 50.0) {
            post(&FromWorker::Read { bytes: std::mem::take(&mut self.untold) });
            self.told_ms = now;
        }
    }
}
