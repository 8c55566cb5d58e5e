//! The worker's side: jobs come in, progress and outcomes go out.

use super::backend::{self, Backend, Choice, Unavailable};
use super::cpu;
use super::gpu::device::{Failure, Gpu};
use super::protocol::{self, FromWorker, JobId, Stage, ToWorker};
use super::study;
use crate::labs::quantize::compare::Comparison;
use crate::labs::quantize::{Outcome, Task};
use crate::labs::{Lab, View, formats, quantize};
use crate::platform::webgpu::Adapter;
use crate::platform::{clock::now_ms, task, workers};
use crate::quantize::{Error, Plan, Report};
use crate::weights::Tensor;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// Serves jobs, one after the other, until the page ends the worker.
pub fn serve() {
    let queue: Rc<RefCell<VecDeque<ToWorker>>> = Rc::default();
    let bench = Rc::new(RefCell::new(Some(Bench::default())));
    workers::serve(move |bytes| {
        let Ok(message) = protocol::read(&bytes) else { return };
        queue.borrow_mut().push_back(message);
        // Whoever holds the bench takes the next job when its own is done.
        let Some(mut held) = bench.take() else { return };
        let (queue, bench) = (queue.clone(), bench.clone());
        task::spawn(async move {
            loop {
                let Some(message) = queue.borrow_mut().pop_front() else { break };
                let view = held.answer(&message).await;
                post(&FromWorker::Answer { id: message.id, view: Box::new(view) });
            }
            *bench.borrow_mut() = Some(held);
        });
    });
    post(&FromWorker::Ready);
}

fn post(message: &FromWorker) {
    if let Ok(bytes) = protocol::write(message) {
        workers::post_to_page(&bytes);
    }
}

/// What a worker keeps between jobs.
#[derive(Default)]
struct Bench {
    /// The last tensor, so that another format of it needs no second drawing.
    tensor: Option<(Tensor, Vec<f32>)>,
    /// The last task with what came of it, for a closer look at that.
    done: Option<(Task, Plan, Outcome)>,
    /// The last comparison, for another order of its rows.
    compared: Option<(Task, Comparison)>,
    /// What the browser offers, once a job asked for it; or why it offers nothing.
    adapter: Option<Result<Adapter, Unavailable>>,
    /// Its device, started when a job is to run on it; or why it is not used.
    gpu: Option<Result<Gpu, Unavailable>>,
}

impl Bench {
    async fn answer(&mut self, message: &ToWorker) -> View {
        match message.question.lab {
            Lab::Formats => formats::view(&message.question),
            Lab::Compare => {
                let task = Task::new(&message.question);
                if self.compared.as_ref().is_none_or(|(done, _)| done.asked != task.asked) {
                    self.load(message.id, &task);
                    let tell = progress(message.id, Stage::Comparing);
                    match study::compare(&task, self.values(), tell) {
                        Ok(comparison) => self.compared = Some((task.clone(), comparison)),
                        Err(error) => return task.view(&message.question, Err(error), None),
                    }
                }
                let Some((_, comparison)) = &self.compared else { return View::default() };
                quantize::compare::view(&message.question, &task.asked, comparison)
            }
            Lab::Quantize => {
                let task = Task::new(&message.question);
                self.load(message.id, &task);
                let is_done = self.done.as_ref().is_some_and(|(done, ..)| done.is_same(&task));
                if !is_done {
                    self.done = None;
                    match self.run(message.id, &task, message.choice).await {
                        Ok((plan, outcome)) => self.done = Some((task.clone(), plan, outcome)),
                        Err(error) => return task.view(&message.question, Err(error), None),
                    }
                }
                let Some((_, plan, outcome)) = &self.done else { return View::default() };
                let values = self.values();
                if let Some(file) = message.question.file {
                    let mut view = View::of(&message.question);
                    view.file = Some(study::file(file, plan, values));
                    return view;
                }
                let closer = message.question.closer.map(|cell| study::look(plan, values, cell));
                task.view(&message.question, Ok(outcome), closer.as_ref())
            }
        }
    }

    /// Makes the task's tensor, unless it is there.
    fn load(&mut self, id: JobId, task: &Task) {
        if self.tensor.as_ref().is_none_or(|(source, _)| !source.is_same(&task.tensor)) {
            self.tensor = None; // free the old one first
            let values = task.tensor.load(progress(id, Stage::Drawing));
            self.tensor = Some((task.tensor.clone(), values));
        }
    }

    /// The tensor's values.
    fn values(&self) -> &[f32] {
        self.tensor.as_ref().map_or(&[], |(_, values)| values)
    }

    /// Quantizes the tensor that was loaded for the task.
    async fn run(&mut self, id: JobId, task: &Task, choice: Choice) -> Result<(Plan, Outcome), Error> {
        let quantizer = task.quantizer;
        let (rows, cols) = task.tensor.shape();
        let (mut chosen, mut note) = self.choose(choice).await;
        let values = self.tensor.as_ref().map_or(&[][..], |(_, values)| values);
        let started = now_ms();
        let mut done = None;
        if let (Backend::Gpu, Some(Ok(gpu))) = (chosen, &self.gpu) {
            match gpu.run(quantizer, rows, cols, values, progress(id, Stage::Quantizing)).await {
                Ok(finished) => done = Some(finished),
                Err(Failure::Impossible(error)) => return Err(error),
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
                cpu::quantize(quantizer, rows, cols, values, progress(id, Stage::Quantizing))?
            }
        };
        let elapsed_ms = now_ms() - started;
        let report = Report::new(&plan, &tally, &codes, &cpu::details(&plan, values))?;
        let (backend, backend_name) = match (chosen, &self.adapter) {
            (Backend::Gpu, Some(Ok(adapter))) if !adapter.name.is_empty() => ("gpu", format!("GPU ({})", adapter.name)),
            (Backend::Gpu, _) => ("gpu", "GPU".to_owned()),
            (Backend::Cpu, _) => ("cpu", "CPU (WebAssembly SIMD)".to_owned()),
        };
        let clip_curve = study::clip_curve(&plan, values);
        Ok((plan, Outcome { report, backend, backend_name, elapsed_ms, backend_note: note, clip_curve }))
    }
}

impl Bench {
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
