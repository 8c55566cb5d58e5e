//! Laws of weights, caches and passes that hold for any model, use and engine.

use super::inference_tests::{GEMMA3, LLAMA, stack, stacks};
use super::*;
use crate::formats::FORMATS;
use crate::transformer::{Architecture, Cache, Stack};
use crate::units::Bytes;
use proptest::prelude::*;

fn any_stack() -> impl Strategy<Value = Stack> {
    let cache = prop_oneof![
        Just(Cache::Full),
        Just(Cache::Cross),
        Just(Cache::None),
        (0..5000u64).prop_map(Cache::Window),
        // A latent vector is narrower than the two that it stands for.
        (1..64u64, 1..32u64).prop_map(|(rank, rope)| Cache::Latent { rank, rope }),
    ];
    (1..80u64, 1..12u64, 1..12u64, 32..256u64, cache).prop_map(|(layers, groups, kv_heads, dim, cache)| Stack {
        heads: groups * kv_heads,
        value_dim: dim + 64,
        ..stack(layers, kv_heads, dim, cache)
    })
}

fn any_model() -> impl Strategy<Value = Architecture> {
    let families = prop_oneof![Just(&LLAMA), Just(&GEMMA3)];
    (families, proptest::collection::vec(any_stack(), 1..4)).prop_map(|(family, all)| stacks(family, all))
}

fn any_use() -> impl Strategy<Value = Use> {
    (1..200u64, 0..20_000u64, 0..2000u64, 0..20_000u64).prop_map(|(batch, tokens, encoder_tokens, shared_prefix)| Use {
        batch,
        tokens,
        encoder_tokens,
        shared_prefix,
    })
}

fn any_engine() -> impl Strategy<Value = &'static Engine> {
    (0..ENGINES.len()).prop_map(|i| &ENGINES[i])
}

proptest! {
    #[test]
    fn more_context_never_needs_less(
        model in any_model(), usage in any_use(), engine in any_engine(), more in 1..3000u64, gpus in 1..9u64,
    ) {
        let format = cache_format("16-bit").unwrap();
        let at = |tokens| cache(&model, &Use { tokens, ..usage }, engine, format, gpus).bytes;
        prop_assert!(at(usage.tokens + more) >= at(usage.tokens));
        let pass = |tokens| prefill_peak(&model, &Use { tokens, ..usage }, engine, Rate::Half, gpus).peak();
        prop_assert!(pass(usage.tokens + more) >= pass(usage.tokens));
    }

    #[test]
    fn more_sequences_never_need_less_and_sharing_never_more(
        model in any_model(), usage in any_use(), engine in any_engine(),
    ) {
        let format = cache_format("16-bit").unwrap();
        let at = |usage: Use| cache(&model, &usage, engine, format, 1).bytes;
        let (more, apart) = (Use { batch: usage.batch + 1, ..usage }, Use { shared_prefix: 0, ..usage });
        prop_assert!(at(more) >= at(usage));
        prop_assert!(at(usage) <= at(apart));
    }

    #[test]
    fn a_window_never_takes_more_than_everything_nor_a_latent_vector_than_what_it_stands_for(
        model in any_model(), usage in any_use(),
    ) {
        let format = cache_format("16-bit").unwrap();
        let at = |mode: CacheMode| cache(&model, &usage, &mode.engine(), format, 1).bytes;
        prop_assert!(at(CacheMode::Window) <= at(CacheMode::Full));
        prop_assert!(at(CacheMode::Latent) <= at(CacheMode::Expanded));
        for engine in ENGINES {
            prop_assert!(cache(&model, &usage, engine, format, 1).bytes_read_per_step.get().is_finite());
        }
    }

    #[test]
    fn a_narrower_cache_never_takes_more(model in any_model(), usage in any_use(), engine in any_engine()) {
        for pair in CACHE_FORMATS.windows(2) {
            prop_assert!(pair[0].bytes_per_element() >= pair[1].bytes_per_element());
            let [wide, narrow] = [&pair[0], &pair[1]].map(|format| cache(&model, &usage, engine, format, 1).bytes);
            prop_assert!(narrow <= wide);
        }
    }

    #[test]
    fn one_more_gpu_never_holds_more_and_together_they_hold_all(
        model in any_model(), usage in any_use(), engine in any_engine(), gpus in 1..200u64,
    ) {
        let format = cache_format("16-bit").unwrap();
        let at = |gpus| cache(&model, &usage, engine, format, gpus).bytes.get();
        prop_assert!(at(gpus + 1) <= at(gpus));
        prop_assert!(at(gpus) * gpus as f64 >= at(1));
    }

    #[test]
    fn parts_add_up_to_the_whole(model in any_model(), usage in any_use(), engine in any_engine()) {
        let report = cache(&model, &usage, engine, cache_format("q8_0").unwrap(), 1);
        let sum: Bytes = report.parts.iter().map(|part| part.bytes).sum();
        prop_assert_eq!(sum, report.bytes);
    }

    #[test]
    fn blocks_never_take_less_than_their_bits(rows in 1..600u64, cols in 1..2000u64, i in 0..FORMATS.len()) {
        let storage = Storage::Row(FORMATS[i]);
        let bits = 8.0 * storage.bytes(rows, cols) as f64;
        prop_assert!(bits + 1e-6 >= storage.bits_per_weight() * (rows * cols) as f64);
        prop_assert!(storage.bytes(rows + 1, cols) >= storage.bytes(rows, cols));
    }
}
