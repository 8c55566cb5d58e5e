//! The worker's side: jobs come in, progress and outcomes go out. A worker of the crew is told which tensors to measure instead.

mod convert;
mod crew;
mod files;
mod stored;

use super::backend::{self, Backend, Choice, Unavailable};
use super::cpu::{self, Step};
use super::gpu::device::{Failure, Gpu};
use super::protocol::{self, FromWorker, Job, JobId, Stage, ToWorker};
use super::study;
use crate::labs::quantize::compare::Comparison;
use crate::labs::quantize::place::Place;
use crate::labs::quantize::{Outcome, Task};
use crate::labs::scaling::fitting;
use crate::labs::weights::{self, Desk, Other};
use crate::labs::{File, Lab, Part, Question, View, embed, formats, memory, quantize, scaling, sentence};
use crate::platform::files::{Files, Pieces};
use crate::platform::webgpu::Adapter;
use crate::platform::{clock::now_ms, task, workers};
use crate::quantize::{CodeFacts, Error, Plan, Report, Tally};
use crate::weights::open::Hints;
use crate::weights::{Drawing, FileValues};
use core::arch::wasm32::memory_size;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// Serves jobs, one after the other, until the page ends the worker.
pub fn serve() {
    let queue: Rc<RefCell<VecDeque<Job>>> = Rc::default();
    let overtaken: Rc<Cell<bool>> = Rc::default();
    let opened: Rc<RefCell<Option<Chosen>>> = Rc::default();
    let kept: Rc<RefCell<Vec<Kept>>> = Rc::default();
    let surveyor = crew::Surveyor::new();
    let fresh = Bench { overtaken: overtaken.clone(), arrived: opened.clone(), kept: kept.clone(), ..Bench::default() };
    let bench = Rc::new(RefCell::new(Some(fresh)));
    workers::serve(move |bytes, files| {
        match protocol::read(&bytes) {
            Ok(ToWorker::Do(job)) => queue.borrow_mut().push_back(job),
            Ok(ToWorker::GiveUp) => return overtaken.set(true),
            Ok(ToWorker::Open { first }) => {
                let files = files.map(|files| Chosen::new(files, first as usize));
                surveyor.open(files.clone());
                opened.replace(files);
                kept.borrow_mut().clear();
                return;
            }
            Ok(ToWorker::Survey { settings, hints }) => return surveyor.survey(&settings, &hints),
            Ok(ToWorker::Measure { tensor }) => return surveyor.measure(tensor),
            Ok(ToWorker::Pause(is_paused)) => return surveyor.pause(is_paused),
            Ok(ToWorker::Keep { settings, tensor, result }) => {
                return kept.borrow_mut().push(Kept { settings, tensor, result });
            }
            Err(_) => return,
        }
        // Whoever holds the bench takes the next job when its own is done.
        let Some(mut held) = bench.take() else { return };
        let (queue, bench) = (queue.clone(), bench.clone());
        task::spawn(async move {
            loop {
                let Some(job) = queue.borrow_mut().pop_front() else { break };
                held.overtaken.set(false);
                // Of a job that is overtaken nobody looks at the answer.
                let view = held.answer(&job).await.unwrap_or_default();
                let answer = FromWorker::Answer { id: job.id, view: Box::new(view) };
                if let Ok(bytes) = protocol::write(&answer) {
                    workers::post_to_page(&bytes, held.content.take().as_ref());
                }
            }
            *bench.borrow_mut() = Some(held);
        });
    });
    post(&FromWorker::Ready);
}

fn post(message: &FromWorker) {
    if let Ok(bytes) = protocol::write(message) {
        workers::post_to_page(&bytes, None);
    }
}

/// What another worker has measured.
struct Kept {
    settings: String,
    tensor: u32,
    result: Result<Vec<u8>, String>,
}

/// The reader's files, and others to compare with.
#[derive(Clone, Default)]
struct Chosen {
    files: Files,
    others: Files,
}

impl Chosen {
    /// Of all files the first so many are looked at.
    fn new(mut files: Files, first: usize) -> Self {
        let others = files.split_off(first);
        Self { files, others }
    }
}

