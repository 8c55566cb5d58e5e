//! Adding up the parts.

use super::cache::{cache, decodes};
use super::engines::Engine;
use super::inference::{ACTIVATION_SOURCE as PEAK_SOURCE, prefill_peak};
use super::phases::{self, Share, TrainingPart, TrainingPlan};
use super::recipe::{self, Recipe, bits_per_weight};
use super::report::{Moment, Part, PartKind, Report};
use super::sharding::tensor_share;
use super::speed::{self, Run};
use super::training::{self, ACTIVATION_BYTES_PER_PARAM, ACTIVATION_SOURCE};
use super::{Error, Input, Model, Optimizer, Running, Task};
use crate::order;
use crate::transformer::Architecture;
use crate::units::{Bytes, Params, significant};

/// The most parameters that are worked out: 10¹⁸, a million times the largest model yet. Beyond it a number is a typing
/// error and not a plan.
pub const MAX_PARAMS: Params = Params(1e18);

/// The memory of `params` parameters at `bytes_per_param` each: `P × bytes`.
#[must_use]
pub fn weights_bytes(params: Params, bytes_per_param: f64) -> Bytes {
    Bytes(params.get() * bytes_per_param)
}

/// Works out what `input` needs.
///
/// # Errors
///
/// If a number is out of range, if the question needs an architecture that is not known, or if GPUs cannot share the model
/// as the plan has it.
pub fn estimate(input: &Input) -> Result<Report, Error> {
    let params = checked(match &input.model {
        Model::Params(params) => *params,
        Model::Known(architecture) => Params(architecture.params() as f64),
    })?;
    let mut report = Report {
        input: input.clone(),
        params,
        of_params: None,
        trained: Params(0.0),
        parts: Vec::new(),
        moments: Vec::new(),
        gpus: 1,
        weights: Vec::new(),
        cache: None,
        speed: (None, None),
        cpu: Bytes(0.0),
        assumptions: Vec::new(),
    };
    if let Model::Known(architecture) = &input.model {
        let active = architecture.params_active(true, true);
        report.of_params = Some((Params(active as f64), Params(architecture.params_embedding() as f64)));
    }
    match (&input.task, &input.model) {
        (Task::Run(running), Model::Known(architecture)) => run(&mut report, running, architecture)?,
        (Task::Run(running), Model::Params(_)) => run_unknown(&mut report, running),
        (Task::TrainBySheet { recipe, optimizer, activation_bytes_per_param }, _) => {
            by_sheet(&mut report, recipe, optimizer, *activation_bytes_per_param)?;
        }
        (Task::Train(plan), Model::Known(architecture)) => train(&mut report, plan, architecture)?,
        (Task::Train(_), Model::Params(_)) => {
            return Err(Error::NeedsArchitecture("what layers keep while they are trained"));
        }
    }
    report.parts.retain(|part| part.bytes.get() > 0.0 || part.kind == PartKind::Weights);
    Ok(report)
}

fn checked(params: Params) -> Result<Params, Error> {
    let value = params.get();
    if !value.is_finite() {
        Err(Error::ParamsNotFinite)
    } else if value < 1.0 {
        Err(Error::TooFewParams(value))
    } else if params > MAX_PARAMS {
        Err(Error::TooManyParams { value, limit: MAX_PARAMS.get() })
    } else {
        Ok(params)
    }
}

/// `8.03B × 2 B`
fn product(params: Params, bytes_per_param: f64) -> String {
    format!("{params} × {} B", significant(bytes_per_param, 4))
}

/// What the engine needs before it holds a model, or what was said instead.
fn overhead(input: &Input, engine: &Engine) -> Part {
    let bytes = input.overhead.unwrap_or(engine.overhead.default);
    Part {
        kind: PartKind::Overhead,
        name: PartKind::Overhead.name(),
        bytes,
        formula: format!("{} to {} have been seen", engine.overhead.low, engine.overhead.high),
        source: engine.overhead.source,
    }
}

