//! The worker's side: jobs come in, progress and outcomes go out.

use super::backend::{self, Backend, Choice, Unavailable};
use super::cpu;
use super::gpu::device::{Failure, Gpu};
use super::protocol::{self, FromWorker, JobId, Stage, ToWorker};
use crate::labs::quantize::{Closer, Inspected, Outcome, Task};
use crate::labs::{Lab, View, formats};
use crate::platform::webgpu::Adapter;
use crate::platform::{clock::now_ms, task, workers};
use crate::quantize::{Detail, Element, Error, Plan, Report};
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
    /// What the browser offers, once a job asked for it; or why it offers nothing.
    adapter: Option<Result<Adapter, Unavailable>>,
    /// Its device, started when a job is to run on it; or why it is not used.
    gpu: Option<Result<Gpu, Unavailable>>,
}

impl Bench {
    async fn answer(&mut self, message: &ToWorker) -> View {
        match message.question.lab {
            Lab::Formats => formats::view(&message.question),
            Lab::Quantize => {
                let task = Task::new(&message.question);
                let is_done = self.done.as_ref().is_some_and(|(done, ..)| done.is_same(&task));
                if !is_done {
                    self.done = None;
                    match self.run(message.id, &task, message.choice).await {
                        Ok((plan, outcome)) => self.done = Some((task.clone(), plan, outcome)),
                        Err(error) => return task.view(&message.question, Err(error), None),
                    }
                }
                let Some((_, plan, outcome)) = &self.done else { return View::default() };
                let values = self.tensor.as_ref().map_or(&[][..], |(_, values)| values);
                let closer = message.question.closer.map(|cell| look(plan, values, cell));
                task.view(&message.question, Ok(outcome), closer.as_ref())
            }
        }
    }

    async fn run(&mut self, id: JobId, task: &Task, choice: Choice) -> Result<(Plan, Outcome), Error> {
        let quantizer = task.quantizer;
        let (rows, cols) = task.tensor.shape();
        if self.tensor.as_ref().is_none_or(|(source, _)| !source.is_same(&task.tensor)) {
            self.tensor = None; // free the old one first
            let values = task.tensor.load(progress(id, Stage::Drawing));
            self.tensor = Some((task.tensor.clone(), values));
        }

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
        Ok((plan, Outcome { report, backend, backend_name, elapsed_ms, backend_note: note }))
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

/// Looks at a tensor from above, and at the number of a cell with the largest error there, or of all cells if there is no
/// such cell.
fn look(plan: &Plan, values: &[f32], (col, row): (u32, u32)) -> Closer {
    let quantized = cpu::quantized(plan, 0, values);
    let shape = (plan.rows, plan.cols);
    let detail = Detail::new(shape, values, &quantized, &plan.value_edges, &plan.error_edges);
    let index = detail.worst_in(col as usize, row as usize).unwrap_or_else(|| detail.worst_of_all());
    let (row, col) = (index / plan.cols, index % plan.cols);
    let granularity = plan.quantizer.groups();
    let group = granularity.group(plan.cols, row, col / granularity.run(plan.cols));
    let scale = match &plan.element {
        Element::Integer(grids) => grids.get(group).map(|grid| (grid.scale, grid.zero_point)),
        element => element.scales().nth(group).map(|scale| (scale, 0)),
    };
    let size = plan.quantizer.format.block_size();
    let block = if size > 1 {
        let start = index - col % size;
        let end = (start + size).min((row + 1) * plan.cols);
        let mut block = values[start..end].to_vec();
        block.resize(size, 0.0);
        block
    } else {
        Vec::new()
    };
    let scale = scale.filter(|_| plan.quantizer.has_scale());
    Closer { detail, inspected: Inspected { index, x: values[index], q: quantized[index], scale, block } }
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
