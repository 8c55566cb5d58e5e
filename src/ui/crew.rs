//! The crew: workers beside that of the labs, each of which measures one tensor of the reader's files after another.
//!
//! The page only hands out tensors and hands on what comes of them ([`client::keep`]); it knows neither what is measured nor how. A
//! worker that dies loses its tensor to a fresh one; a tensor that two have died of is given up. The crew ends with its work.

use super::busy::{self, Busy};
use super::client;
use super::state::State;
use crate::compute::protocol::{self, FromWorker, ToWorker};
use crate::labs::Todo;
use crate::platform::clock::now_ms;
use crate::platform::workers::{self, Handle};
use leptos::prelude::*;
use std::cell::RefCell;

/// The most workers.
const MOST: usize = 8;
/// How often the page says how far they are, at most.
const TELL_MS: f64 = 250.0;

/// What is seen of the crew.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// While it has work: whether it is paused.
    pub is_paused: Option<bool>,
    /// The share of the bytes that is read, 0..=1.
    pub share: f64,
    /// How far it is, how fast, and how long it takes.
    pub line: String,
    /// What has begun or ended, as it is said aloud.
    pub told: String,
}

/// A tensor that is to be measured.
#[derive(Clone, Copy)]
struct Task {
    tensor: u32,
    bytes: u64,
    /// Whether a worker has died of it.
    is_risky: bool,
}

struct Worker {
    id: u32,
    handle: Handle,
    is_ready: bool,
    task: Option<Task>,
    /// How many bytes of that it has read.
    read: u64,
}

struct Crew {
    state: State,
    settings: String,
    /// What the files do not say.
    hints: String,
    /// Whether they are compared with others.
    is_beside: bool,
    /// The last is next.
    waiting: Vec<Task>,
    workers: Vec<Worker>,
    started: u32,
    /// Workers that died before they were ready.
    stillborn: u32,
    tensors: usize,
    done: usize,
    bytes: u64,
    bytes_done: u64,
    /// Milliseconds of work up to the last pause, and when it began since; nothing while paused.
    worked_ms: f64,
    since_ms: Option<f64>,
    told_ms: f64,
    busy: Option<Busy>,
}

thread_local! {
    static CREW: RefCell<Option<Crew>> = const { RefCell::new(None) };
}

/// Starts a pass, in place of the one before.
pub fn begin(state: State, todo: Todo) {
    let waiting: Vec<Task> =
        todo.tensors.iter().rev().map(|&(tensor, bytes)| Task { tensor, bytes, is_risky: false }).collect();
    let (tensors, bytes) = (waiting.len(), waiting.iter().map(|task| task.bytes).sum());
    let mut crew = Crew {
        state,
        settings: todo.settings,
        hints: todo.hints,
        is_beside: todo.is_beside,
        waiting,
        workers: Vec::new(),
        started: 0,
        stillborn: 0,
        tensors,
        done: 0,
        bytes,
        bytes_done: 0,
        worked_ms: 0.0,
        since_ms: Some(now_ms()),
        told_ms: 0.0,
        busy: Some(busy::begin()),
    };
    let told = format!("Reading {tensors} tensors.");
    state.survey.set(Survey { is_paused: Some(false), told, ..Survey::default() });
    let problem = (0..workers::at_once().min(MOST).min(tensors)).find_map(|_| crew.enlist().err());
    // Fewer workers than are possible do it too.
    let problem = problem.filter(|_| crew.workers.is_empty());
    CREW.set(Some(crew));
    match problem {
        Some(why) => end(&no_worker(&why)),
        None => settle(),
    }
}

/// Pauses, or goes on.
pub fn pause(is_paused: bool) {
    with(|crew| {
        crew.worked_ms = crew.worked();
        crew.since_ms = (!is_paused).then(now_ms);
        crew.busy = (!is_paused).then(busy::begin);
        for worker in &crew.workers {
            send(worker, &ToWorker::Pause(is_paused));
        }
        let told = if is_paused { "Paused." } else { "Going on." };
        crew.state.survey.update(|survey| (survey.is_paused, survey.told) = (Some(is_paused), told.to_owned()));
        crew.hand_out();
        crew.tell();
    });
}

/// Ends the crew at once; what was measured stays.
pub fn end(told: &str) {
    let Some(mut crew) = CREW.take() else { return };
    crew.workers.clear();
    crew.tell();
    crew.state.survey.update(|survey| (survey.is_paused, survey.told) = (None, told.to_owned()));
    crew.state.count_measured();
}

/// Does something with the crew, if there is one.
fn with(act: impl FnOnce(&mut Crew)) {
    CREW.with_borrow_mut(|crew| crew.as_mut().map(act));
}

/// Ends a crew that has nothing left to do.
fn settle() {
    let mut told = None;
    with(|crew| {
        if crew.done == crew.tensors {
            let (seconds, rate) = (tenths(crew.worked() / 1e3), crew.rate());
            told = Some(match crew.tensors {
                0 => "Nothing is left to measure.".to_owned(),
                n => format!("{n} tensors in {seconds} s, {rate}."),
            });
        }
    });
    if let Some(told) = told {
        end(&told);
    }
}

fn no_worker(why: &str) -> String {
    format!("The workers that read the files stopped ({why}). What was measured stays.")
}

fn send(worker: &Worker, message: &ToWorker) {
    if let Ok(bytes) = protocol::write(message) {
        worker.handle.post(&bytes);
    }
}

