//! The load of one stage's GPU.

use super::{Logits, Model, Moment, Phase, Share, Step, TrainingPart, Tuning};
use crate::memory::activations::{LayerShape, Recompute};
use crate::memory::adapters::{QLORA_SOURCE, largest_quantized};
use crate::memory::sharding::{
    DEEPSPEED_BUCKET, DEEPSPEED_PREFETCH, DEEPSPEED_SOURCE, FSDP_SOURCE, Zero, ZeroLibrary, tensor_share,
};
use crate::order;
use crate::source::Source;
use crate::transformer::{Component, Tensors};
use crate::units::{Bytes, shortest};

/// What the GPUs of one stage have.
pub(super) struct Load {
    pub(super) stage: u64,
    pub(super) persistent: Vec<TrainingPart>,
    pub(super) phases: Vec<Phase>,
    pub(super) cpu_bytes: Bytes,
}

impl Load {
    pub(super) fn peak(&self) -> Bytes {
        self.phases.iter().map(Phase::total).fold(Bytes(0.0), |most, total| if total > most { total } else { most })
    }
}

const FOREACH: Source = Source::in_engine(
    "PyTorch, torch.optim: the foreach implementation uses about the size of the parameters more than the for-loop",
    "https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html",
    "2026-11",
);

fn part(share: Share, bytes: f64, formula: String, source: Source) -> TrainingPart {
    TrainingPart { share, bytes: Bytes(bytes), formula, source }
}

/// A whole number, or a fraction with one decimal: shares of parameters are rarely whole.
fn count(value: f64) -> String {
    if value.fract() == 0.0 { shortest(value) } else { format!("{value:.1}") }
}

/// Parameters on the stage's GPU, before and after ZeRO has divided each kind.
#[derive(Default)]
struct Held {
    params: f64,
    weights: f64,
    gradients: f64,
    optimizer: f64,
    state_bytes: f64,
}

/// Activations of the layers of one stage.
#[derive(Default)]
struct Kept {
    /// Of all layers and all micro-batches in flight.
    all: f64,
    /// What one layer has besides while it is recomputed, the most.
    live: f64,
    /// Both of the layer that has the most, which may be the last that is left.
    last: (f64, f64),
    /// What each stack's layers keep, as coefficients of sbh.
    formula: String,
}

/// One stage of one model.
struct Stage<'a> {
    model: &'a Model<'a>,
    stage: u64,
    layers: Vec<u64>,
}

