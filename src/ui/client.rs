//! The page's side of the worker: one job at a time, the newest wins.
//!
//! A job that is overtaken is asked to give up, which it does at its next slice and keeps the drawn tensor for the next
//! job; one that does not is ended with its worker. Cancel does the same at once. A worker that dies is replaced and the job done
//! once more; one that is idle is ended, because wasm memory never shrinks.

use crate::compute::backend::Choice;
use crate::compute::protocol::{self, FromWorker, Job, JobId, Stage, ToWorker};
use crate::labs::{Question, View};
use crate::platform::files::Files;
use crate::platform::page::{Blob, Timer};
use crate::platform::workers::Handle;
use std::cell::RefCell;

/// An overtaken job may take this time to end.
const PATIENCE_MS: i32 = 300;
/// A worker without work is ended after this time.
const IDLE_MS: i32 = 10_000;
/// A worker that has not started within this time does not start.
const START_MS: i32 = 20_000;

/// What happens to the newest job.
pub enum Event {
    /// How far it is.
    Progress(Stage, f64),
    /// What it shows of a part of the tensor; more follows.
    Preview(Box<View>),
    /// It is done, or cannot be: the view says which.
    Answer(Box<View>),
    /// The file that was asked for: its name and content.
    File(String, Blob),
    /// No worker would do it; why.
    NoWorker(String),
}

struct Task {
    question: Question,
    choice: Choice,
    on_event: Box<dyn Fn(Event)>,
}

#[derive(Default)]
struct Client {
    worker: Option<Handle>,
    ready: bool,
    task: Option<Task>,
    /// The job that the worker has; stale if it is not `wanted`.
    running: Option<JobId>,
    wanted: JobId,
    died: u32,
    timer: Option<Timer>,
    /// The reader's files: every worker gets them, and one that has them is not idle.
    files: Files,
    /// Others to compare with: every worker gets them too.
    others: Files,
    /// What the crew has measured of them, as messages: every worker gets these too. Whether they are of the others as well.
    kept: Vec<(Vec<u8>, bool)>,
}

thread_local! {
    static CLIENT: RefCell<Client> = RefCell::default();
}

/// Starts a job in place of the one before. Its events go to `on_event`; those of the one before are dropped.
pub fn submit(question: Question, choice: Choice, on_event: impl Fn(Event) + 'static) {
    CLIENT.with_borrow_mut(|client| {
        client.wanted += 1;
        client.died = 0;
        client.task = Some(Task { question, choice, on_event: Box::new(on_event) });
        client.overtake();
    });
    advance();
}

/// Hands the reader's files to the worker, in place of those before.
pub fn open(files: Files) {
    CLIENT.with_borrow_mut(|client| {
        client.files = files;
        client.kept.clear();
        client.turn_to(Files::default());
    });
}

/// Hands it others to compare them with, or none. What was measured of the first alone stays.
pub fn compare(others: Files) {
    CLIENT.with_borrow_mut(|client| client.turn_to(others));
}

/// Hands all files to a worker.
pub fn post_files(worker: &Handle) {
    CLIENT.with_borrow(|client| client.post_files(worker));
}

/// Keeps what the crew has measured, a [`ToWorker::Keep`], and hands it to the worker.
pub fn keep(message: &ToWorker, is_beside: bool) {
    let Ok(bytes) = protocol::write(message) else { return };
    CLIENT.with_borrow_mut(|client| {
        if let (true, Some(worker)) = (client.ready, &client.worker) {
            worker.post(&bytes);
        }
        client.kept.push((bytes, is_beside));
    });
}

/// How much that is by now.
pub fn kept() -> u32 {
    CLIENT.with_borrow(|client| client.kept.len() as u32)
}

/// Takes the newest job back. A worker that is busy with it may finish it, if that does not take long.
pub fn withdraw() {
    CLIENT.with_borrow_mut(|client| {
        client.wanted += 1;
        client.task = None;
        client.overtake();
    });
}

/// Gives up the newest job, and ends the worker that does it.
pub fn cancel() {
    CLIENT.with_borrow_mut(|client| {
        client.task = None;
        client.end_worker();
    });
}

