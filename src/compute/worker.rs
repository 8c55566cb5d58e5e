//! The worker's side: jobs come in, progress and outcomes go out.

use super::backend::{self, Backend, Choice, Unavailable};
use super::cpu;
use super::gpu::device::{Failure, Gpu};
use super::protocol::{self, FromWorker, JobId, Stage, ToWorker};
use crate::labs::quantize::compare::{Comparison, Effect, Remedy};
use crate::labs::quantize::{Closer, Inspected, Outcome, Task};
use crate::labs::{File, Lab, View, formats, quantize};
use crate::platform::webgpu::Adapter;
use crate::platform::{clock::now_ms, task, workers};
use crate::quantize::{Detail, Element, Error, Plan, Quantizer, RangeMethod, Report, compare};
use crate::weights::{Distribution, Sample, Tensor, npy::npy, transform};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::ops::ControlFlow;
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
                    match self.compare(message.id, &task) {
                        Ok(comparison) => self.compared = Some((task.clone(), comparison)),
                        Err(error) => return task.view(&message.question, Err(error), None),
                    }
                }
                let Some((_, comparison)) = &self.compared else { return View::default() };
                quantize::compare::view(&message.question, &task.asked, comparison)
            }
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
                if let Some(file) = message.question.file {
                    let mut view = View::of(&message.question);
                    view.file = Some(write_file(file, plan, values));
                    return view;
                }
                let closer = message.question.closer.map(|cell| look(plan, values, cell));
                task.view(&message.question, Ok(outcome), closer.as_ref())
            }
        }
    }

    /// Every format on the task's tensor, and what would help the task.
    fn compare(&mut self, id: JobId, task: &Task) -> Result<Comparison, Error> {
        let (_, cols) = task.tensor.shape();
        self.load(id, task);
        let values = self.tensor.as_ref().map_or(&[][..], |(_, values)| values);
        let (rows, sampled) = compare::sample(values, cols, MOST_COMPARED);
        let shape = (rows, sampled.len().checked_div(rows).unwrap_or_default());
        let mut tell = progress(id, Stage::Comparing);
        let compared = cpu::compare(shape.0, shape.1, &sampled, |_, share| {
            tell(0.7 * share);
            ControlFlow::Continue(())
        })?;
        let mut remedies = quantize::compare::remedies(&task.asked);
        let activation = |rotation| activation(task, shape.1, rotation);
        let mut codes = Vec::new();
        let n = remedies.len() as f64;
        for (i, remedy) in remedies.iter_mut().enumerate() {
            let changed = Task::of(remedy.apply(&task.asked));
            // A change of the tensor itself is made on all of it.
            let other = (!changed.tensor.is_same(&task.tensor))
                .then(|| compare::sample(&changed.tensor.load(|_| {}), cols, MOST_COMPARED).1);
            let values = other.as_ref().unwrap_or(&sampled);
            // What a tensor cannot be tried with has no effect.
            let Ok(trial) =
                cpu::trials::try_one(changed.quantizer, shape, values, &activation(changed.tensor.rotation))
            else {
                continue;
            };
            let changed_codes = (i > 0 && other.is_none() && trial.codes.len() == codes.len())
                .then(|| count_changed(&trial.codes, &codes, task.quantizer.format.code_bytes()));
            if i == 0 {
                codes = trial.codes;
            }
            remedy.effect = Some(Effect { row: trial.row, output_error: trial.output_error, changed_codes });
            tell(0.7 + 0.3 * (i + 1) as f64 / n);
        }
        let rms = compare::rms(&sampled);
        let threshold = (OUTLIER * rms) as f32;
        let split =
            cpu::trials::try_split(task.quantizer, shape, &sampled, &activation(task.tensor.rotation), threshold);
        if let Ok(Some((trial, outliers))) = split {
            let effect = Effect { row: trial.row, output_error: trial.output_error, changed_codes: None };
            remedies.push(Remedy {
                name: format!("Keep the {outliers} columns beyond {OUTLIER} rms in FP16, as LLM.int8()"),
                change: Vec::new(),
                effect: Some(effect),
            });
        }
        let crest = compare::crest(&sampled);
        Ok(Comparison { rows: compared, remedies, crest, sampled: sampled.len(), of: values.len() })
    }

    /// Makes the task's tensor, unless it is there.
    fn load(&mut self, id: JobId, task: &Task) {
        if self.tensor.as_ref().is_none_or(|(source, _)| !source.is_same(&task.tensor)) {
            self.tensor = None; // free the old one first
            let values = task.tensor.load(progress(id, Stage::Drawing));
            self.tensor = Some((task.tensor.clone(), values));
        }
    }

    async fn run(&mut self, id: JobId, task: &Task, choice: Choice) -> Result<(Plan, Outcome), Error> {
        let quantizer = task.quantizer;
        let (rows, cols) = task.tensor.shape();
        self.load(id, task);

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
        let clip_curve = clip_curve(&plan, values);
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

/// The most values of a tensor that formats are compared on.
const MOST_COMPARED: usize = 1 << 20;
/// The most values of a tensor that ways to clip are tried on.
const MOST_CLIPPED: usize = 1 << 16;
/// A column with a magnitude beyond so many times the root mean square is one of outliers.
const OUTLIER: f64 = 6.0;

/// A normal activation with a value for each column, one channel in 128 of it twenty times larger, turned as the tensor is.
fn activation(task: &Task, cols: usize, rotation: Option<usize>) -> Vec<f32> {
    let seed = task.asked.seed.wrapping_add(1);
    let sample = Sample { distribution: Distribution::Normal, seed, std: 1.0, rows: 1, cols };
    let mut activation = sample.draw(|_| {});
    transform::add_outlier_columns(&mut activation, cols, cols.div_ceil(128), 20.0);
    if let Some(size) = rotation {
        transform::rotate(&mut activation, cols, size);
    }
    activation
}

/// Decibels by the part of the range that is not clipped, of a sample; nothing for formats without a scale.
fn clip_curve(plan: &Plan, values: &[f32]) -> Vec<(f64, f64)> {
    if !plan.quantizer.has_scale() {
        return Vec::new();
    }
    let (rows, sampled) = compare::sample(values, plan.cols, MOST_CLIPPED);
    let cols = sampled.len().checked_div(rows).unwrap_or_default();
    let at = |part: f64| {
        let quantizer = Quantizer { range: RangeMethod::Part(part), ..plan.quantizer };
        Some((part, cpu::compare_one(quantizer, rows, cols, &sampled).ok()?.sqnr_db?))
    };
    quantize::clip_parts().into_iter().filter_map(at).collect()
}

/// Name and content of a file of a tensor.
fn write_file(file: File, plan: &Plan, values: &[f32]) -> (String, Vec<u8>) {
    let floats = |values: &[f32]| {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        npy("<f4", &[plan.rows, plan.cols], &bytes)
    };
    let codes = || cpu::codes(plan, values);
    let id = plan.quantizer.format.id;
    match file {
        File::Reference => ("fp32.npy".to_owned(), floats(values)),
        File::Quantized => (format!("{id}-values.npy"), floats(&cpu::quantized(plan, 0, values))),
        File::Codes => {
            let codes = codes();
            let is_ggml = matches!(plan.element, Element::Ggml(_));
            let is_signed = plan.quantizer.has_signed_codes();
            let dtype = match plan.quantizer.format.code_bytes() {
                _ if is_ggml => "|u1",
                1 if is_signed => "|i1",
                1 => "|u1",
                2 if is_signed => "<i2",
                2 => "<u2",
                _ => "<u4",
            };
            let shape = if is_ggml { vec![plan.rows, codes.len() / plan.rows] } else { vec![plan.rows, plan.cols] };
            (format!("{id}-codes.npy"), npy(dtype, &shape, &codes))
        }
        File::Packed => {
            let packed = cpu::packed(plan, values, &codes());
            let parts = [packed.codes, packed.scales, packed.zero_points, packed.tensor_scales];
            (format!("{id}.bin"), parts.concat())
        }
    }
}

/// How many codes of so many bytes differ.
fn count_changed(a: &[u8], b: &[u8], code_bytes: usize) -> u64 {
    let pairs = a.chunks(code_bytes.max(1)).zip(b.chunks(code_bytes.max(1)));
    pairs.filter(|(a, b)| a != b).count() as u64
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