impl Stage<'_> {
    fn share(&self, tensors: &Tensors) -> f64 {
        self.model.plan.parallel.share(self.model.architecture, tensors, self.stage, &self.layers)
    }

    fn trained(&self) -> Held {
        let (plan, mut held) = (self.model.plan, Held::default());
        for tensors in &self.model.trained {
            let (share, gpus) = (self.share(tensors), plan.parallel.copies_of(tensors));
            let params = tensors.params() as f64 * share;
            let optimizer = plan.parallel.zero.share(Zero::Optimizer, gpus);
            held.params += params;
            held.weights += params * plan.parallel.zero.share(Zero::Full, gpus);
            held.gradients += params * plan.parallel.zero.share(Zero::Gradients, gpus);
            held.optimizer += params * optimizer;
            let state = plan.optimizer.state_bytes(tensors, plan.recipe.state_bytes);
            held.state_bytes += state.get() * share * optimizer;
        }
        held
    }

    fn frozen(&self) -> (f64, f64) {
        let (mut params, mut bytes) = (0.0, 0.0);
        for frozen in &self.model.frozen {
            let parallel = &self.model.plan.parallel;
            let divided = parallel.zero.share(Zero::Full, parallel.copies_of(&frozen.tensors));
            let here = frozen.tensors.params() as f64 * self.share(&frozen.tensors) * divided;
            params += here;
            bytes += here * frozen.bytes;
        }
        (params, bytes)
    }

    fn activations(&self) -> Kept {
        let (activations, plan) = (self.model.activations(), self.model.plan);
        let in_flight = plan.parallel.in_flight(self.stage, plan.micro_batches);
        let mut found = Kept::default();
        for (index, layers) in self.layers.iter().enumerate().filter(|(_, layers)| **layers > 0) {
            let Some(shape) = LayerShape::of(self.model.architecture, index) else { continue };
            let (kept, live) = (activations.kept(&shape).get(), activations.live(&shape).get());
            found.all += kept * *layers as f64 * in_flight;
            found.live = found.live.max(live);
            let plus = if found.formula.is_empty() { "" } else { " + " };
            found.formula += &format!("{plus}{:.2} B × {layers} layers", activations.coefficient(&shape));
            if kept + live > found.last.0 + found.last.1 {
                found.last = (kept, live);
            }
        }
        found
    }

    /// Outside of the layers: the mask of the embeddings' dropout on the first stage; on the last the final norm's input and
    /// the head's, 4 sbh, or 8 sbh where the norm has an FP32 copy.
    fn outside(&self) -> (f64, String) {
        let (activations, plan) = (self.model.activations(), self.model.plan);
        let sbh = activations.batch_tokens() * self.model.architecture.hidden as f64 * activations.sequence_share();
        let in_flight = plan.parallel.in_flight(self.stage, plan.micro_batches);
        let dropout = if plan.dropout && self.stage == 0 { in_flight } else { 0.0 };
        let is_last = self.stage + 1 == plan.parallel.pipeline;
        let layer_norm = LayerShape::of(self.model.architecture, 0).is_none_or(|shape| shape.layer_norm);
        let width = activations.compute_bytes;
        let head = match (is_last, plan.activations.unfused && !layer_norm) {
            (false, _) => 0.0,
            (true, false) => 2.0 * width,
            (true, true) => 4.0 + 2.0 * width,
        };
        (sbh * (dropout + head), format!("sbh {} × ({} + {})", count(sbh), count(dropout), count(head)))
    }

    fn logits(&self) -> (f64, String) {
        let (activations, plan) = (self.model.activations(), self.model.plan);
        if self.stage + 1 != plan.parallel.pipeline {
            return (0.0, String::new());
        }
        let all = activations.batch_tokens();
        let tokens = match plan.logits {
            Logits::Whole => all,
            Logits::Chunked(chunk) => all.min(chunk as f64),
        };
        let vocab = self.model.architecture.vocab as f64;
        let width = plan.activations.logits_bytes_per_entry(activations.compute_bytes);
        let formula = format!(
            "{} B × {} tokens × {} entries ÷ {} GPUs",
            count(width),
            count(tokens),
            count(vocab),
            plan.parallel.tensor
        );
        (width * tokens * vocab / plan.parallel.tensor as f64, formula)
    }

    /// Parameters that ZeRO 3 has gathered at once, on this GPU's part of the layers.
    fn gathered(&self) -> f64 {
        let (architecture, parallel) = (self.model.architecture, &self.model.plan.parallel);
        let of_one = |tensors: &Tensors| {
            let stack = tensors.stack.and_then(|stack| architecture.stacks.get(stack));
            let experts = if tensors.component == Component::Experts { parallel.expert as f64 } else { 1.0 };
            let alike = stack.map_or(1, |stack| stack.layers.max(1)) as f64;
            tensors.params() as f64 / alike * tensor_share(tensors, stack, parallel.tensor) / experts
        };
        match parallel.library {
            ZeroLibrary::Formula => 0.0,
            // Its estimator takes the largest module's own parameters: the embedding or one matrix.
            ZeroLibrary::DeepSpeed => {
                let here = architecture.tensors.iter().filter(|tensors| self.share(tensors) > 0.0);
                here.map(|tensors| tensors.each() as f64 / parallel.tensor as f64).fold(0.0, f64::max)
            }
            // Units are layers, and what is outside of them is one more, which stays gathered.
            ZeroLibrary::Fsdp => {
                let unit = |stack: Option<usize>| -> f64 {
                    let own = architecture.tensors.iter().filter(|tensors| tensors.stack == stack);
                    own.filter(|tensors| self.share(tensors) > 0.0).map(of_one).sum()
                };
                let layer = (0..architecture.stacks.len()).map(|stack| unit(Some(stack))).fold(0.0, f64::max);
                layer + layer.max(unit(None))
            }
        }
    }
}