/// What a worker keeps between jobs.
#[derive(Default)]
struct Bench {
    /// The last tensor, so that another format of it needs no second drawing.
    tensor: Option<Drawing>,
    /// The last task with what came of it, for a closer look at that.
    done: Option<(Task, Plan, Outcome)>,
    /// The last comparison, for another order of its rows.
    compared: Option<(Task, Comparison)>,
    /// The last runs that a law was fitted to, and what came of it.
    fitting: Option<fitting::Task>,
    /// What the browser offers, once a job asked for it; or why it offers nothing.
    adapter: Option<Result<Adapter, Unavailable>>,
    /// Its device, started when a job is to run on it; or why it is not used.
    gpu: Option<Result<Gpu, Unavailable>>,
    /// Content of the file that the job at hand was for.
    content: Option<Pieces>,
    /// Whether the job at hand is no longer wanted.
    overtaken: Rc<Cell<bool>>,
    /// Files that have arrived, until a job takes them up.
    arrived: Rc<RefCell<Option<Chosen>>>,
    /// The reader's files.
    files: Files,
    /// Those to compare with.
    others: Files,
    /// What they do not say.
    hints: Hints,
    /// What is known of them.
    desk: Desk,
    /// What others have measured of them, until a job takes it up.
    kept: Rc<RefCell<Vec<Kept>>>,
    /// The values of one of their tensors.
    stored: Option<Rc<FileValues>>,
}

/// A job looks around for a newer one after this time.
const SLICE_MS: f64 = 20.0;

/// Why a job ends without an answer.
enum End {
    /// It is no longer wanted.
    Overtaken,
    /// It has none.
    Impossible(Error),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Impossible(error)
    }
}

impl Bench {
    /// What a lab shows; nothing if the job was overtaken.
    async fn answer(&mut self, job: &Job) -> Option<View> {
        let question = &job.question;
        match question.lab {
            Lab::Memory => Some(memory::view(question)),
            Lab::Scaling => {
                let own = self.fitting.as_ref().and_then(fitting::Task::own);
                Some(scaling::view(question, own.as_ref()))
            }
            Lab::Fit => self.fit(job).await,
            Lab::Formats => Some(formats::view(question)),
            Lab::Embed => Some(embed::view(question)),
            Lab::Quantize | Lab::Compare => self.tensor(job).await,
            Lab::Weights | Lab::Tensors => {
                let (settings, hints) = weights::settings(question);
                if self.hints != hints {
                    self.hints = hints;
                    self.desk.close();
                    self.stored = None;
                }
                self.open().await.ok()?;
                if question.file == Some(File::Copy) {
                    return self.copied(job).await;
                }
                self.desk.turn_to(settings);
                let mut view = self.weights(question);
                self.desk.report_on(question, &mut view);
                Some(view)
            }
        }
    }

    /// The copy of the reader's files that a job asks for, or why there is none; nothing if the job was overtaken.
    async fn copied(&mut self, job: &Job) -> Option<View> {
        let mut view = View::of(&job.question);
        match self.copy(job).await {
            Ok(copy) => {
                let (name, content) = copy?;
                (view.file, self.content) = (name, Some(content));
            }
            Err(why) => view.set(Part::Problem, sentence(&why)),
        }
        Some(view)
    }

    /// What the Weights lab shows, or a file of it.
    fn weights(&mut self, question: &Question) -> View {
        if question.file.is_some() {
            let mut view = View::of(question);
            if let Some((name, content)) = weights::file(question, &self.desk) {
                (view.file, self.content) = (name, Some(Pieces::of(&content)));
            }
            return view;
        }
        match question.lab {
            Lab::Tensors => weights::rows(question, &self.desk),
            _ => weights::view(question, &self.desk),
        }
    }

    /// Reads the headers of files that have arrived, and takes up what others have measured of them.
    async fn open(&mut self) -> Result<(), End> {
        if let Some(Chosen { files, others }) = self.arrived.take() {
            (self.files, self.others) = (files, others);
            self.desk = Desk::default();
            self.stored = None;
        }
        if self.desk.opened.is_none() && !self.files.is_empty() {
            let opened = files::open(&self.files, self.hints, || !self.overtaken.get()).await.ok_or(End::Overtaken)?;
            self.desk.opened = Some(opened.checkpoint);
            self.desk.read = opened.read;
            if let Some(Ok(checkpoint)) = &self.desk.opened {
                self.desk.keys = convert::keys(&self.files, checkpoint).await.ok().flatten();
                if !self.others.is_empty() {
                    let other = files::open(&self.others, self.hints, || !self.overtaken.get()).await;
                    self.desk.other = other.map(|other| Other::new(checkpoint, other.checkpoint));
                    if self.desk.other.is_none() {
                        self.desk.close();
                        return Err(End::Overtaken);
                    }
                }
            }
        }
        // What was measured of files that have arrived meanwhile is for the next to take up.
        if self.arrived.borrow().is_some() {
            return Err(End::Overtaken);
        }
        for Kept { settings, tensor, result } in self.kept.take() {
            // What a worker of the same build has written can be read.
            let result = result.and_then(|bytes| protocol::read(&bytes).map_err(|error| error.to_string()));
            self.desk.keep(&settings, tensor, result);
        }
        Ok(())
    }

