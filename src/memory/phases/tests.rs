use super::*;
use crate::memory::adapters::target_preset;
use crate::memory::sharding::Zero;
use crate::memory::training::{RECIPES, recipe};
use crate::memory::{OPTIMIZERS, activations::ACTIVATION_MODELS, activations::activation_model, optimizer};
use crate::transformer::Config;
use proptest::prelude::*;

const GIB: f64 = 1_073_741_824.0;

fn model(json: &str) -> Architecture {
    Architecture::from_config(&Config::from_json(json).unwrap()).unwrap()
}

fn llama_2_7b() -> Architecture {
    model(r#"{"model_type": "llama", "num_key_value_heads": 32, "max_position_embeddings": 4096}"#)
}

/// A small Mixtral, a GPT-2, a tied Gemma 2, a DeepSeek and a T5: experts, biases, windows, latent attention and two sides.
fn small_models() -> Vec<Architecture> {
    [
        r#"{"model_type": "mixtral", "hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 6, "num_attention_heads": 8, "num_key_value_heads": 2, "vocab_size": 8000}"#,
        r#"{"model_type": "gpt2"}"#,
        r#"{"model_type": "gemma2", "num_hidden_layers": 6}"#,
        r#"{"model_type": "deepseek_v3", "num_hidden_layers": 8, "n_routed_experts": 16}"#,
        r#"{"model_type": "t5"}"#,
    ]
    .map(model)
    .into()
}

fn full() -> TrainingPlan {
    TrainingPlan {
        recipe: recipe("mixed").unwrap(),
        optimizer: optimizer("adam").unwrap(),
        tuning: Tuning::Full,
        batch: 1,
        tokens: 4096,
        micro_batches: 1,
        activations: activation_model("transformers-sdpa").unwrap(),
        recompute: Recompute::None,
        dropout: false,
        logits: Logits::Whole,
        step: Step::Fused,
        parallel: Parallel::ONE,
    }
}

fn lora(architecture: &Architecture, rank: u64) -> Lora {
    Lora { rank, targets: target_preset("all-linear").unwrap().targets(architecture) }
}

fn gib(phase: &Phase, share: Share) -> f64 {
    (phase.bytes(share).get() / GIB * 10.0).round() / 10.0
}

#[test]
fn llama_2_7b_in_transformers_is_what_the_table_of_calculators_says_is_true() {
    let report = train(&llama_2_7b(), &full()).unwrap();
    let forward = &report.phases[0];
    assert_eq!(gib(forward, Share::Activations), 22.8);
    let states = report.persistent_bytes().get() + report.phases[2].bytes(Share::Gradients).get();
    assert_eq!(states, 16.0 * 6_738_415_616.0);
    assert_eq!(forward.bytes(Share::Logits).get(), 6.0 * 4096.0 * 32_000.0);
    let eager = TrainingPlan { activations: activation_model("transformers-eager").unwrap(), ..full() };
    assert_eq!(gib(&train(&llama_2_7b(), &eager).unwrap().phases[0], Share::Activations), 118.8);
    let checkpoints = train(&llama_2_7b(), &TrainingPlan { recompute: Recompute::Full, ..full() }).unwrap();
    assert_eq!(gib(&checkpoints.phases[0], Share::Activations), 1.0);
    assert_eq!(gib(&checkpoints.phases[1], Share::RecomputedLayer), 0.7);
}

#[test]
fn the_peak_is_persistent_and_the_largest_phase_and_never_their_sum() {
    let report = train(&llama_2_7b(), &full()).unwrap();
    for phase in &report.phases {
        assert!(phase.parts.starts_with(&report.persistent) || phase.total() >= report.persistent_bytes());
        assert!(phase.total() <= report.per_gpu());
    }
    let everything: f64 = report.phases.iter().map(|phase| (phase.total() - report.persistent_bytes()).get()).sum();
    assert!(report.persistent_bytes().get() + everything > report.per_gpu().get());
    assert_eq!(report.peak().moment, Moment::EndOfForward);
}

#[test]
fn gradients_decide_with_short_texts_and_activations_with_long_ones() {
    let at = |tokens| train(&llama_2_7b(), &TrainingPlan { tokens, recompute: Recompute::Full, ..full() }).unwrap();
    assert_eq!(at(16).peak().moment, Moment::Backward);
    assert!(at(16).peak().bytes(Share::Gradients).get() > 0.0);
    assert_eq!(at(1_000_000).peak().moment, Moment::EndOfForward);
    let foreach = TrainingPlan { tokens: 16, step: Step::Foreach, ..full() };
    assert_eq!(train(&llama_2_7b(), &foreach).unwrap().peak().moment, Moment::OptimizerStep);
}

#[test]
fn accumulated_and_main_gradients_are_there_when_the_forward_pass_ends() {
    let gradients = |plan: TrainingPlan| train(&llama_2_7b(), &plan).unwrap().phases[0].bytes(Share::Gradients).get();
    assert_eq!(gradients(full()), 0.0);
    assert_eq!(gradients(TrainingPlan { micro_batches: 8, ..full() }), 2.0 * 6_738_415_616.0);
    assert_eq!(gradients(TrainingPlan { recipe: recipe("megatron").unwrap(), ..full() }), 4.0 * 6_738_415_616.0);
}

#[test]
fn lora_trains_16_bytes_per_adapter_parameter_beside_16_bit_weights() {
    let llama = llama_2_7b();
    let report = train(&llama, &TrainingPlan { tuning: Tuning::Lora(lora(&llama, 64)), ..full() }).unwrap();
    assert_eq!(report.trained, Params(159_907_840.0));
    let step = &report.phases[2];
    assert_eq!(step.bytes(Share::FrozenWeights).get(), 2.0 * 6_738_415_616.0);
    assert_eq!(step.total().get(), 2.0 * 6_738_415_616.0 + 16.0 * 159_907_840.0);
    let whole = train(&llama, &full()).unwrap();
    assert_eq!(report.phases[0].bytes(Share::Activations), whole.phases[0].bytes(Share::Activations));
}

#[test]
fn qlora_keeps_linear_layers_in_4_127_bits_and_has_one_matrix_in_bf16() {
    let llama = llama_2_7b();
    let report = train(&llama, &TrainingPlan { tuning: Tuning::Qlora(lora(&llama, 64)), ..full() }).unwrap();
    let outside = 2.0 * 32_000.0 * 4096.0 + 65.0 * 4096.0;
    let linear = 6_738_415_616.0 - outside;
    let frozen = report.persistent.iter().find(|part| part.share == Share::FrozenWeights).unwrap().bytes.get();
    assert!((frozen - linear * 4.126_953_125 / 8.0 - outside * 2.0).abs() < 1.0, "{frozen}");
    assert_eq!(report.phases[1].bytes(Share::Dequantized).get(), 2.0 * 4096.0 * 11_008.0);
    assert_eq!(report.phases[2].bytes(Share::Dequantized).get(), 0.0);
}

#[test]
fn zero_3_and_its_gathered_layers_and_buckets_are_parts_of_their_own() {
    let parallel = Parallel { data: 64, zero: Zero::Full, library: ZeroLibrary::DeepSpeed, ..Parallel::ONE };
    let report = train(&llama_2_7b(), &TrainingPlan { parallel, ..full() }).unwrap();
    assert_eq!(report.gpus, 64);
    assert_eq!(report.persistent_bytes().get(), 14.0 * 6_738_415_616.0 / 64.0);
    let backward = &report.phases[1];
    assert_eq!(backward.bytes(Share::Gathered).get(), 4.0 * 32_000.0 * 4096.0);
    assert_eq!(backward.bytes(Share::Buckets).get(), 5e8 * 2.0);
    let fsdp = Parallel { library: ZeroLibrary::Fsdp, ..parallel };
    let gathered =
        train(&llama_2_7b(), &TrainingPlan { parallel: fsdp, ..full() }).unwrap().phases[0].bytes(Share::Gathered);
    let (layer, outside) = (202_383_360.0, 2.0 * 32_000.0 * 4096.0 + 4096.0);
    assert_eq!(gathered.get(), 2.0 * (layer + outside));
}

#[test]
fn offload_moves_states_to_the_cpu_and_with_zero_2_gradients_too() {
    let on = |zero| {
        let parallel = Parallel { data: 8, zero, offload_optimizer: true, ..Parallel::ONE };
        train(&llama_2_7b(), &TrainingPlan { parallel, ..full() }).unwrap()
    };
    let params = 6_738_415_616.0;
    assert_eq!((on(Zero::Off).cpu_bytes.get(), on(Zero::Off).persistent_bytes().get()), (12.0 * params, 2.0 * params));
    assert_eq!(on(Zero::Gradients).cpu_bytes.get(), 14.0 * params / 8.0);
    assert_eq!(on(Zero::Gradients).phases[2].total().get(), 2.0 * params);
}

#[test]
fn a_chunked_loss_has_logits_of_one_chunk_and_tensor_parallelism_divides_them() {
    let logits = |plan: TrainingPlan| train(&llama_2_7b(), &plan).unwrap().phases[0].bytes(Share::Logits).get();
    assert_eq!(logits(TrainingPlan { logits: Logits::Chunked(512), ..full() }), 6.0 * 512.0 * 32_000.0);
    assert_eq!(logits(TrainingPlan { logits: Logits::Chunked(9999), ..full() }), logits(full()));
    let parallel = Parallel { tensor: 8, ..Parallel::ONE };
    assert_eq!(logits(TrainingPlan { parallel, ..full() }), logits(full()) / 8.0);
}

#[test]
fn expert_parallelism_divides_the_experts_alone() {
    let mixtral = model(r#"{"model_type": "mixtral"}"#);
    let weights = |expert| {
        let parallel = Parallel { data: 8, expert, ..Parallel::ONE };
        train(&mixtral, &TrainingPlan { parallel, ..full() }).unwrap().phases[0].bytes(Share::Weights).get()
    };
    let experts = 2.0 * mixtral.params_of(crate::transformer::Component::Experts) as f64;
    assert_eq!(weights(1), 2.0 * mixtral.params() as f64);
    assert_eq!(weights(1) - weights(8), experts * 7.0 / 8.0);
    // What eight GPUs share has one copy on each, which ZeRO has nothing to divide of.
    let parallel = Parallel { data: 8, expert: 8, zero: Zero::Full, ..Parallel::ONE };
    let divided = train(&mixtral, &TrainingPlan { parallel, ..full() }).unwrap();
    assert_eq!(divided.phases[0].bytes(Share::Weights).get(), 2.0 * mixtral.params() as f64 / 8.0);
}

#[test]
fn the_most_loaded_gpu_of_a_pipeline_is_the_first_with_activations_and_the_last_with_logits() {
    let plan = TrainingPlan { micro_batches: 16, ..full() };
    let parallel = Parallel { pipeline: 4, ..Parallel::ONE };
    let report = train(&llama_2_7b(), &TrainingPlan { parallel, ..plan.clone() }).unwrap();
    let one = train(&llama_2_7b(), &full()).unwrap();
    assert_eq!(report.stage, 0);
    // Four micro-batches of a quarter of the layers.
    assert_eq!(report.phases[0].bytes(Share::Activations), one.phases[0].bytes(Share::Activations));
    assert_eq!(report.phases[0].bytes(Share::Logits).get(), 0.0);
    let short = TrainingPlan { parallel, recompute: Recompute::Full, tokens: 8192, ..plan };
    let wide = model(r#"{"model_type": "llama", "vocab_size": 1000000}"#);
    assert_eq!(train(&wide, &short).unwrap().stage, 3);
}

#[test]
fn numbers_out_of_range_are_sentences_with_field_and_reason() {
    let llama = llama_2_7b();
    let error = |plan: TrainingPlan| train(&llama, &plan).unwrap_err().to_string();
    assert_eq!(error(TrainingPlan { batch: 0, ..full() }), "batch: 0 is not between 1 and 1000000");
    assert_eq!(error(TrainingPlan { tokens: 0, ..full() }), "tokens: 0 is not between 1 and 1000000000");
    assert!(error(TrainingPlan { tokens: u64::MAX, ..full() }).starts_with("tokens: "));
    assert!(error(TrainingPlan { micro_batches: 0, ..full() }).starts_with("micro_batches: "));
    assert!(error(TrainingPlan { logits: Logits::Chunked(0), ..full() }).starts_with("logits: "));
    let parallel = Parallel { tensor: 64, ..Parallel::ONE };
    assert!(
        error(TrainingPlan { parallel, ..full() }).starts_with("tensor: 64 GPUs are more than the 32 attention heads")
    );
    let tuning = Tuning::Lora(Lora { rank: 8, targets: vec!["c_attn".to_owned()] });
    assert!(error(TrainingPlan { tuning, ..full() }).contains("`c_attn`"));
    assert!(train(&llama, &TrainingPlan { tokens: 1_000_000_000, batch: 1_000_000, ..full() }).is_ok());
}

fn any_plan() -> impl Strategy<Value = (Architecture, TrainingPlan)> {
    let choice = (0..5usize, 0..RECIPES.len(), 0..OPTIMIZERS.len(), 0..3usize, 0..ACTIVATION_MODELS.len(), 1..9u64);
    let size = (1..9u64, 1..9000u64, 1..9u64, any::<bool>(), any::<bool>(), any::<bool>());
    let parallel = (1..9u64, 0..2u32, 1..7u64, 1..3u64, 0..4u64, any::<bool>());
    (choice, size, parallel).prop_map(|(choice, size, parallel)| {
        let (which, recipe, optimizer, tuning, activations, rank) = choice;
        let (batch, tokens, micro_batches, dropout, foreach, chunked) = size;
        let (data, t, pipeline, interleave, zero, sequence) = parallel;
        let architecture = small_models().swap_remove(which);
        let adapters = lora(&architecture, rank);
        let plan = TrainingPlan {
            recipe: &RECIPES[recipe],
            optimizer: &OPTIMIZERS[optimizer],
            tuning: [Tuning::Full, Tuning::Lora(adapters.clone()), Tuning::Qlora(adapters)][tuning].clone(),
            batch,
            tokens,
            micro_batches,
            activations: &ACTIVATION_MODELS[activations],
            recompute: Recompute::None,
            dropout,
            logits: if chunked { Logits::Chunked(100) } else { Logits::Whole },
            step: if foreach { Step::Foreach } else { Step::Fused },
            parallel: Parallel {
                data,
                tensor: 1 << t,
                pipeline,
                interleave: if pipeline == 1 { 1 } else { interleave },
                zero: Zero::from_stage(zero).unwrap_or(Zero::Off),
                sequence,
                ..Parallel::ONE
            },
        };
        (architecture, plan)
    })
}

fn per_gpu(architecture: &Architecture, plan: &TrainingPlan) -> f64 {
    train(architecture, plan).map_or(f64::NAN, |report| report.per_gpu().get())
}

/// Sums of the same numbers in another order may differ in the last bits.
const SLACK: f64 = 1.0 + 1e-12;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_zero_stage_needs_no_more_per_gpu((architecture, plan) in any_plan()) {
        prop_assume!(plan.parallel.check(&architecture).is_ok());
        let stages = Zero::ALL.map(|zero| {
            per_gpu(&architecture, &TrainingPlan { parallel: Parallel { zero, ..plan.parallel }, ..plan.clone() })
        });
        prop_assert!(stages.windows(2).all(|pair| pair[1] <= pair[0] * SLACK), "{stages:?}");
    }

    #[test]
    fn recomputing_more_needs_no_more((architecture, plan) in any_plan()) {
        prop_assume!(plan.parallel.check(&architecture).is_ok());
        let [none, selective, full] = [Recompute::None, Recompute::Selective, Recompute::Full]
            .map(|recompute| per_gpu(&architecture, &TrainingPlan { recompute, ..plan.clone() }));
        // transformers' RMSNorm keeps an FP32 copy of a layer's input beside the checkpoint: 2 sbh of one layer.
        let input = if plan.activations.unfused {
            (plan.batch * plan.tokens * architecture.hidden) as f64 * plan.recipe.activation_bytes
        } else {
            0.0
        };
        prop_assert!(selective <= none * SLACK && full <= selective * SLACK + input, "{none} {selective} {full}");
    }

    #[test]
    fn more_sequences_tokens_and_micro_batches_never_need_less((architecture, plan) in any_plan(), more in 1..5000u64) {
        prop_assume!(plan.parallel.check(&architecture).is_ok());
        let now = per_gpu(&architecture, &plan);
        let longer = TrainingPlan { tokens: plan.tokens + more, ..plan.clone() };
        let wider = TrainingPlan { batch: plan.batch + more, ..plan.clone() };
        let oftener = TrainingPlan { micro_batches: plan.micro_batches + more, ..plan.clone() };
        for changed in [longer, wider, oftener] {
            prop_assert!(per_gpu(&architecture, &changed) * SLACK >= now);
        }
    }

    #[test]
    fn lora_needs_no_more_than_all_parameters_and_qlora_no_more_than_lora((architecture, plan) in any_plan()) {
        prop_assume!(plan.parallel.check(&architecture).is_ok());
        let adapters = lora(&architecture, 4);
        let with = |tuning| train(&architecture, &TrainingPlan { tuning, ..plan.clone() }).unwrap();
        let (all, some) = (with(Tuning::Full), with(Tuning::Lora(adapters.clone())));
        prop_assert!(some.trained <= all.trained);
        // Where full training has no state, and no gradients yet, there is nothing to save: then the adapters come on top.
        let stateless = plan.optimizer.state_bytes_per_param() + plan.recipe.master_bytes < 1.0;
        let own = |part: &&TrainingPart| part.share != Share::FrozenWeights;
        let adapters_bytes: f64 = some.persistent.iter().filter(own).map(|part| part.bytes.get()).sum();
        let allowed = all.per_gpu().get() * SLACK + if stateless { adapters_bytes } else { 0.0 };
        prop_assert!(some.per_gpu().get() <= allowed, "{} {}", some.per_gpu(), all.per_gpu());
        if plan.recipe.weight_bytes >= 2.0 {
            let quantized = with(Tuning::Qlora(adapters));
            let matrix = quantized.phases[1].bytes(Share::Dequantized).get();
            prop_assert!(quantized.per_gpu().get() <= some.per_gpu().get() * SLACK + matrix);
        }
    }

    #[test]
    fn every_number_is_finite_and_every_part_has_a_formula_and_a_source((architecture, plan) in any_plan()) {
        let Ok(report) = train(&architecture, &plan) else { return Ok(()) };
        prop_assert_eq!(report.phases.len(), 3);
        for part in report.phases.iter().flat_map(|phase| &phase.parts) {
            prop_assert!(part.bytes.get().is_finite() && part.bytes.get() > 0.0, "{part:?}");
            prop_assert!(!part.formula.is_empty() && part.source.url.starts_with("https://"), "{part:?}");
        }
    }
}

#[test]
fn every_model_of_the_catalogue_has_an_answer_by_every_model_of_activations() {
    for row in crate::catalog::MODELS {
        let architecture = row.architecture().unwrap();
        for activations in ACTIVATION_MODELS {
            let report = train(&architecture, &TrainingPlan { activations, tokens: 512, ..full() }).unwrap();
            let states = 16.0 * architecture.params() as f64;
            assert!(report.per_gpu().get() >= states && report.per_gpu().get().is_finite(), "{}", row.id);
            assert!(report.phases[0].bytes(Share::Activations).get() > 0.0, "{}", row.id);
        }
    }
}