/// Works out one stage.
pub(super) fn load(model: &Model<'_>, stage: u64) -> Load {
    let plan = model.plan;
    let here = Stage { model, stage, layers: plan.parallel.layers_on(model.architecture, stage) };
    let (recipe, parallel) = (plan.recipe, &plan.parallel);
    let (held, (frozen_params, frozen_bytes)) = (here.trained(), here.frozen());
    let per_param = |bytes: f64, params: f64| format!("{} B × {} parameters", count(bytes), count(params));

    let gradients = part(
        Share::Gradients,
        held.gradients * recipe.gradient_bytes,
        per_param(recipe.gradient_bytes, held.gradients),
        recipe.source,
    );
    let master = held.optimizer * recipe.master_bytes;
    let mut persistent = vec![
        part(
            Share::Weights,
            held.weights * recipe.weight_bytes,
            per_param(recipe.weight_bytes, held.weights),
            recipe.source,
        ),
        part(
            Share::FrozenWeights,
            frozen_bytes,
            per_param(if frozen_params > 0.0 { frozen_bytes / frozen_params } else { 0.0 }, frozen_params),
            if matches!(plan.tuning, Tuning::Qlora(_)) { QLORA_SOURCE } else { recipe.source },
        ),
    ];
    let mut cpu_bytes = 0.0;
    let offloads_gradients = parallel.offload_optimizer && parallel.zero >= Zero::Gradients;
    if parallel.offload_optimizer {
        cpu_bytes += master + held.state_bytes;
    } else {
        persistent.push(part(
            Share::MasterWeights,
            master,
            per_param(recipe.master_bytes, held.optimizer),
            recipe.source,
        ));
        let per = if held.optimizer > 0.0 { held.state_bytes / held.optimizer } else { 0.0 };
        let formula =
            format!("{} of {} parameters, {} B each", plan.optimizer.formula, count(held.optimizer), count(per));
        persistent.push(part(Share::OptimizerState, held.state_bytes, formula, plan.optimizer.source));
    }
    let gradients = if offloads_gradients {
        cpu_bytes += gradients.bytes.get();
        TrainingPart { bytes: Bytes(0.0), ..gradients }
    } else {
        gradients
    };
    let stay = recipe.gradient_buffer || plan.micro_batches > 1;
    if stay {
        persistent.push(gradients.clone());
    }
    persistent.retain(|part| part.bytes.get() > 0.0);
    order::sort_by_key(&mut persistent, |part| part.share);

    let phases = phases(&here, &held, &persistent, &gradients, stay);
    Load { stage, persistent, phases, cpu_bytes: Bytes(cpu_bytes) }
}