    /// A law for the reader's own runs; nothing if the job was overtaken. What is done by then is kept.
    async fn fit(&mut self, job: &Job) -> Option<View> {
        let question = &job.question;
        if self.fitting.as_ref().is_none_or(|task| !task.is_of(question)) {
            match fitting::Task::new(question) {
                Ok(task) => self.fitting = Some(task),
                Err(problem) => return Some(fitting::problem(question, problem)),
            }
        }
        let mut tell = progress(job.id, Stage::Fitting);
        loop {
            let began = now_ms();
            let share = self.fitting.as_mut()?.step(|| now_ms() - began < SLICE_MS);
            match share {
                None => return self.fitting.as_ref().map(|task| task.view(question)),
                Some(share) => tell(share),
            }
            self.look_around().await.ok()?;
        }
    }

    /// What the Quantize lab shows; nothing if the job was overtaken.
    async fn tensor(&mut self, job: &Job) -> Option<View> {
        let question = &job.question;
        let mut task = Task::new(question);
        if let Some(place) = question.tensor {
            match self.stored(job, &task, place).await {
                Ok(stored) => task.take_stored(stored),
                Err(stored::NoValues::Overtaken) => return None,
                Err(stored::NoValues::Because(why)) => {
                    let mut view = View::of(question);
                    view.inputs = quantize::inputs(question).1;
                    view.set(Part::Problem, sentence(&why));
                    return Some(view);
                }
            }
        }
        let answer =
            if question.lab == Lab::Compare { self.compare(job, &task).await } else { self.quantize(job, &task).await };
        match answer {
            Ok(view) => Some(view),
            Err(End::Impossible(error)) => Some(task.view(question, Err(error), None)),
            Err(End::Overtaken) => None,
        }
    }

    /// All formats on the task's tensor.
    async fn compare(&mut self, job: &Job, task: &Task) -> Result<View, End> {
        if self.compared.as_ref().is_none_or(|(done, _)| done.asked != task.asked || !done.is_same(task)) {
            self.load(job.id, task).await?;
            let comparison = study::compare(task, self.values(), progress(job.id, Stage::Comparing))?;
            self.compared = Some((task.clone(), comparison));
        }
        let Some((_, comparison)) = &self.compared else { return Err(End::Overtaken) };
        Ok(quantize::compare::view(&job.question, &task.asked, comparison))
    }

    /// The task's tensor, quantized.
    async fn quantize(&mut self, job: &Job, task: &Task) -> Result<View, End> {
        let question = &job.question;
        let is_done = self.done.as_ref().is_some_and(|(done, ..)| done.is_same(task));
        if !is_done {
            self.done = None;
            task.asked.check()?;
            self.preview(job, task).await?;
            self.load(job.id, task).await?;
            let (plan, outcome) = self.run(job.id, task, job.choice).await?;
            self.done = Some((task.clone(), plan, outcome));
        }
        // Where a comparison has made another tensor meanwhile.
        self.load(job.id, task).await?;
        let Some((_, plan, outcome)) = &self.done else { return Err(End::Overtaken) };
        let values = self.values();
        if let Some(file) = question.file {
            let (mut view, mut content) = (View::of(question), Pieces::default());
            view.file = study::file(file, plan, outcome, values, |bytes| content.push(bytes));
            self.content = Some(content);
            return Ok(view);
        }
        let closer = question.closer.as_ref().map(|place| study::look(plan, values, Place::read(place)));
        Ok(task.view(question, Ok(outcome), closer.as_ref()))
    }

    /// Of a large tensor, what its beginning shows.
    async fn preview(&self, job: &Job, task: &Task) -> Result<(), End> {
        let started = now_ms();
        let Some((part, mut outcome)) = study::beginning(task) else { return Ok(()) };
        outcome.elapsed_ms = now_ms() - started;
        let mut view = part.view(&job.question, Ok(&outcome), None);
        view.set(Part::Preview, quantize::beginning_of(task, &outcome.report));
        post(&FromWorker::Preview { id: job.id, view: Box::new(view) });
        self.look_around().await
    }

    /// Receives what has arrived meanwhile: an end of the job, if something newer is wanted.
    async fn look_around(&self) -> Result<(), End> {
        task::pause().await;
        if self.overtaken.get() { Err(End::Overtaken) } else { Ok(()) }
    }

    /// Makes the task's tensor, unless it is there. What is made of it when the job is overtaken is kept.
    async fn load(&mut self, id: JobId, task: &Task) -> Result<(), End> {
        task.asked.check()?;
        if self.tensor.as_ref().is_none_or(|drawing| !drawing.tensor.is_same(&task.tensor)) {
            self.tensor = None; // free the old one first
            self.tensor = Some(Drawing::new(task.tensor.clone()));
        }
        let mut tell = progress(id, Stage::Drawing);
        while let Some(share) = self.tensor.as_mut().and_then(Drawing::step) {
            tell(share);
            self.look_around().await?;
        }
        Ok(())
    }