impl Crew {
    /// Starts one more worker.
    fn enlist(&mut self) -> Result<(), String> {
        self.started += 1;
        let id = self.started;
        let handle = Handle::spawn(move |bytes, _| receive(id, &bytes), move |why| died(id, &why))?;
        self.workers.push(Worker { id, handle, is_ready: false, task: None, read: 0 });
        Ok(())
    }

    /// Gives every worker that is free a tensor.
    fn hand_out(&mut self) {
        if self.since_ms.is_none() {
            return;
        }
        for worker in self.workers.iter_mut().filter(|worker| worker.is_ready && worker.task.is_none()) {
            let Some(task) = self.waiting.pop() else { return };
            (worker.task, worker.read) = (Some(task), 0);
            send(worker, &ToWorker::Measure { tensor: task.tensor });
        }
    }

    /// Keeps what came of a tensor.
    fn keep(&mut self, task: Task, result: Result<Vec<u8>, String>) {
        self.done += 1;
        self.bytes_done += task.bytes;
        // Of a pass that only reads there is nothing.
        if !self.settings.is_empty() {
            let message = ToWorker::Keep { settings: self.settings.clone(), tensor: task.tensor, result };
            client::keep(&message, self.is_beside);
        }
    }

    /// Milliseconds of work, without pauses.
    fn worked(&self) -> f64 {
        self.worked_ms + self.since_ms.map_or(0.0, |since| now_ms() - since)
    }

    /// Bytes read by now.
    fn read(&self) -> u64 {
        let at_hand = |worker: &Worker| worker.task.map_or(0, |task| worker.read.min(task.bytes));
        self.bytes_done + self.workers.iter().map(at_hand).sum::<u64>()
    }

    fn rate(&self) -> String {
        let rate = self.read() as f64 / self.worked().max(1.0) * 1e3;
        if rate < 1e9 { format!("{} MB/s", (rate / 1e6) as u64) } else { format!("{} GB/s", tenths(rate / 1e9)) }
    }

    /// Says how far the work is.
    fn tell(&mut self) {
        self.told_ms = now_ms();
        let read = self.read();
        let share = if self.bytes == 0 { 1.0 } else { read as f64 / self.bytes as f64 };
        let left = self.worked() / 1e3 * (1.0 / share.max(1e-9) - 1.0);
        let left = if read == 0 || share >= 1.0 { String::new() } else { format!(", {} s left", left as u64 + 1) };
        let (unit, size) = if self.bytes < 1_000_000_000 { ("MB", 1e6) } else { ("GB", 1e9) };
        let line = format!(
            "{} of {} {unit}, {}{left}, {} of {} tensors",
            tenths(read as f64 / size),
            tenths(self.bytes as f64 / size),
            self.rate(),
            self.done,
            self.tensors
        );
        self.state.survey.update(|survey| (survey.share, survey.line) = (share, line));
        // The lab is asked anew once it has answered.
        if !self.state.is_working_on(self.state.weights_shown) {
            self.state.count_measured();
        }
    }
}

/// A number with one digit behind the point.
fn tenths(number: f64) -> String {
    let tenths = (number * 10.0 + 0.5) as u64;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn receive(id: u32, bytes: &[u8]) {
    let mut lost = None;
    with(|crew| {
        let Some(worker) = crew.workers.iter_mut().find(|worker| worker.id == id) else { return };
        let (task, result) = match protocol::read(bytes) {
            Ok(FromWorker::Ready) => {
                worker.is_ready = true;
                client::post_files(&worker.handle);
                send(worker, &ToWorker::Survey { settings: crew.settings.clone(), hints: crew.hints.clone() });
                return crew.hand_out();
            }
            Ok(FromWorker::Read { bytes }) => {
                worker.read += bytes;
                if now_ms() - crew.told_ms >= TELL_MS {
                    crew.tell();
                }
                return;
            }
            Ok(FromWorker::Measured { result, .. }) => (worker.task.take(), Ok(result)),
            Ok(FromWorker::Failed { why, .. }) => (worker.task.take(), Err(why)),
            Ok(FromWorker::Lost { why }) => {
                lost = Some(format!("Stopped: {why}. What was measured stays."));
                return;
            }
            _ => return,
        };
        if let Some(task) = task {
            crew.keep(task, result);
        }
        crew.hand_out();
        if now_ms() - crew.told_ms >= TELL_MS {
            crew.tell();
        }
    });
    match lost {
        Some(told) => end(&told),
        None => settle(),
    }
}

/// A worker has died: its tensor waits for a fresh one.
fn died(id: u32, why: &str) {
    let mut is_over = false;
    with(|crew| {
        let Some(place) = crew.workers.iter().position(|worker| worker.id == id) else { return };
        let dead = crew.workers.swap_remove(place);
        match dead.task {
            Some(task) if task.is_risky => crew.keep(task, Err(format!("two workers died of it ({why})"))),
            Some(task) => crew.waiting.push(Task { is_risky: true, ..task }),
            None => crew.stillborn += u32::from(!dead.is_ready),
        }
        // One that cannot start is not tried for ever.
        let is_started = crew.stillborn < 2 && crew.enlist().is_ok();
        is_over = !is_started && crew.workers.is_empty();
    });
    if is_over {
        end(&no_worker(why));
    } else {
        settle();
    }
}