fn phases(
    here: &Stage<'_>,
    held: &Held,
    persistent: &[TrainingPart],
    gradients: &TrainingPart,
    stay: bool,
) -> Vec<Phase> {
    let plan = here.model.plan;
    let (recipe, parallel, model) = (plan.recipe, &plan.parallel, plan.activations);
    let Kept { all, live, last, formula } = here.activations();
    let in_flight = parallel.in_flight(here.stage, plan.micro_batches);
    let symbols =
        format!("s {} × b {} × h {}, t {}", plan.tokens, plan.batch, here.model.architecture.hidden, parallel.tensor);
    let rule = match plan.recompute {
        Recompute::None => "everything",
        Recompute::Selective => "all but s × s",
        Recompute::Full => "each layer's input",
    };
    let kept_formula = format!("({formula}) × {symbols}, × {} in flight ({rule})", count(in_flight));
    let kept = |bytes, formula: String| part(Share::Activations, bytes, formula, model.source);
    let recomputed = |bytes| {
        part(Share::RecomputedLayer, bytes, format!("what one layer keeps, made again, of {symbols}"), model.source)
    };
    let (outside_bytes, outside_formula) = here.outside();
    let outside = part(Share::OutsideLayers, outside_bytes, outside_formula, model.source);
    let (logits_bytes, logits_formula) = here.logits();
    let logits = part(Share::Logits, logits_bytes, logits_formula, model.source);

    let gathered_params = if parallel.zero == Zero::Full && parallel.data > 1 { here.gathered() } else { 0.0 };
    let gathered_source = if parallel.library == ZeroLibrary::Fsdp { FSDP_SOURCE } else { DEEPSPEED_SOURCE };
    // Frozen weights are gathered as they are kept, and have no gradients.
    let (frozen_params, frozen_bytes) = here.frozen();
    let frozen_width = (frozen_params > 0.0).then(|| frozen_bytes / frozen_params);
    let gathered = |with_gradients: bool| {
        let gradient = if with_gradients && frozen_width.is_none() { recipe.gradient_bytes } else { 0.0 };
        // FSDP gathers two units, of which one has gradients that are not summed yet.
        let gradient = if parallel.library == ZeroLibrary::Fsdp { gradient / 2.0 } else { gradient };
        let width = frozen_width.unwrap_or(recipe.weight_bytes) + gradient;
        let formula = format!("{} B × {} parameters of the largest", count(width), count(gathered_params));
        part(Share::Gathered, width * gathered_params, formula, gathered_source)
    };
    let bucket = |elements: f64, width: f64| {
        let is_used = parallel.library == ZeroLibrary::DeepSpeed && parallel.zero > Zero::Off && parallel.data > 1;
        let elements = if is_used { elements.min(held.params) } else { 0.0 };
        part(
            Share::Buckets,
            elements * width,
            format!("{} B × {} elements", count(width), count(elements)),
            DEEPSPEED_SOURCE,
        )
    };
    let quantized =
        if matches!(plan.tuning, Tuning::Qlora(_)) { largest_quantized(here.model.architecture) as f64 } else { 0.0 };
    let dequantized = part(
        Share::Dequantized,
        2.0 * quantized / parallel.tensor as f64,
        format!("2 B × {} weights of the largest matrix ÷ {}", count(quantized), parallel.tensor),
        QLORA_SOURCE,
    );

    // At the beginning of the backward pass all activations and no new gradients, at its end one layer's and all gradients.
    let new_gradients = if stay { 0.0 } else { gradients.bytes.get() };
    let begins_larger = all + outside_bytes + live >= new_gradients + last.0 + last.1;
    let mut backward = vec![gathered(true), bucket(DEEPSPEED_BUCKET, recipe.gradient_bytes), dequantized.clone()];
    if begins_larger {
        backward.extend([kept(all, kept_formula.clone()), recomputed(live), outside.clone()]);
    } else {
        backward.push(kept(last.0, format!("the last layer alone, of {symbols} ({rule})")));
        backward.push(recomputed(last.1));
        // Gradients that stay are among the persistent parts already.
        if !stay {
            backward.push(gradients.clone());
        }
    }

    let mut step = vec![bucket(
        if parallel.zero == Zero::Full { DEEPSPEED_PREFETCH } else { DEEPSPEED_BUCKET },
        recipe.weight_bytes,
    )];
    if !stay {
        step.push(gradients.clone());
    }
    if plan.step == Step::Foreach && !parallel.offload_optimizer {
        let params = held.optimizer;
        step.push(part(Share::StepTemporaries, 4.0 * params, format!("4 B × {} parameters", count(params)), FOREACH));
    }

    let forward = vec![kept(all, kept_formula), outside, logits, gathered(false), dequantized];
    [(Moment::EndOfForward, forward), (Moment::Backward, backward), (Moment::OptimizerStep, step)]
        .into_iter()
        .map(|(moment, own)| {
            let mut parts: Vec<TrainingPart> = persistent.iter().cloned().chain(own).collect();
            parts.retain(|part| part.bytes.get() > 0.0);
            order::sort_by_key(&mut parts, |part| part.share);
            Phase { moment, parts }
        })
        .collect()
}