    /// The tensor's values.
    fn values(&self) -> &[f32] {
        self.tensor.as_ref().map_or(&[], Drawing::values)
    }

    /// Quantizes the tensor that was loaded for the task.
    async fn run(&mut self, id: JobId, task: &Task, choice: Choice) -> Result<(Plan, Outcome), End> {
        let quantizer = task.quantizer;
        let (rows, cols) = task.tensor.shape();
        let (mut chosen, mut note) = self.choose(choice).await;
        let values = self.tensor.as_ref().map_or(&[][..], Drawing::values);
        let started = now_ms();
        let mut done = None;
        if let (Backend::Gpu, Some(Ok(gpu))) = (chosen, &self.gpu) {
            match gpu.run(quantizer, rows, cols, values, progress(id, Stage::Quantizing)).await {
                Ok(finished) => done = Some(finished),
                Err(Failure::Impossible(error)) => return Err(error.into()),
                Err(Failure::NotSuitable(why)) => note = Some(format!("this tensor is not for it, since {why}")),
                Err(Failure::Device(why)) => {
                    note = Some(why.to_string());
                    self.gpu = Some(Err(why));
                }
            }
        }
        let (plan, tally, codes) = match done {
            Some(done) => done,
            None => {
                chosen = Backend::Cpu;
                self.on_cpu(id, task).await?
            }
        };
        let elapsed_ms = now_ms() - started;
        let code_facts = CodeFacts::of(&plan, &codes);
        // Their place is needed for the errors.
        drop(codes);
        let activation = task.activation(cols);
        let mut looked = cpu::Looked::new(&plan, values.len(), &activation);
        for (first_row, rows) in cpu::slices(cols, values) {
            self.look_around().await?;
            looked.add(first_row, rows);
        }
        let report = Report::new(&plan, &tally, code_facts, &looked.finish())?;
        let (backend, backend_name) = match (chosen, &self.adapter) {
            (Backend::Gpu, Some(Ok(adapter))) if !adapter.name.is_empty() => ("gpu", format!("GPU ({})", adapter.name)),
            (Backend::Gpu, _) => ("gpu", "GPU".to_owned()),
            (Backend::Cpu, _) => ("cpu", "CPU (WebAssembly SIMD)".to_owned()),
        };
        let clip_curve = study::clip_curve(&plan, values);
        let engine_bytes = memory_size::<0>() as u64 * 65_536;
        let outcome =
            Outcome { report, backend, backend_name, elapsed_ms, backend_note: note, engine_bytes, clip_curve };
        Ok((plan, outcome))
    }
}

impl Bench {
    /// Both passes on the CPU.
    async fn on_cpu(&self, id: JobId, task: &Task) -> Result<(Plan, Tally, Vec<u8>), End> {
        let (rows, cols) = task.tensor.shape();
        let mut tell = progress(id, Stage::Quantizing);
        let mut passes = cpu::Passes::new(task.quantizer, rows, cols, self.values())?;
        loop {
            match passes.step()? {
                Step::Done(plan, tally, codes) => return Ok((*plan, *tally, codes)),
                Step::Going(going, share) => {
                    tell(share);
                    self.look_around().await?;
                    passes = going;
                }
            }
        }
    }

    /// Chooses the backend, and starts the GPU if it is chosen: not before, since that takes seconds in software.
    async fn choose(&mut self, choice: Choice) -> (Backend, Option<String>) {
        if choice == Choice::Cpu {
            return (Backend::Cpu, None);
        }
        if self.adapter.is_none() {
            self.adapter = Some(Adapter::request().await.map_err(Unavailable::from));
        }
        let Some(Ok(adapter)) = &self.adapter else {
            let why = self.adapter.as_ref().and_then(|adapter| adapter.as_ref().err());
            return backend::select(choice, Err(why.unwrap_or(&Unavailable::NoAdapter)));
        };
        let offered = backend::Adapter { is_fallback: adapter.is_fallback };
        let selected = backend::select(choice, Ok(offered));
        if selected.0 == Backend::Gpu {
            if self.gpu.is_none() {
                self.gpu = Some(Gpu::start(adapter).await);
            }
            if let Some(Err(why)) = &self.gpu {
                return backend::select(choice, Err(why));
            }
        }
        selected
    }
}

/// Tells the page how far a job is, at most every 50 ms.
fn progress(id: JobId, stage: Stage) -> impl FnMut(f64) {
    let mut last = now_ms();
    move |share| {
        let now = now_ms();
        if now - last >= 50.0 {
            last = now;
            post(&FromWorker::Progress { id, stage, share });
        }
    }
}