fn run(report: &mut Report, running: &Running, architecture: &Architecture) -> Result<(), Error> {
    let input = report.input.clone();
    let gpus = running.tensor_parallel.max(1);
    let heads = architecture.stacks.iter().map(|stack| stack.heads).max().unwrap_or(1);
    if gpus > heads {
        return Err(Error::TooManyGpus { gpus, heads });
    }
    report.gpus = gpus;
    report.weights = recipe::weights(architecture, &input.weights);
    let per_gpu: Bytes = architecture
        .tensors
        .iter()
        .map(|tensors| {
            let stack = tensors.stack.and_then(|stack| architecture.stacks.get(stack));
            let share = tensor_share(tensors, stack, gpus);
            input.weights.bytes_each(tensors, architecture) * (tensors.copies as f64 * share)
        })
        .sum();
    let bits = bits_per_weight(&report.weights);
    let shared = if gpus > 1 { format!(", shared by {gpus} GPUs") } else { String::new() };
    report.parts.push(Part {
        kind: PartKind::Weights,
        name: PartKind::Weights.name(),
        bytes: per_gpu,
        formula: format!("{}{shared}", product(report.params, bits / 8.0)),
        source: input.weights.source,
    });
    report.assumptions.push(input.weights.note.to_owned());
    let kept = cache(architecture, &running.usage, running.engine, running.cache_format, gpus);
    if decodes(architecture) {
        report.parts.push(Part {
            kind: PartKind::KvCache,
            name: PartKind::KvCache.name(),
            bytes: kept.bytes,
            formula: kept.parts.iter().map(|part| part.formula.as_str()).collect::<Vec<_>>().join(" + "),
            source: running.engine.source,
        });
        report.assumptions.push(kept.reason.to_owned());
        report.assumptions.extend(kept.warnings.iter().cloned());
        report.cache = Some(kept);
    }
    let peak = prefill_peak(architecture, &running.usage, running.engine, input.weights.rate, gpus);
    report.parts.push(Part {
        kind: PartKind::Activations,
        name: "activations of a pass",
        bytes: peak.activations(),
        formula: format!("the largest moment of a pass of {} tokens", significant(peak.tokens, 6)),
        source: PEAK_SOURCE,
    });
    report.parts.push(Part {
        kind: PartKind::Logits,
        name: PartKind::Logits.name(),
        bytes: peak.logits,
        formula: format!("rows × {} entries × {} B", architecture.vocab, running.engine.logit_bytes),
        source: PEAK_SOURCE,
    });
    report.assumptions.extend(peak.assumptions);
    report.parts.push(overhead(&input, running.engine));
    report.assumptions.push(running.engine.overhead.what.to_owned());
    let how = Run {
        model: architecture,
        recipe: &input.weights,
        usage: &running.usage,
        engine: running.engine,
        cache_format: running.cache_format,
        gpu: input.gpu,
        tensor_parallel: gpus,
    };
    report.speed = (speed::decode(&how), speed::prefill(&how));
    Ok(())
}

/// Of a model of which only the number of parameters is known: the weights, and what the engine needs.
fn run_unknown(report: &mut Report, running: &Running) {
    let input = &report.input;
    let gpus = running.tensor_parallel.max(1);
    let shared = if gpus > 1 { format!(", shared by {gpus} GPUs") } else { String::new() };
    let bytes_per_param = uniform_bits(&input.weights) / 8.0;
    report.parts = vec![
        Part {
            kind: PartKind::Weights,
            name: PartKind::Weights.name(),
            bytes: weights_bytes(report.params, bytes_per_param / gpus as f64),
            formula: product(report.params, bytes_per_param) + &shared,
            source: input.weights.source,
        },
        overhead(input, running.engine),
    ];
    report.gpus = gpus;
    report.assumptions = [
        "Only the number of parameters is known, so the KV cache and activations are left out: choose a model or give a \
         config.json to count them.",
        "Every weight is kept in the format of linear layers.",
        input.weights.note,
    ]
    .map(str::to_owned)
    .to_vec();
}