impl Client {
    /// What the worker has is no longer wanted.
    fn overtake(&mut self) {
        if self.running.is_some() {
            self.post(&ToWorker::GiveUp);
            self.timer = Timer::after_ms(PATIENCE_MS, restart);
        }
    }

    /// Sends a message to the worker; says whether there is one.
    fn post(&self, message: &ToWorker) -> bool {
        let (Ok(bytes), Some(worker)) = (protocol::write(message), &self.worker) else { return false };
        worker.post(&bytes);
        true
    }

    /// Ends a worker that has had nothing to do for a while.
    fn rest(&mut self) {
        if self.files.is_empty() {
            self.end_worker();
        }
    }

    fn turn_to(&mut self, others: Files) {
        self.others = others;
        self.kept.retain(|kept| !kept.1);
        self.post_all();
    }

    /// Hands the worker, if there is one that listens, the files and what is known of them.
    fn post_all(&self) {
        if let (true, Some(worker)) = (self.ready, &self.worker) {
            self.post_files(worker);
            self.kept.iter().for_each(|kept| worker.post(&kept.0));
        }
    }

    fn post_files(&self, worker: &Handle) {
        if let Ok(bytes) = protocol::write(&ToWorker::Open { first: self.files.len() }) {
            worker.post_files(&bytes, &self.files.with(&self.others));
        }
    }

    fn end_worker(&mut self) {
        self.worker = None;
        self.ready = false;
        self.running = None;
        self.timer = None;
    }
}

/// Ends a worker that is not done with an overtaken job, and starts the newest in another.
fn restart() {
    CLIENT.with_borrow_mut(Client::end_worker);
    advance();
}

/// Starts the worker or the newest job, whichever is missing.
fn advance() {
    let failed = CLIENT.with_borrow_mut(|client| {
        if client.task.is_none() || client.running.is_some() {
            return None;
        }
        if client.worker.is_none() {
            match Handle::spawn(receive, died) {
                Ok(worker) => client.worker = Some(worker),
                Err(why) => return Some(why),
            }
            client.timer = Timer::after_ms(START_MS, || died("it did not start in time".to_owned()));
        } else if client.ready {
            client.timer = None;
            let (id, task) = (client.wanted, client.task.as_ref()?);
            let job = Job { id, question: task.question.clone(), choice: task.choice };
            if client.post(&ToWorker::Do(job)) {
                client.running = Some(id);
            }
        }
        None
    });
    if let Some(why) = failed {
        finish(Event::NoWorker(why));
    }
}

fn receive(bytes: Vec<u8>, file: Option<Blob>) {
    let Ok(message) = protocol::read(&bytes) else { return died("it sent nonsense".to_owned()) };
    match message {
        FromWorker::Ready => {
            CLIENT.with_borrow_mut(|client| {
                client.ready = true;
                if !client.files.is_empty() {
                    client.post_all();
                }
            });
            advance();
        }
        FromWorker::Progress { id, stage, share } => tell(id, Event::Progress(stage, share)),
        FromWorker::Preview { id, view } => tell(id, Event::Preview(view)),
        FromWorker::Answer { id, view } => answered(
            id,
            match file {
                Some(content) => Event::File(view.file, content),
                None => Event::Answer(view),
            },
        ),
        // What a worker of the crew says.
        _ => {}
    }
}

/// Tells how a job goes on, unless it was overtaken.
fn tell(id: JobId, event: Event) {
    CLIENT.with_borrow(|client| {
        if let (Some(task), true) = (&client.task, id == client.wanted) {
            (task.on_event)(event);
        }
    });
}

fn answered(id: JobId, event: Event) {
    let is_wanted = CLIENT.with_borrow_mut(|client| {
        client.running = None;
        client.timer = Timer::after_ms(IDLE_MS, || CLIENT.with_borrow_mut(Client::rest));
        id == client.wanted
    });
    if is_wanted {
        finish(event);
    } else {
        advance();
    }
}

fn finish(event: Event) {
    // Taken out first: the callback may submit the next job.
    if let Some(task) = CLIENT.with_borrow_mut(|client| client.task.take()) {
        (task.on_event)(event);
    }
}

fn died(why: String) {
    let give_up = CLIENT.with_borrow_mut(|client| {
        client.end_worker();
        client.died += 1;
        client.died > 1
    });
    if give_up { finish(Event::NoWorker(why)) } else { advance() }
}