/// Bits of a weight of a linear layer, long enough for whole blocks.
fn uniform_bits(recipe: &Recipe) -> f64 {
    recipe.linear.bits_per_weight()
}

fn by_sheet(
    report: &mut Report,
    recipe: &'static training::Recipe,
    optimizer: &'static Optimizer,
    activation_bytes_per_param: f64,
) -> Result<(), Error> {
    // `contains` is false for NaN, so that is refused here as well.
    if !ACTIVATION_BYTES_PER_PARAM.contains(&activation_bytes_per_param) {
        return Err(Error::ActivationsOutOfRange {
            value: activation_bytes_per_param,
            min: *ACTIVATION_BYTES_PER_PARAM.start(),
            max: *ACTIVATION_BYTES_PER_PARAM.end(),
        });
    }
    let params = report.params;
    let states = recipe.bytes_per_param(optimizer) - recipe.weight_bytes - recipe.gradient_bytes;
    let part = |kind: PartKind, bytes_per_param, source| Part {
        kind,
        name: kind.name(),
        bytes: weights_bytes(params, bytes_per_param),
        formula: product(params, bytes_per_param),
        source,
    };
    report.trained = params;
    report.parts = vec![
        part(PartKind::Weights, recipe.weight_bytes, recipe.source),
        part(PartKind::Gradients, recipe.gradient_bytes, recipe.source),
        part(PartKind::Optimizer, states, optimizer.source),
        part(PartKind::Activations, activation_bytes_per_param, ACTIVATION_SOURCE),
    ];
    if let Some(bytes) = report.input.overhead {
        report.parts.push(Part { bytes, ..overhead(&report.input, &super::ENGINES[0]) });
    }
    report.assumptions = [
        "The cheat sheet's sum: all parameters are trained, on one GPU and without offloading.",
        "Activations grow with batch and length; its figure stands for one of each. Count them from the architecture to see.",
        "The GPU's own overhead (0.3 to 2 GiB) comes on top.",
        "The number of GPUs assumes that every part is split evenly among them.",
    ]
    .map(str::to_owned)
    .to_vec();
    Ok(())
}

fn train(report: &mut Report, plan: &TrainingPlan, architecture: &Architecture) -> Result<(), Error> {
    let trained = phases::train(architecture, plan)?;
    let input = report.input.clone();
    // What PyTorch needs is what transformers needs.
    let engine = super::engine("transformers").unwrap_or(&super::ENGINES[0]);
    let parts = |parts: &[TrainingPart]| {
        let mut parts: Vec<Part> = parts.iter().map(of_training).collect();
        parts.push(overhead(&input, engine));
        parts.retain(|part| part.bytes.get() > 0.0);
        order::sort_by_key(&mut parts, |part| part.kind);
        parts
    };
    report.moments =
        trained.phases.iter().map(|phase| Moment { name: phase.moment.name(), parts: parts(&phase.parts) }).collect();
    report.parts = parts(&trained.peak().parts);
    report.gpus = trained.gpus;
    report.trained = trained.trained;
    report.cpu = trained.cpu_bytes;
    report.assumptions = trained.assumptions;
    report.assumptions.push(engine.overhead.what.to_owned());
    Ok(())
}

fn of_training(part: &TrainingPart) -> Part {
    let kind = match part.share {
        Share::Weights | Share::FrozenWeights => PartKind::Weights,
        Share::Gradients => PartKind::Gradients,
        Share::MasterWeights | Share::OptimizerState => PartKind::Optimizer,
        Share::Activations | Share::RecomputedLayer | Share::OutsideLayers => PartKind::Activations,
        Share::Logits => PartKind::Logits,
        Share::Gathered | Share::Dequantized | Share::Buckets | Share::StepTemporaries => PartKind::Buffers,
    };
    Part { kind, name: part.share.name(), bytes: part.bytes, formula: part.formula.clone(), source: part.source }
}
